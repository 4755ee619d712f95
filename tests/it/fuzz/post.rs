//! What comes from outside without being asked for: mails, what is written in them, and links.

use std::fs;
use std::path::Path;

use jiff::civil::{Date, date};
use schoolbell::core::fact::Answer;
use schoolbell::core::names::Address;
use schoolbell::core::reply::{self, LONGEST_NOTE, Which};
use schoolbell::link::{Claim, LinkKeys};
use schoolbell::mail::inbound::{self, MOST_ATTACHMENTS, Sort};

const TODAY: Date = date(2026, 5, 14);

pub(super) const REPLY_WORDS: [&str; 44] = [
    "收到",
    "完成",
    "已完成 ",
    "全部",
    "延期",
    "6月20日",
    "不适用",
    "有困难",
    "已转交",
    "未",
    "没有",
    "吗？",
    "但",
    "，",
    "。",
    "；",
    "：",
    "第",
    "项",
    "1、3",
    "2-4",
    "二十",
    "到",
    "您好",
    "谢谢",
    "浒山小学",
    "王建国",
    "> ",
    "\n",
    "\n-- \n",
    "------ 原始邮件 ------\n",
    "发件人：\n主题：\n",
    "在 2026-05-08，某 写道：\n",
    "On May 8, 2026, X wrote:\n",
    "发自我的iPhone\n",
    "done ",
    "received",
    "extension ",
    "June 20",
    "not applicable",
    "all",
    "not ",
    "?",
    "13805740000",
];

pub(super) const MAIL_WORDS: [&str; 40] = [
    "\r\n",
    "\r\n\r\n",
    "Subject: ",
    "From: ",
    "Message-ID: <a@b>",
    "In-Reply-To: ",
    "References: ",
    "Auto-Submitted: auto-replied\r\n",
    "Precedence: bulk\r\n",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
    "Content-Type: message/delivery-status\r\n",
    "Content-Type: message/rfc822\r\n",
    "Content-Type: text/rfc822-headers\r\n",
    "Content-Type: text/html; charset=gb18030\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n",
    "Content-Disposition: attachment; filename=\"../../x\"\r\n",
    "--b\r\n",
    "--b--\r\n",
    "=?gb18030?B?",
    "=?utf-8?Q?",
    "?=",
    "[No.12]",
    "No.99999999999999999999",
    "bell+12@jyj.example",
    "Action: failed\r\n",
    "Final-Recipient: rfc822; a@b.cn\r\n",
    "Status: 5.1.1\r\n",
    "Diagnostic-Code: smtp; 550 5.1.1 no\r\n",
    "MAILER-DAEMON@b.cn",
    "系统退信",
    "<div>",
    "</div>",
    "<blockquote>",
    "<!--",
    "<style>",
    "<a title='>",
    "&nbsp;",
    "&#x110000;",
    "&amp",
];

pub(super) const TOKEN_WORDS: [&str; 6] = ["A", "_", "-", "=", "AAAA", "\n"];

/// What the tests of the language have.
pub(super) fn replies() -> Vec<Vec<u8>> {
    let texts = [
        "已完成 1 3，谢谢\n浒山小学 王建国\n",
        "您好，完成 全部。\n\n------------------ 原始邮件 ------------------\n发件人: 校钟\n主题: 演练\n",
        "延期 2 6月20日 操场维修；不适用 3 没有校车\n",
        "1. 已完成\n2. 收到\n3. 申请延期至6月20日，操场维修\n",
        "在 2026-05-08 08:00:00，\"校钟\" <bell@jyj.example> 写道：\n> 演练\n有困难 经费\n",
        "Done 1, 2 and 4. Thanks\n-- \nWang\n",
        "收到，请问要不要交纸质材料？\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

pub(super) fn mails() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/mail");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "the mails are gone");
    paths
        .iter()
        .filter_map(|path| fs::read(path).ok())
        .collect()
}

fn keys() -> LinkKeys {
    LinkKeys::from_text("k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
        .expect("the test's keys are keys")
}

pub(super) fn tokens() -> Vec<Vec<u8>> {
    let claims = [
        Claim::Letter(1),
        Claim::Letter(123_456),
        Claim::Letter(u64::MAX),
        Claim::Unit("s017".into()),
    ];
    let days = [date(2026, 5, 13), TODAY, date(2099, 1, 1)];
    let signed = |claim: &Claim, day| keys().sign(claim, day).into_bytes();
    claims
        .iter()
        .flat_map(|claim| days.map(|day| signed(claim, day)))
        .collect()
}

/// Nothing that may be open is taken for done, and what is kept is of one line and has an end.
pub(super) fn read_reply(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let read = reply::read(&text, &["浒山小学", "王建国"], TODAY);
    for said in &read.said {
        assert!(said.note.chars().count() <= LONGEST_NOTE, "{said:?}");
        assert!(!said.note.contains(['\n', '\r']), "{said:?}");
        if let Which::Numbers(numbers) = &said.which {
            assert!(!numbers.is_empty() && !numbers.contains(&0), "{said:?}");
        }
        assert!(
            said.until.is_none() || said.answer == Answer::Extension,
            "{said:?}"
        );
        if said.answer == Answer::Done {
            for doubt in ["未", "没", "吗", "not "] {
                let told = format!("{}{}", said.note, read.rest);
                assert!(!told.contains(doubt), "{text} is read as {read:?}");
            }
        }
    }
}

/// What a mail says of itself can stand in a header, a table and a list of files.
pub(super) fn read_mail(input: &[u8]) {
    let own = Address::from("bell@jyj.example");
    let mail = inbound::read(input, &own);
    for id in mail.message_id.iter().chain(&mail.clues.message_ids) {
        assert!(id.starts_with('<') && id.ends_with('>'), "{id:?}");
        assert!(id.bytes().all(|byte| byte.is_ascii_graphic()), "{id:?}");
    }
    let line = |text: &str| assert!(!text.contains(char::is_control), "{text:?}");
    line(&mail.subject);
    line(&mail.person);
    match mail.sort {
        Sort::Written(written) => {
            assert!(written.attachments.len() <= MOST_ATTACHMENTS);
            for name in written.attachments.iter().map(|one| &one.name) {
                line(name);
                let fine =
                    !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
                assert!(fine, "{name:?}");
            }
            reply::read(&written.text, &[], TODAY);
        }
        Sort::Bounce(bounce) => line(&bounce.text),
        Sort::Automatic(_) | Sort::Unreadable => {}
    }
}

/// A token that opens something was signed here, and has that one spelling.
pub(super) fn read_token(input: &[u8]) {
    let token = String::from_utf8_lossy(input);
    let _ = LinkKeys::good_until(&token);
    if let Ok(claim) = keys().verify(&token, TODAY) {
        let until = LinkKeys::good_until(&token);
        let signed = until.map(|until| keys().sign(&claim, until));
        assert_eq!(signed.as_deref(), Some(&*token), "{claim:?}");
        assert!(tokens().contains(&token.as_bytes().to_vec()), "{claim:?}");
    }
}

//! Mails as they arrive, told apart and read: those in `data/mail/` are written as the programs of their names write.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use schoolbell::core::evidence::BYTES_AT_MOST;
use schoolbell::core::names::Address;
use schoolbell::core::reply::own_words;
use schoolbell::mail::inbound::{Incoming, MOST_ATTACHMENTS, Sort, read};

/// The mails of `data/mail/` by their names, in order.
pub(crate) fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/mail");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    found.sort();
    found
}

fn own() -> Address {
    Address::from("bell@jyj.example")
}

fn shown(name: &str, mail: &Incoming) -> String {
    let mut out = format!("{name}: ");
    let from = mail.from.as_ref().map_or("?", |from| from.as_str());
    let _ = match &mail.sort {
        Sort::Written(written) => {
            let words = own_words(&written.text).replace('\n', " | ");
            write!(out, "from {from} ({}): {words}", mail.person)
        }
        Sort::Bounce(bounce) => write!(
            out,
            "bounce of {}{}: {}",
            bounce
                .addresses
                .iter()
                .map(Address::as_str)
                .collect::<Vec<_>>()
                .join(" "),
            if bounce.mailbox {
                ", no such mailbox"
            } else {
                ""
            },
            bounce.text
        ),
        Sort::Automatic(why) => write!(out, "automatic: {why}"),
        Sort::Unreadable => write!(out, "unreadable"),
    };
    let ids: Vec<&str> = mail
        .clues
        .message_ids
        .iter()
        .map(|id| &id[..id.len().min(9)])
        .collect();
    let numbers = numbers(mail).join(", ");
    let _ = write!(out, "\n    letters [{numbers}] ids {ids:?}");
    if let Sort::Written(written) = &mail.sort {
        for kept in &written.attachments {
            let _ = write!(
                out,
                "\n    attached {} ({} bytes)",
                kept.name,
                kept.bytes.len()
            );
        }
    }
    out.push('\n');
    out
}

#[test]
fn each_is_told_for_what_it_is() {
    let printed: String = samples()
        .iter()
        .map(|(name, bytes)| shown(name, &read(bytes, &own())))
        .collect();
    expect![[r#"
        asks: from zhou@hs.example (周敏): 我校安全主任换成了李敏，请更新。
            letters [] ids []
        auto-list: automatic: 群发的信
            letters [] ids []
        auto-qq: automatic: 自动回复
            letters [12] ids ["<0f3a9c27"]
        auto-receipt: automatic: 已读回执
            letters [12] ids []
        auto-vacation: automatic: 自动发出的信
            letters [12] ids []
        bounce-163: bounce of li@gone.example, no such mailbox: 邮箱不存在
            letters [12] ids []
        bounce-delayed: automatic: 投递情况通知
            letters [] ids []
        bounce-exmail: bounce of li@gone.example: 错误信息 554 Reject by content spam at Bayes Spam
            letters [12] ids ["<li@gone.", "<0f3a9c27"]
        bounce-headers-only: bounce of li@gone.example: 550 5.7.1 Message rejected as spam
            letters [12] ids ["<0f3a9c27"]
        bounce-postfix: bounce of li@gone.example, no such mailbox: 550 5.1.1 <li@gone.example>: Recipient address rejected: User unknown
            letters [12] ids ["<0f3a9c27", "<li@gone."]
        bounce-qq: bounce of li@gone.example, no such mailbox: 退信代码 host gone.example[192.0.2.7] said: 550 Mailbox not found
            letters [12] ids []
        reply-163: from wang@hs.example (王建国): 您好： |     浒山小学收到，谢谢！
            letters [12] ids []
        reply-outlook: from wang@hs.example (王建国): 1、3已完成。 |  | 第2项有困难，消防器材缺货。
            letters [12] ids []
            attached 自查表.docx (21 bytes)
        reply-phone: from wang@hs.example (王建国): 完成
            letters [12] ids ["<0f3a9c27"]
        reply-qq: from wang@hs.example (王建国): 已完成 1 3，延期 2 6月20日 操场维修
            letters [12] ids ["<0f3a9c27"]
    "#]].assert_eq(&printed);
}

fn mail(subject: &str, head: &str, body: &str) -> Incoming {
    let bytes = format!("From: wang@hs.example\r\nSubject: {subject}\r\n{head}\r\n{body}");
    read(bytes.as_bytes(), &own())
}

/// The number survives what mail programs put before and behind a subject, and what people put there; a title's own
/// number comes before it.
#[test]
fn the_number_in_a_subject() {
    let letters = |subject: &str| numbers(&mail(subject, "", ""));
    assert_eq!(letters("Re: drill [No.12-x7kq]"), ["12-x7kq"]);
    assert_eq!(letters("Re: Re: drill [No. 12-X7KQ] "), ["12-x7kq"]);
    assert_eq!(letters("FW: bus No.3 [No.12-x7kq]"), ["12-x7kq"]);
    assert_eq!(letters("drill [NO.12-x7kq] done"), ["12-x7kq"]);
    assert_eq!(letters("drill [No.12]"), ["12"]);
    assert_eq!(letters("drill [No.12-]"), ["12"]);
    assert_eq!(letters("drill No.12"), ["12"]);
    assert_eq!(letters("drill"), [""; 0]);
    assert_eq!(letters("drill [No.]"), [""; 0]);
    assert_eq!(letters("drill [No.99999999999999999999]"), [""; 0]);
}

fn numbers(mail: &Incoming) -> Vec<String> {
    mail.clues.letters.iter().map(ToString::to_string).collect()
}

#[test]
fn the_number_in_an_address() {
    let to = |to: &str| numbers(&mail("drill", &format!("To: {to}\r\n"), ""));
    assert_eq!(to("bell+7-x7kq@jyj.example"), ["7-x7kq"]);
    assert_eq!(
        to("\"Bell\" <Bell+7-X7kq@JYJ.example>, x@y.example"),
        ["7-x7kq"]
    );
    assert_eq!(to("bell+7@jyj.example"), ["7"]);
    assert_eq!(to("other+7-x7kq@jyj.example"), [""; 0]);
    let many = "bell+7-x7kq@jyj.example, ".repeat(1_000);
    assert!(to(&many).len() < 100);
}

/// A mail of its own address is a loop, whatever it says.
#[test]
fn its_own_letter_is_no_reply() {
    let bytes = "From: Bell <BELL@jyj.example>\r\nSubject: x [No.1]\r\n\r\nDone";
    let read = read(bytes.as_bytes(), &own());
    assert_eq!(read.sort, Sort::Automatic("本系统自己的信"));
}

#[test]
fn what_is_attached_has_its_limits() {
    let mut body = String::from("--b\r\n\r\nDone\r\n");
    for nth in 0..MOST_ATTACHMENTS + 2 {
        let name = ["/etc/passwd", "..\\..\\x.doc", "...", "a\u{202e}b.txt"][nth % 4];
        let _ = write!(
            body,
            "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\nx{nth}\r\n"
        );
    }
    body.push_str("--b--\r\n");
    let head = "Content-Type: multipart/mixed; boundary=b\r\n";
    let Sort::Written(written) = mail("x", head, &body).sort else {
        panic!("not read as written");
    };
    let names: Vec<&str> = written.attachments.iter().map(|one| &*one.name).collect();
    assert_eq!(names[..4], ["passwd", "x.doc", "附件", "a b.txt"]);
    assert_eq!(names.len(), MOST_ATTACHMENTS);
    assert_eq!(written.left_out.len(), 2);
    let large = format!(
        "--b\r\n\r\nDone\r\n--b\r\nContent-Type: image/jpeg; name=big.jpg\r\n\r\n{}\r\n--b--\r\n",
        "x".repeat(BYTES_AT_MOST + 1)
    );
    let Sort::Written(written) = mail("x", head, &large).sort else {
        panic!("not read as written");
    };
    assert!(written.attachments.is_empty());
    assert_eq!(written.left_out, ["big.jpg"]);
}

#[test]
fn html_is_read_line_by_line() {
    let text = |html: &str| {
        let head = "Content-Type: text/html; charset=utf-8\r\n";
        match mail("x", head, html).sort {
            Sort::Written(written) => written.text.trim().replace('\n', " | "),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        text("<div>Done 1</div><div>thanks</div>"),
        "Done 1 | thanks"
    );
    assert_eq!(
        text("Done<br>1 &lt; 2 &amp; 3&nbsp;x"),
        "Done | 1 < 2 & 3 x"
    );
    assert_eq!(
        text("<style>p{}</style><title>t</title><p>a\r\n b</p>"),
        "a b"
    );
    assert_eq!(
        text("a<blockquote>b<blockquote>c</blockquote>d</blockquote>e"),
        "a | e"
    );
    assert_eq!(text("a<div class=\"gmail_quote\">b</div>c"), "a");
    assert_eq!(text("a <!-- > b --> c"), "a c");
    assert_eq!(text("1 < 2 <a title=\"x>y\">z</a>"), "1 < 2 z");
    assert_eq!(text("a &unknown; & b &#20013;"), "a &unknown; & b 中");
}

/// However long and however written, HTML is read in no time.
#[test]
fn hostile_html_costs_no_time() {
    let head = "Content-Type: text/html; charset=utf-8\r\n";
    let hostile = [
        "<a",
        "<",
        "<a '",
        "<a \"'>",
        "<a '\"",
        "<!--",
        "<style>",
        "</style",
        "&amp",
        "&",
        "<p>",
        "<blockquote>",
        "1,",
        "<a><b",
    ];
    for unit in hostile {
        let html = unit.repeat(512 * 1024 / unit.len());
        let begun = std::time::Instant::now();
        let _ = mail("x", head, &html);
        let took = begun.elapsed();
        assert!(took.as_millis() < 1_000, "{unit:?} took {took:?}");
    }
}

/// Mails within mails within mails: what would overrun the stack is refused before it is parsed, however it is written.
#[test]
fn a_mail_too_deep_is_not_parsed() {
    let head = "From: wang@hs.example\r\nMessage-ID: <deep@hs.example>\r\nSubject: x\r\n";
    let deep = |level: &str, levels: usize| format!("{head}{}\r\n完成", level.repeat(levels));
    let is_read = |mail: &str| !matches!(read(mail.as_bytes(), &own()).sort, Sort::Unreadable);
    for level in [
        "Content-Type:message/rfc822\n\n",
        "CONTENT-TYPE: Message/RFC822\r\n\r\n",
        "Content-Type:\r\n message/rfc822\r\n\r\n",
        "Content- Type: message (a) / (b)\r\n\tglobal\r\n\r\n",
    ] {
        assert!(!is_read(&deep(level, 35_000)), "{level:?}");
        assert!(is_read(&deep(level, 50)), "{level:?}");
    }
    let mut digests = String::new();
    for n in 0..35_000 {
        let _ = write!(
            digests,
            "Content-Type: multipart/digest; boundary={n}\n\n--{n}\n\n"
        );
    }
    assert!(!is_read(&format!("{head}{digests}")));

    // What is encoded is looked into by the parser as well, three times over.
    let within = deep("Content-Type:message/rfc822\n\n", 35_000);
    for (kind, encoding, body) in [
        ("message/rfc822", "base64", STANDARD.encode(&within)),
        (
            "message/global",
            "=?utf-8?q?base64?=",
            STANDARD.encode(&within),
        ),
        ("message/rfc822", "\r\n quoted-printable", within.clone()),
    ] {
        let mail = format!(
            "{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: {kind}\r\n\
             Content-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n--b--\r\n"
        );
        assert!(!is_read(&mail), "{kind} in {encoding:?}");
    }
    let mail = format!(
        "{head}Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        STANDARD.encode(&within)
    );
    assert!(
        !is_read(&mail),
        "a part of a digest that says nothing of itself"
    );

    // The headers that come back with a bounce are parsed by themselves.
    let mail = format!(
        "From: mailer-daemon@hs.example\r\nSubject: Undeliverable\r\nContent-Type: multipart/report; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        STANDARD.encode(&within)
    );
    assert!(is_read(&mail));
}

/// What people forward is read: a mail in a mail beside encoded files, and many files.
#[test]
fn an_honest_mail_is_not_too_deep() {
    let part = |head: &str, body: &str| format!("--b\r\n{head}\r\n\r\n{body}\r\n");
    let forwarded = part(
        "Content-Type: message/rfc822; name=\"=?utf-8?B?5L+h?=.eml\"\r\nContent-Transfer-Encoding: 7bit",
        "From: li@hs.example\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n5a6M5oiQ",
    );
    let file = part(
        "Content-Type: application/pdf; name=\"message-global.pdf\"\r\nContent-Transfer-Encoding: base64",
        "JVBERi0xLjQK",
    );
    let text = part("Content-Type: text/plain; charset=utf-8", "完成");
    let read = mail(
        "x",
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n",
        &format!("{text}{forwarded}{}--b--", file.repeat(300)),
    );
    let Sort::Written(written) = &read.sort else {
        panic!("{:?}", read.sort);
    };
    assert_eq!(own_words(&written.text), "完成");
    assert_eq!(written.attachments.len(), MOST_ATTACHMENTS);
}

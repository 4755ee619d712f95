//! The whole round with a real post office: a letter goes out through Postfix into a mailbox, somebody replies, and the
//! daemon reads it over IMAP.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::MessageParser;

use super::house::{Daemon, House};
use super::post_office::{PASSWORD, PostOffice, is_left_out};

const BELL: &str = "bell@jyj.example";
const WANG: &str = "wang.jianguo@hushan-primary.example";
/// Who hears of what needs a person.
const OFFICER: &str = "office@cixi-edu.example";

/// The safety officer of another school, whose mailbox is not there.
const GONE: &str = "xu.genfa@dashan-primary.example";

/// A house that sends through a post office and reads the bell's mailbox there.
fn house(office: &PostOffice, imap: &str) -> House {
    let house = House::new(Some(office.smtp));
    fs::write(house.path("config/imap-password"), PASSWORD).unwrap();
    house.edit(
        "config/schoolbell.toml",
        "transport = \"smtp\"\n",
        &format!("from = \"校钟 <{BELL}>\"\ntransport = \"smtp\"\n[mail.imap]\n{imap}user = \"{BELL}\"\npassword_file = \"imap-password\"\nevery_s = 1\n"),
    );
    house
}

fn in_clear(office: &PostOffice) -> String {
    format!("port = {}\ntls = \"none\"\n", office.imap)
}

/// From a morning on, in real time.
fn begin(house: &House) -> Daemon {
    let mut daemon = house.start(&["--pretend-now", "2026-03-04T08:00:00+08:00", "--speed", "1"]);
    daemon.wait_for("页面:");
    daemon
}

/// A reply to a letter, as a mail program of a school writes it, in GBK.
fn reply(letter: &[u8], id: &str, words: &str) -> String {
    let letter = MessageParser::default().parse(letter).unwrap();
    let text = format!(
        "{words}\r\n\r\n在 2026-03-04 08:00:00，\"校钟\" <{BELL}> 写道：\r\n{}",
        letter.body_text(0).unwrap()
    );
    let encode = |text: &str| {
        let (bytes, _, _) = encoding_rs::GBK.encode(text);
        STANDARD.encode(&bytes)
    };
    let subject = format!("回复：{}", letter.subject().unwrap());
    let body: Vec<String> = encode(&text)
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8(line.to_vec()).unwrap())
        .collect();
    format!(
        "From: =?gbk?B?{}?= <{WANG}>\nTo: {BELL}\nSubject: =?gbk?B?{}?=\nMessage-ID: <{id}@hs.example>\nIn-Reply-To: <{}>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=gbk\nContent-Transfer-Encoding: base64\n\n{}\n",
        encode("王建国"),
        encode(&subject),
        letter.message_id().unwrap(),
        body.join("\n")
    )
}

/// The duties that a letter numbers, as they were sent.
fn numbered(house: &House, letter: &[u8]) -> Vec<String> {
    let letter = MessageParser::default().parse(letter).unwrap();
    let id = format!("<{}>", letter.message_id().unwrap());
    let attempts = house.facts("attempt");
    let attempt = attempts
        .iter()
        .find(|fact| fact["message_id"] == *id)
        .unwrap();
    attempt["numbered"]
        .as_array()
        .unwrap()
        .iter()
        .map(|duty| duty.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_reply_becomes_an_answer_and_a_bounce_marks_its_contact() {
    if is_left_out() {
        return;
    }
    let office = PostOffice::open(&[BELL, WANG, OFFICER]);
    let house = house(&office, &in_clear(&office));
    let daemon = begin(&house);
    let letter = office.wait_for_mails(WANG, 1).remove(0);
    let duties = numbered(&house, &letter);
    assert!(duties.len() >= 2, "{duties:?}");

    // Two answers in one reply; and the same mail once more, as a server may hand it in twice.
    let words = "您好，浒山小学已完成 1，延期 2 6月20日 操场维修。谢谢";
    let mail = reply(&letter, "one", words);
    office.send(WANG, BELL, &mail);
    let answers = house.wait_for_facts("answer", 2);
    office.send(WANG, BELL, &mail);
    assert_eq!(answers[0]["duty"], *duties[0]);
    assert_eq!(answers[0]["answer"], "done");
    assert_eq!(answers[0]["by"], "王建国");
    assert_eq!(answers[0]["via"], "mail");
    assert_eq!(answers[0]["address"], WANG);
    assert_eq!(answers[1]["duty"], *duties[1]);
    assert_eq!(answers[1]["answer"], "extension");
    assert_eq!(answers[1]["until"], "2026-06-20");
    assert_eq!(answers[1]["note"], "操场维修");

    // What is not understood is kept, shown, and seen to.
    office.send(WANG, BELL, &reply(&letter, "two", "请问要不要交纸质材料？"));
    let of = |sort: &str| {
        let received = house.facts("mail-received");
        received.iter().filter(|fact| fact["sort"] == sort).count()
    };
    office.wait_until("the question is taken in", || of("unclear") == 1);
    assert_eq!(of("reply"), 1, "the same mail was taken in twice");
    assert_eq!(house.facts("answer").len(), 2);
    let listed = house.call(&["mail", "inbox"]);
    assert!(listed.contains("浒山小学王建国来信"), "{listed}");
    assert!(listed.contains("请问要不要交纸质材料"), "{listed}");
    let status = |house: &House| String::from_utf8(house.output(&["status"]).stdout).unwrap();
    assert!(
        status(&house).contains("请问要不要交纸质材料"),
        "{}",
        status(&house)
    );
    let received = house.facts("mail-received");
    let question = received.iter().find(|fact| fact["sort"] == "unclear");
    let no = question.unwrap()["mail"].to_string();
    house.call(&["mail", "seen", &no, "--by", "沈志明"]);
    assert!(!status(&house).contains("请问要不要交纸质材料"));
    assert!(house.call(&["mail", "inbox"]).contains("没有要人看的来信"));

    // The morning's letter to somebody whose mailbox is gone was accepted, and came back.
    for fact in ["bounced", "unreachable"] {
        office.wait_until(fact, || {
            house.facts(fact).iter().any(|fact| fact["address"] == GONE)
        });
    }
    assert!(status(&house).contains(GONE), "{}", status(&house));
    daemon.interrupt();
}

/// A bare `完成` with several open counts as received, and the list comes back; an answer to the list is one to the letter.
/// Whoever answers the list with a machine gets no second.
#[test]
fn a_bare_done_is_asked_which() {
    if is_left_out() {
        return;
    }
    let office = PostOffice::open(&[BELL, WANG, OFFICER]);
    let house = house(&office, &in_clear(&office));
    let daemon = begin(&house);
    let letter = office.wait_for_mails(WANG, 1).remove(0);
    let duties = numbered(&house, &letter);
    office.send(WANG, BELL, &reply(&letter, "bare", "完成"));
    let received = house.wait_for_facts("answer", duties.len());
    assert!(received.iter().all(|fact| fact["answer"] == "received"));
    let mails = office.wait_for_mails(WANG, 2);
    let list = mails.iter().find(|mail| **mail != letter).unwrap();
    let text = MessageParser::default()
        .parse(list)
        .unwrap()
        .body_text(0)
        .unwrap()
        .into_owned();
    assert!(text.contains("2. ") && text.contains("完成 全部"), "{text}");

    office.send(WANG, BELL, &reply(list, "again", "完成"));
    // The other way round one is left open, and is the one meant.
    office.wait_until("the first is taken in", || {
        let received = house.facts("mail-received");
        received
            .iter()
            .any(|fact| fact["message_id"] == "<again@hs.example>")
    });
    office.send(WANG, BELL, &reply(list, "which", "完成 2"));
    // Said twice, received is recorded once.
    let answers = house.wait_for_facts("answer", duties.len() + 1);
    let newest = answers.last().unwrap();
    assert_eq!(newest["answer"], "done");
    assert_eq!(newest["duty"], *duties[1]);
    assert_eq!(
        house
            .facts("letter-queued")
            .iter()
            .filter(|fact| fact["about"].is_u64())
            .count(),
        1
    );
    daemon.interrupt();
}

/// Killed between any two of its steps it takes each mail in once: what was on record is not read again, and what was not
/// is still in the mailbox.
#[test]
fn killed_it_takes_each_mail_in_once() {
    if is_left_out() {
        return;
    }
    let office = PostOffice::open(&[BELL, WANG, OFFICER]);
    let house = house(&office, &in_clear(&office));
    let daemon = begin(&house);
    let letter = office.wait_for_mails(WANG, 1).remove(0);
    let mut running = Some(daemon);
    for round in 0..4 {
        for nth in 0..5 {
            let id = format!("round-{round}-{nth}");
            office.send(WANG, BELL, &reply(&letter, &id, "收到，谢谢"));
        }
        // Somewhere in the middle of them.
        house.wait_for_facts("mail-received", round * 5 + 1 + round);
        if let Some(daemon) = running.take() {
            daemon.kill();
        }
        running = Some(begin(&house));
    }
    // Letters that came back from mailboxes that are not there are in between.
    let taken = || -> Vec<String> {
        let received = house.facts("mail-received");
        let ids = received.iter().map(|fact| fact["message_id"].to_string());
        ids.filter(|id| id.contains("round-")).collect()
    };
    office.wait_until("all are taken in", || taken().len() >= 20);
    if let Some(daemon) = running.take() {
        daemon.interrupt();
    }
    let mut ids = taken();
    assert_eq!(ids.len(), 20, "{ids:?}");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20, "a mail was taken in twice");
    let read = house.facts("mailbox-read");
    let uids: Vec<_> = read
        .iter()
        .filter_map(|fact| fact["uid"].as_u64())
        .collect();
    assert!(uids.windows(2).all(|pair| pair[0] < pair[1]), "{uids:?}");
}

/// Over TLS from the first byte and by STARTTLS; with a certificate that nobody vouches for, or a wrong password, it says
/// so once and goes on with the rest.
#[test]
fn encrypted_or_not_at_all() {
    if is_left_out() {
        return;
    }
    let office = PostOffice::open(&[BELL, WANG, OFFICER]);
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/root.pem");
    for (port, tls) in [(office.imaps, "implicit"), (office.imap, "starttls")] {
        let imap =
            format!("host = \"localhost\"\nport = {port}\ntls = \"{tls}\"\nca_file = \"{root}\"\n");
        let house = house(&office, &imap);
        let daemon = begin(&house);
        let before = office.mailbox(BELL).len();
        office.send(
            WANG,
            BELL,
            &format!("From: {WANG}\nSubject: {tls}\nMessage-ID: <{tls}@hs.example>\n\n你好\n"),
        );
        office.wait_for_mails(BELL, before + 1);
        office.wait_until("it is read", || {
            house
                .facts("mail-received")
                .iter()
                .any(|fact| fact["message_id"] == format!("<{tls}@hs.example>"))
        });
        assert!(house.facts("mailbox-trouble").is_empty());
        daemon.interrupt();
    }
    let strange = format!("host = \"localhost\"\nport = {}\n", office.imaps);
    let house = house(&office, &strange);
    let daemon = begin(&house);
    let trouble = house.wait_for_facts("mailbox-trouble", 1);
    assert!(
        trouble[0]["text"].as_str().unwrap().contains("证书"),
        "{trouble:?}"
    );
    // Mended while it runs, it goes on by itself.
    house.edit(
        "config/schoolbell.toml",
        "[mail.imap]\n",
        &format!("[mail.imap]\nca_file = \"{root}\"\n"),
    );
    let config = fs::read_to_string(house.path("config/schoolbell.toml")).unwrap();
    assert!(config.contains("ca_file"), "{config}");
    daemon.hang_up();
    let trouble = house.wait_for_facts("mailbox-trouble", 2);
    assert_eq!(trouble[1]["text"], "");
    let told = house.facts("matter");
    let told: Vec<_> = told
        .iter()
        .filter(|fact| fact["matter"].as_str().unwrap().starts_with("mailbox:"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    daemon.interrupt();
}

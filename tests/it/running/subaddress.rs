//! A letter's number in the addresses that bounces and replies go to, through a Postfix and a Dovecot that know of `+`; and
//! what is attached to the letter as it arrived, read by another's parser.

use std::collections::BTreeSet;
use std::fs;

use icalendar::Component as _;
use mail_parser::{MessageParser, MimeHeaders as _};
use serde_json::Value;

use super::house::House;
use super::post_office::{PASSWORD, PostOffice, is_left_out};

const BELL: &str = "bell@jyj.example";
const WANG: &str = "wang.jianguo@hushan-primary.example";
const YU: &str = "yu.lina@hushan-kg.example";
const OFFICER: &str = "office@cixi-edu.example";

fn house(office: &PostOffice) -> House {
    let house = House::new(Some(office.smtp));
    fs::write(house.path("config/imap-password"), PASSWORD).unwrap();
    let mail = format!(
        "from = \"校钟 <{BELL}>\"\nverp = true\nplus_reply_to = true\ntransport = \"smtp\"\n[mail.imap]\nport = {}\ntls = \"none\"\nuser = \"{BELL}\"\npassword_file = \"imap-password\"\nevery_s = 1\n",
        office.imap
    );
    house.edit("config/schoolbell.toml", "transport = \"smtp\"\n", &mail);
    house
}

/// What a header says, as it stands there.
fn header(mail: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(mail);
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}"))
        .trim()
        .trim_matches(['<', '>'])
        .to_owned()
}

fn letter_to(house: &House, address: &str) -> Value {
    let queued = house.facts("letter-queued");
    let found = queued.iter().find(|fact| fact["address"] == *address);
    found.unwrap()["letter"].clone()
}

/// Neither of the mails names the letter anywhere but in the address it goes to.
#[test]
fn by_the_address_alone_a_reply_and_a_bounce_find_their_letter() {
    if is_left_out() {
        return;
    }
    let office = PostOffice::open(&[BELL, WANG, YU, OFFICER]);
    let house = house(&office);
    let mut daemon = house.start(&["--pretend-now", "2026-03-04T08:00:00+08:00", "--speed", "1"]);
    daemon.wait_for("页面:");
    let mine = office.wait_for_mails(WANG, 1).remove(0);
    let hers = office.wait_for_mails(YU, 1).remove(0);
    for (mail, address) in [(&mine, WANG), (&hers, YU)] {
        let number = format!("bell+{}-", letter_to(&house, address));
        let reply_to = header(mail, "Reply-To:");
        assert!(reply_to.starts_with(&number), "{reply_to}");
        assert_eq!(header(mail, "Return-Path:"), reply_to, "where bounces go");
    }

    // To an address whose tag is made up nothing is done but to show it to a person.
    let to = header(&mine, "Reply-To:");
    let (stem, _) = to.rsplit_once('-').unwrap();
    let forged = format!("{stem}-aaaa@jyj.example");
    assert_ne!(forged, to);
    let reply = |to: &str, id: &str| {
        format!(
            "From: {WANG}\nTo: {to}\nSubject: 回复\nMessage-ID: <{id}@hs.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n收到，谢谢\n"
        )
    };
    office.send(WANG, &forged, &reply(&forged, "forged"));
    let taken = |id: &str| {
        let received = house.facts("mail-received");
        let found = received
            .iter()
            .find(|fact| fact["message_id"] == format!("<{id}@hs.example>"));
        found.cloned()
    };
    office.wait_until("the forged one is taken in", || taken("forged").is_some());
    assert_eq!(taken("forged").unwrap()["sort"], "unclear");
    assert!(house.facts("answer").is_empty());

    office.send(WANG, &to, &reply(&to, "reply"));
    let answers = house.wait_for_facts("answer", 1);
    let duties: BTreeSet<&str> = answers
        .iter()
        .map(|fact| fact["duty"].as_str().unwrap())
        .collect();
    assert!(
        answers
            .iter()
            .all(|fact| fact["answer"] == "received" && fact["address"] == WANG)
    );
    assert!(!duties.is_empty());

    // As the poorest of servers say it: no report, no letter, no Message-ID.
    let hers_back = header(&hers, "Return-Path:");
    let bounce = format!(
        "From: MAILER-DAEMON@mx.example\nTo: {hers_back}\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <bounce@mx.example>\n\n550 5.1.1 User unknown\n"
    );
    office.send("", &hers_back, &bounce);
    office.wait_until("her mailbox is known to be gone", || {
        house
            .facts("unreachable")
            .iter()
            .any(|fact| fact["address"] == YU)
    });
    let bounced = house.facts("bounced");
    assert!(
        bounced
            .iter()
            .any(|fact| fact["letter"] == letter_to(&house, YU))
    );
    daemon.interrupt();
}

/// The dates of a letter as it lies in the mailbox.
#[test]
fn the_dates_in_a_mailbox_are_read_by_another_parser() {
    if is_left_out() {
        return;
    }
    let office = PostOffice::open(&[BELL, WANG, OFFICER]);
    let house = house(&office);
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-04T08:30:00+08:00");
    let mail = office.wait_for_mails(WANG, 1).remove(0);
    let mail = MessageParser::default().parse(&mail).unwrap();
    let is_calendar = |part: &&mail_parser::MessagePart<'_>| {
        part.content_type()
            .is_some_and(|kind| kind.subtype() == Some("calendar"))
    };
    let dates = mail.attachments().find(is_calendar).unwrap();
    let kind = dates.content_type().unwrap();
    assert_eq!(kind.attribute("method"), Some("PUBLISH"));
    let events = crate::ics::read(dates.text_contents().unwrap());
    let letter = letter_to(&house, WANG);
    let attempts = house.facts("attempt");
    let attempt = attempts
        .iter()
        .find(|fact| fact["letter"] == letter)
        .unwrap();
    let numbered = attempt["numbered"].as_array().unwrap();
    let wanted: BTreeSet<String> = numbered
        .iter()
        .map(|duty| format!("{}@schoolbell", duty.as_str().unwrap()))
        .collect();
    let found: BTreeSet<String> = events
        .iter()
        .map(|event| event.get_uid().unwrap().to_owned())
        .collect();
    assert!(wanted.len() >= 2, "{wanted:?}");
    assert_eq!(found, wanted);
}

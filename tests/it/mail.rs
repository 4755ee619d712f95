//! The messages made of letters, and the spool.

use std::fs;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail_parser::{HeaderName, MessageParser, MimeHeaders as _};
use schoolbell::core::fact::LetterKind;
use schoolbell::core::letter::{Content, Item};
use schoolbell::core::names::Address;
use schoolbell::ics;
use schoolbell::mail::{
    Envelope, Header, Mailbox, Numbered, Sent, Spool, Transport, compose, message_id, sample,
    subaddress,
};

use super::letters::{canteen, drill, guardroom, render, to_school};

fn message(content: &Content, person: &str) -> Vec<u8> {
    let from = Mailbox::parse("学校安全行事历 <schoolbell@bureau.example>").unwrap();
    let to = Address::from("wang@school.example");
    let slot: Timestamp = "2026-05-06T08:00:00+08:00".parse().unwrap();
    let id = message_id(
        b"key",
        "installation",
        slot,
        &to,
        LetterKind::Slot,
        from.host(),
    );
    let header = Header {
        from: &from,
        reply_to: None,
        person,
        to: &to,
        message_id: &id,
        date: slot,
        calendar: &content.calendar,
    };
    let dates = ics::of_letter(content, &TimeZone::get("Asia/Shanghai").unwrap());
    compose(&header, &render(content), dates.as_deref()).unwrap()
}

/// The calendar file of a message, with its media type and its name.
pub(crate) fn dates_of(bytes: &[u8]) -> Option<(String, String, String)> {
    let read = MessageParser::default().parse(bytes).unwrap();
    let part = read.attachments().next()?;
    let kind = part.content_type().unwrap();
    let attributes: Vec<_> = kind
        .attributes()
        .unwrap()
        .iter()
        .map(|attribute| format!("; {}={}", attribute.name, attribute.value))
        .collect();
    let kind = format!("{}/{}", kind.ctype(), kind.subtype().unwrap()) + &attributes.concat();
    let name = part.attachment_name().unwrap().to_owned();
    assert_eq!(read.attachment_count(), 1);
    Some((kind, name, part.text_contents().unwrap().to_owned()))
}

#[test]
fn the_dates_go_with_the_letter() {
    let overdue = Item {
        part: schoolbell::core::fact::Part::Act,
        ..guardroom()
    };
    let settled = Item {
        settled: Some("已完成(王建国)".to_owned()),
        ..canteen()
    };
    let content = to_school(vec![overdue.clone(), settled.clone(), drill()]);
    let bytes = message(&content, "王建国");
    let (kind, name, dates) = dates_of(&bytes).unwrap();
    assert_eq!(
        kind,
        "text/calendar; method=PUBLISH; charset=utf-8; name=dates.ics"
    );
    assert_eq!(name, "dates.ics");
    let ours = ics::of_letter(&content, &TimeZone::get("Asia/Shanghai").unwrap());
    assert_eq!(Some(&dates), ours.as_ref());
    assert_eq!(dates.matches("BEGIN:VEVENT").count(), 1, "{dates}");
    let read = MessageParser::default().parse(&bytes).unwrap();
    let rendered = render(&content);
    assert_eq!(
        read.body_text(0).unwrap().replace("\r\n", "\n"),
        rendered.text
    );
    assert!(rendered.text.contains("附件 dates.ics"));

    // What is over, settled, or for others to do is no date ahead of the reader.
    let without = to_school(vec![overdue, settled, guardroom()]);
    let bytes = message(&without, "王建国");
    assert_eq!(dates_of(&bytes), None);
    assert!(!String::from_utf8_lossy(&bytes).contains("multipart/mixed"));
    assert!(!render(&without).text.contains("dates.ics"));
}

#[test]
fn message_is_read_as_it_was_written() {
    let content = to_school(vec![guardroom(), canteen(), drill()]);
    let bytes = message(&content, "王建国");
    let rendered = render(&content);
    let read = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(read.subject(), Some(rendered.subject.as_str()));
    assert_eq!(
        read.body_text(0).unwrap().replace("\r\n", "\n"),
        rendered.text
    );
    assert_eq!(
        read.body_html(0).unwrap().replace("\r\n", "\n"),
        rendered.html
    );
    let from = read.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("学校安全行事历"));
    assert_eq!(from.address(), Some("schoolbell@bureau.example"));
    assert_eq!(read.to().unwrap().first().unwrap().name(), Some("王建国"));
    assert_eq!(read.date().unwrap().to_rfc3339(), "2026-05-06T00:00:00Z");
    let automatic = read.header_raw(HeaderName::AutoSubmitted).unwrap();
    assert_eq!(automatic.trim(), "auto-generated");
    let list = read.header_raw(HeaderName::ListId).unwrap().trim();
    assert!(list.ends_with(" <schoolbell.bureau.example>"), "{list}");
    assert!(read.message_id().unwrap().ends_with("@bureau.example"));
}

#[test]
fn message_is_plain_ascii_in_short_lines() {
    let long = Item {
        title: "鄞州区校园安全".repeat(200),
        detail: "长".repeat(5_000),
        ..drill()
    };
    for content in [to_school(vec![long]), sample::content()] {
        let bytes = message(&content, &"王".repeat(500));
        assert!(bytes.is_ascii());
        for line in bytes.split(|b| *b == b'\n') {
            assert!(line.len() <= 998, "{}", String::from_utf8_lossy(line));
        }
        assert_eq!(
            bytes,
            message(&content, &"王".repeat(500)),
            "the same bytes each time"
        );
    }
}

/// Each encoded word of the header decodes by itself: a character cut in two would not.
#[test]
fn encoded_words_hold_whole_characters() {
    for shift in 0..8 {
        let title = format!(
            "{}鄞州区浒山街道第一实验学校校园安全隐患大排查",
            "a".repeat(shift)
        );
        let bytes = message(&to_school(vec![Item { title, ..drill() }]), "王建国");
        let text = String::from_utf8(bytes).unwrap();
        let head = text.split_once("\r\n\r\n").unwrap().0;
        let mut words = 0;
        for word in head.split("=?utf-8?b?").skip(1) {
            let code = word.split_once("?=").unwrap().0;
            let alone = format!("Subject: =?utf-8?b?{code}?=\r\n\r\n");
            let read = MessageParser::default().parse(alone.as_bytes()).unwrap();
            let said = read.subject().unwrap();
            assert!(!said.contains('\u{FFFD}'), "{said}");
            words += 1;
        }
        assert!(words > 3, "{head}");
    }
}

#[test]
fn names_cannot_become_headers() {
    let evil = "王\r\nBcc: all@evil.example\r\n\r\nbody\u{0}\u{7f}\u{202e}\u{2028}x";
    let content = Content {
        unit_name: evil.to_owned(),
        calendar: evil.to_owned(),
        ..to_school(vec![Item {
            title: evil.to_owned(),
            unit_name: evil.to_owned(),
            ..drill()
        }])
    };
    let bytes = message(&content, evil);
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(
        !text
            .lines()
            .any(|line| line.to_lowercase().starts_with("bcc")),
        "{text}"
    );
    let read = MessageParser::default().parse(&bytes).unwrap();
    assert!(read.bcc().is_none());
    let subject = read.subject().unwrap();
    assert!(
        !subject.chars().any(char::is_control) && !subject.contains('\u{202e}'),
        "{subject}"
    );
    assert_eq!(read.to().unwrap().iter().count(), 1);
    assert!(!read.body_text(0).unwrap().contains("\r\nBcc"));
    for text in [
        "a@b\r\nBcc: c@d.example",
        "王 <a b@c.example>",
        "nobody",
        "王@学校.example",
    ] {
        assert!(Mailbox::parse(text).is_err(), "{text}");
    }
    assert_eq!(
        Mailbox::parse("\"校\r\n钟\" <a@b.example>").unwrap().name,
        "校 钟"
    );
}

#[test]
fn markup_in_names_is_escaped() {
    let evil = "<script>alert(1)</script>\"'&";
    let mut content = sample::content();
    content.person = evil.to_owned();
    content.calendar = evil.to_owned();
    content.matters = vec![evil.to_owned()];
    content.items[0].title = evil.to_owned();
    content.items[0].detail = evil.to_owned();
    content.rollup[0].unit_name = evil.to_owned();
    let html = render(&content).html;
    assert!(!html.contains("<script"), "{html}");
    assert!(
        html.matches("&lt;script&gt;alert(1)").count() >= 6,
        "{html}"
    );
}

#[test]
fn message_id_is_the_same_for_the_same_letter_only() {
    let id = |key: &[u8], slot: i64, address: &str, kind| {
        let slot = Timestamp::from_second(slot).unwrap();
        message_id(
            key,
            "abc",
            slot,
            &Address::from(address),
            kind,
            "bureau.example",
        )
    };
    let first = id(b"k", 1, "a@b.example", LetterKind::Slot);
    assert_eq!(first, id(b"k", 1, "a@b.example", LetterKind::Slot));
    for other in [
        id(b"l", 1, "a@b.example", LetterKind::Slot),
        id(b"k", 2, "a@b.example", LetterKind::Slot),
        id(b"k", 1, "c@b.example", LetterKind::Slot),
        id(b"k", 1, "a@b.example", LetterKind::Alert),
    ] {
        assert_ne!(first, other);
    }
    assert!(
        first.starts_with('<') && first.ends_with("@bureau.example>"),
        "{first}"
    );
    assert!(!first.contains("a@b"));
}

#[tokio::test]
async fn spool_holds_each_letter_once() {
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("var/spool");
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let mut transport = Transport::Spool(Spool::new(spool.clone(), zone));
    let slot: Timestamp = "2026-03-04T08:00:00+08:00".parse().unwrap();
    let envelope = Envelope {
        from: Address::from("bell@bureau.example"),
        to: Address::from("../../etc/passwd@school.example"),
    };
    let bytes = message(&to_school(vec![drill()]), "../王建国");
    for _ in 0..2 {
        let sent = transport.send(&envelope, 123, slot, &bytes).await;
        assert!(matches!(sent, Sent::Accepted(_)), "{sent:?}");
    }
    let names: Vec<_> = fs::read_dir(&spool)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["20260304T080000-000123.eml"]);
    assert_eq!(fs::read(spool.join(&names[0])).unwrap(), bytes);
}

#[tokio::test]
async fn spool_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("spool");
    fs::write(&in_the_way, "a file").unwrap();
    let mut transport = Transport::Spool(Spool::new(in_the_way, TimeZone::UTC));
    let envelope = Envelope {
        from: Address::from("a@b.example"),
        to: Address::from("c@d.example"),
    };
    let sent = transport
        .send(&envelope, 1, Timestamp::UNIX_EPOCH, b"x")
        .await;
    assert!(
        matches!(sent, Sent::Deferred { relay: true, .. }),
        "{sent:?}"
    );
}

/// The tag beside a letter's number is short and plain, another for each letter and each key.
#[test]
fn a_letters_number_is_proven_by_its_tag() {
    let number = Numbered::new(17, b"key");
    // Letters in mailboxes bear it: a change must keep it good.
    assert_eq!(number.to_string(), "17-jvm9");
    assert!(number.is_by(b"key"));
    assert!(!number.is_by(b"other"));
    let with = |letter, tag: &str| Numbered {
        letter,
        tag: tag.to_owned(),
    };
    assert!(!with(18, &number.tag).is_by(b"key"));
    let longer = format!("{}a", number.tag);
    for wrong in [
        "",
        "aaaa",
        &number.tag[..3],
        &longer,
        &number.tag.to_uppercase(),
    ] {
        assert!(!with(17, wrong).is_by(b"key"), "{wrong:?}");
    }
    let tags: std::collections::BTreeSet<String> = (0..1_000)
        .map(|letter| Numbered::new(letter, b"key").tag)
        .collect();
    assert!(tags.len() > 990, "{}", tags.len());
    let plain = |c: char| c.is_ascii_lowercase() || ('2'..='9').contains(&c);
    assert!(
        tags.iter()
            .all(|tag| tag.len() == 4 && tag.chars().all(plain))
    );
}

#[test]
fn a_letters_number_in_an_address() {
    let own = Address::from("bell@bureau.example");
    let number = |letter, tag: &str| Numbered {
        letter,
        tag: tag.to_owned(),
    };
    let numbered = |own: &str, letter| {
        subaddress::numbered(&Address::from(own), &number(letter, "x7kq"))
            .as_str()
            .to_owned()
    };
    assert_eq!(
        numbered("bell@bureau.example", 17),
        "bell+17-x7kq@bureau.example"
    );
    assert_eq!(
        numbered("bell+x@bureau.example", 17),
        "bell+x+17-x7kq@bureau.example"
    );
    for letter in [0, 1, 17, u64::MAX] {
        for base in ["bell@bureau.example", "bell+x@bureau.example"] {
            let address = numbered(base, letter);
            let base = Address::from(base);
            assert_eq!(
                subaddress::number_in(&address, &base),
                Some(number(letter, "x7kq")),
                "{address}"
            );
        }
    }
    // No room: without its number it arrives all the same.
    let long = format!("{}@bureau.example", "b".repeat(58));
    assert_eq!(numbered(&long, 17), long);
    let read = |text: &str| subaddress::number_in(text, &own);
    assert_eq!(
        read("BELL+17-X7KQ@Bureau.Example"),
        Some(number(17, "x7kq"))
    );
    // A number alone is one that proves nothing.
    assert_eq!(read("bell+17@bureau.example"), Some(number(17, "")));
    for foreign in [
        "bell@bureau.example",
        "bell+@bureau.example",
        "bell+17-x7kq@other.example",
        "other+17-x7kq@bureau.example",
        "bell+x+17-x7kq@bureau.example",
        "bell+-17@bureau.example",
        "bell++17@bureau.example",
        "bell+17-@bureau.example",
        "bell+17-x7-kq@bureau.example",
        "bell+１７@bureau.example",
        "bell+18446744073709551616@bureau.example",
        "bell+17",
        "",
    ] {
        assert_eq!(read(foreign), None, "{foreign}");
    }
}

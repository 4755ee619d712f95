//! What came back, and what of it is believed.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::Fixture;
use crate::core::fact::Outcome;
use crate::core::names::Address;
use crate::core::plan::officers;
use crate::core::state::LetterStatus;
use crate::daemon::desk::FrontDesk;
use crate::web::{AskedLink, Desk as _};

fn bounce(f: &mut Fixture, mailbox: &str, subject: &str) -> bool {
    let body = format!(
        "Your letter did not arrive.\r\n<{mailbox}>: 550 5.1.1 User unknown\r\nSubject: {subject}"
    );
    let head = "Subject: Undelivered Mail Returned to Sender";
    f.take("MAILER-DAEMON@mx.example", head, &body)
}

/// A bounce counts for a letter that it names by tag, or by number with the letter's own mailbox; and it marks no mailbox
/// but that one.
#[tokio::test]
async fn a_bounce_must_name_what_was_sent() {
    let mut f = Fixture::new();
    let (no, other) = f.two();
    let (own, others) = (f.letter(no).address, f.letter(other).address);
    let is_refused = |f: &Fixture, no| f.letter(no).status == LetterStatus::Ended(Outcome::Refused);
    let is_marked = |f: &Fixture, address: &Address| {
        let book = f.office.book().unwrap();
        book.state.unreachable.contains_key(address)
    };
    // A number that anybody can write, and a mailbox we never wrote to.
    assert!(!bounce(
        &mut f,
        "nobody@elsewhere.example",
        &format!("[No.{no}]")
    ));
    assert!(!is_refused(&f, no) && !is_marked(&f, &own));
    // With the tag it is our letter that came back, passed on to where it failed: its contact's mailbox is not at fault.
    let number = f.number(no);
    assert!(bounce(&mut f, "nobody@elsewhere.example", &number));
    assert!(is_refused(&f, no) && !is_marked(&f, &own));
    // A number with the mailbox the letter went to.
    assert!(bounce(&mut f, others.as_str(), &format!("[No.{other}]")));
    assert!(is_refused(&f, other) && is_marked(&f, &others));
}

/// Those of QQ and 163 name only the mailbox: the newest letter accepted there came back.
#[tokio::test]
async fn a_bounce_that_names_a_mailbox_is_believed() {
    let mut f = Fixture::new();
    let (no, _) = f.two();
    let own = f.letter(no).address;
    assert!(bounce(&mut f, own.as_str(), "x"));
    let book = f.office.book().unwrap();
    let last = book
        .state
        .letters
        .iter()
        .rev()
        .find(|(_, letter)| letter.address == own);
    assert_eq!(
        last.unwrap().1.status,
        LetterStatus::Ended(Outcome::Refused)
    );
    assert!(book.state.unreachable.contains_key(&own));
    drop(book);
    // A second one, of a letter whose end was not known before it was refused, is no riddle for the officer.
    let unclear = f.counts().1;
    assert!(bounce(&mut f, own.as_str(), "x"));
    assert_eq!(f.counts().1, unclear);
}

/// Anybody can write a bounce. One that names an officer's mailbox and does not prove which letter came back shuts nobody
/// out: a person looks at it.
#[tokio::test]
async fn a_forged_bounce_silences_no_officer() {
    let mut f = Fixture::new();
    let officers = officers(&f.office.house().agenda, f.office.today());
    assert_eq!(officers.len(), 1);
    let officer = officers.first().unwrap();
    let no = f.tell("a").expect("the officer hears of it");
    f.trial.tried(no, Outcome::Accepted, None);
    for subject in ["x".to_owned(), format!("[No.{no}]")] {
        assert!(!bounce(&mut f, officer.as_str(), &subject), "{subject}");
        assert!(f.left().0.contains("说管理员的邮箱"), "{:?}", f.left());
    }
    assert!(
        !f.office
            .book()
            .unwrap()
            .state
            .unreachable
            .contains_key(officer)
    );
    assert_eq!(f.letter(no).status, LetterStatus::Ended(Outcome::Accepted));

    // With the letter's tag it is true. The last officer is written to all the same, and a monitor hears of it.
    f.office.beat().unwrap();
    let silent = "没有一个管理员收得到信".to_owned();
    let health = FrontDesk(Arc::clone(&f.office)).health().reasons;
    assert!(!health.contains(&silent));
    let number = f.number(no);
    assert!(bounce(&mut f, officer.as_str(), &number));
    assert!(
        f.office
            .book()
            .unwrap()
            .state
            .unreachable
            .contains_key(officer)
    );
    f.office.beat().unwrap();
    let health = FrontDesk(Arc::clone(&f.office)).health().reasons;
    assert!(health.contains(&silent), "{health:?}");
    assert!(f.tell("b").is_some());
    let asked = AskedLink {
        address: officer.to_string(),
        browser: "0b".repeat(32),
        network: Ipv4Addr::LOCALHOST.into(),
        is_known: false,
    };
    let before = f.trial.letters().len();
    f.office.mail_link(&asked).unwrap();
    assert_eq!(f.trial.letters().len(), before + 1, "the way in is open");
}

//! One poisoned letter costs one letter, wherever it does its harm.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::super::office::Office;
use super::super::trial::Trial;
use super::delivery::{Delivery, timer};
use super::line::{Line, domain_of};
use super::ready::{Ahead, Made, make};
use super::{ALONE_FOR, Carrying, Courier, NextStart, Step, Ways};
use crate::clock::Clock;
use crate::core::fact::{Alert, Answer, Event, LetterKind, LetterNo, Outcome, Via};
use crate::core::state::LetterStatus;
use crate::ledger::LedgerError;
use crate::mail::carriers::Ended;
use crate::mail::{Carriers, Transport};

/// How each letter stands.
fn statuses(office: &Office) -> BTreeMap<LetterNo, LetterStatus> {
    let book = office.book().unwrap();
    let letters = book.state.letters.iter();
    letters.map(|(no, letter)| (*no, letter.status)).collect()
}

/// That letter 2 is set aside and its reason on record, that the officers have been told, and that all others went.
fn check(office: &Office, planned: usize) {
    assert!(planned > 3, "{planned} letters are too few to tell");
    let statuses = statuses(office);
    assert!(statuses.len() > planned, "nobody was told: {statuses:?}");
    for (no, status) in statuses {
        let wanted = match no {
            2 => Outcome::Refused,
            _ => Outcome::Accepted,
        };
        assert_eq!(status, LetterStatus::Ended(wanted), "letter {no}");
    }
    let book = office.book().unwrap();
    let text = &book.state.letters[&2].text;
    assert!(text.contains("已搁置") && text.contains("poison"), "{text}");
    let told: Vec<_> = book
        .state
        .matters
        .iter()
        .filter(|(matter, _)| matter == "quarantined:2")
        .collect();
    assert!(!told.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_a_letter_is_made() {
    let trial = Trial::begin();
    let office = &trial.office;
    let planned = statuses(office).len();
    office.poisoned.lock().unwrap().insert(2);
    let mut delivery = Delivery::new(Arc::clone(office)).unwrap();
    assert_eq!(delivery.carry(&|| false).await.unwrap(), None);
    check(office, planned);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_a_letter_is_sent() {
    let trial = Trial::begin();
    let office = &trial.office;
    let planned = statuses(office).len();
    let mut delivery = Delivery::new(Arc::clone(office)).unwrap();
    let ways = (0..3).map(|_| Transport::Poisoned(2)).collect();
    delivery.carriers = Carriers::start(ways).unwrap();
    assert_eq!(delivery.carry(&|| false).await.unwrap(), None);
    check(office, planned);
}

#[tokio::test]
async fn alerts_first_then_the_nearest_due() {
    let trial = Trial::begin();
    let office = &trial.office;
    let alert = Alert {
        subject: "试".to_owned(),
        text: "试".to_owned(),
    };
    office.alert("trial", &alert).unwrap();
    let book = office.book().unwrap();
    let mut line = Line::default();
    let steady = office.clock.steady();
    line.refresh(&book.state, office.clock.now(), steady);
    let mut dues = Vec::new();
    let mut kinds = Vec::new();
    while let Some((no, domain)) = line.first(4, steady) {
        let domain = domain.to_owned();
        let letter = &book.state.letters[&no];
        let due = letter
            .duties
            .iter()
            .map(|duty| book.state.duty(duty).unwrap().told.last().unwrap().due);
        kinds.push(letter.kind);
        dues.extend(due.min());
        line.take(&domain);
    }
    assert_eq!(kinds.len(), book.state.open_letters.len());
    assert_eq!(kinds[0], LetterKind::Alert, "the last that was queued");
    assert!(dues.is_sorted(), "{dues:?}");
    assert!(dues.first() < dues.last(), "too alike to tell: {dues:?}");
}

#[tokio::test]
async fn a_domain_leaves_one_way_to_the_others() {
    let trial = Trial::begin();
    let office = &trial.office;
    let book = office.book().unwrap();
    let mut line = Line::default();
    let steady = office.clock.steady();
    line.refresh(&book.state, office.clock.now(), steady);
    let first = line
        .first(4, steady)
        .map(|(_, domain)| domain.to_owned())
        .unwrap();
    for _ in 0..3 {
        assert_eq!(
            line.first(4, steady).map(|(_, domain)| domain),
            Some(first.as_str())
        );
        line.set_out(&first);
    }
    let (_, second) = line.first(4, steady).unwrap();
    assert_ne!(second, first, "three are on their way to it");
    // A single way goes to whoever is first, and an ailing domain comes last.
    line.came_back(&first, None);
    assert_eq!(
        line.first(4, steady).map(|(_, domain)| domain),
        Some(first.as_str())
    );
    line.came_back(&first, Some(true));
    line.came_back(&first, None);
    assert_ne!(
        line.first(4, steady).map(|(_, domain)| domain),
        Some(first.as_str())
    );
    line.came_back(&first, Some(false));
    assert_eq!(
        line.first(1, steady).map(|(_, domain)| domain),
        Some(first.as_str())
    );
    // Held back by the pace, it is passed over.
    line.hold_back(&first, steady + Duration::from_hours(1));
    assert_ne!(
        line.first(4, steady).map(|(_, domain)| domain),
        Some(first.as_str())
    );
    assert!(line.held_back_for(steady).unwrap() > Duration::from_mins(59));
}

/// Two letters are back and on record, and the disk is full before the officers can be told: neither stays under way.
#[tokio::test]
async fn what_is_back_is_back_also_where_nobody_can_be_told() {
    let trial = Trial::begin();
    let office = &trial.office;
    let mut courier = Courier::new(Arc::clone(office));
    let mut ended = Vec::new();
    for no in [1, 2] {
        let letter = office.book().unwrap().state.letters[&no].clone();
        let carrying = Carrying {
            domain: domain_of(&letter),
            letter,
            is_back: true,
        };
        courier.carrying.insert(no, carrying);
        ended.push(Ended::unsent(no, Err("poison".to_owned())));
    }
    office.ledger.cap_pages(1).unwrap();
    let job = || Event::JobRun {
        job: "x".repeat(2_000),
    };
    while office
        .ledger
        .append(office.clock.now(), vec![job()])
        .is_ok()
    {}
    assert!(
        courier.report(&ended).is_err(),
        "there was room for an alert"
    );
    assert!(courier.carrying.is_empty());
}

/// A letter that was written before its turn goes as it is where it is still true, and is written anew where it is not.
#[tokio::test]
async fn what_was_written_ahead_goes_only_if_it_is_true() {
    let trial = Trial::begin();
    let office = &trial.office;
    let (house, now) = (office.house(), office.clock.now());
    let several = trial.letters().into_iter().find(|(_, letter)| {
        let units: BTreeSet<_> = letter.duties.iter().map(|duty| &duty.unit).collect();
        letter.duties.len() > 1 && units.len() == 1
    });
    let (no, letter) = several.expect("a letter of several duties");
    let ahead = |at| Ahead::of(office, &house, &office.book().unwrap().state, no, at);
    let make = |ahead, at| {
        let book = office.book().unwrap();
        match make(office, &house, &book.state, no, ahead, at).unwrap() {
            Made::Ready(ready) => Some(ready.bytes),
            _ => None,
        }
    };
    let alone = make(None, now).unwrap();
    assert_eq!(make(Some(ahead(now)), now).as_ref(), Some(&alone));
    let mut marked = ahead(now);
    marked.written.as_mut().unwrap().1.bytes = b"as it was written".to_vec();
    let gone = make(Some(marked), now);
    assert_eq!(gone.as_deref(), Some(&b"as it was written"[..]));
    // A second later it says that it was written a second later.
    let later = now + SignedDuration::from_secs(1);
    let then = make(Some(ahead(now)), later).unwrap();
    assert_ne!(then, alone);
    assert_eq!(make(None, later), Some(then));
    // One of its duties is done meanwhile, and then all of them.
    for (nth, duty) in letter.duties.iter().enumerate() {
        let stale = ahead(now);
        let times = house.agenda.calendar.times(&duty.occurrence.task);
        let done = (1..=times).map(|nth| Event::Answer {
            duty: duty.clone(),
            answer: Answer::Done,
            by: "王建国".to_owned(),
            note: String::new(),
            via: Via::Page,
            address: Some(letter.address.clone()),
            nth: (times > 1).then_some(nth),
            until: None,
            corrects: false,
        });
        trial.append(done.collect());
        let written = make(Some(stale), now);
        assert_eq!(written, make(None, now));
        assert_eq!(written.is_none(), nth + 1 == letter.duties.len());
        assert_ne!(written.as_ref(), Some(&alone));
    }
}

/// A step at which nothing is to be written has not shown that the ledger takes facts again.
#[tokio::test]
async fn a_step_with_nothing_to_write_does_not_call_the_ledger_well() {
    let trial = Trial::begin();
    let office = &trial.office;
    office.heed(Some(&LedgerError::Busy("locked".to_owned())));
    let mut book = office.book().unwrap();
    let now = office.clock.now();
    let pending = office.ledger.begin_together(now, &[]);
    let ends = office.end_together(&mut book, now, pending, []);
    assert!(ends.is_empty());
    assert!(office.pulse.vitals().ledger_trouble.is_some());
    let job = Event::JobRun {
        job: "probe".to_owned(),
    };
    office.append(&mut book, vec![job]).unwrap();
    assert!(office.pulse.vitals().ledger_trouble.is_none());
}

/// While a letter is under way, what was put off is still tried again in time; and a pretended clock is not waited for.
#[tokio::test]
async fn what_was_put_off_is_not_forgotten_while_another_hangs() {
    let real = Clock::Real;
    let soon = real.now() + SignedDuration::from_mins(3);
    let at = |at| NextStart {
        at: Some(at),
        after: None,
    };
    let wait = timer(&at(soon), &real).unwrap();
    assert!(wait <= Duration::from_mins(3) && wait > Duration::from_mins(2));
    let paced = NextStart {
        after: Some(Duration::from_secs(1)),
        ..at(soon)
    };
    assert_eq!(timer(&paced, &real), Some(Duration::from_secs(1)));
    assert_eq!(timer(&at(real.now()), &real), None, "it waits for a way");
    let trial = Trial::begin();
    assert_eq!(timer(&at(soon), &trial.office.clock), None);
}

/// One rule says when the next letter may set out, for the daemon and for whoever goes step by step.
#[tokio::test]
async fn what_the_courier_waits_for() {
    let trial = Trial::begin();
    let mut courier = Courier::new(Arc::clone(&trial.office));
    let now = trial.office.clock.now();
    // Each contact's first letter; one of them is put off, the next goes alone.
    let later = now + SignedDuration::from_mins(2);
    trial.tried(1, Outcome::Deferred, Some(later));
    let ways = Ways { free: 4, all: 4 };
    let step = courier.go_on(ways, true).unwrap();
    assert_eq!(courier.take_leaving().len(), 1);
    assert!(!courier.is_idle());
    let next = courier.next_start(&step);
    assert_eq!(next.at, Some(later));
    assert!(next.after.is_some_and(|wait| wait <= ALONE_FOR), "{next:?}");
    // A share of the pace that comes sooner is waited for instead.
    let paced = Step {
        pace: Some(Duration::from_millis(1)),
        ..Step::default()
    };
    assert_eq!(courier.next_start(&paced).after, paced.pace);
    // While the queue rests nothing else counts: neither what was put off until before its end, nor the pace.
    let rested = now + SignedDuration::from_mins(5);
    courier.rests_until = Some(rested);
    let resting = NextStart {
        at: Some(rested),
        after: None,
    };
    assert_eq!(courier.next_start(&paced), resting);
}

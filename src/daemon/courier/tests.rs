//! One poisoned letter costs one letter, wherever it does its harm.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tempfile::TempDir;

use super::super::office::Office;
use super::super::{Options, Pretence, start};
use super::delivery::{Delivery, waits};
use super::line::{Line, domain_of};
use super::{Carrying, Courier, Step};
use crate::clock::{Clock, Speed};
use crate::core::fact::{Alert, Event, LetterKind, LetterNo, Outcome};
use crate::core::state::LetterStatus;
use crate::ledger::LedgerError;
use crate::mail::carriers::Ended;
use crate::mail::{Carriers, Transport};

/// The shipped calendar and roster under the spool, on the day the term begins: each contact's first letter waits.
fn office() -> (TempDir, Arc<Office>) {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for part in ["calendar", "calendar/holidays", "config"] {
        fs::create_dir_all(folder.path().join(part)).unwrap();
        for entry in fs::read_dir(root.join(part)).unwrap() {
            let entry = entry.unwrap().path();
            if entry.is_file() {
                let name = entry.file_name().unwrap();
                fs::copy(&entry, folder.path().join(part).join(name)).unwrap();
            }
        }
    }
    let options = Options {
        config: folder.path().join("config/schoolbell.toml"),
        pretend: Some(Pretence {
            now: "2026-03-04T08:00:00+08:00".parse().unwrap(),
            speed: Speed::Max,
            until: None,
            linger: Duration::ZERO,
        }),
    };
    let office = start::open(&options).unwrap();
    office.hang("installation".to_owned()).unwrap();
    (folder, office)
}

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
    let (_folder, office) = office();
    let planned = statuses(&office).len();
    office.poisoned.lock().unwrap().insert(2);
    let mut delivery = Delivery::new(Arc::clone(&office)).unwrap();
    assert_eq!(delivery.carry(&|| false).await.unwrap(), None);
    check(&office, planned);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_a_letter_is_sent() {
    let (_folder, office) = office();
    let planned = statuses(&office).len();
    let mut delivery = Delivery::new(Arc::clone(&office)).unwrap();
    let ways = (0..3).map(|_| Transport::Poisoned(2)).collect();
    delivery.carriers = Carriers::start(ways).unwrap();
    assert_eq!(delivery.carry(&|| false).await.unwrap(), None);
    check(&office, planned);
}

#[tokio::test]
async fn alerts_first_then_the_nearest_due() {
    let (_folder, office) = office();
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
    let (_folder, office) = office();
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
    let (_folder, office) = office();
    let mut courier = Courier::new(Arc::clone(&office));
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

/// A step at which nothing is to be written has not shown that the ledger takes facts again.
#[tokio::test]
async fn a_step_with_nothing_to_write_does_not_call_the_ledger_well() {
    let (_folder, office) = office();
    office.heed(Some(&LedgerError::Busy("locked".to_owned())));
    let mut book = office.book().unwrap();
    let ends = office.append_together(&mut book, office.clock.now(), &[]);
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
    let (_folder, office) = office();
    let mut delivery = Delivery::new(Arc::clone(&office)).unwrap();
    delivery.courier.trusts = true;
    let now = office.clock.now();
    delivery.courier.rests_until = now.checked_add(SignedDuration::from_mins(3)).ok();
    assert_eq!(delivery.timer(&Step::default()), None);
    let real = Clock::Real;
    let soon = real
        .now()
        .checked_add(SignedDuration::from_mins(3))
        .unwrap();
    let wait = waits([None, Some(soon)], &real).unwrap();
    assert!(wait <= Duration::from_mins(3) && wait > Duration::from_mins(2));
    let later = soon.checked_add(SignedDuration::from_mins(3)).unwrap();
    assert!(waits([Some(later), Some(soon)], &real).unwrap() <= Duration::from_mins(3));
}

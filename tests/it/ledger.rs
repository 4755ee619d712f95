//! The ledger on real files: what it keeps, what it refuses, and what it says about it.

mod admission;
mod backup;
mod bulletins;
mod mailbox;
mod writing;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::date;
use rusqlite::Connection;
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{
    Alert, Answer, Event, Fact, HoldReason, LetterKind, LetterNo, Outcome, Part, Via,
};
use schoolbell::core::ladder::{Rung, Stretch};
use schoolbell::core::names::{Address, TaskId, UnitId};
use schoolbell::ledger::{AppendReceipt, LEDGER_FILE, Ledger, LedgerError, Nature};
use tempfile::TempDir;

const STARTED: &str = "2026-05-12 08:00";

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn open(dir: &TempDir) -> Ledger {
    Ledger::open(dir.path(), Nature::Real).expect("the ledger opens")
}

fn daemon(dir: &TempDir) -> Ledger {
    Ledger::open_exclusive(dir.path(), Nature::Real, STARTED).expect("the ledger opens")
}

/// A second connection, as somebody with `sqlite3` would have it.
fn shell(dir: &TempDir) -> Connection {
    Connection::open(dir.path().join(LEDGER_FILE)).expect("SQLite opens")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn morning() -> Timestamp {
    at("2026-05-12T00:00:00Z")
}

fn duty(text: &str) -> DutyId {
    text.parse().expect("a duty")
}

fn drill() -> DutyId {
    duty("evacuation-drill-monthly@2026-05/s017")
}

fn address() -> Address {
    Address::from("anquan@hushan.example")
}

fn job(name: &str) -> Event {
    Event::JobRun { job: name.into() }
}

fn queued(letter: LetterNo, folds: &[LetterNo]) -> Event {
    Event::LetterQueued {
        letter,
        slot: morning(),
        address: address(),
        message_id: format!("<{letter}@schoolbell>"),
        kind: LetterKind::Slot,
        folds: folds.to_vec(),
        alert: None,
        about: None,
    }
}

fn notice(letter: LetterNo, duty: DutyId) -> Event {
    Event::Notice {
        duty,
        rung: Rung::Remind(Stretch::Workdays(2)),
        due: date(2026, 5, 29),
        day: date(2026, 5, 27),
        address: address(),
        letter,
        part: Part::Act,
    }
}

fn attempt(letter: LetterNo, nth: u32) -> Event {
    Event::Attempt {
        letter,
        address: address(),
        message_id: format!("<{letter}@schoolbell>"),
        nth,
        numbered: Vec::new(),
    }
}

fn outcome(letter: LetterNo, outcome: Outcome) -> Event {
    Event::Outcome {
        letter,
        address: address(),
        message_id: format!("<{letter}@schoolbell>"),
        outcome,
        text: "250 Mail OK queued as 鄞州-1".into(),
        retry_at: None,
    }
}

fn answer() -> Event {
    Event::Answer {
        duty: drill(),
        answer: Answer::Extension,
        by: "浒山小学 王建国".into(),
        note: "操场“翻修”,\n等完工".into(),
        via: Via::Page,
        address: Some(address()),
        nth: Some(2),
        until: Some(date(2026, 6, 20)),
        corrects: false,
    }
}

/// One of each, with every optional field filled in one of them at least.
fn every_event() -> Vec<Event> {
    let mut events = events_of_duties();
    events.extend(events_of_holds());
    events.extend(admission::events());
    events.extend(bulletins::events());
    events.extend(mailbox::events());
    events
}

fn events_of_duties() -> Vec<Event> {
    let (by, note) = ("鄞州区教育局 李敏".to_owned(), "情况属实".to_owned());
    vec![
        Event::BellHung {
            installation: "f3a1".into(),
        },
        Event::TaskSeen {
            task: TaskId::from("evacuation-drill-monthly"),
            title: "每月应急疏散演练".to_owned(),
        },
        Event::UnitSeen {
            unit: UnitId::from("s017"),
            name: "鄞州实验小学".to_owned(),
        },
        Event::CalendarVersion {
            version: "b1946ac9".into(),
        },
        Event::SlotPassed {
            slot: morning(),
            after_outage: true,
            heard: Some(7),
        },
        queued(1, &[]),
        Event::LetterQueued {
            letter: 2,
            slot: morning(),
            address: address(),
            message_id: "<2@schoolbell>".into(),
            kind: LetterKind::Alert,
            folds: vec![1],
            alert: Some(Alert {
                subject: "日历有错".into(),
                text: "03.toml 第 7 行\n没有 2月30日".into(),
            }),
            about: Some(1),
        },
        notice(1, drill()),
        Event::Matter {
            matter: "contact-gap:s003".into(),
            text: "浒山小学联系人空缺".into(),
            address: address(),
            letter: 2,
        },
        attempt(1, 1),
        Event::Outcome {
            letter: 1,
            address: address(),
            message_id: "<1@schoolbell>".into(),
            outcome: Outcome::Deferred,
            text: "450 MI:DMC 请稍后".into(),
            retry_at: Some(at("2026-05-12T00:05:00.000000001Z")),
        },
        Event::Unreachable {
            address: address(),
            text: "550 5.1.1".into(),
        },
        answer(),
        Event::Decision {
            duty: drill(),
            request: Answer::Extension,
            granted: true,
            by: by.clone(),
            note: note.clone(),
            until: Some(date(2026, 6, 20)),
        },
        Event::Waiver {
            duty: drill(),
            by: by.clone(),
            note: String::new(),
        },
        Event::Return {
            duty: drill(),
            by: by.clone(),
            note: note.clone(),
        },
        Event::Raised {
            duty: drill(),
            due: date(2026, 5, 29),
            by,
            note,
            alert: true,
            title: "台风红色预警".to_owned(),
        },
        job("backup"),
        Event::Reachable {
            address: address(),
            text: "250 2.0.0 收下".into(),
        },
        Event::Forgotten {
            pseudonym: "已删除-1".into(),
        },
        Event::Evidence {
            duty: drill(),
            digest: "0a".repeat(32),
            name: "演练照片.jpg".to_owned(),
            bytes: 812_004,
            by: "王建国".to_owned(),
            via: Via::Page,
            address: Some(address()),
        },
    ]
}

/// The facts of holds, with every reason there is.
fn events_of_holds() -> Vec<Event> {
    vec![
        Event::Held {
            slot: morning(),
            reasons: vec![
                HoldReason::Clock { by_s: -90_000 },
                HoldReason::Restore {
                    from: "备份.db".to_owned(),
                },
                HoldReason::Surge {
                    forecast: 3,
                    found: 300,
                },
                HoldReason::Upheaval {
                    gone: 7,
                    moved: 60,
                    of: 80,
                },
            ],
            letters: 20,
            notices: 300,
            version: "v2".to_owned(),
        },
        Event::Released {
            by: "沈志明".to_owned(),
            note: "看过了".to_owned(),
        },
        Event::ClockJumped { by_s: -90_000 },
        Event::Restored {
            from: "备份.db".to_owned(),
        },
    ]
}

/// Fails to compile when an event is added, and so reminds of `every_event`.
fn place(event: &Event) -> usize {
    match event {
        Event::BellHung { .. } => 0,
        Event::TaskSeen { .. } => 1,
        Event::UnitSeen { .. } => 2,
        Event::CalendarVersion { .. } => 3,
        Event::SlotPassed { .. } => 4,
        Event::LetterQueued { .. } => 5,
        Event::Notice { .. } => 6,
        Event::Matter { .. } => 7,
        Event::Attempt { .. } => 8,
        Event::Outcome { .. } => 9,
        Event::Unreachable { .. } => 10,
        Event::Answer { .. } => 11,
        Event::Decision { .. } => 12,
        Event::Waiver { .. } => 13,
        Event::Return { .. } => 14,
        Event::Raised { .. } => 15,
        Event::JobRun { .. } => 16,
        Event::Reachable { .. } => 17,
        Event::Held { .. } => 18,
        Event::Released { .. } => 19,
        Event::ClockJumped { .. } => 20,
        Event::Restored { .. } => 21,
        Event::Forgotten { .. } => 22,
        Event::Evidence { .. } => 23,
        Event::SignInAsked { .. } => 24,
        Event::SignedIn { .. } => 25,
        Event::SignedOut { .. } => 26,
        Event::Bounced { .. } => 28,
        Event::MailReceived { .. } => 27,
        Event::MailSeen { .. } => 29,
        Event::MailboxRead { .. } => 30,
        Event::MailboxTrouble { .. } => 31,
        Event::BulletinApproved { .. } => 32,
        Event::BulletinPutAside { .. } => 33,
        Event::BulletinSent { .. } => 34,
    }
}

fn jobs(ledger: &Ledger) -> Vec<String> {
    let facts = ledger.facts_since(0).expect("facts");
    let job = |(_, fact): (u64, Fact)| match fact.what {
        Event::JobRun { job } => job,
        other => panic!("no job: {other:?}"),
    };
    facts.into_iter().map(job).collect()
}

#[test]
fn every_event_comes_back_as_it_was() {
    let dir = folder();
    let events = every_event();
    let places: std::collections::BTreeSet<_> = events.iter().map(place).collect();
    assert_eq!(places.len(), 35, "every_event lacks one");
    let when = at("2026-05-12T00:00:00.123456789Z");

    let receipt = open(&dir).append(when, events.clone()).unwrap();
    let last = events.len() as u64;
    assert_eq!(
        receipt,
        AppendReceipt {
            first_seq: 1,
            last_seq: last
        }
    );

    // Opened anew, so that nothing can come from memory.
    let ledger = open(&dir);
    assert_eq!(ledger.last_seq().unwrap(), last);
    let facts = ledger.facts_since(0).unwrap();
    assert_eq!(facts.len(), events.len());
    for ((seq, fact), (nth, event)) in facts.iter().zip((1_u64..).zip(&events)) {
        assert_eq!(*seq, nth);
        assert_eq!((&fact.what, fact.at), (event, when));
        let written = serde_json::to_value(Fact {
            at: when,
            what: event.clone(),
        });
        assert_eq!(
            serde_json::to_value(fact).unwrap(),
            written.expect("JSON"),
            "as `ledger` prints it"
        );
    }
    let later = ledger.facts_since(last - 1).unwrap();
    assert_eq!(later, facts[facts.len() - 1..]);
}

#[test]
fn no_facts_are_no_facts() {
    let dir = folder();
    let ledger = open(&dir);
    assert_eq!(
        ledger.append(morning(), vec![]).unwrap(),
        AppendReceipt::default()
    );
    assert_eq!(ledger.last_seq().unwrap(), 0);
    assert_eq!(ledger.facts_since(0).unwrap(), []);
}

#[test]
fn the_stored_columns_say_what_the_body_says() {
    let dir = folder();
    open(&dir).append(morning(), every_event()).unwrap();
    let rows: Vec<String> = shell(&dir)
        .prepare("SELECT concat_ws('|', seq, at, fact, duty, letter, address) FROM fact WHERE seq IN (8, 12, 15)")
        .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect())
        .unwrap();
    expect_test::expect![[r"
        8|2026-05-12T00:00:00Z|notice|evacuation-drill-monthly@2026-05/s017|1|anquan@hushan.example
        12|2026-05-12T00:00:00Z|unreachable|anquan@hushan.example
        15|2026-05-12T00:00:00Z|waiver|evacuation-drill-monthly@2026-05/s017"]]
    .assert_eq(&rows.join("\n"));
}

#[test]
fn a_large_ledger_is_read_in_batches_without_a_gap() {
    let dir = folder();
    let ledger = open(&dir);
    let many = (0..2_500).map(|n| job(&n.to_string())).collect();
    ledger.append(morning(), many).unwrap();
    let mut expected = 101;
    ledger
        .each_fact(100, |seq, fact| {
            assert_eq!(seq, expected);
            assert_eq!(fact.what, job(&(seq - 1).to_string()));
            expected += 1;
            Ok::<(), LedgerError>(())
        })
        .unwrap();
    assert_eq!(expected, 2_501);

    let stopped = ledger.each_fact(0, |seq, _| match seq {
        3 => Err(LedgerError::Refused("enough".into())),
        _ => Ok(()),
    });
    assert_eq!(stopped, Err(LedgerError::Refused("enough".into())));
}

#[test]
fn a_second_daemon_is_told_who_has_the_folder() {
    let dir = folder();
    let first = daemon(&dir);
    let again = || Ledger::open_exclusive(dir.path(), Nature::Real, "later");
    let refused = again().unwrap_err();
    let by = format!("进程 {},启动于 {STARTED}", std::process::id());
    assert_eq!(refused, LedgerError::Locked { by: by.clone() });
    assert!(refused.to_string().contains(&by));

    let clone = first.clone();
    drop(first);
    assert!(again().is_err(), "a clone still has it");
    drop(clone);
    assert!(again().is_ok());
}

#[test]
fn what_a_clerk_appends_the_daemon_sees() {
    let dir = folder();
    let daemon = daemon(&dir);
    daemon.append(morning(), vec![job("before")]).unwrap();
    let clerk = open(&dir);
    assert_eq!(
        clerk.append(morning(), vec![answer()]).unwrap().first_seq,
        2
    );
    drop(clerk);
    daemon.append(morning(), vec![job("after")]).unwrap();
    let seen: Vec<Event> = daemon
        .facts_since(1)
        .unwrap()
        .into_iter()
        .map(|(_, fact)| fact.what)
        .collect();
    assert_eq!(seen, [answer(), job("after")]);
}

#[test]
fn real_and_pretend_ledgers_do_not_mix() {
    let dir = folder();
    drop(Ledger::open(dir.path(), Nature::Pretend).unwrap());
    for refused in [
        Ledger::open(dir.path(), Nature::Real),
        Ledger::open_exclusive(dir.path(), Nature::Real, STARTED),
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(
            error,
            LedgerError::WrongNature {
                found: Nature::Pretend,
                wanted: Nature::Real,
                ..
            }
        ));
        assert!(
            error.to_string().contains("是演练台账,不能当真实台账用"),
            "{error}"
        );
    }
    let reader = Ledger::open_existing(dir.path()).unwrap().unwrap();
    assert_eq!(reader.nature(), Nature::Pretend);
}

#[test]
fn a_reader_makes_nothing_and_appends_nothing() {
    let dir = folder();
    assert!(Ledger::open_existing(dir.path()).unwrap().is_none());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let missing = dir.path().join("没有");
    assert!(Ledger::open_existing(&missing).unwrap().is_none());

    let writer = open(&dir);
    let reader = Ledger::open_existing(dir.path()).unwrap().unwrap();
    writer.append(morning(), vec![job("backup")]).unwrap();
    assert_eq!(jobs(&reader), ["backup"]);
    assert!(matches!(
        reader.append(morning(), vec![job("more")]),
        Err(LedgerError::ReadOnly(_))
    ));
}

#[test]
fn another_schema_is_refused() {
    let dir = folder();
    drop(open(&dir));
    shell(&dir).pragma_update(None, "user_version", 99).unwrap();
    let newer = LedgerError::NewerSchema {
        found: 99,
        known: 2,
    };
    assert_eq!(Ledger::open(dir.path(), Nature::Real).unwrap_err(), newer);
    assert_eq!(
        Ledger::open_exclusive(dir.path(), Nature::Real, STARTED).unwrap_err(),
        newer
    );
    assert_eq!(Ledger::open_existing(dir.path()).unwrap_err(), newer);
}

#[test]
fn a_missing_folder_is_named() {
    let dir = folder();
    let missing = dir.path().join("没有");
    let error = Ledger::open(&missing, Nature::Real).unwrap_err();
    assert!(matches!(&error, LedgerError::Folder { path, .. } if *path == missing));
}

#[test]
fn other_files_are_not_taken_for_a_ledger() {
    let dir = folder();
    let path = dir.path().join(LEDGER_FILE);
    let refused = |dir: &Path| Ledger::open(dir, Nature::Real).unwrap_err();
    let not_a_ledger = LedgerError::NotALedger { path: path.clone() };

    fs::write(&path, "单位编号,单位名称\n".repeat(99)).unwrap();
    assert_eq!(refused(dir.path()), not_a_ledger);
    assert!(
        not_a_ledger.to_string().contains("restore"),
        "it says what to do"
    );

    fs::write(&path, "").unwrap();
    assert_eq!(refused(dir.path()), not_a_ledger);

    shell(&dir)
        .execute_batch("CREATE TABLE somebody_elses (a)")
        .unwrap();
    let before = fs::read(&path).unwrap();
    assert_eq!(refused(dir.path()), not_a_ledger);
    assert_eq!(fs::read(&path).unwrap(), before, "it is left as it was");
}

#[test]
fn only_the_owner_may_read_it() {
    let dir = folder();
    let _ledger = daemon(&dir);
    let mut names = Vec::new();
    for entry in fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600
        );
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(
        names,
        [
            "ledger.sqlite",
            "ledger.sqlite-shm",
            "ledger.sqlite-wal",
            "schoolbell.lock"
        ]
    );
}

#[test]
fn a_duty_is_told_with_the_letters_that_carried_it() {
    let dir = folder();
    let ledger = open(&dir);
    let other = duty("guardroom-grading-self-check@2026/s001");
    let events = vec![
        queued(1, &[]),
        notice(1, drill()),
        notice(1, other.clone()),
        queued(2, &[]),
        notice(2, other),
        outcome(1, Outcome::Dropped),
        queued(3, &[1]),
        attempt(3, 1),
        outcome(2, Outcome::Accepted),
        outcome(3, Outcome::Accepted),
        job("backup"),
        answer(),
        queued(4, &[2]),
    ];
    ledger.append(morning(), events).unwrap();
    let found = ledger.facts_of_duty(&drill()).unwrap();
    let numbers: Vec<u64> = found.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(numbers, [1, 2, 6, 7, 8, 10, 12]);
}

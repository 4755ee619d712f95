//! Backups: of a ledger in use, looked through, and put back.

use std::fs;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use schoolbell::core::state::State;
use schoolbell::ledger::{LEDGER_FILE, Ledger, LedgerError, Nature, examine};

use super::{STARTED, daemon, drill, every_event, folder, job, morning, notice, open, queued};

#[test]
fn a_backup_is_a_ledger() {
    let dir = folder();
    let ledger = daemon(&dir);
    ledger.append(morning(), every_event()).unwrap();
    let elsewhere = folder();
    let copy = elsewhere.path().join(LEDGER_FILE);
    fs::write(&copy, "an older backup").unwrap();
    ledger.backup_to(&copy).unwrap();
    ledger.append(morning(), vec![job("later")]).unwrap();

    let names: Vec<_> = fs::read_dir(elsewhere.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, [LEDGER_FILE]);
    let facts = daemon(&elsewhere).facts_since(0).unwrap();
    assert_eq!(facts.len(), every_event().len());

    let itself = ledger.backup_to(ledger.path());
    assert!(matches!(itself, Err(LedgerError::Refused(_))));
    let nowhere = ledger.backup_to(&dir.path().join("没有/copy"));
    assert!(matches!(nowhere, Err(LedgerError::Folder { .. })));
    ledger.append(morning(), vec![job("still works")]).unwrap();
}

/// Four threads append letters with their notices while backups are made, one after another. Each backup is some
/// moment's ledger: sound, without a gap, with no letter torn from its notices; and it can be lived on.
#[test]
fn a_backup_under_load_is_some_moments_ledger() {
    let dir = folder();
    let ledger = daemon(&dir);
    let elsewhere = folder();
    let copy = elsewhere.path().join("备份.sqlite");
    // Which letters may be written by now: a ledger that outgrew its backups would make the test as slow as a year.
    let (allow, allowed) = channel();
    let allowed = Mutex::new(allowed);
    let mut letters = 1..;
    let mut sizes = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let next = allowed.lock().unwrap().recv();
                    let Ok(letter) = next else { return };
                    let events = vec![queued(letter, &[]), notice(letter, drill())];
                    ledger.append(morning(), events).unwrap();
                }
            });
        }
        while sizes.len() < 3 {
            let before = ledger.last_seq().unwrap();
            for letter in letters.by_ref().take(100) {
                allow.send(letter).unwrap();
            }
            let found = ledger.backup_to(&copy).unwrap();
            assert!(found.facts >= before && found.facts.is_multiple_of(2));
            // Only what was made while others wrote is worth counting.
            if found.facts > before {
                sizes.push(found.facts);
            }
        }
        drop(allow);
    });
    assert!(sizes.is_sorted() && sizes[0] < sizes[2], "{sizes:?}");

    let restored = Ledger::restore(elsewhere.path(), &copy, morning(), "kept", STARTED).unwrap();
    assert_eq!(restored.kept, None);
    assert_eq!(restored.found.facts, sizes[2]);
    assert_eq!(examine(&copy).unwrap(), restored.found);
    let ledger = daemon(&elsewhere);
    let facts = ledger.facts_since(0).unwrap();
    let numbers: Vec<_> = facts.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(numbers, (1..=sizes[2] + 1).collect::<Vec<_>>());
    let state = State::fold(facts.iter().map(|(_, fact)| fact));
    assert_eq!(state.letters.len() as u64 * 2, sizes[2]);
    assert!(
        state
            .letters
            .values()
            .all(|letter| letter.duties == [drill()])
    );
    ledger.append(morning(), vec![job("later")]).unwrap();
}

/// What is kept of the ledger that was replaced has what was only in its log.
#[test]
fn what_is_replaced_is_kept_with_its_log() {
    let (dir, other) = (folder(), folder());
    let copy = other.path().join("备份.sqlite");
    open(&dir).backup_to(&copy).unwrap();
    let clerk = open(&dir);
    clerk.append(morning(), every_event()).unwrap();
    // The clerk still has it open, so the log is not empty by itself.
    let restored = Ledger::restore(dir.path(), &copy, morning(), "kept", STARTED).unwrap();
    let kept = restored.kept.unwrap();
    assert_eq!(kept, dir.path().join("ledger.sqlite.kept"));
    assert_eq!(examine(&kept).unwrap().facts, every_event().len() as u64);
    let gone = clerk.append(morning(), vec![job("too late")]);
    assert!(matches!(gone, Err(LedgerError::Gone { .. })), "{gone:?}");
    drop(clerk);
    assert_eq!(open(&dir).last_seq().unwrap(), 1);

    let again = Ledger::restore(dir.path(), &kept, morning(), "kept", STARTED).unwrap();
    assert_eq!(again.kept.unwrap(), dir.path().join("ledger.sqlite.kept-2"));
    assert_eq!(
        open(&dir).last_seq().unwrap(),
        every_event().len() as u64 + 1
    );
    let wrong = Ledger::open(dir.path(), Nature::Pretend);
    assert!(matches!(wrong, Err(LedgerError::WrongNature { .. })));
}

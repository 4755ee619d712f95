//! Durability, groups, and disks that fill up, break or lose a file.

use std::fs;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Barrier};

use super::{
    LEDGER_FILE, Ledger, LedgerError, LetterNo, Nature, STARTED, answer, at, attempt, daemon,
    every_event, folder, job, jobs, morning, open, outcome, queued, shell,
};
use rusqlite::Connection;
use schoolbell::core::fact::{Event, Outcome};
use schoolbell::ledger::Entry;
use schoolbell::pattern::Pattern;

#[test]
fn what_was_acknowledged_survives_a_crash() {
    let dir = folder();
    let ledger = daemon(&dir);
    ledger.append(morning(), every_event()).unwrap();
    // What the disk holds at this instant, with the ledger still open, is what a killed process leaves.
    let crashed = folder();
    for name in [LEDGER_FILE, "ledger.sqlite-wal"] {
        fs::copy(dir.path().join(name), crashed.path().join(name)).unwrap();
    }
    assert_eq!(
        daemon(&crashed).facts_since(0).unwrap(),
        ledger.facts_since(0).unwrap()
    );
}

#[test]
fn the_file_itself_keeps_a_log() {
    let dir = folder();
    drop(open(&dir));
    let journal: String = shell(&dir)
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(journal, "wal");
}

#[test]
fn facts_are_neither_changed_nor_deleted() {
    let dir = folder();
    let ledger = open(&dir);
    ledger.append(morning(), vec![queued(1, &[])]).unwrap();
    ledger
        .begin_attempt(morning(), attempt(1, 1), Some(b"mail"))
        .unwrap();
    let shell = shell(&dir);
    for (sql, refusal) in [
        ("UPDATE fact SET at = 'never'", "facts are never changed"),
        ("DELETE FROM fact WHERE seq = 1", "facts are never deleted"),
        (
            "UPDATE frozen SET bytes = x'00'",
            "what was sent is never changed",
        ),
    ] {
        let error = shell.execute(sql, []).unwrap_err();
        assert!(error.to_string().contains(refusal), "{error}");
    }
    assert_eq!(ledger.last_seq().unwrap(), 2);
}

#[test]
fn what_was_sent_is_frozen() {
    let dir = folder();
    let ledger = open(&dir);
    let mail = "Subject: 【5月12日前】全校应急疏散演练 · 浒山小学\r\n\r\n".repeat(50);
    let refused = |frozen: Option<&[u8]>, nth| {
        let error = ledger.begin_attempt(morning(), attempt(7, nth), frozen);
        assert!(matches!(error, Err(LedgerError::Refused(_))), "{error:?}");
    };
    refused(None, 1);
    assert_eq!(ledger.frozen(7).unwrap(), None);

    let begun = ledger.begin_attempt(morning(), attempt(7, 1), Some(mail.as_bytes()));
    assert_eq!(begun.unwrap().last_seq, 1);
    refused(Some(b"something else"), 2);
    ledger
        .begin_attempt(morning(), attempt(7, 2), Some(mail.as_bytes()))
        .unwrap();
    ledger
        .begin_attempt(morning(), attempt(7, 3), None)
        .unwrap();
    assert_eq!(ledger.frozen(7).unwrap().as_deref(), Some(mail.as_bytes()));
    assert_eq!(
        ledger.last_seq().unwrap(),
        3,
        "a refused attempt leaves no fact"
    );

    let no_attempt = ledger.begin_attempt(morning(), job("backup"), Some(b"mail"));
    assert!(matches!(no_attempt, Err(LedgerError::Refused(_))));
}

#[test]
fn frozen_bytes_are_pruned_by_age() {
    let dir = folder();
    let ledger = open(&dir);
    for (letter, day) in [(1, 1), (2, 2), (3, 3)] {
        let when = at(&format!("2026-05-0{day}T00:00:00Z"));
        ledger
            .begin_attempt(when, attempt(letter, 1), Some(b"mail"))
            .unwrap();
    }
    assert_eq!(ledger.prune_frozen(at("2026-05-03T00:00:00Z")).unwrap(), 2);
    assert_eq!(ledger.frozen(2).unwrap(), None);
    assert_eq!(ledger.frozen(3).unwrap().as_deref(), Some(&b"mail"[..]));
    assert_eq!(ledger.last_seq().unwrap(), 3, "the facts stay");
}

/// Letters of one morning are kept by what they add to what they have in common, and each comes back whole.
#[test]
fn letters_are_kept_by_their_pattern() {
    let dir = folder();
    let ledger = open(&dir);
    let same = "请于5月12日前完成全校应急疏散演练,并上报小结。\r\n".repeat(200);
    let pattern = Arc::new(Pattern::new(same.clone().into_bytes()));
    let mail = |letter: LetterNo| format!("To: s{letter:03}@school.example\r\n\r\n{same}");
    let letters: Vec<(Event, String)> = (1..=40)
        .map(|letter| (attempt(letter, 1), mail(letter)))
        .collect();
    let entries: Vec<Entry<'_>> = letters
        .iter()
        .map(|(event, mail)| Entry::Attempt {
            event,
            bytes: mail.as_bytes(),
            pattern: Some(&pattern),
        })
        .collect();
    // While another has the file nothing is durable, and there is time for something else.
    let other = shell(&dir);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut pending = ledger.begin_together(morning(), &entries);
    assert!(!pending.has_ended());
    other.execute_batch("COMMIT").unwrap();
    let begun = pending.wait();
    assert!(begun.iter().all(Result::is_ok), "{begun:?}");
    for letter in 1..=40 {
        let kept = ledger.frozen(letter).unwrap();
        assert_eq!(kept.as_deref(), Some(mail(letter).as_bytes()), "{letter}");
    }
    let counted = |sql: &str| -> i64 { shell(&dir).query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(counted("SELECT count(*) FROM pattern"), 1);
    assert!(counted("SELECT max(length(bytes)) FROM frozen") < 200);
    // The same bytes again, however they are packed, are the same; others are refused.
    let again =
        |bytes: &str| ledger.begin_attempt(morning(), attempt(7, 2), Some(bytes.as_bytes()));
    again(&mail(7)).unwrap();
    assert!(matches!(again(&mail(8)), Err(LedgerError::Refused(_))));
    let changed = shell(&dir).execute("UPDATE pattern SET bytes = x'00'", []);
    let refusal = changed.unwrap_err().to_string();
    assert!(
        refusal.contains("what was sent is never changed"),
        "{refusal}"
    );
    // What nothing is kept by is not kept.
    let later = at("2027-05-03T00:00:00Z");
    ledger
        .begin_attempt(later, attempt(41, 1), Some(b"mail"))
        .unwrap();
    assert_eq!(ledger.prune_frozen(later).unwrap(), 40);
    assert_eq!(counted("SELECT count(*) FROM pattern"), 0);
}

#[test]
fn a_version_is_kept_once() {
    let dir = folder();
    let ledger = open(&dir);
    let files = [
        (
            "calendar/05.toml".to_owned(),
            "theme = \"防灾减灾\"\n".to_owned(),
        ),
        ("roster.csv".to_owned(), "s017,浒山小学\n".to_owned()),
    ];
    ledger.keep_version("b1946ac9", morning(), &files).unwrap();
    ledger
        .keep_version("b1946ac9", morning(), &files[..1])
        .unwrap();
    assert_eq!(ledger.version("b1946ac9").unwrap().unwrap(), files);
    assert_eq!(ledger.version("other").unwrap(), None);
}

#[test]
fn sixteen_threads_write_at_once() {
    const EACH: usize = 25;
    let dir = folder();
    let ledger = daemon(&dir);
    let start = Barrier::new(16);
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let (ledger, start) = (ledger.clone(), &start);
            scope.spawn(move || {
                start.wait();
                for nth in 0..EACH {
                    let name = format!("{thread:02} {nth:02}");
                    let pair = vec![job(&format!("{name} a")), job(&format!("{name} b"))];
                    let receipt = ledger.append(morning(), pair).unwrap();
                    assert_eq!(receipt.last_seq, receipt.first_seq + 1);
                }
            });
        }
    });
    let mut jobs = jobs(&ledger);
    assert_eq!(jobs.len(), 16 * EACH * 2);
    for pair in jobs.chunks(2) {
        assert_eq!(pair[0].strip_suffix(" a"), pair[1].strip_suffix(" b"));
    }
    // By thread: within each, in the order it wrote them.
    jobs.sort_by_key(|job| job[..2].to_owned());
    assert!(jobs.is_sorted());
}

#[test]
fn one_poisoned_request_fails_alone() {
    let dir = folder();
    let ledger = daemon(&dir);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    // While somebody else has the database, the writer waits with the first request, and the others pile up behind it.
    let other = shell(&dir);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ask = |events| ledger.append_async(morning(), events);
    let first = ask(vec![queued(1, &[])]);
    let good = ask(vec![queued(2, &[])]);
    let twice = ask(vec![job("never kept"), queued(1, &[])]);
    let too_large = ask(vec![job("never kept"), queued(LetterNo::MAX, &[])]);
    let unfrozen = ledger.begin_attempt_async(morning(), attempt(2, 1), None);
    let frozen = ledger.begin_attempt_async(morning(), attempt(1, 1), Some(b"mail"));
    let last = ask(vec![outcome(1, Outcome::Accepted), answer()]);
    other.execute_batch("COMMIT").unwrap();

    runtime.block_on(async {
        assert_eq!(first.await.unwrap().last_seq, 1);
        assert_eq!(good.await.unwrap().last_seq, 2);
        assert!(matches!(twice.await, Err(LedgerError::Refused(_))));
        assert!(matches!(too_large.await, Err(LedgerError::Refused(_))));
        assert!(matches!(unfrozen.await, Err(LedgerError::Refused(_))));
        assert_eq!(frozen.await.unwrap().last_seq, 3);
        let last = last.await.unwrap();
        assert_eq!((last.first_seq, last.last_seq), (4, 5));
    });
    assert_eq!(ledger.facts_since(0).unwrap().len(), 5);
}

#[test]
fn a_dropped_future_takes_nothing_back() {
    let dir = folder();
    let ledger = daemon(&dir);
    drop(ledger.append_async(morning(), vec![job("first")]));
    ledger.append(morning(), vec![job("second")]).unwrap();
    assert_eq!(jobs(&ledger), ["first", "second"]);
}

#[test]
fn many_that_make_it_at_once_make_one() {
    let dir = folder();
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                open(&dir).append(morning(), vec![job("backup")]).unwrap();
            });
        }
    });
    assert_eq!(jobs(&open(&dir)).len(), 8);
    let left = fs::read_dir(dir.path()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().contains("part")
    });
    assert_eq!(left.count(), 0);
}

#[test]
fn a_file_removed_or_replaced_is_noticed() {
    let dir = folder();
    let path = dir.path().join(LEDGER_FILE);
    let gone = LedgerError::Gone { path: path.clone() };
    for lost in [LEDGER_FILE, "ledger.sqlite-wal"] {
        let ledger = daemon(&dir);
        ledger.append(morning(), vec![job("kept")]).unwrap();
        ledger.still_there().unwrap();
        fs::rename(dir.path().join(lost), dir.path().join("elsewhere")).unwrap();
        assert_eq!(ledger.still_there(), Err(gone.clone()));
        assert_eq!(
            ledger.append(morning(), vec![job("lost")]),
            Err(gone.clone())
        );
        fs::write(dir.path().join(lost), "another").unwrap();
        assert_eq!(ledger.still_there(), Err(gone.clone()));
        fs::rename(dir.path().join("elsewhere"), dir.path().join(lost)).unwrap();
        ledger.still_there().unwrap();
        ledger.append(morning(), vec![job("kept again")]).unwrap();
    }
    assert_eq!(
        jobs(&open(&dir)),
        ["kept", "kept again", "kept", "kept again"]
    );
}

#[test]
fn a_full_disk_loses_nothing_and_passes() {
    let dir = folder();
    let ledger = daemon(&dir);
    ledger.append(morning(), vec![job("before")]).unwrap();
    ledger.cap_pages(24).unwrap();
    let large = || vec![job(&"满".repeat(100_000))];

    let error = ledger.append(morning(), large()).unwrap_err();
    assert!(matches!(error, LedgerError::Full(_)), "{error:?}");
    assert!(error.to_string().contains("请腾出空间"));
    ledger.append(morning(), vec![job("small")]).unwrap();

    // In one group, the one that doesn't fit does not take the others with it.
    let other = shell(&dir);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let names = ["first", "second", "third"];
    let small = |name| ledger.append_async(morning(), vec![job(name)]);
    let [first, second] = [small(names[0]), small(names[1])];
    let full = ledger.append_async(morning(), large());
    let third = small(names[2]);
    other.execute_batch("COMMIT").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        first.await.unwrap();
        second.await.unwrap();
        assert!(matches!(full.await, Err(LedgerError::Full(_))));
        third.await.unwrap();
    });

    ledger.cap_pages(1 << 20).unwrap();
    ledger.append(morning(), large()).unwrap();
    let jobs = jobs(&ledger);
    assert_eq!(jobs[..2], ["before", "small"]);
    assert_eq!(jobs[2..5], names);
    assert_eq!(jobs[5].chars().count(), 100_000);
}

#[test]
fn damage_is_found_at_the_start() {
    let dir = folder();
    let ledger = daemon(&dir);
    let many = (0..2_000).map(|n| job(&n.to_string())).collect();
    ledger.append(morning(), many).unwrap();
    drop(ledger);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(dir.path().join(LEDGER_FILE))
        .unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    file.write_all_at(&[0xA5; 4096], pages / 2 * 4096).unwrap();
    drop(file);

    let error = Ledger::open_exclusive(dir.path(), Nature::Real, STARTED).unwrap_err();
    assert!(matches!(error, LedgerError::Corrupt(_)), "{error:?}");
    assert!(error.to_string().contains("schoolbell restore"));
}

#[test]
fn the_log_is_copied_into_the_database_while_it_runs() {
    let dir = folder();
    let ledger = daemon(&dir);
    for round in 0..5 {
        let many = (0..4_000).map(|n| job(&format!("{round} {n}"))).collect();
        ledger.append(morning(), many).unwrap();
    }
    // The reply comes before the checkpoint that may follow; the next request comes after it.
    ledger.append(morning(), vec![job("last")]).unwrap();
    let database = fs::metadata(ledger.path()).unwrap().len();
    assert!(database > 1_400_000, "{database}");
    let log = ledger.wal_bytes().unwrap();
    assert!(log > 0 && log < database * 2, "{log}");
}

#[test]
fn a_row_of_another_make_is_reported_not_skipped() {
    let dir = folder();
    let ledger = open(&dir);
    let insert = "INSERT INTO fact (at, body) VALUES ('2026-05-12T00:00:00Z', ?1)";
    let shell: Connection = shell(&dir);
    shell.execute(insert, [r#"{"fact":"unheard-of"}"#]).unwrap();
    let error = ledger.facts_since(0).unwrap_err();
    assert!(matches!(&error, LedgerError::Corrupt(what) if what.contains("fact 1")));
    assert!(shell.execute(insert, ["no JSON"]).is_err());
    assert!(shell.execute(insert, ["{}"]).is_err());
}

/// Two have read up to the same fact. Who comes second learns of it, and keeps nothing; letters on their way are in
/// nobody's, and what came through one's own ledger is known.
#[test]
fn what_was_decided_on_less_than_there_is_is_not_kept() {
    let dir = folder();
    let (one, other) = (open(&dir), open(&dir));
    let read_to = one
        .append(morning(), vec![queued(1, &[])])
        .unwrap()
        .last_seq;
    one.begin_attempt(morning(), attempt(1, 1), Some(b"mail"))
        .unwrap();
    let first = one
        .append_after(read_to, morning(), vec![job("a")])
        .unwrap();
    assert_eq!(first.first_seq, read_to + 2);
    let late = other.append_after(read_to, morning(), vec![job("b")]);
    assert_eq!(late, Err(LedgerError::Overtaken));
    assert_eq!(other.last_seq().unwrap(), first.last_seq);
    let known = one
        .append_after(read_to, morning(), vec![job("c")])
        .unwrap();
    assert!(
        other
            .append_after(known.last_seq, morning(), vec![job("b")])
            .is_ok()
    );
    one.append(morning(), vec![job("d")]).unwrap();
    let late = one.append_after(known.last_seq, morning(), vec![job("e")]);
    assert_eq!(late, Err(LedgerError::Overtaken), "behind its own too");
}

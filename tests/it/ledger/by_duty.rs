//! Facts by their duties.

use std::collections::BTreeMap;

use schoolbell::core::fact::{Answer, Event, Fact, Outcome, Via};
use schoolbell::ledger::{LEDGER_FILE, LedgerError, examine};

use super::{
    answer, attempt, drill, duty, folder, job, morning, notice, open, outcome, queued, shell,
};

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

/// Facts are found by their duties in batches and one by one, and nobody sees a difference.
#[test]
fn a_duty_has_its_facts_before_they_are_put_in_order() {
    let dir = folder();
    let ledger = open(&dir);
    let units = ["s001", "s002", "s003"];
    let of = |unit: &str| duty(&format!("evacuation-drill-monthly@2026-05/{unit}"));
    let said = |unit: &str, note: u32| Event::Answer {
        duty: of(unit),
        answer: Answer::Received,
        by: "王建国".to_owned(),
        note: note.to_string(),
        via: Via::Page,
        address: None,
        nth: None,
        until: None,
        corrects: false,
    };
    let in_order = || -> (i64, i64) {
        let select = "SELECT (SELECT count(*) FROM by_duty), (SELECT seq FROM by_duty_up_to)";
        let both = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        shell(&dir).query_row(select, [], both).unwrap()
    };
    let numbers = |found: Vec<(u64, Fact)>| found.into_iter().map(|(seq, _)| seq);
    let mut wanted: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    // Some hundred at a time: three batches, and what is left over.
    for round in 0..23 {
        let facts: Vec<&str> = (0..150).map(|nth| units[(nth * 7 + round) % 3]).collect();
        let first = ledger.last_seq().unwrap() + 1;
        for (seq, unit) in (first..).zip(&facts) {
            wanted.entry(unit).or_default().push(seq);
        }
        let events = (0..).zip(&facts).map(|(nth, unit)| said(unit, nth));
        let events = events.chain([job("beat")]).collect();
        ledger.append(morning(), events).unwrap();
        for unit in units {
            let found = numbers(ledger.facts_of_duty(&of(unit)).unwrap());
            assert!(
                found.eq(wanted[unit].iter().copied()),
                "{unit} in round {round}"
            );
        }
        let some = [of("s001"), of("s003"), of("s004")];
        let mut both = [&wanted["s001"][..], &wanted["s003"]].concat();
        both.sort_unstable();
        let found = numbers(ledger.facts_about(&some).unwrap());
        assert!(found.eq(both), "round {round}");
    }
    // Seven rounds are more than a thousand facts, one of each of which is about no duty.
    assert_eq!(in_order(), (21 * 150, 21 * 151));
    // Another process goes on from where this one was.
    drop(ledger);
    let ledger = open(&dir);
    let found = numbers(ledger.facts_of_duty(&of("s002")).unwrap());
    assert!(found.eq(wanted["s002"].iter().copied()));
    // A row that is missing would be a fact that nobody finds.
    drop(ledger);
    examine(&dir.path().join(LEDGER_FILE)).unwrap();
    shell(&dir)
        .execute("DELETE FROM by_duty WHERE seq = 7", [])
        .unwrap();
    let refused = examine(&dir.path().join(LEDGER_FILE)).unwrap_err();
    assert!(matches!(refused, LedgerError::Corrupt(_)), "{refused}");
}

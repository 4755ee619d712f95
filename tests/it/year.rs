//! The golden year: 2026-03-04 to 2027-02-28 of the shipped calendar and the sample roster.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use expect_test::expect_file;
use jiff::Timestamp;
use jiff::civil::date;
use schoolbell::core::forecast::forecast;
use schoolbell::core::state::State;

use crate::world::source::Source;
use crate::world::{golden, run_seed, run_some};
use crate::year_rows;

fn hung() -> Timestamp {
    year_rows::HUNG.parse().unwrap()
}

/// Every notice of a year in which nobody answers: `day address rung duty due`.
fn unanswered() -> BTreeSet<String> {
    let agenda = Source::shipped().agenda().unwrap();
    let mut found = BTreeSet::new();
    forecast(
        &agenda,
        State::default(),
        hung(),
        date(2027, 2, 28),
        |plan| {
            let slot = plan
                .slot
                .unwrap()
                .to_zoned_datetime(agenda.calendar.timezone.clone());
            assert_eq!(slot.hour(), 8);
            for notice in plan.letters.iter().flat_map(|letter| &letter.notices) {
                found.insert(format!(
                    "{} {} {} {} {}",
                    slot.date(),
                    notice.address,
                    notice.rung,
                    notice.duty,
                    notice.due
                ));
            }
        },
    );
    found
}

/// The hand-derived rows stand in the year as the planner has it, and what must be silent is.
#[test]
fn the_year_holds_what_was_derived_by_hand() {
    let year = unanswered();
    let mut wrong = String::new();
    for (row, why) in year_rows::rows() {
        if !year.contains(&row) {
            let _ = writeln!(wrong, "missing: {row}\n    {why}");
            let duty = row.split(' ').find(|word| word.contains('/')).unwrap();
            for near in year.iter().filter(|line| line.contains(duty)) {
                let _ = writeln!(wrong, "        {near}");
            }
        }
    }
    for (duty, why) in year_rows::silent() {
        let duty = format!(" {duty} ");
        for line in year.iter().filter(|line| line.contains(&duty)) {
            let _ = writeln!(wrong, "not silent: {line}\n    {why}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// See [`golden`] for who answers. One line a letter; every promise is asked after every beat.
#[test]
fn the_golden_year() {
    match golden() {
        Ok(transcript) => expect_file!["data/year-2026.txt"].assert_eq(&transcript),
        Err(violation) => panic!("{violation}"),
    }
}

/// A few seeds, each with the days it lives; `cargo run --example year` lives through more of them.
const SEEDS: [(u64, i64); 6] = [(1, 25), (6, 25), (104, 25), (110, 25), (227, 25), (201, 25)];

/// What so few lives have in them all the same. A word more or less of a fact's name is another fact.
const BEFALLS: [&str; 22] = [
    "alert raised",
    "answer Extension",
    "answer HandedOver",
    "answer Trouble",
    "bounced",
    "clock steps",
    "clock-jumped",
    "crash: AfterCommit",
    "crash: AfterDot",
    "crash: BeforeCommit",
    "crash: BeforeData",
    "decision",
    "held",
    "outages",
    "outcome Deferred",
    "outcome Unknown",
    "released",
    "server: Gone",
    "server: LaterAll",
    "server: Unwanted",
    "suspends",
    "unreachable",
];

#[test]
fn a_few_seeds_keep_the_promises() {
    let mut befell = BTreeSet::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = SEEDS
            .iter()
            .map(|(seed, days)| scope.spawn(|| run_seed(*seed, *days)))
            .collect();
        for thread in threads {
            match thread.join().unwrap() {
                Ok(lived) => {
                    assert!(
                        lived.facts > 100 && lived.tally.len() > 3,
                        "{:?}",
                        lived.tally
                    );
                    befell.extend(lived.census.into_keys());
                }
                Err(violation) => panic!("{violation}"),
            }
        }
    });
    let never = BEFALLS
        .iter()
        .filter(|what| !befell.iter().any(|found| found.starts_with(**what)));
    let never: Vec<_> = never.collect();
    assert!(never.is_empty(), "{never:?} never happened: {befell:?}");
}

/// A seed replayed without its mishaps is another life with the same people.
#[test]
fn a_life_without_mishaps() {
    let lived = run_some(1, 12, &BTreeSet::new()).unwrap_or_else(|broken| panic!("{broken}"));
    assert!(lived.facts > 100);
}

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
const SEEDS: [(u64, i64); 6] = [(1, 40), (6, 30), (104, 30), (110, 40), (227, 30), (201, 30)];

#[test]
fn a_few_seeds_keep_the_promises() {
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
                }
                Err(violation) => panic!("{violation}"),
            }
        }
    });
}

/// A seed replayed without its mishaps is another life with the same people.
#[test]
fn a_life_without_mishaps() {
    let lived = run_some(1, 12, &BTreeSet::new()).unwrap_or_else(|broken| panic!("{broken}"));
    assert!(lived.facts > 100);
}

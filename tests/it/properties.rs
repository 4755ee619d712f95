//! What must hold of any input and any run: nothing panics, and what was sent stays sent as time goes on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::date;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use schoolbell::core::dates::DateForm;
use schoolbell::core::diagnostic::Locale;
use schoolbell::core::duty::DutyId;
use schoolbell::core::forecast::forecast;
use schoolbell::core::ladder::Rung;
use schoolbell::core::outcome::{RungOutcome, outcomes};
use schoolbell::core::period::Every;
use schoolbell::core::state::State;

use crate::bell::{Bell, HEAD, ROSTER, SECOND};
use crate::dates::forms;
use crate::fuzz;

/// Runs a property over so many cases; a failure prints the seed and the smallest case.
fn always<T: std::fmt::Debug>(
    seed: u8,
    cases: u32,
    strategy: &impl Strategy<Value = T>,
    holds: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    TestRunner::new_with_rng(config, rng)
        .run(strategy, holds)
        .unwrap_or_else(|found| panic!("seed {seed}: {found}"));
}

/// Any bytes at all, and any text at all.
#[test]
fn no_reader_panics() {
    for target in &fuzz::ALL {
        let cases = target.few.min(1000);
        always(
            31,
            cases,
            &proptest::collection::vec(any::<u8>(), 0..120),
            |bytes| {
                (target.read)(&bytes);
                Ok(())
            },
        );
        always(32, cases, &any::<String>(), |text| {
            (target.read)(text.as_bytes());
            Ok(())
        });
    }
}

/// What people write, mutated: the corpus first, then so many from one seed.
#[test]
fn no_mutation_panics_or_runs_on() {
    for target in &fuzz::ALL {
        let tried = fuzz::run(target, 1, target.few).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(tried > target.few, "{} tried {tried}", target.name);
    }
}

/// A task of any form of date under any period that takes it, with any ladder.
#[derive(Clone, Debug)]
struct AnyTask {
    form: DateForm,
    every: Every,
    more: Vec<&'static str>,
    audience: &'static str,
}

fn any_task() -> impl Strategy<Value = AnyTask> {
    let every = proptest::sample::select(vec![
        (Every::Year, "year"),
        (Every::Term, "term"),
        (Every::Quarter, "quarter"),
        (Every::Month, "month"),
        (Every::Week, "week"),
        (Every::Holiday, "holiday"),
        (Every::Break, "break"),
    ]);
    let audience = proptest::sample::select(vec![
        "school",
        "school | town",
        "junior",
        "bureau",
        "unit:s1",
    ]);
    let more = proptest::sample::subsequence(
        vec![
            "opens = \"20d\"",
            "remind = [\"10d\", \"1 workday\"]",
            "nag = { every = \"2 workdays\", at_most = 9 }",
            "on_rest_day = \"after\"",
            "due_on_rest_day = \"after\"",
            "due_at = { town = \"-3 workdays\", junior = \"-5d\", primary = \"+2d\" }",
            "due_time = \"17:00\"",
            "times = 2",
            "skip_if = \"teaching days < 5\"",
        ],
        0..=9,
    );
    (forms::forms(), every, more, audience)
        .prop_filter("the form suits the period", |(form, (every, _), ..)| {
            form.clone().under(*every, Some(4)).is_ok()
        })
        .prop_map(|(form, (every, _), more, audience)| AnyTask {
            form,
            every,
            more,
            audience,
        })
}

/// Up to four tasks as a file; the later may come after, or be met by, the first of the same period.
fn file(tasks: &[AnyTask]) -> String {
    let mut text = "month = 4\n".to_owned();
    for (nth, task) in tasks.iter().enumerate() {
        let at = Every::WORDS
            .iter()
            .position(|word| Every::parse(word) == Some(task.every));
        let every = Every::WORDS[at.unwrap()];
        let due = task.form.in_words(Locale::Chinese);
        let _ = write!(
            text,
            "[[task]]\nid = \"t{nth}\"\ntitle = \"任务{nth}\"\norigin = \"local\"\nevery = \"{every}\"\ndue = \"{due}\"\naudience = \"{}\"\n{}\n",
            task.audience,
            task.more.join("\n")
        );
        if nth > 0 && nth % 2 == 1 && tasks[0].every == task.every {
            text.push_str("after = \"t0\"\n");
        } else if nth > 0 {
            text.push_str("met_by = [\"t0\"]\n");
        }
    }
    text
}

fn bell(tasks: &[AnyTask]) -> Bell {
    Bell::with(HEAD, &file(tasks), &format!("{ROSTER}{SECOND}"))
}

/// Each notice of a run, in order, up to a day.
fn notices(bell: &Bell, from: Timestamp, to: jiff::civil::Date) -> Vec<String> {
    let mut found = Vec::new();
    forecast(&bell.agenda, State::default(), from, to, |plan| {
        for notice in plan.letters.iter().flat_map(|letter| &letter.notices) {
            let (rung, duty, due) = (notice.rung, &notice.duty, notice.due);
            found.push(format!(
                "{:?} {rung} {duty} {due} {}",
                plan.slot, notice.address
            ));
        }
    });
    found
}

/// For any calendar, what is decided up to one day is the beginning of what is decided up to a later one.
#[test]
fn what_was_decided_stays_decided() {
    let cases = (
        proptest::collection::vec(any_task(), 1..4),
        10..60_i64,
        1..60_i64,
    );
    let from: Timestamp = "2026-04-01T07:00:00+08:00".parse().unwrap();
    let told = std::cell::Cell::new(0);
    always(41, 40, &cases, |(tasks, first, more)| {
        let bell = bell(&tasks);
        let (to, later) = (
            date(2026, 4, 1).saturating_add(first.days()),
            date(2026, 4, 1).saturating_add((first + more).days()),
        );
        let (short, long) = (notices(&bell, from, to), notices(&bell, from, later));
        told.set(told.get() + long.len());
        prop_assert!(long.starts_with(&short), "{}", file(&tasks));
        Ok(())
    });
    assert!(
        told.get() > 1000,
        "the calendars say something: {}",
        told.get()
    );
}

/// Everything that was sent by now: each rung of each duty, and when.
fn sent(bell: &Bell, now: Timestamp) -> BTreeMap<(DutyId, Rung), Timestamp> {
    let mut found = BTreeMap::new();
    for (id, units) in &bell.state.duties {
        for unit in units.keys() {
            let duty = DutyId {
                occurrence: id.clone(),
                unit: unit.clone(),
            };
            for (rung, _, outcome) in outcomes(&bell.agenda, &bell.state, &duty, now) {
                if let RungOutcome::Sent(at) = outcome {
                    found.insert((duty.clone(), rung), at);
                }
            }
        }
    }
    found
}

/// For any calendar and any answers, with every letter arriving and nothing edited: what was sent stays sent, at the
/// moment it was sent; and to look between the slots changes nothing of what is told.
#[test]
fn what_was_sent_stays_sent() {
    let answers = proptest::sample::select(vec!["done", "received", "trouble", "correct"]);
    let acts = proptest::collection::vec((1..2400_i64, answers, 0..3_usize, any::<bool>()), 0..12);
    let cases = (proptest::collection::vec(any_task(), 1..4), acts);
    let seen = std::cell::Cell::new(0);
    always(42, 40, &cases, |(tasks, mut acts)| {
        acts.sort_by_key(|act| act.0);
        let hung = "2026-04-01 07:00 hang".to_owned();
        let (mut looked_at, mut left_alone) = (bell(&tasks), bell(&tasks));
        looked_at.run(&hung);
        left_alone.run(&hung);
        let mut before = BTreeMap::new();
        for (hours, answer, nth, by_deputy) in acts {
            let at = date(2026, 4, 1)
                .at(9, 30, 0, 0)
                .saturating_add(hours.hours());
            let at = format!("{} {}", at.date(), at.strftime("%H:%M"));
            looked_at.run(&format!("{at} end"));
            let now: Timestamp = format!("{}+08:00", at.replace(' ', "T")).parse().unwrap();
            let after = sent(&looked_at, now);
            for (rung, when) in &before {
                prop_assert_eq!(
                    after.get(rung),
                    Some(when),
                    "{:?} at {}\n{}",
                    rung,
                    at,
                    file(&tasks)
                );
            }
            seen.set(seen.get() + after.len());
            before = after;
            let Some(duty) = before.keys().map(|(duty, _)| duty).nth(nth) else {
                continue;
            };
            let who = if by_deputy { "deputy" } else { "safety" };
            let act = format!("{at} {answer} {duty} {who}@{}", duty.unit);
            looked_at.run(&act);
            left_alone.run(&act);
        }
        let end = "2026-08-01 09:00 end";
        looked_at.run(end);
        left_alone.run(end);
        prop_assert_eq!(&looked_at.printed, &left_alone.printed, "{}", file(&tasks));
        Ok(())
    });
    assert!(seen.get() > 1000, "something was sent: {}", seen.get());
}

//! P9: the same inputs give the same plan, byte for byte, and folding facts step by step equals folding them at once.

use std::fmt::Write as _;

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use schoolbell::core::agenda::Agenda;
use schoolbell::core::fact::Fact;
use schoolbell::core::plan::plan;
use schoolbell::core::state::State;

use crate::bell::{Bell, DRILL, HEAD, ROSTER, SECOND};

/// How many scripts are made up.
const SCRIPTS: u8 = 200;

/// One of these, from proptest's seeded source.
fn pick<'a>(rng: &mut TestRng, from: &[&'a str]) -> &'a str {
    from[rng.next_u32() as usize % from.len()]
}

const THINGS: [&str; 27] = [
    "done DUTY safety@UNIT",
    "done DUTY deputy@UNIT",
    "done DUTY",
    "done DUTY safety@UNIT 2",
    "received DUTY safety@UNIT",
    "correct DUTY safety@UNIT",
    "trouble DUTY safety@UNIT",
    "extension DUTY safety@UNIT 2026-11-20",
    "grant DUTY extension 2026-11-20",
    "refuse DUTY trouble",
    "grant DUTY not-applicable",
    "waive DUTY",
    "return DUTY",
    "bounce deputy@UNIT",
    "bounce safety@UNIT",
    "returned safety@UNIT",
    "returned-as-spam safety@UNIT",
    "reachable safety@UNIT",
    "mail safety@UNIT waits",
    "mail safety@UNIT unknown",
    "mail safety@UNIT arrives",
    "mail deputy@UNIT waits",
    "mail deputy@UNIT arrives",
    "down ",
    "up ",
    "up ",
    "end ",
];

fn tasks() -> String {
    let second = DRILL
        .replace("drill", "accept")
        .replace("11月10日", "11月16日");
    let thrice = DRILL
        .replace("drill", "lesson")
        .replace("11月10日", "11月12日");
    format!("{DRILL}{second}after = \"drill\"\n{thrice}times = 3\n")
}

/// A month of mornings, afternoons and evenings in which anything may happen to three tasks of two schools.
fn script(rng: &mut TestRng) -> String {
    let mut lines = "2026-10-26 07:00 hang\n".to_owned();
    for day in 27..58 {
        let date = if day < 32 {
            format!("10-{day}")
        } else {
            format!("11-{:02}", day - 31)
        };
        let time = pick(rng, &["07:30", "09:15", "12:00", "20:30"]);
        let duty = pick(
            rng,
            &["drill@2026/UNIT", "accept@2026/UNIT", "lesson@2026/UNIT"],
        );
        let thing = pick(rng, &THINGS).replace("DUTY", duty);
        let thing = thing.replace("UNIT", pick(rng, &["s1", "s2"]));
        let _ = writeln!(lines, "2026-{date} {time} {thing}");
    }
    lines
}

fn seeded(n: u8) -> (String, Bell) {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[n; 32]);
    let script = script(&mut rng);
    let mut bell = Bell::with(HEAD, &tasks(), &format!("{ROSTER}{SECOND}"));
    bell.run(&script);
    (script, bell)
}

/// The state grown fact by fact while the planner ran is the fold of all the facts; so it is when they have been
/// written as JSON and read again.
#[test]
fn step_by_step_equals_at_once() {
    for n in 0..SCRIPTS {
        let (script, bell) = seeded(n);
        assert!(State::fold(&bell.facts) == bell.state, "seed {n}\n{script}");
        let written: Vec<Fact> = bell
            .facts
            .iter()
            .map(|fact| serde_json::from_str(&serde_json::to_string(fact).unwrap()).unwrap())
            .collect();
        assert_eq!(written, bell.facts, "seed {n}");
        let (first, rest) = bell.facts.split_at(bell.facts.len() / 2);
        let mut state = State::fold(first);
        for fact in rest {
            state.apply(fact);
        }
        assert!(state == bell.state, "seed {n} in two parts\n{script}");
        // And asking once more after a slot was decided gives nothing.
        if let Some((_, decided)) = bell.state.last_slot {
            assert!(
                plan(&bell.agenda, &bell.state, decided).letters.is_empty(),
                "seed {n}"
            );
        }
    }
}

/// Two runs of the same script, and plans over a state folded anew and a calendar read anew, are the same to the byte.
#[test]
fn the_same_inputs_give_the_same_plan() {
    let mut letters = 0;
    for n in 0..SCRIPTS {
        let (script, bell) = seeded(n);
        let (_, again) = seeded(n);
        assert_eq!(
            format!("{:?}", bell.facts),
            format!("{:?}", again.facts),
            "seed {n}\n{script}"
        );
        for end in (0..bell.facts.len()).step_by(7) {
            let state = State::fold(&bell.facts[..end]);
            let now = bell.facts[end].at;
            let (ours, theirs) = (
                planned(&bell.agenda, &state, now),
                planned(&again.agenda, &state, now),
            );
            assert_eq!(ours, theirs, "seed {n} at {now}");
        }
        letters += bell.state.letters.len();
    }
    assert!(
        letters > 10 * usize::from(SCRIPTS),
        "the scripts say too little: {letters}"
    );
}

fn planned(agenda: &Agenda, state: &State, now: jiff::Timestamp) -> String {
    format!("{:?}", plan(agenda, state, now))
}

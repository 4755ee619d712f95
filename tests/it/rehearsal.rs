//! A year with made-up people: the same seed gives the same year, the counts are those of the facts, and every promise
//! holds all the way.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use schoolbell::core::agenda::Agenda;
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Answer, Event, Fact, Outcome, Part};
use schoolbell::core::ladder::Rung;
use schoolbell::core::rehearsal::{Manner, Rehearsal, Requests, Summary, manner};
use schoolbell::core::state::{Settled, State};

use crate::bell::{Bell, DRILL, HEAD, ROSTER};
use crate::world::rehearse_seed;
use crate::world::source::Source;

fn shipped() -> Agenda {
    Source::shipped().agenda().unwrap()
}

/// All facts of a year, and what it came to.
fn lived(agenda: &Agenda, year: i16, seed: u64) -> (Vec<Fact>, Summary) {
    let mut rehearsal = Rehearsal::new(agenda, year, seed);
    let mut facts = Vec::new();
    for step in rehearsal.by_ref() {
        facts.extend(step.before);
        facts.extend(step.after);
    }
    let summary = rehearsal.summary();
    (facts, summary)
}

fn lines(facts: &[Fact]) -> String {
    let lines = facts
        .iter()
        .map(|fact| serde_json::to_string(fact).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_seed_decides_the_year() {
    let agenda = shipped();
    let (once, summary) = lived(&agenda, 2026, 7);
    let (again, same) = lived(&agenda, 2026, 7);
    assert!(lines(&once) == lines(&again), "the same seed, other facts");
    assert_eq!(summary, same);
    let (other, _) = lived(&agenda, 2026, 8);
    assert!(
        lines(&once) != lines(&other),
        "another seed, the same facts"
    );
}

/// `cargo run --example year -- --rehearsals` asks more of them.
#[test]
fn every_promise_holds_through_a_rehearsal() {
    let seeds = [1, 2].map(|seed| (seed, std::thread::spawn(move || rehearse_seed(seed))));
    for (seed, thread) in seeds {
        let found = thread.join().unwrap();
        let notices = found.unwrap_or_else(|faults| panic!("seed {seed}: {}", faults.join("\n")));
        assert!(
            notices > 2000,
            "seed {seed}: only {notices} notices were asked of"
        );
    }
}

/// The facts, counted again from scratch.
#[test]
fn the_counts_are_those_of_the_facts() {
    let agenda = shipped();
    let (facts, summary) = lived(&agenda, 2026, 1);
    let day = |fact: &Fact| {
        fact.at
            .to_zoned_datetime(agenda.calendar.timezone.clone())
            .date()
    };
    let mut by_day: BTreeMap<Date, u32> = BTreeMap::new();
    let mut by_address: BTreeMap<String, u32> = BTreeMap::new();
    let mut climbed: BTreeSet<(String, String)> = BTreeSet::new();
    let (mut asked, mut granted, mut refused, mut lost, mut returned) =
        (0, 0, 0, BTreeSet::new(), 0);
    for fact in &facts {
        match &fact.what {
            Event::Outcome {
                address, outcome, ..
            } if *outcome != Outcome::Dropped => {
                *by_day.entry(day(fact)).or_default() += 1;
                *by_address.entry(address.to_string()).or_default() += 1;
            }
            Event::Notice {
                duty,
                rung: Rung::Escalate(after),
                part: Part::Above | Part::Rollup,
                ..
            } => {
                climbed.insert((after.to_string(), duty.to_string()));
            }
            Event::Answer {
                answer: Answer::Received | Answer::Done,
                ..
            } => {}
            Event::Answer { .. } => asked += 1,
            Event::Decision { granted: true, .. } => granted += 1,
            Event::Decision { .. } => refused += 1,
            Event::Unreachable { address, .. } => _ = lost.insert(address.clone()),
            Event::Return { .. } => returned += 1,
            _ => {}
        }
    }
    let days = summary
        .days
        .iter()
        .map(|(day, found)| (*day, found.letters));
    assert_eq!(
        days.filter(|(_, letters)| *letters > 0)
            .collect::<BTreeMap<_, _>>(),
        by_day
    );
    assert_eq!(summary.letters(), by_day.values().sum::<u32>());
    let people = summary
        .people
        .iter()
        .map(|person| (person.address.to_string(), person.letters));
    assert_eq!(
        people
            .filter(|(_, letters)| *letters > 0)
            .collect::<BTreeMap<_, _>>(),
        by_address
    );
    assert_eq!(
        summary.busiest().unwrap().1.letters,
        *by_day.values().max().unwrap()
    );
    let by_level: u32 = summary.climbed.iter().map(|level| level.duties).sum();
    assert_eq!(usize::try_from(by_level).unwrap(), climbed.len());
    let requests = summary.requests.values().fold((0, 0, 0), |sum, found| {
        (
            sum.0 + found.asked,
            sum.1 + found.granted,
            sum.2 + found.refused,
        )
    });
    assert_eq!(requests, (asked, granted, refused));
    assert_eq!(
        (summary.unreachable.len(), summary.returned),
        (lost.len(), returned)
    );
    assert!(asked > 0 && granted > 0 && refused > 0 && returned > 0 && !lost.is_empty());
    assert_eq!(summary.months_of_units(), by_units(&agenda, &by_address));
    answers_are_counted_right(&agenda, &facts, &summary);
    assert_eq!(requests_by_hand(&agenda, &facts), summary.requests);
    assert!(summary.requests.values().any(|of| of.moot() > 0));
    let granted = summary.requests[&Answer::NotApplicable].granted;
    assert_eq!(summary.answers.let_off, granted);
}

/// Each request followed to its end: a decision, or another answer of the duty, or the year's end.
fn requests_by_hand(agenda: &Agenda, facts: &[Fact]) -> BTreeMap<Answer, Requests> {
    let mut waiting: BTreeMap<&DutyId, Answer> = BTreeMap::new();
    let (mut found, mut moot) = (BTreeMap::<Answer, Requests>::new(), BTreeMap::new());
    for fact in facts {
        match &fact.what {
            Event::Answer { duty, answer, .. } if *answer != Answer::Received => {
                let before = waiting.remove(duty);
                if let Some(before) = before {
                    *moot.entry(before).or_insert(0) += 1;
                }
                if *answer != Answer::Done {
                    found.entry(*answer).or_default().asked += 1;
                    waiting.insert(duty, *answer);
                }
            }
            Event::Decision { duty, granted, .. } => {
                let decided = found.get_mut(&waiting.remove(duty).unwrap()).unwrap();
                let number = if *granted {
                    &mut decided.granted
                } else {
                    &mut decided.refused
                };
                *number += 1;
            }
            _ => {}
        }
    }
    let state = State::fold(facts);
    for (duty, answer) in waiting {
        let times = agenda.calendar.times(&duty.occurrence.task);
        if state.duty(duty).unwrap().settled(times).is_some() {
            *moot.entry(answer).or_insert(0) += 1;
        } else {
            found.get_mut(&answer).unwrap().waiting += 1;
        }
    }
    for (answer, requests) in &found {
        let by_hand = moot.get(answer).copied().unwrap_or(0);
        assert_eq!(requests.moot(), by_hand, "{answer:?}: {requests:?}");
    }
    found
}

/// Asked in the last days of the year: the officer has not come to it.
#[test]
fn a_request_that_nobody_decided_is_not_refused() {
    let opens_at_the_end = DRILL.replace("11月10日", "1月13日");
    let agenda = Bell::with(HEAD, &opens_at_the_end, ROSTER).agenda;
    let mut waiting = 0;
    for seed in 1..200 {
        let (facts, summary) = lived(&agenda, 2026, seed);
        assert_eq!(
            requests_by_hand(&agenda, &facts),
            summary.requests,
            "{seed}"
        );
        waiting += summary.requests.values().map(|of| of.waiting).sum::<u32>();
    }
    assert!(waiting > 0, "nobody ever asked so late");
}

trait Months {
    fn months_of_units(&self) -> Vec<u32>;
}

impl Months for Summary {
    /// The letters of each unit, in the roster's order.
    fn months_of_units(&self) -> Vec<u32> {
        self.units
            .iter()
            .map(schoolbell::core::rehearsal::UnitYear::letters)
            .collect()
    }
}

fn by_units(agenda: &Agenda, by_address: &BTreeMap<String, u32>) -> Vec<u32> {
    let units = agenda.roster.units().iter();
    let letters = units.map(|unit| {
        let addresses: BTreeSet<String> = unit
            .contacts
            .iter()
            .filter_map(|contact| contact.address.as_ref().map(ToString::to_string))
            .collect();
        addresses
            .iter()
            .map(|address| by_address.get(address).unwrap_or(&0))
            .sum()
    });
    letters.collect()
}

fn answers_are_counted_right(agenda: &Agenda, facts: &[Fact], summary: &Summary) {
    let state = State::fold(facts);
    let (mut done, mut let_off, mut open) = (0, 0, 0);
    for (id, units) in &state.duties {
        let times = agenda.calendar.tasks[&id.task].times;
        for duty in units
            .values()
            .filter(|duty| duty.standing().next().is_some())
        {
            match duty.settled(times) {
                Some(Settled::Done(_)) => done += 1,
                Some(Settled::LetOff(_)) => let_off += 1,
                None => open += 1,
            }
        }
    }
    let answers = summary.answers;
    assert_eq!(answers.in_time + answers.late, done);
    assert_eq!(
        (answers.let_off, answers.never + answers.not_due),
        (let_off, open)
    );
    assert!(
        answers.in_time > answers.late && answers.late > 0 && answers.never > 0,
        "{answers:?}"
    );
}

/// One school with one duty, due on 10 November: its letters are known by hand (see [`DRILL`]), and who answers is
/// chosen by the seed.
#[test]
fn who_answers_in_time_is_not_reported_and_who_never_does_is() {
    let agenda = Bell::with(HEAD, DRILL, ROSTER).agenda;
    let address = "safety@s1".into();
    let of = |wanted| {
        (1..500).find(|seed| manner(*seed, &address) == wanted && !is_lost(&agenda, *seed))
    };
    let (_, never) = lived(&agenda, 2026, of(Manner::Never).unwrap());
    assert_eq!(never.climbed[0].duties, 1, "{never:?}");
    assert_eq!(never.climbed[0].in_words().zh, "逾期1个工作日,报分管副校长");
    assert_eq!(never.answers.in_time, 0);
    let (facts, twice) = lived(&agenda, 2026, of(Manner::Twice).unwrap());
    let dones = facts.iter().filter(|fact| {
        matches!(
            fact.what,
            Event::Answer {
                answer: Answer::Done,
                ..
            }
        )
    });
    assert_eq!((dones.count(), twice.answers.in_time), (2, 1));
    assert!(twice.climbed.is_empty());
}

/// Whether a seed loses a mailbox, asks for something, or returns what was done.
fn is_lost(agenda: &Agenda, seed: u64) -> bool {
    let (_, summary) = lived(agenda, 2026, seed);
    !summary.unreachable.is_empty() || !summary.requests.is_empty() || summary.returned > 0
}

/// Of a year that nobody has a school calendar for yet it says so, and rehearses what it can.
#[test]
fn a_year_without_its_data_is_warned_of() {
    let agenda = shipped();
    let (facts, summary) = lived(&agenda, 2031, 1);
    let warned = |words: &str| {
        summary
            .warnings
            .iter()
            .any(|warning| warning.zh.contains(words))
    };
    assert!(warned("2031年放假安排还没有录入"), "{:?}", summary.warnings);
    assert!(warned("没有排进预演"), "{:?}", summary.warnings);
    assert!(summary.letters() > 100);
    let last = facts
        .last()
        .unwrap()
        .at
        .to_zoned_datetime(agenda.calendar.timezone.clone());
    assert!(last.date() <= date(2031, 12, 31));
}

#[test]
fn a_month_over_the_cap_is_warned_of() {
    let agenda = Bell::with(
        &format!("{HEAD}[burden]\nduties_per_month = 1\n"),
        &format!("{DRILL}{}", DRILL.replace("\"drill\"", "\"other\"")),
        ROSTER,
    )
    .agenda;
    let (_, summary) = lived(&agenda, 2026, 1);
    let warnings: Vec<_> = summary
        .warnings
        .iter()
        .map(|words| words.zh.as_str())
        .collect();
    assert_eq!(
        warnings,
        ["2026年11月有1所学校的负担超过上限:浒山小学 2项职责"]
    );
}

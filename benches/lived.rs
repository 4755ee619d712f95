//! A made-up county that lives through a year: what benches measure.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, time};
use schoolbell::core::agenda::Agenda;
use schoolbell::core::calendar::{self, read_role};
use schoolbell::core::diagnostic::{Faults, Text};
use schoolbell::core::fact::{Answer, Event, Fact, Outcome, Part, Via};
use schoolbell::core::plan::{Slots, first_sights, plan};
use schoolbell::core::roster::read_csv;
use schoolbell::core::state::State;

const TOWNS: usize = 20;
const SCHOOLS: usize = 1_000;
const HUNG: &str = "2026-03-04T07:59:00+08:00";

/// A year as it is lived: every letter arrives, and nine schools of ten say `done` two workdays later.
pub(crate) struct Year {
    pub(crate) agenda: Agenda,
    pub(crate) state: State,
    pub(crate) at: Timestamp,
    answers: BTreeMap<Date, Vec<Event>>,
    pub(crate) letters: usize,
    /// Whether anybody says `done`.
    pub(crate) is_answered: bool,
    /// What happened, where it is wanted.
    pub(crate) facts: Option<Vec<Fact>>,
}

impl Year {
    pub(crate) fn of_schools() -> Self {
        Self::from(HUNG.parse().expect("an instant"), false)
    }

    /// From that time on. `keep`: all that happens is kept.
    pub(crate) fn from(at: Timestamp, keep: bool) -> Self {
        let mut year = Self {
            agenda: agenda(&roster()),
            state: State::default(),
            at,
            answers: BTreeMap::new(),
            letters: 0,
            is_answered: true,
            facts: keep.then(Vec::new),
        };
        let installation = String::new();
        year.take(at, Event::BellHung { installation });
        for event in first_sights(&year.agenda, &year.state) {
            year.take(at, event);
        }
        year
    }

    fn take(&mut self, at: Timestamp, what: Event) {
        let fact = Fact { at, what };
        self.state.apply(&fact);
        if let Some(facts) = &mut self.facts {
            facts.push(fact);
        }
    }

    pub(crate) fn slot_of(&self, day: Date) -> Timestamp {
        Slots::new(&self.agenda.calendar).instant(day, time(8, 0, 0, 0))
    }

    pub(crate) fn live_to(&mut self, to: Date) {
        loop {
            let slots = Slots::new(&self.agenda.calendar);
            let next = slots.after(self.at);
            let today = slots.day(next);
            if today > to {
                return;
            }
            self.at = next;
            let later = self.answers.split_off(&today);
            let given = std::mem::replace(&mut self.answers, later);
            for event in given.into_values().flatten() {
                self.take(next, event);
            }
            self.beat(next, today);
        }
    }

    fn beat(&mut self, at: Timestamp, today: Date) {
        let due = plan(&self.agenda, &self.state, at);
        for event in due.events(|letter| format!("<{}@county.example>", letter.number)) {
            self.take(at, event);
        }
        self.letters += due.letters.len();
        let day = self.agenda.calendar.workdays.after(today, 2);
        for letter in &due.letters {
            let outcome = Event::Outcome {
                letter: letter.number,
                address: letter.address.clone(),
                message_id: String::new(),
                outcome: Outcome::Accepted,
                text: String::new(),
                retry_at: None,
            };
            self.take(at, outcome);
            for notice in &letter.notices {
                let never = notice.duty.unit.as_str().ends_with('7') || !self.is_answered;
                if notice.part == Part::Act && !never {
                    let done = Event::Answer {
                        duty: notice.duty.clone(),
                        answer: Answer::Done,
                        by: letter.address.to_string(),
                        note: String::new(),
                        via: Via::Page,
                        address: Some(letter.address.clone()),
                        nth: None,
                        until: None,
                        corrects: false,
                    };
                    self.answers.entry(day).or_default().push(done);
                }
            }
        }
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn agenda(roster: &str) -> Agenda {
    joined(roster, |text| text)
}

/// The county's agenda with a piece of text replaced wherever it stands.
pub(crate) fn edited(old: &str, new: &str) -> Agenda {
    joined(&roster(), |text| text.replace(old, new))
}

fn joined(roster: &str, edit: impl Fn(String) -> String) -> Agenda {
    let mut texts = Vec::new();
    for folder in ["calendar", "calendar/holidays"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("the shipped calendar") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|ext| ext == "toml") {
                let name = path
                    .strip_prefix(root().join("calendar"))
                    .expect("a file in it");
                texts.push(Arc::new(Text {
                    name: name.display().to_string(),
                    body: edit(std::fs::read_to_string(&path).expect("a text")),
                }));
            }
        }
    }
    let faults = Faults::default();
    let calendar = calendar::read(&texts, &faults);
    let roster = read_csv("roster.csv", roster.as_bytes(), &faults);
    assert!(!faults.any_error(), "{:?}", faults.into_sorted());
    let office = read_role("office@bureau").expect("a role");
    Agenda::new(Arc::new(calendar), Arc::new(roster), vec![office])
}

pub(crate) fn roster() -> String {
    crate::county::roster(TOWNS, SCHOOLS)
}

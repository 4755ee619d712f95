//! What an edit of calendar or roster would change: dates moved, duties added and withdrawn, what the tasks say, whom
//! the letters go to, and how many letters there are now and later.
//!
//! It looks at the duties due from today to a year from today, so that every task of the year comes by once; and at
//! those due before, as far as somebody was told of them. Settled duties are out.

mod card;
mod contents;
mod duties;
mod letters;
mod people;
mod words;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

pub use card::Field;

use super::agenda::Agenda;
use super::diagnostic::Words;
use super::duty::OccurrenceId;
use super::names::{TaskId, UnitId};
use super::plan::Slots;
use super::state::State;

/// What an edit would change.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// The first and last due day looked at.
    pub days: (Date, Date),
    /// Duties whose dates move.
    pub moved: Vec<DutyRow>,
    /// Duties that were not asked before.
    pub added: Vec<DutyRow>,
    /// Duties that are no longer asked.
    pub withdrawn: Vec<DutyRow>,
    /// Tasks that come, go, or say something else.
    pub tasks: Vec<TaskRow>,
    /// What is said for all tasks: ladder, holidays, terms and so on.
    pub calendar: Vec<Field>,
    /// Units that come, go, or have other contacts.
    pub units: Vec<UnitRow>,
    /// The letters; `None` where they were not counted.
    pub letters: Option<Letters>,
}

/// The duties of one occurrence that change in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyRow {
    /// Of which occurrence.
    pub occurrence: OccurrenceId,
    /// Its title.
    pub title: String,
    /// For which units, in the order of the roster.
    pub units: Vec<UnitId>,
    /// The same in words: the audience where it is all of it, else names.
    pub whom: Words,
    /// Its days before the edit.
    pub old: Option<Days>,
    /// Its days after it.
    pub new: Option<Days>,
    /// How the new due day comes about, or why it is no longer asked.
    pub why: Words,
}

/// The days of a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days {
    /// The first day it can be done.
    pub opens: Date,
    /// The last.
    pub due: Date,
}

/// What becomes of a task or a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
}

/// A task that comes, goes, or says something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// Which.
    pub task: TaskId,
    /// Its title, after the edit if it is still there.
    pub title: String,
    /// What becomes of it.
    pub change: Change,
    /// What it says otherwise, if it is there before and after.
    pub fields: Vec<Field>,
    /// The task that goes, where one comes with the same title under another id.
    pub was: Option<TaskId>,
}

/// Units that change in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRow {
    /// Which, in the order of the roster.
    pub units: Vec<UnitId>,
    /// Their names in words.
    pub whom: Words,
    /// What becomes of them.
    pub change: Change,
    /// What is said of them otherwise.
    pub fields: Vec<Field>,
}

/// What an edit does to the letters, as far as nobody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letters {
    /// The first slot after the edit.
    pub at: Timestamp,
    /// The letters of that slot that say something they would not have said without the edit.
    pub now: usize,
    /// What they say: each kind of rung, and how often.
    pub said: BTreeMap<&'static str, usize>,
    /// How many more letters there are within the year, that slot included; below zero, how many fewer.
    pub later: i64,
}

/// What an edit from `old` to `new` would change, as things stand. Pure: the same arguments give the same.
pub fn diff(old: &Agenda, new: &Agenda, state: &State, now: Timestamp) -> Diff {
    compare(old, new, state, now, true)
}

/// As [`diff`], but without counting the letters, which for a large edit of a thousand units takes minutes.
pub fn diff_without_letters(old: &Agenda, new: &Agenda, state: &State, now: Timestamp) -> Diff {
    compare(old, new, state, now, false)
}

fn compare(old: &Agenda, new: &Agenda, state: &State, now: Timestamp, count: bool) -> Diff {
    let sides = Sides::new(old, new, state, now);
    let others = people::touched(&sides);
    let found = duties::compare(&sides, &others);
    let letters = count.then(|| letters::compare(&sides, found.touched, &others));
    let (tasks, calendar) = contents::compare(old, new);
    Diff {
        days: (sides.today, sides.until),
        moved: found.moved,
        added: found.added,
        withdrawn: found.withdrawn,
        tasks,
        calendar,
        units: people::compare(&old.roster, &new.roster),
        letters,
    }
}

impl Diff {
    /// Whether nothing changes at all.
    pub fn is_empty(&self) -> bool {
        self.moved.is_empty()
            && self.added.is_empty()
            && self.withdrawn.is_empty()
            && self.tasks.is_empty()
            && self.calendar.is_empty()
            && self.units.is_empty()
            && self
                .letters
                .as_ref()
                .is_none_or(|letters| (letters.now, letters.later) == (0, 0))
    }
}

/// What is compared, and when.
struct Sides<'a> {
    old: &'a Agenda,
    new: &'a Agenda,
    state: &'a State,
    now: Timestamp,
    today: Date,
    /// The last day looked at.
    until: Date,
    /// When the bell was hung; now, where there is none yet.
    hung: Timestamp,
}

impl<'a> Sides<'a> {
    fn new(old: &'a Agenda, new: &'a Agenda, state: &'a State, now: Timestamp) -> Self {
        let today = Slots::new(&new.calendar).day(now);
        Self {
            old,
            new,
            state,
            now,
            today,
            until: today.saturating_add(1.year()).saturating_sub(1.day()),
            hung: state.hung.unwrap_or(now),
        }
    }
}

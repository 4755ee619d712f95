//! A year: its months with their themes, how far each occurrence has come, and each town in each month.

use jiff::Timestamp;
use jiff::civil::Date;

use super::Scope;
use super::count::Count;
use crate::core::agenda::Agenda;
use crate::core::duty::OccurrenceId;
use crate::core::plan::{Slots, Standing};
use crate::core::state::State;

/// A year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Year {
    /// Which.
    pub year: i16,
    /// The day it is looked at.
    pub today: Date,
    /// Its months.
    pub months: Vec<MonthOfYear>,
    /// The towns' names, in the roster's order.
    pub towns: Vec<String>,
}

/// A month of the year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonthOfYear {
    /// Its number.
    pub month: i8,
    /// Its theme; empty where the calendar gives none.
    pub theme: String,
    /// What is due in it, nearest first.
    pub lines: Vec<Line>,
    /// All of it.
    pub tally: Tally,
    /// The same by town, in the order of the year's towns.
    pub by_town: Vec<Tally>,
}

/// An occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub occurrence: OccurrenceId,
    /// What it is called.
    pub title: String,
    /// Its first due day.
    pub due: Date,
    /// Its last, where units differ.
    pub last_due: Date,
    /// How its duties stand.
    pub tally: Tally,
}

/// How many duties stand how. Those that are covered, withdrawn or let off are asked of nobody, and not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Not announced yet, or waiting for what comes before.
    pub ahead: u32,
    /// Announced, and their day is not over.
    pub open: u32,
    /// Their day is over.
    pub overdue: u32,
    /// Done in time.
    pub done: u32,
    /// Done late.
    pub late: u32,
    /// Waived, or not applicable: not part of the whole.
    pub let_off: u32,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, standing: Standing) {
        match standing {
            Standing::Ahead | Standing::Waiting => self.ahead += 1,
            Standing::Open => self.open += 1,
            Standing::Overdue => self.overdue += 1,
            Standing::Done { late: false } => self.done += 1,
            Standing::Done { late: true } => self.late += 1,
            Standing::Waived | Standing::NotApplicable => self.let_off += 1,
            Standing::Covered | Standing::Withdrawn => {}
        }
    }

    /// How many are asked.
    pub fn all(self) -> u32 {
        self.ahead + self.open + self.overdue + self.done + self.late
    }

    /// How many are done, late ones too.
    pub fn finished(self) -> u32 {
        self.done + self.late
    }

    /// Of a hundred asked, so many are done, rounded down: a hundred is said of all and of nothing less. `None` where
    /// nothing is asked.
    pub fn percent(self) -> Option<u32> {
        (self.finished() * 100).checked_div(self.all())
    }

    /// Of a hundred asked, so many were done in time, rounded down. `None` where nothing is asked.
    pub fn on_time_percent(self) -> Option<u32> {
        (self.done * 100).checked_div(self.all())
    }

    /// With another's.
    pub fn with(self, other: Self) -> Self {
        Self {
            ahead: self.ahead + other.ahead,
            open: self.open + other.open,
            overdue: self.overdue + other.overdue,
            done: self.done + other.done,
            late: self.late + other.late,
            let_off: self.let_off + other.let_off,
        }
    }
}

/// How a year stands; this one if none is named.
pub fn year(
    agenda: &Agenda,
    state: &State,
    scope: &Scope,
    number: Option<i16>,
    now: Timestamp,
) -> Year {
    let mut count = count(agenda, number, now);
    while count.step(agenda, state, scope) {}
    counted(agenda, state, scope, number, now, count)
}

/// The year that is meant: what lies farther off no calendar tells, and would only cost time.
fn meant(number: Option<i16>, today: Date) -> i16 {
    let around = today.year() - 10..=today.year() + 5;
    number
        .filter(|year| around.contains(year))
        .unwrap_or(today.year())
}

/// What is to be counted for it.
pub(super) fn count(agenda: &Agenda, number: Option<i16>, now: Timestamp) -> Count {
    let number = meant(number, Slots::new(&agenda.calendar).day(now));
    Count::new(number..=number, now)
}

/// The year, when it has been counted.
pub(super) fn counted(
    agenda: &Agenda,
    state: &State,
    scope: &Scope,
    number: Option<i16>,
    now: Timestamp,
    count: Count,
) -> Year {
    let today = Slots::new(&agenda.calendar).day(now);
    let towns = scope.towns();
    let mut months: Vec<MonthOfYear> = (1..=12)
        .map(|month| MonthOfYear {
            month,
            theme: agenda
                .calendar
                .months
                .get(&month)
                .map_or(String::new(), |page| page.theme.clone()),
            by_town: vec![Tally::default(); towns.len()],
            ..MonthOfYear::default()
        })
        .collect();
    for (line, found) in count.lines(agenda, state) {
        let month = usize::try_from(line.due.month() - 1).unwrap_or(0);
        let page = &mut months[month];
        page.tally = page.tally.with(line.tally);
        for (sum, more) in page.by_town.iter_mut().zip(&found.by_town) {
            *sum = sum.with(*more);
        }
        page.lines.push(line);
    }
    Year {
        year: meant(number, today),
        today,
        months,
        towns: towns.iter().map(|(_, name)| name.clone()).collect(),
    }
}

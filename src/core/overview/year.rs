//! A year: its months with their themes, how far each occurrence has come, and each town in each month.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::Scope;
use crate::core::agenda::Agenda;
use crate::core::compose::title_of;
use crate::core::duty::OccurrenceId;
use crate::core::plan::{Only, Sighted, Slots, Standing, each_standing};
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
    let today = Slots::new(&agenda.calendar).day(now);
    // What lies farther off no calendar tells, and would only cost time.
    let around = today.year() - 10..=today.year() + 5;
    let number = number
        .filter(|year| around.contains(year))
        .unwrap_or(today.year());
    let towns = scope.towns().len();
    let mut counted = Counted::new(scope);
    let (from, to) = (date(number, 1, 1), date(number, 12, 31));
    let only = Only {
        from: Some(from),
        ..Only::default()
    };
    each_standing(agenda, state, now, to, only, |sighted| {
        counted.add(&sighted);
    });
    let mut months: Vec<MonthOfYear> = (1..=12)
        .map(|month| MonthOfYear {
            month,
            theme: agenda
                .calendar
                .months
                .get(&month)
                .map_or(String::new(), |page| page.theme.clone()),
            by_town: vec![Tally::default(); towns],
            ..MonthOfYear::default()
        })
        .collect();
    for (id, found) in counted.finish() {
        if found.due.year() != number {
            continue;
        }
        let month = usize::try_from(found.due.month() - 1).unwrap_or(0);
        let page = &mut months[month];
        page.tally = page.tally.with(found.tally);
        for (sum, more) in page.by_town.iter_mut().zip(&found.by_town) {
            *sum = sum.with(*more);
        }
        page.lines.push(Line {
            title: title_of(agenda, state, &id),
            occurrence: id,
            due: found.due,
            last_due: found.last_due,
            tally: found.tally,
        });
    }
    for page in &mut months {
        page.lines
            .sort_by(|a, b| (a.due, &a.occurrence).cmp(&(b.due, &b.occurrence)));
    }
    Year {
        year: number,
        today,
        months,
        towns: scope.towns().iter().map(|(_, name)| name.clone()).collect(),
    }
}

/// What was counted of each occurrence.
struct Counted<'s> {
    scope: &'s Scope,
    occurrences: BTreeMap<OccurrenceId, Found>,
    /// The occurrence that is being counted: its duties follow one another.
    current: Option<(OccurrenceId, Found)>,
}

struct Found {
    due: Date,
    last_due: Date,
    tally: Tally,
    by_town: Vec<Tally>,
}

impl<'s> Counted<'s> {
    fn new(scope: &'s Scope) -> Self {
        Self {
            scope,
            occurrences: BTreeMap::new(),
            current: None,
        }
    }

    fn add(&mut self, sighted: &Sighted<'_, '_>) {
        let (Some(town), Some((_, due))) = (
            sighted.at.and_then(|at| self.scope.town_of(at)),
            sighted.days,
        ) else {
            return;
        };
        let same = |(id, _): &(OccurrenceId, Found)| id == sighted.occurrence;
        if !self.current.as_ref().is_some_and(same) {
            self.settle();
            let found = self.occurrences.remove(sighted.occurrence);
            let found = found.unwrap_or_else(|| Found {
                due,
                last_due: due,
                tally: Tally::default(),
                by_town: vec![Tally::default(); self.scope.towns().len()],
            });
            self.current = Some((sighted.occurrence.clone(), found));
        }
        if let Some((_, found)) = &mut self.current {
            found.due = found.due.min(due);
            found.last_due = found.last_due.max(due);
            found.tally.add(sighted.standing);
            found.by_town[town].add(sighted.standing);
        }
    }

    fn settle(&mut self) {
        self.occurrences.extend(self.current.take());
    }

    fn finish(mut self) -> BTreeMap<OccurrenceId, Found> {
        self.settle();
        self.occurrences
            .retain(|_, found| found.tally != Tally::default());
        self.occurrences
    }
}

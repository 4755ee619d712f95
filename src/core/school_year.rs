//! The local school calendar: terms, breaks and single days, which override the workdays for teaching.

use jiff::civil::Date;

use super::audience::Audience;
use super::period::{BreakKind, Festival, Season};
use super::roster::Unit;
use super::workdays::{Workdays, next, previous};

/// The longest gap between two terms that is a break, in days.
const LONGEST_BREAK: i64 = 100;

/// A school term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The year in its key.
    pub year: i16,
    /// The half of the year in its key.
    pub season: Season,
    /// What it is called.
    pub name: String,
    /// Its first day.
    pub start: Date,
    /// Its last day.
    pub end: Date,
    /// Whom it holds for; everybody where it is not said.
    pub audience: Option<Audience>,
}

/// A school break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The year in its key.
    pub year: i16,
    /// Which break.
    pub kind: BreakKind,
    /// What it is called.
    pub name: String,
    /// Its first day.
    pub start: Date,
    /// Its last day.
    pub end: Date,
    /// Whom it holds for; everybody where it is not said.
    pub audience: Option<Audience>,
}

/// A single local day that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalDay {
    /// The day.
    pub date: Date,
    /// Whether it is taught.
    pub teaching: bool,
    /// Whom it holds for; everybody where it is not said.
    pub audience: Option<Audience>,
    /// Why.
    pub why: String,
}

/// The whole local school calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchoolYear {
    /// The terms, in order.
    pub terms: Vec<Term>,
    /// The breaks, in order.
    pub breaks: Vec<Break>,
    /// The single days.
    pub days: Vec<LocalDay>,
}

impl SchoolYear {
    /// The calendar as it holds for one unit.
    pub fn of(&self, unit: &Unit) -> Self {
        let holds = |audience: &Option<Audience>| audience.as_ref().is_none_or(|a| a.matches(unit));
        let mut terms: Vec<_> = self
            .terms
            .iter()
            .filter(|t| holds(&t.audience))
            .cloned()
            .collect();
        // A term for some units stands in the place of the general one of the same key.
        let special: Vec<_> = terms
            .iter()
            .filter(|t| t.audience.is_some())
            .map(|t| (t.year, t.season))
            .collect();
        terms.retain(|t| t.audience.is_some() || !special.contains(&(t.year, t.season)));
        Self {
            terms,
            breaks: self
                .breaks
                .iter()
                .filter(|b| holds(&b.audience))
                .cloned()
                .collect(),
            days: self
                .days
                .iter()
                .filter(|d| holds(&d.audience))
                .cloned()
                .collect(),
        }
    }

    /// The term of a key.
    pub fn term(&self, year: i16, season: Season) -> Option<&Term> {
        self.terms
            .iter()
            .find(|term| term.year == year && term.season == season)
    }

    /// The break of a key.
    pub fn school_break(&self, year: i16, kind: BreakKind) -> Option<&Break> {
        self.breaks
            .iter()
            .find(|found| found.year == year && found.kind == kind)
    }

    /// Whether it is known what is taught on a day: it lies in a term or a break, or in an ordinary gap between two
    /// terms. A longer gap is a hole in the calendar, and silence about it must not read as “no school”.
    pub fn knows(&self, day: Date) -> bool {
        let within = |start: Date, end: Date| start <= day && day <= end;
        if self.terms.iter().any(|term| within(term.start, term.end))
            || self.breaks.iter().any(|b| within(b.start, b.end))
        {
            return true;
        }
        let before = self
            .terms
            .iter()
            .map(|t| t.end)
            .filter(|end| *end < day)
            .max();
        let after = self
            .terms
            .iter()
            .map(|t| t.start)
            .filter(|start| *start > day)
            .min();
        before
            .zip(after)
            .is_some_and(|(end, start)| start.duration_since(end).as_hours() / 24 <= LONGEST_BREAK)
    }

    /// Whether a day is taught.
    pub fn teaches(&self, day: Date, workdays: &Workdays) -> bool {
        if let Some(local) = self.days.iter().find(|local| local.date == day) {
            return local.teaching;
        }
        let within = |start: Date, end: Date| start <= day && day <= end;
        workdays.is_workday(day)
            && self.terms.iter().any(|term| within(term.start, term.end))
            && !self.breaks.iter().any(|b| within(b.start, b.end))
    }

    /// The last day taught before a day, if the calendar reaches back to it.
    pub fn last_teaching_before(&self, day: Date, workdays: &Workdays) -> Option<Date> {
        let mut found = previous(day);
        if !self.knows(found) {
            return None;
        }
        while self.knows(found) {
            if self.teaches(found, workdays) {
                return Some(found);
            }
            found = previous(found);
        }
        None
    }

    /// The days taught from one day to another, both included.
    pub fn teaching_days(&self, from: Date, to: Date, workdays: &Workdays) -> Vec<Date> {
        let mut days = Vec::new();
        let mut day = from;
        while day <= to {
            if self.teaches(day, workdays) {
                days.push(day);
            }
            day = next(day);
        }
        days
    }

    /// Whether a holiday interrupts teaching: some day was taught since the holiday or break before it.
    /// `None` where the school calendar does not reach.
    pub fn interrupted_by(
        &self,
        festival: Festival,
        year: i16,
        workdays: &Workdays,
    ) -> Option<bool> {
        let (first, _) = workdays.holiday(festival, year)?;
        let taught = self.last_teaching_before(first, workdays)?;
        Some(
            self.rested_until(first, workdays)
                .is_none_or(|end| end < taught),
        )
    }

    /// The last day of the holiday or break before a day. A joint holiday (中秋 within 国庆) that began before the day
    /// and still runs counts up to it.
    pub fn rested_until(&self, day: Date, workdays: &Workdays) -> Option<Date> {
        let year = day.year();
        let breaks = self.breaks.iter().map(|b| (b.start, b.end));
        let holidays = [year - 1, year]
            .into_iter()
            .flat_map(|year| Festival::ALL.map(|f| workdays.holiday(f, year)))
            .flatten();
        breaks
            .chain(holidays)
            .filter(|(start, _)| *start < day)
            .map(|(_, end)| end.min(previous(day)))
            .max()
    }
}

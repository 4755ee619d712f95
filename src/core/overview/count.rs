//! How the occurrences of some years stand, counted one after another: whoever holds the state may let others at it
//! between two of them.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::{Line, Scope, Tally};
use crate::core::agenda::Agenda;
use crate::core::duty::OccurrenceId;
use crate::core::plan::{Only, Sighted, each_standing, others_among};
use crate::core::state::State;
use crate::core::titles::title_of;

/// A count under way.
pub(super) struct Count {
    years: RangeInclusive<i16>,
    now: Timestamp,
    /// What is still to be counted, the last first; `None` before it begins.
    left: Option<Vec<OccurrenceId>>,
    counted: Vec<(OccurrenceId, Found)>,
}

/// What was counted of an occurrence.
pub(super) struct Found {
    due: Date,
    last_due: Date,
    tally: Tally,
    /// By the scope's towns, in their order.
    pub(super) by_town: Vec<Tally>,
}

impl Count {
    /// Of what is due in these years.
    pub(super) fn new(years: RangeInclusive<i16>, now: Timestamp) -> Self {
        Self {
            years,
            now,
            left: None,
            counted: Vec::new(),
        }
    }

    /// Counts one more. `false`: there is none left.
    pub(super) fn step(&mut self, agenda: &Agenda, state: &State, scope: &Scope) -> bool {
        let years = self.years.clone();
        let left = self
            .left
            .get_or_insert_with(|| all_of(agenda, state, years));
        let Some(id) = left.pop() else {
            return false;
        };
        if let Some(found) = self.count(agenda, state, scope, &id) {
            self.counted.push((id, found));
        }
        true
    }

    fn count(
        &self,
        agenda: &Agenda,
        state: &State,
        scope: &Scope,
        id: &OccurrenceId,
    ) -> Option<Found> {
        let mut found: Option<Found> = None;
        let add = |sighted: Sighted<'_, '_>| {
            let town = sighted.at.and_then(|at| scope.town_of(at));
            let (Some(town), Some((_, due))) = (town, sighted.days) else {
                return;
            };
            let found = found.get_or_insert_with(|| Found {
                due,
                last_due: due,
                tally: Tally::default(),
                by_town: vec![Tally::default(); scope.towns().len()],
            });
            found.due = found.due.min(due);
            found.last_due = found.last_due.max(due);
            found.tally.add(sighted.standing);
            found.by_town[town].add(sighted.standing);
        };
        let only = Only {
            occurrence: Some(id),
            ..from(&self.years)
        };
        let until = date(*self.years.end(), 12, 31);
        each_standing(agenda, state, self.now, until, only, add);
        found.filter(|found| {
            found.tally != Tally::default() && self.years.contains(&found.due.year())
        })
    }

    /// What was counted, in order of due days.
    pub(super) fn lines(mut self, agenda: &Agenda, state: &State) -> Vec<(Line, Found)> {
        self.counted
            .sort_by(|(one, a), (other, b)| (a.due, one).cmp(&(b.due, other)));
        let line = |(id, found): (OccurrenceId, Found)| {
            let line = Line {
                title: title_of(agenda, state, &id),
                occurrence: id,
                due: found.due,
                last_due: found.last_due,
                tally: found.tally,
            };
            (line, found)
        };
        self.counted.into_iter().map(line).collect()
    }
}

/// What falls due from the first of these years on.
fn from(years: &RangeInclusive<i16>) -> Only<'static> {
    Only {
        from: Some(date(*years.start(), 1, 1)),
        ..Only::default()
    }
}

/// The occurrences of these years that the calendar has, and those of which anything has happened.
fn all_of(agenda: &Agenda, state: &State, years: RangeInclusive<i16>) -> Vec<OccurrenceId> {
    let happened = others_among(state, from(&years)).into_iter();
    let mut all: BTreeSet<OccurrenceId> = happened.cloned().collect();
    for year in years {
        all.extend(agenda.due_in(year).iter().map(|found| found.id.clone()));
    }
    all.into_iter().rev().collect()
}

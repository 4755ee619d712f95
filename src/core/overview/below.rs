//! What is asked of the units below one, occurrence by occurrence: what the feed of a town or of the bureau shows beside
//! its own duties.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time, date};
use jiff::{Timestamp, ToSpan};

use super::Tally;
use crate::core::agenda::Agenda;
use crate::core::duty::OccurrenceId;
use crate::core::names::UnitId;
use crate::core::plan::{Only, Slots, each_standing};
use crate::core::roster::Roster;
use crate::core::state::{DutyState, State};
use crate::core::titles::title_of;

/// An occurrence, as far as it is asked of units below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    /// Which.
    pub occurrence: OccurrenceId,
    /// What it is called.
    pub title: String,
    /// What it asks; may be empty.
    pub detail: String,
    /// The document it rests on; may be empty.
    pub authority: String,
    /// Whose demand it is, as people say it; empty where the calendar has the task no longer.
    pub origin: &'static str,
    /// Its first due day.
    pub due: Date,
    /// Its last, where units differ.
    pub last_due: Date,
    /// The hour on that day.
    pub due_time: Option<Time>,
    /// How its duties stand.
    pub tally: Tally,
    /// How often, at most, the due day of one of them has changed since somebody was first told of it.
    pub date_changes: u32,
}

/// The occurrences asked of the units below one, from the beginning of the year to a year from today, nearest first.
/// Empty for a unit that has none below it, as a school.
pub fn below(agenda: &Agenda, state: &State, unit: &UnitId, now: Timestamp) -> Vec<Below> {
    let units = below_of(&agenda.roster, unit);
    if units.is_empty() {
        return Vec::new();
    }
    let today = Slots::new(&agenda.calendar).day(now);
    let only = Only {
        from: Some(date(today.year(), 1, 1)),
        ..Only::default()
    };
    let until = today.saturating_add(1.year());
    let mut counted: BTreeMap<OccurrenceId, Below> = BTreeMap::new();
    each_standing(agenda, state, now, until, only, |sighted| {
        let Some((_, due)) = sighted.days else { return };
        if !sighted.at.is_some_and(|at| units.contains(&at)) {
            return;
        }
        if !counted.contains_key(sighted.occurrence) {
            let id = sighted.occurrence.clone();
            let task = sighted.task;
            counted.insert(
                id.clone(),
                Below {
                    title: title_of(agenda, state, &id),
                    detail: task.map_or(String::new(), |task| task.detail.clone()),
                    authority: task.map_or(String::new(), |task| task.authority.clone()),
                    origin: task.map_or("", |task| task.origin.name()),
                    due,
                    last_due: due,
                    due_time: task.and_then(|task| task.due_time),
                    tally: Tally::default(),
                    date_changes: 0,
                    occurrence: id,
                },
            );
        }
        if let Some(found) = counted.get_mut(sighted.occurrence) {
            found.tally.add(sighted.standing);
            found.due = found.due.min(due);
            found.last_due = found.last_due.max(due);
            let changes = |known: &DutyState| known.date_changes(due);
            let live = sighted.state.map_or(0, changes);
            let shelved = state.shelf().date_changes(sighted.occurrence, due);
            found.date_changes = found.date_changes.max(live).max(shelved);
        }
    });
    let mut found: Vec<Below> = counted.into_values().collect();
    found.retain(|found| found.tally.all() > 0);
    found.sort_by(|a, b| (a.due, &a.occurrence).cmp(&(b.due, &b.occurrence)));
    found
}

/// The units below one, however far, by their places in the roster.
fn below_of(roster: &Roster, above: &UnitId) -> BTreeSet<usize> {
    let is_below = |at: &usize| {
        let mut parent = roster.units()[*at].parent.as_ref();
        while let Some(id) = parent {
            if id == above {
                return true;
            }
            parent = roster.unit(id).and_then(|unit| unit.parent.as_ref());
        }
        false
    };
    (0..roster.units().len()).filter(is_below).collect()
}

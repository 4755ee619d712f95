//! What waits for an officer's decision.

use jiff::Timestamp;
use jiff::civil::Date;

use super::Scope;
use crate::core::agenda::Agenda;
use crate::core::duty::DutyId;
use crate::core::fact::Answer;
use crate::core::known::{Known, known};
use crate::core::plan::Slots;
use crate::core::state::{Filed, State};
use crate::core::titles::title_of;

/// A request that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Of which duty.
    pub duty: DutyId,
    /// What it is called.
    pub title: String,
    /// The unit's name.
    pub unit_name: String,
    /// Its place among the duty's answers.
    pub place: usize,
    /// What is asked.
    pub answer: Answer,
    /// By whom.
    pub by: String,
    /// Why.
    pub note: String,
    /// The day it was asked.
    pub day: Date,
    /// The day asked for.
    pub until: Option<Date>,
    /// The due day as it stands; `None` where the calendar no longer asks it.
    pub due: Option<Date>,
    /// Workdays left until the due day; negative when overdue by so many.
    pub workdays_left: i32,
    /// The files that came with it.
    pub evidence: Vec<Filed>,
}

/// The requests nobody has decided, the oldest first. What was settled otherwise needs no decision.
pub fn requests(agenda: &Agenda, state: &State, scope: &Scope, now: Timestamp) -> Vec<Request> {
    let slots = Slots::new(&agenda.calendar);
    let today = slots.day(now);
    let mut found: Vec<(Timestamp, Request)> = Vec::new();
    for (id, units) in &state.duties {
        let times = agenda.calendar.times(&id.task);
        for (unit, duty_state) in units {
            let (Some(place), Some(given)) = (duty_state.pending, duty_state.request()) else {
                continue;
            };
            if duty_state.settled(times).is_some() || !scope.sees_unit(&agenda.roster, unit) {
                continue;
            }
            let duty = DutyId {
                occurrence: id.clone(),
                unit: unit.clone(),
            };
            let known = known(agenda, slots, &duty, duty_state);
            let due = known.as_ref().map(|known| known.timetable.due);
            let title = known
                .as_ref()
                .map_or_else(|| title_of(agenda, state, id), Known::title);
            found.push((
                given.at,
                Request {
                    title,
                    unit_name: agenda
                        .roster
                        .unit(unit)
                        .map_or(unit.to_string(), |unit| unit.name.clone()),
                    place,
                    answer: given.answer,
                    by: given.by.clone(),
                    note: given.note.clone(),
                    day: slots.day(given.at),
                    until: given.until,
                    workdays_left: due
                        .map_or(0, |due| agenda.calendar.workdays.between(today, due)),
                    due,
                    evidence: duty_state.evidence.clone(),
                    duty,
                },
            ));
        }
    }
    found.sort_by(|a, b| (a.0, &a.1.duty).cmp(&(b.0, &b.1.duty)));
    found.into_iter().map(|(_, request)| request).collect()
}

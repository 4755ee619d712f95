//! Rule 11: an alert goes out at once, whatever the hour.

use jiff::Timestamp;

use super::case::Case;
use super::{Letter, Pass, Timetable};
use crate::core::agenda::{Agenda, Dated};
use crate::core::fact::{LetterKind, Part};
use crate::core::ladder::Rung;
use crate::core::state::State;

/// The letters of the alerts that were raised and are in none yet. One that nobody at the unit can be reached with
/// waits for the next slot, where it is a contact gap.
pub(super) fn plan_alerts(agenda: &Agenda, state: &State, now: Timestamp) -> Vec<Letter> {
    if state.alerts.is_empty() {
        return Vec::new();
    }
    let mut pass = Pass::new(agenda, state, now);
    for duty in &state.alerts {
        let known = state.duty(duty);
        let task = agenda.calendar.tasks.get(&duty.occurrence.task);
        let (Some(known), Some(task)) = (known, task) else {
            continue;
        };
        let (Some(raised), Some(unit)) = (&known.raised, agenda.roster.unit(&duty.unit)) else {
            continue;
        };
        let place = agenda.roster.position(&unit.id);
        let (Some(place), Some(group)) = (place, agenda.group_of(task, &unit.id)) else {
            continue;
        };
        if known.settled(task.times).is_some() {
            continue;
        }
        let dated = Dated::raised(pass.slots.day(raised.at), raised.due);
        let ladder = &agenda.groups(task)[group].ladder;
        let timetable = Timetable::new(ladder, &agenda.calendar.workdays, &dated, true);
        let happened = state.happened(&duty.occurrence);
        let case = Case::new(
            task,
            (place, unit),
            &[],
            &duty.occurrence,
            timetable,
            happened,
        );
        for address in case.acting(&pass) {
            case.tell(Rung::Opens, pass.today, &address, Part::Act, &mut pass);
        }
    }
    pass.into_letters(now, LetterKind::Alert)
}

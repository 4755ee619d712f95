//! A duty with all that is known of it: what the calendar asks, and what has happened.

use super::agenda::{Absent, Agenda, Dated};
use super::calendar::{Schedule, Task};
use super::duty::DutyId;
use super::plan::{Slots, Timetable};
use super::roster::Unit;
use super::state::DutyState;
use super::titles::title;

/// A duty with all that is known of it.
pub(super) struct Known<'a> {
    pub(super) id: &'a DutyId,
    pub(super) task: &'a Task,
    pub(super) unit: &'a Unit,
    pub(super) dated: Dated,
    /// Its days; a granted extension included.
    pub(super) timetable: Timetable<'a>,
    pub(super) state: &'a DutyState,
}

impl Known<'_> {
    /// What it is called: as it was raised, or as its task is.
    pub(super) fn title(&self) -> String {
        self.state
            .own_title()
            .unwrap_or_else(|| title(self.task, self.id.occurrence.period))
    }

    /// What it asks: why it was raised, and the task's standard.
    pub(super) fn detail(&self) -> String {
        let why = self
            .state
            .raised
            .as_ref()
            .map(|raised| raised.note.as_str());
        let parts = [why.unwrap_or(""), &self.task.detail];
        let said: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        said.join(" ")
    }
}

/// Everything known of a duty of which `state` has happened; `None` where the calendar has it no longer for this unit.
pub(super) fn known<'a>(
    agenda: &'a Agenda,
    slots: Slots<'a>,
    duty: &'a DutyId,
    state: &'a DutyState,
) -> Option<Known<'a>> {
    let task = agenda.calendar.tasks.get(&duty.occurrence.task)?;
    let at = agenda.roster.position(&duty.unit)?;
    let unit = &agenda.roster.units()[at];
    let group = (*agenda.members(&task.id).get(at)?)?;
    let dated = match (&task.schedule, &state.raised) {
        (Schedule::Conditional(_), Some(raised)) => {
            Ok(Dated::raised(slots.day(raised.at), raised.due))
        }
        (Schedule::Conditional(_), None) => Err(Absent::None),
        (Schedule::Dated(_), _) => agenda.occurrence(task, duty.occurrence.period, group).dated,
    };
    let dated = dated.ok()?;
    let ladder = &agenda.groups(task)[group].ladder;
    let within = task.every.lies_within_a_year();
    let mut timetable = Timetable::new(ladder, &agenda.calendar.workdays, &dated, within);
    if let Some(until) = state.extended_to {
        timetable.due = timetable.due.max(until);
    }
    Some(Known {
        id: duty,
        task,
        unit,
        dated,
        timetable,
        state,
    })
}

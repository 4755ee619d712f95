//! Which duties of other tasks cover an occurrence (`met_by`): found once for all units of a group.

use jiff::civil::Date;

use super::Pass;
use crate::core::agenda::Agenda;
use crate::core::calendar::Task;
use crate::core::duty::OccurrenceId;
use crate::core::names::UnitId;
use crate::core::period::PeriodKey;
use crate::core::state::{DutyState, Happened, How, State};

/// An occurrence that covers another one, for the units of one of its task's groups.
pub(super) struct Cover<'a> {
    pub(super) id: OccurrenceId,
    task: &'a Task,
    group: usize,
    members: &'a [Option<usize>],
    due: Date,
    happened: Happened<'a>,
}

/// The occurrences that cover one of a task for a group, due in its period.
pub(super) fn covers_of<'a>(
    agenda: &'a Agenda,
    state: &'a State,
    task: &Task,
    group: usize,
    period: PeriodKey,
) -> Vec<Cover<'a>> {
    agenda
        .covering(task, group, period)
        .into_iter()
        .map(|covering| Cover {
            task: covering.task,
            group: covering.group,
            members: agenda.members(&covering.task.id),
            due: covering.due,
            happened: state.happened(&covering.id),
            id: covering.id,
        })
        .collect()
}

impl Cover<'_> {
    /// Whether the duty of a unit, at this place in the roster, is open or done.
    pub(super) fn holds(&self, at: usize, unit: &UnitId, pass: &Pass<'_>) -> bool {
        if self.members.get(at).copied().flatten() != Some(self.group) {
            return false;
        }
        let happened = self.happened;
        if let Some(ending) = happened.ending(unit, self.task.times) {
            return ending.how == How::Done;
        }
        // Where the covering duty never was one, its day being over when the bell was hung, this one stands.
        let is_told = |state: &DutyState| !state.told.is_empty();
        happened.state(unit).is_some_and(is_told)
            || happened.rest(unit).is_some()
            || pass.was_asked(&self.task.id, unit, self.due)
    }
}

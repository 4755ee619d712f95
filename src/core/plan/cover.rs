//! Which duties of other tasks cover an occurrence (`met_by`): found once for all units of a group.

use jiff::civil::Date;

use super::Pass;
use super::gate::Gate;
use crate::core::agenda::Agenda;
use crate::core::calendar::Task;
use crate::core::duty::OccurrenceId;
use crate::core::period::PeriodKey;
use crate::core::roster::Unit;
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
    /// Whether the duty of a unit, at this place in the roster, is done, or is asked or may yet be.
    pub(super) fn holds(&self, at: usize, unit: &Unit, pass: &Pass<'_>) -> bool {
        if self.members.get(at).copied().flatten() != Some(self.group) {
            return false;
        }
        let happened = self.happened;
        if let Some(ending) = happened.ending(&unit.id, self.task.times) {
            return ending.how == How::Done;
        }
        let has_notice = |state: &DutyState| !state.told.is_empty();
        let is_told =
            happened.state(&unit.id).is_some_and(has_notice) || happened.rest(&unit.id).is_some();
        match pass.gate(self.task, self.id.period, (at, unit)) {
            // What it comes after was let off: nobody is asked for it any more.
            Gate::Gone(_) => false,
            // It may wait for ever, and this one would never be heard of.
            Gate::Shut => is_told,
            // Where the covering duty never was one, its day being over when the bell was hung, this one stands.
            Gate::Open | Gate::Since(_) => {
                is_told || pass.was_asked(&self.task.id, &unit.id, self.due)
            }
        }
    }
}

//! Whether the duty that one comes after (`after`) lets it open.

use jiff::civil::Date;

use super::case::Case;
use super::{Pass, Timetable};
use crate::core::calendar::Task;
use crate::core::period::PeriodKey;
use crate::core::roster::Unit;
use crate::core::state::How;

/// What a predecessor means for what comes after it.
pub(super) enum Gate {
    /// There is none, or it holds nothing up.
    Open,
    /// It was done on that day.
    Since(Date),
    /// It is not done yet.
    Shut,
    /// It was waived or does not apply: neither does this.
    Gone(How),
}

impl Pass<'_> {
    /// The gate before a task's duty in a period, of a unit at its place in the roster.
    pub(super) fn gate(&self, task: &Task, period: PeriodKey, (at, unit): (usize, &Unit)) -> Gate {
        let Some(named) = &task.after else {
            return Gate::Open;
        };
        let agenda = self.agenda;
        let Some(before) = agenda.calendar.tasks.get(named) else {
            return Gate::Open;
        };
        let Some(group) = agenda.group_of(before, &unit.id) else {
            return Gate::Open;
        };
        let occurrence = agenda.occurrence(before, period, group);
        let happened = self.state.happened(&occurrence.id);
        match happened.ending(&unit.id, before.times) {
            Some(ending) if ending.how == How::Done => Gate::Since(self.slots.day(ending.at)),
            Some(ending) => Gate::Gone(ending.how),
            None => {
                let Ok(dated) = &occurrence.dated else {
                    return Gate::Open;
                };
                let ladder = &agenda.groups(before)[group].ladder;
                let timetable = Timetable::new(ladder, &agenda.calendar.workdays, dated, false);
                let earlier =
                    Case::new(before, (at, unit), &[], &occurrence.id, timetable, happened);
                // A first step that never was a duty, its day being over before the bell was hung, holds nothing up.
                if happened.has(&unit.id) || earlier.exists(self) {
                    Gate::Shut
                } else {
                    Gate::Open
                }
            }
        }
    }
}

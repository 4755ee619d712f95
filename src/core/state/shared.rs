//! Names that stand in many places share their letters: each fact brings its own copy, and a county has a few thousand
//! names in a hundred thousand places.

use std::sync::Arc;

use super::State;
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::names::{Address, TaskId, UnitId};

impl State {
    /// The same duty by the names that are known already.
    pub(super) fn shared_duty(&self, duty: &DutyId) -> DutyId {
        DutyId {
            occurrence: self.shared_occurrence(&duty.occurrence),
            unit: self.shared_unit(&duty.unit),
        }
    }

    /// The same address, shared with the one that was reached.
    pub(super) fn shared_address(&self, address: &Address) -> Address {
        let known = self.reached.get_key_value(address);
        known.map_or(address, |(known, _)| known).clone()
    }

    fn shared_occurrence(&self, id: &OccurrenceId) -> OccurrenceId {
        OccurrenceId {
            task: self.shared_task(&id.task),
            period: id.period,
        }
    }

    fn shared_task(&self, task: &TaskId) -> TaskId {
        let known = self.tasks_seen.get_key_value(task);
        known.map_or(task, |(known, _)| known).clone()
    }

    fn shared_unit(&self, unit: &UnitId) -> UnitId {
        let known = self.units_seen.get_key_value(unit);
        known.map_or(unit, |(known, _)| known).clone()
    }

    /// Shares what was read from a checkpoint, where each name is written out.
    pub fn share_names(&mut self) {
        let duties = std::mem::take(&mut self.duties);
        for (id, units) in duties {
            let mut shared = Vec::with_capacity(units.len());
            for (unit, mut state) in units {
                let known = Arc::make_mut(&mut state);
                for told in &mut known.told {
                    told.address = self.shared_address(&told.address);
                }
                for given in &mut known.answers {
                    given.address = given.address.as_ref().map(|at| self.shared_address(at));
                }
                shared.push((self.shared_unit(&unit), state));
            }
            let id = self.shared_occurrence(&id);
            self.duties.insert(id, shared.into_iter().collect());
        }
        let mut letters = std::mem::take(&mut self.letters);
        for letter in letters.values_mut() {
            letter.address = self.shared_address(&letter.address);
            for duty in letter.duties.iter_mut().chain(&mut letter.numbered) {
                *duty = self.shared_duty(duty);
            }
        }
        self.letters = letters;
    }
}

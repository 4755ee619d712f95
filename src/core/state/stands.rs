//! What a state with a shelf has to agree in with one without: all of it.

use std::collections::BTreeMap;

use super::State;
use crate::core::agenda::Agenda;
use crate::core::plan::Slots;

impl State {
    /// Whether this state stands for the same facts as one that has nothing on a shelf: what is in memory is the same,
    /// and what is on the shelf ended there as well, in the same way and on the same day.
    pub fn stands_for(&self, whole: &Self, agenda: &Agenda) -> bool {
        let mut expected = whole.clone();
        if !self.shelf_agrees(whole, agenda) {
            return false;
        }
        for (id, units) in &mut expected.duties {
            for unit in self.shelf.units_of(id) {
                units.remove(unit);
            }
        }
        expected.duties.retain(|_, units| !units.is_empty());
        expected.letters = std::mem::take(&mut expected.letters)
            .into_iter()
            .filter(|(no, _)| !self.is_letter_shelved(*no))
            .collect::<BTreeMap<_, _>>();
        // What troubles nobody any more, and requests that were decided, need not be kept in mind.
        let is_part =
            self.refused.is_subset(&whole.refused) && self.matters.is_subset(&whole.matters);
        expected.refused.clone_from(&self.refused);
        expected.matters.clone_from(&self.matters);
        expected.shelf = self.shelf.clone();
        is_part && expected == *self
    }

    fn shelf_agrees(&self, whole: &Self, agenda: &Agenda) -> bool {
        let slots = Slots::new(&agenda.calendar);
        self.shelf.occurrences().all(|id| {
            let times = agenda.calendar.tasks.get(&id.task).map_or(1, |t| t.times);
            let happened = whole.happened(id);
            self.shelf.of(id).all(|(unit, rest, stub)| {
                let Some(state) = happened.state(unit) else {
                    return false;
                };
                let same = match (rest.ending, state.ending(times)) {
                    (Some(ours), Some(theirs)) => {
                        ours.how == theirs.how && slots.day(ours.at) == slots.day(theirs.at)
                    }
                    (ours, _) => ours.is_none(),
                };
                same && state.extended_to == rest.extended_to && state.raised == stub.raised
            })
        })
    }
}

//! What a state with a shelf has to agree in with one without: all of it.

use schoolbell::core::agenda::Agenda;
use schoolbell::core::plan::{Slots, undelivered};
use schoolbell::core::state::State;

/// Whether a state stands for the same facts as one that has nothing on a shelf: what is in memory is the same, what is on
/// the shelf ended there as well, in the same way and on the same day, and what is not in mind any more troubles nobody.
pub(crate) fn stands_for(ours: &State, whole: &State, agenda: &Agenda) -> bool {
    if !shelf_agrees(ours, whole, agenda) || !troubles_agree(ours, whole, agenda) {
        return false;
    }
    let mut expected = whole.clone();
    for (id, units) in &mut expected.duties {
        for unit in ours.shelf().units_of(id) {
            units.remove(unit);
        }
    }
    expected.duties.retain(|_, units| !units.is_empty());
    expected
        .letters
        .retain(|no, _| !ours.is_letter_shelved(*no));
    expected.refused.clone_from(&ours.refused);
    expected.matters.clone_from(&ours.matters);
    *expected.shelf_mut() = ours.shelf().clone();
    expected == *ours && ours.next_letter() == whole.next_letter()
}

/// Letters that did not arrive are forgotten where a later one did, and requests that were decided.
fn troubles_agree(ours: &State, whole: &State, agenda: &Agenda) -> bool {
    let today = whole
        .last_fact
        .map(|at| Slots::new(&agenda.calendar).day(at));
    let same = today.is_none_or(|today| {
        let left = |state| {
            let found = undelivered(agenda, state, today);
            format!("{found:?}")
        };
        left(ours) == left(whole)
    });
    let mut forgotten = whole.matters.difference(&ours.matters);
    same && ours.refused.is_subset(&whole.refused)
        && ours.matters.is_subset(&whole.matters)
        && forgotten.all(|(matter, _)| matter.starts_with("request:"))
}

fn shelf_agrees(ours: &State, whole: &State, agenda: &Agenda) -> bool {
    let slots = Slots::new(&agenda.calendar);
    ours.shelf().occurrences().all(|id| {
        let times = agenda.calendar.times(&id.task);
        let happened = whole.happened(id);
        ours.shelf().of(id).all(|(unit, rest, stub)| {
            let Some(state) = happened.state(unit) else {
                return false;
            };
            let same = match (rest.ending, state.ending(times)) {
                (Some(ours), Some(theirs)) => {
                    ours.how == theirs.how && slots.day(ours.at) == slots.day(theirs.at)
                }
                (None, None) => true,
                _ => false,
            };
            same && state.extended_to == rest.extended_to && state.raised == stub.raised
        })
    })
}

//! What will go out if nobody answers: the planner itself, walked from slot to slot over an imagined ledger in which
//! every letter arrives.

use jiff::Timestamp;
use jiff::civil::Date;

use super::agenda::Agenda;
use super::fact::{Event, Fact, Outcome};
use super::plan::{Letter, Plan, Slots, first_sights, plan};
use super::state::State;

impl Plan {
    /// The facts of this plan: each letter with its notices, and that the slot was decided. `message_id` gives a
    /// letter's `Message-ID`.
    pub fn events(&self, message_id: impl Fn(&Letter) -> String) -> Vec<Event> {
        let mut events = Vec::new();
        for letter in &self.letters {
            events.extend(letter.events(message_id(letter)));
        }
        events.extend(self.slot.map(|slot| Event::SlotPassed {
            slot,
            after_outage: self.after_outage,
        }));
        events
    }
}

impl Letter {
    /// The facts of one letter.
    fn events(&self, message_id: String) -> Vec<Event> {
        let mut events = vec![Event::LetterQueued {
            letter: self.number,
            slot: self.slot,
            address: self.address.clone(),
            message_id,
            kind: self.kind,
            folds: self.folds.clone(),
            alert: None,
        }];
        events.extend(self.notices.iter().map(|notice| Event::Notice {
            duty: notice.duty.clone(),
            rung: notice.rung,
            due: notice.due,
            day: notice.day,
            address: notice.address.clone(),
            letter: self.number,
            part: notice.part,
        }));
        events.extend(self.matters.iter().map(|(matter, text)| Event::Matter {
            matter: matter.clone(),
            text: text.clone(),
            address: self.address.clone(),
            letter: self.number,
        }));
        events
    }
}

/// Walks the slots after `now` up to and with the day `to`, and shows each plan that has letters.
pub fn forecast(
    agenda: &Agenda,
    mut state: State,
    now: Timestamp,
    to: Date,
    mut show: impl FnMut(&Plan),
) {
    let slots = Slots::new(&agenda.calendar);
    let take = |state: &mut State, at: Timestamp, what: Event| state.apply(&Fact { at, what });
    if state.hung.is_none() {
        let installation = String::new();
        take(&mut state, now, Event::BellHung { installation });
    }
    for event in first_sights(agenda, &state) {
        take(&mut state, now, event);
    }
    // What waits in the queue is taken as arrived: a forecast is of a service that works.
    for no in state.open_letters.clone() {
        arrive(&mut state, now, no);
    }
    let mut at = now;
    loop {
        let due = plan(agenda, &state, at);
        let Some(next) = due.next else { return };
        for event in due.events(|_| String::new()) {
            take(&mut state, at, event);
        }
        for letter in &due.letters {
            arrive(&mut state, at, letter.number);
        }
        if !due.letters.is_empty() {
            show(&due);
        }
        if slots.day(next) > to {
            return;
        }
        at = next;
    }
}

fn arrive(state: &mut State, at: Timestamp, letter: u64) {
    let Some(found) = state.letters.get(&letter) else {
        return;
    };
    let what = Event::Outcome {
        letter,
        address: found.address.clone(),
        message_id: String::new(),
        outcome: Outcome::Accepted,
        text: String::new(),
        retry_at: None,
    };
    state.apply(&Fact { at, what });
}

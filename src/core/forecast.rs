//! What will go out if nobody answers: the planner itself, walked from slot to slot over an imagined ledger in which
//! every letter arrives.

use jiff::Timestamp;
use jiff::civil::Date;

use super::agenda::Agenda;
use super::fact::{Event, Fact, LetterNo, Outcome};
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
            heard: Some(self.heard),
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
            about: None,
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
        events.extend(self.bulletins.iter().map(|period| Event::BulletinSent {
            bulletin: *period,
            address: self.address.clone(),
            letter: self.number,
        }));
        events
    }
}

/// A walk from slot to slot, in which every letter arrives and whatever else happens is told to it.
pub struct Forecast<'a> {
    agenda: &'a Agenda,
    state: State,
    at: Timestamp,
}

impl<'a> Forecast<'a> {
    /// Begins at `now`. What waits in the queue is taken as arrived: a forecast is of a service that works.
    pub fn new(agenda: &'a Agenda, state: State, now: Timestamp) -> Self {
        let mut walk = Self {
            agenda,
            state,
            at: now,
        };
        if walk.state.hung.is_none() {
            let installation = String::new();
            walk.take(Event::BellHung { installation });
        }
        for event in first_sights(agenda, &walk.state) {
            walk.take(event);
        }
        for no in walk.state.open_letters.clone() {
            walk.arrive(no);
        }
        walk
    }

    /// The next pass, with its letters arrived, and the instant it was decided at; `None` at the end of time. Most have
    /// no letters.
    pub fn pass(&mut self) -> Option<(Timestamp, Plan)> {
        let due = self.look();
        let next = due.next?;
        Some((self.go_on(&due, next), due))
    }

    fn look(&self) -> Plan {
        plan(self.agenda, &self.state, self.at)
    }

    /// Imagines that a pass is decided and its letters arrive. The instant it was decided at.
    fn go_on(&mut self, due: &Plan, next: Timestamp) -> Timestamp {
        for event in due.events(|_| String::new()) {
            self.take(event);
        }
        for letter in &due.letters {
            self.arrive(letter.number);
        }
        std::mem::replace(&mut self.at, next)
    }

    /// When the next pass is.
    pub fn next(&self) -> Timestamp {
        self.at
    }

    /// What has happened by now, as imagined.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Imagines that something happens before the next pass.
    pub fn take(&mut self, what: Event) {
        self.state.apply(&Fact { at: self.at, what });
    }

    /// Goes on with another calendar or roster.
    pub fn edited(self, agenda: &Agenda) -> Forecast<'_> {
        Forecast {
            agenda,
            state: self.state,
            at: self.at,
        }
    }

    fn arrive(&mut self, letter: LetterNo) {
        let Some(found) = self.state.letters.get(&letter) else {
            return;
        };
        self.take(Event::Outcome {
            letter,
            address: found.address.clone(),
            message_id: String::new(),
            outcome: Outcome::Accepted,
            text: String::new(),
            retry_at: None,
        });
    }
}

/// The first slot after `now` that has letters, up to and with the day `to`, and how many. No further is looked.
pub fn next_letters(
    agenda: &Agenda,
    state: State,
    now: Timestamp,
    to: Date,
) -> Option<(Timestamp, usize)> {
    let slots = Slots::new(&agenda.calendar);
    let mut walk = Forecast::new(agenda, state, now);
    while slots.day(walk.next()) <= to {
        let due = walk.look();
        match due.slot {
            Some(slot) if !due.letters.is_empty() => return Some((slot, due.letters.len())),
            _ => walk.go_on(&due, due.next?),
        };
    }
    None
}

/// Walks the slots after `now` up to and with the day `to`, and shows each plan that has letters.
pub fn forecast(
    agenda: &Agenda,
    state: State,
    now: Timestamp,
    to: Date,
    mut show: impl FnMut(&Plan),
) {
    let slots = Slots::new(&agenda.calendar);
    let mut walk = Forecast::new(agenda, state, now);
    while let Some((_, due)) = walk.pass() {
        if !due.letters.is_empty() {
            show(&due);
        }
        if slots.day(walk.next()) > to {
            return;
        }
    }
}

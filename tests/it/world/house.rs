//! The house that is tested: the real planner and the real ledger, with as little between them as will do until the
//! daemon's own beat and courier can stand here.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use schoolbell::core::agenda::Agenda;
use schoolbell::core::compose::{Reader, compose};
use schoolbell::core::fact::{Event, Fact, LetterNo, Outcome};
use schoolbell::core::plan::{Letter, Plan, first_sights, plan};
use schoolbell::core::state::{LetterStatus, State};
use schoolbell::ledger::{Ledger, Nature};
use tempfile::TempDir;

use super::post::{Delivery, Post};

/// How long a letter is tried again.
const DEADLINE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Where the power fails within a beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fall {
    /// The letters are planned and not committed.
    Planned,
    /// They are committed and nothing is sent.
    Committed,
    /// A letter is sent, and its end is not on record.
    Attempted,
}

/// How a beat ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    Done,
    /// The power failed.
    Fell,
}

/// What a letter's sending came to.
pub(crate) struct Sent {
    pub(crate) letter: LetterNo,
    pub(crate) delivery: Delivery,
}

/// Planner, ledger and what is known of it in memory.
pub(crate) struct House {
    folder: TempDir,
    ledger: Option<Ledger>,
    seq: u64,
    pub(crate) state: State,
    /// Every fact, as read back from the ledger.
    pub(crate) facts: Vec<Fact>,
    pub(crate) agenda: Arc<Agenda>,
}

impl House {
    /// Hangs the bell.
    pub(crate) fn new(agenda: Arc<Agenda>, now: Timestamp) -> Self {
        let folder = if Path::new("/dev/shm").is_dir() {
            tempfile::tempdir_in("/dev/shm")
        } else {
            tempfile::tempdir()
        };
        let mut house = Self {
            folder: folder.expect("a folder"),
            ledger: None,
            seq: 0,
            state: State::default(),
            facts: Vec::new(),
            agenda,
        };
        house.start(now);
        let installation = "world".to_owned();
        house.append(now, vec![Event::BellHung { installation }]);
        house.load(Arc::clone(&house.agenda), now);
        house
    }

    /// Reads the ledger from its beginning, as after any start. What was being sent may have arrived.
    pub(crate) fn start(&mut self, now: Timestamp) {
        self.ledger = None;
        self.state = State::default();
        self.facts.clear();
        self.seq = 0;
        let opened = Ledger::open_exclusive(self.folder.path(), Nature::Pretend, "world");
        self.ledger = Some(opened.expect("the ledger opens"));
        self.follow();
        let interrupted: Vec<Event> = self
            .state
            .open_letters
            .iter()
            .filter(|no| self.state.letters[no].status == LetterStatus::Attempting)
            .map(|no| self.outcome(*no, Outcome::Unknown, "interrupted", Some(now)))
            .collect();
        self.append(now, interrupted);
    }

    /// Puts another calendar or roster in force.
    pub(crate) fn load(&mut self, agenda: Arc<Agenda>, now: Timestamp) {
        self.agenda = agenda;
        let version = format!("version-{}", self.facts.len());
        let mut events = vec![Event::CalendarVersion { version }];
        events.extend(first_sights(&self.agenda, &self.state));
        self.append(now, events);
    }

    /// Records what happened.
    pub(crate) fn append(&mut self, now: Timestamp, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let ledger = self.ledger.as_ref().expect("the ledger is open");
        ledger.append(now, events).expect("the facts are taken");
        self.follow();
    }

    fn follow(&mut self) {
        let ledger = self.ledger.as_ref().expect("the ledger is open");
        for (seq, fact) in ledger.facts_since(self.seq).expect("the facts") {
            self.seq = seq;
            self.state.apply(&fact);
            self.facts.push(fact);
        }
    }

    /// What is due now.
    pub(crate) fn plan(&self, now: Timestamp) -> Plan {
        plan(&self.agenda, &self.state, now)
    }

    /// Queues what was planned.
    pub(crate) fn queue(&mut self, plan: &Plan, now: Timestamp, fall: Option<Fall>) -> Beat {
        if fall == Some(Fall::Planned) {
            return Beat::Fell;
        }
        let name = |letter: &Letter| format!("<{}.{}@world>", letter.slot, letter.address);
        self.append(now, plan.events(name));
        if fall == Some(Fall::Committed) {
            Beat::Fell
        } else {
            Beat::Done
        }
    }

    /// Sends what waits, and says what became of each.
    pub(crate) fn deliver(
        &mut self,
        now: Timestamp,
        post: &mut Post,
        fall: Option<Fall>,
        sent: &mut Vec<Sent>,
    ) -> Beat {
        let due: Vec<LetterNo> = self.state.open_letters.iter().copied().collect();
        let falls_at = (fall == Some(Fall::Attempted)).then_some(due.len() / 2);
        for (nth, no) in due.into_iter().enumerate() {
            let letter = &self.state.letters[&no];
            if letter.retry_at.is_some_and(|at| now < at) {
                continue;
            }
            let (address, message_id) = (letter.address.clone(), letter.message_id.clone());
            if now.duration_since(letter.queued) > DEADLINE {
                let outcome = self.outcome(no, Outcome::Refused, "given up", None);
                self.append(now, vec![outcome]);
                continue;
            }
            // Promise P2, asked once more at the moment of sending.
            if compose(&self.agenda, &self.state, no, now, Reader::Mail).is_none() {
                let outcome = self.outcome(no, Outcome::Dropped, "nothing holds", None);
                self.append(now, vec![outcome]);
                continue;
            }
            let attempt = Event::Attempt {
                letter: no,
                address: address.clone(),
                message_id: message_id.clone(),
                nth: letter.attempts + 1,
                numbered: Vec::new(),
            };
            let ledger = self.ledger.as_ref().expect("the ledger is open");
            let begun = ledger.begin_attempt(now, attempt, Some(message_id.as_bytes()));
            begun.expect("the attempt is taken");
            self.follow();
            let falls = falls_at == Some(nth);
            let delivery = post.take(&address, &message_id, !falls);
            if falls {
                return Beat::Fell;
            }
            self.record(no, delivery, now);
            sent.push(Sent {
                letter: no,
                delivery,
            });
        }
        Beat::Done
    }

    fn record(&mut self, no: LetterNo, delivery: Delivery, now: Timestamp) {
        let later = now.saturating_add(SignedDuration::from_mins(30)).ok();
        let (outcome, retry_at) = match delivery {
            Delivery::Accepted => (Outcome::Accepted, None),
            Delivery::Deferred => (Outcome::Deferred, later),
            Delivery::Unknown => (Outcome::Unknown, later),
            Delivery::Refused => (Outcome::Refused, None),
        };
        let mut events = vec![self.outcome(no, outcome, "", retry_at)];
        if delivery == Delivery::Refused {
            events.push(Event::Unreachable {
                address: self.state.letters[&no].address.clone(),
                text: "550 5.1.1".to_owned(),
            });
        }
        self.append(now, events);
    }

    fn outcome(
        &self,
        letter: LetterNo,
        outcome: Outcome,
        text: &str,
        retry_at: Option<Timestamp>,
    ) -> Event {
        let found = &self.state.letters[&letter];
        Event::Outcome {
            letter,
            address: found.address.clone(),
            message_id: found.message_id.clone(),
            outcome,
            text: text.to_owned(),
            retry_at,
        }
    }

    /// When the next letter is to be tried again.
    pub(crate) fn next_retry(&self) -> Option<Timestamp> {
        self.state
            .open_letters
            .iter()
            .filter_map(|no| self.state.letters[no].retry_at)
            .min()
    }
}

//! The courier: carries what is queued over the kept connections, and records how each letter ended.
//!
//! It goes step by step: what has come back is recorded and what is next is made ready under the book's lock, in one
//! commit; then those set out. So many connections share a sync, and a letter's attempt is on disk before it is sent.
//! A step waits for nothing and sends nothing: [`delivery`] carries what it hands out, and a simulation may as well.

mod delivery;
mod ends;
mod line;
mod ready;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::office::{Book, House, Office};
use crate::config;
use crate::core::fact::{Event, LetterNo, Outcome};
use crate::core::state::LetterState;
use crate::ledger::{Entry, LedgerError};
use crate::mail::carriers::{Ended, Load};
use crate::mail::{Pace, Sent, Wait};

pub(super) use delivery::{Delivery, transports};
use ends::{outcome, quarantined, verdict};
use line::{Line, domain_of};
use ready::{Ahead, Made, Ready, make};

/// How long the queue rests when the ledger takes nothing.
const LEDGER_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// The first letter after a failure goes alone, for at most so long.
const ALONE_FOR: Duration = Duration::from_secs(5);

/// A domain whose letter was held up for so long, and not taken, ails.
const HELD_UP: Duration = Duration::from_secs(1);

/// The courier: what it decides, without the connections.
pub(super) struct Courier {
    office: Arc<Office>,
    house: Arc<House>,
    pace: Pace,
    line: Line,
    /// What was written of letters before their turn.
    ahead: HashMap<LetterNo, Ahead>,
    /// What is on its way.
    carrying: HashMap<LetterNo, Carrying>,
    /// Ends that are not on record yet: recorded before anything else is sent.
    ended: Vec<Ended>,
    /// What is on record as begun and is to be carried now.
    leaving: Vec<Load>,
    /// Until when the whole queue rests.
    rests_until: Option<Timestamp>,
    /// Whether the server has answered for a letter since the start, or since it last failed us.
    trusts: bool,
    set_out_last: Instant,
}

struct Carrying {
    letter: LetterState,
    domain: String,
    /// Whether it has come back, and only its end is not on record yet.
    is_back: bool,
}

/// The ways out, as they stand before a step.
#[derive(Clone, Copy, Debug)]
pub struct Ways {
    /// How many letters can be carried at once now.
    pub free: usize,
    /// How many there are that the server puts up with.
    pub all: usize,
}

/// What a step came to.
#[derive(Default)]
pub(super) struct Step {
    /// Whether anything changed, so that another step may find more.
    pub(super) moved: bool,
    /// How long to wait for a share of the pace.
    pace: Option<Duration>,
}

/// When a letter may set out next.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NextStart {
    /// By the clock: when the queue has rested, or else the first of those that were put off is tried again.
    pub(super) at: Option<Timestamp>,
    /// By the time that no step of the clock changes: when the pace has a share again, or the first letter after a
    /// failure has been alone for long enough.
    pub(super) after: Option<Duration>,
}

/// What was taken out of the line in a step.
#[derive(Default)]
struct Batch {
    /// What is to set out.
    ready: Vec<Ready>,
    /// The facts of what is over, and of what cannot be made.
    events: Vec<Event>,
    /// What cannot be made, and why.
    poisoned: Vec<(LetterNo, LetterState, String)>,
    /// How long to wait for a share of the pace.
    pace: Option<Duration>,
    /// What kept the ledger from being read.
    trouble: Option<LedgerError>,
}

/// The most letters that are found to be over in one step: nobody is kept waiting for the book meanwhile.
const OVER_AT_MOST: usize = 256;

impl Courier {
    pub(super) fn new(office: Arc<Office>) -> Self {
        let house = office.house();
        Self {
            pace: Pace::new(house.settings.mail.rate),
            set_out_last: office.clock.steady(),
            office,
            house,
            line: Line::default(),
            ahead: HashMap::new(),
            carrying: HashMap::new(),
            ended: Vec::new(),
            leaving: Vec::new(),
            rests_until: None,
            trusts: false,
        }
    }

    /// What has come back: recorded with the next step.
    pub(super) fn came_back(&mut self, ended: Ended) {
        self.ended.push(ended);
    }

    /// One step, as far as there is anything to do. `starts` is whether anything new may set out.
    ///
    /// A full or busy ledger passes, and the queue rests for a while; a broken one does not.
    pub(super) fn go_on(&mut self, ways: Ways, starts: bool) -> Result<Step, LedgerError> {
        let now = self.office.clock.now();
        self.rests_until = self.rests_until.filter(|until| now < *until);
        let may_start = starts && self.rests_until.is_none();
        let most = if may_start {
            self.most_to_start(ways)
        } else {
            0
        };
        if most == 0 && self.ended.is_empty() {
            return Ok(Step::default());
        }
        let error = match self.step(most, ways.all) {
            Ok(step) => return Ok(step),
            Err(error) => error,
        };
        self.office.heed(Some(&error));
        match error {
            LedgerError::Full(_) | LedgerError::Busy(_) => {
                tracing::error!(%error, "台账记不下,发信暂停");
                self.rests_until = now.checked_add(LEDGER_PAUSE).ok();
                Ok(Step::default())
            }
            error => Err(error),
        }
    }

    /// Takes over the agenda, the templates and the rates that a reload brought.
    pub(super) fn move_in(&mut self, house: Arc<House>) {
        if Arc::ptr_eq(&house, &self.house) {
            return;
        }
        if house.settings.mail.rate != self.house.settings.mail.rate {
            self.pace = Pace::new(house.settings.mail.rate);
        }
        self.ahead.clear();
        self.house = house;
    }

    /// Whether nothing is on its way: what lies in hand has come back, and only its end is not on record yet.
    fn is_idle(&self) -> bool {
        self.carrying.len() == self.ended.len()
    }

    /// What makes another step worth while after this one, if nothing comes back before.
    pub(super) fn next_start(&self, step: &Step) -> NextStart {
        // Until the queue has rested nothing sets out, whatever else would let it.
        if self.rests_until.is_some() {
            return NextStart {
                at: self.rests_until,
                after: None,
            };
        }
        let alone = self.alone_for().filter(|left| !left.is_zero());
        NextStart {
            at: self.line.retry_at(),
            after: alone.into_iter().chain(step.pace).min(),
        }
    }

    /// What is on record as begun, to be carried now.
    pub(super) fn take_leaving(&mut self) -> Vec<Load> {
        std::mem::take(&mut self.leaving)
    }

    /// While the first letter after a failure is under way, how long the others wait for it at most.
    fn alone_for(&self) -> Option<Duration> {
        let is_alone = !self.trusts && !self.carrying.is_empty();
        is_alone.then(|| ALONE_FOR.saturating_sub(self.since_set_out()))
    }

    fn since_set_out(&self) -> Duration {
        self.office
            .clock
            .steady()
            .saturating_duration_since(self.set_out_last)
    }

    /// Records what has come back and sets out at most so many letters, in one commit.
    fn step(&mut self, most: usize, ways: usize) -> Result<Step, LedgerError> {
        let office = Arc::clone(&self.office);
        let mut book = office.book()?;
        let now = office.clock.now();
        let ended = std::mem::take(&mut self.ended);
        let mut events = self.judge(&ended, now);
        let mut batch = if self.rests_until.is_none() {
            self.make_ready(&book, most, ways, now)
        } else {
            Batch::default()
        };
        events.append(&mut batch.events);
        let facts = (!events.is_empty()).then_some(Entry::Facts(&events));
        let has_facts = facts.is_some();
        let attempts = batch.ready.iter();
        let attempts = attempts.map(|ready| Entry::Attempt {
            event: &ready.attempt,
            bytes: &ready.bytes,
            pattern: ready.pattern.as_ref(),
        });
        let entries: Vec<Entry<'_>> = facts.into_iter().chain(attempts).collect();
        // What the disk takes is time to write those that come next.
        let mut soon = self.line.soon(batch.ready.len(), office.clock.steady());
        let house = Arc::clone(&self.house);
        let ahead = &mut self.ahead;
        let mut pending = office.ledger.begin_together(now, &entries);
        while ahead.len() < ways && !pending.has_ended() {
            let Some(no) = soon.find(|no| !ahead.contains_key(no)) else {
                break;
            };
            ahead.insert(no, Ahead::of(&office, &house, &book.state, no, now));
        }
        let facts: Vec<Vec<Event>> = entries.iter().map(|one| one.events().to_vec()).collect();
        let ends = office.end_together(&mut book, now, pending, facts);
        let mut ends = ends.into_iter();
        let recorded = if has_facts { ends.next() } else { None };
        drop(book);
        let problems: Vec<_> = batch
            .ready
            .iter()
            .flat_map(|r| r.problems.clone())
            .collect();
        let moved = !entries.is_empty();
        // What was begun sets out, whatever became of the rest.
        let trouble = self.set_out(batch.ready, ends);
        if let Some(Err(error)) = recorded {
            self.ended.extend(ended);
            return Err(error);
        }
        let mut told = self.report(&ended);
        for (no, letter, problem) in &batch.poisoned {
            told = told.and(self.office.tell_of_quarantine(*no, letter, problem));
        }
        told.and(self.office.tell_of_templates(&problems))?;
        match trouble.or(batch.trouble) {
            Some(error) => Err(error),
            None => Ok(Step {
                moved,
                pace: batch.pace,
            }),
        }
    }

    /// How many letters may set out. After a failure one goes alone, so that a wrong password is tried once.
    fn most_to_start(&self, ways: Ways) -> usize {
        let is_over = self.alone_for().is_some_and(|left| left.is_zero());
        if self.trusts || is_over {
            return ways.free;
        }
        ways.free.min(usize::from(self.is_idle()))
    }

    /// The facts of what has come back.
    fn judge(&mut self, ended: &[Ended], now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        for end in ended {
            let Some(carried) = self.carrying.get_mut(&end.letter) else {
                continue;
            };
            // The ends are judged again where the ledger would not take them.
            if !std::mem::replace(&mut carried.is_back, true) {
                self.line.came_back(&carried.domain, ails(end));
            }
            let verdict = verdict(end.letter, &carried.letter, &end.sent, now);
            self.rests_until = self.rests_until.max(verdict.rests_until);
            events.extend(verdict.events);
        }
        if !ended.is_empty() {
            self.trusts = self.rests_until.is_none();
        }
        events
    }

    /// Takes letters out of the line and makes them ready, so many at most.
    fn make_ready(&mut self, book: &Book, most: usize, ways: usize, now: Timestamp) -> Batch {
        let mut batch = Batch::default();
        let steady = self.office.clock.steady();
        if most > 0 {
            self.line.refresh(&book.state, now, steady);
            self.ahead.retain(|_, ahead| ahead.is_of(now));
        }
        while batch.ready.len() < most && batch.events.len() < OVER_AT_MOST {
            let Some((no, domain)) = self.line.first(ways, steady) else {
                batch.pace = self.line.held_back_for(steady);
                break;
            };
            let domain = domain.to_owned();
            match self.take_share(&domain) {
                Ok(()) => self.line.take(&domain),
                Err(Wait::All(wait)) => {
                    batch.pace = Some(wait);
                    break;
                }
                Err(Wait::Domain(wait)) => {
                    self.line.hold_back(&domain, steady + wait);
                    continue;
                }
            }
            let ahead = self.ahead.remove(&no);
            match make(&self.office, &self.house, &book.state, no, ahead, now) {
                Ok(Made::Ready(made)) => {
                    self.line.set_out(&domain);
                    batch.ready.push(*made);
                    continue;
                }
                Ok(Made::Over(event)) => batch.events.push(event),
                Ok(Made::Poisoned(letter, problem)) => {
                    let text = quarantined(&problem);
                    let end = outcome(no, &letter, Outcome::Refused, &text, None);
                    batch.events.push(end);
                    batch.poisoned.push((no, letter, problem));
                }
                Ok(Made::Gone) => {}
                Err(error) => {
                    batch.trouble = Some(error);
                    break;
                }
            }
            self.pace.leave();
        }
        batch
    }

    /// Only a server can be overrun; a folder takes all at once.
    fn take_share(&mut self, domain: &str) -> Result<(), Wait> {
        match self.house.settings.mail.transport {
            config::Transport::Smtp(_) => self.pace.take(domain),
            config::Transport::Spool(_) => Ok(()),
        }
    }

    /// Sends off what is on record as begun. What the ledger would not have stays; a letter it refuses for itself is
    /// set aside.
    fn set_out(
        &mut self,
        ready: Vec<Ready>,
        begun: impl Iterator<Item = Result<(), LedgerError>>,
    ) -> Option<LedgerError> {
        let mut trouble = None;
        for (ready, begun) in ready.into_iter().zip(begun) {
            let domain = domain_of(&ready.letter);
            let (no, slot) = (ready.no, ready.letter.slot);
            let letter = ready.letter;
            match begun {
                Ok(()) => {
                    self.set_out_last = self.office.clock.steady();
                    self.carrying.insert(
                        no,
                        Carrying {
                            letter,
                            domain,
                            is_back: false,
                        },
                    );
                    self.leaving.push(Load {
                        letter: no,
                        slot,
                        envelope: ready.envelope,
                        bytes: ready.bytes,
                    });
                }
                Err(LedgerError::Refused(why)) => {
                    self.carrying.insert(
                        no,
                        Carrying {
                            letter,
                            domain,
                            is_back: false,
                        },
                    );
                    self.ended.push(Ended::unsent(no, Err(why)));
                }
                Err(error) => {
                    self.line.came_back(&domain, None);
                    trouble = Some(error);
                }
            }
        }
        trouble
    }

    /// What is on record as ended is on its way no more, all of it, even where the officers cannot be told just now.
    fn report(&mut self, ended: &[Ended]) -> Result<(), LedgerError> {
        let rests = self.rests_until.is_some();
        let mut told = Ok(());
        for end in ended {
            if let Some(carried) = self.carrying.remove(&end.letter) {
                let reported = self
                    .office
                    .report(end.letter, &carried.letter, &end.sent, rests);
                told = told.and(reported);
            }
        }
        told
    }
}

/// Whether a domain ails, as far as a letter's end tells.
fn ails(end: &Ended) -> Option<bool> {
    match &end.sent {
        Ok(Sent::Accepted(_)) => Some(false),
        Ok(Sent::Deferred { relay: false, .. } | Sent::Unknown(_)) if end.took >= HELD_UP => {
            Some(true)
        }
        _ => None,
    }
}

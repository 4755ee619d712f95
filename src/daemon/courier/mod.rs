//! The courier: carries what is queued over the kept connections, and records how each letter ended.
//!
//! It goes step by step: what has come back is recorded and what is next is made ready under the book's lock, in one
//! commit; then those set out. So many connections share a sync, and a letter's attempt is on disk before it is sent.

mod ends;
mod line;
mod ready;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::office::{Book, House, Office};
use crate::clock::Clock;
use crate::config;
use crate::core::fact::{Event, LetterNo, Outcome};
use crate::core::state::{LetterState, LetterStatus};
use crate::ledger::{Entry, LedgerError};
use crate::mail::carriers::{Ended, Load};
use crate::mail::{Carriers, Pace, Sent, Spool, Transport, Unusable, Wait};

use ends::{outcome, quarantined, verdict};
use line::{Line, domain_of};
use ready::{Made, Ready, make};

/// How long the queue rests when the ledger takes nothing.
const LEDGER_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// The first letter after a failure goes alone, for at most so long.
const ALONE_FOR: Duration = Duration::from_secs(5);

/// A domain whose letter was held up for so long, and not taken, ails.
const HELD_UP: Duration = Duration::from_secs(1);

/// The courier, with its connections.
pub(super) struct Courier {
    office: Arc<Office>,
    house: Arc<House>,
    carriers: Carriers,
    pace: Pace,
    line: Line,
    /// What is on its way.
    carrying: HashMap<LetterNo, Carrying>,
    /// Ends that are not on record yet: recorded before anything else is sent.
    ended: Vec<Ended>,
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

/// What a step came to.
#[derive(Default)]
struct Step {
    /// Whether anything changed, so that another step may find more.
    moved: bool,
    /// How long to wait for a share of the pace.
    pace: Option<Duration>,
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

/// Builds the ways out that the settings name.
pub(super) fn transports(house: &House) -> Result<Vec<Transport>, Unusable> {
    Ok(match &house.settings.mail.transport {
        config::Transport::Spool(folder) => vec![Transport::Spool(Spool::new(
            folder.clone(),
            house.agenda.calendar.timezone.clone(),
        ))],
        config::Transport::Smtp(access) => access
            .connections()?
            .into_iter()
            .map(|smtp| Transport::Smtp(Box::new(smtp)))
            .collect(),
    })
}

impl Courier {
    pub(super) fn new(office: Arc<Office>) -> Result<Self, super::DaemonError> {
        let house = office.house();
        Ok(Self {
            carriers: Carriers::start(transports(&house)?)?,
            pace: Pace::new(house.settings.mail.rate),
            office,
            house,
            line: Line::default(),
            carrying: HashMap::new(),
            ended: Vec::new(),
            rests_until: None,
            trusts: false,
            set_out_last: Instant::now(),
        })
    }

    /// At the start: an attempt without an end died with the process that made it.
    pub(super) fn settle_orphans(&self) -> Result<(), LedgerError> {
        let mut book = self.office.book()?;
        let orphans: Vec<_> = book
            .state
            .open_letters
            .iter()
            .filter_map(|no| Some((*no, book.state.letters.get(no)?)))
            .filter(|(_, letter)| letter.status == LetterStatus::Attempting)
            .map(|(no, letter)| {
                outcome(
                    no,
                    letter,
                    Outcome::Unknown,
                    "发信途中程序中断,是否送达不明",
                    None,
                )
            })
            .collect();
        self.office.append(&mut book, orphans)
    }

    /// Carries everything that may go now. Returns when the next letter may go, if one waits.
    pub(super) async fn carry(
        &mut self,
        stop: &impl Fn() -> bool,
    ) -> Result<Option<Timestamp>, LedgerError> {
        loop {
            while let Some(ended) = self.carriers.try_next() {
                self.ended.push(ended);
            }
            let is_leaving = self.take_over_settings();
            let now = self.office.clock.now();
            self.rests_until = self.rests_until.filter(|until| now < *until);
            let starts = self.rests_until.is_none() && !stop() && !is_leaving;
            let most = if starts { self.most_to_start() } else { 0 };
            let done = if most == 0 && self.ended.is_empty() {
                Ok(Step::default())
            } else {
                tokio::task::block_in_place(|| self.step(most))
            };
            let done = self.heed(done, now)?;
            if self.carrying.len() == self.ended.len() && !done.moved {
                if self.rests_until.is_some() {
                    return Ok(self.rests_until);
                }
                if stop() {
                    return Ok(None);
                }
                if done.pace.is_none() {
                    return Ok(self.line.retry_at());
                }
            }
            if !done.moved {
                self.wait(&done, stop).await;
            }
        }
    }

    /// A full or busy ledger passes; a broken one does not.
    fn heed(
        &mut self,
        step: Result<Step, LedgerError>,
        now: Timestamp,
    ) -> Result<Step, LedgerError> {
        let error = match step {
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

    /// Waits for something that makes another step worth while.
    async fn wait(&mut self, done: &Step, stop: &impl Fn() -> bool) {
        let timer = self.timer(done);
        let is_stopping = stop();
        tokio::select! {
            ended = self.carriers.next() => self.ended.push(ended),
            () = self.office.mail.notified(), if !is_stopping => {}
            () = stopped(stop), if !is_stopping => {}
            () = tokio::time::sleep(timer.unwrap_or_default()), if timer.is_some() => {}
            () = tokio::time::sleep(Duration::from_secs(1)), if !self.ended.is_empty() => {}
        }
    }

    /// How long to wait at most while letters are under way: one of them may take its ten minutes.
    fn timer(&self, done: &Step) -> Option<Duration> {
        let is_alone = !self.trusts && !self.carrying.is_empty();
        let alone = is_alone.then(|| ALONE_FOR.saturating_sub(self.set_out_last.elapsed()));
        let later = waits([self.line.retry_at(), self.rests_until], &self.office.clock);
        [alone, later]
            .into_iter()
            .flatten()
            .filter(|wait| !wait.is_zero())
            .chain(done.pace)
            .min()
    }

    /// A reload may have changed the server, the templates or the rates. Says whether letters are still on their way
    /// to a server that is left.
    fn take_over_settings(&mut self) -> bool {
        let house = self.office.house();
        if Arc::ptr_eq(&house, &self.house) {
            return false;
        }
        let is_idle = self.carrying.is_empty();
        if !is_idle && house.settings.mail.transport != self.house.settings.mail.transport {
            return true;
        }
        if is_idle {
            let started = transports(&house)
                .map_err(io::Error::other)
                .and_then(Carriers::start);
            match started {
                Ok(carriers) => {
                    self.carriers = carriers;
                    self.rests_until = None;
                    self.trusts = false;
                }
                Err(error) => tracing::error!(%error, "邮件设置不能用,沿用旧的"),
            }
        }
        if house.settings.mail.rate != self.house.settings.mail.rate {
            self.pace = Pace::new(house.settings.mail.rate);
        }
        self.house = house;
        false
    }

    /// Records what has come back and sets out at most so many letters, in one commit.
    fn step(&mut self, most: usize) -> Result<Step, LedgerError> {
        let office = Arc::clone(&self.office);
        let mut book = office.book()?;
        let now = office.clock.now();
        let ended = std::mem::take(&mut self.ended);
        let mut events = self.judge(&ended, now);
        let mut batch = if self.rests_until.is_none() {
            self.make_ready(&book, most, now)
        } else {
            Batch::default()
        };
        events.append(&mut batch.events);
        let facts = (!events.is_empty()).then_some(Entry::Facts(&events));
        let has_facts = facts.is_some();
        let attempts = batch.ready.iter();
        let attempts = attempts.map(|ready| Entry::Attempt(&ready.attempt, &ready.bytes));
        let entries: Vec<Entry<'_>> = facts.into_iter().chain(attempts).collect();
        let ends = office.append_together(&mut book, now, &entries);
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
    fn most_to_start(&mut self) -> usize {
        let free = self.carriers.free();
        if self.trusts || self.set_out_last.elapsed() >= ALONE_FOR && !self.carrying.is_empty() {
            return free;
        }
        free.min(usize::from(self.carrying.len() == self.ended.len()))
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
    fn make_ready(&mut self, book: &Book, most: usize, now: Timestamp) -> Batch {
        let mut batch = Batch::default();
        if most > 0 {
            self.line.refresh(&book.state, now);
        }
        let ways = self.carriers.len();
        while batch.ready.len() < most && batch.events.len() < OVER_AT_MOST {
            let Some((no, domain)) = self.line.first(ways) else {
                batch.pace = self.line.held_back_for();
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
                    self.line.hold_back(&domain, wait);
                    continue;
                }
            }
            match make(&self.office, &self.house, &book.state, no, now) {
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
                    self.set_out_last = Instant::now();
                    self.carrying.insert(
                        no,
                        Carrying {
                            letter,
                            domain,
                            is_back: false,
                        },
                    );
                    self.carriers.carry(Load {
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

    /// Says goodbye to the server.
    pub(super) async fn close(self) {
        self.carriers.close().await;
    }
}

/// How long until the first of these instants. A pretended clock stands still meanwhile: there is nothing to wait for.
fn waits(instants: [Option<Timestamp>; 2], clock: &Clock) -> Option<Duration> {
    let first = instants.into_iter().flatten().min();
    first
        .filter(|_| !clock.is_pretended())
        .map(|at| clock.real_time_until(at))
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

/// Ends once the daemon is told to stop.
async fn stopped(stop: &impl Fn() -> bool) {
    while !stop() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

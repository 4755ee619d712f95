//! Answers that come in together: each is checked and decided in one look at the book, on what is recorded by then of its
//! duties, and those that come together share a commit. At eight in the morning a county presses at once, and the price of
//! a sync is what an answer costs. Where a clerk's command comes in between, they are decided anew.

#[cfg(test)]
mod tests;

use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::desk::{answer_events, has_room};
use super::office::{Book, House, Office, OpenBook};
use crate::book::TRIES;
use crate::core::compose::asks;
use crate::core::duty::DutyId;
use crate::core::fact::{Event, Via};
use crate::evidence::Kept;
use crate::ledger::{Entry, LedgerError, Pending};
use crate::web::{Amiss, DeskError, Press, PressedAnswer, Recorded};

/// So often at most somebody is taken in in one look at the book.
const ROUNDS: usize = 64;

/// So many commits are asked for at once: while the disk takes one, the next waits for it.
const AT_ONCE: usize = 2;

/// The answers that wait for the book.
#[derive(Default)]
pub(super) struct Counter(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether somebody sees to those who wait, and will go on until nobody does.
    is_served: bool,
}

struct Waiting {
    given: Given,
    end: End,
}

/// What is brought to the counter.
pub(super) enum Given {
    /// A press that brings no files, yet to be checked.
    Press(Arc<Press>),
    /// An answer that was checked, and its files, which are on disk.
    Answer(PressedAnswer, Vec<Kept>),
}

/// Where its bringer is told what it came to.
type End = oneshot::Sender<Result<Recorded, Amiss>>;

/// An answer that was checked.
struct Checked {
    pressed: PressedAnswer,
    kept: Vec<Kept>,
    end: End,
    /// How often it was decided.
    tries: usize,
}

/// Answers that were decided, and are on their way to the disk.
struct Flight<'o> {
    at: Timestamp,
    /// Each with its facts.
    answers: Vec<(Checked, Vec<Event>)>,
    pending: Pending<'o>,
}

impl Counter {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place. `true`: nobody serves, so that who came has to.
    fn join(&self, one: Waiting) -> bool {
        let mut queue = self.lock();
        queue.waiting.push(one);
        !std::mem::replace(&mut queue.is_served, true)
    }

    fn take(&self) -> Vec<Waiting> {
        std::mem::take(&mut self.lock().waiting)
    }

    /// Whether nobody waits any more, so that nobody serves from now on.
    fn closes(&self) -> bool {
        let mut queue = self.lock();
        queue.is_served = !queue.waiting.is_empty();
        !queue.is_served
    }
}

/// Whoever sees to those who wait. If that fails, they are told so, and the next one begins anew.
struct Service<'c>(&'c Counter);

impl Drop for Service<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.is_served = false;
        queue.waiting.clear();
    }
}

impl Office {
    /// Records an answer. From the first time this is polled it goes on to its end, whether anybody waits for it or not: a
    /// visitor who hangs up leaves all of it recorded, or nothing.
    pub(super) async fn record_answer(self: &Arc<Self>, given: Given) -> Result<Recorded, Amiss> {
        let (end, ended) = oneshot::channel();
        if self.counter.join(Waiting { given, end }) {
            let office = Arc::clone(self);
            drop(tokio::task::spawn_blocking(move || office.record_all()));
        }
        ended.await.unwrap_or_else(|_| Err(failed().into()))
    }

    /// The same on this thread, to its end.
    pub(super) fn record_here(&self, given: Given) -> Result<Recorded, Amiss> {
        let (end, mut ended) = oneshot::channel();
        self.counter.join(Waiting { given, end });
        self.record_all();
        ended.try_recv().unwrap_or_else(|_| Err(failed().into()))
    }

    /// The answer that a press is, by what its letter asks.
    pub(super) fn check(
        &self,
        house: &House,
        book: &mut Book,
        press: &Press,
    ) -> Result<PressedAnswer, Amiss> {
        let named = press.named();
        book.need_asked(&self.ledger, press.letter, named.as_deref())?;
        let (agenda, now) = (&house.agenda, self.clock.now());
        let asks = asks(agenda, &book.state, press.letter, now, named.as_deref());
        press.check(&asks.ok_or(Amiss::NoLetter)?)
    }

    /// Records all that wait, and all that come until nobody does.
    fn record_all(&self) {
        let service = Service(&self.counter);
        while !self.counter.closes() {
            match self.book() {
                Ok(mut book) => {
                    self.record_waiting(&mut book);
                    // Whoever waits for it has it next.
                    OpenBook::unlock_fair(book);
                }
                Err(error) => {
                    for one in self.counter.take() {
                        let _ = one.end.send(Err(error.clone().into()));
                    }
                }
            }
        }
        std::mem::forget(service);
    }

    /// Records all that wait by now, and, until others want the book, who comes in while the disk takes: what touches no
    /// duty of what is on its way there is decided and sent after it, so that the disk need not wait for us either.
    fn record_waiting(&self, book: &mut Book) {
        let house = self.house();
        book.tidy(&house.agenda);
        let mut checked = Vec::new();
        let mut flights: VecDeque<Flight<'_>> = VecDeque::new();
        let mut rounds = ROUNDS;
        loop {
            if rounds == ROUNDS || rounds > 0 && !self.is_book_wanted() {
                rounds -= 1;
                checked.extend(self.check_all(&house, book, self.counter.take()));
            }
            if flights.len() < AT_ONCE && !checked.is_empty() {
                let (now, later) = apart(checked, &flights);
                checked = later;
                if !now.is_empty() {
                    flights.extend(self.set_off(&house, book, now));
                    continue;
                }
            }
            let Some(first) = flights.pop_front() else {
                break;
            };
            let mut overtaken = self.land(&house, book, first);
            // Before those who touch the same duty and came after them.
            overtaken.append(&mut checked);
            checked = overtaken;
        }
    }

    /// Checks what was brought; who brought what is amiss is told so.
    fn check_all(&self, house: &House, book: &mut Book, waiting: Vec<Waiting>) -> Vec<Checked> {
        let checked = waiting.into_iter().filter_map(|one| {
            let (pressed, kept) = match one.given {
                Given::Answer(pressed, kept) => {
                    let known = || {
                        book.need_letter(&self.ledger, pressed.letter)?;
                        Ok(pressed)
                    };
                    (alone(known), kept)
                }
                Given::Press(press) => (alone(|| self.check(house, book, &press)), Vec::new()),
            };
            let end = one.end;
            match pressed? {
                Ok(pressed) => Some(Checked {
                    pressed,
                    kept,
                    end,
                    tries: 0,
                }),
                Err(amiss) => {
                    let _ = end.send(Err(amiss));
                    None
                }
            }
        });
        checked.collect()
    }

    /// Decides those that touch no duty of one another, and sends off what they come to, in one commit.
    fn set_off(&self, house: &House, book: &Book, checked: Vec<Checked>) -> Option<Flight<'_>> {
        let mut answers = Vec::with_capacity(checked.len());
        for mut one in checked {
            one.tries += 1;
            let events = alone(|| {
                #[cfg(test)]
                self.taste(one.pressed.letter);
                comes_to(house, book, &one)
            });
            match events {
                Some(Ok(events)) if events.is_empty() => {
                    let _ = one.end.send(Ok(Recorded::Before));
                }
                Some(Ok(events)) => answers.push((one, events)),
                Some(Err(error)) => {
                    let _ = one.end.send(Err(error.into()));
                }
                None => {}
            }
        }
        if answers.is_empty() {
            return None;
        }
        let at = self.clock.now();
        let seq = book.seq();
        let entries = answers.iter();
        let entries = entries.map(|(_, events)| Entry::Decided { seq, events });
        let pending = self.ledger.begin_together(at, &entries.collect::<Vec<_>>());
        Some(Flight {
            at,
            answers,
            pending,
        })
    }

    /// Waits until they are on disk, and tells their bringers. Hands back those that a clerk's command has overtaken, with that
    /// in the book.
    fn land(&self, house: &House, book: &mut Book, flight: Flight<'_>) -> Vec<Checked> {
        let (brought, facts): (Vec<_>, Vec<_>) = flight.answers.into_iter().unzip();
        let ends = self.end_together(book, flight.at, flight.pending, facts);
        let (mut recorded, mut overtaken) = (false, Vec::new());
        for (one, end) in brought.into_iter().zip(ends) {
            if end == Err(LedgerError::Overtaken) && one.tries < TRIES {
                overtaken.push(one);
                continue;
            }
            recorded |= end.is_ok();
            let _ = one
                .end
                .send(end.map(|()| Recorded::Now).map_err(Amiss::from));
        }
        if recorded {
            self.answered.notify_one();
        }
        if !overtaken.is_empty()
            && let Err(error) = book.catch_up(&self.ledger, &house.agenda)
        {
            for one in overtaken.drain(..) {
                let _ = one.end.send(Err(error.clone().into()));
            }
        }
        overtaken
    }
}

/// What an answer comes to, on what is recorded by now. That there is room for its files is true only here: others may
/// have come in since they were written.
fn comes_to(house: &House, book: &Book, checked: &Checked) -> Result<Vec<Event>, DeskError> {
    let Checked { pressed, kept, .. } = checked;
    if !kept.is_empty() {
        let digests = kept.iter().map(|file| file.digest.as_str());
        has_room(&book.state, pressed, &digests.collect::<Vec<_>>())?;
    }
    answer_events(house, &book.state, pressed, kept, Via::Page)
}

/// Where nobody came to an end with an answer.
pub(super) fn failed() -> DeskError {
    DeskError::Unavailable("记录时出错".to_owned())
}

/// What fails at one answer must not cost the others theirs: `None`, and its bringer is told when its place is given up.
fn alone<T>(work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    if done.is_none() {
        tracing::error!("一个回执没有记下:程序出错");
    }
    done
}

/// Those that touch no duty of one before them or on its way, and the rest: each is decided on what those before it have
/// come to.
fn apart(checked: Vec<Checked>, flights: &VecDeque<Flight<'_>>) -> (Vec<Checked>, Vec<Checked>) {
    let flying = flights.iter().flat_map(|flight| &flight.answers);
    let flying = flying.flat_map(|(one, _)| &one.pressed.duties);
    let mut touched: HashSet<&DutyId> = flying.collect();
    let are_apart = checked.iter().map(|one| {
        let duties = &one.pressed.duties;
        let is_apart = !duties.iter().any(|duty| touched.contains(duty));
        touched.extend(duties);
        is_apart
    });
    let are_apart: Vec<bool> = are_apart.collect();
    let (now, later): (Vec<_>, Vec<_>) = checked
        .into_iter()
        .zip(are_apart)
        .partition(|(_, is_apart)| *is_apart);
    let only = |some: Vec<(Checked, bool)>| some.into_iter().map(|(one, _)| one).collect();
    (only(now), only(later))
}

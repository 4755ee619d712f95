//! Answers that come in together: each is checked and decided on what is recorded by then, in one look at the book, and
//! all share a commit. At eight in the morning a county presses at once, and the price of a sync is what an answer costs.

use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::desk::{answer_events, has_room, refused};
use super::office::{Book, House, Office, OpenBook};
use crate::core::compose::asks;
use crate::core::duty::DutyId;
use crate::core::fact::{Event, Via};
use crate::evidence::Kept;
use crate::ledger::{Entry, Pending};
use crate::web::{Amiss, DeskError, Press, PressedAnswer, Recorded};

/// After so many commits at the latest nobody more is taken in; those are seen to, and the book is let go.
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
        book.need_asked(&self.ledger, press.letter, named.as_deref())
            .map_err(|error| refused(&error))?;
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
                        let _ = one.end.send(Err(refused(&error).into()));
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
        let mut recorded = false;
        let mut rounds = ROUNDS;
        loop {
            if rounds == ROUNDS || rounds > 0 && !self.is_book_wanted() {
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
            recorded |= self.land(book, first);
            rounds = rounds.saturating_sub(1);
        }
        if recorded {
            self.answered.notify_one();
        }
    }

    /// Checks what was brought; who brought what is amiss is told so.
    fn check_all(&self, house: &House, book: &mut Book, waiting: Vec<Waiting>) -> Vec<Checked> {
        let checked = waiting.into_iter().filter_map(|one| {
            let (pressed, kept) = match one.given {
                Given::Answer(pressed, kept) => {
                    let letter = book.need_letter(&self.ledger, pressed.letter);
                    let pressed = letter.map(|()| pressed);
                    (Some(pressed.map_err(|error| refused(&error).into())), kept)
                }
                Given::Press(press) => (alone(|| self.check(house, book, &press)), Vec::new()),
            };
            let end = one.end;
            match pressed? {
                Ok(pressed) => Some(Checked { pressed, kept, end }),
                Err(amiss) => {
                    let _ = end.send(Err(amiss));
                    None
                }
            }
        });
        checked.collect()
    }

    /// Decides those that touch no duty of one another, and sends off what they come to, in one commit.
    fn set_off(&self, house: &House, book: &mut Book, checked: Vec<Checked>) -> Option<Flight<'_>> {
        let mut answers = Vec::with_capacity(checked.len());
        for one in checked {
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
        let entries = answers.iter().map(|(_, events)| Entry::Facts(events));
        let pending = self.ledger.begin_together(at, &entries.collect::<Vec<_>>());
        Some(Flight {
            at,
            answers,
            pending,
        })
    }

    /// Waits until they are on disk, and tells their bringers. Whether any is.
    fn land(&self, book: &mut Book, flight: Flight<'_>) -> bool {
        let (brought, facts): (Vec<_>, Vec<_>) = flight.answers.into_iter().unzip();
        let ends = self.end_together(book, flight.at, flight.pending, facts);
        let mut recorded = false;
        for (one, end) in brought.into_iter().zip(ends) {
            recorded |= end.is_ok();
            let end = end.map(|()| Recorded::Now);
            let _ = one.end.send(end.map_err(|error| refused(&error).into()));
        }
        recorded
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

#[cfg(test)]
mod tests {
    use std::sync::{OnceLock, Weak};

    use super::*;
    use crate::core::fact::{Answer, LetterNo};
    use crate::daemon::inbox::tests::Fixture;
    use crate::web::Field;

    type Ended = oneshot::Receiver<Result<Recorded, Amiss>>;

    /// A press waits at the counter, with files of these digests.
    fn press(f: &Fixture, (letter, duty): (LetterNo, &DutyId), digests: &[String]) -> Ended {
        let (end, ended) = oneshot::channel();
        let kept = digests.iter().map(|digest| Kept {
            digest: digest.clone(),
            name: format!("{digest}.jpg"),
            bytes: 7,
        });
        let pressed = PressedAnswer {
            letter,
            duties: vec![duty.clone()],
            answer: Answer::Received,
            by: "王建国".to_owned(),
            note: String::new(),
            nth: None,
            until: None,
            files: Vec::new(),
        };
        f.office.counter.join(Waiting {
            given: Given::Answer(pressed, kept.collect()),
            end,
        });
        ended
    }

    fn ended(mut end: Ended) -> Result<Recorded, Amiss> {
        end.try_recv().expect("an end")
    }

    fn facts(f: &Fixture) -> (usize, usize) {
        let facts = f.office.ledger.facts_since(0).unwrap();
        let count = |is: fn(&Event) -> bool| facts.iter().filter(|(_, one)| is(&one.what)).count();
        (
            count(|what| matches!(what, Event::Answer { .. })),
            count(|what| matches!(what, Event::Evidence { .. })),
        )
    }

    #[tokio::test]
    async fn those_who_come_together_have_each_their_own_end() {
        let f = Fixture::new();
        let (one, other) = f.two();
        let (duty, far) = (
            f.letter(one).duties[0].clone(),
            f.letter(other).duties[0].clone(),
        );
        let nowhere: DutyId = "term-start-safety-inspection@1999/s001".parse().unwrap();
        let first = press(&f, (one, &duty), &[]);
        let unknown = press(&f, (one, &nowhere), &[]);
        let again = press(&f, (one, &duty), &[]);
        let strange = press(&f, (999_999, &far), &[]);
        f.office.poisoned.lock().unwrap().insert(other);
        let mut poisoned = press(&f, (other, &far), &[]);
        f.office.record_all();
        assert_eq!(ended(first), Ok(Recorded::Now));
        assert_eq!(
            ended(again),
            Ok(Recorded::Before),
            "decided on what the first came to"
        );
        assert_eq!(ended(unknown), Err(DeskError::NotYours.into()));
        assert_eq!(ended(strange), Err(DeskError::NotYours.into()));
        assert!(poisoned.try_recv().is_err(), "nobody recorded it");
        assert_eq!(facts(&f), (1, 0));
        assert!(f.office.counter.take().is_empty());
    }

    /// A press of the page, as its fields come in.
    fn typed(f: &Fixture, letter: LetterNo, fields: &[(&str, &str)]) -> Ended {
        let (end, ended) = oneshot::channel();
        let pairs = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let press = Press::from_pairs(letter, pairs.collect());
        f.office.counter.join(Waiting {
            given: Given::Press(Arc::new(press)),
            end,
        });
        ended
    }

    /// Each on its own letter, and each has its own end.
    #[tokio::test]
    async fn what_a_page_sends_is_checked_where_it_is_recorded() {
        let f = Fixture::new();
        let (one, other) = f.two();
        let duty = f.letter(one).duties[0].to_string();
        let far = f.letter(other).duties[0].to_string();
        let by = ("by", "王建国");
        let done = typed(&f, one, &[("duty", &duty), ("answer", "done"), by]);
        let again = typed(&f, one, &[("duty", &duty), ("answer", "done"), by]);
        let nobody = typed(&f, one, &[("duty", &duty), ("answer", "done")]);
        let strange = typed(&f, one, &[("duty", &far), ("answer", "done"), by]);
        let nothing = typed(&f, one, &[("duty", "rollup"), ("answer", "received"), by]);
        let gone = typed(&f, 999_999, &[("duty", &far), ("answer", "done"), by]);
        f.office.record_all();
        assert_eq!(ended(done), Ok(Recorded::Now));
        assert_eq!(ended(again), Ok(Recorded::Before));
        assert!(matches!(ended(nobody), Err(Amiss::Mend(Field::By, _))));
        assert_eq!(ended(strange), Err(DeskError::NotYours.into()));
        assert_eq!(ended(nothing), Err(Amiss::Malformed), "it has no roll-up");
        assert_eq!(ended(gone), Err(Amiss::NoLetter));
        assert_eq!(facts(&f), (1, 0));
    }

    /// Who comes while the disk takes is seen to by the same turn, on what that came to.
    #[tokio::test]
    async fn who_comes_while_the_disk_takes_has_an_end_too() {
        let late: Arc<Mutex<Vec<Waiting>>> = Arc::default();
        let office: Arc<OnceLock<Weak<Office>>> = Arc::default();
        let (coming, to) = (Arc::clone(&late), Arc::clone(&office));
        let f = Fixture::new().witnessed(Arc::new(move |_| {
            let counter = to.get().and_then(Weak::upgrade);
            for one in coming.lock().unwrap().drain(..) {
                let is_first = counter.as_ref().expect("an office").counter.join(one);
                assert!(!is_first, "somebody serves");
            }
        }));
        office.set(Arc::downgrade(&f.office)).unwrap();
        let (one, other) = f.two();
        let duty = f.letter(one).duties[0].to_string();
        let far = f.letter(other).duties[0].to_string();
        let done = |duty| [("duty", duty), ("answer", "done"), ("by", "王建国")];
        let again = typed(&f, one, &done(&duty));
        let third = typed(&f, other, &done(&far));
        let strange = typed(&f, one, &done(&far));
        *late.lock().unwrap() = f.office.counter.take();
        let first = typed(&f, one, &done(&duty));
        f.office.record_all();
        assert_eq!(ended(first), Ok(Recorded::Now));
        assert_eq!(ended(again), Ok(Recorded::Before));
        assert_eq!(ended(third), Ok(Recorded::Now));
        assert_eq!(ended(strange), Err(DeskError::NotYours.into()));
        assert_eq!(facts(&f), (2, 0));
    }

    /// Where serving fails those who wait are told, and the next who comes serves.
    #[tokio::test]
    async fn a_service_that_fails_is_no_service() {
        let f = Fixture::new();
        let (one, _) = f.two();
        let duty = f.letter(one).duties[0].to_string();
        let fields = [("duty", &*duty), ("answer", "done"), ("by", "王建国")];
        let mut left = typed(&f, one, &fields);
        drop(Service(&f.office.counter));
        assert!(left.try_recv().is_err(), "nobody will tell");
        let next = f
            .office
            .record_answer(Given::Press(Arc::new(Press::from_pairs(
                one,
                fields
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .to_vec(),
            ))));
        assert_eq!(next.await, Ok(Recorded::Now));
        assert!(f.office.counter.closes());
    }

    /// Two presses at one instant, each with three files, where there is room for three.
    #[tokio::test]
    async fn a_duty_takes_thirty_files_however_they_come() {
        let mut f = Fixture::new();
        let (letter, _) = f.two();
        let duty = f.letter(letter).duties[0].clone();
        let address = f.letter(letter).address.clone();
        let digest = |nth: usize| format!("{nth:064x}");
        let filed = |nth: usize| Event::Evidence {
            duty: duty.clone(),
            digest: digest(nth),
            name: "操场.jpg".to_owned(),
            bytes: 7,
            by: "王建国".to_owned(),
            via: Via::Page,
            address: Some(address.clone()),
        };
        f.trial.append((0..27).map(filed).collect());
        let three = |from: usize| [digest(from), digest(from + 1), digest(from + 2)];
        let first = press(&f, (letter, &duty), &three(27));
        let second = press(&f, (letter, &duty), &three(30));
        let known = press(&f, (letter, &duty), &three(27));
        f.office.record_all();
        assert_eq!(ended(first), Ok(Recorded::Now));
        let Err(Amiss::NotRecorded(DeskError::Refused(words))) = ended(second) else {
            panic!("thirty are enough");
        };
        assert!(words.contains("已经有 30 个"), "{words}");
        assert_eq!(
            ended(known),
            Ok(Recorded::Before),
            "files that are there are none more"
        );
        assert_eq!(facts(&f), (1, 30));
        // What a mail brings counts too: the answer is taken, and a person is told of the file.
        let number = f.number(letter);
        let head = |id: &str| format!("Subject: Re: x {number}\r\nX-Id: {id}");
        let mail = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n1 有困难 经费\r\n\
                    --b\r\nContent-Type: image/jpeg\r\nContent-Disposition: attachment; filename=\"a.jpg\"\r\n\
                    Content-Transfer-Encoding: base64\r\n\r\n/9j/4AAQSkZJRgABAQ==\r\n--b--";
        let understood = f.take_mixed(address.as_str(), &head("1"), mail);
        assert!(!understood, "a person is to look at the file");
        assert_eq!(facts(&f), (2, 30));
        let book = f.office.book().unwrap();
        let told = book.state.post.unclear.values().next().expect("a mail");
        assert!(told.text.contains("已有 30 个材料"), "{}", told.text);
    }
}

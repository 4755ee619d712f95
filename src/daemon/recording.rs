//! Answers that come in together: each is decided on what is recorded by then, and all share a commit. At eight in the
//! morning a county presses at once, and the price of a sync is what an answer costs.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::desk::{answer_events, has_room, refused};
use super::office::{Book, House, Office};
use crate::core::duty::DutyId;
use crate::core::fact::{Event, Via};
use crate::evidence::Kept;
use crate::ledger::Entry;
use crate::web::{DeskError, PressedAnswer, Recorded};

/// The answers that wait for the book.
#[derive(Default)]
pub(super) struct Counter {
    waiting: Mutex<Vec<Waiting>>,
}

/// An answer whose files are on disk.
struct Waiting {
    pressed: PressedAnswer,
    kept: Vec<Kept>,
    end: oneshot::Sender<Result<Recorded, DeskError>>,
}

impl Counter {
    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place. `true`: nobody else waits, so that who came sees to all who come until the book is free.
    fn join(&self, one: Waiting) -> bool {
        let mut waiting = self.lock();
        waiting.push(one);
        waiting.len() == 1
    }

    fn take(&self) -> Vec<Waiting> {
        std::mem::take(&mut *self.lock())
    }
}

/// Whoever sees to those who wait. If that fails, they are told so, and the next one begins anew.
struct Turn<'c>(&'c Counter);

impl Turn<'_> {
    fn take(self) -> Vec<Waiting> {
        let waiting = self.0.take();
        std::mem::forget(self);
        waiting
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

impl Office {
    /// Records an answer whose files are kept. From the first time this is polled it goes on to its end, whether anybody
    /// waits for it or not: a visitor who hangs up leaves all of it recorded, or nothing.
    pub(super) async fn record_answer(
        self: &Arc<Self>,
        pressed: PressedAnswer,
        kept: Vec<Kept>,
    ) -> Result<Recorded, DeskError> {
        let (end, ended) = oneshot::channel();
        if self.counter.join(Waiting { pressed, kept, end }) {
            let office = Arc::clone(self);
            drop(tokio::task::spawn_blocking(move || office.record_all()));
        }
        ended.await.unwrap_or_else(|_| Err(failed()))
    }

    /// The same on this thread, to its end.
    pub(super) fn record_here(
        &self,
        pressed: PressedAnswer,
        kept: Vec<Kept>,
    ) -> Result<Recorded, DeskError> {
        let (end, mut ended) = oneshot::channel();
        self.counter.join(Waiting { pressed, kept, end });
        self.record_all();
        ended.try_recv().unwrap_or_else(|_| Err(failed()))
    }

    /// Records all that wait when the book is free.
    fn record_all(&self) {
        let turn = Turn(&self.counter);
        let book = self.book();
        let mut waiting = turn.take();
        let mut book = match book {
            Ok(book) => book,
            Err(error) => {
                for one in waiting {
                    let _ = one.end.send(Err(refused(&error)));
                }
                return;
            }
        };
        let house = self.house();
        let mut recorded = false;
        while !waiting.is_empty() {
            let (now, later) = apart(waiting);
            waiting = later;
            recorded |= self.record_apart(&house, &mut book, now);
        }
        drop(book);
        if recorded {
            self.answered.notify_one();
        }
    }

    /// Records those that touch no duty of one another, in one commit. Whether anything was.
    fn record_apart(&self, house: &House, book: &mut Book, waiting: Vec<Waiting>) -> bool {
        let mut fresh: Vec<(Waiting, Vec<Event>)> = Vec::new();
        for one in waiting {
            // What fails at one answer must not cost the others theirs.
            let decided = catch_unwind(AssertUnwindSafe(|| self.comes_to(house, book, &one)));
            match decided {
                Ok(Ok(events)) if events.is_empty() => {
                    let _ = one.end.send(Ok(Recorded::Before));
                }
                Ok(Ok(events)) => fresh.push((one, events)),
                Ok(Err(error)) => {
                    let _ = one.end.send(Err(error));
                }
                // Its sender is told when its place is given up.
                Err(_) => tracing::error!("一个回执没有记下:程序出错"),
            }
        }
        let entries = fresh.iter().map(|(_, events)| Entry::Facts(events));
        let entries: Vec<Entry<'_>> = entries.collect();
        let ends = self.append_together(book, self.clock.now(), &entries);
        let mut recorded = false;
        for ((one, _), end) in fresh.into_iter().zip(ends) {
            recorded |= end.is_ok();
            let end = end.map(|()| Recorded::Now);
            let _ = one.end.send(end.map_err(|error| refused(&error)));
        }
        recorded
    }

    /// What an answer comes to, on what is recorded by now. That there is room for its files is true only here: others may
    /// have come in since they were written.
    fn comes_to(
        &self,
        house: &House,
        book: &mut Book,
        waiting: &Waiting,
    ) -> Result<Vec<Event>, DeskError> {
        let Waiting { pressed, kept, .. } = waiting;
        #[cfg(test)]
        self.taste(pressed.letter);
        book.need_letter(&self.ledger, pressed.letter)
            .map_err(|error| refused(&error))?;
        if !kept.is_empty() {
            let digests = kept.iter().map(|file| file.digest.as_str());
            has_room(&book.state, pressed, &digests.collect::<Vec<_>>())?;
        }
        answer_events(house, &book.state, pressed, kept, Via::Page)
    }
}

/// Where nobody came to an end with an answer.
fn failed() -> DeskError {
    DeskError::Unavailable("记录时出错".to_owned())
}

/// Those that touch no duty of one before them, and the rest: each is decided on what those before it have come to.
fn apart(waiting: Vec<Waiting>) -> (Vec<Waiting>, Vec<Waiting>) {
    let mut touched: BTreeSet<DutyId> = BTreeSet::new();
    waiting.into_iter().partition(|one| {
        let duties = &one.pressed.duties;
        let apart = !duties.iter().any(|duty| touched.contains(duty));
        touched.extend(duties.iter().cloned());
        apart
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fact::{Answer, LetterNo};
    use crate::daemon::inbox::tests::Fixture;

    type End = oneshot::Receiver<Result<Recorded, DeskError>>;

    /// A press waits at the counter, with files of these digests.
    fn press(f: &Fixture, (letter, duty): (LetterNo, &DutyId), digests: &[String]) -> End {
        let (end, ended) = oneshot::channel();
        let kept = digests.iter().map(|digest| Kept {
            digest: digest.clone(),
            name: format!("{digest}.jpg"),
            bytes: 7,
        });
        f.office.counter.join(Waiting {
            pressed: PressedAnswer {
                letter,
                duties: vec![duty.clone()],
                answer: Answer::Received,
                by: "王建国".to_owned(),
                note: String::new(),
                nth: None,
                until: None,
                files: Vec::new(),
            },
            kept: kept.collect(),
            end,
        });
        ended
    }

    fn ended(mut end: End) -> Result<Recorded, DeskError> {
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
        assert_eq!(ended(unknown), Err(DeskError::NotYours));
        assert_eq!(ended(strange), Err(DeskError::NotYours));
        assert!(poisoned.try_recv().is_err(), "nobody recorded it");
        assert_eq!(facts(&f), (1, 0));
        assert!(f.office.counter.take().is_empty());
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
        let Err(DeskError::Refused(words)) = ended(second) else {
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

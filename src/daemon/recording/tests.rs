//! Answers that come in together, on a real ledger.

use std::sync::atomic::Ordering;
use std::sync::{OnceLock, Weak};

use super::*;
use crate::core::fact::{Answer, Fact, LetterNo};
use crate::core::state::State;
use crate::daemon::inbox::tests::Fixture;
use crate::ledger::{Ledger, Moment, Nature};
use crate::web::Field;

type Ended = oneshot::Receiver<Result<Recorded, Amiss>>;

/// A press waits at the counter, with files of these digests.
fn press(f: &Fixture, (letter, duty): (LetterNo, &DutyId), digests: &[String]) -> Ended {
    let kept = digests.iter().map(|digest| Kept {
        digest: digest.clone(),
        name: format!("{digest}.jpg"),
        bytes: 7,
    });
    comes(f, pressed(letter, duty), kept.collect())
}

fn pressed(letter: LetterNo, duty: &DutyId) -> PressedAnswer {
    PressedAnswer {
        letter,
        duties: vec![duty.clone()],
        answer: Answer::Received,
        by: "王建国".to_owned(),
        note: String::new(),
        nth: None,
        until: None,
        files: Vec::new(),
    }
}

fn comes(f: &Fixture, pressed: PressedAnswer, kept: Vec<Kept>) -> Ended {
    let (end, ended) = oneshot::channel();
    f.office.counter.join(Waiting {
        given: Given::Answer(pressed, kept),
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

type Step = Box<dyn FnOnce() + Send>;

/// An office where something happens at the moments around its commits.
struct Scripted {
    fixture: Fixture,
    /// What happens at the next moments, the last first.
    steps: Arc<Mutex<Vec<Step>>>,
    moments: Arc<Mutex<Vec<Moment>>>,
}

impl Scripted {
    fn new() -> Self {
        let steps: Arc<Mutex<Vec<Step>>> = Arc::default();
        let moments: Arc<Mutex<Vec<Moment>>> = Arc::default();
        let (script, seen) = (Arc::clone(&steps), Arc::clone(&moments));
        let fixture = Fixture::new().witnessed(Arc::new(move |moment| {
            seen.lock().unwrap().push(moment);
            let next = script.lock().unwrap().pop();
            if let Some(step) = next {
                step();
            }
        }));
        Self {
            fixture,
            steps,
            moments,
        }
    }

    /// Records all who wait; at the first moment the first of these happens, at the second the other.
    fn record_all(
        &self,
        first: impl FnOnce() + Send + 'static,
        other: impl FnOnce() + Send + 'static,
    ) {
        let steps: [Step; 2] = [Box::new(other), Box::new(first)];
        self.steps.lock().unwrap().extend(steps);
        self.fixture.office.record_all();
        assert!(self.steps.lock().unwrap().is_empty());
    }

    /// Both commits were asked for before either had ended, and so many more one by one; the book is what the ledger folds to.
    /// All its facts.
    fn two_were_under_way(&self, and_more: usize) -> Vec<(u64, Fact)> {
        let (before, after) = (Moment::Before, Moment::After);
        let more = [before, after].repeat(and_more);
        let moments = self.moments.lock().unwrap();
        assert_eq!(
            *moments,
            [vec![before, before, after, after], more].concat()
        );
        let office = &self.fixture.office;
        let all = office.ledger.facts_since(0).unwrap();
        let fresh = State::fold(all.iter().map(|(_, fact)| fact));
        assert_eq!(office.book().unwrap().state, fresh);
        all
    }
}

/// While the disk takes one, the next is decided and sent after it; neither is thanked for before it is on record. What a
/// clerk appends in between is in the book before what was sent after it is decided, anew.
#[tokio::test]
async fn two_commits_are_under_way_and_others_write_too() {
    let scripted = Scripted::new();
    let f = &scripted.fixture;
    let (one, other) = f.two();
    let duty = f.letter(one).duties[0].clone();
    let far = f.letter(other).duties[0].clone();
    let second = press(f, (other, &far), &[]);
    let late = f.office.counter.take();
    let first = press(f, (one, &duty), &[]);
    let (first, second) = (Arc::new(Mutex::new(first)), Arc::new(Mutex::new(second)));
    let folder = f.office.ledger.path().parent().unwrap();
    let clerk = Ledger::open(folder, Nature::Pretend).unwrap();
    let (now, begun_at) = (f.office.clock.now(), clerk.last_seq().unwrap());
    let office = Arc::downgrade(&f.office);
    let none_has_ended = {
        let (first, second) = (Arc::clone(&first), Arc::clone(&second));
        move || {
            assert!(first.lock().unwrap().try_recv().is_err());
            assert!(second.lock().unwrap().try_recv().is_err());
            while clerk.last_seq().unwrap() == begun_at {
                std::thread::yield_now();
            }
            let job = "probe".to_owned();
            clerk.append(now, vec![Event::JobRun { job }]).unwrap();
        }
    };
    let comes = move || {
        let office = office.upgrade().expect("an office");
        for one in late {
            office.counter.join(one);
        }
    };
    scripted.record_all(comes, none_has_ended);
    assert_eq!(first.lock().unwrap().try_recv(), Ok(Ok(Recorded::Now)));
    assert_eq!(second.lock().unwrap().try_recv(), Ok(Ok(Recorded::Now)));
    let all = scripted.two_were_under_way(1);
    let newest = all.iter().rev().take(3).map(|(_, fact)| &fact.what);
    let are_answers = newest.map(|what| matches!(what, Event::Answer { .. }));
    assert_eq!(are_answers.collect::<Vec<_>>(), [true, false, true]);
}

/// Of two commits under way the first finds no room: only its bringer is told so, and the book has the second.
#[tokio::test]
async fn one_that_finds_no_room_takes_nothing_from_the_next() {
    let scripted = Scripted::new();
    let f = &scripted.fixture;
    let (one, other) = f.two();
    let far = f.letter(other).duties[0].clone();
    let second = press(f, (other, &far), &[]);
    let late = f.office.counter.take();
    let long = PressedAnswer {
        note: "操场".repeat(20_000),
        ..pressed(one, &f.letter(one).duties[0])
    };
    let first = comes(f, long, Vec::new());
    let unseen = f.office.ledger.clone().witnessed(None);
    let same = unseen.clone();
    let office = Arc::downgrade(&f.office);
    let there_is_no_room = move || {
        // No smaller than it is, and no larger.
        unseen.cap_pages(1).unwrap();
        let office = office.upgrade().expect("an office");
        for one in late {
            office.counter.join(one);
        }
    };
    let there_is_room = move || same.cap_pages(u32::MAX - 1).unwrap();
    scripted.record_all(there_is_no_room, there_is_room);
    assert_eq!(ended(first), Err(DeskError::StorageFull.into()));
    assert_eq!(ended(second), Ok(Recorded::Now));
    scripted.two_were_under_way(0);
    assert_eq!(facts(f), (1, 0));
}

/// A clerk is told on the telephone that both are done. One of the schools says the same, and it is on record once; the other
/// has trouble, which opens again what was done.
#[tokio::test]
async fn what_a_clerk_records_meanwhile_is_decided_on() {
    let (f, clerk) = Fixture::new().beside_a_clerk();
    let (one, other) = f.two();
    let duty = f.letter(one).duties[0].clone();
    let far = f.letter(other).duties[0].clone();
    let saying = |letter, duty, answer| PressedAnswer {
        answer,
        ..pressed(letter, duty)
    };
    let done = comes(&f, saying(one, &duty, Answer::Done), Vec::new());
    let trouble = comes(&f, saying(other, &far, Answer::Trouble), Vec::new());
    clerk
        .lock()
        .unwrap()
        .extend([&duty, &far].map(Fixture::done_by_telephone));
    f.office.record_all();
    assert_eq!(ended(done), Ok(Recorded::Before));
    assert_eq!(ended(trouble), Ok(Recorded::Now));
    assert_eq!(facts(&f), (3, 0));
    let book = f.office.book().unwrap();
    assert!(book.state.duty(&duty).unwrap().settled(1).is_some());
    assert!(book.state.duty(&far).unwrap().settled(1).is_none());
    let all = f.office.ledger.facts_since(0).unwrap();
    assert_eq!(book.state, State::fold(all.iter().map(|(_, fact)| fact)));
}

/// Where there is no end of others, who presses is told to try again; the ledger is well all the same.
#[tokio::test]
async fn what_is_overtaken_each_time_has_an_end() {
    let others: Arc<OnceLock<Ledger>> = Arc::default();
    let beside = Arc::clone(&others);
    let f = Fixture::new().witnessed(Arc::new(move |moment| {
        if moment == Moment::Before {
            let job = vec![Event::JobRun {
                job: "probe".to_owned(),
            }];
            beside
                .get()
                .unwrap()
                .append(Timestamp::UNIX_EPOCH, job)
                .unwrap();
        }
    }));
    let folder = f.office.ledger.path().parent().unwrap();
    others
        .set(Ledger::open(folder, Nature::Pretend).unwrap())
        .unwrap();
    let (one, _) = f.two();
    let end = press(&f, (one, &f.letter(one).duties[0]), &[]);
    f.office.record_all();
    assert_eq!(ended(end), Err(LedgerError::Overtaken.into()));
    assert_eq!(facts(&f), (0, 0));
    assert_eq!(f.office.pulse.vitals().ledger_trouble, None);
}

/// While somebody wants the book, who comes to the counter is not taken in.
#[tokio::test]
async fn who_wants_the_book_is_not_kept_waiting() {
    let late: Arc<Mutex<Vec<Waiting>>> = Arc::default();
    let office: Arc<OnceLock<Weak<Office>>> = Arc::default();
    let waited: Arc<Mutex<Vec<usize>>> = Arc::default();
    let (coming, to, seen) = (Arc::clone(&late), Arc::clone(&office), Arc::clone(&waited));
    let f = Fixture::new().witnessed(Arc::new(move |moment| {
        let office = to.get().and_then(Weak::upgrade).expect("an office");
        let late = std::mem::take(&mut *coming.lock().unwrap());
        if moment == Moment::Before && !late.is_empty() {
            office.waiting_for_book.fetch_add(1, Ordering::Relaxed);
            for one in late {
                office.counter.join(one);
            }
        } else if moment == Moment::After {
            seen.lock()
                .unwrap()
                .push(office.counter.lock().waiting.len());
            office.waiting_for_book.store(0, Ordering::Relaxed);
        }
    }));
    office.set(Arc::downgrade(&f.office)).unwrap();
    let (one, other) = f.two();
    let duty = f.letter(one).duties[0].clone();
    let far = f.letter(other).duties[0].clone();
    let second = press(&f, (other, &far), &[]);
    *late.lock().unwrap() = f.office.counter.take();
    let first = press(&f, (one, &duty), &[]);
    f.office.record_all();
    assert_eq!(ended(first), Ok(Recorded::Now));
    assert_eq!(ended(second), Ok(Recorded::Now));
    assert_eq!(*waited.lock().unwrap(), [1, 0]);
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

/// A request that was refused may be made again, in the same words, on the page and by mail.
#[tokio::test]
async fn a_request_is_made_again_after_it_was_refused() {
    let mut f = Fixture::new();
    let (no, _) = f.two();
    let letter = f.letter(no);
    let duty = letter.duties[0].clone();
    let asks = |f: &Fixture| {
        let one = comes(
            f,
            PressedAnswer {
                answer: Answer::Trouble,
                note: "经费".to_owned(),
                ..pressed(no, &duty)
            },
            Vec::new(),
        );
        f.office.record_all();
        ended(one)
    };
    assert_eq!(asks(&f), Ok(Recorded::Now));
    assert_eq!(asks(&f), Ok(Recorded::Before), "it waits");
    let refused = Event::Decision {
        duty: duty.clone(),
        request: Answer::Trouble,
        granted: false,
        by: "沈志明".to_owned(),
        note: String::new(),
        until: None,
    };
    f.trial.append(vec![refused.clone()]);
    assert_eq!(asks(&f), Ok(Recorded::Now));
    assert_eq!(asks(&f), Ok(Recorded::Before), "it waits once more");
    f.trial.append(vec![refused.clone()]);
    let head = format!("Subject: Re: x {}", f.number(no));
    let mail = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n1 有困难 经费\r\n--b--";
    f.take_mixed(letter.address.as_str(), &head, mail);
    f.trial.append(vec![refused]);
    f.take_mixed(letter.address.as_str(), &head, mail);
    f.take_mixed(letter.address.as_str(), &head, mail);
    assert_eq!(facts(&f).0, 4);
}

//! What is taken in, from whom, and what one mail can cost.

mod bounces;

use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::super::office::Office;
use super::super::trial::Trial;
use super::{FETCHES, Trouble, Watcher};
use crate::core::duty::DutyId;
use crate::core::evidence::FILES_A_DUTY;
use crate::core::fact::{Alert, Answer, Event, LetterNo, Outcome, Via};
use crate::core::state::LetterState;
use crate::ledger::{Ledger, Moment, Nature, Witness};
use crate::mail::{Fetched, ImapFault};

/// The task that is to be done three times, and when it opens: here earlier, so that the first letters tell of it.
const LESSONS: (&str, &str) = (
    "due      = \"学期结束前5个工作日\"\nopens    = \"110d\"",
    "due      = \"学期结束前5个工作日\"\nopens    = \"150d\"",
);

pub(in crate::daemon) struct Fixture {
    pub(in crate::daemon) trial: Trial,
    pub(in crate::daemon) office: Arc<Office>,
    /// The next mail's number in the mailbox.
    uid: u32,
}

impl Fixture {
    /// Each first letter was accepted.
    pub(in crate::daemon) fn new() -> Self {
        let trial = Trial::begin_after(|folder| {
            let standing = folder.join("calendar/standing.toml");
            let text = fs::read_to_string(&standing).unwrap();
            assert!(text.contains(LESSONS.0));
            fs::write(standing, text.replacen(LESSONS.0, LESSONS.1, 1)).unwrap();
        });
        for no in trial.letters().into_keys() {
            trial.tried(no, Outcome::Accepted, None);
        }
        Self {
            office: Arc::clone(&trial.office),
            trial,
            uid: 0,
        }
    }

    /// With a witness around each commit.
    pub(in crate::daemon) fn witnessed(self, witness: Witness) -> Self {
        let Self {
            mut trial,
            office,
            uid,
        } = self;
        drop(office);
        let own = Arc::get_mut(&mut trial.office).expect("nobody else has it");
        own.ledger = own.ledger.clone().witnessed(Some(witness));
        Self {
            office: Arc::clone(&trial.office),
            trial,
            uid,
        }
    }

    /// Beside a clerk's command, which appends what it is given just before the next commit is asked for.
    pub(in crate::daemon) fn beside_a_clerk(self) -> (Self, Arc<Mutex<Vec<Event>>>) {
        let given: Arc<Mutex<Vec<Event>>> = Arc::default();
        let (events, now) = (Arc::clone(&given), self.office.clock.now());
        let clerk = Ledger::open(&self.office.house().settings.state, Nature::Pretend).unwrap();
        let overtaken = self.witnessed(Arc::new(move |moment| {
            if moment == Moment::Before {
                let events = std::mem::take(&mut *events.lock().unwrap());
                if !events.is_empty() {
                    clerk.append(now, events).unwrap();
                }
            }
        }));
        (overtaken, given)
    }

    /// A clerk was told on the telephone that it is done.
    pub(in crate::daemon) fn done_by_telephone(duty: &DutyId) -> Event {
        Event::Answer {
            duty: duty.clone(),
            answer: Answer::Done,
            by: "王建国".to_owned(),
            note: String::new(),
            via: Via::Clerk,
            address: None,
            nth: Some(1),
            until: None,
            corrects: false,
        }
    }

    pub(in crate::daemon) fn letter(&self, no: LetterNo) -> LetterState {
        self.office.book().unwrap().state.letters[&no].clone()
    }

    /// `[No.17-x7kq]`
    pub(in crate::daemon) fn number(&self, no: LetterNo) -> String {
        format!("[No.{}]", self.office.number(no))
    }

    /// Takes in a mail, and says whether it was understood.
    fn take(&mut self, from: &str, head: &str, body: &str) -> bool {
        self.uid += 1;
        let id = format!("<{}@hs.example>", self.uid);
        self.take_again(&id, from, head, body)
    }

    /// The same with parts, `b` between them.
    pub(in crate::daemon) fn take_mixed(&mut self, from: &str, head: &str, body: &str) -> bool {
        self.uid += 1;
        let bytes = format!(
            "From: {from}\r\nMessage-ID: <{}@hs.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n{head}\r\n\r\n{body}\r\n",
            self.uid
        );
        let mail = Fetched {
            bytes: bytes.into_bytes(),
            is_whole: true,
        };
        self.office.take_in(&mail, (7, self.uid)).unwrap()
    }

    fn take_again(&mut self, id: &str, from: &str, head: &str, body: &str) -> bool {
        let bytes = format!(
            "From: {from}\r\nMessage-ID: {id}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n{head}\r\n\r\n{body}\r\n"
        );
        let mail = Fetched {
            bytes: bytes.into_bytes(),
            is_whole: true,
        };
        self.office.take_in(&mail, (7, self.uid)).unwrap()
    }

    /// Takes in a reply with files attached, each by its name and something that tells it from others.
    fn take_with(&mut self, no: LetterNo, words: &str, files: &[String]) -> bool {
        let mut parts =
            format!("--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n");
        for file in files {
            let _ = write!(
                parts,
                "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"{file}.pdf\"\r\n\r\n%PDF-1.4 {file}\r\n"
            );
        }
        let head = format!("Subject: Re: {}", self.number(no));
        self.take_mixed("a@b.example", &head, &format!("{parts}--b--"))
    }

    /// The names of the files on record for a duty.
    fn filed(&self, duty: &DutyId) -> Vec<String> {
        let book = self.office.book().unwrap();
        let known = book.state.duty(duty).unwrap();
        known
            .evidence
            .iter()
            .map(|file| file.name.clone())
            .collect()
    }

    /// Tells the officers of a matter; the number of the letter that does, if one does.
    fn tell(&self, matter: &str) -> Option<LetterNo> {
        let alert = Alert {
            subject: matter.to_owned(),
            text: matter.to_owned(),
        };
        let next = self.office.book().unwrap().state.next_letter();
        self.office.alert(matter, &alert).unwrap();
        let book = self.office.book().unwrap();
        book.state.letters.contains_key(&next).then_some(next)
    }

    /// What a person has to read of the last mail, and how many files are left to them.
    fn left(&self) -> (String, usize) {
        let facts = self.office.ledger.facts_since(0).unwrap();
        let last = facts.iter().rev().find_map(|(_, fact)| match &fact.what {
            Event::MailReceived { text, kept, .. } => Some((text.clone(), kept.len())),
            _ => None,
        });
        last.unwrap()
    }

    /// How many answers there are, and how many mails a person has to look at.
    fn counts(&self) -> (usize, usize) {
        let book = self.office.book().unwrap();
        let facts = self.office.ledger.facts_since(0).unwrap();
        let answers = facts
            .iter()
            .filter(|(_, fact)| matches!(fact.what, Event::Answer { .. }));
        (answers.count(), book.state.post.unclear.len())
    }

    /// Two letters to different addresses.
    pub(in crate::daemon) fn two(&self) -> (LetterNo, LetterNo) {
        let book = self.office.book().unwrap();
        let mut letters = book.state.letters.iter();
        let (first, one) = letters
            .find(|(_, letter)| !letter.duties.is_empty())
            .unwrap();
        let (second, _) = letters
            .find(|(_, letter)| letter.address != one.address && !letter.duties.is_empty())
            .unwrap();
        (*first, *second)
    }
}

/// Numbers follow each other and a sender is what anybody writes: only the tag proves, or the `Message-ID`.
#[tokio::test]
async fn a_tag_or_a_message_id_proves_and_nothing_else() {
    let mut f = Fixture::new();
    let (no, other) = f.two();
    let letter = f.letter(no);
    let own = letter.address.as_str();
    let stranger = "mallory@elsewhere.example";
    let tag = f.office.number(no).tag;
    let wrong = f.office.number(other).tag;
    let refused = [
        (stranger, format!("Subject: Re: x [No.{no}]")),
        (own, format!("Subject: Re: x [No.{no}]")),
        (own, format!("Subject: Re: x [No.{no}-{wrong}]")),
        (own, format!("Subject: Re: x [No.{no}-{}]", &tag[..3])),
        (
            own,
            format!("Subject: x\r\nTo: schoolbell+{no}@bureau.example"),
        ),
        (
            own,
            "Subject: x\r\nIn-Reply-To: <made-up@bureau.example>".to_owned(),
        ),
        (own, format!("Subject: Re: x [No.99999-{tag}]")),
    ];
    for (nth, (from, head)) in refused.iter().enumerate() {
        assert!(!f.take(from, head, "完成 1"), "{from}: {head}");
        assert_eq!(f.counts(), (0, nth + 1), "{from}: {head}");
    }
    let proven = [
        (own, format!("Subject: Re: x {}", f.number(no))),
        (
            stranger,
            format!("Subject: Re: x {}", f.number(no).to_uppercase()),
        ),
        (
            stranger,
            format!("Subject: x\r\nTo: Schoolbell+{no}-{tag}@bureau.example"),
        ),
        (
            stranger,
            format!("Subject: x\r\nReferences: <a@b> {}", letter.message_id),
        ),
    ];
    for (nth, (from, head)) in proven.iter().enumerate() {
        let words = format!("1 有困难 经费{nth}");
        assert!(f.take(from, head, &words), "{from}: {head}");
        assert_eq!(f.counts(), (nth + 1, refused.len()), "{from}: {head}");
    }
    let facts = f.office.ledger.facts_since(0).unwrap();
    let to = facts.iter().find_map(|(_, fact)| match &fact.what {
        Event::Answer { duty, .. } => Some(duty.clone()),
        _ => None,
    });
    assert_eq!(to.as_ref(), letter.duties.first());
}

/// Where an address and a subject name two letters, the address is no one's typing.
#[tokio::test]
async fn the_address_comes_before_the_subject() {
    let mut f = Fixture::new();
    let (no, other) = f.two();
    let tag = f.office.number(no).tag;
    let head = format!(
        "To: schoolbell+{no}-{tag}@bureau.example\r\nSubject: Re: {}",
        f.number(other)
    );
    assert!(f.take("a@b.example", &head, "收到"));
    let facts = f.office.ledger.facts_since(0).unwrap();
    let found = facts.iter().find_map(|(_, fact)| match &fact.what {
        Event::MailReceived { letter, .. } => *letter,
        _ => None,
    });
    assert_eq!(found, Some(no));
}

/// What comes by mail is filed as what is given on the page: once, also to what was answered before, and no more than a
/// duty takes.
#[tokio::test]
async fn what_is_attached_is_filed_as_on_the_page() {
    let mut f = Fixture::new();
    let (no, _) = f.two();
    let duty = f.letter(no).duties.first().unwrap().clone();
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    assert!(f.take_with(no, "1 有困难 经费\r\n1 收到", &names(&["a", "b"])));
    assert_eq!(f.filed(&duty), ["a.pdf", "b.pdf"]);
    let (answers, _) = f.counts();
    // Said before, and seen before: only what is new of it is put on record.
    assert!(f.take_with(no, "1 收到", &names(&["b", "c"])));
    assert_eq!(f.filed(&duty), ["a.pdf", "b.pdf", "c.pdf"]);
    assert_eq!(f.counts(), (answers, 0));

    let many = |from: usize| {
        (from..from + 9)
            .map(|nth| format!("f{nth}"))
            .collect::<Vec<_>>()
    };
    for from in [0, 9, 18] {
        assert!(f.take_with(no, "1 收到", &many(from)));
    }
    assert_eq!(f.filed(&duty).len(), FILES_A_DUTY);
    assert!(!f.take_with(no, "1 完成", &names(&["late"])));
    assert_eq!(f.filed(&duty).len(), FILES_A_DUTY);
    assert_eq!(f.counts(), (answers + 1, 1), "the answer counts");
    let (why, kept) = f.left();
    assert!(why.contains("已有 30 个材料"), "{why}");
    assert_eq!(kept, 1);

    assert!(!f.take_with(no, "照片见附件", &names(&["lost"])));
    assert_eq!(f.left().1, 1, "a person finds out what it belongs to");
}

/// More time than there is, and within reason: else a person looks at it, and nothing is on record as asked for.
#[tokio::test]
async fn an_extension_that_gives_no_time_is_left_to_a_person() {
    let mut f = Fixture::new();
    let (no, _) = f.two();
    let duty = f.letter(no).duties[0].clone();
    let due = {
        let book = f.office.book().unwrap();
        book.state.duty(&duty).unwrap().told[0].due
    };
    let head = format!("Subject: Re: x {}", f.number(no));
    let ask = |f: &mut Fixture, day: String| {
        f.take("a@b.example", &head, &format!("延期 1 {day} 操场维修"))
    };
    assert!(!ask(&mut f, format!("{}月{}日", due.month(), due.day())));
    assert_eq!(f.counts(), (0, 1));
    let (why, _) = f.left();
    assert!(why.contains("不晚于截止日"), "{why}");
    assert!(why.contains("操场维修"), "{why}");
    assert!(!ask(&mut f, "2206-06-20".to_owned()));
    assert_eq!(f.counts(), (0, 2));
    for over in [f.office.today(), f.office.today().yesterday().unwrap()] {
        assert!(!ask(&mut f, over.to_string()));
        let (why, _) = f.left();
        let day = format!("{}月{}日,不是今天以后的日子", over.month(), over.day());
        assert!(why.contains(&day) && why.contains("操场维修"), "{why}");
    }
    assert_eq!(f.counts(), (0, 4));
    let next = due.tomorrow().unwrap();
    assert!(ask(&mut f, format!("{}月{}日", next.month(), next.day())));
    assert_eq!(f.counts(), (1, 4));
}

/// A mail at which the program fails is left to a person, and the next is read; the ledger is not called ill.
#[tokio::test]
async fn a_poisoned_mail_costs_one_mail() {
    let mut f = Fixture::new();
    let (no, other) = f.two();
    f.office.poisoned.lock().unwrap().insert(no);
    let head = format!("Subject: Re: {}", f.number(no));
    assert!(!f.take("a@b.example", &head, "收到"));
    assert_eq!(f.counts(), (0, 1));
    let head = format!("Subject: Re: {}", f.number(other));
    assert!(f.take("a@b.example", &head, "1 有困难 经费"));
    assert_eq!(f.office.book().unwrap().state.post.read_to, Some((7, 2)));
    assert_eq!(f.office.pulse.vitals().ledger_trouble, None);
}

/// A mail that the server does not hand out is asked for again, and then left to a person.
#[tokio::test]
async fn a_mail_that_does_not_come_is_passed_over() {
    let f = Fixture::new();
    let mut watcher = Watcher {
        office: Arc::clone(&f.office),
        stopping: Arc::new(AtomicBool::new(false)),
        way: None,
        failed: 0,
        stuck: None,
    };
    let fault = || ImapFault {
        text: "取信:try later".to_owned(),
        lasts: false,
    };
    for _ in 1..FETCHES {
        let stuck = watcher.stick((7, 5), fault()).await;
        assert!(matches!(stuck, Err(Trouble::Mailbox(_))));
        assert_eq!(f.counts(), (0, 0));
    }
    // Another's failures are not this one's.
    assert!(watcher.stick((7, 6), fault()).await.is_err());
    for _ in 1..FETCHES {
        assert!(watcher.stick((7, 5), fault()).await.is_err());
    }
    assert!(watcher.stick((7, 5), fault()).await.is_ok());
    assert_eq!(f.counts(), (0, 1));
    let book = f.office.book().unwrap();
    assert_eq!(book.state.post.read_to, Some((7, 5)));
    let (_, unclear) = book.state.post.unclear.first_key_value().unwrap();
    assert!(unclear.text.contains("取不下来"), "{unclear:?}");
}

/// What a person has to look at stays so when the server hands it in again.
#[tokio::test]
async fn a_mail_known_already_is_as_clear_as_it_was() {
    let mut f = Fixture::new();
    let (no, _) = f.two();
    let head = format!("Subject: Re: {}", f.number(no));
    assert!(!f.take_again("<one@hs.example>", "a@b.example", &head, "请问怎么办"));
    assert!(!f.take_again("<one@hs.example>", "a@b.example", &head, "请问怎么办"));
    assert_eq!(f.counts(), (0, 1));
    f.trial.append(vec![Event::MailSeen {
        mail: 1,
        by: "沈志明".to_owned(),
    }]);
    assert!(f.take_again("<one@hs.example>", "a@b.example", &head, "请问怎么办"));
}

/// Of three lessons each reply is the next.
#[tokio::test]
async fn each_reply_is_the_next_of_several() {
    let mut f = Fixture::new();
    let (no, duty) = {
        let book = f.office.book().unwrap();
        let mut found = None;
        for (no, letter) in &book.state.letters {
            let several = |duty: &&DutyId| {
                let tasks = &f.office.house().agenda.calendar.tasks;
                tasks[&duty.occurrence.task].times == 3
            };
            if let Some(duty) = letter.duties.iter().find(several) {
                found = Some((*no, duty.clone()));
                break;
            }
        }
        found.expect("nobody is told of the lessons")
    };
    let letter = f.letter(no);
    let at = letter.numbered.iter().position(|one| *one == duty).unwrap() + 1;
    let head = format!("Subject: Re: {}", f.number(no));
    for done in 1..=3 {
        assert!(f.take("a@b.example", &head, &format!("完成 {at}")));
        let book = f.office.book().unwrap();
        let known = book.state.duty(&duty).unwrap();
        assert_eq!(known.dones.len(), done);
        assert_eq!(known.settled(3).is_some(), done == 3);
        let answer = known.answers.last().map(|given| given.answer);
        assert_eq!(answer, Some(Answer::Done));
    }
    assert!(f.take("a@b.example", &head, &format!("完成 {at}")));
    assert_eq!(f.counts(), (3, 0));
}

/// A clerk is told on the telephone what the mail says, while it is taken in: it is on record once.
#[tokio::test]
async fn what_a_clerk_records_meanwhile_is_not_news() {
    let (mut f, clerk) = Fixture::new().beside_a_clerk();
    let (no, _) = f.two();
    let duty = f.letter(no).duties[0].clone();
    let head = format!("Subject: Re: {}", f.number(no));
    clerk
        .lock()
        .unwrap()
        .push(Fixture::done_by_telephone(&duty));
    assert!(f.take("a@b.example", &head, "完成 1"));
    assert_eq!(f.counts(), (1, 0));
    let book = f.office.book().unwrap();
    assert_eq!(book.state.duty(&duty).unwrap().answers[0].via, Via::Clerk);
    assert_eq!(book.state.post.read_to, Some((7, 1)));
}

/// A mailbox that comes and goes is told of once a day.
#[tokio::test]
async fn a_mailbox_that_comes_and_goes_is_told_of_once() {
    let f = Fixture::new();
    let told = |f: &Fixture| {
        let book = f.office.book().unwrap();
        let matters = book.state.matters.iter();
        matters
            .filter(|(matter, _)| matter.starts_with("mailbox:"))
            .count()
    };
    f.office.note_mailbox(Some("读不了".to_owned())).unwrap();
    let officers = told(&f);
    assert!(officers > 0);
    let again = |hours| {
        let later = f.office.clock.now() + jiff::SignedDuration::from_hours(hours);
        f.office.clock.run_to(later);
        f.office.note_mailbox(None).unwrap();
        f.office.note_mailbox(Some("读不了".to_owned())).unwrap();
    };
    (0..3).for_each(|_| again(1));
    assert_eq!(told(&f), officers);
    again(24);
    assert_eq!(told(&f), 2 * officers);
    assert!(f.office.book().unwrap().state.post.trouble.is_some());
}

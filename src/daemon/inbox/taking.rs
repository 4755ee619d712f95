//! One mail taken in: what it comes to is one append, so that it counts wholly or not at all, and once.

use std::panic::catch_unwind;
use std::path::Path;

use ring::digest::{SHA256, digest};

use crate::core::compose::{Reader, compose};
use crate::core::fact::{Alert, Attached, Event, LetterNo, MailSort, Outcome, Via};
use crate::core::hex::hex;
use crate::core::letter::Content;
use crate::core::names::Address;
use crate::core::reply::{self, own_words};
use crate::core::state::{Found, LetterState, LetterStatus, State};
use crate::daemon::desk::answer_events;
use crate::daemon::office::{House, Office};
use crate::disk::Room;
use crate::evidence::{Kept, NotKept, Store};
use crate::ledger::LedgerError;
use crate::mail::Fetched;
use crate::mail::inbound::{self, Bounce, Incoming, Sort, Written};
use crate::mail::one_line;
use crate::web::PressedAnswer;

/// As much of what a person has to read is kept; the rest is in the mailbox.
const LONGEST_TEXT: usize = 400;

/// Characters a name may have.
const LONGEST_BY: usize = 40;

/// What a mail comes to.
struct Outcomes {
    sort: MailSort,
    letter: Option<LetterNo>,
    /// What a person has to read, or what the server said.
    text: String,
    kept: Vec<Attached>,
    /// Beside the fact that it arrived.
    events: Vec<Event>,
}

impl Outcomes {
    fn new(sort: MailSort, letter: Option<LetterNo>, text: impl Into<String>) -> Self {
        Self {
            sort,
            letter,
            text: text.into(),
            kept: Vec::new(),
            events: Vec::new(),
        }
    }
}

impl Outcomes {
    /// What is attached is evidence for every duty that was answered; where none was, a person has to look at it.
    fn file(&mut self, kept: &[Kept]) {
        let mut filed: Vec<Event> = Vec::new();
        for event in &self.events {
            let Event::Answer {
                duty,
                by,
                via,
                address,
                ..
            } = event
            else {
                continue;
            };
            for file in kept {
                let evidence = Event::Evidence {
                    duty: duty.clone(),
                    digest: file.digest.clone(),
                    name: file.name.clone(),
                    bytes: file.bytes,
                    by: by.clone(),
                    via: *via,
                    address: address.clone(),
                };
                if !filed.contains(&evidence) {
                    filed.push(evidence);
                }
            }
        }
        if !kept.is_empty() && filed.is_empty() && self.sort == MailSort::Reply {
            self.sort = MailSort::Unclear;
            add(&mut self.text, "附件不知道属于哪一项");
        }
        if self.sort == MailSort::Unclear {
            self.kept = kept.iter().map(attached).collect();
        }
        self.events.extend(filed);
    }
}

fn attached(file: &Kept) -> Attached {
    Attached {
        name: file.name.clone(),
        digest: file.digest.clone(),
        bytes: file.bytes,
    }
}

/// Keeps what is attached, on disk before this returns. What cannot be kept is told in the second value.
fn keep(state: &Path, written: &Written) -> (Vec<Kept>, Vec<String>) {
    let store = Store::of(state);
    // The last room on a disk is the ledger's.
    let scarce = Room::of(state).ok().and_then(|room| room.warning(state));
    let (mut kept, mut lost) = (Vec::new(), Vec::new());
    for one in &written.attachments {
        if scarce.is_some() {
            lost.push(format!("“{}”,磁盘快满了", one.name));
            continue;
        }
        match store.keep(&one.name, &one.bytes) {
            Ok(file) => kept.push(file),
            Err(NotKept::Empty { .. }) => {}
            Err(why) => lost.push(why.to_string()),
        }
    }
    (kept, lost)
}

impl Office {
    /// Takes in a mail, up to which the mailbox is then read. Says whether a person need not look at it.
    pub(super) fn take_in(&self, mail: &Fetched, read_to: (u32, u32)) -> Result<bool, LedgerError> {
        let house = self.house();
        let own = &house.settings.mail.from.address;
        // One poisoned mail must cost one mail.
        let incoming = catch_unwind(|| inbound::read(&mail.bytes, own)).unwrap_or(Incoming {
            message_id: None,
            from: None,
            person: String::new(),
            subject: String::new(),
            clues: inbound::Clues::default(),
            sort: Sort::Unreadable,
        });
        let message_id = incoming
            .message_id
            .clone()
            .unwrap_or_else(|| format!("<{}@sha256>", hex(digest(&SHA256, &mail.bytes).as_ref())));
        let (uid_validity, uid) = read_to;
        let read = Event::MailboxRead { uid_validity, uid };
        let found = {
            let mut book = self.book()?;
            if book.state.post.knows(&message_id) {
                self.append(&mut book, vec![read])?;
                return Ok(true);
            }
            book.state.letter_of(
                &incoming.clues.message_ids,
                &incoming.clues.letters,
                incoming.from.as_ref(),
            )
        };
        // Of strangers nothing is kept but that they wrote; and files are written while nobody waits for the book.
        let (kept, mut lost) = match (&incoming.sort, found) {
            (Sort::Written(written), Some(found)) if found.is_proven => {
                let (kept, mut lost) = keep(&house.settings.state, written);
                lost.extend(written.left_out.iter().cloned());
                (kept, lost)
            }
            _ => (Vec::new(), Vec::new()),
        };
        if !mail.is_whole {
            lost.push("信太大,没有全取下来".to_owned());
        }
        let mut book = self.book()?;
        let state = &book.state;
        let mut outcomes = match &incoming.sort {
            Sort::Written(written) => self.written(&house, state, &incoming, written, found),
            Sort::Bounce(bounce) => bounced(state, &incoming, bounce),
            Sort::Automatic(why) => {
                Outcomes::new(MailSort::Automatic, found.map(|found| found.letter), *why)
            }
            Sort::Unreadable => Outcomes::new(MailSort::Unclear, None, "读不了的信,请到邮箱里看"),
        };
        if !lost.is_empty() && matches!(incoming.sort, Sort::Written(_)) {
            let words = format!("附件没有保存:{}", lost.join("、"));
            add(&mut outcomes.text, &words);
            outcomes.sort = MailSort::Unclear;
        }
        outcomes.file(&kept);
        let understood = outcomes.sort != MailSort::Unclear;
        let has_answers = !outcomes.events.is_empty();
        let mut events = outcomes.events;
        events.push(Event::MailReceived {
            mail: state.post.next(),
            message_id,
            sort: outcomes.sort,
            from: incoming.from,
            letter: outcomes.letter,
            text: outcomes.text,
            kept: outcomes.kept,
        });
        events.push(read);
        self.append(&mut book, events)?;
        drop(book);
        if has_answers {
            self.answered.notify_one();
            self.mail.notify_one();
        }
        Ok(understood)
    }

    fn written(
        &self,
        house: &House,
        state: &State,
        mail: &Incoming,
        written: &Written,
        found: Option<Found>,
    ) -> Outcomes {
        let words = own_words(&written.text);
        let whole = format!("主题“{}”,写道“{words}”", mail.subject);
        let Some((found, letter)) = found.and_then(|found| {
            let no = state
                .letters
                .get(&found.letter)?
                .about
                .unwrap_or(found.letter);
            let was_asked = no != found.letter;
            Some(((no, found.is_proven, was_asked), state.letters.get(&no)?))
        }) else {
            return Outcomes::new(MailSort::Unclear, None, shown(&whole));
        };
        let (no, is_proven, was_asked) = found;
        if !is_proven {
            let text = format!("不是从收信的邮箱 {} 回的,没有记下;{whole}", letter.address);
            return Outcomes::new(MailSort::Unclear, Some(no), shown(&text));
        }
        let now = self.clock.now();
        let content = compose(&house.agenda, state, no, now, Reader::Page);
        let writer = Writer::of(house, self.today(), mail, letter);
        let names: Vec<&str> = writer.names.iter().map(String::as_str).collect();
        let read = reply::read(&written.text, &names, self.today());
        let rollup: Vec<_> = content
            .iter()
            .flat_map(|content| content.rollup.iter().map(|row| row.duty.clone()))
            .collect();
        let taken = reply::take(&read, &letter.numbered, &rollup, |duty| {
            let times = house
                .agenda
                .calendar
                .tasks
                .get(&duty.occurrence.task)
                .map_or(1, |task| task.times);
            state
                .duty(duty)
                .is_some_and(|known| known.settled(times).is_some())
        });
        let mut outcomes = Outcomes::new(MailSort::Reply, Some(no), "");
        for (duty, said) in taken.answers {
            let pressed = PressedAnswer {
                letter: no,
                duties: vec![duty],
                answer: said.answer,
                by: writer.by.clone(),
                note: said.note,
                nth: None,
                until: said.until.filter(|day| *day > self.today()),
                // What is attached is filed once for the whole mail.
                files: Vec::new(),
            };
            match answer_events(house, state, &pressed, &[], Via::Mail) {
                Ok(events) => outcomes.events.extend(events),
                Err(error) => add(&mut outcomes.text, &error.to_string()),
            }
        }
        for why in &taken.unclear {
            add(&mut outcomes.text, why);
        }
        if !outcomes.text.is_empty() {
            outcomes.sort = MailSort::Unclear;
            outcomes.text = shown(&outcomes.text);
        }
        // Once a letter, and never in answer to an answer to it: two programs must not write to each other for ever.
        let asks = taken.asks_which && !was_asked;
        if let (true, Some(content)) = (asks, &content) {
            outcomes
                .events
                .extend(self.ask_which(state, no, letter, content, &words));
        }
        outcomes
    }

    /// The facts of the letter that sends the list back.
    fn ask_which(
        &self,
        state: &State,
        no: LetterNo,
        letter: &LetterState,
        content: &Content,
        words: &str,
    ) -> Vec<Event> {
        let matter = format!("which:{no}");
        let told = (matter.clone(), letter.address.clone());
        if state.matters.contains(&told) || state.unreachable.contains_key(&letter.address) {
            return Vec::new();
        }
        let items = content.items.iter().chain(&content.overdue_below);
        let list: Vec<String> = (1..)
            .zip(&letter.numbered)
            .filter_map(|(n, duty)| {
                let item = items.clone().find(|item| item.duty == *duty)?;
                let stands = item.settled.as_ref().map_or_else(
                    || format!("{}月{}日前", item.due.month(), item.due.day()),
                    |settled| format!("已办结:{settled}"),
                );
                Some(format!("{n}. {}({}),{stands}", item.title, item.unit_name))
            })
            .collect();
        let links = self.links(content, true);
        let page = links.page.map_or(String::new(), |page| {
            format!("\n也可以打开回执页,逐项办理:\n{page}\n")
        });
        let text = format!(
            "{}，您好。\n\n收到您对第{no}号信的回复：“{}”。信里不止一项，不知道您说的是哪几项，能记下的已先记作“收到”。信里的各项：\n\n{}\n\n请再回复一次，写上编号，如“完成 1”“完成 全部”“延期 1 6月20日 原因”。\n{page}",
            content.person,
            cut(&one_line(words), 60),
            list.join("\n"),
        );
        let alert = Alert {
            subject: "请再说明完成的是哪几项".to_owned(),
            text,
        };
        let to = [letter.address.clone()].into();
        let mut events = self.alert_events(state, to, &matter, &alert);
        for event in &mut events {
            if let Event::LetterQueued { about, .. } = event {
                *about = Some(no);
            }
        }
        events
    }
}

/// Who wrote a reply.
struct Writer {
    /// As the record has it.
    by: String,
    /// What they may sign with.
    names: Vec<String>,
}

impl Writer {
    fn of(house: &House, today: jiff::civil::Date, mail: &Incoming, letter: &LetterState) -> Self {
        let roster = &house.agenda.roster;
        let behind = |address: Option<&Address>| {
            address
                .map(|address| roster.behind(address, today))
                .unwrap_or_default()
        };
        let (from, to) = (behind(mail.from.as_ref()), behind(Some(&letter.address)));
        let known = from
            .first()
            .or(to.first().filter(|_| mail.person.is_empty()));
        let person = match (known, mail.person.as_str()) {
            (Some((_, contact)), _) => contact.person.clone(),
            (None, "") => letter.address.to_string(),
            (None, person) => person.to_owned(),
        };
        let mut names = vec![person.clone(), mail.person.clone()];
        for (unit, contact) in from.into_iter().chain(to) {
            names.extend([unit.name.clone(), contact.person.clone()]);
        }
        names.retain(|name| !name.is_empty());
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.dedup();
        Self {
            by: cut(&one_line(&person), LONGEST_BY),
            names,
        }
    }
}

/// A bounce: nobody was reached by the letter, and where the mailbox is at fault its contact is marked.
fn bounced(state: &State, mail: &Incoming, bounce: &Bounce) -> Outcomes {
    let names = |no: &LetterNo| {
        state
            .letters
            .get(no)
            .is_some_and(|letter| bounce.addresses.contains(&letter.address))
    };
    let clues = &mail.clues;
    // A number alone anybody can write, unless what failed is the mailbox that the letter went to.
    let by_clue = state
        .letter_of(&clues.message_ids, &clues.letters, None)
        .filter(|found| found.is_proven || names(&found.letter))
        .map(|found| found.letter);
    let by_mailbox = || {
        bounce
            .addresses
            .iter()
            .find_map(|address| state.last_accepted(address))
    };
    let Some(no) = by_clue.or_else(by_mailbox) else {
        let text = format!("退信,不知道是哪一封:主题“{}”,{}", mail.subject, bounce.text);
        return Outcomes::new(MailSort::Unclear, None, shown(&text));
    };
    let mut outcomes = Outcomes::new(MailSort::Bounce, Some(no), bounce.text.clone());
    let Some(letter) = state.letters.get(&no) else {
        return outcomes;
    };
    let may_have_arrived = !matches!(
        letter.status,
        LetterStatus::Queued | LetterStatus::Ended(Outcome::Refused | Outcome::Dropped)
    );
    let text = format!("退信:{}", bounce.text);
    if may_have_arrived {
        outcomes.events.push(Event::Bounced {
            letter: no,
            address: letter.address.clone(),
            text: text.clone(),
        });
    }
    // One that the contact's own mailbox passed on, and that failed there, says nothing of the contact's.
    let is_theirs = bounce.addresses.is_empty() || bounce.addresses.contains(&letter.address);
    if bounce.mailbox && is_theirs && !state.unreachable.contains_key(&letter.address) {
        outcomes.events.push(Event::Unreachable {
            address: letter.address.clone(),
            text,
        });
    }
    outcomes
}

fn add(text: &mut String, words: &str) {
    if !text.is_empty() {
        text.push(';');
    }
    text.push_str(words);
}

/// What a person has to read, on one line and with an end.
fn shown(text: &str) -> String {
    cut(&one_line(text), LONGEST_TEXT)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

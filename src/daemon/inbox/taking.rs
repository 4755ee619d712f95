//! One mail taken in: what it comes to is one append, so that it counts wholly or not at all, and once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use jiff::civil::Date;
use ring::digest::{SHA256, digest};

use super::bounced::bounced;
use super::outcomes::{Outcomes, add, shown};
use crate::core::clerk::farthest_day;
use crate::core::compose::{Reader, compose};
use crate::core::dates::near_day;
use crate::core::duty::DutyId;
use crate::core::fact::{Event, LetterNo, MailSort, Via};
use crate::core::hex::hex;
use crate::core::letter::Content;
use crate::core::names::Address;
use crate::core::plan::officers;
use crate::core::reply::{self, Reply, Said, own_words};
use crate::core::state::{Found, State};
use crate::daemon::desk::{answer_events, too_many};
use crate::daemon::office::{Book, House, Office};
use crate::disk::Room;
use crate::evidence::{Kept, NotKept, Store};
use crate::ledger::LedgerError;
use crate::mail::Fetched;
use crate::mail::inbound::{self, Incoming, Sort, Written};
use crate::mail::{one_line, shorten};
use crate::web::PressedAnswer;

/// Characters a name may have.
const LONGEST_BY: usize = 40;

/// What was made of a mail while nobody waited for the book.
#[derive(Default)]
struct Prepared {
    /// The letter it belongs to.
    found: Option<Found>,
    reply: Option<Answered>,
    /// The beginning of what somebody wrote, on one line.
    words: String,
    /// What is attached, on disk.
    kept: Vec<Kept>,
    /// What of it could not be kept.
    lost: Vec<String>,
}

/// A reply that surely comes from who has the letter.
struct Answered {
    /// The letter that is answered.
    to: LetterNo,
    /// Whether it answers the letter that had asked about this one.
    was_asked: bool,
    by: String,
    read: Reply,
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
    pub(in crate::daemon) fn take_in(
        &self,
        mail: &Fetched,
        read_to: (u32, u32),
    ) -> Result<bool, LedgerError> {
        let house = self.house();
        let incoming = inbound::read(&mail.bytes, &house.settings.mail.from.address);
        let message_id = incoming
            .message_id
            .clone()
            .unwrap_or_else(|| format!("<{}@sha256>", hex(digest(&SHA256, &mail.bytes).as_ref())));
        {
            let mut book = self.book()?;
            let post = &book.state.post;
            if let Some(known) = post.known(&message_id) {
                let understood = !post.unclear.contains_key(&known);
                self.append(&mut book, vec![mailbox_read(read_to)])?;
                return Ok(understood);
            }
        }
        // One poisoned mail must cost one mail, whatever panics at it.
        let prepared = catch_unwind(AssertUnwindSafe(|| {
            self.prepare(&house, &incoming, mail.is_whole)
        }));
        let prepared = prepared.ok().transpose()?;
        let mut book = self.book()?;
        let (understood, has_answers) = self.append_decided(&mut book, |book| {
            self.have_at_hand(book, &incoming, prepared.as_ref())?;
            let outcomes = self.come_to(&house, &book.state, &incoming, prepared.as_ref());
            let told = (
                outcomes.sort != MailSort::Unclear,
                !outcomes.events.is_empty(),
            );
            let mut events = outcomes.events;
            events.push(Event::MailReceived {
                mail: book.state.post.next(),
                message_id: message_id.clone(),
                sort: outcomes.sort,
                from: incoming.from.clone(),
                letter: outcomes.letter,
                text: outcomes.text,
                kept: outcomes.kept,
            });
            events.push(mailbox_read(read_to));
            Ok::<_, LedgerError>((events, told))
        })?;
        drop(book);
        if has_answers {
            self.answered.notify_one();
            self.mail.notify_one();
        }
        Ok(understood)
    }

    /// What a mail comes to, also where the program fails at it.
    fn come_to(
        &self,
        house: &House,
        state: &State,
        incoming: &Incoming,
        prepared: Option<&Prepared>,
    ) -> Outcomes {
        let outcomes = prepared.and_then(|prepared| {
            let come_to = || self.outcomes(house, state, incoming, prepared);
            catch_unwind(AssertUnwindSafe(come_to)).ok()
        });
        outcomes.unwrap_or_else(|| {
            let message_id = incoming.message_id.as_deref();
            tracing::error!(
                message_id,
                "a mail could not be taken in: the program failed at it"
            );
            let text = format!(
                "程序处理这封信时出错,请到邮箱里看:主题“{}”",
                incoming.subject
            );
            Outcomes::new(MailSort::Unclear, None, shown(&text))
        })
    }

    /// Has in memory the letters a mail may be about.
    fn have_at_hand(
        &self,
        book: &mut Book,
        incoming: &Incoming,
        prepared: Option<&Prepared>,
    ) -> Result<(), LedgerError> {
        if let Some(found) = prepared.and_then(|prepared| prepared.found) {
            book.need_letter(&self.ledger, found.letter)?;
        }
        if let Sort::Bounce(bounce) = &incoming.sort {
            for address in &bounce.addresses {
                if let Some(last) = book.state.reached.get(address).copied() {
                    book.need_letter(&self.ledger, last)?;
                }
            }
        }
        Ok(())
    }

    /// Puts a mail on record that was not read, so that reading goes on behind it: what happened, and why.
    pub(super) fn pass_over(
        &self,
        read_to: (u32, u32),
        what: &str,
        why: &str,
    ) -> Result<(), LedgerError> {
        let (uid_validity, uid) = read_to;
        let message_id = format!("<{uid_validity}.{uid}@unfetched>");
        let mut book = self.book()?;
        let mut events = Vec::new();
        if book.state.post.known(&message_id).is_none() {
            let text = format!("{what},请到邮箱里看(编号 {uid}):{why}");
            events.push(Event::MailReceived {
                mail: book.state.post.next(),
                message_id,
                sort: MailSort::Unclear,
                from: None,
                letter: None,
                text: shown(&text),
                kept: Vec::new(),
            });
        }
        events.push(mailbox_read(read_to));
        self.append(&mut book, events)
    }

    /// What takes long, and needs nobody to wait for the book meanwhile: the words are read, and files written.
    fn prepare(
        &self,
        house: &House,
        incoming: &Incoming,
        is_whole: bool,
    ) -> Result<Prepared, LedgerError> {
        let clues = &incoming.clues;
        let numbers: Vec<Found> = clues
            .letters
            .iter()
            .map(|number| Found {
                letter: number.letter,
                is_proven: self.proves(number),
            })
            .collect();
        let (found, asked) = {
            let mut book = self.book()?;
            let found = book.letter_of(&self.ledger, &clues.message_ids, numbers)?;
            let letters = &book.state.letters;
            let letter = |no: LetterNo| letters.get(&no).map(|letter| (no, letter));
            let asked = found.and_then(|found| {
                // A letter that asks about another stands for that one.
                let no = letter(found.letter)?.1.about.unwrap_or(found.letter);
                let (_, letter) = letter(no)?;
                Some((no, no != found.letter, letter.address.clone()))
            });
            (found, asked)
        };
        let mut prepared = Prepared {
            found,
            words: match &incoming.sort {
                Sort::Written(written) => shown(&own_words(&written.text)),
                _ => String::new(),
            },
            ..Prepared::default()
        };
        let (Sort::Written(written), Some(found), Some((to, was_asked, address))) =
            (&incoming.sort, found, asked)
        else {
            if !is_whole {
                prepared.lost.push(CUT_OFF.to_owned());
            }
            return Ok(prepared);
        };
        // Of what is not proven the beginning is kept for a person to read, and nothing else: no answer, and no file.
        if found.is_proven {
            let writer = Writer::of(house, self.today(), incoming, &address);
            let names: Vec<&str> = writer.names.iter().map(String::as_str).collect();
            prepared.reply = Some(Answered {
                to,
                was_asked,
                read: reply::read(&written.text, &names, self.today()),
                by: writer.by,
            });
            (prepared.kept, prepared.lost) = keep(&house.settings.state, written);
            prepared.lost.extend(written.left_out.iter().cloned());
        }
        if !is_whole {
            prepared.lost.push(CUT_OFF.to_owned());
        }
        Ok(prepared)
    }

    /// What a mail comes to, by what is true under the book's lock.
    fn outcomes(
        &self,
        house: &House,
        state: &State,
        incoming: &Incoming,
        prepared: &Prepared,
    ) -> Outcomes {
        let found = prepared.found;
        let letter = found.map(|found| found.letter);
        #[cfg(test)]
        if let Some(no) = letter {
            self.taste(no);
        }
        let mut outcomes = match &incoming.sort {
            Sort::Written(_) => match &prepared.reply {
                Some(reply) => self.answered(house, state, prepared, reply),
                None => unproven(state, incoming, &prepared.words, letter),
            },
            Sort::Bounce(bounce) => {
                let officers = officers(&house.agenda, self.today());
                bounced(state, &officers, incoming, bounce, found)
            }
            Sort::Automatic(why) => Outcomes::new(MailSort::Automatic, letter, *why),
            Sort::Unreadable => Outcomes::new(MailSort::Unclear, None, "读不了的信,请到邮箱里看"),
        };
        if !prepared.lost.is_empty() && matches!(incoming.sort, Sort::Written(_)) {
            let words = format!("附件没有保存:{}", prepared.lost.join("、"));
            add(&mut outcomes.text, &words);
            outcomes.sort = MailSort::Unclear;
        }
        outcomes.leave(&prepared.kept);
        outcomes
    }

    fn answered(
        &self,
        house: &House,
        state: &State,
        prepared: &Prepared,
        reply: &Answered,
    ) -> Outcomes {
        let no = reply.to;
        let mut outcomes = Outcomes::new(MailSort::Reply, Some(no), "");
        let Some(letter) = state.letters.get(&no) else {
            return outcomes;
        };
        let content = compose(&house.agenda, state, no, self.clock.now(), Reader::Page);
        let rollup: Vec<_> = content
            .iter()
            .flat_map(|content| content.rollup.iter().map(|row| row.duty.clone()))
            .collect();
        let taken = reply::take(&reply.read, &letter.numbered, &rollup, |duty| {
            let times = times(house, duty);
            state
                .duty(duty)
                .is_some_and(|known| known.settled(times).is_some())
        });
        outcomes.is_placed = !taken.answers.is_empty();
        for (duty, said) in taken.answers {
            if let Some(why) = asked_in_vain(content.as_ref(), &duty, &said, self.today()) {
                add(&mut outcomes.text, &why);
                continue;
            }
            // What is attached is evidence for every duty that is answered.
            let kept = match too_many(
                state,
                &duty,
                prepared.kept.iter().map(|file| file.digest.as_str()),
            ) {
                None => &prepared.kept[..],
                Some(filed) => {
                    let why = format!("附件没有记到 {duty}:已有 {filed} 个材料");
                    add(&mut outcomes.text, &why);
                    &[]
                }
            };
            let pressed = PressedAnswer {
                letter: no,
                nth: next_of_several(house, state, &duty, &said),
                duties: vec![duty],
                answer: said.answer,
                by: reply.by.clone(),
                note: said.note,
                until: said.until,
                files: Vec::new(),
            };
            match answer_events(house, state, &pressed, kept, Via::Mail) {
                Ok(events) => outcomes.add_new(events),
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
        let asks = taken.asks_which && !reply.was_asked;
        if let (true, Some(content)) = (asks, &content) {
            outcomes
                .events
                .extend(self.ask_which(state, no, letter, content, &prepared.words));
        }
        outcomes
    }
}

/// Why attachments may be missing.
const CUT_OFF: &str = "信太大,没有全取下来";

fn mailbox_read((uid_validity, uid): (u32, u32)) -> Event {
    Event::MailboxRead { uid_validity, uid }
}

/// How often a duty is to be done.
fn times(house: &House, duty: &DutyId) -> u16 {
    house.agenda.calendar.times(&duty.occurrence.task)
}

/// Of what is to be done several times, the next that is not done yet: a mail does not say which.
fn next_of_several(house: &House, state: &State, duty: &DutyId, said: &Said) -> Option<u16> {
    let times = times(house, duty);
    let known = state.duty(duty).filter(|known| known.closes(said.answer));
    known.filter(|_| times > 1)?.next_done(times)
}

/// Why a person has to look at a request for more time: the day it asks for is over, gives none, or lies too far ahead.
fn asked_in_vain(
    content: Option<&Content>,
    duty: &DutyId,
    said: &Said,
    today: Date,
) -> Option<String> {
    let until = said.until?;
    let item = content.and_then(|content| {
        let mut items = content.items.iter().chain(&content.overdue_below);
        items.find(|item| item.duty == *duty)
    });
    let why = if until <= today {
        "不是今天以后的日子".to_owned()
    } else if let Some(due) = item.map(|item| item.due).filter(|due| until <= *due) {
        format!("不晚于截止日{}", near_day(due, today))
    } else if until > farthest_day(today) {
        "太远了".to_owned()
    } else {
        return None;
    };
    let title = item.map_or_else(|| duty.to_string(), |item| item.title.clone());
    Some(format!(
        "“{title}”希望延到{},{why},没有记下:“{}”",
        near_day(until, today),
        said.note
    ))
}

/// What somebody wrote who did not prove to have a letter: nothing of it counts, and a person reads it.
fn unproven(state: &State, mail: &Incoming, words: &str, letter: Option<LetterNo>) -> Outcomes {
    let whole = format!("主题“{}”,写道“{words}”", mail.subject);
    let letter = letter.filter(|no| state.has_letter(*no));
    let text = match letter {
        Some(no) => {
            format!("提到第{no}号信,但没有带信上完整的编号,不能确定是收信人回的,没有记下;{whole}")
        }
        None => whole,
    };
    Outcomes::new(MailSort::Unclear, letter, shown(&text))
}

/// Who wrote a reply.
struct Writer {
    /// As the record has it.
    by: String,
    /// What they may sign with.
    names: Vec<String>,
}

impl Writer {
    fn of(house: &House, today: Date, mail: &Incoming, to: &Address) -> Self {
        let roster = &house.agenda.roster;
        let behind = |address: Option<&Address>| {
            address
                .map(|address| roster.behind(address, today))
                .unwrap_or_default()
        };
        let (from, there) = (behind(mail.from.as_ref()), behind(Some(to)));
        let known = from
            .first()
            .or(there.first().filter(|_| mail.person.is_empty()));
        let person = match (known, mail.person.as_str()) {
            (Some((_, contact)), _) => contact.person.clone(),
            (None, "") => to.to_string(),
            (None, person) => person.to_owned(),
        };
        let mut names = vec![person.clone(), mail.person.clone()];
        for (unit, contact) in from.into_iter().chain(there) {
            names.extend([unit.name.clone(), contact.person.clone()]);
        }
        names.retain(|name| !name.is_empty());
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.dedup();
        Self {
            by: shorten(&one_line(&person), LONGEST_BY),
            names,
        }
    }
}

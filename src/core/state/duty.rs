//! What has happened to a duty, folded.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::brief;
use crate::core::fact::{Answer, Event, LetterNo, Part, Via};
use crate::core::ladder::Rung;
use crate::core::names::Address;

/// What has happened to a duty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DutyState {
    /// What was put into letters, in order.
    pub told: Vec<Told>,
    /// The answers, in order.
    pub answers: Vec<Given>,
    /// Which of the answers asked for are in.
    pub dones: BTreeSet<u16>,
    /// How it was settled without being done.
    pub let_off: Option<LetOff>,
    /// How often it was reopened.
    pub reopened: u16,
    /// The due day of a granted extension.
    pub extended_to: Option<Date>,
    /// How a conditional duty was raised.
    pub raised: Option<Raised>,
    /// The request that waits for a decision: its place among the answers.
    pub pending: Option<usize>,
    /// Decisions, with the address of who had asked.
    pub decisions: Vec<Decided>,
    /// The last time the officer returned a `done`.
    pub returned: Option<Returned>,
    /// The files that came with answers, in order; the same file once.
    pub evidence: Vec<Filed>,
    /// How many facts of it there are.
    pub facts: u32,
}

/// A notice that was put into a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its place among the duty's facts. What came first is told by this and not by times: a clock may be set back.
    pub order: u32,
    /// When it was decided.
    #[serde(with = "brief::moment")]
    pub at: Timestamp,
    /// Whom.
    pub address: Address,
    /// Of which rung.
    pub rung: Rung,
    /// Of which due day.
    #[serde(with = "brief::day")]
    pub due: Date,
    /// The rung's day.
    #[serde(with = "brief::day")]
    pub day: Date,
    /// In which letter; a fold moves it to the newer one.
    pub letter: LetterNo,
    /// What it is to the reader.
    pub part: Part,
    /// When a server accepted the letter.
    #[serde(with = "brief::moment_or_none")]
    pub reached: Option<Timestamp>,
    /// Whether the letter was dropped: the reader knows nothing of it.
    pub dropped: bool,
    /// Whether the letter was refused, or given up: it never arrived.
    pub failed: bool,
}

/// How a conditional duty was raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// When.
    pub at: Timestamp,
    /// The last day.
    pub due: Date,
    /// Why, in the words of who raised it.
    pub note: String,
    /// Whether it is an alert, which closes by `received`.
    pub alert: bool,
    /// What it is called this time; empty: the task's title.
    pub title: String,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// When.
    #[serde(with = "brief::moment")]
    pub at: Timestamp,
    /// What.
    pub answer: Answer,
    /// Who.
    pub by: String,
    /// With what note.
    pub note: String,
    /// How.
    pub via: Via,
    /// From whose link.
    pub address: Option<Address>,
    /// The day asked for.
    pub until: Option<Date>,
}

/// What somebody says of a duty, before it is an answer on record.
#[derive(Clone, Copy, Debug)]
pub struct Saying<'a> {
    /// What.
    pub answer: Answer,
    /// Who.
    pub by: &'a str,
    /// With what note.
    pub note: &'a str,
    /// The day asked for.
    pub until: Option<Date>,
    /// Which of several it is, where that is said.
    pub nth: Option<u16>,
}

/// A file that came with an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// When.
    pub at: Timestamp,
    /// The SHA-256 of its bytes, under which it is kept.
    pub digest: String,
    /// The name it is shown under.
    pub name: String,
    /// How large it is, in bytes.
    pub bytes: u64,
    /// Who sent it.
    pub by: String,
}

/// How a duty was settled without being done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetOff {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why.
    pub note: String,
    /// Granted as not applicable, rather than waived.
    pub not_applicable: bool,
}

/// A `done` that the officer returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// Its place among the duty's facts.
    pub order: u32,
    /// By whom.
    pub by: String,
    /// Why.
    pub note: String,
}

/// A decision on a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Its place among the duty's facts.
    pub order: u32,
    /// The request's kind.
    pub request: Answer,
    /// Granted, or refused.
    pub granted: bool,
    /// By whom.
    pub by: String,
    /// Why.
    pub note: String,
    /// Who had asked.
    pub asker: Option<Address>,
}

/// How a duty was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled<'a> {
    /// Done, by this answer.
    Done(&'a Given),
    /// Waived, or not applicable.
    LetOff(&'a LetOff),
}

impl Settled<'_> {
    /// When.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Done(given) => given.at,
            Self::LetOff(found) => found.at,
        }
    }

    /// In words: `已完成(王建国)`.
    pub fn in_words(&self) -> String {
        match self {
            Self::Done(given) => format!("{}({})", given.answer.name(), given.by),
            Self::LetOff(found) if found.not_applicable => format!("不适用({})", found.by),
            Self::LetOff(found) => format!("已免({})", found.by),
        }
    }
}

impl Raised {
    /// What the fact of a raising says.
    pub(super) fn of(at: Timestamp, what: &Event) -> Option<Self> {
        let Event::Raised {
            due,
            note,
            alert,
            title,
            ..
        } = what
        else {
            return None;
        };
        Some(Self {
            at,
            due: *due,
            note: note.clone(),
            alert: *alert,
            title: title.clone(),
        })
    }
}

impl DutyState {
    /// How it is settled, if it is; `times` is the number of answers its task asks.
    pub fn settled(&self, times: u16) -> Option<Settled<'_>> {
        if let Some(found) = &self.let_off {
            return Some(Settled::LetOff(found));
        }
        if self.dones.len() < usize::from(times) {
            return None;
        }
        self.answers
            .iter()
            .rev()
            .find(|given| self.closes(given.answer))
            .map(Settled::Done)
    }

    /// Of the answers its task asks, which are `times`, the first that is not in.
    pub fn next_done(&self, times: u16) -> Option<u16> {
        (1..=times).find(|nth| !self.dones.contains(nth))
    }

    /// What it was called when it was raised, if that is not the task's title.
    pub fn own_title(&self) -> Option<String> {
        let raised = self.raised.as_ref()?;
        (!raised.title.is_empty()).then(|| raised.title.clone())
    }

    /// Whether it is an alert.
    pub fn is_alert(&self) -> bool {
        self.raised.as_ref().is_some_and(|raised| raised.alert)
    }

    /// Whether such an answer says that what was asked is done: of an alert, that it was received.
    pub fn closes(&self, answer: Answer) -> bool {
        answer == Answer::Done || (answer == Answer::Received && self.is_alert())
    }

    /// Whether it is settled and waits for nothing: no request is open and no decision was ever asked for. Read without
    /// looking at what was told and answered, since a year's settled duties are passed over at every slot.
    pub fn rests(&self, times: u16) -> bool {
        (self.let_off.is_some() || self.dones.len() >= usize::from(times))
            && self.pending.is_none()
            && self.decisions.is_empty()
    }

    /// The notices a reader has, or will have, as far as is known.
    pub fn standing(&self) -> impl Iterator<Item = &Told> {
        self.told.iter().filter(|told| !told.dropped)
    }

    /// How often its due day has changed since somebody was first told of it, `due` being the day it has now. Each
    /// change counts, also one back to an earlier day, and what was told and never arrived too: it only ever grows.
    pub fn date_changes(&self, due: Date) -> u32 {
        let mut days: Vec<Date> = self.told.iter().map(|told| told.due).collect();
        days.push(due);
        days.dedup();
        u32::try_from(days.len() - 1).unwrap_or(u32::MAX)
    }

    /// The day that somebody set for it, and not the calendar: to which it was put off, or for which it was raised.
    pub fn put_off_to(&self) -> Option<Date> {
        let raised = self.raised.as_ref().map(|raised| raised.due);
        raised.max(self.extended_to)
    }

    /// What an address was last told of.
    pub fn last_told(&self, address: &Address) -> Option<&Told> {
        self.told
            .iter()
            .rev()
            .find(|told| !told.dropped && told.address == *address)
    }

    /// Whether a notice was decided before, whatever became of it: a notice is decided once. Where a duty is reopened
    /// after its letter was dropped, the word of its return tells what the dropped notice would have.
    pub fn decided(&self, rung: Rung, due: Date, address: &Address) -> bool {
        self.told
            .iter()
            .any(|told| told.rung == rung && told.due == due && told.address == *address)
    }

    /// The request that waits for a decision.
    pub fn request(&self) -> Option<&Given> {
        self.pending.and_then(|at| self.answers.get(at))
    }

    /// Whether it changes nothing to hear this: what it says is done is done as things stand, whoever did it; that very
    /// request still waits; or its receipt is on record. `times` is the number of answers its task asks.
    pub fn is_heard_before(&self, saying: &Saying<'_>, times: u16) -> bool {
        if self.closes(saying.answer) {
            return match saying.nth {
                Some(nth) => self.dones.contains(&nth),
                None => self.dones.len() >= usize::from(times),
            };
        }
        if saying.answer.is_request() {
            return self.request().is_some_and(|asked| saying.is(asked));
        }
        self.is_on_record(saying)
    }

    /// Whether an answer on record says just this, whatever has happened since.
    pub fn is_on_record(&self, saying: &Saying<'_>) -> bool {
        self.answers.iter().any(|given| saying.is(given))
    }
}

impl Saying<'_> {
    fn is(&self, given: &Given) -> bool {
        given.answer == self.answer
            && given.by == self.by
            && given.note == self.note
            && given.until == self.until
    }
}

impl DutyState {
    /// Takes in a file; the same one once.
    pub(super) fn take_file(&mut self, at: Timestamp, what: &Event) {
        let Event::Evidence {
            digest,
            name,
            bytes,
            by,
            ..
        } = what
        else {
            return;
        };
        if self.evidence.iter().any(|file| file.digest == *digest) {
            return;
        }
        self.evidence.push(Filed {
            at,
            digest: digest.clone(),
            name: name.clone(),
            bytes: *bytes,
            by: by.clone(),
        });
    }

    /// Takes away the request that a decision is about, and says who had asked. One of another kind waits on: an officer
    /// may put a duty off unasked, and has said nothing of it then.
    pub(super) fn take_request(&mut self, decided: Answer) -> Option<Address> {
        let waits = self.request().filter(|given| given.answer == decided)?;
        let asker = waits.address.clone();
        self.pending = None;
        asker
    }

    /// Takes in an answer.
    pub(super) fn take_answer(&mut self, given: Given, nth: Option<u16>, corrects: bool) {
        if corrects {
            self.dones.pop_last();
            self.reopened += 1;
        }
        if self.closes(given.answer) {
            // The same person saying the same once more is one answer, not two.
            let again = self
                .answers
                .iter()
                .rev()
                .find(|last| self.closes(last.answer))
                .is_some_and(|last| last.by == given.by && last.note == given.note);
            match nth {
                Some(nth) => {
                    self.dones.insert(nth);
                }
                None if again && !self.dones.is_empty() => {}
                None => {
                    let next = self.dones.last().map_or(1, |last| last + 1);
                    self.dones.insert(next);
                }
            }
            self.pending = None;
        }
        self.answers.push(given);
        if self
            .answers
            .last()
            .is_some_and(|last| last.answer.is_request())
        {
            self.pending = Some(self.answers.len() - 1);
        }
    }
}

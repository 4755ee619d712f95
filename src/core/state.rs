//! State: the facts, folded. Folding them one by one and folding them all at once give the same (promise P9).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::duty::{DutyId, OccurrenceId};
use super::fact::{Alert, Answer, Event, Fact, LetterKind, LetterNo, Outcome, Part, Via};
use super::ladder::Rung;
use super::names::{Address, NameMap, TaskId, UnitId};

/// All that has happened, as far as the planner asks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// When the daemon first ran.
    pub hung: Option<Timestamp>,
    /// The installation's random name.
    pub installation: String,
    /// When each task was first in force.
    pub tasks_seen: BTreeMap<TaskId, Timestamp>,
    /// When each unit was first on the roster.
    pub units_seen: BTreeMap<UnitId, Timestamp>,
    /// The version of calendar and roster in force.
    pub version: Option<String>,
    /// The latest slot whose letters were decided, and when they were.
    pub last_slot: Option<(Timestamp, Timestamp)>,
    /// The latest slot that followed an outage, and when it was decided.
    pub resumed: Option<(Timestamp, Timestamp)>,
    /// The duties that something was answered or decided of since the last slot was decided, and when.
    pub news: NameMap<DutyId, Timestamp>,
    /// What has happened to the duties that anything has happened to.
    pub duties: BTreeMap<OccurrenceId, NameMap<UnitId, DutyState>>,
    /// The letters by number.
    pub letters: BTreeMap<LetterNo, LetterState>,
    /// The letters that may still have to be sent.
    pub open_letters: BTreeSet<LetterNo>,
    /// Mailboxes found not to exist, and why.
    pub unreachable: BTreeMap<Address, String>,
    /// What the admins have been told, and who of them.
    pub matters: BTreeSet<(String, Address)>,
}

/// What has happened to a duty.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// The due day of a conditional duty.
    pub raised: Option<(Date, Timestamp)>,
    /// The request that waits for a decision: its place among the answers.
    pub pending: Option<usize>,
    /// Decisions, with the address of who had asked.
    pub decisions: Vec<Decided>,
    /// What a clerk returned it with.
    pub returned: Option<(Timestamp, String, String)>,
}

/// A notice that was put into a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whom.
    pub address: Address,
    /// Of which rung.
    pub rung: Rung,
    /// Of which due day.
    pub due: Date,
    /// The rung's day.
    pub day: Date,
    /// In which letter; a fold moves it to the newer one.
    pub letter: LetterNo,
    /// What it is to the reader.
    pub part: Part,
    /// When a server accepted the letter.
    pub reached: Option<Timestamp>,
    /// Whether the letter was dropped: the reader knows nothing of it.
    pub dropped: bool,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// When.
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

/// How a duty was settled without being done.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// A decision on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// When.
    pub at: Timestamp,
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
            Self::Done(given) => format!("已完成({})", given.by),
            Self::LetOff(found) if found.not_applicable => format!("不适用({})", found.by),
            Self::LetOff(found) => format!("已免({})", found.by),
        }
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
            .find(|given| given.answer == Answer::Done)
            .map(Settled::Done)
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

    /// What an address was last told of.
    pub fn last_told(&self, address: &Address) -> Option<&Told> {
        self.told
            .iter()
            .rev()
            .find(|told| !told.dropped && told.address == *address)
    }

    /// Whether a notice was decided before, whatever became of it.
    pub fn decided(&self, rung: Rung, due: Date, address: &Address) -> bool {
        self.told
            .iter()
            .any(|told| told.rung == rung && told.due == due && told.address == *address)
    }

    /// The request that waits for a decision.
    pub fn request(&self) -> Option<&Given> {
        self.pending.and_then(|at| self.answers.get(at))
    }
}

/// Where a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LetterStatus {
    /// It waits for its first attempt.
    Queued,
    /// An attempt began, and its end is not on record.
    Attempting,
    /// The last attempt ended so.
    Ended(Outcome),
}

impl LetterStatus {
    /// As the ledger and `status` write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Attempting => "attempting",
            Self::Ended(Outcome::Accepted) => "accepted",
            Self::Ended(Outcome::Deferred) => "deferred",
            Self::Ended(Outcome::Refused) => "refused",
            Self::Ended(Outcome::Unknown) => "unknown",
            Self::Ended(Outcome::Dropped) => "dropped",
        }
    }

    /// Whether it may still have to be sent.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::Queued
                | Self::Attempting
                | Self::Ended(Outcome::Deferred | Outcome::Unknown)
        )
    }
}

/// What has happened to a letter.
#[derive(Clone, Debug, PartialEq)]
pub struct LetterState {
    /// Its slot.
    pub slot: Timestamp,
    /// Whom it goes to.
    pub address: Address,
    /// Its `Message-ID`.
    pub message_id: String,
    /// What sort it is.
    pub kind: LetterKind,
    /// An alert's own words.
    pub alert: Option<Alert>,
    /// When it was queued.
    pub queued: Timestamp,
    /// Where it stands.
    pub status: LetterStatus,
    /// How many attempts were begun.
    pub attempts: u32,
    /// When it is tried again.
    pub retry_at: Option<Timestamp>,
    /// What was last said of it.
    pub text: String,
    /// The duties its notices are of.
    pub duties: Vec<DutyId>,
    /// What it tells an admin: each matter with its words.
    pub matters: Vec<(String, String)>,
}

impl LetterState {
    /// Whether its bytes are frozen: an attempt was begun.
    pub fn is_frozen(&self) -> bool {
        self.attempts > 0
    }
}

impl State {
    /// The state after these facts.
    pub fn fold<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Self {
        let mut state = Self::default();
        for fact in facts {
            state.apply(fact);
        }
        state
    }

    /// What has happened to a duty, if anything has.
    pub fn duty(&self, duty: &DutyId) -> Option<&DutyState> {
        self.duties.get(&duty.occurrence)?.get(&duty.unit)
    }

    /// The number the next letter gets.
    pub fn next_letter(&self) -> LetterNo {
        self.letters.last_key_value().map_or(1, |(last, _)| last + 1)
    }

    fn duty_mut(&mut self, duty: &DutyId) -> &mut DutyState {
        if !self.duties.contains_key(&duty.occurrence) {
            self.duties.insert(duty.occurrence.clone(), NameMap::default());
        }
        self.duties
            .get_mut(&duty.occurrence)
            .expect("the occurrence was just put there")
            .entry(duty.unit.clone())
            .or_default()
    }

    /// Takes in one more fact.
    pub fn apply(&mut self, fact: &Fact) {
        let at = fact.at;
        match &fact.what {
            Event::BellHung { installation } => {
                self.hung.get_or_insert(at);
                self.installation.clone_from(installation);
            }
            Event::TaskSeen { task } => {
                self.tasks_seen.entry(task.clone()).or_insert(at);
            }
            Event::UnitSeen { unit } => {
                self.units_seen.entry(unit.clone()).or_insert(at);
            }
            Event::CalendarVersion { version } => self.version = Some(version.clone()),
            Event::SlotPassed { slot, after_outage } => {
                if self.last_slot.is_none_or(|(last, _)| last < *slot) {
                    self.last_slot = Some((*slot, at));
                }
                // What another process appended while the slot was being decided is news to the next one.
                self.news.retain(|_, told| *told >= at);
                if *after_outage {
                    self.resumed = Some((*slot, at));
                }
            }
            Event::LetterQueued { .. }
            | Event::Notice { .. }
            | Event::Matter { .. }
            | Event::Attempt { .. }
            | Event::Outcome { .. } => self.apply_letter(at, &fact.what),
            Event::Unreachable { address, text } => {
                self.unreachable.insert(address.clone(), text.clone());
            }
            Event::Answer { .. }
            | Event::Decision { .. }
            | Event::Waiver { .. }
            | Event::Return { .. }
            | Event::Raised { .. } => self.apply_answer(at, &fact.what),
            Event::JobRun { .. } => {}
        }
    }

    fn apply_letter(&mut self, at: Timestamp, what: &Event) {
        match what {
            Event::LetterQueued {
                letter,
                slot,
                address,
                message_id,
                kind,
                folds,
                alert,
            } => {
                self.open_letters.insert(*letter);
                self.letters.insert(
                    *letter,
                    LetterState {
                        slot: *slot,
                        address: address.clone(),
                        message_id: message_id.clone(),
                        kind: *kind,
                        alert: alert.clone(),
                        queued: at,
                        status: LetterStatus::Queued,
                        attempts: 0,
                        retry_at: None,
                        text: String::new(),
                        duties: Vec::new(),
                        matters: Vec::new(),
                    },
                );
                for old in folds {
                    self.fold_letter(*old, *letter);
                }
            }
            Event::Notice {
                duty,
                rung,
                due,
                day,
                address,
                letter,
                part,
            } => {
                self.duty_mut(duty).told.push(Told {
                    address: address.clone(),
                    rung: *rung,
                    due: *due,
                    day: *day,
                    letter: *letter,
                    part: *part,
                    reached: None,
                    dropped: false,
                });
                if let Some(letter) = self.letters.get_mut(letter)
                    && !letter.duties.contains(duty)
                {
                    letter.duties.push(duty.clone());
                }
            }
            Event::Matter {
                matter,
                text,
                address,
                letter,
            } => {
                self.matters.insert((matter.clone(), address.clone()));
                if let Some(letter) = self.letters.get_mut(letter) {
                    letter.matters.push((matter.clone(), text.clone()));
                }
            }
            Event::Attempt { letter, nth, .. } => {
                if let Some(letter) = self.letters.get_mut(letter) {
                    letter.status = LetterStatus::Attempting;
                    letter.attempts = *nth;
                    letter.retry_at = None;
                }
            }
            Event::Outcome {
                letter,
                outcome,
                text,
                retry_at,
                ..
            } => self.end_attempt(at, *letter, *outcome, text, *retry_at),
            _ => {}
        }
    }

    fn fold_letter(&mut self, old: LetterNo, new: LetterNo) {
        let Some(letter) = self.letters.get_mut(&old) else {
            return;
        };
        letter.status = LetterStatus::Ended(Outcome::Dropped);
        self.open_letters.remove(&old);
        let duties = std::mem::take(&mut letter.duties);
        let matters = std::mem::take(&mut letter.matters);
        for duty in &duties {
            for told in &mut self.duty_mut(duty).told {
                if told.letter == old {
                    told.letter = new;
                }
            }
        }
        if let Some(letter) = self.letters.get_mut(&new) {
            letter.duties.extend(duties);
            letter.matters.extend(matters);
        }
    }

    fn end_attempt(
        &mut self,
        at: Timestamp,
        no: LetterNo,
        outcome: Outcome,
        text: &str,
        retry_at: Option<Timestamp>,
    ) {
        let Some(letter) = self.letters.get_mut(&no) else {
            return;
        };
        letter.status = LetterStatus::Ended(outcome);
        letter.retry_at = retry_at;
        text.clone_into(&mut letter.text);
        if !letter.status.is_open() {
            self.open_letters.remove(&no);
        }
        if !matches!(outcome, Outcome::Accepted | Outcome::Dropped) {
            return;
        }
        for duty in letter.duties.clone() {
            for told in &mut self.duty_mut(&duty).told {
                if told.letter == no {
                    match outcome {
                        Outcome::Accepted => told.reached = Some(at),
                        _ => told.dropped = true,
                    }
                }
            }
        }
    }

    fn apply_answer(&mut self, at: Timestamp, what: &Event) {
        if let Event::Answer { duty, .. } | Event::Decision { duty, .. } | Event::Waiver { duty, .. } =
            what
        {
            self.news.insert(duty.clone(), at);
        }
        match what {
            Event::Answer {
                duty,
                answer,
                by,
                note,
                via,
                address,
                nth,
                until,
                corrects,
            } => {
                let duty = self.duty_mut(duty);
                let given = Given {
                    at,
                    answer: *answer,
                    by: by.clone(),
                    note: note.clone(),
                    via: *via,
                    address: address.clone(),
                    until: *until,
                };
                duty.take_answer(given, *nth, *corrects);
            }
            Event::Decision {
                duty,
                request,
                granted,
                by,
                note,
                until,
            } => {
                let duty = self.duty_mut(duty);
                let asker = duty.request().and_then(|given| given.address.clone());
                duty.pending = None;
                duty.decisions.push(Decided {
                    at,
                    request: *request,
                    granted: *granted,
                    by: by.clone(),
                    note: note.clone(),
                    asker,
                });
                if *granted && *request == Answer::NotApplicable {
                    duty.let_off = Some(LetOff {
                        at,
                        by: by.clone(),
                        note: note.clone(),
                        not_applicable: true,
                    });
                }
                if *granted && until.is_some() {
                    duty.extended_to = *until;
                }
            }
            Event::Waiver { duty, by, note } => {
                let duty = self.duty_mut(duty);
                duty.pending = None;
                duty.let_off = Some(LetOff {
                    at,
                    by: by.clone(),
                    note: note.clone(),
                    not_applicable: false,
                });
            }
            Event::Return { duty, by, note } => {
                let duty = self.duty_mut(duty);
                duty.dones.clear();
                duty.let_off = None;
                duty.reopened += 1;
                duty.returned = Some((at, by.clone(), note.clone()));
            }
            Event::Raised { duty, due, .. } => {
                self.duty_mut(duty).raised = Some((*due, at));
            }
            _ => {}
        }
    }
}

impl DutyState {
    fn take_answer(&mut self, given: Given, nth: Option<u16>, corrects: bool) {
        if corrects {
            self.dones.pop_last();
            self.reopened += 1;
        }
        if given.answer == Answer::Done {
            // The same person saying the same once more is one answer, not two.
            let again = self
                .answers
                .iter()
                .rev()
                .find(|last| last.answer == Answer::Done)
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
        if self.answers.last().is_some_and(|last| last.answer.is_request()) {
            self.pending = Some(self.answers.len() - 1);
        }
    }
}

//! State: the facts, folded. Folding them one by one and folding them all at once give the same (promise P9).

mod admission;
mod as_json;
mod brief;
mod bulletin;
mod duty;
mod hold;
mod letter;
mod post;
mod shared;
mod shelf;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use admission::{Admission, SignInLink, SignedIn};
pub use bulletin::{Approved, BulletinState, Bulletins, PutAside};
pub use duty::{Decided, DutyState, Filed, Given, LetOff, Raised, Returned, Saying, Settled, Told};
pub use hold::{Doubts, Held};
pub use letter::{LetterState, LetterStatus};
pub use post::{Found, Post, Unclear};
pub(in crate::core) use shelf::LAPSED_DAYS;
pub use shelf::{Ending, Happened, How, Rest, Shelf, Tray};

use super::duty::{DutyId, OccurrenceId};
use super::fact::{Answer, Event, Fact, LetterNo, Outcome};
use super::names::{Address, NameMap, TaskId, UnitId};

/// All that has happened, as far as the planner asks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// When the daemon first ran.
    pub hung: Option<Timestamp>,
    /// The installation's random name.
    pub installation: String,
    /// When each task was first in force.
    pub tasks_seen: BTreeMap<TaskId, Seen>,
    /// When each unit was first on the roster.
    pub units_seen: BTreeMap<UnitId, Seen>,
    /// The version of calendar and roster in force.
    pub version: Option<String>,
    /// The version that the last slot was decided by, or that a person has let go since.
    pub accepted: Option<String>,
    /// The pass that is held.
    pub hold: Option<Held>,
    /// What makes clock or ledger doubtful, until a person has looked.
    pub doubts: Doubts,
    /// When the last fact was recorded.
    pub last_fact: Option<Timestamp>,
    /// The latest slot whose letters were decided, and when they were.
    pub last_slot: Option<(Timestamp, Timestamp)>,
    /// The slots whose letters were decided. A clock that was ahead for a while leaves later ones behind, which must
    /// not silence those before them.
    pub passed: BTreeSet<Timestamp>,
    /// The latest slot that followed an outage, and when it was decided.
    pub resumed: Option<(Timestamp, Timestamp)>,
    /// How many answers, decisions, waivers and approvals there have been. A slot's letters tell of those heard by the
    /// time they are decided; by their count, since another process stamps what it appends meanwhile with a time before.
    pub heard: u64,
    /// The duties that something was answered or decided of which no slot has told yet, and the count with the last of it.
    pub news: NameMap<DutyId, u64>,
    /// The alerts that were raised and are in no letter yet.
    pub alerts: BTreeSet<DutyId>,
    /// What has happened to the duties that anything has happened to.
    pub duties: BTreeMap<OccurrenceId, NameMap<UnitId, Arc<DutyState>>>,
    /// The letters by number.
    pub letters: BTreeMap<LetterNo, LetterState>,
    /// The letters that may still have to be sent.
    pub open_letters: BTreeSet<LetterNo>,
    /// The letters a server would not have, or that were given up.
    pub refused: BTreeSet<LetterNo>,
    /// The latest letter to each address that a server accepted.
    pub reached: NameMap<Address, LetterNo>,
    /// Mailboxes found not to exist, and why.
    pub unreachable: BTreeMap<Address, String>,
    /// What the admins have been told, and who of them.
    pub matters: BTreeSet<(String, Address)>,
    /// What was decided of bulletins.
    pub bulletins: Bulletins,
    /// Who asked to sign in, and who is signed in.
    pub admission: Admission,
    /// The mails that arrived.
    pub post: Post,
    /// How much has happened, for monitors.
    pub totals: Totals,
    /// What is left of the duties that are over.
    shelf: Shelf,
}

/// How much has happened in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Letters accepted.
    pub accepted: u64,
    /// Answers recorded.
    pub answers: u64,
}

/// When a task or a unit was first in force, and what it was called then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When.
    pub at: Timestamp,
    /// Its title or name.
    pub name: String,
}

/// The matter that tells the officers of a mailbox found not to exist.
pub(super) fn unreachable_matter(address: &Address) -> String {
    format!("unreachable:{address}")
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
        let found = self.duties.get(&duty.occurrence)?.get(&duty.unit)?;
        Some(found)
    }

    /// The same state without what has happened to the duties that `keep` turns away, and without letters that are
    /// over: enough to plan what is still to come for the others.
    pub(crate) fn only(&self, keep: impl Fn(&TaskId, &UnitId) -> bool) -> Self {
        let mut duties = BTreeMap::new();
        for (occurrence, units) in &self.duties {
            let kept: NameMap<UnitId, Arc<DutyState>> = units
                .iter()
                .filter(|(unit, _)| keep(&occurrence.task, unit))
                .map(|(unit, known)| (unit.clone(), known.clone()))
                .collect();
            if !kept.is_empty() {
                duties.insert(occurrence.clone(), kept);
            }
        }
        let mut letters = BTreeMap::new();
        for no in self.open_letters.union(&self.refused) {
            if let Some(letter) = self.letters.get(no) {
                let mut letter = letter.clone();
                letter
                    .duties
                    .retain(|duty| keep(&duty.occurrence.task, &duty.unit));
                letters.insert(*no, letter);
            }
        }
        Self {
            hung: self.hung,
            installation: self.installation.clone(),
            tasks_seen: self.tasks_seen.clone(),
            units_seen: self.units_seen.clone(),
            version: self.version.clone(),
            accepted: self.accepted.clone(),
            hold: self.hold.clone(),
            doubts: self.doubts.clone(),
            last_fact: self.last_fact,
            last_slot: self.last_slot,
            passed: self.passed.clone(),
            resumed: self.resumed,
            heard: self.heard,
            news: self.news.clone(),
            alerts: self
                .alerts
                .iter()
                .filter(|duty| keep(&duty.occurrence.task, &duty.unit))
                .cloned()
                .collect(),
            duties,
            letters,
            open_letters: self.open_letters.clone(),
            refused: self.refused.clone(),
            reached: self.reached.clone(),
            unreachable: self.unreachable.clone(),
            matters: self.matters.clone(),
            bulletins: self.bulletins.clone(),
            admission: self.admission.clone(),
            post: Post::default(),
            totals: self.totals,
            shelf: self.shelf.clone(),
        }
    }

    /// The number the next letter gets.
    pub fn next_letter(&self) -> LetterNo {
        let last = self.letters.last_key_value().map_or(0, |(last, _)| *last);
        last.max(self.shelf.last_letter()) + 1
    }

    fn duty_mut(&mut self, duty: &DutyId) -> &mut DutyState {
        let DutyId { occurrence, unit } = self.shared_duty(duty);
        let units = self.duties.entry(occurrence).or_default();
        Arc::make_mut(units.entry(unit).or_default())
    }

    /// Takes in one more fact.
    pub fn apply(&mut self, fact: &Fact) {
        let at = fact.at;
        self.last_fact = Some(at);
        match &fact.what {
            Event::BellHung { installation } => {
                self.hung.get_or_insert(at);
                self.installation.clone_from(installation);
            }
            Event::TaskSeen { task, title } => {
                self.tasks_seen.entry(task.clone()).or_insert(Seen {
                    at,
                    name: title.clone(),
                });
            }
            Event::UnitSeen { unit, name } => {
                self.units_seen.entry(unit.clone()).or_insert(Seen {
                    at,
                    name: name.clone(),
                });
            }
            Event::CalendarVersion { version } => {
                self.version = Some(version.clone());
                self.accepted.get_or_insert_with(|| version.clone());
            }
            Event::SlotPassed {
                slot,
                after_outage,
                heard,
            } => {
                self.passed.insert(*slot);
                self.hold = None;
                self.accepted.clone_from(&self.version);
                if self.last_slot.is_none_or(|(last, _)| last < *slot) {
                    self.last_slot = Some((*slot, at));
                }
                // What another process appended while the slot was being decided is news to the next one.
                let heard = heard.unwrap_or(self.heard);
                self.news.retain(|_, told| *told > heard);
                self.bulletins.slot_passed(heard);
                if *after_outage {
                    self.resumed = Some((*slot, at));
                }
            }
            Event::LetterQueued { .. }
            | Event::Notice { .. }
            | Event::Matter { .. }
            | Event::Attempt { .. }
            | Event::Outcome { .. } => self.apply_letter(at, &fact.what),
            Event::Bounced { letter, text, .. } => self.take_back(*letter, text),
            Event::Unreachable { address, text } => {
                self.unreachable.insert(address.clone(), text.clone());
            }
            Event::Reachable { address, .. } => {
                self.unreachable.remove(address);
                let letters = &self.letters;
                self.refused
                    .retain(|no| letters.get(no).is_none_or(|l| l.address != *address));
                self.matters
                    .retain(|(matter, _)| *matter != unreachable_matter(address));
            }
            Event::Answer { .. }
            | Event::Decision { .. }
            | Event::Waiver { .. }
            | Event::Return { .. }
            | Event::Raised { .. } => self.apply_answer(at, &fact.what),
            Event::BulletinApproved { .. }
            | Event::BulletinPutAside { .. }
            | Event::BulletinSent { .. } => self.apply_bulletin(at, &fact.what),
            Event::Evidence { duty, .. } => self.duty_mut(duty).take_file(at, &fact.what),
            Event::Held { .. }
            | Event::Released { .. }
            | Event::ClockJumped { .. }
            | Event::Restored { .. } => self.apply_hold(at, &fact.what),
            Event::SignInAsked { .. } | Event::SignedIn { .. } | Event::SignedOut { .. } => {
                self.apply_admission(at, &fact.what);
            }
            Event::MailReceived { .. }
            | Event::MailSeen { .. }
            | Event::MailboxRead { .. }
            | Event::MailboxTrouble { .. } => self.post.apply(at, &fact.what),
            Event::Forgotten { .. } | Event::JobRun { .. } => {}
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
                about,
            } => {
                self.open_letters.insert(*letter);
                self.letters.insert(
                    *letter,
                    LetterState {
                        slot: *slot,
                        address: self.shared_address(address),
                        message_id: message_id.clone(),
                        kind: *kind,
                        alert: alert.clone(),
                        queued: at,
                        status: LetterStatus::Queued,
                        attempts: 0,
                        in_doubt: false,
                        retry_at: None,
                        text: String::new(),
                        duties: Vec::new(),
                        numbered: Vec::new(),
                        about: *about,
                        matters: Vec::new(),
                        bulletins: BTreeSet::new(),
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
                self.alerts.remove(duty);
                let (duty, address) = (&self.shared_duty(duty), self.shared_address(address));
                let known = self.duty_mut(duty);
                known.facts += 1;
                known.told.push(Told {
                    order: known.facts,
                    at,
                    address,
                    rung: *rung,
                    due: *due,
                    day: *day,
                    letter: *letter,
                    part: *part,
                    reached: None,
                    dropped: false,
                    failed: false,
                });
                // A duty's notices stand together in a letter; a search of a bureau's long one would cost more than it.
                if let Some(letter) = self.letters.get_mut(letter)
                    && letter.duties.last() != Some(duty)
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
            Event::Attempt {
                letter,
                nth,
                numbered,
                ..
            } => {
                let numbered: Vec<_> = numbered.iter().map(|duty| self.shared_duty(duty)).collect();
                if let Some(letter) = self.letters.get_mut(letter) {
                    letter.begin(*nth, numbered);
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
        let waiting_since = letter.queued;
        let duties = std::mem::take(&mut letter.duties);
        let matters = std::mem::take(&mut letter.matters);
        let bulletins = std::mem::take(&mut letter.bulletins);
        self.bulletins.fold(&bulletins, &letter.address, new);
        for duty in &duties {
            for told in &mut self.duty_mut(duty).told {
                if told.letter == old {
                    told.letter = new;
                }
            }
        }
        if let Some(letter) = self.letters.get_mut(&new) {
            // An address that never takes a letter is given up after a while, however often news are folded in.
            letter.queued = letter.queued.min(waiting_since);
            letter.duties.extend(duties);
            letter.matters.extend(matters);
            letter.bulletins.extend(bulletins);
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
        letter.in_doubt |= outcome == Outcome::Unknown;
        match outcome {
            Outcome::Refused => {
                self.refused.insert(no);
            }
            Outcome::Accepted => {
                self.totals.accepted += 1;
                let latest = self.reached.entry(letter.address.clone()).or_default();
                *latest = no.max(*latest);
            }
            _ => {}
        }
        letter.status = LetterStatus::Ended(outcome);
        letter.retry_at = retry_at;
        text.clone_into(&mut letter.text);
        if !letter.status.is_open() {
            self.open_letters.remove(&no);
        }
        if letter.status.is_open() {
            return;
        }
        for duty in letter.duties.clone() {
            for told in &mut self.duty_mut(&duty).told {
                if told.letter == no {
                    match outcome {
                        Outcome::Accepted => told.reached = Some(at),
                        Outcome::Refused => told.failed = true,
                        _ => told.dropped = true,
                    }
                }
            }
        }
    }

    fn apply_answer(&mut self, at: Timestamp, what: &Event) {
        if let Event::Answer { duty, .. }
        | Event::Decision { duty, .. }
        | Event::Waiver { duty, .. } = what
        {
            self.heard += 1;
            self.news.insert(duty.clone(), self.heard);
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
                self.totals.answers += 1;
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
                let asker = duty.take_request(*request);
                duty.facts += 1;
                duty.decisions.push(Decided {
                    order: duty.facts,
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
                duty.facts += 1;
                duty.returned = Some(Returned {
                    order: duty.facts,
                    by: by.clone(),
                    note: note.clone(),
                });
            }
            Event::Raised { duty, alert, .. } => {
                self.duty_mut(duty).raised = Raised::of(at, what);
                if *alert {
                    self.alerts.insert(duty.clone());
                }
            }
            _ => {}
        }
    }
}

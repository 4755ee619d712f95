//! What has happened, kept a second time and in another way than `State`, for judging what the planner does.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Answer, Event, Fact, LetterNo, Outcome, Part};
use schoolbell::core::ladder::Rung;
use schoolbell::core::names::{Address, TaskId, UnitId};

/// A notice on record.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) address: Address,
    pub(crate) rung: Rung,
    pub(crate) due: Date,
    pub(crate) day: Date,
    pub(crate) part: Part,
    pub(crate) letter: LetterNo,
}

/// What became of a duty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fate {
    pub(crate) notes: Vec<Note>,
    /// Which of the answers asked for are in, with the last one's words, by which a repetition is known.
    dones: BTreeSet<u16>,
    last_done: Option<(String, String)>,
    pub(crate) done_at: Option<Timestamp>,
    /// Whose link the last `done` came by.
    pub(crate) closer: Option<Address>,
    pub(crate) let_off: bool,
    /// A request before a decision: how it stands, and the day that was asked for.
    pub(crate) request: Option<(Answer, Option<Date>)>,
    pub(crate) decisions: usize,
    pub(crate) extended: Option<Date>,
    pub(crate) raised: Option<(Date, Timestamp)>,
    /// The last thing anybody said of it.
    pub(crate) spoken: Option<Timestamp>,
}

/// Everything, by duty and by letter.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) hung: Option<Timestamp>,
    pub(crate) tasks: BTreeMap<TaskId, Timestamp>,
    pub(crate) units: BTreeMap<UnitId, Timestamp>,
    pub(crate) fates: BTreeMap<DutyId, Fate>,
    accepted: BTreeMap<LetterNo, Timestamp>,
    dropped: BTreeSet<LetterNo>,
    /// The letter that took another over.
    folded: BTreeMap<LetterNo, LetterNo>,
    pub(crate) queued: BTreeMap<(Timestamp, Address), LetterNo>,
    /// Letters that share an address and a slot, and letters that were sent after another took them over.
    pub(crate) faults: Vec<String>,
    pub(crate) unreachable: BTreeSet<Address>,
    pub(crate) matters: BTreeSet<String>,
    /// The last edit, outage or lost mailbox: what has to settle before anything is asked about escalations.
    pub(crate) disturbed: Option<Timestamp>,
    /// The duties that answers and decisions were on record of since the last look.
    pub(crate) touched: BTreeSet<DutyId>,
}

impl Fate {
    pub(crate) fn settled(&self, times: u16) -> bool {
        self.let_off || self.dones.len() >= usize::from(times)
    }

    pub(crate) fn done(&self, times: u16) -> bool {
        !self.let_off && self.dones.len() >= usize::from(times)
    }

    /// The number the next answer of several has.
    pub(crate) fn next_done(&self) -> u16 {
        self.dones.last().map_or(1, |last| last + 1)
    }
}

impl Record {
    pub(crate) fn take(&mut self, fact: &Fact) {
        let at = fact.at;
        match &fact.what {
            Event::BellHung { .. } => {
                self.hung.get_or_insert(at);
            }
            Event::TaskSeen { task, .. } => {
                self.tasks.entry(task.clone()).or_insert(at);
            }
            Event::UnitSeen { unit, .. } => {
                self.units.entry(unit.clone()).or_insert(at);
            }
            Event::Unreachable { address, .. } => {
                self.unreachable.insert(address.clone());
                self.disturbed = Some(at);
            }
            Event::Reachable { address, .. } => {
                self.unreachable.remove(address);
                self.disturbed = Some(at);
            }
            Event::CalendarVersion { .. }
            | Event::SlotPassed {
                after_outage: true, ..
            } => self.disturbed = Some(at),
            Event::Matter { matter, .. } => {
                self.matters.insert(matter.clone());
            }
            Event::LetterQueued { .. }
            | Event::Notice { .. }
            | Event::Attempt { .. }
            | Event::Outcome { .. } => self.take_mail(at, &fact.what),
            _ => self.take_answer(at, &fact.what),
        }
    }

    fn take_mail(&mut self, at: Timestamp, what: &Event) {
        match what {
            Event::LetterQueued {
                letter,
                slot,
                address,
                folds,
                ..
            } => {
                if let Some(other) = self.queued.insert((*slot, address.clone()), *letter) {
                    let fault = format!("letters {other} and {letter} share {slot} and {address}");
                    self.faults.push(fault);
                }
                self.folded.extend(folds.iter().map(|old| (*old, *letter)));
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
                self.fates
                    .entry(duty.clone())
                    .or_default()
                    .notes
                    .push(Note {
                        address: address.clone(),
                        rung: *rung,
                        due: *due,
                        day: *day,
                        part: *part,
                        letter: *letter,
                    });
            }
            Event::Attempt { letter, .. } => {
                if self.folded.contains_key(letter) || self.dropped.contains(letter) {
                    self.faults
                        .push(format!("letter {letter} is sent although it was dropped"));
                }
                if self.accepted.contains_key(letter) {
                    self.faults
                        .push(format!("letter {letter} is sent although it was accepted"));
                }
            }
            Event::Outcome {
                letter, outcome, ..
            } => match outcome {
                Outcome::Accepted => {
                    self.accepted.insert(*letter, at);
                }
                Outcome::Dropped => {
                    self.dropped.insert(*letter);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn take_answer(&mut self, at: Timestamp, what: &Event) {
        if let Event::Answer { duty, .. }
        | Event::Decision { duty, .. }
        | Event::Waiver { duty, .. } = what
        {
            // What was settled before is no news; of several answers each may be the last one.
            self.fates.entry(duty.clone()).or_default().spoken = Some(at);
            let fate = self.fates.get(duty);
            let more = matches!(what, Event::Answer { nth: Some(_), .. });
            if fate.is_none_or(|fate| !fate.let_off && (more || fate.dones.is_empty())) {
                self.touched.insert(duty.clone());
            }
        }
        match what {
            Event::Answer {
                duty,
                answer,
                by,
                note,
                nth,
                until,
                corrects,
                address,
                ..
            } => {
                let fate = self.fates.entry(duty.clone()).or_default();
                if *corrects {
                    fate.dones.pop_last();
                }
                if *answer == Answer::Done {
                    let words = (by.clone(), note.clone());
                    let again = fate.last_done.as_ref() == Some(&words) && !fate.dones.is_empty();
                    let next = fate.next_done();
                    match nth {
                        Some(nth) => {
                            fate.dones.insert(*nth);
                        }
                        None if again => {}
                        None => {
                            fate.dones.insert(next);
                        }
                    }
                    fate.last_done = Some(words);
                    fate.done_at = Some(at);
                    fate.closer.clone_from(address);
                    fate.request = None;
                }
                if answer.is_request() {
                    fate.request = Some((*answer, *until));
                }
            }
            Event::Decision {
                duty,
                request,
                granted,
                until,
                ..
            } => {
                let fate = self.fates.entry(duty.clone()).or_default();
                fate.request = None;
                fate.decisions += 1;
                fate.let_off |= *granted && *request == Answer::NotApplicable;
                if *granted && until.is_some() {
                    fate.extended = *until;
                }
            }
            Event::Waiver { duty, .. } => {
                let fate = self.fates.entry(duty.clone()).or_default();
                fate.request = None;
                fate.let_off = true;
            }
            Event::Return { duty, .. } => {
                let fate = self.fates.entry(duty.clone()).or_default();
                fate.dones.clear();
                fate.let_off = false;
                fate.decisions += 1;
                fate.spoken = Some(at);
            }
            Event::Raised { duty, due, .. } => {
                self.fates.entry(duty.clone()).or_default().raised = Some((*due, at));
            }
            _ => {}
        }
    }

    /// The letter a notice is in by now.
    pub(crate) fn carrier(&self, mut letter: LetterNo) -> LetterNo {
        while let Some(newer) = self.folded.get(&letter) {
            letter = *newer;
        }
        letter
    }

    /// When a notice reached its mailbox, as far as is known.
    pub(crate) fn reached(&self, note: &Note) -> Option<Timestamp> {
        if self.unreachable.contains(&note.address) {
            return None;
        }
        self.accepted.get(&self.carrier(note.letter)).copied()
    }

    /// Whether a notice's letter was dropped unsent.
    pub(crate) fn is_dropped(&self, note: &Note) -> bool {
        self.dropped.contains(&self.carrier(note.letter))
    }
}

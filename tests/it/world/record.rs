//! What has happened, kept a second time and in another way than `State`, for judging what the planner does.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Answer, Event, Fact, LetterKind, LetterNo, Outcome, Part};
use schoolbell::core::ladder::Rung;
use schoolbell::core::names::{Address, TaskId, UnitId};

use super::holds::Holding;

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
    /// How many answers there are.
    answers: usize,
    /// A request before a decision.
    pub(crate) request: Option<Request>,
    pub(crate) decisions: usize,
    /// Who had asked for what was decided, and how many notices there were then.
    pub(crate) ruled: Vec<(Address, usize)>,
    pub(crate) extended: Option<Date>,
    pub(crate) raised: Option<Raised>,
    /// The last thing anybody said of it.
    pub(crate) spoken: Option<Timestamp>,
}

/// A request that waits: its place among the answers, counted from 1, and who has asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) nth: usize,
    answer: Answer,
    asker: Option<Address>,
}

/// How a duty was raised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raised {
    pub(crate) due: Date,
    pub(crate) at: Timestamp,
    pub(crate) alert: bool,
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
    /// Letters that a server or the program would not have, and those that came back.
    refused: BTreeSet<LetterNo>,
    pub(crate) bounced: BTreeSet<LetterNo>,
    /// Attempts without an end, with their numbers.
    attempting: BTreeMap<LetterNo, u32>,
    /// The attempts that nobody saw the end of.
    pub(crate) unknown: BTreeSet<(LetterNo, u32)>,
    /// Before when a letter is not tried again.
    not_before: BTreeMap<LetterNo, Timestamp>,
    pub(crate) message_ids: BTreeMap<LetterNo, String>,
    /// The letters, by `Message-ID`, that may have arrived although nobody was told so.
    pub(crate) in_doubt: BTreeSet<String>,
    /// How each letter's last attempt ended.
    pub(crate) ended: BTreeMap<LetterNo, Outcome>,
    /// The letter that took another over.
    folded: BTreeMap<LetterNo, LetterNo>,
    pub(crate) queued: BTreeMap<(Timestamp, Address), LetterNo>,
    /// Letters that share an address and a slot, and letters that were sent after another took them over.
    pub(crate) faults: Vec<String>,
    pub(crate) unreachable: BTreeSet<Address>,
    /// What the officers were told, and who of them.
    told: BTreeSet<(String, Address)>,
    pub(crate) holding: Holding,
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

    /// Whether such an answer says that what was asked is done.
    fn closes(&self, answer: Answer) -> bool {
        let is_alert = self.raised.is_some_and(|raised| raised.alert);
        answer == Answer::Done || is_alert && answer == Answer::Received
    }

    /// The number the next answer of several has.
    pub(crate) fn next_done(&self) -> u16 {
        self.dones.last().map_or(1, |last| last + 1)
    }
}

impl Record {
    pub(crate) fn take(&mut self, fact: &Fact) {
        let at = fact.at;
        self.faults.extend(self.holding.take(fact));
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
                self.told
                    .remove(&(format!("unreachable:{address}"), address.clone()));
                self.disturbed = Some(at);
            }
            Event::CalendarVersion { .. }
            | Event::Held { .. }
            | Event::Released { .. }
            | Event::ClockJumped { .. }
            | Event::SlotPassed {
                after_outage: true, ..
            } => self.disturbed = Some(at),
            Event::Matter {
                matter, address, ..
            } => {
                if !self.told.insert((matter.clone(), address.clone())) {
                    self.faults
                        .push(format!("{address} is told of {matter} again"));
                }
            }
            // Nobody was reached by it, whatever the server had said.
            Event::Bounced { letter, .. } => {
                self.accepted.remove(letter);
                self.bounced.insert(*letter);
                self.disturbed = Some(at);
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
                message_id,
                kind,
                ..
            } => {
                self.message_ids.insert(*letter, message_id.clone());
                if *kind == LetterKind::Slot
                    && let Some(other) = self.queued.insert((*slot, address.clone()), *letter)
                {
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
            Event::Attempt { letter, nth, .. } => self.begin(at, *letter, *nth),
            Event::Outcome {
                letter,
                outcome,
                retry_at,
                message_id,
                ..
            } => {
                let nth = self.attempting.remove(letter);
                self.ended.insert(*letter, *outcome);
                if let Some(at) = retry_at {
                    self.not_before.insert(*letter, *at);
                }
                match outcome {
                    Outcome::Accepted => {
                        self.accepted.insert(*letter, at);
                    }
                    Outcome::Dropped => {
                        self.dropped.insert(*letter);
                    }
                    Outcome::Refused => {
                        self.refused.insert(*letter);
                    }
                    Outcome::Unknown => {
                        self.in_doubt.insert(message_id.clone());
                        self.unknown.extend(nth.map(|nth| (*letter, nth)));
                    }
                    Outcome::Deferred => {}
                }
            }
            _ => {}
        }
    }

    /// An attempt: of a letter that waits, and not before its time.
    fn begin(&mut self, at: Timestamp, letter: LetterNo, nth: u32) {
        let over = [
            (self.folded.contains_key(&letter), "folded"),
            (self.dropped.contains(&letter), "dropped"),
            (self.accepted.contains_key(&letter), "accepted"),
            (self.refused.contains(&letter), "refused"),
            (self.bounced.contains(&letter), "returned"),
            (self.attempting.contains_key(&letter), "on its way"),
        ];
        for (_, how) in over.iter().filter(|(is_so, _)| *is_so) {
            self.faults
                .push(format!("letter {letter} is sent although it was {how}"));
        }
        if self
            .not_before
            .remove(&letter)
            .is_some_and(|then| at < then)
        {
            self.faults
                .push(format!("letter {letter} is sent too soon"));
        }
        self.attempting.insert(letter, nth);
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
                corrects,
                address,
                ..
            } => {
                let fate = self.fates.entry(duty.clone()).or_default();
                fate.answers += 1;
                if *corrects {
                    fate.dones.pop_last();
                }
                if fate.closes(*answer) {
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
                    fate.request = Some(Request {
                        nth: fate.answers,
                        answer: *answer,
                        asker: address.clone(),
                    });
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
                let asked = fate.request.take_if(|asked| asked.answer == *request);
                if let Some(asker) = asked.and_then(|request| request.asker) {
                    fate.ruled.push((asker, fate.notes.len()));
                }
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
            Event::Raised {
                duty, due, alert, ..
            } => {
                self.fates.entry(duty.clone()).or_default().raised = Some(Raised {
                    due: *due,
                    at,
                    alert: *alert,
                });
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

    /// Whether some officer was told of a matter.
    pub(crate) fn is_known(&self, matter: &str) -> bool {
        self.told.iter().any(|(told, _)| told == matter)
    }

    /// The matters that begin so.
    pub(crate) fn knows_any(&self, prefix: &str) -> bool {
        self.told.iter().any(|(told, _)| told.starts_with(prefix))
    }

    /// The number of the attempt of a letter that is on record without an end.
    pub(crate) fn attempt(&self, letter: LetterNo) -> Option<u32> {
        self.attempting.get(&letter).copied()
    }

    /// Whether a letter is on record as returned, or as never taken.
    pub(crate) fn is_lost(&self, letter: LetterNo) -> bool {
        self.bounced.contains(&letter) || self.refused.contains(&letter)
    }

    /// Letters on record as accepted.
    pub(crate) fn accepted(&self) -> impl Iterator<Item = LetterNo> {
        self.accepted.keys().copied()
    }

    /// Whether a notice's letter was dropped unsent.
    pub(crate) fn is_dropped(&self, note: &Note) -> bool {
        self.dropped.contains(&self.carrier(note.letter))
    }
}

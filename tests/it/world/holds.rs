//! Rule 12, asked a second time: what nobody could expect does not go until a person lets it, and nothing else is held.

use std::collections::BTreeSet;

use schoolbell::core::fact::{Event, Fact, HoldReason, LetterNo};
use schoolbell::core::names::TaskId;

/// A clock that jumps by less, all in all, is taken as it is.
const TOLERATED_JUMP_S: i64 = 24 * 60 * 60;

/// So many notices more than expected are no surprise.
const FEW: usize = 50;

/// What stands in the way of the next pass.
#[derive(Debug, Default)]
pub(crate) struct Holding {
    /// By how much the clock has jumped since somebody looked.
    jumped_s: i64,
    /// The first letter after it jumped too far.
    doubt_from: Option<LetterNo>,
    last_letter: LetterNo,
    /// The version in force, and the one that the last pass went by, or that was let go since.
    version: Option<String>,
    accepted: Option<String>,
    /// How many edits there were since.
    edits: usize,
    /// The tasks that came with them.
    fresh: BTreeSet<TaskId>,
    /// The notices of the pass at hand: of fresh tasks, and of others.
    of_fresh: usize,
    of_others: usize,
    /// A version that takes away most of what there is.
    upheaval: Option<String>,
}

impl Holding {
    /// Whether nothing was edited since the last pass.
    pub(crate) fn is_quiet(&self) -> bool {
        self.version == self.accepted
    }

    /// The version in force takes away most of what there was.
    pub(crate) fn expect_upheaval(&mut self) {
        if self.edits == 1 && !self.is_quiet() {
            self.upheaval.clone_from(&self.version);
        }
    }

    pub(super) fn take(&mut self, fact: &Fact) -> Vec<String> {
        match &fact.what {
            Event::ClockJumped { by_s } => {
                self.jumped_s += by_s;
                self.doubt_from = self
                    .is_doubted()
                    .then(|| self.doubt_from.unwrap_or(self.last_letter + 1));
            }
            Event::CalendarVersion { version } => {
                self.edits += 1;
                self.version = Some(version.clone());
                self.accepted.get_or_insert_with(|| version.clone());
            }
            Event::TaskSeen { task, .. } => {
                self.fresh.insert(task.clone());
            }
            Event::LetterQueued { letter, .. } => self.last_letter = *letter,
            Event::Notice { duty, .. } if self.fresh.contains(&duty.occurrence.task) => {
                self.of_fresh += 1;
            }
            Event::Notice { .. } => self.of_others += 1,
            Event::Attempt { letter, .. } if self.doubt_from.is_some_and(|from| *letter < from) => {
                return vec![format!(
                    "letter {letter} is sent by a clock that is doubted"
                )];
            }
            Event::Held { reasons, .. } => return self.held(reasons),
            Event::Released { .. } => {
                self.jumped_s = 0;
                self.doubt_from = None;
                self.go_on();
            }
            Event::SlotPassed { .. } => {
                let faults = self.passed();
                self.go_on();
                return faults;
            }
            _ => {}
        }
        Vec::new()
    }

    fn is_doubted(&self) -> bool {
        self.jumped_s.abs() >= TOLERATED_JUMP_S
    }

    fn held(&self, reasons: &[HoldReason]) -> Vec<String> {
        let groundless = reasons.iter().filter(|reason| match reason {
            HoldReason::Clock { .. } => !self.is_doubted(),
            HoldReason::Restore { .. } => true,
            HoldReason::Surge { .. } | HoldReason::Upheaval { .. } => self.is_quiet(),
        });
        groundless
            .map(|reason| format!("P7: a pass is held for nothing: {reason:?}"))
            .collect()
    }

    fn passed(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.is_doubted() {
            faults.push("P10: a slot is decided by a clock that is doubted".to_owned());
        }
        let is_edited = self.edits == 1 && !self.is_quiet();
        let surge = self.of_fresh > FEW.max(self.of_others / 5);
        if is_edited && surge {
            let (fresh, others) = (self.of_fresh, self.of_others);
            faults.push(format!(
                "P7: {fresh} notices of new tasks go beside {others} others, and nobody let them"
            ));
        }
        if self.upheaval.is_some() && self.upheaval == self.version && !self.is_quiet() {
            faults.push("P7: most duties are gone, and nobody let them".to_owned());
        }
        faults
    }

    fn go_on(&mut self) {
        self.accepted.clone_from(&self.version);
        self.edits = 0;
        self.fresh.clear();
        (self.of_fresh, self.of_others) = (0, 0);
        self.upheaval = None;
    }
}

//! What is held, and what makes it doubtful whether anything may go (rule 12), folded.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Admission, State, as_json};
use crate::core::fact::{Event, HoldReason, LetterNo};

/// A pass that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Since when.
    pub at: Timestamp,
    /// The slot.
    pub slot: Timestamp,
    /// Why.
    #[serde(with = "as_json")]
    pub reasons: Vec<HoldReason>,
    /// How many letters would have gone.
    pub letters: u64,
    /// How many notices were in them.
    pub notices: u64,
    /// The version of calendar and roster it was planned by.
    pub version: String,
}

/// What makes clock or ledger doubtful.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubts {
    /// How many seconds the clock has jumped, back and forth taken together.
    pub jumped_s: i64,
    /// The backup that was put in the place of the ledger.
    pub restored: Option<String>,
    /// The first letter queued after the doubt arose. Those before it wait.
    pub from_letter: Option<LetterNo>,
}

/// A clock that jumps by less, all in all, is taken as it is: it may bring a slot's letters some hours early or late,
/// each once. A day's jump could tell people of what is not due yet.
const TOLERATED_JUMP_S: i64 = 24 * 60 * 60;

impl Doubts {
    /// Why nothing may go, if so.
    pub fn reasons(&self) -> Vec<HoldReason> {
        let jumped = self.jumped_s.abs() >= TOLERATED_JUMP_S;
        let clock = jumped.then_some(HoldReason::Clock {
            by_s: self.jumped_s,
        });
        let from = self.restored.clone();
        let restore = from.map(|from| HoldReason::Restore { from });
        clock.into_iter().chain(restore).collect()
    }

    /// Whether a letter may be sent all the same: what tells the admins of the doubt.
    pub fn spare(&self, letter: LetterNo) -> bool {
        self.from_letter.is_none_or(|from| letter >= from)
    }
}

impl State {
    /// Why nothing goes out now; empty if nothing is held.
    pub fn held_for(&self) -> Vec<HoldReason> {
        let held = self.hold.iter().flat_map(|held| held.reasons.clone());
        let mut reasons: Vec<_> = held.collect();
        for doubt in self.doubts.reasons() {
            if !reasons.contains(&doubt) {
                reasons.push(doubt);
            }
        }
        reasons
    }

    pub(super) fn apply_hold(&mut self, at: Timestamp, what: &Event) {
        match what {
            Event::Held {
                slot,
                reasons,
                letters,
                notices,
                version,
            } => {
                self.hold = Some(Held {
                    at,
                    slot: *slot,
                    reasons: reasons.clone(),
                    letters: *letters,
                    notices: *notices,
                    version: version.clone(),
                });
            }
            Event::Released { .. } => {
                self.hold = None;
                self.doubts = Doubts::default();
                self.accepted.clone_from(&self.version);
            }
            Event::ClockJumped { by_s } => {
                self.doubts.jumped_s = self.doubts.jumped_s.saturating_add(*by_s);
                self.mark_doubt();
            }
            Event::Restored { from } => {
                // Who signed out since the backup was made is not known either.
                self.admission = Admission::default();
                self.doubts.restored = Some(from.clone());
                self.mark_doubt();
            }
            _ => {}
        }
    }

    /// A clock that came back is doubted no longer.
    fn mark_doubt(&mut self) {
        let next = self.next_letter();
        self.doubts.from_letter = if self.doubts.reasons().is_empty() {
            None
        } else {
            self.doubts.from_letter.or(Some(next))
        };
    }
}

//! What was decided of bulletins, folded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::State;
use super::as_json;
use crate::core::bulletin::{Bulletin, Reach};
use crate::core::fact::{Event, LetterNo};
use crate::core::names::Address;
use crate::core::period::PeriodKey;

/// The bulletins that somebody has decided of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bulletins {
    /// By week or month.
    pub decided: BTreeMap<PeriodKey, BulletinState>,
    /// Those that go out with the letters of the next slot, and how much was [heard](State::heard) with the approval.
    pub to_send: BTreeMap<PeriodKey, u64>,
}

/// What was decided of one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BulletinState {
    /// That it may go out. It does so once: what comes after the first approval changes nothing.
    pub approved: Option<Approved>,
    /// That it is not to, each time.
    pub put_aside: Vec<PutAside>,
}

/// An approval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approved {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What they say before anything else.
    pub preface: String,
    /// Who gets it.
    pub reach: Reach,
    /// What was approved, word for word.
    #[serde(with = "as_json")]
    pub content: Arc<Bulletin>,
    /// The mailboxes that it was put into a letter to, and the letters.
    pub told: BTreeMap<Address, LetterNo>,
}

/// A draft that is not to go out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutAside {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why.
    pub note: String,
}

impl State {
    pub(super) fn apply_bulletin(&mut self, at: Timestamp, what: &Event) {
        if matches!(what, Event::BulletinApproved { .. }) {
            self.heard += 1;
        }
        self.bulletins.apply(at, self.heard, what);
        if let Event::BulletinSent {
            bulletin, letter, ..
        } = what
            && let Some(letter) = self.letters.get_mut(letter)
        {
            letter.bulletins.insert(*bulletin);
        }
    }
}

impl Bulletins {
    /// What was approved of a week or month.
    pub fn approved(&self, period: PeriodKey) -> Option<&Approved> {
        self.decided.get(&period)?.approved.as_ref()
    }

    /// Takes in what was decided, or sent.
    fn apply(&mut self, at: Timestamp, heard: u64, what: &Event) {
        match what {
            Event::BulletinApproved {
                bulletin,
                by,
                preface,
                reach,
                content,
            } => {
                let known = self.decided.entry(*bulletin).or_default();
                if known.approved.is_some() {
                    return;
                }
                known.approved = Some(Approved {
                    at,
                    by: by.clone(),
                    preface: preface.clone(),
                    reach: *reach,
                    content: Arc::clone(content),
                    told: BTreeMap::new(),
                });
                self.to_send.insert(*bulletin, heard);
            }
            Event::BulletinPutAside { bulletin, by, note } => {
                let known = self.decided.entry(*bulletin).or_default();
                known.put_aside.push(PutAside {
                    at,
                    by: by.clone(),
                    note: note.clone(),
                });
            }
            Event::BulletinSent {
                bulletin,
                address,
                letter,
            } => {
                let known = self.decided.entry(*bulletin).or_default();
                if let Some(approved) = &mut known.approved {
                    approved.told.insert(address.clone(), *letter);
                }
            }
            _ => {}
        }
    }

    /// A slot's letters were decided when so much was heard: what was approved by then is in them. What another process
    /// appended meanwhile goes with the next.
    pub(super) fn slot_passed(&mut self, heard: u64) {
        self.to_send.retain(|_, approved| *approved > heard);
    }

    /// A newer letter took an older one over.
    pub(super) fn fold(&mut self, moved: &BTreeSet<PeriodKey>, address: &Address, new: LetterNo) {
        for period in moved {
            let known = self.decided.get_mut(period);
            if let Some(approved) = known.and_then(|known| known.approved.as_mut()) {
                approved.told.insert(address.clone(), new);
            }
        }
    }
}

//! What has happened to a letter, folded.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::brief;
use crate::core::duty::DutyId;
use crate::core::fact::{Alert, LetterKind, LetterNo, Outcome};
use crate::core::names::Address;
use crate::core::period::PeriodKey;

/// Where a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

    /// As people say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "等待发出",
            Self::Attempting => "正在发",
            Self::Ended(Outcome::Accepted) => "已送出",
            Self::Ended(Outcome::Deferred) => "稍后再发",
            Self::Ended(Outcome::Refused) => "没有送到",
            Self::Ended(Outcome::Unknown) => "结果不明",
            Self::Ended(Outcome::Dropped) => "不必发了",
        }
    }

    /// Whether it ended, and nobody knows how: it may have arrived.
    pub fn is_unknown(self) -> bool {
        self == Self::Ended(Outcome::Unknown)
    }

    /// Whether a server took it.
    pub fn is_accepted(self) -> bool {
        self == Self::Ended(Outcome::Accepted)
    }

    /// Whether it may still have to be sent.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::Queued | Self::Attempting | Self::Ended(Outcome::Deferred | Outcome::Unknown)
        )
    }
}

/// What has happened to a letter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LetterState {
    /// Its slot.
    #[serde(with = "brief::moment")]
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
    #[serde(with = "brief::moment")]
    pub queued: Timestamp,
    /// Where it stands.
    pub status: LetterStatus,
    /// How many attempts were begun.
    pub attempts: u32,
    /// Whether some attempt's end is not known: it may have arrived, and its bytes stand.
    pub in_doubt: bool,
    /// When it is tried again.
    pub retry_at: Option<Timestamp>,
    /// What was last said of it.
    pub text: String,
    /// The duties its notices are of.
    pub duties: Vec<DutyId>,
    /// Those that it numbers, in the order of the numbers, as it was sent last.
    pub numbered: Vec<DutyId>,
    /// The letter it asks about.
    pub about: Option<LetterNo>,
    /// What it tells an admin: each matter with its words.
    pub matters: Vec<(String, String)>,
    /// The bulletins in it.
    pub bulletins: BTreeSet<PeriodKey>,
}

impl LetterState {
    /// An attempt begins.
    pub(super) fn begin(&mut self, nth: u32, numbered: Vec<DutyId>) {
        // Frozen bytes, sent again, number what they numbered.
        if !numbered.is_empty() {
            self.numbered = numbered;
        }
        self.status = LetterStatus::Attempting;
        self.attempts = nth;
        self.retry_at = None;
    }

    /// Whether its bytes stand: it may have arrived. What was only put off is rendered afresh.
    pub fn is_frozen(&self) -> bool {
        self.in_doubt || self.status == LetterStatus::Attempting
    }
}

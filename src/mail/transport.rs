//! The ways out, what may come of one attempt, and when to try again.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::core::fact::LetterNo;
use crate::core::names::Address;

use super::smtp::Smtp;
use super::spool::Spool;

/// A letter that could not be sent for so long is given up, and the admins hear of it (RFC 5321, 4.5.4.1).
pub const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

const FIRST_RETRY_S: i64 = 60;
const LAST_RETRY_S: i64 = 4 * 60 * 60;

/// Who sends to whom, as the server is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Where bounces go.
    pub from: Address,
    /// The reader.
    pub to: Address,
}

/// How an attempt ended. Every text is in Chinese, with the server's own words in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The server, or the disk, has it.
    Accepted(String),
    /// Not now. Surely not delivered; the same letter may be tried again.
    Deferred {
        /// What happened.
        text: String,
        /// How long to wait at least, where the server's words tell; else [`retry_after`].
        retry_hint: Option<SignedDuration>,
        /// Whether it was the relay or the disk rather than this letter, so that others would fare the same.
        relay: bool,
    },
    /// The server has enough of our connections. Surely not delivered; it goes at once over one that is open.
    Crowded {
        /// What it said.
        text: String,
    },
    /// The server will never have this letter.
    Refused {
        /// What it said.
        text: String,
        /// Whether the mailbox is at fault (5.1.x, 5.2.1): only then may a contact be marked.
        recipient: bool,
    },
    /// 结果不明: it broke off between the final dot and the reply. It may have been delivered.
    Unknown(String),
    /// Nothing would pass until a person mends the settings or the account. Surely not delivered: the queue has to
    /// pause, and the admins are told once.
    Paused {
        /// What is wrong and what to mend.
        text: String,
    },
}

/// A way out.
pub enum Transport {
    /// Files in a folder.
    Spool(Spool),
    /// A mail server.
    Smtp(Box<Smtp>),
    /// Takes every letter but the one it panics at.
    #[cfg(test)]
    Poisoned(LetterNo),
}

impl Transport {
    /// Sends one letter. May be dropped at any point: then it counts as [`Sent::Unknown`].
    pub async fn send(
        &mut self,
        envelope: &Envelope,
        letter: LetterNo,
        slot: Timestamp,
        bytes: &[u8],
    ) -> Sent {
        match self {
            Self::Spool(spool) => spool.send(letter, slot, bytes).await,
            Self::Smtp(smtp) => smtp.send(envelope, bytes).await,
            #[cfg(test)]
            Self::Poisoned(poisoned) => {
                poison(*poisoned == letter);
                Sent::Accepted(String::new())
            }
        }
    }

    /// Sends a letter for `mail test` and tells each step.
    pub async fn probe(&mut self, envelope: &Envelope, slot: Timestamp, bytes: &[u8]) -> Probe {
        if let Self::Smtp(smtp) = self {
            return smtp.probe(envelope, bytes).await;
        }
        let sent = self.send(envelope, 0, slot, bytes).await;
        let step = match &sent {
            Sent::Accepted(text) => Step::passed("写入文件夹", text),
            other => Step::failed("写入文件夹", other.text()),
        };
        Probe {
            steps: vec![step],
            sent,
        }
    }

    /// Says goodbye to the server, if one is connected.
    pub async fn close(&mut self) {
        if let Self::Smtp(smtp) = self {
            smtp.close().await;
        }
    }
}

#[cfg(test)]
fn poison(is_taken: bool) {
    assert!(!is_taken, "poison");
}

impl Sent {
    /// What happened, for the ledger and for people.
    pub fn text(&self) -> &str {
        match self {
            Self::Accepted(text)
            | Self::Unknown(text)
            | Self::Deferred { text, .. }
            | Self::Crowded { text }
            | Self::Refused { text, .. }
            | Self::Paused { text } => text,
        }
    }
}

/// What `mail test` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Step by step, up to the one that failed.
    pub steps: Vec<Step>,
    /// How it ended.
    pub sent: Sent,
}

/// One step of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whether it went well.
    pub passed: bool,
    /// What was tried.
    pub name: String,
    /// What came of it, and what to mend.
    pub text: String,
}

impl Step {
    pub(super) fn passed(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            passed: true,
            name: name.into(),
            text: text.into(),
        }
    }

    pub(super) fn failed(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            passed: false,
            ..Self::passed(name, text)
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.passed { "✓" } else { "✗" };
        write!(f, "{mark} {}", self.name)?;
        if !self.text.is_empty() {
            write!(f, ":{}", self.text)?;
        }
        Ok(())
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        Ok(())
    }
}

/// How long to wait after the nth attempt (from 1) of a letter was deferred: a minute, doubling up to four hours, less
/// up to a quarter that depends on letter and attempt, so that a morning's letters don't all come back at once.
pub fn retry_after(nth: u32, letter: LetterNo) -> SignedDuration {
    let doublings = nth.saturating_sub(1).min(16);
    let whole = (FIRST_RETRY_S << doublings).min(LAST_RETRY_S);
    // Fibonacci hashing: neighbouring numbers land far apart.
    let spread = (letter ^ u64::from(nth) << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56;
    let less = whole * i64::from(u8::try_from(spread).unwrap_or(u8::MAX)) / 1024;
    SignedDuration::from_secs(whole - less)
}

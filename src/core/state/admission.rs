//! Who asked to sign in, and who is signed in, folded.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::State;
use crate::core::fact::{Event, LetterNo};
use crate::core::names::Address;

/// Links that were asked for and not used, and who is signed in. What is over leaves with the next fact of its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// The links, by the letters that carry them.
    pub links: BTreeMap<LetterNo, SignInLink>,
    /// Who is signed in, by the digest of what their browser holds.
    pub sessions: BTreeMap<String, SignedIn>,
}

/// A link to sign in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInLink {
    /// Whom it was mailed to.
    pub address: Address,
    /// The digest of what the browser holds that asked for it; no other may use it.
    pub browser: String,
    /// The last instant it works.
    pub until: Timestamp,
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who, by their mailbox.
    pub address: Address,
    /// The last instant of it.
    pub until: Timestamp,
}

impl Admission {
    /// The link a letter carries, if it still works.
    pub fn link(&self, letter: LetterNo, now: Timestamp) -> Option<&SignInLink> {
        self.links.get(&letter).filter(|link| now <= link.until)
    }

    /// Who is signed in by what a browser holds.
    pub fn session(&self, digest: &str, now: Timestamp) -> Option<&SignedIn> {
        self.sessions.get(digest).filter(|found| now <= found.until)
    }
}

impl State {
    pub(super) fn apply_admission(&mut self, at: Timestamp, what: &Event) {
        let open = &self.open_letters;
        let Admission { links, sessions } = &mut self.admission;
        match what {
            Event::SignInAsked {
                letter,
                address,
                browser,
                until,
            } => {
                // A letter that is still to go must be known for what it is.
                links.retain(|no, link| at <= link.until || open.contains(no));
                let link = SignInLink {
                    address: address.clone(),
                    browser: browser.clone(),
                    until: *until,
                };
                links.insert(*letter, link);
            }
            Event::SignedIn {
                letter,
                address,
                session,
                until,
                ..
            } => {
                links.remove(letter);
                sessions.retain(|_, found| at <= found.until);
                let found = SignedIn {
                    address: address.clone(),
                    until: *until,
                };
                sessions.insert(session.clone(), found);
            }
            Event::SignedOut { session, .. } => {
                sessions.remove(session);
            }
            _ => {}
        }
    }
}

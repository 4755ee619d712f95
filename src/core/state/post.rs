//! The mails that arrived, folded, and what a returned letter means.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{LetterStatus, State};
use crate::core::fact::{Attached, Event, LetterNo, MailNo, MailSort, Outcome};
use crate::core::names::Address;

/// The mails that arrived.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// The last one's number.
    last: MailNo,
    /// Their `Message-ID`s.
    known: BTreeMap<String, MailNo>,
    /// What a person has to look at.
    pub unclear: BTreeMap<MailNo, Unclear>,
    /// How far the mailbox was read: its numbering, and the last mail's number in it.
    pub read_to: Option<(u32, u32)>,
    /// Why the mailbox cannot be read.
    pub trouble: Option<String>,
}

/// A mail that a person has to look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unclear {
    /// When it was taken in.
    pub at: Timestamp,
    /// Whose it says it is.
    pub from: Option<Address>,
    /// The letter it belongs to.
    pub letter: Option<LetterNo>,
    /// Its subject and its words.
    pub text: String,
    /// What was attached.
    pub kept: Vec<Attached>,
}

/// The letter that a mail belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub letter: LetterNo,
    /// Whether whoever writes surely has it: a number alone anybody can write, and an address as well.
    pub is_proven: bool,
}

impl Post {
    /// The number the next mail gets.
    pub fn next(&self) -> MailNo {
        self.last + 1
    }

    /// The mail of this `Message-ID`, if it was taken in.
    pub fn known(&self, message_id: &str) -> Option<MailNo> {
        self.known.get(message_id).copied()
    }

    pub(super) fn apply(&mut self, at: Timestamp, what: &Event) {
        match what {
            Event::MailReceived {
                mail,
                message_id,
                sort,
                from,
                letter,
                text,
                kept,
            } => {
                self.last = self.last.max(*mail);
                self.known.insert(message_id.clone(), *mail);
                if *sort == MailSort::Unclear {
                    self.unclear.insert(
                        *mail,
                        Unclear {
                            at,
                            from: from.clone(),
                            letter: *letter,
                            text: text.clone(),
                            kept: kept.clone(),
                        },
                    );
                }
            }
            Event::MailSeen { mail, .. } => {
                self.unclear.remove(mail);
            }
            Event::MailboxRead { uid_validity, uid } => {
                self.read_to = Some((*uid_validity, *uid));
            }
            Event::MailboxTrouble { text } => {
                self.trouble = (!text.is_empty()).then(|| text.clone());
            }
            _ => {}
        }
    }
}

impl State {
    /// The letter a mail belongs to: by a `Message-ID` it refers to, else by a number it bears, the earlier before the
    /// later. Whether a number's tag is right is known to who has the keys, and stands beside it.
    pub fn letter_of(
        &self,
        message_ids: &[String],
        numbers: impl IntoIterator<Item = Found>,
    ) -> Option<Found> {
        // The newest first, since people answer those.
        let referred = self
            .letters
            .iter()
            .rev()
            .filter(|_| !message_ids.is_empty())
            .find(|(_, letter)| message_ids.contains(&letter.message_id))
            .map(|(no, _)| Found {
                letter: *no,
                is_proven: true,
            });
        let mut guessed = None;
        let mut proven = None;
        for found in numbers {
            if !self.has_letter(found.letter) {
                continue;
            }
            let first = if found.is_proven {
                &mut proven
            } else {
                &mut guessed
            };
            first.get_or_insert(found);
        }
        referred.or(proven).or(guessed)
    }

    /// What a bounce tells of that names only a mailbox: the newest letter that a server accepted for it; where there is
    /// none, the newest that was tried, for that may have been taken before it was refused.
    pub fn last_sent(&self, address: &Address) -> Option<LetterNo> {
        let theirs = || {
            let newest = self.letters.iter().rev();
            newest.filter(|(_, letter)| letter.address == *address && letter.attempts > 0)
        };
        let accepted = theirs().find(|(_, letter)| letter.status.is_accepted());
        accepted.or_else(|| theirs().next()).map(|(no, _)| *no)
    }

    /// A letter came back: nobody was reached by it, whatever the server had said.
    pub(super) fn take_back(&mut self, no: LetterNo, text: &str) {
        let Some(letter) = self.letters.get_mut(&no) else {
            return;
        };
        letter.status = LetterStatus::Ended(Outcome::Refused);
        letter.retry_at = None;
        text.clone_into(&mut letter.text);
        self.open_letters.remove(&no);
        self.refused.insert(no);
        for duty in letter.duties.clone() {
            for told in &mut self.duty_mut(&duty).told {
                if told.letter == no {
                    told.reached = None;
                    told.failed = true;
                }
            }
        }
    }
}

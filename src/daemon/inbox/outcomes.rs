//! What a mail comes to, before it is on record.

use crate::core::fact::{Attached, Event, LetterNo, MailSort};
use crate::evidence::Kept;
use crate::mail::{one_line, shorten};

/// As much of what a person has to read is kept; the rest is in the mailbox.
const LONGEST_TEXT: usize = 400;

/// What a mail comes to.
pub(super) struct Outcomes {
    pub(super) sort: MailSort,
    pub(super) letter: Option<LetterNo>,
    /// What a person has to read, or what the server said.
    pub(super) text: String,
    pub(super) kept: Vec<Attached>,
    /// Beside the fact that it arrived.
    pub(super) events: Vec<Event>,
}

impl Outcomes {
    pub(super) fn new(sort: MailSort, letter: Option<LetterNo>, text: impl Into<String>) -> Self {
        Self {
            sort,
            letter,
            text: text.into(),
            kept: Vec::new(),
            events: Vec::new(),
        }
    }

    /// What is attached is evidence for every duty that was answered; where none was, a person has to look at it.
    pub(super) fn file(&mut self, kept: &[Kept]) {
        let mut filed: Vec<Event> = Vec::new();
        for event in &self.events {
            let Event::Answer {
                duty,
                by,
                via,
                address,
                ..
            } = event
            else {
                continue;
            };
            for file in kept {
                let evidence = Event::Evidence {
                    duty: duty.clone(),
                    digest: file.digest.clone(),
                    name: file.name.clone(),
                    bytes: file.bytes,
                    by: by.clone(),
                    via: *via,
                    address: address.clone(),
                };
                if !filed.contains(&evidence) {
                    filed.push(evidence);
                }
            }
        }
        if !kept.is_empty() && filed.is_empty() && self.sort == MailSort::Reply {
            self.sort = MailSort::Unclear;
            add(&mut self.text, "附件不知道属于哪一项");
        }
        if self.sort == MailSort::Unclear {
            self.kept = kept.iter().map(attached).collect();
        }
        self.events.extend(filed);
    }
}

fn attached(file: &Kept) -> Attached {
    Attached {
        name: file.name.clone(),
        digest: file.digest.clone(),
        bytes: file.bytes,
    }
}

/// Appends to what a person has to read.
pub(super) fn add(text: &mut String, words: &str) {
    if !text.is_empty() {
        text.push(';');
    }
    text.push_str(words);
}

/// What a person has to read, on one line and with an end.
pub(super) fn shown(text: &str) -> String {
    shorten(&one_line(text), LONGEST_TEXT)
}

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
    /// Whether it names a duty, to which what is attached belongs.
    pub(super) is_placed: bool,
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
            is_placed: false,
            events: Vec::new(),
        }
    }

    /// Adds what is not among the events yet: who says two things of a duty attaches a file once.
    pub(super) fn add_new(&mut self, events: Vec<Event>) {
        for event in events {
            if !self.events.contains(&event) {
                self.events.push(event);
            }
        }
    }

    /// Leaves to a person what is attached, where no duty was named or there is more to see to.
    pub(super) fn leave(&mut self, kept: &[Kept]) {
        if !kept.is_empty() && !self.is_placed && self.sort == MailSort::Reply {
            self.sort = MailSort::Unclear;
            add(&mut self.text, "附件不知道属于哪一项");
        }
        if self.sort == MailSort::Unclear {
            self.kept = kept.iter().map(attached).collect();
        }
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

//! Making a letter ready: what it says now, as the bytes that are sent.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::office::{House, Office};
use super::ends::outcome;
use crate::core::compose::{Reader, compose};
use crate::core::fact::{Event, LetterNo, Outcome};
use crate::core::letter::Content;
use crate::core::state::{LetterState, State};
use crate::ics;
use crate::ledger::LedgerError;
use crate::mail::{self, Envelope, Header, carriers, subaddress};
use crate::pattern::Pattern;

/// A letter that is ready to go.
pub(super) struct Ready {
    pub(super) no: LetterNo,
    pub(super) letter: LetterState,
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
    /// What they have much in common with, where they were written anew.
    pub(super) pattern: Option<Arc<Pattern>>,
    /// The fact that its sending begins.
    pub(super) attempt: Event,
    /// What was wrong with the templates.
    pub(super) problems: Vec<String>,
}

/// What making a letter ready came to.
pub(super) enum Made {
    Ready(Box<Ready>),
    /// It is not to be sent, with the fact of that.
    Over(Event),
    /// It cannot be made: with what went wrong.
    Poisoned(LetterState, String),
    /// It is no longer waiting.
    Gone,
}

/// A letter that was written before its turn.
pub(super) struct Ahead {
    at: Timestamp,
    /// What it said, and how that was written; `None` where there was nothing to write, or it could not be done. That is
    /// met again, and told of, when it is its turn.
    pub(super) written: Option<(Content, Written)>,
}

impl Ahead {
    /// Writes a letter that waits.
    pub(super) fn of(
        office: &Office,
        house: &House,
        state: &State,
        no: LetterNo,
        now: Timestamp,
    ) -> Self {
        let written = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let letter = state.letters.get(&no);
            let letter = letter.filter(|letter| letter.status.is_open() && !letter.is_frozen())?;
            let content = compose(&house.agenda, state, no, now, Reader::Mail)?;
            let written = write(office, house, no, letter, &content, now).ok()?;
            Some((content, written))
        }));
        Self {
            at: now,
            written: written.ok().flatten(),
        }
    }

    /// What was written, if that is what the letter says now.
    fn if_true(self, content: &Content, now: Timestamp) -> Option<Written> {
        let is_of_now = self.is_of(now);
        let (said, written) = self.written?;
        (is_of_now && said == *content).then_some(written)
    }

    /// Whether it was written in this second, which a letter tells.
    pub(super) fn is_of(&self, now: Timestamp) -> bool {
        now.as_second() == self.at.as_second()
    }
}

/// Makes a letter ready from what is true under the book's lock; `ahead` is what was written of it before.
pub(super) fn make(
    office: &Office,
    house: &House,
    state: &State,
    no: LetterNo,
    ahead: Option<Ahead>,
    now: Timestamp,
) -> Result<Made, LedgerError> {
    let Some(letter) = state.letters.get(&no) else {
        return Ok(Made::Gone);
    };
    if !letter.status.is_open() || !state.doubts.spare(no) {
        return Ok(Made::Gone);
    }
    let kept = if letter.is_frozen() {
        office.ledger.frozen(no)?
    } else {
        None
    };
    // One poisoned letter must cost one letter.
    let made = std::panic::catch_unwind(AssertUnwindSafe(|| {
        #[cfg(test)]
        office.taste(no);
        let content = compose(&house.agenda, state, no, now, Reader::Mail)?;
        Some(match kept {
            // What it numbers is on record already.
            Some(bytes) => Ok((Written::again(bytes), Vec::new())),
            None => ahead
                .and_then(|ahead| ahead.if_true(&content, now))
                .map_or_else(|| write(office, house, no, letter, &content, now), Ok)
                .map(|written| (written, content.numbered().cloned().collect())),
        })
    }))
    .unwrap_or_else(|panic| Some(Err(carriers::words(&*panic))));
    Ok(match made {
        None => Made::Over(outcome(
            no,
            letter,
            Outcome::Dropped,
            "信中各项都已办结或撤销",
            None,
        )),
        Some(Err(problem)) => Made::Poisoned(letter.clone(), problem),
        Some(Ok((written, numbered))) => Made::Ready(Box::new(Ready {
            no,
            envelope: envelope(office, house, no, letter),
            bytes: written.bytes,
            pattern: written.pattern,
            attempt: Event::Attempt {
                letter: no,
                address: letter.address.clone(),
                message_id: letter.message_id.clone(),
                nth: letter.attempts + 1,
                numbered,
            },
            letter: letter.clone(),
            problems: written.problems,
        })),
    })
}

fn envelope(office: &Office, house: &House, no: LetterNo, letter: &LetterState) -> Envelope {
    let from = &house.settings.mail.from.address;
    Envelope {
        from: if house.settings.mail.verp {
            subaddress::numbered(from, &office.number(no))
        } else {
            from.clone()
        },
        to: letter.address.clone(),
    }
}

/// A letter as it is sent.
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pattern: Option<Arc<Pattern>>,
    /// What was wrong with the templates.
    problems: Vec<String>,
}

impl Written {
    fn again(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            pattern: None,
            problems: Vec::new(),
        }
    }
}

fn write(
    office: &Office,
    house: &House,
    no: LetterNo,
    letter: &LetterState,
    content: &Content,
    now: Timestamp,
) -> Result<Written, String> {
    // What has words of its own is told to an admin, and is not answered.
    let links = office.links(content, letter.alert.is_none());
    let rendered = house.templates.render(content, &links);
    let settings = &house.settings.mail;
    let reply_to = settings
        .plus_reply_to
        .then(|| subaddress::numbered(&settings.from.address, &office.number(no)));
    let header = Header {
        from: &settings.from,
        reply_to: reply_to.as_ref(),
        person: &content.person,
        to: &letter.address,
        message_id: &letter.message_id,
        date: now,
        calendar: &content.calendar,
    };
    let dates = ics::of_letter(content, &house.agenda.calendar.timezone);
    let bytes =
        mail::compose(&header, &rendered, dates.as_deref()).map_err(|error| error.to_string())?;
    let pattern = rendered
        .form
        .map(|form| Arc::clone(form.pattern(dates.as_deref())));
    Ok(Written {
        bytes,
        pattern,
        problems: rendered.problems,
    })
}

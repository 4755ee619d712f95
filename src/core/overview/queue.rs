//! The letters on their way, and those that did not arrive.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::Scope;
use crate::core::agenda::Agenda;
use crate::core::fact::LetterNo;
use crate::core::plan::{Slots, undelivered};
use crate::core::state::{LetterState, LetterStatus, State};

/// The letters that are not over, and those that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// On their way, those whose arrival is in doubt first.
    pub open: Vec<QueuedLetter>,
    /// What a server would not have, or was given up, and still troubles somebody; the newest first.
    pub refused: Vec<QueuedLetter>,
    /// Mailboxes of the roster found not to exist, with the unit, the person and what the server said.
    pub unreachable: Vec<(String, String, String)>,
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedLetter {
    /// Its number.
    pub letter: LetterNo,
    /// Whom it goes to.
    pub address: String,
    /// Who that is: unit and name.
    pub reader: String,
    /// Where it stands.
    pub status: LetterStatus,
    /// When it was queued.
    pub queued: DateTime,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again.
    pub retry_at: Option<DateTime>,
    /// What was last said of it.
    pub text: String,
}

/// The letters that a person may have to look after, of readers in view.
pub fn queue(agenda: &Agenda, state: &State, scope: &Scope, now: Timestamp) -> Queue {
    let today = Slots::new(&agenda.calendar).day(now);
    let zone = &agenda.calendar.timezone;
    let local = |at: Timestamp| at.to_zoned_datetime(zone.clone()).datetime();
    let behind = |address: &_| {
        let behind = agenda.roster.behind(address, today);
        let seen = behind
            .iter()
            .any(|(unit, _)| scope.sees_unit(&agenda.roster, &unit.id));
        let who = behind
            .first()
            .map(|(unit, contact)| (unit.name.clone(), contact.person.clone()));
        (seen || scope.is_whole(), who.unwrap_or_default())
    };
    let row = |no: LetterNo, letter: &LetterState| {
        let (seen, (unit, person)) = behind(&letter.address);
        seen.then(|| QueuedLetter {
            letter: no,
            address: letter.address.to_string(),
            reader: format!("{unit} {person}").trim().to_owned(),
            status: letter.status,
            queued: local(letter.queued),
            attempts: letter.attempts,
            retry_at: letter.retry_at.map(local),
            text: letter.text.clone(),
        })
    };
    let rows = |numbers: &mut dyn Iterator<Item = &LetterNo>| -> Vec<QueuedLetter> {
        numbers
            .filter_map(|no| row(*no, state.letters.get(no)?))
            .collect()
    };
    let mut open = rows(&mut state.open_letters.iter());
    open.sort_by_key(|letter| (!letter.status.is_unknown(), letter.letter));
    let undelivered = undelivered(agenda, state, today);
    let refused = undelivered.letters.iter().rev();
    let unreachable = undelivered.mailboxes.iter().filter(|found| {
        let (seen, _) = behind(found.address);
        seen
    });
    Queue {
        open,
        refused: refused
            .filter_map(|(no, letter)| row(*no, letter))
            .collect(),
        unreachable: unreachable
            .map(|found| {
                let person = format!("{} {}", found.contact.person, found.address);
                (found.unit.name.clone(), person, found.text.to_owned())
            })
            .collect(),
    }
}

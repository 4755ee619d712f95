//! The beat: ask the planner, and queue what is due. Idempotent, so an extra beat is harmless.

use super::office::Office;
use crate::core::fact::{Event, LetterKind};
use crate::core::plan::{Plan, first_sights, plan, plan_first};
use crate::ledger::LedgerError;

impl Office {
    /// One beat.
    pub(super) fn beat(&self) -> Result<(), LedgerError> {
        self.ledger.still_there()?;
        let house = self.house();
        let now = self.clock.now();
        let mut book = self.book()?;
        if self.pulse.vitals().ledger_trouble.is_some() {
            // Nothing else may be written for days: whether the ledger takes facts again must be tried.
            let job = "probe".to_owned();
            self.append(&mut book, vec![Event::JobRun { job }])?;
        }
        let sights = first_sights(&house.agenda, &book.state);
        self.append(&mut book, sights)?;
        let due = plan(&house.agenda, &book.state, now);
        self.queue(&mut book, &due)?;
        drop(book);
        self.pulse.note(|vitals| {
            vitals.last_beat = Some(now);
            vitals.next_due = due.next;
        });
        if let Some(slot) = due.slot {
            tracing::info!(%slot, letters = due.letters.len(), "slot decided");
        }
        Ok(())
    }

    /// The bell is hung: the first facts, and under the spool the first letters at once.
    pub(super) fn hang(&self, installation: String) -> Result<Option<usize>, LedgerError> {
        let house = self.house();
        let now = self.clock.now();
        let mut book = self.book()?;
        if book.state.hung.is_some() {
            return Ok(None);
        }
        let mut events = vec![Event::BellHung { installation }];
        events.extend(first_sights(&house.agenda, &book.state));
        events.push(Event::CalendarVersion {
            version: house.version.clone(),
        });
        self.append(&mut book, events)?;
        if !self.spools() {
            return Ok(Some(0));
        }
        let due = plan_first(&house.agenda, &book.state, now);
        let letters = due.letters.len();
        self.queue(&mut book, &due)?;
        Ok(Some(letters))
    }

    fn queue(&self, book: &mut super::office::Book, due: &Plan) -> Result<(), LedgerError> {
        let installation = book.state.installation.clone();
        let events = due.events(|letter| {
            self.message_id(
                &installation,
                letter.slot,
                &letter.address,
                LetterKind::Slot,
            )
        });
        self.append(book, events)?;
        if !due.letters.is_empty() {
            self.mail.notify_one();
        }
        Ok(())
    }
}

//! The beat: ask the planner, and queue what is due. Idempotent, so an extra beat is harmless.

use std::sync::atomic::Ordering;

use jiff::Timestamp;

use super::hold::{Look, Surprise};
use super::office::{House, Office};
use crate::core::fact::{Event, LetterKind};
use crate::core::plan::{Plan, are_officers_cut_off, first_sights, plan, plan_first};
use crate::ledger::LedgerError;

impl Office {
    /// One beat.
    pub(super) fn beat(&self) -> Result<(), LedgerError> {
        self.ledger.still_there()?;
        self.is_sound()?;
        if self.owes_reload.load(Ordering::Relaxed) {
            self.reload()?;
            self.owes_reload.store(false, Ordering::Relaxed);
        }
        let house = self.house();
        let mut book = self.book()?;
        if self.pulse.vitals().ledger_trouble.is_some() {
            // Nothing else may be written for days: whether the ledger takes facts again must be tried.
            let job = "probe".to_owned();
            self.append(&mut book, vec![Event::JobRun { job }])?;
        }
        self.watch_clock(&mut book)?;
        let sights = first_sights(&house.agenda, &book.state);
        self.append(&mut book, sights)?;
        let now = self.clock.now();
        let (next_due, surprise) = self.decide(&mut book, &house, now)?;
        let officers_cut_off = are_officers_cut_off(&house.agenda, &book.state, self.today());
        let keeps = book.is_worth_keeping();
        drop(book);
        if keeps {
            self.keep_book()?;
        }
        self.watch_room()?;
        if let Some(surprise) = surprise {
            self.hold(&house, now, &surprise)?;
        }
        self.pulse.note(|vitals| {
            vitals.last_beat = Some(now);
            vitals.next_due = next_due;
            vitals.officers_cut_off = officers_cut_off;
        });
        Ok(())
    }

    /// Queues what is due. Says when the next is, and what of it is a surprise that nobody was told of yet.
    fn decide(
        &self,
        book: &mut super::office::Book,
        house: &House,
        now: Timestamp,
    ) -> Result<(Option<Timestamp>, Option<Box<Surprise>>), LedgerError> {
        loop {
            let due = plan(&house.agenda, &book.state, now);
            let next = due.next;
            match self.look_at(book, house, now, due)? {
                Look::Expected(due) => {
                    self.queue(book, &due)?;
                    if let Some(slot) = due.slot {
                        tracing::info!(%slot, letters = due.letters.len(), "slot decided");
                    }
                }
                Look::Held(surprise) => return Ok((next, surprise)),
            }
            // Alerts go alone; the slot's letters, if any are due as well, follow them.
            if next.is_none_or(|next| next > now) {
                return Ok((next, None));
            }
        }
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

    /// At a later start: the files may have been edited, and the clock may have been set, while nobody served.
    pub(super) fn catch_up_with_files(&self) -> Result<(), LedgerError> {
        let house = self.house();
        let mut book = self.book()?;
        self.doubt_clock_at_start(&mut book)?;
        if book.state.version.as_ref() == Some(&house.version) {
            return Ok(());
        }
        let version = house.version.clone();
        self.append(&mut book, vec![Event::CalendarVersion { version }])
    }

    fn queue(&self, book: &mut super::office::Book, due: &Plan) -> Result<(), LedgerError> {
        let installation = book.state.installation.clone();
        let events = due.events(|letter| match letter.kind {
            LetterKind::Slot => {
                self.message_id(&installation, letter.slot, &letter.address, letter.kind)
            }
            LetterKind::Alert => {
                self.alert_id(&installation, letter.number, letter.slot, &letter.address)
            }
        });
        self.append(book, events)?;
        if !due.letters.is_empty() {
            self.mail.notify_one();
        }
        Ok(())
    }
}

//! Where a letter's duties stand in it: what its reader is to each of them, and whether it is still asked.

use jiff::Timestamp;
use jiff::civil::Date;

use super::Reader;
use crate::core::agenda::Agenda;
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::fact::{LetterNo, Part};
use crate::core::known::{Known, known};
use crate::core::ladder::Rung;
use crate::core::names::Address;
use crate::core::plan::Slots;
use crate::core::state::{How, LetterState, State, Told};

/// A letter as it is read at a moment.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) agenda: &'a Agenda,
    pub(super) state: &'a State,
    pub(super) slots: Slots<'a>,
    pub(super) today: Date,
    pub(super) address: &'a Address,
    reader: Reader,
    no: LetterNo,
}

/// A duty in its place, and what this letter's notices say of it.
pub(super) struct Placed<'a> {
    pub(super) notices: Vec<&'a Told>,
    pub(super) place: Place<'a>,
}

/// Where it stands.
pub(super) enum Place<'a> {
    /// Among what the reader has to act on.
    Item(Known<'a>),
    /// Among what is overdue at the reader's own unit, though another has to act; and what the reader is to it.
    Below(Known<'a>, Part),
    /// A row of what is overdue further down.
    Rollup(Known<'a>),
    /// Settled since the reader heard of it.
    Closed(Known<'a>),
    /// No longer asked; `None` where the calendar has it no longer.
    Withdrawn(Option<Known<'a>>),
}

impl<'a> Reading<'a> {
    pub(super) fn of(
        agenda: &'a Agenda,
        state: &'a State,
        (no, letter): (LetterNo, &'a LetterState),
        now: Timestamp,
        reader: Reader,
    ) -> Self {
        let slots = Slots::new(&agenda.calendar);
        Self {
            agenda,
            state,
            slots,
            today: slots.day(now),
            address: &letter.address,
            reader,
            no,
        }
    }

    /// Where a duty stands; `None` where the letter has no word of it.
    pub(super) fn place(&self, duty: &'a DutyId) -> Option<Placed<'a>> {
        let told = self.state.duty(duty)?;
        let notices = told.told.iter();
        let notices: Vec<&Told> = notices
            .filter(|told| told.letter == self.no && told.address == *self.address)
            .collect();
        let place = match known(self.agenda, self.slots, duty, told) {
            Some(known) => self.place_of(known, &notices)?,
            None if self.reader == Reader::Page || has(&notices, Rung::Withdrawn) => {
                Place::Withdrawn(None)
            }
            None => return None,
        };
        Some(Placed { notices, place })
    }

    fn place_of(&self, known: Known<'a>, notices: &[&Told]) -> Option<Place<'a>> {
        if self.reader == Reader::Mail && known.state.settled(known.task.times).is_some() {
            let is_closed = |told: &&Told| matches!(told.rung, Rung::Closed(_));
            return if notices.iter().any(is_closed) {
                Some(Place::Closed(known))
            } else {
                has(notices, Rung::Decided).then_some(Place::Item(known))
            };
        }
        let last_word = notices.last().map(|told| told.rung);
        if last_word == Some(Rung::Withdrawn) && self.gone_with_what_comes_first(&known) {
            return Some(Place::Withdrawn(Some(known)));
        }
        let part = notices.iter().map(|told| told.part).min()?;
        Some(match part {
            Part::Below if !self.acts_on(&known) => Place::Below(known, Part::Below),
            Part::Act | Part::Below => Place::Item(known),
            Part::Above => Place::Below(known, Part::Above),
            Part::Rollup => Place::Rollup(known),
        })
    }

    /// Whether the duty this one comes after was waived or does not apply: then this is not asked either.
    fn gone_with_what_comes_first(&self, known: &Known<'_>) -> bool {
        known.task.after.as_ref().is_some_and(|before| {
            let before = DutyId {
                occurrence: OccurrenceId {
                    task: before.clone(),
                    period: known.id.occurrence.period,
                },
                unit: known.id.unit.clone(),
            };
            let times = self.agenda.calendar.times(&before.occurrence.task);
            let happened = self.state.happened(&before.occurrence);
            let ending = happened.ending(&before.unit, times);
            ending.is_some_and(|ending| ending.how != How::Done)
        })
    }

    /// Whether the reader is one of those who have to act.
    fn acts_on(&self, known: &Known<'_>) -> bool {
        known
            .state
            .standing()
            .any(|told| told.part == Part::Act && told.address == *self.address)
    }
}

fn has(notices: &[&Told], rung: Rung) -> bool {
    notices.iter().any(|told| told.rung == rung)
}

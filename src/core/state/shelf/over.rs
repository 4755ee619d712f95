//! What goes on the shelf, and when: what is over, of which every word has been said, and letters that have gone.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{Ending, How};
use crate::core::agenda::Agenda;
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::ladder::Rung;
use crate::core::names::{Address, UnitId};
use crate::core::plan::Slots;
use crate::core::state::{DutyState, Settled, State};

/// So long nothing has happened to what goes on the shelf: the pages of the day tell of what is newer.
const QUIET_DAYS: i64 = 3;

/// So long a letter stays that is over: most of what comes back comes within a week.
const LETTER_DAYS: i64 = 10;

/// What fell due so long ago and was never settled is not pressed any more, and nobody is told that it moved.
pub(in crate::core) const LAPSED_DAYS: i64 = 400;

impl DutyState {
    /// How it ended, if it did; `times` is the number of answers its task asks.
    pub fn ending(&self, times: u16) -> Option<Ending> {
        let settled = self.settled(times)?;
        Some(Ending {
            how: match &settled {
                Settled::Done(_) => How::Done,
                Settled::LetOff(found) if found.not_applicable => How::NotApplicable,
                Settled::LetOff(_) => How::Waived,
            },
            at: settled.at(),
        })
    }

    /// Whether it was told of, was never done, and fell due so long ago that nobody is pressed for it any more.
    pub(in crate::core) fn has_lapsed(&self, today: Date) -> bool {
        let told = self.told.iter().map(|told| told.due);
        let due = told.chain(self.extended_to).max();
        self.reopened == 0
            && !self.told.is_empty()
            && due.is_some_and(|due| due.saturating_add(LAPSED_DAYS.days()) < today)
    }

    /// Whether it is over and every word of it has been said.
    fn is_over(&self, times: u16, today: Date) -> bool {
        let ended = self.settled(times).is_some() || self.has_lapsed(today);
        ended && self.pending.is_none() && self.asked_know()
    }

    /// Whether everybody who had asked for something has had the answer in a letter.
    fn asked_know(&self) -> bool {
        self.decisions.iter().all(|decided| {
            decided.asker.as_ref().is_none_or(|asker| {
                self.standing().any(|told| {
                    told.rung == Rung::Decided
                        && told.address == *asker
                        && told.order > decided.order
                })
            })
        })
    }

    /// Whether nothing of it is on its way, and nothing has happened to it since.
    fn is_quiet(&self, since: Timestamp) -> bool {
        let told = self.told.iter().all(|told| {
            let is_ended = told.reached.is_some() || told.dropped || told.failed;
            is_ended && told.at < since && told.reached.is_none_or(|at| at < since)
        });
        told && self.answers.iter().all(|given| given.at < since)
            && self.evidence.iter().all(|file| file.at < since)
            && self.let_off.as_ref().is_none_or(|found| found.at < since)
            && self.raised.as_ref().is_none_or(|raised| raised.at < since)
    }
}

impl State {
    /// Puts on the shelf what is over at an instant, and of letters that are over leaves nothing.
    pub fn shelve(&mut self, agenda: &Agenda, now: Timestamp) {
        let slots = Slots::new(&agenda.calendar);
        let today = slots.day(now);
        let since = now.saturating_sub(jiff::SignedDuration::from_hours(24 * QUIET_DAYS));
        let Ok(since) = since else { return };
        let mut over: Vec<(OccurrenceId, UnitId, u16)> = Vec::new();
        for (id, units) in &self.duties {
            let times = agenda.calendar.times(&id.task);
            for (unit, state) in units {
                if state.is_over(times, today) && state.is_quiet(since) {
                    over.push((id.clone(), unit.clone(), times));
                }
            }
        }
        for (occurrence, unit, times) in over {
            let duty = DutyId { occurrence, unit };
            if !self.news.contains_key(&duty) && !self.alerts.contains(&duty) {
                self.put_away(&duty, times, slots);
            }
        }
        self.duties.retain(|_, units| {
            units.shrink_to_fit();
            !units.is_empty()
        });
        self.shelf.shrink_to_fit();
        self.shelve_letters(now);
    }

    fn put_away(&mut self, duty: &DutyId, times: u16, slots: Slots<'_>) {
        let Some(units) = self.duties.get_mut(&duty.occurrence) else {
            return;
        };
        let put = units
            .get(&duty.unit)
            .is_some_and(|state| self.shelf.put(duty, state, times, slots));
        if !put {
            return;
        }
        units.remove(&duty.unit);
        let first = (format!("request:{duty}:"), Address::from(""));
        let told: Vec<_> = self
            .matters
            .range(first.clone()..)
            .take_while(|(matter, _)| matter.starts_with(&first.0))
            .cloned()
            .collect();
        for matter in told {
            self.matters.remove(&matter);
        }
    }

    fn shelve_letters(&mut self, now: Timestamp) {
        let span = jiff::SignedDuration::from_hours(24 * LETTER_DAYS);
        let Ok(since) = now.saturating_sub(span) else {
            return;
        };
        // What did not arrive troubles nobody any more once a later one did; but a bulletin goes out once.
        let (letters, reached) = (&self.letters, &self.reached);
        self.refused.retain(|no| {
            let letter = letters.get(no);
            letter.is_some_and(|letter| {
                let later = reached.get(&letter.address);
                later.is_none_or(|later| later <= no) || !letter.bulletins.is_empty()
            })
        });
        let last = self.letters.last_key_value().map(|(no, _)| *no);
        let (open, refused, links) = (&self.open_letters, &self.refused, &self.admission.links);
        self.letters.retain(|no, letter| {
            letter.queued.max(letter.slot) >= since
                || open.contains(no)
                || refused.contains(no)
                || links.contains_key(no)
        });
        self.shelf.last_letter = self.shelf.last_letter.max(last.unwrap_or(0));
    }
}

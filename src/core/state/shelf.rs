//! The shelf: what is left in memory of duties that are over. Ten years of a thousand units are over a million of them,
//! of which the planner asks how they ended and when, and nothing else; whoever wants to know more reads their facts.
//!
//! A state with a shelf stands for the same facts as one without: it plans the same. What a fact is about is taken down
//! before the fact is taken in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::{DutyState, LetterState, Raised, Settled, State};
use crate::core::agenda::Agenda;
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::fact::{Event, LetterNo};
use crate::core::ladder::Rung;
use crate::core::names::{Address, NameMap, UnitId};
use crate::core::plan::Slots;

/// So long nothing has happened to what goes on the shelf: the pages of the day tell of what is newer.
const QUIET_DAYS: i64 = 3;

/// So long a letter stays that is over: most of what comes back comes within a week.
const LETTER_DAYS: i64 = 10;

/// What fell due so long ago and was never settled is not pressed any more, and nobody is told that it moved.
pub(in crate::core) const LAPSED_DAYS: i64 = 400;

/// How a duty ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Done.
    Done,
    /// The officer let the unit off.
    Waived,
    /// The officer agreed that it does not apply.
    NotApplicable,
}

/// How a duty ended, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How.
    pub how: How,
    /// When; of what is on the shelf the day is right, and the hour is not known.
    pub at: Timestamp,
}

/// What the shelf has of a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// How it ended; `None` where it never did and is so old that nobody is pressed for it.
    pub ending: Option<Ending>,
    /// The due day of a granted extension.
    pub extended_to: Option<Date>,
}

/// The same in eight bytes: days are counted from 2000, and there is none where they are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Slip {
    /// The unit, by its place among the shelf's units, and in the lowest eight bits how it ended: [`WAIVED`],
    /// [`NOT_APPLICABLE`], or from [`UNDONE`] on how often it was done.
    unit_and_how: u32,
    /// The day it ended; 0 where it never did.
    ended: u16,
    /// The due day of a granted extension.
    extended: u16,
}

const WAIVED: u8 = 0;
const NOT_APPLICABLE: u8 = 1;
const UNDONE: u8 = 2;

/// The day that days are counted from.
const EPOCH: Date = date(2000, 1, 1);

/// The same, from 1970.
const EPOCH_DAYS: u16 = 10_957;

const DAY_S: i64 = 24 * 60 * 60;

fn counted(day: Date) -> u16 {
    u16::try_from((day - EPOCH).get_days()).unwrap_or(0)
}

fn day_of(counted: u16) -> Date {
    EPOCH.saturating_add(i64::from(counted).days())
}

/// The slips of an occurrence, in the order of their units' places.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tray {
    slips: Vec<Slip>,
    /// How all of them were raised, where they were.
    raised: Option<Raised>,
    /// How often, at most, somebody had been told of another due day of one of them.
    date_changes: u32,
    /// The due day that was told last.
    told: Option<Date>,
}

/// The shelf.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Shelf {
    /// The units, in the order in which they first came up.
    units: Vec<UnitId>,
    /// The last letter of which nothing is left in memory, or some later one.
    last_letter: LetterNo,
    #[serde(skip)]
    numbers: NameMap<UnitId, u32>,
    #[serde(skip)]
    trays: BTreeMap<OccurrenceId, Arc<Tray>>,
    /// The trays that have changed since they were last kept.
    #[serde(skip)]
    changed: BTreeSet<OccurrenceId>,
}

/// Two shelves are the same if they say the same of the same duties, in whatever order these came.
impl PartialEq for Shelf {
    fn eq(&self, other: &Self) -> bool {
        let mut ours = self.trays.iter();
        self.trays.len() == other.trays.len()
            && ours.all(|(id, tray)| {
                other.trays.get(id).is_some_and(|theirs| {
                    tray.raised == theirs.raised
                        && tray.date_changes == theirs.date_changes
                        && self.rests(tray) == other.rests(theirs)
                })
            })
    }
}

/// What has happened to the duties of an occurrence.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    live: Option<&'a NameMap<UnitId, Arc<DutyState>>>,
    tray: Option<&'a Tray>,
    shelf: &'a Shelf,
}

impl<'a> Happened<'a> {
    /// Whether nothing has happened to any of them.
    pub fn is_nothing(self) -> bool {
        self.live.is_none() && self.tray.is_none()
    }

    /// All that has happened to one of them, where it is not on the shelf.
    pub fn state(self, unit: &UnitId) -> Option<&'a DutyState> {
        self.live?.get(unit).map(Arc::as_ref)
    }

    /// What the shelf has of one.
    pub fn rest(self, unit: &UnitId) -> Option<Rest> {
        let number = self.shelf.numbers.get(unit)?;
        let slips = &self.tray?.slips;
        let at = slips
            .binary_search_by_key(number, |slip| slip.unit())
            .ok()?;
        Some(slips[at].rest())
    }

    /// Whether anything has happened to one.
    pub fn has(self, unit: &UnitId) -> bool {
        self.state(unit).is_some() || self.rest(unit).is_some()
    }

    /// How one ended, if it did; `times` is the number of answers its task asks.
    pub fn ending(self, unit: &UnitId, times: u16) -> Option<Ending> {
        match self.state(unit) {
            Some(state) => state.ending(times),
            None => self.rest(unit)?.ending,
        }
    }
}

impl Slip {
    fn of(unit: u32, state: &DutyState, times: u16, slots: Slots<'_>) -> Self {
        let ending = state.ending(times);
        let dones = u8::try_from(state.dones.len()).unwrap_or(u8::MAX);
        let how = match ending.map(|ending| ending.how) {
            Some(How::Waived) => WAIVED,
            Some(How::NotApplicable) => NOT_APPLICABLE,
            Some(How::Done) | None => dones.saturating_add(UNDONE),
        };
        Self {
            unit_and_how: unit << 8 | u32::from(how),
            ended: ending.map_or(0, |ending| counted(slots.day(ending.at))),
            extended: state.extended_to.map_or(0, counted),
        }
    }

    fn unit(self) -> u32 {
        self.unit_and_how >> 8
    }

    fn how(self) -> u8 {
        self.unit_and_how.to_le_bytes()[0]
    }

    fn rest(self) -> Rest {
        let how = match self.how() {
            WAIVED => How::Waived,
            NOT_APPLICABLE => How::NotApplicable,
            _ => How::Done,
        };
        // Noon at Greenwich is the same day wherever there are schools.
        let days = i64::from(EPOCH_DAYS) + i64::from(self.ended);
        let noon = Timestamp::from_second(days * DAY_S + DAY_S / 2).ok();
        let ended = noon.filter(|_| self.ended > 0);
        Rest {
            ending: ended.map(|at| Ending { how, at }),
            extended_to: (self.extended > 0).then(|| day_of(self.extended)),
        }
    }

    /// Whether it says the same where so many answers are asked: what was done stays done, and what was not stays so.
    fn holds(self, times: u16) -> bool {
        let how = self.how();
        let is_done = how == u8::MAX || u16::from(how.saturating_sub(UNDONE)) >= times;
        how < UNDONE || is_done == (self.ended > 0)
    }
}

impl Tray {
    /// A duty's state as far as the calendar's days depend on it.
    fn stub(&self, slip: Slip) -> DutyState {
        DutyState {
            raised: self.raised.clone(),
            extended_to: slip.rest().extended_to,
            ..DutyState::default()
        }
    }
}

impl Shelf {
    fn rests(&self, tray: &Tray) -> BTreeMap<&UnitId, (Rest, u8)> {
        let slips = tray.slips.iter();
        slips
            .filter_map(|slip| Some((self.unit(*slip)?, (slip.rest(), slip.how()))))
            .collect()
    }

    fn unit(&self, slip: Slip) -> Option<&UnitId> {
        self.units.get(usize::try_from(slip.unit()).ok()?)
    }

    /// The last letter of which nothing is left in memory, or some later one.
    pub fn last_letter(&self) -> LetterNo {
        self.last_letter
    }

    /// How many duties are on it.
    pub fn duties(&self) -> usize {
        self.trays.values().map(|tray| tray.slips.len()).sum()
    }

    /// The occurrences that have duties on it.
    pub fn occurrences(&self) -> impl Iterator<Item = &OccurrenceId> {
        self.trays.keys()
    }

    /// The duties of an occurrence that are on it, each with its unit, what the shelf has of it, and a state that knows
    /// how it was raised and extended, and nothing else.
    pub fn of(&self, id: &OccurrenceId) -> impl Iterator<Item = (&UnitId, Rest, DutyState)> {
        let tray = self.trays.get(id);
        tray.into_iter().flat_map(move |tray| {
            let slips = tray.slips.iter();
            slips.filter_map(move |slip| Some((self.unit(*slip)?, slip.rest(), tray.stub(*slip))))
        })
    }

    /// How often, at most, the due day has changed of one of an occurrence's duties that are on it, `due` being the day
    /// it has now.
    pub(in crate::core) fn date_changes(&self, id: &OccurrenceId, due: Date) -> u32 {
        self.trays.get(id).map_or(0, |tray| {
            tray.date_changes + u32::from(tray.told.is_some_and(|told| told != due))
        })
    }

    /// The units of an occurrence that are on it.
    pub fn units_of(&self, id: &OccurrenceId) -> impl Iterator<Item = &UnitId> {
        let slips = self.trays.get(id).map(|tray| tray.slips.iter());
        slips
            .into_iter()
            .flatten()
            .filter_map(|slip| self.unit(*slip))
    }

    /// The trays that have changed since this was last asked; `None` for one that is empty now.
    pub fn changed(&self) -> impl Iterator<Item = (&OccurrenceId, Option<&Tray>)> {
        let changed = self.changed.iter();
        changed.map(|id| (id, self.trays.get(id).map(Arc::as_ref)))
    }

    /// All that has changed is kept.
    pub fn is_kept(&mut self) {
        self.changed.clear();
    }

    /// Nothing of it is kept.
    pub fn is_not_kept(&mut self) {
        self.changed = self.trays.keys().cloned().collect();
    }

    /// Puts back a tray that was kept; to be asked of all of them, after the shelf itself was read.
    pub fn put_back(&mut self, id: OccurrenceId, mut tray: Tray) {
        tray.slips.shrink_to_fit();
        if self.numbers.is_empty() {
            let numbered = (0..).zip(&self.units);
            self.numbers = numbered.map(|(nth, unit)| (unit.clone(), nth)).collect();
        }
        self.trays.insert(id, Arc::new(tray));
    }

    /// Of a million slips half as many must not lie empty.
    fn shrink_to_fit(&mut self) {
        for id in &self.changed {
            if let Some(tray) = self.trays.get_mut(id) {
                let slips = &tray.slips;
                if slips.capacity() > slips.len() + slips.len() / 8 {
                    Arc::make_mut(tray).slips.shrink_to_fit();
                }
            }
        }
    }

    fn number(&mut self, unit: &UnitId) -> u32 {
        if let Some(number) = self.numbers.get(unit) {
            return *number;
        }
        let number = u32::try_from(self.units.len()).unwrap_or(u32::MAX);
        self.units.push(unit.clone());
        self.numbers.insert(unit.clone(), number);
        number
    }

    fn has(&self, duty: &DutyId) -> bool {
        let (Some(number), Some(tray)) = (
            self.numbers.get(&duty.unit),
            self.trays.get(&duty.occurrence),
        ) else {
            return false;
        };
        let slips = &tray.slips;
        slips
            .binary_search_by_key(number, |slip| slip.unit())
            .is_ok()
    }

    fn take(&mut self, duty: &DutyId) {
        let Some(tray) = self.trays.get_mut(&duty.occurrence) else {
            return;
        };
        if let Some(number) = self.numbers.get(&duty.unit) {
            let tray = Arc::make_mut(tray);
            tray.slips.retain(|slip| slip.unit() != *number);
            if tray.slips.is_empty() {
                self.trays.remove(&duty.occurrence);
            }
            self.changed.insert(duty.occurrence.clone());
        }
    }
}

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
    /// What has happened to the duties of an occurrence.
    pub fn happened(&self, id: &OccurrenceId) -> Happened<'_> {
        Happened {
            live: self.duties.get(id),
            tray: self.shelf.trays.get(id).map(Arc::as_ref),
            shelf: &self.shelf,
        }
    }

    /// Whether a duty is on the shelf.
    pub fn is_shelved(&self, duty: &DutyId) -> bool {
        self.shelf.has(duty)
    }

    /// Whether a letter was queued and nothing of it is left in memory.
    pub fn is_letter_shelved(&self, no: LetterNo) -> bool {
        (1..=self.shelf.last_letter).contains(&no) && !self.letters.contains_key(&no)
    }

    /// Whether there is a letter of this number, in memory or not.
    pub fn has_letter(&self, no: LetterNo) -> bool {
        self.letters.contains_key(&no) || self.is_letter_shelved(no)
    }

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
        let Some(state) = units.get(&duty.unit) else {
            return;
        };
        let taken = &mut self.shelf;
        let number = taken.number(&duty.unit);
        let tray = taken
            .trays
            .entry(duty.occurrence.clone())
            .or_insert_with(|| {
                Arc::new(Tray {
                    raised: state.raised.clone(),
                    ..Tray::default()
                })
            });
        // Of those that were raised together it is kept once how.
        if tray.raised != state.raised {
            return;
        }
        let slip = Slip::of(number, state, times, slots);
        let tray = Arc::make_mut(tray);
        let at = tray.slips.partition_point(|other| other.unit() < number);
        tray.slips.insert(at, slip);
        if let Some(last) = state.told.last() {
            tray.date_changes = tray.date_changes.max(state.date_changes(last.due));
            tray.told = Some(last.due);
        }
        taken.changed.insert(duty.occurrence.clone());
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
        // What did not arrive troubles nobody any more once a later one did.
        let (letters, reached) = (&self.letters, &self.reached);
        self.refused.retain(|no| {
            let letter = letters.get(no);
            letter.is_some_and(|letter| {
                let later = reached.get(&letter.address);
                later.is_none_or(|later| later <= no)
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

    /// The duties of which the shelf says what is not so by what an agenda asks: their task is to be done more or less
    /// often now.
    pub fn misplaced(&self, agenda: &Agenda) -> Vec<DutyId> {
        let mut found = Vec::new();
        for (id, tray) in &self.shelf.trays {
            let times = agenda.calendar.times(&id.task);
            for slip in tray.slips.iter().filter(|slip| !slip.holds(times)) {
                found.extend(self.shelf.unit(*slip).map(|unit| DutyId {
                    occurrence: id.clone(),
                    unit: unit.clone(),
                }));
            }
        }
        found
    }

    /// The duty a fact is about, if it is on the shelf, and the letter, if nothing of it is left.
    pub fn wants(&self, what: &Event) -> (Option<DutyId>, Option<LetterNo>) {
        let duty = what.duty().filter(|duty| self.is_shelved(duty)).cloned();
        let letter = match what {
            Event::Attempt { letter, .. }
            | Event::Outcome { letter, .. }
            | Event::Bounced { letter, .. } => Some(*letter),
            _ => None,
        };
        (duty, letter.filter(|no| self.is_letter_shelved(*no)))
    }

    /// Takes a duty down, with all that has happened to it.
    pub fn take_down(&mut self, duty: &DutyId, found: DutyState) {
        self.shelf.take(duty);
        *self.duty_mut(duty) = found;
    }

    /// Takes a letter in again, with all that has happened to it.
    pub fn take_down_letter(&mut self, no: LetterNo, found: LetterState) {
        self.letters.insert(no, found);
    }

    /// The shelf.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// The shelf, to keep it or put it back.
    pub fn shelf_mut(&mut self) -> &mut Shelf {
        &mut self.shelf
    }
}

//! The shelf: what is left in memory of duties that are over. Ten years of a thousand units are over a million of them,
//! of which the planner asks how they ended and when, and nothing else; whoever wants to know more reads their facts.
//!
//! A state with a shelf stands for the same facts as one without: it plans the same. What a fact is about is taken down
//! before the fact is taken in.

mod over;
mod slip;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{DutyState, LetterState, Raised, State};
use crate::core::agenda::Agenda;
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::fact::{Event, LetterNo};
use crate::core::names::{NameMap, UnitId};
use crate::core::plan::Slots;

pub(in crate::core) use over::LAPSED_DAYS;
use slip::Slip;
pub use slip::{Ending, How, Rest};

/// The slips of an occurrence, in the order of their units' places.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tray {
    slips: Vec<Slip>,
    /// How all of them were raised, where they were.
    raised: Option<Raised>,
    /// How often, at most, somebody had been told of another due day of one of them.
    date_changes: u32,
    /// The latest due day that was told last of one of them.
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
                        && tray.told == theirs.told
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

    /// The latest day that somebody has set for one of an occurrence's duties that are on it.
    fn put_off_to(&self, id: &OccurrenceId) -> Option<Date> {
        let tray = self.trays.get(id)?;
        let raised = tray.raised.as_ref().map(|raised| raised.due);
        let extended = tray.slips.iter().filter_map(|slip| slip.rest().extended_to);
        raised.max(extended.max())
    }

    /// The units of an occurrence that are on it.
    pub fn units_of(&self, id: &OccurrenceId) -> impl Iterator<Item = &UnitId> {
        let slips = self.trays.get(id).map(|tray| tray.slips.iter());
        slips
            .into_iter()
            .flatten()
            .filter_map(|slip| self.unit(*slip))
    }

    /// The trays that have changed since they were last taken here, to be kept; `None` for one that is no more.
    pub fn take_changed(&mut self) -> Vec<(OccurrenceId, Option<Arc<Tray>>)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        changed
            .map(|id| {
                let tray = self.trays.get(&id).map(Arc::clone);
                (id, tray)
            })
            .collect()
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

    /// Puts a duty on it; says whether it could. Of those that were raised together it is kept once how.
    fn put(&mut self, duty: &DutyId, state: &DutyState, times: u16, slots: Slots<'_>) -> bool {
        let number = self.number(&duty.unit);
        let new = || Tray {
            raised: state.raised.clone(),
            ..Tray::default()
        };
        let trays = self.trays.entry(duty.occurrence.clone());
        let tray = trays.or_insert_with(|| Arc::new(new()));
        if tray.raised != state.raised {
            return false;
        }
        let slip = Slip::of(number, state, times, slots);
        let tray = Arc::make_mut(tray);
        let at = tray.slips.partition_point(|other| other.unit() < number);
        tray.slips.insert(at, slip);
        if let Some(last) = state.told.last() {
            tray.date_changes = tray.date_changes.max(state.date_changes(last.due));
            tray.told = tray.told.max(Some(last.due));
        }
        self.changed.insert(duty.occurrence.clone());
        true
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

impl State {
    /// What has happened to the duties of an occurrence.
    pub fn happened(&self, id: &OccurrenceId) -> Happened<'_> {
        Happened {
            live: self.duties.get(id),
            tray: self.shelf.trays.get(id).map(Arc::as_ref),
            shelf: &self.shelf,
        }
    }

    /// The latest day that somebody has set for one of an occurrence's duties, and not the calendar.
    pub fn put_off_to(&self, id: &OccurrenceId) -> Option<Date> {
        let live = self.duties.get(id).into_iter().flat_map(NameMap::values);
        let live = live.filter_map(|known| known.put_off_to()).max();
        live.max(self.shelf.put_off_to(id))
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

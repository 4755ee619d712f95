//! What is counted while a year is lived through: facts alone, one by one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::core::agenda::Agenda;
use crate::core::burden::Month;
use crate::core::duty::DutyId;
use crate::core::fact::{Answer, Event, Outcome, Part};
use crate::core::ladder::{RoleRef, Rung, Stretch};
use crate::core::names::{Address, TaskId};

/// One day with letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// How many letters went out.
    pub letters: u32,
    /// How many notices of each task they had.
    pub tasks: BTreeMap<TaskId, u32>,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) days: BTreeMap<Date, Day>,
    pub(super) letters: BTreeMap<Address, BTreeMap<Month, u32>>,
    /// The duties that climbed each level: so long after the due day, and whom it tells, as the ladder has it.
    pub(super) climbed: BTreeMap<(Stretch, Vec<RoleRef>), BTreeSet<DutyId>>,
    /// Requests by kind: asked, granted, refused.
    pub(super) requests: BTreeMap<Answer, (u32, u32, u32)>,
    /// What the officers were told of gaps, by its key.
    pub(super) gaps: BTreeMap<String, String>,
    pub(super) unreachable: BTreeSet<Address>,
    pub(super) returned: u32,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn take(&mut self, agenda: &Agenda, day: Date, event: &Event) {
        match event {
            Event::Outcome {
                address, outcome, ..
            } if *outcome != Outcome::Dropped => {
                self.days.entry(day).or_default().letters += 1;
                let months = self.letters.entry(address.clone()).or_default();
                *months.entry(Month::of(day)).or_default() += 1;
            }
            Event::Notice {
                duty, rung, part, ..
            } => {
                let task = duty.occurrence.task.clone();
                *self
                    .days
                    .entry(day)
                    .or_default()
                    .tasks
                    .entry(task)
                    .or_default() += 1;
                if let Rung::Escalate(after) = rung
                    && matches!(part, Part::Above | Part::Rollup)
                    && let Some(level) = level(agenda, duty, *after)
                {
                    self.climbed.entry(level).or_default().insert(duty.clone());
                }
            }
            Event::Matter { matter, text, .. } if matter.starts_with("contact-gap:") => {
                self.gaps.insert(matter.clone(), text.clone());
            }
            Event::Answer { answer, .. } if answer.is_request() => {
                self.requests.entry(*answer).or_default().0 += 1;
            }
            Event::Decision {
                request, granted, ..
            } => {
                let asked = self.requests.entry(*request).or_default();
                if *granted {
                    asked.1 += 1;
                } else {
                    asked.2 += 1;
                }
            }
            Event::Unreachable { address, .. } => {
                self.unreachable.insert(address.clone());
            }
            Event::Return { .. } => self.returned += 1,
            _ => {}
        }
    }
}

/// The level of a duty's ladder that climbs so long after the due day.
fn level(agenda: &Agenda, duty: &DutyId, after: Stretch) -> Option<(Stretch, Vec<RoleRef>)> {
    let task = agenda.calendar.tasks.get(&duty.occurrence.task)?;
    let group = agenda.group_of(task, &duty.unit)?;
    let levels = &agenda.groups(task)[group].ladder.escalate;
    let level = levels.iter().find(|level| level.after == after)?;
    Some((after, level.to.clone()))
}

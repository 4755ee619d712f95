//! Promise P1: every rung that has come due for those who have to act has an outcome. A second opinion: it asks the
//! calendar for dates and the record for what happened, and shares nothing with the planner.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use schoolbell::core::agenda::{Agenda, Dated, Group, Occurrence};
use schoolbell::core::calendar::{Schedule, Task};
use schoolbell::core::duty::{DutyId, OccurrenceId};
use schoolbell::core::fact::Part;
use schoolbell::core::ladder::{Ladder, OnRestDay, Rung, Stretch};
use schoolbell::core::names::Address;
use schoolbell::core::period::Every;
use schoolbell::core::roster::Unit;

use super::record::{Fate, Record};

/// Why a rung was not sent, or that it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Sent,
    Superseded,
    Settled,
    Covered,
    NotOpened,
    NobodyReachable,
    NeverADuty,
}

/// How often each outcome was found.
pub(crate) type Tally = BTreeMap<Outcome, u64>;

/// One look at all duties on a day, after its slot was decided.
pub(crate) struct Look<'a> {
    pub(crate) agenda: &'a Agenda,
    pub(crate) record: &'a Record,
    pub(crate) today: Date,
    pub(crate) tally: &'a mut Tally,
    pub(crate) faults: Vec<String>,
}

/// A duty with its days.
pub(super) struct Asked<'a> {
    pub(super) task: &'a Task,
    pub(super) unit: &'a Unit,
    pub(super) ladder: &'a Ladder,
    pub(super) id: DutyId,
    pub(super) opens: Date,
    pub(super) announced: Date,
    pub(super) due: Date,
    /// It may not be announced before its period starts.
    pub(super) within: bool,
}

impl Look<'_> {
    pub(crate) fn at_all(&mut self) {
        let agenda = self.agenda;
        for year in self.today.year() - 1..=self.today.year() + 1 {
            for occurrence in agenda.due_in(year).iter() {
                self.at(occurrence);
            }
        }
        for (id, fate) in &self.record.fates {
            self.at_raised(id, fate, false);
        }
    }

    fn at(&mut self, occurrence: &Occurrence) {
        let agenda = self.agenda;
        let Ok(dated) = &occurrence.dated else {
            return;
        };
        // A holiday may move an announcement forward by so many days at most.
        if dated.announced > self.today.saturating_add(14.days()) {
            return;
        }
        let (task, group) = agenda.parts(occurrence);
        for at in &group.units {
            let unit = &agenda.roster.units()[*at];
            self.at_duty(asked(task, unit, group, occurrence, dated));
        }
    }

    /// `at_once` is whether somebody must have been told by now, whatever the hour.
    pub(super) fn at_raised(&mut self, id: &DutyId, fate: &Fate, at_once: bool) {
        let agenda = self.agenda;
        let Some(raised) = fate.raised else { return };
        let Some(task) = agenda.calendar.tasks.get(&id.occurrence.task) else {
            return;
        };
        let Some((group, unit)) = agenda
            .group_of(task, &id.unit)
            .zip(agenda.roster.unit(&id.unit))
        else {
            return;
        };
        if !matches!(task.schedule, Schedule::Conditional(_)) {
            return;
        }
        let (due, raised) = (raised.due, self.day(raised.at));
        let asked = Asked {
            task,
            unit,
            ladder: &agenda.groups(task)[group].ladder,
            id: id.clone(),
            opens: raised,
            announced: raised,
            due,
            within: true,
        };
        if !at_once {
            self.at_duty(asked);
        } else if !fate.settled(task.times) && !self.addressees(&asked).is_empty() {
            self.faults.push(format!("P1: the alert {id} does not go"));
        }
    }

    fn at_duty(&mut self, mut asked: Asked<'_>) {
        let record = self.record;
        let fate = record.fates.get(&asked.id);
        if let Some(extended) = fate.and_then(|fate| fate.extended) {
            // An extension never asks for it earlier than the calendar does.
            asked.due = asked.due.max(extended);
        }
        if let Some(why) = self.excuse(&mut asked, fate) {
            *self.tally.entry(why).or_default() += 1;
            return;
        }
        let addressees = self.addressees(&asked);
        if addressees.is_empty() {
            if !self.rungs(&asked, fate).is_empty() {
                self.gap(&asked);
            }
            return;
        }
        self.climbed(&asked, fate, &addressees);
        let rungs = self.rungs(&asked, fate);
        for address in addressees {
            let told = || {
                fate.into_iter()
                    .flat_map(|fate| &fate.notes)
                    .filter(|note| {
                        note.part == Part::Act && note.address == address && note.due == asked.due
                    })
            };
            // A day may move on when a mailbox that had been reached turns out to be gone; what was said was said.
            let said = |(rung, day): &(Rung, Date)| {
                told().any(|note| {
                    let reminds = !matches!(note.rung, Rung::Escalate(_));
                    let nagged = matches!(rung, Rung::Nag(_)) && matches!(note.rung, Rung::Nag(_));
                    note.rung == *rung
                        || (reminds && note.day >= *day)
                        || (nagged && note.rung >= *rung)
                })
            };
            if let Some((rung, day)) = rungs.iter().find(|rung| !said(rung)) {
                self.faults.push(format!(
                    "P1: of {} due {}, {address} should have been told {rung} by {day}: {rungs:?}",
                    asked.id, asked.due
                ));
                continue;
            }
            for (rung, _) in &rungs {
                let sent = told().any(|note| note.rung == *rung);
                let outcome = if sent {
                    Outcome::Sent
                } else {
                    Outcome::Superseded
                };
                *self.tally.entry(outcome).or_default() += 1;
            }
        }
    }

    pub(super) fn day(&self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.agenda.calendar.timezone.clone())
            .date()
    }

    /// Why nothing is to be told of a duty, if anything says so. A predecessor's close moves the opening.
    fn excuse(&self, asked: &mut Asked<'_>, fate: Option<&Fate>) -> Option<Outcome> {
        if fate.is_some_and(|fate| fate.settled(asked.task.times)) {
            return Some(Outcome::Settled);
        }
        if !self.exists(&asked.id, asked.due) {
            return Some(Outcome::NeverADuty);
        }
        if self.covered(asked) {
            return Some(Outcome::Covered);
        }
        let step = self.agenda.calendar.tasks.get(asked.task.after.as_ref()?)?;
        let group = self.agenda.group_of(step, &asked.unit.id)?;
        let before = self
            .agenda
            .occurrence(step, asked.id.occurrence.period, group);
        let id = DutyId {
            occurrence: before.id,
            unit: asked.unit.id.clone(),
        };
        let fate = self.record.fates.get(&id);
        match fate {
            Some(fate) if fate.let_off => return Some(Outcome::NeverADuty),
            Some(fate) if fate.done(step.times) => {
                let closed = fate.done_at.map_or(asked.opens, |at| self.day(at));
                asked.opens = asked.opens.max(closed);
                if closed > asked.announced {
                    asked.announced = closed;
                    asked.within = true;
                }
                return None;
            }
            _ => {}
        }
        let due = before.dated.ok()?.due;
        (fate.is_some() || self.exists(&id, due)).then_some(Outcome::NotOpened)
    }

    /// Rule 2; what was told of is a duty whatever the days say now.
    fn exists(&self, id: &DutyId, due: Date) -> bool {
        let record = self.record;
        let told = record
            .fates
            .get(id)
            .is_some_and(|fate| fate.notes.iter().any(|note| !record.is_dropped(note)));
        let hung = record.hung.map_or(self.today, |at| self.day(at));
        let task = record
            .tasks
            .get(&id.occurrence.task)
            .map(|at| self.day(*at));
        let unit = record.units.get(&id.unit).map(|at| self.day(*at));
        told || (due >= hung
            && task.is_none_or(|seen| due >= seen)
            && unit.is_none_or(|seen| seen <= hung || seen < due))
    }

    fn covered(&self, asked: &Asked<'_>) -> bool {
        let agenda = self.agenda;
        let Some(group) = agenda.group_of(asked.task, &asked.unit.id) else {
            return false;
        };
        let almanac = agenda.almanac(&agenda.groups(asked.task)[group]);
        let Some((from, to)) = almanac.reach(asked.id.occurrence.period) else {
            return false;
        };
        asked.task.met_by.iter().any(|named| {
            let Some(task) = agenda.calendar.tasks.get(named) else {
                return false;
            };
            let Some(group) = agenda.group_of(task, &asked.unit.id) else {
                return false;
            };
            (from.year()..=to.year()).any(|year| {
                let all = agenda.due_in(year);
                let first = all.partition_point(|found| found.id.task < *named);
                let theirs = all[first..]
                    .iter()
                    .take_while(|found| found.id.task == *named);
                theirs.filter(|found| found.group == group).any(|found| {
                    let due = found.dated.as_ref().map_or(Date::MIN, |dated| dated.due);
                    let id = DutyId {
                        occurrence: found.id.clone(),
                        unit: asked.unit.id.clone(),
                    };
                    let let_off = self.record.fates.get(&id).is_some_and(|fate| fate.let_off);
                    (from..=to).contains(&due) && !let_off && self.exists(&id, due)
                })
            })
        })
    }

    /// Who has to act: the ladder's `to`; if mail reaches none of them, nobody in particular but somebody at the unit.
    pub(super) fn addressees(&self, asked: &Asked<'_>) -> Vec<Address> {
        let roster = &self.agenda.roster;
        let there = |address: &Address| !self.record.unreachable.contains(address);
        let mut found: Vec<Address> = asked
            .ladder
            .to
            .iter()
            .flat_map(|role| roster.holders(asked.unit, role, self.today))
            .filter_map(|contact| contact.address.clone())
            .filter(there)
            .collect();
        found.sort_unstable();
        found.dedup();
        if !found.is_empty() {
            return found;
        }
        let fate = self.record.fates.get(&asked.id);
        let mut others: Vec<Address> = asked
            .unit
            .contacts
            .iter()
            .filter(|contact| contact.holds_on(self.today))
            .filter_map(|contact| contact.address.clone())
            .filter(there)
            .collect();
        // Whoever of them was told last stands for them; if nobody was, that is the fault to be found.
        others.sort_by_key(|address| {
            let told = fate.into_iter().flat_map(|fate| &fate.notes);
            told.filter(|note| {
                note.part == Part::Act
                    && note.address == *address
                    && note.due == asked.due
                    // Who only stands in for an empty level above stands for nobody else.
                    && !matches!(note.rung, Rung::Escalate(_))
            })
            .map(|note| note.day)
            .max()
        });
        others.pop().into_iter().collect()
    }

    fn gap(&mut self, asked: &Asked<'_>) {
        *self.tally.entry(Outcome::NobodyReachable).or_default() += 1;
        let key = format!("contact-gap:{}:", asked.unit.id);
        let officers = schoolbell::core::plan::officers(self.agenda, self.today);
        let heard = officers
            .iter()
            .any(|address| !self.record.unreachable.contains(address));
        if heard && !self.record.knows_any(&key) {
            self.faults.push(format!(
                "P1: nobody at {} can be reached, and no officer knows",
                asked.unit.id
            ));
        }
    }

    /// The rungs whose day has come, each with its day.
    fn rungs(&self, asked: &Asked<'_>, fate: Option<&Fate>) -> Vec<(Rung, Date)> {
        let workdays = &self.agenda.calendar.workdays;
        let aside = |day: Date| match asked.ladder.on_rest_day {
            OnRestDay::After => workdays.on_or_after(day),
            _ => workdays.on_or_before(day),
        };
        let mut announced = aside(asked.announced);
        if announced < asked.announced && asked.within {
            announced = workdays.on_or_after(asked.announced);
        }
        let mut found = vec![(Rung::Opens, announced)];
        if announced > self.today {
            return Vec::new();
        }
        for offset in &asked.ladder.remind {
            let day = match offset {
                Stretch::Days(n) => asked.due.saturating_sub(i64::from(*n).days()),
                Stretch::Workdays(n) => workdays.before(asked.due, *n),
            };
            if day >= asked.opens && aside(day) >= announced {
                found.push((Rung::Remind(*offset), aside(day)));
            }
        }
        let tomorrow = asked.due.tomorrow().unwrap_or(Date::MAX);
        let overdue = workdays.on_or_after(tomorrow);
        if overdue >= announced {
            found.push((Rung::Overdue, overdue));
        }
        let reached = fate.into_iter().flat_map(|fate| &fate.notes);
        let reached = reached
            .filter(|note| note.part == Part::Act && note.due == asked.due)
            .filter_map(|note| self.record.reached(note))
            .min();
        if let Some(reached) = reached {
            let nag = asked.ladder.nag;
            let from = self.day(reached).max(asked.due);
            for nth in 1..=nag.at_most {
                let (after, day) = match nag.every {
                    Stretch::Workdays(n) => {
                        (Stretch::Workdays(n * nth), workdays.after(from, n * nth))
                    }
                    Stretch::Days(n) => {
                        let day = from.saturating_add(i64::from(n * nth).days());
                        (Stretch::Days(n * nth), workdays.on_or_after(day))
                    }
                };
                found.push((Rung::Nag(after), day));
            }
        }
        found.retain(|(_, day)| *day <= self.today);
        found
    }
}

fn asked<'a>(
    task: &'a Task,
    unit: &'a Unit,
    group: &'a Group,
    occurrence: &Occurrence,
    dated: &Dated,
) -> Asked<'a> {
    Asked {
        task,
        unit,
        ladder: &group.ladder,
        id: DutyId {
            occurrence: OccurrenceId::clone(&occurrence.id),
            unit: unit.id.clone(),
        },
        opens: dated.opens,
        announced: dated.announced,
        due: dated.due,
        within: matches!(task.every, Every::Week | Every::Month | Every::Quarter),
    }
}

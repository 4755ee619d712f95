//! Duties whose dates move, duties that come, and duties that go.
//!
//! The units of a task are taken by pairs of groups, one before the edit and one after it: their dates are the same.
//! Single duties are looked at only where their pair differs, or something has happened to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::card::{NAMED, whom};
use super::contents::every;
use super::{Days, DutyRow, Sides};
use crate::core::agenda::{Absent, Agenda, Dated, Occurrence};
use crate::core::calendar::{Schedule, Task};
use crate::core::diagnostic::Words;
use crate::core::duty::OccurrenceId;
use crate::core::ladder::Rung;
use crate::core::names::{TaskId, UnitId};
use crate::core::period::PeriodKey;
use crate::core::plan::{Since, Slots};
use crate::core::roster::Unit;
use crate::core::state::DutyState;
use crate::core::titles::title;

/// What the comparison of the duties found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) moved: Vec<DutyRow>,
    pub(super) added: Vec<DutyRow>,
    pub(super) withdrawn: Vec<DutyRow>,
    /// The tasks whose letters may change for units that did not.
    pub(super) touched: BTreeSet<TaskId>,
}

/// Compares the duties of both sides. The units `others` are known to differ anyway.
pub(super) fn compare(sides: &Sides<'_>, others: &BTreeSet<UnitId>) -> Found {
    let years = |agenda: &Agenda| -> Vec<Arc<Vec<Occurrence>>> {
        let this = sides.today.year();
        (this - 1..=this + 1)
            .map(|year| agenda.due_in(year))
            .collect()
    };
    let (old_years, new_years) = (years(sides.old), years(sides.new));
    let units = Both::of(sides);
    let tasks = |agenda: &Agenda| {
        agenda
            .calendar
            .tasks
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    let mut found = Found::default();
    for task in tasks(sides.old).union(&tasks(sides.new)) {
        let old = Side::of(sides.old, task, &old_years);
        let new = Side::of(sides.new, task, &new_years);
        let compared = Compared {
            sides,
            units: &units,
            old,
            new,
            task,
        };
        let pairs = compared.pairs();
        if compared.is_touched(&pairs, others) {
            found.touched.insert(task.clone());
        }
        compared.rows(&pairs, &mut found);
    }
    found
}

/// The units of both rosters: those of the new one in its order, then those that are gone.
struct Both<'a>(Vec<(&'a Unit, Option<usize>, Option<usize>)>);

impl<'a> Both<'a> {
    fn of(sides: &Sides<'a>) -> Self {
        let (old, new) = (&sides.old.roster, &sides.new.roster);
        let here = new
            .units()
            .iter()
            .enumerate()
            .map(|(at, unit)| (unit, old.position(&unit.id), Some(at)));
        let gone = old
            .units()
            .iter()
            .enumerate()
            .filter(|(_, unit)| new.unit(&unit.id).is_none())
            .map(|(at, unit)| (unit, Some(at), None));
        Self(here.chain(gone).collect())
    }
}

/// One task on one side.
struct Side<'a> {
    agenda: &'a Agenda,
    task: Option<&'a Task>,
    /// The group of each unit, by its place in this side's roster.
    members: &'a [Option<usize>],
    /// The dates the planner walks over.
    walked: BTreeMap<(PeriodKey, usize), &'a Dated>,
}

impl<'a> Side<'a> {
    fn of(agenda: &'a Agenda, task: &TaskId, years: &'a [Arc<Vec<Occurrence>>]) -> Self {
        let mut walked = BTreeMap::new();
        for year in years {
            let first = year.partition_point(|occurrence| occurrence.id.task < *task);
            let own = year[first..]
                .iter()
                .take_while(|occurrence| occurrence.id.task == *task);
            for occurrence in own {
                if let Ok(dated) = &occurrence.dated {
                    walked.insert((occurrence.id.period, occurrence.group), dated);
                }
            }
        }
        Self {
            agenda,
            task: agenda.calendar.tasks.get(task),
            members: agenda.members(task),
            walked,
        }
    }

    fn group(&self, at: Option<usize>) -> Option<usize> {
        *self.members.get(at?)?
    }

    fn days(&self, period: PeriodKey, group: Option<usize>) -> Option<(Days, Date)> {
        let dated = self.walked.get(&(period, group?))?;
        let days = Days {
            opens: dated.opens,
            due: dated.due,
        };
        Some((days, dated.announced))
    }

    /// The dates of a duty, as the planner comes to them: on its walk, or from what has happened to it.
    fn dated(
        &self,
        id: &OccurrenceId,
        group: Option<usize>,
        known: Option<&DutyState>,
    ) -> Result<Dated, Option<Absent>> {
        let (task, group) = self.task.zip(group).ok_or(None)?;
        if matches!(task.schedule, Schedule::Conditional(_)) {
            let raised = known.and_then(|known| known.raised.as_ref()).ok_or(None)?;
            let day = Slots::new(&self.agenda.calendar).day(raised.at);
            return Ok(Dated::raised(day, raised.due));
        }
        if let Some(dated) = self.walked.get(&(id.period, group)) {
            return Ok((*dated).clone());
        }
        let found = self.agenda.occurrence(task, id.period, group).dated;
        match (found, known) {
            (Ok(dated), Some(_)) => Ok(dated),
            (Ok(_), None) => Err(None),
            (Err(absent), _) => Err(Some(absent)),
        }
    }
}

/// A unit's groups for a task, before and after.
type Pair = (Option<usize>, Option<usize>);

/// The days of a duty before and after the edit, where it is asked.
type BeforeAfter = (Option<Days>, Option<Days>);

/// What makes a row: the occurrence, its days before and after, and the reason in Chinese.
type Key = (OccurrenceId, Option<Days>, Option<Days>, String);

/// A task, held side by side.
struct Compared<'a> {
    sides: &'a Sides<'a>,
    units: &'a Both<'a>,
    old: Side<'a>,
    new: Side<'a>,
    task: &'a TaskId,
}

impl Compared<'_> {
    /// The units that have the task on either side, as places among both sides' units.
    fn pairs(&self) -> BTreeMap<Pair, Vec<usize>> {
        let mut pairs: BTreeMap<Pair, Vec<usize>> = BTreeMap::new();
        for (place, (_, old, new)) in self.units.0.iter().enumerate() {
            let pair = (self.old.group(*old), self.new.group(*new));
            if pair != (None, None) {
                pairs.entry(pair).or_default().push(place);
            }
        }
        pairs
    }

    fn periods(&self) -> BTreeSet<PeriodKey> {
        let walked = self.old.walked.keys().chain(self.new.walked.keys());
        let mut periods: BTreeSet<_> = walked.map(|(period, _)| *period).collect();
        let first = OccurrenceId {
            task: self.task.clone(),
            period: PeriodKey::Year(i16::MIN),
        };
        let state = self.sides.state;
        let live = state.duties.range(first..).map(|(id, _)| id);
        let live = live.take_while(|id| id.task == *self.task);
        let shelved = state.shelf().occurrences();
        let known = live.chain(shelved.filter(|id| id.task == *self.task));
        periods.extend(known.map(|id| id.period));
        periods
    }

    /// Whether anything the planner looks at differs for a unit that is itself the same.
    fn is_touched(&self, pairs: &BTreeMap<Pair, Vec<usize>>, others: &BTreeSet<UnitId>) -> bool {
        let (Some(old), Some(new)) = (self.old.task, self.new.task) else {
            return true;
        };
        if !planned_alike(old, new) {
            return true;
        }
        let walked = self.old.walked.keys().chain(self.new.walked.keys());
        let periods: BTreeSet<_> = walked.map(|(period, _)| *period).collect();
        pairs.iter().any(|((a, b), places)| {
            let same = |place: &usize| others.contains(&self.units.0[*place].0.id);
            if places.iter().all(same) {
                return false;
            }
            let (Some(before), Some(after)) = (*a, *b) else {
                return true;
            };
            self.old.agenda.groups(old)[before].ladder != self.new.agenda.groups(new)[after].ladder
                || periods
                    .iter()
                    .any(|period| self.old.days(*period, *a) != self.new.days(*period, *b))
        })
    }

    fn rows(&self, pairs: &BTreeMap<Pair, Vec<usize>>, found: &mut Found) {
        let mut moved: BTreeMap<Key, (Words, Vec<usize>)> = BTreeMap::new();
        let mut added = moved.clone();
        let mut withdrawn = moved.clone();
        for period in self.periods() {
            let id = OccurrenceId {
                task: self.task.clone(),
                period,
            };
            let happened = self.sides.state.happened(&id);
            for ((a, b), places) in pairs {
                let (old, new) = (self.old.days(period, *a), self.new.days(period, *b));
                if old.map(|(days, _)| days) == new.map(|(days, _)| days)
                    && (old.is_some() || happened.is_nothing())
                {
                    continue;
                }
                for place in places {
                    let unit = &self.units.0[*place].0.id;
                    // What is over concerns nobody any more.
                    if happened.rest(unit).is_some() {
                        continue;
                    }
                    let known = happened.state(unit);
                    if known.is_none() && (old, new) == (None, None) {
                        continue;
                    }
                    let Some((days, why)) = self.change(&id, (*a, *b), unit, known) else {
                        continue;
                    };
                    let rows = match days {
                        (Some(_), Some(_)) => &mut moved,
                        (None, _) => &mut added,
                        (_, None) => &mut withdrawn,
                    };
                    let key = (id.clone(), days.0, days.1, why.zh.clone());
                    rows.entry(key).or_insert((why, Vec::new())).1.push(*place);
                }
            }
        }
        found
            .moved
            .extend(moved.into_iter().map(|row| self.row(row)));
        found
            .added
            .extend(added.into_iter().map(|row| self.row(row)));
        found
            .withdrawn
            .extend(withdrawn.into_iter().map(|row| self.row(row)));
    }

    /// How the days of one duty change, and why; `None` where they don't, or nobody need know.
    fn change(
        &self,
        id: &OccurrenceId,
        (a, b): Pair,
        unit: &UnitId,
        known: Option<&DutyState>,
    ) -> Option<(BeforeAfter, Words)> {
        let Sides { today, until, .. } = *self.sides;
        let times = self.new.task.or(self.old.task).map_or(1, |task| task.times);
        if known.is_some_and(|known| known.settled(times).is_some()) {
            return None;
        }
        let extended = known.and_then(|known| known.extended_to);
        let days = |dated: &Dated| Days {
            opens: dated.opens,
            due: extended.map_or(dated.due, |until| dated.due.max(until)),
        };
        let told = known.is_some_and(is_told);
        let old = self.old.dated(id, a, known);
        let new = self.new.dated(id, b, known);
        let before = old.as_ref().ok().map(days);
        let before = before.filter(|days| told || self.asked(&self.old, unit, days.due));
        let after = new.as_ref().ok().map(days);
        let after = after.filter(|days| told || self.asked(&self.new, unit, days.due));
        let to_come = |days: Days| today <= days.due && days.due <= until;
        let in_scope = match (before, after) {
            // Once it was announced, the day it opens matters no more.
            (Some(old), Some(new)) if old.due == new.due => old != new && !told && to_come(new),
            (Some(old), Some(new)) => told || to_come(old) || to_come(new),
            (Some(old), None) => told || to_come(old),
            // What is asked anew is told at once, also where its day is over.
            (None, Some(new)) => new.due <= until,
            (None, None) => false,
        };
        let why = match &new {
            Ok(dated) => dated.why.clone(),
            Err(absent) => self.gone(unit, absent.as_ref()),
        };
        in_scope.then_some(((before, after), why))
    }

    /// Rule 2, with what the new side has for the first time seen now.
    fn asked(&self, side: &Side<'_>, unit: &UnitId, due: Date) -> bool {
        let sides = self.sides;
        let now = |fresh: bool| fresh.then_some(sides.now);
        let is_new = std::ptr::eq(side.agenda, sides.new);
        let task = is_new && self.old.task.is_none();
        let here = is_new && sides.old.roster.unit(unit).is_none();
        let since = Since {
            task_seen: sides
                .state
                .tasks_seen
                .get(self.task)
                .map(|seen| seen.at)
                .or(now(task)),
            unit_seen: sides
                .state
                .units_seen
                .get(unit)
                .map(|seen| seen.at)
                .or(now(here)),
        };
        let slots = Slots::new(&side.agenda.calendar);
        since.asks(due, Some(sides.hung), slots.day(sides.hung), slots)
    }

    /// Why a duty is no longer asked.
    fn gone(&self, unit: &UnitId, absent: Option<&Absent>) -> Words {
        let Some(task) = self.new.task else {
            return Words::new("任务已删去", "the task is gone");
        };
        if self.sides.new.roster.unit(unit).is_none() {
            return Words::new("单位已不在花名册上", "the unit is off the roster");
        }
        if self.sides.new.group_of(task, unit).is_none() {
            return Words::new(
                format!("不再适用,适用对象是 {}", task.audience),
                format!("no longer for it: the audience is {}", task.audience),
            );
        }
        if self.old.task.is_some_and(|old| old.every != task.every) {
            let every = every(task.every);
            return Words::new(
                format!("改为{}一次", every.zh),
                format!("it comes round every {} now", every.en),
            );
        }
        match absent {
            Some(Absent::Undated(why) | Absent::Skipped(why)) => why.clone(),
            _ => Words::new("不再有这一期", "there is no such period any more"),
        }
    }

    fn row(&self, ((id, old, new, _), (why, mut places)): (Key, (Words, Vec<usize>))) -> DutyRow {
        places.sort_unstable();
        let side = if new.is_some() { &self.new } else { &self.old };
        let asked = side.members.iter().flatten().count();
        let names: Vec<&str> = places
            .iter()
            .map(|place| self.units.0[*place].0.name.as_str())
            .collect();
        let mut whom = whom(&names);
        if let Some(task) = side.task
            && names.len() == asked
            && names.len() > NAMED
        {
            let (n, audience) = (names.len(), &task.audience);
            whom = Words::new(
                format!("{n}个单位({audience})"),
                format!("{n} units ({audience})"),
            );
        }
        DutyRow {
            title: side
                .task
                .map_or(String::new(), |task| title(task, id.period)),
            occurrence: id,
            units: places
                .iter()
                .map(|place| self.units.0[*place].0.id.clone())
                .collect(),
            whom,
            old,
            new,
            why,
        }
    }
}

/// Whether somebody was told of a duty, and not that it is withdrawn.
fn is_told(known: &DutyState) -> bool {
    known
        .standing()
        .last()
        .is_some_and(|told| told.rung != Rung::Withdrawn)
}

/// Whether two texts of a task are the same to the planner, dates, ladders and audience aside.
fn planned_alike(a: &Task, b: &Task) -> bool {
    let asked = |task: &Task| {
        (
            task.every,
            task.times,
            task.after.clone(),
            task.met_by.clone(),
            matches!(task.schedule, Schedule::Conditional(_)),
        )
    };
    asked(a) == asked(b)
}

//! The agenda: which duties there are, for whom, and their dates. What `dates` prints and the planner walks.

mod dated;
mod periods;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, RwLock};

use jiff::ToSpan;
use jiff::civil::{Date, date};

pub(crate) use dated::earlier;
pub use dated::{Dated, dated};
pub use periods::periods_between;

use super::audience::Audience;
use super::calendar::{Calendar, Schedule, Task};
use super::dates::Almanac;
use super::diagnostic::Words;
use super::duty::OccurrenceId;
use super::ladder::{Ladder, RoleRef};
use super::names::{NameMap, TaskId, UnitId};
use super::period::PeriodKey;
use super::roster::{Roster, Unit};
use super::school_year::SchoolYear;
use super::shift::Shift;

/// The units that share a school calendar and the same adjustments: their duties have the same dates.
#[derive(Clone, Debug)]
struct Class {
    /// Which of the school calendars.
    school: usize,
    /// Which adjustments match.
    adjusts: Vec<usize>,
}

/// The units of one class that a task is for.
#[derive(Clone, Debug)]
pub struct Group {
    class: usize,
    /// Which entry of the task's `due_at` holds for them.
    due_at: Option<usize>,
    /// The units, as places in the roster.
    pub units: Vec<usize>,
    /// Their ladder for this task.
    pub ladder: Ladder,
}

impl Group {
    /// How far the group's due day lies from everybody's.
    fn shift(&self, task: &Task) -> Option<Shift> {
        self.due_at.map(|at| task.due_at[at].shift)
    }
}

/// The occurrences of a year, computed once.
#[derive(Clone, Debug)]
struct Year {
    due: Arc<Vec<Occurrence>>,
    /// Those that have no date.
    absent: Arc<Vec<Occurrence>>,
}

/// The group of each unit by its place in the roster.
type Members = Arc<Vec<Option<usize>>>;

/// The units a task is for, by class and entry of `due_at`.
struct Split {
    parts: BTreeMap<Part, Vec<usize>>,
    members: Members,
}

/// A class, and which entry of the task's `due_at` holds for it.
type Part = (usize, Option<usize>);

impl Split {
    fn new(task: &Task, roster: &Roster, class_of: &[usize]) -> Self {
        let mut parts: BTreeMap<Part, Vec<usize>> = BTreeMap::new();
        for (at, unit) in roster.units().iter().enumerate() {
            if task.audience.matches(unit) {
                let due_at = task.due_at.iter().rposition(|d| d.audience.matches(unit));
                parts.entry((class_of[at], due_at)).or_default().push(at);
            }
        }
        let mut members = vec![None; roster.units().len()];
        for (nth, units) in parts.values().enumerate() {
            for at in units {
                members[*at] = Some(nth);
            }
        }
        Self {
            parts,
            members: Arc::new(members),
        }
    }
}

/// Calendar and roster, joined: everything about duties that does not depend on what has happened.
#[derive(Debug)]
pub struct Agenda {
    /// The calendar.
    pub calendar: Arc<Calendar>,
    /// The roster.
    pub roster: Arc<Roster>,
    /// Who hears of requests and contact gaps.
    pub officers: Vec<RoleRef>,
    schools: Vec<SchoolYear>,
    classes: Vec<Class>,
    groups: BTreeMap<TaskId, Vec<Group>>,
    /// For each task, the group of each unit by its place in the roster.
    members: NameMap<TaskId, Members>,
    years: RwLock<HashMap<i16, Year>>,
    dates: RwLock<HashMap<Asked, Result<Dated, Absent>>>,
}

/// A task in a period, for one of its groups.
type Asked = (TaskId, PeriodKey, usize);

/// The dates of so many occurrences are remembered, those of a few years; then they are worked out anew.
const DATES_REMEMBERED: usize = 20_000;

/// A task in a period for a group of units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Its name.
    pub id: OccurrenceId,
    /// Which of the task's groups.
    pub group: usize,
    /// Its dates, or why it has none.
    pub dated: Result<Dated, Absent>,
}

/// Why an occurrence has no dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absent {
    /// It cannot be told yet: the school calendar does not reach so far, or the year's date is not given.
    Undated(Words),
    /// `skip_if` leaves it out.
    Skipped(Words),
    /// A holiday that interrupts nothing, or a fifth Monday that a month has not: it is no occurrence at all.
    None,
}

/// An occurrence that covers one of another task (`met_by`), for the units of one of its groups.
pub(crate) struct Covering<'a> {
    pub(crate) task: &'a Task,
    pub(crate) id: OccurrenceId,
    pub(crate) group: usize,
    pub(crate) due: Date,
}

impl Agenda {
    /// Joins a calendar and a roster.
    pub fn new(calendar: Arc<Calendar>, roster: Arc<Roster>, officers: Vec<RoleRef>) -> Self {
        let mut schools: Vec<SchoolYear> = Vec::new();
        let mut classes: Vec<Class> = Vec::new();
        let mut class_of: Vec<usize> = Vec::new();
        let mut known: HashMap<(Vec<bool>, Vec<usize>), usize> = HashMap::new();
        let mut known_schools: HashMap<Vec<bool>, usize> = HashMap::new();
        for unit in roster.units() {
            let rows = school_rows(&calendar.school, unit);
            let adjusts = matching(&calendar, unit);
            let class = *known
                .entry((rows.clone(), adjusts.clone()))
                .or_insert_with(|| {
                    let school = *known_schools.entry(rows).or_insert_with(|| {
                        schools.push(calendar.school.of(unit));
                        schools.len() - 1
                    });
                    classes.push(Class { school, adjusts });
                    classes.len() - 1
                });
            class_of.push(class);
        }
        let mut groups = BTreeMap::new();
        let mut members = NameMap::default();
        // Many tasks are for the same units: those are looked for once.
        let mut splits: HashMap<&Audience, Split> = HashMap::new();
        for task in calendar.tasks.values() {
            let own;
            let split = if task.due_at.is_empty() {
                splits
                    .entry(&task.audience)
                    .or_insert_with(|| Split::new(task, &roster, &class_of))
            } else {
                own = Split::new(task, &roster, &class_of);
                &own
            };
            let found = split.parts.iter().map(|((class, due_at), units)| Group {
                class: *class,
                due_at: *due_at,
                units: units.clone(),
                ladder: calendar.ladder_of(task, &classes[*class].adjusts),
            });
            groups.insert(task.id.clone(), found.collect());
            members.insert(task.id.clone(), Arc::clone(&split.members));
        }
        drop(splits);
        Self {
            calendar,
            roster,
            officers,
            schools,
            classes,
            groups,
            members,
            years: RwLock::default(),
            dates: RwLock::default(),
        }
    }

    /// The same agenda without the duties that `keep` turns away. Dates, roles and the roster stay as they are.
    pub(crate) fn only(&self, keep: impl Fn(&TaskId, &UnitId) -> bool) -> Self {
        let units = self.roster.units();
        let mut groups = self.groups.clone();
        let mut members = self.members.clone();
        for (task, groups) in &mut groups {
            for group in groups {
                group.units.retain(|at| keep(task, &units[*at].id));
            }
        }
        for (task, group_of) in &mut members {
            for (at, group) in Arc::make_mut(group_of).iter_mut().enumerate() {
                *group = group.filter(|_| keep(task, &units[at].id));
            }
        }
        let years = self.years.read().map(|years| years.clone());
        Self {
            calendar: Arc::clone(&self.calendar),
            roster: Arc::clone(&self.roster),
            officers: self.officers.clone(),
            schools: self.schools.clone(),
            classes: self.classes.clone(),
            groups,
            members,
            years: RwLock::new(years.unwrap_or_default()),
            dates: RwLock::default(),
        }
    }

    /// The groups of units a task is for.
    pub fn groups(&self, task: &Task) -> &[Group] {
        self.groups.get(&task.id).map_or(&[], Vec::as_slice)
    }

    /// The group a unit is in for a task, if the task is for it.
    pub fn group_of(&self, task: &Task, unit: &UnitId) -> Option<usize> {
        let at = self.roster.position(unit)?;
        *self.members.get(&task.id)?.get(at)?
    }

    /// The group of each unit by its place in the roster, for a task.
    pub(crate) fn members(&self, task: &TaskId) -> &[Option<usize>] {
        self.members.get(task).map_or(&[], |members| members)
    }

    /// Which of the calendar's adjustments hold for a group, in their order.
    pub(crate) fn adjusts_of(&self, group: &Group) -> &[usize] {
        &self.classes[group.class].adjusts
    }

    /// The days as they are for a group.
    pub fn almanac(&self, group: &Group) -> Almanac<'_> {
        Almanac {
            workdays: &self.calendar.workdays,
            school: &self.schools[self.classes[group.class].school],
        }
    }

    /// An occurrence's task and group.
    pub fn parts(&self, occurrence: &Occurrence) -> (&Task, &Group) {
        let task = &self.calendar.tasks[&occurrence.id.task];
        (task, &self.groups(task)[occurrence.group])
    }

    /// A task's occurrence in one period for one of its groups. Conditional tasks have none until they are raised. Whoever
    /// presses or reads asks for the same few, so that their dates are remembered.
    pub fn occurrence(&self, task: &Task, period: PeriodKey, group: usize) -> Occurrence {
        let asked = (task.id.clone(), period, group);
        let known = self.dates.read().ok();
        if let Some(dated) = known.and_then(|dates| dates.get(&asked).cloned()) {
            let (task, ..) = asked;
            let id = OccurrenceId { task, period };
            return Occurrence { id, group, dated };
        }
        let found = self.worked_out(task, period, group);
        if let Ok(mut dates) = self.dates.write() {
            if dates.len() >= DATES_REMEMBERED {
                dates.clear();
            }
            dates.insert(asked, found.dated.clone());
        }
        found
    }

    fn worked_out(&self, task: &Task, period: PeriodKey, group: usize) -> Occurrence {
        let found = &self.groups(task)[group];
        Occurrence {
            id: OccurrenceId {
                task: task.id.clone(),
                period,
            },
            group,
            dated: dated(
                self.almanac(found),
                task,
                found.shift(task),
                &found.ladder,
                period,
            ),
        }
    }

    /// The occurrences due in a year, computed once.
    pub fn due_in(&self, year: i16) -> Arc<Vec<Occurrence>> {
        self.year(year).due
    }

    /// The occurrences of the time from one day to another that have no date; one that two years share may stand twice.
    pub(crate) fn absent_between(&self, from: Date, to: Date) -> Vec<Occurrence> {
        let years = from.year()..=to.year();
        let all: Vec<_> = years.map(|year| self.year(year).absent).collect();
        let wanted = |occurrence: &&Occurrence| {
            let (_, group) = self.parts(occurrence);
            nominally_within(self.almanac(group), occurrence.id.period, from, to)
        };
        let all = all.iter().flat_map(|absent| absent.iter());
        all.filter(wanted).cloned().collect()
    }

    fn year(&self, year: i16) -> Year {
        let known = self
            .years
            .read()
            .ok()
            .and_then(|years| years.get(&year).cloned());
        known.unwrap_or_else(|| {
            let found = self.between(date(year, 1, 1), date(year, 12, 31));
            let (due, absent) = found.into_iter().partition(|found| found.dated.is_ok());
            let found = Year {
                due: Arc::new(due),
                absent: Arc::new(absent),
            };
            if let Ok(mut years) = self.years.write() {
                years.insert(year, found.clone());
            }
            found
        })
    }

    /// The occurrences that cover one of a task for a group: those of its `met_by` that are due in its period.
    pub(crate) fn covering(
        &self,
        task: &Task,
        group: usize,
        period: PeriodKey,
    ) -> Vec<Covering<'_>> {
        if task.met_by.is_empty() {
            return Vec::new();
        }
        let almanac = self.almanac(&self.groups(task)[group]);
        let Some((from, to)) = almanac.reach(period) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for named in &task.met_by {
            let Some(covering) = self.calendar.tasks.get(named) else {
                continue;
            };
            for year in from.year()..=to.year() {
                let all = self.due_in(year);
                let first = all.partition_point(|found| found.id.task < *named);
                for occurrence in all[first..]
                    .iter()
                    .take_while(|found| found.id.task == *named)
                {
                    if let Ok(dated) = &occurrence.dated
                        && from <= dated.due
                        && dated.due <= to
                    {
                        found.push(Covering {
                            task: covering,
                            id: occurrence.id.clone(),
                            group: occurrence.group,
                            due: dated.due,
                        });
                    }
                }
            }
        }
        found
    }

    /// The due day of an occurrence for a unit, as the calendar has it.
    pub fn due_in_period(&self, id: &OccurrenceId, unit: &UnitId) -> Option<Date> {
        let task = self.calendar.tasks.get(&id.task)?;
        let group = self.group_of(task, unit)?;
        let found = self.occurrence(task, id.period, group);
        found.dated.ok().map(|dated| dated.due)
    }

    /// Every occurrence with a due day from `from` to `to`, and those of that time that are left out or undated.
    /// In the order of tasks, periods and groups.
    pub fn between(&self, from: Date, to: Date) -> Vec<Occurrence> {
        let mut found = Vec::new();
        for task in self.calendar.tasks.values() {
            if !matches!(task.schedule, Schedule::Dated(_)) {
                continue;
            }
            for (at, group) in self.groups(task).iter().enumerate() {
                let almanac = self.almanac(group);
                // A shifted due day lies farther from its period.
                let reach = i64::from(group.shift(task).map_or(0, Shift::days_at_most)).days();
                let (first, last) = (from.saturating_sub(reach), to.saturating_add(reach));
                for period in periods_between(task.every, almanac, first, last) {
                    let occurrence = self.worked_out(task, period, at);
                    let wanted = match &occurrence.dated {
                        Ok(dated) => from <= dated.due && dated.due <= to,
                        Err(Absent::None) => false,
                        Err(_) => nominally_within(almanac, period, from, to),
                    };
                    if wanted {
                        found.push(occurrence);
                    }
                }
            }
        }
        found.sort_by(|a, b| (&a.id, a.group).cmp(&(&b.id, b.group)));
        found
    }

    /// The audience of some of a task's groups as it is shown: the task's, and how they differ from the others.
    pub fn audience_of(&self, task: &Task, some: &[usize]) -> String {
        let groups = self.groups(task);
        if some.len() == groups.len() {
            return task.audience.to_string();
        }
        // A whole side of `due_at` is told by that alone, whatever adjustments its units have.
        let sides: BTreeSet<_> = some.iter().map(|at| groups[*at].due_at).collect();
        let whole =
            (0..groups.len()).all(|at| some.contains(&at) || !sides.contains(&groups[at].due_at));
        let differs = |group: &Group| {
            let adjusts = self.classes[group.class].adjusts.iter();
            let adjusts = adjusts.map(|at| self.calendar.adjusts[*at].audience.clone());
            (!whole).then_some(adjusts).into_iter().flatten()
        };
        let names: BTreeSet<_> = some
            .iter()
            .map(|at| {
                let group = &groups[*at];
                let mut parts = vec![task.audience.clone()];
                parts.extend(self.side(task, group.due_at));
                parts.extend(differs(group));
                if parts.len() == 1 {
                    task.audience.to_string()
                } else {
                    Audience::All(parts).to_string()
                }
            })
            .collect();
        names.into_iter().collect::<Vec<_>>().join(" | ")
    }

    /// Which of a task's units an entry of its `due_at` holds for, or none: those it names, less those that a later one
    /// names.
    fn side(&self, task: &Task, due_at: Option<usize>) -> Vec<Audience> {
        let used: BTreeSet<_> = self
            .groups(task)
            .iter()
            .filter_map(|group| group.due_at)
            .collect();
        let own = due_at.map(|at| task.due_at[at].audience.clone());
        let later = used
            .into_iter()
            .filter(|at| due_at.is_none_or(|own| *at > own));
        let others = later.map(|at| Audience::Not(Box::new(task.due_at[at].audience.clone())));
        own.into_iter().chain(others).collect()
    }
}

/// Whether an occurrence that has no date belongs to the time asked for.
fn nominally_within(almanac: Almanac<'_>, period: PeriodKey, from: Date, to: Date) -> bool {
    match almanac.span(period) {
        Ok((first, last)) => match period {
            // A year is long: what has no date in it is shown with the year, not with each of its days.
            PeriodKey::Year(year) => from.year() <= year && year <= to.year(),
            _ => first <= to && from <= last,
        },
        Err(_) => from.year() <= period.year() && period.year() <= to.year(),
    }
}

fn school_rows(school: &SchoolYear, unit: &Unit) -> Vec<bool> {
    let holds = |audience: &Option<Audience>| audience.as_ref().is_none_or(|a| a.matches(unit));
    let terms = school.terms.iter().map(|term| holds(&term.audience));
    let breaks = school.breaks.iter().map(|found| holds(&found.audience));
    let days = school.days.iter().map(|day| holds(&day.audience));
    terms.chain(breaks).chain(days).collect()
}

fn matching(calendar: &Calendar, unit: &Unit) -> Vec<usize> {
    calendar
        .adjusts
        .iter()
        .enumerate()
        .filter(|(_, adjust)| adjust.audience.matches(unit))
        .map(|(at, _)| at)
        .collect()
}

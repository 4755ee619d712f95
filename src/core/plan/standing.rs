//! How each duty stands: what a table of the year shows of it. The same looks as the planner's, and nothing is decided.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::case::Case;
use super::cover::covers_of;
use super::{Pass, Slots, Timetable};
use crate::core::agenda::{Agenda, Occurrence};
use crate::core::calendar::Task;
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::known::known;
use crate::core::names::{TaskId, UnitId};
use crate::core::roster::Unit;
use crate::core::state::{DutyState, State};

/// How a duty stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has not been announced yet.
    Ahead,
    /// What it comes after is not done yet.
    Waiting,
    /// It has been announced, and its due day is not over.
    Open,
    /// Its due day is over.
    Overdue,
    /// It was done; late, if after its due day.
    Done {
        /// Whether after its due day.
        late: bool,
    },
    /// The officer let the unit off it.
    Waived,
    /// The officer agreed that it is not the unit's.
    NotApplicable,
    /// Another duty stands for it.
    Covered,
    /// Calendar or roster no longer have it, or what it comes after was let off.
    Withdrawn,
}

impl Standing {
    /// As people say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ahead => "未开始",
            Self::Waiting => "等前一步",
            Self::Open => "进行中",
            Self::Overdue => "逾期",
            Self::Done { late: false } => "已完成",
            Self::Done { late: true } => "逾期完成",
            Self::Waived => "免做",
            Self::NotApplicable => "不适用",
            Self::Covered => "由别的任务抵作",
            Self::Withdrawn => "已撤销",
        }
    }
}

/// A duty and how it stands.
#[derive(Clone, Debug)]
pub struct DutyStanding<'a> {
    /// Which.
    pub duty: DutyId,
    /// Its task; `None` where the calendar has it no longer.
    pub task: Option<&'a Task>,
    /// Its unit; `None` where the roster has it no longer.
    pub unit: Option<&'a Unit>,
    /// Its first day and its due day, a granted extension included; `None` where they are no longer known.
    pub days: Option<(Date, Date)>,
    /// How it stands.
    pub standing: Standing,
    /// What has happened to it, if anything has and it is not on the shelf.
    pub state: Option<&'a DutyState>,
}

/// A duty as it is come by: no more than a look at it costs.
#[derive(Clone, Copy, Debug)]
pub struct Sighted<'s, 'a> {
    /// Of which occurrence.
    pub occurrence: &'s OccurrenceId,
    /// Of which unit.
    pub unit: &'s UnitId,
    /// The unit's place in the roster; `None` where the roster has it no longer.
    pub at: Option<usize>,
    /// Its task; `None` where the calendar has it no longer.
    pub task: Option<&'a Task>,
    /// Its first day and its due day, a granted extension included; `None` where they are no longer known.
    pub days: Option<(Date, Date)>,
    /// How it stands.
    pub standing: Standing,
    /// What has happened to it, if anything has and it is not on the shelf.
    pub state: Option<&'a DutyState>,
}

/// Which duties are looked at: all, or those of one unit or task.
#[derive(Clone, Copy, Debug, Default)]
pub struct Only<'o> {
    /// A unit by its place in the roster.
    pub unit: Option<usize>,
    /// A task.
    pub task: Option<&'o TaskId>,
    /// An occurrence.
    pub occurrence: Option<&'o OccurrenceId>,
    /// Those with an earlier due day in the calendar are passed over.
    pub from: Option<Date>,
}

impl Only<'_> {
    fn takes_in(&self, id: &OccurrenceId) -> bool {
        self.occurrence.is_none_or(|only| only == id)
            && self.task.is_none_or(|task| id.task == *task)
    }

    /// Those of a year's occurrences, which stand in the order of their ids, among which all that is looked at is.
    fn among(self, all: &[Occurrence]) -> &[Occurrence] {
        let Some(id) = self.occurrence else {
            return all;
        };
        let first = all.partition_point(|found| found.id < *id);
        let same = all[first..].partition_point(|found| found.id == *id);
        &all[first..first + same]
    }
}

/// Every duty that is due by a day or of which something has happened, in the order of tasks, periods and units of the
/// roster. Empty before the bell was hung.
pub fn standings<'a>(
    agenda: &'a Agenda,
    state: &'a State,
    now: Timestamp,
    until: Date,
) -> Vec<DutyStanding<'a>> {
    looked_up(agenda, state, now, until, Only::default())
}

/// The same without those whose due day in the calendar is before a day.
pub fn standings_from<'a>(
    agenda: &'a Agenda,
    state: &'a State,
    now: Timestamp,
    from: Date,
    until: Date,
) -> Vec<DutyStanding<'a>> {
    let only = Only {
        from: Some(from),
        ..Only::default()
    };
    looked_up(agenda, state, now, until, only)
}

/// The same for one unit, of what is due from one day to another, without a look at the others; empty where the roster
/// has it not.
pub fn standings_of<'a>(
    agenda: &'a Agenda,
    state: &'a State,
    now: Timestamp,
    (from, until): (Date, Date),
    unit: &UnitId,
) -> Vec<DutyStanding<'a>> {
    let Some(at) = agenda.roster.position(unit) else {
        return Vec::new();
    };
    let only = Only {
        unit: Some(at),
        from: Some(from),
        ..Only::default()
    };
    looked_up(agenda, state, now, until, only)
}

fn looked_up<'a>(
    agenda: &'a Agenda,
    state: &'a State,
    now: Timestamp,
    until: Date,
    only: Only<'_>,
) -> Vec<DutyStanding<'a>> {
    let mut found = Vec::new();
    each_standing(agenda, state, now, until, only, |sighted| {
        found.push(DutyStanding {
            duty: DutyId {
                occurrence: sighted.occurrence.clone(),
                unit: sighted.unit.clone(),
            },
            task: sighted.task,
            unit: sighted.at.map(|at| &agenda.roster.units()[at]),
            days: sighted.days,
            standing: sighted.standing,
            state: sighted.state,
        });
    });
    let place = |one: &DutyStanding<'_>| {
        let unit = agenda.roster.position(&one.duty.unit);
        (one.duty.occurrence.clone(), unit.unwrap_or(usize::MAX))
    };
    found.sort_by_cached_key(place);
    found
}

/// Comes by every such duty, those of one occurrence one after another, and by those that calendar or roster no longer
/// have after all others. Of an occurrence that nobody was told of and that nothing comes before or stands for, no unit
/// is asked.
pub fn each_standing<'a>(
    agenda: &'a Agenda,
    state: &'a State,
    now: Timestamp,
    until: Date,
    only: Only<'_>,
    mut visit: impl FnMut(Sighted<'_, 'a>),
) {
    let Some(pass) = looking(agenda, state, now) else {
        return;
    };
    let units = agenda.roster.units();
    let mut seen: BTreeSet<(OccurrenceId, usize)> = BTreeSet::new();
    let first = only
        .from
        .map_or(pass.hung_on, |from| from.max(pass.hung_on));
    for year in first.year()..=until.year() {
        let occurrences = agenda.due_in(year);
        let among = only.among(&occurrences).iter();
        let wanted = among.filter(|found| only.takes_in(&found.id));
        for occurrence in wanted {
            let Ok(dated) = &occurrence.dated else {
                continue;
            };
            let happened = state.happened(&occurrence.id);
            let beyond = dated.due > until;
            // What was over when the bell was hung was asked of nobody, and a year of it need not be gone through.
            let is_none = happened.is_nothing() && (beyond || dated.due < pass.hung_on);
            if is_none || only.from.is_some_and(|from| dated.due < from) {
                continue;
            }
            seen.insert((occurrence.id.clone(), occurrence.group));
            let (task, group) = agenda.parts(occurrence);
            let members = match &only.unit {
                None => group.units.as_slice(),
                Some(at) if agenda.members(&task.id)[*at] == Some(occurrence.group) => {
                    std::slice::from_ref(at)
                }
                Some(_) => continue,
            };
            let within = task.every.lies_within_a_year();
            let timetable = Timetable::new(&group.ladder, &agenda.calendar.workdays, dated, within);
            let covers = covers_of(agenda, state, task, occurrence.group, occurrence.id.period);
            let untouched = happened.is_nothing()
                && timetable.announcement() > pass.today
                && covers.is_empty()
                && task.after.is_none();
            for at in members {
                let unit = &units[*at];
                let place = (*at, unit);
                let mut case = Case::new(task, place, &covers, &occurrence.id, timetable, happened);
                if case.state.is_none() && !case.is_shelved() && beyond {
                    continue;
                }
                case.extend();
                let standing = if untouched {
                    Some(Standing::Ahead)
                } else {
                    case.standing(&pass)
                };
                if let Some(standing) = standing {
                    visit(Sighted {
                        occurrence: &occurrence.id,
                        unit: &unit.id,
                        at: Some(*at),
                        task: Some(task),
                        days: Some((dated.opens, case.due())),
                        standing,
                        state: happened.state(&unit.id),
                    });
                }
            }
        }
    }
    others(&pass, only, &seen, &mut visit);
}

/// A pass that tells nobody anything; `None` before the bell was hung.
pub(super) fn looking<'a>(
    agenda: &'a Agenda,
    state: &'a State,
    now: Timestamp,
) -> Option<Pass<'a>> {
    let slots = Slots::new(&agenda.calendar);
    Some(Pass {
        agenda,
        state,
        slots,
        today: slots.day(now),
        hung_on: slots.day(state.hung?),
        may_escalate: false,
        notices: Vec::new(),
        matters: BTreeMap::new(),
        bulletins: Vec::new(),
    })
}

/// Conditional duties that were raised, and those that calendar or roster no longer have.
fn others<'a>(
    pass: &Pass<'a>,
    only: Only<'_>,
    seen: &BTreeSet<(OccurrenceId, usize)>,
    visit: &mut impl FnMut(Sighted<'_, 'a>),
) {
    let (agenda, state) = (pass.agenda, pass.state);
    let unit = only.unit.map(|at| &agenda.roster.units()[at].id);
    for id in others_among(state, only) {
        let groups: Vec<usize> = seen
            .range((id.clone(), 0)..=(id.clone(), usize::MAX))
            .map(|(_, group)| *group)
            .collect();
        let task = agenda.calendar.tasks.get(&id.task);
        let members = task.map_or(&[][..], |task| agenda.members(&task.id));
        let was_seen = |unit_id: &UnitId| {
            let at = agenda.roster.position(unit_id);
            let group = at.and_then(|at| members.get(at).copied().flatten());
            group.is_some_and(|group| groups.contains(&group))
        };
        let is_wanted =
            |unit_id: &UnitId| unit.is_none_or(|unit| unit == unit_id) && !was_seen(unit_id);
        let live = state.duties.get(id);
        let live = match unit {
            Some(unit) => live.and_then(|units| units.get_key_value(unit)),
            None => None,
        }
        .into_iter()
        .chain(live.filter(|_| unit.is_none()).into_iter().flatten());
        for (unit_id, happened) in live.filter(|(unit_id, _)| is_wanted(unit_id)) {
            one_of_the_others(pass, only, (id, unit_id), happened, Some(happened), visit);
        }
        for (unit_id, _, stub) in state.shelf().of(id) {
            if is_wanted(unit_id) {
                one_of_the_others(pass, only, (id, unit_id), &stub, None, visit);
            }
        }
    }
}

/// The occurrences of which something has happened, as far as they are looked at. What is long over is not: no day of it
/// can be as late as the first that is asked for, unless it was put off to it.
pub(in crate::core) fn others_among<'s>(
    state: &'s State,
    only: Only<'s>,
) -> BTreeSet<&'s OccurrenceId> {
    if let Some(id) = only.occurrence {
        let has_happened = !state.happened(id).is_nothing();
        return has_happened.then_some(id).into_iter().collect();
    }
    let all = state.duties.keys().chain(state.shelf().occurrences());
    let is_near = |id: &OccurrenceId, from: Date| {
        id.period.year() >= from.year() - 1 || state.put_off_to(id) >= Some(from)
    };
    all.filter(|id| only.takes_in(id) && only.from.is_none_or(|from| is_near(id, from)))
        .collect()
}

/// One duty of these. `happened` is as much of its state as its days depend on.
fn one_of_the_others<'a>(
    pass: &Pass<'a>,
    only: Only<'_>,
    (id, unit_id): (&OccurrenceId, &UnitId),
    happened: &DutyState,
    state: Option<&'a DutyState>,
    visit: &mut impl FnMut(Sighted<'_, 'a>),
) {
    let agenda = pass.agenda;
    let at = agenda.roster.position(unit_id);
    let duty = DutyId {
        occurrence: id.clone(),
        unit: unit_id.clone(),
    };
    let known = known(agenda, pass.slots, &duty, happened);
    let days = known
        .as_ref()
        .map(|known| (known.dated.opens, known.timetable.due));
    if let (Some(from), Some((_, due))) = (only.from, days)
        && due < from
    {
        return;
    }
    let standing = match (known, at) {
        (Some(known), Some(at)) => {
            let happened = pass.state.happened(id);
            let place = (at, known.unit);
            Case::new(known.task, place, &[], id, known.timetable, happened).standing(pass)
        }
        _ => Some(Standing::Withdrawn),
    };
    if let Some(standing) = standing {
        visit(Sighted {
            occurrence: id,
            unit: unit_id,
            at,
            task: agenda.calendar.tasks.get(&id.task),
            days,
            standing,
            state,
        });
    }
}

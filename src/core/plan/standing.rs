//! How each duty stands: what a table of the year shows of it. The same looks as the planner's, and nothing is decided.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::case::Case;
use super::cover::covers_of;
use super::{Pass, Slots, Timetable};
use crate::core::agenda::Agenda;
use crate::core::calendar::Task;
use crate::core::duty::DutyId;
use crate::core::known::known;
use crate::core::names::UnitId;
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
    /// What has happened to it, if anything has.
    pub state: Option<&'a DutyState>,
}

/// Every duty that is due by a day or of which something has happened, in the order of tasks, periods and units of the
/// roster. Empty before the bell was hung.
pub fn standings<'a>(
    agenda: &'a Agenda,
    state: &'a State,
    now: Timestamp,
    until: Date,
) -> Vec<DutyStanding<'a>> {
    looked_up(agenda, state, now, until, None)
}

/// The same for one unit, without a look at the others; empty where the roster has it not.
pub fn standings_of<'a>(
    agenda: &'a Agenda,
    state: &'a State,
    now: Timestamp,
    until: Date,
    unit: &UnitId,
) -> Vec<DutyStanding<'a>> {
    match agenda.roster.position(unit) {
        Some(at) => looked_up(agenda, state, now, until, Some(at)),
        None => Vec::new(),
    }
}

/// `only`: a unit by its place in the roster.
fn looked_up<'a>(
    agenda: &'a Agenda,
    state: &'a State,
    now: Timestamp,
    until: Date,
    only: Option<usize>,
) -> Vec<DutyStanding<'a>> {
    let Some(pass) = looking(agenda, state, now) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut seen: BTreeSet<DutyId> = BTreeSet::new();
    for year in pass.hung_on.year()..=until.year() {
        for occurrence in agenda.due_in(year).iter() {
            let Ok(dated) = &occurrence.dated else {
                continue;
            };
            let told = state.duties.get(&occurrence.id);
            if dated.due > until && told.is_none() {
                continue;
            }
            let (task, group) = agenda.parts(occurrence);
            let units = match &only {
                None => group.units.as_slice(),
                Some(at) if agenda.members(&task.id)[*at] == Some(occurrence.group) => {
                    std::slice::from_ref(at)
                }
                Some(_) => continue,
            };
            let within = task.every.lies_within_a_year();
            let timetable = Timetable::new(&group.ladder, &agenda.calendar.workdays, dated, within);
            let covers = covers_of(agenda, state, task, occurrence.group, occurrence.id.period);
            for at in units {
                let unit = &agenda.roster.units()[*at];
                let mut case =
                    Case::new(task, (*at, unit), &covers, &occurrence.id, timetable, told);
                if case.state.is_none() && dated.due > until {
                    continue;
                }
                case.extend();
                if let Some(standing) = case.standing(&pass) {
                    seen.insert(case.id());
                    found.push(DutyStanding {
                        duty: case.id(),
                        task: Some(task),
                        unit: Some(unit),
                        days: Some((dated.opens, case.due())),
                        standing,
                        state: told.and_then(|units| units.get(&unit.id)),
                    });
                }
            }
        }
    }
    others(&pass, only, &seen, &mut found);
    let place = |one: &DutyStanding<'_>| {
        let unit = agenda.roster.position(&one.duty.unit);
        (one.duty.occurrence.clone(), unit.unwrap_or(usize::MAX))
    };
    found.sort_by_cached_key(place);
    found
}

/// A pass that tells nobody anything; `None` before the bell was hung.
fn looking<'a>(agenda: &'a Agenda, state: &'a State, now: Timestamp) -> Option<Pass<'a>> {
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
    })
}

/// Conditional duties that were raised, and those whose occurrence is no longer there.
fn others<'a>(
    pass: &Pass<'a>,
    only: Option<usize>,
    seen: &BTreeSet<DutyId>,
    found: &mut Vec<DutyStanding<'a>>,
) {
    let (agenda, state) = (pass.agenda, pass.state);
    let only = only.map(|at| &agenda.roster.units()[at].id);
    for (id, units) in &state.duties {
        let one = only.map(|unit| units.get_key_value(unit));
        let all = only.is_none().then_some(units).into_iter().flatten();
        for (unit_id, happened) in one.flatten().into_iter().chain(all) {
            let duty = DutyId {
                occurrence: id.clone(),
                unit: unit_id.clone(),
            };
            if seen.contains(&duty) {
                continue;
            }
            let task = agenda.calendar.tasks.get(&id.task);
            let unit = agenda.roster.unit(unit_id);
            let known = known(agenda, pass.slots, &duty, happened);
            let days = known
                .as_ref()
                .map(|known| (known.dated.opens, known.timetable.due));
            let standing = match (known, agenda.roster.position(unit_id)) {
                (Some(known), Some(at)) => {
                    let states = Some(units);
                    let place = (at, known.unit);
                    Case::new(known.task, place, &[], id, known.timetable, states).standing(pass)
                }
                _ => Some(Standing::Withdrawn),
            };
            found.extend(standing.map(|standing| DutyStanding {
                duty,
                task,
                unit,
                days,
                standing,
                state: Some(happened),
            }));
        }
    }
}

//! Why a duty asks for nothing, or asked for nothing earlier: what `why` tells of what the planner passed over.

use jiff::Timestamp;
use jiff::civil::Date;

use super::case::Case;
use super::cover::covers_of;
use super::gate::Gate;
use super::standing::looking;
use super::{Pass, Timetable, served_a_workday};
use crate::core::agenda::Agenda;
use crate::core::calendar::Schedule;
use crate::core::duty::DutyId;
use crate::core::state::{How, State};

/// Why a duty asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// It is none (rule 2).
    NoDuty(NoDuty),
    /// This one stands for it.
    Covered(DutyId),
    /// What it comes after is not done yet.
    After(DutyId),
    /// What it comes after was let off.
    LetOff(DutyId, How),
}

/// Why there is no such duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDuty {
    /// Its due day was over when the bell was hung.
    DueBeforeTheBell,
    /// Its due day was over when its task was added.
    DueBeforeTheTask,
    /// Its unit was not on the roster before the due day.
    DueBeforeTheUnit,
}

/// What holds a duty up at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footing {
    /// Why it asks for nothing; `None` where it stands by itself.
    pub hindrance: Option<Hindrance>,
    /// What it comes after, and the day that was done.
    pub follows: Option<(DutyId, Date)>,
    /// Whether nothing escalates yet, since the service was down.
    pub is_resuming: bool,
}

/// What holds a duty up now, as the planner sees it. Nothing where it is settled, raised by hand, or the calendar has it not.
pub fn footing(agenda: &Agenda, state: &State, duty: &DutyId, now: Timestamp) -> Footing {
    let Some(pass) = looking(agenda, state, now) else {
        return Footing::default();
    };
    Footing {
        is_resuming: !served_a_workday(agenda, state, pass.slots, pass.today),
        ..of_dated(&pass, duty).unwrap_or_default()
    }
}

fn of_dated(pass: &Pass<'_>, duty: &DutyId) -> Option<Footing> {
    let (agenda, state) = (pass.agenda, pass.state);
    let task = agenda.calendar.tasks.get(&duty.occurrence.task)?;
    if matches!(task.schedule, Schedule::Conditional(_)) {
        return None;
    }
    let at = agenda.roster.position(&duty.unit)?;
    let group = agenda.group_of(task, &duty.unit)?;
    let period = duty.occurrence.period;
    let occurrence = agenda.occurrence(task, period, group);
    let dated = occurrence.dated.as_ref().ok()?;
    let ladder = &agenda.groups(task)[group].ladder;
    let within = task.every.lies_within_a_year();
    let timetable = Timetable::new(ladder, &agenda.calendar.workdays, dated, within);
    let covers = covers_of(agenda, state, task, group, period);
    let unit = &agenda.roster.units()[at];
    let happened = state.happened(&occurrence.id);
    let place = (at, unit);
    let mut case = Case::new(task, place, &covers, &occurrence.id, timetable, happened);
    case.extend();
    let mut footing = Footing::default();
    if case.is_settled() {
        return Some(footing);
    }
    let of_unit = |occurrence| DutyId {
        occurrence,
        unit: duty.unit.clone(),
    };
    if !case.is_told()
        && let Some(none) = pass.no_duty(&task.id, &duty.unit, case.due())
    {
        footing.hindrance = Some(Hindrance::NoDuty(none));
    } else if let Some(cover) = case.cover(pass) {
        footing.hindrance = Some(Hindrance::Covered(of_unit(cover.id.clone())));
    } else if let Some(before) = &task.after {
        let mut id = duty.occurrence.clone();
        id.task = before.clone();
        let before = of_unit(id);
        match case.gate(pass) {
            Gate::Open => {}
            Gate::Since(day) => footing.follows = Some((before, day)),
            Gate::Shut => footing.hindrance = Some(Hindrance::After(before)),
            Gate::Gone(how) => footing.hindrance = Some(Hindrance::LetOff(before, how)),
        }
    }
    Some(footing)
}

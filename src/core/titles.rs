//! What things are called: tasks with their periods, people by their roles, and what is gone by what it was.

use super::agenda::Agenda;
use super::calendar::Task;
use super::duty::OccurrenceId;
use super::period::PeriodKey;
use super::roster::{Kind, Unit};
use super::state::{Seen, State};

/// What something that is gone was called when it was first there.
pub(super) fn called(seen: Option<&Seen>, id: impl std::fmt::Display) -> String {
    match seen {
        Some(seen) if !seen.name.is_empty() => seen.name.clone(),
        _ => id.to_string(),
    }
}

/// What an occurrence is called, in the calendar or no longer.
pub(super) fn title_of(agenda: &Agenda, state: &State, id: &OccurrenceId) -> String {
    agenda.calendar.tasks.get(&id.task).map_or_else(
        || titled(&called(state.tasks_seen.get(&id.task), &id.task), id.period),
        |task| title(task, id.period),
    )
}

/// Who holds a role, as a unit's own people say it: with the unit only where it is another.
pub(super) fn office_name(unit: &Unit, role: &str, person: &str, own: &Unit) -> String {
    let holder = if unit.id == own.id { "" } else { &unit.name };
    format!("{holder}{} {person}", role_title(role, unit.kind))
}

/// A task's title, with the period where it comes round within the year.
pub fn title(task: &Task, period: PeriodKey) -> String {
    titled(&task.title, period)
}

fn titled(name: &str, period: PeriodKey) -> String {
    let of = match period {
        PeriodKey::Month(_, month) => format!("{month}月"),
        PeriodKey::Quarter(_, quarter) => format!("第{quarter}季度"),
        PeriodKey::Week(_, week) => format!("第{week}周"),
        PeriodKey::Holiday(_, festival) => festival.name().to_owned(),
        PeriodKey::Break(_, kind) => kind.name().to_owned(),
        PeriodKey::Year(_) | PeriodKey::Term(..) | PeriodKey::Raised(..) => {
            return name.to_owned();
        }
    };
    format!("{name}({of})")
}

/// What people call who holds a role at a unit of a kind.
pub fn role_title(role: &str, kind: Kind) -> &'static str {
    match (role, kind) {
        ("safety", kind) if kind.teaches() => "安全主任",
        ("safety", _) => "安全专干",
        ("deputy", Kind::Bureau) => "分管副局长",
        ("deputy", Kind::Kindergarten) => "分管副园长",
        ("deputy", kind) if kind.teaches() => "分管副校长",
        ("deputy", _) => "分管负责人",
        ("principal", Kind::Bureau) => "局长",
        ("principal", Kind::Kindergarten) => "园长",
        ("principal", kind) if kind.teaches() => "校长",
        ("principal", _) => "负责人",
        _ => "办公室",
    }
}

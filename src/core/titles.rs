//! What things are called: tasks with their periods, people by their roles, and what is gone by what it was.

use super::agenda::Agenda;
use super::audience::Audience;
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
pub fn title_of(agenda: &Agenda, state: &State, id: &OccurrenceId) -> String {
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

/// Whom an audience means, as an officer says it: `中小学,且有校车`.
pub(super) fn audience_title(agenda: &Agenda, audience: &Audience) -> String {
    let tag_title = |tag: &String| {
        let meaning = agenda.calendar.tags.get(tag);
        meaning
            .filter(|meaning| !meaning.is_empty())
            .unwrap_or(tag)
            .clone()
    };
    let unit_title = |id: &String| {
        let mut units = agenda.roster.units().iter();
        let unit = units.find(|unit| unit.id.as_str() == id);
        unit.map_or_else(|| id.clone(), |unit| unit.name.clone())
    };
    let in_a_row = |parts: &[Audience], between: &str| {
        let parts = parts.iter().map(|part| match part {
            Audience::All(_) | Audience::Any(_) => format!("({})", audience_title(agenda, part)),
            part => audience_title(agenda, part),
        });
        parts.collect::<Vec<_>>().join(between)
    };
    match audience {
        Audience::School => "学校和幼儿园".to_owned(),
        Audience::K12 => "中小学".to_owned(),
        Audience::Kind(kind) => kind.name().to_owned(),
        Audience::Tag(tag) => tag_title(tag),
        Audience::TagValue(tag, value) => format!("{}为 {value}", tag_title(tag)),
        Audience::Town(id) => format!("{}的学校", unit_title(id)),
        Audience::Unit(id) => unit_title(id),
        Audience::Not(inner) => format!("除“{}”以外", audience_title(agenda, inner)),
        Audience::All(parts) => in_a_row(parts, ",且"),
        Audience::Any(parts) => in_a_row(parts, "或"),
    }
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

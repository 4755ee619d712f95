//! What calendar and roster say together: audiences that meet nobody, roles that nobody holds, years without data.

mod contacts;
mod ladders;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;

use super::agenda::{Absent, Agenda};
use super::audience::Audience;
use super::audience::hint::{is_bare_key, near_unit};
use super::calendar::{Calendar, DueAt, Schedule, Task, role_name};
use super::dates::DateForm;
use super::diagnostic::{Diagnostic, Faults, Place, Words, did_you_mean, perhaps};
use super::ladder::RoleRef;
use super::names::{TaskId, UnitId};
use super::period::PeriodKey;
use super::roster::{Kind, Unit};

/// Adds the warnings that need both calendar and roster, and those of the years ahead.
pub fn review(agenda: &Agenda, faults: &Faults) {
    tags(agenda, faults);
    named_units(agenda, faults);
    audiences(agenda, faults);
    due_days(agenda, faults);
    roles(agenda, faults);
    contacts::contacts(agenda, faults);
    ladders::early_reminders(agenda, faults);
    years(agenda, faults);
    super::burden::review(agenda, faults);
}

fn warn(place: &Place, message: Words, label: Words) -> Diagnostic {
    Diagnostic::warning(&place.text, place.span.clone(), message, label)
}

fn tags(agenda: &Agenda, faults: &Faults) {
    let declared = agenda.calendar.tag_names();
    let mut held: BTreeMap<&str, &UnitId> = BTreeMap::new();
    for unit in agenda.roster.units() {
        for tag in unit.tags.keys() {
            held.entry(tag).or_insert(&unit.id);
        }
    }
    for (tag, unit) in &held {
        if declared.contains(*tag) {
            continue;
        }
        let Some(place) = agenda.roster.row(unit, Some(tag)) else {
            continue;
        };
        let advice = of_tag(tag, &agenda.calendar.tags);
        faults.add(
            warn(
                &place,
                Words::new(
                    format!("标签 {tag} 没有在 calendar.toml 的 [tags] 里声明"),
                    format!("the tag {tag} is not declared in [tags]"),
                ),
                Words::new("行事历认不出它", "the calendar does not know it"),
            )
            .help(advice),
        );
    }
    let asked: BTreeMap<&str, &Place> = agenda
        .calendar
        .tasks
        .values()
        .flat_map(|task| {
            let own = (&task.audience, &task.audience_place);
            let others = task.due_at.iter().map(|at| (&at.audience, &at.place));
            std::iter::once(own).chain(others)
        })
        .flat_map(|(audience, place)| audience.tags().into_iter().map(move |tag| (tag, place)))
        .collect();
    for (tag, place) in asked {
        if !held.contains_key(tag) {
            faults.add(warn(
                place,
                Words::new(
                    format!("没有一个单位有标签 {tag}"),
                    format!("no unit has the tag {tag}"),
                ),
                Words::new(
                    "在花名册里给有关单位加上,或改这里",
                    "add it on the roster, or change it here",
                ),
            ));
        }
    }
}

/// What to do about a tag of the roster that nobody declared.
fn of_tag(tag: &str, tags: &BTreeMap<String, String>) -> Words {
    if let Some((meant, _)) = tags.iter().find(|(_, meaning)| *meaning == tag) {
        return perhaps(meant);
    }
    did_you_mean(tag, tags.keys().map(String::as_str)).unwrap_or_else(|| {
        // What is no plain word stands between quotes there.
        let shown = if is_bare_key(tag) {
            tag.to_owned()
        } else {
            format!("\"{tag}\"")
        };
        Words::new(
            format!("在 [tags] 里加一行 {shown} = \"…\",或从花名册里删去它"),
            format!("declare it in [tags]: {shown} = \"…\", or remove it"),
        )
    })
}

/// Units and towns that an audience names and the roster has not.
fn named_units(agenda: &Agenda, faults: &Faults) {
    let calendar = &agenda.calendar;
    let of_tasks = calendar.tasks.values().flat_map(|task| {
        let others = task.due_at.iter().map(|at| (&at.audience, &at.place));
        std::iter::once((&task.audience, &task.audience_place)).chain(others)
    });
    let adjusts = calendar
        .adjusts
        .iter()
        .map(|adjust| (&adjust.audience, &adjust.place));
    for (audience, place) in of_tasks.chain(adjusts) {
        for (id, is_town) in unknown(agenda, audience) {
            faults.add(unknown_unit(agenda, id, is_town, place));
        }
    }
}

/// What an audience names that is not on the roster.
fn unknown<'a>(agenda: &Agenda, audience: &'a Audience) -> Vec<(&'a str, bool)> {
    let is_there = |id: &str| agenda.roster.unit(&UnitId::from(id)).is_some();
    let named = audience.named().into_iter();
    named.filter(|(id, _)| !is_there(id)).collect()
}

fn unknown_unit(agenda: &Agenda, id: &str, is_town: bool, place: &Place) -> Diagnostic {
    let sign = if is_town { "town" } else { "unit" };
    let span = place.text.body[place.span.clone()]
        .find(&format!("{sign}:{id}"))
        .map_or(place.span.clone(), |at| {
            let start = place.span.start + at;
            start..start + sign.len() + 1 + id.len()
        });
    let mut found = Diagnostic::warning(
        &place.text,
        span,
        Words::new(
            format!("花名册里没有编号为 {id} 的单位"),
            format!("there is no unit {id} on the roster"),
        ),
        Words::new(
            format!("{sign}: 后面要写花名册里的单位编号"),
            format!("the id of a unit on the roster belongs after {sign}:"),
        ),
    );
    let units = agenda.roster.units().iter();
    let fitting = units.filter(|unit| !is_town || unit.kind == Kind::Town);
    if let Some(unit) = near_unit(id, fitting) {
        found.help = Some(Words::new(
            format!("你是不是想写 {sign}:{}({})?", unit.id, unit.name),
            format!("did you mean {sign}:{} ({})?", unit.id, unit.name),
        ));
    }
    found
}

fn audiences(agenda: &Agenda, faults: &Faults) {
    for task in agenda.calendar.tasks.values() {
        if agenda.groups(task).is_empty() && unknown(agenda, &task.audience).is_empty() {
            faults.add(warn(
                &task.audience_place,
                Words::new(
                    format!("“{}”没有适用的单位", task.title),
                    format!("{} is for no unit", task.id),
                ),
                Words::new(
                    "花名册里没有这样的单位",
                    "there is no such unit on the roster",
                ),
            ));
        }
    }
}

/// Entries of `due_at` that no unit of their task meets, and units that meet two that differ.
fn due_days(agenda: &Agenda, faults: &Faults) {
    for task in agenda.calendar.tasks.values() {
        let units: Vec<_> = agenda
            .groups(task)
            .iter()
            .flat_map(|group| &group.units)
            .map(|at| &agenda.roster.units()[*at])
            .collect();
        let meets = |at: &DueAt, unit: &Unit| at.audience.matches(unit);
        for (nth, later) in task.due_at.iter().enumerate() {
            if !units.is_empty() && !units.iter().any(|unit| meets(later, unit)) {
                faults.add(warn(
                    &later.place,
                    Words::new(
                        format!("“{}”的对象里没有 {}", task.title, later.audience),
                        format!("{} is for no unit that is {}", task.id, later.audience),
                    ),
                    Words::new("这一项不起作用", "this has no effect"),
                ));
            }
            for earlier in task.due_at[..nth]
                .iter()
                .filter(|at| at.shift != later.shift)
            {
                let both = |unit: &&&Unit| meets(earlier, unit) && meets(later, unit);
                let Some(unit) = units.iter().find(both) else {
                    continue;
                };
                faults.add(
                    warn(
                        &later.place,
                        Words::new(
                            format!("{} 对上了两个不同的截止日", unit.name),
                            format!("{} meets two due days that differ", unit.id),
                        ),
                        Words::new("以后写的这一项为准", "the later one, this, holds"),
                    )
                    .other(
                        &earlier.place.text,
                        earlier.place.span.clone(),
                        Words::new("另一项", "the other"),
                    ),
                );
            }
        }
    }
}

/// A role that the ladder of some task needs and that nobody holds at any unit it is asked of.
fn roles(agenda: &Agenda, faults: &Faults) {
    // Each role is looked up at a unit once, however many tasks ask for it there.
    let units = agenda.roster.units();
    let mut asked: BTreeMap<&RoleRef, Vec<Option<&Task>>> = BTreeMap::new();
    for task in agenda.calendar.tasks.values() {
        for group in agenda.groups(task) {
            let ladder = &group.ladder;
            let levels = ladder.escalate.iter().flat_map(|level| &level.to);
            for role in ladder.to.iter().chain(levels) {
                let by = asked.entry(role).or_insert_with(|| vec![None; units.len()]);
                for at in &group.units {
                    by[*at].get_or_insert(task);
                }
            }
        }
    }
    let mut missing: BTreeMap<&RoleRef, (&Task, BTreeMap<&str, &UnitId>)> = BTreeMap::new();
    for (role, by) in asked {
        for (unit, task) in units.iter().zip(by) {
            let (Some(task), Some(place)) = (task, agenda.roster.place(unit, role)) else {
                continue;
            };
            if !place.contacts.iter().any(|c| c.role == role.role) {
                let (_, places) = missing.entry(role).or_insert((task, BTreeMap::new()));
                places.insert(&place.name, &place.id);
            }
        }
    }
    for (role, (task, units)) in missing {
        let names: Vec<_> = units.keys().take(5).copied().collect();
        let (rest_zh, rest_en) = match units.len() {
            0..=5 => (String::new(), String::new()),
            all => (format!("等{all}个单位"), format!(" and {} more", all - 5)),
        };
        let name = role_name(role.role.as_str());
        let message = Words::new(
            format!(
                "{}{rest_zh}没有人担任{name}({role}),会跳过这一级",
                names.join("、")
            ),
            format!(
                "nobody holds {role} at {}{rest_en}: this level will be skipped",
                names.join(", ")
            ),
        );
        let first = units.values().next();
        let Some(place) = first.and_then(|unit| agenda.roster.row(unit, Some(names[0]))) else {
            continue;
        };
        faults.add(warn(
            &place,
            message,
            Words::new(
                format!("在这个单位下面加一行,岗位写“{name}”"),
                format!(
                    "add a row with the role {}; {} needs it",
                    role.role, task.id
                ),
            ),
        ));
    }
}

/// The years the calendar speaks of, as far as can be told without a clock: those of its terms.
fn years(agenda: &Agenda, faults: &Faults) {
    let calendar: &Calendar = &agenda.calendar;
    let Some(last) = calendar
        .school
        .terms
        .iter()
        .map(|term| term.end.year())
        .max()
    else {
        faults.add(Diagnostic::general(Words::new(
            "没有校历(school-year.toml):与学期、教学日有关的任务都没有日期",
            "there is no school calendar: what depends on terms and teaching days is undated",
        )));
        return;
    };
    for year in last - 1..=last {
        if let Some(zh) = super::plan::missing_notice(calendar, year) {
            faults.add(Diagnostic::general(Words::new(
                zh,
                format!("no holiday notice for {year}: its workdays are Monday to Friday less the statutory days"),
            )));
        }
    }
    for task in calendar.tasks.values() {
        let Schedule::Dated(DateForm::Floating(dates)) = &task.schedule else {
            continue;
        };
        let open = (last - 1..=last).filter(|year| !dates.contains_key(year));
        for year in open {
            faults.add(warn(
                &task.due_place,
                Words::new(
                    format!("“{}”{year}年的日期还没有写", task.title),
                    format!("{} has no date for {year}", task.id),
                ),
                Words::new("通知发布后补上这一年", "add the year once it is known"),
            ));
        }
    }
    undated(agenda, last, faults);
}

/// Occurrences of the school year at hand that have no date although their period is known.
fn undated(agenda: &Agenda, last: i16, faults: &Faults) {
    let mut said: BTreeSet<(&TaskId, &str)> = BTreeSet::new();
    let found = agenda.absent_between(date(last - 1, 9, 1), date(last, 6, 30));
    for occurrence in &found {
        let (task, _) = agenda.parts(occurrence);
        let Err(Absent::Undated(why)) = &occurrence.dated else {
            continue;
        };
        let floating = matches!(&task.schedule, Schedule::Dated(DateForm::Floating(_)));
        let later = matches!(occurrence.id.period, PeriodKey::Term(year, _) | PeriodKey::Break(year, _) | PeriodKey::Year(year) if year >= last);
        if floating || later || !said.insert((&task.id, why.zh.as_str())) {
            continue;
        }
        faults.add(warn(
            &task.due_place,
            Words::new(
                format!("“{}”的 {} 没有日期", task.title, occurrence.id.period),
                format!("{} is undated", occurrence.id),
            ),
            why.clone(),
        ));
    }
}

//! Reminders that never go out, since they lie before the duty is announced.

use std::collections::BTreeMap;

use crate::core::agenda::Agenda;
use crate::core::calendar::{Schedule, Task, later};
use crate::core::diagnostic::{Diagnostic, Faults, Place, Words};
use crate::core::ladder::{Ladder, LadderPatch, Stretch};

/// Where a key of a ladder comes from, the more particular last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source<'a> {
    Ladder,
    Adjust(usize),
    Task(&'a str),
}

/// Tells each once, at whichever of `opens` and `remind` is the more particular.
pub(super) fn early_reminders(agenda: &Agenda, faults: &Faults) {
    let mut found: BTreeMap<Source<'_>, (Option<Place>, &Ladder)> = BTreeMap::new();
    for task in agenda.calendar.tasks.values() {
        // A window is announced before its first day and reminded of before its last.
        let Schedule::Dated(form) = &task.schedule else {
            continue;
        };
        if form.is_window() {
            continue;
        }
        for group in agenda.groups(task) {
            if early(&group.ladder).is_empty() {
                continue;
            }
            let adjusts = agenda.adjusts_of(group);
            let opens = source(agenda, task, adjusts, |patch| patch.opens.is_some());
            let remind = source(agenda, task, adjusts, |patch| patch.remind.is_some());
            let (at, key) = if opens > remind {
                (opens, "opens")
            } else {
                (remind, "remind")
            };
            found
                .entry(at)
                .or_insert_with(|| (place(agenda, task, at, key), &group.ladder));
        }
    }
    for (place, ladder) in found.into_values() {
        faults.add(fault(place, ladder));
    }
}

fn early(ladder: &Ladder) -> Vec<Stretch> {
    let reminders = ladder.remind.iter().copied();
    reminders
        .filter(|remind| later(*remind, ladder.opens))
        .collect()
}

fn source<'a>(
    agenda: &Agenda,
    task: &'a Task,
    adjusts: &[usize],
    says: impl Fn(&LadderPatch) -> bool,
) -> Source<'a> {
    if says(&task.patch) {
        return Source::Task(task.id.as_str());
    }
    let by = |at: &&usize| says(&agenda.calendar.adjusts[**at].patch);
    let last = adjusts.iter().rev().find(by);
    last.map_or(Source::Ladder, |at| Source::Adjust(*at))
}

/// The line of a key, in the table it comes from.
fn place(agenda: &Agenda, task: &Task, at: Source<'_>, key: &str) -> Option<Place> {
    let table = match at {
        Source::Ladder => agenda.calendar.ladder_place.as_ref()?,
        Source::Adjust(at) => &agenda.calendar.adjusts[at].place,
        Source::Task(_) => &task.place,
    };
    let body = &table.text.body;
    let at = table.span.start;
    let from = body[..at].rfind("\n[").map_or(0, |head| head + 1);
    let to = body[at..].find("\n[").map_or(body.len(), |next| at + next);
    let mut start = from;
    for line in body[from..to].split_inclusive('\n') {
        let says = line.trim_start().strip_prefix(key);
        if says.is_some_and(|rest| rest.trim_start().starts_with('=')) {
            let span = start..start + line.trim_end().len();
            return Some(Place {
                span,
                ..table.clone()
            });
        }
        start += line.len();
    }
    Some(table.clone())
}

fn fault(place: Option<Place>, ladder: &Ladder) -> Diagnostic {
    let early = early(ladder);
    let all: Vec<_> = early.iter().map(Stretch::to_string).collect();
    let opens = ladder.opens;
    let message = Words::new(
        format!("提醒“{}”早于布置({opens}),不会发出", all.join("”“")),
        format!(
            "the reminder {} lies before the announcement ({opens}) and is never sent",
            all.join(", ")
        ),
    );
    let label = Words::new(
        "要么把 opens 写早些,要么删去这样的提醒",
        "let opens be earlier, or remove it",
    );
    match place {
        Some(place) => Diagnostic::warning(&place.text, place.span, message, label),
        None => Diagnostic::general(message).help(label),
    }
}

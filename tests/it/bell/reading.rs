//! From a case's texts to an agenda.

use std::sync::Arc;

use jiff::Timestamp;
use schoolbell::core::agenda::Agenda;
use schoolbell::core::calendar::{self, Calendar, read_role};
use schoolbell::core::diagnostic::{Faults, Locale, Text};
use schoolbell::core::plan::Slots;
use schoolbell::core::roster::{Roster, read_csv};

use super::NOTICES;

/// A calendar from its files; every fault is a failure.
fn read_calendar(files: &[(&str, &str)]) -> Calendar {
    let faults = Faults::default();
    let texts: Vec<_> = files
        .iter()
        .map(|(name, body)| Text::decode(name, body.as_bytes(), &faults).expect("a text"))
        .collect();
    let calendar = calendar::read(&texts, &faults);
    must_be_sound(faults);
    calendar
}

fn must_be_sound(faults: Faults) {
    let found: Vec<_> = faults
        .into_sorted()
        .iter()
        .map(|fault| fault.render(Locale::Chinese, false))
        // The clock's own tests have slots at night.
        .filter(|said| !said.contains("是夜里"))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Calendar and roster, joined, from their texts.
pub(super) fn join(head: &str, tasks: &str, roster: &str, school: &str, notice: &str) -> Agenda {
    let mut files = vec![
        ("calendar.toml", head),
        ("tasks.toml", tasks),
        ("school-year.toml", school),
    ];
    files.extend(&NOTICES[..3]);
    files.push(("holidays/2026.toml", notice));
    let calendar = read_calendar(&files);
    let faults = Faults::default();
    let roster: Roster = read_csv("roster.csv", roster.as_bytes(), &faults);
    must_be_sound(faults);
    let officer = read_role("office@bureau").expect("a role");
    Agenda::new(Arc::new(calendar), Arc::new(roster), vec![officer])
}

/// The slots' own arithmetic, for cases about the clock.
pub(crate) fn slots_after(calendar: &Calendar, from: Timestamp, count: usize) -> Vec<String> {
    let slots = Slots::new(calendar);
    let zone = &calendar.timezone;
    std::iter::successors(Some(slots.after(from)), |at| Some(slots.after(*at)))
        .take(count)
        .map(|at| {
            at.to_zoned_datetime(zone.clone())
                .strftime("%m-%d %H:%M %:z")
                .to_string()
        })
        .collect()
}

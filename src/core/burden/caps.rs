//! What `check` says where a school is asked more than the bureau has set itself.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Alike, Burden, Month, burdens, known_year};
use crate::core::agenda::Agenda;
use crate::core::calendar::{Calendar, Cap, Task};
use crate::core::diagnostic::{Diagnostic, Faults, Locale, Words};

/// How many kinds of units a warning names.
const NAMED: usize = 4;

/// Adds the warnings that `[burden]` asks for.
pub fn review(agenda: &Agenda, faults: &Faults) {
    if agenda.calendar.caps.require_authority {
        authorities(agenda, faults);
    }
    if let Some((from, to)) = known_year(&agenda.calendar) {
        for warning in over_caps(agenda, from, to) {
            faults.add(warning);
        }
    }
}

/// A warning for each cap and month in which schools are asked more than it allows.
pub fn over_caps(agenda: &Agenda, from: Date, to: Date) -> Vec<Diagnostic> {
    let caps = &agenda.calendar.caps;
    let counted = [
        (&caps.duties, Counted::Duties),
        (&caps.evidence, Counted::Evidence),
    ];
    if counted.iter().all(|(cap, _)| cap.is_none()) {
        return Vec::new();
    }
    let all = burdens(agenda, from, to);
    let mut warnings = Vec::new();
    for (cap, counted) in counted {
        let Some(cap) = cap else { continue };
        let over = beyond(agenda, &all, cap, counted);
        warnings.extend(over.iter().map(|over| over.warning(agenda, cap, counted)));
    }
    warnings
}

/// What a cap is for.
#[derive(Clone, Copy)]
enum Counted {
    Duties,
    Evidence,
}

impl Counted {
    fn of(self, burden: &Burden) -> u32 {
        match self {
            Self::Duties => burden.duties,
            Self::Evidence => burden.evidence,
        }
    }

    fn in_words(self) -> Words {
        match self {
            Self::Duties => Words::new("项职责", " duties"),
            Self::Evidence => Words::new("份材料", " with evidence"),
        }
    }

    fn takes(self, task: &Task) -> bool {
        match self {
            Self::Duties => true,
            Self::Evidence => !task.evidence.is_empty(),
        }
    }
}

/// A month in which schools are asked more than a cap allows.
struct Over<'a> {
    month: Month,
    /// Of whom, and how much; the heaviest first.
    of: Vec<(&'a Alike, &'a Burden, u32)>,
}

fn beyond<'a>(agenda: &Agenda, all: &'a [Alike], cap: &Cap, counted: Counted) -> Vec<Over<'a>> {
    let mut months: BTreeMap<Month, Vec<_>> = BTreeMap::new();
    for alike in all.iter().filter(|alike| alike.teach(agenda)) {
        for (month, burden) in &alike.months {
            let asked = counted.of(burden);
            if asked > cap.most {
                months
                    .entry(*month)
                    .or_default()
                    .push((alike, burden, asked));
            }
        }
    }
    let over = months.into_iter().map(|(month, mut of)| {
        of.sort_by_key(|(alike, _, asked)| (std::cmp::Reverse(*asked), alike.units[0]));
        Over { month, of }
    });
    over.collect()
}

impl Over<'_> {
    fn warning(&self, agenda: &Agenda, cap: &Cap, counted: Counted) -> Diagnostic {
        let what = counted.in_words();
        let most = cap.most;
        let month = self.month.in_words();
        let schools: usize = self.of.iter().map(|(alike, ..)| alike.units.len()).sum();
        let named = |locale| {
            let words = self.of.iter().take(NAMED).map(|(alike, _, asked)| {
                let (name, what) = (alike.name(agenda), what.in_locale(locale));
                format!("{} {asked}{what}", name.in_locale(locale))
            });
            words.collect::<Vec<_>>()
        };
        let (zh, en) = (named(Locale::Chinese), named(Locale::English));
        let more = self.of.len() > NAMED;
        let warning = Diagnostic::warning(
            &cap.place.text,
            cap.place.span.clone(),
            Words::new(
                format!(
                    "{}有{schools}所学校的负担超过上限:{}{}",
                    month.zh,
                    zh.join(";"),
                    if more { "等" } else { "" }
                ),
                format!(
                    "{} is over the cap at {}{}",
                    month.en,
                    en.join("; "),
                    if more { " and others" } else { "" }
                ),
            ),
            Words::new(
                format!("上限是每校每月{most}{}", what.zh),
                format!("at most {most}{} a school a month", what.en),
            ),
        );
        let Some((alike, burden, _)) = self.of.first() else {
            return warning;
        };
        let tasks = |locale| tasks_in_words(&agenda.calendar, burden, counted, locale);
        let name = alike.name(agenda);
        warning.help(Words::new(
            format!(
                "能合并、错开的改到别的月份。{}这个月的职责:{}",
                name.zh,
                tasks(Locale::Chinese)
            ),
            format!(
                "merge tasks or move some to another month; {} is asked {}",
                name.en,
                tasks(Locale::English)
            ),
        ))
    }
}

/// `A、B(4次)`: the tasks that make a burden, the most often asked first.
fn tasks_in_words(
    calendar: &Calendar,
    burden: &Burden,
    counted: Counted,
    locale: Locale,
) -> String {
    let mut tasks: Vec<_> = burden
        .tasks
        .iter()
        .filter_map(|(id, times)| Some((calendar.tasks.get(id)?, *times)))
        .filter(|(task, _)| counted.takes(task))
        .collect();
    tasks.sort_by_key(|(task, times)| (std::cmp::Reverse(*times), &task.id));
    let said = tasks.into_iter().map(|(task, times)| {
        let (title, id) = (&task.title, &task.id);
        match (locale, times) {
            (Locale::Chinese, 1) => title.clone(),
            (Locale::Chinese, _) => format!("{title}({times}次)"),
            (Locale::English, 1) => id.to_string(),
            (Locale::English, _) => format!("{id} ({times} times)"),
        }
    });
    let separator = match locale {
        Locale::Chinese => "、",
        Locale::English => ", ",
    };
    said.collect::<Vec<_>>().join(separator)
}

/// A task that names no document it rests on.
fn authorities(agenda: &Agenda, faults: &Faults) {
    for task in agenda.calendar.tasks.values() {
        if task.authority.is_empty() {
            faults.add(Diagnostic::warning(
                &task.place.text,
                task.place.span.clone(),
                Words::new(
                    format!("“{}”没有写依据文件", task.title),
                    format!("{} names no authority", task.id),
                ),
                Words::new(
                    "加一行 authority = \"文号\";没有依据的,不宜要求学校",
                    "add authority, the document it rests on",
                ),
            ));
        }
    }
}

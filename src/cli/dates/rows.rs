//! The rows: one for each distinct (opens, due) of an occurrence, as its units have them. Whoever was granted another day
//! stands apart from the others, and so does what was raised by hand.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use crate::core::agenda::{Absent, Agenda, Dated, Occurrence};
use crate::core::calendar::{Schedule, Task};
use crate::core::diagnostic::Words;
use crate::core::duty::OccurrenceId;
use crate::core::names::UnitId;
use crate::core::plan::Slots;
use crate::core::state::State;

/// A row: one distinct (opens, due) of an occurrence.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) task: String,
    pub(super) period: String,
    pub(super) opens: Option<Date>,
    pub(super) due: Option<Date>,
    pub(super) audience: String,
    pub(super) units: usize,
    pub(super) why: String,
    #[serde(skip)]
    pub(super) window_from: Option<Date>,
}

/// What makes a row: an occurrence, its due day and opening, its window's first day, and why.
type Dates = (
    OccurrenceId,
    Option<Date>,
    Option<Date>,
    Option<Date>,
    String,
);

/// Whose row it is.
#[derive(Default)]
struct Whose {
    /// The groups it is of; empty where it is of single units.
    groups: Vec<usize>,
    units: BTreeSet<UnitId>,
}

struct Gathering<'a> {
    agenda: &'a Agenda,
    state: &'a State,
    from: Date,
    to: Date,
    merged: BTreeMap<Dates, Whose>,
}

/// What is due from one day to another, and what has no date then, in the order of task, period and due day; of one task
/// only, where it is named.
pub(super) fn rows(
    agenda: &Agenda,
    state: &State,
    (from, to): (Date, Date),
    only: Option<&str>,
) -> Vec<Row> {
    let mut gathering = Gathering {
        agenda,
        state,
        from,
        to,
        merged: BTreeMap::new(),
    };
    let is_wanted = |id: &OccurrenceId| only.is_none_or(|task| id.task.as_str() == task);
    let mut seen: BTreeSet<(OccurrenceId, usize)> = BTreeSet::new();
    for found in agenda.between(from, to) {
        if is_wanted(&found.id) {
            seen.insert((found.id.clone(), found.group));
            gathering.take(&found);
        }
    }
    let happened = state.duties.keys().chain(state.shelf().occurrences());
    let put_off: BTreeSet<&OccurrenceId> = happened
        .filter(|id| is_wanted(id) && state.put_off_to(id) >= Some(from))
        .collect();
    for id in put_off {
        let Some(task) = agenda.calendar.tasks.get(&id.task) else {
            continue;
        };
        if matches!(task.schedule, Schedule::Conditional(_)) {
            gathering.take_raised(id);
            continue;
        }
        for group in 0..agenda.groups(task).len() {
            if !seen.contains(&(id.clone(), group)) {
                let found = agenda.occurrence(task, id.period, group);
                gathering.take_put_off(&found);
            }
        }
    }
    gathering.finish()
}

impl Gathering<'_> {
    /// An occurrence that the calendar has in these days.
    fn take(&mut self, found: &Occurrence) {
        let units = self.units_of(found);
        let dated = match &found.dated {
            Ok(dated) => dated,
            Err(Absent::Undated(why) | Absent::Skipped(why)) => {
                let why = self.said(why);
                let whose = self.row((found.id.clone(), None, None, None, why));
                whose.groups.push(found.group);
                whose.units.extend(units);
                return;
            }
            Err(Absent::None) => return,
        };
        let put_off = self.put_off(found, dated);
        let why = self.said(&dated.why);
        let days = (Some(dated.due), Some(dated.opens), dated.window_from);
        let whose = self.row((found.id.clone(), days.0, days.1, days.2, why));
        whose.groups.push(found.group);
        let others = units.into_iter().filter(|unit| !put_off.contains_key(unit));
        whose.units.extend(others);
        self.take_granted(found, dated, put_off);
    }

    /// Of an occurrence that the calendar has in other days, those of its units that were granted one among these.
    fn take_put_off(&mut self, found: &Occurrence) {
        if let Ok(dated) = &found.dated {
            self.take_granted(found, dated, self.put_off(found, dated));
        }
    }

    fn take_granted(&mut self, found: &Occurrence, dated: &Dated, granted: BTreeMap<UnitId, Date>) {
        for (unit, until) in granted {
            let why = self.said(&Words::new(
                format!("{};已准延期至{until}", dated.why.zh),
                format!("{}; put off to {until}", dated.why.en),
            ));
            self.single(&found.id, (dated.opens, until), why, unit);
        }
    }

    /// What was raised by hand, for each of its units.
    fn take_raised(&mut self, id: &OccurrenceId) {
        let slots = Slots::new(&self.agenda.calendar);
        let live = self.state.duties.get(id).into_iter().flatten();
        let live = live.map(|(unit, duty)| (unit.clone(), duty.raised.clone(), duty.extended_to));
        let shelved = self.state.shelf().of(id);
        let shelved = shelved.map(|(unit, _, duty)| (unit.clone(), duty.raised, duty.extended_to));
        for (unit, raised, extended) in live.chain(shelved).collect::<Vec<_>>() {
            if let Some(raised) = raised {
                let opens = slots.day(raised.at);
                let due = Some(raised.due).max(extended).unwrap_or(raised.due);
                let why = self.said(&Words::new(
                    format!("{opens}发起"),
                    format!("raised on {opens}"),
                ));
                self.single(id, (opens, due), why, unit);
            }
        }
    }

    fn single(&mut self, id: &OccurrenceId, (opens, due): (Date, Date), why: String, unit: UnitId) {
        if (self.from..=self.to).contains(&due) {
            let whose = self.row((id.clone(), Some(due), Some(opens), None, why));
            whose.units.insert(unit);
        }
    }

    /// The units of an occurrence that have a later day than the calendar gives them.
    fn put_off(&self, found: &Occurrence, dated: &Dated) -> BTreeMap<UnitId, Date> {
        let happened = self.state.happened(&found.id);
        if happened.is_nothing() {
            return BTreeMap::new();
        }
        let until = |unit: UnitId| {
            let live = happened.state(&unit).and_then(|duty| duty.extended_to);
            let rest = || happened.rest(&unit).and_then(|rest| rest.extended_to);
            let until = live.or_else(rest).filter(|until| *until > dated.due)?;
            Some((unit, until))
        };
        self.units_of(found).into_iter().filter_map(until).collect()
    }

    fn units_of(&self, found: &Occurrence) -> Vec<UnitId> {
        let (_, group) = self.agenda.parts(found);
        let units = self.agenda.roster.units();
        group.units.iter().map(|at| units[*at].id.clone()).collect()
    }

    fn row(&mut self, dates: Dates) -> &mut Whose {
        self.merged.entry(dates).or_default()
    }

    fn said(&self, words: &Words) -> String {
        words.in_locale(self.agenda.calendar.locale).to_owned()
    }

    fn finish(self) -> Vec<Row> {
        let mut distinct: BTreeMap<&OccurrenceId, usize> = BTreeMap::new();
        for ((id, ..), whose) in &self.merged {
            *distinct.entry(id).or_default() += usize::from(!whose.groups.is_empty());
        }
        let all = self.merged.iter();
        let mut rows: Vec<Row> = all
            .filter(|((_, due, ..), whose)| due.is_none() || !whose.units.is_empty())
            .map(|((id, due, opens, from, why), whose)| {
                let task = &self.agenda.calendar.tasks[&id.task];
                let is_alone = distinct[id] == 1;
                Row {
                    task: id.task.to_string(),
                    period: id.period.to_string(),
                    opens: *opens,
                    due: *due,
                    audience: self.audience(task, whose, is_alone),
                    units: whose.units.len(),
                    why: why.clone(),
                    window_from: *from,
                }
            })
            .collect();
        rows.sort_by(|a, b| (&a.task, &a.period, a.due).cmp(&(&b.task, &b.period, b.due)));
        rows
    }

    /// Whom a row is for, in the calendar's own language.
    fn audience(&self, task: &Task, whose: &Whose, is_alone: bool) -> String {
        if whose.groups.is_empty() {
            let units = whose.units.iter().map(|unit| format!("unit:{unit}"));
            return units.collect::<Vec<_>>().join(" | ");
        }
        let audience = if is_alone {
            task.audience.to_string()
        } else {
            self.agenda.audience_of(task, &whose.groups)
        };
        let groups = self.agenda.groups(task);
        let members = whose.groups.iter().flat_map(|at| &groups[*at].units);
        let apart = members
            .map(|at| &self.agenda.roster.units()[*at].id)
            .filter(|unit| !whose.units.contains(*unit))
            .map(|unit| format!("!unit:{unit}"));
        let apart: Vec<String> = apart.collect();
        match (apart.is_empty(), audience.contains('|')) {
            (true, _) => audience,
            (false, false) => format!("{audience} & {}", apart.join(" & ")),
            (false, true) => format!("({audience}) & {}", apart.join(" & ")),
        }
    }
}

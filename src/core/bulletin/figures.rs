//! What is counted for a bulletin: one walk over the duties of the time.
//!
//! A duty counts by the day it is due for its unit, a granted extension included. What was let off, covered or withdrawn
//! is asked of nobody and counts nowhere. What is overdue and was never brought to the unit is not held against it (P3):
//! it is told of apart.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::span::Span;
use crate::core::agenda::Agenda;
use crate::core::duty::OccurrenceId;
use crate::core::fact::Part;
use crate::core::names::UnitId;
use crate::core::overview::{Scope, Tally};
use crate::core::plan::{Only, Sighted, Slots, Standing, each_standing};
use crate::core::printed::full_width;
use crate::core::roster::Unit;
use crate::core::state::{DutyState, LAPSED_DAYS, State, Told};
use crate::core::titles::{role_title, title_of};

/// How far back what is still unfinished is looked for.
const CARRIED_YEARS: i64 = 1;

/// What was counted.
pub(super) struct Figures {
    /// All that was due in the time.
    pub(super) whole: Tally,
    /// All that was due in the time before.
    pub(super) before: Tally,
    /// The towns in the roster's order, with what was due at their units.
    pub(super) towns: Vec<(Option<UnitId>, String, Tally)>,
    /// Each occurrence that was due, the earliest first.
    pub(super) lines: Vec<Line>,
    /// What is unfinished, by town, unit and day.
    pub(super) unfinished: Vec<Unfinished>,
    /// The units that had something due and did all of it in time.
    pub(super) prompt: Vec<Named>,
    /// What never reached the unit, and units that nobody can be reached at.
    pub(super) unreached: Vec<(Named, String)>,
    /// What comes next.
    pub(super) ahead: Vec<Line>,
}

/// An occurrence.
pub(super) struct Line {
    pub(super) title: String,
    pub(super) due: Date,
    pub(super) tally: Tally,
}

/// A unit with its town, as both are called.
#[derive(Clone)]
pub(super) struct Named {
    pub(super) town: Option<UnitId>,
    pub(super) town_name: String,
    pub(super) unit: UnitId,
    pub(super) unit_name: String,
}

/// A duty whose day is over, and that is not done.
pub(super) struct Unfinished {
    pub(super) whose: Named,
    pub(super) title: String,
    pub(super) due: Date,
    pub(super) workdays_late: i32,
    /// Whether it was due before the time the bulletin is about.
    pub(super) carried: bool,
    /// What people call who has to act.
    pub(super) role: &'static str,
    /// When a letter last brought it.
    pub(super) told: Option<Date>,
    /// What was said of it.
    pub(super) said: String,
}

/// Counts; empty before the bell was hung.
pub(super) fn figures(agenda: &Agenda, state: &State, span: Span, now: Timestamp) -> Figures {
    let scope = Scope::whole(agenda);
    let slots = Slots::new(&agenda.calendar);
    let units = agenda.roster.units().len();
    let mut counting = Counting {
        agenda,
        state,
        slots,
        span,
        today: slots.day(now),
        scope: &scope,
        whole: Tally::default(),
        before: Tally::default(),
        by_town: vec![Tally::default(); scope.towns().len()],
        by_unit: vec![Tally::default(); units],
        behind: vec![false; units],
        lines: BTreeMap::new(),
        ahead: BTreeMap::new(),
        unfinished: Vec::new(),
        unreached: BTreeMap::new(),
    };
    // What is carried over, and nobody is pressed for any more, is not called unfinished either.
    let pressed = slots.day(now).saturating_sub(LAPSED_DAYS.days());
    let carried = span.from.saturating_sub(CARRIED_YEARS.years());
    let own = span.before().map_or(span.from, |before| before.from);
    let only = Only {
        from: Some(carried.max(pressed).min(own)),
        ..Only::default()
    };
    let (_, until) = span.ahead();
    each_standing(agenda, state, now, until, only, |sighted| {
        counting.add(&sighted);
    });
    counting.finish()
}

struct Counting<'a> {
    agenda: &'a Agenda,
    state: &'a State,
    slots: Slots<'a>,
    span: Span,
    today: Date,
    scope: &'a Scope,
    whole: Tally,
    before: Tally,
    by_town: Vec<Tally>,
    by_unit: Vec<Tally>,
    /// The units, by place, that something is held against.
    behind: Vec<bool>,
    lines: BTreeMap<OccurrenceId, (Date, Tally)>,
    ahead: BTreeMap<OccurrenceId, (Date, Tally)>,
    /// By the unit's place.
    unfinished: Vec<(usize, Unfinished)>,
    /// What never reached a unit, by its place.
    unreached: BTreeMap<usize, Vec<String>>,
}

impl Counting<'_> {
    fn add(&mut self, sighted: &Sighted<'_, '_>) {
        let (Some(at), Some((_, due))) = (sighted.at, sighted.days) else {
            return;
        };
        let Some(town) = self.scope.town_of(at) else {
            return;
        };
        let (first, last) = self.span.ahead();
        if first <= due && due <= last {
            self.count_ahead(sighted, due);
            return;
        }
        if due > self.span.to {
            return;
        }
        let overdue = sighted.standing == Standing::Overdue;
        let reached = sighted.state.is_some_and(|known| brought(known).is_some());
        let within = self.span.has(due);
        if overdue && !reached {
            let title = self.title(sighted);
            self.unreached.entry(at).or_default().push(title);
            self.behind[at] = true;
            return;
        }
        let counts = overdue
            || matches!(
                sighted.standing,
                Standing::Done { .. } | Standing::Waived | Standing::NotApplicable
            );
        if !counts {
            return;
        }
        if self.span.before().is_some_and(|before| before.has(due)) {
            self.before.add(sighted.standing);
        }
        if within {
            self.whole.add(sighted.standing);
            self.by_town[town].add(sighted.standing);
            self.by_unit[at].add(sighted.standing);
            let line = (due, Tally::default());
            let line = self.lines.entry(sighted.occurrence.clone()).or_insert(line);
            line.0 = line.0.min(due);
            line.1.add(sighted.standing);
        }
        if overdue {
            self.behind[at] = true;
            let found = self.unfinished(sighted, at, due, !within);
            self.unfinished.push((at, found));
        }
    }

    fn count_ahead(&mut self, sighted: &Sighted<'_, '_>, due: Date) {
        if matches!(
            sighted.standing,
            Standing::Covered | Standing::Withdrawn | Standing::Waived | Standing::NotApplicable
        ) {
            return;
        }
        let line = (due, Tally::default());
        let line = self.ahead.entry(sighted.occurrence.clone()).or_insert(line);
        line.0 = line.0.min(due);
        // Done or not: how many are asked does not change while somebody reads.
        line.1.add(Standing::Ahead);
    }

    fn unfinished(
        &self,
        sighted: &Sighted<'_, '_>,
        at: usize,
        due: Date,
        carried: bool,
    ) -> Unfinished {
        let unit = &self.agenda.roster.units()[at];
        let known = sighted.state;
        let told = known.and_then(brought);
        Unfinished {
            whose: self.named(at),
            title: self.title(sighted),
            due,
            workdays_late: self.agenda.calendar.workdays.between(due, self.today),
            carried,
            role: known
                .and_then(|known| all_brought(known).next())
                .map_or("", |told| self.role(told, unit)),
            told: told
                .and_then(|told| told.reached)
                .map(|reached| self.slots.day(reached)),
            said: known.map_or(String::new(), said),
        }
    }

    fn title(&self, sighted: &Sighted<'_, '_>) -> String {
        let own = sighted.state.and_then(DutyState::own_title);
        let title = own.unwrap_or_else(|| title_of(self.agenda, self.state, sighted.occurrence));
        full_width(&title)
    }

    fn role(&self, told: &Told, unit: &Unit) -> &'static str {
        let behind = self.agenda.roster.behind(&told.address, self.today);
        let here = behind.iter().find(|(found, _)| found.id == unit.id);
        here.map_or("", |(unit, contact)| {
            role_title(contact.role.as_str(), unit.kind)
        })
    }

    fn named(&self, at: usize) -> Named {
        let unit = &self.agenda.roster.units()[at];
        let town = self.scope.town_of(at).map(|town| &self.scope.towns()[town]);
        Named {
            town: town.and_then(|(id, _)| id.clone()),
            town_name: town.map_or(String::new(), |(_, name)| name.clone()),
            unit: unit.id.clone(),
            unit_name: unit.name.clone(),
        }
    }

    /// What is wrong with how a unit is reached.
    fn gap(&self, at: usize, titles: &[String]) -> String {
        let unit = &self.agenda.roster.units()[at];
        let reachable = unit.is_reachable(self.today, &self.state.unreachable);
        let gap = (!reachable).then(|| "没有可用的联系人，请更新花名册".to_owned());
        let missed = titles.first().map(|first| {
            let count = match titles.len() {
                1 => String::new(),
                more => format!("等 {more} 项"),
            };
            format!("“{first}”{count}没有送达，未列入未完成名单")
        });
        let both: Vec<String> = gap.into_iter().chain(missed).collect();
        both.join("；")
    }

    fn finish(mut self) -> Figures {
        for (at, unit) in self.agenda.roster.units().iter().enumerate() {
            if !unit.is_reachable(self.today, &self.state.unreachable) {
                self.unreached.entry(at).or_default();
            }
        }
        // By town in the roster's order, which is not the order of the units where a file is mixed.
        let place = |at: usize| (self.scope.town_of(at), at);
        self.unfinished.sort_by(|(a, one), (b, other)| {
            (place(*a), one.due, &one.title).cmp(&(place(*b), other.due, &other.title))
        });
        let mut unreached: Vec<_> = self.unreached.iter().map(|(at, all)| (*at, all)).collect();
        unreached.sort_by_key(|(at, _)| place(*at));
        let mut prompt: Vec<usize> = (0..self.by_unit.len())
            .filter(|at| {
                let tally = self.by_unit[*at];
                tally.done > 0 && tally.late == 0 && !self.behind[*at]
            })
            .collect();
        prompt.sort_by_key(|at| place(*at));
        let lines = |found: &BTreeMap<OccurrenceId, (Date, Tally)>| {
            let mut lines: Vec<Line> = found
                .iter()
                .map(|(id, (due, tally))| Line {
                    title: full_width(&title_of(self.agenda, self.state, id)),
                    due: *due,
                    tally: *tally,
                })
                .filter(|line| line.tally.all() > 0)
                .collect();
            lines.sort_by_key(|line| line.due);
            lines
        };
        let towns = self.scope.towns().iter().zip(&self.by_town);
        Figures {
            whole: self.whole,
            before: self.before,
            towns: towns
                .map(|((id, name), tally)| (id.clone(), name.clone(), *tally))
                .collect(),
            lines: lines(&self.lines),
            ahead: lines(&self.ahead),
            prompt: prompt.into_iter().map(|at| self.named(at)).collect(),
            unreached: unreached
                .into_iter()
                .map(|(at, titles)| (self.named(at), self.gap(at, titles)))
                .collect(),
            unfinished: self
                .unfinished
                .into_iter()
                .map(|(_, found)| found)
                .collect(),
        }
    }
}

/// What brought a duty to those who have to act, in order: they who were told first have to, the others come after them.
fn all_brought(known: &DutyState) -> impl Iterator<Item = &Told> {
    let told = known.standing().filter(|told| told.part == Part::Act);
    told.filter(|told| told.reached.is_some())
}

/// The latest of it.
fn brought(known: &DutyState) -> Option<&Told> {
    all_brought(known).last()
}

/// What was said of a duty, without names: a bulletin goes to many.
fn said(known: &DutyState) -> String {
    if let Some(asked) = known.request() {
        return format!("{}，待批", asked.answer.name());
    }
    if known.returned.is_some() && known.dones.is_empty() {
        return "已退回，待补正".to_owned();
    }
    let last = known.answers.last();
    last.map_or(String::new(), |given| given.answer.name().to_owned())
}

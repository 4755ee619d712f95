//! A task in one period: each unit, by town, and how it stands there.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{Scope, Tally};
use crate::core::agenda::Agenda;
use crate::core::compose::latest_answer;
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::fact::Answer;
use crate::core::names::{TaskId, UnitId};
use crate::core::period::PeriodKey;
use crate::core::plan::{Only, Sighted, Slots, Standing, each_standing};
use crate::core::state::{DutyState, Filed, State};
use crate::core::titles::title_of;

/// Which units of which task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixAsked {
    /// The task.
    pub task: TaskId,
    /// The period; where none is given, the one nearest to today.
    pub period: Option<PeriodKey>,
    /// The units of one town only; an empty id stands for those under the bureau itself.
    pub town: Option<UnitId>,
    /// Those that stand so.
    pub stand: Stand,
}

/// Which standings are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stand {
    /// All.
    #[default]
    All,
    /// What is asked and not done.
    Unfinished,
    /// What is overdue.
    Overdue,
    /// What nobody has answered at all.
    Silent,
    /// What waits for a decision.
    Asking,
    /// What is done, late or not.
    Done,
}

impl Stand {
    /// All of them, as addresses write them and people say them.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::All, "all", "全部"),
        (Self::Unfinished, "unfinished", "未完成"),
        (Self::Overdue, "overdue", "逾期"),
        (Self::Silent, "silent", "没有回执"),
        (Self::Asking, "asking", "有申请待批"),
        (Self::Done, "done", "已完成"),
    ];

    /// Reads what an address writes; all for anything else.
    pub fn parse(text: &str) -> Self {
        let found = Self::ALL.into_iter().find(|(_, word, _)| *word == text);
        found.map_or(Self::All, |(stand, ..)| stand)
    }

    /// As addresses write it.
    pub fn word(self) -> &'static str {
        let found = Self::ALL.into_iter().find(|(stand, ..)| *stand == self);
        found.map_or("all", |(_, word, _)| word)
    }

    fn takes(self, cell: &Cell) -> bool {
        let unfinished = matches!(
            cell.standing,
            Standing::Ahead | Standing::Waiting | Standing::Open | Standing::Overdue
        );
        match self {
            Self::All => true,
            Self::Unfinished => unfinished,
            Self::Overdue => cell.standing == Standing::Overdue,
            Self::Silent => unfinished && cell.answered.is_none(),
            Self::Asking => cell.request.is_some(),
            Self::Done => matches!(cell.standing, Standing::Done { .. }),
        }
    }
}

/// A task in one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Which.
    pub occurrence: OccurrenceId,
    /// What it is called.
    pub title: String,
    /// What it asks.
    pub detail: String,
    /// What is to be handed in.
    pub evidence: String,
    /// The day it is looked at.
    pub today: Date,
    /// The task's periods that have duties, in order.
    pub periods: Vec<PeriodKey>,
    /// All of its units in view, whatever the filters.
    pub tally: Tally,
    /// What was asked to be shown.
    pub asked: MatrixAsked,
    /// The towns in view: their ids, empty for what stands under the bureau, and names.
    pub choices: Vec<(String, String)>,
    /// The units, by town.
    pub towns: Vec<Town>,
}

/// A town's units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Town {
    /// Its name.
    pub name: String,
    /// How all its units stand, whatever the filters.
    pub tally: Tally,
    /// Those that are shown, in the roster's order.
    pub cells: Vec<Cell>,
}

/// A unit, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The duty.
    pub duty: DutyId,
    /// The unit's name.
    pub unit_name: String,
    /// The due day, a granted extension included.
    pub due: Date,
    /// Whether an extension was granted.
    pub extended: bool,
    /// Workdays left until then; negative when overdue by so many.
    pub workdays_left: i32,
    /// How it stands.
    pub standing: Standing,
    /// The day it was settled.
    pub settled_on: Option<Date>,
    /// What was last answered, with who.
    pub answered: Option<String>,
    /// With what note.
    pub note: String,
    /// What waits for a decision, after its place among the duty's answers.
    pub request: Option<(usize, Answer)>,
    /// The files that came with answers.
    pub evidence: Vec<Filed>,
}

/// `None` where there is no such task, or nothing of it in view.
pub fn matrix(
    agenda: &Agenda,
    state: &State,
    scope: &Scope,
    asked: &MatrixAsked,
    now: Timestamp,
) -> Option<Matrix> {
    let slots = Slots::new(&agenda.calendar);
    let today = slots.day(now);
    let mut found: BTreeMap<PeriodKey, Vec<(usize, Cell)>> = BTreeMap::new();
    let only = Only {
        task: Some(&asked.task),
        ..Only::default()
    };
    let until = today.saturating_add(1.year());
    each_standing(agenda, state, now, until, only, |sighted| {
        let Some(at) = sighted.at.filter(|at| scope.sees(*at)) else {
            return;
        };
        let cell = cell(agenda, slots, today, &sighted);
        if let Some(cell) = cell {
            let period = sighted.occurrence.period;
            found.entry(period).or_default().push((at, cell));
        }
    });
    let periods: Vec<PeriodKey> = found.keys().copied().collect();
    let period = asked
        .period
        .filter(|period| found.contains_key(period))
        .or_else(|| nearest(&found, today))?;
    let mut cells = found.remove(&period).unwrap_or_default();
    cells.sort_by_key(|(at, _)| *at);
    let occurrence = OccurrenceId {
        task: asked.task.clone(),
        period,
    };
    let task = agenda.calendar.tasks.get(&asked.task);
    let towns = by_town(scope, asked, cells);
    let tally = towns
        .iter()
        .fold(Tally::default(), |sum, town| sum.with(town.tally));
    Some(Matrix {
        title: title_of(agenda, state, &occurrence),
        detail: task.map_or(String::new(), |task| task.detail.clone()),
        evidence: task.map_or(String::new(), |task| task.evidence.clone()),
        occurrence,
        today,
        periods,
        tally,
        asked: asked.clone(),
        choices: scope
            .towns()
            .iter()
            .map(|(id, name)| (written(id.as_ref()), name.clone()))
            .collect(),
        towns: towns
            .into_iter()
            .filter(|town| !town.cells.is_empty())
            .collect(),
    })
}

fn written(town: Option<&UnitId>) -> String {
    town.map_or(String::new(), ToString::to_string)
}

/// The period that people ask of today: the latest that has begun, else the first to come.
fn nearest(found: &BTreeMap<PeriodKey, Vec<(usize, Cell)>>, today: Date) -> Option<PeriodKey> {
    let first_due = |cells: &Vec<(usize, Cell)>| cells.iter().map(|(_, cell)| cell.due).min();
    let begun = |cells: &Vec<(usize, Cell)>| {
        let is_ahead = |standing| matches!(standing, Standing::Ahead | Standing::Waiting);
        cells.iter().any(|(_, cell)| !is_ahead(cell.standing))
    };
    let by_due = |wanted: bool| {
        found
            .iter()
            .filter(move |(_, cells)| begun(cells) == wanted)
            .filter_map(|(period, cells)| Some((first_due(cells)?, *period)))
    };
    let to_come = by_due(false).filter(|(due, _)| *due >= today).min();
    by_due(true)
        .max()
        .or(to_come)
        .or_else(|| by_due(false).max())
        .map(|(_, period)| period)
}

fn by_town(scope: &Scope, asked: &MatrixAsked, cells: Vec<(usize, Cell)>) -> Vec<Town> {
    let mut towns: Vec<Town> = scope
        .towns()
        .iter()
        .map(|(_, name)| Town {
            name: name.clone(),
            tally: Tally::default(),
            cells: Vec::new(),
        })
        .collect();
    for (at, cell) in cells {
        let Some(town) = scope.town_of(at) else {
            continue;
        };
        towns[town].tally.add(cell.standing);
        let wanted = asked
            .town
            .as_ref()
            .is_none_or(|id| written(scope.towns()[town].0.as_ref()) == id.as_str());
        if wanted && asked.stand.takes(&cell) {
            towns[town].cells.push(cell);
        }
    }
    towns
}

/// `None` for what is asked of nobody.
fn cell(agenda: &Agenda, slots: Slots<'_>, today: Date, sighted: &Sighted<'_, '_>) -> Option<Cell> {
    if matches!(sighted.standing, Standing::Covered | Standing::Withdrawn) {
        return None;
    }
    let (_, due) = sighted.days?;
    let untouched = DutyState::default();
    let state = sighted.state.unwrap_or(&untouched);
    let times = sighted.task.map_or(1, |task| task.times);
    let settled = state.settled(times);
    Some(Cell {
        duty: DutyId {
            occurrence: sighted.occurrence.clone(),
            unit: sighted.unit.clone(),
        },
        unit_name: agenda.roster.units()[sighted.at?].name.clone(),
        due,
        extended: state.extended_to == Some(due),
        workdays_left: agenda.calendar.workdays.between(today, due),
        standing: sighted.standing,
        settled_on: settled.as_ref().map(|settled| slots.day(settled.at())),
        answered: latest_answer(state, times),
        note: state
            .answers
            .last()
            .map_or(String::new(), |last| last.note.clone()),
        request: state
            .pending
            .filter(|_| settled.is_none())
            .and_then(|place| Some((place, state.answers.get(place)?.answer))),
        evidence: state.evidence.clone(),
    })
}

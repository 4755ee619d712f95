//! The present day: what went out, what came in, what needs a person.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};

use super::count::{Count, Found};
use super::{Line, Scope, requests};
use crate::core::agenda::Agenda;
use crate::core::bulletin::{Span, awaited};
use crate::core::duty::DutyId;
use crate::core::fact::{Answer, LetterKind};
use crate::core::plan::{Slots, missing_notices, undelivered};
use crate::core::state::{Given, Held, LetterStatus, State};
use crate::core::titles::title_of;
use crate::core::workdays::next;

/// How many of the day's answers are told; the rest is counted.
const ANSWERS_TOLD: usize = 12;

/// Due within so many days is soon.
const SOON_DAYS: i64 = 14;

/// The present day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Today {
    /// The day, and the hour.
    pub now: DateTime,
    /// The next slot.
    pub next_slot: DateTime,
    /// A pass that waits for a person, and why; the reasons in words.
    pub held: Option<(Option<Held>, Vec<String>)>,
    /// The letters of the day by where they stand.
    pub letters: BTreeMap<LetterStatus, usize>,
    /// What they told, most first.
    pub gone_out: Vec<GoneOut>,
    /// The day's answers by kind.
    pub answers: BTreeMap<Answer, usize>,
    /// The latest of them.
    pub arrived: Vec<Arrived>,
    /// What waits for a decision.
    pub requests: usize,
    /// The latest bulletins whose drafts nobody has decided of.
    pub drafts: Vec<String>,
    /// The names of the units that nobody can be reached at.
    pub gaps: Vec<String>,
    /// Letters that may have arrived or not.
    pub unknown: usize,
    /// Letters that did not arrive, and still trouble somebody.
    pub refused: usize,
    /// Mailboxes of the roster found not to exist.
    pub unreachable: usize,
    /// What the calendar lacks, in words.
    pub missing: Vec<String>,
    /// What has units that are overdue, of this year and the last; the most first.
    pub overdue: Vec<Line>,
    /// What falls due soon and is not done everywhere.
    pub soon: Vec<Line>,
}

/// What the day's letters told of one occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoneOut {
    /// What it is called.
    pub title: String,
    /// Of which rung: `提前7天提醒`.
    pub rung: String,
    /// How many notices.
    pub notices: usize,
}

/// An answer that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// When.
    pub at: DateTime,
    /// To which duty.
    pub duty: DutyId,
    /// The unit's name.
    pub unit_name: String,
    /// What the duty is called.
    pub title: String,
    /// What was answered.
    pub answer: Answer,
    /// By whom.
    pub by: String,
    /// With what note.
    pub note: String,
}

/// The present day.
pub fn today(agenda: &Agenda, state: &State, scope: &Scope, now: Timestamp) -> Today {
    let mut count = count(agenda, now);
    while count.step(agenda, state, scope) {}
    counted(agenda, state, scope, now, count)
}

/// What is to be counted for it: what is overdue of this year and the last, and what falls due soon.
pub(super) fn count(agenda: &Agenda, now: Timestamp) -> Count {
    let day = Slots::new(&agenda.calendar).day(now);
    Count::new(day.year() - 1..=soon(day).year(), now)
}

/// The last day that is soon.
fn soon(day: Date) -> Date {
    day.saturating_add(SOON_DAYS.days())
}

/// The present day, when that has been counted.
pub(super) fn counted(
    agenda: &Agenda,
    state: &State,
    scope: &Scope,
    now: Timestamp,
    count: Count,
) -> Today {
    let slots = Slots::new(&agenda.calendar);
    let day = slots.day(now);
    let zone = &agenda.calendar.timezone;
    let local = |at: Timestamp| at.to_zoned_datetime(zone.clone()).datetime();
    let (letters, gone_out) = gone_out(agenda, state, scope, day);
    let (answers, arrived) = arrived(agenda, state, scope, day);
    let (overdue, soon) = pressing(count.lines(agenda, state), day);
    let count = |status: fn(LetterStatus) -> bool| {
        let open = state.open_letters.iter();
        open.filter_map(|no| state.letters.get(no))
            .filter(|letter| status(letter.status))
            .count()
    };
    let whole = scope.is_whole();
    let undelivered = undelivered(agenda, state, day);
    Today {
        now: local(now),
        next_slot: local(slots.after(now)),
        held: held(agenda, state).filter(|_| whole),
        letters,
        gone_out,
        answers,
        arrived,
        requests: requests(agenda, state, scope, now).len(),
        drafts: if whole {
            awaited(agenda, state, day)
                .into_iter()
                .map(Span::name)
                .collect()
        } else {
            Vec::new()
        },
        gaps: gaps(agenda, state, scope, day),
        unknown: if whole {
            count(LetterStatus::is_unknown)
        } else {
            0
        },
        refused: if whole { undelivered.letters.len() } else { 0 },
        unreachable: if whole {
            undelivered.mailboxes.len()
        } else {
            0
        },
        missing: missing_notices(&agenda.calendar, day)
            .into_iter()
            .map(|(_, words)| words)
            .collect(),
        overdue,
        soon,
    }
}

fn held(agenda: &Agenda, state: &State) -> Option<(Option<Held>, Vec<String>)> {
    let reasons = state.held_for();
    if reasons.is_empty() {
        return None;
    }
    let locale = agenda.calendar.locale;
    let words = reasons
        .iter()
        .map(|reason| reason.in_words().in_locale(locale).to_owned())
        .collect();
    Some((state.hold.clone(), words))
}

/// The letters of the day, newest numbers first until one of an earlier day.
fn gone_out(
    agenda: &Agenda,
    state: &State,
    scope: &Scope,
    day: Date,
) -> (BTreeMap<LetterStatus, usize>, Vec<GoneOut>) {
    let begins = Slots::new(&agenda.calendar).instant(day, Time::midnight());
    let mut letters: BTreeMap<LetterStatus, usize> = BTreeMap::new();
    let mut told: BTreeMap<(String, String), usize> = BTreeMap::new();
    let of_the_day = state
        .letters
        .iter()
        .rev()
        .take_while(|(_, letter)| letter.queued.max(letter.slot) >= begins);
    for (no, letter) in of_the_day {
        let mut seen = false;
        for duty in &letter.duties {
            if !scope.sees_unit(&agenda.roster, &duty.unit) {
                continue;
            }
            seen = true;
            let Some(known) = state.duty(duty) else {
                continue;
            };
            let notices = known.told.iter().filter(|told| told.letter == *no);
            for notice in notices {
                let title = known
                    .own_title()
                    .unwrap_or_else(|| title_of(agenda, state, &duty.occurrence));
                *told.entry((title, notice.rung.chinese())).or_default() += 1;
            }
        }
        let plain = letter.kind == LetterKind::Alert && letter.alert.is_some();
        if seen || (scope.is_whole() && plain) {
            *letters.entry(letter.status).or_default() += 1;
        }
    }
    let mut rows: Vec<GoneOut> = told
        .into_iter()
        .map(|((title, rung), notices)| GoneOut {
            title,
            rung,
            notices,
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.notices));
    (letters, rows)
}

/// The answers of the day, the latest first.
fn arrived(
    agenda: &Agenda,
    state: &State,
    scope: &Scope,
    day: Date,
) -> (BTreeMap<Answer, usize>, Vec<Arrived>) {
    let slots = Slots::new(&agenda.calendar);
    let begins = |day: Date| slots.instant(day, Time::midnight());
    let of_the_day = begins(day)..begins(next(day));
    let zone = &agenda.calendar.timezone;
    let mut counts: BTreeMap<Answer, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (id, units) in &state.duties {
        for (unit, known) in units {
            // Answers stand in order: the last of them says whether any is of today.
            let fresh = known
                .answers
                .iter()
                .rev()
                .take_while(|given| of_the_day.contains(&given.at));
            for given in fresh {
                if !scope.sees_unit(&agenda.roster, unit) {
                    break;
                }
                *counts.entry(given.answer).or_default() += 1;
                found.push((given, id, unit, known));
            }
        }
    }
    let latest =
        |a: &(&Given, _, _, _), b: &(&Given, _, _, _)| (b.0.at, a.1, a.2).cmp(&(a.0.at, b.1, b.2));
    if found.len() > ANSWERS_TOLD {
        found.select_nth_unstable_by(ANSWERS_TOLD, latest);
        found.truncate(ANSWERS_TOLD);
    }
    found.sort_by(latest);
    let rows = found.into_iter().map(|(given, id, unit, known)| Arrived {
        at: given.at.to_zoned_datetime(zone.clone()).datetime(),
        duty: DutyId {
            occurrence: id.clone(),
            unit: unit.clone(),
        },
        unit_name: agenda
            .roster
            .unit(unit)
            .map_or(unit.to_string(), |unit| unit.name.clone()),
        title: known
            .own_title()
            .unwrap_or_else(|| title_of(agenda, state, id)),
        answer: given.answer,
        by: given.by.clone(),
        note: given.note.clone(),
    });
    (counts, rows.collect())
}

fn gaps(agenda: &Agenda, state: &State, scope: &Scope, day: Date) -> Vec<String> {
    let units = agenda.roster.units().iter().enumerate();
    units
        .filter(|(at, unit)| scope.sees(*at) && !unit.is_reachable(day, &state.unreachable))
        .map(|(_, unit)| unit.name.clone())
        .collect()
}

/// What has units overdue, and what falls due soon.
fn pressing(lines: Vec<(Line, Found)>, day: Date) -> (Vec<Line>, Vec<Line>) {
    let lines: Vec<Line> = lines.into_iter().map(|(line, _)| line).collect();
    let mut overdue: Vec<Line> = lines
        .iter()
        .filter(|line| line.tally.overdue > 0)
        .cloned()
        .collect();
    overdue.sort_by(|a, b| (b.tally.overdue, &a.occurrence).cmp(&(a.tally.overdue, &b.occurrence)));
    let soon = soon(day);
    let soon = lines
        .into_iter()
        .filter(|line| line.last_due >= day && line.due <= soon)
        .filter(|line| line.tally.ahead + line.tally.open > 0)
        .collect();
    (overdue, soon)
}

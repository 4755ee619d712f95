//! A unit's board: its year of duties with how each stands, what it answered, the burden it carries, whom it has in
//! which role. The page shows it, and the feed is made of it.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::TimeZone;

use super::agenda::Agenda;
use super::burden::{Burden, Month, burden_of};
use super::compose::latest_answer;
use super::duty::{DutyId, OccurrenceId};
use super::fact::Answer;
use super::known::known;
use super::names::UnitId;
use super::plan::{DutyStanding, Slots, Standing, standings_of};
use super::roster::Unit;
use super::state::{DutyState, State};
use super::titles::{role_title, title_of};

/// How many of the latest answers it tells.
pub const ANSWERS_TOLD: usize = 20;

/// The day from which a board tells: the beginning of the last year. What fell due before stands in the ledger.
pub fn told_since(today: Date) -> Date {
    date(today.year() - 1, 1, 1)
}

/// All that a unit's board tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub unit_name: String,
    /// What it is, as people say it: `小学`.
    pub kind: &'static str,
    /// The unit above it; empty at the top.
    pub above: String,
    /// The calendar's title.
    pub calendar: String,
    /// The zone its hours are in.
    pub zone: TimeZone,
    /// The day it is looked at.
    pub today: Date,
    /// When anything last happened: until then, and while the calendar is the same, the board tells the same dates.
    pub stamp: Timestamp,
    /// Who holds which role today, in the roster's order.
    pub contacts: Vec<Holder>,
    /// The months of this year.
    pub months: Vec<MonthOfBoard>,
    /// The duties due by a year from today, in the order of their due days.
    pub duties: Vec<BoardDuty>,
    /// The latest answers, newest first.
    pub answers: Vec<BoardAnswer>,
}

/// Who holds a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The role, as people say it: `安全主任`.
    pub role: &'static str,
    /// The person.
    pub person: String,
    /// Whether letters reach them, as far as is known.
    pub reachable: bool,
}

/// A month of the year: what it is about, and what it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthOfBoard {
    /// Which.
    pub month: Month,
    /// Its theme; empty where the calendar gives none.
    pub theme: String,
    /// What it is about.
    pub focus: Vec<String>,
    /// What the unit is asked in it, by the calendar alone.
    pub burden: Burden,
}

/// A duty of the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardDuty {
    /// Which.
    pub duty: DutyId,
    /// What it is called.
    pub title: String,
    /// What it asks; may be empty.
    pub detail: String,
    /// What to hand in; may be empty.
    pub evidence: String,
    /// The document it rests on; may be empty.
    pub authority: String,
    /// Whose demand it is, as people say it.
    pub origin: &'static str,
    /// A window's first day.
    pub window_from: Option<Date>,
    /// The last day, a granted extension included.
    pub due: Date,
    /// The hour on that day.
    pub due_time: Option<Time>,
    /// Whether that hour is over, on the due day itself.
    pub hour_over: bool,
    /// How the due day came about, in a clause.
    pub why: String,
    /// Workdays left until the due day; negative when overdue by so many.
    pub workdays_left: i32,
    /// How it stands.
    pub standing: Standing,
    /// The day it was settled.
    pub settled_on: Option<Date>,
    /// What was last answered, with who: `收到(王建国)`.
    pub answered: Option<String>,
    /// How often its due day has changed since somebody was first told of it.
    pub date_changes: u32,
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardAnswer {
    /// The day.
    pub day: Date,
    /// What the duty is called.
    pub title: String,
    /// What was answered.
    pub answer: Answer,
    /// By whom.
    pub by: String,
    /// With what note; may be empty.
    pub note: String,
}

/// A unit's board; `None` where the roster has no such unit.
pub fn board(agenda: &Agenda, state: &State, unit: &UnitId, now: Timestamp) -> Option<Board> {
    let at = agenda.roster.position(unit)?;
    let unit = &agenda.roster.units()[at];
    let slots = Slots::new(&agenda.calendar);
    let local = now
        .to_zoned_datetime(agenda.calendar.timezone.clone())
        .datetime();
    let today = local.date();
    let above = unit.parent.as_ref().and_then(|id| agenda.roster.unit(id));
    let until = today.saturating_add(1.year());
    let days = (told_since(today), until);
    let mut duties: Vec<BoardDuty> = standings_of(agenda, state, now, days, &unit.id)
        .iter()
        .filter_map(|found| duty(agenda, slots, local, found))
        .collect();
    duties.sort_by(|a, b| (a.due, &a.duty).cmp(&(b.due, &b.duty)));
    Some(Board {
        unit: unit.id.clone(),
        unit_name: unit.name.clone(),
        kind: unit.kind.name(),
        above: above.map_or(String::new(), |above| above.name.clone()),
        calendar: agenda.calendar.title.clone(),
        zone: agenda.calendar.timezone.clone(),
        today,
        stamp: state.last_fact.unwrap_or(now),
        contacts: contacts(unit, state, today),
        months: months(agenda, at, today.year()),
        duties,
        answers: answers(agenda, state, slots, &unit.id),
    })
}

/// `None` where the calendar no longer says what it asks.
fn duty(
    agenda: &Agenda,
    slots: Slots<'_>,
    today: DateTime,
    found: &DutyStanding<'_>,
) -> Option<BoardDuty> {
    let untouched = DutyState::default();
    let state = found.state.unwrap_or(&untouched);
    let known = known(agenda, slots, &found.duty, state)?;
    let (task, due) = (known.task, known.timetable.due);
    let why = match state.extended_to {
        Some(until) if until == due => "已准延期".to_owned(),
        _ => known.dated.why.in_locale(agenda.calendar.locale).to_owned(),
    };
    Some(BoardDuty {
        duty: found.duty.clone(),
        title: known.title(),
        detail: known.detail(),
        evidence: task.evidence.clone(),
        authority: task.authority.clone(),
        origin: task.origin.name(),
        window_from: known.dated.window_from,
        due,
        due_time: task.due_time,
        hour_over: due == today.date() && task.due_time.is_some_and(|hour| today.time() >= hour),
        why,
        workdays_left: agenda.calendar.workdays.between(today.date(), due),
        standing: found.standing,
        settled_on: state
            .settled(task.times)
            .map(|settled| slots.day(settled.at())),
        answered: latest_answer(state, task.times),
        date_changes: state.date_changes(due),
    })
}

fn contacts(unit: &Unit, state: &State, today: Date) -> Vec<Holder> {
    unit.contacts
        .iter()
        .filter(|contact| contact.holds_on(today))
        .map(|contact| Holder {
            role: role_title(contact.role.as_str(), unit.kind),
            person: contact.person.clone(),
            reachable: contact
                .address
                .as_ref()
                .is_some_and(|address| !state.unreachable.contains_key(address)),
        })
        .collect()
}

fn months(agenda: &Agenda, at: usize, year: i16) -> Vec<MonthOfBoard> {
    let mut burdens = burden_of(agenda, at, date(year, 1, 1), date(year, 12, 31));
    (1..=12)
        .map(|month| {
            let page = agenda.calendar.months.get(&month);
            let month = Month { year, month };
            MonthOfBoard {
                month,
                theme: page.map_or(String::new(), |page| page.theme.clone()),
                focus: page.map_or(Vec::new(), |page| page.focus.clone()),
                burden: burdens.remove(&month).unwrap_or_default(),
            }
        })
        .collect()
}

/// The latest answers, newest first; of one instant, the one recorded later first.
fn answers(agenda: &Agenda, state: &State, slots: Slots<'_>, unit: &UnitId) -> Vec<BoardAnswer> {
    let own = state
        .duties
        .iter()
        .filter_map(|(id, units)| Some((id, units.get(unit)?.as_ref())));
    let mut given: Vec<(&OccurrenceId, &DutyState, usize)> = own
        .flat_map(|(id, duty)| (0..duty.answers.len()).map(move |nth| (id, duty, nth)))
        .collect();
    given.sort_by_key(|(id, duty, nth)| std::cmp::Reverse((duty.answers[*nth].at, *id, *nth)));
    given.truncate(ANSWERS_TOLD);
    given
        .into_iter()
        .map(|(id, duty, nth)| {
            let answer = &duty.answers[nth];
            BoardAnswer {
                day: slots.day(answer.at),
                title: duty
                    .own_title()
                    .unwrap_or_else(|| title_of(agenda, state, id)),
                answer: answer.answer,
                by: answer.by.clone(),
                note: answer.note.clone(),
            }
        })
        .collect()
}

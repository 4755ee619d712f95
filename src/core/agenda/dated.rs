//! The dates of an occurrence, with the clause that explains them.

use jiff::ToSpan;
use jiff::civil::Date;

use super::Absent;
use crate::core::calendar::{Schedule, Task};
use crate::core::dates::{Almanac, Found, short_day};
use crate::core::diagnostic::{Locale, Words};
use crate::core::ladder::{Ladder, OnRestDay, Stretch};
use crate::core::period::PeriodKey;
use crate::core::workdays::Workdays;

/// When an occurrence opens and falls due for a group of units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The first day it can be done.
    pub opens: Date,
    /// The day it is announced: `opens`, or so long before a window's first day.
    pub announced: Date,
    /// The last day.
    pub due: Date,
    /// A window's first day.
    pub window_from: Option<Date>,
    /// The day before a rest day moved it.
    pub moved_from: Option<Date>,
    /// How the due day came about, in a clause.
    pub why: Words,
}

impl Dated {
    /// A duty raised by hand: open at once.
    pub fn raised(raised_on: Date, due: Date) -> Self {
        Self {
            opens: raised_on,
            announced: raised_on,
            due,
            window_from: None,
            moved_from: None,
            why: Words::new(
                format!("{}发起", short_day(raised_on)),
                format!("raised on {raised_on}"),
            ),
        }
    }
}

/// A day so long before another.
pub(crate) fn earlier(day: Date, by: Stretch, workdays: &Workdays) -> Date {
    match by {
        Stretch::Days(n) => day.saturating_sub(i64::from(n).days()),
        Stretch::Workdays(n) => workdays.before(day, n),
    }
}

/// Dates a task in a period.
///
/// # Errors
/// Why it has no dates.
pub fn dated(
    almanac: Almanac<'_>,
    task: &Task,
    ladder: &Ladder,
    period: PeriodKey,
) -> Result<Dated, Absent> {
    let Schedule::Dated(form) = &task.schedule else {
        return Err(Absent::None);
    };
    if let PeriodKey::Holiday(year, festival) = period {
        match almanac
            .school
            .interrupted_by(festival, year, almanac.workdays)
        {
            Some(true) => {}
            Some(false) => return Err(Absent::None),
            None => {
                return Err(Absent::Undated(Words::new(
                    format!("校历还没有写到{year}年{}前后", festival.name()),
                    format!("the school calendar does not reach {period}"),
                )));
            }
        }
    }
    skipped(almanac, task, period)?;
    let found = almanac.resolve(form, period).map_err(Absent::Undated)?;
    Ok(place(almanac, task, ladder, period, &found))
}

fn skipped(almanac: Almanac<'_>, task: &Task, period: PeriodKey) -> Result<(), Absent> {
    let Some(least) = task.skip_below_teaching_days else {
        return Ok(());
    };
    let (from, to) = almanac.span(period).map_err(Absent::Undated)?;
    if !almanac.school.knows(from) && !almanac.school.knows(to) {
        return Err(Absent::Undated(Words::new(
            format!("校历还没有写到{period}"),
            format!("the school calendar does not reach {period}"),
        )));
    }
    let taught = almanac
        .school
        .teaching_days(from, to, almanac.workdays)
        .len();
    if taught >= usize::from(least) {
        return Ok(());
    }
    Err(Absent::Skipped(Words::new(
        format!("本期只有{taught}个教学日,少于{least}个,免做"),
        format!("only {taught} teaching days in the period, fewer than {least}"),
    )))
}

fn place(
    almanac: Almanac<'_>,
    task: &Task,
    ladder: &Ladder,
    period: PeriodKey,
    found: &Found,
) -> Dated {
    let workdays = almanac.workdays;
    let due = if !found.movable || workdays.is_workday(found.day) {
        found.day
    } else {
        match ladder.due_on_rest_day {
            OnRestDay::Before => {
                // What is done on rest days alone can't be due before it begins: it is due after them.
                let before = workdays.on_or_before(found.day);
                match found.window_from {
                    Some(from) if before < from => workdays.on_or_after(found.day),
                    _ => before,
                }
            }
            OnRestDay::After => workdays.on_or_after(found.day),
            OnRestDay::Keep => found.day,
        }
    };
    let within_period = task.every.lies_within_a_year();
    let not_before = |day: Date| match period.civil_span() {
        Some((first, _)) if within_period => day.max(first.min(due)),
        _ => day,
    };
    let lead = earlier(found.window_from.unwrap_or(due), ladder.opens, workdays);
    let announced = not_before(lead);
    let moved_from = (due != found.day).then_some(found.day);
    Dated {
        opens: found.window_from.unwrap_or(announced),
        announced,
        due,
        window_from: found.window_from,
        moved_from,
        why: explain(task, found, due),
    }
}

fn explain(task: &Task, found: &Found, due: Date) -> Words {
    let mut clauses: Vec<(String, String)> = Vec::new();
    let form = match &task.schedule {
        Schedule::Dated(form) => form,
        Schedule::Conditional(_) => return Words::new("", ""),
    };
    if let Some(why) = &found.why {
        clauses.push((
            format!("{}:{}", form.in_words(Locale::Chinese), why.zh),
            format!("{}: {}", form.in_words(Locale::English), why.en),
        ));
    } else if due == found.day || found.window_from.is_some() {
        clauses.push((
            form.in_words(Locale::Chinese),
            form.in_words(Locale::English),
        ));
    }
    if due != found.day {
        let day = found.day;
        clauses.push(if due < day {
            (
                format!("原定 {},提前至工作日", short_day(day)),
                format!(
                    "{day} ({:?}) is a rest day, moved back to a workday",
                    day.weekday()
                ),
            )
        } else {
            (
                format!("原定 {},顺延至工作日", short_day(day)),
                format!(
                    "{day} ({:?}) is a rest day, moved on to a workday",
                    day.weekday()
                ),
            )
        });
    }
    let joined = |pick: fn(&(String, String)) -> &String| {
        clauses
            .iter()
            .map(pick)
            .cloned()
            .collect::<Vec<_>>()
            .join(";")
    };
    Words::new(joined(|c| &c.0), joined(|c| &c.1))
}

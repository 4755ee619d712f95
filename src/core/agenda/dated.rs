//! The dates of an occurrence, with the clause that explains them.

use std::cmp::Ordering;

use jiff::ToSpan;
use jiff::civil::Date;

use super::Absent;
use crate::core::calendar::{Schedule, Task};
use crate::core::dates::{Almanac, Found, short_day};
use crate::core::diagnostic::{Locale, Words};
use crate::core::ladder::{Ladder, OnRestDay, Stretch};
use crate::core::period::PeriodKey;
use crate::core::shift::Shift;
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
    /// How far it lies from everybody's due day.
    pub shift: Option<Shift>,
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
            shift: None,
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

/// Dates a task in a period, for units whose due day is `shift` from everybody's.
///
/// # Errors
/// Why it has no dates.
pub fn dated(
    almanac: Almanac<'_>,
    task: &Task,
    shift: Option<Shift>,
    ladder: &Ladder,
    period: PeriodKey,
) -> Result<Dated, Absent> {
    let Schedule::Dated(form) = &task.schedule else {
        return Err(Absent::None);
    };
    // A duty told of before the task came round otherwise is none any more.
    if !task.every.has(period) {
        return Err(Absent::None);
    }
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
    Ok(place(almanac, task, shift, ladder, period, &found))
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
    shift: Option<Shift>,
    ladder: &Ladder,
    period: PeriodKey,
    found: &Found,
) -> Dated {
    let workdays = almanac.workdays;
    let way = ladder.due_on_rest_day;
    let shared = if found.movable {
        off_rest_days(workdays, found.day, found.window_from, way)
    } else {
        found.day
    };
    let shifted = shift.map(|shift| Shifted::new(workdays, shift, shared, found.window_from, way));
    let due = shifted.map_or(shared, |shifted| shifted.due);
    let within_period = task.every.lies_within_a_year();
    let not_before = |day: Date| match period.civil_span() {
        Some((first, _)) if within_period => day.max(first.min(due)),
        _ => day,
    };
    let lead = earlier(found.window_from.unwrap_or(due), ladder.opens, workdays);
    let announced = not_before(lead);
    Dated {
        opens: found.window_from.unwrap_or(announced),
        announced,
        due,
        window_from: found.window_from,
        moved_from: (shared != found.day).then_some(found.day),
        shift,
        why: explain(task, found, shared, shifted),
    }
}

/// The day a due day comes to lie on, where it falls on a rest day.
fn off_rest_days(
    workdays: &Workdays,
    day: Date,
    window_from: Option<Date>,
    way: OnRestDay,
) -> Date {
    match way {
        _ if workdays.is_workday(day) => day,
        OnRestDay::Before => {
            // What is done on rest days alone can't be due before it begins: it is due after them.
            let before = workdays.on_or_before(day);
            match window_from {
                Some(from) if before < from => workdays.on_or_after(day),
                _ => before,
            }
        }
        OnRestDay::After => workdays.on_or_after(day),
        OnRestDay::Keep => day,
    }
}

/// A due day that lies away from everybody's.
#[derive(Clone, Copy)]
struct Shifted {
    shift: Shift,
    /// The day so far from everybody's.
    nominal: Date,
    /// That day off the rest days and within the window.
    due: Date,
}

impl Shifted {
    fn new(
        workdays: &Workdays,
        shift: Shift,
        shared: Date,
        window_from: Option<Date>,
        way: OnRestDay,
    ) -> Self {
        let nominal = match shift {
            Shift::Earlier(by) => earlier(shared, by, workdays),
            Shift::Later(Stretch::Days(n)) => shared.saturating_add(i64::from(n).days()),
            Shift::Later(Stretch::Workdays(n)) => workdays.after(shared, n),
        };
        let within = match window_from {
            // Nothing is due before it begins.
            Some(from) if nominal < from => workdays.on_or_after(from).min(shared),
            _ => nominal,
        };
        let due = off_rest_days(workdays, within, window_from, way);
        let due = match shift {
            Shift::Earlier(_) => due.min(shared),
            Shift::Later(_) => due,
        };
        Self {
            shift,
            nominal,
            due,
        }
    }

    fn clauses(self) -> Vec<(String, String)> {
        let mut clauses = vec![(
            format!("比统一截止日{}", self.shift.chinese()),
            format!("{} than everybody's due day", self.shift.english()),
        )];
        let (nominal, due) = (self.nominal, self.due);
        let (on, weekday) = (short_day(nominal), nominal.weekday());
        match due.cmp(&nominal) {
            Ordering::Equal => {}
            Ordering::Less => clauses.push((
                format!("逢 {on},再提前至工作日"),
                format!("{nominal} ({weekday:?}) is a rest day, moved back to a workday"),
            )),
            Ordering::Greater => clauses.push((
                format!("逢 {on},改为其后的 {}", short_day(due)),
                format!("moved on from {nominal} ({weekday:?})"),
            )),
        }
        clauses
    }
}

fn explain(task: &Task, found: &Found, shared: Date, shifted: Option<Shifted>) -> Words {
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
    } else if shared == found.day || found.window_from.is_some() {
        clauses.push((
            form.in_words(Locale::Chinese),
            form.in_words(Locale::English),
        ));
    }
    if shared != found.day {
        let day = found.day;
        clauses.push(if shared < day {
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
    clauses.extend(shifted.into_iter().flat_map(Shifted::clauses));
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

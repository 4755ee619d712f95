//! From a date form and a period to a day, with the reason in a clause.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use super::show::wraps;
use super::spoken::weekday_name;
use super::{DateForm, Edge, Gap, Nth, Unit};
use crate::core::diagnostic::{Locale, Words};
use crate::core::period::{BreakKind, Festival, PeriodKey, Season};
use crate::core::school_year::{SchoolYear, Term};
use crate::core::workdays::{Workdays, festival_day, next};

/// The day a form means in a period, before `due_on_rest_day` moves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The day; of a window, the last.
    pub day: Date,
    /// A window's first day.
    pub window_from: Option<Date>,
    /// Whether a rest day moves it. A form that names a workday or a teaching day has found its day.
    pub movable: bool,
    /// How it came about, where that takes more than reading the form.
    pub why: Option<Words>,
}

impl Found {
    fn day(day: Date) -> Self {
        Self {
            day,
            window_from: None,
            movable: true,
            why: None,
        }
    }

    fn window(from: Date, to: Date) -> Self {
        Self {
            window_from: Some(from),
            ..Self::day(to)
        }
    }

    fn fixed(mut self) -> Self {
        self.movable = false;
        self
    }

    fn because(mut self, zh: String, en: String) -> Self {
        self.why = Some(Words::new(zh, en));
        self
    }
}

/// `05-12(周六)`
pub fn short_day(day: Date) -> String {
    format!(
        "{:02}-{:02}({})",
        day.month(),
        day.day(),
        weekday_name(day.weekday())
    )
}

fn short(day: Date) -> String {
    format!("{:02}-{:02}", day.month(), day.day())
}

/// The days as they are for some units: workdays, and their school calendar.
#[derive(Clone, Copy, Debug)]
pub struct Almanac<'a> {
    /// Which days are worked.
    pub workdays: &'a Workdays,
    /// What is taught when.
    pub school: &'a SchoolYear,
}

impl Almanac<'_> {
    /// The day a form means in a period.
    ///
    /// # Errors
    /// Why there is none: the school calendar does not reach so far, or the month has no fifth Monday.
    pub fn resolve(&self, form: &DateForm, period: PeriodKey) -> Result<Found, Words> {
        let year = period.year();
        match form {
            DateForm::Day { month, day } => civil_day(period, *month, *day),
            DateForm::MonthEnd { month: Some(month) } => {
                Ok(Found::day(date(year, *month, 1).last_of_month()))
            }
            DateForm::MonthEnd { month: None } => Ok(Found::day(self.span(period)?.1)),
            DateForm::Weekday {
                month,
                nth,
                weekday,
            } => nth_weekday(period, *month, *nth, *weekday).map(Found::day),
            DateForm::EachWeekday(weekday) => {
                nth_weekday(period, None, Nth::Number(1), *weekday).map(Found::day)
            }
            DateForm::Week { month, nth } => {
                let monday = nth_weekday(period, Some(*month), *nth, Weekday::Monday)?;
                Ok(Found::window(monday, monday.saturating_add(6.days())))
            }
            DateForm::Window { from, to } => {
                let first = on(year, from.month, from.day.unwrap_or(1));
                let last_year = if wraps(*from, *to) { year + 1 } else { year };
                let last = match to.day {
                    Some(day) => on(last_year, to.month, day),
                    None => date(last_year, to.month, 1).last_of_month(),
                };
                Ok(Found::window(first, last))
            }
            DateForm::Workday(nth) => self.workday(period, *nth),
            DateForm::TeachingDay(nth) => self.teaching_day(period, *nth),
            DateForm::Term {
                season,
                edge,
                offset,
                unit,
            } => {
                let term = self.term(period, *season)?;
                Ok(self.off_term(term, *edge, *offset, *unit))
            }
            DateForm::MidTerm(season) => self.mid_term(period, *season),
            DateForm::TermLastTeachingDay(season) => self.last_of_term(period, *season),
            DateForm::BeforeGap(gap) => self.before_gap(period, *gap),
            DateForm::DaysBeforeGap { gap, count, unit } => {
                self.days_before_gap(period, *gap, *count, *unit)
            }
            DateForm::During(gap) => {
                let (name, first, last) = self.gap(*gap, period)?;
                Ok(Found::window(first, last).because(
                    format!("{name}自{}至{}", short(first), short(last)),
                    format!("from {first} to {last}"),
                ))
            }
            DateForm::Festival(festival) => the_day_of(*festival, year),
            DateForm::Floating(years) => match years.get(&year) {
                Some(form) => self.resolve(form, period).map(|found| {
                    let zh = format!("{year}年定为{}", form.in_words(Locale::Chinese));
                    let en = format!("in {year}: {}", form.in_words(Locale::English));
                    found.because(zh, en)
                }),
                None => Err(Words::new(
                    format!("{year}年的日期还没有写"),
                    format!("no date is given for {year}"),
                )),
            },
        }
    }

    fn workday(&self, period: PeriodKey, nth: Nth) -> Result<Found, Words> {
        let (from, to) = self.span(period)?;
        let day = match nth {
            Nth::Number(n) => self
                .workdays
                .after(self.workdays.on_or_after(from), u16::from(n) - 1),
            Nth::Last => self.workdays.on_or_before(to),
        };
        if day < from || day > to {
            return Err(Words::new(
                "这一期没有这么多工作日",
                "the period has no such workday",
            ));
        }
        Ok(Found::day(day).fixed())
    }

    fn mid_term(&self, period: PeriodKey, season: Option<Season>) -> Result<Found, Words> {
        let term = self.term(period, season)?;
        let length = term.end.duration_since(term.start).as_hours() / 24;
        let middle = term.start.saturating_add((length / 2).days());
        Ok(Found::day(middle).because(
            format!(
                "{}({}至{})的中间一天",
                term.name,
                short(term.start),
                short(term.end)
            ),
            format!("the middle of {} to {}", term.start, term.end),
        ))
    }

    fn last_of_term(&self, period: PeriodKey, season: Option<Season>) -> Result<Found, Words> {
        let term = self.term(period, season)?;
        let after = term.end.tomorrow().unwrap_or(Date::MAX);
        let day = self
            .school
            .last_teaching_before(after, self.workdays)
            .or_else(|| self.teaching_back_from(term.end, term.start))
            .ok_or_else(no_teaching_day)?;
        Ok(Found::day(day).fixed().because(
            format!("{}至{}结束,最后一个教学日", term.name, short(term.end)),
            format!("the last teaching day of the term ending {}", term.end),
        ))
    }

    fn before_gap(&self, period: PeriodKey, gap: Gap) -> Result<Found, Words> {
        let (name, first, _) = self.gap(gap, period)?;
        let day = self
            .school
            .last_teaching_before(first, self.workdays)
            .ok_or_else(|| unknown_school_year(first.year()))?;
        Ok(Found::day(day).fixed().because(
            format!("{name}自{}起,此前最后一个教学日", short_day(first)),
            format!("the last teaching day before {first}"),
        ))
    }

    fn days_before_gap(
        &self,
        period: PeriodKey,
        gap: Gap,
        count: u8,
        unit: Unit,
    ) -> Result<Found, Words> {
        let (name, first, _) = self.gap(gap, period)?;
        let count = u16::from(count);
        let found = match unit {
            Unit::Workday => Found::day(self.workdays.before(first, count)).fixed(),
            Unit::Day => Found::day(first.saturating_sub(i64::from(count).days())),
        };
        Ok(found.because(
            format!("{name}自{}起", short_day(first)),
            format!("the holiday begins on {first}"),
        ))
    }

    /// First and last day of a period.
    ///
    /// # Errors
    /// Where the school calendar does not say.
    pub fn span(&self, period: PeriodKey) -> Result<(Date, Date), Words> {
        if let Some(span) = period.civil_span() {
            return Ok(span);
        }
        match period {
            PeriodKey::Term(year, season) => self
                .school
                .term(year, season)
                .map(|term| (term.start, term.end))
                .ok_or_else(|| unknown_term(year, season)),
            PeriodKey::Holiday(year, festival) => self
                .gap(Gap::Holiday(festival), PeriodKey::Year(year))
                .map(|(_, first, last)| (first, last)),
            PeriodKey::Break(year, kind) => self
                .gap(Gap::Break(kind), PeriodKey::Year(year))
                .map(|(_, first, last)| (first, last)),
            PeriodKey::Raised(day, _) => Ok((day, day)),
            _ => Err(Words::new("期次不对", "no such period")),
        }
    }

    /// The days in which a covering duty may fall due: the period's own, and for a holiday or break all since the
    /// one before it.
    pub fn reach(&self, period: PeriodKey) -> Option<(Date, Date)> {
        let (first, last) = self.span(period).ok()?;
        match period {
            PeriodKey::Holiday(..) | PeriodKey::Break(..) => {
                let since = self.school.rested_until(first, self.workdays);
                Some((since.map_or(first, next), last))
            }
            _ => Some((first, last)),
        }
    }

    fn teaching_day(&self, period: PeriodKey, nth: Nth) -> Result<Found, Words> {
        let (from, to) = self.span(period)?;
        if !self.school.knows(from) || !self.school.knows(to) {
            return Err(unknown_school_year(to.year()));
        }
        let days = self.school.teaching_days(from, to, self.workdays);
        let day = match nth {
            Nth::Last => days.last(),
            Nth::Number(n) => days.get(usize::from(n) - 1),
        };
        day.map(|day| Found::day(*day).fixed())
            .ok_or_else(no_teaching_day)
    }

    fn teaching_back_from(&self, last: Date, first: Date) -> Option<Date> {
        self.school
            .teaching_days(first, last, self.workdays)
            .last()
            .copied()
    }

    fn off_term(&self, term: &Term, edge: Edge, offset: i16, unit: Unit) -> Found {
        let (anchor, verb) = match edge {
            Edge::Start => (term.start, "开学"),
            Edge::End => (term.end, "结束"),
        };
        let count = offset.unsigned_abs();
        let found = match (unit, offset) {
            (Unit::Day, _) => Found::day(anchor.saturating_add(i64::from(offset).days())),
            (Unit::Workday, 1..) => Found::day(self.workdays.after(anchor, count)).fixed(),
            (Unit::Workday, _) => Found::day(self.workdays.before(anchor, count)).fixed(),
        };
        found.because(
            format!("{}{}{verb}", term.name, short(anchor)),
            format!(
                "the term {} on {anchor}",
                if edge == Edge::Start {
                    "starts"
                } else {
                    "ends"
                }
            ),
        )
    }

    fn term(&self, period: PeriodKey, season: Option<Season>) -> Result<&Term, Words> {
        let (year, season) = match (period, season) {
            (PeriodKey::Term(year, season), None) => (year, season),
            (period, Some(season)) => (period.year(), season),
            _ => return Err(Words::new("没有写哪个学期", "which term is not said")),
        };
        self.school
            .term(year, season)
            .ok_or_else(|| unknown_term(year, season))
    }

    /// A gap's name, first and last day.
    fn gap(&self, gap: Gap, period: PeriodKey) -> Result<(String, Date, Date), Words> {
        let holiday = |festival: Festival, year: i16| {
            self.workdays
                .holiday(festival, year)
                .map(|(first, last)| (festival.name().to_owned(), first, last))
                .ok_or_else(|| unknown_school_year(year))
        };
        let school_break = |kind: BreakKind, year: i16| {
            self.school
                .school_break(year, kind)
                .map(|found| (found.name.clone(), found.start, found.end))
                .ok_or_else(|| {
                    Words::new(
                        format!("校历里还没有{year}年的{}", kind.name()),
                        format!("the school calendar has no {year}-{} yet", kind.key()),
                    )
                })
        };
        match (gap, period) {
            (Gap::Holiday(festival), _) => holiday(festival, period.year()),
            (Gap::Break(kind), _) => school_break(kind, period.year()),
            (Gap::Own, PeriodKey::Holiday(year, festival)) => holiday(festival, year),
            (Gap::Own, PeriodKey::Break(year, kind)) => school_break(kind, year),
            (Gap::Own, _) => Err(Words::new("没有写哪个假期", "which holiday is not said")),
        }
    }
}

fn the_day_of(festival: Festival, year: i16) -> Result<Found, Words> {
    festival_day(festival, year)
        .map(|day| {
            Found::day(day).because(
                format!("{year}年{}是{}", festival.name(), short_day(day)),
                format!("in {year} it falls on {day}"),
            )
        })
        .ok_or_else(|| {
            Words::new(
                format!("算不出{year}年的{}", festival.name()),
                format!("the lunar calendar of {year} is not computed"),
            )
        })
}

/// A day of a month; a 31st in a shorter month is its last day.
fn on(year: i16, month: i8, day: i8) -> Date {
    let first = date(year, month, 1);
    let day = day.min(first.days_in_month());
    date(year, month, day)
}

fn civil_day(period: PeriodKey, month: Option<i8>, day: i8) -> Result<Found, Words> {
    let month = match (month, period) {
        (Some(month), _) | (None, PeriodKey::Month(_, month)) => month,
        (None, PeriodKey::Quarter(_, quarter)) => (quarter - 1) * 3 + 1,
        _ => return Err(Words::new("没有写哪个月", "which month is not said")),
    };
    let found = on(period.year(), month, day);
    let shortened = found.day() != day;
    let found = Found::day(found);
    if shortened {
        return Ok(found.because(
            format!("{month}月没有{day}日,取月末"),
            format!("the month has no day {day}: its last day"),
        ));
    }
    Ok(found)
}

fn nth_weekday(
    period: PeriodKey,
    month: Option<i8>,
    nth: Nth,
    weekday: Weekday,
) -> Result<Date, Words> {
    let (first, last) = match (month, period.civil_span()) {
        (Some(month), _) => {
            let first = date(period.year(), month, 1);
            (first, first.last_of_month())
        }
        (None, Some(span)) => span,
        (None, None) => return Err(Words::new("没有写哪个月", "which month is not said")),
    };
    let found = match nth {
        Nth::Last => {
            let back = last.weekday().since(weekday);
            last.saturating_sub(i64::from(back).days())
        }
        Nth::Number(n) => {
            let ahead = weekday.since(first.weekday());
            first.saturating_add((i64::from(ahead) + 7 * (i64::from(n) - 1)).days())
        }
    };
    if found > last || found < first {
        return Err(Words::new(
            format!("这一期没有这么多个{}", weekday_name(weekday)),
            format!("the period has no such {weekday:?}"),
        ));
    }
    Ok(found)
}

fn unknown_term(year: i16, season: Season) -> Words {
    let (zh, en) = match season {
        Season::Spring => ("春季", "spring"),
        Season::Autumn => ("秋季", "autumn"),
    };
    Words::new(
        format!("校历里还没有{year}年{zh}学期"),
        format!("the school calendar has no {year}-{en} yet"),
    )
}

fn unknown_school_year(year: i16) -> Words {
    Words::new(
        format!("校历还没有写到{year}年这个时候"),
        format!("the school calendar does not reach so far into {year}"),
    )
}

fn no_teaching_day() -> Words {
    Words::new("这一期没有教学日", "the period has no such teaching day")
}

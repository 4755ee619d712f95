//! Dates as people say them: `5月12日`, `last Monday of March`, `春季学期开学后14天`, `五一放假前`.

mod chinese;
mod english;
mod meant;
mod named;
mod resolve;
mod show;
mod spoken;

use std::collections::BTreeMap;

use jiff::civil::Weekday;

pub(crate) use meant::without_year;
pub use named::Named;
pub use resolve::{Almanac, Found, short_day};
pub use spoken::{month_day, near_day, weekday_in_full, weekday_name, whole_day};

use super::diagnostic::Words;
use super::period::{BreakKind, Every, Festival, Season};
use super::scan;
use super::written::read_day;

/// The most days a date may lie from the term it is anchored on: more is a slip of the pen.
const FARTHEST: u16 = 400;

/// Which of several: `第二个`, `最后一个`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nth {
    /// The first is 1.
    Number(u8),
    /// 最后一个
    Last,
}

/// What an offset counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Days on the wall calendar.
    Day,
    /// Workdays.
    Workday,
}

/// The edges of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// 开学
    Start,
    /// 学期结束
    End,
}

/// A stretch without teaching that a date is anchored on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gap {
    /// A public holiday.
    Holiday(Festival),
    /// A school break.
    Break(BreakKind),
    /// That of the period itself, under `every = "holiday"` and `every = "break"`.
    Own,
}

/// One end of a window: a day, or a whole month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowEnd {
    /// The month.
    pub month: i8,
    /// The day; `None`: the month's first or last.
    pub day: Option<i8>,
}

/// A date of the calendar language, before a period makes it a day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DateForm {
    /// `5月12日`; without a month, `10日`: within each period.
    Day {
        /// The month, unless the period or the file gives it.
        month: Option<i8>,
        /// The day of the month, or of the period's first month.
        day: i8,
    },
    /// `4月底`, `5月底前`; without a month, `月底`: the period's last day.
    MonthEnd {
        /// The month, unless the period gives it.
        month: Option<i8>,
    },
    /// `周五`: of each week.
    EachWeekday(Weekday),
    /// `3月最后一个周一`; without a month, `第二个周五`.
    Weekday {
        /// The month, unless the period gives it.
        month: Option<i8>,
        /// Which of them.
        nth: Nth,
        /// The weekday.
        weekday: Weekday,
    },
    /// `3月最后一周`: from that Monday to its Sunday.
    Week {
        /// The month the Monday lies in.
        month: i8,
        /// Which of its Mondays.
        nth: Nth,
    },
    /// `5月至9月`, `6月20日至7月4日`, `12月至次年1月`, `3月`.
    Window {
        /// The first day.
        from: WindowEnd,
        /// The last day; in the next year where it lies before the first.
        to: WindowEnd,
    },
    /// `最后一个工作日`
    Workday(Nth),
    /// `第一个教学日`
    TeachingDay(Nth),
    /// `开学后14天`, `学期结束前5个工作日`; `开学当日` with 0.
    Term {
        /// Which term, where the period does not say.
        season: Option<Season>,
        /// Counted from its start or its end.
        edge: Edge,
        /// How many, negative for before.
        offset: i16,
        /// Of what.
        unit: Unit,
    },
    /// `学期中`: the middle day of the term.
    MidTerm(Option<Season>),
    /// `期末`: the last day taught in the term.
    TermLastTeachingDay(Option<Season>),
    /// `五一放假前`: the last day taught before it.
    BeforeGap(Gap),
    /// `国庆节前3个工作日`
    DaysBeforeGap {
        /// What it is before.
        gap: Gap,
        /// How many.
        count: u8,
        /// Of what.
        unit: Unit,
    },
    /// `寒假期间`
    During(Gap),
    /// `春节`: the day itself.
    Festival(Festival),
    /// `{ 2026 = "9月11日" }`: it floats from year to year.
    Floating(BTreeMap<i16, DateForm>),
}

impl DateForm {
    /// Reads a date in either language.
    ///
    /// # Errors
    /// What is wrong, in both languages.
    pub fn parse(text: &str) -> Result<Self, Words> {
        Self::parse_named(text).map(|(form, _)| form)
    }

    /// The same, with the period that its words name.
    ///
    /// # Errors
    /// What is wrong, in both languages.
    pub fn parse_named(text: &str) -> Result<(Self, Option<Named>), Words> {
        // What stands between two ends is written in many ways.
        let plain = scan::plain(text).replace(['—', '–', '~'], "至");
        if plain.is_empty() {
            return Err(Words::new("日期是空的", "the date is empty"));
        }
        if let Some(day) = read_day(&plain) {
            return Err(without_year(day));
        }
        let (form, named) = if plain
            .chars()
            .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
        {
            chinese::parse(&plain)
        } else {
            english::parse(&plain)
        }?;
        form.possible()?;
        Ok((form.plainer(), named))
    }

    /// The date that may have been meant by a text that is none.
    pub(crate) fn meant(text: &str) -> Option<String> {
        meant::date(&scan::plain(text))
    }

    /// No workdays after a day are that day, as no days are.
    fn plainer(self) -> Self {
        match self {
            Self::Term {
                season,
                edge,
                offset: 0,
                ..
            } => Self::Term {
                season,
                edge,
                offset: 0,
                unit: Unit::Day,
            },
            other => other,
        }
    }

    /// Refuses days that no year has.
    fn possible(&self) -> Result<(), Words> {
        let day_in = |month: i8, day: i8| {
            let longest = match month {
                2 => 29,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            if day <= longest && day >= 1 {
                return Ok(());
            }
            Err(Words::new(
                format!("{month}月没有{day}日,最多到{month}月{longest}日"),
                format!("month {month} has no day {day}, at most {longest}"),
            ))
        };
        match self {
            Self::Day {
                month: Some(month),
                day,
            } => day_in(*month, *day),
            Self::Day { month: None, day } if !(1..=31).contains(day) => Err(Words::new(
                format!("没有{day}日这一天"),
                format!("there is no day {day}"),
            )),
            Self::Window { from, to } => [from, to]
                .into_iter()
                .filter_map(|end| end.day.map(|day| day_in(end.month, day)))
                .collect(),
            Self::Weekday {
                nth: Nth::Number(n),
                ..
            }
            | Self::Week {
                nth: Nth::Number(n),
                ..
            } if !(1..=5).contains(n) => Err(Words::new(
                format!("一个月没有第{n}个,最多第5个;也可写“最后一个”"),
                format!("no month has a {n}th one; at most the 5th, or “last”"),
            )),
            Self::Term { offset, .. } if offset.unsigned_abs() > FARTHEST => Err(Words::new(
                format!("离开学、学期结束最多{FARTHEST}天"),
                format!("at most {FARTHEST} days from a term's start or end"),
            )),
            Self::Workday(Nth::Number(0)) | Self::TeachingDay(Nth::Number(0)) => {
                Err(Words::new("从第1个数起", "count from the first"))
            }
            _ => Ok(()),
        }
    }

    /// The form as it holds under `every`, with the file's month put in where it is wanted.
    ///
    /// # Errors
    /// Why it makes no sense there.
    pub fn under(self, every: Every, file_month: Option<i8>) -> Result<Self, Words> {
        if let Self::Floating(years) = self {
            return if every == Every::Year {
                years
                    .into_iter()
                    .map(|(year, form)| Ok((year, form.under(every, file_month)?)))
                    .collect::<Result<_, _>>()
                    .map(Self::Floating)
            } else {
                Err(Words::new(
                    "逐年写明的日期只能用于每年一次的任务",
                    "a date given year by year needs every = \"year\"",
                ))
            };
        }
        let form = match (self, every, file_month) {
            (Self::Day { month: None, day }, Every::Year, Some(month)) => Self::Day {
                month: Some(month),
                day,
            },
            (Self::MonthEnd { month: None }, Every::Year, Some(month)) => {
                Self::MonthEnd { month: Some(month) }
            }
            (
                Self::Weekday {
                    month: None,
                    nth,
                    weekday,
                },
                Every::Year,
                Some(month),
            ) => Self::Weekday {
                month: Some(month),
                nth,
                weekday,
            },
            (form, _, _) => form,
        };
        form.possible()?;
        form.suits(every).map(|()| form)
    }

    fn suits(&self, every: Every) -> Result<(), Words> {
        let civil = matches!(every, Every::Quarter | Every::Month | Every::Week);
        let (good, zh, en) = match self {
            Self::Day { month: Some(_), .. }
            | Self::MonthEnd { month: Some(_) }
            | Self::Weekday { month: Some(_), .. }
            | Self::Week { .. }
            | Self::Window { .. }
            | Self::Festival(_)
            | Self::Floating(_) => (
                every == Every::Year,
                "写明月份的日期只能用于每年一次的任务(every = \"year\")",
                "a date that names its month needs every = \"year\"",
            ),
            Self::Day { month: None, .. } => (
                matches!(every, Every::Quarter | Every::Month),
                "只写几日,要么放在月份文件里,要么用于每月、每季的任务",
                "a bare day needs a month: a month's file, or every = \"month\" or \"quarter\"",
            ),
            Self::EachWeekday(_) => (
                every == Every::Week,
                "只写周几,没有说是哪一个:每周的请加 every = \"week\";每月、每季的写“第一个周五”“最后一个周五”;每年的写“5月第二个周五”",
                "which one is not said: every = \"week\" for each week, “1st Friday” or “last Friday” of a month or quarter, “2nd Friday of May” of a year",
            ),
            Self::MonthEnd { month: None } => (civil, "没有写哪个月", "which month is not said"),
            Self::Weekday {
                month: None, nth, ..
            } => (
                matches!(every, Every::Quarter | Every::Month)
                    || (every == Every::Week && *nth == Nth::Number(1)),
                "“第几个周几”要写明几月,或用于每月、每季的任务",
                "an nth weekday needs its month, or every = \"month\" or \"quarter\"",
            ),
            Self::Workday(_) | Self::TeachingDay(_) => (
                civil || every == Every::Term,
                "“第几个工作日、教学日”要用于每周、每月、每季或每学期的任务",
                "an nth workday or teaching day needs every = week, month, quarter or term",
            ),
            Self::Term { season, .. }
            | Self::MidTerm(season)
            | Self::TermLastTeachingDay(season) => match (season, every) {
                (None, Every::Term) | (Some(_), Every::Year) => (true, "", ""),
                (Some(_), _) => (
                    false,
                    "写明哪个学期的日期只能用于每年一次的任务",
                    "a date that names its term needs every = \"year\"",
                ),
                (None, _) => (
                    false,
                    "请写明哪个学期,如“春季学期开学后14天”;每学期一次的请加 every = \"term\"",
                    "say which term, such as “14d after spring term start”, or use every = \"term\"",
                ),
            },
            Self::BeforeGap(gap) | Self::DaysBeforeGap { gap, .. } | Self::During(gap) => {
                match (gap, every) {
                    (Gap::Own, Every::Holiday | Every::Break) => (true, "", ""),
                    (Gap::Own, _) => (
                        false,
                        "请写明哪个假期,如“五一放假前”;每个假期一次的请加 every = \"holiday\" 或 \"break\"",
                        "say before which holiday, or use every = \"holiday\" or \"break\"",
                    ),
                    (_, every) => (
                        every == Every::Year,
                        "写明哪个假期的日期只能用于每年一次的任务",
                        "a date that names its holiday needs every = \"year\"",
                    ),
                }
            }
        };
        if good {
            Ok(())
        } else {
            Err(Words::new(zh, en))
        }
    }

    /// Whether it is a stretch of days rather than one.
    pub fn is_window(&self) -> bool {
        matches!(
            self,
            Self::Week { .. } | Self::Window { .. } | Self::During(_)
        )
    }
}

/// Examples of every form, for a message about one that cannot be read.
pub(crate) fn examples() -> Words {
    Words::new(
        "日期可以写:5月12日、4月底、3月最后一个周一、3月最后一周、6月20日至7月4日、5月至9月、最后一个工作日、开学后14天、学期中、五一放假前、国庆节前3个工作日、寒假期间、端午节",
        "dates may be: May 12, 05-12, end of April, last Monday of March, last week of March, June 20 to July 4, last workday, 14d after term start, mid-term, before Labour Day, 3 workdays before National Day, during winter break, Dragon Boat",
    )
}

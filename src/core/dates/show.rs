//! Dates printed as they would be written, in either language; reading what is printed gives the same date.

use jiff::civil::Weekday;

use super::chinese::FESTIVALS as CHINESE_FESTIVALS;
use super::english::{FESTIVALS as ENGLISH_FESTIVALS, MONTHS, WEEKDAYS};
use super::spoken::weekday_name;
use super::{DateForm, Edge, Gap, Nth, Unit, WindowEnd};
use crate::core::diagnostic::Locale;
use crate::core::period::{BreakKind, Festival, Season};

impl DateForm {
    /// The date in words of one language.
    pub fn in_words(&self, locale: Locale) -> String {
        match locale {
            Locale::Chinese => chinese(self),
            Locale::English => english(self),
        }
    }
}

fn chinese(form: &DateForm) -> String {
    let of_month = |month: &Option<i8>| month.map_or(String::new(), |m| format!("{m}月"));
    let season = |season: &Option<Season>| match season {
        None => "",
        Some(Season::Spring) => "春季学期",
        Some(Season::Autumn) => "秋季学期",
    };
    let nth = |nth: Nth| match nth {
        Nth::Number(n) => format!("第{n}个"),
        Nth::Last => "最后一个".to_owned(),
    };
    match form {
        DateForm::Day { month, day } => format!("{}{day}日", of_month(month)),
        DateForm::MonthEnd { month: Some(month) } => format!("{month}月底"),
        DateForm::MonthEnd { month: None } => "月底".to_owned(),
        DateForm::EachWeekday(weekday) => weekday_name(*weekday).to_owned(),
        DateForm::Weekday {
            month,
            nth: which,
            weekday,
        } => format!(
            "{}{}{}",
            of_month(month),
            nth(*which),
            weekday_name(*weekday)
        ),
        DateForm::Week {
            month,
            nth: Nth::Last,
        } => format!("{month}月最后一周"),
        DateForm::Week {
            month,
            nth: Nth::Number(n),
        } => format!("{month}月第{n}周"),
        DateForm::Window { from, to } => {
            let end = |end: &WindowEnd| {
                end.day.map_or(format!("{}月", end.month), |day| {
                    format!("{}月{day}日", end.month)
                })
            };
            if from == to && from.day.is_none() {
                end(from)
            } else {
                let next = if wraps(*from, *to) { "次年" } else { "" };
                format!("{}至{next}{}", end(from), end(to))
            }
        }
        DateForm::Workday(which) => format!("{}工作日", nth(*which)),
        DateForm::TeachingDay(which) => format!("{}教学日", nth(*which)),
        DateForm::Term {
            season: which,
            edge,
            offset,
            unit,
        } => {
            let edge = match edge {
                Edge::Start => "开学",
                // The season's name ends in 学期 already.
                Edge::End if which.is_some() => "结束",
                Edge::End => "学期结束",
            };
            match offset {
                0 => format!("{}{edge}当日", season(which)),
                n => format!(
                    "{}{edge}{}{}{}",
                    season(which),
                    if *n > 0 { "后" } else { "前" },
                    n.unsigned_abs(),
                    chinese_unit(*unit)
                ),
            }
        }
        DateForm::MidTerm(which) => {
            format!(
                "{}{}",
                season(which),
                if which.is_some() { "中" } else { "学期中" }
            )
        }
        DateForm::TermLastTeachingDay(which) => {
            format!(
                "{}{}",
                season(which),
                if which.is_some() { "末" } else { "期末" }
            )
        }
        DateForm::BeforeGap(Gap::Own) => "放假前".to_owned(),
        DateForm::BeforeGap(gap) => format!("{}放假前", chinese_gap(*gap)),
        DateForm::DaysBeforeGap { gap, count, unit } => {
            format!("{}前{count}{}", chinese_gap(*gap), chinese_unit(*unit))
        }
        DateForm::During(gap) => format!("{}期间", chinese_gap(*gap)),
        DateForm::Festival(festival) => chinese_festival(*festival).to_owned(),
        DateForm::Floating(years) => years
            .iter()
            .map(|(year, form)| format!("{year}年{}", chinese(form)))
            .collect::<Vec<_>>()
            .join("、"),
    }
}

fn chinese_unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Day => "天",
        Unit::Workday => "个工作日",
    }
}

fn chinese_festival(festival: Festival) -> &'static str {
    CHINESE_FESTIVALS
        .iter()
        .find(|(_, meaning)| *meaning == festival)
        .map_or("", |(name, _)| name)
}

fn chinese_gap(gap: Gap) -> &'static str {
    match gap {
        Gap::Holiday(festival) => chinese_festival(festival),
        Gap::Break(kind) => kind.name(),
        Gap::Own => "放假",
    }
}

/// Whether a window's last day lies in the year after its first.
pub(super) fn wraps(from: WindowEnd, to: WindowEnd) -> bool {
    (to.month, to.day.unwrap_or(31)) < (from.month, from.day.unwrap_or(1))
}

fn english(form: &DateForm) -> String {
    let season = |season: &Option<Season>| match season {
        None => "",
        Some(Season::Spring) => "spring ",
        Some(Season::Autumn) => "autumn ",
    };
    let nth = |nth: Nth| match nth {
        Nth::Number(n) => {
            let ending = match (n % 10, n % 100) {
                (1, n) if n != 11 => "st",
                (2, n) if n != 12 => "nd",
                (3, n) if n != 13 => "rd",
                _ => "th",
            };
            format!("{n}{ending}")
        }
        Nth::Last => "last".to_owned(),
    };
    let counted = |count: u16, unit: Unit| match (count, unit) {
        (n, Unit::Day) => format!("{n}d"),
        (1, Unit::Workday) => "1 workday".to_owned(),
        (n, Unit::Workday) => format!("{n} workdays"),
    };
    match form {
        DateForm::Day {
            month: Some(month),
            day,
        } => format!("{} {day}", month_name(*month)),
        DateForm::Day { month: None, day } => format!("day {day}"),
        DateForm::MonthEnd { month: Some(month) } => format!("end of {}", month_name(*month)),
        DateForm::MonthEnd { month: None } => "last day".to_owned(),
        DateForm::EachWeekday(weekday) => english_weekday(*weekday),
        DateForm::Weekday {
            month,
            nth: which,
            weekday,
        } => {
            let of = month.map_or(String::new(), |m| format!(" of {}", month_name(m)));
            format!("{} {}{of}", nth(*which), english_weekday(*weekday))
        }
        DateForm::Week { month, nth: which } => {
            format!("{} week of {}", nth(*which), month_name(*month))
        }
        DateForm::Window { from, to } => {
            let end = |end: &WindowEnd| {
                let name = month_name(end.month);
                end.day.map_or(name.clone(), |day| format!("{name} {day}"))
            };
            if from == to && from.day.is_none() {
                end(from)
            } else {
                let next = if wraps(*from, *to) { "next " } else { "" };
                format!("{} to {next}{}", end(from), end(to))
            }
        }
        DateForm::Workday(which) => format!("{} workday", nth(*which)),
        DateForm::TeachingDay(which) => format!("{} teaching day", nth(*which)),
        DateForm::Term {
            season: which,
            edge,
            offset,
            unit,
        } => {
            let edge = match edge {
                Edge::Start => "start",
                Edge::End => "end",
            };
            let counted = match offset {
                0 => String::new(),
                n => format!(
                    "{} {} ",
                    counted(n.unsigned_abs(), *unit),
                    if *n > 0 { "after" } else { "before" }
                ),
            };
            format!("{counted}{}term {edge}", season(which))
        }
        DateForm::MidTerm(which) => format!("{}mid-term", season(which)),
        DateForm::TermLastTeachingDay(which) => format!("end of {}term", season(which)),
        DateForm::BeforeGap(gap) => format!("before {}", english_gap(*gap)),
        DateForm::DaysBeforeGap { gap, count, unit } => format!(
            "{} before {}",
            counted(u16::from(*count), *unit),
            english_gap(*gap)
        ),
        DateForm::During(gap) => format!("during {}", english_gap(*gap)),
        DateForm::Festival(festival) => english_festival(*festival),
        DateForm::Floating(years) => years
            .iter()
            .map(|(year, form)| format!("{year}: {}", english(form)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn capital(word: &str) -> String {
    word.split(' ')
        .map(|word| {
            let mut chars = word.chars();
            chars
                .next()
                .map(|first| first.to_uppercase().chain(chars).collect::<String>())
                .unwrap_or_default()
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn month_name(month: i8) -> String {
    MONTHS
        .iter()
        .find(|(_, number)| *number == month)
        .map_or(String::new(), |(name, _)| capital(name))
}

fn english_weekday(weekday: Weekday) -> String {
    WEEKDAYS
        .iter()
        .find(|(_, meaning)| *meaning == weekday)
        .map_or(String::new(), |(name, _)| capital(name))
}

fn english_festival(festival: Festival) -> String {
    ENGLISH_FESTIVALS
        .iter()
        .find(|(_, meaning)| *meaning == festival)
        .map_or(String::new(), |(name, _)| capital(name))
}

fn english_gap(gap: Gap) -> String {
    match gap {
        Gap::Holiday(festival) => english_festival(festival),
        Gap::Break(BreakKind::Winter) => "winter break".to_owned(),
        Gap::Break(BreakKind::Spring) => "spring break".to_owned(),
        Gap::Break(BreakKind::Summer) => "summer break".to_owned(),
        Gap::Break(BreakKind::Autumn) => "autumn break".to_owned(),
        Gap::Own => "the holiday".to_owned(),
    }
}

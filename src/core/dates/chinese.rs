//! Dates in Chinese.

use jiff::civil::Weekday;

use super::named::{Named, in_chinese};
use super::{DateForm, Edge, Gap, Nth, Unit, WindowEnd, examples};
use crate::core::diagnostic::Words;
use crate::core::period::{BreakKind, Festival, Season};
use crate::core::scan::Scan;

pub(super) const FESTIVALS: [(&str, Festival); 15] = [
    ("元旦节", Festival::NewYear),
    ("元旦", Festival::NewYear),
    ("春节", Festival::SpringFestival),
    ("清明节", Festival::Qingming),
    ("清明", Festival::Qingming),
    ("五一劳动节", Festival::LabourDay),
    ("五一", Festival::LabourDay),
    ("劳动节", Festival::LabourDay),
    ("端午节", Festival::DragonBoat),
    ("端午", Festival::DragonBoat),
    ("中秋节", Festival::MidAutumn),
    ("中秋", Festival::MidAutumn),
    ("国庆节", Festival::NationalDay),
    ("国庆", Festival::NationalDay),
    ("十一", Festival::NationalDay),
];

const BREAKS: [(&str, BreakKind); 4] = [
    ("寒假", BreakKind::Winter),
    ("春假", BreakKind::Spring),
    ("暑假", BreakKind::Summer),
    ("秋假", BreakKind::Autumn),
];

const WEEKDAYS: [(&str, Weekday); 8] = [
    ("一", Weekday::Monday),
    ("二", Weekday::Tuesday),
    ("三", Weekday::Wednesday),
    ("四", Weekday::Thursday),
    ("五", Weekday::Friday),
    ("六", Weekday::Saturday),
    ("日", Weekday::Sunday),
    ("天", Weekday::Sunday),
];

pub(super) fn parse(text: &str) -> Result<(DateForm, Option<Named>), Words> {
    let mut scan = Scan::new(text);
    let named = in_chinese(&mut scan);
    let attempts = [term, gap, month, within_period, festival];
    for attempt in attempts {
        match attempt(scan) {
            Some((form, rest)) if rest.is_done() => return Ok((form, named)),
            _ => {}
        }
    }
    Err(unreadable(text))
}

fn unreadable(text: &str) -> Words {
    let mut ahead = Scan::new(text);
    if let Some(month) = ahead.number().filter(|_| ahead.take(&["月"]))
        && !(1..=12).contains(&month)
    {
        return Words::new(
            format!("没有{month}月,月份是1到12"),
            format!("there is no month {month}, they are 1 to 12"),
        );
    }
    let hint = examples();
    if text.contains("学期") || text.contains("开学") {
        return Words::new(
            format!(
                "读不懂“{text}”。学期里的日期可写:开学后14天、开学前1个工作日、开学当日、学期中、期末、学期结束前5个工作日;每年一次的前面加“春季学期”或“秋季学期”"
            ),
            format!("cannot read “{text}” as a date in a term"),
        );
    }
    Words::new(
        format!("读不懂日期“{text}”。{}", hint.zh),
        format!("cannot read the date “{text}”; {}", hint.en),
    )
}

type Read<'a> = Option<(DateForm, Scan<'a>)>;

/// `第二个`, `最后一个`; the measure word may stand or not.
fn nth(scan: &mut Scan<'_>, measures: &[&str]) -> Option<Nth> {
    let mut ahead = *scan;
    let nth = if ahead.take(&["最后"]) {
        ahead.take(&["一", "1"]);
        Nth::Last
    } else if ahead.take(&["首个", "首"]) {
        *scan = ahead;
        return Some(Nth::Number(1));
    } else if ahead.take(&["第"]) {
        Nth::Number(u8::try_from(ahead.small()?).ok()?)
    } else if ahead.take(&["倒数第一", "倒数第1"]) {
        Nth::Last
    } else {
        return None;
    };
    if !measures.is_empty() {
        ahead.take(measures);
    }
    *scan = ahead;
    Some(nth)
}

pub(super) fn weekday(scan: &mut Scan<'_>) -> Option<Weekday> {
    let mut ahead = *scan;
    if !ahead.take(&["星期", "礼拜", "周"]) {
        return None;
    }
    let found = ahead.one_of(&WEEKDAYS)?;
    *scan = ahead;
    Some(found)
}

fn unit(scan: &mut Scan<'_>) -> Option<Unit> {
    scan.one_of(&[
        ("个工作日", Unit::Workday),
        ("工作日", Unit::Workday),
        ("天", Unit::Day),
        ("日", Unit::Day),
    ])
}

/// What begins with a month, and windows.
fn month(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    let from = window_end(&mut scan)?;
    if scan.take(&["至", "到", "-"]) {
        scan.take(&["次年", "第二年", "翌年"]);
        let to = window_end(&mut scan)?;
        return Some((DateForm::Window { from, to }, scan));
    }
    let month = from.month;
    if let Some(day) = from.day {
        scan.take(&["前", "当天", "当日"]);
        return Some((
            DateForm::Day {
                month: Some(month),
                day,
            },
            scan,
        ));
    }
    if scan.take(&["底前", "底", "末前", "末"]) {
        return Some((DateForm::MonthEnd { month: Some(month) }, scan));
    }
    scan.take(&["的", "份"]);
    if let Some(nth) = nth(&mut scan, &["个"]) {
        if let Some(weekday) = weekday(&mut scan) {
            let month = Some(month);
            return Some((
                DateForm::Weekday {
                    month,
                    nth,
                    weekday,
                },
                scan,
            ));
        }
        if scan.take(&["星期", "周"]) {
            return Some((DateForm::Week { month, nth }, scan));
        }
        if scan.take(&["天"]) && nth == Nth::Last {
            return Some((DateForm::MonthEnd { month: Some(month) }, scan));
        }
        return None;
    }
    Some((DateForm::Window { from, to: from }, scan))
}

/// `6月20日` or `6月`.
fn window_end(scan: &mut Scan<'_>) -> Option<WindowEnd> {
    let mut ahead = *scan;
    let month = ahead.small().filter(|m| (1..=12).contains(m))?;
    if !ahead.take(&["月份", "月"]) {
        return None;
    }
    let mut further = ahead;
    let day = match further.small() {
        Some(day) if further.take(&["日", "号"]) => {
            ahead = further;
            Some(day)
        }
        _ => None,
    };
    *scan = ahead;
    Some(WindowEnd { month, day })
}

/// `10日`, `月底`, `最后一个工作日`, `第二个周五`, `周五`.
fn within_period(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    if let Some(nth) = nth(&mut scan, &["个"]) {
        if scan.take(&["工作日"]) {
            return Some((DateForm::Workday(nth), scan));
        }
        if scan.take(&["教学日", "上课日"]) {
            return Some((DateForm::TeachingDay(nth), scan));
        }
        if nth == Nth::Last && scan.take(&["天", "日"]) {
            return Some((DateForm::MonthEnd { month: None }, scan));
        }
        let weekday = weekday(&mut scan)?;
        return Some((
            DateForm::Weekday {
                month: None,
                nth,
                weekday,
            },
            scan,
        ));
    }
    if scan.take(&["月底前", "月底", "月末", "季度末", "季末", "周末"]) {
        return Some((DateForm::MonthEnd { month: None }, scan));
    }
    if let Some(weekday) = weekday(&mut scan) {
        scan.take(&["前"]);
        return Some((DateForm::EachWeekday(weekday), scan));
    }
    let day = scan.small()?;
    if !scan.take(&["日", "号"]) {
        return None;
    }
    scan.take(&["前"]);
    Some((DateForm::Day { month: None, day }, scan))
}

/// `开学后14天`, `学期中`, `春季学期结束前5个工作日`.
fn term(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    let season = scan.one_of(&[("春季学期", Season::Spring), ("秋季学期", Season::Autumn)]);
    if scan.take(&["学期中", "期中"]) || (season.is_some() && scan.take(&["中"])) {
        return Some((DateForm::MidTerm(season), scan));
    }
    if scan.take(&["学期末", "期末"]) || (season.is_some() && scan.take(&["末"])) {
        return Some((DateForm::TermLastTeachingDay(season), scan));
    }
    let edge = scan.one_of(&[
        ("开学", Edge::Start),
        ("学期结束", Edge::End),
        ("结束", Edge::End),
    ])?;
    if scan.take(&["当日", "当天", "日"]) {
        return Some((
            DateForm::Term {
                season,
                edge,
                offset: 0,
                unit: Unit::Day,
            },
            scan,
        ));
    }
    let sign = scan.one_of(&[("后", 1), ("前", -1)])?;
    scan.take(&["第"]);
    let count = scan.number()?;
    let unit = match scan.one_of(&[("个星期", 7), ("周", 7), ("星期", 7)]) {
        Some(days) => {
            return Some((
                DateForm::Term {
                    season,
                    edge,
                    offset: sign * count * days,
                    unit: Unit::Day,
                },
                scan,
            ));
        }
        None => unit(&mut scan)?,
    };
    scan.take(&["内"]);
    Some((
        DateForm::Term {
            season,
            edge,
            offset: sign * count,
            unit,
        },
        scan,
    ))
}

/// `五一放假前`, `国庆节前3个工作日`, `寒假期间`, `放假前`.
fn gap(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    let gap = if let Some(festival) = scan.one_of(&FESTIVALS) {
        Gap::Holiday(festival)
    } else if let Some(kind) = scan.one_of(&BREAKS) {
        Gap::Break(kind)
    } else if scan.take(&["假期", "假日", "节日", "节", "放假"]) {
        Gap::Own
    } else {
        return None;
    };
    scan.take(&["假期", "放假", "假"]);
    if scan.take(&["期间"]) {
        return Some((DateForm::During(gap), scan));
    }
    if !scan.take(&["前"]) {
        return None;
    }
    scan.take(&["第"]);
    if let Some(count) = scan.number() {
        let unit = unit(&mut scan)?;
        let count = u8::try_from(count).ok().filter(|n| *n > 0)?;
        return Some((DateForm::DaysBeforeGap { gap, count, unit }, scan));
    }
    Some((DateForm::BeforeGap(gap), scan))
}

/// `春节`, `端午节当天`.
fn festival(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    let festival = scan.one_of(&FESTIVALS)?;
    scan.take(&["当天", "当日"]);
    Some((DateForm::Festival(festival), scan))
}

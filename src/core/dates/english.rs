//! Dates in English.

use jiff::civil::Weekday;

use super::named::{Named, in_english};
use super::{DateForm, Edge, Gap, Nth, Unit, WindowEnd, examples};
use crate::core::diagnostic::{Words, did_you_mean};
use crate::core::period::{BreakKind, Festival, Season};
use crate::core::scan::Scan;

pub(super) const MONTHS: [(&str, i8); 24] = [
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("april", 4),
    ("may", 5),
    ("june", 6),
    ("july", 7),
    ("august", 8),
    ("september", 9),
    ("october", 10),
    ("november", 11),
    ("december", 12),
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("may", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
];

pub(super) const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

pub(super) const FESTIVALS: [(&str, Festival); 14] = [
    ("new year's day", Festival::NewYear),
    ("new year", Festival::NewYear),
    ("spring festival", Festival::SpringFestival),
    ("qingming", Festival::Qingming),
    ("tomb-sweeping day", Festival::Qingming),
    ("labour day", Festival::LabourDay),
    ("labor day", Festival::LabourDay),
    ("dragon boat festival", Festival::DragonBoat),
    ("dragon boat", Festival::DragonBoat),
    ("mid-autumn festival", Festival::MidAutumn),
    ("mid-autumn", Festival::MidAutumn),
    ("national day", Festival::NationalDay),
    ("chinese new year", Festival::SpringFestival),
    ("may day", Festival::LabourDay),
];

const BREAKS: [(&str, BreakKind); 4] = [
    ("winter break", BreakKind::Winter),
    ("spring break", BreakKind::Spring),
    ("summer break", BreakKind::Summer),
    ("autumn break", BreakKind::Autumn),
];

const ORDINALS: [(&str, Nth); 7] = [
    ("first", Nth::Number(1)),
    ("second", Nth::Number(2)),
    ("third", Nth::Number(3)),
    ("fourth", Nth::Number(4)),
    ("fifth", Nth::Number(5)),
    ("sixth", Nth::Number(6)),
    ("last", Nth::Last),
];

pub(super) fn parse(text: &str) -> Result<(DateForm, Option<Named>), Words> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(form) = attempt(&words) {
        return Ok((form, None));
    }
    if let Some((named, rest)) = in_english(&words)
        && let Some(form) = attempt(rest)
    {
        return Ok((form, Some(named)));
    }
    Err(unreadable(&words))
}

fn attempt(text: &str) -> Option<DateForm> {
    let attempts = [numeric, term, gap, ordinal, window, day, festival];
    attempts
        .iter()
        .filter_map(|attempt| attempt(Scan::new(text)))
        .find(|(_, rest)| rest.is_done())
        .map(|(form, _)| form)
}

fn unreadable(words: &str) -> Words {
    let hint = examples();
    let meant = words
        .split(' ')
        // Of three letters one is a third: day is not nearly May.
        .filter(|word| word.len() > 3)
        .find_map(|word| {
            let known = MONTHS
                .iter()
                .map(|m| m.0)
                .chain(WEEKDAYS.iter().map(|w| w.0));
            did_you_mean(word, known.clone()).filter(|_| !known.clone().any(|k| k == word))
        })
        .unwrap_or_else(|| Words::new("", ""));
    Words::new(
        format!("读不懂日期“{words}”。{}{}", meant.zh, hint.zh),
        format!("cannot read the date “{words}”; {} {}", meant.en, hint.en),
    )
}

type Read<'a> = Option<(DateForm, Scan<'a>)>;

/// `05-12`
fn numeric(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    let month = scan.small().filter(|m| (1..=12).contains(m))?;
    if !scan.take(&["-", "/"]) {
        return None;
    }
    let day = scan.small()?;
    Some((
        DateForm::Day {
            month: Some(month),
            day,
        },
        scan,
    ))
}

fn window_end(scan: &mut Scan<'_>) -> Option<WindowEnd> {
    let mut ahead = *scan;
    let month = ahead.one_of(&MONTHS)?;
    let day = ahead.small();
    ahead.take(&["st", "nd", "rd", "th"]);
    *scan = ahead;
    Some(WindowEnd { month, day })
}

/// `May to September`, `June 20 to July 4`, `May 12`, `March`.
fn window(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    scan.take(&["by ", "in ", "on ", "from "]);
    let from = window_end(&mut scan)?;
    if scan.take(&["to ", "until ", "-"]) {
        scan.take(&["next ", "the next "]);
        let to = window_end(&mut scan)?;
        scan.take(&["next year", "of the next year"]);
        return Some((DateForm::Window { from, to }, scan));
    }
    let month = from.month;
    match from.day {
        Some(day) => Some((
            DateForm::Day {
                month: Some(month),
                day,
            },
            scan,
        )),
        None => Some((DateForm::Window { from, to: from }, scan)),
    }
}

/// `day 10`, `12 May`, `friday`.
fn day(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    scan.take(&["by ", "on "]);
    if scan.take(&["day "]) {
        let day = scan.small()?;
        return Some((DateForm::Day { month: None, day }, scan));
    }
    if let Some(weekday) = scan.one_of(&WEEKDAYS) {
        return Some((DateForm::EachWeekday(weekday), scan));
    }
    let day = scan.small()?;
    let month = scan.one_of(&MONTHS)?;
    Some((
        DateForm::Day {
            month: Some(month),
            day,
        },
        scan,
    ))
}

/// `first`, `last`, `21st`.
fn nth(scan: &mut Scan<'_>) -> Option<Nth> {
    if let Some(nth) = scan.one_of(&ORDINALS) {
        return Some(nth);
    }
    let number = u8::try_from(scan.small()?).ok()?;
    scan.take(&["st", "nd", "rd", "th"])
        .then_some(Nth::Number(number))
}

/// `end of April`, `last Monday of March`, `last week of March`, `last workday`.
fn ordinal(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    scan.take(&["by "]);
    scan.take(&["the "]);
    if scan.take(&["end of "]) {
        if scan.take(&["month", "the month", "period", "the period"]) {
            return Some((DateForm::MonthEnd { month: None }, scan));
        }
        let month = Some(scan.one_of(&MONTHS)?);
        return Some((DateForm::MonthEnd { month }, scan));
    }
    let nth = nth(&mut scan)?;
    if scan.take(&["workday"]) {
        return Some((DateForm::Workday(nth), scan));
    }
    if scan.take(&["teaching day"]) {
        return Some((DateForm::TeachingDay(nth), scan));
    }
    if scan.take(&["day"]) && nth == Nth::Last {
        let month = if scan.take(&["of "]) {
            Some(scan.one_of(&MONTHS)?)
        } else {
            None
        };
        return Some((DateForm::MonthEnd { month }, scan));
    }
    if scan.take(&["week "]) {
        scan.take(&["of ", "in "]);
        let month = scan.one_of(&MONTHS)?;
        return Some((DateForm::Week { month, nth }, scan));
    }
    let weekday = scan.one_of(&WEEKDAYS)?;
    let month = if scan.take(&["of ", "in "]) {
        Some(scan.one_of(&MONTHS)?)
    } else {
        None
    };
    Some((
        DateForm::Weekday {
            month,
            nth,
            weekday,
        },
        scan,
    ))
}

fn season(scan: &mut Scan<'_>) -> Option<Season> {
    scan.one_of(&[("spring ", Season::Spring), ("autumn ", Season::Autumn)])
}

/// `14d after term start`, `1 workday before spring term start`, `spring mid-term`, `end of spring term`.
fn term(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    let mut ahead = scan;
    let which = season(&mut ahead);
    if ahead.take(&["mid-term", "mid term", "midterm"]) {
        return Some((DateForm::MidTerm(which), ahead));
    }
    ahead = scan;
    if ahead.take(&["end of "]) {
        let which = season(&mut ahead);
        if ahead.take(&["term"]) {
            return Some((DateForm::TermLastTeachingDay(which), ahead));
        }
        return None;
    }
    let (offset, unit) = match count(&mut scan) {
        Some((count, unit)) => {
            let sign = scan.one_of(&[("after ", 1), ("before ", -1)])?;
            (sign * count, unit)
        }
        None => (0, Unit::Day),
    };
    let season = season(&mut scan);
    if !scan.take(&["term "]) {
        return None;
    }
    let edge = scan.one_of(&[
        ("starts", Edge::Start),
        ("start", Edge::Start),
        ("ends", Edge::End),
        ("end", Edge::End),
    ])?;
    Some((
        DateForm::Term {
            season,
            edge,
            offset,
            unit,
        },
        scan,
    ))
}

/// `14d`, `14 days`, `3 workdays`.
fn count(scan: &mut Scan<'_>) -> Option<(i16, Unit)> {
    let mut ahead = *scan;
    let count = ahead.number()?;
    let (unit, times) = ahead.one_of(&[
        ("workdays ", (Unit::Workday, 1)),
        ("workday ", (Unit::Workday, 1)),
        ("days ", (Unit::Day, 1)),
        ("day ", (Unit::Day, 1)),
        ("d ", (Unit::Day, 1)),
        ("weeks ", (Unit::Day, 7)),
        ("week ", (Unit::Day, 7)),
    ])?;
    *scan = ahead;
    Some((count.checked_mul(times)?, unit))
}

/// `before Labour Day`, `3 workdays before National Day`, `during winter break`, `before the holiday`.
fn gap(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    if scan.take(&["during "]) {
        return Some((DateForm::During(which_gap(&mut scan)?), scan));
    }
    let counted = count(&mut scan);
    if !scan.take(&["before "]) {
        return None;
    }
    let gap = which_gap(&mut scan)?;
    let form = match counted {
        None => DateForm::BeforeGap(gap),
        Some((count, unit)) => DateForm::DaysBeforeGap {
            gap,
            count: u8::try_from(count).ok().filter(|n| *n > 0)?,
            unit,
        },
    };
    Some((form, scan))
}

fn which_gap(scan: &mut Scan<'_>) -> Option<Gap> {
    if let Some(festival) = scan.one_of(&FESTIVALS) {
        return Some(Gap::Holiday(festival));
    }
    if let Some(kind) = scan.one_of(&BREAKS) {
        return Some(Gap::Break(kind));
    }
    scan.take(&["the holiday", "the break", "holiday", "break"])
        .then_some(Gap::Own)
}

/// `Dragon Boat`
fn festival(scan: Scan<'_>) -> Read<'_> {
    let mut scan = scan;
    scan.take(&["on "]);
    Some((DateForm::Festival(scan.one_of(&FESTIVALS)?), scan))
}

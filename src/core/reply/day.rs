//! The day an extension asks for.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::core::dates::DateForm;
use crate::core::scan::Scan;
use crate::core::written::read_day;

/// No date is written in more characters.
const LONGEST: usize = 16;

/// A day without a year that is past means next year's, unless that is so far off that it is a slip.
const FARTHEST_DAYS: i64 = 300;

/// Takes the day that comes next, if one does, after `到`, `至`, `until`.
pub(super) fn take(scan: &mut Scan<'_>, today: Date) -> Option<Date> {
    let mut ahead = *scan;
    ahead.rest = ahead.rest.trim_start_matches([',', ' ', ':']);
    ahead.take(&["延至", "到", "至", "until ", "till ", "to ", "by "]);
    let (found, rest) = longest(ahead.rest, |text| read(text, today))?;
    ahead.rest = rest.trim_start();
    for word in ["之前", "以前", "前", "完成"] {
        ahead.take(&[word]);
    }
    *scan = ahead;
    Some(found)
}

/// Takes the day that comes next, if it is past, or today: `5月10日` behind `完成` says when, unless it is still to come.
pub(super) fn take_past(scan: &mut Scan<'_>, today: Date) -> bool {
    match longest(scan.rest.trim_start(), |text| nearest(text, today)) {
        Some((day, rest)) if day <= today => {
            scan.rest = rest.trim_start();
            true
        }
        _ => false,
    }
}

/// Takes a day as it stands below a letter: `2026年5月14日`, `二〇二六年五月十四日`.
pub(super) fn take_written(scan: &mut Scan<'_>) -> bool {
    let numerals = "〇零一二三四五六七八九十0123456789年月日 ";
    let end = scan.rest.find(|c| !numerals.contains(c));
    let (day, rest) = scan.rest.split_at(end.unwrap_or(scan.rest.len()));
    if day.contains('月') && day.trim_end().ends_with('日') {
        scan.rest = rest;
        return true;
    }
    let found = longest(scan.rest, read_day);
    if let Some((_, rest)) = found {
        scan.rest = rest;
    }
    found.is_some()
}

/// Whether a text has a day in it that is still to come.
pub(super) fn has_future(text: &str, today: Date) -> bool {
    let mut before = ' ';
    text.char_indices().any(|(at, c)| {
        let begins = !before.is_ascii_alphanumeric();
        before = c;
        let is_numeral = "一二三四五六七八九十".contains(c);
        ((begins && c.is_ascii_alphanumeric()) || is_numeral)
            && longest(&text[at..], |text| nearest(text, today)).is_some_and(|(day, _)| day > today)
    })
}

/// What the longest beginning of a text that can be read is: `6月2` stands in `6月20日`. And what follows it.
fn longest<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<(T, &str)> {
    let mut ends: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .take(LONGEST + 1)
        .collect();
    while let Some(end) = ends.pop().filter(|end| *end > 0) {
        let (day, rest) = text.split_at(end);
        let cut = |c: char| c.is_ascii_alphanumeric();
        if day.ends_with(cut) && rest.starts_with(cut) {
            continue;
        }
        if let Some(found) = read(day.trim()) {
            return Some((found, rest));
        }
    }
    None
}

/// A day that has a month by name; without a year, the one nearest to today.
fn nearest(text: &str, today: Date) -> Option<Date> {
    if let Some(day) = read_day(text) {
        return Some(day);
    }
    // `2/3` is a part of something.
    if !text.contains(|c: char| c == '月' || c.is_ascii_alphabetic()) {
        return None;
    }
    match DateForm::parse(&text.replace('号', "日")).ok()? {
        DateForm::Day {
            month: Some(month),
            day,
        } => (-1..=1)
            .filter_map(|years| Date::new(today.year() + years, month, day).ok())
            .min_by_key(|day| day.duration_since(today).abs()),
        _ => None,
    }
}

fn read(text: &str, today: Date) -> Option<Date> {
    if let Some(day) = read_day(text) {
        return Some(day);
    }
    let dotted = text.replace('.', "-").replace('号', "日");
    let of_month = |month, day| {
        let this = Date::new(today.year(), month, day).ok()?;
        if this >= today {
            return Some(this);
        }
        let limit = today.checked_add(FARTHEST_DAYS.days()).ok()?;
        let next = Date::new(today.year() + 1, month, day).ok()?;
        (next <= limit).then_some(next)
    };
    match DateForm::parse(&dotted).ok()? {
        DateForm::Day {
            month: Some(month),
            day,
        } => of_month(month, day),
        DateForm::MonthEnd { month } => {
            let month = month.unwrap_or(today.month());
            let first = of_month(month, 1).or_else(|| Date::new(today.year(), month, 1).ok())?;
            Some(first.last_of_month()).filter(|last| *last >= today)
        }
        _ => None,
    }
}

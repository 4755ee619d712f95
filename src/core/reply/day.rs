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
    let text = ahead.rest;
    let mut ends: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .take(LONGEST + 1)
        .collect();
    // The longest reading: `6月2` stands in `6月20日`.
    while let Some(end) = ends.pop().filter(|end| *end > 0) {
        let (day, rest) = text.split_at(end);
        let cut = |c: char| c.is_ascii_alphanumeric();
        if day.ends_with(cut) && rest.starts_with(cut) {
            continue;
        }
        if let Some(found) = read(day.trim(), today) {
            ahead.rest = rest.trim_start();
            for word in ["之前", "以前", "前", "完成"] {
                ahead.take(&[word]);
            }
            *scan = ahead;
            return Some(found);
        }
    }
    None
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

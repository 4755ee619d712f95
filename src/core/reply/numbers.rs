//! The numbers of duties: `1 3`, `第一、三项`, `2-4`, `1和3`.

use crate::core::scan::Scan;

/// However long a letter, nobody numbers more.
const MOST_NUMBERS: usize = 500;

/// What is counted, not numbered: `2天`, `1200人`, `6月20日`, `80%`.
const MEASURES: [char; 21] = [
    '天', '日', '周', '个', '月', '年', '次', '人', '名', '位', '时', '点', '分', '场', '份', '度',
    '%', '/', '遍', '半', '成',
];

/// What parts the numbers of a list.
const BETWEEN: [char; 3] = [',', '.', ' '];

/// Takes the numbers of duties that come next; none where what comes is a count: of `3项` nobody knows whether three are
/// meant or the third.
pub(super) fn take(scan: &mut Scan<'_>) -> Vec<u16> {
    let mut found: Vec<u16> = Vec::new();
    let mut ahead = *scan;
    // Whether it is surely no count: `第3项`, `1、3项`, `2-3项`.
    let mut is_list = false;
    let mut is_counted = false;
    while found.len() < MOST_NUMBERS {
        let Some(one) = one(ahead, found.is_empty()) else {
            break;
        };
        is_list |= one.is_ordinal || !found.is_empty() || one.last > one.first;
        is_counted |= one.is_counted;
        let room = MOST_NUMBERS - found.len();
        found.extend((one.first..=one.last).take(room));
        ahead = one.rest;
    }
    if is_counted && !is_list {
        return Vec::new();
    }
    *scan = ahead;
    found
}

/// Whether another number comes next, behind what parts a list.
pub(super) fn goes_on(scan: Scan<'_>) -> bool {
    let mut ahead = scan;
    ahead.rest = ahead.rest.trim_start_matches(BETWEEN);
    ahead.take(&["第", "no.", "no ", "#"]);
    ahead.rest.starts_with(|c: char| c.is_ascii_digit()) || ahead.number().is_some()
}

/// A number, or a range of them.
struct One<'a> {
    first: u16,
    last: u16,
    /// `第3`
    is_ordinal: bool,
    /// `3项`
    is_counted: bool,
    rest: Scan<'a>,
}

fn one(scan: Scan<'_>, is_first: bool) -> Option<One<'_>> {
    let mut ahead = scan;
    if !is_first {
        ahead.rest = ahead.rest.trim_start_matches(BETWEEN);
        ahead.take(&["和", "及", "与", "&", "+", "and "]);
    }
    let is_ordinal = ahead.take(&["第", "no.", "no ", "#", "item ", "items ", "duty "]);
    let first = number(&mut ahead)?;
    let mut more = ahead;
    let last = if more.take(&["-", "~", "至", "到", "to "]) {
        // Of `2到6月20日` only the first is a duty's.
        number(&mut more)
            .filter(|_| !more.rest.starts_with(MEASURES))
            .inspect(|_| ahead = more)
    } else {
        None
    };
    if ahead.rest.starts_with(MEASURES) {
        return None;
    }
    // `5.10` is a day, or a part of something.
    let is_broken = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    if ahead.rest.strip_prefix('.').is_some_and(is_broken) {
        return None;
    }
    let is_counted = ahead.take(&["项", "条", "件"]);
    if !is_counted {
        ahead.take(&["号任务", "号", "."]);
    }
    Some(One {
        first,
        last: last.unwrap_or(first).max(first),
        is_ordinal,
        is_counted,
        rest: ahead,
    })
}

fn number(scan: &mut Scan<'_>) -> Option<u16> {
    let mut ahead = *scan;
    let number = u16::try_from(ahead.number()?).ok().filter(|n| *n > 0)?;
    *scan = ahead;
    Some(number)
}

//! Days and counts as a letter says them.

use jiff::civil::Date;

use crate::core::dates::{near_day, weekday_in_full};

/// `5月12日（星期二）`, with the year in front where it is not the year the letter is written in.
pub(super) fn day(date: Date, today: Date) -> String {
    let weekday = weekday_in_full(date.weekday());
    format!("{}（{weekday}）", near_day(date, today))
}

/// How much time is left until the due day, or how much has passed since.
pub(super) fn time_left(due: Date, today: Date, workdays_left: i32) -> String {
    if today > due {
        match workdays_left {
            0.. => "已过截止日".to_owned(),
            late => format!("已逾期{}个工作日", late.unsigned_abs()),
        }
    } else if today == due {
        "今天截止".to_owned()
    } else if workdays_left > 0 {
        format!("还剩{workdays_left}个工作日")
    } else {
        "截止日前已没有工作日".to_owned()
    }
}

/// `一项`, `12项`
pub(super) fn items(number: usize) -> String {
    match number {
        1 => "一项".to_owned(),
        number => format!("{number}项"),
    }
}

/// How late a row is.
pub(super) fn lateness(workdays_late: i32) -> String {
    if workdays_late > 0 {
        format!("逾期{workdays_late}个工作日")
    } else {
        "刚过截止日".to_owned()
    }
}

/// One line that can stand in a header or a name: what breaks lines, controls a terminal or turns the direction of
/// writing becomes a space, and spaces are single. lettre panics on a line break in a name, and a right-to-left mark
/// can make one name read as another.
pub fn one_line(text: &str) -> String {
    let is_unfit = |c: char| {
        c.is_control()
            || matches!(
                c,
                '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}'
            )
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let spaced: String = text
        .chars()
        .map(|c| if is_unfit(c) { ' ' } else { c })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `limit` characters; what is cut off is shown by an ellipsis.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

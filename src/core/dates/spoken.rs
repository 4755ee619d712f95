//! Days as they are said in Chinese, wherever something is written for people.

use jiff::civil::{Date, Weekday};

/// `5月12日`
pub fn month_day(day: Date) -> String {
    format!("{}月{}日", day.month(), day.day())
}

/// `5月12日`, with the year in front where it is not the one that `today` is in.
pub fn near_day(day: Date, today: Date) -> String {
    if day.year() == today.year() {
        month_day(day)
    } else {
        whole_day(day)
    }
}

/// `2026年5月12日`
pub fn whole_day(day: Date) -> String {
    format!("{}年{}", day.year(), month_day(day))
}

/// `周六`
pub fn weekday_name(weekday: Weekday) -> &'static str {
    ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
        [usize::from(weekday.to_monday_zero_offset().unsigned_abs())]
}

/// `星期六`, as letters have it.
pub fn weekday_in_full(weekday: Weekday) -> String {
    weekday_name(weekday).replace('周', "星期")
}

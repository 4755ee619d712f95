//! Days and delays as people say them.

use jiff::civil::Date;

use crate::core::dates::weekday_name;
pub(super) use crate::core::dates::{near_day, whole_day};
use crate::core::period::{PeriodKey, Season};

/// `5月12日（周二）`; with the year where it is not this year's.
pub(super) fn day(day: Date, today: Date) -> String {
    let weekday = weekday_name(day.weekday());
    format!("{}（{weekday}）", near_day(day, today))
}

/// A period as people say it: `2026年5月`, `2026年春季学期`.
pub(super) fn period(period: PeriodKey) -> String {
    match period {
        PeriodKey::Year(year) => format!("{year}年"),
        PeriodKey::Term(year, Season::Spring) => format!("{year}年春季学期"),
        PeriodKey::Term(year, Season::Autumn) => format!("{year}年秋季学期"),
        PeriodKey::Quarter(year, quarter) => format!("{year}年第{quarter}季度"),
        PeriodKey::Month(year, month) => format!("{year}年{month}月"),
        PeriodKey::Week(year, week) => format!("{year}年第{week}周"),
        PeriodKey::Holiday(year, festival) => format!("{year}年{}", festival.name()),
        PeriodKey::Break(year, kind) => format!("{year}年{}", kind.name()),
        PeriodKey::Raised(day, 1) => format!("{}发起", whole_day(day)),
        PeriodKey::Raised(day, nth) => format!("{}第{nth}次发起", whole_day(day)),
    }
}

/// How near a due day is: in words, and as the class that colours them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nearness {
    workdays_left: i32,
    due: Date,
    today: Date,
    hour_over: bool,
}

impl Nearness {
    pub(super) fn new(workdays_left: i32, due: Date, today: Date) -> Self {
        Self {
            workdays_left,
            due,
            today,
            hour_over: false,
        }
    }

    /// The same, where the due day's hour may be over.
    pub(super) fn past_its_hour(self, hour_over: bool) -> Self {
        Self { hour_over, ..self }
    }

    pub(super) fn is_overdue(self) -> bool {
        self.due < self.today || self.hour_over
    }

    pub(super) fn words(self) -> String {
        let days = self.workdays_left.unsigned_abs();
        if self.hour_over {
            "今天的截止时间已过".to_owned()
        } else if self.due == self.today {
            "今天截止".to_owned()
        } else if !self.is_overdue() {
            // Only rest days lie between today and a due day that may not be moved off them.
            match days {
                0 => "就要截止".to_owned(),
                days => format!("还剩 {days} 个工作日"),
            }
        } else {
            // On the rest days after the due day no workday has passed yet, and still it is over.
            match days {
                0 => "已逾期".to_owned(),
                days => format!("已逾期 {days} 个工作日"),
            }
        }
    }

    pub(super) fn class(self) -> &'static str {
        if self.is_overdue() {
            "late"
        } else if self.workdays_left <= 2 {
            "near"
        } else {
            "far"
        }
    }
}

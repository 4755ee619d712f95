//! Days and delays as people say them.

use jiff::civil::Date;

use crate::core::dates::weekday_name;
use crate::core::period::{PeriodKey, Season};

/// `5月12日（周二）`; with the year where it is not this year's.
pub(super) fn day(day: Date, today: Date) -> String {
    let weekday = weekday_name(day.weekday());
    format!("{}（{weekday}）", short_day(day, today))
}

/// `5月12日`; with the year where it is not this year's.
pub(super) fn short_day(day: Date, today: Date) -> String {
    let year = if day.year() == today.year() {
        String::new()
    } else {
        format!("{}年", day.year())
    };
    format!("{year}{}月{}日", day.month(), day.day())
}

/// `2027年5月12日`
pub(super) fn long_day(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
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
        PeriodKey::Raised(day, 1) => format!("{}发起", long_day(day)),
        PeriodKey::Raised(day, nth) => format!("{}第{nth}次发起", long_day(day)),
    }
}

/// Words of the core, which a terminal shows too, as a page prints them: a comma, a colon, a bracket and the like
/// next to a Chinese character become full-width. What stands in figures, ids and addresses stays.
pub(super) fn full_width(words: &str) -> String {
    let chars: Vec<char> = words.chars().collect();
    // A bracket that closes is as wide as the one it closes, and what follows it goes with it.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut wide = vec![false; chars.len()];
    for (at, c) in chars.iter().enumerate() {
        let beside = |at: Option<usize>| {
            at.and_then(|at| chars.get(at))
                .is_some_and(|c| is_chinese(*c))
        };
        let follows = at > 0 && chars[at - 1] == ')' && wide[at - 1];
        wide[at] = follows || beside(at.checked_sub(1)) || beside(at.checked_add(1));
        match c {
            '(' => open.push((at, wide[at])),
            ')' => {
                if let Some((start, starts_wide)) = open.pop() {
                    wide[at] |= starts_wide;
                    wide[start] = wide[at];
                }
            }
            _ => {}
        }
    }
    let full = |(c, wide): (&char, &bool)| match (c, wide) {
        (',', true) => '，',
        (';', true) => '；',
        (':', true) => '：',
        ('?', true) => '？',
        ('(', true) => '（',
        (')', true) => '）',
        (c, _) => *c,
    };
    chars.iter().zip(&wide).map(full).collect()
}

/// Whether a character is Chinese: a Han character, or punctuation that only stands beside one.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
        || "“”《》〔〕、。，；：？（）！…".contains(c)
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

#[cfg(test)]
mod tests {
    use super::full_width;

    #[test]
    fn words_of_the_core_are_printed_as_chinese_is() {
        for (terminal, page) in [
            (
                "浒山小学“春季开学安全自查（9项）” 延至2026-03-20(沈志明)",
                "浒山小学“春季开学安全自查（9项）” 延至2026-03-20（沈志明）",
            ),
            (
                "横河镇“应急疏散演练(5月)”,5月9日前,编号 drill@2026-05/s1;在下一个时点发出",
                "横河镇“应急疏散演练（5月）”，5月9日前，编号 drill@2026-05/s1；在下一个时点发出",
            ),
            (
                "没有职责 drill@2031/s003。花名册里没有单位 s003",
                "没有职责 drill@2031/s003。花名册里没有单位 s003",
            ),
            (
                "“紧急通知”不适用于浒山小学(适用对象:boarding & (primary, junior))",
                "“紧急通知”不适用于浒山小学（适用对象：boarding & (primary, junior)）",
            ),
            (
                "台账暂时不可用:disk I/O error (code 10), retry at 8:00",
                "台账暂时不可用：disk I/O error (code 10), retry at 8:00",
            ),
            ("已完成(safety@s1)", "已完成（safety@s1）"),
            (
                "8个单位(浒山小学等):6月12日",
                "8个单位（浒山小学等）：6月12日",
            ),
            ("演练(s1):2026-06-12", "演练（s1）：2026-06-12"),
            ("一次(10:30, 11:30)", "一次（10:30, 11:30）"),
            ("", ""),
            (")(", ")("),
        ] {
            assert_eq!(full_width(terminal), page);
        }
    }
}

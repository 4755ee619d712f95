//! Each form of the table of dates, in both languages, for the periods of 2024 to 2031. The days were worked out apart from
//! the program, with Python's calendar over the notices of 2024 to 2026 and the rule for years without one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use schoolbell::core::period::PeriodKey;

use crate::bell::{Bell, HEAD, ROSTER};

/// The same terms each year: 03-01 to 06-30 and 09-01 to 01-20, with the breaks between them.
fn school_years() -> String {
    let mut text = String::new();
    for year in 2023..=2032 {
        let leap = if year % 4 == 0 { 29 } else { 28 };
        let next = year + 1;
        let _ = write!(
            text,
            "[[term]]\nkey = \"{year}-spring\"\nname = \"春季学期\"\nstart = {year}-03-01\nend = {year}-06-30\n\
             [[term]]\nkey = \"{year}-autumn\"\nname = \"秋季学期\"\nstart = {year}-09-01\nend = {next}-01-20\n\
             [[break]]\nkey = \"{year}-winter-break\"\nname = \"寒假\"\nstart = {year}-01-21\nend = {year}-02-{leap}\n\
             [[break]]\nkey = \"{year}-summer-break\"\nname = \"暑假\"\nstart = {year}-07-01\nend = {year}-08-31\n"
        );
    }
    text
}

/// What a row says in each period must be these days. `period` is a key with `{}` for the year, `more` further keys.
fn row(period: &str, every: &str, texts: &[&str], more: &str, expected: &str) {
    for text in texts {
        let task = format!(
            "[[task]]\nid = \"t\"\ntitle = \"演练\"\naudience = \"unit:s1\"\norigin = \"seed\"\nevery = \"{every}\"\ndue = \"{text}\"\n{more}"
        );
        let bell = Bell::whole(HEAD, &task, ROSTER, &school_years());
        let task = bell.agenda.calendar.tasks.values().next().unwrap();
        let found: Vec<_> = (2024..=2031)
            .map(|year| {
                let key = period.replace("{}", &year.to_string());
                let period: PeriodKey = key.parse().unwrap();
                assert_eq!(period.to_string(), key, "the key is nominal");
                match bell.agenda.occurrence(task, period, 0).dated {
                    Ok(found) => {
                        let from = found.window_from;
                        let from = from.map_or(String::new(), |from| format!("{from}.."));
                        format!("{from}{}", found.due)
                    }
                    Err(absent) => format!("{absent:?}"),
                }
            })
            .collect();
        let expected: Vec<_> = expected.split_whitespace().collect();
        assert_eq!(found, expected, "{text} under {every}");
    }
}

/// 2024-05-12 is a Sunday, and Saturday 05-11 is worked; 2029's is a Saturday, 2030's a Sunday. 2026-02-28 is a Saturday
/// that is worked, 2027-02-28 a Sunday.
#[test]
fn a_day_of_a_month() {
    row(
        "{}",
        "year",
        &["5月12日", "May 12", "05-12"],
        "",
        "2024-05-11 2025-05-12 2026-05-12 2027-05-12
         2028-05-12 2029-05-11 2030-05-10 2031-05-12",
    );
    row(
        "{}",
        "year",
        &["5月12日", "May 12", "12 May"],
        "due_on_rest_day = \"after\"",
        "2024-05-13 2025-05-12 2026-05-12 2027-05-12
         2028-05-12 2029-05-14 2030-05-13 2031-05-12",
    );
    row(
        "{}",
        "year",
        &["2月29日", "February 29"],
        "",
        "2024-02-29 2025-02-28 2026-02-28 2027-02-26
         2028-02-29 2029-02-28 2030-02-28 2031-02-28",
    );
}

/// 04-30 is a Sunday in 2028 alone; 05-31 a Saturday in 2025 and 2031, a Sunday in 2026.
#[test]
fn the_end_of_a_month() {
    row(
        "{}",
        "year",
        &["4月底", "end of April"],
        "",
        "2024-04-30 2025-04-30 2026-04-30 2027-04-30
         2028-04-28 2029-04-30 2030-04-30 2031-04-30",
    );
    row(
        "{}",
        "year",
        &["5月底前", "by end of May"],
        "",
        "2024-05-31 2025-05-30 2026-05-29 2027-05-31
         2028-05-31 2029-05-31 2030-05-31 2031-05-30",
    );
}

/// 03-31 is a Sunday in 2024, and each year a weekday on, two after a leap day. 05-01 is a Wednesday in 2024, so the first
/// Friday is 05-03.
#[test]
fn the_nth_weekday() {
    row(
        "{}",
        "year",
        &["3月最后一个周一", "last Monday of March"],
        "",
        "2024-03-25 2025-03-31 2026-03-30 2027-03-29
         2028-03-27 2029-03-26 2030-03-25 2031-03-31",
    );
    row(
        "{}",
        "year",
        &["5月第二个周五", "2nd Friday of May"],
        "",
        "2024-05-10 2025-05-09 2026-05-08 2027-05-14
         2028-05-12 2029-05-11 2030-05-10 2031-05-09",
    );
}

/// From Monday to Sunday, across the month's end; the Sunday moves to the Friday before it, but into Qingming: 2025-04-04
/// is off, so Thursday 04-03.
#[test]
fn a_week() {
    row(
        "{}",
        "year",
        &["3月最后一周", "last week of March"],
        "",
        "2024-03-25..2024-03-29 2025-03-31..2025-04-03 2026-03-30..2026-04-03 2027-03-29..2027-04-02
         2028-03-27..2028-03-31 2029-03-26..2029-03-30 2030-03-25..2030-03-29 2031-03-31..2031-04-04",
    );
    row(
        "{}",
        "year",
        &["11月第二周", "2nd week of November"],
        "",
        "2024-11-11..2024-11-15 2025-11-10..2025-11-14 2026-11-09..2026-11-13 2027-11-08..2027-11-12
         2028-11-13..2028-11-17 2029-11-12..2029-11-16 2030-11-11..2030-11-15 2031-11-10..2031-11-14",
    );
}

/// 07-04 is a Saturday in 2026, a Sunday in 2027. January's end: in 2025 the 31st is off since the 28th, in 2026 and 2032
/// it is a Saturday, in 2027 a Sunday.
#[test]
fn a_window() {
    row(
        "{}",
        "year",
        &["5月至9月", "May to September"],
        "",
        "2024-05-01..2024-09-30 2025-05-01..2025-09-30 2026-05-01..2026-09-30 2027-05-01..2027-09-30
         2028-05-01..2028-09-29 2029-05-01..2029-09-28 2030-05-01..2030-09-30 2031-05-01..2031-09-30",
    );
    row(
        "{}",
        "year",
        &["6月20日至7月4日", "June 20 to July 4"],
        "",
        "2024-06-20..2024-07-04 2025-06-20..2025-07-04 2026-06-20..2026-07-03 2027-06-20..2027-07-02
         2028-06-20..2028-07-04 2029-06-20..2029-07-04 2030-06-20..2030-07-04 2031-06-20..2031-07-04",
    );
    row(
        "{}",
        "year",
        &["12月至次年1月", "December to next January"],
        "",
        "2024-12-01..2025-01-27 2025-12-01..2026-01-30 2026-12-01..2027-01-29 2027-12-01..2028-01-31
         2028-12-01..2029-01-31 2029-12-01..2030-01-31 2030-12-01..2031-01-31 2031-12-01..2032-01-30",
    );
}

/// 2025-05-10 is a Saturday, 2026-05-10 a Sunday before which Saturday 05-09 is worked. ISO week 13 of 2027 ends in April;
/// its Friday 2026-03-27 is the only one before 03-28. Week 40 holds October's first days.
#[test]
fn within_a_period() {
    row(
        "{}-05",
        "month",
        &["10日", "day 10"],
        "",
        "2024-05-10 2025-05-09 2026-05-09 2027-05-10
         2028-05-10 2029-05-10 2030-05-10 2031-05-09",
    );
    row(
        "{}-05",
        "month",
        &["最后一个工作日", "last workday"],
        "",
        "2024-05-31 2025-05-30 2026-05-29 2027-05-31
         2028-05-31 2029-05-31 2030-05-31 2031-05-30",
    );
    row(
        "{}-10",
        "month",
        &["第一个工作日", "first workday"],
        "",
        "2024-10-08 2025-10-09 2026-10-08 2027-10-04
         2028-10-04 2029-10-04 2030-10-04 2031-10-06",
    );
    row(
        "{}-Q1",
        "quarter",
        &["最后一个工作日", "last workday"],
        "",
        "2024-03-29 2025-03-31 2026-03-31 2027-03-31
         2028-03-31 2029-03-30 2030-03-29 2031-03-31",
    );
    row(
        "{}-W13",
        "week",
        &["周五", "Friday"],
        "",
        "2024-03-29 2025-03-28 2026-03-27 2027-04-02
         2028-03-31 2029-03-30 2030-03-29 2031-03-28",
    );
    row(
        "{}-W40",
        "week",
        &["最后一个工作日", "last workday"],
        "",
        "2024-09-30 2025-09-30 2026-09-30 2027-10-08
         2028-10-06 2029-10-05 2030-10-04 2031-09-30",
    );
    row(
        "{}-09",
        "month",
        &["第一个教学日", "first teaching day"],
        "",
        "2024-09-02 2025-09-01 2026-09-01 2027-09-01
         2028-09-01 2029-09-03 2030-09-02 2031-09-01",
    );
    row(
        "{}-06",
        "month",
        &["最后一个教学日", "last teaching day"],
        "",
        "2024-06-28 2025-06-30 2026-06-30 2027-06-30
         2028-06-30 2029-06-29 2030-06-28 2031-06-30",
    );
}

/// The spring term begins on 03-01 and ends on 06-30, 121 days later: its middle is the 60th after the start, 04-30. The
/// autumn term's 141 days from 09-01 to 01-20 have their middle at 11-10. 2026-02-28 is worked.
#[test]
fn anchored_on_the_term() {
    row(
        "{}-spring",
        "term",
        &["开学后14天", "14d after term start"],
        "",
        "2024-03-15 2025-03-14 2026-03-13 2027-03-15
         2028-03-15 2029-03-15 2030-03-15 2031-03-14",
    );
    row(
        "{}-autumn",
        "term",
        &["开学后2周", "2 weeks after term start"],
        "",
        "2024-09-14 2025-09-15 2026-09-15 2027-09-14
         2028-09-15 2029-09-14 2030-09-13 2031-09-15",
    );
    row(
        "{}-spring",
        "term",
        &["开学前1个工作日", "1 workday before term start"],
        "",
        "2024-02-29 2025-02-28 2026-02-28 2027-02-26
         2028-02-29 2029-02-28 2030-02-28 2031-02-28",
    );
    row(
        "{}-spring",
        "term",
        &["学期中", "mid-term"],
        "",
        "2024-04-30 2025-04-30 2026-04-30 2027-04-30
         2028-04-28 2029-04-30 2030-04-30 2031-04-30",
    );
    row(
        "{}-autumn",
        "term",
        &["学期中", "mid-term"],
        "",
        "2024-11-08 2025-11-10 2026-11-10 2027-11-10
         2028-11-10 2029-11-09 2030-11-08 2031-11-10",
    );
    row(
        "{}-spring",
        "term",
        &["期末", "end of term"],
        "",
        "2024-06-28 2025-06-30 2026-06-30 2027-06-30
         2028-06-30 2029-06-29 2030-06-28 2031-06-30",
    );
    row(
        "{}",
        "year",
        &["春季学期开学后14天", "14d after spring term start"],
        "",
        "2024-03-15 2025-03-14 2026-03-13 2027-03-15
         2028-03-15 2029-03-15 2030-03-15 2031-03-14",
    );
    row(
        "{}",
        "year",
        &[
            "秋季学期结束前10个工作日",
            "10 workdays before autumn term end",
        ],
        "",
        "2025-01-06 2026-01-06 2027-01-06 2028-01-06
         2029-01-08 2030-01-07 2031-01-06 2032-01-06",
    );
}

/// The winter break begins on 01-21, Labour Day on 05-01, National Day on 10-01. Three workdays before that: in 2025 and
/// 2024 the Sundays 09-28 and 09-29 are worked; in 2028 Mid-Autumn is within the holiday.
#[test]
fn anchored_on_a_holiday_or_break() {
    row(
        "{}",
        "year",
        &["寒假放假前", "before winter break"],
        "",
        "2024-01-19 2025-01-20 2026-01-20 2027-01-20
         2028-01-20 2029-01-19 2030-01-18 2031-01-20",
    );
    row(
        "{}",
        "year",
        &["五一放假前", "before Labour Day"],
        "",
        "2024-04-30 2025-04-30 2026-04-30 2027-04-30
         2028-04-28 2029-04-30 2030-04-30 2031-04-30",
    );
    row(
        "{}-labour-day",
        "holiday",
        &["放假前", "before the holiday"],
        "",
        "2024-04-30 2025-04-30 2026-04-30 2027-04-30
         2028-04-28 2029-04-30 2030-04-30 2031-04-30",
    );
    row(
        "{}-winter-break",
        "break",
        &["放假前", "before the break"],
        "",
        "2024-01-19 2025-01-20 2026-01-20 2027-01-20
         2028-01-20 2029-01-19 2030-01-18 2031-01-20",
    );
    row(
        "{}",
        "year",
        &["国庆节前3个工作日", "3 workdays before National Day"],
        "",
        "2024-09-27 2025-09-28 2026-09-28 2027-09-28
         2028-09-27 2029-09-26 2030-09-26 2031-09-26",
    );
    row(
        "{}",
        "year",
        &["寒假期间", "during winter break"],
        "",
        "2024-01-21..2024-02-29 2025-01-21..2025-02-28 2026-01-21..2026-02-28 2027-01-21..2027-02-26
         2028-01-21..2028-02-29 2029-01-21..2029-02-28 2030-01-21..2030-02-28 2031-01-21..2031-02-28",
    );
}

/// As the almanacs have them, and then off the rest days: 2026-02-14, a Saturday, is worked, and 2028's Mid-Autumn lies in
/// the National Day holiday.
#[test]
fn lunar_days() {
    row(
        "{}",
        "year",
        &["春节", "Spring Festival"],
        "due_on_rest_day = \"keep\"",
        "2024-02-10 2025-01-29 2026-02-17 2027-02-06
         2028-01-26 2029-02-13 2030-02-03 2031-01-23",
    );
    row(
        "{}",
        "year",
        &["清明", "Qingming"],
        "due_on_rest_day = \"keep\"",
        "2024-04-04 2025-04-04 2026-04-05 2027-04-05
         2028-04-04 2029-04-04 2030-04-05 2031-04-05",
    );
    row(
        "{}",
        "year",
        &["端午节", "Dragon Boat"],
        "due_on_rest_day = \"keep\"",
        "2024-06-10 2025-05-31 2026-06-19 2027-06-09
         2028-05-28 2029-06-16 2030-06-05 2031-06-24",
    );
    row(
        "{}",
        "year",
        &["中秋节", "Mid-Autumn"],
        "due_on_rest_day = \"keep\"",
        "2024-09-17 2025-10-06 2026-09-25 2027-09-15
         2028-10-03 2029-09-22 2030-09-12 2031-10-01",
    );
    row(
        "{}",
        "year",
        &["春节", "Spring Festival"],
        "",
        "2024-02-09 2025-01-27 2026-02-14 2027-02-04
         2028-01-24 2029-02-09 2030-02-01 2031-01-21",
    );
    row(
        "{}",
        "year",
        &["清明节", "Qingming"],
        "",
        "2024-04-03 2025-04-03 2026-04-03 2027-04-02
         2028-04-03 2029-04-03 2030-04-04 2031-04-04",
    );
    row(
        "{}",
        "year",
        &["端午", "Dragon Boat Festival"],
        "",
        "2024-06-07 2025-05-30 2026-06-18 2027-06-08
         2028-05-26 2029-06-15 2030-06-04 2031-06-23",
    );
    row(
        "{}",
        "year",
        &["中秋", "Mid-Autumn Festival"],
        "",
        "2024-09-14 2025-09-30 2026-09-24 2027-09-14
         2028-09-29 2029-09-21 2030-09-11 2031-09-30",
    );
}

/// More are asked for than are remembered, and each of them twice.
#[test]
fn an_occurrence_has_the_same_dates_however_often_it_is_asked_for() {
    let task = "[[task]]\nid = \"t\"\ntitle = \"演练\"\naudience = \"unit:s1\"\norigin = \"seed\"\nevery = \"month\"\ndue = \"第2个工作日\"\n";
    let bell = Bell::whole(HEAD, task, ROSTER, &school_years());
    let task = bell.agenda.calendar.tasks.values().next().unwrap();
    let months = (1..=1_700).flat_map(|year| (1..=12).map(move |month| (year, month)));
    let asked = |(year, month)| {
        let period: PeriodKey = format!("{year:04}-{month:02}").parse().unwrap();
        bell.agenda.occurrence(task, period, 0)
    };
    let first: Vec<_> = months.clone().map(asked).collect();
    let again: Vec<_> = months.map(asked).collect();
    assert_eq!(first.len(), 20_400);
    assert!(first == again);
    let days: BTreeSet<_> = first
        .iter()
        .map(|one| one.dated.as_ref().unwrap().due)
        .collect();
    assert_eq!(days.len(), first.len(), "no two months share a day");
}

//! From a form and a period to a day, worked out by hand, with the clause that explains it.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use schoolbell::core::agenda::Absent;
use schoolbell::core::period::PeriodKey;

use crate::bell::{Bell, HEAD, ROSTER, SECOND};

const SCHOOL_YEAR: &str = include_str!("../../../calendar/school-year.toml");

/// Dates a task in each of these periods for 浒山小学 and prints day and explanation.
fn dated(task: &str, periods: &str, expected: Expect) {
    let task = format!(
        "[[task]]\nid = \"t\"\ntitle = \"演练\"\naudience = \"unit:s1\"\norigin = \"seed\"\n{task}"
    );
    dated_by(&task, periods, expected);
}

fn dated_by(task: &str, periods: &str, expected: Expect) {
    let bell = Bell::whole(HEAD, task, &format!("{ROSTER}{SECOND}"), SCHOOL_YEAR);
    let task = bell.agenda.calendar.tasks.values().next().expect("a task");
    let mut out = String::new();
    for period in periods.split_whitespace() {
        let period: PeriodKey = period.parse().expect("a period");
        let line = match bell.agenda.occurrence(task, period, 0).dated {
            Ok(found) => {
                let from = found
                    .window_from
                    .map_or(String::new(), |from| format!("{from} .. "));
                format!("{from}{} · {}", found.due, found.why.zh)
            }
            Err(Absent::Undated(why)) => format!("没有日期: {}", why.zh),
            Err(Absent::Skipped(why)) => format!("免做: {}", why.zh),
            Err(Absent::None) => "-".to_owned(),
        };
        let _ = writeln!(out, "{period} {line}");
    }
    expected.assert_eq(&out);
}

/// 2024: 05-12 is a Sunday, and Saturday 05-11 is a make-up workday. 2029: a Saturday. 2030: a Sunday.
#[test]
fn a_day_of_a_month() {
    dated(
        "due = \"5月12日\"",
        "2024 2025 2026 2027 2028 2029 2030 2031",
        expect![[r#"
        2024 2024-05-11 · 原定 05-12(周日),提前至工作日
        2025 2025-05-12 · 5月12日
        2026 2026-05-12 · 5月12日
        2027 2027-05-12 · 5月12日
        2028 2028-05-12 · 5月12日
        2029 2029-05-11 · 原定 05-12(周六),提前至工作日
        2030 2030-05-10 · 原定 05-12(周日),提前至工作日
        2031 2031-05-12 · 5月12日
    "#]],
    );
}

/// The three ways off a rest day, on Saturday 2029-05-12; a workday stays where it is.
#[test]
fn three_ways_off_a_rest_day() {
    dated(
        "due = \"5月12日\"\ndue_on_rest_day = \"after\"",
        "2028 2029",
        expect![[r#"
        2028 2028-05-12 · 5月12日
        2029 2029-05-14 · 原定 05-12(周六),顺延至工作日
    "#]],
    );
    dated(
        "due = \"5月12日\"\ndue_on_rest_day = \"keep\"",
        "2029",
        expect![[r#"
        2029 2029-05-12 · 5月12日
    "#]],
    );
}

/// 2026-02-28 is a Saturday, but a make-up workday. 2027-02-28 is a Sunday.
#[test]
fn the_29th_of_february() {
    dated(
        "due = \"2月29日\"",
        "2024 2025 2026 2027 2028",
        expect![[r#"
        2024 2024-02-29 · 2月29日
        2025 2025-02-28 · 2月29日:2月没有29日,取月末
        2026 2026-02-28 · 2月29日:2月没有29日,取月末
        2027 2027-02-26 · 2月29日:2月没有29日,取月末;原定 02-28(周日),提前至工作日
        2028 2028-02-29 · 2月29日
    "#]],
    );
}

/// 31 March is a Sunday in 2024, so the Monday before it is the 25th; a Monday in 2025; a Tuesday in 2026: the 30th;
/// and so on back by a day, by two after a leap day, until it is a Monday again in 2031.
#[test]
fn the_last_monday_of_march() {
    dated(
        "due = \"3月最后一个周一\"",
        "2024 2025 2026 2027 2028 2029 2030 2031",
        expect![[r#"
        2024 2024-03-25 · 3月最后一个周一
        2025 2025-03-31 · 3月最后一个周一
        2026 2026-03-30 · 3月最后一个周一
        2027 2027-03-29 · 3月最后一个周一
        2028 2028-03-27 · 3月最后一个周一
        2029 2029-03-26 · 3月最后一个周一
        2030 2030-03-25 · 3月最后一个周一
        2031 2031-03-31 · 3月最后一个周一
    "#]],
    );
}

/// 1 May is a Wednesday in 2024, then Thursday, Friday, Saturday, Monday (leap year), Tuesday, Wednesday, Thursday: the
/// first Friday is the 3rd, 2nd, 1st, 7th, 5th, 4th, 3rd, 2nd, and the second a week later.
#[test]
fn the_second_friday_of_may() {
    dated(
        "due = \"5月第二个周五\"",
        "2024 2025 2026 2027 2028 2029 2030 2031",
        expect![[r#"
        2024 2024-05-10 · 5月第2个周五
        2025 2025-05-09 · 5月第2个周五
        2026 2026-05-08 · 5月第2个周五
        2027 2027-05-14 · 5月第2个周五
        2028 2028-05-12 · 5月第2个周五
        2029 2029-05-11 · 5月第2个周五
        2030 2030-05-10 · 5月第2个周五
        2031 2031-05-09 · 5月第2个周五
    "#]],
    );
}

/// March 2026 has five Mondays (2, 9, 16, 23, 30); March 2028 four (6, 13, 20, 27).
#[test]
fn a_fifth_monday() {
    dated(
        "due = \"3月第五个周一\"",
        "2026 2028",
        expect![[r#"
        2026 2026-03-30 · 3月第5个周一
        2028 没有日期: 这一期没有这么多个周一
    "#]],
    );
}

/// From the last Monday to its Sunday, across the month's end. 2026: Sunday 04-05 lies in the Qingming holiday from
/// Saturday 04-04, so Friday. 2028 to 2030 have no notice: Saturday and Sunday rest, and 2028-04-02 is a Sunday.
#[test]
fn the_last_week_of_march() {
    dated(
        "due = \"3月最后一周\"",
        "2025 2026 2027 2028",
        expect![[r#"
        2025 2025-03-31 .. 2025-04-03 · 3月最后一周;原定 04-06(周日),提前至工作日
        2026 2026-03-30 .. 2026-04-03 · 3月最后一周;原定 04-05(周日),提前至工作日
        2027 2027-03-29 .. 2027-04-02 · 3月最后一周;原定 04-04(周日),提前至工作日
        2028 2028-03-27 .. 2028-03-31 · 3月最后一周;原定 04-02(周日),提前至工作日
    "#]],
    );
}

/// A window belongs to the year it starts in. 2025-01-31 lies in the holiday from 01-28; 2026-01-31 is a Saturday,
/// 2027-01-31 a Sunday.
#[test]
fn a_window_across_the_year() {
    dated(
        "due = \"12月至次年1月\"",
        "2024 2025 2026",
        expect![[r#"
        2024 2024-12-01 .. 2025-01-27 · 12月至次年1月;原定 01-31(周五),提前至工作日
        2025 2025-12-01 .. 2026-01-30 · 12月至次年1月;原定 01-31(周六),提前至工作日
        2026 2026-12-01 .. 2027-01-29 · 12月至次年1月;原定 01-31(周日),提前至工作日
    "#]],
    );
}

/// 2028-04-30 is a Sunday, and that year's notice is not known.
#[test]
fn the_end_of_april() {
    dated(
        "due = \"4月底\"",
        "2026 2027 2028",
        expect![[r#"
        2026 2026-04-30 · 4月底
        2027 2027-04-30 · 4月底
        2028 2028-04-28 · 原定 04-30(周日),提前至工作日
    "#]],
    );
}

/// 2026-05-31 is a Sunday, so its last workday is Friday 29; 2026-02-28 is a make-up Saturday. January 2026 begins with
/// three days of New Year, and Sunday 4 is worked for them.
#[test]
fn within_a_month() {
    dated(
        "every = \"month\"\ndue = \"最后一个工作日\"",
        "2026-02 2026-05 2026-10",
        expect![[r#"
        2026-02 2026-02-28 · 最后一个工作日
        2026-05 2026-05-29 · 最后一个工作日
        2026-10 2026-10-30 · 最后一个工作日
    "#]],
    );
    dated(
        "every = \"month\"\ndue = \"第一个工作日\"",
        "2026-01 2026-10",
        expect![[r#"
        2026-01 2026-01-04 · 第1个工作日
        2026-10 2026-10-08 · 第1个工作日
    "#]],
    );
    dated(
        "every = \"month\"\ndue = \"第一个教学日\"",
        "2026-03 2026-08 2026-09 2029-09",
        expect![[r#"
        2026-03 2026-03-04 · 第1个教学日
        2026-08 没有日期: 这一期没有教学日
        2026-09 2026-09-01 · 第1个教学日
        2029-09 没有日期: 校历还没有写到2029年这个时候
    "#]],
    );
    dated(
        "every = \"quarter\"\ndue = \"10日\"",
        "2026-Q1 2026-Q2",
        expect![[r#"
        2026-Q1 2026-01-09 · 原定 01-10(周六),提前至工作日
        2026-Q2 2026-04-10 · 10日
    "#]],
    );
    dated(
        "every = \"week\"\ndue = \"周五\"",
        "2026-W01 2026-W40",
        expect![[r#"
        2026-W01 2025-12-31 · 原定 01-02(周五),提前至工作日
        2026-W40 2026-09-30 · 原定 10-02(周五),提前至工作日
    "#]],
    );
}

/// The spring term of 2026 runs from 03-04(三) to 07-04(六), 122 days apart: its middle is the 61st after the start,
/// 05-04, in the holiday from 05-01, so Thursday 04-30. Its last teaching day is Friday 07-03. Ten workdays before its
/// end, 07-04: 07-03, 2, 1, 06-30, 29, 26, 25, 24, 23, 22.
#[test]
fn anchored_on_the_term() {
    dated(
        "every = \"term\"\ndue = \"开学后14天\"",
        "2026-spring 2026-autumn 2031-spring",
        expect![[r#"
        2026-spring 2026-03-18 · 开学后14天:2025学年第二学期03-04开学
        2026-autumn 2026-09-15 · 开学后14天:2026学年第一学期09-01开学
        2031-spring 没有日期: 校历里还没有2031年春季学期
    "#]],
    );
    dated(
        "every = \"term\"\ndue = \"开学前1个工作日\"",
        "2026-spring 2026-autumn",
        expect![[r#"
        2026-spring 2026-03-03 · 开学前1个工作日:2025学年第二学期03-04开学
        2026-autumn 2026-08-31 · 开学前1个工作日:2026学年第一学期09-01开学
    "#]],
    );
    dated(
        "every = \"term\"\ndue = \"学期中\"",
        "2026-spring",
        expect![[r#"
        2026-spring 2026-04-30 · 学期中:2025学年第二学期(03-04至07-04)的中间一天;原定 05-04(周一),提前至工作日
    "#]],
    );
    dated(
        "every = \"term\"\ndue = \"期末\"",
        "2026-spring",
        expect![[r#"
        2026-spring 2026-07-03 · 期末:2025学年第二学期至07-04结束,最后一个教学日
    "#]],
    );
    dated(
        "due = \"春季学期结束前10个工作日\"",
        "2026",
        expect![[r#"
        2026 2026-06-22 · 春季学期结束前10个工作日:2025学年第二学期07-04结束
    "#]],
    );
}

/// 浒山小学 has a spring break from 04-28, so its last teaching day before 05-01 is Monday 04-27; a vocational school has
/// none and teaches on 04-30. 10-01 less three workdays: 09-30, 29, 28.
#[test]
fn anchored_on_a_holiday_or_break() {
    dated(
        "due = \"五一放假前\"",
        "2026 2030",
        expect![[r#"
        2026 2026-04-27 · 五一劳动节放假前:劳动节自05-01(周五)起,此前最后一个教学日
        2030 没有日期: 校历还没有写到2030年这个时候
    "#]],
    );
    let senior = SECOND.replace("junior", "vocational");
    let task = "[[task]]\nid = \"t\"\ntitle = \"演练\"\naudience = \"vocational\"\norigin = \"seed\"\ndue = \"五一放假前\"";
    let bell = Bell::whole(HEAD, task, &format!("{ROSTER}{senior}"), SCHOOL_YEAR);
    let task = bell.agenda.calendar.tasks.values().next().unwrap();
    let found = bell
        .agenda
        .occurrence(task, PeriodKey::Year(2026), 0)
        .dated
        .unwrap();
    assert_eq!(found.due.to_string(), "2026-04-30");
    dated(
        "due = \"国庆节前3个工作日\"",
        "2026",
        expect![[r#"
        2026 2026-09-28 · 国庆节前3个工作日:国庆节自10-01(周四)起
    "#]],
    );
    dated(
        "due = \"寒假期间\"",
        "2026 2040",
        expect![[r#"
        2026 2026-02-07 .. 2026-03-03 · 寒假期间:寒假自02-07至03-03
        2040 没有日期: 校历里还没有2040年的寒假
    "#]],
    );
}

/// Lunar days by facts 3.5. 2026-02-17 is in the holiday from 02-15, before which Saturday 02-14 is worked.
#[test]
fn lunar_days() {
    dated(
        "due = \"春节\"",
        "2026 2028",
        expect![[r#"
        2026 2026-02-14 · 春节:2026年春节是02-17(周二);原定 02-17(周二),提前至工作日
        2028 2028-01-24 · 春节:2028年春节是01-26(周三);原定 01-26(周三),提前至工作日
    "#]],
    );
    dated(
        "due = \"端午节\"",
        "2026",
        expect![[r#"
        2026 2026-06-18 · 端午节:2026年端午节是06-19(周五);原定 06-19(周五),提前至工作日
    "#]],
    );
}

/// A window of rest days only, 10-01 to 10-07, can't be due before it begins: it is due on the first workday after.
#[test]
fn a_window_of_rest_days() {
    dated(
        "every = \"holiday\"\ndue = \"放假期间\"",
        "2026-national-day 2026-qingming",
        expect![[r#"
            2026-national-day 2026-10-01 .. 2026-10-08 · 放假期间:国庆节自10-01至10-07;原定 10-07(周三),顺延至工作日
            2026-qingming 2026-04-04 .. 2026-04-07 · 放假期间:清明节自04-04至04-06;原定 04-06(周一),顺延至工作日
        "#]],
    );
}

#[test]
fn floating_dates() {
    dated(
        "due = { 2026 = \"9月11日\", 2027 = \"9月10日至9月16日\" }",
        "2026 2027 2028",
        expect![[r#"
        2026 2026-09-11 · 2026年9月11日、2027年9月10日至9月16日:2026年定为9月11日
        2027 2027-09-10 .. 2027-09-16 · 2026年9月11日、2027年9月10日至9月16日:2027年定为9月10日至9月16日
        2028 没有日期: 2028年的日期还没有写
    "#]],
    );
}

/// 2026: the winter break reaches from 02-07 over Spring Festival, so no day was taught since and there is no
/// occurrence; Qingming interrupts teaching; before Labour Day this school has had its spring break since 04-28. In 2025
/// Mid-Autumn lies within the National Day holiday.
#[test]
fn holidays_that_interrupt_nothing() {
    dated(
        "every = \"holiday\"\ndue = \"放假前\"",
        "2026-spring-festival 2026-qingming 2026-labour-day 2026-dragon-boat 2025-mid-autumn 2025-national-day",
        expect![[r#"
        2026-spring-festival -
        2026-qingming 2026-04-03 · 放假前:清明节自04-04(周六)起,此前最后一个教学日
        2026-labour-day -
        2026-dragon-boat 2026-06-18 · 放假前:端午节自06-19(周五)起,此前最后一个教学日
        2025-mid-autumn -
        2025-national-day 2025-09-30 · 放假前:国庆节自10-01(周三)起,此前最后一个教学日
    "#]],
    );
}

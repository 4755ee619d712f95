//! Checks 1 to 6, 15 and 20: the days.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use schoolbell::core::plan::Slots;

use super::{dated, due, loaded, shipped, told};
use crate::bell::{Bell, HEAD, ROSTER, SECOND};

/// The week of the last Monday in March, across the month's end; in 2026 into the Qingming holiday from 04-04.
#[test]
fn check_01_safety_education_week() {
    let agenda = shipped();
    for (year, day) in [
        ("2026", 30),
        ("2027", 29),
        ("2028", 27),
        ("2029", 26),
        ("2030", 25),
    ] {
        let found = dated(&agenda, "national-safety-education-week", year, "s001").unwrap();
        let monday = date(year.parse().unwrap(), 3, day);
        assert_eq!(found.window_from, Some(monday));
        assert_eq!(monday.weekday(), Weekday::Monday);
        assert_eq!(
            found.due,
            monday.saturating_add(4.days()),
            "the Sunday moves to Friday"
        );
    }
}

#[test]
fn check_02_days_on_which_letters_go_out() {
    let agenda = shipped();
    let slots = Slots::new(&agenda.calendar);
    let has_slot = |day: Date| {
        slots.day(slots.after(slots.instant(day, jiff::civil::time(0, 0, 0, 0)))) == day
    };
    for day in [date(2026, 10, 10), date(2026, 2, 28), date(2026, 9, 20)] {
        assert!(has_slot(day), "{day}");
    }
    for day in [date(2026, 2, 16), date(2026, 10, 5), date(2026, 5, 10)] {
        assert!(!has_slot(day), "{day}");
    }
}

#[test]
fn check_03_2027_is_missing() {
    let loaded = loaded();
    assert!(
        loaded
            .findings
            .iter()
            .any(|found| found.message.zh.starts_with("2027年放假安排还没有录入"))
    );
    let workdays = &loaded.agenda.calendar.workdays;
    for day in 1..=3 {
        assert!(!workdays.is_workday(date(2027, 10, day)));
    }
    let told = told(
        "2026-11-30 07:00 hang\n2026-12-02 09:00 end",
        "holiday-notice:2027",
    );
    assert_eq!(
        told,
        ["12-01 08:00 office@cixi-edu.example ! holiday-notice:2027"]
    );
}

#[test]
fn check_04_a_saturday_moves_to_friday() {
    let agenda = shipped();
    assert_eq!(
        due(&agenda, "constitution-day-1204", "2027", "s001"),
        date(2027, 12, 3)
    );
    let found = dated(&agenda, "disaster-prevention-day-512", "2029", "s001").unwrap();
    assert_eq!(found.due, date(2029, 5, 11));
    assert_eq!(found.why.zh, "原定 05-12(周六),提前至工作日");
}

/// A primary school has its spring break from 04-28; a senior one has none and teaches on 04-30.
#[test]
fn check_05_before_labour_day() {
    let agenda = shipped();
    assert_eq!(
        due(&agenda, "labour-day-holiday-education", "2026", "s001"),
        date(2026, 4, 27)
    );
    assert_eq!(
        due(&agenda, "labour-day-holiday-education", "2026", "s006"),
        date(2026, 4, 27)
    );
    assert_eq!(
        due(&agenda, "labour-day-holiday-education", "2026", "s007"),
        date(2026, 4, 30)
    );
}

/// 04-25, a Saturday, is taught and Monday 04-27 is not, but for the junior schools: the last teaching day before
/// 04-28 is the Saturday for one and the Monday for the other.
#[test]
fn check_06_the_local_calendar_overrides() {
    let school = "\
[[term]]
key = \"2026-spring\"
name = \"2025学年第二学期\"
start = 2026-03-04
end = 2026-07-04
[[break]]
key = \"2026-spring-break\"
name = \"春假\"
start = 2026-04-28
end = 2026-04-30
[[day]]
date = 2026-04-25
teaching = true
audience = \"!junior\"
why = \"春假调课\"
[[day]]
date = 2026-04-27
teaching = false
audience = \"!junior\"
";
    let tasks = "[[task]]\nid = \"before\"\ntitle = \"假前教育\"\nevery = \"break\"\ndue = \"放假前\"\naudience = \"school\"\norigin = \"seed\"";
    let bell = Bell::whole(HEAD, tasks, &format!("{ROSTER}{SECOND}"), school);
    assert_eq!(
        due(&bell.agenda, "before", "2026-spring-break", "s1"),
        date(2026, 4, 25)
    );
    assert_eq!(
        due(&bell.agenda, "before", "2026-spring-break", "s2"),
        date(2026, 4, 27)
    );
}

/// 九都 2006: schools report to the district by 09-20, the district to the city by 09-30 (facts 3.2). In 2026 09-20 is a
/// Sunday that is worked. And where the town is asked by the bureau, it answers first: three workdays before Wednesday
/// 09-30 is Friday 09-25, the Mid-Autumn holiday, so not that: Tuesday 29, Monday 28, Thursday 24.
#[test]
fn check_15_each_level_before_the_one_above() {
    let tasks = "[[task]]\nid = \"sum\"\ntitle = \"排查汇总\"\ndue = \"9月30日\"\norigin = \"seed\"\naudience = \"school | town | bureau\"\ndue_at = { school = \"-10d\", town = \"-3 workdays\" }";
    let bell = Bell::with(HEAD, tasks, &format!("{ROSTER}{SECOND}"));
    let day = |unit: &str| due(&bell.agenda, "sum", "2026", unit);
    assert_eq!(day("s1"), date(2026, 9, 20));
    assert_eq!(day("t1"), date(2026, 9, 24));
    assert_eq!(day("b"), date(2026, 9, 30));
}

/// Eight in the morning in Beijing, all year, whatever the server's zone.
#[test]
fn check_20_eight_in_beijing() {
    let agenda = shipped();
    let slots = Slots::new(&agenda.calendar);
    let mut at = slots.instant(date(2026, 1, 1), jiff::civil::time(0, 0, 0, 0));
    let mut count = 0;
    loop {
        at = slots.after(at);
        if slots.day(at).year() > 2026 {
            break;
        }
        assert!(at.to_string().ends_with("T00:00:00Z"), "{at}");
        count += 1;
    }
    assert_eq!(count, 248, "the workdays of 2026 (facts 3.5)");
}

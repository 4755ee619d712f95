//! `due_at`: a due day of some units' own, told by how far it lies from everybody's.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use schoolbell::core::agenda::Absent;
use schoolbell::core::ladder::Stretch;
use schoolbell::core::period::PeriodKey;
use schoolbell::core::shift::{NotAShift, Shift};

use crate::bell::{Bell, HEAD, ROSTER, SECOND, check};

/// Two schools and their town, with `task` asked of all three.
fn bell(task: &str) -> Bell {
    let task = format!(
        "[[task]]\nid = \"t\"\ntitle = \"隐患排查\"\naudience = \"school | town\"\norigin = \"seed\"\n{task}"
    );
    Bell::with(HEAD, &task, &format!("{ROSTER}{SECOND}"))
}

/// When it opens and falls due for each unit, and why.
fn days(task: &str, period: &str, expected: Expect) {
    let bell = bell(task);
    let agenda = &bell.agenda;
    let task = agenda.calendar.tasks.values().next().unwrap();
    let period: PeriodKey = period.parse().unwrap();
    let mut out = String::new();
    for unit in agenda.roster.units() {
        let Some(group) = agenda.group_of(task, &unit.id) else {
            continue;
        };
        let line = match agenda.occurrence(task, period, group).dated {
            Ok(found) => format!("{} .. {} · {}", found.opens, found.due, found.why.zh),
            Err(Absent::Undated(why)) => format!("没有日期: {}", why.zh),
            Err(other) => format!("{other:?}"),
        };
        let _ = writeln!(out, "{} {line}", unit.id);
    }
    expected.assert_eq(&out);
}

/// 2026-03-31 is a Tuesday: three workdays before it, Monday 30, Friday 27, Thursday 26.
#[test]
fn a_town_hands_in_before_the_bureau() {
    days(
        "due = \"3月31日\"\ndue_at = { town = \"-3 workdays\" }",
        "2026",
        expect![[r#"
            t1 2026-03-12 .. 2026-03-26 · 3月31日;比统一截止日提前3个工作日
            s1 2026-03-17 .. 2026-03-31 · 3月31日
            s2 2026-03-17 .. 2026-03-31 · 3月31日
        "#]],
    );
}

/// The shift counts from the day the others have: Saturday 2029-05-12 moved to Friday 05-11. Five days before that is
/// Sunday 05-06, moved in its turn to Friday 05-04; with `after` 05-12 goes to Monday 05-14, and five days before that,
/// Wednesday 05-09, is worked. Two workdays before Friday 05-11 are Thursday and Wednesday 05-09.
#[test]
fn it_counts_from_everybodys_day() {
    days(
        "due = \"5月12日\"\ndue_at = { town = \"-5d\", junior = \"提前2个工作日\" }",
        "2029",
        expect![[r#"
            t1 2029-04-20 .. 2029-05-04 · 原定 05-12(周六),提前至工作日;比统一截止日提前5天;逢 05-06(周日),再提前至工作日
            s1 2029-04-27 .. 2029-05-11 · 原定 05-12(周六),提前至工作日
            s2 2029-04-25 .. 2029-05-09 · 原定 05-12(周六),提前至工作日;比统一截止日提前2个工作日
        "#]],
    );
    days(
        "due = \"5月12日\"\ndue_on_rest_day = \"after\"\ndue_at = { town = \"-5d\" }",
        "2029",
        expect![[r#"
            t1 2029-04-25 .. 2029-05-09 · 原定 05-12(周六),顺延至工作日;比统一截止日提前5天
            s1 2029-04-30 .. 2029-05-14 · 原定 05-12(周六),顺延至工作日
            s2 2029-04-30 .. 2029-05-14 · 原定 05-12(周六),顺延至工作日
        "#]],
    );
}

/// Later too: a town sums up what its schools report by Friday 2026-11-06, five workdays after it, Friday 11-13.
#[test]
fn a_town_sums_up_after_its_schools() {
    days(
        "due = \"11月6日\"\ndue_at = { town = \"推迟五个工作日\" }",
        "2026",
        expect![[r#"
            t1 2026-10-30 .. 2026-11-13 · 11月6日;比统一截止日推迟5个工作日
            s1 2026-10-23 .. 2026-11-06 · 11月6日
            s2 2026-10-23 .. 2026-11-06 · 11月6日
        "#]],
    );
}

/// A window ends earlier, and never before it begins: 06-20 is a Saturday, but 06-19 is Dragon Boat and 06-20, 06-21
/// rest with it; the first workday in it is Monday 06-22.
#[test]
fn a_window_ends_earlier() {
    days(
        "due = \"6月20日至7月3日\"\ndue_at = { town = \"-3d\", junior = \"-30d\" }",
        "2026",
        expect![[r#"
            t1 2026-06-20 .. 2026-06-30 · 6月20日至7月3日;比统一截止日提前3天
            s1 2026-06-20 .. 2026-07-03 · 6月20日至7月3日
            s2 2026-06-20 .. 2026-06-22 · 6月20日至7月3日;比统一截止日提前30天;逢 06-03(周三),改为其后的 06-22(周一)
        "#]],
    );
}

/// Of several that match, the last stands; and each kind of period has it. The spring term's tenth day is 03-14, a
/// Saturday, so Friday 03-13; March's last workday Tuesday 03-31.
#[test]
fn the_last_that_matches_stands() {
    days(
        "every = \"term\"\ndue = \"开学后10天\"\ndue_at = { \"town | junior\" = \"-1 workday\", \"junior\" = \"-2 workdays\" }",
        "2026-spring",
        expect![[r#"
            t1 2026-02-26 .. 2026-03-12 · 开学后10天:2025学年第二学期03-04开学;原定 03-14(周六),提前至工作日;比统一截止日提前1个工作日
            s1 2026-02-27 .. 2026-03-13 · 开学后10天:2025学年第二学期03-04开学;原定 03-14(周六),提前至工作日
            s2 2026-02-25 .. 2026-03-11 · 开学后10天:2025学年第二学期03-04开学;原定 03-14(周六),提前至工作日;比统一截止日提前2个工作日
        "#]],
    );
    days(
        "every = \"month\"\ndue = \"最后一个工作日\"\ndue_at = { town = \"-1d\" }",
        "2026-03",
        expect![[r#"
            t1 2026-03-16 .. 2026-03-30 · 最后一个工作日;比统一截止日提前1天
            s1 2026-03-17 .. 2026-03-31 · 最后一个工作日
            s2 2026-03-17 .. 2026-03-31 · 最后一个工作日
        "#]],
    );
}

/// A shifted due day is found where it lies: the town's for 10 January 2027 in December 2026, and that for a week's
/// Friday 40 workdays earlier. The period's key stays the nominal one.
#[test]
fn it_is_found_where_it_lies() {
    let found = |task: &str, from: &str, to: &str| -> Vec<String> {
        let bell = bell(task);
        let all = bell
            .agenda
            .between(from.parse().unwrap(), to.parse().unwrap());
        all.iter()
            .map(|found| {
                let due = found.dated.as_ref().unwrap().due;
                format!("{} {due}", found.id)
            })
            .collect()
    };
    assert_eq!(
        found(
            "due = \"1月10日\"\ndue_at = { town = \"-20d\" }",
            "2026-12-01",
            "2026-12-31"
        ),
        ["t@2027 2026-12-18"],
        "20 days before Friday 2027-01-08 is Saturday 12-19"
    );
    assert_eq!(
        found(
            "every = \"week\"\ndue = \"周五\"\ndue_at = { town = \"-40 workdays\" }",
            "2026-07-24",
            "2026-07-26"
        ),
        ["t@2026-W30 2026-07-24", "t@2026-W38 2026-07-24"],
        "the schools' own Friday, and the town's for Friday 09-18, eight weeks without a holiday earlier"
    );
}

/// What it does to the letters: the town is told, reminded and late by its own day; moving the shift is a change of the
/// due day, and tells the town alone.
#[test]
fn a_town_has_its_own_ladder_of_days() {
    let task = "
[[task]]
id       = \"drill\"
title    = \"隐患排查\"
due      = \"11月10日\"
due_at   = { town = \"-3 workdays\" }
audience = \"town | unit:s1\"
remind   = [\"0d\"]
origin   = \"seed\"
";
    check(
        task,
        "2026-10-16 07:00 hang
         2026-11-02 10:00 edit -3 workdays => -5 workdays
         2026-11-04 09:00 end",
        expect![[r#"
            10-22 08:00 safety@t1 opens drill@2026/t1 due 11-05 act
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@t1 changed drill@2026/t1 due 11-03 act
            11-04 08:00 safety@t1 overdue drill@2026/t1 due 11-03 act
        "#]],
    );
    let mut bell = Bell::new(task);
    bell.run("2026-10-16 07:00 hang\n2026-10-22 09:00 end");
    let content = bell
        .content("safety@t1", schoolbell::core::compose::Reader::Mail)
        .unwrap();
    assert_eq!(
        content.items[0].date_note.as_deref(),
        Some("11月10日;比统一截止日提前3个工作日")
    );
}

#[test]
fn shifts_as_people_write_them() {
    let three = Ok(Shift::Earlier(Stretch::Workdays(3)));
    for text in [
        "-3 workdays",
        "－３ workdays",
        "−3个工作日",
        "提前3个工作日",
        "提前三个工作日",
        "提前 ３ 个工作日",
        "3 workdays earlier",
        "- 3工作日",
    ] {
        assert_eq!(Shift::parse(text), three, "{text}");
    }
    for text in ["+5d", "推迟5天", "延后五天", "5 days later", "＋５日"] {
        assert_eq!(
            Shift::parse(text),
            Ok(Shift::Later(Stretch::Days(5))),
            "{text}"
        );
    }
    for (text, fault) in [
        ("3 workdays", NotAShift::NoDirection(Stretch::Workdays(3))),
        ("-0d", NotAShift::Nought),
        ("-61d", NotAShift::TooFar(Stretch::Days(61))),
        ("-41 workdays", NotAShift::TooFar(Stretch::Workdays(41))),
        ("-3", NotAShift::Unreadable),
        ("提前", NotAShift::Unreadable),
        ("", NotAShift::Unreadable),
        ("--3d", NotAShift::Unreadable),
    ] {
        assert_eq!(Shift::parse(text), Err(fault), "{text}");
    }
}

//! Rule 7 and the slots: one letter an address a slot, whatever the roles and the clock do.

use expect_test::{Expect, expect};
use jiff::civil::DateTime;

use crate::bell::{Bell, DRILL, HEAD, NOTICES, ROSTER, SECOND, check, slots_after};

/// Two slots a day: a rung belongs to the first of its day; the second has nothing to say, and what happens between
/// them is told in it.
#[test]
fn two_slots_a_day() {
    let head = HEAD.replace("[\"08:00\"]", "[\"14:00\", \"08:00\"]");
    Bell::with(&head, DRILL, ROSTER).check(
        "2026-11-03 07:00 hang
         2026-11-06 10:00 edit 11月10日 => 11月20日
         2026-11-13 09:00 end",
        expect![[r#"
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-06 14:00 safety@s1 changed drill@2026/s1 due 11-20 act
            11-13 08:00 safety@s1 remind:7d drill@2026/s1 due 11-20 act
        "#]],
    );
}

/// In a village one person is principal and the town's safety officer too, and holds the bureau's office: one letter a
/// slot, with a section for each.
#[test]
fn one_person_with_several_roles() {
    let roster = format!("{ROSTER}{SECOND}")
        .replace("safety@t1", "zhou@t1")
        .replace("principal@s1", "zhou@t1");
    let mut bell = Bell::with(
        HEAD,
        &format!("{DRILL}opens = \"0d\"\nnag = false"),
        &roster,
    );
    bell.run(
        "2026-11-09 09:00 hang
         2026-11-13 08:30 end",
    );
    let letters: Vec<_> = bell
        .state
        .letters
        .values()
        .filter(|letter| letter.address.as_str() == "zhou@t1")
        .collect();
    assert_eq!(letters.len(), 1);
    bell.check(
        "2026-11-13 08:30 say zhou@t1",
        expect![[r#"
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s2 remind:0d drill@2026/s2 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 deputy@s2 escalate:1 workday drill@2026/s2 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-11 08:00 safety@s2 overdue drill@2026/s2 due 11-10 act
            11-11 08:00 safety@s2 escalate:1 workday drill@2026/s2 due 11-10 below
            11-13 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 deputy@s2 escalate:3 workdays drill@2026/s2 due 11-10 below
            11-13 08:00 principal@s2 escalate:3 workdays drill@2026/s2 due 11-10 above
            11-13 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 safety@s2 escalate:3 workdays drill@2026/s2 due 11-10 below
            11-13 08:00 zhou@t1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-13 08:00 zhou@t1 escalate:3 workdays drill@2026/s2 due 11-10 rollup
            11-13 08:30 zhou@t1 reads
              overdue_below: 浒山小学 应急疏散演练 due 11-10 left -3 | reported to 分管副校长 李秀芳 | follows 11-17 慈溪市教育局办公室
              rollup: 浒山街道 鄞州路初级中学 应急疏散演练 due 11-10 late 3
        "#]],
    );
}

/// All the duties of a slot are one letter, in the order of their days.
#[test]
fn two_duties_in_one_letter() {
    let other = DRILL
        .replace("drill", "a-later-one")
        .replace("11月10日", "11月12日")
        .replace("应急疏散演练", "台账");
    check(
        &format!("{DRILL}{other}"),
        "2026-11-02 07:00 hang
         2026-11-02 09:00 say safety@s1",
        expect![[r#"
            11-02 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-02 08:00 safety@s1 opens a-later-one@2026/s1 due 11-12 act
            11-02 09:00 safety@s1 reads
              items: 浒山小学 应急疏散演练 due 11-10 left 6 | follows 11-11 分管副校长, 11-13 校长、浒山街道安全专干, 11-17 慈溪市教育局办公室
              items: 浒山小学 台账 due 11-12 left 8 | follows 11-13 分管副校长, 11-17 校长、浒山街道安全专干, 11-19 慈溪市教育局办公室
        "#]],
    );
}

fn slots(bell: &Bell, from: &str, count: usize, expected: Expect) {
    let zone = bell.agenda.calendar.timezone.clone();
    let from: DateTime = from.parse().expect("a local time");
    let from = from
        .to_zoned_datetime(zone)
        .expect("an instant")
        .timestamp();
    expected.assert_eq(&slots_after(&bell.agenda.calendar, from, count).join("\n"));
}

/// A calendar whose notice has the Sundays of the clock changes as make-up days.
fn with_sundays_worked(head: &str, tasks: &str) -> Bell {
    let notice = NOTICES[3]
        .1
        .replace("2026-10-10", "2026-10-10, 2026-03-29, 2026-10-25");
    Bell::noticed(head, tasks, ROSTER, &notice)
}

fn berlin() -> String {
    HEAD.replace("Asia/Shanghai", "Europe/Berlin")
        .replace("[\"08:00\"]", "[\"02:30\"]")
}

/// Clocks change on Sundays. 2026-02-28 is a make-up Saturday in the notices, so no Sunday of a change is worked: the
/// notice of 2026 is edited here to work on 03-29, when 02:30 does not exist: the first valid instant is 03:00.
#[test]
fn the_hour_that_is_left_out() {
    slots(
        &with_sundays_worked(&berlin(), DRILL),
        "2026-03-27T12:00",
        2,
        expect![[r#"
        03-29 03:00 +02:00
        03-30 02:30 +02:00"#]],
    );
}

/// On 2026-10-25 02:30 comes twice: the slot is the first, and there is one.
#[test]
fn the_hour_that_comes_twice() {
    slots(
        &with_sundays_worked(&berlin(), DRILL),
        "2026-10-23T12:00",
        2,
        expect![[r#"
        10-25 02:30 +02:00
        10-26 02:30 +01:00"#]],
    );
}

/// Sundays are rest days, so the slots stand around the change as ever.
#[test]
fn a_change_on_a_rest_day() {
    slots(
        &Bell::with(&berlin(), DRILL, ROSTER),
        "2026-03-27T12:00",
        2,
        expect![[r#"
        03-30 02:30 +02:00
        03-31 02:30 +02:00"#]],
    );
}

/// 08:00 in Beijing is midnight in Greenwich; there is no daylight saving.
#[test]
fn beijing() {
    slots(
        &Bell::new(DRILL),
        "2026-03-27T12:00",
        2,
        expect![[r#"
        03-30 08:00 +08:00
        03-31 08:00 +08:00"#]],
    );
    slots(
        &Bell::new(DRILL),
        "2026-10-30T07:59",
        2,
        expect![[r#"
        10-30 08:00 +08:00
        11-02 08:00 +08:00"#]],
    );
}

/// Over the whole holiday there is no slot, and the make-up days have theirs: 09-20(日), 10-10(六).
#[test]
fn holidays_and_make_up_days() {
    slots(
        &Bell::new(DRILL),
        "2026-09-18T12:00",
        2,
        expect![[r#"
        09-20 08:00 +08:00
        09-21 08:00 +08:00"#]],
    );
    slots(
        &Bell::new(DRILL),
        "2026-09-30T12:00",
        4,
        expect![[r#"
        10-08 08:00 +08:00
        10-09 08:00 +08:00
        10-10 08:00 +08:00
        10-12 08:00 +08:00"#]],
    );
}

/// Through the hour that comes twice, beats in both halves of it decide the slot once.
#[test]
fn one_letter_through_the_hour_that_comes_twice() {
    let tasks = format!("{}opens = \"1d\"\n", DRILL.replace("11月10日", "10月26日"));
    with_sundays_worked(&berlin(), &tasks).check(
        "2026-10-24 07:00 hang
         2026-10-25 02:45 end
         2026-10-25 03:10 end
         2026-10-26 02:45 end",
        expect![[r#"
            10-25 02:30 safety@s1 opens drill@2026/s1 due 10-26 act
            10-26 02:30 safety@s1 remind:0d drill@2026/s1 due 10-26 act
        "#]],
    );
}

/// At half past eight the clock is set back three hours: eight o'clock comes again, and says nothing again.
#[test]
fn set_back_three_hours() {
    check(
        DRILL,
        "2026-11-02 07:00 hang
         2026-11-03 08:30 end
         2026-11-03 05:30 set
         2026-11-06 09:00 end",
        expect![[r#"
            11-02 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// It went up at eight; the clock is set back to six, and then the duty is done: the answer bears an earlier time than the
/// slot, and whoever was told it is overdue hears that it closed all the same. Found by a simulated life: news were
/// looked for by their times.
#[test]
fn done_after_the_clock_was_set_back() {
    check(
        &crate::bell::drill_from("0d"),
        "2026-11-13 07:00 hang
         2026-11-13 07:30 edit 11月10日 => 11月13日
         2026-11-16 08:30 end
         2026-11-16 06:00 set
         2026-11-16 06:30 done drill@2026/s1 safety@s1
         2026-11-17 09:00 end",
        expect![[r#"
            11-13 08:00 safety@s1 opens drill@2026/s1 due 11-13 act
            11-16 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-13 above
            11-16 08:00 safety@s1 overdue drill@2026/s1 due 11-13 act
            11-16 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-13 below
            11-17 08:00 deputy@s1 closed drill@2026/s1 due 11-13 above
        "#]],
    );
}

/// Decided at ten by a clock that is set back to six, and told at eight: the word bears an earlier time than what it tells of,
/// and is not said again with each slot that follows.
#[test]
fn a_decision_told_before_the_clock_was_set_back() {
    check(
        &crate::bell::drill_from("1d"),
        "2026-11-09 07:00 hang
         2026-11-09 10:00 extension drill@2026/s1 safety@s1 2026-11-20
         2026-11-10 08:30 down
         2026-11-11 10:00 grant drill@2026/s1 extension 2026-11-20
         2026-11-11 06:00 set
         2026-11-11 06:10 up
         2026-11-13 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-10 08:00 office@b ! request:drill@2026/s1:1
            11-11 08:00 safety@s1 changed drill@2026/s1 due 11-20 act
            11-11 08:00 safety@s1 decided drill@2026/s1 due 11-20 act
        "#]],
    );
}

/// At two in the morning it is set on to eleven: the slot lies behind it, and its letters go at once, late.
#[test]
fn set_on_by_hours() {
    check(
        DRILL,
        "2026-11-02 07:00 hang
         2026-11-03 02:00 end
         2026-11-03 11:00 set
         2026-11-06 09:00 end",
        expect![[r#"
            11-02 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 11:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

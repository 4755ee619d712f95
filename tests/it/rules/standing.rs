//! Rules 1 and 2: which rungs a duty has, on which days, and which units have it.

use expect_test::expect;
use jiff::civil::date;
use schoolbell::core::board::board;

use crate::bell::{Bell, DRILL, HEAD, ROSTER, SECOND, check};

/// The whole ladder, as nobody answers: the days are worked out beside [`DRILL`].
#[test]
fn nobody_answers() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-11-25 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-13 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-13 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
            11-17 08:00 deputy@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 office@b escalate:5 workdays drill@2026/s1 due 11-10 rollup
            11-17 08:00 office@b ! bulletin:2026-W46
            11-17 08:00 principal@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 safety@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 safety@s1 nag:5 workdays drill@2026/s1 due 11-10 act
            11-24 08:00 safety@s1 nag:10 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// It opens one day before it is due: 7d and 2 workdays lie before that and fall away.
#[test]
fn rungs_before_the_opening_fall_away() {
    check(
        &format!("{DRILL}opens = \"1d\""),
        "2026-10-19 07:00 hang
         2026-11-10 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// A window from 11-09 to 11-20(五) is announced 14d before its first day, 10-26(一). 14d before the last day, 11-06,
/// is before it opens and falls away; 7d is 11-13(五).
#[test]
fn a_window_is_announced_before_its_first_day() {
    check(
        &format!(
            "{}remind = [\"14d\", \"7d\"]",
            DRILL.replace("11月10日", "11月9日至11月20日")
        ),
        "2026-10-19 07:00 hang
         2026-11-20 09:00 end",
        expect![[r#"
            10-26 08:00 safety@s1 opens drill@2026/s1 due 11-20 act
            11-13 08:00 safety@s1 remind:7d drill@2026/s1 due 11-20 act
        "#]],
    );
}

/// Each month by the 10th, told 14 days before, but never before the month: 11-01 is a Sunday, and moving it back
/// would leave the month, so it is announced on 11-02(一). 7d: 11-03. Hung on 10-26, October's is over.
#[test]
fn a_month_is_not_announced_before_it_begins() {
    check(
        &DRILL.replace("11月10日", "10日\"\nevery = \"month"),
        "2026-10-26 07:00 hang
         2026-11-10 07:00 end",
        expect![[r#"
            11-02 08:00 safety@s1 opens drill@2026-11/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026-11/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026-11/s1 due 11-10 act
        "#]],
    );
}

/// Due 11-16(一): 1d before is Sunday 11-15, so it goes out on Friday 11-13.
#[test]
fn a_reminder_on_a_rest_day_goes_before_it() {
    check(
        &format!(
            "{}opens = \"5d\"\nremind = [\"1d\"]",
            DRILL.replace("10日", "16日")
        ),
        "2026-10-19 07:00 hang
         2026-11-16 09:00 end",
        expect![[r#"
            11-11 08:00 safety@s1 opens drill@2026/s1 due 11-16 act
            11-13 08:00 safety@s1 remind:1d drill@2026/s1 due 11-16 act
        "#]],
    );
}

/// With `on_rest_day = "after"` the reminder of Sunday 11-15 goes out on Monday 11-16.
#[test]
fn a_reminder_may_go_after_a_rest_day() {
    check(
        &format!(
            "{}opens = \"5d\"\nremind = [\"1d\"]\non_rest_day = \"after\"",
            DRILL.replace("10日", "16日")
        ),
        "2026-10-19 07:00 hang
         2026-11-16 09:00 end",
        expect![[r#"
            11-11 08:00 safety@s1 opens drill@2026/s1 due 11-16 act
            11-16 08:00 safety@s1 remind:1d drill@2026/s1 due 11-16 act
        "#]],
    );
}

/// Due Friday 11-13. The first slot after the due day is Monday 11-16, and an escalation always goes after a rest
/// day: one day after is Saturday 11-14, so Monday too.
#[test]
fn overdue_and_escalation_wait_for_a_workday() {
    check(
        &format!(
            "{}opens = \"1d\"\nremind = []\nescalate = [{{ after = \"1d\", to = [\"deputy\"] }}]",
            DRILL.replace("10日", "13日")
        ),
        "2026-10-19 07:00 hang
         2026-11-17 09:00 end",
        expect![[r#"
            11-12 08:00 safety@s1 opens drill@2026/s1 due 11-13 act
            11-16 08:00 deputy@s1 escalate:1d drill@2026/s1 due 11-13 above
            11-16 08:00 safety@s1 overdue drill@2026/s1 due 11-13 act
            11-16 08:00 safety@s1 escalate:1d drill@2026/s1 due 11-13 below
        "#]],
    );
}

/// Hung in the morning of the due day: that day is not over, so the unit has the duty, and its newest rung is 0d.
#[test]
fn hung_on_the_due_day() {
    check(
        DRILL,
        "2026-11-10 07:00 hang
         2026-11-10 20:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Hung after that day's slot: the first word is `overdue`, on 11-11. The unit is first reached then, so one
/// workday after is 11-12.
#[test]
fn hung_in_the_afternoon_of_the_due_day() {
    check(
        DRILL,
        "2026-11-10 10:00 hang
         2026-11-11 09:00 say safety@s1
         2026-11-12 09:00 end",
        expect![[r#"
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 09:00 safety@s1 reads
              items: 浒山小学 应急疏散演练 due 11-10 left -1 | follows 11-12 分管副校长, 11-16 校长、浒山街道安全专干, 11-18 慈溪市教育局办公室
            11-12 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-12 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// Hung on the day after: the due day was over.
#[test]
fn hung_too_late() {
    check(
        DRILL,
        "2026-11-11 07:00 hang
         2026-11-25 09:00 end",
        expect![""],
    );
}

/// What a school's board tells before the first slot: what is due on the day the bell was hung, and nothing from before.
#[test]
fn the_board_begins_with_the_day_of_the_bell() {
    let told = |hung: &str| {
        let mut bell = Bell::new(DRILL);
        bell.run(&format!("{hung} 10:00 hang\n{hung} 11:00 end"));
        let school = bell.agenda.roster.units().last().expect("浒山小学");
        let page = board(&bell.agenda, &bell.state, &school.id, bell.now).expect("a unit");
        let days = page.duties.iter().map(|duty| duty.due);
        days.collect::<Vec<_>>()
    };
    let (this, next) = (date(2026, 11, 10), date(2027, 11, 10));
    assert_eq!(told("2026-11-10"), [this, next]);
    assert_eq!(told("2026-11-11"), [next]);
}

/// On the roster the day before the due day: it has the duty. Its first slot is the due day's.
#[test]
fn a_unit_added_before_the_due_day() {
    check(
        &format!("{DRILL}escalate = []"),
        &format!(
            "2026-11-09 07:00 hang
             2026-11-09 10:00 edit {} => {}
             2026-11-10 09:00 end",
            ROSTER.lines().last().unwrap(),
            format!("{}\n{SECOND}", ROSTER.lines().last().unwrap())
                .trim()
                .replace('\n', "~"),
        ),
        expect![[r#"
            11-09 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s2 remind:0d drill@2026/s2 due 11-10 act
        "#]],
    );
}

/// On the roster only on the due day itself: that is not before it.
#[test]
fn a_unit_added_on_the_due_day() {
    check(
        &format!("{DRILL}escalate = []"),
        &format!(
            "2026-11-09 07:00 hang
             2026-11-10 07:00 edit {} => {}
             2026-11-12 09:00 end",
            ROSTER.lines().last().unwrap(),
            format!("{}\n{SECOND}", ROSTER.lines().last().unwrap())
                .trim()
                .replace('\n', "~"),
        ),
        expect![[r#"
            11-09 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// A task added on the morning of its due day is still asked; one whose day is over when it is added is not.
#[test]
fn a_task_added_late() {
    let late = "[[task]]~id = \"late\"~title = \"补报\"~due = \"11月10日\"~audience = \"school\"~origin = \"local\"";
    let later = late.replace("late", "later").replace("10日", "9日");
    check(
        &DRILL.replace("11月10日", "11月30日"),
        &format!(
            "2026-10-19 07:00 hang
             2026-11-10 07:00 edit [[task]] => {late}~{later}~[[task]]
             2026-11-10 20:00 end",
        ),
        expect![[r#"
            11-10 08:00 safety@s1 remind:0d late@2026/s1 due 11-10 act
        "#]],
    );
}

/// An adjustment replaces the whole value of a key, for the units it matches: the boarding school is reminded 10 days
/// (10-31, a Saturday, so 10-30) and 5 days (11-05) before.
#[test]
fn an_adjustment_for_some_units() {
    let head = format!("{HEAD}[[adjust]]\naudience = \"boarding\"\nremind = [\"10d\", \"5d\"]\n");
    let roster = format!(
        "{ROSTER}{}",
        SECOND.replace("junior,t1,,", "junior,t1,boarding,")
    );
    Bell::with(&head, DRILL, &roster).check(
        "2026-10-28 09:00 hang
         2026-11-10 07:00 end",
        expect![[r#"
            10-29 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            10-29 08:00 safety@s2 opens drill@2026/s2 due 11-10 act
            10-30 08:00 safety@s2 remind:10d drill@2026/s2 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-05 08:00 safety@s2 remind:5d drill@2026/s2 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// First start under the spool, on a Saturday evening: what is open goes out at once, and is not said again. The next
/// word is that of the due day.
#[test]
fn first_start_under_the_spool() {
    check(
        DRILL,
        "2026-11-07 22:00 open
         2026-11-10 09:00 end",
        expect![[r#"
            11-07 22:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// First start an hour before the slot of a workday: the slot has nothing to add.
#[test]
fn first_start_before_the_slot() {
    check(
        DRILL,
        "2026-11-10 07:00 open
         2026-11-10 09:00 end",
        expect![[r#"
            11-10 07:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
        "#]],
    );
}

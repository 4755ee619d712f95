//! Rule 4: after downtime the newest reminder only, and rule 5's word on outages.

use expect_test::expect;

use crate::bell::{DRILL, check};

/// Down over 11-03 (7d) until Friday 11-06 at ten: within the sending hours, so at once, and only the newest.
#[test]
fn three_days_down() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-11-02 18:00 down
         2026-11-06 10:00 up
         2026-11-10 07:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-06 10:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Back at 20:00, when sending is over, or on Thursday at seven: the next slot, in which 7d is still the newest.
#[test]
fn back_outside_the_sending_hours() {
    for back in ["2026-11-04 20:00", "2026-11-04 23:30", "2026-11-05 07:00"] {
        check(
            DRILL,
            &format!(
                "2026-10-19 07:00 hang
                 2026-11-02 18:00 down
                 {back} up
                 2026-11-06 07:00 end"
            ),
            expect![[r#"
                10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
                11-05 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            "#]],
        );
    }
}

/// Back on Saturday at ten: a rest day, so Monday's slot. 2 workdays (11-06) is the newest.
#[test]
fn back_on_a_rest_day() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-11-02 18:00 down
         2026-11-07 10:00 up
         2026-11-09 20:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-09 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// A restart of a few minutes over the slot is no outage.
#[test]
fn a_short_restart_over_the_slot() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-11-11 07:58 down
         2026-11-11 08:05 up
         2026-11-11 20:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-11 08:05 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:05 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:05 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// Due 10-12(一). Opens 09-28; 7d is 10-05, in the holiday, so 09-30; 2 workdays: 10-10(六) is worked, then 10-09.
/// Down from 09-29 over the whole holiday, back in the middle of it: nothing on a rest day; on 10-08(四), the first
/// workday, 7d is the newest.
#[test]
fn a_long_holiday_down() {
    check(
        &DRILL.replace("11月10日", "10月12日"),
        "2026-09-01 07:00 hang
         2026-09-29 18:00 down
         2026-10-05 12:00 up
         2026-10-12 09:00 end",
        expect![[r#"
            09-28 08:00 safety@s1 opens drill@2026/s1 due 10-12 act
            10-08 08:00 safety@s1 remind:7d drill@2026/s1 due 10-12 act
            10-09 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 10-12 act
            10-12 08:00 safety@s1 remind:0d drill@2026/s1 due 10-12 act
        "#]],
    );
}

/// Down over the due day and the slot of 11-11, back on Thursday 11-12 at nine. The newest for who has to act is
/// `overdue`, at once. Friday 11-13 is the one full workday of service, so the deputy hears on Monday 11-16; principal
/// and town (their day, 11-13, is past) one workday after the deputy was reached, 11-17; the bureau after that, 11-18.
#[test]
fn nothing_escalates_until_a_full_workday_of_service() {
    check(
        DRILL,
        "2026-11-09 07:00 hang
         2026-11-10 18:00 down
         2026-11-12 09:00 up
         2026-11-18 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-12 09:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-16 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-16 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-17 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-17 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 safety@s1 nag:5 workdays drill@2026/s1 due 11-10 act
            11-17 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
            11-18 08:00 deputy@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-18 08:00 office@b escalate:5 workdays drill@2026/s1 due 11-10 rollup
            11-18 08:00 office@b ! bulletin:2026-W46
            11-18 08:00 principal@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-18 08:00 safety@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// Back before the slot of 11-12: that day is the full workday of service, so the deputy hears on Friday 11-13.
#[test]
fn a_full_workday_from_its_slot() {
    check(
        &format!("{DRILL}nag = false"),
        "2026-11-09 09:00 hang
         2026-11-10 18:00 down
         2026-11-12 07:30 up
         2026-11-13 20:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-12 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-13 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-13 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// Down for a month over overdue, all escalations and three nags (11-17, 11-24): the newest for who has to act is the
/// last nag; nothing else comes at once.
#[test]
fn a_month_down() {
    check(
        DRILL,
        "2026-11-09 09:00 hang
         2026-11-10 18:00 down
         2026-11-25 09:30 up
         2026-11-26 20:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-25 09:30 safety@s1 nag:10 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// The letter of 11-03 is not sent yet when that of 11-06 is made: it is folded into the newer one, which says the
/// duty once.
#[test]
fn an_unsent_letter_is_folded() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-11-02 10:00 mail safety@s1 waits
         2026-11-06 10:00 say safety@s1
         2026-11-06 10:00 mail safety@s1 arrives
         2026-11-10 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 (folds [2]) remind:2 workdays drill@2026/s1 due 11-10 act
            11-06 10:00 safety@s1 reads
              items: 浒山小学 应急疏散演练 due 11-10 left 2 | follows 11-11 分管副校长, 11-13 校长、浒山街道安全专干, 11-17 慈溪市教育局办公室
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// The letters of the first days arrive on 11-12 only: nags count from there, each five workdays after the last.
#[test]
fn nags_count_on_from_the_day_that_was_reached() {
    check(
        &format!("{DRILL}opens = \"1d\"\nescalate = []"),
        "2026-10-19 07:00 hang
         2026-10-20 10:00 mail safety@s1 waits
         2026-11-12 10:00 mail safety@s1 arrives
         2026-12-10 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 (folds [1]) remind:0d drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 (folds [2]) overdue drill@2026/s1 due 11-10 act
            11-19 08:00 safety@s1 nag:5 workdays drill@2026/s1 due 11-10 act
            11-26 08:00 safety@s1 nag:10 workdays drill@2026/s1 due 11-10 act
            12-01 08:00 office@b ! bulletin:2026-11
            12-01 08:00 office@b ! holiday-notice:2027
            12-03 08:00 safety@s1 nag:15 workdays drill@2026/s1 due 11-10 act
            12-10 08:00 safety@s1 nag:20 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Two nags were sent, when all that had arrived comes back: nobody was reached, so that nags go by the due day, and none
/// is said again.
#[test]
fn nags_go_on_after_letters_came_back() {
    check(
        &format!("{DRILL}opens = \"1d\"\nescalate = []"),
        "2026-11-09 07:00 hang
         2026-11-24 10:00 returned safety@s1
         2026-11-24 10:01 returned safety@s1
         2026-11-24 10:02 returned safety@s1
         2026-11-24 10:03 returned safety@s1
         2026-11-24 10:04 returned safety@s1
         2026-11-24 11:00 reachable safety@s1
         2026-12-08 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-17 08:00 safety@s1 nag:5 workdays drill@2026/s1 due 11-10 act
            11-24 08:00 safety@s1 nag:10 workdays drill@2026/s1 due 11-10 act
            12-01 08:00 office@b ! bulletin:2026-11
            12-01 08:00 office@b ! holiday-notice:2027
            12-01 08:00 safety@s1 nag:15 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// No letter arrives until 11-12: nobody is reported for what they were not told. Counted from the day the unit was
/// first reached, the deputy's day is 11-13, the town's 11-17, the bureau's and the first nag's 11-19(四).
#[test]
fn the_queue_stands_still() {
    check(
        &format!("{DRILL}opens = \"1d\""),
        "2026-10-19 07:00 hang
         2026-10-20 10:00 mail safety@s1 waits
         2026-11-12 10:00 mail safety@s1 arrives
         2026-11-19 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 (folds [1]) remind:0d drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 (folds [2]) overdue drill@2026/s1 due 11-10 act
            11-13 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-13 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-17 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-17 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
            11-19 08:00 deputy@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-19 08:00 office@b escalate:5 workdays drill@2026/s1 due 11-10 rollup
            11-19 08:00 office@b ! bulletin:2026-W46
            11-19 08:00 principal@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-19 08:00 safety@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-19 08:00 safety@s1 nag:5 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

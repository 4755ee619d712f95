//! Rule 11: an alert goes out at once, whatever the hour, and closes by `received`.

use expect_test::expect;

use crate::bell::{Bell, DRILL, HEAD, ROSTER, SECOND, check};

/// Sent to both heads of the school at once; closed by received.
const TYPHOON: &str = r#"
[[task]]
id       = "typhoon"
title    = "台风红色预警"
when     = "conditional"
due      = "当日"
remind   = ["0d"]
to       = ["safety", "deputy"]
escalate = [{ after = "1 workday", to = ["principal", "safety@town"] }]
audience = "school"
origin   = "local"
"#;

/// Saturday night: no slot, no sending hours, a rest day.
#[test]
fn at_once_on_a_saturday_night() {
    check(
        TYPHOON,
        "2026-11-07 07:00 hang
         2026-11-07 23:17 alert typhoon@2026-11-07/s1 2026-11-07
         2026-11-07 23:40 received typhoon@2026-11-07/s1 safety@s1
         2026-11-12 09:00 end",
        expect![[r#"
            11-07 23:17 deputy@s1 (alert) opens typhoon@2026-11-07/s1 due 11-07 act
            11-07 23:17 safety@s1 (alert) opens typhoon@2026-11-07/s1 due 11-07 act
        "#]],
    );
}

/// Nobody receives it: overdue on the next workday, and carried up a workday after the unit was reached.
#[test]
fn nobody_receives_it() {
    check(
        TYPHOON,
        "2026-11-02 07:00 hang
         2026-11-04 14:30 alert typhoon@2026-11-04/s1 2026-11-04
         2026-11-06 20:00 end",
        expect![[r#"
            11-04 14:30 deputy@s1 (alert) opens typhoon@2026-11-04/s1 due 11-04 act
            11-04 14:30 safety@s1 (alert) opens typhoon@2026-11-04/s1 due 11-04 act
            11-05 08:00 deputy@s1 overdue typhoon@2026-11-04/s1 due 11-04 act
            11-05 08:00 deputy@s1 escalate:1 workday typhoon@2026-11-04/s1 due 11-04 below
            11-05 08:00 principal@s1 escalate:1 workday typhoon@2026-11-04/s1 due 11-04 above
            11-05 08:00 safety@s1 overdue typhoon@2026-11-04/s1 due 11-04 act
            11-05 08:00 safety@s1 escalate:1 workday typhoon@2026-11-04/s1 due 11-04 below
            11-05 08:00 safety@t1 escalate:1 workday typhoon@2026-11-04/s1 due 11-04 rollup
        "#]],
    );
}

/// One at the very instant of a slot, for an address that has a letter there too: two letters, the alert first.
#[test]
fn beside_the_letter_of_the_slot() {
    check(
        &format!("{DRILL}{TYPHOON}"),
        "2026-10-19 07:00 hang
         2026-10-27 08:00 alert typhoon@2026-10-27/s1 2026-10-27
         2026-10-27 20:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            10-27 08:00 deputy@s1 (alert) opens typhoon@2026-10-27/s1 due 10-27 act
            10-27 08:00 safety@s1 (alert) opens typhoon@2026-10-27/s1 due 10-27 act
        "#]],
    );
}

/// `received` is not `done` for anything but an alert.
#[test]
fn a_task_that_was_only_raised_waits_for_its_slot_and_for_done() {
    check(
        TYPHOON,
        "2026-11-02 07:00 hang
         2026-11-04 14:30 raise typhoon@2026-11-04/s1 2026-11-05
         2026-11-05 10:00 received typhoon@2026-11-04/s1 safety@s1
         2026-11-06 20:00 end",
        expect![[r#"
            11-05 08:00 deputy@s1 remind:0d typhoon@2026-11-04/s1 due 11-05 act
            11-05 08:00 safety@s1 remind:0d typhoon@2026-11-04/s1 due 11-05 act
            11-06 08:00 deputy@s1 overdue typhoon@2026-11-04/s1 due 11-05 act
            11-06 08:00 deputy@s1 escalate:1 workday typhoon@2026-11-04/s1 due 11-05 below
            11-06 08:00 principal@s1 escalate:1 workday typhoon@2026-11-04/s1 due 11-05 above
            11-06 08:00 safety@s1 overdue typhoon@2026-11-04/s1 due 11-05 act
            11-06 08:00 safety@s1 escalate:1 workday typhoon@2026-11-04/s1 due 11-05 below
            11-06 08:00 safety@t1 escalate:1 workday typhoon@2026-11-04/s1 due 11-05 rollup
        "#]],
    );
}

/// The safety officer's mailbox and the deputy's are gone: the next contact at the unit is told.
#[test]
fn to_whoever_can_be_reached() {
    check(
        TYPHOON,
        "2026-11-02 07:00 hang
         2026-11-03 09:00 bounce safety@s1
         2026-11-03 09:00 bounce deputy@s1
         2026-11-04 14:30 alert typhoon@2026-11-04/s1 2026-11-04
         2026-11-04 20:00 end",
        expect![[r#"
            11-04 08:00 office@b ! unreachable:deputy@s1
            11-04 08:00 office@b ! unreachable:safety@s1
            11-04 14:30 principal@s1 (alert) opens typhoon@2026-11-04/s1 due 11-04 act
        "#]],
    );
}

/// What the letter says.
#[test]
fn the_letter() {
    let mut bell = Bell::with(HEAD, TYPHOON, &format!("{ROSTER}{SECOND}"));
    bell.run(
        "2026-11-02 07:00 hang
         2026-11-04 14:30 alert typhoon@2026-11-04/s2 2026-11-04
         2026-11-04 14:31 say safety@s2
         2026-11-04 14:35 received typhoon@2026-11-04/s2 deputy@s2
         2026-11-04 14:36 say safety@s2",
    );
    expect![[r#"
        11-04 14:30 deputy@s2 (alert) opens typhoon@2026-11-04/s2 due 11-04 act
        11-04 14:30 safety@s2 (alert) opens typhoon@2026-11-04/s2 due 11-04 act
        11-04 14:31 safety@s2 reads
          items: 鄞州路初级中学 台风红色预警 due 11-04 left 0 | follows 11-05 校长、浒山街道安全专干
        11-04 14:36 safety@s2 reads
          nothing
    "#]]
    .assert_eq(&bell.printed);
}

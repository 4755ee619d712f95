//! Rule 10: requests, what they hold, and what becomes of them.

use expect_test::expect;

use crate::bell::{DRILL, check, drill_from};

/// Asked for on 11-09, before the due day, and not decided: the officers hear of it at the next slot, once. The deputy,
/// at the unit, is told as ever; what goes beyond the unit waits three workdays: the town from 11-13 to 11-18, the
/// bureau from 11-17 to 11-20.
#[test]
fn a_request_holds_escalation_beyond_the_unit() {
    check(
        &drill_from("1d"),
        "2026-11-09 07:00 hang
         2026-11-09 10:00 extension drill@2026/s1 safety@s1 2026-11-30
         2026-11-20 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-10 08:00 office@b ! request:drill@2026/s1:1
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-18 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-18 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-18 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-18 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
            11-20 08:00 deputy@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-20 08:00 office@b escalate:5 workdays drill@2026/s1 due 11-10 rollup
            11-20 08:00 office@b ! bulletin:2026-W46
            11-20 08:00 principal@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-20 08:00 safety@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// Made on the due day itself it holds nothing, though the officers hear of it.
#[test]
fn a_request_on_the_due_day_holds_nothing() {
    check(
        &drill_from("1d"),
        "2026-11-09 07:00 hang
         2026-11-10 10:00 trouble drill@2026/s1 safety@s1
         2026-11-13 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 office@b ! request:drill@2026/s1:1
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-13 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-13 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
        "#]],
    );
}

/// Granted until 11-20(五): the asker gets `decided`, with the new day; being the one who acts, `changed` too, in the
/// same letter. Overdue is 11-23(一) then, and so is the deputy.
#[test]
fn an_extension_is_granted() {
    check(
        &drill_from("1d"),
        "2026-11-09 07:00 hang
         2026-11-09 10:00 extension drill@2026/s1 safety@s1 2026-11-20
         2026-11-10 10:00 grant drill@2026/s1 extension 2026-11-20
         2026-11-11 09:00 say safety@s1
         2026-11-23 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-10 08:00 office@b ! request:drill@2026/s1:1
            11-11 08:00 safety@s1 changed drill@2026/s1 due 11-20 act
            11-11 08:00 safety@s1 decided drill@2026/s1 due 11-20 act
            11-11 09:00 safety@s1 reads
              items: 浒山小学 应急疏散演练 due 11-20 left 7 | changed from 11-10 | decided 申请延期已同意(沈志明) | answered 申请延期到11月20日(safety@s1) | follows 11-23 分管副校长, 11-25 校长、浒山街道安全专干, 11-27 慈溪市教育局办公室
            11-23 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-20 above
            11-23 08:00 safety@s1 overdue drill@2026/s1 due 11-20 act
            11-23 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-20 below
        "#]],
    );
}

/// Refused on 11-12: the asker gets `decided`, and the hold ends: the town hears on its own day, 11-13.
#[test]
fn a_request_is_refused() {
    check(
        &drill_from("1d"),
        "2026-11-09 07:00 hang
         2026-11-09 10:00 extension drill@2026/s1 safety@s1 2026-11-20
         2026-11-12 10:00 refuse drill@2026/s1 extension
         2026-11-13 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-10 08:00 office@b ! request:drill@2026/s1:1
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-13 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-13 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 safety@s1 decided drill@2026/s1 due 11-10 act
            11-13 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
        "#]],
    );
}

/// Not applicable, granted: closed. The asker gets `decided`; nothing presses any more.
#[test]
fn not_applicable_is_granted() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-28 10:00 not-applicable drill@2026/s1 safety@s1
         2026-10-30 10:00 grant drill@2026/s1 not-applicable
         2026-11-25 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            10-29 08:00 office@b ! request:drill@2026/s1:1
            11-02 08:00 safety@s1 decided drill@2026/s1 due 11-10 act
            11-02 08:00 safety@s1 closed drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// The officers are told of a request once, even though the school answers something else after it; a second request
/// is another.
#[test]
fn a_request_is_told_once() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-27 10:00 trouble drill@2026/s1 safety@s1
         2026-10-28 10:00 received drill@2026/s1 deputy@s1
         2026-10-29 10:00 trouble drill@2026/s1 deputy@s1
         2026-11-02 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            10-28 08:00 office@b ! request:drill@2026/s1:1
            10-30 08:00 office@b ! request:drill@2026/s1:3
        "#]],
    );
}

/// Handed over: the officers hear of it, but the letters go on to the roster's safety officer.
#[test]
fn handed_over_changes_no_address() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-27 10:00 handed-over drill@2026/s1 safety@s1
         2026-11-03 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            10-28 08:00 office@b ! request:drill@2026/s1:1
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Done while a request waits: there is nothing left to decide, and the officers do not hear of it any more.
#[test]
fn done_before_the_request_was_told() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-27 10:00 trouble drill@2026/s1 safety@s1
         2026-10-27 11:00 done drill@2026/s1 safety@s1
         2026-11-25 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
        "#]],
    );
}

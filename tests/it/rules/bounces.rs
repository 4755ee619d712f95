//! Letters that a server accepted and that came back: nobody was reached by them.

use expect_test::expect;

use crate::bell::{check, drill_from};

/// The safety officer's letter of 11-09 comes back two days after it was accepted, and with it the word that the mailbox is
/// gone. It is mended on 11-12; that the server had once accepted the letter counts for nothing.
#[test]
fn a_mended_mailbox_was_not_reached_by_what_came_back() {
    check(
        &drill_from("1d"),
        "2026-11-09 07:00 hang
         2026-11-11 07:00 returned safety@s1
         2026-11-11 10:00 reachable safety@s1
         2026-11-20 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 office@b ! unreachable:safety@s1
            11-12 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-16 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-16 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-16 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-16 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
            11-18 08:00 deputy@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-18 08:00 office@b escalate:5 workdays drill@2026/s1 due 11-10 rollup
            11-18 08:00 principal@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-18 08:00 safety@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// Refused as spam, the letter is lost and the mailbox is not: the officers hear of it, and the unit is not blamed as if it
/// had been told.
#[test]
fn what_came_back_as_spam_reached_nobody() {
    check(
        &drill_from("1d"),
        "2026-11-09 07:00 hang
         2026-11-10 15:00 returned-as-spam safety@s1
         2026-11-18 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 office@b ! refused:1
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-12 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-12 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-16 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-16 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-16 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-16 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
            11-18 08:00 deputy@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-18 08:00 office@b escalate:5 workdays drill@2026/s1 due 11-10 rollup
            11-18 08:00 principal@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-18 08:00 safety@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
        "#]],
    );
}

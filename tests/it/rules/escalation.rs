//! Rule 5: fair escalation. Nobody is reported for a duty they were not told of.

use expect_test::expect;

use crate::bell::{Bell, DRILL, HEAD, ROSTER, SECOND, check, drill_from};

/// The deputy is the safety officer: the first level adds nobody and is skipped; the second comes on its own day.
#[test]
fn a_level_that_adds_nobody_is_skipped() {
    let roster = ROSTER.replace("deputy@s1", "safety@s1");
    Bell::with(HEAD, &drill_from("0d"), &roster).check(
        "2026-11-09 09:00 hang
         2026-11-17 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-13 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-13 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
            11-17 08:00 office@b escalate:5 workdays drill@2026/s1 due 11-10 rollup
            11-17 08:00 office@b ! bulletin:2026-W46
            11-17 08:00 principal@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 safety@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// There is no deputy: the next at the unit, the principal, is told on that day as the one who has to act. The second
/// level then adds only the town.
#[test]
fn an_empty_level_tells_the_next_at_the_unit() {
    let roster: String = ROSTER
        .split_inclusive('\n')
        .filter(|row| !row.contains("deputy@s1"))
        .collect();
    Bell::with(HEAD, &drill_from("0d"), &roster).check(
        "2026-11-09 09:00 hang
         2026-11-13 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 principal@s1 escalate:1 workday drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-13 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
        "#]],
    );
}

/// Nobody is safety officer: the next at the unit has to act from the start. The first level adds nobody then.
#[test]
fn nobody_holds_the_acting_role() {
    let roster = ROSTER.replace("safety,王建国,safety@s1", "safety,王建国,");
    Bell::with(HEAD, &drill_from("0d"), &roster).check(
        "2026-11-09 09:00 hang
         2026-11-13 09:00 end",
        expect![[r#"
            11-10 08:00 deputy@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 overdue drill@2026/s1 due 11-10 act
            11-13 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-13 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
        "#]],
    );
}

/// The school lies under the bureau itself: `safety@town` has no such ancestor and is skipped, the rest is as ever.
#[test]
fn no_ancestor_of_that_kind() {
    let roster = ROSTER.replace("primary,t1", "primary,b");
    Bell::with(HEAD, &drill_from("0d"), &roster).check(
        "2026-11-12 09:00 hang
         2026-11-13 09:00 end",
        expect![""],
    );
    let ladder = "escalate = [{ after = \"1 workday\", to = [\"safety@town\"] }, { after = \"3 workdays\", to = [\"office@bureau\"] }]";
    Bell::with(HEAD, &format!("{}{ladder}", drill_from("0d")), &roster).check(
        "2026-11-09 09:00 hang
         2026-11-13 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-13 08:00 office@b escalate:3 workdays drill@2026/s1 due 11-10 rollup
            11-13 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// There is a town, but nobody in it: an empty level, so the next at the unit, the deputy, is told first.
#[test]
fn nobody_at_the_town() {
    let roster = ROSTER.replace("safety,胡国强,safety@t1", "safety,胡国强,");
    let ladder = "escalate = [{ after = \"1 workday\", to = [\"safety@town\"] }, { after = \"3 workdays\", to = [\"office@bureau\"] }]";
    Bell::with(HEAD, &format!("{}{ladder}", drill_from("0d")), &roster).check(
        "2026-11-09 09:00 hang
         2026-11-13 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-13 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 office@b escalate:3 workdays drill@2026/s1 due 11-10 rollup
            11-13 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// All three mailboxes of the school are gone: the officers hear of each, and of the contact gap when the duty opens;
/// the school is blamed for nothing.
#[test]
fn a_contact_gap() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-20 10:00 bounce safety@s1
         2026-10-20 10:01 bounce deputy@s1
         2026-10-20 10:02 bounce principal@s1
         2026-11-25 09:00 end",
        expect![[r#"
            10-21 08:00 office@b ! unreachable:deputy@s1
            10-21 08:00 office@b ! unreachable:principal@s1
            10-21 08:00 office@b ! unreachable:safety@s1
            10-27 08:00 office@b ! contact-gap:s1:safety@s1,deputy@s1,principal@s1
        "#]],
    );
}

/// The gap is mended after the due day: the new safety officer is told that it is overdue, and everything counts
/// from the day they were reached, 11-13(五): the deputy's mailbox is still gone, so nobody else is at the unit; the
/// town is told three workdays after, 11-18.
#[test]
fn a_contact_gap_mended() {
    check(
        &drill_from("0d"),
        "2026-11-09 09:00 hang
         2026-11-09 10:00 bounce safety@s1
         2026-11-09 10:01 bounce deputy@s1
         2026-11-09 10:02 bounce principal@s1
         2026-11-12 10:00 edit safety@s1 => mao@s1
         2026-11-18 09:00 end",
        expect![[r#"
            11-10 08:00 office@b ! contact-gap:s1:safety@s1,deputy@s1,principal@s1
            11-10 08:00 office@b ! unreachable:deputy@s1
            11-10 08:00 office@b ! unreachable:principal@s1
            11-10 08:00 office@b ! unreachable:safety@s1
            11-13 08:00 mao@s1 overdue drill@2026/s1 due 11-10 act
            11-18 08:00 mao@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-18 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
        "#]],
    );
}

/// `unknown` is not reached. The letters turn out accepted on 11-12: the days count from then, as in an empty queue.
#[test]
fn unknown_is_not_reached() {
    check(
        &drill_from("0d"),
        "2026-11-09 09:00 hang
         2026-11-09 10:00 mail safety@s1 unknown
         2026-11-12 10:00 mail safety@s1 arrives
         2026-11-17 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-13 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-13 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-17 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-17 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
        "#]],
    );
}

/// The safety officer's letter was accepted and bounces on 11-11: they were never reached. The deputy is the next who
/// has to act, told and reached on 11-11(三). The first level adds nobody; the others count from that day, not from the
/// due day: three workdays after is 11-16(一), five is 11-18(三).
#[test]
fn a_bounce_undoes_the_reaching() {
    check(
        &drill_from("0d"),
        "2026-11-09 09:00 hang
         2026-11-11 07:00 bounce safety@s1
         2026-11-18 07:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 office@b ! unreachable:safety@s1
            11-16 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-16 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-16 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
        "#]],
    );
}

/// The server takes the safety officer's letters for spam. Their mailbox is good, so nobody stands in for them; and
/// they were never reached, so nobody is reported.
#[test]
fn a_refusal_is_no_reaching() {
    check(
        &drill_from("0d"),
        "2026-11-09 09:00 hang
         2026-11-09 10:00 mail safety@s1 refused
         2026-11-23 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 office@b ! refused:1
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-12 08:00 office@b ! refused:3
        "#]],
    );
}

/// It is not known whether the deputy's letter of 11-11 arrived: the level below was not reached, so 11-13 brings
/// nothing. It did arrive, as is known on Monday 11-16: one workday later, 11-17, it climbs.
#[test]
fn the_level_below_was_not_reached() {
    check(
        &drill_from("0d"),
        "2026-11-09 09:00 hang
         2026-11-09 10:00 mail deputy@s1 unknown
         2026-11-16 10:00 mail deputy@s1 arrives
         2026-11-17 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-17 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-17 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
        "#]],
    );
}

/// The deputy's letter of 11-11 bounces on 11-12: an unreachable level. The next at the unit, the principal, is told
/// on 11-13 as the one who has to act (the safety officer was told of this level on 11-11); a workday after that, 11-16(一), the
/// town; and the bureau on its day, 11-17.
#[test]
fn the_level_below_bounces() {
    check(
        &drill_from("0d"),
        "2026-11-09 09:00 hang
         2026-11-12 10:00 bounce deputy@s1
         2026-11-17 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-13 08:00 office@b ! unreachable:deputy@s1
            11-13 08:00 principal@s1 escalate:1 workday drill@2026/s1 due 11-10 act
            11-16 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-16 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-16 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
            11-17 08:00 office@b escalate:5 workdays drill@2026/s1 due 11-10 rollup
            11-17 08:00 office@b ! bulletin:2026-W46
            11-17 08:00 principal@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-17 08:00 safety@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// What the people below read on the day it goes to the town: where it went, and for the deputy that another acts.
/// The town reads one table for both schools (rule 6).
#[test]
fn what_those_below_and_above_read() {
    Bell::with(HEAD, &drill_from("0d"), &format!("{ROSTER}{SECOND}")).check(
        "2026-11-10 07:00 hang
         2026-11-10 10:00 mail x arrives
         2026-11-11 08:30 say deputy@s1
         2026-11-13 08:30 say safety@s1
         2026-11-13 08:30 say deputy@s1
         2026-11-13 08:30 say principal@s1
         2026-11-13 08:30 say safety@t1",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s2 opens drill@2026/s2 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 deputy@s2 escalate:1 workday drill@2026/s2 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-11 08:00 safety@s2 overdue drill@2026/s2 due 11-10 act
            11-11 08:00 safety@s2 escalate:1 workday drill@2026/s2 due 11-10 below
            11-11 08:30 deputy@s1 reads
              overdue_below: 浒山小学 应急疏散演练 due 11-10 left -1 | follows 11-13 校长、浒山街道安全专干, 11-17 慈溪市教育局办公室
            11-13 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 deputy@s2 escalate:3 workdays drill@2026/s2 due 11-10 below
            11-13 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-13 08:00 principal@s2 escalate:3 workdays drill@2026/s2 due 11-10 above
            11-13 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 safety@s2 escalate:3 workdays drill@2026/s2 due 11-10 below
            11-13 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
            11-13 08:00 safety@t1 escalate:3 workdays drill@2026/s2 due 11-10 rollup
            11-13 08:30 safety@s1 reads
              items: 浒山小学 应急疏散演练 due 11-10 left -3 | reported to 分管副校长 李秀芳、校长 陈伟民、浒山街道安全专干 胡国强 | follows 11-17 慈溪市教育局办公室
            11-13 08:30 deputy@s1 reads
              overdue_below: 浒山小学 应急疏散演练 due 11-10 left -3 | reported to 校长 陈伟民、浒山街道安全专干 胡国强 | follows 11-17 慈溪市教育局办公室
            11-13 08:30 principal@s1 reads
              overdue_below: 浒山小学 应急疏散演练 due 11-10 left -3 | reported to 分管副校长 李秀芳、浒山街道安全专干 胡国强 | follows 11-17 慈溪市教育局办公室
            11-13 08:30 safety@t1 reads
              rollup: 浒山街道 浒山小学 应急疏散演练 due 11-10 late 3
              rollup: 浒山街道 鄞州路初级中学 应急疏散演练 due 11-10 late 3
        "#]],
    );
}

/// Two slots a day, and an outage from 11-11(三) to 11-16(一): on 11-18 the days of two levels are over. The deputy is
/// reached in the morning, and the principal hears of it a workday later, not in the afternoon.
#[test]
fn a_level_waits_a_workday_for_the_one_below() {
    let head = HEAD.replace("[\"08:00\"]", "[\"08:00\", \"14:00\"]");
    Bell::with(&head, &drill_from("0d"), ROSTER).check(
        "2026-11-09 09:00 hang
         2026-11-11 07:00 down
         2026-11-16 10:00 up
         2026-11-19 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-16 10:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-18 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-18 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-19 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-19 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-19 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-19 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
        "#]],
    );
}

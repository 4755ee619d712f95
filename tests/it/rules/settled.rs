//! Rules 8 and 9: what ends a duty, who hears of it, and what opens it again.

use expect_test::expect;
use schoolbell::core::fact::{Answer, Event, Fact, Via};
use schoolbell::core::plan::plan;

use crate::bell::{Bell, DRILL, check, drill_from};

/// Done in time by who has to act: nothing more, to nobody.
#[test]
fn done_in_time() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-28 10:00 done drill@2026/s1 safety@s1
         2026-10-28 10:01 done drill@2026/s1 safety@s1
         2026-11-25 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// 收到 is not 已完成: everything goes on.
#[test]
fn received_is_not_done() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-28 10:00 received drill@2026/s1 safety@s1
         2026-11-11 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// Done by the safety officer after deputy, principal and town were told: those three hear once that it closed, the
/// one who closed it doesn't; the bureau never heard of it.
#[test]
fn done_after_it_went_up() {
    check(
        &drill_from("0d"),
        "2026-11-13 07:00 hang
         2026-11-13 07:30 edit 11月10日 => 11月13日
         2026-11-18 10:00 done drill@2026/s1 safety@s1
         2026-11-19 08:30 say safety@t1
         2026-11-27 09:00 end",
        expect![[r#"
            11-13 08:00 safety@s1 opens drill@2026/s1 due 11-13 act
            11-16 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-13 above
            11-16 08:00 safety@s1 overdue drill@2026/s1 due 11-13 act
            11-16 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-13 below
            11-18 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-13 below
            11-18 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-13 above
            11-18 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-13 below
            11-18 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-13 rollup
            11-19 08:00 deputy@s1 closed drill@2026/s1 due 11-13 above
            11-19 08:00 principal@s1 closed drill@2026/s1 due 11-13 above
            11-19 08:00 safety@t1 closed drill@2026/s1 due 11-13 rollup
            11-19 08:30 safety@t1 reads
              closed: 浒山街道 浒山小学 应急疏散演练 due 11-13 late 4 已完成(safety@s1)
        "#]],
    );
}

/// Closed by the deputy: the deputy isn't told; the safety officer, who had to act, is.
#[test]
fn closed_by_the_deputy() {
    check(
        &drill_from("0d"),
        "2026-11-09 09:00 hang
         2026-11-11 10:00 done drill@2026/s1 deputy@s1
         2026-11-25 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-12 08:00 safety@s1 closed drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// The clerk records that it was done: both who had to act and the deputy, who had been told, hear of it.
#[test]
fn closed_by_the_clerk() {
    check(
        &drill_from("0d"),
        "2026-11-09 09:00 hang
         2026-11-11 10:00 done drill@2026/s1
         2026-11-25 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-12 08:00 deputy@s1 closed drill@2026/s1 due 11-10 above
            11-12 08:00 safety@s1 closed drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Done while the daemon is down over two slots: told once, at the first slot after.
#[test]
fn closed_during_an_outage() {
    check(
        &drill_from("0d"),
        "2026-11-09 09:00 hang
         2026-11-11 10:00 down
         2026-11-12 10:00 done drill@2026/s1 safety@s1
         2026-11-13 10:00 up
         2026-11-25 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-13 10:00 deputy@s1 closed drill@2026/s1 due 11-10 above
        "#]],
    );
}

/// Closed on 11-11, told on 11-12; returned on 11-12, so open again: on 11-13 the safety officer is told of the return.
/// The third workday after the due day has come, but nobody is reported for what they have not known for a workday, so
/// the second level waits until 11-16. Done on 11-13: the deputy, who had been told, hears of the second closing, once.
#[test]
fn returned_and_closed_again() {
    check(
        &drill_from("0d"),
        "2026-11-09 09:00 hang
         2026-11-11 10:00 done drill@2026/s1 safety@s1
         2026-11-12 10:00 return drill@2026/s1
         2026-11-13 10:00 done drill@2026/s1 safety@s1
         2026-11-25 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-12 08:00 deputy@s1 closed drill@2026/s1 due 11-10 above
            11-13 08:00 safety@s1 decided drill@2026/s1 due 11-10 act
            11-16 08:00 deputy@s1 closed:2 drill@2026/s1 due 11-10 above
        "#]],
    );
}

const TAKEN_BACK: &str = "2026-10-19 07:00 hang
    2026-10-28 10:00 done drill@2026/s1 safety@s1
    2026-11-05 10:00 BACK
    2026-11-10 09:00 end";

/// The officer returns a `done` before the due day: the school is told of it, and the ladder goes on where it is.
#[test]
fn returned_before_the_due_day() {
    check(
        DRILL,
        &TAKEN_BACK.replace("BACK", "return drill@2026/s1"),
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 decided drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// A request is refused, the duty is done after all, and then returned, all before the next slot: one word of it.
/// Seed 111 of the simulated lives: who had asked was told twice in one letter.
#[test]
fn refused_and_returned_before_one_slot() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-11-05 10:00 trouble drill@2026/s1 safety@s1
         2026-11-05 11:00 refuse drill@2026/s1 trouble
         2026-11-05 12:00 done drill@2026/s1 safety@s1
         2026-11-05 13:00 return drill@2026/s1
         2026-11-06 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 decided drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// The school takes it back itself: the ladder goes on where it is by then, and nobody need be told of it.
#[test]
fn corrected_before_the_due_day() {
    check(
        DRILL,
        &TAKEN_BACK.replace("BACK", "correct drill@2026/s1 safety@s1"),
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Waived by the officer: who had to act hears that they need not, and nothing more.
#[test]
fn waived() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-28 10:00 waive drill@2026/s1
         2026-10-29 09:00 say safety@s1
         2026-11-25 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            10-29 08:00 safety@s1 closed drill@2026/s1 due 11-10 act
            10-29 09:00 safety@s1 reads
              closed: 浒山街道 浒山小学 应急疏散演练 due 11-10 late 0 已免(沈志明)
        "#]],
    );
}

/// The task is taken out of the calendar: told once to each who had been told of it.
#[test]
fn withdrawn() {
    check(
        &format!("{}{}", drill_from("0d"), DRILL.replace("drill", "other").replace("11月10日", "12月31日")),
        "2026-11-09 09:00 hang
         2026-11-11 10:00 edit audience = \"school\"~origin   = \"seed\"~opens => audience = \"section\"~origin   = \"seed\"~opens
         2026-11-12 09:00 say safety@s1
         2026-11-13 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-12 08:00 deputy@s1 withdrawn drill@2026/s1 due 11-10 above
            11-12 08:00 safety@s1 withdrawn drill@2026/s1 due 11-10 below
            11-12 09:00 safety@s1 reads
              withdrawn:  浒山小学 应急疏散演练 due 11-10 late 0
        "#]],
    );
}

/// Withdrawn and put back: who was told that it is no longer asked is told that it is again, with its day.
#[test]
fn withdrawn_and_put_back() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-28 10:00 edit id       = \"drill\" => id       = \"drill-2\"
         2026-10-29 10:00 edit id       = \"drill-2\" => id       = \"drill\"
         2026-11-03 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            10-29 08:00 safety@s1 withdrawn drill@2026/s1 due 11-10 act
            10-29 08:00 safety@s1 opens drill-2@2026/s1 due 11-10 act
            10-30 08:00 safety@s1 changed drill@2026/s1 due 11-10 act
            10-30 08:00 safety@s1 withdrawn drill-2@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// A duty that was done is closed: taking its task out tells nobody anything.
#[test]
fn withdrawn_after_it_was_done() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-28 10:00 done drill@2026/s1 safety@s1
         2026-10-28 11:00 edit id       = \"drill\" => id       = \"drill-2\"
         2026-10-28 20:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Three answers a period (3 课时): two leave it open, the same one twice counts once, the third settles it.
#[test]
fn three_times() {
    check(
        &format!("{DRILL}times = 3"),
        "2026-10-19 07:00 hang
         2026-10-28 10:00 done drill@2026/s1 safety@s1 1
         2026-10-28 10:01 done drill@2026/s1 safety@s1 1
         2026-11-04 10:00 done drill@2026/s1 safety@s1 2
         2026-11-06 10:00 done drill@2026/s1 safety@s1 3
         2026-11-25 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Settled between the slot and the sending: the letter that waited has nothing left to say (rule 8).
#[test]
fn settled_before_it_was_sent() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-20 10:00 mail safety@s1 waits
         2026-10-27 09:00 say safety@s1
         2026-10-27 10:00 done drill@2026/s1 deputy@s1
         2026-10-27 11:00 say safety@s1",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            10-27 09:00 safety@s1 reads
              items: 浒山小学 应急疏散演练 due 11-10 left 10 | follows 11-11 分管副校长, 11-13 校长、浒山街道安全专干, 11-17 慈溪市教育局办公室
            10-27 11:00 safety@s1 reads
              nothing
        "#]],
    );
}

/// One of three answers is in when the school is let out of the task's audience: the duty was open, so who was told of
/// it is told that it is no longer asked.
#[test]
fn withdrawn_when_partly_done() {
    check(
        &format!("{DRILL}times = 3"),
        "2026-10-19 07:00 hang
         2026-10-28 10:00 done drill@2026/s1 safety@s1 1
         2026-10-28 11:00 edit audience = \"school\" => audience = \"kindergarten\"
         2026-11-25 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            10-29 08:00 safety@s1 withdrawn drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Done before its first letter went out: the letter is dropped, and the school has heard nothing. Returned the day
/// after, it hears of the duty and of the return at once, at the slot of 10-29(四), and not only with the next reminder.
#[test]
fn a_dropped_letter_told_nobody() {
    check(
        DRILL,
        "2026-10-26 09:00 hang
         2026-10-26 10:00 mail safety@s1 waits
         2026-10-27 10:00 done drill@2026/s1
         2026-10-27 11:00 mail safety@s1 arrives
         2026-10-28 10:00 return drill@2026/s1
         2026-11-12 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            10-29 08:00 safety@s1 decided drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// The school has done it; then the task goes. That it is no longer asked is no news to who has done it.
#[test]
fn what_is_done_is_not_withdrawn() {
    check(
        DRILL,
        "2026-10-26 09:00 hang
         2026-10-28 10:00 done drill@2026/s1 safety@s1
         2026-10-29 10:00 edit id       = \"drill\" => id       = \"other\"
         2026-10-30 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            10-30 08:00 safety@s1 opens other@2026/s1 due 11-10 act
        "#]],
    );
}

/// A clerk's command comes in between while the slot of 11-12 is decided, and bears the time at which it began: that slot
/// knows nothing of it, so that the next one tells.
#[test]
fn done_while_a_slot_is_decided() {
    let mut bell = Bell::new(&drill_from("1d"));
    bell.run(
        "2026-11-09 07:00 hang
         2026-11-12 07:59 end",
    );
    let at = |text: &str| text.parse().expect("a moment");
    let due = plan(&bell.agenda, &bell.state, at("2026-11-12T00:00:00Z"));
    assert!(due.slot.is_some());
    let done = Event::Answer {
        duty: "drill@2026/s1".parse().expect("a duty"),
        answer: Answer::Done,
        by: "王建国".to_owned(),
        note: String::new(),
        via: Via::Clerk,
        address: None,
        nth: None,
        until: None,
        corrects: false,
    };
    let slot = due.events(|letter| format!("<{}@bell>", letter.number));
    let later = slot
        .into_iter()
        .map(|what| (at("2026-11-12T00:00:01Z"), what));
    for (at, what) in [(bell.now, done)].into_iter().chain(later) {
        let fact = Fact { at, what };
        bell.state.apply(&fact);
        bell.facts.push(fact);
    }
    bell.printed.clear();
    bell.check(
        "2026-11-16 09:00 end",
        expect![[r#"
        11-13 08:00 deputy@s1 closed drill@2026/s1 due 11-10 above
        11-13 08:00 safety@s1 closed drill@2026/s1 due 11-10 act
    "#]],
    );
}

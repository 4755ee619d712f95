//! `after`, `met_by`, `skip_if` and what is raised by hand.

use expect_test::expect;

use crate::bell::{Bell, HEAD, ROSTER, SECOND, check};

/// One word when it opens, and no more.
const QUIET: &str =
    "audience = \"school\"\norigin = \"seed\"\nremind = []\nescalate = []\nnag = false\n";

/// 自查 due 11-10, 验收 due 11-30(一) after it: it opens 14 days before, 11-16(一), or when the first is done.
fn two_steps() -> String {
    format!(
        "[[task]]\nid = \"check\"\ntitle = \"自查\"\ndue = \"11月10日\"\n{QUIET}
         [[task]]\nid = \"accept\"\ntitle = \"验收\"\ndue = \"11月30日\"\nafter = \"check\"\n{QUIET}"
    )
}

/// The first step is never done: the second is never asked.
#[test]
fn the_first_step_is_not_done() {
    check(
        &two_steps(),
        "2026-10-19 07:00 hang
         2026-11-27 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens check@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue check@2026/s1 due 11-10 act
        "#]],
    );
}

/// Done early: the second opens on its own day, 11-16.
#[test]
fn the_first_step_is_done_early() {
    check(
        &two_steps(),
        "2026-10-19 07:00 hang
         2026-11-05 10:00 done check@2026/s1 safety@s1
         2026-11-27 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens check@2026/s1 due 11-10 act
            11-16 08:00 safety@s1 opens accept@2026/s1 due 11-30 act
        "#]],
    );
}

/// Done on 11-18, after that day: the second opens with it, at the next slot.
#[test]
fn the_first_step_is_done_late() {
    check(
        &two_steps(),
        "2026-10-19 07:00 hang
         2026-11-18 10:00 done check@2026/s1 safety@s1
         2026-11-27 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens check@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue check@2026/s1 due 11-10 act
            11-19 08:00 safety@s1 opens accept@2026/s1 due 11-30 act
        "#]],
    );
}

/// Done on 12-02, when the second one's own day is over: its first word is that it opens, and not that it is overdue.
#[test]
fn the_first_step_is_done_after_the_seconds_day() {
    check(
        &two_steps(),
        "2026-10-19 07:00 hang
         2026-12-02 10:00 done check@2026/s1 safety@s1
         2026-12-08 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens check@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue check@2026/s1 due 11-10 act
            12-01 08:00 office@b ! bulletin:2026-11
            12-01 08:00 office@b ! holiday-notice:2027
            12-03 08:00 safety@s1 opens accept@2026/s1 due 11-30 act
        "#]],
    );
}

/// Waived or not applicable: there is no second step.
#[test]
fn the_first_step_is_let_off() {
    for how in ["waive check@2026/s1", "grant check@2026/s1 not-applicable"] {
        check(
            &two_steps(),
            &format!(
                "2026-10-27 07:00 hang
                 2026-10-27 10:00 {how}
                 2026-10-28 08:00 end
                 2026-11-27 09:00 end"
            ),
            expect![[r#"
                10-27 08:00 safety@s1 opens check@2026/s1 due 11-10 act
                10-28 08:00 safety@s1 closed check@2026/s1 due 11-10 act
            "#]],
        );
    }
}

/// The second is open when the first is returned: it pauses, its reminder of 11-26 (2 workdays) stays unsaid; the first
/// is told on, and once it is done again the second goes on with its newest rung.
#[test]
fn the_first_step_is_reopened() {
    let tasks = two_steps()
        .replace("after = \"check\"", "after = \"check\"\n#")
        .replacen("remind = []", "", 2);
    check(
        &tasks.replace(
            "验收\"\n",
            "验收\"\nremind = [\"2 workdays\", \"1 workday\"]\n",
        ),
        "2026-11-09 07:00 hang
         2026-11-09 10:00 done check@2026/s1 safety@s1
         2026-11-25 10:00 return check@2026/s1
         2026-11-26 10:00 done check@2026/s1 safety@s1
         2026-11-27 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 remind:2 workdays check@2026/s1 due 11-10 act
            11-16 08:00 safety@s1 opens accept@2026/s1 due 11-30 act
            11-26 08:00 safety@s1 overdue check@2026/s1 due 11-10 act
            11-26 08:00 safety@s1 decided check@2026/s1 due 11-10 act
            11-27 08:00 safety@s1 remind:1 workday accept@2026/s1 due 11-30 act
        "#]],
    );
}

/// The second is open when the first is returned and then waived: who was told of the second hears that it is no longer
/// asked, in so many words.
#[test]
fn the_second_step_is_withdrawn() {
    check(
        &two_steps(),
        "2026-11-09 07:00 hang
         2026-11-09 10:00 done check@2026/s1 safety@s1
         2026-11-17 10:00 return check@2026/s1
         2026-11-17 11:00 waive check@2026/s1
         2026-11-18 09:00 say safety@s1
         2026-11-27 09:00 end",
        expect![[r#"
            11-09 08:00 safety@s1 opens check@2026/s1 due 11-10 act
            11-16 08:00 safety@s1 opens accept@2026/s1 due 11-30 act
            11-18 08:00 safety@s1 closed:2 check@2026/s1 due 11-10 act
            11-18 08:00 safety@s1 withdrawn accept@2026/s1 due 11-30 act
            11-18 09:00 safety@s1 reads
              closed: 浒山街道 浒山小学 自查 due 11-10 late 6 已免(沈志明)
              withdrawn: 浒山街道 浒山小学 验收 due 11-30 late 0
        "#]],
    );
}

/// The first step's day was over when the bell was hung: it never was a duty, so it holds nothing up.
#[test]
fn the_first_step_was_before_the_bell() {
    check(
        &two_steps(),
        "2026-11-13 07:00 hang
         2026-11-17 09:00 end",
        expect![[r#"
            11-16 08:00 safety@s1 opens accept@2026/s1 due 11-30 act
        "#]],
    );
}

/// The monthly drill is due on the 20th and opens on the 6th; the whole school's, due on the 10th, covers November's.
fn drills() -> String {
    format!(
        "[[task]]\nid = \"whole\"\ntitle = \"全校演练\"\ndue = \"11月10日\"\n{QUIET}
         [[task]]\nid = \"monthly\"\ntitle = \"每月演练\"\nevery = \"month\"\ndue = \"20日\"\nmet_by = [\"whole\"]\n{QUIET}"
    )
}

/// Open or done, it covers: the monthly one is silent in November.
#[test]
fn covered_while_open_or_done() {
    for answer in ["received", "done"] {
        check(
            &drills(),
            &format!(
                "2026-10-26 07:00 hang
                 2026-11-05 10:00 {answer} whole@2026/s1 safety@s1
                 2026-11-10 09:00 end"
            ),
            expect![[r#"
                10-27 08:00 safety@s1 opens whole@2026/s1 due 11-10 act
            "#]],
        );
    }
}

/// Waived or not applicable, it covers no more: the monthly one stands, from the next slot.
#[test]
fn not_covered_when_let_off() {
    for how in ["waive whole@2026/s1", "grant whole@2026/s1 not-applicable"] {
        check(
            &drills(),
            &format!(
                "2026-11-10 07:00 hang
                 2026-11-11 10:00 {how}
                 2026-11-23 09:00 end"
            ),
            expect![[r#"
                11-10 08:00 safety@s1 opens whole@2026/s1 due 11-10 act
                11-11 08:00 safety@s1 overdue whole@2026/s1 due 11-10 act
                11-12 08:00 safety@s1 closed whole@2026/s1 due 11-10 act
                11-12 08:00 safety@s1 opens monthly@2026-11/s1 due 11-20 act
                11-23 08:00 safety@s1 overdue monthly@2026-11/s1 due 11-20 act
            "#]],
        );
    }
}

/// Returned, the covering duty is open again, of which its unit is told, and an open one covers.
#[test]
fn covered_when_returned() {
    check(
        &drills(),
        "2026-10-26 07:00 hang
         2026-11-05 10:00 done whole@2026/s1 safety@s1
         2026-11-06 10:00 return whole@2026/s1
         2026-11-10 09:00 end",
        expect![[r#"
            10-27 08:00 safety@s1 opens whole@2026/s1 due 11-10 act
            11-09 08:00 safety@s1 decided whole@2026/s1 due 11-10 act
        "#]],
    );
}

/// The covering duty's day was over when the bell was hung, or when the unit came onto the roster (s2, on 11-11): it
/// never was a duty there and covers nothing.
#[test]
fn not_covered_by_what_never_was() {
    check(
        &drills(),
        "2026-11-11 07:00 hang
         2026-11-12 09:00 end",
        expect![[r#"
            11-11 08:00 safety@s1 opens monthly@2026-11/s1 due 11-20 act
        "#]],
    );
    Bell::with(HEAD, &drills(), ROSTER).check(
        &format!(
            "2026-11-09 07:00 hang
             2026-11-11 10:00 edit {} => {}
             2026-11-12 09:00 end",
            ROSTER.lines().last().unwrap(),
            format!("{}\n{SECOND}", ROSTER.lines().last().unwrap())
                .trim()
                .replace('\n', "~"),
        ),
        expect![[r#"
            11-09 08:00 safety@s1 opens whole@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue whole@2026/s1 due 11-10 act
            11-12 08:00 safety@s2 opens monthly@2026-11/s2 due 11-20 act
        "#]],
    );
}

/// The whole school's drill, due on 11-10, comes after a plan, due on 11-05; it covers November's monthly one.
fn drill_after_plan() -> String {
    let plan = format!("[[task]]\nid = \"plan\"\ntitle = \"演练方案\"\ndue = \"11月5日\"\n{QUIET}");
    let whole = "due = \"11月10日\"\nafter = \"plan\"";
    plan + &drills().replace("due = \"11月10日\"", whole)
}

/// What comes after something that was let off is no duty, so it covers nothing: the monthly drill is asked.
#[test]
fn not_covered_by_what_comes_after_something_let_off() {
    for how in ["waive plan@2026/s1", "grant plan@2026/s1 not-applicable"] {
        check(
            &drill_after_plan(),
            &format!(
                "2026-10-26 07:00 hang
                 2026-10-26 10:00 {how}
                 2026-11-10 09:00 end"
            ),
            expect![[r#"
                10-26 08:00 safety@s1 opens plan@2026/s1 due 11-05 act
                10-27 08:00 safety@s1 closed plan@2026/s1 due 11-05 act
                11-06 08:00 safety@s1 opens monthly@2026-11/s1 due 11-20 act
            "#]],
        );
    }
}

/// While the plan is not done nobody was told of the whole school's drill: the monthly one is asked on its own day. Once
/// the plan is done the other one is open, and covers it.
#[test]
fn not_covered_by_what_waits_untold() {
    check(
        &drill_after_plan(),
        "2026-10-26 07:00 hang
         2026-11-09 10:00 done plan@2026/s1 safety@s1
         2026-11-24 09:00 end",
        expect![[r#"
            10-26 08:00 safety@s1 opens plan@2026/s1 due 11-05 act
            11-06 08:00 safety@s1 overdue plan@2026/s1 due 11-05 act
            11-06 08:00 safety@s1 opens monthly@2026-11/s1 due 11-20 act
            11-10 08:00 safety@s1 opens whole@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 overdue whole@2026/s1 due 11-10 act
        "#]],
    );
}

/// The plan is returned when its drill has been told of: that one waits, and still covers.
#[test]
fn covered_by_what_waits_and_was_told() {
    check(
        &drill_after_plan(),
        "2026-10-26 07:00 hang
         2026-10-28 10:00 done plan@2026/s1 safety@s1
         2026-10-30 10:00 return plan@2026/s1
         2026-11-10 09:00 end",
        expect![[r#"
            10-26 08:00 safety@s1 opens plan@2026/s1 due 11-05 act
            10-29 08:00 safety@s1 opens whole@2026/s1 due 11-10 act
            11-02 08:00 safety@s1 decided plan@2026/s1 due 11-05 act
            11-06 08:00 safety@s1 overdue plan@2026/s1 due 11-05 act
        "#]],
    );
}

/// July 2026 has three teaching days (term ends on Saturday 07-04), August none: both are left out. September's last
/// teaching day is 09-30; 14 days before is 09-16.
#[test]
fn skipped_in_the_break() {
    check(
        &format!(
            "[[task]]\nid = \"drill\"\ntitle = \"演练\"\nevery = \"month\"\ndue = \"最后一个教学日\"\nskip_if = \"teaching days < 10\"\n{QUIET}"
        ),
        "2026-06-30 10:00 hang
         2026-09-30 09:00 end",
        expect![[r#"
            07-01 08:00 safety@s1 overdue drill@2026-06/s1 due 06-30 act
            09-16 08:00 safety@s1 opens drill@2026-09/s1 due 09-30 act
        "#]],
    );
}

/// Raised by hand on 11-05 at ten, due 11-09: announced at the next slot; from then on a duty like any other. The unit
/// it was not raised for hears nothing.
#[test]
fn raised_by_hand() {
    let task = format!(
        "[[task]]\nid = \"flood\"\ntitle = \"防汛响应\"\nwhen = \"conditional\"\ndue = \"2 workdays\"\n{}",
        QUIET
            .replace("remind = []", "remind = [\"0d\"]")
            .replace("escalate = []", "")
    );
    Bell::with(HEAD, &task, &format!("{ROSTER}{SECOND}")).check(
        "2026-11-02 07:00 hang
         2026-11-05 10:00 raise flood@2026-11-05/s1 2026-11-09
         2026-11-10 10:00 done flood@2026-11-05/s1 safety@s1
         2026-11-20 09:00 end",
        expect![[r#"
            11-06 08:00 safety@s1 opens flood@2026-11-05/s1 due 11-09 act
            11-09 08:00 safety@s1 remind:0d flood@2026-11-05/s1 due 11-09 act
            11-10 08:00 deputy@s1 escalate:1 workday flood@2026-11-05/s1 due 11-09 above
            11-10 08:00 safety@s1 overdue flood@2026-11-05/s1 due 11-09 act
            11-10 08:00 safety@s1 escalate:1 workday flood@2026-11-05/s1 due 11-09 below
            11-11 08:00 deputy@s1 closed flood@2026-11-05/s1 due 11-09 above
        "#]],
    );
}

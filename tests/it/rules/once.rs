//! Rule 3: a notice is decided once, and an edit re-sends nothing.

use expect_test::expect;

use crate::bell::{DRILL, check};

/// 8d lies before 7d, which was sent: superseded. The next word is the 2 workdays' of 11-06.
#[test]
fn seven_days_become_eight() {
    check(
        DRILL,
        r#"2026-10-19 07:00 hang
           2026-11-03 10:00 edit origin => remind = ["8d", "2 workdays", "0d"]~origin
           2026-11-06 09:00 end"#,
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// 7d and 7 days and 7天 are the same offset: nothing is sent again.
#[test]
fn the_offset_is_canonical() {
    check(
        DRILL,
        r#"2026-10-19 07:00 hang
           2026-11-03 10:00 edit origin => remind = ["7天", "2个工作日", "0 days"]~origin
           2026-11-10 09:00 end"#,
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-10 08:00 safety@s1 remind:0d drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// 6d, 11-04, lies later than the 7d that was sent: it goes out.
#[test]
fn seven_days_become_six() {
    check(
        DRILL,
        r#"2026-10-19 07:00 hang
           2026-11-03 10:00 edit origin => remind = ["6d", "2 workdays", "0d"]~origin
           2026-11-06 07:00 end"#,
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-04 08:00 safety@s1 remind:6d drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Moved on 11-06 after its slot from 11-10 to 11-20(五): one `changed` on 11-09. The ladder is armed for the new
/// day: its opening (11-06) lies before the word just given; 7d 11-13, 2 workdays 11-18, 0d 11-20, overdue 11-23(一).
#[test]
fn the_due_day_is_moved() {
    check(
        &format!("{DRILL}escalate = []"),
        r#"2026-10-19 07:00 hang
           2026-11-06 10:00 edit 11月10日 => 11月20日
           2026-11-23 09:00 end"#,
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
            11-09 08:00 safety@s1 changed drill@2026/s1 due 11-20 act
            11-13 08:00 safety@s1 remind:7d drill@2026/s1 due 11-20 act
            11-18 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-20 act
            11-20 08:00 safety@s1 remind:0d drill@2026/s1 due 11-20 act
            11-23 08:00 safety@s1 overdue drill@2026/s1 due 11-20 act
        "#]],
    );
}

/// Brought forward, to 11-05(四), on 11-04: `changed` on 11-05. The 2 workdays' reminder (11-03) lies before that word,
/// and so does 0d, on the same day.
#[test]
fn the_due_day_is_brought_forward() {
    check(
        &format!("{DRILL}escalate = []"),
        r#"2026-10-19 07:00 hang
           2026-11-04 10:00 edit 11月10日 => 11月5日
           2026-11-06 09:00 end"#,
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-05 08:00 safety@s1 changed drill@2026/s1 due 11-05 act
            11-06 08:00 safety@s1 overdue drill@2026/s1 due 11-05 act
        "#]],
    );
}

/// Undone before the next slot: nobody hears of it.
#[test]
fn an_edit_undone_between_slots() {
    check(
        DRILL,
        r#"2026-10-19 07:00 hang
           2026-11-03 10:00 edit 11月10日 => 11月20日
           2026-11-03 15:00 edit 11月20日 => 11月10日
           2026-11-06 09:00 end"#,
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Moved to 11-20, back to 11-10, to 11-20 again, each time a slot apart: each time the day differs from the one last
/// told, so each time there is one `changed`, the third although that very day had been told before. The 2 workdays'
/// reminder of 11-06 is no news beside the `changed` of that slot.
#[test]
fn there_and_back_and_there_again() {
    check(
        DRILL,
        r#"2026-10-19 07:00 hang
           2026-11-04 10:00 edit 11月10日 => 11月20日
           2026-11-05 10:00 edit 11月20日 => 11月10日
           2026-11-06 10:00 edit 11月10日 => 11月20日
           2026-11-17 09:00 end"#,
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-05 08:00 safety@s1 changed drill@2026/s1 due 11-20 act
            11-06 08:00 safety@s1 changed drill@2026/s1 due 11-10 act
            11-09 08:00 safety@s1 changed drill@2026/s1 due 11-20 act
            11-13 08:00 safety@s1 remind:7d drill@2026/s1 due 11-20 act
        "#]],
    );
}

/// A title, a detail or a new ladder for those above changes no day: nothing goes out.
#[test]
fn a_harmless_edit() {
    check(
        DRILL,
        r#"2026-10-19 07:00 hang
           2026-10-28 10:00 edit 应急疏散演练 => 全校应急疏散演练
           2026-11-03 07:00 end"#,
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// Another person takes over on 11-04: they were told nothing yet, so they get the newest rung, once; nothing goes to
/// the one before.
#[test]
fn a_new_person_in_the_role() {
    check(
        DRILL,
        r#"2026-10-19 07:00 hang
           2026-11-03 10:00 edit 王建国,safety@s1 => 毛爱珍,mao@s1
           2026-11-06 09:00 end"#,
        expect![[r#"
            10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
            11-04 08:00 mao@s1 remind:7d drill@2026/s1 due 11-10 act
            11-06 08:00 mao@s1 remind:2 workdays drill@2026/s1 due 11-10 act
        "#]],
    );
}

/// P7 for the ladder above: the deputy was told on 11-11 under `1 workday`; making that level `2 workdays` tells them
/// nothing again. The next level comes on its own day.
#[test]
fn a_level_gets_another_offset() {
    let levels = "escalate = [{ after = \"1 workday\", to = [\"deputy\"] }, { after = \"3 workdays\", to = [\"principal\"] }]";
    check(
        &format!("{DRILL}opens = \"0d\"\nremind = []\nnag = false\n{levels}"),
        "2026-11-09 09:00 hang
         2026-11-11 10:00 edit 1 workday => 2 workdays
         2026-11-17 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-13 08:00 deputy@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-13 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// A deputy appointed after the first level climbed is told at the next slot; nobody hears it twice.
#[test]
fn a_new_deputy_after_the_level_climbed() {
    check(
        &format!("{DRILL}opens = \"0d\"\nremind = []\nnag = false"),
        "2026-11-09 09:00 hang
         2026-11-11 10:00 edit 李秀芳,deputy@s1 => 毛爱珍,mao@s1
         2026-11-16 09:00 end",
        expect![[r#"
            11-10 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-11 08:00 safety@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 safety@s1 escalate:1 workday drill@2026/s1 due 11-10 below
            11-12 08:00 mao@s1 escalate:1 workday drill@2026/s1 due 11-10 above
            11-13 08:00 mao@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 principal@s1 escalate:3 workdays drill@2026/s1 due 11-10 above
            11-13 08:00 safety@s1 escalate:3 workdays drill@2026/s1 due 11-10 below
            11-13 08:00 safety@t1 escalate:3 workdays drill@2026/s1 due 11-10 rollup
        "#]],
    );
}

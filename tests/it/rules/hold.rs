//! Rule 12: what nobody expects is held until a person lets it go.

use std::fmt::Write as _;

use expect_test::expect;

use crate::bell::{Bell, DRILL, HEAD, ROSTER};

/// The usual bureau with so many more schools.
fn county(schools: usize) -> String {
    let mut roster = ROSTER.to_owned();
    for n in 10..10 + schools {
        let _ = writeln!(
            roster,
            "s{n},鄞州第{n}小学,primary,t1,,safety,王{n},safety@s{n},,,"
        );
    }
    roster
}

/// What was printed, with each run of like lines counted.
fn counted(printed: &str) -> String {
    let mut out = String::new();
    let kinds: Vec<String> = printed
        .lines()
        .map(|line| {
            let mut words: Vec<&str> = line.split(' ').collect();
            if words.get(2) != Some(&"held:") && words.len() > 3 {
                // The address, and the duty's unit.
                words.remove(2);
                if let Some(duty) = words.get_mut(3) {
                    *duty = duty.split('/').next().unwrap_or(duty);
                }
            }
            words.join(" ")
        })
        .collect();
    for run in kinds.chunk_by(|a, b| a == b) {
        let _ = writeln!(out, "{} x {}", run.len(), run[0]);
    }
    out
}

fn run(tasks: &str, schools: usize, script: &str) -> String {
    let mut bell = Bell::with(HEAD, tasks, &county(schools));
    bell.run(script);
    counted(&bell.printed)
}

/// 60 schools were to hear of it on 10-27; moved to now, 61 are due at the next slot instead of none.
#[test]
fn an_edit_that_brings_many_letters_forward() {
    let printed = run(
        DRILL,
        60,
        "2026-10-12 07:00 hang
         2026-10-12 08:30 guard
         2026-10-12 09:00 edit 11月10日 => 10月20日
         2026-10-14 07:00 release
         2026-10-14 09:00 end",
    );
    expect![[r#"
        1 x 10-13 08:00 held: after the edit 61 notices would go, instead of 0
        1 x 10-13 08:00 held: of the 61 duties of the year to come the edit takes away 0 and moves 61
        61 x 10-14 08:00 remind:7d drill@2026 due 10-20 act
    "#]].assert_eq(&printed);
}

/// 50 more are none too many, and nor is a fifth.
#[test]
fn an_edit_of_few_goes_out() {
    let printed = run(
        DRILL,
        40,
        "2026-10-12 07:00 hang
         2026-10-12 08:30 guard
         2026-10-12 09:00 edit 11月10日 => 10月20日
         2026-10-13 09:00 end",
    );
    expect![[r#"
        41 x 10-13 08:00 remind:7d drill@2026 due 10-20 act
    "#]]
    .assert_eq(&printed);
}

/// Undone before anybody let it go: it goes on by itself, and tells nobody of it.
#[test]
fn an_edit_undone() {
    let printed = run(
        DRILL,
        60,
        "2026-10-26 07:00 hang
         2026-10-27 08:30 guard
         2026-10-27 09:00 edit 11月10日 => 11月24日
         2026-10-28 09:00 edit 11月24日 => 11月10日
         2026-11-03 09:00 end",
    );
    expect![[r#"
        61 x 10-27 08:00 opens drill@2026 due 11-10 act
        1 x 10-28 08:00 held: after the edit 61 notices would go, instead of 0
        1 x 10-28 08:00 held: of the 61 duties of the year to come the edit takes away 0 and moves 61
        61 x 11-03 08:00 remind:7d drill@2026 due 11-10 act
    "#]].assert_eq(&printed);
}

/// The roster was emptied but for the bureau: nobody would hear anything any more.
#[test]
fn nothing_is_left() {
    let printed = run(
        DRILL,
        0,
        "2026-10-12 07:00 hang
         2026-10-12 08:30 guard
         2026-10-12 09:00 edit audience = \"school\" => audience = \"vocational\"
         2026-10-13 09:00 end",
    );
    expect![[r#"
        1 x 10-13 08:00 held: of the 1 duties of the year to come the edit takes away 1 and moves 0
        1 x 10-13 09:00 held: of the 1 duties of the year to come the edit takes away 1 and moves 0
    "#]]
    .assert_eq(&printed);
}

/// A day back and forth makes nothing doubtful; a week does, until somebody has looked. The restart over the slot is an
/// outage as well, so nothing escalates.
#[test]
fn the_clock() {
    let printed = run(
        DRILL,
        0,
        "2026-10-19 07:00 hang
         2026-10-20 08:30 guard
         2026-10-20 09:00 jump 80000
         2026-10-20 10:00 jump 600000
         2026-10-21 07:00 jump -679000
         2026-10-27 09:00 jump -700000
         2026-11-04 07:30 release
         2026-11-06 09:00 end",
    );
    expect![[r#"
        1 x 10-27 08:00 opens drill@2026 due 11-10 act
        1 x 10-28 08:00 held: the clock jumped back by about 9 days: today may not be today
        1 x 10-29 08:00 held: the clock jumped back by about 9 days: today may not be today
        1 x 10-30 08:00 held: the clock jumped back by about 9 days: today may not be today
        1 x 11-02 08:00 held: the clock jumped back by about 9 days: today may not be today
        1 x 11-03 08:00 held: the clock jumped back by about 9 days: today may not be today
        1 x 11-04 08:00 remind:7d drill@2026 due 11-10 act
        1 x 11-06 08:00 remind:2 workdays drill@2026/s1 due 11-10 act
    "#]]
    .assert_eq(&printed);
}

#[test]
fn a_backup_put_back() {
    let printed = run(
        DRILL,
        0,
        "2026-10-19 07:00 hang
         2026-10-26 08:30 guard
         2026-10-26 09:00 restore 校钟-1026.db
         2026-10-27 09:30 release
         2026-10-28 09:00 end",
    );
    expect![[r#"
        1 x 10-27 08:00 held: the ledger was restored from 校钟-1026.db: what was sent since is not known
        1 x 10-27 09:30 opens drill@2026 due 11-10 act
    "#]].assert_eq(&printed);
}

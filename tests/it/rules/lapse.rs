//! What was never done and is too old is not pressed any more.

use crate::bell::{Bell, DRILL, HEAD, ROSTER};

/// The letters of 2027 that tell of the drill of 2026, after this script.
fn told_of_the_old(script: &str) -> Vec<String> {
    let mut bell = Bell::with(HEAD, DRILL, ROSTER);
    bell.run("2026-10-19 07:00 hang\n2027-01-01 09:00 end");
    bell.printed.clear();
    bell.run(script);
    let lines = bell.printed.lines();
    lines
        .filter(|line| line.contains("drill@2026/s1"))
        .map(str::to_owned)
        .collect()
}

/// Due on 2026-11-10: 400 days later is 2027-12-15. Who takes over on that day hears of it still, and the next day no more.
#[test]
fn nobody_is_pressed_for_ever() {
    let taken_over = |day: &str| {
        told_of_the_old(&format!(
            "{day} 07:00 edit safety@s1 => new@s1\n{day} 09:00 end"
        ))
    };
    assert_eq!(
        taken_over("2027-12-15"),
        ["12-15 08:00 new@s1 nag:30 workdays drill@2026/s1 due 11-10 act"]
    );
    assert!(taken_over("2027-12-16").is_empty());
}

/// What was done, and is returned by an officer however late, is asked for again: it had not been left undone.
#[test]
fn what_is_returned_has_not_lapsed() {
    let told = told_of_the_old(
        "2027-02-01 09:00 done drill@2026/s1 safety@s1
         2027-02-02 09:00 end
         2027-12-20 09:00 return drill@2026/s1
         2027-12-21 09:00 end",
    );
    let last = told.last().map(String::as_str);
    let returned = "12-21 08:00 safety@s1 decided drill@2026/s1 due 11-10 act";
    assert_eq!(last, Some(returned), "{told:?}");
}

//! Letters that a server accepted and that came back: nobody was reached by them.

use expect_test::expect;
use schoolbell::core::overview::{Scope, queue, today};
use schoolbell::core::plan::{Slots, undelivered};

use crate::bell::{Bell, check, drill_from};

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
            11-18 08:00 office@b ! bulletin:2026-W46
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
            11-18 08:00 office@b ! bulletin:2026-W46
            11-18 08:00 principal@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
            11-18 08:00 safety@s1 escalate:5 workdays drill@2026/s1 due 11-10 below
        "#]],
    );
}

/// The numbers of the letters and the mailboxes that still trouble somebody, as every list of them tells it.
fn troubles(bell: &Bell) -> (Vec<u64>, Vec<String>) {
    let (agenda, state, now) = (&bell.agenda, &bell.state, bell.now);
    let day = Slots::new(&agenda.calendar).day(now);
    let found = undelivered(agenda, state, day);
    let letters: Vec<u64> = found.letters.iter().map(|(no, _)| *no).collect();
    let mailboxes: Vec<String> = found
        .mailboxes
        .iter()
        .map(|found| found.address.to_string())
        .collect();
    let scope = Scope::whole(agenda);
    let shown = today(agenda, state, &scope, now);
    assert_eq!(
        (shown.refused, shown.unreachable),
        (letters.len(), mailboxes.len())
    );
    let listed = queue(agenda, state, &scope, now);
    let mut numbers: Vec<u64> = listed.refused.iter().map(|letter| letter.letter).collect();
    numbers.reverse();
    assert_eq!(numbers, letters);
    assert_eq!(listed.unreachable.len(), mailboxes.len());
    (letters, mailboxes)
}

/// A letter that came back troubles nobody any more once a later one was accepted, or its reader has left the roster.
#[test]
fn what_did_not_arrive_is_forgotten_when_a_later_letter_did() {
    let mut bell = Bell::new(&drill_from("1d"));
    bell.run(
        "2026-11-08 07:00 hang
         2026-11-08 07:30 mail safety@s1 refused
         2026-11-09 09:00 end",
    );
    assert_eq!(troubles(&bell), (vec![1], vec![]));
    bell.run(
        "2026-11-09 10:00 mail safety@s1 arrives
         2026-11-10 09:00 end",
    );
    assert_eq!(troubles(&bell), (vec![1], vec![]), "nothing was sent since");
    bell.run("2026-11-11 09:00 end");
    assert!(bell.state.refused.contains(&1));
    assert_eq!(troubles(&bell), (vec![], vec![]), "the next one arrived");
    // One accepted before the other was given up counts just as well, and one that came back itself does not.
    bell.run("2026-11-11 15:00 returned-as-spam safety@s1");
    let last = *bell.state.refused.last().unwrap();
    assert!(last > 1);
    assert_eq!(troubles(&bell), (vec![last], vec![]));
    let mut left = Bell::new(&drill_from("1d"));
    left.run(
        "2026-11-08 07:00 hang
         2026-11-08 07:30 mail safety@s1 refused
         2026-11-09 09:00 end",
    );
    left.edit("王建国,safety@s1 => 赵新华,zhao@s1");
    assert_eq!(troubles(&left), (vec![], vec![]), "nobody reads there");
}

/// A dead mailbox troubles while it is on the roster, and its letters not beside it.
#[test]
fn a_dead_mailbox_troubles_until_the_roster_is_mended() {
    let mut bell = Bell::new(&drill_from("1d"));
    bell.run(
        "2026-11-08 07:00 hang
         2026-11-09 15:00 returned safety@s1",
    );
    assert_eq!(troubles(&bell), (vec![], vec!["safety@s1".to_owned()]));
    bell.edit("王建国,safety@s1 => 赵新华,zhao@s1");
    assert_eq!(troubles(&bell), (vec![], vec![]));
    assert_eq!(bell.state.unreachable.len(), 1, "the record stays");
}

/// Where no officer would be left to write to, all are: the last one hears of the dead mailbox at the school, and of its
/// own.
#[test]
fn the_last_officer_is_written_to_whatever_came_back() {
    check(
        &drill_from("1d"),
        "2026-11-09 07:00 hang
         2026-11-09 07:30 bounce office@b
         2026-11-11 07:00 returned safety@s1
         2026-11-12 09:00 end",
        expect![[r#"
            11-09 08:00 office@b ! unreachable:office@b
            11-09 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
            11-11 08:00 deputy@s1 overdue drill@2026/s1 due 11-10 act
            11-11 08:00 office@b ! unreachable:safety@s1
        "#]],
    );
}

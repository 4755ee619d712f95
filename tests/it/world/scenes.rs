//! Single mishaps at their worst moments, each with what must have come of it. The promises are asked as ever.

use jiff::SignedDuration;

use super::edits::Edit;
use super::house::Failpoint;
use super::post::{Trouble, Weather};
use super::seeded::{Lived, Mishap, scene};

/// A Tuesday, and the morning after: term has begun, and every school has letters.
const HUNG: &str = "2026-03-10T07:00";
const SLOT: &str = "2026-03-11T07:59";

fn lived(days: i64, befalls: &[(&str, Mishap)]) -> Lived {
    scene(HUNG, days, Weather::default(), befalls).unwrap_or_else(|broken| panic!("{broken}"))
}

fn times(lived: &Lived, what: &str) -> u64 {
    lived.census.get(what).copied().unwrap_or(0)
}

/// The power fails at each commit of a slot's morning, before it and behind it, and at each letter's way.
#[test]
fn a_crash_anywhere_in_a_morning() {
    std::thread::scope(|scope| {
        for point in Failpoint::ALL {
            scope.spawn(move || {
                for nth in [0, 1, 2, 3] {
                    let lived = lived(2, &[(SLOT, Mishap::Crash(point, nth))]);
                    let name = format!("crash: {point:?}");
                    assert!(times(&lived, &name) >= 1, "{nth}: {:?}", lived.census);
                }
            });
        }
    });
}

/// Behind the dot nobody knows whether it arrived: it is `unknown`, and goes again. Before DATA the same is all that
/// can be known.
#[test]
fn a_crash_on_the_way_is_unknown() {
    for point in [
        Failpoint::BeforeData,
        Failpoint::AfterDot,
        Failpoint::AfterReply,
    ] {
        let lived = lived(2, &[(SLOT, Mishap::Crash(point, 0))]);
        let unknown = times(&lived, "outcome Unknown");
        assert!(unknown >= 1, "{point:?}: {:?}", lived.census);
        assert_eq!(times(&lived, "outcome Deferred"), 0);
    }
}

/// A password that is refused for two hours from eight o'clock on: the three letters that set out together meet it, and
/// then one in each quarter of an hour.
#[test]
fn a_refused_password() {
    let hours = SignedDuration::from_hours(2);
    let lived = lived(2, &[(SLOT, Mishap::Server(Trouble::Locked, hours))]);
    assert_eq!(times(&lived, "server: Locked"), 3 + 7);
}

/// A server that is down for six days keeps the queue, and nothing is given up.
#[test]
fn a_server_down_for_days() {
    let days = SignedDuration::from_hours(6 * 24);
    let lived = lived(8, &[(SLOT, Mishap::Server(Trouble::Down, days))]);
    assert!(times(&lived, "server: LaterAll") > 20);
    assert_eq!(times(&lived, "outcome Refused"), 0);
}

/// Most schools are deleted: the pass is held until an officer lets it go.
#[test]
fn an_upheaval_waits_for_a_person() {
    let lived = lived(2, &[(SLOT, Mishap::Edit(Edit::Upheaval))]);
    assert!(times(&lived, "held upheaval") >= 1, "{:?}", lived.census);
}

/// A clock that is a day and more ahead is doubted; one that is some hours ahead is not.
#[test]
fn a_clock_ahead() {
    let ahead = |hours| Mishap::Step(SignedDuration::from_hours(hours));
    let day = lived(2, &[(SLOT, ahead(30))]);
    assert!(times(&day, "held clock") >= 1, "{:?}", day.census);
    let hours = lived(2, &[(SLOT, ahead(5))]);
    assert_eq!(times(&hours, "held clock"), 0);
}

/// A machine that slept through a slot catches up, and doubts nothing.
#[test]
fn asleep_through_a_slot() {
    let nap = Mishap::Suspend(SignedDuration::from_hours(5));
    let lived = lived(2, &[(SLOT, nap)]);
    assert_eq!(times(&lived, "clock-jumped"), 0);
}

//! The machine's own clock, set back and forth under a running daemon: libfaketime stands before it, and no time is
//! pretended.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::house::{Daemon, House, left_out};
use super::waiting::wait_for;

const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// The clock's file, in the house's folder.
const CLOCK: &str = "clock";

/// A daemon on a clock that can be set.
struct Set<'a> {
    house: &'a House,
    daemon: Daemon,
}

impl<'a> Set<'a> {
    fn start(house: &'a House, at: &str) -> Self {
        write(house, at);
        let mut run = house.command(&["run"]);
        let daemon = house.serve(faked(house, &mut run));
        let set = Self { house, daemon };
        set.wait_for_beat(at);
        set
    }

    /// Sets the clock, and waits for a beat on it.
    fn to(&self, at: &str) {
        write(self.house, at);
        // A reload is followed by a beat, so that nobody waits for the minute to be full.
        self.daemon.hang_up();
        self.wait_for_beat(at);
    }

    fn wait_for_beat(&self, at: &str) {
        let local: jiff::civil::DateTime = at.replace(' ', "T").parse().unwrap();
        let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
        let wanted = local
            .to_zoned_datetime(zone)
            .unwrap()
            .timestamp()
            .as_second();
        // Time goes on while it is waited for.
        let is_wanted = |beat: &i64| (wanted..wanted + 120).contains(beat);
        wait_for(
            || self.last_beat().filter(is_wanted),
            || {
                let (beat, log) = (self.last_beat(), self.house.log());
                format!("no beat at {at}, but {beat:?}: {log}")
            },
        );
    }

    fn last_beat(&self) -> Option<i64> {
        let page = format!("http://127.0.0.1:{}/metrics", self.house.port);
        let text = ureq::get(page)
            .call()
            .ok()?
            .body_mut()
            .read_to_string()
            .ok()?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("schoolbell_last_beat_timestamp_seconds "))?;
        let (whole, _) = line.split_once('.').unwrap_or((line, ""));
        whole.parse().ok()
    }
}

fn write(house: &House, at: &str) {
    // Under another name first: half a time would be another time.
    let new = house.path("clock.new");
    fs::write(&new, format!("@{at}\n")).unwrap();
    fs::rename(new, house.path(CLOCK)).unwrap();
}

fn faked<'c>(house: &House, command: &'c mut Command) -> &'c mut Command {
    command
        .env("TZ", "Asia/Shanghai")
        .env("LD_PRELOAD", LIBRARY)
        .env("FAKETIME_TIMESTAMP_FILE", house.path(CLOCK))
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
}

#[test]
fn set_back_and_forth_under_the_daemon() {
    if !Path::new(LIBRARY).exists() {
        left_out("no libfaketime");
        return;
    }
    let house = House::new(None);
    let (once, twice) = (
        "send_at  = [\"08:00\"]",
        "send_at  = [\"08:00\", \"14:00\"]",
    );
    house.edit("calendar/calendar.toml", once, twice);
    // The first letters of all go at once, and are a pass of their own.
    let clock = Set::start(&house, "2026-03-05 20:00:00");
    house.wait_for_facts("outcome", 10);
    let letters = || house.facts("letter-queued").len();
    let slots = || house.facts("slot-passed").len();
    assert_eq!((letters(), slots()), (10, 1));
    clock.to("2026-03-06 08:00:20");
    house.wait_for_facts("slot-passed", 2);
    let before = letters();
    assert_eq!(before, 10 + 9);

    // Three hours back and on again: nothing is said twice.
    clock.to("2026-03-06 05:00:00");
    clock.to("2026-03-06 08:00:10");
    assert_eq!((letters(), slots()), (before, 2));

    // On by hours, past a slot: what is late is known to be, and nothing goes twice.
    clock.to("2026-03-06 17:00:00");
    let passed = house.wait_for_facts("slot-passed", 3);
    assert_eq!(passed[2]["after_outage"], true, "{passed:?}");
    assert_eq!(letters(), before);

    // On by a year: nothing goes but the word of it, once.
    clock.to("2027-03-09 08:00:10");
    let jumps = house.facts("clock-jumped").len();
    assert!(jumps > 0);
    let told = house.facts("letter-queued");
    let alerts = told.iter().filter(|fact| fact["kind"] == "alert").count();
    assert_eq!(told.len(), before + alerts);
    assert!(alerts > 0, "nobody was told");
    assert_eq!(slots(), 3);

    // Set right, and the weekend leapt over, which is a jump of its own: an officer has looked, and lets it go.
    clock.to("2026-03-06 17:00:30");
    clock.to("2026-03-09 08:00:10");
    assert_eq!(slots(), 3);
    let mut release = house.command(&["mail", "release", "--by", "沈志明"]);
    assert!(
        faked(&house, &mut release)
            .output()
            .unwrap()
            .status
            .success()
    );
    let passed = house.wait_for_facts("slot-passed", 4);
    assert_eq!(passed[3]["slot"], "2026-03-09T08:00:00+08:00");
    drop(clock);
}

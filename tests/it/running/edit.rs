//! The officer edits the calendar while the daemon runs.

use super::house::{House, LIMIT, subject};
use crate::smtp_double::SmtpDouble;

/// `campus-surroundings-inspection` was due on 03-20, announced on 03-06.
const DUE: &str = "due      = \"3月20日\"";
const MOVED: &str = "due      = \"3月26日\"";
const DUTY: &str = "campus-surroundings-inspection@2026/s001";

fn hung_on_the_fourth() -> (SmtpDouble, House) {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-09T09:00:00+08:00");
    (server, house)
}

#[test]
fn a_moved_date_is_told_once_to_those_who_had_been_told() {
    let (_server, house) = hung_on_the_fourth();
    let before = house.notices();
    let mut daemon = house.start(&["--pretend-now", "2026-03-09T10:00:00+08:00"]);
    daemon.wait_for("页面:");
    house.edit("calendar/03.toml", DUE, MOVED);
    house.wait_for_facts("calendar-version", 2);
    daemon.interrupt();
    house.pass("2026-03-09T10:05:00+08:00", "2026-03-20T09:00:00+08:00");
    let after: Vec<_> = house
        .notices()
        .into_iter()
        .filter(|line| !before.contains(line) && line.contains(DUTY))
        .collect();
    let safety = "wang.jianguo@hushan-primary.example";
    // Told at the next slot; then the ladder is armed for 03-26, which opens 14 days before it on 03-12 and is
    // reminded of a week before it on 03-19. Nothing of 03-20's ladder is left.
    assert_eq!(
        after,
        [
            format!("2026-03-10 changed {DUTY} → {safety}"),
            format!("2026-03-12 opens {DUTY} → {safety}"),
            format!("2026-03-19 remind:7d {DUTY} → {safety}"),
        ]
    );
    let changed: Vec<_> = house
        .notices()
        .into_iter()
        .filter(|line| line.contains(" changed "))
        .collect();
    assert!(
        changed
            .iter()
            .all(|line| line.contains("campus-surroundings-inspection@")),
        "only that duty is re-armed: {changed:?}"
    );
}

#[test]
fn an_edit_undone_before_the_slot_tells_nobody() {
    let (_server, house) = hung_on_the_fourth();
    let mut daemon = house.start(&["--pretend-now", "2026-03-09T10:00:00+08:00"]);
    daemon.wait_for("页面:");
    house.edit("calendar/03.toml", DUE, MOVED);
    house.wait_for_facts("calendar-version", 2);
    house.edit("calendar/03.toml", MOVED, DUE);
    daemon.hang_up();
    house.wait_for_facts("calendar-version", 3);
    daemon.interrupt();
    house.pass("2026-03-09T10:05:00+08:00", "2026-03-13T09:00:00+08:00");
    let notices = house.notices();
    assert!(
        !notices.iter().any(|line| line.contains(" changed ")),
        "{notices:?}"
    );
    // The ladder of 03-20 goes on as it was.
    assert!(
        notices
            .iter()
            .any(|line| line.starts_with("2026-03-13 remind:7d") && line.contains(DUTY))
    );
}

#[test]
fn a_broken_file_changes_nothing_and_the_admins_are_shown_where() {
    let (server, house) = hung_on_the_fourth();
    let letters = server.letters().len();
    let mut daemon = house.start(&["--pretend-now", "2026-03-09T10:00:00+08:00"]);
    daemon.wait_for("页面:");
    house.edit("calendar/03.toml", DUE, "due      = \"3月32日\"");
    let alert = server.wait_for(letters + 1, LIMIT).pop().unwrap();
    assert_eq!(alert.to, "office@cixi-edu.example");
    assert!(
        subject(&alert.bytes).contains("行事历改动有错"),
        "{}",
        subject(&alert.bytes)
    );
    let text = mail_parser::MessageParser::default()
        .parse(&alert.bytes)
        .unwrap()
        .body_text(0)
        .unwrap()
        .into_owned();
    assert!(
        text.contains("03.toml:") && text.contains("3月没有32日"),
        "{text}"
    );
    assert_eq!(house.facts("calendar-version").len(), 1);
    // Mended: it comes into force by itself, and the old dates stand.
    house.edit("calendar/03.toml", "3月32日", "3月20日");
    daemon.hang_up();
    daemon.interrupt();
    house.pass("2026-03-09T10:05:00+08:00", "2026-03-13T09:00:00+08:00");
    let notices = house.notices();
    assert!(
        !notices.iter().any(|line| line.contains(" changed ")),
        "{notices:?}"
    );
    assert!(
        notices
            .iter()
            .any(|line| line.starts_with("2026-03-13 remind:7d") && line.contains(DUTY))
    );
}

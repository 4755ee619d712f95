//! SIGKILL and SIGTERM in the middle of sending.

use std::collections::HashMap;

use super::house::{House, LIMIT};
use crate::smtp_double::{Act, SmtpDouble, Verb};

#[test]
fn after_a_kill_every_letter_arrives_and_repeats_are_the_same() {
    check(1);
}

/// Whatever is on its way over several connections was on record before.
#[test]
fn after_a_kill_with_several_on_their_way() {
    check(4);
}

fn check(connections: usize) {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    let kept = format!("connections = {connections}");
    house.edit("config/schoolbell.toml", "connections = 1", &kept);
    for _ in 0..3 {
        server.once(Verb::Dot, Act::Say("250 2.0.0 taken"));
    }
    for _ in 0..connections {
        server.once(Verb::Dot, Act::Stall);
    }
    let daemon = house.start(&[
        "--pretend-now",
        "2026-03-04T08:00:00+08:00",
        "--speed",
        "max",
        "--until",
        "2026-03-04T09:00:00+08:00",
    ]);
    // After three more have arrived whole, and the server says nothing: nobody can know whether they were taken.
    let swallowed = server.wait_for_swallowed(connections, LIMIT);
    daemon.kill();
    assert_eq!(server.letters().len(), 3);
    let planned = house.facts("letter-queued");
    assert_eq!(planned.len(), 10);

    house.pass("2026-03-04T08:01:00+08:00", "2026-03-04T09:00:00+08:00");
    let letters = server.letters();
    let mut by_id: HashMap<String, Vec<&[u8]>> = HashMap::new();
    for letter in letters.iter().chain(&swallowed) {
        let message = mail_parser::MessageParser::default()
            .parse(&letter.bytes)
            .unwrap();
        let id = format!("<{}>", message.message_id().unwrap());
        by_id.entry(id).or_default().push(&letter.bytes);
    }
    for fact in &planned {
        let id = fact["message_id"].as_str().unwrap();
        assert!(by_id.contains_key(id), "{fact} never arrived");
    }
    assert_eq!(by_id.len(), planned.len(), "a letter nobody planned");
    let repeats: Vec<_> = by_id.values().filter(|copies| copies.len() > 1).collect();
    assert_eq!(repeats.len(), connections, "what was in flight came again");
    for copies in repeats {
        assert!(
            copies.iter().all(|copy| *copy == copies[0]),
            "other bytes under the same id"
        );
    }
    let unknown: Vec<_> = house
        .facts("outcome")
        .into_iter()
        .filter(|fact| fact["outcome"] == "unknown")
        .collect();
    assert_eq!(unknown.len(), connections, "{unknown:?}");
}

/// Told to stop while the server has a letter and has not said so yet, it waits for the word, and sends no other.
#[test]
fn told_to_stop_it_finishes_the_letter_it_is_sending() {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    server.once(Verb::Dot, Act::TakeLate);
    let mut daemon = house.start(&["--pretend-now", "2026-03-04T08:00:00+08:00"]);
    server.wait_for(1, LIMIT);
    daemon.terminate();
    house.wait_for_log("told to stop");
    // It does not end before the server has spoken.
    assert!(daemon.is_running());
    server.go_on();
    assert!(daemon.wait().success());
    let outcomes: Vec<_> = house
        .facts("outcome")
        .iter()
        .map(|fact| fact["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(outcomes, ["accepted"]);
    assert_eq!(server.letters().len(), 1);
}

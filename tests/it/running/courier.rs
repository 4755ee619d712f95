//! Several connections at once: what one letter, one domain or one refusal does to the others.

use std::fs;

use super::house::{House, LIMIT};
use crate::smtp_double::{Act, Manner, SmtpDouble, Verb};

const NOW: &str = "2026-03-04T08:00:00+08:00";

fn house(server: &SmtpDouble, connections: usize) -> House {
    let house = House::new(Some(server.port()));
    let kept = format!("connections = {connections}");
    house.edit("config/schoolbell.toml", "connections = 1", &kept);
    house
}

/// Three of the ten who are written to are at a domain whose letters are never answered for.
fn three_at_a_dead_domain(house: &House, server: &SmtpDouble) {
    for address in [
        "wang.jianguo@hushan-primary",
        "yu.lina@hushan-kg",
        "xu.genfa@dashan-primary",
    ] {
        let (person, _) = address.split_once('@').unwrap();
        house.edit("config/roster.csv", address, &format!("{person}@dead"));
    }
    server.for_recipients("@dead.example", Act::Stall);
}

fn outcomes(house: &House) -> Vec<String> {
    let facts = house.facts("outcome");
    let word = |fact: &serde_json::Value| fact["outcome"].as_str().unwrap().to_owned();
    facts.iter().map(word).collect()
}

/// A domain whose letters are never answered for, with more of them than there are connections: all others arrive, though
/// nothing ever times out.
#[test]
fn a_domain_that_hangs_holds_up_nobody_else() {
    let server = SmtpDouble::start();
    let house = house(&server, 3);
    house.edit(
        "config/schoolbell.toml",
        "connections = 3",
        "connections = 3\ntimeout_s = 86400",
    );
    three_at_a_dead_domain(&house, &server);
    let mut daemon = house.start(&["--pretend-now", NOW]);
    daemon.wait_for("校钟");
    let letters = server.wait_for(7, LIMIT);
    house.wait_for_facts("outcome", 7);
    daemon.kill();
    assert!(
        letters
            .iter()
            .all(|letter| !letter.to.ends_with("@dead.example"))
    );
    assert_eq!(house.facts("letter-queued").len(), 10);
    assert_eq!(outcomes(&house), ["accepted"; 7]);
}

/// The same domain, and time-outs: what was held up is put off, one letter at a time, and the rest have gone long before.
#[test]
fn a_domain_that_times_out_is_tried_last() {
    let server = SmtpDouble::start();
    let house = house(&server, 1);
    house.edit(
        "config/schoolbell.toml",
        "connections = 1",
        "connections = 1\ntimeout_s = 1",
    );
    three_at_a_dead_domain(&house, &server);
    let mut daemon = house.start(&["--pretend-now", NOW]);
    daemon.wait_for("校钟");
    house.wait_for_facts("outcome", 10);
    daemon.kill();
    let outcomes = outcomes(&house);
    let first = outcomes
        .iter()
        .position(|outcome| outcome == "deferred")
        .unwrap();
    let rest = &outcomes[first + 1..];
    let accepted = rest
        .iter()
        .take_while(|outcome| *outcome == "accepted")
        .count();
    assert_eq!(
        rest.len() - accepted,
        2,
        "the other two came last: {outcomes:?}"
    );
}

/// However many connections there are, a wrong password is tried once, and told once.
#[test]
fn a_wrong_password_is_tried_once() {
    let server = SmtpDouble::with(Manner {
        offers: &["AUTH PLAIN LOGIN", "PIPELINING"],
        implicit_tls: false,
    });
    server.always(Verb::Auth, Act::Say("535 5.7.8 authentication failed"));
    let house = house(&server, 4);
    house.edit(
        "config/schoolbell.toml",
        "connections = 4",
        "connections = 4\nuser = \"bell\"\npassword_file = \"smtp-password\"",
    );
    fs::write(house.path("config/smtp-password"), "芝麻开门").unwrap();
    let mut daemon = house.start(&["--pretend-now", NOW]);
    daemon.wait_for("校钟");
    let told = house.wait_for_facts("matter", 1);
    daemon.kill();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0]["matter"]
            .as_str()
            .unwrap()
            .starts_with("mail-paused:")
    );
    assert_eq!(outcomes(&house), ["deferred"]);
    assert_eq!(house.facts("attempt").len(), 1);
    let heard = server.heard();
    let tries = heard.iter().filter(|line| line.starts_with("AUTH")).count();
    assert_eq!(tries, 1, "{heard:?}");
    // The table breaks the server's words into lines.
    let queue: Vec<serde_json::Value> =
        serde_json::from_str(&house.call(&["mail", "queue", "--format", "json"])).unwrap();
    let said = queue
        .iter()
        .any(|row| row["text"].as_str().unwrap().contains("535"));
    assert!(said, "{queue:?}");
}

/// A server that allows two connections: everything goes over two, at once and not after a back-off.
#[test]
fn a_server_that_allows_few_connections() {
    let server = SmtpDouble::start();
    for _ in 0..2 {
        server.once(Verb::Greeting, Act::Say("220 double.example"));
    }
    server.always(
        Verb::Greeting,
        Act::SayAndDrop("421 4.7.0 too many connections from your address"),
    );
    let house = house(&server, 4);
    let mut daemon = house.start(&["--pretend-now", NOW]);
    daemon.wait_for("校钟");
    server.wait_for(10, LIMIT);
    house.wait_for_facts("outcome", 10);
    daemon.kill();
    let put_off = outcomes(&house)
        .iter()
        .filter(|word| *word != "accepted")
        .count();
    assert!(put_off <= 2, "{put_off}");
}

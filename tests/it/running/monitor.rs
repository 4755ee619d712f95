//! What a monitor reads of a running service, and the alerts that are made of it.

use std::collections::BTreeSet;

use super::house::{House, open};
use super::waiting::wait_for;
use crate::deploy::runbook::{ALERTS, values};
use crate::tidy::{none, read};

/// The names of what a monitor reads, with and without their labels.
fn measured() -> BTreeSet<String> {
    let house = House::new(None);
    let mut daemon = house.start(&[]);
    daemon.wait_for("下一次发信");
    let page = || open(&format!("http://127.0.0.1:{}/metrics", house.port));
    // What the first beat finds out is there after it.
    let has_beaten = |page: &String| page.contains("\nschoolbell_last_beat_timestamp_seconds ");
    let page = wait_for(
        || Some(page()).filter(has_beaten),
        || format!("no beat: {}", page()),
    );
    daemon.interrupt();
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let whole = samples.filter_map(|line| line.rsplit_once(' ').map(|(name, _)| name));
    whole
        .flat_map(|name| [name, name.split('{').next().unwrap()])
        .map(str::to_owned)
        .collect()
}

#[test]
fn alerts_look_at_numbers_that_are_there() {
    let measured = measured();
    let alerts = read(ALERTS);
    let mut faults = Vec::new();
    let mut looked_at = 0;
    for rule in values(&alerts, "expr:") {
        let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        for name in rule
            .split(word)
            .filter(|name| name.starts_with("schoolbell_"))
        {
            looked_at += 1;
            if !measured.contains(name) {
                faults.push(format!("{ALERTS}: there is no {name}"));
            }
        }
        let Some((_, states)) = rule.split_once("{state=") else {
            continue;
        };
        let states = states.split('"').nth(1).unwrap();
        for state in states.split('|') {
            let sample = format!("schoolbell_letters{{state=\"{state}\"}}");
            if !measured.contains(&sample) {
                faults.push(format!("{ALERTS}: there is no {sample}"));
            }
        }
    }
    assert!(looked_at > 8, "{measured:?}");
    none(faults);
}

//! The runbook has a word for all that cries for help.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::tidy::{files, none, read};

const RUNBOOK: &str = "deploy/RUNBOOK.md";
pub(crate) const ALERTS: &str = "deploy/alerts.yml";

/// What stands after a key at the beginning of a line.
pub(crate) fn values<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = text.lines().map(str::trim_start);
    lines.filter_map(move |line| line.strip_prefix(key).map(str::trim))
}

fn sections(runbook: &str) -> BTreeSet<&str> {
    values(runbook, "### ").collect()
}

/// Prometheus's own reader of rules, where there is one.
#[test]
#[expect(clippy::print_stderr, reason = "what is left out is said")]
fn prometheus_reads_the_alerts() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join(ALERTS);
    let Ok(output) = Command::new("promtool")
        .args(["check", "rules"])
        .arg(&rules)
        .output()
    else {
        eprintln!("left out: this machine has no promtool");
        return;
    };
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
}

#[test]
fn every_alert_has_its_section() {
    let (runbook, alerts) = (read(RUNBOOK), read(ALERTS));
    let sections = sections(&runbook);
    let named: BTreeSet<_> = values(&alerts, "- alert:").collect();
    let of_alerts: BTreeSet<_> = sections
        .iter()
        .copied()
        .filter(|name| name.starts_with("Schoolbell"))
        .collect();
    assert_eq!(named, of_alerts);
    assert!(named.len() > 8);
}

/// The subjects of the mails that the daemon writes to the officers of its own accord.
#[test]
fn every_mail_to_the_officers_has_its_section() {
    let runbook = read(RUNBOOK);
    let sections = sections(&runbook);
    let mut subjects = BTreeSet::new();
    // What tests make up is nobody's mail.
    let written = files("src/daemon", "rs")
        .into_iter()
        .filter(|name| !name.ends_with("tests.rs"));
    for name in written {
        let code = read(&name);
        for before in [
            "subject: \"",
            "self.warn(\"disk\", \"",
            "self.warn(\"wal\", \"",
        ] {
            let found = code.split(before).skip(1);
            subjects.extend(
                found
                    .filter_map(|rest| rest.split('"').next())
                    .map(str::to_owned),
            );
        }
    }
    assert!(subjects.len() >= 7, "{subjects:?}");
    let missing = subjects
        .iter()
        .filter(|subject| !sections.contains(subject.as_str()));
    none(
        missing
            .map(|subject| format!("{RUNBOOK}: no section {subject}"))
            .collect(),
    );
}

/// The first cells of a section's table.
fn rows<'a>(runbook: &'a str, heading: &str) -> Vec<&'a str> {
    let section = runbook.split(heading).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let cells = values(section, "| ").filter_map(|row| row.split(" | ").next());
    let cells: Vec<_> = cells.map(|cell| cell.trim_matches('`')).collect();
    assert!(cells.len() > 3, "{heading}");
    cells[1..].to_vec()
}

/// What the tables quote is what the program says, and nothing of what `status` asks for is left out.
#[test]
fn the_tables_quote_the_program() {
    let runbook = read(RUNBOOK);
    let code: String = files("src", "rs").iter().map(|name| read(name)).collect();
    let needs = rows(&runbook, "## 三");
    let status = read("src/cli/status.rs");
    let asked = status.matches("needs.push(").count() + status.matches("needs.extend(").count();
    // `.push` on a line of its own, as the formatter has it.
    let asked = asked + status.matches(".needs\n            .push(").count();
    assert!(needs.len() >= asked, "{} rows, {asked} needs", needs.len());
    let quoted = needs.into_iter().chain(rows(&runbook, "## 四"));
    let made_up = quoted.filter(|words| !words.starts_with("status=") && !code.contains(words));
    none(
        made_up
            .map(|words| format!("{RUNBOOK}: the program never says “{words}”"))
            .collect(),
    );
}

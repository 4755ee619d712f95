//! What is packaged and what is shipped beside it: manual, maintainer scripts, alerts and runbook.

pub(crate) mod runbook;

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::tidy::{none, read};

/// The keys of a schema, at any depth.
fn keys(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                found.extend(properties.keys().cloned());
            }
            fields.values().for_each(|field| keys(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

/// The words of a manual page that are set in bold, in italics or as a heading, which is where keys stand.
fn set_apart(page: &str) -> BTreeSet<String> {
    let page = page.replace("\\-", "-");
    let mut words = BTreeSet::new();
    for line in page.lines() {
        let plain = ["\\fB", "\\fI", "\\fR", "\\:"]
            .into_iter()
            .fold(line.to_owned(), |line, escape| line.replace(escape, " "));
        let told = line.contains("\\fB") || line.starts_with(".B ") || line.starts_with(".SH ");
        if told {
            let split = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
            words.extend(plain.split(split).map(str::to_owned));
        }
    }
    words
}

/// Whoever adds a key to a reader tells of it in the manual.
#[test]
fn the_manual_has_every_key() {
    let mut faults = Vec::new();
    for (page, schemas) in [
        ("deploy/man/schoolbell.toml.5", &["config"][..]),
        (
            "deploy/man/schoolbell-calendar.5",
            &["calendar", "tasks", "school-year", "holidays"],
        ),
    ] {
        let told = set_apart(&read(page));
        for schema in schemas {
            let schema = serde_json::from_str(&read(&format!("config/schema/{schema}.json")));
            let mut wanted = BTreeSet::new();
            keys(&schema.unwrap(), &mut wanted);
            assert!(wanted.len() > 2, "{page}: {wanted:?}");
            let missing = wanted.difference(&told);
            faults.extend(missing.map(|key| format!("{page}: does not tell of {key}")));
        }
    }
    none(faults);
}

/// A default in the manual is the one that the shipped settings show.
#[test]
fn the_manual_tells_the_defaults() {
    let page = read("deploy/man/schoolbell.toml.5");
    let page = page
        .replace("\\(dq", "\"")
        .replace("\\-", "-")
        .replace("\\:", "");
    let settings = read("config/schoolbell.toml");
    let mut faults = Vec::new();
    for line in settings.lines().filter(|line| !line.starts_with('#')) {
        let Some((key, rest)) = line.split_once('=') else {
            continue;
        };
        let value = rest.split('#').next().unwrap().trim();
        let told = format!("\\fB{}\\fR（{value}", key.trim());
        if !page.contains(&told) {
            faults.push(format!("deploy/man/schoolbell.toml.5: no {told}"));
        }
    }
    none(faults);
}

/// Maintainer scripts and the proof are read by the shells that run them.
#[test]
fn scripts_are_sound() {
    let mut faults = Vec::new();
    for (shell, name) in [
        ("sh", "deploy/bell"),
        ("sh", "deploy/debian/preinst"),
        ("sh", "deploy/debian/postinst"),
        ("sh", "deploy/debian/prerm"),
        ("sh", "deploy/debian/postrm"),
        ("bash", "deploy/deb"),
        ("bash", "deploy/image"),
        ("bash", "deploy/portable"),
        ("bash", "deploy/release"),
        ("bash", "deploy/stage"),
        ("bash", "tests/systemd/run"),
        ("bash", "tests/systemd/inside"),
        ("bash", ".ci/run"),
    ] {
        let first = read(name);
        let first = first.lines().next().unwrap_or_default();
        if !first.ends_with(shell) {
            faults.push(format!("{name}: begins with {first}, not {shell}"));
        }
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let output = Command::new(shell).arg("-n").arg(&path).output().unwrap();
        if !output.status.success() {
            faults.push(String::from_utf8_lossy(&output.stderr).into_owned());
        }
    }
    none(faults);
}

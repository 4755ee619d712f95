//! The table of faults: every one has its row, and every test it names is there.

use std::collections::BTreeSet;

use super::{files, none, read};

/// Faults that may stand open; fewer each time one is shown.
const MOST_OPEN: usize = 0;

const TABLE: &str = "tests/FAULTS.md";

const SEEDS: &str = "tests/SEEDS.md";

/// What `just systemd` runs in a booted system.
const PROOF: &str = "tests/systemd/inside";

#[test]
fn every_fault_has_a_row_and_every_named_test_is_there() {
    let tests = all_tests();
    let table = read(TABLE);
    let proof = read(PROOF);
    let rows = table.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let number: usize = cells.next()?.trim().parse().ok()?;
        Some((number, cells.last()?.to_owned()))
    });
    let mut faults = Vec::new();
    let mut open = 0;
    let mut next = 1;
    for (number, shown_by) in rows {
        if number != next {
            faults.push(format!("{TABLE}: {next} comes next, not {number}"));
        }
        next = number + 1;
        open += usize::from(shown_by.contains("*open*"));
        let named: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        if named.is_empty() && !shown_by.contains("*open*") {
            faults.push(format!("{TABLE}: {number} names no test"));
        }
        // What is proved in a booted system is said there in the same words.
        let proved = shown_by
            .split('“')
            .skip(1)
            .filter_map(|rest| rest.split_once('”'));
        let proved: Vec<&str> = proved.map(|(words, _)| words).collect();
        if named.contains(&"just systemd") && proved.is_empty() {
            faults.push(format!("{TABLE}: {number} does not say what is proved"));
        }
        for words in proved {
            if named.contains(&"just systemd") && !proof.contains(&format!("\"{words}\"")) {
                faults.push(format!(
                    "{TABLE}: {number}: {PROOF} does not prove “{words}”"
                ));
            }
        }
        for name in named.iter().filter(|name| name.contains("::")) {
            if !tests.contains(*name) {
                faults.push(format!("{TABLE}: {number}: there is no test {name}"));
            }
        }
    }
    if next != 71 {
        faults.push(format!("{TABLE}: ends before {next}"));
    }
    if open > MOST_OPEN {
        faults.push(format!("{TABLE}: {open} are open, at most {MOST_OPEN}"));
    }
    none(faults);
}

/// What simulated lives have found is held by tests that are there.
#[test]
fn every_test_that_holds_what_a_seed_found_is_there() {
    let tests = all_tests();
    let mut faults = Vec::new();
    let mut rows = 0;
    let table = read(SEEDS);
    let lines = table.lines().filter(|line| line.starts_with("| "));
    for row in lines.filter(|line| !line.starts_with("| seeds |")) {
        let shown_by = row.rsplit(" | ").next().unwrap_or_default();
        let named: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        rows += 1;
        if named.is_empty() {
            faults.push(format!("{SEEDS}: no test in {row}"));
        }
        for name in named.iter().filter(|name| !tests.contains(**name)) {
            faults.push(format!("{SEEDS}: there is no test {name}"));
        }
    }
    assert!(rows >= 10, "{rows}");
    none(faults);
}

/// The paths of all tests, as the harness prints them.
fn all_tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (folder, inner) in [("tests/it", ""), ("src", "tests::")] {
        for name in files(folder, "rs") {
            let module = name
                .trim_start_matches(folder)
                .trim_start_matches('/')
                .trim_end_matches(".rs")
                .trim_end_matches("/mod")
                .replace('/', "::");
            // A file of unit tests is its own module `tests`.
            let inner = match inner {
                "tests::" if format!("{module}::").contains("::tests::") => "",
                inner => inner,
            };
            let text = read(&name);
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for (at, line) in lines.iter().enumerate() {
                let is_test = line.starts_with("#[test]") || line.starts_with("#[tokio::test");
                let function = lines[at + 1..]
                    .iter()
                    .take(4)
                    .find_map(|line| line.trim_start_matches("async ").strip_prefix("fn "))
                    .and_then(|rest| rest.split('(').next());
                if let (true, Some(function)) = (is_test, function) {
                    found.insert(format!("{module}::{inner}{function}"));
                }
            }
        }
    }
    found
}

//! What the documents tell people to type works.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::{none, read, root};

const BELL: &str = env!("CARGO_BIN_EXE_schoolbell");

/// A copy of what is shipped, whose pages take whatever port is free.
pub(super) fn house() -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let to = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy(&path, &to);
            } else {
                fs::copy(&path, &to).unwrap();
            }
        }
    }
    let house = tempfile::tempdir().unwrap();
    for folder in ["calendar", "config"] {
        copy(&root().join(folder), &house.path().join(folder));
    }
    let settings = house.path().join("config/schoolbell.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let free = text.replacen("\"127.0.0.1:8080\"", "\"127.0.0.1:0\"", 1);
    assert_ne!(text, free, "the shipped listen address is another one now");
    fs::write(&settings, free).unwrap();
    house
}

/// The fenced blocks of a document whose fence says `sh runnable`, with the number of their first line.
pub(super) fn runnable(document: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut lines = document.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line == "```sh runnable" {
            let block: Vec<_> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```")
                .collect();
            blocks.push((number + 2, block.join("\n")));
        }
    }
    blocks
}

pub(super) fn run(script: &str, house: &Path) -> Output {
    let path = format!(
        "{}:/usr/local/bin:/usr/bin:/bin",
        Path::new(BELL).parent().unwrap().display()
    );
    Command::new("sh")
        .args(["-euc", script])
        .current_dir(house)
        .env("PATH", path)
        .env("TMPDIR", house)
        .env_remove("STATE_DIRECTORY")
        .env_remove("CREDENTIALS_DIRECTORY")
        .output()
        .unwrap()
}

#[test]
fn every_example_of_the_readmes_runs() {
    for name in ["README.md", "README.zh-CN.md"] {
        let document = read(name);
        let blocks = runnable(&document);
        assert!(blocks.len() >= 2, "{name}: the marks are gone");
        for (line, script) in blocks {
            let house = house();
            let output = run(&script, house.path());
            assert!(
                output.status.success() && !output.stdout.is_empty(),
                "{name}:{line}: {}\n{script}\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        }
        // Any other line that calls the program belongs into a block that runs.
        let shown = document
            .lines()
            .filter(|line| line.starts_with("schoolbell "))
            .count();
        let ran = runnable(&document)
            .iter()
            .flat_map(|(_, script)| script.lines())
            .filter(|line| line.starts_with("schoolbell "))
            .count();
        assert_eq!(shown, ran, "{name}: an example does not run");
    }
}

#[test]
fn the_readmes_count_what_is_shipped() {
    let house = house();
    let checked = run("schoolbell check", house.path());
    let said = String::from_utf8(checked.stdout).unwrap();
    for (name, tasks) in [
        ("README.md", " tasks;"),
        ("README.zh-CN.md", " 项任务;"),
        ("CHANGELOG.md", " tasks with"),
    ] {
        let document = read(name);
        let (before, _) = document
            .split_once(tasks)
            .unwrap_or_else(|| panic!("{name}: the count is gone"));
        let count = before.rsplit([' ', '\n']).next().unwrap();
        assert!(
            said.contains(&format!("可以使用:{count}项任务")),
            "{name}: {count}"
        );
    }
}

/// The commands there are, from the program itself.
fn commands() -> BTreeSet<String> {
    let help = Command::new(BELL).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let listed = help
        .lines()
        .skip_while(|line| *line != "命令:")
        .skip(1)
        .take_while(|line| line.starts_with("  "));
    listed
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// The words in backticks of a document.
pub(super) fn spans(document: &str) -> impl Iterator<Item = &str> {
    document
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn the_readmes_name_every_command() {
    let mut faults = Vec::new();
    for name in ["README.md", "README.zh-CN.md"] {
        let document = read(name);
        let named: BTreeSet<_> = document
            .lines()
            .filter(|line| line.starts_with("| `"))
            .filter_map(|line| line.split('|').nth(1))
            .flat_map(spans)
            .filter_map(|span| span.split_whitespace().next())
            .collect();
        for command in commands() {
            if !named.contains(command.as_str()) {
                faults.push(format!("{name}: no row for {command}"));
            }
        }
    }
    none(faults);
}

#[test]
fn no_document_names_a_command_that_is_not_there() {
    let known = commands();
    let mut faults = Vec::new();
    for name in [
        "README.md",
        "README.zh-CN.md",
        "calendar/README.md",
        "docs/calendar.md",
        "docs/calendar.zh-CN.md",
        "deploy/README.md",
    ] {
        let document = read(name);
        let calls = spans(&document).chain(document.lines());
        for call in calls {
            let Some(rest) = call
                .strip_prefix("schoolbell ")
                .or_else(|| call.strip_prefix("bell "))
            else {
                continue;
            };
            let command = rest.split_whitespace().next().unwrap_or("");
            let is_word = !command.is_empty() && command.chars().all(|c| c.is_ascii_lowercase());
            if is_word && !known.contains(command) {
                faults.push(format!("{name}: `{call}`, but there is no {command}"));
            }
        }
    }
    none(faults);
}

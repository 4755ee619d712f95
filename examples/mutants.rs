//! Breaks the program in each of the ways of `tests/mutants.toml`, one at a time and in a copy of its own, and shows that
//! a test notices: `cargo run --example mutants`, or with `--only WORDS` for some of them. Before that the same tests run
//! over the unbroken program: one that fails anyway, or is not there, would notice nothing.
#![expect(clippy::print_stdout, reason = "it speaks to the terminal")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use serde::Deserialize;

#[derive(Parser)]
struct Arguments {
    /// Only those whose description or file has this text.
    #[arg(long, default_value = "")]
    only: String,
}

#[derive(Deserialize)]
struct Mutants {
    mutant: Vec<Mutant>,
}

/// One way to break the program.
#[derive(Deserialize)]
struct Mutant {
    what: String,
    file: PathBuf,
    old: String,
    new: String,
    tests: Vec<String>,
    excused: Option<String>,
}

/// A broken program may also run without end.
const LIMIT_S: &str = "900";

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("tests/mutants.toml"))?;
    let mut mutants: Mutants = toml::from_str(&text)?;
    mutants.mutant.retain(|one| {
        one.what.contains(&arguments.only) || one.file.to_string_lossy().contains(&arguments.only)
    });
    let copy = root.join("target/mutants/tree");
    copy_sources(root, &copy)?;
    ensure!(
        cargo(&copy, &["--no-run"])?,
        "the program does not build unbroken"
    );
    let filters: BTreeSet<_> = mutants.mutant.iter().flat_map(|one| &one.tests).collect();
    for filter in filters {
        let passed = passed(&copy, filter)?;
        ensure!(
            passed > 0,
            "{filter}: fails without a mutant, or there is no such test"
        );
        println!("sound     {passed:>4} tests  {filter}");
    }
    let (mut noticed, mut survived) = (0, Vec::new());
    for mutant in &mutants.mutant {
        let begun = Instant::now();
        let by = mutant.noticed_in(&copy)?;
        let seconds = begun.elapsed().as_secs();
        match (by, &mutant.excused) {
            (Some(filter), _) => {
                noticed += 1;
                println!("noticed   {seconds:>4} s  {}: {filter}", mutant.what);
            }
            (None, Some(reason)) => println!("excused   {seconds:>4} s  {}: {reason}", mutant.what),
            (None, None) => {
                println!("SURVIVED  {seconds:>4} s  {}", mutant.what);
                survived.push(&mutant.what);
            }
        }
    }
    println!("{noticed} of {} noticed", mutants.mutant.len());
    Ok(if survived.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Mutant {
    /// The first of its filters under which a test fails.
    fn noticed_in(&self, copy: &Path) -> anyhow::Result<Option<&str>> {
        let path = copy.join(&self.file);
        let sound = fs::read_to_string(&path)?;
        ensure!(
            sound.matches(&self.old).count() == 1,
            "{}: {:?} is not there once",
            self.file.display(),
            self.old
        );
        fs::write(&path, sound.replacen(&self.old, &self.new, 1))?;
        let noticed = self.noticed(copy);
        fs::write(&path, sound)?;
        noticed
    }

    fn noticed(&self, copy: &Path) -> anyhow::Result<Option<&str>> {
        if !cargo(copy, &["--no-run"])? {
            bail!("{}: does not build, which shows nothing", self.what);
        }
        for filter in &self.tests {
            if !cargo(copy, &["--", filter])? {
                return Ok(Some(filter));
            }
        }
        Ok(None)
    }
}

/// How many tests a filter chooses, if all of them pass, else 0.
fn passed(copy: &Path, filter: &str) -> anyhow::Result<usize> {
    let output = run(copy, &["--", filter])?;
    if !output.status.success() {
        return Ok(0);
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let counts = said.lines().filter_map(|line| {
        let (_, rest) = line.split_once("test result: ok. ")?;
        rest.split(' ').next()?.parse::<usize>().ok()
    });
    Ok(counts.sum())
}

/// Whether `cargo test` with these arguments ends well, and in time.
fn cargo(copy: &Path, arguments: &[&str]) -> anyhow::Result<bool> {
    Ok(run(copy, arguments)?.status.success())
}

fn run(copy: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    Command::new("timeout")
        .args([
            LIMIT_S, "cargo", "test", "--locked", "--quiet", "--lib", "--test", "it",
        ])
        .args(arguments)
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.with_file_name("build"))
        .output()
        .context("timeout and cargo are needed")
}

/// Copies what git knows of, as it is now. What is unchanged keeps its time, so that it need not be built again.
fn copy_sources(root: &Path, copy: &Path) -> anyhow::Result<()> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()?;
    ensure!(listed.status.success(), "git ls-files failed");
    let listed = String::from_utf8(listed.stdout)?;
    let mut known = BTreeSet::new();
    for name in listed.split_terminator('\0') {
        let (from, to) = (root.join(name), copy.join(name));
        if !from.is_file() {
            continue;
        }
        known.insert(to.clone());
        let bytes = fs::read(&from)?;
        if fs::read(&to).is_ok_and(|present| present == bytes) {
            continue;
        }
        fs::create_dir_all(to.parent().unwrap_or(copy))?;
        fs::write(&to, bytes)?;
    }
    remove_others(copy, &known)
}

/// Removes what was copied before and is no more: a module that has moved would be there twice.
fn remove_others(folder: &Path, known: &BTreeSet<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, known)?;
        } else if !known.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

//! Power cuts: what the daemon wrote is recorded, and for any moment of it a disk is made up that has what was synced
//! and of the rest what it happened to have written. A few moments here; `just crash` tries hundreds.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use schoolbell::core::fact::{Answer, Event, Fact};
use schoolbell::core::rehearsal::Chance;
use schoolbell::ledger::{Ledger, Nature};

use super::house::{House, figure, left_out};
use super::presser::{Pressed, Presser};
use super::tape::{CALLS, Step, left_of};
use crate::smtp_double::{Received, SmtpDouble};

const LEDGER: &str = "var/ledger.sqlite";
const LOG: &str = "var/ledger.sqlite-wal";

#[expect(
    clippy::print_stderr,
    reason = "the figures are what `just crash` is run for"
)]
#[test]
fn after_a_power_cut_nothing_acknowledged_is_lost() {
    if let Err(error) = Command::new("strace").arg("-V").output() {
        left_out(&format!("no strace: {error}"));
        return;
    }
    let (cuts, seed) = (figure("SCHOOLBELL_CUTS", 40), figure("SCHOOLBELL_SEED", 1));
    eprintln!("seed {seed}");
    let tape = Tape::record(seed);
    let mut chance = Chance::new(seed);
    let mut fewest = usize::MAX;
    for _ in 0..cuts {
        let at = usize::try_from(chance.below(tape.steps.len() as u64)).unwrap();
        fewest = fewest.min(tape.cut(at, &mut chance));
    }
    eprintln!(
        "{cuts} cuts among {} steps: {} letters, {} thanks, {} facts, none lost (the shortest ledger had {fewest})",
        tape.steps.len(),
        tape.arrived.len(),
        tape.pressed.len(),
        tape.facts.len(),
    );
}

/// A stretch of the daemon's life, as the disk and those outside saw it.
struct Tape {
    house: House,
    /// The ledger as it stood before, synced and without a log.
    before: Vec<u8>,
    steps: Vec<Step>,
    /// The ledger's facts at the end.
    facts: Vec<Fact>,
    /// The answers that were thanked for.
    pressed: Vec<Pressed>,
    arrived: Vec<Received>,
}

impl Tape {
    fn record(seed: u64) -> Self {
        let server = SmtpDouble::start();
        let house = House::new(Some(server.port()));
        house.pass("2026-03-04T07:59:00+08:00", "2026-03-04T09:00:00+08:00");
        let before = fs::read(house.path(LEDGER)).unwrap();
        assert!(!house.path(LOG).exists(), "the log outlived a proper stop");
        let known = server.seen().taken;
        let presser = Presser::new(seed);
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| presser.press_until(&is_over, &server));
            let status = traced(&house).status().unwrap();
            is_over.store(true, Ordering::Relaxed);
            assert!(status.success(), "{status}");
        });
        let trace = fs::read_to_string(house.path("trace")).unwrap();
        let steps = Step::all(&trace);
        let copied = steps
            .iter()
            .filter(|step| step.writes_to(&house.path(LEDGER)));
        assert!(
            copied.count() > 0,
            "the log was never copied into the ledger"
        );
        let facts = read(&Ledger::open_existing(&house.path("var")).unwrap().unwrap());
        let mut answers = presser.pressed();
        answers.retain(|one| one.thanked.is_some());
        let arrived = server.latest(server.seen().taken - known);
        assert!(answers.len() > 20 && arrived.len() > 20);
        Self {
            house,
            before,
            steps,
            facts,
            pressed: answers,
            arrived,
        }
    }

    /// The power fails before this step. How many facts were left.
    fn cut(&self, at: usize, chance: &mut Chance) -> usize {
        let folder = tempfile::tempdir().unwrap();
        for (name, before) in [(LEDGER, Some(self.before.clone())), (LOG, None)] {
            let path = self.house.path(name);
            if let Some(left) = left_of(&path, before, &self.steps[..at], chance) {
                fs::write(folder.path().join(path.file_name().unwrap()), left).unwrap();
            }
        }
        let ledger = Ledger::open_exclusive(folder.path(), Nature::Pretend, "")
            .unwrap_or_else(|error| panic!("cut before step {at}: {error}"));
        let facts = read(&ledger);
        assert!(
            self.facts.starts_with(&facts),
            "cut before step {at}: other facts"
        );
        self.nothing_acknowledged_is_lost(&facts, self.steps[at].at);
        facts.len()
    }

    /// What was thanked for, and every letter that arrived, is in the ledger.
    fn nothing_acknowledged_is_lost(&self, facts: &[Fact], when: Timestamp) {
        let mut said: BTreeSet<&str> = BTreeSet::new();
        let mut done: BTreeSet<String> = BTreeSet::new();
        let mut attempted: BTreeSet<&str> = BTreeSet::new();
        for fact in facts {
            match &fact.what {
                Event::Answer {
                    duty, answer, by, ..
                } => {
                    said.insert(by);
                    if *answer == Answer::Done {
                        done.insert(duty.to_string());
                    }
                }
                Event::Attempt { message_id, .. } => drop(attempted.insert(message_id)),
                _ => {}
            }
        }
        for one in &self.pressed {
            let stands = said.contains(one.by.as_str())
                || (one.answer == Answer::Done && done.contains(&one.duty));
            let thanked = one.thanked.is_some_and(|at| at < when);
            assert!(stands || !thanked, "{one:?} is lost by a cut at {when}");
        }
        for letter in self.arrived.iter().filter(|letter| letter.at < when) {
            let id = letter.message_id();
            assert!(
                attempted.contains(id.as_str()),
                "{id} arrived, and a cut at {when} forgets it"
            );
        }
    }
}

/// The daemon for some weeks of March, with all that it does to the ledger's two files on record.
fn traced(house: &House) -> Command {
    let daemon = house.command(&[
        "run",
        "--pretend-now",
        "2026-03-05T07:59:00+08:00",
        "--until",
    ]);
    let mut command = Command::new("strace");
    command
        .args(["-f", "-ttt", "-y", "-xx", "-s", "1000000", "--seccomp-bpf"])
        .args(["-e", &format!("trace={CALLS}")])
        .arg("-P")
        .arg(house.path(LEDGER))
        .arg("-P")
        .arg(house.path(LOG))
        .arg("-o")
        .arg(house.path("trace"))
        .arg(daemon.get_program())
        .args(daemon.get_args())
        .args([
            "2026-04-03T09:00:00+08:00",
            "--speed",
            "max",
            "--linger",
            "150ms",
        ])
        .stdout(fs::File::create(house.path("said")).unwrap())
        .stderr(fs::File::create(house.path("log")).unwrap());
    for (name, value) in daemon.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

fn read(ledger: &Ledger) -> Vec<Fact> {
    let facts = ledger.facts_since(0).unwrap();
    facts.into_iter().map(|(_, fact)| fact).collect()
}

//! The daemon goes on from the checkpoint it kept, and does without where that is spoilt or was never finished.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use schoolbell::book::Book;
use schoolbell::config::Settings;
use schoolbell::core::fact::Event;
use schoolbell::core::rehearsal::Chance;
use schoolbell::ledger::{Ledger, Nature, examine};
use schoolbell::load::load;

use super::house::{House, figure};

const FROM: &str = "2026-03-04T07:59:00+08:00";
const NEXT: &str = "2026-03-18T09:00:00+08:00";
const LAST: &str = "2026-03-27T09:00:00+08:00";

impl House {
    fn ledger_file(&self) -> std::path::PathBuf {
        self.path("var/ledger.sqlite")
    }

    /// The log's lines with this text, without their colours.
    fn logged(&self, text: &str) -> Vec<String> {
        let log = fs::read_to_string(self.path("log")).unwrap();
        let mut plain = String::new();
        let mut parts = log.split('\u{1b}');
        plain.extend(parts.next());
        for part in parts {
            plain.extend(part.split_once('m').map(|(_, rest)| rest));
        }
        let lines = plain.lines().filter(|line| line.contains(text));
        lines.map(str::to_owned).collect()
    }

    /// The book opened as the daemon opens it, and one folded from all facts.
    fn books(&self) -> (Book, Book) {
        let settings = Settings::read(&self.path("config/schoolbell.toml")).unwrap();
        let agenda = load(&settings).agenda;
        let ledger = Ledger::open_existing(Path::new(&settings.state))
            .unwrap()
            .unwrap();
        let opened = Book::open(&ledger, &agenda).unwrap();
        let mut folded = Book::default();
        folded.catch_up(&ledger, &agenda).unwrap();
        (opened, folded)
    }
}

#[test]
fn a_start_goes_on_where_the_last_one_ended() {
    let house = House::new(None);
    house.pass(FROM, NEXT);
    let notices = house.notices();
    house.pass(NEXT, LAST);
    let opened = house.logged("the book is open");
    assert_eq!(opened.len(), 2, "{opened:?}");
    assert!(opened[0].contains("facts=0 begun_at=0"), "{opened:?}");
    assert!(opened[1].contains("facts=0 begun_at="), "{opened:?}");
    assert!(!opened[1].contains("begun_at=0"), "{opened:?}");
    assert!(house.notices().starts_with(&notices));
    let (opened, folded) = house.books();
    assert_eq!(opened.kept(), Some(folded.seq()));
    assert!(opened.state == folded.state);

    // Spoilt, it is said to be, and all is as it was.
    let shell = Connection::open(house.ledger_file()).unwrap();
    let spoilt = shell.execute("UPDATE checkpoint SET state = zeroblob(100)", []);
    assert_eq!(spoilt, Ok(1));
    drop(shell);
    let notices = house.notices();
    house.pass(LAST, LAST);
    assert_eq!(house.logged("the checkpoint is not used").len(), 1);
    let opened = house.logged("the book is open");
    assert!(opened[2].contains("begun_at=0"), "{opened:?}");
    assert_eq!(house.notices(), notices, "nothing is sent again");
    let (opened, folded) = house.books();
    assert_eq!(opened.kept(), Some(folded.seq()), "a new one was kept");
    assert!(opened.state == folded.state);
}

/// Killed while it keeps a checkpoint: the ledger is sound, and whatever checkpoint is found says what the facts say.
#[test]
fn killed_while_it_keeps_one_nothing_is_lost() {
    let (rounds, seed) = (figure("SCHOOLBELL_ROUNDS", 8), figure("SCHOOLBELL_SEED", 1));
    let house = House::new(None);
    house.pass(FROM, NEXT);
    let mut chance = Chance::new(seed);
    for round in 0..rounds {
        let mut daemon = house.start(&["--pretend-now", NEXT, "--speed", "1"]);
        daemon.wait_for("页面:");
        let duty = "term-start-education@2026-spring/s001";
        let by = format!("王建国{round}");
        house.call(&["answer", duty, "received", "--by", &by]);
        let known = house.facts("answer").len();
        daemon.terminate();
        // Real time, since it is a real process that is killed at some moment of its last work.
        std::thread::sleep(Duration::from_micros(chance.below(40_000)));
        daemon.kill();
        let facts = house.facts("answer").len();
        assert_eq!(facts, known, "seed {seed}, round {round}");
        examine(&house.ledger_file()).unwrap();
        let (opened, folded) = house.books();
        assert!(opened.state == folded.state, "seed {seed}, round {round}");
    }
}

/// Through a large ledger the daemon looks when it is up already; what it finds ends it, with the way out.
#[test]
fn damage_in_a_large_ledger_ends_it_soon() {
    let house = House::new(None);
    house.pass(FROM, FROM);
    let ledger = Ledger::open(&house.path("var"), Nature::Pretend).unwrap();
    let at: Timestamp = FROM.parse().unwrap();
    for _ in 0..12 {
        let job = "x".repeat(3_000);
        let many = (0..1_000).map(|_| Event::JobRun { job: job.clone() });
        ledger.append(at, many.collect()).unwrap();
    }
    drop(ledger);
    house.pass(FROM, FROM);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(house.ledger_file())
        .unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    assert!(pages > 9_000, "{pages}");
    file.write_all_at(&[0xA5; 4096], pages / 2 * 4096).unwrap();
    drop(file);

    let mut daemon = house.start(&["--pretend-now", FROM, "--speed", "1"]);
    daemon.wait_for("页面:");
    let status = daemon.wait();
    assert_eq!(status.code(), Some(1), "{:?}", daemon.said);
    let log = fs::read_to_string(house.path("log")).unwrap();
    assert!(log.contains("台账已损坏"), "{log}");
    assert!(log.contains("schoolbell restore"), "{log}");
}

//! A ledger that somebody else has open: one who keeps it locked, and one who reads and never ends.

use std::fs::OpenOptions;

use rusqlite::Connection;

use super::house::{House, LIMIT, link, open, press, subject};
use super::waiting::wait_until;
use crate::smtp_double::SmtpDouble;

const DUTY: &str = "term-start-safety-inspection@2026/s001";
const MINE: &str = "wang.jianguo@hushan-primary.example";

/// A school's page on the first day, and the daemon two hours later.
fn morning(server: &SmtpDouble, house: &House) -> String {
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-04T09:00:00+08:00");
    let letters = server.letters();
    let mine = letters.iter().find(|letter| letter.to == MINE).unwrap();
    link(&mine.bytes)
}

/// Somebody's shell keeps the ledger locked: an answer waits, is then refused in words, and the monitor is told; when
/// the shell lets go, all goes on by itself.
#[test]
fn by_a_shell_that_keeps_it_locked() {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    let page = morning(&server, &house);
    let mut daemon = house.start(&["--pretend-now", "2026-03-04T10:00:00+08:00"]);
    daemon.wait_for("页面:");
    let health = format!("http://127.0.0.1:{}/healthz", house.port);
    let shell = Connection::open(house.path("var/ledger.sqlite")).unwrap();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(press(&page, DUTY, "done", "王建国"), 503);
    let unwell = ureq::get(&health).call().unwrap_err();
    assert!(matches!(unwell, ureq::Error::StatusCode(503)), "{unwell}");
    shell.execute_batch("COMMIT").unwrap();
    assert_eq!(press(&page, DUTY, "done", "王建国"), 303);
    assert!(open(&health).contains("ok"));
    assert_eq!(house.facts("answer").len(), 1);
    daemon.interrupt();
}

/// What an officer saves while the ledger is locked comes into force when it is not, and nobody has to save it again.
#[test]
fn an_edit_made_meanwhile_is_in_force_afterwards() {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    let page = morning(&server, &house);
    let mut daemon = house.start(&["--pretend-now", "2026-03-04T10:00:00+08:00"]);
    daemon.wait_for("页面:");
    let letter = open(&page);
    let board = letter.split('"').find(|part| part.starts_with("/u/"));
    let board = format!("http://127.0.0.1:{}{}", house.port, board.unwrap());
    let shell = Connection::open(house.path("var/ledger.sqlite")).unwrap();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    house.edit(
        "calendar/03.toml",
        "due      = \"3月20日\"",
        "due      = \"3月26日\"",
    );
    house.wait_for_log("beat not completed");
    // What is in force is on record: until it can be, the old version stays.
    assert!(!open(&board).contains("3月26日"));
    shell.execute_batch("COMMIT").unwrap();
    house.wait_for_facts("calendar-version", 2);
    wait_until("the board tells the new day", || {
        open(&board).contains("3月26日")
    });
    daemon.interrupt();
}

/// While somebody reads and never ends, the log can't be cut. It is made large by hand here: SQLite looks at its size
/// no more than at what follows its last whole entry. The officer is told once.
#[test]
fn by_a_reader_without_end() {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    let page = morning(&server, &house);
    let mut daemon = house.start(&["--pretend-now", "2026-03-04T10:00:00+08:00"]);
    daemon.wait_for("页面:");
    let reader = Connection::open(house.path("var/ledger.sqlite")).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let count = |sql: &str| {
        reader
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert!(count("SELECT count(*) FROM fact") > 0);
    assert_eq!(press(&page, DUTY, "received", "王建国"), 303);
    let log = OpenOptions::new()
        .write(true)
        .open(house.path("var/ledger.sqlite-wal"));
    log.unwrap().set_len(300 << 20).unwrap();
    let before = server.seen().taken;
    // An answer is followed by a beat, which looks at the log.
    assert_eq!(press(&page, DUTY, "received", "王建国2"), 303);
    let told = server.wait_for(before + 1, LIMIT);
    let words = subject(&told[before].bytes);
    assert!(words.contains("台账的日志文件太大"), "{words}");
    assert_eq!(press(&page, DUTY, "done", "王建国3"), 303);
    drop(reader);
    daemon.interrupt();
    assert_eq!(house.facts("answer").len(), 3);
    assert_eq!(server.letters().len(), before + 1, "told more than once");
}

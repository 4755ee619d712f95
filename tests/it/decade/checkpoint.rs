//! The checkpoint: as good as the facts it stands for, and no better.

use rusqlite::Connection;
use schoolbell::book::Book;
use schoolbell::core::state::State;
use schoolbell::ledger::{Checkpoint, Found, LEDGER_FILE, Ledger, LedgerError, Nature};

use super::Years;

const SEEDS: [u64; 3] = [1, 20, 300];

impl Years {
    /// The book folded from all facts.
    fn folded(&self) -> Book {
        let mut book = Book::default();
        book.catch_up(&self.ledger, &self.agenda).unwrap();
        book
    }

    /// Keeps a checkpoint as of some fact.
    fn keep_at(&self, last: u64) {
        let mut book = Book::default();
        self.go_on(&mut book, last);
        book.keep(&self.ledger).unwrap();
    }

    fn go_on(&self, book: &mut Book, last: u64) {
        let from = book.seq();
        let facts = self
            .facts
            .iter()
            .filter(|(seq, _)| (from + 1..=last).contains(seq));
        for (seq, fact) in facts {
            book.take(&self.ledger, &self.agenda, *seq, fact).unwrap();
        }
    }

    /// Whether two books stand for the same facts; their states say the same with different last letters on the shelf.
    fn are_the_same(ours: &Book, theirs: &Book) -> bool {
        ours.state == theirs.state && ours.state.next_letter() == theirs.state.next_letter()
    }

    fn shell(&self) -> Connection {
        Connection::open(self.state_folder().join(LEDGER_FILE)).unwrap()
    }
}

/// Whatever the seed and wherever the cut: the checkpoint and the facts after it make the same book as all of them.
#[test]
fn with_what_came_after_it_is_all_of_it() {
    for seed in SEEDS {
        let years = Years::lived(seed, 2024, 5);
        let wanted = years.folded();
        let last = wanted.seq();
        // Cuts made up from the seed, and each checkpoint in the place of the one before: also within a slot's facts.
        let mut at = seed;
        let mut book = Book::default();
        for cut in 1..=4 {
            at = at
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let from = last * (cut - 1) / 4;
            let until = from + 1 + (at >> 33) % (last / 4);
            years.go_on(&mut book, until);
            book.keep(&years.ledger).unwrap();
            let opened = Book::open(&years.ledger, &years.agenda).unwrap();
            assert_eq!(opened.seq(), last);
            assert!(
                Years::are_the_same(&opened, &wanted),
                "seed {seed}, cut at {until}"
            );
            // And whoever goes on from it keeps one that is as good.
            let mut opened = opened;
            opened.keep(&years.ledger).unwrap();
            let again = Book::open(&years.ledger, &years.agenda).unwrap();
            assert!(
                Years::are_the_same(&again, &wanted),
                "seed {seed}, kept again at {until}"
            );
            book = Book::default();
            years.go_on(&mut book, until);
        }
    }
}

/// A spoilt one is left aside, whatever is spoilt of it, and everything is folded anew.
#[test]
fn a_damaged_or_foreign_one_is_left_aside() {
    let years = Years::lived(2, 2025, 5);
    let wanted = years.folded();
    let middle = wanted.seq() / 2;
    for (spoil, why) in [
        (
            "UPDATE checkpoint SET state = zeroblob(length(state))",
            "damaged",
        ),
        ("UPDATE checkpoint SET seq = seq - 1", "damaged"),
        (
            "UPDATE checkpoint SET seq = 1000000000",
            "of facts that are not there",
        ),
        ("UPDATE checkpoint SET program = '0.0.1 0'", "damaged"),
        (
            "UPDATE tray SET slips = zeroblob(length(slips)) WHERE occurrence = (SELECT min(occurrence) FROM tray)",
            "damaged",
        ),
        (
            "DELETE FROM tray WHERE occurrence = (SELECT max(occurrence) FROM tray)",
            "damaged",
        ),
        (
            "UPDATE tray SET occurrence = occurrence || '0' WHERE occurrence = (SELECT max(occurrence) FROM tray)",
            "damaged",
        ),
    ] {
        years.keep_at(middle);
        let spoilt = years.shell().execute(spoil, []).unwrap();
        assert_eq!(spoilt, 1, "{spoil}");
        let mut opened = Book::open(&years.ledger, &years.agenda).unwrap();
        assert_eq!(opened.kept(), None, "{spoil}");
        let program = program_of(&years.shell());
        let found = years.ledger.checkpoint(&program, |_| {}).unwrap();
        assert_eq!(found, Found::Unfit(why), "{spoil}");
        assert!(Years::are_the_same(&opened, &wanted), "{spoil}");
        // The next one is whole.
        opened.keep(&years.ledger).unwrap();
        let again = Book::open(&years.ledger, &years.agenda).unwrap();
        assert!(Years::are_the_same(&again, &wanted), "{spoil}");
    }
    years.keep_at(middle);
    let found = years.ledger.checkpoint("another 1", |_| {}).unwrap();
    assert_eq!(found, Found::Unfit("kept by another version"));
    // That these were read is seen where one says something else than the facts.
    let mut other = Book::default();
    years.go_on(&mut other, middle);
    other.state.totals.answers = 77;
    other.keep(&years.ledger).unwrap();
    let opened = Book::open(&years.ledger, &years.agenda).unwrap();
    assert_eq!(opened.kept(), Some(middle));
    assert!(opened.state != wanted.state);
}

fn program_of(shell: &Connection) -> String {
    shell
        .query_row("SELECT program FROM checkpoint", [], |row| row.get(0))
        .unwrap()
}

/// A full disk keeps none, and what is there stays.
#[test]
fn where_there_is_no_room_the_last_one_stands() {
    let years = Years::lived(4, 2025, 5);
    let wanted = years.folded();
    years.keep_at(wanted.seq() / 2);
    let pages: u32 = years
        .shell()
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    years.ledger.cap_pages(pages).unwrap();
    let refused = years.ledger.keep_checkpoint(Checkpoint {
        seq: wanted.seq(),
        program: "next".to_owned(),
        state: vec![7; 1 << 20],
        trays: Vec::new(),
        is_whole: true,
    });
    assert!(matches!(refused, Err(LedgerError::Full(_))), "{refused:?}");
    let opened = Book::open(&years.ledger, &years.agenda).unwrap();
    assert!(Years::are_the_same(&opened, &wanted));
    assert_eq!(opened.kept(), Some(wanted.seq() / 2));
    years.ledger.cap_pages(u32::MAX - 1).unwrap();
    let mut opened = opened;
    opened.keep(&years.ledger).unwrap();
}

/// A checkpoint is kept in one piece or not at all: whoever reads meanwhile sees the last one or the next.
#[test]
fn readers_see_the_last_or_the_next() {
    let years = Years::lived(6, 2025, 5);
    let wanted = years.folded();
    let reader = Ledger::open_existing(&years.state_folder())
        .unwrap()
        .unwrap();
    assert_eq!(reader.nature(), Nature::Pretend);
    std::thread::scope(|scope| {
        let keeping = scope.spawn(|| {
            let mut book = Book::default();
            for nth in 1..=8 {
                years.go_on(&mut book, wanted.seq() * nth / 8);
                book.keep(&years.ledger).unwrap();
            }
        });
        let mut looks = 0;
        while !keeping.is_finished() || looks == 0 {
            let opened = Book::open(&reader, &years.agenda).unwrap();
            assert!(Years::are_the_same(&opened, &wanted));
            looks += 1;
        }
        keeping.join().unwrap();
    });
    assert!(State::default() != wanted.state);
}

/// Whatever facts are folded by is in the mark by which a checkpoint is known for this program's.
#[test]
fn it_is_known_by_all_that_facts_are_folded_by() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let book = std::fs::read_to_string(source.join("book.rs")).unwrap();
    let mark = book.split("];").next().unwrap();
    let mut named: Vec<&str> = mark.split("include_str!(\"").skip(1).collect();
    for name in &mut named {
        *name = name.split('"').next().unwrap();
    }
    let mut folders = vec!["core/state".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(source.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}/{}", entry.file_name().display());
            if entry.file_type().unwrap().is_dir() {
                folders.push(name);
            } else {
                assert!(named.contains(&name.as_str()), "{name}");
            }
        }
    }
    // What those go by in turn is named as well, but for what the calendar and the roster say: of these a shelf keeps
    // nothing that it is not asked about anew when they change. The mark itself is written in hex.
    let apart = ["agenda", "calendar", "hex", "roster", "workdays"];
    let mut missing: Vec<String> = Vec::new();
    for name in &named {
        let text = std::fs::read_to_string(source.join(name)).unwrap();
        // In a file of `core` itself `super` is `core`; its own rooms are named too.
        let (above, within) = match name.strip_prefix("core/").filter(|own| !own.contains('/')) {
            Some(own) => ("use super::", own.strip_suffix(".rs")),
            None => ("use crate::core::", None),
        };
        for line in text.lines() {
            let first = |path: &str| path.split([':', ';', '{']).next().unwrap().to_owned();
            let used = line
                .strip_prefix(above)
                .or_else(|| line.strip_prefix("use crate::core::"))
                .map(first);
            let room = line.strip_prefix("mod ").map(first);
            let room = room.zip(within).map(|(room, own)| format!("{own}/{room}"));
            for module in used.into_iter().chain(room) {
                let is_named = |named: &&str| {
                    let rest = named.strip_prefix(&format!("core/{module}"));
                    rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
                };
                if !named.iter().any(is_named) && !apart.contains(&&*module) {
                    missing.push(format!("{name} goes by {module}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

//! The one way to change what is on record: the erasure of a person's data, which a person has a right to (Personal
//! Information Protection Law, article 47). Everything else stays as it is, and so does the order of facts.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::folder::{self, FolderLock, LEDGER_FILE};
use super::packed::{self, Stored};
use super::reading::{StoredFact, connect, signed, unsigned};
use super::work::Row;
use super::{LedgerError, Nature, checkpoint, schema};
use crate::core::fact::{Event, Fact, LetterNo};

/// What is to be changed: each function says what takes the place of what it is given, `None` where it may stay.
pub struct Erasure<'a> {
    /// A fact.
    pub fact: &'a dyn Fn(&Fact) -> Option<Event>,
    /// A file of a kept version: its name and text.
    pub file: &'a dyn Fn(&str, &str) -> Option<String>,
    /// Whether a letter's frozen bytes have to go.
    pub frozen: &'a dyn Fn(LetterNo, &[u8]) -> bool,
    /// Facts to append in the end.
    pub record: Vec<Event>,
}

/// How much was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Facts.
    pub facts: u64,
    /// Versions of calendar and roster.
    pub versions: u64,
    /// Letters whose bytes are gone.
    pub letters: u64,
}

/// A ledger that nobody else has meanwhile.
#[derive(Debug)]
pub struct Vault {
    conn: Connection,
    path: std::path::PathBuf,
    _lock: FolderLock,
}

impl Vault {
    /// Takes the ledger in a state folder, keeping a daemon out. `started` says in words when this process started.
    ///
    /// # Errors
    /// `Locked` while a daemon runs, or the ledger is missing, of another schema, or damaged.
    pub fn open(dir: &Path, started: &str) -> Result<Self, LedgerError> {
        folder::check(dir)?;
        let lock = FolderLock::take(dir, started)?;
        let path = dir.join(LEDGER_FILE);
        let mut conn = connect(&path)?;
        schema::recognise(&conn, &path)?;
        schema::configure(&conn, &path)?;
        schema::integrity_check(&conn, &path)?;
        schema::migrate(&mut conn, &path)?;
        Ok(Self {
            conn,
            path,
            _lock: lock,
        })
    }

    /// Whether it records what really happened.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn nature(&self) -> Result<Nature, LedgerError> {
        schema::nature(&self.conn, &self.path)
    }

    /// Every fact, in order.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read; `Corrupt` for a row this program can't understand.
    pub fn facts(&self) -> Result<Vec<Fact>, LedgerError> {
        let stored: Vec<StoredFact> = self.all(
            "SELECT seq, at, body FROM fact ORDER BY seq",
            StoredFact::from_row,
        )?;
        let facts = stored
            .into_iter()
            .map(|one| one.parse().map(|(_, fact)| fact));
        facts.collect()
    }

    /// The files of every kept version, name and text.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn versions(&self) -> Result<Vec<Vec<(String, String)>>, LedgerError> {
        let stored: Vec<Vec<u8>> = self.all("SELECT files FROM version", |row| row.get(0))?;
        let files = stored.iter().map(|files| {
            serde_json::from_slice(&packed::unpack(files)?)
                .map_err(|error| LedgerError::Corrupt(format!("a kept version: {error}")))
        });
        files.collect()
    }

    fn all<T>(
        &self,
        sql: &str,
        each: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, LedgerError> {
        all(&self.conn, &self.path, sql, each)
    }

    /// Carries an erasure out, all or nothing, and leaves no trace of it in the file's unused pages.
    ///
    /// # Errors
    /// Nothing was changed; or, after the change, the file could not be rewritten, and the erasure has to be repeated.
    pub fn erase(&mut self, at: Timestamp, erasure: &Erasure<'_>) -> Result<Erased, LedgerError> {
        let path = self.path.clone();
        let trouble = |error: rusqlite::Error| LedgerError::from_sqlite(&path, &error);
        self.conn
            .pragma_update(None, "secure_delete", true)
            .map_err(trouble)?;
        let transaction = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(trouble)?;
        let erased = Erasing {
            transaction: &transaction,
            path: &path,
        }
        .erase(at, erasure)?;
        transaction.commit().map_err(trouble)?;
        self.conn
            .execute_batch("VACUUM")
            .and_then(|()| {
                let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
                self.conn.query_row(truncate, [], |_| Ok(()))
            })
            .map_err(trouble)?;
        Ok(erased)
    }
}

struct Erasing<'a> {
    transaction: &'a Transaction<'a>,
    path: &'a Path,
}

impl Erasing<'_> {
    fn erase(&self, at: Timestamp, erasure: &Erasure<'_>) -> Result<Erased, LedgerError> {
        let erased = Erased {
            facts: self.facts(erasure.fact)?,
            versions: self.versions(erasure.file)?,
            letters: self.letters(erasure.frozen)?,
        };
        // A copy of what the facts said: it is made anew from those that stand now.
        checkpoint::drop_all(self.transaction).map_err(|error| self.trouble(&error))?;
        for event in &erasure.record {
            let row = Row::of(at, event)?;
            self.execute(
                "INSERT INTO fact (at, body) VALUES (?1, ?2)",
                params![row.at, row.body],
            )?;
        }
        Ok(erased)
    }

    /// The guard that facts are never changed is taken away and put back as it was, all within the transaction.
    fn facts(&self, change: &dyn Fn(&Fact) -> Option<Event>) -> Result<u64, LedgerError> {
        let guard: String = self
            .transaction
            .query_row(
                "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = 'fact_stands'",
                [],
                |row| row.get(0),
            )
            .map_err(|error| self.trouble(&error))?;
        self.execute("DROP TRIGGER fact_stands", [])?;
        let stored: Vec<StoredFact> = self.all(
            "SELECT seq, at, body FROM fact ORDER BY seq",
            StoredFact::from_row,
        )?;
        let mut changed = 0;
        for stored in stored {
            let (seq, fact) = stored.parse()?;
            if let Some(event) = change(&fact) {
                let row = Row::of(fact.at, &event)?;
                self.execute(
                    "UPDATE fact SET body = ?1 WHERE seq = ?2",
                    params![row.body, signed(seq)?],
                )?;
                changed += 1;
            }
        }
        self.execute(&guard, [])?;
        Ok(changed)
    }

    fn versions(&self, change: &dyn Fn(&str, &str) -> Option<String>) -> Result<u64, LedgerError> {
        let stored = self.all("SELECT version, files FROM version", |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
        })?;
        let mut changed = 0;
        for (version, files) in stored {
            let corrupt = |error: serde_json::Error| {
                LedgerError::Corrupt(format!("version {version}: {error}"))
            };
            let mut files: Vec<(String, String)> =
                serde_json::from_slice(&packed::unpack(&files)?).map_err(corrupt)?;
            let mut any = false;
            for (name, text) in &mut files {
                if let Some(new) = change(name, text) {
                    *text = new;
                    any = true;
                }
            }
            if any {
                let files = packed::pack(&serde_json::to_vec(&files).map_err(corrupt)?)?;
                self.execute(
                    "UPDATE version SET files = ?1 WHERE version = ?2",
                    params![files, version],
                )?;
                changed += 1;
            }
        }
        Ok(changed)
    }

    fn letters(&self, goes: &dyn Fn(LetterNo, &[u8]) -> bool) -> Result<u64, LedgerError> {
        // One by one: together they may be larger than memory.
        let numbers: Vec<i64> = self.all("SELECT letter FROM frozen", |row| row.get(0))?;
        let mut gone = 0;
        for number in numbers {
            let kept =
                Stored::of(self.transaction, number).map_err(|error| self.trouble(&error))?;
            let Some(kept) = kept else { continue };
            if goes(unsigned(number)?, &kept.unpack()?) {
                self.execute("DELETE FROM frozen WHERE letter = ?1", [number])?;
                gone += 1;
            }
        }
        self.execute(packed::DROP_PATTERNS, [])?;
        Ok(gone)
    }

    fn all<T>(
        &self,
        sql: &str,
        each: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, LedgerError> {
        all(self.transaction, self.path, sql, each)
    }

    fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), LedgerError> {
        self.transaction
            .execute(sql, values)
            .map(|_| ())
            .map_err(|error| self.trouble(&error))
    }

    fn trouble(&self, error: &rusqlite::Error) -> LedgerError {
        LedgerError::from_sqlite(self.path, error)
    }
}

fn all<T>(
    conn: &Connection,
    path: &Path,
    sql: &str,
    each: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, LedgerError> {
    conn.prepare(sql)
        .and_then(|mut select| select.query_map([], each)?.collect())
        .map_err(|error| LedgerError::from_sqlite(path, &error))
}

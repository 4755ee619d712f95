//! What is read: facts in the order they were appended, and the texts kept beside them.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::packed::{self, Stored};
use super::{Inner, Ledger, LedgerError, schema};
use crate::core::duty::DutyId;
use crate::core::fact::{Fact, LetterNo};

/// Rows read at a time. No transaction stays open between two batches, however long a caller takes over one: a
/// long reader would keep the log from being cut.
const BATCH_ROWS: i64 = 1_000;

/// Connections kept for the next reader.
const IDLE_READERS: usize = 4;

impl Ledger {
    /// The facts appended after `seq`, with their numbers; 0 for all. It also sees what other processes have
    /// committed, and numbers become visible in their order, so the last one seen is all a follower has to keep.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read; `Corrupt` for a row this program can't understand.
    pub fn facts_since(&self, seq: u64) -> Result<Vec<(u64, Fact)>, LedgerError> {
        let mut facts = Vec::new();
        self.each_fact(seq, |seq, fact| {
            facts.push((seq, fact));
            Ok::<(), LedgerError>(())
        })?;
        Ok(facts)
    }

    /// Hands over one by one the facts appended after `seq`, holding few of them in memory; ends at the first error,
    /// which may be the caller's own.
    ///
    /// # Errors
    /// As [`facts_since`](Self::facts_since), or what `each` returns.
    pub fn each_fact<E: From<LedgerError>>(
        &self,
        seq: u64,
        mut each: impl FnMut(u64, Fact) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut last = signed(seq)?;
        loop {
            let batch = self.inner.read(|conn| {
                let mut select = conn.prepare_cached(
                    "SELECT seq, at, body FROM fact WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                )?;
                select
                    .query_map(params![last, BATCH_ROWS], StoredFact::from_row)?
                    .collect::<rusqlite::Result<Vec<_>>>()
            })?;
            let Some(end) = batch.last() else {
                return Ok(());
            };
            last = end.seq;
            for stored in batch {
                let (seq, fact) = stored.parse()?;
                each(seq, fact)?;
            }
        }
    }

    /// The number of the last fact; 0 if there is none.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn last_seq(&self) -> Result<u64, LedgerError> {
        let last: Option<i64> = self.inner.read(|conn| {
            conn.prepare_cached("SELECT max(seq) FROM fact")?
                .query_row([], |row| row.get(0))
        })?;
        last.map_or(Ok(0), unsigned)
    }

    /// The facts of one duty, and those of the letters that carry its notices: queued, attempted, ended, returned. A letter that
    /// took such a letter over counts as well.
    ///
    /// # Errors
    /// As [`facts_since`](Self::facts_since).
    pub fn facts_of_duty(&self, duty: &DutyId) -> Result<Vec<(u64, Fact)>, LedgerError> {
        const SELECT: &str = "
            WITH RECURSIVE carrier (letter) AS (
                SELECT letter FROM fact WHERE duty = ?1 AND letter IS NOT NULL
                UNION
                SELECT fact.letter
                FROM carrier
                JOIN fact ON fact.folds IS NOT NULL AND fact.letter > carrier.letter
                JOIN json_each(fact.folds) AS folded ON folded.value = carrier.letter
            )
            SELECT seq, at, body FROM fact WHERE duty = ?1
            UNION ALL
            SELECT seq, at, body FROM fact
            WHERE letter IN (SELECT letter FROM carrier)
              AND duty IS NULL AND fact IN ('letter-queued', 'attempt', 'outcome', 'bounced')
            ORDER BY seq";
        self.facts_by(SELECT, &duty.to_string())
    }

    /// The facts of one duty alone, without those of letters: what was told and said, and not what arrived.
    ///
    /// # Errors
    /// As [`facts_since`](Self::facts_since).
    pub fn facts_about(&self, duty: &DutyId) -> Result<Vec<(u64, Fact)>, LedgerError> {
        const SELECT: &str = "SELECT seq, at, body FROM fact WHERE duty = ?1 ORDER BY seq";
        self.facts_by(SELECT, &duty.to_string())
    }

    /// The facts of one letter, and of those that it took over or that took it over, whatever they are about.
    ///
    /// # Errors
    /// As [`facts_since`](Self::facts_since).
    pub fn facts_of_letter(&self, letter: LetterNo) -> Result<Vec<(u64, Fact)>, LedgerError> {
        const SELECT: &str = "
            WITH RECURSIVE part (letter) AS (
                VALUES (?1)
                UNION
                SELECT folded.value
                FROM part
                JOIN fact ON fact.folds IS NOT NULL AND fact.letter = part.letter
                JOIN json_each(fact.folds) AS folded
            ),
            found (seq) AS (
                SELECT seq FROM fact WHERE letter IN (SELECT letter FROM part)
                UNION
                SELECT fact.seq
                FROM fact INDEXED BY fact_folding
                JOIN json_each(fact.folds) AS folded ON folded.value = ?1
                WHERE fact.folds IS NOT NULL AND fact.letter > ?1
            )
            SELECT seq, at, body FROM fact WHERE seq IN (SELECT seq FROM found) ORDER BY seq";
        self.facts_by(SELECT, &signed(letter)?)
    }

    /// The letters with a `Message-ID`; one at most, unless somebody has forged the record.
    ///
    /// # Errors
    /// As [`facts_since`](Self::facts_since).
    pub fn letter_with_id(&self, message_id: &str) -> Result<Option<LetterNo>, LedgerError> {
        const SELECT: &str = "
            SELECT letter FROM fact
            WHERE fact = 'letter-queued' AND body ->> '$.message_id' = ?1
            ORDER BY seq DESC LIMIT 1";
        let found: Option<i64> = self.inner.read(|conn| {
            conn.prepare_cached(SELECT)?
                .query_row([message_id], |row| row.get(0))
                .optional()
        })?;
        found.map(unsigned).transpose()
    }

    /// The facts of the evidence that has this digest.
    ///
    /// # Errors
    /// As [`facts_since`](Self::facts_since).
    pub fn evidence(&self, digest: &str) -> Result<Vec<(u64, Fact)>, LedgerError> {
        const SELECT: &str = "
            SELECT seq, at, body FROM fact
            WHERE fact = 'evidence' AND body ->> '$.digest' = ?1 ORDER BY seq";
        self.facts_by(SELECT, &digest)
    }

    fn facts_by(
        &self,
        select: &str,
        key: &dyn rusqlite::ToSql,
    ) -> Result<Vec<(u64, Fact)>, LedgerError> {
        let stored = self.inner.read(|conn| {
            conn.prepare_cached(select)?
                .query_map([key], StoredFact::from_row)?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        stored.into_iter().map(StoredFact::parse).collect()
    }

    /// A letter's bytes as they were frozen at its first attempt. `None`: none was made yet, or they have been pruned.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn frozen(&self, letter: LetterNo) -> Result<Option<Vec<u8>>, LedgerError> {
        let letter = signed(letter)?;
        let kept = self.inner.read(|conn| Stored::of(conn, letter))?;
        kept.map(|kept| kept.unpack()).transpose()
    }

    /// The files of a version, name and text, as they were given to [`keep_version`](Self::keep_version).
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn version(&self, version: &str) -> Result<Option<Vec<(String, String)>>, LedgerError> {
        self.blob("SELECT files FROM version WHERE version = ?1", version)?
            .map(|files| {
                serde_json::from_slice(&files)
                    .map_err(|error| LedgerError::Corrupt(format!("version {version}: {error}")))
            })
            .transpose()
    }

    /// The versions that are kept and when each came into force, in that order.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn versions(&self) -> Result<Vec<(u64, String, Timestamp)>, LedgerError> {
        const SELECT: &str = "
            SELECT seq, body ->> '$.version', at FROM fact
            WHERE fact = 'calendar-version' ORDER BY seq";
        let rows = self.inner.read(|conn| {
            conn.prepare_cached(SELECT)?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<Vec<(i64, String, String)>>>()
        })?;
        rows.into_iter()
            .map(|(seq, version, at)| {
                let at = at.parse().map_err(|error: jiff::Error| {
                    LedgerError::Corrupt(format!("version {version}: {error}"))
                })?;
                Ok((seq.unsigned_abs(), version, at))
            })
            .collect()
    }

    fn blob(&self, sql: &str, key: impl rusqlite::ToSql) -> Result<Option<Vec<u8>>, LedgerError> {
        let found: Option<Vec<u8>> = self.inner.read(|conn| {
            conn.prepare_cached(sql)?
                .query_row([key], |row| row.get(0))
                .optional()
        })?;
        found.map(|found| packed::unpack(&found)).transpose()
    }
}

/// A number as SQLite keeps it.
pub(super) fn signed(number: u64) -> Result<i64, LedgerError> {
    i64::try_from(number)
        .map_err(|_| LedgerError::Refused(format!("{number} is larger than SQLite can keep")))
}

/// A number of SQLite's that counts something.
pub(super) fn unsigned(number: i64) -> Result<u64, LedgerError> {
    u64::try_from(number).map_err(|_| LedgerError::Corrupt(format!("{number} counts a fact")))
}

pub(super) struct StoredFact {
    seq: i64,
    at: String,
    body: String,
}

impl StoredFact {
    pub(super) fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            at: row.get(1)?,
            body: row.get(2)?,
        })
    }

    pub(super) fn parse(self) -> Result<(u64, Fact), LedgerError> {
        let unreadable = |what: &str| LedgerError::Corrupt(format!("fact {}: {what}", self.seq));
        let at = self
            .at
            .parse()
            .map_err(|error: jiff::Error| unreadable(&error.to_string()))?;
        let what =
            serde_json::from_str(&self.body).map_err(|error| unreadable(&error.to_string()))?;
        Ok((unsigned(self.seq)?, Fact { at, what }))
    }
}

/// Connections nobody reads with at the moment.
#[derive(Default)]
pub(super) struct IdleReaders(Mutex<Vec<Connection>>);

impl Inner {
    /// Reads with a connection of one's own.
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let conn = match self.readers.take() {
            Some(conn) => conn,
            None => self.new_reader()?,
        };
        let found = query(&conn).map_err(|error| LedgerError::from_sqlite(&self.path, &error))?;
        self.readers.put_back(conn);
        Ok(found)
    }

    pub(super) fn new_reader(&self) -> Result<Connection, LedgerError> {
        let conn = connect(&self.path)?;
        schema::configure(&conn, &self.path)?;
        schema::only_read(&conn, &self.path)?;
        // The path may meanwhile lead to another file.
        self.still_there()?;
        Ok(conn)
    }
}

impl IdleReaders {
    /// With a connection that is open already.
    pub(super) fn with(conn: Connection) -> Self {
        Self(Mutex::new(vec![conn]))
    }

    fn take(&self) -> Option<Connection> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }

    fn put_back(&self, conn: Connection) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_READERS {
            idle.push(conn);
        }
    }
}

/// Opens a database that exists. Readers too may write its companion files, which a log left by a crash requires.
pub(super) fn connect(path: &Path) -> Result<Connection, LedgerError> {
    Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|error| LedgerError::from_sqlite(path, &error))
}

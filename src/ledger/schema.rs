//! The tables, how they come about, and the settings under which SQLite keeps what it has acknowledged.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::LedgerError;

/// Whether a ledger records what really happened or a rehearsal under pretend time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// 真实
    Real,
    /// 演练
    Pretend,
}

impl Nature {
    /// As the ledger stores it.
    fn word(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Pretend => "pretend",
        }
    }
}

impl fmt::Display for Nature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Real => "真实",
            Self::Pretend => "演练",
        })
    }
}

/// `bell`, in the file's header: this SQLite database is schoolbell's.
const APPLICATION_ID: i64 = 0x6265_6C6C;

/// How long a connection waits for another's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What the log is cut back to once it has been copied into the database: longer, and somebody reads for too long.
const WAL_LIMIT_BYTES: i64 = 64 << 20;

/// Each step brings the schema to the version of its place, counted from 1. Steps that have been released stay as
/// they are.
///
/// The columns of `fact` beside `body` are read out of it by SQLite itself, so they can't disagree with it.
const MIGRATIONS: [&str; 2] = [
    r"
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE fact (
    seq     INTEGER PRIMARY KEY, -- none is ever deleted, so that no number comes twice
    at      TEXT NOT NULL,
    body    TEXT NOT NULL CHECK (json_valid(body)),
    fact    TEXT NOT NULL GENERATED ALWAYS AS (body ->> '$.fact') STORED,
    duty    TEXT GENERATED ALWAYS AS (body ->> '$.duty') STORED,
    letter  INTEGER GENERATED ALWAYS AS (body ->> '$.letter') STORED,
    address TEXT GENERATED ALWAYS AS (body ->> '$.address') STORED,
    folds   TEXT GENERATED ALWAYS AS (body ->> '$.folds') VIRTUAL
) STRICT;

CREATE INDEX fact_duty ON fact (duty) WHERE duty IS NOT NULL;
CREATE INDEX fact_letter ON fact (letter) WHERE letter IS NOT NULL;
CREATE INDEX fact_folding ON fact (letter) WHERE folds IS NOT NULL;
-- A letter is queued once: two writers that take the same number must not both get it.
CREATE UNIQUE INDEX fact_letter_queued ON fact (letter) WHERE fact = 'letter-queued';

CREATE TRIGGER fact_stays BEFORE DELETE ON fact
BEGIN SELECT RAISE(ABORT, 'facts are never deleted'); END;
CREATE TRIGGER fact_stands BEFORE UPDATE ON fact
BEGIN SELECT RAISE(ABORT, 'facts are never changed'); END;

-- What the bytes of many letters have in common; kept as long as one of them is.
CREATE TABLE pattern (
    id     INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    bytes  BLOB NOT NULL
) STRICT;
CREATE TRIGGER pattern_stands BEFORE UPDATE ON pattern
BEGIN SELECT RAISE(ABORT, 'what was sent is never changed'); END;
CREATE TABLE frozen (
    letter  INTEGER PRIMARY KEY,
    bytes   BLOB NOT NULL,
    pattern INTEGER, -- by which they are kept, if by any
    at      INTEGER NOT NULL -- seconds since 1970
) STRICT;
CREATE TRIGGER frozen_stands BEFORE UPDATE ON frozen
BEGIN SELECT RAISE(ABORT, 'what was sent is never changed'); END;

CREATE TABLE version (
    version TEXT PRIMARY KEY,
    at      TEXT NOT NULL,
    files   BLOB NOT NULL
) STRICT;
",
    r"
-- What is asked for by the text of a fact, and would else cost a look at all of them.
CREATE INDEX fact_message_id ON fact (body ->> '$.message_id') WHERE fact = 'letter-queued';
CREATE INDEX fact_digest ON fact (body ->> '$.digest') WHERE fact = 'evidence';
CREATE INDEX fact_version ON fact (seq) WHERE fact = 'calendar-version';

-- How the facts up to one fold, so that a start need not fold them: only ever a copy, and made anew from them.
CREATE TABLE checkpoint (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    seq     INTEGER NOT NULL,
    program TEXT NOT NULL, -- which one folds so
    digest  BLOB NOT NULL, -- of all of this row, and of the digests of the trays
    state   BLOB NOT NULL
) STRICT;
CREATE TABLE tray (
    occurrence TEXT PRIMARY KEY,
    digest     BLOB NOT NULL,
    slips      BLOB NOT NULL
) STRICT;
",
];

/// The newest schema this program knows.
pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The file's schema version.
///
/// # Errors
/// `NotALedger`, `NewerSchema`, or what kept it from being read.
pub(super) fn recognise(conn: &Connection, path: &Path) -> Result<i64, LedgerError> {
    let number = |pragma| {
        conn.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
            .map_err(|error| LedgerError::from_sqlite(path, &error))
    };
    if number("application_id")? != APPLICATION_ID {
        return Err(LedgerError::NotALedger {
            path: path.to_owned(),
        });
    }
    match number("user_version")? {
        found if found > known() => Err(LedgerError::NewerSchema {
            found,
            known: known(),
        }),
        found => Ok(found),
    }
}

/// Fills an empty database.
pub(super) fn found(conn: &mut Connection, path: &Path, nature: Nature) -> Result<(), LedgerError> {
    configure(conn, path)?;
    migrate(conn, path)?;
    conn.pragma_update(None, "application_id", APPLICATION_ID)
        .and_then(|()| {
            conn.execute(
                "INSERT INTO meta (key, value) VALUES ('nature', ?1)",
                [nature.word()],
            )
        })
        .map_err(|error| LedgerError::from_sqlite(path, &error))?;
    Ok(())
}

/// Takes the steps that are missing, each in a transaction of its own.
pub(super) fn migrate(conn: &mut Connection, path: &Path) -> Result<(), LedgerError> {
    for (version, step) in (1_i64..).zip(MIGRATIONS) {
        take_step(conn, version, step).map_err(|error| LedgerError::from_sqlite(path, &error))?;
    }
    Ok(())
}

fn take_step(conn: &mut Connection, version: i64, step: &str) -> rusqlite::Result<()> {
    let transaction = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found >= version {
        return Ok(());
    }
    transaction.execute_batch(step)?;
    transaction.pragma_update(None, "user_version", version)?;
    transaction.commit()
}

/// Sets up a connection, and reads back what durability rests on: SQLite may say yes and not do it.
///
/// # Errors
/// `WalRefused`, or what kept the settings from being made.
pub(super) fn configure(conn: &Connection, path: &Path) -> Result<(), LedgerError> {
    let trouble = |error| LedgerError::from_sqlite(path, &error);
    conn.busy_timeout(BUSY_TIMEOUT).map_err(trouble)?;
    let journal: String = conn
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(trouble)?;
    conn.execute_batch(&format!(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = {WAL_LIMIT_BYTES};",
    ))
    .map_err(trouble)?;
    let synchronous: i64 = conn
        .pragma_query_value(None, "synchronous", |row| row.get(0))
        .map_err(trouble)?;
    let full = 2;
    if journal.eq_ignore_ascii_case("wal") && synchronous == full {
        return Ok(());
    }
    Err(LedgerError::WalRefused(format!(
        "journal_mode is {journal}, synchronous is {synchronous}"
    )))
}

/// Makes the connection refuse to write.
pub(super) fn only_read(conn: &Connection, path: &Path) -> Result<(), LedgerError> {
    conn.pragma_update(None, "query_only", true)
        .map_err(|error| LedgerError::from_sqlite(path, &error))
}

/// What the ledger was made as.
pub(super) fn nature(conn: &Connection, path: &Path) -> Result<Nature, LedgerError> {
    let word: String = conn
        .query_row("SELECT value FROM meta WHERE key = 'nature'", [], |row| {
            row.get(0)
        })
        .map_err(|error| LedgerError::from_sqlite(path, &error))?;
    [Nature::Real, Nature::Pretend]
        .into_iter()
        .find(|nature| nature.word() == word)
        .ok_or_else(|| LedgerError::Corrupt(format!("nature is “{word}”")))
}

/// Looks through the whole file for damage; takes a second or so for each gigabyte.
///
/// # Errors
/// `Corrupt` with the first fault.
pub(super) fn quick_check(conn: &Connection, path: &Path) -> Result<(), LedgerError> {
    look_through(conn, path, "PRAGMA quick_check(1)")
}

/// Looks through the file for damage as [`quick_check`] does, and that every index agrees with its table.
///
/// # Errors
/// `Corrupt` with the first fault.
pub(super) fn integrity_check(conn: &Connection, path: &Path) -> Result<(), LedgerError> {
    look_through(conn, path, "PRAGMA integrity_check(1)")
}

fn look_through(conn: &Connection, path: &Path, check: &str) -> Result<(), LedgerError> {
    let verdict: String = conn
        .query_row(check, [], |row| row.get(0))
        .map_err(|error| LedgerError::from_sqlite(path, &error))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(LedgerError::Corrupt(format!(
        "{}: {verdict}",
        path.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_will_not_keep_a_log_is_refused() {
        let conn = Connection::open_in_memory().unwrap();
        let refused = configure(&conn, Path::new(":memory:")).unwrap_err();
        assert_eq!(
            refused,
            LedgerError::WalRefused("journal_mode is memory, synchronous is 2".to_owned())
        );
    }
}

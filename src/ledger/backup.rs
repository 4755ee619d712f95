//! A copy of the ledger while it is in use, a look through such a copy, and the way back.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, params};

use super::folder::{self, FolderLock, Identity, LEDGER_FILE, Unfinished, beside};
use super::reading::{StoredFact, connect};
use super::work::Row;
use super::{Ledger, LedgerError, Nature, checkpoint, schema};
use crate::core::fact::Event;

/// What a look through the whole of a backup found. There is none of one that is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Examined {
    /// What the ledger was made as.
    pub nature: Nature,
    /// Its schema's version.
    pub schema: i64,
    /// How many facts it has, each of which can be read.
    pub facts: u64,
    /// When the last of them happened.
    pub last: Option<Timestamp>,
}

/// What a restore did.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What was found in the backup.
    pub found: Examined,
    /// Where the ledger it took the place of is kept; `None` where there was none.
    pub kept: Option<PathBuf>,
}

impl Ledger {
    /// Copies the ledger, as it is at one moment, to a file of that name; an older one is replaced only when the new one
    /// is whole, looked through and on the disk. Writers go on meanwhile.
    ///
    /// # Errors
    /// `Refused` if `path` is the ledger itself; otherwise the copy could not be made, and nothing is left of it.
    pub fn backup_to(&self, path: &Path) -> Result<Examined, LedgerError> {
        // By their metadata: were the ledger opened here and closed, POSIX would drop the locks SQLite has on it.
        if Identity::of(path.to_owned()).is_ok_and(|found| self.inner.files.contains(&found)) {
            return Err(LedgerError::Refused(format!(
                "{} is the ledger itself",
                path.display()
            )));
        }
        let unfinished = Unfinished::beside(path)?;
        self.inner.read(|conn| Ok(copy(conn, &unfinished.0)))??;
        let found = examine(&unfinished.0)?;
        unfinished.finish(path, |from, to| fs::rename(from, to))?;
        Ok(found)
    }

    /// Puts a backup in the place of the ledger in a state folder, with the fact that it was. The ledger that was there
    /// is kept beside it under a name with `stamp`. `started` is as for [`open_exclusive`](Self::open_exclusive).
    ///
    /// # Errors
    /// `Locked` while a daemon runs; `WrongNature`, `NotALedger`, `NewerSchema` or `Corrupt` of a backup that will not
    /// do. Then everything is as it was.
    pub fn restore(
        dir: &Path,
        backup: &Path,
        now: Timestamp,
        stamp: &str,
        started: &str,
    ) -> Result<Restored, LedgerError> {
        folder::check(dir)?;
        let _lock = FolderLock::take(dir, started)?;
        let path = dir.join(LEDGER_FILE);
        let present = Identity::of(path.clone()).ok();
        if present.is_some() && Identity::of(backup.to_owned()).ok() == present {
            return Err(LedgerError::Refused(format!(
                "{} is the ledger itself",
                backup.display()
            )));
        }
        let unfinished = Unfinished::beside(&path)?;
        copy(&source(backup)?, &unfinished.0)?;
        let found = examine(&unfinished.0)?;
        if present.is_some() {
            same_nature(&path, found.nature, backup)?;
        }
        let at = match found.nature {
            Nature::Real => now,
            Nature::Pretend => found.last.unwrap_or(now),
        };
        record(&unfinished.0, at, backup)?;
        let kept = match present {
            Some(_) => Some(set_aside(&path, stamp)?),
            None => None,
        };
        unfinished.finish(&path, |from, to| fs::rename(from, to))?;
        Ok(Restored { found, kept })
    }
}

/// Looks through the whole of a ledger that nobody writes to: that it is one, that no page is damaged, that every fact
/// can be read.
///
/// # Errors
/// `NotALedger`, `NewerSchema`, `Corrupt`, or what kept it from being read.
pub fn examine(path: &Path) -> Result<Examined, LedgerError> {
    let conn = unchanging(path)?;
    let trouble = |error| LedgerError::from_sqlite(path, &error);
    let schema = schema::recognise(&conn, path)?;
    let nature = schema::nature(&conn, path)?;
    schema::integrity_check(&conn, path)?;
    let (mut facts, mut last) = (0, None);
    let mut select = conn
        .prepare("SELECT seq, at, body FROM fact ORDER BY seq")
        .map_err(trouble)?;
    let rows = select
        .query_map([], StoredFact::from_row)
        .map_err(trouble)?;
    for row in rows {
        let (_, fact) = row.map_err(trouble)?.parse()?;
        facts += 1;
        last = Some(fact.at);
    }
    Ok(Examined {
        nature,
        schema,
        facts,
        last,
    })
}

/// Copies what a connection sees at this moment into an empty file.
fn copy(conn: &Connection, to: &Path) -> Result<(), LedgerError> {
    let trouble = |error| LedgerError::from_sqlite(to, &error);
    let mut copy = connect(to)?;
    // All pages in one step: between two, a writer could make the copy begin again and again.
    let step = Backup::new(conn, &mut copy)
        .and_then(|backup| backup.step(i32::MAX))
        .map_err(trouble)?;
    if step != StepResult::Done {
        return Err(LedgerError::Busy(format!("the copy ended {step:?}")));
    }
    copy.close().map_err(|(_, error)| trouble(error))
}

/// A backup to copy from: with its log if it has one, as somebody who copied a stopped service's folder has it.
fn source(backup: &Path) -> Result<Connection, LedgerError> {
    let log = beside(backup, "-wal");
    let conn = if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        connect(backup)?
    } else {
        unchanging(backup)?
    };
    schema::recognise(&conn, backup)?;
    Ok(conn)
}

/// Opens a database that nobody changes meanwhile, without making companions beside it: it may lie where nothing may be
/// written.
fn unchanging(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // A file that is not there is said to be so; SQLite would only say that it cannot open it.
    let whole = fs::canonicalize(path).map_err(|error| LedgerError::from_file(path, &error))?;
    let mut uri = "file:".to_owned();
    for c in whole.to_string_lossy().chars() {
        match c {
            '%' | '?' | '#' => {
                let _ = write!(uri, "%{:02X}", u32::from(c));
            }
            c => uri.push(c),
        }
    }
    uri.push_str("?immutable=1");
    Connection::open_with_flags(uri, flags).map_err(|error| LedgerError::from_sqlite(path, &error))
}

/// A real ledger is not replaced by a pretended one, nor the other way round. One too damaged to say what it is may be.
fn same_nature(path: &Path, wanted: Nature, backup: &Path) -> Result<(), LedgerError> {
    let found = unchanging(path).and_then(|conn| schema::nature(&conn, path));
    match found {
        Ok(found) if found != wanted => Err(LedgerError::WrongNature {
            path: backup.to_owned(),
            found: wanted,
            wanted: found,
        }),
        _ => Ok(()),
    }
}

/// Appends the fact before the file has its name, so that no daemon ever finds the one without the other.
fn record(path: &Path, at: Timestamp, backup: &Path) -> Result<(), LedgerError> {
    let trouble = |error| LedgerError::from_sqlite(path, &error);
    let mut conn = connect(path)?;
    schema::configure(&conn, path)?;
    schema::migrate(&mut conn, path)?;
    checkpoint::drop_all(&conn).map_err(trouble)?;
    let from = backup.file_name().unwrap_or(backup.as_os_str());
    let event = Event::Restored {
        from: from.to_string_lossy().into_owned(),
    };
    let row = Row::of(at, &event)?;
    conn.execute(
        "INSERT INTO fact (at, body) VALUES (?1, ?2)",
        params![row.at, row.body],
    )
    .map_err(trouble)?;
    conn.close().map_err(|(_, error)| trouble(error))
}

/// Gives the ledger and its log a second name, and takes the log away from the first: what takes the ledger's place
/// must not find it. Until then nothing is lost, whenever the power fails.
fn set_aside(path: &Path, stamp: &str) -> Result<PathBuf, LedgerError> {
    // What is in the log comes into the database, if it is sound; if not, the log is kept with it.
    if let Ok(conn) = connect(path) {
        let _ = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
    let mut nth = 1;
    let kept = loop {
        let tag = if nth == 1 {
            String::new()
        } else {
            format!("-{nth}")
        };
        let kept = beside(path, &format!(".{stamp}{tag}"));
        if !kept.exists() {
            break kept;
        }
        nth += 1;
    };
    for suffix in ["", "-wal"] {
        let (from, to) = (beside(path, suffix), beside(&kept, suffix));
        if from.exists() {
            link_or_copy(&from, &to).map_err(|error| LedgerError::from_file(&from, &error))?;
        }
    }
    folder::sync_parent(path)?;
    for suffix in ["-wal", "-shm"] {
        folder::remove_if_there(&beside(path, suffix));
    }
    Ok(kept)
}

/// Memory sticks have no links.
fn link_or_copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::hard_link(from, to).or_else(|_| {
        fs::copy(from, to)?;
        fs::File::open(to)?.sync_all()
    })
}

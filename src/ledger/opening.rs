//! How a ledger is opened, and how one comes to be.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::MAIN_DB;

use super::folder::{self, FolderLock, Identity, LEDGER_FILE, Unfinished};
use super::reading::{IdleReaders, connect};
use super::writer::Writer;
use super::{Inner, Ledger, LedgerError, Nature, schema};

impl Ledger {
    /// Opens the ledger in a state folder, making it if there is none, for commands that append beside a daemon.
    ///
    /// # Errors
    /// The folder is missing or unfit, or the ledger is of the other nature, of another schema, or damaged.
    pub fn open(dir: &Path, nature: Nature) -> Result<Self, LedgerError> {
        folder::check(dir)?;
        let path = make_if_missing(dir, nature)?;
        Self::attach(path, Some(nature), None)
    }

    /// Opens it for the daemon: keeps a second one out, brings the schema up to date and looks for damage; through a
    /// large one [`look_through`](Self::look_through) looks later. `started` says in words when this process started,
    /// for whoever is refused.
    ///
    /// # Errors
    /// As [`open`](Self::open), and `Locked` if another daemon has the folder.
    pub fn open_exclusive(dir: &Path, nature: Nature, started: &str) -> Result<Self, LedgerError> {
        folder::check(dir)?;
        let lock = FolderLock::take(dir, started)?;
        let path = make_if_missing(dir, nature)?;
        Self::attach(path, Some(nature), Some(lock))
    }

    /// Opens a ledger of either nature to read it; `None` if there is none. It can't be appended to.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_existing(dir: &Path) -> Result<Option<Self>, LedgerError> {
        let path = dir.join(LEDGER_FILE);
        if !exists(&path)? {
            return Ok(None);
        }
        folder::check(dir)?;
        Self::attach(path, None, None).map(Some)
    }

    fn attach(
        path: PathBuf,
        wanted: Option<Nature>,
        lock: Option<FolderLock>,
    ) -> Result<Self, LedgerError> {
        let mut conn = connect(&path)?;
        let found = schema::recognise(&conn, &path)?;
        let nature = schema::nature(&conn, &path)?;
        if let Some(wanted) = wanted.filter(|wanted| *wanted != nature) {
            return Err(LedgerError::WrongNature {
                path,
                found: nature,
                wanted,
            });
        }
        schema::configure(&conn, &path)?;
        let at_once = lock.is_some() && is_soon_looked_through(&path);
        if lock.is_some() {
            if at_once {
                schema::quick_check(&conn, &path)?;
            }
            schema::migrate(&mut conn, &path)?;
        } else if found < schema::known() {
            return Err(LedgerError::OlderSchema {
                found,
                known: schema::known(),
            });
        }
        let mut files = vec![Identity::of(path.clone())?];
        let (writer, readers, files) = if wanted.is_some() {
            refuse_read_only(&conn, &path)?;
            // The log stays the same file as long as a connection is open, and the writer's is.
            files.push(Identity::of(folder::beside(&path, "-wal"))?);
            let files: Arc<[Identity]> = files.into();
            let writer = Writer::start(conn, path.clone(), Arc::clone(&files))?;
            (Some(writer), IdleReaders::default(), files)
        } else {
            schema::only_read(&conn, &path)?;
            (None, IdleReaders::with(conn), files.into())
        };
        let inner = Inner {
            writer,
            readers,
            path,
            nature,
            files,
            looked_through: at_once,
            _lock: lock,
        };
        Ok(Self {
            inner: Arc::new(inner),
            witness: None,
        })
    }
}

/// Up to so many bytes a ledger is looked through before it is used: that takes a tenth of a second. Through one of
/// many years it takes half a minute, and a bell that rings meanwhile is worth more.
const LOOKED_THROUGH_AT_ONCE_BYTES: u64 = 32 << 20;

fn is_soon_looked_through(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.len() <= LOOKED_THROUGH_AT_ONCE_BYTES)
}

/// SQLite falls back to reading if it may not write, and says so only at the first append.
fn refuse_read_only(conn: &rusqlite::Connection, path: &Path) -> Result<(), LedgerError> {
    match conn.is_readonly(MAIN_DB) {
        Ok(false) => Ok(()),
        Ok(true) => Err(LedgerError::ReadOnly(path.display().to_string())),
        Err(error) => Err(LedgerError::from_sqlite(path, &error)),
    }
}

fn exists(path: &Path) -> Result<bool, LedgerError> {
    path.try_exists()
        .map_err(|error| LedgerError::from_file(path, &error))
}

/// Makes the ledger under another name and then gives it its own, so that there is never half a one, and of two
/// processes that make it at once the second takes the first one's.
fn make_if_missing(dir: &Path, nature: Nature) -> Result<PathBuf, LedgerError> {
    let path = dir.join(LEDGER_FILE);
    if exists(&path)? {
        return Ok(path);
    }
    let unfinished = Unfinished::beside(&path)?;
    let mut conn = connect(&unfinished.0)?;
    schema::found(&mut conn, &unfinished.0, nature)?;
    conn.close()
        .map_err(|(_, error)| LedgerError::from_sqlite(&unfinished.0, &error))?;
    unfinished.finish(&path, name_finally)?;
    Ok(path)
}

/// Gives the file its name unless that is taken.
fn name_finally(unfinished: &Path, path: &Path) -> std::io::Result<()> {
    match fs::hard_link(unfinished, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // Memory sticks have no links. A rename there might take the place of another's ledger, made this instant
        // and empty yet; that process would notice before its first append.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            fs::rename(unfinished, path)
        }
        linked => linked,
    }
}

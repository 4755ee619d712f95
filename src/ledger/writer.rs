//! The one thread that writes. Whatever requests wait are committed together, so that the price of a sync is shared.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::LedgerError;
use super::folder::Identity;
use super::work::{Work, Written};

/// The most requests one transaction takes: enough to share the sync, few enough that the first need not wait long.
const GROUP_REQUESTS: usize = 512;

/// Rows written between two copyings of the log into the database.
const ROWS_A_CHECKPOINT: usize = 1_000;

/// Where a request's end is told; called once, after the commit.
pub(super) type Reply = Box<dyn FnOnce(Result<Written, LedgerError>) + Send>;

struct Request {
    work: Work,
    reply: Reply,
}

/// The way to the writer's thread, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    requests: Option<Sender<Vec<Request>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on a connection that is set up, with the files it must go on finding in their places.
    pub(super) fn start(
        conn: Connection,
        path: PathBuf,
        files: Arc<[Identity]>,
    ) -> Result<Self, LedgerError> {
        // SQLite's own checkpoints hide a sync that failed, and would try it again.
        conn.pragma_update(None, "wal_autocheckpoint", 0)
            .map_err(|error| LedgerError::from_sqlite(&path, &error))?;
        let (requests, asked) = mpsc::channel();
        let writing = Writing {
            conn,
            path,
            files,
            asked,
            rows_since_checkpoint: 0,
            failed: None,
        };
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || writing.run())
            .map_err(|error| LedgerError::Sqlite(format!("no thread for the writer: {error}")))?;
        Ok(Self {
            requests: Some(requests),
            thread: Some(thread),
        })
    }

    /// Hands requests over, which share a commit. A reply dropped unused means that the thread is no more.
    pub(super) fn ask(&self, requests: Vec<(Work, Reply)>) {
        let requests = requests
            .into_iter()
            .map(|(work, reply)| Request { work, reply });
        if let Some(way) = &self.requests {
            // If the thread has died, the requests come back and drop their replies, which the asker notices.
            let _ = way.send(requests.collect());
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // A panic has been reported by the thread itself, and must not become a second one here.
            let _ = thread.join();
        }
    }
}

/// What the asker is told if the thread ended without an answer.
pub(super) fn writer_is_gone() -> LedgerError {
    LedgerError::Io("the ledger's writer has died".to_owned())
}

struct Writing {
    conn: Connection,
    path: PathBuf,
    files: Arc<[Identity]>,
    asked: Receiver<Vec<Request>>,
    rows_since_checkpoint: usize,
    failed: Option<LedgerError>,
}

impl Writing {
    fn run(mut self) {
        while let Ok(first) = self.asked.recv() {
            let mut group = first;
            while group.len() < GROUP_REQUESTS
                && let Ok(more) = self.asked.try_recv()
            {
                group.extend(more);
            }
            self.serve(group);
        }
    }

    fn serve(&mut self, group: Vec<Request>) {
        let done = match &self.failed {
            Some(error) => Err(error.clone()),
            None => self.commit(&group),
        };
        match done {
            Ok(results) => {
                for (request, result) in group.into_iter().zip(results) {
                    (request.reply)(result);
                }
                self.checkpoint_if_long();
            }
            // One large request may be what doesn't fit, one may need a damaged page: the others deserve a try of their
            // own.
            Err(error) if group.len() > 1 && error.may_be_one_requests() => {
                for request in group {
                    self.serve(vec![request]);
                }
            }
            Err(error) => {
                if error.is_fatal() {
                    self.failed = Some(error.clone());
                }
                for request in group {
                    (request.reply)(Err(error.clone()));
                }
            }
        }
    }

    /// One transaction with all of the group; an error is everybody's.
    fn commit(
        &mut self,
        group: &[Request],
    ) -> Result<Vec<Result<Written, LedgerError>>, LedgerError> {
        self.still_there()?;
        let done = self.transact(group);
        if done.is_err() && !self.conn.is_autocommit() {
            // A failed rollback adds nothing to what is reported already.
            let _ = self.execute("ROLLBACK");
        }
        // Once more, lest something be thanked for that went into a file without a name.
        self.still_there()?;
        done
    }

    fn still_there(&self) -> Result<(), LedgerError> {
        if self.files.iter().all(Identity::holds) {
            return Ok(());
        }
        Err(LedgerError::Gone {
            path: self.path.clone(),
        })
    }

    fn transact(
        &mut self,
        group: &[Request],
    ) -> Result<Vec<Result<Written, LedgerError>>, LedgerError> {
        self.execute("BEGIN IMMEDIATE")?;
        let mut results = Vec::with_capacity(group.len());
        for request in group {
            results.push(self.isolated(&request.work)?);
        }
        self.execute("COMMIT")?;
        let written = results.iter().flatten().map(|written| written.rows);
        self.rows_since_checkpoint += written.sum::<usize>();
        Ok(results)
    }

    /// One request under a savepoint. The outer error ends the transaction, the inner one is the request's own.
    fn isolated(&self, work: &Work) -> Result<Result<Written, LedgerError>, LedgerError> {
        self.execute("SAVEPOINT request")?;
        let result = work.perform(&self.conn, &self.path);
        if let Err(error) = &result {
            if !error.is_requests_own() || self.conn.is_autocommit() {
                return Err(error.clone());
            }
            self.execute("ROLLBACK TO request")?;
        }
        self.execute("RELEASE request")?;
        Ok(result)
    }

    fn execute(&self, sql: &str) -> Result<(), LedgerError> {
        self.conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([]))
            .map(|_| ())
            .map_err(|error| self.trouble(&error))
    }

    /// Copies the log into the database. Those who asked have been answered: what they wrote is safe in the log, and
    /// it stays there if the copying finds no room or a reader in its way.
    fn checkpoint_if_long(&mut self) {
        if self.rows_since_checkpoint < ROWS_A_CHECKPOINT {
            return;
        }
        self.rows_since_checkpoint = 0;
        let copied = self
            .conn
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .map_err(|error| self.trouble(&error));
        match copied {
            Ok(()) => {}
            Err(error) if error.is_fatal() => {
                tracing::error!("{error}");
                self.failed = Some(error);
            }
            Err(error) => tracing::warn!("checkpoint put off: {error}"),
        }
    }

    fn trouble(&self, error: &rusqlite::Error) -> LedgerError {
        LedgerError::from_sqlite(&self.path, error)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.failed.is_some() {
            // Closing would sync once more and believe it.
            let _ = self.conn.set_db_config(
                rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                true,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Work;
    use crate::core::fact::Event;
    use crate::ledger::{Ledger, LedgerError, Nature};
    use jiff::Timestamp;

    #[test]
    fn after_an_io_error_nothing_is_written_until_it_is_opened_anew() {
        let dir = tempfile::tempdir().unwrap();
        let append = |ledger: &Ledger, job: &str| {
            let event = Event::JobRun { job: job.into() };
            ledger.append(Timestamp::UNIX_EPOCH, vec![event])
        };
        let ledger = Ledger::open_exclusive(dir.path(), Nature::Real, "").unwrap();
        append(&ledger, "before").unwrap();
        let broken = LedgerError::Io("fsync failed".to_owned());
        assert_eq!(ledger.ask(Work::Fail(broken.clone())).unwrap_err(), broken);
        assert_eq!(append(&ledger, "after"), Err(broken.clone()));
        assert_eq!(ledger.prune_frozen(Timestamp::UNIX_EPOCH), Err(broken));
        assert_eq!(ledger.last_seq().unwrap(), 1, "it can still be read");
        drop(ledger);

        let ledger = Ledger::open_exclusive(dir.path(), Nature::Real, "").unwrap();
        assert_eq!(append(&ledger, "anew").unwrap().last_seq, 2);
    }

    #[test]
    fn a_failure_that_passes_is_not_held_against_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(dir.path(), Nature::Real).unwrap();
        let busy = LedgerError::Busy(String::new());
        assert_eq!(ledger.ask(Work::Fail(busy.clone())).unwrap_err(), busy);
        assert!(ledger.append(Timestamp::UNIX_EPOCH, vec![]).is_ok());
    }
}

//! The one thread that writes. Whatever requests wait are committed together, so that the price of a sync is shared.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::LedgerError;
use super::folder::Identity;
use super::work::{self, Work, Written};

/// When a transaction takes no more: enough to share the sync, few enough that the first need not wait long.
const GROUP_WORKS: usize = 512;

/// Rows written between two copyings of the log into the database: some 20 MB of it. Nobody is answered while it is copied.
const ROWS_A_CHECKPOINT: usize = 4_000;

/// Where is told how each of a request's works ended; called once, after the commit.
pub(super) type Reply = Box<dyn FnOnce(Vec<Result<Written, LedgerError>>) + Send>;

/// What somebody asks for at once: it shares a commit, and each of it has its own end.
struct Request {
    works: Vec<Work>,
    reply: Reply,
}

/// The way to the writer's thread, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    requests: Option<Sender<Request>>,
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
            looked_to_seq: 0,
            others_seq: 0,
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

    /// Hands works over, which share a commit. A reply dropped unused means that the thread is no more.
    pub(super) fn ask(&self, works: Vec<Work>, reply: Reply) {
        if let Some(way) = &self.requests {
            // If the thread has died, the request comes back and drops its reply, which the asker notices.
            let _ = way.send(Request { works, reply });
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
    asked: Receiver<Request>,
    /// Up to here all facts are either its own, or others' and looked at.
    looked_to_seq: u64,
    /// The last fact that others have appended, as far as anybody decides by such.
    others_seq: u64,
    rows_since_checkpoint: usize,
    failed: Option<LedgerError>,
}

impl Writing {
    fn run(mut self) {
        while let Ok(first) = self.asked.recv() {
            let mut works = first.works.len();
            let mut group = vec![first];
            while works < GROUP_WORKS
                && let Ok(more) = self.asked.try_recv()
            {
                works += more.works.len();
                group.push(more);
            }
            self.serve(group);
        }
    }

    fn serve(&mut self, group: Vec<Request>) {
        let works: Vec<&Work> = group.iter().flat_map(|request| &request.works).collect();
        let mut results = self.carry_out(&works).into_iter();
        for request in group {
            let own = results.by_ref().take(request.works.len());
            (request.reply)(own.collect());
        }
        self.checkpoint_if_long();
    }

    /// How each of them ended.
    fn carry_out(&mut self, works: &[&Work]) -> Vec<Result<Written, LedgerError>> {
        let done = match &self.failed {
            Some(error) => Err(error.clone()),
            None => self.commit(works),
        };
        match done {
            Ok(results) => results,
            // One that is large may be what doesn't fit, one may need a damaged page: the others deserve a try of their own.
            Err(error) if works.len() > 1 && error.may_be_one_requests() => {
                let each = works.iter().flat_map(|work| self.carry_out(&[work]));
                each.collect()
            }
            Err(error) => {
                if error.is_fatal() {
                    self.failed = Some(error.clone());
                }
                works.iter().map(|_| Err(error.clone())).collect()
            }
        }
    }

    /// One transaction with all of the works; an error is everybody's.
    fn commit(
        &mut self,
        works: &[&Work],
    ) -> Result<Vec<Result<Written, LedgerError>>, LedgerError> {
        self.still_there()?;
        // Hardly any is ever refused: only where one is are they kept apart.
        let mut done = self.transact(works, Self::plainly);
        if done.as_ref().is_err_and(LedgerError::is_requests_own) {
            self.roll_back();
            done = self.transact(works, Self::isolated);
        }
        if done.is_err() {
            self.roll_back();
        }
        // Once more, lest something be thanked for that went into a file without a name.
        self.still_there()?;
        done
    }

    fn roll_back(&self) {
        if !self.conn.is_autocommit() {
            // A failed rollback adds nothing to what is reported already.
            let _ = self.execute("ROLLBACK");
        }
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
        works: &[&Work],
        one: impl Fn(&Self, &Work) -> Result<Result<Written, LedgerError>, LedgerError>,
    ) -> Result<Vec<Result<Written, LedgerError>>, LedgerError> {
        self.execute("BEGIN IMMEDIATE")?;
        self.look_for_others()?;
        let mut results = Vec::with_capacity(works.len());
        for work in works {
            results.push(one(self, work)?);
        }
        self.execute("COMMIT")?;
        for written in results.iter().flatten() {
            self.rows_since_checkpoint += written.rows;
            self.looked_to_seq = self.looked_to_seq.max(written.receipt.last_seq);
        }
        Ok(results)
    }

    /// What is behind the last transaction is not its own.
    fn look_for_others(&mut self) -> Result<(), LedgerError> {
        if let Some(last) = work::last_behind(&self.conn, &self.path, self.looked_to_seq)? {
            (self.looked_to_seq, self.others_seq) = (last, last);
        }
        Ok(())
    }

    /// One whose error ends the transaction, whatever it is.
    fn plainly(&self, work: &Work) -> Result<Result<Written, LedgerError>, LedgerError> {
        work.perform(&self.conn, &self.path, self.others_seq)
            .map(Ok)
    }

    /// One under a savepoint. The outer error ends the transaction, the inner one is its own.
    fn isolated(&self, work: &Work) -> Result<Result<Written, LedgerError>, LedgerError> {
        self.execute("SAVEPOINT request")?;
        let result = work.perform(&self.conn, &self.path, self.others_seq);
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

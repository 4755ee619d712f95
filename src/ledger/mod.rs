//! The ledger 台账: the append-only record of what has happened, in one SQLite file. The only place that knows SQL.
//!
//! It speaks in facts, so that another engine can stand beside SQLite. One thread writes, and a request is answered when
//! it would survive a power cut; readers have connections of their own and see whatever any process has committed.

mod backup;
mod checkpoint;
mod erasure;
mod error;
mod folder;
mod opening;
mod packed;
mod reading;
mod schema;
mod work;
mod writer;

use std::borrow::Borrow;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::TryRecvError;
use std::sync::{Arc, mpsc};

use jiff::Timestamp;
use tokio::sync::oneshot;

pub use backup::{Examined, Restored, examine};
pub use checkpoint::{Checkpoint, Found, Part};
pub use erasure::{Erased, Erasure, Vault};
pub use error::LedgerError;
pub use folder::{FolderLock, LEDGER_FILE, LOCK_FILE};
pub use schema::Nature;

use crate::core::fact::Event;
use crate::pattern::Pattern;
use folder::Identity;
use packed::Frozen;
use reading::IdleReaders;
use work::{Row, Work, Written};
use writer::{Reply, Writer};

/// An open ledger. Clones share it; it closes when the last is dropped.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
    witness: Option<Witness>,
}

/// The numbers of the facts an append has made, which follow one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppendReceipt {
    /// The first one's; 0 if no facts were given.
    pub first_seq: u64,
    /// The last one's; 0 if no facts were given.
    pub last_seq: u64,
}

/// The moments around a commit, for a [`Witness`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It is about to be asked for: nothing of it is on record.
    Before,
    /// It is durable, and nobody was told so yet; or it has failed.
    After,
}

/// Whoever is called around each commit, on the thread that asks for it; two may be asked for before the first has ended.
/// One that panics is a process that dies there.
pub type Witness = Arc<dyn Fn(Moment) + Send + Sync>;

/// One of several requests that are made together, so that they share a commit.
#[derive(Debug)]
pub enum Entry<'a> {
    /// Facts to append, as by [`Ledger::append`].
    Facts(&'a [Event]),
    /// The same, decided on the facts up to `seq`, as by [`Ledger::append_after`].
    Decided {
        /// The last fact they were decided on.
        seq: u64,
        /// The facts.
        events: &'a [Event],
    },
    /// An attempt to begin, as by [`Ledger::begin_attempt`], with the letter's bytes.
    Attempt {
        /// The attempt.
        event: &'a Event,
        /// The bytes.
        bytes: &'a [u8],
        /// What they have much in common with, where that is known.
        pattern: Option<&'a Arc<Pattern>>,
    },
}

impl Entry<'_> {
    /// The facts of it.
    pub fn events(&self) -> &[Event] {
        match self {
            Self::Facts(events) | Self::Decided { events, .. } => events,
            Self::Attempt { event, .. } => std::slice::from_ref(event),
        }
    }
}

/// Requests that were made together, and may not be durable yet.
#[must_use = "what was asked for is only known to be on record when it has ended"]
pub struct Pending<'l> {
    /// Which of them could be asked for at all.
    made: Vec<Result<(), LedgerError>>,
    asked: Asked<'l>,
}

impl Pending<'_> {
    /// Whether all of them have come to their end by now.
    pub fn has_ended(&mut self) -> bool {
        self.asked.has_ended()
    }

    /// Waits for their ends.
    pub fn wait(self) -> Vec<Result<AppendReceipt, LedgerError>> {
        let mut ends = self.asked.wait().into_iter();
        let receipts = self.made.into_iter().map(|made| {
            made?;
            let end = ends.next();
            let written = end.unwrap_or_else(|| Err(writer::writer_is_gone()))?;
            Ok(written.receipt)
        });
        receipts.collect()
    }
}

/// What the writer was asked for.
struct Asked<'l> {
    ledger: &'l Ledger,
    ends: mpsc::Receiver<Ends>,
    /// The ends, where they are known.
    ended: Option<Ends>,
}

/// How each of several works ended.
type Ends = Vec<Result<Written, LedgerError>>;

impl Asked<'_> {
    fn has_ended(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = match self.ends.try_recv() {
                Ok(ends) => Some(ends),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(Vec::new()),
            };
        }
        self.ended.is_some()
    }

    fn wait(self) -> Ends {
        // Without a reply there are no ends, which is told to whoever looks for one.
        let ends = self.ended.or_else(|| self.ends.recv().ok());
        let ends = ends.unwrap_or_default();
        if !ends.is_empty() {
            self.ledger.tell(Moment::After);
        }
        ends
    }
}

/// Dropped from top to bottom: the folder is let go only when nobody writes or reads any more.
struct Inner {
    writer: Option<Writer>,
    readers: IdleReaders,
    path: PathBuf,
    nature: Nature,
    files: Arc<[Identity]>,
    /// Whether it was looked through for damage when it was opened.
    looked_through: bool,
    _lock: Option<FolderLock>,
}

impl Ledger {
    /// The same ledger with a witness around each of its commits.
    #[must_use]
    pub fn witnessed(self, witness: Option<Witness>) -> Self {
        Self { witness, ..self }
    }

    /// Whether it records what really happened.
    #[must_use]
    pub fn nature(&self) -> Nature {
        self.inner.nature
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Appends facts, all or none, and returns when they are durable. Requests that wait together are committed together;
    /// one that is refused leaves the others untouched.
    ///
    /// It blocks: in async code use [`append_async`](Self::append_async).
    ///
    /// # Errors
    /// Nothing was kept, save after `Io`, when that is known only once the ledger has been opened anew.
    pub fn append(&self, at: Timestamp, events: Vec<Event>) -> Result<AppendReceipt, LedgerError> {
        self.ask(Work::Facts(rows(at, events)?))
            .map(|written| written.receipt)
    }

    /// As [`append`](Self::append), for who has decided on the facts up to `seq`: unless another process has appended since.
    /// What came through this ledger is known to who decides. Attempts and how they ended are passed over, for a clerk decides
    /// nothing by them, and while letters go out there is no end of them.
    ///
    /// # Errors
    /// `Overtaken` if others have; and as [`append`](Self::append).
    pub fn append_after(
        &self,
        seq: u64,
        at: Timestamp,
        events: Vec<Event>,
    ) -> Result<AppendReceipt, LedgerError> {
        let rows = rows(at, events)?;
        self.ask(Work::FactsAfter { seq, rows })
            .map(|written| written.receipt)
    }

    /// As [`append`](Self::append), to be awaited. The request is made by the call; awaiting only waits for its end, and
    /// dropping the future does not take the request back.
    pub fn append_async(
        &self,
        at: Timestamp,
        events: Vec<Event>,
    ) -> impl Future<Output = Result<AppendReceipt, LedgerError>> + Send + use<> {
        self.ask_async(rows(at, events).map(Work::Facts))
    }

    /// Appends an [`Event::Attempt`] and in the same transaction keeps the letter's bytes, which are what is sent from
    /// now on. `frozen` may be left out once they are kept.
    ///
    /// It blocks: in async code use [`begin_attempt_async`](Self::begin_attempt_async).
    ///
    /// # Errors
    /// `Refused` if the event is no attempt, if other bytes were frozen before, or if there are none at all.
    pub fn begin_attempt(
        &self,
        at: Timestamp,
        attempt: Event,
        frozen: Option<&[u8]>,
    ) -> Result<AppendReceipt, LedgerError> {
        let frozen = frozen.map(|bytes| Frozen::of(bytes, None)).transpose()?;
        self.ask(attempt_work(at, attempt, frozen)?)
            .map(|written| written.receipt)
    }

    /// As [`begin_attempt`](Self::begin_attempt), to be awaited, as [`append_async`](Self::append_async) is.
    pub fn begin_attempt_async(
        &self,
        at: Timestamp,
        attempt: Event,
        frozen: Option<&[u8]>,
    ) -> impl Future<Output = Result<AppendReceipt, LedgerError>> + Send + use<> {
        let frozen = frozen.map(|bytes| Frozen::of(bytes, None)).transpose();
        self.ask_async(frozen.and_then(|frozen| attempt_work(at, attempt, frozen)))
    }

    /// Makes several requests at once, which share a commit. Each has its own end, in the order given: one that is
    /// refused leaves the others untouched. The requests are made by the call; what it returns waits for their ends.
    pub fn begin_together(&self, at: Timestamp, entries: &[Entry<'_>]) -> Pending<'_> {
        let mut works = Vec::with_capacity(entries.len());
        let mut made = Vec::with_capacity(entries.len());
        for entry in entries {
            let work = match entry {
                Entry::Facts(events) => rows(at, *events).map(Work::Facts),
                Entry::Decided { seq, events } => {
                    rows(at, *events).map(|rows| Work::FactsAfter { seq: *seq, rows })
                }
                Entry::Attempt {
                    event,
                    bytes,
                    pattern,
                } => Frozen::of(bytes, *pattern)
                    .and_then(|frozen| attempt_work(at, *event, Some(frozen))),
            };
            made.push(work.map(|work| works.push(work)));
        }
        let asked = self.begin(works);
        Pending { made, asked }
    }

    /// Deletes the bytes of letters frozen before then, and says of how many. They can't be sent again.
    ///
    /// # Errors
    /// Nothing was deleted.
    pub fn prune_frozen(&self, before: Timestamp) -> Result<usize, LedgerError> {
        let before_s = before.as_second();
        self.ask(Work::Prune { before_s })
            .map(|written| written.rows)
    }

    /// Keeps the text of calendar and roster, as (name, text), under its digest. Keeping it again changes nothing.
    ///
    /// # Errors
    /// Nothing was kept.
    pub fn keep_version(
        &self,
        version: &str,
        at: Timestamp,
        files: &[(String, String)],
    ) -> Result<(), LedgerError> {
        let files = serde_json::to_vec(files)
            .map_err(|error| LedgerError::Refused(error.to_string()))
            .and_then(|files| packed::pack(&files))?;
        self.ask(Work::Version {
            version: version.to_owned(),
            at: at.to_string(),
            files,
        })
        .map(|_| ())
    }

    /// Whether the ledger's files are still in their places. Every append asks this too.
    ///
    /// # Errors
    /// `Gone` if they were removed or replaced.
    pub fn still_there(&self) -> Result<(), LedgerError> {
        self.inner.still_there()
    }

    /// Looks through the whole of it for damage, unless that was done at the opening. Others write and read meanwhile.
    ///
    /// # Errors
    /// `Corrupt` with the first fault, or what kept it from being read.
    pub fn look_through(&self) -> Result<(), LedgerError> {
        if self.inner.looked_through {
            return Ok(());
        }
        let conn = self.inner.new_reader()?;
        schema::quick_check(&conn, &self.inner.path)
    }

    /// Whether its file system takes writing at all, as far as can be told without writing.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        rustix::fs::access(&self.inner.path, rustix::fs::Access::WRITE_OK).is_ok()
    }

    /// The bytes of the write-ahead log on disk. It is cut back to 64 MiB: much more means that somebody reads without
    /// end.
    ///
    /// # Errors
    /// The file system would not say.
    pub fn wal_bytes(&self) -> Result<u64, LedgerError> {
        let wal = folder::beside(&self.inner.path, "-wal");
        match fs::metadata(&wal) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(LedgerError::from_file(&wal, &error)),
        }
    }

    /// Lets the database grow to so many pages and no further, so that tests can fill the disk and empty it again.
    ///
    /// # Errors
    /// It could not be set.
    #[doc(hidden)]
    pub fn cap_pages(&self, pages: u32) -> Result<(), LedgerError> {
        self.ask(Work::Cap { pages }).map(|_| ())
    }

    fn ask(&self, work: Work) -> Result<Written, LedgerError> {
        only(self.begin(vec![work]).wait())
    }

    fn begin(&self, works: Vec<Work>) -> Asked<'_> {
        let (reply, ends) = mpsc::channel();
        let mut ended = None;
        let number = works.len();
        if number > 0 {
            self.tell(Moment::Before);
            let reply: Reply = Box::new(move |written| {
                // Nobody waits any more: what was written stays written.
                let _ = reply.send(written);
            });
            let refused = self.inner.hand_over(works, reply).err();
            ended = refused.map(|error| (0..number).map(|_| Err(error.clone())).collect());
        }
        Asked {
            ledger: self,
            ends,
            ended,
        }
    }

    fn tell(&self, moment: Moment) {
        if let Some(witness) = &self.witness {
            witness(moment);
        }
    }

    fn ask_async(
        &self,
        work: Result<Work, LedgerError>,
    ) -> impl Future<Output = Result<AppendReceipt, LedgerError>> + Send + use<> {
        let (reply, end) = oneshot::channel();
        let asked = work.and_then(|work| {
            let reply: Reply = Box::new(move |written| {
                let _ = reply.send(written);
            });
            self.inner.hand_over(vec![work], reply)
        });
        async move {
            asked?;
            let written = only(end.await.unwrap_or_default());
            written.map(|written| written.receipt)
        }
    }
}

impl Inner {
    fn hand_over(&self, works: Vec<Work>, reply: Reply) -> Result<(), LedgerError> {
        match &self.writer {
            Some(writer) => {
                writer.ask(works, reply);
                Ok(())
            }
            None => Err(LedgerError::ReadOnly("opened for reading only".to_owned())),
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
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("path", &self.inner.path)
            .field("nature", &self.inner.nature)
            .finish_non_exhaustive()
    }
}

/// The end of the one that was asked.
fn only(ends: Vec<Result<Written, LedgerError>>) -> Result<Written, LedgerError> {
    let end = ends.into_iter().next();
    end.unwrap_or_else(|| Err(writer::writer_is_gone()))
}

fn rows(
    at: Timestamp,
    events: impl IntoIterator<Item = impl Borrow<Event>>,
) -> Result<Vec<Row>, LedgerError> {
    let rows = events.into_iter().map(|event| Row::of(at, event.borrow()));
    rows.collect()
}

fn attempt_work(
    at: Timestamp,
    attempt: impl Borrow<Event>,
    frozen: Option<Frozen>,
) -> Result<Work, LedgerError> {
    let attempt = attempt.borrow();
    let Event::Attempt { letter, .. } = attempt else {
        return Err(LedgerError::Refused(format!("not an attempt: {attempt:?}")));
    };
    Ok(Work::Attempt {
        rows: rows(at, [attempt])?,
        letter: *letter,
        at_s: at.as_second(),
        frozen,
    })
}

//! What can be asked of the writer, and how each is carried out within a transaction.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::packed::{self, Frozen, Stored};
use super::reading::{signed, unsigned};
use super::{AppendReceipt, Checkpoint, LedgerError};
use crate::core::fact::{Event, LetterNo};
use crate::pattern::Pattern;

/// A fact as it is stored, made ready by whoever asks so that the writer need not.
pub(super) struct Row {
    pub(super) at: String,
    pub(super) body: String,
}

impl Row {
    /// The row for an event.
    pub(super) fn of(at: Timestamp, event: &Event) -> Result<Self, LedgerError> {
        Ok(Self {
            at: at.to_string(),
            body: serde_json::to_string(event)
                .map_err(|error| LedgerError::Refused(error.to_string()))?,
        })
    }
}

/// What can be asked of the writer.
pub(super) enum Work {
    /// Append facts.
    Facts(Vec<Row>),
    /// Append facts that were decided on those up to `seq`, unless others have appended some since.
    FactsAfter { seq: u64, rows: Vec<Row> },
    /// Append the fact of an attempt, and keep its letter's bytes.
    Attempt {
        rows: Vec<Row>,
        letter: LetterNo,
        at_s: i64,
        frozen: Option<Frozen>,
    },
    /// Keep a version's files (compressed).
    Version {
        version: String,
        at: String,
        files: Vec<u8>,
    },
    /// Keep how the facts up to one fold.
    Checkpoint(Checkpoint),
    /// Delete bytes frozen before that second.
    Prune { before_s: i64 },
    /// Let the database grow to so many pages: the tests' full disk.
    Cap { pages: u32 },
    /// Fail as a device would.
    #[cfg(test)]
    Fail(LedgerError),
}

/// What a request came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    /// The facts appended; zeros for none.
    pub(super) receipt: AppendReceipt,
    /// Rows inserted or deleted.
    pub(super) rows: usize,
}

impl Work {
    /// Carries it out, leaving the transaction open. `others_seq` is the last fact of others.
    pub(super) fn perform(
        &self,
        conn: &Connection,
        path: &Path,
        others_seq: u64,
    ) -> Result<Written, LedgerError> {
        match self {
            Self::FactsAfter { seq, .. } if others_seq > *seq => Err(LedgerError::Overtaken),
            _ => Performing { conn, path }.perform(self),
        }
    }
}

/// The last of the facts behind this one; attempts and how they ended are passed over.
pub(super) fn last_behind(
    conn: &Connection,
    path: &Path,
    seq: u64,
) -> Result<Option<u64>, LedgerError> {
    let seq = signed(seq)?;
    let last = conn
        .prepare_cached(
            "SELECT seq FROM fact WHERE seq > ?1 AND fact NOT IN ('attempt', 'outcome')
              ORDER BY seq DESC LIMIT 1",
        )
        .and_then(|mut select| select.query_row([seq], |row| row.get(0)).optional())
        .map_err(|error| LedgerError::from_sqlite(path, &error))?;
    last.map(unsigned).transpose()
}

struct Performing<'a> {
    conn: &'a Connection,
    path: &'a Path,
}

impl Performing<'_> {
    fn perform(&self, work: &Work) -> Result<Written, LedgerError> {
        match work {
            Work::Facts(rows) | Work::FactsAfter { rows, .. } => self.append(rows),
            Work::Attempt {
                rows,
                letter,
                at_s,
                frozen,
            } => {
                self.freeze(*letter, *at_s, frozen.as_ref())?;
                self.append(rows)
            }
            Work::Version { version, at, files } => self.change(
                "INSERT INTO version (version, at, files) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![version, at, files],
            ),
            Work::Checkpoint(checkpoint) => checkpoint
                .keep(self.conn)
                .map(|rows| Written {
                    rows,
                    ..Written::default()
                })
                .map_err(|error| self.trouble(&error)),
            Work::Prune { before_s } => {
                let pruned =
                    self.change("DELETE FROM frozen WHERE at < ?1", params![before_s])?;
                self.change(packed::DROP_PATTERNS, [])?;
                Ok(pruned)
            }
            Work::Cap { pages } => self
                .conn
                .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
                .map(|()| Written::default())
                .map_err(|error| self.trouble(&error)),
            #[cfg(test)]
            Work::Fail(error) => Err(error.clone()),
        }
    }

    fn append(&self, rows: &[Row]) -> Result<Written, LedgerError> {
        let mut receipt = AppendReceipt::default();
        let mut insert = self
            .conn
            .prepare_cached("INSERT INTO fact (at, body) VALUES (?1, ?2)")
            .map_err(|error| self.trouble(&error))?;
        for row in rows {
            let seq = insert
                .insert(params![row.at, row.body])
                .map_err(|error| self.trouble(&error))?;
            let seq = unsigned(seq)?;
            if receipt.first_seq == 0 {
                receipt.first_seq = seq;
            }
            receipt.last_seq = seq;
        }
        Ok(Written {
            receipt,
            rows: rows.len(),
        })
    }

    /// Keeps a letter's bytes. What was sent once stands: other bytes for the same letter are refused, and so is an
    /// attempt that leaves none behind to send again.
    fn freeze(
        &self,
        letter: LetterNo,
        at_s: i64,
        frozen: Option<&Frozen>,
    ) -> Result<(), LedgerError> {
        let letter = signed(letter)?;
        let kept = || Stored::of(self.conn, letter).map_err(|error| self.trouble(&error));
        let Some(frozen) = frozen else {
            return kept()?.map(|_| ()).ok_or_else(|| {
                LedgerError::Refused(format!(
                    "letter {letter} has no frozen bytes, and the attempt brings none"
                ))
            });
        };
        if self.keep(letter, at_s, frozen)? {
            return Ok(());
        }
        // Compared as they were before compression, which another version may do differently.
        let is_same = kept()?.is_some_and(|kept| kept.unpack() == frozen.unpack());
        if !is_same && self.surely_unsent(letter)? {
            self.change("DELETE FROM frozen WHERE letter = ?1", [letter])?;
            self.keep(letter, at_s, frozen)?;
        } else if !is_same {
            return Err(LedgerError::Refused(format!(
                "letter {letter} was frozen with other bytes before"
            )));
        }
        Ok(())
    }

    /// Says whether it was done: not where there are bytes already.
    fn keep(&self, letter: i64, at_s: i64, frozen: &Frozen) -> Result<bool, LedgerError> {
        let bytes = &frozen.bytes;
        let Some(pattern) = &frozen.pattern else {
            let kept = self.change(
                "INSERT INTO frozen (letter, bytes, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![letter, bytes, at_s],
            )?;
            return Ok(kept.rows > 0);
        };
        let keep = || {
            let kept = self.change(
                "INSERT INTO frozen (letter, bytes, pattern, at)
                 SELECT ?1, ?2, id, ?3 FROM pattern WHERE digest = ?4 ON CONFLICT DO NOTHING",
                params![letter, bytes, at_s, pattern.digest()],
            )?;
            Ok(kept.rows > 0)
        };
        // The first letter brings the pattern.
        Ok(keep()? || (self.keep_pattern(pattern)? && keep()?))
    }

    /// Says whether it was done: not where it was kept already.
    fn keep_pattern(&self, pattern: &Pattern) -> Result<bool, LedgerError> {
        let bytes = packed::pack(pattern.bytes())?;
        let kept = self.change(
            "INSERT INTO pattern (digest, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![pattern.digest(), bytes],
        )?;
        Ok(kept.rows > 0)
    }

    /// Whether every attempt on record ended with a delay before its last dot: nothing was said yet, so that the
    /// next attempt may tell a newer truth.
    fn surely_unsent(&self, letter: i64) -> Result<bool, LedgerError> {
        self.conn
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE fact = 'attempt')
                      = count(*) FILTER (WHERE fact = 'outcome' AND body ->> '$.outcome' = 'deferred')
                   FROM fact WHERE letter = ?1 AND fact IN ('attempt', 'outcome')",
            )
            .and_then(|mut select| select.query_row([letter], |row| row.get(0)))
            .map_err(|error| self.trouble(&error))
    }

    fn change(&self, sql: &str, values: impl rusqlite::Params) -> Result<Written, LedgerError> {
        let rows = self
            .conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map_err(|error| self.trouble(&error))?;
        Ok(Written {
            receipt: AppendReceipt::default(),
            rows,
        })
    }

    fn trouble(&self, error: &rusqlite::Error) -> LedgerError {
        LedgerError::from_sqlite(self.path, error)
    }
}

//! How the facts up to one fold, kept beside them: a copy, which is made anew from the facts wherever it is missing, is
//! another program's, or is damaged.

use ring::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension, params};

use super::reading::{signed, unsigned};
use super::work::Work;
use super::{Ledger, LedgerError};

/// A checkpoint to keep. The trays that are not in it stay as they were kept last.
#[derive(Clone, Debug, Default)]
pub struct Checkpoint {
    /// The last fact that is folded in.
    pub seq: u64,
    /// Which program folds so.
    pub program: String,
    /// The fold without its trays.
    pub state: Vec<u8>,
    /// The trays that have changed, each under its occurrence; `None` for one that is no more.
    pub trays: Vec<(String, Option<Vec<u8>>)>,
    /// Whether these are all there are.
    pub is_whole: bool,
}

/// A part of a checkpoint, as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The fold without its trays; it comes first.
    State(Vec<u8>),
    /// A tray under its occurrence.
    Tray(String, Vec<u8>),
}

/// What was found of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A whole one: the last fact that is folded in.
    Whole(u64),
    /// None.
    Nothing,
    /// One that can't be used, and why.
    Unfit(&'static str),
}

impl Ledger {
    /// Keeps a checkpoint in the place of the last.
    ///
    /// It blocks.
    ///
    /// # Errors
    /// The last one stands.
    pub fn keep_checkpoint(&self, checkpoint: Checkpoint) -> Result<(), LedgerError> {
        self.ask(Work::Checkpoint(checkpoint)).map(|_| ())
    }

    /// Reads the checkpoint of a program, all of it as it was at one moment, and hands over the fold without its trays and
    /// then these one by one, so that never all of it is in memory; what was handed over counts only if all of it is
    /// found whole.
    ///
    /// # Errors
    /// Whatever kept the ledger from being read.
    pub fn checkpoint(
        &self,
        program: &str,
        mut hand_over: impl FnMut(Part),
    ) -> Result<Found, LedgerError> {
        self.inner.read(|conn| {
            conn.execute_batch("BEGIN")?;
            let found = read(conn, program, &mut hand_over);
            conn.execute_batch("COMMIT")?;
            found
        })
    }
}

fn read(
    conn: &Connection,
    program: &str,
    hand_over: &mut impl FnMut(Part),
) -> rusqlite::Result<Found> {
    let head = conn
        .query_row(
            "SELECT seq, program, digest, state FROM checkpoint",
            [],
            |row| {
                let seq: i64 = row.get(0)?;
                let program: String = row.get(1)?;
                let digest: Vec<u8> = row.get(2)?;
                let state: Vec<u8> = row.get(3)?;
                Ok((seq, program, digest, state))
            },
        )
        .optional()?;
    let Some((seq, by, wanted, state)) = head else {
        return Ok(Found::Nothing);
    };
    if by != program {
        return Ok(Found::Unfit("kept by another version"));
    }
    let has_fact: bool = conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM fact WHERE seq = ?1)",
        [seq],
        |row| row.get(0),
    )?;
    let Some(seq) = unsigned(seq).ok().filter(|_| has_fact) else {
        return Ok(Found::Unfit("of facts that are not there"));
    };
    let mut digest = digest_of_head(seq, program, &state);
    hand_over(Part::State(state));
    let mut select =
        conn.prepare("SELECT occurrence, digest, slips FROM tray ORDER BY occurrence")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let occurrence: String = row.get(0)?;
        let (kept, slips): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?);
        if kept != digest_of_tray(&occurrence, &slips) {
            return Ok(Found::Unfit("damaged"));
        }
        digest.update(&kept);
        hand_over(Part::Tray(occurrence, slips));
    }
    if digest.finish().as_ref() != wanted {
        return Ok(Found::Unfit("damaged"));
    }
    Ok(Found::Whole(seq))
}

impl Checkpoint {
    /// Keeps it within the transaction that is open; says of how many rows.
    pub(super) fn keep(&self, conn: &Connection) -> rusqlite::Result<usize> {
        if self.is_whole {
            conn.execute("DELETE FROM tray", [])?;
        }
        let mut put = conn.prepare_cached(
            "INSERT INTO tray (occurrence, digest, slips) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET digest = excluded.digest, slips = excluded.slips",
        )?;
        let mut remove = conn.prepare_cached("DELETE FROM tray WHERE occurrence = ?1")?;
        for (occurrence, slips) in &self.trays {
            match slips {
                Some(slips) => put.execute(params![
                    occurrence,
                    digest_of_tray(occurrence, slips),
                    slips
                ])?,
                None => remove.execute([occurrence])?,
            };
        }
        let mut digest = digest_of_head(self.seq, &self.program, &self.state);
        let mut select = conn.prepare_cached("SELECT digest FROM tray ORDER BY occurrence")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            digest.update(&row.get::<_, Vec<u8>>(0)?);
        }
        let seq = signed(self.seq).unwrap_or(i64::MAX);
        conn.execute(
            "INSERT OR REPLACE INTO checkpoint (id, seq, program, digest, state)
             VALUES (1, ?1, ?2, ?3, ?4)",
            params![seq, self.program, digest.finish().as_ref(), self.state],
        )?;
        Ok(self.trays.len() + 1)
    }
}

/// Forgets it: the facts have been changed, or are others.
pub(super) fn drop_all(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch("DELETE FROM checkpoint; DELETE FROM tray;")
}

fn digest_of_head(seq: u64, program: &str, state: &[u8]) -> Context {
    let mut digest = Context::new(&SHA256);
    for part in [&seq.to_le_bytes()[..], program.as_bytes(), state] {
        digest.update(&(part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest
}

fn digest_of_tray(occurrence: &str, slips: &[u8]) -> Vec<u8> {
    let mut digest = Context::new(&SHA256);
    digest.update(&(occurrence.len() as u64).to_le_bytes());
    digest.update(occurrence.as_bytes());
    digest.update(slips);
    digest.finish().as_ref().to_vec()
}

//! Which facts are a duty's. An index of SQLite's own would be written at each commit in as many places as duties are
//! answered together, and most of what an answer costs would be that. This one is written in batches, in the order of
//! duties; facts newer than the last batch are looked through one by one.

use std::path::Path;

use rusqlite::Connection;

use super::LedgerError;

/// So many facts wait at most for the next batch, as far as one process knows: to look through them takes less than half a
/// millisecond.
pub(super) const BATCH_ROWS: usize = 1_000;

/// For a query whose `?1` is a list of duties in JSON: `of_duty (seq)`, the facts of any of them.
pub(super) const OF_DUTY: &str = "
    asked (duty) AS (SELECT value FROM json_each(?1)),
    of_duty (seq) AS (
        SELECT by_duty.seq FROM asked JOIN by_duty USING (duty)
        UNION ALL
        SELECT seq FROM fact
        WHERE seq > (SELECT seq FROM by_duty_up_to) AND duty IN (SELECT duty FROM asked)
    )";

/// Brings it up to date, within a transaction.
pub(super) fn catch_up(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO by_duty (duty, seq)
         SELECT duty, seq FROM fact
         WHERE seq > (SELECT seq FROM by_duty_up_to) AND duty IS NOT NULL ORDER BY duty, seq",
    )?
    .execute([])?;
    conn.prepare_cached("UPDATE by_duty_up_to SET seq = (SELECT coalesce(max(seq), 0) FROM fact)")?
        .execute([])?;
    Ok(())
}

/// How many facts wait for the next batch.
pub(super) fn waiting(conn: &Connection) -> rusqlite::Result<usize> {
    let waiting: u32 = conn.query_row(
        "SELECT count(*) FROM fact WHERE seq > (SELECT seq FROM by_duty_up_to)",
        [],
        |row| row.get(0),
    )?;
    Ok(waiting as usize)
}

/// Whether it says what the facts say.
///
/// # Errors
/// `Corrupt` if it does not.
pub(super) fn check(conn: &Connection, path: &Path) -> Result<(), LedgerError> {
    let differing: i64 = conn
        .query_row(
            "SELECT count(*) FROM (
                 SELECT duty, seq FROM fact
                 WHERE seq <= (SELECT seq FROM by_duty_up_to) AND duty IS NOT NULL
             ) AS fact FULL JOIN by_duty USING (seq)
             WHERE fact.duty IS NOT by_duty.duty",
            [],
            |row| row.get(0),
        )
        .map_err(|error| LedgerError::from_sqlite(path, &error))?;
    if differing == 0 {
        return Ok(());
    }
    Err(LedgerError::Corrupt(format!(
        "{}: {differing} facts are not found by their duties",
        path.display()
    )))
}

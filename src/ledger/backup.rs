//! A copy of the ledger while it is in use.

use std::fs;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};

use super::folder::{Identity, Unfinished};
use super::reading::connect;
use super::{Ledger, LedgerError, schema};

impl Ledger {
    /// Copies the ledger, as it is at one moment, to a file of that name; an older one is replaced only when the new one
    /// is whole, looked through and on the disk. Writers go on meanwhile.
    ///
    /// # Errors
    /// `Refused` if `path` is the ledger itself; otherwise the copy could not be made, and nothing is left of it.
    pub fn backup_to(&self, path: &Path) -> Result<(), LedgerError> {
        // By their metadata: were the ledger opened here and closed, POSIX would drop the locks SQLite has on it.
        if Identity::of(path.to_owned()).is_ok_and(|found| self.inner.files.contains(&found)) {
            return Err(LedgerError::Refused(format!(
                "{} is the ledger itself",
                path.display()
            )));
        }
        let unfinished = Unfinished::beside(path)?;
        let mut copy = connect(&unfinished.0)?;
        // All pages in one step: between two, a writer could make the copy begin again and again.
        let step = self
            .inner
            .read(|conn| Backup::new(conn, &mut copy)?.step(i32::MAX))?;
        if step != StepResult::Done {
            return Err(LedgerError::Busy(format!("the copy ended {step:?}")));
        }
        schema::quick_check(&copy, &unfinished.0)?;
        copy.close()
            .map_err(|(_, error)| LedgerError::from_sqlite(&unfinished.0, &error))?;
        unfinished.finish(path, |from, to| fs::rename(from, to))
    }
}

//! Room: the officers are warned before the disk is full, or the ledger's log grows without end.

use super::office::Office;
use crate::core::fact::Alert;
use crate::disk::Room;
use crate::ledger::LedgerError;

/// The log is cut at each checkpoint, far below this; one that grows on is kept by somebody who reads and never ends.
const LARGEST_LOG_BYTES: u64 = 256 * 1024 * 1024;

impl Office {
    /// Warns once a day of what is getting scarce.
    pub(super) fn watch_room(&self) -> Result<(), LedgerError> {
        let house = self.house();
        let folder = &house.settings.state;
        let scarce = Room::of(folder)
            .inspect_err(|error| tracing::warn!(%error, "how full the disk is can't be told"))
            .ok()
            .and_then(|room| room.warning(folder));
        if let Some(words) = scarce {
            self.warn("disk", "服务器的磁盘快满了", &words)?;
        }
        let log = self.ledger.wal_bytes()?;
        if log > LARGEST_LOG_BYTES {
            let mebibytes = log / (1024 * 1024);
            let words = format!(
                "台账的日志文件(WAL)已有 {mebibytes} MiB,还在增长:可能有人用 sqlite3 之类打开台账一直没有关。请关掉它;不关会占满磁盘"
            );
            self.warn("wal", "台账的日志文件太大", &words)?;
        }
        Ok(())
    }

    fn warn(&self, what: &str, subject: &str, text: &str) -> Result<(), LedgerError> {
        let alert = Alert {
            subject: subject.to_owned(),
            text: text.to_owned(),
        };
        let day = self.today();
        self.alert(&format!("{what}:{day}"), &alert)
    }
}

//! The nightly backup: verified, so many of them kept, and an alert where it could not be made.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::Date;

use super::office::Office;
use crate::core::fact::{Alert, Event};
use crate::ledger::{LedgerError, Nature};

impl Office {
    /// Whether neither today's nor yesterday's backup is there: the night may have passed while the machine was off.
    pub(super) fn backup_is_due(&self) -> bool {
        let today = self.today();
        let house = self.house();
        let settings = &house.settings.backup;
        let there = |day: Date| settings.folder.join(name(day)).exists();
        self.makes_backups() && !there(today) && !there(today.saturating_sub(1.days()))
    }

    /// Makes today's backup and removes those that are too old. That it could not be made is told, not returned: the
    /// bell rings on without it.
    pub(super) fn back_up(&self) -> Result<(), LedgerError> {
        if !self.makes_backups() {
            return Ok(());
        }
        let today = self.today();
        let house = self.house();
        let settings = &house.settings.backup;
        let path = settings.folder.join(name(today));
        match self.make_backup(&settings.folder, &path) {
            Ok(facts) => {
                tracing::info!(path = %path.display(), facts, "backup made and looked through");
                if let Err(error) = prune(&settings.folder, settings.keep) {
                    tracing::warn!(%error, "old backups are not removed");
                }
                let mut book = self.book()?;
                let job = "backup".to_owned();
                self.append(&mut book, vec![Event::JobRun { job }])
            }
            Err(error) => {
                tracing::error!(%error, "no backup");
                let alert = Alert {
                    subject: "台账没有备份成".to_owned(),
                    text: format!(
                        "今天（{today}）的备份没有做成，发信和回执照常。\n要写到 {}：{error}\n\n请检查那里的磁盘空间和权限；修好后可以马上备份一次：schoolbell backup 文件。",
                        path.display()
                    ),
                };
                self.alert(&format!("backup-failed:{today}"), &alert)
            }
        }
    }

    /// A rehearsal is not worth keeping.
    fn makes_backups(&self) -> bool {
        self.house().settings.backup.keep > 0 && self.ledger.nature() == Nature::Real
    }

    fn make_backup(&self, folder: &Path, path: &Path) -> Result<u64, LedgerError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| LedgerError::Folder {
                path: folder.to_owned(),
                detail: error.to_string(),
            })?;
        self.ledger.backup_to(path).map(|found| found.facts)
    }
}

fn name(day: Date) -> String {
    format!("ledger-{day}.sqlite")
}

/// Keeps the newest; what has another name is somebody else's.
fn prune(folder: &Path, keep: usize) -> std::io::Result<()> {
    let mut ours: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_ours = entry
            .file_name()
            .to_str()
            .and_then(|name| name.strip_prefix("ledger-")?.strip_suffix(".sqlite"))
            .is_some_and(|day| day.parse::<Date>().is_ok());
        if is_ours {
            ours.push(entry.path());
        }
    }
    // Names with a date sort by it.
    ours.sort();
    let too_many = ours.len().saturating_sub(keep);
    ours.iter().take(too_many).try_for_each(fs::remove_file)
}

//! A daemon's office for the tests of this floor: the shipped calendar and roster in a folder of their own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;

use super::office::Office;
use super::{Options, Pretence, start};
use crate::clock::Speed;
use crate::core::fact::{Event, LetterNo, Outcome};
use crate::core::state::LetterState;

/// Under the spool, on the day the term begins: each contact's first letter waits.
pub(crate) struct Trial {
    folder: TempDir,
    pub(super) office: Arc<Office>,
}

impl Trial {
    pub(crate) fn begin() -> Self {
        Self::begin_after(|_| {})
    }

    /// After something was done to the folder.
    pub(super) fn begin_after(edit: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for part in ["calendar", "calendar/holidays", "config"] {
            fs::create_dir_all(folder.path().join(part)).unwrap();
            for entry in fs::read_dir(root.join(part)).unwrap() {
                let entry = entry.unwrap().path();
                if entry.is_file() {
                    let name = entry.file_name().unwrap();
                    fs::copy(&entry, folder.path().join(part).join(name)).unwrap();
                }
            }
        }
        edit(folder.path());
        let options = Options {
            config: folder.path().join("config/schoolbell.toml"),
            pretend: Some(Pretence {
                now: "2026-03-04T08:00:00+08:00".parse().unwrap(),
                speed: Speed::Max,
                until: None,
                linger: Duration::ZERO,
            }),
        };
        let office = start::open(&options).unwrap();
        office.hang("installation".to_owned()).unwrap();
        Self { folder, office }
    }

    /// The settings, for commands beside the daemon.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config/schoolbell.toml")
    }

    pub(super) fn append(&self, events: Vec<Event>) {
        let mut book = self.office.book().unwrap();
        self.office.append(&mut book, events).unwrap();
    }

    /// How each letter stands.
    pub(super) fn letters(&self) -> BTreeMap<LetterNo, LetterState> {
        let book = self.office.book().unwrap();
        let letters = book.state.letters.iter();
        letters.map(|(no, letter)| (*no, letter.clone())).collect()
    }

    /// A letter was tried once, and that is what it came to.
    pub(super) fn tried(&self, no: LetterNo, outcome: Outcome, retry_at: Option<Timestamp>) {
        let letter = self.letters().remove(&no).unwrap();
        self.append(vec![
            Event::Attempt {
                letter: no,
                address: letter.address.clone(),
                message_id: letter.message_id.clone(),
                nth: 1,
                numbered: letter.duties,
            },
            Event::Outcome {
                letter: no,
                address: letter.address,
                message_id: letter.message_id,
                outcome,
                text: String::new(),
                retry_at,
            },
        ]);
    }
}

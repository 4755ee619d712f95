//! The spool: each letter an `.eml` file in a folder, so that the product runs whole without a mail server.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::core::fact::LetterNo;

use super::transport::Sent;

/// A folder of letters.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: PathBuf,
    zone: TimeZone,
}

impl Spool {
    /// Letters go to `folder`, which is made when the first one comes; `zone` is the one slots are told in.
    pub fn new(folder: PathBuf, zone: TimeZone) -> Self {
        Self { folder, zone }
    }

    /// `20260304T080000-000123.eml`: slot and number only, for a name could be a path.
    pub fn file_name(&self, letter: LetterNo, slot: Timestamp) -> String {
        let slot = slot.to_zoned_datetime(self.zone.clone());
        format!("{}-{letter:06}.eml", slot.strftime("%Y%m%dT%H%M%S"))
    }

    /// Writes a letter. The same letter once more is the same file. After `Accepted` it survives a power cut.
    pub(super) async fn send(&self, letter: LetterNo, slot: Timestamp, bytes: &[u8]) -> Sent {
        let path = self.folder.join(self.file_name(letter, slot));
        let said = path.display().to_string();
        let bytes = bytes.to_vec();
        let written = tokio::task::spawn_blocking(move || write(&path, &bytes)).await;
        match written.unwrap_or_else(|stopped| Err(io::Error::other(stopped))) {
            Ok(()) => Sent::Accepted(format!("已写入 {said}")),
            Err(fault) => Sent::Deferred {
                text: format!("写不了 {said}:{fault}。请检查磁盘空间和文件夹权限"),
                retry_hint: None,
                relay: true,
            },
        }
    }
}

/// Readers look for `.eml` and so never see half a letter. The files are for their owner alone: links in them answer
/// in the reader's name.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let unfinished = path.with_extension("unfinished");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // On a full disk the remains would keep it full; that they can't be removed changes nothing.
        let _ = fs::remove_file(&unfinished);
    }
    written?;
    File::open(folder)?.sync_all()
}

//! Files that appear whole or not at all, and outlast a power cut.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::core::diagnostic::Words;

/// Puts a file in the place of another, whose owner and rights it takes over. The old one stays under `aside`, if a
/// name is given for it.
///
/// # Errors
/// The old file is where it was.
pub fn replace(path: &Path, bytes: &[u8], aside: Option<&Path>) -> io::Result<()> {
    let folder = folder_of(path);
    let mut whole = tempfile::Builder::new()
        .prefix(".schoolbell-")
        .tempfile_in(&folder)?;
    whole.write_all(bytes)?;
    match fs::metadata(path) {
        Ok(old) => {
            take_over(whole.as_file(), &old)?;
            if let Some(aside) = aside {
                keep(path, aside)?;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // As any new file: it is the folder that keeps strangers out.
            let rights = std::os::unix::fs::PermissionsExt::from_mode(0o640);
            whole.as_file().set_permissions(rights)?;
        }
        Err(error) => return Err(error),
    }
    whole.as_file().sync_all()?;
    whole.persist(path).map_err(|error| error.error)?;
    File::open(&folder)?.sync_all()
}

/// A name beside `path` that nothing has yet: with `tag`, and a number if need be.
pub fn free_name(path: &Path, tag: &str) -> PathBuf {
    let mut nth = 1;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(tag);
        if nth > 1 {
            name.push(format!("-{nth}"));
        }
        let name = PathBuf::from(name);
        if !name.exists() {
            return name;
        }
        nth += 1;
    }
}

fn take_over(file: &File, old: &Metadata) -> io::Result<()> {
    // Only root may give a file away; in a folder of one group it has the right one by itself.
    let _ = std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()));
    file.set_permissions(old.permissions())
}

/// A second name for the file; a copy where the file system has no such thing.
fn keep(path: &Path, aside: &Path) -> io::Result<()> {
    match fs::hard_link(path, aside) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            fs::copy(path, aside).map(|_| ())
        }
        linked => linked,
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// How much room a file system has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that this process may still write.
    pub bytes: u64,
    /// Files it may still make; `None` where the file system does not count them.
    pub files: Option<u64>,
}

/// With less left, there is a day or more to make room before anything stops: a bureau's busiest day takes a tenth.
const LEAST_BYTES: u64 = 200 * 1024 * 1024;

/// A ledger, its log and a backup are a few files, a spool some thousand a month.
const LEAST_FILES: u64 = 2_000;

impl Room {
    /// What is left where `folder` lies.
    ///
    /// # Errors
    /// The system does not say.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let found = rustix::fs::statvfs(folder)?;
        Ok(Self {
            bytes: found.f_bavail.saturating_mul(found.f_frsize),
            files: (found.f_files > 0).then_some(found.f_favail),
        })
    }

    /// What to say where it is getting scarce.
    pub fn warning(self, folder: &Path) -> Option<String> {
        let folder = folder.display();
        if self.bytes < LEAST_BYTES {
            let mebibytes = self.bytes / (1024 * 1024);
            return Some(format!(
                "{folder} 所在的磁盘只剩 {mebibytes} MiB。满了以后信会暂停、回执记不下,请尽快清理或扩容"
            ));
        }
        self.files.filter(|files| *files < LEAST_FILES).map(|files| {
            format!(
                "{folder} 所在的磁盘只能再建 {files} 个文件(inode 快用完)。用完以后信会暂停、回执记不下,请尽快清理"
            )
        })
    }
}

/// Why the system would not, in words: its own are English, and end in a number.
pub fn why(error: &io::Error) -> Words {
    let (zh, en) = match error.kind() {
        io::ErrorKind::NotFound => ("没有这个文件或文件夹", "it is not there"),
        io::ErrorKind::PermissionDenied => ("没有权限", "it is not allowed"),
        io::ErrorKind::AlreadyExists => ("已经有了", "it is there already"),
        io::ErrorKind::IsADirectory => ("是文件夹", "it is a folder"),
        io::ErrorKind::NotADirectory => ("上一级不是文件夹", "what it lies in is no folder"),
        io::ErrorKind::StorageFull => ("磁盘满了", "the disk is full"),
        io::ErrorKind::ReadOnlyFilesystem => ("磁盘是只读的", "the disk is read-only"),
        io::ErrorKind::AddrInUse => ("端口已被占用", "the port is taken"),
        io::ErrorKind::AddrNotAvailable => ("本机没有这个地址", "no such address here"),
        _ => return Words::new(error.to_string(), error.to_string()),
    };
    Words::new(zh, en)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{LEAST_BYTES, Room};

    #[test]
    fn scarce_room_is_told_before_it_is_gone() {
        let words = |bytes, files| Room { bytes, files }.warning(Path::new("/var/lib/校钟"));
        assert_eq!(words(LEAST_BYTES, None), None);
        assert_eq!(words(LEAST_BYTES, Some(1_000_000)), None);
        let bytes = words(LEAST_BYTES - 1, None).expect("a warning");
        assert!(bytes.contains("只剩 199 MiB"), "{bytes}");
        let files = words(u64::MAX, Some(3)).expect("a warning");
        assert!(files.contains("3 个文件"), "{files}");
    }
}

//! The state folder: that it is fit for a ledger, who has it, and whether the ledger's files are still the same ones.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::LedgerError;

/// The ledger's file in the state folder.
pub const LEDGER_FILE: &str = "ledger.sqlite";

/// The file whose lock keeps a second daemon out.
pub const LOCK_FILE: &str = "schoolbell.lock";

/// The state folder, held so that no other daemon uses it. Let go when dropped, or when the process ends however it may.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the folder. `started` says in words when this process started, for whoever is refused meanwhile.
    ///
    /// # Errors
    /// `Locked` tells who has it; otherwise the folder can't be written.
    pub fn take(dir: &Path, started: &str) -> Result<Self, LedgerError> {
        let path = dir.join(LOCK_FILE);
        let trouble = |error| LedgerError::from_file(&path, &error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(trouble)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(locked(&mut file)),
            Err(TryLockError::Error(error)) => return Err(trouble(error)),
        }
        let holder = format!("进程 {},启动于 {started}\n", std::process::id());
        file.set_len(0).map_err(trouble)?;
        file.write_all(holder.as_bytes()).map_err(trouble)?;
        Ok(Self { _file: file })
    }
}

/// Reads who holds the lock. The file is never removed, since a name that comes and goes would let two processes lock
/// two files of the same name.
fn locked(file: &mut File) -> LedgerError {
    let mut holder = String::new();
    let read = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.read_to_string(&mut holder));
    let by = match holder.trim() {
        holder if read.is_ok() && !holder.is_empty() => holder.to_owned(),
        _ => "一个尚未写下名字的进程".to_owned(),
    };
    LedgerError::Locked { by }
}

/// Which file a path led to when it was opened.
#[derive(Debug)]
pub(super) struct Identity {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

impl Identity {
    /// Takes note of the file at `path`.
    pub(super) fn of(path: PathBuf) -> Result<Self, LedgerError> {
        let found = fs::metadata(&path).map_err(|error| LedgerError::from_file(&path, &error))?;
        Ok(Self {
            path,
            device: found.dev(),
            inode: found.ino(),
        })
    }

    /// Whether the path still leads to the same file.
    pub(super) fn holds(&self) -> bool {
        fs::metadata(&self.path)
            .is_ok_and(|found| found.dev() == self.device && found.ino() == self.inode)
    }
}

/// Refuses a folder that is missing, no folder, or on a network file system.
pub(super) fn check(dir: &Path) -> Result<(), LedgerError> {
    let found = fs::metadata(dir).map_err(|error| LedgerError::from_file(dir, &error))?;
    if !found.is_dir() {
        return Err(LedgerError::Folder {
            path: dir.to_owned(),
            detail: "not a folder".to_owned(),
        });
    }
    match network_filesystem(dir)? {
        None => Ok(()),
        Some(kind) => Err(LedgerError::NetworkFilesystem {
            path: dir.to_owned(),
            kind,
        }),
    }
}

#[cfg(target_os = "linux")]
fn network_filesystem(dir: &Path) -> Result<Option<&'static str>, LedgerError> {
    let found =
        rustix::fs::statfs(dir).map_err(|errno| LedgerError::from_file(dir, &errno.into()))?;
    Ok(network_name(i128::from(found.f_type)))
}

/// Elsewhere the numbers mean other things, and only Linux is served in earnest.
#[cfg(not(target_os = "linux"))]
fn network_filesystem(_dir: &Path) -> Result<Option<&'static str>, LedgerError> {
    Ok(None)
}

/// The name of a network file system by its magic number (statfs(2), linux/magic.h). FUSE is not among them, since
/// local file systems use it too.
fn network_name(magic: i128) -> Option<&'static str> {
    // The field is signed on some machines and unsigned on others.
    match magic & 0xFFFF_FFFF {
        0x6969 => Some("NFS"),
        0x517B => Some("SMB"),
        0xFE53_4D42 => Some("SMB2"),
        0xFF53_4D42 => Some("CIFS"),
        0x0102_1997 => Some("9P"),
        0x00C3_6400 => Some("Ceph"),
        0x0BD0_0BD0 => Some("Lustre"),
        0x1983_0326 => Some("BeeGFS"),
        0x4750_4653 => Some("GPFS"),
        0x5346_414F | 0x6B41_4653 => Some("AFS"),
        0x7375_7245 => Some("Coda"),
        0x564C => Some("NCP"),
        _ => None,
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// Makes what was done to the names in a file's folder outlast a power cut.
pub(super) fn sync_parent(path: &Path) -> Result<(), LedgerError> {
    let dir = folder_of(path);
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|error| LedgerError::from_file(dir, &error))
}

/// A database's companion, `-wal` or `-shm`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A file that is taken away with its companions unless it has been given its final name.
#[derive(Debug)]
pub(super) struct Unfinished(pub(super) PathBuf);

impl Unfinished {
    /// Makes an empty file beside the final one, which only its owner may read.
    pub(super) fn beside(path: &Path) -> Result<Self, LedgerError> {
        /// Tells apart the threads of one process.
        static NTH: AtomicU64 = AtomicU64::new(0);
        let nth = NTH.fetch_add(1, Ordering::Relaxed);
        let unfinished = beside(path, &format!(".{}-{nth}.part", std::process::id()));
        // A crash may have left one of this very name, since in a container every run has the same process id.
        remove_if_there(&unfinished);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)
            .map_err(|error| LedgerError::from_file(&unfinished, &error))?;
        // What root makes in the service's folder is the service's. Nobody else may give a file away, nor need to.
        if let Ok(folder) = fs::metadata(folder_of(path)) {
            let _ = std::os::unix::fs::fchown(&file, Some(folder.uid()), Some(folder.gid()));
        }
        Ok(Self(unfinished))
    }

    /// Brings it to the disk and gives it its name by `rename` or a like function. No connection may be open on it: to
    /// close a file drops the locks SQLite has on it elsewhere in the process.
    pub(super) fn finish(
        self,
        path: &Path,
        rename: impl FnOnce(&Path, &Path) -> std::io::Result<()>,
    ) -> Result<(), LedgerError> {
        File::open(&self.0)
            .and_then(|file| file.sync_all())
            .and_then(|()| rename(&self.0, path))
            .map_err(|error| LedgerError::from_file(&self.0, &error))?;
        sync_parent(path)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            remove_if_there(&beside(&self.0, suffix));
        }
    }
}

/// What was renamed, or never made, is not there; what can't be removed does no harm.
pub(super) fn remove_if_there(path: &Path) {
    let _ = fs::remove_file(path);
}

#[cfg(test)]
mod tests {
    use super::network_name;

    #[test]
    fn network_filesystems_are_known_by_their_number() {
        assert_eq!(network_name(0x6969), Some("NFS"));
        assert_eq!(network_name(0xFF53_4D42), Some("CIFS"));
        let as_signed = i128::from(0xFF53_4D42_u32.cast_signed());
        assert_eq!(network_name(as_signed), Some("CIFS"));
        for local in [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630] {
            assert_eq!(network_name(local), None);
        }
    }
}

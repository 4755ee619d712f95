//! What can go wrong with the ledger, told apart as far as anybody acts on it.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi;

/// Why the ledger could not be opened, read or written. Each says what to do.
///
/// It can be cloned, since one failed commit is the answer to every request that was in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// No room. Nothing of the request was kept; it may be made again once there is room.
    #[error("磁盘已满,这一笔没有记下。请腾出空间,之后会自动恢复 ({0})")]
    Full(String),
    /// The ledger, its folder or the whole file system can't be written.
    #[error("台账只能读、不能写。请检查文件的所有者和权限,以及磁盘是否被挂成只读 ({0})")]
    ReadOnly(String),
    /// Another program held the database for longer than the wait of 5 seconds.
    #[error(
        "台账被另一个程序占用,等了 5 秒仍未放开。请关掉正打开它的 sqlite3 等工具,再试一次 ({0})"
    )]
    Busy(String),
    /// Another daemon has the state folder.
    #[error("状态文件夹已有守护进程在用:{by}。请先停掉它,或为这一个另设 state 文件夹")]
    Locked {
        /// What the holder wrote about itself: its process id and when it started.
        by: String,
    },
    /// A newer schoolbell made or changed this ledger.
    #[error("台账的结构是第 {found} 版,本程序只认得到第 {known} 版。请换用较新的 schoolbell")]
    NewerSchema {
        /// The schema the file has.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// The daemon has to bring the ledger up to date first; only it does, so that no clerk's command changes the
    /// schema under an older daemon.
    #[error(
        "台账的结构是第 {found} 版,本程序用第 {known} 版。请先重启 schoolbell 服务,由它升级台账"
    )]
    OlderSchema {
        /// The schema the file has.
        found: i64,
        /// The one this program works with.
        known: i64,
    },
    /// A real ledger was opened for pretending, or the other way round.
    #[error("{path} 是{found}台账,不能当{wanted}台账用。请把 state 指向另一个文件夹")]
    WrongNature {
        /// The ledger.
        path: PathBuf,
        /// What it is.
        found: super::Nature,
        /// What was asked for.
        wanted: super::Nature,
    },
    /// The file is no ledger of schoolbell, or its first page is destroyed.
    #[error(
        "{path} 不是 schoolbell 的台账,或文件头已损坏。若本是台账,请用 schoolbell restore 从备份恢复;若是别的文件,请移走它"
    )]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
    /// The content is damaged.
    #[error("台账已损坏。请停掉服务,留存现有文件,再用 schoolbell restore 从最近的备份恢复 ({0})")]
    Corrupt(String),
    /// SQLite would not keep a write-ahead log, or not sync it, so a power cut could lose what was acknowledged.
    #[error("状态文件夹所在的磁盘不支持可靠写入(WAL、FULL),台账不能放在这里。请换到本机磁盘 ({0})")]
    WalRefused(String),
    /// The state folder is on a file system whose locks can't be trusted.
    #[error(
        "{path} 在网络文件系统({kind})上,文件锁不可靠,台账不能放在这里。请把 state 设在本机磁盘"
    )]
    NetworkFilesystem {
        /// The folder.
        path: PathBuf,
        /// The file system's name.
        kind: &'static str,
    },
    /// The file was removed or replaced while it was open; what would be written now would be lost.
    #[error("{path} 在使用中被删除或换掉了。请停掉服务,把台账放回原处或从备份恢复,再启动")]
    Gone {
        /// Where the ledger was.
        path: PathBuf,
    },
    /// The device failed. Whether the last request was kept is known only after the ledger is opened anew, so every
    /// further append fails with this too: a sync that failed once must never be taken as good by trying again.
    #[error("读写台账时磁盘出错,已停止写入。请检查磁盘,然后重启服务 ({0})")]
    Io(String),
    /// A request that contradicts what is on record; it alone failed.
    #[error("这一笔与台账已有的记录矛盾,没有记下 ({0})")]
    Refused(String),
    /// Others have put on record what this was not decided on; nothing of it was kept, and it is to be decided anew.
    #[error("台账在这期间又有新的记录,这一笔没有记下。请再试一次")]
    Overtaken,
    /// The folder or a file in it can't be used.
    #[error("{path} 无法使用,请确认它存在、且本程序有读写权限 ({detail})")]
    Folder {
        /// What could not be used.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// Anything else SQLite said; most likely a bug.
    #[error("台账出现意外错误,请把这条信息告诉维护者 ({0})")]
    Sqlite(String),
}

impl LedgerError {
    /// Whether the writer must stop for good.
    pub(super) fn is_fatal(&self) -> bool {
        matches!(self, Self::Io(_))
    }

    /// Whether only the request at hand is at fault, so that others in its transaction may go on.
    pub(super) fn is_requests_own(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Overtaken)
    }

    /// Whether a transaction of several requests may have failed for one of them, though SQLite can't say which.
    pub(super) fn may_be_one_requests(&self) -> bool {
        !matches!(self, Self::Io(_) | Self::Busy(_) | Self::Gone { .. })
    }

    /// A failure of the file system at `path`.
    pub(super) fn from_file(path: &Path, error: &io::Error) -> Self {
        /// EIO, which std has no kind for.
        const INPUT_OUTPUT: i32 = 5;
        let detail = format!("{}: {error}", path.display());
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(detail),
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(detail),
            _ if error.raw_os_error() == Some(INPUT_OUTPUT) => Self::Io(detail),
            _ => Self::Folder {
                path: path.to_owned(),
                detail: error.to_string(),
            },
        }
    }

    /// A failure of SQLite on the database at `path`.
    pub(super) fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let Some(code) = error.sqlite_error_code() else {
            return Self::Sqlite(error.to_string());
        };
        let extended = error.sqlite_extended_error_code().unwrap_or_default();
        let detail = format!("{error}, SQLite {extended}");
        match (code, extended) {
            (_, ffi::SQLITE_READONLY_DBMOVED) => Self::Gone {
                path: path.to_owned(),
            },
            // Growing the shared memory of the log is the one write whose ENOSPC SQLite calls an I/O error.
            (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => Self::Full(detail),
            (ErrorCode::ReadOnly, _) => Self::ReadOnly(detail),
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Self::Busy(detail),
            (ErrorCode::DatabaseCorrupt, _) => Self::Corrupt(detail),
            (ErrorCode::NotADatabase, _) => Self::NotALedger {
                path: path.to_owned(),
            },
            (ErrorCode::SystemIoFailure, _) => Self::Io(detail),
            (ErrorCode::ConstraintViolation | ErrorCode::TooBig, _) => Self::Refused(detail),
            (ErrorCode::CannotOpen | ErrorCode::PermissionDenied, _) => Self::Folder {
                path: path.to_owned(),
                detail,
            },
            _ => Self::Sqlite(detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen_as(extended: i32) -> LedgerError {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(extended), None);
        LedgerError::from_sqlite(Path::new("ledger.sqlite"), &error)
    }

    #[test]
    fn what_sqlite_says_is_told_apart() {
        use LedgerError as E;
        assert!(matches!(seen_as(ffi::SQLITE_FULL), E::Full(_)));
        assert!(matches!(seen_as(ffi::SQLITE_IOERR_SHMSIZE), E::Full(_)));
        assert!(matches!(seen_as(ffi::SQLITE_READONLY), E::ReadOnly(_)));
        assert!(matches!(
            seen_as(ffi::SQLITE_READONLY_DBMOVED),
            E::Gone { .. }
        ));
        assert!(matches!(seen_as(ffi::SQLITE_IOERR_FSYNC), E::Io(_)));
        assert!(matches!(seen_as(ffi::SQLITE_BUSY), E::Busy(_)));
        assert!(matches!(seen_as(ffi::SQLITE_CORRUPT), E::Corrupt(_)));
        assert!(matches!(seen_as(ffi::SQLITE_NOTADB), E::NotALedger { .. }));
        assert!(matches!(
            seen_as(ffi::SQLITE_CONSTRAINT_UNIQUE),
            E::Refused(_)
        ));
    }

    #[test]
    fn what_the_file_system_says_is_told_apart() {
        use LedgerError as E;
        let from = |code| {
            E::from_file(
                Path::new("schoolbell.lock"),
                &io::Error::from_raw_os_error(code),
            )
        };
        assert!(matches!(from(5), E::Io(_)));
        assert!(matches!(from(28), E::Full(_)));
        assert!(matches!(from(30), E::ReadOnly(_)));
        assert!(matches!(from(13), E::Folder { .. }));
    }
}

//! Where evidence lies: each file in the state folder under the digest of its bytes, so that the same file sent twice is
//! there once, and nobody's file name is ever a path. Who sent it, and under which name, is in the ledger.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

use crate::core::evidence::{BYTES_AT_MOST, FileKind, KINDS_IN_WORDS, is_digest, plain_name};
use crate::core::hex::hex;

/// The folder of evidence within the state folder.
const FOLDER: &str = "evidence";

/// Where the files are.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// A file that is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The SHA-256 of its bytes, 64 hexadecimal digits.
    pub digest: String,
    /// The name it is shown under.
    pub name: String,
    /// How large it is.
    pub bytes: u64,
}

/// The name a file is kept under: the SHA-256 of its bytes.
pub fn digest_of(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

/// Why a file was not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// It has nothing in it.
    #[error("“{name}”是空文件")]
    Empty {
        /// What it was called.
        name: String,
    },
    /// It is larger than may be.
    #[error("“{name}”超过 {} MB，请压缩后再传", BYTES_AT_MOST / (1024 * 1024))]
    TooLarge {
        /// What it was called.
        name: String,
    },
    /// It is not of a kind that is kept.
    #[error("“{name}”不是可以收的文件，可以传{KINDS_IN_WORDS}")]
    Kind {
        /// What it was called.
        name: String,
    },
    /// Its name says that it is of such a kind, and what is in it is not.
    #[error(
        "“{name}”的内容和扩展名对不上，可能是损坏了，或改过扩展名。请打开原来的文件，另存或重新导出一份再传"
    )]
    Content {
        /// What it was called.
        name: String,
    },
    /// The disk would not have it.
    #[error("服务器存不下文件：{0}")]
    Disk(#[from] io::Error),
}

impl Store {
    /// The store of a state folder. Nothing is made until something is kept.
    pub fn of(state: &Path) -> Self {
        Self {
            folder: state.join(FOLDER),
        }
    }

    /// Keeps a file, and returns when it would survive a power cut. The fact that tells of it comes after.
    ///
    /// # Errors
    /// What is wrong with it, for who sent it; or that the disk would not have it.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> Result<Kept, NotKept> {
        let called = || name.chars().filter(|c| !c.is_control()).take(60).collect();
        if bytes.is_empty() {
            return Err(NotKept::Empty { name: called() });
        }
        if bytes.len() > BYTES_AT_MOST {
            return Err(NotKept::TooLarge { name: called() });
        }
        let Some(kind) = FileKind::of(name, bytes) else {
            let name = called();
            return Err(if FileKind::is_named(&name) {
                NotKept::Content { name }
            } else {
                NotKept::Kind { name }
            });
        };
        let digest = digest_of(bytes);
        self.put(&digest, bytes)?;
        Ok(Kept {
            digest,
            name: plain_name(name, kind),
            bytes: bytes.len() as u64,
        })
    }

    /// The bytes of a kept file; `None` if there is none under this digest. A file whose bytes no longer have it counts
    /// as none.
    ///
    /// # Errors
    /// The disk would not give it.
    pub fn open(&self, digest: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(place) = self.place(digest) else {
            return Ok(None);
        };
        match fs::read(place) {
            Ok(bytes) if digest_of(&bytes) == digest => Ok(Some(bytes)),
            Ok(_) => {
                tracing::error!(digest, "a file of evidence is not what was kept");
                Ok(None)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where the file of a digest lies; `None` for what is none. By the first two digits, so that no folder gets too many
    /// files.
    pub fn place(&self, digest: &str) -> Option<PathBuf> {
        is_digest(digest).then(|| self.folder.join(&digest[..2]).join(digest))
    }

    fn put(&self, digest: &str, bytes: &[u8]) -> io::Result<()> {
        if self.open(digest)?.is_some() {
            return Ok(());
        }
        let folder = self.folder.join(&digest[..2]);
        let place = folder.join(digest);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)?;
        let mut whole = tempfile::Builder::new()
            .prefix(".part-")
            .tempfile_in(&folder)?;
        whole.write_all(bytes)?;
        whole.as_file().sync_all()?;
        whole.persist(&place).map_err(|error| error.error)?;
        // The folders' own names too: the very first file makes both.
        for folder in folder.ancestors().take(3) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

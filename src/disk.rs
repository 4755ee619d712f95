//! Files that appear whole or not at all, and outlast a power cut.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

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

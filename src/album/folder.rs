//! The folder an album is written to. Nothing outside of it is touched, and nothing in it that is not ours.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::civil::Date;

/// The file by which a former rehearsal is known.
const MARK: &str = ".schoolbell-rehearsal";

/// The folder of the units' pages.
pub(super) const UNITS: &str = "units";

const INDEX: &str = "index.html";

/// The folder of a month's letters: `2026-05`.
pub(super) fn month(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
}

/// A unit's page, named by its place in the roster: its id could be a path.
pub(super) fn unit_file(at: usize) -> String {
    format!("{:05}.html", at + 1)
}

#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    made: BTreeSet<String>,
}

impl Folder {
    /// Makes the folder ready; what a former rehearsal wrote is cleared away.
    pub(super) fn begin(root: &Path) -> anyhow::Result<Self> {
        let said = root.display();
        let found = match fs::read_dir(root) {
            Ok(found) => found.collect::<Result<Vec<_>, _>>(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(root).with_context(|| format!("建不了文件夹 {said}"))?;
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
        .with_context(|| format!("读不了文件夹 {said}"))?;
        let mark = root.join(MARK);
        if !found.is_empty() && !is_plain(&mark, fs::FileType::is_file) {
            anyhow::bail!("{said} 里已有别的东西,不是上次预演写的,没有动它。请换一个新的文件夹");
        }
        for entry in found {
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_ours(&name) {
                clear(&entry.path()).with_context(|| format!("清不掉上次的预演 {said}"))?;
            }
        }
        let mut file = OpenOptions::new();
        let file = file.write(true).create(true).truncate(true).open(&mark);
        file.and_then(|mut file| {
            file.write_all("由 schoolbell rehearse 写成,可以整个删去\n".as_bytes())
        })
        .with_context(|| format!("写不了 {}", mark.display()))?;
        Ok(Self {
            root: root.to_owned(),
            made: BTreeSet::new(),
        })
    }

    /// Writes a file, in a folder below this one or, where `below` is empty, in itself. It must not be there: a file
    /// or link of somebody else's is never written over.
    pub(super) fn write(&mut self, below: &str, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let mut path = self.root.clone();
        if !below.is_empty() {
            path.push(below);
            if self.made.insert(below.to_owned()) && !is_plain(&path, fs::FileType::is_dir) {
                fs::create_dir(&path)
                    .with_context(|| format!("建不了文件夹 {}", path.display()))?;
            }
        }
        path.push(name);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .and_then(|mut file| file.write_all(bytes))
            .with_context(|| format!("写不了 {}", path.display()))
    }
}

/// Whether something is there and no link to it.
fn is_plain(path: &Path, is: fn(&fs::FileType) -> bool) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| is(&found.file_type()))
}

/// Whether a rehearsal writes something of this name.
fn is_ours(name: &str) -> bool {
    let is_month = name.len() == 7
        && name.bytes().enumerate().all(|(at, byte)| match at {
            4 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_month || name == UNITS || name == INDEX
}

/// Removes our files from a folder of ours, and the folder where nothing else is left in it.
fn clear(path: &Path) -> io::Result<()> {
    if is_plain(path, fs::FileType::is_file) {
        return fs::remove_file(path);
    }
    if !is_plain(path, fs::FileType::is_dir) {
        return Ok(());
    }
    let mut others = false;
    for entry in fs::read_dir(path)? {
        let entry = entry?.path();
        let ours = entry
            .extension()
            .is_some_and(|ext| ext == "eml" || ext == "html");
        if ours && is_plain(&entry, fs::FileType::is_file) {
            fs::remove_file(entry)?;
        } else {
            others = true;
        }
    }
    if others { Ok(()) } else { fs::remove_dir(path) }
}

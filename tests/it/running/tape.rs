//! What a process wrote to files and when it synced them, as `strace` saw it, and what a power cut at any moment would
//! have left of it: all that was synced, and of the rest whatever the disk happened to have written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schoolbell::core::rehearsal::Chance;

/// Disks write whole sectors, and promise no order between two syncs.
const SECTOR_BYTES: usize = 512;

/// The system calls that change files or make changes last.
pub(super) const CALLS: &str = "pwrite64,write,pwritev,ftruncate,fsync,fdatasync,unlink";

/// A system call that has ended.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) at: Timestamp,
    pub(super) file: PathBuf,
    what: What,
}

#[derive(Debug)]
enum What {
    Write { offset: usize, bytes: Vec<u8> },
    Resize { to: usize },
    Sync,
    Unlink,
}

impl Step {
    /// Reads what `strace -f -ttt -y -xx` wrote of [`CALLS`].
    ///
    /// # Panics
    /// On a call that this program was not known to make: the picture would be wrong.
    pub(super) fn all(trace: &str) -> Vec<Self> {
        let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
        let mut steps = Vec::new();
        for line in trace.lines() {
            let (process, rest) = line.split_once(' ').unwrap();
            let (time, call) = rest.trim_start().split_once(' ').unwrap();
            if call.starts_with("+++") || call.starts_with("---") {
                continue;
            }
            let whole = if let Some(start) = call.strip_suffix(" <unfinished ...>") {
                begun.insert(process, start);
                continue;
            } else if call.starts_with("<... ") {
                let (_, end) = call.split_once(" resumed>").unwrap();
                format!("{}{end}", begun.remove(process).unwrap())
            } else {
                call.to_owned()
            };
            steps.extend(Self::of(time, &whole));
        }
        steps
    }

    /// `None` for a call that failed: it changed nothing.
    fn of(time: &str, call: &str) -> Option<Self> {
        let (call, end) = call.rsplit_once(" = ").unwrap();
        if end.starts_with('-') {
            return None;
        }
        let (name, arguments) = call.split_once('(').unwrap();
        let arguments: Vec<&str> = arguments.trim_end_matches(')').split(", ").collect();
        let text = |at: usize| unhex(arguments[at].trim_matches('"'));
        let number = |at: usize| arguments[at].parse::<usize>().unwrap();
        let opened = || {
            let (_, path) = arguments[0].split_once('<').unwrap();
            unhex(path.trim_end_matches('>'))
        };
        let (file, what) = match name {
            "pwrite64" => {
                let (offset, bytes) = (number(3), text(1));
                assert_eq!(end.parse(), Ok(bytes.len()), "cut short: {call}");
                (opened(), What::Write { offset, bytes })
            }
            "ftruncate" => (opened(), What::Resize { to: number(1) }),
            "fsync" | "fdatasync" => (opened(), What::Sync),
            "unlink" => (text(0), What::Unlink),
            _ => panic!("what does {name} do?"),
        };
        let micros: i64 = time.replace('.', "").parse().unwrap();
        Some(Self {
            at: Timestamp::from_microsecond(micros).unwrap(),
            file: PathBuf::from(String::from_utf8(file).unwrap()),
            what,
        })
    }

    pub(super) fn writes_to(&self, file: &Path) -> bool {
        self.file == file && matches!(self.what, What::Write { .. })
    }
}

/// `\x37\x7f`
fn unhex(text: &str) -> Vec<u8> {
    let bytes = text.split("\\x").skip(1);
    bytes
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

/// What a cut after these steps leaves of a file; `None` if it is not there.
pub(super) fn left_of(
    file: &Path,
    before: Option<Vec<u8>>,
    steps: &[Step],
    chance: &mut Chance,
) -> Option<Vec<u8>> {
    let mut synced = before;
    let mut pending: Vec<&What> = Vec::new();
    for step in steps.iter().filter(|step| step.file == file) {
        match &step.what {
            What::Sync => {
                for what in pending.drain(..) {
                    apply(&mut synced, what, |_| true);
                }
            }
            what => pending.push(what),
        }
    }
    // A disk that wrote nothing yet, one that wrote all, and one that wrote some sectors.
    let often = *chance.pick(&[0, 50, 50, 90, 100]).unwrap_or(&50);
    for what in pending {
        apply(&mut synced, what, |_| chance.percent(often));
    }
    synced
}

/// Does it to those sectors that `reaches` says.
fn apply(image: &mut Option<Vec<u8>>, what: &What, mut reaches: impl FnMut(usize) -> bool) {
    match what {
        What::Write { offset, bytes } => {
            let image = image.get_or_insert_default();
            let mut from = 0;
            while from < bytes.len() {
                let at = offset + from;
                let to = bytes.len().min(from + SECTOR_BYTES - at % SECTOR_BYTES);
                if reaches(at) {
                    let end = at + to - from;
                    image.resize(image.len().max(end), 0);
                    image[at..end].copy_from_slice(&bytes[from..to]);
                }
                from = to;
            }
        }
        What::Resize { to } if reaches(*to) => image.get_or_insert_default().resize(*to, 0),
        What::Unlink if reaches(0) => *image = None,
        What::Resize { .. } | What::Unlink | What::Sync => {}
    }
}

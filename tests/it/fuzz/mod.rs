//! Hostile input: what is written by people, mutated, must be read to an end without a panic, and in time.
//!
//! It runs on a stable compiler, so it is a loop of its own and not libFuzzer: a seed decides every input, and a failure
//! prints seed, number and input. What once failed is kept under `tests/it/data/corpus/TARGET/` and tried first. To add
//! a target is to add a [`Target`] to [`targets::ALL`].

mod mutate;
mod post;
mod targets;

use std::any::Any;
use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use proptest::test_runner::{RngAlgorithm, TestRng};

pub(crate) use targets::ALL;

/// The longest one input may take; the slowest sound one takes a hundredth of it.
const LIMIT: Duration = Duration::from_secs(10);

/// Something that reads what people write.
pub(crate) struct Target {
    /// Its name, and its folder in the corpus.
    pub(crate) name: &'static str,
    /// Sound inputs to begin with: real files where there are any.
    seeds: fn() -> Vec<Vec<u8>>,
    /// What its language is made of: the mutator puts these in.
    words: &'static [&'static str],
    /// Reads an input; panics where what must hold does not.
    pub(crate) read: fn(&[u8]),
    /// How many inputs a test run tries.
    pub(crate) few: u32,
}

/// An input that was not read to an end.
pub(crate) struct Failure {
    target: &'static str,
    seed: u64,
    /// Which input of that seed; `None` for one of the corpus.
    nth: Option<u32>,
    /// What went wrong.
    pub(crate) what: String,
    /// The input.
    pub(crate) input: Vec<u8>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, seed, .. } = self;
        match self.nth {
            Some(nth) => writeln!(f, "{target}: seed {seed}, input {nth}: {}", self.what)?,
            None => writeln!(f, "{target}: an input of the corpus: {}", self.what)?,
        }
        write!(f, "{}", String::from_utf8_lossy(&self.input))
    }
}

/// The corpus of a target.
pub(crate) fn corpus(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/data/corpus")
        .join(target.name)
}

/// Tries the corpus, the seeds as they are, and `count` mutations of them.
///
/// # Errors
/// The first input that was not read to an end.
pub(crate) fn run(target: &'static Target, seed: u64, count: u32) -> Result<u32, Box<Failure>> {
    let current: Arc<Mutex<(Option<u32>, Vec<u8>)>> = Arc::default();
    let (done, heard) = channel::<Result<(), String>>();
    let trying = Arc::clone(&current);
    // What never ends can only be left behind: the caller fails, and the process with it.
    thread::spawn(move || {
        for (nth, input) in inputs(target, seed, count) {
            if let Ok(mut current) = trying.lock() {
                *current = (nth, input.clone());
            }
            let read = catch_unwind(AssertUnwindSafe(|| (target.read)(&input)));
            if done.send(read.map_err(|panic| words(&*panic))).is_err() {
                return;
            }
        }
    });
    let mut tried = 0;
    loop {
        let what = match heard.recv_timeout(LIMIT) {
            Ok(Ok(())) => {
                tried += 1;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(tried),
            Ok(Err(panic)) => panic,
            Err(RecvTimeoutError::Timeout) => format!("not read within {LIMIT:?}"),
        };
        let (nth, input) = current
            .lock()
            .map(|current| current.clone())
            .unwrap_or_default();
        return Err(Box::new(Failure {
            target: target.name,
            seed,
            nth,
            what,
            input,
        }));
    }
}

fn inputs(
    target: &'static Target,
    seed: u64,
    count: u32,
) -> impl Iterator<Item = (Option<u32>, Vec<u8>)> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let seeds = (target.seeds)();
    let kept = kept(target);
    let sound = kept.into_iter().chain(seeds.clone());
    let mutated = (0..count).map(move |nth| {
        let input = mutate::mutated(&mut rng, &seeds, target.words);
        (Some(nth), input)
    });
    sound.map(|input| (None, input)).chain(mutated)
}

/// The inputs that once failed, in order of their names.
fn kept(target: &Target) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(corpus(target))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    paths
        .iter()
        .filter_map(|path| fs::read(path).ok())
        .collect()
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words")
        .to_owned()
}

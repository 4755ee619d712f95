//! A broken promise, and how it is told.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use super::World;

/// How many lines of what led to a violation are shown.
pub(super) const HISTORY_LINES: usize = 40;

/// A broken promise.
#[derive(Debug, Default)]
pub(crate) struct Violation {
    pub(super) seed: u64,
    pub(super) at: Timestamp,
    pub(super) faults: Vec<String>,
    pub(super) history: Vec<String>,
    pub(super) spoken_of: Vec<String>,
    /// The mishaps that led to it, by their numbers.
    pub(crate) mishaps: BTreeSet<u64>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mishaps: Vec<String> = self.mishaps.iter().map(u64::to_string).collect();
        let only = if mishaps.is_empty() {
            "0".to_owned()
        } else {
            mishaps.join(",")
        };
        writeln!(
            f,
            "seed {} at {}; replayed by --from-seed {} --seeds 1 --only {only}",
            self.seed, self.at, self.seed
        )?;
        for line in &self.history {
            writeln!(f, "    {line}")?;
        }
        for line in &self.spoken_of {
            writeln!(f, "  {line}")?;
        }
        for fault in &self.faults {
            writeln!(f, "  {fault}")?;
        }
        Ok(())
    }
}

impl World {
    /// The facts of the duties that faults speak of, and of the letters that carried them.
    pub(super) fn spoken_of(&self, faults: &[String]) -> Vec<String> {
        let duties = self.record.fates.keys();
        let duties: Vec<String> = duties
            .map(|duty| format!("{duty} "))
            .filter(|duty| faults.iter().any(|fault| fault.contains(duty)))
            .collect();
        let lines: Vec<String> = self
            .house
            .facts
            .iter()
            .map(|fact| serde_json::to_string(fact).unwrap_or_default())
            .collect();
        let mut letters: BTreeSet<String> = BTreeSet::new();
        let mut found = Vec::new();
        for line in lines {
            let of = |name: &str| {
                let from = line.find(name)? + name.len();
                line[from..].split([',', '}']).next().map(str::to_owned)
            };
            let letter = of("\"letter\":");
            let named = duties
                .iter()
                .any(|duty| line.contains(&format!("\"{}\"", duty.trim())));
            let ends = line.contains("\"outcome\"")
                && letter.as_ref().is_some_and(|no| letters.contains(no));
            if named {
                letters.extend(letter);
            }
            if named || ends || line.contains("\"unreachable\"") {
                found.push(line);
            }
        }
        found
    }
}

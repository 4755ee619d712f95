//! Reading calendar and roster from disk, whole, and checking them together.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Settings;
use crate::core::agenda::Agenda;
use crate::core::calendar;
use crate::core::diagnostic::{Diagnostic, Faults, Locale, Severity, Text};
use crate::core::hex::hex;
use crate::core::review::review;
use crate::core::roster::{decode, read_csv};

/// Calendar and roster as they were found, with every finding.
pub struct Loaded {
    /// Both joined. With an error among the findings it must not take effect.
    pub agenda: Agenda,
    /// Every finding, errors first.
    pub findings: Vec<Diagnostic>,
    /// A digest of all files.
    pub version: String,
    /// The files: name and text, for the ledger's record.
    pub files: Vec<(String, String)>,
}

/// A file that could not be read at all.
#[derive(Debug, thiserror::Error)]
#[error("读不了 {path}:{error}")]
pub struct LoadError {
    /// Which.
    path: PathBuf,
    /// Why.
    error: io::Error,
}

impl Loaded {
    /// Whether anything stops it from taking effect.
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|found| found.severity == Severity::Error)
    }

    /// The findings as text, one after another.
    pub fn report(&self, styled: bool) -> String {
        let locale = self.agenda.calendar.locale;
        let mut report = String::new();
        for found in &self.findings {
            let _ = writeln!(report, "{}\n", found.render(locale, styled));
        }
        report
    }

    /// The language to speak in.
    pub fn locale(&self) -> Locale {
        self.agenda.calendar.locale
    }
}

/// Reads and checks the calendar and roster that the settings name.
///
/// # Errors
/// A folder or file that cannot be read. What is wrong *in* a file is a finding.
pub fn load(settings: &Settings) -> Result<Loaded, LoadError> {
    load_with_roster(settings, &read(&settings.roster)?)
}

/// Reads and checks the calendar that the settings name, with this roster in the place of the one they name.
///
/// # Errors
/// As [`load`].
pub fn load_with_roster(settings: &Settings, roster: &[u8]) -> Result<Loaded, LoadError> {
    let mut files = Vec::new();
    gather(&settings.calendar, &settings.calendar, &mut files)?;
    files.sort();
    Ok(parse(settings, &files, roster))
}

/// Reads a version as the ledger kept it: the one in force, where the files on disk are broken.
pub fn load_kept(settings: &Settings, kept: &[(String, String)]) -> Loaded {
    let (rosters, calendar): (Vec<_>, Vec<_>) =
        kept.iter().partition(|(name, _)| name == KEPT_ROSTER);
    let files: Vec<_> = calendar
        .into_iter()
        .map(|(name, text)| (name.clone(), text.clone().into_bytes()))
        .collect();
    let roster = rosters.first().map_or("", |(_, text)| text.as_str());
    parse(settings, &files, roster.as_bytes())
}

/// The name under which the ledger keeps the roster.
pub const KEPT_ROSTER: &str = "roster.csv";

fn parse(settings: &Settings, files: &[(String, Vec<u8>)], roster_bytes: &[u8]) -> Loaded {
    let roster_name = settings.roster.display().to_string();
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    let faults = Faults::default();
    let mut texts: Vec<Arc<Text>> = Vec::new();
    let mut kept = Vec::new();
    for (name, bytes) in files {
        digest.update(name.as_bytes());
        digest.update(&[0]);
        digest.update(bytes);
        digest.update(&[0]);
        kept.push((name.clone(), String::from_utf8_lossy(bytes).into_owned()));
        let shown = settings.calendar.join(name).display().to_string();
        match Text::decode(&shown, bytes) {
            Ok(text) => texts.push(text),
            Err(fault) => faults.add(*fault),
        }
    }
    digest.update(roster_bytes);
    let calendar = calendar::read(&texts, &faults);
    let roster = read_csv(&roster_name, roster_bytes, &faults);
    kept.push((KEPT_ROSTER.to_owned(), decode(roster_bytes)));
    let agenda = Agenda::new(
        Arc::new(calendar),
        Arc::new(roster),
        settings.admins.clone(),
    );
    if !faults.any_error() {
        review(&agenda, &faults);
    }
    Loaded {
        agenda,
        findings: faults.into_sorted(),
        version: hex(&digest.finish().as_ref()[..16]),
        files: kept,
    }
}

/// Every `.toml` under the calendar's folder, by its name relative to it.
fn gather(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), LoadError> {
    let wrong = |error| LoadError {
        path: folder.to_owned(),
        error,
    };
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if hidden {
            continue;
        }
        if path.is_dir() {
            gather(root, &path, files)?;
        } else if path.extension().is_some_and(|ext| ext == "toml") {
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            files.push((name, read(&path)?));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|error| LoadError {
        path: path.to_owned(),
        error,
    })
}

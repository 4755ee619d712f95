//! Reading calendar and roster from disk, whole, and checking them together.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{ConfigError, Settings};
use crate::core::agenda::Agenda;
use crate::core::calendar::{self, Calendar};
use crate::core::diagnostic::{Diagnostic, Faults, Locale, Severity, Text, Words, decode, render};
use crate::core::hex::hex;
use crate::core::review::review;
use crate::core::roster::{CsvStyle, Roster, is_toml, read_csv, read_toml};
use crate::disk::why;
use crate::mail::Templates;

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

impl Loaded {
    /// Whether anything stops it from taking effect.
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|found| found.severity == Severity::Error)
    }

    /// The findings as text, one after another.
    pub fn report(&self, styled: bool) -> String {
        render(&self.findings, self.locale(), styled)
    }

    /// The language to speak in.
    pub fn locale(&self) -> Locale {
        self.agenda.calendar.locale
    }
}

/// Reads and checks the calendar and roster that the settings name.
pub fn load(settings: &Settings) -> Loaded {
    load_with(settings, Faults::default())
}

/// Reads and checks everything: settings, calendar, roster and templates. Each is looked at whatever is wrong with the
/// others.
///
/// # Errors
/// The settings' file cannot be read at all.
pub fn check(config: &Path) -> Result<Loaded, ConfigError> {
    let faults = Faults::default();
    let settings = Settings::survey(config, &faults)?;
    let (_, problems) = Templates::load(Some(&settings.mail.templates));
    for problem in problems {
        faults.add(problem);
    }
    Ok(load_with(&settings, faults))
}

/// Reads and checks the calendar that the settings name, with this roster in the place of the one they name.
pub fn load_with_roster(settings: &Settings, roster: &[u8]) -> Loaded {
    let faults = Faults::default();
    let files = gather_all(settings, &faults);
    parse(settings, &files, Some(RosterFile::Csv(roster)), faults)
}

fn load_with(settings: &Settings, faults: Faults) -> Loaded {
    let files = gather_all(settings, &faults);
    let roster = fs::read(&settings.roster)
        .map_err(|error| faults.add(unreadable("花名册", "the roster", &settings.roster, &error)))
        .ok();
    let roster = roster.as_deref().map(|bytes| {
        if is_toml(&settings.roster) {
            RosterFile::Toml(bytes)
        } else {
            RosterFile::Csv(bytes)
        }
    });
    parse(settings, &files, roster, faults)
}

/// The calendar's files, by name.
fn gather_all(settings: &Settings, faults: &Faults) -> Vec<(String, Vec<u8>)> {
    let mut found = Folder::default();
    if let Err((path, error)) = gather(&settings.calendar, &settings.calendar, &mut found) {
        faults.add(unreadable("行事历", "the calendar", &path, &error));
    }
    found.left_out.sort();
    for path in &found.left_out {
        faults.add(left_out(path));
    }
    found.files.sort();
    found.files
}

/// What the calendar's folder holds.
#[derive(Default)]
struct Folder {
    files: Vec<(String, Vec<u8>)>,
    /// What looks as if it should be read and is not.
    left_out: Vec<PathBuf>,
}

/// A file that is not read: its tasks would be missing without a word.
fn left_out(path: &Path) -> Diagnostic {
    let is_large = path
        .extension()
        .is_some_and(|ext| ext.eq_ignore_ascii_case("toml"));
    let (zh, en) = if is_large {
        (
            "文件名结尾的 .toml 要用小写字母",
            "the .toml its name ends with must be in small letters",
        )
    } else {
        ("文件名要以 .toml 结尾", "its name must end with .toml")
    };
    let path = path.display();
    Diagnostic::general(Words::new(
        format!("{path} 不会被读取:{zh}"),
        format!("{path} is not read: {en}"),
    ))
    .help(Words::new(
        "是行事历就改文件名,不是就移到这个文件夹外面",
        "rename it if it belongs to the calendar, else move it out of the folder",
    ))
}

fn unreadable(zh: &str, en: &str, path: &Path, error: &io::Error) -> Diagnostic {
    let why = why(error);
    let path = path.display();
    Diagnostic::failure(Words::new(
        format!("读不了{zh} {path}:{}", why.zh),
        format!("cannot read {en} {path}: {}", why.en),
    ))
    .help(Words::new(
        "检查文件,以及 schoolbell.toml 里写的位置",
        "check the file, and where schoolbell.toml says it is",
    ))
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
    let roster = Some(RosterFile::Csv(roster.as_bytes()));
    parse(settings, &files, roster, Faults::default())
}

/// A roster as it was found.
#[derive(Clone, Copy)]
enum RosterFile<'a> {
    Csv(&'a [u8]),
    Toml(&'a [u8]),
}

impl RosterFile<'_> {
    fn bytes(&self) -> &[u8] {
        let (Self::Csv(bytes) | Self::Toml(bytes)) = self;
        bytes
    }

    /// The roster, and the text that the ledger keeps of it: always CSV, since whoever is forgotten is looked for there.
    fn read(self, name: &str, faults: &Faults) -> (Roster, String) {
        match self {
            Self::Csv(bytes) => (read_csv(name, bytes, faults), decode(bytes).0),
            Self::Toml(bytes) => {
                let (sheet, roster) = read_toml(name, bytes, faults);
                (roster, sheet.to_csv(CsvStyle::default()))
            }
        }
    }
}

/// The name under which the ledger keeps the roster.
pub const KEPT_ROSTER: &str = "roster.csv";

fn parse(
    settings: &Settings,
    files: &[(String, Vec<u8>)],
    roster: Option<RosterFile<'_>>,
    faults: Faults,
) -> Loaded {
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    let mut texts: Vec<Arc<Text>> = Vec::new();
    let mut kept = Vec::new();
    for (name, bytes) in files {
        digest.update(name.as_bytes());
        digest.update(&[0]);
        digest.update(bytes);
        digest.update(&[0]);
        kept.push((name.clone(), String::from_utf8_lossy(bytes).into_owned()));
        let shown = settings.calendar.join(name).display().to_string();
        texts.extend(Text::decode(&shown, bytes, &faults));
    }
    let roster = roster.map_or_else(Roster::default, |file| {
        digest.update(file.bytes());
        let name = settings.roster.display().to_string();
        let (roster, text) = file.read(&name, &faults);
        kept.push((KEPT_ROSTER.to_owned(), text));
        roster
    });
    let calendar = if files.is_empty() && faults.any_error() {
        Calendar::default()
    } else {
        calendar::read_beside(&texts, roster.units(), &faults)
    };
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
fn gather(root: &Path, folder: &Path, found: &mut Folder) -> Result<(), (PathBuf, io::Error)> {
    let wrong = |error| (folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let path = entry.path();
        let file_name = entry.file_name();
        let file_name = file_name.to_string_lossy();
        if file_name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            gather(root, &path, found)?;
        } else if path.extension().is_some_and(|ext| ext == "toml") {
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            let bytes = fs::read(&path).map_err(|error| (path, error))?;
            found.files.push((name, bytes));
        } else if !(file_name.starts_with("README") && file_name.ends_with(".md")) {
            found.left_out.push(path);
        }
    }
    Ok(())
}

//! The catalogue of what people get wrong: `tests/it/data/bad/`.
//!
//! A case is a folder with the files that differ from the sound house of `tests/it/data/sound/`, and with what `check`
//! says of them: `zh.txt` and `en.txt`. For a new case make a folder with the bad file, run `UPDATE_EXPECT=1 cargo test
//! catalogue`, and read what was written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use schoolbell::core::diagnostic::{Locale, render};
use schoolbell::load::{Loaded, check};

/// So many cases there are at least: none gets lost.
const CASES: usize = 60;

/// What is expected, by language.
const EXPECTED: [(&str, Locale); 2] = [("zh.txt", Locale::Chinese), ("en.txt", Locale::English)];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

/// A house of its own: the sound one with some files exchanged.
pub(super) struct House(tempfile::TempDir);

impl House {
    pub(super) fn sound() -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        for file in files(&folder("tests/it/data/sound")) {
            house.put(&name_of(&file), &fs::read(&file).unwrap());
        }
        for year in [2025, 2026] {
            let name = format!("holidays/{year}.toml");
            let notice = fs::read(folder("calendar").join(&name)).unwrap();
            house.put(&name, &notice);
        }
        house
    }

    /// Puts a file where it belongs: the settings, the roster and the templates into `config`, all else into `calendar`.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) {
        let place = match name {
            "schoolbell.toml" | "roster.csv" => "config",
            "letter.txt" | "letter.html" => "config/templates",
            _ => "calendar",
        };
        let path = self.0.path().join(place).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(super) fn settings(&self) -> PathBuf {
        self.0.path().join("config/schoolbell.toml")
    }

    pub(super) fn check(&self) -> Loaded {
        check(&self.settings()).unwrap()
    }

    /// What is said, with the files' names from the house on.
    pub(super) fn says(&self, locale: Locale) -> String {
        let house = format!("{}/", self.0.path().display());
        let said = render(&self.check().findings, locale, false).replace(&house, "");
        // An editor would take trailing spaces away.
        let lines = said.trim_end().lines().map(str::trim_end);
        lines.flat_map(|line| [line, "\n"]).collect()
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// A case's house. A folder in a case is one in the calendar.
fn house_of(case: &Path) -> House {
    let house = House::sound();
    for file in files(case) {
        let name = name_of(&file);
        if file.is_dir() {
            for inner in files(&file) {
                let name = format!("{name}/{}", name_of(&inner));
                house.put(&name, &fs::read(&inner).unwrap());
            }
        } else if !EXPECTED.iter().any(|(expected, _)| *expected == name) {
            house.put(&name, &fs::read(&file).unwrap());
        }
    }
    house
}

#[test]
fn every_bad_input_is_answered_as_the_catalogue_says() {
    #[expect(clippy::disallowed_methods, reason = "expect-test's own switch")]
    let update = std::env::var("UPDATE_EXPECT").is_ok();
    let cases = files(&folder("tests/it/data/bad"));
    assert!(cases.len() >= CASES, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let house = house_of(case);
        for (name, locale) in EXPECTED {
            let said = house.says(locale);
            assert!(said.len() > 1, "{}: nothing is found", case.display());
            if update {
                fs::write(case.join(name), &said).unwrap();
            }
            let expected = fs::read_to_string(case.join(name)).unwrap_or_default();
            if said != expected {
                let case = case.display();
                wrong.push(format!(
                    "{case}/{name}\nexpected:\n{expected}\nfound:\n{said}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// No two cases are the same under two names.
#[test]
fn no_case_stands_twice() {
    let mut seen = BTreeSet::new();
    for case in files(&folder("tests/it/data/bad")) {
        // One without it fails above.
        let Ok(said) = fs::read_to_string(case.join("zh.txt")) else {
            continue;
        };
        assert!(seen.insert(said), "{}", case.display());
    }
}

#[test]
fn the_sound_house_is_sound() {
    assert_eq!(House::sound().says(Locale::Chinese), "\n".trim_start());
}

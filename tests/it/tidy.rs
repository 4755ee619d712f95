//! The house is held to its plan: who may know what, which words are used, what is shipped.

mod code;
mod docs;
mod faults;
mod mutants;
mod operating;
mod pages;
mod signatures;

use std::fs;
use std::path::{Path, PathBuf};

use schoolbell::config::Settings;
use schoolbell::load::load;

/// The longest a file may be.
const LINES_AT_MOST: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files under a folder with an extension, by their paths from the project's root, in order.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<String> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, extension, found);
            } else if path.extension().is_some_and(|ext| ext == extension) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), extension, &mut found);
    let mut names: Vec<_> = found
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap();
            name.to_str().unwrap().to_owned()
        })
        .collect();
    names.sort();
    names
}

pub(crate) fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Fails with all faults at once.
pub(crate) fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Where any of `words` stands in the code of the files that `looked_at` picks.
fn mentions(words: &[&str], looked_at: impl Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    for name in files("src", "rs")
        .into_iter()
        .filter(|name| looked_at(name))
    {
        for (line, code) in code::lines(&read(&name)).iter().enumerate() {
            for word in words.iter().filter(|word| code::has(code, word)) {
                faults.push(format!("{name}:{}: {word}", line + 1));
            }
        }
    }
    faults
}

#[test]
fn core_is_pure() {
    let outside = [
        "tokio",
        "rusqlite",
        "lettre",
        "axum",
        "hyper",
        "notify",
        "ring",
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "std::thread",
        "std::time",
        "Timestamp::now",
        "Instant::now",
    ];
    none(mentions(&outside, |name| name.starts_with("src/core/")));
}

#[test]
fn no_floor_knows_a_higher_one() {
    let floors: [(&str, &[&str]); 13] = [
        ("src/core/", &["core"]),
        ("src/pattern", &[]),
        ("src/ledger/", &["core", "ledger", "pattern"]),
        ("src/book", &["core", "ledger"]),
        ("src/link", &["core", "link"]),
        ("src/ics/", &["core", "ics"]),
        ("src/evidence", &["core"]),
        ("src/mail/", &["core", "mail", "pattern"]),
        ("src/schema/", &["core", "schema"]),
        ("src/export/", &["core", "export", "ledger", "sheet"]),
        ("src/web/", &["core", "ics", "link", "web"]),
        ("src/album/", &["album", "config", "core", "ics", "mail"]),
        (
            "src/daemon/",
            &[
                "book", "clock", "config", "core", "daemon", "disk", "evidence", "export", "ics",
                "ledger", "link", "load", "mail", "pattern", "sheet", "web",
            ],
        ),
    ];
    let mut faults = Vec::new();
    for (floor, known) in floors {
        for name in files("src", "rs")
            .into_iter()
            .filter(|name| name.starts_with(floor))
        {
            for (line, code) in code::lines(&read(&name)).iter().enumerate() {
                for path in code.split("crate::").skip(1) {
                    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
                    let module = &path[..end.unwrap_or(path.len())];
                    if !known.contains(&module) {
                        faults.push(format!("{name}:{}: crate::{module}", line + 1));
                    }
                }
            }
        }
    }
    none(faults);
}

#[test]
fn sql_lives_in_the_ledger() {
    none(mentions(&["rusqlite"], |name| {
        !name.starts_with("src/ledger/")
    }));
}

#[test]
fn one_file_reads_time() {
    let readings = [
        "Timestamp::now",
        "Zoned::now",
        "ZonedDateTime::now",
        "SystemTime::now",
        "UtcDateTime::now",
    ];
    none(mentions(&readings, |name| name != "src/clock.rs"));
}

#[test]
fn one_file_reads_the_environment() {
    none(mentions(
        &["env::var", "env::vars", "env::var_os"],
        |name| name != "src/config.rs",
    ));
}

/// Words for what already has one: the design's word comes first.
const SYNONYMS: [(&str, &[&str]); 13] = [
    ("task", &["todo", "chore", "assignment"]),
    ("occurrence", &["recurrence", "instalment"]),
    (
        "unit",
        &["organisation", "organization", "department", "institution"],
    ),
    ("duty", &["obligation"]),
    ("contact", &["addressee", "responsible_person"]),
    (
        "rung",
        &["reminder_job", "escalation_step", "escalation_stage"],
    ),
    ("notice", &["notification"]),
    ("letter", &["newsletter", "mailing", "email_job"]),
    ("answer", &["feedback", "acknowledgement", "acknowledgment"]),
    ("ledger", &["event_log", "audit_log", "audit_trail"]),
    ("slot", &["timeslot", "time_slot", "send_window"]),
    (
        "workday",
        &["business_day", "working_day", "work_day", "weekday_only"],
    ),
    ("teaching day", &["school_day", "class_day", "lesson_day"]),
];

#[test]
fn one_word_a_thing() {
    let mut faults = Vec::new();
    for name in files("src", "rs") {
        for (line, code) in code::lines(&read(&name)).iter().enumerate() {
            let snake = code::snake(code);
            for (word, synonyms) in SYNONYMS {
                for synonym in synonyms.iter().filter(|synonym| snake.contains(**synonym)) {
                    faults.push(format!("{name}:{}: {synonym}; say {word}", line + 1));
                }
            }
        }
    }
    none(faults);
}

#[test]
fn no_file_is_too_long() {
    let mut faults = Vec::new();
    for name in [files("src", "rs"), files("tests", "rs")].concat() {
        let lines = read(&name).lines().count();
        if lines > LINES_AT_MOST {
            faults.push(format!("{name}: {lines} lines; {LINES_AT_MOST} at most"));
        }
    }
    none(faults);
}

#[test]
fn every_shipped_toml_passes_check() {
    let settings = Settings::read(&root().join("config/schoolbell.toml")).unwrap();
    let loaded = load(&settings);
    assert!(!loaded.has_errors(), "\n{}", loaded.report(false));
    // Nothing lies where it is not read.
    let mut read: Vec<_> = loaded
        .files
        .iter()
        .filter(|(name, _)| name != "roster.csv")
        .map(|(name, _)| format!("calendar/{name}"))
        .collect();
    read.sort();
    assert_eq!(read, files("calendar", "toml"));
    assert_eq!(files("config", "toml"), ["config/schoolbell.toml"]);
    assert!(files("deploy", "toml").is_empty());
}

/// Each file really is looked into: a word that no file may have is found in every one.
#[test]
fn a_fault_in_any_shipped_toml_is_found() {
    let mut shipped = files("calendar", "toml");
    shipped.push("config/schoolbell.toml".to_owned());
    for name in shipped {
        let house = docs::house();
        let path = house.path().join(&name);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}\n[no-such-table]\n")).unwrap();
        let found = match Settings::read(&house.path().join("config/schoolbell.toml")) {
            Err(error) => error.to_string(),
            Ok(settings) => load(&settings).report(false),
        };
        assert!(found.contains("no-such-table"), "{name}: {found}");
    }
}

#[test]
fn the_unit_keeps_its_guards() {
    let unit = read("deploy/schoolbell.service");
    let guards = [
        "Type=notify",
        "WatchdogSec=5min",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "Restart=on-failure",
        "StartLimitBurst=5",
        "DynamicUser=yes",
        "StateDirectory=schoolbell",
        "LoadCredential=smtp-password:schoolbell.smtp-password",
        "LoadCredential=imap-password:schoolbell.imap-password",
        "LoadCredential=link-key:schoolbell.link-key",
        "CapabilityBoundingSet=",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateDevices=yes",
        "PrivateUsers=yes",
        "MemoryDenyWriteExecute=yes",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged @resources",
        "UMask=0077",
    ];
    let missing = guards
        .iter()
        .filter(|guard| !unit.lines().any(|line| line == **guard))
        .map(|guard| format!("deploy/schoolbell.service: no line {guard}"));
    none(missing.collect());
}

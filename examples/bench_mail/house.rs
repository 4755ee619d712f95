//! A county for the bench: so many schools, each with one contact and four duties that are told of at one slot.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use schoolbell::ledger::Ledger;
use tempfile::TempDir;

use crate::beside::{free_port, memory, program};
use crate::sink::Sink;

/// Schools to a mail domain: a few large providers have most mailboxes.
const DOMAINS: usize = 10;

pub(crate) struct House {
    folder: TempDir,
    letters: usize,
    connections: usize,
}

/// What a run of the daemon came to.
pub(crate) struct Ran {
    pub(crate) rate: f64,
    /// The most memory it had, in KiB.
    pub(crate) peak_kib: u64,
    pub(crate) letter_bytes: usize,
}

impl House {
    pub(crate) fn build(letters: usize, connections: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (calendar, config) = (folder.path().join("calendar"), folder.path().join("config"));
        fs::create_dir_all(calendar.join("holidays")).expect("a folder to write in");
        fs::create_dir_all(&config).expect("a folder to write in");
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("calendar");
        for name in [
            "calendar.toml",
            "school-year.toml",
            "holidays/2025.toml",
            "holidays/2026.toml",
        ] {
            fs::copy(shipped.join(name), calendar.join(name)).expect("the shipped calendar");
        }
        fs::write(calendar.join("05.toml"), PAGE).expect("a folder to write in");
        fs::write(config.join("roster.csv"), roster(letters)).expect("a folder to write in");
        Self {
            folder,
            letters,
            connections,
        }
    }

    /// Starts the daemon just before the slot, with an empty ledger and the server on that port, and waits until all
    /// letters have come and are on record.
    pub(crate) fn run(&self, sink: &Sink, port: u16) -> Ran {
        let state = self.folder.path().join("state");
        let _ = fs::remove_dir_all(&state);
        let settings = self.folder.path().join("config/schoolbell.toml");
        let text = format!(
            "state = \"../state\"\n[web]\nlisten = \"127.0.0.1:{}\"\n[mail]\ntransport = \"smtp\"\n\
             [mail.smtp]\nport = {port}\ntls = \"none\"\nconnections = {}\n[mail.rate]\nper_minute = 0\n",
            free_port(),
            self.connections
        );
        fs::write(&settings, text).expect("a folder to write in");
        let mut daemon = Command::new(program())
            .arg("--config")
            .arg(&settings)
            .args(["run", "--speed", "max", "--linger", "0ms"])
            .args(["--pretend-now", "2026-05-06T07:59:00+08:00"])
            .args(["--until", "2026-05-06T09:00:00+08:00"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("target/release/schoolbell: `cargo build --release`");
        let rate = sink.rate_of(self.letters);
        // The most it ever had, and it has not ended yet: the slot's end is still to come.
        let peak_kib = memory(&daemon, "VmHWM").unwrap_or(0);
        let ended = daemon.wait().expect("the daemon to end");
        assert!(ended.success(), "{ended}");
        Ran {
            rate,
            peak_kib,
            letter_bytes: self.on_record(&state),
        }
    }

    /// That every letter's outcome is on record, and its bytes are kept; how many bytes the first has.
    fn on_record(&self, state: &Path) -> usize {
        let ledger = Ledger::open_existing(state)
            .expect("a ledger that opens")
            .expect("a ledger");
        let facts = ledger.facts_since(0).expect("facts");
        let accepted = facts.iter().filter(|(_, fact)| {
            matches!(
                &fact.what,
                schoolbell::core::fact::Event::Outcome {
                    outcome: schoolbell::core::fact::Outcome::Accepted,
                    ..
                }
            )
        });
        assert_eq!(accepted.count(), self.letters);
        let kept = |letter| ledger.frozen(letter).expect("frozen bytes");
        let last = u64::try_from(self.letters).expect("a number");
        assert!(kept(last).is_some());
        kept(1).expect("frozen bytes").len()
    }
}

fn roster(letters: usize) -> String {
    let mut rows = String::from("unit,name,kind,parent,tags,role,person,email,phone,since,until\n");
    rows += "bureau,慈溪市教育局,bureau,,,office,沈志明,office@bureau.example,,,\n";
    rows += "t01,浒山街道教育办公室,town,bureau,,safety,胡国强,safety@t01.example,,,\n";
    for school in 1..=letters {
        let domain = school % DOMAINS;
        let _ = writeln!(
            rows,
            "s{school:05},浒山第{school}小学,primary,t01,,safety,王建国,s{school:05}@mail{domain}.example,,,"
        );
    }
    rows
}

/// Four duties that open on one morning.
const PAGE: &str = include_str!("../../tests/it/data/may-digest.toml");

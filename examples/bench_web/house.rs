//! The county on disk, its ledger with a year of facts, and the daemon over it.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use ring::digest::{SHA256, digest};
use schoolbell::clock::Clock;
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Event, Fact, LetterNo};
use schoolbell::core::hex::hex;
use schoolbell::core::plan::Slots;
use schoolbell::ledger::{Ledger, Nature};
use schoolbell::link::{Claim, LinkKeys};
use tempfile::TempDir;

use crate::beside::{free_port, program};
use crate::lived::{Year, root, roster};

/// The bureau's pages.
pub(crate) const PAGES: [&str; 5] = [
    "/",
    "/year",
    "/task?id=evacuation-drill-monthly",
    "/unit/s0001",
    "/requests",
];

const SECRET: &str = "what-the-officer's-browser-holds";

/// Days at the end of which nobody has answered what they were told: there is something left to press.
const UNANSWERED_DAYS: i64 = 20;

pub(crate) struct House {
    folder: TempDir,
    pub(crate) facts: usize,
    pub(crate) schools: usize,
    /// Open duties, each with the letter that told of it.
    duties: Vec<(LetterNo, DutyId)>,
    keys: Option<LinkKeys>,
    /// How many presses were made up so far.
    made: usize,
}

/// The daemon, until it is stopped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl House {
    /// Lives through a year that ends today, and writes it down.
    pub(crate) fn build() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&root().join("calendar"), &folder.path().join("calendar"));
        let config = folder.path().join("config");
        fs::create_dir_all(&config).expect("a folder to write in");
        fs::write(config.join("roster.csv"), roster()).expect("a folder to write in");
        let port = free_port();
        let text = format!(
            "state = \"../state\"\n[web]\nlisten = \"127.0.0.1:{port}\"\nbase_url = \"http://127.0.0.1:{port}\"\n\
             trusted_proxies = [\"127.0.0.1\"]\n[backup]\nkeep = 0\n"
        );
        fs::write(config.join("schoolbell.toml"), text).expect("a folder to write in");
        let now = Clock::Real.now();
        let mut year = Year::from(now - SignedDuration::from_hours(24 * 365), true);
        let slots = Slots::new(&year.agenda.calendar);
        let today = slots.day(now);
        year.live_to(today.saturating_sub(UNANSWERED_DAYS.days()));
        year.is_answered = false;
        while Slots::new(&year.agenda.calendar).after(year.at) < now {
            let next = Slots::new(&year.agenda.calendar).after(year.at);
            year.live_to(slots_day(&year, next));
        }
        let mut facts = year.facts.take().unwrap_or_default();
        facts.push(signed_in(now));
        let state = folder.path().join("state");
        fs::create_dir_all(&state).expect("a folder to write in");
        write(&state, &facts);
        let duties = open_duties(&year);
        Self {
            folder,
            facts: facts.len(),
            schools: year.agenda.roster.units().len() - 21,
            duties,
            keys: None,
            made: 0,
        }
    }

    pub(crate) fn start(&mut self) -> Server {
        let config = self.folder.path().join("config/schoolbell.toml");
        let mut child = Command::new(program())
            .arg("--config")
            .arg(&config)
            .arg("run")
            .env_remove("STATE_DIRECTORY")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("target/release/schoolbell: `cargo build --release`");
        let mut lines = BufReader::new(child.stdout.take().expect("its words")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                Some(
                    line.split("http://")
                        .nth(1)?
                        .trim_end_matches('/')
                        .to_owned(),
                )
            })
            .expect("where the pages are");
        std::thread::spawn(move || lines.for_each(drop));
        let key = self.folder.path().join("state/link-key");
        self.keys = Some(LinkKeys::load(&key).expect("the link key"));
        Server {
            child,
            address: address.parse().expect("an address"),
        }
    }

    /// So many presses, each of which says something new.
    pub(crate) fn presses(&mut self, number: usize) -> Vec<Vec<u8>> {
        let keys = self.keys.as_ref().expect("it was started");
        let first = self.made;
        self.made += number;
        (first..first + number)
            .map(|nth| {
                let (letter, duty) = &self.duties[nth % self.duties.len()];
                let token = keys.sign(&Claim::Letter(*letter), date(2199, 1, 1));
                let duty = duty.to_string().replace('@', "%40").replace('/', "%2F");
                let body = format!("duty={duty}&answer=received&by=%E7%8E%8B&note={nth}");
                post(&format!("/l/{token}"), &body)
            })
            .collect()
    }

    /// A look at a page of the bureau's.
    pub(crate) fn look(page: &str) -> Vec<u8> {
        format!("GET {page} HTTP/1.1\r\nHost: bell\r\nCookie: schoolbell_session={SECRET}\r\n\r\n")
            .into_bytes()
    }

    pub(crate) fn pressed(&self) -> usize {
        self.made
    }

    /// The answers that the ledger has beside those of the year.
    pub(crate) fn answers_on_disk(&self) -> usize {
        let state = self.folder.path().join("state");
        let ledger = Ledger::open_existing(&state)
            .expect("a ledger that opens")
            .expect("a ledger");
        let since = ledger.facts_since(self.facts as u64).expect("facts");
        let is_answer = |what: &Event| matches!(what, Event::Answer { .. });
        since
            .iter()
            .filter(|(_, fact)| is_answer(&fact.what))
            .count()
    }
}

impl Server {
    /// Waits until it has looked through its ledger for damage, as it does once after a start: what a morning is like is
    /// measured.
    pub(crate) fn settle(&self) {
        let tasks = format!("/proc/{}/task", self.child.id());
        let is_looking = || {
            let mut tasks = fs::read_dir(&tasks).expect("its threads").flatten();
            tasks.any(|task| {
                let name = fs::read_to_string(task.path().join("comm"));
                name.is_ok_and(|name| name.trim_end() == "look-through")
            })
        };
        // It begins soon, if at all.
        let soon = Instant::now() + Duration::from_secs(3);
        while is_looking() || Instant::now() < soon {
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// How long it has kept a core busy, in seconds.
    pub(crate) fn busy(&self) -> f64 {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = fs::read_to_string(path).unwrap_or_default();
        let after = stat.rsplit(')').next().unwrap_or_default();
        let ticks = after.split_whitespace().skip(11).take(2);
        let ticks = ticks.filter_map(|number| number.parse::<u32>().ok());
        f64::from(ticks.sum::<u32>()) / 100.0
    }

    pub(crate) fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
        self.child.wait().expect("the daemon to end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A POST that does nothing: of a page that takes none, past all that stands before any page.
pub(crate) fn nothing() -> Vec<u8> {
    post(
        "/style.css",
        "duty=evacuation-drill-monthly%402026-11%2Fs0001&answer=received&by=%E7%8E%8B&note=1234",
    )
}

fn post(path: &str, body: &str) -> Vec<u8> {
    let mut request = String::new();
    let _ = write!(
        request,
        "POST {path} HTTP/1.1\r\nHost: bell\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    request.into_bytes()
}

fn slots_day(year: &Year, at: Timestamp) -> jiff::civil::Date {
    Slots::new(&year.agenda.calendar).day(at)
}

fn signed_in(now: Timestamp) -> Fact {
    let what = Event::SignedIn {
        letter: 1,
        address: "office@bureau.example".into(),
        by: "沈".to_owned(),
        session: hex(digest(&SHA256, SECRET.as_bytes()).as_ref()),
        until: now + SignedDuration::from_hours(12),
    };
    Fact { at: now, what }
}

/// The facts, those of one instant in one transaction.
fn write(state: &Path, facts: &[Fact]) {
    let ledger = Ledger::open(state, Nature::Real).expect("a ledger");
    for together in facts.chunk_by(|one, other| one.at == other.at) {
        let events = together.iter().map(|fact| fact.what.clone()).collect();
        ledger
            .append(together[0].at, events)
            .expect("room on the disk");
    }
}

/// What the last letters told of that nobody has answered.
fn open_duties(year: &Year) -> Vec<(LetterNo, DutyId)> {
    let letters = year.state.letters.iter().rev();
    let mut found: Vec<(LetterNo, DutyId)> = letters
        .filter(|(_, letter)| letter.address.to_string().starts_with("safety@s"))
        .filter_map(|(no, letter)| {
            // One of each: nobody presses on one letter more often than a person can.
            let mut open = letter.duties.iter().filter(|duty| {
                let known = year.state.duty(duty);
                known.is_some_and(|known| known.answers.is_empty())
            });
            Some((*no, open.next()?.clone()))
        })
        .take(6_000)
        .collect();
    // One after another of another school's, as people press.
    found.sort_by_key(|(letter, duty)| (duty.occurrence.to_string(), *letter));
    assert!(found.len() >= 1_000, "{} only", found.len());
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder to write in");
    for entry in fs::read_dir(from).expect("the shipped calendar") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("a copy");
        }
    }
}

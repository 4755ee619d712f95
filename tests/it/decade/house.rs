//! A bureau that has rung for years: its files, and a ledger filled by the planner itself with the rehearsal's people.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::{Time, date};
use schoolbell::config::Settings;
use schoolbell::core::fact::{Event, Fact};
use schoolbell::core::plan::Slots;
use schoolbell::core::rehearsal::Rehearsal;
use schoolbell::ledger::{Ledger, LedgerError, Nature};
use schoolbell::load::load;

use crate::county::roster;

const TOWNS: usize = 20;

/// So many units, for so many calendar years.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) units: usize,
    pub(crate) first: i16,
    pub(crate) last: i16,
    pub(crate) seed: u64,
}

/// Writes the bureau's files into a folder and gives the settings' file. The shipped calendar, with school years for all
/// of the time.
pub(crate) fn write(folder: &Path, size: Size, port: u16) -> PathBuf {
    let (calendar, config) = (folder.join("calendar"), folder.join("config"));
    let put = |path: PathBuf, text: String| fs::write(path, text).expect("a folder to write in");
    fs::create_dir_all(calendar.join("holidays")).expect("a folder to write in");
    fs::create_dir_all(&config).expect("a folder to write in");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("calendar");
    for from in ["", "holidays"] {
        for entry in fs::read_dir(shipped.join(from)).expect("the shipped calendar") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|ext| ext == "toml") {
                let name = path.strip_prefix(&shipped).expect("a file in it");
                fs::copy(&path, calendar.join(name)).expect("the shipped calendar");
            }
        }
    }
    put(calendar.join("school-year.toml"), school_years(size));
    let towns = TOWNS.min(size.units / 10).max(1);
    let schools = size.units.saturating_sub(towns + 1);
    put(config.join("roster.csv"), roster(towns, schools));
    let settings = config.join("schoolbell.toml");
    put(
        settings.clone(),
        format!(
            "[web]\nlisten = \"127.0.0.1:{port}\"\nbase_url = \"http://127.0.0.1:{port}\"\n\n\
             [mail]\nfrom = \"校钟 <schoolbell@bureau.example>\"\n"
        ),
    );
    settings
}

/// Fills a new ledger in the settings' state folder with whole calendar years, and says with how many facts.
pub(crate) fn fill(settings: &Path, size: Size, mut told: impl FnMut(&str)) -> u64 {
    let settings = Settings::read(settings).expect("the settings");
    let loaded = load(&settings);
    assert!(!loaded.has_errors(), "{}", loaded.report(false));
    fs::create_dir_all(&settings.state).expect("a folder to write in");
    let ledger = Ledger::open(&settings.state, Nature::Pretend).expect("a ledger");
    let agenda = &loaded.agenda;
    let slots = Slots::new(&agenda.calendar);
    let begin = slots.instant(date(size.first, 1, 1), Time::midnight());
    ledger
        .keep_version(&loaded.version, begin, &loaded.files)
        .expect("a version");
    let version = Event::CalendarVersion {
        version: loaded.version.clone(),
    };
    ledger.append(begin, vec![version]).expect("room");
    let mut month = 0;
    let mut rehearsal = Rehearsal::of_years(agenda, size.first, size.last, size.seed);
    for step in rehearsal.by_ref() {
        let facts = step.before.into_iter().chain(step.after);
        append(&ledger, facts);
        if step.day.month() != month {
            month = step.day.month();
            told(&format!("{}", step.day));
        }
    }
    ledger.last_seq().expect("facts")
}

/// Appends facts at their own times: those of one instant together, and all of them with few commits.
fn append(ledger: &Ledger, facts: impl Iterator<Item = Fact>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let mut waiting = Vec::new();
    let mut together: Vec<Event> = Vec::new();
    let mut at = Timestamp::UNIX_EPOCH;
    for fact in facts {
        if fact.at != at && !together.is_empty() {
            waiting.push(ledger.append_async(at, std::mem::take(&mut together)));
        }
        at = fact.at;
        together.push(fact.what);
    }
    waiting.push(ledger.append_async(at, together));
    let ends = runtime.block_on(async {
        let mut ends: Vec<Result<_, LedgerError>> = Vec::new();
        for one in waiting {
            ends.push(one.await);
        }
        ends
    });
    for end in ends {
        end.expect("room on the disk");
    }
}

/// Terms and breaks alike in each year: the real ones are known for a few only.
fn school_years(size: Size) -> String {
    let mut text = String::new();
    for year in size.first - 1..=size.last + 1 {
        let next = year + 1;
        let _ = write!(
            text,
            "[[term]]\nkey = \"{year}-spring\"\nname = \"{year}年春季学期\"\nstart = {year}-02-24\nend = {year}-07-04\n\n\
             [[break]]\nkey = \"{year}-summer-break\"\nname = \"暑假\"\nstart = {year}-07-05\nend = {year}-08-31\n\n\
             [[term]]\nkey = \"{year}-autumn\"\nname = \"{year}年秋季学期\"\nstart = {year}-09-01\nend = {next}-01-24\n\n\
             [[break]]\nkey = \"{next}-winter-break\"\nname = \"寒假\"\nstart = {next}-01-25\nend = {next}-02-23\n\n"
        );
    }
    text
}

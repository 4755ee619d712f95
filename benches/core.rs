//! What the pure part costs: `cargo bench --bench core`. The targets stand beside each.

#[path = "../tests/it/county.rs"]
mod county;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use divan::{Bencher, black_box};
use jiff::Timestamp;
use jiff::civil::{Date, date, time};
use schoolbell::core::agenda::Agenda;
use schoolbell::core::calendar::{self, read_role};
use schoolbell::core::diagnostic::{Faults, Text};
use schoolbell::core::diff::diff;
use schoolbell::core::fact::{Answer, Event, Fact, Outcome, Part, Via};
use schoolbell::core::plan::{Slots, first_sights, plan};
use schoolbell::core::roster::read_csv;
use schoolbell::core::state::State;

const TOWNS: usize = 20;
const SCHOOLS: usize = 1_000;
const HUNG: &str = "2026-03-04T07:59:00+08:00";

fn main() {
    divan::main();
}

/// `dates` for a year of the shipped calendar with the sample roster. Target: 5 ms.
#[divan::bench]
fn dates_of_a_year(bencher: Bencher<'_, '_>) {
    let roster = std::fs::read_to_string(root().join("config/roster.csv")).expect("the roster");
    let agenda = agenda(&roster);
    bencher.bench_local(|| agenda.between(date(2026, 1, 1), date(2026, 12, 31)));
}

/// `check` of 1,000 tasks and 5,000 contacts, from disk to findings. Target: 150 ms.
#[divan::bench(sample_count = 20)]
fn check_of_a_county(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = county::write(folder.path());
    bencher.bench_local(|| schoolbell::load::check(black_box(&settings)));
}

/// A beat between two slots: nothing is due. Target: 5 ms.
#[divan::bench]
fn beat_with_nothing_due(bencher: Bencher<'_, '_>) {
    let mut year = Year::of_schools();
    year.live_to(date(2026, 5, 11));
    let now = year.slot_of(date(2026, 5, 11)) + jiff::SignedDuration::from_hours(3);
    bencher.bench_local(|| plan(&year.agenda, black_box(&year.state), now));
}

/// A beat at a slot with a letter for every school, in the middle of a year. Target: a second.
#[divan::bench(sample_count = 20)]
fn beat_at_a_busy_slot(bencher: Bencher<'_, '_>) {
    let mut year = Year::of_schools();
    year.live_to(date(2026, 5, 11));
    let now = year.slot_of(date(2026, 5, 12));
    bencher.bench_local(|| plan(&year.agenda, black_box(&year.state), now));
}

/// The whole year for a thousand schools, planned and folded in memory, most of them answering. Target: 10 s.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn year_of_a_thousand_schools() -> usize {
    let mut year = Year::of_schools();
    year.live_to(date(2027, 2, 28));
    year.letters
}

/// `diff` of a date moved, for a thousand schools in the middle of a year. Target: 90 s, most of it the forecast of the
/// duties that stay.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn diff_of_a_moved_date(bencher: Bencher<'_, '_>) {
    let mut year = Year::of_schools();
    year.live_to(date(2026, 5, 11));
    let edited = edited("5月12日", "5月15日");
    let now = year.at + jiff::SignedDuration::from_hours(3);
    bencher.bench_local(|| diff(&year.agenda, &edited, black_box(&year.state), now));
}

/// `diff` of another title: nothing is sent otherwise, so nothing is forecast. Target: 50 ms, the living of the year
/// before it aside.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn diff_of_a_title(bencher: Bencher<'_, '_>) {
    let mut year = Year::of_schools();
    year.live_to(date(2026, 5, 11));
    let edited = edited("全校应急疏散演练", "全校疏散演练");
    let now = year.at + jiff::SignedDuration::from_hours(3);
    bencher.bench_local(|| diff(&year.agenda, &edited, black_box(&year.state), now));
}

/// `diff` of another reminder for all tasks: everything is forecast twice. Target: 3 min.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn diff_of_the_ladder(bencher: Bencher<'_, '_>) {
    let mut year = Year::of_schools();
    year.live_to(date(2026, 5, 11));
    let edited = edited("\"7d\"", "\"8d\"");
    let now = year.at + jiff::SignedDuration::from_hours(3);
    bencher.bench_local(|| diff(&year.agenda, &edited, black_box(&year.state), now));
}

/// A year as it is lived: every letter arrives, and nine schools of ten say `done` two workdays later.
struct Year {
    agenda: Agenda,
    state: State,
    at: Timestamp,
    answers: BTreeMap<Date, Vec<Event>>,
    letters: usize,
}

impl Year {
    fn of_schools() -> Self {
        let agenda = agenda(&roster());
        let mut state = State::default();
        let at: Timestamp = HUNG.parse().expect("an instant");
        let installation = String::new();
        take(&mut state, at, Event::BellHung { installation });
        for event in first_sights(&agenda, &state) {
            take(&mut state, at, event);
        }
        Self {
            agenda,
            state,
            at,
            answers: BTreeMap::new(),
            letters: 0,
        }
    }

    fn slot_of(&self, day: Date) -> Timestamp {
        Slots::new(&self.agenda.calendar).instant(day, time(8, 0, 0, 0))
    }

    fn live_to(&mut self, to: Date) {
        loop {
            let slots = Slots::new(&self.agenda.calendar);
            let next = slots.after(self.at);
            let today = slots.day(next);
            if today > to {
                return;
            }
            self.at = next;
            let later = self.answers.split_off(&today);
            let given = std::mem::replace(&mut self.answers, later);
            for event in given.into_values().flatten() {
                take(&mut self.state, next, event);
            }
            self.beat(next, today);
        }
    }

    fn beat(&mut self, at: Timestamp, today: Date) {
        let due = plan(&self.agenda, &self.state, at);
        for event in due.events(|_| String::new()) {
            take(&mut self.state, at, event);
        }
        self.letters += due.letters.len();
        let day = self.agenda.calendar.workdays.after(today, 2);
        for letter in &due.letters {
            let outcome = Event::Outcome {
                letter: letter.number,
                address: letter.address.clone(),
                message_id: String::new(),
                outcome: Outcome::Accepted,
                text: String::new(),
                retry_at: None,
            };
            take(&mut self.state, at, outcome);
            for notice in &letter.notices {
                let never = notice.duty.unit.as_str().ends_with('7');
                if notice.part == Part::Act && !never {
                    let done = Event::Answer {
                        duty: notice.duty.clone(),
                        answer: Answer::Done,
                        by: letter.address.to_string(),
                        note: String::new(),
                        via: Via::Page,
                        address: Some(letter.address.clone()),
                        nth: None,
                        until: None,
                        corrects: false,
                    };
                    self.answers.entry(day).or_default().push(done);
                }
            }
        }
    }
}

fn take(state: &mut State, at: Timestamp, what: Event) {
    state.apply(&Fact { at, what });
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn agenda(roster: &str) -> Agenda {
    joined(roster, |text| text)
}

/// The county's agenda with a piece of text replaced wherever it stands.
fn edited(old: &str, new: &str) -> Agenda {
    joined(&roster(), |text| text.replace(old, new))
}

fn joined(roster: &str, edit: impl Fn(String) -> String) -> Agenda {
    let mut texts = Vec::new();
    for folder in ["calendar", "calendar/holidays"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("the shipped calendar") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|ext| ext == "toml") {
                let name = path
                    .strip_prefix(root().join("calendar"))
                    .expect("a file in it");
                texts.push(Arc::new(Text {
                    name: name.display().to_string(),
                    body: edit(std::fs::read_to_string(&path).expect("a text")),
                }));
            }
        }
    }
    let faults = Faults::default();
    let calendar = calendar::read(&texts, &faults);
    let roster = read_csv("roster.csv", roster.as_bytes(), &faults);
    assert!(!faults.any_error(), "{:?}", faults.into_sorted());
    let office = read_role("office@bureau").expect("a role");
    Agenda::new(Arc::new(calendar), Arc::new(roster), vec![office])
}

/// A made-up county: a bureau, its towns and their schools, three people at each.
fn roster() -> String {
    let mut rows = String::from("unit,name,kind,parent,tags,role,person,email,phone,since,until\n");
    rows += "bureau,教育局,bureau,,,office,沈,office@bureau.example,,,\n";
    rows += "bureau,,,,,deputy,方,deputy@bureau.example,,,\n";
    for town in 0..TOWNS {
        let _ = writeln!(
            rows,
            "t{town:02},第{town}镇,town,bureau,,safety,胡,safety@t{town:02}.example,,,"
        );
    }
    let kinds = [
        "primary",
        "kindergarten",
        "junior",
        "primary",
        "kindergarten",
        "nine-year",
        "senior",
    ];
    let tags = [
        "canteen=A",
        "mountain rural",
        "near_water",
        "boarding lab canteen=B",
        "school_bus",
        "",
    ];
    for school in 0..SCHOOLS {
        let (town, kind, tag) = (
            school % TOWNS,
            kinds[school % kinds.len()],
            tags[school % tags.len()],
        );
        let id = format!("s{school:04}");
        let _ = writeln!(
            rows,
            "{id},第{school}学校,{kind},t{town:02},{tag},safety,王,safety@{id}.example,,,"
        );
        let _ = writeln!(rows, "{id},,,,,deputy,李,deputy@{id}.example,,,");
        let _ = writeln!(rows, "{id},,,,,principal,陈,principal@{id}.example,,,");
    }
    rows
}

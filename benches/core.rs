//! What the pure part costs: `cargo bench --bench core`. The targets stand beside each.

#[path = "../tests/it/county.rs"]
mod county;
mod lived;

use divan::{Bencher, black_box};
use jiff::civil::date;
use lived::{Year, agenda, edited, root};
use schoolbell::core::diff::diff;
use schoolbell::core::officer::Officer;
use schoolbell::core::overview::{Asked, MatrixAsked, Stand, overview};
use schoolbell::core::plan::plan;

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

/// The bureau's pages in the middle of a year, as an officer who sees the whole asks for them. Target: 20 ms each, since
/// answers wait meanwhile.
#[divan::bench(args = ["today", "year", "matrix", "unit", "requests", "queue"], sample_count = 20)]
fn overview_of_a_county(bencher: Bencher<'_, '_>, page: &str) {
    let year = LIVED.get_or_init(|| {
        let mut year = Year::of_schools();
        year.live_to(date(2026, 11, 24));
        year
    });
    let officer = Officer::of(
        &year.agenda,
        &"office@bureau.example".into(),
        date(2026, 11, 24),
    );
    let officer = officer.expect("the bureau's office");
    let asked = match page {
        "today" => Asked::Today,
        "year" => Asked::Year(None),
        "matrix" => Asked::Matrix(MatrixAsked {
            task: "evacuation-drill-monthly".into(),
            period: "2026-11".parse().ok(),
            town: None,
            stand: Stand::parse(""),
        }),
        "unit" => Asked::Unit("s0001".into()),
        "requests" => Asked::Requests,
        _ => Asked::Queue,
    };
    let now = year.at + jiff::SignedDuration::from_hours(3);
    bencher.bench_local(|| overview(&year.agenda, black_box(&year.state), &officer, &asked, now));
}

static LIVED: std::sync::OnceLock<Year> = std::sync::OnceLock::new();

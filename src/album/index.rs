//! The album's first page: the year at a glance.

use jiff::civil::date;
use serde::Serialize;

use super::folder;
use super::pages::{day_href, short_day};
use super::pictures::{
    DayBar, HeatRow, MonthBar, Shaded, day_bars, heat_map, month_bars, most_a_day, part, shade,
};
use crate::core::agenda::Agenda;
use crate::core::names::Address;
use crate::core::rehearsal::{Person, Summary, UnitYear};

/// How many units' burden is shown at once; the others unfold.
const UNITS_SHOWN: usize = 40;

/// How many people are named.
const PEOPLE_NAMED: usize = 5;

/// How many tasks explain the busiest day.
const TASKS_NAMED: usize = 5;

#[derive(Serialize)]
pub(super) struct IndexPage<'a> {
    calendar: &'a str,
    year: i16,
    seed: u64,
    units: usize,
    mailboxes: usize,
    letters: u32,
    median: u32,
    ninetieth: u32,
    most: Option<PersonRow<'a>>,
    busiest: Option<Busiest<'a>>,
    most_a_day: u32,
    heat: Vec<HeatRow>,
    days_in_year: i16,
    bars: Vec<DayBar>,
    month_lines: Vec<i16>,
    month_bars: Vec<MonthBar>,
    burden: Vec<BurdenRow<'a>>,
    more_burden: Vec<BurdenRow<'a>>,
    levels: Vec<LevelRow>,
    answers: Vec<AnswerRow>,
    requests: Vec<RequestRow>,
    returned: u32,
    people: Vec<PersonRow<'a>>,
    gaps: &'a [String],
    unreachable: Vec<&'a str>,
    warnings: Vec<&'a str>,
    months: Vec<MonthRow>,
}

#[derive(Serialize)]
struct PersonRow<'a> {
    person: &'a str,
    units: String,
    href: String,
    letters: u32,
}

#[derive(Serialize)]
struct Busiest<'a> {
    name: String,
    letters: u32,
    href: String,
    tasks: Vec<(&'a str, u32)>,
}

#[derive(Serialize)]
struct BurdenRow<'a> {
    name: &'a str,
    kind: &'a str,
    href: String,
    duties: u32,
    evidence: u32,
    letters: u32,
    months: Vec<Shaded>,
}

#[derive(Serialize)]
struct LevelRow {
    name: String,
    duties: u32,
    width: f64,
}

#[derive(Serialize)]
struct AnswerRow {
    class: &'static str,
    name: &'static str,
    duties: u32,
    x: f64,
    width: f64,
}

#[derive(Serialize)]
struct RequestRow {
    name: &'static str,
    asked: u32,
    granted: u32,
    refused: u32,
    moot: u32,
    waiting: u32,
}

#[derive(Serialize)]
struct MonthRow {
    name: String,
    letters: u32,
    days: Vec<(String, String, u32)>,
}

pub(super) fn page<'a>(
    agenda: &'a Agenda,
    summary: &'a Summary,
    problems: &'a [String],
) -> IndexPage<'a> {
    let mut burden = burden(agenda, summary);
    let more_burden = burden.split_off(burden.len().min(UNITS_SHOWN));
    let warnings = summary.warnings.iter().map(|words| words.zh.as_str());
    let first_days = (2..=12).map(|month| date(summary.year, month, 1).day_of_year() - 1);
    IndexPage {
        calendar: &agenda.calendar.title,
        year: summary.year,
        seed: summary.seed,
        units: summary.units.len(),
        mailboxes: summary.people.len(),
        letters: summary.letters(),
        median: summary.percentile(50),
        ninetieth: summary.percentile(90),
        most: summary
            .people
            .first()
            .map(|person| person_row(agenda, person)),
        busiest: busiest(agenda, summary),
        most_a_day: most_a_day(summary),
        heat: heat_map(agenda, summary),
        days_in_year: date(summary.year, 12, 31).day_of_year(),
        bars: day_bars(summary),
        month_lines: first_days.collect(),
        month_bars: month_bars(summary.letters_by_month().into_iter()),
        burden,
        more_burden,
        levels: levels(summary),
        answers: answers(summary),
        requests: summary
            .requests
            .iter()
            .map(|(answer, found)| RequestRow {
                name: answer.name(),
                asked: found.asked,
                granted: found.granted,
                refused: found.refused,
                moot: found.moot(),
                waiting: found.waiting,
            })
            .collect(),
        returned: summary.returned,
        people: summary
            .people
            .iter()
            .take(PEOPLE_NAMED)
            .map(|person| person_row(agenda, person))
            .collect(),
        gaps: &summary.gaps,
        unreachable: summary.unreachable.iter().map(Address::as_str).collect(),
        warnings: warnings
            .chain(problems.iter().map(String::as_str))
            .collect(),
        months: months(summary),
    }
}

fn unit_href(at: usize) -> String {
    format!("{}/{}", folder::UNITS, folder::unit_file(at))
}

fn person_row<'a>(agenda: &Agenda, person: &'a Person) -> PersonRow<'a> {
    let units: Vec<_> = person
        .units
        .iter()
        .map(|at| agenda.roster.units()[*at].name.as_str())
        .collect();
    PersonRow {
        person: &person.person,
        units: units.join("、"),
        href: person
            .units
            .first()
            .map_or(String::new(), |at| unit_href(*at)),
        letters: person.letters,
    }
}

fn busiest<'a>(agenda: &'a Agenda, summary: &'a Summary) -> Option<Busiest<'a>> {
    let (date, day) = summary.busiest()?;
    let tasks = day.foremost(TASKS_NAMED).into_iter().map(|(id, notices)| {
        let task = agenda.calendar.tasks.get(id);
        (
            task.map_or(id.as_str(), |task| task.title.as_str()),
            notices,
        )
    });
    Some(Busiest {
        name: short_day(date),
        letters: day.letters,
        href: day_href(date),
        tasks: tasks.collect(),
    })
}

/// The schools, the heaviest first; then the others.
fn burden<'a>(agenda: &'a Agenda, summary: &'a Summary) -> Vec<BurdenRow<'a>> {
    let schools = summary.heaviest_schools(agenda);
    let others = summary
        .units
        .iter()
        .filter(|unit| !agenda.roster.units()[unit.unit].kind.teaches());
    let all = || summary.units.iter().flat_map(|unit| &unit.months);
    let most = all().map(|burden| burden.duties).max().unwrap_or(0);
    let row = |found: &UnitYear| {
        let unit = &agenda.roster.units()[found.unit];
        let months = (1..).zip(&found.months).map(|(month, burden)| Shaded {
            value: burden.duties,
            class: shade(burden.duties, most),
            title: format!(
                "{month}月：{}项职责，{}份材料，{}封信",
                burden.duties, burden.evidence, burden.letters
            ),
        });
        BurdenRow {
            name: &unit.name,
            kind: unit.kind.name(),
            href: unit_href(found.unit),
            duties: found.duties(),
            evidence: found.evidence(),
            letters: found.letters(),
            months: months.collect(),
        }
    };
    schools.into_iter().chain(others).map(row).collect()
}

fn levels(summary: &Summary) -> Vec<LevelRow> {
    let most = summary
        .climbed
        .iter()
        .map(|level| level.duties)
        .max()
        .unwrap_or(0);
    let row = |level: &crate::core::rehearsal::Climbed| LevelRow {
        name: level.in_words().zh.replace(',', "，"),
        duties: level.duties,
        width: part(level.duties, most),
    };
    summary.climbed.iter().map(row).collect()
}

fn answers(summary: &Summary) -> Vec<AnswerRow> {
    let found = summary.answers;
    let rows = [
        ("in-time", "按期完成", found.in_time),
        ("late-done", "逾期后完成", found.late),
        ("let-off", "同意不适用", found.let_off),
        ("never", "到年底仍未办", found.never),
        ("not-due", "还没到期", found.not_due),
    ];
    let all = rows.iter().map(|(_, _, duties)| duties).sum();
    let mut before = 0;
    rows.into_iter()
        .map(|(class, name, duties)| {
            let x = part(before, all);
            before += duties;
            AnswerRow {
                class,
                name,
                duties,
                x,
                width: part(duties, all),
            }
        })
        .collect()
}

fn months(summary: &Summary) -> Vec<MonthRow> {
    let by_month = summary.letters_by_month();
    let days = |month: i8| {
        let found = summary
            .days
            .iter()
            .filter(|(day, found)| day.month() == month && found.letters > 0);
        found
            .map(|(day, found)| (day_href(*day), short_day(*day), found.letters))
            .collect::<Vec<_>>()
    };
    (1..)
        .zip(by_month)
        .map(|(month, letters)| MonthRow {
            name: format!("{month}月"),
            letters,
            days: days(month),
        })
        .collect()
}

//! The album's pages: what templates see, and the templates. Every text is escaped where it is set.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::civil::Date;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use super::index::IndexPage;
use super::pictures::{MonthBar, month_bars};
use super::{Entry, folder};
use crate::core::agenda::Agenda;
use crate::core::dates::{month_day, weekday_in_full};
use crate::core::rehearsal::{Summary, UnitYear};

/// The templates by name. `.html` turns escaping on.
const TEMPLATES: [(&str, &str); 5] = [
    ("base.html", include_str!("templates/base.html")),
    ("index.html", include_str!("templates/index.html")),
    ("month.html", include_str!("templates/month.html")),
    ("unit.html", include_str!("templates/unit.html")),
    ("letter.html", include_str!("templates/letter.html")),
];

const STYLE: &str = include_str!("templates/style.css");

pub(super) struct Pages(Environment<'static>);

impl Pages {
    pub(super) fn new() -> anyhow::Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?;
        environment.set_syntax(syntax);
        for (name, source) in TEMPLATES {
            environment.add_template(name, source)?;
        }
        environment.add_global("style", Value::from_safe_string(STYLE.to_owned()));
        Ok(Self(environment))
    }

    fn render(&self, name: &str, page: impl Serialize) -> anyhow::Result<String> {
        let value = Value::from(Serde(page));
        let template = self.0.get_template(name)?;
        template
            .render(value)
            .with_context(|| format!("生成预演页面 {name} 时出错"))
    }

    pub(super) fn index(&self, page: &IndexPage<'_>) -> anyhow::Result<String> {
        self.render("index.html", page)
    }

    pub(super) fn month(&self, page: &MonthPage<'_>) -> anyhow::Result<String> {
        self.render("month.html", page)
    }

    pub(super) fn unit(&self, page: &UnitPage<'_>) -> anyhow::Result<String> {
        self.render("unit.html", page)
    }

    pub(super) fn letter(&self, page: &LetterPage<'_>) -> anyhow::Result<String> {
        self.render("letter.html", page)
    }
}

/// One letter.
#[derive(Serialize)]
pub(super) struct LetterPage<'a> {
    pub(super) number: u64,
    pub(super) subject: &'a str,
    pub(super) from: &'a str,
    pub(super) person: &'a str,
    pub(super) unit: &'a str,
    pub(super) address: &'a str,
    pub(super) when: String,
    pub(super) time: String,
    pub(super) anchor: String,
    pub(super) refused: bool,
    pub(super) eml: &'a str,
    /// The letter's HTML, which the page sets into a frame without scripts.
    pub(super) html: &'a str,
    pub(super) text: &'a str,
}

/// A month's letters, day by day.
#[derive(Serialize)]
pub(super) struct MonthPage<'a> {
    title: String,
    letters: usize,
    theme: &'a str,
    days: Vec<DayView<'a>>,
    /// The months before and after, where they are: file and name.
    before: Option<(String, String)>,
    after: Option<(String, String)>,
}

#[derive(Serialize)]
struct DayView<'a> {
    anchor: String,
    name: String,
    letters: Vec<Row<'a>>,
}

/// A letter in a list.
#[derive(Serialize)]
struct Row<'a> {
    href: String,
    person: &'a str,
    unit: &'a str,
    subject: &'a str,
    refused: bool,
}

/// A unit's year.
#[derive(Serialize)]
pub(super) struct UnitPage<'a> {
    name: &'a str,
    kind: &'a str,
    duties: u32,
    evidence: u32,
    letters: u32,
    bars: Vec<MonthBar>,
    people: Vec<PersonView<'a>>,
    months: Vec<UnitMonth<'a>>,
}

#[derive(Serialize)]
struct PersonView<'a> {
    person: &'a str,
    address: &'a str,
    letters: u32,
}

#[derive(Serialize)]
struct UnitMonth<'a> {
    name: String,
    duties: u32,
    evidence: u32,
    /// The tasks due, the most often asked first: title and how often.
    tasks: Vec<(&'a str, u32)>,
    days: Vec<DayView<'a>>,
}

/// `d06`
pub(super) fn anchor(day: Date) -> String {
    format!("d{:02}", day.day())
}

/// `5月6日 星期三`
pub(super) fn short_day(day: Date) -> String {
    format!("{} {}", month_day(day), weekday_in_full(day.weekday()))
}

/// `2026年5月6日 星期三`
pub(super) fn long_day(day: Date) -> String {
    format!("{}年{}", day.year(), short_day(day))
}

fn days<'a>(entries: &[&'a Entry], from: &str) -> Vec<DayView<'a>> {
    entries
        .chunk_by(|a, b| a.day == b.day)
        .filter_map(|entries| {
            let first = entries.first()?;
            Some(DayView {
                anchor: anchor(first.day),
                name: short_day(first.day),
                letters: entries
                    .iter()
                    .map(|entry| Row {
                        href: format!("{from}{}.html", entry.stem),
                        person: &entry.person,
                        unit: &entry.unit_name,
                        subject: &entry.subject,
                        refused: entry.refused,
                    })
                    .collect(),
            })
        })
        .collect()
}

pub(super) fn month_page<'a>(
    agenda: &'a Agenda,
    summary: &Summary,
    entries: &'a [Entry],
) -> MonthPage<'a> {
    let year = summary.year;
    let letters = summary.letters_by_month();
    let month = entries.first().map_or(1, |entry| entry.day.month());
    let entries: Vec<&Entry> = entries.iter().collect();
    let page = agenda.calendar.months.get(&month);
    // The nearest months that have letters, and so a page.
    let has_page = |month: &i8| {
        let at = usize::try_from(*month - 1).unwrap_or(0);
        letters.get(at).is_some_and(|letters| *letters > 0)
    };
    let to = |month: i8| {
        let href = format!("../{year:04}-{month:02}/index.html");
        (href, format!("{month}月"))
    };
    MonthPage {
        title: format!("{year}年{month}月"),
        letters: entries.len(),
        theme: page.map_or("", |page| page.theme.as_str()),
        days: days(&entries, ""),
        before: (1..month).rev().find(has_page).map(to),
        after: (month + 1..=12).find(has_page).map(to),
    }
}

pub(super) fn unit_page<'a>(
    agenda: &'a Agenda,
    summary: &'a Summary,
    found: &'a UnitYear,
    entries: &[&'a Entry],
) -> UnitPage<'a> {
    let unit = &agenda.roster.units()[found.unit];
    let mut by_month: BTreeMap<i8, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        by_month.entry(entry.day.month()).or_default().push(entry);
    }
    let title = |id| {
        agenda
            .calendar
            .tasks
            .get(id)
            .map(|task| task.title.as_str())
    };
    let months = (1..).zip(&found.months).map(|(month, burden)| {
        let mut tasks: Vec<_> = burden
            .tasks
            .iter()
            .filter_map(|(id, times)| Some((title(id)?, *times)))
            .collect();
        tasks.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        let letters = by_month.get(&month).map_or(&[][..], Vec::as_slice);
        UnitMonth {
            name: format!("{month}月"),
            duties: burden.duties,
            evidence: burden.evidence,
            tasks,
            days: days(letters, &format!("../{:04}-{month:02}/", summary.year)),
        }
    });
    let people = summary
        .people
        .iter()
        .filter(|person| person.units.contains(&found.unit));
    UnitPage {
        name: &unit.name,
        kind: unit.kind.name(),
        duties: found.duties(),
        evidence: found.evidence(),
        letters: found.letters(),
        bars: month_bars(found.months.iter().map(|burden| burden.duties)),
        people: people
            .map(|person| PersonView {
                person: &person.person,
                address: person.address.as_str(),
                letters: person.letters,
            })
            .collect(),
        months: months.collect(),
    }
}

/// The page of a day's letters, from the index.
pub(super) fn day_href(day: Date) -> String {
    format!("{}/index.html#{}", folder::month(day), anchor(day))
}

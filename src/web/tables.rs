//! The tables of a letter's page: what is overdue further down, and what needs nothing more.

use jiff::civil::Date;
use serde::Serialize;

use super::card::Form;
use super::wording::{self, Nearness};
use crate::core::letter::{Content, Row};

/// What is overdue in units further down, by town, with one button for the whole.
#[derive(Debug, Serialize)]
pub(super) struct Rollup {
    count: usize,
    towns: Vec<Town>,
    told: Option<&'static str>,
    form: Form,
}

#[derive(Debug, Serialize)]
struct Town {
    /// Empty where all rows are of one town: its reader knows which.
    name: String,
    rows: Vec<Line>,
}

/// A heading and lines that only tell.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    title: &'static str,
    rows: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    unit: String,
    title: String,
    due: String,
    late: Option<String>,
    answered: String,
}

impl Rollup {
    /// `None` where nothing is rolled up. Rows keep their order; neighbours of one town stand together.
    pub(super) fn new(content: &Content, form: Form, told: Option<&'static str>) -> Option<Self> {
        let first = content.rollup.first()?;
        let one_town = content
            .rollup
            .iter()
            .all(|row| row.town_name == first.town_name);
        let towns = content
            .rollup
            .chunk_by(|row, next| row.town_name == next.town_name)
            .map(|rows| Town {
                name: if one_town {
                    String::new()
                } else {
                    rows[0].town_name.clone()
                },
                rows: lines(rows, content.today, true),
            })
            .collect();
        Some(Self {
            count: content.rollup.len(),
            towns,
            told,
            form,
        })
    }
}

/// What was settled, and what is no longer asked.
pub(super) fn sections(content: &Content) -> Vec<Section> {
    let section = |title, rows: &[Row]| {
        (!rows.is_empty()).then(|| Section {
            title,
            rows: lines(rows, content.today, false),
        })
    };
    let closed = section("已办结，不用再管", &content.closed);
    let withdrawn = section("已撤销，不必再做", &content.withdrawn);
    closed.into_iter().chain(withdrawn).collect()
}

fn lines(rows: &[Row], today: Date, open: bool) -> Vec<Line> {
    let line = |row: &Row| Line {
        unit: row.unit_name.clone(),
        title: row.title.clone(),
        due: wording::near_day(row.due, today),
        late: open.then(|| Nearness::new(-row.workdays_late, row.due, today).words()),
        answered: row.answered.clone(),
    };
    rows.iter().map(line).collect()
}

//! A bulletin laid out to be read: cells as people write them, and a town's units together. Pages and letters show it alike.

use jiff::civil::Date;
use serde::Serialize;

use super::words::TASK;
use super::{Column, ColumnKind, Edition, Row, Section, Shape, Table};
use crate::core::dates::near_day;

/// A section, ready to be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Laid {
    /// Its title.
    pub title: String,
    /// What is said before the table.
    pub text: Vec<String>,
    /// How its table is laid out; `None` where it has none.
    pub shape: Option<Shape>,
    /// The table's columns; of units and names without the town and the unit, which stand before the rest.
    pub columns: Vec<Column>,
    /// The rows, a town's together; of figures all under one empty name.
    pub groups: Vec<Group>,
    /// What is said instead of a table without rows; else empty.
    pub none: String,
}

/// Rows that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Their town's name.
    pub name: String,
    /// The rows.
    pub rows: Vec<LaidRow>,
    /// How many, in words: `2 项`, or of units `2 个`.
    pub counted: String,
    /// Their heads in one line: `浒山小学、鄞州路初级中学`.
    pub heads: String,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LaidRow {
    /// Whom or what it is about.
    pub head: String,
    /// The rest of it in one line: `隐患排查台账，截止 11月12日，逾期工作日 2`.
    pub rest: String,
    /// A cell for each of [`columns`](Laid::columns).
    pub cells: Vec<String>,
}

impl Edition {
    /// Its sections, ready to be set.
    pub fn laid(&self) -> Vec<Laid> {
        self.sections
            .iter()
            .map(|section| laid(section, self.dated))
            .collect()
    }
}

fn laid(section: &Section, dated: Date) -> Laid {
    let mut found = Laid {
        title: section.title.clone(),
        text: section.text.clone(),
        shape: None,
        columns: Vec::new(),
        groups: Vec::new(),
        none: String::new(),
    };
    let Some(table) = &section.table else {
        return found;
    };
    if table.rows.is_empty() {
        found.none.clone_from(&table.none);
        return found;
    }
    found.shape = Some(table.shape);
    let aside = aside(table.shape);
    found.columns = table.columns.get(aside..).unwrap_or_default().to_vec();
    let town = |row: &Row| match table.shape {
        Shape::Figures => String::new(),
        Shape::Units | Shape::Names => row.cells.first().cloned().unwrap_or_default(),
    };
    // The tasks of a unit are counted, or the units themselves.
    let of_tasks = found.columns.iter().any(|column| column.name == TASK);
    let measure = if of_tasks { "项" } else { "个" };
    for rows in table.rows.chunk_by(|a, b| town(a) == town(b)) {
        let laid: Vec<LaidRow> = rows.iter().map(|row| laid_row(table, row, dated)).collect();
        let heads: Vec<&str> = laid.iter().map(|row| row.head.as_str()).collect();
        found.groups.push(Group {
            name: rows.first().map(town).unwrap_or_default(),
            heads: heads.join("、"),
            counted: format!("{} {measure}", laid.len()),
            rows: laid,
        });
    }
    found
}

/// How many columns stand before the rest.
fn aside(shape: Shape) -> usize {
    match shape {
        Shape::Figures => 0,
        Shape::Units | Shape::Names => 2,
    }
}

fn laid_row(table: &Table, row: &Row, dated: Date) -> LaidRow {
    let shown: Vec<(&Column, String)> = table
        .columns
        .iter()
        .zip(&row.cells)
        .map(|(column, cell)| (column, shown(column.kind, cell, dated)))
        .collect();
    let head = match table.shape {
        Shape::Figures => {
            let mut kinds = shown.iter();
            kinds.position(|(column, _)| column.kind == ColumnKind::Text)
        }
        Shape::Units | Shape::Names => Some(1),
    };
    let aside = aside(table.shape);
    let rest = shown.iter().enumerate().skip(aside);
    let rest = rest.filter(|(at, (_, text))| Some(*at) != head && !text.is_empty());
    // What comes first needs no name: a task, or what is said of a unit.
    let rest: Vec<String> = rest
        .map(|(at, (column, text))| {
            if at == aside && column.kind == ColumnKind::Text {
                text.clone()
            } else {
                format!("{} {text}", column.name)
            }
        })
        .collect();
    LaidRow {
        head: head
            .and_then(|at| shown.get(at))
            .map(|(_, text)| text.clone())
            .unwrap_or_default(),
        rest: rest.join("，"),
        cells: shown
            .into_iter()
            .skip(aside)
            .map(|(_, text)| text)
            .collect(),
    }
}

/// A cell as people write it: a day without the year where that is the bulletin's.
fn shown(kind: ColumnKind, cell: &str, dated: Date) -> String {
    match kind {
        ColumnKind::Day => match cell.parse::<Date>() {
            Ok(day) => near_day(day, dated),
            Err(_) => cell.to_owned(),
        },
        ColumnKind::Percent if !cell.is_empty() => format!("{cell}%"),
        _ => cell.to_owned(),
    }
}

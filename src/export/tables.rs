//! A task's units, and a bulletin's tables.

use rust_xlsxwriter::XlsxError;

use crate::core::bulletin::{ColumnKind, Edition, Table};
use crate::core::overview::{Matrix, Tally};
use crate::sheet::{Book, Cell};

/// A task's units with how each stands, as they were filtered, and all of its towns counted.
///
/// # Errors
/// The disk.
pub fn matrix(found: &Matrix) -> Result<Book, XlsxError> {
    let mut book = Book::headed(&found.title);
    let mut table = book.begin(
        "各单位",
        &[
            "镇街",
            "单位",
            "截止",
            "情况",
            "逾期工作日",
            "办结日期",
            "最近的回执",
            "说明",
            "申请",
            "材料",
            "职责编号",
        ],
    )?;
    for town in &found.towns {
        for cell in &town.cells {
            let late = cell.workdays_left.checked_neg().unwrap_or(0);
            let late = u64::try_from(late).unwrap_or(0);
            let overdue = cell.standing == crate::core::plan::Standing::Overdue;
            let files: Vec<&str> = cell
                .evidence
                .iter()
                .map(|file| file.name.as_str())
                .collect();
            table.push(&[
                town.name.as_str().into(),
                cell.unit_name.as_str().into(),
                Cell::Day(cell.due),
                cell.standing.name().into(),
                if overdue {
                    Cell::Count(late)
                } else {
                    "".into()
                },
                cell.settled_on.into(),
                cell.answered.clone().unwrap_or_default().into(),
                cell.note.as_str().into(),
                cell.request.map_or("", |(_, answer)| answer.name()).into(),
                files.join("、").into(),
                cell.duty.to_string().into(),
            ])?;
        }
    }
    table.end()?;
    let columns = [
        "镇街",
        "应做",
        "已完成",
        "其中逾期完成",
        "逾期未完成",
        "进行中",
        "未开始",
        "免做",
        "完成率",
    ];
    let towns = found.towns.iter().map(|town| tally(&town.name, town.tally));
    let sum = found
        .towns
        .iter()
        .fold(Tally::default(), |sum, town| sum.with(town.tally));
    let whole = std::iter::once(tally("合计", sum));
    book.table("按镇街", columns, towns.chain(whole))?;
    Ok(book)
}

fn tally(name: &str, tally: Tally) -> [Cell; 9] {
    let count = |number: u32| Cell::Count(number.into());
    [
        name.into(),
        count(tally.all()),
        count(tally.finished()),
        count(tally.late),
        count(tally.overdue),
        count(tally.open),
        count(tally.ahead),
        count(tally.let_off),
        tally.percent().map_or("".into(), Cell::Percent),
    ]
}

/// A bulletin's tables, a sheet each. Above the pages of what is no more than a draft stands that it is one.
///
/// # Errors
/// The disk.
pub fn bulletin(edition: &Edition, draft: bool) -> Result<Book, XlsxError> {
    let mark = if draft { "（草稿）" } else { "" };
    let mut book = Book::headed(&format!("{}{mark}　{}", edition.title, edition.number));
    for section in &edition.sections {
        if let Some(table) = &section.table {
            sheet(&mut book, &section.title, table)?;
        }
    }
    Ok(book)
}

fn sheet(book: &mut Book, title: &str, table: &Table) -> Result<(), XlsxError> {
    let columns: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut sheet = book.begin(title, &columns)?;
    for row in &table.rows {
        let cells = row.cells.iter().zip(&table.columns);
        let cells: Vec<Cell> = cells
            .map(|(text, column)| cell(column.kind, text))
            .collect();
        sheet.push(&cells)?;
    }
    sheet.end()
}

/// What does not read as its column says stays text.
fn cell(kind: ColumnKind, text: &str) -> Cell {
    let found = match kind {
        ColumnKind::Text => None,
        ColumnKind::Count => text.parse().ok().map(Cell::Count),
        ColumnKind::Percent => text.parse().ok().map(Cell::Percent),
        ColumnKind::Day => text.parse().ok().map(Cell::Day),
    };
    found.unwrap_or_else(|| text.into())
}

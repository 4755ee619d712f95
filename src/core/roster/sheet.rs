//! A sheet: rows of cells, each with the place a person finds it at, whatever file it came from.

mod tables;

use std::ops::Range;
use std::sync::Arc;

use crate::core::diagnostic::{Diagnostic, Faults, Text, Words, decode, no_text};

pub use tables::is_toml;

/// Rows of cells, as a spreadsheet shows them.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The rows as text, one a line: what a message shows.
    pub(super) text: Arc<Text>,
    /// The rows in which anything is written.
    pub(super) rows: Vec<SheetRow>,
}

/// A row in which something is written.
#[derive(Clone, Debug)]
pub(super) struct SheetRow {
    /// Its number at the sheet's edge, from 1.
    pub(super) number: usize,
    /// The bytes of the text it stands in.
    pub(super) span: Range<usize>,
    /// Its cells from column A on.
    cells: Vec<SheetCell>,
    /// What the columns are called, where they have no letters.
    names: Option<Arc<[String]>>,
}

#[derive(Clone, Debug, Default)]
struct SheetCell {
    value: String,
    span: Range<usize>,
}

impl Sheet {
    /// Reads CSV: UTF-8, or GBK as a spreadsheet on a Chinese desktop writes it.
    pub fn from_csv(name: &str, bytes: &[u8], faults: &Faults) -> Self {
        if let Some(fault) = no_text(name, bytes) {
            faults.add(fault);
            return Self::from_rows(name, Vec::new());
        }
        let text = Arc::new(Text {
            name: name.to_owned(),
            body: decode(bytes).0,
        });
        let mut rows = Vec::new();
        read_rows(&text, &mut rows, faults);
        Self { text, rows }
    }

    /// A sheet of cells that were read from a workbook: each row with its number, in order.
    pub fn from_rows(name: &str, found: Vec<(usize, Vec<String>)>) -> Self {
        let mut body = String::new();
        let mut rows = Vec::new();
        let mut line = 1;
        for (number, values) in found {
            // A line of the text for each row of the sheet, so that both have the same number.
            while line < number {
                body.push('\n');
                line += 1;
            }
            let start = body.len();
            let mut cells = Vec::new();
            for value in values {
                if !cells.is_empty() {
                    body.push(',');
                }
                let from = body.len();
                let value = value.trim().to_owned();
                body.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
                let span = from..body.len();
                cells.push(SheetCell { value, span });
            }
            rows.push(SheetRow {
                number,
                span: start..body.len(),
                cells,
                names: None,
            });
        }
        rows.retain(|row| row.cells.iter().any(|cell| !cell.value.is_empty()));
        let name = name.to_owned();
        Self {
            text: Arc::new(Text { name, body }),
            rows,
        }
    }
}

impl SheetRow {
    /// What is written in a column, counted from 0; empty beyond the last.
    pub(super) fn value(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| &cell.value)
    }

    /// How many columns it has.
    pub(super) fn width(&self) -> usize {
        self.cells.len()
    }

    /// All that is written, column by column.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().map(|cell| cell.value.as_str())
    }

    /// The bytes of a cell; of the whole row where nothing is written in it.
    pub(super) fn place(&self, column: usize) -> Range<usize> {
        match self.cells.get(column) {
            Some(cell) if !cell.span.is_empty() => cell.span.clone(),
            _ => self.span.clone(),
        }
    }

    /// What a spreadsheet calls a cell: `C17`; elsewhere its key.
    pub(super) fn cell_name(&self, column: usize) -> String {
        let key = self.names.as_ref().and_then(|names| names.get(column));
        key.cloned()
            .unwrap_or_else(|| format!("{}{}", letters(column), self.number))
    }
}

/// A column's letters: A to Z, then AA.
fn letters(column: usize) -> String {
    let mut letters = String::new();
    let mut left = column + 1;
    while left > 0 {
        left -= 1;
        letters.insert(0, char::from(b'A' + u8::try_from(left % 26).unwrap_or(0)));
        left /= 26;
    }
    letters
}

fn read_rows(text: &Arc<Text>, rows: &mut Vec<SheetRow>, faults: &Faults) {
    let body = text.body.as_str();
    let mut csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(body.as_bytes());
    let mut record = csv::StringRecord::new();
    // The end of the last row's text, and the number of the next line a spreadsheet shows.
    let (mut last_end, mut number) = (0, 1);
    loop {
        let start = usize::try_from(csv.position().byte()).unwrap_or(0);
        match csv.read_record(&mut record) {
            Ok(true) => {}
            // The text is in memory and is UTF-8, and rows may have any length: there is nothing to fail.
            Ok(false) | Err(_) => return,
        }
        let end = usize::try_from(csv.position().byte()).unwrap_or(start);
        let row = &body[start.min(body.len())..end.min(body.len())];
        let lead = row.len() - row.trim_start_matches(['\r', '\n']).len();
        let span = start + lead..start + row.trim_end().len().max(lead);
        if body[span.clone()].matches('"').count() % 2 == 1 {
            faults.add(Diagnostic::error(
                text,
                span,
                Words::new("引号没有配对", "a quote is not closed"),
                Words::new(
                    "从这一行起读不下去:删去多余的英文双引号 \"",
                    "nothing can be read from here: remove the odd quote \"",
                ),
            ));
            return;
        }
        // A line break inside a cell adds a line to the file and none to the sheet.
        number += body[last_end..span.start].matches('\n').count();
        last_end = span.end;
        let places = fields(body, &span);
        let cells: Vec<_> = record
            .iter()
            .enumerate()
            .map(|(at, value)| SheetCell {
                value: value.to_owned(),
                span: places.get(at).cloned().unwrap_or(span.end..span.end),
            })
            .collect();
        if cells.iter().any(|cell| !cell.value.is_empty()) {
            rows.push(SheetRow {
                number,
                span,
                cells,
                names: None,
            });
        }
    }
}

/// The bytes of each field of a row, without the spaces and quotes around it.
fn fields(body: &str, row: &Range<usize>) -> Vec<Range<usize>> {
    let mut fields = Vec::new();
    let mut quoted = false;
    let mut start = row.start;
    let line = &body[row.clone()];
    for (at, c) in line.char_indices().chain([(line.len(), ',')]) {
        if c == '"' {
            quoted = !quoted;
        }
        let ends = c == ',' && !quoted || at == line.len();
        if ends {
            let end = row.start + at;
            let field = &body[start..end];
            let inner = field.trim_start_matches([' ', '\t', '"']);
            let from = end - inner.len();
            let length = inner.trim_end_matches([' ', '\t', '"']).len();
            fields.push(from..from + length);
            start = end + 1;
        }
    }
    fields
}

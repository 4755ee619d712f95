//! A roster in TOML: a table `[[contact]]` for each contact, with the sheet's columns for keys.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::{Sheet, SheetCell, SheetRow};
use crate::core::diagnostic::{Faults, Text, Words};
use crate::core::toml_text::{File, Keys, Placed, Value};

/// Whether a roster's file is TOML, by its name.
pub fn is_toml(roster: &Path) -> bool {
    let ending = roster.extension();
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
}

impl Sheet {
    /// Reads TOML as a sheet whose columns are the keys, in the order in which they first come up.
    pub fn from_toml(name: &str, bytes: &[u8], faults: &Faults) -> Self {
        let Some(text) = Text::decode(name, bytes, faults) else {
            return Self::from_rows(name, Vec::new());
        };
        let file = File {
            text: &text,
            faults,
        };
        let rows = file.read_toml(|keys| rows(&keys)).unwrap_or_default();
        Self { text, rows }
    }
}

fn rows(keys: &Keys<'_, '_>) -> Vec<SheetRow> {
    let contacts = keys.value("contact").and_then(Value::tables);
    let contacts = contacts.unwrap_or_default();
    keys.report_unknown();
    let mut columns: Vec<Placed<String>> = Vec::new();
    for (key, _) in contacts.iter().flat_map(Keys::entries) {
        if columns.iter().all(|column| column.value != key.value) {
            columns.push(key);
        }
    }
    if columns.is_empty() {
        return Vec::new();
    }
    let names: Arc<[String]> = columns.iter().map(|column| column.value.clone()).collect();
    let body = &keys.file().text.body;
    let row = |span: Range<usize>, cells: Vec<SheetCell>| SheetRow {
        number: 1 + body[..span.start].matches('\n').count(),
        span,
        cells,
        names: Some(Arc::clone(&names)),
    };
    let header = columns.into_iter().map(|column| SheetCell {
        value: column.value,
        span: column.span,
    });
    let header = row(0..0, header.collect());
    let contacts = contacts.iter().map(|contact| {
        let mut cells = vec![SheetCell::default(); names.len()];
        for (key, value) in contact.entries() {
            let column = names.iter().position(|name| *name == key.value);
            if let Some((column, cell)) = column.zip(cell(value)) {
                cells[column] = cell;
            }
        }
        row(contact.span(), cells)
    });
    std::iter::once(header).chain(contacts).collect()
}

/// What stands in a cell: a text, a day, or several texts where there are tags. `None` for anything else, which is reported.
fn cell(value: Value<'_, '_>) -> Option<SheetCell> {
    let span = value.span();
    let text = if let Some(text) = value.as_str() {
        text.to_owned()
    } else if let Some(day) = value.as_day() {
        day.to_string()
    } else if value.is_array() {
        let parts = value.strings()?.into_iter().map(|part| part.value);
        parts.collect::<Vec<_>>().join(" ")
    } else {
        return value.wrong("用英文双引号括起来的文字", "a text in double quotes");
    };
    if text.chars().any(char::is_control) {
        value.file().error(
            span.clone(),
            Words::new("有看不见的控制字符", "control characters"),
            Words::new("写成一行", "write it on one line"),
        );
        return None;
    }
    Some(SheetCell {
        value: text.trim().to_owned(),
        span,
    })
}

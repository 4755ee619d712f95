//! The child process: limits itself, then reads the workbook on its standard input and says its rows.

use std::io::{self, Cursor, Read, Write};

use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx, XlsxError};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::{LARGEST_WORKBOOK, Said};
use crate::core::diagnostic::LARGEST_FILE;

/// The most address space, in bytes.
const MEMORY_BYTES: u64 = 200 << 20;

/// The most processor time, in seconds.
const CPU_S: u64 = 2;

/// The last column that is looked at: a roster has eleven, and bureaus add some of their own.
const LAST_COLUMN: u32 = 63;

/// Reads the workbook on standard input and says its rows on standard output, within limits that hold for this whole
/// process. To be called before anything else is done.
///
/// # Errors
/// The limits could not be set, or nobody listens.
pub fn rows_of_stdin() -> io::Result<()> {
    for (resource, most) in [
        (Resource::As, MEMORY_BYTES),
        (Resource::Cpu, CPU_S),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit)?;
    }
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(LARGEST_WORKBOOK)
        .read_to_end(&mut bytes)?;
    let said = match rows(bytes) {
        Ok(rows) => Said::Rows(rows),
        Err(trouble) => Said::Trouble(trouble),
    };
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &said)?;
    out.flush()
}

/// The rows of the first sheet that is shown and has anything in it.
fn rows(bytes: Vec<u8>) -> Result<Vec<(usize, Vec<String>)>, String> {
    let unreadable = |error: XlsxError| {
        format!("表格读不懂({error})。请在 Excel 里打开,另存为“Excel 工作簿(.xlsx)”再试")
    };
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let shown: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    for name in shown {
        let rows = rows_of(&mut book, &name)?;
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Err("里面没有内容".to_owned())
}

/// The cells are taken one by one: a table of a sheet whose corners are far apart would not fit into any memory.
fn rows_of(
    book: &mut Xlsx<Cursor<Vec<u8>>>,
    name: &str,
) -> Result<Vec<(usize, Vec<String>)>, String> {
    let unreadable = |error: XlsxError| format!("工作表“{name}”读不懂({error})");
    let mut cells = book.worksheet_cells_reader(name).map_err(unreadable)?;
    let mut rows: Vec<(usize, Vec<String>)> = Vec::new();
    let mut length = 0;
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let (row, column) = cell.get_position();
        let value = text(cell.get_value());
        if value.is_empty() || column > LAST_COLUMN {
            continue;
        }
        // In the message a row takes a line, blank or not.
        length += value.len() + 4;
        if length.max(row as usize) > LARGEST_FILE / 2 {
            return Err(format!("工作表“{name}”的内容太多,不像一份花名册"));
        }
        let number = row as usize + 1;
        match rows.last() {
            Some((last, _)) if *last == number => {}
            Some((last, _)) if *last > number => {
                return Err(format!("工作表“{name}”的行次颠倒,请在 Excel 里另存一次"));
            }
            _ => rows.push((number, Vec::new())),
        }
        if let Some((_, values)) = rows.last_mut() {
            let at = column as usize;
            values.resize(values.len().max(at + 1), String::new());
            values[at] = value;
        }
    }
    Ok(rows)
}

/// What a cell shows, as a person would type it. A formula's value is its cell's.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.trim().to_owned()
        }
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Int(number) => number.to_string(),
        // A telephone number is a float to a spreadsheet; Rust writes it without exponent or fraction.
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(moment) => date(moment),
        DataRef::Error(error) => Data::Error(error.clone()).to_string(),
    }
}

/// `2026-03-01`; with the hour where there is one.
fn date(moment: &ExcelDateTime) -> String {
    if !moment.is_datetime() {
        return moment.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        return date;
    }
    format!("{date} {hour:02}:{minute:02}")
}

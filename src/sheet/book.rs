//! Workbooks out: tables that can be read, filtered and printed as they are. Text is text, whatever it begins with.

use std::io::{Read as _, Seek as _};

use jiff::civil::{Date, DateTime};
use rust_xlsxwriter::{
    Color, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

/// A value in a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text, or nothing if it is empty.
    Text(String),
    /// A day.
    Day(Date),
    /// A local time.
    Moment(DateTime),
    /// A count.
    Count(u64),
    /// So many of a hundred.
    Percent(u32),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Option<Date>> for Cell {
    fn from(day: Option<Date>) -> Self {
        day.map_or(Self::Text(String::new()), Self::Day)
    }
}

/// A workbook in the making. Its rows go to the disk as they are written, so it may be larger than memory.
pub struct Book {
    workbook: Workbook,
    formats: Formats,
    /// What is printed above each page, before the table's own name.
    heading: String,
}

/// A table in the making: row after row, on to another sheet where one is full.
pub struct TableOf<'b> {
    book: &'b mut Book,
    name: String,
    columns: Vec<String>,
    /// Which of its sheets is written, from 1, and that sheet's place in the workbook.
    sheet: (u32, usize),
    /// The last row written.
    last: u32,
    widths: Vec<usize>,
}

struct Formats {
    head: Format,
    text: Format,
    long: Format,
    day: Format,
    moment: Format,
    count: Format,
    percent: Format,
}

/// The rows a sheet can have (Excel's limit).
const MOST_ROWS: u32 = 1_048_576;

/// The characters a cell can have (Excel's limit).
const MOST_CHARACTERS: usize = 32_767;

/// Columns are no wider than this, in letters; longer text is wrapped.
const WIDEST: usize = 60;

impl Default for Book {
    fn default() -> Self {
        let plain = || {
            Format::new()
                .set_font_name("宋体")
                .set_font_size(11)
                .set_align(FormatAlign::Top)
                .set_border(FormatBorder::Hair)
        };
        Self {
            workbook: Workbook::new(),
            formats: Formats {
                head: plain()
                    .set_bold()
                    .set_background_color(Color::RGB(0x00DD_EBF7))
                    .set_align(FormatAlign::VerticalCenter),
                text: plain(),
                long: plain().set_text_wrap(),
                day: plain().set_num_format("yyyy-mm-dd"),
                moment: plain().set_num_format("yyyy-mm-dd hh:mm"),
                count: plain().set_num_format("0"),
                percent: plain().set_num_format("0%"),
            },
            heading: String::new(),
        }
    }
}

impl Book {
    /// A workbook whose pages are printed under these words.
    pub fn headed(heading: &str) -> Self {
        Self {
            heading: heading.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a table under its header.
    ///
    /// # Errors
    /// As of [`begin`](Self::begin) and [`TableOf::push`].
    pub fn table<const N: usize>(
        &mut self,
        name: &str,
        columns: [&str; N],
        rows: impl IntoIterator<Item = [Cell; N]>,
    ) -> Result<(), XlsxError> {
        let mut table = self.begin(name, &columns)?;
        for row in rows {
            table.push(&row)?;
        }
        table.end()
    }

    /// Begins a table under its header.
    ///
    /// # Errors
    /// The disk, or a name that Excel would not have.
    pub fn begin(&mut self, name: &str, columns: &[&str]) -> Result<TableOf<'_>, XlsxError> {
        let mut table = TableOf {
            book: self,
            name: name.to_owned(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            sheet: (0, 0),
            last: 0,
            widths: Vec::new(),
        };
        table.turn_over()?;
        Ok(table)
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// The disk.
    pub fn into_bytes(mut self) -> Result<Vec<u8>, XlsxError> {
        self.workbook.save_to_buffer()
    }

    /// The same, made on the disk and not in memory; `None` if there are more of them than so many.
    ///
    /// # Errors
    /// The disk.
    pub fn into_bytes_within(mut self, most: u64) -> Result<Option<Vec<u8>>, XlsxError> {
        let mut file = tempfile::tempfile()?;
        self.workbook.save_to_writer(&mut file)?;
        if file.metadata()?.len() > most {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }
}

impl TableOf<'_> {
    /// Adds a row: a cell for each column.
    ///
    /// # Errors
    /// The disk.
    pub fn push(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        if self.last + 1 >= MOST_ROWS {
            self.lay_out()?;
            self.turn_over()?;
        }
        self.last += 1;
        let Book {
            workbook, formats, ..
        } = &mut *self.book;
        let sheet = workbook.worksheet_from_index(self.sheet.1)?;
        for ((column, cell), widest) in (0..).zip(cells).zip(&mut self.widths) {
            *widest = (*widest).max(formats.write(sheet, self.last, column, cell)?);
        }
        Ok(())
    }

    /// The last row was written.
    ///
    /// # Errors
    /// The disk.
    pub fn end(mut self) -> Result<(), XlsxError> {
        self.lay_out()
    }

    /// Goes on to a new sheet.
    fn turn_over(&mut self) -> Result<(), XlsxError> {
        let place = self.book.workbook.worksheets().len();
        self.sheet = (self.sheet.0 + 1, place);
        self.last = 0;
        self.widths = self.columns.iter().map(|column| width(column)).collect();
        let name = self.sheet_name();
        let Book {
            workbook, formats, ..
        } = &mut *self.book;
        let sheet = workbook.add_worksheet_with_constant_memory();
        sheet.set_name(&name)?;
        for (column, text) in (0..).zip(&self.columns) {
            sheet.write_string_with_format(0, column, text, &formats.head)?;
        }
        Ok(())
    }

    fn sheet_name(&self) -> String {
        match self.sheet.0 {
            1 => self.name.clone(),
            nth => format!("{}({nth})", self.name),
        }
    }

    fn lay_out(&mut self) -> Result<(), XlsxError> {
        let name = match self.book.heading.as_str() {
            "" => self.sheet_name(),
            heading => format!("{heading}　{}", self.sheet_name()),
        };
        let sheet = self.book.workbook.worksheet_from_index(self.sheet.1)?;
        lay_out(sheet, &name, self.last, &self.widths)
    }
}

impl Formats {
    /// Writes a cell, and says how wide it is.
    fn write(
        &self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        cell: &Cell,
    ) -> Result<usize, XlsxError> {
        match cell {
            Cell::Text(text) => {
                let text = shortened(text);
                let width = width(&text);
                let format = if width > WIDEST || text.contains('\n') {
                    &self.long
                } else {
                    &self.text
                };
                // Never `write`, which would make a formula of what begins with an equals sign.
                sheet.write_string_with_format(row, column, text, format)?;
                Ok(width)
            }
            Cell::Day(day) => {
                let day = excel_day(*day)?;
                sheet.write_datetime_with_format(row, column, &day, &self.day)?;
                Ok("2026-03-01".len())
            }
            Cell::Moment(at) => {
                let moment = excel_day(at.date())?.and_hms(
                    at.hour().unsigned_abs().into(),
                    at.minute().unsigned_abs(),
                    f64::from(at.second()),
                )?;
                sheet.write_datetime_with_format(row, column, &moment, &self.moment)?;
                Ok("2026-03-01 08:00".len())
            }
            Cell::Count(count) => {
                let number = u32::try_from(*count).map_or(f64::MAX, f64::from);
                sheet.write_number_with_format(row, column, number, &self.count)?;
                Ok(count.to_string().len())
            }
            Cell::Percent(percent) => {
                let part = f64::from(*percent) / 100.0;
                sheet.write_number_with_format(row, column, part, &self.percent)?;
                Ok("100%".len())
            }
        }
    }
}

fn excel_day(day: Date) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_ymd(
        day.year().unsigned_abs(),
        day.month().unsigned_abs(),
        day.day().unsigned_abs(),
    )
}

/// The header stays in sight and is printed on each page of A4, laid across, one page wide.
fn lay_out(
    sheet: &mut Worksheet,
    name: &str,
    last: u32,
    widths: &[usize],
) -> Result<(), XlsxError> {
    for (column, width) in (0..).zip(widths) {
        // Two for the arrow of the filter.
        let letters = u32::try_from((*width).min(WIDEST) + 3).unwrap_or(8);
        sheet.set_column_width(column, f64::from(letters))?;
    }
    let right = u16::try_from(widths.len().saturating_sub(1)).unwrap_or(0);
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, last, right)?;
    sheet
        .set_paper_size(9)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_repeat_rows(0, 0)?
        // An ampersand begins a code there.
        .set_header(format!("&C{}", name.replace('&', "&&")))
        .set_footer("&C第 &P 页，共 &N 页");
    Ok(())
}

/// How wide a text is shown, in letters: a Chinese character takes two. Of several lines the widest counts.
fn width(text: &str) -> usize {
    let of_line = |line: &str| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    text.lines().map(of_line).max().unwrap_or(0)
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MOST_CHARACTERS {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MOST_CHARACTERS - 1).collect();
    short.push('…');
    short
}

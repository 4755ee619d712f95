//! The roster's columns: what they are called, where a sheet has them, and how they are written.

use std::collections::BTreeMap;

use super::sheet::{Sheet, SheetRow};

/// The columns in their order, in English and Chinese.
pub const COLUMNS: [(&str, &str); 11] = [
    ("unit", "单位编号"),
    ("name", "单位名称"),
    ("kind", "类型"),
    ("parent", "上级"),
    ("tags", "标签"),
    ("role", "岗位"),
    ("person", "姓名"),
    ("email", "邮箱"),
    ("phone", "电话"),
    ("since", "起"),
    ("until", "止"),
];

/// Those a roster cannot do without.
pub const NEEDED: [&str; 6] = ["unit", "name", "kind", "role", "person", "email"];

/// Where each column stands, by its English name.
pub(super) type Columns = BTreeMap<&'static str, usize>;

/// How a roster is written as CSV.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CsvStyle {
    /// With the Chinese header.
    pub chinese: bool,
    /// With a byte order mark, by which Excel knows UTF-8.
    pub mark: bool,
}

impl CsvStyle {
    /// The style of a file: its header's language, and a mark where it has one or is not UTF-8, since then a
    /// spreadsheet wrote it. `None` where it has no header.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let faults = crate::core::diagnostic::Faults::default();
        let sheet = Sheet::from_csv("", bytes, &faults);
        let header = &sheet.rows[header(&sheet)?];
        Some(Self {
            chinese: header.values().any(|value| {
                column(value).is_some_and(|(english, _)| !value.eq_ignore_ascii_case(english))
            }),
            mark: bytes.starts_with(MARK.as_bytes()) || std::str::from_utf8(bytes).is_err(),
        })
    }
}

const MARK: &str = "\u{feff}";

impl Sheet {
    /// The sheet as `roster.csv` has it: the columns in their order, the cells as they are, what stands above the
    /// header left out. Empty where there is no header.
    pub fn to_csv(&self, style: CsvStyle) -> String {
        let Some(header) = header(self) else {
            return String::new();
        };
        let columns = columns(&self.rows[header]);
        let mut csv = csv::Writer::from_writer(Vec::new());
        let names = COLUMNS.map(|(english, chinese)| if style.chinese { chinese } else { english });
        // Into memory nothing fails to be written, and all rows are of one length.
        let _ = csv.write_record(names);
        for row in &self.rows[header + 1..] {
            let cells = COLUMNS
                .map(|(english, _)| columns.get(english).map_or("", |column| row.value(*column)));
            if cells.iter().any(|cell| !cell.is_empty()) {
                let _ = csv.write_record(cells);
            }
        }
        let bytes = csv.into_inner().unwrap_or_default();
        let text = String::from_utf8(bytes).unwrap_or_default();
        format!("{}{text}", if style.mark { MARK } else { "" })
    }
}

/// The header's place: the first row that names several columns, for a title may stand above it; else the first row,
/// so that what is wrong with it can be said. `None` where nothing is written at all.
pub(super) fn header(sheet: &Sheet) -> Option<usize> {
    /// A title is a row or two.
    const DEEPEST: usize = 10;
    let named = |row: &SheetRow| columns(row).len() >= 3;
    let found = sheet.rows.iter().take(DEEPEST).position(named);
    found.or((!sheet.rows.is_empty()).then_some(0))
}

/// The columns a row names, in either language.
pub(super) fn columns(row: &SheetRow) -> Columns {
    let mut found = Columns::new();
    for (at, value) in row.values().enumerate() {
        if let Some((english, _)) = column(value) {
            found.entry(english).or_insert(at);
        }
    }
    found
}

/// The column of a name; 姓 名 is 姓名.
pub(crate) fn column(value: &str) -> Option<(&'static str, &'static str)> {
    let plain: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    COLUMNS
        .into_iter()
        .find(|(english, chinese)| plain.eq_ignore_ascii_case(english) || plain == *chinese)
}

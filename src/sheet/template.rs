//! The roster's form: what a bureau fills in and `roster import` takes.

use rust_xlsxwriter::{Color, DataValidation, Format, Workbook, Worksheet, XlsxError};

use crate::core::calendar::ROLES;
use crate::core::roster::{COLUMNS, Kind};

/// The rows the form is made for; those below can be filled in as well, without the lists to choose from.
const LAST_ROW: u32 = 2_000;

/// What each column wants, in the order of the columns.
const NOTES: [&str; COLUMNS.len()] = [
    "字母、数字和连字符,如 s001;定了就不要再改,学校改名也不改",
    "信里和表上显示的名称",
    "从下拉列表里选",
    "上级单位的编号,如学校写镇街的 t01,镇街写 bureau;教育局自己不写",
    "行事历 calendar.toml 里登记过的标签,空格隔开,如 boarding canteen=A;没有就不写",
    "从下拉列表里选;园长、书记写校长也可以",
    "",
    "收信的邮箱。没有的先空着,系统会列为联系人空缺",
    "程序不用,给人看",
    "从哪天起担任,如 2026-09-01;一直担任就不写",
    "到哪天为止;没有就不写",
];

/// A workbook with the header, some rows to follow, and what to write where.
///
/// # Errors
/// The disk.
pub fn roster_form(rows: &[[&str; COLUMNS.len()]]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let head = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x00DD_EBF7));
    let sheet = book.add_worksheet();
    sheet.set_name("花名册")?;
    // As text, or a spreadsheet makes numbers of telephones and eats their zeros.
    let text = Format::new().set_num_format("@");
    for (column, (_, name)) in (0..).zip(COLUMNS) {
        sheet.set_column_width(column, if column == 7 { 32 } else { 16 })?;
        sheet.set_column_format(column, &text)?;
        sheet.write_string_with_format(0, column, name, &head)?;
    }
    for (at, row) in (1..).zip(rows) {
        for (column, value) in (0..).zip(row).filter(|(_, value)| !value.is_empty()) {
            sheet.write_string_with_format(at, column, *value, &text)?;
        }
    }
    choose(sheet, 2, &Kind::ALL.map(Kind::name))?;
    choose(sheet, 5, &ROLES.map(|(_, name)| name))?;
    sheet.set_freeze_panes(1, 2)?;
    notes(book.add_worksheet(), &head)?;
    book.save_to_buffer()
}

/// A list to choose from, in a column.
fn choose(sheet: &mut Worksheet, column: u16, words: &[&str]) -> Result<(), XlsxError> {
    let list = DataValidation::new().allow_list_strings(words)?;
    sheet.add_data_validation(1, column, LAST_ROW, column, &list)?;
    Ok(())
}

fn notes(sheet: &mut Worksheet, head: &Format) -> Result<(), XlsxError> {
    let wrapped = Format::new().set_text_wrap();
    sheet.set_name("填写说明")?;
    sheet.set_column_width(0, 14)?.set_column_width(1, 80)?;
    let rules = [
        (
            "怎么填",
            "一行一位联系人。一个单位有几位,就写几行;第二行起单位编号到标签可以空着",
        ),
        (
            "怎么交",
            "填好后运行 schoolbell roster import 这个文件:先列出增、改、删了谁,确认后才写",
        ),
        (
            "要齐全",
            "导入会把整个花名册换成这份表格,所以全市的单位都要在里面",
        ),
        ("示例", "“花名册”里的两行是示例,填之前删去"),
    ];
    let columns = COLUMNS
        .iter()
        .zip(NOTES)
        .map(|((_, name), note)| (*name, note));
    for (row, (name, note)) in (0..).zip(rules.into_iter().chain(columns)) {
        sheet.write_string_with_format(row, 0, name, head)?;
        sheet.write_string_with_format(row, 1, note, &wrapped)?;
    }
    Ok(())
}

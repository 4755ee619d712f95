//! `init`: a folder with all a bureau begins with.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use super::print;
use crate::core::roster::{COLUMNS, CsvStyle, Sheet};
use crate::disk;
use crate::schema::Schema;
use crate::sheet::roster_form;
use crate::shipped;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 新的文件夹,或空的文件夹
    #[arg(value_name = "文件夹")]
    folder: PathBuf,
}

/// Rows to follow: the bureau's office, which the settings name, and a school.
const EXAMPLES: [[&str; COLUMNS.len()]; 2] = [
    [
        "bureau",
        "示例市教育局",
        "教育局",
        "",
        "",
        "办公室",
        "张明",
        "office@bureau.example",
        "0574-00000000",
        "",
        "",
    ],
    [
        "s001",
        "示例第一小学",
        "小学",
        "bureau",
        "canteen=A",
        "安全主任",
        "李芳",
        "anquan@school.example",
        "13800000000",
        "2026-09-01",
        "",
    ],
];

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = &arguments.folder;
    refuse_if_used(folder)?;
    for (name, text) in shipped::CALENDAR {
        put(&folder.join("calendar").join(name), text.as_bytes())?;
    }
    put(
        &folder.join("config/schoolbell.toml"),
        shipped::SETTINGS.as_bytes(),
    )?;
    // The files' first lines name them.
    for schema in Schema::ALL {
        let path = format!("config/schema/{}.json", schema.name());
        put(&folder.join(path), schema.text().as_bytes())?;
    }
    put(&folder.join("config/roster.csv"), roster().as_bytes())?;
    let form = roster_form(&EXAMPLES).context("做不成花名册模板")?;
    put(&folder.join("config/花名册模板.xlsx"), &form)?;
    let config = folder.join("config/schoolbell.toml");
    print(&next_steps(folder, &config))?;
    Ok(ExitCode::SUCCESS)
}

fn refuse_if_used(folder: &Path) -> anyhow::Result<()> {
    match fs::read_dir(folder) {
        Ok(mut entries) => anyhow::ensure!(
            entries.next().is_none(),
            "{} 里已有文件。请用一个新的或空的文件夹",
            folder.display()
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("用不了 {}", folder.display())),
    }
    Ok(())
}

fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| disk::replace(path, bytes, None))
        .with_context(|| format!("写不了 {}", path.display()))
}

/// The roster with the example rows, as Excel opens it.
fn roster() -> String {
    let cells = |row: &[&str]| row.iter().map(|&cell| cell.to_owned()).collect();
    let mut rows = vec![(1, cells(&COLUMNS.map(|(_, name)| name)))];
    rows.extend((2..).zip(EXAMPLES.iter().map(|row| cells(row))));
    let style = CsvStyle {
        chinese: true,
        mark: true,
    };
    Sheet::from_rows("roster.csv", rows).to_csv(style)
}

fn next_steps(folder: &Path, config: &Path) -> String {
    let (folder, config) = (folder.display(), config.display());
    format!(
        "\
{folder} 已经建好:config/ 是配置和花名册,calendar/ 是行事历。接下来:

1. 在 {folder}/config/花名册模板.xlsx 里填上各单位和联系人(示例两行删去),导入:
     schoolbell --config {config} roster import {folder}/config/花名册模板.xlsx
2. 改 {folder}/calendar/calendar.toml 的标题、school-year.toml 的开学放假日期;怎么改见 {folder}/calendar/README.md。
   然后检查(没有适用的单位等提醒,填好花名册后就少了):
     schoolbell --config {config} check
3. 预演一整年,看每所学校多少事、每个人多少信:
     schoolbell --config {config} rehearse
4. 改 {config} 的 [web] 和 [mail];要真的发信,transport 写 smtp,再给自己发一封:
     schoolbell --config {config} mail test 您的邮箱
5. 启动:
     schoolbell --config {config} run
"
    )
}

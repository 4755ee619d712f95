//! `roster import`: a bureau's sheet becomes the roster, after its changes have been shown.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use super::{AT_FAULT, confirmed, print};
use crate::clock::Clock;
use crate::config::Settings;
use crate::core::diagnostic::{Diagnostic, Faults};
use crate::core::roster::{CsvStyle, Roster, changes, is_toml, read_csv, read_sheet, tally};
use crate::disk;
use crate::load::{Loaded, load_with_roster};
use crate::sheet;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// 从 Excel 表格(.xlsx)或 CSV 导入花名册:先列出会增、改、删什么,确认后才写
    Import(Import),
}

#[derive(clap::Args)]
pub(super) struct Import {
    /// 表格文件:.xlsx,或 UTF-8、GBK 的 .csv。整个花名册都在里面,不能只有一部分单位
    #[arg(value_name = "表格")]
    file: PathBuf,
    /// 不再问,直接写
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(config: &Path, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Import(import) = command;
    let settings = Settings::read(config)?;
    anyhow::ensure!(
        !is_toml(&settings.roster),
        "现在的花名册 {} 是 TOML,导入写的是 CSV。请先把 schoolbell.toml 里的 roster 改成 roster.csv,再导入一次",
        settings.roster.display()
    );
    let present = present(&settings.roster)?;
    let faults = Faults::default();
    let sheet = sheet::read(&import.file, &faults)?;
    let new = read_sheet(&sheet, &faults);
    let style = present
        .as_deref()
        .and_then(CsvStyle::of)
        .unwrap_or(CsvStyle {
            chinese: true,
            mark: true,
        });
    let text = sheet.to_csv(style);
    let beside = load_with_roster(&settings, text.as_bytes());
    if faults.any_error() {
        let found = faults.into_sorted();
        return refuse(&found, &beside, &import.file);
    }
    let old = present.as_deref().unwrap_or_default();
    let told = Faults::default();
    let before = read_csv(&settings.roster.display().to_string(), old, &told);
    if !old.is_empty() && told.any_error() {
        print("提醒:现在的花名册有错,下面只同它读得出的部分比较\n")?;
    }
    if !show(&before, &new)? {
        print(&format!(
            "{} 和现在的花名册一样,没有要改的\n",
            import.file.display()
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    show_new_warnings(&settings, old, &beside)?;
    if !import.yes && !confirmed("写入花名册吗?")? {
        print("没有写入。确认无误后,加上 --yes 再导入一次\n")?;
        return Ok(ExitCode::from(AT_FAULT));
    }
    let stamp = Clock::Real
        .now()
        .to_zoned_datetime(beside.agenda.calendar.timezone.clone())
        .strftime("bak-%Y-%m-%d")
        .to_string();
    let aside = disk::free_name(&settings.roster, &stamp);
    disk::replace(&settings.roster, text.as_bytes(), Some(&aside))
        .with_context(|| format!("写不了 {}", settings.roster.display()))?;
    print(&format!("已写入 {}", settings.roster.display()))?;
    if present.is_some() {
        print(&format!(";原来的留在 {}", aside.display()))?;
    }
    print("\n服务在运行的话会自动读取\n")?;
    Ok(ExitCode::SUCCESS)
}

/// The roster as it is; `None` where there is none yet.
fn present(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("读不了 {}", path.display())),
    }
}

fn refuse(found: &[Diagnostic], beside: &Loaded, file: &Path) -> anyhow::Result<ExitCode> {
    let mut report = String::new();
    for fault in found {
        let _ = writeln!(report, "{}\n", fault.render(beside.locale(), true));
    }
    anstream::stderr().write_all(report.as_bytes())?;
    anyhow::bail!(
        "没有导入:{} 有{}处错误,都改正后再导入一次",
        file.display(),
        found.len()
    );
}

/// Shows what will change, counts first; says whether anything will.
fn show(before: &Roster, new: &Roster) -> anyhow::Result<bool> {
    let changes = changes(before, new);
    let tally = tally(&changes);
    if tally.is_empty() {
        return Ok(false);
    }
    let mut words = tally.in_words();
    let [_, _, removed] = tally.units;
    let units = before.units().len();
    // Where a fifth goes, it is likely that the sheet is of one town only.
    if removed * 5 >= units && removed > 0 {
        let _ = writeln!(
            words,
            "注意:现有的 {units} 个单位将删去 {removed} 个。花名册会整个换成这份表格;若它只是一部分单位的名单,请不要导入"
        );
    }
    for change in changes {
        let _ = writeln!(words, "{}", change.in_words());
    }
    print(&words)?;
    Ok(true)
}

/// What calendar and roster together will give cause to remark on that they did not before.
fn show_new_warnings(settings: &Settings, old: &[u8], beside: &Loaded) -> anyhow::Result<()> {
    let before = load_with_roster(settings, old);
    let mut words = String::new();
    for found in &beside.findings {
        let known = before
            .findings
            .iter()
            .any(|other| other.message == found.message);
        if found.mark.is_none() && !known {
            let _ = writeln!(words, "{}", found.render(beside.locale(), true));
        }
    }
    anstream::stdout().write_all(words.as_bytes())?;
    Ok(())
}

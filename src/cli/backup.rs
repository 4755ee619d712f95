//! `backup` and `restore`: a copy of the ledger while it is in use, and the way back.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::print;
use crate::clock::Clock;
use crate::config::Settings;
use crate::ledger::{Examined, Ledger, examine};
use crate::load::load;

#[derive(clap::Args)]
pub(super) struct Backup {
    /// 备份到哪个文件;已有的旧备份会换掉
    #[arg(value_name = "文件")]
    file: PathBuf,
}

#[derive(clap::Args)]
pub(super) struct Restore {
    /// 哪一份备份
    #[arg(value_name = "文件")]
    file: PathBuf,
}

pub(super) fn backup(config: &Path, arguments: &Backup) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(config)?;
    let file = &arguments.file;
    // Whatever else it is, somebody has mistyped a name.
    if file.exists() {
        examine(file).with_context(|| {
            format!("{} 已经有了,又不是完好的备份;请换一个名字", file.display())
        })?;
    }
    let ledger = settings
        .state
        .is_dir()
        .then(|| Ledger::open_existing(&settings.state))
        .transpose()?
        .flatten()
        .with_context(|| format!("{} 里还没有台账,没有可备份的", settings.state.display()))?;
    let found = ledger.backup_to(file)?;
    print(&format!(
        "已备份到 {},检查无误:{}\n",
        file.display(),
        in_words(&found, &zone(&settings))
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(config: &Path, arguments: &Restore) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(config)?;
    let zone = zone(&settings);
    let now = Clock::Real.now();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&settings.state)
        .with_context(|| format!("建不了 {}", settings.state.display()))?;
    let restored = Ledger::restore(
        &settings.state,
        &arguments.file,
        now,
        &local(now, &zone, "before-restore-%Y%m%d-%H%M%S"),
        &local(now, &zone, "%Y-%m-%d %H:%M:%S"),
    )?;
    print(&format!("已恢复:{}\n", in_words(&restored.found, &zone)))?;
    if let Some(kept) = &restored.kept {
        print(&format!("原来的台账留在 {}\n", kept.display()))?;
    }
    print(
        "这份备份以后的回执、批复和发信都不在里面了,请照来信和电话补记。\n启动服务后,头一批信先压住不发:看过 schoolbell status,再用 schoolbell mail release 放行\n",
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The calendar's own time; a broken calendar must not keep the ledger from being saved.
pub(super) fn zone(settings: &Settings) -> TimeZone {
    load(settings).agenda.calendar.timezone.clone()
}

pub(super) fn local(at: Timestamp, zone: &TimeZone, form: &str) -> String {
    at.to_zoned_datetime(zone.clone())
        .strftime(form)
        .to_string()
}

fn in_words(found: &Examined, zone: &TimeZone) -> String {
    let last = found.last.map_or("还没有事实".to_owned(), |last| {
        format!("最后一条记于 {}", local(last, zone, "%Y-%m-%d %H:%M"))
    });
    format!(
        "{}台账,结构第 {} 版,事实 {} 条,{last}",
        found.nature, found.schema, found.facts
    )
}

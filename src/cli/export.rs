//! `export`: the record as a workbook the bureau can read, filter, print and hand on.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use super::{Desk, print};
use crate::core::overview::Scope;
use crate::core::state::State;
use crate::disk;
use crate::export::Record;
use crate::ledger::Nature;
use crate::sheet::Book;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 写到哪个文件(.xlsx)
    #[arg(value_name = "表格")]
    file: PathBuf,
    /// 已有同名文件也写
    #[arg(long)]
    force: bool,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.file;
    anyhow::ensure!(
        file.extension()
            .is_some_and(|ext| ext.eq_ignore_ascii_case("xlsx")),
        "{} 要以 .xlsx 结尾",
        file.display()
    );
    anyhow::ensure!(
        arguments.force || !file.exists(),
        "{} 已经有了。换一个名字,或加 --force 换掉它",
        file.display()
    );
    let desk = Desk::in_force(config)?;
    let ledger = desk.ledger()?.with_context(|| {
        format!(
            "{} 里还没有台账:服务第一次启动(schoolbell run)时才建",
            desk.settings.state.display()
        )
    })?;
    // All of every duty is told: nothing goes on a shelf.
    let mut state = State::default();
    ledger.each_fact(0, |_, fact| -> anyhow::Result<()> {
        state.apply(&fact);
        Ok(())
    })?;
    let agenda = &desk.loaded.agenda;
    let record = Record {
        agenda,
        now: match (ledger.nature(), state.last_fact) {
            // A pretended ledger stands at the moment of its last fact.
            (Nature::Pretend, Some(last)) => last,
            _ => desk.now,
        },
        scope: &Scope::whole(agenda),
        year: None,
    };
    let mut book = Book::default();
    let duties = record.write(&state, &ledger, &mut book)?;
    let bytes = book.into_bytes().context("做不成表格")?;
    disk::replace(file, &bytes, None).with_context(|| format!("写不了 {}", file.display()))?;
    print(&format!(
        "已写入 {}:职责 {duties} 项,信 {} 封,事实 {} 条\n",
        file.display(),
        state.letters.len(),
        ledger.last_seq()?
    ))?;
    Ok(ExitCode::SUCCESS)
}

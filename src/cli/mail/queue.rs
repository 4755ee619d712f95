//! `mail queue`: the letters that have not arrived yet, and what is held.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::{Desk, duty_table, print, stamp};
use crate::core::fact::LetterNo;

#[derive(clap::Args)]
pub(in crate::cli) struct Arguments {
    /// 输出格式
    #[arg(long, value_name = "格式", default_value = "table", value_parser = ["table", "json"])]
    format: String,
}

#[derive(Serialize)]
struct Row {
    letter: LetterNo,
    to: String,
    state: &'static str,
    queued: String,
    attempts: u32,
    retry_at: Option<String>,
    text: String,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::in_force(config)?;
    let (state, ledger) = desk.state()?;
    ledger.context("还没有台账:先用 schoolbell run 启动一次服务")?;
    let zone = &desk.loaded.agenda.calendar.timezone;
    let open = state
        .open_letters
        .iter()
        .filter_map(|no| Some((*no, state.letters.get(no)?)));
    if arguments.format == "json" {
        let rows: Vec<Row> = open
            .map(|(letter, found)| Row {
                letter,
                to: found.address.to_string(),
                state: found.status.word(),
                queued: stamp(found.queued, zone),
                attempts: found.attempts,
                retry_at: found.retry_at.map(|at| stamp(at, zone)),
                text: found.text.clone(),
            })
            .collect();
        print(&format!("{}\n", serde_json::to_string_pretty(&rows)?))?;
        return Ok(ExitCode::SUCCESS);
    }
    for reason in state.held_for() {
        let words = reason.in_words();
        print(&format!("暂停:{}\n", words.in_locale(desk.loaded.locale())))?;
    }
    if let Some(held) = &state.hold {
        print(&format!(
            "待放行:{}封信,{}条通知;看过以后用 schoolbell mail release 放行\n",
            held.letters, held.notices
        ))?;
    }
    let mut table = duty_table::table(&["编号", "收信人", "状态", "试过", "下次", "服务器说"]);
    let local = |at: jiff::Timestamp| {
        let zoned = at.to_zoned_datetime(zone.clone());
        zoned.strftime("%m-%d %H:%M").to_string()
    };
    let mut waiting = 0;
    for (no, letter) in open {
        waiting += 1;
        table.add_row([
            no.to_string(),
            letter.address.to_string(),
            letter.status.name().to_owned(),
            format!("{}次", letter.attempts),
            letter.retry_at.map_or_else(String::new, local),
            letter.text.clone(),
        ]);
    }
    if waiting == 0 {
        print("没有待发的信\n")?;
    } else {
        print(&format!(
            "{}待发的信 {waiting} 封\n",
            duty_table::text(&table)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

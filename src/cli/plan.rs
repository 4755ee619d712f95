//! `plan`: every notice that will go out if nobody answers.

use std::path::Path;
use std::process::ExitCode;

use jiff::ToSpan;
use jiff::civil::{Date, time};
use serde::Serialize;

use super::{Desk, duty_table, print, read_day, stamp};
use crate::core::forecast::forecast;
use crate::core::plan::Slots;
use crate::core::titles::title;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 从哪天起(含)
    #[arg(long, value_name = "日期", value_parser = read_day)]
    from: Option<Date>,
    /// 到哪天止(含)
    #[arg(long, value_name = "日期", value_parser = read_day)]
    to: Option<Date>,
    /// 只看这个单位的职责
    #[arg(long, value_name = "单位编号")]
    unit: Option<String>,
    /// 输出格式
    #[arg(long, value_name = "格式", default_value = "table", value_parser = ["table", "json"])]
    format: String,
}

#[derive(Serialize)]
struct Row {
    at: String,
    to: String,
    unit: String,
    task: String,
    period: String,
    rung: String,
    due: Date,
    /// The rung, for the table.
    #[serde(skip)]
    told: String,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(config)?;
    let agenda = &desk.loaded.agenda;
    if let Some(unit) = &arguments.unit {
        let known = || agenda.roster.units().iter().map(|unit| unit.id.as_str());
        if !known().any(|id| id == unit) {
            let hint = crate::core::diagnostic::did_you_mean(unit, known())
                .map_or(String::new(), |words| format!("。{}", words.zh));
            anyhow::bail!("花名册里没有单位 {unit}{hint}");
        }
    }
    let from = arguments.from.unwrap_or_else(|| desk.today());
    let to = arguments
        .to
        .unwrap_or_else(|| from.saturating_add(30.days()));
    anyhow::ensure!(from <= to, "--from {from} 晚于 --to {to}");
    let slots = Slots::new(&agenda.calendar);
    let (state, _) = desk.state()?;
    let midnight = slots.instant(from, time(0, 0, 0, 0));
    // From a ledger the future is walked from where the ledger stands, and shown from the day asked for.
    let start = match state.last_slot {
        Some((_, decided)) => decided.max(midnight.min(desk.now.max(decided))),
        None => midnight,
    };
    let zone = &agenda.calendar.timezone;
    let mut rows: Vec<Row> = Vec::new();
    forecast(agenda, state, start, to, |plan| {
        for letter in &plan.letters {
            let at = letter.slot.max(start);
            if slots.day(at) < from || slots.day(at) > to {
                continue;
            }
            for notice in &letter.notices {
                if arguments
                    .unit
                    .as_ref()
                    .is_some_and(|unit| notice.duty.unit.as_str() != unit)
                {
                    continue;
                }
                rows.push(Row {
                    at: stamp(at, zone),
                    to: letter.address.to_string(),
                    unit: notice.duty.unit.to_string(),
                    task: notice.duty.occurrence.task.to_string(),
                    period: notice.duty.occurrence.period.to_string(),
                    rung: notice.rung.to_string(),
                    due: notice.due,
                    told: duty_table::rung(notice.rung, notice.part),
                });
            }
        }
    });
    rows.sort_by(|a, b| {
        (&a.at, &a.to, &a.unit, &a.task, &a.period, &a.rung)
            .cmp(&(&b.at, &b.to, &b.unit, &b.task, &b.period, &b.rung))
    });
    if arguments.format == "json" {
        print(&format!("{}\n", serde_json::to_string_pretty(&rows)?))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = duty_table::table(&["时间", "收件人", "单位", "阶", "截止", "任务"]);
    for row in &rows {
        let unit = agenda.roster.unit(&row.unit.as_str().into());
        let task = agenda.calendar.tasks.get(row.task.as_str());
        let name = task
            .zip(row.period.parse().ok())
            .map_or(String::new(), |(task, period)| title(task, period));
        table.add_row([
            row.at[..16].replace('T', " "),
            row.to.clone(),
            unit.map_or(row.unit.clone(), |unit| unit.name.clone()),
            row.told.clone(),
            match task.and_then(|task| task.due_time) {
                Some(hour) => format!("{} {}", row.due, hour.strftime("%H:%M")),
                None => row.due.to_string(),
            },
            name,
        ]);
    }
    let letters = rows
        .iter()
        .map(|row| (&row.at, &row.to))
        .collect::<std::collections::BTreeSet<_>>()
        .len();
    print(&duty_table::text(&table))?;
    print(&format!(
        "{from}至{to},若无人回执:{letters}封信,{}条通知\n",
        rows.len()
    ))?;
    Ok(ExitCode::SUCCESS)
}

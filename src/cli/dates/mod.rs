//! `dates`: duties' dates, each with its explanation.

mod rows;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{Desk, duty_table, print, read_day};
use crate::core::agenda::Agenda;
use crate::core::diagnostic::Locale;
use crate::core::names::TaskId;
use crate::ics::{self, Event, Head};
use rows::{Row, rows};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 从哪天到期的起(含)
    #[arg(long, value_name = "日期", value_parser = read_day)]
    from: Option<Date>,
    /// 到哪天到期的止(含)
    #[arg(long, value_name = "日期", value_parser = read_day)]
    to: Option<Date>,
    /// 只看这项任务
    #[arg(long, value_name = "任务编号")]
    task: Option<String>,
    /// 输出格式
    #[arg(long, value_name = "格式", default_value = "table", value_parser = ["table", "json", "ics"])]
    format: String,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(config)?;
    let agenda = &desk.loaded.agenda;
    let from = arguments.from.unwrap_or_else(|| desk.today());
    let to = arguments
        .to
        .unwrap_or_else(|| from.saturating_add(1.year()).saturating_sub(1.day()));
    anyhow::ensure!(from <= to, "--from {from} 晚于 --to {to}");
    if let Some(task) = &arguments.task {
        let known = || agenda.calendar.tasks.keys().map(TaskId::as_str);
        if !known().any(|id| id == task) {
            let hint = crate::core::diagnostic::did_you_mean(task, known())
                .map_or(String::new(), |words| format!("。{}", words.zh));
            anyhow::bail!("没有任务 {task}{hint}");
        }
    }
    let (state, _) = desk.state()?;
    let rows = rows(agenda, &state, (from, to), arguments.task.as_deref());
    match arguments.format.as_str() {
        "json" => print(&format!("{}\n", serde_json::to_string_pretty(&rows)?))?,
        "ics" => print(&ics(agenda, &rows, desk.now))?,
        _ => print(&table(agenda, &rows))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn table(agenda: &Agenda, rows: &[Row]) -> String {
    let header = match agenda.calendar.locale {
        Locale::Chinese => ["截止", "开始", "期次", "单位数", "任务", "由来"],
        Locale::English => ["due", "opens", "period", "units", "task", "why"],
    };
    let mut table = duty_table::table(&header);
    let mut by_due: Vec<&Row> = rows.iter().collect();
    by_due.sort_by_key(|row| (row.due.is_none(), row.due));
    for row in by_due {
        let day = |day: Option<Date>| day.map_or("—".to_owned(), |day| day.to_string());
        let task = &agenda.calendar.tasks[row.task.as_str()];
        let title = &task.title;
        table.add_row([
            match task.due_time {
                Some(hour) if row.due.is_some() => {
                    format!("{} {}", day(row.due), hour.strftime("%H:%M"))
                }
                _ => day(row.due),
            },
            day(row.opens),
            row.period.clone(),
            row.units.to_string(),
            format!("{title} {}", row.task),
            row.why.clone(),
        ]);
    }
    duty_table::text(&table)
}

/// One event a row that has a date. An occurrence keeps its name whatever its dates; where it has several rows, each is
/// told by whom it is for.
fn ics(agenda: &Agenda, rows: &[Row], now: Timestamp) -> String {
    let alone = |row: &Row| {
        let same = |other: &&Row| (&other.task, &other.period) == (&row.task, &row.period);
        rows.iter().filter(same).count() == 1
    };
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    let events: Vec<Event> = rows
        .iter()
        .filter_map(|row| {
            let task = &agenda.calendar.tasks[row.task.as_str()];
            let whom = if alone(row) {
                String::new()
            } else {
                format!("/{}", row.audience)
            };
            let mut id = format!("{}@{}{whom}", row.task, row.period);
            // Units that only the school calendar tells apart have one audience.
            let same = told.entry(id.clone()).or_default();
            *same += 1;
            if *same > 1 {
                id = format!("{id}#{same}");
            }
            Some(Event {
                id,
                summary: task.title.clone(),
                from: row.window_from,
                due: row.due?,
                due_time: task.due_time,
                description: vec![task.detail.clone(), task.evidence.clone(), row.why.clone()],
                category: task.origin.name().to_owned(),
                sequence: 0,
            })
        })
        .collect();
    let head = Head {
        name: &agenda.calendar.title,
        zone: &agenda.calendar.timezone,
        stamp: now,
        subscribed: false,
    };
    ics::calendar(&head, &events)
}

//! `dates`: duties' dates, each with its explanation.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::{Desk, duty_table, print, read_day};
use crate::core::agenda::{Absent, Agenda};
use crate::core::diagnostic::{Locale, Words};
use crate::core::duty::OccurrenceId;
use crate::core::names::TaskId;
use crate::ics::{self, Event, Head};

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

/// A row: one distinct (opens, due) of an occurrence.
#[derive(Serialize)]
struct Row {
    task: String,
    period: String,
    opens: Option<Date>,
    due: Option<Date>,
    audience: String,
    units: usize,
    why: String,
    #[serde(skip)]
    window_from: Option<Date>,
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
    let rows = rows(agenda, from, to, arguments.task.as_deref());
    match arguments.format.as_str() {
        "json" => print(&format!("{}\n", serde_json::to_string_pretty(&rows)?))?,
        "ics" => print(&ics(agenda, &rows, desk.now))?,
        _ => print(&table(agenda, &rows))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What makes a row: an occurrence, its due day and opening, its window's first day, and why.
type Dates = (
    OccurrenceId,
    Option<Date>,
    Option<Date>,
    Option<Date>,
    String,
);

/// The rows in the order of task, period and due day.
fn rows(agenda: &Agenda, from: Date, to: Date, only: Option<&str>) -> Vec<Row> {
    let mut merged: BTreeMap<Dates, (Vec<usize>, usize)> = BTreeMap::new();
    let locale = agenda.calendar.locale;
    for found in agenda.between(from, to) {
        if only.is_some_and(|task| found.id.task.as_str() != task) {
            continue;
        }
        let (_, group) = agenda.parts(&found);
        let (opens, due, from, why): (_, _, _, &Words) = match &found.dated {
            Ok(dated) => (
                Some(dated.opens),
                Some(dated.due),
                dated.window_from,
                &dated.why,
            ),
            Err(Absent::Undated(why) | Absent::Skipped(why)) => (None, None, None, why),
            Err(Absent::None) => continue,
        };
        let key = (
            found.id.clone(),
            due,
            opens,
            from,
            why.in_locale(locale).to_owned(),
        );
        let entry = merged.entry(key).or_default();
        entry.0.push(found.group);
        entry.1 += group.units.len();
    }
    let mut distinct: BTreeMap<&OccurrenceId, usize> = BTreeMap::new();
    for (id, ..) in merged.keys() {
        *distinct.entry(id).or_default() += 1;
    }
    let mut rows: Vec<Row> = merged
        .iter()
        .map(|((id, due, opens, from, why), (groups, units))| Row {
            task: id.task.to_string(),
            period: id.period.to_string(),
            opens: *opens,
            due: *due,
            audience: if distinct[id] == 1 {
                agenda.calendar.tasks[&id.task].audience.to_string()
            } else {
                agenda.audience_of(&agenda.calendar.tasks[&id.task], groups)
            },
            units: *units,
            why: why.clone(),
            window_from: *from,
        })
        .collect();
    rows.sort_by(|a, b| (&a.task, &a.period, a.due).cmp(&(&b.task, &b.period, b.due)));
    rows
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

//! `dates`: duties' dates, each with its explanation.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::{Desk, duty_table, print, read_day};
use crate::core::agenda::{Absent, Agenda};
use crate::core::diagnostic::{Locale, Words};
use crate::core::duty::OccurrenceId;
use crate::core::names::TaskId;

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
        "ics" => print(&ics(agenda, &rows))?,
        _ => print(&table(agenda, &rows))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What makes a row: an occurrence, its due day and opening, and why.
type Dates = (OccurrenceId, Option<Date>, Option<Date>, String);

/// The rows in the order of task, period and due day.
fn rows(agenda: &Agenda, from: Date, to: Date, only: Option<&str>) -> Vec<Row> {
    let mut merged: BTreeMap<Dates, (Vec<usize>, usize)> = BTreeMap::new();
    let locale = agenda.calendar.locale;
    for found in agenda.between(from, to) {
        if only.is_some_and(|task| found.id.task.as_str() != task) {
            continue;
        }
        let (_, group) = agenda.parts(&found);
        let (opens, due, why): (_, _, &Words) = match &found.dated {
            Ok(dated) => (Some(dated.opens), Some(dated.due), &dated.why),
            Err(Absent::Undated(why) | Absent::Skipped(why)) => (None, None, why),
            Err(Absent::None) => continue,
        };
        let key = (
            found.id.clone(),
            due,
            opens,
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
        .map(|((id, due, opens, why), (groups, units))| Row {
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

/// All-day events, one a row that has a date (RFC 5545). Lines are folded at 75 octets, never inside a character.
fn ics(agenda: &Agenda, rows: &[Row]) -> String {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//schoolbell//schoolbell//ZH".to_owned(),
        format!("X-WR-CALNAME:{}", escaped(&agenda.calendar.title)),
    ];
    for row in rows {
        let Some(due) = row.due else { continue };
        let task = &agenda.calendar.tasks[row.task.as_str()];
        let title = match task.due_time {
            Some(hour) => format!("{}({}前)", task.title, hour.strftime("%H:%M")),
            None => task.title.clone(),
        };
        let basic = |day: Date| day.strftime("%Y%m%d").to_string();
        let after = due.tomorrow().unwrap_or(due);
        lines.extend([
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}@{}/{}@schoolbell", row.task, row.period, due),
            format!("DTSTAMP:{}T000000Z", basic(due)),
            format!("DTSTART;VALUE=DATE:{}", basic(due)),
            format!("DTEND;VALUE=DATE:{}", basic(after)),
            format!("SUMMARY:{}", escaped(&title)),
            format!("DESCRIPTION:{}", escaped(&row.why)),
            "TRANSP:TRANSPARENT".to_owned(),
            "END:VEVENT".to_owned(),
        ]);
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().fold(String::new(), |mut text, line| {
        text.push_str(&folded(line));
        text.push_str("\r\n");
        text
    })
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
        .replace('\n', "\\n")
}

fn folded(line: &str) -> String {
    let mut folded = String::new();
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > 74 {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(c);
        length += c.len_utf8();
    }
    folded
}

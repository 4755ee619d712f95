//! `diff`: what an edit would change.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Desk, print, stamp};
use crate::config::Settings;
use crate::core::agenda::Agenda;
use crate::core::diagnostic::Locale;
use crate::core::diff::{Change, Days, Diff, DutyRow, Field, TaskRow, UnitRow, diff};
use crate::core::names::{TaskId, UnitId};
use crate::core::state::State;
use crate::ledger::Ledger;
use crate::load::{Loaded, load, load_kept};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 改动之前的行事历文件夹;不写就是服务正在使用的版本。里面有 schoolbell.toml 的,花名册也用它的
    #[arg(long, value_name = "文件夹")]
    against: Option<PathBuf>,
    /// 输出格式
    #[arg(long, value_name = "格式", default_value = "text", value_parser = ["text", "json"])]
    format: String,
}

/// From so many units on, a year's letters take long enough to say so.
const MANY_UNITS: usize = 200;

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(config)?;
    let (state, ledger, now) = desk.state_and_time()?;
    let new = &desk.loaded;
    let old = match &arguments.against {
        Some(folder) => load(&elsewhere(&desk.settings, folder)?),
        None => in_force(&desk, &state, ledger.as_ref())?,
    };
    if old.has_errors() {
        anstream::eprintln!("{}", old.report(true));
        anyhow::bail!("改动之前的行事历或花名册有错,没有什么可比");
    }
    if new.agenda.roster.units().len() >= MANY_UNITS && std::io::stderr().is_terminal() {
        anstream::eprintln!("正在推算今后一年的信,一千个单位要一两分钟……");
    }
    let found = diff(&old.agenda, &new.agenda, &state, now);
    if arguments.format == "json" {
        let found = as_json(&found, &new.agenda);
        print(&format!("{}\n", serde_json::to_string_pretty(&found)?))?;
    } else {
        let locale = new.locale();
        print(&found.in_words(locale, usize::MAX))?;
        let other_files = old.version != new.version;
        print(&closing(&found, &new.agenda, locale, other_files))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The version that the daemon last took.
fn in_force(desk: &Desk, state: &State, ledger: Option<&Ledger>) -> anyhow::Result<Loaded> {
    let folder = desk.settings.state.display();
    let Some(ledger) = ledger else {
        anyhow::bail!(
            "{folder} 里还没有台账,没有正在使用的版本可比:先用 schoolbell run 启动一次服务,或用 --against 指明改动之前的文件夹"
        );
    };
    let version = state.version.as_deref();
    let kept = version.map(|version| ledger.version(version)).transpose()?;
    let Some(kept) = kept.flatten() else {
        anyhow::bail!(
            "{folder} 的台账里没有留下正在使用的版本:重启一次服务(schoolbell run)就会留下,或用 --against 指明改动之前的文件夹"
        );
    };
    Ok(load_kept(&desk.settings, &kept))
}

/// The settings of another folder: a calendar's, or one that holds calendar and settings.
fn elsewhere(settings: &Settings, folder: &Path) -> anyhow::Result<Settings> {
    let own = ["schoolbell.toml", "config/schoolbell.toml"]
        .into_iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file());
    let mut found = match &own {
        Some(path) => Settings::read(path)?,
        None => settings.clone(),
    };
    if folder.join("calendar.toml").is_file() {
        folder.clone_into(&mut found.calendar);
    } else {
        anyhow::ensure!(
            own.is_some(),
            "{} 不是行事历文件夹:里面没有 calendar.toml,也没有 schoolbell.toml",
            folder.display()
        );
    }
    Ok(found)
}

/// What was looked at, and when "now" is.
fn closing(found: &Diff, agenda: &Agenda, locale: Locale, other_files: bool) -> String {
    let (from, to) = found.days;
    let zone = &agenda.calendar.timezone;
    let slot = found
        .letters
        .as_ref()
        .map_or(String::new(), |letters| stamp(letters.at, zone));
    let slot = slot.get(..16).unwrap_or(&slot).replace('T', " ");
    match locale {
        Locale::Chinese if found.is_empty() && other_files => {
            "文件有出入,只在注释、排版这些不影响职责的地方\n".to_owned()
        }
        Locale::English if found.is_empty() && other_files => {
            "the files differ in comments and layout only\n".to_owned()
        }
        _ if found.is_empty() => String::new(),
        Locale::Chinese => {
            format!("\n看的是{from}至{to}到期、还没有办结的职责;“现在”指下一次发信,{slot}\n")
        }
        Locale::English => format!(
            "\nduties due from {from} to {to} and not settled; \"now\" is the next slot, {slot}\n"
        ),
    }
}

fn as_json(found: &Diff, agenda: &Agenda) -> Value {
    let locale = agenda.calendar.locale;
    let duties = |rows: &[DutyRow]| -> Vec<Value> {
        rows.iter().map(|row| duty_json(row, locale)).collect()
    };
    let (from, to) = found.days;
    json!({
        "summary": found.summary(locale),
        "from": from,
        "to": to,
        "moved": duties(&found.moved),
        "added": duties(&found.added),
        "withdrawn": duties(&found.withdrawn),
        "tasks": found.tasks.iter().map(|row| task_json(row, locale)).collect::<Vec<_>>(),
        "calendar": fields_json(&found.calendar, locale),
        "units": found.units.iter().map(|row| unit_json(row, locale)).collect::<Vec<_>>(),
        "letters": found.letters.as_ref().map(|letters| json!({
            "at": stamp(letters.at, &agenda.calendar.timezone),
            "now": letters.now,
            "said": letters.said,
            "later": letters.later,
        })),
    })
}

fn duty_json(row: &DutyRow, locale: Locale) -> Value {
    let days =
        |days: Option<Days>| days.map(|Days { opens, due }| json!({ "opens": opens, "due": due }));
    json!({
        "task": row.occurrence.task.as_str(),
        "period": row.occurrence.period.to_string(),
        "title": row.title,
        "units": row.units.len(),
        "unit_ids": row.units.iter().map(UnitId::as_str).collect::<Vec<_>>(),
        "old": days(row.old),
        "new": days(row.new),
        "why": row.why.in_locale(locale),
    })
}

fn change_word(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Changed => "changed",
    }
}

fn task_json(row: &TaskRow, locale: Locale) -> Value {
    json!({
        "task": row.task.as_str(),
        "title": row.title,
        "change": change_word(row.change),
        "was": row.was.as_ref().map(TaskId::as_str),
        "fields": fields_json(&row.fields, locale),
    })
}

fn unit_json(row: &UnitRow, locale: Locale) -> Value {
    json!({
        "unit_ids": row.units.iter().map(UnitId::as_str).collect::<Vec<_>>(),
        "change": change_word(row.change),
        "fields": fields_json(&row.fields, locale),
    })
}

fn fields_json(fields: &[Field], locale: Locale) -> Vec<Value> {
    let field = |field: &Field| {
        json!({
            "field": field.key,
            "old": field.old.in_locale(locale),
            "new": field.new.in_locale(locale),
        })
    };
    fields.iter().map(field).collect()
}

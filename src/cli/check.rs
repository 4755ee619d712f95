//! `check`: everything, all faults at once.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::{AT_FAULT, print};
use crate::core::burden::report;
use crate::core::diagnostic::{Diagnostic, Locale, Mark, Severity};
use crate::load::check;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 输出格式
    #[arg(long, value_name = "格式", default_value = "text", value_parser = ["text", "json"])]
    format: String,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let loaded = check(config)?;
    let locale = loaded.locale();
    if arguments.format == "json" {
        let found: Vec<_> = loaded
            .findings
            .iter()
            .map(|found| as_json(found, locale))
            .collect();
        print(&format!("{}\n", serde_json::to_string_pretty(&found)?))?;
    } else {
        // Colours where the reader is a terminal that shows them.
        let mut out = anstream::stdout().lock();
        out.write_all(loaded.report(true).as_bytes())?;
        let count = |severity| {
            loaded
                .findings
                .iter()
                .filter(|found| found.severity == severity)
                .count()
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let calendar = &loaded.agenda.calendar;
        let units = loaded.agenda.roster.units().len();
        let tasks = calendar.tasks.len();
        print(&match locale {
            Locale::Chinese => format!(
                "{}:{tasks}项任务,{units}个单位;{errors}处错误,{warnings}处提醒\n",
                if errors == 0 {
                    "可以使用"
                } else {
                    "不能使用"
                }
            ),
            Locale::English => {
                format!("{tasks} tasks, {units} units; {errors} errors, {warnings} warnings\n")
            }
        })?;
        let burden = (errors == 0).then(|| report(&loaded.agenda)).flatten();
        if let Some(burden) = burden {
            print(&format!("{}\n", burden.in_locale(locale)))?;
        }
    }
    Ok(if loaded.has_errors() {
        ExitCode::from(AT_FAULT)
    } else {
        ExitCode::SUCCESS
    })
}

fn as_json(found: &Diagnostic, locale: Locale) -> serde_json::Value {
    let place = |mark: &Mark| {
        let (line, column) = mark.text.position(mark.span.start);
        json!({
            "file": mark.text.name,
            "line": line,
            "column": column,
            "label": mark.label.in_locale(locale),
        })
    };
    json!({
        "severity": if found.severity == Severity::Error { "error" } else { "warning" },
        "message": found.message.in_locale(locale),
        "at": found.mark.as_ref().map(place),
        "other": found.other.as_ref().map(place),
        "help": found.help.as_ref().map(|words| words.in_locale(locale)),
    })
}

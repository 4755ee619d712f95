//! `ledger`: every fact, one JSON object a line.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::config::Settings;
use crate::ledger::Ledger;
use crate::load::load;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 输出格式
    #[arg(long, value_name = "格式", default_value = "jsonl", value_parser = ["jsonl"])]
    format: String,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    debug_assert_eq!(arguments.format, "jsonl");
    let settings = Settings::read(config)?;
    let ledger = settings
        .state
        .is_dir()
        .then(|| Ledger::open_existing(&settings.state))
        .transpose()?
        .flatten()
        .with_context(|| {
            format!(
                "{} 里还没有台账:服务第一次启动(schoolbell run)时才建",
                settings.state.display()
            )
        })?;
    // The calendar gives the offset; a broken calendar must not keep the record from being read.
    let zone = load(&settings).agenda.calendar.timezone.clone();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    ledger.each_fact(0, |_, fact| -> anyhow::Result<()> {
        let mut row = serde_json::to_value(&fact)?;
        localise(&mut row, &zone);
        out.write_all(format!("{row}\n").as_bytes())?;
        Ok(())
    })?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Instants in the calendar's own time: RFC 3339 with its offset.
fn localise(row: &mut serde_json::Value, zone: &jiff::tz::TimeZone) {
    for key in ["at", "slot", "retry_at"] {
        let Some(value) = row.get_mut(key) else {
            continue;
        };
        let instant = value.as_str().and_then(|text| text.parse().ok());
        if let Some(instant) = instant {
            *value = super::stamp(instant, zone).into();
        }
    }
}

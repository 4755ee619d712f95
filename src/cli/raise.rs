//! `raise`: a conditional task for a unit or for many, and alerts, which go out at once.

use std::path::Path;
use std::process::ExitCode;

use jiff::civil::Date;

use super::answer::{Counter, by_and_note, checked};
use super::{print, read_day};
use crate::core::clerk::{self, Whom};

#[derive(clap::Args)]
pub(super) struct Raise {
    /// 任务编号:行事历里写了 when = "conditional" 的;紧急通知没有对应的任务时不写
    #[arg(value_name = "任务编号", required_unless_present = "now")]
    task: Option<String>,
    /// 发给哪个单位
    #[arg(
        long,
        value_name = "单位编号",
        required_unless_present = "audience",
        conflicts_with = "audience"
    )]
    unit: Option<String>,
    /// 发给哪些单位,写法同行事历的“对象”,如 school、boarding & mountain、town:t03
    #[arg(long, value_name = "对象")]
    audience: Option<String>,
    /// 紧急通知:不等时点,不论几点马上发出;收到即办结
    #[arg(long)]
    now: bool,
    /// 这一次叫什么,如“台风红色预警”;不写则用任务的名称
    #[arg(
        long,
        value_name = "文字",
        default_value = "",
        allow_hyphen_values = true
    )]
    title: String,
    /// 哪天到期;不写则照任务规定的期限
    #[arg(long, value_name = "日期", value_parser = read_day)]
    due: Option<Date>,
    /// 局里谁发起的
    #[arg(long, value_name = "姓名")]
    by: String,
    /// 事由;紧急通知在这里写明要做什么
    #[arg(
        long,
        value_name = "文字",
        default_value = "",
        allow_hyphen_values = true
    )]
    note: String,
}

pub(super) fn run(config: &Path, given: &Raise) -> anyhow::Result<ExitCode> {
    let (by, note) = by_and_note(&given.by, &given.note)?;
    let whom = match (&given.unit, &given.audience) {
        (Some(unit), _) => Whom::Unit(unit.clone()),
        (None, audience) => Whom::Audience(audience.clone().unwrap_or_default()),
    };
    let asked = clerk::Raise {
        task: given.task.clone(),
        whom,
        alert: given.now,
        title: checked("--title ", &given.title, 60)?,
        due: given.due,
    };
    let (words, warning) = raise(&mut Counter::open(config)?, &asked, &by, &note)?;
    if let Some(warning) = warning {
        anstream::eprintln!("提醒:{warning}");
    }
    print(&format!("已记入台账:{words}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// Records it; how that is told, and what the one who raised it should know.
fn raise(
    counter: &mut Counter,
    asked: &clerk::Raise,
    by: &str,
    note: &str,
) -> anyhow::Result<(String, Option<String>)> {
    counter.record(None, |clerk| {
        let raised = clerk.raise(asked, by, note);
        let raised = raised.map_err(anyhow::Error::msg)?;
        Ok((raised.events, (raised.words, raised.warning)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::trial::Trial;

    /// Both have looked at the ledger before either writes: the second still finds a number of its own.
    #[test]
    fn two_at_one_moment_raise_two() {
        let trial = Trial::begin();
        let open = || Counter::open(&trial.config()).unwrap();
        let (mut one, mut other) = (open(), open());
        let asked = |title: &str| clerk::Raise {
            task: Some("incident-report-immediate".to_owned()),
            whom: Whom::Unit("s001".to_owned()),
            alert: true,
            title: title.to_owned(),
            due: None,
        };
        let (first, _) = raise(&mut one, &asked("台风"), "沈志明", "").unwrap();
        let (second, _) = raise(&mut other, &asked("暴雨"), "沈志明", "").unwrap();
        assert!(
            first.contains("incident-report-immediate@2026-03-04/s001"),
            "{first}"
        );
        assert!(
            second.contains("incident-report-immediate@2026-03-04T2/s001"),
            "{second}"
        );
        assert_eq!(open().book.state.alerts.len(), 2);
    }
}

//! `raise`: a conditional task for a unit or for many, and alerts, which go out at once.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::civil::Date;

use super::answer::{Clerk, by_and_note, checked};
use super::{print, read_day};
use crate::core::audience::Audience;
use crate::core::calendar::{Schedule, Task};
use crate::core::diagnostic::did_you_mean;
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::fact::Event;
use crate::core::ladder::Stretch;
use crate::core::names::TaskId;
use crate::core::period::PeriodKey;
use crate::core::plan::Slots;
use crate::core::roster::Unit;

/// The task of an alert for which the calendar has no task of its own.
const ALERT: &str = "alert";

/// Units named one by one; more are counted.
const MOST_NAMES: usize = 8;

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
    #[arg(long, value_name = "文字", default_value = "")]
    title: String,
    /// 哪天到期;不写则照任务规定的期限
    #[arg(long, value_name = "日期", value_parser = read_day)]
    due: Option<Date>,
    /// 局里谁发起的
    #[arg(long, value_name = "姓名")]
    by: String,
    /// 事由;紧急通知在这里写明要做什么
    #[arg(long, value_name = "文字", default_value = "")]
    note: String,
}

pub(super) fn run(config: &Path, given: &Raise) -> anyhow::Result<ExitCode> {
    let clerk = Clerk::open(config)?;
    let (by, note) = by_and_note(&given.by, &given.note)?;
    let title = checked("--title ", &given.title, 60)?;
    let agenda = &clerk.desk.loaded.agenda;
    let task = find_task(&clerk, given.task.as_deref())?;
    let Schedule::Conditional(within) = task.schedule else {
        anyhow::bail!("“{}”按行事历进行,不用发起", task.title);
    };
    anyhow::ensure!(
        given.task.is_some() || !title.is_empty() || !note.is_empty(),
        "请用 --title 或 --note 写明是什么事"
    );
    let units = find_units(&clerk, task, given)?;
    let today = Slots::new(&agenda.calendar).day(clerk.at);
    let due = given.due.unwrap_or_else(|| match within {
        Stretch::Workdays(n) => agenda.calendar.workdays.after(today, n),
        Stretch::Days(n) => today.saturating_add(jiff::Span::new().days(i64::from(n))),
    });
    anyhow::ensure!(due >= today, "--due {due} 已经过去");
    let occurrence = fresh_occurrence(&clerk, task, &units, today);
    let events = units
        .iter()
        .map(|unit| Event::Raised {
            duty: DutyId {
                occurrence: occurrence.clone(),
                unit: unit.id.clone(),
            },
            due,
            by: by.clone(),
            note: note.clone(),
            alert: given.now,
            title: title.clone(),
        })
        .collect();
    clerk.append(events)?;
    let name = if title.is_empty() {
        &task.title
    } else {
        &title
    };
    let when = if given.now {
        "服务运行着的话,几秒内发出"
    } else {
        "在下一个时点发出"
    };
    let unit = match units.as_slice() {
        [unit] => unit.id.as_str(),
        _ => "…",
    };
    print(&format!(
        "已记入台账:{}“{name}”,{due}前,编号 {occurrence}/{unit};{when}\n",
        names(&units)
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn find_task<'a>(clerk: &'a Clerk, named: Option<&str>) -> anyhow::Result<&'a Task> {
    let tasks = &clerk.desk.loaded.agenda.calendar.tasks;
    let Some(named) = named else {
        return tasks.get(ALERT).with_context(|| {
            format!("行事历里没有任务 {ALERT}(紧急通知),请写明用哪一项有条件的任务来发")
        });
    };
    tasks.get(named).with_context(|| {
        let conditional = tasks
            .values()
            .filter(|task| matches!(task.schedule, Schedule::Conditional(_)))
            .map(|task| task.id.as_str());
        let hint =
            did_you_mean(named, conditional).map_or(String::new(), |w| format!("。{}", w.zh));
        format!("行事历里没有任务 {named}{hint}")
    })
}

/// The units it is raised for: each must be one the task is for.
fn find_units<'a>(clerk: &'a Clerk, task: &Task, given: &Raise) -> anyhow::Result<Vec<&'a Unit>> {
    let agenda = &clerk.desk.loaded.agenda;
    let roster = &agenda.roster;
    if let Some(named) = &given.unit {
        let unit = roster.units().iter().find(|unit| unit.id.as_str() == named);
        let unit = unit.with_context(|| {
            let known = roster.units().iter().map(|unit| unit.id.as_str());
            let hint = did_you_mean(named, known).map_or(String::new(), |w| format!("。{}", w.zh));
            format!("花名册里没有单位 {named}{hint}")
        })?;
        anyhow::ensure!(
            agenda.group_of(task, &unit.id).is_some(),
            "“{}”不适用于{}(适用对象:{})",
            task.title,
            unit.name,
            task.audience
        );
        return Ok(vec![unit]);
    }
    let text = given.audience.as_deref().unwrap_or_default();
    let audience = Audience::parse(text, &agenda.calendar.tag_names()).map_err(|fault| {
        let help = fault
            .help
            .map_or(String::new(), |help| format!("。{}", help.zh));
        anyhow::anyhow!("--audience {text}:{}{help}", fault.message.zh)
    })?;
    let asked: Vec<_> = roster
        .units()
        .iter()
        .filter(|unit| audience.matches(unit))
        .collect();
    anyhow::ensure!(!asked.is_empty(), "--audience {text} 没有对上任何单位");
    let units: Vec<_> = asked
        .iter()
        .copied()
        .filter(|unit| agenda.group_of(task, &unit.id).is_some())
        .collect();
    anyhow::ensure!(
        !units.is_empty(),
        "“{}”不适用于 {text} 的任何单位(适用对象:{})",
        task.title,
        task.audience
    );
    if units.len() < asked.len() {
        anstream::eprintln!(
            "提醒:{text} 有{}个单位,“{}”只适用于其中{}个(适用对象:{})",
            asked.len(),
            task.title,
            units.len(),
            task.audience
        );
    }
    Ok(units)
}

/// The first raising of the day that none of the units has had.
fn fresh_occurrence(clerk: &Clerk, task: &Task, units: &[&Unit], today: Date) -> OccurrenceId {
    let named = |nth| OccurrenceId {
        task: TaskId::clone(&task.id),
        period: PeriodKey::Raised(today, nth),
    };
    let is_free = |id: &OccurrenceId| {
        clerk
            .state
            .duties
            .get(id)
            .is_none_or(|known| units.iter().all(|unit| !known.contains_key(&unit.id)))
    };
    (1..=u16::MAX)
        .map(named)
        .find(is_free)
        .unwrap_or_else(|| named(u16::MAX))
}

fn names(units: &[&Unit]) -> String {
    let named: Vec<_> = units
        .iter()
        .take(MOST_NAMES)
        .map(|unit| unit.name.as_str())
        .collect();
    match units.len() {
        all if all > MOST_NAMES => format!("{}等{all}个单位", named.join("、")),
        _ => named.join("、"),
    }
}

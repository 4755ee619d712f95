//! What a clerk records: answers, decisions, waivers, returns.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Desk, print, read_day};
use crate::core::compose::title;
use crate::core::duty::DutyId;
use crate::core::fact::{self, Event, Via};
use crate::core::names::TaskId;
use crate::core::plan::Slots;
use crate::core::state::State;
use crate::ledger::{Ledger, Nature};

#[derive(clap::Args)]
pub(super) struct Answer {
    /// 职责编号,如 evacuation-drill-monthly@2026-05/s001
    #[arg(value_name = "职责")]
    duty: DutyId,
    /// 收到 received,已完成 done,有困难 trouble,
    /// 申请延期 extension,不适用 not-applicable,已转交 handed-over
    #[arg(value_name = "回执", value_parser = read_answer)]
    said: fact::Answer,
    /// 学校里谁说的
    #[arg(long, value_name = "姓名")]
    by: String,
    /// 说明
    #[arg(long, value_name = "文字", default_value = "")]
    note: String,
    /// 申请延到哪天(只用于 extension)
    #[arg(long, value_name = "日期", value_parser = read_day)]
    until: Option<Date>,
}

#[derive(clap::Args)]
pub(super) struct Decision {
    /// 职责编号,如 evacuation-drill-monthly@2026-05/s001
    #[arg(value_name = "职责")]
    duty: DutyId,
    /// 局里谁决定的
    #[arg(long, value_name = "姓名")]
    by: String,
    /// 理由,会告诉学校
    #[arg(long, value_name = "文字", default_value = "")]
    note: String,
}

#[derive(clap::Args)]
pub(super) struct Granting {
    #[command(flatten)]
    decision: Decision,
    /// 延到哪天;不写则照申请的日子
    #[arg(long, value_name = "日期", value_parser = read_day)]
    until: Option<Date>,
}

#[derive(clap::Args)]
pub(super) struct Extending {
    #[command(flatten)]
    decision: Decision,
    /// 延到哪天
    #[arg(long, value_name = "日期", value_parser = read_day)]
    until: Date,
}

fn read_answer(text: &str) -> Result<fact::Answer, String> {
    fact::Answer::parse(text).ok_or_else(|| {
        let words: Vec<_> = fact::Answer::ALL.iter().map(|a| a.word()).collect();
        format!("“{text}”不是回执,可以写 {}", words.join("、"))
    })
}

/// The clerk's view: the ledger open for writing, and its fold.
pub(super) struct Clerk {
    pub(super) desk: Desk,
    ledger: Ledger,
    pub(super) state: State,
    /// When it happens: now, or for a pretended ledger the moment of its last fact.
    pub(super) at: Timestamp,
}

impl Clerk {
    pub(super) fn open(config: &Path) -> anyhow::Result<Self> {
        let desk = Desk::in_force(config)?;
        let existing = desk.ledger()?.with_context(|| {
            format!(
                "{} 里还没有台账:先用 schoolbell run 启动一次服务",
                desk.settings.state.display()
            )
        })?;
        let nature = existing.nature();
        let mut state = State::default();
        let mut at = desk.now;
        existing.each_fact(0, |_, fact| -> anyhow::Result<()> {
            state.apply(&fact);
            if nature == Nature::Pretend {
                at = fact.at;
            }
            Ok(())
        })?;
        drop(existing);
        let ledger = Ledger::open(&desk.settings.state, nature)?;
        Ok(Self {
            desk,
            ledger,
            state,
            at,
        })
    }

    /// The duty's title and unit, if there is such a duty.
    fn name(&self, duty: &DutyId) -> anyhow::Result<String> {
        let agenda = &self.desk.loaded.agenda;
        let unit = agenda.roster.unit(&duty.unit);
        let task = agenda.calendar.tasks.get(&duty.occurrence.task);
        let known = self.state.duty(duty).is_some()
            || agenda.due_in_period(&duty.occurrence, &duty.unit).is_some();
        let (Some(unit), Some(task), true) = (unit, task, known) else {
            let hint = if unit.is_none() {
                format!("花名册里没有单位 {}", duty.unit)
            } else if task.is_none() {
                let ids = agenda.calendar.tasks.keys().map(TaskId::as_str);
                crate::core::diagnostic::did_you_mean(duty.occurrence.task.as_str(), ids)
                    .map_or_else(
                        || format!("行事历里没有任务 {}", duty.occurrence.task),
                        |words| words.zh,
                    )
            } else {
                "这个单位在这一期没有这项任务;用 schoolbell dates --task 看有哪些期次".to_owned()
            };
            anyhow::bail!("没有职责 {duty}。{hint}");
        };
        Ok(format!(
            "{}“{}”",
            unit.name,
            title(task, duty.occurrence.period)
        ))
    }

    /// A day that a duty may be put off to: not over, and not before the day it has.
    fn later(&self, duty: &DutyId, name: &str, until: Date) -> anyhow::Result<Date> {
        let agenda = &self.desk.loaded.agenda;
        let today = Slots::new(&agenda.calendar).day(self.at);
        anyhow::ensure!(until >= today, "延到的 {until} 已经过去");
        if let Some(due) = agenda.due_in_period(&duty.occurrence, &duty.unit) {
            anyhow::ensure!(until > due, "{name} 的截止日是 {due},{until} 并不更晚");
        }
        let times = agenda
            .calendar
            .tasks
            .get(&duty.occurrence.task)
            .map_or(1, |task| task.times);
        let settled = self
            .state
            .duty(duty)
            .is_some_and(|known| known.settled(times).is_some());
        anyhow::ensure!(!settled, "{name} 已经办结,不用延期;要重新打开请用 return");
        Ok(until)
    }

    fn record(&self, event: Event, words: &str) -> anyhow::Result<ExitCode> {
        self.append(vec![event])?;
        print(&format!("已记入台账:{words}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Clerk {
    /// Appends facts, all or none.
    pub(super) fn append(&self, events: Vec<Event>) -> anyhow::Result<()> {
        self.ledger.append(self.at, events)?;
        Ok(())
    }
}

/// What a person typed, fit for the record: one line, not endless.
pub(super) fn checked(what: &str, text: &str, most: usize) -> anyhow::Result<String> {
    let text = text.trim();
    anyhow::ensure!(
        !text.chars().any(char::is_control),
        "{what}里不能有换行等控制字符"
    );
    anyhow::ensure!(text.chars().count() <= most, "{what}太长,最多{most}字");
    Ok(text.to_owned())
}

pub(super) fn by_and_note(by: &str, note: &str) -> anyhow::Result<(String, String)> {
    let by = checked("--by ", by, 40)?;
    anyhow::ensure!(!by.is_empty(), "--by 要写明是谁");
    Ok((by, checked("--note ", note, 500)?))
}

pub(super) fn answer(config: &Path, given: &Answer) -> anyhow::Result<ExitCode> {
    let clerk = Clerk::open(config)?;
    let name = clerk.name(&given.duty)?;
    let (by, note) = by_and_note(&given.by, &given.note)?;
    let times = clerk
        .desk
        .loaded
        .agenda
        .calendar
        .tasks
        .get(&given.duty.occurrence.task)
        .map_or(1, |task| task.times);
    let known = clerk.state.duty(&given.duty);
    let done = known.is_some_and(|known| known.dones.len() >= usize::from(times));
    let again = known
        .and_then(|known| known.answers.last())
        .is_some_and(|last| last.answer == given.said && last.by == by && last.note == note);
    if again && (times == 1 || done) {
        print(&format!(
            "台账里已有同样的回执:{name} {}({by})\n",
            given.said.name()
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let words = format!("{name} {}({by})", given.said.name());
    clerk.record(
        Event::Answer {
            duty: given.duty.clone(),
            answer: given.said,
            by,
            note,
            via: Via::Clerk,
            address: None,
            nth: (given.said == fact::Answer::Done && times > 1)
                .then(|| known.map_or(1, |known| known.dones.last().map_or(1, |last| last + 1))),
            until: given.until,
            corrects: done && given.said.is_request() && given.said != fact::Answer::HandedOver,
        },
        &words,
    )
}

pub(super) fn waive(config: &Path, given: &Decision) -> anyhow::Result<ExitCode> {
    let clerk = Clerk::open(config)?;
    let name = clerk.name(&given.duty)?;
    let (by, note) = by_and_note(&given.by, &given.note)?;
    let words = format!("{name} 免做({by})");
    let duty = given.duty.clone();
    clerk.record(Event::Waiver { duty, by, note }, &words)
}

pub(super) fn give_back(config: &Path, given: &Decision) -> anyhow::Result<ExitCode> {
    let clerk = Clerk::open(config)?;
    let name = clerk.name(&given.duty)?;
    let (by, note) = by_and_note(&given.by, &given.note)?;
    let settled = clerk
        .state
        .duty(&given.duty)
        .is_some_and(|known| !known.dones.is_empty() || known.let_off.is_some());
    anyhow::ensure!(settled, "{name} 还没有办结,不用退回");
    let words = format!("{name} 已退回({by}),职责重新打开");
    let duty = given.duty.clone();
    clerk.record(Event::Return { duty, by, note }, &words)
}

pub(super) fn grant(config: &Path, given: &Granting) -> anyhow::Result<ExitCode> {
    decide(config, &given.decision, true, given.until)
}

pub(super) fn refuse(config: &Path, given: &Decision) -> anyhow::Result<ExitCode> {
    decide(config, given, false, None)
}

fn decide(
    config: &Path,
    given: &Decision,
    granted: bool,
    until: Option<Date>,
) -> anyhow::Result<ExitCode> {
    let clerk = Clerk::open(config)?;
    let name = clerk.name(&given.duty)?;
    let (by, note) = by_and_note(&given.by, &given.note)?;
    let request = clerk
        .state
        .duty(&given.duty)
        .and_then(|known| known.request())
        .with_context(|| format!("{name} 没有待定的申请;要延期请用 extend,要免做请用 waive"))?;
    let until = match (request.answer, granted) {
        (fact::Answer::Extension, true) => {
            let until = until
                .or(request.until)
                .context("申请里没有写延到哪天,请用 --until 写明")?;
            Some(clerk.later(&given.duty, &name, until)?)
        }
        _ => None,
    };
    let words = format!(
        "{name} 的“{}”{}({by}){}",
        request.answer.name(),
        if granted { "已同意" } else { "未同意" },
        until.map_or(String::new(), |day| format!(",延至{day}"))
    );
    let event = Event::Decision {
        duty: given.duty.clone(),
        request: request.answer,
        granted,
        by,
        note,
        until,
    };
    clerk.record(event, &words)
}

pub(super) fn extend(config: &Path, given: &Extending) -> anyhow::Result<ExitCode> {
    let clerk = Clerk::open(config)?;
    let name = clerk.name(&given.decision.duty)?;
    let (by, note) = by_and_note(&given.decision.by, &given.decision.note)?;
    clerk.later(&given.decision.duty, &name, given.until)?;
    let words = format!("{name} 延至{}({by})", given.until);
    let event = Event::Decision {
        duty: given.decision.duty.clone(),
        request: fact::Answer::Extension,
        granted: true,
        by,
        note,
        until: Some(given.until),
    };
    clerk.record(event, &words)
}

//! What a clerk records: answers, decisions, waivers, returns.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Desk, print, read_day};
use crate::book::Book;
use crate::core::clerk::{Act, Clerk, Decided};
use crate::core::duty::DutyId;
use crate::core::fact::{self, Event};
use crate::core::reply;
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
    #[arg(
        long,
        value_name = "文字",
        default_value = "",
        allow_hyphen_values = true
    )]
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
    #[arg(
        long,
        value_name = "文字",
        default_value = "",
        allow_hyphen_values = true
    )]
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
    reply::answer(text).ok_or_else(|| {
        let words = fact::Answer::ALL.iter();
        let words = words.map(|answer| format!("{}({})", answer.name(), answer.word()));
        let words = words.collect::<Vec<_>>().join("、");
        format!("“{text}”不是回执,可以写 {words}")
    })
}

/// Where a clerk stands: the ledger open for writing, and its fold.
pub(super) struct Counter {
    pub(super) desk: Desk,
    ledger: Ledger,
    pub(super) book: Book,
    /// When it happens: now, or for a pretended ledger the moment of its last fact.
    pub(super) at: Timestamp,
}

impl Counter {
    pub(super) fn open(config: &Path) -> anyhow::Result<Self> {
        let desk = Desk::in_force(config)?;
        let existing = desk.ledger()?.with_context(|| {
            format!(
                "{} 里还没有台账:先用 schoolbell run 启动一次服务",
                desk.settings.state.display()
            )
        })?;
        let nature = existing.nature();
        let book = Book::open(&existing, &desk.loaded.agenda)?;
        let last = book.state.last_fact;
        let at = last.filter(|_| nature == Nature::Pretend);
        drop(existing);
        let ledger = Ledger::open(&desk.settings.state, nature)?;
        Ok(Self {
            at: at.unwrap_or(desk.now),
            desk,
            ledger,
            book,
        })
    }

    /// Appends what something comes to, all or none, and hands on what is told of it. All is at hand of the duty it is about.
    pub(super) fn record<T>(
        &mut self,
        about: Option<&DutyId>,
        mut decide: impl FnMut(&Clerk<'_>) -> anyhow::Result<(Vec<Event>, T)>,
    ) -> anyhow::Result<T> {
        let (ledger, agenda, at) = (&self.ledger, &self.desk.loaded.agenda, self.at);
        let append = |seq, events| ledger.append_after(seq, at, events);
        self.book.record(ledger, agenda, append, |book| {
            if let Some(duty) = about {
                book.need(ledger, duty)?;
            }
            decide(&Clerk {
                agenda,
                state: &book.state,
                now: at,
            })
        })
    }
}

/// Where to look, if a task has no such period for the unit.
fn hint(clerk: &Clerk<'_>, duty: &DutyId) -> Option<String> {
    let (agenda, id) = (clerk.agenda, &duty.occurrence);
    let unheard = clerk.state.duty(duty).is_none()
        && agenda.calendar.tasks.contains_key(&id.task)
        && agenda.roster.unit(&duty.unit).is_some()
        && agenda.due_in_period(id, &duty.unit).is_none();
    unheard.then(|| format!("用 schoolbell dates --task {} 看有哪些期次", id.task))
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
    let (by, note) = by_and_note(&given.by, &given.note)?;
    let act = Act::Answer {
        said: given.said,
        by: by.clone(),
        until: given.until,
    };
    record(config, &given.duty, &act, &by, &note)
}

pub(super) fn waive(config: &Path, given: &Decision) -> anyhow::Result<ExitCode> {
    decide(config, given, &Act::Waive)
}

pub(super) fn give_back(config: &Path, given: &Decision) -> anyhow::Result<ExitCode> {
    decide(config, given, &Act::Return)
}

pub(super) fn grant(config: &Path, given: &Granting) -> anyhow::Result<ExitCode> {
    let until = given.until;
    decide(config, &given.decision, &Act::Grant { until })
}

pub(super) fn refuse(config: &Path, given: &Decision) -> anyhow::Result<ExitCode> {
    decide(config, given, &Act::Refuse)
}

pub(super) fn extend(config: &Path, given: &Extending) -> anyhow::Result<ExitCode> {
    let until = given.until;
    decide(config, &given.decision, &Act::Extend { until })
}

fn decide(config: &Path, given: &Decision, act: &Act) -> anyhow::Result<ExitCode> {
    let (by, note) = by_and_note(&given.by, &given.note)?;
    record(config, &given.duty, act, &by, &note)
}

fn record(
    config: &Path,
    duty: &DutyId,
    act: &Act,
    by: &str,
    note: &str,
) -> anyhow::Result<ExitCode> {
    let told = Counter::open(config)?.record(Some(duty), |clerk| {
        let decided = clerk.decide(duty, act, by, note);
        let decided = decided.map_err(|why| match hint(clerk, duty) {
            Some(hint) => anyhow::anyhow!("{why};{hint}"),
            None => anyhow::Error::msg(why),
        });
        Ok(match decided? {
            Decided::Record(events, words) => (events, format!("已记入台账:{words}\n")),
            Decided::Before(words) => (Vec::new(), format!("{words}\n")),
        })
    })?;
    print(&told)?;
    Ok(ExitCode::SUCCESS)
}

//! `why`: the whole story of one duty, past and to come.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use jiff::{Timestamp, ToSpan};

use super::{Desk, duty_table, print};
use crate::core::agenda::{Absent, Dated};
use crate::core::calendar::{Schedule, Task};
use crate::core::dates::{short_day, weekday_name};
use crate::core::duty::DutyId;
use crate::core::fact::Event;
use crate::core::forecast::forecast;
use crate::core::outcome::{RungOutcome, let_off, outcomes};
use crate::core::plan::{Hindrance, NoDuty, Slots, footing};
use crate::core::state::{DutyState, LetterStatus, State};
use crate::core::titles::{title, title_of};
use crate::ledger::{Ledger, Nature};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 职责编号,如 evacuation-drill-monthly@2026-05/s001
    #[arg(value_name = "职责")]
    duty: DutyId,
}

/// How far ahead the story goes, in days.
const AHEAD_DAYS: i64 = 150;

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::in_force(config)?;
    let (mut book, ledger) = desk.book()?;
    let duty = &arguments.duty;
    if let Some(ledger) = &ledger {
        book.need(ledger, duty)?;
    }
    let mut story = Story {
        now: stands_at(&desk, &book.state, ledger.as_ref()),
        desk: &desk,
        state: &book.state,
        duty,
        text: String::new(),
    };
    story.dates()?;
    story.rungs()?;
    if let Some(ledger) = &ledger {
        story.past(ledger)?;
    }
    story.coming()?;
    print(&story.text)?;
    Ok(ExitCode::SUCCESS)
}

struct Story<'a> {
    desk: &'a Desk,
    /// The moment the story is told at.
    now: Timestamp,
    state: &'a State,
    duty: &'a DutyId,
    text: String,
}

impl Story<'_> {
    fn dates(&mut self) -> anyhow::Result<()> {
        let agenda = &self.desk.loaded.agenda;
        let duty = self.duty;
        let task = agenda.calendar.tasks.get(&duty.occurrence.task);
        let unit = agenda.roster.unit(&duty.unit);
        let known = self.state.duty(duty);
        let (Some(task), Some(unit)) = (task, unit) else {
            anyhow::ensure!(
                known.is_some(),
                "没有职责 {duty}:{}",
                if unit.is_none() {
                    "花名册里没有这个单位"
                } else {
                    "行事历里没有这项任务"
                }
            );
            writeln!(self.text, "{duty}\n  现在的行事历或花名册里已没有它")?;
            return Ok(());
        };
        writeln!(
            self.text,
            "{} · {}\n  编号 {duty}",
            known
                .and_then(DutyState::own_title)
                .unwrap_or_else(|| title(task, duty.occurrence.period)),
            unit.name
        )?;
        let place = &task.place;
        let (line, _) = place.text.position(place.span.start);
        writeln!(
            self.text,
            "  出处 {}(第{line}行)· {} · {}",
            place.text.name,
            task.source,
            task.origin.name()
        )?;
        let Some(group) = agenda.group_of(task, &duty.unit) else {
            writeln!(self.text, "  不适用于这个单位:适用对象是 {}", task.audience)?;
            return Ok(());
        };
        let dated = match (
            &task.schedule,
            known.and_then(|known| known.raised.as_ref()),
        ) {
            (Schedule::Conditional(_), Some(raised)) => {
                let on = Slots::new(&agenda.calendar).day(raised.at);
                Ok(Dated::raised(on, raised.due))
            }
            (Schedule::Conditional(_), None) => {
                writeln!(self.text, "  有条件的任务:还没有人发起(schoolbell raise)")?;
                return Ok(());
            }
            _ => agenda.occurrence(task, duty.occurrence.period, group).dated,
        };
        let locale = agenda.calendar.locale;
        match dated {
            Ok(dated) => {
                writeln!(
                    self.text,
                    "  开始 {} · 截止 {}({}) · {}",
                    dated.opens,
                    dated.due,
                    weekday_name(dated.due.weekday()),
                    dated.why.in_locale(locale)
                )?;
            }
            Err(Absent::Undated(why)) => {
                writeln!(self.text, "  还没有日期:{}", why.in_locale(locale))?;
            }
            Err(Absent::Skipped(why)) => writeln!(self.text, "  {}", why.in_locale(locale))?,
            Err(Absent::None) => writeln!(self.text, "  这一期没有这项任务")?,
        }
        self.stands_on(task)?;
        if let Some(until) = known.and_then(|known| known.extended_to) {
            writeln!(self.text, "  已准延期至 {until}")?;
        }
        if let Some(settled) = known.and_then(|known| known.settled(task.times)) {
            writeln!(self.text, "  {}", settled.in_words())?;
        }
        Ok(())
    }

    /// What it comes after, and why it asks for nothing where it does not.
    fn stands_on(&mut self, task: &Task) -> anyhow::Result<()> {
        let agenda = &self.desk.loaded.agenda;
        let first = task
            .after
            .as_ref()
            .and_then(|first| agenda.calendar.tasks.get(first));
        let (duty, state) = (self.duty, self.state);
        let footing = footing(agenda, state, duty, self.now);
        let named = |duty: &DutyId| {
            let title = title_of(agenda, state, &duty.occurrence);
            format!("{title}({duty})")
        };
        match (footing.hindrance, first) {
            (Some(Hindrance::NoDuty(none)), _) => {
                writeln!(self.text, "  不是这个单位的职责:{}", no_duty(none))?;
            }
            (Some(Hindrance::Covered(by)), _) => {
                writeln!(self.text, "  由这一项抵作,不另发通知:{}", named(&by))?;
            }
            (Some(Hindrance::LetOff(before, how)), _) => {
                writeln!(
                    self.text,
                    "  前一步{},这一项也不用做:{}",
                    let_off(how),
                    named(&before)
                )?;
            }
            (_, Some(first)) => writeln!(
                self.text,
                "  要先完成:{}({}@{}/{})",
                first.title, first.id, duty.occurrence.period, duty.unit
            )?,
            (_, None) => {}
        }
        Ok(())
    }

    /// What became of each rung by now.
    fn rungs(&mut self) -> anyhow::Result<()> {
        let rungs = outcomes(&self.desk.loaded.agenda, self.state, self.duty, self.now);
        if rungs.is_empty() || self.state.hung.is_none() {
            return Ok(());
        }
        writeln!(self.text, "各阶:")?;
        for (rung, day, outcome) in rungs {
            let words = match outcome {
                RungOutcome::Sent(at) => format!("已发({})", self.local(at)),
                RungOutcome::Superseded => "已由更新的一阶取代".to_owned(),
                RungOutcome::Dropped => "没有发:发出前已办结".to_owned(),
                RungOutcome::Failed => "没有送到".to_owned(),
                RungOutcome::Skipped(why) => format!("没有发:{why}"),
                RungOutcome::Ahead => "未到".to_owned(),
            };
            let rung = rung.chinese();
            writeln!(self.text, "  {} {rung} {words}", short_day(day))?;
        }
        Ok(())
    }

    fn past(&mut self, ledger: &Ledger) -> anyhow::Result<()> {
        let facts = ledger.facts_of_duty(self.duty)?;
        let mut lines: Vec<(Timestamp, String)> = Vec::new();
        for (_, fact) in &facts {
            if let Some(words) = words(&fact.what) {
                lines.push((fact.at, words));
            }
        }
        if lines.is_empty() {
            writeln!(self.text, "已发生:还没有发过信,也没有回执")?;
            return Ok(());
        }
        writeln!(self.text, "已发生:")?;
        for (at, words) in lines {
            writeln!(self.text, "  {} {words}", self.local(at))?;
        }
        Ok(())
    }

    fn local(&self, at: Timestamp) -> String {
        at.to_zoned_datetime(self.desk.loaded.agenda.calendar.timezone.clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string()
    }

    fn coming(&mut self) -> anyhow::Result<()> {
        let agenda = &self.desk.loaded.agenda;
        let from = self.now;
        let until = Slots::new(&agenda.calendar)
            .day(from)
            .saturating_add(AHEAD_DAYS.days());
        let mut lines = Vec::new();
        forecast(agenda, self.state.clone(), from, until, |plan| {
            for letter in &plan.letters {
                for notice in letter.notices.iter().filter(|n| n.duty == *self.duty) {
                    lines.push(format!(
                        "  {} {} → {}",
                        self.local(plan.slot.unwrap_or(letter.slot)),
                        duty_table::rung(notice.rung, notice.part),
                        notice.address
                    ));
                }
            }
        });
        if lines.is_empty() {
            writeln!(self.text, "接下来:{AHEAD_DAYS}天内没有要发的")?;
        } else {
            writeln!(self.text, "接下来(若无人回执):\n{}", lines.join("\n"))?;
        }
        Ok(())
    }
}

/// The moment the story is told at: now, or where a pretended ledger stands.
fn stands_at(desk: &Desk, state: &State, ledger: Option<&Ledger>) -> Timestamp {
    let pretended = ledger.is_some_and(|ledger| ledger.nature() == Nature::Pretend);
    match state.last_slot {
        Some((_, decided)) if pretended => decided,
        Some((_, decided)) => desk.now.max(decided),
        None => desk.now,
    }
}

/// Why there is no such duty, in words.
fn no_duty(none: NoDuty) -> &'static str {
    match none {
        NoDuty::DueBeforeTheBell => "启用服务时,截止日已过",
        NoDuty::DueBeforeTheTask => "这项任务加进行事历时,截止日已过",
        NoDuty::DueBeforeTheUnit => "这个单位到截止日才列入花名册",
    }
}

fn tail(note: &str) -> String {
    if note.is_empty() {
        String::new()
    } else {
        format!(":{note}")
    }
}

/// A fact of a duty, in words.
fn words(what: &Event) -> Option<String> {
    Some(match what {
        Event::Notice {
            rung,
            due,
            address,
            letter,
            part,
            ..
        } => {
            let rung = duty_table::rung(*rung, *part);
            format!("{rung} → {address},第{letter}号信,截止 {due}")
        }
        Event::Outcome {
            letter,
            outcome,
            text,
            ..
        } => {
            let name = LetterStatus::Ended(*outcome).name();
            format!("第{letter}号信 {name}{}", tail(text))
        }
        Event::Answer {
            answer, by, note, ..
        } => format!("回执 {}({by}){}", answer.name(), tail(note)),
        Event::Decision {
            request,
            granted,
            by,
            note,
            until,
            ..
        } => format!(
            "“{}”{}({by}){}{}",
            request.name(),
            if *granted { "已同意" } else { "未同意" },
            until.map_or(String::new(), |day| format!(",延至{day}")),
            tail(note)
        ),
        Event::Evidence { name, by, .. } => format!("材料 {name}({by})"),
        Event::Waiver { by, note, .. } => format!("免做({by}){}", tail(note)),
        Event::Return { by, note, .. } => format!("退回({by}){}", tail(note)),
        Event::Raised {
            due,
            by,
            note,
            alert,
            ..
        } => {
            let what = if *alert { "紧急发起" } else { "发起" };
            format!("{what}({by}),截止 {due}{}", tail(note))
        }
        _ => return None,
    })
}

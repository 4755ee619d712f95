//! `mail inbox` and `mail seen`: the mails that were not understood, until a person has seen to them.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::answer::{Counter, by_and_note};
use crate::cli::{Desk, print, stamp};
use crate::core::fact::{Attached, Event, LetterNo, MailNo};
use crate::core::names::Address;
use crate::core::plan::{Slots, unclear_mail};
use crate::evidence::Store;

#[derive(clap::Args)]
pub(in crate::cli) struct Arguments {
    /// 输出格式
    #[arg(long, value_name = "格式", default_value = "table", value_parser = ["table", "json"])]
    format: String,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Seen {
    /// 来信的编号,mail inbox 里有
    #[arg(value_name = "编号", required = true)]
    mails: Vec<MailNo>,
    /// 谁看过、处理了
    #[arg(long, value_name = "姓名")]
    by: String,
}

#[derive(Serialize)]
struct Row<'a> {
    mail: MailNo,
    at: String,
    from: Option<&'a str>,
    letter: Option<LetterNo>,
    text: &'a str,
    kept: &'a [Attached],
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::in_force(config)?;
    let (state, ledger) = desk.state()?;
    ledger.context("还没有台账:先用 schoolbell run 启动一次服务")?;
    let calendar = &desk.loaded.agenda.calendar;
    let zone = &calendar.timezone;
    if arguments.format == "json" {
        let rows: Vec<Row<'_>> = state
            .post
            .unclear
            .iter()
            .map(|(no, mail)| Row {
                mail: *no,
                at: stamp(mail.at, zone),
                from: mail.from.as_ref().map(Address::as_str),
                letter: mail.letter,
                text: &mail.text,
                kept: &mail.kept,
            })
            .collect();
        print(&format!("{}\n", serde_json::to_string_pretty(&rows)?))?;
        return Ok(ExitCode::SUCCESS);
    }
    let today = Slots::new(calendar).day(desk.now);
    let store = Store::of(&desk.settings.state);
    for (no, mail) in &state.post.unclear {
        let at = mail.at.to_zoned_datetime(zone.clone());
        let at = at.strftime("%m-%d %H:%M");
        let words = unclear_mail(&desk.loaded.agenda, today, *no, mail);
        print(&format!("{no}. {at} {words}\n"))?;
        for kept in &mail.kept {
            let place = store.place(&kept.digest);
            let place = place.map_or(String::new(), |place| place.display().to_string());
            print(&format!(
                "   附件 {}({}字节):{place}\n",
                kept.name, kept.bytes
            ))?;
        }
    }
    if state.post.unclear.is_empty() {
        print("没有要人看的来信\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn seen(config: &Path, given: &Seen) -> anyhow::Result<ExitCode> {
    let mut counter = Counter::open(config)?;
    let (by, _) = by_and_note(&given.by, "")?;
    counter.record(None, |clerk| {
        for mail in &given.mails {
            anyhow::ensure!(
                clerk.state.post.unclear.contains_key(mail),
                "没有编号是 {mail} 的待看来信;schoolbell mail inbox 列出待看的"
            );
        }
        let seen = given.mails.iter().map(|mail| Event::MailSeen {
            mail: *mail,
            by: by.clone(),
        });
        Ok((seen.collect(), ()))
    })?;
    print("已记入台账:这些来信已经看过\n")?;
    Ok(ExitCode::SUCCESS)
}

//! `forget`: a person's data is erased from the record, and that it was is recorded without the name.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::backup::{local, zone};
use super::{AT_FAULT, confirmed, print};
use crate::clock::Clock;
use crate::config::Settings;
use crate::core::calendar::role_name;
use crate::core::diagnostic::Faults;
use crate::core::fact::{Event, Fact, LetterNo, Outcome};
use crate::core::gone::Gone;
use crate::core::roster::{Roster, read_csv};
use crate::core::state::State;
use crate::ledger::{Erasure, Nature, Vault};
use crate::load::{KEPT_ROSTER, load};
use crate::mail;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 姓名,与花名册里写的一样
    #[arg(value_name = "姓名")]
    person: String,
    /// 不再问,直接删
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let name = arguments.person.trim();
    anyhow::ensure!(name.chars().count() >= 2, "要写全姓名");
    let settings = Settings::read(config)?;
    let loaded = load(&settings);
    anyhow::ensure!(
        !loaded.has_errors(),
        "行事历或花名册有错,看不出还有没有这个人;先用 schoolbell check 改正"
    );
    refuse_if_on(&loaded.agenda.roster, name)?;
    let now = Clock::Real.now();
    let zone = zone(&settings);
    let started = local(now, &zone, "%Y-%m-%d %H:%M:%S");
    let mut vault = Vault::open(&settings.state, &started)?;
    let facts = vault.facts()?;
    let mut rosters = kept_rosters(&vault)?;
    rosters.push(Roster::new(loaded.agenda.roster.units().to_vec()));
    let before = facts
        .iter()
        .filter(|fact| matches!(fact.what, Event::Forgotten { .. }))
        .count();
    let gone = Gone::new(name, &rosters, format!("已删除-{}", before + 1));
    let held = places(&rosters, name);
    let letters = Letters::of(&facts, &gone);
    let changed = facts
        .iter()
        .filter(|fact| gone.event(&fact.what).is_some())
        .count();
    anyhow::ensure!(
        changed > 0 || !held.is_empty(),
        "台账里没有“{name}”。姓名要与花名册里写的一样"
    );
    print(&preview(&gone, &held, changed, &letters))?;
    if !arguments.yes && !confirmed("删去吗?")? {
        print("没有删。确认无误后,加上 --yes 再运行一次\n")?;
        return Ok(ExitCode::from(AT_FAULT));
    }
    let at = match (vault.nature()?, facts.last()) {
        (Nature::Pretend, Some(last)) => last.at,
        _ => now,
    };
    let erased = vault.erase(
        at,
        &Erasure {
            fact: &|fact| gone.event(&fact.what),
            file: &|file, text| {
                if file == KEPT_ROSTER {
                    gone.roster(text)
                } else {
                    gone.text(text)
                }
            },
            frozen: &|letter, bytes| letters.goes(letter, bytes, &gone),
            record: letters.record(&gone),
        },
    )?;
    print(&format!(
        "已删去,台账里写作“{}”:事实 {} 条,行事历旧版 {} 个,信的原文 {} 封\n{}",
        gone.pseudonym,
        erased.facts,
        erased.versions,
        erased.letters,
        elsewhere(&settings)
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Who is on the roster would be written to again, and written down again.
fn refuse_if_on(roster: &Roster, name: &str) -> anyhow::Result<()> {
    let held: Vec<_> = places(std::slice::from_ref(roster), name)
        .into_iter()
        .collect();
    anyhow::ensure!(
        held.is_empty(),
        "{name}还在花名册里:{}。请先从花名册里删去,再运行一次",
        held.join("、")
    );
    Ok(())
}

/// Where a person has ever held which role.
fn places(rosters: &[Roster], name: &str) -> BTreeSet<String> {
    let mut held = BTreeSet::new();
    for unit in rosters.iter().flat_map(Roster::units) {
        for contact in unit.contacts.iter().filter(|one| one.person == name) {
            let role = role_name(contact.role.as_str());
            held.insert(format!("{}({}){role}", unit.name, unit.id));
        }
    }
    held
}

fn kept_rosters(vault: &Vault) -> anyhow::Result<Vec<Roster>> {
    let mut rosters = Vec::new();
    for files in vault.versions()? {
        for (file, text) in files.iter().filter(|(file, _)| file == KEPT_ROSTER) {
            rosters.push(read_csv(file, text.as_bytes(), &Faults::default()));
        }
    }
    Ok(rosters)
}

/// The letters to a person's mailboxes, and those that are still on their way.
struct Letters {
    theirs: BTreeSet<LetterNo>,
    open: BTreeSet<LetterNo>,
    dropped: Vec<Event>,
}

impl Letters {
    fn of(facts: &[Fact], gone: &Gone) -> Self {
        let state = State::fold(facts);
        let is_theirs = |no: &LetterNo| {
            let letter = state.letters.get(no);
            letter.is_some_and(|letter| gone.addresses.contains(&letter.address))
        };
        let dropped = state
            .open_letters
            .iter()
            .filter(|no| is_theirs(no))
            .filter_map(|no| {
                let letter = state.letters.get(no)?;
                Some(Event::Outcome {
                    letter: *no,
                    address: letter.address.clone(),
                    message_id: letter.message_id.clone(),
                    outcome: Outcome::Dropped,
                    text: "收件人已从台账删去".to_owned(),
                    retry_at: None,
                })
            });
        Self {
            dropped: dropped.collect(),
            theirs: state.letters.keys().copied().filter(is_theirs).collect(),
            open: state.open_letters,
        }
    }

    /// Whether a letter's bytes go: those to the person, and those that name them. What is on its way to others must
    /// stay the same to its end.
    fn goes(&self, letter: LetterNo, bytes: &[u8], gone: &Gone) -> bool {
        self.theirs.contains(&letter)
            || !self.open.contains(&letter)
                && mail::texts(bytes).iter().any(|text| gone.is_in(text))
    }

    /// What the ledger says of it: no name.
    fn record(&self, gone: &Gone) -> Vec<Event> {
        let dropped = self.dropped.iter();
        let mut record: Vec<_> = dropped
            .map(|event| gone.event(event).unwrap_or_else(|| event.clone()))
            .collect();
        record.push(Event::Forgotten {
            pseudonym: gone.pseudonym.clone(),
        });
        record
    }
}

fn preview(gone: &Gone, held: &BTreeSet<String>, facts: usize, letters: &Letters) -> String {
    let mut words = format!("将从台账里删去 {}:\n", gone.name);
    for place in held {
        let _ = writeln!(words, "  曾任 {place}");
    }
    for address in &gone.addresses {
        let _ = writeln!(words, "  邮箱 {address}");
    }
    let _ = writeln!(
        words,
        "  事实 {facts} 条;写给此人的信 {} 封,原文删去{}",
        letters.theirs.len(),
        match letters.dropped.len() {
            0 => String::new(),
            open => format!(",其中 {open} 封还没有发出,不再发"),
        }
    );
    let _ = writeln!(
        words,
        "同名的人会一起删去。都换成“{}”,不能恢复",
        gone.pseudonym
    );
    words
}

/// What this program can't reach into.
fn elsewhere(settings: &Settings) -> String {
    format!(
        "别处可能还有,请自己处理:台账的备份和 before-restore 旧本,{} 旁边的 .bak 旧本,导出的表格,存成文件的信(.eml),邮件服务器和收件人那里的信\n",
        settings.roster.display()
    )
}

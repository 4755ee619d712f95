//! `status`: whether anything needs a person.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use super::{AT_FAULT, kept, ledger_of, print};
use crate::book::Book;
use crate::clock::{Clock, is_synchronised};
use crate::config::Settings;
use crate::core::bulletin::awaited;
use crate::core::overview::{Scope, requests};
use crate::core::plan::{DeadMailbox, GRACE, Slots, missing_notices, unclear_mail, undelivered};
use crate::core::state::State;
use crate::disk::Room;
use crate::ledger::{Ledger, Nature};
use crate::load::{Loaded, load};

pub(super) fn run(config: &Path) -> anyhow::Result<ExitCode> {
    let settings = Settings::read(config)?;
    let ledger = ledger_of(&settings)?;
    let (loaded, files) = in_force(&settings, ledger.as_ref())?;
    let pretended = ledger
        .as_ref()
        .is_some_and(|ledger| ledger.nature() == Nature::Pretend);
    let book = match &ledger {
        Some(ledger) => Book::open(ledger, &loaded.agenda)?,
        None => Book::default(),
    };
    let last = book.state.last_fact.filter(|_| pretended);
    let now = last.unwrap_or_else(|| Clock::Real.now());
    let mut report = Report {
        state: &book.state,
        loaded: &loaded,
        files,
        now,
        needs: Vec::new(),
    };
    report.files();
    if ledger.is_some() {
        report.held();
        report.needs.extend(room(&settings.state));
        report.service(pretended);
        report.people();
        report.drafts();
        report.post();
    } else {
        report
            .needs
            .push("还没有台账:用 schoolbell run 启动服务".to_owned());
    }
    report.data();
    let needs = std::mem::take(&mut report.needs);
    print(&report.figures(pretended))?;
    // Letters go out all the same, so it alone needs nobody at once.
    if !pretended && is_synchronised() == Some(false) {
        print(
            "提醒:服务器的时钟没有与时间服务器对过,走偏了信就会早发或晚发;请运行 timedatectl set-ntp true\n",
        )?;
    }
    for need in &needs {
        print(&format!("需要处理:{need}\n"))?;
    }
    if needs.is_empty() {
        print("没有需要人处理的事\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(AT_FAULT))
}

/// Calendar and roster as they are in force, and how the files on disk stand to them.
fn in_force(settings: &Settings, ledger: Option<&Ledger>) -> anyhow::Result<(Loaded, Files)> {
    let loaded = load(settings);
    if !loaded.has_errors() {
        return Ok((loaded, Files::Sound));
    }
    let kept = ledger.map(|ledger| kept(settings, ledger)).transpose()?;
    Ok(match kept.flatten() {
        Some((kept, since)) => (kept, Files::Refused { since }),
        None => (loaded, Files::Unusable),
    })
}

/// How the files on disk stand to what is in force.
#[derive(Clone, Copy)]
enum Files {
    /// They are sound.
    Sound,
    /// They have an error: what came into force at a moment before goes on.
    Refused { since: jiff::Timestamp },
    /// They have an error, and there is nothing else.
    Unusable,
}

/// Whether the disk is getting full.
fn room(state: &Path) -> Option<String> {
    Room::of(state).ok()?.warning(state)
}

/// A letter that has waited so long waits for a person, at the usual rates.
const STUCK: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);

struct Report<'a> {
    state: &'a State,
    /// What is in force.
    loaded: &'a Loaded,
    files: Files,
    now: jiff::Timestamp,
    needs: Vec<String>,
}

impl Report<'_> {
    fn figures(&self, pretended: bool) -> String {
        let local = |at| self.local(at);
        let mut by_status: BTreeMap<&str, usize> = BTreeMap::new();
        for no in &self.state.open_letters {
            if let Some(letter) = self.state.letters.get(no) {
                *by_status.entry(letter.status.name()).or_default() += 1;
            }
        }
        let queue = if by_status.is_empty() {
            "空".to_owned()
        } else {
            by_status
                .iter()
                .map(|(name, count)| format!("{name} {count} 封"))
                .collect::<Vec<_>>()
                .join(",")
        };
        let calendar = &self.loaded.agenda.calendar;
        format!(
            "{}{}\n{}\n上一个时点:{}\n下一个时点:{}\n待发的信:{queue};已送出 {} 封\n",
            calendar.title,
            if pretended {
                "(假定时间的演练)"
            } else {
                ""
            },
            self.size(),
            self.state
                .last_slot
                .map_or("还没有".to_owned(), |(slot, _)| local(slot)),
            local(Slots::new(calendar).after(self.now)),
            self.state.totals.accepted,
        )
    }

    fn local(&self, at: jiff::Timestamp) -> String {
        at.to_zoned_datetime(self.loaded.agenda.calendar.timezone.clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string()
    }

    /// How much is in force, and which version of it where the one on disk is not.
    fn size(&self) -> String {
        let agenda = &self.loaded.agenda;
        let (tasks, units) = (agenda.calendar.tasks.len(), agenda.roster.units().len());
        let which = match self.files {
            Files::Sound => String::new(),
            Files::Refused { since } => {
                format!("(仍在使用的版本,{} 生效;磁盘上的不算)", self.local(since))
            }
            Files::Unusable => return "任务和单位:磁盘上的行事历或花名册有错,数不出来".to_owned(),
        };
        format!("任务 {tasks} 项,单位 {units} 个{which}")
    }

    fn files(&mut self) {
        let words = match self.files {
            Files::Sound => return,
            Files::Refused { since } => format!(
                "磁盘上的行事历或花名册有错,没有生效,现在用的仍是 {} 生效的版本;请看 schoolbell check",
                self.local(since)
            ),
            Files::Unusable => {
                "行事历或花名册有错,没有生效,也没有可用的旧版本;请看 schoolbell check".to_owned()
            }
        };
        self.needs.push(words);
    }

    /// Drafts that nobody has decided of.
    fn drafts(&mut self) {
        let agenda = &self.loaded.agenda;
        let today = Slots::new(&agenda.calendar).day(self.now);
        let drafts = awaited(agenda, self.state, today).into_iter();
        self.needs.extend(drafts.map(|span| {
            format!(
                "{}的通报草稿等人审阅;请在管理页的“通报”里批准或搁置,不批准不会发出",
                span.name()
            )
        }));
    }

    fn held(&mut self) {
        let locale = self.loaded.locale();
        let reasons = self.state.held_for();
        if reasons.is_empty() {
            return;
        }
        let why: Vec<_> = reasons
            .iter()
            .map(|reason| reason.in_words().in_locale(locale).to_owned())
            .collect();
        let what = self.state.hold.as_ref().map_or(String::new(), |held| {
            format!("({} 的时点,{}封信)", self.local(held.slot), held.letters)
        });
        self.needs.push(format!(
            "定时的信已暂停{what}:{};看过以后用 schoolbell mail release 放行",
            why.join(";")
        ));
    }

    fn service(&mut self, pretended: bool) {
        let slots = Slots::new(&self.loaded.agenda.calendar);
        let previous = slots.before(self.now);
        let overdue = self.now.duration_since(previous) > GRACE;
        let missed = !self.state.passed.contains(&previous)
            && self.state.hung.is_some_and(|hung| hung < previous);
        if missed && overdue && !pretended && self.state.hold.is_none() {
            self.needs.push(format!(
                "{} 的时点没有处理:服务没有在运行?请看 systemctl status schoolbell",
                self.local(previous)
            ));
        }
        for no in &self.state.open_letters {
            if let Some(letter) = self.state.letters.get(no)
                && self.now.duration_since(letter.queued) > STUCK
            {
                self.needs.push(format!(
                    "第{no}号信(给 {})排了半小时以上还没有送出,试过{}次:{}",
                    letter.address, letter.attempts, letter.text
                ));
            }
        }
    }

    /// The mailbox, and what arrived in it that nobody has seen to.
    fn post(&mut self) {
        if let Some(text) = &self.state.post.trouble {
            self.needs.push(format!("收信的邮箱读不了:{text}"));
        }
        let today = Slots::new(&self.loaded.agenda.calendar).day(self.now);
        let mails = self.state.post.unclear.iter();
        self.needs
            .extend(mails.map(|(no, mail)| unclear_mail(&self.loaded.agenda, today, *no, mail)));
    }

    fn people(&mut self) {
        let today = Slots::new(&self.loaded.agenda.calendar).day(self.now);
        let roster = &self.loaded.agenda.roster;
        let undelivered = undelivered(&self.loaded.agenda, self.state, today);
        for found in undelivered.mailboxes {
            let DeadMailbox { address, text, .. } = found;
            self.needs.push(format!(
                "{}{}的邮箱 {address} 收不到信({text});请改花名册,或修好后用 schoolbell mail test {address} 试一次",
                found.unit.name, found.contact.person
            ));
        }
        for (no, letter) in undelivered.letters {
            self.needs.push(format!(
                "第{no}号信没有送到 {}:{}",
                letter.address, letter.text
            ));
        }
        for unit in roster.units() {
            if !unit.is_reachable(today, &self.state.unreachable) {
                self.needs.push(format!(
                    "联系人空缺:{}({})没有能送达的邮箱",
                    unit.name, unit.id
                ));
            }
        }
        self.requests();
    }

    fn requests(&mut self) {
        let agenda = &self.loaded.agenda;
        let asked = requests(agenda, self.state, &Scope::whole(agenda), self.now);
        self.needs.extend(asked.into_iter().map(|request| {
            format!(
                "{}“{}”{}({}):{};用 grant 或 refuse 答复 {}",
                request.unit_name,
                request.title,
                request.answer.name(),
                request.by,
                request.note,
                request.duty
            )
        }));
    }

    fn data(&mut self) {
        let calendar = &self.loaded.agenda.calendar;
        let today = Slots::new(calendar).day(self.now);
        let missing = missing_notices(calendar, today).into_iter();
        self.needs.extend(missing.map(|(_, words)| words));
    }
}

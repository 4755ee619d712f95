//! The reception: who may come in to the bureau's pages, and what they are shown.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::office::{Book, House, Office};
use crate::config::Transport;
use crate::core::diff::diff_without_letters;
use crate::core::fact::{Alert, Event, LetterNo};
use crate::core::names::Address;
use crate::core::officer::Officer;
use crate::ledger::LedgerError;
use crate::load::load_kept;
use crate::mail::Mailbox;
use crate::web::{AskedLink, DeskError, SettingsPart, Version};

/// How long a link to sign in with works.
const LINK_LIFE: SignedDuration = SignedDuration::from_mins(15);

/// How long somebody stays signed in: a day at the desk.
const STAY: SignedDuration = SignedDuration::from_hours(12);

/// Lines of an edit that are shown; the rest is counted.
const MOST_LINES: usize = 200;

impl Office {
    /// Mails a link to sign in with, if the mailbox is one of somebody who may. Nothing of the answer tells.
    pub(super) fn mail_link(&self, asked: &AskedLink) -> Result<(), LedgerError> {
        let address = Address::from(asked.address.to_ascii_lowercase());
        let mut book = self.book()?;
        let now = self.clock.now();
        let house = self.house();
        let may = Officer::of(&house.agenda, &address, self.today()).is_some();
        // Also to a mailbox that a letter came back from: who may sign in and reads it has no other way in.
        if !may || !self.doorbell.ring(now, &address, asked) {
            tracing::info!(may, "a link to sign in with was asked for, and not sent");
            return Ok(());
        }
        let letter = book.state.next_letter();
        let events = vec![
            self.alert_letter(&book.state, letter, &address, words(&house)),
            Event::SignInAsked {
                letter,
                address,
                browser: asked.browser.clone(),
                until: after(now, LINK_LIFE),
            },
        ];
        self.append(&mut book, events)?;
        self.mail.notify_one();
        Ok(())
    }

    /// Whether a letter's link still works for somebody, and for this browser.
    pub(super) fn knows_link(&self, letter: LetterNo, browser: &str) -> Result<bool, LedgerError> {
        let book = self.book()?;
        Ok(self.holder(&book, letter, browser).is_some())
    }

    fn holder(&self, book: &Book, letter: LetterNo, browser: &str) -> Option<Officer> {
        let link = book.state.admission.link(letter, self.clock.now())?;
        (link.browser == browser)
            .then(|| Officer::of(&self.house().agenda, &link.address, self.today()))?
    }

    /// Uses a link up. `session` is the digest of what the browser is given for it.
    pub(super) fn sign_in(
        &self,
        letter: LetterNo,
        browser: &str,
        session: &str,
    ) -> Result<bool, LedgerError> {
        let mut book = self.book()?;
        let Some(officer) = self.holder(&book, letter, browser) else {
            return Ok(false);
        };
        let event = Event::SignedIn {
            letter,
            address: officer.address,
            by: officer.person,
            session: session.to_owned(),
            until: after(self.clock.now(), STAY),
        };
        self.append(&mut book, vec![event])?;
        Ok(true)
    }

    /// Who is signed in by what a browser holds. Somebody who lost the role has lost the sight with it.
    pub(super) fn officer(&self, session: &str) -> Result<Option<Officer>, LedgerError> {
        let book = self.book()?;
        let house = self.house();
        let found = book.state.admission.session(session, self.clock.now());
        Ok(found.and_then(|found| Officer::of(&house.agenda, &found.address, self.today())))
    }

    pub(super) fn sign_out(&self, session: &str) -> Result<(), LedgerError> {
        let mut book = self.book()?;
        let house = self.house();
        let Some(found) = book.state.admission.session(session, self.clock.now()) else {
            return Ok(());
        };
        let address = found.address.clone();
        let officer = Officer::of(&house.agenda, &address, self.today());
        let event = Event::SignedOut {
            by: officer.map_or(address.to_string(), |officer| officer.person),
            address,
            session: session.to_owned(),
        };
        self.append(&mut book, vec![event])
    }

    /// The versions of calendar and roster, the newest first.
    pub(super) fn versions(&self) -> Result<Vec<Version>, DeskError> {
        let house = self.house();
        let zone = &house.agenda.calendar.timezone;
        let versions = self.ledger.versions()?;
        let accepted = {
            let book = self.book()?;
            book.state.accepted.clone()
        };
        let newest = versions.last().map(|(seq, ..)| *seq);
        let found = versions.into_iter().rev().map(|(seq, version, at)| {
            // An edit that was undone is there twice, under the same name.
            let in_force = newest == Some(seq) && version == house.version;
            Version {
                seq,
                at: at.to_zoned_datetime(zone.clone()).datetime(),
                in_force,
                awaits_release: in_force
                    && accepted
                        .as_ref()
                        .is_some_and(|accepted| *accepted != version),
                version,
            }
        });
        Ok(found.collect())
    }

    /// What the version that came into force by this fact changed in the one before it, as seen from today; `None` where there is none, or none before it.
    pub(super) fn edit(&self, seq: u64) -> Result<Option<String>, DeskError> {
        let house = self.house();
        let versions = self.ledger.versions()?;
        let Some(nth) = versions.iter().position(|(known, ..)| *known == seq) else {
            return Ok(None);
        };
        let Some(before) = nth.checked_sub(1).map(|nth| &versions[nth].1) else {
            return Ok(None);
        };
        let version = &versions[nth].1;
        let read = |version: &str| {
            let files = self.ledger.version(version)?;
            let loaded = files.map(|files| load_kept(&house.settings, &files));
            Ok::<_, LedgerError>(loaded.filter(|loaded| !loaded.has_errors()))
        };
        let (Some(old), Some(new)) = (read(before)?, read(version)?) else {
            return Ok(Some(
                "这一版或它的上一版已经读不出来，无法比较。".to_owned(),
            ));
        };
        // What an edit changes may take a while to find: nobody else is kept waiting for the book meanwhile.
        let state = self.book()?.state.clone();
        let now = self.clock.now();
        let found = diff_without_letters(&old.agenda, &new.agenda, &state, now);
        let words = found.in_words(house.agenda.calendar.locale, MOST_LINES);
        Ok(Some(if words.trim().is_empty() {
            "没有影响职责的改动。".to_owned()
        } else {
            words
        }))
    }

    /// The settings as an officer may read them: no secret is among them.
    pub(super) fn settings_parts(&self) -> Vec<SettingsPart> {
        let house = self.house();
        let settings = &house.settings;
        let calendar = &house.agenda.calendar;
        let part = |title, rows: Vec<(&'static str, String)>| SettingsPart { title, rows };
        let slots: Vec<String> = calendar
            .send_at
            .iter()
            .map(|time| time.strftime("%H:%M").to_string())
            .collect();
        let admins: Vec<String> = settings.admins.iter().map(ToString::to_string).collect();
        let most = |number: u32| match number {
            0 => "不限".to_owned(),
            number => format!("{number} 封"),
        };
        let rate = settings.mail.rate;
        vec![
            part(
                "行事历",
                vec![
                    ("名称", calendar.title.clone()),
                    ("发信时点", slots.join("、")),
                    ("任务", format!("{} 项", calendar.tasks.len())),
                    ("单位", format!("{} 个", house.agenda.roster.units().len())),
                    ("文件夹", settings.calendar.display().to_string()),
                    ("花名册", settings.roster.display().to_string()),
                ],
            ),
            part(
                "人员与网址",
                vec![
                    ("管理员岗位", admins.join("、")),
                    ("网址", settings.base_url.clone()),
                    ("可信的代理", proxies(&settings.trusted_proxies)),
                    ("联系方式", settings.mail.contact.clone()),
                ],
            ),
            part(
                "发信",
                vec![
                    ("发件人", sender(&settings.mail.from)),
                    ("方式", way(&settings.mail.transport)),
                    ("每分钟最多", most(rate.per_minute)),
                    ("每小时最多", most(rate.per_hour)),
                    ("每天最多", most(rate.per_day)),
                ],
            ),
            part(
                "台账",
                vec![
                    ("位置", settings.state.display().to_string()),
                    (
                        "夜间备份",
                        match settings.backup.keep {
                            0 => "不做".to_owned(),
                            keep => format!(
                                "保留最近 {keep} 份，在 {}",
                                settings.backup.folder.display()
                            ),
                        },
                    ),
                ],
            ),
        ]
    }
}

fn proxies(trusted: &[IpAddr]) -> String {
    if trusted.is_empty() {
        return "没有写".to_owned();
    }
    let all: Vec<String> = trusted.iter().map(ToString::to_string).collect();
    all.join("、")
}

fn way(transport: &Transport) -> String {
    match transport {
        Transport::Spool(folder) => format!("存成文件，在 {}", folder.display()),
        Transport::Smtp(access) => format!("邮件服务器 {}", access.place()),
    }
}

fn words(house: &House) -> Alert {
    Alert {
        subject: "登录链接".to_owned(),
        text: format!(
            "有人用这个邮箱登录{}的管理页。如果是您本人，请在刚才那台电脑的同一个浏览器里打开下面的链接，再按“登录”。\n\
             链接 15 分钟内有效，只能用一次。不是您本人的，不用理会：没有这封信，谁也进不去。",
            house.agenda.calendar.title
        ),
    }
}

fn after(now: Timestamp, time: SignedDuration) -> Timestamp {
    now.checked_add(time).unwrap_or(Timestamp::MAX)
}

fn sender(from: &Mailbox) -> String {
    match from.name.as_str() {
        "" => from.address.to_string(),
        name => format!("{name} <{}>", from.address),
    }
}

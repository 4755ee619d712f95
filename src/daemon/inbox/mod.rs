//! The inbox: looks into the mailbox every so often, and takes in what arrived. It waits on the server and never on the
//! beat, nor the beat on it.

mod asking;
mod begun;
mod bounced;
mod outcomes;
mod taking;
#[cfg(test)]
pub(super) mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::office::{House, Office};
use super::on_thread;
use crate::core::fact::{Alert, Event};
use crate::ledger::LedgerError;
use crate::mail::{Imap, ImapFault};

/// So many looks in a row may fail before a person hears of it: most troubles of a network pass.
const TROUBLE_AFTER: u32 = 3;

/// So often a mail may fail to come before reading goes on behind it.
const FETCHES: u32 = 3;

/// How long the inbox waits where there is no mailbox to look into: a reload may bring one.
const IDLE: Duration = Duration::from_mins(1);

/// Why a look came to nothing.
enum Trouble {
    Mailbox(ImapFault),
    Ledger(LedgerError),
}

impl From<ImapFault> for Trouble {
    fn from(fault: ImapFault) -> Self {
        Self::Mailbox(fault)
    }
}

impl From<LedgerError> for Trouble {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// Looks into the mailbox until told to stop.
pub(super) async fn watch(office: Arc<Office>, stopping: Arc<AtomicBool>) {
    let mut watcher = Watcher {
        office,
        stopping,
        way: None,
        failed: 0,
        stuck: None,
    };
    while !watcher.is_stopping() {
        let begun = Instant::now();
        let every = watcher.look().await;
        // The cron library nudges each minute; where looks are farther apart, or it has gone quiet, the time tells.
        while !watcher.is_stopping() {
            let left = every.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break;
            }
            let _ = timeout(left, watcher.office.poll.notified()).await;
        }
    }
}

struct Watcher {
    office: Arc<Office>,
    stopping: Arc<AtomicBool>,
    /// The way to the mailbox, made from what is in force.
    way: Option<(Arc<House>, Imap)>,
    /// How many looks in a row have failed.
    failed: u32,
    /// The mail that did not come, by its number, and how often it failed to.
    stuck: Option<(u32, u32)>,
}

impl Watcher {
    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// One look; says how long after its beginning the next may follow.
    async fn look(&mut self) -> Duration {
        let house = self.office.house();
        let Some(access) = &house.settings.mail.imap else {
            self.way = None;
            return IDLE;
        };
        let every = Duration::from_secs(u64::from(access.every_s));
        let is_old = self
            .way
            .as_ref()
            .is_none_or(|(made_of, _)| !Arc::ptr_eq(made_of, &house));
        if is_old {
            self.way = match access.mailbox() {
                Ok(imap) => Some((Arc::clone(&house), imap)),
                Err(why) => {
                    let text = why.to_string();
                    self.heed(Err(ImapFault { text, lasts: true })).await;
                    return every;
                }
            };
        }
        match self.read().await {
            Ok(()) => self.heed(Ok(())).await,
            Err(Trouble::Mailbox(fault)) => self.heed(Err(fault)).await,
            Err(Trouble::Ledger(error)) => {
                // What could not be recorded is still in the mailbox, and is read again.
                self.office.heed(Some(&error));
                tracing::error!(%error, "mail not taken in; tried again with the next look");
            }
        }
        every
    }

    /// Takes in what is new, one mail after another: each is on record before the next is looked at.
    async fn read(&mut self) -> Result<(), Trouble> {
        let Some((_, imap)) = &self.way else {
            return Ok(());
        };
        let mut session = imap.open().await?;
        let validity = session.uid_validity;
        let (read_to, since) = on_thread(&self.office, Office::place_in_mailbox).await?;
        let last = read_to
            .filter(|(numbering, _)| *numbering == validity)
            .map(|(_, uid)| uid);
        for uid in session.after(last, &since).await? {
            if self.is_stopping() {
                break;
            }
            let mail = match session.fetch(uid).await {
                Ok(Some(mail)) => mail,
                Ok(None) => continue,
                Err(fault) => return self.stick((validity, uid), fault).await,
            };
            let take = move |office: &Office| office.take_in_noted(&mail, (validity, uid));
            let understood = on_thread(&self.office, take).await?;
            // On record by now; whether the mark holds makes no difference.
            if understood && let Err(fault) = session.mark_seen(uid).await {
                tracing::debug!(%fault, uid, "a mail is not marked as read");
            }
        }
        session.close().await;
        Ok(())
    }

    /// A mail did not come. The next look asks for it again; after some it is left to a person, and reading goes on
    /// behind it: one mail must not keep all others from being read.
    async fn stick(
        &mut self,
        (validity, uid): (u32, u32),
        fault: ImapFault,
    ) -> Result<(), Trouble> {
        let before = self.stuck.filter(|(stuck, _)| *stuck == uid);
        let times = before.map_or(1, |(_, times)| times + 1);
        self.stuck = Some((uid, times));
        if times < FETCHES {
            return Err(fault.into());
        }
        tracing::error!(%fault, uid, "a mail does not come; it is left to a person");
        let why = fault.text;
        let pass_over = move |office: &Office| {
            office.pass_over((validity, uid), "有一封信几次都取不下来", &why)
        };
        on_thread(&self.office, pass_over).await?;
        self.stuck = None;
        // The line may be out of step by now; what is left is read with the next look.
        Ok(())
    }

    /// Keeps on record whether the mailbox can be read, and tells the officers once that it can't.
    async fn heed(&mut self, looked: Result<(), ImapFault>) {
        let trouble = match looked {
            Ok(()) => {
                self.failed = 0;
                None
            }
            Err(fault) => {
                self.failed = self.failed.saturating_add(1);
                tracing::warn!(%fault, failed = self.failed, "mailbox not read");
                if !fault.lasts && self.failed < TROUBLE_AFTER {
                    return;
                }
                Some(fault.text)
            }
        };
        let noted = on_thread(&self.office, move |office| office.note_mailbox(trouble)).await;
        if let Err(error) = noted {
            tracing::error!(%error, "the mailbox's trouble is not on record");
        }
    }
}

impl Office {
    /// How far the mailbox was read, and the day of which a mailbox never read is read from, as IMAP writes it.
    fn place_in_mailbox(&self) -> Result<(Option<(u32, u32)>, String), LedgerError> {
        let book = self.book()?;
        // A made-up clock may be ahead of the server's.
        let begun = match book.state.hung {
            Some(hung) if !self.clock.is_pretended() => hung,
            _ => jiff::Timestamp::UNIX_EPOCH,
        };
        let eve = begun
            .saturating_sub(jiff::SignedDuration::from_hours(24))
            .unwrap_or(begun);
        let day = jiff::tz::Offset::UTC
            .to_datetime(eve)
            .strftime("%-d-%b-%Y")
            .to_string();
        Ok((book.state.post.read_to, day))
    }

    fn note_mailbox(&self, trouble: Option<String>) -> Result<(), LedgerError> {
        let mut book = self.book()?;
        if book.state.post.trouble == trouble {
            return Ok(());
        }
        let is_new = book.state.post.trouble.is_none();
        let text = trouble.clone().unwrap_or_default();
        let mut events = vec![Event::MailboxTrouble { text }];
        if let Some(text) = trouble.filter(|_| is_new) {
            let house = self.house();
            let place = house
                .settings
                .mail
                .imap
                .as_ref()
                .map(crate::config::ImapAccess::place)
                .unwrap_or_default();
            let alert = Alert {
                subject: "收信的邮箱读不了，学校的回信暂时收不到".to_owned(),
                text: format!(
                    "邮箱 {place} 读不了。\n{text}\n\n发信和回执页照常；修好后服务会自己继续读，期间的回信都还在邮箱里。"
                ),
            };
            // Once a day: one that comes and goes must not fill the officers' mailboxes.
            let matter = format!("mailbox:{}", self.today());
            let to = crate::core::plan::officers(&house.agenda, self.today());
            events.extend(self.alert_events(&book.state, to, &matter, &alert));
        }
        self.append(&mut book, events)?;
        self.mail.notify_one();
        Ok(())
    }
}

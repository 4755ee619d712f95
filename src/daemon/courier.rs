//! The courier: carries what is queued, one letter after another on a kept connection, and records how each ended.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::office::{House, Office};
use crate::config;
use crate::core::compose::{Reader, compose};
use crate::core::fact::{Alert, Event, LetterKind, LetterNo, Outcome};
use crate::core::letter::Content;
use crate::core::names::Address;
use crate::core::state::LetterState;
use crate::ics;
use crate::ledger::LedgerError;
use crate::mail::{
    self, Envelope, GIVE_UP_AFTER, Header, Pace, Sent, Spool, Transport, Unusable, retry_after,
};

/// How long the queue rests when the server wants something mended first.
const PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// How long it rests when the ledger takes nothing.
const LEDGER_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// The courier, with its connection.
pub(super) struct Courier {
    office: Arc<Office>,
    house: Arc<House>,
    transport: Transport,
    pace: Pace,
    /// Until when the whole queue rests.
    rests_until: Option<Timestamp>,
    /// How an attempt ended, where the ledger would not take it: recorded before anything else is sent.
    unrecorded: Option<(LetterNo, LetterState, Sent)>,
}

/// Builds the transport that the settings name.
pub(super) fn transport(house: &House) -> Result<Transport, Unusable> {
    Ok(match &house.settings.mail.transport {
        config::Transport::Spool(folder) => Transport::Spool(Spool::new(
            folder.clone(),
            house.agenda.calendar.timezone.clone(),
        )),
        config::Transport::Smtp(access) => Transport::Smtp(Box::new(access.connection()?)),
    })
}

impl Courier {
    pub(super) fn new(office: Arc<Office>) -> Result<Self, Unusable> {
        let house = office.house();
        Ok(Self {
            transport: transport(&house)?,
            pace: Pace::new(house.settings.mail.rate),
            office,
            house,
            rests_until: None,
            unrecorded: None,
        })
    }

    /// At the start: an attempt without an end died with the process that made it.
    pub(super) fn settle_orphans(&self) -> Result<(), LedgerError> {
        let mut book = self.office.book()?;
        let orphans: Vec<_> = book
            .state
            .open_letters
            .iter()
            .filter_map(|no| Some((*no, book.state.letters.get(no)?)))
            .filter(|(_, letter)| letter.status == crate::core::state::LetterStatus::Attempting)
            .map(|(no, letter)| {
                outcome(
                    no,
                    letter,
                    Outcome::Unknown,
                    "发信途中程序中断,是否送达不明",
                    None,
                )
            })
            .collect();
        self.office.append(&mut book, orphans)
    }

    /// Carries everything that may go now. Returns when the next letter may go, if one waits.
    pub(super) async fn carry(
        &mut self,
        stop: &impl Fn() -> bool,
    ) -> Result<Option<Timestamp>, LedgerError> {
        loop {
            self.take_over_settings();
            let now = self.office.clock.now();
            if let Some(until) = self.rests_until {
                if now < until {
                    return Ok(Some(until));
                }
                self.rests_until = None;
            }
            if stop() {
                return Ok(None);
            }
            let carried = match self.unrecorded.take() {
                Some((no, letter, sent)) => self.record(no, letter, sent),
                None => match self.next(now)? {
                    Next::Letter(no, address) => self.carry_one(no, &address, stop).await,
                    Next::Wait(until) => return Ok(Some(until)),
                    Next::Nothing => return Ok(None),
                },
            };
            if let Err(error) = carried {
                self.office.heed(Some(&error));
                match error {
                    LedgerError::Full(_) | LedgerError::Busy(_) => {
                        tracing::error!(%error, "台账记不下,发信暂停");
                        self.rests_until = now.checked_add(LEDGER_PAUSE).ok();
                    }
                    _ => return Err(error),
                }
            }
        }
    }

    /// A reload may have changed the server, the templates or the rates.
    fn take_over_settings(&mut self) {
        let house = self.office.house();
        if Arc::ptr_eq(&house, &self.house) {
            return;
        }
        match transport(&house) {
            Ok(transport) => {
                self.transport = transport;
                self.rests_until = None;
            }
            Err(error) => tracing::error!(%error, "邮件设置不能用,沿用旧的"),
        }
        if house.settings.mail.rate != self.house.settings.mail.rate {
            self.pace = Pace::new(house.settings.mail.rate);
        }
        self.house = house;
    }

    /// The next letter that may go: nearest due first.
    fn next(&self, now: Timestamp) -> Result<Next, LedgerError> {
        let book = self.office.book()?;
        let state = &book.state;
        let open = || {
            state
                .open_letters
                .iter()
                // Where clock or ledger are doubtful, only the word of that goes.
                .filter(|no| state.doubts.spare(**no))
                .filter_map(|no| Some((*no, state.letters.get(no)?)))
        };
        let urgency = |letter: &LetterState| {
            let due = letter
                .duties
                .iter()
                .filter_map(|duty| state.duty(duty)?.told.last().map(|told| told.due))
                .min();
            (letter.kind != LetterKind::Alert, due.is_none(), due)
        };
        let ready = open()
            .filter(|(_, letter)| letter.retry_at.is_none_or(|at| at <= now))
            .min_by_key(|(no, letter)| (urgency(letter), *no));
        if let Some((no, letter)) = ready {
            return Ok(Next::Letter(no, letter.address.clone()));
        }
        Ok(open()
            .filter_map(|(_, letter)| letter.retry_at)
            .min()
            .map_or(Next::Nothing, Next::Wait))
    }

    /// One letter: waited for its turn, made ready from what is true then, sent, and its end recorded.
    async fn carry_one(
        &mut self,
        no: LetterNo,
        address: &Address,
        stop: &impl Fn() -> bool,
    ) -> Result<(), LedgerError> {
        let envelope = Envelope {
            from: self.house.settings.mail.from.address.clone(),
            to: address.clone(),
        };
        // Only a server can be overrun; a folder takes all at once.
        if matches!(self.transport, Transport::Smtp(_)) {
            tokio::select! {
                () = self.pace.ready(envelope.domain()) => {}
                () = stopped(stop) => return Ok(()),
            }
        }
        let ready = tokio::task::block_in_place(|| self.begin(no))?;
        let Some((letter, bytes)) = ready else {
            return Ok(());
        };
        let sent = self
            .transport
            .send(&envelope, no, letter.slot, &bytes)
            .await;
        self.record(no, letter, sent)
    }

    /// Makes a letter's bytes and records that its sending begins, all under the book's lock: between the look at
    /// what is true and the record of the attempt, nothing can fold or settle it. `None` where it is not to be sent.
    fn begin(&mut self, no: LetterNo) -> Result<Option<(LetterState, Vec<u8>)>, LedgerError> {
        let mut book = self.office.book()?;
        let Some(letter) = book.state.letters.get(&no).cloned() else {
            return Ok(None);
        };
        if !letter.status.is_open() {
            return Ok(None);
        }
        self.house = self.office.house();
        let kept = if letter.is_frozen() {
            self.office.ledger.frozen(no)?
        } else {
            None
        };
        // One poisoned letter must cost one letter.
        let made = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let now = self.office.clock.now();
            let content = compose(&self.house.agenda, &book.state, no, now, Reader::Mail)?;
            Some(match kept {
                Some(bytes) => Ok((bytes, Vec::new())),
                None => self.render(&letter, &content),
            })
        }))
        .unwrap_or_else(|_| Some(Err("生成信件时程序出错".to_owned())));
        let (bytes, problems) = match made {
            None => {
                let dropped = outcome(
                    no,
                    &letter,
                    Outcome::Dropped,
                    "信中各项都已办结或撤销",
                    None,
                );
                self.office.append(&mut book, vec![dropped])?;
                return Ok(None);
            }
            Some(Err(problem)) => {
                tracing::error!(letter = no, %problem, "letter quarantined");
                let refused = outcome(no, &letter, Outcome::Refused, &problem, None);
                self.office.append(&mut book, vec![refused])?;
                return Ok(None);
            }
            Some(Ok(made)) => made,
        };
        let attempt = Event::Attempt {
            letter: no,
            address: letter.address.clone(),
            message_id: letter.message_id.clone(),
            nth: letter.attempts + 1,
        };
        let now = self.office.clock.now();
        self.office
            .ledger
            .begin_attempt(now, attempt, Some(&bytes))?;
        drop(book);
        self.tell_of(&problems)?;
        Ok(Some((letter, bytes)))
    }

    /// Tells the officers of templates that had to be left aside.
    fn tell_of(&self, problems: &[String]) -> Result<(), LedgerError> {
        let Some(problem) = problems.first() else {
            return Ok(());
        };
        tracing::warn!(%problem, "template fell back to the shipped one");
        let alert = Alert {
            subject: "信件模板有错,已改用内置模板".to_owned(),
            text: problems.join("\n"),
        };
        let day = self.office.today();
        self.office
            .alert(&format!("template:{day}:{problem}"), &alert)
    }

    /// A letter's bytes, and what was wrong with the templates.
    fn render(
        &self,
        letter: &LetterState,
        content: &Content,
    ) -> Result<(Vec<u8>, Vec<String>), String> {
        // What has words of its own is told to an admin, and is not answered.
        let links = self.office.links(content, letter.alert.is_none());
        let rendered = self.house.templates.render(content, &links);
        let header = Header {
            from: &self.house.settings.mail.from,
            person: &content.person,
            to: &letter.address,
            message_id: &letter.message_id,
            date: self.office.clock.now(),
            calendar: &content.calendar,
        };
        let dates = ics::of_letter(content, &self.house.agenda.calendar.timezone);
        let bytes = mail::compose(&header, &rendered, dates.as_deref())
            .map_err(|error| error.to_string())?;
        Ok((bytes, rendered.problems))
    }

    /// Records how an attempt ended; where the ledger will not have it, it is kept and recorded first of all.
    fn record(&mut self, no: LetterNo, letter: LetterState, sent: Sent) -> Result<(), LedgerError> {
        let recorded = tokio::task::block_in_place(|| self.try_record(no, &letter, &sent));
        if let Err(LedgerError::Full(_) | LedgerError::Busy(_)) = recorded {
            self.unrecorded = Some((no, letter, sent));
        }
        recorded
    }

    fn try_record(
        &mut self,
        no: LetterNo,
        letter: &LetterState,
        sent: &Sent,
    ) -> Result<(), LedgerError> {
        let now = self.office.clock.now();
        let nth = letter.attempts + 1;
        let retry = |hint: Option<SignedDuration>| {
            let wait = retry_after(nth, no).max(hint.unwrap_or(SignedDuration::ZERO));
            now.checked_add(wait).ok()
        };
        let too_old = now.duration_since(letter.queued) > GIVE_UP_AFTER;
        let mut events = Vec::new();
        match sent {
            Sent::Accepted(text) => {
                events.push(outcome(no, letter, Outcome::Accepted, text, None));
            }
            // A relay that is down is nobody's mailbox: the queue is kept however long it takes.
            Sent::Deferred {
                text, relay: false, ..
            }
            | Sent::Unknown(text)
                if too_old =>
            {
                let text = format!("试了{nth}次仍未送出,已放弃:{text}");
                events.push(outcome(no, letter, Outcome::Refused, &text, None));
            }
            Sent::Deferred {
                text,
                retry_hint,
                relay,
            } => {
                let at = retry(*retry_hint);
                events.push(outcome(no, letter, Outcome::Deferred, text, at));
                if *relay {
                    self.rests_until = at;
                }
            }
            Sent::Unknown(text) => {
                events.push(outcome(no, letter, Outcome::Unknown, text, retry(None)));
            }
            Sent::Refused { text, recipient } => {
                events.push(outcome(no, letter, Outcome::Refused, text, None));
                if *recipient {
                    events.push(Event::Unreachable {
                        address: letter.address.clone(),
                        text: text.clone(),
                    });
                }
            }
            Sent::Paused { text } => {
                let at = now.checked_add(PAUSE).ok();
                events.push(outcome(no, letter, Outcome::Deferred, text, at));
                self.rests_until = at;
            }
        }
        let mut book = self.office.book()?;
        self.office.append(&mut book, events)?;
        drop(book);
        self.report(no, sent)
    }

    /// Says in the log how it went, and tells the officers once that the queue stands.
    fn report(&self, no: LetterNo, sent: &Sent) -> Result<(), LedgerError> {
        let paused = match sent {
            Sent::Paused { text } => Some(text.clone()),
            _ => None,
        };
        let was = self.office.pulse.vitals().mail_paused;
        self.office
            .pulse
            .note(|vitals| vitals.mail_paused.clone_from(&paused));
        match (sent, paused) {
            (_, Some(text)) if was.as_ref() != Some(&text) => {
                tracing::error!(letter = no, %text, "queue paused: the mail server refuses us");
                let alert = Alert {
                    subject: "邮件服务器拒绝发信,信件暂停发出".to_owned(),
                    text: format!(
                        "{text}\n\n改正后信件会自动继续发出。若换了密码,请重启服务(systemctl restart schoolbell)。"
                    ),
                };
                let day = self.office.today();
                self.office.alert(&format!("mail-paused:{day}"), &alert)
            }
            (Sent::Accepted(_), _) => {
                tracing::debug!(letter = no, "accepted");
                Ok(())
            }
            (sent, _) => {
                tracing::warn!(letter = no, text = sent.text(), "not delivered yet");
                Ok(())
            }
        }
    }

    pub(super) async fn close(&mut self) {
        self.transport.close().await;
    }
}

enum Next {
    Letter(LetterNo, Address),
    Wait(Timestamp),
    Nothing,
}

/// Ends once the daemon is told to stop.
async fn stopped(stop: &impl Fn() -> bool) {
    while !stop() {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

fn outcome(
    no: LetterNo,
    letter: &LetterState,
    outcome: Outcome,
    text: &str,
    retry_at: Option<Timestamp>,
) -> Event {
    Event::Outcome {
        letter: no,
        address: letter.address.clone(),
        message_id: letter.message_id.clone(),
        outcome,
        text: text.to_owned(),
        retry_at,
    }
}

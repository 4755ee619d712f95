//! How attempts end: the facts of it, when to try again, and what the officers are told.

use jiff::{SignedDuration, Timestamp};

use super::super::office::Office;
use crate::core::fact::{Alert, Event, LetterKind, LetterNo, Outcome};
use crate::core::printed::full_width;
use crate::core::state::{LetterState, LetterStatus};
use crate::ledger::LedgerError;
use crate::mail::{GIVE_UP_AFTER, Sent, retry_after};

/// How long the queue rests when the server wants something mended first.
const PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// What an end comes to.
pub(super) struct Verdict {
    /// The facts.
    pub(super) events: Vec<Event>,
    /// Until when no letter would fare better.
    pub(super) rests_until: Option<Timestamp>,
}

/// The facts of an attempt's end. `sent` is an error where the program itself failed.
pub(super) fn verdict(
    no: LetterNo,
    letter: &LetterState,
    sent: &Result<Sent, String>,
    now: Timestamp,
) -> Verdict {
    let nth = letter.attempts + 1;
    let after = |wait| now.checked_add(wait).ok();
    let retry = |hint: Option<SignedDuration>| {
        after(retry_after(nth, no).max(hint.unwrap_or(SignedDuration::ZERO)))
    };
    let too_old = now.duration_since(letter.queued) > GIVE_UP_AFTER;
    let one = |kind, text: &str, retry_at| vec![outcome(no, letter, kind, text, retry_at)];
    let mut rests_until = None;
    let events = match sent {
        Err(problem) => one(Outcome::Refused, &quarantined(problem), None),
        Ok(Sent::Accepted(text)) => one(Outcome::Accepted, text, None),
        // A relay that is down is nobody's mailbox: the queue is kept however long it takes.
        Ok(
            Sent::Deferred {
                text, relay: false, ..
            }
            | Sent::Unknown(text),
        ) if too_old => {
            let text = format!("试了{nth}次仍未送出,已放弃:{text}");
            one(Outcome::Refused, &text, None)
        }
        Ok(Sent::Deferred {
            text,
            retry_hint,
            relay,
        }) => {
            let at = retry(*retry_hint);
            if *relay {
                rests_until = at;
            }
            one(Outcome::Deferred, text, at)
        }
        // It was one connection too many: over another it goes at once.
        Ok(Sent::Crowded { text }) => one(Outcome::Deferred, text, Some(now)),
        Ok(Sent::Unknown(text)) => one(Outcome::Unknown, text, retry(None)),
        Ok(Sent::Refused { text, recipient }) => {
            let mut events = one(Outcome::Refused, text, None);
            if *recipient {
                events.push(Event::Unreachable {
                    address: letter.address.clone(),
                    text: text.clone(),
                });
            }
            events
        }
        Ok(Sent::Paused { text }) => {
            rests_until = after(PAUSE);
            one(Outcome::Deferred, text, rests_until)
        }
    };
    Verdict {
        events,
        rests_until,
    }
}

/// What is put on record of a letter that the program itself failed at.
pub(super) fn quarantined(problem: &str) -> String {
    format!("处理这封信时程序出错,已搁置,不再自动发出:{problem}")
}

/// A letter's end as a fact.
pub(super) fn outcome(
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

impl Office {
    /// At the start: an attempt without an end died with the process that made it.
    pub(in crate::daemon) fn settle_orphans(&self) -> Result<(), LedgerError> {
        let mut book = self.book()?;
        let orphans: Vec<_> = book
            .state
            .open_letters
            .iter()
            .filter_map(|no| Some((*no, book.state.letters.get(no)?)))
            .filter(|(_, letter)| letter.status == LetterStatus::Attempting)
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
        self.append(&mut book, orphans)
    }

    /// Says in the log how an attempt went, and tells the officers what can't wait: that the queue stands, that a
    /// letter was set aside. `rests` is whether the queue stands now.
    pub(super) fn report(
        &self,
        no: LetterNo,
        letter: &LetterState,
        sent: &Result<Sent, String>,
        rests: bool,
    ) -> Result<(), LedgerError> {
        match sent {
            Err(problem) => return self.tell_of_quarantine(no, letter, problem),
            Ok(Sent::Paused { text }) => {
                let was = self.pulse.vitals().mail_paused;
                if was.as_ref() != Some(text) {
                    tracing::error!(letter = no, %text, "queue paused: the mail server refuses us");
                    // Noted once the word of it is on record: else it is told with the next refusal.
                    self.tell_of_pause(text)?;
                }
                self.pulse
                    .note(|vitals| vitals.mail_paused = Some(text.clone()));
            }
            Ok(sent) => {
                if !rests {
                    self.pulse.note(|vitals| vitals.mail_paused = None);
                }
                match sent {
                    Sent::Accepted(_) => tracing::debug!(letter = no, "accepted"),
                    sent => tracing::warn!(letter = no, text = sent.text(), "not delivered yet"),
                }
            }
        }
        Ok(())
    }

    fn tell_of_pause(&self, text: &str) -> Result<(), LedgerError> {
        let alert = Alert {
            subject: "邮件服务器拒绝发信，信件暂停发出".to_owned(),
            text: format!(
                "{text}\n\n改正后信件会自动继续发出。若换了密码，请重启服务（systemctl restart schoolbell）。"
            ),
        };
        let day = self.today();
        self.alert(&format!("mail-paused:{day}"), &alert)
    }

    /// A letter is set aside. An alert's own fault is on record and in the log only: a letter about it might fail alike.
    pub(super) fn tell_of_quarantine(
        &self,
        no: LetterNo,
        letter: &LetterState,
        problem: &str,
    ) -> Result<(), LedgerError> {
        tracing::error!(letter = no, %problem, "letter quarantined");
        if letter.kind == LetterKind::Alert {
            return Ok(());
        }
        let alert = Alert {
            subject: format!("有一封信因程序出错没有发出（{}）", letter.address),
            text: format!(
                "第{no}号信（发给 {}）在处理时程序出错，已搁置，不再自动发出；其他信照常发出。\n\n出错的说明：{problem}\n\n请先用电话告知本人，并把这封邮件转给系统维护人员。",
                letter.address
            ),
        };
        self.alert(&format!("quarantined:{no}"), &alert)
    }

    /// Tells the officers of templates that had to be left aside.
    pub(super) fn tell_of_templates(&self, problems: &[String]) -> Result<(), LedgerError> {
        let Some(problem) = problems.first() else {
            return Ok(());
        };
        tracing::warn!(%problem, "template fell back to the shipped one");
        let alert = Alert {
            subject: "信件模板有错，已改用内置模板".to_owned(),
            text: full_width(&problems.join("\n")),
        };
        let day = self.today();
        self.alert(&format!("template:{day}:{problem}"), &alert)
    }
}

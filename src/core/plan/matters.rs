//! What the officers must know whatever the duties: missing notices, mailboxes that are gone.

use jiff::civil::Date;

use super::Pass;
use crate::core::agenda::Agenda;
use crate::core::calendar::Calendar;
use crate::core::fact::{LetterNo, MailNo};
use crate::core::names::Address;
use crate::core::roster::{Contact, Unit};
use crate::core::state::{LetterState, State, Unclear, unreachable_matter};

/// The month from which next year's notice is expected: it has come out between late October and late November.
const NOTICE_EXPECTED_MONTH: i8 = 12;

impl Pass<'_> {
    pub(super) fn standing_matters(&mut self) {
        for (year, words) in missing_notices(&self.agenda.calendar, self.today) {
            self.matters.insert(format!("holiday-notice:{year}"), words);
        }
        let undelivered = undelivered(self.agenda, self.state, self.today);
        for (no, letter) in undelivered.letters {
            self.matters.insert(
                format!("refused:{no}"),
                format!(
                    "第{no}号信没有送到 {}:{}。请看 schoolbell status",
                    letter.address, letter.text
                ),
            );
        }
        for (no, mail) in &self.state.post.unclear {
            self.matters.insert(
                format!("mail:{no}"),
                unclear_mail(self.agenda, self.today, *no, mail),
            );
        }
        for found in undelivered.mailboxes {
            let DeadMailbox { address, text, .. } = found;
            self.matters.insert(
                unreachable_matter(address),
                format!(
                    "{}{}的邮箱 {address} 收不到信({text})。请核对花名册;若邮箱没错、已修好,用 schoolbell mail test {address} 试一次,收下即恢复",
                    found.unit.name, found.contact.person
                ),
            );
        }
    }
}

/// What was not delivered and still troubles somebody.
#[derive(Clone, Debug, Default)]
pub struct Undelivered<'a> {
    /// The letters, in order: to a mailbox that is on the roster, is not known to be dead, and has taken no later one.
    pub letters: Vec<(LetterNo, &'a LetterState)>,
    /// The mailboxes found not to exist that are on the roster.
    pub mailboxes: Vec<DeadMailbox<'a>>,
}

/// A mailbox found not to exist.
#[derive(Clone, Debug)]
pub struct DeadMailbox<'a> {
    /// Its address.
    pub address: &'a Address,
    /// What the server said.
    pub text: &'a str,
    /// Whose it is: where.
    pub unit: &'a Unit,
    /// And who.
    pub contact: &'a Contact,
}

/// What was not delivered and troubles somebody on a day.
pub fn undelivered<'a>(agenda: &'a Agenda, state: &'a State, today: Date) -> Undelivered<'a> {
    let roster = &agenda.roster;
    let letters = state.refused.iter().filter_map(|no| {
        let letter = state.letters.get(no)?;
        let reached = state.reached.get(&letter.address);
        let troubles = reached.is_none_or(|reached| reached <= no)
            && !state.unreachable.contains_key(&letter.address)
            && !roster.behind(&letter.address, today).is_empty();
        troubles.then_some((*no, letter))
    });
    let mailboxes = state.unreachable.iter().filter_map(|(address, text)| {
        let (unit, contact) = *roster.behind(address, today).first()?;
        Some(DeadMailbox {
            address,
            text,
            unit,
            contact,
        })
    });
    Undelivered {
        letters: letters.collect(),
        mailboxes: mailboxes.collect(),
    }
}

/// What to say of a mail that a person has to look at.
pub fn unclear_mail(agenda: &Agenda, today: Date, no: MailNo, mail: &Unclear) -> String {
    let behind = mail
        .from
        .as_ref()
        .map(|from| agenda.roster.behind(from, today))
        .unwrap_or_default();
    let whose = match (behind.first(), &mail.from) {
        (Some((unit, contact)), _) => format!("{}{}", unit.name, contact.person),
        (None, Some(from)) => from.to_string(),
        (None, None) => "不知何人".to_owned(),
    };
    let reply = mail
        .letter
        .map_or(String::new(), |letter| format!("(回复第{letter}号信)"));
    let attached = match mail.kept.len() {
        0 => String::new(),
        count => format!(",附件{count}个"),
    };
    format!(
        "{whose}来信{reply}{attached},程序没有全看懂:{}。请看 schoolbell mail inbox;处理后用 schoolbell mail seen {no} 标明",
        mail.text
    )
}

/// The years whose holiday notice is missed on a day, with what to say of it.
pub fn missing_notices(calendar: &Calendar, today: Date) -> Vec<(i16, String)> {
    let year = today.year();
    let soon = (today.month() >= NOTICE_EXPECTED_MONTH).then_some(year + 1);
    let years = [Some(year), soon].into_iter().flatten();
    years
        .filter_map(|year| Some((year, missing_notice(calendar, year)?)))
        .collect()
}

/// What to say where a year's holiday notice is missing.
pub fn missing_notice(calendar: &Calendar, year: i16) -> Option<String> {
    (!calendar.workdays.knows(year)).then(|| {
        format!(
            "{year}年放假安排还没有录入:{year}年的工作日暂按周一至周五、除去法定节日当天推算。国务院办公厅通知发布后,请补 calendar/holidays/{year}.toml"
        )
    })
}

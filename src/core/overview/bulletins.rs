//! The bulletins: the drafts that wait for somebody, and what was decided.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::requests;
use super::scope::Scope;
use crate::core::agenda::Agenda;
use crate::core::bulletin::{Edition, Eye, Reach, Span, draft, goes_out, offered, readers};
use crate::core::fact::LetterNo;
use crate::core::officer::Officer;
use crate::core::period::PeriodKey;
use crate::core::plan::Slots;
use crate::core::state::{Approved, State};

/// Bulletins that are listed, the latest first.
const LISTED: usize = 80;

/// A week's or month's bulletin, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulletinLine {
    /// Which.
    pub span: Span,
    /// What was decided of it.
    pub ruling: Ruling,
}

/// What was decided of a bulletin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Nothing: its draft waits.
    None,
    /// It is not to go out.
    PutAside {
        /// By whom.
        by: String,
        /// When, where the bureau is.
        at: DateTime,
        /// Why.
        note: String,
    },
    /// It goes out, or has gone.
    Approved {
        /// By whom.
        by: String,
        /// When, where the bureau is.
        at: DateTime,
        /// The letters it is in; none yet before the next slot.
        letters: usize,
        /// How many of them have not arrived.
        missing: usize,
    },
}

/// A bulletin, as an officer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulletinShown {
    /// What it says: now, or as it was approved.
    pub edition: Edition,
    /// What was decided of it.
    pub ruling: Ruling,
    /// What is needed to decide of a draft.
    pub draft: Option<DraftShown>,
}

/// What an officer who decides of a draft has to know besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftShown {
    /// What tells it from another.
    pub mark: String,
    /// Who would get it: of each way the number of mailboxes.
    pub readers: [(Reach, usize); 2],
    /// The way that is suggested.
    pub suggested: Reach,
    /// Requests that wait for a decision, which would change what it says.
    pub requests: usize,
    /// When it would go out, in words.
    pub goes_out: String,
}

/// All bulletins: for who may decide with the drafts, else what was approved.
pub(super) fn bulletins(
    agenda: &Agenda,
    state: &State,
    officer: &Officer,
    now: Timestamp,
) -> Vec<BulletinLine> {
    let today = Slots::new(&agenda.calendar).day(now);
    let decided = state.bulletins.decided.keys().copied();
    let mut spans: Vec<Span> = decided.filter_map(Span::of).collect();
    for span in offered(agenda, state, today) {
        if !spans.contains(&span) {
            spans.push(span);
        }
    }
    spans.sort_by_key(|span| std::cmp::Reverse((span.to, span.is_month())));
    let lines = spans.into_iter().map(|span| BulletinLine {
        ruling: ruling(agenda, state, span.period),
        span,
    });
    lines
        .filter(|line| officer.may_act() || matches!(line.ruling, Ruling::Approved { .. }))
        .take(LISTED)
        .collect()
}

/// One of them; `None` where there is none, or it is not for this officer.
pub(super) fn bulletin(
    agenda: &Agenda,
    state: &State,
    officer: &Officer,
    period: PeriodKey,
    now: Timestamp,
) -> Option<BulletinShown> {
    let ruling = ruling(agenda, state, period);
    let eye = Eye::from(&officer.sight);
    if let Some(found) = state.bulletins.approved(period) {
        let Approved {
            content,
            preface,
            reach,
            ..
        } = found;
        return Some(BulletinShown {
            edition: Edition::new(content, preface, *reach, &eye),
            ruling,
            draft: None,
        });
    }
    if !officer.may_act() {
        return None;
    }
    let found = draft(agenda, state, period, now)?;
    let suggested = Reach::suggested(period);
    let slots = Slots::new(&agenda.calendar);
    let today = slots.day(now);
    let scope = Scope::new(agenda, officer);
    Some(BulletinShown {
        edition: Edition::new(&found, "", suggested, &eye),
        ruling,
        draft: Some(DraftShown {
            mark: found.mark(),
            readers: Reach::ALL.map(|(reach, ..)| {
                let all = readers(agenda, state, &found, reach, today);
                (reach, all.len())
            }),
            suggested,
            requests: requests(agenda, state, &scope, now).len(),
            goes_out: goes_out(agenda, state, now),
        }),
    })
}

fn ruling(agenda: &Agenda, state: &State, period: PeriodKey) -> Ruling {
    let zone = &agenda.calendar.timezone;
    let local = |at: Timestamp| at.to_zoned_datetime(zone.clone()).datetime();
    let Some(known) = state.bulletins.decided.get(&period) else {
        return Ruling::None;
    };
    if let Some(approved) = &known.approved {
        // It goes to a mailbox once: that a later letter arrived there does not bring it.
        let is_missing =
            |no: &&LetterNo| state.open_letters.contains(*no) || state.refused.contains(*no);
        return Ruling::Approved {
            by: approved.by.clone(),
            at: local(approved.at),
            letters: approved.told.len(),
            missing: approved.told.values().filter(is_missing).count(),
        };
    }
    known
        .put_aside
        .last()
        .map_or(Ruling::None, |aside| Ruling::PutAside {
            by: aside.by.clone(),
            at: local(aside.at),
            note: aside.note.clone(),
        })
}

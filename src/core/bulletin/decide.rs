//! What an officer decides of a draft.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Reach, Span, draft, readers};
use crate::core::agenda::Agenda;
use crate::core::clerk::Decided;
use crate::core::dates::{month_day, weekday_name};
use crate::core::fact::Event;
use crate::core::period::PeriodKey;
use crate::core::plan::Slots;
use crate::core::state::State;

/// What is said where the draft is another one by now.
const CHANGED: &str = "您看过以后内容有了变化，没有批准。请核对最新的内容再批准。";

/// What an officer decides of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may go out as it was shown.
    Approve {
        /// The [`mark`](super::Bulletin::mark) of what was shown.
        shown: String,
        /// What the officer says before anything else; may be empty.
        preface: String,
        /// Who gets it.
        reach: Reach,
    },
    /// It is not to go out.
    PutAside {
        /// Why.
        note: String,
    },
}

/// What a decision comes to; `by` is who decides.
///
/// # Errors
/// Why it cannot be decided so, for a person.
pub fn decide(
    agenda: &Agenda,
    state: &State,
    period: PeriodKey,
    verdict: &Verdict,
    by: &str,
    now: Timestamp,
) -> Result<Decided, String> {
    let name = Span::of(period).map_or(period.to_string(), Span::name);
    let known = state.bulletins.decided.get(&period);
    if let Some(approved) = known.and_then(|known| known.approved.as_ref()) {
        let too_late = match verdict {
            Verdict::Approve { .. } => "只发一次，您这次写的没有用上",
            Verdict::PutAside { .. } => "不能再搁置",
        };
        return Err(format!(
            "{name}的通报已经由{}批准，{too_late}。",
            approved.by
        ));
    }
    let found = draft(agenda, state, period, now)
        .ok_or_else(|| format!("{name}没有通报：还没有过完，或没有到期的事项。"))?;
    match verdict {
        Verdict::Approve {
            shown,
            preface,
            reach,
        } => {
            if found.mark() != *shown {
                return Err(CHANGED.to_owned());
            }
            let slots = Slots::new(&agenda.calendar);
            let to = readers(agenda, state, &found, *reach, slots.day(now)).len();
            let words = format!(
                "已批准{name}的通报，共 {to} 个邮箱，{}。",
                goes_out(agenda, state, now)
            );
            let event = Event::BulletinApproved {
                bulletin: period,
                by: by.to_owned(),
                preface: preface.clone(),
                reach: *reach,
                content: Arc::new(found),
            };
            Ok(Decided::Record(vec![event], words))
        }
        Verdict::PutAside { note } => {
            let last = known.and_then(|known| known.put_aside.last());
            if last.is_some_and(|last| last.note == *note) {
                return Ok(Decided::Before(format!("{name}的通报已经搁置。")));
            }
            let event = Event::BulletinPutAside {
                bulletin: period,
                by: by.to_owned(),
                note: note.clone(),
            };
            let words = format!("已搁置{name}的通报，不会发出；以后仍可打开批准。");
            Ok(Decided::Record(vec![event], words))
        }
    }
}

/// When what is approved now goes out: with the letters of the next slot.
pub fn goes_out(agenda: &Agenda, state: &State, now: Timestamp) -> String {
    if !state.held_for().is_empty() {
        return "定时的信现在暂停，放行以后才发出".to_owned();
    }
    let slot = Slots::new(&agenda.calendar).after(now);
    let local = slot.to_zoned_datetime(agenda.calendar.timezone.clone());
    format!(
        "随 {}（{}） {} 的信发出",
        month_day(local.date()),
        weekday_name(local.weekday()),
        local.strftime("%H:%M")
    )
}

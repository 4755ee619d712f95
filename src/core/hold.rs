//! Rule 12: a pass that nobody expects is held until a person lets it go. What was expected is not stored but computed:
//! the pass as it would be by the calendar and roster that the last slot was decided by.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::agenda::Agenda;
use super::diagnostic::Words;
use super::duty::OccurrenceId;
use super::fact::HoldReason;
use super::names::UnitId;
use super::plan::{Plan, Slots, plan};
use super::state::State;

/// So many more than expected are no surprise, however few were expected.
const FEW: u64 = 50;

/// Nor is a fifth more, however many.
const FIFTH: u64 = 5;

/// How far ahead an upheaval is looked for.
const AHEAD_DAYS: i64 = 365;

/// Why the pass `due` is not to go out by itself; empty if it may. `before` is the agenda that the last slot was decided
/// by, where it is another one.
pub fn reasons(
    before: Option<&Agenda>,
    agenda: &Agenda,
    state: &State,
    now: Timestamp,
    due: &Plan,
) -> Vec<HoldReason> {
    let mut reasons = state.doubts.reasons();
    if let Some(before) = before {
        reasons.extend(surge(before, state, now, due));
        reasons.extend(upheaval(before, agenda, state, now));
    }
    reasons
}

/// How many notices a pass has.
pub fn notices(plan: &Plan) -> u64 {
    plan.letters
        .iter()
        .map(|letter| letter.notices.len() as u64)
        .sum()
}

fn is_surprise(more: u64, than: u64) -> bool {
    more > FEW.max(than / FIFTH)
}

fn surge(before: &Agenda, state: &State, now: Timestamp, due: &Plan) -> Option<HoldReason> {
    let forecast = notices(&plan(before, state, now));
    let found = notices(due);
    is_surprise(found.saturating_sub(forecast), forecast)
        .then_some(HoldReason::Surge { forecast, found })
}

/// Compares the open duties of the year to come. What an edit adds is no upheaval: it is told when its time comes.
fn upheaval(before: &Agenda, agenda: &Agenda, state: &State, now: Timestamp) -> Option<HoldReason> {
    let today = Slots::new(&before.calendar).day(now);
    let until = today.saturating_add(AHEAD_DAYS.days());
    let days = due_days(agenda, today.year()..=until.year() + 1);
    let (mut gone, mut moved, mut of) = (0, 0, 0);
    for year in today.year()..=until.year() {
        for occurrence in before.due_in(year).iter() {
            let due = match &occurrence.dated {
                Ok(dated) if (today..=until).contains(&dated.due) => dated.due,
                _ => continue,
            };
            let (task, group) = before.parts(occurrence);
            let happened = state.happened(&occurrence.id);
            for at in &group.units {
                let unit = &before.roster.units()[*at].id;
                if happened.ending(unit, task.times).is_some() {
                    continue;
                }
                of += 1;
                match due_day(agenda, &days, &occurrence.id, unit) {
                    None => gone += 1,
                    Some(day) if day != due => moved += 1,
                    Some(_) => {}
                }
            }
        }
    }
    let everything = of > 0 && gone == of;
    (everything || is_surprise(gone + moved, of)).then_some(HoldReason::Upheaval {
        gone,
        moved,
        of,
    })
}

type DueDays = BTreeMap<OccurrenceId, Vec<(usize, Date)>>;

/// The due day of each occurrence for each of its groups. A day that moved may lie in the year before or after.
fn due_days(agenda: &Agenda, years: std::ops::RangeInclusive<i16>) -> DueDays {
    let mut days = DueDays::new();
    for year in years.start() - 1..=*years.end() {
        for occurrence in agenda.due_in(year).iter() {
            if let Ok(dated) = &occurrence.dated {
                days.entry(occurrence.id.clone())
                    .or_default()
                    .push((occurrence.group, dated.due));
            }
        }
    }
    days
}

fn due_day(agenda: &Agenda, days: &DueDays, id: &OccurrenceId, unit: &UnitId) -> Option<Date> {
    let task = agenda.calendar.tasks.get(&id.task)?;
    let group = agenda.group_of(task, unit)?;
    days.get(id)?
        .iter()
        .find(|(of, _)| *of == group)
        .map(|(_, day)| *day)
}

impl HoldReason {
    /// In a sentence, for an officer.
    pub fn in_words(&self) -> Words {
        match self {
            Self::Clock { by_s } => {
                let (days, zh, en) = (
                    by_s.unsigned_abs().div_ceil(24 * 60 * 60),
                    if *by_s > 0 { "快" } else { "慢" },
                    if *by_s > 0 { "ahead" } else { "back" },
                );
                Words::new(
                    format!("服务器的时钟突然调{zh}了约{days}天,现在的日期可能不对"),
                    format!("the clock jumped {en} by about {days} days: today may not be today"),
                )
            }
            Self::Restore { from } => Words::new(
                format!("台账刚从备份 {from} 恢复,备份之后发过哪些信已无从知道"),
                format!("the ledger was restored from {from}: what was sent since is not known"),
            ),
            Self::Surge { forecast, found } => Words::new(
                format!("行事历或花名册改动以后,要发的通知从{forecast}条增加到{found}条"),
                format!("after the edit {found} notices would go, instead of {forecast}"),
            ),
            Self::Upheaval { gone, moved, of } => Words::new(
                format!(
                    "行事历或花名册的改动,使今后一年的{of}项职责中有{gone}项取消、{moved}项改期"
                ),
                format!(
                    "of the {of} duties of the year to come the edit takes away {gone} and moves {moved}"
                ),
            ),
        }
    }
}

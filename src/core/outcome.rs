//! What became of each rung of a duty (promise P1): every one has exactly one outcome, and none vanishes. What did not
//! happen is nowhere stored; it is derived here from what did.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;

use super::agenda::Agenda;
use super::duty::DutyId;
use super::fact::Part;
use super::known::{Known, known};
use super::ladder::Rung;
use super::plan::{Footing, Hindrance, Slots, footing};
use super::state::{DutyState, How, State, Told};
use super::titles::title_of;

/// What became of a rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RungOutcome {
    /// It is in a letter that was, or will be, sent.
    Sent(Timestamp),
    /// A later one, or a word of a changed date, was told in its place.
    Superseded,
    /// It was in a letter that was dropped before it was sent.
    Dropped,
    /// It was in a letter that the server would not have.
    Failed,
    /// It was passed over, and why.
    Skipped(Cow<'static, str>),
    /// Its slot has not come.
    Ahead,
}

fn skipped(why: &'static str) -> RungOutcome {
    RungOutcome::Skipped(Cow::Borrowed(why))
}

/// Each rung of a duty's ladder in order of its day, with what became of it by now. Empty where the calendar no longer
/// has the duty, and where it never was one (rule 2).
pub fn outcomes(
    agenda: &Agenda,
    state: &State,
    duty: &DutyId,
    now: Timestamp,
) -> Vec<(Rung, Date, RungOutcome)> {
    let nothing = DutyState::default();
    let slots = Slots::new(&agenda.calendar);
    let Some(known) = known(agenda, slots, duty, state.duty(duty).unwrap_or(&nothing)) else {
        return Vec::new();
    };
    let footing = footing(agenda, state, duty, now);
    if matches!(footing.hindrance, Some(Hindrance::NoDuty(_))) {
        return Vec::new();
    }
    let looking = Looking {
        agenda,
        state,
        slots,
        today: slots.day(now),
        known: &known,
        footing,
    };
    let timetable = &known.timetable;
    let reached = looking.first_reached();
    let mut rungs = timetable.before_due();
    rungs.push((Rung::Overdue, timetable.overdue()));
    let nags = timetable.nags(reached.unwrap_or(timetable.due));
    // A nag that is weeks off is not worth a line before the duty is even late.
    rungs.extend(nags.take_while(|(_, day)| *day <= looking.today));
    rungs.extend(timetable.ladder.escalate.iter().map(|level| {
        let day = timetable.late(level.after, reached);
        (Rung::Escalate(level.after), day)
    }));
    rungs.sort_by_key(|(_, day)| *day);
    rungs
        .into_iter()
        .map(|(rung, day)| (rung, day, looking.outcome(rung, day)))
        .collect()
}

struct Looking<'a> {
    agenda: &'a Agenda,
    state: &'a State,
    slots: Slots<'a>,
    today: Date,
    known: &'a Known<'a>,
    footing: Footing,
}

impl Looking<'_> {
    /// What was told of it, except that it went up.
    fn told(&self) -> impl DoubleEndedIterator<Item = &Told> {
        let told = self.known.state.told.iter();
        told.filter(|told| told.part != Part::Below)
    }

    /// The same for the due day in force.
    fn told_of_this_day(&self) -> impl DoubleEndedIterator<Item = &Told> {
        let due = self.known.timetable.due;
        self.told().filter(move |told| told.due == due)
    }

    fn first_reached(&self) -> Option<Date> {
        self.told_of_this_day()
            .filter(|told| told.part == Part::Act && !told.dropped)
            .filter(|told| !self.state.unreachable.contains_key(&told.address))
            .filter_map(|told| told.reached)
            .min()
            .map(|at| self.slots.day(at))
    }

    fn outcome(&self, rung: Rung, day: Date) -> RungOutcome {
        // What was told on its day of another due day was this rung all the same.
        let due = self.known.timetable.due;
        let is_it = |told: &&Told| told.rung == rung && (told.due == due || told.day == day);
        let of_it: Vec<&Told> = self.told().filter(is_it).collect();
        if let Some(told) = of_it.iter().find(|told| !told.dropped && !told.failed) {
            return RungOutcome::Sent(told.at);
        }
        if of_it.iter().any(|told| told.failed) {
            return RungOutcome::Failed;
        }
        if !of_it.is_empty() {
            return RungOutcome::Dropped;
        }
        let is_gone = matches!(self.footing.hindrance, Some(Hindrance::LetOff(..)));
        if day > self.today && !is_gone {
            return RungOutcome::Ahead;
        }
        let settled = self.known.state.settled(self.known.task.times);
        if settled.is_some_and(|settled| self.slots.day(settled.at()) <= day) {
            return skipped("那时已经办结");
        }
        match rung {
            Rung::Escalate(_) => self.not_climbed(rung, day),
            _ => self.not_told(day),
        }
    }

    /// Why those who had to act were not told of a rung.
    fn not_told(&self, day: Date) -> RungOutcome {
        let later = self
            .told()
            .filter(|told| told.part == Part::Act && !told.dropped)
            .any(|told| told.day >= day);
        if later {
            return RungOutcome::Superseded;
        }
        let is_before = |at: Option<Timestamp>| at.is_some_and(|at| day < self.slots.day(at));
        if self.state.hung.is_none() || is_before(self.state.hung) {
            return skipped("那时服务还没有启用");
        }
        let id = self.known.id;
        let task = self.state.tasks_seen.get(&id.occurrence.task);
        if is_before(task.map(|seen| seen.at)) {
            return skipped("那时行事历里还没有这项任务");
        }
        let unit = self.state.units_seen.get(&id.unit);
        if is_before(unit.map(|seen| seen.at)) {
            return skipped("那时花名册里还没有这个单位");
        }
        if let Some(held_up) = self.held_up(day) {
            return held_up;
        }
        if !self
            .known
            .unit
            .is_reachable(self.today, &self.state.unreachable)
        {
            return skipped("单位没有能送达的联系人");
        }
        skipped("那时单位没有能送达的联系人")
    }

    /// What kept any rung of it from being told.
    fn held_up(&self, day: Date) -> Option<RungOutcome> {
        if self.known.state.has_lapsed(self.today) {
            return Some(skipped("逾期太久,不再催办"));
        }
        let named = |duty: &DutyId| {
            let title = title_of(self.agenda, self.state, &duty.occurrence);
            format!("“{title}”")
        };
        let words = match &self.footing.hindrance {
            Some(Hindrance::Covered(by)) => format!("由{}抵作", named(by)),
            Some(Hindrance::After(before)) => format!("前一步{}还没有完成", named(before)),
            Some(Hindrance::LetOff(before, how)) => {
                format!("前一步{}{},这一项也不用做", named(before), let_off(*how))
            }
            Some(Hindrance::NoDuty(_)) | None => match &self.footing.follows {
                Some((before, done)) if day < *done => {
                    format!("那时前一步{}还没有完成", named(before))
                }
                _ => {
                    let decided = self.state.last_slot.map(|(slot, _)| self.slots.day(slot));
                    if decided.is_some_and(|decided| day <= decided) {
                        return None;
                    }
                    if !self.state.held_for().is_empty() {
                        return Some(skipped("定时的信已暂停,等人放行"));
                    }
                    return Some(RungOutcome::Ahead);
                }
            },
        };
        Some(RungOutcome::Skipped(words.into()))
    }

    /// Why a level was not told.
    fn not_climbed(&self, rung: Rung, day: Date) -> RungOutcome {
        if let Some(held_up) = self.held_up(day) {
            return held_up;
        }
        if self.first_reached().is_none() {
            return skipped("单位还没有收到过通知,不上报");
        }
        let levels = &self.known.timetable.ladder.escalate;
        let higher = levels
            .iter()
            .map(|level| Rung::Escalate(level.after))
            .skip_while(|other| *other != rung)
            .skip(1)
            .any(|other| {
                let mut told = self.told_of_this_day();
                told.any(|told| told.rung == other && !told.dropped)
            });
        if higher {
            return skipped("这一级没有新的收件人,或送不到,已越过");
        }
        let due = self.known.timetable.due;
        let asked = self.known.state.request();
        if asked.is_some_and(|given| self.slots.day(given.at) < due) {
            return skipped("有申请待定,暂不上报");
        }
        if self.footing.is_resuming {
            return skipped("服务中断过,恢复后满一个工作日才上报");
        }
        skipped("下一级知道还不满一个工作日,暂不上报")
    }
}

/// How a duty was let off, in words.
pub fn let_off(how: How) -> &'static str {
    match how {
        How::NotApplicable => "不适用",
        How::Waived => "已免做",
        How::Done => "已完成",
    }
}

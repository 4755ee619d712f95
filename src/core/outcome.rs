//! What became of each rung of a duty (promise P1): every one has exactly one outcome, and none vanishes. What did not
//! happen is nowhere stored; it is derived here from what did.

use jiff::Timestamp;
use jiff::civil::Date;

use super::agenda::Agenda;
use super::duty::DutyId;
use super::fact::Part;
use super::known::{Known, known};
use super::ladder::Rung;
use super::plan::Slots;
use super::state::{DutyState, State, Told};

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
    Skipped(&'static str),
    /// Its day has not come.
    Ahead,
}

/// Each rung of a duty's ladder in order of its day, with what became of it by now. Empty where the calendar no longer
/// has the duty.
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
    let looking = Looking {
        state,
        slots,
        today: slots.day(now),
        known: &known,
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
    state: &'a State,
    slots: Slots<'a>,
    today: Date,
    known: &'a Known<'a>,
}

impl Looking<'_> {
    /// What was told for the due day in force, except that it went up.
    fn told(&self) -> impl DoubleEndedIterator<Item = &Told> {
        let due = self.known.timetable.due;
        self.known
            .state
            .told
            .iter()
            .filter(move |told| told.due == due && told.part != Part::Below)
    }

    fn first_reached(&self) -> Option<Date> {
        self.told()
            .filter(|told| told.part == Part::Act && !told.dropped)
            .filter(|told| !self.state.unreachable.contains_key(&told.address))
            .filter_map(|told| told.reached)
            .min()
            .map(|at| self.slots.day(at))
    }

    fn outcome(&self, rung: Rung, day: Date) -> RungOutcome {
        let of_it: Vec<&Told> = self.told().filter(|told| told.rung == rung).collect();
        if let Some(told) = of_it.iter().find(|told| !told.dropped && !told.failed) {
            return RungOutcome::Sent(told.at);
        }
        if of_it.iter().any(|told| told.failed) {
            return RungOutcome::Failed;
        }
        if !of_it.is_empty() {
            return RungOutcome::Dropped;
        }
        if day > self.today {
            return RungOutcome::Ahead;
        }
        let settled = self.known.state.settled(self.known.task.times);
        if settled.is_some_and(|settled| self.slots.day(settled.at()) <= day) {
            return RungOutcome::Skipped("那时已经办结");
        }
        match rung {
            Rung::Escalate(_) => self.not_climbed(rung),
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
        let hung = self.state.hung.map(|hung| self.slots.day(hung));
        if hung.is_none_or(|hung| day < hung) {
            return RungOutcome::Skipped("那时服务还没有启用");
        }
        if self.known.task.after.is_some() && self.told().next().is_none() {
            return RungOutcome::Skipped("前一步还没有完成");
        }
        RungOutcome::Skipped(
            "那时无须或无法告知:有任务抵作这一项,没有能送达的联系人,或时点还没有处理",
        )
    }

    /// Why a level was not told.
    fn not_climbed(&self, rung: Rung) -> RungOutcome {
        if self.first_reached().is_none() {
            return RungOutcome::Skipped("单位还没有收到过通知,不上报");
        }
        let higher = self
            .known
            .timetable
            .ladder
            .escalate
            .iter()
            .map(|level| Rung::Escalate(level.after))
            .skip_while(|other| *other != rung)
            .skip(1)
            .any(|other| self.told().any(|told| told.rung == other && !told.dropped));
        if higher {
            return RungOutcome::Skipped("这一级没有新的收件人,或送不到,已越过");
        }
        RungOutcome::Skipped(
            "还不能上报:下一级知道未满一个工作日,有申请待定,或服务中断后未满一个工作日",
        )
    }
}

//! One duty, at one slot: what those who have to act are told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::cover::Cover;
use super::gate::Gate;
use super::{NoDuty, Notice, Pass, Slots, Standing, Timetable};
use crate::core::calendar::Task;
use crate::core::dates::month_day;
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::fact::{Answer, Part};
use crate::core::ladder::{RoleRef, Rung};
use crate::core::names::{Address, TaskId, UnitId};
use crate::core::roster::Unit;
use crate::core::state::{DutyState, Ending, Happened, How, Rest};

/// A duty being considered.
pub(super) struct Case<'a> {
    pub(super) task: &'a Task,
    pub(super) unit: &'a Unit,
    /// The unit's place in the roster.
    at: usize,
    /// What may cover it.
    covers: &'a [Cover<'a>],
    pub(super) occurrence: &'a OccurrenceId,
    pub(super) timetable: Timetable<'a>,
    /// What has happened to it; `None` where nothing has.
    pub(super) state: Option<&'a DutyState>,
    /// What the shelf has of it, where it is there.
    rest: Option<Rest>,
}

impl<'a> Case<'a> {
    pub(super) fn new(
        task: &'a Task,
        (at, unit): (usize, &'a Unit),
        covers: &'a [Cover<'a>],
        occurrence: &'a OccurrenceId,
        timetable: Timetable<'a>,
        happened: Happened<'a>,
    ) -> Self {
        let state = happened.state(&unit.id);
        Self {
            task,
            unit,
            at,
            covers,
            occurrence,
            timetable,
            state,
            rest: match state {
                Some(_) => None,
                None => happened.rest(&unit.id),
            },
        }
    }

    pub(super) fn id(&self) -> DutyId {
        DutyId {
            occurrence: self.occurrence.clone(),
            unit: self.unit.id.clone(),
        }
    }

    /// Whether it is over, and nothing has happened to it since.
    pub(super) fn is_shelved(&self) -> bool {
        self.rest.is_some()
    }

    /// How it ended, if it did.
    fn ending(&self) -> Option<Ending> {
        match self.state {
            Some(state) => state.ending(self.task.times),
            None => self.rest?.ending,
        }
    }

    /// Whether it is settled and nothing is left to be told of it, unless it was spoken of since the last slot.
    pub(super) fn rests(&self) -> bool {
        self.state.is_some_and(|state| state.rests(self.task.times))
    }

    /// The due day, a granted extension included.
    pub(super) fn due(&self) -> Date {
        self.timetable.due
    }

    /// An extension never asks for it earlier than the calendar does.
    pub(super) fn extend(&mut self) {
        let live = self.state.and_then(|state| state.extended_to);
        if let Some(until) = live.or(self.rest.and_then(|rest| rest.extended_to)) {
            self.timetable.due = self.timetable.due.max(until);
        }
    }

    /// Whether anybody was told of it.
    pub(super) fn is_told(&self) -> bool {
        let has_notice = |state: &DutyState| state.standing().next().is_some();
        self.rest.is_some() || self.state.is_some_and(has_notice)
    }

    /// How it stands; `None` where it never was a duty.
    pub(super) fn standing(&self, pass: &Pass<'_>) -> Option<Standing> {
        let due = self.due();
        if let Some(ending) = self.ending() {
            return Some(match ending.how {
                How::Done => Standing::Done {
                    late: pass.slots.day(ending.at) > due,
                },
                How::NotApplicable => Standing::NotApplicable,
                How::Waived => Standing::Waived,
            });
        }
        let told = self.is_told();
        if self.state.is_none() && self.rest.is_none() && !self.exists(pass) {
            return None;
        }
        if self.cover(pass).is_some() {
            return Some(Standing::Covered);
        }
        Some(match self.gate(pass) {
            Gate::Shut => Standing::Waiting,
            Gate::Gone(_) => Standing::Withdrawn,
            Gate::Since(day) if !told && day > pass.today => Standing::Ahead,
            Gate::Open | Gate::Since(_) if pass.today > due => Standing::Overdue,
            Gate::Open if !told && self.timetable.announcement() > pass.today => Standing::Ahead,
            Gate::Open | Gate::Since(_) => Standing::Open,
        })
    }

    /// Decides what is told of this duty at this slot.
    pub(super) fn consider(mut self, pass: &mut Pass<'_>) {
        self.extend();
        if let Some(state) = self.state {
            self.requests(state, pass);
            self.decisions(state, pass);
            if let Some(settled) = state.settled(self.task.times) {
                self.close(state, &settled, pass);
                return;
            }
            if state.has_lapsed(pass.today) {
                return;
            }
        }
        let told = self.is_told();
        if !told && !self.exists(pass) {
            return;
        }
        if self.cover(pass).is_some() {
            return;
        }
        match self.gate(pass) {
            Gate::Open => {}
            Gate::Since(day) => {
                self.timetable.opens = self.timetable.opens.max(day);
                if day > self.timetable.announced {
                    self.timetable.announced = day;
                    self.timetable.may_precede = false;
                }
            }
            Gate::Shut => return,
            Gate::Gone(_) => {
                pass.withdraw(&self.id());
                return;
            }
        }
        if !told && self.timetable.announcement() > pass.today {
            return;
        }
        let acting = self.acting(pass);
        if acting.is_empty() {
            self.gap(pass);
            return;
        }
        let reached = self.first_reached(pass);
        for address in &acting {
            self.remind(address, reached, pass);
        }
        self.escalate(&acting, reached, pass);
    }

    /// Rule 2: on the roster before the due day, and the due day not over when the bell was hung or the task added.
    pub(super) fn exists(&self, pass: &Pass<'_>) -> bool {
        pass.was_asked(&self.task.id, &self.unit.id, self.due())
    }

    /// A covering duty of this unit, due in this period, that is done, or is asked or may yet be.
    pub(super) fn cover(&self, pass: &Pass<'_>) -> Option<&Cover<'a>> {
        self.covers
            .iter()
            .find(|cover| cover.holds(self.at, self.unit, pass))
    }

    /// Whether it ended.
    pub(super) fn is_settled(&self) -> bool {
        self.ending().is_some()
    }

    /// Whether the duty this one comes after lets it open.
    pub(super) fn gate(&self, pass: &Pass<'_>) -> Gate {
        pass.gate(self.task, self.occurrence.period, (self.at, self.unit))
    }

    /// The mailboxes of those who have to act: of the ladder's `to`, or of the next reachable contact at the unit.
    pub(super) fn acting(&self, pass: &Pass<'_>) -> Vec<Address> {
        let ladder = self.timetable.ladder;
        let found = self.mailboxes(&ladder.to, pass);
        if !found.is_empty() {
            return found;
        }
        self.next_at_unit(&BTreeSet::new(), pass)
            .into_iter()
            .collect()
    }

    /// The reachable mailboxes of roles, each once, in the roster's order.
    pub(super) fn mailboxes<'r>(
        &self,
        roles: impl IntoIterator<Item = &'r RoleRef>,
        pass: &Pass<'_>,
    ) -> Vec<Address> {
        let mut found: Vec<Address> = Vec::new();
        for role in roles {
            for contact in pass.agenda.roster.holders(self.unit, role, pass.today) {
                if let Some(address) = pass.reachable(contact.address.as_ref())
                    && !found.contains(&address)
                {
                    found.push(address);
                }
            }
        }
        found
    }

    /// The next reachable contact at the unit who was not told yet: up the ladder, then anybody there.
    pub(super) fn next_at_unit(
        &self,
        told: &BTreeSet<Address>,
        pass: &Pass<'_>,
    ) -> Option<Address> {
        let up = self
            .timetable
            .ladder
            .escalate
            .iter()
            .flat_map(|level| &level.to)
            .filter(|role| !role.is_above());
        let by_ladder = self.mailboxes(up, pass);
        let anybody = self
            .unit
            .contacts
            .iter()
            .filter(|contact| contact.holds_on(pass.today))
            .filter_map(|contact| pass.reachable(contact.address.as_ref()));
        by_ladder
            .into_iter()
            .chain(anybody)
            .find(|address| !told.contains(address))
    }

    /// The day the unit was first reached for this due day: a letter to who has to act was accepted, and its mailbox
    /// is not known to be gone.
    fn first_reached(&self, pass: &Pass<'_>) -> Option<Date> {
        self.state?
            .standing()
            .filter(|told| told.part == Part::Act && told.due == self.due())
            .filter(|told| !pass.state.unreachable.contains_key(&told.address))
            .filter_map(|told| told.reached)
            .min()
            .map(|at| pass.slots.day(at))
    }

    /// What one who has to act is told, if anything is new to them.
    fn remind(&self, address: &Address, reached: Option<Date>, pass: &mut Pass<'_>) {
        let due = self.due();
        let last = self.state.and_then(|state| {
            state
                .standing()
                .filter(|told| told.part == Part::Act && told.address == *address)
                .last()
        });
        if let Some(last) = last
            && (last.due != due || last.rung == Rung::Withdrawn)
        {
            self.tell(Rung::Changed, pass.today, address, Part::Act, pass);
            return;
        }
        // Also where the letter that first told of it was dropped: it was done before they heard of it.
        let in_a_letter = self.state.is_some_and(|state| !state.told.is_empty());
        if let Some(returned) = self.returned()
            && in_a_letter
            && last.is_none_or(|last| last.order < returned)
            // Who hears in this very letter what was decided of their request hears of the return with it.
            && !self.is_told_of_a_decision(address, pass)
        {
            self.tell(Rung::Decided, pass.today, address, Part::Act, pass);
        }
        let counted_from = reached.or_else(|| self.came_back(address).then_some(due));
        let Some((rung, day)) = self.timetable.newest(pass.today, counted_from) else {
            return;
        };
        let newest_told = self.state.and_then(|state| {
            state
                .standing()
                .filter(|told| {
                    told.part == Part::Act
                        && told.address == *address
                        && told.due == due
                        && !matches!(told.rung, Rung::Escalate(_) | Rung::Decided)
                })
                .map(|told| told.day)
                .max()
        });
        let superseded = newest_told.is_some_and(|told| day <= told);
        let decided = self
            .state
            .is_some_and(|state| state.decided(rung, due, address));
        // Nags move on when the mailbox that was reached first turns out to be gone; they never begin again.
        let nagged = matches!(rung, Rung::Nag(_))
            && self
                .state
                .into_iter()
                .flat_map(|state| &state.told)
                .any(|told| {
                    matches!(told.rung, Rung::Nag(_))
                        && told.rung > rung
                        && told.due == due
                        && told.address == *address
                });
        if !superseded && !decided && !nagged {
            self.tell(rung, day, address, Part::Act, pass);
        }
    }

    /// Whether all that one who has to act was told came back, also that it is overdue. Nags go by the due day then: once
    /// the mailbox is good again, nobody may have forgotten it.
    fn came_back(&self, address: &Address) -> bool {
        let due = self.due();
        let overdue = self.timetable.overdue();
        let told = || {
            let told = self.state.into_iter().flat_map(DutyState::standing);
            told.filter(|told| {
                told.part == Part::Act && told.due == due && told.address == *address
            })
        };
        told().all(|told| told.failed) && told().any(|told| told.day >= overdue)
    }

    fn is_told_of_a_decision(&self, address: &Address, pass: &Pass<'_>) -> bool {
        let duty = self.id();
        let of_this = pass.notices.iter().rev();
        of_this
            .take_while(|notice| notice.duty == duty)
            .any(|notice| notice.rung == Rung::Decided && notice.address == *address)
    }

    /// Puts a notice into the pass.
    pub(super) fn tell(
        &self,
        rung: Rung,
        day: Date,
        address: &Address,
        part: Part,
        pass: &mut Pass<'_>,
    ) {
        pass.notices.push(Notice {
            duty: self.id(),
            rung,
            due: self.due(),
            day,
            address: address.clone(),
            part,
        });
    }

    fn requests(&self, state: &DutyState, pass: &mut Pass<'_>) {
        let Some(given) = state.request() else {
            return;
        };
        // Its place among the answers, so that what is answered after it makes no new matter of it.
        let nth = state.pending.map_or(0, |at| at + 1);
        let until = given
            .until
            .map_or(String::new(), |day| format!(",申请延至{}", month_day(day)));
        let note = if given.note.is_empty() {
            String::new()
        } else {
            format!(":{}", given.note)
        };
        pass.matters.insert(
            format!("request:{}:{nth}", self.id()),
            format!(
                "{}“{}”{}({}){until}{note}。职责编号 {}",
                self.unit.name,
                self.task.title,
                request_words(given.answer),
                given.by,
                self.id()
            ),
        );
    }

    /// Whoever asked is told once what was decided, the latest where there are several.
    fn decisions(&self, state: &DutyState, pass: &mut Pass<'_>) {
        let latest: BTreeMap<&Address, u32> = state
            .decisions
            .iter()
            .filter_map(|decided| Some((decided.asker.as_ref()?, decided.order)))
            .collect();
        for (asker, decided) in latest {
            let told = state.standing().any(|told| {
                told.rung == Rung::Decided && told.address == *asker && told.order > decided
            });
            if !told && pass.is_on_roster(asker) && pass.reachable(Some(asker)).is_some() {
                self.tell(Rung::Decided, pass.today, asker, Part::Act, pass);
            }
        }
    }

    /// Since when the unit knows that the duty stands: for one that was returned, since it was told of that.
    pub(super) fn known_since(&self, first_reached: Date, pass: &Pass<'_>) -> Option<Date> {
        let Some(returned) = self.returned() else {
            return Some(first_reached);
        };
        self.state?
            .standing()
            .filter(|told| told.part == Part::Act && told.order > returned)
            .filter_map(|told| told.reached)
            .min()
            .map(|at| pass.slots.day(at))
    }

    /// The place of its last return among its facts.
    fn returned(&self) -> Option<u32> {
        self.state?.returned.as_ref().map(|returned| returned.order)
    }

    fn gap(&self, pass: &mut Pass<'_>) {
        if self.timetable.announcement() > pass.today {
            return;
        }
        let known: Vec<_> = self
            .unit
            .contacts
            .iter()
            .filter_map(|contact| contact.address.as_ref())
            .map(Address::as_str)
            .collect();
        pass.matters.insert(
            format!("contact-gap:{}:{}", self.unit.id, known.join(",")),
            format!(
                "联系人空缺:{}({})没有一个能送达的邮箱,“{}”等职责无人收到。请在花名册里补上",
                self.unit.name, self.unit.id, self.task.title
            ),
        );
    }
}

impl Pass<'_> {
    /// Rule 2, for a task that is for the unit.
    pub(super) fn was_asked(&self, task: &TaskId, unit: &UnitId, due: Date) -> bool {
        self.no_duty(task, unit, due).is_none()
    }

    /// Why it is no duty, by rule 2.
    pub(super) fn no_duty(&self, task: &TaskId, unit: &UnitId, due: Date) -> Option<NoDuty> {
        let state = self.state;
        let since = Since {
            task_seen: state.tasks_seen.get(task).map(|seen| seen.at),
            unit_seen: state.units_seen.get(unit).map(|seen| seen.at),
        };
        since.no_duty(due, state.hung, self.hung_on, self.slots)
    }
}

/// Since when a task and a unit are known; `None` where no first sight is on record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
    pub(crate) task_seen: Option<Timestamp>,
    pub(crate) unit_seen: Option<Timestamp>,
}

impl Since {
    /// Rule 2: the due day was not over when the bell was hung or the task added, and the unit was there before it.
    pub(crate) fn asks(
        self,
        due: Date,
        hung: Option<Timestamp>,
        hung_on: Date,
        slots: Slots<'_>,
    ) -> bool {
        self.no_duty(due, hung, hung_on, slots).is_none()
    }

    fn no_duty(
        self,
        due: Date,
        hung: Option<Timestamp>,
        hung_on: Date,
        slots: Slots<'_>,
    ) -> Option<NoDuty> {
        let seen_by = |at: Timestamp, last: Date| hung == Some(at) || slots.day(at) <= last;
        // Those on the roster when the bell was hung had always been there.
        let was_there = |at: Timestamp| seen_by(at, hung_on) || slots.day(at) < due;
        if due < hung_on {
            Some(NoDuty::DueBeforeTheBell)
        } else if self.task_seen.is_some_and(|at| !seen_by(at, due)) {
            Some(NoDuty::DueBeforeTheTask)
        } else if self.unit_seen.is_some_and(|at| !was_there(at)) {
            Some(NoDuty::DueBeforeTheUnit)
        } else {
            None
        }
    }
}

fn request_words(answer: Answer) -> &'static str {
    match answer {
        Answer::Trouble => "报告有困难",
        Answer::Extension => "申请延期",
        Answer::NotApplicable => "认为不适用",
        Answer::HandedOver => "说已不负责此岗",
        Answer::Received | Answer::Done => "",
    }
}

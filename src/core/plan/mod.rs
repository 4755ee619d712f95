//! The planner: from calendar, roster, state and now to the letters due now, and the next instant anything may fall due.

mod alert;
mod bulletins;
mod case;
mod closing;
mod cover;
mod escalation;
mod gate;
mod hindrance;
mod matters;
mod slots;
mod standing;
mod timetable;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

pub use hindrance::{Footing, Hindrance, NoDuty, footing};
pub use matters::{
    DeadMailbox, Undelivered, missing_notice, missing_notices, unclear_mail, undelivered,
};
pub use slots::{GRACE, Slots};
pub use standing::{
    DutyStanding, Only, Sighted, Standing, each_standing, standings, standings_from, standings_of,
};
pub use timetable::Timetable;

pub(crate) use bulletins::is_of_a_draft;
use case::Case;
pub(crate) use case::Since;
use cover::covers_of;
pub(in crate::core) use standing::others_among;

use super::agenda::Agenda;
use super::calendar::Schedule;
use super::duty::{DutyId, OccurrenceId};
use super::fact::{Event, LetterKind, LetterNo, Part};
use super::ladder::Rung;
use super::names::Address;
use super::period::PeriodKey;
use super::roster::{Contact, Unit};
use super::state::State;

/// A rung of a duty that has come due, for one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Of which duty.
    pub duty: DutyId,
    /// Which rung.
    pub rung: Rung,
    /// The due day it speaks of.
    pub due: Date,
    /// The rung's day.
    pub day: Date,
    /// Whom it tells.
    pub address: Address,
    /// What it is to the reader.
    pub part: Part,
}

/// All notices of one slot for one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its number.
    pub number: LetterNo,
    /// Whether it is a slot's letter or an alert.
    pub kind: LetterKind,
    /// Its slot; an alert's is the instant it is decided at.
    pub slot: Timestamp,
    /// Whom it goes to.
    pub address: Address,
    /// Unsent letters of earlier slots that it takes over.
    pub folds: Vec<LetterNo>,
    /// What it tells of duties.
    pub notices: Vec<Notice>,
    /// What it tells an officer: a key that is told once, and the words.
    pub matters: Vec<(String, String)>,
    /// The approved bulletins it brings.
    pub bulletins: Vec<PeriodKey>,
}

/// What is due now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The slot whose letters these are; `None` where no slot is to be decided now.
    pub slot: Option<Timestamp>,
    /// Whether an outage came before it.
    pub after_outage: bool,
    /// How much of what a slot tells was [heard](State::heard) by then.
    pub heard: u64,
    /// The letters, in the order of their addresses.
    pub letters: Vec<Letter>,
    /// The next instant anything may fall due: the next slot, or now again where these are only alerts.
    pub next: Option<Timestamp>,
}

/// The letters due now, and the next instant anything may fall due. Pure: the same arguments give the same plan.
pub fn plan(agenda: &Agenda, state: &State, now: Timestamp) -> Plan {
    let slots = Slots::new(&agenda.calendar);
    let alerts = alert::plan_alerts(agenda, state, now);
    if !alerts.is_empty() {
        return Plan {
            letters: alerts,
            next: Some(now),
            ..Plan::default()
        };
    }
    let next = Some(slots.after(now));
    let nothing = Plan {
        next,
        ..Plan::default()
    };
    let Some(slot) = open_slot(slots, state, now) else {
        return nothing;
    };
    let late = now.duration_since(slot) > GRACE;
    let before = state.passed.range(..slot).next_back();
    let missed = before.is_some_and(|last| *last < slots.before(slot));
    let after_outage = late || missed;
    Plan {
        next,
        ..decide(agenda, state, slot, after_outage)
    }
}

/// The slot whose letters are to be decided now, if there is one.
pub(crate) fn open_slot(slots: Slots<'_>, state: &State, now: Timestamp) -> Option<Timestamp> {
    // A slot before the bell was hung is nobody's; under the spool the first letters go out at once instead.
    let is_ours = |slot: &Timestamp| state.hung.is_none_or(|hung| hung <= *slot);
    slots
        .open_at(now)
        .filter(|slot| is_ours(slot) && !state.passed.contains(slot))
}

/// The first letters, at once and whatever the hour: what is open when the bell is hung.
pub fn plan_first(agenda: &Agenda, state: &State, now: Timestamp) -> Plan {
    let next = Some(Slots::new(&agenda.calendar).after(now));
    Plan {
        next,
        ..decide(agenda, state, now, false)
    }
}

/// The facts of first sight: tasks and units that are here for the first time.
pub fn first_sights(agenda: &Agenda, state: &State) -> Vec<Event> {
    let tasks = agenda
        .calendar
        .tasks
        .values()
        .filter(|task| !state.tasks_seen.contains_key(&task.id))
        .map(|task| Event::TaskSeen {
            task: task.id.clone(),
            title: task.title.clone(),
        });
    let units = agenda
        .roster
        .units()
        .iter()
        .filter(|unit| !state.units_seen.contains_key(&unit.id))
        .map(|unit| Event::UnitSeen {
            unit: unit.id.clone(),
            name: unit.name.clone(),
        });
    tasks.chain(units).collect()
}

/// The deciding of one slot.
struct Pass<'a> {
    agenda: &'a Agenda,
    state: &'a State,
    slots: Slots<'a>,
    /// The local day of the slot.
    today: Date,
    /// The local day the bell was hung.
    hung_on: Date,
    /// Whether a full workday of service has passed since the last outage.
    may_escalate: bool,
    notices: Vec<Notice>,
    /// What the officers must know: key and words.
    matters: BTreeMap<String, String>,
    /// The bulletins that go out now, with those who get them.
    bulletins: Vec<(PeriodKey, BTreeSet<Address>)>,
}

fn decide(agenda: &Agenda, state: &State, slot: Timestamp, after_outage: bool) -> Plan {
    let mut pass = Pass::new(agenda, state, slot);
    pass.may_escalate = !after_outage && served_a_workday(agenda, state, pass.slots, pass.today);
    let today = pass.today;
    let spoken_of: BTreeSet<&OccurrenceId> =
        state.news.keys().map(|duty| &duty.occurrence).collect();
    let mut seen: BTreeSet<(OccurrenceId, usize)> = BTreeSet::new();
    for year in today.year() - 1..=today.year() + 1 {
        for occurrence in agenda.due_in(year).iter() {
            let Ok(dated) = &occurrence.dated else {
                continue;
            };
            let happened = state.happened(&occurrence.id);
            let known = !happened.is_nothing();
            if !known && dated.due < pass.hung_on {
                continue;
            }
            if known {
                seen.insert((occurrence.id.clone(), occurrence.group));
            }
            let (task, group) = agenda.parts(occurrence);
            let within = task.every.lies_within_a_year();
            let timetable = Timetable::new(&group.ladder, &agenda.calendar.workdays, dated, within);
            if !known && timetable.announcement() > today {
                continue;
            }
            let covers = covers_of(agenda, state, task, occurrence.group, occurrence.id.period);
            let quiet = !spoken_of.contains(&occurrence.id);
            for at in &group.units {
                let unit = (*at, &agenda.roster.units()[*at]);
                let case = Case::new(task, unit, &covers, &occurrence.id, timetable, happened);
                if !(case.is_shelved() || quiet && case.rests()) {
                    case.consider(&mut pass);
                }
            }
        }
    }
    pass.others(&seen);
    pass.standing_matters();
    pass.bulletins();
    let letters = pass.into_letters(slot, LetterKind::Slot);
    Plan {
        slot: Some(slot),
        after_outage,
        heard: state.heard,
        letters,
        next: None,
    }
}

/// Nothing escalates after an outage until one full workday of service.
fn served_a_workday(agenda: &Agenda, state: &State, slots: Slots<'_>, today: Date) -> bool {
    let Some((slot, at)) = state.resumed else {
        return true;
    };
    let workdays = &agenda.calendar.workdays;
    let back = slots.day(at);
    let on_time = at.duration_since(slot) <= GRACE && slot == slots.first_of(back);
    let full = if on_time && workdays.is_workday(back) {
        back
    } else {
        workdays.after(back, 1)
    };
    today > full
}

impl<'a> Pass<'a> {
    /// A pass in which nothing escalates.
    fn new(agenda: &'a Agenda, state: &'a State, at: Timestamp) -> Self {
        let slots = Slots::new(&agenda.calendar);
        let today = slots.day(at);
        Self {
            agenda,
            state,
            slots,
            today,
            hung_on: state.hung.map_or(today, |hung| slots.day(hung)),
            may_escalate: false,
            notices: Vec::new(),
            matters: BTreeMap::new(),
            bulletins: Vec::new(),
        }
    }

    /// The mailbox of a contact, if mail reaches it.
    fn reachable(&self, address: Option<&Address>) -> Option<Address> {
        address
            .filter(|address| !self.state.unreachable.contains_key(*address))
            .cloned()
    }

    fn is_on_roster(&self, address: &Address) -> bool {
        !self.agenda.roster.behind(address, self.today).is_empty()
    }

    /// Conditional duties that were raised, and the duties told of whose occurrence is no longer there.
    fn others(&mut self, seen: &BTreeSet<(OccurrenceId, usize)>) {
        let (agenda, state) = (self.agenda, self.state);
        for (id, units) in &state.duties {
            let task = agenda.calendar.tasks.get(&id.task);
            let conditional =
                task.is_some_and(|task| matches!(task.schedule, Schedule::Conditional(_)));
            let walked: Vec<bool> = task
                .map(|task| {
                    (0..agenda.groups(task).len())
                        .map(|group| seen.contains(&(id.clone(), group)))
                        .collect()
                })
                .unwrap_or_default();
            let members = task.map_or(&[][..], |task| agenda.members(&task.id));
            let group_of = |unit| *members.get(agenda.roster.position(unit)?)?;
            let mut left: Vec<_> = units
                .keys()
                .map(|unit| (unit, group_of(unit)))
                .filter(|(_, group)| conditional || group.is_none_or(|group| !walked[group]))
                .collect();
            left.sort_unstable();
            for (unit_id, group) in left {
                let duty = DutyId {
                    occurrence: id.clone(),
                    unit: unit_id.clone(),
                };
                match (task, agenda.roster.unit(unit_id), group) {
                    (Some(task), Some(unit), Some(group)) if conditional => {
                        self.raised(task, unit, group, id, &duty);
                    }
                    (Some(task), Some(unit), Some(group)) => {
                        self.elsewhere(task, unit, group, id, &duty);
                    }
                    _ => self.withdraw(&duty),
                }
            }
        }
    }

    fn raised(
        &mut self,
        task: &'a super::calendar::Task,
        unit: &'a Unit,
        group: usize,
        id: &'a OccurrenceId,
        duty: &DutyId,
    ) {
        let found = self.state.duty(duty);
        let Some(raised) = found.and_then(|state| state.raised.as_ref()) else {
            return;
        };
        let dated = super::agenda::Dated::raised(self.slots.day(raised.at), raised.due);
        let ladder = &self.agenda.groups(task)[group].ladder;
        let timetable = Timetable::new(ladder, &self.agenda.calendar.workdays, &dated, true);
        self.lone(task, unit, group, id, timetable);
    }

    /// An occurrence outside of the years at hand, or one that lost its date.
    fn elsewhere(
        &mut self,
        task: &'a super::calendar::Task,
        unit: &'a Unit,
        group: usize,
        id: &'a OccurrenceId,
        duty: &DutyId,
    ) {
        match self.agenda.occurrence(task, id.period, group).dated {
            Ok(dated) => {
                let ladder = &self.agenda.groups(task)[group].ladder;
                let timetable =
                    Timetable::new(ladder, &self.agenda.calendar.workdays, &dated, true);
                self.lone(task, unit, group, id, timetable);
            }
            Err(_) => self.withdraw(duty),
        }
    }

    /// A duty that is not met on the walk through its occurrence.
    fn lone(
        &mut self,
        task: &'a super::calendar::Task,
        unit: &'a Unit,
        group: usize,
        id: &'a OccurrenceId,
        timetable: Timetable<'_>,
    ) {
        let (agenda, state) = (self.agenda, self.state);
        let Some(at) = agenda.roster.position(&unit.id) else {
            return;
        };
        let covers = covers_of(agenda, state, task, group, id.period);
        Case::new(task, (at, unit), &covers, id, timetable, state.happened(id)).consider(self);
    }

    /// The notices and matters, a letter an address.
    fn into_letters(mut self, slot: Timestamp, kind: LetterKind) -> Vec<Letter> {
        let mut by_address: BTreeMap<Address, News> = BTreeMap::new();
        for notice in std::mem::take(&mut self.notices) {
            let news = by_address.entry(notice.address.clone()).or_default();
            news.notices.push(notice);
        }
        for (period, addresses) in std::mem::take(&mut self.bulletins) {
            for address in addresses {
                by_address
                    .entry(address)
                    .or_default()
                    .bulletins
                    .push(period);
            }
        }
        for address in self.officers() {
            let matters: Vec<_> = self
                .matters
                .iter()
                .filter(|(key, _)| {
                    !self
                        .state
                        .matters
                        .contains(&((*key).clone(), address.clone()))
                })
                .map(|(key, words)| (key.clone(), words.clone()))
                .collect();
            // A draft can wait: the word of it goes with what is said anyway, and makes no letter.
            let pressing = matters.iter().any(|(key, _)| !is_of_a_draft(key));
            if pressing {
                by_address.entry(address).or_default().matters = matters;
            } else if let Some(news) = by_address.get_mut(&address) {
                news.matters = matters;
            }
        }
        let mut letters = Vec::with_capacity(by_address.len());
        for (number, (address, mut news)) in (self.state.next_letter()..).zip(by_address) {
            news.notices
                .sort_by(|a, b| (a.due, &a.duty, a.rung).cmp(&(b.due, &b.duty, b.rung)));
            letters.push(Letter {
                number,
                kind,
                slot,
                // An alert takes nothing over: what waits is its slot's.
                folds: match kind {
                    LetterKind::Slot => self.unsent_to(&address),
                    LetterKind::Alert => Vec::new(),
                },
                address,
                notices: news.notices,
                matters: news.matters,
                bulletins: news.bulletins,
            });
        }
        letters
    }

    /// Letters of earlier slots that were never begun to be sent.
    fn unsent_to(&self, address: &Address) -> Vec<LetterNo> {
        self.state
            .open_letters
            .iter()
            .filter(|no| {
                self.state.letters.get(no).is_some_and(|letter| {
                    letter.address == *address
                        && !letter.is_frozen()
                        && letter.kind == LetterKind::Slot
                })
            })
            .copied()
            .collect()
    }

    /// The officers' mailboxes that are written to.
    fn officers(&self) -> BTreeSet<Address> {
        worth_writing_to(officers(self.agenda, self.today), self.state)
    }
}

/// What is new to one address.
#[derive(Default)]
struct News {
    notices: Vec<Notice>,
    matters: Vec<(String, String)>,
    bulletins: Vec<PeriodKey>,
}

/// The mailboxes of the officers on a day: who hears of bad edits, contact gaps and requests.
pub fn officers(agenda: &Agenda, today: Date) -> BTreeSet<Address> {
    let roster = &agenda.roster;
    let mut found = BTreeSet::new();
    for unit in roster.units() {
        let holders = unit
            .contacts
            .iter()
            .filter(|contact| contact.holds_on(today) && makes_an_officer(agenda, unit, contact));
        found.extend(holders.filter_map(|contact| contact.address.clone()));
    }
    found
}

/// Of these mailboxes those that mail reaches; all of them where it reaches none. A mailbox may be marked wrongly, and a
/// letter that comes back costs less than a matter that nobody hears of.
pub fn worth_writing_to(to: BTreeSet<Address>, state: &State) -> BTreeSet<Address> {
    let is_reached = |address: &Address| !state.unreachable.contains_key(address);
    if to.iter().any(is_reached) {
        to.into_iter().filter(is_reached).collect()
    } else {
        to
    }
}

/// Whether there are officers, and mail reaches none of them.
pub fn are_officers_cut_off(agenda: &Agenda, state: &State, today: Date) -> bool {
    let mut all = officers(agenda, today).into_iter().peekable();
    all.peek().is_some() && all.all(|address| state.unreachable.contains_key(&address))
}

/// Whether what a contact does at a unit makes them an officer.
pub(super) fn makes_an_officer(agenda: &Agenda, unit: &Unit, contact: &Contact) -> bool {
    agenda
        .officers
        .iter()
        .any(|role| role.role == contact.role && role.at.is_none_or(|kind| unit.kind == kind))
}

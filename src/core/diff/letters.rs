//! The letters that an edit makes and spares, by the forecast that `plan` prints and the planner the daemon asks.
//!
//! A forecast of a year costs seconds for a thousand units. So the planner is walked only over the duties that the edit
//! touches, on both sides; over the others once, and no further than there is a letter to be looked for that may go
//! out anyway on their account.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::people::uncertain;
use super::{Letters, Sides};
use crate::core::agenda::Agenda;
use crate::core::duty::DutyId;
use crate::core::forecast::forecast;
use crate::core::ladder::Rung;
use crate::core::names::{Address, TaskId, UnitId};
use crate::core::plan::{Slots, is_of_a_draft, officers, open_slot};
use crate::core::roster::Contact;

/// What one address is told.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Rung(DutyId, Rung, Date),
    Matter(String),
}

/// What a forecast came to.
#[derive(Default)]
struct Heard {
    letters: BTreeSet<(Timestamp, Address)>,
    /// What is told up to the day of the first slot after the edit.
    early: BTreeMap<Address, BTreeSet<Said>>,
}

/// The letters of both sides, for the duties of these tasks and of these units.
pub(super) fn compare(
    sides: &Sides<'_>,
    tasks: BTreeSet<TaskId>,
    units: &BTreeSet<UnitId>,
) -> Letters {
    let Sides { old, new, .. } = *sides;
    let slots = Slots::new(&new.calendar);
    let open = open_slot(slots, sides.state, sides.now).filter(|slot| sides.hung <= *slot);
    let at = open.unwrap_or_else(|| slots.after(sides.now));
    let mut letters = Letters {
        at,
        now: 0,
        said: BTreeMap::new(),
        later: 0,
    };
    let all = !send_alike(old, new) || hold_office(old, units) || hold_office(new, units);
    if tasks.is_empty() && units.is_empty() && !all {
        return letters;
    }
    let tasks = with_neighbours(sides, tasks);
    let units: BTreeSet<UnitId> = units.iter().cloned().chain(uncertain(sides)).collect();
    let keep = |task: &TaskId, unit: &UnitId| all || tasks.contains(task) || units.contains(unit);
    let first = slots.day(at);
    let before = walk(sides, old, keep, sides.until, first);
    let after = walk(sides, new, keep, sides.until, first);
    tell_now(&before, &after, &mut letters);
    let more: Vec<_> = after.letters.difference(&before.letters).collect();
    let fewer: Vec<_> = before.letters.difference(&after.letters).collect();
    // Whoever is no contact of a unit that stays the same gets no letter on account of the other duties.
    let officers = officers(new, sides.today);
    let heard: BTreeSet<&Address> = new
        .roster
        .units()
        .iter()
        .filter(|unit| !units.contains(&unit.id))
        .flat_map(|unit| &unit.contacts)
        .filter_map(|contact| contact.address.as_ref())
        .chain(&officers)
        .collect();
    let last = more
        .iter()
        .chain(&fewer)
        .filter(|(_, address)| heard.contains(address))
        .map(|(slot, _)| slots.day(*slot))
        .max();
    let anyway = match last {
        Some(last) if !all => walk(sides, new, |task, unit| !keep(task, unit), last, first).letters,
        _ => BTreeSet::new(),
    };
    let count = |letters: &[&(Timestamp, Address)]| -> i64 {
        let own = letters.iter().filter(|letter| !anyway.contains(letter));
        i64::try_from(own.count()).unwrap_or(i64::MAX)
    };
    letters.later = count(&more) - count(&fewer);
    letters
}

/// The letters of the first slot that say something they would not have said by then.
fn tell_now(before: &Heard, after: &Heard, letters: &mut Letters) {
    for (address, said) in &after.early {
        let known = before.early.get(address);
        let fresh: Vec<_> = said
            .iter()
            .filter(|said| known.is_none_or(|known| !known.contains(said)))
            .collect();
        letters.now += usize::from(!fresh.is_empty());
        for said in fresh {
            *letters.said.entry(kind(said)).or_default() += 1;
        }
    }
}

fn kind(said: &Said) -> &'static str {
    match said {
        Said::Rung(_, rung, _) => match rung {
            Rung::Opens => "opens",
            Rung::Remind(_) => "remind",
            Rung::Overdue => "overdue",
            Rung::Escalate(_) => "escalate",
            Rung::Nag(_) => "nag",
            Rung::Changed => "changed",
            Rung::Decided => "decided",
            Rung::Closed(_) => "closed",
            Rung::Withdrawn => "withdrawn",
        },
        Said::Matter(_) => "matter",
    }
}

/// Walks the planner over the duties that `keep` leaves. `first` is the day of the first slot after the edit.
fn walk(
    sides: &Sides<'_>,
    agenda: &Agenda,
    keep: impl Fn(&TaskId, &UnitId) -> bool,
    to: Date,
    first: Date,
) -> Heard {
    let slots = Slots::new(&agenda.calendar);
    let mut heard = Heard::default();
    let (agenda, state) = (agenda.only(&keep), sides.state.only(&keep));
    forecast(&agenda, state, sides.now, to, |plan| {
        let Some(slot) = plan.slot else { return };
        for letter in &plan.letters {
            let address = &letter.address;
            // Which weeks have a draft hangs on all of their duties together, of which this walk knows some.
            let matters: Vec<&String> = letter
                .matters
                .iter()
                .map(|(matter, _)| matter)
                .filter(|matter| !is_of_a_draft(matter))
                .collect();
            if letter.notices.is_empty() && matters.is_empty() {
                continue;
            }
            heard.letters.insert((slot, address.clone()));
            if slots.day(slot) > first {
                continue;
            }
            let said = heard.early.entry(address.clone()).or_default();
            said.extend(letter.notices.iter().map(|notice| {
                let duty = notice.duty.clone();
                Said::Rung(duty, notice.rung, notice.due)
            }));
            let matters = matters.into_iter();
            said.extend(matters.map(|matter| Said::Matter(matter.clone())));
        }
    });
    heard
}

/// Whether both sides send on the same days and hours, and to the same officers.
fn send_alike(old: &Agenda, new: &Agenda) -> bool {
    let (a, b) = (&old.calendar, &new.calendar);
    (&a.timezone, &a.send_at) == (&b.timezone, &b.send_at)
        && (&a.workdays, &a.school) == (&b.workdays, &b.school)
        && old.officers == new.officers
}

/// Whether an officer is among the contacts of these units: what officers hear of is no unit's own.
fn hold_office(agenda: &Agenda, units: &BTreeSet<UnitId>) -> bool {
    agenda.roster.units().iter().any(|unit| {
        units.contains(&unit.id)
            && agenda.officers.iter().any(|role| {
                let held = |contact: &Contact| contact.role == role.role;
                role.at.is_none_or(|kind| unit.kind == kind) && unit.contacts.iter().any(held)
            })
    })
}

/// These tasks, and those that come after them or cover them, or the other way about, on either side.
fn with_neighbours(sides: &Sides<'_>, mut tasks: BTreeSet<TaskId>) -> BTreeSet<TaskId> {
    let mut links: Vec<(&TaskId, &TaskId)> = Vec::new();
    for agenda in [sides.old, sides.new] {
        for task in agenda.calendar.tasks.values() {
            let named = task.after.iter().chain(&task.met_by);
            links.extend(named.map(|other| (&task.id, other)));
        }
    }
    loop {
        let before = tasks.len();
        for (a, b) in &links {
            if tasks.contains(*a) || tasks.contains(*b) {
                tasks.insert((*a).clone());
                tasks.insert((*b).clone());
            }
        }
        if tasks.len() == before {
            return tasks;
        }
    }
}

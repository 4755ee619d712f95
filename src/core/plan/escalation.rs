//! Rule 5: fair escalation. Nobody is reported for a duty they were not told of.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use jiff::civil::Date;

use super::Pass;
use super::case::Case;
use crate::core::fact::Part;
use crate::core::ladder::{Level, Rung};
use crate::core::names::Address;
use crate::core::state::{DutyState, Told};

/// For how many workdays a request holds escalation beyond the unit.
const REQUEST_HOLDS_WORKDAYS: u16 = 3;

impl Case<'_> {
    /// Climbs at most one level, if its day has come and the level below was reached in time.
    pub(super) fn escalate(
        &self,
        acting: &[Address],
        first_reached: Option<Date>,
        pass: &mut Pass<'_>,
    ) {
        let Some(first_reached) = first_reached else {
            return;
        };
        if !pass.may_escalate || pass.today <= self.due() {
            return;
        }
        let mut below: BTreeSet<Address> = acting.iter().cloned().collect();
        below.extend(self.told_at_unit());
        let mut reached = Some(first_reached);
        for (nth, level) in self.timetable.ladder.escalate.iter().enumerate() {
            let rung = Rung::Escalate(level.after);
            let day = self.level_day(level, first_reached, pass);
            if day > pass.today {
                return;
            }
            let told = self.told_on(level, pass);
            let fresh: Vec<_> = self
                .mailboxes(&level.to, pass)
                .into_iter()
                .filter(|address| !below.contains(address))
                .filter(|address| !self.was_decided(rung, address))
                .filter(|address| !told.iter().any(|told| told.address == *address))
                .collect();
            if !told.is_empty() {
                // Who holds a role of this level since it climbed is told too; those below know already.
                for address in &fresh {
                    self.tell_up(rung, day, address, level, pass);
                }
                below.extend(fresh);
                reached = level_reached(&told, pass);
                below.extend(told.into_iter().map(|told| told.address.clone()));
                continue;
            }
            // Where it went further already, nobody needs to stand in for a level whose mailbox has since gone.
            let higher = &self.timetable.ladder.escalate[nth + 1..];
            let further = |level: &Level| !self.told_on(level, pass).is_empty();
            if fresh.is_empty() && higher.iter().any(further) {
                continue;
            }
            let Some(targets) = self.targets(level, fresh, &below, pass) else {
                continue;
            };
            let a_workday_ago = |day: Date| self.timetable.workdays.after(day, 1) <= pass.today;
            let ripe = reached.is_some_and(a_workday_ago)
                && self
                    .known_since(first_reached, pass)
                    .is_some_and(a_workday_ago);
            if !ripe {
                return;
            }
            for (address, part) in &targets {
                match part {
                    Part::Act => self.tell(rung, day, address, Part::Act, pass),
                    _ => self.tell_up(rung, day, address, level, pass),
                }
            }
            below.retain(|address| self.is_at_unit(address, pass));
            for address in below
                .iter()
                .filter(|address| !self.was_decided(rung, address))
            {
                self.tell(rung, day, address, Part::Below, pass);
            }
            return;
        }
    }

    /// The day a level climbs. A request made before the due day, and not decided yet, holds what goes beyond the
    /// unit for a while.
    fn level_day(&self, level: &Level, first_reached: Date, pass: &Pass<'_>) -> Date {
        let day = self.timetable.late(level.after, Some(first_reached));
        let waits = self
            .state
            .and_then(|state| state.request())
            .is_some_and(|given| pass.slots.day(given.at) < self.due());
        if waits && level.to.iter().any(|role| role.at.is_some()) {
            return self.timetable.workdays.after(day, REQUEST_HOLDS_WORKDAYS);
        }
        day
    }

    /// Whom a level that has not climbed yet is to reach; `None` where it is skipped.
    fn targets(
        &self,
        level: &Level,
        fresh: Vec<Address>,
        below: &BTreeSet<Address>,
        pass: &Pass<'_>,
    ) -> Option<Vec<(Address, Part)>> {
        if !fresh.is_empty() {
            return Some(fresh.into_iter().map(|a| (a, Part::Above)).collect());
        }
        // A `role@kind` without such an ancestor is no level at all.
        let roster = &pass.agenda.roster;
        let placed = || {
            level
                .to
                .iter()
                .filter(|role| roster.place(self.unit, role).is_some())
        };
        if placed().next().is_none() || !self.mailboxes(placed(), pass).is_empty() {
            return None;
        }
        // An empty level: the next contact at the unit is told first, as the one who has to act.
        self.next_at_unit(below, pass)
            .map(|address| vec![(address, Part::Act)])
    }

    fn tell_up(
        &self,
        rung: Rung,
        day: Date,
        address: &Address,
        level: &Level,
        pass: &mut Pass<'_>,
    ) {
        let at_unit = level.to.iter().filter(|role| !role.is_above());
        let part = if self.mailboxes(at_unit, pass).contains(address) {
            Part::Above
        } else {
            Part::Rollup
        };
        self.tell(rung, day, address, part, pass);
    }

    /// Whether a level's notice was decided for an address, whatever became of its letter.
    fn was_decided(&self, rung: Rung, address: &Address) -> bool {
        self.state
            .is_some_and(|state| state.decided(rung, self.due(), address))
    }

    /// The notices of a level that climbed, for the due day in force. One that could not arrive is none: its level
    /// counts as empty, and the ladder goes on. An edit may have given the level another offset: what its people were
    /// told under one that the ladder no longer has counts, so that nothing is said again.
    fn told_on(&self, level: &Level, pass: &Pass<'_>) -> Vec<&Told> {
        // Looked up only after such an edit: this is asked of every late duty at every slot.
        let people = OnceCell::new();
        let of_level = |told: &Told| match told.rung {
            Rung::Escalate(after) if after == level.after => true,
            Rung::Escalate(after) => {
                let levels = &self.timetable.ladder.escalate;
                levels.iter().all(|level| level.after != after)
                    && people
                        .get_or_init(|| self.mailboxes(&level.to, pass))
                        .contains(&told.address)
            }
            _ => false,
        };
        self.state
            .into_iter()
            .flat_map(DutyState::standing)
            .filter(|told| told.part != Part::Below && told.due == self.due() && of_level(told))
            .filter(|told| !told.failed && !pass.state.unreachable.contains_key(&told.address))
            .collect()
    }

    /// Everybody who was told to act for the due day in force.
    fn told_at_unit(&self) -> Vec<Address> {
        self.state
            .into_iter()
            .flat_map(DutyState::standing)
            .filter(|told| told.part == Part::Act && told.due == self.due())
            .map(|told| told.address.clone())
            .collect()
    }

    fn is_at_unit(&self, address: &Address, pass: &Pass<'_>) -> bool {
        self.unit.contacts.iter().any(|contact| {
            contact.address.as_ref() == Some(address) && contact.holds_on(pass.today)
        }) && !pass.state.unreachable.contains_key(address)
    }
}

/// The day a level was first reached.
fn level_reached(told: &[&Told], pass: &Pass<'_>) -> Option<Date> {
    told.iter()
        .filter(|told| !pass.state.unreachable.contains_key(&told.address))
        .filter_map(|told| told.reached)
        .min()
        .map(|at| pass.slots.day(at))
}

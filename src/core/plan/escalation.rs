//! Rule 5: fair escalation. Nobody is reported for a duty they were not told of.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::Pass;
use super::case::Case;
use crate::core::fact::{Outcome, Part};
use crate::core::ladder::{Level, Rung};
use crate::core::names::Address;
use crate::core::state::{LetterStatus, Told};

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
            let told = self.told_on(rung, pass);
            let fresh: Vec<_> = self
                .mailboxes(&level.to, pass)
                .into_iter()
                .filter(|address| !below.contains(address))
                .filter(|address| !self.knows(rung, address))
                .collect();
            if !told.is_empty() {
                // Who holds a role of this level since it climbed is told too; those below know already.
                for address in &fresh {
                    self.tell_up(rung, day, address, level, pass);
                }
                reached = self.level_reached(&told, pass);
                below.extend(told.into_iter().map(|told| told.address.clone()));
                continue;
            }
            // Where it went further already, nobody needs to stand in for a level whose mailbox has since gone.
            let higher = &self.timetable.ladder.escalate[nth + 1..];
            let further = |level: &Level| !self.told_on(Rung::Escalate(level.after), pass).is_empty();
            if fresh.is_empty() && higher.iter().any(further) {
                continue;
            }
            let Some(targets) = self.targets(level, fresh, &below, pass) else {
                continue;
            };
            let ripe = reached
                .is_some_and(|reached| self.timetable.workdays.after(reached, 1) <= pass.today);
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
            for address in below.iter().filter(|address| !self.knows(rung, address)) {
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
        let at_unit: Vec<_> = level.to.iter().filter(|role| !role.is_above()).collect();
        let nobody = !at_unit.is_empty() && self.mailboxes(at_unit, pass).is_empty();
        if !nobody {
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

    /// Whether an address was told of a rung before, for the due day in force.
    fn knows(&self, rung: Rung, address: &Address) -> bool {
        self.state
            .is_some_and(|state| state.decided(rung, self.due(), address))
    }

    /// The notices of a level that climbed, for the due day in force. What came back, or was refused, told nobody: such a
    /// level is one that can't be reached, and holds nothing up.
    fn told_on(&self, rung: Rung, pass: &Pass<'_>) -> Vec<&Told> {
        self.state
            .into_iter()
            .flat_map(|state| state.standing())
            .filter(|told| {
                told.rung == rung && told.due == self.due() && told.part != Part::Below
            })
            .filter(|told| {
                let refused = pass
                    .state
                    .letters
                    .get(&told.letter)
                    .is_some_and(|letter| letter.status == LetterStatus::Ended(Outcome::Refused));
                !refused && !pass.state.unreachable.contains_key(&told.address)
            })
            .collect()
    }

    /// Everybody who was told to act for the due day in force.
    fn told_at_unit(&self) -> Vec<Address> {
        self.state
            .into_iter()
            .flat_map(|state| state.standing())
            .filter(|told| told.part == Part::Act && told.due == self.due())
            .map(|told| told.address.clone())
            .collect()
    }

    fn level_reached(&self, told: &[&Told], pass: &Pass<'_>) -> Option<Date> {
        told.iter()
            .filter(|told| !pass.state.unreachable.contains_key(&told.address))
            .filter_map(|told| told.reached)
            .min()
            .map(|at| pass.slots.day(at))
    }

    fn is_at_unit(&self, address: &Address, pass: &Pass<'_>) -> bool {
        self.unit
            .contacts
            .iter()
            .any(|contact| contact.address.as_ref() == Some(address) && contact.holds_on(pass.today))
            && !pass.state.unreachable.contains_key(address)
    }
}

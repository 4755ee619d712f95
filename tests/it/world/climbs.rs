//! Promise P1 for what goes up: in quiet times a late duty climbs. How soon is the planner's business; that it does is
//! asked here, some workdays after.

use jiff::civil::Date;
use schoolbell::core::fact::Part;
use schoolbell::core::ladder::{Rung, Stretch};
use schoolbell::core::names::Address;

use super::outcomes::{Asked, Look};
use super::record::Fate;

/// So many workdays without an edit, an outage or a lost mailbox make times quiet.
const QUIET_WORKDAYS: i32 = 10;

/// So many workdays a level may come late: it waits for the one below it, and for requests.
const SLACK_WORKDAYS: u16 = 6;

impl Look<'_> {
    pub(super) fn climbed(&mut self, asked: &Asked<'_>, fate: Option<&Fate>, acting: &[Address]) {
        let workdays = &self.agenda.calendar.workdays;
        let quiet = |at| workdays.between(self.day(at), self.today) > QUIET_WORKDAYS;
        let Some(fate) = fate else { return };
        let disturbed = self.record.disturbed.into_iter().chain(fate.spoken);
        if !asked.task.met_by.is_empty() || !disturbed.into_iter().all(quiet) {
            return;
        }
        let acts = |note: &&super::record::Note| note.part == Part::Act && note.due == asked.due;
        let reached = fate.notes.iter().filter(acts);
        let Some(reached) = reached.filter_map(|note| self.record.reached(note)).min() else {
            return;
        };
        let from: Date = self.day(reached).max(asked.due);
        let mut below: Vec<Address> = acting.to_vec();
        below.extend(
            fate.notes
                .iter()
                .filter(acts)
                .map(|note| note.address.clone()),
        );
        for level in &asked.ladder.escalate {
            // So many days are fewer than so many workdays.
            let (Stretch::Workdays(n) | Stretch::Days(n)) = level.after;
            let day = workdays.after(from, n + SLACK_WORKDAYS);
            let fresh: Vec<Address> = level
                .to
                .iter()
                .flat_map(|role| self.agenda.roster.holders(asked.unit, role, self.today))
                .filter_map(|contact| contact.address.clone())
                .filter(|address| !self.record.unreachable.contains(address))
                .filter(|address| !below.contains(address))
                .collect();
            for address in &fresh {
                let told = fate.notes.iter().any(|note| {
                    note.address == *address
                        && note.due == asked.due
                        && note.rung == Rung::Escalate(level.after)
                });
                if !told && day < self.today {
                    self.faults.push(format!(
                        "P1: {} due {} should have gone up to {address} ({}) before {day}",
                        asked.id, asked.due, level.after
                    ));
                }
            }
            below.extend(fresh);
        }
    }
}

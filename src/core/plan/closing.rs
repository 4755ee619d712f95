//! What ends a duty: it was settled, or it is no longer asked.

use std::collections::BTreeSet;

use super::case::Case;
use super::{Notice, Pass};
use crate::core::duty::DutyId;
use crate::core::fact::Part;
use crate::core::ladder::Rung;
use crate::core::names::Address;
use crate::core::state::{DutyState, Settled};

impl Case<'_> {
    /// Rule 8: whoever had been told it was overdue is told once that it closed, and who had to act where another
    /// closed it; the one who closed it isn't.
    pub(super) fn close(&self, state: &DutyState, settled: &Settled<'_>, pass: &mut Pass<'_>) {
        // By the order of the facts and not by their times: the clock may have been set back.
        if pass.state.news.is_empty() || !pass.state.news.contains_key(&self.id()) {
            return;
        }
        let closer = match settled {
            Settled::Done(given) => given.address.as_ref(),
            Settled::LetOff(_) => None,
        };
        let rung = Rung::Closed(state.reopened + 1);
        let by_acting = closer.is_some_and(|closer| {
            state
                .standing()
                .any(|told| told.part == Part::Act && told.address == *closer)
        });
        let mut told: BTreeSet<&Address> = BTreeSet::new();
        for notice in state.standing() {
            let wanted = match notice.part {
                Part::Above | Part::Rollup => true,
                Part::Act => !by_acting,
                Part::Below => false,
            };
            let address = &notice.address;
            if !wanted || Some(address) == closer || !told.insert(address) {
                continue;
            }
            let reachable = !pass.state.unreachable.contains_key(address);
            let decided = state
                .told
                .iter()
                .any(|told| told.rung == rung && told.address == *address);
            if reachable && !decided && pass.is_on_roster(address) {
                self.tell(rung, pass.today, address, notice.part, pass);
            }
        }
    }
}

impl Pass<'_> {
    /// Tells those who had been told of a duty that it is no longer asked.
    pub(super) fn withdraw(&mut self, duty: &DutyId) {
        let Some(state) = self.state.duty(duty) else {
            return;
        };
        // Of a task that is gone it is not known how often it was asked: done once is taken as done.
        let times = self.agenda.calendar.times(&duty.occurrence.task);
        let is_settled = state.settled(times).is_some();
        if is_settled || state.has_lapsed(self.today) {
            return;
        }
        let mut told: BTreeSet<&Address> = BTreeSet::new();
        for notice in state.standing() {
            let address = &notice.address;
            if !told.insert(address) {
                continue;
            }
            let Some(last) = state.last_told(address) else {
                continue;
            };
            let reachable = !self.state.unreachable.contains_key(address);
            if last.rung != Rung::Withdrawn && reachable && self.is_on_roster(address) {
                self.notices.push(Notice {
                    duty: duty.clone(),
                    rung: Rung::Withdrawn,
                    due: last.due,
                    day: self.today,
                    address: address.clone(),
                    part: last.part,
                });
            }
        }
    }
}

//! Rules 10 and 11, asked a second time: what is asked for reaches the officers, what is decided reaches who had asked,
//! and an alert goes at once.

use schoolbell::core::agenda::Agenda;
use schoolbell::core::duty::DutyId;
use schoolbell::core::ladder::Rung;
use schoolbell::core::plan::officers;

use super::outcomes::Look;
use super::record::Fate;

impl Look<'_> {
    /// After a slot, of the duties that were spoken of since the one before.
    pub(crate) fn at_requests(&mut self) {
        for duty in &self.record.touched {
            let fate = &self.record.fates[duty];
            if is_asked(self.agenda, duty, fate) {
                self.at_request(duty, fate);
                self.at_decisions(duty, fate);
            }
        }
    }

    fn at_request(&mut self, duty: &DutyId, fate: &Fate) {
        let Some(request) = &fate.request else { return };
        let mut officers = officers(self.agenda, self.today).into_iter();
        let anybody = officers.any(|address| !self.record.unreachable.contains(&address));
        let matter = format!("request:{duty}:{}", request.nth);
        if anybody && !self.record.is_known(&matter) {
            self.faults
                .push(format!("P1: no officer is told of {matter}"));
        }
    }

    fn at_decisions(&mut self, duty: &DutyId, fate: &Fate) {
        for (asker, notes_then) in &fate.ruled {
            let told = fate.notes[*notes_then..].iter().any(|note| {
                note.address == *asker
                    && note.rung == Rung::Decided
                    && !self.record.is_dropped(note)
            });
            let there = !self.agenda.roster.behind(asker, self.today).is_empty()
                && !self.record.unreachable.contains(asker);
            if there && !told {
                self.faults.push(format!(
                    "P1: {asker} is not told what was decided of {duty}"
                ));
            }
        }
    }

    /// After a beat: alerts that somebody could have been told of.
    pub(crate) fn at_alerts(&mut self) {
        for (duty, fate) in &self.record.fates {
            if fate.raised.is_some_and(|raised| raised.alert) && fate.notes.is_empty() {
                self.at_raised(duty, fate, true);
            }
        }
    }
}

/// Whether a duty is still one: its task is there, and for that unit.
fn is_asked(agenda: &Agenda, duty: &DutyId, fate: &Fate) -> bool {
    let task = agenda.calendar.tasks.get(&duty.occurrence.task);
    let is_for = task.is_some_and(|task| agenda.group_of(task, &duty.unit).is_some());
    is_for
        && (fate.raised.is_some() || agenda.due_in_period(&duty.occurrence, &duty.unit).is_some())
}

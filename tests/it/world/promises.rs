//! The promises, asked after every beat. Each fault is a sentence.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell::core::agenda::Agenda;
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::Part;
use schoolbell::core::ladder::Rung;
use schoolbell::core::plan::{Notice, Plan};

use super::record::Record;

/// What is wrong with a plan, before it is on record.
pub(crate) fn of_plan(agenda: &Agenda, record: &Record, plan: &Plan) -> Vec<String> {
    let mut faults = Vec::new();
    let Some(slot) = plan.slot else {
        return faults;
    };
    let day = |at: Timestamp| {
        at.to_zoned_datetime(agenda.calendar.timezone.clone())
            .date()
    };
    let today = day(slot);
    let mut addresses = BTreeSet::new();
    for letter in &plan.letters {
        let sent = record.queued.contains_key(&(slot, letter.address.clone()));
        if !addresses.insert(&letter.address) || sent {
            faults.push(format!(
                "P8: {} has a second letter at {slot}",
                letter.address
            ));
        }
        let mut seen = BTreeSet::new();
        for notice in &letter.notices {
            if notice.address != letter.address {
                faults.push(format!(
                    "P8: {} is in a letter to {}",
                    tell(notice),
                    letter.address
                ));
            }
            if !seen.insert((&notice.duty, notice.rung, notice.due)) {
                faults.push(format!("P7: {} twice in one letter", tell(notice)));
            }
            if unwelcome(agenda, record, notice) {
                faults.push(format!("P2: {} is settled", tell(notice)));
            }
            if unfair(agenda, record, notice, today, &day) {
                faults.push(format!("P3: {} was not told in time", tell(notice)));
            }
            if let Some(why) = again(record, notice) {
                faults.push(format!("P7: {}: {why}", tell(notice)));
            }
        }
    }
    faults
}

fn tell(notice: &Notice) -> String {
    format!(
        "{} of {} due {} to {}",
        notice.rung, notice.duty, notice.due, notice.address
    )
}

fn times(agenda: &Agenda, duty: &DutyId) -> u16 {
    let task = agenda.calendar.tasks.get(&duty.occurrence.task);
    task.map_or(1, |task| task.times)
}

/// Promise P2: a settled duty is not pressed for.
fn unwelcome(agenda: &Agenda, record: &Record, notice: &Notice) -> bool {
    let fate = record.fates.get(&notice.duty);
    notice.rung.presses() && fate.is_some_and(|fate| fate.settled(times(agenda, &notice.duty)))
}

/// Promise P3: nobody is reported who was not told, a workday ago at least, at a mailbox that is there.
fn unfair(
    agenda: &Agenda,
    record: &Record,
    notice: &Notice,
    today: Date,
    day: &impl Fn(Timestamp) -> Date,
) -> bool {
    let climbs = matches!(notice.rung, Rung::Escalate(_))
        && matches!(notice.part, Part::Above | Part::Rollup);
    let told = record.fates.get(&notice.duty).is_some_and(|fate| {
        fate.notes
            .iter()
            .filter(|note| note.part == Part::Act && note.due == notice.due)
            .filter_map(|note| record.reached(note))
            .any(|at| agenda.calendar.workdays.after(day(at), 1) <= today)
    });
    climbs && !told
}

/// Promise P7: nothing is said twice. What answers and edits bring is said once for each.
fn again(record: &Record, notice: &Notice) -> Option<String> {
    let fate = record.fates.get(&notice.duty)?;
    let to_them = || {
        fate.notes
            .iter()
            .filter(|note| note.address == notice.address)
    };
    let standing = || to_them().filter(|note| !record.is_dropped(note));
    let last = standing().next_back();
    match notice.rung {
        Rung::Changed => {
            let last = standing().rfind(|note| note.part == Part::Act);
            let news =
                last.is_none_or(|note| note.due != notice.due || note.rung == Rung::Withdrawn);
            (!news).then(|| "they know that day".to_owned())
        }
        Rung::Withdrawn => last
            .is_some_and(|note| note.rung == Rung::Withdrawn)
            .then(|| "they know".to_owned()),
        Rung::Decided => (standing().filter(|note| note.rung == Rung::Decided).count()
            >= fate.decisions)
            .then(|| "they know each decision".to_owned()),
        Rung::Closed(_) => to_them()
            .any(|note| note.rung == notice.rung)
            .then(|| "they know it closed".to_owned()),
        Rung::Nag(_) => to_them()
            .filter(|note| matches!(note.rung, Rung::Nag(_)) && note.due == notice.due)
            .any(|note| note.rung >= notice.rung)
            .then(|| "it or a later one was told before".to_owned()),
        _ => to_them()
            .any(|note| note.rung == notice.rung && note.due == notice.due)
            .then(|| "it was told before".to_owned()),
    }
}

/// Rule 8: whoever above was told that a duty is overdue is told when it closes, at the next slot. Asked after the slot,
/// of the duties that were spoken of since the one before.
pub(crate) fn of_closings(agenda: &Agenda, record: &Record, today: Date) -> Vec<String> {
    let mut faults = Vec::new();
    for duty in &record.touched {
        let fate = &record.fates[duty];
        let Some(task) = agenda.calendar.tasks.get(&duty.occurrence.task) else {
            continue;
        };
        if agenda.group_of(task, &duty.unit).is_none() || !fate.settled(task.times) {
            continue;
        }
        if fate.raised.is_none() && agenda.due_in_period(&duty.occurrence, &duty.unit).is_none() {
            continue;
        }
        let above = fate.notes.iter().filter(|note| {
            matches!(note.part, Part::Above | Part::Rollup)
                && matches!(note.rung, Rung::Escalate(_))
                && !record.is_dropped(note)
                && !record.unreachable.contains(&note.address)
                && fate.closer.as_ref() != Some(&note.address)
                && !agenda.roster.behind(&note.address, today).is_empty()
        });
        for note in above {
            let closed = fate.notes.iter().any(|other| {
                other.address == note.address && matches!(other.rung, Rung::Closed(_))
            });
            if !closed {
                faults.push(format!(
                    "P1: {} is not told that {duty} closed",
                    note.address
                ));
            }
        }
    }
    faults
}

//! The promises, asked after every beat. Each fault is a sentence.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use schoolbell::core::agenda::Agenda;
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Event, Fact, LetterKind, LetterNo, Part};
use schoolbell::core::ladder::Rung;
use schoolbell::core::names::Address;
use schoolbell::core::plan::Notice;
use schoolbell::core::state::LetterState;

use super::record::Record;

/// Letters that were queued together.
pub(crate) struct Pass {
    slot: Timestamp,
    kind: LetterKind,
    letters: Vec<(Address, Vec<Notice>)>,
}

impl Pass {
    /// The first pass in these facts, if they begin with one, and how many facts it takes.
    pub(crate) fn first_of(facts: &[Fact]) -> Option<(Self, usize)> {
        let Event::LetterQueued { slot, kind, .. } = &facts.first()?.what else {
            return None;
        };
        let mut pass = Self {
            slot: *slot,
            kind: *kind,
            letters: Vec::new(),
        };
        let mut length = 0;
        for fact in facts {
            match &fact.what {
                Event::LetterQueued {
                    slot,
                    kind,
                    address,
                    ..
                } if *slot == pass.slot && *kind == pass.kind => {
                    pass.letters.push((address.clone(), Vec::new()));
                }
                Event::Notice {
                    duty,
                    rung,
                    due,
                    day,
                    address,
                    part,
                    ..
                } => {
                    let (_, notices) = pass.letters.last_mut()?;
                    notices.push(Notice {
                        duty: duty.clone(),
                        rung: *rung,
                        due: *due,
                        day: *day,
                        address: address.clone(),
                        part: *part,
                    });
                }
                Event::Matter { .. } => {}
                _ => break,
            }
            length += 1;
        }
        Some((pass, length))
    }
}

/// What is wrong with a pass, as known before it.
pub(crate) fn of_pass(agenda: &Agenda, record: &Record, pass: &Pass) -> Vec<String> {
    let mut faults = Vec::new();
    let slot = pass.slot;
    let day = |at: Timestamp| {
        at.to_zoned_datetime(agenda.calendar.timezone.clone())
            .date()
    };
    let today = day(slot);
    let mut addresses = BTreeSet::new();
    for (address, notices) in &pass.letters {
        let sent = record.queued.contains_key(&(slot, address.clone()));
        if pass.kind == LetterKind::Slot && (!addresses.insert(address) || sent) {
            faults.push(format!("P8: {address} has a second letter at {slot}"));
        }
        let mut seen = BTreeSet::new();
        for notice in notices {
            if notice.address != *address {
                faults.push(format!("P8: {} is in a letter to {address}", tell(notice)));
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

/// Promise P2 at the moment of sending: a letter goes whose bytes are free, and which says nothing that still holds.
pub(crate) fn of_sending(
    agenda: &Agenda,
    record: &Record,
    no: LetterNo,
    letter: &LetterState,
) -> Option<String> {
    let is_free = !record.in_doubt.contains(&letter.message_id);
    if !is_free || letter.alert.is_some() || !letter.matters.is_empty() {
        return None;
    }
    let holds = |duty: &DutyId| {
        let Some(fate) = record.fates.get(duty) else {
            return true;
        };
        let mut notes = fate.notes.iter();
        !fate.settled(times(agenda, duty))
            || notes.any(|note| record.carrier(note.letter) == no && !note.rung.presses())
    };
    (!letter.duties.iter().any(holds))
        .then(|| format!("P2: letter {no} goes although all in it is settled"))
}

fn tell(notice: &Notice) -> String {
    format!(
        "{} of {} due {} to {}",
        notice.rung, notice.duty, notice.due, notice.address
    )
}

fn times(agenda: &Agenda, duty: &DutyId) -> u16 {
    agenda.calendar.times(&duty.occurrence.task)
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

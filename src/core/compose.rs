//! From a letter's notices to what it says today. Until its bytes are frozen a letter tells today's truth.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::agenda::Agenda;
use super::bulletin::{Edition, Eye};
use super::calendar::Task;
use super::duty::{DutyId, OccurrenceId};
use super::fact::{LetterKind, LetterNo, Part};
use super::known::{Known, known};
use super::ladder::Rung;
use super::letter::{Content, Item, Row};
use super::names::Address;
use super::period::PeriodKey;
use super::plan::Slots;
use super::roster::{Kind, Unit};
use super::state::{DutyState, How, LetterState, Seen, State, Told};

/// Who is going to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The letter itself: what no longer holds is left out.
    Mail,
    /// The letter's page: everything it spoke of, settled or not.
    Page,
}

/// What a letter's page says of these duties, which is all that an answer to them asks.
pub fn compose_about(
    agenda: &Agenda,
    state: &State,
    no: LetterNo,
    now: Timestamp,
    about: &[DutyId],
) -> Option<Content> {
    written(agenda, state, no, now, Reader::Page, Some(about))
}

/// What a letter says now; `None` where there is no such letter, or for mail where nothing in it still holds.
pub fn compose(
    agenda: &Agenda,
    state: &State,
    no: LetterNo,
    now: Timestamp,
    reader: Reader,
) -> Option<Content> {
    written(agenda, state, no, now, reader, None)
}

fn written(
    agenda: &Agenda,
    state: &State,
    no: LetterNo,
    now: Timestamp,
    reader: Reader,
    about: Option<&[DutyId]>,
) -> Option<Content> {
    let letter = state.letters.get(&no)?;
    let slots = Slots::new(&agenda.calendar);
    let mut writing = Writing {
        agenda,
        state,
        slots,
        today: slots.day(now),
        hour: now
            .to_zoned_datetime(agenda.calendar.timezone.clone())
            .time(),
        reader,
        no,
        address: &letter.address,
        content: blank(agenda, letter, no, slots.day(now)),
    };
    let is_asked = |duty: &&DutyId| about.is_none_or(|about| about.contains(*duty));
    let duties: BTreeSet<&DutyId> = letter.duties.iter().filter(is_asked).collect();
    for duty in duties {
        writing.add(duty);
    }
    let mut content = writing.content;
    if about.is_none() {
        content.bulletins = bulletins(agenda, state, letter, slots.day(now));
    }
    content
        .items
        .sort_by(|a, b| (a.due, &a.duty).cmp(&(b.due, &b.duty)));
    content
        .rollup
        .sort_by(|a, b| (&a.town_name, a.due, &a.duty).cmp(&(&b.town_name, b.due, &b.duty)));
    if state.admission.links.contains_key(&no) {
        // A link that works no more is not worth a letter.
        state.admission.link(no, now)?;
        content.is_sign_in = true;
    }
    let says_something = content.alert.is_some()
        || !content.matters.is_empty()
        || !content.bulletins.is_empty()
        || [&content.items, &content.overdue_below]
            .iter()
            .any(|items| !items.is_empty())
        || [&content.rollup, &content.closed, &content.withdrawn]
            .iter()
            .any(|rows| !rows.is_empty());
    (says_something || reader == Reader::Page).then_some(content)
}

fn blank(agenda: &Agenda, letter: &LetterState, no: LetterNo, today: Date) -> Content {
    let behind = agenda.roster.behind(&letter.address, today);
    let mut units: Vec<&Unit> = behind.iter().map(|(unit, _)| *unit).collect();
    units.dedup_by_key(|unit| &unit.id);
    let names: Vec<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
    Content {
        letter: no,
        address: letter.address.clone(),
        person: behind
            .first()
            .map(|(_, contact)| contact.person.clone())
            .unwrap_or_default(),
        unit_name: names.join("、"),
        unit: match units.as_slice() {
            [unit] => Some(unit.id.clone()),
            _ => None,
        },
        slot: letter.slot,
        today,
        calendar: agenda.calendar.title.clone(),
        items: Vec::new(),
        overdue_below: Vec::new(),
        rollup: Vec::new(),
        closed: Vec::new(),
        withdrawn: Vec::new(),
        matters: match letter.kind {
            LetterKind::Slot => letter
                .matters
                .iter()
                .map(|(_, words)| words.clone())
                .collect(),
            // Its matter is only the key that keeps it from being said twice.
            LetterKind::Alert => Vec::new(),
        },
        bulletins: Vec::new(),
        alert: (letter.kind == LetterKind::Alert)
            .then(|| letter.alert.clone())
            .flatten(),
        is_sign_in: false,
    }
}

/// The bulletins in a letter, as they were approved: of each what its reader sees.
fn bulletins(agenda: &Agenda, state: &State, letter: &LetterState, today: Date) -> Vec<Edition> {
    if letter.bulletins.is_empty() {
        return Vec::new();
    }
    let eye = Eye::behind(agenda, &letter.address, today);
    let approved = letter
        .bulletins
        .iter()
        .filter_map(|period| state.bulletins.approved(*period));
    approved
        .map(|found| Edition::new(&found.content, &found.preface, found.reach, &eye))
        .collect()
}

struct Writing<'a> {
    agenda: &'a Agenda,
    state: &'a State,
    slots: Slots<'a>,
    today: Date,
    /// What the clock says.
    hour: Time,
    reader: Reader,
    no: LetterNo,
    address: &'a Address,
    content: Content,
}

impl<'a> Writing<'a> {
    fn add(&mut self, duty: &'a DutyId) {
        let state: &'a State = self.state;
        let Some(told) = state.duty(duty) else {
            return;
        };
        let notices: Vec<&Told> = told
            .told
            .iter()
            .filter(|told| told.letter == self.no && told.address == *self.address)
            .collect();
        let has = |wanted: fn(Rung) -> bool| notices.iter().any(|told| wanted(told.rung));
        let withdrawn = has(|rung| rung == Rung::Withdrawn);
        let known = known(self.agenda, self.slots, duty, told);
        let Some(known) = known else {
            if withdrawn || self.reader == Reader::Page {
                let row = self.row_of_the_gone(duty, &notices);
                self.content.withdrawn.push(row);
            }
            return;
        };
        if known.state.settled(known.task.times).is_some() && self.reader == Reader::Mail {
            if has(|rung| matches!(rung, Rung::Closed(_))) {
                let row = self.row(&known);
                self.content.closed.push(row);
            } else if has(|rung| rung == Rung::Decided) {
                let item = self.item(&known, &notices, Part::Act);
                self.content.items.push(item);
            }
            return;
        }
        let last_word = notices.last().map(|told| told.rung);
        if last_word == Some(Rung::Withdrawn) && self.gone_with_what_comes_first(&known) {
            let row = self.row(&known);
            self.content.withdrawn.push(row);
            return;
        }
        let part = notices.iter().map(|told| told.part).min();
        match part {
            Some(Part::Below) if !self.acts_on(&known) => {
                let item = self.item(&known, &notices, Part::Below);
                self.content.overdue_below.push(item);
            }
            Some(Part::Act | Part::Below) => {
                let item = self.item(&known, &notices, Part::Act);
                self.content.items.push(item);
            }
            Some(Part::Above) => {
                let item = self.item(&known, &notices, Part::Above);
                self.content.overdue_below.push(item);
            }
            Some(Part::Rollup) => {
                let row = self.row(&known);
                self.content.rollup.push(row);
            }
            None => {}
        }
    }

    /// Whether the duty this one comes after was waived or does not apply: then this is not asked either.
    fn gone_with_what_comes_first(&self, known: &Known<'_>) -> bool {
        known.task.after.as_ref().is_some_and(|before| {
            let before = DutyId {
                occurrence: OccurrenceId {
                    task: before.clone(),
                    period: known.id.occurrence.period,
                },
                unit: known.id.unit.clone(),
            };
            let times = self.agenda.calendar.times(&before.occurrence.task);
            let happened = self.state.happened(&before.occurrence);
            let ending = happened.ending(&before.unit, times);
            ending.is_some_and(|ending| ending.how != How::Done)
        })
    }

    /// Whether the reader is one of those who have to act.
    fn acts_on(&self, known: &Known<'_>) -> bool {
        known
            .state
            .standing()
            .any(|told| told.part == Part::Act && told.address == *self.address)
    }

    fn row_of_the_gone(&self, duty: &DutyId, notices: &[&Told]) -> Row {
        let unit = self.agenda.roster.unit(&duty.unit);
        Row {
            duty: duty.clone(),
            town_name: String::new(),
            unit_name: unit.map_or_else(
                || called(self.state.units_seen.get(&duty.unit), &duty.unit),
                |unit| unit.name.clone(),
            ),
            title: title_of(self.agenda, self.state, &duty.occurrence),
            due: notices.last().map_or(self.today, |told| told.due),
            workdays_late: 0,
            answered: String::new(),
        }
    }

    fn row(&self, known: &Known<'_>) -> Row {
        let due = known.timetable.due;
        let late = self.agenda.calendar.workdays.between(due, self.today);
        let settled = known.state.settled(known.task.times);
        Row {
            duty: known.id.clone(),
            town_name: self
                .agenda
                .roster
                .ancestor(known.unit, Kind::Town)
                .map(|town| town.name.clone())
                .unwrap_or_default(),
            unit_name: known.unit.name.clone(),
            title: known.title(),
            due,
            workdays_late: late.max(0),
            answered: settled.map_or_else(
                || latest_answer(known.state).unwrap_or_default(),
                |settled| settled.in_words(),
            ),
        }
    }

    fn item(&self, known: &Known<'_>, notices: &[&Told], part: Part) -> Item {
        let task = known.task;
        let due = known.timetable.due;
        let workdays = &self.agenda.calendar.workdays;
        let changed = notices.iter().any(|told| told.rung == Rung::Changed);
        let before = known
            .state
            .standing()
            .filter(|told| told.address == *self.address && told.due != due)
            .last();
        let settled = known.state.settled(task.times);
        let moved = known.dated.moved_from.is_some()
            || known.dated.shift.is_some()
            || known.state.extended_to.is_some();
        Item {
            duty: known.id.clone(),
            title: known.title(),
            detail: known.detail(),
            unit_name: known.unit.name.clone(),
            due,
            due_time: task.due_time.map(|time| time.strftime("%H:%M").to_string()),
            hour_over: due == self.today && task.due_time.is_some_and(|hour| self.hour >= hour),
            window_from: known.dated.window_from,
            date_note: moved.then(|| match known.state.extended_to {
                Some(_) => "已准延期".to_owned(),
                None => known.dated.why.zh.clone(),
            }),
            workdays_left: workdays.between(self.today, due),
            evidence: task.evidence.clone(),
            changed_from: changed.then(|| before.map(|told| told.due)).flatten(),
            date_changes: known.state.date_changes(due),
            decided: notices
                .iter()
                .any(|told| told.rung == Rung::Decided)
                .then(|| decision_words(known.state))
                .flatten(),
            times: (
                task.times,
                u16::try_from(known.state.dones.len()).unwrap_or(u16::MAX),
            ),
            answered: latest_answer(known.state),
            part,
            reported_to: self.reported_to(known),
            what_follows: self.what_follows(known),
            why_you: self.why_you(known),
            source: task.source.clone(),
            origin: task.origin.name().to_owned(),
            authority: task.authority.clone(),
            settled: settled.map(|settled| settled.in_words()),
            alert: known.state.is_alert(),
            files: known.state.evidence.clone(),
        }
    }

    /// Who has been told that it is overdue, in order.
    fn reported_to(&self, known: &Known<'_>) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for told in known.state.standing() {
            let up = matches!(told.rung, Rung::Escalate(_))
                && matches!(told.part, Part::Above | Part::Rollup)
                && told.due == known.timetable.due;
            if up && told.address != *self.address {
                let behind = self.agenda.roster.behind(&told.address, self.today);
                let name = behind
                    .iter()
                    .find(|(unit, _)| (told.part == Part::Above) == (unit.id == known.unit.id))
                    .or(behind.first())
                    .map_or_else(
                        || told.address.to_string(),
                        |(unit, contact)| {
                            office_name(unit, contact.role.as_str(), &contact.person, known.unit)
                        },
                    );
                if !found.contains(&name) {
                    found.push(name);
                }
            }
        }
        found
    }

    /// What comes next if nobody answers: the day, and who is told.
    fn what_follows(&self, known: &Known<'_>) -> Vec<(Date, String)> {
        // A unit not reached yet is reached with this letter at the earliest.
        let reached = known
            .state
            .standing()
            .filter(|told| told.part == Part::Act && told.due == known.timetable.due)
            .filter(|told| !self.state.unreachable.contains_key(&told.address))
            .filter_map(|told| told.reached)
            .min()
            .map_or(self.today, |at| self.slots.day(at));
        let mut told: Vec<&Address> = known
            .state
            .standing()
            .filter(|told| told.due == known.timetable.due)
            .map(|told| &told.address)
            .collect();
        let mut found = Vec::new();
        for level in &known.timetable.ladder.escalate {
            let day = known.timetable.late(level.after, Some(reached));
            if day <= self.today {
                continue;
            }
            let names: Vec<String> = level
                .to
                .iter()
                .flat_map(|role| {
                    self.agenda
                        .roster
                        .holders(known.unit, role, self.today)
                        .map(move |contact| (role, contact))
                })
                .filter_map(|(role, contact)| {
                    let address = contact.address.as_ref()?;
                    if told.contains(&address) {
                        return None;
                    }
                    told.push(address);
                    let place = self.agenda.roster.place(known.unit, role)?;
                    let holder = if place.id == known.unit.id {
                        ""
                    } else {
                        &place.name
                    };
                    Some(format!(
                        "{holder}{}",
                        role_title(contact.role.as_str(), place.kind)
                    ))
                })
                .collect();
            if !names.is_empty() {
                found.push((day, names.join("、")));
            }
        }
        found
    }

    fn why_you(&self, known: &Known<'_>) -> String {
        let behind = self.agenda.roster.behind(self.address, self.today);
        behind
            .iter()
            .find(|(unit, _)| unit.id == known.unit.id)
            .or(behind.first())
            .map_or(String::new(), |(unit, contact)| {
                format!(
                    "您是{}的{}",
                    unit.name,
                    role_title(contact.role.as_str(), unit.kind)
                )
            })
    }
}

/// What something that is gone was called when it was first there.
fn called(seen: Option<&Seen>, id: impl std::fmt::Display) -> String {
    match seen {
        Some(seen) if !seen.name.is_empty() => seen.name.clone(),
        _ => id.to_string(),
    }
}

/// What an occurrence is called, in the calendar or no longer.
pub(super) fn title_of(agenda: &Agenda, state: &State, id: &OccurrenceId) -> String {
    agenda.calendar.tasks.get(&id.task).map_or_else(
        || titled(&called(state.tasks_seen.get(&id.task), &id.task), id.period),
        |task| title(task, id.period),
    )
}

pub(super) fn latest_answer(state: &DutyState) -> Option<String> {
    state
        .answers
        .last()
        .map(|given| format!("{}({})", given.answer.name(), given.by))
}

/// The officer's latest word: a decision, or that the work was returned.
fn decision_words(state: &DutyState) -> Option<String> {
    let tail = |note: &str| {
        if note.is_empty() {
            String::new()
        } else {
            format!(":{note}")
        }
    };
    let decided = state.decisions.last();
    if let Some(returned) = &state.returned
        && decided.is_none_or(|decided| decided.order < returned.order)
    {
        let (by, note) = (&returned.by, tail(&returned.note));
        return Some(format!("已退回({by}){note},请补正后再回执"));
    }
    decided.map(|decided| {
        let verdict = if decided.granted {
            "已同意"
        } else {
            "未同意"
        };
        format!(
            "{}{verdict}({}){}",
            decided.request.name(),
            decided.by,
            tail(&decided.note)
        )
    })
}

fn office_name(unit: &Unit, role: &str, person: &str, own: &Unit) -> String {
    let holder = if unit.id == own.id { "" } else { &unit.name };
    format!("{holder}{} {person}", role_title(role, unit.kind))
}

/// A task's title, with the period where it comes round within the year.
pub fn title(task: &Task, period: PeriodKey) -> String {
    titled(&task.title, period)
}

fn titled(name: &str, period: PeriodKey) -> String {
    let of = match period {
        PeriodKey::Month(_, month) => format!("{month}月"),
        PeriodKey::Quarter(_, quarter) => format!("第{quarter}季度"),
        PeriodKey::Week(_, week) => format!("第{week}周"),
        PeriodKey::Holiday(_, festival) => festival.name().to_owned(),
        PeriodKey::Break(_, kind) => kind.name().to_owned(),
        PeriodKey::Year(_) | PeriodKey::Term(..) | PeriodKey::Raised(..) => {
            return name.to_owned();
        }
    };
    format!("{name}({of})")
}

/// What people call who holds a role at a unit of a kind.
pub fn role_title(role: &str, kind: Kind) -> &'static str {
    match (role, kind) {
        ("safety", kind) if kind.teaches() => "安全主任",
        ("safety", _) => "安全专干",
        ("deputy", Kind::Bureau) => "分管副局长",
        ("deputy", Kind::Kindergarten) => "分管副园长",
        ("deputy", kind) if kind.teaches() => "分管副校长",
        ("deputy", _) => "分管负责人",
        ("principal", Kind::Bureau) => "局长",
        ("principal", Kind::Kindergarten) => "园长",
        ("principal", kind) if kind.teaches() => "校长",
        ("principal", _) => "负责人",
        _ => "办公室",
    }
}

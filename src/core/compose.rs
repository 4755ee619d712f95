//! From a letter's notices to what it says today. Until its bytes are frozen a letter tells today's truth.

mod place;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::agenda::Agenda;
use super::bulletin::{Edition, Eye};
use super::dates::month_day;
use super::duty::DutyId;
use super::fact::{Answer, LetterKind, LetterNo, Part};
use super::known::Known;
use super::ladder::Rung;
use super::letter::{Asks, Content, Item, Row};
use super::names::Address;
use super::roster::{Kind, Unit};
use super::state::{DutyState, Given, LetterState, State, Told};
use super::titles::{called, office_name, role_title, title_of};
use place::{Place, Placed, Reading};

/// Who is going to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The letter itself: what no longer holds is left out.
    Mail,
    /// The letter's page: everything it spoke of, settled or not.
    Page,
}

/// What a letter asks of its reader, as its page says it; of these duties only, where they are named. `None` where there is
/// no such letter, or its link to sign in works no more.
pub fn asks(
    agenda: &Agenda,
    state: &State,
    no: LetterNo,
    now: Timestamp,
    about: Option<&[DutyId]>,
) -> Option<Asks> {
    let letter = state.letters.get(&no)?;
    if state.admission.links.contains_key(&no) {
        state.admission.link(no, now)?;
    }
    let reading = Reading::of(agenda, state, (no, letter), now, Reader::Page);
    let duties = letter.duties.iter();
    let asked = duties.filter(|duty| about.is_none_or(|about| about.contains(*duty)));
    let mut asks = Asks::none(no, reading.today);
    for duty in asked {
        let Some(placed) = reading.place(duty) else {
            continue;
        };
        match placed.place {
            Place::Item(known) | Place::Below(known, _) => {
                asks.add_own(duty, known.task.times, known.timetable.due);
            }
            Place::Rollup(_) => asks.add_rollup(duty),
            Place::Closed(_) | Place::Withdrawn(_) => {}
        }
    }
    Some(asks.sorted())
}

/// What a letter says now; `None` where there is no such letter, or for mail where nothing in it still holds.
pub fn compose(
    agenda: &Agenda,
    state: &State,
    no: LetterNo,
    now: Timestamp,
    reader: Reader,
) -> Option<Content> {
    let letter = state.letters.get(&no)?;
    let reading = Reading::of(agenda, state, (no, letter), now, reader);
    let today = reading.today;
    let mut writing = Writing {
        reading,
        hour: now
            .to_zoned_datetime(agenda.calendar.timezone.clone())
            .time(),
        content: blank(agenda, letter, no, today),
    };
    let duties: BTreeSet<&DutyId> = letter.duties.iter().collect();
    for duty in duties {
        writing.add(duty);
    }
    let mut content = writing.content;
    content.bulletins = bulletins(agenda, state, letter, today);
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
    reading: Reading<'a>,
    /// What the clock says.
    hour: Time,
    content: Content,
}

impl<'a> Writing<'a> {
    fn add(&mut self, duty: &'a DutyId) {
        let Some(Placed { notices, place }) = self.reading.place(duty) else {
            return;
        };
        match place {
            Place::Item(known) => {
                let item = self.item(&known, &notices, Part::Act);
                self.content.items.push(item);
            }
            Place::Below(known, part) => {
                let item = self.item(&known, &notices, part);
                self.content.overdue_below.push(item);
            }
            Place::Rollup(known) => {
                let row = self.row(&known);
                self.content.rollup.push(row);
            }
            Place::Closed(known) => {
                let row = self.row(&known);
                self.content.closed.push(row);
            }
            Place::Withdrawn(known) => {
                let row = known.map_or_else(
                    || self.row_of_the_gone(duty, &notices),
                    |known| self.row(&known),
                );
                self.content.withdrawn.push(row);
            }
        }
    }

    fn row_of_the_gone(&self, duty: &DutyId, notices: &[&Told]) -> Row {
        let unit = self.reading.agenda.roster.unit(&duty.unit);
        Row {
            duty: duty.clone(),
            town_name: String::new(),
            unit_name: unit.map_or_else(
                || called(self.reading.state.units_seen.get(&duty.unit), &duty.unit),
                |unit| unit.name.clone(),
            ),
            title: title_of(self.reading.agenda, self.reading.state, &duty.occurrence),
            due: notices.last().map_or(self.reading.today, |told| told.due),
            workdays_late: 0,
            answered: String::new(),
        }
    }

    fn row(&self, known: &Known<'_>) -> Row {
        let due = known.timetable.due;
        let late = self
            .reading
            .agenda
            .calendar
            .workdays
            .between(due, self.reading.today);
        let settled = known.state.settled(known.task.times);
        Row {
            duty: known.id.clone(),
            town_name: self
                .reading
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
                || latest_answer(known.state, known.task.times).unwrap_or_default(),
                |settled| settled.in_words(),
            ),
        }
    }

    fn item(&self, known: &Known<'_>, notices: &[&Told], part: Part) -> Item {
        let task = known.task;
        let due = known.timetable.due;
        let workdays = &self.reading.agenda.calendar.workdays;
        let changed = notices.iter().any(|told| told.rung == Rung::Changed);
        let before = known
            .state
            .standing()
            .filter(|told| told.address == *self.reading.address && told.due != due)
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
            hour_over: due == self.reading.today
                && task.due_time.is_some_and(|hour| self.hour >= hour),
            window_from: known.dated.window_from,
            date_note: moved.then(|| match known.state.extended_to {
                Some(_) => "已准延期".to_owned(),
                None => known.dated.why.zh.clone(),
            }),
            workdays_left: workdays.between(self.reading.today, due),
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
            answered: whole_answer(known.state, task.times),
            stands: standing_answer(known.state),
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
            if up && told.address != *self.reading.address {
                let behind = self
                    .reading
                    .agenda
                    .roster
                    .behind(&told.address, self.reading.today);
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
            .filter(|told| !self.reading.state.unreachable.contains_key(&told.address))
            .filter_map(|told| told.reached)
            .min()
            .map_or(self.reading.today, |at| self.reading.slots.day(at));
        let mut told: Vec<&Address> = known
            .state
            .standing()
            .filter(|told| told.due == known.timetable.due)
            .map(|told| &told.address)
            .collect();
        let mut found = Vec::new();
        for level in &known.timetable.ladder.escalate {
            let day = known.timetable.late(level.after, Some(reached));
            if day <= self.reading.today {
                continue;
            }
            let names: Vec<String> = level
                .to
                .iter()
                .flat_map(|role| {
                    self.reading
                        .agenda
                        .roster
                        .holders(known.unit, role, self.reading.today)
                        .map(move |contact| (role, contact))
                })
                .filter_map(|(role, contact)| {
                    let address = contact.address.as_ref()?;
                    if told.contains(&address) {
                        return None;
                    }
                    told.push(address);
                    let place = self.reading.agenda.roster.place(known.unit, role)?;
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
        let behind = self
            .reading
            .agenda
            .roster
            .behind(self.reading.address, self.reading.today);
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

/// The last answer and who gave it; of several asked for, how many are in.
pub(super) fn latest_answer(state: &DutyState, times: u16) -> Option<String> {
    let given = state.answers.last()?;
    Some(format!("{}({})", name_of(state, given, times), given.by))
}

fn name_of(state: &DutyState, given: &Given, times: u16) -> String {
    if given.answer == Answer::Done && times > 1 && state.settled(times).is_none() {
        return format!("已报{}次", state.dones.len());
    }
    given.answer.name().to_owned()
}

/// The same with what was asked for and written, as the reader of a letter is told what is on record.
fn whole_answer(state: &DutyState, times: u16) -> Option<String> {
    let given = state.answers.last()?;
    let until = given
        .until
        .map_or(String::new(), |until| format!("到{}", month_day(until)));
    let what = name_of(state, given, times);
    Some(format!("{what}{until}({}){}", given.by, tail(&given.note)))
}

/// What was written, behind who wrote it.
fn tail(note: &str) -> String {
    if note.is_empty() {
        String::new()
    } else {
        format!(":{note}")
    }
}

/// The last answer, as long as it stands.
fn standing_answer(state: &DutyState) -> Option<Answer> {
    let answer = state.answers.last()?.answer;
    let was_returned = state.closes(answer) && state.dones.is_empty();
    (!was_returned).then_some(answer)
}

/// The officer's latest word: a decision, or that the work was returned.
fn decision_words(state: &DutyState) -> Option<String> {
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

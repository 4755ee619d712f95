//! What a letter says, before anything decides how it looks.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::bulletin::Edition;
use super::duty::DutyId;
use super::fact::{Alert, Answer, LetterNo, Part};
use super::names::{Address, UnitId};
use super::state::Filed;

/// All that one letter says to its reader. Plain values: `mail/` and `web/` give them their looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The letter's number.
    pub letter: LetterNo,
    /// Whom it goes to.
    pub address: Address,
    /// The reader's name as the roster has it.
    pub person: String,
    /// The reader's unit, or units joined by 、.
    pub unit_name: String,
    /// The reader's unit, where there is just one: whose board the letter points to.
    pub unit: Option<UnitId>,
    /// The slot it belongs to.
    pub slot: Timestamp,
    /// The day it is written on.
    pub today: Date,
    /// The calendar's title.
    pub calendar: String,
    /// What the reader has to act on, earliest due first; numbered from 1 in this order.
    pub items: Vec<Item>,
    /// What is overdue at the reader's own unit, though another has to act.
    pub overdue_below: Vec<Item>,
    /// What is overdue in units further down: the table of a town or the bureau.
    pub rollup: Vec<Row>,
    /// What has been settled since the reader heard of it.
    pub closed: Vec<Row>,
    /// Duties that are no longer asked.
    pub withdrawn: Vec<Row>,
    /// What an admin must know.
    pub matters: Vec<String>,
    /// Approved bulletins, as the reader gets them.
    pub bulletins: Vec<Edition>,
    /// Set for an alert, which has nothing else.
    pub alert: Option<Alert>,
    /// Whether it carries the link to sign in with.
    pub is_sign_in: bool,
}

impl Content {
    /// Whether it says what many letters of a morning say: what is asked of a reader's own unit, and nothing of what anybody
    /// has answered, decided or been told. On record nobody but its reader is named in it.
    pub fn is_form_letter(&self) -> bool {
        let rows = self.overdue_below.is_empty()
            && [&self.rollup, &self.closed, &self.withdrawn]
                .iter()
                .all(|rows| rows.is_empty());
        let others = self.matters.is_empty() && self.bulletins.is_empty();
        rows && others
            && self.alert.is_none()
            && !self.is_sign_in
            && !self.items.is_empty()
            && self.items.iter().all(|item| {
                item.unit_name == self.unit_name
                    && [&item.decided, &item.answered, &item.settled]
                        .iter()
                        .all(|words| words.is_none())
                    && item.reported_to.is_empty()
                    && item.files.is_empty()
            })
    }

    /// Whether two form letters say the same, each to its reader: who that is, of which unit, and why it comes to them is
    /// all that may differ.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let Self {
            letter: _,
            address: _,
            person: _,
            unit_name: _,
            unit: _,
            slot: _,
            today,
            calendar,
            items,
            overdue_below: _,
            rollup: _,
            closed: _,
            withdrawn: _,
            matters: _,
            bulletins: _,
            alert: _,
            is_sign_in: _,
        } = self;
        *today == other.today
            && items.len() == other.items.len()
            && items
                .iter()
                .zip(&other.items)
                .all(|(one, other)| one.asks_the_same(other))
            && *calendar == other.calendar
    }

    /// The duties that it numbers, in the order of their numbers from 1.
    pub fn numbered(&self) -> impl Iterator<Item = &DutyId> {
        self.items
            .iter()
            .chain(&self.overdue_below)
            .map(|item| &item.duty)
    }

    /// What it asks of its reader.
    pub fn asks(&self) -> Asks {
        let mut asks = Asks::none(self.letter, self.today);
        for item in self.items.iter().chain(&self.overdue_below) {
            asks.add_own(&item.duty, item.times.0, item.due);
        }
        for row in &self.rollup {
            asks.add_rollup(&row.duty);
        }
        asks.sorted()
    }

    /// The duties whose dates the letter carries for the reader's own calendar: those to act on whose day is not over.
    pub fn dates(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| {
            item.part == Part::Act
                && item.settled.is_none()
                && !item.alert
                && item.due >= self.today
                && !item.hour_over
        })
    }
}

/// What a letter asks of its reader, as far as an answer to it has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asks {
    /// The letter's number.
    pub letter: LetterNo,
    /// The day it is read on.
    pub today: Date,
    /// What the reader may answer in full: their own, and what is overdue beside them.
    pub own: Vec<AskedOwn>,
    /// The rows of the roll-up, which the reader may say to have received.
    pub rollup: Vec<DutyId>,
}

/// A duty that the reader may answer in full.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AskedOwn {
    /// The duty.
    pub duty: DutyId,
    /// How many answers it asks in a period.
    pub times: u16,
    /// The last day, as it stands.
    pub due: Date,
}

impl Asks {
    pub(super) fn none(letter: LetterNo, today: Date) -> Self {
        Self {
            letter,
            today,
            own: Vec::new(),
            rollup: Vec::new(),
        }
    }

    pub(super) fn add_own(&mut self, duty: &DutyId, times: u16, due: Date) {
        self.own.push(AskedOwn {
            duty: duty.clone(),
            times,
            due,
        });
    }

    pub(super) fn add_rollup(&mut self, duty: &DutyId) {
        self.rollup.push(duty.clone());
    }

    /// Each duty once, in their order.
    pub(super) fn sorted(mut self) -> Self {
        self.own.sort_unstable();
        self.own.dedup();
        self.rollup.sort_unstable();
        self.rollup.dedup();
        self
    }
}

/// One duty, to somebody who has to act or to answer for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The duty.
    pub duty: DutyId,
    /// The task's title.
    pub title: String,
    /// What it asks, in a sentence or two; may be empty.
    pub detail: String,
    /// The unit it is asked of.
    pub unit_name: String,
    /// The last day.
    pub due: Date,
    /// The hour on that day, `17:00`, where the task names one.
    pub due_time: Option<String>,
    /// Whether it is that day and past that hour: it is overdue already, though what follows waits for the day's end.
    pub hour_over: bool,
    /// The window's first day, where the duty is a window.
    pub window_from: Option<Date>,
    /// Why the date is what it is, when that is worth a clause: `原定 05-12(周六),提前至工作日`.
    pub date_note: Option<String>,
    /// Workdays left until the due day; 0 on the day itself, negative when overdue by so many.
    pub workdays_left: i32,
    /// What to hand in; may be empty.
    pub evidence: String,
    /// The due day told before, where it has changed.
    pub changed_from: Option<Date>,
    /// How often the due day has changed since somebody was first told of it.
    pub date_changes: u32,
    /// A decision on a request of this unit's, in words.
    pub decided: Option<String>,
    /// How many answers a period asks, and how many are in: `(3, 1)`. `(1, 0)` for most.
    pub times: (u16, u16),
    /// What was last answered, with who and what they wrote: `申请延期到6月20日(王建国):因修路`.
    pub answered: Option<String>,
    /// Which answer that was; `None` where there is none, or what was done was returned since.
    pub stands: Option<Answer>,
    /// What the reader is to this duty.
    pub part: Part,
    /// Whom it has been reported to so far, as names of roles and units: `分管副校长 李敏`.
    pub reported_to: Vec<String>,
    /// What follows if nobody answers, in order: (day, whom).
    pub what_follows: Vec<(Date, String)>,
    /// Why this reader gets it: `您是浒山小学的安全主任`.
    pub why_you: String,
    /// Where the duty stands in the calendar's sources, and whose demand it is.
    pub source: String,
    /// `seed`, `national`, `comparable`, `assumed`, `local`, in words.
    pub origin: String,
    /// The document it rests on (依据文件); may be empty.
    pub authority: String,
    /// Whether it is settled already (a letter's page shows such items too).
    pub settled: Option<String>,
    /// Whether it is an alert, which `received` closes.
    pub alert: bool,
    /// The files that came with answers.
    pub files: Vec<Filed>,
}

impl Item {
    /// Whether two items of form letters ask the same of two units.
    fn asks_the_same(&self, other: &Self) -> bool {
        let Self {
            duty: _,
            title,
            detail,
            unit_name: _,
            due,
            due_time,
            hour_over,
            window_from,
            date_note,
            workdays_left,
            evidence,
            changed_from,
            date_changes: _,
            decided: _,
            times,
            answered: _,
            stands: _,
            part,
            reported_to: _,
            what_follows,
            why_you: _,
            source,
            origin,
            authority,
            settled: _,
            alert,
            files: _,
        } = self;
        (due, due_time, hour_over, window_from, changed_from)
            == (
                &other.due,
                &other.due_time,
                &other.hour_over,
                &other.window_from,
                &other.changed_from,
            )
            && (workdays_left, times, part, alert)
                == (
                    &other.workdays_left,
                    &other.times,
                    &other.part,
                    &other.alert,
                )
            && (title, detail, date_note, evidence)
                == (
                    &other.title,
                    &other.detail,
                    &other.date_note,
                    &other.evidence,
                )
            && (source, origin, authority) == (&other.source, &other.origin, &other.authority)
            && *what_follows == other.what_follows
    }

    /// Whether its last day, or the hour on it, is past on the day this is written.
    pub fn is_overdue(&self, today: Date) -> bool {
        today > self.due || self.hour_over
    }
}

/// A line of a table: one duty of a unit further down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The duty.
    pub duty: DutyId,
    /// The town it lies in, for the table's order; may be empty.
    pub town_name: String,
    /// The unit.
    pub unit_name: String,
    /// The task's title.
    pub title: String,
    /// The last day.
    pub due: Date,
    /// Workdays overdue; 0 for what is closed in time.
    pub workdays_late: i32,
    /// The latest answer with who gave it, or how it was settled; may be empty.
    pub answered: String,
}

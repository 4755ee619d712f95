//! The record: the duties and how they stand, what was answered and decided, the letters, and every fact.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{DateTime, date};

use super::{ExportError, facts};
use crate::core::agenda::Agenda;
use crate::core::duty::DutyId;
use crate::core::fact::{Event, Fact};
use crate::core::names::{Address, UnitId};
use crate::core::overview::Scope;
use crate::core::plan::{DutyStanding, Slots, Standing, standings, standings_from};
use crate::core::roster::{Kind, Unit};
use crate::core::state::State;
use crate::core::titles::title;
use crate::ledger::Ledger;
use crate::sheet::{Book, Cell};

/// A row of the duties.
type DutyRow = [Cell; 12];

/// A row of the letters.
type LetterRow = [Cell; 11];

const DUTY_COLUMNS: [&str; 12] = [
    "单位",
    "镇街",
    "任务",
    "期次",
    "开始",
    "截止",
    "状态",
    "回执",
    "回执人",
    "回执时间",
    "说明",
    "职责编号",
];

const LETTER_COLUMNS: [&str; 11] = [
    "信件编号",
    "时点",
    "邮箱",
    "收件人",
    "单位",
    "种类",
    "职责数",
    "状态",
    "发送次数",
    "服务器说的",
    "Message-ID",
];

/// The record, or the part of it that somebody sees.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// Calendar and roster.
    pub agenda: &'a Agenda,
    /// The moment it tells of.
    pub now: Timestamp,
    /// Whose duties.
    pub scope: &'a Scope,
    /// The duties due and what happened in one year; else in all.
    pub year: Option<i16>,
}

impl<'a> Record<'a> {
    /// Writes the duties, what was answered and decided, the letters, and every fact; says how many duties there are.
    /// `state` is the fold of the facts, with nothing on its shelf.
    ///
    /// # Errors
    /// The ledger, or the disk.
    pub fn write(
        &self,
        state: &State,
        ledger: &Ledger,
        book: &mut Book,
    ) -> Result<usize, ExportError> {
        let mut count = 0;
        let duties = self.duties(state).inspect(|_| count += 1);
        book.table("职责", DUTY_COLUMNS, duties)?;
        self.answers(ledger, book)?;
        book.table("信件", LETTER_COLUMNS, self.letters(state))?;
        self.facts(ledger, book)?;
        Ok(count)
    }

    /// A row for each duty due by the end of this year, and for any of which something has happened.
    fn duties(self, state: &'a State) -> impl Iterator<Item = DutyRow> {
        let today = Slots::new(&self.agenda.calendar).day(self.now);
        let until = date(self.year.unwrap_or(today.year()), 12, 31);
        let mut found = match self.year {
            None => standings(self.agenda, state, self.now, until),
            // What was put off into the year was due in the one before.
            Some(year) => {
                let from = date(year - 1, 1, 1);
                standings_from(self.agenda, state, self.now, from, until)
            }
        };
        found.retain(|duty| {
            let due = duty.days.map(|(_, due)| due.year());
            let this_year = self.year.is_none_or(|year| due == Some(year));
            this_year && self.sees(&duty.duty.unit)
        });
        found.into_iter().map(move |duty| self.duty_row(&duty))
    }

    fn duty_row(&self, found: &DutyStanding<'_>) -> DutyRow {
        let DutyId { occurrence, unit } = &found.duty;
        let (opens, due) = found.days.unzip();
        let asks = matches!(found.standing, Standing::Open | Standing::Overdue)
            && found.state.is_some_and(|state| state.request().is_some());
        let standing = found.standing.name();
        let [answer, by, at, note] = last_word(found).map_or_else(
            || [(); 4].map(|()| Cell::from("")),
            |(answer, by, at, note)| [answer.into(), by.into(), self.moment(at), note.into()],
        );
        [
            found.unit.map_or(unit.as_str(), |unit| &unit.name).into(),
            found.unit.map_or("", |unit| self.town(unit)).into(),
            found
                .task
                .map_or(occurrence.task.to_string(), |task| {
                    title(task, occurrence.period)
                })
                .into(),
            occurrence.period.to_string().into(),
            opens.into(),
            due.into(),
            if asks {
                format!("{standing}，申请待批")
            } else {
                standing.to_owned()
            }
            .into(),
            answer,
            by,
            at,
            note,
            found.duty.to_string().into(),
        ]
    }

    /// What people have said and decided, in the order of time.
    fn answers(&self, ledger: &Ledger, book: &mut Book) -> Result<(), ExportError> {
        let mut table = book.begin(
            "回执",
            &[
                "时间",
                "单位",
                "任务",
                "回执或批复",
                "谁",
                "说明",
                "延到",
                "途径",
                "邮箱",
                "职责编号",
            ],
        )?;
        ledger.each_fact(0, |_, fact| -> Result<(), ExportError> {
            if self.is_of_the_year(fact.at)
                && let Some(row) = self.answer_row(&fact)
            {
                table.push(&row)?;
            }
            Ok(())
        })?;
        Ok(table.end()?)
    }

    fn answer_row(&self, fact: &Fact) -> Option<[Cell; 10]> {
        let (mut until, mut through, mut from) = (None, "局里记", None);
        let (duty, what, by, note) = match &fact.what {
            Event::Answer {
                duty,
                answer,
                by,
                note,
                via,
                address,
                until: asked,
                ..
            } => {
                until = *asked;
                from = address.as_ref();
                through = facts::way(*via);
                (duty, answer.name().to_owned(), by, note)
            }
            Event::Decision {
                duty,
                request,
                granted,
                by,
                note,
                until: granted_until,
            } => {
                until = *granted_until;
                let verdict = if *granted { "同意" } else { "不同意" };
                (duty, format!("{verdict}“{}”", request.name()), by, note)
            }
            Event::Evidence { duty, name, by, .. } => (duty, "交材料".to_owned(), by, name),
            Event::Waiver { duty, by, note } => (duty, "免做".to_owned(), by, note),
            Event::Return { duty, by, note } => (duty, "退回".to_owned(), by, note),
            Event::Raised {
                duty,
                due,
                by,
                note,
                alert,
                ..
            } => {
                until = Some(*due);
                let what = if *alert { "紧急发起" } else { "发起" };
                (duty, what.to_owned(), by, note)
            }
            _ => return None,
        };
        if !self.sees(&duty.unit) {
            return None;
        }
        Some([
            self.moment(fact.at),
            self.unit_name(duty).into(),
            self.task_title(duty).into(),
            what.into(),
            by.as_str().into(),
            note.as_str().into(),
            until.into(),
            through.into(),
            from.map_or("", Address::as_str).into(),
            duty.to_string().into(),
        ])
    }

    /// A row for each letter.
    fn letters(self, state: &'a State) -> impl Iterator<Item = LetterRow> {
        let today = Slots::new(&self.agenda.calendar).day(self.now);
        let letters = state.letters.iter();
        let letters = letters.filter(move |(_, letter)| self.is_of_the_year(letter.slot));
        letters.filter_map(move |(number, letter)| {
            let behind = self.agenda.roster.behind(&letter.address, today);
            // Who is behind a mailbox that is on the roster no longer, nobody but the bureau can tell.
            let theirs = !behind.is_empty() && behind.iter().all(|(unit, _)| self.sees(&unit.id));
            if !(self.scope.is_whole() || theirs) {
                return None;
            }
            let units: BTreeSet<&str> = behind.iter().map(|(unit, _)| unit.name.as_str()).collect();
            let people: BTreeSet<&str> =
                behind.iter().map(|(_, who)| who.person.as_str()).collect();
            let joined = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join("、");
            Some([
                Cell::Count(*number),
                self.moment(letter.slot),
                letter.address.to_string().into(),
                joined(people).into(),
                joined(units).into(),
                facts::letter_kind(letter.kind).into(),
                Cell::Count(letter.duties.len() as u64),
                letter.status.name().into(),
                Cell::Count(letter.attempts.into()),
                letter.text.as_str().into(),
                letter.message_id.as_str().into(),
            ])
        })
    }

    /// Every fact the ledger has, in words.
    fn facts(&self, ledger: &Ledger, book: &mut Book) -> Result<(), ExportError> {
        let mut table = book.begin(
            "台账",
            &[
                "序号",
                "时间",
                "事实",
                "职责编号",
                "邮箱",
                "信件编号",
                "其余内容",
            ],
        )?;
        ledger.each_fact(0, |seq, fact| -> Result<(), ExportError> {
            if !self.is_of_the_year(fact.at) || !self.sees_fact(&fact.what) {
                return Ok(());
            }
            let serde_json::Value::Object(mut fields) = serde_json::to_value(&fact.what)? else {
                return Ok(());
            };
            let mut take = |key: &str| match fields.shift_remove(key) {
                Some(serde_json::Value::String(text)) => text,
                Some(other) => other.to_string(),
                None => String::new(),
            };
            let [_, duty, address, letter] = ["fact", "duty", "address", "letter"].map(&mut take);
            table.push(&[
                Cell::Count(seq),
                self.moment(fact.at),
                facts::name(&fact.what).into(),
                duty.into(),
                address.into(),
                letter.into(),
                facts::details(&fields, &self.agenda.calendar.timezone).into(),
            ])?;
            Ok(())
        })?;
        Ok(table.end()?)
    }

    fn sees(&self, unit: &UnitId) -> bool {
        self.scope.sees_unit(&self.agenda.roster, unit)
    }

    /// Whoever sees not all sees the facts of the duties they see.
    fn sees_fact(&self, what: &Event) -> bool {
        self.scope.is_whole() || what.duty().is_some_and(|duty| self.sees(&duty.unit))
    }

    fn is_of_the_year(&self, at: Timestamp) -> bool {
        let day = || Slots::new(&self.agenda.calendar).day(at);
        self.year.is_none_or(|year| day().year() == year)
    }

    fn moment(&self, at: Timestamp) -> Cell {
        let local: DateTime = at
            .to_zoned_datetime(self.agenda.calendar.timezone.clone())
            .datetime();
        Cell::Moment(local)
    }

    fn unit_name(&self, duty: &DutyId) -> String {
        let unit = self.agenda.roster.unit(&duty.unit);
        unit.map_or(duty.unit.to_string(), |unit| unit.name.clone())
    }

    fn task_title(&self, duty: &DutyId) -> String {
        let id = &duty.occurrence;
        let task = self.agenda.calendar.tasks.get(&id.task);
        task.map_or(id.to_string(), |task| title(task, id.period))
    }

    fn town(&self, unit: &Unit) -> &str {
        let roster = &self.agenda.roster;
        let town = roster.ancestor(unit, Kind::Town);
        town.map_or("", |town| town.name.as_str())
    }
}

/// What was said last of a duty: the words, who, when, and the note.
fn last_word<'a>(found: &DutyStanding<'a>) -> Option<(&'static str, &'a str, Timestamp, &'a str)> {
    let state = found.state?;
    if let Some(off) = &state.let_off {
        let word = if off.not_applicable {
            "同意不适用"
        } else {
            "免做"
        };
        return Some((word, &off.by, off.at, &off.note));
    }
    let given = state.answers.last()?;
    Some((given.answer.name(), &given.by, given.at, &given.note))
}

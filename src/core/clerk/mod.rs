//! What a clerk records: answers given by telephone, decisions, waivers, returns, tasks raised by hand. Decided here, for
//! the command line and the pages alike; whoever asks appends the events.

mod raise;

use jiff::Timestamp;
use jiff::civil::Date;

pub use raise::{Raise, Whom};

use super::agenda::Agenda;
use super::dates::whole_day;
use super::diagnostic::did_you_mean;
use super::duty::DutyId;
use super::fact::{Answer, Event, Via};
use super::names::TaskId;
use super::plan::Slots;
use super::state::{DutyState, Saying, State};
use super::titles::title;

/// What is to be recorded of a duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// What somebody at the unit says.
    Answer {
        /// What.
        said: Answer,
        /// Who.
        by: String,
        /// The day asked for with an extension.
        until: Option<Date>,
    },
    /// The request that waits is granted; an extension to this day, or to the one asked for.
    Grant {
        /// The day.
        until: Option<Date>,
    },
    /// The request that waits is refused.
    Refuse,
    /// The unit is let off.
    Waive,
    /// It is put off, whether asked for or not.
    Extend {
        /// To this day.
        until: Date,
    },
    /// What was done is given back.
    Return,
}

/// Years ahead that a day may lie to which something is put off, or for which it is raised: what lies farther is a slip.
const FARTHEST_YEARS: i64 = 2;

/// The last day, seen from today, to which something may be put off, or for which it may be raised.
pub fn farthest_day(today: Date) -> Date {
    today.saturating_add(jiff::Span::new().years(FARTHEST_YEARS))
}

/// What comes of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// To be recorded, and how that is told: `浒山小学“应急疏散演练” 免做(沈志明)`.
    Record(Vec<Event>, String),
    /// The same is on record; how that is told.
    Before(String),
}

/// What a clerk decides on.
#[derive(Clone, Copy, Debug)]
pub struct Clerk<'a> {
    /// The calendar and the roster.
    pub agenda: &'a Agenda,
    /// What has happened.
    pub state: &'a State,
    /// When it happens.
    pub now: Timestamp,
}

impl<'a> Clerk<'a> {
    /// What an act comes to. `by` is who records it, `note` what they add.
    ///
    /// # Errors
    /// Why it cannot be done, for a person.
    pub fn decide(
        &self,
        duty: &DutyId,
        act: &Act,
        by: &str,
        note: &str,
    ) -> Result<Decided, String> {
        let name = self.name(duty)?;
        let (id, by, note) = (duty.clone(), by.to_owned(), note.to_owned());
        match act {
            Act::Answer {
                said,
                by: who,
                until,
            } => self.answer(id, *said, (who.clone(), note), *until, &name),
            Act::Grant { until } => self.ruling(id, true, *until, (by, note), &name),
            Act::Refuse => self.ruling(id, false, None, (by, note), &name),
            Act::Waive => {
                if self
                    .known(duty)
                    .is_some_and(|known| known.let_off.is_some())
                {
                    return Ok(Decided::Before(format!("{name} 已经免做")));
                }
                let words = format!("{name} 免做({by})");
                Ok(Decided::Record(
                    vec![Event::Waiver { duty: id, by, note }],
                    words,
                ))
            }
            Act::Extend { until } => {
                self.later(duty, &name, *until)?;
                let words = format!("{name} 延至{}({by})", whole_day(*until));
                let event = Event::Decision {
                    duty: id,
                    request: Answer::Extension,
                    granted: true,
                    by,
                    note,
                    until: Some(*until),
                };
                Ok(Decided::Record(vec![event], words))
            }
            Act::Return => {
                let settled =
                    |known: &DutyState| !known.dones.is_empty() || known.let_off.is_some();
                if !self.known(duty).is_some_and(settled) {
                    return Err(format!("{name} 还没有办结,不用退回"));
                }
                let count = count(self.times(duty), 0);
                let words = format!("{name} 已退回({by}),职责重新打开{count}");
                Ok(Decided::Record(
                    vec![Event::Return { duty: id, by, note }],
                    words,
                ))
            }
        }
    }

    /// Whether no request has come in since somebody looked. `shown` is the place, among the duty's answers, of the
    /// request they were shown; what waits no longer is for [`decide`](Self::decide) to tell.
    ///
    /// # Errors
    /// That there is a newer one, for a person.
    pub fn still_asks(&self, duty: &DutyId, shown: Option<usize>) -> Result<(), String> {
        let waits = self.known(duty).and_then(|known| known.pending);
        if waits.is_none() || waits == shown {
            return Ok(());
        }
        let name = self.name(duty)?;
        Err(format!("{name}:您看过以后,学校又有新的申请,请重新看过。"))
    }

    /// The duty's title and unit, if there is such a duty.
    fn name(&self, duty: &DutyId) -> Result<String, String> {
        let agenda = self.agenda;
        let unit = agenda.roster.unit(&duty.unit);
        let task = agenda.calendar.tasks.get(&duty.occurrence.task);
        let known = self.known(duty).is_some()
            || agenda.due_in_period(&duty.occurrence, &duty.unit).is_some();
        let (Some(unit), Some(task), true) = (unit, task, known) else {
            let hint = if unit.is_none() {
                format!("花名册里没有单位 {}", duty.unit)
            } else if task.is_none() {
                let ids = agenda.calendar.tasks.keys().map(TaskId::as_str);
                did_you_mean(duty.occurrence.task.as_str(), ids).map_or_else(
                    || format!("行事历里没有任务 {}", duty.occurrence.task),
                    |words| words.zh,
                )
            } else {
                "这个单位在这一期没有这项任务".to_owned()
            };
            return Err(format!("没有职责 {duty}。{hint}"));
        };
        let title = self
            .known(duty)
            .and_then(DutyState::own_title)
            .unwrap_or_else(|| title(task, duty.occurrence.period));
        Ok(format!("{}“{title}”", unit.name))
    }

    fn known(&self, duty: &DutyId) -> Option<&'a DutyState> {
        self.state.duty(duty)
    }

    /// How many answers its task asks.
    fn times(&self, duty: &DutyId) -> u16 {
        self.agenda.calendar.times(&duty.occurrence.task)
    }

    fn today(&self) -> Date {
        Slots::new(&self.agenda.calendar).day(self.now)
    }

    /// Whether a duty may be put off to a day: one that is not over, and not before the day it has.
    fn later(&self, duty: &DutyId, name: &str, until: Date) -> Result<(), String> {
        if until < self.today() {
            return Err(format!("延到的 {until} 已经过去"));
        }
        if let Some(due) = self.set_due(duty)
            && until <= due
        {
            return Err(format!("{name} 的截止日是 {due},延到 {until} 并不更晚"));
        }
        self.not_too_far("延到的", until)?;
        let settled = |known: &DutyState| known.settled(self.times(duty)).is_some();
        if self.known(duty).is_some_and(settled) {
            return Err(format!("{name} 已经办结,不用延期;要重新打开请先退回"));
        }
        Ok(())
    }

    /// The day it was due on before it was put off: the calendar's, or the one it was raised for.
    fn set_due(&self, duty: &DutyId) -> Option<Date> {
        let raised = || self.known(duty)?.raised.as_ref().map(|raised| raised.due);
        let dated = self.agenda.due_in_period(&duty.occurrence, &duty.unit);
        dated.or_else(raised)
    }

    fn not_too_far(&self, what: &str, day: Date) -> Result<(), String> {
        let farthest = farthest_day(self.today());
        if day > farthest {
            return Err(format!("{what} {day} 太远,最晚写到 {farthest}"));
        }
        Ok(())
    }

    /// Whether a school may ask for a day: one that is still to come, and later than the day it has by now.
    fn may_ask_for(&self, duty: &DutyId, name: &str, until: Date) -> Result<(), String> {
        if until <= self.today() {
            return Err(format!("希望延到的 {until} 不是今天以后的日子"));
        }
        let extended = self.known(duty).and_then(|known| known.extended_to);
        let due = self.set_due(duty).max(extended);
        if let Some(due) = due.filter(|due| *due >= until) {
            return Err(format!(
                "{name} 现在的截止日是 {due},希望延到的 {until} 并不更晚"
            ));
        }
        self.not_too_far("希望延到的", until)
    }

    fn answer(
        &self,
        duty: DutyId,
        said: Answer,
        (by, note): (String, String),
        until: Option<Date>,
        name: &str,
    ) -> Result<Decided, String> {
        let times = self.times(&duty);
        let untouched = DutyState::default();
        let known = self.known(&duty).unwrap_or(&untouched);
        let given = known.dones.len();
        let done = given >= usize::from(times);
        let saying = Saying {
            answer: said,
            by: &by,
            note: &note,
            until,
            nth: None,
        };
        // What another says of the same is recorded too: the clerk was told it, and has just typed who it was.
        if known.is_heard_before(&saying, times) && known.is_on_record(&saying) {
            let (said, count) = (said.name(), count(times, given));
            let words = format!("台账里已有同样的回执:{name} {said}({by}){count}");
            return Ok(Decided::Before(words));
        }
        if let Some(until) = until {
            self.may_ask_for(&duty, name, until)?;
        }
        let closes = known.closes(said);
        let corrects = done && said.is_request() && said != Answer::HandedOver;
        let by_now = match (closes, done) {
            (true, false) => given + 1,
            _ if corrects => given - 1,
            _ => given,
        };
        let words = format!("{name} {}({by}){}", said.name(), count(times, by_now));
        let event = Event::Answer {
            duty,
            answer: said,
            by,
            note,
            via: Via::Clerk,
            address: None,
            // Where all are in, who else says so makes none more: a correction would leave it done.
            nth: closes.then(|| known.next_done(times).unwrap_or(times)),
            until,
            corrects,
        };
        Ok(Decided::Record(vec![event], words))
    }

    fn ruling(
        &self,
        duty: DutyId,
        granted: bool,
        until: Option<Date>,
        (by, note): (String, String),
        name: &str,
    ) -> Result<Decided, String> {
        let request = self
            .known(&duty)
            .and_then(DutyState::request)
            .ok_or_else(|| format!("{name} 没有待定的申请;要延期或免做,可以直接办"))?;
        let until = if request.answer == Answer::Extension && granted {
            let until = until
                .or(request.until)
                .ok_or("申请里没有写延到哪天,请写明日期")?;
            self.later(&duty, name, until)?;
            Some(until)
        } else {
            None
        };
        let words = format!(
            "{name} 的“{}”{}({by}){}",
            request.answer.name(),
            if granted { "已同意" } else { "未同意" },
            until.map_or(String::new(), |day| format!(",延至{}", whole_day(day)))
        );
        let event = Event::Decision {
            duty,
            request: request.answer,
            granted,
            by,
            note,
            until,
        };
        Ok(Decided::Record(vec![event], words))
    }
}

/// How many of several are in, behind what was recorded; nothing where one is asked for.
fn count(times: u16, given: usize) -> String {
    if times > 1 {
        format!(",共 {times} 次,已报 {given} 次")
    } else {
        String::new()
    }
}

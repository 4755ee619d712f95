//! A conditional task raised by hand, for a unit or for many; and alerts, which go out at once.

use jiff::civil::Date;

use super::Clerk;
use crate::core::audience::Audience;
use crate::core::calendar::{Schedule, Task};
use crate::core::diagnostic::did_you_mean;
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::fact::Event;
use crate::core::ladder::Stretch;
use crate::core::names::TaskId;
use crate::core::period::PeriodKey;
use crate::core::roster::Unit;
use crate::core::titles::audience_title;

/// The task of an alert for which the calendar has no task of its own.
const ALERT: &str = "alert";

/// Units named one by one; more are counted.
const MOST_NAMES: usize = 8;

/// What is to be raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raise {
    /// The task; none for an alert that has no task of its own.
    pub task: Option<String>,
    /// For whom.
    pub whom: Whom,
    /// Whether it is an alert: it goes out at once, and closes by `received`.
    pub alert: bool,
    /// What it is called this time; empty: the task's title.
    pub title: String,
    /// When it is due; none: as the task has it.
    pub due: Option<Date>,
}

/// For whom something is raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A unit, by its id.
    Unit(String),
    /// All units of an audience, as the calendar writes it.
    Audience(String),
}

/// A task that was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// To be recorded.
    pub events: Vec<Event>,
    /// How that is told.
    pub words: String,
    /// What the one who raised it should know.
    pub warning: Option<String>,
}

impl<'a> Clerk<'a> {
    /// What raising a task comes to.
    ///
    /// # Errors
    /// Why it cannot be done, for a person.
    pub fn raise(&self, given: &Raise, by: &str, note: &str) -> Result<Raised, String> {
        let task = self.conditional(given.task.as_deref())?;
        let Schedule::Conditional(within) = task.schedule else {
            return Err(format!("“{}”按行事历进行,不用发起", task.title));
        };
        if given.task.is_none() && given.title.is_empty() && note.is_empty() {
            return Err("请在名称或事由里写明是什么事".to_owned());
        }
        let (units, warning) = self.units(task, &given.whom)?;
        let today = self.today();
        let workdays = &self.agenda.calendar.workdays;
        let due = given.due.unwrap_or_else(|| match within {
            Stretch::Workdays(n) => workdays.after(today, n),
            Stretch::Days(n) => today.saturating_add(jiff::Span::new().days(i64::from(n))),
        });
        if due < today {
            return Err(format!("到期日 {due} 已经过去"));
        }
        self.not_too_far("到期日", due)?;
        let occurrence = self.fresh_occurrence(task, &units, today);
        let event = |unit: &&Unit| Event::Raised {
            duty: DutyId {
                occurrence: occurrence.clone(),
                unit: unit.id.clone(),
            },
            due,
            by: by.to_owned(),
            note: note.to_owned(),
            alert: given.alert,
            title: given.title.clone(),
        };
        let name = match given.title.as_str() {
            "" => &task.title,
            title => title,
        };
        let when = if given.alert {
            "服务运行着的话,几秒内发出"
        } else {
            "在下一个时点发出"
        };
        let unit = match units.as_slice() {
            [unit] => unit.id.as_str(),
            _ => "…",
        };
        Ok(Raised {
            events: units.iter().map(event).collect(),
            words: format!(
                "{}“{name}”,{due}前,编号 {occurrence}/{unit};{when}",
                names(&units)
            ),
            warning,
        })
    }

    fn conditional(&self, named: Option<&str>) -> Result<&'a Task, String> {
        let tasks = &self.agenda.calendar.tasks;
        let Some(named) = named else {
            return tasks.get(ALERT).ok_or_else(|| {
                format!("行事历里没有任务 {ALERT}(紧急通知),请写明用哪一项有条件的任务来发")
            });
        };
        tasks.get(named).ok_or_else(|| {
            let known = self
                .agenda
                .calendar
                .conditional()
                .map(|task| task.id.as_str());
            let hint =
                did_you_mean(named, known).map_or(String::new(), |words| format!("。{}", words.zh));
            format!("行事历里没有任务 {named}{hint}")
        })
    }

    /// The units it is raised for: each must be one the task is for.
    fn units(&self, task: &Task, whom: &Whom) -> Result<(Vec<&'a Unit>, Option<String>), String> {
        let agenda = self.agenda;
        let roster = &agenda.roster;
        let is_for = |unit: &&Unit| agenda.group_of(task, &unit.id).is_some();
        let text = match whom {
            Whom::Unit(named) => {
                let unit = roster.units().iter().find(|unit| unit.id.as_str() == named);
                let unit = unit.ok_or_else(|| {
                    let known = roster.units().iter().map(|unit| unit.id.as_str());
                    let hint = did_you_mean(named, known)
                        .map_or(String::new(), |words| format!("。{}", words.zh));
                    format!("花名册里没有单位 {named}{hint}")
                })?;
                if !is_for(&unit) {
                    return Err(format!(
                        "“{}”不适用于{}(适用对象:{})",
                        task.title,
                        unit.name,
                        audience_title(agenda, &task.audience)
                    ));
                }
                return Ok((vec![unit], None));
            }
            Whom::Audience(text) => text,
        };
        let audience = Audience::parse(text, &agenda.calendar.tag_names()).map_err(|fault| {
            let help = fault
                .help
                .map_or(String::new(), |help| format!("。{}", help.zh));
            format!("对象“{text}”:{}{help}", fault.message.zh)
        })?;
        let asked: Vec<&Unit> = roster
            .units()
            .iter()
            .filter(|unit| audience.matches(unit))
            .collect();
        let whom = audience_title(agenda, &audience);
        if asked.is_empty() {
            return Err(format!("没有一个单位合于“{whom}”"));
        }
        let units: Vec<&Unit> = asked.iter().copied().filter(|unit| is_for(unit)).collect();
        if units.is_empty() {
            return Err(format!(
                "“{}”不适用于“{whom}”中的任何单位(适用对象:{})",
                task.title,
                audience_title(agenda, &task.audience)
            ));
        }
        let warning = (units.len() < asked.len()).then(|| {
            format!(
                "“{whom}”有{}个单位,“{}”只适用于其中{}个(适用对象:{})",
                asked.len(),
                task.title,
                units.len(),
                audience_title(agenda, &task.audience)
            )
        });
        Ok((units, warning))
    }

    /// The first raising of the day that none of the units has had.
    fn fresh_occurrence(&self, task: &Task, units: &[&Unit], today: Date) -> OccurrenceId {
        let named = |nth| OccurrenceId {
            task: TaskId::clone(&task.id),
            period: PeriodKey::Raised(today, nth),
        };
        let is_free = |id: &OccurrenceId| {
            let known = self.state.happened(id);
            units.iter().all(|unit| !known.has(&unit.id))
        };
        (1..=u16::MAX)
            .map(named)
            .find(is_free)
            .unwrap_or_else(|| named(u16::MAX))
    }
}

fn names(units: &[&Unit]) -> String {
    let named: Vec<_> = units
        .iter()
        .take(MOST_NAMES)
        .map(|unit| unit.name.as_str())
        .collect();
    match units.len() {
        all if all > MOST_NAMES => format!("{}等{all}个单位", named.join("、")),
        _ => named.join("、"),
    }
}

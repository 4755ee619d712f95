//! The calendar: the year of duties as the bureau wrote it, checked.

mod copies;
mod links;
mod read;
mod read_due_at;
mod read_ladder;
mod read_task;
mod read_year;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Time;
use jiff::tz::TimeZone;

pub use read::{read, read_beside};
pub(crate) use read_ladder::later;
pub use read_ladder::{default_ladder, read_role, role};

use super::audience::Audience;
use super::dates::DateForm;
use super::diagnostic::{Locale, Place};
use super::ladder::{Ladder, LadderPatch, Stretch};
use super::names::TaskId;
use super::period::Every;
use super::school_year::SchoolYear;
use super::shift::Shift;
use super::workdays::Workdays;

/// The roles a contact may hold, as the calendar writes them and as people say them.
pub const ROLES: [(&str, &str); 4] = [
    ("safety", "安全主任"),
    ("deputy", "分管副校长"),
    ("principal", "校长"),
    ("office", "办公室"),
];

/// What people call a role.
pub fn role_name(role: &str) -> &str {
    ROLES
        .iter()
        .find(|(word, _)| *word == role)
        .map_or(role, |(_, name)| name)
}

/// Where a task comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The document this calendar was made from.
    Seed,
    /// A day or week fixed for the whole country.
    National,
    /// The calendars of comparable bureaus.
    Comparable,
    /// Assumed; the bureau should confirm or remove it.
    Assumed,
    /// The bureau's own.
    Local,
}

impl Origin {
    /// All of them, as they are written and said.
    pub const ALL: [(&'static str, &'static str, Self); 5] = [
        ("seed", "本市文件", Self::Seed),
        ("national", "全国统一规定", Self::National),
        ("comparable", "参照同类地区", Self::Comparable),
        ("assumed", "推定,待确认", Self::Assumed),
        ("local", "本市自定", Self::Local),
    ];

    /// As people say it.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, _, origin)| *origin == self)
            .map_or("", |(_, name, _)| name)
    }

    /// As it is written.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, _, origin)| *origin == self)
            .map_or("", |(word, _, _)| word)
    }
}

/// When a task comes round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// By the calendar.
    Dated(DateForm),
    /// Raised by hand, due so long after.
    Conditional(Stretch),
}

/// One `[[task]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// What it asks, in a few words.
    pub title: String,
    /// The standard, in a sentence or two; may be empty.
    pub detail: String,
    /// How often it comes round.
    pub every: Every,
    /// How many answers a period asks.
    pub times: u16,
    /// When it is due.
    pub schedule: Schedule,
    /// For whom it is due on another day; where several match a unit, the last.
    pub due_at: Vec<DueAt>,
    /// The hour it is due at, on the due day.
    pub due_time: Option<Time>,
    /// What differs from the ladder of all tasks.
    pub patch: LadderPatch,
    /// Whom it is for.
    pub audience: Audience,
    /// What to hand in; may be empty.
    pub evidence: String,
    /// The task whose duty must be done first.
    pub after: Option<TaskId>,
    /// The tasks that cover this one when they fall into its period.
    pub met_by: Vec<TaskId>,
    /// With fewer teaching days in the period there is no occurrence.
    pub skip_below_teaching_days: Option<u16>,
    /// Where in its sources it stands.
    pub source: String,
    /// What kind of source that is.
    pub origin: Origin,
    /// The document it rests on (依据文件); may be empty.
    pub authority: String,
    /// Its `id` in the file.
    pub place: Place,
    /// Its `due` in the file.
    pub due_place: Place,
    /// Its `audience` in the file.
    pub audience_place: Place,
}

/// An entry of a task's `due_at`: for some units it is due on another day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueAt {
    /// For which.
    pub audience: Audience,
    /// How far from everybody's due day.
    pub shift: Shift,
    /// Its key in the file.
    pub place: Place,
}

/// An `[[adjust]]`: for some units the ladder differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjust {
    /// For which.
    pub audience: Audience,
    /// How.
    pub patch: LadderPatch,
    /// Its `audience` in the file.
    pub place: Place,
}

/// A cap, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// The most there may be.
    pub most: u32,
    /// Its value in the file.
    pub place: Place,
}

/// `[burden]`: how much may be asked of a school before `check` speaks up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Duties due in a month.
    pub duties: Option<Cap>,
    /// Of them, those that ask for evidence.
    pub evidence: Option<Cap>,
    /// Whether each task must name its `authority`.
    pub require_authority: bool,
}

/// A month's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthPage {
    /// The month's theme.
    pub theme: String,
    /// What the month is about.
    pub focus: Vec<String>,
}

/// The whole calendar, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// Its title.
    pub title: String,
    /// The time zone its days and hours are in.
    pub timezone: TimeZone,
    /// The language of its letters and messages.
    pub locale: Locale,
    /// The times of day at which letters go out, in order; never empty.
    pub send_at: Vec<Time>,
    /// Every tag that may be used, with its meaning.
    pub tags: BTreeMap<String, String>,
    /// What every task inherits.
    pub ladder: Ladder,
    /// Where `[ladder]` stands, if the calendar has one.
    pub ladder_place: Option<Place>,
    /// The adjustments, in order.
    pub adjusts: Vec<Adjust>,
    /// How much may be asked of a school.
    pub caps: Caps,
    /// The months' pages.
    pub months: BTreeMap<i8, MonthPage>,
    /// The tasks by id.
    pub tasks: BTreeMap<TaskId, Task>,
    /// Which days are worked.
    pub workdays: Workdays,
    /// The local school calendar.
    pub school: SchoolYear,
}

impl Calendar {
    /// The tags' names.
    pub fn tag_names(&self) -> BTreeSet<String> {
        self.tags.keys().cloned().collect()
    }

    /// How many answers a task asks; one, where it is gone from the calendar.
    pub fn times(&self, task: &TaskId) -> u16 {
        self.tasks.get(task).map_or(1, |task| task.times)
    }

    /// The conditional tasks, which are raised by hand.
    pub fn conditional(&self) -> impl Iterator<Item = &Task> {
        let tasks = self.tasks.values();
        tasks.filter(|task| matches!(task.schedule, Schedule::Conditional(_)))
    }

    /// The ladder of a task for a unit that matches these adjustments.
    pub fn ladder_of(&self, task: &Task, adjusts: &[usize]) -> Ladder {
        adjusts
            .iter()
            .fold(self.ladder.clone(), |ladder, at| {
                ladder.patched(&self.adjusts[*at].patch)
            })
            .patched(&task.patch)
    }
}

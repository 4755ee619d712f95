//! The ladder: the rungs a duty climbs from being announced to being carried up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::names::Role;
use super::scan::{Scan, plain};

/// The longest stretch there is, in days or workdays: more is a slip of the pen.
const LONGEST: u16 = 400;

/// A stretch of time as the calendar writes it: `14d` or `2 workdays`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stretch {
    /// Days on the wall calendar.
    Days(u16),
    /// Workdays by the State Council's notices.
    Workdays(u16),
}

impl Stretch {
    /// Reads `14d`, `14 days`, `14天`, `十四天`, `2周`, `2 workdays`, `1 workday`, `２个工作日`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = plain(text);
        let mut scan = Scan::new(&plain);
        let number = u16::try_from(scan.number()?).ok()?;
        let found = match scan.rest {
            "d" | "day" | "days" | "天" | "日" => Self::Days(number),
            "w" | "week" | "weeks" | "周" | "星期" | "个星期" => Self::Days(number * 7),
            "workday" | "workdays" | "个工作日" | "工作日" => Self::Workdays(number),
            _ => return None,
        };
        let (Self::Days(count) | Self::Workdays(count)) = found;
        (count <= LONGEST).then_some(found)
    }

    /// How a person says it in Chinese.
    pub fn chinese(self) -> String {
        match self {
            Self::Days(n) => format!("{n}天"),
            Self::Workdays(n) => format!("{n}个工作日"),
        }
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(n) => write!(f, "{n}d"),
            Self::Workdays(1) => f.write_str("1 workday"),
            Self::Workdays(n) => write!(f, "{n} workdays"),
        }
    }
}

/// Whom a rung goes to: a role at the duty's own unit, or at its nearest ancestor of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleRef {
    /// The role.
    pub role: Role,
    /// `None`: the duty's own unit.
    pub at: Option<super::roster::Kind>,
}

impl RoleRef {
    /// Whether it points above the duty's own unit.
    pub fn is_above(&self) -> bool {
        self.at.is_some()
    }
}

impl fmt::Display for RoleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            None => write!(f, "{}", self.role),
            Some(kind) => write!(f, "{}@{}", self.role, kind.word()),
        }
    }
}

/// One level of an escalation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Level {
    /// How long after the due day it climbs here.
    pub after: Stretch,
    /// Who hears of it.
    pub to: Vec<RoleRef>,
}

/// How those who have to act are reminded once the duty is overdue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nag {
    /// The time between two of them.
    pub every: Stretch,
    /// How many, at most.
    pub at_most: u16,
}

/// What becomes of a day that falls on a rest day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnRestDay {
    /// The last workday before it.
    Before,
    /// The first workday after it.
    After,
    /// It stays.
    Keep,
}

impl OnRestDay {
    /// As the calendar writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::Keep => "keep",
        }
    }
}

impl OnRestDay {
    /// What it means, as people say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "提前到工作日",
            Self::After => "顺延到工作日",
            Self::Keep => "不动",
        }
    }
}

/// When a duty is announced, reminded of and escalated, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ladder {
    /// How long before the due day the duty opens and is announced.
    pub opens: Stretch,
    /// The reminders, each so long before the due day.
    pub remind: Vec<Stretch>,
    /// Who has to act.
    pub to: Vec<RoleRef>,
    /// The levels it climbs when it is late, in order.
    pub escalate: Vec<Level>,
    /// The reminders after the due day; none where `at_most` is 0.
    pub nag: Nag,
    /// Which way a reminder moves off a rest day: `Before` or `After`.
    pub on_rest_day: OnRestDay,
    /// Which way a due day moves off a rest day.
    pub due_on_rest_day: OnRestDay,
}

/// The part of a ladder that an adjustment or a task replaces; a key replaces the whole value of the
/// ladder's field of the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LadderPatch {
    pub opens: Option<Stretch>,
    pub remind: Option<Vec<Stretch>>,
    pub to: Option<Vec<RoleRef>>,
    pub escalate: Option<Vec<Level>>,
    pub nag: Option<Nag>,
    pub on_rest_day: Option<OnRestDay>,
    pub due_on_rest_day: Option<OnRestDay>,
}

impl Ladder {
    /// This ladder with the patch's keys put in the place of its own.
    pub fn patched(mut self, patch: &LadderPatch) -> Self {
        if let Some(opens) = patch.opens {
            self.opens = opens;
        }
        if let Some(remind) = &patch.remind {
            self.remind.clone_from(remind);
        }
        if let Some(to) = &patch.to {
            self.to.clone_from(to);
        }
        if let Some(escalate) = &patch.escalate {
            self.escalate.clone_from(escalate);
        }
        if let Some(nag) = patch.nag {
            self.nag = nag;
        }
        if let Some(way) = patch.on_rest_day {
            self.on_rest_day = way;
        }
        if let Some(way) = patch.due_on_rest_day {
            self.due_on_rest_day = way;
        }
        self
    }
}

/// A step of a duty's ladder, or what an answer or an edit brings. Written `remind:7d`, `escalate:1 workday`, `overdue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rung {
    /// The announcement.
    Opens,
    /// A reminder, so long before the due day.
    Remind(Stretch),
    /// The first word after the due day.
    Overdue,
    /// A level of the escalation, so long after the due day.
    Escalate(Stretch),
    /// A reminder so long after the due day.
    Nag(Stretch),
    /// The due day is another than the one last told.
    Changed,
    /// A request was granted or refused.
    Decided,
    /// It was settled: the nth time, since a return reopens it.
    Closed(u16),
    /// The duty is no longer asked.
    Withdrawn,
}

impl Rung {
    /// Whether a settled duty must not get it (promise P2).
    pub fn presses(self) -> bool {
        matches!(
            self,
            Self::Opens | Self::Remind(_) | Self::Overdue | Self::Escalate(_) | Self::Nag(_)
        )
    }

    /// How a person says it in Chinese.
    pub fn chinese(self) -> String {
        match self {
            Self::Opens => "布置".to_owned(),
            Self::Remind(Stretch::Days(0) | Stretch::Workdays(0)) => "当天提醒".to_owned(),
            Self::Remind(offset) => format!("提前{}提醒", offset.chinese()),
            Self::Overdue => "逾期告知".to_owned(),
            Self::Escalate(offset) => format!("逾期{}上报", offset.chinese()),
            Self::Nag(offset) => format!("逾期{}催办", offset.chinese()),
            Self::Changed => "改期告知".to_owned(),
            Self::Decided => "批复".to_owned(),
            Self::Closed(_) => "办结告知".to_owned(),
            Self::Withdrawn => "撤销告知".to_owned(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (kind, offset) = match text.split_once(':') {
            Some((kind, offset)) => (kind, Some(offset)),
            None => (text, None),
        };
        Some(match (kind, offset) {
            ("opens", None) => Self::Opens,
            ("overdue", None) => Self::Overdue,
            ("changed", None) => Self::Changed,
            ("decided", None) => Self::Decided,
            ("withdrawn", None) => Self::Withdrawn,
            ("closed", None) => Self::Closed(1),
            ("closed", Some(nth)) => Self::Closed(nth.parse().ok()?),
            ("remind", Some(offset)) => Self::Remind(Stretch::parse(offset)?),
            ("escalate", Some(offset)) => Self::Escalate(Stretch::parse(offset)?),
            ("nag", Some(offset)) => Self::Nag(Stretch::parse(offset)?),
            _ => return None,
        })
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opens => f.write_str("opens"),
            Self::Remind(offset) => write!(f, "remind:{offset}"),
            Self::Overdue => f.write_str("overdue"),
            Self::Escalate(offset) => write!(f, "escalate:{offset}"),
            Self::Nag(offset) => write!(f, "nag:{offset}"),
            Self::Changed => f.write_str("changed"),
            Self::Decided => f.write_str("decided"),
            Self::Closed(1) => f.write_str("closed"),
            Self::Closed(nth) => write!(f, "closed:{nth}"),
            Self::Withdrawn => f.write_str("withdrawn"),
        }
    }
}

impl FromStr for Rung {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| format!("“{text}”不是阶"))
    }
}

impl Serialize for Rung {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rung {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

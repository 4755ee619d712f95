//! A due day of some units' own, told by how far it lies from everybody's: `-3 workdays`, `提前3个工作日`.

use std::fmt;

use super::ladder::Stretch;
use super::scan::plain;

/// The farthest a unit's due day may lie from everybody's: what lies farther is a task of its own.
const FARTHEST_DAYS: u16 = 60;
const FARTHEST_WORKDAYS: u16 = 40;

/// How far a due day lies from everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shift {
    /// So long before it.
    Earlier(Stretch),
    /// So long after it.
    Later(Stretch),
}

/// Why a text is no shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAShift {
    /// It cannot be read.
    Unreadable,
    /// It says how far, and not which way.
    NoDirection(Stretch),
    /// It is no shift at all: nought days.
    Nought,
    /// It is farther than a shift may be.
    TooFar(Stretch),
}

impl Shift {
    /// Reads `-3 workdays`, `+5d`, `提前3个工作日`, `推迟五天`, `3 workdays earlier`.
    ///
    /// # Errors
    /// Why not.
    pub fn parse(text: &str) -> Result<Self, NotAShift> {
        let plain = plain(text);
        let (by, way) = direction(&plain);
        let by = Stretch::parse(by).ok_or(NotAShift::Unreadable)?;
        let (count, farthest) = match by {
            Stretch::Days(n) => (n, FARTHEST_DAYS),
            Stretch::Workdays(n) => (n, FARTHEST_WORKDAYS),
        };
        match way {
            None => Err(NotAShift::NoDirection(by)),
            Some(_) if count == 0 => Err(NotAShift::Nought),
            Some(_) if count > farthest => Err(NotAShift::TooFar(by)),
            Some(way) => Ok(way(by)),
        }
    }

    /// How a person says it in Chinese: `提前3个工作日`.
    pub fn chinese(self) -> String {
        match self {
            Self::Earlier(by) => format!("提前{}", by.chinese()),
            Self::Later(by) => format!("推迟{}", by.chinese()),
        }
    }

    /// How a person says it in English: `3 workdays earlier`.
    pub fn english(self) -> String {
        let (by, way) = match self {
            Self::Earlier(by) => (by, "earlier"),
            Self::Later(by) => (by, "later"),
        };
        match by {
            Stretch::Days(1) => format!("1 day {way}"),
            Stretch::Days(n) => format!("{n} days {way}"),
            Stretch::Workdays(_) => format!("{by} {way}"),
        }
    }

    /// A number of days that it surely lies within.
    pub fn days_at_most(self) -> u16 {
        let (Self::Earlier(by) | Self::Later(by)) = self;
        match by {
            Stretch::Days(n) => n,
            // Two weeks of holidays may lie in between.
            Stretch::Workdays(n) => n * 2 + 14,
        }
    }
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Earlier(by) => write!(f, "-{by}"),
            Self::Later(by) => write!(f, "+{by}"),
        }
    }
}

/// Before everybody's due day, or after it.
type Way = fn(Stretch) -> Shift;

/// What is left without the word for the way, and the way.
fn direction(text: &str) -> (&str, Option<Way>) {
    const BEFORE: [(&str, Way); 9] = [
        ("-", Shift::Earlier),
        ("–", Shift::Earlier),
        ("提前", Shift::Earlier),
        ("提早", Shift::Earlier),
        ("+", Shift::Later),
        ("推迟", Shift::Later),
        ("推后", Shift::Later),
        ("延后", Shift::Later),
        ("顺延", Shift::Later),
    ];
    const BEHIND: [(&str, Way); 2] = [("earlier", Shift::Earlier), ("later", Shift::Later)];
    for (word, way) in BEFORE {
        if let Some(rest) = text.strip_prefix(word) {
            return (rest, Some(way));
        }
    }
    for (word, way) in BEHIND {
        if let Some(rest) = text.strip_suffix(word) {
            return (rest, Some(way));
        }
    }
    (text, None)
}

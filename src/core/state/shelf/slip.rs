//! A slip: what the shelf has of a duty, in eight bytes.

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::core::plan::Slots;
use crate::core::state::DutyState;

/// How a duty ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Done.
    Done,
    /// The officer let the unit off.
    Waived,
    /// The officer agreed that it does not apply.
    NotApplicable,
}

/// How a duty ended, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How.
    pub how: How,
    /// When; of what is on the shelf the day is right, and the hour is not known.
    pub at: Timestamp,
}

/// What the shelf has of a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// How it ended; `None` where it never did and is so old that nobody is pressed for it.
    pub ending: Option<Ending>,
    /// The due day of a granted extension.
    pub extended_to: Option<Date>,
}

/// The same in eight bytes: days are counted from 2000, and there is none where they are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slip {
    /// The unit, by its place among the shelf's units, and in the lowest eight bits how it ended: [`WAIVED`],
    /// [`NOT_APPLICABLE`], or from [`UNDONE`] on how often it was done.
    unit_and_how: u32,
    /// The day it ended; 0 where it never did.
    ended: u16,
    /// The due day of a granted extension.
    extended: u16,
}

const WAIVED: u8 = 0;
const NOT_APPLICABLE: u8 = 1;
const UNDONE: u8 = 2;

/// The day that days are counted from.
const EPOCH: Date = date(2000, 1, 1);

/// The same, from 1970.
const EPOCH_DAYS: u16 = 10_957;

const DAY_S: i64 = 24 * 60 * 60;

fn counted(day: Date) -> u16 {
    u16::try_from((day - EPOCH).get_days()).unwrap_or(0)
}

fn day_of(counted: u16) -> Date {
    EPOCH.saturating_add(i64::from(counted).days())
}

impl Slip {
    pub(super) fn of(unit: u32, state: &DutyState, times: u16, slots: Slots<'_>) -> Self {
        let ending = state.ending(times);
        let dones = u8::try_from(state.dones.len()).unwrap_or(u8::MAX);
        let how = match ending.map(|ending| ending.how) {
            Some(How::Waived) => WAIVED,
            Some(How::NotApplicable) => NOT_APPLICABLE,
            Some(How::Done) | None => dones.saturating_add(UNDONE),
        };
        Self {
            unit_and_how: unit << 8 | u32::from(how),
            ended: ending.map_or(0, |ending| counted(slots.day(ending.at))),
            extended: state.extended_to.map_or(0, counted),
        }
    }

    pub(super) fn unit(self) -> u32 {
        self.unit_and_how >> 8
    }

    pub(super) fn how(self) -> u8 {
        self.unit_and_how.to_le_bytes()[0]
    }

    pub(super) fn rest(self) -> Rest {
        let how = match self.how() {
            WAIVED => How::Waived,
            NOT_APPLICABLE => How::NotApplicable,
            _ => How::Done,
        };
        // Noon at Greenwich is the same day wherever there are schools.
        let days = i64::from(EPOCH_DAYS) + i64::from(self.ended);
        let noon = Timestamp::from_second(days * DAY_S + DAY_S / 2).ok();
        let ended = noon.filter(|_| self.ended > 0);
        Rest {
            ending: ended.map(|at| Ending { how, at }),
            extended_to: (self.extended > 0).then(|| day_of(self.extended)),
        }
    }

    /// Whether it says the same where so many answers are asked: what was done stays done, and what was not stays so.
    pub(super) fn holds(self, times: u16) -> bool {
        let how = self.how();
        let is_done = how == u8::MAX || u16::from(how.saturating_sub(UNDONE)) >= times;
        how < UNDONE || is_done == (self.ended > 0)
    }
}

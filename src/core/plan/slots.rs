//! Slots: the instants at which letters go out. There are none on rest days.

use jiff::civil::{Date, Time, time};
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, Timestamp};

use crate::core::calendar::Calendar;
use crate::core::workdays::{next, previous};

/// A pass this long after its slot is late: the slot fell into an outage. It is the time a restart may take.
pub const GRACE: SignedDuration = SignedDuration::from_mins(10);

/// When the day's late letters may still go out, and until when.
pub(super) const SENDING_HOURS: (Time, Time) = (time(8, 0, 0, 0), time(20, 0, 0, 0));

/// The slots of a calendar.
#[derive(Clone, Copy)]
pub struct Slots<'a> {
    calendar: &'a Calendar,
}

impl<'a> Slots<'a> {
    /// The slots of a calendar.
    pub fn new(calendar: &'a Calendar) -> Self {
        Self { calendar }
    }

    /// The local day of an instant.
    pub fn day(self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.calendar.timezone.clone()).date()
    }

    /// The instant of a local time. What a clock change leaves out begins at the first instant there is; what it
    /// repeats is meant the first time.
    pub fn instant(self, day: Date, at: Time) -> Timestamp {
        let zone = &self.calendar.timezone;
        let local = day.to_datetime(at);
        let ambiguous = zone.to_ambiguous_timestamp(local);
        let found = match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => ambiguous
                .earlier()
                .ok()
                .and_then(|before| zone.following(before).next())
                .map(|transition| transition.timestamp()),
            _ => ambiguous.earlier().ok(),
        };
        found.unwrap_or(Timestamp::MAX)
    }

    /// The first slot of a workday.
    pub fn first_of(self, day: Date) -> Timestamp {
        self.instant(day, self.calendar.send_at[0])
    }

    fn of(self, day: Date) -> impl DoubleEndedIterator<Item = Timestamp> + 'a {
        let worked = self.calendar.workdays.is_workday(day);
        self.calendar
            .send_at
            .iter()
            .filter(move |_| worked)
            .map(move |at| self.instant(day, *at))
    }

    /// The first slot after an instant.
    pub fn after(self, at: Timestamp) -> Timestamp {
        let mut day = self.day(at);
        loop {
            if let Some(found) = self.of(day).find(|slot| *slot > at) {
                return found;
            }
            if day == Date::MAX {
                return Timestamp::MAX;
            }
            day = next(day);
        }
    }

    /// The last slot before an instant.
    pub fn before(self, at: Timestamp) -> Timestamp {
        let mut day = self.day(at);
        loop {
            if let Some(found) = self.of(day).rev().find(|slot| *slot < at) {
                return found;
            }
            if day == Date::MIN {
                return Timestamp::MIN;
            }
            day = previous(day);
        }
    }

    /// The slot whose letters may be decided now: the latest of today, on time or within the sending hours.
    pub fn open_at(self, now: Timestamp) -> Option<Timestamp> {
        let local = now.to_zoned_datetime(self.calendar.timezone.clone());
        let slot = self.of(local.date()).rev().find(|slot| *slot <= now)?;
        let on_time = now.duration_since(slot) <= GRACE;
        let (from, until) = SENDING_HOURS;
        (on_time || (from <= local.time() && local.time() < until)).then_some(slot)
    }
}

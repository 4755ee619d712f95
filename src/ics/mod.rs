//! Dates as calendar programs read them: iCalendar (RFC 5545), by `dates`, in a letter and as a unit's feed.
//!
//! A duty keeps its `UID` whatever happens to its dates, so that a program that knows it moves it instead of showing it
//! twice; `SEQUENCE` grows when its due day changes. Pure: the same dates give the same bytes.

mod text;
mod zone;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::core::board::BoardDuty;
use crate::core::letter::{Content, Item};
use crate::core::names::UnitId;
use crate::core::overview::Below;
use crate::core::plan::Standing;
use text::Lines;

/// The media type of a feed.
pub const MEDIA_TYPE: &str = "text/calendar; charset=utf-8";

/// What is due, as an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is told by: `task@period/unit`.
    pub id: String,
    /// What it is called, `全校应急疏散演练 · 浒山小学`.
    pub summary: String,
    /// The window's first day, where it is one.
    pub from: Option<Date>,
    /// The last day.
    pub due: Date,
    /// The hour on that day.
    pub due_time: Option<Time>,
    /// What it asks, line by line; empty ones are left out.
    pub description: Vec<String>,
    /// What it rests on, by which programs colour it; may be empty.
    pub category: String,
    /// How often its due day has changed.
    pub sequence: u32,
}

/// What holds for all events of a calendar.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Its name.
    pub name: &'a str,
    /// The zone its hours are in.
    pub zone: &'a TimeZone,
    /// When it was put together.
    pub stamp: Timestamp,
    /// Whether it is read again and again, rather than once.
    pub subscribed: bool,
}

/// A calendar of these events.
#[must_use]
pub fn calendar(head: &Head<'_>, events: &[Event]) -> String {
    let mut lines = Lines::default();
    lines.put("BEGIN", "VCALENDAR");
    lines.put("VERSION", "2.0");
    lines.put("PRODID", "-//schoolbell//schoolbell//ZH");
    lines.put("CALSCALE", "GREGORIAN");
    lines.put("METHOD", "PUBLISH");
    lines.text("X-WR-CALNAME", head.name);
    if head.subscribed {
        lines.text("NAME", head.name);
        lines.put("REFRESH-INTERVAL;VALUE=DURATION", "PT6H");
        lines.put("X-PUBLISHED-TTL", "PT6H");
    }
    // Zones without a name of their own are told by instants; they need no definition.
    let named = head.zone.iana_name();
    let hours = || events.iter().filter(|event| event.due_time.is_some());
    let first = hours().map(|event| event.from.unwrap_or(event.due)).min();
    if let (Some(id), Some(from), Some(to)) = (named, first, hours().map(|event| event.due).max()) {
        zone::define(&mut lines, head.zone, id, from, to);
    }
    for event in events {
        event.put(&mut lines, head);
    }
    lines.put("END", "VCALENDAR");
    lines.finish()
}

/// The dates a letter carries; `None` where it has none.
#[must_use]
pub fn of_letter(content: &Content, zone: &TimeZone) -> Option<String> {
    let events: Vec<Event> = content.dates().map(Event::of_item).collect();
    let head = Head {
        name: &content.calendar,
        zone,
        stamp: content.slot,
        subscribed: false,
    };
    (!events.is_empty()).then(|| calendar(&head, &events))
}

impl Event {
    fn of_item(item: &Item) -> Self {
        let date_note = item.date_note.as_deref().unwrap_or_default();
        Self {
            id: item.duty.to_string(),
            summary: summary(&item.title, &item.unit_name),
            from: item.window_from,
            due: item.due,
            due_time: item.due_time.as_deref().and_then(|hour| hour.parse().ok()),
            description: described(&item.detail, &item.evidence, date_note, &item.authority),
            category: item.origin.clone(),
            sequence: item.date_changes,
        }
    }

    /// A duty of a unit's board; `None` where nothing is to be done any more, or its days are not known.
    #[must_use]
    pub fn of_duty(duty: &BoardDuty, unit_name: &str) -> Option<Self> {
        let done = match duty.standing {
            Standing::Waived
            | Standing::NotApplicable
            | Standing::Covered
            | Standing::Withdrawn => return None,
            Standing::Done { .. } => "✓ ",
            Standing::Ahead | Standing::Waiting | Standing::Open | Standing::Overdue => "",
        };
        Some(Self {
            id: duty.duty.to_string(),
            summary: format!("{done}{}", summary(&duty.title, unit_name)),
            from: duty.window_from,
            due: duty.due,
            due_time: duty.due_time,
            // No answers: a feed goes through other people's servers, and an answer has a name.
            description: described(&duty.detail, &duty.evidence, &duty.why, &duty.authority),
            category: duty.origin.to_owned(),
            sequence: duty.date_changes,
        })
    }

    /// An occurrence, as far as it is asked of the units below one: a town, or the bureau.
    #[must_use]
    pub fn of_below(found: &Below, above: &UnitId) -> Self {
        let tally = found.tally;
        let done = if tally.finished() == tally.all() {
            "✓ "
        } else {
            ""
        };
        let overdue = match tally.overdue {
            0 => String::new(),
            some => format!("，逾期{some}个"),
        };
        let progress = format!(
            "{}个单位，已办结{}个{overdue}",
            tally.all(),
            tally.finished()
        );
        let latest = if found.last_due > found.due {
            found
                .last_due
                .strftime("各单位不同，最晚到%-m月%-d日")
                .to_string()
        } else {
            String::new()
        };
        Self {
            id: format!("{}/below-{above}", found.occurrence),
            summary: format!("{done}{} · {}个单位", found.title, tally.all()),
            from: None,
            due: found.due,
            due_time: found.due_time,
            description: [
                vec![found.detail.clone(), progress],
                described("", "", &latest, &found.authority),
            ]
            .concat(),
            category: found.origin.to_owned(),
            sequence: found.date_changes,
        }
    }

    fn put(&self, lines: &mut Lines, head: &Head<'_>) {
        lines.put("BEGIN", "VEVENT");
        lines.text("UID", &format!("{}@schoolbell", self.id));
        lines.put("DTSTAMP", &instant(head.stamp));
        lines.put("SEQUENCE", &self.sequence.to_string());
        if let Some(hour) = self.due_time {
            self.put_hours(lines, head.zone, hour);
        } else {
            let after = self.due.tomorrow().unwrap_or(self.due);
            lines.put("DTSTART;VALUE=DATE", &day(self.first_day()));
            lines.put("DTEND;VALUE=DATE", &day(after));
        }
        lines.text("SUMMARY", &self.summary);
        let said: Vec<&str> = self
            .description
            .iter()
            .map(String::as_str)
            .filter(|line| !line.is_empty())
            .collect();
        if !said.is_empty() {
            lines.text("DESCRIPTION", &said.join("\n"));
        }
        if !self.category.is_empty() {
            lines.text("CATEGORIES", &self.category);
        }
        // A day by which something is to be done keeps nobody busy.
        lines.put("TRANSP", "TRANSPARENT");
        lines.put("END", "VEVENT");
    }

    /// A window runs to its hour; a day's deadline is that instant, since an event without an end takes no time.
    fn put_hours(&self, lines: &mut Lines, zone: &TimeZone, hour: Time) {
        let mut put = |name: &str, day: Date, at: Time| {
            let local = day.to_datetime(at);
            if let Some(id) = zone.iana_name() {
                let value = local.strftime("%Y%m%dT%H%M%S").to_string();
                lines.put(&format!("{name};TZID={id}"), &value);
            } else if let Ok(at) = zone.to_timestamp(local) {
                lines.put(name, &instant(at));
            }
        };
        if self.first_day() < self.due {
            put("DTSTART", self.first_day(), Time::midnight());
            put("DTEND", self.due, hour);
        } else {
            put("DTSTART", self.due, hour);
        }
    }

    fn first_day(&self) -> Date {
        self.from.map_or(self.due, |from| from.min(self.due))
    }
}

fn summary(title: &str, unit_name: &str) -> String {
    if unit_name.is_empty() {
        title.to_owned()
    } else {
        format!("{title} · {unit_name}")
    }
}

fn described(detail: &str, evidence: &str, why: &str, authority: &str) -> Vec<String> {
    let line = |label: &str, said: &str| match said {
        "" => String::new(),
        said => format!("{label}{said}"),
    };
    vec![
        detail.to_owned(),
        line("交什么：", evidence),
        line("日期：", why),
        line("依据：", authority),
    ]
}

fn day(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

fn instant(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

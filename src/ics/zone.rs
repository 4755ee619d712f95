//! A time zone as far as some events need it: the offset they begin with, and each change up to the last of them.

use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::{Offset, TimeZone};

use super::text::Lines;

/// Where no change of the clock came before, the zone is said to have begun here.
const LONG_AGO: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

/// Puts the `VTIMEZONE` of a zone, good from one day to another.
pub(super) fn define(lines: &mut Lines, zone: &TimeZone, id: &str, from: Date, to: Date) {
    let midnight = |day: Date| zone.to_timestamp(day.to_datetime(Time::midnight()));
    let after = to.tomorrow().unwrap_or(to);
    let (Ok(first), Ok(last)) = (midnight(from), midnight(after)) else {
        return;
    };
    lines.put("BEGIN", "VTIMEZONE");
    lines.put("TZID", id);
    let info = zone.to_offset_info(first);
    let mut before = info.offset();
    put_offset(lines, info.dst().is_dst(), LONG_AGO, before, before);
    for change in zone.following(first) {
        if change.timestamp() >= last {
            break;
        }
        // The clock as it stood until then is what the change is told by (3.8.2.4).
        let at = before.to_datetime(change.timestamp());
        put_offset(lines, change.dst().is_dst(), at, before, change.offset());
        before = change.offset();
    }
    lines.put("END", "VTIMEZONE");
}

fn put_offset(lines: &mut Lines, summer: bool, at: DateTime, before: Offset, then: Offset) {
    let kind = if summer { "DAYLIGHT" } else { "STANDARD" };
    lines.put("BEGIN", kind);
    lines.put("DTSTART", &at.strftime("%Y%m%dT%H%M%S").to_string());
    lines.put("TZOFFSETFROM", &offset(before));
    lines.put("TZOFFSETTO", &offset(then));
    lines.put("END", kind);
}

/// `+0800`; with seconds where a zone of old has them.
fn offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    let (sign, all) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    let rest = match all % 60 {
        0 => String::new(),
        rest => format!("{rest:02}"),
    };
    format!("{sign}{:02}{:02}{rest}", all / 3600, all / 60 % 60)
}

//! Days and hours as people write them out: `2026-03-04`, `2026年3月4日`, `17:00`, `下午五点半`.

use jiff::civil::{Date, Time};

use super::scan::{Scan, plain};

/// Reads a day of a year: `2026-03-04`, `2026/3/4`, `2026.3.4`, `2026年3月4日`.
pub fn read_day(text: &str) -> Option<Date> {
    let plain = plain(text);
    let spelt = plain.replace(['/', '.', '年', '月'], "-");
    let mut parts = spelt.trim_end_matches(['日', '号']).splitn(3, '-');
    let mut part = || parts.next().map(str::trim);
    let year = part().filter(|year| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()))?;
    let (month, day) = (small(part()?)?, small(part()?)?);
    Date::new(year.parse().ok()?, month, day).ok()
}

/// Reads an hour of the day: `17:00`, `17点`, `17时30分`, `下午5点`, `上午八点半`.
pub fn read_hour(text: &str) -> Option<Time> {
    let plain = plain(text);
    let mut scan = Scan::new(&plain);
    let afternoon = scan.one_of(&[
        ("上午", false),
        ("早上", false),
        ("早晨", false),
        ("中午", true),
        ("下午", true),
    ]);
    let hour = scan.small()?;
    let minute = if scan.take(&[":"]) {
        let minute = two_digits(&mut scan)?;
        if scan.take(&[":"]) {
            two_digits(&mut scan).filter(|second| *second == 0)?;
        }
        minute
    } else if scan.take(&["点半", "时半"]) {
        30
    } else if scan.take(&["点整", "点钟", "点", "时"]) {
        match scan.small() {
            Some(minute) => {
                scan.take(&["分"]);
                minute
            }
            None => 0,
        }
    } else {
        return None;
    };
    let hour = match afternoon {
        Some(true) if (1..=11).contains(&hour) => hour + 12,
        Some(false) if hour > 12 => return None,
        _ => hour,
    };
    Time::new(hour, minute, 0, 0)
        .ok()
        .filter(|_| scan.is_done())
}

fn two_digits(scan: &mut Scan<'_>) -> Option<i8> {
    let digits = scan.rest.bytes().take_while(u8::is_ascii_digit).count();
    scan.small().filter(|_| digits == 2)
}

/// The whole of a text as a small number.
fn small(text: &str) -> Option<i8> {
    let mut scan = Scan::new(text);
    scan.small().filter(|_| scan.is_done())
}

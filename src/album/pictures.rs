//! The numbers behind the pictures: what templates draw as SVG and as grids.

use jiff::civil::{Date, date};
use serde::Serialize;

use super::pages::{day_href, short_day};
use crate::core::agenda::Agenda;
use crate::core::rehearsal::Summary;

/// How many shades of a colour tell much from little.
const SHADES: u32 = 5;

/// The height of a bar in an SVG that is stretched to its place.
const BAR_HEIGHT: f64 = 100.0;

/// A month's row of the heat map.
#[derive(Serialize)]
pub(super) struct HeatRow {
    name: String,
    cells: Vec<HeatCell>,
}

#[derive(Serialize)]
struct HeatCell {
    /// `h0` to `h5` by the number of letters, `rest`, or empty for a day that is not there.
    class: String,
    title: String,
    /// Where the day's letters are, if there are any.
    href: Option<String>,
}

/// A day's bar.
#[derive(Serialize)]
pub(super) struct DayBar {
    x: i16,
    y: f64,
    height: f64,
    title: String,
}

/// A month's bar.
#[derive(Serialize)]
pub(super) struct MonthBar {
    name: String,
    value: u32,
    x: usize,
    y: f64,
    height: f64,
}

/// A cell of a table whose shade tells its number.
#[derive(Serialize)]
pub(super) struct Shaded {
    pub(super) value: u32,
    pub(super) class: String,
    pub(super) title: String,
}

/// The class of a number's shade, of the most there is: `h0` for none.
pub(super) fn shade(value: u32, most: u32) -> String {
    format!("h{}", (value * SHADES).div_ceil(most.max(1)).min(SHADES))
}

pub(super) fn heat_map(agenda: &Agenda, summary: &Summary) -> Vec<HeatRow> {
    let most = most_a_day(summary);
    (1..=12)
        .map(|month| {
            let last = date(summary.year, month, 1).last_of_month().day();
            let cells = (1..=31).map(|day| {
                if day > last {
                    return HeatCell {
                        class: String::new(),
                        title: String::new(),
                        href: None,
                    };
                }
                heat_cell(agenda, summary, date(summary.year, month, day), most)
            });
            HeatRow {
                name: format!("{month}月"),
                cells: cells.collect(),
            }
        })
        .collect()
}

fn heat_cell(agenda: &Agenda, summary: &Summary, day: Date, most: u32) -> HeatCell {
    let letters = summary.days.get(&day).map_or(0, |found| found.letters);
    let worked = agenda.calendar.workdays.is_workday(day);
    let name = short_day(day);
    HeatCell {
        class: if worked || letters > 0 {
            shade(letters, most)
        } else {
            "rest".to_owned()
        },
        title: if worked {
            format!("{name}：{letters}封")
        } else {
            format!("{name}：休息日")
        },
        href: (letters > 0).then(|| day_href(day)),
    }
}

/// The most letters of any day.
pub(super) fn most_a_day(summary: &Summary) -> u32 {
    summary
        .days
        .values()
        .map(|day| day.letters)
        .max()
        .unwrap_or(0)
}

pub(super) fn day_bars(summary: &Summary) -> Vec<DayBar> {
    let most = most_a_day(summary);
    let bars = summary.days.iter().filter(|(_, found)| found.letters > 0);
    bars.map(|(day, found)| {
        let height = height(found.letters, most);
        DayBar {
            x: day.day_of_year() - 1,
            y: BAR_HEIGHT - height,
            height,
            title: format!("{}：{}封", short_day(*day), found.letters),
        }
    })
    .collect()
}

pub(super) fn month_bars(values: impl Iterator<Item = u32> + Clone) -> Vec<MonthBar> {
    let most = values.clone().max().unwrap_or(0);
    values
        .enumerate()
        .map(|(at, value)| {
            let height = height(value, most);
            MonthBar {
                name: format!("{}月", at + 1),
                value,
                x: at,
                y: BAR_HEIGHT - height,
                height,
            }
        })
        .collect()
}

/// A bar's height; rounded, so that the same numbers are the same bytes anywhere.
fn height(value: u32, most: u32) -> f64 {
    part(value, most)
}

/// So much of a whole, in hundredths with one digit after the point.
pub(super) fn part(value: u32, whole: u32) -> f64 {
    (f64::from(value) * 1000.0 / f64::from(whole.max(1))).round() / 10.0
}

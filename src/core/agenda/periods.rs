//! Which periods a stretch of days may have due days of.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::core::dates::Almanac;
use crate::core::period::{BreakKind, Every, Festival, PeriodKey, Season};

/// The periods whose due day may lie from `from` to `to`, in order. A due day may lie outside of its period's days
/// (元旦放假前 is in the year before), so a few more are named than are wanted; the dates decide.
pub fn periods_between(every: Every, almanac: Almanac<'_>, from: Date, to: Date) -> Vec<PeriodKey> {
    let years = from.year() - 1..=to.year() + 1;
    match every {
        Every::Year => years.map(PeriodKey::Year).collect(),
        Every::Term => years
            .flat_map(|year| {
                [Season::Spring, Season::Autumn].map(|season| PeriodKey::Term(year, season))
            })
            .collect(),
        Every::Quarter => years
            .flat_map(|year| (1..=4).map(move |quarter| PeriodKey::Quarter(year, quarter)))
            .filter(|period| near(*period, from, to))
            .collect(),
        Every::Month => years
            .flat_map(|year| (1..=12).map(move |month| PeriodKey::Month(year, month)))
            .filter(|period| near(*period, from, to))
            .collect(),
        Every::Week => weeks(from, to),
        Every::Holiday => years
            .flat_map(|year| Festival::ALL.map(|festival| PeriodKey::Holiday(year, festival)))
            .collect(),
        Every::Break => years
            .flat_map(|year| BreakKind::ALL.map(|kind| (year, kind)))
            // Spring and autumn breaks are local customs: without one there is no occurrence, not an undated one.
            .filter(|(year, kind)| {
                matches!(kind, BreakKind::Winter | BreakKind::Summer)
                    || almanac.school.school_break(*year, *kind).is_some()
            })
            .map(|(year, kind)| PeriodKey::Break(year, kind))
            .collect(),
    }
}

/// Whether a period lies within two months of the days asked for.
fn near(period: PeriodKey, from: Date, to: Date) -> bool {
    period.civil_span().is_some_and(|(first, last)| {
        first <= to.saturating_add(62.days()) && last >= from.saturating_sub(62.days())
    })
}

fn weeks(from: Date, to: Date) -> Vec<PeriodKey> {
    let mut found = Vec::new();
    let mut day = from.saturating_sub(14.days());
    let last = to.saturating_add(14.days());
    while day <= last {
        let week = day.iso_week_date();
        found.push(PeriodKey::Week(week.year(), week.week()));
        day = day.saturating_add(7.days());
    }
    found
}

//! Which weeks and months there is a bulletin of.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::core::agenda::Agenda;
use crate::core::dates::month_day;
use crate::core::period::PeriodKey;
use crate::core::plan::Slots;
use crate::core::state::{DutyState, State};
use crate::core::workdays::{next, previous};

/// How far back drafts are offered: so many weeks, and so many months.
const OFFERED: (usize, usize) = (8, 6);

/// A week from Monday to Sunday, or a calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its key.
    pub period: PeriodKey,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
}

impl Span {
    /// The span of a period; `None` for what is no week and no month.
    pub fn of(period: PeriodKey) -> Option<Self> {
        if !matches!(period, PeriodKey::Week(..) | PeriodKey::Month(..)) {
            return None;
        }
        let (from, to) = period.civil_span()?;
        Some(Self { period, from, to })
    }

    /// The week of a day.
    fn week(day: Date) -> Option<Self> {
        let week = day.iso_week_date();
        Self::of(PeriodKey::Week(week.year(), week.week()))
    }

    /// The month of a day.
    fn month(day: Date) -> Option<Self> {
        Self::of(PeriodKey::Month(day.year(), day.month()))
    }

    /// Whether it is a month.
    pub fn is_month(self) -> bool {
        matches!(self.period, PeriodKey::Month(..))
    }

    /// The one before it.
    pub(super) fn before(self) -> Option<Self> {
        let day = previous(self.from);
        if self.is_month() {
            Self::month(day)
        } else {
            Self::week(day)
        }
    }

    /// The days whose duties it looks ahead to: the two weeks that follow, or the next month.
    pub(super) fn ahead(self) -> (Date, Date) {
        let first = next(self.to);
        let last = if self.is_month() {
            first.last_of_month()
        } else {
            first.saturating_add(13.days())
        };
        (first, last)
    }

    /// Whether a day is one of its days.
    pub(super) fn has(self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }

    /// `2026年第13周（3月23日至3月29日）`, `2026年3月`
    pub fn name(self) -> String {
        match self.period {
            PeriodKey::Month(year, month) => format!("{year}年{month}月"),
            PeriodKey::Week(year, week) => {
                format!("{year}年第{week}周（{}）", self.days())
            }
            other => other.to_string(),
        }
    }

    /// `3月23日至3月29日`
    pub(super) fn days(self) -> String {
        format!("{}至{}", month_day(self.from), month_day(self.to))
    }
}

/// The latest week and the latest month that are over, had something due, and of which nobody has decided: their drafts
/// are ready, and the pages and the officers' next letter say so.
pub fn awaited(agenda: &Agenda, state: &State, today: Date) -> Vec<Span> {
    let latest = [Span::week(today), Span::month(today)];
    let over = latest.into_iter().flatten().filter_map(Span::before);
    over.filter(|span| !state.bulletins.decided.contains_key(&span.period))
        .filter(|span| has_due(agenda, state, *span))
        .collect()
}

/// All that are over and had something due, as far back as is of use to anybody, the latest first; decided or not.
pub fn offered(agenda: &Agenda, state: &State, today: Date) -> Vec<Span> {
    let back = |first: Option<Span>, count| {
        let first = first.and_then(Span::before);
        std::iter::successors(first, |span| span.before()).take(count)
    };
    let (weeks, months) = OFFERED;
    let mut found: Vec<Span> = back(Span::week(today), weeks)
        .chain(back(Span::month(today), months))
        .filter(|span| has_due(agenda, state, *span))
        .collect();
    found.sort_by_key(|span| std::cmp::Reverse((span.to, span.is_month())));
    found
}

/// Whether anything was due in it since the bell was hung.
pub(super) fn has_due(agenda: &Agenda, state: &State, span: Span) -> bool {
    let Some(hung) = state.hung else { return false };
    let slots = Slots::new(&agenda.calendar);
    let from = span.from.max(slots.day(hung));
    let within = |day: Date| from <= day && day <= span.to;
    let by_calendar = (from.year()..=span.to.year()).any(|year| {
        agenda.due_in(year).iter().any(|found| {
            let seen = state.tasks_seen.get(&found.id.task);
            let due = found.dated.as_ref().is_ok_and(|dated| {
                // What was over when the task was added was asked of nobody.
                within(dated.due) && seen.is_none_or(|seen| slots.day(seen.at) <= dated.due)
            });
            due && !agenda.parts(found).1.units.is_empty()
        })
    });
    // What was raised by hand or put off; looked for only where the calendar has nothing.
    let due_by_hand = |known: &DutyState| known.put_off_to().is_some_and(within);
    let near = span.from.year() - 1..=span.to.year();
    let shelf = state.shelf();
    let mut shelved = shelf
        .occurrences()
        .filter(|id| near.contains(&id.period.year()));
    by_calendar
        || state
            .duties
            .values()
            .flat_map(|units| units.values())
            .any(|known| due_by_hand(known))
        || shelved.any(|id| shelf.of(id).any(|(_, _, known)| due_by_hand(&known)))
}

//! A year in the words and order of its page.

use jiff::civil::Date;
use serde::Serialize;

use crate::core::overview::{Line, MonthOfYear, Tally, Year};
use crate::web::wording;

#[derive(Debug, Serialize)]
pub(super) struct Page {
    year: i16,
    before: i16,
    after: i16,
    lead: String,
    months: Vec<Month>,
    /// A row a town, after one for all.
    rows: Vec<HeatRow>,
}

#[derive(Debug, Serialize)]
struct Month {
    number: i8,
    theme: String,
    /// Shown unfolded: the present one.
    open: bool,
    tally: TallyView,
    words: String,
    lines: Vec<LineRow>,
}

#[derive(Debug, Serialize)]
struct HeatRow {
    name: String,
    cells: Vec<HeatCell>,
    tally: TallyView,
}

#[derive(Debug, Serialize)]
struct HeatCell {
    class: &'static str,
    /// `86%`, or a dash where nothing is asked.
    words: String,
    /// The same in a sentence, for those who point at it or hear it.
    told: String,
}

/// An occurrence and how far it has come.
#[derive(Debug, Serialize)]
pub(super) struct LineRow {
    title: String,
    task: String,
    period: String,
    due: String,
    tally: TallyView,
    words: String,
    class: &'static str,
}

/// A tally for the template.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct TallyView {
    pub(super) all: u32,
    pub(super) finished: u32,
    pub(super) late: u32,
    pub(super) open: u32,
    pub(super) overdue: u32,
    pub(super) ahead: u32,
    pub(super) let_off: u32,
    pub(super) percent: u32,
}

impl TallyView {
    pub(super) fn new(tally: Tally) -> Self {
        Self {
            all: tally.all(),
            finished: tally.finished(),
            late: tally.late,
            open: tally.open,
            overdue: tally.overdue,
            ahead: tally.ahead,
            let_off: tally.let_off,
            percent: tally.percent().unwrap_or(0),
        }
    }
}

impl Page {
    pub(super) fn new(found: &Year) -> Self {
        let all = found
            .months
            .iter()
            .fold(Tally::default(), |sum, month| sum.with(month.tally));
        Self {
            year: found.year,
            before: found.year - 1,
            after: found.year + 1,
            lead: lead(all),
            months: found
                .months
                .iter()
                .map(|month| month_of(month, found))
                .collect(),
            rows: rows(found),
        }
    }
}

fn lead(all: Tally) -> String {
    if all.all() == 0 {
        return "这一年没有记录，也没有排定的事项。".to_owned();
    }
    let overdue = match all.overdue {
        0 => String::new(),
        overdue => format!("，逾期未完成 {overdue} 项次"),
    };
    format!(
        "全年 {} 项次，已完成 {} 项次（其中逾期完成 {}），进行中 {}{overdue}，未开始 {}。",
        all.all(),
        all.finished(),
        all.late,
        all.open,
        all.ahead
    )
}

fn month_of(month: &MonthOfYear, year: &Year) -> Month {
    Month {
        number: month.month,
        theme: month.theme.clone(),
        open: year.year == year.today.year() && month.month == year.today.month(),
        tally: TallyView::new(month.tally),
        words: percent_words(month.tally),
        lines: month
            .lines
            .iter()
            .map(|line| LineRow::new(line, year.today))
            .collect(),
    }
}

impl LineRow {
    pub(super) fn new(line: &Line, today: Date) -> Self {
        let last = if line.last_due > line.due {
            format!("–{}", wording::near_day(line.last_due, today))
        } else {
            String::new()
        };
        Self {
            title: line.title.clone(),
            task: line.occurrence.task.to_string(),
            period: line.occurrence.period.to_string(),
            due: format!("{}{last}", wording::near_day(line.due, today)),
            tally: TallyView::new(line.tally),
            words: percent_words(line.tally),
            class: heat(line.tally),
        }
    }
}

fn rows(found: &Year) -> Vec<HeatRow> {
    let row = |name: &str, tallies: Vec<Tally>| HeatRow {
        name: name.to_owned(),
        tally: TallyView::new(
            tallies
                .iter()
                .fold(Tally::default(), |sum, tally| sum.with(*tally)),
        ),
        cells: (1..)
            .zip(&tallies)
            .map(|(month, tally)| cell(name, month, *tally))
            .collect(),
    };
    let whole = found.months.iter().map(|month| month.tally).collect();
    let towns = found.towns.iter().enumerate().map(|(town, name)| {
        let tallies = found.months.iter().map(|month| month.by_town[town]);
        row(name, tallies.collect())
    });
    std::iter::once(row("全部单位", whole))
        .chain(towns)
        .collect()
}

fn cell(name: &str, month: i32, tally: Tally) -> HeatCell {
    let begun = tally.all() > tally.ahead;
    HeatCell {
        class: heat(tally),
        words: match tally.percent() {
            None => "—".to_owned(),
            Some(_) if !begun => "·".to_owned(),
            Some(100) => "100%".to_owned(),
            Some(_) if tally.overdue == 0 => format!("{}/{}", tally.finished(), tally.all()),
            Some(_) => format!("{}%", of_what_is_due(tally)),
        },
        told: match tally.percent() {
            None => format!("{name}，{month}月：没有事项"),
            Some(_) if !begun => format!("{name}，{month}月：{} 项次，还没有开始", tally.all()),
            Some(_) => format!(
                "{name}，{month}月：{} 项次，完成 {}，逾期 {}",
                tally.all(),
                tally.finished(),
                tally.overdue
            ),
        },
    }
}

/// Of a hundred that are done or overdue, so many are done. What is still open is nobody's fault yet.
fn of_what_is_due(tally: Tally) -> u32 {
    let due = tally.finished() + tally.overdue;
    (tally.finished() * 100).checked_div(due).unwrap_or(0)
}

/// The class that colours how far a tally has come.
pub(super) fn heat(tally: Tally) -> &'static str {
    if tally.all() == tally.ahead {
        return "h-ahead";
    }
    if tally.overdue == 0 && tally.finished() < tally.all() {
        return "h-open";
    }
    match of_what_is_due(tally) {
        100 => "h5",
        90.. => "h4",
        75.. => "h3",
        50.. => "h2",
        25.. => "h1",
        _ => "h0",
    }
}

/// `完成 86/100，逾期 3`
pub(super) fn percent_words(tally: Tally) -> String {
    if tally.all() == 0 {
        return match tally.let_off {
            0 => "没有事项".to_owned(),
            _ => "全部免做".to_owned(),
        };
    }
    if tally.all() == tally.ahead {
        return format!("{} 项次，还没有开始", tally.all());
    }
    let overdue = match tally.overdue {
        0 => String::new(),
        overdue => format!("，逾期 {overdue}"),
    };
    format!("完成 {}/{}{overdue}", tally.finished(), tally.all())
}

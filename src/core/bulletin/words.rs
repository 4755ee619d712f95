//! A bulletin's words: what was counted, as a notice of a bureau says it.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::figures::{Figures, Line, Named, Unfinished, figures};
use super::span::{Span, has_due};
use super::{Bulletin, Column, ColumnKind, Row, Section, Shape, Table, Whose};
use crate::core::agenda::Agenda;
use crate::core::dates::month_day;
use crate::core::overview::Tally;
use crate::core::period::PeriodKey;
use crate::core::plan::Slots;
use crate::core::roster::Kind;
use crate::core::state::State;

use ColumnKind::{Count, Day, Percent, Text};

/// The draft of a bulletin as it is now; `None` for what is no week and no month, is not over, or had nothing due.
pub fn draft(
    agenda: &Agenda,
    state: &State,
    period: PeriodKey,
    now: Timestamp,
) -> Option<Bulletin> {
    let span = Span::of(period)?;
    let over = Slots::new(&agenda.calendar).day(now) > span.to;
    if !over || !has_due(agenda, state, span) {
        return None;
    }
    let found = figures(agenda, state, span, now);
    let zone = agenda.calendar.timezone.clone();
    let mut units = agenda.roster.units().iter();
    let bureau = units.find(|unit| unit.kind == Kind::Bureau);
    Some(Bulletin {
        period,
        title: title(&agenda.calendar.title, span),
        number: number(span),
        signed: bureau.map_or(String::new(), |unit| unit.name.clone()),
        as_of: now.to_zoned_datetime(zone).datetime(),
        sections: numbered([
            overview(&found, span),
            by_town(&found),
            by_task(&found),
            unfinished(&found, span),
            prompt(&found),
            unreached(&found),
            ahead(&found, span),
        ]),
    })
}

/// `一、总体情况`, and so on.
fn numbered(sections: [Section; 7]) -> Vec<Section> {
    let numerals = ["一", "二", "三", "四", "五", "六", "七"];
    let sections = numerals.into_iter().zip(sections);
    sections
        .map(|(numeral, section)| Section {
            title: format!("{numeral}、{}", section.title),
            ..section
        })
        .collect()
}

/// `慈溪市学校安全工作周通报`, from the calendar's own title.
fn title(calendar: &str, span: Span) -> String {
    let whose = calendar.strip_suffix("行事历").unwrap_or(calendar);
    let what = if whose.contains("安全") {
        ""
    } else {
        "学校安全工作"
    };
    let kind = if span.is_month() { "月" } else { "周" };
    format!("{whose}{what}{kind}通报")
}

/// `2026年第13期（3月23日至3月29日）`. A week's number is its number in the year.
fn number(span: Span) -> String {
    match span.period {
        PeriodKey::Week(year, nth) | PeriodKey::Month(year, nth) => {
            format!("{year}年第{nth}期（{}）", span.days())
        }
        _ => span.name(),
    }
}

/// What people call the time itself, the one before it, and what follows.
fn this(span: Span) -> [String; 3] {
    if span.is_month() {
        let before = span.before().map_or(span.from, |before| before.from);
        let (after, _) = span.ahead();
        [span.from, before, after].map(|day| format!("{}月", day.month()))
    } else {
        ["本周", "上周", "今后两周"].map(str::to_owned)
    }
}

fn overview(found: &Figures, span: Span) -> Section {
    let [this, before, _] = this(span);
    let all = found.whole;
    let carried = found.unfinished.iter().filter(|one| one.carried).count();
    let mut said = match all.on_time_percent() {
        None => format!("{this}没有列入统计的到期事项。"),
        Some(percent) => {
            let compared = found
                .before
                .on_time_percent()
                .map_or(String::new(), |before_percent| {
                    format!("（{before} {before_percent}%）")
                });
            format!(
                "{this}到期应办 {} 项次：按时完成 {} 项次，逾期完成 {} 项次，至今未完成 {} 项次，按时完成率 {percent}%{compared}。",
                all.all(),
                all.done,
                all.late,
                all.overdue
            )
        }
    };
    if carried > 0 {
        let _ = write!(said, "另有此前到期、至今未完成的 {carried} 项次。");
    }
    if all.let_off > 0 {
        let _ = write!(said, "免做和不适用 {} 项次，不计入应办。", all.let_off);
    }
    Section {
        title: "总体情况".to_owned(),
        text: vec![
            said,
            "一个单位的一项工作计一项次，按该单位的截止日（含已批准的延期）归入；没有送达的不计为未完成。"
                .to_owned(),
        ],
        table: None,
    }
}

/// What the column of the tasks is called.
pub(super) const TASK: &str = "事项";

/// The cells of a tally, as [`FIGURES`] names them.
fn cells(tally: Tally) -> [String; 5] {
    let percent = tally.on_time_percent();
    [
        tally.all().to_string(),
        tally.done.to_string(),
        tally.late.to_string(),
        tally.overdue.to_string(),
        percent.map_or(String::new(), |percent| percent.to_string()),
    ]
}

pub(crate) const FIGURES: [(&str, ColumnKind); 5] = [
    ("应办", Count),
    ("按时", Count),
    ("逾期完成", Count),
    ("未完成", Count),
    ("按时率", Percent),
];

/// What stands before [`FIGURES`] where towns are compared.
pub(crate) const TOWN: [(&str, ColumnKind); 2] = [("名次", Count), ("镇（街道）", Text)];

/// What is unfinished.
pub(crate) const UNFINISHED: [(&str, ColumnKind); 8] = [
    ("镇（街道）", Text),
    ("单位", Text),
    (TASK, Text),
    ("截止", Day),
    ("逾期工作日", Count),
    ("责任岗位", Text),
    ("最近提醒", Day),
    ("目前情况", Text),
];

fn table<const N: usize>(
    shape: Shape,
    first: [(&str, ColumnKind); N],
    more: &[(&str, ColumnKind)],
    none: &str,
) -> Table {
    let columns = first.iter().chain(more).map(|(name, kind)| Column {
        name: (*name).to_owned(),
        kind: *kind,
    });
    Table {
        shape,
        columns: columns.collect(),
        rows: Vec::new(),
        none: none.to_owned(),
    }
}

/// The best rate first, towns alike under one rank; those with nothing due are left out. What stands under the bureau itself
/// is no town, and follows without a rank.
fn by_town(found: &Figures) -> Section {
    let mut table = table(Shape::Figures, TOWN, &FIGURES, "没有到期的事项。");
    let towns = found.towns.iter().filter(|(.., tally)| tally.all() > 0);
    let mut towns: Vec<_> = towns.collect();
    // One is better than another if it did more of what was asked: fractions compared without rounding.
    towns.sort_by(|(a_id, _, a), (b_id, _, b)| {
        let by_rate = (b.done * a.all()).cmp(&(a.done * b.all()));
        a_id.is_none().cmp(&b_id.is_none()).then(by_rate)
    });
    let mut rank = 0;
    let mut last: Option<Tally> = None;
    for (nth, (id, name, tally)) in (1..).zip(towns) {
        let alike = |last: &Tally| last.done * tally.all() == tally.done * last.all();
        if !last.as_ref().is_some_and(alike) {
            rank = nth;
        }
        last = Some(*tally);
        let shown = id.as_ref().map_or(String::new(), |_| rank.to_string());
        let row = [shown, name.clone()].into_iter().chain(cells(*tally));
        table.rows.push(Row {
            of: Whose::Town(id.clone()),
            cells: row.collect(),
        });
    }
    let sum = [String::new(), "合计".to_owned()].into_iter();
    table.rows.push(Row {
        of: Whose::All,
        cells: sum.chain(cells(found.whole)).collect(),
    });
    Section {
        title: "分镇（街道）情况".to_owned(),
        text: Vec::new(),
        table: Some(table),
    }
}

fn by_task(found: &Figures) -> Section {
    let first = [(TASK, Text), ("截止", Day)];
    let mut table = table(Shape::Figures, first, &FIGURES, "没有到期的事项。");
    table.rows.extend(found.lines.iter().map(|line| {
        Row {
            of: Whose::All,
            cells: [line.title.clone(), line.due.to_string()]
                .into_iter()
                .chain(cells(line.tally))
                .collect(),
        }
    }));
    Section {
        title: "分事项情况".to_owned(),
        text: Vec::new(),
        table: Some(table),
    }
}

fn unfinished(found: &Figures, span: Span) -> Section {
    let none = "没有未完成的事项。";
    let mut table = table(Shape::Units, UNFINISHED, &[], none);
    table
        .rows
        .extend(found.unfinished.iter().map(unfinished_row));
    let from = month_day(span.from);
    let carried = found.unfinished.iter().any(|one| one.carried);
    let words = format!("截止日在{from}以前的，是此前到期、至今还没有完成的。");
    Section {
        title: "未完成名单".to_owned(),
        text: carried.then_some(words).into_iter().collect(),
        table: Some(table),
    }
}

fn unfinished_row(one: &Unfinished) -> Row {
    let said = match one.said.as_str() {
        "" => "没有回执",
        said => said,
    };
    row_of(
        &one.whose,
        vec![
            one.title.clone(),
            one.due.to_string(),
            one.workdays_late.to_string(),
            one.role.to_owned(),
            one.told.map_or(String::new(), |day| day.to_string()),
            said.to_owned(),
        ],
    )
}

/// A row of a unit: its town and its name stand first.
fn row_of(whose: &Named, cells: Vec<String>) -> Row {
    let names = [whose.town_name.clone(), whose.unit_name.clone()];
    Row {
        of: Whose::Unit(whose.unit.clone(), whose.town.clone()),
        cells: names.into_iter().chain(cells).collect(),
    }
}

fn prompt(found: &Figures) -> Section {
    let columns = [("镇（街道）", Text), ("单位", Text)];
    let mut table = table(Shape::Names, columns, &[], "没有。");
    let rows = found.prompt.iter().map(|named| row_of(named, Vec::new()));
    table.rows.extend(rows);
    let text = match found.prompt.len() {
        0 => Vec::new(),
        count => vec![format!(
            "各单位中，到期事项全部按时完成、也没有遗留的共 {count} 个。"
        )],
    };
    Section {
        title: "全部按时完成的单位".to_owned(),
        text,
        table: Some(table),
    }
}

fn unreached(found: &Figures) -> Section {
    let columns = [("镇（街道）", Text), ("单位", Text), ("情况", Text)];
    let none = "没有送达异常，各单位都有可用的联系人。";
    let mut table = table(Shape::Units, columns, &[], none);
    let rows = found.unreached.iter();
    let rows = rows.map(|(named, words)| row_of(named, vec![words.clone()]));
    table.rows.extend(rows);
    Section {
        title: "送达和联系人".to_owned(),
        text: Vec::new(),
        table: Some(table),
    }
}

fn ahead(found: &Figures, span: Span) -> Section {
    let [_, _, after] = this(span);
    let columns = [(TASK, Text), ("截止", Day), ("单位数", Count)];
    let none = format!("{after}没有到期的事项。");
    let mut table = table(Shape::Figures, columns, &[], &none);
    table.rows.extend(found.ahead.iter().map(|line: &Line| Row {
        of: Whose::All,
        cells: vec![
            line.title.clone(),
            line.due.to_string(),
            line.tally.all().to_string(),
        ],
    }));
    Section {
        title: format!("{after}到期的工作"),
        text: Vec::new(),
        table: Some(table),
    }
}

//! Reading `[[task]]`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::links::Links;
use super::read::{Tags, audience, required_audience};
use super::read_due_at::{no_due_at_if_raised, read_due_at};
use super::read_ladder::{read_patch, stretch};
use super::{Origin, Schedule, Task};
use crate::core::dates::{DateForm, Named, examples, without_year};
use crate::core::diagnostic::{Place, Words, did_you_mean, one_of, one_of_meaning, perhaps};
use crate::core::ladder::Stretch;
use crate::core::names::TaskId;
use crate::core::period::Every;
use crate::core::scan::{Scan, plain};
use crate::core::toml_text::{Keys, Placed, Value};

/// Reads one task; `None` where too little of it can be read.
pub(super) fn read_task(
    keys: &Keys<'_, '_>,
    month: Option<i8>,
    tags: &Tags,
) -> (Option<Task>, Option<Links>) {
    let file = keys.file();
    let id = keys.required("id").and_then(read_id);
    let title = keys.required("title").and_then(Value::line);
    let detail = keys.value("detail").and_then(Value::line);
    let every = match keys.value("every") {
        Some(value) => read_every(value),
        None => Some(Every::default()),
    };
    let times = keys.value("times").and_then(|value| value.integer(1, 99));
    let when = keys.value("when");
    let conditional = when.and_then(read_when);
    let due = required_due(keys);
    let schedule = match (due, conditional) {
        (Some(value), Some(())) => read_raised(value),
        (Some(value), None) => read_due(value, every, month),
        (None, _) => None,
    };
    let due_at = keys.value("due_at");
    if let (Some(due_at), Some(when), Some(())) = (due_at, when, conditional) {
        no_due_at_if_raised(due_at, when);
    }
    let due_at = due_at.map(|value| read_due_at(value, tags));
    let due_time = keys.value("due_time").and_then(Value::time);
    let patch = read_patch(keys);
    let whom = required_audience(keys).and_then(|value| audience(value, tags));
    let evidence = keys.value("evidence").and_then(Value::line);
    let after = keys.value("after").and_then(read_id);
    let met_by: Vec<_> = keys
        .value("met_by")
        .and_then(Value::array)
        .into_iter()
        .flatten()
        .filter_map(read_id)
        .collect();
    let skip = keys.value("skip_if").and_then(read_skip);
    let source = keys.value("source").and_then(Value::line);
    let origin = keys
        .required_like("origin", "origin = \"local\"", origins)
        .and_then(read_origin);
    let authority = keys.value("authority").and_then(Value::line);
    keys.report_unknown();
    let links = id.clone().map(|id| Links {
        text: Arc::clone(file.text),
        id,
        after: after.clone(),
        met_by: met_by.clone(),
        every,
    });
    let place = |span| Place {
        text: Arc::clone(file.text),
        span,
    };
    let text = |found: Option<Placed<String>>| found.map(|found| found.value).unwrap_or_default();
    let task = || {
        let (id, title, whom) = (id?, title?, whom?);
        Some(Task {
            id: id.value,
            title: title.value,
            detail: text(detail),
            every: every?,
            times: times
                .and_then(|times| u16::try_from(times.value).ok())
                .unwrap_or(1),
            schedule: schedule?,
            due_at: due_at.unwrap_or_default(),
            due_time: due_time.map(|found| found.value),
            patch,
            audience: whom.value,
            evidence: text(evidence),
            after: after.map(|found| found.value),
            met_by: met_by.into_iter().map(|found| found.value).collect(),
            skip_below_teaching_days: skip,
            source: text(source),
            origin: origin?,
            authority: text(authority),
            place: place(id.span),
            due_place: place(due.map_or(0..0, Value::span)),
            audience_place: place(whom.span),
        })
    };
    (task(), links)
}

fn read_id(value: Value<'_, '_>) -> Option<Placed<TaskId>> {
    let id = value.string()?;
    let good = !id.value.is_empty()
        && id.value.len() <= 80
        && id
            .value
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if good {
        return Some(id.map(TaskId::from));
    }
    value.file().error(
        id.span,
        Words::new(
            format!("“{}”不能作任务编号", id.value),
            format!("“{}” cannot be a task's id", id.value),
        ),
        Words::new(
            "只用小写字母、数字和连字符,如 fire-drill",
            "use lower-case letters, digits and hyphens, such as fire-drill",
        ),
    );
    None
}

fn read_every(value: Value<'_, '_>) -> Option<Every> {
    let text = value.string()?;
    let found = Every::parse(&text.value);
    if found.is_none() {
        value.file().error_with_help(
            text.span,
            Words::new(
                format!("不认识的周期 {}", text.value),
                format!("unknown period {}", text.value),
            ),
            one_of(Every::WORDS),
            did_you_mean(&text.value, Every::WORDS),
        );
    }
    found
}

fn read_when(value: Value<'_, '_>) -> Option<()> {
    let text = value.string()?;
    if text.value == "conditional" {
        return Some(());
    }
    value.file().error_with_help(
        text.span,
        Words::new(
            format!("不认识的值 {}", text.value),
            format!("unknown value {}", text.value),
        ),
        Words::new(
            "只有 conditional(出现情况时由人发起)",
            "only conditional is known",
        ),
        did_you_mean(&text.value, ["conditional"]),
    );
    None
}

fn read_raised(value: Value<'_, '_>) -> Option<Schedule> {
    if let Some("当日" | "当天" | "same day") = value.as_str() {
        return Some(Schedule::Conditional(Stretch::Days(0)));
    }
    stretch(value).map(Schedule::Conditional)
}

fn read_due(value: Value<'_, '_>, every: Option<Every>, month: Option<i8>) -> Option<Schedule> {
    let (form, named) = if value.is_table() {
        (read_floating(value)?, None)
    } else {
        read_form(value)?
    };
    let every = every?;
    let agrees = named.map_or(Ok(()), |named| named.agrees_with(every));
    match agrees.and_then(|()| form.under(every, month)) {
        Ok(form) => Some(Schedule::Dated(form)),
        Err(words) => {
            value.file().error(
                value.span(),
                Words::new("这个日期用不上", "this date does not fit"),
                words,
            );
            None
        }
    }
}

/// A date, and the period that its words name.
fn read_form(value: Value<'_, '_>) -> Option<(DateForm, Option<Named>)> {
    // A day of one year without quotes.
    if let Some(day) = value.as_day() {
        not_a_date(value, &without_year(day), None);
        return None;
    }
    let text = value.string()?;
    DateForm::parse_named(&text.value)
        .map_err(|words| {
            // What could be read and is no day is no slip.
            let is_unread = words.zh.starts_with("读不懂");
            let meant = is_unread.then(|| DateForm::meant(&text.value)).flatten();
            not_a_date(value, &words, meant);
        })
        .ok()
}

fn not_a_date(value: Value<'_, '_>, words: &Words, meant: Option<String>) {
    let (zh, hint_zh) = split(&words.zh, '。');
    let (en, hint_en) = split(&words.en, ';');
    let hint = hint_zh.map(|zh| Words::new(zh, hint_en.unwrap_or_else(|| examples().en)));
    value.file().error_with_help(
        value.span(),
        Words::new("日期写得不对", "not a date"),
        Words::new(zh, en),
        meant.map(perhaps).or(hint),
    );
}

/// The first sentence, and the rest.
fn split(text: &str, at: char) -> (String, Option<String>) {
    match text.split_once(at) {
        Some((first, rest)) => (first.to_owned(), Some(rest.trim().to_owned())),
        None => (text.to_owned(), None),
    }
}

fn read_floating(value: Value<'_, '_>) -> Option<DateForm> {
    let table = value.table()?;
    if table.entries().next().is_none() {
        value.file().error(
            value.span(),
            Words::new("没有写哪一年", "no year is given"),
            Words::new(
                "写成 { 2026 = \"9月11日\" }",
                "write { 2026 = \"September 11\" }",
            ),
        );
    }
    let mut years = BTreeMap::new();
    for (key, value) in table.entries() {
        let year = plain(&key.value)
            .trim_end_matches('年')
            .parse::<i16>()
            .ok()
            .filter(|year| (1990..=2110).contains(year));
        let form = read_form(value).and_then(|found| of_one_year(value, found));
        let Some(year) = year else {
            value.file().error(
                key.span,
                Words::new(
                    format!("“{}”不是年份", key.value),
                    format!("“{}” is not a year", key.value),
                ),
                Words::new(
                    "写成 { 2026 = \"9月11日\" }",
                    "write { 2026 = \"September 11\" }",
                ),
            );
            continue;
        };
        if form.is_some_and(|form| years.insert(year, form).is_some()) {
            value.file().error(
                key.span,
                Words::new(format!("{year}年写了两次"), format!("{year} stands twice")),
                Words::new("删去一个", "remove one"),
            );
        }
    }
    (!years.is_empty()).then_some(DateForm::Floating(years))
}

/// A date of one year names no other period.
fn of_one_year(value: Value<'_, '_>, (form, named): (DateForm, Option<Named>)) -> Option<DateForm> {
    let Err(_) = named.map_or(Ok(()), |named| named.agrees_with(Every::Year)) else {
        return Some(form);
    };
    value.file().error(
        value.span(),
        Words::new("这个日期用不上", "this date does not fit"),
        Words::new(
            "逐年写明的,每年只写一个日期",
            "one date a year is given here",
        ),
    );
    None
}

fn read_skip(value: Value<'_, '_>) -> Option<u16> {
    let text = value.string()?;
    let number = teaching_days(&plain(&text.value));
    if number.is_none() {
        value.file().error(
            text.span,
            Words::new(
                format!("读不懂条件“{}”", text.value),
                format!("cannot read the condition “{}”", text.value),
            ),
            Words::new(
                "写成 teaching days < 10 或 教学日少于10天",
                "write teaching days < 10",
            ),
        );
    }
    number
}

/// `teaching days < 10`, `fewer than 10 teaching days`, `教学日少于10天`, `教学日不足十个`.
fn teaching_days(text: &str) -> Option<u16> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut scan = Scan::new(&text);
    scan.take(&["本期", "当期"]);
    let number = if scan.take(&["fewer than", "less than"]) {
        scan.number().filter(|_| scan.take(&["teaching days"]))?
    } else if scan.take(&["teaching days", "教学日"])
        && scan.take(&["<", "少于", "不足", "不到", "小于"])
    {
        let number = scan.number()?;
        scan.take(&["天", "个", "日"]);
        number
    } else {
        return None;
    };
    u16::try_from(number).ok().filter(|_| scan.is_done())
}

fn read_origin(value: Value<'_, '_>) -> Option<Origin> {
    let text = value.string()?;
    let words = Origin::ALL.map(|(word, _, _)| word);
    let found = Origin::ALL
        .iter()
        .find(|(word, _, _)| *word == text.value)
        .map(|(_, _, origin)| *origin);
    if found.is_none() {
        value.file().error_with_help(
            text.span,
            Words::new(
                format!("不认识的来源 {}", text.value),
                format!("unknown origin {}", text.value),
            ),
            origins(),
            did_you_mean(&text.value, words),
        );
    }
    found
}

fn origins() -> Words {
    one_of_meaning(Origin::ALL.map(|(word, name, _)| (word, name)))
}

fn required_due<'a, 'i>(keys: &Keys<'a, 'i>) -> Option<Value<'a, 'i>> {
    keys.required_like("due", "due = \"5月12日\"", || {
        Words::new(
            "可以写:5月12日、5月底、5月第二个周五、开学后14天、国庆节前3个工作日",
            "may be May 12, end of May, 2nd Friday of May, 14d after spring term start, 3 workdays before National Day",
        )
    })
}

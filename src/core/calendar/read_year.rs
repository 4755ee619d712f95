//! Reading `school-year.toml` and `holidays/*.toml`.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;

use super::read::{Tags, audience};
use crate::core::diagnostic::{Diagnostic, Words, did_you_mean, nearest, one_of};
use crate::core::period::{BreakKind, Festival, PeriodKey};
use crate::core::school_year::{Break, LocalDay, SchoolYear, Term};
use crate::core::toml_text::{File, Keys, Placed, Value};
use crate::core::workdays::{Holiday, Notice};

/// Reads the local school calendar.
pub(super) fn read_school_year(file: File<'_>, tags: &Tags) -> SchoolYear {
    file.read_toml(|keys| {
        let tables = |key| {
            keys.value(key)
                .and_then(Value::tables)
                .into_iter()
                .flatten()
        };
        let mut school = SchoolYear::default();
        let mut stretches = Stretches::new(file, "两个学期重叠", "two terms overlap");
        for term in tables("term") {
            if let Some((term, key)) = read_term(&term, tags) {
                if term.audience.is_none() {
                    stretches.add(key, term.start, term.end, &term.name);
                }
                school.terms.push(term);
            }
        }
        let mut stretches = Stretches::new(file, "两个假期重叠", "two breaks overlap");
        for found in tables("break") {
            if let Some((found, key)) = read_break(&found, tags) {
                if found.audience.is_none() {
                    stretches.add(key, found.start, found.end, &found.name);
                }
                school.breaks.push(found);
            }
        }
        for day in tables("day") {
            school.days.extend(read_day(&day, tags));
        }
        keys.report_unknown();
        school.terms.sort_by_key(|term| term.start);
        school.breaks.sort_by_key(|found| found.start);
        school
    })
    .unwrap_or_default()
}

fn read_day(keys: &Keys<'_, '_>, tags: &Tags) -> Option<LocalDay> {
    let date = keys.required("date").and_then(Value::date);
    let teaching = keys.required("teaching").and_then(Value::boolean);
    let whom = keys
        .value("audience")
        .and_then(|value| audience(value, tags));
    let why = keys.value("why").and_then(Value::line);
    keys.report_unknown();
    Some(LocalDay {
        date: date?.value,
        teaching: teaching?,
        audience: whom.map(|found| found.value),
        why: why.map(|found| found.value).unwrap_or_default(),
    })
}

/// The terms, or the breaks, that hold for everybody: no two of them may share a key or a day.
struct Stretches<'f> {
    file: File<'f>,
    overlap: Words,
    before: Vec<(Placed<PeriodKey>, Date, Date, String)>,
}

impl<'f> Stretches<'f> {
    fn new(file: File<'f>, zh: &str, en: &str) -> Self {
        Self {
            file,
            overlap: Words::new(zh, en),
            before: Vec::new(),
        }
    }

    fn add(&mut self, key: Placed<PeriodKey>, start: Date, end: Date, name: &str) {
        for (other, other_start, other_end, other_name) in &self.before {
            let same = other.value == key.value;
            if !same && (end < *other_start || *other_end < start) {
                continue;
            }
            let (message, label) = if same {
                (
                    Words::new(
                        format!("{} 写了两次", key.value),
                        format!("{} stands twice", key.value),
                    ),
                    Words::new("又出现在这里", "again here"),
                )
            } else {
                (
                    self.overlap.clone(),
                    Words::new(format!("{start}至{end}"), format!("{start} to {end}")),
                )
            };
            let file = self.file;
            file.faults.add(
                Diagnostic::error(file.text, key.span.clone(), message, label).other(
                    file.text,
                    other.span.clone(),
                    Words::new(
                        format!("“{other_name}”:{other_start}至{other_end}"),
                        format!("{}: {other_start} to {other_end}", other.value),
                    ),
                ),
            );
        }
        self.before.push((key, start, end, name.to_owned()));
    }
}

fn key_of(keys: &Keys<'_, '_>, zh: &str, en: &str, allowed: &[&str]) -> Option<Placed<PeriodKey>> {
    let key = keys.required("key")?.string()?;
    let found: Option<PeriodKey> = key.value.parse().ok();
    let fits = match found {
        Some(PeriodKey::Term(..)) => allowed.contains(&"spring"),
        Some(PeriodKey::Break(..)) => allowed.contains(&"winter-break"),
        _ => false,
    };
    if let Some(value) = found.filter(|_| fits) {
        return Some(key.map(|_| value));
    }
    let (year, word) = match key.value.split_once('-') {
        Some((year, word)) if year.parse::<i16>().is_ok() => (year, word),
        _ => ("2026", key.value.as_str()),
    };
    let all: Vec<_> = allowed
        .iter()
        .map(|word| format!("{year}-{word}"))
        .collect();
    let meant = nearest(word, allowed.iter().copied()).map(|word| format!("{year}-{word}"));
    keys.file().error_with_help(
        key.span.clone(),
        Words::new(
            format!("“{}”不是{zh}", key.value),
            format!("“{}” is not {en}", key.value),
        ),
        one_of(all.iter().map(String::as_str)),
        meant.and_then(|meant| did_you_mean(&meant, [meant.as_str()])),
    );
    None
}

fn span_of(keys: &Keys<'_, '_>) -> Option<(Date, Date)> {
    let start = keys.required("start").and_then(Value::date);
    let end = keys.required("end").and_then(Value::date);
    let (start, end) = (start?, end?);
    if end.value < start.value {
        keys.file().error(
            end.span,
            Words::new("结束早于开始", "it ends before it starts"),
            Words::new(
                format!("开始写的是 {},核对年份和月份", start.value),
                format!("it starts on {}", start.value),
            ),
        );
        return None;
    }
    Some((start.value, end.value))
}

fn read_term(keys: &Keys<'_, '_>, tags: &Tags) -> Option<(Term, Placed<PeriodKey>)> {
    let key = key_of(keys, "学期", "a term", &["spring", "autumn"]);
    let name = keys.required("name").and_then(Value::line);
    let span = span_of(keys);
    let whom = keys
        .value("audience")
        .and_then(|value| audience(value, tags));
    keys.report_unknown();
    let (key, (start, end)) = (key?, span?);
    let PeriodKey::Term(year, season) = key.value else {
        return None;
    };
    Some((
        Term {
            year,
            season,
            name: name?.value,
            start,
            end,
            audience: whom.map(|found| found.value),
        },
        key,
    ))
}

fn read_break(keys: &Keys<'_, '_>, tags: &Tags) -> Option<(Break, Placed<PeriodKey>)> {
    let words = BreakKind::ALL.map(BreakKind::key);
    let key = key_of(keys, "假期", "a break", &words);
    let name = keys.required("name").and_then(Value::line);
    let span = span_of(keys);
    let whom = keys
        .value("audience")
        .and_then(|value| audience(value, tags));
    keys.report_unknown();
    let (key, (start, end)) = (key?, span?);
    let PeriodKey::Break(year, kind) = key.value else {
        return None;
    };
    let found = Break {
        year,
        kind,
        name: name?.value,
        start,
        end,
        audience: whom.map(|found| found.value),
    };
    Some((found, key))
}

/// Reads a year's notice. The year is in the file's name.
pub(super) fn read_notice(file: File<'_>, years: &mut BTreeMap<i16, Notice>) {
    let stem = file
        .text
        .name
        .rsplit('/')
        .next()
        .unwrap_or("")
        .trim_end_matches(".toml");
    let Some(year) = stem
        .parse::<i16>()
        .ok()
        .filter(|year| (1990..=2110).contains(year))
    else {
        file.error(
            0..0,
            Words::new(
                "文件名应是年份,如 2026.toml",
                "the file's name must be a year, such as 2026.toml",
            ),
            Words::new("看不出是哪一年", "which year is this"),
        );
        return;
    };
    let notice = file.read_toml(|keys| {
        let number = keys.required("notice").and_then(Value::line);
        let tables = keys.value("holiday").and_then(Value::tables);
        let mut seen = Days::new();
        let holidays = tables
            .into_iter()
            .flatten()
            .filter_map(|keys| read_holiday(&keys, year, &mut seen))
            .collect();
        keys.report_unknown();
        Notice {
            number: number.map(|found| found.value).unwrap_or_default(),
            holidays,
        }
    });
    if let Some(notice) = notice {
        years.insert(year, notice);
    }
}

/// The days that stand in a notice, with where and as what.
type Days = BTreeMap<Date, (Range<usize>, &'static str)>;

fn read_holiday(keys: &Keys<'_, '_>, year: i16, seen: &mut Days) -> Option<Holiday> {
    let file = keys.file();
    let words = Festival::ALL.map(Festival::key);
    let key = keys.required("key").and_then(Value::string);
    keys.required("name").and_then(Value::line);
    let mut is_given = false;
    let mut days = |key: &'static str| -> Vec<Date> {
        let values = keys.value(key).and_then(Value::array);
        is_given |= key == "off" && values.as_ref().is_some_and(|values| !values.is_empty());
        let days = values.into_iter().flatten().filter_map(Value::date);
        days.filter(|day| fits(file, day, key, year, seen))
            .map(|day| day.value)
            .collect()
    };
    let (off, work) = (days("off"), days("work"));
    keys.report_unknown();
    let key = key?;
    let Some(festival) = Festival::from_key(&key.value) else {
        file.error_with_help(
            key.span,
            Words::new(
                format!("不认识的节日 {}", key.value),
                format!("unknown holiday {}", key.value),
            ),
            one_of(words),
            did_you_mean(&key.value, words),
        );
        return None;
    };
    if !is_given {
        file.error(
            keys.span(),
            Words::new("没有写放假的日子", "no day off is given"),
            Words::new("在下面加上 off = [2026-01-01]", "list them in off"),
        );
        return None;
    }
    Some(Holiday {
        festival,
        off,
        work,
    })
}

/// Whether a day may stand in the notice of a year, once.
fn fits(
    file: File<'_>,
    day: &Placed<Date>,
    list: &'static str,
    year: i16,
    seen: &mut Days,
) -> bool {
    if (day.value.year() - year).abs() > 1 {
        file.error(
            day.span.clone(),
            Words::new(
                format!("这一天不在{year}年前后"),
                format!("this day is not of {year} or next to it"),
            ),
            Words::new("核对年份", "check the year"),
        );
        return false;
    }
    let Some((before, other)) = seen.get(&day.value) else {
        seen.insert(day.value, (day.span.clone(), list));
        return true;
    };
    let message = if *other == list {
        Words::new("这一天写了两次", "this day stands twice")
    } else {
        Words::new("这一天又放假又上班", "this day is both off and worked")
    };
    let said = |list| match list {
        "off" => Words::new("写的是放假(off)", "here it is off"),
        _ => Words::new("写的是上班(work)", "here it is worked"),
    };
    file.faults.add(
        Diagnostic::error(file.text, day.span.clone(), message, said(list)).other(
            file.text,
            before.clone(),
            said(other),
        ),
    );
    false
}

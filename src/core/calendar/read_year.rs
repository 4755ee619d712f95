//! Reading `school-year.toml` and `holidays/*.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;

use super::read::audience;
use crate::core::diagnostic::{Words, did_you_mean, one_of};
use crate::core::period::{BreakKind, Festival, PeriodKey};
use crate::core::school_year::{Break, LocalDay, SchoolYear, Term};
use crate::core::toml_text::{File, Keys, Placed, Value};
use crate::core::workdays::{Holiday, Notice};

/// Reads the local school calendar.
pub(super) fn read_school_year(file: File<'_>, tags: &BTreeSet<String>) -> SchoolYear {
    file.read_toml(|keys| {
        let mut school = SchoolYear::default();
        let mut places: Vec<(Date, Date, String, Range<usize>)> = Vec::new();
        for term in keys
            .value("term")
            .and_then(Value::tables)
            .into_iter()
            .flatten()
        {
            if let Some((term, span)) = read_term(&term, tags) {
                if term.audience.is_none() {
                    overlap(file, &places, term.start, term.end, &span);
                    places.push((term.start, term.end, term.name.clone(), span));
                }
                school.terms.push(term);
            }
        }
        for found in keys
            .value("break")
            .and_then(Value::tables)
            .into_iter()
            .flatten()
        {
            if let Some(found) = read_break(&found, tags) {
                school.breaks.push(found);
            }
        }
        for day in keys
            .value("day")
            .and_then(Value::tables)
            .into_iter()
            .flatten()
        {
            let date = day.required("date").and_then(Value::date);
            let teaching = day.required("teaching").and_then(Value::boolean);
            let whom = day
                .value("audience")
                .and_then(|value| audience(value, tags));
            let why = day.value("why").and_then(Value::line);
            day.report_unknown();
            if let (Some(date), Some(teaching)) = (date, teaching) {
                school.days.push(LocalDay {
                    date: date.value,
                    teaching,
                    audience: whom.map(|found| found.value),
                    why: why.map(|found| found.value).unwrap_or_default(),
                });
            }
        }
        keys.report_unknown();
        school.terms.sort_by_key(|term| term.start);
        school.breaks.sort_by_key(|found| found.start);
        school
    })
    .unwrap_or_default()
}

fn overlap(
    file: File<'_>,
    places: &[(Date, Date, String, Range<usize>)],
    start: Date,
    end: Date,
    span: &Range<usize>,
) {
    for (other_start, other_end, name, other) in places {
        if start <= *other_end && *other_start <= end {
            file.faults.add(
                crate::core::diagnostic::Diagnostic::error(
                    file.text,
                    span.clone(),
                    Words::new("两个学期重叠", "two terms overlap"),
                    Words::new(
                        format!("与“{name}”({other_start}至{other_end})重叠"),
                        format!("overlaps {other_start} to {other_end}"),
                    ),
                )
                .other(
                    file.text,
                    other.clone(),
                    Words::new("另一个学期", "the other term"),
                ),
            );
        }
    }
}

fn key_of(keys: &Keys<'_, '_>, zh: &str, allowed: &[&str]) -> Option<Placed<PeriodKey>> {
    let key = keys.required("key")?.string()?;
    let found: Option<PeriodKey> = key.value.parse().ok();
    let fits = match found {
        Some(PeriodKey::Term(..)) => allowed.contains(&"spring"),
        Some(PeriodKey::Break(..)) => allowed.contains(&"winter-break"),
        _ => false,
    };
    if let Some(value) = found.filter(|_| fits) {
        return Some(Placed {
            value,
            span: key.span,
        });
    }
    let (year, word) = key.value.split_once('-').unwrap_or(("2026", &key.value));
    let keys_allowed: Vec<_> = allowed
        .iter()
        .map(|word| format!("{year}-{word}"))
        .collect();
    keys.file().error_with_help(
        key.span.clone(),
        Words::new(
            format!("“{}”不是{zh}", key.value),
            format!("“{}” is not one of its keys", key.value),
        ),
        one_of(keys_allowed.iter().map(String::as_str)),
        did_you_mean(word, allowed.iter().copied()),
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
                format!("开始是 {}", start.value),
                format!("it starts on {}", start.value),
            ),
        );
        return None;
    }
    Some((start.value, end.value))
}

fn read_term(keys: &Keys<'_, '_>, tags: &BTreeSet<String>) -> Option<(Term, Range<usize>)> {
    let key = key_of(
        keys,
        "学期(YEAR-spring、YEAR-autumn)",
        &["spring", "autumn"],
    );
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
        key.span,
    ))
}

fn read_break(keys: &Keys<'_, '_>, tags: &BTreeSet<String>) -> Option<Break> {
    let words = BreakKind::ALL.map(BreakKind::key);
    let key = key_of(keys, "假期(如 YEAR-winter-break)", &words);
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
    Some(Break {
        year,
        kind,
        name: name?.value,
        start,
        end,
        audience: whom.map(|found| found.value),
    })
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
        let mut holidays: Vec<Holiday> = Vec::new();
        for keys in keys
            .value("holiday")
            .and_then(Value::tables)
            .into_iter()
            .flatten()
        {
            if let Some(holiday) = read_holiday(&keys, year, &holidays) {
                holidays.push(holiday);
            }
        }
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

fn read_holiday(keys: &Keys<'_, '_>, year: i16, before: &[Holiday]) -> Option<Holiday> {
    let file = keys.file();
    let words = Festival::ALL.map(Festival::key);
    let key = keys.required("key").and_then(Value::string);
    keys.required("name").and_then(Value::line);
    let days = |key: &'static str, already: &[Date]| -> Vec<Date> {
        let mut found = Vec::new();
        for value in keys.value(key).and_then(Value::array).into_iter().flatten() {
            let Some(day) = value.date() else { continue };
            let near = (day.value.year() - year).abs() <= 1;
            let twice = found.contains(&day.value)
                || already.contains(&day.value)
                || before
                    .iter()
                    .any(|h| h.off.contains(&day.value) || h.work.contains(&day.value));
            if near && !twice {
                found.push(day.value);
                continue;
            }
            let zh = if near {
                "这一天写了两次"
            } else {
                "这一天不在这一年前后"
            };
            let en = if near {
                "this day stands twice"
            } else {
                "this day is far from the file's year"
            };
            file.error(
                day.span,
                Words::new(zh, en),
                Words::new("请核对", "check it"),
            );
        }
        found
    };
    let off = days("off", &[]);
    let work = days("work", &off);
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
    if off.is_empty() {
        file.error(
            keys.span(),
            Words::new("没有放假的日子", "no day off is given"),
            Words::new("在 off 里写明", "list them in off"),
        );
        return None;
    }
    Some(Holiday {
        festival,
        off,
        work,
    })
}

//! Reading the calendar's folder: every file, every fault, at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::read_ladder::{default_ladder, read_patch};
use super::read_task::{check_links, read_task};
use super::read_year::{read_notice, read_school_year};
use super::{Adjust, Calendar, Cap, Caps, MonthPage, Place, Task};
use crate::core::audience::Audience;
use crate::core::diagnostic::{Diagnostic, Faults, Locale, Text, Words, one_of};
use crate::core::ladder::Ladder;
use crate::core::names::TaskId;
use crate::core::school_year::SchoolYear;
use crate::core::toml_text::{File, Keys, Placed, Value};
use crate::core::workdays::Workdays;

/// Reads a calendar from its files. Their names are relative to the folder: `calendar.toml`, `school-year.toml`,
/// `holidays/2026.toml`; every other one holds tasks. Faults go to `faults`; with an error among them the
/// calendar returned must not take effect.
pub fn read(files: &[Arc<Text>], faults: &Faults) -> Calendar {
    let file = |text| File { text, faults };
    let named = |name: &str| files.iter().find(|text| is_named(text, name));
    let mut head = if let Some(text) = named("calendar.toml") {
        read_head(file(text))
    } else {
        let mut missing = Diagnostic::general(Words::new(
            "行事历文件夹里没有 calendar.toml",
            "the calendar's folder has no calendar.toml",
        ));
        missing.severity = crate::core::diagnostic::Severity::Error;
        faults.add(missing);
        Head::default()
    };
    let tags: BTreeSet<String> = head.tags.keys().cloned().collect();
    if let Some(text) = named("calendar.toml") {
        head.adjusts = read_adjusts(file(text), &tags);
    }
    let school = named("school-year.toml").map_or_else(SchoolYear::default, |text| {
        read_school_year(file(text), &tags)
    });
    let mut notices = BTreeMap::new();
    let mut months = BTreeMap::new();
    let mut tasks: Vec<Task> = Vec::new();
    for text in files {
        if is_named(text, "calendar.toml") || is_named(text, "school-year.toml") {
            continue;
        }
        if text.name.contains("holidays/") {
            read_notice(file(text), &mut notices);
        } else {
            read_page(file(text), &tags, &mut months, &mut tasks);
        }
    }
    check_links(&tasks, faults);
    Calendar {
        title: head.title,
        timezone: head.timezone,
        locale: head.locale,
        send_at: head.send_at,
        tags: head.tags,
        ladder: head.ladder,
        adjusts: head.adjusts,
        caps: head.caps,
        months,
        tasks: unique(tasks, faults),
        workdays: Workdays::new(notices),
        school,
    }
}

fn is_named(text: &Text, name: &str) -> bool {
    text.name == name || text.name.ends_with(&format!("/{name}"))
}

/// What `calendar.toml` says.
struct Head {
    title: String,
    timezone: TimeZone,
    locale: Locale,
    send_at: Vec<Time>,
    tags: BTreeMap<String, String>,
    ladder: Ladder,
    adjusts: Vec<Adjust>,
    caps: Caps,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            title: String::new(),
            timezone: TimeZone::UTC,
            locale: Locale::default(),
            send_at: vec![jiff::civil::time(8, 0, 0, 0)],
            tags: BTreeMap::new(),
            ladder: default_ladder(),
            adjusts: Vec::new(),
            caps: Caps::default(),
        }
    }
}

fn read_head(file: File<'_>) -> Head {
    let mut head = Head::default();
    file.read_toml(|keys| {
        if let Some(title) = keys.required("title").and_then(Value::line) {
            head.title = title.value;
        }
        if let Some(zone) = keys.required("timezone").and_then(Value::string) {
            match TimeZone::get(&zone.value) {
                Ok(found) => head.timezone = found,
                Err(_) => file.error(
                    zone.span,
                    Words::new(
                        format!("不认识的时区 {}", zone.value),
                        format!("unknown time zone {}", zone.value),
                    ),
                    Words::new("中国大陆写 Asia/Shanghai", "such as Asia/Shanghai"),
                ),
            }
        }
        if let Some(locale) = keys.value("locale").and_then(Value::string) {
            match Locale::parse(&locale.value) {
                Some(found) => head.locale = found,
                None => file.error(
                    locale.span,
                    Words::new("不认识的语言", "unknown locale"),
                    one_of(["zh-CN", "en"]),
                ),
            }
        }
        if let Some(value) = keys.value("send_at") {
            let mut times: Vec<Time> = value
                .array()
                .into_iter()
                .flatten()
                .filter_map(|element| element.time().map(|time| time.value))
                .collect();
            times.sort_unstable();
            times.dedup();
            if times.is_empty() {
                file.error(
                    value.span(),
                    Words::new("至少要有一个发信时点", "at least one slot is needed"),
                    Words::new("如 [\"08:00\"]", "such as [\"08:00\"]"),
                );
            } else {
                head.send_at = times;
            }
        }
        if let Some(tags) = keys.value("tags").and_then(Value::table) {
            for (name, meaning) in tags.entries() {
                if let Some(meaning) = meaning.line() {
                    head.tags.insert(name.value, meaning.value);
                }
            }
        }
        if let Some(ladder) = keys.value("ladder").and_then(Value::table) {
            head.ladder = default_ladder().patched(&read_patch(&ladder));
            ladder.report_unknown();
        }
        if let Some(burden) = keys.value("burden").and_then(Value::table) {
            head.caps = read_caps(&burden);
        }
        // Read in a second pass, once the tags are known; that they are tables at all is told here.
        keys.value("adjust").and_then(Value::tables);
        keys.report_unknown();
    });
    head
}

/// Reads `[burden]`; a cap of 0 is none.
fn read_caps(keys: &Keys<'_, '_>) -> Caps {
    let cap = |key| {
        let found = keys.value(key)?.integer(0, 999)?;
        let most = u32::try_from(found.value).ok().filter(|most| *most > 0)?;
        let text = Arc::clone(keys.file().text);
        let span = found.span;
        Some(Cap {
            most,
            place: Place { text, span },
        })
    };
    let caps = Caps {
        duties: cap("duties_per_month"),
        evidence: cap("evidence_per_month"),
        require_authority: keys
            .value("require_authority")
            .and_then(Value::boolean)
            .unwrap_or(false),
    };
    keys.report_unknown();
    caps
}

fn read_adjusts(file: File<'_>, tags: &BTreeSet<String>) -> Vec<Adjust> {
    // The file's syntax has been judged by the first pass: here its faults would be said twice.
    let quiet = Faults::default();
    let silent = File {
        text: file.text,
        faults: &quiet,
    };
    let mut spans = Vec::new();
    silent.read_toml(|keys| {
        if let Some(tables) = keys.value("adjust").and_then(Value::tables) {
            for adjust in tables {
                let adjust = adjust.reporting_to(file);
                if let Some(read) = read_adjust(&adjust, tags) {
                    spans.push(read);
                }
            }
        }
    });
    spans
}

fn read_adjust(keys: &Keys<'_, '_>, tags: &BTreeSet<String>) -> Option<Adjust> {
    let whom = keys
        .required("audience")
        .and_then(|value| audience(value, tags));
    let patch = read_patch(keys);
    keys.report_unknown();
    let whom = whom?;
    Some(Adjust {
        audience: whom.value,
        patch,
        place: Place {
            text: Arc::clone(keys.file().text),
            span: whom.span,
        },
    })
}

fn read_page(
    file: File<'_>,
    tags: &BTreeSet<String>,
    months: &mut BTreeMap<i8, MonthPage>,
    tasks: &mut Vec<Task>,
) {
    file.read_toml(|keys| {
        let month = keys
            .value("month")
            .and_then(|value| value.integer(1, 12))
            .and_then(|month| i8::try_from(month.value).ok());
        let theme = keys.value("theme").and_then(Value::line);
        let focus = keys.value("focus").and_then(Value::strings);
        if let Some(month) = month {
            months.insert(
                month,
                MonthPage {
                    theme: theme.map(|theme| theme.value).unwrap_or_default(),
                    focus: focus.into_iter().flatten().map(|line| line.value).collect(),
                },
            );
        }
        for task in keys
            .value("task")
            .and_then(Value::tables)
            .into_iter()
            .flatten()
        {
            tasks.extend(read_task(&task, month, tags));
        }
        keys.report_unknown();
    });
}

/// The tasks by id; an id that stands twice is reported with both places.
fn unique(tasks: Vec<Task>, faults: &Faults) -> BTreeMap<TaskId, Task> {
    let mut by_id: BTreeMap<TaskId, Task> = BTreeMap::new();
    for task in tasks {
        if let Some(first) = by_id.get(&task.id) {
            faults.add(
                Diagnostic::error(
                    &task.place.text,
                    task.place.span.clone(),
                    Words::new(
                        format!("任务编号 {} 用了两次", task.id),
                        format!("the id {} is used twice", task.id),
                    ),
                    Words::new("又出现在这里", "again here"),
                )
                .other(
                    &first.place.text,
                    first.place.span.clone(),
                    Words::new("第一次在这里", "first here"),
                ),
            );
        } else {
            by_id.insert(task.id.clone(), task);
        }
    }
    by_id
}

/// Reads an audience.
pub(super) fn audience(value: Value<'_, '_>, tags: &BTreeSet<String>) -> Option<Placed<Audience>> {
    let text = value.line()?;
    match Audience::parse(&text.value, tags) {
        Ok(found) => Some(Placed {
            value: found,
            span: text.span,
        }),
        Err(fault) => {
            // The text begins after its opening quote; where that was forgotten, at once.
            let quoted = value.file().text.body[text.span.clone()].starts_with(['"', '\'']);
            let start = text.span.start + usize::from(quoted);
            value.file().error_with_help(
                start + fault.span.start..start + fault.span.end,
                Words::new("适用对象写得不对", "the audience cannot be read"),
                fault.message,
                fault.help,
            );
            None
        }
    }
}

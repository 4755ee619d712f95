//! Reading the calendar's folder: every file, every fault, at once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::copies::{self, Copies};
use super::links::{Links, check_links};
use super::read_ladder::{default_ladder, read_patch};
use super::read_task::read_task;
use super::read_year::{read_notice, read_school_year};
use super::{Adjust, Calendar, Cap, Caps, MonthPage, Task};
use crate::core::audience::{Audience, AudienceFault, hint};
use crate::core::diagnostic::{
    Diagnostic, Faults, Locale, Place, Text, Words, did_you_mean, one_of,
};
use crate::core::ladder::Ladder;
use crate::core::roster::Unit;
use crate::core::scan::half_width;
use crate::core::school_year::SchoolYear;
use crate::core::toml_text::{File, Keys, Placed, Value, month_as_number};
use crate::core::workdays::Workdays;

/// Reads a calendar from its files. Their names are relative to the folder: `calendar.toml`, `school-year.toml`,
/// `holidays/2026.toml`; every other one holds tasks. Faults go to `faults`; with an error among them the
/// calendar returned must not take effect.
pub fn read(files: &[Arc<Text>], faults: &Faults) -> Calendar {
    read_beside(files, &[], faults)
}

/// The same beside the units of a roster, which a fault may have meant.
pub fn read_beside(files: &[Arc<Text>], units: &[Unit], faults: &Faults) -> Calendar {
    let file = |text| File { text, faults };
    // What stands in the folder itself holds, whatever copies lie below it.
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by_key(|text| copies::depth(text));
    let mut copies = Copies::default();
    let named = |name: &str| files.iter().copied().find(|text| is_named(text, name));
    let mut head = if let Some(text) = named("calendar.toml") {
        read_head(file(text))
    } else {
        // It may be there and be unreadable, which has been said.
        if !faults.any_in("calendar.toml") {
            faults.add(Diagnostic::failure(Words::new(
                "行事历文件夹里没有 calendar.toml",
                "the calendar's folder has no calendar.toml",
            )));
        }
        Head::default()
    };
    let tags = Tags {
        declared: head.tags.keys().cloned().collect(),
        meanings: head.tags.clone(),
        units: units.iter().map(hint::Named::of).collect(),
        complete: head.is_whole,
    };
    if let Some(text) = named("calendar.toml") {
        head.adjusts = read_adjusts(file(text), &tags);
    }
    let school = named("school-year.toml").map_or_else(SchoolYear::default, |text| {
        read_school_year(file(text), &tags)
    });
    let mut notices = BTreeMap::new();
    let mut pages = Pages::default();
    let mut singles: BTreeMap<&str, &Arc<Text>> = BTreeMap::new();
    for text in files {
        let is_head = is_named(text, "calendar.toml") || is_named(text, "school-year.toml");
        let is_notice = text.name.contains("holidays/");
        if is_head || is_notice {
            let name = text.name.rsplit('/').next().unwrap_or_default();
            let first = *singles.entry(name).or_insert(text);
            if !Arc::ptr_eq(first, text) && copies.note_files(first, text) {
                continue;
            }
        }
        if is_notice {
            read_notice(file(text), &mut notices);
        } else if !is_head {
            read_page(file(text), &tags, &mut pages);
        }
    }
    check_links(&pages.links, &mut copies, faults);
    copies.report(faults);
    Calendar {
        title: head.title,
        timezone: head.timezone,
        locale: head.locale,
        send_at: head.send_at,
        tags: head.tags,
        ladder: head.ladder,
        ladder_place: head.ladder_place,
        adjusts: head.adjusts,
        caps: head.caps,
        months: pages.months,
        tasks: pages
            .tasks
            .into_iter()
            .map(|task| (task.id.clone(), task))
            .collect(),
        workdays: Workdays::new(notices),
        school,
    }
}

impl Default for Calendar {
    /// One that says nothing.
    fn default() -> Self {
        let head = Head::default();
        Self {
            title: head.title,
            timezone: head.timezone,
            locale: head.locale,
            send_at: head.send_at,
            tags: head.tags,
            ladder: head.ladder,
            ladder_place: head.ladder_place,
            adjusts: head.adjusts,
            caps: head.caps,
            months: BTreeMap::new(),
            tasks: BTreeMap::new(),
            workdays: Workdays::new(BTreeMap::new()),
            school: SchoolYear::default(),
        }
    }
}

fn is_named(text: &Text, name: &str) -> bool {
    text.name == name || text.name.ends_with(&format!("/{name}"))
}

/// The tags the calendar declares.
pub(super) struct Tags {
    declared: BTreeSet<String>,
    meanings: BTreeMap<String, String>,
    /// The units of the roster.
    units: Vec<hint::Named>,
    /// Whether the whole of `calendar.toml` could be read. If not, a tag may stand in the part that could not.
    complete: bool,
}

/// What the files of tasks say.
#[derive(Default)]
struct Pages {
    months: BTreeMap<i8, MonthPage>,
    tasks: Vec<Task>,
    /// What the tasks say of each other, also those with other faults.
    links: Vec<Links>,
}

/// What `calendar.toml` says.
struct Head {
    is_whole: bool,
    title: String,
    timezone: TimeZone,
    locale: Locale,
    send_at: Vec<Time>,
    tags: BTreeMap<String, String>,
    ladder: Ladder,
    ladder_place: Option<Place>,
    adjusts: Vec<Adjust>,
    caps: Caps,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            is_whole: false,
            title: String::new(),
            timezone: TimeZone::UTC,
            locale: Locale::default(),
            send_at: vec![jiff::civil::time(8, 0, 0, 0)],
            tags: BTreeMap::new(),
            ladder: default_ladder(),
            ladder_place: None,
            adjusts: Vec::new(),
            caps: Caps::default(),
        }
    }
}

fn read_head(file: File<'_>) -> Head {
    let mut head = Head::default();
    file.read_toml(|keys| {
        head.is_whole = !file.faults.is_spoilt(file.text, &(0..file.text.body.len()));
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
                None => file.error_with_help(
                    locale.span,
                    Words::new(
                        format!("不认识的语言 {}", locale.value),
                        format!("unknown locale {}", locale.value),
                    ),
                    one_of(["zh-CN", "en"]),
                    did_you_mean(&locale.value, ["zh-CN", "en"]),
                ),
            }
        }
        if let Some(value) = keys.value("send_at") {
            let elements = value.array();
            let is_empty = elements.as_ref().is_some_and(Vec::is_empty);
            let mut times: Vec<Time> = elements
                .into_iter()
                .flatten()
                .filter_map(Value::time)
                .inspect(|time| warn_of_night(file, time))
                .map(|time| time.value)
                .collect();
            times.sort_unstable();
            times.dedup();
            if is_empty {
                file.error(
                    value.span(),
                    Words::new("至少要有一个发信时点", "at least one slot is needed"),
                    Words::new("如 [\"08:00\"]", "such as [\"08:00\"]"),
                );
            } else if !times.is_empty() {
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
            head.ladder_place = Some(Place {
                text: Arc::clone(file.text),
                span: ladder.span(),
            });
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

/// A slot at which people sleep is mostly a slip of the pen; the letters go all the same.
fn warn_of_night(file: File<'_>, slot: &Placed<Time>) {
    if (6..21).contains(&slot.value.hour()) || slot.value == jiff::civil::time(21, 0, 0, 0) {
        return;
    }
    let shown = slot.value.strftime("%H:%M");
    file.faults.add(Diagnostic::warning(
        file.text,
        slot.span.clone(),
        Words::new(
            format!("{shown} 是夜里,信会在那时发出"),
            format!("{shown} is at night, and letters go out then"),
        ),
        Words::new(
            "一般写6点到21点之间,如 08:00",
            "mostly between 6 and 21 o'clock, such as 08:00",
        ),
    ));
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

fn read_adjusts(file: File<'_>, tags: &Tags) -> Vec<Adjust> {
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

fn read_adjust(keys: &Keys<'_, '_>, tags: &Tags) -> Option<Adjust> {
    let whom = required_audience(keys).and_then(|value| audience(value, tags));
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

fn read_page(file: File<'_>, tags: &Tags, pages: &mut Pages) {
    file.read_toml(|keys| {
        let month = keys.value("month").and_then(read_month);
        let theme = keys.value("theme").and_then(Value::line);
        let focus = keys.value("focus").and_then(Value::strings);
        if let Some(month) = month {
            pages.months.insert(
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
            if file.faults.is_full() {
                return;
            }
            let (task, links) = read_task(&task, month, tags);
            pages.tasks.extend(task);
            pages.links.extend(links);
        }
        keys.report_unknown();
    });
}

/// A month's number.
fn read_month(value: Value<'_, '_>) -> Option<i8> {
    if let Some(text) = value.as_str() {
        value.file().error(
            value.span(),
            Words::new("月份要写数字", "a month is a number"),
            month_as_number(text),
        );
        return None;
    }
    let month = value.integer(1, 12)?;
    i8::try_from(month.value).ok()
}

/// The audience, which must be there.
pub(super) fn required_audience<'a, 'i>(keys: &Keys<'a, 'i>) -> Option<Value<'a, 'i>> {
    keys.required_like("audience", "audience = \"school\"", hint::examples)
}

/// Reads an audience.
pub(super) fn audience(value: Value<'_, '_>, tags: &Tags) -> Option<Placed<Audience>> {
    let text = value.line()?;
    let span = |part: &Range<usize>| value.span_within(&text.value, part);
    let found = audience_of(value.file(), &text.value, tags, span)?;
    Some(text.map(|_| found))
}

/// Reads an audience's text; `span` says where a part of it stands in the file.
pub(super) fn audience_of(
    file: File<'_>,
    text: &str,
    tags: &Tags,
    span: impl Fn(&Range<usize>) -> Range<usize>,
) -> Option<Audience> {
    let faults = match Audience::parse_all(text, &tags.declared) {
        Ok(found) => return Some(found),
        Err(faults) => faults,
    };
    let unsure = |fault: &AudienceFault| fault.is_undeclared && !tags.complete;
    for fault in faults.into_iter().filter(|fault| !unsure(fault)) {
        let help = if fault.is_undeclared {
            let word: String = text[fault.span.clone()].chars().map(half_width).collect();
            Some(hint::instead(&word, &tags.meanings, &tags.units))
        } else {
            fault.help
        };
        file.error_with_help(
            span(&fault.span),
            Words::new("适用对象写得不对", "the audience cannot be read"),
            fault.message,
            help,
        );
    }
    None
}

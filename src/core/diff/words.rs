//! A diff as it is read aloud.

use std::fmt::Write as _;

use super::{Change, Days, Diff, DutyRow, Field, Letters, TaskRow, UnitRow};
use crate::core::diagnostic::{Locale, Words};
use crate::core::names::TaskId;

/// The longest value of a field that is shown whole, in characters.
const LONGEST_VALUE: usize = 60;

/// How many characters before the first difference of a longer one are shown.
const LEAD_IN: usize = 10;

impl Diff {
    /// The first line, as a sentence: `改动37项职责的日期,撤销2项;现在要发0封信,今后一年比原来少214封`.
    pub fn summary(&self, locale: Locale) -> String {
        if self.is_empty() {
            return pick(locale, "没有改动", "nothing changes").to_owned();
        }
        let count = |rows: &[DutyRow]| rows.iter().map(|row| row.units.len()).sum();
        let (moved, gone, added) = (
            count(&self.moved),
            count(&self.withdrawn),
            count(&self.added),
        );
        let other = self.other_texts(moved + gone + added > 0);
        let units = self.units.iter().map(|row| row.units.len()).sum();
        let letters = self.letters.as_ref().map(letters_in_words);
        match locale {
            Locale::Chinese => {
                let mut clauses: Vec<String> = Vec::new();
                let mut say = |n: usize, before: &str, after: &str, unit: &str| {
                    if n > 0 {
                        let first = clauses.is_empty();
                        let what = if first { unit } else { "" };
                        clauses.push(format!("{before}{n}项{what}{after}"));
                    }
                };
                say(moved, "改动", "的日期", "职责");
                say(gone, "撤销", "", "职责");
                say(added, "新增", "", "职责");
                if clauses.is_empty() {
                    clauses.push("职责和日期都不变".to_owned());
                }
                if other > 0 {
                    clauses.push(format!("改动{other}处内容"));
                }
                if units > 0 {
                    clauses.push(format!("改动{units}个单位"));
                }
                let zh = letters.map_or(String::new(), |words| format!(";{}", words.zh));
                format!("{}{zh}", clauses.join(","))
            }
            Locale::English => {
                let mut clauses: Vec<String> = Vec::new();
                let mut say = |n: usize, verb: &str| {
                    if n > 0 {
                        let what = match (clauses.is_empty(), n) {
                            (true, 1) => " duty",
                            (true, _) => " duties",
                            _ => "",
                        };
                        clauses.push(format!("{verb} {n}{what}"));
                    }
                };
                say(moved, "moves");
                say(gone, "withdraws");
                say(added, "adds");
                if clauses.is_empty() {
                    clauses.push("leaves every duty and date".to_owned());
                }
                if other > 0 {
                    clauses.push(format!("changes {}", plural(other, "text")));
                }
                if units > 0 {
                    clauses.push(format!("changes {}", plural(units, "unit")));
                }
                let en = letters.map_or(String::new(), |words| format!("; {}", words.en));
                format!("{}{en}", clauses.join(", "))
            }
        }
    }

    /// How many tasks and keys say something else that the duties' dates do not tell already.
    fn other_texts(&self, dates_tell: bool) -> usize {
        let counts = |field: &&Field| !(dates_tell && shapes_dates(&field.key));
        let lists = [&self.moved, &self.added, &self.withdrawn];
        let has_duties = |task: &TaskId| {
            let rows = lists.iter().flat_map(|rows| rows.iter());
            rows.into_iter().any(|row| row.occurrence.task == *task)
        };
        let tasks = self.tasks.iter().filter(|row| match row.change {
            Change::Changed => row.fields.iter().filter(counts).count() > 0,
            Change::Added | Change::Removed => !has_duties(&row.task),
        });
        tasks.count() + self.calendar.iter().filter(counts).count()
    }

    /// The summary, then the list in sections, cut after so many rows.
    pub fn in_words(&self, locale: Locale, most_rows: usize) -> String {
        let mut text = self.summary(locale);
        text.push('\n');
        let sections = self.sections(locale);
        let rows: usize = sections.iter().map(|(_, rows)| rows.len()).sum();
        let mut left = most_rows;
        for (name, rows) in sections {
            if left == 0 || rows.is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n{name}");
            for row in rows.iter().take(left) {
                let _ = writeln!(text, "  {row}");
            }
            left -= rows.len().min(left);
        }
        if rows > most_rows {
            let n = rows - most_rows;
            let _ = match locale {
                Locale::Chinese => writeln!(text, "\n……另有{n}行"),
                Locale::English => writeln!(text, "\n… {n} more"),
            };
        }
        text
    }

    fn sections(&self, locale: Locale) -> Vec<(&'static str, Vec<String>)> {
        let duties = |rows: &[DutyRow]| rows.iter().map(|row| row.in_words(locale)).collect();
        let mut contents: Vec<String> = self
            .calendar
            .iter()
            .map(|field| field.in_words(locale))
            .collect();
        contents.extend(self.tasks.iter().map(|row| row.in_words(locale)));
        let units = self.units.iter().map(|row| row.in_words(locale)).collect();
        let said: Vec<_> = self
            .letters
            .iter()
            .flat_map(|letters| &letters.said)
            .map(|(kind, n)| {
                let (zh, en) = rung_words(kind);
                pick(locale, &format!("{zh}{n}条"), &format!("{n} {en}")).to_owned()
            })
            .collect();
        let said = if said.is_empty() {
            Vec::new()
        } else {
            vec![said.join(pick(locale, "、", ", "))]
        };
        vec![
            (pick(locale, "日期改动", "Dates moved"), duties(&self.moved)),
            (pick(locale, "新增", "Added"), duties(&self.added)),
            (pick(locale, "撤销", "Withdrawn"), duties(&self.withdrawn)),
            (pick(locale, "内容改动", "Texts"), contents),
            (pick(locale, "单位与联系人", "Units and contacts"), units),
            (
                pick(locale, "现在要发的信里", "In the letters sent now"),
                said,
            ),
        ]
    }
}

/// Whether a key says when duties are due, or whose they are.
fn shapes_dates(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    let own = [
        "due",
        "due_at",
        "every",
        "audience",
        "skip_if",
        "opens",
        "due_on_rest_day",
    ];
    let all = ["holidays.", "term.", "break.", "day."];
    own.contains(&last) || all.iter().any(|first| key.starts_with(first))
}

fn pick<'a>(locale: Locale, zh: &'a str, en: &'a str) -> &'a str {
    match locale {
        Locale::Chinese => zh,
        Locale::English => en,
    }
}

fn plural(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

fn rung_words(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "opens" => ("布置", "announced"),
        "remind" => ("提醒", "reminded"),
        "overdue" => ("逾期", "overdue"),
        "escalate" => ("逾期上报", "escalated"),
        "nag" => ("再催", "nagged"),
        "changed" => ("日期变更", "changed"),
        "decided" => ("答复", "decided"),
        "closed" => ("办结", "closed"),
        "withdrawn" => ("撤销", "withdrawn"),
        _ => ("管理员须知", "for the admins"),
    }
}

impl DutyRow {
    fn in_words(&self, locale: Locale) -> String {
        let head = format!("{} {}", self.occurrence, self.title);
        let whom = self.whom.in_locale(locale);
        // The reason is that of the due day.
        let due = |days: Option<Days>| days.map(|days| days.due);
        let why = if due(self.old) == due(self.new) {
            String::new()
        } else {
            let colon = pick(locale, ":", ": ");
            format!("{colon}{}", self.why.in_locale(locale))
        };
        match locale {
            Locale::Chinese => {
                let days = match (self.old, self.new) {
                    (Some(old), Some(new)) => moved_zh(old, new),
                    (None, Some(new)) => format!("{}到期", new.due),
                    (Some(old), None) => format!("原定{}到期", old.due),
                    (None, None) => String::new(),
                };
                format!("{head} {days},{whom}{why}")
            }
            Locale::English => {
                let days = match (self.old, self.new) {
                    (Some(old), Some(new)) => moved_en(old, new),
                    (None, Some(new)) => format!("due {}", new.due),
                    (Some(old), None) => format!("was due {}", old.due),
                    (None, None) => String::new(),
                };
                format!("{head} {days}, {whom}{why}")
            }
        }
    }
}

fn moved_zh(old: Days, new: Days) -> String {
    if old.due == new.due {
        format!("开始 {} → {},仍是{}到期", old.opens, new.opens, new.due)
    } else {
        format!("{} → {}", old.due, new.due)
    }
}

fn moved_en(old: Days, new: Days) -> String {
    if old.due == new.due {
        format!("opens {} → {}, still due {}", old.opens, new.opens, new.due)
    } else {
        format!("{} → {}", old.due, new.due)
    }
}

impl TaskRow {
    fn in_words(&self, locale: Locale) -> String {
        let head = format!("{} {}", self.task, self.title);
        match (self.change, &self.was) {
            (Change::Added, Some(was)) => match locale {
                Locale::Chinese => {
                    format!(
                        "{head}:新任务,标题与删去的 {was} 相同。换了编号就是另一项任务,要重新布置"
                    )
                }
                Locale::English => {
                    format!(
                        "{head}: new, under the title of {was}, which is gone: to schoolbell another task"
                    )
                }
            },
            (Change::Added, None) => format!("{head}{}", pick(locale, ":新任务", ": new")),
            (Change::Removed, _) => format!("{head}{}", pick(locale, ":已删去", ": gone")),
            (Change::Changed, _) => all_fields(&head, &self.fields, locale),
        }
    }
}

impl UnitRow {
    fn in_words(&self, locale: Locale) -> String {
        let head = match self.units.as_slice() {
            [only] => format!("{only} {}", self.whom.in_locale(locale)),
            _ => self.whom.in_locale(locale).to_owned(),
        };
        match self.change {
            Change::Added => format!("{head}{}", pick(locale, ":新增", ": new")),
            Change::Removed => format!(
                "{head}{}",
                pick(locale, ":已不在花名册上", ": off the roster")
            ),
            Change::Changed => all_fields(&head, &self.fields, locale),
        }
    }
}

fn letters_in_words(letters: &Letters) -> Words {
    let (now, later) = (letters.now, letters.later);
    let n = later.unsigned_abs();
    let (zh, en) = match later {
        0 => (
            "今后一年的信不多不少".to_owned(),
            "no more and no fewer within a year".to_owned(),
        ),
        1.. => (
            format!("今后一年比原来多{n}封"),
            format!("{n} more within a year"),
        ),
        _ => (
            format!("今后一年比原来少{n}封"),
            format!("{n} fewer within a year"),
        ),
    };
    let sent = plural(now, "letter");
    Words::new(
        format!("现在要发{now}封信,{zh}"),
        format!("sends {sent} now, {en}"),
    )
}

fn all_fields(head: &str, fields: &[Field], locale: Locale) -> String {
    let said: Vec<_> = fields.iter().map(|field| field.in_words(locale)).collect();
    let (colon, between) = match locale {
        Locale::Chinese => (":", ";"),
        Locale::English => (": ", "; "),
    };
    format!("{head}{colon}{}", said.join(between))
}

impl Field {
    fn in_words(&self, locale: Locale) -> String {
        let name = self.name.in_locale(locale);
        let (old, new) = (self.old.in_locale(locale), self.new.in_locale(locale));
        // Long texts are told from where they part.
        let alike = old
            .chars()
            .zip(new.chars())
            .take_while(|(a, b)| a == b)
            .count();
        let from = alike.saturating_sub(LEAD_IN);
        let nothing = pick(locale, "(没有)", "(none)");
        let said = |value: &str| {
            if value.is_empty() {
                return nothing.to_owned();
            }
            let length = value.chars().count();
            let one_line = value.replace(['\n', '\r'], " ");
            if length <= LONGEST_VALUE {
                return one_line;
            }
            let shown: String = one_line.chars().skip(from).take(LONGEST_VALUE).collect();
            let before = if from > 0 { "…" } else { "" };
            let after = if from + LONGEST_VALUE < length {
                "…"
            } else {
                ""
            };
            format!("{before}{shown}{after}")
        };
        format!("{name} {} → {}", said(old), said(new))
    }
}

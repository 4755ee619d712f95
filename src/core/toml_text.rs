//! Reading TOML by hand, key by key, so that every fault of a file is found at once and each has its place.

mod heads;
mod scan;
mod syntax;

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::{Date, Time};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use syntax::month_as_number;

use scan::{DEEPEST, scan};

use super::diagnostic::{Diagnostic, Faults, Text, Words, did_you_mean, nearest, one_of};
use super::written::{read_day, read_hour};

/// A value with the place it stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

impl<T> Placed<T> {
    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Placed<U> {
        Placed {
            value: f(self.value),
            span: self.span,
        }
    }
}

/// A file being read: where its faults go.
#[derive(Clone, Copy)]
pub struct File<'f> {
    /// The file.
    pub text: &'f Arc<Text>,
    /// Where its faults go.
    pub faults: &'f Faults,
}

impl File<'_> {
    /// Records an error.
    pub fn error(self, span: Range<usize>, message: Words, label: Words) {
        self.error_with_help(span, message, label, None);
    }

    /// Records an error with what to do. On a line whose syntax is wrong it would only be an echo.
    pub fn error_with_help(
        self,
        span: Range<usize>,
        message: Words,
        label: Words,
        help: Option<Words>,
    ) {
        if self.faults.is_spoilt(self.text, &span) {
            return;
        }
        let mut diagnostic = Diagnostic::error(self.text, span, message, label);
        diagnostic.help = help;
        self.faults.add(diagnostic);
    }

    /// Parses the file's TOML and hands its top table to `read`. What the syntax spoils is reported, the rest is read.
    pub fn read_toml<R>(self, read: impl FnOnce(Keys<'_, '_>) -> R) -> Option<R> {
        if let Some(at) = scan(&self.text.body).too_deep {
            self.error(
                at..at + 1,
                Words::new("套得太深", "nested too deeply"),
                Words::new(
                    format!("括号、点号最多套{DEEPEST}层"),
                    format!("at most {DEEPEST} levels of brackets or dots"),
                ),
            );
            return None;
        }
        let body = self.text.body.as_str();
        let (mut table, mut errors) = DeTable::parse_recoverable(body);
        let mended = if heads::are_doubtful(table.get_ref(), !errors.is_empty()) {
            heads::mended(self)
        } else {
            None
        };
        if let Some(mended) = &mended {
            (table, errors) = DeTable::parse_recoverable(mended);
        }
        let body = mended.as_deref().unwrap_or(body);
        let passable;
        let mut table = match syntax::without_dead_ends(body, &mut errors) {
            None => table,
            Some(rest) => {
                passable = rest;
                let (table, more) = DeTable::parse_recoverable(&passable);
                errors.extend(more);
                table
            }
        };
        if mended.is_some() {
            heads::restore(table.get_mut());
        }
        syntax::report(self, &errors);
        Some(read(Keys::new(self, table.get_ref(), 0..0)))
    }

    /// The bytes from a table's head to the next table's.
    fn extent(self, head: &Range<usize>) -> Range<usize> {
        let body = &self.text.body;
        let next = body[head.end..].find("\n[").map(|at| head.end + at);
        head.start..next.unwrap_or(body.len())
    }
}

/// A table being read. Each key is asked for once; `report_unknown` reports those that nobody asked for, and those that
/// are missing.
pub struct Keys<'a, 'i> {
    file: File<'a>,
    table: &'a DeTable<'i>,
    span: Range<usize>,
    asked: RefCell<Vec<&'static str>>,
    refused: RefCell<Vec<&'static str>>,
    missing: RefCell<Vec<Missing>>,
}

/// A key that must be there and is not.
struct Missing {
    key: &'static str,
    /// A line with it, and what may stand there.
    sample: Option<(&'static str, Words)>,
}

impl<'a, 'i> Keys<'a, 'i> {
    fn new(file: File<'a>, table: &'a DeTable<'i>, span: Range<usize>) -> Self {
        Self {
            file,
            table,
            span,
            asked: RefCell::default(),
            refused: RefCell::default(),
            missing: RefCell::default(),
        }
    }

    /// The same table, with its faults going to another file's sink.
    pub fn reporting_to(&self, file: File<'a>) -> Self {
        Self::new(file, self.table, self.span.clone())
    }

    /// Where the table stands.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The file it stands in.
    pub fn file(&self) -> File<'a> {
        self.file
    }

    /// The value under a key. One on a line whose syntax is wrong is not what was meant, and is left out.
    pub fn value(&self, key: &'static str) -> Option<Value<'a, 'i>> {
        self.asked.borrow_mut().push(key);
        let file = self.file;
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        let whole = matches!(value.get_ref(), DeValue::Array(_) | DeValue::Table(_));
        (whole || !file.faults.is_spoilt(file.text, &value.span())).then_some(Value { file, value })
    }

    /// The value under a key that must be there; `report_unknown` says so if it is not.
    pub fn required(&self, key: &'static str) -> Option<Value<'a, 'i>> {
        self.value(key).or_else(|| self.lacks(key, None))
    }

    /// The same for a key of which a line is shown where it is missing, with what may stand there.
    pub fn required_like(
        &self,
        key: &'static str,
        line: &'static str,
        allowed: impl FnOnce() -> Words,
    ) -> Option<Value<'a, 'i>> {
        self.value(key)
            .or_else(|| self.lacks(key, Some((line, allowed()))))
    }

    fn lacks<T>(&self, key: &'static str, sample: Option<(&'static str, Words)>) -> Option<T> {
        self.missing.borrow_mut().push(Missing { key, sample });
        None
    }

    /// Every key with its value, for a table whose keys are data.
    pub fn entries(&self) -> impl Iterator<Item = (Placed<String>, Value<'a, 'i>)> + use<'a, 'i> {
        let file = self.file;
        self.table.iter().map(move |(name, value)| {
            (
                Placed {
                    value: name.get_ref().to_string(),
                    span: name.span(),
                },
                Value { file, value },
            )
        })
    }

    /// Where a key stands that nobody may write, for a fault with words of its own.
    pub fn refused(&self, key: &'static str) -> Option<Range<usize>> {
        self.refused.borrow_mut().push(key);
        let mut names = self.table.iter().map(|(name, _)| name);
        names.find(|name| name.get_ref() == key).map(Spanned::span)
    }

    /// Reports every key that was not asked for, and those that must be there and are not.
    pub fn report_unknown(&self) {
        let asked = self.asked.borrow();
        let refused = self.refused.borrow();
        let mut missing = self.missing.borrow_mut();
        for (name, _) in self.table {
            if self.file.faults.is_full() {
                return;
            }
            let found: &Cow<'_, str> = name.get_ref();
            if !asked.iter().chain(&*refused).any(|key| key == found) {
                // A misspelt key is not missing as well.
                let meant = nearest(found, asked.iter().copied());
                missing.retain(|lack| Some(lack.key) != meant);
                self.file.error_with_help(
                    name.span(),
                    Words::new(
                        format!("不认识的键 {found}"),
                        format!("unknown key {found}"),
                    ),
                    one_of(asked.iter().copied()),
                    did_you_mean(found, asked.iter().copied()),
                );
            }
        }
        // Where a line of the table cannot be read, the key may stand on it.
        let extent = self.file.extent(&self.span);
        if !missing.is_empty() && !self.file.faults.is_spoilt(self.file.text, &extent) {
            self.report_missing(&missing);
        }
    }

    fn report_missing(&self, missing: &[Missing]) {
        let keys: Vec<_> = missing.iter().map(|lack| lack.key).collect();
        let samples = || missing.iter().filter_map(|lack| lack.sample.as_ref());
        let lines: Vec<_> = samples().map(|(line, _)| *line).collect();
        let label = if lines.is_empty() {
            Words::new("在下面加上", "it belongs here")
        } else {
            Words::new(
                format!("在下面加上,如 {}", lines.join("、")),
                format!("it belongs here, such as {}", lines.join(", ")),
            )
        };
        let of = |lack: &Missing| {
            let (_, allowed) = lack.sample.as_ref()?;
            let key = lack.key;
            Some((
                format!("{key} {}", allowed.zh),
                format!("{key} {}", allowed.en),
            ))
        };
        let (zh, en): (Vec<_>, Vec<_>) = missing.iter().filter_map(of).unzip();
        let help = (!zh.is_empty()).then(|| Words::new(zh.join(";"), en.join("; ")));
        self.file.error_with_help(
            self.span.clone(),
            Words::new(
                format!("缺少 {}", keys.join("、")),
                format!("missing {}", keys.join(", ")),
            ),
            label,
            help,
        );
    }
}

/// A value being read.
#[derive(Clone, Copy)]
pub struct Value<'a, 'i> {
    file: File<'a>,
    value: &'a Spanned<DeValue<'i>>,
}

impl<'a, 'i> Value<'a, 'i> {
    /// Where it stands.
    pub fn span(self) -> Range<usize> {
        self.value.span()
    }

    /// The file it stands in.
    pub fn file(self) -> File<'a> {
        self.file
    }

    /// Reports that something else belongs here.
    pub fn wrong<T>(self, zh: &str, en: &str) -> Option<T> {
        let found = match self.value.get_ref() {
            DeValue::String(text) => {
                Words::new(format!("写的是“{text}”"), format!("found “{text}”"))
            }
            DeValue::Integer(_) | DeValue::Float(_) => Words::new("写的是数字", "found a number"),
            DeValue::Boolean(_) => Words::new("写的是 true 或 false", "found true or false"),
            DeValue::Datetime(_) => Words::new("写的是日期或时刻", "found a date or a time"),
            DeValue::Array(_) => Words::new("写的是方括号里的一组", "found an array"),
            DeValue::Table(_) => Words::new("写的是一张表", "found a table"),
        };
        self.file.error(
            self.span(),
            Words::new(format!("这里要写{zh}"), format!("expected {en}")),
            found,
        );
        None
    }

    /// A text.
    pub fn string(self) -> Option<Placed<String>> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(Placed {
                value: text.to_string(),
                span: self.span(),
            }),
            _ => self.wrong("用英文双引号括起来的文字", "a text in double quotes"),
        }
    }

    /// A text that says something and holds no control characters: what is shown to people.
    pub fn line(self) -> Option<Placed<String>> {
        let line = self.string()?;
        if line.value.trim().is_empty() {
            self.file.error(
                line.span,
                Words::new("不能为空", "must not be empty"),
                Words::new("请写明", "say something here"),
            );
            return None;
        }
        if line.value.chars().any(char::is_control) {
            self.file.error(
                line.span,
                Words::new(
                    "不能含换行等控制字符",
                    "must not contain control characters",
                ),
                Words::new("写成一行", "write it on one line"),
            );
            return None;
        }
        Some(line.map(|text| text.trim().to_owned()))
    }

    /// Where a part of a text stands: the text begins after its opening quote, however many spaces later. With escapes
    /// in it the parts cannot be told apart, and it is the whole.
    pub fn span_within(self, text: &str, part: &Range<usize>) -> Range<usize> {
        let span = self.span();
        match self.file.text.body[span.clone()].find(text) {
            Some(at) => span.start + at + part.start..span.start + at + part.end,
            None => span,
        }
    }

    /// A text if it is one, without complaint.
    pub fn as_str(self) -> Option<&'a str> {
        self.value.get_ref().as_str()
    }

    /// A day such as 2026-03-04 if it is one, outside of quotes, without complaint.
    pub fn as_day(self) -> Option<Date> {
        let found = self.value.get_ref().as_datetime()?;
        let day = found.date.filter(|_| found.time.is_none())?;
        day.to_string().parse().ok()
    }

    /// `true` or `false` if it is one, without complaint.
    pub fn as_bool(self) -> Option<bool> {
        self.value.get_ref().as_bool()
    }

    /// Whether it is an array.
    pub fn is_array(self) -> bool {
        self.value.get_ref().is_array()
    }

    /// Whether it is a table.
    pub fn is_table(self) -> bool {
        self.value.get_ref().is_table()
    }

    /// A whole number within bounds.
    pub fn integer(self, least: i64, most: i64) -> Option<Placed<i64>> {
        let DeValue::Integer(number) = self.value.get_ref() else {
            return self.wrong("整数,不加引号", "a whole number, without quotes");
        };
        let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
        if let Some(value) = number.filter(|n| (least..=most).contains(n)) {
            return Some(Placed {
                value,
                span: self.span(),
            });
        }
        self.file.error(
            self.span(),
            Words::new("数字超出范围", "number out of range"),
            Words::new(
                format!("应在{least}到{most}之间"),
                format!("must be from {least} to {most}"),
            ),
        );
        None
    }

    /// `true` or `false`.
    pub fn boolean(self) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            _ => self.wrong(" true 或 false,不加引号", "true or false, without quotes"),
        }
    }

    /// A date such as `2026-03-04`, bare or in quotes.
    pub fn date(self) -> Option<Placed<Date>> {
        let parsed = match self.value.get_ref() {
            DeValue::Datetime(found) if found.time.is_none() => {
                found.date.and_then(|d| d.to_string().parse().ok())
            }
            DeValue::String(text) => read_day(text),
            _ => None,
        };
        match parsed {
            Some(value) => Some(Placed {
                value,
                span: self.span(),
            }),
            None => self.wrong("日期,如 2026-03-04", "a date such as 2026-03-04"),
        }
    }

    /// A time of day such as `"08:00"`.
    pub fn time(self) -> Option<Placed<Time>> {
        let parsed = match self.value.get_ref() {
            DeValue::Datetime(found) if found.date.is_none() => {
                found.time.and_then(|time| read_hour(&time.to_string()))
            }
            DeValue::String(text) => read_hour(text),
            _ => None,
        };
        match parsed {
            Some(value) => Some(Placed {
                value,
                span: self.span(),
            }),
            None => self.wrong("时刻,如 \"08:00\"", "a time of day such as \"08:00\""),
        }
    }

    /// The elements of an array.
    pub fn array(self) -> Option<Vec<Value<'a, 'i>>> {
        let file = self.file;
        match self.value.get_ref() {
            DeValue::Array(array) => {
                Some(array.iter().map(|value| Value { file, value }).collect())
            }
            _ => self.wrong("方括号里的一组,如 [\"…\"]", "an array such as [\"…\"]"),
        }
    }

    /// An array of texts.
    pub fn strings(self) -> Option<Vec<Placed<String>>> {
        Some(self.array()?.into_iter().filter_map(Self::string).collect())
    }

    /// A table.
    pub fn table(self) -> Option<Keys<'a, 'i>> {
        match self.value.get_ref() {
            DeValue::Table(table) => Some(Keys::new(self.file, table, self.span())),
            _ => self.wrong("一张表,如 { 键 = 值 }", "a table such as { key = value }"),
        }
    }

    /// An array of tables: `[[task]]`.
    pub fn tables(self) -> Option<Vec<Keys<'a, 'i>>> {
        if let DeValue::Table(_) = self.value.get_ref() {
            let head = self.file.text.body.get(self.span()).unwrap_or("");
            self.file.error(
                self.span(),
                Words::new(
                    "这里要写两层方括号",
                    "two brackets belong here, since there may be several",
                ),
                Words::new(format!("写成 [{head}]"), format!("write [{head}]")),
            );
            return None;
        }
        Some(self.array()?.into_iter().filter_map(Self::table).collect())
    }
}

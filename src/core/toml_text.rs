//! Reading TOML by hand, key by key, so that every fault of a file is found at once and each has its place.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::{Date, Time};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, Faults, Text, Words, did_you_mean, one_of};
use super::written::{read_day, read_hour};

/// How deep arrays and tables may nest; the calendar needs three.
const DEEPEST: usize = 16;

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
        self.faults
            .add(Diagnostic::error(self.text, span, message, label));
    }

    /// Records an error with what to do.
    pub fn error_with_help(
        self,
        span: Range<usize>,
        message: Words,
        label: Words,
        help: Option<Words>,
    ) {
        let mut diagnostic = Diagnostic::error(self.text, span, message, label);
        diagnostic.help = help;
        self.faults.add(diagnostic);
    }

    /// Parses the file's TOML and hands its top table to `read`. What the syntax spoils is reported, the rest is read.
    pub fn read_toml<R>(self, read: impl FnOnce(Keys<'_, '_>) -> R) -> Option<R> {
        if let Some(at) = too_deep(&self.text.body) {
            self.error(
                at..at + 1,
                Words::new("嵌套太深", "nested too deeply"),
                Words::new(
                    format!("括号最多套{DEEPEST}层"),
                    format!("at most {DEEPEST} levels of brackets"),
                ),
            );
            return None;
        }
        let (table, errors) = DeTable::parse_recoverable(&self.text.body);
        for error in &errors {
            let end = self.text.body.len();
            let span = error.span().unwrap_or(end..end);
            self.error(
                span,
                Words::new("TOML语法错误", "TOML syntax error"),
                syntax_words(error.message()),
            );
        }
        let span = table.span();
        Some(read(Keys::new(self, table.get_ref(), span)))
    }
}

/// The parser's English, in Chinese for the faults that are made most.
fn syntax_words(message: &str) -> Words {
    let zh = if message.contains("duplicate key") {
        "这个键写了两次".to_owned()
    } else if message.contains("string") && (message.contains("quote") || message.contains("`\"`"))
    {
        "引号没有配对(应是英文双引号 \")".to_owned()
    } else if message.contains("key with no value") {
        "键后面缺少 = 和值".to_owned()
    } else if message.contains("missing value") || message.contains("missing opening quote") {
        "这里的值应当用英文双引号 \" 括起来".to_owned()
    } else if message.contains("unclosed array") {
        "方括号没有配对".to_owned()
    } else {
        format!("读不懂({message})")
    };
    Words::new(zh, message)
}

/// The first bracket beyond the depth allowed, strings and comments left out of the count.
fn too_deep(body: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_string: Option<u8> = None;
    let mut in_comment = false;
    let mut escaped = false;
    for (at, byte) in body.bytes().enumerate() {
        if in_comment {
            in_comment = byte != b'\n';
            continue;
        }
        match (in_string, byte) {
            (Some(_), b'\n') => (in_string, escaped) = (None, false),
            (Some(b'"'), b'\\') => escaped = !escaped,
            (Some(quote), _) if byte == quote && !escaped => in_string = None,
            (Some(_), _) => escaped = false,
            (None, b'"' | b'\'') => in_string = Some(byte),
            (None, b'#') => in_comment = true,
            (None, b'[' | b'{') => {
                depth += 1;
                if depth > DEEPEST {
                    return Some(at);
                }
            }
            (None, b']' | b'}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    None
}

/// A table being read. Each key is asked for once; `report_unknown` reports those that nobody asked for.
pub struct Keys<'a, 'i> {
    file: File<'a>,
    table: &'a DeTable<'i>,
    span: Range<usize>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a, 'i> Keys<'a, 'i> {
    fn new(file: File<'a>, table: &'a DeTable<'i>, span: Range<usize>) -> Self {
        Self {
            file,
            table,
            span,
            asked: RefCell::new(Vec::new()),
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

    /// The value under a key.
    pub fn value(&self, key: &'static str) -> Option<Value<'a, 'i>> {
        self.asked.borrow_mut().push(key);
        self.table
            .iter()
            .find(|(name, _)| name.get_ref() == key)
            .map(|(_, value)| Value {
                file: self.file,
                value,
            })
    }

    /// The value under a key that must be there.
    pub fn required(&self, key: &'static str) -> Option<Value<'a, 'i>> {
        let value = self.value(key);
        if value.is_none() {
            self.file.error(
                self.span.clone(),
                Words::new(format!("缺少 {key}"), format!("missing {key}")),
                Words::new("写在这里", "it belongs here"),
            );
        }
        value
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

    /// Reports every key that was not asked for.
    pub fn report_unknown(&self) {
        let asked = self.asked.borrow();
        for (name, _) in self.table {
            let found: &Cow<'_, str> = name.get_ref();
            if !asked.iter().any(|key| key == found) {
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

    fn wrong<T>(self, zh: &str, en: &str) -> Option<T> {
        let (found_zh, found_en) = match self.value.get_ref() {
            DeValue::String(_) => ("文字", "a string"),
            DeValue::Integer(_) => ("整数", "an integer"),
            DeValue::Float(_) => ("小数", "a float"),
            DeValue::Boolean(_) => ("true/false", "a boolean"),
            DeValue::Datetime(_) => ("日期", "a date"),
            DeValue::Array(_) => ("数组", "an array"),
            DeValue::Table(_) => ("表", "a table"),
        };
        self.file.error(
            self.span(),
            Words::new(format!("这里应当是{zh}"), format!("expected {en}")),
            Words::new(format!("写的是{found_zh}"), format!("found {found_en}")),
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
            _ => self.wrong("用双引号括起来的文字", "a string in double quotes"),
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

    /// A text if it is one, without complaint.
    pub fn as_str(self) -> Option<&'a str> {
        self.value.get_ref().as_str()
    }

    /// Whether it is a table.
    pub fn is_table(self) -> bool {
        self.value.get_ref().is_table()
    }

    /// A whole number within bounds.
    pub fn integer(self, least: i64, most: i64) -> Option<Placed<i64>> {
        let DeValue::Integer(number) = self.value.get_ref() else {
            return self.wrong("整数", "an integer");
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
            _ => self.wrong("true 或 false", "true or false"),
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
            _ => self.wrong("数组,如 [\"…\"]", "an array such as [\"…\"]"),
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
            _ => self.wrong("表", "a table"),
        }
    }

    /// An array of tables: `[[task]]`.
    pub fn tables(self) -> Option<Vec<Keys<'a, 'i>>> {
        Some(self.array()?.into_iter().filter_map(Self::table).collect())
    }
}

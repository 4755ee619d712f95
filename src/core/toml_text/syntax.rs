//! Faults of TOML's syntax, said to somebody who has never heard of TOML.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::Error;

use super::File;
use super::scan::{Open, scan};
use crate::core::diagnostic::{Diagnostic, Words, did_you_mean};
use crate::core::scan::{Scan, plain};

/// The text with blanks for the lines on which the parser goes no further, those with a key and no value; of the errors
/// only theirs are left. `None` where there are no such lines.
pub(super) fn without_dead_ends(body: &str, errors: &mut Vec<Error>) -> Option<String> {
    let is_end = |error: &Error| {
        let says = |start| error.message().starts_with(start);
        says("key with no value") || says("missing value for key")
    };
    if !errors.iter().any(is_end) {
        return None;
    }
    errors.retain(is_end);
    let mut bytes = body.as_bytes().to_vec();
    for error in errors {
        let line = line_of(body, error.span().map_or(0, |span| span.start));
        bytes[line].fill(b' ');
    }
    String::from_utf8(bytes).ok()
}

/// Reports what the parser could not read: once a line, since what follows on it is mostly an echo.
pub(super) fn report(file: File<'_>, errors: &[Error]) {
    let body = file.text.body.as_str();
    let mut faults: Vec<(Range<usize>, &str)> = errors
        .iter()
        .map(|error| {
            let span = error.span().unwrap_or(body.len()..body.len());
            (span, error.message())
        })
        .collect();
    faults.sort_by_key(|(span, _)| span.start);
    let mut last = 0..0;
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for (span, message) in faults {
        if told.contains(&last.start) && last.contains(&span.start) {
            continue;
        }
        let line = line_of(body, span.start);
        last = line.clone();
        file.faults.spoil(file.text, line.clone());
        if file.faults.is_full() || !told.insert(line.start) {
            continue;
        }
        let fault = Fault {
            file,
            line: line.clone(),
            span,
            message,
        };
        let found = fault.explain();
        let at = found.mark.as_ref().map_or(0, |mark| mark.span.start);
        let marked = line_of(body, at);
        // What was opened on a line and never closed is found missing on each line after it.
        let is_echo = marked != line && !told.insert(marked.start);
        file.faults.spoil(file.text, marked);
        if !is_echo {
            file.faults.add(found);
        }
    }
}

/// How many lines are looked through for the first of two.
const FARTHEST_BACK: usize = 5000;

/// The keys a Chinese word may be meant for.
const KEYS: [&str; 21] = [
    "title",
    "name",
    "id",
    "due",
    "audience",
    "every",
    "times",
    "detail",
    "evidence",
    "after",
    "source",
    "origin",
    "authority",
    "remind",
    "escalate",
    "to",
    "month",
    "theme",
    "start",
    "end",
    "tags",
];

/// The line a byte is on, without its end.
fn line_of(body: &str, at: usize) -> Range<usize> {
    let at = body.floor_char_boundary(at.min(body.len()));
    let start = body[..at].rfind('\n').map_or(0, |at| at + 1);
    let end = body[at..].find('\n').map_or(body.len(), |end| at + end);
    start..start + body[start..end].trim_end_matches('\r').len()
}

/// A sign of a Chinese keyboard, and the plain one that is meant.
fn plain_sign(sign: char) -> Option<(&'static str, &'static str, char)> {
    let (zh, en, plain) = match sign {
        '“' | '”' | '„' | '＂' | '「' | '」' | '『' | '』' => {
            ("中文引号", "a Chinese quote", '"')
        }
        '‘' | '’' | '＇' => ("中文引号", "a Chinese quote", '\''),
        '＝' => ("全角等号", "a full-width equals sign", '='),
        '［' | '【' | '〔' => ("中文方括号", "a full-width bracket", '['),
        '］' | '】' | '〕' => ("中文方括号", "a full-width bracket", ']'),
        '｛' => ("中文花括号", "a full-width brace", '{'),
        '｝' => ("中文花括号", "a full-width brace", '}'),
        '，' | '、' => ("中文标点", "a Chinese comma", ','),
        '：' => ("中文冒号", "a Chinese colon", '='),
        '＃' => ("全角井号", "a full-width number sign", '#'),
        '\u{3000}' => ("全角空格", "a full-width space", ' '),
        _ => return None,
    };
    Some((zh, en, plain))
}

/// One fault of the syntax.
struct Fault<'a> {
    file: File<'a>,
    line: Range<usize>,
    span: Range<usize>,
    message: &'a str,
}

impl Fault<'_> {
    fn explain(&self) -> Diagnostic {
        if self.message.starts_with("duplicate key") {
            return self.twice();
        }
        if let Some(found) = self.odd_sign() {
            return found;
        }
        let says = |start: &str| self.message.starts_with(start);
        if says("invalid basic string")
            || says("invalid multi-line")
            || says("invalid literal string")
            || says("missing opening quote")
        {
            return self.quotes();
        }
        let is_open = says("unclosed array,") || says("unclosed inline") || says("missing comma");
        if let Some(found) = is_open.then(|| self.unclosed()).flatten() {
            return found;
        }
        if says("invalid unquoted key") {
            return self.bad_key();
        }
        let (message, label) = self.plain_words();
        self.at(self.span.clone(), message, label)
    }

    fn at(&self, span: Range<usize>, message: Words, label: Words) -> Diagnostic {
        Diagnostic::error(self.file.text, span, message, label)
    }

    fn source(&self) -> &str {
        &self.file.text.body[self.line.clone()]
    }

    /// A key or a table that stands twice, with the first place where it can be found.
    fn twice(&self) -> Diagnostic {
        let body = self.file.text.body.as_str();
        let is_table = self.source().trim_start().starts_with('[');
        let name = body[self.span.clone()].trim_matches(['"', '\'']);
        let shown = if is_table {
            format!("[{name}]")
        } else {
            name.to_owned()
        };
        let found = self
            .at(
                self.span.clone(),
                Words::new(format!("{shown} 写了两次"), format!("{shown} stands twice")),
                Words::new("又出现在这里", "again here"),
            )
            .help(if is_table {
                Words::new(
                    "把两处的内容合到一处,删去另一处",
                    "put what both say into one of them",
                )
            } else {
                Words::new(
                    "留下一个;若是两项任务,各自以 [[task]] 开头",
                    "keep one; each task begins with its own [[task]]",
                )
            });
        match self.first_place(is_table) {
            Some(first) => found.other(
                self.file.text,
                first,
                Words::new("第一次在这里", "first here"),
            ),
            None => found,
        }
    }

    /// Where the same table or key stood before: a key only counts within its table.
    fn first_place(&self, is_table: bool) -> Option<Range<usize>> {
        let body = self.file.text.body.as_str();
        let wanted = &body[self.span.clone()];
        let mut end = self.line.start.checked_sub(1)?;
        for _ in 0..FARTHEST_BACK {
            let line = line_of(body, end);
            let text = &body[line.clone()];
            let trimmed = text.trim_start();
            let start = line.start + text.len() - trimmed.len();
            if let Some(header) = trimmed.strip_prefix('[') {
                if !is_table {
                    return None;
                }
                let name = header.trim_start_matches('[');
                if name.split(']').next().map(str::trim) == Some(wanted) {
                    let at = start + trimmed.find(wanted)?;
                    return Some(at..at + wanted.len());
                }
            } else if !is_table
                && trimmed
                    .strip_prefix(wanted)
                    .is_some_and(|rest| rest.trim_start().starts_with('='))
            {
                return Some(start..start + wanted.len());
            }
            end = line.start.checked_sub(1)?;
        }
        None
    }

    /// A sign of a Chinese keyboard where a plain one belongs, outside of texts and remarks.
    fn odd_sign(&self) -> Option<Diagnostic> {
        let mut quote: Option<char> = None;
        for (at, c) in self.source().char_indices() {
            match quote {
                Some(open) if c == open => quote = None,
                // An English quote closed by a Chinese one.
                Some(_)
                    if matches!(c, '”' | '’' | '＂')
                        && self.rest_is_unquoted(at + c.len_utf8()) => {}
                Some(_) => continue,
                None if c == '"' || c == '\'' => quote = Some(c),
                None if c == '#' => return None,
                None => {}
            }
            let Some((zh, en, plain)) = plain_sign(c) else {
                continue;
            };
            let plain = if quote == Some('"') || plain == '\'' {
                '"'
            } else {
                plain
            };
            let start = self.line.start + at;
            let shown = if plain == ' ' {
                Words::new("改成普通空格", "write an ordinary space")
            } else {
                Words::new(format!("改成英文的 {plain}"), format!("write {plain}"))
            };
            let sign = if c == '\u{3000}' { ' ' } else { c };
            return Some(self.at(
                start..start + c.len_utf8(),
                Words::new(
                    format!("这里用了{zh} {sign}").trim_end(),
                    format!("this is {en} {sign}").trim_end(),
                ),
                shown,
            ));
        }
        None
    }

    /// Whether no English quote follows on the line.
    fn rest_is_unquoted(&self, from: usize) -> bool {
        !self.source()[from..].contains('"')
    }

    /// Quotes that do not pair.
    fn quotes(&self) -> Diagnostic {
        let control = self.file.text.body[self.span.clone()]
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\r');
        if control {
            return self.at(
                self.span.clone(),
                Words::new(
                    "文字里有看不见的控制字符",
                    "an invisible control character in a text",
                ),
                Words::new("删去它,重新输入", "delete it"),
            );
        }
        let source = self.source().trim_end();
        let value = source.find('=').map_or(0, |at| at + 1);
        let value = source.len() - source[value..].trim_start().len();
        let first = source[value..].starts_with(['"', '\'']);
        self.at(
            self.line.start + value..self.line.start + source.len(),
            Words::new("引号没有配对", "a quote is not closed"),
            if first {
                Words::new("文字后面要有英文双引号 \"", "a text ends with a quote \"")
            } else {
                Words::new("文字前面要有英文双引号 \"", "a text begins with a quote \"")
            },
        )
    }

    /// A bracket that was never closed: where it was opened, not where the parser gave up.
    fn unclosed(&self) -> Option<Diagnostic> {
        let body = self.file.text.body.as_str();
        let end = self.span.end.max(self.line.end).min(body.len());
        let Open { at, sign } = scan(&body[..end]).open.last().copied()?;
        let close = if sign == '[' { ']' } else { '}' };
        Some(self.at(
            at..at + 1,
            Words::new(
                format!("括号 {sign} 没有配对的 {close}"),
                format!("the bracket {sign} is not closed"),
            ),
            Words::new(
                format!("在这一项写完的地方加上 {close},各项之间用英文逗号"),
                format!("close it with {close}; put commas between its elements"),
            ),
        ))
    }

    /// A key the parser does not take, mostly one in Chinese.
    fn bad_key(&self) -> Diagnostic {
        let key = &self.file.text.body[self.span.clone()];
        let mut found = self.at(
            self.span.clone(),
            Words::new(format!("不认识的键 {key}"), format!("unknown key {key}")),
            Words::new(
                "键要照说明写英文单词,如 title",
                "keys are plain English words, such as title",
            ),
        );
        found.help = did_you_mean(key, KEYS);
        found
    }

    /// What is wrong and what to do, where the message alone tells.
    fn plain_words(&self) -> (Words, Words) {
        let says = |start: &str| self.message.starts_with(start);
        if let Some(longest) = self
            .message
            .strip_prefix("invalid date, expected day between 01 and ")
        {
            return (
                Words::new("没有这一天", "there is no such day"),
                Words::new(
                    format!("这个月最多到{longest}日"),
                    format!("this month has {longest} days"),
                ),
            );
        }
        if (says("string values must be") || says("invalid value"))
            && let Some((key, value)) = self.source().split_once('=')
            && key.trim() == "month"
            && !value.trim().is_empty()
        {
            return (
                Words::new("月份要写数字", "a month is a number"),
                month_as_number(value),
            );
        }
        let is_blank = self.source().trim_end().ends_with('=') && says("string values must be");
        let found = PLAIN.iter().find(|(starts, ..)| {
            is_blank && starts.contains(&"missing value")
                || !is_blank && starts.iter().any(|start| says(start))
        });
        match found {
            Some((_, zh, en, zh_label, en_label)) => {
                (Words::new(*zh, *en), Words::new(*zh_label, *en_label))
            }
            None => (
                Words::new("这里的写法读不懂", "this cannot be read"),
                Words::new(format!("读到这里卡住了({})", self.message), self.message),
            ),
        }
    }
}

/// How a month that is written in words is written as a number.
pub fn month_as_number(text: &str) -> Words {
    let plain = plain(text);
    let mut ahead = Scan::new(&plain);
    let number = ahead.small().filter(|month| (1..=12).contains(month));
    let number = number.filter(|_| ahead.is_done() || ahead.take(&["月"]));
    match number {
        Some(number) => Words::new(
            format!("写成 month = {number}"),
            format!("write month = {number}"),
        ),
        None => Words::new("如 month = 5", "such as month = 5"),
    }
}

/// How the parser's messages begin; what is wrong, and what to do, in Chinese and English.
type Plain = (
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const PLAIN: [Plain; 13] = [
    (
        &["missing value"],
        "等号后面没有值",
        "no value after the equals sign",
        "在这里写值,如 \"5月12日\"",
        "write the value here",
    ),
    (
        &["invalid date", "invalid time"],
        "日期或时刻写得不对",
        "not a date or a time",
        "应如 2026-03-04,时刻如 \"08:00\"",
        "such as 2026-03-04, a time such as \"08:00\"",
    ),
    (
        &["string values must be quoted", "invalid value"],
        "文字没有加引号",
        "a text is not quoted",
        "两头加上英文双引号 \",如 \"5月12日\"",
        "put it between quotes, such as \"May 12\"",
    ),
    (
        &["key with no value", "missing assignment"],
        "缺少等号和值",
        "no equals sign, no value",
        "写成 键 = 值,如 title = \"应急演练\"",
        "write key = value, such as title = \"Drill\"",
    ),
    (
        &["extra `=`", "extra assignment", "unexpected `=`"],
        "等号多了一个",
        "an equals sign too many",
        "删去多出的等号",
        "remove it",
    ),
    (
        &["extra comma"],
        "逗号多了一个",
        "a comma too many",
        "删去这个逗号",
        "remove it",
    ),
    (
        &["missing comma"],
        "两项之间缺少逗号",
        "no comma between two elements",
        "在这前面加英文逗号",
        "put a comma before this",
    ),
    (
        &[
            "unclosed table",
            "unclosed array table",
            "missing table open",
        ],
        "表头的方括号没有配对",
        "the brackets of the table's head do not pair",
        "任务写 [[task]],表写 [tags]",
        "write [[task]] for a task, [tags] for a table",
    ),
    (
        &["unquoted keys cannot be empty", "missing key for inline"],
        "等号前面没有键",
        "no key before the equals sign",
        "写成 键 = 值,如 title = \"应急演练\"",
        "write key = value, such as title = \"Drill\"",
    ),
    (
        &[
            "unexpected content",
            "unexpected key or value",
            "invalid key-value",
        ],
        "这里多出了内容",
        "something too much here",
        "每行只写一个 键 = 值;注解前面加 #",
        "one key = value a line; a remark begins with #",
    ),
    (
        &[
            "unexpected leading zero",
            "redundant",
            "`_` may",
            "unexpected sign",
        ],
        "数字写得不对",
        "not a number",
        "直接写数字,如 5",
        "write it plainly, such as 5",
    ),
    (
        &["missing escaped", "too few unicode"],
        "反斜杠 \\ 用得不对",
        "a backslash that means nothing",
        "文字里不要写 \\,要写就写两个 \\\\",
        "write two of them: \\\\",
    ),
    (
        &["carriage return", "invalid comment"],
        "这里有看不见的字符",
        "an invisible character",
        "删去这一行,重新输入",
        "delete the line and type it again",
    ),
];

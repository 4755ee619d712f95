//! Heads of tables that are not written as they should be: `[task]` for `[[task]]`, `[[任务]]`. They are read as what is
//! meant, so that the file's other faults come out and no others do.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::File;
use crate::core::diagnostic::{Diagnostic, Words, nearest};

/// The tables of which there may be several, each with a letter short enough to take its place in single brackets.
const SEVERAL: [(&str, &str); 6] = [
    ("task", "A"),
    ("adjust", "B"),
    ("term", "C"),
    ("break", "D"),
    ("day", "E"),
    ("holiday", "F"),
];

/// A head as it stands in the text.
struct Head<'t> {
    span: Range<usize>,
    name: &'t str,
    is_double: bool,
}

impl Head<'_> {
    /// The table that is meant, where there may be several of it, and its letter.
    fn meant(&self) -> Option<(&'static str, &'static str)> {
        let words = SEVERAL.map(|(word, _)| word);
        let is_chinese = !self.name.is_ascii();
        let word = if is_chinese {
            nearest(self.name, words)?
        } else {
            self.name
        };
        SEVERAL.into_iter().find(|(name, _)| *name == word)
    }

    fn is_wrong(&self) -> bool {
        !self.is_double || !self.name.is_ascii()
    }
}

/// The heads of tables of which there may be several, written right or wrong.
fn heads(body: &str) -> Vec<Head<'_>> {
    let mut start = 0;
    let mut found = Vec::new();
    for line in body.split_inclusive('\n') {
        found.extend(head(line, start));
        start += line.len();
    }
    found.retain(|head: &Head<'_>| head.meant().is_some());
    found
}

fn head(line: &str, start: usize) -> Option<Head<'_>> {
    let text = line.trim();
    let at = start + line.len() - line.trim_start().len();
    let inner = text.strip_prefix('[')?;
    let double = inner.strip_prefix('[');
    let (name, rest) = match double {
        Some(inner) => inner.split_once("]]")?,
        None => inner.split_once(']')?,
    };
    let behind = rest.trim_start();
    (behind.is_empty() || behind.starts_with('#')).then(|| Head {
        span: at..at + text.len() - rest.len(),
        name: name.trim().trim_matches('"'),
        is_double: double.is_some(),
    })
}

/// The text with each of its wrong heads, and those like it, put as the letter of the table that is meant, to the byte as
/// long as it was; the wrong heads are reported. `None` where there are none.
pub(super) fn mended(file: File<'_>) -> Option<String> {
    let body = &file.text.body;
    let heads = heads(body);
    let mut wrong: BTreeMap<&str, Vec<&Head<'_>>> = BTreeMap::new();
    for head in heads.iter().filter(|head| head.is_wrong()) {
        wrong.entry(head.meant()?.0).or_default().push(head);
    }
    if wrong.is_empty() {
        return None;
    }
    for (name, heads) in &wrong {
        report(file, name, heads);
    }
    let mut mended = body.clone();
    for head in &heads {
        if let Some((name, letter)) = head.meant()
            && wrong.contains_key(name)
        {
            let width = head.span.len() - 4;
            mended.replace_range(head.span.clone(), &format!("[[{letter:width$}]]"));
        }
    }
    Some(mended)
}

/// Gives the tables their names back.
pub(super) fn restore(table: &mut DeTable<'_>) {
    for (name, letter) in SEVERAL {
        if let Some((key, value)) = table.remove_entry(letter) {
            table.insert(Spanned::new(key.span(), Cow::Borrowed(name)), value);
        }
    }
}

/// Whether the text's heads are looked at: its syntax is wrong, or a table stands alone of which there may be several.
pub(super) fn are_doubtful(table: &DeTable<'_>, has_errors: bool) -> bool {
    let alone = |(name, _): (&str, &str)| {
        table
            .get(name)
            .is_some_and(|value| value.get_ref().is_table())
    };
    has_errors || SEVERAL.into_iter().any(alone)
}

fn report(file: File<'_>, name: &str, heads: &[&Head<'_>]) {
    let first = heads[0];
    let message = if first.is_double {
        Words::new(
            format!("表头 {} 要写英文", first.name),
            format!("the table's head {} must be in English", first.name),
        )
    } else {
        Words::new(
            "这里要写两层方括号",
            "two brackets belong here, since there may be several",
        )
    };
    let label = Words::new(format!("写成 [[{name}]]"), format!("write [[{name}]]"));
    let mut found = Diagnostic::error(file.text, first.span.clone(), message, label);
    let others = heads.len() - 1;
    if others > 0 {
        found = found.help(Words::new(
            format!("下面还有{others}处,一样改"),
            format!("{others} more below, to be changed alike"),
        ));
    }
    file.faults.add(found);
}

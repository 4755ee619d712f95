//! Audiences: boolean expressions over kinds and tags that say whom a task is for.

pub(crate) mod hint;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::diagnostic::{Words, did_you_mean};
use super::roster::{Kind, Unit};
use super::scan::half_width;

/// Whom a task is for. `!` binds before `&`, `&` before `|`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Every unit that teaches, kindergartens included.
    School,
    /// Every unit that teaches but kindergartens.
    K12,
    /// A kind; a nine-year school is also a primary and a junior one.
    Kind(Kind),
    /// A tag, whatever its value.
    Tag(String),
    /// A tag with this value.
    TagValue(String, String),
    /// The units under a town, the town itself left out.
    Town(String),
    /// One unit.
    Unit(String),
    /// All but these.
    Not(Box<Audience>),
    /// Those in all of these.
    All(Vec<Audience>),
    /// Those in any of these.
    Any(Vec<Audience>),
}

/// What is wrong with an audience's text, and where in it (bytes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudienceFault {
    /// The bytes of the text it is about.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: Words,
    /// What to do.
    pub help: Option<Words>,
    /// Whether it is a tag nobody declared.
    pub is_undeclared: bool,
}

impl Audience {
    /// Reads an expression. `tags` are those the calendar declares.
    ///
    /// # Errors
    /// The first thing that cannot be read, or a word that is neither kind nor declared tag.
    pub fn parse(text: &str, tags: &BTreeSet<String>) -> Result<Self, AudienceFault> {
        Self::parse_all(text, tags).map_err(|mut faults| faults.swap_remove(0))
    }

    /// As `parse`, with every undeclared word at once.
    ///
    /// # Errors
    /// What cannot be read; never empty.
    pub fn parse_all(text: &str, tags: &BTreeSet<String>) -> Result<Self, Vec<AudienceFault>> {
        let mut parser = Parser {
            text,
            at: 0,
            tags,
            depth: 0,
            undeclared: Vec::new(),
        };
        let read = parser.any().and_then(|audience| match parser.peek() {
            None => Ok(audience),
            Some(')') => Err(parser.fault("多了一个右括号", "a bracket too many")),
            Some(_) => Err(parser.odd_sign().unwrap_or_else(|| {
                parser.fault(
                    "两个条件之间要写 &(并且)或 |(或者)",
                    "write & (and) or | (or) between two conditions",
                )
            })),
        });
        let mut faults = parser.undeclared;
        match read {
            Ok(audience) if faults.is_empty() => Ok(audience),
            Ok(_) => Err(faults),
            Err(fault) => {
                faults.push(fault);
                Err(faults)
            }
        }
    }

    /// Whether a unit is meant.
    pub fn matches(&self, unit: &Unit) -> bool {
        match self {
            Self::School => unit.kind.teaches(),
            Self::K12 => unit.kind.teaches() && unit.kind != Kind::Kindergarten,
            Self::Kind(kind) => unit.kind.answers_to(*kind),
            Self::Tag(tag) => unit.tags.contains_key(tag),
            Self::TagValue(tag, value) => {
                unit.tags.get(tag).and_then(Option::as_deref) == Some(value.as_str())
            }
            Self::Town(id) => {
                unit.kind.teaches() && unit.parent.as_ref().is_some_and(|p| p.as_str() == id)
            }
            Self::Unit(id) => unit.id.as_str() == id,
            Self::Not(inner) => !inner.matches(unit),
            Self::All(parts) => parts.iter().all(|part| part.matches(unit)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(unit)),
        }
    }

    /// The units and towns it names, by their ids, and whether it is a town.
    pub fn named(&self) -> BTreeSet<(&str, bool)> {
        match self {
            Self::Town(id) => BTreeSet::from([(id.as_str(), true)]),
            Self::Unit(id) => BTreeSet::from([(id.as_str(), false)]),
            Self::Not(inner) => inner.named(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::named).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// The tags it asks for.
    pub fn tags(&self) -> BTreeSet<&str> {
        match self {
            Self::Tag(tag) | Self::TagValue(tag, _) => BTreeSet::from([tag.as_str()]),
            Self::Not(inner) => inner.tags(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tags).collect(),
            _ => BTreeSet::new(),
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_a_row = |f: &mut fmt::Formatter<'_>, parts: &[Self], sign: &str| {
            for (n, part) in parts.iter().enumerate() {
                if n > 0 {
                    write!(f, " {sign} ")?;
                }
                match part {
                    Self::Any(_) | Self::All(_) if sign == "&" => write!(f, "({part})")?,
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::School => f.write_str("school"),
            Self::K12 => f.write_str("k12"),
            Self::Kind(kind) => f.write_str(kind.word()),
            Self::Tag(tag) => f.write_str(tag),
            Self::TagValue(tag, value) => write!(f, "{tag}={value}"),
            Self::Town(id) => write!(f, "town:{id}"),
            Self::Unit(id) => write!(f, "unit:{id}"),
            Self::Not(inner) => match **inner {
                Self::Any(_) | Self::All(_) => write!(f, "!({inner})"),
                _ => write!(f, "!{inner}"),
            },
            Self::All(parts) => in_a_row(f, parts, "&"),
            Self::Any(parts) => in_a_row(f, parts, "|"),
        }
    }
}

/// How deep parentheses may nest.
const DEEPEST: usize = 32;

/// Signs that people write for `&` and `|`.
const ODD_SIGNS: [&str; 5] = ["、", ",", "，", ";", "；"];

/// Words that people write for `&`, `|` and `!`.
const ODD_WORDS: [&str; 16] = [
    "and", "or", "not", "和", "与", "及", "以及", "且", "并且", "或", "或者", "不含", "不是", "除",
    "除了", "非",
];

fn is_end(c: char) -> bool {
    c.is_whitespace() || "!&|()".contains(half_width(c))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    tags: &'a BTreeSet<String>,
    depth: usize,
    /// The words nobody declared.
    undeclared: Vec<AudienceFault>,
}

impl Parser<'_> {
    /// The next character that is no space; full-width signs count as their plain ones.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next().map(half_width)
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(sign);
        if found {
            self.at += self.text[self.at..]
                .chars()
                .next()
                .map_or(0, char::len_utf8);
        }
        found
    }

    fn fault(&self, zh: &str, en: &str) -> AudienceFault {
        let end = self.text[self.at..]
            .chars()
            .next()
            .map_or(self.at, |c| self.at + c.len_utf8());
        AudienceFault {
            span: self.at..end,
            message: Words::new(zh, en),
            help: None,
            is_undeclared: false,
        }
    }

    /// A fault at a sign or word that people write where `|`, `&` or `!` belongs, if one comes next.
    fn odd_sign(&mut self) -> Option<AudienceFault> {
        self.peek();
        let rest = &self.text[self.at..];
        let before = self.text[..self.at].trim_end();
        for (sign, double) in [('&', "&&"), ('|', "||")] {
            if before.ends_with(sign) && rest.starts_with(sign) {
                return Some(self.odd(double, before.len() - 1..self.at + 1));
            }
        }
        let sign = ODD_SIGNS.iter().find(|sign| rest.starts_with(**sign));
        let word = rest.split(is_end).next().unwrap_or_default();
        let found = sign.copied().or_else(|| {
            let plain = word.to_lowercase();
            ODD_WORDS.contains(&plain.as_str()).then_some(word)
        })?;
        let span = self.at..self.at + found.len();
        Some(self.odd(found, span))
    }

    fn odd(&self, sign: &str, span: Range<usize>) -> AudienceFault {
        AudienceFault {
            help: Some(hint::signs()),
            span,
            ..self.fault(
                &format!("这里不能写 {sign}"),
                &format!("{sign} cannot stand here"),
            )
        }
    }

    fn any(&mut self) -> Result<Audience, AudienceFault> {
        let mut parts = vec![self.all()?];
        while self.take('|') {
            parts.push(self.all()?);
        }
        Ok(joined(parts, Audience::Any))
    }

    fn all(&mut self) -> Result<Audience, AudienceFault> {
        let mut parts = vec![self.not()?];
        while self.take('&') {
            parts.push(self.not()?);
        }
        Ok(joined(parts, Audience::All))
    }

    fn not(&mut self) -> Result<Audience, AudienceFault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.fault("套得太深", "nested too deeply"));
        }
        let found = if self.take('!') {
            Audience::Not(Box::new(self.not()?))
        } else if self.take('(') {
            let inner = self.any()?;
            if !self.take(')') {
                return Err(self.fault("缺少右括号 )", "missing )"));
            }
            inner
        } else {
            self.word()?
        };
        self.depth -= 1;
        Ok(found)
    }

    fn word(&mut self) -> Result<Audience, AudienceFault> {
        if let Some(fault) = self.odd_sign() {
            return Err(fault);
        }
        let start = self.at;
        let rest = &self.text[start..];
        let end = rest
            .find(is_end)
            .map_or(self.text.len(), |length| start + length);
        if end == start {
            return Err(self.fault(
                "这里还要写一个单位类型或标签",
                "a kind of unit or a tag belongs here",
            ));
        }
        self.at = end;
        let written = &self.text[start..end];
        if let Some(at) = written.find(['、', ',', '，', ';', '；']) {
            let sign = written[at..].chars().next().map_or(0, char::len_utf8);
            let span = start + at..start + at + sign;
            return Err(self.odd(&written[at..at + sign], span));
        }
        let word: String = written.chars().map(half_width).collect();
        let word = word.as_str();
        if let Some((key, value)) = word.split_once('=') {
            let key_ends = written
                .find(['=', '＝'])
                .map_or(end, |length| start + length);
            self.declared(key, start..key_ends);
            return Ok(Audience::TagValue(key.to_owned(), value.to_owned()));
        }
        if let Some(id) = word.strip_prefix("town:") {
            return Ok(Audience::Town(id.to_owned()));
        }
        if let Some(id) = word.strip_prefix("unit:") {
            return Ok(Audience::Unit(id.to_owned()));
        }
        match word {
            "school" => return Ok(Audience::School),
            "k12" => return Ok(Audience::K12),
            _ => {}
        }
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.word() == word) {
            return Ok(Audience::Kind(kind));
        }
        self.declared(word, start..end);
        Ok(Audience::Tag(word.to_owned()))
    }

    fn declared(&mut self, tag: &str, span: Range<usize>) {
        if self.tags.contains(tag) {
            return;
        }
        let words = ["school", "k12"]
            .into_iter()
            .chain(Kind::ALL.map(Kind::word))
            .chain(self.tags.iter().map(String::as_str));
        self.undeclared.push(AudienceFault {
            span,
            message: Words::new(
                format!("{tag} 既不是单位类型,也不是 [tags] 里声明的标签"),
                format!("{tag} is neither a kind of unit nor a tag declared in [tags]"),
            ),
            help: did_you_mean(tag, words),
            is_undeclared: true,
        });
    }
}

/// Parts joined by `&` or `|`; `(a | b) | c` is `a | b | c`.
fn joined(parts: Vec<Audience>, join: fn(Vec<Audience>) -> Audience) -> Audience {
    let of_one_kind =
        |part: &Audience| std::mem::discriminant(part) == std::mem::discriminant(&join(Vec::new()));
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            part if !of_one_kind(&part) => flat.push(part),
            Audience::All(inner) | Audience::Any(inner) => flat.extend(inner),
            part => flat.push(part),
        }
    }
    if flat.len() == 1 {
        flat.remove(0)
    } else {
        join(flat)
    }
}

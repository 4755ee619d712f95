//! Reading what people write bit by bit: full-width signs as their plain ones, numbers in digits or Chinese numerals.

/// A full-width sign as its plain one.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{2212}' => '-',
        other => other,
    }
}

/// The text with full-width digits and punctuation made plain, lower-cased and trimmed.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(half_width)
        .collect::<String>()
        .trim()
        .to_lowercase()
}

/// What is left to read.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    pub(crate) rest: &'a str,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text.trim() }
    }

    pub(crate) fn is_done(self) -> bool {
        self.rest.is_empty()
    }

    /// Takes one of these words if it comes next, and the spaces behind it.
    pub(crate) fn take(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            let found = self.rest.strip_prefix(word);
            if let Some(rest) = found {
                self.rest = rest.trim_start();
            }
            found.is_some()
        })
    }

    /// The meaning of the first of these words that comes next.
    pub(crate) fn one_of<T: Copy>(&mut self, words: &[(&str, T)]) -> Option<T> {
        words
            .iter()
            .find(|(word, _)| self.take(&[word]))
            .map(|(_, meaning)| *meaning)
    }

    /// A number in digits or Chinese numerals, at most 999.
    pub(crate) fn number(&mut self) -> Option<i16> {
        let digits = self
            .rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.rest.len());
        if digits > 0 {
            let number = self.rest[..digits].parse().ok().filter(|n| *n <= 999)?;
            self.rest = self.rest[digits..].trim_start();
            return Some(number);
        }
        let length = self
            .rest
            .find(|c| numeral(c).is_none() && c != '十' && c != '百')
            .unwrap_or(self.rest.len());
        let number = chinese_number(&self.rest[..length])?;
        self.rest = self.rest[length..].trim_start();
        Some(number)
    }

    /// A number that fits a month or a day.
    pub(crate) fn small(&mut self) -> Option<i8> {
        let mut ahead = *self;
        let number = i8::try_from(ahead.number()?).ok()?;
        *self = ahead;
        Some(number)
    }
}

fn numeral(c: char) -> Option<i16> {
    Some(match c {
        '〇' | '零' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// `十`, `十二`, `二十一`, `一百`, `一百二十`, `三`: 1 to 999.
fn chinese_number(text: &str) -> Option<i16> {
    let digit = |text: &str| {
        let mut chars = text.chars();
        let value = numeral(chars.next()?)?;
        chars.next().is_none().then_some(value)
    };
    let (hundreds, rest) = match text.split_once('百') {
        None => (0, text),
        Some((hundreds, "")) => return Some(digit(hundreds)? * 100),
        Some((hundreds, rest)) => (digit(hundreds)? * 100, rest.trim_start_matches('零')),
    };
    let below = match rest.split_once('十') {
        None => digit(rest)?,
        Some((tens, ones)) => {
            let tens = if tens.is_empty() { 1 } else { digit(tens)? };
            let ones = if ones.is_empty() { 0 } else { digit(ones)? };
            tens * 10 + ones
        }
    };
    Some(hundreds + below)
}

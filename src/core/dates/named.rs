//! The period that a date's words name: `每月10日`, `本月底`, `every Friday`.

use super::chinese;
use super::english::WEEKDAYS;
use crate::core::diagnostic::Words;
use crate::core::period::Every;
use crate::core::scan::Scan;

/// A period that a date's own words name, which the task's `every` must agree with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    every: Every,
    /// `每月` rather than `本月`.
    is_each: bool,
}

impl Named {
    /// Whether `every` says the same.
    ///
    /// # Errors
    /// What to write as `every`.
    pub fn agrees_with(self, every: Every) -> Result<(), Words> {
        // In a month's file 本月 is that month.
        let of_the_file = !self.is_each && self.every == Every::Month && every == Every::Year;
        if self.every == every || of_the_file {
            return Ok(());
        }
        let (zh, en) = self.words();
        let word = self.every.word();
        // Once a year is what holds where nothing is said.
        let (add, write) = if every == Every::Year {
            ("请加", "add")
        } else {
            ("请改成", "write")
        };
        Err(Words::new(
            format!("写了“{zh}”,{add} every = \"{word}\""),
            format!("it says “{en}”: {write} every = \"{word}\""),
        ))
    }

    fn words(self) -> (String, String) {
        let name = PERIODS.iter().find(|(_, every)| *every == self.every);
        let (zh, en) = if self.is_each {
            ("每", "every")
        } else {
            ("本", "this")
        };
        (
            format!("{zh}{}", name.map_or("", |(name, _)| name)),
            format!("{en} {}", self.every.word()),
        )
    }
}

const PERIODS: [(&str, Every); 9] = [
    ("季度", Every::Quarter),
    ("学期", Every::Term),
    ("学年", Every::Year),
    ("月", Every::Month),
    ("季", Every::Quarter),
    ("周", Every::Week),
    ("星期", Every::Week),
    ("礼拜", Every::Week),
    ("年", Every::Year),
];

/// Takes `每月`, `本季度`, `当月`. Of `每周五` and `每月底` only the sign is taken, since the rest is the date.
pub(super) fn in_chinese(scan: &mut Scan<'_>) -> Option<Named> {
    let mut ahead = *scan;
    let is_each = ahead.one_of(&[("每逢", true), ("每", true), ("本", false), ("当", false)])?;
    ahead.take(&["个", "一"]);
    let mut behind = ahead;
    let every = if chinese::weekday(&mut behind).is_some() {
        Every::Week
    } else {
        behind = ahead;
        let every = behind.one_of(&PERIODS)?;
        if !behind.rest.starts_with(['底', '末', '中']) {
            behind.take(&["的"]);
            ahead = behind;
        }
        every
    };
    *scan = ahead;
    Some(Named { every, is_each })
}

const ENGLISH_PERIODS: [(&str, Every); 6] = [
    ("week", Every::Week),
    ("month", Every::Month),
    ("quarter", Every::Quarter),
    ("term", Every::Term),
    ("semester", Every::Term),
    ("year", Every::Year),
];

/// The period named in `every Friday`, `day 10 of every month`, `every month on day 10`, and the text without it.
pub(super) fn in_english(text: &str) -> Option<(Named, &str)> {
    let named = |every, is_each| Named { every, is_each };
    let mut scan = Scan::new(text);
    if scan.take(&["every ", "each "]) {
        let mut weekday = scan;
        if weekday.one_of(&WEEKDAYS).is_some() {
            return Some((named(Every::Week, true), scan.rest));
        }
        let every = scan.one_of(&ENGLISH_PERIODS)?;
        scan.take(&[","]);
        scan.take(&["on "]);
        return Some((named(every, true), scan.rest));
    }
    ENGLISH_PERIODS.iter().find_map(|(word, every)| {
        let rest = text.strip_suffix(word)?;
        let signs = [" every ", " each ", " the "];
        let sign = signs.into_iter().find(|sign| rest.ends_with(sign))?;
        let rest = rest.strip_suffix(sign)?;
        let rest = rest
            .strip_suffix(" of")
            .or_else(|| rest.strip_suffix(" in"));
        let is_each = sign != " the ";
        let rest = match rest {
            Some(rest) => rest,
            None if is_each => text.strip_suffix(word)?.strip_suffix(sign)?,
            None => return None,
        };
        Some((named(*every, is_each), rest))
    })
}

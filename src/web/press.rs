//! A press of a button: from form fields to a [`PressedAnswer`], or to why it cannot be recorded.

use std::borrow::Cow;

use jiff::civil::Date;

use super::desk::{DeskError, PressedAnswer};
use super::wording::near_day;
use crate::core::clerk::farthest_day;
use crate::core::duty::DutyId;
use crate::core::fact::{Answer, LetterNo};
use crate::core::letter::{AskedOwn, Asks};

/// Characters a name may have.
pub(super) const LONGEST_BY: usize = 40;

/// Characters a note may have.
pub(super) const LONGEST_NOTE: usize = 500;

/// The value of the field `duty` that stands for all rows of the letter's roll-up: hundreds of duties would not fit
/// in a body.
pub(super) const WHOLE_ROLLUP: &str = "rollup";

/// The fields as they came. What was typed is kept, so that a page that refuses can show it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Press {
    /// The letter whose page it was.
    pub letter: LetterNo,
    pub(super) duties: Vec<String>,
    pub(super) answer: String,
    pub(super) by: String,
    pub(super) note: String,
    pub(super) nth: String,
    pub(super) until: String,
}

/// The field that has to be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Who presses.
    By,
    /// What they add.
    Note,
    /// The day they ask for.
    Until,
}

/// Why nothing was recorded of a press.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amiss {
    /// There is no such letter.
    NoLetter,
    /// It is not what our own page sends.
    Malformed,
    /// The person can mend this field; the words say how.
    Mend(Field, Cow<'static, str>),
    /// The letter will not have it, or the ledger cannot take it.
    NotRecorded(DeskError),
}

impl Amiss {
    fn mend<T>(field: Field, words: impl Into<Cow<'static, str>>) -> Result<T, Self> {
        Err(Self::Mend(field, words.into()))
    }
}

impl From<DeskError> for Amiss {
    fn from(error: DeskError) -> Self {
        Self::NotRecorded(error)
    }
}

impl Press {
    /// Reads the decoded pairs of a form. Unknown fields are ignored; of a field given twice, only `duty` keeps both.
    pub fn from_pairs(letter: LetterNo, pairs: Vec<(String, String)>) -> Self {
        let mut press = Self {
            letter,
            ..Self::default()
        };
        for (name, value) in pairs {
            match name.as_str() {
                "duty" => press.duties.push(value),
                "answer" => press.answer = value,
                "by" => value.trim().clone_into(&mut press.by),
                "note" => press.note = one_line(&value),
                "nth" => press.nth = value,
                "until" => value.trim().clone_into(&mut press.until),
                _ => {}
            }
        }
        press
    }

    /// The duties that it names one by one; `None` where it means all rows of the roll-up, or names what is no duty. Of what a
    /// letter asks no more than these are needed to check it.
    pub fn named(&self) -> Option<Vec<DutyId>> {
        self.duties.iter().map(|duty| duty.parse().ok()).collect()
    }

    /// The answer it is, to duties that its letter asks; without files.
    ///
    /// # Errors
    ///
    /// What is amiss with it.
    pub fn check(&self, asks: &Asks) -> Result<PressedAnswer, Amiss> {
        let answer = Answer::parse(&self.answer).ok_or(Amiss::Malformed)?;
        let duties = self.duties_of(asks)?;
        for duty in &duties {
            allow(asks, duty, answer)?;
        }
        self.check_by()?;
        self.check_note(answer)?;
        let nth = self.nth(asks, &duties, answer)?;
        let until = self.until(asks, &duties, answer)?;
        Ok(PressedAnswer {
            letter: asks.letter,
            duties,
            answer,
            by: self.by.clone(),
            note: self.note.clone(),
            nth,
            until,
            files: Vec::new(),
        })
    }

    fn duties_of(&self, asks: &Asks) -> Result<Vec<DutyId>, Amiss> {
        let mut duties: Vec<DutyId> = Vec::new();
        for text in &self.duties {
            if text == WHOLE_ROLLUP {
                duties.extend_from_slice(&asks.rollup);
            } else {
                duties.push(text.parse().map_err(|_| Amiss::Malformed)?);
            }
        }
        duties.sort();
        duties.dedup();
        if duties.is_empty() {
            return Err(Amiss::Malformed);
        }
        Ok(duties)
    }

    fn check_by(&self) -> Result<(), Amiss> {
        let amiss = |words| Amiss::mend(Field::By, words);
        if self.by.is_empty() {
            return amiss("请写上您的姓名，再按一次。");
        }
        if self.by.chars().count() > LONGEST_BY {
            return amiss("姓名最多 40 个字，请写短一些。");
        }
        if has_odd_character(&self.by) {
            return amiss("姓名里有看不见的特殊字符，请删去重写。");
        }
        Ok(())
    }

    fn check_note(&self, answer: Answer) -> Result<(), Amiss> {
        let amiss = |words| Amiss::mend(Field::Note, words);
        if self.note.chars().count() > LONGEST_NOTE {
            return amiss("备注最多 500 个字，请写短一些。");
        }
        if has_odd_character(&self.note) {
            return amiss("备注里有看不见的特殊字符，请删去重写。");
        }
        if !self.note.is_empty() {
            return Ok(());
        }
        match answer {
            Answer::Received | Answer::Done => Ok(()),
            Answer::Trouble => {
                amiss("请在备注里写明有什么困难，再按一次“有困难”，局里才好帮助您。")
            }
            Answer::Extension => amiss("请在备注里写明延期的原因，再按一次“申请延期”。"),
            Answer::NotApplicable => amiss("请在备注里写明为什么不适用，再按一次“不适用”。"),
            Answer::HandedOver => amiss("请在备注里写明转交给了谁，再按一次“已转交”。"),
        }
    }

    /// Which of several a `done` is; the other buttons of the form send the field too.
    fn nth(&self, asks: &Asks, duties: &[DutyId], answer: Answer) -> Result<Option<u16>, Amiss> {
        if answer != Answer::Done || self.nth.is_empty() {
            return Ok(None);
        }
        let nth: u16 = self.nth.parse().map_err(|_| Amiss::Malformed)?;
        let asked = pressed(asks, duties).map(|own| own.times).min();
        if asked.is_some_and(|asked| (1..=asked).contains(&nth)) {
            Ok(Some(nth))
        } else {
            Err(Amiss::Malformed)
        }
    }

    /// The day asked for, which only an extension has.
    fn until(&self, asks: &Asks, duties: &[DutyId], answer: Answer) -> Result<Option<Date>, Amiss> {
        if answer != Answer::Extension || self.until.is_empty() {
            return Ok(None);
        }
        let Ok(day) = self.until.parse::<Date>() else {
            let words = "看不懂这个日期，请写成 2026-06-20 这样，再按一次“申请延期”。";
            return Amiss::mend(Field::Until, words);
        };
        if day <= asks.today {
            let words = "请写今天以后的日期，再按一次“申请延期”。";
            return Amiss::mend(Field::Until, words);
        }
        let due = pressed(asks, duties).map(|own| own.due).max();
        if let Some(due) = due.filter(|due| day <= *due) {
            let due = near_day(due, asks.today);
            let words = format!(
                "希望延到的日子要晚于现在的截止日（{due}），请改一改，再按一次“申请延期”。"
            );
            return Amiss::mend(Field::Until, words);
        }
        let farthest = farthest_day(asks.today);
        if day > farthest {
            let words =
                format!("希望延到的日子太远，最晚写到 {farthest}，请改一改，再按一次“申请延期”。");
            return Amiss::mend(Field::Until, words);
        }
        Ok(Some(day))
    }
}

/// Of what a letter asks, what was pressed; `duties` are sorted.
fn pressed<'a>(asks: &'a Asks, duties: &'a [DutyId]) -> impl Iterator<Item = &'a AskedOwn> {
    let own = asks.own.iter();
    own.filter(|own| duties.binary_search(&own.duty).is_ok())
}

/// Whether a page of this letter has that button for that duty.
fn allow(asks: &Asks, duty: &DutyId, answer: Answer) -> Result<(), DeskError> {
    let own = asks.own.binary_search_by(|own| own.duty.cmp(duty));
    if own.is_ok() {
        Ok(())
    } else if asks.rollup.binary_search(duty).is_err() {
        Err(DeskError::NotYours)
    } else if answer != Answer::Received {
        Err(DeskError::OnlyReceived)
    } else {
        Ok(())
    }
}

/// A note typed in several lines, or pasted from a table, becomes one line: it goes on into tables and letters.
pub(super) fn one_line(text: &str) -> String {
    text.split(['\r', '\n', '\t'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a name, or the device's memory of one, may stand in the ledger.
pub(super) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST_BY && !has_odd_character(text)
}

/// Control characters, and those that turn the direction of what follows or break its line unseen.
pub(super) fn has_odd_character(text: &str) -> bool {
    text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}' | char::REPLACEMENT_CHARACTER)
    })
}

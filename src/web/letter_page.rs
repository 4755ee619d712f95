//! What a letter's page shows: `Content` in the words and order of the page, for the template to set.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

use super::bureau::bulletins::Body;
use super::card::{self, Card};
use super::desk::DeskError;
use super::press::{Amiss, Field, Press, WHOLE_ROLLUP};
use super::tables::{self, Rollup, Section};
use super::wording;
use crate::core::fact::{Alert, Answer};
use crate::core::letter::Content;

/// The whole page.
#[derive(Debug, Serialize)]
pub(super) struct LetterPage<'a> {
    title: String,
    /// Where its forms post to.
    action: String,
    letter: u64,
    person: &'a str,
    unit: &'a str,
    today: String,
    lead: String,
    alarm: Option<Alarm>,
    alert: Option<&'a Alert>,
    cards: Vec<Card<'a>>,
    below: Vec<Card<'a>>,
    rollup: Option<Rollup>,
    sections: Vec<Section>,
    bulletins: Vec<Body<'a>>,
    matters: &'a [String],
    /// Where the board of the reader's unit is, where they belong to one.
    board: Option<&'a str>,
}

/// Why the last press was not recorded, at the head of the page.
#[derive(Debug, Serialize)]
struct Alarm {
    words: String,
    /// The card it is about.
    anchor: String,
}

/// What was just done, as the address after a press tells it: only fixed words come of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    pub(super) answer: Answer,
    /// Whether the same had been recorded before.
    pub(super) before: bool,
    /// The card it belongs to.
    pub(super) anchor: &'a str,
}

/// What a page depends on besides its letter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit<'a> {
    pub(super) action: &'a str,
    /// The path of the reader's board.
    pub(super) board: Option<&'a str>,
    /// The name this device remembers.
    pub(super) by: Option<&'a str>,
    pub(super) told: Option<Told<'a>>,
    /// A press that was not recorded, and why, in words.
    pub(super) failed: Option<(&'a Press, &'a Failure)>,
}

/// Why a press was not recorded.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) words: String,
    pub(super) field: Option<(Field, Cow<'static, str>)>,
}

impl Failure {
    /// What has to be mended is said at the head of the page and at its field.
    pub(super) fn of(amiss: &Amiss) -> Self {
        let error = match amiss {
            Amiss::NoLetter | Amiss::Malformed => {
                return Self::plain("这一页已经过时或不完整。请从信里重新打开，再按一次。");
            }
            Amiss::Mend(field, words) => {
                return Self {
                    field: Some((*field, words.clone())),
                    ..Self::plain(words)
                };
            }
            Amiss::NotRecorded(error) => error,
        };
        match error {
            DeskError::StorageFull => {
                Self::plain("服务器的磁盘满了。您写的内容还在下面，请稍后再按一次。")
            }
            DeskError::Unavailable(_) => {
                Self::plain("服务器暂时有故障。您写的内容还在下面，请稍后再按一次。")
            }
            DeskError::Refused(words) => Self::plain(words),
            DeskError::NotYours | DeskError::OnlyReceived => Self::plain(&format!("{error}。")),
        }
    }

    pub(super) fn plain(why: &str) -> Self {
        Self {
            words: format!("没有记下：{why}"),
            field: None,
        }
    }
}

impl<'a> LetterPage<'a> {
    pub(super) fn new(content: &'a Content, visit: &Visit<'a>) -> Self {
        let alone = content.items.len() == 1;
        let cards = card::cards(content, &content.items, visit, alone);
        let below = card::cards(content, &content.overdue_below, visit, true);
        let lead = lead(content);
        let title = match content.items.as_slice() {
            [item] => format!("{} · {}", item.title, content.unit_name),
            _ => format!("{} · {}", lead.trim_end_matches('。'), content.unit_name),
        };
        Self {
            title,
            action: visit.action.to_owned(),
            letter: content.letter,
            person: &content.person,
            unit: &content.unit_name,
            today: wording::day(content.today, content.today),
            lead,
            alarm: visit.failed.map(|(press, failure)| Alarm {
                words: failure.words.clone(),
                anchor: anchor_of(content, press).unwrap_or_default(),
            }),
            alert: content.alert.as_ref(),
            cards,
            below,
            rollup: rollup(content, visit),
            sections: tables::sections(content),
            bulletins: content.bulletins.iter().map(Body::new).collect(),
            matters: &content.matters,
            board: visit.board,
        }
    }
}

/// The name, within the page, of what a press was about: where the person wants to be shown the outcome.
pub(super) fn anchor_of(content: &Content, press: &Press) -> Option<String> {
    let duty = press.duties.first()?;
    let mut own = content.items.iter().chain(&content.overdue_below);
    if own.any(|item| item.duty.to_string() == *duty) {
        return Some(name_of(duty));
    }
    let known = duty == WHOLE_ROLLUP
        || content
            .rollup
            .iter()
            .any(|row| row.duty.to_string() == *duty);
    known.then(|| WHOLE_ROLLUP.to_owned())
}

/// The same of a press that was recorded: its letter has what it is about.
pub(super) fn anchor_of_recorded(press: &Press) -> String {
    let duty = press.duties.first().map_or("", String::as_str);
    match duty {
        WHOLE_ROLLUP => duty.to_owned(),
        duty => name_of(duty),
    }
}

/// The name of a duty's card: the duty's own, in what may stand in an address as it is.
pub(super) fn name_of(duty: &str) -> String {
    let mut name = String::with_capacity(duty.len());
    for c in duty.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            name.push(c);
        } else if c.is_ascii() {
            name.push('-');
        } else {
            let _ = write!(name, "-{:x}", u32::from(c));
        }
    }
    name
}

fn rollup(content: &Content, visit: &Visit<'_>) -> Option<Rollup> {
    let anchor = WHOLE_ROLLUP;
    let told = visit
        .told
        .filter(|told| {
            let rows = || content.rollup.iter();
            let is_row = || rows().any(|row| name_of(&row.duty.to_string()) == told.anchor);
            told.anchor == anchor || is_row()
        })
        .filter(|_| content.rollup.iter().any(|row| !row.answered.is_empty()))
        .map(|told| card::told_words(told, true, false));
    Rollup::new(content, card::form(content, anchor, visit, None), told)
}

/// The letter in a sentence.
fn lead(content: &Content) -> String {
    let open: Vec<_> = content
        .items
        .iter()
        .filter(|item| item.settled.is_none())
        .collect();
    let late = open
        .iter()
        .filter(|item| item.is_overdue(content.today))
        .count();
    let total = open.len();
    let all_heard = open.iter().all(|item| item.answered.is_some());
    if content.alert.is_some() {
        "有一件事要请您处理。".to_owned()
    } else if total > 0 && late == total {
        format!("有 {total} 项安全工作已逾期，请您回执。")
    } else if total > 0 && late > 0 {
        format!("有 {total} 项安全工作等您回执，其中 {late} 项已逾期。")
    } else if total > 0 && all_heard {
        format!("有 {total} 项安全工作还没有办结。")
    } else if total > 0 {
        format!("有 {total} 项安全工作等您回执。")
    } else if !content.overdue_below.is_empty() {
        let total = content.overdue_below.len();
        format!("本单位有 {total} 项安全工作已逾期，请您督促。")
    } else if !content.rollup.is_empty() {
        let total = content.rollup.len();
        format!("下属单位有 {total} 项安全工作已逾期，请您督促。")
    } else if !content.items.is_empty() {
        "这封信里的事项都已办结，谢谢您。".to_owned()
    } else {
        "这封信只是告知，不用回执。".to_owned()
    }
}

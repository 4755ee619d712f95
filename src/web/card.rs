//! A duty's card on a letter's page: what is asked, how it stands, and the form that answers it.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::Serialize;

use super::files::FileLine;
use super::letter_page::{Told, Visit, anchor_of, name_of};
use super::press::Field;
use super::wording::{self, Nearness};
use crate::core::fact::{Answer, Part};
use crate::core::letter::{Content, Item};

/// One duty with its form.
#[derive(Debug, Serialize)]
pub(super) struct Card<'a> {
    /// Its name within the page, `d1`.
    anchor: String,
    /// Shown when there are several.
    number: Option<usize>,
    duty: String,
    title: &'a str,
    /// Where it is not asked of the reader's own unit.
    unit: Option<&'a str>,
    due: String,
    nearness: String,
    class: &'static str,
    window_from: Option<String>,
    date_note: Option<&'a str>,
    changed_from: Option<String>,
    detail: &'a str,
    evidence: &'a str,
    authority: &'a str,
    source: &'a str,
    origin: &'a str,
    why_you: &'a str,
    decided: Option<&'a str>,
    times: Option<String>,
    answered: Option<&'a str>,
    settled: Option<&'a str>,
    reported_to: String,
    follows: Vec<String>,
    /// Whether the reader is only to know, and answers in somebody's place if at all.
    another_acts: bool,
    /// Whether `received` is all it asks.
    alert: bool,
    told: Option<&'static str>,
    files: Vec<FileLine>,
    form: Form,
}

/// A form's fields as they stand.
#[derive(Debug, Default, Serialize)]
pub(super) struct Form {
    by: String,
    note: String,
    until: String,
    nth: Option<u16>,
    /// What has to be mended, by field.
    by_amiss: Option<Cow<'static, str>>,
    note_amiss: Option<Cow<'static, str>>,
    until_amiss: Option<Cow<'static, str>>,
    /// Whether it was just tried in vain, so that nothing of it may be folded away.
    tried: bool,
}

/// The cards of `items`, named by their duties.
pub(super) fn cards<'a>(
    content: &'a Content,
    items: &'a [Item],
    visit: &Visit<'_>,
    unnumbered: bool,
) -> Vec<Card<'a>> {
    let card = |(index, item): (usize, &'a Item)| {
        let number = index + 1;
        let anchor = name_of(&item.duty.to_string());
        let form = form(content, &anchor, visit, nth(item));
        let number = (!unnumbered).then_some(number);
        Card::new(content, item, anchor, number, visit.told, form)
    };
    items.iter().enumerate().map(card).collect()
}

impl<'a> Card<'a> {
    fn new(
        content: &'a Content,
        item: &'a Item,
        anchor: String,
        number: Option<usize>,
        told: Option<Told<'_>>,
        form: Form,
    ) -> Self {
        let today = content.today;
        let nearness =
            Nearness::new(item.workdays_left, item.due, today).past_its_hour(item.hour_over);
        // Said only as long as the letter knows of that answer too: an address typed by hand thanks nobody, nor does one that
        // a telephone opens again when something else was answered.
        let told = told
            .filter(|told| told.anchor == anchor)
            .filter(|told| {
                told.before && item.answered.is_some() || item.stands == Some(told.answer)
            })
            .map(|told| told_words(told, false, item.alert));
        Self {
            number,
            duty: item.duty.to_string(),
            title: &item.title,
            unit: (item.unit_name != content.unit_name).then_some(&item.unit_name),
            due: due(item, today),
            nearness: nearness.words(),
            class: if item.settled.is_some() {
                "done"
            } else {
                nearness.class()
            },
            window_from: item.window_from.map(|day| wording::day(day, today)),
            date_note: item.date_note.as_deref(),
            changed_from: item.changed_from.map(|day| wording::day(day, today)),
            detail: &item.detail,
            evidence: &item.evidence,
            authority: &item.authority,
            source: &item.source,
            origin: &item.origin,
            why_you: &item.why_you,
            decided: item.decided.as_deref(),
            times: times(item),
            answered: item.answered.as_deref(),
            settled: item.settled.as_deref(),
            reported_to: item.reported_to.join("、"),
            follows: follows(item, today),
            another_acts: item.part != Part::Act,
            alert: item.alert,
            files: FileLine::all(&item.files),
            told,
            form,
            anchor,
        }
    }
}

/// A form as it stands: what this device and the letter know of the person, or what was typed in vain.
pub(super) fn form(content: &Content, anchor: &str, visit: &Visit<'_>, nth: Option<u16>) -> Form {
    let typed_by = visit.failed.map(|(press, _)| press.by.as_str());
    let by = typed_by
        .filter(|by| !by.is_empty())
        .or(visit.by)
        .unwrap_or(&content.person);
    let mut form = Form {
        by: by.to_owned(),
        nth,
        ..Form::default()
    };
    let tried = visit
        .failed
        .filter(|(press, _)| anchor_of(content, press).as_deref() == Some(anchor));
    if let Some((press, failure)) = tried {
        form.tried = true;
        form.by.clone_from(&press.by);
        form.note.clone_from(&press.note);
        form.until.clone_from(&press.until);
        if let Some((field, words)) = &failure.field {
            let amiss = match field {
                Field::By => &mut form.by_amiss,
                Field::Note => &mut form.note_amiss,
                Field::Until => &mut form.until_amiss,
            };
            *amiss = Some(words.clone());
        }
    }
    form
}

/// The next of several asked for; the last one when it is settled and may be corrected.
fn nth(item: &Item) -> Option<u16> {
    let (asked, given) = item.times;
    (asked > 1).then(|| given.saturating_add(1).min(asked))
}

fn times(item: &Item) -> Option<String> {
    let (asked, given) = item.times;
    if asked <= 1 {
        None
    } else if given >= asked {
        Some(format!("本期共 {asked} 次，已全部报齐"))
    } else {
        let next = given + 1;
        Some(format!(
            "本期共 {asked} 次，已报 {given} 次；这次是第 {next} 次"
        ))
    }
}

fn due(item: &Item, today: Date) -> String {
    let day = wording::day(item.due, today);
    match &item.due_time {
        Some(time) => format!("{day}{time} 前截止"),
        None => format!("{day}截止"),
    }
}

fn follows(item: &Item, today: Date) -> Vec<String> {
    let follow = |(day, whom): &(Date, String)| format!("{}告知{whom}", wording::day(*day, today));
    item.what_follows.iter().map(follow).collect()
}

/// What a page says right after a press.
pub(super) fn told_words(told: Told<'_>, rolled_up: bool, alert: bool) -> &'static str {
    match told.answer {
        _ if told.before => "这个回执早已记下，不必再按。",
        Answer::Received if rolled_up || alert => "已记下“收到”，谢谢您。",
        Answer::Received => "已记下“收到”，谢谢您。做完以后，请再打开这封信按“已完成”。",
        Answer::Done => "已记下“已完成”，谢谢您。",
        Answer::Trouble => "已记下“有困难”。您写的情况会报给局里，答复会写信告诉您。",
        Answer::Extension | Answer::NotApplicable | Answer::HandedOver => {
            "已记下您的申请，批复会写信告诉您。"
        }
    }
}

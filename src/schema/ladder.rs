//! The keys of a ladder, which `[ladder]`, `[[adjust]]` and `[[task]]` share.

use serde_json::{Value, json};

use super::form::{
    Form, Key, any, boolean, integer, list, matching, optional, required, some, stretch, table,
    word,
};
use crate::core::calendar::{ROLES, default_ladder};
use crate::core::ladder::{Ladder, Level, OnRestDay, RoleRef, Stretch};
use crate::core::roster::Kind;

/// The keys of `[ladder]`, with what holds where it says nothing.
pub(super) fn keys_with_defaults() -> Vec<Key> {
    keys(Some(&default_ladder()))
}

/// The keys of a table that inherits the ladder.
pub(super) fn inherited_keys() -> Vec<Key> {
    keys(None)
}

fn keys(defaults: Option<&Ladder>) -> Vec<Key> {
    let default = |form: Form, of: fn(&Ladder) -> Value| match defaults {
        Some(ladder) => form.default(of(ladder)),
        None => form,
    };
    vec![
        optional(
            "opens",
            default(stretch(0), |ladder| text(ladder.opens)),
            "到期前多久布置下去。",
            "How long before it is due it is announced.",
        ),
        optional(
            "remind",
            default(
                list(stretch(0)).with("uniqueItems", true.into()),
                |ladder| ladder.remind.iter().map(|offset| text(*offset)).collect(),
            ),
            "到期前几时提醒;0d 是到期当天。",
            "The reminders, each so long before it is due; 0d is the day itself.",
        ),
        optional(
            "to",
            default(some(role()), |ladder| roles(&ladder.to)),
            "谁来办。",
            "Who has to act.",
        ),
        optional(
            "escalate",
            default(list(level()), |ladder| {
                let level =
                    |level: &Level| json!({ "after": text(level.after), "to": roles(&level.to) });
                ladder.escalate.iter().map(level).collect()
            }),
            "逾期后逐级上报,一级比一级晚;[] 为不上报。",
            "The levels it climbs when it is late, each later than the one before; [] for none.",
        ),
        optional(
            "nag",
            default(
                any([nag(), boolean().with("const", false.into())]),
                |ladder| json!({ "every": text(ladder.nag.every), "at_most": ladder.nag.at_most }),
            ),
            "逾期后隔多久再催、最多几次;false 为不催。",
            "How often those who have to act are reminded once it is late; false for never.",
        ),
        optional(
            "on_rest_day",
            default(word(REST_DAY), |ladder| ladder.on_rest_day.word().into()),
            "提醒逢休息日怎么办;上报总是顺延。",
            "Which way a reminder moves off a rest day; an escalation always moves after it.",
        ),
        optional(
            "due_on_rest_day",
            default(
                word(
                    REST_DAY
                        .into_iter()
                        .chain([(OnRestDay::Keep.word(), "不动")]),
                ),
                |ladder| ladder.due_on_rest_day.word().into(),
            ),
            "截止日逢休息日怎么办。",
            "Which way a due day moves off a rest day.",
        ),
    ]
}

const REST_DAY: [(&str, &str); 2] = [
    (OnRestDay::Before.word(), "提前"),
    (OnRestDay::After.word(), "顺延"),
];

fn text(offset: Stretch) -> Value {
    offset.to_string().into()
}

fn roles(roles: &[RoleRef]) -> Value {
    roles.iter().map(RoleRef::to_string).collect()
}

/// `safety`, or `safety@town`.
pub(super) fn role() -> Form {
    let alternatives = |words: &[&str]| words.join("|");
    let roles = ROLES.map(|(word, _)| word);
    let kinds = Kind::ALL.map(Kind::word);
    // What editors offer: a role at the unit itself, or above it.
    let above = Kind::ALL.into_iter().filter(|kind| !kind.teaches());
    let offered = ROLES
        .map(|(role, name)| (role.to_owned(), name.to_owned()))
        .into_iter()
        .chain(above.flat_map(|kind| {
            ROLES.map(|(role, name)| {
                (
                    format!("{role}@{}", kind.word()),
                    format!("{}的{name}", kind.name()),
                )
            })
        }));
    let offered: Vec<_> = offered.collect();
    any([
        word(
            offered
                .iter()
                .map(|(word, name)| (word.as_str(), name.as_str())),
        ),
        matching(&format!(
            r"^\s*({})\s*(@\s*({})\s*)?$",
            alternatives(&roles),
            alternatives(&kinds)
        )),
    ])
}

fn level() -> Form {
    table([
        required(
            "after",
            stretch(1),
            "逾期多久之后。",
            "How long after the due day.",
        ),
        required("to", some(role()), "报给谁。", "Who hears of it."),
    ])
}

fn nag() -> Form {
    table([
        required(
            "every",
            stretch(1),
            "隔多久催一次。",
            "The time between two of them.",
        ),
        required("at_most", integer(0, 60), "最多几次。", "How many at most."),
    ])
}

//! Reading ladders: `[ladder]`, and the same keys in `[[adjust]]` and `[[task]]`.

use crate::core::calendar::ROLES;
use crate::core::diagnostic::{Words, did_you_mean, one_of, one_of_meaning};
use crate::core::ladder::{Ladder, LadderPatch, Level, Nag, OnRestDay, RoleRef, Stretch};
use crate::core::names::Role;
use crate::core::roster::Kind;
use crate::core::toml_text::{Keys, Value};

/// What holds where a calendar says nothing.
pub fn default_ladder() -> Ladder {
    let at_unit = |role: &str| RoleRef {
        role: Role::from(role),
        at: None,
    };
    let above = |role: &str, kind| RoleRef {
        role: Role::from(role),
        at: Some(kind),
    };
    Ladder {
        opens: Stretch::Days(14),
        remind: vec![Stretch::Days(7), Stretch::Workdays(2), Stretch::Days(0)],
        to: vec![at_unit("safety")],
        escalate: vec![
            Level {
                after: Stretch::Workdays(1),
                to: vec![at_unit("deputy")],
            },
            Level {
                after: Stretch::Workdays(3),
                to: vec![at_unit("principal"), above("safety", Kind::Town)],
            },
            Level {
                after: Stretch::Workdays(5),
                to: vec![above("office", Kind::Bureau)],
            },
        ],
        nag: Nag {
            every: Stretch::Workdays(5),
            at_most: 6,
        },
        on_rest_day: OnRestDay::Before,
        due_on_rest_day: OnRestDay::Before,
    }
}

/// The ladder's keys of a table.
pub(super) fn read_patch(keys: &Keys<'_, '_>) -> LadderPatch {
    LadderPatch {
        opens: keys.value("opens").and_then(stretch),
        remind: keys.value("remind").and_then(reminders),
        to: keys.value("to").and_then(|to| roles(to, true)),
        escalate: keys.value("escalate").and_then(levels),
        nag: keys.value("nag").and_then(nag),
        on_rest_day: keys
            .value("on_rest_day")
            .and_then(|value| rest_day(value, &[OnRestDay::Before, OnRestDay::After])),
        due_on_rest_day: keys.value("due_on_rest_day").and_then(|value| {
            rest_day(
                value,
                &[OnRestDay::Before, OnRestDay::After, OnRestDay::Keep],
            )
        }),
    }
}

pub(super) fn stretch(value: Value<'_, '_>) -> Option<Stretch> {
    let text = value.string()?;
    let found = Stretch::parse(&text.value);
    if found.is_none() {
        value.file().error(
            text.span,
            Words::new(
                format!("读不懂时长“{}”", text.value),
                format!("cannot read the time span “{}”", text.value),
            ),
            Words::new(
                "可以写 14d(14天)或 2 workdays(2个工作日)",
                "write 14d or 2 workdays",
            ),
        );
    }
    found
}

fn reminders(value: Value<'_, '_>) -> Option<Vec<Stretch>> {
    let mut found: Vec<Stretch> = Vec::new();
    for element in value.array()? {
        let Some(next) = stretch(element) else {
            continue;
        };
        if found.contains(&next) {
            value.file().error(
                element.span(),
                Words::new("同一个提醒写了两次", "the same reminder twice"),
                Words::new("删去一个", "remove one"),
            );
        } else {
            found.push(next);
        }
    }
    Some(found)
}

fn roles(value: Value<'_, '_>, must_have_one: bool) -> Option<Vec<RoleRef>> {
    let elements = value.array()?;
    if elements.is_empty() && must_have_one {
        value.file().error(
            value.span(),
            Words::new("至少写一个岗位", "name at least one role"),
            one_of(ROLES.map(|(word, _)| word)),
        );
        return None;
    }
    Some(elements.into_iter().filter_map(role).collect())
}

/// A role such as `safety` or `safety@town`.
pub fn role(value: Value<'_, '_>) -> Option<RoleRef> {
    let text = value.string()?;
    read_role(&text.value)
        .map_err(|fault| {
            let (message, label, help) = *fault;
            value
                .file()
                .error_with_help(text.span.clone(), message, label, help);
        })
        .ok()
}

/// What is wrong with a role's text, what is allowed, and the nearest match.
type RoleFault = Box<(Words, Words, Option<Words>)>;

/// Reads `safety` or `safety@town`.
///
/// # Errors
/// What is wrong, what is allowed, and the nearest match.
pub fn read_role(text: &str) -> Result<RoleRef, RoleFault> {
    let (role, at) = match text.split_once(['@', '＠']) {
        Some((role, kind)) => (role.trim(), Some(kind.trim())),
        None => (text.trim(), None),
    };
    if !ROLES.iter().any(|(word, _)| *word == role) {
        return Err(Box::new((
            Words::new(
                format!("不认识的岗位 {role}"),
                format!("unknown role {role}"),
            ),
            Words::new(
                format!(
                    "可以写:{}",
                    ROLES
                        .map(|(word, name)| format!("{word}({name})"))
                        .join("、")
                ),
                one_of(ROLES.map(|(word, _)| word)).en,
            ),
            did_you_mean(role, ROLES.map(|(word, _)| word)),
        )));
    }
    let at = match at {
        None => None,
        Some(word) => Some(
            Kind::ALL
                .into_iter()
                .find(|kind| kind.word() == word)
                .ok_or_else(|| {
                    Box::new((
                        Words::new(
                            format!("不认识的单位类型 {word}"),
                            format!("unknown kind of unit {word}"),
                        ),
                        one_of(["town", "bureau", "section"]),
                        did_you_mean(word, Kind::ALL.map(Kind::word)),
                    ))
                })?,
        ),
    };
    Ok(RoleRef {
        role: Role::from(role),
        at,
    })
}

fn levels(value: Value<'_, '_>) -> Option<Vec<Level>> {
    let mut found: Vec<Level> = Vec::new();
    for keys in value.tables()? {
        let span = keys.span();
        let after = keys.required("after").and_then(stretch);
        let to = keys.required("to").and_then(|to| roles(to, true));
        keys.report_unknown();
        let (Some(after), Some(to)) = (after, to) else {
            continue;
        };
        if matches!(after, Stretch::Days(0) | Stretch::Workdays(0)) {
            value.file().error(
                span,
                Words::new("还没有逾期就上报", "it escalates before it is overdue"),
                Words::new("after 至少是 1 workday", "after must be at least 1 workday"),
            );
            continue;
        }
        if found.last().is_some_and(|last| !later(after, last.after)) {
            value.file().error(
                span,
                Words::new(
                    "上报的各级要一级比一级晚",
                    "each level must come later than the one before",
                ),
                Words::new(
                    format!("这一级写的是 {after}"),
                    format!("this level says {after}"),
                ),
            );
            continue;
        }
        found.push(Level { after, to });
    }
    Some(found)
}

/// Whether one offset surely comes later than another. A workday is at least a day.
pub(crate) fn later(this: Stretch, before: Stretch) -> bool {
    match (this, before) {
        (Stretch::Days(a), Stretch::Days(b))
        | (Stretch::Workdays(a), Stretch::Workdays(b) | Stretch::Days(b)) => a > b,
        (Stretch::Days(a), Stretch::Workdays(b)) => a > b * 2,
    }
}

/// `false` is a nag that never comes.
fn nag(value: Value<'_, '_>) -> Option<Nag> {
    if !value.is_table() && value.as_bool().is_none() {
        return value.wrong(
            " { every = \"5 workdays\", at_most = 6 },不催则写 false",
            "{ every = \"5 workdays\", at_most = 6 }, or false for none",
        );
    }
    if !value.is_table() {
        return match value.as_bool() {
            Some(false) => Some(Nag {
                every: Stretch::Days(1),
                at_most: 0,
            }),
            Some(true) => {
                value.file().error(
                    value.span(),
                    Words::new("true 没有说明多久一次", "true does not say how often"),
                    Words::new(
                        "写 { every = \"5 workdays\", at_most = 6 },不催则写 false",
                        "write { every = \"5 workdays\", at_most = 6 }, or false for none",
                    ),
                );
                None
            }
            None => None,
        };
    }
    let keys = value.table()?;
    let span = keys.span();
    let every = keys.required("every").and_then(stretch);
    let at_most = keys.required("at_most").and_then(|v| v.integer(0, 60));
    keys.report_unknown();
    let (every, at_most) = (every?, at_most?);
    if matches!(every, Stretch::Days(0) | Stretch::Workdays(0)) {
        value.file().error(
            span,
            Words::new("催办间隔不能是0", "the interval must not be 0"),
            Words::new("至少 1 workday", "at least 1 workday"),
        );
        return None;
    }
    Some(Nag {
        every,
        at_most: u16::try_from(at_most.value).unwrap_or(0),
    })
}

fn rest_day(value: Value<'_, '_>, allowed: &[OnRestDay]) -> Option<OnRestDay> {
    let text = value.string()?;
    let words = || allowed.iter().map(|way| way.word());
    let found = allowed.iter().copied().find(|way| way.word() == text.value);
    if found.is_none() {
        value.file().error_with_help(
            text.span,
            Words::new(
                format!("不认识的值 {}", text.value),
                format!("unknown value {}", text.value),
            ),
            one_of_meaning(allowed.iter().map(|way| (way.word(), way.name()))),
            did_you_mean(&text.value, words()),
        );
    }
    found
}

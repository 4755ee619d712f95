//! Reading a task's `due_at`: `{ town = "-3 workdays" }`.

use std::ops::Range;
use std::sync::Arc;

use super::DueAt;
use super::read::{Tags, audience_of};
use crate::core::audience::Audience;
use crate::core::diagnostic::{Diagnostic, Place, Words};
use crate::core::shift::{NotAShift, Shift};
use crate::core::toml_text::{Placed, Value};

/// The units whose due day is another, and how far it lies from everybody's.
pub(super) fn read_due_at(value: Value<'_, '_>, tags: &Tags) -> Vec<DueAt> {
    let file = value.file();
    if !value.is_table() {
        file.error(
            value.span(),
            Words::new("没有说明对谁", "whom it is for is not said"),
            Words::new(
                "写成 { town = \"-3 workdays\" }:左边是对象,右边是提前多少",
                "write { town = \"-3 workdays\" }: whom, and how far",
            ),
        );
        return Vec::new();
    }
    let mut found: Vec<DueAt> = Vec::new();
    for (key, value) in value
        .table()
        .into_iter()
        .flat_map(|keys| keys.entries().collect::<Vec<_>>())
    {
        let audience = read_key(value, &key, tags);
        let shift = read_shift(value);
        let (Some(audience), Some(shift)) = (audience, shift) else {
            continue;
        };
        if let Some(first) = found.iter().find(|first| first.audience == audience) {
            file.faults.add(
                Diagnostic::error(
                    file.text,
                    key.span,
                    Words::new(
                        format!("对象 {audience} 写了两次"),
                        format!("{audience} stands twice"),
                    ),
                    Words::new("又出现在这里", "again here"),
                )
                .other(
                    file.text,
                    first.place.span.clone(),
                    Words::new("第一次在这里", "first here"),
                ),
            );
            continue;
        }
        found.push(DueAt {
            audience,
            shift,
            place: Place {
                text: Arc::clone(file.text),
                span: key.span,
            },
        });
    }
    found
}

/// The two keys that cannot stand together, with both places.
pub(super) fn no_due_at_if_raised(due_at: Value<'_, '_>, when: Value<'_, '_>) {
    let file = due_at.file();
    file.faults.add(
        Diagnostic::error(
            file.text,
            due_at.span(),
            Words::new(
                "有事才发的任务没有统一的截止日,不能写 due_at",
                "a conditional task has no due day of everybody's for due_at to count from",
            ),
            Words::new("删去这一项", "remove this"),
        )
        .other(
            file.text,
            when.span(),
            Words::new("这里写明有事才发", "it is conditional by this"),
        ),
    );
}

fn read_key(value: Value<'_, '_>, key: &Placed<String>, tags: &Tags) -> Option<Audience> {
    let file = value.file();
    // A key with signs in it stands in quotes, a plain word may stand without.
    let quoted = file.text.body[key.span.clone()].starts_with(['"', '\'']);
    let start = key.span.start + usize::from(quoted);
    let span = |part: &Range<usize>| start + part.start..start + part.end;
    audience_of(file, &key.value, tags, span)
}

fn read_shift(value: Value<'_, '_>) -> Option<Shift> {
    let text = value.string()?;
    let fault = match Shift::parse(&text.value) {
        Ok(shift) => return Some(shift),
        Err(fault) => fault,
    };
    let (message, label) = match fault {
        NotAShift::Unreadable => (
            Words::new(
                format!("读不懂提前量“{}”", text.value),
                format!("cannot read the shift “{}”", text.value),
            ),
            Words::new(
                "可以写 -3 workdays(提前3个工作日)或 -5d(提前5天)",
                "write -3 workdays or -5d",
            ),
        ),
        NotAShift::NoDirection(by) => (
            Words::new(
                format!("“{}”没有说是提前还是推迟", text.value),
                format!("“{}” does not say which way", text.value),
            ),
            Words::new(
                format!("提前写 -{by},推迟写 +{by}"),
                format!("earlier is -{by}, later is +{by}"),
            ),
        ),
        NotAShift::Nought => (
            Words::new("提前0天就是统一的截止日", "nought is everybody's due day"),
            Words::new("删去这一项", "remove this"),
        ),
        NotAShift::TooFar(by) => (
            Words::new(
                format!("相差{}太多", by.chinese()),
                format!("{by} is too far"),
            ),
            Words::new(
                "最多60天或40个工作日;再远就另立一条任务",
                "at most 60 days or 40 workdays; what is farther is a task of its own",
            ),
        ),
    };
    value.file().error(text.span, message, label);
    None
}

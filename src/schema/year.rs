//! `school-year.toml` and `holidays/*.toml`.

use serde_json::json;

use super::calendar::only_for;
use super::form::{
    Form, boolean, day, line, list, matching, optional, required, some, table, word,
};
use crate::core::period::{BreakKind, Festival};

/// The local school calendar.
pub(super) fn school_year() -> Form {
    table([
        optional(
            "term",
            list(days_of(&["spring", "autumn"], "2026-spring")),
            "学期。",
            "The terms.",
        ),
        optional(
            "break",
            list(days_of(
                &BreakKind::ALL.map(BreakKind::key),
                "2026-winter-break",
            )),
            "假期。",
            "The breaks.",
        ),
        optional(
            "day",
            list(single_day()),
            "单独一天,与校历或放假安排不同的。",
            "A single local day that differs.",
        ),
    ])
    .meaning(
        "校历:上课不上课以它为准。",
        "The local school calendar, which overrides the workdays for teaching.",
    )
}

/// A term or a break.
fn days_of(words: &[&str], example: &str) -> Form {
    table([
        required(
            "key",
            matching(&format!("^[0-9]{{4}}-({})$", words.join("|"))).examples([example]),
            "年份和名称。",
            "Its year and name.",
        ),
        required("name", line(), "叫什么。", "What people call it."),
        required("start", day(), "第一天。", "Its first day."),
        required("end", day(), "最后一天。", "Its last day."),
        only_for(),
    ])
}

fn single_day() -> Form {
    table([
        required("date", day(), "哪一天。", "The day."),
        required(
            "teaching",
            boolean(),
            "true 上课,false 不上课。",
            "Whether there is teaching.",
        ),
        only_for(),
        optional("why", line(), "为什么。", "Why it differs."),
    ])
}

/// A year's notice of the State Council. The year is in the file's name.
pub(super) fn holidays() -> Form {
    table([
        required(
            "notice",
            line().examples(["国办发明电〔2025〕7号"]),
            "通知的文号。",
            "The notice's number.",
        ),
        optional("holiday", list(holiday()), "节日。", "The holidays."),
    ])
    .meaning(
        "国务院办公厅当年的放假调休;文件名是年份。",
        "The State Council's notice for the year in the file's name.",
    )
}

fn holiday() -> Form {
    table([
        required(
            "key",
            word(Festival::ALL.map(|festival| (festival.key(), festival.name()))),
            "哪个节日。",
            "Which holiday.",
        ),
        required("name", line(), "叫什么。", "What people call it."),
        required(
            "off",
            some(day()).with("uniqueItems", true.into()),
            "放假的日子,含连着的周末。",
            "The days off, weekends included.",
        ),
        optional(
            "work",
            list(day())
                .with("uniqueItems", true.into())
                .default(json!([])),
            "调休上班的周末。",
            "The make-up workdays.",
        ),
    ])
}

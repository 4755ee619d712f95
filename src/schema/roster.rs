//! A row of `roster.csv`.

use serde_json::{Value, json};

use super::form::{Form, Key, any, day, matching, optional, table, word};
use crate::core::calendar::ROLES;
use crate::core::roster::{COLUMNS, Kind, NEEDED, TITLES};

/// A row as an object: each column's header, English or Chinese, with the field's text.
pub(super) fn row() -> Form {
    let keys = COLUMNS
        .into_iter()
        .flat_map(|(word, name)| [word, name].map(|header| of_column(header, word)));
    let needed: Vec<Value> = COLUMNS
        .into_iter()
        .filter(|(word, _)| NEEDED.contains(word))
        .map(|(word, name)| json!({ "anyOf": [{ "required": [word] }, { "required": [name] }] }))
        .collect();
    table(keys).with("allOf", needed.into()).meaning(
        "花名册的一行(CSV),列名作键,TOML 里是一张 [[contact]];一个单位第二行起,单位的各列可以空着。",
        "A row of the roster (CSV), keyed by its columns, or a [[contact]] of TOML; from a unit's second row on, the unit's columns may be empty.",
    )
}

fn of_column(header: &'static str, column: &str) -> Key {
    let (form, zh, en) = match column {
        "unit" => (
            // Letters of any script; what of ASCII is neither letter, digit, hyphen nor underscore is none.
            matching(r"^[^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f\s]*$"),
            "单位编号,用过就不要再改。",
            "The unit's id; never changed once used.",
        ),
        "name" => (field(), "单位名称。", "Its name."),
        "kind" => (word(kinds()), "单位类型。", "What it is."),
        "parent" => (field(), "上级的单位编号。", "The id of the unit above it."),
        "tags" => (
            field().examples(["boarding mountain", "canteen=A near_water"]),
            "标签,用空格隔开;可以带值。",
            "Its tags, separated by spaces; a tag may have a value.",
        ),
        "role" => (word(roles()), "岗位。", "The role the person holds."),
        "person" => (field(), "姓名。", "The person's name."),
        "email" => (
            matching(EMAIL).with("maxLength", 254.into()),
            "邮箱。",
            "The person's mail address.",
        ),
        "phone" => (field(), "电话。", "The person's telephone."),
        "since" => (
            day_or_nothing(),
            "从哪天起任职。",
            "The first day in the role.",
        ),
        _ => (
            day_or_nothing(),
            "任职到哪天。",
            "The last day in the role.",
        ),
    };
    optional(header, form, zh, en)
}

/// The words of the calendar, what people say, and nothing at all from a unit's second row on.
fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    Kind::ALL
        .into_iter()
        .flat_map(|kind| [(kind.word(), kind.name()), (kind.name(), kind.name())])
        .chain([("", "同上一行")])
}

fn roles() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROLES
        .into_iter()
        .flat_map(|(word, name)| [(word, name), (name, name)])
        .chain(TITLES.map(|(title, _)| (title, title)))
        .chain([("", "没有联系人")])
}

/// A field: no control characters, and nothing that a spreadsheet would take for a formula.
fn field() -> Form {
    matching(r"^([+-][0-9 ()-]*|([^\x00-\x1f\x7f-\x9f=@+-][^\x00-\x1f\x7f-\x9f]*)?)$")
}

/// A mailbox, or nothing.
const EMAIL: &str = concat!(
    r"^([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*",
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*)?$"
);

/// A day, or nothing.
fn day_or_nothing() -> Form {
    any([day(), matching("^$")])
}

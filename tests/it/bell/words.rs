//! What a letter says, in a few words a line.

use std::fmt::Write as _;

use jiff::civil::Date;
use schoolbell::core::letter::{Content, Item, Row};

/// `11-10`
pub(super) fn short(day: Date) -> String {
    day.strftime("%m-%d").to_string()
}

/// A letter's content, section by section.
pub(super) fn said(content: &Content) -> String {
    let mut out = String::new();
    for (name, items) in [
        ("items", &content.items),
        ("overdue_below", &content.overdue_below),
    ] {
        for item in items {
            let _ = writeln!(out, "  {name}: {}", item_words(item));
        }
    }
    for (name, rows) in [
        ("rollup", &content.rollup),
        ("closed", &content.closed),
        ("withdrawn", &content.withdrawn),
    ] {
        for row in rows {
            let _ = writeln!(out, "  {name}: {}", row_words(row));
        }
    }
    for matter in &content.matters {
        let _ = writeln!(out, "  matter: {matter}");
    }
    out
}

fn item_words(item: &Item) -> String {
    let mut words = format!(
        "{} {} due {} left {}",
        item.unit_name,
        item.title,
        short(item.due),
        item.workdays_left
    );
    let mut add = |name: &str, text: &str| {
        if !text.is_empty() {
            let _ = write!(words, " | {name} {text}");
        }
    };
    add(
        "changed from",
        &item.changed_from.map(short).unwrap_or_default(),
    );
    add("decided", item.decided.as_deref().unwrap_or(""));
    add("answered", item.answered.as_deref().unwrap_or(""));
    add("reported to", &item.reported_to.join("、"));
    let follows: Vec<_> = item
        .what_follows
        .iter()
        .map(|(day, who)| format!("{} {who}", short(*day)))
        .collect();
    add("follows", &follows.join(", "));
    words
}

fn row_words(row: &Row) -> String {
    let (town, unit, title) = (&row.town_name, &row.unit_name, &row.title);
    let (due, late, answered) = (short(row.due), row.workdays_late, &row.answered);
    format!("{town} {unit} {title} due {due} late {late} {answered}")
        .trim_end()
        .to_owned()
}

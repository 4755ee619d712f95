//! The subject: date, matter, school, and the number with its tag, by which a reply is matched.

use crate::core::dates::month_day;
use crate::core::letter::{Content, Item, Row};
use crate::core::printed::full_width;

use super::number::Numbered;
use super::phrase::{one_line, shorten};

/// What a phone's list of mails shows of a subject is less; longer ones are cut there, and then the school is lost.
const MAX_CHARS: usize = 60;

/// What a letter is labelled that brings nothing but a bulletin.
const BULLETIN: &str = "通报";

/// However long the rest is, a title keeps so many characters.
const TITLE_MIN_CHARS: usize = 8;

/// What a subject is put together from: `【label】title等n项 · unit [No.n-tag]`. Only title and unit are ever shortened.
struct Parts {
    label: String,
    title: String,
    /// `等3项`; empty for a single duty.
    count: String,
    unit: String,
}

/// The subject of a letter.
pub(super) fn subject(content: &Content, tag: &str) -> String {
    let number = Numbered {
        letter: content.letter,
        tag: tag.to_owned(),
    };
    let number = format!(" [No.{number}]");
    let mut parts = parts(content);
    if !content.bulletins.is_empty() && parts.label != BULLETIN {
        parts.count.push_str("（附通报）");
    }
    let label = match parts.label.as_str() {
        "" => String::new(),
        label => format!("【{label}】"),
    };
    let fixed = label.chars().count() + parts.count.chars().count() + number.chars().count();
    let room = MAX_CHARS.saturating_sub(fixed);
    let unit = match one_line(&parts.unit).as_str() {
        "" => String::new(),
        unit => format!(" · {}", shorten(unit, (room / 2).max(TITLE_MIN_CHARS))),
    };
    let room = room.saturating_sub(unit.chars().count());
    let title = full_width(&one_line(&parts.title));
    let title = shorten(&title, room.max(TITLE_MIN_CHARS));
    format!("{label}{title}{}{unit}{number}", parts.count)
}

fn parts(content: &Content) -> Parts {
    let reader = one_unit(&content.unit_name);
    let parts = |label: &str, title: String| Parts {
        label: label.to_owned(),
        title,
        count: String::new(),
        unit: reader.clone(),
    };
    if let Some(alert) = &content.alert {
        return Parts {
            unit: String::new(),
            ..parts("", alert.subject.clone())
        };
    }
    if let Some(parts) = of_duties(content) {
        return parts;
    }
    if !content.rollup.is_empty() {
        let late = content.rollup.len();
        let title = match content.matters.len() {
            0 => format!("{late}项未完成"),
            matters => format!("{late}项未完成，另有{matters}件事待处理"),
        };
        return parts("逾期汇总", title);
    }
    match content.matters.as_slice() {
        [] => {}
        [matter] => return parts("管理员", first_line(matter)),
        matters => return parts("管理员", format!("{}件事待处理", matters.len())),
    }
    if let Some(bulletin) = content.bulletins.first() {
        // The days it is about are told in the letter.
        let nth = bulletin.number.split('（').next().unwrap_or_default();
        return parts(BULLETIN, format!("{}{nth}", bulletin.title));
    }
    let (label, rows) = if content.closed.is_empty() {
        ("不再要求", &content.withdrawn)
    } else {
        ("已办结", &content.closed)
    };
    of_rows(label, rows, &reader).unwrap_or_else(|| parts("通知", content.calendar.clone()))
}

/// For a letter with duties to act on, or overdue ones at the reader's own unit.
fn of_duties(content: &Content) -> Option<Parts> {
    let open: Vec<&Item> = content
        .items
        .iter()
        .filter(|item| item.settled.is_none())
        .chain(&content.overdue_below)
        .collect();
    let told = if open.is_empty() {
        content.items.iter().collect()
    } else {
        open
    };
    // An alert comes before whatever is due.
    let first = told.iter().min_by_key(|item| (!item.alert, item.due))?;
    let label = if told.iter().all(|item| item.settled.is_some()) {
        if told.iter().all(|item| item.decided.is_some()) {
            "申请已答复".to_owned()
        } else {
            "已办结".to_owned()
        }
    } else if first.alert {
        "紧急".to_owned()
    } else if first.is_overdue(content.today) {
        "已逾期".to_owned()
    } else if first.changed_from.is_some() && told.iter().all(|item| item.changed_from.is_some()) {
        format!("改期至{}", month_day(first.due))
    } else {
        format!("{}前", month_day(first.due))
    };
    let mut units: Vec<&str> = told.iter().map(|item| item.unit_name.as_str()).collect();
    units.dedup();
    Some(Parts {
        label,
        title: first.title.clone(),
        count: counted(told.len()),
        unit: match units.as_slice() {
            [unit] => (*unit).to_owned(),
            _ => one_unit(&content.unit_name),
        },
    })
}

fn of_rows(label: &str, rows: &[Row], reader: &str) -> Option<Parts> {
    let first = rows.first()?;
    let same_unit = rows.iter().all(|row| row.unit_name == first.unit_name);
    Some(Parts {
        label: label.to_owned(),
        title: first.title.clone(),
        count: counted(rows.len()),
        unit: if same_unit {
            first.unit_name.clone()
        } else {
            reader.to_owned()
        },
    })
}

fn counted(number: usize) -> String {
    if number > 1 {
        format!("等{number}项")
    } else {
        String::new()
    }
}

/// `浒山小学等2个单位` for a reader with several.
fn one_unit(names: &str) -> String {
    match names.split('、').count() {
        1 => names.to_owned(),
        several => {
            let first = names.split('、').next().unwrap_or_default();
            format!("{first}等{several}个单位")
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

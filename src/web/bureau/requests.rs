//! What waits for a decision, in the words and order of its page.

use jiff::civil::Date;
use serde::Serialize;

use crate::core::fact::Answer;
use crate::core::overview::Request;
use crate::web::files::FileLine;
use crate::web::wording::{self, Nearness};

#[derive(Debug, Serialize)]
pub(super) struct Page {
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    duty: String,
    /// Its place among the duty's answers.
    place: usize,
    task: String,
    period: String,
    title: String,
    unit: String,
    unit_id: String,
    asked: String,
    by: String,
    note: String,
    day: String,
    due: String,
    nearness: String,
    class: &'static str,
    /// The day asked for, as a form's field has it.
    until: String,
    is_extension: bool,
    files: Vec<FileLine>,
}

impl Page {
    pub(super) fn new(found: &[Request], today: Date) -> Self {
        Self {
            rows: found.iter().map(|request| row(request, today)).collect(),
        }
    }
}

fn row(request: &Request, today: Date) -> Row {
    let until = request
        .until
        .filter(|_| request.answer == Answer::Extension)
        .map_or(String::new(), |day| {
            format!("，到{}", wording::day(day, today))
        });
    let nearness = request
        .due
        .map(|due| Nearness::new(request.workdays_left, due, today));
    Row {
        duty: request.duty.to_string(),
        place: request.place,
        task: request.duty.occurrence.task.to_string(),
        period: request.duty.occurrence.period.to_string(),
        title: request.title.clone(),
        unit: request.unit_name.clone(),
        unit_id: request.duty.unit.to_string(),
        asked: format!("{}{until}", request.answer.name()),
        by: request.by.clone(),
        note: request.note.clone(),
        day: wording::day(request.day, today),
        due: request.due.map_or("已不在行事历里".to_owned(), |due| {
            wording::day(due, today)
        }),
        nearness: nearness.map_or(String::new(), Nearness::words),
        class: nearness.map_or("far", Nearness::class),
        until: request.until.map_or(String::new(), |day| day.to_string()),
        is_extension: request.answer == Answer::Extension,
        files: FileLine::all(&request.evidence),
    }
}

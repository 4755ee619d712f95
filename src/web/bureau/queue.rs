//! The letters on their way, in the words and order of their page.

use jiff::civil::DateTime;
use serde::Serialize;

use crate::core::fact::Outcome;
use crate::core::overview::{Queue, QueuedLetter};
use crate::core::state::LetterStatus;

/// Rows of a table; the rest is counted.
const ROWS: usize = 200;

#[derive(Debug, Serialize)]
pub(super) struct Page {
    lead: String,
    open: Vec<Row>,
    open_more: usize,
    refused: Vec<Row>,
    refused_more: usize,
    unreachable: Vec<(String, String, String)>,
}

#[derive(Debug, Serialize)]
struct Row {
    letter: u64,
    reader: String,
    address: String,
    stands: &'static str,
    class: &'static str,
    queued: String,
    attempts: u32,
    retry: String,
    text: String,
}

impl Page {
    pub(super) fn new(found: &Queue) -> Self {
        let rows = |letters: &[QueuedLetter]| letters.iter().take(ROWS).map(row).collect();
        let doubtful = found
            .open
            .iter()
            .filter(|letter| letter.status.is_unknown())
            .count();
        let lead = match (found.open.len(), doubtful) {
            (0, _) => "没有等待发出的信。".to_owned(),
            (open, 0) => format!("{open} 封信等待发出。"),
            (open, doubtful) => format!(
                "{open} 封信等待发出，其中 {doubtful} 封结果不明：对方也许已经收到，会用同一编号重发原来那一封。"
            ),
        };
        Self {
            lead,
            open: rows(&found.open),
            open_more: found.open.len().saturating_sub(ROWS),
            refused: rows(&found.refused),
            refused_more: found.refused.len().saturating_sub(ROWS),
            unreachable: found.unreachable.clone(),
        }
    }
}

fn row(letter: &QueuedLetter) -> Row {
    let moment = |at: DateTime| at.strftime("%-m月%-d日 %H:%M").to_string();
    Row {
        letter: letter.letter,
        reader: letter.reader.clone(),
        address: letter.address.clone(),
        stands: letter.status.name(),
        class: match letter.status {
            LetterStatus::Ended(Outcome::Refused) => "late",
            LetterStatus::Ended(Outcome::Unknown | Outcome::Deferred) => "near",
            _ => "far",
        },
        queued: moment(letter.queued),
        attempts: letter.attempts,
        retry: letter.retry_at.map_or(String::new(), moment),
        text: letter.text.clone(),
    }
}

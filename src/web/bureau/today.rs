//! The present day in the words and order of its page.

use serde::Serialize;

use super::year::LineRow;
use crate::core::fact::Answer;
use crate::core::overview::{Line, Today};
use crate::web::wording;

/// Gaps that are named; more are counted.
const GAPS_NAMED: usize = 6;

/// Rows of a table; the rest is counted.
const ROWS: usize = 12;

#[derive(Debug, Serialize)]
pub(super) struct Page {
    day: String,
    hour: String,
    next_slot: String,
    /// What needs a person, most urgent first.
    needs: Vec<Need>,
    letters: String,
    gone_out: Vec<Row>,
    gone_out_more: usize,
    answers: String,
    arrived: Vec<Arrival>,
    overdue: Vec<LineRow>,
    overdue_more: usize,
    overdue_units: u32,
    soon: Vec<LineRow>,
    soon_more: usize,
}

/// Something that needs a person.
#[derive(Debug, Serialize)]
struct Need {
    /// How it is coloured: `late` or `near`.
    class: &'static str,
    words: String,
    /// Where it is seen to; empty where that is not on these pages.
    path: &'static str,
    link: &'static str,
}

#[derive(Debug, Serialize)]
struct Row {
    title: String,
    rung: String,
    notices: usize,
}

#[derive(Debug, Serialize)]
struct Arrival {
    hour: String,
    unit: String,
    unit_id: String,
    title: String,
    answer: &'static str,
    by: String,
    note: String,
    class: &'static str,
}

impl Page {
    pub(super) fn new(found: &Today, unwell: &[String]) -> Self {
        let day = found.now.date();
        let line = |line: &Line| LineRow::new(line, day);
        let rows = |lines: &[Line]| lines.iter().take(ROWS).map(line).collect();
        Self {
            day: wording::day(day, day),
            hour: found.now.strftime("%H:%M").to_string(),
            next_slot: format!(
                "{}{}",
                wording::day(found.next_slot.date(), day),
                found.next_slot.strftime("%H:%M")
            ),
            needs: needs(found, unwell),
            letters: letters(found),
            gone_out: found
                .gone_out
                .iter()
                .take(ROWS)
                .map(|row| Row {
                    title: row.title.clone(),
                    rung: row.rung.clone(),
                    notices: row.notices,
                })
                .collect(),
            gone_out_more: found.gone_out.len().saturating_sub(ROWS),
            answers: answers(found),
            arrived: found
                .arrived
                .iter()
                .map(|row| Arrival {
                    hour: row.at.strftime("%H:%M").to_string(),
                    unit: row.unit_name.clone(),
                    unit_id: row.duty.unit.to_string(),
                    title: row.title.clone(),
                    answer: row.answer.name(),
                    by: row.by.clone(),
                    note: row.note.clone(),
                    class: match row.answer {
                        Answer::Done => "done",
                        Answer::Received => "far",
                        _ => "near",
                    },
                })
                .collect(),
            overdue: rows(&found.overdue),
            overdue_more: found.overdue.len().saturating_sub(ROWS),
            overdue_units: found.overdue.iter().map(|line| line.tally.overdue).sum(),
            soon: rows(&found.soon),
            soon_more: found.soon.len().saturating_sub(ROWS),
        }
    }
}

fn needs(found: &Today, unwell: &[String]) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut need = |class, words: String, path, link| {
        needs.push(Need {
            class,
            words,
            path,
            link,
        });
    };
    if let Some((held, reasons)) = &found.held {
        let what = held.as_ref().map_or(String::new(), |held| {
            format!("（{} 封信，{} 条通知）", held.letters, held.notices)
        });
        let words = format!("定时的信已暂停{what}：{}", reasons.join("；"));
        need("late", words, "/hold", "看要发什么");
    }
    for reason in unwell {
        need("late", format!("{reason}。"), "", "");
    }
    if found.unknown > 0 {
        let words = format!("{} 封信结果不明，会自动重发同一封。", found.unknown);
        need("near", words, "/mail", "看信件");
    }
    if found.refused > 0 {
        let words = format!("{} 封信没有送到。", found.refused);
        need("late", words, "/mail", "看信件");
    }
    if found.unreachable > 0 {
        let words = format!("{} 个邮箱收不到信，请核对花名册。", found.unreachable);
        need("late", words, "/mail", "看是谁");
    }
    if found.requests > 0 {
        let words = format!("{} 项申请等待批复。", found.requests);
        need("near", words, "/requests", "去批复");
    }
    if !found.drafts.is_empty() {
        let words = format!("{}的通报草稿等您审阅。", found.drafts.join("、"));
        need("near", words, "/bulletins", "去审阅");
    }
    if !found.gaps.is_empty() {
        let names: Vec<&str> = found
            .gaps
            .iter()
            .take(GAPS_NAMED)
            .map(String::as_str)
            .collect();
        let more = if found.gaps.len() > GAPS_NAMED {
            format!("等 {} 个单位", found.gaps.len())
        } else {
            String::new()
        };
        let words = format!(
            "联系人空缺：{}{more}没有能送达的邮箱，请在花名册里补上。",
            names.join("、")
        );
        need("late", words, "", "");
    }
    for words in &found.missing {
        need("near", format!("{words}。"), "", "");
    }
    needs
}

/// `共 12 封：已送出 11 封，等待发出 1 封`
fn letters(found: &Today) -> String {
    let all: usize = found.letters.values().sum();
    if all == 0 {
        return "今天没有发信。".to_owned();
    }
    let parts: Vec<String> = found
        .letters
        .iter()
        .map(|(status, count)| format!("{} {count} 封", status.name()))
        .collect();
    format!("共 {all} 封：{}。", parts.join("，"))
}

fn answers(found: &Today) -> String {
    let all: usize = found.answers.values().sum();
    if all == 0 {
        return "今天还没有回执。".to_owned();
    }
    let parts: Vec<String> = found
        .answers
        .iter()
        .map(|(answer, count)| format!("{} {count}", answer.name()))
        .collect();
    let shown = found.arrived.len();
    let more = if all > shown {
        format!("下面是最近 {shown} 条。")
    } else {
        String::new()
    };
    format!("共 {all} 条：{}。{more}", parts.join("，"))
}

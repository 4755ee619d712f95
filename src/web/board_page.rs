//! What a unit's board shows: [`Board`] in the words and order of the page, for the template to set.

use jiff::civil::Date;
use serde::Serialize;

use super::wording::{self, Nearness};
use crate::core::board::{Board, BoardAnswer, BoardDuty, MonthOfBoard};
use crate::core::burden::Month;
use crate::core::plan::Standing;
use crate::core::roster::Kind;

/// The whole page.
#[derive(Debug, Serialize)]
pub(super) struct BoardPage<'a> {
    title: String,
    unit: &'a str,
    /// `小学 · 浒山街道`
    place: String,
    today: String,
    lead: String,
    /// What is asked now, nearest first.
    at_hand: Vec<DutyLine<'a>>,
    /// What was settled this month.
    settled: Vec<DutyLine<'a>>,
    year: i16,
    months: Vec<MonthLines<'a>>,
    answers: Vec<AnswerLine<'a>>,
    load: Option<Load>,
    contacts: Vec<ContactLine<'a>>,
    subscribe: &'a str,
    address: &'a str,
    until: String,
    /// Whether the feed has what is asked of the units below, too.
    looks_after: bool,
}

/// Where the feed is, and until when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Feed<'a> {
    /// The address that opens a calendar program.
    pub(super) subscribe: &'a str,
    /// The address to copy.
    pub(super) address: &'a str,
    /// The last day either works.
    pub(super) until: Date,
}

#[derive(Debug, Serialize)]
struct DutyLine<'a> {
    title: &'a str,
    /// `5月4日至5月8日 17:00`
    due: String,
    /// How it stands, in a few words.
    stands: String,
    class: &'static str,
    evidence: &'a str,
    answered: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct MonthLines<'a> {
    name: String,
    theme: &'a str,
    focus: &'a [String],
    /// Shown unfolded: this month and the next.
    open: bool,
    /// `5 项，办结 3 项`
    tally: String,
    late: usize,
    rows: Vec<DutyLine<'a>>,
}

#[derive(Debug, Serialize)]
struct AnswerLine<'a> {
    day: String,
    title: &'a str,
    answer: &'static str,
    by: &'a str,
    note: &'a str,
}

/// The burden of the year.
#[derive(Debug, Serialize)]
struct Load {
    words: String,
    /// The most duties of a month, for the bars.
    most: u32,
    months: Vec<LoadLine>,
}

#[derive(Debug, Serialize)]
struct LoadLine {
    name: String,
    duties: u32,
    evidence: u32,
    letters: u32,
}

#[derive(Debug, Serialize)]
struct ContactLine<'a> {
    role: &'static str,
    person: &'a str,
    reachable: bool,
}

impl<'a> BoardPage<'a> {
    pub(super) fn new(board: &'a Board, feed: &Feed<'a>) -> Self {
        let today = board.today;
        let this_month = Month::of(today);
        let asked: Vec<&BoardDuty> = board
            .duties
            .iter()
            .filter(|duty| is_at_hand(duty, this_month))
            .collect();
        let settled: Vec<&BoardDuty> = board
            .duties
            .iter()
            .filter(|duty| duty.settled_on.map(Month::of) == Some(this_month))
            .collect();
        let lines = |duties: &[&'a BoardDuty]| -> Vec<DutyLine<'a>> {
            duties.iter().map(|duty| line(duty, today)).collect()
        };
        let mut place = vec![board.kind];
        if !board.above.is_empty() {
            place.push(&board.above);
        }
        Self {
            title: format!("{}的全年安排", board.unit_name),
            unit: &board.unit_name,
            place: place.join(" · "),
            today: wording::day(today, today),
            lead: lead(&asked, settled.len()),
            at_hand: lines(&asked),
            settled: lines(&settled),
            year: today.year(),
            months: board
                .months
                .iter()
                .map(|month| month_lines(board, month))
                .collect(),
            answers: board
                .answers
                .iter()
                .map(|answer| answer_line(answer, today))
                .collect(),
            load: load(&board.months),
            contacts: board
                .contacts
                .iter()
                .map(|holder| ContactLine {
                    role: holder.role,
                    person: &holder.person,
                    reachable: holder.reachable,
                })
                .collect(),
            subscribe: feed.subscribe,
            address: feed.address,
            until: wording::whole_day(feed.until),
            looks_after: [Kind::Town.name(), Kind::Bureau.name()].contains(&board.kind),
        }
    }
}

/// Whether it is asked now: what is overdue or announced, and what else falls due this month.
fn is_at_hand(duty: &BoardDuty, this_month: Month) -> bool {
    match duty.standing {
        Standing::Open | Standing::Overdue => true,
        Standing::Ahead | Standing::Waiting => Month::of(duty.due) == this_month,
        _ => false,
    }
}

/// The board in a sentence or two.
fn lead(asked: &[&BoardDuty], settled: usize) -> String {
    let count = |wanted: &[Standing]| {
        let wanted = asked.iter().filter(|duty| wanted.contains(&duty.standing));
        wanted.count()
    };
    let late = count(&[Standing::Overdue]);
    let open = late + count(&[Standing::Open]);
    let now = match (open, late) {
        (0, _) => "眼下没有要办的安全工作。".to_owned(),
        (open, 0) => format!("眼下有 {open} 项安全工作要办。"),
        (open, late) if open == late => format!("有 {late} 项安全工作已逾期，请尽快办理。"),
        (open, late) => format!("眼下有 {open} 项安全工作要办，其中 {late} 项已逾期。"),
    };
    let ahead = match asked.len() - open {
        0 => String::new(),
        ahead => format!("本月另有 {ahead} 项还没有开始。"),
    };
    let settled = match settled {
        0 => String::new(),
        settled => format!("本月已办结 {settled} 项。"),
    };
    [now, ahead, settled].concat()
}

fn line(duty: &BoardDuty, today: Date) -> DutyLine<'_> {
    let nearness = Nearness::new(duty.workdays_left, duty.due, today).past_its_hour(duty.hour_over);
    let (stands, class) = match duty.standing {
        Standing::Open | Standing::Overdue => (nearness.words(), nearness.class()),
        Standing::Ahead | Standing::Waiting => (duty.standing.name().to_owned(), "ahead"),
        Standing::Done { .. } => {
            let on = duty
                .settled_on
                .map_or(String::new(), |day| wording::near_day(day, today));
            (format!("{on}{}", duty.standing.name()), "done")
        }
        Standing::Waived | Standing::NotApplicable | Standing::Covered | Standing::Withdrawn => {
            (duty.standing.name().to_owned(), "off")
        }
    };
    DutyLine {
        title: &duty.title,
        due: due(duty, today),
        stands,
        class,
        evidence: &duty.evidence,
        // What settled it is told by how it stands.
        answered: duty
            .answered
            .as_deref()
            .filter(|_| duty.settled_on.is_none()),
    }
}

fn due(duty: &BoardDuty, today: Date) -> String {
    let from = duty
        .window_from
        .filter(|from| *from < duty.due)
        .map_or(String::new(), |from| {
            format!("{}至", wording::near_day(from, today))
        });
    let hour = duty
        .due_time
        .map_or(String::new(), |hour| hour.strftime(" %H:%M").to_string());
    format!("{from}{}{hour}", wording::near_day(duty.due, today))
}

fn month_lines<'a>(board: &'a Board, page: &'a MonthOfBoard) -> MonthLines<'a> {
    let today = board.today;
    let now = Month::of(today);
    let duties: Vec<&BoardDuty> = board
        .duties
        .iter()
        .filter(|duty| Month::of(duty.due) == page.month)
        .filter(|duty| !matches!(duty.standing, Standing::Covered | Standing::Withdrawn))
        .collect();
    let late = duties
        .iter()
        .filter(|duty| duty.standing == Standing::Overdue)
        .count();
    let settled = duties
        .iter()
        .filter(|duty| duty.settled_on.is_some())
        .count();
    let tally = match (duties.len(), settled) {
        (0, _) if page.month < now => "没有记录".to_owned(),
        (0, _) => "没有事项".to_owned(),
        (all, 0) => format!("{all} 项"),
        (all, settled) if all == settled => format!("{all} 项，全部办结"),
        (all, settled) => format!("{all} 项，办结 {settled} 项"),
    };
    MonthLines {
        name: format!("{}月", page.month.month),
        theme: &page.theme,
        focus: &page.focus,
        open: page.month == now || page.month.month == now.month + 1,
        tally,
        late,
        rows: duties.iter().map(|duty| line(duty, today)).collect(),
    }
}

fn answer_line(answer: &BoardAnswer, today: Date) -> AnswerLine<'_> {
    AnswerLine {
        day: wording::near_day(answer.day, today),
        title: &answer.title,
        answer: answer.answer.name(),
        by: &answer.by,
        note: &answer.note,
    }
}

/// `None` where the year asks nothing of the unit.
fn load(months: &[MonthOfBoard]) -> Option<Load> {
    let heaviest = months
        .iter()
        .max_by_key(|month| (month.burden.duties, std::cmp::Reverse(month.month)))
        .filter(|month| month.burden.duties > 0)?;
    let all: u32 = months.iter().map(|month| month.burden.duties).sum();
    let evidence: u32 = months.iter().map(|month| month.burden.evidence).sum();
    Some(Load {
        words: format!(
            "全年共 {all} 项，其中 {evidence} 项要交材料；最多的是{}月，{} 项。",
            heaviest.month.month, heaviest.burden.duties
        ),
        most: heaviest.burden.duties,
        months: months
            .iter()
            .map(|month| LoadLine {
                name: format!("{}月", month.month.month),
                duties: month.burden.duties,
                evidence: month.burden.evidence,
                letters: month.burden.letters,
            })
            .collect(),
    })
}

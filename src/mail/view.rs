//! What the templates see: a letter's content, put into words that only have to be laid out.

use jiff::civil::Date;
use serde::Serialize;

use crate::core::bulletin::{Edition, Laid};
use crate::core::dates::{near_day, whole_day};
use crate::core::letter::{Content, Item, Row};
use crate::core::printed::full_width;

use super::opening::{how, opening, why};
use super::phrase::{day, lateness, one_line, time_left};
use super::subject::subject;

/// What a letter points its reader to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The absolute URL of the letter's answer page; an alert has none.
    pub page: Option<String>,
    /// The absolute URL of the unit's board; may be left out.
    pub board: Option<String>,
    /// The absolute URL of the bureau's pages, in a letter with matters for its officers.
    pub desk: Option<String>,
    /// Whom to ask, in a line: `市教育局安全科,0574-00000000(工作日 8:30-17:00)`; may be empty.
    pub contact: String,
    /// Whether replies by mail are read.
    pub reads_replies: bool,
    /// What stands beside the letter's number in the subject, and proves that whoever replies has the letter.
    pub tag: String,
}

/// The words that differ from reader to reader where all else is the same.
#[derive(Clone, Debug)]
pub(super) struct Personal {
    number: String,
    pub(super) subject: String,
    person: String,
    unit: String,
    opening: String,
    why: String,
    /// Empty where there is none, as the next one is.
    page: String,
    board: String,
}

impl Personal {
    pub(super) const COUNT: usize = 8;

    /// The first of the marks that stand for them: characters that no script has, and that are escaped nowhere.
    const FIRST_MARK: u32 = 0xF_5B00;

    pub(super) fn of(content: &Content, links: &Links) -> Self {
        let link = |link: &Option<String>| link.clone().unwrap_or_default();
        Self {
            number: content.letter.to_string(),
            subject: subject(content, &links.tag),
            person: one_line(&content.person),
            unit: one_line(&content.unit_name),
            opening: opening(content),
            why: why(content),
            // Of the letters with words of their own, only the one to sign in with leads anywhere.
            page: if content.alert.is_none() || content.is_sign_in {
                link(&links.page)
            } else {
                String::new()
            },
            board: link(&links.board),
        }
    }

    /// Each of them, in one order.
    pub(super) fn all(&self) -> [&str; Self::COUNT] {
        let Self {
            number,
            subject,
            person,
            unit,
            opening,
            why,
            page,
            board,
        } = self;
        [number, subject, person, unit, opening, why, page, board].map(String::as_str)
    }

    /// A mark in the place of each that is not empty.
    pub(super) fn marks(&self) -> Self {
        let all = self.all();
        let [number, subject, person, unit, opening, why, page, board] =
            std::array::from_fn(|nth| match Self::mark(nth) {
                Some(mark) if !all[nth].is_empty() => mark.to_string(),
                _ => String::new(),
            });
        Self {
            number,
            subject,
            person,
            unit,
            opening,
            why,
            page,
            board,
        }
    }

    fn mark(nth: usize) -> Option<char> {
        let nth = u32::try_from(nth).ok()?;
        char::from_u32(Self::FIRST_MARK + nth)
    }

    /// The place of what a mark stands for; `None` for any other character.
    pub(super) fn blank(mark: char) -> Option<usize> {
        let nth = u32::from(mark).checked_sub(Self::FIRST_MARK)?;
        usize::try_from(nth).ok().filter(|nth| *nth < Self::COUNT)
    }
}

/// All of a letter's words. The names of these fields are what an admin's own template may use.
#[derive(Debug, Serialize)]
pub(super) struct View {
    number: String,
    subject: String,
    calendar: String,
    person: String,
    unit: String,
    /// The day it is written on.
    today: String,
    /// What the letter is about, in a sentence or a few.
    opening: String,
    items: Vec<ItemView>,
    overdue_below: Vec<ItemView>,
    /// The roll-up, town by town.
    towns: Vec<TownView>,
    closed: Vec<RowView>,
    withdrawn: Vec<RowView>,
    matters: Vec<String>,
    bulletins: Vec<BulletinView>,
    alert: Option<AlertView>,
    page: Option<String>,
    board: Option<String>,
    desk: Option<String>,
    /// Whether the dates are with it as a calendar file.
    dates: bool,
    contact: String,
    /// What to do on the page, in a sentence; empty where nothing is to be done.
    how: &'static str,
    /// What may be written in a reply, line by line; empty if replies are not read.
    replies: Vec<String>,
    /// Why this reader gets it, in a sentence.
    why: String,
    /// 依据, a line for each duty.
    sources: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ItemView {
    n: usize,
    title: String,
    detail: String,
    /// Empty where it is the reader's only unit.
    unit: String,
    /// `5月12日（星期二）17:00`
    due: String,
    /// `还剩5个工作日`, `今天截止`, `已逾期2个工作日`
    left: String,
    is_overdue: bool,
    /// The window's first day: `5月4日`.
    from: Option<String>,
    date_note: Option<String>,
    evidence: String,
    changed: Option<String>,
    decided: Option<String>,
    times: Option<String>,
    answered: Option<String>,
    reported_to: String,
    follows: Vec<FollowView>,
    settled: Option<String>,
}

#[derive(Debug, Serialize)]
struct FollowView {
    day: String,
    whom: String,
}

#[derive(Debug, Serialize)]
struct TownView {
    name: String,
    rows: Vec<RowView>,
}

#[derive(Debug, Serialize)]
struct RowView {
    unit: String,
    title: String,
    due: String,
    late: String,
    answered: String,
}

#[derive(Debug, Serialize)]
struct AlertView {
    subject: String,
    text: String,
}

/// A bulletin; its parts as [`Laid`] has them.
#[derive(Debug, Serialize)]
struct BulletinView {
    title: String,
    number: String,
    to_whom: String,
    preface: String,
    sections: Vec<Laid>,
    signed: String,
    dated: String,
}

impl View {
    pub(super) fn new(content: &Content, links: &Links, words: Personal) -> Self {
        let today = content.today;
        let view = |n: usize, item: &Item| ItemView::new(n, item, content);
        let open = content
            .items
            .iter()
            .filter(|item| item.settled.is_none())
            .count();
        let row = |row: &Row| RowView::new(row, today);
        Self {
            number: words.number,
            subject: words.subject,
            calendar: one_line(&content.calendar),
            person: words.person,
            unit: words.unit,
            today: format!("{}年{}", today.year(), day(today, today)),
            opening: words.opening,
            items: (1..).zip(&content.items).map(|(n, i)| view(n, i)).collect(),
            overdue_below: (content.items.len() + 1..)
                .zip(&content.overdue_below)
                .map(|(n, i)| view(n, i))
                .collect(),
            towns: towns(&content.rollup, today),
            closed: content.closed.iter().map(row).collect(),
            withdrawn: content.withdrawn.iter().map(row).collect(),
            matters: content
                .matters
                .iter()
                .map(|text| full_width(&lines(text)))
                .collect(),
            bulletins: content.bulletins.iter().map(BulletinView::new).collect(),
            alert: content.alert.as_ref().map(|alert| AlertView {
                subject: one_line(&alert.subject),
                text: lines(&alert.text),
            }),
            page: Some(words.page).filter(|page| !page.is_empty()),
            board: Some(words.board).filter(|board| !board.is_empty()),
            desk: links.desk.clone(),
            dates: content.dates().next().is_some(),
            contact: one_line(&links.contact),
            how: how(content),
            replies: if links.reads_replies {
                replies(open)
            } else {
                Vec::new()
            },
            why: words.why,
            sources: sources(content),
        }
    }
}

impl ItemView {
    fn new(n: usize, item: &Item, content: &Content) -> Self {
        let today = content.today;
        let hour = item.due_time.as_deref().unwrap_or_default();
        let (asked, done) = item.times;
        Self {
            n,
            title: printed(&item.title),
            detail: lines(&item.detail),
            unit: if item.unit_name == content.unit_name {
                String::new()
            } else {
                one_line(&item.unit_name)
            },
            due: format!("{}{}", day(item.due, today), one_line(hour)),
            left: if item.hour_over {
                "今天的截止时间已过".to_owned()
            } else {
                time_left(item.due, today, item.workdays_left)
            },
            is_overdue: item.settled.is_none() && item.is_overdue(today),
            from: item
                .window_from
                .filter(|from| *from < item.due)
                .map(|from| near_day(from, today)),
            date_note: item.date_note.as_deref().map(printed),
            evidence: one_line(&item.evidence),
            changed: item
                .changed_from
                .map(|from| format!("原定{}，现改为{}", day(from, today), day(item.due, today))),
            decided: item.decided.as_deref().map(printed),
            times: (asked > 1).then(|| format!("本期须报{asked}次，已报{done}次")),
            answered: item.answered.as_deref().map(printed),
            reported_to: one_line(&item.reported_to.join("、")),
            follows: item
                .what_follows
                .iter()
                .map(|(date, whom)| FollowView {
                    day: day(*date, today),
                    whom: one_line(whom),
                })
                .collect(),
            settled: item.settled.as_deref().map(printed),
        }
    }
}

/// Words of the core in one line, as Chinese is printed.
fn printed(words: &str) -> String {
    full_width(&one_line(words))
}

impl BulletinView {
    fn new(found: &Edition) -> Self {
        Self {
            title: one_line(&found.title),
            number: one_line(&found.number),
            to_whom: one_line(&found.to_whom),
            preface: lines(&found.preface),
            sections: found.laid(),
            signed: one_line(&found.signed),
            dated: whole_day(found.dated),
        }
    }
}

impl RowView {
    fn new(row: &Row, today: Date) -> Self {
        Self {
            unit: one_line(&row.unit_name),
            title: printed(&row.title),
            due: near_day(row.due, today),
            late: lateness(row.workdays_late),
            answered: printed(&row.answered),
        }
    }
}

/// By town, and within a town the longest overdue first.
fn towns(rows: &[Row], today: Date) -> Vec<TownView> {
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|row| (&row.town_name, row.due, &row.unit_name, &row.duty));
    sorted
        .chunk_by(|a, b| a.town_name == b.town_name)
        .map(|rows| TownView {
            name: rows
                .first()
                .map(|row| one_line(&row.town_name))
                .unwrap_or_default(),
            rows: rows.iter().map(|row| RowView::new(row, today)).collect(),
        })
        .collect()
}

fn replies(open: usize) -> Vec<String> {
    let all = match open {
        0 => return Vec::new(),
        1 => ["收到", "完成", "延期 6月20日 原因"],
        _ => ["收到", "完成 1 2", "延期 1 6月20日 原因"],
    };
    all.map(str::to_owned).to_vec()
}

fn sources(content: &Content) -> Vec<String> {
    let items: Vec<&Item> = content.items.iter().chain(&content.overdue_below).collect();
    (1..)
        .zip(&items)
        .filter_map(|(n, item)| {
            let said: Vec<String> = [&item.authority, &item.source]
                .map(|text| one_line(text))
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect();
            let origin = match one_line(&item.origin).as_str() {
                "" => String::new(),
                origin => format!("（{origin}）"),
            };
            match (said.is_empty(), items.len()) {
                (true, _) => None,
                (false, 1) => Some(format!("{}{origin}", said.join("，"))),
                (false, _) => Some(format!("{n}. {}{origin}", said.join("，"))),
            }
        })
        .collect()
}

/// Text whose lines are kept, without what controls a terminal.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .filter(|c| *c == '\n' || *c == '\t' || !c.is_control())
        .collect::<String>()
        .trim_matches('\n')
        .to_owned()
}

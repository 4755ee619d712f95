//! 通报: the drafts, what was decided of them, and where an officer decides.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::civil::{Date, DateTime};
use serde::Serialize;

use super::acts::{self, Fields, Posted};
use super::{Entry, admit};
use crate::core::bulletin::{Edition, Laid, Reach, Verdict};
use crate::core::overview::{Asked, BulletinLine, BulletinShown, DraftShown, Overview, Ruling};
use crate::core::period::PeriodKey;
use crate::web::desk::Deed;
use crate::web::pages::Plain;
use crate::web::routes::Site;
use crate::web::wording;

/// Characters an officer may put before a bulletin.
const LONGEST_PREFACE: usize = 1000;

/// `GET /bulletins`
pub(in crate::web) async fn list(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let entry = match admit(&site, &headers).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    match site.see(&entry, Asked::Bulletins).await {
        Ok(Overview::Bulletins(found)) => {
            let today = site.desk.today();
            let page = List {
                rows: found.iter().map(|line| Row::new(line, today)).collect(),
            };
            site.bureau(&entry, ("bulletins.html", "bulletins", "通报"), &page)
        }
        Ok(_) => site.plain(Plain::NotThere),
        Err(response) => response,
    }
}

/// `GET /bulletin/{period}`
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let entry = match admit(&site, &headers).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    let Some(period) = period_of(path) else {
        return site.plain(Plain::NotThere);
    };
    set(&site, &entry, period, None).await
}

/// `POST /bulletin/{period}`: approves what was shown, or puts it aside. Where it is not done, the page is shown again
/// with what was written.
pub(in crate::web) async fn decide(
    State(site): State<Arc<Site>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    form: Posted,
) -> Response {
    let period = period_of(path);
    let at = period.map_or(String::new(), |period| format!("/bulletin/{period}"));
    let read = |fields: &Fields| {
        Ok(Deed::Bulletin {
            period: period.ok_or("没有这一期通报。")?,
            verdict: verdict(fields)?,
        })
    };
    let pressed = match acts::press(&site, &headers, form, &at, read).await {
        Ok(pressed) => pressed,
        Err(response) => return response,
    };
    match period {
        Some(period) if pressed.told.done.is_empty() => {
            let again = Again {
                words: pressed.told.not_done.concat(),
                preface: pressed.fields.get("preface").to_owned(),
                reach: Reach::parse(pressed.fields.get("reach")),
                note: pressed.fields.get("note").to_owned(),
            };
            let mut response = set(&site, &pressed.entry, period, Some(again)).await;
            if response.status() == StatusCode::OK {
                *response.status_mut() = pressed.status;
            }
            response
        }
        _ => {
            let (status, told) = (pressed.status, &pressed.told);
            acts::told_page(&site, &pressed.entry, status, told, "/bulletins")
        }
    }
}

fn period_of(path: Result<Path<String>, PathRejection>) -> Option<PeriodKey> {
    path.ok().and_then(|Path(period)| period.parse().ok())
}

fn verdict(fields: &Fields) -> Result<Verdict, &'static str> {
    match fields.get("act") {
        "approve" => Ok(Verdict::Approve {
            shown: fields.get("shown").to_owned(),
            preface: fields
                .lines("preface", LONGEST_PREFACE)
                .map_err(|()| "按语最多 1000 个字，不能有看不见的特殊字符。")?,
            reach: Reach::parse(fields.get("reach")).ok_or("请选发给谁。")?,
        }),
        "put-aside" => {
            let note = fields.note()?;
            if note.is_empty() {
                return Err("请写明为什么搁置，记在台账里。");
            }
            Ok(Verdict::PutAside { note })
        }
        _ => Err("请选要办什么。"),
    }
}

/// What was not done, and what was written then.
struct Again {
    words: String,
    preface: String,
    reach: Option<Reach>,
    note: String,
}

async fn set(site: &Arc<Site>, entry: &Entry, period: PeriodKey, again: Option<Again>) -> Response {
    match site.see(entry, Asked::Bulletin(period)).await {
        Ok(Overview::Bulletin(found)) => {
            let page = Page::new(&found, site.desk.today(), again.as_ref());
            let title = found.edition.title.clone();
            site.bureau(entry, ("bulletin.html", "bulletins", &title), &page)
        }
        Ok(_) => site.plain(Plain::NotThere),
        Err(response) => response,
    }
}

#[derive(Debug, Serialize)]
struct List {
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    period: String,
    name: String,
    kind: &'static str,
    words: String,
    note: String,
    class: &'static str,
}

impl Row {
    fn new(line: &BulletinLine, today: Date) -> Self {
        let (words, class) = ruling_words(&line.ruling, today);
        Self {
            period: line.span.period.to_string(),
            name: line.span.name(),
            kind: if line.span.is_month() {
                "月通报"
            } else {
                "周通报"
            },
            words,
            note: match &line.ruling {
                Ruling::PutAside { note, .. } => note.clone(),
                _ => String::new(),
            },
            class,
        }
    }
}

/// What was decided, and how it is coloured.
fn ruling_words(ruling: &Ruling, today: Date) -> (String, &'static str) {
    let when = |at: &DateTime| {
        let day = wording::near_day(at.date(), today);
        format!("{day} {}", at.strftime("%H:%M"))
    };
    match ruling {
        Ruling::None => ("草稿，等待审阅".to_owned(), "near"),
        Ruling::PutAside { by, at, .. } => (format!("已搁置（{by}，{}）", when(at)), "off"),
        Ruling::Approved {
            by,
            at,
            letters,
            missing,
        } => {
            let sent = match (letters, missing) {
                (0, _) => "随下一次发信发出".to_owned(),
                (letters, 0) => format!("已发给 {letters} 个邮箱"),
                (letters, missing) => format!("发给 {letters} 个邮箱，还有 {missing} 封没有送到"),
            };
            (format!("已批准（{by}，{}），{sent}", when(at)), "done")
        }
    }
}

/// A bulletin, set to be read and printed.
#[derive(Debug, Serialize)]
pub(in crate::web) struct Body<'a> {
    title: &'a str,
    number: &'a str,
    to_whom: &'a str,
    preface: Vec<&'a str>,
    sections: Vec<Laid>,
    signed: &'a str,
    dated: String,
    as_of: String,
}

impl<'a> Body<'a> {
    pub(in crate::web) fn new(found: &'a Edition) -> Self {
        Self {
            title: &found.title,
            number: &found.number,
            to_whom: &found.to_whom,
            preface: found
                .preface
                .lines()
                .filter(|line| !line.is_empty())
                .collect(),
            sections: found.laid(),
            signed: &found.signed,
            dated: wording::whole_day(found.dated),
            as_of: found.as_of.strftime("%-m月%-d日 %H:%M").to_string(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Page<'a> {
    period: String,
    body: Body<'a>,
    /// What was decided of it.
    ruling: String,
    note: String,
    /// Why the last press came to nothing.
    amiss: &'a str,
    /// What was written then and has no place any more, since somebody else had decided.
    unsent: &'a str,
    draft: Option<Draft<'a>>,
}

/// What an officer decides a draft with.
#[derive(Debug, Serialize)]
struct Draft<'a> {
    mark: &'a str,
    preface: &'a str,
    note: &'a str,
    longest: usize,
    reaches: Vec<Choice>,
    requests: usize,
    goes_out: &'a str,
}

#[derive(Debug, Serialize)]
struct Choice {
    word: &'static str,
    name: String,
    chosen: bool,
}

impl<'a> Page<'a> {
    fn new(found: &'a BulletinShown, today: Date, again: Option<&'a Again>) -> Self {
        let (ruling, _) = ruling_words(&found.ruling, today);
        Self {
            period: found.edition.period.to_string(),
            body: Body::new(&found.edition),
            ruling,
            note: match &found.ruling {
                Ruling::PutAside { note, .. } => note.clone(),
                _ => String::new(),
            },
            amiss: again.map_or("", |again| &again.words),
            unsent: again
                .filter(|_| found.draft.is_none())
                .map_or("", |again| &again.preface),
            draft: found.draft.as_ref().map(|draft| Draft::new(draft, again)),
        }
    }
}

impl<'a> Draft<'a> {
    fn new(found: &'a DraftShown, again: Option<&'a Again>) -> Self {
        let chosen = again
            .and_then(|again| again.reach)
            .unwrap_or(found.suggested);
        let choice = |(reach, word, name): (Reach, &'static str, &'static str)| {
            let counted = found.readers.iter().find(|(way, _)| *way == reach);
            let count = counted.map_or(0, |(_, count)| *count);
            Choice {
                word,
                name: format!("{name}（共 {count} 个邮箱）"),
                chosen: reach == chosen,
            }
        };
        Self {
            mark: &found.mark,
            preface: again.map_or("", |again| &again.preface),
            note: again.map_or("", |again| &again.note),
            longest: LONGEST_PREFACE,
            reaches: Reach::ALL.into_iter().map(choice).collect(),
            requests: found.requests,
            goes_out: &found.goes_out,
        }
    }
}

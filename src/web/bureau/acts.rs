//! What officers decide on the bureau's pages. Only POST comes here, with the token of the session's own forms.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::civil::Date;
use minijinja::context;
use minijinja::value::Serde;

use super::once::Press;
use super::{Entry, admit, raise_page};
use crate::core::clerk::{Act, Raise, Whom};
use crate::core::duty::DutyId;
use crate::core::fact::Answer;
use crate::core::written::read_day;
use crate::web::desk::{Deed, DeskError, Told};
use crate::web::pages::Plain;
use crate::web::press::{LONGEST_NOTE, has_odd_character, is_name, one_line};
use crate::web::routes::Site;
use crate::web::session;

/// Characters a title may have.
const LONGEST_TITLE: usize = 60;

/// The fields of the form that raises something.
pub(super) const RAISING: [&str; 9] = [
    "task", "audience", "tag", "town", "unit", "title", "due", "note", "now",
];

/// What is said while the same press is being recorded.
const UNDER_WAY: &str = "同样的这一次还在办理。请稍等片刻再看，不用重复提交。";

/// What is said where the disk would not have it.
const DISK_FULL: &str = "服务器的磁盘满了，没有记下。请稍后再办一次。";

/// What is said of a form that is not of a page set today.
const OUTDATED: &str = "这一页已经过时，请重新打开。";

/// The fields of a form, as they came.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// A text of several lines of at most so many characters.
    pub(super) fn lines(&self, name: &str, most: usize) -> Result<String, ()> {
        let text = self.get(name).replace("\r\n", "\n");
        let odd = text.split('\n').any(has_odd_character);
        if odd || text.chars().count() > most {
            return Err(());
        }
        Ok(text)
    }

    /// What was added, on one line; an error says what to mend.
    pub(super) fn note(&self) -> Result<String, &'static str> {
        let note = one_line(self.get("note"));
        if note.chars().count() > LONGEST_NOTE {
            return Err("说明最多 500 个字，请写短一些。");
        }
        if has_odd_character(&note) {
            return Err("说明里有看不见的特殊字符，请删去重写。");
        }
        Ok(note)
    }

    fn day(&self, name: &str) -> Result<Option<Date>, &'static str> {
        match self.get(name) {
            "" => Ok(None),
            text => read_day(text)
                .map(Some)
                .ok_or("看不懂这个日期，请写成 2026-06-20 这样。"),
        }
    }

    /// What is to be done with the duties that were ticked.
    fn act(&self) -> Result<Act, &'static str> {
        let until = self.day("until")?;
        let answer = |said| {
            let by = self.get("by");
            if is_name(by) {
                Ok(Act::Answer {
                    said,
                    by: by.to_owned(),
                    until,
                })
            } else {
                Err("代记回执，请写明学校里是谁说的。")
            }
        };
        match self.get("act") {
            "grant" => Ok(Act::Grant { until }),
            "refuse" => Ok(Act::Refuse),
            "waive" => Ok(Act::Waive),
            "return" => Ok(Act::Return),
            "extend" => until
                .map(|until| Act::Extend { until })
                .ok_or("请写明延到哪一天。"),
            said => answer(Answer::parse(said).ok_or("请选要办什么。")?),
        }
    }

    /// The deed of the form for ticked duties.
    fn of_duties(&self) -> Result<Deed, &'static str> {
        let ticked = self.0.iter().filter(|(name, _)| name == "duty");
        let duties: Result<Vec<_>, _> = ticked.map(|(_, duty)| duty.parse()).collect();
        let mut duties = duties.map_err(|_| OUTDATED)?;
        duties.sort();
        duties.dedup();
        if duties.is_empty() {
            return Err("请先在要办的单位前面打勾。");
        }
        let act = self.act()?;
        let note = self.note()?;
        let needs_reason = matches!(act, Act::Refuse | Act::Return | Act::Waive);
        if needs_reason && note.is_empty() {
            return Err("请在说明里写明理由，会告诉学校。");
        }
        Ok(Deed::OfDuties {
            duties,
            shown: self.shown()?,
            act,
            note,
        })
    }

    /// The requests that the page showed: `3 drill@2026-05/s001`, the place among the duty's answers first.
    fn shown(&self) -> Result<BTreeMap<DutyId, usize>, &'static str> {
        let asked = self.0.iter().filter(|(name, _)| name == "asked");
        let shown = asked.map(|(_, asked)| {
            let (place, duty) = asked.split_once(' ')?;
            Some((duty.parse().ok()?, place.parse().ok()?))
        });
        shown.collect::<Option<_>>().ok_or(OUTDATED)
    }

    /// The deed of the form that raises something.
    fn of_raising(&self) -> Result<Deed, &'static str> {
        let title = one_line(self.get("title"));
        if title.chars().count() > LONGEST_TITLE || has_odd_character(&title) {
            return Err("名称最多 60 个字，不能有特殊字符。");
        }
        let town = match self.get("town") {
            "" => String::new(),
            town => format!("town:{town}"),
        };
        let chosen = [self.get("audience"), self.get("tag"), &town];
        let chosen: Vec<&str> = chosen.into_iter().filter(|one| !one.is_empty()).collect();
        let whom = match (self.get("unit"), chosen.as_slice()) {
            ("", []) => return Err("请选发给谁：一类单位，或一个单位。"),
            ("", chosen) => Whom::Audience(chosen.join(" & ")),
            (unit, []) => Whom::Unit(unit.to_owned()),
            _ => return Err("选了一个单位的，类别、特点和镇街都不要再选。"),
        };
        let task = Some(self.get("task").to_owned()).filter(|task| !task.is_empty());
        let alert = self.get("now") == "yes";
        if task.is_none() && !alert {
            return Err("请选一项任务；没有合适的任务时，只能发紧急通知。");
        }
        Ok(Deed::Raise {
            raise: Raise {
                task,
                whom,
                alert,
                title,
                due: self.day("due")?,
            },
            note: self.note()?,
        })
    }

    /// The deed of the form that lets go what is held.
    fn of_release(&self) -> Result<Deed, &'static str> {
        Ok(Deed::Release {
            shown: self.get("shown").to_owned(),
            note: self.note()?,
        })
    }
}

/// Makes a deed of a form's fields, or says what to mend.
type Reader = fn(&Fields) -> Result<Deed, &'static str>;

pub(super) type Posted = Result<Form<Vec<(String, String)>>, FormRejection>;

/// `POST /act`: answers, decisions, waivers, extensions, returns; of one duty or of many.
pub(in crate::web) async fn act(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    form: Posted,
) -> Response {
    carry_out(&site, &headers, form, ("/act", Fields::of_duties)).await
}

/// `POST /raise`: where it is refused, the form comes back with what was typed.
pub(in crate::web) async fn raise(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    form: Posted,
) -> Response {
    let pressed = match press(&site, &headers, form, "/raise", Fields::of_raising).await {
        Ok(pressed) => pressed,
        Err(response) => return response,
    };
    let Pressed {
        entry,
        fields,
        status,
        told,
    } = &pressed;
    // A form to fill in again would be a second press of what is being carried out.
    let is_under_way = told.not_done.iter().any(|words| words == UNDER_WAY);
    if !told.done.is_empty() || is_under_way {
        return told_page(&site, entry, *status, told, fields.get("back"));
    }
    let mut response = raise_page(&site, entry, fields, &told.not_done);
    *response.status_mut() = *status;
    response
}

/// `POST /hold`: lets go what is held, if it is still what the page showed.
pub(in crate::web) async fn release(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    form: Posted,
) -> Response {
    carry_out(&site, &headers, form, ("/hold", Fields::of_release)).await
}

/// Carries out what a form says, which was sent to a path, and tells what came of it.
async fn carry_out(
    site: &Arc<Site>,
    headers: &HeaderMap,
    form: Posted,
    (path, read): (&str, Reader),
) -> Response {
    match press(site, headers, form, path, read).await {
        Ok(pressed) => {
            let back = pressed.fields.get("back");
            told_page(site, &pressed.entry, pressed.status, &pressed.told, back)
        }
        Err(response) => response,
    }
}

/// What a press came to.
pub(super) struct Pressed {
    pub(super) entry: Entry,
    pub(super) fields: Fields,
    pub(super) status: StatusCode,
    pub(super) told: Told,
}

/// Carries out what a form says, which was sent to a path; a response where it is nobody's who may, or no form of ours.
pub(super) async fn press(
    site: &Arc<Site>,
    headers: &HeaderMap,
    form: Posted,
    path: &str,
    read: impl FnOnce(&Fields) -> Result<Deed, &'static str>,
) -> Result<Pressed, Response> {
    let entry = match admit(site, headers).await {
        Ok(entry) if entry.officer.may_act() => entry,
        Ok(_) => return Err(site.plain(Plain::NotForYou)),
        Err(response) => return Err(response),
    };
    let Ok(Form(pairs)) = form else {
        return Err(site.plain(Plain::Status(StatusCode::BAD_REQUEST)));
    };
    let fields = Fields(pairs);
    if !session::is_form_token(&site.desk.keys(), &entry.session, fields.get("csrf")) {
        return Err(site.plain(Plain::CrossSite));
    }
    let (status, told) = press_once(site, &entry, &fields, path, read).await?;
    Ok(Pressed {
        entry,
        fields,
        status,
        told,
    })
}

async fn press_once(
    site: &Arc<Site>,
    entry: &Entry,
    fields: &Fields,
    path: &str,
    read: impl FnOnce(&Fields) -> Result<Deed, &'static str>,
) -> Result<(StatusCode, Told), Response> {
    let nothing = |words: &str| Told::nothing(words.to_owned());
    if fields.get("once").is_empty() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, nothing(OUTDATED)));
    }
    let deed = match read(fields) {
        Ok(deed) => deed,
        Err(words) => return Ok((StatusCode::UNPROCESSABLE_ENTITY, nothing(words))),
    };
    let turn = match site.presses.begin(path, &fields.0) {
        Press::First(turn) => turn,
        Press::UnderWay => return Ok((StatusCode::CONFLICT, nothing(UNDER_WAY))),
        Press::Before(told) => return Ok((StatusCode::OK, told)),
    };
    let officer = entry.officer.clone();
    let desk = Arc::clone(&site.desk);
    // On its own thread to its end: also of what nobody waits for any more it is remembered what came of it.
    let done = tokio::task::spawn_blocking(move || {
        let told = desk.carry_out(&officer, &deed)?;
        turn.end(&told);
        Ok(told)
    });
    match done.await {
        Ok(Ok(told)) => {
            let status = if told.done.is_empty() {
                StatusCode::CONFLICT
            } else {
                StatusCode::OK
            };
            Ok((status, told))
        }
        Ok(Err(DeskError::StorageFull)) => {
            Ok((StatusCode::SERVICE_UNAVAILABLE, nothing(DISK_FULL)))
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "没有记下");
            Err(site.plain(Plain::Later))
        }
        Err(error) => {
            tracing::error!(%error, "记录时程序出错");
            Err(site.plain(Plain::Status(StatusCode::INTERNAL_SERVER_ERROR)))
        }
    }
}

/// A page that says why something was not done.
pub(in crate::web) fn amiss(
    site: &Site,
    entry: &Entry,
    status: StatusCode,
    words: &str,
) -> Response {
    told_page(site, entry, status, &Told::nothing(words.to_owned()), "/")
}

/// What was done, and what was not and why.
pub(super) fn told_page(
    site: &Site,
    entry: &Entry,
    status: StatusCode,
    told: &Told,
    back: &str,
) -> Response {
    let page = context! {
        done => Serde(&told.done),
        not_done => Serde(&told.not_done),
        back => if is_own(back) { back } else { "/" },
    };
    let title = if told.done.is_empty() {
        "没有办成"
    } else {
        "已办"
    };
    let mut response = site.bureau(entry, ("told.html", "", title), &page);
    *response.status_mut() = status;
    response
}

/// Whether it is a path of our own, as a browser reads it: that takes a backslash for `/`, and leaves out tabs and ends of lines.
fn is_own(path: &str) -> bool {
    let is_plain = !path.contains('\\') && !path.contains(char::is_control);
    is_plain && path.starts_with('/') && !path.starts_with("//")
}

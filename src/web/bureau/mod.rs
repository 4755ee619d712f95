//! The bureau's pages, for officers who are signed in. Each asks the desk for what its officer may see.

pub(super) mod acts;
pub(super) mod bulletins;
mod matrix;
mod once;
mod queue;
mod requests;
mod today;
mod unit;
mod versions;
mod year;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use minijinja::value::{Serde, Value};
use serde::{Deserialize, Serialize};

use self::acts::{Fields, RAISING};
use super::desk::Desk;
use super::pages::Plain;
use super::routes::Site;
use super::session::{self, SESSION};
use super::sign_in;
use crate::core::names::{TaskId, UnitId};
use crate::core::officer::Officer;
use crate::core::overview::{Asked, MatrixAsked, Overview, Stand};
use crate::core::roster::Kind;
pub(super) use once::Presses;

/// Somebody who came in.
pub(super) struct Entry {
    pub(super) officer: Officer,
    /// The digest of what their browser holds.
    pub(super) session: String,
}

/// What stands around each of the bureau's pages.
#[derive(Debug, Serialize)]
struct Frame<'a> {
    title: &'a str,
    /// Which of the pages it is, as the row of links names it.
    here: &'static str,
    person: &'a str,
    place: &'a str,
    /// Whether its reader may decide, and sees what concerns the whole.
    whole: bool,
    /// What all paths begin with.
    prefix: &'a str,
    csrf: String,
    /// What tells this page from any other: the same form of it sent twice is one press.
    once: String,
}

/// Who is behind a request; else the page to sign in with.
pub(super) async fn admit(site: &Arc<Site>, headers: &HeaderMap) -> Result<Entry, Response> {
    let nobody = || sign_in::form(site, StatusCode::UNAUTHORIZED, None, "");
    let Some(session) = session::held(headers, SESSION) else {
        return Err(nobody());
    };
    let asked = session.clone();
    let found = site.ask(move |desk| desk.officer(&asked)).await;
    match found {
        Ok(Some(officer)) => {
            site.rates.know(&session);
            Ok(Entry { officer, session })
        }
        Ok(None) => Err(nobody()),
        Err(plain) => Err(site.plain(plain)),
    }
}

impl Site {
    /// Sets one of the bureau's pages.
    fn bureau(
        &self,
        entry: &Entry,
        (template, here, title): (&str, &'static str, &str),
        page: &impl Serialize,
    ) -> Response {
        let frame = Frame {
            title,
            here,
            person: &entry.officer.person,
            place: &entry.officer.place,
            whole: entry.officer.may_act(),
            prefix: self.pages.prefix(),
            csrf: session::form_token(&self.desk.keys(), &entry.session),
            once: session::secret().unwrap_or_default(),
        };
        let page = Value::from(Serde(page));
        self.pages
            .set_framed(template, &self.desk.masthead(), &frame, page)
    }

    /// What the officer asks to see.
    async fn see(&self, entry: &Entry, asked: Asked) -> Result<Overview, Response> {
        let officer = entry.officer.clone();
        let found = self.ask(move |desk| desk.overview(&officer, &asked)).await;
        match found {
            Ok(Some(overview)) => Ok(overview),
            Ok(None) => Err(self.plain(Plain::NotThere)),
            Err(plain) => Err(self.plain(plain)),
        }
    }
}

/// `GET /`: the present day, or the page to sign in with.
pub(super) async fn home(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    if session::value(&headers, SESSION).is_none() {
        return sign_in::form(&site, StatusCode::OK, None, "");
    }
    let entry = match admit(&site, &headers).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    match site.see(&entry, Asked::Today).await {
        Ok(Overview::Today(found)) => {
            let unwell = if entry.officer.may_act() {
                site.desk.health().reasons
            } else {
                Vec::new()
            };
            let page = today::Page::new(&found, &unwell);
            site.bureau(&entry, ("today.html", "today", "今天"), &page)
        }
        Ok(_) => site.plain(Plain::NotThere),
        Err(response) => response,
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct OfYear {
    #[serde(default)]
    year: String,
}

impl OfYear {
    pub(super) fn number(&self) -> Option<i16> {
        self.year.parse().ok()
    }
}

/// `GET /year`
pub(super) async fn year(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    asked: Result<Query<OfYear>, QueryRejection>,
) -> Response {
    let entry = match admit(&site, &headers).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    let number = asked.ok().and_then(|Query(asked)| asked.number());
    match site.see(&entry, Asked::Year(number)).await {
        Ok(Overview::Year(found)) => {
            let page = year::Page::new(&found);
            let title = format!("{}年", found.year);
            site.bureau(&entry, ("year.html", "year", &title), &page)
        }
        Ok(_) => site.plain(Plain::NotThere),
        Err(response) => response,
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct OfMatrix {
    #[serde(default)]
    id: String,
    #[serde(default)]
    period: String,
    /// `all`, `bureau`, or a town's id.
    #[serde(default)]
    town: String,
    #[serde(default)]
    stand: String,
}

impl OfMatrix {
    pub(super) fn asked(self) -> MatrixAsked {
        MatrixAsked {
            task: TaskId::from(self.id),
            period: self.period.parse().ok(),
            town: match self.town.as_str() {
                "" | "all" => None,
                "bureau" => Some(UnitId::from("")),
                town => Some(UnitId::from(town)),
            },
            stand: Stand::parse(&self.stand),
        }
    }
}

/// `GET /task`
pub(super) async fn matrix(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    asked: Result<Query<OfMatrix>, QueryRejection>,
) -> Response {
    let entry = match admit(&site, &headers).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default().asked();
    match site.see(&entry, Asked::Matrix(asked)).await {
        Ok(Overview::Matrix(found)) => {
            let page = matrix::Page::new(&found);
            site.bureau(&entry, ("matrix.html", "year", &found.title), &page)
        }
        Ok(_) => site.plain(Plain::NotThere),
        Err(response) => response,
    }
}

/// `GET /unit/{unit}`
pub(super) async fn unit(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let entry = match admit(&site, &headers).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    let id = path.map(|Path(id)| id).unwrap_or_default();
    match site.see(&entry, Asked::Unit(UnitId::from(id))).await {
        Ok(Overview::Unit(found)) => {
            let page = unit::page(&found);
            site.bureau(&entry, ("unit.html", "year", &found.unit_name), &page)
        }
        Ok(_) => site.plain(Plain::NotThere),
        Err(response) => response,
    }
}

/// `GET /requests`
pub(super) async fn requests(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let entry = match admit(&site, &headers).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    match site.see(&entry, Asked::Requests).await {
        Ok(Overview::Requests(found)) => {
            let page = requests::Page::new(&found, site.desk.today());
            site.bureau(&entry, ("requests.html", "requests", "待批申请"), &page)
        }
        Ok(_) => site.plain(Plain::NotThere),
        Err(response) => response,
    }
}

/// `GET /mail`
pub(super) async fn queue(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let entry = match admit(&site, &headers).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    match site.see(&entry, Asked::Queue).await {
        Ok(Overview::Queue(found)) => {
            let page = queue::Page::new(&found);
            site.bureau(&entry, ("queue.html", "mail", "信件"), &page)
        }
        Ok(_) => site.plain(Plain::NotThere),
        Err(response) => response,
    }
}

/// `GET /raise`: for those who may decide.
pub(super) async fn raise(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let entry = match admit(&site, &headers).await {
        Ok(entry) if entry.officer.may_act() => entry,
        Ok(_) => return site.plain(Plain::NotForYou),
        Err(response) => return response,
    };
    raise_page(&site, &entry, &Fields::default(), &[])
}

/// The form that raises something, with what was typed into it and why it was refused, if it was.
fn raise_page(site: &Site, entry: &Entry, typed: &Fields, amiss: &[String]) -> Response {
    let typed = BTreeMap::from(RAISING.map(|name| (name, typed.get(name))));
    let found = site.desk.raisable();
    let kinds = Kind::ALL.map(|kind| (kind.word().to_owned(), kind.name().to_owned()));
    let all = ("school".to_owned(), "各级各类学校、幼儿园".to_owned());
    let kinds: Vec<_> = std::iter::once(all).chain(kinds).collect();
    let page = minijinja::context! {
        tasks => Serde(found.tasks),
        units => Serde(found.units),
        kinds => Serde(kinds),
        tags => Serde(found.tags),
        towns => Serde(found.towns),
        typed => Serde(typed),
        amiss => Serde(amiss),
    };
    site.bureau(entry, ("raise.html", "raise", "发起"), &page)
}

/// `GET /hold`: for those who may decide.
pub(super) async fn hold(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let entry = match admit(&site, &headers).await {
        Ok(entry) if entry.officer.may_act() => entry,
        Ok(_) => return site.plain(Plain::NotForYou),
        Err(response) => return response,
    };
    match site.ask(Desk::held_pass).await {
        Ok(pass) => {
            let page = minijinja::context! { pass => Serde(pass) };
            site.bureau(&entry, ("hold.html", "today", "暂停的信"), &page)
        }
        Err(plain) => site.plain(plain),
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct OfVersion {
    /// The place in the ledger of the fact that put it in force.
    version: Option<u64>,
}

/// `GET /calendar`: for those who see the whole.
pub(super) async fn versions(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    asked: Result<Query<OfVersion>, QueryRejection>,
) -> Response {
    let entry = match admit(&site, &headers).await {
        Ok(entry) if entry.officer.may_act() => entry,
        Ok(_) => return site.plain(Plain::NotForYou),
        Err(response) => return response,
    };
    let asked = asked.ok().and_then(|Query(asked)| asked.version);
    let found = site
        .ask(move |desk| {
            let edit = asked.map(|seq| desk.edit(seq)).transpose()?;
            Ok((desk.versions()?, edit.flatten()))
        })
        .await;
    match found {
        Ok((found, edit)) => {
            let page = versions::Page::new(&found, asked, edit.as_deref());
            site.bureau(&entry, ("versions.html", "calendar", "行事历版本"), &page)
        }
        Err(plain) => site.plain(plain),
    }
}

/// `GET /settings`: for those who see the whole.
pub(super) async fn settings(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let entry = match admit(&site, &headers).await {
        Ok(entry) if entry.officer.may_act() => entry,
        Ok(_) => return site.plain(Plain::NotForYou),
        Err(response) => return response,
    };
    let page = minijinja::context! { parts => Serde(site.desk.settings()) };
    site.bureau(&entry, ("settings.html", "settings", "设置"), &page)
}

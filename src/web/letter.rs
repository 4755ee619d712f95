//! A letter's page: shown by GET, which changes nothing, and answered by POST.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::desk::{DeskError, Recorded};
use super::letter_page::{Failure, LetterPage, Told, Visit, anchor_of_recorded};
use super::pages::Plain;
use super::press::{Amiss, Press, is_name};
use super::routes::Site;
use super::session;
use super::upload;
use crate::core::fact::{Answer, LetterNo};
use crate::core::letter::Content;
use crate::link::{Claim, LinkKeys, LinkRefused};

/// The address after a press: `?ok=done&at=d2`.
#[derive(Debug, Deserialize)]
pub(super) struct AfterPress {
    ok: Option<String>,
    #[serde(default)]
    at: String,
    #[serde(default)]
    before: bool,
}

/// `GET /l/{token}`
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    path: Result<Path<String>, PathRejection>,
    after: Result<Query<AfterPress>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let token = token_of(path);
    let content = match open(&site, &token).await {
        Ok(content) => content,
        Err(plain) => return site.plain(plain),
    };
    let after = after.ok().map(|Query(after)| after);
    let told = after.as_ref().and_then(|after| {
        Some(Told {
            answer: Answer::parse(after.ok.as_deref()?)?,
            before: after.before,
            anchor: &after.at,
        })
    });
    let by = remembered_name(&headers);
    let (action, board) = paths(&site, &token, &content);
    let visit = Visit {
        action: &action,
        board: board.as_deref(),
        by: by.as_deref(),
        told,
        failed: None,
    };
    set(&site, StatusCode::OK, &content, &visit)
}

/// `POST /l/{token}`
pub(super) async fn press(
    State(site): State<Arc<Site>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let token = token_of(path);
    let letter = match letter_of(&site, &token) {
        Ok(letter) => letter,
        Err(plain) => return site.plain(plain),
    };
    let brought = match upload::read(&site, letter, request).await {
        Ok(brought) => brought,
        Err(response) => return response,
    };
    let press = Arc::new(Press::from_pairs(letter, brought.pairs));
    let with_files = !brought.files.is_empty() || brought.amiss.is_some();
    let amiss = if brought.amiss.is_some() {
        None
    } else {
        match site.desk.record(Arc::clone(&press), brought.files).await {
            Ok(recorded) => return thank(&site, &token, &press, recorded),
            Err(amiss) => Some(amiss),
        }
    };
    let content = match of_letter(&site, letter).await {
        Ok(content) => content,
        Err(plain) => return site.plain(plain),
    };
    // With files that cannot be taken nothing is recorded, whatever else there is to mend.
    let amiss = amiss.or_else(|| press.check(&content.asks()).err());
    let (status, mut failure) = match &amiss {
        Some(amiss) => (status_of(amiss), Failure::of(amiss)),
        None => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Failure::plain(brought.amiss.unwrap_or_default()),
        ),
    };
    if let Some(Amiss::NotRecorded(DeskError::Unavailable(reason))) = &amiss {
        tracing::warn!(reason, "回执没有记下");
    }
    if with_files {
        // No browser fills a field for files again.
        if !failure.words.ends_with('。') {
            failure.words.push('。');
        }
        failure.words += "选好的材料没有传上，请重新选。";
    }
    let by = remembered_name(&headers);
    let (action, board) = paths(&site, &token, &content);
    let visit = Visit {
        action: &action,
        board: board.as_deref(),
        by: by.as_deref(),
        told: None,
        failed: Some((&press, &failure)),
    };
    set(&site, status, &content, &visit)
}

/// A path that is not even text holds no token, which opens nothing as any mangled one.
fn token_of(path: Result<Path<String>, PathRejection>) -> String {
    path.map(|Path(token)| token).unwrap_or_default()
}

/// What the letter of a token says, or the page that is shown instead.
pub(super) async fn open(site: &Arc<Site>, token: &str) -> Result<Content, Plain> {
    of_letter(site, letter_of(site, token)?).await
}

pub(super) async fn of_letter(site: &Arc<Site>, letter: LetterNo) -> Result<Content, Plain> {
    let found = site.ask(move |desk| desk.letter(letter)).await?;
    found.ok_or(Plain::NoLetter)
}

/// The letter a token opens, or the page that is shown instead.
fn letter_of(site: &Site, token: &str) -> Result<LetterNo, Plain> {
    match site.desk.keys().letter(token, site.desk.today()) {
        Ok(letter) => Ok(letter),
        Err(LinkRefused::Expired) => Err(Plain::Expired),
        Err(refused) => {
            tracing::debug!(%refused, "链接被拒");
            Err(Plain::NoLetter)
        }
    }
}

/// Where the page posts to, and where the board of the reader's unit is: under a token that lives as long as the
/// letter's.
fn paths(site: &Site, token: &str, content: &Content) -> (String, Option<String>) {
    let claim = content.unit.clone().map(Claim::Unit);
    let board = claim
        .zip(LinkKeys::good_until(token))
        .map(|(claim, until)| {
            let token = site.desk.keys().sign(&claim, until);
            site.pages.board_path(&token)
        });
    (site.pages.letter_path(token), board)
}

/// Sends the browser back to the page, so that loading it again presses nothing; the card's name brings it there.
fn thank(site: &Site, token: &str, press: &Press, recorded: Recorded) -> Response {
    let anchor = anchor_of_recorded(press);
    let path = site.pages.letter_path(token);
    let answer = Answer::parse(&press.answer).map_or("", Answer::word);
    let before = match recorded {
        Recorded::Now => "",
        Recorded::Before => "&before=true",
    };
    let location = format!("{path}?ok={answer}&at={anchor}{before}#{anchor}");
    let mut response = StatusCode::SEE_OTHER.into_response();
    // It holds nothing but a checked token and fixed words; a prefix of odd characters loses it.
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    let name = URL_SAFE_NO_PAD.encode(&press.by);
    session::hand_out(&mut response, &site.pages, session::NAME, &name);
    response
}

fn status_of(amiss: &Amiss) -> StatusCode {
    match amiss {
        Amiss::NoLetter => StatusCode::NOT_FOUND,
        Amiss::Malformed => StatusCode::BAD_REQUEST,
        Amiss::Mend(..) | Amiss::NotRecorded(DeskError::OnlyReceived) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Amiss::NotRecorded(error) => match error {
            DeskError::NotYours => StatusCode::FORBIDDEN,
            DeskError::Refused(_) => StatusCode::CONFLICT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        },
    }
}

fn set(site: &Site, status: StatusCode, content: &Content, visit: &Visit<'_>) -> Response {
    let page = LetterPage::new(content, visit);
    site.pages.letter(status, &site.desk.masthead(), &page)
}

/// The name this device sent back, if it is still one.
fn remembered_name(headers: &HeaderMap) -> Option<String> {
    let value = session::value(headers, session::NAME)?;
    let name = URL_SAFE_NO_PAD.decode(value).ok()?;
    String::from_utf8(name).ok().filter(|name| is_name(name))
}

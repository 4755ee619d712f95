//! A letter's page: shown by GET, which changes nothing, and answered by POST.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::desk::{DeskError, PressedAnswer, Recorded};
use super::letter_page::{Failure, LetterPage, Told, Visit, anchor_of};
use super::pages::Plain;
use super::press::{Amiss, Press, is_name};
use super::routes::Site;
use super::session;
use super::upload;
use crate::core::duty::DutyId;
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
    let brought = match upload::read(&site, request).await {
        Ok(brought) => brought,
        Err(response) => return response,
    };
    let press = Press::from_pairs(brought.pairs);
    let content = match asked_about(&site, letter, &press).await {
        Ok(content) => content,
        Err(plain) => return site.plain(plain),
    };
    let with_files = !brought.files.is_empty() || brought.amiss.is_some();
    let outcome = match press.check(&content) {
        Ok(_) if brought.amiss.is_some() => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Failure::plain(&format!("没有记下：{}", brought.amiss.unwrap_or_default())),
        ),
        Ok(answer) => match site
            .desk
            .record(PressedAnswer {
                files: brought.files,
                ..answer
            })
            .await
        {
            Ok(recorded) => return thank(&site, &token, &content, &press, recorded),
            Err(error) => desk_failure(error),
        },
        Err(amiss) => (status_of(&amiss), Failure::of(amiss)),
    };
    let (status, mut failure) = outcome;
    // Now the whole letter is shown; where it can't be read again, what was pressed, so that nothing typed is lost.
    let whole = site.ask(move |desk| desk.letter(letter)).await;
    let content = whole.ok().flatten().unwrap_or(content);
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
    let letter = letter_of(site, token)?;
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

/// What a letter says of what was pressed: the rest of it need not be written for that.
async fn asked_about(site: &Arc<Site>, letter: LetterNo, press: &Press) -> Result<Content, Plain> {
    let duties: Option<Vec<DutyId>> = press.duties.iter().map(|duty| duty.parse().ok()).collect();
    let found = site.ask(move |desk| match duties {
        Some(duties) => desk.letter_about(letter, &duties),
        // All rows of the roll-up, or what our own page does not send.
        None => desk.letter(letter),
    });
    found.await?.ok_or(Plain::NoLetter)
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
fn thank(
    site: &Site,
    token: &str,
    content: &Content,
    press: &Press,
    recorded: Recorded,
) -> Response {
    let anchor = anchor_of(content, press).unwrap_or_default();
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
        Amiss::Malformed => StatusCode::BAD_REQUEST,
        Amiss::NotAllowed(DeskError::NotYours) => StatusCode::FORBIDDEN,
        Amiss::NotAllowed(_) | Amiss::Mend(..) => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// The desk's refusal as a page tells it.
fn desk_failure(error: DeskError) -> (StatusCode, Failure) {
    match error {
        DeskError::StorageFull => (
            StatusCode::SERVICE_UNAVAILABLE,
            Failure::plain("没有记下：服务器的磁盘满了。您写的内容还在下面，请稍后再按一次。"),
        ),
        DeskError::Unavailable(reason) => {
            tracing::warn!(reason, "回执没有记下");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Failure::plain("没有记下：服务器暂时有故障。您写的内容还在下面，请稍后再按一次。"),
            )
        }
        DeskError::Refused(words) => (
            StatusCode::CONFLICT,
            Failure::plain(&format!("没有记下：{words}")),
        ),
        error @ (DeskError::NotYours | DeskError::OnlyReceived) => {
            let amiss = Amiss::NotAllowed(error);
            (status_of(&amiss), Failure::of(amiss))
        }
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

//! Signing in: a link is mailed, GET shows a button, POST uses the link up. What is said never tells who may.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Extension, Form, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use minijinja::context;
use serde::Deserialize;

use super::bureau;
use super::desk::AskedLink;
use super::pages::Plain;
use super::rates::Peer;
use super::routes::Site;
use super::session::{self, BROWSER, KNOWN, SESSION};

/// Links to sign in with that are written at a time, each on a thread. Anybody may ask for one: of more at once the rest
/// are not sent.
pub(super) const LINKS_AT_ONCE: usize = 32;

/// Bytes a mail address may have (RFC 5321, section 4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;

#[derive(Debug, Deserialize)]
pub(super) struct Asking {
    #[serde(default)]
    address: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pressed {
    #[serde(default)]
    csrf: String,
}

/// The form that asks for a link, in the place of what only officers see.
pub(super) fn form(site: &Site, status: StatusCode, amiss: Option<&str>, typed: &str) -> Response {
    let page = context! {
        title => "学校安全行事历",
        action => site.pages.path("/sign-in"),
        amiss,
        typed,
    };
    site.pages
        .set("sign_in.html", status, &site.desk.masthead(), page)
}

/// `GET /sign-in`
pub(super) async fn show(State(site): State<Arc<Site>>) -> Response {
    form(&site, StatusCode::OK, None, "")
}

/// `POST /sign-in`: the same words, as fast, whether or not the mailbox is one of somebody who may sign in.
pub(super) async fn ask(
    State(site): State<Arc<Site>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    asking: Result<Form<Asking>, FormRejection>,
) -> Response {
    let Ok(Form(asking)) = asking else {
        return site.plain(Plain::Status(StatusCode::BAD_REQUEST));
    };
    let address = asking.address.trim();
    if !looks_like_an_address(address) {
        let amiss = "请写您的邮箱，如 name@example.cn，再按一次。";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let typed: String = address.chars().take(LONGEST_ADDRESS).collect();
        return form(&site, status, Some(amiss), &typed);
    }
    let Some(secret) = session::secret() else {
        return site.plain(Plain::Later);
    };
    let asked = AskedLink {
        address: address.to_owned(),
        browser: session::digest_of(&secret),
        network: site.rates.network_of(peer.map(|peer| peer.0), &headers),
        is_known: session::is_known(&site.desk.keys(), &headers, address),
    };
    // Nobody waits for it: how long it takes would tell whether there is such an officer.
    if let Ok(place) = Arc::clone(&site.links).try_acquire_owned() {
        let desk = Arc::clone(&site.desk);
        drop(tokio::task::spawn_blocking(move || {
            if let Err(error) = desk.mail_link(&asked) {
                tracing::error!(%error, "登录信写不出来");
            }
            drop(place);
        }));
    } else {
        tracing::warn!("同时要登录链接的太多，这一个没有寄");
    }
    let mut response = site.plain(Plain::LinkMailed);
    session::hand_out(&mut response, &site.pages, BROWSER, &secret);
    response
}

fn looks_like_an_address(text: &str) -> bool {
    text.len() <= LONGEST_ADDRESS
        && !text.chars().any(|c| c.is_control() || c.is_whitespace())
        && text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
}

/// `GET /sign-in/{token}`: a button, and nothing is used up.
pub(super) async fn offer(
    State(site): State<Arc<Site>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let token = path.map(|Path(token)| token).unwrap_or_default();
    let Some((letter, browser)) = link(&site, &token, &headers) else {
        return site.plain(Plain::NoSignIn);
    };
    let known = site
        .ask(move |desk| desk.knows_link(letter, &browser))
        .await;
    match known {
        Ok(true) => {
            let page = context! {
                title => "登录",
                action => site.pages.path(&format!("/sign-in/{token}")),
            };
            let masthead = site.desk.masthead();
            site.pages
                .set("enter.html", StatusCode::OK, &masthead, page)
        }
        Ok(false) => site.plain(Plain::NoSignIn),
        Err(plain) => site.plain(plain),
    }
}

/// `POST /sign-in/{token}`: uses the link up.
pub(super) async fn enter(
    State(site): State<Arc<Site>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let token = path.map(|Path(token)| token).unwrap_or_default();
    let Some((letter, browser)) = link(&site, &token, &headers) else {
        return site.plain(Plain::NoSignIn);
    };
    let Some(secret) = session::secret() else {
        return site.plain(Plain::Later);
    };
    let digest = session::digest_of(&secret);
    let signed_in = site
        .ask(move |desk| {
            let is_in = desk.sign_in(letter, &browser, &digest)?;
            // Signed in is signed in, whether or not it can be told just now as whom.
            let officer = is_in.then(|| desk.officer(&digest).ok().flatten());
            Ok((is_in, officer.flatten()))
        })
        .await;
    match signed_in {
        Ok((true, officer)) => {
            let mut response = back_home(&site);
            session::hand_out(&mut response, &site.pages, SESSION, &secret);
            session::take_away(&mut response, &site.pages, BROWSER);
            if let Some(officer) = officer {
                let mark = session::mark_of(&site.desk.keys(), officer.address.as_str());
                session::hand_out(&mut response, &site.pages, KNOWN, &mark);
            }
            response
        }
        Ok((false, _)) => site.plain(Plain::NoSignIn),
        Err(plain) => site.plain(plain),
    }
}

/// The letter a token stands for, and the digest of what the browser holds.
fn link(site: &Site, token: &str, headers: &HeaderMap) -> Option<(u64, String)> {
    let letter = site
        .desk
        .keys()
        .sign_in(token, site.desk.today())
        .inspect_err(|refused| tracing::debug!(%refused, "登录链接被拒"))
        .ok()?;
    Some((letter, session::held(headers, BROWSER)?))
}

/// `POST /sign-out`
pub(super) async fn leave(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    pressed: Result<Form<Pressed>, FormRejection>,
) -> Response {
    let token = pressed.map_or(String::new(), |Form(pressed)| pressed.csrf);
    let entry = match bureau::admit(&site, &headers).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    if !session::is_form_token(&site.desk.keys(), &entry.session, &token) {
        return site.plain(Plain::CrossSite);
    }
    match site.ask(move |desk| desk.sign_out(&entry.session)).await {
        Ok(()) => {
            let mut response = back_home(&site);
            session::take_away(&mut response, &site.pages, SESSION);
            response
        }
        Err(plain) => site.plain(plain),
    }
}

fn back_home(site: &Site) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(home) = HeaderValue::from_str(&site.pages.path("/")) {
        response.headers_mut().insert(header::LOCATION, home);
    }
    response
}

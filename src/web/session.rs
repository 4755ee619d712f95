//! What a browser holds: a secret of its own, of which only the digest is ever kept, and the token that its forms carry.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::pages::Pages;
use crate::core::hex::hex;
use crate::link::LinkKeys;

/// A cookie that browsers are given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cookie {
    name: &'static str,
    /// How long it is kept, in seconds.
    seconds: u32,
    /// Which pages it is sent back to: those below this path of the site, all for an empty one.
    below: &'static str,
}

/// Of somebody who is signed in: a day at the desk. The ledger has the last word.
pub(super) const SESSION: Cookie = Cookie {
    name: "schoolbell_session",
    seconds: 12 * 60 * 60,
    below: "",
};

/// Of a browser that asked for a link to sign in with, for as long as the link works.
pub(super) const BROWSER: Cookie = Cookie {
    name: "schoolbell_browser",
    seconds: 15 * 60,
    below: "",
};

/// Of a browser in which somebody was signed in by a mailbox. It opens nothing: its next link does not wait for strangers.
pub(super) const KNOWN: Cookie = Cookie {
    name: "schoolbell_known",
    seconds: 365 * 24 * 60 * 60,
    below: "/sign-in",
};

/// Of a device that remembers, for a year, who presses on it. A name can hold any character, so it travels as base64.
pub(super) const NAME: Cookie = Cookie {
    name: "schoolbell_by",
    seconds: 365 * 24 * 60 * 60,
    below: "/l",
};

/// Bytes of a secret: 256 bits.
const SECRET_LEN: usize = 32;

/// The longest cookie that is looked at.
const LONGEST: usize = 4096;

/// A fresh secret; `None` where the system has no random numbers.
pub(super) fn secret() -> Option<String> {
    let mut bytes = [0; SECRET_LEN];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a secret.
pub(super) fn digest_of(secret: &str) -> String {
    hex(digest(&SHA256, secret.as_bytes()).as_ref())
}

/// What a browser holds in a cookie.
pub(super) fn value(headers: &HeaderMap, cookie: Cookie) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    cookies
        .filter_map(|line| line.to_str().ok())
        .filter(|line| line.len() <= LONGEST)
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == cookie.name)
        .map(|(_, value)| value)
}

/// The digest of a secret that a cookie brings back.
pub(super) fn held(headers: &HeaderMap, cookie: Cookie) -> Option<String> {
    value(headers, cookie).map(digest_of)
}

/// Gives the browser something to hold. No script may read it, and no other site's form brings it along.
pub(super) fn hand_out(response: &mut Response, pages: &Pages, cookie: Cookie, value: &str) {
    set(response, pages, cookie, value, cookie.seconds);
}

/// Takes away what the browser holds.
pub(super) fn take_away(response: &mut Response, pages: &Pages, cookie: Cookie) {
    set(response, pages, cookie, "", 0);
}

fn set(response: &mut Response, pages: &Pages, cookie: Cookie, value: &str, seconds: u32) {
    let path = match cookie.below {
        "" => pages.root_path().to_owned(),
        below => pages.path(below),
    };
    let line = format!(
        "{}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{}",
        cookie.name,
        if pages.secure { "; Secure" } else { "" },
    );
    // Base64 and fixed words; a prefix of odd characters loses it.
    if let Ok(line) = HeaderValue::from_str(&line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}

/// The token that the forms of a session carry. It cannot be made up without the key, nor used in another session.
pub(super) fn form_token(keys: &LinkKeys, session: &str) -> String {
    tag(keys, "form", session)
}

/// Whether a form's token is that of its session, in a time that does not depend on where they differ.
pub(super) fn is_form_token(keys: &LinkKeys, session: &str, token: &str) -> bool {
    is_tag(keys, "form", session, token)
}

/// What a browser is known by in which somebody was signed in by a mailbox.
pub(super) fn mark_of(keys: &LinkKeys, mailbox: &str) -> String {
    tag(keys, "known", &mailbox.to_ascii_lowercase())
}

/// Whether a browser is known by a mailbox.
pub(super) fn is_known(keys: &LinkKeys, headers: &HeaderMap, mailbox: &str) -> bool {
    let mark = value(headers, KNOWN);
    mark.is_some_and(|mark| is_tag(keys, "known", &mailbox.to_ascii_lowercase(), mark))
}

fn tag(keys: &LinkKeys, purpose: &str, text: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&key(keys, purpose), text.as_bytes()))
}

fn is_tag(keys: &LinkKeys, purpose: &str, text: &str, tag: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(tag)
        .is_ok_and(|tag| hmac::verify(&key(keys, purpose), text.as_bytes(), &tag).is_ok())
}

fn key(keys: &LinkKeys, purpose: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &keys.derive(purpose))
}

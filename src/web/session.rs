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

/// The cookie of somebody who is signed in.
pub(super) const SESSION: &str = "schoolbell_session";

/// The cookie of a browser that asked for a link to sign in with.
pub(super) const BROWSER: &str = "schoolbell_browser";

/// How long a browser may use the link it asked for, in seconds: the link's own time.
pub(super) const BROWSER_S: u32 = 15 * 60;

/// How long a session's cookie is kept, in seconds. The ledger has the last word.
pub(super) const SESSION_S: u32 = 12 * 60 * 60;

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

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    cookies
        .filter_map(|line| line.to_str().ok())
        .filter(|line| line.len() <= LONGEST)
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// The digest of a secret that a cookie brings back.
pub(super) fn held(headers: &HeaderMap, name: &str) -> Option<String> {
    cookie(headers, name).map(digest_of)
}

/// Gives the browser a secret to hold for so many seconds; none of them take it away. No script may read it, and no
/// other site's form brings it along.
pub(super) fn hand_out(
    response: &mut Response,
    pages: &Pages,
    name: &str,
    secret: &str,
    seconds: u32,
) {
    let cookie = format!(
        "{name}={secret}; Path={}; Max-Age={seconds}; HttpOnly; SameSite=Lax{}",
        pages.root_path(),
        if pages.secure { "; Secure" } else { "" },
    );
    // Base64 and fixed words; a prefix of odd characters loses it.
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The token that the forms of a session carry. It cannot be made up without the key, nor used in another session.
pub(super) fn form_token(keys: &LinkKeys, session: &str) -> String {
    let tag = hmac::sign(&form_key(keys), session.as_bytes());
    URL_SAFE_NO_PAD.encode(tag)
}

/// Whether a form's token is that of its session, in a time that does not depend on where they differ.
pub(super) fn is_form_token(keys: &LinkKeys, session: &str, token: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(token)
        .is_ok_and(|tag| hmac::verify(&form_key(keys), session.as_bytes(), &tag).is_ok())
}

fn form_key(keys: &LinkKeys) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &keys.derive("form"))
}

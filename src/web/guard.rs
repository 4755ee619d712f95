//! What stands around every route: limits, headers, and a page in place of every bare error.

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::pages::Plain;
use super::rates;
use super::routes::Site;
use super::upload;

/// No script, no picture, nothing from elsewhere, not in a frame, and forms only back to us.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; \
                              frame-ancestors 'none'; base-uri 'none'";

/// Puts the guards around `routes`, the outermost last. No form of another site is taken: where the token in an address
/// is the authority, that site could only press for somebody whose link it knows, and may not even then.
pub(super) fn around(routes: Router<Arc<Site>>, site: &Arc<Site>) -> Router<Arc<Site>> {
    let site = || Arc::clone(site);
    routes
        .layer(csrf(&site().settings.base_url))
        .layer(middleware::from_fn(forget_null_origin))
        .layer(middleware::from_fn_with_state(site(), time_out))
        .layer(middleware::from_fn_with_state(site(), rates::limit))
        .layer(CatchPanicLayer::custom(tell_of_panic))
        .layer(middleware::from_fn_with_state(site(), dress))
}

/// A proxy may give us another `Host` than people see, so what links begin with is taken for our own as well.
fn csrf(base_url: &str) -> CsrfLayer {
    let end = base_url.find("://").map_or(0, |at| at + 3);
    let end = base_url[end..]
        .find('/')
        .map_or(base_url.len(), |at| end + at);
    let own = CsrfLayer::new().add_trusted_origin(&base_url[..end]);
    own.unwrap_or_else(|_| CsrfLayer::new())
}

/// Since no address may travel on, a browser calls the origin of our own forms `null`, and over plain http says nothing
/// better. That tells as little as no origin at all: there the token in the address or in the form is the authority.
async fn forget_null_origin(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    if !headers.contains_key("sec-fetch-site")
        && headers
            .get(header::ORIGIN)
            .is_some_and(|origin| origin == "null")
    {
        headers.remove(header::ORIGIN);
    }
    next.run(request).await
}

/// What the paths of workbooks end with.
const WORKBOOK: &str = ".xlsx";

async fn time_out(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let limits = site.settings.limits;
    let time = if upload::may_bring_files(&request) {
        limits.upload
    } else if request.uri().path().ends_with(WORKBOOK) {
        // A year of a large county is read fact by fact.
        limits.connection
    } else {
        limits.request
    };
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => site.plain(Plain::TooSlow),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "tower-http hands the panic over"
)]
fn tell_of_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = words, "处理网页请求时程序出错");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Gives each answer its headers, and those without words some.
async fn dress(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let with_files = upload::may_bring_files(&request);
    let mut response = next.run(request).await;
    if response.extensions().get::<ProtectionError>().is_some() {
        response = site.plain(Plain::CrossSite);
    } else if is_bare(&response) {
        let allow = response.headers_mut().remove(header::ALLOW);
        let plain = match response.status() {
            StatusCode::PAYLOAD_TOO_LARGE if with_files => Plain::FilesTooLarge,
            status => Plain::Status(status),
        };
        response = site.plain(plain);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = HeaderValue::from_static("300");
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    harden(response.headers_mut());
    response
}

/// An error of axum's or tower's own making, in English or without any words.
fn is_bare(response: &Response) -> bool {
    let ours = |kind: &HeaderValue| {
        let kind = kind.as_bytes();
        kind.starts_with(b"text/html") || kind.starts_with(b"application/json")
    };
    let status = response.status();
    let ours = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(ours);
    (status.is_client_error() || status.is_server_error()) && !ours
}

fn harden(headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        // The address is the key to the letter: it must not travel on.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

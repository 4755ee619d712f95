//! Which paths there are, and who serves them.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use governor::clock::DefaultClock;
use serde_json::json;
use tokio::sync::Semaphore;
use tower_http::limit::RequestBodyLimitLayer;

use super::board;
use super::bureau::{self, Presses};
use super::desk::{Desk, DeskError};
use super::files::{self, DOWNLOADS_AT_ONCE};
use super::guard;
use super::letter;
use super::metrics;
use super::pages::{Pages, Plain, STYLE};
use super::rates::Rates;
use super::serve::WebSettings;
use super::sign_in::{self, LINKS_AT_ONCE};
use super::upload::{self, Places};
use super::workbooks::{self, WORKBOOKS_AT_ONCE};

/// A path that is served. The router is built from this list alone, so that what holds for all routes can be shown
/// for all routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The present day for an officer, and the page to sign in with for anybody else.
    Home,
    /// A letter's page, and its answers.
    Letter,
    /// A file that came with an answer, for the letter's reader.
    LetterFile,
    /// A unit's board.
    Board,
    /// The feed made of it, for calendar programs.
    Feed,
    /// Where a link to sign in with is asked for.
    SignIn,
    /// The link, and the button that uses it up.
    Enter,
    /// The end of a session.
    SignOut,
    /// A year.
    Year,
    /// A task's units.
    Task,
    /// A unit, for an officer.
    Unit,
    /// What waits for a decision.
    Requests,
    /// Where decisions and the like are sent to.
    Act,
    /// A conditional task, or an alert.
    Raise,
    /// What is held, and the button that lets it go.
    Hold,
    /// A file that came with an answer, for an officer.
    Evidence,
    /// The bulletins.
    Bulletins,
    /// One of them, and where it is approved or put aside.
    Bulletin,
    /// Its tables as a workbook.
    BulletinTables,
    /// A task's units as a workbook.
    TaskTables,
    /// The record of a year as a workbook.
    Record,
    /// The versions of calendar and roster.
    Calendar,
    /// The letters on their way.
    Mail,
    /// The settings, to read.
    Settings,
    /// For monitors: whether all is well.
    Health,
    /// For monitors: numbers.
    Metrics,
    /// The stylesheet.
    Style,
}

impl Route {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::Home,
        Self::Letter,
        Self::LetterFile,
        Self::Board,
        Self::Feed,
        Self::SignIn,
        Self::Enter,
        Self::SignOut,
        Self::Year,
        Self::Task,
        Self::Unit,
        Self::Requests,
        Self::Act,
        Self::Raise,
        Self::Hold,
        Self::Evidence,
        Self::Bulletins,
        Self::Bulletin,
        Self::BulletinTables,
        Self::TaskTables,
        Self::Record,
        Self::Calendar,
        Self::Mail,
        Self::Settings,
        Self::Health,
        Self::Metrics,
        Self::Style,
    ];

    /// The path, `{token}`, `{unit}`, `{period}` or `{digest}` where one is named.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Letter => "/l/{token}",
            Self::LetterFile => "/l/{token}/{digest}",
            Self::Board => "/u/{token}",
            Self::Feed => "/u/{token}.ics",
            Self::SignIn => "/sign-in",
            Self::Enter => "/sign-in/{token}",
            Self::SignOut => "/sign-out",
            Self::Year => "/year",
            Self::Task => "/task",
            Self::Unit => "/unit/{unit}",
            Self::Requests => "/requests",
            Self::Act => "/act",
            Self::Raise => "/raise",
            Self::Hold => "/hold",
            Self::Evidence => "/evidence/{digest}",
            Self::Bulletins => "/bulletins",
            Self::Bulletin => "/bulletin/{period}",
            Self::BulletinTables => "/bulletin/{period}/tables.xlsx",
            Self::TaskTables => "/task.xlsx",
            Self::Record => "/ledger.xlsx",
            Self::Calendar => "/calendar",
            Self::Mail => "/mail",
            Self::Settings => "/settings",
            Self::Health => "/healthz",
            Self::Metrics => "/metrics",
            Self::Style => "/style.css",
        }
    }

    /// The methods it takes, as the header `Allow` lists them. POST alone may change anything.
    #[must_use]
    pub fn allow(self) -> &'static str {
        match self {
            Self::Letter
            | Self::SignIn
            | Self::Enter
            | Self::Raise
            | Self::Hold
            | Self::Bulletin => "GET, HEAD, OPTIONS, POST",
            Self::SignOut | Self::Act => "OPTIONS, POST",
            _ => "GET, HEAD, OPTIONS",
        }
    }

    /// Whether only those see it who are signed in.
    #[must_use]
    pub fn is_for_officers(self) -> bool {
        matches!(
            self,
            Self::SignOut
                | Self::Year
                | Self::Task
                | Self::Unit
                | Self::Requests
                | Self::Act
                | Self::Raise
                | Self::Hold
                | Self::Evidence
                | Self::Bulletins
                | Self::Bulletin
                | Self::BulletinTables
                | Self::TaskTables
                | Self::Record
                | Self::Calendar
                | Self::Mail
                | Self::Settings
        )
    }

    /// Bytes of a form. Fields at their longest take 7 KiB; a county's units ticked one by one take 100.
    fn body_limit(self) -> usize {
        match self {
            Self::Act => 256 * 1024,
            Self::Letter => upload::FORM_LIMIT,
            _ => 16 * 1024,
        }
    }

    /// What the router knows it by; `None` where another route's pattern matches it too, since none may end in a fixed
    /// text after a name.
    fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Feed => None,
            route => Some(route.path()),
        }
    }

    fn handlers(self) -> MethodRouter<Arc<Site>> {
        let handlers = match self {
            Self::Home => get(bureau::home),
            Self::Letter => get(letter::show).post(letter::press),
            Self::LetterFile => get(files::of_letter),
            Self::Board | Self::Feed => get(board::show),
            Self::SignIn => get(sign_in::show).post(sign_in::ask),
            Self::Enter => get(sign_in::offer).post(sign_in::enter),
            Self::SignOut => post(sign_in::leave),
            Self::Year => get(bureau::year),
            Self::Task => get(bureau::matrix),
            Self::Unit => get(bureau::unit),
            Self::Requests => get(bureau::requests),
            Self::Act => post(bureau::acts::act),
            Self::Raise => get(bureau::raise).post(bureau::acts::raise),
            Self::Hold => get(bureau::hold).post(bureau::acts::release),
            Self::Evidence => get(files::of_officer),
            Self::Bulletins => get(bureau::bulletins::list),
            Self::Bulletin => get(bureau::bulletins::show).post(bureau::bulletins::decide),
            Self::BulletinTables => get(workbooks::of_bulletin),
            Self::TaskTables => get(workbooks::of_task),
            Self::Record => get(workbooks::of_year),
            Self::Calendar => get(bureau::versions),
            Self::Mail => get(bureau::queue),
            Self::Settings => get(bureau::settings),
            Self::Health => get(health),
            Self::Metrics => get(metrics::show),
            Self::Style => get(style),
        };
        let allow = HeaderValue::from_static(self.allow());
        let options = (StatusCode::NO_CONTENT, [(header::ALLOW, allow.clone())]);
        let refuse = (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allow)]);
        // axum's own limit of 2 MiB would be met first.
        let handlers = handlers
            .layer::<_, Infallible>(RequestBodyLimitLayer::new(self.body_limit()))
            .layer::<_, Infallible>(DefaultBodyLimit::disable());
        handlers
            .options(move || std::future::ready(options))
            .fallback(move || std::future::ready(refuse))
    }
}

/// What every handler has at hand.
pub(super) struct Site {
    pub(super) desk: Arc<dyn Desk>,
    pub(super) pages: Pages,
    pub(super) settings: WebSettings,
    /// A place for each upload that is being read.
    pub(super) uploads: Places,
    /// A place for each file that is being given out.
    pub(super) downloads: Arc<Semaphore>,
    /// A place for each workbook that is being made, or given out.
    pub(super) workbooks: Arc<Semaphore>,
    /// A place for each link to sign in with that is being written.
    pub(super) links: Arc<Semaphore>,
    /// What officers pressed of late.
    pub(super) presses: Arc<Presses>,
    /// Who asked how much of late.
    pub(super) rates: Rates,
}

impl Site {
    pub(super) fn plain(&self, plain: Plain) -> Response {
        self.pages.plain(plain, &self.desk.masthead())
    }

    /// Asks the desk where waiting for it holds up no other reader; else the page that is shown instead.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, Plain> {
        let desk = Arc::clone(&self.desk);
        match tokio::task::spawn_blocking(move || ask(desk.as_ref())).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => {
                tracing::warn!(%error, "台账没有回应");
                Err(Plain::Later)
            }
            Err(error) => {
                tracing::error!(%error, "取内容时程序出错");
                Err(Plain::Status(StatusCode::INTERNAL_SERVER_ERROR))
            }
        }
    }
}

/// All routes with what guards them, ready to be served.
pub fn router(desk: Arc<dyn Desk>, settings: WebSettings) -> Router {
    let site = Arc::new(Site {
        desk,
        pages: Pages::new(&settings.base_url),
        uploads: Places::default(),
        downloads: Arc::new(Semaphore::new(DOWNLOADS_AT_ONCE)),
        workbooks: Arc::new(Semaphore::new(WORKBOOKS_AT_ONCE)),
        links: Arc::new(Semaphore::new(LINKS_AT_ONCE)),
        presses: Arc::default(),
        rates: Rates::new(
            &settings.limits,
            &settings.trusted_proxies,
            DefaultClock::default(),
        ),
        settings,
    });
    let routes = Route::ALL
        .into_iter()
        .filter_map(|route| Some((route.pattern()?, route.handlers())))
        .fold(Router::new(), |router, (pattern, handlers)| {
            router.route(pattern, handlers)
        });
    let routes = routes.fallback(|| std::future::ready(StatusCode::NOT_FOUND));
    guard::around(routes, &site).with_state(site)
}

/// `ok`, or 503 with the reasons: what a monitor asks for.
async fn health(State(site): State<Arc<Site>>) -> Response {
    let health = site.desk.health();
    let (status, word) = if health.reasons.is_empty() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unwell")
    };
    let body = json!({
        "status": word,
        "reasons": health.reasons,
        "last_beat": health.last_beat,
        "next_due": health.next_due,
        "counts": health.counts,
    });
    let json = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, json)], body.to_string()).into_response()
}

/// The address on pages carries a hash of the text, so a browser may keep it for good.
async fn style() -> Response {
    let css = HeaderValue::from_static("text/css; charset=utf-8");
    let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
    let headers = [(header::CONTENT_TYPE, css), (header::CACHE_CONTROL, keep)];
    (headers, STYLE).into_response()
}

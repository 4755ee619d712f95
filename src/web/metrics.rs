//! What a monitor watches, in the text form of Prometheus. No name and no address is in it.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::desk::Measures;
use super::routes::Site;

/// The media type of the text form.
const TEXT_FORM: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`
pub(super) async fn show(State(site): State<Arc<Site>>) -> Response {
    match site.ask(|desk| Ok(desk.measures())).await {
        Ok(measures) => {
            let kind = HeaderValue::from_static(TEXT_FORM);
            let text = text(&measures, site.rates.refused());
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(plain) => site.plain(plain),
    }
}

fn text(measures: &Measures, refused: u64) -> String {
    let mut page = Page(String::new());
    page.family("build_info", "The version that runs.");
    let version = concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
    page.sample("build_info", version, 1);
    page.family(
        "letters",
        "Letters by state; refused ones until they are seen to.",
    );
    for (state, number) in &measures.letters {
        page.sample("letters", &format!("{{state=\"{state}\"}}"), *number);
    }
    for (name, help, value) in numbers(measures) {
        if let Some(value) = value {
            page.family(name, help);
            page.sample(name, "", value);
        }
    }
    page.family(
        "requests_refused_total",
        "Requests refused because one visitor asked too much.",
    );
    page.sample("requests_refused_total", "", refused);
    page.0
}

/// Each number with its name and what it means; `None` where it is not known.
fn numbers(m: &Measures) -> [(&'static str, &'static str, Option<u64>); 11] {
    let second = |at: Option<Timestamp>| at.and_then(|at| u64::try_from(at.as_second()).ok());
    [
        (
            "letters_accepted_total",
            "Letters that a server or the spool has accepted.",
            Some(m.accepted),
        ),
        ("answers_total", "Answers recorded.", Some(m.answers)),
        (
            "last_beat_timestamp_seconds",
            "When the last beat was completed.",
            second(m.last_beat),
        ),
        (
            "beat_late_seconds",
            "By how much the next beat is overdue.",
            Some(m.beat_late_s),
        ),
        (
            "next_slot_timestamp_seconds",
            "When letters go out next.",
            second(m.next_slot),
        ),
        (
            "held",
            "Whether a slot's letters are held until they are released.",
            Some(m.held.into()),
        ),
        (
            "mail_paused",
            "Whether the mail server refuses us and the queue stands.",
            Some(m.mail_paused.into()),
        ),
        (
            "ledger_trouble",
            "Whether the ledger takes no facts.",
            Some(m.ledger_trouble.into()),
        ),
        (
            "contact_gaps",
            "Units that nobody can be reached at.",
            Some(m.contact_gaps),
        ),
        (
            "addresses_unreachable",
            "Mailboxes found not to exist.",
            Some(m.unreachable),
        ),
        (
            "ledger_wal_bytes",
            "The ledger's write-ahead log on disk.",
            m.wal_bytes,
        ),
    ]
}

struct Page(String);

impl Page {
    /// What only grows is called a total.
    fn family(&mut self, name: &str, help: &str) {
        let kind = if name.ends_with("_total") {
            "counter"
        } else {
            "gauge"
        };
        let _ = writeln!(self.0, "# HELP schoolbell_{name} {help}");
        let _ = writeln!(self.0, "# TYPE schoolbell_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: u64) {
        let _ = writeln!(self.0, "schoolbell_{name}{labels} {value}");
    }
}

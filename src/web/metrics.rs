//! What a monitor watches, in the text form of Prometheus. No name and no address is in it.

use std::fmt::{Display, Write as _};
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::desk::Measures;
use super::routes::Site;

/// The media type of the text form.
const TEXT_FORM: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`
pub(super) async fn show(State(site): State<Arc<Site>>) -> Response {
    let desk = Arc::clone(&site.desk);
    match tokio::task::spawn_blocking(move || desk.measures()).await {
        Ok(measures) => {
            let kind = HeaderValue::from_static(TEXT_FORM);
            ([(header::CONTENT_TYPE, kind)], text(&measures)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "取运行数据时程序出错");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn text(measures: &Measures) -> String {
    let mut page = Page(String::new());
    let version = env!("CARGO_PKG_VERSION");
    page.family("build_info", "gauge", "The version that runs.");
    page.sample("build_info", &format!("{{version=\"{version}\"}}"), 1);
    page.family(
        "letters",
        "gauge",
        "Letters by state; refused ones until they are seen to.",
    );
    for (state, number) in &measures.letters {
        page.sample("letters", &format!("{{state=\"{state}\"}}"), number);
    }
    let counters = [
        (
            "letters_accepted_total",
            "Letters a server or the spool has accepted.",
            measures.accepted,
        ),
        ("answers_total", "Answers recorded.", measures.answers),
    ];
    for (name, help, number) in counters {
        page.one(name, "counter", help, number);
    }
    let instants = [
        (
            "last_beat_timestamp_seconds",
            "When the last beat was completed.",
            measures.last_beat,
        ),
        (
            "next_slot_timestamp_seconds",
            "When letters go out next.",
            measures.next_slot,
        ),
    ];
    for (name, help, at) in instants {
        if let Some(at) = at {
            page.one(name, "gauge", help, Timestamp::as_second(at));
        }
    }
    let late = measures.beat_late_s;
    page.one(
        "beat_late_seconds",
        "gauge",
        "How much longer ago than a minute the last beat is.",
        late,
    );
    let states = [
        (
            "held",
            "Whether a slot's letters are held until they are released.",
            measures.held,
        ),
        (
            "mail_paused",
            "Whether the mail server refuses us and the queue stands.",
            measures.mail_paused,
        ),
        (
            "ledger_trouble",
            "Whether the ledger does not take facts.",
            measures.ledger_trouble,
        ),
    ];
    for (name, help, holds) in states {
        page.one(name, "gauge", help, u8::from(holds));
    }
    let numbers = [
        (
            "contact_gaps",
            "Units that nobody can be reached at.",
            measures.contact_gaps,
        ),
        (
            "addresses_unreachable",
            "Mailboxes found not to exist.",
            measures.unreachable,
        ),
    ];
    for (name, help, number) in numbers {
        page.one(name, "gauge", help, number);
    }
    if let Some(bytes) = measures.wal_bytes {
        page.one(
            "ledger_wal_bytes",
            "gauge",
            "The ledger's write-ahead log on disk.",
            bytes,
        );
    }
    page.0
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP schoolbell_{name} {help}");
        let _ = writeln!(self.0, "# TYPE schoolbell_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = writeln!(self.0, "schoolbell_{name}{labels} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, "", value);
    }
}

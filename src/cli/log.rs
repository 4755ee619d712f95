//! Where the daemon's log goes: a terminal, a file, or the journal, each as it is read there.

use std::fmt;
use std::io::{IsTerminal as _, Stderr, stderr};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Compact, Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::config::environment;

/// Begins the log on standard error. `RUST_LOG` says what is in it.
pub(super) fn begin() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,tokio_cron_scheduler=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_target(false)
        // A file with colours in it is hard to read.
        .with_ansi(stderr().is_terminal() && environment("NO_COLOR").is_none())
        .compact();
    if is_journal(&stderr()) {
        log.map_event_format(|format| Journal(format.without_time().with_level(false)))
            .init();
    } else {
        log.init();
    }
}

/// Tells of the error that ends the program.
pub(super) fn told(error: &str) {
    let text = format!("错误:{error}");
    if is_journal(&stderr()) {
        text.lines()
            .for_each(|line| anstream::eprintln!("<3>{line}"));
    } else {
        anstream::eprintln!("{text}");
    }
}

/// Whether this is the stream that systemd connected to the journal: it says so by device and inode, since a variable
/// outlives a redirection.
fn is_journal(stream: &Stderr) -> bool {
    let named = environment("JOURNAL_STREAM");
    let own = rustix::fs::fstat(stream).map(|stat| format!("{}:{}", stat.st_dev, stat.st_ino));
    named.is_some_and(|named| own.is_ok_and(|own| own == named))
}

/// Lines for the journal: it knows the time by itself, and how grave a line is by what it begins with (sd-daemon(3)), which
/// is what `journalctl -p` goes by.
struct Journal(Format<Compact, ()>);

impl<S, N> FormatEvent<S, N> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut text = String::new();
        self.0
            .format_event(context, Writer::new(&mut text), event)?;
        let grave = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        // Each line is an entry of its own there.
        let mut lines = text.lines().filter(|line| !line.is_empty());
        lines.try_for_each(|line| writeln!(writer, "<{grave}>{line}"))
    }
}

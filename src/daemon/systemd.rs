//! What the service manager is told. Without one, nothing happens.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use sd_notify::NotifyState;

pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// A beat was completed: the watchdog is fed by nothing else.
pub(super) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

pub(super) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Asks for more time every so often as long as it lives: to fold the facts of ten years anew takes minutes, and who
/// starts so long is not stuck.
pub(super) struct Starting {
    _over: Sender<()>,
}

impl Starting {
    pub(super) fn begin() -> io::Result<Self> {
        let (sender, over) = mpsc::channel::<()>();
        let ask = move || {
            while over.recv_timeout(ASK_EVERY) == Err(RecvTimeoutError::Timeout) {
                tell(&[NotifyState::ExtendTimeoutUsec(MORE_TIME_US)]);
            }
        };
        let thread = std::thread::Builder::new().name("starting".to_owned());
        thread.spawn(ask)?;
        Ok(Self { _over: sender })
    }
}

const ASK_EVERY: Duration = Duration::from_secs(20);

/// In microseconds.
const MORE_TIME_US: u32 = 120_000_000;

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager was not told");
    }
}

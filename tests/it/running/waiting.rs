//! Waiting for what is to come, and no longer than a test may take.

use std::time::{Duration, Instant};

use super::house::LIMIT;

/// Between two looks others may have the processor.
const BETWEEN: Duration = Duration::from_millis(5);

/// Asks again and again until there is something. Where nothing comes in time, the test fails with what is said then.
pub(super) fn wait_for<T>(mut ask: impl FnMut() -> Option<T>, otherwise: impl Fn() -> String) -> T {
    let until = Instant::now() + LIMIT;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < until, "not in time: {}", otherwise());
        std::thread::park_timeout(BETWEEN);
    }
}

/// Asks again and again until it is so.
pub(super) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    wait_for(|| holds().then_some(()), || what.to_owned());
}

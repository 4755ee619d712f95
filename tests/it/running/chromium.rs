//! Debian's Chromium as the tests run it: with no window, no longer than a limit, and calling nobody.

use std::process::{Command, Stdio};

/// No sandbox, since CI is root in a container; nothing of what a browser asks its maker for by itself, and no name but
/// this machine's leads anywhere.
pub(super) const FLAGS: [&str; 16] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication",
    "--metrics-recording-only",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// A program that is ended after so many seconds, whatever becomes of the test.
pub(super) fn limited(seconds: u32, program: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", &seconds.to_string(), program]);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// Whether a program of Debian's is installed.
pub(super) fn is_there(program: &str) -> bool {
    let asked = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

//! The daemon that was built beside an example, as the examples start and watch it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Child;

/// The daemon's program: `cargo build --release` puts it beside the examples' folder.
pub(crate) fn program() -> PathBuf {
    let here = std::env::current_exe().expect("where this program is");
    let target = here
        .parent()
        .and_then(Path::parent)
        .expect("target/release");
    target.join("schoolbell")
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("a port").port()
}

/// A figure of a process's memory in KiB, by its name in `/proc`: `VmHWM` is the most it had, `VmRSS` what it has.
pub(crate) fn memory(daemon: &Child, which: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).ok()?;
    let mut lines = status.lines();
    let figure = lines.find_map(|line| line.strip_prefix(which)?.strip_prefix(':'))?;
    figure.split_whitespace().next()?.parse().ok()
}

//! The `schoolbell` command.

use std::process::ExitCode;

/// The exit code of a bug (`EX_SOFTWARE` of sysexits.h).
const BUG: u8 = 70;

fn main() -> ExitCode {
    std::panic::catch_unwind(schoolbell::cli::main).unwrap_or_else(|_| ExitCode::from(BUG))
}

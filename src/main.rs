//! The `schoolbell` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    schoolbell::cli::main()
}

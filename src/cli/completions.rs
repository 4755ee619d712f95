//! `completions`: what a shell needs to complete the command line.

use std::process::ExitCode;

use clap_complete::Shell;

use super::{command, print};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 哪种 shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut command = command();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "schoolbell", &mut script);
    print(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}

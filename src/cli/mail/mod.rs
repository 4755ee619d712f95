//! `mail`: the server tried, the queue looked at, what is held let go.

mod queue;
mod release;
mod test;

use std::path::Path;
use std::process::ExitCode;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// 发一封试信,逐步说明服务器怎么答、该改哪里
    Test {
        /// 发给谁
        address: String,
    },
    /// 列出还没有送出的信,和暂停待放行的一批
    Queue(queue::Arguments),
    /// 放行暂停的信:按此刻的情况重新计算,然后发出
    Release(release::Arguments),
}

pub(super) use release::reasons as held_for;

pub(super) fn run(config: &Path, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Test { address } => test::run(config, address),
        Command::Queue(arguments) => queue::run(config, arguments),
        Command::Release(arguments) => release::run(config, arguments),
    }
}

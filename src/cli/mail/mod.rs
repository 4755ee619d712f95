//! `mail`: the server tried, a letter looked at before it is sent, the queue, what is held let go.

mod inbox;
mod preview;
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
        #[arg(value_name = "邮箱")]
        address: String,
    },
    /// 看一封信长什么样:某个单位下一次收到这一阶的信时,信上写什么
    Preview(preview::Arguments),
    /// 列出还没有送出的信,和暂停待放行的一批
    Queue(queue::Arguments),
    /// 列出程序没有看懂、要人看的来信,和存下的附件
    Inbox(inbox::Arguments),
    /// 标明看过、处理了哪些来信,它们就不再列出
    Seen(inbox::Seen),
    /// 放行暂停的信:按此刻的情况重新计算,然后发出
    Release(release::Arguments),
}

pub(super) fn run(config: &Path, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Test { address } => test::run(config, address),
        Command::Preview(arguments) => preview::run(config, arguments),
        Command::Inbox(arguments) => inbox::run(config, arguments),
        Command::Seen(given) => inbox::seen(config, given),
        Command::Queue(arguments) => queue::run(config, arguments),
        Command::Release(arguments) => release::run(config, arguments),
    }
}

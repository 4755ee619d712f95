//! `run`: the daemon.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Speed;
use crate::daemon::{self, Options, Pretence};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 假定现在是这个时刻(RFC 3339),用来演练;只配本机邮件服务器
    #[arg(long, value_name = "时刻", value_parser = read_instant)]
    pretend_now: Option<Timestamp>,
    /// 假定的钟走多快:倍数,或 max
    #[arg(long, requires = "pretend_now", default_value = "1", value_name = "倍数", value_parser = read_speed)]
    speed: Speed,
    /// 假定的钟走到这个时刻就停
    #[arg(long, requires = "pretend_now", value_name = "时刻", value_parser = read_instant)]
    until: Option<Timestamp>,
    /// 假定的钟在每个发信时点等多久(真实时间),好让人回执,如 200ms、5s
    #[arg(long, requires = "pretend_now", default_value = "200ms", value_name = "时长", value_parser = read_wait)]
    linger: Duration,
}

fn read_instant(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| format!("“{text}”不是时刻,应如 2026-03-04T07:59:00+08:00"))
}

fn read_speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    text.parse::<f64>()
        .ok()
        .filter(|times| (0.001..=1e9).contains(times))
        .map(Speed::Times)
        .ok_or_else(|| format!("“{text}”不是速度,应是正数或 max"))
}

fn read_wait(text: &str) -> Result<Duration, String> {
    let bad = || format!("“{text}”不是时间,应如 200ms、5s");
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').ok_or_else(bad)?, 1.0),
    };
    let number: f64 = number.parse().map_err(|_| bad())?;
    Duration::try_from_secs_f64(number * unit).map_err(|_| bad())
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    super::log::begin();
    let options = Options {
        config: config.to_owned(),
        pretend: arguments.pretend_now.map(|now| Pretence {
            now,
            speed: arguments.speed,
            until: arguments.until,
            linger: arguments.linger,
        }),
    };
    // Two threads serve a province: the work is waiting for disks and servers.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()?;
    let say = |line: &str| {
        // A terminal that went away must not stop the bell.
        let _ = super::print(&format!("{line}\n"));
    };
    runtime.block_on(daemon::run(&options, &say))?;
    runtime.shutdown_timeout(Duration::from_secs(5));
    Ok(ExitCode::SUCCESS)
}

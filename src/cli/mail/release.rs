//! `mail release`: lets go what is held (rule 12). The daemon plans again and sends; nothing old is replayed.

use std::path::Path;
use std::process::ExitCode;

use crate::cli::answer::{Clerk, by_and_note};
use crate::cli::print;
use crate::core::fact::{Event, HoldReason};
use crate::core::state::State;

#[derive(clap::Args)]
pub(in crate::cli) struct Arguments {
    /// 谁放行的
    #[arg(long, value_name = "姓名", default_value = "管理员")]
    by: String,
    /// 说明
    #[arg(long, value_name = "文字", default_value = "")]
    note: String,
}

/// Why nothing goes out now; empty if nothing is held.
pub(in crate::cli) fn reasons(state: &State) -> Vec<HoldReason> {
    let held = state.hold.iter().flat_map(|held| held.reasons.clone());
    let mut reasons: Vec<_> = held.collect();
    for doubt in state.doubts.reasons() {
        if !reasons.contains(&doubt) {
            reasons.push(doubt);
        }
    }
    reasons
}

pub(super) fn run(config: &Path, given: &Arguments) -> anyhow::Result<ExitCode> {
    let clerk = Clerk::open(config)?;
    let (by, note) = by_and_note(&given.by, &given.note)?;
    let reasons = reasons(&clerk.state);
    if reasons.is_empty() {
        print("没有暂停的信,不用放行\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let locale = clerk.desk.loaded.locale();
    for reason in &reasons {
        print(&format!(
            "暂停的原因:{}\n",
            reason.in_words().in_locale(locale)
        ))?;
    }
    clerk.append(vec![Event::Released { by, note }])?;
    print(
        "已放行:服务运行着的话,几秒内按此刻的情况重新计算;在发信时间内(8:00 至 20:00)马上发出,否则在下一个时点发出\n",
    )?;
    Ok(ExitCode::SUCCESS)
}

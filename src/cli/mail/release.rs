//! `mail release`: lets go what is held (rule 12). The daemon plans again and sends; nothing old is replayed.

use std::path::Path;
use std::process::ExitCode;

use crate::cli::answer::{Counter, by_and_note};
use crate::cli::print;
use crate::core::fact::Event;

#[derive(clap::Args)]
pub(in crate::cli) struct Arguments {
    /// 谁放行的
    #[arg(long, value_name = "姓名", default_value = "管理员")]
    by: String,
    /// 说明
    #[arg(long, value_name = "文字", default_value = "")]
    note: String,
}

pub(super) fn run(config: &Path, given: &Arguments) -> anyhow::Result<ExitCode> {
    let mut counter = Counter::open(config)?;
    let (by, note) = by_and_note(&given.by, &given.note)?;
    let reasons = counter.record(None, |clerk| {
        let reasons = clerk.state.held_for();
        let released = Event::Released {
            by: by.clone(),
            note: note.clone(),
        };
        let events = (!reasons.is_empty()).then_some(released);
        Ok((events.into_iter().collect(), reasons))
    })?;
    if reasons.is_empty() {
        print("没有暂停的信,不用放行\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let locale = counter.desk.loaded.locale();
    for reason in &reasons {
        print(&format!(
            "暂停的原因:{}\n",
            reason.in_words().in_locale(locale)
        ))?;
    }
    print(
        "已放行:服务运行着的话,几秒内按此刻的情况重新计算;在发信时间内(8:00 至 20:00)马上发出,否则在下一个时点发出\n",
    )?;
    Ok(ExitCode::SUCCESS)
}

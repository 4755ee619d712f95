//! `rehearse`: a whole year with made-up people, in seconds. It touches neither the state folder nor any mail server.

mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::date;

use super::{Desk, print};
use crate::album::Album;
use crate::core::diagnostic::Locale;
use crate::core::rehearsal::{Rehearsal, Summary};

/// The seed where none is given: fixed, so that the same calendar gives the same year.
const SEED: u64 = 1;

/// What `--help` adds.
pub(super) const MORE: &str = "\
按现在的行事历和花名册走完一整年,由编出来的人按时回、拖着回、不回、重复回、申请延期、说不适用,也有退信的邮箱;
几秒钟就看得到每人收多少封信、哪天最忙、每校负担多重、有多少要上报。改了行事历再预演一次,两次一比就知道改得好不好。
不读也不写台账,不发任何邮件。有事才发的任务不在预演之列。同一个种子,结果一样。";

fn read_year(text: &str) -> Result<i16, String> {
    let year = text.parse().ok();
    year.filter(|year| (2000..=2100).contains(year))
        .ok_or_else(|| format!("“{text}”不是 2000 到 2100 之间的年份"))
}

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 预演哪一年;不写就是今年
    #[arg(long, value_name = "年份", value_parser = read_year)]
    year: Option<i16>,
    /// 种子:换一个数,人和邮箱的表现就换一遍
    #[arg(long, value_name = "数", default_value_t = SEED)]
    seed: u64,
    /// 把每封信和一个 index.html(可在浏览器里翻看)写进这个文件夹;要么不存在,要么是空的,要么是上次预演写的
    #[arg(long, value_name = "文件夹")]
    out: Option<PathBuf>,
    /// 输出格式
    #[arg(long, value_name = "格式", default_value = "text", value_parser = ["text", "json"])]
    format: String,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(config)?;
    let agenda = &desk.loaded.agenda;
    let year = arguments.year.unwrap_or_else(|| desk.today().year());
    let mut album = match &arguments.out {
        Some(folder) => Some(Album::begin(
            folder,
            agenda,
            &desk.settings.mail,
            &desk.settings.base_url,
        )?),
        None => None,
    };
    let bar = progress(year);
    let mut rehearsal = Rehearsal::new(agenda, year, arguments.seed);
    for step in rehearsal.by_ref() {
        bar.set_position(u64::try_from(step.day.day_of_year()).unwrap_or(0));
        for letter in &step.letters {
            if let Some(album) = &mut album {
                album.keep(letter)?;
            }
        }
    }
    bar.finish_and_clear();
    let summary = rehearsal.summary();
    let problems = match album {
        Some(album) => album.finish(&summary)?,
        None => Vec::new(),
    };
    let said = if arguments.format == "json" {
        format!(
            "{}\n",
            serde_json::to_string_pretty(&report::json(agenda, &summary, &problems))?
        )
    } else {
        let mut said = report::text(agenda, &summary, &problems);
        if let Some(folder) = &arguments.out {
            said.push_str(&where_it_is(folder, &summary, desk.loaded.locale()));
        }
        said
    };
    print(&said)?;
    Ok(ExitCode::SUCCESS)
}

fn where_it_is(folder: &Path, summary: &Summary, locale: Locale) -> String {
    let index = folder.join("index.html");
    match locale {
        Locale::Chinese => format!(
            "\n{}封信都在 {},用浏览器打开 {} 翻看\n",
            summary.letters(),
            folder.display(),
            index.display()
        ),
        Locale::English => format!(
            "\n{} letters are in {}; open {} in a browser\n",
            summary.letters(),
            folder.display(),
            index.display()
        ),
    }
}

/// A bar over the days of the year; indicatif shows it only where stderr is a terminal.
fn progress(year: i16) -> ProgressBar {
    let days = date(year, 12, 31).day_of_year();
    let bar = ProgressBar::new(u64::try_from(days).unwrap_or(0));
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

//! `man`: the manual.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Command;
use clap_mangen::Man;

use super::{command, print};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 写成一个个文件放进这个文件夹,每条命令一页;不写则把整本手册打印出来
    #[arg(long, value_name = "文件夹")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let command = command();
    let Some(folder) = &arguments.out else {
        print(&whole(&command)?)?;
        return Ok(ExitCode::SUCCESS);
    };
    fs::create_dir_all(folder).with_context(|| format!("建不了文件夹 {}", folder.display()))?;
    for below in with_all_below(&command) {
        let man = page(below);
        let path = folder.join(man.get_filename());
        let text = roff(|text| man.render(text))?;
        fs::write(&path, text).with_context(|| format!("写不了 {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One page that has it all: the program, then each command in a section of its own.
fn whole(command: &Command) -> anyhow::Result<String> {
    let man = page(command);
    let mut text = roff(|text| {
        man.render_title(text)?;
        man.render_name_section(text)?;
        man.render_synopsis_section(text)?;
        man.render_description_section(text)?;
        man.render_options_section(text)
    })?;
    for below in with_all_below(command).into_iter().skip(1) {
        let man = page(below);
        let name = below.get_bin_name().unwrap_or_else(|| below.get_name());
        let sections = roff(|text| {
            man.render_description_section(text)?;
            man.render_synopsis_section(text)?;
            man.render_options_section(text)
        })?;
        let _ = writeln!(text, ".SH {name:?}");
        text.push_str(&sections.replace(".SH ", ".SS "));
    }
    Ok(text)
}

fn with_all_below(command: &Command) -> Vec<&Command> {
    let below = command
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    std::iter::once(command)
        .chain(below.flat_map(with_all_below))
        .collect()
}

/// A command's page. With the date left out, its library would have the version stand in the date's place.
fn page(command: &Command) -> Man {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    Man::new(command.clone())
        .title(name.to_uppercase())
        .date(env!("CARGO_PKG_VERSION"))
        .source("schoolbell")
        .manual("校钟")
}

/// What the manual's library renders, with its headings in Chinese, and lines that can be broken.
fn roff(render: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    render(&mut bytes)?;
    let text = String::from_utf8(bytes)?;
    let headings = [
        (".SH NAME\n", ".SH 名称\n"),
        (".SH SYNOPSIS\n", ".SH 用法\n"),
        (".SH DESCRIPTION\n", ".SH 说明\n"),
        (".SH VERSION\n", ".SH 版本\n"),
    ];
    let text = headings
        .into_iter()
        .fold(text, |text, (en, zh)| text.replace(en, zh));
    Ok(text.lines().map(breakable).collect())
}

/// A line of roff that may be broken between two characters of Chinese, which has no spaces: else roff runs on past the
/// margin, or pulls the rest apart.
fn breakable(line: &str) -> String {
    if line.starts_with('.') {
        let ragged = if line.starts_with(".TH ") {
            "\n.ad l\n.nh"
        } else {
            ""
        };
        return format!("{line}{ragged}\n");
    }
    let mut text = String::with_capacity(line.len() * 2);
    let mut last = ' ';
    for c in line.chars() {
        let after = is_chinese(last) && !OPENING.contains(last) || MARKS.contains(last);
        if after && is_chinese(c) && !CLOSING.contains(c) {
            text.push_str("\\:");
        }
        text.push(c);
        last = c;
    }
    text.push('\n');
    text
}

/// No line ends with one of these.
const OPENING: &str = "（“《「";

/// None begins with one of these.
const CLOSING: &str = "。，、；：）”》」！？…";

/// What stands between Chinese words in the help.
const MARKS: &str = ",;:)";

fn is_chinese(c: char) -> bool {
    !c.is_ascii() && (c.is_alphanumeric() || OPENING.contains(c) || CLOSING.contains(c))
}

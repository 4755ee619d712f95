//! What clap says by itself, in Chinese: headings, usage, defaults, and what is wrong with a command line.

use std::error::Error as _;
use std::fmt::Write as _;

use clap::Command;
use clap::builder::{Arg, StyledStr};
use clap::error::{ContextKind, ContextValue, Error, ErrorFormatter, ErrorKind};

/// The command and all below it, in Chinese.
pub(super) fn in_chinese(mut command: Command) -> Command {
    command.build();
    spoken(command)
}

fn spoken(command: Command) -> Command {
    let mut command = command.subcommand_value_name("命令");
    let usage = plain_usage(&command.render_usage());
    command
        .help_template("{about-with-newline}\n用法:{usage}\n\n{all-args}{after-help}")
        .override_usage(usage)
        .subcommand_help_heading("命令")
        .mut_args(spoken_argument)
        .mut_subcommands(spoken)
}

/// A usage without its heading: ours differ from place to place.
fn plain_usage(usage: &StyledStr) -> String {
    let usage = usage.to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    usage.replace("[OPTIONS]", "[选项]")
}

fn spoken_argument(argument: Arg) -> Arg {
    let mut help = match argument.get_id().as_str() {
        "help" => "显示这份说明".to_owned(),
        "version" => "显示版本".to_owned(),
        _ => argument
            .get_help()
            .map(StyledStr::to_string)
            .unwrap_or_default(),
    };
    let words: Vec<_> = argument
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    if !words.is_empty() && argument.get_action().takes_values() {
        let _ = write!(help, " [可以写:{}]", words.join("、"));
    }
    let default = argument
        .get_default_values()
        .first()
        .map(|value| value.to_string_lossy().into_owned());
    if let Some(default) =
        default.filter(|value| !value.is_empty() && argument.get_action().takes_values())
    {
        let _ = write!(help, " [不写则为:{default}]");
    }
    let heading = if argument.is_positional() {
        "参数"
    } else {
        "选项"
    };
    argument
        .help(help)
        .help_heading(heading)
        .hide_possible_values(true)
        .hide_default_value(true)
}

/// What is wrong with a command line, said as everything else is said.
pub(super) struct Chinese;

impl ErrorFormatter for Chinese {
    fn format_error(error: &Error<Self>) -> StyledStr {
        let mut text = format!("错误:{}\n", wrong(error));
        let suggested = [
            ContextKind::SuggestedSubcommand,
            ContextKind::SuggestedArg,
            ContextKind::SuggestedValue,
        ];
        let suggested = suggested.into_iter().flat_map(|kind| said(error, kind));
        // The nearest comes last.
        if let Some(nearest) = suggested.last() {
            let _ = writeln!(text, "你是不是想写 {nearest}?");
        }
        if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
            let usage = plain_usage(usage);
            if error.kind() == ErrorKind::MissingRequiredArgument {
                text.push_str(&missing(&usage, &said(error, ContextKind::InvalidArg)));
            }
            let _ = writeln!(text, "\n用法:{usage}");
        }
        let _ = writeln!(text, "\n加 --help 看说明");
        text.into()
    }
}

/// What the arguments that are missing mean, a line each, by the help of the command that its usage names.
fn missing(usage: &str, names: &[String]) -> String {
    let mut command = &super::command();
    for word in usage.split(' ').skip(1) {
        match command.find_subcommand(word) {
            Some(below) => command = below,
            None => break,
        }
    }
    let mut text = String::new();
    for argument in command.get_arguments() {
        // A positional argument with its brackets, an option with its value's name.
        let name = argument.to_string();
        let help = argument.get_help().map(StyledStr::to_string);
        if let Some(help) = help.filter(|help| !help.is_empty() && names.contains(&name)) {
            let _ = writeln!(text, "{name}:{help}");
        }
    }
    text
}

fn wrong(error: &Error<Chinese>) -> String {
    let argument = said(error, ContextKind::InvalidArg).join("、");
    let value = said(error, ContextKind::InvalidValue).join("、");
    let allowed = said(error, ContextKind::ValidValue).join("、");
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = said(error, ContextKind::InvalidSubcommand).join("、");
            format!("没有命令 {word}")
        }
        ErrorKind::MissingSubcommand => {
            let allowed = said(error, ContextKind::ValidSubcommand).join("、");
            format!("还要写明哪条命令,可以写:{allowed}")
        }
        ErrorKind::UnknownArgument => format!("不认识 {argument}"),
        ErrorKind::MissingRequiredArgument => format!("还缺 {argument}"),
        ErrorKind::InvalidValue if value.is_empty() && allowed.is_empty() => {
            format!("{argument} 后面还要写值")
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            format!("{argument} 后面还要写值,可以写:{allowed}")
        }
        ErrorKind::InvalidValue => format!("{argument} 不能写“{value}”,可以写:{allowed}"),
        ErrorKind::ValueValidation => match error.source() {
            Some(source) if source.is::<std::num::ParseIntError>() => {
                format!("{argument} 要写整数,写的是“{value}”")
            }
            Some(source) => format!("{argument} 写得不对:{source}"),
            None => format!("{argument} 不能写“{value}”"),
        },
        ErrorKind::ArgumentConflict => {
            let prior = said(error, ContextKind::PriorArg).join("、");
            if prior == argument || prior.is_empty() {
                format!("{argument} 只能写一次")
            } else {
                format!("{argument} 不能和 {prior} 一起写")
            }
        }
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => {
            format!("{argument} 后面的值多了或少了")
        }
        ErrorKind::InvalidUtf8 => "命令里有不是 UTF-8 的文字".to_owned(),
        other => format!("命令写得不对({other})"),
    }
}

/// What clap knows of one side of it, as texts.
fn said(error: &Error<Chinese>, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) if !text.is_empty() => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

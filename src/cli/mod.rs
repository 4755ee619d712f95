//! The command line: one file a command.
mod answer;
mod backup;
mod check;
mod chinese;
mod completions;
mod dates;
mod diff;
mod duty_table;
mod export;
mod forget;
mod init;
mod ledger;
mod log;
mod mail;
mod man;
mod plan;
mod raise;
mod rehearse;
mod roster;
mod run;
mod schema;
mod status;
mod why;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::book::Book;
use crate::clock::Clock;
use crate::config::Settings;
use crate::core::plan::Slots;
use crate::core::state::State;
use crate::disk::why;
use crate::ledger::{Ledger, Nature};
use crate::load::{Loaded, load, load_kept};

/// The input is at fault.
const AT_FAULT: u8 = 1;

/// The command line is.
const USAGE: u8 = 2;

/// 校钟:按学校安全工作行事历发信提醒,收回执,逾期上报,留台账
#[derive(Parser)]
#[command(
    name = "schoolbell",
    version,
    disable_help_subcommand = true,
    after_help = "命令后面加 --help 看它的说明,如 schoolbell dates --help。\n退出码:0 正常,1 输入有错或有事要人处理,2 命令写错。"
)]
struct Arguments {
    /// 配置文件
    #[arg(
        long,
        global = true,
        default_value = "config/schoolbell.toml",
        value_name = "文件",
        display_order = 100
    )]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 启动服务:按行事历发信、收回执、逾期上报
    Run(run::Arguments),
    /// 检查行事历、花名册和配置,一次列出全部问题
    Check(check::Arguments),
    /// 列出各项职责的日期及其由来
    Dates(dates::Arguments),
    /// 列出若无人回执将发出的每一条通知
    Plan(plan::Arguments),
    /// 一处改动会带来什么:日期、新增、撤销,现在和以后发的信
    Diff(diff::Arguments),
    /// 新的一年启用之前,把全年预演一遍:每人多少封信、哪天最忙、每校负担多重
    #[command(after_help = rehearse::MORE)]
    Rehearse(rehearse::Arguments),
    /// 一项职责的来龙去脉:日期、已发、回执、接下来
    Why(why::Arguments),
    /// 有没有需要人处理的事
    Status,
    /// 代学校记一份回执,如电话里说的
    Answer(answer::Answer),
    /// 免办一项职责
    Waive(answer::Decision),
    /// 退回一份“已完成”,请学校再办
    Return(answer::Decision),
    /// 同意学校的申请(延期、不适用等)
    Grant(answer::Granting),
    /// 不同意学校的申请
    Refuse(answer::Decision),
    /// 给一项职责延期,学校没有申请也可以
    Extend(answer::Extending),
    /// 发起一项有事才发的任务,或发紧急通知
    Raise(raise::Raise),
    /// 导出台账,每行一条事实
    Ledger(ledger::Arguments),
    /// 把职责、回执、信件和台账导出成 Excel 表格
    Export(export::Arguments),
    /// 备份台账,服务在运行也可以
    Backup(backup::Backup),
    /// 用备份换掉台账;要先停服务
    Restore(backup::Restore),
    /// 从台账里删去一个人的姓名、邮箱和信;要先停服务
    Forget(forget::Arguments),
    /// 新建一个文件夹,放好配置、行事历和花名册模板
    Init(init::Arguments),
    /// 导入花名册
    #[command(subcommand)]
    Roster(roster::Command),
    /// Reads a workbook for its parent process, within limits.
    #[command(name = crate::sheet::CHILD_COMMAND, hide = true)]
    SheetRows,
    /// 试发信件,查看排队的,放行暂停的
    #[command(subcommand)]
    Mail(mail::Command),
    /// 各文件的 JSON Schema,供编辑器提示和核对
    Schema(schema::Arguments),
    /// 打印命令行自动补全的脚本
    Completions(completions::Arguments),
    /// 打印使用手册(roff 格式,给 man 看)
    Man(man::Arguments),
}

/// The command line, in Chinese.
fn command() -> clap::Command {
    chinese::in_chinese(Arguments::command())
}

fn parse() -> Result<Arguments, clap::Error> {
    Arguments::from_arg_matches(&command().try_get_matches()?)
}

/// Runs the program, and says once what went wrong.
pub fn main() -> ExitCode {
    let arguments = match parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let told = error.use_stderr();
            // Nobody is left to tell if the terminal is gone.
            let _ = error.apply::<chinese::Chinese>().print();
            return ExitCode::from(if told { USAGE } else { 0 });
        }
    };
    let config = arguments.config;
    let result = match arguments.command {
        Command::Run(arguments) => run::run(&config, &arguments),
        Command::Check(arguments) => check::run(&config, &arguments),
        Command::Dates(arguments) => dates::run(&config, &arguments),
        Command::Plan(arguments) => plan::run(&config, &arguments),
        Command::Diff(arguments) => diff::run(&config, &arguments),
        Command::Rehearse(arguments) => rehearse::run(&config, &arguments),
        Command::Why(arguments) => why::run(&config, &arguments),
        Command::Status => status::run(&config),
        Command::Answer(arguments) => answer::answer(&config, &arguments),
        Command::Waive(arguments) => answer::waive(&config, &arguments),
        Command::Return(arguments) => answer::give_back(&config, &arguments),
        Command::Grant(arguments) => answer::grant(&config, &arguments),
        Command::Refuse(arguments) => answer::refuse(&config, &arguments),
        Command::Extend(arguments) => answer::extend(&config, &arguments),
        Command::Raise(arguments) => raise::run(&config, &arguments),
        Command::Ledger(arguments) => ledger::run(&config, &arguments),
        Command::Export(arguments) => export::run(&config, &arguments),
        Command::Backup(arguments) => backup::backup(&config, &arguments),
        Command::Restore(arguments) => backup::restore(&config, &arguments),
        Command::Forget(arguments) => forget::run(&config, &arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Roster(command) => roster::run(&config, &command),
        Command::SheetRows => rows_of_stdin(),
        Command::Mail(command) => mail::run(&config, &command),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            if is_closed_pipe(&error) {
                return ExitCode::SUCCESS;
            }
            log::told(&chain(&error));
            ExitCode::from(AT_FAULT)
        }
    }
}

/// Whether the reader of our output went away, as `head` does: no fault of anybody's.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// An error with its causes, said once.
fn chain(error: &anyhow::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in error.chain() {
        let words = match cause.downcast_ref::<std::io::Error>() {
            Some(error) => why(error).zh,
            None => cause.to_string(),
        };
        if !said.iter().any(|before| before.contains(&words)) {
            said.push(words);
        }
    }
    said.join(":")
}

/// Settings, calendar and roster, with errors refused and shown.
struct Desk {
    settings: Settings,
    loaded: Loaded,
    now: Timestamp,
}

impl Desk {
    fn open(config: &std::path::Path) -> anyhow::Result<Self> {
        let settings = Settings::read(config)?;
        let loaded = load(&settings);
        if loaded.has_errors() {
            anstream::eprintln!("{}", loaded.report(true));
            anyhow::bail!("行事历或花名册有错,先用 schoolbell check 改正");
        }
        Ok(Self {
            settings,
            loaded,
            now: Clock::Real.now(),
        })
    }

    fn today(&self) -> Date {
        Slots::new(&self.loaded.agenda.calendar).day(self.now)
    }

    /// As `open`; but where the files on disk are broken, with the version that is in force. Somebody else's half-saved
    /// edit must not keep a telephoned answer from being recorded.
    fn in_force(config: &std::path::Path) -> anyhow::Result<Self> {
        let settings = Settings::read(config)?;
        let loaded = load(&settings);
        if !loaded.has_errors() {
            return Self::open(config);
        }
        let kept = match ledger_of(&settings)? {
            Some(ledger) => kept(&settings, &ledger)?,
            None => None,
        };
        let Some((loaded, _)) = kept else {
            return Self::open(config);
        };
        anstream::eprintln!(
            "提醒:磁盘上的行事历或花名册有错(请看 schoolbell check);这里按仍在使用的版本办理"
        );
        Ok(Self {
            settings,
            loaded,
            now: Clock::Real.now(),
        })
    }

    /// The ledger, if there is one.
    fn ledger(&self) -> anyhow::Result<Option<Ledger>> {
        ledger_of(&self.settings)
    }

    /// The ledger's book; an empty one where there is no ledger.
    fn book(&self) -> anyhow::Result<(Book, Option<Ledger>)> {
        let ledger = self.ledger()?;
        let book = match &ledger {
            Some(ledger) => Book::open(ledger, &self.loaded.agenda)?,
            None => Book::default(),
        };
        Ok((book, ledger))
    }

    /// The folded ledger; an empty state where there is none. What is over is on its shelf.
    fn state(&self) -> anyhow::Result<(State, Option<Ledger>)> {
        let (state, ledger, _) = self.state_and_time()?;
        Ok((state, ledger))
    }

    /// As `state`, with the time it is: now, or for a pretended ledger the moment of its last fact.
    fn state_and_time(&self) -> anyhow::Result<(State, Option<Ledger>, Timestamp)> {
        let (book, ledger) = self.book()?;
        let pretended = ledger
            .as_ref()
            .is_some_and(|ledger| ledger.nature() == Nature::Pretend);
        let now = book.state.last_fact.filter(|_| pretended);
        Ok((book.state, ledger, now.unwrap_or(self.now)))
    }
}

/// The ledger, if there is one.
fn ledger_of(settings: &Settings) -> anyhow::Result<Option<Ledger>> {
    if !settings.state.is_dir() {
        return Ok(None);
    }
    Ok(Ledger::open_existing(&settings.state)?)
}

/// The version of calendar and roster that came into force last, as the ledger keeps it, and when it did; `None` where
/// none is kept that this program can use.
fn kept(settings: &Settings, ledger: &Ledger) -> anyhow::Result<Option<(Loaded, Timestamp)>> {
    let Some((_, version, since)) = ledger.versions()?.pop() else {
        return Ok(None);
    };
    let files = ledger.version(&version)?;
    let loaded = files.map(|files| load_kept(settings, &files));
    let sound = loaded.filter(|loaded| !loaded.has_errors());
    Ok(sound.map(|loaded| (loaded, since)))
}

/// Whether the person at the terminal says yes; no where there is none to ask.
fn confirmed(question: &str) -> anyhow::Result<bool> {
    use std::io::IsTerminal as _;
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print(&format!("{question} [y/n] "))?;
    std::io::Write::flush(&mut std::io::stdout())?;
    let mut said = String::new();
    std::io::stdin().read_line(&mut said)?;
    Ok(matches!(said.trim(), "y" | "Y" | "yes" | "是" | "好"))
}

fn rows_of_stdin() -> anyhow::Result<ExitCode> {
    crate::sheet::rows_of_stdin()?;
    Ok(ExitCode::SUCCESS)
}

fn read_day(text: &str) -> Result<Date, String> {
    crate::core::written::read_day(text).ok_or_else(|| format!("“{text}”不是日期,应如 2026-03-04"))
}

/// Writes a line, and lets a closed pipe be known instead of panicking.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).context("写不到终端")?;
    Ok(())
}

/// An instant as the ledger writes it: RFC 3339 with the calendar's offset.
fn stamp(at: Timestamp, zone: &jiff::tz::TimeZone) -> String {
    let zoned = at.to_zoned_datetime(zone.clone());
    at.display_with_offset(zoned.offset()).to_string()
}

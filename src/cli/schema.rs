//! `schema`: JSON Schemas of the files that people edit.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;

use super::print;
use crate::schema::Schema;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// 哪种文件:calendar 是 calendar.toml,tasks 是各月的任务,config 是 schoolbell.toml,roster 是花名册的一行
    #[arg(value_name = "文件", value_parser = PossibleValuesParser::new(Schema::ALL.map(Schema::name)))]
    name: String,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let schema = Schema::from_name(&arguments.name).map_or(String::new(), Schema::text);
    print(&schema)?;
    Ok(ExitCode::SUCCESS)
}

//! JSON Schemas of the files an admin edits: editors complete and check by them, other programs too.
//!
//! The readers are the law, and these say as much of it as a schema can. Words come from the readers' own tables; that
//! keys, types and bounds agree is held by `tests/it/schema/`, which gives both the same files.

mod calendar;
mod config;
mod form;
mod ladder;
mod roster;
mod tasks;
mod year;

use serde_json::{Map, Value};

use self::form::Form;

/// The files there are schemas for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// `calendar.toml`
    Calendar,
    /// `01.toml` … `12.toml`, `standing.toml`
    Tasks,
    /// `school-year.toml`
    SchoolYear,
    /// `holidays/2026.toml` and its like
    Holidays,
    /// `schoolbell.toml`
    Config,
    /// A row of `roster.csv`, as an object of its columns
    Roster,
}

impl Schema {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Calendar,
        Self::Tasks,
        Self::SchoolYear,
        Self::Holidays,
        Self::Config,
        Self::Roster,
    ];

    /// What it is asked for by, and its file's name without the ending.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Tasks => "tasks",
            Self::SchoolYear => "school-year",
            Self::Holidays => "holidays",
            Self::Config => "config",
            Self::Roster => "roster",
        }
    }

    /// The schema with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|schema| schema.name() == name)
    }

    /// The schema. Draft 7 is what the TOML editors (taplo, Even Better TOML) know best; every validator knows it.
    pub fn json(self) -> Value {
        let (title, form) = self.form();
        let mut schema = Map::new();
        schema.insert(
            "$schema".to_owned(),
            "http://json-schema.org/draft-07/schema#".into(),
        );
        schema.insert("title".to_owned(), title.into());
        schema.extend(form.into_map());
        Value::Object(schema)
    }

    /// The schema as its file has it.
    pub fn text(self) -> String {
        format!("{:#}\n", self.json())
    }

    fn form(self) -> (&'static str, Form) {
        match self {
            Self::Calendar => ("calendar.toml", calendar::head()),
            Self::Tasks => ("calendar/*.toml", tasks::page()),
            Self::SchoolYear => ("school-year.toml", year::school_year()),
            Self::Holidays => ("holidays/*.toml", year::holidays()),
            Self::Config => ("schoolbell.toml", config::settings()),
            Self::Roster => ("roster.csv", roster::row()),
        }
    }
}

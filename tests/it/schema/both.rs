//! One file, given to the reader and to an independent validator of its schema.

use std::fs;

use jsonschema::Validator;
use schoolbell::config::Settings;
use schoolbell::core::calendar;
use schoolbell::core::diagnostic::{Diagnostic, Faults, Severity, Text};
use schoolbell::core::roster::read_csv;
use schoolbell::schema::Schema;
use serde_json::Value;

/// What `calendar.toml` says where another file is looked at.
const HEAD: &str = r#"
title = "浒山试点行事历"
timezone = "Asia/Shanghai"
[tags]
boarding = "寄宿制"
"#;

/// A schema with the validator that was built from it.
pub(super) struct Both {
    pub(super) schema: Schema,
    validator: Validator,
}

impl Both {
    pub(super) fn new(schema: Schema) -> Self {
        let validator = jsonschema::draft7::options()
            .should_validate_formats(true)
            .build(&schema.json())
            .unwrap();
        Self { schema, validator }
    }

    /// What the schema has against a file.
    pub(super) fn schema_says(&self, file: &toml::Table) -> Vec<String> {
        let json = as_json(&toml::Value::Table(file.clone()));
        self.validator
            .iter_errors(&json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }

    /// What the reader has against it.
    pub(super) fn reader_says(&self, file: &toml::Table) -> Vec<String> {
        let errors = self.diagnostics(file).into_iter();
        errors
            .filter(|found| found.severity == Severity::Error)
            .map(|found| {
                let label = found.mark.map(|mark| mark.label.en);
                format!("{} ({})", found.message.en, label.unwrap_or_default())
            })
            .collect()
    }

    /// The reader's findings.
    pub(super) fn diagnostics(&self, file: &toml::Table) -> Vec<Diagnostic> {
        let faults = Faults::default();
        if self.schema == Schema::Roster {
            read_csv("roster.csv", as_csv(file).as_bytes(), &faults);
            return faults.into_sorted();
        }
        let toml = toml::to_string(file).unwrap();
        if self.schema == Schema::Config {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("schoolbell.toml");
            fs::write(&path, toml).unwrap();
            Settings::survey(&path, &faults).unwrap();
            return faults.into_sorted();
        }
        let name = match self.schema {
            Schema::Calendar => "calendar.toml",
            Schema::Tasks => "05.toml",
            Schema::SchoolYear => "school-year.toml",
            _ => "holidays/2026.toml",
        };
        let mut files = vec![Text::decode(name, toml.as_bytes(), &faults).unwrap()];
        if self.schema != Schema::Calendar {
            files.push(Text::decode("calendar.toml", HEAD.as_bytes(), &faults).unwrap());
        }
        calendar::read(&files, &faults);
        faults.into_sorted()
    }
}

/// A row's columns and fields as a file of its own.
fn as_csv(row: &toml::Table) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let header: Vec<_> = row.keys().map(|header| quoted(header)).collect();
    let fields: Vec<_> = row
        .values()
        .map(|field| quoted(field.as_str().unwrap()))
        .collect();
    format!("{}\n{}\n", header.join(","), fields.join(","))
}

/// TOML as editors hand it to a schema: dates and times as texts.
pub(super) fn as_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(boolean) => (*boolean).into(),
        toml::Value::Datetime(datetime) => datetime.to_string().into(),
        toml::Value::Array(array) => array.iter().map(as_json).collect(),
        toml::Value::Table(table) => table
            .iter()
            .map(|(key, value)| (key.clone(), as_json(value)))
            .collect(),
    }
}

/// One step into a file: a key, or a place in an array.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Key(&'static str),
    At(usize),
}

/// The table that a path leads to.
pub(super) fn table_at<'a>(file: &'a mut toml::Table, path: &[Step]) -> &'a mut toml::Table {
    let Some((first, rest)) = path.split_first() else {
        return file;
    };
    let Step::Key(key) = first else {
        panic!("a table has keys")
    };
    let mut value = &mut file[*key];
    let mut rest = rest;
    while let Some((Step::At(at), after)) = rest.split_first() {
        value = &mut value.as_array_mut().unwrap()[*at];
        rest = after;
    }
    table_at(value.as_table_mut().unwrap(), rest)
}

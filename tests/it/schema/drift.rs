//! Schema and reader are given the same spoilt files, key by key: each key left out, of each wrong type, and a key that
//! nobody knows. What one refuses the other refuses. Whoever adds a key to a reader fails here until the schema and the
//! sample have it too.

use std::collections::BTreeSet;

use schoolbell::schema::Schema;
use serde_json::Value;

use super::both::{Both, Step, table_at};
use super::sample;
use Step::{At, Key};

/// Every table there is, by the way to it in its sample.
const TABLES: [(Schema, &[Step]); 20] = [
    (Schema::Calendar, &[]),
    (Schema::Calendar, &[Key("ladder")]),
    (Schema::Calendar, &[Key("ladder"), Key("escalate"), At(1)]),
    (Schema::Calendar, &[Key("ladder"), Key("nag")]),
    (Schema::Calendar, &[Key("burden")]),
    (Schema::Calendar, &[Key("adjust"), At(0)]),
    (Schema::Tasks, &[]),
    (Schema::Tasks, &[Key("task"), At(0)]),
    (Schema::SchoolYear, &[]),
    (Schema::SchoolYear, &[Key("term"), At(0)]),
    (Schema::SchoolYear, &[Key("break"), At(0)]),
    (Schema::SchoolYear, &[Key("day"), At(0)]),
    (Schema::Holidays, &[]),
    (Schema::Holidays, &[Key("holiday"), At(0)]),
    (Schema::Config, &[]),
    (Schema::Config, &[Key("web")]),
    (Schema::Config, &[Key("mail")]),
    (Schema::Config, &[Key("backup")]),
    (Schema::Config, &[Key("mail"), Key("smtp")]),
    (Schema::Config, &[Key("mail"), Key("rate")]),
];

/// What the sample of a table leaves out, and why.
fn left_out(schema: Schema, path: &[Step]) -> &'static [&'static str] {
    match (schema, path) {
        // It would change what `due` may be; another task of the sample has it.
        (Schema::Tasks, [_, _]) => &["when"],
        _ => &[],
    }
}

/// The part of a schema that speaks of a table.
fn schema_at(schema: &Value, path: &[Step]) -> Value {
    let mut at = schema.clone();
    for step in path {
        at = match step {
            Key(key) => at["properties"][key].clone(),
            At(_) => at["items"].clone(),
        };
        if let Some(branches) = at["anyOf"].as_array() {
            let table = branches.iter().find(|branch| branch["type"] == "object");
            at = table.cloned().unwrap_or(at);
        }
    }
    at
}

fn keys_of(schema: Schema, path: &[Step]) -> BTreeSet<String> {
    let at = schema_at(&schema.json(), path);
    let keys = at["properties"].as_object().unwrap();
    keys.keys().cloned().collect()
}

#[test]
fn the_samples_are_good_and_whole() {
    for schema in Schema::ALL {
        let both = Both::new(schema);
        let sample = sample(schema);
        assert_eq!(both.schema_says(&sample), [""; 0], "{schema:?}");
        assert_eq!(both.reader_says(&sample), [""; 0], "{schema:?}");
    }
    for (schema, path) in TABLES {
        let mut sample = sample(schema);
        let there: BTreeSet<_> = table_at(&mut sample, path).keys().cloned().collect();
        let mut known = keys_of(schema, path);
        for key in left_out(schema, path) {
            assert!(known.remove(*key), "{schema:?} {path:?} {key}");
        }
        assert_eq!(there, known, "{schema:?} {path:?}");
    }
}

/// The keys that a reader lists when it meets one it does not know are those of the schema.
#[test]
fn the_reader_knows_the_same_keys() {
    for (schema, path) in TABLES {
        let both = Both::new(schema);
        let mut file = sample(schema);
        table_at(&mut file, path).insert("zzz".to_owned(), 1.into());
        assert!(!both.schema_says(&file).is_empty(), "{schema:?} {path:?}");
        let found = both.diagnostics(&file);
        let unknown: Vec<_> = found
            .into_iter()
            .filter(|found| found.message.en == "unknown key zzz")
            .collect();
        assert_eq!(unknown.len(), 1, "{schema:?} {path:?}");
        let label = unknown[0].mark.clone().unwrap().label.en;
        let listed = label.strip_prefix("allowed: ").unwrap();
        let listed: BTreeSet<_> = listed.split(", ").map(str::to_owned).collect();
        assert_eq!(listed, keys_of(schema, path), "{schema:?} {path:?}");
    }
}

#[test]
fn both_miss_the_same_keys() {
    for (schema, path) in TABLES {
        let both = Both::new(schema);
        let mut sample = sample(schema);
        for key in table_at(&mut sample, path).clone().keys() {
            let mut file = sample.clone();
            table_at(&mut file, path).remove(key);
            agree(&both, &file, &format!("{path:?} without {key}"));
        }
    }
}

#[test]
fn both_refuse_the_same_types() {
    let wrong: toml::Table = toml::from_str(
        r#"
        values = [true, false, 7, -1, 3.5, "", "\u0001", "zzz!", [], [7], ["zzz!"], [{}], {}, { zzz = 1 }]
        "#,
    )
    .unwrap();
    let mut looked_at = 0;
    for (schema, path) in TABLES {
        let both = Both::new(schema);
        let mut sample = sample(schema);
        for key in table_at(&mut sample, path).clone().keys() {
            for value in wrong["values"].as_array().unwrap() {
                let mut file = sample.clone();
                table_at(&mut file, path).insert(key.clone(), value.clone());
                if !may_differ(key, value) {
                    agree(&both, &file, &format!("{path:?} {key} = {value}"));
                    looked_at += 1;
                }
            }
        }
    }
    assert!(looked_at > 900, "{looked_at}");
}

/// Where schema and reader may differ.
fn may_differ(key: &str, value: &toml::Value) -> bool {
    match key {
        // A schema knows neither the words of dates and audiences, nor which time zones there are.
        "due" | "audience" | "timezone" => value.as_str() == Some("zzz!"),
        _ => false,
    }
}

/// Both take it, or both refuse it.
pub(super) fn agree(both: &Both, file: &toml::Table, what: &str) {
    let (schema, reader) = (both.schema_says(file), both.reader_says(file));
    assert_eq!(
        schema.is_empty(),
        reader.is_empty(),
        "{:?} {what}\nschema: {schema:#?}\nreader: {reader:#?}",
        both.schema
    );
}

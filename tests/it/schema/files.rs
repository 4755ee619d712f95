//! What is shipped under `config/schema/`, and the files that point at it.

use std::fs;
use std::process::Command;

use schoolbell::schema::Schema;

use super::both::{Both, as_json};
use super::{root, sample};

/// The schemas' files are what the program prints. `UPDATE_EXPECT=1 cargo test schema` writes them anew.
#[test]
fn the_shipped_schemas_are_those_printed() {
    let folder = root().join("config/schema");
    let mut differing = Vec::new();
    for schema in Schema::ALL {
        let output = Command::new(env!("CARGO_BIN_EXE_schoolbell"))
            .args(["schema", schema.name()])
            .output()
            .unwrap();
        assert!(output.status.success(), "schema {}", schema.name());
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed, schema.text());
        let path = folder.join(format!("{}.json", schema.name()));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &printed).unwrap();
        }
        if fs::read_to_string(&path).unwrap_or_default() != printed {
            differing.push(path);
        }
    }
    assert!(
        differing.is_empty(),
        "UPDATE_EXPECT=1 cargo test schema writes them anew: {differing:?}"
    );
    let mut there: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let mut wanted = Schema::ALL.map(|schema| format!("{}.json", schema.name()));
    wanted.sort();
    assert_eq!(there, wanted);
}

#[test]
fn each_schema_is_a_schema() {
    for schema in Schema::ALL {
        let json = schema.json();
        assert!(jsonschema::meta::is_valid(&json), "{}", schema.name());
        assert!(
            jsonschema::draft7::meta::is_valid(&json),
            "{}",
            schema.name()
        );
    }
}

/// Every key says what it means in Chinese and in English.
#[test]
fn each_key_is_described_in_both_languages() {
    fn walk(at: &str, schema: &serde_json::Value, silent: &mut Vec<String>) {
        for (key, value) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}.{key}");
            let said = value["description"].as_str().unwrap_or_default();
            let chinese = said.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            let english = said.rsplit(['。', ';']).next().unwrap_or_default();
            if !chinese || !english.trim().contains(|c: char| c.is_ascii_alphabetic()) {
                silent.push(at.clone());
            }
            walk(&at, value, silent);
            walk(&at, &value["items"], silent);
        }
        for branch in schema["anyOf"].as_array().into_iter().flatten() {
            walk(at, branch, silent);
        }
    }
    for schema in Schema::ALL {
        let mut silent = Vec::new();
        walk(schema.name(), &schema.json(), &mut silent);
        assert!(silent.is_empty(), "{silent:?}");
    }
}

/// The schema a shipped TOML file is of.
fn of(name: &str) -> Schema {
    match name {
        "config/schoolbell.toml" => Schema::Config,
        "calendar/calendar.toml" => Schema::Calendar,
        "calendar/school-year.toml" => Schema::SchoolYear,
        _ if name.starts_with("calendar/holidays/") => Schema::Holidays,
        _ => Schema::Tasks,
    }
}

#[test]
fn every_shipped_toml_is_valid_and_names_its_schema() {
    let mut shipped = crate::tidy::files("calendar", "toml");
    shipped.extend(crate::tidy::files("config", "toml"));
    assert!(shipped.len() >= 20, "{shipped:?}");
    for name in shipped {
        let path = root().join(&name);
        let text = fs::read_to_string(&path).unwrap();
        let schema = of(&name);
        let first = text.lines().next().unwrap_or_default();
        let named = first.strip_prefix("#:schema ").unwrap_or_default();
        let target = path.parent().unwrap().join(named);
        let target = target
            .canonicalize()
            .unwrap_or_else(|error| panic!("{name}: {first:?}: {error}"));
        let wanted = root().join(format!("config/schema/{}.json", schema.name()));
        assert_eq!(target, wanted.canonicalize().unwrap(), "{name}");
        let both = Both::new(schema);
        let found = both.schema_says(&toml::from_str(&text).unwrap());
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn every_row_of_the_shipped_roster_is_valid() {
    let both = Both::new(Schema::Roster);
    let mut csv = csv::Reader::from_path(root().join("config/roster.csv")).unwrap();
    let headers = csv.headers().unwrap().clone();
    let mut rows = 0;
    for record in csv.records() {
        let record = record.unwrap();
        let row: toml::Table = headers
            .iter()
            .zip(record.iter())
            .map(|(header, field)| (header.to_owned(), field.to_owned().into()))
            .collect();
        let found = both.schema_says(&row);
        assert!(found.is_empty(), "{row:?}: {found:?}");
        rows += 1;
    }
    assert!(rows >= 30);
}

/// Writing out what a schema gives as the default changes nothing.
#[test]
fn the_defaults_of_the_settings_are_the_settings_defaults() {
    fn defaults(schema: &serde_json::Value) -> serde_json::Value {
        let keys = schema["properties"].as_object().unwrap().iter();
        keys.filter_map(|(key, form)| match form.get("default") {
            Some(default) => Some((key.clone(), default.clone())),
            None if form["type"] == "object" => Some((key.clone(), defaults(form))),
            None => None,
        })
        .collect()
    }
    let written = toml::to_string(&defaults(&Schema::Config.json())).unwrap();
    assert!(written.lines().count() >= 20, "{written}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schoolbell.toml");
    let settings = |text: &str| {
        fs::write(&path, text).unwrap();
        format!("{:?}", schoolbell::config::Settings::read(&path).unwrap())
    };
    assert_eq!(settings(&written), settings(""));
}

/// And of the calendar.
#[test]
fn the_defaults_of_the_calendar_are_the_calendars_defaults() {
    use schoolbell::core::calendar;
    use schoolbell::core::diagnostic::{Faults, Text};
    let read = |head: &str, page: &str| {
        let faults = Faults::default();
        let files = [("calendar.toml", head), ("05.toml", page)]
            .map(|(name, text)| Text::decode(name, text.as_bytes(), &faults).unwrap());
        let calendar = calendar::read(&files, &faults);
        assert!(!faults.any_error(), "{:?}", faults.into_sorted());
        calendar
    };
    let with_defaults = |schema: &serde_json::Value, text: &str| {
        let mut table: toml::Table = toml::from_str(text).unwrap();
        for (key, form) in schema["properties"].as_object().unwrap() {
            if let Some(default) = form.get("default") {
                table.insert(key.clone(), toml::Value::try_from(default).unwrap());
            }
        }
        table
    };
    let head = "title = \"浒山\"\ntimezone = \"Asia/Shanghai\"\n";
    let schema = Schema::Calendar.json();
    let mut full = with_defaults(&schema, head);
    let ladder = with_defaults(&schema["properties"]["ladder"], "");
    assert_eq!(ladder.len(), 7);
    full.insert("ladder".to_owned(), ladder.into());
    let task = "id = \"drill\"\ntitle = \"演练\"\ndue = \"5月12日\"\naudience = \"school\"\norigin = \"seed\"\n";
    let form = &Schema::Tasks.json()["properties"]["task"]["items"];
    let mut page = toml::Table::new();
    page.insert("task".to_owned(), vec![with_defaults(form, task)].into());
    let plain = read(head, &format!("[[task]]\n{task}"));
    let written = read(
        &toml::to_string(&full).unwrap(),
        &toml::to_string(&page).unwrap(),
    );
    assert_eq!(plain.ladder, written.ladder);
    assert_eq!(plain.send_at, written.send_at);
    assert_eq!(plain.locale, written.locale);
    let (plain, written) = (&plain.tasks["drill"], &written.tasks["drill"]);
    assert_eq!(plain.every, written.every);
    assert_eq!(plain.times, written.times);
}

/// Dates are texts to a schema, whichever way they are written.
#[test]
fn dates_in_quotes_and_bare_ones_are_alike() {
    let json = as_json(&toml::Value::Table(sample(Schema::Holidays)));
    assert_eq!(json["holiday"][0]["off"][0], "2026-01-01");
    assert_eq!(json["holiday"][0]["off"][1], "2026-01-02");
}

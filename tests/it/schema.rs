//! The JSON Schemas: shipped as printed, true of what is shipped, and of one mind with the readers.

mod both;
mod cases;
mod drift;
mod files;

use std::path::Path;

use schoolbell::schema::Schema;

/// The project's own folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A whole file of each kind, with every key it may have.
fn sample(schema: Schema) -> toml::Table {
    let text = match schema {
        Schema::Calendar => include_str!("schema/samples/calendar.toml"),
        Schema::Tasks => include_str!("schema/samples/tasks.toml"),
        Schema::SchoolYear => include_str!("schema/samples/school-year.toml"),
        Schema::Holidays => include_str!("schema/samples/holidays.toml"),
        Schema::Config => include_str!("schema/samples/config.toml"),
        Schema::Roster => include_str!("schema/samples/roster.toml"),
    };
    toml::from_str(text).unwrap()
}

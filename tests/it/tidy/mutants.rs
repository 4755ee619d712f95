//! The ways to break the program are still ways to break it: the texts they replace are there, and so are their tests.

use serde::Deserialize;

use super::{none, read, root};

const TABLE: &str = "tests/mutants.toml";

/// Fewer would prove little.
const FEWEST: usize = 25;

/// What no test can notice may be so many.
const MOST_EXCUSED: usize = 3;

#[derive(Deserialize)]
struct Mutants {
    mutant: Vec<Mutant>,
}

#[derive(Deserialize)]
struct Mutant {
    what: String,
    file: String,
    old: String,
    new: String,
    tests: Vec<String>,
    excused: Option<String>,
}

#[test]
fn every_mutant_still_breaks_something() {
    let table: Mutants = toml::from_str(&read(TABLE)).unwrap();
    let main = read("tests/it/main.rs");
    let mut faults = Vec::new();
    for mutant in &table.mutant {
        let found = read(&mutant.file).matches(&mutant.old).count();
        if found != 1 || mutant.old == mutant.new {
            let what = &mutant.what;
            faults.push(format!(
                "{TABLE}: {what}: what it replaces is there {found} times"
            ));
        }
        for filter in &mutant.tests {
            let module = filter.split("::").next().unwrap_or_default();
            // Or a module of the library, with tests of its own.
            let own = format!("src/{}.rs", filter.replace("::", "/"));
            let has_own = std::fs::read_to_string(root().join(own))
                .is_ok_and(|text| text.contains("mod tests"));
            if !has_own && !main.contains(&format!("mod {module};")) {
                faults.push(format!("{TABLE}: {}: no tests {filter}", mutant.what));
            }
        }
    }
    let excused = table
        .mutant
        .iter()
        .filter(|one| one.excused.is_some())
        .count();
    if table.mutant.len() < FEWEST + excused || excused > MOST_EXCUSED {
        faults.push(format!(
            "{TABLE}: {} mutants, {excused} excused",
            table.mutant.len()
        ));
    }
    none(faults);
}

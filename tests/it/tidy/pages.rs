//! The two pages that teach the calendar: every entry of theirs is sound beside what is shipped, every command runs, and
//! both teach the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use schoolbell::config::Settings;
use schoolbell::core::calendar::{Schedule, Task};
use schoolbell::core::dates::DateForm;
use schoolbell::load::{Loaded, load};

use super::docs::{house, run, runnable, spans};
use super::read;

const PAGES: [&str; 2] = ["docs/calendar.zh-CN.md", "docs/calendar.md"];

/// The TOML blocks of a page: what its fence says after `toml`, and the text.
fn entries(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(file) = line.strip_prefix("```toml") else {
            continue;
        };
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        found.push((file.trim().to_owned(), block.join("\n")));
    }
    found
}

/// Adds a page's entries to the calendar of a house, where an officer would.
fn follow(page: &str, house: &Path) {
    for (file, block) in entries(page) {
        let file = if file.is_empty() { "04.toml" } else { &file };
        let path = house.join("calendar").join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}\n{block}\n")).unwrap();
    }
}

fn loaded(house: &Path) -> Loaded {
    let settings = Settings::read(&house.join("config/schoolbell.toml")).unwrap();
    load(&settings)
}

/// What is found wrong, without its place.
fn findings(loaded: &Loaded) -> Vec<String> {
    let found = loaded.findings.iter();
    found.map(|found| found.message.zh.clone()).collect()
}

/// What a task asks, in whatever language it was written.
fn meaning(task: &Task) -> String {
    let due_at = task.due_at.iter().map(|at| (&at.audience, at.shift));
    format!(
        "{:?} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        task.every,
        task.times,
        task.schedule,
        task.due_time,
        task.patch,
        task.audience,
        task.after,
        task.met_by,
        task.skip_below_teaching_days,
        due_at.collect::<Vec<_>>()
    )
}

#[test]
fn every_entry_is_sound_and_both_teach_the_same() {
    let shipped = findings(&loaded(house().path()));
    let taught = PAGES.map(|name| {
        let house = house();
        follow(&read(name), house.path());
        let loaded = loaded(house.path());
        let new: Vec<_> = findings(&loaded)
            .into_iter()
            .filter(|words| !shipped.contains(words))
            // All of them on top of a full year is more than a school should bear, and nobody's calendar.
            .filter(|words| !words.contains("负担超过上限"))
            .collect();
        assert!(new.is_empty(), "{name}: {}", loaded.report(false));
        let ids = read(name);
        let ids = ids
            .lines()
            .filter_map(|line| line.strip_prefix("id       = \""));
        let tasks: BTreeMap<String, String> = ids
            .map(|rest| {
                let id = rest.split('"').next().unwrap();
                let task = &loaded.agenda.calendar.tasks[id];
                assert!(
                    !loaded.agenda.groups(task).is_empty(),
                    "{name}: {id} is for nobody"
                );
                (id.to_owned(), meaning(task))
            })
            .collect();
        tasks
    });
    assert!(taught[0].len() >= 6, "the entries are gone");
    assert_eq!(taught[0], taught[1]);
}

/// Whoever copies the first task has its date: it is asked of every school in its year.
#[test]
fn the_first_task_is_asked() {
    let house = house();
    follow(&read(PAGES[0]), house.path());
    let loaded = loaded(house.path());
    let task = &loaded.agenda.calendar.tasks["lightning-rod-test"];
    assert!(matches!(task.schedule, Schedule::Dated(_)));
    let found = loaded.agenda.occurrence(task, "2026".parse().unwrap(), 0);
    assert_eq!(found.dated.unwrap().due.to_string(), "2026-04-20");
}

/// The dates named in running text are dates.
#[test]
fn the_dates_they_name_are_read() {
    for (name, heading) in PAGES.into_iter().zip(["## 日期", "## Dates"]) {
        let page = read(name);
        let section = page.split(heading).nth(1).unwrap();
        let words = section.split("```").next().unwrap();
        let named: Vec<_> = spans(words).filter(|span| *span != "every").collect();
        assert!(named.len() >= 6, "{name}: {named:?}");
        for date in named {
            assert!(DateForm::parse(date).is_ok(), "{name}: `{date}`");
        }
    }
}

/// The blocks run as they stand; a command named in running text runs once there is a ledger.
#[test]
fn every_command_runs() {
    for name in PAGES {
        let page = read(name);
        let house = house();
        follow(&page, house.path());
        let blocks = runnable(&page);
        assert!(!blocks.is_empty(), "{name}: the marks are gone");
        let begun = "schoolbell run --pretend-now 2026-05-06T07:59:00+08:00 --until 2026-05-06T09:00:00+08:00 --speed max";
        let named = spans(&page).filter(|span| span.starts_with("schoolbell "));
        let named = std::iter::once(begun.to_owned()).chain(named.map(str::to_owned));
        for script in blocks.into_iter().map(|(_, script)| script).chain(named) {
            let output = run(&script, house.path());
            assert!(
                output.status.success() && !output.stdout.is_empty(),
                "{name}: {script}\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

/// A page is a page, or little more: what is longer belongs in the reference.
#[test]
fn they_stay_short() {
    for name in PAGES {
        let lines = read(name).lines().count();
        assert!(lines <= 125, "{name} has {lines} lines");
    }
    let reference = read("calendar/README.md");
    assert!(reference.contains("docs/calendar.zh-CN.md"));
    for name in PAGES {
        assert!(read(name).contains("../calendar/README.md"), "{name}");
    }
}

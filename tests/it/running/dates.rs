//! What `dates` prints: a row for each distinct day of an occurrence, with whom it is for.

use std::collections::BTreeSet;

use expect_test::expect;
use icalendar::Component as _;
use serde_json::Value;

use super::house::House;
use crate::ics::read;

/// A task of schools and towns, the towns' due day earlier, one kind of school's too; boarding schools have another
/// ladder, which makes no other row.
#[test]
fn a_row_for_each_due_day() {
    let house = House::new(None);
    house.edit(
        "calendar/11.toml",
        "[[task]]",
        "[[task]]
id       = \"sum\"
title    = \"隐患排查\"
due      = \"11月10日\"
due_at   = { town = \"-3 workdays\", \"senior | vocational\" = \"-5d\" }
audience = \"school | town\"
origin   = \"local\"

[[task]]",
    );
    let json = house.call(&[
        "dates",
        "--task",
        "sum",
        "--from",
        "2026-11-01",
        "--to",
        "2026-11-30",
        "--format",
        "json",
    ]);
    let rows: Vec<Value> = serde_json::from_str(&json).unwrap();
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            format!(
                "{} {} {} · {}\n",
                row["due"], row["units"], row["audience"], row["why"]
            )
        })
        .collect();
    expect![[r#"
        "2026-11-05" 2 "(school | town) & town & !(senior | vocational)" · "11月10日;比统一截止日提前3个工作日"
        "2026-11-05" 2 "(school | town) & (senior | vocational)" · "11月10日;比统一截止日提前5天"
        "2026-11-10" 7 "(school | town) & !town & !(senior | vocational)" · "11月10日"
    "#]].assert_eq(&shown.concat());
    let table = house.call(&[
        "dates",
        "--task",
        "sum",
        "--from",
        "2026-11-01",
        "--to",
        "2026-11-30",
    ]);
    assert!(table.contains("比统一截止日提前3个工作日"), "{table}");
}

/// A host without a time zone database gets the days from the one that is built in.
#[test]
fn no_time_zones_on_the_host() {
    let house = House::new(None);
    let arguments = ["dates", "--from", "2026-05-01", "--to", "2026-05-31"];
    let usual = house.call(&arguments);
    assert!(usual.lines().count() > 10, "{usual}");
    let without = house
        .command(&arguments)
        .env("TZDIR", house.path("nowhere"))
        .env_remove("TZ")
        .output()
        .unwrap();
    assert!(without.status.success());
    assert_eq!(String::from_utf8(without.stdout).unwrap(), usual);
}

/// Each of a year's occurrences is one event, whatever its dates.
#[test]
fn the_shipped_year_has_each_name_once() {
    let house = House::new(None);
    let range = ["dates", "--from", "2026-01-01", "--to", "2026-12-31"];
    let text = house.call(&[&range[..], &["--format", "ics"]].concat());
    let events = read(&text);
    let names: BTreeSet<_> = events
        .iter()
        .map(|event| event.get_uid().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), events.len());
    assert!(events.len() > 200, "{}", events.len());
    assert!(names.contains("evacuation-drill-monthly@2026-10@schoolbell"));
    let week = events
        .iter()
        .find(|event| event.get_uid() == Some("national-safety-education-week@2026@schoolbell"))
        .expect("a window is there");
    assert_eq!(week.property_value("DTSTART"), Some("20260330"));
}

//! Rule 12 in the whole program: an edit that turns the year over is held until it is let go.

use std::fs;

use super::house::{House, subject};
use crate::smtp_double::SmtpDouble;

const HUNG: &str = "2026-05-06T07:59:00+08:00";
const EDITED: &str = "2026-05-11T09:00:00+08:00";

/// Two slots later.
const HELD: &str = "2026-05-13T09:00:00+08:00";

fn hung() -> (SmtpDouble, House) {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    house.pass(HUNG, EDITED);
    assert!(house.facts("held").is_empty());
    (server, house)
}

/// Letters of slots, not alerts, queued so far.
fn letters(house: &House) -> usize {
    let queued = house.facts("letter-queued");
    queued.iter().filter(|fact| fact["kind"] == "slot").count()
}

/// Each file of the calendar's folder, rewritten.
pub(super) fn rewrite(house: &House, change: impl Fn(&str) -> String) {
    for entry in fs::read_dir(house.path("calendar")).unwrap() {
        let path = entry.unwrap().path();
        let named = |end: &str| path.to_string_lossy().ends_with(end);
        if path.is_file() && named(".toml") && !named("calendar.toml") && !named("year.toml") {
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, change(&text)).unwrap();
        }
    }
}

/// 5月12日 becomes 6月12日; a day that the next month has not becomes its 28th.
pub(super) fn a_month_later(text: &str) -> String {
    let moved: Vec<String> = text
        .lines()
        .map(|line| match line.strip_prefix("month = ") {
            Some(month) => {
                let month = month.split_whitespace().next().unwrap();
                format!("month = {}", next_month(month))
            }
            None if line.starts_with("due") => later(line),
            None => line.to_owned(),
        })
        .collect();
    moved.join("\n")
}

fn next_month(month: &str) -> u8 {
    month.parse::<u8>().unwrap() % 12 + 1
}

fn later(line: &str) -> String {
    let parts: Vec<&str> = line.split('月').collect();
    let mut out = String::new();
    for (nth, part) in parts.iter().enumerate() {
        let part = match part
            .strip_prefix("29")
            .or(part.strip_prefix("30"))
            .or(part.strip_prefix("31"))
        {
            Some(rest) if nth > 0 => format!("28{rest}"),
            _ => (*part).to_owned(),
        };
        if nth + 1 == parts.len() {
            out.push_str(&part);
            break;
        }
        let digits = part.bytes().rev().take_while(u8::is_ascii_digit).count();
        let (before, month) = part.split_at(part.len() - digits);
        out.push_str(before);
        if !month.is_empty() {
            out.push_str(&next_month(month).to_string());
        }
        out.push('月');
    }
    out
}

/// Every other task; those that are left name none that is gone.
fn half(text: &str) -> String {
    let names_another = |line: &&str| line.starts_with("after ") || line.starts_with("met_by ");
    let lines: Vec<&str> = text.lines().filter(|line| !names_another(line)).collect();
    let text = lines.join("\n");
    let mut parts = text.split("[[task]]");
    let head = parts.next().unwrap().to_owned();
    let kept = parts.step_by(2).map(|task| format!("[[task]]{task}"));
    head + &kept.collect::<String>()
}

/// It is held at both slots, the officer is told why and what would go, and `status` says what to do. Let go, the pass
/// is planned anew.
fn is_held_and_let_go((server, house): (SmtpDouble, House), why: &str) {
    let before = letters(&house);
    let sent = server.letters().len();
    house.pass("2026-05-11T09:05:00+08:00", HELD);
    assert_eq!(house.facts("held").len(), 2, "one a slot");
    assert_eq!(letters(&house), before, "nothing was queued");
    let told = server.letters();
    let officer: Vec<String> = told[sent..]
        .iter()
        .map(|letter| subject(&letter.bytes))
        .collect();
    assert_eq!(officer.len(), 2, "{officer:?}");
    assert!(officer[0].contains("已暂停"), "{officer:?}");
    let status = house.output(&["status"]);
    let text = String::from_utf8(status.stdout).unwrap();
    assert_eq!(status.status.code(), Some(1));
    assert!(
        text.contains("mail release") && text.contains(why),
        "{text}"
    );
    let said = house.call(&["mail", "release", "--by", "沈志明"]);
    assert!(said.contains("已放行") && said.contains(why), "{said}");
    house.pass("2026-05-13T09:05:00+08:00", "2026-05-14T09:00:00+08:00");
    assert_eq!(house.facts("held").len(), 2, "it is not held again");
    assert_eq!(house.facts("released").len(), 1);
    assert!(house.call(&["mail", "release"]).contains("没有暂停的信"));
}

#[test]
fn the_whole_year_moved_by_a_month() {
    let (server, house) = hung();
    rewrite(&house, a_month_later);
    is_held_and_let_go((server, house), "改期");
}

#[test]
fn half_the_tasks_deleted() {
    let (server, house) = hung();
    rewrite(&house, half);
    is_held_and_let_go((server, house), "取消");
}

/// Even the officer who is to be told is gone from it: they hear of it all the same.
#[test]
fn the_roster_emptied() {
    let (server, house) = hung();
    let roster = fs::read_to_string(house.path("config/roster.csv")).unwrap();
    let header = roster.lines().next().unwrap();
    fs::write(house.path("config/roster.csv"), format!("{header}\n")).unwrap();
    is_held_and_let_go((server, house), "取消");
}

/// Put back before anybody let it go: the service goes on by itself, from what is true then.
#[test]
fn undone_it_goes_on_by_itself() {
    let (_server, house) = hung();
    let before = letters(&house);
    let roster = fs::read_to_string(house.path("config/roster.csv")).unwrap();
    let header = roster.lines().next().unwrap();
    fs::write(house.path("config/roster.csv"), format!("{header}\n")).unwrap();
    house.pass("2026-05-11T09:05:00+08:00", "2026-05-12T09:00:00+08:00");
    assert_eq!(house.facts("held").len(), 1);
    fs::write(house.path("config/roster.csv"), roster).unwrap();
    house.pass("2026-05-12T09:05:00+08:00", HELD);
    assert_eq!(house.facts("held").len(), 1);
    assert!(letters(&house) > before);
    let withdrawn: Vec<_> = house
        .notices()
        .into_iter()
        .filter(|line| line.contains(" withdrawn "))
        .collect();
    assert!(withdrawn.is_empty(), "{withdrawn:?}");
}

/// A machine that boots five years ahead sends nothing until its clock is right again; then it goes on by itself.
#[test]
fn a_clock_that_is_years_ahead() {
    let (_server, house) = hung();
    let before = letters(&house);
    house.pass("2031-05-12T07:30:00+08:00", "2031-05-13T09:00:00+08:00");
    assert_eq!(letters(&house), before, "nothing was queued");
    let held = house.facts("held");
    assert_eq!(held[0]["reasons"][0]["reason"], "clock");
    house.pass("2026-05-12T07:30:00+08:00", "2026-05-12T09:00:00+08:00");
    assert!(letters(&house) > before, "the clock is right again");
    assert_eq!(house.facts("held").len(), held.len());
}

/// Weeks of downtime are no jump: the newest reminder of each goes out.
#[test]
fn weeks_of_downtime_are_not_held() {
    let (_server, house) = hung();
    let before = letters(&house);
    house.pass("2026-06-22T07:30:00+08:00", "2026-06-22T09:00:00+08:00");
    assert!(house.facts("held").is_empty());
    assert!(letters(&house) > before);
}

/// A machine whose clock was never set makes no record of 1970; with a record, nothing goes until it is right.
#[test]
fn a_clock_that_was_never_set() {
    let fresh = House::new(None);
    let refused = fresh.output(&[
        "run",
        "--pretend-now",
        "1970-01-01T08:00:00+08:00",
        "--speed",
        "max",
        "--until",
        "1970-01-02T08:00:00+08:00",
    ]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("时钟") && said.contains("timedatectl"),
        "{said}"
    );
    let (_server, house) = hung();
    let before = letters(&house);
    house.pass("1970-01-01T07:30:00+08:00", "1970-01-02T09:00:00+08:00");
    assert_eq!(letters(&house), before, "nothing was queued");
    // No slot lies before the bell was hung, so no pass is held; but the clock is doubted.
    assert_eq!(house.facts("clock-jumped").len(), 1);
    let status = house.output(&["status"]);
    let text = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(
        text.contains("时钟") && text.contains("mail release"),
        "{text}"
    );
}

//! What somebody who knows the field would look up first, asked of the shipped calendar and roster: known days, who has
//! which task, who hears of what.

mod days;
mod seed;

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::{Date, date};
use schoolbell::config::Settings;
use schoolbell::core::agenda::{Absent, Agenda, Dated};
use schoolbell::core::calendar::Task;
use schoolbell::core::compose::Reader;
use schoolbell::core::fact::{Answer, Event};
use schoolbell::load::{Loaded, load};

use crate::bell::Bell;
use crate::letters::render;

fn loaded() -> Loaded {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/schoolbell.toml");
    let loaded = load(&Settings::read(&config).unwrap());
    assert!(!loaded.has_errors(), "{}", loaded.report(false));
    loaded
}

fn shipped() -> Agenda {
    loaded().agenda
}

fn task<'a>(agenda: &'a Agenda, id: &str) -> &'a Task {
    agenda
        .calendar
        .tasks
        .get(id)
        .unwrap_or_else(|| panic!("no task {id}"))
}

/// What a task's dates are for a unit in a period.
fn dated(agenda: &Agenda, id: &str, period: &str, unit: &str) -> Result<Dated, Absent> {
    let task = task(agenda, id);
    let group = agenda
        .group_of(task, &unit.into())
        .unwrap_or_else(|| panic!("{id} is not for {unit}"));
    agenda
        .occurrence(task, period.parse().unwrap(), group)
        .dated
}

fn due(agenda: &Agenda, id: &str, period: &str, unit: &str) -> Date {
    dated(agenda, id, period, unit).unwrap().due
}

/// The units a task is for.
fn units(agenda: &Agenda, id: &str) -> BTreeSet<String> {
    let groups = agenda.groups(task(agenda, id));
    let all = groups.iter().flat_map(|group| &group.units);
    all.map(|at| agenda.roster.units()[*at].id.to_string())
        .collect()
}

/// Runs a script over the shipped calendar; what was printed, the lines that name `what`.
fn told(script: &str, what: &str) -> Vec<String> {
    let mut bell = Bell::of(shipped());
    bell.run(script);
    bell.printed
        .lines()
        .filter(|line| line.contains(what))
        .map(str::to_owned)
        .collect()
}

/// February, July and August are too short; kindergartens drill by the quarter; the drills of May and November cover
/// those months' and quarters'.
#[test]
fn check_07_monthly_drills() {
    let agenda = shipped();
    for month in ["2026-02", "2026-07", "2026-08"] {
        let found = dated(&agenda, "evacuation-drill-monthly", month, "s001");
        assert!(
            matches!(found, Err(Absent::Skipped(_))),
            "{month} {found:?}"
        );
    }
    assert_eq!(
        due(&agenda, "evacuation-drill-monthly", "2026-06", "s001"),
        date(2026, 6, 30)
    );
    assert_eq!(
        units(&agenda, "evacuation-drill-quarterly"),
        ["s003", "s004"].map(str::to_owned).into()
    );
    let spring = told(
        "2026-04-20 07:00 hang\n2026-05-30 09:00 end",
        "evacuation-drill-",
    );
    assert!(spring.iter().any(|line| line.contains("@2026-04/s001")));
    assert!(
        !spring
            .iter()
            .any(|line| line.contains("@2026-05/") || line.contains("@2026-Q2/")),
        "{spring:#?}"
    );
    let autumn = told(
        "2026-11-02 07:00 hang\n2026-12-04 09:00 end",
        "evacuation-drill-",
    );
    assert!(
        !autumn
            .iter()
            .any(|line| line.contains("@2026-11/") || line.contains("@2026-Q4/")),
        "{autumn:#?}"
    );
}

/// 03-31 self-check, 04-30 acceptance, 05-31 publication: a school that is late with the first is not pressed for the
/// next; once it has done the first it is.
#[test]
fn check_08_guardroom_chain() {
    let agenda = shipped();
    assert_eq!(
        due(&agenda, "guardroom-grading-self-check", "2026", "s001"),
        date(2026, 3, 31)
    );
    assert_eq!(
        due(&agenda, "guardroom-grading-acceptance", "2026", "s001"),
        date(2026, 4, 30)
    );
    // 05-31 is a Sunday.
    assert_eq!(
        due(&agenda, "guardroom-grading-assessment", "2026", "s001"),
        date(2026, 5, 29)
    );
    let lines = told(
        "2026-03-09 07:00 hang
         2026-03-31 10:00 done guardroom-grading-self-check@2026/s002 xu.genfa@dashan-primary.example
         2026-06-10 09:00 end",
        "guardroom-grading-a",
    );
    assert!(
        lines
            .iter()
            .any(|line| line.contains("opens guardroom-grading-acceptance@2026/s002")),
        "{lines:#?}"
    );
    assert!(
        !lines
            .iter()
            .any(|line| line.contains("/s001") || line.contains("assessment@")),
        "{lines:#?}"
    );
}

#[test]
fn check_09_only_whom_it_concerns() {
    let agenda = shipped();
    let tagged = |tag: &str, value: Option<&str>| -> BTreeSet<String> {
        let holds = |tags: &std::collections::BTreeMap<String, Option<String>>| {
            tags.get(tag)
                .is_some_and(|found| value.is_none() || found.as_deref() == value)
        };
        agenda
            .roster
            .units()
            .iter()
            .filter(|unit| holds(&unit.tags))
            .map(|unit| unit.id.to_string())
            .collect()
    };
    for id in [
        "school-bus-special-inspection",
        "school-bus-permit-registration",
        "school-bus-handover-ledger",
        "school-bus-staff-management",
        "school-bus-demand-registration",
    ] {
        assert_eq!(units(&agenda, id), tagged("school_bus", None), "{id}");
    }
    assert_eq!(
        units(&agenda, "boarding-dorm-access-control"),
        tagged("boarding", None)
    );
    assert_eq!(
        units(&agenda, "diet-education-month-canteen"),
        tagged("canteen", None)
    );
    for kindergarten in ["s003", "s004"] {
        assert!(!units(&agenda, "evacuation-drill-monthly").contains(kindergarten));
        assert!(!units(&agenda, "forest-fire-five-ones").contains(kindergarten));
        assert!(units(&agenda, "safety-regular-meeting").contains(kindergarten));
    }
}

/// 收到 leaves it open; another's 已完成 from a forwarded letter settles it for the school and names who said it;
/// twice is the same as once.
#[test]
fn check_11_received_and_done() {
    let mut bell = Bell::of(shipped());
    let duty = "whole-school-drill-may@2026/s001";
    let answers = |bell: &Bell| bell.state.duty(&duty.parse().unwrap()).cloned().unwrap();
    bell.run(&format!("2026-04-27 07:00 hang\n2026-04-29 09:00 received {duty} wang.jianguo@hushan-primary.example"));
    assert!(answers(&bell).settled(1).is_none());
    let again = format!("done {duty} chen.weimin@hushan-primary.example");
    bell.run(&format!(
        "2026-04-29 10:00 {again}\n2026-04-29 10:01 {again}"
    ));
    let state = answers(&bell);
    assert_eq!(state.dones.len(), 1);
    assert_eq!(
        state.settled(1).unwrap().in_words(),
        "已完成(chen.weimin@hushan-primary.example)"
    );
    assert_eq!(state.answers[0].answer, Answer::Received);
}

/// Down from 09-29 over the National Day holiday, with 10-12's and 10-10's duties in between: every address gets one
/// letter on 10-08, and each duty stands in it once.
#[test]
fn check_13_after_a_long_outage() {
    let mut bell = Bell::of(shipped());
    bell.run("2026-09-21 07:00 hang\n2026-09-28 18:00 down\n2026-10-05 10:00 up");
    let before = bell.printed.len();
    bell.run("2026-10-08 09:00 end");
    let lines: Vec<_> = bell.printed[before..].lines().map(str::to_owned).collect();
    assert!(!lines.is_empty());
    let mut seen = BTreeSet::new();
    for line in &lines {
        assert!(line.starts_with("10-08 08:00"), "{line}");
        let words: Vec<_> = line.split(' ').collect();
        let duty = words
            .iter()
            .position(|word| word.contains('@') && word.contains('/'));
        if let Some(duty) = duty {
            assert!(
                seen.insert((words[2].to_owned(), words[duty].to_owned())),
                "twice: {line}"
            );
            assert!(!line.contains("escalate"), "{line}");
        }
    }
}

/// The due day moved, a person replaced, a task deleted, while the letters of before stay as they are: see `rules`. Here
/// the shipped 5·12 drill is moved by an extension: one word to the school concerned, none to the others.
#[test]
fn check_14_a_new_due_day_is_told_once() {
    let duty = "whole-school-drill-may@2026/s001";
    let mut bell = Bell::of(shipped());
    bell.run("2026-04-27 07:00 hang\n2026-05-07 10:00 end");
    let facts = bell.facts.clone();
    bell.run(&format!(
        "2026-05-07 11:00 extension {duty} wang.jianguo@hushan-primary.example 2026-05-20"
    ));
    bell.run(&format!(
        "2026-05-07 12:00 grant {duty} extension 2026-05-20\n2026-05-11 09:00 end"
    ));
    assert_eq!(bell.facts[..facts.len()], facts);
    let changed =
        |what: &Event| matches!(what, Event::Notice { rung, .. } if rung.to_string() == "changed");
    let found: Vec<_> = bell
        .facts
        .iter()
        .filter(|fact| changed(&fact.what))
        .collect();
    assert_eq!(found.len(), 1);
    let told: Vec<_> = bell
        .printed
        .lines()
        .filter(|line| line.contains(duty))
        .collect();
    assert!(
        told.iter()
            .any(|line| line.contains("changed") && line.contains("due 05-20")),
        "{told:#?}"
    );
}

/// No school is asked for a pupil's name: wherever names or lists are spoken of, the sentence says not to.
#[test]
fn check_16_no_pupils_names() {
    let agenda = shipped();
    for task in agenda.calendar.tasks.values() {
        let schools = agenda.groups(task).iter().flat_map(|group| &group.units);
        if !schools
            .clone()
            .any(|at| agenda.roster.units()[*at].kind.teaches())
        {
            continue;
        }
        for text in [&task.title, &task.detail, &task.evidence] {
            for sentence in text.split(['。', ';', '；']) {
                let names = ["姓名", "名单", "病历", "身份证", "个案", "花名册"]
                    .iter()
                    .any(|word| sentence.contains(word));
                assert!(!names || sentence.contains('不'), "{}: {sentence}", task.id);
            }
        }
    }
}

/// Where a task comes from stands at the foot of the letter.
#[test]
fn check_17_the_source_is_shown() {
    let mut bell = Bell::of(shipped());
    bell.run("2026-04-28 07:00 hang\n2026-04-28 08:30 end");
    let content = bell
        .content("wang.jianguo@hushan-primary.example", Reader::Mail)
        .unwrap();
    let drill = content
        .items
        .iter()
        .find(|item| item.duty.occurrence.task.as_str() == "whole-school-drill-may")
        .unwrap();
    assert_eq!(
        (drill.source.as_str(), drill.origin.as_str()),
        ("正文·14；附件·五月·措施4", "本市文件")
    );
    let text = render(&content).text;
    for item in &content.items {
        assert!(
            text.contains(&item.source) && text.contains(&item.origin),
            "{} {}",
            item.duty,
            text
        );
    }
}

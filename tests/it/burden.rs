//! What is asked of a unit in a month, and what `check` says where it is too much.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::expect;
use jiff::civil::{Date, date};
use schoolbell::core::agenda::Agenda;
use schoolbell::core::burden::{Month, burdens, known_year, report, review};
use schoolbell::core::compose::{Reader, compose};
use schoolbell::core::diagnostic::{Faults, Locale};
use schoolbell::core::duty::DutyId;
use schoolbell::core::forecast::forecast;
use schoolbell::core::names::UnitId;
use schoolbell::core::state::State;

use crate::bell::{Bell, DRILL, HEAD, ROSTER, SECOND};
use crate::letters::render;
use crate::world::source::Source;

const MORE: &str = r#"
[[task]]
id       = "check"
title    = "安全隐患排查"
every    = "month"
due      = "最后一个工作日"
audience = "primary"
evidence = "排查记录"
origin   = "seed"

[[task]]
id       = "monthly-drill"
title    = "每月演练"
every    = "month"
due      = "最后一个工作日"
audience = "school"
met_by   = ["drill"]
evidence = "演练记录"
origin   = "seed"
"#;

fn agenda(head: &str, tasks: &str, roster: &str) -> Agenda {
    Bell::with(&format!("{HEAD}{head}"), tasks, roster).agenda
}

/// A line for each set of units that are alike, and each month.
fn table(agenda: &Agenda, from: Date, to: Date) -> String {
    let mut out = String::new();
    for alike in burdens(agenda, from, to) {
        let _ = writeln!(out, "{}", alike.name(agenda).zh);
        for (month, burden) in &alike.months {
            let _ = writeln!(
                out,
                "  {month}: {} duties, {} evidence, {} letters",
                burden.duties, burden.evidence, burden.letters
            );
        }
    }
    out
}

fn warnings(agenda: &Agenda, locale: Locale) -> String {
    let faults = Faults::default();
    review(agenda, &faults);
    let found = faults.into_sorted();
    let said = found.iter().map(|fault| fault.render(locale, false) + "\n");
    said.collect()
}

/// The drill of 10 November is announced on 27 October and reminded of on 3, 6 and 10 November (see [`DRILL`]). It covers
/// November's monthly drill. Month's tasks fall on 30 October (Friday) and 30 November (Monday): announced a fortnight
/// before, with reminders 7 days and 2 workdays before and on the day; 2 workdays before 30 November is
/// the 26th. By hand:
/// October of 浒山小学: both open on 10-16, a fortnight before; 10-23, 10-28, 10-30; and 10-27 the drill: 5 letters.
/// November: 11-03, 11-06, 11-10 the drill; 11-16 opens the check, then 11-23, 11-26, 11-30: 7 letters.
/// The junior school has no check: October the same 5; November 11-03, 11-06, 11-10: 3.
#[test]
fn a_month_counts_duties_evidence_and_letters() {
    let tasks = format!("{DRILL}{MORE}");
    let agenda = agenda("", &tasks, &format!("{ROSTER}{SECOND}"));
    expect![[r#"
        慈溪市教育局
        浒山街道
        浒山小学
          2026-10: 2 duties, 2 evidence, 5 letters
          2026-11: 2 duties, 1 evidence, 7 letters
        鄞州路初级中学
          2026-10: 1 duties, 1 evidence, 5 letters
          2026-11: 1 duties, 0 evidence, 3 letters
    "#]]
    .assert_eq(&table(&agenda, date(2026, 10, 1), date(2026, 11, 30)));
}

/// Units that no task tells apart are counted once, whatever their number.
#[test]
fn units_alike_are_one() {
    let twins: Vec<String> = (10..60)
        .map(|nth| {
            let tag = if nth % 2 == 0 { "boarding" } else { "" };
            format!("s{nth},第{nth}小学,primary,t1,{tag},safety,王建国,safety@s{nth},,,\n")
        })
        .collect();
    let boarding = DRILL
        .replace("\"drill\"", "\"dormitory\"")
        .replace("school", "boarding");
    let tasks = format!("{DRILL}{boarding}");
    let agenda = agenda("", &tasks, &format!("{ROSTER}{}", twins.concat()));
    expect![[r#"
        慈溪市教育局
        浒山街道
        小学(浒山小学等26个单位)
          2026-11: 1 duties, 0 evidence, 3 letters
        寄宿制小学(第10小学等25个单位)
          2026-11: 2 duties, 0 evidence, 3 letters
    "#]]
    .assert_eq(&table(&agenda, date(2026, 11, 1), date(2026, 11, 30)));
}

#[test]
fn a_cap_that_is_exceeded_is_pointed_at() {
    let head = "[burden]\nduties_per_month = 2\nevidence_per_month = 2\n";
    let extra = DRILL
        .replace("\"drill\"", "\"extra\"")
        .replace("演练", "培训")
        .replace("11月", "10月")
        .replace("origin", "evidence = \"培训照片\"\norigin");
    let plain = extra
        .replace("\"extra\"", "\"plain\"")
        .replace("培训", "班会")
        .replace("evidence = \"班会照片\"\n", "");
    let tasks = format!("{DRILL}{MORE}{extra}{plain}");
    let agenda = agenda(head, &tasks, ROSTER);
    expect![[r#"
        提醒: 2026年10月有1所学校的负担超过上限:浒山小学 4项职责
         --> calendar.toml:8:20
          |
        8 | duties_per_month = 2
          |                    ^ 上限是每校每月2项职责
          |
          = 办法: 能合并、错开的改到别的月份。浒山小学这个月的职责:安全隐患排查、应急疏散培训、每月演练、应急疏散班会
        提醒: 2026年10月有1所学校的负担超过上限:浒山小学 3份材料
         --> calendar.toml:9:22
          |
        9 | evidence_per_month = 2
          |                      ^ 上限是每校每月2份材料
          |
          = 办法: 能合并、错开的改到别的月份。浒山小学这个月的职责:安全隐患排查、应急疏散培训、每月演练
    "#]].assert_eq(&warnings(&agenda, Locale::Chinese));
    expect![[r#"
        warning: 2026-10 is over the cap at 浒山小学 4 duties
         --> calendar.toml:8:20
          |
        8 | duties_per_month = 2
          |                    ^ at most 2 duties a school a month
          |
          = help: merge tasks or move some to another month; 浒山小学 is asked check, extra, monthly-drill, plain
        warning: 2026-10 is over the cap at 浒山小学 3 with evidence
         --> calendar.toml:9:22
          |
        9 | evidence_per_month = 2
          |                      ^ at most 2 with evidence a school a month
          |
          = help: merge tasks or move some to another month; 浒山小学 is asked check, extra, monthly-drill
    "#]].assert_eq(&warnings(&agenda, Locale::English));
}

#[test]
fn no_cap_and_a_cap_of_zero_warn_of_nothing() {
    for head in [
        "",
        "[burden]\nduties_per_month = 0\nrequire_authority = false\n",
    ] {
        let agenda = agenda(head, &format!("{DRILL}{MORE}"), ROSTER);
        assert_eq!(warnings(&agenda, Locale::Chinese), "");
    }
}

#[test]
fn a_task_without_authority_is_named_where_that_is_asked() {
    let head = "[burden]\nrequire_authority = true\n";
    let backed = DRILL
        .replace("\"drill\"", "\"backed\"")
        .replace("origin", "authority = \"教基一厅〔2014〕2号\"\norigin");
    let agenda = agenda(head, &format!("{DRILL}{backed}"), ROSTER);
    expect![[r#"
        提醒: “应急疏散演练”没有写依据文件
         --> tasks.toml:3:12
          |
        3 | id       = "drill"
          |            ^^^^^^^ 加一行 authority = "文号";没有依据的,不宜要求学校
    "#]]
    .assert_eq(&warnings(&agenda, Locale::Chinese));
}

#[test]
fn the_report_is_a_line() {
    let agenda = agenda("", &format!("{DRILL}{MORE}"), ROSTER);
    let report = report(&agenda).unwrap();
    expect![[r#"
        学校负担(2026年2月至2027年1月):每校每月平均2.0项职责;最重的是2026年2月,浒山小学:2项职责,要交2份材料,约3封信
        burden of schools, 2026-02 to 2027-01: 2.0 duties a school a month; heaviest 2026-02, 浒山小学: 2 duties, 2 with evidence, about 3 letters each
    "#]].assert_eq(&format!("{}\n{}\n", report.zh, report.en));
}

/// A second opinion on the shipped year: what the planner itself tells each school of, by the month it falls due.
#[test]
fn the_counts_are_those_of_the_planner() {
    let agenda = Source::shipped().agenda().unwrap();
    let (from, to) = known_year(&agenda.calendar).unwrap();
    let hung = "2026-05-04T07:00:00+08:00".parse().unwrap();
    let mut told: BTreeMap<DutyId, Date> = BTreeMap::new();
    forecast(&agenda, State::default(), hung, to, |plan| {
        for notice in plan.letters.iter().flat_map(|letter| &letter.notices) {
            told.insert(notice.duty.clone(), notice.due);
        }
    });
    let mut planned: BTreeMap<(UnitId, Month), u32> = BTreeMap::new();
    for (duty, due) in told {
        let task = &agenda.calendar.tasks[&duty.occurrence.task];
        // Nobody answers in a forecast, so what comes after something never opens.
        if from <= due && due <= to && task.after.is_none() {
            *planned.entry((duty.unit, Month::of(due))).or_default() += 1;
        }
    }
    let mut counted: BTreeMap<(UnitId, Month), u32> = BTreeMap::new();
    for alike in burdens(&agenda, from, to) {
        for (month, burden) in &alike.months {
            let later = burden.tasks.iter().filter(|(id, _)| {
                let task = &agenda.calendar.tasks[*id];
                task.after.is_some()
            });
            let duties = burden.duties - later.map(|(_, times)| times).sum::<u32>();
            for at in alike.units.iter().filter(|_| duties > 0) {
                let unit = agenda.roster.units()[*at].id.clone();
                counted.insert((unit, *month), duties);
            }
        }
    }
    assert_eq!(counted, planned);
}

/// The document a task rests on stands in its letter, in both of its parts.
#[test]
fn a_letter_names_the_authority() {
    let tasks = DRILL.replace("origin", "authority = \"教基一厅〔2014〕2号\"\norigin");
    let mut bell = Bell::new(&tasks);
    bell.run("2026-10-26 09:00 hang\n2026-10-27 09:00 end");
    let (no, letter) = bell.state.letters.first_key_value().unwrap();
    let content = compose(
        &agenda("", &tasks, ROSTER),
        &bell.state,
        *no,
        letter.slot,
        Reader::Mail,
    );
    let rendered = render(&content.unwrap());
    for part in [&rendered.text, &rendered.html] {
        assert!(part.contains("依据：教基一厅〔2014〕2号"), "{part}");
    }
}

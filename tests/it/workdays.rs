//! Workdays: the shipped notices, their arithmetic against a walk from day to day, and the years without a notice.

use std::collections::BTreeSet;

use expect_test::expect;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use schoolbell::core::diagnostic::Faults;
use schoolbell::core::period::Festival;
use schoolbell::core::plan::missing_notice;
use schoolbell::core::review::review;
use schoolbell::core::workdays::{Workdays, festival_day};

use crate::bell::{Bell, DRILL, HEAD, ROSTER, check};

fn shipped() -> Workdays {
    Bell::new(DRILL).agenda.calendar.workdays.clone()
}

fn weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    from.series(1.day()).take_while(move |day| *day <= to)
}

/// Four sources agree on these days (facts 3.5); a weekend day worked or a weekday off, year by year.
fn measured() -> (BTreeSet<Date>, BTreeSet<Date>) {
    let json: serde_json::Value =
        serde_json::from_str(include_str!("data/workdays-2023-2026.json")).unwrap();
    let of = |kind: &str| {
        let years = json.as_object().unwrap().values();
        years
            .flat_map(|year| year[kind].as_array().unwrap().iter())
            .map(|day| day.as_str().unwrap().parse().unwrap())
            .collect()
    };
    (of("weekend_days_worked"), of("weekdays_off"))
}

#[test]
fn every_day_of_four_years() {
    let (worked, off) = measured();
    let workdays = shipped();
    for day in days(date(2023, 1, 1), date(2026, 12, 31)) {
        let expected = if weekend(day) {
            worked.contains(&day)
        } else {
            !off.contains(&day)
        };
        assert_eq!(workdays.is_workday(day), expected, "{day}");
    }
    assert_eq!((worked.len(), off.len()), (26, 74));
}

/// The arithmetic, done by walking from day to day over the measured days.
struct Walk(BTreeSet<Date>, BTreeSet<Date>);

impl Walk {
    fn works(&self, day: Date) -> bool {
        if weekend(day) {
            self.0.contains(&day)
        } else {
            !self.1.contains(&day)
        }
    }

    fn step(&self, mut day: Date, count: u16, by: i64) -> Date {
        let mut left = count;
        while left > 0 {
            day = day.checked_add(by.days()).unwrap();
            left -= u16::from(self.works(day));
        }
        day
    }

    fn between(&self, from: Date, to: Date) -> i32 {
        let (first, last, sign) = if from <= to {
            (from, to, 1)
        } else {
            (to, from, -1)
        };
        let count = days(first, last)
            .skip(1)
            .filter(|day| self.works(*day))
            .count();
        sign * i32::try_from(count).unwrap()
    }
}

/// 10,000 seeded cases from 2023 to 2026 against the walk.
#[test]
fn arithmetic_agrees_with_a_walk() {
    let seed = [23; 32];
    let (worked, off) = measured();
    let walk = Walk(worked, off);
    let workdays = shipped();
    let config = Config {
        cases: 10_000,
        failure_persistence: None,
        ..Config::default()
    };
    let day = |n: i64| date(2023, 2, 20).saturating_add(n.days());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
        .run(
            &(0..1364_i64, 0..1364_i64, 0..30_u16),
            |(from, to, count)| {
                let (from, to) = (day(from), day(to));
                prop_assert_eq!(
                    workdays.after(from, count),
                    walk.step(from, count, 1),
                    "{} after {}",
                    count,
                    from
                );
                prop_assert_eq!(
                    workdays.before(from, count),
                    walk.step(from, count, -1),
                    "{} before {}",
                    count,
                    from
                );
                prop_assert_eq!(
                    workdays.between(from, to),
                    walk.between(from, to),
                    "{} to {}",
                    from,
                    to
                );
                let here = if walk.works(from) {
                    from
                } else {
                    walk.step(from, 1, 1)
                };
                prop_assert_eq!(workdays.on_or_after(from), here);
                let here = if walk.works(from) {
                    from
                } else {
                    walk.step(from, 1, -1)
                };
                prop_assert_eq!(workdays.on_or_before(from), here);
                Ok(())
            },
        )
        .unwrap_or_else(|found| panic!("seed {seed:?}: {found}"));
}

/// Facts 3.5: the eve, 春节, 清明, 端午, 中秋.
const LUNAR: [(i16, [(i8, i8); 5]); 5] = [
    (2026, [(2, 16), (2, 17), (4, 5), (6, 19), (9, 25)]),
    (2027, [(2, 5), (2, 6), (4, 5), (6, 9), (9, 15)]),
    (2028, [(1, 25), (1, 26), (4, 4), (5, 28), (10, 3)]),
    (2029, [(2, 12), (2, 13), (4, 4), (6, 16), (9, 22)]),
    (2030, [(2, 2), (2, 3), (4, 5), (6, 5), (9, 12)]),
];

#[test]
fn lunar_days() {
    for (year, [_, spring, qingming, dragon, autumn]) in LUNAR {
        for (festival, (month, day)) in [
            (Festival::SpringFestival, spring),
            (Festival::Qingming, qingming),
            (Festival::DragonBoat, dragon),
            (Festival::MidAutumn, autumn),
        ] {
            assert_eq!(
                festival_day(festival, year),
                Some(date(year, month, day)),
                "{festival:?} {year}"
            );
        }
    }
}

/// Without a notice: Monday to Friday less the statutory days alone, for each day of 2027 to 2030.
#[test]
fn years_without_a_notice() {
    let workdays = shipped();
    for (year, [eve, _, qingming, dragon, autumn]) in LUNAR.into_iter().skip(1) {
        assert!(!workdays.knows(year));
        let eve = date(year, eve.0, eve.1);
        let mut off: BTreeSet<Date> = (0..4).map(|n| eve.saturating_add(n.days())).collect();
        off.extend(
            [
                (1, 1),
                (5, 1),
                (5, 2),
                (10, 1),
                (10, 2),
                (10, 3),
                qingming,
                dragon,
                autumn,
            ]
            .map(|(m, d)| date(year, m, d)),
        );
        for day in days(date(year, 1, 1), date(year, 12, 31)) {
            assert_eq!(
                workdays.is_workday(day),
                !weekend(day) && !off.contains(&day),
                "{day}"
            );
        }
    }
}

#[test]
fn the_national_day_of_2027_is_never_worked() {
    let workdays = shipped();
    for day in 1..=3 {
        assert!(!workdays.is_workday(date(2027, 10, day)));
    }
    // Thursday 09-30 and Monday 10-04 are, as far as is known.
    assert_eq!(workdays.after(date(2027, 9, 30), 1), date(2027, 10, 4));
}

/// A notice may name days of the year before: 2022-12-31 stands in 2023's.
#[test]
fn a_notice_reaches_into_the_year_before() {
    let workdays = shipped();
    assert!(!workdays.is_workday(date(2022, 12, 31)));
    assert!(workdays.is_workday(date(2022, 12, 30)));
}

/// What check, status and the admins' mail say: the year, what is done meanwhile, which file to write.
#[test]
fn a_missing_notice_is_said() {
    let bell = Bell::new(DRILL);
    assert_eq!(missing_notice(&bell.agenda.calendar, 2026), None);
    expect!["2027年放假安排还没有录入:2027年的工作日暂按周一至周五、除去法定节日当天推算。国务院办公厅通知发布后,请补 calendar/holidays/2027.toml"]
        .assert_eq(&missing_notice(&bell.agenda.calendar, 2027).unwrap());
    let faults = Faults::default();
    review(&bell.agenda, &faults);
    assert!(!faults.any_error());
    let said: Vec<_> = faults
        .into_sorted()
        .into_iter()
        .map(|found| found.message.zh)
        .collect();
    assert!(
        said.iter()
            .any(|words| words.starts_with("2027年放假安排还没有录入")),
        "{said:?}"
    );
}

/// The officers hear of next year's in December, and of this year's at once where it is missing; each once.
#[test]
fn a_missing_notice_is_mailed() {
    check(
        &DRILL.replace("11月10日", "6月10日"),
        "2026-11-26 07:00 hang
         2027-01-08 09:00 end",
        expect![[r#"
            12-01 08:00 office@b ! holiday-notice:2027
        "#]],
    );
    Bell::with(HEAD, &DRILL.replace("11月10日", "6月10日"), ROSTER).check(
        "2027-02-24 07:00 hang
         2027-02-26 09:00 end",
        expect![[r#"
            02-24 08:00 office@b ! holiday-notice:2027
        "#]],
    );
}

//! Dates as people write them: both languages mean the same, and printing is undone by reading.

use std::fmt::Write as _;

use expect_test::expect;
use jiff::civil::Weekday;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use schoolbell::core::dates::{DateForm, Edge, Gap, Nth, Unit, WindowEnd};
use schoolbell::core::diagnostic::Locale;
use schoolbell::core::period::{BreakKind, Festival, Season};

/// Every form of a date that `calendar/README.md` tells of, and how else people write it: what stands in a row means the
/// same.
const TABLE: [&[&str]; 45] = [
    &[
        "5月12日",
        "05-12",
        "May 12",
        "12 May",
        "5月12号",
        "５月１２日",
        "五月十二日",
        " 5 月 12 日 ",
        "5月12日前",
    ],
    &[
        "12月31日",
        "12-31",
        "December 31",
        "Dec 31",
        "十二月三十一日",
    ],
    &["2月29日", "02-29", "February 29"],
    &[
        "4月底",
        "end of April",
        "四月底",
        "4月末",
        "4月底前",
        "by end of April",
        "4月最后一天",
        "last day of April",
    ],
    &["5月底前", "by end of May", "end of May"],
    &[
        "3月最后一个周一",
        "last Monday of March",
        "3月最后一个星期一",
        "三月最后一个礼拜一",
        "last monday in march",
    ],
    &[
        "5月第二个周五",
        "2nd Friday of May",
        "second Friday of May",
        "5月第2个周五",
        "五月第二个星期五",
    ],
    &["9月第三个周六", "3rd Saturday of September"],
    &[
        "10月第一个周日",
        "first Sunday of October",
        "10月第一个周天",
        "10月首个星期日",
    ],
    &["3月最后一周", "last week of March", "三月最后一周"],
    &["11月第二周", "2nd week of November", "11月第2周"],
    &[
        "5月至9月",
        "May to September",
        "五月到九月",
        "5月—9月",
        "5月～9月",
        "5月-9月",
    ],
    &[
        "6月20日至7月4日",
        "June 20 to July 4",
        "6月20日到7月4日",
        "６月２０日至７月４日",
    ],
    &[
        "12月至次年1月",
        "December to January",
        "December to next January",
        "12月至第二年1月",
        "12月至1月",
    ],
    &["4月", "April", "四月", "4月份"],
    &["10日", "day 10", "10号", "十日", "每月10日"],
    &[
        "最后一个工作日",
        "last workday",
        "每月最后一个工作日",
        "每周最后一个工作日",
        "本季度最后一个工作日",
    ],
    &["第一个工作日", "first workday", "1st workday"],
    &["第一个教学日", "first teaching day", "1st teaching day"],
    &["最后一个教学日", "last teaching day"],
    &["月底", "last day", "最后一天", "end of the month"],
    &["周五", "Friday", "星期五", "每周五"],
    &["第二个周五", "2nd Friday"],
    &[
        "开学后14天",
        "14d after term start",
        "14 days after term start",
        "开学后14日",
        "开学后十四天",
        "开学后2周",
        "2 weeks after term start",
    ],
    &[
        "开学前1个工作日",
        "1 workday before term start",
        "开学前一个工作日",
        "开学前1工作日",
    ],
    &["开学当日", "term start", "开学日", "开学当天"],
    &["学期中", "mid-term", "期中"],
    &["期末", "end of term", "学期末"],
    &["学期结束前10个工作日", "10 workdays before term end"],
    &["春季学期开学后14天", "14d after spring term start"],
    &[
        "秋季学期结束前10个工作日",
        "10 workdays before autumn term end",
        "秋季学期学期结束前10个工作日",
    ],
    &["春季学期中", "spring mid-term"],
    &["寒假放假前", "before winter break", "寒假前"],
    &[
        "五一放假前",
        "before Labour Day",
        "劳动节放假前",
        "before May Day",
    ],
    &["国庆放假前", "before National Day", "国庆节放假前"],
    &["元旦放假前", "before New Year", "before New Year's Day"],
    &[
        "国庆节前3个工作日",
        "3 workdays before National Day",
        "国庆前三个工作日",
        "十一前3个工作日",
    ],
    &["暑假前3个工作日", "3 workdays before summer break"],
    &["放假前", "before the holiday", "before the break"],
    &[
        "节前3个工作日",
        "3 workdays before the holiday",
        "放假前3个工作日",
    ],
    &["寒假期间", "during winter break"],
    &["春节", "Spring Festival", "Chinese New Year", "春节当天"],
    &["端午节", "Dragon Boat", "端午", "Dragon Boat Festival"],
    &["清明", "Qingming", "清明节"],
    &["中秋节", "Mid-Autumn", "Mid-Autumn Festival"],
];

#[test]
fn both_languages_mean_the_same() {
    for row in TABLE {
        let first = read(row[0]);
        for text in row {
            assert_eq!(read(text), first, "{text} and {}", row[0]);
        }
        there_and_back(&first).unwrap();
    }
    let different: std::collections::HashSet<_> = TABLE.iter().map(|row| read(row[0])).collect();
    assert_eq!(
        different.len(),
        TABLE.len(),
        "each row is a date of its own"
    );
}

fn read(text: &str) -> DateForm {
    DateForm::parse(text).unwrap_or_else(|words| panic!("{text}: {}", words.zh))
}

fn there_and_back(form: &DateForm) -> Result<(), String> {
    for locale in [Locale::Chinese, Locale::English] {
        let printed = form.in_words(locale);
        match DateForm::parse(&printed) {
            Ok(again) if again == *form => {}
            other => {
                return Err(format!(
                    "{form:?} prints as “{printed}”, which reads as {other:?}"
                ));
            }
        }
    }
    Ok(())
}

/// Any form that can be read is printed in both languages so that it reads the same. A failure names the form; the
/// seed is fixed.
#[test]
fn printing_is_undone_by_reading() {
    let seed = [20; 32];
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let config = Config {
        cases: 4000,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, rng)
        .run(&forms(), |form| {
            there_and_back(&form).map_err(TestCaseError::fail)
        })
        .unwrap_or_else(|found| panic!("seed {seed:?}: {found}"));
}

pub(crate) fn forms() -> impl Strategy<Value = DateForm> {
    let month = 1..=12_i8;
    let day = 1..=28_i8;
    let any_month = proptest::option::of(month.clone());
    let nth = prop_oneof![Just(Nth::Last), (1..=5_u8).prop_map(Nth::Number)];
    let weekday = (0..7_i8).prop_map(|n| Weekday::from_monday_zero_offset(n).unwrap());
    let season = || proptest::option::of(prop_oneof![Just(Season::Spring), Just(Season::Autumn)]);
    let festival = proptest::sample::select(Festival::ALL.to_vec());
    let gap = prop_oneof![
        festival.clone().prop_map(Gap::Holiday),
        proptest::sample::select(BreakKind::ALL.to_vec()).prop_map(Gap::Break),
        Just(Gap::Own)
    ];
    let unit = || prop_oneof![Just(Unit::Day), Just(Unit::Workday)];
    let end = (month.clone(), proptest::option::of(day.clone()))
        .prop_map(|(month, day)| WindowEnd { month, day });
    prop_oneof![
        (any_month.clone(), day).prop_map(|(month, day)| DateForm::Day { month, day }),
        any_month
            .clone()
            .prop_map(|month| DateForm::MonthEnd { month }),
        (any_month, nth.clone(), weekday).prop_map(|(month, nth, weekday)| DateForm::Weekday {
            month,
            nth,
            weekday
        }),
        (month, nth.clone()).prop_map(|(month, nth)| DateForm::Week { month, nth }),
        (end.clone(), end).prop_map(|(from, to)| DateForm::Window { from, to }),
        nth.clone().prop_map(DateForm::Workday),
        nth.prop_map(DateForm::TeachingDay),
        (
            season(),
            prop_oneof![Just(Edge::Start), Just(Edge::End)],
            -400..=400_i16,
            unit()
        )
            .prop_map(|(season, edge, offset, unit)| {
                let unit = if offset == 0 { Unit::Day } else { unit };
                DateForm::Term {
                    season,
                    edge,
                    offset,
                    unit,
                }
            }),
        season().prop_map(DateForm::MidTerm),
        season().prop_map(DateForm::TermLastTeachingDay),
        gap.clone().prop_map(DateForm::BeforeGap),
        (gap.clone(), 1..=255_u8, unit()).prop_map(|(gap, count, unit)| DateForm::DaysBeforeGap {
            gap,
            count,
            unit
        }),
        gap.prop_map(DateForm::During),
        festival.prop_map(DateForm::Festival),
    ]
}

/// No workdays after the start are the start itself, and print as such.
#[test]
fn nought_workdays() {
    assert_eq!(read("开学后0个工作日"), read("开学当日"));
}

/// What no year has, or nobody can read. Each says in a clause what is wrong.
#[test]
fn the_impossible_is_refused() {
    let mut out = String::new();
    for text in [
        "2月30日",
        "02-30",
        "February 30",
        "4月31日",
        "13月1日",
        "5月0日",
        "32日",
        "3月第六个周一",
        "6th Monday of March",
        "5月第0个周五",
        "第0个工作日",
        "2月30日至3月1日",
        "开学后1000天",
        "开学后200周",
        "春天学期开学后14天",
        "春季学期开雪后14天",
        "last Mondy of March",
        "五月十二",
        "",
        "明天",
        "2026年5月12日",
    ] {
        let words = DateForm::parse(text).expect_err(text);
        let first = words.zh.split('。').next().unwrap_or_default();
        let _ = writeln!(out, "{text}: {first}");
    }
    expect![[r#"
        2月30日: 2月没有30日,最多到2月29日
        02-30: 2月没有30日,最多到2月29日
        February 30: 2月没有30日,最多到2月29日
        4月31日: 4月没有31日,最多到4月30日
        13月1日: 没有13月,月份是1到12
        5月0日: 5月没有0日,最多到5月31日
        32日: 没有32日这一天
        3月第六个周一: 一个月没有第6个,最多第5个;也可写“最后一个”
        6th Monday of March: 一个月没有第6个,最多第5个;也可写“最后一个”
        5月第0个周五: 一个月没有第0个,最多第5个;也可写“最后一个”
        第0个工作日: 从第1个数起
        2月30日至3月1日: 2月没有30日,最多到2月29日
        开学后1000天: 读不懂“开学后1000天”
        开学后200周: 离开学、学期结束最多400天
        春天学期开学后14天: 读不懂“春天学期开学后14天”
        春季学期开雪后14天: 读不懂“春季学期开雪后14天”
        last Mondy of March: 读不懂日期“last mondy of march”
        五月十二: 读不懂日期“五月十二”
        : 日期是空的
        明天: 读不懂日期“明天”
        2026年5月12日: 不写年份,写 "5月12日"
    "#]]
    .assert_eq(&out);
}

/// What names its period is taken under that `every` only; a date without such words under each that it suits.
#[test]
fn a_date_that_names_its_period() {
    use schoolbell::core::period::Every;
    let taken = |text: &str| {
        let (form, named) = DateForm::parse_named(text).unwrap_or_else(|words| {
            panic!("{text}: {}", words.zh);
        });
        let all = [
            Every::Year,
            Every::Term,
            Every::Quarter,
            Every::Month,
            Every::Week,
        ];
        let agrees = |every: &Every| named.is_none_or(|named| named.agrees_with(*every).is_ok());
        all.into_iter()
            .filter(agrees)
            .filter(|every| form.clone().under(*every, Some(5)).is_ok())
            .map(Every::word)
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (texts, expected) in [
        (
            &[
                "每周五",
                "每个周五",
                "每逢星期五",
                "every Friday",
                "周五",
                "本周五",
                "Friday",
            ][..],
            "week",
        ),
        (
            &[
                "每月5日",
                "每个月5号",
                "每月最后一个周五",
                "每月的第一个周五",
                "每月底",
                "每月月底",
                "day 5 of every month",
                "last Friday of each month",
                "every month on day 5",
            ],
            "month",
        ),
        (
            &[
                "每季度最后一个工作日",
                "每季末",
                "last workday of every quarter",
            ],
            "quarter",
        ),
        (
            &["每学期开学后14天", "每学期末", "every term, mid-term"],
            "term",
        ),
        (&["每年5月12日", "每年端午节", "May 12 every year"], "year"),
        (&["每周最后一个工作日", "last workday every week"], "week"),
        (
            &["本月10日", "当月10日", "day 10 of the month"],
            "year month",
        ),
        (&["第一个周五", "1st Friday"], "year quarter month week"),
    ] {
        for text in texts {
            assert_eq!(taken(text), expected, "{text}");
        }
    }
}

//! What is read, from which seeds, and what must hold of it.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::sync::Arc;

use jiff::civil::date;
use schoolbell::core::agenda::Agenda;
use schoolbell::core::audience::Audience;
use schoolbell::core::calendar::{self, read_role};
use schoolbell::core::dates::{Almanac, DateForm};
use schoolbell::core::diagnostic::{Faults, Locale, Text};
use schoolbell::core::duty::DutyId;
use schoolbell::core::ladder::{Rung, Stretch};
use schoolbell::core::period::{BreakKind, Every, Festival, PeriodKey, Season};
use schoolbell::core::review::review;
use schoolbell::core::roster::read_csv;
use schoolbell::core::school_year::SchoolYear;
use schoolbell::core::shift::Shift;
use schoolbell::core::workdays::Workdays;
use schoolbell::core::written::{read_day, read_hour};

use super::{Target, post};

/// Every target.
pub(crate) static ALL: [Target; 8] = [
    Target {
        name: "calendar",
        seeds: calendar_files,
        words: &CALENDAR_WORDS,
        read: read_calendar,
        few: 400,
    },
    Target {
        name: "roster",
        seeds: rosters,
        words: &ROSTER_WORDS,
        read: read_roster,
        few: 600,
    },
    Target {
        name: "date",
        seeds: dates,
        words: &DATE_WORDS,
        read: read_date,
        few: 12_000,
    },
    Target {
        name: "audience",
        seeds: audiences,
        words: &AUDIENCE_WORDS,
        read: read_audience,
        few: 12_000,
    },
    Target {
        name: "small",
        seeds: small_texts,
        words: &SMALL_WORDS,
        read: read_small,
        few: 12_000,
    },
    Target {
        name: "reply",
        seeds: post::replies,
        words: &post::REPLY_WORDS,
        read: post::read_reply,
        few: 12_000,
    },
    Target {
        name: "mail",
        seeds: post::mails,
        words: &post::MAIL_WORDS,
        read: post::read_mail,
        few: 6_000,
    },
    Target {
        name: "token",
        seeds: post::tokens,
        words: &post::TOKEN_WORDS,
        read: post::read_token,
        few: 12_000,
    },
];

/// The shipped files; the first line of an input is the name it goes by.
const FILES: [(&str, &str); 8] = [
    (
        "calendar.toml",
        include_str!("../../../calendar/calendar.toml"),
    ),
    (
        "school-year.toml",
        include_str!("../../../calendar/school-year.toml"),
    ),
    (
        "holidays/2026.toml",
        include_str!("../../../calendar/holidays/2026.toml"),
    ),
    ("03.toml", include_str!("../../../calendar/03.toml")),
    ("05.toml", include_str!("../../../calendar/05.toml")),
    ("09.toml", include_str!("../../../calendar/09.toml")),
    ("11.toml", include_str!("../../../calendar/11.toml")),
    (
        "standing.toml",
        include_str!("../../../calendar/standing.toml"),
    ),
];

const SHIPPED_ROSTER: &str = include_str!("../../../config/roster.csv");

const CALENDAR_WORDS: [&str; 50] = [
    "[[task]]\n",
    "[[adjust]]\n",
    "[[term]]\n",
    "[[break]]\n",
    "[[day]]\n",
    "[[holiday]]\n",
    "[ladder]\n",
    "[tags]\n",
    "\nid = \"drill\"\n",
    "\ndue = \"5月12日\"\n",
    "\ndue = { 2026 = \"9月11日\" }\n",
    "\nevery = \"week\"\n",
    "\nevery = \"holiday\"\n",
    "\nevery = \"term\"\n",
    "\nwhen = \"conditional\"\n",
    "\nafter = \"drill\"\n",
    "\nmet_by = [\"drill\"]\n",
    "\ntimes = 3\n",
    "\ndue_time = \"17:00\"\n",
    "\ndue_at = { town = \"-3 workdays\" }\n",
    "\nskip_if = \"teaching days < 10\"\n",
    "\ndue_on_rest_day = \"keep\"\n",
    "\nopens = \"400d\"\n",
    "\nremind = [\"0d\", \"400 workdays\"]\n",
    "\nnag = { every = \"1d\", at_most = 60 }\n",
    "\nescalate = [{ after = \"400 workdays\", to = [\"office@bureau\"] }]\n",
    "\naudience = \"(primary | junior) & !boarding\"\n",
    "月底",
    "第五个周一",
    "12月至次年1月",
    "开学后400天",
    "学期中",
    "期末",
    "学期结束前400个工作日",
    "五一放假前",
    "国庆节前255天",
    "放假期间",
    "春节",
    "2月29日",
    "第一个教学日",
    "2026-spring",
    "2110-autumn",
    "1990-01-01",
    "9999-12-31",
    "-9999-01-01",
    "Asia/Shanghai",
    "America/St_Johns",
    "locale = \"en\"\n",
    "周五",
    "最后一个工作日",
];

const ROSTER_WORDS: [&str; 22] = [
    "unit,name,kind,parent,tags,role,person,email,phone,since,until\n",
    "单位编号,单位名称,类型,上级,标签,岗位,姓名,邮箱\n",
    "bureau",
    "town",
    "primary",
    "nine-year",
    "小学",
    "safety",
    "安全主任",
    "boarding",
    "canteen=A",
    "a@b.example",
    "@",
    "a@b@c",
    "2026年3月4日",
    "2026/3/4",
    ",,,,,,,,,,\n",
    ";",
    "\"a\"\"b\"",
    "s1",
    "b",
    "=cmd()",
];

const DATE_WORDS: [&str; 60] = [
    "5月",
    "12日",
    "月底",
    "底前",
    "最后一个",
    "第二个",
    "第",
    "个",
    "周一",
    "周",
    "星期",
    "至",
    "次年",
    "工作日",
    "教学日",
    "开学",
    "学期结束",
    "后",
    "前",
    "14",
    "十四",
    "二十",
    "天",
    "春季学期",
    "秋季学期",
    "学期中",
    "期末",
    "寒假",
    "放假",
    "期间",
    "五一",
    "国庆节",
    "端午",
    "节",
    "每",
    "本季度",
    "当日",
    "May ",
    "12",
    "end of ",
    "last ",
    "2nd ",
    "Monday ",
    "of ",
    "week ",
    "to ",
    "next ",
    "workday",
    "teaching day",
    "d after ",
    "before ",
    "term ",
    "start",
    "mid-term",
    "spring ",
    "winter break",
    "during ",
    "Labour Day",
    "the holiday",
    "-",
];

const AUDIENCE_WORDS: [&str; 20] = [
    "school",
    "k12",
    "primary",
    "junior",
    "nine-year",
    "boarding",
    "canteen",
    "canteen=A",
    "town:t1",
    "unit:s1",
    "!",
    "&",
    "|",
    "(",
    ")",
    "＆",
    "｜",
    "！",
    "（",
    "）",
];

const SMALL_WORDS: [&str; 40] = [
    "2026",
    "-spring",
    "-autumn",
    "-Q2",
    "-05",
    "-W13",
    "-W53",
    "-qingming",
    "-winter-break",
    "-05-12",
    "T3",
    "drill@",
    "/s1",
    "safety",
    "@town",
    "＠",
    "remind:",
    "escalate:",
    "nag:",
    "closed:",
    "opens",
    "14",
    "十四",
    "一百",
    "d",
    "天",
    "周",
    "个工作日",
    " workdays",
    "-",
    "+",
    "提前",
    "推迟",
    " earlier",
    ":",
    "17:00",
    "点半",
    "下午",
    "年",
    "月4日",
];

fn calendar_files() -> Vec<Vec<u8>> {
    let named = |(name, text): &(&str, &str)| format!("{name}\n{text}").into_bytes();
    FILES.iter().map(named).collect()
}

fn rosters() -> Vec<Vec<u8>> {
    let (gbk, _, _) = encoding_rs::GBK.encode(SHIPPED_ROSTER);
    vec![
        SHIPPED_ROSTER.as_bytes().to_vec(),
        gbk.into_owned(),
        SHIPPED_ROSTER.replace(',', ";").into_bytes(),
    ]
}

fn lines(text: &str) -> Vec<Vec<u8>> {
    text.lines().map(|line| line.as_bytes().to_vec()).collect()
}

fn dates() -> Vec<Vec<u8>> {
    lines(
        "5月12日\n4月底\n3月最后一个周一\n3月最后一周\n12月至次年1月\n6月20日至7月4日\n每月10日\n最后一个工作日\n第一个教学日\n开学后14天\n\
         春季学期结束前10个工作日\n学期中\n期末\n五一放假前\n国庆节前3个工作日\n寒假期间\n端午节\n05-12\nMay 12\nend of April\n\
         last Monday of March\n2nd week of November\nJune 20 to July 4\n14d after term start\nspring mid-term\n\
         3 workdays before National Day\nduring winter break\nDragon Boat",
    )
}

fn audiences() -> Vec<Vec<u8>> {
    lines(
        "school\n(primary | junior) & boarding\n!k12 | canteen=A\ntown:t1 & !unit:s1\n（senior｜vocational）＆！boarding",
    )
}

fn small_texts() -> Vec<Vec<u8>> {
    lines(
        "2026\n2026-spring\n2026-Q2\n2026-05\n2026-W13\n2026-qingming\n2026-winter-break\n2026-05-12T3\ndrill@2026-05/s1\n\
         safety@town\nremind:7d\nescalate:2 workdays\nclosed:3\n14d\n2个工作日\n-3 workdays\n提前五天\n17:00\n下午五点半\n2026年3月4日",
    )
}

fn all_rendered(faults: Faults) {
    for fault in faults.into_sorted() {
        for locale in [Locale::Chinese, Locale::English] {
            assert!(!fault.render(locale, false).is_empty());
        }
    }
}

/// A file of a calendar, beside the shipped ones it needs: read, told what is wrong, and if nothing is, dated.
fn read_calendar(input: &[u8]) {
    let end = input
        .iter()
        .position(|b| *b == b'\n')
        .unwrap_or(input.len());
    let name = String::from_utf8_lossy(&input[..end]).into_owned();
    let body = &input[(end + 1).min(input.len())..];
    let faults = Faults::default();
    let mut texts = Vec::new();
    texts.extend(Text::decode(&name, body, &faults));
    let others = FILES[..3].iter().filter(|(other, _)| *other != name);
    texts.extend(others.filter_map(|(name, text)| Text::decode(name, text.as_bytes(), &faults)));
    let calendar = calendar::read(&texts, &faults);
    let roster = read_csv("roster.csv", SHIPPED_ROSTER.as_bytes(), &faults);
    let agenda = Agenda::new(Arc::new(calendar), Arc::new(roster), Vec::new());
    if !faults.any_error() {
        review(&agenda, &faults);
        for found in agenda.between(date(2026, 1, 1), date(2026, 12, 31)) {
            if let Ok(dated) = found.dated {
                let span = date(2026, 1, 1)..=date(2026, 12, 31);
                assert!(span.contains(&dated.due) && dated.announced <= dated.due);
            }
        }
    }
    all_rendered(faults);
}

fn read_roster(input: &[u8]) {
    let faults = Faults::default();
    let roster = read_csv("roster.csv", input, &faults);
    for unit in roster.units() {
        assert!(roster.unit(&unit.id).is_some());
    }
    all_rendered(faults);
}

/// Read and printed in both languages it is the same; in every kind of period it has a day or a reason.
fn read_date(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(form) = DateForm::parse(&text) else {
        return;
    };
    for locale in [Locale::Chinese, Locale::English] {
        let printed = form.in_words(locale);
        assert_eq!(
            DateForm::parse(&printed).as_ref(),
            Ok(&form),
            "{text} prints as {printed}"
        );
    }
    let (workdays, school) = (Workdays::default(), SchoolYear::default());
    let almanac = Almanac {
        workdays: &workdays,
        school: &school,
    };
    for (every, period) in [
        (Every::Year, PeriodKey::Year(2026)),
        (Every::Term, PeriodKey::Term(2026, Season::Spring)),
        (Every::Quarter, PeriodKey::Quarter(2026, 1)),
        (Every::Month, PeriodKey::Month(2026, 2)),
        (Every::Week, PeriodKey::Week(2026, 53)),
        (
            Every::Holiday,
            PeriodKey::Holiday(2026, Festival::DragonBoat),
        ),
        (Every::Break, PeriodKey::Break(2026, BreakKind::Winter)),
    ] {
        if let Ok(form) = form.clone().under(every, Some(2))
            && let Ok(found) = almanac.resolve(&form, period)
        {
            assert!(
                found.window_from.is_none_or(|from| from <= found.day),
                "{text}"
            );
        }
    }
}

fn read_audience(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let tags: BTreeSet<String> = ["boarding".to_owned(), "canteen".to_owned()].into();
    match Audience::parse(&text, &tags) {
        Ok(audience) => {
            let printed = audience.to_string();
            assert_eq!(
                Audience::parse(&printed, &tags),
                Ok(audience),
                "{text} prints as {printed}"
            );
        }
        Err(fault) => assert!(text.get(fault.span.clone()).is_some(), "{text}: {fault:?}"),
    }
}

/// What is printed is read as the same.
fn same_again<T: Display + Debug + PartialEq>(text: &str, read: impl Fn(&str) -> Option<T>) {
    if let Some(found) = read(text) {
        let printed = found.to_string();
        assert_eq!(read(&printed), Some(found), "{text} prints as {printed}");
    }
}

fn read_small(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    same_again::<PeriodKey>(&text, |text| text.parse().ok());
    same_again::<DutyId>(&text, |text| text.parse().ok());
    same_again::<Rung>(&text, |text| text.parse().ok());
    same_again(&text, Stretch::parse);
    same_again(&text, |text| Shift::parse(text).ok());
    same_again(&text, |text| read_role(text).ok());
    same_again(&text, read_day);
    same_again(&text, read_hour);
    for said in [
        Stretch::parse(&text).map(Stretch::chinese),
        Shift::parse(&text).ok().map(Shift::chinese),
    ] {
        let again = said
            .as_ref()
            .is_none_or(|said| Stretch::parse(said).is_some() || Shift::parse(said).is_ok());
        assert!(again, "{said:?}");
    }
}

//! A unit's board, its feed, and what a monitor reads.

use std::collections::BTreeMap;

use expect_test::expect;
use icalendar::Component as _;
use jiff::civil::date;
use schoolbell::core::board::{Board, board};
use schoolbell::link::{Claim, LinkKeys};
use schoolbell::web::{DeskError, Limits};

use super::desk::{Fault, KEY, MemoryDesk, TODAY, letter};
use super::site::{Site, board_of, page_of};
use crate::bell::{Bell, HEAD, ROSTER, SECOND};
use crate::ics::read;

/// 2026-05-05 is the last day of the Labour Day holiday; workdays go on with 05-06.
const YEAR: &str = r#"
[[task]]
id       = "drill"
title    = "应急疏散演练"
every    = "month"
due      = "12日"
audience = "school"
evidence = "演练记录、照片两张"
authority = "《中小学幼儿园应急疏散演练指南》"
origin   = "seed"
[[task]]
id       = "ledger"
title    = "隐患排查<台账>"
due      = "4月28日"
audience = "school"
origin   = "local"
[[task]]
id       = "heat"
title    = "防溺水教育"
due      = "5月20日至6月10日"
due_time = "17:00"
audience = "school"
origin   = "local"
[[task]]
id       = "towns"
title    = "镇街的事"
due      = "5月12日"
audience = "town"
origin   = "local"
"#;

/// The bell of 浒山小学 on the day of these tests: one duty late, one open, one done, one let off, some ahead.
pub(crate) fn bell() -> Bell {
    let mut bell = Bell::new(YEAR);
    bell.run(
        "2026-04-01 07:00 open
         2026-04-10 09:00 done drill@2026-04/s1 safety@s1
         2026-04-27 09:00 received ledger@2026/s1 safety@s1
         2026-05-04 09:00 done drill@2026-05/s1 safety@s1
         2026-05-05 09:00 end",
    );
    bell
}

/// That board.
pub(crate) fn board_of_may() -> Board {
    let bell = bell();
    board(&bell.agenda, &bell.state, &"s1".into(), bell.now).expect("the unit is there")
}

fn site() -> Site {
    let desk = MemoryDesk::with([letter(1)]);
    desk.put_up(board_of_may());
    Site::of(desk)
}

#[test]
fn the_board_tells_the_year_of_one_unit() {
    let page = site().get(&board_of("s1"));
    assert_eq!(page.status, 200);
    for words in [
        "<title>浒山小学的全年安排</title>",
        "小学 · 浒山街道",
        "有 1 项安全工作已逾期，请尽快办理。本月已办结 1 项。",
        "隐患排查&lt;台账&gt;",
        "已逾期",
        "收到（safety@s1）",
        "5月4日已完成",
        "5月20日至6月10日 17:00",
        "安全主任",
        "王建国",
        "已完成（safety@s1）",
        "全年共",
        "这个地址到2026年6月1日为止有效",
        "2026年逐月",
    ] {
        page.says(words);
    }
    let link = board_of("s1");
    page.says(&format!("http://127.0.0.1:8080{link}.ics"));
    page.says(&format!("href=\"webcal://127.0.0.1:8080{link}.ics\""));
    for words in ["镇街的事", "<form", "<script", "<button", "office@b", "138"] {
        page.does_not_say(words);
    }
    assert_eq!(
        page.body.matches("<details class=\"month\" open>").count(),
        2
    );
    assert_eq!(page.body.matches("<details class=\"month\"").count(), 12);
}

/// Each duty once in its month, under the words for how it stands.
#[test]
fn every_duty_stands_in_its_month() {
    let board = board_of_may();
    let told: Vec<_> = board
        .duties
        .iter()
        .filter(|duty| duty.due < date(2026, 7, 1))
        .map(|duty| format!("{} {} {}", duty.due, duty.duty, duty.standing.name()))
        .collect();
    assert_eq!(
        told,
        [
            "2026-04-10 drill@2026-04/s1 已完成",
            "2026-04-28 ledger@2026/s1 逾期",
            "2026-05-12 drill@2026-05/s1 已完成",
            "2026-06-10 heat@2026/s1 未开始",
            "2026-06-12 drill@2026-06/s1 未开始",
        ]
    );
    let june = &board.months[5];
    assert_eq!((june.burden.duties, june.burden.evidence), (2, 1));
    assert_eq!(board.answers.len(), 3);
    assert_eq!(board.answers[0].title, "应急疏散演练(5月)");
}

#[test]
fn the_feed_is_the_board_for_calendar_programs() {
    let reply = site().get(&format!("{}.ics", board_of("s1")));
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("content-type"),
        Some("text/calendar; charset=utf-8")
    );
    let events: BTreeMap<_, _> = read(&reply.body)
        .into_iter()
        .map(|event| (event.get_uid().expect("a name").to_owned(), event))
        .collect();
    let summary = |id: &str| {
        let event = &events[&format!("{id}@schoolbell")];
        event.get_summary().expect("a summary").to_owned()
    };
    assert_eq!(
        summary("drill@2026-05/s1"),
        "✓ 应急疏散演练(5月) · 浒山小学"
    );
    assert_eq!(summary("ledger@2026/s1"), "隐患排查<台账> · 浒山小学");
    let drill = events["drill@2026-06/s1@schoolbell"].get_description();
    let said = drill.expect("a description");
    for words in ["交什么：演练记录、照片两张", "依据：《中小学", "日期：12日"]
    {
        assert!(said.contains(words), "{said}");
    }
    let start = events["heat@2026/s1@schoolbell"].property_value("DTSTART");
    assert_eq!(start, Some("20260520T000000"));
    assert!(reply.body.contains("BEGIN:VTIMEZONE"));
    for name in ["王建国", "safety@s1", "收到"] {
        assert!(!reply.body.contains(name), "{name}: nobody is named in it");
    }
}

/// 浒山街道 has two schools: one has done the drill of May, both owe the ledger, and one has until the 6th.
#[test]
fn the_feed_of_a_town_has_what_its_schools_are_asked() {
    let roster = format!("{ROSTER}{SECOND}");
    let mut bell = Bell::with(HEAD, YEAR, &roster);
    bell.run(
        "2026-04-01 07:00 open
         2026-04-27 09:00 extension ledger@2026/s2 safety@s2 2026-05-06
         2026-04-27 10:00 grant ledger@2026/s2 extension 2026-05-06
         2026-05-04 09:00 done drill@2026-05/s1 safety@s1
         2026-05-05 09:00 end",
    );
    let desk = MemoryDesk::with([letter(1)]);
    for unit in ["t1", "s1"] {
        let board = board(&bell.agenda, &bell.state, &unit.into(), bell.now);
        desk.put_up(board.expect("the unit is there"));
    }
    desk.open_bureau(bell);
    let site = Site::of(desk);
    let feed = |unit: &str| {
        let reply = site.get(&format!("{}.ics", board_of(unit)));
        assert_eq!(reply.status, 200);
        read(&reply.body)
    };
    let town: BTreeMap<_, _> = feed("t1")
        .into_iter()
        .map(|event| (event.get_uid().expect("a name").to_owned(), event))
        .collect();
    let told = |id: &str| {
        let event = town
            .get(&format!("{id}@schoolbell"))
            .unwrap_or_else(|| panic!("{id} in {:?}", town.keys()));
        let said = event
            .get_description()
            .unwrap_or_default()
            .replace('\n', "|");
        format!(
            "{} {} | {said}",
            event.property_value("DTSTART").unwrap_or_default(),
            event.get_summary().unwrap_or_default()
        )
    };
    expect![[r#"
        20260512 镇街的事 · 浒山街道 | 日期：5月12日
        20260512 应急疏散演练(5月) · 2个单位 | 2个单位，已办结1个|依据：《中小学幼儿园应急疏散演练指南》
        20260428 隐患排查<台账> · 2个单位 | 2个单位，已办结0个，逾期1个|日期：各单位不同，最晚到5月6日
        20260610T170000 防溺水教育 · 2个单位 | 2个单位，已办结0个"#]].assert_eq(
        &[
            told("towns@2026/t1"),
            told("drill@2026-05/below-t1"),
            told("ledger@2026/below-t1"),
            told("heat@2026/below-t1"),
        ]
        .join("\n"),
    );
    let below = |events: Vec<icalendar::Event>| {
        events
            .iter()
            .filter(|event| event.get_uid().is_some_and(|id| id.contains("/below-")))
            .count()
    };
    assert_eq!(below(feed("s1")), 0, "a school sees its own");
    site.get(&board_of("t1")).says("下属各单位的事也在里面");
    site.get(&board_of("s1")).does_not_say("下属各单位");
}

#[test]
fn the_letter_leads_to_the_board_for_as_long_as_it_lives() {
    let site = site();
    let mut content = letter(1);
    content.unit = Some("s1".into());
    let desk = MemoryDesk::with([content, {
        let mut of_several = letter(2);
        of_several.unit = None;
        of_several
    }]);
    desk.put_up(board_of_may());
    let letters = Site::of(desk);
    let page = letters.get(&page_of(1));
    page.says("本单位的全年安排");
    let from = page.body.find("/u/").expect("a link to the board");
    let to = from + page.body[from..].find('"').expect("its end");
    let link = &page.body[from..to];
    assert_eq!(link, board_of("s1"), "it lives as long as the letter's");
    assert_eq!(site.get(link).status, 200);
    letters.get(&page_of(2)).does_not_say("本单位的全年安排");
}

#[test]
fn links_that_open_no_board() {
    let site = site();
    let keys = LinkKeys::from_text(KEY).expect("a key");
    let june = date(2026, 6, 1);
    let token = |claim: &Claim| keys.sign(claim, june);
    for token in [
        "x".to_owned(),
        token(&Claim::Letter(1)),
        token(&Claim::Unit("s9".into())),
        format!("{}.ics", token(&Claim::Unit("s1".into()))),
    ] {
        let reply = site.get(&format!("/u/{token}.ics"));
        assert_eq!(reply.status, 404, "{token}");
        reply.says("0574-63920000");
        reply.does_not_say("浒山小学");
    }
    let stale = keys.sign(&Claim::Unit("s1".into()), date(2026, 5, 4));
    for end in ["", ".ics"] {
        let reply = site.get(&format!("/u/{stale}{end}"));
        assert_eq!(reply.status, 410);
        reply.says("已经过期");
    }
    let last_day = keys.sign(&Claim::Unit("s1".into()), TODAY);
    assert_eq!(site.get(&format!("/u/{last_day}")).status, 200);
    site.desk
        .fail(Fault::Reading(DeskError::Unavailable("locked".to_owned())));
    assert_eq!(site.get(&board_of("s1")).status, 503);
    site.desk.fail(Fault::ReadingPanics);
    assert_eq!(site.get(&board_of("s1")).status, 500);
}

#[test]
fn addresses_begin_with_the_base_url() {
    let desk = MemoryDesk::with([]);
    desk.put_up(board_of_may());
    let site = Site::start(desk, "https://edu.example/bell/", Limits::default());
    let link = board_of("s1");
    let page = site.get(&link);
    page.says(&format!("https://edu.example/bell{link}.ics"));
    page.says(&format!("webcal://edu.example/bell{link}.ics"));
}

/// A reader of the text form (version 0.0.4): families are announced once, before their samples.
pub(crate) fn measured(text: &str) -> BTreeMap<String, i64> {
    let mut samples = BTreeMap::new();
    let mut kinds = BTreeMap::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(told) = line.strip_prefix("# TYPE ") {
            let (name, kind) = told.split_once(' ').expect("a name and a kind");
            assert!(["gauge", "counter"].contains(&kind), "{line}");
            assert_eq!(kinds.insert(name.to_owned(), kind.to_owned()), None);
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').expect("a series and a value");
            let name = series.split('{').next().expect("a name");
            assert!(kinds.contains_key(name), "{line} was not announced");
            let sound = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(name.chars().all(sound), "{line}");
            let value = value.parse().expect("a whole number");
            assert_eq!(samples.insert(series.to_owned(), value), None, "{line}");
        }
    }
    samples
}

#[test]
fn a_monitor_reads_numbers() {
    let reply = site().get("/metrics");
    assert_eq!(reply.status, 200);
    let kind = reply.header("content-type");
    assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"));
    let samples = measured(&reply.body);
    let version = env!("CARGO_PKG_VERSION");
    for (series, value) in [
        (format!("schoolbell_build_info{{version=\"{version}\"}}"), 1),
        ("schoolbell_letters{state=\"queued\"}".to_owned(), 3),
        ("schoolbell_letters_accepted_total".to_owned(), 1207),
        ("schoolbell_answers_total".to_owned(), 845),
        (
            "schoolbell_last_beat_timestamp_seconds".to_owned(),
            1_777_939_200,
        ),
        (
            "schoolbell_next_slot_timestamp_seconds".to_owned(),
            1_778_025_600,
        ),
        ("schoolbell_beat_late_seconds".to_owned(), 0),
        ("schoolbell_held".to_owned(), 1),
        ("schoolbell_mail_paused".to_owned(), 0),
        ("schoolbell_ledger_trouble".to_owned(), 0),
        ("schoolbell_contact_gaps".to_owned(), 2),
        ("schoolbell_addresses_unreachable".to_owned(), 0),
        ("schoolbell_ledger_wal_bytes".to_owned(), 4152),
    ] {
        assert_eq!(samples.get(&series), Some(&value), "{series}");
    }
    assert!(!reply.body.contains('@'));
}

//! Calendar files: read back by a reader that is not ours.

use expect_test::expect;
use icalendar::{Calendar, Component as _, DatePerhapsTime, EventLike as _};
use jiff::Timestamp;
use jiff::civil::{Date, Time, date, time};
use jiff::tz::TimeZone;
use schoolbell::core::board::board;
use schoolbell::core::compose::Reader;
use schoolbell::ics::{self, Event, Head, calendar};

use crate::bell::{Bell, DRILL};

const STAMP: Timestamp = Timestamp::UNIX_EPOCH;

fn event(id: &str, due: Date) -> Event {
    Event {
        id: id.to_owned(),
        summary: "全校应急疏散演练 · 浒山小学".to_owned(),
        from: None,
        due,
        due_time: None,
        description: Vec::new(),
        category: String::new(),
        sequence: 0,
    }
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn written(zone: &TimeZone, events: &[Event]) -> String {
    let head = Head {
        name: "慈溪市学校安全工作行事历",
        zone,
        stamp: STAMP,
        subscribed: false,
    };
    calendar(&head, events)
}

/// The events of a calendar file, by the other reader.
pub(crate) fn read(text: &str) -> Vec<icalendar::Event> {
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"));
    assert!(text.replace("\r\n", "").chars().all(|c| !c.is_control()));
    for line in text.split("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
    }
    let calendar: Calendar = text.parse().unwrap();
    assert_eq!(calendar.property_value("VERSION"), Some("2.0"));
    calendar.events().cloned().collect()
}

#[test]
fn a_day_and_a_window() {
    let window = Event {
        from: Some(date(2026, 5, 4)),
        ..event("canteen@2026-W19/s001", date(2026, 5, 8))
    };
    let text = written(
        &zone("Asia/Shanghai"),
        &[event("drill@2026/s001", date(2026, 5, 12)), window],
    );
    expect![[r#"
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//schoolbell//schoolbell//ZH
        CALSCALE:GREGORIAN
        METHOD:PUBLISH
        X-WR-CALNAME:慈溪市学校安全工作行事历
        BEGIN:VEVENT
        UID:drill@2026/s001@schoolbell
        DTSTAMP:19700101T000000Z
        SEQUENCE:0
        DTSTART;VALUE=DATE:20260512
        DTEND;VALUE=DATE:20260513
        SUMMARY:全校应急疏散演练 · 浒山小学
        TRANSP:TRANSPARENT
        END:VEVENT
        BEGIN:VEVENT
        UID:canteen@2026-W19/s001@schoolbell
        DTSTAMP:19700101T000000Z
        SEQUENCE:0
        DTSTART;VALUE=DATE:20260504
        DTEND;VALUE=DATE:20260509
        SUMMARY:全校应急疏散演练 · 浒山小学
        TRANSP:TRANSPARENT
        END:VEVENT
        END:VCALENDAR
    "#]]
    .assert_eq(&text.replace("\r\n", "\n"));
    let events = read(&text);
    let days = |at: usize| {
        let day = |day: Option<DatePerhapsTime>| match day {
            Some(DatePerhapsTime::Date(day)) => day.to_string(),
            other => panic!("{other:?} is no day"),
        };
        (day(events[at].get_start()), day(events[at].get_end()))
    };
    let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    assert_eq!(days(0), pair("2026-05-12", "2026-05-13"));
    assert_eq!(days(1), pair("2026-05-04", "2026-05-09"));
}

#[test]
fn hours_bring_their_zone_and_days_do_not() {
    let at = |due: Date, hour: Time| Event {
        due_time: Some(hour),
        ..event("canteen@2026-W19/s001", due)
    };
    let china = written(
        &zone("Asia/Shanghai"),
        &[at(date(2026, 5, 8), time(17, 0, 0, 0))],
    );
    expect![[r#"
        BEGIN:VTIMEZONE
        TZID:Asia/Shanghai
        BEGIN:STANDARD
        DTSTART:19700101T000000
        TZOFFSETFROM:+0800
        TZOFFSETTO:+0800
        END:STANDARD
        END:VTIMEZONE
    "#]]
    .assert_eq(&zone_of(&china));
    assert!(china.contains("DTSTART;TZID=Asia/Shanghai:20260508T170000\r\n"));
    read(&china);

    // The clocks go forward on 29 March 2026 at 2:00 and back on 25 October at 3:00.
    let events = [
        at(date(2026, 3, 2), time(9, 30, 0, 0)),
        at(date(2026, 11, 30), time(9, 30, 0, 0)),
    ];
    expect![[r#"
        BEGIN:VTIMEZONE
        TZID:Europe/Berlin
        BEGIN:STANDARD
        DTSTART:19700101T000000
        TZOFFSETFROM:+0100
        TZOFFSETTO:+0100
        END:STANDARD
        BEGIN:DAYLIGHT
        DTSTART:20260329T020000
        TZOFFSETFROM:+0100
        TZOFFSETTO:+0200
        END:DAYLIGHT
        BEGIN:STANDARD
        DTSTART:20261025T030000
        TZOFFSETFROM:+0200
        TZOFFSETTO:+0100
        END:STANDARD
        END:VTIMEZONE
    "#]]
    .assert_eq(&zone_of(&written(&zone("Europe/Berlin"), &events)));

    let days = [event("drill@2026/s001", date(2026, 5, 12))];
    assert!(!written(&zone("Europe/Berlin"), &days).contains("VTIMEZONE"));
}

fn zone_of(text: &str) -> String {
    let from = text.find("BEGIN:VTIMEZONE").unwrap();
    let to = text.find("BEGIN:VEVENT").unwrap();
    text[from..to].replace("\r\n", "\n")
}

/// What people write is text and nothing else, wherever a line is folded.
#[test]
fn text_stays_text() {
    for shift in 0..80 {
        let odd = format!(
            "{}一;二,三\\四\r\nEND:VEVENT\nATTACH:http://evil.example\u{7}{}",
            "a".repeat(shift),
            "鄞州区浒山街道第一实验学校".repeat(9)
        );
        let event = Event {
            id: format!("odd,{shift}@2026/s001"),
            summary: odd.clone(),
            description: vec![String::new(), odd.clone()],
            category: "本市文件,待确认".to_owned(),
            ..event("", date(2026, 5, 12))
        };
        let text = written(&zone("Asia/Shanghai"), &[event]);
        let events = read(&text);
        assert_eq!(events.len(), 1, "{text}");
        let expected = odd.replace("\r\n", "\n").replace('\u{7}', " ");
        assert_eq!(events[0].get_summary(), Some(expected.as_str()));
        assert_eq!(events[0].get_description(), Some(expected.as_str()));
        assert_eq!(
            events[0].get_categories(),
            Some(vec!["本市文件,待确认".to_owned()])
        );
    }
}

/// The letter and the feed speak of one event: moved, it keeps its name and its number grows.
#[test]
fn a_moved_duty_is_the_same_event_with_a_higher_number() {
    let mut bell = Bell::new(DRILL);
    bell.run("2026-10-19 07:00 hang\n2026-10-27 09:00 end");
    let feed = |bell: &Bell| {
        let board = board(&bell.agenda, &bell.state, &"s1".into(), bell.now).unwrap();
        let duties = board.duties.iter();
        let events: Vec<_> = duties
            .filter_map(|duty| Event::of_duty(duty, &board.unit_name))
            .collect();
        written(&board.zone, &events)
    };
    let told = |text: &str| {
        let events = read(text);
        assert_eq!(events.len(), 1, "{text}");
        let event = &events[0];
        let start = event.property_value("DTSTART").unwrap();
        let summary = event.get_summary().unwrap();
        format!(
            "{} {} {start} {summary}",
            event.get_uid().unwrap(),
            event.get_sequence().unwrap()
        )
    };
    let letter = |bell: &Bell| {
        let content = bell.content("safety@s1", Reader::Mail).unwrap();
        ics::of_letter(&content, &bell.agenda.calendar.timezone).unwrap()
    };
    let first = "drill@2026/s1@schoolbell 0 20261110 应急疏散演练 · 浒山小学";
    assert_eq!(
        (told(&feed(&bell)), told(&letter(&bell))),
        (first.into(), first.into())
    );

    bell.run("2026-10-28 09:00 edit 11月10日 => 11月12日\n2026-10-29 09:00 end");
    let moved = "drill@2026/s1@schoolbell 1 20261112 应急疏散演练 · 浒山小学";
    assert_eq!(
        (told(&feed(&bell)), told(&letter(&bell))),
        (moved.into(), moved.into())
    );

    // Back to the first day is a change too.
    bell.run("2026-10-30 09:00 edit 11月12日 => 11月10日\n2026-11-02 09:00 end");
    let back = "drill@2026/s1@schoolbell 2 20261110 应急疏散演练 · 浒山小学";
    assert_eq!(
        (told(&feed(&bell)), told(&letter(&bell))),
        (back.into(), back.into())
    );

    bell.run("2026-11-03 09:00 done drill@2026/s1 safety@s1");
    let done = "drill@2026/s1@schoolbell 2 20261110 ✓ 应急疏散演练 · 浒山小学";
    assert_eq!(told(&feed(&bell)), done);
    bell.run("2026-11-04 09:00 waive drill@2026/s1");
    assert_eq!(read(&feed(&bell)), []);
}

//! From a letter to the board of its reader's unit, on to the feed, and to what a monitor reads.

use std::fs;

use icalendar::Component as _;

use super::house::{House, link, open, press};
use crate::ics::read;
use crate::mail::dates_of;
use crate::web::boards::measured;

const NOW: [&str; 4] = ["--pretend-now", "2026-03-04T07:59:00+08:00", "--speed", "1"];
const DUTY: &str = "term-start-safety-inspection@2026/s001";

/// The first address with `mark` in a page or a letter, up to a quote or a space.
fn address(text: &str, mark: &str) -> String {
    let at = text
        .find(mark)
        .unwrap_or_else(|| panic!("no {mark} in {text}"));
    let end = |c: char| c == '"' || c == '<' || c.is_whitespace();
    let begin = |c: char| matches!(c, '"' | '>' | '：') || c.is_whitespace();
    let before = text[..at].rsplit(begin).next().unwrap();
    let to = text[at..].find(end).unwrap();
    format!("{before}{}", &text[at..at + to])
}

#[test]
fn a_letter_leads_to_the_board_and_its_feed() {
    let house = House::new(None);
    let mut daemon = house.start(&NOW);
    daemon.wait_for("页面:");
    house.wait_for_facts("outcome", 10);
    let letters: Vec<Vec<u8>> = fs::read_dir(house.path("var/spool"))
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    let mine = letters
        .iter()
        .find(|eml| String::from_utf8_lossy(eml).contains("wang.jianguo@hushan-primary.example"))
        .unwrap();

    // The letter carries its dates, and both it and its page lead to the board.
    let (_, _, dates) = dates_of(mine).expect("the letter has dates");
    let carried = read(&dates);
    let uid = format!("{DUTY}@schoolbell");
    assert!(carried.iter().any(|event| event.get_uid() == Some(&uid)));
    let message = mail_parser::MessageParser::default().parse(mine).unwrap();
    let by_letter = address(&message.body_text(0).unwrap(), "/u/");
    let page = link(mine);
    let base = format!("http://127.0.0.1:{}", house.port);
    let by_page = format!("{base}{}", address(&open(&page), "/u/"));
    assert_eq!(by_letter, by_page, "one link, signed alike");

    let before = house.call(&["ledger"]);
    let board = open(&by_letter);
    for words in ["浒山小学", "春季开学安全自查", "眼下要办的", "2026年逐月"] {
        assert!(board.contains(words), "{words} is not in {board}");
    }
    let feed = address(&board, ".ics\"");
    assert!(feed.starts_with("webcal://"), "{feed}");
    let feed = feed.replace("webcal://", "http://");
    let events = read(&open(&feed));
    let told = |events: &[icalendar::Event]| {
        let event = events.iter().find(|event| event.get_uid() == Some(&uid));
        event.unwrap().get_summary().unwrap().to_owned()
    };
    assert!(told(&events).starts_with("春季开学安全自查"), "{events:?}");
    assert_eq!(house.call(&["ledger"]), before, "looking records nothing");

    assert_eq!(press(&page, DUTY, "done", "王建国"), 303);
    assert!(open(&by_letter).contains("已完成（王建国）"));
    assert!(told(&read(&open(&feed))).starts_with("✓ "));

    // An earlier page, opened again, thanks for nothing that was taken back since.
    let thanked = format!("{page}?ok=done&at={}", DUTY.replace(['@', '/'], "-"));
    let thanks = "已记下“已完成”，谢谢您。";
    assert!(open(&thanked).contains(thanks));
    house.call(&["return", DUTY, "--by", "沈志明", "--note", "照片不清"]);
    assert!(!open(&thanked).contains(thanks), "it was returned");
    let asked = [
        "extension",
        "--by",
        "王建国",
        "--until",
        "2026-03-27",
        "--note",
        "因修路",
    ];
    house.call(&[&["answer", DUTY][..], &asked].concat());
    let shown = open(&page);
    assert!(
        shown.contains("申请延期到3月27日（王建国）：因修路"),
        "{shown}"
    );
    assert_eq!(press(&page, DUTY, "done", "王建国"), 303);

    let samples = measured(&open(&format!("{base}/metrics")));
    assert_eq!(samples["schoolbell_answers_total"], 3);
    assert_eq!(samples["schoolbell_letters_accepted_total"], 10);
    assert_eq!(samples["schoolbell_letters{state=\"queued\"}"], 0);
    assert_eq!(samples["schoolbell_ledger_trouble"], 0);
    assert!(samples["schoolbell_last_beat_timestamp_seconds"] > 1_772_000_000);
    assert!(samples.contains_key("schoolbell_ledger_wal_bytes"));
    daemon.interrupt();
}

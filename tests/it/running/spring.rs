//! A spring on the pretended clock against a mail server: who is told what on which day.

use std::collections::BTreeSet;
use std::time::Duration;

use super::house::{House, link, press, subject};
use crate::smtp_double::SmtpDouble;

const SAFETY: &str = "wang.jianguo@hushan-primary.example";
const DEPUTY: &str = "li.xiufang@hushan-primary.example";
const PRINCIPAL: &str = "chen.weimin@hushan-primary.example";
const TOWN: &str = "hu.guoqiang@hushan-town.example";
const BUREAU: &str = "office@cixi-edu.example";

#[test]
fn from_march_to_april() {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    let mut daemon = house.start(&[
        "--pretend-now",
        "2026-03-04T07:59:00+08:00",
        "--speed",
        "max",
        "--until",
        "2026-04-20T09:00:00+08:00",
        "--linger",
        "700ms",
    ]);
    // Under SMTP the first slot is waited for; its letter to 浒山小学 has the inspection, which is answered at once.
    let duty = "term-start-safety-inspection@2026/s001";
    let mut count = 1;
    let page = loop {
        let letters = server.wait_for(count, Duration::from_mins(1));
        if let Some(mine) = letters.iter().find(|letter| letter.to == SAFETY) {
            break link(&mine.bytes);
        }
        count = letters.len() + 1;
    };
    assert_eq!(press(&page, duty, "done", "王建国"), 303);
    assert!(daemon.wait().success());

    let notices = house.notices();
    let has = |line: &str| {
        assert!(notices.iter().any(|found| found == line), "missing: {line}");
    };
    // Done on 03-04: it was announced, and then nobody hears of it again.
    let of_it: Vec<_> = notices.iter().filter(|line| line.contains(duty)).collect();
    assert_eq!(of_it, [&format!("2026-03-04 opens {duty} → {SAFETY}")]);

    // 开学第一课, due 7 days after 03-04, a Wednesday: the deputy a workday later, then principal and town on the
    // third workday (Monday), then the bureau on the fifth.
    let lesson = "term-start-education@2026-spring/s001";
    has(&format!("2026-03-12 overdue {lesson} → {SAFETY}"));
    has(&format!(
        "2026-03-12 escalate:1 workday {lesson} → {DEPUTY}"
    ));
    has(&format!(
        "2026-03-16 escalate:3 workdays {lesson} → {PRINCIPAL}"
    ));
    has(&format!("2026-03-16 escalate:3 workdays {lesson} → {TOWN}"));
    has(&format!(
        "2026-03-18 escalate:5 workdays {lesson} → {BUREAU}"
    ));

    // Before 清明 (04-04 to 04-06): due Friday 04-03; the next workdays are 04-07, 04-09 (third) and 04-13 (fifth).
    let holiday = "major-holiday-education@2026-qingming/s001";
    has(&format!(
        "2026-04-07 escalate:1 workday {holiday} → {DEPUTY}"
    ));
    has(&format!(
        "2026-04-09 escalate:3 workdays {holiday} → {PRINCIPAL}"
    ));
    has(&format!(
        "2026-04-09 escalate:3 workdays {holiday} → {TOWN}"
    ));
    has(&format!(
        "2026-04-13 escalate:5 workdays {holiday} → {BUREAU}"
    ));
    for day in [
        "2026-04-04",
        "2026-04-05",
        "2026-04-06",
        "2026-03-07",
        "2026-03-08",
    ] {
        assert!(
            !notices.iter().any(|line| line.starts_with(day)),
            "{day} is no workday"
        );
    }

    // One address, one slot, one letter; what arrived is what the ledger says; the bureau's rows come in one letter.
    let queued = house.facts("letter-queued");
    let places: BTreeSet<_> = queued
        .iter()
        .map(|fact| (fact["slot"].to_string(), fact["address"].to_string()))
        .collect();
    assert_eq!(places.len(), queued.len());
    let letters = server.letters();
    assert_eq!(letters.len(), queued.len());
    let rolled_up: Vec<_> = letters
        .iter()
        .filter(|letter| letter.to == BUREAU && subject(&letter.bytes).contains("逾期汇总"))
        .collect();
    assert!(!rolled_up.is_empty());
    let text = mail_parser::MessageParser::default()
        .parse(&rolled_up[0].bytes)
        .unwrap()
        .body_text(0)
        .unwrap()
        .into_owned();
    for school in ["浒山中心幼儿园", "鄞州路初级中学", "横河大山小学"] {
        assert!(text.contains(school), "{text}");
    }
}

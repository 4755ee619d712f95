//! Rule 11 in the whole program: an alert goes out at once, and one press closes it.

use super::house::{House, LIMIT, link, open, press, subject};
use crate::smtp_double::SmtpDouble;

#[test]
fn a_typhoon_on_saturday_night() {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    house.pass("2026-07-10T07:59:00+08:00", "2026-07-10T09:00:00+08:00");
    let sent = server.letters().len();
    let mut daemon = house.start(&["--pretend-now", "2026-07-11T23:10:00+08:00"]);
    daemon.wait_for("页面:");
    let said = house.call(&[
        "raise",
        "--audience",
        "unit:s001",
        "--now",
        "--title",
        "台风红色预警",
        "--note",
        "12日6时前转移住校师生,校门口有人值守",
        "--by",
        "沈志明",
    ]);
    assert!(said.contains("浒山小学“台风红色预警”"), "{said}");
    let raised = house.facts("raised");
    let duty = raised[0]["duty"].as_str().unwrap().to_owned();
    assert_eq!(raised[0]["alert"], true);
    // Safety officer, deputy and principal.
    let letters = server.wait_for(sent + 3, LIMIT).split_off(sent);
    assert_eq!(
        subject(&letters[0].bytes).split(" [").next().unwrap(),
        "【紧急】台风红色预警 · 浒山小学"
    );
    let page = link(&letters[0].bytes);
    let text = open(&page);
    assert!(text.contains("12日6时前转移住校师生"), "{text}");
    assert!(text.contains("这是紧急通知"), "{text}");
    assert_eq!(press(&page, &duty, "received", "王建国"), 303);
    assert!(open(&page).contains("收到（王建国）"));
    daemon.interrupt();
    // Received, so nobody is pressed or told on Monday.
    house.pass("2026-07-13T07:30:00+08:00", "2026-07-15T09:00:00+08:00");
    let pressing: Vec<_> = house
        .notices()
        .into_iter()
        .filter(|line| line.contains(&duty) && !line.contains(" opens "))
        .filter(|line| !line.contains(" closed "))
        .collect();
    assert!(pressing.is_empty(), "{pressing:?}");
    assert!(house.call(&["why", &duty]).contains("紧急发起(沈志明)"));
}

#[test]
fn a_word_that_is_no_audience_is_answered_with_the_nearest() {
    let house = House::new(None);
    house.pass("2026-07-10T07:59:00+08:00", "2026-07-10T09:00:00+08:00");
    let refused = |arguments: &[&str]| {
        let mut all = vec!["raise", "--by", "沈志明", "--note", "台风", "--now"];
        all.extend(arguments);
        let output = house.output(&all);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = refused(&["--audience", "primry"]);
    assert!(said.contains("primary"), "{said}");
    let said = refused(&["--audience", "vocational & special"]);
    assert!(said.contains("没有一个单位合于“职高,且特殊教育”"), "{said}");
    let said = refused(&["typhon-flood-response", "--audience", "school"]);
    assert!(said.contains("typhoon-flood-response"), "{said}");
    // Whom a task is for is said as the officer knows it.
    let standing = house.path("calendar/standing.toml");
    let text = std::fs::read_to_string(&standing).unwrap();
    let at = text.find("\"typhoon-flood-response\"").unwrap();
    let (before, task) = text.split_at(at);
    let narrow = "audience = \"(primary | junior & rural) & !canteen=A\"";
    let task = task.replacen("audience = \"school\"", narrow, 1);
    std::fs::write(&standing, format!("{before}{task}")).unwrap();
    let said = refused(&["typhoon-flood-response", "--audience", "town:t01"]);
    let asked = "中的任何单位(适用对象:(小学或(初中,且农村学校)),且除“食堂量化等级为 A”以外)";
    assert!(said.contains(asked), "{said}");
    assert!(
        said.contains("不适用于“浒山街道教育办公室的学校”"),
        "{said}"
    );
    assert!(house.facts("raised").is_empty(), "nothing was recorded");
}

//! `mail preview`: each letter as it would be.

use super::house::House;

const LESSON: &str = "term-start-education";

/// Hung on 2026-03-04, so that the first letters have been told.
fn hung() -> House {
    let house = House::new(None);
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-04T09:00:00+08:00");
    house
}

fn preview(house: &House, rung: &str, more: &[&str]) -> String {
    let mut arguments = vec!["mail", "preview", rung, "--unit", "s001", "--task", LESSON];
    arguments.extend(more);
    house.call(&arguments)
}

/// 开学第一课 of 浒山小学 is due on Wednesday 2026-03-11 and was told of on 03-04.
#[test]
fn a_letter_of_each_rung() {
    let house = hung();
    let before = house.call(&["ledger"]);
    for (rung, day, to, says) in [
        ("remind", "2026-03-09", "王建国", "还剩2个工作日"),
        ("remind:0d", "2026-03-11", "王建国", "今天截止"),
        ("overdue", "2026-03-12", "王建国", "已逾期1个工作日"),
        ("escalate", "2026-03-12", "李秀芳", "请您过问"),
        ("escalate:3 workdays", "2026-03-16", "陈伟民", "请您过问"),
        ("escalate:3个工作日", "2026-03-16", "陈伟民", "请您过问"),
        ("nag", "2026-03-18", "王建国", "已逾期5个工作日"),
        ("changed", "2026-03-10", "王建国", "原定3月11日"),
        ("decided", "2026-03-10", "王建国", "申请延期已同意（示例）"),
        ("closed", "2026-03-13", "李秀芳", "已完成（示例）"),
        (
            "withdrawn",
            "2026-03-10",
            "王建国",
            "开学安全教育（开学第一课）",
        ),
    ] {
        let letter = preview(&house, rung, &[]);
        assert!(
            letter.contains(&format!("日期:{day}\n")),
            "{rung}: {letter}"
        );
        assert!(letter.contains(to), "{rung}: {letter}");
        assert!(letter.contains(says), "{rung}: {letter}");
        assert!(
            !letter.contains(LESSON),
            "{rung} speaks as the program does: {letter}"
        );
    }
    assert_eq!(house.call(&["ledger"]), before, "it only looks");
}

#[test]
fn as_a_page_and_as_a_message() {
    let house = hung();
    let html = preview(&house, "overdue", &["--format", "html"]);
    assert!(
        html.contains("<html") && html.contains("开学第一课"),
        "{html}"
    );
    let eml = preview(&house, "overdue", &["--format", "eml"]);
    let message = mail_parser::MessageParser::default()
        .parse(eml.as_bytes())
        .unwrap();
    assert!(message.subject().unwrap().contains("【已逾期】"));
    assert_eq!(
        message.to().unwrap().first().unwrap().address(),
        Some("wang.jianguo@hushan-primary.example")
    );
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let house = hung();
    let refused = |arguments: &[&str], status: i32| {
        let mut all = vec!["mail", "preview"];
        all.extend(arguments);
        let output = house.output(&all);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["remnd", "--unit", "s001"], 2).contains("remind"));
    let bare = refused(&[], 2);
    for words in [
        "还缺 --unit <单位编号>、<阶>",
        "--unit <单位编号>:哪个单位的职责",
        "<阶>:哪一阶,如 schoolbell mail preview remind:7d --unit s001。",
        "opens(布置)、remind:7d(提前7天提醒)、",
        "escalate:1个工作日(逾期1个工作日上报)",
    ] {
        assert!(bare.contains(words), "no {words}: {bare}");
    }
    assert!(refused(&["opens", "--unit", "s0001"], 1).contains("s001"));
    let said = refused(
        &["opens", "--unit", "s001", "--task", "term-start-educaton"],
        1,
    );
    assert!(said.contains(LESSON), "{said}");
    let said = refused(
        &[
            "opens",
            "--unit",
            "s001",
            "--task",
            "incident-report-immediate",
        ],
        1,
    );
    assert!(said.contains("没有这样的信"), "{said}");
}

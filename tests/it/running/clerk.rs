//! The commands of a clerk, and what they print.

use serde_json::Value;

use super::house::House;
use crate::smtp_double::{Act, SmtpDouble, Verb};

const LESSON: &str = "term-start-education@2026-spring/s001";
const SAFETY: &str = "wang.jianguo@hushan-primary.example";

fn hung() -> (SmtpDouble, House) {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-11T09:00:00+08:00");
    (server, house)
}

fn lines(house: &House, duty: &str) -> Vec<String> {
    house
        .notices()
        .into_iter()
        .filter(|line| line.contains(duty))
        .map(|line| line.replace(duty, "…"))
        .collect()
}

#[test]
fn an_answer_by_phone_settles_the_duty_and_a_return_reopens_it() {
    let (server, house) = hung();
    let said = house.call(&[
        "answer",
        LESSON,
        "done",
        "--by",
        "王建国(电话)",
        "--note",
        "已上完",
    ]);
    assert_eq!(
        said,
        "已记入台账:浒山小学“开学安全教育（开学第一课）” 已完成(王建国(电话))\n"
    );
    house.pass("2026-03-11T09:10:00+08:00", "2026-03-17T09:00:00+08:00");
    // Settled by another than themselves: who had to act is told once, and nothing presses any more.
    assert_eq!(
        lines(&house, LESSON),
        [
            format!("2026-03-04 opens … → {SAFETY}"),
            format!("2026-03-09 remind:2 workdays … → {SAFETY}"),
            format!("2026-03-11 remind:0d … → {SAFETY}"),
            format!("2026-03-12 closed … → {SAFETY}"),
        ]
    );
    house.call(&["return", LESSON, "--by", "沈志明", "--note", "缺记录"]);
    house.pass("2026-03-17T09:10:00+08:00", "2026-03-18T09:00:00+08:00");
    let after = lines(&house, LESSON);
    // They are told of the return, with the reminder of that day; nobody above is, until they have known for a day.
    assert_eq!(
        after[4..],
        [
            format!("2026-03-18 nag:5 workdays … → {SAFETY}"),
            format!("2026-03-18 decided … → {SAFETY}"),
        ]
    );
    let back = server
        .letters()
        .into_iter()
        .rfind(|letter| letter.to == SAFETY)
        .unwrap();
    let text = mail_parser::MessageParser::default()
        .parse(&back.bytes)
        .unwrap()
        .body_text(0)
        .unwrap()
        .into_owned();
    assert!(
        text.contains("已退回（沈志明）：缺记录，请补正后再回执"),
        "{text}"
    );
}

#[test]
fn an_extension_is_asked_for_granted_and_told() {
    let (_server, house) = hung();
    house.call(&[
        "answer",
        LESSON,
        "extension",
        "--by",
        "王建国",
        "--until",
        "2026-03-20",
        "--note",
        "教师培训",
    ]);
    house.call(&["grant", LESSON, "--by", "沈志明"]);
    let story = house.call(&["why", LESSON]);
    assert!(story.contains("已准延期至 2026-03-20"), "{story}");
    assert!(story.contains("回执 申请延期(王建国):教师培训"), "{story}");
    let told = format!("布置 → {SAFETY},第");
    assert!(
        story.contains(&told) && story.contains("号信 已送出:250"),
        "{story}"
    );
    assert!(
        story.contains("逾期1个工作日上报(告知已上报) → "),
        "{story}"
    );
    assert!(
        story.contains("“申请延期”已同意(沈志明),延至2026-03-20"),
        "{story}"
    );
    // One row for each day that units have.
    let rows = |from: &str, to: &str| {
        let task = LESSON.split('@').next().unwrap();
        let dates = ["dates", "--task", task, "--from", from, "--to", to];
        let json = house.call(&[&dates[..], &["--format", "json"]].concat());
        let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        let row = |row: &serde_json::Value| {
            format!("{} {} {}", row["due"], row["units"], row["audience"])
        };
        rows.iter().map(row).collect::<Vec<_>>()
    };
    let (others, one) = (
        r#""2026-03-11" 8 "school & !unit:s001""#,
        r#""2026-03-20" 1 "unit:s001""#,
    );
    assert_eq!(rows("2026-03-01", "2026-03-31"), [others, one]);
    assert_eq!(rows("2026-03-01", "2026-03-12"), [others]);
    assert_eq!(rows("2026-03-12", "2026-03-31"), [one]);
    house.pass("2026-03-11T09:10:00+08:00", "2026-03-23T09:00:00+08:00");
    let told = lines(&house, LESSON);
    assert!(
        told.contains(&format!("2026-03-12 changed … → {SAFETY}")),
        "{told:?}"
    );
    assert!(
        told.contains(&format!("2026-03-18 remind:2 workdays … → {SAFETY}")),
        "{told:?}"
    );
    assert!(
        told.contains(&format!("2026-03-23 overdue … → {SAFETY}")),
        "{told:?}"
    );
    assert!(
        !told
            .iter()
            .any(|line| line.starts_with("2026-03-12 overdue")),
        "{told:?}"
    );
    // Also of letters that are over, and no longer in memory.
    let sent = format!("已送出 {} 封", house.facts("outcome").len());
    let output = house.output(&["status"]);
    let status = String::from_utf8(output.stdout).unwrap();
    assert!(status.contains(&sent), "{sent}: {status}");
}

#[test]
fn a_conditional_task_is_raised_and_reminded_of() {
    let (_server, house) = hung();
    let said = house.call(&[
        "raise",
        "incident-report-immediate",
        "--unit",
        "s001",
        "--due",
        "2026-03-13",
        "--by",
        "沈志明",
        "--note",
        "演练",
    ]);
    assert!(
        said.contains("incident-report-immediate@2026-03-11/s001"),
        "{said}"
    );
    let dates = [
        "dates",
        "--from",
        "2026-03-13",
        "--to",
        "2026-03-13",
        "--format",
        "json",
    ];
    let rows: Vec<serde_json::Value> = serde_json::from_str(&house.call(&dates)).unwrap();
    let raised = rows
        .iter()
        .find(|row| row["task"] == "incident-report-immediate");
    let raised = raised.expect("what was raised is due then");
    assert_eq!(raised["opens"], "2026-03-11");
    assert_eq!(
        (&raised["units"], &raised["audience"]),
        (&1.into(), &"unit:s001".into())
    );
    assert_eq!(raised["why"], "2026-03-11发起");
    house.pass("2026-03-11T09:10:00+08:00", "2026-03-16T09:00:00+08:00");
    let told = lines(&house, "incident-report-immediate@2026-03-11/s001");
    assert!(told[0].starts_with("2026-03-12 "), "{told:?}");
    assert!(
        told.iter()
            .any(|line| line.starts_with("2026-03-16 overdue")),
        "{told:?}"
    );
}

#[test]
fn a_duty_that_is_not_there_is_named_with_what_is() {
    let (_server, house) = hung();
    for (duty, words) in [
        (
            "term-start-education@2026-spring/s999",
            "花名册里没有单位 s999",
        ),
        (
            "term-start-educatoin@2026-spring/s001",
            "你是不是想写 term-start-education?",
        ),
        (
            "term-start-education@2031-spring/s001",
            "这个单位在这一期没有这项任务",
        ),
        (
            "evacuation-drill-monthly@2026-03/s003",
            "这个单位在这一期没有这项任务",
        ),
    ] {
        let output = house.output(&["answer", duty, "done", "--by", "李"]);
        assert_eq!(output.status.code(), Some(1), "{duty}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(words), "{duty}: {error}");
    }
    assert!(house.facts("answer").is_empty());
    let output = house.output(&["answer", "nonsense", "done", "--by", "李"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn status_says_what_needs_a_person() {
    let (_server, house) = hung();
    let calm = house.output(&["status"]);
    let text = String::from_utf8(calm.stdout).unwrap();
    assert_eq!(calm.status.code(), Some(0), "{text}");
    assert!(text.contains("没有需要人处理的事"), "{text}");
    house.call(&[
        "answer",
        LESSON,
        "trouble",
        "--by",
        "王建国",
        "--note",
        "操场在修",
    ]);
    let output = house.output(&["status"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains("浒山小学“开学安全教育（开学第一课）”有困难(王建国):操场在修"),
        "{text}"
    );
}

#[test]
fn the_json_of_dates_and_plan_is_stable_and_sorted() {
    let house = House::new(None);
    let range = [
        "--from",
        "2026-03-01",
        "--to",
        "2026-04-30",
        "--format",
        "json",
    ];
    let dates = house.call(&[&["dates"], &range[..]].concat());
    assert_eq!(dates, house.call(&[&["dates"], &range[..]].concat()));
    let rows: Vec<Value> = serde_json::from_str(&dates).unwrap();
    let keys: Vec<_> = rows[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        ["task", "period", "opens", "due", "audience", "units", "why"]
    );
    let place = |row: &Value| (row["task"].to_string(), row["period"].to_string());
    assert!(rows.is_sorted_by_key(place));
    let week = rows
        .iter()
        .find(|row| row["task"] == "national-safety-education-week")
        .unwrap();
    assert_eq!(week["opens"], "2026-03-30");
    assert_eq!(week["due"], "2026-04-03");
    assert_eq!(week["why"], "3月最后一周;原定 04-05(周日),提前至工作日");

    let plan = house.call(&[&["plan"], &range[..], &["--unit", "s001"]].concat());
    let rows: Vec<Value> = serde_json::from_str(&plan).unwrap();
    let keys: Vec<_> = rows[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["at", "to", "unit", "task", "period", "rung", "due"]);
    assert!(rows.is_sorted_by_key(|row| row["at"].to_string()));
    assert!(rows.iter().all(|row| row["unit"] == "s001"));
    assert!(
        rows.iter()
            .all(|row| row["at"].as_str().unwrap().ends_with("T08:00:00+08:00"))
    );
    assert!(rows.iter().any(|row| row["rung"] == "remind:2 workdays"));

    // The table says in words what JSON names.
    let table = [&["plan"], &range[..4], &["--unit", "s001"]].concat();
    let table = house.call(&table);
    for words in [
        " 布置 ",
        " 提前2个工作日提醒 ",
        " 逾期1个工作日上报(告知已上报) ",
    ] {
        assert!(table.contains(words), "no {words}: {table}");
    }
    assert!(
        !table.contains("opens") && !table.contains("workday"),
        "{table}"
    );
}

#[test]
fn dates_as_a_calendar_file_fold_inside_no_character() {
    let house = House::new(None);
    let text = house.call(&[
        "dates",
        "--from",
        "2026-05-01",
        "--to",
        "2026-05-31",
        "--format",
        "ics",
    ]);
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"));
    assert!(text.split("\r\n").all(|line| line.len() <= 75));
    let whole = text.replace("\r\n ", "");
    assert!(whole.contains("SUMMARY:全校应急疏散演练"), "{whole}");
    assert!(whole.contains("DTSTART;VALUE=DATE:20260512"));
}

#[test]
fn mail_test_tells_each_step() {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    let said = house.call(&["mail", "test", "office@cixi-edu.example"]);
    assert!(said.lines().count() >= 4 && said.contains('✓'), "{said}");
    let letters = server.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to, "office@cixi-edu.example");
}

#[test]
fn plan_before_and_in_the_run_agree() {
    let house = House::new(None);
    let forecast = house.call(&[
        "plan",
        "--from",
        "2026-03-04",
        "--to",
        "2026-03-31",
        "--format",
        "json",
    ]);
    let forecast: Vec<Value> = serde_json::from_str(&forecast).unwrap();
    let server = SmtpDouble::start();
    let run = House::new(Some(server.port()));
    run.pass("2026-03-04T07:59:00+08:00", "2026-03-31T09:00:00+08:00");
    let mut planned: Vec<_> = forecast
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap();
            format!(
                "{} {} {}@{}/{} → {}",
                &text("at")[..10],
                text("rung"),
                text("task"),
                text("period"),
                text("unit"),
                text("to")
            )
        })
        .collect();
    let mut sent = run.notices();
    planned.sort();
    sent.sort();
    assert_eq!(planned, sent, "what was forecast is what went out");
}

#[test]
fn a_broken_file_on_disk_keeps_no_telephoned_answer_from_the_record() {
    let (_server, house) = hung();
    house.edit("calendar/05.toml", "[[task]]", "[[taks]]");
    let said = house.call(&["answer", LESSON, "done", "--by", "王建国(电话)"]);
    assert!(said.contains("已记入台账"), "{said}");
    assert!(house.call(&["why", LESSON]).contains("已完成"));
    let refused = house.output(&["plan"]);
    assert_eq!(
        refused.status.code(),
        Some(1),
        "a plan of broken files would mislead"
    );
}

#[test]
fn a_mended_mailbox_is_written_to_again() {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    server.once(Verb::Rcpt, Act::Say("550 5.1.1 no such user"));
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-04T09:00:00+08:00");
    let gone = house.facts("unreachable");
    assert_eq!(gone.len(), 1);
    let address = gone[0]["address"].as_str().unwrap();
    let status = house.output(&["status"]);
    assert_eq!(status.status.code(), Some(1));
    let text = String::from_utf8(status.stdout).unwrap();
    assert!(
        text.contains(&format!("schoolbell mail test {address}")),
        "{text}"
    );
    let said = house.call(&["mail", "test", address]);
    assert!(said.contains("现在恢复"), "{said}");
    assert_eq!(house.facts("reachable").len(), 1);
    assert!(house.call(&["status"]).contains("没有需要人处理的事"));
    house.pass("2026-03-04T09:10:00+08:00", "2026-03-09T09:00:00+08:00");
    let after = house.notices();
    let mine: Vec<_> = after
        .iter()
        .filter(|line| line.ends_with(address))
        .collect();
    assert!(
        mine.iter().any(|line| line.starts_with("2026-03-09")),
        "{mine:?}"
    );
}

/// What covers a duty, and that there is none, is said at its head; of what is none no rungs are told.
#[test]
fn why_says_what_stands_for_a_duty_and_where_there_is_none() {
    let house = House::new(None);
    house.pass("2026-05-06T07:59:00+08:00", "2026-05-06T09:00:00+08:00");
    let story = house.call(&["why", "evacuation-drill-monthly@2026-05/s001"]);
    let by = "由这一项抵作,不另发通知:全校应急疏散演练(whole-school-drill-may@2026/s001)";
    assert!(story.contains(by), "{story}");
    let story = house.call(&["why", LESSON]);
    let none = "不是这个单位的职责:启用服务时,截止日已过";
    assert!(story.contains(none) && !story.contains("各阶"), "{story}");
}

#[test]
fn why_says_what_became_of_each_rung() {
    let (_server, house) = hung();
    house.call(&["answer", LESSON, "done", "--by", "王建国"]);
    // Down from 03-11 to 03-17: the inspection's reminder of 03-16 is overtaken by that of 03-18.
    house.pass("2026-03-18T07:59:00+08:00", "2026-03-18T09:00:00+08:00");
    let rungs = |duty: &str| -> Vec<String> {
        let story = house.call(&["why", duty]);
        let from = story.find("各阶:\n").unwrap();
        story[from..]
            .lines()
            .skip(1)
            .take_while(|line| line.starts_with("  "))
            .map(|line| line.trim().to_owned())
            .collect()
    };
    assert_eq!(
        rungs(LESSON),
        [
            "02-28(周六) 布置 已发(2026-03-04 08:00)",
            "03-09(周一) 提前2个工作日提醒 已发(2026-03-09 08:00)",
            "03-11(周三) 当天提醒 已发(2026-03-11 08:00)",
            "03-12(周四) 逾期告知 没有发:那时已经办结",
            "03-12(周四) 逾期1个工作日上报 没有发:那时已经办结",
            "03-16(周一) 逾期3个工作日上报 没有发:那时已经办结",
            "03-18(周三) 逾期5个工作日催办 没有发:那时已经办结",
            "03-18(周三) 逾期5个工作日上报 没有发:那时已经办结",
        ]
    );
    assert_eq!(
        rungs("term-start-safety-inspection@2026/s001"),
        [
            "03-04(周三) 布置 已发(2026-03-04 08:00)",
            "03-11(周三) 提前7天提醒 已发(2026-03-11 08:00)",
            "03-16(周一) 提前2个工作日提醒 已由更新的一阶取代",
            "03-18(周三) 当天提醒 已发(2026-03-18 08:00)",
            "03-19(周四) 逾期告知 未到",
            "03-19(周四) 逾期1个工作日上报 未到",
            "03-23(周一) 逾期3个工作日上报 未到",
            "03-25(周三) 逾期5个工作日上报 未到",
        ]
    );
}

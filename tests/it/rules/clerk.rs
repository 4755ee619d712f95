//! Rules 9 and 10 as a clerk records them: what is news and what is not, and which request a decision is about.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use schoolbell::core::board::board;
use schoolbell::core::clerk::{Act, Clerk, Decided, Raise, Whom};
use schoolbell::core::duty::DutyId;
use schoolbell::core::fact::{Answer, Fact};

use crate::bell::{Bell, DRILL};

const FLOOD: &str = r#"
[[task]]
id       = "flood"
title    = "防汛响应"
when     = "conditional"
due      = "2 workdays"
audience = "school"
origin   = "local"
"#;

/// The desk on 2026-10-29; the flood was raised then, due 11-20. A line is `answer WORD WHO DAY NOTE`, `grant`, `refuse`,
/// `return`, `waive` or `extend DAY`, and comes out with what is said of it.
fn check(duty: &str, script: &str, expected: Expect) {
    check_with(&format!("{DRILL}{FLOOD}"), duty, script, expected);
}

fn check_with(tasks: &str, duty: &str, script: &str, expected: Expect) {
    let mut bell = Bell::new(tasks);
    bell.run(
        "2026-10-19 07:00 hang
         2026-10-29 09:00 raise flood@2026-10-29/s1 2026-11-20
         2026-10-29 10:00 end",
    );
    let duty: DutyId = duty.parse().expect("a duty");
    let mut printed = String::new();
    for line in script.lines().map(str::trim) {
        let said = recorded(&mut bell, &duty, line);
        let waits = bell.state.duty(&duty).and_then(|known| known.request());
        let waits = waits.map_or(String::new(), |asked| {
            format!(" | 待定:{}", asked.answer.name())
        });
        let times = bell.agenda.calendar.times(&duty.occurrence.task);
        let known = bell.state.duty(&duty);
        let is_settled = known.is_some_and(|known| known.settled(times).is_some());
        let end = if is_settled { " | 办结" } else { "" };
        let _ = writeln!(printed, "{line} -> {said}{waits}{end}");
    }
    expected.assert_eq(&printed);
}

fn recorded(bell: &mut Bell, duty: &DutyId, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let word = |at: usize| words.get(at).copied().unwrap_or("");
    let (by, note) = match words[0] {
        "answer" => (word(2), word(4)),
        _ => ("沈志明", ""),
    };
    let act = match words[0] {
        "answer" => Act::Answer {
            said: Answer::parse(word(1)).expect("an answer"),
            by: by.to_owned(),
            until: word(3).parse().ok(),
        },
        "grant" => Act::Grant { until: None },
        "refuse" => Act::Refuse,
        "return" => Act::Return,
        "waive" => Act::Waive,
        _ => Act::Extend {
            until: word(1).parse().expect("a day"),
        },
    };
    let clerk = Clerk {
        agenda: &bell.agenda,
        state: &bell.state,
        now: bell.now,
    };
    match clerk.decide(duty, &act, by, note) {
        Ok(Decided::Record(events, words)) => {
            for what in events {
                bell.state.apply(&Fact { at: bell.now, what });
            }
            words
        }
        Ok(Decided::Before(words)) => words,
        Err(why) => format!("refused: {why}"),
    }
}

/// Once it was returned, the same words say something new.
#[test]
fn done_again_after_a_return_is_news() {
    check(
        "drill@2026/s1",
        "answer done 周安
         answer done 周安
         return
         answer done 周安
         answer done 周安",
        expect![[r#"
            answer done 周安 -> 浒山小学“应急疏散演练” 已完成(周安) | 办结
            answer done 周安 -> 台账里已有同样的回执:浒山小学“应急疏散演练” 已完成(周安) | 办结
            return -> 浒山小学“应急疏散演练” 已退回(沈志明),职责重新打开
            answer done 周安 -> 浒山小学“应急疏散演练” 已完成(周安) | 办结
            answer done 周安 -> 台账里已有同样的回执:浒山小学“应急疏散演练” 已完成(周安) | 办结
        "#]],
    );
}

/// Two of a school telephone of the same, and then it was not so after all: it is open again, whoever said what.
#[test]
fn a_correction_opens_what_two_have_said() {
    check(
        "drill@2026/s1",
        "answer done 周安
         answer done 李敏
         answer trouble 李敏 - 演练中断
         answer done 李敏",
        expect![[r#"
            answer done 周安 -> 浒山小学“应急疏散演练” 已完成(周安) | 办结
            answer done 李敏 -> 浒山小学“应急疏散演练” 已完成(李敏) | 办结
            answer trouble 李敏 - 演练中断 -> 浒山小学“应急疏散演练” 有困难(李敏) | 待定:有困难
            answer done 李敏 -> 浒山小学“应急疏散演练” 已完成(李敏) | 办结
        "#]],
    );
}

/// Of three lessons each call is the next, and the clerk hears which; what was one too many is given back.
#[test]
fn of_several_the_clerk_hears_how_many_are_in() {
    check_with(
        &format!("{DRILL}times = 3\n{FLOOD}"),
        "drill@2026/s1",
        "answer done 周安
         answer done 李敏
         return
         answer done 周安
         answer done 周安
         answer done 周安
         answer done 李敏
         answer done 王芳
         answer trouble 李敏 - 第三课没有上
         answer done 李敏 - 补上了",
        expect![[r#"
            answer done 周安 -> 浒山小学“应急疏散演练” 已完成(周安),共 3 次,已报 1 次
            answer done 李敏 -> 浒山小学“应急疏散演练” 已完成(李敏),共 3 次,已报 2 次
            return -> 浒山小学“应急疏散演练” 已退回(沈志明),职责重新打开,共 3 次,已报 0 次
            answer done 周安 -> 浒山小学“应急疏散演练” 已完成(周安),共 3 次,已报 1 次
            answer done 周安 -> 浒山小学“应急疏散演练” 已完成(周安),共 3 次,已报 2 次
            answer done 周安 -> 浒山小学“应急疏散演练” 已完成(周安),共 3 次,已报 3 次 | 办结
            answer done 李敏 -> 台账里已有同样的回执:浒山小学“应急疏散演练” 已完成(李敏),共 3 次,已报 3 次 | 办结
            answer done 王芳 -> 浒山小学“应急疏散演练” 已完成(王芳),共 3 次,已报 3 次 | 办结
            answer trouble 李敏 - 第三课没有上 -> 浒山小学“应急疏散演练” 有困难(李敏),共 3 次,已报 2 次 | 待定:有困难
            answer done 李敏 - 补上了 -> 浒山小学“应急疏散演练” 已完成(李敏),共 3 次,已报 3 次 | 办结
        "#]],
    );
}

/// What is asked three times and reported once is not called done where an officer looks before recording more.
#[test]
fn what_is_not_all_in_is_counted() {
    let mut bell = Bell::new(&format!("{DRILL}times = 3"));
    bell.run(
        "2026-10-19 07:00 hang
         2026-10-28 10:00 end",
    );
    let duty: DutyId = "drill@2026/s1".parse().expect("a duty");
    recorded(&mut bell, &duty, "answer done 周安");
    let page = board(&bell.agenda, &bell.state, &duty.unit, bell.now).expect("a unit");
    let found = page.duties.iter().find(|one| one.duty == duty);
    let answered = found.and_then(|one| one.answered.as_deref());
    assert_eq!(answered, Some("已报1次(周安)"));
}

/// Another day is another request; the same one is a repeat only as long as it waits.
#[test]
fn a_request_is_a_repeat_while_it_waits() {
    check(
        "drill@2026/s1",
        "answer extension 周安 2026-12-08 操场维修
         answer extension 周安 2026-12-08 操场维修
         answer extension 周安 2026-12-28 操场维修
         answer received 李敏
         answer extension 周安 2026-12-28 操场维修
         refuse
         answer extension 周安 2026-12-28 操场维修
         answer extension 周安 2026-12-20 操场维修",
        expect![[r#"
            answer extension 周安 2026-12-08 操场维修 -> 浒山小学“应急疏散演练” 申请延期(周安) | 待定:申请延期
            answer extension 周安 2026-12-08 操场维修 -> 台账里已有同样的回执:浒山小学“应急疏散演练” 申请延期(周安) | 待定:申请延期
            answer extension 周安 2026-12-28 操场维修 -> 浒山小学“应急疏散演练” 申请延期(周安) | 待定:申请延期
            answer received 李敏 -> 浒山小学“应急疏散演练” 收到(李敏) | 待定:申请延期
            answer extension 周安 2026-12-28 操场维修 -> 台账里已有同样的回执:浒山小学“应急疏散演练” 申请延期(周安) | 待定:申请延期
            refuse -> 浒山小学“应急疏散演练” 的“申请延期”未同意(沈志明)
            answer extension 周安 2026-12-28 操场维修 -> 浒山小学“应急疏散演练” 申请延期(周安) | 待定:申请延期
            answer extension 周安 2026-12-20 操场维修 -> 浒山小学“应急疏散演练” 申请延期(周安) | 待定:申请延期
        "#]],
    );
}

/// An officer's extension decides a request for one, and no other.
#[test]
fn an_extension_leaves_other_requests_waiting() {
    check(
        "drill@2026/s1",
        "answer not-applicable 周安 - 没有学生
         extend 2026-12-08
         refuse
         answer extension 周安 2026-12-20 操场维修
         extend 2026-12-15",
        expect![[r#"
            answer not-applicable 周安 - 没有学生 -> 浒山小学“应急疏散演练” 不适用(周安) | 待定:不适用
            extend 2026-12-08 -> 浒山小学“应急疏散演练” 延至2026年12月8日(沈志明) | 待定:不适用
            refuse -> 浒山小学“应急疏散演练” 的“不适用”未同意(沈志明)
            answer extension 周安 2026-12-20 操场维修 -> 浒山小学“应急疏散演练” 申请延期(周安) | 待定:申请延期
            extend 2026-12-15 -> 浒山小学“应急疏散演练” 延至2026年12月15日(沈志明)
        "#]],
    );
}

/// What was raised has a day as well, and no day lies for ever ahead.
#[test]
fn a_day_is_later_and_not_too_far() {
    check(
        "flood@2026-10-29/s1",
        "extend 2026-11-20
         extend 2026-11-05
         extend 2206-12-05
         answer extension 周安 2206-12-05 水未退
         answer extension 周安 2026-11-18 水未退
         answer extension 周安 2026-10-29 水未退
         extend 2026-12-05
         answer extension 周安 2026-12-05 水未退
         answer extension 周安 2026-12-06 水未退",
        expect![[r#"
            extend 2026-11-20 -> refused: 浒山小学“防汛响应” 的截止日是 2026-11-20,延到 2026-11-20 并不更晚
            extend 2026-11-05 -> refused: 浒山小学“防汛响应” 的截止日是 2026-11-20,延到 2026-11-05 并不更晚
            extend 2206-12-05 -> refused: 延到的 2206-12-05 太远,最晚写到 2028-10-29
            answer extension 周安 2206-12-05 水未退 -> refused: 希望延到的 2206-12-05 太远,最晚写到 2028-10-29
            answer extension 周安 2026-11-18 水未退 -> refused: 浒山小学“防汛响应” 现在的截止日是 2026-11-20,希望延到的 2026-11-18 并不更晚
            answer extension 周安 2026-10-29 水未退 -> refused: 希望延到的 2026-10-29 不是今天以后的日子
            extend 2026-12-05 -> 浒山小学“防汛响应” 延至2026年12月5日(沈志明)
            answer extension 周安 2026-12-05 水未退 -> refused: 浒山小学“防汛响应” 现在的截止日是 2026-12-05,希望延到的 2026-12-05 并不更晚
            answer extension 周安 2026-12-06 水未退 -> 浒山小学“防汛响应” 申请延期(周安) | 待定:申请延期
        "#]],
    );
    check(
        "drill@2026/s1",
        "extend 2026-11-10
         extend 2028-10-30
         extend 2028-10-29",
        expect![[r#"
            extend 2026-11-10 -> refused: 浒山小学“应急疏散演练” 的截止日是 2026-11-10,延到 2026-11-10 并不更晚
            extend 2028-10-30 -> refused: 延到的 2028-10-30 太远,最晚写到 2028-10-29
            extend 2028-10-29 -> 浒山小学“应急疏散演练” 延至2028年10月29日(沈志明)
        "#]],
    );
}

#[test]
fn nothing_is_raised_for_a_far_day() {
    let bell = Bell::new(FLOOD);
    let clerk = Clerk {
        agenda: &bell.agenda,
        state: &bell.state,
        now: "2026-10-29T02:00:00Z".parse().expect("a moment"),
    };
    let raise = Raise {
        task: Some("flood".to_owned()),
        whom: Whom::Unit("s1".to_owned()),
        alert: false,
        title: String::new(),
        due: "2206-12-05".parse().ok(),
    };
    let why = clerk.raise(&raise, "沈志明", "").expect_err("too far");
    assert_eq!(why, "到期日 2206-12-05 太远,最晚写到 2028-10-29");
}

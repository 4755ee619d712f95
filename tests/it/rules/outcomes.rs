//! Promise P1 as `why` tells it: each rung of a duty has one outcome, and where it was not told the one reason that holds.

use expect_test::{Expect, expect};
use schoolbell::core::outcome::{RungOutcome, outcomes};

use crate::bell::{Bell, HEAD, ROSTER};

const TASKS: &str = r#"
[[task]]
id = "check"
title = "自查"
due = "11月10日"
audience = "school"
origin = "seed"
remind = ["2 workdays"]
escalate = [{ after = "1 workday", to = ["deputy"] }, { after = "2 workdays", to = ["office@bureau"] }]
nag = false
[[task]]
id = "accept"
title = "验收"
due = "11月30日"
after = "check"
audience = "school"
origin = "seed"
remind = ["2 workdays"]
escalate = []
nag = false
[[task]]
id = "patrol"
title = "巡查"
every = "month"
due = "每月25日"
met_by = ["check"]
audience = "school"
origin = "seed"
remind = []
escalate = []
nag = false
"#;

/// What became of each rung of a duty after a script.
fn told(script: &str, duty: &str, expected: Expect) {
    let mut bell = Bell::with(HEAD, TASKS, ROSTER);
    bell.run(script);
    let duty = duty.parse().unwrap();
    let lines = outcomes(&bell.agenda, &bell.state, &duty, bell.now)
        .into_iter()
        .map(|(rung, day, outcome)| {
            let outcome = match outcome {
                RungOutcome::Skipped(why) => why.into_owned(),
                RungOutcome::Sent(_) => "sent".to_owned(),
                other => format!("{other:?}").to_lowercase(),
            };
            format!("{} {rung} {outcome}\n", day.strftime("%m-%d"))
        });
    expected.assert_eq(&lines.collect::<String>());
}

/// Put off after it was told of: what was told stays told, and what the new day brings is ahead.
#[test]
fn of_one_that_was_put_off() {
    told(
        "2026-10-19 07:00 hang
         2026-11-09 10:00 extension check@2026/s1 safety@s1 2026-11-20
         2026-11-09 11:00 grant check@2026/s1 extension 2026-11-20
         2026-11-10 09:00 end",
        "check@2026/s1",
        expect![[r#"
            10-27 opens sent
            11-18 remind:2 workdays ahead
            11-23 overdue ahead
            11-23 escalate:1 workday ahead
            11-24 escalate:2 workdays ahead
        "#]],
    );
}

/// Another duty stands for it.
#[test]
fn of_one_that_is_covered() {
    told(
        "2026-10-19 07:00 hang
         2026-11-26 09:00 end",
        "patrol@2026-11/s1",
        expect![[r#"
            11-11 opens 由“自查”抵作
            11-26 overdue 由“自查”抵作
        "#]],
    );
}

/// The first step is not done, was done late, was let off.
#[test]
fn of_one_that_comes_after_another() {
    told(
        "2026-10-19 07:00 hang
         2026-12-01 09:00 end",
        "accept@2026/s1",
        expect![[r#"
            11-16 opens 前一步“自查”还没有完成
            11-26 remind:2 workdays 前一步“自查”还没有完成
            12-01 overdue 前一步“自查”还没有完成
        "#]],
    );
    told(
        "2026-10-19 07:00 hang
         2026-11-27 10:00 done check@2026/s1 safety@s1
         2026-11-30 09:00 end",
        "accept@2026/s1",
        expect![[r#"
            11-16 opens sent
            11-26 remind:2 workdays superseded
            12-01 overdue ahead
        "#]],
    );
    told(
        "2026-10-19 07:00 hang
         2026-10-27 10:00 waive check@2026/s1
         2026-11-20 09:00 end",
        "accept@2026/s1",
        expect![[r#"
            11-16 opens 前一步“自查”已免做,这一项也不用做
            11-26 remind:2 workdays 前一步“自查”已免做,这一项也不用做
            12-01 overdue 前一步“自查”已免做,这一项也不用做
        "#]],
    );
}

/// Its day was over when the bell was hung: it is none.
#[test]
fn of_one_that_never_was() {
    told(
        "2026-11-11 07:00 hang
         2026-11-13 09:00 end",
        "check@2026/s1",
        expect![[r#""#]],
    );
}

/// Late, and not reported yet: the level waits for a workday, for a request, or for the service.
#[test]
fn of_one_that_is_late() {
    told(
        "2026-10-19 07:00 hang
         2026-11-11 09:00 end",
        "check@2026/s1",
        expect![[r#"
            10-27 opens sent
            11-06 remind:2 workdays sent
            11-11 overdue sent
            11-11 escalate:1 workday sent
            11-12 escalate:2 workdays ahead
        "#]],
    );
    told(
        "2026-10-19 07:00 hang
         2026-11-09 10:00 extension check@2026/s1 safety@s1 2026-11-20
         2026-11-13 09:00 end",
        "check@2026/s1",
        expect![[r#"
            10-27 opens sent
            11-06 remind:2 workdays sent
            11-11 overdue sent
            11-11 escalate:1 workday sent
            11-12 escalate:2 workdays 有申请待定,暂不上报
        "#]],
    );
    told(
        "2026-10-19 07:00 hang
         2026-11-12 07:00 down
         2026-11-16 07:00 up
         2026-11-16 09:00 end",
        "check@2026/s1",
        expect![[r#"
            10-27 opens sent
            11-06 remind:2 workdays sent
            11-11 overdue sent
            11-11 escalate:1 workday sent
            11-12 escalate:2 workdays 服务中断过,恢复后满一个工作日才上报
        "#]],
    );
}

/// Before the slot of its day a rung is ahead, and where nobody can be written to that is why.
#[test]
fn of_one_before_its_slot_and_without_a_contact() {
    told(
        "2026-10-19 07:00 hang
         2026-10-27 07:30 end",
        "check@2026/s1",
        expect![[r#"
            10-27 opens ahead
            11-06 remind:2 workdays ahead
            11-11 overdue ahead
            11-11 escalate:1 workday ahead
            11-12 escalate:2 workdays ahead
        "#]],
    );
    told(
        "2026-10-19 07:00 hang
         2026-10-26 09:00 bounce safety@s1
         2026-10-26 09:00 bounce deputy@s1
         2026-10-26 09:00 bounce principal@s1
         2026-10-28 09:00 end",
        "check@2026/s1",
        expect![[r#"
            10-27 opens 单位没有能送达的联系人
            11-06 remind:2 workdays ahead
            11-11 overdue ahead
            11-11 escalate:1 workday ahead
            11-12 escalate:2 workdays ahead
        "#]],
    );
}

/// The task is new, or the unit is, or the pass is held: each says so of what had its day before.
#[test]
fn of_one_that_came_later_and_of_one_that_is_held() {
    told(
        "2026-10-19 07:00 hang
         2026-11-12 09:00 edit \"patrol\" => \"survey\"
         2026-11-12 10:00 end",
        "survey@2026-11/s1",
        expect![[r#"
            11-11 opens 那时行事历里还没有这项任务
            11-26 overdue ahead
        "#]],
    );
    told(
        "2026-10-19 07:00 hang
         2026-11-07 09:00 edit principal@s1,,, => principal@s1,,,~s9,横河小学,primary,t1,,safety,郑海波,safety@s9,,,
         2026-11-07 10:00 end",
        "check@2026/s9",
        expect![[r#"
            10-27 opens 那时花名册里还没有这个单位
            11-06 remind:2 workdays 那时花名册里还没有这个单位
            11-11 overdue ahead
            11-11 escalate:1 workday ahead
            11-12 escalate:2 workdays ahead
        "#]],
    );
    told(
        "2026-10-19 07:00 hang
         2026-10-26 09:00 guard
         2026-10-26 10:00 restore 备份.sqlite
         2026-10-27 09:00 end",
        "check@2026/s1",
        expect![[r#"
            10-27 opens 定时的信已暂停,等人放行
            11-06 remind:2 workdays ahead
            11-11 overdue ahead
            11-11 escalate:1 workday ahead
            11-12 escalate:2 workdays ahead
        "#]],
    );
}

/// Nobody is pressed for what has been overdue for more than a year.
#[test]
fn of_one_that_has_lapsed() {
    told(
        "2026-10-19 07:00 hang
         2026-10-28 09:00 down
         2028-03-01 07:00 up
         2028-03-01 09:00 end",
        "check@2026/s1",
        expect![[r#"
            10-27 opens sent
            11-06 remind:2 workdays 逾期太久,不再催办
            11-11 overdue 逾期太久,不再催办
            11-11 escalate:1 workday 逾期太久,不再催办
            11-12 escalate:2 workdays 逾期太久,不再催办
        "#]],
    );
}

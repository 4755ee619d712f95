//! Edits of dates, tasks, audiences and ladders.

use expect_test::expect;

use super::{check, compare};
use crate::bell::DRILL;

/// 2026-11-02(一) is a week before the drill's due day: it was announced on 10-27, and not reminded of yet.
const TOLD: &str = "2026-10-19 07:00 hang
                    2026-11-02 10:00 end";
/// Before anybody was told.
const UNTOLD: &str = "2026-10-19 07:00 hang
                      2026-10-20 10:00 end";

#[test]
fn a_date_moved() {
    check(
        DRILL,
        TOLD,
        &["11月10日 => 11月12日"],
        expect![[r#"
            改动2项职责的日期;现在要发2封信,今后一年比原来多2封

            日期改动
              drill@2026 应急疏散演练 2026-11-10 → 2026-11-12,浒山小学、鄞州路初级中学:11月12日

            内容改动
              drill 应急疏散演练:截止 11月10日 → 11月12日

            现在要发的信里
              日期变更2条
        "#]],
    );
}

/// Nobody knows of it yet, so nobody is told now.
#[test]
fn a_date_moved_before_it_was_told() {
    check(
        DRILL,
        UNTOLD,
        &["11月10日 => 11月12日"],
        expect![[r#"
            改动2项职责的日期;现在要发0封信,今后一年的信不多不少

            日期改动
              drill@2026 应急疏散演练 2026-11-10 → 2026-11-12,浒山小学、鄞州路初级中学:11月12日

            内容改动
              drill 应急疏散演练:截止 11月10日 → 11月12日
        "#]],
    );
}

/// 11-14 is a Saturday.
#[test]
fn a_date_moved_onto_a_rest_day() {
    check(
        DRILL,
        TOLD,
        &["11月10日 => 11月14日"],
        expect![[r#"
            改动2项职责的日期;现在要发2封信,今后一年比原来多2封

            日期改动
              drill@2026 应急疏散演练 2026-11-10 → 2026-11-13,浒山小学、鄞州路初级中学:原定 11-14(周六),提前至工作日

            内容改动
              drill 应急疏散演练:截止 11月10日 → 11月14日

            现在要发的信里
              日期变更2条
        "#]],
    );
}

/// Another way to write the same day: the duty keeps its period and its dates, and nothing is sent again.
#[test]
fn the_same_day_in_other_words() {
    check(
        DRILL,
        TOLD,
        &["11月10日 => 11月第二个周二"],
        expect![[r#"
        职责和日期都不变,改动1处内容;现在要发0封信,今后一年的信不多不少

        内容改动
          drill 应急疏散演练:截止 11月10日 → 11月第2个周二
    "#]],
    );
}

/// 11-10 and 11-13 both fall into 2026-11: the key stays, so the one duty is moved and none is added.
#[test]
fn a_monthly_date_keeps_its_period() {
    let monthly = DRILL.replace("11月10日", "10日\"\nevery = \"month");
    check(
        &monthly,
        TOLD,
        &["\"10日 => \"13日"],
        expect![[r#"
            改动24项职责的日期;现在要发2封信,今后一年比原来少14封

            日期改动
              drill@2026-11 应急疏散演练(11月) 2026-11-10 → 2026-11-13,浒山小学、鄞州路初级中学:13日
              drill@2026-12 应急疏散演练(12月) 2026-12-10 → 2026-12-11,浒山小学、鄞州路初级中学:原定 12-13(周日),提前至工作日
              drill@2027-01 应急疏散演练(1月) 2027-01-08 → 2027-01-13,浒山小学、鄞州路初级中学:13日
              drill@2027-02 应急疏散演练(2月) 2027-02-10 → 2027-02-12,浒山小学、鄞州路初级中学:原定 02-13(周六),提前至工作日
              drill@2027-03 应急疏散演练(3月) 2027-03-10 → 2027-03-12,浒山小学、鄞州路初级中学:原定 03-13(周六),提前至工作日
              drill@2027-04 应急疏散演练(4月) 2027-04-09 → 2027-04-13,浒山小学、鄞州路初级中学:13日
              drill@2027-05 应急疏散演练(5月) 2027-05-10 → 2027-05-13,浒山小学、鄞州路初级中学:13日
              drill@2027-06 应急疏散演练(6月) 2027-06-10 → 2027-06-11,浒山小学、鄞州路初级中学:原定 06-13(周日),提前至工作日
              drill@2027-07 应急疏散演练(7月) 2027-07-09 → 2027-07-13,浒山小学、鄞州路初级中学:13日
              drill@2027-08 应急疏散演练(8月) 2027-08-10 → 2027-08-13,浒山小学、鄞州路初级中学:13日
              drill@2027-09 应急疏散演练(9月) 2027-09-10 → 2027-09-13,浒山小学、鄞州路初级中学:13日
              drill@2027-10 应急疏散演练(10月) 2027-10-08 → 2027-10-13,浒山小学、鄞州路初级中学:13日

            内容改动
              drill 应急疏散演练:截止 10日 → 13日

            现在要发的信里
              日期变更2条
        "#]],
    );
}

/// A new task, due on the day after tomorrow, is told at the next slot.
#[test]
fn a_task_added_before_its_day() {
    let task = "~[[task]]~id = \"wires\"~title = \"用电检查\"~due = \"11月4日\"~audience = \"school\"~origin = \"local\"~";
    let edit = format!("origin   = \"seed\"~ => origin   = \"seed\"~{task}");
    check(
        DRILL,
        TOLD,
        &[&edit],
        expect![[r#"
        新增2项职责;现在要发2封信,今后一年比原来多30封

        新增
          wires@2026 用电检查 2026-11-04到期,浒山小学、鄞州路初级中学:11月4日

        内容改动
          wires 用电检查:新任务

        现在要发的信里
          提醒2条
    "#]],
    );
}

/// Its day is over this year: only next year's is asked.
#[test]
fn a_task_added_after_its_day() {
    let task = "~[[task]]~id = \"wires\"~title = \"用电检查\"~due = \"10月20日\"~audience = \"school\"~origin = \"local\"~";
    let edit = format!("origin   = \"seed\"~ => origin   = \"seed\"~{task}");
    check(
        DRILL,
        TOLD,
        &[&edit],
        expect![[r#"
        新增2项职责;现在要发0封信,今后一年比原来多24封

        新增
          wires@2027 用电检查 2027-10-20到期,浒山小学、鄞州路初级中学:10月20日

        内容改动
          wires 用电检查:新任务
    "#]],
    );
}

/// Two tasks, so that one can go.
const TWO: &str = r#"
[[task]]
id       = "drill"
title    = "应急疏散演练"
due      = "11月10日"
audience = "school"
origin   = "seed"
[[task]]
id       = "wires"
title    = "用电检查"
due      = "11月10日"
audience = "school"
origin   = "seed"
"#;
const WIRES: &str = "[[task]]~id       = \"wires\"~title    = \"用电检查\"~due      = \"11月10日\"~audience = \"school\"~origin   = \"seed\"~ => ";

/// Those who were told of it are told that it is withdrawn; s2 has done it and hears nothing.
#[test]
fn a_task_deleted_that_was_told() {
    let script = "2026-10-19 07:00 hang
                  2026-10-28 09:00 done wires@2026/s2 safety@s2
                  2026-11-02 10:00 end";
    check(
        TWO,
        script,
        &[WIRES],
        expect![[r#"
        撤销1项职责;现在要发1封信,今后一年的信不多不少

        撤销
          wires@2026 用电检查 原定2026-11-10到期,浒山小学:任务已删去

        内容改动
          wires 用电检查:已删去

        现在要发的信里
          撤销1条
    "#]],
    );
}

#[test]
fn a_task_deleted_that_nobody_was_told_of() {
    check(
        TWO,
        UNTOLD,
        &[WIRES],
        expect![[r#"
        撤销2项职责;现在要发0封信,今后一年的信不多不少

        撤销
          wires@2026 用电检查 原定2026-11-10到期,浒山小学、鄞州路初级中学:任务已删去

        内容改动
          wires 用电检查:已删去
    "#]],
    );
}

/// The same title under another id is another task, and it is said so.
#[test]
fn a_task_under_another_id() {
    check(
        TWO,
        TOLD,
        &["\"wires\" => \"wiring\""],
        expect![[r#"
        撤销2项职责,新增2项;现在要发2封信,今后一年的信不多不少

        新增
          wiring@2026 用电检查 2026-11-10到期,浒山小学、鄞州路初级中学:11月10日

        撤销
          wires@2026 用电检查 原定2026-11-10到期,浒山小学、鄞州路初级中学:任务已删去

        内容改动
          wiring 用电检查:新任务,标题与删去的 wires 相同。换了编号就是另一项任务,要重新布置
          wires 用电检查:已删去

        现在要发的信里
          提醒2条、撤销2条
    "#]],
    );
}

#[test]
fn an_audience_narrowed() {
    check(
        DRILL,
        TOLD,
        &["audience = \"school\" => audience = \"primary\""],
        expect![[r#"
            撤销1项职责;现在要发1封信,今后一年比原来少16封

            撤销
              drill@2026 应急疏散演练 原定2026-11-10到期,鄞州路初级中学:不再适用,适用对象是 primary

            内容改动
              drill 应急疏散演练:适用对象 school → primary

            现在要发的信里
              撤销1条
        "#]],
    );
}

/// s2 leaves the roster: its duty goes, and there is no address to tell it to.
#[test]
fn a_roster_shrunk() {
    let edit = "s2,鄞州路初级中学,junior,t1,,safety,郑海波,safety@s2,,,~s2,,,,,deputy,叶晓东,deputy@s2,,,~s2,,,,,principal,吴丽萍,principal@s2,,,~ => ";
    check(
        DRILL,
        TOLD,
        &[edit],
        expect![[r#"
        撤销1项职责,改动1个单位;现在要发0封信,今后一年比原来少17封

        撤销
          drill@2026 应急疏散演练 原定2026-11-10到期,鄞州路初级中学:单位已不在花名册上

        单位与联系人
          s2 鄞州路初级中学:已不在花名册上
    "#]],
    );
}

#[test]
fn an_edit_undone_is_no_change() {
    let edits = ["11月10日 => 11月12日", "11月12日 => 11月10日"];
    check(
        DRILL,
        TOLD,
        &edits,
        expect![[r#"
        没有改动
    "#]],
    );
    assert!(compare(DRILL, TOLD, &edits).is_empty());
}

/// A comment is no change, though the file differs.
#[test]
fn a_comment_is_no_change() {
    let found = compare(DRILL, TOLD, &["[[task]] => # 下一项~[[task]]"]);
    assert!(found.is_empty());
}

/// What a task says is another matter than when it is due: nothing is sent.
#[test]
fn a_text_changed() {
    check(
        DRILL,
        TOLD,
        &[
            "应急疏散演练 => 全校应急疏散演练",
            "origin   = \"seed\" => origin   = \"seed\"~evidence = \"演练记录\"",
        ],
        expect![[r#"
            职责和日期都不变,改动1处内容;现在要发0封信,今后一年的信不多不少

            内容改动
              drill 全校应急疏散演练:标题 应急疏散演练 → 全校应急疏散演练;要交的材料 (没有) → 演练记录
        "#]],
    );
}

/// On 11-03 the reminder of 7d was sent. 8d would have been on 11-02: it is superseded, nothing goes out again.
#[test]
fn seven_days_become_eight() {
    let script = "2026-10-19 07:00 hang
                  2026-11-03 10:00 end";
    check(
        DRILL,
        script,
        &["origin   = \"seed\" => origin   = \"seed\"~remind = [\"8d\", \"2 workdays\", \"0d\"]"],
        expect![[r#"
            职责和日期都不变,改动1处内容;现在要发0封信,今后一年比原来多2封

            内容改动
              drill 应急疏散演练:提醒 (没有) → 8天、2个工作日、0天
        "#]],
    );
}

/// The year's one duty goes, though it was told of, and the terms' come. Next year's terms are not there yet.
#[test]
fn every_changed() {
    check(
        DRILL,
        TOLD,
        &["due      = \"11月10日\" => every = \"term\"~due      = \"开学后14天\""],
        expect![[r#"
            撤销2项职责;现在要发2封信,今后一年比原来少34封

            撤销
              drill@2026 应急疏散演练 原定2026-11-10到期,浒山小学、鄞州路初级中学:改为每学期一次

            内容改动
              drill 应急疏散演练:截止 11月10日 → 开学后14天;多久一次 每年 → 每学期

            现在要发的信里
              撤销2条
        "#]],
    );
}

/// A month's duty that was told of is no quarter's duty: it is withdrawn, and the quarter's comes.
#[test]
fn a_month_becomes_a_quarter() {
    let monthly = DRILL.replace("11月10日", "最后一个工作日\"\nevery = \"month");
    let script = "2026-10-19 07:00 hang
                  2026-11-23 10:00 end";
    check(
        &monthly,
        script,
        &["\"month\" => \"quarter\""],
        expect![[r#"
            撤销26项职责,新增8项;现在要发8封信,今后一年比原来少250封

            新增
              drill@2026-Q4 应急疏散演练(第4季度) 2026-12-31到期,浒山小学、鄞州路初级中学:最后一个工作日
              drill@2027-Q1 应急疏散演练(第1季度) 2027-03-31到期,浒山小学、鄞州路初级中学:最后一个工作日
              drill@2027-Q2 应急疏散演练(第2季度) 2027-06-30到期,浒山小学、鄞州路初级中学:最后一个工作日
              drill@2027-Q3 应急疏散演练(第3季度) 2027-09-30到期,浒山小学、鄞州路初级中学:最后一个工作日

            撤销
              drill@2026-10 应急疏散演练(10月) 原定2026-10-30到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2026-11 应急疏散演练(11月) 原定2026-11-30到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2026-12 应急疏散演练(12月) 原定2026-12-31到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2027-01 应急疏散演练(1月) 原定2027-01-29到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2027-02 应急疏散演练(2月) 原定2027-02-26到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2027-03 应急疏散演练(3月) 原定2027-03-31到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2027-04 应急疏散演练(4月) 原定2027-04-30到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2027-05 应急疏散演练(5月) 原定2027-05-31到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2027-06 应急疏散演练(6月) 原定2027-06-30到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2027-07 应急疏散演练(7月) 原定2027-07-30到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2027-08 应急疏散演练(8月) 原定2027-08-31到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2027-09 应急疏散演练(9月) 原定2027-09-30到期,浒山小学、鄞州路初级中学:改为每季度一次
              drill@2027-10 应急疏散演练(10月) 原定2027-10-29到期,浒山小学、鄞州路初级中学:改为每季度一次

            内容改动
              drill 应急疏散演练:多久一次 每月 → 每季度

            现在要发的信里
              撤销12条
        "#]],
    );
}

/// An extension granted beyond the new day keeps its own day: nothing moves for s1.
#[test]
fn an_extension_outlasts_the_edit() {
    let script = "2026-10-19 07:00 hang
                  2026-10-28 09:00 extension drill@2026/s1 safety@s1 2026-11-20
                  2026-10-28 10:00 grant drill@2026/s1 extension 2026-11-20
                  2026-11-02 10:00 end";
    check(
        DRILL,
        script,
        &["11月10日 => 11月12日"],
        expect![[r#"
            改动1项职责的日期;现在要发1封信,今后一年比原来多1封

            日期改动
              drill@2026 应急疏散演练 2026-11-10 → 2026-11-12,鄞州路初级中学:11月12日

            内容改动
              drill 应急疏散演练:截止 11月10日 → 11月12日

            现在要发的信里
              日期变更1条
        "#]],
    );
}

/// A conditional task that was raised and is taken out is withdrawn.
#[test]
fn a_raised_task_deleted() {
    let raised = format!(
        "{DRILL}\n[[task]]\nid = \"typhoon\"\ntitle = \"台风停课\"\nwhen = \"conditional\"\ndue = \"3d\"\naudience = \"school\"\norigin = \"local\"\n"
    );
    let script = "2026-10-19 07:00 hang
                  2026-11-01 09:00 raise typhoon@2026-11-01/s1 2026-11-04
                  2026-11-02 10:00 end";
    let edit = "[[task]]~id = \"typhoon\"~title = \"台风停课\"~when = \"conditional\"~due = \"3d\"~audience = \"school\"~origin = \"local\"~ => ";
    check(
        &raised,
        script,
        &[edit],
        expect![[r#"
        撤销1项职责;现在要发1封信,今后一年比原来少14封

        撤销
          typhoon@2026-11-01 台风停课 原定2026-11-04到期,浒山小学:任务已删去

        内容改动
          typhoon 台风停课:已删去

        现在要发的信里
          撤销1条
    "#]],
    );
}

/// Who is late and was told is withdrawn, however long ago it was due.
#[test]
fn a_late_duty_withdrawn() {
    let script = "2026-10-19 07:00 hang
                  2026-11-25 10:00 end";
    check(
        TWO,
        script,
        &[WIRES],
        expect![[r#"
        撤销4项职责;现在要发8封信,今后一年比原来多8封

        撤销
          wires@2026 用电检查 原定2026-11-10到期,浒山小学、鄞州路初级中学:任务已删去
          wires@2027 用电检查 原定2027-11-10到期,浒山小学、鄞州路初级中学:任务已删去

        内容改动
          wires 用电检查:已删去

        现在要发的信里
          撤销10条
    "#]],
    );
}

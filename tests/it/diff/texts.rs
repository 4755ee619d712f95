//! People, the calendar's own words, the wording, and English.

use expect_test::expect;
use schoolbell::core::diagnostic::Locale;
use schoolbell::core::diff::diff;

use super::{check, compare, must_agree};
use crate::bell::{Bell, DRILL, HEAD, ROSTER, SECOND};

const TOLD: &str = "2026-10-19 07:00 hang
                    2026-11-02 10:00 end";

/// Who comes into a role is told of what is open.
#[test]
fn a_contact_changed() {
    check(
        DRILL,
        TOLD,
        &["王建国,safety@s1 => 周雅琴,zhou@s1"],
        expect![[r#"
            职责和日期都不变,改动1个单位;现在要发1封信,今后一年的信不多不少

            单位与联系人
              s1 浒山小学:安全主任 王建国 safety@s1 → 周雅琴 zhou@s1

            现在要发的信里
              提醒1条
        "#]],
    );
}

#[test]
fn a_telephone_number_changes_no_letter() {
    check(
        DRILL,
        TOLD,
        &["王建国,safety@s1,, => 王建国,safety@s1,13800000000,"],
        expect![[r#"
            职责和日期都不变,改动1个单位;现在要发0封信,今后一年的信不多不少

            单位与联系人
              s1 浒山小学:安全主任 王建国 safety@s1 → 王建国 safety@s1 13800000000
        "#]],
    );
}

/// The town's contact moves: letters of all schools under it may change, and do at the third workday.
#[test]
fn a_town_contact_changed() {
    check(
        DRILL,
        TOLD,
        &["胡国强,safety@t1 => 孙立新,sun@t1"],
        expect![[r#"
            职责和日期都不变,改动1个单位;现在要发0封信,今后一年的信不多不少

            单位与联系人
              t1 浒山街道:安全主任 胡国强 safety@t1 → 孙立新 sun@t1
        "#]],
    );
}

#[test]
fn a_unit_added() {
    check(
        DRILL,
        TOLD,
        &["s2,鄞州路 => s3,城关小学,primary,t1,,safety,钱多,safety@s3,,,~s2,鄞州路"],
        expect![[r#"
            新增1项职责,改动1个单位;现在要发1封信,今后一年比原来多12封

            新增
              drill@2026 应急疏散演练 2026-11-10到期,城关小学:11月10日

            单位与联系人
              s3 城关小学:新增

            现在要发的信里
              提醒1条
        "#]],
    );
}

/// The ladder of all tasks, an hour of sending, a tag.
#[test]
fn what_holds_for_all() {
    check(
        DRILL,
        TOLD,
        &[
            "send_at  = [\"08:00\"] => send_at  = [\"09:00\"]",
            "boarding = \"寄宿制\" => boarding = \"寄宿制学校\"~[ladder]~nag = { every = \"3 workdays\", at_most = 1 }",
        ],
        expect![[r#"
            职责和日期都不变,改动3处内容;现在要发0封信,今后一年比原来少10封

            内容改动
              发信时刻 08:00 → 09:00
              标签 boarding 寄宿制 → 寄宿制学校
              全部任务的再催 每5个工作日一次,至多6次 → 每3个工作日一次,至多1次
        "#]],
    );
}

/// Three days more on the ladder: each duty is opened earlier, and due when it was.
#[test]
fn an_earlier_opening() {
    check(
        DRILL,
        "2026-10-19 07:00 hang
         2026-10-20 10:00 end",
        &["boarding = \"寄宿制\" => boarding = \"寄宿制\"~[ladder]~opens = \"21d\""],
        expect![[r#"
            改动2项职责的日期;现在要发2封信,今后一年的信不多不少

            日期改动
              drill@2026 应急疏散演练 开始 2026-10-27 → 2026-10-20,仍是2026-11-10到期,浒山小学、鄞州路初级中学

            内容改动
              全部任务的布置 14天 → 21天

            现在要发的信里
              布置2条
        "#]],
    );
}

/// 10-07 is the last day of National Day, so the drill is due on the workday before it. Were it worked, it would be
/// due on 10-07 itself.
#[test]
fn a_notice_changed() {
    check(
        &DRILL.replace("11月10日", "10月7日"),
        "2026-09-01 07:00 hang
         2026-09-02 10:00 end",
        &[", 2026-10-07] => ]"],
        expect![[r#"
            改动2项职责的日期;现在要发0封信,今后一年的信不多不少

            日期改动
              drill@2026 应急疏散演练 2026-09-30 → 2026-10-07,浒山小学、鄞州路初级中学:10月7日

            内容改动
              2026年国庆节 …2026-10-06、2026-10-07;补班 2026-09-20、2026-10-10 → …2026-10-06;补班 2026-09-20、2026-10-10
        "#]],
    );
}

/// A task that is raised by hand has no duties until then: it is told all the same.
#[test]
fn a_conditional_task_added() {
    let task = "[[task]]~id = \"typhoon\"~title = \"台风停课\"~when = \"conditional\"~due = \"3d\"~audience = \"school\"~origin = \"local\"~[[task]]";
    check(
        DRILL,
        TOLD,
        &[&format!("[[task]] => {task}")],
        expect![[r#"
            职责和日期都不变,改动1处内容;现在要发0封信,今后一年的信不多不少

            内容改动
              typhoon 台风停课:新任务
        "#]],
    );
}

/// Nobody at s2 can be written to: the gap is told to the officers once, by whichever duty comes first. That is not the
/// drill, so no letter of theirs is spared when the drill goes.
#[test]
fn a_contact_gap_is_told_once() {
    let roster = format!("{ROSTER}s2,鄞州路初级中学,junior,t1,,safety,郑海波,,,,\n");
    let wires = DRILL
        .replace("drill", "wires")
        .replace("11月10日", "11月4日");
    let later = DRILL.replace("11月10日", "12月10日");
    let mut bell = Bell::with(HEAD, &format!("{wires}{later}"), &roster);
    bell.run(
        "2026-10-12 07:00 hang
              2026-10-13 10:00 end",
    );
    let old = bell.edit(&format!("{} => ", later.replace('\n', "~")));
    let found = diff(&old, &bell.agenda, &bell.state, bell.now);
    must_agree(&old, &bell.agenda, &bell.state, bell.now, &found, "");
    expect![[r#"
        撤销2项职责;现在要发0封信,今后一年比原来少19封

        撤销
          drill@2026 应急疏散演练 原定2026-12-10到期,浒山小学、鄞州路初级中学:任务已删去

        内容改动
          drill 应急疏散演练:已删去
    "#]]
    .assert_eq(&found.in_words(Locale::Chinese, 30));
}

#[test]
fn in_english() {
    let head = HEAD.replace("send_at", "locale = \"en\"\nsend_at");
    let mut bell = Bell::with(&head, DRILL, &format!("{ROSTER}{SECOND}"));
    bell.run(TOLD);
    let old = bell.edit("11月10日 => 11月14日");
    bell.edit("应急疏散演练 => 演练");
    bell.edit("王建国,safety@s1 => 周雅琴,zhou@s1");
    let found = diff(&old, &bell.agenda, &bell.state, bell.now);
    must_agree(&old, &bell.agenda, &bell.state, bell.now, &found, "");
    expect![[r#"
        moves 2 duties, changes 1 text, changes 1 unit; sends 2 letters now, 2 more within a year

        Dates moved
          drill@2026 演练 2026-11-10 → 2026-11-13, 浒山小学, 鄞州路初级中学: 2026-11-14 (Saturday) is a rest day, moved back to a workday

        Texts
          drill 演练: title 应急疏散演练 → 演练; due November 10 → November 14

        Units and contacts
          s1 浒山小学: safety 王建国 safety@s1 → 周雅琴 zhou@s1

        In the letters sent now
          1 changed, 1 announced
    "#]].assert_eq(&found.in_words(Locale::English, 30));
    expect![[r#"
        改动2项职责的日期,改动1处内容,改动1个单位;现在要发2封信,今后一年比原来多2封

        日期改动
          drill@2026 演练 2026-11-10 → 2026-11-13,浒山小学、鄞州路初级中学:原定 11-14(周六),提前至工作日

        内容改动
          drill 演练:标题 应急疏散演练 → 演练;截止 11月10日 → 11月14日

        ……另有2行
    "#]].assert_eq(&found.in_words(Locale::Chinese, 2));
}

#[test]
fn a_long_text_is_told_from_where_it_parts() {
    let long = "先讲用火用电,再讲逃生路线,然后按班级依次疏散到操场,由班主任清点人数并报到年级组,最后由校长讲评,全程留存影像资料";
    let tasks = format!("{DRILL}detail = \"{long}\"\n");
    let found = compare(&tasks, TOLD, &["影像资料 => 影像资料和签到表"]);
    expect![[r#"
        职责和日期都不变,改动1处内容;现在要发0封信,今后一年的信不多不少

        内容改动
          drill 应急疏散演练:要求 先讲用火用电,再讲逃生路线,然后按班级依次疏散到操场,由班主任清点人数并报到年级组,最后由校长讲评,全程留存影像资料 → …评,全程留存影像资料和签到表
    "#]].assert_eq(&found.in_words(Locale::Chinese, 30));
}

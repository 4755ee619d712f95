//! 通报: what is counted, who gets it, and that nothing goes out unapproved.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use schoolbell::core::bulletin::{Bulletin, Edition, Eye, Reach, Section, draft, offered};
use schoolbell::core::compose::Reader;
use schoolbell::core::names::Address;
use schoolbell::core::officer::Officer;
use schoolbell::core::overview::{Asked, Overview, Ruling, overview};
use schoolbell::core::plan::Slots;

use crate::bell::{Bell, DRILL, HEAD, ROSTER, SECOND};

/// A second town, with a school whose deputy alone has a mailbox, and one that nobody can be reached at.
const OTHERS: &str = "\
t2,横河镇,town,b,,safety,马建军,safety@t2,,,
t2,,,,,office,宋小燕,office@t2,,,
s3,横河大山小学,primary,t2,,safety,罗建平,safety@s3,,,
s3,,,,,principal,,,,,
s3,,,,,deputy,丁一飞,deputy@s3,,,
s4,鄞州横街小学,primary,t2,,safety,,,,,
";

/// Due on Tuesday the 10th, Thursday the 12th, the week before, and the week after.
const YEAR: &str = r#"
[[task]]
id       = "drill"
title    = "应急疏散演练"
due      = "11月10日"
audience = "school"
origin   = "seed"
[[task]]
id       = "hazards"
title    = "隐患排查台账"
due      = "11月12日"
audience = "school"
origin   = "seed"
[[task]]
id       = "lamps"
title    = "消防器材检查"
due      = "11月4日"
audience = "school"
origin   = "seed"
[[task]]
id       = "gate"
title    = "校门安保检查"
due      = "11月20日"
audience = "primary"
origin   = "seed"
"#;

fn bell() -> Bell {
    Bell::with(HEAD, YEAR, &format!("{ROSTER}{SECOND}{OTHERS}"))
}

fn text(sections: &[Section]) -> String {
    let mut out = String::new();
    for section in sections {
        let _ = writeln!(out, "{}", section.title);
        for words in &section.text {
            let _ = writeln!(out, "  {words}");
        }
        let Some(table) = &section.table else {
            continue;
        };
        if table.rows.is_empty() {
            let _ = writeln!(out, "  {}", table.none);
            continue;
        }
        let names: Vec<_> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let _ = writeln!(out, "  {}", names.join(" | "));
        for row in &table.rows {
            assert_eq!(row.cells.len(), table.columns.len());
            let _ = writeln!(out, "  {}", row.cells.join(" | "));
        }
    }
    out
}

fn found(bell: &Bell, period: &str) -> Bulletin {
    let period = period.parse().expect("a week or a month");
    draft(&bell.agenda, &bell.state, period, bell.now).expect("there is a draft")
}

#[track_caller]
fn check(bell: &Bell, period: &str, expected: Expect) {
    let found = found(bell, period);
    expected.assert_eq(&format!(
        "{} {} {} {}\n{}",
        found.title,
        found.number,
        found.signed,
        found.as_of,
        text(&found.sections)
    ));
}

/// 浒山小学 did all in time, 鄞州路初级中学 one late and one not at all, 横河大山小学 was let off one and has a request open;
/// at 鄞州横街小学 nobody was ever told of anything.
const WEEK: &str = "
    2026-10-19 07:00 hang
    2026-11-03 09:00 done lamps@2026/s1 safety@s1
    2026-11-03 09:00 done lamps@2026/s3 safety@s3
    2026-11-06 09:00 done lamps@2026/s2 safety@s2
    2026-11-09 09:00 done drill@2026/s1 safety@s1
    2026-11-10 21:00 done hazards@2026/s1 safety@s1
    2026-11-11 09:00 done drill@2026/s2 safety@s2
    2026-11-11 10:00 waive drill@2026/s3
    2026-11-12 09:00 extension hazards@2026/s3 safety@s3 2026-11-27
    2026-11-13 09:00 received hazards@2026/s2 safety@s2";

#[test]
fn a_week_is_counted() {
    let mut bell = bell();
    bell.run(&format!("{WEEK}\n2026-11-16 09:30 end"));
    check(
        &bell,
        "2026-W46",
        expect![[r#"
            浒山试点学校安全工作周通报 2026年第46期（11月9日至11月15日） 慈溪市教育局 2026-11-16T09:30:00
            一、总体情况
              本周到期应办 5 项次：按时完成 2 项次，逾期完成 1 项次，至今未完成 2 项次，按时完成率 40%（上周 66%）。免做和不适用 1 项次，不计入应办。
              一个单位的一项工作计一项次，按该单位的截止日（含已批准的延期）归入；没有送达的不计为未完成。
            二、分镇（街道）情况
              名次 | 镇（街道） | 应办 | 按时 | 逾期完成 | 未完成 | 按时率
              1 | 浒山街道 | 4 | 2 | 1 | 1 | 50
              2 | 横河镇 | 1 | 0 | 0 | 1 | 0
               | 合计 | 5 | 2 | 1 | 2 | 40
            三、分事项情况
              事项 | 截止 | 应办 | 按时 | 逾期完成 | 未完成 | 按时率
              应急疏散演练 | 2026-11-10 | 2 | 1 | 1 | 0 | 50
              隐患排查台账 | 2026-11-12 | 3 | 1 | 0 | 2 | 33
            四、未完成名单
              镇（街道） | 单位 | 事项 | 截止 | 逾期工作日 | 责任岗位 | 最近提醒 | 目前情况
              浒山街道 | 鄞州路初级中学 | 隐患排查台账 | 2026-11-12 | 2 | 安全主任 | 2026-11-13 | 收到
              横河镇 | 横河大山小学 | 隐患排查台账 | 2026-11-12 | 2 | 安全主任 | 2026-11-13 | 申请延期，待批
            五、全部按时完成的单位
              各单位中，到期事项全部按时完成、也没有遗留的共 1 个。
              镇（街道） | 单位
              浒山街道 | 浒山小学
            六、送达和联系人
              镇（街道） | 单位 | 情况
              横河镇 | 鄞州横街小学 | 没有可用的联系人，请更新花名册；“应急疏散演练”等 3 项没有送达，未列入未完成名单
            七、今后两周到期的工作
              事项 | 截止 | 单位数
              校门安保检查 | 2026-11-20 | 3
        "#]],
    );
}

/// November as a whole, from the first of December on: the same facts by the month.
#[test]
fn a_month_is_counted() {
    let mut bell = bell();
    bell.run(&format!("{WEEK}\n2026-12-01 07:00 end"));
    check(
        &bell,
        "2026-11",
        expect![[r#"
            浒山试点学校安全工作月通报 2026年第11期（11月1日至11月30日） 慈溪市教育局 2026-12-01T07:00:00
            一、总体情况
              11月到期应办 10 项次：按时完成 4 项次，逾期完成 2 项次，至今未完成 4 项次，按时完成率 40%。免做和不适用 1 项次，不计入应办。
              一个单位的一项工作计一项次，按该单位的截止日（含已批准的延期）归入；没有送达的不计为未完成。
            二、分镇（街道）情况
              名次 | 镇（街道） | 应办 | 按时 | 逾期完成 | 未完成 | 按时率
              1 | 浒山街道 | 7 | 3 | 2 | 2 | 42
              2 | 横河镇 | 3 | 1 | 0 | 2 | 33
               | 合计 | 10 | 4 | 2 | 4 | 40
            三、分事项情况
              事项 | 截止 | 应办 | 按时 | 逾期完成 | 未完成 | 按时率
              消防器材检查 | 2026-11-04 | 3 | 2 | 1 | 0 | 66
              应急疏散演练 | 2026-11-10 | 2 | 1 | 1 | 0 | 50
              隐患排查台账 | 2026-11-12 | 3 | 1 | 0 | 2 | 33
              校门安保检查 | 2026-11-20 | 2 | 0 | 0 | 2 | 0
            四、未完成名单
              镇（街道） | 单位 | 事项 | 截止 | 逾期工作日 | 责任岗位 | 最近提醒 | 目前情况
              浒山街道 | 浒山小学 | 校门安保检查 | 2026-11-20 | 7 | 安全主任 | 2026-11-27 | 没有回执
              浒山街道 | 鄞州路初级中学 | 隐患排查台账 | 2026-11-12 | 13 | 安全主任 | 2026-11-26 | 收到
              横河镇 | 横河大山小学 | 隐患排查台账 | 2026-11-12 | 13 | 安全主任 | 2026-11-26 | 申请延期，待批
              横河镇 | 横河大山小学 | 校门安保检查 | 2026-11-20 | 7 | 安全主任 | 2026-11-27 | 没有回执
            五、全部按时完成的单位
              没有。
            六、送达和联系人
              镇（街道） | 单位 | 情况
              横河镇 | 鄞州横街小学 | 没有可用的联系人，请更新花名册；“应急疏散演练”等 4 项没有送达，未列入未完成名单
            七、12月到期的工作
              12月没有到期的事项。
        "#]],
    );
}

/// The extension is granted before the bulletin is looked at: the duty is due in another week now.
#[test]
fn what_was_put_off_counts_in_its_new_week() {
    let mut bell = bell();
    bell.run(&format!(
        "{WEEK}
         2026-11-16 09:00 grant hazards@2026/s3 extension 2026-11-27
         2026-11-16 09:30 end"
    ));
    let week = text(&found(&bell, "2026-W46").sections);
    assert!(
        !week.contains("罗建平") && !week.contains("横河大山小学 | 隐患排查台账"),
        "{week}"
    );
    assert!(week.contains("隐患排查台账 | 2026-11-27 | 1"), "{week}");
    bell.run("2026-11-30 09:30 end");
    let later = text(&found(&bell, "2026-W48").sections);
    assert!(
        later.contains("横河镇 | 横河大山小学 | 隐患排查台账 | 2026-11-27 | 1"),
        "{later}"
    );
}

/// A draft is ready when its time is over. It makes no letter: the officer hears of November's in the one that asks for next
/// year's holidays, once, and of week 46 only on the pages, since none went to her in the week after.
#[test]
fn the_word_of_a_draft_goes_with_what_is_said_anyway() {
    let mut bell = Bell::with(HEAD, DRILL, ROSTER);
    bell.run(
        "2026-10-19 07:00 hang
         2026-11-09 09:00 done drill@2026/s1 safety@s1",
    );
    let period = "2026-W46".parse().unwrap();
    bell.run("2026-11-15 23:59 end");
    assert_eq!(
        draft(&bell.agenda, &bell.state, period, bell.now),
        None,
        "its Sunday is not over"
    );
    bell.run("2026-11-16 00:01 end");
    assert!(draft(&bell.agenda, &bell.state, period, bell.now).is_some());
    bell.run("2026-12-31 20:00 end");
    expect![[r#"
        10-27 08:00 safety@s1 opens drill@2026/s1 due 11-10 act
        11-03 08:00 safety@s1 remind:7d drill@2026/s1 due 11-10 act
        11-06 08:00 safety@s1 remind:2 workdays drill@2026/s1 due 11-10 act
        12-01 08:00 office@b ! bulletin:2026-11
        12-01 08:00 office@b ! holiday-notice:2027
    "#]]
    .assert_eq(&bell.printed);
    // Later too it can be looked at; and of weeks in which nothing was due there is none.
    let today = Slots::new(&bell.agenda.calendar).day(bell.now);
    let names: Vec<_> = offered(&bell.agenda, &bell.state, today)
        .into_iter()
        .map(schoolbell::core::bulletin::Span::name)
        .collect();
    assert_eq!(names, ["2026年11月", "2026年第46周（11月9日至11月15日）"]);
}

/// The letter that tells of a request says that week 46 is ready, and the next one does not say it again.
#[test]
fn a_draft_is_told_of_once() {
    let mut bell = Bell::with(HEAD, DRILL, ROSTER);
    bell.run(
        "2026-10-19 07:00 hang
         2026-11-13 10:00 extension drill@2026/s1 safety@s1 2026-11-27
         2026-11-16 10:00 extension drill@2026/s1 safety@s1 2026-11-30
         2026-11-18 09:00 end",
    );
    let told: Vec<_> = bell
        .printed
        .lines()
        .filter(|line| line.contains("office@b !"))
        .collect();
    assert_eq!(
        told,
        [
            "11-16 08:00 office@b ! bulletin:2026-W46",
            "11-16 08:00 office@b ! request:drill@2026/s1:1",
            "11-17 08:00 office@b ! request:drill@2026/s1:2",
        ]
    );
}

/// What is too old for anybody to be pressed for is not called unfinished, nor undelivered, whatever is left of it in memory.
#[test]
fn what_lapsed_is_held_against_nobody() {
    let mut bell = Bell::with(HEAD, DRILL, ROSTER);
    bell.run("2026-10-19 07:00 hang\n2027-12-15 09:00 end");
    let unfinished = |bell: &Bell| text(&found(bell, "2027-11").sections);
    assert!(
        unfinished(&bell).contains("应急疏散演练 | 2026-11-10"),
        "400 days"
    );
    bell.run("2027-12-16 09:00 end");
    let later = unfinished(&bell);
    assert!(!later.contains("2026-11-10"), "{later}");
    bell.state.shelve(&bell.agenda, bell.now);
    assert_eq!(unfinished(&bell), later);
}

/// Approved on Monday at half past nine, mailed with Tuesday's letters; approved again it counts once, and then it cannot be
/// put aside. The school that did everything gets none; s3 has no principal's mailbox, so its deputy does.
#[test]
fn an_approved_week_goes_out_once_to_those_who_have_to_know() {
    let mut bell = bell();
    bell.run(WEEK);
    bell.run("2026-11-16 09:30 end");
    bell.printed.clear();
    bell.run(
        "2026-11-16 09:31 approve 2026-W46 named 请各单位对照整改。
         2026-11-16 09:31 approve 2026-W46 all 再发一遍
         2026-11-16 09:32 aside 2026-W46
         2026-11-17 07:00 done hazards@2026/s2 safety@s2
         2026-11-18 20:00 end",
    );
    let lines: Vec<_> = bell
        .printed
        .lines()
        .filter(|line| !line.contains(" due "))
        .collect();
    expect![[r#"
        11-16 09:31 已批准2026年第46周（11月9日至11月15日）的通报，共 7 个邮箱，随 11月17日（周二） 08:00 的信发出。
        11-16 09:31 refused: 2026年第46周（11月9日至11月15日）的通报已经由沈志明批准，只发一次，您这次写的没有用上。
        11-16 09:32 refused: 2026年第46周（11月9日至11月15日）的通报已经由沈志明批准，不能再搁置。
        11-17 08:00 deputy@b brings 2026-W46
        11-17 08:00 deputy@s3 brings 2026-W46
        11-17 08:00 office@b brings 2026-W46
        11-17 08:00 office@t2 brings 2026-W46
        11-17 08:00 principal@s2 brings 2026-W46
        11-17 08:00 safety@t1 brings 2026-W46
        11-17 08:00 safety@t2 brings 2026-W46"#]].assert_eq(&lines.join("\n"));
}

/// A letter that came back has brought nobody its bulletin, though a later one to the same mailbox arrived: it goes once.
#[test]
fn what_came_back_stays_missing() {
    let mut bell = bell();
    bell.run(WEEK);
    bell.run("2026-11-16 09:31 approve 2026-W46 named 整改。\n2026-11-17 09:00 end");
    let went = |bell: &Bell| {
        let day = Slots::new(&bell.agenda.calendar).day(bell.now);
        let officer = Officer::of(&bell.agenda, &Address::from("office@b"), day).unwrap();
        let seen = overview(
            &bell.agenda,
            &bell.state,
            &officer,
            &Asked::Bulletins,
            bell.now,
        );
        let Some(Overview::Bulletins(lines)) = seen else {
            panic!("the bureau sees the bulletins");
        };
        let mut approved = lines.into_iter().filter_map(|line| match line.ruling {
            Ruling::Approved {
                letters, missing, ..
            } => Some((letters, missing)),
            _ => None,
        });
        approved.next().unwrap()
    };
    assert_eq!(went(&bell), (7, 0));
    bell.run("2026-11-17 10:00 returned-as-spam safety@t1\n2026-11-17 10:01 end");
    assert_eq!(went(&bell), (7, 1));
    let lost = bell.state.reached[&Address::from("safety@t1")];
    bell.run("2026-12-31 09:00 end");
    assert!(bell.state.reached[&Address::from("safety@t1")] > lost);
    assert_eq!(went(&bell), (7, 1));
    bell.state.shelve(&bell.agenda, bell.now);
    assert_eq!(went(&bell), (7, 1));
}

/// A week that nobody decided of for years is still counted by what was due in it.
#[test]
fn an_old_week_has_its_own_duties() {
    let mut bell = Bell::with(HEAD, DRILL, ROSTER);
    bell.run("2026-10-19 07:00 hang\n2026-11-17 09:00 end");
    let line = |bell: &Bell| {
        let said = text(&found(bell, "2026-11").sections);
        let mut lines = said.lines().filter(|line| line.contains("应急疏散演练 | "));
        lines.next().unwrap_or_default().to_owned()
    };
    bell.run("2026-12-01 09:00 end");
    let then = line(&bell);
    assert!(then.contains("2026-11-10 | 1 | 0 | 0 | 1"), "{then}");
    bell.run("2028-03-01 09:00 end");
    assert_eq!(line(&bell), then);
}

#[test]
fn a_month_goes_to_every_head_if_the_officer_leaves_it_so() {
    let mut bell = bell();
    bell.run(WEEK);
    bell.run("2026-12-01 09:30 end");
    bell.printed.clear();
    bell.run(
        "2026-12-01 09:31 approve 2026-11
         2026-12-02 20:00 end",
    );
    let told: Vec<_> = bell
        .printed
        .lines()
        .filter(|line| line.contains("brings"))
        .collect();
    expect![[r#"
        12-02 08:00 deputy@b brings 2026-11
        12-02 08:00 deputy@s3 brings 2026-11
        12-02 08:00 office@b brings 2026-11
        12-02 08:00 office@t2 brings 2026-11
        12-02 08:00 principal@s1 brings 2026-11
        12-02 08:00 principal@s2 brings 2026-11
        12-02 08:00 safety@t1 brings 2026-11
        12-02 08:00 safety@t2 brings 2026-11"#]]
    .assert_eq(&told.join("\n"));
}

/// Put aside it stays on record and nothing goes out; it may be approved all the same later, as it is then.
#[test]
fn put_aside_is_not_the_end() {
    let mut bell = bell();
    bell.run(WEEK);
    bell.run(
        "2026-11-16 09:30 aside 2026-W46 数字待核
         2026-11-16 09:31 aside 2026-W46 数字待核
         2026-11-17 09:30 end",
    );
    assert!(!bell.printed.contains("brings"), "{}", bell.printed);
    let known = &bell.state.bulletins.decided[&"2026-W46".parse().unwrap()];
    assert_eq!(known.put_aside.len(), 1);
    assert_eq!(known.put_aside[0].note, "数字待核");
    bell.run(
        "2026-11-17 09:40 approve 2026-W46
         2026-11-18 09:00 end",
    );
    assert!(
        bell.printed
            .contains("11-18 08:00 office@b brings 2026-W46"),
        "{}",
        bell.printed
    );
}

/// What was shown is what is approved: an answer that comes in between makes it another draft.
#[test]
fn what_was_not_shown_is_not_approved() {
    use schoolbell::core::bulletin::{Verdict, decide};
    let mut bell = bell();
    bell.run(WEEK);
    bell.run("2026-11-16 09:30 end");
    let period = "2026-W46".parse().unwrap();
    let shown = found(&bell, "2026-W46").mark();
    let approve = |bell: &Bell| {
        let verdict = Verdict::Approve {
            shown: shown.clone(),
            preface: String::new(),
            reach: Reach::Named,
        };
        decide(
            &bell.agenda,
            &bell.state,
            period,
            &verdict,
            "沈志明",
            bell.now,
        )
    };
    // A minute later it says the same, and may be approved.
    bell.run("2026-11-16 09:45 end");
    assert!(approve(&bell).is_ok());
    bell.run("2026-11-16 09:50 done hazards@2026/s2 safety@s2");
    assert_eq!(
        approve(&bell).unwrap_err(),
        "您看过以后内容有了变化，没有批准。请核对最新的内容再批准。"
    );
}

/// Nothing is approved of a week that goes on, of one in which nothing was due, or of what is no week.
#[test]
fn there_is_nothing_to_approve_where_there_is_no_draft() {
    let mut bell = bell();
    bell.run(WEEK);
    bell.run("2026-11-13 10:00 end");
    bell.printed.clear();
    bell.run(
        "2026-11-13 10:00 approve 2026-W46
         2026-11-13 10:00 approve 2026-W43
         2026-11-13 10:00 approve 2026
         2026-11-13 10:00 aside 2026-W46",
    );
    expect![[r#"
        11-13 10:00 refused: 2026年第46周（11月9日至11月15日）没有通报：还没有过完，或没有到期的事项。
        11-13 10:00 refused: 2026年第43周（10月19日至10月25日）没有通报：还没有过完，或没有到期的事项。
        11-13 10:00 refused: 2026没有通报：还没有过完，或没有到期的事项。
        11-13 10:00 refused: 2026年第46周（11月9日至11月15日）没有通报：还没有过完，或没有到期的事项。
    "#]].assert_eq(&bell.printed);
    assert!(bell.state.bulletins.decided.is_empty());
}

/// The letters bring what was approved, whatever was answered since: the bureau all of it, the town its own units, a school
/// itself. Nobody's name is in it.
#[test]
fn each_reader_gets_an_edition() {
    let mut bell = bell();
    bell.run(WEEK);
    bell.run(
        "2026-11-16 09:31 approve 2026-W46 named 请各单位对照整改。
         2026-11-17 07:00 done hazards@2026/s2 safety@s2
         2026-11-17 07:10 done hazards@2026/s3 safety@s3
         2026-11-17 09:00 end",
    );
    let edition = |address: &str, reader| -> Edition {
        let content = bell.content(address, reader).expect("a letter");
        assert_eq!(content.bulletins.len(), 1, "{address}");
        content.bulletins[0].clone()
    };
    let whole = edition("office@b", Reader::Mail);
    let approved = bell.state.bulletins.approved(whole.period).unwrap();
    assert_eq!(whole.sections, approved.content.sections);
    assert_eq!(whole.preface, "请各单位对照整改。");
    assert_eq!(edition("office@b", Reader::Page), whole);
    let said = text(&whole.sections);
    for name in ["郑海波", "罗建平", "safety@s2"] {
        assert!(!said.contains(name), "{name} in {said}");
    }
    expect![[r#"
        二、分镇（街道）情况
          名次 | 镇（街道） | 应办 | 按时 | 逾期完成 | 未完成 | 按时率
          1 | 浒山街道 | 4 | 2 | 1 | 1 | 50
           | 合计 | 5 | 2 | 1 | 2 | 40
        三、分事项情况
          事项 | 截止 | 应办 | 按时 | 逾期完成 | 未完成 | 按时率
          应急疏散演练 | 2026-11-10 | 2 | 1 | 1 | 0 | 50
          隐患排查台账 | 2026-11-12 | 3 | 1 | 0 | 2 | 33
        四、未完成名单
          镇（街道） | 单位 | 事项 | 截止 | 逾期工作日 | 责任岗位 | 最近提醒 | 目前情况
          浒山街道 | 鄞州路初级中学 | 隐患排查台账 | 2026-11-12 | 2 | 安全主任 | 2026-11-13 | 收到
        五、全部按时完成的单位
          各单位中，到期事项全部按时完成、也没有遗留的共 1 个。
          镇（街道） | 单位
          浒山街道 | 浒山小学
        六、送达和联系人
          其中没有您单位（辖区）的。
        七、今后两周到期的工作
          事项 | 截止 | 单位数
          校门安保检查 | 2026-11-20 | 3
    "#]]
    .assert_eq(&text(&edition("safety@t1", Reader::Mail).sections[1..]));
    expect![[r#"
        二、分镇（街道）情况
          名次 | 镇（街道） | 应办 | 按时 | 逾期完成 | 未完成 | 按时率
           | 合计 | 5 | 2 | 1 | 2 | 40
        三、分事项情况
          事项 | 截止 | 应办 | 按时 | 逾期完成 | 未完成 | 按时率
          应急疏散演练 | 2026-11-10 | 2 | 1 | 1 | 0 | 50
          隐患排查台账 | 2026-11-12 | 3 | 1 | 0 | 2 | 33
        四、未完成名单
          镇（街道） | 单位 | 事项 | 截止 | 逾期工作日 | 责任岗位 | 最近提醒 | 目前情况
          横河镇 | 横河大山小学 | 隐患排查台账 | 2026-11-12 | 2 | 安全主任 | 2026-11-13 | 申请延期，待批
        五、全部按时完成的单位
          各单位中，到期事项全部按时完成、也没有遗留的共 1 个。
          其中没有您单位（辖区）的。
        六、送达和联系人
          其中没有您单位（辖区）的。
        七、今后两周到期的工作
          事项 | 截止 | 单位数
          校门安保检查 | 2026-11-20 | 3
    "#]].assert_eq(&text(&edition("deputy@s3", Reader::Mail).sections[1..]));
    // A section sees what whoever it belongs to sees.
    let sections = "d1,安全科,section,b,,safety,周敏,safety@d1,,,\nd2,教管科,section,t1,,safety,吴强,safety@d2,,,\n";
    let with = Bell::with(HEAD, YEAR, &format!("{ROSTER}{SECOND}{sections}"));
    let eye = |address| Eye::behind(&with.agenda, &Address::from(address), whole.dated);
    assert_eq!(eye("safety@d1"), Eye::Whole);
    assert_eq!(eye("safety@d2"), eye("safety@t1"));
    // Of nobody any more nothing is shown that is anybody's.
    let nobody = Eye::behind(&bell.agenda, &Address::from("gone@s1"), whole.dated);
    let left = Edition::new(&approved.content, "", Reach::Named, &nobody);
    let said = text(&left.sections);
    assert!(!said.contains("小学") && !said.contains("横河镇"), "{said}");
}

/// While a pass is held nothing goes out, an approved bulletin neither; released, it does.
#[test]
fn a_held_pass_holds_it_too() {
    let mut bell = bell();
    bell.run(WEEK);
    bell.run(
        "2026-11-16 09:00 guard
         2026-11-16 09:30 jump 90000
         2026-11-16 09:31 approve 2026-W46
         2026-11-17 20:00 end",
    );
    assert!(bell.printed.contains("放行以后才发"), "{}", bell.printed);
    assert!(!bell.printed.contains("brings"), "{}", bell.printed);
    bell.run(
        "2026-11-17 20:30 release
         2026-11-19 20:00 end",
    );
    let brought = bell.printed.lines().filter(|line| line.contains("brings"));
    assert_eq!(brought.count(), 7, "{}", bell.printed);
}

//! `diff`, run as the officer runs it: against what the daemon has taken, and against another folder.

use std::fs;

use expect_test::{Expect, expect};
use serde_json::Value;

use super::house::{House, copy};

/// `campus-surroundings-inspection` is due on 03-20, and was announced on 03-06.
const DUE: &str = "due      = \"3月20日\"";
const MOVED: &str = "due      = \"3月26日\"";

/// The daemon has run from the fourth to the ninth of March.
fn hung_on_the_fourth() -> House {
    let house = House::new(None);
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-09T09:00:00+08:00");
    house
}

fn check(house: &House, arguments: &[&str], expected: Expect) {
    expected.assert_eq(&house.call(arguments));
}

/// What goes wrong, and what the person is told.
fn refused(house: &House, arguments: &[&str]) -> String {
    let output = house.output(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    said.replace(&house.path("").display().to_string(), "")
}

#[test]
fn against_what_is_in_force() {
    let house = hung_on_the_fourth();
    check(
        &house,
        &["diff"],
        expect![[r#"
        没有改动
    "#]],
    );
    house.edit("calendar/03.toml", DUE, MOVED);
    check(
        &house,
        &["diff"],
        expect![[r#"
        改动9项职责的日期;现在要发9封信,今后一年比原来多25封

        日期改动
          campus-surroundings-inspection@2026 请报送校园周边问题清单 2026-03-20 → 2026-03-26,9个单位(school):3月26日

        内容改动
          campus-surroundings-inspection 请报送校园周边问题清单:截止 3月20日 → 3月26日

        现在要发的信里
          日期变更9条

        看的是2026-03-09至2027-03-08到期、还没有办结的职责;“现在”指下一次发信,2026-03-10 08:00
    "#]],
    );
    // The next slot sends just that.
    let json: Value = serde_json::from_str(&house.call(&["diff", "--format", "json"])).unwrap();
    house.pass("2026-03-09T10:00:00+08:00", "2026-03-10T09:00:00+08:00");
    let slot = json["letters"]["at"].as_str().unwrap();
    assert_eq!(slot, "2026-03-10T08:00:00+08:00");
    let changed: Vec<_> = house
        .notices()
        .into_iter()
        .filter(|line| line.starts_with("2026-03-10 changed "))
        .collect();
    let said = json["letters"]["said"]["changed"].as_u64().unwrap();
    assert_eq!(said, changed.len() as u64, "{changed:?}");
    // The daemon has taken it: nothing is left to compare.
    check(
        &house,
        &["diff"],
        expect![[r#"
            没有改动
        "#]],
    );
    // A comment makes another file, and no other duty.
    house.edit("calendar/03.toml", MOVED, &format!("{MOVED} # 挪到月底"));
    check(
        &house,
        &["diff"],
        expect![[r#"
            没有改动
            文件有出入,只在注释、排版这些不影响职责的地方
        "#]],
    );
}

#[test]
fn in_json() {
    let house = hung_on_the_fourth();
    house.edit("calendar/03.toml", DUE, MOVED);
    house.edit("config/roster.csv", "王建国", "周雅琴");
    check(
        &house,
        &["diff", "--format", "json"],
        expect![[r#"
            {
              "summary": "改动9项职责的日期,改动1个单位;现在要发9封信,今后一年比原来多25封",
              "from": "2026-03-09",
              "to": "2027-03-08",
              "moved": [
                {
                  "task": "campus-surroundings-inspection",
                  "period": "2026",
                  "title": "请报送校园周边问题清单",
                  "units": 9,
                  "unit_ids": [
                    "s001",
                    "s002",
                    "s003",
                    "s004",
                    "s005",
                    "s006",
                    "s007",
                    "s008",
                    "s009"
                  ],
                  "old": {
                    "opens": "2026-03-06",
                    "due": "2026-03-20"
                  },
                  "new": {
                    "opens": "2026-03-12",
                    "due": "2026-03-26"
                  },
                  "why": "3月26日"
                }
              ],
              "added": [],
              "withdrawn": [],
              "tasks": [
                {
                  "task": "campus-surroundings-inspection",
                  "title": "请报送校园周边问题清单",
                  "change": "changed",
                  "was": null,
                  "fields": [
                    {
                      "field": "due",
                      "old": "3月20日",
                      "new": "3月26日"
                    }
                  ]
                }
              ],
              "calendar": [],
              "units": [
                {
                  "unit_ids": [
                    "s001"
                  ],
                  "change": "changed",
                  "fields": [
                    {
                      "field": "safety",
                      "old": "王建国 wang.jianguo@hushan-primary.example",
                      "new": "周雅琴 wang.jianguo@hushan-primary.example"
                    }
                  ]
                }
              ],
              "letters": {
                "at": "2026-03-10T08:00:00+08:00",
                "now": 9,
                "said": {
                  "changed": 9
                },
                "later": 25
              }
            }
        "#]],
    );
    assert_eq!(
        house.call(&["diff", "--format", "json"]),
        house.call(&["diff", "--format", "json"])
    );
}

/// DIR is what was before; without a roster of its own it is compared under the present one.
#[test]
fn against_another_folder() {
    let house = hung_on_the_fourth();
    copy(&house.path("calendar"), &house.path("before"));
    house.edit(
        "calendar/calendar.toml",
        "locale   = \"zh-CN\"",
        "locale   = \"en\"",
    );
    house.edit("calendar/03.toml", DUE, MOVED);
    house.edit("config/roster.csv", "王建国", "周雅琴");
    let before = house.path("before").display().to_string();
    check(
        &house,
        &["diff", "--against", &before],
        expect![[r#"
        moves 9 duties, changes 1 text; sends 9 letters now, 25 more within a year

        Dates moved
          campus-surroundings-inspection@2026 请报送校园周边问题清单 2026-03-20 → 2026-03-26, 9 units (school): March 26

        Texts
          locale zh-CN → en
          campus-surroundings-inspection 请报送校园周边问题清单: due March 20 → March 26

        In the letters sent now
          9 changed

        duties due from 2026-03-09 to 2027-03-08 and not settled; "now" is the next slot, 2026-03-10 08:00
    "#]],
    );
    // With settings of its own, it has a roster of its own.
    let other = House::new(None);
    let other = other.path("").display().to_string();
    let said = house.call(&["diff", "--against", &other]);
    assert!(said.contains("王建国") && said.contains("周雅琴"), "{said}");
}

/// Nothing was ever run: two folders may be compared all the same.
#[test]
fn without_a_ledger() {
    let house = House::new(None);
    let said = refused(&house, &["diff"]);
    expect![[r#"
        错误:var 里还没有台账,没有正在使用的版本可比:先用 schoolbell run 启动一次服务,或用 --against 指明改动之前的文件夹
    "#]].assert_eq(&said);
    let same = house.path("calendar").display().to_string();
    assert_eq!(house.call(&["diff", "--against", &same]), "没有改动\n");
    let nowhere = house.path("config/templates").display().to_string();
    expect![[r#"
        错误:config/templates 不是行事历文件夹:里面没有 calendar.toml,也没有 schoolbell.toml
    "#]]
    .assert_eq(&refused(&house, &["diff", "--against", &nowhere]));
}

/// Faults of either side are shown as `check` shows them.
#[test]
fn with_faults() {
    let house = hung_on_the_fourth();
    copy(&house.path("calendar"), &house.path("before"));
    house.edit("before/03.toml", DUE, "due      = \"3月32日\"");
    let before = house.path("before").display().to_string();
    let said = refused(&house, &["diff", "--against", &before]);
    assert!(
        said.contains("before/03.toml:") && said.contains("3月没有32日"),
        "{said}"
    );
    assert!(said.contains("改动之前的"), "{said}");
    fs::remove_dir_all(house.path("before")).unwrap();
    house.edit("calendar/03.toml", DUE, "due      = \"3月32日\"");
    let said = refused(&house, &["diff"]);
    assert!(
        said.contains("calendar/03.toml:") && said.contains("3月没有32日"),
        "{said}"
    );
}

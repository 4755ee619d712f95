//! `check`: what it prints for programs and for people.

use std::fs;

use expect_test::expect;

use super::house::House;

/// The fields, their order and that of the findings are relied on by others.
#[test]
fn json_is_stable() {
    let house = House::new(None);
    house.edit("calendar/05.toml", "[[task]]", "[[task]]\nid = \"quick\"\ntitle = \"查一查\"\ndue = \"2月30日\"\naudience = \"primery\"\norigin = \"seed\"\n\n[[task]]");
    house.edit(
        "config/schoolbell.toml",
        "[web]",
        "[web]\nlisten_on = \"here\"",
    );
    fs::write(house.path("calendar/extra.toml"), "[[task]]\nid = \"quick\"\ntitle = \"再查一查\"\ndue = \"5月12日\"\naudience = \"school\"\norigin = \"seed\"\n").unwrap();
    fs::write(
        house.path("config/templates/letter.txt"),
        "{{ page }} {{ unitt }}\n",
    )
    .unwrap();
    let output = house.output(&["check", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty());
    let place = format!(
        "{}/",
        house.path("").display().to_string().trim_end_matches('/')
    );
    let said = String::from_utf8(output.stdout)
        .unwrap()
        .replace(&place, "");
    expect![[r#"
        [
          {
            "severity": "error",
            "message": "日期写得不对",
            "at": {
              "file": "calendar/05.toml",
              "line": 10,
              "column": 7,
              "label": "2月没有30日,最多到2月29日"
            },
            "other": null,
            "help": null
          },
          {
            "severity": "error",
            "message": "适用对象写得不对",
            "at": {
              "file": "calendar/05.toml",
              "line": 11,
              "column": 13,
              "label": "primery 既不是单位类型,也不是 [tags] 里声明的标签"
            },
            "other": null,
            "help": "你是不是想写 primary?"
          },
          {
            "severity": "error",
            "message": "任务编号 quick 用了两次",
            "at": {
              "file": "calendar/extra.toml",
              "line": 2,
              "column": 6,
              "label": "又出现在这里"
            },
            "other": {
              "file": "calendar/05.toml",
              "line": 8,
              "column": 6,
              "label": "第一次在这里"
            },
            "help": null
          },
          {
            "severity": "error",
            "message": "不认识的键 listen_on",
            "at": {
              "file": "config/schoolbell.toml",
              "line": 2,
              "column": 1,
              "label": "可以写:listen、base_url、trusted_proxies"
            },
            "other": null,
            "help": null
          },
          {
            "severity": "warning",
            "message": "模板用了没有的变量",
            "at": {
              "file": "config/templates/letter.txt",
              "line": 1,
              "column": 1,
              "label": "`unitt` is undefined"
            },
            "other": null,
            "help": "你是不是想写 unit?改好以前,发信用自带的模板"
          }
        ]
    "#]]
    .assert_eq(&said);
}

#[test]
fn a_sound_house_prints_an_empty_array() {
    let house = House::new(None);
    let said = house.call(&["check", "--format", "json"]);
    let found: Vec<serde_json::Value> = serde_json::from_str(&said).unwrap();
    assert!(
        found.iter().all(|found| found["severity"] == "warning"),
        "{said}"
    );
}

/// Settings that are wrong do not keep the rest from being looked at.
#[test]
fn all_files_are_looked_at() {
    let house = House::new(None);
    house.edit("config/schoolbell.toml", "listen = ", "lisen = ");
    house.edit("config/roster.csv", "primary", "primery");
    house.edit(
        "calendar/calendar.toml",
        "locale   = \"zh-CN\"",
        "locale   = \"en\"",
    );
    let output = house.output(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    for words in [
        "unknown key lisen",
        "did you mean listen?",
        "unknown kind of unit “primery”",
        "2 errors",
    ] {
        assert!(said.contains(words), "no {words:?} in\n{said}");
    }
    let output = house.output(&["plan"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("不认识的键 lisen"), "{said}");
}

/// A roster in TOML is the same roster, and what is wrong with it stands at its own line.
#[test]
fn a_roster_in_toml() {
    let house = House::new(None);
    let plan = [
        "plan",
        "--from",
        "2026-05-01",
        "--to",
        "2026-05-31",
        "--format",
        "json",
    ];
    let wanted = house.call(&plan);
    let csv = fs::read_to_string(house.path("config/roster.csv")).unwrap();
    let mut lines = csv.lines();
    let keys: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut text = String::new();
    for line in lines {
        text += "[[contact]]\n";
        for (key, value) in keys.iter().zip(line.split(',')) {
            if value.is_empty() {
                continue;
            }
            // Tags as a list, days as days.
            let line = match *key {
                "tags" => format!("tags = {:?}\n", value.split(' ').collect::<Vec<_>>()),
                "since" | "until" => format!("{key} = {value}\n"),
                key => format!("{key} = {value:?}\n"),
            };
            text.push_str(&line);
        }
    }
    let roster = house.path("config/roster.toml");
    fs::write(&roster, &text).unwrap();
    let settings = house.path("config/schoolbell.toml");
    let others = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("roster = \"roster.toml\"\n{others}")).unwrap();
    assert_eq!(house.call(&plan), wanted);
    // What the ledger keeps of it can be read again.
    house.pass("2026-05-06T07:59:00+08:00", "2026-05-06T09:00:00+08:00");
    fs::write(
        &roster,
        text.replacen("kind = \"primary\"", "kind = \"primry\"\nshoe = 7", 1),
    )
    .unwrap();
    assert!(
        house
            .call(&["why", "whole-school-drill-may@2026/s001"])
            .contains("浒山小学")
    );
    let output = house.output(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    let at = text
        .lines()
        .position(|line| line == "kind = \"primary\"")
        .unwrap()
        + 1;
    assert!(said.contains("kind"), "{said}");
    assert!(said.contains(&format!("roster.toml:{at}:")), "{said}");
    let beside = House::new(None);
    fs::write(beside.path("roster.toml"), &text).unwrap();
    let path = beside.path("roster.toml").display().to_string();
    let same = beside.call(&["roster", "import", &path]);
    assert!(same.contains("和现在的花名册一样"), "{same}");
    let refused = house.output(&["roster", "import", "roster.csv"]);
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("是 TOML,导入写的是 CSV"), "{words}");
}

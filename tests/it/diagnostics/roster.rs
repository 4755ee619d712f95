//! Faults of the roster, and what calendar and roster only say together.

use expect_test::{Expect, expect};
use schoolbell::core::diagnostic::Faults;
use schoolbell::core::roster::read_csv;

use super::{SCHOOL_YEAR, files, found};
use crate::bell::{HEAD, NOTICES, ROSTER};

/// A roster beside a sound calendar.
fn roster(bytes: &[u8], expected: Expect) {
    expected.assert_eq(&found(&files(HEAD.as_bytes(), &[]), bytes));
}

#[test]
fn a_roster_with_faults() {
    roster(
        "\
单位编号,单位名称,类型,上级,标签,岗位,姓名,邮箱,电话,起,止
b,慈溪市教育局,教育局,,,办公室,沈志明,office@b
s1,浒山小学,小学,t9,,安全主任,王建国,wang@@s1
s1,,,,,校长,陈伟民,chen@s1,,2026-13-01
s2,鄞州路初级中学,中学,b,,主任,郑海波,zheng@s2
"
        .as_bytes(),
        expect![[r#"
            错误: D3 浒山小学的上级 t9 不在花名册里
             --> roster.csv:3:12
              |
            3 | s1,浒山小学,小学,t9,,安全主任,王建国,wang@@s1
              |                  ^^ 应是花名册里一个单位的编号
            错误: H3 “wang@@s1”不是邮箱地址
             --> roster.csv:3:25
              |
            3 | s1,浒山小学,小学,t9,,安全主任,王建国,wang@@s1
              |                                      ^^^^^^^^ 应如 wang@school.example
            错误: J4 “2026-13-01”不是日期
             --> roster.csv:4:24
              |
            4 | s1,,,,,校长,陈伟民,chen@s1,,2026-13-01
              |                             ^^^^^^^^^^ 应如 2026-03-01
            错误: C5 不认识的单位类型“中学”
             --> roster.csv:5:12
              |
            5 | s2,鄞州路初级中学,中学,b,,主任,郑海波,zheng@s2
              |                   ^^^^ 可以写:教育局、科室、镇街、幼儿园、小学、初中、高中、九年一贯制、完全中学、职高、特殊教育
            错误: F5 不认识的岗位“主任”
             --> roster.csv:5:18
              |
            5 | s2,鄞州路初级中学,中学,b,,主任,郑海波,zheng@s2
              |                           ^^^^ 可以写:安全主任、分管副校长、校长、办公室
        "#]],
    );
}

#[test]
fn a_control_character_in_a_name() {
    roster(
        format!("{ROSTER}s2,\"鄞州路\n初级中学\",junior,t1,,safety,郑海波,zheng@s2,,,\n")
            .as_bytes(),
        expect![[r#"
            错误: B8 含有换行等控制字符
             --> roster.csv:8:5
              |
            8 |   s2,"鄞州路
              |  _____^
            9 | | 初级中学",junior,t1,,safety,郑海波,zheng@s2,,,
              | |________^ 在“鄞州路初级中学”里,请删去
        "#]],
    );
}

/// As Excel on a Chinese desktop writes it: GBK, Chinese headers. It is read as it was meant.
#[test]
fn a_gbk_roster() {
    let text = "单位编号,单位名称,类型,上级,标签,岗位,姓名,邮箱\r\nb,慈溪市教育局,教育局,,,办公室,沈志明,office@b\r\ns1,浒山小学,小学,b,,安全主任,鄞晓玥,yin@s1\r\n";
    let (bytes, _, unmappable) = encoding_rs::GBK.encode(text);
    assert!(!unmappable);
    let faults = Faults::default();
    let roster = read_csv("roster.csv", &bytes, &faults);
    assert!(faults.into_sorted().is_empty());
    let names: Vec<_> = roster
        .units()
        .iter()
        .map(|unit| (unit.name.as_str(), unit.contacts[0].person.as_str()))
        .collect();
    assert_eq!(names, [("慈溪市教育局", "沈志明"), ("浒山小学", "鄞晓玥")]);
}

/// Warnings, which stop nothing: nobody is principal anywhere, the audience meets no unit, a unit has no mailbox.
#[test]
fn what_nobody_holds_and_whom_nobody_is() {
    let roster = ROSTER.replace("s1,,,,,principal,陈伟民,principal@s1,,,\n", "");
    let roster = format!("{roster}s2,鄞州路初级中学,junior,t1,weak,safety,郑海波,,,,\n");
    let task = "[[task]]\nid = \"drill\"\ntitle = \"演练\"\ndue = \"5月12日\"\naudience = \"school\"\norigin = \"seed\"\n\
                [[task]]\nid = \"dorm\"\ntitle = \"宿舍检查\"\ndue = \"5月12日\"\naudience = \"boarding\"\norigin = \"seed\"\n\
                [[task]]\nid = \"week\"\ntitle = \"宣传周\"\ndue = { 2026 = \"9月11日\" }\naudience = \"school\"\norigin = \"seed\"\n";
    let mut more = vec![
        ("05.toml", task.as_bytes()),
        ("school-year.toml", SCHOOL_YEAR.as_bytes()),
    ];
    more.extend(NOTICES.map(|(name, body)| (name, body.as_bytes())));
    expect![[r#"
        提醒: 花名册里的标签 weak 没有在 calendar.toml 的 [tags] 里声明
         |
         = 办法: 声明它,或从花名册里删去
        提醒: 岗位 deputy(分管副校长)在 鄞州路初级中学 无人担任,上报时会跳过这一级
        提醒: 岗位 principal(校长)在 浒山小学、鄞州路初级中学 无人担任,上报时会跳过这一级
        提醒: 联系人空缺:鄞州路初级中学(s2)没有一个邮箱
        提醒: 2027年放假安排还没有录入:2027年的工作日暂按周一至周五、除去法定节日当天推算。国务院办公厅通知发布后,请补 calendar/holidays/2027.toml
        提醒: 标签 boarding 没有任何单位有
          --> 05.toml:11:12
           |
        11 | audience = "boarding"
           |            ^^^^^^^^^^ 花名册里加上,或改对象
        提醒: “宿舍检查”没有适用的单位
          --> 05.toml:11:12
           |
        11 | audience = "boarding"
           |            ^^^^^^^^^^ 花名册里没有这样的单位
        提醒: “宣传周”2027年的日期还没有写
          --> 05.toml:16:7
           |
        16 | due = { 2026 = "9月11日" }
           |       ^^^^^^^^^^^^^^^^^^^^ 通知发布后补上这一年
    "#]].assert_eq(&found(&files(HEAD.as_bytes(), &more), roster.as_bytes()));
}

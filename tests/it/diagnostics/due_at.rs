//! What an officer reads when a `due_at` is wrong.

use expect_test::expect;

use super::page;

#[test]
fn wrong_in_every_way_at_once() {
    page(
        "
[[task]]
id       = \"drill\"
title    = \"演练\"
due      = \"5月12日\"
audience = \"school | town\"
origin   = \"seed\"
due_at   = { towm = \"-3 workdays\", \"primary & juniro\" = \"-5d\", school = \"3天\", town = \"三天前\", junior = \"-100d\", senior = \"-0d\" }

[[task]]
id       = \"twice\"
title    = \"演练\"
due      = \"5月12日\"
audience = \"school | town\"
origin   = \"seed\"
due_at   = { \"town\" = \"-3 workdays\", \" town\" = \"-5d\" }

[[task]]
id       = \"raised\"
title    = \"隐患整改\"
when     = \"conditional\"
due      = \"7d\"
audience = \"school\"
origin   = \"seed\"
due_at   = { town = \"-3 workdays\" }

[[task]]
id       = \"flat\"
title    = \"演练\"
due      = \"5月12日\"
audience = \"school\"
origin   = \"seed\"
due_at   = \"-3 workdays\"
",
        expect![[r#"
            错误: 适用对象写得不对
             --> 05.toml:7:14
              |
            7 | due_at   = { towm = "-3 workdays", "primary & juniro" = "-5d", school = "3天", town = "三天前", junior = "-100d", senior = "-0d" }
              |              ^^^^ towm 既不是单位类型,也不是 [tags] 里声明的标签
              |
              = 办法: 你是不是想写 town?
            错误: 适用对象写得不对
             --> 05.toml:7:47
              |
            7 | due_at   = { towm = "-3 workdays", "primary & juniro" = "-5d", school = "3天", town = "三天前", junior = "-100d", senior = "-0d" }
              |                                               ^^^^^^ juniro 既不是单位类型,也不是 [tags] 里声明的标签
              |
              = 办法: 你是不是想写 junior?
            错误: “3天”没有说是提前还是推迟
             --> 05.toml:7:73
              |
            7 | due_at   = { towm = "-3 workdays", "primary & juniro" = "-5d", school = "3天", town = "三天前", junior = "-100d", senior = "-0d" }
              |                                                                         ^^^^^ 提前写 -3d,推迟写 +3d
            错误: 读不懂提前量“三天前”
             --> 05.toml:7:86
              |
            7 | due_at   = { towm = "-3 workdays", "primary & juniro" = "-5d", school = "3天", town = "三天前", junior = "-100d", senior = "-0d" }
              |                                                                                       ^^^^^^^^ 可以写 -3 workdays(提前3个工作日)或 -5d(提前5天)
            错误: 相差100天太多
             --> 05.toml:7:102
              |
            7 | due_at   = { towm = "-3 workdays", "primary & juniro" = "-5d", school = "3天", town = "三天前", junior = "-100d", senior = "-0d" }
              |                                                                                                          ^^^^^^^ 最多60天或40个工作日;再远就另立一条任务
            错误: 提前0天就是统一的截止日
             --> 05.toml:7:120
              |
            7 | due_at   = { towm = "-3 workdays", "primary & juniro" = "-5d", school = "3天", town = "三天前", junior = "-100d", senior = "-0d" }
              |                                                                                                                            ^^^^^ 删去这一项
            错误: 对象 town 写了两次
              --> 05.toml:15:38
               |
            15 | due_at   = { "town" = "-3 workdays", " town" = "-5d" }
               |              ------                  ^^^^^^^ 又出现在这里
               |              |
               |              第一次在这里
            错误: 有事才发的任务没有统一的截止日,不能写 due_at
              --> 05.toml:24:12
               |
            20 | when     = "conditional"
               |            ------------- 这里写明有事才发
            ...
            24 | due_at   = { town = "-3 workdays" }
               |            ^^^^^^^^^^^^^^^^^^^^^^^^ 删去这一项
            错误: 没有说明对谁
              --> 05.toml:32:12
               |
            32 | due_at   = "-3 workdays"
               |            ^^^^^^^^^^^^^ 写成 { town = "-3 workdays" }:左边是对象,右边是提前多少
        "#]],
    );
}

/// What takes effect, but not as it may have been meant.
#[test]
fn overlapping_and_idle() {
    page(
        "
[[task]]
id       = \"drill\"
title    = \"演练\"
due      = \"5月12日\"
audience = \"school\"
origin   = \"seed\"
due_at   = { primary = \"-3 workdays\", \"unit:s1\" = \"-5d\", town = \"-5d\" }
",
        expect![[r#"
            提醒: 没有校历(school-year.toml):与学期、教学日有关的任务都没有日期
            提醒: 浒山小学 对上了两个不同的截止日
             --> 05.toml:7:39
              |
            7 | due_at   = { primary = "-3 workdays", "unit:s1" = "-5d", town = "-5d" }
              |              ------- 另一项              ^^^^^^^^^ 以后写的这一项为准
            提醒: “演练”的对象里没有 town
             --> 05.toml:7:58
              |
            7 | due_at   = { primary = "-3 workdays", "unit:s1" = "-5d", town = "-5d" }
              |                                                          ^^^^ 这一项不起作用
        "#]],
    );
}

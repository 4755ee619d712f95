//! What an officer reads when a file is wrong: the whole text, as it is printed.

mod due_at;
mod roster;

use expect_test::{Expect, expect};
use schoolbell::core::agenda::Agenda;
use schoolbell::core::calendar::{self, read_role};
use schoolbell::core::diagnostic::{Faults, LARGEST_FILE, Locale, Text};
use schoolbell::core::review::review;
use schoolbell::core::roster::read_csv;

use crate::bell::{HEAD, NOTICES, ROSTER};

const SCHOOL_YEAR: &str = include_str!("../../calendar/school-year.toml");

/// Checks a calendar and a roster as `load` does and prints all findings.
fn found(files: &[(&str, &[u8])], roster: &[u8]) -> String {
    let faults = Faults::default();
    let mut texts = Vec::new();
    for (name, bytes) in files {
        match Text::decode(name, bytes) {
            Ok(text) => texts.push(text),
            Err(fault) => faults.add(*fault),
        }
    }
    let calendar = calendar::read(&texts, &faults);
    let roster = read_csv("roster.csv", roster, &faults);
    let officers = vec![read_role("office@bureau").unwrap()];
    let agenda = Agenda::new(calendar.into(), roster.into(), officers);
    if !faults.any_error() {
        review(&agenda, &faults);
    }
    let rendered = faults
        .into_sorted()
        .into_iter()
        .map(|fault| fault.render(Locale::Chinese, false));
    rendered.flat_map(|text| [text, "\n".to_owned()]).collect()
}

fn files<'a>(head: &'a [u8], more: &[(&'a str, &'a [u8])]) -> Vec<(&'a str, &'a [u8])> {
    let mut files = vec![("calendar.toml", head)];
    files.extend(more);
    files
}

/// One file of tasks beside a sound head and roster.
fn page(tasks: &str, expected: Expect) {
    let tasks = tasks.trim_start_matches('\n');
    expected.assert_eq(&found(
        &files(HEAD.as_bytes(), &[("05.toml", tasks.as_bytes())]),
        ROSTER.as_bytes(),
    ));
}

#[test]
fn a_missing_quote() {
    page(
        "
[[task]]
id       = \"drill\"
title    = \"应急疏散演练
due      = \"5月12日\"
audience = \"school\"
origin   = \"seed\"
",
        expect![[r#"
            错误: TOML语法错误
             --> 05.toml:3:19
              |
            3 | title    = "应急疏散演练
              |                         ^ 引号没有配对(应是英文双引号 ")
        "#]],
    );
}

#[test]
fn full_width_quotes() {
    page(
        "
[[task]]
id       = \"drill\"
title    = “应急疏散演练”
due      = \"5月12日\"
audience = \"school\"
origin   = \"seed\"
",
        expect![[r#"
            错误: TOML语法错误
             --> 05.toml:3:12
              |
            3 | title    = “应急疏散演练”
              |            ^^^^^^^^^^^^^^ 引号没有配对(应是英文双引号 ")
        "#]],
    );
}

#[test]
fn an_unknown_key() {
    page(
        "
[[task]]
id       = \"drill\"
titel    = \"应急疏散演练\"
due      = \"5月12日\"
audience = \"school\"
origin   = \"seed\"
",
        expect![[r#"
            错误: 缺少 title
             --> 05.toml:1:1
              |
            1 | [[task]]
              | ^^^^^^^^ 写在这里
            错误: 不认识的键 titel
             --> 05.toml:3:1
              |
            3 | titel    = "应急疏散演练"
              | ^^^^^ 可以写:id、title、detail、every、times、when、due、due_at、due_time、opens、remind、to、escalate、nag、on_rest_day、due_on_rest_day、audience、evidence、after、met_by、skip_if、source、origin、authority
              |
              = 办法: 你是不是想写 title?
        "#]],
    );
}

#[test]
fn a_misspelt_role_and_an_unknown_tag() {
    page(
        "
[[task]]
id       = \"drill\"
title    = \"应急疏散演练\"
due      = \"5月12日\"
to       = [\"pricipal\"]
audience = \"primary & bording\"
origin   = \"seed\"
",
        expect![[r#"
            错误: 不认识的岗位 pricipal
             --> 05.toml:5:13
              |
            5 | to       = ["pricipal"]
              |             ^^^^^^^^^^ 可以写:safety、deputy、principal、office
              |
              = 办法: 你是不是想写 principal?
            错误: 适用对象写得不对
             --> 05.toml:6:23
              |
            6 | audience = "primary & bording"
              |                       ^^^^^^^ bording 既不是单位类型,也不是 [tags] 里声明的标签
              |
              = 办法: 你是不是想写 boarding?
        "#]],
    );
}

#[test]
fn the_30th_of_february() {
    page(
        "
[[task]]
id       = \"drill\"
title    = \"应急疏散演练\"
due      = \"2月30日\"
audience = \"school\"
origin   = \"seed\"
",
        expect![[r#"
            错误: 日期写得不对
             --> 05.toml:4:12
              |
            4 | due      = "2月30日"
              |            ^^^^^^^^^ 2月没有30日,最多到2月29日
        "#]],
    );
}

#[test]
fn a_misspelt_term() {
    page(
        "
[[task]]
id       = \"drill\"
title    = \"应急疏散演练\"
due      = \"春季学期开雪后14天\"
audience = \"school\"
origin   = \"seed\"
",
        expect![[r#"
            错误: 日期写得不对
             --> 05.toml:4:12
              |
            4 | due      = "春季学期开雪后14天"
              |            ^^^^^^^^^^^^^^^^^^^^ 读不懂“春季学期开雪后14天”
              |
              = 办法: 学期里的日期可写:开学后14天、开学前1个工作日、开学当日、学期中、期末、学期结束前5个工作日;每年一次的前面加“春季学期”或“秋季学期”
        "#]],
    );
}

#[test]
fn a_term_that_is_not_named() {
    page(
        "
[[task]]
id       = \"drill\"
title    = \"应急疏散演练\"
due      = \"开学后14天\"
audience = \"school\"
origin   = \"seed\"
",
        expect![[r#"
            错误: 这个日期用不上
             --> 05.toml:4:12
              |
            4 | due      = "开学后14天"
              |            ^^^^^^^^^^^^ 请写明哪个学期,如“春季学期开学后14天”;每学期一次的请加 every = "term"
        "#]],
    );
}

/// Both places are shown, in two files.
#[test]
fn the_same_id_in_two_files() {
    let task = "[[task]]\nid = \"drill\"\ntitle = \"演练\"\ndue = \"5月12日\"\naudience = \"school\"\norigin = \"seed\"\n";
    let more = [("05.toml", task.as_bytes()), ("11.toml", task.as_bytes())];
    expect![[r#"
        错误: 任务编号 drill 用了两次
         --> 11.toml:2:6
          |
        2 | id = "drill"
          |      ^^^^^^^ 又出现在这里
          |
         ::: 05.toml:2:6
          |
        2 | id = "drill"
          |      ------- 第一次在这里
    "#]]
    .assert_eq(&found(&files(HEAD.as_bytes(), &more), ROSTER.as_bytes()));
}

#[test]
fn a_chain_that_loops_and_a_step_that_is_not_there() {
    page(
        "
[[task]]
id       = \"check\"
title    = \"自查\"
after    = \"accept\"
due      = \"3月31日\"
audience = \"school\"
origin   = \"seed\"
[[task]]
id       = \"accept\"
title    = \"验收\"
after    = \"check\"
met_by   = [\"chek\"]
due      = \"4月底\"
audience = \"school\"
origin   = \"seed\"
",
        expect![[r#"
            错误: accept 提到的任务 chek 不存在
             --> 05.toml:9:12
              |
            9 | id       = "accept"
              |            ^^^^^^^^ 在这个任务里
              |
              = 办法: 你是不是想写 check?
            错误: 先后顺序绕成了圈
             --> 05.toml:9:12
              |
            9 | id       = "accept"
              |            ^^^^^^^^ accept → check → accept
        "#]],
    );
}

/// Every fault of a task at once.
#[test]
fn many_faults_at_once() {
    page(
        "
[[task]]
id       = \"Drill 1\"
title    = \"应急\\n演练\"
every    = \"montly\"
due      = \"5月12日\"
times    = 0
remind   = [\"7 dayz\"]
escalate = [{ after = \"3 workdays\", to = [\"deputy\"] }, { after = \"1 workday\", to = [\"principal\"] }]
skip_if  = \"days < 10\"
audience = \"school &\"
origin   = \"sead\"
",
        expect![[r#"
            错误: “Drill 1”不能作任务编号
             --> 05.toml:2:12
              |
            2 | id       = "Drill 1"
              |            ^^^^^^^^^ 只用小写字母、数字和连字符,如 fire-drill
            错误: 不能含换行等控制字符
             --> 05.toml:3:12
              |
            3 | title    = "应急\n演练"
              |            ^^^^^^^^^^^^ 写成一行
            错误: 不认识的周期 montly
             --> 05.toml:4:12
              |
            4 | every    = "montly"
              |            ^^^^^^^^ 可以写:year、term、quarter、month、week、holiday、break
              |
              = 办法: 你是不是想写 month?
            错误: 数字超出范围
             --> 05.toml:6:12
              |
            6 | times    = 0
              |            ^ 应在1到99之间
            错误: 读不懂时长“7 dayz”
             --> 05.toml:7:13
              |
            7 | remind   = ["7 dayz"]
              |             ^^^^^^^^ 可以写 14d(14天)或 2 workdays(2个工作日)
            错误: 上报的各级要一级比一级晚
             --> 05.toml:8:56
              |
            8 | escalate = [{ after = "3 workdays", to = ["deputy"] }, { after = "1 workday", to = ["principal"] }]
              |                                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 这一级写的是 1 workday
            错误: 读不懂条件“days < 10”
             --> 05.toml:9:12
              |
            9 | skip_if  = "days < 10"
              |            ^^^^^^^^^^^ 写成 teaching days < 10 或 教学日少于10天
            错误: 适用对象写得不对
              --> 05.toml:10:21
               |
            10 | audience = "school &"
               |                     ^ 这里应当是单位类型或标签
            错误: 不认识的来源 sead
              --> 05.toml:11:12
               |
            11 | origin   = "sead"
               |            ^^^^^^ 可以写:seed、national、comparable、assumed、local
               |
               = 办法: 你是不是想写 seed?
        "#]],
    );
}

#[test]
fn gbk_from_an_old_editor() {
    let (bytes, _, _) = encoding_rs::GBK.encode("month = 5\ntheme = \"应急管理演练月\"\n");
    expect![[r#"
        错误: 文件不是UTF-8编码
         --> 05.toml:2:11
          |
        2 | theme = "Ӧ
          |           ^ 从这里起读不懂
          |
          = 办法: 多半是GBK编码。请在记事本里“另存为”,编码选“UTF-8”
    "#]]
    .assert_eq(&found(
        &files(HEAD.as_bytes(), &[("05.toml", &bytes)]),
        ROSTER.as_bytes(),
    ));
}

#[test]
fn too_large_a_file() {
    let bytes = vec![b'#'; LARGEST_FILE + 1];
    expect![[r#"
        错误: 文件太大
         --> 05.toml:1:1
          |
        1 |
          | ^ 4194305字节,最多4194304字节
    "#]]
    .assert_eq(&found(
        &files(HEAD.as_bytes(), &[("05.toml", &bytes)]),
        ROSTER.as_bytes(),
    ));
}

#[test]
fn nested_too_deeply() {
    page(
        &format!("focus = {}{}", "[".repeat(40), "]".repeat(40)),
        expect![[r#"
        错误: 嵌套太深
         --> 05.toml:1:25
          |
        1 | focus = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
          |                         ^ 括号最多套16层
    "#]],
    );
}

/// A byte order mark and Windows line ends are no fault.
#[test]
fn windows_line_ends() {
    let task = "\u{feff}[[task]]\nid = \"drill\"\ntitle = \"演练\"\ndue = \"5月12日\"\naudience = \"school\"\norigin = \"seed\"\n";
    let windows = |text: &str| text.replace('\n', "\r\n").into_bytes();
    let (head, task) = (windows(HEAD), windows(task));
    let notices: Vec<_> = NOTICES
        .iter()
        .map(|(name, body)| (*name, windows(body)))
        .collect();
    let mut more = vec![
        ("05.toml", task.as_slice()),
        ("school-year.toml", SCHOOL_YEAR.as_bytes()),
    ];
    more.extend(notices.iter().map(|(name, body)| (*name, body.as_slice())));
    let mut roster = "\u{feff}".as_bytes().to_vec();
    roster.extend(windows(ROSTER));
    expect![[r#"
        提醒: 2027年放假安排还没有录入:2027年的工作日暂按周一至周五、除去法定节日当天推算。国务院办公厅通知发布后,请补 calendar/holidays/2027.toml
    "#]].assert_eq(&found(&files(&head, &more), &roster));
}

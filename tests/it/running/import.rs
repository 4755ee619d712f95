//! `roster import`: a bureau's sheet, as it comes, becomes the roster.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use expect_test::expect;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

use super::bomb;
use super::house::House;
use super::waiting::wait_until;

const HEADER: [&str; 11] = [
    "单位编号",
    "单位名称",
    "类型",
    "上级",
    "标签",
    "岗位",
    "姓 名",
    "邮箱",
    "电话",
    "起",
    "止",
];

/// The rows a sheet begins with, below a title that spans it and an empty row.
fn sheet() -> (Workbook, Vec<Vec<String>>) {
    let rows = [
        "bureau,慈溪市教育局,教育局,,,办公室,沈志明,office@cixi-edu.example",
        "t01,浒山街道教育办公室,镇街,bureau,,安全主任,胡国强,hu.guoqiang@hushan-town.example",
        "s001,浒山小学,小学,t01,canteen=A near_water,安全主任,王建国,wang.jianguo@hushan-primary.example",
        ",,,,,校长,岑小燕,cen.xiaoyan@hushan-primary.example",
        "s002,鄞州路初级中学,初中,t01,lab,安全主任,郑海波,zheng.haibo@yinzhoulu-junior.example",
    ];
    let rows = rows.map(|row| row.split(',').map(str::to_owned).collect());
    (Workbook::new(), rows.into())
}

fn write(sheet: &mut Worksheet, rows: &[Vec<String>]) {
    for (column, name) in (0..).zip(HEADER) {
        sheet.write_string(2, column, name).unwrap();
    }
    for (at, row) in (3..).zip(rows) {
        for (column, value) in (0..).zip(row).filter(|(_, value)| !value.is_empty()) {
            sheet.write_string(at, column, value).unwrap();
        }
    }
}

fn saved(house: &House, mut book: Workbook) -> String {
    let path = house.path("名册.xlsx");
    book.save(&path).unwrap();
    path.display().to_string()
}

fn roster(house: &House) -> String {
    fs::read_to_string(house.path("config/roster.csv")).unwrap()
}

/// The rosters that were set aside.
fn aside(house: &House) -> Vec<PathBuf> {
    let entries = fs::read_dir(house.path("config")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.to_string_lossy().contains("roster.csv.bak-"))
        .collect()
}

fn refused(house: &House, file: &str) -> String {
    let output = house.output(&["roster", "import", file, "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    said.replace(&house.path("").display().to_string(), "")
}

/// A title over the table, merged cells, an empty row, a number for a telephone, dates, a formula.
#[test]
fn a_workbook_is_shown_and_then_written() {
    let house = House::new(None);
    let (mut book, rows) = sheet();
    let page = book.add_worksheet();
    write(page, &rows);
    let plain = Format::new();
    page.merge_range(0, 0, 0, 10, "慈溪市学校安全联系人名册", &plain)
        .unwrap();
    page.merge_range(5, 1, 6, 1, "浒山小学", &plain).unwrap();
    page.write_number(5, 8, 13_800_000_000_f64).unwrap();
    let date = Format::new().set_num_format("yyyy/m/d");
    let since = ExcelDateTime::from_ymd(2026, 3, 1).unwrap();
    page.write_datetime_with_format(5, 9, &since, &date)
        .unwrap();
    let formula = Formula::new("=\"郑\"&\"海波\"").set_result("郑海波");
    page.write_formula(7, 6, formula).unwrap();
    let notes = book.add_worksheet().set_name("填写说明").unwrap();
    notes.write_string(0, 0, "一行一位联系人").unwrap();
    let file = saved(&house, book);
    let before = roster(&house);

    let output = house.output(&["roster", "import", &file]);
    assert_eq!(output.status.code(), Some(1), "nobody said yes");
    assert_eq!(roster(&house), before);
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "单位:增 0 个,改 1 个,删 9 个",
            "联系人:增 0 人,改 3 人,删 30 人",
            "注意:现有的 13 个单位将删去 9 个。花名册会整个换成这份表格;若它只是一部分单位的名单,请不要导入",
        ]
    );
    for line in [
        "删 慈溪市教育局(bureau)分管副校长 方文华 fang.wenhua@cixi-edu.example",
        "改 浒山小学(s001)安全主任 王建国:电话 无 → 13800000000,起 无 → 2026-03-01",
        "改 浒山小学(s001)校长:姓名 陈伟民 → 岑小燕,邮箱 chen.weimin@hushan-primary.example → cen.xiaoyan@hushan-primary.example",
        "改 单位 鄞州路初级中学(s002):名称 横河大山小学 → 鄞州路初级中学,类型 小学 → 初中,上级 t02 → t01,标签 canteen=C mountain rural school_bus → lab",
        "删 单位 慈溪特殊教育学校(s009)",
        "没有写入。确认无误后,加上 --yes 再导入一次",
    ] {
        assert!(lines.contains(&line), "no {line:?} in\n{said}");
    }

    let said = house.call(&["roster", "import", &file, "--yes"]);
    assert!(said.contains("已写入 "), "{said}");
    expect![[r#"
        unit,name,kind,parent,tags,role,person,email,phone,since,until
        bureau,慈溪市教育局,教育局,,,办公室,沈志明,office@cixi-edu.example,,,
        t01,浒山街道教育办公室,镇街,bureau,,安全主任,胡国强,hu.guoqiang@hushan-town.example,,,
        s001,浒山小学,小学,t01,canteen=A near_water,安全主任,王建国,wang.jianguo@hushan-primary.example,13800000000,2026-03-01,
        ,,,,,校长,岑小燕,cen.xiaoyan@hushan-primary.example,,,
        s002,鄞州路初级中学,初中,t01,lab,安全主任,郑海波,zheng.haibo@yinzhoulu-junior.example,,,
    "#]]
    .assert_eq(&roster(&house));
    let kept = aside(&house);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(fs::read_to_string(&kept[0]).unwrap(), before);
    house.call(&["check"]);

    let said = house.call(&["roster", "import", &file]);
    assert!(said.contains("和现在的花名册一样,没有要改的"), "{said}");
    assert_eq!(aside(&house).len(), 1);
}

/// As Excel on a Chinese desktop saves it. The roster it replaces has a Chinese header and a mark, and keeps both.
#[test]
fn a_gbk_csv_keeps_the_rosters_own_style() {
    let house = House::new(None);
    let header = HEADER.join(",").replace(' ', "");
    let old = format!("\u{feff}{header}\nbureau,慈溪市教育局,教育局,,,办公室,沈志明,office@b,,,\n");
    fs::write(house.path("config/roster.csv"), old).unwrap();
    let text = format!(
        "{header}\r\nbureau,慈溪市教育局,教育局,,,办公室,沈志明,office@b\r\n\r\ns1,浒山小学,小学,bureau,,安全主任,鄞晓玥,yin@s1,0574-63000000,2026年3月1日\r\n"
    );
    let (bytes, _, unmappable) = encoding_rs::GBK.encode(&text);
    assert!(!unmappable);
    let file = house.path("名册.csv");
    fs::write(&file, bytes).unwrap();
    let said = house.call(&["roster", "import", file.to_str().unwrap(), "--yes"]);
    assert!(
        said.starts_with("单位:增 1 个,改 0 个,删 0 个\n联系人:增 1 人,改 0 人,删 0 人\n"),
        "{said}"
    );
    assert_eq!(
        roster(&house),
        format!(
            "\u{feff}{header}\nbureau,慈溪市教育局,教育局,,,办公室,沈志明,office@b,,,\ns1,浒山小学,小学,bureau,,安全主任,鄞晓玥,yin@s1,0574-63000000,2026年3月1日,\n"
        )
    );
    assert_eq!(aside(&house).len(), 1);
    house.call(&["check"]);
}

#[test]
fn faults_name_their_cells_all_at_once() {
    let house = House::new(None);
    let before = roster(&house);
    let (mut book, mut rows) = sheet();
    rows[2][2] = "中学".to_owned();
    rows[3][7] = "岑小燕@浒山".to_owned();
    rows[4][6] = "=HYPERLINK(\"http://a\")".to_owned();
    rows.push(vec![String::new(); 11]);
    rows.push(
        "s003,童乐幼儿园,幼儿园,t09,,园长,戚雅君,qi@tongle.example,,3月1日"
            .split(',')
            .map(str::to_owned)
            .collect(),
    );
    write(book.add_worksheet(), &rows);
    let file = saved(&house, book);
    expect![[r#"
        错误: C6 不认识的单位类型“中学”
         --> 名册.xlsx:6:11
          |
        6 | s001,浒山小学,中学,t01,canteen=A near_water,安全主任,王建国,wang.jianguo@hushan-primary.example
          |               ^^^^ 可以写:教育局、科室、镇街、幼儿园、小学、初中、高中、九年一贯制、完全中学、职高、特殊教育

        错误: H7 “岑小燕@浒山”不是邮箱地址
         --> 名册.xlsx:7:13
          |
        7 | ,,,,,校长,岑小燕,岑小燕@浒山
          |                  ^^^^^^^^^^^ 应如 wang@school.example
          |
          = 办法: 里面的“岑”不是英文字符,换成英文输入法再写

        错误: G8 “=HYPERLINK("http://a")”会被表格当成公式
         --> 名册.xlsx:8:30
          |
        8 | s002,鄞州路初级中学,初中,t01,lab,安全主任,=HYPERLINK("http://a"),zheng.haibo@yinzhoulu-junior.example
          |                                           ^^^^^^^^^^^^^^^^^^^^^^ 请去掉开头的符号

        错误: D10 童乐幼儿园的上级 t09 不在花名册里
          --> 名册.xlsx:10:16
           |
        10 | s003,童乐幼儿园,幼儿园,t09,,园长,戚雅君,qi@tongle.example,,3月1日
           |                        ^^^ 应是花名册里一个单位的编号
           |
           = 办法: 你是不是想写 t01?

        错误: J10 “3月1日”不是日期
          --> 名册.xlsx:10:47
           |
        10 | s003,童乐幼儿园,幼儿园,t09,,园长,戚雅君,qi@tongle.example,,3月1日
           |                                                            ^^^^^^ 应如 2026-03-01

        错误:没有导入:名册.xlsx 有5处错误,都改正后再导入一次
    "#]].assert_eq(&refused(&house, &file));
    assert_eq!(roster(&house), before);
    assert!(aside(&house).is_empty());
}

#[test]
fn what_is_no_sheet_is_refused_plainly() {
    let house = House::new(None);
    let check = |bytes: &[u8], words: &str| {
        let file = house.path("名册.xlsx");
        fs::write(&file, bytes).unwrap();
        let said = refused(&house, file.to_str().unwrap());
        assert!(said.contains(words), "{said}");
    };
    check(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "旧格式(.xls)或加了密码",
    );
    check(b"PK\x03\x04 and nothing more", "表格读不懂");
    check(b"", "花名册是空的");
    let mut empty = Workbook::new();
    empty.add_worksheet();
    check(&empty.save_to_buffer().unwrap(), "里面没有内容");
    let said = refused(&house, "没有这个.xlsx");
    assert!(said.contains("读不了 没有这个.xlsx"), "{said}");
}

/// A few kilobytes that ask for all memory, or for all time.
#[test]
fn bombs_are_refused() {
    let house = House::new(None);
    let before = roster(&house);
    for (name, bytes) in [("memory", bomb::of_memory()), ("time", bomb::of_time())] {
        assert!(bytes.len() < 2 << 20, "{name}: {} bytes", bytes.len());
        let file = house.path("名册.xlsx");
        fs::write(&file, bytes).unwrap();
        let start = Instant::now();
        let said = refused(&house, file.to_str().unwrap());
        // Two seconds for the child; the rest is for a machine that is busy.
        assert!(start.elapsed() < Duration::from_secs(10), "{name}");
        assert!(said.contains("不像一份花名册"), "{name}: {said}");
        assert!(said.contains("没有读"), "{name}: {said}");
    }
    assert_eq!(roster(&house), before);
}

/// Two cells in far corners, for which a table would take 400 GB.
#[test]
fn far_corners_cost_nothing() {
    let house = House::new(None);
    let (mut book, rows) = sheet();
    let page = book.add_worksheet();
    write(page, &rows);
    page.write_string(1_048_575, 16_383, "角").unwrap();
    let file = saved(&house, book);
    house.call(&["roster", "import", &file, "--yes"]);
    assert_eq!(roster(&house).lines().count(), 6);
}

/// The limits hold in the child before it has read anything.
#[test]
fn the_child_limits_itself() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_schoolbell"))
        .arg("sheet-rows")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let limits = PathBuf::from(format!("/proc/{}/limits", child.id()));
    let limit = |name: &str| {
        let all = fs::read_to_string(&limits).unwrap();
        let line = all.lines().find(|line| line.starts_with(name)).unwrap();
        let number = line[name.len()..].split_whitespace().next().unwrap();
        number.to_owned()
    };
    wait_until("it is limited", || limit("Max file size") == "0");
    assert_eq!(limit("Max address space"), (200 << 20).to_string());
    assert_eq!(limit("Max cpu time"), "2");
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
fn a_thousand_contacts_and_a_running_service() {
    let house = House::new(None);
    let mut daemon = house.start(&[]);
    daemon.wait_for("下一次发信");
    let (mut book, mut rows) = sheet();
    for nth in 100..600 {
        for role in ["安全主任", "校长"] {
            let box_name = if role == "校长" { "xz" } else { "aq" };
            let row = format!(
                "s{nth},鄞州第{nth}小学,小学,t01,,{role},王建国{nth},{box_name}{nth}@yinzhou.example"
            );
            rows.push(row.split(',').map(str::to_owned).collect());
        }
    }
    write(book.add_worksheet(), &rows);
    let file = saved(&house, book);
    let said = house.call(&["roster", "import", &file, "--yes"]);
    assert!(
        said.starts_with("单位:增 500 个,改 1 个,删 9 个\n"),
        "{}",
        said.lines().next().unwrap()
    );
    // The daemon takes it in by itself.
    house.wait_for_facts("calendar-version", 2);
    daemon.interrupt();
}

//! `export`: what the bureau gets to read, filter and print.

use std::fs;
use std::io::Read;

use calamine::{Data, Reader, Xlsx, open_workbook};
use schoolbell::sheet::{Book, Cell};

use super::house::House;
use crate::smtp_double::SmtpDouble;

const LESSON: &str = "term-start-education@2026-spring";

/// A bureau of which something has happened.
fn lived() -> House {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-11T09:00:00+08:00");
    let tell = |unit: &str, words: &[&str]| {
        let duty = format!("{LESSON}/{unit}");
        let mut arguments = vec![words[0], duty.as_str()];
        arguments.extend(&words[1..]);
        house.call(&arguments);
    };
    tell(
        "s001",
        &["answer", "done", "--by", "@王建国", "--note", "=1+1"],
    );
    tell("s002", &["waive", "--by", "罗建平", "--note=-撤并"]);
    let until = ["--until", "2026-03-20", "--note", "+教师培训"];
    tell(
        "s005",
        &[&["answer", "extension", "--by", "郑海波"][..], &until].concat(),
    );
    house.pass("2026-03-11T09:10:00+08:00", "2026-03-13T09:00:00+08:00");
    house
}

fn shown(cell: &Data) -> String {
    match cell {
        Data::DateTime(at) => {
            let (year, month, day, hour, minute, ..) = at.to_ymd_hms_milli();
            match (hour, minute) {
                (0, 0) => format!("{year}-{month:02}-{day:02}"),
                _ => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}"),
            }
        }
        other => other.to_string(),
    }
}

/// The files in a ZIP archive, by its index.
pub(super) fn unzipped(archive: &[u8]) -> Vec<(String, String)> {
    let short = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
    let long = |at: usize| short(at) + (short(at + 2) << 16);
    let end = archive
        .windows(4)
        .rposition(|w| w == b"PK\x05\x06")
        .unwrap();
    let mut at = long(end + 16);
    let mut found = Vec::new();
    while archive[at..].starts_with(b"PK\x01\x02") {
        let (packed, name, offset) = (long(at + 20), short(at + 28), long(at + 42));
        let start = offset + 30 + short(offset + 26) + short(offset + 28);
        let mut text = String::new();
        let bytes = &archive[start..start + packed];
        if short(at + 10) == 8 {
            let mut inflated = flate2::read::DeflateDecoder::new(bytes);
            inflated.read_to_string(&mut text).unwrap();
        } else {
            text = String::from_utf8(bytes.to_vec()).unwrap();
        }
        let name = archive[at + 46..at + 46 + name].to_vec();
        found.push((String::from_utf8(name).unwrap(), text));
        at += 46 + short(at + 28) + short(at + 30) + short(at + 32);
    }
    found
}

#[test]
fn the_record_as_a_workbook() {
    let house = lived();
    let path = house.path("台账.xlsx");
    let file = path.to_str().unwrap();
    let said = house.call(&["export", file]);
    assert!(said.contains("已写入 "), "{said}");

    let mut book: Xlsx<_> = open_workbook(&path).unwrap();
    assert_eq!(book.sheet_names(), ["职责", "回执", "信件", "台账"]);
    let mut page = |name: &str| -> Vec<Vec<String>> {
        let range = book.worksheet_range(name).unwrap();
        let rows = range.rows().map(|row| row.iter().map(shown).collect());
        rows.collect()
    };
    let duties = page("职责");
    assert_eq!(
        duties[0].join("|"),
        "单位|镇街|任务|期次|开始|截止|状态|回执|回执人|回执时间|说明|职责编号"
    );
    let row = |unit: &str| {
        let duty = format!("{LESSON}/{unit}");
        let found = duties.iter().find(|row| row[11] == duty).unwrap();
        found[..11].join("|")
    };
    let task = "开学安全教育（开学第一课）|2026-spring|2026-03-01|2026-03-11";
    assert_eq!(
        row("s001"),
        format!("浒山小学|浒山街道教育办公室|{task}|已完成|已完成|@王建国|2026-03-11 08:00|=1+1")
    );
    assert_eq!(
        row("s002"),
        format!("横河大山小学|横河镇教育办公室|{task}|免做|免做|罗建平|2026-03-11 08:00|-撤并")
    );
    assert_eq!(
        row("s005"),
        format!(
            "鄞州路初级中学|浒山街道教育办公室|{task}|逾期，申请待批|申请延期|郑海波|2026-03-11 08:00|+教师培训"
        )
    );
    assert_eq!(
        row("s003"),
        format!("浒山中心幼儿园|浒山街道教育办公室|{task}|逾期||||")
    );
    // The rest of the year is there too, and what was over before the bell was hung is not.
    assert!(
        duties
            .iter()
            .any(|row| row[3] == "2026-12" && row[6] == "未开始")
    );
    assert!(!duties.iter().any(|row| row[3] == "2026-02"));

    let answers = page("回执");
    let kinds: Vec<_> = answers[1..]
        .iter()
        .map(|row| format!("{} {} {} {}", row[1], row[3], row[4], row[6]))
        .collect();
    assert_eq!(
        kinds,
        [
            "浒山小学 已完成 @王建国 ",
            "横河大山小学 免做 罗建平 ",
            "鄞州路初级中学 申请延期 郑海波 2026-03-20",
        ]
    );
    let letters = page("信件");
    assert_eq!(letters.len() - 1, house.facts("letter-queued").len());
    let first = letters
        .iter()
        .find(|row| row[2] == "wang.jianguo@hushan-primary.example")
        .unwrap();
    assert_eq!(
        first[3..8].join("|"),
        format!("王建国|浒山小学|提醒|{}|已送出", first[6])
    );
    let facts = page("台账");
    assert_eq!(facts.len() - 1, house.call(&["ledger"]).lines().count());
    let told = |what: &str, of: &str| {
        let mut rows = facts.iter();
        let found = rows.find(|row| row[2] == what && row[6].contains(of));
        found.unwrap_or_else(|| panic!("no {what} of {of}"))[6].as_str()
    };
    assert_eq!(
        told("通知", "阶：布置"),
        "阶：布置；截止：2026-03-11；应发日：2026-02-28；对收信人：要办的人"
    );
    assert_eq!(
        told("回执", "申请延期"),
        "回执：申请延期；谁：郑海波；说明：+教师培训；途径：局里代记；到：2026-03-20"
    );
    assert_eq!(
        told("时点已处理", "2026-03-10"),
        "时点：2026-03-10 08:00；已计入的事项数：0"
    );
    assert!(told("信件待发", "种类：提醒").contains("时点：2026-03-04 08:00；"));
    assert!(told("发信结果", "结果：已送出").contains("文字：250"));
    // Neither the names of facts nor of their fields are the program's own.
    for row in &facts[1..] {
        let is_id = |name: &str| name.bytes().any(|b| b.is_ascii_lowercase());
        assert!(!is_id(&row[2]), "{row:?}");
        assert!(!row[6].contains(['{', '"']), "{row:?}");
    }
}

#[test]
fn text_is_never_a_formula_and_the_pages_print_well() {
    let house = lived();
    let path = house.path("台账.xlsx");
    house.call(&["export", path.to_str().unwrap()]);
    let mut book: Xlsx<_> = open_workbook(&path).unwrap();
    for name in book.sheet_names() {
        assert!(book.worksheet_formula(&name).unwrap().is_empty(), "{name}");
    }
    let files = unzipped(&fs::read(&path).unwrap());
    let mut sheets = 0;
    for (name, text) in &files {
        if !name.starts_with("xl/worksheets/sheet") {
            continue;
        }
        sheets += 1;
        assert!(!text.contains("<f>") && !text.contains("<f "), "{name}");
        for part in [
            "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>",
            "<autoFilter ref=\"A1:",
            "fitToPage=\"1\"",
            "paperSize=\"9\"",
            "fitToHeight=\"0\"",
            "orientation=\"landscape\"",
        ] {
            assert!(text.contains(part), "{name}: no {part}");
        }
    }
    assert_eq!(sheets, 4);
    let whole = |wanted: &str| &files.iter().find(|(name, _)| name == wanted).unwrap().1;
    for name in ["职责", "回执", "信件", "台账"] {
        let titles = format!("{name}!$1:$1</definedName>");
        assert!(whole("xl/workbook.xml").contains(&titles), "{titles}");
    }
    // 慈溪职业中等专业学校 is twenty letters wide, and the filter's arrow takes three.
    let duties = whole("xl/worksheets/sheet1.xml");
    assert!(
        duties.contains("<col min=\"1\" max=\"1\" width=\"23.7109375\""),
        "{}",
        &duties[..800]
    );
}

#[test]
fn nothing_is_overwritten_unasked() {
    let house = lived();
    let path = house.path("台账.xlsx");
    fs::write(&path, "别的东西").unwrap();
    let file = path.to_str().unwrap();
    let output = house.output(&["export", file]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("已经有了。换一个名字,或加 --force 换掉它"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "别的东西");
    house.call(&["export", file, "--force"]);
    assert!(fs::read(&path).unwrap().starts_with(b"PK"));

    let empty = House::new(None);
    let output = empty.output(&["export", empty.path("a.xlsx").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("还没有台账")
    );
}

/// A sheet ends at Excel's last row; what is left goes on to the next.
#[test]
fn more_rows_than_a_sheet_has() {
    let mut book = Book::default();
    let rows = (1..=1_048_577).map(|number| [Cell::Count(number)]);
    book.table("台账", ["序号"], rows).unwrap();
    let bytes = book.into_bytes().unwrap();
    let mut book = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["台账", "台账(2)"]);
    let range = book.worksheet_range("台账(2)").unwrap();
    let rest: Vec<_> = range.rows().map(|row| shown(&row[0])).collect();
    assert_eq!(rest, ["序号", "1048576", "1048577"]);
}

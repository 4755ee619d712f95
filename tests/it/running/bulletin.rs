//! A week's bulletin in the running daemon: looked at, approved, mailed, and downloaded.

use std::fs;

use calamine::{Data, Reader as _, Xlsx};

use super::export::unzipped;
use super::house::House;
use super::office::{Browser, Seen};
use super::waiting::wait_until;

const OFFICE: &str = "office@cixi-edu.example";
const LESSON: &str = "term-start-education@2026-spring";
const WEEK: &str = "2026-W11";

/// 2026-03-16, a Monday: week 11 is over. 浒山小学 has done its first lesson in time, with a note that looks like a
/// formula; 横河大山小学 did it late, and the others have not.
fn monday() -> House {
    let house = House::new(None);
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-11T07:00:00+08:00");
    let done = |unit: &str, by: &str, note: &str| {
        let duty = format!("{LESSON}/{unit}");
        house.call(&["answer", &duty, "done", "--by", by, "--note", note]);
    };
    done(
        "s001",
        "王建国",
        "=HYPERLINK(\"http://evil.example\",\"看\")",
    );
    house.pass("2026-03-11T07:10:00+08:00", "2026-03-13T09:00:00+08:00");
    done("s002", "罗建平", "");
    house.pass("2026-03-13T09:10:00+08:00", "2026-03-16T08:30:00+08:00");
    house
}

/// Sends a form of the bulletin's page as it was shown.
fn decide(browser: &Browser, inside: &str, page: &Seen, fields: &[(&str, &str)]) -> Seen {
    let [csrf, once, shown] = ["csrf", "once", "shown"].map(|name| page.hidden(name));
    let mut all = vec![
        ("csrf", csrf.as_str()),
        ("once", once.as_str()),
        ("shown", shown.as_str()),
    ];
    all.extend(fields);
    browser.post(&format!("/bulletin/{WEEK}"), inside, &all)
}

/// Bulletins in the spool: the address each went to, and the letter's text.
fn mailed(house: &House) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(house.path("var/spool")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let parser = mail_parser::MessageParser::default();
        let message = parser.parse(&bytes).unwrap();
        let text = message.body_text(0).unwrap().into_owned();
        if text.contains("学校安全工作周通报") && text.contains("一、总体情况") {
            let to = message.to().unwrap().first().unwrap();
            let to = to.address().unwrap().to_owned();
            found.push((to, message.subject().unwrap().to_owned(), text));
        }
    }
    found.sort();
    found
}

fn bytes(browser: &Browser, path: &str, cookie: &str) -> (String, Vec<u8>) {
    let asked = browser.agent.get(format!("{}{path}", browser.base));
    let mut reply = asked.header("Cookie", cookie).call().unwrap();
    assert_eq!(reply.status().as_u16(), 200, "{path}");
    let name = reply.headers()["content-disposition"].to_str().unwrap();
    let name = name.strip_prefix("attachment; filename*=UTF-8''").unwrap();
    let name = percent_decoded(name);
    let bytes = reply.body_mut().with_config().limit(64 << 20).read_to_vec();
    (name, bytes.unwrap())
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(&more[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &more[2..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    String::from_utf8(bytes).unwrap()
}

pub(super) type Workbook = Xlsx<std::io::Cursor<Vec<u8>>>;

pub(super) fn opened(bytes: &[u8]) -> Workbook {
    let mut book = Xlsx::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
    for name in book.sheet_names() {
        assert!(book.worksheet_formula(&name).unwrap().is_empty(), "{name}");
    }
    prints_well(bytes);
    book
}

/// Each sheet keeps its header in sight and on each page of A4, laid across.
#[track_caller]
fn prints_well(archive: &[u8]) {
    let files = unzipped(archive);
    let whole = |wanted: &str| &files.iter().find(|(name, _)| name == wanted).unwrap().1;
    let sheets = files
        .iter()
        .filter(|(name, _)| name.starts_with("xl/worksheets/sheet"));
    let mut count = 0;
    for (name, text) in sheets {
        count += 1;
        for part in [
            "activePane=\"bottomLeft\" state=\"frozen\"",
            "paperSize=\"9\"",
            "orientation=\"landscape\"",
            "fitToHeight=\"0\"",
        ] {
            assert!(text.contains(part), "{name}: no {part}");
        }
        assert!(!text.contains("<f>"), "{name}");
    }
    let titles = whole("xl/workbook.xml")
        .matches("_xlnm.Print_Titles")
        .count();
    assert_eq!(titles, count, "rows repeated on each page");
}

pub(super) fn rows(book: &mut Workbook, name: &str) -> Vec<Vec<String>> {
    let range = book.worksheet_range(name).unwrap();
    let text = |cell: &Data| match cell {
        Data::DateTime(at) => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            format!("{year}-{month:02}-{day:02}")
        }
        other => other.to_string(),
    };
    range
        .rows()
        .map(|row| row.iter().map(text).collect())
        .collect()
}

/// The mailbox of whoever holds a role at a unit.
fn head_of(roster: &str, unit: &str, role: &str) -> String {
    let mut current = "";
    let rows = roster.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let mut found = rows.filter_map(|row| {
        current = if row[0].is_empty() { current } else { row[0] };
        (current == unit && row[5] == role).then(|| row[7].to_owned())
    });
    found.next().unwrap()
}

/// A town's officer sees of a bulletin what is the town's, on the page and in the tables.
#[track_caller]
fn a_town_sees_its_own(browser: &Browser, house: &House, officer: &str) {
    let inside = browser.sign_in(house, officer);
    let page = browser.get(&format!("/bulletin/{WEEK}"), &inside);
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("横河大山小学"), "{}", page.body);
    let (_, theirs) = bytes(browser, &format!("/bulletin/{WEEK}/tables.xlsx"), &inside);
    let theirs = rows(&mut opened(&theirs), "四、未完成名单");
    assert!(
        theirs[1..].iter().all(|row| row[0] == "浒山街道教育办公室"),
        "{theirs:?}"
    );
}

#[test]
fn a_week_from_draft_to_mail() {
    let house = monday();
    let mut daemon = house.start(&["--pretend-now", "2026-03-16T09:00:00+08:00", "--speed", "1"]);
    daemon.wait_for("页面:");
    let browser = Browser::new(&house);
    let inside = browser.sign_in(&house, OFFICE);
    browser
        .get("/", &inside)
        .says("2026年第11周（3月9日至3月15日）的通报草稿等您审阅。");
    browser.get("/bulletins", &inside).says("草稿，等待审阅");
    let page = browser.get(&format!("/bulletin/{WEEK}"), &inside);
    page.says("慈溪市学校安全工作周通报");
    page.says("草稿 未经批准");
    page.says("鄞州路初级中学");
    assert!(mailed(&house).is_empty() && house.facts("bulletin-approved").is_empty());

    // While she reads, a school reports late: that is another draft, and what she wrote is not lost.
    let late = format!("{LESSON}/s005");
    house.call(&["answer", &late, "done", "--by", "郑海波"]);
    let preface = "请各单位对照整改，<月底前>办结。";
    let approve = [("act", "approve"), ("preface", preface), ("reach", "named")];
    // The daemon takes in what a clerk's command recorded within seconds; a press before that would be good.
    wait_until("the answer arrives", || {
        let now = browser.get(&format!("/bulletin/{WEEK}"), &inside);
        now.hidden("shown") != page.hidden("shown")
    });
    let again = decide(&browser, &inside, &page, &approve);
    assert_eq!(again.status, 409);
    again.says("您看过以后内容有了变化，没有批准。");
    again.says("请各单位对照整改，&lt;月底前&gt;办结。");
    assert!(house.facts("bulletin-approved").is_empty());

    // Twice pressed, and by a second page that was open: approved once.
    let approved = decide(&browser, &inside, &again, &approve);
    assert_eq!(approved.status, 200, "{}", approved.body);
    approved.says("已批准2026年第11周（3月9日至3月15日）的通报");
    decide(&browser, &inside, &again, &approve).says("已批准2026年第11周");
    let other = [("act", "approve"), ("preface", "另一份"), ("reach", "all")];
    let second = decide(&browser, &inside, &again, &other);
    assert_eq!(second.status, 409);
    second.says("已经由沈志明批准，只发一次，您这次写的没有用上。");
    second.says("另一份");
    assert_eq!(house.facts("bulletin-approved").len(), 1);
    assert!(mailed(&house).is_empty(), "nothing goes out between slots");
    let (name, draft) = bytes(&browser, &format!("/bulletin/{WEEK}/tables.xlsx"), &inside);
    assert_eq!(
        name,
        "慈溪市教育局-慈溪市学校安全工作周通报2026-W11-2026-03-16.xlsx"
    );
    let tables = rows(&mut opened(&draft), "四、未完成名单");
    daemon.interrupt();

    // The next slot brings it; a school that has done it meanwhile is in it all the same: it is what was approved.
    let unfinished = &tables[1];
    let roster = fs::read_to_string(house.path("config/roster.csv")).unwrap();
    let duty_of = |row: &[String]| {
        let unit = roster.lines().find(|line| line.contains(&row[1])).unwrap();
        format!("{LESSON}/{}", unit.split(',').next().unwrap())
    };
    house.call(&["answer", &duty_of(unfinished), "done", "--by", "张老师"]);
    assert_eq!(tables[0][..4].join("|"), "镇（街道）|单位|事项|截止");
    let school = unfinished[1].clone();
    house.pass("2026-03-16T09:30:00+08:00", "2026-03-17T08:30:00+08:00");
    let mailed = mailed(&house);
    let to: Vec<&str> = mailed.iter().map(|(to, ..)| to.as_str()).collect();
    let told = house.facts("bulletin-sent");
    let told = told.iter().map(|fact| fact["address"].as_str().unwrap());
    let told: Vec<_> = told.collect();
    assert_eq!(to, told, "each address one letter");
    assert!(to.contains(&OFFICE));
    // 浒山小学 has nothing unfinished: its head hears nothing of it.
    let head = |unit: &str, role: &str| head_of(&roster, unit, role);
    assert!(to.contains(&head("t01", "safety").as_str()), "{to:?}");
    assert!(!to.contains(&head("s001", "principal").as_str()), "{to:?}");
    let text_to = |wanted: &str| &mailed.iter().find(|(to, ..)| to == wanted).unwrap().2;
    let whole = text_to(OFFICE);
    assert!(
        whole.contains(preface) && whole.contains(&school),
        "{whole}"
    );
    let town = text_to(&head("t01", "safety"));
    assert!(
        town.contains("浒山街道") && !town.contains("横河大山小学"),
        "{town}"
    );

    // Answered later, it stays what it was, on its page and in its tables.
    let before = house.facts("answer").len();
    for row in tables[2..].iter().filter(|row| row[2] == unfinished[2]) {
        house.call(&["answer", &duty_of(row), "done", "--by", "张老师"]);
    }
    assert!(house.facts("answer").len() > before);
    let mut daemon = house.start(&["--pretend-now", "2026-03-17T09:00:00+08:00", "--speed", "1"]);
    daemon.wait_for("页面:");
    let inside = browser.sign_in(&house, OFFICE);
    let page = browser.get(&format!("/bulletin/{WEEK}"), &inside);
    page.says(&school);
    page.says("已批准（沈志明，3月16日");
    assert!(!page.body.contains("草稿 未经批准") && !page.body.contains("name=\"act\""));
    let (_, after) = bytes(&browser, &format!("/bulletin/{WEEK}/tables.xlsx"), &inside);
    assert_eq!(rows(&mut opened(&after), "四、未完成名单"), tables);
    a_town_sees_its_own(&browser, &house, &head("t01", "safety"));
    daemon.interrupt();
}

/// The record and a task's units from the pages, opened again by a reader that is not ours.
#[test]
fn the_tables_of_the_pages() {
    let house = monday();
    let mut daemon = house.start(&["--pretend-now", "2026-03-16T09:00:00+08:00", "--speed", "1"]);
    daemon.wait_for("页面:");
    let browser = Browser::new(&house);
    let inside = browser.sign_in(&house, OFFICE);
    browser.get("/year", &inside).says("下载2026年台账（XLSX）");
    let (name, record) = bytes(&browser, "/ledger.xlsx?year=2026", &inside);
    assert_eq!(name, "慈溪市教育局-2026年台账-2026-03-16.xlsx");
    let mut record = opened(&record);
    assert_eq!(record.sheet_names(), ["职责", "回执", "信件", "台账"]);
    let answers = rows(&mut record, "回执");
    let note = "=HYPERLINK(\"http://evil.example\",\"看\")";
    assert!(answers.iter().any(|row| row[5] == note), "{answers:?}");
    assert_eq!(
        rows(&mut record, "台账").len() - 1,
        house.call(&["ledger"]).lines().count()
    );

    let matrix = "/task.xlsx?id=term-start-education&period=2026-spring";
    let (name, bytes_of_matrix) = bytes(&browser, matrix, &inside);
    assert_eq!(
        name,
        "慈溪市教育局-开学安全教育（开学第一课）-2026-03-16.xlsx"
    );
    let mut book = opened(&bytes_of_matrix);
    let units = rows(&mut book, "各单位");
    let row = |unit: &str| units.iter().find(|row| row[1] == unit).unwrap();
    assert_eq!(
        row("浒山小学")[..8].join("|"),
        format!("浒山街道教育办公室|浒山小学|2026-03-11|已完成||2026-03-10|已完成(王建国)|{note}")
    );
    assert_eq!(row("鄞州路初级中学")[3..5].join("|"), "逾期|3");
    // 慈溪职业中等专业学校 is twenty letters wide, and the filter's arrow takes three.
    let sheet = &unzipped(&bytes_of_matrix)
        .into_iter()
        .find(|(name, _)| name == "xl/worksheets/sheet1.xml")
        .unwrap()
        .1;
    assert!(
        sheet.contains("<col min=\"2\" max=\"2\" width=\"23.7109375\""),
        "{}",
        &sheet[..800]
    );
    let filtered = format!("{matrix}&stand=overdue");
    let (_, filtered) = bytes(&browser, &filtered, &inside);
    let filtered = rows(&mut opened(&filtered), "各单位");
    assert!(filtered.len() > 1 && filtered[1..].iter().all(|row| row[3] == "逾期"));

    // A town's officer has the town's units, answers, letters and facts, and no others.
    let town = browser.sign_in(&house, "hu.guoqiang@hushan-town.example");
    let (_, theirs) = bytes(&browser, "/ledger.xlsx?year=2026", &town);
    let mut theirs = opened(&theirs);
    let place = "浒山街道教育办公室";
    let duties = rows(&mut theirs, "职责");
    assert!(duties.len() > 1);
    assert!(
        duties[1..]
            .iter()
            .all(|row| row[1] == place || row[0] == place),
        "{duties:?}"
    );
    for name in ["回执", "信件", "台账"] {
        let text = format!("{:?}", rows(&mut theirs, name));
        assert!(
            !text.contains("横河") && !text.contains("s002"),
            "{name}: {text}"
        );
    }
    let (_, units) = bytes(&browser, matrix, &town);
    let units = format!("{:?}", rows(&mut opened(&units), "各单位"));
    assert!(
        units.contains("浒山小学") && !units.contains("横河"),
        "{units}"
    );
    assert_eq!(
        browser.get(&format!("/bulletin/{WEEK}"), &town).status,
        404,
        "drafts are the bureau's"
    );
    daemon.interrupt();
}

//! The whole round in a real browser, with the mail that came of it: a school answers on a telephone, by keyboard, and
//! without scripts; an officer signs in at a desk, looks at every page, and decides. Pictures of each page are written to
//! `target/browser`.

use std::fs;

use super::bulletin::{opened, rows};
use super::house::{Daemon, House, LIMIT, link};
use super::office::INSPECTION;
use super::waiting::wait_for;
use super::webdriver::{Chromium, ENTER, Screen, is_left_out};
use crate::smtp_double::SmtpDouble;

const NOW: [&str; 4] = ["--pretend-now", "2026-03-04T07:59:58+08:00", "--speed", "1"];

const OFFICER: &str = "office@cixi-edu.example";

/// The smallest picture that is one.
const PHOTO: &[u8] = b"\xFF\xD8\xFF\xE0 the yard after the drill";

struct Round {
    house: House,
    server: SmtpDouble,
    daemon: Daemon,
}

impl Round {
    /// The first letters have arrived.
    fn begin() -> Self {
        let server = SmtpDouble::start();
        let house = House::new(Some(server.port()));
        let mut daemon = house.start(&NOW);
        daemon.wait_for("页面:");
        server.wait_for(10, LIMIT);
        house.wait_for_facts("outcome", 10);
        Self {
            house,
            server,
            daemon,
        }
    }

    /// Lives on to another moment at full speed, and goes on from there.
    fn go_on(&mut self, [from, until]: [&str; 2]) {
        self.daemon.terminate();
        assert!(self.daemon.wait().success());
        self.house.pass(from, until);
        let now = ["--pretend-now", until, "--speed", "1"];
        self.daemon = self.house.start(&now);
        self.daemon.wait_for("页面:");
    }

    /// A browser in which the officer is signed in.
    fn sign_in(&self) -> Chromium {
        let desk = Chromium::open(Screen::Desk);
        desk.goto(&self.home());
        let known = self.server.letters().len();
        desk.write("input[name=address]", OFFICER);
        desk.click("main button");
        desk.wait_for_words("请看邮箱");
        desk.goto(&self.sign_in_link(known));
        desk.click("main button");
        desk.wait_for_words("沈志明");
        desk
    }

    fn home(&self) -> String {
        format!("http://127.0.0.1:{}", self.house.port)
    }

    /// The page of somebody's letter.
    fn page_of(&self, address: &str) -> String {
        let letters = self.server.letters();
        let letter = letters.iter().find(|letter| letter.to == address);
        link(
            &letter
                .unwrap_or_else(|| panic!("no letter to {address}"))
                .bytes,
        )
    }

    /// The link in the newest mail to sign in with.
    fn sign_in_link(&self, known: usize) -> String {
        let link_in = |bytes: &[u8]| {
            let message = mail_parser::MessageParser::default().parse(bytes)?;
            let text = message.body_text(0)?;
            let line = text.lines().find(|line| line.contains("/sign-in/"))?;
            Some(line.trim().to_owned())
        };
        let link = || {
            let letters = self.server.letters();
            let newer = letters.iter().skip(known);
            let mut own = newer.filter(|letter| letter.to == OFFICER);
            own.find_map(|letter| link_in(&letter.bytes))
        };
        wait_for(link, || "a link to sign in with".to_owned())
    }
}

/// The card of a unit's inspection on its letter's page.
fn card(unit: &str) -> String {
    format!("article:has(input[name=duty][value='{INSPECTION}/{unit}'])")
}

#[test]
fn the_whole_round() {
    if is_left_out() {
        return;
    }
    let mut round = Round::begin();
    a_school_answers_on_a_telephone(&round);
    a_school_asks_for_time_by_keyboard(&round);
    a_school_answers_without_scripts(&round);
    an_officer_decides(&round);
    round.go_on(["2026-03-04T09:00:00+08:00", "2026-03-16T08:30:00+08:00"]);
    an_officer_approves_a_bulletin(&round);
    round.go_on(["2026-03-16T09:30:00+08:00", "2026-03-17T08:30:00+08:00"]);
    the_bulletin_has_come(&round);
    round.daemon.interrupt();
}

fn a_school_answers_on_a_telephone(round: &Round) {
    let phone = Chromium::open(Screen::Telephone);
    phone.goto(&round.page_of("wang.jianguo@hushan-primary.example"));
    phone.says("浒山小学");
    phone.look("letter");
    let card = card("s001");
    let photo = round.house.path("操场 演练.jpg");
    fs::write(&photo, PHOTO).unwrap();
    // The letter's reader need not write their name. Without any the browser itself asks for one, and nothing goes out.
    let name = format!("{card} input[name=by]");
    assert_eq!(phone.value(&name), "王建国");
    phone.clear(&name);
    phone.click(&format!("{card} button[value=done]"));
    assert_eq!(
        phone.eval("return document.querySelector(':focus-visible:invalid')?.name"),
        "by"
    );
    assert!(round.house.facts("answer").is_empty());
    phone.write(&name, "王建国");
    phone.write(&format!("{card} textarea"), "九项都查过了");
    phone.write(&format!("{card} input[type=file]"), photo.to_str().unwrap());
    phone.click(&format!("{card} button[value=done]"));
    phone.wait_for_words("操场 演练.jpg");
    assert!(phone.address().contains("ok=done"), "{}", phone.address());
    phone.look("letter-done");
    let (answers, files) = (round.house.facts("answer"), round.house.facts("evidence"));
    assert_eq!((answers.len(), files.len()), (1, 1));
    assert_eq!(
        (&answers[0]["answer"], &answers[0]["by"]),
        (&"done".into(), &"王建国".into())
    );
    assert_eq!(files[0]["bytes"], PHOTO.len());
    // It was not all: the answer is corrected. The name is still there.
    phone.click(&format!("{card} summary"));
    phone.write(&format!("{card} textarea"), "食堂的整改还没有做完");
    phone.click(&format!("{card} button[value=trouble]"));
    phone.wait_for_words("已记下“有困难”");
    phone.look("letter-corrected");
    let answers = round.house.facts("answer");
    assert_eq!(answers.len(), 2, "both stay on record");
    assert_eq!(
        (&answers[1]["answer"], &answers[1]["by"]),
        (&"trouble".into(), &"王建国".into())
    );
    // The board, and what a link says that opens nothing.
    phone.click(".to-board a");
    phone.wait_for_words("加到手机或电脑的日历");
    phone.look("board");
    phone.goto(&format!(
        "http://127.0.0.1:{}/l/folded-by-a-mail-program",
        round.house.port
    ));
    phone.says("这个链接打不开");
    // Nobody reads replies here.
    assert!(!phone.words().contains("您也可以直接回复"));
    phone.look("no-letter");
}

/// Nothing but keys: down the page to the day and the button.
fn a_school_asks_for_time_by_keyboard(round: &Round) {
    let desk = Chromium::open(Screen::Desk);
    desk.goto(&round.page_of("xu.genfa@dashan-primary.example"));
    let card = card("s002");
    desk.tab_to(&format!("{card} input[name=by]"));
    assert_eq!(desk.value(&format!("{card} input[name=by]")), "徐根法");
    desk.tab_to(&format!("{card} textarea"));
    desk.keys("校舍在维修");
    desk.tab_to(&format!("{card} form summary"));
    desk.keys(ENTER);
    desk.tab_to(&format!("{card} input[name=until]"));
    desk.pick_day(&format!("{card} input[name=until]"), "2026-03-27");
    desk.tab_to(&format!("{card} button[value=extension]"));
    desk.keys(ENTER);
    desk.wait_for_words("已记下您的申请，批复会写信告诉您。");
    let asked = round.house.facts("answer");
    let asked = asked.last().unwrap();
    assert_eq!(
        (&asked["answer"], &asked["by"]),
        (&"extension".into(), &"徐根法".into())
    );
    assert_eq!(asked["until"], "2026-03-27");
}

fn a_school_answers_without_scripts(round: &Round) {
    let phone = Chromium::open(Screen::TelephoneWithoutScripts);
    phone.goto("data:text/html,<p>off<script>document.body.textContent='on'</script>");
    assert_eq!(phone.words(), "off", "scripts are switched off");
    phone.goto(&round.page_of("yu.lina@hushan-kg.example"));
    let card = card("s003");
    phone.touch(&format!("{card} button[value=done]"));
    phone.wait_for_words("已办结");
    let answers = round.house.facts("answer");
    assert_eq!(answers.last().unwrap()["by"], "余丽娜");
}

fn an_officer_decides(round: &Round) {
    let home = round.home();
    let desk = Chromium::open(Screen::Desk);
    desk.goto(&home);
    desk.look("sign-in");
    let known = round.server.letters().len();
    desk.write("input[name=address]", OFFICER);
    desk.click("main button");
    desk.wait_for_words("请看邮箱");
    desk.look("link-mailed");
    let link = round.sign_in_link(known);
    // The link is this browser's: whoever else has the mail gets in nowhere.
    let other = Chromium::open(Screen::Telephone);
    other.goto(&link);
    other.says("这个登录链接不能用");
    other.look("no-sign-in");
    desk.goto(&link);
    desk.look("enter");
    desk.click("main button");
    desk.wait_for_words("沈志明");
    for (name, path, words) in [
        ("today", "/", "两周内到期"),
        ("year", "/year", "安全工作部署与综治督查月"),
        ("unit", "/unit/s001", "食堂的整改还没有做完"),
        ("mail", "/mail", "收不到信的邮箱"),
        ("raise", "/raise", "这一次叫什么"),
        ("hold", "/hold", "没有暂停的信"),
        ("calendar", "/calendar", "最初的一版"),
        ("settings", "/settings", "发信"),
        ("bulletins-none", "/bulletins", "还没有通报"),
        ("not-there", "/unit/nowhere", "没有这一页"),
    ] {
        desk.goto(&format!("{home}{path}"));
        desk.says(words);
        desk.look(name);
    }
    is_refused_and_loses_nothing(&desk, &home);
    filters_the_matrix(&desk, &home);
    grants_an_extension(round, &desk, &home);
    desk.goto(&home);
    desk.click(".leave button");
    desk.wait_for_words("把登录链接寄给我");
}

/// What was typed stays, and the words are an officer's.
fn is_refused_and_loses_nothing(desk: &Chromium, home: &str) {
    desk.goto(&format!("{home}/raise"));
    desk.choose("select[name=audience]", "小学");
    desk.choose("select[name=tag]", "山区");
    desk.write("input[name=title]", "台风红色预警");
    desk.write("textarea[name=note]", "今晚停课");
    desk.click("button.main");
    desk.wait_for_words("没有发起：请选一项任务；没有合适的任务时，只能发紧急通知。");
    desk.look("raise-refused");
    for (field, typed) in [
        ("select[name=audience]", "primary"),
        ("select[name=tag]", "mountain"),
        ("input[name=title]", "台风红色预警"),
        ("textarea[name=note]", "今晚停课"),
    ] {
        assert_eq!(desk.value(field), typed, "{field}");
    }
}

fn filters_the_matrix(desk: &Chromium, home: &str) {
    desk.goto(&format!("{home}/task?id=term-start-safety-inspection"));
    desk.look("matrix");
    for unit in ["浒山小学", "横河大山小学"] {
        desk.says(unit);
    }
    desk.choose("select[name=town]", "浒山");
    desk.click(".filters button");
    desk.wait_for_address("town=");
    desk.says("浒山小学");
    assert!(!desk.words().contains("横河大山小学"), "another town's");
    desk.choose("select[name=stand]", "已完成");
    desk.click(".filters button");
    desk.wait_for_address("stand=done");
    desk.says("浒山中心幼儿园");
    let others = desk.words();
    assert!(!others.contains("浒山小学"), "not done: {others}");
    desk.look("matrix-filtered");
    // What is downloaded is what is shown, by a reader that is not ours.
    let (name, bytes) = desk.download("main a[href*='task.xlsx']");
    assert_eq!(name, "慈溪市教育局-春季开学安全自查（9项）-2026-03-04.xlsx");
    let units = rows(&mut opened(&bytes), "各单位");
    let told: Vec<[&str; 2]> = units[1..]
        .iter()
        .map(|row| [row[1].as_str(), row[3].as_str()])
        .collect();
    assert_eq!(told, [["浒山中心幼儿园", "已完成"]]);
}

fn grants_an_extension(round: &Round, desk: &Chromium, home: &str) {
    desk.goto(&format!("{home}/requests"));
    desk.says("校舍在维修");
    desk.look("requests");
    let form = format!("form:has(input[name=duty][value='{INSPECTION}/s002'])");
    desk.write(&format!("{form} input[name=note]"), "请抓紧");
    desk.click(&format!("{form} button[value=grant]"));
    desk.wait_for_words("2026年3月27日");
    desk.look("granted");
    let decided = round.house.facts("decision");
    let decided = decided.last().unwrap();
    assert_eq!(
        (&decided["by"], &decided["until"]),
        (&"沈志明".into(), &"2026-03-27".into())
    );
    assert_eq!(decided["duty"], format!("{INSPECTION}/s002"));
}

const WEEK: &str = "2026-W11";

fn an_officer_approves_a_bulletin(round: &Round) {
    let home = round.home();
    let desk = round.sign_in();
    desk.look("today-later");
    desk.goto(&format!("{home}/year"));
    desk.look("year-later");
    desk.goto(&format!("{home}/bulletins"));
    desk.says("草稿，等待审阅");
    desk.look("bulletins");
    desk.goto(&format!("{home}/bulletin/{WEEK}"));
    desk.says("草稿 未经批准");
    desk.look("bulletin-draft");
    desk.write("textarea[name=preface]", "请各单位对照整改。");
    desk.click("input[name=reach][value=all]");
    desk.click("button.main");
    desk.wait_for_words("已批准2026年第11周（3月9日至3月15日）的通报");
    desk.look("bulletin-told");
    let approved = round.house.facts("bulletin-approved");
    assert_eq!((approved.len(), &approved[0]["by"]), (1, &"沈志明".into()));
    desk.goto(&format!("{home}/bulletin/{WEEK}"));
    desk.says("请各单位对照整改。");
    desk.look("bulletin");
    let sheets = desk.print("bulletin");
    assert!((1..=4).contains(&sheets), "{sheets} sheets");
    let (name, bytes) = desk.download("a[href*='tables.xlsx']");
    assert_eq!(
        name,
        "慈溪市教育局-慈溪市学校安全工作周通报2026-W11-2026-03-16.xlsx"
    );
    // The list of the page and the sheet of the workbook are the same.
    let listed = desk.eval(
        "return [...document.querySelectorAll('.named tbody tr:not(.group)')] \
         .map(row => [...row.cells].map(cell => cell.innerText.trim()).join('|'))",
    );
    let listed: Vec<&str> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_str().unwrap())
        .collect();
    let sheet = rows(&mut opened(&bytes), "四、未完成名单");
    let kept: Vec<String> = sheet[1..].iter().map(|row| as_listed(&row[1..])).collect();
    assert_eq!(kept, listed);
}

/// A row of the workbook as the page has it: days without their year.
fn as_listed(row: &[String]) -> String {
    let cell = |text: &String| {
        let day = text.parse::<jiff::civil::Date>();
        day.map_or(text.clone(), |day| {
            format!("{}月{}日", day.month(), day.day())
        })
    };
    row.iter().map(cell).collect::<Vec<_>>().join("|")
}

/// The next slot has brought it.
fn the_bulletin_has_come(round: &Round) {
    let letters = round.server.letters();
    let letter = letters.iter().rfind(|letter| letter.to == OFFICER).unwrap();
    let message = mail_parser::MessageParser::default()
        .parse(&letter.bytes)
        .unwrap();
    let text = message.body_text(0).unwrap();
    for words in ["学校安全工作周通报", "请各单位对照整改。"] {
        assert!(text.contains(words), "no {words} in {text}");
    }
}

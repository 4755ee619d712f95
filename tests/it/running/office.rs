//! An officer signs in to the running daemon by the letter it mailed, looks at everything, and leaves.

use std::fs;
use std::time::Duration;

use super::hold::{a_month_later, rewrite};
use super::house::{Daemon, House};
use super::waiting::{wait_for, wait_until};

const NOW: [&str; 4] = ["--pretend-now", "2026-03-04T07:59:00+08:00", "--speed", "1"];

/// A browser: it keeps its cookies, and follows nothing by itself.
pub(super) struct Browser {
    pub(super) agent: ureq::Agent,
    pub(super) base: String,
}

/// What came back: the status, where it sends the browser, and the page.
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) location: String,
    pub(super) body: String,
    cookies: Vec<String>,
}

impl Browser {
    pub(super) fn new(house: &House) -> Self {
        let agent = ureq::Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into();
        Self {
            agent,
            base: format!("http://127.0.0.1:{}", house.port),
        }
    }

    pub(super) fn get(&self, path: &str, cookie: &str) -> Seen {
        let asked = self.agent.get(format!("{}{path}", self.base));
        seen(asked.header("Cookie", cookie).call().unwrap())
    }

    pub(super) fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Seen {
        let asked = self.agent.post(format!("{}{path}", self.base));
        let asked = asked.header("Cookie", cookie);
        seen(asked.send_form(fields.iter().copied()).unwrap())
    }

    /// Sends a form of a page that was just opened.
    pub(super) fn decide(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Seen {
        let page = self.get("/raise", cookie);
        let (token, once) = (page.form_token(), page.hidden("once"));
        let mut all = vec![("csrf", token.as_str()), ("once", once.as_str())];
        all.extend(fields);
        self.post(path, cookie, &all)
    }

    /// Asks for a link, waits for the letter, and uses the link: the cookie of who is signed in.
    pub(super) fn sign_in(&self, house: &House, address: &str) -> String {
        let known = links(house, address);
        let asked = self.post("/sign-in", "", &[("address", address)]);
        let browser = asked.cookie();
        let link = new_link(house, address, &known);
        let path = link.strip_prefix(&self.base).unwrap().to_owned();
        let offered = self.get(&path, &browser);
        assert_eq!(offered.status, 200, "{}", offered.body);
        let entered = self.post(&path, &browser, &[]);
        assert_eq!((entered.status, entered.location.as_str()), (303, "/"));
        entered.cookie()
    }
}

impl Seen {
    /// The first cookie that was handed out, as it is sent back.
    pub(super) fn cookie(&self) -> String {
        let found = self.cookies.first().expect("a cookie");
        found.split(';').next().unwrap().to_owned()
    }

    /// The token of the page's forms.
    pub(super) fn form_token(&self) -> String {
        self.hidden("csrf")
    }

    /// What the first field of this name holds.
    #[track_caller]
    pub(super) fn hidden(&self, name: &str) -> String {
        let after = self.body.split(&format!("name=\"{name}\" value=\"")).nth(1);
        let after = after.unwrap_or_else(|| panic!("no {name} in {}", self.body));
        after.split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    pub(super) fn says(&self, words: &str) {
        assert!(
            self.body.contains(words),
            "“{words}” is not in {}",
            self.body
        );
    }
}

pub(super) fn seen(mut reply: ureq::http::Response<ureq::Body>) -> Seen {
    let header = |name: &str| -> Vec<String> {
        let values = reply.headers().get_all(name).into_iter();
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    };
    let (location, cookies) = (header("location").concat(), header("set-cookie"));
    Seen {
        status: reply.status().as_u16(),
        location,
        cookies,
        body: String::from_utf8_lossy(&reply.body_mut().read_to_vec().unwrap()).into_owned(),
    }
}

/// The texts of the letters to an address that are in the spool, the oldest first.
fn mails_to(house: &House, address: &str) -> Vec<String> {
    let entries = fs::read_dir(house.path("var/spool")).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let text = |path: &std::path::PathBuf| {
        let eml = fs::read(path).ok()?;
        let message = mail_parser::MessageParser::default().parse(&eml)?;
        let to = message.to()?.first()?.address()? == address;
        to.then(|| message.body_text(0).unwrap_or_default().into_owned())
    };
    let whole = paths.iter().filter(|path| path.extension().is_some());
    whole.filter_map(text).collect()
}

/// The newest line with these words in a letter to an address, waited for.
fn line_in_mail(house: &House, address: &str, words: &str) -> String {
    let newest = || {
        let texts = mails_to(house, address);
        let mut lines = texts.iter().rev().flat_map(|text| text.lines());
        let line = lines.find(|line| line.contains(words))?;
        Some(line.trim().to_owned())
    };
    wait_for(newest, || format!("no letter to {address} says {words}"))
}

/// The links to sign in with in the letters to an address.
fn links(house: &House, address: &str) -> Vec<String> {
    let texts = mails_to(house, address);
    let lines = texts.iter().flat_map(|text| text.lines());
    let found = lines.filter(|line| line.contains("/sign-in/"));
    found.map(|line| line.trim().to_owned()).collect()
}

/// The link that has come since these, waited for.
fn new_link(house: &House, address: &str, known: &[String]) -> String {
    let new = || {
        let mut links = links(house, address);
        links.retain(|link| !known.contains(link));
        links.pop()
    };
    wait_for(new, || format!("no letter to {address} to sign in with"))
}

pub(super) fn open_house() -> (House, Daemon) {
    let house = House::new(None);
    let mut daemon = house.start(&NOW);
    daemon.wait_for("页面:");
    house.wait_for_facts("outcome", 10);
    (house, daemon)
}

#[test]
fn an_officer_comes_in_looks_around_and_leaves() {
    let (house, daemon) = open_house();
    let browser = Browser::new(&house);
    let inside = browser.sign_in(&house, "office@cixi-edu.example");
    let entered = house.facts("signed-in");
    assert_eq!(entered.len(), 1);
    assert_eq!(entered[0]["by"], "沈志明");
    let secret = inside.split('=').nth(1).unwrap();
    let before = house.call(&["ledger"]);
    assert!(!before.contains(secret), "the ledger knows only digests");
    for (path, words) in [
        ("/", "慈溪市教育局 沈志明"),
        ("/year", "安全工作部署与综治督查月"),
        ("/task?id=term-start-safety-inspection", "浒山小学"),
        ("/unit/s001", "浒山街道教育办公室"),
        ("/requests", "没有等待批复的申请"),
        ("/mail", "没有等待发出的信"),
        ("/calendar", "最初的一版"),
        ("/settings", "发信"),
    ] {
        let page = browser.get(path, &inside);
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        page.says(words);
    }
    assert_eq!(house.call(&["ledger"]), before, "looking records nothing");
    let token = browser.get("/", &inside).form_token();
    let left = browser.post("/sign-out", &inside, &[("csrf", &token)]);
    assert_eq!(left.status, 303);
    assert_eq!(house.facts("signed-out")[0]["by"], "沈志明");
    browser.get("/", &inside).says("把登录链接寄给我");
    daemon.interrupt();
}

#[test]
fn only_those_get_a_letter_who_may_and_not_too_many() {
    let (house, daemon) = open_house();
    let browser = Browser::new(&house);
    let ask = |address| browser.post("/sign-in", "", &[("address", address)]).status;
    // A school's contact and a stranger get nothing; in capitals it is the same mailbox.
    for nobody in [
        "wang.jianguo@hushan-primary.example",
        "nobody@elsewhere.example",
    ] {
        assert_eq!(ask(nobody), 200);
    }
    for _ in 0..20 {
        assert_eq!(ask("Office@CIXI-edu.example"), 200);
    }
    let town = browser.sign_in(&house, "hu.guoqiang@hushan-town.example");
    let asked = house.facts("sign-in-asked");
    let to = |address: &str| {
        asked
            .iter()
            .filter(|fact| fact["address"] == address)
            .count()
    };
    assert_eq!(to("office@cixi-edu.example"), 10);
    assert_eq!(asked.len(), 11, "{asked:?}");
    let matrix = browser.get("/task?id=term-start-safety-inspection", &town);
    matrix.says("浒山小学");
    assert!(!matrix.body.contains("横河"), "another town's");
    assert_eq!(browser.get("/settings", &town).status, 403);
    daemon.interrupt();
}

/// Strangers who ask first take nothing from the officer: another link comes, and where they have had their fill, one comes
/// to the browser that the officer has been signed in by.
#[test]
fn no_stranger_keeps_an_officer_out() {
    let (house, daemon) = open_house();
    let browser = Browser::new(&house);
    let office = "office@cixi-edu.example";
    let asked = || house.facts("sign-in-asked").len();
    // Each in a browser of its own, which brings no cookie along.
    let strangers = |times| {
        for _ in 0..times {
            Browser::new(&house).post("/sign-in", "", &[("address", office)]);
        }
    };
    strangers(3);
    let own = browser
        .post("/sign-in", "", &[("address", office)])
        .cookie();
    wait_until("four links", || links(&house, office).len() == 4);
    // Which of the four is the officer's, only the officer's browser can tell.
    let paths = links(&house, office).into_iter();
    let mut paths = paths.map(|link| link.strip_prefix(&browser.base).unwrap().to_owned());
    let path = paths
        .find(|path| browser.get(path, &own).status == 200)
        .expect("the link still works");
    let entered = browser.post(&path, &own, &[]);
    assert_eq!(entered.status, 303);
    let mark = entered
        .cookies
        .iter()
        .find(|one| one.starts_with("schoolbell_known="));
    let mark = mark.unwrap().split(';').next().unwrap().to_owned();

    strangers(20);
    wait_until("as many as strangers may have", || asked() == 10);
    strangers(1);
    browser.post("/sign-in", &mark, &[("address", office)]);
    wait_until("one for who is known", || asked() == 11);
    daemon.interrupt();
}

pub(super) const INSPECTION: &str = "term-start-safety-inspection@2026";

/// What an officer decides is a fact with who and when, and the school is told as by any clerk.
#[test]
fn an_officer_decides_on_the_pages() {
    let (house, daemon) = open_house();
    let browser = Browser::new(&house);
    let inside = browser.sign_in(&house, "office@cixi-edu.example");
    let act = |fields: &[(&str, &str)]| browser.decide("/act", &inside, fields);
    let duty = |unit: &str| format!("{INSPECTION}/{unit}");
    let (s1, s2, s3) = (duty("s001"), duty("s002"), duty("s003"));
    // Many at once: those that can be are, and of the others it is said why not.
    let bulk = act(&[
        ("duty", &s1),
        ("duty", &s2),
        ("duty", "term-start-safety-inspection@2031/s003"),
        ("act", "extend"),
        ("until", "2026-03-20"),
        ("note", "校舍在维修"),
    ]);
    assert_eq!(bulk.status, 200, "{}", bulk.body);
    bulk.says("浒山小学“春季开学安全自查（9项）” 延至2026年3月20日（沈志明）");
    bulk.says("这个单位在这一期没有这项任务");
    let decided = house.facts("decision");
    assert_eq!(decided.len(), 2);
    assert_eq!(decided[0]["by"], "沈志明");
    assert_eq!(decided[0]["until"], "2026-03-20");
    // A school that phones; the one who wrote it down is on record.
    act(&[("duty", &s3), ("act", "done"), ("by", "余丽娜")]).says("已完成（余丽娜）");
    let answers = house.facts("answer");
    assert_eq!(answers[0]["by"], "余丽娜");
    assert_eq!(answers[0]["note"], "沈志明代记");
    act(&[("duty", &s3), ("act", "return"), ("note", "缺照片")]).says("已退回");
    act(&[("duty", &s2), ("act", "waive"), ("note", "合并办理")]).says("免做（沈志明）");
    let again = act(&[("duty", &s2), ("act", "waive"), ("note", "合并办理")]);
    again.says("已经免做");
    assert_eq!(house.facts("waiver").len(), 1);
    let nothing = act(&[("duty", &s1), ("act", "grant")]);
    assert_eq!(nothing.status, 409);
    nothing.says("没有待定的申请；要延期或免做，可以直接办");
    // To the day it has anyway nothing is put off.
    let told = house.facts("notice");
    let told = told
        .iter()
        .find(|fact| fact["duty"] == s3.as_str())
        .unwrap();
    let due = told["due"].as_str().unwrap();
    let same = act(&[("duty", &s3), ("act", "extend"), ("until", due)]);
    assert_eq!(same.status, 409, "{}", same.body);
    same.says(&format!("的截止日是 {due}，延到 {due} 并不更晚"));
    // No word is one of a command's.
    let late = act(&[("duty", &s2), ("act", "extend"), ("until", "2026-03-20")]);
    late.says("已经办结，不用延期；要重新打开请先退回");
    let raise = |fields: &[(&str, &str)]| browser.decide("/raise", &inside, fields);
    for (fields, words) in [
        (vec![("unit", "s001")], "请在名称或事由里写明是什么事"),
        (
            vec![("unit", "s001"), ("title", "台风"), ("due", "2026-01-01")],
            "到期日 2026-01-01 已经过去",
        ),
        (
            vec![("audience", "vocational & special"), ("title", "台风")],
            "没有一个单位合于“职高，且特殊教育”",
        ),
        (
            vec![("audience", "primry"), ("title", "台风")],
            "对象“primry”：",
        ),
    ] {
        let said = raise(&[&[("now", "yes")], &fields[..]].concat());
        assert_eq!(said.status, 409, "{}", said.body);
        said.says(words);
    }
    // An alert goes out at once.
    let page = browser.get("/raise", &inside);
    let (token, once) = (page.form_token(), page.hidden("once"));
    let fields = [
        ("csrf", token.as_str()),
        ("once", once.as_str()),
        ("now", "yes"),
        ("unit", "s001"),
        ("title", "台风红色预警"),
        ("note", "今天下午停课"),
    ];
    // Reloaded, what came of it is shown again, and nothing goes out twice.
    for _ in 0..3 {
        let told = browser.post("/raise", &inside, &fields);
        told.says("已发起：浒山小学“台风红色预警”");
        assert_eq!(told.status, 200);
    }
    let raised = house.facts("raised");
    assert_eq!((raised.len(), &raised[0]["by"]), (1, &"沈志明".into()));
    let told = |notices: &[String]| notices.iter().any(|line| line.contains("opens alert@"));
    wait_for(
        || told(&house.notices()).then_some(()),
        || format!("{:?}", house.notices()),
    );
    browser.get("/hold", &inside).says("没有暂停的信");
    daemon.interrupt();
}

/// 浒山小学 asks for more time; while the officer reads it, the school asks for something else: that is not granted with it.
#[test]
fn what_is_granted_is_what_was_read() {
    let (house, daemon) = open_house();
    let browser = Browser::new(&house);
    let inside = browser.sign_in(&house, "office@cixi-edu.example");
    let duty = format!("{INSPECTION}/s001");
    let ask = |answer: &[&str]| {
        let by = ["answer", &duty, answer[0], "--by", "王建国"];
        house.call(&[&by, &answer[1..]].concat());
    };
    ask(&["extension", "--until", "2026-03-20", "--note", "校舍在维修"]);
    let read = browser.get("/requests", &inside);
    read.says("申请延期，到3月20日");
    ask(&["not-applicable", "--note", "本校已停办"]);
    let decide = |page: &Seen, act: &str| {
        let (token, once, asked) = (page.form_token(), page.hidden("once"), page.hidden("asked"));
        let fields = [
            ("csrf", token.as_str()),
            ("once", once.as_str()),
            ("asked", asked.as_str()),
            ("duty", duty.as_str()),
            ("act", act),
            ("note", "请先说明"),
        ];
        browser.post("/act", &inside, &fields)
    };
    for act in ["grant", "refuse"] {
        let refused = decide(&read, act);
        assert_eq!(refused.status, 409, "{}", refused.body);
        refused
            .says("浒山小学“春季开学安全自查（9项）”：您看过以后，学校又有新的申请，请重新看过。");
    }
    assert!(house.facts("decision").is_empty());
    let read = browser.get("/requests", &inside);
    read.says("不适用");
    assert_eq!(decide(&read, "refuse").status, 200);
    let decided = house.facts("decision");
    assert_eq!(
        (decided.len(), &decided[0]["request"]),
        (1, &"not-applicable".into())
    );
    // What was decided meanwhile by somebody else waits no longer.
    decide(&read, "grant").says("没有待定的申请");
    daemon.interrupt();
}

/// An edit that turns the year over is held; the officer sees what would go, and lets it.
#[test]
fn what_is_held_is_let_go_on_its_page() {
    let house = House::new(None);
    house.pass("2026-05-06T07:59:00+08:00", "2026-05-11T09:00:00+08:00");
    rewrite(&house, a_month_later);
    let mut daemon = house.start(&["--pretend-now", "2026-05-13T09:00:00+08:00", "--speed", "1"]);
    daemon.wait_for("页面:");
    house.wait_for_facts("held", 1);
    let browser = Browser::new(&house);
    let inside = browser.sign_in(&house, "office@cixi-edu.example");
    let home = browser.get("/", &inside);
    home.says("定时的信已暂停");
    // The letter that tells of it leads there.
    let page = format!("http://127.0.0.1:{}/hold", house.port);
    let line = line_in_mail(&house, "office@cixi-edu.example", &page);
    assert!(line.starts_with("没有问题，就打开 "), "{line}");
    let page = browser.get("/hold", &inside);
    page.says("若放行，现在要发");
    let shown = page.body.split("name=\"shown\" value=\"").nth(1).unwrap();
    let shown = shown.split('"').next().unwrap().to_owned();
    let release = |shown: &str| {
        let fields = [("shown", shown), ("note", "看过了")];
        browser.decide("/hold", &inside, &fields)
    };
    release("another").says("请重新看过再放行");
    assert!(house.facts("released").is_empty());
    release(&shown).says("已放行");
    assert_eq!(house.facts("released")[0]["by"], "沈志明");
    house.wait_for_facts("slot-passed", 1);
    daemon.interrupt();
}

const HOME: &str = "把登录链接寄给我";

/// A link works for a quarter of an hour, and who used it is in for twelve; without the role, and after a restore, not
/// even so long.
#[test]
fn nobody_is_in_for_longer_than_they_may() {
    let (house, daemon) = open_house();
    let browser = Browser::new(&house);
    let office = "office@cixi-edu.example";
    let inside = browser.sign_in(&house, office);
    let seconds = |kind: &str| -> i64 {
        let fact = house.facts(kind).remove(0);
        let at = |name: &str| -> jiff::Timestamp { fact[name].as_str().unwrap().parse().unwrap() };
        let span = at("until").duration_since(at("at"));
        span.as_secs() + i64::from(span.subsec_nanos() > 500_000_000)
    };
    assert_eq!(seconds("sign-in-asked"), 15 * 60);
    assert_eq!(seconds("signed-in"), 12 * 60 * 60);
    // A second link that nobody has used.
    let known = links(&house, office);
    let asked = browser
        .post("/sign-in", "", &[("address", office)])
        .cookie();
    house.wait_for_facts("sign-in-asked", 2);
    let unused = new_link(&house, office, &known);
    daemon.interrupt();
    let at = |hour: &str| {
        let now = format!("2026-03-04T{hour}:00+08:00");
        let mut daemon = house.start(&["--pretend-now", &now, "--speed", "1"]);
        daemon.wait_for("页面:");
        daemon
    };
    let daemon = at("08:20");
    let path = unused.strip_prefix(&browser.base).unwrap();
    assert_eq!(browser.get(path, &asked).status, 404, "too old");
    assert_eq!(browser.post(path, &asked, &[]).status, 404);
    daemon.interrupt();
    let daemon = at("19:57");
    browser.get("/", &inside).says("沈志明");
    daemon.interrupt();
    let daemon = at("20:05");
    browser.get("/", &inside).says(HOME);
    let inside = browser.sign_in(&house, office);
    let roster = house.path("config/roster.csv");
    let before = fs::read_to_string(&roster).unwrap();
    let row = before.lines().find(|row| row.contains(office)).unwrap();
    let without = before.replace(row, &row.replace("office,", "deputy,"));
    assert_ne!(without, before);
    fs::write(&roster, &without).unwrap();
    wait_until("out without the role", || {
        browser.get("/", &inside).body.contains(HOME)
    });
    daemon.interrupt();
}

#[test]
fn a_restored_ledger_knows_nobody() {
    let (house, daemon) = open_house();
    let browser = Browser::new(&house);
    let inside = browser.sign_in(&house, "office@cixi-edu.example");
    let backup = house.path("backup.db");
    let backup = backup.to_str().unwrap();
    house.call(&["backup", backup]);
    browser.get("/", &inside).says("沈志明");
    daemon.interrupt();
    house.call(&["restore", backup]);
    let mut daemon = house.start(&["--pretend-now", "2026-03-04T08:01:00+08:00", "--speed", "1"]);
    daemon.wait_for("页面:");
    browser.get("/", &inside).says(HOME);
    daemon.interrupt();
}

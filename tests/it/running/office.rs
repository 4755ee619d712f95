//! An officer signs in to the running daemon by the letter it mailed, looks at everything, and leaves.

use std::fs;
use std::time::{Duration, Instant};

use super::hold::{a_month_later, rewrite};
use super::house::{Daemon, House, LIMIT, link};

const NOW: [&str; 4] = ["--pretend-now", "2026-03-04T07:59:00+08:00", "--speed", "1"];

/// A browser: it keeps its cookies, and follows nothing by itself.
pub(super) struct Browser {
    agent: ureq::Agent,
    base: String,
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
        let asked = self.post("/sign-in", "", &[("address", address)]);
        let browser = asked.cookie();
        let link = link_in_mail(house, address);
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

fn seen(mut reply: ureq::http::Response<ureq::Body>) -> Seen {
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

/// The link to sign in with in the newest letter to an address that has one.
fn link_in_mail(house: &House, address: &str) -> String {
    let until = Instant::now() + LIMIT;
    loop {
        let entries = fs::read_dir(house.path("var/spool")).into_iter().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths.iter().rev().filter(|path| path.extension().is_some()) {
            let Ok(eml) = fs::read(path) else { continue };
            let message = mail_parser::MessageParser::default().parse(&eml).unwrap();
            let to = message
                .to()
                .and_then(|to| to.first()?.address().map(str::to_owned));
            let text = message.body_text(0).unwrap_or_default();
            let link = text.lines().find(|line| line.contains("/sign-in/"));
            if let Some(link) = link.filter(|_| to.as_deref() == Some(address)) {
                return link.trim().to_owned();
            }
        }
        assert!(
            Instant::now() < until,
            "no letter to {address} to sign in with"
        );
        std::thread::yield_now();
    }
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
    for _ in 0..6 {
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
    assert_eq!(to("office@cixi-edu.example"), 3);
    assert_eq!(asked.len(), 4, "{asked:?}");
    let matrix = browser.get("/task?id=term-start-safety-inspection", &town);
    matrix.says("浒山小学");
    assert!(!matrix.body.contains("横河"), "another town's");
    assert_eq!(browser.get("/settings", &town).status, 403);
    daemon.interrupt();
}

const INSPECTION: &str = "term-start-safety-inspection@2026";

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
    bulk.says("浒山小学“春季开学安全自查（9项）” 延至2026-03-20（沈志明）");
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
    nothing.says("没有待定的申请");
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
    let until = Instant::now() + LIMIT;
    let told = |notices: &[String]| notices.iter().any(|line| line.contains("opens alert@"));
    while !told(&house.notices()) {
        assert!(Instant::now() < until, "{:?}", house.notices());
    }
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

/// Answers with a file on the letter's page: kept, shown, given to those who may have it, and to nobody else.
#[test]
fn a_letter_is_answered_with_a_photo() {
    let (house, daemon) = open_house();
    let letters = fs::read_dir(house.path("var/spool")).unwrap();
    let mut letters = letters.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let mine = letters
        .find(|eml| String::from_utf8_lossy(eml).contains("wang.jianguo@hushan-primary.example"))
        .unwrap();
    let page = link(&mine);
    let browser = Browser::new(&house);
    let path = page.strip_prefix(&browser.base).unwrap();
    let duty = format!("{INSPECTION}/s001");
    let send = |file: &str, bytes: &[u8]| {
        let mut body = Vec::new();
        for (name, value) in [
            ("duty", duty.as_str()),
            ("by", "王建国"),
            ("note", ""),
            ("answer", "done"),
        ] {
            body.extend(
                format!(
                    "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
                .bytes(),
            );
        }
        body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{file}\"\r\nContent-Type: image/jpeg\r\n\r\n").bytes());
        body.extend(bytes);
        body.extend(b"\r\n--b--\r\n");
        let asked = browser.agent.post(&page);
        seen(
            asked
                .header("Content-Type", "multipart/form-data; boundary=b")
                .send(&body[..])
                .unwrap(),
        )
    };
    let photo = b"\xFF\xD8\xFF\xE0 the yard";
    let wrong = send("页面.html", b"<script>alert(1)</script>");
    assert_eq!(wrong.status, 409, "{}", wrong.body);
    wrong.says("不是可以收的文件");
    assert!(house.facts("answer").is_empty(), "all or nothing");
    assert_eq!(send("../操场 照片.JPG", photo).status, 303);
    let kept = house.facts("evidence");
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["name"], "操场 照片.jpg");
    let digest = kept[0]["digest"].as_str().unwrap();
    assert_eq!(house.facts("answer").len(), 1);
    // The same once more is the same.
    assert_eq!(send("../操场 照片.JPG", photo).status, 303);
    assert_eq!(
        (house.facts("evidence").len(), house.facts("answer").len()),
        (1, 1)
    );
    browser.get(path, "").says("已收到的材料");
    assert_eq!(browser.get(&format!("{path}/{digest}"), "").status, 200);
    assert_eq!(
        browser
            .get(&format!("{path}/{}", "0".repeat(64)), "")
            .status,
        404
    );
    assert_eq!(browser.get(&format!("/evidence/{digest}"), "").status, 401);
    let inside = browser.sign_in(&house, "office@cixi-edu.example");
    browser
        .get("/task?id=term-start-safety-inspection", &inside)
        .says("操场 照片.jpg");
    assert_eq!(
        browser.get(&format!("/evidence/{digest}"), &inside).status,
        200
    );
    let other_town = browser.sign_in(&house, "sun.lifeng@henghe-town.example");
    assert_eq!(
        browser
            .get(&format!("/evidence/{digest}"), &other_town)
            .status,
        404
    );
    daemon.interrupt();
}

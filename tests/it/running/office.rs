//! An officer signs in to the running daemon by the letter it mailed, looks at everything, and leaves.

use std::fs;
use std::time::{Duration, Instant};

use super::house::{Daemon, House, LIMIT};

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
        let after = self.body.split("name=\"csrf\" value=\"").nth(1).unwrap();
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
        body: reply.body_mut().read_to_string().unwrap(),
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

//! The bureau's pages: signing in, what an officer sees, and what a town's does not.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::boards::bell;
use super::desk::{FILE, MemoryDesk, digest_of, letter};
use super::site::{FORM, Reply, Site, encode, page_of, sign_in_of};
use crate::bell::{Bell, DRILL, HEAD, ROSTER, SECOND};

pub(super) const SECRET: &str = "what-the-session-is-known-by";

fn site() -> Site {
    let desk = MemoryDesk::with([letter(1)]);
    desk.open_bureau(bell());
    Site::of(desk)
}

/// The site, with this mailbox's officer signed in.
pub(super) fn site_of(address: &str) -> Site {
    let site = site();
    site.desk.let_in(SECRET, address);
    site
}

pub(super) fn cookie(name: &str, value: &str) -> String {
    format!("Cookie: {name}={value}\r\n")
}

pub(super) fn see(site: &Site, path: &str) -> Reply {
    site.ask("GET", path, &cookie("schoolbell_session", SECRET), "")
}

/// A cookie that was handed out: its value, and the rest.
#[track_caller]
fn handed_out<'a>(reply: &'a Reply, name: &str) -> (&'a str, &'a str) {
    let start = format!("set-cookie: {name}=");
    let line = reply
        .head
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with(&start));
    let line = line.unwrap_or_else(|| panic!("no {name} in {}", reply.head));
    line[start.len()..].split_once("; ").expect("attributes")
}

#[test]
fn an_officer_signs_in_by_a_mailed_link_and_out_again() {
    let site = site();
    site.get("/").says("把登录链接寄给我");
    let asked = site.post("/sign-in", &[("address", "office@b")]);
    assert_eq!(asked.status, 200);
    asked.says("15 分钟内有效");
    let (browser, attributes) = handed_out(&asked, "schoolbell_browser");
    assert_eq!(
        attributes, "Path=/; Max-Age=900; HttpOnly; SameSite=Lax",
        "no script reads it"
    );
    assert!(browser.len() >= 43, "256 bits");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while site.desk.asked_links.lock().unwrap().is_empty() {
        assert!(
            std::time::Instant::now() < until,
            "the link was never asked for"
        );
        std::thread::yield_now();
    }
    let kept = site.desk.asked_links.lock().unwrap()[0].clone();
    assert_eq!(kept.address, "office@b");
    assert_eq!(kept.browser, digest_of(browser), "only the digest is kept");
    assert!(!kept.is_known);

    // Another browser opens nothing by it, and uses nothing up.
    let link = sign_in_of(1);
    for headers in [String::new(), cookie("schoolbell_browser", "another")] {
        for method in ["GET", "POST"] {
            let reply = site.ask(method, &link, &format!("{FORM}{headers}"), "");
            assert_eq!(reply.status, 404);
            reply.says("这个登录链接不能用");
            reply.says("回到首页</a>");
            assert_eq!(reply.header("set-cookie"), None);
        }
    }
    let mine = cookie("schoolbell_browser", browser);
    site.ask("GET", &link, &mine, "").says("按下面的按钮就登录");
    let entered = site.ask("POST", &link, &format!("{FORM}{mine}"), "");
    assert_eq!(entered.status, 303);
    assert_eq!(entered.header("location"), Some("/"));
    let (secret, attributes) = handed_out(&entered, "schoolbell_session");
    assert_eq!(attributes, "Path=/; Max-Age=43200; HttpOnly; SameSite=Lax");
    assert_ne!(secret, browser);
    let (known, attributes) = handed_out(&entered, "schoolbell_known");
    assert_eq!(
        attributes,
        "Path=/sign-in; Max-Age=31536000; HttpOnly; SameSite=Lax"
    );
    let again = site.ask("POST", &link, &format!("{FORM}{mine}"), "");
    assert_eq!(again.status, 404, "once only");

    let inside = cookie("schoolbell_session", secret);
    let home = site.ask("GET", "/", &inside, "");
    home.says("慈溪市教育局 沈志明");
    let token = home.body.split("name=\"csrf\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap().to_owned();
    for wrong in ["", "csrf=", "csrf=AAAA", &format!("csrf={}A", &token[1..])] {
        let reply = site.ask("POST", "/sign-out", &format!("{FORM}{inside}"), wrong);
        assert_eq!(reply.status, 403, "{wrong}");
    }
    let out = format!("csrf={token}");
    let left = site.ask("POST", "/sign-out", &format!("{FORM}{inside}"), &out);
    assert_eq!(left.status, 303);
    assert_eq!(handed_out(&left, "schoolbell_session").0, "");
    site.ask("GET", "/", &inside, "").says("把登录链接寄给我");

    // The browser is known by that mailbox from now on, and by no other.
    let mark = cookie("schoolbell_known", known);
    for (typed, mark, is_known) in [
        ("Office@b", mark.as_str(), true),
        ("safety@t1", &mark, false),
        ("office@b", "", false),
        ("office@b", &cookie("schoolbell_known", "AAAA"), false),
    ] {
        let asked = encode(&[("address", typed)]);
        let before = site.desk.asked_links.lock().unwrap().len();
        site.ask("POST", "/sign-in", &format!("{FORM}{mark}"), &asked);
        while site.desk.asked_links.lock().unwrap().len() == before {
            assert!(Instant::now() < until + Duration::from_secs(20));
            std::thread::yield_now();
        }
        let asked = site.desk.asked_links.lock().unwrap()[before].clone();
        assert_eq!(asked.is_known, is_known, "{typed} {mark}");
    }
}

#[test]
fn what_is_said_tells_nothing_of_who_may() {
    let site = site();
    let known = site.post("/sign-in", &[("address", "office@b")]);
    for stranger in ["safety@s1", "nobody@nowhere.example", "王@教育局"] {
        let reply = site.post("/sign-in", &[("address", stranger)]);
        assert_eq!((reply.status, &reply.body), (known.status, &known.body));
        handed_out(&reply, "schoolbell_browser");
    }
    for amiss in ["", "office", "@b", "office@", "a b@c", "a@b\r\nBcc: x@y"] {
        let reply = site.post("/sign-in", &[("address", amiss)]);
        assert_eq!(reply.status, 422, "{amiss:?}");
        reply.says("请写您的邮箱");
        assert_eq!(reply.header("set-cookie"), None);
    }
}

/// A link is written on a thread of its own: anybody may ask, so there are not endlessly many, and nobody is told.
#[test]
fn no_flood_of_links_takes_the_threads() {
    let site = site();
    let wait = site.desk.links_wait.lock().unwrap();
    let first = site.post("/sign-in", &[("address", "office@b")]);
    for nth in 0..60 {
        let address = format!("nobody{nth}@elsewhere.example");
        let reply = site.post("/sign-in", &[("address", &address)]);
        assert_eq!((reply.status, &reply.body), (200, &first.body));
    }
    drop(wait);
    let until = Instant::now() + Duration::from_secs(20);
    while site.desk.asked_links.lock().unwrap().len() < 32 {
        assert!(Instant::now() < until, "so many were taken");
        std::thread::yield_now();
    }
    assert_eq!(site.desk.links_begun.load(Ordering::SeqCst), 32);
    // With room again, the next is written.
    loop {
        site.post("/sign-in", &[("address", "office@b")]);
        if site.desk.links_begun.load(Ordering::SeqCst) > 32 {
            break;
        }
        assert!(Instant::now() < until, "no place was given back");
    }
}

#[test]
fn a_session_over_https_stays_there() {
    let desk = MemoryDesk::with([letter(1)]);
    desk.open_bureau(bell());
    let site = Site::start(
        desk,
        "https://anquan.example/bell/",
        schoolbell::web::Limits::default(),
    );
    let asked = site.post("/sign-in", &[("address", "office@b")]);
    let (_, attributes) = handed_out(&asked, "schoolbell_browser");
    assert!(attributes.starts_with("Path=/bell; "), "{attributes}");
    assert!(attributes.ends_with("; Secure"), "{attributes}");
    site.get("/").says("action=\"/bell/sign-in\"");
}

#[test]
fn today_tells_what_needs_a_person_and_how_far_all_is() {
    let site = site_of("office@b");
    let page = see(&site, "/");
    assert_eq!(page.status, 200);
    for words in [
        "<title>今天 · ",
        "5月5日（周二）",
        "逾期未完成",
        "隐患排查&lt;台账&gt;",
        "完成 0/1，逾期 1",
        "/task?id=ledger&amp;period=2026&amp;stand=overdue",
        "两周内到期",
        "今天没有发信",
        "今天还没有回执",
    ] {
        page.says(words);
    }
}

#[test]
fn a_year_is_told_by_month_town_and_task() {
    let site = site_of("office@b");
    let page = see(&site, "/year");
    for words in [
        "2026年",
        "各镇街逐月完成情况",
        "浒山街道",
        "全部单位，4月：2 项次，完成 1，逾期 1",
        "应急疏散演练（5月）",
        "/task?id=drill&amp;period=2026-05",
    ] {
        page.says(words);
    }
    see(&site, "/year?year=2025").says("这一年没有记录");
    // What is no year, or one that nobody plans for, is this year.
    for odd in ["abc", "99999", "-1", "9999", "1"] {
        see(&site, &format!("/year?year={odd}")).says("<h1>2026年</h1>");
    }
}

#[test]
fn a_matrix_is_filtered_by_period_town_and_standing() {
    let site = site_of("office@b");
    let whole = see(&site, "/task?id=drill");
    whole.says("<h1>应急疏散演练（5月）</h1>");
    whole.says("5月4日已完成");
    whole.says("已完成（safety@s1）");
    see(&site, "/task?id=drill&period=2026-04").says("4月10日已完成");
    let overdue = see(&site, "/task?id=ledger&stand=overdue");
    overdue.says("浒山小学");
    overdue.says("收到（safety@s1）");
    see(&site, "/task?id=ledger&stand=done").says("没有符合条件的单位");
    see(&site, "/task?id=ledger&town=bureau").says("没有符合条件的单位");
    see(&site, "/task?id=ledger&town=t1").says("浒山小学");
    for nothing in ["/task", "/task?id=", "/task?id=%3Cb%3E", "/task?id=nothing"] {
        let reply = see(&site, nothing);
        assert_eq!(reply.status, 404, "{nothing}");
        reply.does_not_say("<b>");
    }
}

#[test]
fn the_other_pages_tell_what_they_are_for() {
    let site = site_of("office@b");
    let unit = see(&site, "/unit/s1");
    unit.says("5月4日已完成");
    unit.does_not_say("webcal:");
    assert_eq!(see(&site, "/unit/s9").status, 404);
    see(&site, "/requests").says("没有等待批复的申请");
    see(&site, "/mail").says("没有等待发出的信");
    let versions = see(&site, "/calendar");
    versions.says("b1946ac9");
    // Undone, an edit is there twice under one name: each row is its own, and the newest is in use.
    assert_eq!(versions.body.matches("b1946ac9").count(), 2);
    assert_eq!(
        versions.body.matches("正在使用，还没有按它发过信").count(),
        1
    );
    assert_eq!(versions.body.matches("看改动</a>").count(), 2);
    versions.says("/calendar?version=455\"");
    versions.does_not_say("改期");
    let shown = see(&site, "/calendar?version=907");
    shown.says("4月20日 09:30的改动");
    shown.says("“应急疏散演练”改期：5月12日 → 5月15日&lt;b&gt;");
    for odd in ["b1946ac92492", "-1", "", "1%20or%201"] {
        let reply = see(&site, &format!("/calendar?version={odd}"));
        assert_eq!(reply.status, 200, "{odd}");
        reply.does_not_say("改期");
    }
    see(&site, "/settings").says("校钟 &lt;bell@cixi.example&gt;");
}

#[test]
fn a_town_sees_its_own_units_and_nothing_of_the_whole() {
    let site = site_of("safety@t1");
    let home = see(&site, "/");
    home.says("浒山街道 胡国强");
    home.does_not_say("/settings");
    see(&site, "/task?id=ledger").says("浒山小学");
    for of_the_whole in ["/calendar", "/settings"] {
        let reply = see(&site, of_the_whole);
        assert_eq!(reply.status, 403);
        reply.says("回到首页</a>");
    }
    // 横河镇 is not its own.
    let desk = MemoryDesk::with([letter(1)]);
    let towns = format!("{ROSTER}{SECOND}t2,横河镇,town,b,,office,孙立峰,office@t2,,,\n");
    let mut bell = Bell::with(HEAD, DRILL, &towns);
    bell.run("2026-05-05 09:00 open");
    desk.open_bureau(bell);
    let site = Site::of(desk);
    site.desk.let_in(SECRET, "office@t2");
    for theirs in ["/unit/s1", "/unit/t1", "/unit/b", "/task?id=drill"] {
        let reply = see(&site, theirs);
        assert_eq!(reply.status, 404, "{theirs}");
        reply.does_not_say("浒山");
        reply.says("<a class=\"button\" href=\"/\">回到首页</a>");
    }
    assert_eq!(see(&site, "/unit/t2").status, 200);
    see(&site, "/year").does_not_say("浒山");
}

#[test]
fn evidence_is_only_ever_saved() {
    let site = site_of("office@b");
    let reply = see(&site, &format!("/evidence/{FILE}"));
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("content-type"),
        Some("application/octet-stream")
    );
    let disposition = reply.header("content-disposition").unwrap();
    assert!(
        disposition.starts_with("attachment; filename*=UTF-8''"),
        "{disposition}"
    );
    assert!(
        disposition.is_ascii() && disposition.ends_with("%221%22.jpg"),
        "{disposition}"
    );
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(see(&site, "/evidence/nothing").status, 404);
    assert_eq!(site.get(&format!("/evidence/{FILE}")).status, 401);
    // Nor does a letter that does not have it give it out.
    let other = format!("{}/{FILE}", page_of(1));
    assert_eq!(site.get(&other).status, 404);
}

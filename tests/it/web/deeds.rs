//! What officers decide on the bureau's pages: each press once, on what was shown, by those who may.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::civil::date;
use schoolbell::core::clerk::{Act, Whom};
use schoolbell::core::fact::Answer;
use schoolbell::web::{Deed, DeskError, Limits};

use super::boards::bell;
use super::bureau::{SECRET, cookie, see, site_of};
use super::desk::{Fault, MemoryDesk, letter};
use super::site::{FORM, Reply, Site, encode};

/// What the first field of this name on a page holds.
#[track_caller]
fn hidden<'a>(page: &'a Reply, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    let found = page.body.split(&start).nth(1);
    let found = found.unwrap_or_else(|| panic!("no {name} in {}", page.body));
    found.split('"').next().unwrap()
}

/// A form of this page with these fields, as a body.
pub(super) fn form_of(page: &Reply, fields: &[(&str, &str)]) -> String {
    let mut all = vec![
        ("csrf", hidden(page, "csrf")),
        ("once", hidden(page, "once")),
    ];
    all.extend(fields);
    encode(&all)
}

/// Sends a body with the session's own cookie.
pub(super) fn send(site: &Site, path: &str, body: &str) -> Reply {
    let headers = format!("{FORM}{}", cookie("schoolbell_session", SECRET));
    site.ask("POST", path, &headers, body)
}

/// A form of a page that was just opened, with these fields.
fn press(site: &Site, path: &str, fields: &[(&str, &str)]) -> Reply {
    send(site, path, &form_of(&see(site, "/raise"), fields))
}

fn deeds(site: &Site) -> Vec<Deed> {
    site.desk.deeds.lock().unwrap().clone()
}

const S1: &str = "ledger@2026/s1";

#[test]
fn what_is_decided_reaches_the_desk_as_it_was_meant() {
    let site = site_of("office@b");
    let until = date(2026, 6, 20);
    let by = "王建国".to_owned();
    let cases = [
        (vec![("act", "waive"), ("note", "已并入别项")], Act::Waive),
        (vec![("act", "return"), ("note", "缺记录")], Act::Return),
        (vec![("act", "refuse"), ("note", "不同意")], Act::Refuse),
        (vec![("act", "grant")], Act::Grant { until: None }),
        (
            vec![("act", "grant"), ("until", "2026-06-20")],
            Act::Grant { until: Some(until) },
        ),
        (
            vec![("act", "extend"), ("until", "2026-06-20")],
            Act::Extend { until },
        ),
        (
            vec![("act", "done"), ("by", "王建国")],
            Act::Answer {
                said: Answer::Done,
                by,
                until: None,
            },
        ),
    ];
    for (fields, act) in cases {
        let fields = [
            vec![("duty", S1), ("duty", "drill@2026-05/s1"), ("duty", S1)],
            fields,
        ]
        .concat();
        let reply = press(&site, "/act", &fields);
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.says("已办&lt;b&gt;");
        let Some(Deed::OfDuties {
            duties, act: found, ..
        }) = deeds(&site).pop()
        else {
            panic!("no deed");
        };
        assert_eq!(found, act);
        let duties: Vec<_> = duties.iter().map(ToString::to_string).collect();
        assert_eq!(duties, ["drill@2026-05/s1", S1], "each once");
    }
    let fields = [
        ("now", "yes"),
        ("audience", "school"),
        ("title", "台风红色预警"),
        ("note", "停课"),
    ];
    assert_eq!(press(&site, "/raise", &fields).status, 200);
    let Some(Deed::Raise { raise, note }) = deeds(&site).pop() else {
        panic!("no deed");
    };
    assert_eq!(
        (raise.task, raise.alert, note.as_str()),
        (None, true, "停课")
    );
    assert_eq!(raise.whom, Whom::Audience("school".to_owned()));
    for (chosen, whom) in [
        (
            &[("audience", "primary"), ("tag", "mountain")][..],
            "primary & mountain",
        ),
        (&[("tag", "mountain")], "mountain"),
        (
            &[("audience", "school"), ("town", "t1")],
            "school & town:t1",
        ),
    ] {
        let fields = [&[("now", "yes"), ("title", "台风")], chosen].concat();
        press(&site, "/raise", &fields);
        let raised = deeds(&site).pop();
        let Some(Deed::Raise { raise, .. }) = raised else {
            panic!("no deed");
        };
        assert_eq!(raise.whom, Whom::Audience(whom.to_owned()));
    }
}

#[test]
fn what_was_typed_is_there_again_when_it_is_refused() {
    let site = site_of("office@b");
    let typed = [
        ("tag", "boarding"),
        ("title", "<台风>"),
        ("due", "2026-05-08"),
        ("note", "停课"),
    ];
    let reply = press(&site, "/raise", &typed);
    assert_eq!(reply.status, 422);
    reply.says("没有发起：请选一项任务；没有合适的任务时，只能发紧急通知。");
    for kept in [
        "value=\"&lt;台风&gt;\"",
        "value=\"2026-05-08\"",
        "maxlength=\"500\">停课</textarea>",
    ] {
        reply.says(kept);
    }
    assert!(deeds(&site).is_empty());
}

#[test]
fn what_is_not_meant_is_refused_with_a_word_and_nothing_recorded() {
    let site = site_of("office@b");
    for (path, fields, words) in [
        ("/act", vec![("act", "waive"), ("note", "x")], "打勾"),
        ("/act", vec![("duty", "一"), ("act", "waive")], "已经过时"),
        ("/act", vec![("duty", S1)], "请选要办什么"),
        ("/act", vec![("duty", S1), ("act", "<b>")], "请选要办什么"),
        ("/act", vec![("duty", S1), ("act", "waive")], "写明理由"),
        ("/act", vec![("duty", S1), ("act", "extend")], "延到哪一天"),
        (
            "/act",
            vec![("duty", S1), ("act", "extend"), ("until", "x")],
            "看不懂这个日期",
        ),
        (
            "/act",
            vec![("duty", S1), ("act", "done")],
            "学校里是谁说的",
        ),
        (
            "/act",
            vec![("duty", S1), ("act", "grant"), ("note", "一\u{202e}")],
            "特殊字符",
        ),
        ("/raise", vec![("now", "yes"), ("title", "台风")], "发给谁"),
        (
            "/raise",
            vec![("unit", "s1"), ("audience", "school"), ("now", "yes")],
            "都不要再选",
        ),
        ("/raise", vec![("unit", "s1")], "只能发紧急通知"),
    ] {
        let reply = press(&site, path, &fields);
        assert_eq!(reply.status, 422, "{fields:?}");
        reply.says(words);
    }
    // Without the token of its own session a form is nobody's.
    let headers = format!("{FORM}{}", cookie("schoolbell_session", SECRET));
    for path in ["/act", "/raise", "/hold"] {
        for token in ["", "csrf=x&"] {
            let body = format!("{token}{}", encode(&[("duty", S1), ("act", "grant")]));
            assert_eq!(
                site.ask("POST", path, &headers, &body).status,
                403,
                "{path}"
            );
        }
    }
    // A way back that leads elsewhere leads home.
    for back in [
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "/\n/evil.example/",
        "\u{b}//evil.example/",
    ] {
        let fields = [("duty", S1), ("act", "grant"), ("back", back)];
        let reply = press(&site, "/act", &fields);
        reply.says("href=\"/\">返回");
        reply.does_not_say("evil.example");
    }
    assert_eq!(deeds(&site).len(), 5);
}

/// Reloaded, pressed twice or pressed again after an error page, a form of one page is recorded once.
#[test]
fn a_press_is_recorded_once_however_often_it_is_sent() {
    let site = site_of("office@b");
    let alert = [("now", "yes"), ("audience", "school"), ("title", "台风")];
    let told = [("duty", S1), ("act", "done"), ("by", "王建国")];
    for (path, fields) in [("/raise", &alert[..]), ("/act", &told)] {
        let before = deeds(&site).len();
        let page = see(&site, "/raise");
        let body = form_of(&page, fields);
        let first = send(&site, path, &body);
        for _ in 0..3 {
            let again = send(&site, path, &body);
            assert_eq!((again.status, first.status), (200, 200), "{}", again.body);
            again.says("已办&lt;b&gt;");
        }
        assert_eq!(deeds(&site).len(), before + 1, "{path}");
        // Another decision on the same page, and the same on another page, are each their own.
        let other = [fields, &[("note", "第二次")]].concat();
        send(&site, path, &form_of(&page, &other));
        send(&site, path, &form_of(&see(&site, "/raise"), fields));
        assert_eq!(deeds(&site).len(), before + 3, "{path}");
    }
}

/// Where the ledger takes longer than a browser waits, the press goes on; sent again meanwhile it is not made twice.
#[test]
fn what_is_still_being_recorded_is_not_recorded_again() {
    let desk = MemoryDesk::with([letter(1)]);
    desk.open_bureau(bell());
    desk.let_in(SECRET, "office@b");
    let limits = Limits {
        request: Duration::from_secs(2),
        ..Limits::default()
    };
    let site = Site::start(desk, "http://127.0.0.1:8080", limits);
    let fields = [("now", "yes"), ("audience", "school"), ("title", "台风")];
    let body = form_of(&see(&site, "/raise"), &fields);
    let wait = site.desk.deeds_wait.lock().unwrap();
    let late = send(&site, "/raise", &body);
    assert_eq!(late.status, 503);
    late.says("等得太久了");
    let meanwhile = send(&site, "/raise", &body);
    assert_eq!(meanwhile.status, 409);
    meanwhile.says("还在办理");
    // There is no form on it that would be another press.
    meanwhile.does_not_say("name=\"once\"");
    assert_eq!(site.desk.deeds_begun.load(Ordering::SeqCst), 1);
    drop(wait);
    let until = Instant::now() + Duration::from_secs(20);
    let told = loop {
        let told = send(&site, "/raise", &body);
        if told.status != 409 {
            break told;
        }
        assert!(Instant::now() < until, "it never came to its end");
    };
    told.says("已办&lt;b&gt;");
    assert_eq!(deeds(&site).len(), 1);
}

/// What was not recorded may be pressed again on the same page.
#[test]
fn a_full_disk_costs_no_decision() {
    let site = site_of("office@b");
    let fields = [("duty", S1), ("act", "waive"), ("note", "合并办理")];
    let body = form_of(&see(&site, "/raise"), &fields);
    site.desk.fail(Fault::Recording(DeskError::StorageFull));
    for _ in 0..2 {
        let full = send(&site, "/act", &body);
        assert_eq!(full.status, 503);
        full.says("磁盘满了");
    }
    site.desk.fail(None);
    assert_eq!(send(&site, "/act", &body).status, 200);
    assert_eq!(deeds(&site).len(), 1);
}

#[test]
fn each_form_is_of_its_own_page_and_an_old_one_is_told_so() {
    let site = site_of("office@b");
    for path in ["/raise", "/hold", "/task?id=ledger"] {
        let page = see(&site, path);
        let once = hidden(&page, "once");
        assert!(once.len() >= 43, "256 bits: {once}");
        assert_ne!(once, hidden(&see(&site, path), "once"));
        let forms = page.body.matches("method=\"post\"").count();
        // To leave is the same however often.
        assert_eq!(
            page.body.matches("name=\"once\"").count(),
            forms - 1,
            "{path}"
        );
    }
    let page = see(&site, "/raise");
    for path in ["/act", "/raise", "/hold"] {
        for once in [&[][..], &[("once", "")]] {
            let mut fields = vec![
                ("csrf", hidden(&page, "csrf")),
                ("duty", S1),
                ("act", "grant"),
            ];
            fields.extend(once);
            let reply = send(&site, path, &encode(&fields));
            assert_eq!(reply.status, 422);
            reply.says("这一页已经过时");
        }
    }
    assert_eq!(deeds(&site), []);
}

/// The forms say which request was shown, and the desk hears it.
#[test]
fn a_decision_is_on_the_request_that_was_shown() {
    let desk = MemoryDesk::with([letter(1)]);
    let mut bell = bell();
    bell.run("2026-05-05 09:10 trouble ledger@2026/s1 safety@s1");
    desk.open_bureau(bell);
    let site = Site::of(desk);
    site.desk.let_in(SECRET, "office@b");
    for path in ["/requests", "/task?id=ledger"] {
        let page = see(&site, path);
        assert_eq!(
            hidden(&page, "asked"),
            format!("1 {S1}"),
            "after `received`"
        );
        let fields = [
            ("asked", hidden(&page, "asked")),
            ("duty", S1),
            ("act", "grant"),
        ];
        assert_eq!(send(&site, "/act", &form_of(&page, &fields)).status, 200);
        let Some(Deed::OfDuties { shown, .. }) = deeds(&site).pop() else {
            panic!("no deed");
        };
        assert_eq!(shown, [(S1.parse().unwrap(), 1)].into());
    }
    for odd in ["", "1", "x ledger@2026/s1", "1 ledger", "-1 ledger@2026/s1"] {
        let fields = [("asked", odd), ("duty", S1), ("act", "grant")];
        let reply = press(&site, "/act", &fields);
        assert_eq!(reply.status, 422, "{odd:?}");
        reply.says("这一页已经过时");
    }
    assert_eq!(deeds(&site).len(), 2);
}

/// Whoever is refused comes back to the units they had picked out.
#[test]
fn the_way_back_keeps_the_filters() {
    let site = site_of("office@b");
    let page = see(&site, "/task?id=ledger&town=t1&stand=overdue");
    let back = "/task?id=ledger&amp;period=2026&amp;town=t1&amp;stand=overdue";
    assert_eq!(hidden(&page, "back"), back);
    let fields = [("back", "/task?id=ledger&period=2026&town=t1&stand=overdue")];
    press(&site, "/act", &fields).says(&format!("href=\"{back}\">返回"));
    let page = see(&site, "/task?id=ledger");
    assert!(hidden(&page, "back").ends_with("&amp;town=all&amp;stand=all"));
}

#[test]
fn a_town_decides_nothing() {
    let site = site_of("safety@t1");
    for path in ["/raise", "/hold"] {
        assert_eq!(see(&site, path).status, 403);
    }
    let home = see(&site, "/");
    for path in ["/act", "/raise", "/hold"] {
        let fields = [
            ("csrf", hidden(&home, "csrf")),
            ("once", "1"),
            ("duty", S1),
            ("act", "grant"),
        ];
        assert_eq!(send(&site, path, &encode(&fields)).status, 403, "{path}");
    }
    assert_eq!(deeds(&site), []);
    see(&site, "/task?id=ledger").does_not_say("办理");
}

#[test]
fn what_is_held_is_shown_before_it_is_let_go() {
    let site = site_of("office@b");
    let page = see(&site, "/hold");
    page.says("要发 21 封信，345 条通知");
    page.says("改动以后&lt;b&gt;");
    page.says("value=\"2026-05-05/b1946ac9\"");
    press(&site, "/hold", &[("shown", "2026-05-05/b1946ac9")]);
    let released = Deed::Release {
        shown: "2026-05-05/b1946ac9".to_owned(),
        note: String::new(),
    };
    assert_eq!(deeds(&site), [released]);
}

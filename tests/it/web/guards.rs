//! What stands around every route: methods, limits, headers, links that open nothing.

use std::io::{Read as _, Write as _};
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::civil::date;
use schoolbell::core::state::Filed;
use schoolbell::link::{Claim, LinkKeys};
use schoolbell::web::{AskedLink, Desk as _, Limits, Route};

use super::boards::{bell, board_of_may};
use super::desk::{FILE, Fault, KEY, MemoryDesk, TODAY, digest_of, item, letter};
use super::site::{FORM, Reply, Site, board_of, encode, page_of, sign_in_of};

const DRILL: &str = "evacuation-drill-monthly@2026-05/s001";
const OTHER_KEY: &str = "k2:ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

fn desk() -> std::sync::Arc<MemoryDesk> {
    let mut content = letter(1);
    let mut drill = item(DRILL, "每月应急疏散演练");
    drill.files.push(Filed {
        at: jiff::Timestamp::UNIX_EPOCH,
        digest: FILE.to_owned(),
        name: "演练照片.jpg".to_owned(),
        bytes: 11,
        by: "王建国".to_owned(),
    });
    content.items.push(drill);
    let desk = MemoryDesk::with([content]);
    desk.put_up(board_of_may());
    desk.open_bureau(bell());
    desk.let_in(SECRET, "office@b");
    let asked = AskedLink {
        address: "office@b".to_owned(),
        browser: digest_of(BROWSER),
        network: std::net::Ipv4Addr::LOCALHOST.into(),
        is_known: false,
    };
    desk.mail_link(&asked).expect("a desk in memory");
    desk
}

/// What the browser of somebody holds who is signed in, and asked for a link once more.
const SECRET: &str = "what-the-session-is-known-by";
const BROWSER: &str = "what-the-browser-is-known-by";

/// A form, with all that such a browser sends along.
fn signed_in() -> String {
    format!("{FORM}Cookie: schoolbell_session={SECRET}; schoolbell_browser={BROWSER}\r\n")
}

fn site() -> Site {
    Site::of(desk())
}

fn body() -> String {
    encode(&[("duty", DRILL), ("answer", "done"), ("by", "王建国")])
}

/// The paths of all routes, with a good token where one is named.
fn all_paths() -> Vec<(Route, String)> {
    let path = |route: Route| {
        let link = match route {
            Route::Board | Route::Feed => board_of("s1"),
            Route::Enter => sign_in_of(1),
            _ => page_of(1),
        };
        let (_, token) = link.rsplit_once('/').expect("a link ends in a token");
        let path = route.path().replace("{token}", token);
        let query = if route == Route::Task {
            "?id=drill"
        } else {
            ""
        };
        let path = path.replace("{unit}", "s1").replace("{digest}", FILE);
        // The month that is over on the day of these tests.
        let path = path.replace("{period}", "2026-04");
        (route, path + query)
    };
    Route::ALL.into_iter().map(path).collect()
}

#[test]
fn looking_changes_nothing_on_any_route() {
    // More than a person looks: nothing is to be refused for that.
    let limits = Limits {
        per_link: 100_000,
        per_session: 100_000,
        per_address: 100_000,
        ..Limits::default()
    };
    let site = Site::start(desk(), "http://127.0.0.1:8080", limits);
    for (route, path) in all_paths() {
        for _ in 0..50 {
            for method in ["GET", "HEAD", "OPTIONS"] {
                if !route.allow().contains(method) {
                    continue;
                }
                // As a scanner does that follows a form's target with everything in the address and the body.
                let and = if path.contains('?') { '&' } else { '?' };
                let all = format!("{path}{and}{}", body());
                let reply = site.ask(method, &all, &signed_in(), &body());
                assert!(reply.status < 300, "{method} {route:?}: {}", reply.status);
                assert_eq!(reply.header("set-cookie"), None);
                assert!(method == "GET" || reply.body.is_empty());
            }
        }
    }
    assert_eq!(site.desk.asked_to_record.load(Ordering::SeqCst), 0);
    assert!(
        site.desk
            .knows_link(1, &digest_of(BROWSER))
            .expect("a desk in memory")
    );
    assert!(
        site.desk
            .officer(&digest_of(SECRET))
            .expect("a desk in memory")
            .is_some()
    );
}

/// What only officers see is shown to nobody else, not even as a sign that it is there.
#[test]
fn without_a_session_there_is_only_the_way_in() {
    let site = site();
    let wrong = "Cookie: schoolbell_session=of-somebody-else\r\n";
    for (route, path) in all_paths() {
        if !route.is_for_officers() {
            continue;
        }
        for (method, headers) in [("GET", ""), ("GET", wrong), ("POST", FORM), ("POST", wrong)] {
            if !route.allow().contains(method) {
                continue;
            }
            let reply = site.ask(method, &path, headers, "");
            assert_eq!(reply.status, 401, "{method} {route:?}");
            reply.says("把登录链接寄给我");
            reply.does_not_say("浒山小学");
        }
    }
}

#[test]
fn other_methods_are_refused_with_the_ones_allowed() {
    let site = site();
    for (route, path) in all_paths() {
        for method in ["PUT", "DELETE", "PATCH", "TRACE", "BREW", "POST"] {
            if route.allow().contains(method) {
                continue;
            }
            let reply = site.ask(method, &path, FORM, &body());
            assert_eq!(reply.status, 405, "{method} {path}");
            assert_eq!(reply.header("allow"), Some(route.allow()));
            reply.says("不能这样打开");
        }
        assert_eq!(
            site.ask("OPTIONS", &path, "", "").header("allow"),
            Some(route.allow())
        );
    }
    assert_eq!(site.desk.recorded(), []);
}

#[track_caller]
fn hardened(reply: &Reply) {
    let policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    assert_eq!(reply.header("content-security-policy"), Some(policy));
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("x-robots-tag"), Some("noindex, nofollow"));
}

#[test]
fn every_answer_is_hardened() {
    let site = site();
    for (route, path) in all_paths() {
        for method in ["GET", "HEAD", "OPTIONS", "DELETE"] {
            let reply = site.ask(method, &path, &signed_in(), "");
            hardened(&reply);
            let kept = route == Route::Style && (method == "GET" || method == "HEAD");
            assert_eq!(
                reply.header("cache-control") != Some("no-store"),
                kept,
                "{method} {path}"
            );
        }
    }
    hardened(&site.get("/l/x"));
    hardened(&site.get("/u/x"));
    hardened(&site.get("/u/x.ics"));
    hardened(&site.get("/nowhere"));
    hardened(&site.ask("POST", &page_of(1), FORM, &body()));
    hardened(&site.ask("POST", &page_of(1), FORM, &"x".repeat(20_000)));
    site.desk.fail(Fault::ReadingPanics);
    hardened(&site.get(&page_of(1)));
}

#[test]
fn a_link_that_opens_nothing_says_whom_to_call() {
    let site = site();
    let keys = LinkKeys::from_text(KEY).expect("a key");
    let others = LinkKeys::from_text(OTHER_KEY).expect("a key");
    let named_alike = LinkKeys::from_text(&OTHER_KEY.replace("k2", "k1")).expect("a key");
    let june = date(2026, 6, 1);
    let good = keys.sign(&Claim::Letter(1), june);
    for token in [
        "x".to_owned(),
        "%FF%FE".to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{good}="),
        others.sign(&Claim::Letter(1), june),
        named_alike.sign(&Claim::Letter(1), june),
        keys.sign(&Claim::Unit("s001".into()), june),
        keys.sign(&Claim::Letter(2), june),
    ] {
        for method in ["GET", "POST"] {
            let reply = site.ask(method, &format!("/l/{token}"), FORM, &body());
            assert!(reply.status == 404, "{token}: {}", reply.status);
            reply.says("0574-63920000");
            reply.does_not_say("浒山小学");
        }
    }
    let stale = keys.sign(&Claim::Letter(1), date(2026, 5, 4));
    for method in ["GET", "POST"] {
        let reply = site.ask(method, &format!("/l/{stale}"), FORM, &body());
        assert_eq!(reply.status, 410);
        reply.says("已经过期");
        reply.does_not_say("浒山小学");
    }
    assert_eq!(
        site.get(&format!("/l/{}", keys.sign(&Claim::Letter(1), TODAY)))
            .status,
        200
    );
    assert_eq!(site.desk.recorded(), []);
}

#[test]
fn a_rotated_key_opens_old_links_until_it_is_taken_away() {
    let site = site();
    site.desk.rekey(&format!("{OTHER_KEY}\n{KEY}"));
    let board = board_of("s1");
    assert_eq!(site.get(&page_of(1)).status, 200);
    assert_eq!(site.get(&board).status, 200);
    site.desk.rekey(OTHER_KEY);
    assert_eq!(site.get(&page_of(1)).status, 404);
    assert_eq!(site.get(&board).status, 404);
    assert_eq!(site.get(&format!("{board}.ics")).status, 404);
}

#[test]
fn a_form_from_another_site_is_refused() {
    let site = site();
    let reply = site.ask(
        "POST",
        &page_of(1),
        &format!("{FORM}Sec-Fetch-Site: cross-site\r\n"),
        &body(),
    );
    assert_eq!((reply.status, site.desk.recorded().len()), (403, 0));
    reply.says("这一页已经过时，或者是从别的网站发来的");
    // A link in a letter read in a browser comes from another site too: looking stays free.
    assert_eq!(
        site.ask("GET", &page_of(1), "Sec-Fetch-Site: cross-site\r\n", "")
            .status,
        200
    );
    // Over plain http a browser says only that it may not say where a form comes from.
    let null = format!("{FORM}Origin: null\r\n");
    assert_eq!(site.ask("POST", &page_of(1), &null, &body()).status, 303);
    for (from, status) in [
        ("Origin: http://127.0.0.1:8080", 303),
        ("Origin: http://bell.example", 303),
        ("Origin: http://evil.example", 403),
        ("Sec-Fetch-Site: same-site", 403),
        ("Sec-Fetch-Site: cross-site\r\nOrigin: null", 403),
    ] {
        let headers = format!("{FORM}{from}\r\n");
        let reply = site.ask("POST", &page_of(1), &headers, &body());
        assert_eq!(reply.status, status, "{from}");
    }
    for from in ["same-origin", "none"] {
        let reply = site.ask(
            "POST",
            &page_of(1),
            &format!("{FORM}Sec-Fetch-Site: {from}\r\n"),
            &body(),
        );
        assert_eq!(reply.status, 303);
    }
}

/// A form without files is as short as ever, though the route takes files.
#[test]
fn a_body_too_large_is_refused_with_and_without_its_length() {
    let site = site();
    let note = "note=".to_owned() + &"x".repeat(16 * 1024);
    for path in ["/sign-in", "/sign-out", "/raise", "/hold"] {
        let reply = site.ask("POST", path, &signed_in(), &note);
        assert_eq!(reply.status, 413, "{path}");
    }
    let reply = site.ask("POST", &page_of(1), FORM, &note);
    assert_eq!(reply.status, 413);
    reply.says("内容太长");
    let mut stream = site.connect();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n",
        page_of(1)
    );
    let chunk = format!("{:x}\r\n{note}\r\n0\r\n\r\n", note.len());
    stream
        .write_all((head + &chunk).as_bytes())
        .expect("it is taken");
    let mut reply = [0; 12];
    stream.read_exact(&mut reply).expect("an answer");
    assert_eq!(&reply, b"HTTP/1.1 413");
    assert_eq!(site.desk.recorded(), []);
}

#[test]
fn a_body_of_another_kind_is_refused() {
    let site = site();
    let json = "Content-Type: application/json\r\n";
    let reply = site.ask("POST", &page_of(1), json, "{\"answer\":\"done\"}");
    assert_eq!((reply.status, site.desk.recorded().len()), (415, 0));
    reply.says("没有看懂");
}

#[test]
fn slow_headers_are_cut_off() {
    let limits = Limits {
        head: Duration::from_millis(50),
        ..Limits::default()
    };
    let site = Site::start(desk(), "http://127.0.0.1:8080", limits);
    for begun in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n"] {
        let mut stream = site.connect();
        stream.write_all(begun.as_bytes()).expect("it is taken");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("the site hangs up");
        assert!(
            rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"),
            "{rest:?}"
        );
    }
}

#[test]
fn a_slow_body_and_a_slow_desk_are_waited_for_no_longer_than_allowed() {
    let limits = Limits {
        request: Duration::from_millis(50),
        ..Limits::default()
    };
    let site = Site::start(desk(), "http://127.0.0.1:8080", limits);
    site.desk.fail(Fault::RecordingHangs);
    let reply = site.ask("POST", &page_of(1), FORM, &body());
    assert_eq!(reply.status, 503);
    reply.says("先看看有没有记下");
    let mut stream = site.connect();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\n{FORM}Content-Length: 99\r\n\r\nduty=",
        page_of(1)
    );
    stream.write_all(head.as_bytes()).expect("it is taken");
    let mut reply = [0; 12];
    stream.read_exact(&mut reply).expect("an answer");
    assert_eq!(&reply, b"HTTP/1.1 503");
}

#[test]
fn a_panic_is_one_plain_page_and_the_site_goes_on() {
    let site = site();
    site.desk.fail(Fault::ReadingPanics);
    let reading = site.get(&page_of(1));
    site.desk.fail(Fault::RecordingPanics);
    let recording = site.ask("POST", &page_of(1), FORM, &body());
    for reply in [reading, recording] {
        assert_eq!(reply.status, 500);
        reply.says("服务器出了故障");
        reply.does_not_say("panic");
    }
    site.desk.fail(None);
    assert_eq!(site.ask("POST", &page_of(1), FORM, &body()).status, 303);
}

#[test]
fn a_forged_host_is_seen_nowhere() {
    let site = site();
    for (method, path) in [
        ("GET", page_of(1)),
        ("POST", page_of(1)),
        ("GET", "/".to_owned()),
    ] {
        let forged =
            format!("{FORM}X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n");
        let reply = site.ask(method, &path, &forged, &body());
        for host in ["evil.example", "bell.example", "Secure"] {
            reply.does_not_say(host);
            assert!(!reply.head.contains(host), "{}", reply.head);
        }
    }
}

#[test]
fn stopping_finishes_what_was_begun() {
    let site = site();
    let idle = site.connect();
    let mut begun = site.connect();
    begun
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .expect("it is taken");
    let mut first = [0; 12];
    begun.read_exact(&mut first).expect("an answer");
    let address = site.address;
    site.stop();
    let mut rest = Vec::new();
    begun.read_to_end(&mut rest).expect("a clean end");
    assert!(rest.ends_with(b"</html>"), "the page is whole");
    drop(idle);
    assert!(std::net::TcpStream::connect(address).is_err());
}

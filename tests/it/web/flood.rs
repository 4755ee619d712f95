//! More requests than people send: who sends them is told to wait, and nobody else feels it.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::date;
use schoolbell::link::{Claim, LinkKeys};
use schoolbell::web::Limits;

use super::boards::bell;
use super::desk::{KEY, MemoryDesk, item, letter};
use super::site::{FORM, Reply, Site, encode, page_of};

const SECRET: &str = "what-the-session-is-known-by";

/// So many schools have a letter each.
const SCHOOLS: u64 = 1000;

fn duty(school: u64) -> String {
    format!("evacuation-drill-monthly@2026-05/s{school:04}")
}

fn site() -> Site {
    let letters = (1..=SCHOOLS).map(|school| {
        let mut content = letter(school);
        content.items.push(item(&duty(school), "每月应急疏散演练"));
        content
    });
    let desk = MemoryDesk::with(letters);
    desk.open_bureau(bell());
    desk.let_in(SECRET, "office@b");
    Site::of(desk)
}

/// A connection on which request follows request, as from a proxy, and a new one where it was closed.
struct Line<'s> {
    site: &'s Site,
    reader: BufReader<TcpStream>,
}

impl<'s> Line<'s> {
    fn to(site: &'s Site) -> Self {
        let reader = BufReader::new(site.connect());
        Self { site, reader }
    }

    fn ask(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: bell.example\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        let stream = self.reader.get_mut();
        stream.write_all(request.as_bytes()).expect("it is taken");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(
                self.reader.read_line(&mut head).expect("a line"),
                0,
                "{head}"
            );
        }
        let mut reply = Reply::parse(&head);
        let length = reply
            .header("content-length")
            .map_or(0, |length| length.parse().expect("a number of bytes"));
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).expect("the whole body");
        reply.body = String::from_utf8(body).expect("a page");
        if reply.header("connection") == Some("close") {
            self.reader = BufReader::new(self.site.connect());
        }
        reply
    }

    fn get(&mut self, path: &str, headers: &str) -> u16 {
        self.ask("GET", path, headers, "").status
    }

    fn press(&mut self, school: u64, headers: &str) -> Reply {
        let duty = duty(school);
        let body = encode(&[("duty", &duty), ("answer", "done"), ("by", "王建国")]);
        self.ask("POST", &page_of(school), &format!("{FORM}{headers}"), &body)
    }
}

fn from(address: &str) -> String {
    format!("X-Forwarded-For: 10.9.9.9, {address}\r\n")
}

/// Asks until it is refused; the refusal.
#[track_caller]
fn until_refused(most: u32, mut ask: impl FnMut() -> Reply) -> Reply {
    for _ in 0..most {
        let reply = ask();
        if reply.status == 429 {
            return reply;
        }
    }
    panic!("not refused in {most} requests");
}

#[track_caller]
fn tells_what_to_do(reply: &Reply) {
    reply.says("请等一分钟");
    reply.says("以前记下的都在，一样也没有丢");
    reply.says("再刷新这一页");
    reply.says("0574-63920000");
    let wait = reply
        .header("retry-after")
        .and_then(|text| text.parse().ok());
    assert!(wait.is_some_and(|seconds: u64| (1..=60).contains(&seconds)));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(reply.header("content-security-policy").is_some());
}

/// What a machine that has one link can do is bounded, from however many addresses it comes; the next letter's reader, an
/// officer and a monitor feel nothing of it.
#[test]
fn one_link_is_limited_and_no_other() {
    let site = site();
    let mut line = Line::to(&site);
    let mut number = 0;
    // The bucket fills up again meanwhile, four looks a second.
    let refused = until_refused(20_000, || {
        number += 1;
        let from = from(&format!("198.51.{}.{}", number / 250, number % 250));
        line.press(1, &from)
    });
    tells_what_to_do(&refused);
    assert!(number > 60, "a person presses so often: {number}");
    assert_eq!(line.press(2, "").status, 303);
    assert_eq!(line.get("/healthz", ""), 200);
    // The same letter under a token of another day is the same letter.
    let keys = LinkKeys::from_text(KEY).expect("a key");
    let other = format!("/l/{}", keys.sign(&Claim::Letter(1), date(2026, 6, 2)));
    let refused = until_refused(20_000, || line.ask("GET", &other, "", ""));
    tells_what_to_do(&refused);
    // Counted where a monitor sees it, and nobody's name with it.
    let metrics = line.ask("GET", "/metrics", "", "").body;
    let counted = metrics.lines().find_map(|line| {
        line.strip_prefix("schoolbell_requests_refused_total ")?
            .parse::<u64>()
            .ok()
    });
    assert_eq!(counted, Some(2), "{metrics}");
}

/// Guessed tokens, the way in, cookies that were made up: by one address.
#[test]
fn strangers_are_limited_by_their_address() {
    let site = site();
    let mut line = Line::to(&site);
    let flood = from("203.0.113.66");
    let mut number = 0;
    let refused = until_refused(20_000, || {
        number += 1;
        match number % 3 {
            0 => line.ask("GET", &format!("/l/guess{number}"), &flood, ""),
            1 => line.ask("GET", "/", &flood, ""),
            _ => {
                let cookie = format!("{flood}Cookie: schoolbell_session=guess{number}\r\n");
                line.ask("GET", "/year", &cookie, "")
            }
        }
    });
    tells_what_to_do(&refused);
    assert!(number > 600, "{number}");
    let asked = encode(&[("address", "office@b")]);
    let ask = |line: &mut Line, from: &str| {
        line.ask("POST", "/sign-in", &format!("{FORM}{from}"), &asked)
    };
    assert_eq!(ask(&mut line, &flood).status, 429);
    assert!(site.desk.asked_links.lock().expect("no panic").is_empty());
    // What it writes before the address that the proxy adds makes it nobody else; its neighbour is somebody else.
    let forged = "X-Forwarded-For: 198.51.100.1, 203.0.113.66\r\n";
    until_refused(20, || ask(&mut line, forged));
    assert_eq!(ask(&mut line, &from("203.0.113.67")).status, 200);
    // Behind the same address a school answers, an officer who is in goes on, and a monitor sees that all is well.
    assert_eq!(line.press(3, &flood).status, 303);
    assert_eq!(line.get(&page_of(3), &flood), 200);
    let inside = format!("Cookie: schoolbell_session={SECRET}\r\n");
    assert_eq!(
        line.get("/year", &format!("{inside}{}", from("203.0.113.68"))),
        200
    );
    for path in ["/year", "/", "/requests", "/settings"] {
        assert_eq!(line.get(path, &format!("{inside}{flood}")), 200, "{path}");
    }
    for path in ["/healthz", "/metrics", "/style.css"] {
        assert_eq!(line.get(path, &flood), 200, "{path}");
    }
}

/// A whole city at eight: one address for all, as behind one gateway or a proxy that tells of none.
#[test]
fn a_thousand_schools_answer_behind_one_address() {
    let site = Arc::new(site());
    let each = SCHOOLS / 4;
    let schools = (0..4).map(|part| {
        let site = Arc::clone(&site);
        std::thread::spawn(move || {
            let mut line = Line::to(&site);
            let city = from("203.0.113.1");
            for school in part * each + 1..=(part + 1) * each {
                assert_eq!(line.get(&page_of(school), &city), 200);
                assert_eq!(line.get("/style.css", &city), 200);
                assert_eq!(line.press(school, &city).status, 303);
                assert_eq!(line.get(&page_of(school), &city), 200);
            }
        })
    });
    for school in schools.collect::<Vec<_>>() {
        school.join().expect("every school is served");
    }
    assert_eq!(site.desk.recorded().len() as u64, SCHOOLS);
}

/// As many connections as there are places, from one address: most are closed at once, and others are served.
#[test]
fn one_address_does_not_take_all_connections() {
    let limits = Limits {
        connections: 8,
        connections_per_address: 4,
        ..Limits::default()
    };
    let desk = MemoryDesk::with([letter(1)]);
    let site = Site::start(desk, "http://127.0.0.1:8080", limits);
    let crowd: Vec<TcpStream> = (0..8).map(|_| site.connect_from("127.0.0.2")).collect();
    for from in ["127.0.0.3", "127.0.0.1"] {
        let mut other = site.connect_from(from);
        let asked =
            other.write_all(b"GET /healthz HTTP/1.1\r\nHost: bell\r\nConnection: close\r\n\r\n");
        asked.expect("it is taken");
        let mut reply = String::new();
        other.read_to_string(&mut reply).expect("an answer");
        assert!(reply.starts_with("HTTP/1.1 200"), "{from}: {reply}");
    }
    let is_open = |stream: &TcpStream| {
        let moment = Duration::from_millis(100);
        stream.set_read_timeout(Some(moment)).expect("a time-out");
        let end = stream.peek(&mut [0]);
        end.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    };
    assert_eq!(crowd.iter().filter(|stream| is_open(stream)).count(), 4);
}

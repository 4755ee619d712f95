//! Answers with files: how many, how large, how many at a time.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use schoolbell::web::Limits;

use super::desk::{MemoryDesk, item, letter};
use super::site::{Reply, Site, page_of};

const DRILL: &str = "evacuation-drill-monthly@2026-05/s001";

/// How long a press waits that gets no turn; one that has its turn is answered at once.
const MOMENT: Duration = Duration::from_millis(400);

const MEGABYTE: usize = 1024 * 1024;

fn site() -> Site {
    Site::of(desk())
}

/// Five letters of five units, and a sixth of the first one's.
fn desk() -> Arc<MemoryDesk> {
    let letters = (1..=6).map(|no| {
        let mut content = letter(no);
        content.unit = Some(
            format!("s00{}", if no == 6 { 1 } else { no })
                .as_str()
                .into(),
        );
        content.items.push(item(DRILL, "每月应急疏散演练"));
        content
    });
    MemoryDesk::with(letters)
}

/// A part of a form: its name, its file's name if it is one, what is in it.
type Part<'a> = (&'a str, Option<&'a str>, Vec<u8>);

fn plain<'a>(name: &'a str, value: &str) -> Part<'a> {
    (name, None, value.as_bytes().to_vec())
}

fn file(name: &str, bytes: usize) -> Part<'_> {
    ("files", Some(name), vec![b'x'; bytes])
}

/// A press of `done` with these parts beside it.
fn body(more: Vec<Part<'_>>) -> Vec<u8> {
    let mut parts = vec![
        plain("duty", DRILL),
        plain("by", "王建国"),
        plain("note", ""),
        plain("answer", "done"),
    ];
    parts.extend(more);
    let mut body = Vec::new();
    for (name, file, bytes) in parts {
        let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\""));
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend(head.bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--b--\r\n");
    body
}

/// Sends so many bytes of a press on a connection of its own.
fn begin(site: &Site, body: &[u8], bytes: usize) -> TcpStream {
    begin_of(site, 1, body, bytes)
}

/// The same by the link in another letter.
fn begin_of(site: &Site, letter: u64, body: &[u8], bytes: usize) -> TcpStream {
    let mut stream = site.connect();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: bell.example\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: multipart/form-data; boundary=b\r\n\r\n",
        page_of(letter),
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("it is taken");
    // A press that is refused early may not be read to its end.
    let _ = stream.write_all(&body[..bytes]);
    stream
}

fn answer(mut stream: TcpStream) -> Reply {
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    Reply::parse(&String::from_utf8_lossy(&reply))
}

fn send(site: &Site, body: &[u8]) -> Reply {
    answer(begin(site, body, body.len()))
}

#[test]
fn three_files_are_taken_and_a_fourth_is_not() {
    let site = site();
    let files = |count| (0..count).map(|_| file("照片.jpg", 9)).collect();
    assert_eq!(send(&site, &body(files(3))).status, 303);
    assert_eq!(site.desk.recorded()[0].files.len(), 3);
    let fourth = send(&site, &body(files(4)));
    assert_eq!(fourth.status, 422);
    fourth.says("一次最多传 3 个文件。选好的材料没有传上，请重新选。");
    assert_eq!(site.desk.recorded().len(), 1);
}

#[test]
fn a_file_may_have_ten_megabytes_and_not_a_byte_more() {
    let site = site();
    let most = send(&site, &body(vec![file("照片.jpg", 10 * MEGABYTE)]));
    assert_eq!(most.status, 303);
    assert_eq!(site.desk.recorded()[0].files[0].bytes.len(), 10 * MEGABYTE);
    let more = send(&site, &body(vec![file("照片.jpg", 10 * MEGABYTE + 1)]));
    assert_eq!(more.status, 422);
    more.says("一个文件最多 10 MB，请压缩后再传。选好的材料没有传上，请重新选。");
    let whole = send(
        &site,
        &body((0..4).map(|_| file("照片.jpg", 8 * MEGABYTE)).collect()),
    );
    assert_eq!(whole.status, 413);
    whole.says("一次最多传 3 个文件，每个 10 MB 以内");
    whole.does_not_say("写短一些");
    assert_eq!(site.desk.recorded().len(), 1);
}

/// Whatever keeps an answer from being recorded, the chosen files are gone from the form, and the page says so.
#[test]
fn lost_files_are_told_with_any_refusal() {
    let site = site();
    let nameless = [plain("by", ""), file("照片.jpg", 9)];
    let refused = send(&site, &body(nameless.to_vec()));
    assert_eq!(refused.status, 422);
    refused.says("请写上您的姓名，再按一次。选好的材料没有传上，请重新选。");
    let without = send(&site, &body(vec![plain("by", ""), file("", 0)]));
    assert_eq!(without.status, 422);
    without.does_not_say("材料没有传上");
    assert_eq!(site.desk.recorded(), []);
}

/// What is no file is as short in all as a form without files, however many fields there are.
#[test]
fn plain_fields_are_short_in_all() {
    let site = site();
    let note = "x".repeat(5000);
    let three = (0..3).map(|_| plain("note", &note)).collect();
    assert_ne!(send(&site, &body(three)).status, 413);
    for parts in [
        (0..4).map(|_| plain("note", &note)).collect(),
        (0..20_000).map(|_| plain("n", "")).collect(),
        vec![plain(&"n".repeat(17_000), "")],
    ] {
        let before = site.desk.asked_to_record.load(Ordering::SeqCst);
        let reply = send(&site, &body(parts));
        assert_eq!(reply.status, 413);
        assert_eq!(site.desk.asked_to_record.load(Ordering::SeqCst), before);
    }
}

/// Whether a press has no answer yet, after a while.
fn waits(stream: &TcpStream) -> bool {
    stream.set_read_timeout(Some(MOMENT)).expect("a time-out");
    let peeked = stream.peek(&mut [0]);
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a time-out");
    peeked.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

/// Whoever holds a link, or several of one unit, takes one place of four by it, however many uploads they begin.
#[test]
fn one_unit_takes_one_place() {
    let site = site();
    let whole = body(vec![file("照片.jpg", 2000)]);
    let mut begun: Vec<TcpStream> = [1, 1, 6, 1, 6]
        .into_iter()
        .map(|letter| begin_of(&site, letter, &whole, whole.len() - 1000))
        .collect();
    // The first has its turn, and not only a connection.
    assert!(waits(&begun[0]));
    for letter in 2..=5 {
        let other = begin_of(&site, letter, &whole, whole.len());
        assert_eq!(answer(other).status, 303, "{letter}");
    }
    let second = begin_of(&site, 6, &whole, whole.len());
    assert!(waits(&second));
    // One after the other.
    for mut stream in begun.drain(..) {
        let rest = &whole[whole.len() - 1000..];
        stream.write_all(rest).expect("it is taken");
    }
    assert_eq!(answer(second).status, 303);
}

/// An upload that stands still is ended, and its place is another's.
#[test]
fn an_upload_that_stands_still_is_ended() {
    let limits = Limits {
        upload_grace: Duration::from_millis(300),
        ..Limits::default()
    };
    let site = Site::start(desk(), "http://127.0.0.1:8080", limits);
    let whole = body(vec![file("照片.jpg", 2000), file("照片二.jpg", 2000)]);
    let between = whole.len() - 2000 - "\r\n--b--\r\n".len() - 60;
    for bytes in [whole.len() - 100, between] {
        let still = begin(&site, &whole, bytes);
        let next = begin(&site, &whole, whole.len());
        let ended = answer(still);
        assert_eq!(ended.status, 503, "{}", ended.body);
        ended.says("等得太久了");
        assert_eq!(answer(next).status, 303);
    }
}

/// Four are read at a time, whatever their files are called; the fifth waits until one is over. Who brings no file waits
/// for nobody.
#[test]
fn a_fifth_upload_waits_for_its_turn() {
    for name in ["照片.jpg", ""] {
        let site = site();
        let whole = body(vec![file(name, 2000)]);
        let mut begun: Vec<TcpStream> = (1..=4)
            .map(|letter| begin_of(&site, letter, &whole, whole.len() - 1000))
            .collect();
        let until = Instant::now() + Duration::from_secs(20);
        // Whether all four have their turn is seen by one that gets none.
        let fifth = loop {
            let stream = begin_of(&site, 5, &whole, whole.len());
            if waits(&stream) {
                break stream;
            }
            assert!(Instant::now() < until, "five at once");
        };
        let without = send(&site, &body(vec![file("", 0)]));
        assert_eq!(without.status, 303, "no file, no turn");
        let mut over = begun.remove(0);
        let rest = &whole[whole.len() - 1000..];
        over.write_all(rest).expect("it is taken");
        assert_eq!(answer(over).status, 303);
        fifth
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a time-out");
        assert_eq!(answer(fifth).status, 303);
    }
}

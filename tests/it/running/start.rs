//! The first start, as a newcomer sees it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use super::house::{House, link, open, press};

const NOW: [&str; 4] = ["--pretend-now", "2026-03-04T07:59:00+08:00", "--speed", "1"];

#[test]
fn the_first_start_shows_what_was_sent_and_a_link_answers() {
    let house = House::new(None);
    let begun = Instant::now();
    let mut daemon = house.start(&NOW);
    let sent = daemon.wait_for("第一次启动");
    assert!(sent.contains("共10封"), "{sent}");
    daemon.wait_for("浒山小学 王建国");
    let page = daemon.wait_for("页面:");
    assert!(
        page.contains(&format!("http://127.0.0.1:{}", house.port)),
        "{page}"
    );
    daemon.wait_for("下一次发信:2026-03-06 08:00");
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );

    house.wait_for_facts("outcome", 10);
    let letters = spooled(&house);
    assert_eq!(letters.len(), 10);
    let mine = letters
        .iter()
        .find(|eml| String::from_utf8_lossy(eml).contains("wang.jianguo@hushan-primary.example"))
        .unwrap();
    let page = link(mine);
    assert!(
        open(&page).contains("春季开学安全自查"),
        "the page shows the duty"
    );
    let duty = "term-start-safety-inspection@2026/s001";
    assert_eq!(press(&page, duty, "done", "王建国"), 303);
    assert!(open(&page).contains("已完成"));
    let answers = house.facts("answer");
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0]["duty"], duty);
    assert_eq!(answers[0]["by"], "王建国");
    let said = daemon.interrupt();
    assert_eq!(said.last().unwrap(), "已停止");

    let mut again = house.start(&NOW);
    again.wait_for("已发过的不会再发");
    again.wait_for("页面:");
    again.interrupt();
    assert_eq!(spooled(&house).len(), 10);
    assert_eq!(house.facts("letter-queued").len(), 10);
}

/// In a file no colours; in the journal each line begins with how grave it is, and `journalctl -p warning` goes by that.
#[test]
fn the_log_is_written_for_where_it_goes() {
    let house = House::new(None);
    let log = house.path("log");
    let read = || fs::read_to_string(&log).unwrap();
    let mut daemon = house.start(&NOW);
    daemon.wait_for("页面:");
    daemon.interrupt();
    let plain = read();
    assert!(
        plain.contains(" INFO ") && !plain.contains(['\u{1b}', '<']),
        "{plain}"
    );

    fs::write(&log, "").unwrap();
    let stream = fs::metadata(&log).unwrap();
    let named = format!("{}:{}", stream.dev(), stream.ino());
    let mut run = house.command(&["run"]);
    let mut daemon = house.serve(run.args(NOW).env("JOURNAL_STREAM", &named));
    daemon.wait_for("页面:");
    house.edit("calendar/04.toml", "[[task]]", "due = 坏了\n[[task]]");
    daemon.hang_up();
    house.wait_for_log("坏了");
    daemon.interrupt();
    let journal = read();
    let graves: BTreeSet<_> = journal.lines().map(|line| line.get(..3)).collect();
    assert_eq!(
        graves,
        BTreeSet::from([Some("<3>"), Some("<6>")]),
        "{journal}"
    );
    let broken = journal.lines().find(|line| line.contains("坏了"));
    assert!(
        broken.is_some_and(|line| line.starts_with("<3>")),
        "{journal}"
    );

    fs::write(&log, "").unwrap();
    let mut run = house.command(&["run"]);
    let mut daemon = house.serve(run.args(NOW).env("JOURNAL_STREAM", &named));
    assert!(!daemon.wait().success(), "the calendar is broken");
    let journal = read();
    assert!(
        journal.lines().all(|line| line.starts_with("<3>")),
        "{journal}"
    );

    // Redirected since: the variable is still there, and means another stream.
    let mut run = house.command(&["run"]);
    let output = run
        .args(NOW)
        .env("JOURNAL_STREAM", &named)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("错误:"));
}

fn spooled(house: &House) -> Vec<Vec<u8>> {
    fs::read_dir(house.path("var/spool"))
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect()
}

#[test]
fn where_nothing_is_open_the_next_date_is_printed() {
    let house = House::new(None);
    for entry in fs::read_dir(house.path("calendar")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !matches!(
            name.as_str(),
            "calendar.toml" | "school-year.toml" | "holidays"
        ) {
            fs::remove_file(path).unwrap();
        }
    }
    let task = "month = 5\n[[task]]\nid = \"drill\"\ntitle = \"疏散演练\"\ndue = \"12日\"\naudience = \"school\"\norigin = \"local\"\n";
    fs::write(house.path("calendar/05.toml"), task).unwrap();
    let mut daemon = house.start(&["--pretend-now", "2026-04-10T09:00:00+08:00", "--speed", "1"]);
    daemon.wait_for("下一次发信:2026-04-28 08:00");
    daemon.interrupt();
    assert!(house.facts("letter-queued").is_empty());
}

#[test]
fn a_second_daemon_is_told_who_holds_the_ledger() {
    let house = House::new(None);
    let mut first = house.start(&NOW);
    first.wait_for("页面:");
    let mut second = house.start(&["--pretend-now", "2026-03-04T07:59:00+08:00"]);
    let status = second.wait();
    assert_eq!(status.code(), Some(1));
    let log = house.log();
    assert!(log.contains("进程"), "{log}");
    first.interrupt();
}

#[test]
fn pretended_and_real_ledgers_are_kept_apart() {
    let house = House::new(None);
    let mut daemon = house.start(&NOW);
    daemon.wait_for("页面:");
    daemon.interrupt();
    let mut real = house.start(&[]);
    assert_eq!(real.wait().code(), Some(1));
    assert_eq!(house.facts("bell-hung").len(), 1);
}

#[test]
fn pretended_letters_never_go_to_real_people() {
    let house = House::new(Some(25));
    house.edit(
        "config/schoolbell.toml",
        "[mail.smtp]",
        "[mail.smtp]\nhost = \"mail.bureau.example\"",
    );
    house.edit(
        "config/schoolbell.toml",
        "tls = \"none\"",
        "tls = \"starttls\"",
    );
    let mut daemon = house.start(&NOW);
    assert_eq!(daemon.wait().code(), Some(1));
    let log = house.log();
    assert!(log.contains("假定时间只能配本机的邮件服务器"), "{log}");
    assert!(!house.path("var").exists(), "nothing was made");
}

#[test]
fn a_pretended_time_reads_no_real_mail() {
    let house = House::new(Some(25));
    fs::write(house.path("imap-password"), "口令").unwrap();
    house.edit(
        "config/schoolbell.toml",
        "[mail.smtp]",
        "[mail.imap]\nhost = \"mail.bureau.example\"\nuser = \"bell@bureau.example\"\npassword_file = \"../imap-password\"\n[mail.smtp]",
    );
    let mut daemon = house.start(&NOW);
    assert_eq!(daemon.wait().code(), Some(1));
    let log = house.log();
    assert!(
        log.contains("假定时间只能配本机的邮箱") && log.contains("mail.bureau.example"),
        "{log}"
    );
    assert!(!house.path("var").exists(), "nothing was made");
}

#[test]
fn for_real_mail_a_missing_key_or_password_is_named() {
    let house = House::new(Some(25));
    house.edit(
        "config/schoolbell.toml",
        "[mail.smtp]",
        "[mail.smtp]\nhost = \"mail.bureau.example\"",
    );
    house.edit(
        "config/schoolbell.toml",
        "tls = \"none\"",
        "tls = \"starttls\"",
    );
    let mut daemon = house.start(&[]);
    assert_eq!(daemon.wait().code(), Some(1));
    let log = house.log();
    assert!(
        log.contains("缺少链接密钥") && log.contains("link-key"),
        "{log}"
    );

    house.edit(
        "config/schoolbell.toml",
        "tls = \"starttls\"",
        "tls = \"starttls\"\nuser = \"bell@bureau.example\"",
    );
    let mut daemon = house.start(&[]);
    assert_eq!(daemon.wait().code(), Some(1));
    let log = house.log();
    assert!(log.contains("smtp-password"), "{log}");
}

#[test]
fn a_broken_calendar_at_the_start_is_shown_and_nothing_is_made() {
    let house = House::new(None);
    house.edit("calendar/05.toml", "[[task]]", "[[taks]]");
    let mut daemon = house.start(&NOW);
    assert_eq!(daemon.wait().code(), Some(1));
    let log = house.log();
    assert!(
        log.contains("不认识的键 taks") && log.contains("你是不是想写 task?"),
        "{log}"
    );
    assert!(!house.path("var").exists());
}

/// Whichever of its parts hears of it first, a stop is no failure: the service manager would write of one.
#[test]
fn told_to_stop_it_ends_well_every_time() {
    let house = House::new(None);
    for _ in 0..8 {
        let mut daemon = house.start(&[]);
        daemon.wait_for("下一次发信");
        daemon.interrupt();
    }
}

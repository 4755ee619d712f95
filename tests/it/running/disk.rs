//! A disk that is full, on a small file system of its own.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::house::{House, LIMIT, left_out, link, press, say_left_out, subject};
use crate::smtp_double::SmtpDouble;

const DUTY: &str = "term-start-safety-inspection@2026/s001";

/// A file system of 24 MiB in memory; gone with the test.
struct Small(PathBuf);

impl Small {
    /// Only root may mount one; elsewhere the test says that it is left out, but never where CI runs, unless whoever
    /// runs it has said that nothing can be mounted there.
    fn mount(path: PathBuf) -> Option<Self> {
        if std::env::var_os("SCHOOLBELL_NO_MOUNT").is_some_and(|said| !said.is_empty()) {
            say_left_out("SCHOOLBELL_NO_MOUNT says that nothing can be mounted here");
            return None;
        }
        fs::create_dir_all(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs"])
            .arg(&path)
            .output();
        let why = match mounted {
            Ok(output) if output.status.success() => return Some(Self(path)),
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => error.to_string(),
        };
        left_out(&format!("no tmpfs can be mounted: {why}"));
        None
    }

    /// Takes all room there is.
    fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        let block = [0_u8; 4096];
        while file.write_all(&block).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        Path::new(&self.0).join("filler")
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// What was thanked for is there, what was not thanked for is not; letters wait; and with room again all goes on, without
/// anybody doing anything.
#[test]
fn full_and_empty_again() {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    let Some(disk) = Small::mount(house.path("var")) else {
        return;
    };
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-04T09:00:00+08:00");
    let mine = server
        .letters()
        .into_iter()
        .find(|letter| letter.to == "wang.jianguo@hushan-primary.example")
        .unwrap();
    let page = link(&mine.bytes);
    let mut daemon = house.start(&["--pretend-now", "2026-03-04T10:00:00+08:00"]);
    daemon.wait_for("页面:");
    disk.fill();
    // What the log still has room for is taken; then the page says that it is not.
    let mut thanked = 0;
    let status = loop {
        let by = format!("王建国{thanked}");
        match press(&page, DUTY, "received", &by) {
            303 => thanked += 1,
            other => break other,
        }
        assert!(thanked < 50_000, "the disk never fills");
    };
    assert_eq!(status, 503);
    let answers = |house: &House| house.facts("answer").len();
    assert_eq!(answers(&house), thanked);
    let refused = house.output(&[
        "raise",
        "--audience",
        "unit:s001",
        "--now",
        "--by",
        "沈志明",
        "--note",
        "台风",
    ]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("磁盘"), "{said}");
    disk.make_room();
    assert_eq!(press(&page, DUTY, "done", "王建国"), 303);
    assert_eq!(answers(&house), thanked + 1);
    let before = server.letters().len();
    house.call(&[
        "raise",
        "--audience",
        "unit:s001",
        "--now",
        "--by",
        "沈志明",
        "--note",
        "台风",
    ]);
    server.wait_for(before + 3, LIMIT);
    daemon.interrupt();
}

/// Made read-only while nobody serves: the start is refused and says why.
#[test]
fn read_only() {
    let house = House::new(None);
    let Some(disk) = Small::mount(house.path("var")) else {
        return;
    };
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-04T09:00:00+08:00");
    let again = Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(&disk.0)
        .status();
    assert!(again.unwrap().success());
    let refused = house.output(&["run", "--pretend-now", "2026-03-04T10:00:00+08:00"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("只读"), "{said}");
}

/// 24 MiB are few: the officer is told before they are gone, once a day, and `status` says so.
#[test]
fn nearly_full_is_told_before() {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    let Some(_disk) = Small::mount(house.path("var")) else {
        return;
    };
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-05T09:00:00+08:00");
    let told: Vec<_> = server
        .letters()
        .iter()
        .map(|letter| subject(&letter.bytes))
        .filter(|subject| subject.contains("磁盘"))
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    let status = house.output(&["status"]);
    let text = String::from_utf8_lossy(&status.stdout).into_owned();
    assert_eq!(status.status.code(), Some(1));
    assert!(text.contains("磁盘只剩"), "{text}");
}

//! `backup`, `restore`, and the backup of each night.

use std::fs;
use std::path::{Path, PathBuf};

use schoolbell::core::state::State;
use schoolbell::ledger::{Ledger, Nature, examine};

use super::house::House;

const LESSON: &str = "term-start-education@2026-spring/s001";

/// A bureau of which a week is on record, under the spool.
fn lived() -> House {
    let house = House::new(None);
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-11T09:00:00+08:00");
    house
}

fn refused(house: &House, arguments: &[&str]) -> String {
    let output = house.output(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn kept(house: &House) -> PathBuf {
    let name = files(&house.path("var"))
        .into_iter()
        .find(|name| name.contains("before-restore"));
    house.path("var").join(name.unwrap())
}

#[test]
fn a_backup_is_put_back() {
    let house = lived();
    let path = house.path("台账备份.sqlite");
    let file = path.to_str().unwrap();
    let before = house.call(&["ledger"]);
    let said = house.call(&["backup", file]);
    let facts = before.lines().count();
    assert!(
        said.contains(&format!(
            "检查无误:演练台账,结构第 2 版,事实 {facts} 条,最后一条记于 2026-03-11"
        )),
        "{said}"
    );
    house.call(&["answer", LESSON, "办结", "--by", "王建国"]);
    let replaced = house.call(&["ledger"]);

    let said = house.call(&["restore", file]);
    assert!(
        said.contains(&format!("已恢复:演练台账,结构第 2 版,事实 {facts} 条")),
        "{said}"
    );
    assert!(said.contains("schoolbell mail release"), "{said}");
    let after = house.call(&["ledger"]);
    assert!(after.starts_with(&before));
    let last = after.lines().last().unwrap();
    assert!(
        last.contains(r#""fact":"restored","from":"台账备份.sqlite""#),
        "{last}"
    );
    assert_eq!(after.lines().count(), facts + 1);

    // What it took the place of is there, whole, and can be put back as well.
    let kept = kept(&house);
    assert_eq!(
        examine(&kept).unwrap().facts,
        replaced.lines().count() as u64
    );
    house.call(&["restore", kept.to_str().unwrap()]);
    assert_eq!(house.facts("answer").len(), 1);
    house.pass("2026-03-11T09:10:00+08:00", "2026-03-12T09:00:00+08:00");
}

#[test]
fn a_backup_that_will_not_do_changes_nothing() {
    let house = lived();
    let path = house.path("备份.sqlite");
    let file = path.to_str().unwrap();
    house.call(&["backup", file]);
    let before = house.call(&["ledger"]);
    let whole = fs::read(&path).unwrap();

    // A page in the middle is destroyed.
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2 / 4096 * 4096;
    damaged[middle..middle + 4096].fill(0x5A);
    fs::write(&path, &damaged).unwrap();
    assert!(refused(&house, &["restore", file]).contains("台账已损坏"));
    assert!(refused(&house, &["backup", file]).contains("又不是完好的备份"));
    assert_eq!(fs::read(&path).unwrap(), damaged, "it may be all there is");

    fs::write(&path, "不是台账").unwrap();
    assert!(refused(&house, &["restore", file]).contains("不是 schoolbell 的台账"));
    assert!(refused(&house, &["restore", "没有这个"]).contains("没有这个 无法使用"));
    let itself = house.path("var/ledger.sqlite");
    refused(&house, &["restore", itself.to_str().unwrap()]);

    // Another house's, in earnest.
    let real = tempfile::tempdir().unwrap();
    drop(Ledger::open(real.path(), Nature::Real).unwrap());
    let other = real.path().join("ledger.sqlite");
    let said = refused(&house, &["restore", other.to_str().unwrap()]);
    assert!(said.contains("是真实台账,不能当演练台账用"), "{said}");
    assert_eq!(house.call(&["ledger"]), before);
    assert!(
        !files(&house.path("var"))
            .iter()
            .any(|name| name.contains("part") || name.contains("before"))
    );
}

#[test]
fn nothing_is_put_under_a_running_service() {
    let house = House::new(None);
    let mut daemon = house.start(&[]);
    daemon.wait_for("下一次发信");
    let path = house.path("备份.sqlite");
    let file = path.to_str().unwrap();
    house.call(&["backup", file]);
    let said = refused(&house, &["restore", file]);
    assert!(said.contains("状态文件夹已有守护进程在用:进程 "), "{said}");
    daemon.interrupt();
    house.call(&["restore", file]);
    assert_eq!(house.facts("restored").len(), 1);
}

/// Where the ledger is gone altogether, or too damaged to be opened.
#[test]
fn a_lost_ledger_comes_back() {
    let house = lived();
    let path = house.path("备份.sqlite");
    let file = path.to_str().unwrap();
    house.call(&["backup", file]);
    let facts = house.call(&["ledger"]);
    for damage in [true, false] {
        fs::remove_dir_all(house.path("var")).unwrap();
        if damage {
            fs::create_dir(house.path("var")).unwrap();
            fs::write(house.path("var/ledger.sqlite"), "坏了").unwrap();
            fs::write(house.path("var/ledger.sqlite-wal"), "也坏了").unwrap();
        }
        house.call(&["restore", file]);
        assert!(house.call(&["ledger"]).starts_with(&facts));
        if damage {
            assert_eq!(fs::read_to_string(kept(&house)).unwrap(), "坏了");
        }
    }
}

/// Fault 30: an old backup is put back, and the service started over it. What has been sent since is not known, so that
/// nothing goes out by the clock until somebody has looked.
#[test]
fn after_a_restore_nothing_goes_out_until_it_is_let_go() {
    let house = House::new(None);
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-04T09:00:00+08:00");
    let path = house.path("备份.sqlite");
    let file = path.to_str().unwrap();
    house.call(&["backup", file]);
    house.pass("2026-03-04T09:10:00+08:00", "2026-03-11T09:00:00+08:00");
    let slots = |house: &House| {
        let queued = house.facts("letter-queued");
        queued.iter().filter(|fact| fact["kind"] == "slot").count()
    };
    assert!(slots(&house) > 0, "the week has letters");
    house.call(&["restore", file]);
    let before = slots(&house);

    house.pass("2026-03-11T09:10:00+08:00", "2026-03-13T09:00:00+08:00");
    assert_eq!(slots(&house), before, "letters went out unasked");
    let told = house.facts("held");
    assert_eq!(told[0]["reasons"][0]["reason"], "restore", "{told:?}");
    let alerts = house.facts("matter");
    let word = "定时的信已暂停，请确认后放行";
    assert!(alerts.iter().any(|fact| fact["text"] == word), "{alerts:?}");
    assert!(house.call(&["mail", "queue"]).contains("备份.sqlite"));

    house.call(&["mail", "release", "--by", "罗建平"]);
    house.pass("2026-03-13T09:10:00+08:00", "2026-03-16T09:00:00+08:00");
    assert!(slots(&house) > before, "let go, nothing goes");
}

#[test]
fn each_night_has_its_backup() {
    let house = House::new(None);
    let folder = house.path("var/backup");
    fs::create_dir_all(&folder).unwrap();
    for day in 1..=20 {
        fs::write(folder.join(format!("ledger-2026-01-{day:02}.sqlite")), "旧").unwrap();
    }
    fs::write(folder.join("ledger-手工.sqlite"), "别人的").unwrap();
    let mut daemon = house.start(&[]);
    daemon.wait_for("下一次发信");
    // None is of today or yesterday: it is made at once.
    let made = house.wait_for_facts("job-run", 1);
    assert_eq!(made[0]["job"], "backup");
    daemon.interrupt();
    let names = files(&folder);
    assert_eq!(names.len(), 15, "{names:?}");
    assert_eq!(names[0], "ledger-2026-01-08.sqlite");
    assert_eq!(names[14], "ledger-手工.sqlite");
    let found = examine(&folder.join(&names[13])).unwrap();
    assert_eq!(found.nature, Nature::Real);
    assert!(found.facts > 0);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::copy(
        folder.join(&names[13]),
        elsewhere.path().join("ledger.sqlite"),
    )
    .unwrap();
    let ledger = Ledger::open(elsewhere.path(), Nature::Real).unwrap();
    let facts = ledger.facts_since(0).unwrap();
    let state = State::fold(facts.iter().map(|(_, fact)| fact));
    assert!(state.hung.is_some());
}

#[test]
fn a_night_without_a_backup_is_told() {
    let house = House::new(None);
    fs::create_dir_all(house.path("var")).unwrap();
    fs::write(house.path("var/backup"), "不是文件夹").unwrap();
    let mut daemon = house.start(&[]);
    daemon.wait_for("下一次发信");
    let told = house.wait_for_facts("matter", 1);
    let failed = told.iter().find(|fact| {
        fact["matter"]
            .as_str()
            .unwrap()
            .starts_with("backup-failed:")
    });
    assert_eq!(failed.unwrap()["text"], "台账没有备份成");
    assert!(house.facts("job-run").is_empty());
    daemon.interrupt();
}

#[test]
fn backups_can_be_turned_off() {
    let house = House::new(None);
    let config = house.path("config/schoolbell.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n[backup]\nkeep = 0\n")).unwrap();
    let mut daemon = house.start(&[]);
    daemon.wait_for("下一次发信");
    house.call(&["mail", "test", "anquan@cixi-edu.example"]);
    daemon.interrupt();
    assert!(!house.path("var/backup").exists());
}

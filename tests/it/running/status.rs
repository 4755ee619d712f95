//! What `status` says of the machine, and of what waits for a person.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::house::House;

/// The service manager is asked whether the clock is kept right; here it is a stand-in that says so, or not.
#[test]
fn a_clock_that_nobody_keeps_right() {
    let house = House::new(None);
    let tools = house.path("tools");
    fs::create_dir(&tools).unwrap();
    let stand_in = tools.join("timedatectl");
    let said = |answer: &str| {
        fs::write(&stand_in, format!("#!/bin/sh\necho {answer}\n")).unwrap();
        fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755)).unwrap();
        let output = house.command(&["status"]).env("PATH", &tools).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(said("no").contains("时钟没有与时间服务器对过"));
    assert!(!said("yes").contains("时钟没有"));
    assert!(!said("").contains("时钟没有"));
}

/// What it prints, whatever it exits with.
fn status(house: &House) -> String {
    String::from_utf8(house.output(&["status"]).stdout).unwrap()
}

/// The copy on disk is broken and has fewer tasks: what is counted is what the daemon goes on with.
#[test]
fn an_edit_that_is_refused_leaves_the_version_in_force() {
    let house = House::new(None);
    let broken = House::new(None);
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-04T09:00:00+08:00");
    let before = status(&house);
    let size = before
        .lines()
        .find(|line| line.starts_with("任务 "))
        .unwrap();
    for house in [&house, &broken] {
        fs::remove_file(house.path("calendar/12.toml")).unwrap();
        house.edit("calendar/03.toml", "\"3月20日\"", "\"3月32日\"");
    }
    let said = status(&house);
    let of_which = "(仍在使用的版本,2026-03-04 07:59 生效;磁盘上的不算)";
    assert!(said.contains(&format!("{size}{of_which}\n")), "{said}");
    let need =
        "需要处理:磁盘上的行事历或花名册有错,没有生效,现在用的仍是 2026-03-04 07:59 生效的版本;";
    assert!(said.contains(need), "{said}");

    // Where nothing has ever been in force nothing is counted.
    let said = status(&broken);
    assert!(said.contains("没有生效,也没有可用的旧版本"), "{said}");
    assert!(!said.contains("任务 "), "{said}");
}

#[test]
fn a_bulletin_that_waits_for_approval_is_named() {
    let house = House::new(None);
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-06T09:00:00+08:00");
    assert!(!status(&house).contains("通报"), "no week is over");
    house.pass("2026-03-06T09:10:00+08:00", "2026-03-16T09:00:00+08:00");
    let output = house.output(&["status"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    let need =
        "需要处理:2026年第11周（3月9日至3月15日）的通报草稿等人审阅;请在管理页的“通报”里批准或搁置";
    assert!(said.contains(need), "{said}");
}

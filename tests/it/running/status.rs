//! What `status` says of the machine.

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

//! Evidence through the whole program.

use std::fs;

use super::house::link;
use super::office::{Browser, INSPECTION, open_house, seen};

/// Answers with a file on the letter's page: kept, shown, given to those who may have it, and to nobody else.
#[test]
fn a_letter_is_answered_with_a_photo() {
    let (house, daemon) = open_house();
    let letters = fs::read_dir(house.path("var/spool")).unwrap();
    let mut letters = letters.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let mine = letters
        .find(|eml| String::from_utf8_lossy(eml).contains("wang.jianguo@hushan-primary.example"))
        .unwrap();
    let page = link(&mine);
    let browser = Browser::new(&house);
    let path = page.strip_prefix(&browser.base).unwrap();
    let duty = format!("{INSPECTION}/s001");
    let send = |file: &str, bytes: &[u8]| {
        let mut body = Vec::new();
        for (name, value) in [
            ("duty", duty.as_str()),
            ("by", "王建国"),
            ("note", ""),
            ("answer", "done"),
        ] {
            body.extend(
                format!(
                    "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
                .bytes(),
            );
        }
        body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{file}\"\r\nContent-Type: image/jpeg\r\n\r\n").bytes());
        body.extend(bytes);
        body.extend(b"\r\n--b--\r\n");
        let asked = browser.agent.post(&page);
        seen(
            asked
                .header("Content-Type", "multipart/form-data; boundary=b")
                .send(&body[..])
                .unwrap(),
        )
    };
    let photo = b"\xFF\xD8\xFF\xE0 the yard";
    let wrong = send("页面.html", b"<script>alert(1)</script>");
    assert_eq!(wrong.status, 409, "{}", wrong.body);
    wrong.says("不是可以收的文件");
    wrong.says("WPS。选好的材料没有传上，请重新选。");
    assert!(house.facts("answer").is_empty(), "all or nothing");
    assert_eq!(send("../操场 照片.JPG", photo).status, 303);
    let kept = house.facts("evidence");
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["name"], "操场 照片.jpg");
    let digest = kept[0]["digest"].as_str().unwrap();
    assert_eq!(house.facts("answer").len(), 1);
    // The same once more is the same.
    assert_eq!(send("../操场 照片.JPG", photo).status, 303);
    assert_eq!(
        (house.facts("evidence").len(), house.facts("answer").len()),
        (1, 1)
    );
    browser.get(path, "").says("已收到的材料");
    assert_eq!(browser.get(&format!("{path}/{digest}"), "").status, 200);
    assert_eq!(
        browser
            .get(&format!("{path}/{}", "0".repeat(64)), "")
            .status,
        404
    );
    assert_eq!(browser.get(&format!("/evidence/{digest}"), "").status, 401);
    let inside = browser.sign_in(&house, "office@cixi-edu.example");
    browser
        .get("/task?id=term-start-safety-inspection", &inside)
        .says("操场 照片.jpg");
    assert_eq!(
        browser.get(&format!("/evidence/{digest}"), &inside).status,
        200
    );
    let other_town = browser.sign_in(&house, "sun.lifeng@henghe-town.example");
    assert_eq!(
        browser
            .get(&format!("/evidence/{digest}"), &other_town)
            .status,
        404
    );
    // So many files a duty, and no more: of those that are not taken none lies on the disk.
    for nth in 2..=30 {
        let bytes = [&photo[..], format!("{nth}").as_bytes()].concat();
        assert_eq!(send("操场.jpg", &bytes).status, 303, "{nth}");
    }
    let full = send("操场.jpg", &[&photo[..], b"31"].concat());
    assert_eq!(full.status, 409, "{}", full.body);
    full.says("这一项最多收 30 个材料，已经有 30 个");
    full.says("请与局里联系。选好的材料没有传上，请重新选。");
    assert_eq!(send("操场.jpg", photo).status, 303, "one that is there");
    assert_eq!(house.facts("evidence").len(), 30);
    let shelves = fs::read_dir(house.path("var/evidence")).unwrap();
    let files = shelves.flat_map(|shelf| fs::read_dir(shelf.unwrap().path()).unwrap());
    assert_eq!(files.count(), 30);
    daemon.interrupt();
}

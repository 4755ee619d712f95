//! `rehearse`: what it prints, what it writes, and what it leaves alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mail_parser::MessageParser;
use serde_json::Value;

use super::house::House;

/// Every file below a folder, by its path from there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn of_type<'a>(files: &'a BTreeMap<PathBuf, Vec<u8>>, ending: &str) -> Vec<(&'a Path, String)> {
    let wanted = files
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|ext| ext == ending));
    wanted
        .map(|(path, bytes)| (path.as_path(), String::from_utf8(bytes.clone()).unwrap()))
        .collect()
}

/// A roster of one school, and a few tasks, so that an album is small.
fn small_house() -> House {
    let house = House::new(None);
    let roster = fs::read_to_string(house.path("config/roster.csv")).unwrap();
    let kept = roster.lines().filter(|line| {
        ["unit", "bureau", "t01", "s001"]
            .iter()
            .any(|id| line.starts_with(&format!("{id},")))
    });
    fs::write(
        house.path("config/roster.csv"),
        kept.collect::<Vec<_>>().join("\n"),
    )
    .unwrap();
    fs::remove_file(house.path("calendar/standing.toml")).unwrap();
    for month in [1, 2, 6, 7, 8, 9, 10, 11, 12] {
        fs::remove_file(house.path(&format!("calendar/{month:02}.toml"))).unwrap();
    }
    house
}

fn rehearse(house: &House, folder: &str, seed: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let out = house.path(folder);
    house.call(&[
        "rehearse",
        "--year",
        "2026",
        "--seed",
        seed,
        "--out",
        out.to_str().unwrap(),
    ]);
    files(&out)
}

#[test]
fn it_prints_the_year_in_both_languages() {
    let house = House::new(None);
    let said = house.call(&["rehearse", "--year", "2026"]);
    for words in [
        "2026年预演:13个单位,32个邮箱,种子 1",
        "最忙的一天是",
        "  12月  █",
        "学校的负担,最重的在前",
        "横河九年一贯制学校",
        "逾期1个工作日,报分管副校长:",
        "按期完成",
        "申请延期",
        "收不到信的邮箱",
        "联系人空缺",
    ] {
        assert!(said.contains(words), "no {words}: {said}");
    }
    assert_eq!(
        said,
        house.call(&["rehearse", "--year", "2026", "--seed", "1"])
    );
    assert_ne!(
        said,
        house.call(&["rehearse", "--year", "2026", "--seed", "2"])
    );
    house.edit(
        "calendar/calendar.toml",
        "locale   = \"zh-CN\"",
        "locale   = \"en\"",
    );
    let said = house.call(&["rehearse", "--year", "2026"]);
    for words in [
        "rehearsal of 2026: 13 units, 32 mailboxes, seed 1",
        "busiest day: 2026-",
        "burden of the schools, heaviest first",
        "1 workday overdue, to deputy: ",
        " in time, ",
        "extension: ",
        "contact gaps",
    ] {
        assert!(said.contains(words), "no {words}: {said}");
    }
    let known: BTreeSet<char> = "，。、：（）封项".chars().collect();
    let chinese = said
        .lines()
        .filter(|line| line.chars().any(|c| known.contains(&c)));
    // Names are as the roster has them; nothing else is Chinese.
    assert_eq!(chinese.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn the_json_tells_the_same() {
    let house = House::new(None);
    let said = house.call(&["rehearse", "--year", "2026", "--format", "json"]);
    let json: Value = serde_json::from_str(&said).unwrap();
    let letters = json["letters"]["all"].as_u64().unwrap();
    let sum = |rows: &Value| -> u64 {
        rows.as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_u64().unwrap())
            .sum()
    };
    assert_eq!(sum(&json["letters"]["by_month"]), letters);
    assert_eq!(json["units"].as_array().unwrap().len(), 13);
    assert_eq!(json["people"][0], json["letters"]["most"]);
    assert_eq!(
        (json["year"].as_u64(), json["seed"].as_u64()),
        (Some(2026), Some(1))
    );
    let text = house.call(&["rehearse", "--year", "2026"]);
    assert!(text.contains(&format!("全年{letters}封")), "{text}");
}

#[test]
fn the_same_seed_writes_the_same_bytes_and_nothing_elsewhere() {
    let house = small_house();
    let before = files(&house.path(""));
    let one = rehearse(&house, "one", "5");
    let two = rehearse(&house, "two", "5");
    let other = rehearse(&house, "other", "6");
    assert!(one == two, "the same seed, other bytes");
    assert!(one != other, "another seed, the same bytes");
    let mut after = files(&house.path(""));
    after.retain(|path, _| {
        !["one", "two", "other"]
            .iter()
            .any(|out| path.starts_with(out))
    });
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
    assert!(after == before, "a file was changed");
    assert!(!house.path("var").exists(), "the state folder was made");
}

/// Every letter is there twice, as `.eml` and as a page, and each link of each page leads to a file or place of the album.
#[test]
fn the_album_is_whole_and_needs_no_network() {
    let house = small_house();
    let out = house.path("album");
    let arguments = [
        "rehearse",
        "--year",
        "2026",
        "--format",
        "json",
        "--out",
        out.to_str().unwrap(),
    ];
    let json: Value = serde_json::from_str(&house.call(&arguments)).unwrap();
    let album = files(&out);
    let (letters, pages) = (of_type(&album, "eml"), of_type(&album, "html"));
    assert_eq!(
        u64::try_from(letters.len()).unwrap(),
        json["letters"]["all"].as_u64().unwrap()
    );
    assert!(letters.len() > 20);
    for (path, eml) in &letters {
        let message = MessageParser::default().parse(eml.as_bytes()).unwrap();
        assert!(message.subject().unwrap().starts_with('【'), "{path:?}");
        assert!(message.body_text(0).unwrap().contains("您好"), "{path:?}");
        assert!(
            message.body_html(0).unwrap().contains("<!doctype html>"),
            "{path:?}"
        );
        assert!(
            album.contains_key(&path.with_extension("html")),
            "{path:?} has no page"
        );
    }
    for (path, page) in &pages {
        for part in page.split(" href=\"").skip(1) {
            let href = part.split('"').next().unwrap().replace("&#x2f;", "/");
            let (file, place) = href.split_once('#').unwrap_or((&href, ""));
            let target = if file.is_empty() {
                (*path).to_owned()
            } else {
                normal(&path.parent().unwrap().join(file))
            };
            let found = album.get(&target);
            let found = found.unwrap_or_else(|| panic!("{path:?}: {href} leads nowhere"));
            let id = format!("id=\"{place}\"");
            let there = place.is_empty() || String::from_utf8_lossy(found).contains(&id);
            assert!(there, "{path:?}: no {id} in {target:?}");
        }
        for outside in [" src=", "<link", "@import", "url(", "<script"] {
            assert!(!page.contains(outside), "{path:?} has {outside}");
        }
    }
}

/// A path without its `..`.
fn normal(path: &Path) -> PathBuf {
    let mut parts: Vec<&std::ffi::OsStr> = Vec::new();
    for part in path {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.iter().collect()
}

#[test]
fn text_of_a_file_is_no_markup_and_no_path() {
    let house = small_house();
    house.edit(
        "config/roster.csv",
        "浒山小学",
        "\"浒山<script>alert(1)</script>\"",
    );
    house.edit("config/roster.csv", "王建国", "\"王<img src=x>\"");
    house.edit(
        "calendar/05.toml",
        "title     = \"全校应急疏散演练\"",
        "title     = \"全校<b onclick=x>演练\"",
    );
    house.edit(
        "calendar/calendar.toml",
        "慈溪市学校安全工作行事历",
        "</style><h1>行事历",
    );
    let roster = fs::read_to_string(house.path("config/roster.csv")).unwrap();
    fs::write(
        house.path("config/roster.csv"),
        roster.replace("s001,", "../../s001,"),
    )
    .unwrap();
    let output = house.output(&[
        "rehearse",
        "--year",
        "2026",
        "--out",
        house.path("album").to_str().unwrap(),
    ]);
    if !output.status.success() {
        // A unit's id that could be a path is refused where it enters: then with an honest one.
        assert!(String::from_utf8_lossy(&output.stderr).contains("../../s001"));
        fs::write(house.path("config/roster.csv"), roster).unwrap();
    }
    let album = rehearse(&house, "album", "1");
    let mut seen = 0;
    for (path, page) in of_type(&album, "html") {
        for markup in ["<script", "<img", "<b onclick", "</style><h1>"] {
            assert!(!page.contains(markup), "{path:?} has {markup}");
        }
        seen += page.matches("&lt;script&gt;").count();
    }
    assert!(seen > 10, "the name is not shown at all");
}

#[test]
fn a_folder_with_something_else_in_it_is_left_alone() {
    let house = small_house();
    let out = house.path("album");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("年终总结.docx"), "important").unwrap();
    let refused = house.output(&["rehearse", "--year", "2026", "--out", out.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("不是上次预演写的") && said.contains("换一个新的文件夹"),
        "{said}"
    );
    assert_eq!(files(&out).len(), 1);
}

#[test]
fn a_former_rehearsal_is_replaced_and_what_is_not_of_it_stays() {
    let house = small_house();
    let first = rehearse(&house, "album", "5");
    let month = first
        .keys()
        .find(|path| path.extension().is_some_and(|ext| ext == "eml"))
        .unwrap();
    let note = house
        .path("album")
        .join(month.parent().unwrap())
        .join("批注.txt");
    fs::write(&note, "问问王建国").unwrap();
    // Somebody's own folder, linked to where a month without letters would go.
    let elsewhere = house.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("a.html"), "theirs").unwrap();
    let fresh = rehearse(&house, "fresh", "6");
    let months = (1..=12).map(|month| format!("2026-{month:02}"));
    let has = |album: &BTreeMap<PathBuf, Vec<u8>>, month: &str| {
        album.keys().any(|path| path.starts_with(month))
    };
    let mut without = months.filter(|month| !has(&first, month) && !has(&fresh, month));
    let link = house.path("album").join(without.next().unwrap());
    std::os::unix::fs::symlink(&elsewhere, link).unwrap();
    let second = rehearse(&house, "album", "6");
    assert_eq!(fs::read_to_string(&note).unwrap(), "问问王建国");
    assert_eq!(
        fs::read_to_string(elsewhere.join("a.html")).unwrap(),
        "theirs"
    );
    for path in fresh.keys() {
        assert_eq!(second.get(path), fresh.get(path), "{path:?}");
    }
    let more: Vec<_> = second
        .keys()
        .filter(|path| !fresh.contains_key(*path))
        .collect();
    assert_eq!(more.len(), 2, "{more:?}");
}

//! What looks odd and is fine.

use schoolbell::core::diagnostic::{Faults, Locale};
use schoolbell::core::roster::read_csv;

use super::catalogue::House;

/// A sound house stays sound with this file.
fn fine(name: &str, bytes: &[u8]) {
    let house = House::sound();
    house.put(name, bytes);
    assert_eq!(house.says(Locale::Chinese), "", "{name}");
}

const PAGE: &str = include_str!("../data/sound/05.toml");
const HEAD: &str = include_str!("../data/sound/calendar.toml");
const ROSTER: &str = include_str!("../data/sound/roster.csv");

#[test]
fn a_byte_order_mark() {
    for (name, text) in [
        ("05.toml", PAGE),
        ("calendar.toml", HEAD),
        ("roster.csv", ROSTER),
    ] {
        fine(name, format!("\u{feff}{text}").as_bytes());
    }
}

#[test]
fn windows_line_ends() {
    for (name, text) in [
        ("05.toml", PAGE),
        ("calendar.toml", HEAD),
        ("roster.csv", ROSTER),
    ] {
        fine(name, text.replace('\n', "\r\n").as_bytes());
    }
}

/// As Excel on a Chinese desktop writes it: GBK, Chinese headers. It is read as it was meant.
#[test]
fn a_gbk_roster() {
    let text = "单位编号,单位名称,类型,上级,标签,岗位,姓名,邮箱\r\nb,慈溪市教育局,教育局,,,办公室,沈志明,office@b\r\ns1,浒山小学,小学,b,,安全主任,鄞晓玥,yin@s1\r\n";
    let (bytes, _, unmappable) = encoding_rs::GBK.encode(text);
    assert!(!unmappable);
    let faults = Faults::default();
    let roster = read_csv("roster.csv", &bytes, &faults);
    assert!(faults.into_sorted().is_empty());
    let names: Vec<_> = roster
        .units()
        .iter()
        .map(|unit| (unit.name.as_str(), unit.contacts[0].person.as_str()))
        .collect();
    assert_eq!(names, [("慈溪市教育局", "沈志明"), ("浒山小学", "鄞晓玥")]);
}

/// As Excel's “Unicode text”, with commas.
#[test]
fn a_utf_16_roster() {
    let wide = ROSTER.encode_utf16().flat_map(u16::to_le_bytes);
    let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(wide).collect();
    fine("roster.csv", &bytes);
}

/// One person in two roles, at two schools.
#[test]
fn two_contacts_with_one_address() {
    fine(
        "roster.csv",
        ROSTER.replace("deputy@s1", "safety@s1").as_bytes(),
    );
    fine("roster.csv", ROSTER.replace("@s2", "@s1").as_bytes());
}

#[test]
fn every_setting_as_it_is_shipped() {
    fine(
        "schoolbell.toml",
        include_bytes!("../../../config/schoolbell.toml"),
    );
}

#[test]
fn brackets_and_quotes_inside_texts() {
    let texts = r#""“全角”引号、［方括号］、＝、# 不是注解" # “这里”才是"#;
    fine(
        "05.toml",
        PAGE.replace("\"应急疏散演练\"", texts).as_bytes(),
    );
    let long = format!("{PAGE}detail = \"\"\"{}\"\"\"\n", "[".repeat(40));
    fine("05.toml", long.as_bytes());
}

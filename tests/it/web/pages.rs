//! What the pages show.

use jiff::civil::date;
use schoolbell::core::fact::Alert;
use schoolbell::web::DeskError;

use super::desk::{Fault, MemoryDesk, item, letter, row};
use super::site::{Site, page_of};

const DRILL: &str = "evacuation-drill-monthly@2026-05/s001";
const GUARDROOM: &str = "guardroom-grading-self-check@2026/s001";

fn page(change: impl FnOnce(&mut schoolbell::core::letter::Content)) -> super::site::Reply {
    let mut content = letter(1);
    change(&mut content);
    let site = Site::of(MemoryDesk::with([content]));
    let page = site.get(&page_of(1));
    assert_eq!(page.status, 200);
    page
}

#[test]
fn one_duty_says_what_when_why_and_how() {
    let page = page(|content| content.items.push(item(DRILL, "每月应急疏散演练")));
    for words in [
        "慈溪市学校安全工作行事历",
        "<title>每月应急疏散演练 · 浒山小学</title>",
        "有 1 项安全工作等您回执。",
        "还剩 5 个工作日",
        "5月12日（周二）截止",
        "三分钟内到达操场",
        "演练方案、照片两张、讲评记录",
        "您是浒山小学的安全主任。出处：正文·14。",
        "《中小学幼儿园应急疏散演练指南》",
        "5月13日（周三）告知分管副校长 李敏",
        "value=\"王建国\"",
        "市教育局安全管理科 0574-63920000",
        "第 1 号信",
    ] {
        page.says(words);
    }
    for answer in [
        "received",
        "done",
        "trouble",
        "extension",
        "not-applicable",
        "handed-over",
    ] {
        page.says(&format!("<button name=\"answer\" value=\"{answer}\""));
    }
    page.does_not_say("class=\"number\"");
}

#[test]
fn several_duties_are_numbered_each_with_its_form() {
    let page = page(|content| {
        let mut late = item(GUARDROOM, "校园等级安保室自查、上报");
        (late.due, late.workdays_left) = (date(2026, 4, 29), -3);
        late.reported_to = vec!["分管副校长 李敏".to_owned()];
        late.changed_from = Some(date(2025, 12, 31));
        content.items = vec![late, item(DRILL, "每月应急疏散演练")];
    });
    page.says("有 2 项安全工作等您回执，其中 1 项已逾期。");
    page.says("已逾期 3 个工作日");
    page.says("已报告：分管副校长 李敏");
    page.says("原为 2025年12月31日（周三）");
    assert_eq!(page.body.matches("<form method=\"post\"").count(), 2);
    assert_eq!(page.body.matches("class=\"number\"").count(), 2);
    for duty in [GUARDROOM, DRILL] {
        let card = duty.replace(['@', '/'], "-");
        for id in [format!("{card}-by"), format!("{card}-note")] {
            assert_eq!(page.body.matches(&format!(" id=\"{id}\"")).count(), 1);
            page.says(&format!("<label for=\"{id}\">"));
        }
    }
}

#[test]
fn a_due_day_is_told_as_people_say_it() {
    let due = |due, workdays_left, words: &str| {
        let page = page(|content| {
            let mut item = item(DRILL, "每月应急疏散演练");
            (item.due, item.workdays_left) = (due, workdays_left);
            content.items.push(item);
        });
        page.says(&format!("<strong>{words}</strong>"));
    };
    due(date(2026, 5, 5), 0, "今天截止");
    due(date(2026, 5, 6), 1, "还剩 1 个工作日");
    due(date(2026, 5, 4), -1, "已逾期 1 个工作日");
    due(date(2026, 5, 4), 0, "已逾期");
}

#[test]
fn a_settled_duty_says_by_whom_and_can_be_corrected() {
    let page = page(|content| {
        let mut item = item(DRILL, "每月应急疏散演练");
        item.settled = Some("已完成(王建国,5月4日)".to_owned());
        content.items.push(item);
    });
    page.says("这封信里的事项都已办结");
    page.says("已完成（王建国，5月4日）");
    page.says("更正这个回执");
    page.does_not_say("还剩");
}

#[test]
fn a_roll_up_stands_by_town() {
    let page = page(|content| {
        content.rollup = vec![
            row("a@2026/s001", "浒山小学", "校园等级安保室自查"),
            row("a@2026/s002", "西门小学", "校园等级安保室自查"),
        ];
        content.rollup[1].town_name = "鄞州区中河街道".to_owned();
        content.rollup[1].answered = "收到(沈丽)".to_owned();
        content.closed = vec![row("a@2026/s003", "阳光实验学校", "校园等级安保室自查")];
        content.withdrawn = vec![row("b@2026/s003", "阳光实验学校", "消防检查")];
        content.matters = vec!["鄞州实验小学的安全主任空缺".to_owned()];
    });
    for words in [
        "下属单位有 2 项安全工作已逾期",
        "鄞州区中河街道 <small>1 项</small>",
        "已逾期 3 个工作日",
        "还没有回执",
        "收到（沈丽）",
        "已办结，不用再管",
        "已撤销，不必再做",
        "鄞州实验小学的安全主任空缺",
    ] {
        page.says(words);
    }
    assert_eq!(page.body.matches("<form method=\"post\"").count(), 1);
}

#[test]
fn an_alert_keeps_its_lines_and_asks_nothing() {
    let page = page(|content| {
        content.alert = Some(Alert {
            subject: "行事历有错,仍用旧的".to_owned(),
            text: "calendar/05.toml 第 3 行\n不认识“5月32日”".to_owned(),
        });
    });
    page.says("calendar/05.toml 第 3 行\n不认识“5月32日”");
    page.does_not_say("<form");
}

#[test]
fn markup_from_anywhere_is_only_text() {
    let evil = "<script>alert('1')</script>\"><img src=x onerror=y>&amp;";
    let page = page(|content| {
        content.person = evil.to_owned();
        content.unit_name = evil.to_owned();
        let mut item = item(DRILL, evil);
        item.detail = evil.to_owned();
        item.evidence = evil.to_owned();
        item.answered = Some(evil.to_owned());
        item.why_you = evil.to_owned();
        item.source = evil.to_owned();
        item.reported_to = vec![evil.to_owned()];
        item.what_follows = vec![(date(2026, 5, 13), evil.to_owned())];
        content.items.push(item);
        content.rollup.push(row("a@2026/s001", evil, evil));
        content.matters.push(evil.to_owned());
    });
    for tag in ["<script", "<img", "onerror=y>", "\"><"] {
        page.does_not_say(tag);
    }
    page.says("&lt;script&gt;");
    let site = Site::of(MemoryDesk::with([{
        let mut content = letter(1);
        content.items.push(item(DRILL, "每月应急疏散演练"));
        content
    }]));
    let fields = [
        ("duty", DRILL),
        ("answer", "trouble"),
        ("by", evil),
        ("note", evil),
    ];
    let back = site.post(&page_of(1), &fields);
    assert_eq!(back.status, 422, "{}: the name is too long", back.body);
    back.does_not_say("<img");
    back.says("&lt;/script&gt;");
}

#[test]
fn no_page_has_a_script_or_a_style_of_its_own() {
    let page = page(|content| content.items.push(item(DRILL, "每月应急疏散演练")));
    for tag in [
        "<script",
        "<style",
        " style=",
        " onclick",
        "javascript:",
        "http://",
        "https://",
    ] {
        page.does_not_say(tag);
    }
}

#[test]
fn plain_pages_say_what_to_do() {
    let site = Site::of(MemoryDesk::with([letter(1)]));
    let home = site.get("/");
    assert_eq!(home.status, 200);
    home.says("请打开邮箱里的提醒信");
    let unknown = site.get("/wp-login.php");
    assert_eq!(unknown.status, 404);
    unknown.says("没有这个页面");
    site.desk.fail(Fault::Reading(DeskError::Unavailable(
        "ledger.db".to_owned(),
    )));
    let later = site.get(&page_of(1));
    assert_eq!(
        (later.status, later.header("retry-after")),
        (503, Some("300"))
    );
    later.says("请过几分钟再试");
    later.does_not_say("ledger.db");
    for page in [home, unknown, later] {
        page.says("0574-63920000");
    }
}

#[test]
fn health_is_for_machines() {
    let site = Site::of(MemoryDesk::with([]));
    let well = site.get("/healthz");
    assert_eq!(
        (well.status, well.header("content-type")),
        (200, Some("application/json"))
    );
    let expected = "{\"status\":\"ok\",\"reasons\":[],\"last_beat\":\"2026-05-05T00:00:00Z\",\
                    \"next_due\":\"2026-05-06T00:00:00Z\",\"counts\":{\"letters_queued\":3}}";
    assert_eq!(well.body, expected);
    site.desk.fail(Fault::Unwell("磁盘已满"));
    let unwell = site.get("/healthz");
    assert_eq!(unwell.status, 503);
    unwell.says("\"status\":\"unwell\",\"reasons\":[\"磁盘已满\"]");
}

#[test]
fn the_style_sheet_is_kept_for_good_under_its_hash() {
    let site = Site::of(MemoryDesk::with([]));
    let home = site.get("/").body;
    let start = home.find("/style.css?v=").expect("a link to the sheet");
    let href = home[start..].split('"').next().unwrap_or_default();
    let sheet = site.get(href);
    assert_eq!(sheet.status, 200);
    assert_eq!(
        sheet.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert_eq!(
        sheet.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
}

/// WCAG 2.2, 1.4.3 and 1.4.11: 4.5 for text on its ground, 3 for the edge of a field.
#[test]
fn colours_can_be_read_in_both_schemes() {
    let sheet = Site::of(MemoryDesk::with([])).get("/style.css").body;
    let schemes: Vec<&str> = sheet.split("prefers-color-scheme: dark").take(2).collect();
    let pairs = [
        ("ink", "ground", 4.5),
        ("ink", "paper", 4.5),
        ("faint", "ground", 4.5),
        ("faint", "paper", 4.5),
        ("brand", "paper", 4.5),
        ("brand", "far-ground", 4.5),
        ("on-brand", "brand", 4.5),
        ("late", "paper", 4.5),
        ("late", "late-ground", 4.5),
        ("near", "near-ground", 4.5),
        ("good", "good-ground", 4.5),
        ("field", "paper", 3.0),
        ("near", "paper", 3.0),
    ];
    assert_eq!(schemes.len(), 2);
    for scheme in schemes {
        for (front, back, least) in pairs {
            let (front_light, back_light) = (luminance(scheme, front), luminance(scheme, back));
            let (high, low) = (front_light.max(back_light), front_light.min(back_light));
            let contrast = (high + 0.05) / (low + 0.05);
            assert!(
                contrast >= least,
                "--{front} on --{back}: {contrast:.2}, at least {least}"
            );
        }
    }
}

fn luminance(scheme: &str, name: &str) -> f64 {
    let start = scheme
        .find(&format!("--{name}: #"))
        .expect("the colour is set")
        + name.len()
        + 5;
    let channel = |index: usize| {
        let digits = &scheme[start + 2 * index..start + 2 * index + 2];
        let value = f64::from(u8::from_str_radix(digits, 16).expect("two digits")) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2)
}

//! Presses: what is recorded, what is not, and what the person is told.

use jiff::civil::date;
use schoolbell::core::fact::{Answer, Part};
use schoolbell::core::letter::Content;
use schoolbell::web::{DeskError, PressedAnswer};

use super::desk::{Fault, MemoryDesk, duty, item, letter, row};
use super::site::{FORM, Site, cookie_of, encode, page_of};

const DRILL: &str = "evacuation-drill-monthly@2026-05/s001";

/// What its card is called within the page.
const CARD: &str = "evacuation-drill-monthly-2026-05-s001";
const GUARDROOM: &str = "guardroom-grading-self-check@2026/s001";

fn one_duty() -> Content {
    let mut content = letter(1);
    content.items.push(item(DRILL, "每月应急疏散演练"));
    content
}

fn site() -> Site {
    Site::of(MemoryDesk::with([one_duty()]))
}

/// A press of the page's own form, with `changes` to its fields.
fn press<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("duty", DRILL),
        ("answer", "done"),
        ("by", "王建国"),
        ("note", ""),
    ];
    for (name, value) in changes {
        fields.retain(|(field, _)| field != name);
        fields.push((name, value));
    }
    fields
}

/// Nothing recorded, and a page with this status and these words.
#[track_caller]
fn refused(site: &Site, changes: &[(&str, &str)], status: u16, words: &str) {
    let reply = site.post(&page_of(1), &press(changes));
    assert_eq!(reply.status, status, "{}", reply.body);
    reply.says("没有记下");
    reply.says(words);
    assert_eq!(reply.header("set-cookie"), None);
    assert_eq!(site.desk.recorded(), []);
}

/// Where replies by mail are read, a link that does not open leaves that way.
#[test]
fn a_dead_link_tells_of_the_other_way() {
    let reply = site().get("/l/mangled");
    assert_eq!(reply.status, 404);
    reply.says("您也可以直接回复那封信");
}

#[test]
fn each_answer_is_recorded_and_thanked_for() {
    for (answer, thanks) in [
        (Answer::Received, "已记下“收到”"),
        (Answer::Done, "已记下“已完成”"),
        (Answer::Trouble, "已记下“有困难”"),
        (Answer::Extension, "已记下您的申请"),
        (Answer::NotApplicable, "已记下您的申请"),
        (Answer::HandedOver, "已记下您的申请"),
    ] {
        let site = site();
        let fields = press(&[
            ("answer", answer.word()),
            ("note", "操场在施工"),
            ("until", "2026-05-20"),
        ]);
        let reply = site.post(&page_of(1), &fields);
        assert_eq!(reply.status, 303, "{}", reply.body);
        let expected = PressedAnswer {
            letter: 1,
            duties: vec![duty(DRILL)],
            answer,
            by: "王建国".to_owned(),
            note: "操场在施工".to_owned(),
            nth: None,
            until: (answer == Answer::Extension).then_some(date(2026, 5, 20)),
            files: Vec::new(),
        };
        assert_eq!(site.desk.recorded(), [expected]);
        let location = reply.header("location").expect("a way back");
        assert_eq!(
            location,
            format!("{}?ok={}&at={CARD}#{CARD}", page_of(1), answer.word())
        );
        let (path, _) = location.split_once('#').expect("the card's name");
        site.get(path).says(thanks);
    }
}

#[test]
fn twice_is_once_and_says_so() {
    let site = site();
    site.post(&page_of(1), &press(&[]));
    let again = site.post(&page_of(1), &press(&[]));
    assert_eq!(again.status, 303);
    assert_eq!(site.desk.recorded().len(), 1);
    let location = again.header("location").expect("a way back");
    let (path, _) = location.split_once('#').expect("the card's name");
    site.get(path).says("早已记下");
}

#[test]
fn reloading_the_thanks_records_nothing() {
    let site = site();
    site.post(&page_of(1), &press(&[]));
    for _ in 0..5 {
        site.get(&format!("{}?ok=done&at={CARD}", page_of(1)));
    }
    assert_eq!(site.desk.recorded().len(), 1);
}

#[test]
fn the_four_documented_fields_are_enough() {
    let site = site();
    let body = encode(&[
        ("duty", DRILL),
        ("answer", "received"),
        ("by", "鄞州 胡老师"),
        ("note", ""),
    ]);
    let reply = site.ask("POST", &page_of(1), FORM, &body);
    assert_eq!(reply.status, 303);
    assert_eq!(site.desk.recorded()[0].by, "鄞州 胡老师");
}

#[test]
fn a_name_is_needed_short_and_plain() {
    let site = site();
    refused(&site, &[("by", "")], 422, "请写上您的姓名");
    refused(&site, &[("by", " \u{3000} ")], 422, "请写上您的姓名");
    refused(&site, &[("by", &"王".repeat(41))], 422, "最多 40 个字");
    for odd in [
        "王\u{7}建国",
        "王建国\r\nBcc: x@y.example",
        "王\0",
        "\u{202e}国建王",
        "a\u{2028}b",
        "\u{200b}",
    ] {
        refused(&site, &[("by", odd)], 422, "看不见的特殊字符");
    }
    let longest = "王".repeat(40);
    assert_eq!(
        site.post(&page_of(1), &press(&[("by", &longest)])).status,
        303
    );
}

#[test]
fn a_note_is_short_and_on_one_line() {
    let site = site();
    refused(&site, &[("note", &"长".repeat(501))], 422, "最多 500 个字");
    refused(&site, &[("note", "一\u{1b}[2J")], 422, "看不见的特殊字符");
    let typed = "  操场在施工,\r\n\r\n下周再练\t一次 ";
    site.post(&page_of(1), &press(&[("note", typed)]));
    assert_eq!(site.desk.recorded()[0].note, "操场在施工, 下周再练 一次");
    let longest = "长".repeat(500);
    assert_eq!(
        site.post(&page_of(1), &press(&[("note", &longest)])).status,
        303
    );
}

#[test]
fn what_asks_for_help_says_why_and_keeps_what_was_typed() {
    let site = site();
    refused(&site, &[("answer", "trouble")], 422, "写明有什么困难");
    refused(
        &site,
        &[("answer", "trouble"), ("note", " \n ")],
        422,
        "写明有什么困难",
    );
    refused(&site, &[("answer", "extension")], 422, "延期的原因");
    refused(&site, &[("answer", "not-applicable")], 422, "为什么不适用");
    refused(&site, &[("answer", "handed-over")], 422, "转交给了谁");
    let kept = [
        ("answer", "trouble"),
        ("by", "沈丽"),
        ("until", "2026-05-20"),
    ];
    let reply = site.post(&page_of(1), &press(&kept));
    reply.says("value=\"沈丽\"");
    reply.says("value=\"2026-05-20\"");
    reply.says(&format!(
        "aria-invalid=\"true\" aria-describedby=\"{CARD}-note-amiss\" autofocus"
    ));
}

#[test]
fn an_extension_is_to_a_day_to_come() {
    let site = site();
    let ask = |until| [("answer", "extension"), ("note", "改期"), ("until", until)];
    refused(&site, &ask("下周"), 422, "看不懂这个日期");
    refused(&site, &ask("2026-02-30"), 422, "看不懂这个日期");
    refused(&site, &ask("2026-05-05"), 422, "今天以后");
    assert_eq!(site.post(&page_of(1), &press(&ask(""))).status, 303);
    assert_eq!(site.desk.recorded()[0].until, None);
}

#[test]
fn only_the_letters_own_duties_are_answered() {
    let site = site();
    refused(&site, &[("duty", GUARDROOM)], 403, "不在这封信里");
    refused(
        &site,
        &[("duty", "evacuation-drill-monthly@2026-05/s002")],
        403,
        "不在这封信里",
    );
    refused(&site, &[("duty", "没有斜线")], 400, "重新打开");
    refused(
        &site,
        &[("duty", "rollup"), ("answer", "received")],
        400,
        "重新打开",
    );
    refused(&site, &[("answer", "好的")], 400, "重新打开");
    let nothing = site.post(&page_of(1), &[("by", "王建国")]);
    assert_eq!((nothing.status, site.desk.recorded().len()), (400, 0));
    assert_eq!(
        site.desk
            .asked_to_record
            .load(std::sync::atomic::Ordering::SeqCst),
        0
    );
}

#[test]
fn one_of_several_asked_for_says_which() {
    let mut content = letter(1);
    let mut lesson = item(DRILL, "安全教育课");
    lesson.times = (3, 1);
    content.items.push(lesson);
    let site = Site::of(MemoryDesk::with([content]));
    let page = site.get(&page_of(1));
    page.says("本期共 3 次，已报 1 次；这次是第 2 次");
    page.says("name=\"nth\" value=\"2\"");
    for wrong in ["0", "4", "-1", "二"] {
        refused(&site, &[("nth", wrong)], 400, "重新打开");
    }
    site.post(&page_of(1), &press(&[("nth", "2")]));
    site.post(&page_of(1), &press(&[("nth", "2"), ("answer", "received")]));
    let nths: Vec<_> = site
        .desk
        .recorded()
        .iter()
        .map(|pressed| pressed.nth)
        .collect();
    assert_eq!(nths, [Some(2), None]);
}

#[test]
fn a_roll_up_is_taken_note_of_as_a_whole_or_a_row() {
    let mut content = letter(1);
    let rows = ["a@2026/s001", "a@2026/s002", "b@2026/s001"];
    content.rollup = rows
        .map(|id| row(id, "浒山小学", "校园等级安保室自查"))
        .to_vec();
    let site = Site::of(MemoryDesk::with([content]));
    site.get(&page_of(1)).says("收到，以上 3 项");
    for answer in ["done", "trouble"] {
        let fields = [("duty", "rollup"), ("answer", answer), ("note", "督促过了")];
        refused(&site, &fields, 422, "只能回“收到”");
    }
    let row_done = [("duty", rows[1]), ("answer", "done")];
    refused(&site, &row_done, 422, "只能回“收到”");
    let whole = site.post(
        &page_of(1),
        &press(&[("duty", "rollup"), ("answer", "received")]),
    );
    assert_eq!(whole.status, 303);
    let one = site.post(
        &page_of(1),
        &press(&[("duty", rows[1]), ("answer", "received")]),
    );
    assert_eq!(one.status, 303);
    let recorded = site.desk.recorded();
    assert_eq!(recorded[0].duties, rows.map(duty));
    assert_eq!(recorded[1].duties, [duty(rows[1])]);
    for pressed in [whole, one] {
        let location = pressed.header("location").expect("a way back").to_owned();
        site.get(location.split('#').next().unwrap_or_default())
            .says("已记下“收到”，谢谢您。</p>");
    }
}

#[test]
fn what_another_has_to_act_on_can_be_answered_for_them() {
    let mut content = letter(1);
    let mut late = item(DRILL, "每月应急疏散演练");
    late.part = Part::Above;
    content.overdue_below.push(late);
    let site = Site::of(MemoryDesk::with([content]));
    site.get(&page_of(1)).says("代为回执");
    let reply = site.post(&page_of(1), &press(&[("by", "李敏")]));
    assert_eq!(reply.status, 303);
    assert!(
        reply
            .header("location")
            .is_some_and(|to| to.ends_with(&format!("#{CARD}")))
    );
}

/// It is due on 5月12日: until then it need not be put off.
#[test]
fn an_extension_reaches_beyond_the_due_day() {
    let site = site();
    let until = |day| {
        [
            ("answer", "extension"),
            ("note", "操场在施工"),
            ("until", day),
        ]
    };
    for day in ["2026-05-10", "2026-05-12"] {
        refused(
            &site,
            &until(day),
            422,
            "希望延到的日子要晚于现在的截止日（5月12日）",
        );
    }
    refused(&site, &until("2028-05-06"), 422, "最晚写到 2028-05-05");
    assert_eq!(
        site.post(&page_of(1), &press(&until("2026-05-13"))).status,
        303
    );
}

#[test]
fn a_full_disk_is_said_and_what_was_typed_is_kept() {
    let site = site();
    site.desk.fail(Fault::Recording(DeskError::StorageFull));
    refused(
        &site,
        &[("note", "已练完,照片另寄")],
        503,
        "已练完,照片另寄",
    );
    refused(&site, &[], 503, "请稍后再按");
    site.desk.fail(None);
    assert_eq!(site.post(&page_of(1), &press(&[])).status, 303);
}

#[test]
fn the_desks_refusals_are_told_without_its_secrets() {
    let site = site();
    site.desk.fail(Fault::Recording(DeskError::Unavailable(
        "ledger.db: I/O error".to_owned(),
    )));
    refused(&site, &[], 503, "暂时有故障");
    site.post(&page_of(1), &press(&[]))
        .does_not_say("ledger.db");
    site.desk.fail(Fault::Recording(DeskError::Refused(
        "这一项<已撤销>,不用再报".to_owned(),
    )));
    refused(&site, &[], 409, "这一项&lt;已撤销&gt;,不用再报");
    site.desk.fail(Fault::Recording(DeskError::NotYours));
    refused(&site, &[], 403, "不在这封信里");
}

#[test]
fn a_device_remembers_who_pressed() {
    let site = site();
    site.get(&page_of(1)).says("value=\"王建国\"");
    let reply = site.post(&page_of(1), &press(&[("by", "鄞州 胡老师")]));
    let cookie = reply.header("set-cookie").expect("a cookie");
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(pair, cookie_of("鄞州 胡老师"));
    assert_eq!(
        attributes,
        "Path=/l; Max-Age=31536000; HttpOnly; SameSite=Lax"
    );
    let header = format!("Cookie: other=1; {pair}\r\n");
    site.ask("GET", &page_of(1), &header, "")
        .says("value=\"鄞州 胡老师\"");
    for spoilt in [
        "schoolbell_by=%%%",
        &cookie_of("王\u{7}"),
        &cookie_of(&"王".repeat(41)),
    ] {
        let page = site.ask("GET", &page_of(1), &format!("Cookie: {spoilt}\r\n"), "");
        page.says("value=\"王建国\"");
    }
}

#[test]
fn a_site_on_https_under_a_path_keeps_its_cookie_there() {
    let desk = MemoryDesk::with([one_duty()]);
    let site = Site::start(
        desk,
        "https://anquan.example/bell/",
        schoolbell::web::Limits::default(),
    );
    let page = site.get(&page_of(1));
    page.says(&format!("action=\"/bell{}\"", page_of(1)));
    page.says("href=\"/bell/style.css?v=");
    let reply = site.post(&page_of(1), &press(&[]));
    let cookie = reply.header("set-cookie").expect("a cookie");
    assert!(
        cookie.contains("; Path=/bell/l; ") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    assert!(
        reply
            .header("location")
            .is_some_and(|to| to.starts_with("/bell/l/"))
    );
}

#[test]
fn an_address_typed_by_hand_thanks_nobody() {
    let site = site();
    for query in [
        &format!("?ok=done&at={CARD}"),
        &format!("?ok=%3Cb%3E&at={CARD}"),
        "?ok=done&at=d9",
        "?before=1&ok=done",
        "?ok=%FF",
    ] {
        let page = site.get(&format!("{}{query}", page_of(1)));
        assert_eq!(page.status, 200);
        page.does_not_say("已记下");
        page.does_not_say("<b>");
    }
}

//! 通报 on the bureau's pages: the list, a draft, the forms, and who sees what.

use schoolbell::core::bulletin::{Reach, Verdict};
use schoolbell::core::overview::Stand;
use schoolbell::web::{AskedWorkbook, Deed, DeskError};

use super::bureau::{SECRET, cookie, see, site_of};
use super::deeds::{form_of, send};
use super::desk::Fault;
use super::site::Site;

/// April 2026 is over on the day of these tests; one duty was done in it and one was not.
const APRIL: &str = "/bulletin/2026-04";

fn deeds(site: &Site) -> Vec<Deed> {
    site.desk.deeds.lock().unwrap().clone()
}

#[test]
fn a_draft_is_shown_as_one() {
    let site = site_of("office@b");
    see(&site, "/bulletins").says("2026年4月");
    let page = see(&site, APRIL);
    for words in [
        "草稿 未经批准",
        "浒山试点学校安全工作月通报",
        "2026年第4期（4月1日至4月30日）",
        "各镇（街道）教育办公室，各学校、幼儿园：",
        "一、总体情况",
        "4月到期应办 2 项次：按时完成 1 项次，逾期完成 0 项次，至今未完成 1 项次，按时完成率 50%。",
        "隐患排查&lt;台账&gt;",
        "慈溪市教育局",
        "2026年5月5日",
        "数字截至 5月5日 09:00",
        "名单上的单位（共 4 个邮箱）",
        "随 5月6日（周三） 08:00 的信发出",
    ] {
        page.says(words);
    }
    for path in [
        "/bulletin/2026-05",
        "/bulletin/2026-W01",
        "/bulletin/2026",
        "/bulletin/x",
    ] {
        assert_eq!(see(&site, path).status, 404, "{path}");
    }
}

#[test]
fn what_is_decided_reaches_the_desk_as_it_was_meant() {
    let site = site_of("office@b");
    let page = see(&site, APRIL);
    let mark = page.body.split("name=\"shown\" value=\"").nth(1).unwrap();
    let mark = mark.split('"').next().unwrap().to_owned();
    let fields = [
        ("act", "approve"),
        ("shown", mark.as_str()),
        ("preface", "请对照整改。\r\n月底前办结。"),
        ("reach", "named"),
    ];
    let reply = send(&site, APRIL, &form_of(&page, &fields));
    assert_eq!(reply.status, 200, "{}", reply.body);
    let aside = [("act", "put-aside"), ("note", "数字待核")];
    assert_eq!(send(&site, APRIL, &form_of(&page, &aside)).status, 200);
    let period = "2026-04".parse().unwrap();
    let approve = Verdict::Approve {
        shown: mark.clone(),
        preface: "请对照整改。\n月底前办结。".to_owned(),
        reach: Reach::Named,
    };
    let aside = Verdict::PutAside {
        note: "数字待核".to_owned(),
    };
    let expected = [approve, aside].map(|verdict| Deed::Bulletin { period, verdict });
    assert_eq!(deeds(&site), expected);
    // The very same form once more is the same press.
    assert_eq!(send(&site, APRIL, &form_of(&page, &fields)).status, 200);
    assert_eq!(deeds(&site).len(), 2);
}

/// What cannot be taken is said on the page itself, with all that was written.
#[test]
fn what_was_written_is_not_lost() {
    let site = site_of("office@b");
    let page = see(&site, APRIL);
    let long = "长".repeat(1001);
    for (fields, words) in [
        (
            vec![
                ("act", "approve"),
                ("reach", "named"),
                ("preface", long.as_str()),
            ],
            "按语最多 1000 个字",
        ),
        (
            vec![
                ("act", "approve"),
                ("reach", "named"),
                ("preface", "铃\u{7}声"),
            ],
            "按语最多 1000 个字",
        ),
        (
            vec![("act", "approve"), ("preface", "照办")],
            "请选发给谁。",
        ),
        (vec![("act", "put-aside")], "请写明为什么搁置"),
        (vec![("preface", "照办")], "请选要办什么。"),
    ] {
        let reply = send(&site, APRIL, &form_of(&page, &fields));
        assert_eq!(reply.status, 422, "{words}");
        reply.says(words);
        if fields.contains(&("preface", "照办")) {
            reply.says(">照办</textarea>");
        }
    }
    site.desk.fail(Fault::Recording(DeskError::StorageFull));
    let fields = [("act", "approve"), ("reach", "all"), ("preface", "<照办>")];
    let reply = send(&site, APRIL, &form_of(&page, &fields));
    assert_eq!(reply.status, 503);
    reply.says(">&lt;照办&gt;</textarea>");
    reply.says("id=\"reach-all\" name=\"reach\" value=\"all\" checked");
    assert!(deeds(&site).is_empty());
}

/// A town's officer sees no draft, and decides nothing.
#[test]
fn a_town_approves_nothing() {
    let site = site_of("safety@t1");
    see(&site, "/bulletins").says("还没有通报。");
    assert_eq!(see(&site, APRIL).status, 404);
    let page = see(&site, "/");
    let fields = [("csrf", "x"), ("act", "approve"), ("reach", "all")];
    let body = super::site::encode(&fields);
    assert_eq!(send(&site, APRIL, &body).status, 403);
    assert_eq!(page.status, 200);
    assert!(deeds(&site).is_empty());
}

/// A form without the session's token is of another site.
#[test]
fn a_forged_approval_is_refused() {
    let site = site_of("office@b");
    let page = see(&site, APRIL);
    let body = form_of(&page, &[("act", "approve"), ("reach", "all")]);
    let forged = body.replacen("csrf=", "csrf=x", 1);
    assert_eq!(send(&site, APRIL, &forged).status, 403);
    assert!(deeds(&site).is_empty());
}

/// Workbooks are asked for as the pages link to them, and given out to be saved.
#[test]
fn workbooks_are_asked_for_as_the_page_filters() {
    let site = site_of("office@b");
    let task = see(&site, "/task?id=ledger&stand=overdue");
    let link = task.body.split("href=\"/task.xlsx?").nth(1).unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    for path in [
        "/ledger.xlsx?year=2026".to_owned(),
        "/ledger.xlsx?year=x".to_owned(),
        format!("{APRIL}/tables.xlsx"),
        format!("/task.xlsx?{link}"),
    ] {
        let headers = cookie("schoolbell_session", SECRET);
        let reply = site.ask("GET", &path, &headers, "");
        assert_eq!(reply.status, 200, "{path}");
        let name = reply.header("content-disposition").unwrap();
        assert!(
            name.starts_with("attachment; filename*=UTF-8''%E6%85%88"),
            "{name}"
        );
        assert_eq!(
            reply.header("content-type"),
            Some("application/octet-stream")
        );
    }
    let asked = site.desk.workbooks.lock().unwrap().clone();
    assert_eq!(asked[0], AskedWorkbook::Record(Some(2026)));
    assert_eq!(asked[1], AskedWorkbook::Record(None));
    assert_eq!(
        asked[2],
        AskedWorkbook::Bulletin("2026-04".parse().unwrap())
    );
    let AskedWorkbook::Matrix(matrix) = &asked[3] else {
        panic!("{:?}", asked[3]);
    };
    assert_eq!(matrix.task.as_str(), "ledger");
    assert_eq!(matrix.period, Some("2026".parse().unwrap()));
    assert_eq!((matrix.stand, &matrix.town), (Stand::Overdue, &None));
    assert_eq!(see(&site, "/bulletin/x/tables.xlsx").status, 404);
}

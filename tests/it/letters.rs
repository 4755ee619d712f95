//! What letters say, and whose templates they are made with.

use std::fs;

use expect_test::{Expect, expect};
use jiff::civil::date;
use schoolbell::core::fact::{Alert, Part};
use schoolbell::core::letter::{Content, Item, Row};
use schoolbell::mail::sample::{self, item, letter, links, row};
use schoolbell::mail::{Rendered, Templates};

pub(crate) fn render(content: &Content) -> Rendered {
    let (templates, problems) = Templates::load(None);
    let rendered = templates.render(content, &links());
    assert!(
        problems.is_empty() && rendered.problems.is_empty(),
        "{problems:?} {rendered:?}"
    );
    rendered
}

/// Subject and text of a letter. With `SCHOOLBELL_LETTERS` set to a folder, its HTML is left there to be looked at.
fn check(name: &str, content: &Content, expected: Expect) {
    let rendered = render(content);
    if let Some(folder) = option_env!("SCHOOLBELL_LETTERS") {
        fs::create_dir_all(folder).unwrap();
        fs::write(format!("{folder}/{name}.html"), &rendered.html).unwrap();
    }
    expected.assert_eq(&format!("{}\n\n{}", rendered.subject, rendered.text));
}

/// To 王建国 of 浒山小学.
pub(crate) fn to_school(items: Vec<Item>) -> Content {
    Content {
        unit_name: "浒山小学".to_owned(),
        calendar: "慈溪市学校安全工作行事历".to_owned(),
        ..letter(items)
    }
}

pub(crate) fn drill() -> Item {
    Item {
        detail: "组织全校师生疏散演练一次,从教室到操场,讲评后填写记录。".to_owned(),
        unit_name: "浒山小学".to_owned(),
        stands: None,
        what_follows: vec![
            (date(2026, 5, 13), "分管副校长 李敏".to_owned()),
            (date(2026, 5, 15), "校长 周立、浒山镇教办".to_owned()),
        ],
        why_you: "您是浒山小学的安全主任".to_owned(),
        authority: "《中小学幼儿园应急疏散演练指南》".to_owned(),
        source: "正文·14".to_owned(),
        ..item(
            "whole-school-drill",
            "全校应急疏散演练",
            date(2026, 5, 12),
            4,
        )
    }
}

pub(crate) fn guardroom() -> Item {
    Item {
        detail: String::new(),
        evidence: "自查表、申报表".to_owned(),
        due: date(2026, 4, 30),
        workdays_left: -1,
        answered: Some("收到(王建国)".to_owned()),
        reported_to: vec!["分管副校长 李敏".to_owned()],
        stands: None,
        what_follows: vec![(date(2026, 5, 8), "校长 周立、浒山镇教办".to_owned())],
        authority: String::new(),
        source: "附件·三月·措施5".to_owned(),
        part: Part::Below,
        title: "等级安保室自查、上报".to_owned(),
        ..drill()
    }
}

pub(crate) fn canteen() -> Item {
    Item {
        title: "食堂食品安全周排查".to_owned(),
        detail: "查进货台账、留样和从业人员健康证。".to_owned(),
        due: date(2026, 5, 8),
        due_time: Some("17:00".to_owned()),
        window_from: Some(date(2026, 5, 4)),
        workdays_left: 2,
        evidence: "周排查记录".to_owned(),
        times: (3, 1),
        stands: None,
        what_follows: vec![(date(2026, 5, 11), "分管副校长 李敏".to_owned())],
        authority: String::new(),
        source: "正文·9".to_owned(),
        origin: "全国性规定".to_owned(),
        ..drill()
    }
}

fn late(town: &str, unit: &str, title: &str, days: i32, answered: &str) -> Row {
    Row {
        answered: answered.to_owned(),
        ..row(town, unit, title, days)
    }
}

#[test]
fn one_opens() {
    check(
        "opens",
        &to_school(vec![drill()]),
        expect![[r#"
            【5月12日前】全校应急疏散演练 · 浒山小学 [No.123-hssb]

            王建国，您好。

            浒山小学有一项安全工作请您办理，请在5月12日（星期二）前完成。

            1. 全校应急疏散演练
               做什么：组织全校师生疏散演练一次,从教室到操场,讲评后填写记录。
               时　限：5月12日（星期二）前，还剩4个工作日
               交什么：演练记录、现场照片3张
               若逾期：5月13日（星期三）告知分管副校长 李敏；5月15日（星期五）告知校长 周立、浒山镇教办

            怎么回：打开下面的页面。选“收到”“已完成”或“申请延期”，写上姓名即可，不用登录。
            https://calendar.example/l/sample
            也可以直接回复这封信（请保留主题里的编号），写：“收到”“完成”“延期 6月20日 原因”

            --
            您收到这封信，是因为您是浒山小学的安全主任。
            依据：《中小学幼儿园应急疏散演练指南》，正文·14（种子文件）
            附件 dates.ics 打开后可把上面的日期加进手机或电脑的日历。
            本单位的全年安排：https://calendar.example/u/sample
            有疑问或联系人有变动，请联系：市教育局安全科，0574-00000000
            “慈溪市学校安全工作行事历”2026年5月6日（星期三）自动发出，编号 No.123
        "#]],
    );
}

#[test]
fn digest_with_one_overdue() {
    check(
        "digest",
        &to_school(vec![guardroom(), canteen(), drill()]),
        expect![[r#"
            【已逾期】等级安保室自查、上报等3项 · 浒山小学 [No.123-hssb]

            王建国，您好。

            浒山小学有3项安全工作请您办理，其中一项已逾期，请先办这一项。

            1. 等级安保室自查、上报
               时　限：4月30日（星期四）前，已逾期1个工作日
               交什么：自查表、申报表
               回　执：收到（王建国）
               已告知：分管副校长 李敏
               若仍未办：5月8日（星期五）告知校长 周立、浒山镇教办

            2. 食堂食品安全周排查
               做什么：查进货台账、留样和从业人员健康证。
               时　限：5月4日至5月8日（星期五）17:00，还剩2个工作日
               次　数：本期须报3次，已报1次
               交什么：周排查记录
               若逾期：5月11日（星期一）告知分管副校长 李敏

            3. 全校应急疏散演练
               做什么：组织全校师生疏散演练一次,从教室到操场,讲评后填写记录。
               时　限：5月12日（星期二）前，还剩4个工作日
               交什么：演练记录、现场照片3张
               若逾期：5月13日（星期三）告知分管副校长 李敏；5月15日（星期五）告知校长 周立、浒山镇教办

            怎么回：打开下面的页面。选“收到”“已完成”或“申请延期”，写上姓名即可，不用登录。
            https://calendar.example/l/sample
            也可以直接回复这封信（请保留主题里的编号），写：“收到”“完成 1 2”“延期 1 6月20日 原因”

            --
            您收到这封信，是因为您是浒山小学的安全主任。
            依据：
              1. 附件·三月·措施5（种子文件）
              2. 正文·9（全国性规定）
              3. 《中小学幼儿园应急疏散演练指南》，正文·14（种子文件）
            附件 dates.ics 打开后可把上面的日期加进手机或电脑的日历。
            本单位的全年安排：https://calendar.example/u/sample
            有疑问或联系人有变动，请联系：市教育局安全科，0574-00000000
            “慈溪市学校安全工作行事历”2026年5月6日（星期三）自动发出，编号 No.123
        "#]],
    );
}

#[test]
fn overdue_for_the_deputy() {
    let content = Content {
        person: "李敏".to_owned(),
        overdue_below: vec![Item {
            part: Part::Above,
            why_you: "您是浒山小学的分管副校长".to_owned(),
            reported_to: Vec::new(),
            ..guardroom()
        }],
        ..to_school(Vec::new())
    };
    check(
        "deputy",
        &content,
        expect![[r#"
            【已逾期】等级安保室自查、上报 · 浒山小学 [No.123-hssb]

            李敏，您好。

            浒山小学有一项安全工作已过截止日，至今没有完成回执，请您过问。

            1. 等级安保室自查、上报
               时　限：4月30日（星期四）前，已逾期1个工作日
               交什么：自查表、申报表
               回　执：收到（王建国）
               若仍未办：5月8日（星期五）告知校长 周立、浒山镇教办

            怎么回：打开下面的页面。已经办好的，可以在页面上代为回执；办理有困难的，也请在页面上说明。
            https://calendar.example/l/sample

            --
            您收到这封信，是因为您是浒山小学的分管副校长。
            依据：附件·三月·措施5（种子文件）
            本单位的全年安排：https://calendar.example/u/sample
            有疑问或联系人有变动，请联系：市教育局安全科，0574-00000000
            “慈溪市学校安全工作行事历”2026年5月6日（星期三）自动发出，编号 No.123
        "#]],
    );
}

#[test]
fn rollup_of_a_town() {
    let content = Content {
        person: "陈海".to_owned(),
        unit_name: "浒山镇教育办公室".to_owned(),
        rollup: vec![
            late(
                "浒山镇",
                "浒山小学",
                "等级安保室自查、上报",
                3,
                "收到(王建国)",
            ),
            late("浒山镇", "浒山第二中心幼儿园", "食堂食品安全周排查", 2, ""),
            late(
                "浒山镇",
                "阳光实验学校",
                "校车驾驶员培训",
                0,
                "申请延期(赵琳)",
            ),
        ],
        closed: vec![late(
            "浒山镇",
            "阳光幼儿园",
            "校园周边环境排查",
            0,
            "已完成(孙丽)",
        )],
        ..to_school(Vec::new())
    };
    check(
        "rollup",
        &content,
        expect![[r#"
            【逾期汇总】3项未完成 · 浒山镇教育办公室 [No.123-hssb]

            陈海，您好。

            截至今天，浒山镇教育办公室辖内有3项安全工作已过截止日，还没有完成。

            浒山镇（3项）
              - 浒山小学：等级安保室自查、上报，5月4日截止，逾期3个工作日，回执：收到（王建国）
              - 浒山第二中心幼儿园：食堂食品安全周排查，5月4日截止，逾期2个工作日
              - 阳光实验学校：校车驾驶员培训，5月4日截止，刚过截止日，回执：申请延期（赵琳）

            现已办结：
              - 阳光幼儿园：校园周边环境排查，5月4日截止，已完成（孙丽）

            详细情况：
            https://calendar.example/l/sample

            --
            您收到这封信，是因为您是浒山镇教育办公室的联系人。
            本单位的全年安排：https://calendar.example/u/sample
            有疑问或联系人有变动，请联系：市教育局安全科，0574-00000000
            “慈溪市学校安全工作行事历”2026年5月6日（星期三）自动发出，编号 No.123
        "#]],
    );
    let bureau = Content {
        unit_name: "市教育局安全科".to_owned(),
        rollup: vec![
            late("鄞州街道", "鄞州中学", "校车驾驶员培训", 6, ""),
            late(
                "横河镇",
                "横河小学",
                "等级安保室自查、上报",
                5,
                "有困难(何平)",
            ),
            late("鄞州街道", "鄞州小学", "等级安保室自查、上报", 6, ""),
        ],
        ..content
    };
    check(
        "rollup-bureau",
        &bureau,
        expect![[r#"
            【逾期汇总】3项未完成 · 市教育局安全科 [No.123-hssb]

            陈海，您好。

            截至今天，市教育局安全科辖内有3项安全工作已过截止日，还没有完成。

            横河镇（1项）
              - 横河小学：等级安保室自查、上报，5月4日截止，逾期5个工作日，回执：有困难（何平）

            鄞州街道（2项）
              - 鄞州中学：校车驾驶员培训，5月4日截止，逾期6个工作日
              - 鄞州小学：等级安保室自查、上报，5月4日截止，逾期6个工作日

            现已办结：
              - 阳光幼儿园：校园周边环境排查，5月4日截止，已完成（孙丽）

            详细情况：
            https://calendar.example/l/sample

            --
            您收到这封信，是因为您是市教育局安全科的联系人。
            本单位的全年安排：https://calendar.example/u/sample
            有疑问或联系人有变动，请联系：市教育局安全科，0574-00000000
            “慈溪市学校安全工作行事历”2026年5月6日（星期三）自动发出，编号 No.123
        "#]],
    );
}

#[test]
fn date_changed() {
    let content = to_school(vec![Item {
        due: date(2026, 5, 19),
        workdays_left: 9,
        changed_from: Some(date(2026, 5, 12)),
        date_note: Some("原定 05-16(周六),顺延至工作日".to_owned()),
        decided: Some("延期申请已同意(市教育局安全科)".to_owned()),
        ..drill()
    }]);
    check(
        "changed",
        &content,
        expect![[r#"
            【改期至5月19日】全校应急疏散演练 · 浒山小学 [No.123-hssb]

            王建国，您好。

            浒山小学有一项安全工作改了日期，请按新的日期安排。

            1. 全校应急疏散演练
               做什么：组织全校师生疏散演练一次,从教室到操场,讲评后填写记录。
               时　限：5月19日（星期二）前，还剩9个工作日
               改日期：原定5月12日（星期二），现改为5月19日（星期二）
               日　期：原定 05-16（周六），顺延至工作日
               交什么：演练记录、现场照片3张
               答　复：延期申请已同意（市教育局安全科）
               若逾期：5月13日（星期三）告知分管副校长 李敏；5月15日（星期五）告知校长 周立、浒山镇教办

            怎么回：打开下面的页面。选“收到”“已完成”或“申请延期”，写上姓名即可，不用登录。
            https://calendar.example/l/sample
            也可以直接回复这封信（请保留主题里的编号），写：“收到”“完成”“延期 6月20日 原因”

            --
            您收到这封信，是因为您是浒山小学的安全主任。
            依据：《中小学幼儿园应急疏散演练指南》，正文·14（种子文件）
            附件 dates.ics 打开后可把上面的日期加进手机或电脑的日历。
            本单位的全年安排：https://calendar.example/u/sample
            有疑问或联系人有变动，请联系：市教育局安全科，0574-00000000
            “慈溪市学校安全工作行事历”2026年5月6日（星期三）自动发出，编号 No.123
        "#]],
    );
}

#[test]
fn closed_and_withdrawn() {
    let content = Content {
        person: "李敏".to_owned(),
        closed: vec![
            late(
                "浒山镇",
                "浒山小学",
                "等级安保室自查、上报",
                0,
                "已完成(王建国)",
            ),
            late(
                "浒山镇",
                "浒山小学",
                "校园周边环境排查",
                0,
                "已免办(市教育局安全科)",
            ),
        ],
        ..to_school(Vec::new())
    };
    check(
        "closed",
        &content,
        expect![[r#"
            【已办结】等级安保室自查、上报等2项 · 浒山小学 [No.123-hssb]

            李敏，您好。

            此前向您报告过的2项安全工作已经办结，特此告知。

            现已办结：
              - 浒山小学：等级安保室自查、上报，5月4日截止，已完成（王建国）
              - 浒山小学：校园周边环境排查，5月4日截止，已免办（市教育局安全科）

            详细情况：
            https://calendar.example/l/sample

            --
            您收到这封信，是因为您是浒山小学的联系人。
            本单位的全年安排：https://calendar.example/u/sample
            有疑问或联系人有变动，请联系：市教育局安全科，0574-00000000
            “慈溪市学校安全工作行事历”2026年5月6日（星期三）自动发出，编号 No.123
        "#]],
    );
    let content = Content {
        withdrawn: vec![late("浒山镇", "浒山小学", "校舍安全年度普查", 0, "")],
        ..to_school(Vec::new())
    };
    check(
        "withdrawn",
        &content,
        expect![[r#"
            【不再要求】校舍安全年度普查 · 浒山小学 [No.123-hssb]

            王建国，您好。

            此前通知的一项安全工作不再要求，不必再办。

            不再要求：
              - 浒山小学：校舍安全年度普查，原定5月4日截止

            详细情况：
            https://calendar.example/l/sample

            --
            您收到这封信，是因为您是浒山小学的联系人。
            本单位的全年安排：https://calendar.example/u/sample
            有疑问或联系人有变动，请联系：市教育局安全科，0574-00000000
            “慈溪市学校安全工作行事历”2026年5月6日（星期三）自动发出，编号 No.123
        "#]],
    );
}

#[test]
fn matters_and_alert() {
    let content = Content {
        unit_name: "市教育局安全科".to_owned(),
        matters: vec![
            "横河小学没有可用的联系人:安全主任的邮箱被退回(550 5.1.1)。\n请更新通讯录,随后会自动补发。".to_owned(),
            "2027年的放假通知还没有录入,工作日暂按周一至周五推算。".to_owned(),
        ],
        ..to_school(Vec::new())
    };
    check(
        "matters",
        &content,
        expect![[r#"
            【管理员】2件事待处理 · 市教育局安全科 [No.123-hssb]

            王建国，您好。

            有2件事需要管理员处理。

            请管理员处理：
              1. 横河小学没有可用的联系人：安全主任的邮箱被退回（550 5.1.1）。
                 请更新通讯录，随后会自动补发。
              2. 2027年的放假通知还没有录入，工作日暂按周一至周五推算。
            管理页：https://calendar.example/

            详细情况：
            https://calendar.example/l/sample

            --
            您收到这封信，是因为您是市教育局安全科的联系人。
            本单位的全年安排：https://calendar.example/u/sample
            有疑问或联系人有变动，请联系：市教育局安全科，0574-00000000
            “慈溪市学校安全工作行事历”2026年5月6日（星期三）自动发出，编号 No.123
        "#]],
    );
    let content = Content {
        alert: Some(Alert {
            subject: "行事历有错,仍按原来的执行".to_owned(),
            text: "error: 没有“2月30日”这一天\n  --> calendar/02.toml:14:12\n   |\n14 | due      = \"2月30日\"\n   |            ^^^^^^^^^ 2月最多29天\n   |\n   = 改好后会自动重新载入".to_owned(),
        }),
        ..to_school(Vec::new())
    };
    check(
        "alert",
        &content,
        expect![[r#"
            行事历有错，仍按原来的执行 [No.123-hssb]

            行事历有错,仍按原来的执行

            error: 没有“2月30日”这一天
              --> calendar/02.toml:14:12
               |
            14 | due      = "2月30日"
               |            ^^^^^^^^^ 2月最多29天
               |
               = 改好后会自动重新载入

            --
            您收到这封信，是因为您是浒山小学的联系人。
            有疑问或联系人有变动，请联系：市教育局安全科，0574-00000000
            “慈溪市学校安全工作行事历”2026年5月6日（星期三）自动发出，编号 No.123
        "#]],
    );
}

#[test]
fn everything_at_once() {
    let rendered = render(&sample::content());
    for part in [&rendered.text, &rendered.html] {
        for word in ["示例小学", "本期须报3次", "现改为", "不再要求", "https:"] {
            assert!(part.contains(word), "{word} in {part}");
        }
    }
}

#[test]
fn subjects() {
    let subject = |content: Content| render(&content).subject;
    let long = Item {
        title: "校园及周边治安综合治理专项整治行动自查自纠与整改情况".repeat(3),
        due: date(2026, 5, 7),
        unit_name: "鄞州区东钱湖镇中心小学附属第一实验幼儿园旭日分园".repeat(2),
        ..drill()
    };
    let cut = subject(to_school(vec![long, canteen()]));
    assert!(cut.chars().count() <= 60, "{cut}");
    expect!["【5月7日前】校园及周边治安综合治理专项整治行动自查自纠与整改情况校园…等2项 · 浒山小学 [No.123-hssb]"].assert_eq(&cut);
    let several = Content {
        unit_name: "浒山小学、浒山幼儿园".to_owned(),
        ..to_school(vec![
            drill(),
            Item {
                unit_name: "浒山幼儿园".to_owned(),
                ..canteen()
            },
        ])
    };
    expect!["【5月8日前】食堂食品安全周排查等2项 · 浒山小学等2个单位 [No.123-hssb]"]
        .assert_eq(&subject(several));
    let settled = Item {
        settled: Some("不适用".to_owned()),
        decided: Some("不适用的申请已同意".to_owned()),
        ..drill()
    };
    expect!["【申请已答复】全校应急疏散演练 · 浒山小学 [No.123-hssb]"]
        .assert_eq(&subject(to_school(vec![settled])));
    let next_year = Content {
        today: date(2025, 12, 29),
        ..to_school(vec![drill()])
    };
    assert!(render(&next_year).text.contains("2026年5月12日（星期二）"));
}

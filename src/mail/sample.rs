//! A made-up letter with something in every place, to try templates on and to show how a letter looks.

use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::core::bulletin::{
    Column, ColumnKind, Edition, FIGURES, Reach, Row as BulletinRow, Section, Shape, TOWN, Table,
    UNFINISHED, Whose,
};
use crate::core::duty::{DutyId, OccurrenceId};
use crate::core::fact::{Alert, Part};
use crate::core::letter::{Content, Item, Row};
use crate::core::names::{Address, TaskId, UnitId};
use crate::core::period::PeriodKey;

use super::number::Numbered;
use super::view::Links;

/// A digest: one duty to do, one overdue, an overdue one below, rows, matters.
pub fn content() -> Content {
    Content {
        overdue_below: vec![Item {
            part: Part::Above,
            answered: Some("收到(王建国)".to_owned()),
            why_you: "您是示例小学的分管副校长".to_owned(),
            ..item("hazard-ledger", "隐患排查台账", date(2026, 5, 5), -1)
        }],
        rollup: vec![row("示例镇", "示例小学", "隐患排查台账", 2)],
        closed: vec![Row {
            answered: "已完成(王建国)".to_owned(),
            ..row("示例镇", "示例中学", "校车检查", 0)
        }],
        withdrawn: vec![row("示例镇", "示例小学", "旧表填报", 0)],
        bulletins: vec![bulletin()],
        matters: vec!["示例幼儿园的安全主任没有可用的邮箱,请更新通讯录。".to_owned()],
        ..letter(vec![
            Item {
                window_from: Some(date(2026, 5, 6)),
                due_time: Some("17:00".to_owned()),
                date_note: Some("原定 05-16(周六),提前至工作日".to_owned()),
                changed_from: Some(date(2026, 5, 14)),
                decided: Some("延期申请已同意".to_owned()),
                times: (3, 1),
                ..item(
                    "whole-school-drill",
                    "全校应急疏散演练",
                    date(2026, 5, 15),
                    7,
                )
            },
            Item {
                reported_to: vec!["分管副校长 李敏".to_owned()],
                settled: Some("已完成(王建国)".to_owned()),
                ..item("guardroom-check", "等级安保室自查", date(2026, 5, 5), -1)
            },
        ])
    }
}

/// A bulletin with a table of each shape, with the columns of a real one.
fn bulletin() -> Edition {
    let table = |shape, columns: &[&[(&str, ColumnKind)]], cells: &[&str]| Table {
        shape,
        columns: columns
            .concat()
            .into_iter()
            .map(|(name, kind)| Column {
                name: name.to_owned(),
                kind,
            })
            .collect(),
        rows: vec![BulletinRow {
            of: Whose::All,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        }],
        none: "没有。".to_owned(),
    };
    let section = |title: &str, table| Section {
        title: title.to_owned(),
        text: vec!["本周到期应办 10 项次。".to_owned()],
        table: Some(table),
    };
    let town = ["1", "示例街道教育办公室", "10", "8", "1", "1", "80"];
    let late = [
        town[1],
        "示例小学",
        "隐患排查台账",
        "2026-04-29",
        "2",
        "安全主任",
        "2026-04-30",
        "收到",
    ];
    Edition {
        period: PeriodKey::Week(2026, 18),
        title: "示例市学校安全工作周通报".to_owned(),
        number: "2026年第18期（4月27日至5月3日）".to_owned(),
        to_whom: Reach::Named.to_whom().to_owned(),
        preface: "请各单位对照整改。".to_owned(),
        sections: vec![
            section(
                "一、分镇（街道）情况",
                table(Shape::Figures, &[&TOWN, &FIGURES], &town),
            ),
            section("二、未完成名单", table(Shape::Units, &[&UNFINISHED], &late)),
            section(
                "三、全部按时完成的单位",
                table(Shape::Names, &[&UNFINISHED[..2]], &late[..2]),
            ),
        ],
        signed: "示例市教育局".to_owned(),
        dated: date(2026, 5, 6),
        as_of: date(2026, 5, 6).at(8, 0, 0, 0),
    }
}

/// The letter `mail test` sends, written on `today`.
pub fn trial(address: Address, calendar: &str, slot: Timestamp, today: Date) -> Content {
    Content {
        address,
        person: String::new(),
        unit_name: String::new(),
        unit: None,
        letter: 0,
        slot,
        today,
        calendar: calendar.to_owned(),
        alert: Some(Alert {
            subject: "试发信：邮件设置可用".to_owned(),
            text: "收到这封信，说明发信设置是好的，不必回复。".to_owned(),
        }),
        ..letter(Vec::new())
    }
}

/// Where its links lead: nowhere.
pub fn links() -> Links {
    Links {
        page: Some("https://calendar.example/l/sample".to_owned()),
        board: Some("https://calendar.example/u/sample".to_owned()),
        desk: Some("https://calendar.example/".to_owned()),
        contact: "市教育局安全科，0574-00000000".to_owned(),
        reads_replies: true,
        tag: Numbered::new(123, b"sample").tag,
    }
}

/// A letter to act on some duties, written on 6 May 2026.
pub fn letter(items: Vec<Item>) -> Content {
    Content {
        letter: 123,
        address: Address::from("wang@school.example"),
        person: "王建国".to_owned(),
        unit_name: "示例小学".to_owned(),
        unit: Some(UnitId::from("s001")),
        slot: Timestamp::UNIX_EPOCH,
        today: date(2026, 5, 6),
        calendar: "示例市学校安全工作行事历".to_owned(),
        items,
        overdue_below: Vec::new(),
        rollup: Vec::new(),
        closed: Vec::new(),
        withdrawn: Vec::new(),
        matters: Vec::new(),
        bulletins: Vec::new(),
        alert: None,
        is_sign_in: false,
    }
}

/// A duty to act on.
pub fn item(task: &str, title: &str, due: Date, workdays_left: i32) -> Item {
    Item {
        duty: duty(task),
        title: title.to_owned(),
        detail: "按方案组织一次，讲评后填写记录。".to_owned(),
        unit_name: "示例小学".to_owned(),
        due,
        due_time: None,
        hour_over: false,
        window_from: None,
        date_note: None,
        workdays_left,
        evidence: "演练记录、现场照片3张".to_owned(),
        changed_from: None,
        date_changes: 0,
        decided: None,
        times: (1, 0),
        answered: None,
        part: Part::Act,
        reported_to: Vec::new(),
        stands: None,
        what_follows: vec![(date(2026, 5, 18), "分管副校长 李敏".to_owned())],
        why_you: "您是示例小学的安全主任".to_owned(),
        source: "正文·14".to_owned(),
        origin: "种子文件".to_owned(),
        authority: String::new(),
        settled: None,
        alert: false,
        files: Vec::new(),
    }
}

/// A row of a table.
pub fn row(town: &str, unit: &str, title: &str, workdays_late: i32) -> Row {
    Row {
        duty: duty("sample"),
        town_name: town.to_owned(),
        unit_name: unit.to_owned(),
        title: title.to_owned(),
        due: date(2026, 5, 4),
        workdays_late,
        answered: String::new(),
    }
}

fn duty(task: &str) -> DutyId {
    DutyId {
        occurrence: OccurrenceId {
            task: TaskId::from(task),
            period: PeriodKey::Year(2026),
        },
        unit: UnitId::from("s001"),
    }
}

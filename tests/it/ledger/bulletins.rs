//! The facts of bulletins.

use std::sync::Arc;

use jiff::civil::date;
use schoolbell::core::bulletin::{
    Bulletin, Column, ColumnKind, Reach, Row, Section, Shape, Table, Whose,
};
use schoolbell::core::fact::Event;

use super::address;

/// One of each; whom its rows are about in every way there is.
pub(super) fn events() -> Vec<Event> {
    let bulletin = "2026-W19".parse().expect("a week");
    let kinds = [
        ColumnKind::Text,
        ColumnKind::Day,
        ColumnKind::Count,
        ColumnKind::Percent,
    ];
    let rows = [
        Whose::All,
        Whose::Town(None),
        Whose::Town(Some("t1".into())),
        Whose::Unit("s017".into(), Some("t1".into())),
    ];
    let table = Table {
        shape: Shape::Units,
        columns: kinds
            .map(|kind| Column {
                name: "列".to_owned(),
                kind,
            })
            .to_vec(),
        rows: rows
            .map(|of| Row {
                of,
                cells: ["=浒山", "2026-05-08", "3", "90"]
                    .map(str::to_owned)
                    .to_vec(),
            })
            .to_vec(),
        none: "没有。".to_owned(),
    };
    let section = Section {
        title: "一、总体情况".to_owned(),
        text: vec!["应办 3 项次。".to_owned()],
        table: Some(table),
    };
    let content = Bulletin {
        period: bulletin,
        title: "慈溪市学校安全工作周通报".to_owned(),
        number: "2026年第19期（5月4日至5月10日）".to_owned(),
        signed: "慈溪市教育局".to_owned(),
        as_of: date(2026, 5, 11).at(9, 30, 0, 0),
        sections: vec![section],
    };
    let by = "沈志明".to_owned();
    vec![
        Event::BulletinApproved {
            bulletin,
            by: by.clone(),
            preface: "请对照整改。\n月底前办结。".to_owned(),
            reach: Reach::Named,
            content: Arc::new(content),
        },
        Event::BulletinPutAside {
            bulletin,
            by,
            note: "数字待核".to_owned(),
        },
        Event::BulletinSent {
            bulletin,
            address: address(),
            letter: 3,
        },
    ]
}

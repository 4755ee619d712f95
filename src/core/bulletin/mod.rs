//! 通报: how a week or a month went. A draft is computed whenever somebody looks; what a person approved is a fact, with
//! every word of it, and stands whatever is answered later.

mod decide;
mod edition;
mod figures;
mod layout;
mod readers;
mod span;
mod words;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

pub use decide::{Verdict, decide, goes_out};
pub use edition::{Edition, Eye};
pub use layout::{Group, Laid, LaidRow};
pub use readers::readers;
pub use span::{Span, awaited, offered};
pub use words::draft;
pub(crate) use words::{FIGURES, TOWN, UNFINISHED};

use super::names::{NameHasher, UnitId};
use super::period::PeriodKey;

/// All that a bulletin says, in the words it says it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulletin {
    /// The week or month it is about.
    pub period: PeriodKey,
    /// `慈溪市学校安全工作周通报`
    pub title: String,
    /// `2026年第13期（3月23日至3月29日）`
    pub number: String,
    /// Who speaks: the bureau.
    pub signed: String,
    /// The moment it tells of, where the bureau is.
    pub as_of: DateTime,
    /// Its parts, in order.
    pub sections: Vec<Section>,
}

/// A part of a bulletin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// `未完成名单`
    pub title: String,
    /// What is said before the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// Its table, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
}

/// A table of a bulletin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// How it is laid out.
    pub shape: Shape,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, in order.
    pub rows: Vec<Row>,
    /// What is said where there is no row.
    pub none: String,
}

/// How a table is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Names with figures beside them.
    Figures,
    /// Towns, units, and something to say of each.
    Units,
    /// Towns and units, and nothing more: a line a town will do.
    Names,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its header.
    pub name: String,
    /// What stands in it.
    pub kind: ColumnKind,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// Text.
    Text,
    /// A number, or nothing.
    Count,
    /// A hundredth part as a whole number, or nothing.
    Percent,
    /// A day as ISO 8601.
    Day,
}

/// A row: a cell a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Whom it is about, which decides who sees it.
    pub of: Whose,
    /// Its cells.
    pub cells: Vec<String>,
}

/// Whom a row is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// Everybody together.
    All,
    /// A town, or what stands under the bureau itself.
    Town(Option<UnitId>),
    /// A unit, and the town it belongs to.
    Unit(UnitId, Option<UnitId>),
}

/// Which of the schools get a bulletin; the bureau and the towns always do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Those that have something unfinished in it.
    Named,
    /// All.
    All,
}

impl Reach {
    /// Both, as forms write them and people say them.
    pub const ALL: [(Self, &'static str, &'static str); 2] = [
        (Self::Named, "named", "局里、各镇街，以及名单上的单位"),
        (Self::All, "all", "局里、各镇街，以及所有单位"),
    ];

    /// Reads what a form writes.
    pub fn parse(text: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(_, word, _)| *word == text);
        found.map(|(reach, ..)| reach)
    }

    /// Whom a bulletin is addressed to: 主送.
    pub fn to_whom(self) -> &'static str {
        match self {
            Self::Named => "各镇（街道）教育办公室，有关学校、幼儿园：",
            Self::All => "各镇（街道）教育办公室，各学校、幼儿园：",
        }
    }

    /// What is suggested: a week's bulletin is for those who have something to do about it, a month's for all.
    pub fn suggested(period: PeriodKey) -> Self {
        match period {
            PeriodKey::Month(..) => Self::All,
            _ => Self::Named,
        }
    }
}

impl Bulletin {
    /// What tells it from any other: the same for two drafts that say the same, at whatever minute.
    pub fn mark(&self) -> String {
        use std::hash::Hasher as _;
        let mut said = self.clone();
        said.as_of = self.as_of.date().at(0, 0, 0, 0);
        let mut hasher = NameHasher::default();
        hasher.write(serde_json::to_string(&said).unwrap_or_default().as_bytes());
        format!("{:016x}", hasher.finish())
    }

    /// The day it bears.
    pub fn dated(&self) -> Date {
        self.as_of.date()
    }

    /// The units that a section of it names as having something unfinished.
    pub(super) fn named(&self) -> impl Iterator<Item = &UnitId> {
        let tables = self
            .sections
            .iter()
            .filter_map(|section| section.table.as_ref());
        let unfinished = tables.filter(|table| table.shape == Shape::Units);
        unfinished
            .flat_map(|table| &table.rows)
            .filter_map(|row| match &row.of {
                Whose::Unit(unit, _) => Some(unit),
                _ => None,
            })
    }
}

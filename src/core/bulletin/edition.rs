//! An edition: a bulletin for one pair of eyes. A town sees its own units, a school itself; what is counted over all is
//! for everybody.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use serde::Serialize;

use super::{Bulletin, Reach, Section, Whose};
use crate::core::agenda::Agenda;
use crate::core::names::{Address, UnitId};
use crate::core::officer::Sight;
use crate::core::period::PeriodKey;
use crate::core::roster::Kind;

/// Whose rows somebody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Eye {
    /// All.
    Whole,
    /// Those of these towns and these units.
    Of {
        /// With all units below them.
        towns: BTreeSet<UnitId>,
        /// And nothing else.
        units: BTreeSet<UnitId>,
    },
}

/// A bulletin as one reader gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edition {
    /// Of which week or month.
    pub period: PeriodKey,
    /// Its title.
    pub title: String,
    /// Which issue it is.
    pub number: String,
    /// Whom it is addressed to: 主送.
    pub to_whom: String,
    /// What the officer says before anything else; may be empty.
    pub preface: String,
    /// Its parts.
    pub sections: Vec<Section>,
    /// Who speaks: 落款.
    pub signed: String,
    /// The day it bears.
    pub dated: Date,
    /// The moment it tells of.
    pub as_of: DateTime,
}

impl Eye {
    /// What the reader behind a mailbox sees: the bureau's people and sections all, a town's their town, everybody else their
    /// unit.
    pub fn behind(agenda: &Agenda, address: &Address, today: Date) -> Self {
        let (mut towns, mut units) = (BTreeSet::new(), BTreeSet::new());
        for (unit, _) in agenda.roster.behind(address, today) {
            match unit.kind {
                Kind::Bureau => return Self::Whole,
                Kind::Section => match agenda.roster.ancestor(unit, Kind::Town) {
                    Some(town) => towns.insert(town.id.clone()),
                    None => return Self::Whole,
                },
                Kind::Town => towns.insert(unit.id.clone()),
                _ => units.insert(unit.id.clone()),
            };
        }
        Self::Of { towns, units }
    }

    fn sees(&self, row: &Whose) -> bool {
        let Self::Of { towns, units } = self else {
            return true;
        };
        match row {
            Whose::All => true,
            Whose::Town(town) => town.as_ref().is_some_and(|town| towns.contains(town)),
            Whose::Unit(unit, town) => {
                units.contains(unit) || town.as_ref().is_some_and(|town| towns.contains(town))
            }
        }
    }
}

impl From<&Sight> for Eye {
    fn from(sight: &Sight) -> Self {
        match sight {
            Sight::All => Self::Whole,
            Sight::Towns(towns) => Self::Of {
                towns: towns.clone(),
                units: BTreeSet::new(),
            },
        }
    }
}

impl Edition {
    /// What is seen of a bulletin with this preface and addressed so.
    pub fn new(found: &Bulletin, preface: &str, reach: Reach, eye: &Eye) -> Self {
        let section = |section: &Section| {
            let mut section = section.clone();
            if let Some(table) = &mut section.table {
                let had = table.rows.len();
                table.rows.retain(|row| eye.sees(&row.of));
                if had > 0 && table.rows.is_empty() {
                    "其中没有您单位（辖区）的。".clone_into(&mut table.none);
                }
            }
            section
        };
        Self {
            period: found.period,
            title: found.title.clone(),
            number: found.number.clone(),
            to_whom: reach.to_whom().to_owned(),
            preface: preface.to_owned(),
            sections: found.sections.iter().map(section).collect(),
            signed: found.signed.clone(),
            dated: found.dated(),
            as_of: found.as_of,
        }
    }

    /// How many rows its tables have.
    pub fn rows(&self) -> usize {
        let tables = self
            .sections
            .iter()
            .filter_map(|section| section.table.as_ref());
        tables.map(|table| table.rows.len()).sum()
    }
}

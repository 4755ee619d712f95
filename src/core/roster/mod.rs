//! The roster: units, what they are, and who holds which role there today.

mod cell;
mod changes;
mod columns;
mod read;
mod sheet;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;

pub use changes::{Change, Tally, changes, tally};
pub(crate) use columns::column;
pub use columns::{COLUMNS, CsvStyle, NEEDED};
pub use read::{TITLES, read_csv, read_sheet, read_toml};
pub use sheet::{Sheet, is_toml};

use super::diagnostic::{Place, Text};
use super::ladder::RoleRef;
use super::names::{Address, NameMap, Role, UnitId};

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// 教育局
    Bureau,
    /// 局内科室
    Section,
    /// 镇(街道)
    Town,
    /// 幼儿园
    Kindergarten,
    /// 小学
    Primary,
    /// 初中
    Junior,
    /// 高中
    Senior,
    /// 九年一贯制学校
    NineYear,
    /// 完全中学
    Complete,
    /// 中等职业学校
    Vocational,
    /// 特殊教育学校
    Special,
}

impl Kind {
    /// All of them, from the top down.
    pub const ALL: [Self; 11] = [
        Self::Bureau,
        Self::Section,
        Self::Town,
        Self::Kindergarten,
        Self::Primary,
        Self::Junior,
        Self::Senior,
        Self::NineYear,
        Self::Complete,
        Self::Vocational,
        Self::Special,
    ];

    /// As the calendar and the roster write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bureau => "bureau",
            Self::Section => "section",
            Self::Town => "town",
            Self::Kindergarten => "kindergarten",
            Self::Primary => "primary",
            Self::Junior => "junior",
            Self::Senior => "senior",
            Self::NineYear => "nine-year",
            Self::Complete => "complete",
            Self::Vocational => "vocational",
            Self::Special => "special",
        }
    }

    /// As people say it; accepted in the roster too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bureau => "教育局",
            Self::Section => "科室",
            Self::Town => "镇街",
            Self::Kindergarten => "幼儿园",
            Self::Primary => "小学",
            Self::Junior => "初中",
            Self::Senior => "高中",
            Self::NineYear => "九年一贯制",
            Self::Complete => "完全中学",
            Self::Vocational => "职高",
            Self::Special => "特殊教育",
        }
    }

    /// Reads either.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|k| k.word() == text || k.name() == text)
    }

    /// Whether it teaches: `school` in an audience.
    pub fn teaches(self) -> bool {
        !matches!(self, Self::Bureau | Self::Section | Self::Town)
    }

    /// Whether an audience's kind word means this kind: a nine-year school is also a primary and a junior one.
    pub fn answers_to(self, asked: Self) -> bool {
        self == asked
            || matches!(
                (self, asked),
                (Self::NineYear, Self::Primary | Self::Junior)
                    | (Self::Complete, Self::Junior | Self::Senior)
            )
    }
}

/// A person in a role.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contact {
    /// The role held.
    pub role: Role,
    /// The person's name.
    pub person: String,
    /// Where mail reaches them; `None` where the roster has none.
    pub address: Option<Address>,
    /// For people; never used by the program.
    pub phone: String,
    /// The first day in the role.
    pub since: Option<Date>,
    /// The last day in the role.
    pub until: Option<Date>,
}

impl Contact {
    /// Whether the role is held on this day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.since.is_none_or(|since| since <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// A bureau, a section of it, a town or a school.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The unit above it.
    pub parent: Option<UnitId>,
    /// Its tags: the key, and for `canteen=A` the value.
    pub tags: BTreeMap<String, Option<String>>,
    /// Its contacts, in the roster's order.
    pub contacts: Vec<Contact>,
}

impl Unit {
    /// Whether letters reach anybody here on a day, as far as is known.
    pub fn is_reachable(&self, day: Date, unreachable: &BTreeMap<Address, String>) -> bool {
        self.contacts.iter().any(|contact| {
            let address = contact.address.as_ref();
            contact.holds_on(day) && address.is_some_and(|at| !unreachable.contains_key(at))
        })
    }
}

/// All units, checked: ids are unique, parents exist, and no unit is its own ancestor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    units: Vec<Unit>,
    index: NameMap<UnitId, usize>,
    /// Where each mailbox stands: the unit, and the contact of it. Asked for each duty of each letter.
    mailboxes: NameMap<Address, Vec<(usize, usize)>>,
    /// The file, and the row each unit first stands on.
    text: Option<Arc<Text>>,
    rows: Vec<Range<usize>>,
}

impl Roster {
    /// A roster of units already checked by the reader ([`read_csv`]).
    pub fn new(units: Vec<Unit>) -> Self {
        let index = units
            .iter()
            .enumerate()
            .map(|(at, unit)| (unit.id.clone(), at))
            .collect();
        let mut mailboxes: NameMap<Address, Vec<(usize, usize)>> = NameMap::default();
        for (at, unit) in units.iter().enumerate() {
            for (nth, contact) in unit.contacts.iter().enumerate() {
                if let Some(address) = &contact.address {
                    mailboxes
                        .entry(address.clone())
                        .or_default()
                        .push((at, nth));
                }
            }
        }
        Self {
            units,
            index,
            mailboxes,
            text: None,
            rows: Vec::new(),
        }
    }

    /// With the file it came from, and the row each unit first stands on.
    #[must_use]
    fn placed(self, text: Arc<Text>, rows: Vec<Range<usize>>) -> Self {
        Self {
            text: Some(text),
            rows,
            ..self
        }
    }

    /// Where a unit first stands in the file; with `word`, where that stands on the row.
    pub fn row(&self, id: &UnitId, word: Option<&str>) -> Option<Place> {
        let text = self.text.as_ref()?;
        let row = self.rows.get(self.position(id)?)?;
        let span = word
            .and_then(|word| Some((text.body[row.clone()].find(word)?, word)))
            .map_or(row.clone(), |(at, word)| {
                row.start + at..row.start + at + word.len()
            });
        Some(Place {
            text: Arc::clone(text),
            span,
        })
    }

    /// The units in the file's order.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The unit with this id.
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.index.get(id).map(|at| &self.units[*at])
    }

    /// The place of a unit in the file's order.
    pub fn position(&self, id: &UnitId) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// The nearest unit of a kind above this one.
    pub fn ancestor(&self, unit: &Unit, kind: Kind) -> Option<&Unit> {
        let mut above = unit.parent.as_ref();
        while let Some(parent) = above.and_then(|id| self.unit(id)) {
            if parent.kind == kind {
                return Some(parent);
            }
            above = parent.parent.as_ref();
        }
        None
    }

    /// The unit where a role is looked up for a duty of `unit`. A bureau's own `role@bureau` is itself.
    pub fn place<'a>(&'a self, unit: &'a Unit, role: &RoleRef) -> Option<&'a Unit> {
        match role.at {
            None => Some(unit),
            Some(kind) if unit.kind == kind => Some(unit),
            Some(kind) => self.ancestor(unit, kind),
        }
    }

    /// Who holds a role for a duty of `unit` on a day, mailbox or not.
    pub fn holders<'a>(
        &'a self,
        unit: &'a Unit,
        role: &'a RoleRef,
        day: Date,
    ) -> impl Iterator<Item = &'a Contact> {
        self.place(unit, role)
            .into_iter()
            .flat_map(|place| &place.contacts)
            .filter(move |contact| contact.role == role.role && contact.holds_on(day))
    }

    /// Every place a mailbox stands on the roster on a day: the person behind it, and their units.
    pub fn behind(&self, address: &Address, day: Date) -> Vec<(&Unit, &Contact)> {
        self.mailboxes
            .get(address)
            .into_iter()
            .flatten()
            .map(|(unit, contact)| {
                let unit = &self.units[*unit];
                (unit, &unit.contacts[*contact])
            })
            .filter(|(_, contact)| contact.holds_on(day))
            .collect()
    }

    /// Every role that somebody is entered for.
    pub fn roles(&self) -> BTreeSet<&Role> {
        self.units
            .iter()
            .flat_map(|unit| &unit.contacts)
            .map(|contact| &contact.role)
            .collect()
    }
}

//! Which units are looked at, and the towns they belong to.

use std::collections::BTreeMap;

use crate::core::agenda::Agenda;
use crate::core::names::UnitId;
use crate::core::officer::{Officer, Sight};
use crate::core::roster::{Kind, Roster};

/// Which units are looked at. Found once a page, since each duty asks.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Whether each unit is seen, by its place in the roster.
    seen: Vec<bool>,
    /// The place of each unit's town among the towns.
    town_of: Vec<usize>,
    /// The towns that have a unit that is seen, in the roster's order; what belongs to none stands under the bureau.
    towns: Vec<(Option<UnitId>, String)>,
    whole: bool,
}

impl Scope {
    /// What an officer may see.
    pub fn new(agenda: &Agenda, officer: &Officer) -> Self {
        Self::of(agenda, &officer.sight)
    }

    /// All of it.
    pub fn whole(agenda: &Agenda) -> Self {
        Self::of(agenda, &Sight::All)
    }

    fn of(agenda: &Agenda, sight: &Sight) -> Self {
        let roster = &agenda.roster;
        let units = roster.units();
        let seen: Vec<bool> = units
            .iter()
            .map(|unit| sight.takes_in(roster, unit))
            .collect();
        let mut places: BTreeMap<Option<UnitId>, usize> = BTreeMap::new();
        let mut towns: Vec<(Option<UnitId>, String)> = Vec::new();
        let mut town_of = Vec::with_capacity(units.len());
        for (at, unit) in units.iter().enumerate() {
            let town = match unit.kind {
                Kind::Town => Some(unit),
                _ => roster.ancestor(unit, Kind::Town),
            };
            let id = town.map(|town| town.id.clone());
            if !seen[at] {
                town_of.push(usize::MAX);
                continue;
            }
            let place = *places.entry(id.clone()).or_insert_with(|| {
                let name = town.map_or("局属单位".to_owned(), |town| town.name.clone());
                towns.push((id, name));
                towns.len() - 1
            });
            town_of.push(place);
        }
        Self {
            seen,
            town_of,
            towns,
            whole: *sight == Sight::All,
        }
    }

    /// Whether the unit at this place in the roster is seen.
    pub fn sees(&self, at: usize) -> bool {
        self.seen.get(at).copied().unwrap_or(false)
    }

    /// Whether a unit is seen; one that the roster has no longer is seen only with the whole.
    pub fn sees_unit(&self, roster: &Roster, unit: &UnitId) -> bool {
        match roster.position(unit) {
            Some(at) => self.sees(at),
            None => self.whole,
        }
    }

    /// Whether all of it is seen, and with it what concerns no unit.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The towns, with their names.
    pub(in crate::core) fn towns(&self) -> &[(Option<UnitId>, String)] {
        &self.towns
    }

    /// The town of the unit at this place, as a place among [`towns`](Self::towns).
    pub(in crate::core) fn town_of(&self, at: usize) -> Option<usize> {
        self.town_of
            .get(at)
            .copied()
            .filter(|town| *town != usize::MAX)
    }
}

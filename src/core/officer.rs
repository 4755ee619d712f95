//! Who may see how all of it stands: the bureau's officers, and a town's for its own units.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::agenda::Agenda;
use super::names::{Address, UnitId};
use super::plan::makes_an_officer;
use super::roster::{Kind, Roster, Unit};

/// The roles at a town that look after its schools.
const TOWN_ROLES: [&str; 2] = ["safety", "office"];

/// Somebody who may sign in, as the roster has them today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// The mailbox they are known by.
    pub address: Address,
    /// Their name.
    pub person: String,
    /// Where they are from: `慈溪市教育局`.
    pub place: String,
    /// What they may see.
    pub sight: Sight,
}

/// What an officer may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// All units, and what concerns the whole.
    All,
    /// These towns and the units below them.
    Towns(BTreeSet<UnitId>),
}

impl Officer {
    /// Who is behind a mailbox, if they may sign in: a holder of one of the settings' `admins` sees all, and may decide;
    /// who looks after a town's schools sees those.
    pub fn of(agenda: &Agenda, address: &Address, today: Date) -> Option<Self> {
        let behind = agenda.roster.behind(address, today);
        let officer = |unit: &Unit, person: &str, sight| Self {
            address: address.clone(),
            person: person.to_owned(),
            place: unit.name.clone(),
            sight,
        };
        let mut as_admin = behind.iter();
        // Others may stand behind the same mailbox: it is the admin who decides.
        if let Some((unit, contact)) =
            as_admin.find(|(unit, contact)| makes_an_officer(agenda, unit, contact))
        {
            return Some(officer(unit, &contact.person, Sight::All));
        }
        let mut of_towns = behind.iter().filter(|(unit, contact)| {
            unit.kind == Kind::Town && TOWN_ROLES.contains(&contact.role.as_str())
        });
        let (unit, contact) = of_towns.clone().next()?;
        let towns = of_towns.by_ref().map(|(unit, _)| unit.id.clone()).collect();
        Some(officer(unit, &contact.person, Sight::Towns(towns)))
    }

    /// Whether they may decide, and not only look.
    pub fn may_act(&self) -> bool {
        self.sight == Sight::All
    }
}

impl Sight {
    /// Whether it takes in how a unit stands.
    pub fn takes_in(&self, roster: &Roster, unit: &Unit) -> bool {
        match self {
            Sight::All => true,
            Sight::Towns(towns) => {
                towns.contains(&unit.id)
                    || roster
                        .ancestor(unit, Kind::Town)
                        .is_some_and(|town| towns.contains(&town.id))
            }
        }
    }
}

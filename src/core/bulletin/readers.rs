//! Who gets a bulletin: those who have to know. The bureau's office and the deputy who answers for it, who
//! looks after each town's schools, and at a school its head, who has to see to what is said of it.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Bulletin, Reach};
use crate::core::agenda::Agenda;
use crate::core::names::{Address, UnitId};
use crate::core::roster::{Kind, Unit};
use crate::core::state::State;

/// At a school the first of these who can be reached.
const HEADS: [&str; 4] = ["principal", "deputy", "safety", "office"];

/// The mailboxes it goes to, each once. A mailbox known to be dead is left out.
pub fn readers(
    agenda: &Agenda,
    state: &State,
    found: &Bulletin,
    reach: Reach,
    today: Date,
) -> BTreeSet<Address> {
    let named: BTreeSet<&UnitId> = found.named().collect();
    let mut all = BTreeSet::new();
    for unit in agenda.roster.units() {
        let holders = |role: &str| {
            let contacts = unit.contacts.iter();
            let holding = contacts.filter(|contact| contact.role.as_str() == role);
            let holding = holding.filter(|contact| contact.holds_on(today));
            let addresses = holding.filter_map(|contact| contact.address.clone());
            addresses
                .filter(|address| !state.unreachable.contains_key(address))
                .collect::<Vec<_>>()
        };
        let wanted = match unit.kind {
            Kind::Bureau | Kind::Town => true,
            _ => reach == Reach::All || named.contains(&unit.id),
        };
        if wanted {
            all.extend(of_unit(unit, holders));
        }
    }
    all
}

fn of_unit(unit: &Unit, holders: impl Fn(&str) -> Vec<Address>) -> Vec<Address> {
    let both = |roles: [&str; 2]| roles.into_iter().flat_map(&holders).collect::<Vec<_>>();
    let found = match unit.kind {
        Kind::Bureau => both(["office", "deputy"]),
        Kind::Town => both(["safety", "office"]),
        _ => Vec::new(),
    };
    if !found.is_empty() {
        return found;
    }
    let mut heads = HEADS.into_iter().map(&holders);
    heads.find(|found| !found.is_empty()).unwrap_or_default()
}

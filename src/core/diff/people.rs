//! Units that come, go or change, and who holds which role there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::card::{Card, Field, joined, whom};
use super::{Change, Sides, UnitRow};
use crate::core::calendar::role_name;
use crate::core::diagnostic::Words;
use crate::core::names::{NameMap, UnitId};
use crate::core::roster::{Contact, Roster, Unit};

/// The changes of the roster; units that change in the same way are one row.
pub(super) fn compare(old: &Roster, new: &Roster) -> Vec<UnitRow> {
    let mut rows = Vec::new();
    let come = new
        .units()
        .iter()
        .filter(|unit| old.unit(&unit.id).is_none());
    let go = old
        .units()
        .iter()
        .filter(|unit| new.unit(&unit.id).is_none());
    rows.extend(row(Change::Added, &come.collect::<Vec<_>>(), Vec::new()));
    rows.extend(row(Change::Removed, &go.collect::<Vec<_>>(), Vec::new()));
    let mut alike: Vec<(Vec<Field>, Vec<&Unit>)> = Vec::new();
    let mut place_of: HashMap<Vec<Field>, usize> = HashMap::new();
    for unit in new.units() {
        let Some(before) = old.unit(&unit.id).filter(|before| *before != unit) else {
            continue;
        };
        let fields = card(before).changes_to(card(unit));
        let place = *place_of.entry(fields.clone()).or_insert(alike.len());
        if place == alike.len() {
            alike.push((fields, Vec::new()));
        }
        alike[place].1.push(unit);
    }
    for (fields, units) in alike {
        rows.extend(row(Change::Changed, &units, fields));
    }
    rows
}

fn row(change: Change, units: &[&Unit], fields: Vec<Field>) -> Option<UnitRow> {
    let names: Vec<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
    (!units.is_empty()).then(|| UnitRow {
        units: units.iter().map(|unit| unit.id.clone()).collect(),
        whom: whom(&names),
        change,
        fields,
    })
}

fn card(unit: &Unit) -> Card {
    let mut card = Card::default();
    card.text("name", "名称", "name", &unit.name);
    let (zh, en) = (unit.kind.name(), unit.kind.word());
    card.words("kind", ("类型", "kind"), Words::new(zh, en));
    let parent = unit
        .parent
        .as_ref()
        .map_or(String::new(), UnitId::to_string);
    card.text("parent", "上级", "parent", parent);
    let tags = unit.tags.iter().map(|(key, value)| match value {
        Some(value) => format!("{key}={value}"),
        None => key.clone(),
    });
    card.list("tags", ("标签", "tags"), tags);
    let mut roles: BTreeMap<&str, Vec<Words>> = BTreeMap::new();
    for contact in &unit.contacts {
        let role = contact.role.as_str();
        roles.entry(role).or_default().push(said(contact));
    }
    for (role, people) in roles {
        card.words(role, (role_name(role), role), joined(people));
    }
    card
}

/// `王建国 safety@s1 2026-03-01起`
fn said(contact: &Contact) -> Words {
    let mut words = vec![contact.person.clone()];
    words.extend(contact.address.as_ref().map(ToString::to_string));
    words.push(contact.phone.clone());
    words.retain(|word| !word.is_empty());
    let (mut zh, mut en) = (words.clone(), words);
    zh.extend(contact.since.map(|day| format!("{day}起")));
    en.extend(contact.since.map(|day| format!("from {day}")));
    zh.extend(contact.until.map(|day| format!("{day}止")));
    en.extend(contact.until.map(|day| format!("until {day}")));
    Words::new(zh.join(" "), en.join(" "))
}

/// The units whose letters may change because of the roster: those that differ, and all below them.
pub(super) fn touched(sides: &Sides<'_>) -> BTreeSet<UnitId> {
    let mut found = BTreeSet::new();
    for (roster, other) in [
        (&sides.old.roster, &sides.new.roster),
        (&sides.new.roster, &sides.old.roster),
    ] {
        let mut differs: NameMap<&UnitId, bool> = NameMap::default();
        for unit in roster.units() {
            let same = other
                .unit(&unit.id)
                .is_some_and(|other| heard_alike(unit, other));
            differs.insert(&unit.id, !same);
        }
        for unit in roster.units() {
            let mut above = Some(unit);
            while let Some(here) = above {
                if differs[&here.id] {
                    found.insert(unit.id.clone());
                    break;
                }
                above = here.parent.as_ref().and_then(|id| roster.unit(id));
            }
        }
    }
    found
}

/// Whether two states of a unit are asked and written to in the same way.
fn heard_alike(a: &Unit, b: &Unit) -> bool {
    let heard = |unit: &Unit| -> Vec<_> {
        unit.contacts
            .iter()
            .map(|c| (c.role.clone(), c.address.clone(), c.since, c.until))
            .collect()
    };
    (a.kind, &a.parent, &a.tags) == (b.kind, &b.parent, &b.tags) && heard(a) == heard(b)
}

/// The units that may have nobody who can be written to, on some day: their contact gap is told once, whichever of
/// their duties it comes up with, so they are looked at whole.
pub(super) fn uncertain(sides: &Sides<'_>) -> impl Iterator<Item = UnitId> {
    let sure = |contact: &Contact| {
        let reachable = |address| !sides.state.unreachable.contains_key(address);
        contact.address.as_ref().is_some_and(reachable)
            && (contact.since, contact.until) == (None, None)
    };
    [sides.old, sides.new]
        .into_iter()
        .flat_map(|agenda| agenda.roster.units())
        .filter(move |unit| !unit.contacts.iter().any(sure))
        .map(|unit| unit.id.clone())
}

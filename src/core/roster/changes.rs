//! What another roster would change: units and contacts, one by one, in words.

use super::{Contact, Roster, Unit};
use crate::core::calendar::role_name;
use crate::core::names::{Address, UnitId};

/// One thing that another roster would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// A unit is new.
    UnitAdded(&'a Unit),
    /// A unit is described otherwise: before, after.
    UnitChanged(&'a Unit, &'a Unit),
    /// A unit is gone.
    UnitRemoved(&'a Unit),
    /// Somebody holds a role at a unit who did not.
    ContactAdded(&'a Unit, &'a Contact),
    /// The one who holds a role is another, or is reached otherwise: before, after.
    ContactChanged(&'a Unit, &'a Contact, &'a Contact),
    /// Somebody no longer holds a role.
    ContactRemoved(&'a Unit, &'a Contact),
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Units added, changed, removed.
    pub units: [usize; 3],
    /// Contacts added, changed, removed.
    pub contacts: [usize; 3],
}

/// What `new` would change about `old`, in the order of the new roster; what is gone comes last.
pub fn changes<'a>(old: &'a Roster, new: &'a Roster) -> Vec<Change<'a>> {
    let mut found = Vec::new();
    for unit in new.units() {
        let Some(before) = old.unit(&unit.id) else {
            found.push(Change::UnitAdded(unit));
            found.extend(unit.contacts.iter().map(|c| Change::ContactAdded(unit, c)));
            continue;
        };
        if description(before) != description(unit) {
            found.push(Change::UnitChanged(before, unit));
        }
        contact_changes(before, unit, &mut found);
    }
    for unit in old.units() {
        if new.unit(&unit.id).is_none() {
            found.push(Change::UnitRemoved(unit));
            let gone = unit.contacts.iter();
            found.extend(gone.map(|c| Change::ContactRemoved(unit, c)));
        }
    }
    found
}

/// Counts them.
pub fn tally(changes: &[Change<'_>]) -> Tally {
    let mut tally = Tally::default();
    for change in changes {
        let count = match change {
            Change::UnitAdded(_) => &mut tally.units[0],
            Change::UnitChanged(..) => &mut tally.units[1],
            Change::UnitRemoved(_) => &mut tally.units[2],
            Change::ContactAdded(..) => &mut tally.contacts[0],
            Change::ContactChanged(..) => &mut tally.contacts[1],
            Change::ContactRemoved(..) => &mut tally.contacts[2],
        };
        *count += 1;
    }
    tally
}

/// Everything about a unit but its contacts.
fn description(unit: &Unit) -> impl PartialEq + '_ {
    (&unit.name, unit.kind, &unit.parent, &unit.tags)
}

/// A unit's contacts: first whoever stays in a role, then, where one leaves a role and one takes it, the successor.
fn contact_changes<'a>(before: &'a Unit, after: &'a Unit, found: &mut Vec<Change<'a>>) {
    let mut gone: Vec<&Contact> = before.contacts.iter().collect();
    let mut come: Vec<&Contact> = Vec::new();
    for contact in &after.contacts {
        if let Some(same) = gone.iter().position(|old| *old == contact) {
            gone.remove(same);
        } else {
            come.push(contact);
        }
    }
    let same_person: Alike = |old, new| old.role == new.role && old.person == new.person;
    let same_role: Alike = |old, new| old.role == new.role;
    for alike in [same_person, same_role] {
        come.retain(|new| {
            let Some(at) = gone.iter().position(|old| alike(old, new)) else {
                return true;
            };
            found.push(Change::ContactChanged(after, gone.remove(at), new));
            false
        });
    }
    found.extend(come.into_iter().map(|c| Change::ContactAdded(after, c)));
    found.extend(gone.into_iter().map(|c| Change::ContactRemoved(after, c)));
}

type Alike = fn(&Contact, &Contact) -> bool;

impl Change<'_> {
    /// In a line of Chinese.
    pub fn in_words(&self) -> String {
        match self {
            Self::UnitAdded(unit) => format!(
                "增 单位 {}({},{}{})",
                unit.name,
                unit.id,
                unit.kind.name(),
                above(unit.parent.as_ref())
            ),
            Self::UnitRemoved(unit) => format!("删 单位 {}({})", unit.name, unit.id),
            Self::UnitChanged(old, new) => {
                let said = [
                    ("名称", old.name.clone(), new.name.clone()),
                    (
                        "类型",
                        old.kind.name().to_owned(),
                        new.kind.name().to_owned(),
                    ),
                    ("上级", parent(old), parent(new)),
                    ("标签", tags(old), tags(new)),
                ];
                format!("改 单位 {}({}):{}", new.name, new.id, differences(said))
            }
            Self::ContactAdded(unit, contact) => {
                format!("增 {}", holder(unit, contact))
            }
            Self::ContactRemoved(unit, contact) => {
                format!("删 {}", holder(unit, contact))
            }
            Self::ContactChanged(unit, old, new) => {
                let said = [
                    ("姓名", old.person.clone(), new.person.clone()),
                    ("邮箱", address(old), address(new)),
                    ("电话", old.phone.clone(), new.phone.clone()),
                    ("起", day(old.since), day(new.since)),
                    ("止", day(old.until), day(new.until)),
                ];
                let role = role_name(new.role.as_str());
                let stays = if old.person == new.person {
                    format!(" {}", new.person)
                } else {
                    String::new()
                };
                format!(
                    "改 {}({}){role}{stays}:{}",
                    unit.name,
                    unit.id,
                    differences(said)
                )
            }
        }
    }
}

fn holder(unit: &Unit, contact: &Contact) -> String {
    format!(
        "{}({}){} {} {}",
        unit.name,
        unit.id,
        role_name(contact.role.as_str()),
        contact.person,
        contact.address.as_ref().map_or("没有邮箱", Address::as_str)
    )
}

fn above(parent: Option<&UnitId>) -> String {
    parent.map_or(String::new(), |id| format!(",上级 {id}"))
}

fn parent(unit: &Unit) -> String {
    unit.parent
        .as_ref()
        .map_or(String::new(), ToString::to_string)
}

fn address(contact: &Contact) -> String {
    contact
        .address
        .as_ref()
        .map_or(String::new(), ToString::to_string)
}

fn day(day: Option<jiff::civil::Date>) -> String {
    day.map_or(String::new(), |day| day.to_string())
}

fn tags(unit: &Unit) -> String {
    let written = unit.tags.iter().map(|(key, value)| match value {
        Some(value) => format!("{key}={value}"),
        None => key.clone(),
    });
    written.collect::<Vec<_>>().join(" ")
}

/// What differs, as `邮箱 旧 → 新`; an empty text is 无.
fn differences<const N: usize>(said: [(&str, String, String); N]) -> String {
    let shown = |text: String| {
        if text.is_empty() {
            "无".to_owned()
        } else {
            text
        }
    };
    said.into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(what, old, new)| format!("{what} {} → {}", shown(old), shown(new)))
        .collect::<Vec<_>>()
        .join(",")
}

impl Tally {
    /// In two lines of Chinese.
    pub fn in_words(&self) -> String {
        let [added, changed, removed] = self.units;
        let [come, other, gone] = self.contacts;
        format!(
            "单位:增 {added} 个,改 {changed} 个,删 {removed} 个\n联系人:增 {come} 人,改 {other} 人,删 {gone} 人\n"
        )
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

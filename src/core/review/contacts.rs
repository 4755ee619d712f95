//! Who has no mailbox although letters are meant for them.

use std::collections::BTreeSet;

use crate::core::agenda::Agenda;
use crate::core::calendar::role_name;
use crate::core::diagnostic::{Diagnostic, Faults, Place, Words};
use crate::core::names::Role;
use crate::core::roster::{Contact, Unit};

/// So many are told one by one.
const MOST: usize = 5;

/// Units without any mailbox, and people without one at units where others have.
pub(super) fn contacts(agenda: &Agenda, faults: &Faults) {
    for unit in agenda.roster.units() {
        if !has_mailbox(unit) {
            faults.add_some(gap(agenda, unit));
        }
    }
    let lacking = lacking(agenda);
    if lacking.len() > MOST {
        faults.add_some(many(agenda, &lacking));
        return;
    }
    for (unit, contact) in lacking {
        faults.add_some(one(agenda, unit, contact));
    }
}

fn has_mailbox(unit: &Unit) -> bool {
    unit.contacts
        .iter()
        .any(|contact| contact.address.is_some())
}

fn gap(agenda: &Agenda, unit: &Unit) -> Option<Diagnostic> {
    let place = agenda.roster.row(&unit.id, Some(&unit.name))?;
    Some(super::warn(
        &place,
        Words::new(
            format!("联系人空缺:{}没有一个邮箱", unit.name),
            format!("contact gap: {} has no mailbox at all", unit.id),
        ),
        Words::new(
            "至少给一位联系人写上邮箱,否则收不到信",
            "give at least one contact an address",
        ),
    ))
}

/// Those who have to act by some task's ladder and have no mailbox, where nobody else in their role has one and somebody
/// else at the unit has.
fn lacking(agenda: &Agenda) -> Vec<(&Unit, &Contact)> {
    let acting = acting(agenda);
    let roster = &agenda.roster;
    let units = roster.units().iter().enumerate();
    let mut found = Vec::new();
    for (at, unit) in units.filter(|(_, unit)| has_mailbox(unit)) {
        let reached = |role: &Role| {
            let mut holders = unit.contacts.iter().filter(|contact| contact.role == *role);
            holders.any(|contact| contact.address.is_some())
        };
        for contact in &unit.contacts {
            let is_asked = acting.contains(&(at, &contact.role));
            if is_asked && !contact.person.is_empty() && !reached(&contact.role) {
                found.push((unit, contact));
            }
        }
    }
    found
}

/// The roles that have to act, with the place of their unit in the roster.
fn acting(agenda: &Agenda) -> BTreeSet<(usize, &Role)> {
    let roster = &agenda.roster;
    let mut found = BTreeSet::new();
    for task in agenda.calendar.tasks.values() {
        for group in agenda.groups(task) {
            for role in &group.ladder.to {
                let at = group.units.iter().filter_map(|at| {
                    let unit = roster.place(&roster.units()[*at], role)?;
                    roster.position(&unit.id)
                });
                found.extend(at.map(|at| (at, &role.role)));
            }
        }
    }
    found
}

/// Where a contact's name stands: on the unit's first row or below it.
fn place_of(agenda: &Agenda, unit: &Unit, contact: &Contact) -> Option<Place> {
    let row = agenda.roster.row(&unit.id, None)?;
    let below = &row.text.body[row.span.start..];
    let span = below.find(&contact.person).map(|at| {
        let start = row.span.start + at;
        start..start + contact.person.len()
    });
    Some(Place {
        span: span.unwrap_or(row.span),
        text: row.text,
    })
}

fn label() -> Words {
    Words::new(
        "写上邮箱,否则信改发给同单位的其他联系人",
        "give an address, else letters go to another contact of the unit",
    )
}

fn one(agenda: &Agenda, unit: &Unit, contact: &Contact) -> Option<Diagnostic> {
    let place = place_of(agenda, unit, contact)?;
    let message = Words::new(
        format!("{}没有邮箱", called(unit, contact)),
        format!(
            "{}, {} of {}, has no mailbox",
            contact.person, contact.role, unit.id
        ),
    );
    Some(super::warn(&place, message, label()))
}

fn many(agenda: &Agenda, lacking: &[(&Unit, &Contact)]) -> Option<Diagnostic> {
    let (unit, contact) = lacking.first()?;
    let place = place_of(agenda, unit, contact)?;
    let all = lacking.len();
    let shown = || lacking.iter().take(MOST);
    let zh: Vec<_> = shown()
        .map(|(unit, contact)| called(unit, contact))
        .collect();
    let en: Vec<_> = shown()
        .map(|(unit, contact)| format!("{} ({})", contact.person, unit.id))
        .collect();
    let message = Words::new(
        format!("{}等{all}人没有邮箱", zh.join("、")),
        format!("{} and {} more have no mailbox", en.join(", "), all - MOST),
    );
    Some(super::warn(&place, message, label()))
}

/// `浒山小学的安全主任王建国`
fn called(unit: &Unit, contact: &Contact) -> String {
    let role = role_name(contact.role.as_str());
    format!("{}的{role}{}", unit.name, contact.person)
}

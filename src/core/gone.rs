//! A person who is to be erased: which texts name them, and what stands there instead.

use std::collections::BTreeSet;

use super::fact::Event;
use super::names::Address;
use super::roster::{COLUMNS, Roster, column};

/// A person who is to be erased.
#[derive(Clone, Debug)]
pub struct Gone {
    /// Their name.
    pub name: String,
    /// The mailboxes that are theirs alone.
    pub addresses: BTreeSet<Address>,
    /// What stands in the place of both.
    pub pseudonym: String,
    /// Other people's names that have theirs in them: 王建 is not erased from 王建国.
    longer: BTreeSet<String>,
}

impl Gone {
    /// A person by name, with what all rosters that ever held say of them. A mailbox that somebody else has had as well
    /// is not theirs alone.
    pub fn new<'a>(
        name: &str,
        rosters: impl IntoIterator<Item = &'a Roster>,
        pseudonym: String,
    ) -> Self {
        let mut gone = Self {
            name: name.to_owned(),
            addresses: BTreeSet::new(),
            pseudonym,
            longer: BTreeSet::new(),
        };
        let mut others = BTreeSet::new();
        for unit in rosters.into_iter().flat_map(Roster::units) {
            for contact in &unit.contacts {
                let addresses = contact.address.iter().cloned();
                if contact.person == name {
                    gone.addresses.extend(addresses);
                    continue;
                }
                others.extend(addresses);
                if contact.person.contains(name) {
                    gone.longer.insert(contact.person.clone());
                }
            }
        }
        gone.addresses.retain(|address| !others.contains(address));
        gone
    }

    /// The text without them; `None` where it does not name them.
    pub fn text(&self, text: &str) -> Option<String> {
        let mut found = self.without_name(text);
        for address in &self.addresses {
            found = self.without_address(&found, address);
        }
        (found != text).then_some(found)
    }

    /// Whether a text names them.
    pub fn is_in(&self, text: &str) -> bool {
        self.text(text).is_some()
    }

    /// The event without them; `None` where it says nothing of them.
    pub fn event(&self, event: &Event) -> Option<Event> {
        let mut new = event.clone();
        let write = |text: &mut String| {
            if let Some(found) = self.text(text) {
                *text = found;
            }
        };
        let readdress = |address: &mut Address| {
            if self.addresses.contains(address) {
                *address = Address::from(self.pseudonym.as_str());
            }
        };
        match &mut new {
            Event::LetterQueued { address, alert, .. } => {
                readdress(address);
                if let Some(alert) = alert {
                    write(&mut alert.subject);
                    write(&mut alert.text);
                }
            }
            Event::Notice { address, .. }
            | Event::Attempt { address, .. }
            | Event::BulletinSent { address, .. }
            | Event::SignInAsked { address, .. } => readdress(address),
            Event::SignedIn { address, by, .. } | Event::SignedOut { address, by, .. } => {
                readdress(address);
                write(by);
            }
            Event::Matter {
                matter,
                text,
                address,
                ..
            } => {
                readdress(address);
                write(matter);
                write(text);
            }
            Event::Outcome { address, text, .. }
            | Event::Bounced { address, text, .. }
            | Event::Unreachable { address, text }
            | Event::Reachable { address, text } => {
                readdress(address);
                write(text);
            }
            Event::Answer {
                by,
                note: text,
                address,
                ..
            }
            | Event::Evidence {
                by,
                name: text,
                address,
                ..
            } => {
                write(by);
                write(text);
                address.iter_mut().for_each(readdress);
            }
            Event::MailReceived {
                from, text, kept, ..
            } => {
                from.iter_mut().for_each(readdress);
                write(text);
                kept.iter_mut().map(|file| &mut file.name).for_each(write);
            }
            Event::MailSeen { by: text, .. } | Event::MailboxTrouble { text } => write(text),
            Event::Decision { by, note, .. }
            | Event::Waiver { by, note, .. }
            | Event::Return { by, note, .. }
            | Event::BulletinPutAside { by, note, .. }
            | Event::BulletinApproved {
                by, preface: note, ..
            }
            | Event::Released { by, note } => {
                write(by);
                write(note);
            }
            Event::Raised {
                by, note, title, ..
            } => {
                write(by);
                write(note);
                write(title);
            }
            Event::BellHung { .. }
            | Event::TaskSeen { .. }
            | Event::UnitSeen { .. }
            | Event::CalendarVersion { .. }
            | Event::SlotPassed { .. }
            | Event::Held { .. }
            | Event::ClockJumped { .. }
            | Event::Restored { .. }
            | Event::Forgotten { .. }
            | Event::MailboxRead { .. }
            | Event::JobRun { .. } => {}
        }
        (new != *event).then_some(new)
    }

    /// A roster's CSV with their rows emptied of all but the role, so that it still reads as a roster; `None` where
    /// they are not on it.
    pub fn roster(&self, text: &str) -> Option<String> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map_while(Result::ok).collect();
        let header = rows
            .iter()
            .find(|row| row.iter().filter_map(column).count() >= 3)?;
        let place = |wanted: &str| {
            header
                .iter()
                .position(|name| column(name).is_some_and(|(english, _)| english == wanted))
        };
        let person = place(COLUMNS[6].0)?;
        let private = [place("email"), place("phone")];
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_writer(Vec::new());
        for row in &rows {
            let theirs = row.get(person).is_some_and(|cell| cell.trim() == self.name);
            let cells = row.iter().enumerate().map(|(at, cell)| {
                if theirs && private.contains(&Some(at)) {
                    String::new()
                } else {
                    self.text(cell).unwrap_or_else(|| cell.to_owned())
                }
            });
            // Into memory nothing fails to be written.
            let _ = writer.write_record(cells);
        }
        let found = String::from_utf8(writer.into_inner().ok()?).ok()?;
        self.is_in(text).then_some(found)
    }

    fn without_name(&self, text: &str) -> String {
        let mut found = String::with_capacity(text.len());
        let mut from = 0;
        for (at, name) in text.match_indices(&self.name) {
            if self.is_anothers(text, at) {
                continue;
            }
            found.push_str(&text[from..at]);
            found.push_str(&self.pseudonym);
            from = at + name.len();
        }
        found.push_str(&text[from..]);
        found
    }

    /// Whether the name at this place is a part of another's.
    fn is_anothers(&self, text: &str, at: usize) -> bool {
        self.longer.iter().any(|other| {
            other.match_indices(&self.name).any(|(within, _)| {
                at.checked_sub(within)
                    .and_then(|start| text.get(start..))
                    .is_some_and(|rest| rest.starts_with(other.as_str()))
            })
        })
    }

    /// Mail addresses do not tell small letters from large ones, and one may end in another.
    fn without_address(&self, text: &str, address: &Address) -> String {
        let lower = text.to_ascii_lowercase();
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_+.%".contains(c);
        let mut found = String::with_capacity(text.len());
        let mut from = 0;
        for (at, same) in lower.match_indices(address.as_str()) {
            let end = at + same.len();
            let mut after = lower[end..].chars();
            let goes_on = match after.next() {
                Some('.') => after.next().is_some_and(|c| c.is_ascii_alphanumeric()),
                next => next.is_some_and(is_part),
            };
            if lower[..at].ends_with(is_part) || goes_on {
                continue;
            }
            found.push_str(&text[from..at]);
            found.push_str(&self.pseudonym);
            from = end;
        }
        found.push_str(&text[from..]);
        found
    }
}

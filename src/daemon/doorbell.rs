//! How often a link to sign in with is mailed. Anybody may ask for one: nobody may flood an officer's mailbox by that, nor
//! keep the officer out by asking first.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::core::names::Address;
use crate::web::AskedLink;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Letters an hour to a mailbox for browsers that have been signed in by it: of these strangers take nothing.
const KNOWN: usize = 12;

/// Letters an hour to a mailbox for all other browsers of one network.
const OF_A_NETWORK: usize = 10;

/// The same of all networks together.
const OF_STRANGERS: usize = 120;

/// Who rang within the hour, and had a letter for it. After a restart nobody has.
#[derive(Default)]
pub(super) struct Doorbell(Mutex<Vec<Ring>>);

struct Ring {
    at: Timestamp,
    address: Address,
    network: IpAddr,
    is_known: bool,
}

impl Doorbell {
    /// Whether one more letter may go to a mailbox; it is counted.
    pub(super) fn ring(&self, now: Timestamp, address: &Address, asked: &AskedLink) -> bool {
        let mut rings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One of a far future is of a clock that was set back.
        rings.retain(|ring| now.duration_since(ring.at).abs() < HOUR);
        let count = |counts: &dyn Fn(&Ring) -> bool| {
            let own = rings.iter().filter(|ring| ring.address == *address);
            own.filter(|ring| counts(ring)).count()
        };
        let may = if asked.is_known {
            count(&|ring| ring.is_known) < KNOWN
        } else {
            count(&|ring| !ring.is_known && ring.network == asked.network) < OF_A_NETWORK
                && count(&|ring| !ring.is_known) < OF_STRANGERS
        };
        if may {
            rings.push(Ring {
                at: now,
                address: address.clone(),
                network: asked.network,
                is_known: asked.is_known,
            });
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of so many letters go at an instant.
    fn letters(doorbell: &Doorbell, at: &str, from: (u8, bool), times: usize) -> usize {
        let at: Timestamp = format!("2026-03-04T{at}:00Z").parse().unwrap();
        let asked = AskedLink {
            address: "office@b".to_owned(),
            browser: String::new(),
            network: [203, 0, 113, from.0].into(),
            is_known: from.1,
        };
        let address = Address::from("office@b");
        (0..times)
            .filter(|_| doorbell.ring(at, &address, &asked))
            .count()
    }

    #[test]
    fn no_stranger_takes_an_officers_letters() {
        let doorbell = Doorbell::default();
        assert_eq!(letters(&doorbell, "08:00", (1, false), 100), OF_A_NETWORK);
        // From the desk at home, and from the one that is known.
        assert_eq!(letters(&doorbell, "08:01", (2, false), 1), 1);
        assert_eq!(letters(&doorbell, "08:01", (1, true), 1), 1);
        // Out of more networks than there are letters: only who is known gets one still.
        for network in 3..200 {
            letters(&doorbell, "08:10", (network, false), 100);
        }
        assert_eq!(letters(&doorbell, "08:20", (250, false), 1), 0);
        assert_eq!(letters(&doorbell, "08:20", (1, true), 100), KNOWN - 1);
        let rings = doorbell.0.lock().unwrap().len();
        assert_eq!(rings, OF_STRANGERS + KNOWN, "and no more is remembered");
        // An hour later, and after the clock was set back.
        assert_eq!(letters(&doorbell, "09:20", (1, false), 100), OF_A_NETWORK);
        assert_eq!(letters(&doorbell, "07:00", (1, false), 100), OF_A_NETWORK);
    }
}

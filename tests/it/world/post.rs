//! The mail server at the far end, and the mailboxes behind it.

use std::collections::{BTreeMap, BTreeSet};

use schoolbell::core::names::Address;

use schoolbell::core::rehearsal::Chance as Rng;

/// How the server takes a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Accepted,
    Deferred,
    /// There is no such mailbox.
    Refused,
    /// The connection broke after the data: it arrived, or it did not.
    Unknown,
}

/// How trustworthy the mail is: so many in a hundred, and in a thousand for what lasts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    pub(crate) deferred: u64,
    pub(crate) unknown: u64,
    /// Letters to a mailbox that has just ceased to be.
    pub(crate) gone: u64,
    /// Accepted letters that come back.
    pub(crate) bounced: u64,
}

/// The server.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) weather: Weather,
    rng: Rng,
    gone: BTreeSet<Address>,
    /// How often each letter, by its `Message-ID`, was taken.
    arrived: BTreeMap<String, u32>,
    /// Those that were taken or may have been although nobody was told so: they may be taken again.
    in_doubt: BTreeSet<String>,
}

impl Post {
    pub(crate) fn new(seed: u64, weather: Weather) -> Self {
        Self {
            weather,
            rng: Rng::new(seed ^ 0x706f_7374),
            gone: BTreeSet::new(),
            arrived: BTreeMap::new(),
            in_doubt: BTreeSet::new(),
        }
    }

    /// Takes a letter, or doesn't. `heard` is whether the sender lives to hear of it.
    pub(crate) fn take(&mut self, address: &Address, message_id: &str, heard: bool) -> Delivery {
        if self.rng.below(1000) < self.weather.gone {
            self.gone.insert(address.clone());
        }
        let delivery = if self.gone.contains(address) && self.rng.percent(70) {
            Delivery::Refused
        } else if self.rng.percent(self.weather.deferred) {
            Delivery::Deferred
        } else if self.rng.percent(self.weather.unknown) {
            Delivery::Unknown
        } else {
            Delivery::Accepted
        };
        let arrives = match delivery {
            Delivery::Accepted => true,
            Delivery::Unknown => self.rng.percent(50),
            Delivery::Deferred | Delivery::Refused => false,
        };
        if arrives {
            *self.arrived.entry(message_id.to_owned()).or_default() += 1;
        }
        if delivery == Delivery::Unknown || !heard {
            self.in_doubt.insert(message_id.to_owned());
        }
        delivery
    }

    /// Whether an accepted letter comes back after all: always from a mailbox that is gone, now and then from another.
    pub(crate) fn bounces(&mut self, address: &Address) -> bool {
        self.gone.contains(address) || self.rng.below(1000) < self.weather.bounced
    }

    /// A letter that came twice although its sender knew it had arrived.
    pub(crate) fn twice(&self) -> Option<&str> {
        self.arrived
            .iter()
            .find(|(id, times)| **times > 1 && !self.in_doubt.contains(*id))
            .map(|(id, _)| id.as_str())
    }
}

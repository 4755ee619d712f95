//! The mailboxes: a few of them are gone from some day on, as the seed has it, until somebody mends them.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::chance::hash;
use crate::core::names::Address;

/// How many mailboxes in a thousand are gone at some time of the year.
const GONE_PER_THOUSAND: u64 = 40;

/// How a mailbox that is gone shows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone {
    /// The server takes the letter, and it comes back.
    pub(super) bounces: bool,
}

#[derive(Debug)]
pub(super) struct Mailboxes {
    seed: u64,
    /// The first year.
    year: i16,
    /// Those that were mended, and in which year.
    mended: BTreeSet<(i16, Address)>,
}

impl Mailboxes {
    pub(super) fn new(seed: u64, year: i16) -> Self {
        Self {
            // Who answers late has a mailbox no worse than another's.
            seed: seed ^ 0x006d_6169_6c62_6f78,
            year,
            mended: BTreeSet::new(),
        }
    }

    /// Whether and how a mailbox is gone on a day.
    pub(super) fn gone(&self, address: &Address, day: Date) -> Option<Gone> {
        // Each year others: who has one for a year is in another as good as anybody.
        let later = u64::try_from(day.year() - self.year).unwrap_or(0);
        let drawn = hash(self.seed ^ (later << 32), address.as_str());
        if drawn % 1000 >= GONE_PER_THOUSAND || self.mended.contains(&(day.year(), address.clone()))
        {
            return None;
        }
        let after_days = i64::try_from(drawn / 1000 % 300).unwrap_or(0);
        let from = date(day.year(), 1, 1).saturating_add(after_days.days());
        (from <= day).then_some(Gone {
            bounces: (drawn / 1_000_000).is_multiple_of(2),
        })
    }

    pub(super) fn mend(&mut self, address: &Address, day: Date) {
        self.mended.insert((day.year(), address.clone()));
    }
}

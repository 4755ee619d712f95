//! The daemon step by step, without threads, sockets and signals: its beat, its courier, its pages' answers and its
//! inbox, each when it is called for. Simulations live on it; what they make up is the clock and the far ends.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::courier::{Courier, Ways};
use super::desk::keep_files;
use super::office::Office;
use super::recording::Given;
use super::{DaemonError, start};
use crate::clock::Clock;
use crate::core::agenda::Agenda;
use crate::core::fact::{Event, Fact};
use crate::core::state::State;
use crate::ledger::{LedgerError, Witness};
use crate::mail::Fetched;
use crate::mail::carriers::{Ended, Load};
use crate::web::{Amiss, PressedAnswer, Recorded};

/// A daemon that does one thing after another, and nothing by itself.
pub struct Stepwise {
    office: Arc<Office>,
    courier: Courier,
    /// When the courier has something to do next, as its last step left it.
    next_start: Option<Timestamp>,
}

/// What a step of the courier came to.
#[derive(Debug, Default)]
pub struct Carried {
    /// The letters that set out with it: each is on record as begun.
    pub loads: Vec<Load>,
    /// Whether anything changed, so that another step may find more.
    pub moved: bool,
}

impl Stepwise {
    /// Starts as the daemon does. `installation` is what a bell that is hung now is called.
    ///
    /// # Errors
    /// Why the daemon would not start.
    pub fn open(
        config: &Path,
        clock: Clock,
        installation: &str,
        witness: Option<Witness>,
    ) -> Result<Self, DaemonError> {
        let office = start::open_at(config, clock, witness)?;
        office.settle_orphans()?;
        office.hang(installation.to_owned())?;
        office.catch_up_with_files()?;
        Ok(Self {
            courier: Courier::new(Arc::clone(&office)),
            office,
            next_start: None,
        })
    }

    /// One beat.
    ///
    /// # Errors
    /// The ledger's.
    pub fn beat(&self) -> Result<(), LedgerError> {
        self.office.beat()
    }

    /// Takes what lies on disk into force, if it is good; else the officers are told.
    ///
    /// # Errors
    /// The ledger's.
    pub fn reload(&self) -> Result<(), LedgerError> {
        self.office.reload()
    }

    /// One step of the courier: what came back is recorded, and what is next set out, over these ways.
    ///
    /// # Errors
    /// The ledger's.
    pub fn carry(&mut self, back: Vec<Ended>, ways: Ways) -> Result<Carried, LedgerError> {
        let house = self.office.house();
        self.courier.move_in(house);
        for ended in back {
            self.courier.came_back(ended);
        }
        let step = self.courier.go_on(ways, true)?;
        let next = self.courier.next_start(&step);
        let now = self.office.clock.now();
        let after = next.after.and_then(|wait| now.checked_add(wait).ok());
        self.next_start = next.at.into_iter().chain(after).min();
        Ok(Carried {
            loads: self.courier.take_leaving(),
            moved: step.moved,
        })
    }

    /// When the courier has something to do next, if nothing comes back before.
    pub fn carries_next(&self) -> Option<Timestamp> {
        self.next_start
    }

    /// A press on a letter's page.
    ///
    /// # Errors
    /// What the page would say instead of thanks.
    pub fn press(&self, pressed: &PressedAnswer) -> Result<Recorded, Amiss> {
        let kept = if pressed.files.is_empty() {
            Vec::new()
        } else {
            keep_files(&self.office, pressed)?
        };
        self.office
            .record_here(Given::Answer(pressed.clone(), kept))
    }

    /// Takes in a mail that arrived, by its place in the mailbox. Says whether a person need not look at it.
    ///
    /// # Errors
    /// The ledger's.
    pub fn take_in(&self, mail: Vec<u8>, uid: u32) -> Result<bool, LedgerError> {
        let mail = Fetched {
            bytes: mail,
            is_whole: true,
        };
        self.office.take_in(&mail, (1, uid))
    }

    /// Records what a clerk's command appends.
    ///
    /// # Errors
    /// The ledger's.
    pub fn record(&self, events: Vec<Event>) -> Result<(), LedgerError> {
        let mut book = self.office.book()?;
        self.office.append(&mut book, events)
    }

    /// Calendar and roster in force.
    pub fn agenda(&self) -> Arc<Agenda> {
        Arc::clone(&self.office.house().agenda)
    }

    /// Their version.
    pub fn version(&self) -> String {
        self.office.house().version.clone()
    }

    /// Looks at the fold.
    ///
    /// # Errors
    /// The ledger's.
    pub fn with_state<R>(&self, look: impl FnOnce(&State) -> R) -> Result<R, LedgerError> {
        Ok(look(&self.office.book()?.state))
    }

    /// The facts on record after one, with their numbers.
    ///
    /// # Errors
    /// The ledger's.
    pub fn facts_since(&self, seq: u64) -> Result<Vec<(u64, Fact)>, LedgerError> {
        self.office.ledger.facts_since(seq)
    }
}

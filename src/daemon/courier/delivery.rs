//! The delivery: carries what the courier hands out over the kept connections, and waits for what comes back.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::super::office::{House, Office};
use super::{Courier, NextStart, Ways};
use crate::clock::Clock;
use crate::config;
use crate::ledger::LedgerError;
use crate::mail::{Carriers, Spool, Transport, Unusable};

/// The courier, with its connections.
pub(in crate::daemon) struct Delivery {
    pub(super) courier: Courier,
    pub(super) carriers: Carriers,
}

/// Builds the ways out that the settings name.
pub(in crate::daemon) fn transports(house: &House) -> Result<Vec<Transport>, Unusable> {
    Ok(match &house.settings.mail.transport {
        config::Transport::Spool(folder) => vec![Transport::Spool(Spool::new(
            folder.clone(),
            house.agenda.calendar.timezone.clone(),
        ))],
        config::Transport::Smtp(access) => access
            .connections()?
            .into_iter()
            .map(|smtp| Transport::Smtp(Box::new(smtp)))
            .collect(),
    })
}

impl Delivery {
    pub(in crate::daemon) fn new(office: Arc<Office>) -> Result<Self, crate::daemon::DaemonError> {
        let carriers = Carriers::start(transports(&office.house())?)?;
        Ok(Self {
            courier: Courier::new(office),
            carriers,
        })
    }

    /// Carries everything that may go now. Returns when the next letter may go, if one waits.
    pub(in crate::daemon) async fn carry(
        &mut self,
        stop: &impl Fn() -> bool,
    ) -> Result<Option<Timestamp>, LedgerError> {
        loop {
            while let Some(ended) = self.carriers.try_next() {
                self.courier.came_back(ended);
            }
            let is_leaving = self.take_over_settings();
            let starts = !stop() && !is_leaving;
            let ways = Ways {
                free: self.carriers.free(),
                all: self.carriers.len(),
            };
            let done = tokio::task::block_in_place(|| self.courier.go_on(ways, starts));
            // What was begun sets out, whatever became of the rest.
            for load in self.courier.take_leaving() {
                self.carriers.carry(load);
            }
            let done = done?;
            if done.moved {
                continue;
            }
            let next = self.courier.next_start(&done);
            if self.courier.is_idle() && (next.after.is_none() || stop()) {
                return Ok(next.at);
            }
            self.wait(&next, stop).await;
        }
    }

    /// Waits for something that makes another step worth while: at most until the next letter may set out, since one
    /// that is on its way may take its ten minutes.
    async fn wait(&mut self, next: &NextStart, stop: &impl Fn() -> bool) {
        let timer = timer(next, &self.courier.office.clock);
        let is_stopping = stop();
        let is_unrecorded = !self.courier.ended.is_empty();
        tokio::select! {
            ended = self.carriers.next() => self.courier.came_back(ended),
            () = self.courier.office.mail.notified(), if !is_stopping => {}
            () = stopped(stop), if !is_stopping => {}
            () = tokio::time::sleep(timer.unwrap_or_default()), if timer.is_some() => {}
            () = tokio::time::sleep(Duration::from_secs(1)), if is_unrecorded => {}
        }
    }

    /// A reload may have changed the server, the templates or the rates. Says whether letters are still on their way
    /// to a server that is left.
    fn take_over_settings(&mut self) -> bool {
        let courier = &mut self.courier;
        let house = courier.office.house();
        if Arc::ptr_eq(&house, &courier.house) {
            return false;
        }
        let is_idle = courier.carrying.is_empty();
        if !is_idle && house.settings.mail.transport != courier.house.settings.mail.transport {
            return true;
        }
        if is_idle {
            let started = transports(&house)
                .map_err(io::Error::other)
                .and_then(Carriers::start);
            match started {
                Ok(carriers) => {
                    self.carriers = carriers;
                    courier.rests_until = None;
                    courier.trusts = false;
                }
                Err(error) => tracing::error!(%error, "邮件设置不能用,沿用旧的"),
            }
        }
        courier.move_in(house);
        false
    }

    /// Says goodbye to the server.
    pub(in crate::daemon) async fn close(self) {
        self.carriers.close().await;
    }
}

/// How long that is from now. A pretended clock stands still meanwhile: for what it shows there is nothing to wait. What
/// should have set out already waits for a way.
pub(super) fn timer(next: &NextStart, clock: &Clock) -> Option<Duration> {
    let at = next.at.filter(|_| !clock.is_pretended());
    let at = at.map(|at| clock.real_time_until(at));
    at.into_iter()
        .filter(|wait| !wait.is_zero())
        .chain(next.after)
        .min()
}

/// Ends once the daemon is told to stop.
async fn stopped(stop: &impl Fn() -> bool) {
    while !stop() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

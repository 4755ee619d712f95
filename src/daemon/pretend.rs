//! Pretended time: from one planned instant to the next, each finished before the clock goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;

use super::courier::Delivery;
use super::office::Office;
use super::{DaemonError, GLANCE, Nudge, Pretence, beat, heed, housekeeping, on_thread};
use crate::ledger::LedgerError;

/// Runs until the pretended end, or until told to stop.
pub(super) async fn run(
    office: &Arc<Office>,
    delivery: &mut Delivery,
    queue: &mut Receiver<Nudge>,
    pretence: Pretence,
    stopping: &AtomicBool,
) -> Result<(), DaemonError> {
    let stop = || stopping.load(Ordering::Relaxed);
    let mut decided = settle(office, delivery, &stop).await?;
    office.look_through()?;
    loop {
        if decided {
            let until = tokio::time::Instant::now() + pretence.linger;
            while !stop() && tokio::time::Instant::now() < until {
                let left = until - tokio::time::Instant::now();
                wait(office, queue, left).await?;
                settle(office, delivery, &stop).await?;
            }
        }
        if stop() {
            return Ok(());
        }
        let retry = delivery.carry(&stop).await?;
        let slot = office.pulse.vitals().next_due.unwrap_or(Timestamp::MAX);
        let next = retry.map_or(slot, |retry| retry.min(slot));
        let end = pretence.until.filter(|until| *until < next);
        let next = end.unwrap_or(next);
        office.clock.run_to(next);
        // What comes in on the way is taken in at once: answers, edits, signals.
        loop {
            let left = office.clock.real_time_until(next);
            if left.is_zero() || stop() {
                break;
            }
            wait(office, queue, left).await?;
            settle(office, delivery, &stop).await?;
        }
        while let Ok(nudge) = queue.try_recv() {
            act(office, nudge).await?;
        }
        if end.is_some() && !stop() {
            settle(office, delivery, &stop).await?;
            return Ok(());
        }
        decided = settle(office, delivery, &stop).await?;
    }
}

/// A beat and its deliveries, finished. Says whether a slot was decided, or held.
async fn settle(
    office: &Arc<Office>,
    delivery: &mut Delivery,
    stop: &impl Fn() -> bool,
) -> Result<bool, DaemonError> {
    let before = stands(office)?;
    while !beat(office).await? && !stop() {
        // The full disk it met is real, and so is the time it takes to make room.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    delivery.carry(stop).await?;
    Ok(before != stands(office)?)
}

/// Which slot was decided or held last.
fn stands(office: &Office) -> Result<(Option<Timestamp>, Option<Timestamp>), LedgerError> {
    let book = office.book()?;
    let decided = book.state.last_slot.map(|(slot, _)| slot);
    Ok((decided, book.state.hold.as_ref().map(|held| held.slot)))
}

/// Waits in real time for at most so long, and acts on what comes.
async fn wait(
    office: &Arc<Office>,
    queue: &mut Receiver<Nudge>,
    time: std::time::Duration,
) -> Result<(), DaemonError> {
    tokio::select! {
        nudge = queue.recv() => match nudge {
            Some(nudge) => act(office, nudge).await,
            None => Ok(()),
        },
        () = office.mail.notified() => Ok(()),
        () = office.answered.notified() => Ok(()),
        () = foreign_facts(office) => Ok(()),
        () = tokio::time::sleep(time) => Ok(()),
    }
}

/// Waits until a clerk's command has appended something.
async fn foreign_facts(office: &Office) {
    loop {
        tokio::time::sleep(GLANCE).await;
        if office.has_foreign_facts() {
            return;
        }
    }
}

async fn act(office: &Arc<Office>, nudge: Nudge) -> Result<(), DaemonError> {
    match nudge {
        // A rehearsal has no backups.
        Nudge::Beat | Nudge::Mailbox | Nudge::Stop | Nudge::Backup => Ok(()),
        Nudge::Reload => {
            office.owes_reload.store(true, Ordering::Relaxed);
            Ok(())
        }
        Nudge::Housekeeping => Ok(heed(office, on_thread(office, housekeeping).await)?),
    }
}

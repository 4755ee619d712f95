//! The daemon: carries out what the planner decides.

mod backup;
mod beat;
mod courier;
mod deeds;
mod desk;
mod doorbell;
mod hold;
mod inbox;
mod office;
mod pretend;
mod pulse;
mod reception;
mod recording;
mod reload;
mod room;
mod start;
mod stepwise;
mod systemd;
#[cfg(test)]
pub(crate) mod trial;
mod workbooks;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::clock::Speed;
use crate::core::fact::Event;
use crate::ledger::LedgerError;
use crate::web::{self, WebSettings};

use courier::Delivery;
pub use courier::Ways;
use desk::FrontDesk;
use office::Office;
pub use stepwise::{Carried, Stepwise};

/// How to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The settings file.
    pub config: PathBuf,
    /// A made-up clock.
    pub pretend: Option<Pretence>,
}

/// A made-up clock.
#[derive(Clone, Copy, Debug)]
pub struct Pretence {
    /// When it starts.
    pub now: Timestamp,
    /// How fast it runs.
    pub speed: Speed,
    /// When the daemon stops by itself.
    pub until: Option<Timestamp>,
    /// How long it waits at each slot for answers, in real time.
    pub linger: Duration,
}

/// Why the daemon could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The settings, the calendar or the roster are wrong.
    #[error("没有启动。{0}")]
    Input(String),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The mail settings.
    #[error(transparent)]
    Mail(#[from] crate::mail::Unusable),
    /// The link keys.
    #[error(transparent)]
    Keys(#[from] crate::link::KeyFileError),
    /// The port.
    #[error(
        "{listen} 用不了:{}。是不是已有一个在运行?可在 [web] listen 里换一个端口",
        crate::disk::why(error).zh
    )]
    Listen {
        /// Where it was to listen.
        listen: std::net::SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// The scheduler.
    #[error("定时器启动不了:{0}")]
    Pulse(#[from] tokio_cron_scheduler::JobSchedulerError),
    /// Anything else the system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What makes the daemon act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nudge {
    Beat,
    Mailbox,
    Reload,
    Housekeeping,
    Backup,
    Stop,
}

/// Runs the daemon until it is told to stop. `say` shows a person at a terminal what is going on.
///
/// # Errors
/// Why it could not start, or had to stop.
pub async fn run(options: &Options, say: &dyn Fn(&str)) -> Result<(), DaemonError> {
    let office = start::open(options)?;
    let mut delivery = Delivery::new(Arc::clone(&office))?;
    office.settle_orphans()?;
    let house = office.house();
    let listen = house.settings.listen;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| DaemonError::Listen { listen, error })?;
    let (nudges, mut queue) = mpsc::channel(16);
    let (web_stop, web_stopped) = watch::channel(false);
    let desk = Arc::new(FrontDesk(Arc::clone(&office)));
    let web_settings = WebSettings {
        base_url: house.settings.base_url.clone(),
        limits: web::Limits::default(),
        trusted_proxies: house.settings.trusted_proxies.clone(),
    };
    let pages = tokio::spawn(web::serve(listener, desk, web_settings, web_stopped));
    let watcher = reload::watch(&office, nudges.clone());
    let stopping = Arc::new(AtomicBool::new(false));
    listen_for_signals(nudges.clone(), Arc::clone(&stopping))?;
    start::hang(&office, say)?;
    let inbox = tokio::spawn(inbox::watch(Arc::clone(&office), Arc::clone(&stopping)));
    let result = match &options.pretend {
        Some(pretence) => {
            pretend::run(&office, &mut delivery, &mut queue, *pretence, &stopping).await
        }
        None => live(&office, delivery, &nudges, &mut queue, &stopping).await,
    };
    systemd::stopping();
    stopping.store(true, Ordering::Relaxed);
    office.poll.notify_one();
    // A mail being read stays in the mailbox; one being recorded is recorded wholly or not at all.
    inbox.abort();
    drop(watcher);
    let _ = web_stop.send(true);
    let _ = tokio::time::timeout(Duration::from_secs(10), pages).await;
    if result.is_ok() {
        office.keep_book()?;
    }
    say("已停止");
    result
}

/// In earnest: nudged by the pulse, the courier beside it.
async fn live(
    office: &Arc<Office>,
    mut delivery: Delivery,
    nudges: &mpsc::Sender<Nudge>,
    queue: &mut mpsc::Receiver<Nudge>,
    stopping: &Arc<AtomicBool>,
) -> Result<(), DaemonError> {
    let mut scheduler = pulse::start(nudges).await?;
    let mut minute = tokio::time::interval(Duration::from_mins(1));
    let mut glance = tokio::time::interval(GLANCE);
    glance.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (died, mut death) = mpsc::channel(1);
    let delivering = {
        let (office, stopping) = (Arc::clone(office), Arc::clone(stopping));
        tokio::spawn(async move {
            if let Err(error) = deliver(&office, &mut delivery, &stopping).await {
                let _ = died.send(error).await;
            }
            delivery.close().await;
        })
    };
    beat(office).await?;
    systemd::ready();
    office.look_through()?;
    if office.backup_is_due() {
        // A full queue is a busy start: the night will do.
        let _ = nudges.try_send(Nudge::Backup);
    }
    let mut gathered = None;
    let result = loop {
        let nudge = tokio::select! {
            nudge = queue.recv() => nudge.unwrap_or(Nudge::Stop),
            () = office.answered.notified(), if gathered.is_none() => {
                gathered = Some(tokio::time::Instant::now() + GATHER);
                continue;
            }
            () = until(gathered) => Nudge::Beat,
            // The cron library goes quiet after the clock steps back; this goes by the monotonic one.
            _ = minute.tick() => Nudge::Beat,
            _ = glance.tick() => if office.has_foreign_facts() { Nudge::Beat } else { continue },
            error = death.recv() => match error {
                Some(error) => break Err(error),
                // Told to stop, it may be done before the nudge to stop has come this far.
                None if stopping.load(Ordering::Relaxed) => break Ok(()),
                None => break Err(LedgerError::Refused("发信的部分意外停止".to_owned())),
            },
        };
        match nudge {
            Nudge::Stop => break Ok(()),
            Nudge::Beat => {}
            Nudge::Mailbox => {
                office.poll.notify_one();
                continue;
            }
            Nudge::Reload => {
                systemd::reloading();
                office.owes_reload.store(true, Ordering::Relaxed);
            }
            Nudge::Housekeeping => heed(office, on_thread(office, housekeeping).await)?,
            Nudge::Backup => heed(office, on_thread(office, Office::back_up).await)?,
        }
        gathered = None;
        let beaten = beat(office).await?;
        if matches!(nudge, Nudge::Reload) {
            systemd::ready();
        }
        if beaten {
            systemd::alive();
        }
    };
    stopping.store(true, Ordering::Relaxed);
    office.mail.notify_one();
    // A letter whose bytes are on their way is finished; systemd's stop timeout is the limit.
    let _ = delivering.await;
    let _ = scheduler.shutdown().await;
    result.map_err(DaemonError::from)
}

/// So long after an answer the beat follows that takes in all which came meanwhile: one for each would leave the book to
/// nobody else.
const GATHER: Duration = Duration::from_millis(200);

/// Waits until then; for ever if there is no such time.
async fn until(time: Option<tokio::time::Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// How often the ledger is looked at for what clerks have recorded with commands of their own.
const GLANCE: Duration = Duration::from_secs(2);

/// A beat; says whether it was completed. What passes by itself is logged and tried again with the next.
async fn beat(office: &Arc<Office>) -> Result<bool, DaemonError> {
    match on_thread(office, Office::beat).await {
        Ok(()) => Ok(true),
        Err(error) => {
            heed(office, Err(error))?;
            Ok(false)
        }
    }
}

/// Work that waits for the disk, off the threads that serve pages.
async fn on_thread<R: Send + 'static>(
    office: &Arc<Office>,
    work: impl FnOnce(&Office) -> Result<R, LedgerError> + Send + 'static,
) -> Result<R, LedgerError> {
    let office = Arc::clone(office);
    tokio::task::spawn_blocking(move || work(&office))
        .await
        .unwrap_or_else(|panic| Err(LedgerError::Refused(format!("程序内部出错:{panic}"))))
}

/// A full disk and a busy ledger pass; a broken one does not, and the daemon must not go on pretending.
fn heed(office: &Office, result: Result<(), LedgerError>) -> Result<(), LedgerError> {
    let Err(error) = result else {
        return Ok(());
    };
    office.heed(Some(&error));
    match error {
        LedgerError::Full(_) | LedgerError::Busy(_) | LedgerError::Refused(_) => {
            tracing::error!(%error, "beat not completed; tried again with the next");
            Ok(())
        }
        other => Err(other),
    }
}

/// Carries letters until told to stop.
async fn deliver(
    office: &Office,
    delivery: &mut Delivery,
    stopping: &AtomicBool,
) -> Result<(), LedgerError> {
    let stop = || stopping.load(Ordering::Relaxed);
    loop {
        let next = delivery.carry(&stop).await?;
        // Asked only here: what wakes it to stop may have woken the carrying already, and does not come twice.
        if stop() {
            return Ok(());
        }
        let wait = next.map_or(Duration::from_hours(1), |at| {
            office.clock.real_time_until(at)
        });
        let _ = tokio::time::timeout(wait, office.mail.notified()).await;
    }
}

/// How long frozen bytes are kept, in days.
const KEEP_FROZEN_DAYS: i64 = 180;

fn housekeeping(office: &Office) -> Result<(), LedgerError> {
    let now = office.clock.now();
    let before = now
        .checked_sub(jiff::SignedDuration::from_hours(24 * KEEP_FROZEN_DAYS))
        .unwrap_or(Timestamp::MIN);
    let pruned = office.ledger.prune_frozen(before)?;
    if pruned > 0 {
        tracing::info!(pruned, "frozen letters pruned");
    }
    let mut book = office.book()?;
    let job = "prune".to_owned();
    office.append(&mut book, vec![Event::JobRun { job }])?;
    drop(book);
    office.keep_book()?;
    office.back_up()
}

/// SIGHUP reloads; SIGTERM and Ctrl-C stop.
fn listen_for_signals(nudges: mpsc::Sender<Nudge>, stopping: Arc<AtomicBool>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        loop {
            let nudge = tokio::select! {
                _ = hangup.recv() => Nudge::Reload,
                _ = terminate.recv() => Nudge::Stop,
                _ = interrupt.recv() => Nudge::Stop,
            };
            if nudge == Nudge::Stop {
                stopping.store(true, Ordering::Relaxed);
                tracing::info!("told to stop: what is on its way is finished");
            }
            if nudges.send(nudge).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

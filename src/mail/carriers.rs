//! The carriers: several ways out side by side, on a thread of their own, each with its connection.
//!
//! One thread serves them all: what takes time is the server, and a second thread would only pass letters to and fro.

use std::any::Any;
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::{
    UnboundedReceiver, UnboundedSender, error::TryRecvError, unbounded_channel,
};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::transport::{Envelope, Sent, Transport};
use crate::core::fact::LetterNo;

/// How long a connection that was one too many for the server is done without.
const CROWDED_FOR: Duration = Duration::from_mins(10);

/// How long is waited where even a single connection was one too many.
const ALL_CROWDED: SignedDuration = SignedDuration::from_mins(15);

/// The ways out. Dropping them lets what is under way be finished.
pub struct Carriers {
    ways: Vec<UnboundedSender<Load>>,
    /// The one used last goes first, so that no more connections are opened than are needed.
    idle: Vec<usize>,
    /// Those that were one too many for the server, and until when.
    resting: Vec<(usize, Instant)>,
    ends: UnboundedSender<Ended>,
    ended: UnboundedReceiver<Ended>,
    thread: Option<JoinHandle<()>>,
}

/// A letter to carry.
#[derive(Debug)]
pub struct Load {
    /// Its number.
    pub letter: LetterNo,
    /// Its slot.
    pub slot: Timestamp,
    /// Who sends to whom.
    pub envelope: Envelope,
    /// What is sent.
    pub bytes: Vec<u8>,
}

/// How carrying a letter ended.
#[derive(Debug)]
pub struct Ended {
    /// The way it took; none if it never set out.
    way: Option<usize>,
    /// Which.
    pub letter: LetterNo,
    /// What came of it; `Err` holds a panic's words.
    pub sent: Result<Sent, String>,
    /// How long it took.
    pub took: Duration,
}

impl Ended {
    /// The end of a letter that never set out.
    pub fn unsent(letter: LetterNo, sent: Result<Sent, String>) -> Self {
        Self {
            way: None,
            letter,
            sent,
            took: Duration::ZERO,
        }
    }

    /// The same after so long.
    pub fn after(self, took: Duration) -> Self {
        Self { took, ..self }
    }
}

impl Carriers {
    /// Starts their thread; nothing is connected yet.
    ///
    /// # Errors
    /// The system has no thread or no sockets left.
    pub fn start(ways: Vec<Transport>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (ends, ended) = unbounded_channel();
        let mut senders = Vec::with_capacity(ways.len());
        let mut serving = Vec::with_capacity(ways.len());
        for (way, transport) in ways.into_iter().enumerate() {
            let (sender, loads) = unbounded_channel();
            senders.push(sender);
            serving.push(serve(way, transport, loads, ends.clone()));
        }
        let thread = std::thread::Builder::new()
            .name("carriers".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    let mut serving: JoinSet<()> = serving.into_iter().collect();
                    while serving.join_next().await.is_some() {}
                });
                // A resolver that hangs must not keep the daemon from stopping.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            idle: (0..senders.len()).rev().collect(),
            resting: Vec::new(),
            ways: senders,
            ends,
            ended,
            thread: Some(thread),
        })
    }

    /// How many letters can be carried at once now.
    pub fn free(&mut self) -> usize {
        let now = Instant::now();
        let (resting, rested) = self.resting.iter().partition(|(_, until)| *until > now);
        self.resting = resting;
        let rested: Vec<(usize, Instant)> = rested;
        self.idle
            .splice(0..0, rested.into_iter().map(|(way, _)| way));
        self.idle.len()
    }

    /// How many are on their way.
    pub fn under_way(&self) -> usize {
        self.ways.len() - self.idle.len() - self.resting.len()
    }

    /// How many there are that the server puts up with.
    pub fn len(&self) -> usize {
        self.ways.len() - self.resting.len()
    }

    /// Whether none is left, which never lasts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets a letter on its way. Where none is [`free`](Self::free) it ends at once, as put off.
    pub fn carry(&mut self, load: Load) {
        let way = self.idle.pop();
        let unsent = match way {
            Some(way) => self.ways[way].send(load).map_err(|unsent| unsent.0),
            None => Err(load),
        };
        if let Err(load) = unsent {
            let sent = Ok(Sent::Deferred {
                text: "没有空闲的连接".to_owned(),
                retry_hint: None,
                relay: true,
            });
            let _ = self.ends.send(Ended {
                way,
                ..Ended::unsent(load.letter, sent)
            });
        }
    }

    /// Waits for the next end. Never comes back while nothing is under way.
    pub async fn next(&mut self) -> Ended {
        match self.ended.recv().await {
            Some(ended) => self.back(ended),
            None => std::future::pending().await,
        }
    }

    /// An end that has come already.
    pub fn try_next(&mut self) -> Option<Ended> {
        match self.ended.try_recv() {
            Ok(ended) => Some(self.back(ended)),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }

    /// A way is free again. One that was too many rests; the last one stays, and then it is the server that needs rest.
    fn back(&mut self, mut ended: Ended) -> Ended {
        let Some(way) = ended.way else {
            return ended;
        };
        match &mut ended.sent {
            Ok(Sent::Crowded { .. }) if self.len() > 1 => {
                self.resting.push((way, Instant::now() + CROWDED_FOR));
            }
            Ok(Sent::Crowded { text }) => {
                let text = std::mem::take(text);
                ended.sent = Ok(Sent::Deferred {
                    text,
                    retry_hint: Some(ALL_CROWDED),
                    relay: true,
                });
                self.idle.push(way);
            }
            _ => self.idle.push(way),
        }
        ended
    }

    /// Says goodbye to the server; what is under way is finished first.
    pub async fn close(mut self) {
        self.ways.clear();
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the thread itself.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

async fn serve(
    way: usize,
    mut transport: Transport,
    mut loads: UnboundedReceiver<Load>,
    ends: UnboundedSender<Ended>,
) {
    while let Some(load) = loads.recv().await {
        let began = Instant::now();
        let carrying = transport.send(&load.envelope, load.letter, load.slot, &load.bytes);
        let ended = Ended {
            way: Some(way),
            letter: load.letter,
            sent: unpanicked(carrying).await,
            took: began.elapsed(),
        };
        // Nobody waits any more: the daemon is being torn down.
        let _ = ends.send(ended);
    }
    transport.close().await;
}

/// One poisoned letter must cost one letter: a panic ends the work, and not the thread that the others are on.
async fn unpanicked<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let mut work = pin!(work);
    std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => Poll::Ready(Err(words(&*panic))),
        }
    })
    .await
}

/// What a panic said.
pub fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "没有说明".to_owned())
}

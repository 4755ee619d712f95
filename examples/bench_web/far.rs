//! Who asks: so many connections at a time on one thread, request after request on each.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

pub(crate) struct Far {
    address: SocketAddr,
    connections: usize,
}

/// What a round came to.
pub(crate) struct Ran {
    /// Answers a second.
    pub(crate) rate: f64,
    /// What each took, in seconds, the quickest first.
    times: Vec<f64>,
    statuses: BTreeMap<u16, usize>,
}

impl Ran {
    /// So many of a hundred took no longer, in seconds.
    pub(crate) fn within(&self, percent: usize) -> f64 {
        let at = self.times.len() * percent / 100;
        self.times
            .get(at)
            .or(self.times.last())
            .copied()
            .unwrap_or(f64::NAN)
    }

    /// All were answered so.
    pub(crate) fn all(self, status: u16) -> Self {
        assert!(self.statuses.keys().eq([&status]), "{:?}", self.statuses);
        self
    }
}

impl Far {
    pub(crate) fn new(address: SocketAddr, connections: usize) -> Self {
        Self {
            address,
            connections,
        }
    }

    /// Sends all of it, as fast as it is answered.
    pub(crate) fn run(&self, requests: &[Vec<u8>]) -> Ran {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(self.ask_all(requests))
    }

    /// Sends one; how many bytes its page has.
    pub(crate) fn alone(&self, request: &[u8]) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let mut line = Line::to(self.address).await;
            let (status, bytes) = line.ask(request).await;
            assert_eq!(status, 200);
            bytes
        })
    }

    async fn ask_all(&self, requests: &[Vec<u8>]) -> Ran {
        let requests: Arc<[Vec<u8>]> = requests.into();
        let next = Arc::new(AtomicUsize::new(0));
        let mut lines = JoinSet::new();
        let mut open = Vec::new();
        for _ in 0..self.connections {
            open.push(Line::to(self.address).await);
        }
        let began = Instant::now();
        for mut line in open {
            let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
            lines.spawn(async move {
                let mut seen = Vec::new();
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let asked = Instant::now();
                    let (status, _) = line.ask(request).await;
                    seen.push((asked.elapsed().as_secs_f64(), status));
                }
                seen
            });
        }
        let seen: Vec<_> = lines.join_all().await.into_iter().flatten().collect();
        let rate = requests.len() as f64 / began.elapsed().as_secs_f64();
        let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
        for (_, status) in &seen {
            *statuses.entry(*status).or_default() += 1;
        }
        let mut times: Vec<f64> = seen.into_iter().map(|(time, _)| time).collect();
        times.sort_by(f64::total_cmp);
        Ran {
            rate,
            times,
            statuses,
        }
    }
}

struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        }
    }

    /// The status, and the bytes of the body.
    async fn ask(&mut self, request: &[u8]) -> (u16, usize) {
        self.stream.write_all(request).await.expect("it is taken");
        self.buffer.clear();
        let head = loop {
            let end = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
            match end {
                Some(end) => break end + 4,
                None => self.more().await,
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head]).expect("a head");
        let status = text[9..12].parse().expect("a status");
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().expect("a length"));
        while self.buffer.len() < head + length {
            self.more().await;
        }
        (status, length)
    }

    async fn more(&mut self) {
        let read = self.stream.read_buf(&mut self.buffer).await.expect("bytes");
        assert_ne!(read, 0, "the server hung up");
    }
}

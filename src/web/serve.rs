//! Connections: taken, bounded in number and time, and let go in good order.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

use super::crowd::Crowd;
use super::desk::Desk;
use super::rates::Peer;
use super::routes::router;

/// How long the accepting rests when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// What the pages are served with.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// What links begin with, `https://anquan.example`; never taken from a request. May end in a path, which a proxy
    /// then takes off.
    pub base_url: String,
    /// How long and how much a visitor may take.
    pub limits: Limits,
    /// The proxies whose word is taken for where a visitor comes from.
    pub trusted_proxies: Vec<IpAddr>,
}

/// How long and how much a visitor may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For the head of a request, and between two requests of a connection.
    pub head: Duration,
    /// From the head of a request to its answer.
    pub request: Duration,
    /// The same for a form with files, which a telephone may take a while to send.
    pub upload: Duration,
    /// For the first bytes of a file; from then on they must go on coming.
    pub upload_grace: Duration,
    /// For a connection in all, after which it may finish what it began.
    pub connection: Duration,
    /// Connections at a time; more wait to be accepted, and the ledger keeps its file descriptors.
    pub connections: u32,
    /// Of these from one address that is no trusted proxy's; more are closed at once.
    pub connections_per_address: u32,
    /// Requests in a minute with one letter's or board's link, whoever sends them: a school's staff on their telephones.
    /// A press counts as four.
    pub per_link: u32,
    /// Requests in a minute of one officer who is signed in.
    pub per_session: u32,
    /// Requests in a minute from one address by whoever holds neither.
    pub per_address: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            request: Duration::from_secs(10),
            upload: Duration::from_secs(90),
            upload_grace: Duration::from_secs(10),
            connection: Duration::from_mins(5),
            connections: 512,
            connections_per_address: 128,
            per_link: 240,
            per_session: 600,
            per_address: 600,
        }
    }
}

/// Serves the pages until `stop` is true or its sender is gone, then finishes what visitors have begun.
///
/// # Errors
///
/// None of one connection: those end it alone. So far it only returns when told to stop.
pub async fn serve(
    listener: TcpListener,
    desk: Arc<dyn Desk>,
    settings: WebSettings,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let limits = settings.limits;
    let crowd = Crowd::new(limits.connections_per_address, &settings.trusted_proxies);
    let router = router(desk, settings);
    let places = Arc::new(Semaphore::new(limits.connections as usize));
    let stopping = stop.clone();
    let told_to_stop = async move {
        // An error means that whoever could have told us is gone.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let mut told_to_stop = pin!(told_to_stop);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut told_to_stop => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(guest) = crowd.enter(peer.ip()) else {
                    continue;
                };
                let peer = Peer(peer.ip());
                let visit = visit(stream, peer, router.clone(), limits, stopping.clone());
                tokio::spawn(async move {
                    visit.await;
                    drop((guest, place));
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "接不了新的网页连接,稍后再试");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    // All places free again means that all visits are over.
    let _ = timeout(limits.request, places.acquire_many(limits.connections)).await;
    Ok(())
}

/// One connection, from its first byte to its end.
async fn visit(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) {
    // An answer goes out in one write: nothing is gained by waiting for more.
    let _ = stream.set_nodelay(true);
    let router = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
    );
    tokio::select! {
        // Time-outs, hang-ups and nonsense are the visitor's affair.
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|stop| *stop) => {}
        () = sleep(limits.connection) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(limits.request, connection).await;
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}

//! The stream under the connection: unbuffered, encrypted as asked, counted, and overheard.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf,
};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::tls::{self, NotEncrypted};
use super::settings::{SmtpSettings, Timeouts, Tls};
use super::verdict::{Cause, Failure, Stage};

/// After STARTTLS a server says nothing until it is spoken to, while lettre starts each connection by reading a
/// greeting. The real one was read before the upgrade; this stands in for it.
const STAND_IN_GREETING: &[u8] = b"220 starttls\r\n";

/// No honest reply is longer.
const MAX_LINE_BYTES: u64 = 1_000;
const MAX_REPLY_LINES: usize = 100;

/// How a server's addresses are found by its name and port.
pub type Lookup = Arc<
    dyn Fn(String, u16) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>
        + Send
        + Sync,
>;

/// As the system finds them.
pub(super) fn system_lookup() -> Lookup {
    Arc::new(|host, port| {
        Box::pin(async move { Ok(lookup_host((host.as_str(), port)).await?.collect()) })
    })
}

/// A stream to the server.
pub(super) struct Wire {
    line: Line,
    /// What is read before the stream itself.
    first: &'static [u8],
    written: Arc<AtomicU64>,
    greeting: Overheard,
}

/// What the server said, until somebody has asked for it: of the reply to EHLO lettre keeps the extensions that it
/// uses itself, and PIPELINING and SIZE are not among them.
#[derive(Clone)]
pub(super) struct Overheard(Arc<Mutex<Option<Vec<u8>>>>);

impl Overheard {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(Vec::new()))))
    }

    fn take_in(&self, bytes: &[u8]) {
        if let Some(kept) = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut()
        {
            kept.extend_from_slice(bytes);
        }
    }

    /// The lines so far; from here on nothing more is kept.
    pub(super) fn end(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        String::from_utf8_lossy(&kept.unwrap_or_default()).into_owned()
    }
}

enum Line {
    Clear(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Wire {
    fn new(line: Line, first: &'static [u8]) -> Self {
        Self {
            line,
            first,
            written: Arc::default(),
            greeting: Overheard::new(),
        }
    }

    /// What the server says from here on.
    pub(super) fn greeting(&self) -> Overheard {
        self.greeting.clone()
    }

    /// Counts the bytes that went into the stream. By it one can tell whether the final dot had begun to leave when
    /// something broke.
    pub(super) fn written(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.written)
    }

    fn tcp(&self) -> &TcpStream {
        match &self.line {
            Line::Clear(tcp) => tcp,
            Line::Encrypted(tls) => tls.get_ref().0,
        }
    }
}

/// Connects, and encrypts as the settings ask.
pub(super) async fn connect(
    settings: &SmtpSettings,
    timeouts: Timeouts,
    connector: Option<&TlsConnector>,
    hello: &ClientId,
    lookup: &Lookup,
) -> Result<Wire, Failure> {
    let host = tls::bare(&settings.host);
    let fail = |cause| Failure::new(Stage::Connect, cause);
    let reaching = async {
        let addresses = lookup(host.to_owned(), settings.port)
            .await
            .map_err(|fault| fail(Cause::NoSuchHost(fault.to_string())))?;
        TcpStream::connect(&addresses[..])
            .await
            .map_err(|fault| fail(Cause::Broken(fault.to_string())))
    };
    let tcp = timeout(timeouts.connect, reaching)
        .await
        .map_err(|_| fail(Cause::TimedOut(timeouts.connect)))??;
    // Without it each letter waits some 40 ms for a delayed ACK. Failing to set it costs speed only.
    let _ = tcp.set_nodelay(true);
    match (settings.tls, connector) {
        (Tls::Implicit, Some(connector)) => {
            let line = encrypt(tcp, connector, host, timeouts).await?;
            Ok(Wire::new(line, b""))
        }
        (Tls::StartTls, Some(connector)) => {
            let asking = ask_for_tls(tcp, hello);
            let tcp = timeout(timeouts.command, asking)
                .await
                .map_err(|_| Failure::new(Stage::Greeting, Cause::TimedOut(timeouts.command)))??;
            let line = encrypt(tcp, connector, host, timeouts).await?;
            Ok(Wire::new(line, STAND_IN_GREETING))
        }
        _ => {
            if settings.tls == Tls::None && tls::is_here(&tcp) {
                return Ok(Wire::new(Line::Clear(tcp), b""));
            }
            Err(Failure::new(Stage::Encrypt, Cause::NotHere))
        }
    }
}

async fn encrypt(
    tcp: TcpStream,
    connector: &TlsConnector,
    host: &str,
    timeouts: Timeouts,
) -> Result<Line, Failure> {
    match tls::encrypt(tcp, connector, host, timeouts.connect).await {
        Ok(stream) => Ok(Line::Encrypted(Box::new(stream))),
        Err(why) => Err(Failure::new(
            Stage::Encrypt,
            match why {
                NotEncrypted::Untrusted(why) => Cause::Untrusted(why),
                NotEncrypted::Broken(why) => Cause::Broken(why),
                NotEncrypted::TimedOut => Cause::TimedOut(timeouts.connect),
            },
        )),
    }
}

/// Greeting, EHLO and STARTTLS in clear. Done here, and not by lettre, for lettre keeps what a server sends after
/// its reply to STARTTLS and takes it for the encrypted server's words.
async fn ask_for_tls(tcp: TcpStream, hello: &ClientId) -> Result<TcpStream, Failure> {
    let mut stream = BufReader::new(tcp);
    reply(&mut stream, Stage::Greeting, 220).await?;
    say(&mut stream, &format!("EHLO {hello}\r\n"), Stage::Greeting).await?;
    let offers = reply(&mut stream, Stage::Greeting, 250).await?;
    let has_starttls = offers
        .iter()
        .any(|offer| offer.trim().eq_ignore_ascii_case("starttls"));
    if !has_starttls {
        return Err(Failure::new(Stage::Encrypt, Cause::NoStartTls));
    }
    say(&mut stream, "STARTTLS\r\n", Stage::Encrypt).await?;
    reply(&mut stream, Stage::Encrypt, 220).await?;
    if !stream.buffer().is_empty() {
        let why = "服务器在加密之前多说了话,可能有人在中间做手脚".to_owned();
        return Err(Failure::new(Stage::Encrypt, Cause::Untrusted(why)));
    }
    Ok(stream.into_inner())
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str, stage: Stage) -> Result<(), Failure> {
    let written = stream.write_all(line.as_bytes()).await;
    written.map_err(|fault| Failure::new(stage, Cause::Broken(fault.to_string())))
}

/// Reads a whole reply; its lines without their codes.
async fn reply(
    stream: &mut BufReader<TcpStream>,
    stage: Stage,
    expected: u16,
) -> Result<Vec<String>, Failure> {
    let fail = |cause| Err(Failure::new(stage, cause));
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut *stream).take(MAX_LINE_BYTES);
        match limited.read_until(b'\n', &mut line).await {
            Ok(0) => return fail(Cause::Broken("服务器断开了连接".to_owned())),
            Ok(_) => {}
            Err(fault) => return fail(Cause::Broken(fault.to_string())),
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let code = line.get(..3).and_then(|code| code.parse::<u16>().ok());
        let Some(code) = code.filter(|_| lines.len() < MAX_REPLY_LINES) else {
            return fail(Cause::OutOfStep(line));
        };
        let (mark, words) = line
            .get(3..)
            .unwrap_or_default()
            .split_at_checked(1)
            .unwrap_or_default();
        lines.push(words.to_owned());
        if mark == "-" {
            continue;
        }
        return match code {
            _ if code == expected => Ok(lines),
            400.. => fail(Cause::Reply {
                code,
                text: lines.join(" "),
            }),
            _ => fail(Cause::OutOfStep(line)),
        };
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let (now, later) = self
                .first
                .split_at(self.first.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = ready!(match &mut self.line {
            Line::Clear(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Line::Encrypted(tls) => Pin::new(tls).poll_read(cx, buffer),
        });
        self.greeting.take_in(&buffer.filled()[before..]);
        Poll::Ready(read)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let taken = ready!(match &mut self.line {
            Line::Clear(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Line::Encrypted(tls) => Pin::new(tls).poll_write(cx, bytes),
        })?;
        self.written.fetch_add(taken as u64, Ordering::Relaxed);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.line {
            Line::Clear(tcp) => Pin::new(tcp).poll_flush(cx),
            Line::Encrypted(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.line {
            Line::Clear(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Line::Encrypted(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp().peer_addr()
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("peer", &self.peer_addr())
            .finish()
    }
}

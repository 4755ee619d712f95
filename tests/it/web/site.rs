//! The pages on a real socket, and a browser of few words.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::civil::date;
use schoolbell::core::fact::LetterNo;
use schoolbell::link::{Claim, LinkKeys};
use schoolbell::web::{Limits, WebSettings, serve};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::desk::{KEY, MemoryDesk};

/// Nothing here takes this long; it only keeps a broken test from hanging.
const PATIENCE: Duration = Duration::from_secs(30);

/// A site that is being served, until it is dropped.
pub(crate) struct Site {
    pub(crate) desk: Arc<MemoryDesk>,
    pub(crate) address: SocketAddr,
    runtime: Runtime,
    stop: watch::Sender<bool>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Site {
    pub(crate) fn of(desk: Arc<MemoryDesk>) -> Self {
        Self::start(desk, "http://127.0.0.1:8080", Limits::default())
    }

    pub(crate) fn start(desk: Arc<MemoryDesk>, base_url: &str, limits: Limits) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a free port");
        let address = listener.local_addr().expect("the port it got");
        let (stop, stopping) = watch::channel(false);
        let settings = WebSettings {
            base_url: base_url.to_owned(),
            limits,
            // Nobody else comes from this machine: a test that is a proxy says so by its header.
            trusted_proxies: vec![std::net::Ipv4Addr::LOCALHOST.into()],
        };
        let served = runtime.spawn(serve(listener, Arc::clone(&desk) as _, settings, stopping));
        Self {
            desk,
            address,
            runtime,
            stop,
            served,
        }
    }

    /// Tells the site to stop, and waits until it has.
    pub(crate) fn stop(self) {
        self.stop.send(true).expect("it is being served");
        let served = self.runtime.block_on(self.served);
        served.expect("no panic").expect("a good end");
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the site listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        stream
    }

    /// A connection from another address of this machine.
    pub(crate) fn connect_from(&self, address: &str) -> TcpStream {
        let own = SocketAddr::new(address.parse().expect("an address"), 0);
        let stream = self.runtime.block_on(async {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind(own).expect("an address of this machine");
            socket.connect(self.address).await
        });
        let stream = stream.expect("the site listens").into_std();
        let stream = stream.expect("a connection");
        stream.set_nonblocking(false).expect("it can wait");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        stream
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "", "")
    }

    /// Posts a form as a browser does.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.ask("POST", path, FORM, &encode(fields))
    }

    /// One request on a connection of its own. `headers` are whole lines.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: bell.example\r\nConnection: close\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        );
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).expect("it is taken");
        let mut reply = Vec::new();
        stream
            .read_to_end(&mut reply)
            .expect("an answer and an end");
        // A file of evidence is anything.
        Reply::parse(&String::from_utf8_lossy(&reply))
    }
}

pub(crate) const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Self {
            status: status.expect("a status line"),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        assert!(
            self.body.contains(words),
            "“{words}” is not in\n{}",
            self.body
        );
    }

    #[track_caller]
    pub(crate) fn does_not_say(&self, words: &str) {
        assert!(!self.body.contains(words), "“{words}” is in\n{}", self.body);
    }
}

/// The path of a letter's page, under a good token.
pub(crate) fn page_of(letter: LetterNo) -> String {
    let keys = LinkKeys::from_text(KEY).expect("the test's key is a key");
    format!("/l/{}", keys.sign(&Claim::Letter(letter), date(2026, 6, 1)))
}

/// The path of a unit's board, under a good token.
pub(crate) fn board_of(unit: &str) -> String {
    let keys = LinkKeys::from_text(KEY).expect("the test's key is a key");
    let claim = Claim::Unit(unit.into());
    format!("/u/{}", keys.sign(&claim, date(2026, 6, 1)))
}

/// The path of the page that signs somebody in, under a good token.
pub(crate) fn sign_in_of(letter: LetterNo) -> String {
    let keys = LinkKeys::from_text(KEY).expect("the test's key is a key");
    let claim = Claim::SignIn(letter);
    format!("/sign-in/{}", keys.sign(&claim, date(2026, 6, 1)))
}

/// The cookie that remembers `name`.
pub(crate) fn cookie_of(name: &str) -> String {
    format!("schoolbell_by={}", URL_SAFE_NO_PAD.encode(name))
}

pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    let percent = |text: &str| -> String {
        let byte = |byte: u8| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        };
        text.bytes().map(byte).collect()
    };
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", percent(value)));
    pairs.collect::<Vec<_>>().join("&")
}

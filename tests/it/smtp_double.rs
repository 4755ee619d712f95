//! A mail server for tests: scripted, in this process, on a port of its own. Plain threads, so that any test can use
//! it, whatever its runtime.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use schoolbell::clock::Clock;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The root that signed the double's certificate, which is for `localhost`.
pub(crate) const ROOT_PEM: &str = include_str!("tls/root.pem");

/// Where a script may step in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After 354, before the text is read.
    Body,
    /// After the final dot.
    Dot,
    Rset,
}

/// What to do there.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Say this; the line's end is added.
    Say(&'static str),
    /// Say this and hang up.
    SayAndDrop(&'static str),
    /// Hang up.
    Drop,
    /// Say nothing until the double is dropped.
    Stall,
    /// Take it, and say so only once [`SmtpDouble::go_on`] is called.
    TakeLate,
}

/// A letter that was taken with 250.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Without dot-stuffing and final dot.
    pub(crate) bytes: Vec<u8>,
    /// When it had arrived.
    pub(crate) at: Timestamp,
}

impl Received {
    /// Brackets and all.
    pub(crate) fn message_id(&self) -> String {
        let message = mail_parser::MessageParser::default().parse(&self.bytes);
        format!("<{}>", message.unwrap().message_id().unwrap())
    }
}

/// How many letters came, by what became of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) taken: usize,
    /// Arrived whole, and never answered.
    pub(crate) swallowed: usize,
}

/// How it answers EHLO and whether it encrypts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// Further lines of the reply to EHLO, such as `AUTH PLAIN LOGIN`. With `PIPELINING` it waits for MAIL, RCPT and DATA
    /// before it answers the first of them, so that who does not group them waits in vain.
    pub(crate) offers: &'static [&'static str],
    /// Encrypted from the first byte.
    pub(crate) implicit_tls: bool,
}

pub(crate) struct SmtpDouble {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    once: HashMap<Verb, VecDeque<Act>>,
    always: HashMap<Verb, Act>,
    recipients: HashMap<&'static str, Act>,
    rushed: bool,
    letters: Vec<Received>,
    swallowed: Vec<Received>,
    heard: Vec<String>,
    sockets: Vec<TcpStream>,
    connections: usize,
    goes_on: bool,
    is_over: bool,
}

impl State {
    fn seen(&self) -> Seen {
        Seen {
            taken: self.letters.len(),
            swallowed: self.swallowed.len(),
        }
    }
}

impl SmtpDouble {
    /// Takes everything, in clear.
    pub(crate) fn start() -> Self {
        Self::with(Manner::default())
    }

    pub(crate) fn with(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        let listening = thread::spawn(move || {
            for socket in listener.incoming() {
                let Ok(socket) = socket else { continue };
                let mut state = seen.state();
                if state.is_over {
                    return;
                }
                state.connections += 1;
                state.sockets.push(socket.try_clone().unwrap());
                drop(state);
                let shared = Arc::clone(&seen);
                // A client that hangs up ends its session, and only that.
                thread::spawn(move || drop(Session::new(socket, shared, manner).serve()));
            }
        });
        Self {
            address,
            shared,
            listening: Some(listening),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next time that verb comes, do this; several are taken in turn.
    pub(crate) fn once(&self, verb: Verb, act: Act) {
        let mut state = self.shared.state();
        state.once.entry(verb).or_default().push_back(act);
    }

    /// Whenever that verb comes, do this.
    pub(crate) fn always(&self, verb: Verb, act: Act) {
        self.shared.state().always.insert(verb, act);
    }

    /// Whenever a recipient's address ends so, do this.
    pub(crate) fn for_recipients(&self, end: &'static str, act: Act) {
        self.shared.state().recipients.insert(end, act);
    }

    /// Whether a command came before the one before it was answered, though PIPELINING was not offered.
    pub(crate) fn was_rushed(&self) -> bool {
        self.shared.state().rushed
    }

    /// What was taken so far.
    pub(crate) fn letters(&self) -> Vec<Received> {
        self.shared.state().letters.clone()
    }

    /// Waits until so many letters were taken.
    ///
    /// # Panics
    ///
    /// If they don't come within `limit`.
    pub(crate) fn wait_for(&self, number: usize, limit: Duration) -> Vec<Received> {
        let until = Instant::now() + limit;
        let mut state = self.shared.state();
        while state.letters.len() < number {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "{} of {number} letters came",
                state.letters.len()
            );
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
        state.letters.clone()
    }

    /// Waits for so many letters that arrived whole and were never answered.
    ///
    /// # Panics
    ///
    /// If they don't come within `limit`.
    pub(crate) fn wait_for_swallowed(&self, number: usize, limit: Duration) -> Vec<Received> {
        let until = Instant::now() + limit;
        let mut state = self.shared.state();
        while state.swallowed.len() < number {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "{} of {number} arrived",
                state.swallowed.len()
            );
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
        state.swallowed.clone()
    }

    /// How many letters came so far.
    pub(crate) fn seen(&self) -> Seen {
        self.shared.state().seen()
    }

    /// The last letters taken, at most so many.
    pub(crate) fn latest(&self, most: usize) -> Vec<Received> {
        let state = self.shared.state();
        let from = state.letters.len().saturating_sub(most);
        state.letters[from..].to_vec()
    }

    /// Every letter that arrived whole, whatever was said of it.
    pub(crate) fn all_that_arrived(&self) -> Vec<Received> {
        let state = self.shared.state();
        state
            .letters
            .iter()
            .chain(&state.swallowed)
            .cloned()
            .collect()
    }

    /// Waits until what was seen so far is enough, at most so long. It is asked again now and then also when no
    /// letter comes.
    pub(crate) fn wait_until(&self, limit: Duration, enough: impl Fn(&Seen) -> bool) {
        const AGAIN: Duration = Duration::from_millis(10);
        let until = Instant::now() + limit;
        let mut state = self.shared.state();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if enough(&state.seen()) || left.is_zero() {
                return;
            }
            let wait = left.min(AGAIN);
            state = self.shared.changed.wait_timeout(state, wait).unwrap().0;
        }
    }

    /// What was to be done once is not done any more.
    pub(crate) fn forget_script(&self) {
        self.shared.state().once.clear();
    }

    /// Says what [`Act::TakeLate`] keeps back.
    pub(crate) fn go_on(&self) {
        self.shared.state().goes_on = true;
        self.shared.changed.notify_all();
    }

    /// Every command, in order.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.shared.state().heard.clone()
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// Hangs up on everybody, as servers do on idle connections.
    pub(crate) fn hang_up(&self) {
        for socket in self.shared.state().sockets.drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for SmtpDouble {
    fn drop(&mut self) {
        self.shared.state().is_over = true;
        self.shared.changed.notify_all();
        self.hang_up();
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

enum Line {
    Clear(TcpStream),
    Encrypted(Box<StreamOwned<ServerConnection, TcpStream>>),
}

struct Session {
    line: Option<Line>,
    shared: Arc<Shared>,
    manner: Manner,
    from: String,
    to: String,
    /// Commands of a group that are not obeyed yet.
    ahead: VecDeque<String>,
}

/// Whether the session goes on.
type Goes = io::Result<bool>;

impl Session {
    fn new(socket: TcpStream, shared: Arc<Shared>, manner: Manner) -> Self {
        let mut session = Self {
            line: Some(Line::Clear(socket)),
            shared,
            manner,
            from: String::new(),
            to: String::new(),
            ahead: VecDeque::new(),
        };
        if manner.implicit_tls {
            session.encrypt();
        }
        session
    }

    fn serve(mut self) -> io::Result<()> {
        if !self.act(Verb::Greeting, "220 double.example ESMTP")? {
            return Ok(());
        }
        loop {
            let command = match self.ahead.pop_front() {
                Some(command) => command,
                None => self.read_line()?,
            };
            let command = command.trim_end().to_owned();
            if command.is_empty() {
                return Ok(());
            }
            self.shared.state().heard.push(command.clone());
            if !self.obey(&command)? {
                return Ok(());
            }
        }
    }

    fn obey(&mut self, command: &str) -> Goes {
        let upper = command.to_ascii_uppercase();
        if upper.starts_with("EHLO") {
            let lines = self
                .manner
                .offers
                .iter()
                .fold(String::new(), |said, o| said + "250-" + o + "\r\n");
            return self.act(
                Verb::Ehlo,
                &format!("250-double.example\r\n{lines}250 HELP"),
            );
        }
        if upper == "STARTTLS" {
            let goes = self.act(Verb::StartTls, "220 go ahead")?;
            self.encrypt();
            return Ok(goes);
        }
        if upper == "AUTH LOGIN" {
            for prompt in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"] {
                self.say(prompt)?;
                let line = self.read_line()?.trim_end().to_owned();
                self.shared.state().heard.push(line);
            }
            return self.act(Verb::Auth, "235 2.7.0 welcome");
        }
        if upper.starts_with("AUTH") {
            return self.act(Verb::Auth, "235 2.7.0 welcome");
        }
        if upper.starts_with("MAIL FROM:") {
            self.from = bare_address(command);
            if self.manner.offers.contains(&"PIPELINING") {
                for _ in 0..2 {
                    let line = self.read_line()?;
                    self.ahead.push_back(line);
                }
            } else {
                self.look_for_haste()?;
            }
            return self.act(Verb::Mail, "250 2.1.0 ok");
        }
        if upper.starts_with("RCPT TO:") {
            self.to = bare_address(command);
            let by_recipient = {
                let state = self.shared.state();
                let mut acts = state.recipients.iter();
                acts.find(|(end, _)| self.to.ends_with(*end))
                    .map(|(_, act)| act.clone())
            };
            if let Some(act) = by_recipient {
                return self.perform(&act);
            }
            return self.act(Verb::Rcpt, "250 2.1.5 ok");
        }
        match upper.as_str() {
            "DATA" => self.take_letter(),
            "RSET" => self.act(Verb::Rset, "250 2.0.0 ok"),
            "QUIT" => self.say("221 2.0.0 bye").map(|()| false),
            _ => self.say("502 5.5.1 what?").map(|()| true),
        }
    }

    fn look_for_haste(&self) -> io::Result<()> {
        if let Some(Line::Clear(tcp)) = &self.line {
            tcp.set_nonblocking(true)?;
            if tcp.peek(&mut [0]).is_ok_and(|bytes| bytes > 0) {
                self.shared.state().rushed = true;
            }
            tcp.set_nonblocking(false)?;
        }
        Ok(())
    }

    fn take_letter(&mut self) -> Goes {
        // Only a 354 is followed by a text.
        match self.next(Verb::Data) {
            None => self.say("354 go on")?,
            Some(Act::Say(line)) => {
                self.say(line)?;
                if !line.starts_with("354") {
                    return Ok(true);
                }
            }
            Some(act) => return self.perform(&act),
        }
        if let Some(act) = self.next(Verb::Body) {
            return self.perform(&act);
        }
        let mut bytes = Vec::new();
        loop {
            let line = self.read_line()?;
            match line.as_str() {
                "" => return Ok(false),
                ".\r\n" => break,
                _ => bytes.extend(line.strip_prefix('.').unwrap_or(&line).as_bytes()),
            }
        }
        let act = self.next(Verb::Dot).unwrap_or(Act::Say("250 2.0.0 taken"));
        let (from, to) = (self.from.clone(), self.to.clone());
        let at = Clock::Real.now();
        let received = Received {
            from,
            to,
            bytes,
            at,
        };
        match &act {
            Act::Say(line) if line.starts_with("250") => {
                self.shared.state().letters.push(received);
            }
            Act::TakeLate => self.shared.state().letters.push(received),
            Act::Say(_) | Act::SayAndDrop(_) => {}
            Act::Drop | Act::Stall => self.shared.state().swallowed.push(received),
        }
        self.shared.changed.notify_all();
        self.perform(&act)
    }

    fn act(&mut self, verb: Verb, usual: &str) -> Goes {
        match self.next(verb) {
            Some(act) => self.perform(&act),
            None => self.say(usual).map(|()| true),
        }
    }

    fn next(&self, verb: Verb) -> Option<Act> {
        let mut state = self.shared.state();
        let once = state.once.get_mut(&verb).and_then(VecDeque::pop_front);
        once.or_else(|| state.always.get(&verb).cloned())
    }

    fn perform(&mut self, act: &Act) -> Goes {
        match act {
            Act::Say(line) => self.say(line).map(|()| true),
            Act::SayAndDrop(line) => self.say(line).map(|()| false),
            Act::Drop => Ok(false),
            Act::Stall => {
                let mut state = self.shared.state();
                while !state.is_over {
                    state = self.shared.changed.wait(state).unwrap();
                }
                Ok(false)
            }
            Act::TakeLate => {
                let mut state = self.shared.state();
                while !state.goes_on && !state.is_over {
                    state = self.shared.changed.wait(state).unwrap();
                }
                drop(state);
                self.say("250 2.0.0 taken").map(|()| true)
            }
        }
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        let bytes = format!("{line}\r\n");
        match self.line.as_mut().unwrap() {
            Line::Clear(tcp) => tcp.write_all(bytes.as_bytes()),
            Line::Encrypted(tls) => tls.write_all(bytes.as_bytes()).and_then(|()| tls.flush()),
        }
    }

    /// Byte by byte, so that what follows STARTTLS is left to the handshake. Empty at the end.
    fn read_line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\n") {
            let read = match self.line.as_mut().unwrap() {
                Line::Clear(tcp) => tcp.read(&mut byte)?,
                Line::Encrypted(tls) => tls.read(&mut byte)?,
            };
            if read == 0 {
                return Ok(String::new());
            }
            line.push(byte[0]);
        }
        Ok(String::from_utf8(line).unwrap())
    }

    fn encrypt(&mut self) {
        if let Some(Line::Clear(tcp)) = self.line.take() {
            let server = ServerConnection::new(Arc::new(server_config())).unwrap();
            let stream = StreamOwned::new(server, tcp);
            self.line = Some(Line::Encrypted(Box::new(stream)));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The double keeps a clone of the socket, which would hold the connection open.
        match &self.line {
            Some(Line::Clear(tcp)) => drop(tcp.shutdown(Shutdown::Both)),
            Some(Line::Encrypted(tls)) => drop(tls.sock.shutdown(Shutdown::Both)),
            None => {}
        }
    }
}

fn bare_address(command: &str) -> String {
    let address = command.split_once('<').map_or("", |(_, rest)| rest);
    address.split('>').next().unwrap_or_default().to_owned()
}

fn server_config() -> ServerConfig {
    let chain = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap()
}

//! One connection to a mail server, owned by one worker and used for letter after letter.
//!
//! lettre's connection is driven directly, not through its pool: a pooled send that is dropped by a time-out leaves
//! its connection out of step, and the next letter is told another one's reply.

mod settings;
mod verdict;
mod wire;

use std::fmt::{self, Display};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

pub use settings::{Secret, SmtpSettings, Timeouts, Tls, Unusable};

pub(super) use self::verdict::is_mailbox_at_fault;
use self::verdict::{Cause, Failure, Stage};
use super::mime::checked;
use super::transport::{Envelope, Probe, Sent, Step};

/// How long a goodbye may take.
const QUIT_WITHIN: Duration = Duration::from_secs(2);

/// A worker's way to the mail server.
pub struct Smtp {
    settings: SmtpSettings,
    timeouts: Timeouts,
    tls: Option<TlsConnector>,
    hello: ClientId,
    /// Taken out while it is in use, so that a send that is dropped half-way drops it too.
    idle: Option<Connection>,
}

struct Connection {
    smtp: AsyncSmtpConnection,
    /// How many bytes of ours went into the stream.
    written: Arc<AtomicU64>,
}

impl Smtp {
    /// Checks the settings and reads the root certificates; connects to nothing yet.
    ///
    /// # Errors
    ///
    /// What in the settings can't work, and what to mend.
    pub fn new(settings: SmtpSettings, timeouts: Timeouts) -> Result<Self, Unusable> {
        settings.check()?;
        let tls = settings.connector()?;
        Ok(Self {
            settings,
            timeouts,
            tls,
            hello: hello(),
            idle: None,
        })
    }

    /// Sends one letter over the connection at hand, or over a fresh one.
    pub(super) async fn send(&mut self, envelope: &Envelope, bytes: &[u8]) -> Sent {
        match self.attempt(envelope, bytes).await {
            Ok(said) => Sent::Accepted(said),
            Err(failure) => failure.verdict(),
        }
    }

    /// Sends one letter over a fresh connection and tells each step.
    pub(super) async fn probe(&mut self, envelope: &Envelope, bytes: &[u8]) -> Probe {
        self.close().await;
        let result = self.attempt(envelope, bytes).await;
        let reached = result.as_ref().err().map(|failure| failure.stage);
        let mut steps: Vec<Step> = Stage::in_order(&self.settings)
            .into_iter()
            .take_while(|stage| reached != Some(*stage))
            .map(|stage| Step::passed(stage.name(), stage.about(&self.settings, envelope)))
            .collect();
        let sent = match result {
            Ok(said) => {
                if let Some(last) = steps.last_mut() {
                    last.text.clone_from(&said);
                }
                Sent::Accepted(said)
            }
            Err(failure) => {
                steps.push(Step::failed(failure.stage.name(), failure.what()));
                failure.verdict()
            }
        };
        Probe { steps, sent }
    }

    /// Says goodbye, if connected.
    pub(super) async fn close(&mut self) {
        if let Some(mut connection) = self.idle.take() {
            let _ = timeout(QUIT_WITHIN, connection.smtp.command(Quit)).await;
        }
    }

    async fn attempt(&mut self, envelope: &Envelope, bytes: &[u8]) -> Result<String, Failure> {
        let letter = Prepared::new(envelope, bytes)?;
        if let Some(used) = self.idle.take() {
            match self.deliver_over(used, &letter).await {
                // Servers close idle connections; nothing of this letter has been taken, so it goes at once.
                Err(failure) if failure.is_stale_connection() => {}
                result => return result,
            }
        }
        let fresh = self.open().await?;
        self.deliver_over(fresh, &letter).await
    }

    async fn deliver_over(
        &mut self,
        mut connection: Connection,
        letter: &Prepared,
    ) -> Result<String, Failure> {
        let result = connection.deliver(letter, self.timeouts).await;
        let is_in_step = match &result {
            Ok(_) => true,
            Err(failure) => failure.leaves_in_step() && connection.reset(self.timeouts).await,
        };
        if is_in_step {
            self.idle = Some(connection);
        }
        result
    }

    async fn open(&self) -> Result<Connection, Failure> {
        let wire = wire::connect(
            &self.settings,
            self.timeouts,
            self.tls.as_ref(),
            &self.hello,
        )
        .await?;
        let written = wire.written();
        let greeting = AsyncSmtpConnection::connect_with_transport(Box::new(wire), &self.hello);
        let smtp = within(self.timeouts.command, Stage::Greeting, greeting).await?;
        let mut connection = Connection { smtp, written };
        if let Some((user, password)) = self.settings.credentials() {
            let credentials = Credentials::new(user.to_owned(), password.reveal().to_owned());
            connection
                .sign_in(&credentials, self.timeouts.command)
                .await?;
        }
        Ok(connection)
    }
}

impl Connection {
    async fn sign_in(&mut self, credentials: &Credentials, limit: Duration) -> Result<(), Failure> {
        const KNOWN: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];
        if self.smtp.server_info().get_auth_mechanism(&KNOWN).is_none() {
            return Err(Failure::new(Stage::SignIn, Cause::NoMechanism));
        }
        let signing_in = self.smtp.auth(&KNOWN, credentials);
        let reply = within(limit, Stage::SignIn, signing_in).await?;
        expect(Stage::SignIn, &reply, &[235])
    }

    async fn deliver(&mut self, letter: &Prepared, timeouts: Timeouts) -> Result<String, Failure> {
        let limit = timeouts.command;
        let mail = Mail::new(Some(letter.from.clone()), Vec::new());
        self.ask(Stage::Sender, mail, &[250], limit).await?;
        let rcpt = Rcpt::new(letter.to.clone(), Vec::new());
        self.ask(Stage::Recipient, rcpt, &[250, 251], limit).await?;
        self.ask(Stage::Data, Data, &[354], limit).await?;
        let dot = self.written.load(Ordering::Relaxed) + letter.before_dot;
        let reply = within(
            timeouts.final_reply,
            Stage::Body,
            self.smtp.command(&letter.stuffed),
        )
        .await
        .and_then(|reply| expect(Stage::Accepted, &reply, &[250]).map(|()| reply));
        match reply {
            Ok(reply) => Ok(said(&reply)),
            // Whether by reply, time-out or a broken line: once a byte of the dot has left, it may count.
            Err(failure) if self.written.load(Ordering::Relaxed) > dot => {
                Err(failure.at(Stage::Accepted))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn ask(
        &mut self,
        stage: Stage,
        command: impl Display,
        expected: &[u16],
        limit: Duration,
    ) -> Result<(), Failure> {
        let reply = within(limit, stage, self.smtp.command(command)).await?;
        expect(stage, &reply, expected)
    }

    /// Clears what the server keeps of a refused letter; false if it can't be relied on any more.
    async fn reset(&mut self, timeouts: Timeouts) -> bool {
        self.ask(Stage::Sender, Rset, &[250], timeouts.command)
            .await
            .is_ok()
    }
}

/// A letter in the form in which it goes over the wire.
struct Prepared {
    from: lettre::Address,
    to: lettre::Address,
    stuffed: Stuffed,
    /// How many bytes come before the final dot.
    before_dot: u64,
}

/// Body and final dot in one piece: written apart, the dot would wait for the server's delayed ACK.
struct Stuffed(String);

impl Display for Stuffed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Prepared {
    fn new(envelope: &Envelope, bytes: &[u8]) -> Result<Self, Failure> {
        let misaddressed = |stage| move |why| Failure::new(stage, Cause::BadAddress(why));
        let from = checked(&envelope.from).map_err(misaddressed(Stage::Sender))?;
        let to = checked(&envelope.to).map_err(misaddressed(Stage::Recipient))?;
        let text = str::from_utf8(bytes)
            .ok()
            .filter(|text| text.is_ascii())
            .ok_or_else(|| Failure::new(Stage::Body, Cause::NotAscii))?;
        let mut stuffed = String::with_capacity(text.len() + text.len() / 64 + 8);
        // Bare line feeds become CRLF, so that a line of one dot can't end the letter (SMTP smuggling).
        for line in text.lines() {
            if line.starts_with('.') {
                stuffed.push('.');
            }
            stuffed.extend(line.chars().filter(|c| *c != '\r'));
            stuffed.push_str("\r\n");
        }
        let before_dot = stuffed.len() as u64;
        stuffed.push_str(".\r\n");
        Ok(Self {
            from,
            to,
            stuffed: Stuffed(stuffed),
            before_dot,
        })
    }
}

async fn within<T>(
    limit: Duration,
    stage: Stage,
    work: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, Failure> {
    match timeout(limit, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(fault)) => Err(Failure::new(stage, Cause::of(&fault))),
        Err(_) => Err(Failure::new(stage, Cause::TimedOut(limit))),
    }
}

/// Only the very code will do: a 354 where a 250 belongs is another letter's reply.
fn expect(stage: Stage, reply: &Response, expected: &[u16]) -> Result<(), Failure> {
    let code = u16::from(reply.code());
    if expected.contains(&code) {
        return Ok(());
    }
    Err(Failure::new(stage, Cause::OutOfStep(said(reply))))
}

fn said(reply: &Response) -> String {
    let words: Vec<&str> = reply.message().collect();
    format!("{} {}", reply.code(), words.join(" "))
        .trim_end()
        .to_owned()
}

fn hello() -> ClientId {
    match ClientId::default() {
        ClientId::Domain(name)
            if name.is_empty()
                || !name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) =>
        {
            ClientId::Ipv4([127, 0, 0, 1].into())
        }
        id => id,
    }
}

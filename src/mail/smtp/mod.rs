//! One connection to a mail server, owned by one worker and used for letter after letter.
//!
//! lettre's connection is driven directly, not through its pool: a pooled send that is dropped by a time-out leaves
//! its connection out of step, and the next letter is told another one's reply.

mod connection;
mod prepared;
mod settings;
mod verdict;
mod wire;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::extension::ClientId;
use tokio_rustls::TlsConnector;

pub use settings::{Secret, SmtpSettings, Timeouts, Tls, Unusable};
pub use verdict::{Cause, Failure, Stage};
pub use wire::Lookup;

use self::connection::Connection;
use self::prepared::Prepared;
pub(super) use self::verdict::is_mailbox_at_fault;
use super::transport::{Envelope, Probe, Sent, Step};

/// A worker's way to the mail server.
pub struct Smtp {
    settings: SmtpSettings,
    timeouts: Timeouts,
    tls: Option<TlsConnector>,
    hello: ClientId,
    lookup: Lookup,
    /// Taken out while it is in use, so that a send that is dropped half-way drops it too.
    idle: Option<Connection>,
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
            lookup: wire::system_lookup(),
            idle: None,
        })
    }

    /// With another way to find the server's addresses: what a resolver may do to us is for tests to say.
    #[doc(hidden)]
    pub fn looking_up(self, lookup: Lookup) -> Self {
        Self { lookup, ..self }
    }

    /// Another way to the same server, with a connection of its own.
    pub fn beside(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            timeouts: self.timeouts,
            tls: self.tls.clone(),
            hello: self.hello.clone(),
            lookup: Lookup::clone(&self.lookup),
            idle: None,
        }
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
        if let Some(connection) = self.idle.take() {
            connection.quit().await;
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
            &self.lookup,
        )
        .await?;
        let mut connection = Connection::greet(wire, &self.hello, self.timeouts.command).await?;
        if let Some((user, password)) = self.settings.credentials() {
            let credentials = Credentials::new(user.to_owned(), password.reveal().to_owned());
            connection
                .sign_in(&credentials, self.timeouts.command)
                .await?;
        }
        Ok(connection)
    }
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

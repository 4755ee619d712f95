//! One conversation with the server: greeting, signing in, letters.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Quit, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

use super::prepared::Prepared;
use super::settings::Timeouts;
use super::verdict::{Cause, Failure, Stage};
use super::wire::Wire;

/// How long a goodbye may take.
const QUIT_WITHIN: Duration = Duration::from_secs(2);

/// A connection past its greeting.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    /// How many bytes of ours went into the stream.
    written: Arc<AtomicU64>,
    offers: Offers,
    /// Whether a reply is missing, or was not one to what was asked: what comes next may belong to anything.
    is_lost: bool,
}

/// What of the server's extensions matters to us beside signing in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Offers {
    /// It takes a group of commands at once (RFC 2920).
    pipelining: bool,
    /// It wants to know a letter's size first, and has a limit unless that is 0 (RFC 1870).
    size: Option<u64>,
}

impl Offers {
    /// Of the reply to EHLO, the last the server said.
    fn of(heard: &str) -> Self {
        let mut offers = Self::default();
        let lines = heard.lines().map(str::trim_end);
        for line in lines.filter_map(|line| line.strip_prefix("250")) {
            let mut words = line.trim_start_matches(['-', ' ']).split_whitespace();
            let keyword = words.next().unwrap_or_default();
            if keyword.eq_ignore_ascii_case("PIPELINING") {
                offers.pipelining = true;
            } else if keyword.eq_ignore_ascii_case("SIZE") {
                let limit = words.next().and_then(|limit| limit.parse().ok());
                offers.size = Some(limit.unwrap_or(0));
            }
        }
        offers
    }
}

impl Connection {
    /// Reads the greeting and says EHLO.
    pub(super) async fn greet(
        wire: Wire,
        hello: &ClientId,
        limit: Duration,
    ) -> Result<Self, Failure> {
        let (written, heard) = (wire.written(), wire.greeting());
        let greeting = AsyncSmtpConnection::connect_with_transport(Box::new(wire), hello);
        let smtp = within(limit, Stage::Greeting, greeting).await?;
        Ok(Self {
            smtp,
            written,
            offers: Offers::of(&heard.end()),
            is_lost: false,
        })
    }

    pub(super) async fn sign_in(
        &mut self,
        credentials: &Credentials,
        limit: Duration,
    ) -> Result<(), Failure> {
        const KNOWN: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];
        if self.smtp.server_info().get_auth_mechanism(&KNOWN).is_none() {
            return Err(Failure::new(Stage::SignIn, Cause::NoMechanism));
        }
        let signing_in = self.smtp.auth(&KNOWN, credentials);
        let reply = within(limit, Stage::SignIn, signing_in).await?;
        expect(Stage::SignIn, &reply, &[235])
    }

    /// Sends a letter; what the server said when it took it.
    pub(super) async fn deliver(
        &mut self,
        letter: &Prepared,
        timeouts: Timeouts,
    ) -> Result<String, Failure> {
        self.announce(letter, timeouts.command).await?;
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

    /// Up to the 354 after which the letter's text is awaited.
    async fn announce(&mut self, letter: &Prepared, limit: Duration) -> Result<(), Failure> {
        let size = self.offers.size;
        if let Some(most) = size.filter(|most| (1..letter.before_dot).contains(most)) {
            let bytes = letter.before_dot;
            return Err(Failure::new(Stage::Sender, Cause::TooLarge { bytes, most }));
        }
        let mail = letter.mail(size.is_some());
        if !self.offers.pipelining {
            self.ask(Stage::Sender, mail, &[250], limit).await?;
            self.ask(Stage::Recipient, letter.rcpt(), &[250, 251], limit)
                .await?;
            return self.ask(Stage::Data, Data, &[354], limit).await;
        }
        let group = letter.group(size.is_some());
        let sender = self.ask(Stage::Sender, group, &[250], limit).await;
        self.in_step_after(&sender)?;
        let recipient = self.hear(Stage::Recipient, &[250, 251], limit).await;
        self.in_step_after(&recipient)?;
        let data = self.hear(Stage::Data, &[354], limit).await;
        let is_awaited = data.is_ok();
        let result = sender.and(recipient.clone()).and(data);
        if is_awaited && result.is_err() {
            self.take_back(recipient.is_err(), limit).await;
        }
        result
    }

    /// After a refusal all the same answered by 354, a lone dot takes it back (RFC 2920, 3.1). With the recipient
    /// accepted that dot would send an empty letter: then the connection is given up instead.
    async fn take_back(&mut self, has_no_recipient: bool, limit: Duration) {
        let is_over = has_no_recipient
            && match within(limit, Stage::Data, self.smtp.command(".\r\n")).await {
                Ok(_) => true,
                Err(failure) => failure.is_reply(),
            };
        self.is_lost |= !is_over;
    }

    /// Goes on with the group's other replies only after a plain yes or no.
    fn in_step_after(&mut self, reply: &Result<(), Failure>) -> Result<(), Failure> {
        match reply {
            Err(failure) if !failure.is_reply() => {
                self.is_lost = true;
                Err(failure.clone())
            }
            _ => Ok(()),
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

    async fn hear(
        &mut self,
        stage: Stage,
        expected: &[u16],
        limit: Duration,
    ) -> Result<(), Failure> {
        let reply = within(limit, stage, self.smtp.read_response()).await?;
        expect(stage, &reply, expected)
    }

    /// Clears what the server keeps of a refused letter; false if it can't be relied on any more.
    pub(super) async fn reset(&mut self, timeouts: Timeouts) -> bool {
        !self.is_lost
            && self
                .ask(Stage::Sender, Rset, &[250], timeouts.command)
                .await
                .is_ok()
    }

    /// Says goodbye.
    pub(super) async fn quit(mut self) {
        let _ = timeout(QUIT_WITHIN, self.smtp.command(Quit)).await;
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

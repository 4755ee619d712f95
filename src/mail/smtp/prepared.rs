//! A letter in the form in which it goes over the wire.

use std::fmt::{self, Display};

use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::MailParameter;

use super::super::mime::checked;
use super::super::transport::Envelope;
use super::verdict::{Cause, Failure, Stage};

/// A letter, checked and stuffed.
pub(super) struct Prepared {
    from: lettre::Address,
    to: lettre::Address,
    pub(super) stuffed: Stuffed,
    /// How many bytes come before the final dot.
    pub(super) before_dot: u64,
}

/// Body and final dot in one piece: written apart, the dot would wait for the server's delayed ACK.
pub(super) struct Stuffed(String);

impl Display for Stuffed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Sender, recipient and DATA in one piece, for a server that takes commands before it has answered (RFC 2920).
pub(super) struct Group(Mail, Rcpt, Data);

impl Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.0, self.1, self.2)
    }
}

impl Prepared {
    pub(super) fn new(envelope: &Envelope, bytes: &[u8]) -> Result<Self, Failure> {
        let misaddressed = |stage| move |why| Failure::new(stage, Cause::BadAddress(why));
        let from = checked(&envelope.from).map_err(misaddressed(Stage::Sender))?;
        let to = checked(&envelope.to).map_err(misaddressed(Stage::Recipient))?;
        let text = str::from_utf8(bytes)
            .ok()
            .filter(|text| text.is_ascii())
            .ok_or_else(|| Failure::new(Stage::Body, Cause::NotAscii))?;
        let mut stuffed = stuff(text);
        let before_dot = stuffed.len() as u64;
        stuffed.push_str(".\r\n");
        Ok(Self {
            from,
            to,
            stuffed: Stuffed(stuffed),
            before_dot,
        })
    }

    /// The command that names the sender; with the letter's size where the server wants to know (RFC 1870).
    pub(super) fn mail(&self, with_size: bool) -> Mail {
        let size = usize::try_from(self.before_dot).unwrap_or(usize::MAX);
        let parameters = with_size.then_some(MailParameter::Size(size));
        Mail::new(Some(self.from.clone()), parameters.into_iter().collect())
    }

    pub(super) fn rcpt(&self) -> Rcpt {
        Rcpt::new(self.to.clone(), Vec::new())
    }

    pub(super) fn group(&self, with_size: bool) -> Group {
        Group(self.mail(with_size), self.rcpt(), Data)
    }
}

/// Lines as they go over the wire: a dot before a dot. Bare line feeds become CRLF and bare carriage returns go, so
/// that a line of one dot can't end the letter (SMTP smuggling).
fn stuff(text: &str) -> String {
    let mut stuffed = String::with_capacity(text.len() + text.len() / 64 + 8);
    for line in text.split_inclusive('\n') {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.starts_with('.') {
            stuffed.push('.');
        }
        if line.contains('\r') {
            stuffed.extend(line.chars().filter(|c| *c != '\r'));
        } else {
            stuffed.push_str(line);
        }
        stuffed.push_str("\r\n");
    }
    stuffed
}

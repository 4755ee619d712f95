//! From a rendered letter to the bytes that are sent.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Body, Message, MultiPart, SinglePart};
use ring::hmac;

use crate::core::fact::LetterKind;
use crate::core::names::Address;

use super::phrase::{one_line, shorten};
use super::render::Rendered;

/// Names in headers are cut to this: no honest one is longer, and lines stay far below the 998 bytes of RFC 5322.
const NAME_MAX_CHARS: usize = 60;

/// What the calendar file is called. ASCII, since many mail programs show other names garbled.
const DATES_FILE: &str = "dates.ics";

/// A name and an address: who sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The name shown; may be empty.
    pub name: String,
    /// The address.
    pub address: Address,
}

/// A text that is no mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}”不是可用的邮箱地址,应如 name@example.cn 或 名称 <name@example.cn>,地址只能用英文字母、数字和符号"
)]
pub struct NotAMailbox(pub String);

/// What a message says of itself, beside its text.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// Who sends.
    pub from: &'a Mailbox,
    /// Where replies go, if not to the sender.
    pub reply_to: Option<&'a Address>,
    /// The reader's name; line breaks and control characters in it are dropped.
    pub person: &'a str,
    /// The reader's address.
    pub to: &'a Address,
    /// With its angle brackets, as [`message_id`] makes it.
    pub message_id: &'a str,
    /// When it is written.
    pub date: Timestamp,
    /// The calendar's title, by which a mail program groups the letters.
    pub calendar: &'a str,
}

impl Mailbox {
    /// Reads `名称 <name@example.cn>` or a bare address.
    ///
    /// # Errors
    ///
    /// If the address can't be one.
    pub fn parse(text: &str) -> Result<Self, NotAMailbox> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|t| t.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"'), address.trim()),
            None => ("", text),
        };
        let address = Address::from(address);
        checked(&address)?;
        Ok(Self {
            name: one_line(name),
            address,
        })
    }

    /// The part of the address after the `@`.
    pub fn host(&self) -> &str {
        host(&self.address)
    }
}

/// The part of an address after the `@`; limits by domain go by it.
pub(super) fn host(address: &Address) -> &str {
    address
        .as_str()
        .rsplit_once('@')
        .map_or("localhost", |(_, host)| host)
}

/// An address that can stand in an envelope and a header. Those with other than ASCII letters are refused here with a
/// reason, since few servers take them (SMTPUTF8).
pub(super) fn checked(address: &Address) -> Result<lettre::Address, NotAMailbox> {
    let refuse = || NotAMailbox(one_line(address.as_str()));
    if !address.as_str().is_ascii() {
        return Err(refuse());
    }
    address.as_str().parse().map_err(|_| refuse())
}

/// Makes the message: text and HTML side by side, and the dates as a calendar file with them if there are any; in base64,
/// every byte of it ASCII.
///
/// # Errors
///
/// If an address in the header can't be one.
pub fn compose(
    header: &Header<'_>,
    letter: &Rendered,
    dates: Option<&str>,
) -> Result<Vec<u8>, NotAMailbox> {
    let mailbox = |name: &str, address: &Address| {
        let name = shorten(&one_line(name), NAME_MAX_CHARS);
        let name = Some(name).filter(|name| !name.is_empty());
        checked(address).map(|address| lettre::message::Mailbox::new(name, address))
    };
    let list = one_line(&header.calendar.replace(['<', '>'], " "));
    let list = format!(
        "{} <schoolbell.{}>",
        shorten(&list, NAME_MAX_CHARS),
        header.from.host()
    );
    // Neither base64 nor the headers of a part hold `=_`.
    let mark: String = header
        .message_id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(24)
        .collect();
    let said = MultiPart::alternative()
        .boundary(format!("=_{mark}"))
        .singlepart(part(ContentType::TEXT_PLAIN, &letter.text))
        .singlepart(part(ContentType::TEXT_HTML, &letter.html));
    let parts = match dates {
        None => said,
        // Beside the text and not among its forms: what a program takes for an invitation it shows in the text's place.
        Some(dates) => MultiPart::mixed()
            .boundary(format!("=_m{mark}"))
            .multipart(said)
            .singlepart(
                SinglePart::builder()
                    .header(calendar_type())
                    .header(ContentDisposition::attachment(DATES_FILE))
                    .body(base64(dates)),
            ),
    };
    // Else lettre reads it out of the header again.
    let envelope = Envelope::new(
        Some(checked(&header.from.address)?),
        vec![checked(header.to)?],
    );
    let envelope = envelope.map_err(|_| NotAMailbox(one_line(header.to.as_str())))?;
    let mut message = Message::builder()
        .envelope(envelope)
        .from(mailbox(&header.from.name, &header.from.address)?);
    if let Some(reply_to) = header.reply_to {
        message = message.reply_to(mailbox("", reply_to)?);
    }
    message
        .to(mailbox(header.person, header.to)?)
        .subject(one_line(&letter.subject))
        .date(since_1970(header.date))
        .message_id(Some(one_line(header.message_id)))
        .raw_header(raw("Auto-Submitted", "auto-generated"))
        .raw_header(raw("List-Id", list.trim_start()))
        .multipart(parts)
        .map(|message| message.formatted())
        .map_err(|_| NotAMailbox(one_line(header.to.as_str())))
}

/// The `Message-ID` of a letter, brackets and all: the same for the same letter, and nobody outside can tell whose it
/// is. `host` is the sender's.
pub fn message_id(
    key: &[u8],
    installation: &str,
    slot: Timestamp,
    address: &Address,
    kind: LetterKind,
    host: &str,
) -> String {
    let kind = match kind {
        LetterKind::Slot => "slot",
        LetterKind::Alert => "alert",
    };
    let slot = slot.as_second().to_string();
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for field in ["message-id", installation, &slot, address.as_str(), kind] {
        // With its length, so that no two sets of fields run together alike.
        context.update(&(field.len() as u64).to_be_bytes());
        context.update(field.as_bytes());
    }
    let mut id = String::with_capacity(48 + host.len());
    id.push('<');
    for byte in context.sign().as_ref().iter().take(20) {
        let _ = write!(id, "{byte:02x}");
    }
    let _ = write!(id, "@{host}>");
    id
}

/// lettre can't write a date before 1970; a clock that is so wrong is the daemon's matter, not a reason to panic here.
fn since_1970(date: Timestamp) -> SystemTime {
    let seconds = u64::try_from(date.as_second()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn part(content_type: ContentType, text: &str) -> SinglePart {
    SinglePart::builder()
        .header(content_type)
        .body(base64(text))
}

fn base64(text: &str) -> Body {
    Body::new_with_encoding(with_crlf(text), ContentTransferEncoding::Base64)
        .unwrap_or_else(Body::new)
}

/// A text's bytes with the line ends that mail has. lettre does the same where it is given text, moving all that follows
/// at each line.
fn with_crlf(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + text.len() / 16);
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(whole) => {
                bytes.extend_from_slice(whole.strip_suffix('\r').unwrap_or(whole).as_bytes());
                bytes.extend_from_slice(b"\r\n");
            }
            None => bytes.extend_from_slice(line.as_bytes()),
        }
    }
    bytes
}

/// What is published rather than asked (RFC 5546, 3.2.1).
fn calendar_type() -> ContentType {
    let text = format!("text/calendar; method=PUBLISH; charset=utf-8; name={DATES_FILE}");
    ContentType::parse(&text).unwrap_or(ContentType::TEXT_PLAIN)
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

//! What arrives in the mailbox: raw bytes to what they are. Nothing here knows which letters there are; what a mail
//! says of the letter it belongs to is handed over as [`Clues`].

mod automatic;
mod bounce;
mod html;
mod nesting;

use std::panic::catch_unwind;

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

pub use bounce::Bounce;

use super::number::Numbered;
use super::phrase::{one_line, shorten};
use super::subaddress::number_in;
use crate::core::evidence::BYTES_AT_MOST;
use crate::core::names::Address;
use crate::core::reply::own_words;

/// More attachments of one mail are not kept.
pub const MOST_ATTACHMENTS: usize = 10;

/// Smaller pictures in the text are logos and smileys.
const SMALLEST_PICTURE_BYTES: usize = 4 * 1024;

/// More identifiers, or numbers, than these no honest mail has.
const MOST_IDS: usize = 64;

/// A longer `Message-ID` is no honest one.
const LONGEST_ID: usize = 250;

/// A longer text is not read on.
const LONGEST_TEXT_BYTES: usize = 512 * 1024;

/// A mail that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Its `Message-ID`, brackets and all; `None` where it has none that could be one.
    pub message_id: Option<String>,
    /// Whose it says it is.
    pub from: Option<Address>,
    /// The name beside that address; may be empty.
    pub person: String,
    /// Its subject, on one line.
    pub subject: String,
    /// What it says of the letter it belongs to.
    pub clues: Clues,
    /// What it is.
    pub sort: Sort,
}

/// What a mail is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Somebody wrote it.
    Written(Written),
    /// A letter came back.
    Bounce(Bounce),
    /// A program wrote it, and it says nothing: vacation, a list, a delay, a receipt. Never answered.
    Automatic(&'static str),
    /// It can't be read as a mail at all.
    Unreadable,
}

/// By what a mail may be found to belong to a letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clues {
    /// Numbers: of the address it was written to, then of its subject. Without its tag anybody can write one.
    pub letters: Vec<Numbered>,
    /// `Message-ID`s it refers to, brackets and all. They can't be guessed, so that one proves whoever writes has the
    /// letter before them.
    pub message_ids: Vec<String>,
}

/// A mail that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its text, with what it quotes.
    pub text: String,
    /// What is attached, as far as it is to be kept.
    pub attachments: Vec<Attachment>,
    /// The names of what is attached and too much or too large to be kept.
    pub left_out: Vec<String>,
}

/// Something attached to a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is called: a name to be shown, without folders, never a path.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Incoming {
    /// What can't be read.
    fn unreadable() -> Self {
        Self {
            message_id: None,
            from: None,
            person: String::new(),
            subject: String::new(),
            clues: Clues::default(),
            sort: Sort::Unreadable,
        }
    }
}

/// Reads a mail. `own` is the address that letters come from.
pub fn read(bytes: &[u8], own: &Address) -> Incoming {
    if !nesting::is_bounded(bytes) {
        return Incoming::unreadable();
    }
    // mail-parser's own assertions fail on some hostile mails in builds that have them.
    let read = catch_unwind(|| {
        let message = MessageParser::default().parse(bytes)?;
        (!message.parts.is_empty()).then(|| of(&message, own))
    });
    read.unwrap_or_default()
        .unwrap_or_else(Incoming::unreadable)
}

fn of(message: &Message<'_>, own: &Address) -> Incoming {
    let from = message.from().and_then(|from| from.first());
    let address = from
        .and_then(|from| from.address())
        .map(|text| Address::from(one_line(text).to_lowercase()));
    let mut incoming = Incoming {
        message_id: message
            .message_id()
            .map(|id| format!("<{}>", id.trim()))
            .filter(|id| is_message_id(id)),
        person: shorten(
            &one_line(from.and_then(|from| from.name()).unwrap_or_default()),
            40,
        ),
        subject: shorten(&one_line(message.subject().unwrap_or_default()), 200),
        clues: clues(message, own),
        sort: Sort::Unreadable,
        from: address,
    };
    incoming.sort = if let Some(bounce) = bounce::read(message, own, &mut incoming.clues) {
        bounce
    } else if let Some(why) = automatic::why(message, incoming.from.as_ref(), own) {
        Sort::Automatic(why)
    } else {
        Sort::Written(written(message))
    };
    incoming
}

fn clues(message: &Message<'_>, own: &Address) -> Clues {
    let mut clues = Clues::default();
    for (name, value) in message.headers_raw() {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        if ["to", "cc", "delivered-to", "x-original-to", "envelope-to"]
            .iter()
            .any(|name| is(name))
        {
            let words = value.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ','));
            clues.add_numbers(words.filter_map(|word| number_in(word, own)));
        } else if is("in-reply-to") || is("references") {
            clues.add_ids(value);
        }
    }
    clues.add_numbers(Numbered::of_subject(message.subject().unwrap_or_default()));
    clues
}

impl Clues {
    fn add_numbers(&mut self, numbers: impl IntoIterator<Item = Numbered>) {
        let room = MOST_IDS.saturating_sub(self.letters.len());
        self.letters.extend(numbers.into_iter().take(room));
    }

    /// Takes up every `Message-ID` of a text.
    fn add_ids(&mut self, text: &str) {
        for part in text.split('<').skip(1) {
            let Some((inner, _)) = part.split_once('>') else {
                continue;
            };
            let id = format!("<{}>", inner.trim());
            if self.message_ids.len() < MOST_IDS
                && is_message_id(&id)
                && !self.message_ids.contains(&id)
            {
                self.message_ids.push(id);
            }
        }
    }
}

fn is_message_id(text: &str) -> bool {
    text.len() <= LONGEST_ID
        && text.contains('@')
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The text of a mail: its plain part, or else its HTML with the quoted letter left out.
fn text_of(message: &Message<'_>) -> String {
    let bodies = |ids: &[u32], of: fn(&PartType<'_>) -> Option<String>| {
        ids.iter()
            .filter_map(|id| message.parts.get(usize::try_from(*id).ok()?))
            .filter_map(|part| of(&part.body))
            .find(|text| !text.trim().is_empty())
    };
    let plain = bodies(&message.text_body, |body| match body {
        PartType::Text(text) => Some(cut(text).to_owned()),
        _ => None,
    });
    let html = || {
        let ids = [message.html_body.clone(), message.text_body.clone()].concat();
        bodies(&ids, |body| match body {
            PartType::Html(html) => Some(html::text(cut(html))),
            _ => None,
        })
    };
    plain
        // Some programs put only a space, or only the quoted letter, into the plain part.
        .filter(|text| !own_words(text).is_empty())
        .or_else(html)
        .unwrap_or_default()
}

/// The beginning of a text that is too long.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_TEXT_BYTES)]
}

fn written(message: &Message<'_>) -> Written {
    let mut kept = Vec::new();
    let mut left_out = Vec::new();
    for part in message.attachments() {
        let bytes = part.contents();
        let is_mark =
            matches!(part.body, PartType::InlineBinary(_)) && bytes.len() < SMALLEST_PICTURE_BYTES;
        let is_text = part.attachment_name().is_none() && part.is_text();
        if bytes.is_empty() || is_mark || is_text || part.is_content_type("text", "calendar") {
            continue;
        }
        let name = file_name(part.attachment_name().unwrap_or_default());
        if kept.len() >= MOST_ATTACHMENTS || bytes.len() > BYTES_AT_MOST {
            if left_out.len() < MOST_ATTACHMENTS {
                left_out.push(name);
            }
        } else {
            kept.push(Attachment {
                name,
                bytes: bytes.to_vec(),
            });
        }
    }
    Written {
        text: text_of(message),
        attachments: kept,
        left_out,
    }
}

/// A name without folders, on one line.
fn file_name(name: &str) -> String {
    let line = one_line(name);
    let last = line.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    match last.trim_start_matches('.') {
        "" => "附件".to_owned(),
        name => shorten(name, 80),
    }
}

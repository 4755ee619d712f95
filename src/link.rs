//! Links in letters: tokens that say what they open, cannot be made up, and stop on their day.
//!
//! A token is url-safe base64 without padding of
//!
//! | bytes | what |
//! |---|---|
//! | 1 | purpose in the high half, length of the key's id in the low half |
//! | 1 to 8 | the key's id |
//! | 2 | the last day it opens anything, in days since 2020-01-01 |
//! | rest | what it opens: a letter's number, shortest big-endian form; a unit's id |
//! | 16 | HMAC-SHA256 over all before it, cut to 128 bits (RFC 2104, section 5) |
//!
//! which makes 28 to 47 characters for a letter: short enough not to be folded by most mail programs.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Span;
use jiff::civil::{Date, date};
use ring::hmac;

use crate::core::fact::LetterNo;
use crate::core::names::UnitId;

mod file;

pub use file::{KeyFileError, KeyTextError};

/// Days in a token are counted from here.
const EPOCH: Date = date(2020, 1, 1);

/// Bytes of the signature that travel.
const TAG_LEN: usize = 16;

/// How long a link in a letter works, in days: past the year it speaks of.
pub const LIFE_DAYS: i64 = 400;

/// Nothing longer was ever signed here; it is refused before it is decoded.
const LONGEST_TOKEN: usize = 256;

/// What a link opens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// The page of a letter, where it is answered.
    Letter(LetterNo),
    /// The board of a unit.
    Unit(UnitId),
    /// The dashboard, for whom this letter was written and in the browser that asked; once, and for minutes only.
    SignIn(LetterNo),
}

/// Why a link opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefused {
    /// It is not a whole token: cut off, folded or retyped.
    #[error("链接不完整")]
    Mangled,
    /// No key in force has signed it.
    #[error("链接的签名不对")]
    Forged,
    /// It was good until a day now past.
    #[error("链接已过期")]
    Expired,
    /// It is genuine, but opens another kind of page.
    #[error("链接是用来打开别的页面的")]
    OtherPurpose,
}

/// The keys that sign links: the first signs, all verify, so that a new key may be put in front of an old one.
#[derive(Clone)]
pub struct LinkKeys {
    /// Never empty, ids distinct; newest first.
    keys: Vec<LinkKey>,
}

/// One key, under the name that travels in its tokens.
#[derive(Clone)]
struct LinkKey {
    id: String,
    /// The secret itself, which only makes further keys.
    root: hmac::Key,
    /// What signs tokens.
    link: hmac::Key,
}

impl LinkKeys {
    /// A token for `claim` that opens it up to and on `expires`.
    #[must_use]
    pub fn sign(&self, claim: &Claim, expires: Date) -> String {
        let key = &self.keys[0];
        let (purpose, subject) = claim.to_bytes();
        let mut bytes = Vec::with_capacity(48);
        // An id has at most eight characters, so its length fits the low half.
        bytes.push(purpose << 4 | u8::try_from(key.id.len()).unwrap_or(u8::MAX) & 0x0f);
        bytes.extend_from_slice(key.id.as_bytes());
        bytes.extend_from_slice(&day_number(expires).to_be_bytes());
        bytes.extend_from_slice(&subject);
        let tag = hmac::sign(&key.link, &bytes);
        bytes.extend_from_slice(&tag.as_ref()[..TAG_LEN]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a token opens on the day `today`.
    ///
    /// # Errors
    ///
    /// Mangled, forged or expired, checked in this order: only a genuine token is told that it is too old.
    pub fn verify(&self, token: &str, today: Date) -> Result<Claim, LinkRefused> {
        if token.len() > LONGEST_TOKEN {
            return Err(LinkRefused::Mangled);
        }
        // This engine refuses padding and stray bits at the end, so each token has one spelling.
        let bytes = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| LinkRefused::Mangled)?;
        let parts = TokenParts::split(&bytes).ok_or(LinkRefused::Mangled)?;
        let key = self
            .keys
            .iter()
            .find(|key| key.id.as_bytes() == parts.key_id)
            .ok_or(LinkRefused::Forged)?;
        if !key.signed(parts.signed, parts.tag) {
            return Err(LinkRefused::Forged);
        }
        let claim =
            Claim::from_bytes(parts.purpose, parts.subject).ok_or(LinkRefused::OtherPurpose)?;
        if day_number(today) > parts.expires {
            return Err(LinkRefused::Expired);
        }
        Ok(claim)
    }

    /// The letter whose page a token opens.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify), and `OtherPurpose` for a token that opens something else.
    pub fn letter(&self, token: &str, today: Date) -> Result<LetterNo, LinkRefused> {
        match self.verify(token, today)? {
            Claim::Letter(letter) => Ok(letter),
            Claim::Unit(_) | Claim::SignIn(_) => Err(LinkRefused::OtherPurpose),
        }
    }

    /// The unit whose board a token opens.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify), and `OtherPurpose` for a token that opens something else.
    pub fn unit(&self, token: &str, today: Date) -> Result<UnitId, LinkRefused> {
        match self.verify(token, today)? {
            Claim::Unit(unit) => Ok(unit),
            Claim::Letter(_) | Claim::SignIn(_) => Err(LinkRefused::OtherPurpose),
        }
    }

    /// The letter whose reader may sign in by a token.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify), and `OtherPurpose` for a token that opens something else.
    pub fn sign_in(&self, token: &str, today: Date) -> Result<LetterNo, LinkRefused> {
        match self.verify(token, today)? {
            Claim::SignIn(letter) => Ok(letter),
            Claim::Letter(_) | Claim::Unit(_) => Err(LinkRefused::OtherPurpose),
        }
    }

    /// The last day on which a token opens anything, whether or not it is genuine: what is handed on with it is to live
    /// no longer. `None` where it is mangled.
    #[must_use]
    pub fn good_until(token: &str) -> Option<Date> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let days = TokenParts::split(&bytes)?.expires;
        EPOCH.checked_add(Span::new().days(i64::from(days))).ok()
    }

    /// A key for another use, such as `message-id`, that tells nothing of this one or of other labels' keys.
    ///
    /// It comes from the newest key, so it changes when a key is put in front: what it made must be kept, not made again.
    #[must_use]
    pub fn derive(&self, label: &str) -> [u8; 32] {
        sub_key(&self.keys[0].root, "use", label)
    }

    /// The same of every key in force, the newest first: what an older one made is known again by it.
    pub fn derive_each(&self, label: &str) -> impl Iterator<Item = [u8; 32]> {
        self.keys
            .iter()
            .map(move |key| sub_key(&key.root, "use", label))
    }
}

impl fmt::Debug for LinkKeys {
    /// The ids only: secrets stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.keys.iter().map(|key| &key.id))
            .finish()
    }
}

impl LinkKey {
    fn new(id: String, secret: &[u8]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let link = hmac::Key::new(hmac::HMAC_SHA256, &sub_key(&root, "link", "v1"));
        Self { id, root, link }
    }

    /// Whether `tag` is this key's over `signed`, in a time that does not depend on where they differ.
    fn signed(&self, signed: &[u8], tag: &[u8]) -> bool {
        let whole = hmac::sign(&self.link, signed);
        // ring compares only whole tags in constant time. A tag over the given bytes equals one over the expected
        // bytes exactly when the bytes are the same.
        let expected = hmac::sign(&self.link, &whole.as_ref()[..TAG_LEN]);
        hmac::verify(&self.link, tag, expected.as_ref()).is_ok()
    }
}

impl Claim {
    fn to_bytes(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Letter(letter) => (1, shortest(*letter)),
            Self::Unit(unit) => (2, unit.as_str().as_bytes().to_vec()),
            Self::SignIn(letter) => (3, shortest(*letter)),
        }
    }

    /// `None` for a purpose that a later version may know.
    fn from_bytes(purpose: u8, subject: &[u8]) -> Option<Self> {
        match purpose {
            1 => number(subject).map(Self::Letter),
            3 => number(subject).map(Self::SignIn),
            2 => std::str::from_utf8(subject)
                .ok()
                .map(|unit| Self::Unit(UnitId::from(unit))),
            _ => None,
        }
    }
}

fn shortest(letter: LetterNo) -> Vec<u8> {
    let bytes = letter.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes[zeros..].to_vec()
}

fn number(subject: &[u8]) -> Option<LetterNo> {
    let sum = |sum, byte: &u8| sum << 8 | u64::from(*byte);
    (subject.len() <= 8).then(|| subject.iter().fold(0, sum))
}

/// A token taken apart, nothing checked yet but the lengths.
struct TokenParts<'a> {
    purpose: u8,
    key_id: &'a [u8],
    expires: u16,
    subject: &'a [u8],
    signed: &'a [u8],
    tag: &'a [u8],
}

impl<'a> TokenParts<'a> {
    fn split(bytes: &'a [u8]) -> Option<Self> {
        let (signed, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_LEN)?)?;
        let (head, rest) = signed.split_first()?;
        let (key_id, rest) = rest.split_at_checked(usize::from(head & 0x0f))?;
        let (expires, subject) = rest.split_first_chunk::<2>()?;
        Some(Self {
            purpose: head >> 4,
            key_id,
            expires: u16::from_be_bytes(*expires),
            subject,
            signed,
            tag,
        })
    }
}

/// Days since the epoch; what lies outside 2020 to 2199 counts as the nearer end.
fn day_number(day: Date) -> u16 {
    let days = day.duration_since(EPOCH).as_hours() / 24;
    u16::try_from(days.max(0)).unwrap_or(u16::MAX)
}

/// One-way: `kind` keeps what signs links apart from every label a caller may choose.
fn sub_key(root: &hmac::Key, kind: &str, label: &str) -> [u8; 32] {
    let tag = hmac::sign(root, format!("schoolbell {kind} {label}").as_bytes());
    let mut key = [0; 32];
    key.copy_from_slice(tag.as_ref());
    key
}

//! A letter's number as its subject and its addresses bear it, `17-x7kq`, and read again from there. Numbers follow each
//! other and anybody can guess them; by the tag a reply proves that whoever writes it has the letter.

use std::fmt;

use ring::hmac;

use crate::core::fact::LetterNo;
use crate::core::scan::plain;

/// What stands before the number in a subject: `[No.17-x7kq]`.
const MARK: &str = "no.";

/// Characters of a tag. A million tries are no secret, but each wrong one is shown to a person.
const TAG_CHARS: usize = 4;

/// What is longer is no tag.
const LONGEST_TAG: usize = 16;

/// Without `l`, `o`, `0` and `1`: people copy it by hand.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A letter's number, and the tag beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The letter.
    pub letter: LetterNo,
    /// What proves that whoever writes it has the letter; empty where there is none.
    pub tag: String,
}

impl fmt::Display for Numbered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag.as_str() {
            "" => write!(f, "{}", self.letter),
            tag => write!(f, "{}-{tag}", self.letter),
        }
    }
}

impl Numbered {
    /// The number with its tag under a key; a made-up letter has one by any.
    #[must_use]
    pub fn new(letter: LetterNo, key: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let signed = hmac::sign(&key, &letter.to_be_bytes());
        let tag = signed.as_ref().iter().take(TAG_CHARS);
        let tag = tag.map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        Self {
            letter,
            tag: tag.collect(),
        }
    }

    /// Whether the tag is that of a key, in a time that does not depend on where it differs.
    #[must_use]
    pub fn is_by(&self, key: &[u8]) -> bool {
        let expected = Self::new(self.letter, key);
        // ring compares whole signatures in constant time; those of two texts are equal exactly where the texts are.
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let signed = hmac::sign(&key, expected.tag.as_bytes());
        hmac::verify(&key, self.tag.as_bytes(), signed.as_ref()).is_ok()
    }

    /// What begins a text, and the rest of it; upper and lower case are the same, since servers on the way change it.
    fn take(text: &str) -> Option<(Self, &str)> {
        let digits = text.find(|c: char| !c.is_ascii_digit());
        let (number, rest) = text.split_at(digits.unwrap_or(text.len()));
        let letter = number.parse().ok()?;
        let tagged = rest.strip_prefix('-').unwrap_or_default();
        let end = tagged.find(|c: char| !c.is_ascii_alphanumeric());
        let (tag, behind) = tagged.split_at(end.unwrap_or(tagged.len()));
        let (tag, rest) = match tag.len() {
            1..=LONGEST_TAG => (tag.to_ascii_lowercase(), behind),
            _ => (String::new(), rest),
        };
        Some((Self { letter, tag }, rest))
    }

    /// The whole of a text.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (found, rest) = Self::take(text)?;
        rest.is_empty().then_some(found)
    }

    /// That of a subject: `Re: 回复：【5月12日前】演练 · 浒山小学 [No.12-x7kq]`. The last, since a title may have its own.
    pub(super) fn of_subject(subject: &str) -> Option<Self> {
        let subject = plain(subject);
        let marked = subject.split(MARK).skip(1);
        marked
            .filter_map(|rest| Self::take(rest.trim_start()))
            .map(|(found, _)| found)
            .last()
    }
}

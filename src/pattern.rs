//! A pattern: bytes that many others have much in common with, so that each of those can be kept by what it adds.

use ring::digest::{SHA256, digest};

/// What many have in common.
#[derive(Debug, PartialEq, Eq)]
pub struct Pattern {
    digest: Vec<u8>,
    bytes: Vec<u8>,
}

impl Pattern {
    /// The most bytes that are of use: what is looked for is not looked for farther back.
    pub const MOST_BYTES: usize = 60 * 1024;

    /// A pattern of these bytes; of more than are of use, the last.
    #[must_use]
    pub fn new(mut bytes: Vec<u8>) -> Self {
        bytes.drain(..bytes.len().saturating_sub(Self::MOST_BYTES));
        Self {
            digest: digest(&SHA256, &bytes).as_ref().to_vec(),
            bytes,
        }
    }

    /// What tells it from others.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

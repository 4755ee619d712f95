//! Bytes as they are kept: compressed.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::LedgerError;

pub(super) fn pack(bytes: &[u8]) -> Result<Vec<u8>, LedgerError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_err(|error| LedgerError::Refused(format!("cannot be compressed: {error}")))
}

pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>, LedgerError> {
    let mut bytes = Vec::new();
    ZlibDecoder::new(packed)
        .read_to_end(&mut bytes)
        .map_err(|error| LedgerError::Corrupt(format!("cannot be unpacked: {error}")))?;
    Ok(bytes)
}

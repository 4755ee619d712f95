//! Bytes as they are kept: compressed.
//!
//! A letter is mostly base64, in which nothing repeats that repeats in its text. So runs of it are taken apart first; a
//! kept letter is a quarter as long, and its bytes come back exactly. Letters with a pattern, which is most of them, are
//! kept by what they add to it.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use lz4_flex::block;
use rusqlite::{Connection, OptionalExtension as _};

use super::LedgerError;
use crate::pattern::Pattern;

/// A full line of base64 in a mail (RFC 2045, 6.8), and the bytes it stands for.
const LINE: usize = 76;
const BYTES_A_LINE: usize = LINE / 4 * 3;
const CRLF: &[u8] = b"\r\n";

/// No letter is so large: what would be is damaged.
const MOST_BYTES: usize = 256 * 1024 * 1024;

thread_local! {
    /// What compresses has tables of a quarter of a megabyte: made anew, they would cost as much as a letter's bytes.
    static ENCODER: RefCell<ZlibEncoder<Vec<u8>>> =
        RefCell::new(ZlibEncoder::new(Vec::new(), Compression::fast()));
}

/// Forgets the patterns by which nothing is kept any more.
pub(super) const DROP_PATTERNS: &str =
    "DELETE FROM pattern WHERE id NOT IN (SELECT pattern FROM frozen WHERE pattern IS NOT NULL)";

/// A letter's bytes, packed to be kept.
#[derive(Debug)]
pub(super) struct Frozen {
    pub(super) bytes: Vec<u8>,
    pub(super) pattern: Option<Arc<Pattern>>,
}

impl Frozen {
    pub(super) fn of(bytes: &[u8], pattern: Option<&Arc<Pattern>>) -> Result<Self, LedgerError> {
        Ok(Self {
            bytes: match pattern {
                Some(pattern) => pack_by(pattern, bytes),
                None => pack(bytes)?,
            },
            pattern: pattern.cloned(),
        })
    }

    pub(super) fn unpack(&self) -> Result<Vec<u8>, LedgerError> {
        match &self.pattern {
            Some(pattern) => unpack_by(pattern.bytes(), &self.bytes),
            None => unpack(&self.bytes),
        }
    }
}

/// A letter's bytes, as they are kept.
#[derive(Debug)]
pub(super) struct Stored {
    bytes: Vec<u8>,
    /// The pattern they are kept by, if by any: its number, and its bytes.
    pattern: Option<(i64, Option<Vec<u8>>)>,
}

impl Stored {
    /// Those of a letter; `None` if there are none.
    pub(super) fn of(conn: &Connection, letter: i64) -> rusqlite::Result<Option<Self>> {
        const SELECT: &str = "
            SELECT frozen.bytes, pattern, pattern.bytes FROM frozen
            LEFT JOIN pattern ON pattern.id = frozen.pattern WHERE letter = ?1";
        let mut select = conn.prepare_cached(SELECT)?;
        let kept = select.query_row([letter], |row| {
            let pattern: Option<i64> = row.get(1)?;
            let bytes_of_it = row.get(2)?;
            Ok(Self {
                bytes: row.get(0)?,
                pattern: pattern.map(|id| (id, bytes_of_it)),
            })
        });
        kept.optional()
    }

    pub(super) fn unpack(&self) -> Result<Vec<u8>, LedgerError> {
        match &self.pattern {
            Some((_, Some(pattern))) => unpack_by(&unpack(pattern)?, &self.bytes),
            Some((id, None)) => Err(corrupt(&format!("pattern {id} is gone"))),
            None => unpack(&self.bytes),
        }
    }
}

/// What is kept of these bytes.
pub(super) fn pack(bytes: &[u8]) -> Result<Vec<u8>, LedgerError> {
    let packed = ENCODER.with_borrow_mut(|encoder| {
        // What an earlier failure left in it goes.
        encoder.reset(Vec::with_capacity(bytes.len() / 2))?;
        encoder.write_all(&apart(bytes))?;
        encoder.reset(Vec::new())
    });
    packed.map_err(|error: std::io::Error| {
        LedgerError::Refused(format!("cannot be compressed: {error}"))
    })
}

/// The bytes again.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>, LedgerError> {
    let mut parts = Vec::new();
    ZlibDecoder::new(packed)
        .read_to_end(&mut parts)
        .map_err(|error| corrupt(&error))?;
    joined(&parts)
}

/// What is kept of these bytes where their pattern is kept too: a checksum of them, which lz4 has not, and what they add.
fn pack_by(pattern: &Pattern, bytes: &[u8]) -> Vec<u8> {
    let mut packed = sum(bytes).to_vec();
    packed.extend(block::compress_prepend_size_with_dict(
        &apart(bytes),
        pattern.bytes(),
    ));
    packed
}

fn sum(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

/// The bytes again, by the bytes of the same pattern.
fn unpack_by(pattern: &[u8], packed: &[u8]) -> Result<Vec<u8>, LedgerError> {
    let (wanted, packed) = packed
        .split_first_chunk::<4>()
        .ok_or_else(|| corrupt(&"it ends early"))?;
    let (size, rest) = block::uncompressed_size(packed).map_err(|error| corrupt(&error))?;
    if size > MOST_BYTES {
        return Err(corrupt(&format!("{size} bytes")));
    }
    let parts = block::decompress_with_dict(rest, size, pattern);
    let parts = parts.map_err(|error| corrupt(&error))?;
    let bytes = joined(&parts)?;
    if parts.len() != size || sum(&bytes) != *wanted {
        return Err(corrupt(&"it is not what was packed"));
    }
    Ok(bytes)
}

fn corrupt(why: &dyn std::fmt::Display) -> LedgerError {
    LedgerError::Corrupt(format!("cannot be unpacked: {why}"))
}

/// Plain bytes and what runs of base64 stand for, in turn, each after its length.
fn apart(bytes: &[u8]) -> Vec<u8> {
    let mut parts = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let (plain, run) = first_run(rest);
        for part in [&rest[..plain], &run.decoded] {
            parts.extend_from_slice(&(part.len() as u64).to_le_bytes());
            parts.extend_from_slice(part);
        }
        rest = &rest[plain + run.length..];
    }
    parts
}

/// The bytes that these parts were.
fn joined(parts: &[u8]) -> Result<Vec<u8>, LedgerError> {
    let mut rest = parts;
    let mut take = || {
        let (length, after) = rest.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (part, after) = after.split_at_checked(length)?;
        rest = after;
        Some((part, after.is_empty()))
    };
    let mut bytes = Vec::with_capacity(parts.len() * 3 / 2);
    let mut is_over = parts.is_empty();
    while !is_over {
        let (plain, _) = take().ok_or_else(|| corrupt(&"it ends early"))?;
        bytes.extend_from_slice(plain);
        let (decoded, last) = take().ok_or_else(|| corrupt(&"it ends early"))?;
        for line in STANDARD.encode(decoded).as_bytes().chunks(LINE) {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(CRLF);
        }
        is_over = last;
    }
    Ok(bytes)
}

/// Lines of base64, each ended by CRLF and full but the last.
#[derive(Default)]
struct Run {
    length: usize,
    decoded: Vec<u8>,
}

/// Where the first run of full lines begins, and the run; all of it and none where there is none.
fn first_run(bytes: &[u8]) -> (usize, Run) {
    let mut at = 0;
    while at < bytes.len() {
        let run = run_at(&bytes[at..]);
        if run.length > 0 {
            return (at, run);
        }
        let line_end = bytes[at..].iter().position(|byte| *byte == b'\n');
        at = line_end.map_or(bytes.len(), |end| at + end + 1);
    }
    (bytes.len(), Run::default())
}

/// The run that begins here. Only what a decoder takes that insists on the one way of writing it comes back the same.
fn run_at(bytes: &[u8]) -> Run {
    let mut run = Run::default();
    let mut decoded = [0; BYTES_A_LINE];
    while let Some((line, after)) = bytes[run.length..].split_at_checked(LINE)
        && after.starts_with(CRLF)
        && STANDARD.decode_slice(line, &mut decoded) == Ok(BYTES_A_LINE)
    {
        run.decoded.extend_from_slice(&decoded);
        run.length += LINE + CRLF.len();
    }
    let rest = &bytes[run.length..];
    let end = rest.iter().take(LINE).position(|byte| *byte == b'\r');
    if run.length > 0
        && let Some(end) = end
        && rest[end..].starts_with(CRLF)
        && let Ok(length @ 1..) = STANDARD.decode_slice(&rest[..end], &mut decoded)
    {
        run.decoded.extend_from_slice(&decoded[..length]);
        run.length += end + CRLF.len();
    }
    run
}

#[cfg(test)]
mod tests {
    use super::{pack, pack_by, unpack, unpack_by};
    use crate::pattern::Pattern;
    use proptest::prelude::*;

    /// Lines as mails have them, and lines that come near: too long, too short, ended otherwise, written another way.
    fn line() -> impl Strategy<Value = String> {
        const ENDS: [&str; 4] = ["\r\n", "\n", "", "\r"];
        let body = prop_oneof![
            4 => "[A-Za-z0-9+/]{76}",
            2 => "[A-Za-z0-9+/]{0,80}={0,3}",
            1 => "[ -~]{0,80}",
            1 => Just("消防演练".to_owned()),
        ];
        (body, 0..12_usize).prop_map(|(body, end)| body + ENDS.get(end).unwrap_or(&"\r\n"))
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_back_exactly(lines in prop::collection::vec(line(), 0..30)) {
            let bytes = lines.concat().into_bytes();
            let pattern = Pattern::new(bytes.iter().rev().copied().collect());
            prop_assert_eq!(&unpack_by(pattern.bytes(), &pack_by(&pattern, &bytes)).unwrap(), &bytes);
            prop_assert_eq!(unpack(&pack(&bytes).unwrap()).unwrap(), bytes);
        }

        #[test]
        fn any_bytes_do(bytes in prop::collection::vec(any::<u8>(), 0..300), pattern in prop::collection::vec(any::<u8>(), 0..300)) {
            let pattern = Pattern::new(pattern);
            prop_assert_eq!(&unpack_by(pattern.bytes(), &pack_by(&pattern, &bytes)).unwrap(), &bytes);
            prop_assert_eq!(unpack(&pack(&bytes).unwrap()).unwrap(), bytes);
        }

        #[test]
        fn nothing_else_is_taken_for_packed(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut encoder, &bytes).unwrap();
            let _ = unpack(&encoder.finish().unwrap());
            let _ = unpack_by(b"", &bytes);
        }
    }

    #[test]
    fn what_was_damaged_does_not_come_back_as_something_else() {
        let text = "请于5月12日前完成全校应急疏散演练,并上报小结。\r\n".repeat(20);
        let pattern = Pattern::new(text.clone().into_bytes());
        let letter = format!("To: wang@hushan.example\r\n\r\n{text}");
        let packed = pack_by(&pattern, letter.as_bytes());
        for at in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 1;
            // What repeats may be found in another place, and is the same there.
            if let Ok(bytes) = unpack_by(pattern.bytes(), &damaged) {
                assert_eq!(bytes, letter.as_bytes(), "byte {at}");
            }
        }
        assert!(unpack_by(&pattern.bytes()[..100], &packed).is_err());
    }

    #[test]
    fn a_letters_text_is_kept_and_not_its_base64() {
        let text = "请于5月12日前完成全校应急疏散演练,并上报小结。\r\n".repeat(200);
        let mut letter = b"Content-Transfer-Encoding: base64\r\n\r\n".to_vec();
        for line in text.as_bytes().chunks(super::BYTES_A_LINE) {
            letter.extend(base64::Engine::encode(&super::STANDARD, line).bytes());
            letter.extend_from_slice(super::CRLF);
        }
        let packed = pack(&letter).unwrap();
        assert!(
            packed.len() < letter.len() / 20,
            "{} of {}",
            packed.len(),
            letter.len()
        );
        assert_eq!(unpack(&packed).unwrap(), letter);
        assert!(unpack(&packed[..packed.len() / 2]).is_err());
    }
}

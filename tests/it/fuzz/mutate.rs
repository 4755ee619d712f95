//! The mutator: it knows lines, words, numbers and quotes, so that what it makes gets past the first check.

use proptest::prelude::Rng;
use proptest::test_runner::TestRng;

/// What trips readers of any language: signs of other widths, marks that are not seen, borders of numbers.
const TRAPS: [&str; 44] = [
    "\"",
    "'",
    "\"\"\"",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "(",
    ")",
    "（",
    "）",
    "=",
    "＝",
    ",",
    "，",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "\u{3000}",
    "\u{300}",
    "😀",
    "浒",
    "\\u4e00",
    "\\",
    "#",
    "-",
    "—",
    "0",
    "００",
    "-1",
    "１",
    "十",
    "百",
    "2月30日",
    "99999999999999999999",
    "9223372036854775807",
    "0000-00-00",
    "9999-12-31",
];

fn below(rng: &mut TestRng, n: usize) -> usize {
    rng.next_u32() as usize % n.max(1)
}

fn pick<'a, T>(rng: &mut TestRng, from: &'a [T]) -> Option<&'a T> {
    from.get(below(rng, from.len()))
}

/// One of the seeds, changed in one to eight places.
pub(super) fn mutated(rng: &mut TestRng, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut input = pick(rng, seeds).cloned().unwrap_or_default();
    for _ in 0..=below(rng, 8) {
        match below(rng, 12) {
            0 => bytes(rng, &mut input),
            1 => lines(rng, &mut input),
            2 => numbers(rng, &mut input),
            3 => splice(rng, &mut input, seeds),
            4 => cut(rng, &mut input),
            5 | 6 => put(rng, &mut input, &TRAPS),
            7 => quoted(rng, &mut input, &TRAPS),
            8 | 9 => quoted(rng, &mut input, words),
            _ => put(rng, &mut input, words),
        }
    }
    input
}

/// A byte that is another, one that is gone, one that is there many times.
fn bytes(rng: &mut TestRng, input: &mut Vec<u8>) {
    let at = below(rng, input.len());
    if at >= input.len() {
        return;
    }
    match below(rng, 3) {
        0 => input[at] = rng.next_u32().to_le_bytes()[0],
        1 => {
            input.remove(at);
        }
        _ => {
            let many = vec![input[at]; below(rng, 200)];
            input.splice(at..at, many);
        }
    }
}

/// A line that stands twice, one that is gone, two that change places.
fn lines(rng: &mut TestRng, input: &mut Vec<u8>) {
    let mut lines: Vec<Vec<u8>> = input.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    let (a, b) = (below(rng, lines.len()), below(rng, lines.len()));
    match below(rng, 3) {
        0 => lines.insert(a, lines[b].clone()),
        1 => {
            lines.remove(a);
        }
        _ => lines.swap(a, b),
    }
    *input = lines.join(&b'\n');
}

/// A run of digits that is another number.
fn numbers(rng: &mut TestRng, input: &mut Vec<u8>) {
    let from = below(rng, input.len());
    let Some(start) = (from..input.len()).find(|at| input[*at].is_ascii_digit()) else {
        return;
    };
    let length = input[start..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let number = rng.next_u32();
    let number = match below(rng, 4) {
        0 => (number % 40).to_string(),
        1 => (number % 500).to_string(),
        2 => (1900 + number % 300).to_string(),
        _ => number.to_string(),
    };
    input.splice(start..start + length, number.into_bytes());
}

/// The head of this one and the tail of another.
fn splice(rng: &mut TestRng, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let Some(other) = pick(rng, seeds) else {
        return;
    };
    let (keep, from) = (below(rng, input.len()), below(rng, other.len()));
    input.truncate(keep);
    input.extend_from_slice(&other[from..]);
}

/// A stretch that is gone.
fn cut(rng: &mut TestRng, input: &mut Vec<u8>) {
    let start = below(rng, input.len());
    let length = below(rng, 80).min(input.len() - start);
    input.drain(start..start + length);
}

/// A word anywhere.
fn put(rng: &mut TestRng, input: &mut Vec<u8>, words: &[&str]) {
    let at = below(rng, input.len() + 1);
    if let Some(word) = pick(rng, words) {
        input.splice(at..at, word.bytes());
    }
}

/// A word in the place of what stands between two quotes, or commas, or of the whole.
fn quoted(rng: &mut TestRng, input: &mut Vec<u8>, words: &[&str]) {
    let Some(word) = pick(rng, words) else { return };
    let from = below(rng, input.len());
    let ends = |b: &u8| matches!(b, b'"' | b',' | b'\n');
    let start = (from..input.len())
        .find(|at| ends(&input[*at]))
        .map_or(0, |at| at + 1);
    let end = (start..input.len())
        .find(|at| ends(&input[*at]))
        .unwrap_or(input.len());
    input.splice(start..end, word.bytes());
}

//! A look over a text's brackets before the parser is let at it.

/// How deep arrays, tables and dotted keys may nest; the calendar needs three.
pub(super) const DEEPEST: usize = 16;

/// A bracket that is open.
#[derive(Clone, Copy)]
pub(super) struct Open {
    /// Its byte.
    pub(super) at: usize,
    /// `[` or `{`.
    pub(super) sign: char,
}

/// What the look found.
#[derive(Default)]
pub(super) struct Scan {
    /// The first byte that lies too deep.
    pub(super) too_deep: Option<usize>,
    /// The brackets still open at the end.
    pub(super) open: Vec<Open>,
}

/// Counts brackets and the parts of dotted keys, with texts and remarks left out.
pub(super) fn scan(body: &str) -> Scan {
    let bytes = body.as_bytes();
    let mut scan = Scan::default();
    let mut dots = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += line_end(&bytes[at..]),
            quote @ (b'"' | b'\'') => {
                at = text_end(bytes, at, quote);
                continue;
            }
            sign @ (b'[' | b'{') => {
                scan.open.push(Open {
                    at,
                    sign: char::from(sign),
                });
                dots = 0;
            }
            b']' | b'}' => {
                scan.open.pop();
            }
            b'.' => dots += 1,
            b'\n' | b'=' | b',' => dots = 0,
            _ => {}
        }
        if scan.open.len() > DEEPEST || dots >= DEEPEST {
            scan.too_deep = Some(at);
            return scan;
        }
        at += 1;
    }
    scan
}

fn line_end(rest: &[u8]) -> usize {
    // The line's end itself is looked at next.
    rest.iter()
        .position(|byte| *byte == b'\n')
        .map_or(rest.len(), |end| end - 1)
}

/// The byte after a text. One that is not closed ends with its line, or with the file if it may have several.
fn text_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let triple = [quote; 3];
    let is_long = bytes[start..].starts_with(&triple);
    let mut at = start + if is_long { 3 } else { 1 };
    while at < bytes.len() {
        if bytes[at] == b'\\' && quote == b'"' {
            at += 2;
        } else if is_long && bytes[at..].starts_with(&triple) {
            return at + 3;
        } else if !is_long && bytes[at] == quote {
            return at + 1;
        } else if !is_long && bytes[at] == b'\n' {
            return at;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

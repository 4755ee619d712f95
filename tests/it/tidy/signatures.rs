//! What proves that something is ours is compared by ring alone, in a time that tells nothing.

use super::{code, files, none, read};

/// Who signs, and whether it also compares. Whoever signs elsewhere belongs on this list, and is looked at before.
const SIGNERS: [(&str, bool); 4] = [
    ("src/link.rs", true),
    ("src/mail/mime.rs", false),
    ("src/mail/number.rs", true),
    ("src/web/session.rs", true),
];

/// What compares byte by byte, and ends at the first that differs.
const COMPARISONS: [&str; 10] = [
    "==",
    "!=",
    ".eq(",
    ".ne(",
    ".cmp(",
    ".starts_with(",
    ".ends_with(",
    ".contains(",
    "assert_eq",
    "matches!(",
];

/// What a signature, or what is derived like one, is called there.
const SECRETS: [&str; 9] = [
    "tag",
    "mac",
    "hmac",
    "signature",
    "signed",
    "expected",
    "whole",
    "secret",
    "token",
];

#[test]
fn signatures_are_compared_in_constant_time() {
    let mut faults = Vec::new();
    for name in files("src", "rs") {
        let lines = code::lines(&read(&name));
        let signs = lines.iter().any(|line| code::has(line, "hmac"));
        let listed = SIGNERS.iter().find(|(file, _)| *file == name);
        match (signs, listed) {
            (true, None) => faults.push(format!("{name} signs, and is not known to")),
            (false, Some(_)) => faults.push(format!("{name} signs no more")),
            _ => {}
        }
        let Some((_, compares)) = listed else {
            continue;
        };
        if lines.iter().any(|line| code::has(line, "hmac::verify")) != *compares {
            faults.push(format!("{name}: compares by hmac::verify: {}", !compares));
        }
        for (number, line) in lines.iter().enumerate() {
            let is_compared = COMPARISONS.iter().any(|sign| line.contains(sign));
            let secret = SECRETS.iter().find(|word| code::has(line, word));
            if let (true, Some(word)) = (is_compared, secret) {
                faults.push(format!("{name}:{}: compares a {word}", number + 1));
            }
        }
    }
    none(faults);
}

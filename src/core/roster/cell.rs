//! What a single cell of the roster may say.

use std::collections::BTreeMap;

/// The tags of a cell, such as `boarding canteen=A`.
pub(super) fn read_tags(text: &str) -> BTreeMap<String, Option<String>> {
    text.split_whitespace()
        .map(|tag| match tag.split_once('=') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (tag.to_owned(), None),
        })
        .collect()
}

/// Whether a spreadsheet that opens the roster would calculate instead of show it. A telephone number may begin with +.
pub(super) fn is_like_a_formula(value: &str) -> bool {
    let signed = value.strip_prefix(['+', '-']);
    let is_number = |rest: &str| {
        rest.chars()
            .all(|c| c.is_ascii_digit() || " -()".contains(c))
    };
    value.starts_with(['=', '@']) || signed.is_some_and(|rest| !is_number(rest))
}

/// The plain shape of a mailbox: one @, a local part and a domain of ordinary characters. The mail library checks
/// again when it builds an envelope; core knows no mail library.
pub(super) fn is_mailbox(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let label = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    (1..=64).contains(&local.len())
        && local.chars().all(atom)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.split('.').all(label)
}

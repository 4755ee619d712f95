//! How deep a mail goes. Of a mail within a mail the parser makes a value within a value, and takes them apart by calling
//! itself: of enough of them the stack runs over. That ends the whole program and can't be caught, so it is looked at
//! before, on the bytes as they came. Where mail-parser may see less than this does, a mail is refused too often, and a
//! person reads it.

/// Parts that hold others, or mails: more no honest mail has.
const MOST_HOLDERS: usize = 100;

/// The kinds of a mail within a mail (RFC 2046, section 5.2.1; RFC 6532, section 3.7).
const MAILS: [&str; 2] = ["rfc822", "global"];

/// How the value of an encoding begins that the parser undoes. It reads an encoded word there as well.
const ENCODINGS: [&str; 3] = ["base64", "quoted-printable", "=?"];

/// Whether the parser may be let at a mail.
pub(super) fn is_bounded(bytes: &[u8]) -> bool {
    let lower: Vec<u8> = bytes
        .iter()
        .filter(|byte| **byte != b'\r')
        .map(u8::to_ascii_lowercase)
        .collect();
    let text = String::from_utf8_lossy(&lower);
    let mut holders = 0;
    let (mut is_digest, mut hides) = (false, false);
    // Whatever is read as one part's headers lies between two empty lines.
    for block in text.split("\n\n") {
        let is_mail = declares(block, "message", &MAILS);
        is_digest |= declares(block, "multipart", &["digest"]);
        if is_mail || declares(block, "multipart", &[""]) {
            holders += 1;
        }
        // A mail must not be encoded (RFC 2046, section 5.2.1): what is within could not be counted here.
        if holders > MOST_HOLDERS || is_mail && is_encoded(block) {
            return false;
        }
        hides |= is_digest && is_encoded(block);
    }
    // In a digest a part that says nothing of itself is a mail.
    !hides
}

/// Whether a block may declare a content type of one of these kinds. Comments may stand between the words of one.
fn declares(block: &str, whole: &str, kinds: &[&str]) -> bool {
    let Some(last) = kinds.iter().filter_map(|kind| block.rfind(kind)).max() else {
        return false;
    };
    block[..last].match_indices(whole).any(|(at, _)| {
        let rest = block[at + whole.len()..].trim_start();
        rest.starts_with(['/', '('])
    })
}

/// Whether a block may say that its part is encoded. Names are read whatever space is in them.
fn is_encoded(block: &str) -> bool {
    let unfolded = block.replace("\n ", "").replace("\n\t", "");
    unfolded.split('\n').any(|line| {
        let squeezed: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        let value = squeezed.split_once("content-transfer-encoding:");
        value.is_some_and(|(_, value)| ENCODINGS.iter().any(|one| value.contains(one)))
    })
}

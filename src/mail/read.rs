//! A letter's bytes, read again.

use mail_parser::MessageParser;

/// What a letter says to a reader: subject, sender and receivers, and each of its texts. Empty where the bytes are no
/// letter.
pub fn texts(bytes: &[u8]) -> Vec<String> {
    let Some(message) = MessageParser::default().parse(bytes) else {
        return Vec::new();
    };
    let mut texts: Vec<String> = message.subject().map(str::to_owned).into_iter().collect();
    for (_, value) in message.headers_raw() {
        texts.push(value.to_owned());
    }
    for part in &message.parts {
        texts.extend(part.text_contents().map(str::to_owned));
    }
    texts
}

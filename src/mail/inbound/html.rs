//! The text of an HTML mail, line by line, without the letter it quotes. mail-parser's own conversion runs the lines of
//! `<div>` together, by which QQ, 163 and phones part them, and keeps the quoted letter.

use mail_parser::decoders::html::add_html_token;

/// Elements that begin and end a line.
const BLOCKS: [&str; 22] = [
    "p",
    "div",
    "br",
    "li",
    "ul",
    "ol",
    "tr",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "pre",
    "dt",
    "dd",
    "blockquote",
    "section",
    "center",
    "body",
];

/// Elements whose content is no text.
const SILENT: [&str; 5] = ["style", "script", "head", "title", "template"];

/// By these a mail program marks the letter it quotes, which ends what is the writer's own.
const QUOTES: [&str; 11] = [
    "isreplycontent",
    "gmail_quote",
    "divrplyfwdmsg",
    "appendonsend",
    "ntes-mailmaster-quote",
    "original-content",
    "qmail_original",
    "mail-original",
    "yahoo_quoted",
    "foxmail_quote",
    "ms-outlook-mobile-reference-message",
];

/// No entity is longer.
const LONGEST_ENTITY: usize = 12;

pub(super) fn text(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    // Where no tag ends any more, none is looked for again: `<a<a<a…` would be gone through once for each.
    let mut has_tags = true;
    while let Some(at) = rest.find(['<', '&']) {
        writer.text(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = after.find("-->").map_or("", |end| &after[end + 3..]);
        } else if rest.starts_with('&') {
            rest = writer.entity(rest);
        } else if !has_tags {
            writer.text("<");
            rest = &rest[1..];
        } else if let Some(end) = tag_end(rest) {
            let tag = Tag::of(&rest[1..end]);
            rest = &rest[end + 1..];
            if tag.is_quote() {
                return writer.written;
            }
            if !tag.closes && SILENT.contains(&tag.name.as_str()) {
                rest = after_close(rest, &tag.name);
            }
            writer.tag(&tag);
        } else {
            // `<` that begins no tag: `3 < 5`.
            has_tags = rest.contains('>');
            writer.text("<");
            rest = &rest[1..];
        }
    }
    writer.text(rest);
    writer.written
}

#[derive(Default)]
struct Writer {
    written: String,
    /// Quoted passages one within another.
    quoted: usize,
    space: bool,
}

impl Writer {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_ascii_whitespace() {
                self.space = true;
            } else {
                self.push(c);
            }
        }
    }

    fn push(&mut self, c: char) {
        if self.quoted > 0 {
            return;
        }
        if std::mem::take(&mut self.space)
            && !self.written.is_empty()
            && !self.written.ends_with('\n')
        {
            self.written.push(' ');
        }
        self.written.push(if c == '\u{a0}' { ' ' } else { c });
    }

    /// Writes the sign an entity stands for; what follows it.
    fn entity<'a>(&mut self, rest: &'a str) -> &'a str {
        let end = rest
            .bytes()
            .take(LONGEST_ENTITY)
            .position(|byte| byte == b';')
            .filter(|end| {
                rest.as_bytes()[1..*end]
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || *b == b'#')
            });
        let Some(end) = end else {
            self.push('&');
            return &rest[1..];
        };
        let mut sign = String::new();
        add_html_token(&mut sign, &rest.as_bytes()[..=end], false);
        sign.chars().for_each(|c| self.push(c));
        &rest[end + 1..]
    }

    fn tag(&mut self, tag: &Tag) {
        if tag.name == "blockquote" {
            self.quoted = if tag.closes {
                self.quoted.saturating_sub(1)
            } else {
                self.quoted + 1
            };
        }
        if BLOCKS.contains(&tag.name.as_str()) {
            self.space = false;
            if !self.written.is_empty() && !self.written.ends_with('\n') {
                self.written.push('\n');
            }
        } else if tag.name == "td" || tag.name == "th" {
            self.space = true;
        }
    }
}

struct Tag {
    /// In lower case.
    name: String,
    closes: bool,
    attributes: String,
}

impl Tag {
    fn of(inner: &str) -> Self {
        let (closes, inner) = match inner.strip_prefix('/') {
            Some(inner) => (true, inner),
            None => (false, inner),
        };
        let end = inner
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(inner.len());
        Self {
            name: inner[..end].to_ascii_lowercase(),
            closes,
            attributes: inner[end..].to_ascii_lowercase(),
        }
    }

    fn is_quote(&self) -> bool {
        !self.closes
            && (self.name == "includetail"
                || (!self.attributes.is_empty()
                    && QUOTES.iter().any(|mark| self.attributes.contains(mark))))
    }
}

/// Where the tag that begins here ends; `None` if it is none. Quotes in it may hold a `>`.
fn tag_end(text: &str) -> Option<usize> {
    let first = text.as_bytes().get(1)?;
    if !(first.is_ascii_alphabetic() || matches!(first, b'/' | b'!' | b'?')) {
        return None;
    }
    let mut quote = None;
    let mut lone = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (Some(_), b'>') if lone.is_none() => lone = Some(at),
            _ => {}
        }
    }
    // A quote that is never closed ends nothing.
    lone
}

/// What follows the end of a silent element; nothing, where it never ends.
fn after_close<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        let is_it = rest
            .get(..name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name));
        if is_it {
            return rest.find('>').map_or("", |end| &rest[end + 1..]);
        }
    }
    ""
}

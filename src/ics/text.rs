//! Content lines: escaped, and folded at 75 octets (RFC 5545, 3.1 and 3.3.11).

/// Octets of a line, its end not counted.
const LINE_MAX: usize = 75;

/// A calendar being written.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A line whose value is written as it is.
    pub(super) fn put(&mut self, name: &str, value: &str) {
        self.0.push_str(name);
        self.0.push(':');
        let mut room = LINE_MAX.saturating_sub(name.len() + 1);
        let mut rest = value;
        while rest.len() > room {
            let (now, later) = rest.split_at(rest.floor_char_boundary(room));
            self.0.push_str(now);
            self.0.push_str("\r\n ");
            rest = later;
            room = LINE_MAX - 1;
        }
        self.0.push_str(rest);
        self.0.push_str("\r\n");
    }

    /// A line whose value is text. Control characters have no place in it; line breaks are written `\n`.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        for c in value.replace("\r\n", "\n").chars() {
            match c {
                '\\' | ';' | ',' => escaped.extend(['\\', c]),
                '\n' => escaped.push_str("\\n"),
                c if c.is_control() => escaped.push(' '),
                c => escaped.push(c),
            }
        }
        self.put(name, &escaped);
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

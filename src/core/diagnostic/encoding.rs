//! From bytes to text, whatever editor or spreadsheet wrote them.

use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::{Diagnostic, Faults, Text, Words};

/// The largest file taken, in bytes. A year of a province's duties is a tenth of it.
pub const LARGEST_FILE: usize = 4 << 20;

/// How an `.xlsx` begins: it is a ZIP archive.
const ARCHIVE: &[u8] = b"PK\x03\x04";

impl Text {
    /// Takes a file's bytes. TOML is UTF-8, with or without a byte order mark; what is not is a fault, but is read on
    /// as what it looks like, so that the file's other faults come out too.
    ///
    /// `None` where it is no text at all, or too much of it. That is a fault as well.
    pub fn decode(name: &str, bytes: &[u8], faults: &Faults) -> Option<Arc<Self>> {
        if let Some(fault) = no_text(name, bytes) {
            faults.add(fault);
            return None;
        }
        let (body, encoding) = decode(bytes);
        let text = Arc::new(Self {
            name: name.to_owned(),
            body,
        });
        if encoding != UTF_8 {
            faults.add(not_utf8(&text, encoding));
        } else if let Some(fault) = damaged(&text) {
            faults.add(fault);
        }
        Some(text)
    }
}

/// Why a file's bytes are not taken as text: too many of them, or a workbook.
pub fn no_text(name: &str, bytes: &[u8]) -> Option<Diagnostic> {
    let file = Arc::new(Text {
        name: name.to_owned(),
        body: String::new(),
    });
    let fault = |message, label| Some(Diagnostic::error(&file, 0..0, message, label));
    if bytes.len() > LARGEST_FILE {
        let mib = LARGEST_FILE >> 20;
        return fault(
            Words::new("文件太大", "the file is too large"),
            Words::new(
                format!("有{}字节,最多{mib} MB", bytes.len()),
                format!("{} bytes, at most {mib} MiB", bytes.len()),
            ),
        );
    }
    if bytes.starts_with(ARCHIVE) {
        return fault(
            Words::new(
                "这是Excel工作簿,不是文本文件",
                "this is a workbook, not a text file",
            ),
            Words::new(
                "花名册请用 schoolbell roster import 导入;其他文件要用记事本写",
                "import a roster with schoolbell roster import; all else is plain text",
            ),
        );
    }
    let is_wide = [UTF_16LE, UTF_16BE]
        .into_iter()
        .any(|wide| Encoding::for_bom(bytes).is_some_and(|(found, _)| found == wide));
    if bytes.contains(&0) && !is_wide {
        return fault(
            Words::new("这不是文本文件", "this is not a text file"),
            Words::new("里面有空字节", "it contains null bytes"),
        );
    }
    None
}

/// The bytes as text, and the encoding they were in: what their byte order mark says, else UTF-8 if they are that, else
/// what they look most like: GBK, from a Chinese desktop.
pub fn decode(bytes: &[u8]) -> (String, &'static Encoding) {
    let bytes = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) if encoding == UTF_8 => &bytes[mark..],
        Some((encoding, _)) => return (encoding.decode(bytes).0.into_owned(), encoding),
        None => bytes,
    };
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.to_owned(), UTF_8);
    }
    // GBK hardly ever makes a Chinese character of UTF-8; a few bad bytes among many good characters are damage.
    let lossy = String::from_utf8_lossy(bytes);
    let count = |wanted: fn(&char) -> bool| lossy.chars().filter(wanted).count();
    if count(|c| ('\u{4e00}'..='\u{9fff}').contains(c)) > count(|c| *c == '\u{fffd}') {
        return (lossy.into_owned(), UTF_8);
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding = detector.guess(Some(b"cn"), chardetng::Utf8Detection::Deny);
    (encoding.decode(bytes).0.into_owned(), encoding)
}

fn not_utf8(text: &Arc<Text>, encoding: &'static Encoding) -> Diagnostic {
    let first = text.body.char_indices().find(|(_, c)| !c.is_ascii());
    let (at, width) = first.map_or((0, 0), |(at, c)| (at, c.len_utf8()));
    let wide = encoding == UTF_16LE || encoding == UTF_16BE;
    let (zh, en) = if wide {
        ("UTF-16(记事本里叫“Unicode”)", "UTF-16")
    } else {
        (encoding.name(), encoding.name())
    };
    let at = if wide { 0..0 } else { at..at + width };
    Diagnostic::error(
        text,
        at,
        Words::new(
            format!("文件的编码是{zh},应当是UTF-8"),
            format!("the file's encoding is {en}, it must be UTF-8"),
        ),
        Words::new("按UTF-8读,从这里起是乱码", "read as UTF-8, this is garbage"),
    )
    .help(Words::new(
        "用记事本打开,点“文件”→“另存为”,编码选“UTF-8”,再保存",
        "save it again with the encoding UTF-8",
    ))
}

/// Bytes that no editor writes: a disk or a transfer spoilt them.
fn damaged(text: &Arc<Text>) -> Option<Diagnostic> {
    let at = text.body.find('\u{fffd}')?;
    Some(
        Diagnostic::error(
            text,
            at..at + '\u{fffd}'.len_utf8(),
            Words::new("有一个坏掉的字", "a character is damaged"),
            Words::new("原来的字看不出来了", "nobody can tell what it was"),
        )
        .help(Words::new("删去它,重新输入", "delete it and type it again")),
    )
}

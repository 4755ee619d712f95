//! Evidence 材料: the files that come with an answer. What may be kept, and under which name it is shown.

/// How many files may come with one answer.
pub const FILES_AT_MOST: usize = 3;

/// How many files a duty takes in all, so that nobody's letter fills the disk.
pub const FILES_A_DUTY: usize = 30;

/// How large one may be, in bytes: a photo of a telephone, or a scanned form.
pub const BYTES_AT_MOST: usize = 10 * 1024 * 1024;

/// How long a name may be, in characters, with its ending.
const NAME_AT_MOST: usize = 80;

/// What sort of file it is, by its own first bytes: what its name or its sender says of that counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// 照片
    Jpeg,
    /// 图片
    Png,
    /// 图片
    Webp,
    /// A photo as telephones keep it.
    Heic,
    /// PDF
    Pdf,
    /// A document, table or slides of today's office programs.
    Office,
    /// The same as they were before 2007; WPS writes them still.
    OldOffice,
}

/// What may be kept, for a person.
pub const KINDS_IN_WORDS: &str = "照片（JPG、PNG、HEIC、WebP）、PDF、Word、Excel、PPT、WPS";

impl FileKind {
    /// What a file is; `None` where it is not of a kind that is kept. Today's office formats for files with macros
    /// (`.docm`, `.xlsm`) are not; the old ones may hold macros under any name, and are kept, since schools still use them.
    pub fn of(name: &str, bytes: &[u8]) -> Option<Self> {
        let ending = ending(name);
        let of_office = ["docx", "xlsx", "pptx"].contains(&ending.as_str());
        let of_old_office = ["doc", "xls", "ppt", "wps", "et", "dps"].contains(&ending.as_str());
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else if bytes.get(4..8) == Some(b"ftyp") && is_heic(bytes.get(8..12)) {
            Some(Self::Heic)
        } else if bytes.starts_with(b"%PDF-") {
            Some(Self::Pdf)
        } else if bytes.starts_with(b"PK\x03\x04") && of_office {
            Some(Self::Office)
        } else if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) && of_old_office {
            Some(Self::OldOffice)
        } else {
            None
        }
    }

    const ALL: [Self; 7] = [
        Self::Jpeg,
        Self::Png,
        Self::Webp,
        Self::Heic,
        Self::Pdf,
        Self::Office,
        Self::OldOffice,
    ];

    /// Whether a file's name says that it is of a kind that is kept.
    pub fn is_named(name: &str) -> bool {
        let ending = ending(name);
        Self::ALL
            .iter()
            .any(|kind| kind.endings().contains(&ending.as_str()))
    }

    /// What its name may end in; the first is given where it ends in none of them.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::Webp => &["webp"],
            Self::Heic => &["heic", "heif"],
            Self::Pdf => &["pdf"],
            Self::Office => &["docx", "xlsx", "pptx"],
            Self::OldOffice => &["doc", "xls", "ppt", "wps", "et", "dps"],
        }
    }
}

fn is_heic(brand: Option<&[u8]>) -> bool {
    brand.is_some_and(|brand| {
        [b"heic", b"heix", b"mif1", b"msf1"]
            .iter()
            .any(|b| *b == brand)
    })
}

fn ending(name: &str) -> String {
    name.rsplit_once('.').map_or(String::new(), |(_, ending)| {
        ending.trim().to_ascii_lowercase()
    })
}

/// The name a file is kept and offered under: no path, no characters that a header, a shell or a file system takes
/// amiss, and an ending that tells the truth.
pub fn plain_name(name: &str, kind: FileKind) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "-_. ()（）、+".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let found = ending(&kept);
    let (stem, ending) = match kept.rsplit_once('.') {
        Some((stem, _)) if kind.endings().contains(&found.as_str()) => (stem, found.as_str()),
        _ => (kept.as_str(), kind.endings()[0]),
    };
    let stem = stem.trim_matches(['.', ' ', '_']);
    let stem: String = stem.chars().take(NAME_AT_MOST - 1 - ending.len()).collect();
    let stem = if stem.is_empty() { "材料" } else { &stem };
    format!("{stem}.{ending}")
}

/// Whether it is the name of a kept file: 64 lower-case hexadecimal digits, so that it can be no path.
pub fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

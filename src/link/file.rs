//! The key file: one `id:base64` a line, newest first.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::{LinkKey, LinkKeys};

/// Bytes of a secret made here, and the fewest taken from a file.
const SECRET_LEN: usize = 32;

/// Longest id of a key; it travels in every link.
const LONGEST_ID: usize = 8;

/// `openssl rand -base64 32` pads; people who copy by hand don't.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is wrong with a key file's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// There is no key in it.
    #[error("文件里没有密钥;请写一行“编号:密钥”,密钥可用 openssl rand -base64 32 生成")]
    Empty,
    /// A line is not `id:base64`.
    #[error(
        "第 {line} 行不是“编号:密钥”;编号用 1 至 8 个小写字母或数字,密钥用 base64,至少 32 字节"
    )]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// Two keys have one id.
    #[error("第 {line} 行的编号“{id}”前面已经用过;每把密钥的编号须不同")]
    Repeated {
        /// Counted from 1.
        line: usize,
        /// The id.
        id: String,
    },
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file is there, or its folder, and cannot be used.
    #[error("链接密钥 {path} 读不出或写不下,请检查该路径和权限")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file can be read and makes no sense.
    #[error("链接密钥 {path} 写得不对")]
    Text {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: KeyTextError,
    },
    /// The system gave no random bytes.
    #[error("系统给不出随机数,无法生成链接密钥 {path};请自行写好该文件后再启动")]
    NoRandom {
        /// Which file.
        path: PathBuf,
    },
}

impl LinkKeys {
    /// Reads a file of keys, newest first. Empty lines and lines beginning with `#` are left out.
    ///
    /// # Errors
    ///
    /// The first line that is not `id:base64`, an id used twice, or no key at all.
    pub fn from_text(text: &str) -> Result<Self, KeyTextError> {
        let mut keys: Vec<LinkKey> = Vec::new();
        for (index, entry) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = index + 1;
            let entry = entry.trim();
            if entry.is_empty() || entry.starts_with('#') {
                continue;
            }
            let (id, secret) = parse_line(entry).ok_or(KeyTextError::Line { line })?;
            if keys.iter().any(|key| key.id == id) {
                let id = id.to_owned();
                return Err(KeyTextError::Repeated { line, id });
            }
            keys.push(LinkKey::new(id.to_owned(), &secret));
        }
        if keys.is_empty() {
            return Err(KeyTextError::Empty);
        }
        Ok(Self { keys })
    }

    /// Reads the keys in `path`, which must exist.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not a key file.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let text = fs::read_to_string(path).map_err(|source| at(path, source))?;
        Self::from_text(&text).map_err(|source| KeyFileError::Text {
            path: path.to_owned(),
            source,
        })
    }

    /// Reads the keys in `path`; where there is no such file, makes one with a fresh key, readable by its owner only.
    ///
    /// # Errors
    ///
    /// When it cannot be read or made, or is not a key file. A file that makes no sense is never replaced.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyFileError> {
        match fs::symlink_metadata(path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path)?,
            Err(error) => return Err(at(path, error)),
        }
        Self::load(path)
    }
}

fn parse_line(entry: &str) -> Option<(&str, Vec<u8>)> {
    let (id, secret) = entry.split_once(':')?;
    let id_fits = (1..=LONGEST_ID).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let secret = BASE64.decode(secret.trim()).ok()?;
    (id_fits && secret.len() >= SECRET_LEN).then_some((id, secret))
}

fn create(path: &Path) -> Result<(), KeyFileError> {
    let no_random = || KeyFileError::NoRandom {
        path: path.to_owned(),
    };
    let random = SystemRandom::new();
    let mut secret = [0; SECRET_LEN];
    let mut id = [0; 2];
    random.fill(&mut secret).map_err(|_| no_random())?;
    random.fill(&mut id).map_err(|_| no_random())?;
    let id = format!("{:04x}", u16::from_be_bytes(id));
    let text = format!(
        "# schoolbell 的链接密钥,每行“编号:密钥”。第一行签发,各行都能验证。\n\
         # 更换时把新的一行加在最上面;旧的一行留到它签发的链接都过期为止。请勿外传。\n\
         {id}:{}\n",
        STANDARD.encode(secret)
    );
    write_whole(path, &format!("{id}.new"), &text).map_err(|source| at(path, source))
}

/// The file appears under its name only when all of it is on disk, and never in place of one that is there.
fn write_whole(path: &Path, suffix: &str, text: &str) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{suffix}"));
    let draft = PathBuf::from(draft);
    let written = write_private(&draft, text).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    match written {
        // Another process made one first: that one counts.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => removed?,
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn at(path: &Path, source: io::Error) -> KeyFileError {
    KeyFileError::File {
        path: path.to_owned(),
        source,
    }
}

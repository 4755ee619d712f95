//! Settings: raw TOML, checked once, at the edge. Also the one reader of the environment.

mod imap;
mod read;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::core::diagnostic::{Faults, Locale, Text, render};
use crate::core::ladder::RoleRef;
use crate::disk::why;
use crate::mail::{
    Imap, ImapSettings, Mailbox, Rate, Secret, Smtp, SmtpSettings, Timeouts, Unusable,
};

/// The settings, checked. Paths are whole.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file they were read from.
    pub file: PathBuf,
    /// The calendar's folder.
    pub calendar: PathBuf,
    /// The roster's file.
    pub roster: PathBuf,
    /// The folder of the ledger, the spool and the link key.
    pub state: PathBuf,
    /// Who hears of bad edits, contact gaps and refused mail.
    pub admins: Vec<RoleRef>,
    /// Where the pages are served.
    pub listen: SocketAddr,
    /// What links in letters begin with; no slash at its end.
    pub base_url: String,
    /// The proxies whose word is taken for where a visitor comes from.
    pub trusted_proxies: Vec<IpAddr>,
    /// How letters go out.
    pub mail: Mail,
    /// The nightly backup.
    pub backup: Backup,
}

/// The nightly backup.
#[derive(Clone, Debug)]
pub struct Backup {
    /// How many are kept; 0: none are made.
    pub keep: usize,
    /// Where.
    pub folder: PathBuf,
}

/// How letters go out.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The sender.
    pub from: Mailbox,
    /// Whether a letter's number is put into the envelope's sender, so that a bounce tells which letter it is of.
    pub verp: bool,
    /// Whether it is put into the address that replies go to.
    pub plus_reply_to: bool,
    /// By which way.
    pub transport: Transport,
    /// The templates' folder.
    pub templates: PathBuf,
    /// Whom to call with questions, as letters and pages say it; may be empty.
    pub contact: String,
    /// How fast.
    pub rate: Rate,
    /// The mailbox that replies and bounces are read from; `None`: none is.
    pub imap: Option<ImapAccess>,
}

/// How to get at the mailbox. The password is read only when it is used.
#[derive(Clone, Debug)]
pub struct ImapAccess {
    settings: ImapSettings,
    /// The password's file.
    password_file: Option<PathBuf>,
    /// How many seconds lie between two looks.
    pub every_s: u32,
}

impl ImapAccess {
    /// The server.
    pub fn host(&self) -> &str {
        &self.settings.host
    }

    /// Its user at its server, for a person.
    pub fn place(&self) -> String {
        let settings = &self.settings;
        format!("{}({}:{})", settings.user, settings.host, settings.port)
    }

    /// The way to it, with the password read.
    ///
    /// # Errors
    /// What is wrong with the password or the settings, and what to do.
    pub fn mailbox(&self) -> Result<Imap, Unusable> {
        let file = self.password_file.as_deref();
        let password = password(file, "imap-password", Unusable::NoMailboxPassword)?;
        Imap::new(self.settings.clone(), password)
    }
}

/// The way letters go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// As files in this folder.
    Spool(PathBuf),
    /// To a server.
    Smtp(SmtpAccess),
}

/// How to get at a mail server. The password is read only when it is used, so that commands that send nothing need
/// no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpAccess {
    settings: SmtpSettings,
    timeouts: Timeouts,
    /// How many connections are kept at most.
    connections: usize,
    /// The password's file, where somebody signs in.
    password_file: Option<PathBuf>,
}

impl SmtpAccess {
    /// The server's name.
    pub fn host(&self) -> &str {
        &self.settings.host
    }

    /// Its name and port, for a person.
    pub fn place(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    /// The connection, with the password read.
    ///
    /// # Errors
    /// What is wrong with the password or the settings, and what to do.
    pub fn connection(&self) -> Result<Smtp, Unusable> {
        let mut settings = self.settings.clone();
        if settings.user.is_some() {
            let file = self.password_file.as_deref();
            settings.password = Some(password(file, "smtp-password", Unusable::NoPassword)?);
        }
        Smtp::new(settings, self.timeouts)
    }

    /// As many connections as are to be kept, with the password read.
    ///
    /// # Errors
    /// As [`connection`](Self::connection).
    pub fn connections(&self) -> Result<Vec<Smtp>, Unusable> {
        let first = self.connection()?;
        let mut all: Vec<Smtp> = (1..self.connections).map(|_| first.beside()).collect();
        all.push(first);
        Ok(all)
    }
}

/// What is wrong with the settings, for the one who wrote them.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(
        "读不了配置文件 {path}:{}。请用 --config 指明 schoolbell.toml 的位置;还没有的话,用 schoolbell init 新建一套",
        why(error).zh
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// What it says is wrong.
    #[error("配置文件有错,请先改正:\n\n{report}")]
    Faulty {
        /// Every fault, with its place.
        report: String,
    },
}

impl Settings {
    /// Reads and checks a settings file.
    ///
    /// # Errors
    /// What is wrong and what to do, in Chinese.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let faults = Faults::default();
        let settings = Self::survey(path, &faults)?;
        if faults.any_error() {
            let report = render(&faults.into_sorted(), Locale::Chinese, false);
            return Err(ConfigError::Faulty { report });
        }
        Ok(settings)
    }

    /// Takes over from the settings in force what only a start may change, and says which keys wait for that. The folders
    /// below `state` stay with it.
    pub fn stay_with(&mut self, now: &Self) -> Vec<&'static str> {
        let waiting = [
            ("listen", self.listen != now.listen),
            ("base_url", self.base_url != now.base_url),
            (
                "trusted_proxies",
                self.trusted_proxies != now.trusted_proxies,
            ),
            ("state", self.state != now.state),
        ];
        self.listen = now.listen;
        self.base_url.clone_from(&now.base_url);
        self.trusted_proxies.clone_from(&now.trusted_proxies);
        let moved = std::mem::replace(&mut self.state, now.state.clone());
        let stay = |folder: &mut PathBuf| {
            if let Ok(rest) = folder.strip_prefix(&moved) {
                *folder = now.state.join(rest);
            }
        };
        stay(&mut self.backup.folder);
        if let Transport::Spool(folder) = &mut self.mail.transport {
            stay(folder);
        }
        let waiting = waiting.into_iter().filter(|(_, waits)| *waits);
        waiting.map(|(key, _)| key).collect()
    }

    /// Reads what can be read: a key that is wrong has its default, and its fault goes to `faults`. With an error among
    /// them the settings must not take effect.
    ///
    /// # Errors
    /// The file cannot be read at all.
    pub fn survey(path: &Path, faults: &Faults) -> Result<Self, ConfigError> {
        let bytes = std::fs::read(path).map_err(|error| ConfigError::Unreadable {
            path: path.to_owned(),
            error,
        })?;
        let shown = plain(path).display().to_string();
        let text = Text::decode(&shown, &bytes, faults).map(|text| {
            Arc::new(Text {
                name: shown,
                body: read::without_passwords(&text.body),
            })
        });
        Ok(read::settings(path, text.as_ref(), faults))
    }
}

/// Whether a server is on this machine.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// The password, from a file or the service's credential. Never from the settings themselves.
fn password(file: Option<&Path>, credential: &str, missing: Unusable) -> Result<Secret, Unusable> {
    let credential =
        environment("CREDENTIALS_DIRECTORY").map(|dir| Path::new(&dir).join(credential));
    let path = file.map(Path::to_owned).or(credential).ok_or(missing)?;
    let unreadable = |why: String| Unusable::PasswordFile {
        path: path.clone(),
        why,
    };
    let text = std::fs::read_to_string(&path).map_err(|error| unreadable(error.to_string()))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(unreadable("是空的".to_owned())),
        password => Ok(Secret::new(password)),
    }
}

/// A variable of the environment; an empty one counts as none.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one home of the environment"
)]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A path without its `..`, so that messages show it short. Nothing is asked of the file system.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            std::path::Component::CurDir => {}
            other => plain.push(other),
        }
    }
    if plain.as_os_str().is_empty() {
        plain.push(".");
    }
    plain
}

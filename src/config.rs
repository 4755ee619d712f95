//! Settings: raw TOML, checked once, at the edge. Also the one reader of the environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::core::calendar::read_role;
use crate::core::ladder::RoleRef;
use crate::mail::{Mailbox, Rate, Secret, Smtp, SmtpSettings, Timeouts, Tls, Unusable};

/// The settings as the file has them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    calendar: PathBuf,
    roster: PathBuf,
    state: PathBuf,
    admins: Vec<String>,
    web: RawWeb,
    mail: RawMail,
    backup: RawBackup,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawBackup {
    keep: u32,
    folder: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawWeb {
    listen: String,
    base_url: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawMail {
    from: String,
    transport: String,
    spool: PathBuf,
    templates: PathBuf,
    contact: String,
    smtp: RawSmtp,
    rate: RawRate,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawSmtp {
    host: String,
    port: u16,
    tls: String,
    user: Option<String>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    timeout_s: u32,
    data_timeout_s: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_field_names,
    reason = "the keys of the file, each a rate per something"
)]
struct RawRate {
    per_minute: u32,
    per_hour: u32,
    per_day: u32,
    per_domain_per_minute: u32,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            calendar: "../calendar".into(),
            roster: "roster.csv".into(),
            state: "../var".into(),
            admins: vec!["office@bureau".to_owned()],
            web: RawWeb::default(),
            mail: RawMail::default(),
            backup: RawBackup::default(),
        }
    }
}

impl Default for RawBackup {
    fn default() -> Self {
        Self {
            keep: 14,
            folder: "backup".into(),
        }
    }
}

impl Default for RawWeb {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            base_url: "http://127.0.0.1:8080".to_owned(),
        }
    }
}

impl Default for RawMail {
    fn default() -> Self {
        Self {
            from: "学校安全行事历 <schoolbell@bureau.example>".to_owned(),
            transport: "spool".to_owned(),
            spool: "spool".into(),
            templates: "templates".into(),
            contact: String::new(),
            smtp: RawSmtp::default(),
            rate: RawRate::default(),
        }
    }
}

impl Default for RawSmtp {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 25,
            tls: "starttls".to_owned(),
            user: None,
            password_file: None,
            ca_file: None,
            timeout_s: 60,
            data_timeout_s: 600,
        }
    }
}

impl Default for RawRate {
    fn default() -> Self {
        Self {
            per_minute: 600,
            per_hour: 0,
            per_day: 0,
            per_domain_per_minute: 0,
        }
    }
}

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
    /// By which way.
    pub transport: Transport,
    /// The templates' folder.
    pub templates: PathBuf,
    /// Whom to call with questions, as letters and pages say it; may be empty.
    pub contact: String,
    /// How fast.
    pub rate: Rate,
}

/// The way letters go out.
#[derive(Clone, Debug)]
pub enum Transport {
    /// As files in this folder.
    Spool(PathBuf),
    /// To a server.
    Smtp(SmtpAccess),
}

/// How to get at a mail server. The password is read only when it is used, so that commands that send nothing need
/// no secret.
#[derive(Clone, Debug)]
pub struct SmtpAccess {
    settings: SmtpSettings,
    timeouts: Timeouts,
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
            settings.password = Some(password(self.password_file.as_deref())?);
        }
        Smtp::new(settings, self.timeouts)
    }
}

/// What is wrong with the settings, for the one who wrote them.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("读不了配置文件 {path}:{error}。请用 --config 指明 schoolbell.toml 的位置")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is not the TOML that is wanted.
    #[error("配置文件 {path} 有错:\n{error}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What and where.
        error: Box<toml::de::Error>,
    },
    /// A value makes no sense.
    #[error("配置文件 {path} 的 {key} 不对:{problem}")]
    Value {
        /// The file.
        path: PathBuf,
        /// Which key.
        key: &'static str,
        /// What is wrong, and what to do.
        problem: String,
    },
}

impl Settings {
    /// Reads and checks a settings file.
    ///
    /// # Errors
    /// What is wrong and what to do, in Chinese.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: path.to_owned(),
            error,
        })?;
        let text = text.trim_start_matches('\u{feff}');
        let raw: Raw = toml::from_str(text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            error: Box::new(error),
        })?;
        raw.checked(path)
    }
}

impl Raw {
    fn checked(self, path: &Path) -> Result<Settings, ConfigError> {
        let wrong = |key, problem: String| ConfigError::Value {
            path: path.to_owned(),
            key,
            problem,
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        let state = match environment("STATE_DIRECTORY") {
            Some(given) => PathBuf::from(given),
            None => plain(&folder.join(&self.state)),
        };
        let mut admins = Vec::new();
        for admin in &self.admins {
            let role = read_role(admin).map_err(|(problem, _, help)| {
                let help = help
                    .map(|words| format!("。{}", words.zh))
                    .unwrap_or_default();
                wrong("admins", format!("{problem}{help}"))
            })?;
            admins.push(role);
        }
        let listen = self
            .web
            .listen
            .parse()
            .map_err(|_| wrong("web.listen", "应如 127.0.0.1:8080".to_owned()))?;
        let base_url = self.web.base_url.trim_end_matches('/').to_owned();
        let good_url = ["http://", "https://"].iter().any(|scheme| {
            base_url
                .strip_prefix(scheme)
                .is_some_and(|rest| !rest.is_empty())
        });
        if !good_url || base_url.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(wrong(
                "web.base_url",
                "应以 http:// 或 https:// 开头,如 https://bell.school.example".to_owned(),
            ));
        }
        let backup = Backup {
            keep: usize::try_from(self.backup.keep).unwrap_or(usize::MAX),
            folder: plain(&state.join(&self.backup.folder)),
        };
        let mail = self.mail.checked(folder, &state, wrong)?;
        Ok(Settings {
            file: path.to_owned(),
            calendar: plain(&folder.join(&self.calendar)),
            roster: plain(&folder.join(&self.roster)),
            state,
            admins,
            listen,
            base_url,
            mail,
            backup,
        })
    }
}

impl RawMail {
    fn checked(
        self,
        folder: &Path,
        state: &Path,
        wrong: impl Fn(&'static str, String) -> ConfigError,
    ) -> Result<Mail, ConfigError> {
        let from = Mailbox::parse(&self.from).map_err(|_| {
            wrong(
                "mail.from",
                "应如 学校安全行事历 <bell@bureau.example>".to_owned(),
            )
        })?;
        // Also under the spool: what is wrong should not wait for the day the switch is made.
        let smtp = self.smtp.checked(folder, &wrong)?;
        let transport = match self.transport.as_str() {
            "spool" => Transport::Spool(state.join(&self.spool)),
            "smtp" => Transport::Smtp(smtp),
            other => {
                return Err(wrong(
                    "mail.transport",
                    format!("“{other}”不认识,可以写 spool 或 smtp"),
                ));
            }
        };
        Ok(Mail {
            from,
            transport,
            templates: plain(&folder.join(&self.templates)),
            contact: self.contact,
            rate: Rate {
                per_minute: self.rate.per_minute,
                per_hour: self.rate.per_hour,
                per_day: self.rate.per_day,
                per_domain_per_minute: self.rate.per_domain_per_minute,
            },
        })
    }
}

impl RawSmtp {
    fn checked(
        self,
        folder: &Path,
        wrong: &impl Fn(&'static str, String) -> ConfigError,
    ) -> Result<SmtpAccess, ConfigError> {
        let tls = match self.tls.as_str() {
            "starttls" => Tls::StartTls,
            "implicit" => Tls::Implicit,
            "none" if is_loopback(&self.host) => Tls::None,
            "none" => {
                return Err(wrong(
                    "mail.smtp.tls",
                    "none 只用于本机的邮件服务器;请写 starttls 或 implicit".to_owned(),
                ));
            }
            other => {
                return Err(wrong(
                    "mail.smtp.tls",
                    format!("“{other}”不认识,可以写 starttls、implicit 或 none"),
                ));
            }
        };
        Ok(SmtpAccess {
            password_file: self.password_file.map(|file| folder.join(file)),
            settings: SmtpSettings {
                host: self.host,
                port: self.port,
                tls,
                user: self.user,
                password: None,
                ca_file: self.ca_file.map(|file| folder.join(file)),
            },
            timeouts: Timeouts {
                connect: Duration::from_secs(self.timeout_s.clamp(1, 30).into()),
                command: Duration::from_secs(self.timeout_s.max(1).into()),
                final_reply: Duration::from_secs(self.data_timeout_s.max(1).into()),
            },
        })
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
fn password(file: Option<&Path>) -> Result<Secret, Unusable> {
    let credential =
        environment("CREDENTIALS_DIRECTORY").map(|dir| Path::new(&dir).join("smtp-password"));
    let path = file
        .map(Path::to_owned)
        .or(credential)
        .ok_or(Unusable::NoPassword)?;
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

//! `[mail.smtp]`, checked.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio_rustls::TlsConnector;

use crate::mail::tls::connector;

/// How the way to the server is encrypted. It is never less than what is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// In clear at first, then encrypted before anything is said; a server without STARTTLS gets nothing.
    #[default]
    StartTls,
    /// Encrypted from the first byte; most often port 465.
    Implicit,
    /// In clear: only to this very machine.
    None,
}

/// A password: it can be used, but not shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// How to reach the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    /// Its name, which its certificate must bear, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The encryption asked for.
    pub tls: Tls,
    /// The account; none where the server asks for none.
    pub user: Option<String>,
    /// The account's password, or the 授权码 of 163 and QQ.
    pub password: Option<Secret>,
    /// A PEM file of further root certificates, for a bureau's own mail server.
    pub ca_file: Option<PathBuf>,
}

/// How long is waited for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect, and to agree on encryption.
    pub connect: Duration,
    /// For the reply to each command.
    pub command: Duration,
    /// For body, final dot and the reply to it (RFC 5321, 4.5.3.2.6: at least ten minutes).
    pub final_reply: Duration,
}

/// Settings that can't work.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// In clear over a network.
    #[error(
        "[mail.smtp] tls = \"none\" 只能用于本机,而 host 是 {0}。请改用 starttls(多为 25、587 端口)或 implicit(多为 465 端口)"
    )]
    ClearText(String),
    /// A name and no password.
    #[error(
        "[mail.smtp] 写了 user 却没有密码。请用 systemd 凭据 smtp-password 或 password_file 提供;163、QQ 邮箱要用授权码"
    )]
    NoPassword,
    /// The mailbox's name and no password.
    #[error(
        "[mail.imap] 写了 user 却没有密码。请用 systemd 凭据 imap-password 或 password_file 提供;163、QQ 邮箱要用授权码"
    )]
    NoMailboxPassword,
    /// A password file that cannot be used.
    #[error("[mail] 读不了密码文件 {path}:{why}")]
    PasswordFile {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A certificate file that is none.
    #[error("[mail] ca_file {path} 读不出证书:{why}。应是 PEM 格式的根证书")]
    BadRoots {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Nothing to check a server's certificate against.
    #[error(
        "这台机器上没有根证书,无法核对邮件服务器的身份。请安装 ca-certificates,或用 ca_file 指定"
    )]
    NoRoots,
    /// The encryption library refuses.
    #[error("无法准备加密连接:{0}")]
    NoTls(String),
}

impl Secret {
    /// Keeps a password; a line break at its end, as files have it, is dropped.
    pub fn new(text: &str) -> Self {
        Self(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// The password itself, for the one place that sends it.
    pub(in crate::mail) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_mins(1),
            final_reply: Duration::from_mins(10),
        }
    }
}

impl SmtpSettings {
    pub(super) fn check(&self) -> Result<(), Unusable> {
        if self.tls == Tls::None && !self.is_loopback() {
            return Err(Unusable::ClearText(self.host.clone()));
        }
        if self.user.is_some() && self.password.is_none() {
            return Err(Unusable::NoPassword);
        }
        Ok(())
    }

    pub(super) fn credentials(&self) -> Option<(&str, &Secret)> {
        Some((self.user.as_deref()?, self.password.as_ref()?))
    }

    fn is_loopback(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// What encrypts, with the roots certificates are checked against; `None` for `Tls::None`.
    pub(super) fn connector(&self) -> Result<Option<TlsConnector>, Unusable> {
        if self.tls == Tls::None {
            return Ok(None);
        }
        connector(self.ca_file.as_deref()).map(Some)
    }
}

//! `[mail.imap]`.

use std::path::Path;

use super::ImapAccess;
use super::read::{no_password, number_or, read_tls};
use crate::core::toml_text::{Keys, Value};
use crate::mail::{ImapSettings, Tls};

/// The mailbox; `None` where nobody signs in to one.
pub(super) fn read_imap(keys: &Keys<'_, '_>, folder: &Path) -> Option<ImapAccess> {
    no_password(keys, "imap-password");
    let text = |key| keys.value(key).and_then(Value::line).map(|line| line.value);
    let host = text("host");
    let user = text("user");
    let tls = keys
        .value("tls")
        .and_then(|value| read_tls(value, host.as_deref().unwrap_or("127.0.0.1")));
    let settings = ImapSettings {
        port: u16::try_from(number_or(keys, "port", 1, 65_535, 993)).unwrap_or(993),
        tls: tls.unwrap_or(Tls::Implicit),
        mailbox: text("mailbox").unwrap_or_else(|| "INBOX".to_owned()),
        ca_file: text("ca_file").map(|name| folder.join(name)),
        host: host.unwrap_or_else(|| "127.0.0.1".to_owned()),
        user: user.clone().unwrap_or_default(),
    };
    let access = ImapAccess {
        password_file: text("password_file").map(|name| folder.join(name)),
        every_s: number_or(keys, "every_s", 1, 86_400, 60),
        settings,
    };
    user.is_some().then_some(access)
}

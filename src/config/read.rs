//! Reading `schoolbell.toml`, every fault at once. A key that is missing or wrong has its default.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::imap::read_imap;
use super::{Backup, Mail, Settings, SmtpAccess, Transport, environment, is_loopback, plain};
use crate::core::calendar::role;
use crate::core::diagnostic::{Faults, Text, Words, did_you_mean, one_of};
use crate::core::ladder::RoleRef;
use crate::core::names::{Address, Role};
use crate::core::roster::Kind;
use crate::core::toml_text::{File, Keys, Placed, Value};
use crate::mail::{Mailbox, Rate, SmtpSettings, Timeouts, Tls};

/// The settings of a file; of none, the defaults.
pub(super) fn settings(path: &Path, text: Option<&Arc<Text>>, faults: &Faults) -> Settings {
    let folder = path.parent().unwrap_or(Path::new("."));
    let blank;
    let text = if let Some(text) = text {
        text
    } else {
        blank = Arc::new(Text {
            name: String::new(),
            body: String::new(),
        });
        &blank
    };
    let read = |keys: Keys<'_, '_>| top(path, folder, &keys);
    let file = File { text, faults };
    file.read_toml(read)
        .unwrap_or_else(|| settings(path, None, faults))
}

/// A text, or its default.
fn text_or(keys: &Keys<'_, '_>, key: &'static str, default: &str) -> String {
    keys.value(key)
        .and_then(Value::line)
        .map_or_else(|| default.to_owned(), |line| line.value)
}

pub(super) fn number_or(
    keys: &Keys<'_, '_>,
    key: &'static str,
    least: i64,
    most: i64,
    default: u32,
) -> u32 {
    keys.value(key)
        .and_then(|value| value.integer(least, most))
        .and_then(|number| u32::try_from(number.value).ok())
        .unwrap_or(default)
}

/// A table within a table, read and its unknown keys reported.
fn section<R>(
    keys: &Keys<'_, '_>,
    key: &'static str,
    read: impl FnOnce(Option<&Keys<'_, '_>>) -> R,
) -> R {
    let table = keys.value(key).and_then(Value::table);
    let found = read(table.as_ref());
    if let Some(table) = table {
        table.report_unknown();
    }
    found
}

fn top(path: &Path, folder: &Path, keys: &Keys<'_, '_>) -> Settings {
    let below = |key, default| plain(&folder.join(text_or(keys, key, default)));
    let (calendar, roster) = (
        below("calendar", "../calendar"),
        below("roster", "roster.csv"),
    );
    let own_state = below("state", "../var");
    let state = environment("STATE_DIRECTORY").map_or(own_state, PathBuf::from);
    let admins = match keys.value("admins").and_then(Value::array) {
        Some(all) => all.into_iter().filter_map(role).collect(),
        None => vec![RoleRef {
            role: Role::from("office"),
            at: Some(Kind::Bureau),
        }],
    };
    let (listen, base_url, trusted) = section(keys, "web", |web| {
        (
            web.and_then(|web| web.value("listen")).and_then(listen),
            web.and_then(|web| web.value("base_url")).and_then(base_url),
            web.and_then(|web| web.value("trusted_proxies"))
                .and_then(Value::array)
                .map(|all| all.into_iter().filter_map(proxy).collect()),
        )
    });
    let mail = section(keys, "mail", |mail| read_mail(mail, folder, &state));
    let backup = section(keys, "backup", |backup| read_backup(backup, &state));
    keys.report_unknown();
    Settings {
        file: path.to_owned(),
        calendar,
        roster,
        admins,
        listen: listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
        base_url: base_url.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned()),
        trusted_proxies: trusted.unwrap_or_default(),
        mail,
        backup,
        state,
    }
}

fn read_backup(keys: Option<&Keys<'_, '_>>, state: &Path) -> Backup {
    let keep = keys.map_or(14, |keys| number_or(keys, "keep", 0, 10_000, 14));
    let folder = keys.map_or_else(
        || "backup".to_owned(),
        |keys| text_or(keys, "folder", "backup"),
    );
    Backup {
        keep: usize::try_from(keep).unwrap_or(usize::MAX),
        folder: plain(&state.join(folder)),
    }
}

fn listen(value: Value<'_, '_>) -> Option<SocketAddr> {
    parsed(
        value,
        ["监听地址", "an address to listen on"],
        Words::new(
            "写 IP地址:端口,如 127.0.0.1:8080",
            "write IP:port, such as 127.0.0.1:8080",
        ),
    )
}

fn proxy(value: Value<'_, '_>) -> Option<IpAddr> {
    parsed(
        value,
        [" IP 地址", "an IP address"],
        Words::new(
            "写代理服务器的 IP 地址,如 127.0.0.1",
            "write the proxy's IP address, such as 127.0.0.1",
        ),
    )
}

/// A text read as what it is called in Chinese and in English.
fn parsed<T: FromStr>(value: Value<'_, '_>, called: [&str; 2], help: Words) -> Option<T> {
    let text = value.string()?;
    let found = text.value.parse().ok();
    if found.is_none() {
        let [zh, en] = called;
        value.file().error(
            text.span,
            Words::new(
                format!("“{}”不是{zh}", text.value),
                format!("“{}” is not {en}", text.value),
            ),
            help,
        );
    }
    found
}

fn base_url(value: Value<'_, '_>) -> Option<String> {
    let text = value.string()?;
    let url = text.value.trim_end_matches('/').to_owned();
    let has_host = ["http://", "https://"].iter().any(|scheme| {
        url.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty())
    });
    if has_host && !url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some(url);
    }
    value.file().error(
        text.span,
        Words::new(
            format!("“{}”不是网址", text.value),
            format!("“{}” is not a web address", text.value),
        ),
        Words::new(
            "以 http:// 或 https:// 开头,如 https://bell.school.example",
            "it begins with http:// or https://, such as https://bell.school.example",
        ),
    );
    None
}

fn read_mail(keys: Option<&Keys<'_, '_>>, folder: &Path, state: &Path) -> Mail {
    let value = |key| keys.and_then(|keys| keys.value(key));
    let text = |key, default: &str| {
        keys.map_or_else(|| default.to_owned(), |keys| text_or(keys, key, default))
    };
    let from = value("from").and_then(sender).unwrap_or_else(|| Mailbox {
        name: "学校安全行事历".to_owned(),
        address: Address::from("schoolbell@bureau.example"),
    });
    let flag = |key| value(key).and_then(Value::boolean).unwrap_or(false);
    let (verp, plus_reply_to) = (flag("verp"), flag("plus_reply_to"));
    let by_smtp = value("transport").and_then(|value| {
        let words = [("spool", false), ("smtp", true)];
        word(value, "不认识的发信方式", "unknown transport", &words)
    });
    let spool = state.join(text("spool", "spool"));
    let templates = plain(&folder.join(text("templates", "templates")));
    let contact = value("contact").and_then(|value| match value.as_str() {
        Some(text) if text.trim().is_empty() => None,
        _ => value.line(),
    });
    let smtp = match keys {
        Some(keys) => section(keys, "smtp", |smtp| read_smtp(smtp, folder)),
        None => read_smtp(None, folder),
    };
    let imap = keys.and_then(|keys| section(keys, "imap", |imap| read_imap(imap?, folder)));
    let rate = match keys {
        Some(keys) => section(keys, "rate", read_rate),
        None => read_rate(None),
    };
    Mail {
        from,
        verp,
        plus_reply_to,
        transport: if by_smtp == Some(true) {
            Transport::Smtp(smtp)
        } else {
            Transport::Spool(spool)
        },
        templates,
        contact: contact.map(|line| line.value).unwrap_or_default(),
        rate,
        imap,
    }
}

fn sender(value: Value<'_, '_>) -> Option<Mailbox> {
    let text = value.string()?;
    let found = Mailbox::parse(&text.value).ok();
    if found.is_none() {
        value.file().error(
            text.span,
            Words::new(
                format!("“{}”不是发件人", text.value),
                format!("“{}” is not a sender", text.value),
            ),
            Words::new(
                "写 名称 <邮箱>,如 学校安全行事历 <bell@bureau.example>",
                "write name <address>, such as School safety <bell@bureau.example>",
            ),
        );
    }
    found
}

/// One of a few words.
fn word<T: Copy>(value: Value<'_, '_>, zh: &str, en: &str, words: &[(&str, T)]) -> Option<T> {
    let text = value.string()?;
    let found = words.iter().find(|(word, _)| *word == text.value);
    if found.is_none() {
        let allowed = || words.iter().map(|(word, _)| *word);
        value.file().error_with_help(
            text.span,
            Words::new(
                format!("{zh} {}", text.value),
                format!("{en} {}", text.value),
            ),
            one_of(allowed()),
            did_you_mean(&text.value, allowed()),
        );
    }
    found.map(|(_, meaning)| *meaning)
}

fn read_smtp(keys: Option<&Keys<'_, '_>>, folder: &Path) -> SmtpAccess {
    let text = |key| keys.and_then(|keys| keys.value(key)).and_then(Value::line);
    let number = |key, least, most, default| {
        keys.map_or(default, |keys| number_or(keys, key, least, most, default))
    };
    let file = |key| text(key).map(|name: Placed<String>| folder.join(name.value));
    let host = text("host").map_or_else(|| "127.0.0.1".to_owned(), |host| host.value);
    if let Some(keys) = keys {
        no_password(keys, "smtp-password");
    }
    let tls = keys
        .and_then(|keys| keys.value("tls"))
        .and_then(|value| read_tls(value, &host));
    let timeout_s = number("timeout_s", 1, 86_400, 60);
    let data_timeout_s = number("data_timeout_s", 1, 86_400, 600);
    let connections = number("connections", 1, 32, 4);
    SmtpAccess {
        connections: usize::try_from(connections).unwrap_or(1),
        password_file: file("password_file"),
        settings: SmtpSettings {
            host,
            port: u16::try_from(number("port", 1, 65_535, 25)).unwrap_or(25),
            tls: tls.unwrap_or_default(),
            user: text("user").map(|user| user.value),
            password: None,
            ca_file: file("ca_file"),
        },
        timeouts: Timeouts {
            connect: Duration::from_secs(u64::from(timeout_s.min(30))),
            command: Duration::from_secs(u64::from(timeout_s)),
            final_reply: Duration::from_secs(u64::from(data_timeout_s)),
        },
    }
}

/// What people call a password.
const PASSWORDS: [&str; 6] = ["password", "passwd", "pass", "pwd", "密码", "授权码"];

/// A password does not belong in a file that many read.
pub(super) fn no_password(keys: &Keys<'_, '_>, name: &str) {
    for key in PASSWORDS.into_iter().filter_map(|key| keys.refused(key)) {
        keys.file().error_with_help(
            key,
            Words::new(
                "密码不能写在配置文件里",
                "the password must not stand in this file",
            ),
            Words::new("删去这一行,并换一个新密码", "remove this line, and change the password"),
            Some(Words::new(
                format!("新密码单独存成一个文件,这里写 password_file = \"{name}\";或用 systemd 凭据 {name}"),
                format!("keep the new one in a file of its own and write password_file = \"{name}\" here; or use the systemd credential {name}"),
            )),
        );
    }
}

/// The text with stars for passwords, byte for byte: its lines are shown with their faults, and mailed to the admins.
pub(super) fn without_passwords(body: &str) -> String {
    let mut shown = String::with_capacity(body.len());
    for line in body.split_inclusive('\n') {
        let value = PASSWORDS.into_iter().find_map(|name| {
            let after = line.find(name)? + name.len();
            let (equals, sign) = line[after..]
                .char_indices()
                .find(|(_, c)| matches!(c, '=' | '＝' | ':' | '：'))?;
            let between = line[after..after + equals].trim_matches(['"', '\'']);
            (between.trim().is_empty()).then_some(after + equals + sign.len_utf8())
        });
        let (key, value) = line.split_at(value.unwrap_or(line.len()));
        shown.push_str(key);
        for c in value.chars() {
            match c {
                '"' | '\'' | ' ' | '\r' | '\n' | '}' => shown.push(c),
                c => shown.extend(std::iter::repeat_n('*', c.len_utf8())),
            }
        }
    }
    shown
}

pub(super) fn read_tls(value: Value<'_, '_>, host: &str) -> Option<Tls> {
    let words = [
        ("starttls", Tls::StartTls),
        ("implicit", Tls::Implicit),
        ("none", Tls::None),
    ];
    let found = word(
        value,
        "不认识的加密方式",
        "unknown kind of encryption",
        &words,
    )?;
    if found != Tls::None || is_loopback(host) {
        return Some(found);
    }
    value.file().error_with_help(
        value.span(),
        Words::new(
            format!("不加密(none)只能用于本机,而 host 是 {host}"),
            format!("“none” is for this machine only, and the host is {host}"),
        ),
        one_of(["starttls", "implicit"]),
        Some(Words::new(
            "25、143、587端口一般写 starttls,465、993端口写 implicit",
            "ports 25, 143 and 587 mostly take starttls, ports 465 and 993 implicit",
        )),
    );
    None
}

fn read_rate(keys: Option<&Keys<'_, '_>>) -> Rate {
    let number =
        |key, default| keys.map_or(default, |keys| number_or(keys, key, 0, 1_000_000, default));
    Rate {
        per_minute: number("per_minute", 600),
        per_hour: number("per_hour", 0),
        per_day: number("per_day", 0),
        per_domain_per_minute: number("per_domain_per_minute", 0),
    }
}

//! What a failed attempt means: try again, give up, pause, or nobody knows.

use std::error::Error as _;
use std::time::Duration;

use jiff::SignedDuration;

use super::super::mime::NotAMailbox;
use super::super::phrase::{one_line, shorten};
use super::super::transport::{Envelope, Sent};
use super::settings::{SmtpSettings, Tls};

/// A server's words are kept to this in the ledger.
const REPLY_MAX_CHARS: usize = 300;

/// Most greylists let a sender through after five minutes.
const GREYLIST_PAUSE: SignedDuration = SignedDuration::from_mins(6);

/// How far an attempt got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No connection yet.
    Connect,
    /// Up to the server's greeting, and its answer to ours.
    Greeting,
    /// STARTTLS, or TLS from the first byte.
    Encrypt,
    /// AUTH.
    SignIn,
    /// MAIL.
    Sender,
    /// RCPT.
    Recipient,
    /// DATA, before the letter's text.
    Data,
    /// The letter's text, before the final dot.
    Body,
    /// From the first byte of the final dot on.
    Accepted,
}

/// What went wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server said no, in 4xx or 5xx.
    Reply {
        /// Its code.
        code: u16,
        /// Its words, an enhanced status code (RFC 3463) first where there is one.
        text: String,
    },
    /// The server said yes to something that wasn't asked.
    OutOfStep(String),
    /// The server's name has no address, as far as can be found out.
    NoSuchHost(String),
    /// The connection was refused, or broke.
    Broken(String),
    /// Nothing came for so long.
    TimedOut(Duration),
    /// The server has no STARTTLS.
    NoStartTls,
    /// The certificate, the protocol, or what came before it.
    Untrusted(String),
    /// Without encryption, and not to this machine.
    NotHere,
    /// No way to sign in that we know.
    NoMechanism,
    /// An address that cannot be sent.
    BadAddress(NotAMailbox),
    /// The letter is not all ASCII.
    NotAscii,
    /// The letter is larger than the server says it takes.
    TooLarge {
        /// What it has.
        bytes: u64,
        /// What the server takes.
        most: u64,
    },
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub(super) stage: Stage,
    cause: Cause,
}

impl Failure {
    /// What went wrong, and how far it had got.
    pub fn new(stage: Stage, cause: Cause) -> Self {
        Self { stage, cause }
    }

    pub(super) fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    /// Whether the server answered with a plain no.
    pub(super) fn is_reply(&self) -> bool {
        matches!(self.cause, Cause::Reply { .. })
    }

    /// Whether a connection that had served before was simply gone. A time-out counts while the first command waits:
    /// firewalls forget idle connections without a word.
    pub(super) fn is_stale_connection(&self) -> bool {
        match &self.cause {
            Cause::Broken(_) => self.stage != Stage::Accepted,
            Cause::TimedOut(_) => self.stage == Stage::Sender,
            Cause::Reply { code: 421, text } => {
                self.stage == Stage::Sender && pacing(text).is_none()
            }
            _ => false,
        }
    }

    /// Whether the server said a plain no and the connection may serve the next letter.
    pub(super) fn leaves_in_step(&self) -> bool {
        let is_no = match self.cause {
            Cause::Reply { code, .. } => code != 421,
            // Nothing was said at all.
            Cause::TooLarge { .. } => true,
            _ => false,
        };
        is_no
            && matches!(
                self.stage,
                Stage::Sender | Stage::Recipient | Stage::Data | Stage::Accepted
            )
    }

    /// What it means for the letter.
    pub fn verdict(&self) -> Sent {
        let text = self.text();
        let is_relay = self.is_about_us();
        let later = |retry_hint| Sent::Deferred {
            text: text.clone(),
            retry_hint,
            relay: is_relay,
        };
        match &self.cause {
            Cause::Reply { text: said, .. } if self.is_crowd(said) => Sent::Crowded { text },
            // We never say a thing out of turn: the server has lost count, and a fresh connection will do.
            Cause::Reply { code: 503, .. }
                if matches!(self.stage, Stage::Recipient | Stage::Data) =>
            {
                later(None)
            }
            Cause::Reply { code, text: said } => self.of_reply(*code, said, text.clone()),
            Cause::Broken(_) | Cause::TimedOut(_) | Cause::OutOfStep(_)
                if self.stage == Stage::Accepted =>
            {
                Sent::Unknown(text)
            }
            Cause::NoSuchHost(_) | Cause::Broken(_) | Cause::TimedOut(_) | Cause::OutOfStep(_) => {
                later(None)
            }
            Cause::NoStartTls | Cause::Untrusted(_) | Cause::NotHere | Cause::NoMechanism => {
                Sent::Paused { text }
            }
            Cause::BadAddress(_) if self.stage == Stage::Sender => Sent::Paused { text },
            Cause::BadAddress(_) => Sent::Refused {
                text,
                recipient: true,
            },
            Cause::NotAscii | Cause::TooLarge { .. } => Sent::Refused {
                text,
                recipient: false,
            },
        }
    }

    fn of_reply(&self, code: u16, said: &str, text: String) -> Sent {
        match self.refusal(code, said) {
            Refusal::Slower(pause) => Sent::Deferred {
                text,
                retry_hint: Some(pause),
                relay: true,
            },
            Refusal::Greylisted => Sent::Deferred {
                text,
                retry_hint: Some(GREYLIST_PAUSE),
                relay: false,
            },
            Refusal::Later => Sent::Deferred {
                text,
                retry_hint: None,
                relay: self.is_about_us(),
            },
            Refusal::Service | Refusal::Account | Refusal::Sender | Refusal::Relaying => {
                Sent::Paused { text }
            }
            Refusal::Mailbox => Sent::Refused {
                text,
                recipient: true,
            },
            Refusal::Full | Refusal::Size | Refusal::Policy => Sent::Refused {
                text,
                recipient: false,
            },
        }
    }

    /// Whether the server has enough of our connections, and said so before it took anything.
    fn is_crowd(&self, said: &str) -> bool {
        matches!(
            self.stage,
            Stage::Greeting | Stage::Encrypt | Stage::SignIn | Stage::Sender
        ) && says(said, CROWDED)
    }

    /// Whether it was no matter of this letter, so that others would fare the same.
    fn is_about_us(&self) -> bool {
        !matches!(
            self.stage,
            Stage::Recipient | Stage::Data | Stage::Body | Stage::Accepted
        )
    }

    fn refusal(&self, code: u16, said: &str) -> Refusal {
        let status = enhanced(said);
        if let Some(pause) = pacing(said) {
            return Refusal::Slower(pause);
        }
        if code < 500 {
            return if says(said, &["greylist", "graylist", "grey-list"]) {
                Refusal::Greylisted
            } else {
                Refusal::Later
            };
        }
        if matches!(code, 530 | 534 | 535 | 538) || self.stage == Stage::SignIn {
            return Refusal::Account;
        }
        if status == Some((2, 2)) {
            return Refusal::Full;
        }
        if code == 552 || status == Some((3, 4)) {
            return Refusal::Size;
        }
        if matches!(status, Some((1, 7 | 8) | (7, 60))) || says(said, NOT_THE_ACCOUNTS) {
            return Refusal::Sender;
        }
        match self.stage {
            Stage::Connect | Stage::Greeting | Stage::Encrypt | Stage::SignIn => Refusal::Service,
            Stage::Sender => Refusal::Sender,
            _ if says(said, NO_RELAYING) => Refusal::Relaying,
            _ if is_mailbox_at_fault(code, said) => Refusal::Mailbox,
            _ => Refusal::Policy,
        }
    }

    fn text(&self) -> String {
        format!("{}:{}", self.stage.name(), self.what())
    }

    /// What happened, and what to mend.
    pub(super) fn what(&self) -> String {
        let what = match &self.cause {
            Cause::Reply { code, text } => format!("服务器答复 {code} {}", words(text)),
            Cause::OutOfStep(line) => format!("服务器答非所问({}),已断开", words(line)),
            Cause::NoSuchHost(why) => format!("查不到服务器的地址({})", words(why)),
            Cause::Broken(why) => format!("连接中断({})", words(why)),
            Cause::TimedOut(limit) => format!("等了 {} 秒没有答复", limit.as_secs_f32()),
            Cause::NoStartTls => "服务器不提供 STARTTLS".to_owned(),
            Cause::Untrusted(why) => format!("加密连接不可信({})", words(why)),
            Cause::NotHere => "不加密只能用于本机,而对方不在本机".to_owned(),
            Cause::NoMechanism => "服务器不提供 PLAIN 或 LOGIN 登录".to_owned(),
            Cause::BadAddress(why) => why.to_string(),
            Cause::NotAscii => "信中有未编码的字符,服务器未必能收".to_owned(),
            Cause::TooLarge { bytes, most } => format!(
                "信有 {} KB,服务器最多收 {} KB",
                bytes.div_ceil(1024),
                most / 1024
            ),
        };
        match self.advice() {
            "" => what,
            advice => format!("{what}。{advice}"),
        }
    }

    fn advice(&self) -> &'static str {
        match (&self.cause, self.stage) {
            (Cause::Reply { code, text }, _) => self.refusal(*code, text).advice(),
            (Cause::NoStartTls, _) => {
                "信没有发出,也不会改用明文。请改用 tls = \"implicit\"(多为 465 端口),或请邮件服务商开通"
            }
            (Cause::Untrusted(_), _) => {
                "请核对 host 是否与证书上的名称一致;单位自建的服务器,请用 ca_file 指定它的根证书"
            }
            (Cause::NotHere, _) => "请改用 tls = \"starttls\" 或 \"implicit\"",
            (Cause::NoSuchHost(_), _) => "请核对 [mail.smtp] 的 host,并确认本机的域名解析(DNS)正常",
            (Cause::TooLarge { .. }, _) => Refusal::Size.advice(),
            (Cause::NoMechanism, _) => "请核对端口和加密方式,或请邮件服务商开通密码登录",
            (_, Stage::Connect) => {
                "请核对 [mail.smtp] 的 host 和 port,并确认本机到该端口的网络是通的"
            }
            (_, Stage::Accepted) => "信可能已经送达,将以同样的编号再发一次",
            _ => "",
        }
    }
}

/// What a server means by its no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// Too fast; wait so long.
    Slower(SignedDuration),
    /// Another time.
    Later,
    /// It takes letters from strangers only when they come again.
    Greylisted,
    /// It doesn't serve us at all.
    Service,
    /// The account or its password.
    Account,
    /// The sender isn't the account's.
    Sender,
    /// It doesn't relay for us.
    Relaying,
    /// The recipient's mailbox doesn't exist, or is closed.
    Mailbox,
    /// The recipient's mailbox is full.
    Full,
    /// The letter is too large.
    Size,
    /// Junk, policy, anything else.
    Policy,
}

impl Refusal {
    fn advice(self) -> &'static str {
        match self {
            Self::Later => "",
            Self::Greylisted => "对方服务器要求过几分钟再发一次,会自动再发",
            Self::Slower(_) => "服务器要求放慢,稍后自动再发;若常见,请调小 [mail.rate]",
            Self::Service => "服务器不接受本机的连接,请与邮件服务商联系",
            Self::Account => {
                "请核对 [mail.smtp] 的 user 和密码;163、QQ 邮箱要用授权码,并先在网页邮箱里开通 SMTP"
            }
            Self::Sender => {
                "请核对 [mail] 的 from:多数邮箱要求它与登录的账号(user)相同;若开了 verp,请关掉"
            }
            Self::Relaying => {
                "服务器不替本机转发:请写上 [mail.smtp] 的 user 和密码,或请它的管理员允许本机转发"
            }
            Self::Mailbox => "请核对通讯录里的这个邮箱",
            Self::Full => "对方邮箱已满,请用电话告知本人清理",
            Self::Size => "信太大了,请减少一封信里的内容",
            Self::Policy => {
                "这不是邮箱写错,而是被服务器拦下,请与邮件服务商联系,把发件地址加入白名单"
            }
        }
    }
}

impl Cause {
    pub(super) fn of(fault: &lettre::transport::smtp::Error) -> Self {
        let said = fault.source().map(ToString::to_string).unwrap_or_default();
        match fault.status() {
            Some(code) => Self::Reply {
                code: u16::from(code),
                text: said,
            },
            // lettre's way of saying that the stream has ended.
            None if said == "incomplete response" => Self::Broken("服务器断开了连接".to_owned()),
            None => Self::Broken(said),
        }
    }
}

impl Stage {
    /// The stages an attempt goes through, in order.
    pub(super) fn in_order(settings: &SmtpSettings) -> Vec<Self> {
        let mut stages = vec![Self::Connect];
        match settings.tls {
            Tls::StartTls => stages.extend([Self::Greeting, Self::Encrypt]),
            Tls::Implicit => stages.extend([Self::Encrypt, Self::Greeting]),
            Tls::None => stages.push(Self::Greeting),
        }
        if settings.credentials().is_some() {
            stages.push(Self::SignIn);
        }
        stages.extend([
            Self::Sender,
            Self::Recipient,
            Self::Data,
            Self::Body,
            Self::Accepted,
        ]);
        stages
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Connect => "连接",
            Self::Greeting => "服务器应答",
            Self::Encrypt => "加密",
            Self::SignIn => "登录",
            Self::Sender => "发件人",
            Self::Recipient => "收件人",
            Self::Data => "准备传信",
            Self::Body => "传信",
            Self::Accepted => "服务器收信",
        }
    }

    /// What it is tried with.
    pub(super) fn about(self, settings: &SmtpSettings, envelope: &Envelope) -> String {
        match self {
            Self::Connect => format!("{}:{}", settings.host, settings.port),
            Self::Encrypt if settings.tls == Tls::StartTls => "STARTTLS".to_owned(),
            Self::Encrypt => "TLS".to_owned(),
            Self::SignIn => settings.user.clone().unwrap_or_default(),
            Self::Sender => envelope.from.to_string(),
            Self::Recipient => envelope.to.to_string(),
            Self::Greeting | Self::Data | Self::Body | Self::Accepted => String::new(),
        }
    }
}

fn words(text: &str) -> String {
    shorten(&one_line(text), REPLY_MAX_CHARS)
}

/// Subject and detail of an enhanced status code (RFC 3463) at the start of a reply.
fn enhanced(said: &str) -> Option<(u16, u16)> {
    let mut parts = said.split_whitespace().next()?.split('.');
    let class: u16 = parts.next()?.parse().ok()?;
    let code = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (matches!(class, 4 | 5) && parts.next().is_none()).then_some(code)
}

fn says(said: &str, phrases: &[&str]) -> bool {
    let said = said.to_lowercase();
    phrases.iter().any(|phrase| said.contains(phrase))
}

/// 5.1.x but the sender's own (5.1.7, 5.1.8), and 5.2.1. Servers without enhanced codes, 163 and QQ among them, say it
/// in words.
pub(in crate::mail) fn is_mailbox_at_fault(code: u16, said: &str) -> bool {
    match enhanced(said) {
        Some((1, detail)) => !matches!(detail, 7 | 8),
        Some(status) => status == (2, 1),
        None => {
            matches!(code, 550 | 551 | 553)
                && says(
                    said,
                    &[
                        "user unknown",
                        "unknown user",
                        "unknown recipient",
                        "no such user",
                        "no such mailbox",
                        "no such recipient",
                        "user not found",
                        "mailbox not found",
                        "recipient not found",
                        "does not exist",
                        "invalid recipient",
                    ],
                )
        }
    }
}

const NO_RELAYING: &[&str] = &[
    "relay access denied",
    "relaying denied",
    "relay denied",
    "not permitted to relay",
];

/// Some providers' way of saying “slower”, whatever the code: 163's HL and MI marks, QQ's “frequency limited”, a
/// used-up quota (5.4.5).
fn pacing(said: &str) -> Option<SignedDuration> {
    if says(said, TOO_FAST) {
        Some(SignedDuration::from_mins(15))
    } else if says(said, QUOTA_USED_UP) || enhanced(said) == Some((4, 5)) {
        Some(SignedDuration::from_hours(1))
    } else {
        None
    }
}

const TOO_FAST: &[&str] = &["hl:ifc", "mi:dmc", "mi:sfq", "frequency limited"];
/// One connection fewer will do; 163's mark for it is HL:ICC.
const CROWDED: &[&str] = &[
    "hl:icc",
    "too many connections",
    "too many concurrent",
    "concurrent connection",
    "connection limit",
    "too many sessions",
];
/// The sender isn't the account's, in the words of 163 (553), QQ (501, 502), Exmail and Postfix.
const NOT_THE_ACCOUNTS: &[&str] = &[
    "authorized user",
    "authorization user",
    "must equal authorized",
    "must be same as auth",
    "not owned by user",
    "send as this sender",
];
const QUOTA_USED_UP: &[&str] = &["sending quota", "sending limit", "daily limit"];

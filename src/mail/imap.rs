//! The mailbox that replies and bounces arrive in, read over IMAP. Nothing is moved or deleted in it: where reading stands
//! is kept by number in the ledger, so that a person who opens the mailbox changes nothing.

use std::fmt::{Debug, Display};
use std::path::PathBuf;
use std::time::Duration;

use async_imap::Client;
use async_imap::error::Error;
use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response, Status};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::phrase::{one_line, shorten};
use super::smtp::{Secret, Tls, Unusable};
use super::tls::{self, NotEncrypted, connector};

/// How long a server may take over one command.
const COMMAND_WITHIN: Duration = Duration::from_mins(1);

/// How long a whole mail may take to come.
const FETCH_WITHIN: Duration = Duration::from_mins(5);

/// A larger mail is read up to here, and what is attached to it is cut off.
const LARGEST_MAIL_BYTES: u32 = 40 * 1024 * 1024;

/// As much of a server's words is shown.
const LONGEST_SAID: usize = 200;

/// How to reach the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImapSettings {
    /// The server's name, which its certificate must bear, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The encryption asked for.
    pub tls: Tls,
    /// Who signs in.
    pub user: String,
    /// Which of the user's mailboxes is read.
    pub mailbox: String,
    /// A PEM file of further root certificates.
    pub ca_file: Option<PathBuf>,
}

/// A way to the mailbox.
pub struct Imap {
    settings: ImapSettings,
    password: Secret,
    tls: Option<TlsConnector>,
}

/// An open mailbox.
pub struct Session {
    imap: async_imap::Session<Box<dyn Line>>,
    /// The numbering that its mails have.
    pub uid_validity: u32,
}

/// A mail as the server has it.
pub struct Fetched {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether these are all of it.
    pub is_whole: bool,
}

/// Why the mailbox could not be read, in Chinese.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ImapFault {
    /// What happened, and what to mend.
    pub text: String,
    /// Whether it lasts until a person mends something.
    pub lasts: bool,
}

/// What the mailbox is read through.
trait Line: AsyncRead + AsyncWrite + Unpin + Send + Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Debug> Line for T {}

fn passing(what: &str, why: impl Display) -> ImapFault {
    ImapFault {
        text: format!("{what}:{}", said(&why.to_string())),
        lasts: false,
    }
}

fn lasting(what: &str, why: impl Display) -> ImapFault {
    ImapFault {
        lasts: true,
        ..passing(what, why)
    }
}

fn said(why: &str) -> String {
    shorten(&one_line(why), LONGEST_SAID)
}

/// The outcome of a command, in time.
async fn within<T>(
    limit: Duration,
    what: &str,
    command: impl Future<Output = Result<T, Error>>,
) -> Result<T, ImapFault> {
    match timeout(limit, command).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(why)) => Err(passing(what, why)),
        Err(_) => Err(passing(what, format!("{}秒没有回音", limit.as_secs()))),
    }
}

impl Imap {
    /// Checks the settings and reads the root certificates; connects to nothing yet.
    ///
    /// # Errors
    /// What in the settings can't work, and what to mend.
    pub fn new(settings: ImapSettings, password: Secret) -> Result<Self, Unusable> {
        let tls = match settings.tls {
            Tls::None => None,
            _ => Some(connector(settings.ca_file.as_deref())?),
        };
        Ok(Self {
            settings,
            password,
            tls,
        })
    }

    /// Connects, signs in and opens the mailbox.
    ///
    /// # Errors
    /// What the server said, and what to mend.
    pub async fn open(&self) -> Result<Session, ImapFault> {
        let mut client = Client::new(self.connect().await?);
        if self.settings.tls != Tls::StartTls {
            greeted(&mut client).await?;
        }
        let signing_in = client.login(&self.settings.user, self.password.reveal());
        let mut imap = match timeout(COMMAND_WITHIN, signing_in).await {
            Ok(Ok(session)) => session,
            Ok(Err((Error::No(why), _))) => {
                let what = "收信服务器不让登录,请核对 [mail.imap] 的 user 和密码;163、QQ 邮箱要先开通 IMAP,并用授权码";
                // Providers refuse for a while whoever came too often: lasting is what lasts.
                return Err(passing(what, why));
            }
            Ok(Err((why, _))) => return Err(passing("登录收信服务器出错", why)),
            Err(_) => return Err(passing("登录收信服务器", "没有回音")),
        };
        let offers = within(COMMAND_WITHIN, "问收信服务器会什么", imap.capabilities()).await?;
        if offers.has_str("ID") {
            // 163 and 126 open no mailbox for who has not said what program it is.
            let name = [
                ("name", Some("schoolbell")),
                ("version", Some(env!("CARGO_PKG_VERSION"))),
            ];
            within(COMMAND_WITHIN, "向收信服务器自报名称", imap.id(name)).await?;
        }
        let opening = imap.select(&self.settings.mailbox);
        let mailbox = match timeout(COMMAND_WITHIN, opening).await {
            Ok(Ok(mailbox)) => mailbox,
            Ok(Err(Error::No(why))) => {
                let what = format!("打不开邮箱文件夹 {}", self.settings.mailbox);
                return Err(lasting(&what, why));
            }
            Ok(Err(why)) => return Err(passing("打开邮箱出错", why)),
            Err(_) => return Err(passing("打开邮箱", "没有回音")),
        };
        Ok(Session {
            imap,
            uid_validity: mailbox.uid_validity.unwrap_or_default(),
        })
    }

    async fn connect(&self) -> Result<Box<dyn Line>, ImapFault> {
        let host = tls::bare(&self.settings.host);
        let what = format!("连不上收信服务器 {host}:{}", self.settings.port);
        let connecting = TcpStream::connect((host, self.settings.port));
        let tcp = match timeout(COMMAND_WITHIN, connecting).await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(why)) => return Err(passing(&what, why)),
            Err(_) => return Err(passing(&what, "没有回音")),
        };
        let Some(connector) = &self.tls else {
            return if tls::is_here(&tcp) {
                Ok(Box::new(tcp))
            } else {
                Err(lasting("收信服务器不在本机,不加密不能登录", host))
            };
        };
        let tcp = match self.settings.tls {
            Tls::StartTls => ask_for_tls(tcp).await?,
            _ => tcp,
        };
        match tls::encrypt(tcp, connector, host, COMMAND_WITHIN).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(NotEncrypted::Untrusted(why)) => {
                let what = "收信服务器的证书核对不上,不登录;自签的证书请写 [mail.imap] ca_file";
                Err(lasting(what, why))
            }
            Err(NotEncrypted::Broken(why)) => Err(passing("与收信服务器加密时出错", why)),
            Err(NotEncrypted::TimedOut) => Err(passing("与收信服务器加密", "没有回音")),
        }
    }
}

/// In clear only so far as it takes to encrypt. What the server says after it agreed is not read: it would be anybody's.
async fn ask_for_tls(tcp: TcpStream) -> Result<TcpStream, ImapFault> {
    let mut client = Client::new(tcp);
    greeted(&mut client).await?;
    let asking = client.run_command_and_check_ok("STARTTLS", None);
    match timeout(COMMAND_WITHIN, asking).await {
        Ok(Ok(())) => Ok(client.into_inner()),
        Ok(Err(Error::No(why) | Error::Bad(why))) => Err(lasting(
            "收信服务器不会 STARTTLS,不加密不能登录;993端口请写 tls = \"implicit\"",
            why,
        )),
        Ok(Err(why)) => Err(passing("与收信服务器商量加密时出错", why)),
        Err(_) => Err(passing("与收信服务器商量加密", "没有回音")),
    }
}

async fn greeted<T>(client: &mut Client<T>) -> Result<(), ImapFault>
where
    T: AsyncRead + AsyncWrite + Unpin + Debug + Send,
{
    match timeout(COMMAND_WITHIN, client.read_response()).await {
        Ok(Ok(Some(_))) => Ok(()),
        Ok(Ok(None)) => Err(passing("收信服务器", "断开了连接")),
        Ok(Err(why)) => Err(passing("收信服务器的招呼看不懂", why)),
        Err(_) => Err(passing("收信服务器", "没有回音")),
    }
}

impl Session {
    /// The numbers of the mails after `last`, in order; of none, of those since a day, as `8-May-2026`.
    ///
    /// # Errors
    /// What the server said.
    pub async fn after(&mut self, last: Option<u32>, since: &str) -> Result<Vec<u32>, ImapFault> {
        let query = match last {
            Some(last) => format!("UID {}:*", last.saturating_add(1)),
            None => format!("SINCE {since}"),
        };
        let mut found: Vec<u32> = Vec::new();
        let searching = self.ask(format!("UID SEARCH {query}"), |answer| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                found.extend(uids);
            }
        });
        within(COMMAND_WITHIN, "在邮箱里找新来的信", searching).await?;
        // `*` is the last mail even where it is an old one.
        found.retain(|uid| last.is_none_or(|last| *uid > last));
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// A mail; `None` where it is gone by now, which only a server says that has nothing else to say. It stays unread.
    ///
    /// # Errors
    /// What the server said.
    pub async fn fetch(&mut self, uid: u32) -> Result<Option<Fetched>, ImapFault> {
        let query =
            format!("UID FETCH {uid} (UID RFC822.SIZE BODY.PEEK[]<0.{LARGEST_MAIL_BYTES}>)");
        let mut found: Option<Option<Fetched>> = None;
        let fetching = self.ask(query, |answer| {
            // A server may tell of other mails' flags in between.
            if let Response::Fetch(_, parts) = answer
                && parts.contains(&AttributeValue::Uid(uid))
                && !matches!(found, Some(Some(_)))
            {
                found = Some(fetched(parts));
            }
        });
        within(FETCH_WITHIN, "取信", fetching).await?;
        match found {
            Some(None) => Err(passing("取信", "服务器没有给出信的内容")),
            found => Ok(found.flatten()),
        }
    }

    /// Marks a mail as read, for the people who look into the mailbox: what stays unread needs them.
    ///
    /// # Errors
    /// What the server said.
    pub async fn mark_seen(&mut self, uid: u32) -> Result<(), ImapFault> {
        let marking = self.ask(format!("UID STORE {uid} +FLAGS.SILENT (\\Seen)"), |_| {});
        within(COMMAND_WITHIN, "标记已读", marking).await
    }

    /// Gives a command and hands over what comes back, up to the line that ends it. async-imap's own commands end there
    /// without looking whether it says OK, and what a server could not give now would pass for not there.
    async fn ask(
        &mut self,
        command: String,
        mut take: impl FnMut(&Response<'_>),
    ) -> Result<(), Error> {
        let asked = self.imap.run_command(command).await?;
        loop {
            let Some(answer) = self.imap.read_response().await? else {
                return Err(Error::ConnectionLost);
            };
            let (status, outcome) = match answer.parsed() {
                Response::Done {
                    tag,
                    status,
                    outcome,
                } if *tag == asked => (status, outcome),
                answer => {
                    take(answer);
                    continue;
                }
            };
            let words = outcome.information.as_deref().unwrap_or_default();
            return match status {
                Status::Ok => Ok(()),
                Status::No => Err(Error::No(words.to_owned())),
                _ => Err(Error::Bad(words.to_owned())),
            };
        }
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        let _ = timeout(Duration::from_secs(5), self.imap.logout()).await;
    }
}

/// A mail out of the parts of an answer that has it.
fn fetched(parts: &[AttributeValue<'_>]) -> Option<Fetched> {
    let bytes = parts.iter().find_map(|part| match part {
        AttributeValue::BodySection {
            section: None,
            data: Some(bytes),
            ..
        } => Some(bytes.to_vec()),
        _ => None,
    })?;
    let size = parts.iter().find_map(|part| match part {
        AttributeValue::Rfc822Size(size) => Some(*size),
        _ => None,
    });
    Some(Fetched {
        bytes,
        is_whole: size.is_none_or(|size| size <= LARGEST_MAIL_BYTES),
    })
}

//! A real post office for a test: Postfix and Dovecot from Debian's packages, on loopback, with folders of their own.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::house::free_port;
use super::waiting::wait_for;

const MASTER: &str = "/usr/lib/postfix/sbin/master";
const DOVECOT: &str = "/usr/sbin/dovecot";

/// The password of everybody's mailbox.
pub(super) const PASSWORD: &str = "鸣钟 secret\"1";

/// The server, and who has a mailbox there.
pub(super) struct PostOffice {
    folder: TempDir,
    pub(super) smtp: u16,
    pub(super) imap: u16,
    pub(super) imaps: u16,
    postfix: Child,
    dovecot: Child,
}

/// Whether a test has to be left out for want of a post office, and says so. With `CI=true` none may be.
#[expect(clippy::print_stdout, reason = "it tells who runs the tests")]
pub(super) fn is_left_out() -> bool {
    let root = rustix::process::geteuid().is_root();
    let missing: Vec<&str> = [
        (Path::new(MASTER).exists(), "postfix"),
        (Path::new(DOVECOT).exists(), "dovecot-imapd"),
        (Path::new("/usr/lib/dovecot/lmtp").exists(), "dovecot-lmtpd"),
        (root, "root"),
    ]
    .into_iter()
    .filter(|(there, _)| !there)
    .map(|(_, what)| what)
    .collect();
    if missing.is_empty() {
        return false;
    }
    let words = format!("left out: there is no {}", missing.join(", no "));
    assert!(std::env::var_os("CI").is_none(), "{words}");
    println!("{words}");
    true
}

/// A queue may have folders of its own.
fn files_below(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files_below(&entry.path()),
            Ok(_) => 1,
            // Gone since it was listed.
            Err(_) => 0,
        })
        .sum()
}

impl PostOffice {
    /// Opens with mailboxes for these addresses. Whoever else is written to has none: the letter is accepted, and comes
    /// back. Nothing goes anywhere else, and no name is looked up.
    pub(super) fn open(addresses: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The servers' own users have to get at their folders.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["postfix", "queue", "data", "mail", "run", "state"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let owner = |path: &str, user: &str| {
            let done = Command::new("chown")
                .arg(user)
                .arg(folder.path().join(path))
                .status()
                .unwrap();
            assert!(done.success());
        };
        owner("mail", "mail:mail");
        owner("data", "postfix");
        let (smtp, lmtp) = (free_port(), free_port());
        let (imap, imaps) = (free_port(), free_port());
        let mut users = String::new();
        for address in addresses {
            let _ = writeln!(users, "{address}:{{PLAIN}}{PASSWORD}::::::");
        }
        let place = folder.path().display().to_string();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls");
        let dovecot = DOVECOT_CONF
            .replace("@T@", &place)
            .replace("@TLS@", &root.display().to_string())
            .replace("@IMAP@", &imap.to_string())
            .replace("@IMAPS@", &imaps.to_string())
            .replace("@LMTP@", &lmtp.to_string());
        let main = MAIN_CF
            .replace("@T@", &place)
            .replace("@LMTP@", &lmtp.to_string());
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("users", &users);
        write("dovecot.conf", &dovecot);
        write("postfix/main.cf", &main);
        write(
            "postfix/master.cf",
            &MASTER_CF.replace("@SMTP@", &smtp.to_string()),
        );
        let log = |name: &str| {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            (Stdio::from(file.try_clone().unwrap()), Stdio::from(file))
        };
        let (out, errors) = log("dovecot.out");
        let dovecot = Command::new(DOVECOT)
            .arg("-c")
            .arg(folder.path().join("dovecot.conf"))
            .arg("-F")
            .stdout(out)
            .stderr(errors)
            .spawn()
            .unwrap();
        let config = folder.path().join("postfix");
        let checked = Command::new("postfix")
            .arg("-c")
            .arg(&config)
            .arg("check")
            .output()
            .unwrap();
        assert!(checked.status.success(), "{checked:?}");
        let (out, errors) = log("postfix.out");
        let postfix = Command::new(MASTER)
            .arg("-c")
            .arg(&config)
            .arg("-d")
            .env("MAIL_CONFIG", &config)
            .stdout(out)
            .stderr(errors)
            .spawn()
            .unwrap();
        let office = Self {
            folder,
            smtp,
            imap,
            imaps,
            postfix,
            dovecot,
        };
        for port in [smtp, lmtp, imap, imaps] {
            office.wait_until(&format!("port {port} is open"), || {
                TcpStream::connect(("127.0.0.1", port)).is_ok()
            });
        }
        office
    }

    /// Asks again and again, and fails with the servers' logs.
    pub(super) fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let ask = || holds().then_some(());
        wait_for(ask, || format!("{what}\n{}", self.logs()));
    }

    /// Waits until nothing lies in Postfix's queue any more, as long as it gets less.
    pub(super) fn wait_until_delivered(&self) {
        let queued = || -> usize {
            let queues = ["maildrop", "incoming", "active", "deferred"];
            let count = |name: &&str| files_below(&self.folder.path().join("queue").join(name));
            queues.iter().map(count).sum()
        };
        let mut left = queued();
        while left > 0 {
            self.wait_until(&format!("fewer than {left} mails are queued"), || {
                queued() < left
            });
            left = queued();
        }
    }

    fn logs(&self) -> String {
        ["dovecot.log", "postfix.log", "dovecot.out", "postfix.out"]
            .iter()
            .map(|name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default())
            .collect()
    }

    /// The mails in a mailbox, in no order.
    pub(super) fn mailbox(&self, address: &str) -> Vec<Vec<u8>> {
        let folder = self
            .folder
            .path()
            .join("mail")
            .join(address)
            .join("Maildir");
        let mails = ["new", "cur"].into_iter().flat_map(|name| {
            let paths: Vec<PathBuf> = fs::read_dir(folder.join(name))
                .into_iter()
                .flatten()
                .filter_map(|entry| Some(entry.ok()?.path()))
                .collect();
            paths
        });
        // One may be moved from the one folder to the other meanwhile.
        mails.filter_map(|path| fs::read(path).ok()).collect()
    }

    /// Waits until a mailbox has so many mails.
    pub(super) fn wait_for_mails(&self, address: &str, number: usize) -> Vec<Vec<u8>> {
        self.wait_until(&format!("{number} mails for {address}"), || {
            self.mailbox(address).len() >= number
        });
        self.mailbox(address)
    }

    /// Hands a mail in, as a mail program does.
    pub(super) fn send(&self, from: &str, to: &str, mail: &str) {
        let stream = TcpStream::connect(("127.0.0.1", self.smtp)).unwrap();
        let mut replies = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        let mut expect = |code: &str| {
            loop {
                line.clear();
                replies.read_line(&mut line).unwrap();
                assert!(line.starts_with(code), "{line}");
                if line.as_bytes().get(3) == Some(&b' ') {
                    return;
                }
            }
        };
        let say = |text: &str| (&stream).write_all(text.as_bytes()).unwrap();
        expect("220");
        say("EHLO school.example\r\n");
        expect("250");
        say(&format!("MAIL FROM:<{from}>\r\n"));
        expect("250");
        say(&format!("RCPT TO:<{to}>\r\n"));
        expect("250");
        say("DATA\r\n");
        expect("354");
        say(&format!("{}\r\n.\r\n", mail.replace('\n', "\r\n")));
        expect("250");
        say("QUIT\r\n");
        expect("221");
    }
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        for child in [&mut self.postfix, &mut self.dovecot] {
            // Told to stop, they stop what they have started; killed, they could not.
            let pid = rustix::process::Pid::from_child(child);
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = child.wait();
        }
    }
}

const DOVECOT_CONF: &str = r#"
base_dir = @T@/run
state_dir = @T@/state
log_path = @T@/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <@TLS@/server.pem
ssl_key = <@TLS@/server.key
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:~/Maildir
recipient_delimiter = +
postmaster_address = postmaster@bureau.example
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u @T@/users
}
userdb {
  driver = passwd-file
  args = username_format=%u @T@/users
  default_fields = uid=mail gid=mail home=@T@/mail/%u
}
service imap-login {
  inet_listener imap {
    port = @IMAP@
  }
  inet_listener imaps {
    port = @IMAPS@
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = @LMTP@
  }
}
"#;

const MAIN_CF: &str = "
compatibility_level = 3.6
queue_directory = @T@/queue
data_directory = @T@/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
myhostname = mx.bureau.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
default_transport = lmtp:inet:127.0.0.1:@LMTP@
smtp_dns_support_level = disabled
smtpd_reject_unlisted_recipient = no
recipient_delimiter = +
alias_maps =
alias_database =
maillog_file = @T@/postfix.log
maillog_file_prefixes = @T@
";

const MASTER_CF: &str = "
127.0.0.1:@SMTP@ inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

//! A house of its own for each test: the shipped calendar and roster in a temporary folder, and the binary run there.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::waiting::wait_for;

/// How long anything may take before the test gives up.
pub(super) const LIMIT: Duration = Duration::from_mins(1);

/// A figure that whoever runs the tests may set in the environment, for a longer run than usual.
pub(super) fn figure(name: &str, usual: u64) -> u64 {
    let given = std::env::var_os(name);
    given.map_or(usual, |text| text.into_string().unwrap().parse().unwrap())
}

/// Says that a test shows nothing here, and why. Where CI runs, nothing is left out.
pub(super) fn left_out(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    say_left_out(why);
}

/// Says it also where CI runs: of what whoever runs it wants left out.
pub(super) fn say_left_out(why: &str) {
    // Not through what the harness keeps to itself where a test passes.
    let line = format!("LEFT OUT: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// A port of this machine that nobody listens on, and that nobody gets who asks the system for any.
pub(super) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = 10_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    loop {
        let port = begin + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

pub(super) struct House {
    folder: TempDir,
    pub(super) port: u16,
}

impl House {
    /// With the spool, or with a mail server on this port.
    pub(super) fn new(smtp: Option<u16>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&root.join("calendar"), &folder.path().join("calendar"));
        copy(&root.join("config"), &folder.path().join("config"));
        let port = free_port();
        let mail = smtp.map_or(String::new(), |port| {
            format!(
                "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nport = {port}\ntls = \"none\"\nconnections = 1\n[mail.rate]\nper_minute = 0\n"
            )
        });
        let config = format!(
            "[web]\nlisten = \"127.0.0.1:{port}\"\nbase_url = \"http://127.0.0.1:{port}\"\n{mail}"
        );
        fs::write(folder.path().join("config/schoolbell.toml"), config).unwrap();
        Self { folder, port }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Replaces a text in one of the files, which must be there.
    pub(super) fn edit(&self, name: &str, old: &str, new: &str) {
        let path = self.path(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{name} has no {old:?}");
        fs::write(path, text.replacen(old, new, 1)).unwrap();
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_schoolbell"));
        command
            .arg("--config")
            .arg(self.path("config/schoolbell.toml"))
            .args(arguments)
            .env_remove("STATE_DIRECTORY")
            .env_remove("CREDENTIALS_DIRECTORY")
            .env_remove("NOTIFY_SOCKET")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end, well or not.
    pub(super) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command to its end; what it printed must be good.
    pub(super) fn call(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {text}{errors}");
        text
    }

    /// Runs the daemon from one pretended moment to another, at full speed.
    pub(super) fn pass(&self, from: &str, until: &str) {
        let mut daemon = self.start(&[
            "--pretend-now",
            from,
            "--speed",
            "max",
            "--until",
            until,
            "--linger",
            "0ms",
        ]);
        let status = daemon.wait();
        assert!(status.success(), "{status}: {:?}", daemon.said);
    }

    /// Starts the daemon and leaves it running.
    pub(super) fn start(&self, arguments: &[&str]) -> Daemon {
        self.serve(self.command(&["run"]).args(arguments))
    }

    /// As [`start`](Self::start), by a command that may have more in its environment.
    pub(super) fn serve(&self, run: &mut Command) -> Daemon {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        let mut child = run.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let out = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Daemon {
            child,
            lines,
            said: Vec::new(),
            log: self.path("log"),
        }
    }

    /// The ledger's facts of a kind.
    pub(super) fn facts(&self, kind: &str) -> Vec<Value> {
        self.call(&["ledger"])
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|fact| fact["fact"] == kind)
            .collect()
    }

    /// Asks the ledger again and again until there are so many facts of a kind.
    pub(super) fn wait_for_facts(&self, kind: &str, number: usize) -> Vec<Value> {
        let enough = || Some(self.facts(kind)).filter(|facts| facts.len() >= number);
        wait_for(enough, || {
            let there = self.facts(kind).len();
            format!("{there} of {number} {kind}; log: {}", self.log())
        })
    }

    /// Waits until the log has this text.
    pub(super) fn wait_for_log(&self, text: &str) {
        let is_there = || self.log().contains(text).then_some(());
        wait_for(is_there, || {
            format!("no {text:?} in the log: {}", self.log())
        });
    }

    /// What the daemon has logged.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The notices so far, a line each: `2026-03-17 opens task@period/unit → address`.
    pub(super) fn notices(&self) -> Vec<String> {
        self.facts("notice")
            .iter()
            .map(|fact| {
                let text = |key: &str| fact[key].as_str().unwrap().to_owned();
                format!(
                    "{} {} {} → {}",
                    &text("at")[..10],
                    text("rung"),
                    text("duty"),
                    text("address")
                )
            })
            .collect()
    }
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub(super) struct Daemon {
    child: Child,
    lines: Receiver<String>,
    pub(super) said: Vec<String>,
    log: PathBuf,
}

impl Daemon {
    /// Waits until the terminal shows a line with this text.
    pub(super) fn wait_for(&mut self, text: &str) -> String {
        let until = Instant::now() + LIMIT;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(error) => panic!(
                    "{error}: no {text:?} in {:?}; log: {}",
                    self.said,
                    fs::read_to_string(&self.log).unwrap_or_default()
                ),
            }
        }
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// As Ctrl-C does; it must end well.
    pub(super) fn interrupt(mut self) -> Vec<String> {
        self.signal(rustix::process::Signal::INT);
        let status = self.wait();
        assert!(status.success(), "{status}");
        std::mem::take(&mut self.said)
    }

    /// As the service manager does.
    pub(super) fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(super) fn hang_up(&self) {
        self.signal(rustix::process::Signal::HUP);
    }

    /// SIGKILL.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(super) fn wait(&mut self) -> ExitStatus {
        while let Ok(line) = self.lines.recv() {
            self.said.push(line);
        }
        self.child.wait().unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The answer page's address in a letter.
pub(super) fn link(eml: &[u8]) -> String {
    let message = mail_parser::MessageParser::default().parse(eml).unwrap();
    let text = message.body_text(0).unwrap();
    text.lines()
        .find(|line| line.contains("/l/"))
        .unwrap()
        .trim()
        .to_owned()
}

/// A letter's subject.
pub(super) fn subject(eml: &[u8]) -> String {
    let message = mail_parser::MessageParser::default().parse(eml).unwrap();
    message.subject().unwrap().to_owned()
}

/// Presses a button on a letter's page; the status of the reply.
pub(super) fn press(link: &str, duty: &str, answer: &str, by: &str) -> u16 {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into();
    agent
        .post(link)
        .send_form([("duty", duty), ("answer", answer), ("by", by), ("note", "")])
        .unwrap()
        .status()
        .as_u16()
}

/// Opens a page; its text.
pub(super) fn open(link: &str) -> String {
    ureq::get(link)
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap()
}

//! `smtp-sink` of Debian's postfix, with each of its switches for refusing, dropping, dawdling and lacking: the daemon goes
//! on through all of it, and once the server is well again every letter is delivered, or was refused in the server's words.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use schoolbell::core::rehearsal::Chance;
use serde_json::Value;

use super::house::{House, figure, free_port, left_out};
use super::waiting::wait_until;

const SINK: &str = "/usr/sbin/smtp-sink";

/// Where a switch may step in.
const COMMANDS: [&str; 6] = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."];

/// A fault of the server.
struct Fault {
    switches: Vec<String>,
    /// Whether its letters may be refused for good.
    refuses: bool,
    /// Whether the first letter surely meets it.
    shows: bool,
}

impl Fault {
    fn new(switches: &[&str]) -> Self {
        Self {
            switches: switches.iter().map(|&text| text.to_owned()).collect(),
            refuses: false,
            shows: true,
        }
    }

    fn for_good(self) -> Self {
        Self {
            refuses: true,
            ..self
        }
    }

    /// It takes letters all the same.
    fn mild(self) -> Self {
        Self {
            shows: false,
            ..self
        }
    }
}

/// Fifteen sets of switches: each way in which `smtp-sink` can refuse, break off, hold up or lack something, at a command
/// taken by chance. What the patience of this test's settings outlasts is
/// in it as well as what it does not.
fn faults(chance: &mut Chance) -> Vec<Fault> {
    let mut any = || *chance.pick(&COMMANDS).unwrap();
    vec![
        Fault::new(&["-f", any()]).for_good(),
        Fault::new(&["-f", "RCPT", "-B", "550 5.1.1 no such user"]).for_good(),
        Fault::new(&["-r", any()]),
        Fault::new(&["-q", any()]),
        Fault::new(&["-q", "."]),
        Fault::new(&["-Q", any()]),
        Fault::new(&["-A", "0"]).for_good(),
        Fault::new(&["-w", "3"]),
        Fault::new(&["-H", "3"]),
        Fault::new(&["-W", &format!("{}:3", any())]),
        Fault::new(&["-W", "RCPT:1:50"]).mild(),
        Fault::new(&["-e"]).mild(),
        Fault::new(&["-P"]).mild(),
        Fault::new(&["-p", "-8", "-E", "-a", "-N"]).mild(),
        Fault::new(&["-T", "1024", "-m", "1"]).mild(),
    ]
}

#[expect(clippy::print_stderr, reason = "the seed is what replays it")]
#[test]
fn through_every_fault_of_smtp_sink() {
    /// Each waits most of the time.
    const AT_ONCE: usize = 5;
    if !Path::new(SINK).exists() {
        left_out("there is no smtp-sink (Debian's postfix)");
        return;
    }
    let seed = figure("SCHOOLBELL_SEED", 1);
    eprintln!("seed {seed}");
    let faults = faults(&mut Chance::new(seed));
    for some in faults.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            for fault in some {
                scope.spawn(|| survives(fault));
            }
        });
    }
}

/// A sink, and the folder it dumps what it takes into.
struct Sink(Child);

impl Sink {
    fn start(port: u16, switches: &[String], dump: &Path) -> Self {
        let mut command = Command::new(SINK);
        if rustix::process::geteuid().is_root() {
            // It insists on being somebody else.
            command.args(["-u", "nobody"]);
        }
        let child = command
            .args(switches)
            .arg("-D")
            .arg(dump)
            .arg(format!("127.0.0.1:{port}"))
            .arg("100")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_until(&format!("{switches:?} listens"), || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self(child)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn survives(fault: &Fault) {
    let Fault {
        switches,
        refuses,
        shows,
    } = fault;
    let port = free_port();
    let house = House::new(Some(port));
    house.edit(
        "config/schoolbell.toml",
        "connections = 1",
        "connections = 2\ntimeout_s = 1\ndata_timeout_s = 2",
    );
    let dumps = house.path("dumps");
    fs::create_dir(&dumps).unwrap();
    fs::set_permissions(house.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&dumps, fs::Permissions::from_mode(0o777)).unwrap();

    let ill = Sink::start(port, switches, &dumps.join("ill"));
    // A minute's wait is a fifth of a second; the next morning's letters are minutes away.
    let mut daemon = house.start(&[
        "--pretend-now",
        "2026-03-04T08:00:00+08:00",
        "--speed",
        "300",
    ]);
    daemon.wait_for("页面:");
    wait_until(&format!("{switches:?} is met"), || {
        let outcomes = house.facts("outcome");
        let met = outcomes.iter().any(|fact| fact["outcome"] != "accepted");
        if *shows { met } else { !outcomes.is_empty() }
    });
    drop(ill);
    let _well = Sink::start(port, &[], &dumps.join("well"));
    // Where all before were refused for good, this one shows that it goes on.
    let before = house.facts("letter-queued").len();
    let alert = ["raise", "--audience", "unit:s001", "--now"];
    let about = ["--title", "台风", "--note", "转移师生", "--by", "沈志明"];
    house.call(&[&alert[..], &about].concat());
    let mut ends = BTreeMap::new();
    wait_until(&format!("all letters of {switches:?} are over"), || {
        ends = newest(&house.facts("outcome"));
        let queued = house.facts("letter-queued");
        let is_over = |letter: &Value| {
            let end = ends.get(&letter["letter"].to_string());
            end.is_some_and(|end| ["accepted", "refused"].contains(&word(end)))
        };
        queued.len() > before && queued.iter().all(is_over)
    });
    assert!(daemon.is_running());
    daemon.interrupt();

    let arrived: String = ["ill", "well"]
        .iter()
        .map(|name| fs::read(dumps.join(name)).unwrap_or_default())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    let outcomes = house.facts("outcome");
    let dropped_after_dot = *switches == ["-q", "."];
    let in_doubt = outcomes.iter().any(|fact| fact["outcome"] == "unknown");
    assert!(in_doubt || !dropped_after_dot, "{switches:?}: {outcomes:?}");
    let marked = house.facts("unreachable");
    for (letter, end) in &ends {
        if word(end) == "refused" {
            assert!(*refuses, "{switches:?}: {end}");
            let text = end["text"].as_str().unwrap();
            assert!(text.contains(" 5"), "without the server's words: {text}");
            // Only a mailbox that is not there marks its contact; and what is refused is not tried again.
            let is_marked = marked.iter().any(|fact| fact["address"] == end["address"]);
            assert_eq!(is_marked, text.contains("5.1.1"), "{switches:?}: {text}");
            let of_it = |fact: &&Value| fact["letter"] == end["letter"];
            let times = outcomes
                .iter()
                .filter(of_it)
                .filter(|fact| word(fact) == "refused");
            assert_eq!(times.count(), 1, "{switches:?}: {end}");
            continue;
        }
        let id = end["message_id"].as_str().unwrap();
        assert!(
            arrived.contains(id),
            "{switches:?}: letter {letter} is lost"
        );
    }
    assert!(
        ends.values().any(|end| word(end) == "accepted"),
        "{switches:?}: nothing was delivered"
    );
}

/// Each letter's newest outcome.
fn newest(outcomes: &[Value]) -> BTreeMap<String, Value> {
    outcomes
        .iter()
        .map(|fact| (fact["letter"].to_string(), fact.clone()))
        .collect()
}

fn word(outcome: &Value) -> &str {
    outcome["outcome"].as_str().unwrap()
}

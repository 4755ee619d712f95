//! `smtp-sink`, and what it counts.

use std::cell::Cell;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How exactly the time of a count is known: one that reads each of them by itself takes a good part of a core.
const TICK: Duration = Duration::from_millis(2);

/// How long the next letter may take.
const LIMIT: Duration = Duration::from_mins(1);

pub(crate) struct Sink {
    child: Child,
    port: u16,
    /// How many letters it has had, and when.
    counts: Receiver<(Instant, usize)>,
    /// How many it had when the last round ended.
    seen: Cell<usize>,
}

impl Sink {
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let mut command = Command::new("smtp-sink");
        if rustix::process::geteuid().is_root() {
            // It insists on being somebody else.
            command.args(["-u", "nobody"]);
        }
        let mut child = command
            .arg("-c")
            .arg(format!("127.0.0.1:{port}"))
            .arg("1000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("smtp-sink, of Debian's postfix");
        let mut out = child.stdout.take().expect("its output");
        let (sender, counts) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            let mut text = String::new();
            while let Ok(read @ 1..) = out.read(&mut buffer) {
                text.push_str(&String::from_utf8_lossy(&buffer[..read]));
                // The last that is whole: `sess=… quit=… mesg=N`, and a carriage return.
                let Some(end) = text.rfind('\r') else {
                    continue;
                };
                let count = text[..end]
                    .rsplit("mesg=")
                    .next()
                    .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
                text.drain(..=end);
                if let Some(count) = count
                    && sender.send((Instant::now(), count)).is_err()
                {
                    return;
                }
                thread::sleep(TICK);
            }
        });
        let up_by = Instant::now() + LIMIT;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < up_by, "smtp-sink does not come up");
            thread::yield_now();
        }
        Self {
            child,
            port,
            counts,
            seen: Cell::new(0),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits for so many more letters: how many a second, from the first count to the last.
    pub(crate) fn rate_of(&self, letters: usize) -> f64 {
        let before = self.seen.get();
        let mut first: Option<(Instant, usize)> = None;
        loop {
            let (at, count) = self
                .counts
                .recv_timeout(LIMIT)
                .expect("the letters to come");
            if first.is_none() && count > before {
                first = Some((at, count));
            }
            if count >= before + letters {
                self.seen.set(count);
                let (began, had) = first.unwrap_or((at, before));
                let took = at.duration_since(began).as_secs_f64();
                let counted = u32::try_from(count - had).unwrap_or(u32::MAX);
                return f64::from(counted) / took;
            }
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

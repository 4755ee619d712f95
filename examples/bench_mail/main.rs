//! How fast letters go: `just bench-mail`. This program's daemon as it is (letters rendered, each attempt and outcome
//! durable in the ledger, the bytes kept) against `smtp-source` and nodemailer, into one `smtp-sink`, in alternating
//! rounds. What is measured is the sink's count, from its first letter to its last.
#![expect(clippy::print_stdout, reason = "it speaks to the terminal")]

#[path = "../beside/mod.rs"]
mod beside;

mod far;
mod house;
mod sink;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Parser;

use far::Far;
use house::House;
use sink::Sink;

/// Half of the 30 ms that a command and its reply are on the way.
const ONE_WAY: Duration = Duration::from_millis(15);

/// What the others' letters are made of besides text: headers, boundaries.
const HEADERS_BYTES: usize = 600;

#[derive(Parser)]
struct Arguments {
    /// Letters in each round.
    #[arg(long, default_value_t = 4_000)]
    letters: usize,
    /// Rounds; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Connections, and sessions of smtp-source.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// A folder with nodemailer in its `node_modules`; without it that row is left out.
    #[arg(long)]
    nodemailer: Option<std::path::PathBuf>,
    /// Only this program, for a profile.
    #[arg(long)]
    alone: bool,
}

/// Letters a second of each round.
#[derive(Default)]
struct Row(Vec<f64>);

impl Row {
    fn median(&self) -> f64 {
        let mut rates = self.0.clone();
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn shown(&self) -> String {
        let rates: Vec<_> = self.0.iter().map(|rate| format!("{rate:.0}")).collect();
        format!("{:>7.0}/s   ({})", self.median(), rates.join(" "))
    }
}

fn main() {
    let arguments = Arguments::parse();
    let sink = Sink::start();
    let house = House::build(arguments.letters, arguments.connections);
    let warm = house.run(&sink, sink.port());
    let size = warm.letter_bytes;
    println!(
        "{} letters a round, {size} bytes each, {} connections; load {}",
        arguments.letters,
        arguments.connections,
        load()
    );
    let (mut ours, mut source, mut node) = (Row::default(), Row::default(), Row::default());
    let mut peak_kib = 0;
    for _ in 0..arguments.rounds {
        let ran = house.run(&sink, sink.port());
        ours.0.push(ran.rate);
        peak_kib = peak_kib.max(ran.peak_kib);
        if arguments.alone {
            continue;
        }
        source.0.push(smtp_source(&sink, &arguments, size));
        if let Some(folder) = &arguments.nodemailer {
            node.0.push(nodemailer(&sink, folder, &arguments, size));
        }
    }
    println!("schoolbell   {}", ours.shown());
    println!("  at most {} MiB resident", peak_kib / 1024);
    if arguments.alone {
        return;
    }
    println!("smtp-source  {}", source.shown());
    let ratios: Vec<f64> = ours.0.iter().zip(&source.0).map(|(a, b)| a / b).collect();
    println!("  ratio        {}", Row(ratios).ratio());
    if node.0.is_empty() {
        println!("nodemailer   left out: no node_modules given");
    } else {
        println!("nodemailer   {}", node.shown());
        let ratios: Vec<f64> = ours.0.iter().zip(&node.0).map(|(a, b)| a / b).collect();
        println!("  ratio        {}", Row(ratios).ratio());
    }
    let far = Far::start(sink.port(), ONE_WAY);
    let distant = House::build(arguments.letters.min(1_500), arguments.connections);
    let mut row = Row::default();
    for _ in 0..arguments.rounds.min(3) {
        row.0.push(distant.run(&sink, far.port()).rate);
    }
    println!("30 ms away   {}", row.shown());
    println!("load {}", load());
}

impl Row {
    fn ratio(&self) -> String {
        let rates: Vec<_> = self.0.iter().map(|rate| format!("{rate:.2}")).collect();
        format!("{:>7.2}     ({})", self.median(), rates.join(" "))
    }
}

fn smtp_source(sink: &Sink, arguments: &Arguments, size: usize) -> f64 {
    let number = |number: usize| number.to_string();
    let mut child = Command::new("smtp-source")
        .args([
            "-d",
            "-f",
            "bell@bureau.example",
            "-t",
            "wang@school.example",
        ])
        .args(["-s", &number(arguments.connections)])
        .args(["-m", &number(arguments.letters)])
        .args(["-l", &number(size.saturating_sub(HEADERS_BYTES))])
        .arg(format!("127.0.0.1:{}", sink.port()))
        .stdin(Stdio::null())
        .spawn()
        .expect("smtp-source, of Debian's postfix");
    let rate = sink.rate_of(arguments.letters);
    child.wait().expect("smtp-source to end");
    rate
}

fn nodemailer(sink: &Sink, folder: &Path, arguments: &Arguments, size: usize) -> f64 {
    // It is slow: a part of the letters tells as much.
    let letters = arguments.letters.min(1_000);
    let mut child = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/bench_mail/pooled.cjs"))
        .arg(sink.port().to_string())
        .arg(letters.to_string())
        .arg(arguments.connections.to_string())
        .arg(size.saturating_sub(HEADERS_BYTES).to_string())
        .env("NODE_PATH", folder.join("node_modules"))
        .stdin(Stdio::null())
        .spawn()
        .expect("node");
    let rate = sink.rate_of(letters);
    child.wait().expect("node to end");
    rate
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

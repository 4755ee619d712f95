//! Hostile input for as long as one likes: `cargo run --release --example fuzz -- --seconds 300`. A failure is printed
//! with its seed, and kept in the corpus that every test run tries first.
#![expect(clippy::print_stdout, reason = "it speaks to the terminal")]

#[path = "../tests/it/fuzz/mod.rs"]
mod fuzz;

use std::fs;
use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;

#[derive(Parser)]
struct Arguments {
    /// For how long.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this target.
    #[arg(long)]
    target: Option<String>,
}

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    let begun = Instant::now();
    let limit = Duration::from_secs(arguments.seconds);
    let wanted =
        |target: &&fuzz::Target| arguments.target.as_ref().is_none_or(|t| t == target.name);
    let mut tried = 0_u64;
    let mut seed = arguments.seed;
    while begun.elapsed() < limit {
        for target in fuzz::ALL.iter().filter(wanted) {
            match fuzz::run(target, seed, target.few) {
                Ok(count) => tried += u64::from(count),
                Err(failure) => {
                    println!("{failure}");
                    let folder = fuzz::corpus(target);
                    fs::create_dir_all(&folder)?;
                    let path = folder.join(format!("seed-{seed}"));
                    fs::write(&path, &failure.input)?;
                    println!("kept as {}", path.display());
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
        seed += 1;
    }
    println!(
        "{tried} inputs from seed {} to {}: all read to an end",
        arguments.seed,
        seed - 1
    );
    Ok(ExitCode::SUCCESS)
}

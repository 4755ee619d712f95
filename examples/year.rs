//! Lives through many seeds of the made-up world: `cargo run --example year -- --seeds 100 --from-seed 1 --days 365`.
#![expect(clippy::print_stdout, reason = "it speaks to the terminal")]

#[path = "../tests/it/world/mod.rs"]
mod world;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Parser;

#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 10)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from_seed: u64,
    /// How many days each lives.
    #[arg(long, default_value_t = 365)]
    days: i64,
    /// Only these of the mishaps of each seed, by their numbers; 0 for none.
    #[arg(long, value_delimiter = ',')]
    only: Option<Vec<u64>>,
    /// Print the golden year instead.
    #[arg(long)]
    golden: bool,
    /// Ask the promises of rehearsed years instead.
    #[arg(long)]
    rehearsals: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.golden {
        return match world::golden() {
            Ok(transcript) => {
                print!("{transcript}");
                ExitCode::SUCCESS
            }
            Err(violation) => {
                println!("{violation}");
                ExitCode::FAILURE
            }
        };
    }
    let sum = Sum::default();
    let next = AtomicU64::new(arguments.from_seed);
    let end = arguments.from_seed + arguments.seeds;
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    live(&arguments, seed, &sum);
                }
            });
        }
    });
    let broken = sum.broken.into_inner();
    let tally = sum
        .tally
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let census = sum
        .census
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    println!("what happened: {census:#?}");
    println!("what became of the rungs: {tally:?}");
    println!(
        "{} seeds from {}, {} facts, {broken} broke a promise",
        arguments.seeds,
        arguments.from_seed,
        sum.facts.into_inner()
    );
    if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What all seeds came to.
#[derive(Default)]
struct Sum {
    lived: AtomicU64,
    facts: AtomicUsize,
    tally: Mutex<world::Tally>,
    census: Mutex<world::Census>,
    broken: AtomicU64,
}

fn live(arguments: &Arguments, seed: u64, sum: &Sum) {
    /// A sign of life now and then is enough.
    const SAID_EACH: u64 = 100;
    let ended = if arguments.rehearsals {
        world::rehearse_seed(seed).map_err(|faults| format!("seed {seed}: {}", faults.join("\n")))
    } else {
        let lived = match &arguments.only {
            Some(only) => {
                let only: BTreeSet<u64> = only.iter().copied().collect();
                world::run_some(seed, arguments.days, &only)
            }
            None => world::run_seed(seed, arguments.days),
        };
        lived
            .map(|lived| {
                let mut tally = sum.tally.lock().unwrap_or_else(PoisonError::into_inner);
                for (outcome, times) in lived.tally {
                    *tally.entry(outcome).or_default() += times;
                }
                let mut census = sum.census.lock().unwrap_or_else(PoisonError::into_inner);
                for (what, times) in lived.census {
                    *census.entry(what).or_default() += times;
                }
                lived.facts
            })
            .map_err(|violation| violation.to_string())
    };
    match ended {
        Ok(facts) => {
            sum.facts.fetch_add(facts, Ordering::Relaxed);
        }
        Err(words) => {
            sum.broken.fetch_add(1, Ordering::Relaxed);
            println!("{words}");
        }
    }
    let lived = sum.lived.fetch_add(1, Ordering::Relaxed) + 1;
    if lived.is_multiple_of(SAID_EACH) {
        println!("{lived} seeds lived");
    }
}

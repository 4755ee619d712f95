//! Lives through many seeds of the made-up world: `cargo run --example year -- --seeds 100 --from-seed 1 --days 365`.
#![expect(clippy::print_stdout, reason = "it speaks to the terminal")]

#[path = "../tests/it/world/mod.rs"]
mod world;

use std::process::ExitCode;

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
    let mut broken = 0_u64;
    for seed in arguments.from_seed..arguments.from_seed + arguments.seeds {
        if arguments.rehearsals {
            match world::rehearse_seed(seed) {
                Ok(notices) => println!("seed {seed}: {notices} notices"),
                Err(faults) => {
                    broken += 1;
                    println!("seed {seed}: {}", faults.join("\n"));
                }
            }
            continue;
        }
        match world::run_seed(seed, arguments.days) {
            Ok(lived) => println!("seed {seed}: {} facts, {:?}", lived.facts, lived.tally),
            Err(violation) => {
                broken += 1;
                println!("{violation}");
            }
        }
    }
    println!("{} seeds, {broken} broke a promise", arguments.seeds);
    if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

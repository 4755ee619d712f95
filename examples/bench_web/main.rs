//! How fast answers are on disk: `just bench-web`. This program's daemon as it is, over a county of a thousand schools
//! and a year of facts, asked by 64 connections on this machine: presses that are each a fact on disk before they are
//! thanked for, against POSTs of the same server that do nothing, in alternating rounds of one run. Then what each of the
//! bureau's pages takes, and what presses take while those are looked at.
#![expect(clippy::print_stdout, reason = "it speaks to the terminal")]
#![expect(
    clippy::cast_precision_loss,
    reason = "counts of a few thousand, for figures to read"
)]

#[path = "../../tests/it/county/roster.rs"]
mod county;

#[path = "../../benches/lived.rs"]
#[expect(dead_code, reason = "the benches take more of it")]
mod lived;

#[path = "../beside/mod.rs"]
#[expect(dead_code, reason = "its memory is not measured")]
mod beside;

mod far;
mod house;

use std::time::{Duration, Instant};

use clap::Parser;

use far::{Far, Ran};
use house::{House, Server};

/// What answers have to reach of the POSTs that do nothing.
const RATIO: f64 = 0.5;

/// What 99 of 100 answers take at most.
const ANSWER: Duration = Duration::from_millis(50);

/// What a page of the bureau's takes at most.
const PAGE: Duration = Duration::from_millis(100);

#[derive(Parser)]
struct Arguments {
    /// Presses in each round.
    #[arg(long, default_value_t = 20_000)]
    presses: usize,
    /// Rounds; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Connections.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How often each page is looked at.
    #[arg(long, default_value_t = 15)]
    looks: usize,
}

fn main() {
    let arguments = Arguments::parse();
    let made = Instant::now();
    let mut house = House::build();
    println!(
        "{} facts of a year of {} schools made in {:.0} s; load {}",
        house.facts,
        house.schools,
        made.elapsed().as_secs_f64(),
        load()
    );
    let started = Instant::now();
    let server = house.start();
    println!("started in {:.1} s", started.elapsed().as_secs_f64());
    server.settle();
    println!(
        "its ledger looked through after {:.1} s",
        started.elapsed().as_secs_f64()
    );
    let far = Far::new(server.address, arguments.connections);
    let nothing = |number: usize| far.run(&vec![house::nothing(); number]);
    // Neither the first connections nor the first commits count.
    nothing(1_000);
    far.run(&house.presses(1_000));
    let (mut idle, mut durable) = (Vec::new(), Vec::new());
    let (mut idle_busy, mut durable_busy) = (Vec::new(), Vec::new());
    let each = |since: f64| (server.busy() - since) / arguments.presses as f64 * 1e6;
    for _ in 0..arguments.rounds {
        let since = server.busy();
        idle.push(nothing(arguments.presses).all(405));
        idle_busy.push(each(since));
        let presses = house.presses(arguments.presses);
        let since = server.busy();
        durable.push(far.run(&presses).all(303));
        durable_busy.push(each(since));
    }
    show("POST that does nothing", &idle);
    show("answers on disk", &durable);
    let ratios: Vec<f64> = idle
        .iter()
        .zip(&durable)
        .map(|(a, b)| b.rate / a.rate)
        .collect();
    println!(
        "  ratio {:.2} ({})   wanted: {RATIO}",
        median(&ratios),
        listed(&ratios)
    );
    println!(
        "  the server is busy for {:.0} µs with an answer, {:.0} µs with one that does nothing",
        median(&durable_busy),
        median(&idle_busy)
    );
    let slowest = median(&durable.iter().map(|ran| ran.within(99)).collect::<Vec<_>>());
    println!(
        "  99 of 100 within {:.1} ms   wanted: {} ms",
        slowest * 1e3,
        ANSWER.as_millis()
    );
    pages(&far, &server, arguments.looks);
    beside(&mut house, &far, &arguments);
    let answers = house.answers_on_disk();
    assert_eq!(
        answers,
        house.pressed(),
        "every press that was thanked for is a fact"
    );
    println!("{answers} answers on disk; load {}", load());
    server.stop();
}

/// What each of the bureau's pages takes, one look after another.
fn pages(far: &Far, server: &Server, looks: usize) {
    for page in house::PAGES {
        let mut times: Vec<f64> = Vec::new();
        let mut bytes = 0;
        let since = server.busy();
        for _ in 0..looks {
            let began = Instant::now();
            let ran = far.alone(&House::look(page));
            times.push(began.elapsed().as_secs_f64());
            bytes = ran;
        }
        times.sort_by(f64::total_cmp);
        let busy = (server.busy() - since) / looks as f64;
        println!(
            "{page:<40} {:>6.1} ms, at most {:.1} ms, the server busy for {:.0} ms, {} KB   wanted: {} ms",
            median(&times) * 1e3,
            times.last().copied().unwrap_or(f64::NAN) * 1e3,
            busy * 1e3,
            bytes / 1024,
            PAGE.as_millis()
        );
    }
}

/// Presses while officers look at the present day and at the year without a pause.
fn beside(house: &mut House, far: &Far, arguments: &Arguments) {
    let presses = house.presses(arguments.presses);
    let looks: Vec<_> = house::PAGES.map(House::look).to_vec();
    let (ran, seen) = std::thread::scope(|scope| {
        let pressing = scope.spawn(|| far.run(&presses).all(303));
        let mut seen = 0;
        while !pressing.is_finished() {
            far.alone(&looks[seen % looks.len()]);
            seen += 1;
        }
        (pressing.join().expect("every press is taken"), seen)
    });
    println!(
        "beside officers who look ({seen} pages)  {:.0}/s, 99 of 100 within {:.1} ms",
        ran.rate,
        ran.within(99) * 1e3
    );
}

fn show(what: &str, ran: &[Ran]) {
    let rates: Vec<f64> = ran.iter().map(|ran| ran.rate).collect();
    println!(
        "{what:<24} {:>7.0}/s   ({})",
        median(&rates),
        listed(&rates)
    );
}

fn median(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn listed(of: &[f64]) -> String {
    let shown = |one: &f64| {
        if *one < 10.0 {
            format!("{one:.2}")
        } else {
            format!("{one:.0}")
        }
    };
    of.iter().map(shown).collect::<Vec<_>>().join(" ")
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{} on {cores} cores",
        load.split(' ').next().unwrap_or_default()
    )
}

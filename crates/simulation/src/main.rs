//! Lives many seeded worlds, and tells the story of the first in which something is wrong.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;
use simulation::Options;

/// Lives many seeded worlds, crashes included.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them; by default one that nobody has seen.
    #[arg(long)]
    from: Option<u64>,
    /// Keeps data in folders, where a crash tears what was not synced.
    #[arg(long)]
    on_disk: bool,
    /// Tells what happens while it happens.
    #[arg(long)]
    tell: bool,
    /// Goes on after a failure, and lists the seeds that fail.
    #[arg(long)]
    keep_going: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let from = arguments.from.unwrap_or_else(fresh_seed);
    let begun = Instant::now();
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures = 0;
    println!("seeds {from} to {}", from + arguments.seeds - 1);
    let options = Options {
        on_disk: arguments.on_disk,
        loud: arguments.tell,
    };
    for seed in from..from + arguments.seeds {
        match simulation::run(seed, options) {
            Ok(report) => {
                for (end, count) in report.ends {
                    *ends.entry(end).or_default() += count;
                }
            }
            Err(failure) if arguments.keep_going => {
                println!("seed {seed}: {}", failure.what.lines().next().unwrap_or_default());
                failures += 1;
            }
            Err(failure) => {
                println!("{}", failure.story);
                println!("seed {seed}: {}", failure.what);
                let on_disk = if arguments.on_disk { " --on-disk" } else { "" };
                println!("again: cargo run -p simulation -- --from {seed} --seeds 1{on_disk}");
                return ExitCode::FAILURE;
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{} seeds in {seconds:.0} s, {failures} failed; {ends:?}",
        arguments.seeds
    );
    if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs()
}

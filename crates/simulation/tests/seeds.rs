//! Seeds: some that are always the same, some that nobody has seen.
//!
//! A failing seed is told by `cargo run -p simulation -- --from SEED --seeds 1`.

use std::time::{SystemTime, UNIX_EPOCH};

use simulation::Options;

/// How many worlds are lived.
const SEEDS: u64 = 200;

fn live(from: u64, count: u64, on_disk: bool) {
    let options = Options { on_disk, loud: false };
    for seed in from..from + count {
        if let Err(failure) = simulation::run(seed, options) {
            panic!(
                "{}\nseed {seed}: {}\nagain: cargo run -p simulation -- --from {seed} --seeds 1",
                failure.story, failure.what
            );
        }
    }
}

#[test]
fn worlds_come_to_lawful_ends() {
    let count = std::env::var("SEEDS").ok().and_then(|text| text.parse().ok());
    let count = count.unwrap_or(SEEDS);
    live(0, count / 2, false);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970");
    let fresh = now.as_millis() as u64 % 1_000_000_000;
    println!("seeds from {fresh}");
    live(fresh, count - count / 2, false);
}

#[test]
fn torn_disks_lose_nothing_that_was_acknowledged() {
    live(0, 20, true);
}

#[test]
fn a_seed_tells_the_same_story_twice() {
    for seed in 0..20 {
        let [first, second] = [(); 2].map(|()| {
            simulation::run(seed, Options::default())
                .unwrap_or_else(|failure| panic!("seed {seed}: {}", failure.what))
                .trace
        });
        let differs = first.iter().zip(&second).position(|(one, other)| one != other);
        if let Some(line) = differs {
            panic!("seed {seed}, line {line}:\n{}\n{}", first[line], second[line]);
        }
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
}

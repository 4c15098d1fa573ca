//! Measures what commits notice of removing old executions, and whether the file grows under a steady load.
//!
//! `cargo run --release -p store --example expiry -- [EXECUTIONS]`, in a folder on the disk to be measured. With a folder as
//! a second argument, it leaves the executions there and measures nothing: they ended so long ago that a server that is
//! started on the folder begins to remove them ten seconds later, unless `[retention]` keeps them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::Millis;
use store::conformance::{batch, closed, short};
use store::{EmbeddedOptions, EmbeddedStore, NextExpiry, Status, Store, StoreError};

/// How many executions a commit beside the removal has, and how many there are.
const PER_COMMIT: u64 = 64;
const COMMITS: u64 = 300;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u64 = std::env::args()
        .nth(1)
        .map_or(Ok(1_000_000), |count| count.parse())?;
    if let Some(folder) = std::env::args().nth(2) {
        let folder = Path::new(&folder);
        fill(folder, count).await?;
        return Ok(());
    }
    let folder = tempfile::tempdir_in(".")?;
    let store = fill(folder.path(), count).await?;

    let alone = commits(&store, count).await?;
    println!("commits of {PER_COMMIT}, alone:  {alone}");
    let removing = tokio::spawn(remove(Arc::clone(&store), end(count)));
    let beside = commits(&store, count + COMMITS * PER_COMMIT).await?;
    println!("commits of {PER_COMMIT}, beside: {beside}");
    let (removed, slices, took) = removing.await??;
    println!(
        "{removed} executions removed in {slices} slices and {took:.1?}; {}",
        size(folder.path())
    );

    let mut first = count + 2 * COMMITS * PER_COMMIT;
    for round in 1..=5 {
        for _ in 0..count / 10_000 {
            save(&store, first, 1000).await?;
            first += 1000;
        }
        remove(Arc::clone(&store), end(first)).await?;
        println!("steady load, round {round}: {}", size(folder.path()));
    }
    Ok(())
}

async fn fill(folder: &Path, count: u64) -> Result<Arc<EmbeddedStore>, Box<dyn std::error::Error>> {
    let store = Arc::new(EmbeddedStore::open(folder, &EmbeddedOptions::default())?);
    let begun = Instant::now();
    for first in (0..count).step_by(1000) {
        save(&store, first, 1000.min(count - first)).await?;
    }
    println!(
        "{count} executions saved in {:.1?}; {}",
        begun.elapsed(),
        size(folder)
    );
    Ok(store)
}

/// When the execution with that number ends.
fn end(number: u64) -> Millis {
    closed(number, Status::Succeeded).stopped
}

async fn save(store: &EmbeddedStore, first: u64, count: u64) -> Result<(), StoreError> {
    let executions = (first..first + count).map(|number| short(number, Status::Succeeded));
    store.commit(batch(executions)).await
}

/// How long commits take.
async fn commits(store: &EmbeddedStore, first: u64) -> Result<String, StoreError> {
    let mut times = Vec::new();
    for number in 0..COMMITS {
        let begun = Instant::now();
        save(store, first + number * PER_COMMIT, PER_COMMIT).await?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    Ok(format!(
        "p50 {:.1?}, p99 {:.1?}, longest {:.1?}",
        at(50),
        at(99),
        at(100)
    ))
}

/// Removes all that ended before a moment.
async fn remove(store: Arc<EmbeddedStore>, before: Millis) -> Result<(usize, usize, Duration), StoreError> {
    let begun = Instant::now();
    let (mut removed, mut slices) = (0, 0);
    loop {
        let expired = store.expire(before).await?;
        removed += expired.executions;
        slices += 1;
        if expired.next != NextExpiry::More {
            return Ok((removed, slices, begun.elapsed()));
        }
    }
}

fn size(folder: &Path) -> String {
    let bytes = |name| folder.join(name).metadata().map_or(0, |metadata| metadata.len());
    format!(
        "database {} MB, log {} MB",
        bytes("stepwell.db") >> 20,
        bytes("stepwell.db-wal") >> 20
    )
}

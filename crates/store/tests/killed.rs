//! A process that commits is killed again and again: what was acknowledged is there, nothing is half there.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use store::conformance::{batch, closed, created, events, id, opening, short, step};
use store::{Batch, Commit, EmbeddedOptions, EmbeddedStore, PayloadTable, Status, Store};

const FOLDER: &str = "STORE_TEST_FOLDER";
const FIRST: &str = "STORE_TEST_FIRST";

/// Executions that a batch has something to do with: some end at once, one goes on in the next batch.
const PER_BATCH: u64 = 5;

/// The batch with that number: the last execution of the batch before ends in it.
fn numbered_batch(number: u64) -> Batch {
    let first = number * PER_BATCH;
    let mut commits: Vec<Commit> = (first..first + PER_BATCH - 1)
        .map(|at| short(at, Status::Succeeded))
        .collect();
    commits.push(opening(first + PER_BATCH - 1));
    if let Some(before) = first.checked_sub(1) {
        let end = step(before, &events(4..=9), &mut PayloadTable::default());
        commits.push(Commit {
            closed: Some(closed(before, Status::Failed)),
            ..end
        });
    }
    batch(commits)
}

fn open(folder: &Path) -> EmbeddedStore {
    // Checkpoints come often, so that many kills meet one.
    let options = EmbeddedOptions {
        checkpoint_bytes: 100_000,
        ..EmbeddedOptions::default()
    };
    EmbeddedStore::open(folder, &options).expect("it opens after any crash")
}

/// No test by itself: what the killed process does.
#[tokio::test]
async fn child_commits_until_it_is_killed() {
    let (Ok(folder), Ok(first)) = (std::env::var(FOLDER), std::env::var(FIRST)) else {
        return;
    };
    let store = open(Path::new(&folder));
    let first: u64 = first.parse().expect("a number");
    let mut waiting = std::collections::VecDeque::new();
    for number in first.. {
        waiting.push_back((number, store.commit(numbered_batch(number))));
        if waiting.len() == 3 {
            let (number, answer) = waiting.pop_front().expect("there are three");
            answer.await.expect("there is room");
            let mut out = std::io::stdout().lock();
            writeln!(out, "saved {number}").expect("somebody listens");
            out.flush().expect("somebody listens");
        }
    }
}

fn start(folder: &Path, first: u64) -> Child {
    Command::new(std::env::current_exe().expect("it runs"))
        .args(["--exact", "child_commits_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// Kills a child after it has said that many times that something was saved. Gives the last batch it said.
fn kill_after(mut child: Child, lines: usize) -> u64 {
    let mut out = BufReader::new(child.stdout.take().expect("it is piped"))
        .lines()
        .map_while(Result::ok);
    let saved = |line: &String| line.strip_prefix("saved ").and_then(|number| number.parse().ok());
    let mut last = out
        .by_ref()
        .filter_map(|line| saved(&line))
        .take(lines)
        .last()
        .expect("it saves");
    child.kill().expect("it is ours");
    child.wait().expect("it is ours");
    for number in out.filter_map(|line| saved(&line)) {
        last = number;
    }
    last
}

/// How many batches are there, each of them whole.
async fn whole_batches(store: &EmbeddedStore) -> u64 {
    let latest = store.latest().await.expect("readable");
    let count = latest.map_or(0, |latest| ((latest.0 >> 8) - 10_000 + 1) / PER_BATCH);
    let open = count
        .checked_sub(1)
        .map(|last| id(last * PER_BATCH + PER_BATCH - 1));
    let scanned = store.open(None, usize::MAX).await.expect("readable");
    assert_eq!(
        scanned.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        Vec::from_iter(open)
    );
    for number in 0..count * PER_BATCH {
        let loaded = store
            .load(id(number))
            .await
            .expect("readable")
            .expect("no execution is missing");
        assert_eq!(store.find(&created(number).arn).await, Ok(Some(id(number))));
        let (status, last) = match number % PER_BATCH == PER_BATCH - 1 {
            true if Some(id(number)) == open => (Status::Running, 3),
            true => (Status::Failed, 9),
            false => (Status::Succeeded, 3),
        };
        assert_eq!(loaded.summary.status, status, "execution {number}");
        assert_eq!(loaded.events, events(1..=last), "execution {number}");
    }
    assert_eq!(store.summary(id(count * PER_BATCH)).await, Ok(None));
    count
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (mut first, mut chance) = (0, u64::from(std::process::id()));
    println!("seed {chance}");
    for _ in 0..12 {
        chance = chance
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        let last = kill_after(start(folder.path(), first), 1 + (chance >> 58) as usize);
        let found = whole_batches(&open(folder.path())).await;
        assert!(
            found > last,
            "batch {last} was acknowledged, and {found} are there"
        );
        first = found;
    }
}

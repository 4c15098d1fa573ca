//! How fast short executions are saved: each is created, has one blob of events and is closed, in one commit.
//!
//! `cargo run --release -p store --example throughput -- [FOLDER] [EXECUTIONS]`; the folder must be on the
//! disk that is to be measured, and is emptied of what was measured.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{BranchId, Detail, Event, Millis, StateType};
use json::Payload;
use store::{Batch, Closed, Commit, Created, EmbeddedOptions, EmbeddedStore, IdClock, MemoryStore, OpenRow};
use store::{PayloadTable, Status, Store, codec};

const START: i64 = 1_763_800_000_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "throughput-data".to_owned()));
    let count: usize = arguments
        .next()
        .map_or(100_000, |count| count.parse().expect("a number of executions"));
    let shape = commit(0, Shape::Short).0;
    let blob = shape.events.as_ref().map_or(0, |blob| blob.bytes.len());
    println!("10 Pass states: 22 events, {blob} bytes of history; {count} executions");
    println!(
        "backend   shape        batch   executions/s     CPU µs/execution  answer p50 ms  p99 ms  bytes/execution"
    );
    for shape in [Shape::Short, Shape::Long] {
        for batch in [1, 16, 128, 512, 1024] {
            let count = count.min(batch * 2000);
            let path = folder.join(format!("{shape:?}-{batch}"));
            let store =
                EmbeddedStore::open(&path, &EmbeddedOptions::default()).expect("the folder can be used");
            measure("embedded", Arc::new(store), shape, batch, count).await;
            let bytes = std::fs::metadata(path.join("stepwell.db"))
                .expect("it was written")
                .len();
            println!("  {}", bytes / count as u64);
            std::fs::remove_dir_all(&path).expect("it is ours");
        }
    }
    measure("memory", Arc::new(MemoryStore::new()), Shape::Short, 128, count).await;
    println!();
    encoding();
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    /// Created and closed in one commit.
    Short,
    /// Created in one commit, closed in a later one.
    Long,
}

/// The commits of the execution with that number.
fn commit(number: usize, shape: Shape) -> (Commit, Option<Commit>) {
    let now = Millis(START + number as i64 / 20);
    let mut clock = IdClock::new((number % 256) as u8, None);
    let id = clock.next(Millis(START + 4 * (number as i64 / 256)));
    let name = format!("order-{number:09}");
    let created = Created {
        arn: format!("arn:aws:states:us-east-1:000000000000:execution:Orders:{name}").into(),
        name: name.into(),
        machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:Orders".into(),
        revision: "5f1e8d3a-0c57-4e0b-9a83-0b8f4a4e2b11".into(),
        version_arn: None,
        alias_arn: None,
        map_run_arn: None,
        map_seat: None,
        started: now,
        parent: None,
        trace_header: None,
        test_case: None,
    };
    let closed = Some(Closed {
        status: Status::Succeeded,
        stopped: now,
    });
    let events = events(number, now);
    let mut table = PayloadTable::default();
    let mut encode = |events: &[Event]| {
        codec::encode(events, &mut table)
            .expect("the events are small")
            .blob
    };
    match shape {
        Shape::Short => {
            let blob = encode(&events);
            (
                Commit {
                    created: Some(created),
                    events: Some(blob),
                    closed,
                    ..Commit::new(id)
                },
                None,
            )
        }
        Shape::Long => {
            let (first, second) = (encode(&events[..11]), encode(&events[11..]));
            let open = Some(OpenRow {
                due: None,
                wake: true,
            });
            let opening = Commit {
                created: Some(created),
                events: Some(first),
                open,
                ..Commit::new(id)
            };
            (
                opening,
                Some(Commit {
                    events: Some(second),
                    closed,
                    ..Commit::new(id)
                }),
            )
        }
    }
}

fn events(number: usize, at: Millis) -> Vec<Event> {
    let text = format!(
        r#"{{"order":{number},"customer":"c-{}","total":{}.5}}"#,
        number * 7919,
        number % 1000
    );
    let payload = Payload::trusted(text);
    let mut events: Vec<Event> = Vec::new();
    let mut add = |detail| {
        let id = events.len() as u64 + 1;
        events.push(Event {
            id,
            previous: id - 1,
            at,
            branch: BranchId::ROOT,
            detail,
        });
    };
    let role_arn = "arn:aws:iam::000000000000:role/orders".into();
    add(Detail::ExecutionStarted {
        input: payload.clone(),
        role_arn,
        version_arn: None,
        alias_arn: None,
    });
    for state in 0..10 {
        let (kind, name): (_, json::Str) = (StateType::Pass, format!("Pass {state}").into());
        add(Detail::StateEntered {
            kind,
            state,
            name: name.clone(),
            input: payload.clone(),
        });
        add(Detail::StateExited {
            kind,
            state,
            name,
            output: payload.clone(),
            assigned: Vec::new(),
        });
    }
    add(Detail::ExecutionSucceeded { output: payload });
    events
}

async fn measure(name: &str, store: Arc<dyn Store>, shape: Shape, size: usize, count: usize) {
    let mut batches: Vec<Batch> = Vec::new();
    for start in (0..count).step_by(size) {
        let (first, second): (Vec<_>, Vec<_>) = (start..count.min(start + size))
            .map(|number| commit(number, shape))
            .unzip();
        batches.push(Batch {
            executions: first,
            ..Batch::default()
        });
        let second: Vec<_> = second.into_iter().flatten().collect();
        if !second.is_empty() {
            batches.push(Batch {
                executions: second,
                ..Batch::default()
            });
        }
    }
    let mut times = Vec::with_capacity(batches.len());
    let (begin, busy) = (Instant::now(), processor_time());
    for batch in batches {
        let asked = Instant::now();
        store.commit(batch).await.expect("there is room");
        times.push(asked.elapsed());
    }
    let (elapsed, busy) = (begin.elapsed(), processor_time() - busy);
    drop(store);
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0;
    let rate = count as f64 / elapsed.as_secs_f64();
    let each = busy.as_secs_f64() * 1e6 / count as f64;
    let shape = format!("{shape:?}");
    print!(
        "{name:9} {shape:9} {size:8} {rate:14.0} {each:20.1} {:14.2} {:7.2}",
        at(0.5),
        at(0.99)
    );
}

fn encoding() {
    let all: Vec<_> = (0..5000).map(|number| events(number, Millis(START))).collect();
    let begin = Instant::now();
    let blobs: Vec<_> = all
        .iter()
        .map(|events| {
            codec::encode(events, &mut PayloadTable::default())
                .expect("the events are small")
                .blob
        })
        .collect();
    let encoded = begin.elapsed();
    let begin = Instant::now();
    for blob in &blobs {
        let mut events = Vec::new();
        codec::decode::<String>(&blob.bytes, &mut |_| Err("none".to_owned()), &mut events)
            .expect("it was encoded");
    }
    let decoded = begin.elapsed();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / all.len() as f64;
    println!(
        "encoding 22 events takes {:.1} µs, decoding them {:.1} µs",
        each(encoded),
        each(decoded)
    );
}

/// What the process has used of the processor so far.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let threads = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let of_thread = |path: PathBuf| std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
    let nanos = |text: &str| {
        text.split(' ')
            .next()
            .and_then(|nanos| nanos.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let total: u64 = threads.map(|thread| nanos(&of_thread(thread.path()))).sum();
    Duration::from_nanos(total.max(nanos(&stat)))
}

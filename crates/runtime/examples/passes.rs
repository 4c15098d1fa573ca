//! How many executions of ten Pass states a runtime starts and ends in a second, and the CPU time of each.
//!
//! `cargo run --release -p runtime --example passes [COUNT] [STARTERS] [DIRECTORY]`: without a directory,
//! with the memory store.

use std::sync::Arc;
use std::time::{Duration, Instant};

use asl::Rules;
use integrations::Integrations;
use json::Payload;
use runtime::{NewRevision, Runtime, Settings, StartRequest, SystemClock};
use store::{EmbeddedOptions, EmbeddedStore, MachineKind, MemoryStore, Store};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(200_000);
    let starters = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(64);
    let directory = arguments.next();
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    tokio.block_on(measure(count, starters, directory));
}

async fn measure(count: usize, starters: usize, directory: Option<String>) {
    let store: Arc<dyn Store> = match &directory {
        None => Arc::new(MemoryStore::new()),
        Some(directory) => open(directory),
    };
    let functions = functions::Functions::new([], functions::Settings::new("000000000000", "us-east-1"));
    let tasks = Arc::new(Integrations::new(functions));
    let clock = Arc::new(SystemClock);
    let settings = Settings::default();
    let workers = settings.workers;
    let runtime = Runtime::open(store, tasks, clock, settings)
        .await
        .expect("the store opens");
    let machine = create(&runtime).await;
    for round in 0..3 {
        let (began, cpu) = (Instant::now(), cpu_time());
        let mut running = Vec::new();
        for _ in 0..starters {
            let (runtime, machine) = (runtime.clone(), Arc::clone(&machine));
            running.push(tokio::spawn(async move {
                for _ in 0..count / starters {
                    let input = Payload::parse(r#"{"order":4711,"items":["a","b"]}"#).expect("it is JSON");
                    runtime
                        .start(StartRequest::new(Arc::clone(&machine), input))
                        .await
                        .expect("it starts");
                }
            }));
        }
        for starter in running {
            starter.await.expect("a starter ends");
        }
        let (wall, cpu) = (began.elapsed(), cpu_time().saturating_sub(cpu));
        let done = (count / starters * starters) as f64;
        println!(
            "round {round}: {starters} starters, {workers} workers, {}: {:.0} executions/s, {:.1} µs CPU each",
            directory.as_deref().unwrap_or("memory"),
            done / wall.as_secs_f64(),
            cpu.as_secs_f64() * 1e6 / done,
        );
    }
    runtime.shutdown().await;
}

fn open(directory: &str) -> Arc<dyn Store> {
    Arc::new(
        EmbeddedStore::open(directory.as_ref(), &EmbeddedOptions::default()).expect("the folder can be used"),
    )
}

async fn create(runtime: &Runtime) -> Arc<runtime::Revision> {
    let states: Vec<String> = (0..10)
        .map(|number| match number {
            9 => r#""P9": {"Type": "Pass", "End": true}"#.to_owned(),
            _ => format!(r#""P{number}": {{"Type": "Pass", "Next": "P{}"}}"#, number + 1),
        })
        .collect();
    let definition = format!(r#"{{"StartAt": "P0", "States": {{{}}}}}"#, states.join(","));
    let reading = asl::read(&definition, Rules::default());
    let new = NewRevision {
        definition: definition.into(),
        states: Arc::new(reading.machine.expect("it is valid")),
        role_arn: "arn:aws:iam::000000000000:role/r".into(),
        logging: None,
        tracing: None,
        encryption: None,
    };
    let arn = "arn:aws:states:us-east-1:000000000000:stateMachine:passes"
        .parse()
        .expect("it is an ARN");
    let catalog = runtime.catalog();
    catalog
        .create_machine(&arn, MachineKind::Standard, new, Vec::new(), None)
        .await
        .expect("it is created");
    catalog.current(&arn.to_string()).await.expect("it is there")
}

/// The CPU time of this process.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |place: usize| {
        fields
            .get(place)
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

//! How much memory an execution takes that only waits, and how long a restart with them takes.
//!
//! `cargo run --release -p runtime --example parked COUNT DIRECTORY`

use std::sync::Arc;
use std::time::Instant;

use asl::Rules;
use integrations::Integrations;
use json::Payload;
use runtime::{NewRevision, Revision, Runtime, Settings, StartRequest, SystemClock};
use store::{EmbeddedOptions, EmbeddedStore, MachineKind, Store};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    let directory = arguments.next().expect("a directory is given");
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    tokio.block_on(measure(count, &directory));
}

async fn measure(count: usize, directory: &str) {
    let runtime = runtime(open(directory)).await;
    let machine = create(&runtime).await;
    start(&runtime, &machine, 10_000).await;
    let (before, began) = (resident_bytes(), Instant::now());
    start(&runtime, &machine, count).await;
    let each = resident_bytes().saturating_sub(before) as f64 / count as f64;
    println!(
        "{count} started in {:.1} s, {each:.0} bytes of memory each",
        began.elapsed().as_secs_f64()
    );
    runtime.shutdown().await;
    drop(runtime);

    let began = Instant::now();
    let runtime = self::runtime(open(directory)).await;
    start(&runtime, &machine, 1).await;
    println!(
        "{} open: first answer after {:.3} s",
        runtime.open_executions(),
        began.elapsed().as_secs_f64()
    );
    runtime.shutdown().await;
}

async fn runtime(store: Arc<dyn Store>) -> Runtime {
    let functions = functions::Functions::new([], functions::Settings::new("000000000000", "us-east-1"));
    let tasks = Arc::new(Integrations::new(functions));
    let settings = Settings::default();
    Runtime::open(store, tasks, Arc::new(SystemClock), settings)
        .await
        .expect("the store opens")
}

async fn start(runtime: &Runtime, machine: &Arc<Revision>, count: usize) {
    let starters = count.min(256);
    let mut running = Vec::new();
    for _ in 0..starters {
        let (runtime, machine) = (runtime.clone(), Arc::clone(machine));
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
}

fn open(directory: &str) -> Arc<dyn Store> {
    Arc::new(
        EmbeddedStore::open(directory.as_ref(), &EmbeddedOptions::default()).expect("the folder can be used"),
    )
}

async fn create(runtime: &Runtime) -> Arc<Revision> {
    let definition = r#"{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 86400, "End": true}}}"#;
    let reading = asl::read(definition, Rules::default());
    let new = NewRevision {
        definition: definition.into(),
        states: Arc::new(reading.machine.expect("it is valid")),
        role_arn: "arn:aws:iam::000000000000:role/r".into(),
        logging: None,
        tracing: None,
        encryption: None,
    };
    let arn = "arn:aws:states:us-east-1:000000000000:stateMachine:parked"
        .parse()
        .expect("it is an ARN");
    let catalog = runtime.catalog();
    catalog
        .create_machine(&arn, MachineKind::Standard, new, Vec::new(), None)
        .await
        .expect("it is created");
    catalog.current(&arn.to_string()).await.expect("it is there")
}

/// The resident memory of this process.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split_whitespace()
        .nth(1)
        .and_then(|text| text.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}

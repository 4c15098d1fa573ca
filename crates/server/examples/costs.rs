//! What an operation costs beside time: allocations, bytes allocated, syncs, bytes written; and each of them for a state
//! transition.
//!
//! `cargo run --release -p server --example costs [COUNT]`. Requests go through the API as those of HTTP do, one after
//! the other on one thread, whose allocations are counted; the thread that writes to disk is left out of them. The
//! figures hardly depend on the machine, nor on how busy it is.

use std::error::Error;
use std::sync::Arc;

use api::Caller;
use functions::Functions;
use integrations::Integrations;
use runtime::{Runtime, Settings, SystemClock};
use serde_json::{Value, json};
use server::Server;
use store::{EmbeddedOptions, EmbeddedStore, Store};

type Trouble = Box<dyn Error>;

/// States in a row.
const STEPS: usize = 10;

fn main() -> Result<(), Trouble> {
    let count = std::env::args().nth(1).as_deref().unwrap_or("1000").parse()?;
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let folder = tempfile::tempdir()?;
    let world = tokio.block_on(World::open(folder.path()))?;
    println!(
        "{:38} {:>11} {:>10} {:>7} {:>10}",
        "for each", "allocations", "KiB", "syncs", "KiB on disk"
    );
    let standard = world.run(&tokio, "STANDARD", "passes", &passes(), "StartExecution", count)?;
    standard.print("StartExecution, 10 Pass states");
    standard.share(STEPS).print("  a transition of them");
    let express = world.run(&tokio, "EXPRESS", "quick", &passes(), "StartSyncExecution", count)?;
    express.print("StartSyncExecution, 10 Pass states");
    express.share(STEPS).print("  a transition of them");
    let sums = world.run(&tokio, "EXPRESS", "sums", &sums(), "StartSyncExecution", count)?;
    sums.print("StartSyncExecution, JSONata, 2 states");
    world
        .task(&tokio, count)?
        .print("an activity task, from start to end");
    world.describe(&tokio, count)?.print("DescribeExecution");
    Ok(())
}

struct World {
    store: Arc<EmbeddedStore>,
    server: Arc<Server>,
}

/// What was counted.
#[derive(Clone, Copy)]
struct Costs {
    allocations: f64,
    bytes: f64,
    syncs: f64,
    written: f64,
}

impl Costs {
    fn share(self, parts: usize) -> Self {
        let share = |all: f64| all / parts as f64;
        Self {
            allocations: share(self.allocations),
            bytes: share(self.bytes),
            syncs: share(self.syncs),
            written: share(self.written),
        }
    }

    fn print(self, what: &str) {
        println!(
            "{what:38} {:>11.1} {:>10.2} {:>7.2} {:>10.2}",
            self.allocations,
            self.bytes / 1024.0,
            self.syncs,
            self.written / 1024.0
        );
    }
}

impl World {
    async fn open(folder: &std::path::Path) -> Result<Self, Trouble> {
        let store = Arc::new(EmbeddedStore::open(folder, &EmbeddedOptions::default())?);
        let settings = functions::Settings::new(api::caller::ACCOUNT_DEFAULT, api::caller::REGION_DEFAULT);
        let integrations = Integrations::new(Functions::new([], settings));
        let tasks = Arc::new(integrations.clone());
        let shared: Arc<dyn Store> = Arc::clone(&store) as _;
        let runtime = Runtime::open(shared, tasks, Arc::new(SystemClock), Settings::default()).await?;
        let server = Server::new(runtime, &integrations);
        Ok(Self { store, server })
    }

    async fn ask(&self, operation: &str, request: &Value) -> Result<Value, Trouble> {
        let target = format!("AWSStepFunctions.{operation}");
        let body = request.to_string();
        let answer = api::dispatch(&*self.server, &Caller::default(), &target, body.as_bytes()).await;
        let text = String::from_utf8(answer.body)?;
        if answer.status != 200 {
            return Err(text.into());
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// Counts what `count` rounds take, after some that are not counted.
    fn count(
        &self,
        tokio: &tokio::runtime::Runtime,
        count: usize,
        round: impl AsyncFn() -> Result<(), Trouble>,
    ) -> Result<Costs, Trouble> {
        let rounds = |number: usize| {
            tokio.block_on(async {
                for _ in 0..number {
                    round().await?;
                }
                Ok::<_, Trouble>(())
            })
        };
        rounds(count.min(100))?;
        let (syncs, written) = (self.store.saved(), bytes_written()?);
        let mut done = Ok(());
        let counted = allocation_counter::measure(|| done = rounds(count));
        done?;
        let costs = Costs {
            allocations: counted.count_total as f64,
            bytes: counted.bytes_total as f64,
            syncs: (self.store.saved() - syncs) as f64,
            written: (bytes_written()? - written) as f64,
        };
        Ok(costs.share(count))
    }

    fn run(
        &self,
        tokio: &tokio::runtime::Runtime,
        kind: &str,
        name: &str,
        definition: &Value,
        operation: &str,
        count: usize,
    ) -> Result<Costs, Trouble> {
        let machine = tokio.block_on(self.create(kind, name, definition))?;
        let request = json!({
            "stateMachineArn": machine,
            "input": json!({ "id": "order-1", "name": "Ada Lovelace", "step": 0, "quantity": 3 }).to_string(),
        });
        self.count(tokio, count, async || {
            let answer = self.ask(operation, &request).await?;
            match answer.get("status").and_then(Value::as_str) {
                None | Some("SUCCEEDED") => Ok(()),
                Some(_) => Err(answer.to_string().into()),
            }
        })
    }

    /// An execution of one task, which a worker takes and does.
    fn task(&self, tokio: &tokio::runtime::Runtime, count: usize) -> Result<Costs, Trouble> {
        let activity = tokio.block_on(self.ask("CreateActivity", &json!({ "name": "work" })))?;
        let activity = activity["activityArn"].clone();
        let states = json!({ "Work": { "Type": "Task", "Resource": activity, "End": true } });
        let definition = json!({ "StartAt": "Work", "States": states });
        let machine = tokio.block_on(self.create("STANDARD", "tasks", &definition))?;
        let start = json!({ "stateMachineArn": machine });
        let poll = json!({ "activityArn": activity });
        self.count(tokio, count, async || {
            self.ask("StartExecution", &start).await?;
            let task = self.ask("GetActivityTask", &poll).await?;
            let done = json!({ "taskToken": task["taskToken"], "output": "{}" });
            self.ask("SendTaskSuccess", &done).await.map(drop)
        })
    }

    fn describe(&self, tokio: &tokio::runtime::Runtime, count: usize) -> Result<Costs, Trouble> {
        let machine = tokio.block_on(self.create("STANDARD", "described", &passes()))?;
        let started = tokio.block_on(self.ask(
            "StartExecution",
            &json!({ "stateMachineArn": machine, "input": "{\"id\":1,\"name\":2,\"step\":0}" }),
        ))?;
        let request = json!({ "executionArn": started["executionArn"] });
        self.count(tokio, count, async || {
            self.ask("DescribeExecution", &request).await.map(drop)
        })
    }

    async fn create(&self, kind: &str, name: &str, definition: &Value) -> Result<Value, Trouble> {
        let request = json!({
            "name": name,
            "type": kind,
            "definition": definition.to_string(),
            "roleArn": "arn:aws:iam::000000000000:role/costs",
        });
        let answer = self.ask("CreateStateMachine", &request).await?;
        Ok(answer["stateMachineArn"].clone())
    }
}

fn passes() -> Value {
    let state = |step: usize| {
        let mut state = json!({
            "Type": "Pass",
            "Parameters": { "id.$": "$.id", "name.$": "$.name", "step": step, "previous.$": "$.step" },
        });
        match step {
            STEPS => state["End"] = json!(true),
            _ => state["Next"] = json!(format!("Step{}", step + 1)),
        }
        (format!("Step{step}"), state)
    };
    json!({ "StartAt": "Step1", "States": (1..=STEPS).map(state).collect::<serde_json::Map<_, _>>() })
}

fn sums() -> Value {
    json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Which",
        "States": {
            "Which": {
                "Type": "Choice",
                "Choices": [{ "Condition": "{% $states.input.quantity > 10 %}", "Next": "Sum" }],
                "Default": "Sum",
            },
            "Sum": {
                "Type": "Pass",
                "Output": { "total": "{% $states.input.quantity * 7 %}", "id": "{% $states.input.id %}" },
                "End": true,
            },
        },
    })
}

/// What this process has had written to disk.
fn bytes_written() -> Result<u64, Trouble> {
    let text = std::fs::read_to_string("/proc/self/io")?;
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    Ok(line.ok_or("no write_bytes in /proc/self/io")?.parse()?)
}

//! Crashes: whenever the power goes, every execution ends as it would have without, and no call is made that
//! its history does not know of.
//!
//! A failing seed is printed; `SEED=… cargo test -p runtime crashes` runs it alone, `SEEDS=…` that many.

use std::collections::BTreeMap;
use std::sync::Arc;

use json::Str;
use runtime::Runtime;

use crate::activities::definition as activity_definition;
use crate::support::*;

const STARTS: usize = 3;
const ROUNDS: usize = 400;
const DRIVES: usize = 4000;

/// What each execution ended with, by the name of its machine and its own.
type Ends = BTreeMap<(&'static str, String), String>;

#[tokio::test]
async fn crashes_change_no_outcome() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SEEDS").unwrap_or(40),
    };
    let undisturbed = run(0, false).await;
    for seed in seeds {
        println!("seed {seed}");
        assert_eq!(run(seed, true).await, undisturbed, "seed {seed}");
    }
}

fn machines() -> Vec<(&'static str, String)> {
    let lambda = |name: &str| format!("arn:aws:lambda:us-east-1:000000000000:function:{name}");
    let retry = r#""Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 50, "BackoffRate": 1}],"#;
    let task = |name: &str, rest: &str| {
        format!(
            r#"{{"Type": "Task", "Resource": "{}", {retry} {rest}}}"#,
            lambda(name)
        )
    };
    let activity = "arn:aws:states:us-east-1:000000000000:activity:a";
    let timeouts = format!(r#""HeartbeatSeconds": 20, {retry}"#);
    vec![
        (
            "line",
            format!(
                r#"{{"StartAt": "A", "States": {{"A": {}, "W": {{"Type": "Wait", "Seconds": 7, "Next": "B"}},
                    "B": {}, "C": {{"Type": "Pass", "End": true}}}}}}"#,
                task("echo", r#""Next": "W""#),
                task("flaky", r#""Next": "C""#),
            ),
        ),
        (
            "wide",
            format!(
                r#"{{"StartAt": "P", "States": {{"P": {{"Type": "Parallel", "End": true, "Branches": [
                    {{"StartAt": "P1", "States": {{"P1": {}}}}},
                    {{"StartAt": "P2", "States": {{"P2": {{"Type": "Wait", "Seconds": 3, "End": true}}}}}},
                    {{"StartAt": "P3", "States": {{"P3": {{"Type": "Map", "ItemsPath": "$.items", "End": true,
                        "ItemProcessor": {{"StartAt": "M", "States": {{"M": {}}}}}}}}}}}]}}}}}}"#,
                task("echo", r#""End": true"#),
                task("flaky", r#""End": true"#),
            ),
        ),
        ("worked", activity_definition(activity, &timeouts)),
        (
            "called",
            crate::callbacks::CALLBACK
                .replace(r#""End""#, &format!(r#""TimeoutSeconds": 60, {retry} "End""#)),
        ),
        ("redriven", crate::redrives::FLAKY.to_owned()),
        ("mapped", map("STANDARD", &task("work", r#""Next": "W""#))),
        ("quick", map("EXPRESS", &task("work", r#""Next": "W""#))),
        ("child", crate::starts::WAIT.replace("60", "4")),
        (
            "parent",
            format!(
                r#"{{"StartAt": "T", "States": {{"T": {{"Type": "Task", {retry}
                    "Resource": "arn:aws:states:::states:startExecution.sync:2",
                    "Parameters": {{"StateMachineArn": "{}", "Input.$": "$"}},
                    "ResultSelector": {{"status.$": "$.Status", "output.$": "$.Output"}}, "End": true}}}}}}"#,
                machine_arn("child")
            ),
        ),
    ]
}

/// A Distributed Map whose executions do a task and wait.
fn map(children: &str, task: &str) -> String {
    format!(
        r#"{{"StartAt": "M", "States": {{"M": {{"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "End": true,
            "ItemProcessor": {{"ProcessorConfig": {{"Mode": "DISTRIBUTED", "ExecutionType": "{children}"}},
            "StartAt": "T", "States": {{"T": {task}, "W": {{"Type": "Wait", "Seconds": 1, "End": true}}}}}}}}}}}}"#
    )
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// Some commits that are saved or find the disk full, then a crash.
    fn fate(&mut self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = (0..self.roll(25))
            .map(|_| {
                if self.roll(8) == 0 {
                    Fault::Full
                } else {
                    Fault::None
                }
            })
            .collect();
        faults.push(if self.roll(2) == 0 {
            Fault::CrashBefore
        } else {
            Fault::CrashAfter
        });
        faults
    }
}

async fn run(seed: u64, disturbed: bool) -> Ends {
    let mut dice = Dice(seed);
    let mut world = if dice.roll(2) == 0 {
        World::new()
    } else {
        World::cold()
    };
    world.settings.workers = 1 + dice.roll(4) as usize;
    world.settings.max_tasks = 1 + dice.roll(6) as usize;
    world.settings.seed = Some(seed);
    let setup = world.open().await;
    activity(&setup, "a").await;
    for (name, definition) in machines() {
        machine(&setup, name, &definition).await;
    }
    setup.shutdown().await;
    drop(setup);

    let mut ends = Ends::new();
    let mut worker = Worker::default();
    let mut drives = 0;
    for round in 0..ROUNDS {
        // What is drawn after a restart is not what was drawn before.
        world.settings.seed = Some(seed | (round as u64 + 1) << 32);
        let store = world.faulty();
        if disturbed && round < ROUNDS / 2 {
            store.then(dice.fate());
        }
        let Ok(runtime) = world.try_open(Arc::clone(&store) as _).await else {
            continue;
        };
        while !store.is_dead() {
            drives += 1;
            assert!(drives < DRIVES, "seed {seed}: not all ended: {ends:?}");
            if drive(&world, &runtime, &mut worker, &mut ends).await {
                check_calls(&world, &runtime).await;
                return ends;
            }
        }
        drop(runtime);
        settle().await;
    }
    panic!("seed {seed}: not all ended: {ends:?}");
}

/// What clients and workers do, over and over. True when all executions have ended.
async fn drive(world: &World, runtime: &Runtime, worker: &mut Worker, ends: &mut Ends) -> bool {
    let mut running = 0;
    for (name, _) in machines().into_iter().filter(|(name, _)| *name != "child") {
        for number in 0..STARTS {
            let input = format!(r#"{{"n":{number},"items":[1,2,"{name}"]}}"#);
            let execution = format!("e{number}");
            let Ok(machine) = runtime.catalog().current(&machine_arn(name).to_string()).await else {
                return false;
            };
            let arn = format!("arn:aws:states:us-east-1:000000000000:execution:{name}:{execution}");
            match runtime.describe(&arn).await {
                Err(_) => drop(runtime.start(named(&machine, &execution, &input)).await),
                // A client that goes on until it succeeds; asked again, the same request is the same redrive.
                Ok(described) if name == "redriven" && described.ending().is_some() => {
                    let count = described.redriven.map_or(0, |redriven| redriven.count);
                    let _ = runtime.redrive(&arn, Some(format!("after {count}").into())).await;
                }
                Ok(described) if described.outcome.is_some() => {
                    ends.insert((name, execution), told(&described));
                    continue;
                }
                Ok(_) => {}
            }
            running += 1;
        }
    }
    worker.work(world, runtime).await;
    world.pass(1).await;
    running == 0
}

/// Takes activity tasks and answers tokens, again and again until it was heard.
#[derive(Default)]
struct Worker {
    tokens: Vec<Str>,
    called: usize,
}

impl Worker {
    async fn work(&mut self, world: &World, runtime: &Runtime) {
        let taking = runtime.clone();
        let activity = "arn:aws:states:us-east-1:000000000000:activity:a";
        let mut poll = tokio::spawn(async move { taking.take_activity_task(activity, None).await });
        settle().await;
        if poll.is_finished() {
            if let Ok(Ok(Some(task))) = (&mut poll).await {
                self.tokens.push(task.token);
            }
        } else {
            poll.abort();
        }
        let called = world.script.tokens();
        self.tokens.extend(called[self.called..].iter().cloned());
        self.called = called.len();
        let mut left = Vec::new();
        for token in std::mem::take(&mut self.tokens) {
            let told = runtime.task_succeeded(&token, payload(r#""done""#)).await;
            if matches!(
                told,
                Err(runtime::TokenError::Store(_) | runtime::TokenError::Closing)
            ) {
                left.push(token);
            }
        }
        self.tokens = left;
    }
}

/// Every call of a function is one that a history says was started.
async fn check_calls(world: &World, runtime: &Runtime) {
    let mut started = 0;
    for name in ["line", "wide", "redriven"] {
        for number in 0..STARTS {
            let arn = format!("arn:aws:states:us-east-1:000000000000:execution:{name}:e{number}");
            let events = history(runtime, &arn).await;
            started += events
                .iter()
                .filter(|event| *event == "LambdaFunctionStarted")
                .count();
        }
    }
    let calls = world.script.calls();
    let made = calls
        .iter()
        .filter(|name| matches!(&***name, "echo" | "flaky"))
        .count();
    assert!(made <= started, "{made} calls were made, and {started} are known");
}

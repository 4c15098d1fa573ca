//! Express: at most once when it is waited for, at least once when it is not; nothing of it is saved.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::Execution;
use runtime::Witness;
use store::{HistoryPage, Store};

use crate::starts::{ECHO, PASS, WAIT};
use crate::support::*;

#[tokio::test]
async fn a_synchronous_execution_gives_its_end_and_saves_nothing() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let passes = express_machine(&runtime, "p", PASS).await;
    let tasks = express_machine(&runtime, "t", ECHO).await;
    let commits = store.commits.load(Ordering::SeqCst);
    let done = runtime.start_sync(request(&passes, "1")).await.unwrap();
    assert_eq!(told(&done), r#"SUCCEEDED {"b":1}"#);
    assert!(
        done.arn
            .starts_with("arn:aws:states:us-east-1:000000000000:express:p:")
    );
    let done = runtime.start_sync(named(&tasks, "n", "2")).await.unwrap();
    assert_eq!(told(&done), "SUCCEEDED 2");
    assert_eq!(store.commits.load(Ordering::SeqCst), commits);
    assert_eq!(
        runtime
            .history(&done.arn, HistoryPage::forward(1, 100))
            .await
            .unwrap()
            .len(),
        7
    );
    assert_eq!(runtime.express_executions(&tasks.machine_arn, 10).len(), 1);
}

#[tokio::test]
async fn a_synchronous_execution_waits_as_long_as_it_says() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = express_machine(&runtime, "m", WAIT).await;
    let (waiting, request) = (runtime.clone(), request(&machine, "1"));
    let done = tokio::spawn(async move { waiting.start_sync(request).await });
    world.pass(60).await;
    assert_eq!(told(&done.await.unwrap().unwrap()), "SUCCEEDED 1");
}

#[tokio::test]
async fn an_asynchronous_execution_runs_once_it_is_saved_and_is_removed_at_its_end() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = express_machine(&runtime, "m", ECHO).await;
    let first = runtime.start(named(&machine, "n", "1")).await.unwrap();
    let second = runtime.start(named(&machine, "n", "2")).await.unwrap();
    assert_ne!(first.arn, second.arn);
    settle().await;
    assert_eq!(told(&runtime.describe(&first.arn).await.unwrap()), "SUCCEEDED 1");
    assert!(world.memory.express_pending(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_asynchronous_execution_runs_again_after_a_crash() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = express_machine(&runtime, "m", &ECHO.replace("echo", "gate")).await;
    let started = start(&runtime, &machine, "1").await;
    settle().await;
    drop(runtime);
    settle().await;
    let runtime = world.open().await;
    settle().await;
    world.script.open_gate(1);
    settle().await;
    assert_eq!(
        told(&runtime.describe(&started.arn).await.unwrap()),
        "SUCCEEDED 1"
    );
    assert_eq!(world.script.count("gate", "1"), 2);
    assert!(world.memory.express_pending(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_end_that_could_not_be_saved_is_saved_a_little_later() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = express_machine(&runtime, "m", &ECHO.replace("echo", "gate")).await;
    start(&runtime, &machine, "1").await;
    settle().await;
    store.then([Fault::Full]);
    world.script.open_gate(1);
    settle().await;
    assert_eq!(world.memory.express_pending(None, 10).await.unwrap().len(), 1);
    world.pass(2).await;
    assert!(world.memory.express_pending(None, 10).await.unwrap().is_empty());
    drop(runtime);
    let _runtime = world.open().await;
    settle().await;
    assert_eq!(world.script.count("gate", "1"), 1);
}

struct Nobody;

impl Witness for Nobody {
    fn saved(&self, execution: &Execution) {
        panic!("{} was seen", execution.head().arn);
    }
}

#[tokio::test]
async fn witnesses_see_standard_executions_alone() {
    let mut world = World::new();
    world.settings.witness = Some(Arc::new(Nobody));
    let runtime = world.open().await;
    let machine = express_machine(&runtime, "m", &ECHO.replace("echo", "gate")).await;
    start(&runtime, &machine, "1").await;
    world.script.open_gate(1);
    settle().await;
    assert!(world.memory.express_pending(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_asynchronous_execution_is_over_when_its_machine_was_deleted_before_a_crash() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = express_machine(&runtime, "m", &ECHO.replace("echo", "gate")).await;
    start(&runtime, &machine, "1").await;
    settle().await;
    let catalog = runtime.catalog();
    catalog.delete_machine(&machine.machine_arn).await.unwrap();
    drop((runtime, machine));
    settle().await;
    assert_eq!(world.memory.express_pending(None, 10).await.unwrap().len(), 1);
    let _runtime = world.open().await;
    settle().await;
    assert_eq!(world.script.count("gate", "1"), 1);
    assert!(world.memory.express_pending(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_ring_of_ended_executions_is_bounded() {
    let mut world = World::new();
    world.settings.express_executions = 3;
    let runtime = world.open().await;
    let machine = express_machine(&runtime, "m", PASS).await;
    let mut arns = Vec::new();
    for _ in 0..5 {
        arns.push(
            runtime
                .start_sync(request(&machine, "1"))
                .await
                .unwrap()
                .arn
                .clone(),
        );
    }
    assert_eq!(runtime.express_executions(&machine.machine_arn, 10).len(), 3);
    assert!(runtime.describe(&arns[1]).await.is_err());
    assert!(runtime.describe(&arns[2]).await.is_ok());
}

#[tokio::test]
async fn an_endless_loop_holds_up_nobody_and_keeps_a_bounded_history() {
    const LOOP: &str = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 0, "Next": "B"}], "Default": "C"},
        "B": {"Type": "Succeed"},
        "C": {"Type": "Pass", "Next": "A"}}}"#;
    let world = World::new();
    let runtime = world.open().await;
    let endless = express_machine(&runtime, "endless", LOOP).await;
    let looping = request(&endless, r#"{"n": 1}"#);
    let running = {
        let runtime = runtime.clone();
        tokio::spawn(async move { runtime.start_sync(looping).await.unwrap() })
    };
    let short = express_machine(&runtime, "short", PASS).await;
    for _ in 0..20 {
        let ended = runtime.start_sync(request(&short, "1")).await.unwrap();
        assert_eq!(ended.status(), "SUCCEEDED");
    }
    world.pass(300).await;
    assert_eq!(running.await.unwrap().status(), "TIMED_OUT");
    let records = runtime.express_executions(&endless.machine_arn, 1);
    assert!(records[0].events.len() <= 25_000, "{}", records[0].events.len());
}

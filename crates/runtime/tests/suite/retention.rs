//! Retention: what ended long ago is forgotten, and its name is free.

use std::time::Duration;

use runtime::{ExecutionError, Runtime, StartError};
use store::{ExecutionQuery, HistoryPage, Listed};

use crate::starts::{PASS, WAIT};
use crate::support::*;

const RETENTION: Duration = Duration::from_secs(3600);

fn world() -> World {
    let mut world = World::new();
    world.settings.retention = Some(RETENTION);
    world
}

/// How many executions of the state machine `m` are listed.
async fn listed(runtime: &Runtime) -> usize {
    let query = ExecutionQuery {
        of: Listed::Machine(machine_arn("m").to_string().into()),
        status: None,
        after: None,
        limit: 10_000,
    };
    runtime.executions(query).await.unwrap().len()
}

#[tokio::test]
async fn an_execution_is_known_as_long_as_the_settings_say() {
    let world = world();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", PASS).await;
    let started = runtime.start(named(&machine, "n", "1")).await.unwrap();
    world.pass(3599).await;
    let described = runtime.describe(&started.arn).await.unwrap();
    assert_eq!(described.input.text().to_string(), "1");
    let again = runtime.start(named(&machine, "n", "2")).await.unwrap_err();
    assert!(matches!(again, StartError::AlreadyExists(_)));

    world.pass(1).await;
    assert_eq!(
        runtime.describe(&started.arn).await.unwrap_err(),
        ExecutionError::NotFound
    );
    world.pass(60).await;
    assert_eq!(listed(&runtime).await, 0);
    let page = HistoryPage::forward(1, 10);
    assert_eq!(
        runtime.history(&started.arn, page).await.unwrap_err(),
        ExecutionError::NotFound
    );
    runtime.start(named(&machine, "n", "2")).await.unwrap();
    let described = runtime.describe(&started.arn).await.unwrap();
    assert_eq!(described.input.text().to_string(), "2");
}

#[tokio::test]
async fn what_is_open_is_never_forgotten() {
    let world = world();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &WAIT.replace("60", "7200")).await;
    let started = start(&runtime, &machine, "1").await;
    for _ in 0..71 {
        world.pass(100).await;
    }
    assert_eq!(told(&runtime.describe(&started.arn).await.unwrap()), "RUNNING");
    world.pass(101).await;
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
    assert_eq!(listed(&runtime).await, 1);
}

#[tokio::test]
async fn many_executions_are_forgotten_in_a_row() {
    let world = world();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", PASS).await;
    for _ in 0..700 {
        start(&runtime, &machine, "1").await;
    }
    world.pass(1800).await;
    let young = start(&runtime, &machine, "2").await;
    assert_eq!(listed(&runtime).await, 701);
    world.pass(1800).await;
    world.pass(60).await;
    assert_eq!(listed(&runtime).await, 1);
    runtime.describe(&young.arn).await.unwrap();
}

#[tokio::test]
async fn without_retention_everything_is_kept() {
    let mut world = World::new();
    world.settings.retention = None;
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", PASS).await;
    start(&runtime, &machine, "1").await;
    world.pass(200 * 24 * 3600).await;
    world.pass(60).await;
    assert_eq!(listed(&runtime).await, 1);
}

#[tokio::test]
async fn what_will_be_forgotten_is_not_redriven() {
    let world = world();
    let runtime = world.open().await;
    let fail = r#"{"StartAt": "F", "States": {"F": {"Type": "Fail"}}}"#;
    let started = start(&runtime, &machine(&runtime, "m", fail).await, "1").await;
    world.pass(3599).await;
    let described = runtime.describe(&started.arn).await.unwrap();
    assert_eq!(runtime.redrive_refusal(&described).await.unwrap(), None);
    world.clock.advance(2000);
    assert!(runtime.redrive_refusal(&described).await.unwrap().is_some());
}

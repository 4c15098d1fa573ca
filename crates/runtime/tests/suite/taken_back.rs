//! Steps that are taken back, since they could not be saved: what meant nothing to them still means something.

use std::sync::Arc;

use engine::Ending;
use runtime::{ExecutionError, Runtime};

use crate::activities::definition as activity_definition;
use crate::support::*;

/// An execution is stopped as far as its worker knows, something happens `meanwhile`, and the stop can't be saved.
async fn stop_in_vain(store: &FaultyStore, runtime: &Runtime, arn: &str, meanwhile: impl Future) {
    store.then([Fault::Full]);
    store.hold();
    let (stopping, stopped) = (runtime.clone(), arn.to_owned());
    let stop = tokio::spawn(async move { stopping.stop(&stopped, Ending::default()).await });
    settle().await;
    meanwhile.await;
    settle().await;
    store.go_on();
    assert_eq!(stop.await.unwrap(), Err(ExecutionError::Store(full())));
}

#[tokio::test]
async fn an_answer_is_heard() {
    for world in [World::new(), World::cold()] {
        let AtGate {
            store,
            runtime,
            started,
            ..
        } = world.at_gate().await;
        stop_in_vain(&store, &runtime, &started.arn, async {
            world.script.open_gate(1);
        })
        .await;
        world.pass(2).await;
        assert_eq!(
            told(&runtime.describe(&started.arn).await.unwrap()),
            "SUCCEEDED 1"
        );
    }
}

#[tokio::test]
async fn a_task_that_queues_is_sent() {
    let mut world = World::new();
    world.settings.max_tasks = 1;
    let AtGate {
        store,
        runtime,
        machine,
        started: first,
    } = world.at_gate().await;
    let second = start(&runtime, &machine, "2").await;
    settle().await;
    stop_in_vain(&store, &runtime, &second.arn, async {
        world.script.open_gate(1);
    })
    .await;
    world.pass(2).await;
    assert_eq!(end(&runtime, &first.arn).await, "SUCCEEDED 1");
    assert_eq!(world.script.count("gate", "2"), 1);
    world.script.open_gate(1);
    assert_eq!(end(&runtime, &second.arn).await, "SUCCEEDED 2");
}

#[tokio::test]
async fn an_activity_task_is_offered() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let activity = activity(&runtime, "a").await;
    let machine = machine(&runtime, "m", &activity_definition(&activity, "")).await;
    let started = start(&runtime, &machine, "1").await;
    settle().await;
    let (polling, name) = (runtime.clone(), activity.clone());
    stop_in_vain(&store, &runtime, &started.arn, async {
        drop(tokio::spawn(async move {
            polling.take_activity_task(&name, None).await
        }));
    })
    .await;
    world.pass(2).await;
    let task = runtime.take_activity_task(&activity, None).await.unwrap();
    let token = task.unwrap().token;
    runtime.task_succeeded(&token, payload("2")).await.unwrap();
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 2");
}

#[tokio::test]
async fn the_end_of_a_map_run_is_heard() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let definition = crate::map_runs::definition("echo", "STANDARD", "");
    let machine = machine(&runtime, "m", &definition).await;
    // The map run can't begin yet.
    store.bad_reads.lock().unwrap().push_back(true);
    let started = start(&runtime, &machine, "[]").await;
    settle().await;
    assert!(store.bad_reads.lock().unwrap().is_empty());
    stop_in_vain(&store, &runtime, &started.arn, world.pass(2)).await;
    world.pass(2).await;
    assert_eq!(
        told(&runtime.describe(&started.arn).await.unwrap()),
        "SUCCEEDED []"
    );
}

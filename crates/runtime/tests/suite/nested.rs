//! Nested executions: `.sync` waits for the child, and takes it along when it is stopped.

use std::sync::Arc;

use engine::Ending;

use crate::callbacks::CALLBACK;
use crate::starts::{PASS, WAIT};
use crate::support::*;

pub(crate) fn parent(pattern: &str, name: &str) -> String {
    format!(
        r#"{{"StartAt": "T", "States": {{"T": {{"Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution{pattern}",
            "Parameters": {{"StateMachineArn": "{}", "Input.$": "$" {name}}}, "End": true}}}}}}"#,
        machine_arn("child")
    )
}

pub(crate) const CHILD: &str = "arn:aws:states:us-east-1:000000000000:execution:child:c";

#[tokio::test]
async fn a_parent_waits_for_its_child() {
    for definition in [PASS, WAIT] {
        for world in [World::new(), World::cold()] {
            let runtime = world.open().await;
            machine(&runtime, "child", definition).await;
            let parent = machine(&runtime, "parent", &parent(".sync:2", r#", "Name": "c""#)).await;
            let started = start(&runtime, &parent, "1").await;
            world.pass(60).await;
            let end = end(&runtime, &started.arn).await;
            assert!(
                end.starts_with("SUCCEEDED ") && end.contains(r#""Status":"SUCCEEDED""#),
                "{end}"
            );
            assert!(end.contains(CHILD));
            let events = history(&runtime, &started.arn).await;
            let tail = [
                "TaskScheduled",
                "TaskStarted",
                "TaskSubmitted",
                "TaskSucceeded",
                "StateExited",
            ];
            assert_eq!(events[2..7], tail);
        }
    }
}

#[tokio::test]
async fn a_child_that_fails_fails_the_task() {
    let world = World::cold();
    let runtime = world.open().await;
    let fail = r#"{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}}"#;
    machine(&runtime, "child", fail).await;
    let parent = machine(&runtime, "parent", &parent(".sync", "")).await;
    let started = start(&runtime, &parent, "1").await;
    let end = end(&runtime, &started.arn).await;
    assert!(
        end.starts_with("FAILED States.TaskFailed") && end.contains(r#""Error":"E""#),
        "{end}"
    );
}

#[tokio::test]
async fn a_child_is_stopped_with_its_parent() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        machine(&runtime, "child", CALLBACK).await;
        let parent = machine(&runtime, "parent", &parent(".sync", r#", "Name": "c""#)).await;
        let started = start(&runtime, &parent, "1").await;
        settle().await;
        assert_eq!(told(&runtime.describe(CHILD).await.unwrap()), "RUNNING");
        runtime.stop(&started.arn, Ending::default()).await.unwrap();
        assert_eq!(end(&runtime, CHILD).await, "ABORTED");
    }
}

#[tokio::test]
async fn a_child_whose_start_was_under_way_is_stopped_too() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(std::sync::Arc::clone(&store) as _).await;
    machine(&runtime, "child", WAIT).await;
    let parent = machine(&runtime, "parent", &parent(".sync", r#", "Name": "c""#)).await;
    let started = start(&runtime, &parent, "1").await;
    // The child's start waits for its commit, and so does the parent's stop.
    store.hold();
    let (stopping, arn) = (runtime.clone(), started.arn.clone());
    let stop = tokio::spawn(async move { stopping.stop(&arn, Ending::default()).await });
    settle().await;
    store.go_on();
    stop.await.unwrap().unwrap();
    settle().await;
    assert_eq!(end(&runtime, &started.arn).await, "ABORTED");
    assert_eq!(end(&runtime, CHILD).await, "ABORTED");
}

#[tokio::test]
async fn a_child_that_nobody_waits_for_goes_on_alone() {
    let world = World::new();
    let runtime = world.open().await;
    machine(&runtime, "child", WAIT).await;
    let parent = machine(&runtime, "parent", &parent("", r#", "Name": "c""#)).await;
    let started = start(&runtime, &parent, "1").await;
    assert!(end(&runtime, &started.arn).await.contains(CHILD));
    assert_eq!(told(&runtime.describe(CHILD).await.unwrap()), "RUNNING");
    world.pass(60).await;
    assert_eq!(end(&runtime, CHILD).await, "SUCCEEDED 1");
}

#[tokio::test]
async fn a_child_that_cannot_be_started_fails_the_task() {
    let world = World::new();
    let runtime = world.open().await;
    let parent = machine(&runtime, "parent", &parent(".sync", "")).await;
    let started = start(&runtime, &parent, "1").await;
    let end = end(&runtime, &started.arn).await;
    assert!(
        end.starts_with("FAILED StepFunctions.StateMachineDoesNotExist"),
        "{end}"
    );
    assert_eq!(
        *history(&runtime, &started.arn).await.last().unwrap(),
        "ExecutionFailed"
    );
}

#[tokio::test]
async fn a_child_is_started_when_there_is_room_on_the_disk_again() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    machine(&runtime, "child", PASS).await;
    let parent = machine(&runtime, "parent", &parent(".sync:2", "")).await;
    store.then([Fault::None, Fault::Full, Fault::Full]);
    let started = start(&runtime, &parent, "1").await;
    for _ in 0..5 {
        world.pass(1).await;
    }
    let end = end(&runtime, &started.arn).await;
    assert!(end.starts_with("SUCCEEDED "), "{end}");
}

#[tokio::test]
async fn a_child_that_cannot_be_asked_after_a_restart_is_asked_again() {
    for place in 0..10 {
        let world = World::cold();
        let store = world.faulty();
        let runtime = world.open_with(Arc::clone(&store) as _).await;
        machine(&runtime, "child", WAIT).await;
        let parent = machine(&runtime, "parent", &parent(".sync:2", r#", "Name": "c""#)).await;
        let started = start(&runtime, &parent, "1").await;
        settle().await;
        // The child has ended, and nobody could tell its parent.
        store.then([Fault::CrashAfter]);
        runtime.stop(CHILD, Ending::default()).await.unwrap_err();
        drop(runtime);
        settle().await;

        let store = world.faulty();
        let runtime = world.open_with(Arc::clone(&store) as _).await;
        let bad = std::iter::repeat_n(false, place).chain([true]);
        store.bad_reads.lock().unwrap().extend(bad);
        for _ in 0..5 {
            world.pass(1).await;
        }
        let described = runtime.describe(&started.arn).await;
        let told = told(&described.unwrap_or_else(|error| panic!("read {place}: {error}")));
        assert!(
            told.starts_with("FAILED States.TaskFailed"),
            "read {place}: {told}"
        );
    }
}

#[tokio::test]
async fn a_child_that_ended_before_a_crash_took_its_start_from_its_parent_is_heard_of() {
    for world in [World::new(), World::cold()] {
        let store = world.faulty();
        let runtime = world.open_with(Arc::clone(&store) as _).await;
        machine(&runtime, "child", PASS).await;
        let parent = machine(&runtime, "parent", &parent(".sync:2", "")).await;
        store.then([Fault::None, Fault::None, Fault::CrashBefore]);
        let started = start(&runtime, &parent, "1").await;
        world.pass(1).await;
        drop(runtime);
        settle().await;
        assert!(store.is_dead());
        let runtime = world.open().await;
        world.pass(5).await;
        let told = told(&runtime.describe(&started.arn).await.unwrap());
        assert!(told.starts_with("SUCCEEDED "), "{told}");
    }
}

#[tokio::test]
async fn a_shutdown_fails_no_start_of_a_child() {
    let mut world = World::cold();
    world.settings.grace = std::time::Duration::ZERO;
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    machine(&runtime, "child", PASS).await;
    let parent = machine(&runtime, "parent", &parent(".sync:2", "")).await;
    let started = start(&runtime, &parent, "1").await;
    // Its task was sent, and nothing more has happened.
    runtime.shutdown().await;
    drop(runtime);
    settle().await;
    let runtime = world.open().await;
    world.pass(5).await;
    let told = told(&runtime.describe(&started.arn).await.unwrap());
    assert!(told.starts_with("SUCCEEDED "), "{told}");
}

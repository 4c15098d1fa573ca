//! Jobs: `.sync` tasks of services that have to be asked when they have ended.

use std::sync::Arc;

use engine::Ending;
use runtime::{Revision, Runtime};

use crate::support::*;

const JOB: &str = r#"{"StartAt": "T", "States": {"T": {"Type": "Task",
    "Resource": "arn:aws:states:::batch:submitJob.sync", "TimeoutSeconds": 600, "End": true}}}"#;

/// What the script answers to every job.
const ACCEPTED: &str = r#"{"MessageId":"1"}"#;

async fn job(runtime: &Runtime) -> Arc<Revision> {
    machine(runtime, "m", JOB).await
}

#[tokio::test]
async fn a_job_is_asked_for_until_it_has_ended() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let started = start(&runtime, &job(&runtime).await, "{}").await;
        world.pass(60).await;
        assert_eq!(told(&runtime.describe(&started.arn).await.unwrap()), "RUNNING");
        world.script.open_gate(1);
        assert_eq!(
            end(&runtime, &started.arn).await,
            r#"SUCCEEDED {"Status":"SUCCEEDED"}"#
        );
        let tail = [
            "TaskScheduled",
            "TaskStarted",
            "TaskSubmitted",
            "TaskSucceeded",
            "StateExited",
        ];
        assert_eq!(history(&runtime, &started.arn).await[2..7], tail);
        assert_eq!(world.script.calls(), ["batch", "follow"]);
    }
}

#[tokio::test]
async fn a_job_that_fails_fails_its_task() {
    let world = World::new();
    let runtime = world.open().await;
    world.script.open_gate(1);
    let started = start(&runtime, &job(&runtime).await, r#"{"fail":true}"#).await;
    assert_eq!(
        end(&runtime, &started.arn).await,
        "FAILED States.TaskFailed the job failed"
    );
}

#[tokio::test]
async fn a_job_is_asked_for_again_after_a_restart_and_not_submitted_again() {
    let world = World::cold();
    let started = {
        let runtime = world.open().await;
        let started = start(&runtime, &job(&runtime).await, "{}").await;
        settle().await;
        started
    };
    let runtime = world.open().await;
    settle().await;
    assert_eq!(world.script.count("batch", "{}"), 1);
    assert_eq!(world.script.count("follow", ACCEPTED), 2);
    world.script.open_gate(2);
    assert_eq!(
        end(&runtime, &started.arn).await,
        r#"SUCCEEDED {"Status":"SUCCEEDED"}"#
    );
}

#[tokio::test]
async fn a_job_ends_with_the_execution_that_wanted_it() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = job(&runtime).await;
    let stopped = start(&runtime, &machine, "{}").await;
    settle().await;
    runtime.stop(&stopped.arn, Ending::default()).await.unwrap();
    settle().await;
    assert_eq!(world.script.calls(), ["batch", "follow", "abandon"]);

    start(&runtime, &machine, "{}").await;
    world.pass(600).await;
    assert_eq!(world.script.count("abandon", ACCEPTED), 2);
    assert_eq!(world.script.dropped(), 2);
}

#[tokio::test]
async fn a_job_stopped_right_after_a_restart_is_ended_too() {
    let world = World::cold();
    let started = {
        let runtime = world.open().await;
        let started = start(&runtime, &job(&runtime).await, "{}").await;
        settle().await;
        started
    };
    let runtime = world.open().await;
    runtime.stop(&started.arn, Ending::default()).await.unwrap();
    settle().await;
    assert_eq!(world.script.count("abandon", ACCEPTED), 1);
}

#[tokio::test]
async fn a_token_ends_the_task_and_leaves_the_job_alone() {
    let world = World::new();
    let runtime = world.open().await;
    let started = start(&runtime, &job(&runtime).await, "{}").await;
    settle().await;
    let token = world.script.tokens().remove(0);
    runtime.task_succeeded(&token, payload("5")).await.unwrap();
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 5");
    settle().await;
    assert_eq!(world.script.calls(), ["batch", "follow"]);
    assert_eq!(world.script.dropped(), 1);
}

#[tokio::test]
async fn a_job_is_asked_for_although_a_stop_was_decided_that_could_not_be_saved() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = job(&runtime).await;
    let begun = {
        let (runtime, store) = (runtime.clone(), Arc::clone(&store));
        // A task of its own goes on before the job's call, which the same commit releases.
        tokio::spawn(async move {
            let started = start(&runtime, &machine, "{}").await;
            // That the job was accepted is being saved when the stop is decided on top of it.
            store.then([Fault::None, Fault::Full]);
            store.hold();
            started
        })
    };
    let started = begun.await.unwrap();
    settle().await;
    let stop = {
        let (runtime, arn) = (runtime.clone(), started.arn.clone());
        tokio::spawn(async move { runtime.stop(&arn, Ending::default()).await })
    };
    settle().await;
    store.go_on();
    stop.await.unwrap().unwrap_err();
    world.script.open_gate(1);
    world.pass(2).await;
    let told = told(&runtime.describe(&started.arn).await.unwrap());
    assert_eq!(told, r#"SUCCEEDED {"Status":"SUCCEEDED"}"#);
}

#[tokio::test]
async fn a_job_is_asked_for_although_its_token_ended_it_and_that_could_not_be_saved() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let started = start(&runtime, &job(&runtime).await, "{}").await;
    settle().await;
    let token = world.script.tokens()[0].clone();
    store.then([Fault::Full]);
    runtime.task_succeeded(&token, payload("1")).await.unwrap_err();
    world.script.open_gate(1);
    world.pass(2).await;
    let told = told(&runtime.describe(&started.arn).await.unwrap());
    assert_eq!(told, r#"SUCCEEDED {"Status":"SUCCEEDED"}"#);
}

//! Activities: offers, long polls, hand-off.

use std::sync::Arc;

use engine::Ending;
use runtime::{Runtime, TokenError};

use crate::support::*;

pub(crate) fn definition(activity: &str, more: &str) -> String {
    format!(
        r#"{{"StartAt": "T", "States": {{"T": {{"Type": "Task", "Resource": "{activity}", {more} "End": true}}}}}}"#
    )
}

async fn take(runtime: &Runtime, activity: &str) -> Option<runtime::ActivityTask> {
    runtime
        .take_activity_task(activity, Some("w".into()))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_worker_gets_the_oldest_task_and_reports_its_result() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let activity = activity(&runtime, "a").await;
        let machine = machine(&runtime, "m", &definition(&activity, "")).await;
        let first = start(&runtime, &machine, "1").await;
        settle().await;
        let second = start(&runtime, &machine, "2").await;
        settle().await;
        let one = take(&runtime, &activity).await.unwrap();
        let two = take(&runtime, &activity).await.unwrap();
        assert_eq!((&**one.input.text(), &**two.input.text()), ("1", "2"));
        runtime.task_succeeded(&two.token, payload("22")).await.unwrap();
        let boom = Ending {
            error: Some("E".into()),
            cause: None,
        };
        runtime.task_failed(&one.token, boom).await.unwrap();
        assert_eq!(end(&runtime, &second.arn).await, "SUCCEEDED 22");
        assert_eq!(end(&runtime, &first.arn).await, "FAILED E");
        let late = runtime
            .task_succeeded(&two.token, payload("3"))
            .await
            .unwrap_err();
        assert_eq!(late, TokenError::TimedOut);
    }
}

#[tokio::test]
async fn a_waiting_worker_is_woken_at_once() {
    let world = World::cold();
    let runtime = world.open().await;
    let activity = activity(&runtime, "a").await;
    let machine = machine(&runtime, "m", &definition(&activity, "")).await;
    let (poller, arn) = (runtime.clone(), activity.clone());
    let poll = tokio::spawn(async move { take(&poller, &arn).await });
    settle().await;
    let started = start(&runtime, &machine, "1").await;
    let task = poll.await.unwrap().unwrap();
    let started_events = history(&runtime, &started.arn).await;
    assert_eq!(
        started_events.last().unwrap(),
        "ActivityStarted",
        "it is saved before it is handed out"
    );
    runtime.task_succeeded(&task.token, payload("2")).await.unwrap();
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 2");
}

#[tokio::test]
async fn a_poll_without_a_task_ends_after_a_minute() {
    let world = World::new();
    let runtime = world.open().await;
    let activity = activity(&runtime, "a").await;
    let (poller, arn) = (runtime.clone(), activity.clone());
    let poll = tokio::spawn(async move { take(&poller, &arn).await });
    world.pass(59).await;
    assert!(!poll.is_finished());
    world.pass(1).await;
    assert_eq!(poll.await.unwrap(), None);
}

#[tokio::test]
async fn a_worker_that_goes_away_loses_no_task() {
    let world = World::cold();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let activity = activity(&runtime, "a").await;
    let machine = machine(&runtime, "m", &definition(&activity, "")).await;
    // One goes while it waits, one while its task is being saved, one with the answer in its hands.
    for stage in 0..3 {
        let started = start(&runtime, &machine, "1").await;
        settle().await;
        let (poller, arn) = (runtime.clone(), activity.clone());
        if stage == 1 {
            store.hold();
        }
        if stage == 2 {
            let mut poll = Box::pin(take(&poller, &arn));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(poll.as_mut().poll(&mut context).is_pending());
            settle().await;
            drop(poll);
        } else {
            let poll = tokio::spawn(async move { take(&poller, &arn).await });
            if stage == 1 {
                settle().await;
            }
            poll.abort();
        }
        settle().await;
        store.go_on();
        settle().await;
        let task = take(&runtime, &activity).await.unwrap();
        runtime.task_succeeded(&task.token, payload("2")).await.unwrap();
        assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 2", "stage {stage}");
        let starts = history(&runtime, &started.arn)
            .await
            .into_iter()
            .filter(|name| name == "ActivityStarted");
        assert_eq!(starts.count(), 1);
    }
}

#[tokio::test]
async fn a_task_that_is_no_longer_wanted_is_not_handed_out() {
    let world = World::cold();
    let runtime = world.open().await;
    let activity = activity(&runtime, "a").await;
    let machine = machine(&runtime, "m", &definition(&activity, "")).await;
    let first = start(&runtime, &machine, "1").await;
    settle().await;
    start(&runtime, &machine, "2").await;
    settle().await;
    runtime.stop(&first.arn, Ending::default()).await.unwrap();
    assert_eq!(&**take(&runtime, &activity).await.unwrap().input.text(), "2");
}

#[tokio::test]
async fn heartbeats_keep_a_task_alive() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let activity = activity(&runtime, "a").await;
        let definition = definition(&activity, r#""HeartbeatSeconds": 10, "TimeoutSeconds": 1000,"#);
        let machine = machine(&runtime, "m", &definition).await;
        let started = start(&runtime, &machine, "1").await;
        let task = take(&runtime, &activity).await.unwrap();
        for _ in 0..5 {
            world.pass(9).await;
            runtime.heartbeat(&task.token).await.unwrap();
        }
        world.pass(9).await;
        assert_eq!(told(&runtime.describe(&started.arn).await.unwrap()), "RUNNING");
        world.pass(1).await;
        assert_eq!(end(&runtime, &started.arn).await, "FAILED States.Timeout");
        assert_eq!(
            runtime.heartbeat(&task.token).await.unwrap_err(),
            TokenError::TimedOut
        );
    }
}

#[tokio::test]
async fn a_heartbeat_starts_anew_after_a_restart() {
    let world = World::cold();
    let runtime = world.open().await;
    let activity = activity(&runtime, "a").await;
    let definition = definition(&activity, r#""HeartbeatSeconds": 10, "TimeoutSeconds": 1000,"#);
    let machine = machine(&runtime, "m", &definition).await;
    let started = start(&runtime, &machine, "1").await;
    let task = take(&runtime, &activity).await.unwrap();
    drop(runtime);
    world.pass(500).await;
    let runtime = world.open().await;
    world.pass(9).await;
    runtime.heartbeat(&task.token).await.unwrap();
    world.pass(9).await;
    runtime.task_succeeded(&task.token, payload("2")).await.unwrap();
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 2");
}

#[tokio::test]
async fn an_activity_that_does_not_exist_fails_the_execution() {
    let world = World::new();
    let runtime = world.open().await;
    let activity = activity(&runtime, "a").await;
    let machine = machine(&runtime, "m", &definition(&activity, "")).await;
    runtime.catalog().delete_activity(&activity).await.unwrap();
    let started = start(&runtime, &machine, "1").await;
    let end = end(&runtime, &started.arn).await;
    assert!(end.starts_with("FAILED States.Runtime"), "{end}");
    assert!(end.ends_with("The activity arn:aws:states:us-east-1:000000000000:activity:a does not exist."));
}

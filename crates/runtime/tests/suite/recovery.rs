//! Recovery: what was under way when the server stopped.

use std::sync::Arc;

use runtime::{Runtime, TokenError};
use store::{ExecutionQuery, HistoryPage, Listed};

use crate::activities::definition as activity_definition;
use crate::callbacks::CALLBACK;
use crate::nested::{CHILD, parent};
use crate::starts::{ECHO, PASS, WAIT};
use crate::support::*;

/// A crash: nothing more is saved from now on, then a runtime opens what was.
async fn restart(world: &World, runtime: Runtime) -> Runtime {
    settle().await;
    drop(runtime);
    settle().await;
    world.open().await
}

#[tokio::test]
async fn a_wait_goes_on() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", WAIT).await;
    let started = start(&runtime, &machine, "1").await;
    world.pass(20).await;
    let runtime = restart(&world, runtime).await;
    assert_eq!(runtime.open_executions(), 1);
    world.pass(39).await;
    assert_eq!(told(&runtime.describe(&started.arn).await.unwrap()), "RUNNING");
    world.pass(1).await;
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
    assert_eq!(runtime.open_executions(), 0);
}

#[tokio::test]
async fn a_timer_that_was_missed_is_called_at_once() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", WAIT).await;
    let started = start(&runtime, &machine, "1").await;
    drop(runtime);
    world.pass(3600).await;
    let runtime = world.open().await;
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
}

#[tokio::test]
async fn a_call_that_was_under_way_is_lost_and_not_made_again() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &ECHO.replace("echo", "gate")).await;
    let started = start(&runtime, &machine, "1").await;
    let runtime = restart(&world, runtime).await;
    assert_eq!(end(&runtime, &started.arn).await, "FAILED Lost in a crash");
    assert_eq!(world.script.count("gate", "1"), 1);
}

#[tokio::test]
async fn a_lost_call_is_tried_again_as_its_retry_says() {
    let world = World::new();
    let runtime = world.open().await;
    let retry = r#""Retry": [{"ErrorEquals": ["Lost"], "IntervalSeconds": 5}], "End""#;
    let definition = ECHO.replace("echo", "gate").replace(r#""End""#, retry);
    let machine = machine(&runtime, "m", &definition).await;
    let started = start(&runtime, &machine, "1").await;
    let runtime = restart(&world, runtime).await;
    world.pass(5).await;
    world.script.open_gate(1);
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
    assert_eq!(world.script.count("gate", "1"), 2);
}

#[tokio::test]
async fn a_task_that_was_not_sent_is_sent_now() {
    let mut world = World::new();
    world.settings.max_tasks = 1;
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &ECHO.replace("echo", "gate")).await;
    let lost = start(&runtime, &machine, "1").await;
    settle().await;
    let queued = start(&runtime, &machine, "2").await;
    let runtime = restart(&world, runtime).await;
    assert_eq!(end(&runtime, &lost.arn).await, "FAILED Lost in a crash");
    world.script.open_gate(1);
    assert_eq!(end(&runtime, &queued.arn).await, "SUCCEEDED 2");
    assert_eq!(world.script.count("gate", "2"), 1);
}

#[tokio::test]
async fn an_activity_task_is_offered_again_and_a_taken_one_stays_taken() {
    let world = World::new();
    let runtime = world.open().await;
    let activity = activity(&runtime, "a").await;
    let machine = machine(&runtime, "m", &activity_definition(&activity, "")).await;
    let taken = start(&runtime, &machine, "1").await;
    let task = runtime
        .take_activity_task(&activity, None)
        .await
        .unwrap()
        .unwrap();
    let offered = start(&runtime, &machine, "2").await;
    let runtime = restart(&world, runtime).await;
    let other = runtime
        .take_activity_task(&activity, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&**other.input.text(), "2");
    runtime.task_succeeded(&task.token, payload("11")).await.unwrap();
    runtime.task_succeeded(&other.token, payload("22")).await.unwrap();
    assert_eq!(end(&runtime, &taken.arn).await, "SUCCEEDED 11");
    assert_eq!(end(&runtime, &offered.arn).await, "SUCCEEDED 22");
}

#[tokio::test]
async fn a_callback_is_waited_for() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", CALLBACK).await;
    let started = start(&runtime, &machine, "{}").await;
    let runtime = restart(&world, runtime).await;
    runtime
        .task_succeeded(&world.script.tokens()[0], payload("1"))
        .await
        .unwrap();
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
    assert_eq!(world.script.count("sqs", "{}"), 0);
    assert_eq!(world.script.tokens().len(), 1);
}

#[tokio::test]
async fn a_callback_whose_call_was_under_way_is_lost_with_its_token() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &CALLBACK.replace(r#""q""#, r#""hang""#)).await;
    let started = start(&runtime, &machine, "{}").await;
    let runtime = restart(&world, runtime).await;
    assert_eq!(end(&runtime, &started.arn).await, "FAILED Lost in a crash");
    let late = runtime
        .task_succeeded(&world.script.tokens()[0], payload("1"))
        .await;
    assert_eq!(late, Err(TokenError::TimedOut));
}

#[tokio::test]
async fn a_child_that_ended_meanwhile_is_asked() {
    for child in [PASS, WAIT] {
        let world = World::new();
        let store = world.faulty();
        let runtime = world.open_with(Arc::clone(&store) as _).await;
        machine(&runtime, "child", child).await;
        let parent = machine(&runtime, "parent", &parent(".sync:2", r#", "Name": "c""#)).await;
        let started = start(&runtime, &parent, "1").await;
        let runtime = restart(&world, runtime).await;
        world.pass(60).await;
        assert!(
            end(&runtime, &started.arn)
                .await
                .contains(r#""Status":"SUCCEEDED""#)
        );
        assert_eq!(
            told(&runtime.describe(CHILD).await.unwrap()).split(' ').next(),
            Some("SUCCEEDED")
        );
    }
}

#[tokio::test]
async fn a_child_whose_start_was_not_answered_is_started_once() {
    for pattern in ["", ".sync:2"] {
        let world = World::new();
        let store = world.faulty();
        let runtime = world.open_with(Arc::clone(&store) as _).await;
        let child = machine(&runtime, "child", WAIT).await;
        let parent = machine(&runtime, "parent", &parent(pattern, "")).await;
        // The parent's step is saved and then the child's start, of which nobody hears.
        store.then([Fault::None, Fault::CrashAfter]);
        let started = start(&runtime, &parent, "1").await;
        settle().await;
        assert!(store.is_dead());
        let runtime = restart(&world, runtime).await;
        world.pass(60).await;
        assert!(end(&runtime, &started.arn).await.starts_with("SUCCEEDED"));
        let of = Listed::Machine(child.machine_arn.clone());
        let query = ExecutionQuery {
            of,
            status: None,
            after: None,
            limit: 10,
        };
        assert_eq!(runtime.executions(query).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn ids_go_on_above_those_that_are_stored() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", WAIT).await;
    let first = runtime.start(named(&machine, "n", "1")).await.unwrap();
    drop(runtime);
    // The computer's clock went back.
    world.clock.advance(-1_000_000_000);
    let runtime = world.open().await;
    for number in 0..300 {
        runtime
            .start(named(&machine, &format!("n{number}"), "1"))
            .await
            .unwrap();
    }
    assert_eq!(
        runtime
            .history(&first.arn, HistoryPage::forward(1, 1))
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(runtime.open_executions(), 301);
}

#[tokio::test]
async fn ten_thousand_waiting_executions_are_not_read_to_start() {
    let world = World::cold();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", WAIT).await;
    for number in 0..10_000 {
        start(&runtime, &machine, &number.to_string()).await;
    }
    drop(runtime);
    let began = std::time::Instant::now();
    let runtime = world.open().await;
    let started = start(&runtime, &machine, "1").await;
    assert!(began.elapsed().as_secs_f64() < 1.0, "{:?}", began.elapsed());
    assert_eq!(runtime.open_executions(), 10_001);
    world.pass(60).await;
    while runtime.open_executions() > 0 {
        settle().await;
    }
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
}

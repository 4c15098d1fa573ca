//! Failures of the store: what could not be saved did not happen.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::Ending;
use runtime::{ExecutionError, StartError, TokenError};
use store::StoreError;

use crate::activities::definition as activity_definition;
use crate::callbacks::CALLBACK;
use crate::starts::{ECHO, PASS, WAIT};
use crate::support::*;

#[tokio::test]
async fn a_start_that_cannot_be_saved_did_not_happen() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", ECHO).await;
    store.then([Fault::Full]);
    let refused = runtime.start(named(&machine, "n", "1")).await.unwrap_err();
    assert_eq!(refused, StartError::Store(full()));
    assert_eq!(runtime.open_executions(), 0);
    assert!(world.script.calls().is_empty());
    world.pass(1).await;
    let started = runtime.start(named(&machine, "n", "2")).await.unwrap();
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 2");
}

#[tokio::test]
async fn what_was_decided_on_top_of_a_failed_commit_is_thrown_away() {
    let mut world = World::new();
    world.settings.workers = 1;
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", CALLBACK).await;
    let started = start(&runtime, &machine, "{}").await;
    settle().await;
    let token = world.script.tokens()[0].clone();
    store.then([Fault::Full]);
    store.hold();
    let report = {
        let (runtime, token) = (runtime.clone(), token.clone());
        tokio::spawn(async move { runtime.task_succeeded(&token, payload("1")).await })
    };
    settle().await;
    // This is decided on top: the execution has ended, as far as its worker knows.
    let stop = {
        let (runtime, arn) = (runtime.clone(), started.arn.clone());
        tokio::spawn(async move { runtime.stop(&arn, Ending::default()).await })
    };
    let describe = {
        let (runtime, arn) = (runtime.clone(), started.arn.clone());
        tokio::spawn(async move { told(&runtime.describe(&arn).await.unwrap()) })
    };
    settle().await;
    store.go_on();
    assert_eq!(report.await.unwrap().unwrap_err(), TokenError::Store(full()));
    assert_eq!(stop.await.unwrap().unwrap_err(), ExecutionError::Store(full()));
    assert_eq!(describe.await.unwrap(), "RUNNING");
    runtime.task_succeeded(&token, payload("2")).await.unwrap();
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 2");
}

#[tokio::test]
async fn an_answer_that_could_not_be_saved_is_saved_later() {
    for world in [World::new(), World::cold()] {
        let AtGate {
            store,
            runtime,
            started,
            ..
        } = world.at_gate().await;
        store.then([Fault::Full, Fault::Full]);
        world.script.open_gate(1);
        world.pass(1).await;
        assert_eq!(told(&runtime.describe(&started.arn).await.unwrap()), "RUNNING");
        world.pass(1).await;
        assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
        assert_eq!(world.script.count("gate", "1"), 1);
    }
}

#[tokio::test]
async fn a_timer_that_could_not_be_saved_is_called_again() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", WAIT).await;
    let started = start(&runtime, &machine, "1").await;
    store.then([Fault::Full]);
    world.pass(60).await;
    assert_eq!(told(&runtime.describe(&started.arn).await.unwrap()), "RUNNING");
    world.pass(1).await;
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
}

#[tokio::test]
async fn a_task_that_could_not_be_queued_gets_its_room_later() {
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
    store.then([Fault::Full, Fault::Full, Fault::Full]);
    world.script.open_gate(2);
    for _ in 0..8 {
        world.pass(1).await;
    }
    assert_eq!(end(&runtime, &first.arn).await, "SUCCEEDED 1");
    assert_eq!(end(&runtime, &second.arn).await, "SUCCEEDED 2");
    assert_eq!(world.script.calls().len(), 2);
}

#[tokio::test]
async fn an_activity_task_that_could_not_be_started_is_offered_again() {
    let world = World::cold();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let activity = activity(&runtime, "a").await;
    let machine = machine(&runtime, "m", &activity_definition(&activity, "")).await;
    let started = start(&runtime, &machine, "1").await;
    settle().await;
    store.then([Fault::Full]);
    assert_eq!(
        runtime.take_activity_task(&activity, None).await.unwrap_err(),
        full()
    );
    let task = runtime
        .take_activity_task(&activity, None)
        .await
        .unwrap()
        .unwrap();
    runtime.task_succeeded(&task.token, payload("2")).await.unwrap();
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 2");
}

#[tokio::test]
async fn nothing_is_done_before_it_is_saved() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", ECHO).await;
    store.hold();
    let start = {
        let (runtime, machine) = (runtime.clone(), Arc::clone(&machine));
        tokio::spawn(async move { start(&runtime, &machine, "1").await })
    };
    world.pass(1).await;
    assert!(!start.is_finished());
    assert!(world.script.calls().is_empty());
    store.go_on();
    assert_eq!(end(&runtime, &start.await.unwrap().arn).await, "SUCCEEDED 1");
}

#[tokio::test]
async fn when_nobody_knows_what_is_on_disk_the_process_is_told_to_end() {
    let told = Arc::new(AtomicUsize::new(0));
    let mut world = World::new();
    let count = Arc::clone(&told);
    world.settings.on_fatal = Arc::new(move |error| {
        assert!(matches!(error, StoreError::Fatal(_)));
        count.fetch_add(1, Ordering::SeqCst);
    });
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", PASS).await;
    store.then([Fault::CrashAfter]);
    let failed = runtime.start(named(&machine, "n", "1")).await.unwrap_err();
    assert!(matches!(failed, StartError::Store(StoreError::Fatal(_))));
    assert!(runtime.start(named(&machine, "n", "1")).await.is_err());
    assert_eq!(told.load(Ordering::SeqCst), 1);
    drop(runtime);
    // It was saved after all, and its name is taken.
    let runtime = world.open().await;
    let again = runtime.start(named(&machine, "n", "1")).await;
    assert!(matches!(again, Err(StartError::AlreadyExists(_))));
}

#[tokio::test]
async fn health_says_why_nothing_is_saved_until_it_is_again() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", PASS).await;
    assert_eq!(runtime.health().await, Ok(()));
    store.then([Fault::Full, Fault::Full]);
    runtime.start(named(&machine, "n", "1")).await.unwrap_err();
    assert_eq!(runtime.health().await, Err(full()), "a probe fails as well");
    assert_eq!(runtime.health().await, Ok(()), "and the next one does not");
    store.then([Fault::Full]);
    world.pass(1).await;
    runtime.start(named(&machine, "n", "1")).await.unwrap_err();
    world.pass(1).await;
    runtime.start(named(&machine, "n", "1")).await.unwrap();
    store.then([Fault::Full]);
    assert_eq!(
        runtime.health().await,
        Ok(()),
        "nobody asks the store after a success"
    );
}

#[tokio::test]
async fn starts_wait_for_what_has_begun() {
    let mut world = World::new();
    world.settings.workers = 1;
    let AtGate {
        store,
        runtime,
        machine,
        started: first,
    } = world.at_gate().await;
    store.then([Fault::Full]);
    world.script.open_gate(1);
    settle().await;
    let commits = store.commits.load(Ordering::SeqCst);
    let refused = runtime.start(request(&machine, "2")).await.unwrap_err();
    assert_eq!(refused, StartError::Store(full()));
    assert_eq!(store.commits.load(Ordering::SeqCst), commits, "it was not tried");
    world.pass(1).await;
    assert_eq!(end(&runtime, &first.arn).await, "SUCCEEDED 1");
    start(&runtime, &machine, "2").await;
}

#[tokio::test]
async fn the_last_room_is_kept_for_what_has_begun() {
    let world = World::new();
    let AtGate {
        store,
        runtime,
        machine,
        started: first,
    } = world.at_gate().await;
    store.is_low.store(true, Ordering::SeqCst);
    assert!(matches!(
        runtime.start(request(&machine, "2")).await.unwrap_err(),
        StartError::Store(StoreError::DiskFull(_))
    ));
    assert!(runtime.health().await.is_err());
    world.script.open_gate(1);
    assert_eq!(end(&runtime, &first.arn).await, "SUCCEEDED 1");
    store.is_low.store(false, Ordering::SeqCst);
    assert_eq!(runtime.health().await, Ok(()));
    start(&runtime, &machine, "2").await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_holds_nothing_up() {
    let world = World::new();
    let AtGate {
        store,
        runtime,
        started,
        ..
    } = world.at_gate().await;
    store.then([Fault::Full]);
    world.script.open_gate(1);
    settle().await;
    world.clock.advance(-3_600_000);
    // Whatever happens, its worker looks at the time.
    let _ = runtime.describe(&started.arn).await;
    settle().await;
    let told = told(&runtime.describe(&started.arn).await.unwrap());
    assert_eq!(told, "SUCCEEDED 1");
}

//! Starting, ending, names, limits.

use std::sync::Arc;

use engine::Ending;
use runtime::{ExecutionError, StartError};
use store::{ExecutionQuery, HistoryPage, Listed};

use crate::support::*;

pub(crate) const PASS: &str = r#"{"StartAt": "A", "States": {
    "A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Result": {"b": 1}, "End": true}}}"#;

pub(crate) const ECHO: &str = r#"{"StartAt": "T", "States": {
    "T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:echo", "End": true}}}"#;

pub(crate) const WAIT: &str = r#"{"StartAt": "W", "States": {
    "W": {"Type": "Wait", "Seconds": 60, "End": true}}}"#;

#[tokio::test]
async fn an_execution_runs_to_its_end() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", PASS).await;
    let started = runtime.start(named(&machine, "one", "{}")).await.unwrap();
    assert_eq!(
        &*started.arn,
        "arn:aws:states:us-east-1:000000000000:execution:m:one"
    );
    assert_eq!(started.started, NOW);
    assert_eq!(end(&runtime, &started.arn).await, r#"SUCCEEDED {"b":1}"#);
    let expected = [
        "ExecutionStarted",
        "StateEntered",
        "StateExited",
        "StateEntered",
        "StateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(history(&runtime, &started.arn).await, expected);
    assert_eq!(runtime.open_executions(), 0);
}

#[tokio::test]
async fn a_task_is_done_once() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", ECHO).await;
    let started = start(&runtime, &machine, r#"{"a":1}"#).await;
    assert_eq!(end(&runtime, &started.arn).await, r#"SUCCEEDED {"a":1}"#);
    assert_eq!(world.script.count("echo", r#"{"a":1}"#), 1);
}

#[tokio::test]
async fn what_was_answered_is_read_back() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let machine = machine(&runtime, "m", PASS).await;
        for number in 0..50 {
            let started = start(&runtime, &machine, &format!(r#"{{"n":{number}}}"#)).await;
            let described = runtime.describe(&started.arn).await.unwrap();
            assert_eq!(told(&described), r#"SUCCEEDED {"b":1}"#);
            assert_eq!(&**described.input.text(), &format!(r#"{{"n":{number}}}"#));
        }
        let of = Listed::Machine(machine.machine_arn.clone());
        let query = ExecutionQuery {
            of,
            status: None,
            after: None,
            limit: 100,
        };
        assert_eq!(runtime.executions(query).await.unwrap().len(), 50);
    }
}

#[tokio::test]
async fn a_repeated_start_is_the_first_one_while_it_runs() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let machine = machine(&runtime, "m", WAIT).await;
        let first = runtime.start(named(&machine, "n", "1")).await.unwrap();
        world.pass(5).await;
        assert_eq!(runtime.start(named(&machine, "n", "1")).await.unwrap(), first);
        let taken = StartError::AlreadyExists(first.arn.clone());
        assert_eq!(runtime.start(named(&machine, "n", "2")).await.unwrap_err(), taken);
        world.pass(60).await;
        assert_eq!(end(&runtime, &first.arn).await, "SUCCEEDED 1");
        assert_eq!(runtime.start(named(&machine, "n", "1")).await.unwrap_err(), taken);
    }
}

#[tokio::test]
async fn of_two_starts_of_one_name_at_once_one_wins() {
    let world = World::new();
    let runtime = world.open_with(world.faulty()).await;
    let machine = machine(&runtime, "m", WAIT).await;
    for number in 0..20 {
        let name = format!("n{number}");
        let starts: Vec<_> = ["1", "2", "1", "2"]
            .map(|input| start_later(&runtime, named(&machine, &name, input)))
            .into();
        let mut won = 0;
        for start in starts {
            match start.await.unwrap() {
                Ok(_) => won += 1,
                Err(error) => assert!(matches!(error, StartError::AlreadyExists(_))),
            }
        }
        assert_eq!(won, 2, "both starts with the winner's input");
    }
    assert_eq!(runtime.open_executions(), 20);
}

#[tokio::test]
async fn more_than_the_limit_may_not_be_open() {
    let mut world = World::new();
    world.settings.limits.open_executions = 2;
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", WAIT).await;
    let first = start(&runtime, &machine, "{}").await;
    start(&runtime, &machine, "{}").await;
    let refused = runtime.start(request(&machine, "{}")).await.unwrap_err();
    assert_eq!(refused, StartError::LimitExceeded(2));
    runtime.stop(&first.arn, Ending::default()).await.unwrap();
    settle().await;
    start(&runtime, &machine, "{}").await;
}

#[tokio::test]
async fn a_stop_ends_the_execution_and_its_tasks() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &ECHO.replace("echo", "never")).await;
    let started = start(&runtime, &machine, "{}").await;
    world.pass(3).await;
    assert_eq!(world.script.dropped(), 0);
    let why = Ending {
        error: Some("E".into()),
        cause: Some("C".into()),
    };
    let stopped = runtime.stop(&started.arn, why).await.unwrap();
    assert_eq!(stopped.0, NOW.0 + 3000);
    assert_eq!(end(&runtime, &started.arn).await, "ABORTED E C");
    settle().await;
    assert_eq!(world.script.dropped(), 1);
    world.pass(3).await;
    assert_eq!(
        runtime.stop(&started.arn, Ending::default()).await.unwrap(),
        stopped
    );
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let world = World::new();
    let runtime = world.open().await;
    let arn = "arn:aws:states:us-east-1:000000000000:execution:m:no";
    assert_eq!(runtime.describe(arn).await.unwrap_err(), ExecutionError::NotFound);
    assert_eq!(
        runtime.stop(arn, Ending::default()).await.unwrap_err(),
        ExecutionError::NotFound
    );
    assert_eq!(runtime.ended(arn).await.unwrap_err(), ExecutionError::NotFound);
    let history = runtime.history(arn, HistoryPage::forward(1, 10)).await;
    assert_eq!(history.unwrap_err(), ExecutionError::NotFound);
}

#[tokio::test]
async fn a_panic_of_an_integration_fails_its_task_alone() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &ECHO.replace("echo", "panic")).await;
    let started = start(&runtime, &machine, "{}").await;
    assert!(
        end(&runtime, &started.arn)
            .await
            .starts_with("FAILED States.Runtime")
    );
}

#[tokio::test]
async fn a_full_mailbox_throttles_starts() {
    let mut world = World::new();
    world.settings.workers = 1;
    world.settings.mailbox = 1;
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", WAIT).await;
    world.settings.uncommitted_bytes = 0;
    let small = world.open_with(Arc::clone(&store) as _).await;
    store.hold();
    // One start is decided and waits for its commit, one fills the mailbox, the third finds no place.
    let starts: Vec<_> = (0..3)
        .map(|_| start_later(&small, request(&machine, "{}")))
        .collect();
    settle().await;
    world.clock.advance(world.settings.wait_millis);
    settle().await;
    store.go_on();
    let mut throttled = 0;
    for start in starts {
        throttled += usize::from(start.await.unwrap() == Err(StartError::Throttled));
    }
    assert_eq!(throttled, 1);
}

#[tokio::test]
async fn a_start_that_nobody_had_time_for_is_throttled_and_not_begun_late() {
    let mut world = World::new();
    world.settings.workers = 1;
    world.settings.mailbox = 1;
    world.settings.uncommitted_bytes = 0;
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", WAIT).await;
    store.hold();
    let later = |name| start_later(&runtime, named(&machine, name, "{}"));
    let begun = later("begun");
    settle().await;
    let waiting = later("waiting");
    settle().await;
    world.clock.advance(world.settings.wait_millis + 1);
    store.go_on();
    assert!(begun.await.unwrap().is_ok(), "what is decided is answered");
    assert_eq!(waiting.await.unwrap(), Err(StartError::Throttled));
    runtime.start(named(&machine, "waiting", "{}")).await.unwrap();
}

#[tokio::test]
async fn a_worker_whose_commits_take_long_begins_no_more() {
    let mut world = World::new();
    world.settings.workers = 1;
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", WAIT).await;
    store.hold();
    let later = |name| start_later(&runtime, named(&machine, name, "{}"));
    let first = later("first");
    settle().await;
    world.clock.advance(world.settings.uncommitted_millis + 1);
    // The worker was waiting for whoever comes next.
    let second = later("second");
    settle().await;
    let third = later("third");
    settle().await;
    world.clock.advance(world.settings.wait_millis + 1);
    settle().await;
    store.go_on();
    assert!(first.await.unwrap().is_ok() && second.await.unwrap().is_ok());
    assert_eq!(third.await.unwrap(), Err(StartError::Throttled));
    runtime.start(named(&machine, "third", "{}")).await.unwrap();
}

#[tokio::test]
async fn who_asks_a_busy_worker_is_throttled() {
    let mut world = World::new();
    world.settings.workers = 1;
    world.settings.mailbox = 1;
    world.settings.uncommitted_bytes = 0;
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", WAIT).await;
    let arn = start(&runtime, &machine, "{}").await.arn;
    store.hold();
    let second = start_later(&runtime, request(&machine, "{}"));
    settle().await;
    let asked: Vec<_> = (0..2)
        .map(|_| {
            let (runtime, arn) = (runtime.clone(), arn.clone());
            tokio::spawn(async move { runtime.stop(&arn, Ending::default()).await })
        })
        .collect();
    settle().await;
    world.clock.advance(world.settings.wait_millis);
    settle().await;
    store.go_on();
    assert!(second.await.unwrap().is_ok());
    let mut throttled = 0;
    for stopped in asked {
        throttled += usize::from(stopped.await.unwrap() == Err(ExecutionError::Throttled));
    }
    assert_eq!(throttled, 1);
}

#[tokio::test]
async fn tasks_beyond_the_room_wait_for_it() {
    let mut world = World::new();
    world.settings.max_tasks = 2;
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &ECHO.replace("echo", "gate")).await;
    let mut arns = Vec::new();
    for number in 0..7 {
        arns.push(start(&runtime, &machine, &number.to_string()).await.arn);
    }
    settle().await;
    assert_eq!(world.script.calls().len(), 2);
    runtime.stop(&arns[0], Ending::default()).await.unwrap();
    settle().await;
    assert_eq!(world.script.calls().len(), 3);
    for _ in 0..6 {
        world.script.open_gate(1);
        settle().await;
    }
    for (number, arn) in arns.iter().enumerate().skip(1) {
        assert_eq!(end(&runtime, arn).await, format!("SUCCEEDED {number}"));
    }
    assert_eq!(world.script.calls().len(), 7);
}

#[tokio::test]
async fn a_machine_goes_with_its_last_execution() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", WAIT).await;
    let started = start(&runtime, &machine, "{}").await;
    runtime
        .catalog()
        .delete_machine(&machine.machine_arn)
        .await
        .unwrap();
    assert!(runtime.catalog().machine(&machine.machine_arn).await.is_ok());
    assert!(runtime.catalog().current(&machine.machine_arn).await.is_err());
    world.pass(60).await;
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED {}");
    settle().await;
    assert!(runtime.catalog().machine(&machine.machine_arn).await.is_err());
}

#[tokio::test]
async fn executions_of_a_deleted_machine_end_at_their_next_state() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let more = WAIT.replace(
            r#""End": true"#,
            r#""Next": "S"}, "S": {"Type": "Wait", "Seconds": 3600, "End": true"#,
        );
        let machine = machine(&runtime, "m", &more).await;
        let started = start(&runtime, &machine, "{}").await;
        let catalog = runtime.catalog();
        catalog.delete_machine(&machine.machine_arn).await.unwrap();
        settle().await;
        let described = runtime.describe(&started.arn).await.unwrap();
        assert_eq!(told(&described), "RUNNING");
        drop((runtime, machine));

        // Also after a restart in between.
        let runtime = world.open().await;
        world.pass(60).await;
        assert_eq!(end(&runtime, &started.arn).await, "ABORTED");
        let events = history(&runtime, &started.arn).await;
        assert_eq!(
            events,
            [
                "ExecutionStarted",
                "StateEntered",
                "StateExited",
                "ExecutionAborted"
            ]
        );
        settle().await;
        let machine_arn = machine_arn("m").to_string();
        assert!(runtime.catalog().machine(&machine_arn).await.is_err());
    }
}

#[tokio::test]
async fn a_start_that_was_under_way_is_seen_by_the_deletion() {
    let world = World::cold();
    let faulty = world.faulty();
    let runtime = world.open_with(faulty.clone()).await;
    let machine = machine(&runtime, "m", WAIT).await;
    faulty.hold();
    let starting = tokio::spawn({
        let (runtime, request) = (runtime.clone(), named(&machine, "e", "{}"));
        async move { runtime.start(request).await }
    });
    settle().await;
    let deleting = tokio::spawn({
        let (runtime, arn) = (runtime.clone(), machine.machine_arn.clone());
        async move { runtime.catalog().delete_machine(&arn).await }
    });
    settle().await;
    assert!(!starting.is_finished() && !deleting.is_finished());
    faulty.go_on();
    let started = starting.await.unwrap().unwrap();
    deleting.await.unwrap().unwrap();
    // What it runs is still there, so that it can be read again.
    assert!(runtime.catalog().machine(&machine.machine_arn).await.is_ok());
    let late = runtime.start(request(&machine, "{}")).await;
    assert_eq!(late, Err(StartError::Deleting(machine.machine_arn.clone())));
    drop((runtime, machine));

    let runtime = world.open().await;
    world.pass(60).await;
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED {}");
}

#[tokio::test]
async fn a_deletion_that_could_not_be_saved_did_not_happen() {
    let world = World::new();
    let faulty = world.faulty();
    let runtime = world.open_with(faulty.clone()).await;
    let machine = machine(&runtime, "m", PASS).await;
    faulty.then([Fault::Full]);
    let refused = runtime.catalog().delete_machine(&machine.machine_arn).await;
    assert!(refused.is_err());
    let started = start(&runtime, &machine, "{}").await;
    assert!(end(&runtime, &started.arn).await.starts_with("SUCCEEDED"));
    assert!(runtime.catalog().current(&machine.machine_arn).await.is_ok());
}

#[tokio::test]
async fn a_shutdown_saves_what_was_decided_and_keeps_the_rest_for_later() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", &ECHO.replace("echo", "gate")).await;
    let started = start(&runtime, &machine, "7").await;
    settle().await;
    let closing = runtime.clone();
    let closed = tokio::spawn(async move { closing.shutdown().await });
    settle().await;
    assert_eq!(
        runtime.start(request(&machine, "{}")).await.unwrap_err(),
        StartError::Closing
    );
    world.script.open_gate(1);
    closed.await.unwrap();
    drop((runtime, machine));
    assert_eq!(
        Arc::strong_count(&world.memory),
        1,
        "the store can be opened by somebody else"
    );
    let runtime = world.open().await;
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 7");
    assert_eq!(world.script.calls().len(), 1);
}

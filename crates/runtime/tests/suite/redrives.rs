//! Redrives: executions that ended go on.

use std::sync::Arc;

use engine::{Ending, Millis};
use runtime::{ExecutionError, NotRedrivable, RedriveError, Revision, Runtime};
use store::{ExecutionQuery, Listed, Status};

use crate::starts::{PASS, WAIT};
use crate::support::*;

/// Fails twice for every input.
pub(crate) const FLAKY: &str = r#"{"StartAt": "A", "States": {
    "A": {"Type": "Pass", "Next": "T"},
    "T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:flaky", "End": true}}}"#;

/// An execution of [`FLAKY`] that has failed.
async fn failed(runtime: &Runtime) -> (Arc<Revision>, json::Str) {
    let machine = machine(runtime, "m", FLAKY).await;
    let arn = start(runtime, &machine, "1").await.arn;
    assert_eq!(end(runtime, &arn).await, "FAILED Boom bang");
    (machine, arn)
}

fn refused(reason: NotRedrivable) -> Result<Millis, RedriveError> {
    Err(RedriveError::NotRedrivable(reason))
}

#[tokio::test]
async fn a_redriven_execution_goes_on_from_where_it_failed() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let (machine, arn) = failed(&runtime).await;
        for count in 1..=2 {
            world.pass(10).await;
            let at = runtime.redrive(&arn, None).await.unwrap();
            assert_eq!(at, Millis(NOW.0 + i64::from(count) * 10_000));
            let ended = runtime.ended(&arn).await.unwrap();
            let redriven = ended.redriven.unwrap();
            assert_eq!((redriven.count, redriven.at), (count, at));
        }
        assert_eq!(end(&runtime, &arn).await, "SUCCEEDED 1");
        assert_eq!(world.script.count("flaky", "1"), 3);
        assert_eq!(runtime.open_executions(), 0);
        let attempt = ["LambdaFunctionScheduled", "LambdaFunctionStarted"];
        let failure = ["LambdaFunctionFailed", "ExecutionFailed", "ExecutionRedriven"];
        let mut expected = vec!["ExecutionStarted", "StateEntered", "StateExited", "StateEntered"];
        for _ in 0..2 {
            expected.extend(attempt);
            expected.extend(failure);
        }
        expected.extend(attempt);
        expected.extend(["LambdaFunctionSucceeded", "StateExited", "ExecutionSucceeded"]);
        assert_eq!(history(&runtime, &arn).await, expected);
        assert_eq!(
            runtime.redrive(&arn, None).await,
            refused(NotRedrivable::Succeeded)
        );

        let query = ExecutionQuery {
            of: Listed::Machine(machine.machine_arn.clone()),
            status: Some(Status::Succeeded),
            after: None,
            limit: 9,
        };
        let listed = runtime.executions(query).await.unwrap();
        assert_eq!(listed[0].redriven.unwrap().count, 2);
    }
}

#[tokio::test]
async fn a_redriven_execution_is_open_and_described_as_running() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let machine = machine(&runtime, "m", WAIT).await;
        let arn = start(&runtime, &machine, "1").await.arn;
        runtime.stop(&arn, Ending::default()).await.unwrap();
        assert_eq!(runtime.open_executions(), 0);
        runtime.redrive(&arn, None).await.unwrap();
        assert_eq!(runtime.open_executions(), 1);
        let described = runtime.describe(&arn).await.unwrap();
        assert_eq!((told(&described).as_str(), described.stopped), ("RUNNING", None));
        assert_eq!(described.redriven.unwrap().count, 1);
        assert_eq!(
            runtime.redrive_refusal(&described).await,
            Ok(Some(NotRedrivable::Running))
        );
        assert_eq!(runtime.redrive(&arn, None).await, refused(NotRedrivable::Running));
        drop(runtime);
        let runtime = world.open().await;
        assert_eq!(runtime.open_executions(), 1);
        world.pass(60).await;
        assert_eq!(end(&runtime, &arn).await, "SUCCEEDED 1");
    }
}

#[tokio::test]
async fn a_repeated_request_is_answered_like_the_first() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let (_, arn) = failed(&runtime).await;
        let first = runtime.redrive(&arn, Some("once".into())).await;
        assert_eq!(first, Ok(NOW));
        assert_eq!(end(&runtime, &arn).await, "FAILED Boom bang");
        world.pass(14 * 60).await;
        assert_eq!(runtime.redrive(&arn, Some("once".into())).await, first);
        assert_eq!(world.script.count("flaky", "1"), 2);
        world.pass(60).await;
        assert_ne!(runtime.redrive(&arn, Some("once".into())).await, first);
        assert_eq!(end(&runtime, &arn).await, "SUCCEEDED 1");
        world.pass(60).await;
        let later = runtime.redrive(&arn, Some("once".into())).await;
        assert_eq!(later, Ok(Millis(NOW.0 + 15 * 60_000)));
    }
}

#[tokio::test]
async fn the_redrivable_period_is_a_setting() {
    let mut world = World::new();
    world.settings.limits.executions.redrivable_seconds = 100;
    let runtime = world.open().await;
    let (_, arn) = failed(&runtime).await;
    world.pass(101).await;
    assert_eq!(runtime.redrive(&arn, None).await, refused(NotRedrivable::TooLate));
    let described = runtime.describe(&arn).await.unwrap();
    let refusal = runtime.redrive_refusal(&described).await;
    assert_eq!(refusal, Ok(Some(NotRedrivable::TooLate)));
}

#[tokio::test]
async fn redrives_count_as_open_executions() {
    let mut world = World::new();
    world.settings.limits.open_executions = 1;
    let runtime = world.open().await;
    let (_, arn) = failed(&runtime).await;
    let waiting = machine(&runtime, "w", WAIT).await;
    start(&runtime, &waiting, "1").await;
    assert_eq!(
        runtime.redrive(&arn, None).await,
        Err(RedriveError::LimitExceeded(1))
    );
    assert_eq!(runtime.open_executions(), 1);
}

#[tokio::test]
async fn unknown_executions_are_not_redriven() {
    let world = World::new();
    let runtime = world.open().await;
    let not_found = Err(RedriveError::Execution(ExecutionError::NotFound));
    let arn = "arn:aws:states:us-east-1:000000000000:execution:m:nobody";
    assert_eq!(runtime.redrive(arn, None).await, not_found);
}

#[tokio::test]
async fn executions_of_a_deleted_state_machine_are_not_redriven() {
    for recreated in [false, true] {
        let world = World::new();
        let runtime = world.open().await;
        let (revision, arn) = failed(&runtime).await;
        runtime
            .catalog()
            .delete_machine(&revision.machine_arn)
            .await
            .unwrap();
        world.pass(1).await;
        if recreated {
            machine(&runtime, "m", PASS).await;
        }
        assert_eq!(
            runtime.redrive(&arn, None).await,
            refused(NotRedrivable::Deleting)
        );
        let described = runtime.describe(&arn).await.unwrap();
        let refusal = runtime.redrive_refusal(&described).await;
        assert_eq!(refusal, Ok(Some(NotRedrivable::Deleting)));
    }
}

#[tokio::test]
async fn executions_of_a_state_machine_that_is_being_deleted_are_not_redriven() {
    let world = World::new();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", WAIT).await;
    let [stopped, _] = [
        start(&runtime, &machine, "1").await,
        start(&runtime, &machine, "2").await,
    ];
    runtime.stop(&stopped.arn, Ending::default()).await.unwrap();
    runtime
        .catalog()
        .delete_machine(&machine.machine_arn)
        .await
        .unwrap();
    let answer = runtime.redrive(&stopped.arn, None).await;
    assert_eq!(answer, refused(NotRedrivable::Deleting));
}

#[tokio::test]
async fn a_redrive_waits_until_the_end_is_saved() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "m", WAIT).await;
    let arn = start(&runtime, &machine, "1").await.arn;
    let waiting = tokio::spawn({
        let (runtime, arn) = (runtime.clone(), arn.clone());
        async move { end(&runtime, &arn).await }
    });
    settle().await;
    store.hold();
    let stopping = tokio::spawn({
        let (runtime, arn) = (runtime.clone(), arn.clone());
        async move { runtime.stop(&arn, Ending::default()).await }
    });
    settle().await;
    let redriving = tokio::spawn({
        let (runtime, arn) = (runtime.clone(), arn.clone());
        async move { runtime.redrive(&arn, None).await }
    });
    settle().await;
    assert!(!redriving.is_finished());
    store.go_on();
    assert_eq!(stopping.await.unwrap(), Ok(NOW));
    assert_eq!(redriving.await.unwrap(), Ok(NOW));
    assert_eq!(waiting.await.unwrap(), "ABORTED");
    assert_eq!(told(&runtime.describe(&arn).await.unwrap()), "RUNNING");
}

#[tokio::test]
async fn a_redrive_that_is_not_saved_never_was() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let (_, arn) = failed(&runtime).await;
    settle().await;
    store.then([Fault::Full]);
    let answer = runtime.redrive(&arn, Some("t".into())).await;
    assert!(
        matches!(answer, Err(RedriveError::Execution(ExecutionError::Store(_)))),
        "{answer:?}"
    );
    assert_eq!(runtime.open_executions(), 0);
    assert_eq!(world.script.count("flaky", "1"), 1);
    let described = runtime.describe(&arn).await.unwrap();
    assert_eq!(
        (told(&described).as_str(), described.redriven),
        ("FAILED Boom bang", None)
    );
    world.pass(5).await;
    let answer = runtime.redrive(&arn, Some("t".into())).await;
    assert_eq!(answer, Ok(Millis(NOW.0 + 5000)));
    assert_eq!(end(&runtime, &arn).await, "FAILED Boom bang");
}

#[tokio::test]
async fn a_redrive_that_ends_at_once_is_saved_as_ended() {
    let world = World::cold();
    let runtime = world.open().await;
    let definition = r#"{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Always"}}}"#;
    let machine = machine(&runtime, "m", definition).await;
    let arn = start(&runtime, &machine, "1").await.arn;
    runtime.redrive(&arn, None).await.unwrap();
    assert_eq!(end(&runtime, &arn).await, "FAILED Always");
    drop(runtime);
    let runtime = world.open().await;
    assert_eq!(runtime.open_executions(), 0);
    let described = runtime.describe(&arn).await.unwrap();
    assert_eq!(told(&described), "FAILED Always");
    assert_eq!(described.redriven.unwrap().count, 1);
}

#[tokio::test]
async fn many_redrives_at_once_are_one() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open_with(world.faulty()).await;
        let (_, arn) = failed(&runtime).await;
        let asked: Vec<_> = (0..8)
            .map(|_| {
                let (runtime, arn) = (runtime.clone(), arn.clone());
                tokio::spawn(async move { runtime.redrive(&arn, Some("same".into())).await })
            })
            .collect();
        for answer in asked {
            assert_eq!(answer.await.unwrap(), Ok(NOW));
        }
        assert_eq!(end(&runtime, &arn).await, "FAILED Boom bang");
        assert_eq!(world.script.count("flaky", "1"), 2);
    }
}

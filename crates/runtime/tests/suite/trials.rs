//! Trials: tests of one state, whose task is done unless a mock answers for it.

use std::sync::Arc;

use engine::{Mock, Setup, Verdict, VerdictStatus};
use ids::Scope;
use runtime::{Runtime, StartError, StateTest};

use crate::support::*;

fn task(name: &str, more: &str) -> String {
    format!(
        r#"{{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:{name}",{more}"Next":"B"}}"#
    )
}

fn test(state: &str, mock: Option<Mock>) -> StateTest {
    let machine = asl::read_lone_state(state, asl::Limits::AWS).machine.unwrap();
    StateTest {
        machine: Arc::new(machine),
        state: asl::StateId(0),
        scope: Scope {
            region: "us-east-1".into(),
            account: "000000000000".into(),
        },
        role_arn: None,
        input: payload("1"),
        setup: Setup {
            mock,
            ..Setup::default()
        },
    }
}

fn error(verdict: &Verdict) -> &str {
    let error = verdict.error.as_ref().and_then(|ending| ending.error.as_deref());
    error.unwrap_or_default()
}

/// Begins a test of a task that hangs, and waits until the task was sent.
async fn begun(
    world: &World,
    runtime: &Runtime,
    state: &str,
) -> tokio::task::JoinHandle<Result<Verdict, StartError>> {
    let (runtime, test) = (runtime.clone(), test(state, None));
    let tested = tokio::spawn(async move { runtime.test_state(test).await });
    while world.script.calls().is_empty() {
        tokio::task::yield_now().await;
    }
    settle().await;
    tested
}

#[tokio::test]
async fn the_task_of_a_state_is_done_unless_it_is_mocked() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(Arc::clone(&store) as _).await;
    let done = runtime.test_state(test(&task("echo", ""), None)).await.unwrap();
    assert_eq!(done.status, VerdictStatus::Succeeded);
    assert_eq!(done.output, Some(payload("1")));
    assert_eq!(world.script.calls(), ["echo"]);

    let mock = Some(Mock::Result(payload("2")));
    let mocked = runtime.test_state(test(&task("fail", ""), mock)).await.unwrap();
    assert_eq!(mocked.output, Some(payload("2")));
    assert_eq!(world.script.calls(), ["echo"]);

    let failed = runtime.test_state(test(&task("fail", ""), None)).await.unwrap();
    assert_eq!((failed.status, error(&failed)), (VerdictStatus::Failed, "Boom"));
    assert_eq!(store.commits.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_test_takes_five_minutes_at_most() {
    let world = World::new();
    let runtime = world.open().await;
    let tested = begun(&world, &runtime, &task("never", "")).await;
    world.pass(299).await;
    assert!(!tested.is_finished());
    world.pass(1).await;
    let verdict = tested.await.unwrap().unwrap();
    assert_eq!(
        (verdict.status, error(&verdict)),
        (VerdictStatus::Failed, "States.Timeout")
    );
    assert_eq!(world.script.dropped(), 1);
}

#[tokio::test]
async fn a_task_that_times_out_is_caught() {
    let world = World::new();
    let runtime = world.open().await;
    let more = r#""TimeoutSeconds":10,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"C"}],"#;
    let tested = begun(&world, &runtime, &task("never", more)).await;
    world.pass(10).await;
    let verdict = tested.await.unwrap().unwrap();
    assert_eq!(verdict.status, VerdictStatus::Caught);
    assert_eq!(verdict.handled.catcher, Some(0));
}

#[tokio::test]
async fn a_test_without_room_for_its_task_is_throttled() {
    let mut world = World::new();
    world.settings.max_tasks = 0;
    let runtime = world.open().await;
    let refused = runtime.test_state(test(&task("echo", ""), None)).await;
    assert!(matches!(refused, Err(StartError::Throttled)));
    let mock = Some(Mock::Result(payload("2")));
    assert!(runtime.test_state(test(&task("echo", ""), mock)).await.is_ok());
    runtime.shutdown().await;
    let refused = runtime.test_state(test(r#"{"Type":"Succeed"}"#, None)).await;
    assert!(matches!(refused, Err(StartError::Closing)));
}

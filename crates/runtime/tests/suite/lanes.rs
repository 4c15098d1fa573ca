//! Lanes: tasks of a function that does only so many at once wait unsent.

use engine::Ending;
use runtime::Runtime;

use crate::starts::ECHO;
use crate::support::*;

/// How many executions have sent their task, of those started.
async fn sent(runtime: &Runtime, arns: &[json::Str]) -> usize {
    let mut sent = 0;
    for arn in arns {
        let events = history(runtime, arn).await;
        sent += events
            .iter()
            .filter(|event| *event == "LambdaFunctionStarted")
            .count();
    }
    sent
}

async fn start_five(runtime: &Runtime) -> Vec<json::Str> {
    let machine = machine(runtime, "narrow", &ECHO.replace("echo", "narrow")).await;
    let mut arns = Vec::new();
    for number in 0..5 {
        arns.push(start(runtime, &machine, &number.to_string()).await.arn);
    }
    settle().await;
    arns
}

#[tokio::test]
async fn no_more_tasks_are_sent_than_their_function_does_at_once() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let arns = start_five(&runtime).await;
        assert_eq!(sent(&runtime, &arns).await, 2);
        assert_eq!(world.script.calls().len(), 2);
        let echo = machine(&runtime, "echo", ECHO).await;
        let other = start(&runtime, &echo, "1").await;
        assert_eq!(
            end(&runtime, &other.arn).await,
            "SUCCEEDED 1",
            "others are not held up"
        );
        for done in 1..=5 {
            world.script.open_gate(1);
            settle().await;
            assert_eq!(sent(&runtime, &arns).await, (done + 2).min(5));
        }
        for (number, arn) in arns.iter().enumerate() {
            assert_eq!(end(&runtime, arn).await, format!("SUCCEEDED {number}"));
        }
    }
}

#[tokio::test]
async fn a_crash_loses_only_the_calls_that_run() {
    let world = World::new();
    let runtime = world.open().await;
    let arns = start_five(&runtime).await;
    drop(runtime);
    settle().await;
    let runtime = world.open().await;
    world.script.open_gate(5);
    settle().await;
    let mut ends = Vec::new();
    for arn in &arns {
        ends.push(end(&runtime, arn).await);
    }
    ends.sort();
    let lost = ends.iter().filter(|end| end.starts_with("FAILED Lost")).count();
    assert_eq!(lost, 2, "{ends:?}");
    assert_eq!(world.script.calls().len(), 5);
}

#[tokio::test]
async fn a_place_is_free_again_when_its_task_is_cancelled_or_never_sent() {
    let world = World::new();
    let runtime = world.open().await;
    let arns = start_five(&runtime).await;
    for arn in &arns[..4] {
        runtime.stop(arn, Ending::default()).await.unwrap();
    }
    world.script.open_gate(1);
    settle().await;
    assert_eq!(end(&runtime, &arns[4]).await, "SUCCEEDED 4");
    let again = start_five(&runtime).await;
    assert_eq!(sent(&runtime, &again).await, 2);
}

#[tokio::test]
async fn a_place_is_free_again_when_its_step_is_not_saved() {
    let world = World::new();
    let store = world.faulty();
    let runtime = world.open_with(std::sync::Arc::clone(&store) as _).await;
    let machine = machine(&runtime, "narrow", &ECHO.replace("echo", "narrow")).await;
    for number in 0..4 {
        store.then([Fault::Full]);
        let refused = runtime.start(request(&machine, &number.to_string())).await;
        assert!(refused.is_err());
        world.pass(2).await;
    }
    let arns = start_five(&runtime).await;
    assert_eq!(sent(&runtime, &arns).await, 2);
    world.script.open_gate(5);
    settle().await;
    for (number, arn) in arns.iter().enumerate() {
        assert_eq!(end(&runtime, arn).await, format!("SUCCEEDED {number}"));
    }
}

#[tokio::test]
async fn one_step_sends_no_more_than_there_is_room_for() {
    let world = World::new();
    let runtime = world.open().await;
    let definition = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "T", "States": {"T": {"Type": "Task", "End": true,
            "Resource": "arn:aws:lambda:us-east-1:000000000000:function:narrow"}}}}}}"#;
    let machine = machine(&runtime, "m", definition).await;
    let started = start(&runtime, &machine, "[1, 2, 3, 4, 5]").await;
    settle().await;
    assert_eq!(sent(&runtime, std::slice::from_ref(&started.arn)).await, 2);
    world.script.open_gate(5);
    settle().await;
    assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED [1,2,3,4,5]");
}

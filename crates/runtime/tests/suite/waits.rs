//! Time: waits, retries, timeouts, heartbeats; with executions kept in memory and without.

use crate::starts::{ECHO, WAIT};
use crate::support::*;

#[tokio::test]
async fn a_wait_lasts_as_long_as_it_says() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let machine = machine(&runtime, "m", WAIT).await;
        let started = start(&runtime, &machine, "1").await;
        world.pass(59).await;
        assert_eq!(told(&runtime.describe(&started.arn).await.unwrap()), "RUNNING");
        world.pass(1).await;
        assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
        assert_eq!(
            runtime.describe(&started.arn).await.unwrap().stopped.unwrap().0,
            NOW.0 + 60_000
        );
    }
}

#[tokio::test]
async fn a_thousand_waits_end_together() {
    let world = World::cold();
    let runtime = world.open().await;
    let machine = machine(&runtime, "m", WAIT).await;
    let mut arns = Vec::new();
    for number in 0..1000 {
        arns.push(start(&runtime, &machine, &number.to_string()).await.arn);
    }
    world.pass(60).await;
    for (number, arn) in arns.iter().enumerate() {
        assert_eq!(end(&runtime, arn).await, format!("SUCCEEDED {number}"));
    }
}

#[tokio::test]
async fn a_retry_comes_when_its_time_has_come() {
    for world in [World::new(), World::cold()] {
        let runtime = world.open().await;
        let retry = r#""Retry": [{"ErrorEquals": ["Boom"], "IntervalSeconds": 10, "BackoffRate": 2}], "End""#;
        let definition = ECHO.replace("echo", "flaky").replace(r#""End""#, retry);
        let machine = machine(&runtime, "m", &definition).await;
        let started = start(&runtime, &machine, "1").await;
        world.pass(9).await;
        assert_eq!(world.script.count("flaky", "1"), 1);
        world.pass(1).await;
        assert_eq!(world.script.count("flaky", "1"), 2);
        world.pass(19).await;
        assert_eq!(world.script.count("flaky", "1"), 2);
        world.pass(1).await;
        assert_eq!(end(&runtime, &started.arn).await, "SUCCEEDED 1");
    }
}

#[tokio::test]
async fn a_task_that_takes_too_long_is_dropped() {
    let world = World::cold();
    let runtime = world.open().await;
    let definition = ECHO
        .replace("echo", "never")
        .replace(r#""End""#, r#""TimeoutSeconds": 30, "End""#);
    let machine = machine(&runtime, "m", &definition).await;
    let started = start(&runtime, &machine, "1").await;
    world.pass(29).await;
    assert_eq!(world.script.dropped(), 0);
    world.pass(1).await;
    assert_eq!(end(&runtime, &started.arn).await, "FAILED States.Timeout");
    assert_eq!(world.script.dropped(), 1);
}

#[tokio::test]
async fn an_execution_that_takes_too_long_times_out() {
    let world = World::cold();
    let runtime = world.open().await;
    let definition = WAIT.replacen('{', r#"{"TimeoutSeconds": 30, "#, 1);
    let machine = machine(&runtime, "m", &definition).await;
    let started = start(&runtime, &machine, "1").await;
    world.pass(30).await;
    assert_eq!(end(&runtime, &started.arn).await, "TIMED_OUT");
}

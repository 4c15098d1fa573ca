//! Quotas and rates, as clients meet them.

use ::api::Operation;
use runtime::{Limits, Rate, Settings};
use server::Throttling;

use crate::support::{Client, server_with};

const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}"#;

#[tokio::test]
async fn a_full_account_is_told_what_to_do() {
    let settings = Settings {
        limits: Limits {
            state_machines: 1,
            activities: 1,
            open_executions: 1,
            ..Limits::default()
        },
        ..Settings::default()
    };
    let client = Client::of(server_with(settings, None).await).await;
    let machine = client.create("m", "STANDARD", WAIT).await;
    let again = json::json!({"name": "n", "definition": WAIT, "roleArn": "arn:aws:iam::000000000000:role/r"});
    assert_eq!(
        client.refused("CreateStateMachine", &again.to_string()).await,
        "StateMachineLimitExceeded: The maximum number of state machines has been reached: '1'. Delete state machines \
         that are no longer used, or raise limits.state_machines"
    );
    client.done("CreateActivity", r#"{"name":"a"}"#).await;
    client.done("CreateActivity", r#"{"name":"a"}"#).await;
    assert_eq!(
        client.refused("CreateActivity", r#"{"name":"b"}"#).await,
        "ActivityLimitExceeded: The maximum number of activities has been reached: '1'. Delete activities that are no \
         longer used, or raise limits.activities"
    );
    let start = json::json!({ "stateMachineArn": machine }).to_string();
    client.done("StartExecution", &start).await;
    assert_eq!(
        client.refused("StartExecution", &start).await,
        "ExecutionLimitExceeded: The maximum number of open executions has been reached: '1'. Wait until some have \
         ended, stop some, or raise limits.open_executions"
    );
}

#[tokio::test]
async fn who_asks_too_often_is_throttled() {
    // Nothing flows in again, so that the test needs no clock.
    let rate = |bucket| Rate { bucket, refill: 0 };
    let throttling = Throttling::none()
        .with(Operation::ListStateMachines, rate(2))
        .with(Operation::StartExecution, rate(1))
        .with_express_starts(rate(2));
    let client = Client::of(server_with(Settings::default(), Some(throttling)).await).await;
    let throttled = "ThrottlingException: Rate exceeded";
    client.done("ListStateMachines", "{}").await;
    client.done("ListStateMachines", "{}").await;
    assert_eq!(client.refused("ListStateMachines", "{}").await, throttled);
    client
        .of_account("111122223333")
        .done("ListStateMachines", "{}")
        .await;
    client.done("ListActivities", "{}").await;

    for (kind, starts) in [("STANDARD", 1), ("EXPRESS", 2)] {
        let machine = client.create(kind, kind, WAIT).await;
        let start = json::json!({ "stateMachineArn": machine }).to_string();
        for _ in 0..starts {
            client.done("StartExecution", &start).await;
        }
        assert_eq!(client.refused("StartExecution", &start).await, throttled);
    }
}

//! RedriveExecution, word for word.

use crate::support::{Client, masked};

const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}"#;
const FAIL: &str = r#"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"C"}}}"#;
const EXECUTION: &str = "arn:aws:states:us-east-1:000000000000:execution:m:e";

fn of_execution() -> String {
    json::json!({ "executionArn": EXECUTION }).to_string()
}

/// Creates a state machine `m` and starts its execution `e`.
async fn start(client: &Client, definition: &str) {
    let machine = client.create("m", "STANDARD", definition).await;
    let start = json::json!({ "stateMachineArn": machine, "name": "e" });
    client.done("StartExecution", &start.to_string()).await;
}

async fn stop(client: &Client) {
    let stop = json::json!({ "executionArn": EXECUTION, "error": "Operator" });
    client.done("StopExecution", &stop.to_string()).await;
}

#[tokio::test]
async fn a_redriven_execution_runs_again() {
    let client = Client::new().await;
    start(&client, WAIT).await;
    stop(&client).await;
    assert_eq!(
        client.done("RedriveExecution", &of_execution()).await,
        r#"{"redriveDate":<time>}"#
    );
    let head = format!(
        r#"{{"executionArn":"{EXECUTION}","stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m","name":"e","#
    );
    assert_eq!(
        client.done("DescribeExecution", &of_execution()).await,
        format!(
            r#"{head}"status":"RUNNING","startDate":<time>,"input":"{{}}","inputDetails":{{"included":true}},"redriveCount":1,"redriveDate":<time>,"redriveStatus":"NOT_REDRIVABLE","redriveStatusReason":"Execution is RUNNING and cannot be redriven"}}"#
        )
    );
    let of_machine = r#"{"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m","statusFilter":"RUNNING"}"#;
    assert_eq!(
        client.done("ListExecutions", of_machine).await,
        format!(
            r#"{{"executions":[{head}"status":"RUNNING","startDate":<time>,"redriveCount":1,"redriveDate":<time>}}]}}"#
        )
    );
    let (_, history) = client.ask("GetExecutionHistory", &of_execution()).await;
    let history = masked(&history);
    assert!(
        history.ends_with(
            r#"{"timestamp":<time>,"type":"ExecutionAborted","id":3,"previousEventId":0,"executionAbortedEventDetails":{"error":"Operator"}},{"timestamp":<time>,"type":"ExecutionRedriven","id":4,"previousEventId":3,"executionRedrivenEventDetails":{"redriveCount":1}}]}"#
        ),
        "{history}"
    );
    stop(&client).await;
    let described = client.done("DescribeExecution", &of_execution()).await;
    assert!(
        described.ends_with(
            r#""error":"Operator","redriveCount":1,"redriveDate":<time>,"redriveStatus":"REDRIVABLE"}"#
        ),
        "{described}"
    );
}

#[tokio::test]
async fn what_runs_or_has_succeeded_is_not_redrivable() {
    let client = Client::new().await;
    start(&client, WAIT).await;
    assert_eq!(
        client.refused("RedriveExecution", &of_execution()).await,
        "ExecutionNotRedrivable: Execution is RUNNING and cannot be redriven"
    );
    let client = Client::new().await;
    start(&client, r#"{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}"#).await;
    assert_eq!(
        client.refused("RedriveExecution", &of_execution()).await,
        "ExecutionNotRedrivable: Execution is SUCCEEDED and cannot be redriven"
    );
}

#[tokio::test]
async fn a_client_token_makes_a_redrive_idempotent() {
    let client = Client::new().await;
    start(&client, FAIL).await;
    let redrive = |token: &str| json::json!({ "executionArn": EXECUTION, "clientToken": token }).to_string();
    for token in ["one", "one", "two", "one"] {
        client.done("RedriveExecution", &redrive(token)).await;
    }
    let (_, described) = client.ask("DescribeExecution", &of_execution()).await;
    assert!(described.contains(r#""redriveCount":2"#), "{described}");
    let too_long = redrive(&"x".repeat(65));
    assert_eq!(
        client.refused("RedriveExecution", &too_long).await,
        format!(
            "ValidationException: 1 validation error detected: Value '{}' at 'clientToken' failed to satisfy constraint: \
             Member must have length less than or equal to 64",
            "x".repeat(65)
        )
    );
}

#[tokio::test]
async fn what_is_no_standard_execution_is_not_redriven() {
    let client = Client::new().await;
    assert_eq!(
        client.refused("RedriveExecution", &of_execution()).await,
        format!("ExecutionDoesNotExist: Execution Does Not Exist: '{EXECUTION}'")
    );
    let express = r#"{"executionArn":"arn:aws:states:us-east-1:000000000000:express:m:e:u"}"#;
    assert_eq!(
        client.refused("RedriveExecution", express).await,
        "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'"
    );
    let machine = r#"{"executionArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m"}"#;
    assert_eq!(
        client.refused("RedriveExecution", machine).await,
        "InvalidArn: Invalid Arn: 'Resource type not valid in this context: stateMachine'"
    );
}

#[tokio::test]
async fn executions_of_deleted_state_machines_say_that_they_cannot_be_redriven() {
    let client = Client::new().await;
    start(&client, FAIL).await;
    let machine = r#"{"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m"}"#;
    client.done("DeleteStateMachine", machine).await;
    assert_eq!(
        client.refused("RedriveExecution", &of_execution()).await,
        "ExecutionNotRedrivable: State machine is in DELETING status"
    );
    let described = client.done("DescribeExecution", &of_execution()).await;
    assert!(
        described.ends_with(
            r#""redriveCount":0,"redriveStatus":"NOT_REDRIVABLE","redriveStatusReason":"State machine is in DELETING status"}"#
        ),
        "{described}"
    );
}

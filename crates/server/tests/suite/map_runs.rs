//! The operations on Map Runs.

use json::{Value, json};

use crate::support::Client;

const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}"#;
const RUN: &str = "arn:aws:states:us-east-1:000000000000:mapRun:m/Items:0b26e34b-36b2-4b18-8ba3-63e39d5ae2c1";

#[tokio::test]
async fn an_execution_has_no_map_runs() {
    let client = Client::new().await;
    let machine = client.create("m", "STANDARD", WAIT).await;
    let start = json!({"stateMachineArn": machine, "name": "e"}).to_string();
    let execution = client.member("StartExecution", &start, "executionArn").await;
    let list = json!({"executionArn": execution, "maxResults": 1}).to_string();
    assert_eq!(client.done("ListMapRuns", &list).await, r#"{"mapRuns":[]}"#);

    let express = "arn:aws:states:us-east-1:000000000000:express:m:e:u";
    let unknown = "arn:aws:states:us-east-1:000000000000:execution:m:f";
    for (body, refusal) in [
        (
            json!({"executionArn": unknown}),
            format!("ExecutionDoesNotExist: Execution Does Not Exist: '{unknown}'"),
        ),
        (
            json!({"executionArn": express}),
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'".to_owned(),
        ),
        (
            json!({"executionArn": machine}),
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: stateMachine'".to_owned(),
        ),
        (
            json!({"executionArn": "e"}),
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: e'".to_owned(),
        ),
        (
            json!({"executionArn": execution, "nextToken": "x"}),
            "InvalidToken: Invalid Token: 'Invalid token'".to_owned(),
        ),
        (
            json!({"executionArn": execution, "maxResults": 1001}),
            "ValidationException: 1 validation error detected: Value '1001' at 'maxResults' failed to satisfy \
             constraint: Member must have value less than or equal to 1000"
                .to_owned(),
        ),
    ] {
        assert_eq!(client.refused("ListMapRuns", &body.to_string()).await, refusal);
    }
}

#[tokio::test]
async fn map_runs_that_do_not_exist_are_not_found() {
    let client = Client::new().await;
    let describe = json!({ "mapRunArn": RUN }).to_string();
    let update = json!({ "mapRunArn": RUN, "maxConcurrency": 1 }).to_string();
    for (operation, body) in [
        ("DescribeMapRun", &describe),
        ("UpdateMapRun", &update),
        ("ListExecutions", &describe),
    ] {
        let (status, answer) = client.ask(operation, body).await;
        assert_eq!(status, 400, "{operation}");
        assert_eq!(
            answer,
            format!(
                r#"{{"__type":"com.amazonaws.swf.service.v2.model#ResourceNotFound","message":"Resource not found: '{RUN}'","resourceName":"{RUN}"}}"#
            ),
            "{operation}"
        );
    }
    for operation in ["DescribeMapRun", "UpdateMapRun", "ListExecutions"] {
        for (arn, reason) in [
            ("run", "Invalid ARN prefix: run"),
            (
                "arn:aws:states:us-east-1:000000000000:execution:m:e",
                "Resource type not valid in this context: execution",
            ),
        ] {
            let body = json!({ "mapRunArn": arn, "maxConcurrency": 1 }).to_string();
            let body = if operation == "UpdateMapRun" {
                body
            } else {
                json!({ "mapRunArn": arn }).to_string()
            };
            assert_eq!(
                client.refused(operation, &body).await,
                format!("InvalidArn: Invalid Arn: '{reason}'")
            );
        }
    }
}

#[tokio::test]
async fn an_update_of_a_map_run_asks_for_something() {
    let client = Client::new().await;
    let body = json!({ "mapRunArn": RUN }).to_string();
    let (status, answer) = client.ask("UpdateMapRun", &body).await;
    assert_eq!(status, 400);
    assert!(
        answer.ends_with(r#""reason":"MISSING_REQUIRED_PARAMETER"}"#),
        "{answer}"
    );
    let body = json!({ "mapRunArn": RUN, "toleratedFailurePercentage": 101 }).to_string();
    assert!(
        client
            .refused("UpdateMapRun", &body)
            .await
            .contains("failed to satisfy constraint: Member must have value less than or equal to 100")
    );
}

const MAP: &str = r#"{"StartAt":"M","States":{"M":{"Type":"Map","Label":"Items","MaxConcurrency":2,"ToleratedFailureCount":1,
    "ItemBatcher":{"MaxItemsPerBatch":2},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":
    "STANDARD"},"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}},"End":true}}}"#;

/// Starts an execution of [`MAP`], and waits until two of its executions run. Gives its ARN and its Map Run.
async fn started(client: &Client) -> (String, Value) {
    let machine = client.create("m", "STANDARD", MAP).await;
    let start = json!({"stateMachineArn": machine, "name": "e", "input": "[1,2,3,4,5]"}).to_string();
    let execution = client.member("StartExecution", &start, "executionArn").await;
    let list = json!({"executionArn": execution}).to_string();
    loop {
        let runs = told(client, "ListMapRuns", &list).await;
        if let Some(run) = runs.get("mapRuns").and_then(|runs| runs.at(0)) {
            let described = described(client, run).await;
            let running = described
                .get("executionCounts")
                .and_then(|counts| counts.get("running"));
            if running == Some(&Value::from(2)) {
                return (execution, run.clone());
            }
        }
        tokio::task::yield_now().await;
    }
}

/// What an operation answers.
async fn told(client: &Client, operation: &str, body: &str) -> Value {
    let (status, answer) = client.ask(operation, body).await;
    assert_eq!(status, 200, "{operation} {body}: {answer}");
    json::parse(&answer).unwrap()
}

async fn described(client: &Client, run: &Value) -> Value {
    let describe = json!({"mapRunArn": run.get("mapRunArn").unwrap().clone()}).to_string();
    told(client, "DescribeMapRun", &describe).await
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn a_map_run_is_listed_described_and_changed() {
    let client = Client::new().await;
    let (execution, run) = started(&client).await;
    assert_eq!(text(&run, "executionArn"), execution);
    assert_eq!(
        text(&run, "stateMachineArn"),
        "arn:aws:states:us-east-1:000000000000:stateMachine:m/Items"
    );
    let arn = text(&run, "mapRunArn");
    assert!(arn.starts_with("arn:aws:states:us-east-1:000000000000:mapRun:m/Items:"));
    let before = described(&client, &run).await;
    let members = [
        ("executionArn", Value::from(execution.as_str())),
        ("mapRunArn", Value::from(arn)),
        ("maxConcurrency", Value::from(2)),
        ("status", Value::from("RUNNING")),
        ("toleratedFailureCount", Value::from(1)),
        ("toleratedFailurePercentage", json!(0.0)),
    ];
    for (name, value) in members {
        assert_eq!(before.get(name), Some(&value), "{name} in {before}");
    }
    let items = json!({"pending": 1, "running": 4, "succeeded": 0, "failed": 0, "timedOut": 0, "aborted": 0, "total": 5,
        "resultsWritten": 0});
    assert_eq!(before.get("itemCounts"), Some(&items));

    let update =
        json!({"mapRunArn": arn, "maxConcurrency": 1, "toleratedFailurePercentage": 12.5}).to_string();
    assert_eq!(client.done("UpdateMapRun", &update).await, "{}");
    let after = described(&client, &run).await;
    assert_eq!(after.get("maxConcurrency"), Some(&Value::from(1)));
    assert_eq!(after.get("toleratedFailurePercentage"), Some(&json!(12.5)));

    let stop = json!({"executionArn": execution}).to_string();
    client.done("StopExecution", &stop).await;
    loop {
        let described = described(&client, &run).await;
        if text(&described, "status") == "ABORTED" {
            break;
        }
        tokio::task::yield_now().await;
    }
    let (status, answer) = client.ask("UpdateMapRun", &update).await;
    assert_eq!(status, 400);
    assert!(
        answer.ends_with(r#""reason":"CANNOT_UPDATE_COMPLETED_MAP_RUN"}"#),
        "{answer}"
    );
}

#[tokio::test]
async fn executions_of_a_map_run_tell_that_they_are() {
    let client = Client::new().await;
    let (_, run) = started(&client).await;
    let arn = text(&run, "mapRunArn");
    let list =
        json!({"mapRunArn": arn, "statusFilter": "RUNNING", "redriveFilter": "NOT_REDRIVEN"}).to_string();
    let listed = told(&client, "ListExecutions", &list).await;
    let executions = listed.get("executions").and_then(Value::as_array).unwrap();
    assert_eq!(executions.len(), 2);
    let none = json!({"mapRunArn": arn, "redriveFilter": "REDRIVEN"}).to_string();
    assert_eq!(client.done("ListExecutions", &none).await, r#"{"executions":[]}"#);
    let child = &executions[0];
    assert_eq!(child.get("itemCount"), Some(&Value::from(2)));
    assert_eq!(text(child, "mapRunArn"), arn);
    let of_machine = "arn:aws:states:us-east-1:000000000000:stateMachine:m/Items";
    assert_eq!(text(child, "stateMachineArn"), of_machine);

    let child = text(child, "executionArn");
    let describe = json!({"executionArn": child}).to_string();
    let described = told(&client, "DescribeExecution", &describe).await;
    assert_eq!(text(&described, "mapRunArn"), arn);
    let machine = told(&client, "DescribeStateMachineForExecution", &describe).await;
    assert_eq!(
        (
            text(&machine, "mapRunArn"),
            text(&machine, "label"),
            text(&machine, "stateMachineArn"),
            text(&machine, "name")
        ),
        (arn, "Items", of_machine, "m")
    );
    client.done("StopExecution", &describe).await;
    let stopped = told(&client, "DescribeExecution", &describe).await;
    assert_eq!(text(&stopped, "redriveStatus"), "REDRIVABLE_BY_MAP_RUN");
    let refused = client.refused("RedriveExecution", &describe).await;
    assert!(refused.starts_with("ExecutionNotRedrivable: "), "{refused}");
    // Only the whole can be started.
    let start = json!({"stateMachineArn": of_machine}).to_string();
    let (_, answer) = client.ask("StartExecution", &start).await;
    assert!(
        answer.ends_with(r#""reason":"API_DOES_NOT_SUPPORT_LABELED_ARNS"}"#),
        "{answer}"
    );
}

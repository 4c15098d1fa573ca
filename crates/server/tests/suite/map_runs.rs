//! The operations on Map Runs, while no execution starts any.

use crate::support::Client;

const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}"#;
const RUN: &str = "arn:aws:states:us-east-1:000000000000:mapRun:m/Items:0b26e34b-36b2-4b18-8ba3-63e39d5ae2c1";

#[tokio::test]
async fn an_execution_has_no_map_runs() {
    let client = Client::new().await;
    let machine = client.create("m", "STANDARD", WAIT).await;
    let start = json::json!({"stateMachineArn": machine, "name": "e"}).to_string();
    let execution = client.member("StartExecution", &start, "executionArn").await;
    let list = json::json!({"executionArn": execution, "maxResults": 1}).to_string();
    assert_eq!(client.done("ListMapRuns", &list).await, r#"{"mapRuns":[]}"#);

    let express = "arn:aws:states:us-east-1:000000000000:express:m:e:u";
    let unknown = "arn:aws:states:us-east-1:000000000000:execution:m:f";
    for (body, refusal) in [
        (
            json::json!({"executionArn": unknown}),
            format!("ExecutionDoesNotExist: Execution Does Not Exist: '{unknown}'"),
        ),
        (
            json::json!({"executionArn": express}),
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'".to_owned(),
        ),
        (
            json::json!({"executionArn": machine}),
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: stateMachine'".to_owned(),
        ),
        (
            json::json!({"executionArn": "e"}),
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: e'".to_owned(),
        ),
        (
            json::json!({"executionArn": execution, "nextToken": "x"}),
            "InvalidToken: Invalid Token: 'Invalid token'".to_owned(),
        ),
        (
            json::json!({"executionArn": execution, "maxResults": 1001}),
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
    let describe = json::json!({ "mapRunArn": RUN }).to_string();
    let update = json::json!({ "mapRunArn": RUN, "maxConcurrency": 1 }).to_string();
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
            let body = json::json!({ "mapRunArn": arn, "maxConcurrency": 1 }).to_string();
            let body = if operation == "UpdateMapRun" {
                body
            } else {
                json::json!({ "mapRunArn": arn }).to_string()
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
    let body = json::json!({ "mapRunArn": RUN }).to_string();
    let (status, answer) = client.ask("UpdateMapRun", &body).await;
    assert_eq!(status, 400);
    assert!(
        answer.ends_with(r#""reason":"MISSING_REQUIRED_PARAMETER"}"#),
        "{answer}"
    );
    let body = json::json!({ "mapRunArn": RUN, "toleratedFailurePercentage": 101 }).to_string();
    assert!(
        client
            .refused("UpdateMapRun", &body)
            .await
            .contains("failed to satisfy constraint: Member must have value less than or equal to 100")
    );
}

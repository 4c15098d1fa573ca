//! Express executions, word for word: how they are awaited, and what can't be asked of them.

use engine::Millis;
use runtime::ManualClock;

use crate::support::{Client, masked};

const PASS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"x":1},"End":true}}}"#;
const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:x";
const EXECUTION: &str = "arn:aws:states:us-east-1:000000000000:express:x:e";

/// A state machine `x` with one Task, and the rest of it.
fn task(resource: &str, rest: &str) -> String {
    format!(
        r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{resource}","End":true{rest}}}}}}}"#
    )
}

async fn creation(client: &Client, definition: &str) -> String {
    let body = json::json!({
        "name": "x", "type": "EXPRESS", "definition": definition, "roleArn": "arn:aws:iam::000000000000:role/r"
    });
    client.refused("CreateStateMachine", &body.to_string()).await
}

#[tokio::test]
async fn express_machines_wait_for_nobody() {
    let client = Client::new().await;
    let start = "arn:aws:states:::states:startExecution";
    let child = format!(r#","Parameters":{{"StateMachineArn":"{MACHINE}"}}"#);
    let token = r#","Parameters":{"FunctionName":"f","Payload":{"t.$":"$$.Task.Token"}}"#;
    let tasks = [
        (
            task("arn:aws:states:us-east-1:000000000000:activity:a", ""),
            "Express state machine does not support Activity ARN",
        ),
        (
            task(&format!("{start}.sync"), &child),
            "Express state machine does not support '.sync' service integration",
        ),
        (
            task(&format!("{start}.sync:2"), &child),
            "Express state machine does not support '.sync:2' service integration",
        ),
        (
            task("arn:aws:states:::lambda:invoke.waitForTaskToken", token),
            "Express state machine does not support '.waitForTaskToken' service integration ",
        ),
    ];
    for (definition, text) in tasks {
        assert_eq!(
            creation(&client, &definition).await,
            format!(
                "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {text} at /States/T/Resource'"
            )
        );
    }
    let distributed = r#"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{
        "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
        "StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}}}}"#;
    let refused = creation(&client, distributed).await;
    assert!(
        refused.contains("Express state machine does not support Map state in DISTRIBUTED mode"),
        "{refused}"
    );
}

#[tokio::test]
async fn nothing_is_kept_that_could_be_asked_for() {
    let client = Client::new().await;
    client.create("x", "EXPRESS", PASS).await;
    let start = json::json!({ "stateMachineArn": MACHINE, "name": "e" }).to_string();
    let execution = client.member("StartExecution", &start, "executionArn").await;
    assert_eq!(masked(&execution), format!("{EXECUTION}:<uuid>"));
    let asked = json::json!({ "executionArn": execution.as_str() }).to_string();
    for operation in [
        "DescribeExecution",
        "DescribeStateMachineForExecution",
        "GetExecutionHistory",
        "RedriveExecution",
        "StopExecution",
    ] {
        assert_eq!(
            client.refused(operation, &asked).await,
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'",
            "{operation}"
        );
    }
    assert_eq!(
        client
            .refused("ListExecutions", &format!(r#"{{"stateMachineArn":"{MACHINE}"}}"#))
            .await,
        "StateMachineTypeNotSupported: This operation is not supported by this type of state machine"
    );
}

#[tokio::test]
async fn a_name_is_nobodys_own() {
    let client = Client::new().await;
    client.create("x", "EXPRESS", PASS).await;
    for operation in ["StartExecution", "StartSyncExecution"] {
        let start = |input: &str| json::json!({ "stateMachineArn": MACHINE, "name": "e", "input": input });
        let mut arns = Vec::new();
        for input in ["1", "1", "2"] {
            let start = start(input).to_string();
            arns.push(client.member(operation, &start, "executionArn").await);
        }
        assert!(
            arns.iter()
                .all(|arn| masked(arn) == format!("{EXECUTION}:<uuid>"))
        );
        arns.sort();
        arns.dedup();
        assert_eq!(arns.len(), 3, "{operation}");
    }
}

#[tokio::test]
async fn standard_executions_are_not_awaited() {
    let client = Client::new().await;
    client.create("x", "STANDARD", PASS).await;
    assert_eq!(
        client
            .refused(
                "StartSyncExecution",
                &format!(r#"{{"stateMachineArn":"{MACHINE}"}}"#)
            )
            .await,
        "StateMachineTypeNotSupported: This operation is not supported by this type of state machine"
    );
}

/// What a synchronous execution is answered with after so many milliseconds of a clock that is moved by hand.
async fn awaited(definition: &str, millis: i64) -> String {
    let clock = ManualClock::new(Millis(1_760_000_000_000));
    let client = Client::with_clock(clock.clone()).await;
    client.create("x", "EXPRESS", definition).await;
    let start = json::json!({
        "stateMachineArn": MACHINE, "name": "e", "input": "{ }", "traceHeader": "Root=1-1-1"
    })
    .to_string();
    let asking = tokio::spawn(async move { client.done("StartSyncExecution", &start).await });
    // Its timer is set by the time that the clock has somebody to wake.
    while clock.next_sleeper().is_none() {
        tokio::task::yield_now().await;
    }
    clock.advance(millis);
    asking.await.unwrap()
}

#[tokio::test]
async fn a_synchronous_execution_that_takes_too_long_is_timed_out() {
    let waiting =
        r#"{"TimeoutSeconds":2,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}"#;
    let answer = awaited(waiting, 2000).await;
    assert!(
        answer.contains(r#""status":"TIMED_OUT","input":"{ }""#),
        "{answer}"
    );
    assert!(!answer.contains(r#""output":"#), "{answer}");
    assert!(
        answer.ends_with(
            r#""traceHeader":"Root=1-1-1","billingDetails":{"billedMemoryUsedInMB":64,"billedDurationInMilliseconds":2000}}"#
        ),
        "{answer}"
    );
}

#[tokio::test]
async fn a_synchronous_execution_has_five_minutes() {
    let waiting = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}"#;
    let answer = awaited(waiting, 300_000).await;
    assert!(answer.contains(r#""status":"TIMED_OUT""#), "{answer}");
    assert!(
        answer.contains(r#""billedDurationInMilliseconds":300000"#),
        "{answer}"
    );
}

#[tokio::test]
async fn time_is_billed_by_a_tenth_of_a_second() {
    let waiting = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}}"#;
    let answer = awaited(waiting, 1001).await;
    assert!(answer.contains(r#""status":"SUCCEEDED""#), "{answer}");
    assert!(
        answer.contains(r#""billedDurationInMilliseconds":1100"#),
        "{answer}"
    );
}

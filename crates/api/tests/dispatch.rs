//! From target and body to status and body: a small server, hostile requests.

use api::wire::encode;
use api::{
    ApiError, Caller, DeleteActivityOutput, Limits, Operation, Response, StartExecutionInput,
    StartExecutionOutput, StepFunctions, Timestamp, dispatch,
};

const TARGET: &str = "AWSStepFunctions.StartExecution";

/// Starts everything but what is called `taken`.
struct Server;

impl StepFunctions for Server {
    async fn start_execution(
        &self,
        caller: &Caller,
        request: StartExecutionInput,
    ) -> Result<StartExecutionOutput, ApiError> {
        let arn: ids::AnyStateMachineArn = request.state_machine_arn.parse()?;
        assert_eq!(caller.region(), "us-east-1");
        let name: ids::Name = request.name.as_deref().unwrap_or("generated").parse()?;
        if name.as_str() == "taken" {
            return Err(ApiError::execution_already_exists(
                "Execution Already Exists: 'taken'",
            ));
        }
        let execution = arn.state_machine().execution(name);
        Ok(StartExecutionOutput {
            execution_arn: execution.to_string().into(),
            start_date: Timestamp::from_milliseconds(1_700_000_000_123),
        })
    }
}

async fn ask(target: &str, body: impl AsRef<[u8]>) -> (u16, String) {
    let Response { status, body, error } = dispatch(&Server, &Caller::default(), target, body.as_ref()).await;
    assert_eq!(status == 200, error.is_none());
    (status, String::from_utf8(body).expect("JSON is UTF-8"))
}

fn start(name: &str) -> String {
    format!(
        r#"{{"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:Orders","name":{name}}}"#
    )
}

#[tokio::test]
async fn operation_answers_its_output() {
    let expected = r#"{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:Orders:first","startDate":1700000000.123}"#;
    assert_eq!(ask(TARGET, start(r#""first""#)).await, (200, expected.to_owned()));
}

#[tokio::test]
async fn operation_answers_its_error() {
    assert_eq!(
        ask(TARGET, start(r#""taken""#)).await,
        (400, r##"{"__type":"com.amazonaws.swf.service.v2.model#ExecutionAlreadyExists","message":"Execution Already Exists: 'taken'"}"##.to_owned())
    );
    assert_eq!(
        ask(TARGET, r#"{"stateMachineArn":"x"}"#).await,
        (400, r##"{"__type":"com.amazonaws.swf.service.v2.model#InvalidArn","message":"Invalid Arn: 'Invalid ARN prefix: x'"}"##.to_owned())
    );
}

#[tokio::test]
async fn unknown_target_is_refused() {
    let refusal = r##"{"__type":"com.amazon.coral.service#UnknownOperationException"}"##;
    let targets = [
        "",
        "StartExecution",
        "AWSStepFunctions.",
        "AWSStepFunctions.startExecution",
        "DynamoDB_20120810.GetItem",
    ];
    for target in targets {
        assert_eq!(ask(target, "{}").await, (400, refusal.to_owned()), "{target}");
    }
    // An operation that the server doesn't implement.
    assert_eq!(
        ask("AWSStepFunctions.ListStateMachines", "{}").await,
        (400, refusal.to_owned())
    );
}

#[tokio::test]
async fn every_operation_checks_its_request_first() {
    for operation in Operation::ALL {
        let target = format!("AWSStepFunctions.{operation}");
        let (status, body) = ask(&target, "[]").await;
        assert_eq!(
            (status, body.contains("#SerializationException")),
            (400, true),
            "{operation}: {body}"
        );
        // What has no required members gets as far as the server, which knows only one operation.
        let (status, body) = ask(&target, "{}").await;
        let refused = body.contains("failed to satisfy constraint: Member must not be null");
        let reached = body.contains("#UnknownOperationException");
        assert!(status == 400 && (refused || reached), "{operation}: {body}");
    }
}

#[tokio::test]
async fn unknown_members_are_ignored() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let body =
        start(r#""first""#).replacen('{', &format!(r#"{{"later":{{"a":[1e5,null]}},"deep":{deep},"#), 1);
    assert_eq!(ask(TARGET, body).await.0, 200);
}

#[tokio::test]
async fn last_of_two_equal_members_counts() {
    let body = start(r#""taken","name":"first""#);
    assert_eq!(ask(TARGET, body).await.0, 200);
    let body = start(r#""first","name":"taken""#);
    assert_eq!(ask(TARGET, body).await.0, 400);
}

#[tokio::test]
async fn body_that_is_no_json_is_refused() {
    let refusal = r##"{"__type":"com.amazon.coral.service#SerializationException"}"##;
    let invalid_utf8 = [br#"{"stateMachineArn":""#.as_slice(), &[0xff, 0xfe], br#""}"#].concat();
    let bodies: [&[u8]; 7] = [
        b"",
        b"not json",
        b"{",
        br#"{"stateMachineArn":"a"} trailing"#,
        br#"{"stateMachineArn":"\ud800"}"#,
        br#"{"stateMachineArn":1e999}"#,
        &invalid_utf8,
    ];
    for body in bodies {
        assert_eq!(
            ask(TARGET, body).await,
            (400, refusal.to_owned()),
            "{}",
            String::from_utf8_lossy(body)
        );
    }
}

#[tokio::test]
async fn deep_nesting_is_refused_and_harmless() {
    for depth in [200, 100_000, 500_000] {
        for open in ["[", "{\"a\":"] {
            let body = format!(
                r#"{{"stateMachineArn":{}"#,
                open.repeat(depth.min(Limits::AWS.request_bytes / 8))
            );
            let (status, body) = ask(TARGET, body).await;
            assert_eq!((status, body.contains("SerializationException")), (400, true));
        }
    }
}

#[tokio::test]
async fn ignored_member_may_be_deep() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let body = start(r#""first""#).replacen('{', &format!(r#"{{"deep":{deep},"#), 1);
    assert_eq!(ask(TARGET, body).await.0, 200);
}

#[tokio::test]
async fn body_has_a_largest_size() {
    let filled = |length: usize| {
        let head = start(r#""first""#);
        format!("{head}{}", " ".repeat(length - head.len()))
    };
    assert_eq!(ask(TARGET, filled(Limits::AWS.request_bytes)).await.0, 200);
    let (status, body) = ask(TARGET, filled(Limits::AWS.request_bytes + 1)).await;
    assert_eq!(status, 413);
    assert!(
        body.contains("com.amazon.coral.service#RequestEntityTooLargeException"),
        "{body}"
    );
}

#[test]
fn answer_without_members_is_an_empty_object() {
    assert_eq!(encode(&DeleteActivityOutput {}), b"{}");
}

#[test]
fn every_operation_is_found_by_its_target() {
    assert_eq!(Operation::ALL.len(), 37);
    for operation in Operation::ALL {
        assert_eq!(
            Operation::from_target(&format!("AWSStepFunctions.{operation}")),
            Some(operation)
        );
        let prefix = matches!(operation, Operation::StartSyncExecution | Operation::TestState);
        assert_eq!(operation.host_prefix() == "sync-", prefix);
    }
}

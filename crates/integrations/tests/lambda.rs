//! Tasks that call real functions: Python handlers in worker processes.

use asl::{Pattern, Target};
use engine::{BranchId, Order, TaskKey};
use functions::{FunctionConfig, Functions, Runtime, Settings};
use integrations::{Answer, Call, Integrations};
use json::{Payload, Value};

const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

const HANDLER: &str = r#"
class Boom(Exception):
    pass

def handler(event, context):
    if event == "boom":
        raise Boom("no")
    return {"got": event}
"#;

struct Fixture {
    integrations: Integrations,
    functions: Functions,
    _code: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let code = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::write(code.path().join("app.py"), HANDLER).expect("the folder is writable");
        let mut function = FunctionConfig::new("f", Runtime::Python, code.path());
        function.handler = Some("app.handler".to_owned());
        let functions = Functions::new([function], Settings::new("000000000000", "us-east-1"));
        Self {
            integrations: Integrations::new(functions.clone()),
            functions,
            _code: code,
        }
    }

    async fn perform(&self, resource: &str, target: Target, parameters: Value) -> Answer {
        let order = Order {
            task: TaskKey {
                branch: BranchId::ROOT,
                event: 3,
            },
            resource: resource.into(),
            target,
            parameters: Payload::from(parameters),
            role_arn: None,
            nonce: 0,
            deadline: None,
        };
        let call = Call {
            order,
            execution: 1,
            execution_arn: "arn:aws:states:us-east-1:000000000000:execution:m:e".into(),
            machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m".into(),
            role_arn: "arn:aws:iam::000000000000:role/r".into(),
            state: "S".into(),
            token: None,
            account: "000000000000".into(),
            region: "us-east-1".into(),
            limits: asl::Limits::AWS,
        };
        self.integrations.perform(call).await
    }

    async fn invoke(&self, pattern: Pattern, parameters: Value) -> Answer {
        let target = Target::Service {
            service: "lambda".into(),
            action: "invoke".into(),
            pattern,
            resource: "invoke".into(),
        };
        self.perform("arn:aws:states:::lambda:invoke", target, parameters)
            .await
    }
}

fn payload(answer: Answer) -> String {
    let (Answer::Succeeded(result) | Answer::Submitted(result)) = answer else {
        panic!("{answer:?}")
    };
    result
        .value()
        .get("Payload")
        .map(Value::to_string)
        .unwrap_or_default()
}

#[tokio::test]
async fn function_by_its_arn_gives_its_raw_payload() {
    let fixture = Fixture::new();
    let answer = fixture.perform(ARN, Target::Function, json::json!([1])).await;
    let Answer::Succeeded(result) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(&**result.text(), r#"{"got": [1]}"#);

    let answer = fixture.perform(ARN, Target::Function, json::json!("boom")).await;
    let Answer::Failed(ending) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(ending.error.as_deref(), Some("Boom"));
    let cause = ending.cause.expect("a failed function tells why");
    assert!(
        cause.starts_with(r#"{"errorMessage": "no", "errorType": "Boom", "requestId": ""#),
        "{cause}"
    );
    fixture.functions.shutdown().await;
}

#[tokio::test]
async fn invoke_gives_the_parsed_payload() {
    let fixture = Fixture::new();
    for (parameters, expected) in [
        (
            json::json!({"FunctionName": "f", "Payload": {"a": 1}}),
            r#"{"got":{"a":1}}"#,
        ),
        (
            json::json!({"FunctionName": ARN, "Qualifier": "$LATEST", "Payload": "\"text\""}),
            r#"{"got":"text"}"#,
        ),
        (
            json::json!({"FunctionName": "f", "Payload": null}),
            r#"{"got":{}}"#,
        ),
        (json::json!({"FunctionName": "f"}), r#"{"got":{}}"#),
        (json::json!({"FunctionName": "f", "InvocationType": "DryRun"}), ""),
    ] {
        assert_eq!(
            payload(fixture.invoke(Pattern::RequestResponse, parameters).await),
            expected
        );
    }
    let callback = fixture
        .invoke(Pattern::WaitForTaskToken, json::json!({"FunctionName": "f"}))
        .await;
    assert!(matches!(callback, Answer::Submitted(_)), "{callback:?}");

    let parameters = json::json!({"FunctionName": "f", "Payload": "\"boom\""});
    let Answer::Failed(ending) = fixture.invoke(Pattern::RequestResponse, parameters).await else {
        panic!("the function fails")
    };
    assert_eq!(ending.error.as_deref(), Some("Boom"));
    let cause = ending.cause.expect("a failed function tells why");
    assert!(
        cause.starts_with(r#"{"errorMessage":"no","errorType":"Boom","requestId":""#),
        "{cause}"
    );
    fixture.functions.shutdown().await;
}

#[tokio::test]
async fn service_that_is_not_there_fails_with_a_name_that_can_be_caught() {
    let fixture = Fixture::new();
    let resource = "arn:aws:states:::glue:startJobRun";
    let target = Target::Service {
        service: "glue".into(),
        action: "startJobRun".into(),
        pattern: Pattern::RequestResponse,
        resource: "startJobRun".into(),
    };
    let answer = fixture.perform(resource, target, json::json!({})).await;
    let Answer::Failed(ending) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(ending.error.as_deref(), Some("States.TaskFailed"));
    assert_eq!(
        ending.cause.as_deref(),
        Some("This version of Stepwell does not call the resource 'arn:aws:states:::glue:startJobRun' yet.")
    );
}

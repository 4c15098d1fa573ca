//! states:startExecution: one execution starts another, and may wait for its end.

use std::sync::Arc;

use asl::{Limits, Pattern};
use engine::{Ending, Millis};
use json::{Object, Payload, Str, Value};
use sha2::{Digest, Sha256};

use crate::call::{Answer, Call, ending};
use crate::executions::{
    Described, Executions, NestedError, NestedName, NestedStart, NestedStarted, ParentTask,
};
use crate::metadata;
use crate::parameters::{Fields, text};

/// The parameters of `states:startExecution`.
pub(crate) const FIELDS: Fields = Fields {
    required: &["StateMachineArn"],
    optional: &["Input", "Name", "TraceHeader"],
};

/// The order in which AWS writes the response headers as texts.
const HEADER_ORDER: [&str; 5] = [
    "connection",
    "Content-Length",
    "Content-Type",
    "Date",
    "x-amzn-RequestId",
];

/// Starts an execution. With `.sync` and `.sync:2`, the end comes through [`nested_end`].
pub(crate) async fn start_execution(
    executions: Option<Arc<dyn Executions>>,
    call: Call,
    pattern: Pattern,
) -> Answer {
    let Some(executions) = executions else {
        return Answer::failed(
            "StepFunctions.SdkClientException",
            "No executions can be started here.",
        );
    };
    let parameters = call.order.parameters.value();
    let input = match input(parameters.get("Input")) {
        Ok(input) => input,
        Err(error) => return refused(&error),
    };
    let waits = matches!(pattern, Pattern::Sync | Pattern::Sync2);
    let start = NestedStart {
        machine_arn: Str::from(text(parameters, "StateMachineArn").unwrap_or_default()),
        name: match text(parameters, "Name") {
            Some(name) => NestedName::Given(name.into()),
            None => NestedName::Drawn(drawn_name(&call)),
        },
        input,
        parent: waits.then_some(ParentTask {
            execution: call.execution,
            task: call.order.task,
        }),
        trace_header: text(parameters, "TraceHeader").map(Str::from),
        account: call.account.clone(),
        region: call.region.clone(),
    };
    match executions.start(start).await {
        Ok(started) if pattern == Pattern::RequestResponse => Answer::Succeeded(result(&started)),
        Ok(started) => Answer::Submitted(result(&started)),
        Err(error) => refused(&error),
    }
}

/// A UUID that is always the same for one attempt of a task. Its nonce makes it so, which a hash keeps secret:
/// the task's token is made of it.
fn drawn_name(call: &Call) -> Str {
    let Call { order, execution, .. } = call;
    let mut hash = Sha256::new();
    hash.update(b"the name of a nested execution");
    for number in [
        *execution,
        u64::from(order.task.branch.0),
        order.task.event,
        order.nonce,
    ] {
        hash.update(number.to_be_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
        .into()
}

/// The input of the execution: text is JSON text, anything else is the value itself.
fn input(given: Option<&Value>) -> Result<Payload, NestedError> {
    let text = match given {
        None | Some(Value::Null) => return Ok(Payload::from(Value::empty_object())),
        Some(value) => match value.as_str() {
            Some(text) => text,
            None => return Ok(Payload::from(value.clone())),
        },
    };
    Payload::parse(text).map_err(|error| NestedError {
        code: "InvalidExecutionInput".into(),
        message: format!("Invalid State Machine Execution Input: '{error}'").into(),
    })
}

/// What `StartExecution` answered, as the result of a task.
fn result(started: &NestedStarted) -> Payload {
    let request_id = metadata::request_id();
    let seconds = started.started.0 as f64 / 1000.0;
    let length = format!(r#"{{"executionArn":"{}","startDate":{seconds}}}"#, started.arn).len();
    let headers = [
        ("x-amzn-RequestId", Value::from(&*request_id)),
        ("connection", Value::from("keep-alive")),
        ("Content-Length", Value::from(length.to_string())),
        ("Date", Value::from(metadata::date())),
        ("Content-Type", Value::from("application/x-amz-json-1.0")),
    ];
    Payload::from(Value::object([
        ("ExecutionArn", Value::from(started.arn.clone())),
        ("SdkHttpMetadata", metadata::http(&headers, &HEADER_ORDER, 200)),
        ("SdkResponseMetadata", metadata::response(&request_id)),
        ("StartDate", date(started.started)),
    ]))
}

fn refused(error: &NestedError) -> Answer {
    let cause = metadata::cause("AWSStepFunctions", 400, &error.code, &error.message, None);
    Answer::failed(
        format!("StepFunctions.{}", metadata::exception(&error.code)),
        cause,
    )
}

/// What a finished child means to the task that waits for it: `parsed` has its input and output as JSON
/// instead of text.
pub(crate) fn nested_end(child: &Described, parsed: bool, limits: &Limits) -> Result<Payload, Ending> {
    let described = Payload::from(described(child, parsed, limits));
    if child.output().is_some() {
        Ok(described)
    } else {
        Err(ending("States.TaskFailed", described.text().clone()))
    }
}

/// The described execution, its members in AWS's order.
fn described(child: &Described, parsed: bool, limits: &Limits) -> Value {
    let data = |payload: &Payload| match parsed {
        true => payload.value().clone(),
        false => Value::from(payload.text().clone()),
    };
    let included = || Value::object([("Included", Value::from(true))]);
    let mut members = Object::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            members.insert(name, value);
        }
    };
    let shared = |text: &Option<Str>| text.clone().map(Value::from);
    let ending = child.ending();
    put("Cause", ending.and_then(|ending| shared(&ending.cause)));
    put("Error", ending.and_then(|ending| shared(&ending.error)));
    put("ExecutionArn", Some(Value::from(child.arn.clone())));
    put("Input", Some(data(&child.input)));
    put("InputDetails", Some(included()));
    put("MapRunArn", shared(&child.map_run_arn));
    put("Name", Some(Value::from(child.name.clone())));
    put("Output", child.output().map(data));
    put("OutputDetails", child.output().map(|_| included()));
    let refusal = child.redrive_refusal(child.stopped.unwrap_or(child.started), limits);
    let redrivable = if refusal.is_some() {
        "NOT_REDRIVABLE"
    } else {
        "REDRIVABLE"
    };
    let redrives = child.redriven.map_or(0, |redriven| redriven.count);
    put("RedriveCount", Some(Value::from(redrives)));
    put("RedriveDate", child.redriven.map(|redriven| date(redriven.at)));
    put("RedriveStatus", Some(Value::from(redrivable)));
    put(
        "RedriveStatusReason",
        refusal.map(|reason| Value::from(reason.to_string())),
    );
    put("StartDate", Some(date(child.started)));
    put("StateMachineAliasArn", shared(&child.alias_arn));
    put("StateMachineArn", Some(Value::from(child.machine_arn.clone())));
    put("StateMachineVersionArn", shared(&child.version_arn));
    put("Status", Some(Value::from(child.status())));
    put("StopDate", child.stopped.map(date));
    put("TraceHeader", shared(&child.trace_header));
    Value::from(members)
}

/// A date in the results of this service: milliseconds since 1970.
fn date(moment: Millis) -> Value {
    Value::from(moment.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use engine::Outcome;

    use super::*;
    use crate::call::BoxFuture;
    use crate::call::tests::call;

    const ARN: &str = "arn:aws:states:us-east-1:000000000000:execution:child:one";

    /// Keeps what was started; refuses every name but `one`.
    #[derive(Default)]
    struct Starts(Mutex<Vec<NestedStart>>);

    impl Executions for Starts {
        fn start(&self, start: NestedStart) -> BoxFuture<'_, Result<NestedStarted, NestedError>> {
            let known = start.name == NestedName::Given("one".into());
            self.0.lock().unwrap().push(start);
            Box::pin(std::future::ready(if known {
                Ok(NestedStarted {
                    arn: ARN.into(),
                    started: Millis(1_700_000_000_123),
                })
            } else {
                Err(NestedError {
                    code: "StateMachineDoesNotExist".into(),
                    message: "State Machine Does Not Exist: 'x'".into(),
                })
            }))
        }

        fn described(&self, _: &str) -> BoxFuture<'_, Option<Described>> {
            Box::pin(std::future::ready(None))
        }

        fn stop(&self, _: &str, _: Ending) -> BoxFuture<'_, ()> {
            Box::pin(std::future::ready(()))
        }
    }

    async fn start(pattern: Pattern, parameters: Value) -> (Answer, NestedStart) {
        let starts = Arc::new(Starts::default());
        let call = call("arn:aws:states:::states:startExecution", parameters);
        let answer = start_execution(Some(starts.clone()), call, pattern).await;
        let start = starts.0.lock().unwrap().pop().unwrap();
        (answer, start)
    }

    #[tokio::test]
    async fn only_tasks_that_wait_are_parents() {
        let parameters = json::json!({"StateMachineArn": "m", "Name": "one", "Input": {"a": 1}});
        for pattern in [
            Pattern::RequestResponse,
            Pattern::Sync,
            Pattern::Sync2,
            Pattern::WaitForTaskToken,
        ] {
            let (answer, start) = start(pattern, parameters.clone()).await;
            assert_eq!(
                start.parent.is_some(),
                matches!(pattern, Pattern::Sync | Pattern::Sync2)
            );
            assert_eq!(
                matches!(answer, Answer::Succeeded(_)),
                pattern == Pattern::RequestResponse
            );
            assert_eq!(&**start.input.text(), r#"{"a":1}"#);
        }
    }

    #[tokio::test]
    async fn input_may_be_text_or_nothing() {
        let text = json::json!({"StateMachineArn": "m", "Name": "one", "Input": "[1, 2]"});
        assert_eq!(&**start(Pattern::Sync, text).await.1.input.text(), "[1, 2]");
        let null = json::json!({"StateMachineArn": "m", "Name": "one", "Input": null});
        assert_eq!(&**start(Pattern::Sync, null).await.1.input.text(), "{}");
    }

    #[tokio::test]
    async fn one_attempt_draws_the_same_name_again() {
        let name = async |nonce| {
            let starts = Arc::new(Starts::default());
            let mut call = call(
                "arn:aws:states:::states:startExecution",
                json::json!({"StateMachineArn": "m"}),
            );
            call.order.nonce = nonce;
            start_execution(Some(starts.clone()), call, Pattern::RequestResponse).await;
            let start = starts.0.lock().unwrap().pop().unwrap();
            let NestedName::Drawn(name) = start.name else {
                panic!("{:?}", start.name)
            };
            name
        };
        assert_eq!(name(1).await, name(1).await);
        assert_ne!(name(1).await, name(2).await);
        assert_eq!(name(1).await.len(), 36);
    }

    #[tokio::test]
    async fn refused_start_names_the_error_of_the_service() {
        let (answer, _) = start(Pattern::Sync, json::json!({"StateMachineArn": "x"})).await;
        let Answer::Failed(ending) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(
            ending.error.as_deref(),
            Some("StepFunctions.StateMachineDoesNotExistException")
        );
        assert!(ending.cause.unwrap().starts_with(
            "State Machine Does Not Exist: 'x' (Service: AWSStepFunctions; Status Code: 400; \
             Error Code: StateMachineDoesNotExist; Request ID: "
        ));
    }

    fn child(outcome: Outcome) -> Described {
        Described {
            arn: ARN.into(),
            name: "one".into(),
            machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:child".into(),
            version_arn: None,
            alias_arn: None,
            map_run_arn: None,
            trace_header: None,
            started: Millis(1),
            stopped: Some(Millis(2)),
            input: Payload::parse("{}").unwrap(),
            outcome: Some(outcome),
            redriven: None,
            events: 4,
        }
    }

    #[test]
    fn success_is_the_described_execution() {
        let child = child(Outcome::Succeeded(Payload::parse("[1]").unwrap()));
        assert_eq!(
            &**nested_end(&child, false, &Limits::AWS).unwrap().text(),
            r#"{"ExecutionArn":"arn:aws:states:us-east-1:000000000000:execution:child:one","Input":"{}","InputDetails":{"Included":true},"Name":"one","Output":"[1]","OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":1,"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:child","Status":"SUCCEEDED","StopDate":2}"#
        );
        let parsed = nested_end(&child, true, &Limits::AWS).unwrap();
        assert_eq!(parsed.value().get("Output"), Some(&json::json!([1])));
    }

    #[test]
    fn failure_has_the_described_execution_as_its_cause() {
        let child = child(Outcome::Failed(ending("Boom", "why")));
        let ending = nested_end(&child, false, &Limits::AWS).unwrap_err();
        assert_eq!(ending.error.as_deref(), Some("States.TaskFailed"));
        let cause = json::parse(&ending.cause.unwrap()).unwrap();
        assert_eq!(cause.get("Error"), Some(&Value::from("Boom")));
        assert_eq!(cause.get("Output"), None);
        assert_eq!(cause.get("Status"), Some(&Value::from("FAILED")));
    }
}

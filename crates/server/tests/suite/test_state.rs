//! TestState as clients see it, word for word.

use json::{Value, json};

use crate::support::Client;

const ROLE: &str = "arn:aws:iam::000000000000:role/r";
const INVOKE: &str = "arn:aws:states:::lambda:invoke";

/// A request for the test of a state, or with a `stateName` of one in a machine.
fn test(definition: &Value, rest: &Value) -> String {
    let mut request = rest.as_object().cloned().unwrap_or_default();
    request.insert("definition", definition.to_string());
    Value::from(request).to_string()
}

fn task(resource: &str) -> Value {
    json!({"Type": "Task", "Resource": resource, "Parameters": {"FunctionName": "f"}, "End": true})
}

fn parallel() -> Value {
    let branch = |name: &str| json!({"StartAt": name, "States": {name: {"Type": "Pass", "End": true}}});
    json!({"Type": "Parallel", "Branches": [branch("L"), branch("R")], "Next": "Both"})
}

fn map() -> Value {
    json!({"Type": "Map", "ItemProcessor": {"StartAt": "Each", "States": {"Each": {"Type": "Pass", "End": true}}},
        "End": true})
}

fn distributed(fields: &Value) -> Value {
    let mut state = map().as_object().cloned().unwrap_or_default();
    state.insert(
        "ItemProcessor",
        json!({"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Each",
            "States": {"Each": {"Type": "Pass", "End": true}}}),
    );
    for (name, value) in fields.as_object().expect("an object").iter() {
        state.insert(name.clone(), value.clone());
    }
    state.into()
}

#[tokio::test]
async fn a_state_is_tested_by_itself() {
    let client = Client::new().await;
    let pass = json!({"Type": "Pass", "InputPath": "$.a", "ResultPath": "$.b", "Next": "B"});
    let choice = json!({"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": true, "Next": "Yes"}], "Default": "No"});
    for (definition, rest, expected) in [
        (
            &pass,
            json!({"input": "{\"a\": [1, 2]}"}),
            r#"{"output":"{\"a\": [1, 2], \"b\": [1, 2]}","nextState":"B","status":"SUCCEEDED"}"#,
        ),
        (
            &pass,
            json!({"input": "{\"a\": [1, 2]}", "inspectionLevel": "DEBUG"}),
            r#"{"output":"{\"a\": [1, 2], \"b\": [1, 2]}","inspectionData":{"input":"{\"a\": [1, 2]}","afterInputPath":"[1, 2]","afterParameters":"[1, 2]","afterResultSelector":"[1, 2]","afterResultPath":"{\"a\": [1, 2], \"b\": [1, 2]}"},"nextState":"B","status":"SUCCEEDED"}"#,
        ),
        (
            &pass,
            json!({"inspectionLevel": "TRACE"}),
            r#"{"error":"States.Runtime","cause":"Invalid path '$.a' : No results for path: $['a']","inspectionData":{"input":"{}"},"status":"FAILED"}"#,
        ),
        (
            &choice,
            json!({"input": "{\"a\":null}"}),
            r#"{"output":"{\"a\": null}","nextState":"Yes","status":"SUCCEEDED"}"#,
        ),
        (
            &choice,
            json!({"inspectionLevel": "DEBUG"}),
            r#"{"output":"{}","inspectionData":{"input":"{}","afterInputPath":"{}"},"nextState":"No","status":"SUCCEEDED"}"#,
        ),
        (
            &json!({"Type": "Wait", "Seconds": 86400, "Next": "StateName"}),
            json!({"input": "\"x\""}),
            r#"{"output":"\"x\"","nextState":"StateName","status":"SUCCEEDED"}"#,
        ),
        (
            &json!({"Type": "Fail", "Error": "E"}),
            json!({}),
            r#"{"error":"E","status":"FAILED"}"#,
        ),
        (
            &json!({"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"n": "{% $n + 1 %}"},
                "Output": "{% $states.context.State.Name %}", "End": true}),
            json!({"variables": "{\"n\": 1}", "inspectionLevel": "DEBUG"}),
            r#"{"output":"\"StateName\"","inspectionData":{"input":"{}","variables":"{\"n\": 2}"},"status":"SUCCEEDED"}"#,
        ),
    ] {
        assert_eq!(
            client.done("TestState", &test(definition, &rest)).await,
            expected,
            "{rest}"
        );
    }
}

#[tokio::test]
async fn a_state_of_a_machine_is_tested_by_its_name() {
    let client = Client::new().await;
    let machine = json!({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Next": "M"},
        "M": {"Type": "Map", "ItemProcessor": {"StartAt": "X", "States": {
            "X": {"Type": "Pass", "Parameters": {"i.$": "$$.Map.Item.Index", "name.$": "$$.State.Name"}, "Next": "Y"},
            "Y": {"Type": "Succeed"}}}, "End": true}
    }});
    for (name, expected) in [
        ("A", r#"{"output":"{}","nextState":"M","status":"SUCCEEDED"}"#),
        (
            "X",
            r#"{"output":"{\"i\": 0, \"name\": \"StateName\"}","nextState":"Y","status":"SUCCEEDED"}"#,
        ),
        ("Y", r#"{"output":"{}","status":"SUCCEEDED"}"#),
    ] {
        let request = test(&machine, &json!({"stateName": name}));
        assert_eq!(client.done("TestState", &request).await, expected, "{name}");
    }
    let again = json!({"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": true,
        "Next": "B"}], "Default": "A"}, "B": {"Type": "Succeed"}}});
    let request = test(&again, &json!({"stateName": "A"}));
    assert_eq!(
        client.done("TestState", &request).await,
        r#"{"output":"{}","nextState":"A","status":"SUCCEEDED"}"#
    );
}

#[tokio::test]
async fn mocks_stand_for_the_work() {
    let client = Client::new().await;
    let caught = json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Next": "Done",
        "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}, "OutputPath": "$.a",
        "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 2, "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "Caught"}]});
    let activity = json!({"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:none", "End": true});
    let failing = |more: Value| {
        let mut rest =
            json!({"mock": {"errorOutput": {"error": "E", "cause": "why"}}, "inspectionLevel": "DEBUG",
            "context": "{\"Task\": {\"Token\": \"t\"}}"})
            .as_object()
            .cloned()
            .unwrap_or_default();
        rest.insert("stateConfiguration", more);
        Value::from(rest)
    };
    for (definition, rest, expected) in [
        (
            &caught,
            json!({"mock": {"result": "{\"a\": 1}"}}),
            r#"{"output":"1","nextState":"Done","status":"SUCCEEDED"}"#,
        ),
        (
            &caught,
            failing(json!({})),
            r#"{"error":"E","cause":"why","inspectionData":{"input":"{}","afterInputPath":"{}","afterParameters":"{\"QueueUrl\": \"q\", \"MessageBody\": {\"token\": \"t\"}}","errorDetails":{"retryIndex":0,"retryBackoffIntervalSeconds":2}},"status":"RETRIABLE"}"#,
        ),
        (
            &caught,
            failing(json!({"retrierRetryCount": 1})),
            r#"{"output":"{\"e\": {\"Error\": \"E\", \"Cause\": \"why\"}}","error":"E","cause":"why","inspectionData":{"input":"{}","afterInputPath":"{}","afterParameters":"{\"QueueUrl\": \"q\", \"MessageBody\": {\"token\": \"t\"}}","errorDetails":{"catchIndex":0,"retryIndex":0}},"nextState":"Caught","status":"CAUGHT_ERROR"}"#,
        ),
        (
            &activity,
            json!({"mock": {"result": "[\"done\"]"}, "input": "7", "inspectionLevel": "DEBUG"}),
            r#"{"output":"[\"done\"]","inspectionData":{"input":"7","afterInputPath":"7","afterParameters":"7","result":"[\"done\"]","afterResultSelector":"[\"done\"]","afterResultPath":"[\"done\"]"},"status":"SUCCEEDED"}"#,
        ),
        (
            &parallel(),
            json!({"mock": {"result": "[1, 2]"}}),
            r#"{"output":"[1, 2]","nextState":"Both","status":"SUCCEEDED"}"#,
        ),
        (
            &parallel(),
            json!({"mock": {"errorOutput": {"error": "E"}}, "stateConfiguration": {"errorCausedByState": "R"}}),
            r#"{"error":"E","status":"FAILED"}"#,
        ),
        (
            &map(),
            json!({"mock": {"result": "[1, 2]"}, "input": "[\"a\", \"b\"]", "inspectionLevel": "DEBUG"}),
            r#"{"output":"[1, 2]","inspectionData":{"input":"[\"a\", \"b\"]","afterInputPath":"[\"a\", \"b\"]","afterResultSelector":"[1, 2]","afterResultPath":"[1, 2]","afterItemsPath":"[\"a\", \"b\"]","maxConcurrency":0},"status":"SUCCEEDED"}"#,
        ),
        (
            &distributed(&json!({
                "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"},
                    "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/rows"}},
                "ItemSelector": {"row.$": "$$.Map.Item.Value"}, "ItemBatcher": {"MaxItemsPerBatch": 2},
                "ToleratedFailureCountPath": "$.most", "ToleratedFailurePercentage": 10.5, "MaxConcurrency": 4,
                "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}
            })),
            json!({"mock": {"result": "{\"MapRunArn\": \"m\"}"}, "input": "{\"most\": 3}", "inspectionLevel": "DEBUG",
                "stateConfiguration": {"mapItemReaderData": "{\"rows\": [1]}"}}),
            r#"{"output":"{\"MapRunArn\": \"m\"}","inspectionData":{"input":"{\"most\": 3}","afterInputPath":"{\"most\": 3}","afterResultSelector":"{\"MapRunArn\": \"m\"}","afterResultPath":"{\"MapRunArn\": \"m\"}","afterItemSelector":"[{\"row\": 1}]","afterItemBatcher":"[{\"Items\": [{\"row\": 1}]}]","afterItemsPointer":"[1]","toleratedFailureCount":3,"toleratedFailurePercentage":10.5,"maxConcurrency":4},"status":"SUCCEEDED"}"#,
        ),
        (
            &distributed(&json!({"ToleratedFailureCount": 1, "Retry": [{"ErrorEquals": ["States.ALL"]}]})),
            json!({"mock": {"result": "[1, 2, 3]"}, "input": "[1, 2, 3]", "stateConfiguration": {"mapIterationFailureCount": 2}}),
            r#"{"error":"States.ExceedToleratedFailureThreshold","cause":"The specified tolerated failure threshold was exceeded","status":"RETRIABLE"}"#,
        ),
    ] {
        assert_eq!(
            client.done("TestState", &test(definition, &rest)).await,
            expected,
            "{rest}"
        );
    }
}

#[tokio::test]
async fn a_task_without_a_mock_is_done() {
    let client = Client::new().await;
    let machine = client
        .create(
            "m",
            "STANDARD",
            r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#,
        )
        .await;
    let start = json!({"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "QueryLanguage": "JSONata",
        "Arguments": {"StateMachineArn": machine, "Input": {"a": 1}}, "End": true,
        "Output": "{% $contains($states.result.ExecutionArn, ':execution:m:') %}"});
    assert_eq!(
        client
            .done("TestState", &test(&start, &json!({"roleArn": ROLE})))
            .await,
        r#"{"output":"true","status":"SUCCEEDED"}"#
    );
    let listed = client
        .done("ListExecutions", &json!({"stateMachineArn": machine}).to_string())
        .await;
    assert!(listed.contains(":execution:m:"), "{listed}");

    let answer = client
        .done("TestState", &test(&task(INVOKE), &json!({"roleArn": ROLE})))
        .await;
    assert!(
        answer.contains("Lambda.ResourceNotFoundException") && answer.ends_with(r#""status":"FAILED"}"#),
        "{answer}"
    );
}

#[tokio::test]
async fn tests_are_refused_for_what_is_wrong_with_them() {
    let client = Client::new().await;
    let pass = json!({"Type": "Pass", "End": true});
    let mock = json!({"result": "{}"});
    let no_forks = "InvalidDefinition: TestState API does not support Map or Parallel states. Supported state types \
                    include: [Task, Wait, Pass, Succeed, Fail, Choice]";
    let one_mock = "ValidationException: A test mock should have only one of the following fields: [result, errorOutput].";
    let reader = json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}}});
    for (definition, rest, refusal) in [
        (
            json!({"Type": "Pass"}),
            json!({}),
            "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: One of these fields is \
             required: [Next, End] at /States/StateName'",
        ),
        (
            json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}),
            json!({"stateName": "A"}),
            "InvalidDefinition: Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B \
             at /States/A/Next, MISSING_END_STATE: Workflow has no terminal state at null'",
        ),
        (
            json!({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
            json!({"stateName": "B"}),
            "ValidationException: State not found in definition",
        ),
        (
            pass.clone(),
            json!({"roleArn": "r"}),
            "InvalidArn: Invalid Role Arn: 'r'",
        ),
        (
            pass.clone(),
            json!({"input": "{"}),
            "InvalidExecutionInput: Invalid State Machine Execution Input: 'Unexpected end-of-input: expected close \
             marker for Object'",
        ),
        (
            pass.clone(),
            json!({"variables": "[]"}),
            "ValidationException: Invalid variables provided: Variables must be a JSON object",
        ),
        (
            pass.clone(),
            json!({"mock": mock.clone()}),
            "ValidationException: State type 'Pass' is not supported when a mock is specified",
        ),
        (
            pass.clone(),
            json!({"context": "{}"}),
            "ValidationException: TestState does not support Context when a mock is not specified.",
        ),
        (
            map(),
            json!({"stateConfiguration": {"mapIterationFailureCount": 1}}),
            "ValidationException: TestState does not support MapIterationFailureCount when a mock is not specified.",
        ),
        (parallel(), json!({"roleArn": ROLE}), no_forks),
        (map(), json!({}), no_forks),
        (
            task(INVOKE),
            json!({}),
            "ValidationException: RoleArn must be specified when testing a Task state",
        ),
        (
            task("arn:aws:states:us-east-1:000000000000:activity:a"),
            json!({"roleArn": ROLE}),
            "InvalidDefinition: TestState API does not support Activity tasks when a mock is not specified",
        ),
        (
            task("arn:aws:states:::states:startExecution.sync:2"),
            json!({"roleArn": ROLE}),
            "InvalidDefinition: TestState API does not support '.sync' service integrations when a mock is not \
             specified",
        ),
        (
            task("arn:aws:states:::lambda:invoke.waitForTaskToken"),
            json!({"roleArn": ROLE}),
            "InvalidDefinition: TestState API does not support '.waitForTaskToken' service integrations when a mock is \
             not specified",
        ),
        (task(INVOKE), json!({"mock": {}}), one_mock),
        (
            task(INVOKE),
            json!({"mock": {"result": "1", "errorOutput": {"error": "E"}}}),
            one_mock,
        ),
        (
            task(INVOKE),
            json!({"mock": mock.clone(), "revealSecrets": true}),
            "ValidationException: TestState does not support RevealSecrets when a mock is specified.",
        ),
        (
            task(INVOKE),
            json!({"mock": {"result": "{\"StatusCode\": \"200\"}"}}),
            "ValidationException: Mock result schema validation error: Field 'StatusCode' must be a number",
        ),
        (
            task("arn:aws:states:::states:startExecution"),
            json!({"mock": mock.clone()}),
            "ValidationException: Mock result schema validation error: Required field 'ExecutionArn' is missing",
        ),
        (
            task(INVOKE),
            json!({"mock": mock.clone(), "context": "{\"Task\": {}}"}),
            "ValidationException: Invalid Context object provided: Context object contains 'Task' when state is not a \
             Task state with a '.sync' or '.waitForTaskToken' service integration pattern",
        ),
        (
            map(),
            json!({"mock": mock.clone()}),
            "ValidationException: Mocked result must be an array.",
        ),
        (
            parallel(),
            json!({"mock": {"result": "[1]"}}),
            "ValidationException: Mocked result must contain the same number of items as number of Parallel branches.",
        ),
        (
            parallel(),
            json!({"mock": {"errorOutput": {}}, "stateConfiguration": {"errorCausedByState": "Other"}}),
            "ValidationException: State not found in definition",
        ),
        (
            distributed(&reader),
            json!({"mock": {"result": "[]"}, "stateConfiguration": {"mapItemReaderData": "1"}}),
            "ValidationException: Invalid MapItemReaderData provided: Attempting to map over non-iterable node.",
        ),
    ] {
        assert_eq!(
            client.refused("TestState", &test(&definition, &rest)).await,
            refusal,
            "{rest}"
        );
    }
    // What is tested need not run.
    assert_eq!(
        client
            .done(
                "TestState",
                &test(
                    &task("arn:aws:states:::states:startExecution"),
                    &json!({"mock": {"result": "{}", "fieldValidationMode": "PRESENT"}})
                )
            )
            .await,
        r#"{"output":"{}","status":"SUCCEEDED"}"#
    );
}

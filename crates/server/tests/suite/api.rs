//! The operations as clients see them, word for word.

use crate::support::Client;

const PASS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"x":1},"End":true}}}"#;
const WAIT: &str = r#"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}"#;
const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
const EXECUTION: &str = "arn:aws:states:us-east-1:000000000000:execution:m";

fn of_machine(arn: &str) -> String {
    json::json!({ "stateMachineArn": arn }).to_string()
}

fn of_execution(arn: &str) -> String {
    json::json!({ "executionArn": arn }).to_string()
}

#[tokio::test]
async fn a_state_machine_is_created_changed_and_deleted() {
    let client = Client::new().await;
    let create = r#"{"name":"m","definition":"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Result\":{\"x\":1},\"End\":true}}}","roleArn":"arn:aws:iam::000000000000:role/r"}"#;
    let created = format!(r#"{{"stateMachineArn":"{MACHINE}","creationDate":<time>}}"#);
    assert_eq!(client.done("CreateStateMachine", create).await, created);
    assert_eq!(client.done("CreateStateMachine", create).await, created);
    let described = |revision: &str, role: &str| {
        format!(
            r#"{{"stateMachineArn":"{MACHINE}","name":"m","status":"ACTIVE","definition":"{{\"StartAt\":\"A\",\"States\":{{\"A\":{{\"Type\":\"Pass\",\"Result\":{{\"x\":1}},\"End\":true}}}}}}","roleArn":"arn:aws:iam::000000000000:role/{role}","type":"STANDARD","creationDate":<time>,"loggingConfiguration":{{"level":"OFF","includeExecutionData":false}},"tracingConfiguration":{{"enabled":false}}{revision}}}"#
        )
    };
    assert_eq!(
        client.done("DescribeStateMachine", &of_machine(MACHINE)).await,
        described("", "r")
    );

    let update = format!(r#"{{"stateMachineArn":"{MACHINE}","roleArn":"arn:aws:iam::000000000000:role/s"}}"#);
    let revision = client.member("UpdateStateMachine", &update, "revisionId").await;
    assert_eq!(
        client.member("UpdateStateMachine", &update, "revisionId").await,
        revision
    );
    assert_eq!(
        client.done("UpdateStateMachine", &update).await,
        r#"{"updateDate":<time>,"revisionId":"<uuid>"}"#
    );
    assert_eq!(
        client.done("DescribeStateMachine", &of_machine(MACHINE)).await,
        described(r#","revisionId":"<uuid>""#, "s")
    );

    assert_eq!(
        client.done("ListStateMachines", "{}").await,
        format!(
            r#"{{"stateMachines":[{{"stateMachineArn":"{MACHINE}","name":"m","type":"STANDARD","creationDate":<time>}}]}}"#
        )
    );
    assert_eq!(
        client
            .of_account("111122223333")
            .done("ListStateMachines", "{}")
            .await,
        r#"{"stateMachines":[]}"#
    );
    assert_eq!(
        client.done("DeleteStateMachine", &of_machine(MACHINE)).await,
        "{}"
    );
    assert_eq!(
        client.done("DeleteStateMachine", &of_machine(MACHINE)).await,
        "{}"
    );
    assert_eq!(
        client.refused("DescribeStateMachine", &of_machine(MACHINE)).await,
        format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{MACHINE}'")
    );
}

#[tokio::test]
async fn state_machines_are_refused_for_what_is_wrong_with_them() {
    let client = Client::new().await;
    client.create("m", "STANDARD", PASS).await;
    let role = "arn:aws:iam::000000000000:role/r";
    for (body, refusal) in [
        (
            json::json!({"name": "m", "definition": WAIT, "roleArn": role}),
            format!("StateMachineAlreadyExists: State Machine Already Exists: '{MACHINE}'"),
        ),
        (
            json::json!({"name": "m", "definition": PASS, "roleArn": role, "type": "EXPRESS"}),
            format!("StateMachineAlreadyExists: State Machine Already Exists: '{MACHINE}'"),
        ),
        (
            json::json!({"name": "a b", "definition": PASS, "roleArn": role}),
            "InvalidName: Invalid Name: 'a b'".to_owned(),
        ),
        (
            json::json!({"name": "n", "definition": PASS, "roleArn": "role"}),
            "InvalidArn: Invalid Role Arn: 'role'".to_owned(),
        ),
        (
            json::json!({"name": "n", "definition": PASS, "roleArn": role, "versionDescription": "v"}),
            "ValidationException: Version description can only be set when publish is true".to_owned(),
        ),
        (
            json::json!({"name": "n", "definition": PASS, "roleArn": role, "loggingConfiguration": {"level": "ALL"}}),
            "InvalidLoggingConfiguration: Invalid Logging Configuration: Must specify exactly one Log Destination."
                .to_owned(),
        ),
        (
            json::json!({"name": "n", "definition": "{\"StartAt\": \"A\"}", "roleArn": role}),
            "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are \
             required: [States] at /'"
                .to_owned(),
        ),
    ] {
        assert_eq!(client.refused("CreateStateMachine", &body.to_string()).await, refusal);
    }
    assert_eq!(
        client.refused("UpdateStateMachine", &of_machine(MACHINE)).await,
        "MissingRequiredParameter: Either the definition, the role ARN, the LoggingConfiguration, or the \
         TracingConfiguration must be specified"
    );
    assert_eq!(
        client
            .refused("DescribeStateMachine", &of_machine("nothing"))
            .await,
        "InvalidArn: Invalid Arn: 'Invalid ARN prefix: nothing'"
    );
}

#[tokio::test]
async fn a_wrong_label_is_refused_with_the_definition() {
    let client = Client::new().await;
    let definition = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "Label": "a\tb", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}}"#;
    let body =
        json::json!({"name": "m", "definition": definition, "roleArn": "arn:aws:iam::000000000000:role/r"});
    assert_eq!(
        client.refused("CreateStateMachine", &body.to_string()).await,
        format!(
            "InvalidDefinition: Error=ValueError Args=[\"Label contains invalid character: '\\\\t'\"] in definition \
             '{definition}'."
        )
    );
}

#[tokio::test]
async fn definitions_are_validated() {
    let client = Client::new().await;
    let body = json::json!({ "definition": PASS }).to_string();
    assert_eq!(
        client.done("ValidateStateMachineDefinition", &body).await,
        r#"{"result":"OK","diagnostics":[],"truncated":false}"#
    );
    let body =
        json::json!({ "definition": "{\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}" }).to_string();
    assert_eq!(
        client.done("ValidateStateMachineDefinition", &body).await,
        r#"{"result":"FAIL","diagnostics":[{"severity":"ERROR","code":"SCHEMA_VALIDATION_FAILED","message":"These fields are required: [StartAt]","location":"/"}],"truncated":false}"#
    );
}

#[tokio::test]
async fn an_execution_is_started_described_and_listed() {
    let client = Client::new().await;
    client.create("m", "STANDARD", PASS).await;
    let start = format!(r#"{{"stateMachineArn":"{MACHINE}","name":"e","input":"{{ \"a\": 1 }}"}}"#);
    assert_eq!(
        client.done("StartExecution", &start).await,
        format!(r#"{{"executionArn":"{EXECUTION}:e","startDate":<time>}}"#)
    );
    let arn = format!("{EXECUTION}:e");
    assert_eq!(client.ended(&arn).await, "SUCCEEDED");
    assert_eq!(
        client.done("DescribeExecution", &of_execution(&arn)).await,
        format!(
            r#"{{"executionArn":"{arn}","stateMachineArn":"{MACHINE}","name":"e","status":"SUCCEEDED","startDate":<time>,"stopDate":<time>,"input":"{{ \"a\": 1 }}","inputDetails":{{"included":true}},"output":"{{\"x\":1}}","outputDetails":{{"included":true}},"redriveCount":0,"redriveStatus":"NOT_REDRIVABLE","redriveStatusReason":"Execution is SUCCEEDED and cannot be redriven"}}"#
        )
    );
    assert_eq!(
        client.done("GetExecutionHistory", &of_execution(&arn)).await,
        r#"{"events":[{"timestamp":<time>,"type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"input":"{ \"a\": 1 }","inputDetails":{"truncated":false},"roleArn":"arn:aws:iam::000000000000:role/r"}},{"timestamp":<time>,"type":"PassStateEntered","id":2,"previousEventId":0,"stateEnteredEventDetails":{"name":"A","input":"{ \"a\": 1 }","inputDetails":{"truncated":false}}},{"timestamp":<time>,"type":"PassStateExited","id":3,"previousEventId":2,"stateExitedEventDetails":{"name":"A","output":"{\"x\":1}","outputDetails":{"truncated":false}}},{"timestamp":<time>,"type":"ExecutionSucceeded","id":4,"previousEventId":3,"executionSucceededEventDetails":{"output":"{\"x\":1}","outputDetails":{"truncated":false}}}]}"#
    );
    assert_eq!(
        client.done("ListExecutions", &of_machine(MACHINE)).await,
        format!(
            r#"{{"executions":[{{"executionArn":"{arn}","stateMachineArn":"{MACHINE}","name":"e","status":"SUCCEEDED","startDate":<time>,"stopDate":<time>,"redriveCount":0}}]}}"#
        )
    );
    assert_eq!(
        client.refused("StartExecution", &start).await,
        format!("ExecutionAlreadyExists: Execution Already Exists: '{arn}'")
    );
    assert_eq!(
        client
            .done("DescribeStateMachineForExecution", &of_execution(&arn))
            .await,
        format!(
            r#"{{"stateMachineArn":"{MACHINE}","name":"m","definition":{},"roleArn":"arn:aws:iam::000000000000:role/r","updateDate":<time>,"loggingConfiguration":{{"level":"OFF","includeExecutionData":false}},"tracingConfiguration":{{"enabled":false}}}}"#,
            json::Value::from(PASS)
        )
    );
}

#[tokio::test]
async fn a_name_that_runs_is_answered_again_and_can_be_stopped() {
    let client = Client::new().await;
    client.create("m", "STANDARD", WAIT).await;
    let start = format!(r#"{{"stateMachineArn":"{MACHINE}","name":"e"}}"#);
    let first = client.ask("StartExecution", &start).await;
    assert_eq!(client.ask("StartExecution", &start).await, first);
    let other = format!(r#"{{"stateMachineArn":"{MACHINE}","name":"e","input":"1"}}"#);
    let arn = format!("{EXECUTION}:e");
    assert_eq!(
        client.refused("StartExecution", &other).await,
        format!("ExecutionAlreadyExists: Execution Already Exists: '{arn}'")
    );
    let running = client.done("DescribeExecution", &of_execution(&arn)).await;
    assert!(running.contains(r#""status":"RUNNING""#), "{running}");
    assert!(
        running.ends_with(r#""redriveStatusReason":"Execution is RUNNING and cannot be redriven"}"#),
        "{running}"
    );

    let stop = format!(r#"{{"executionArn":"{arn}","error":"E","cause":"C"}}"#);
    let stopped = client.ask("StopExecution", &stop).await;
    assert_eq!(stopped.0, 200);
    assert_eq!(client.ask("StopExecution", &stop).await, stopped);
    let described = client.done("DescribeExecution", &of_execution(&arn)).await;
    assert!(
        described.ends_with(r#""error":"E","cause":"C","redriveCount":0,"redriveStatus":"REDRIVABLE"}"#),
        "{described}"
    );
}

#[tokio::test]
async fn starts_are_refused_for_what_is_wrong_with_them() {
    let client = Client::new().await;
    client.create("m", "STANDARD", PASS).await;
    for (body, refusal) in [
        (
            format!(r#"{{"stateMachineArn":"{MACHINE}","input":"not some json"}}"#),
            "InvalidExecutionInput: Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting \
             (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'"
                .to_owned(),
        ),
        (
            format!(r#"{{"stateMachineArn":"{MACHINE}","input":""}}"#),
            "InvalidExecutionInput: Invalid State Machine Execution Input: 'Invalid execution input.'".to_owned(),
        ),
        (
            format!(r#"{{"stateMachineArn":"{MACHINE}","name":"a/b"}}"#),
            "InvalidName: Invalid Name: 'a/b'".to_owned(),
        ),
        (
            format!(r#"{{"stateMachineArn":"{MACHINE}s"}}"#),
            format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{MACHINE}s'"),
        ),
        (
            format!(r#"{{"stateMachineArn":"{EXECUTION}:e"}}"#),
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: execution'".to_owned(),
        ),
    ] {
        assert_eq!(client.refused("StartExecution", &body).await, refusal);
    }
    assert_eq!(
        client.refused("StartSyncExecution", &of_machine(MACHINE)).await,
        "StateMachineTypeNotSupported: This operation is not supported by this type of state machine"
    );
    for operation in [
        "DescribeExecution",
        "GetExecutionHistory",
        "StopExecution",
        "DescribeStateMachineForExecution",
    ] {
        assert_eq!(
            client
                .refused(operation, &of_execution(&format!("{EXECUTION}:none")))
                .await,
            format!("ExecutionDoesNotExist: Execution Does Not Exist: '{EXECUTION}:none'")
        );
        assert_eq!(
            client
                .refused(
                    operation,
                    &of_execution(&format!("{}:e:u", EXECUTION.replace("execution", "express")))
                )
                .await,
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'"
        );
    }
}

#[tokio::test]
async fn express_executions_are_awaited() {
    let client = Client::new().await;
    client.create("x", "EXPRESS", PASS).await;
    let machine = MACHINE.replace(":m", ":x");
    let start = format!(r#"{{"stateMachineArn":"{machine}","name":"e","input":"1"}}"#);
    assert_eq!(
        client.done("StartSyncExecution", &start).await,
        format!(
            r#"{{"executionArn":"arn:aws:states:us-east-1:000000000000:express:x:e:<uuid>","stateMachineArn":"{machine}","name":"e","startDate":<time>,"stopDate":<time>,"status":"SUCCEEDED","input":"1","inputDetails":{{"included":true}},"output":"{{\"x\":1}}","outputDetails":{{"included":true}},"billingDetails":{{"billedMemoryUsedInMB":64,"billedDurationInMilliseconds":100}}}}"#
        )
    );
    client
        .create(
            "f",
            "EXPRESS",
            r#"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}}"#,
        )
        .await;
    let failed = client
        .done("StartSyncExecution", &of_machine(&MACHINE.replace(":m", ":f")))
        .await;
    assert!(
        failed.contains(r#""status":"FAILED","error":"E","input":"{}""#),
        "{failed}"
    );
    assert_eq!(
        client.refused("ListExecutions", &of_machine(&machine)).await,
        "StateMachineTypeNotSupported: This operation is not supported by this type of state machine"
    );
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let client = Client::new().await;
    client.create("m", "STANDARD", PASS).await;
    for name in ["a", "b", "c"] {
        let start = format!(r#"{{"stateMachineArn":"{MACHINE}","name":"{name}"}}"#);
        client.done("StartExecution", &start).await;
        client.ended(&format!("{EXECUTION}:{name}")).await;
    }
    let page = |token: &str| {
        format!(r#"{{"stateMachineArn":"{MACHINE}","maxResults":2,"statusFilter":"SUCCEEDED"{token}}}"#)
    };
    let first = client.done("ListExecutions", &page("")).await;
    let token = client.member("ListExecutions", &page(""), "nextToken").await;
    let second = client
        .done("ListExecutions", &page(&format!(r#","nextToken":"{token}""#)))
        .await;
    assert_eq!(second.matches("executionArn").count(), 1, "{second}");
    assert!(!second.contains("nextToken"), "{second}");
    // Those that ended within the same millisecond come in any order, but each of them once.
    for name in ["a", "b", "c"] {
        let arn = format!(r#"{EXECUTION}:{name}""#);
        assert_eq!(
            format!("{first}{second}").matches(&arn).count(),
            1,
            "{first}{second}"
        );
    }
    for (operation, body) in [
        (
            "ListExecutions",
            format!(r#"{{"stateMachineArn":"{MACHINE}","nextToken":"{token}"}}"#),
        ),
        ("ListStateMachines", format!(r#"{{"nextToken":"{token}"}}"#)),
        ("ListActivities", r#"{"nextToken":"x"}"#.to_owned()),
        (
            "GetExecutionHistory",
            format!(r#"{{"executionArn":"{EXECUTION}:a","nextToken":"{token}"}}"#),
        ),
    ] {
        assert_eq!(
            client.refused(operation, &body).await,
            "InvalidToken: Invalid Token: 'Invalid token'"
        );
    }

    for reverse in [false, true] {
        let page = |token: &str| {
            format!(
                r#"{{"executionArn":"{EXECUTION}:a","maxResults":3,"includeExecutionData":false,"reverseOrder":{reverse}{token}}}"#
            )
        };
        let token = client.member("GetExecutionHistory", &page(""), "nextToken").await;
        let second = client
            .done(
                "GetExecutionHistory",
                &page(&format!(r#","nextToken":"{token}""#)),
            )
            .await;
        let last = match reverse {
            true => {
                r#""type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"roleArn":"arn:aws:iam::000000000000:role/r"}"#
            }
            false => {
                r#""type":"ExecutionSucceeded","id":4,"previousEventId":3,"executionSucceededEventDetails":{}"#
            }
        };
        assert_eq!(second, format!(r#"{{"events":[{{"timestamp":<time>,{last}}}]}}"#));
    }
}

#[tokio::test]
async fn a_history_of_large_payloads_has_smaller_pages() {
    let client = Client::new().await;
    let states: String = (0..30)
        .map(|at| format!(r#""S{at}":{{"Type":"Pass","Next":"S{}"}},"#, at + 1))
        .collect();
    let definition = format!(r#"{{"StartAt":"S0","States":{{{states}"S30":{{"Type":"Succeed"}}}}}}"#);
    client.create("m", "STANDARD", &definition).await;
    let input = format!("\"{}\"", "x".repeat(250_000));
    let start = json::json!({ "stateMachineArn": MACHINE, "name": "e", "input": input });
    client.done("StartExecution", &start.to_string()).await;
    let arn = format!("{EXECUTION}:e");
    client.ended(&arn).await;
    let (mut events, mut pages, mut token) = (0, 0, String::new());
    loop {
        let body = format!(r#"{{"executionArn":"{arn}"{token}}}"#);
        let (_, page) = client.ask("GetExecutionHistory", &body).await;
        assert!(page.len() < 9 << 20);
        let page = json::parse(&page).unwrap();
        events += page
            .get("events")
            .and_then(json::Value::as_array)
            .map_or(0, <[_]>::len);
        pages += 1;
        match page.get("nextToken") {
            Some(next) => token = format!(r#","nextToken":{next}"#),
            None => break,
        }
    }
    assert_eq!((events, pages), (64, 2));
}

#[tokio::test]
async fn a_worker_takes_a_task_and_brings_its_result() {
    let client = Client::new().await;
    let activity = "arn:aws:states:us-east-1:000000000000:activity:a";
    let created = format!(r#"{{"activityArn":"{activity}","creationDate":<time>}}"#);
    assert_eq!(client.done("CreateActivity", r#"{"name":"a"}"#).await, created);
    assert_eq!(client.done("CreateActivity", r#"{"name":"a"}"#).await, created);
    let of_activity = format!(r#"{{"activityArn":"{activity}","workerName":"w"}}"#);
    assert_eq!(
        client.done("DescribeActivity", &of_activity).await,
        format!(
            r#"{{"activityArn":"{activity}","name":"a","creationDate":<time>,"encryptionConfiguration":{{"type":"AWS_OWNED_KEY"}}}}"#
        )
    );
    assert_eq!(
        client.done("ListActivities", "{}").await,
        format!(r#"{{"activities":[{{"activityArn":"{activity}","name":"a","creationDate":<time>}}]}}"#)
    );
    assert_eq!(client.done("GetActivityTask", &of_activity).await, "{}");

    let definition = format!(
        r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"{activity}","TimeoutSeconds":60,"End":true}}}}}}"#
    );
    client.create("m", "STANDARD", &definition).await;
    let start = format!(r#"{{"stateMachineArn":"{MACHINE}","name":"e","input":"[1]"}}"#);
    client.done("StartExecution", &start).await;
    let (_, task) = client.ask("GetActivityTask", &of_activity).await;
    let task = json::parse(&task).unwrap();
    assert_eq!(task.get("input").and_then(json::Value::as_str), Some("[1]"));
    let token = task.get("taskToken").and_then(json::Value::as_str).unwrap();

    let heartbeat = json::json!({ "taskToken": token }).to_string();
    assert_eq!(client.done("SendTaskHeartbeat", &heartbeat).await, "{}");
    let broken = json::json!({ "taskToken": token, "output": "{" }).to_string();
    assert_eq!(
        client.refused("SendTaskSuccess", &broken).await,
        "InvalidOutput: Invalid Output: 'Unexpected end-of-input: expected close marker for Object'"
    );
    let success = json::json!({ "taskToken": token, "output": "[2]" }).to_string();
    assert_eq!(client.done("SendTaskSuccess", &success).await, "{}");
    assert_eq!(client.ended(&format!("{EXECUTION}:e")).await, "SUCCEEDED");
    assert_eq!(
        client.refused("SendTaskSuccess", &success).await,
        "TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'"
    );
    for (operation, body) in [
        ("SendTaskSuccess", r#"{"taskToken":"x","output":"1"}"#),
        ("SendTaskFailure", r#"{"taskToken":"x"}"#),
        ("SendTaskHeartbeat", r#"{"taskToken":"x"}"#),
    ] {
        assert_eq!(
            client.refused(operation, body).await,
            "InvalidToken: Invalid Token: 'Invalid token'"
        );
    }

    assert_eq!(client.done("DeleteActivity", &of_activity).await, "{}");
    assert_eq!(client.done("DeleteActivity", &of_activity).await, "{}");
    for operation in ["DescribeActivity", "GetActivityTask"] {
        assert_eq!(
            client.refused(operation, &of_activity).await,
            format!("ActivityDoesNotExist: Activity Does Not Exist: '{activity}'")
        );
    }
}

#[tokio::test]
async fn a_shutdown_sends_waiting_workers_away() {
    use ::api::{Caller, CreateActivityInput, GetActivityTaskInput, StepFunctions};
    let (server, caller) = (crate::support::server(3_600_000).await, Caller::default());
    let create = CreateActivityInput {
        name: "a".into(),
        ..Default::default()
    };
    let activity_arn = server
        .create_activity(&caller, create)
        .await
        .unwrap()
        .activity_arn;
    let poll = server.get_activity_task(
        &caller,
        GetActivityTaskInput {
            activity_arn,
            worker_name: None,
        },
    );
    let (task, ()) = tokio::join!(poll, async { server.end_polls() });
    assert_eq!(task.unwrap().task_token, None);
}

#[tokio::test]
async fn accounts_stay_apart() {
    let client = Client::new().await;
    client.create("m", "STANDARD", PASS).await;
    let other = client.of_account("111122223333");
    assert_eq!(
        other.refused("StartExecution", &of_machine(MACHINE)).await,
        format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{MACHINE}'")
    );
    assert_eq!(other.done("DeleteStateMachine", &of_machine(MACHINE)).await, "{}");
    assert_eq!(
        other.create("m", "STANDARD", WAIT).await,
        "arn:aws:states:us-east-1:111122223333:stateMachine:m"
    );
    client.done("StartExecution", &of_machine(MACHINE)).await;
}

#[tokio::test]
async fn operations_that_are_not_there_are_unknown() {
    let client = Client::new().await;
    let body = r#"{"resourceArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m"}"#;
    assert_eq!(
        client.refused("ListEverything", body).await,
        "UnknownOperationException: "
    );
}

#[tokio::test]
async fn encryption_and_tracing_are_kept_and_shown() {
    let client = Client::new().await;
    let create = |name: &str, encryption: json::Value| {
        json::json!({
            "name": name, "definition": PASS, "roleArn": "arn:aws:iam::000000000000:role/r",
            "tracingConfiguration": {"enabled": true}, "encryptionConfiguration": encryption
        })
        .to_string()
    };
    let key = "arn:aws:kms:us-east-1:000000000000:key/0b26e34b-36b2-4b18-8ba3-63e39d5ae2c1";
    let customers = json::json!({
        "type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": key, "kmsDataKeyReusePeriodSeconds": 300
    });
    client
        .done("CreateStateMachine", &create("m", customers.clone()))
        .await;
    let (_, described) = client.ask("DescribeStateMachine", &of_machine(MACHINE)).await;
    let described = json::parse(&described).unwrap();
    assert_eq!(
        described.get("tracingConfiguration"),
        Some(&json::json!({"enabled": true}))
    );
    let shown = described.get("encryptionConfiguration").unwrap();
    for member in ["type", "kmsKeyId", "kmsDataKeyReusePeriodSeconds"] {
        assert_eq!(shown.get(member), customers.get(member), "{member}");
    }
    for (encryption, fault) in [
        (
            json::json!({"type": "CUSTOMER_MANAGED_KMS_KEY"}),
            "kmsKeyId is required for CUSTOMER_MANAGED_KMS_KEY",
        ),
        (
            json::json!({"type": "AWS_OWNED_KEY", "kmsKeyId": key}),
            "kmsKeyId and kmsDataKeyReusePeriodSeconds can only be set for CUSTOMER_MANAGED_KMS_KEY",
        ),
    ] {
        assert_eq!(
            client
                .refused("CreateStateMachine", &create("n", encryption))
                .await,
            format!("InvalidEncryptionConfiguration: Invalid Encryption Configuration: '{fault}'")
        );
    }
}

#[tokio::test]
async fn who_asks_for_metadata_only_is_shown_no_definition() {
    let client = Client::new().await;
    let machine = client.create("m", "STANDARD", PASS).await;
    let execution = client
        .member("StartExecution", &of_machine(&machine), "executionArn")
        .await;
    for (operation, member, arn) in [
        ("DescribeStateMachine", "stateMachineArn", &machine),
        ("DescribeStateMachineForExecution", "executionArn", &execution),
    ] {
        let request =
            |included: &str| json::json!({ member: arn.clone(), "includedData": included }).to_string();
        let metadata = client
            .member(operation, &request("METADATA_ONLY"), "definition")
            .await;
        assert_eq!(metadata, "{}");
        let all = client.member(operation, &request("ALL_DATA"), "definition").await;
        assert_eq!(all, PASS);
    }
}

#[tokio::test]
async fn data_under_a_customers_key_is_left_out_for_who_asks_for_metadata_only() {
    let client = Client::new().await;
    let key = "arn:aws:kms:us-east-1:000000000000:key/k";
    for (name, encryption, is_shown) in [
        ("own", json::json!({"type": "AWS_OWNED_KEY"}), true),
        (
            "customer",
            json::json!({"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": key}),
            false,
        ),
    ] {
        let create = json::json!({
            "name": name, "definition": PASS, "roleArn": "arn:aws:iam::000000000000:role/r", "type": "EXPRESS",
            "encryptionConfiguration": encryption
        });
        let machine = client
            .member("CreateStateMachine", &create.to_string(), "stateMachineArn")
            .await;
        let start = |included: &str| {
            json::json!({ "stateMachineArn": machine.clone(), "includedData": included }).to_string()
        };
        let answer = client.done("StartSyncExecution", &start("METADATA_ONLY")).await;
        assert_eq!(answer.contains(r#""output":"#), is_shown, "{answer}");
        assert_eq!(answer.contains(r#""input":"#), is_shown, "{answer}");
        assert!(
            answer.contains(&format!(r#""outputDetails":{{"included":{is_shown}}}"#)),
            "{answer}"
        );
        let answer = client.done("StartSyncExecution", &start("ALL_DATA")).await;
        assert!(answer.contains(r#""output":"#), "{answer}");
    }
}

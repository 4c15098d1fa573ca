//! What state machines log, word for word.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use runtime::{EventLog, Settings};
use server::Logs;
use server::logs::{Bounds, Destinations};

use crate::support::{Client, server_with};

const GROUP: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/states/g:*";
const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:execution:m";
const FAIL: &str = r#"{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"c"}}}"#;
const PASS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"x":1},"End":true}}}"#;

/// A server that logs into a folder.
async fn logging(folder: &Path) -> (Client, Arc<Logs>) {
    let files = Some((folder.join("logs"), Bounds::default()));
    let destinations = Destinations {
        files,
        ..Destinations::default()
    };
    let logs = Logs::open(destinations).unwrap();
    let settings = Settings {
        event_log: Some(Arc::clone(&logs) as Arc<dyn EventLog>),
        ..Settings::default()
    };
    (Client::of(server_with(settings, None).await).await, logs)
}

fn machine(kind: &str, definition: &str, level: &str, data: bool) -> String {
    json::json!({
        "name": "m", "type": kind, "definition": definition, "roleArn": "arn:aws:iam::000000000000:role/r",
        "loggingConfiguration": {"level": level, "includeExecutionData": data,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}]}
    })
    .to_string()
}

/// All that was logged, moments masked.
fn logged(folder: &Path) -> String {
    let file = folder.join("logs/000000000000@us-east-1@%2Faws%2Fvendedlogs%2Fstates%2Fg.jsonl");
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut masked = String::new();
    for line in text.lines() {
        let (before, rest) = line.split_once(r#""event_timestamp":""#).unwrap();
        let (moment, after) = rest.split_once('"').unwrap();
        assert!(moment.len() == 13 && moment.bytes().all(|byte| byte.is_ascii_digit()));
        masked += &format!("{before}\"event_timestamp\":\"<time>\"{after}\n");
    }
    masked
}

async fn run(definition: &str, level: &str, data: bool) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (client, logs) = logging(folder.path()).await;
    let arn = client
        .member(
            "CreateStateMachine",
            &machine("STANDARD", definition, level, data),
            "stateMachineArn",
        )
        .await;
    let start = json::json!({"stateMachineArn": arn, "name": "e", "input": "{\"a\": 1}"}).to_string();
    let execution = client.member("StartExecution", &start, "executionArn").await;
    client.ended(&execution).await;
    logs.flush();
    logged(folder.path())
}

#[tokio::test]
async fn entries_have_awss_form() {
    let rest = format!(r#""event_timestamp":"<time>","execution_arn":"{MACHINE}:e","redrive_count":"0"}}"#);
    assert_eq!(
        run(PASS, "ALL", false).await,
        [
            r#"{"id":"1","type":"ExecutionStarted","details":{"roleArn":"arn:aws:iam::000000000000:role/r"},"previous_event_id":"0","#,
            r#"{"id":"2","type":"PassStateEntered","details":{"name":"A"},"previous_event_id":"0","#,
            r#"{"id":"3","type":"PassStateExited","details":{"name":"A"},"previous_event_id":"2","#,
            r#"{"id":"4","type":"ExecutionSucceeded","details":{},"previous_event_id":"3","#,
        ]
        .map(|line| format!("{line}{rest}\n"))
        .concat()
    );
    assert_eq!(
        run(PASS, "ALL", true).await,
        [
            r#"{"id":"1","type":"ExecutionStarted","details":{"input":"{\"a\": 1}","inputDetails":{"truncated":false},"roleArn":"arn:aws:iam::000000000000:role/r"},"previous_event_id":"0","#,
            r#"{"id":"2","type":"PassStateEntered","details":{"name":"A","input":"{\"a\": 1}","inputDetails":{"truncated":false}},"previous_event_id":"0","#,
            r#"{"id":"3","type":"PassStateExited","details":{"name":"A","output":"{\"x\":1}","outputDetails":{"truncated":false}},"previous_event_id":"2","#,
            r#"{"id":"4","type":"ExecutionSucceeded","details":{"output":"{\"x\":1}","outputDetails":{"truncated":false}},"previous_event_id":"3","#,
        ]
        .map(|line| format!("{line}{rest}\n"))
        .concat()
    );
}

#[tokio::test]
async fn levels_leave_events_out() {
    let failed = r#""type":"ExecutionFailed","details":{"error":"E","cause":"c"}"#;
    let all = run(FAIL, "ALL", false).await;
    assert_eq!(all.lines().count(), 3);
    let error = run(FAIL, "ERROR", false).await;
    let lines: Vec<&str> = error.lines().collect();
    assert!(
        lines.len() == 2 && lines[0].contains("FailStateEntered") && lines[1].contains(failed),
        "{error}"
    );
    let fatal = run(FAIL, "FATAL", true).await;
    assert!(fatal.lines().count() == 1 && fatal.contains(failed), "{fatal}");
    assert_eq!(run(PASS, "FATAL", true).await, "");
}

#[tokio::test]
async fn nothing_is_written_when_logging_is_off() {
    let folder = tempfile::tempdir().unwrap();
    let (client, logs) = logging(folder.path()).await;
    let arn = client
        .member(
            "CreateStateMachine",
            &machine("STANDARD", FAIL, "OFF", true),
            "stateMachineArn",
        )
        .await;
    let start = json::json!({ "stateMachineArn": arn }).to_string();
    let execution = client.member("StartExecution", &start, "executionArn").await;
    client.ended(&execution).await;
    logs.flush();
    assert!(!folder.path().join("logs").exists(), "not even the folder");
}

#[tokio::test]
async fn express_executions_log_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let (client, logs) = logging(folder.path()).await;
    let arn = client
        .member(
            "CreateStateMachine",
            &machine("EXPRESS", PASS, "ALL", false),
            "stateMachineArn",
        )
        .await;
    let start = json::json!({"stateMachineArn": arn, "name": "sync"}).to_string();
    client.done("StartSyncExecution", &start).await;
    logs.flush();
    let text = logged(folder.path());
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(
        text.contains(r#""execution_arn":"arn:aws:states:us-east-1:000000000000:express:m:sync:"#),
        "{text}"
    );

    let start = json::json!({"stateMachineArn": arn, "name": "later"}).to_string();
    client.done("StartExecution", &start).await;
    let count = || {
        logs.flush();
        logged(folder.path()).matches(":express:m:later:").count()
    };
    while count() < 4 {
        tokio::task::yield_now().await;
    }
    logs.close();
}

//! What state machines log, as CloudWatch Logs gets it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use json::Value;
use runtime::{EventLog, Settings};
use server::Logs;
use server::logs::{Delivered, Destinations};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Client, server_with};

const GROUP: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/states/g:*";
const PASS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;
const PATIENCE: Duration = Duration::from_secs(30);

type Said = Arc<Mutex<Vec<(String, Value)>>>;

/// Somebody who answers for CloudWatch Logs: with a status and a body for each operation, by how often that was called.
async fn cloud_watch_logs(
    answer: impl Fn(&str, usize) -> (u16, &'static str) + Send + Sync + 'static,
) -> (String, Said) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let said = Said::default();
    let heard = Arc::clone(&said);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (operation, body) = request(&mut stream).await;
            let count = {
                let mut heard = heard.lock().unwrap();
                heard.push((operation.clone(), body));
                heard.iter().filter(|(named, _)| *named == operation).count()
            };
            let (status, body) = answer(&operation, count);
            let head = format!("HTTP/1.1 {status} .\r\nContent-Length: {}\r\n", body.len());
            let whole = format!("{head}Connection: close\r\n\r\n{body}");
            stream.write_all(whole.as_bytes()).await.unwrap();
        }
    });
    (address, said)
}

/// The operation and the body of a request.
async fn request(stream: &mut TcpStream) -> (String, Value) {
    let mut bytes = Vec::new();
    loop {
        let mut more = [0; 4096];
        let read = stream.read(&mut more).await.unwrap();
        bytes.extend_from_slice(&more[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            let found = lines
                .into_iter()
                .find(|(found, _)| found.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_owned())
        };
        if header("content-length").is_none_or(|length| body.len() >= length.parse().unwrap()) {
            let target = header("x-amz-target").unwrap();
            let operation = target.rsplit_once('.').unwrap().1.to_owned();
            return (operation, json::parse(body).unwrap());
        }
    }
}

/// Runs an execution of a state machine that logs everything; gives what became of its entries.
async fn run(address: Option<&str>) -> Option<Delivered> {
    let endpoint = address.map(|address| ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS".to_owned(), address.to_owned()));
    let environment: BTreeMap<String, String> = endpoint.into_iter().collect();
    let logs = Logs::open(Destinations {
        files: None,
        cloud_watch: Some(aws::Client::new(aws::Settings::of(environment, "", ""))),
    })
    .unwrap();
    let settings = Settings {
        event_log: Some(Arc::clone(&logs) as Arc<dyn EventLog>),
        ..Settings::default()
    };
    let server = server_with(settings, None).await;
    server.set_logs(Arc::clone(&logs));
    let client = Client::of(server).await;
    let machine = json::json!({
        "name": "m", "definition": PASS, "roleArn": "arn:aws:iam::000000000000:role/r",
        "loggingConfiguration": {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}]}
    });
    let arn = client
        .member("CreateStateMachine", &machine.to_string(), "stateMachineArn")
        .await;
    let start = json::json!({ "stateMachineArn": arn }).to_string();
    let execution = client.member("StartExecution", &start, "executionArn").await;
    client.ended(&execution).await;
    logs.flush();
    logs.settle(PATIENCE).await;
    logs.delivered()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap()
}

#[tokio::test]
async fn entries_come_to_a_stream_of_the_state_machine() {
    let (address, said) = cloud_watch_logs(|_, _| (200, "{}")).await;
    let delivered = run(Some(&address)).await;
    let expected = Delivered {
        delivered: 4,
        dropped: 0,
    };
    assert_eq!(delivered, Some(expected));
    let said = said.lock().unwrap();
    let created: Vec<&str> = said
        .iter()
        .filter(|(operation, _)| operation == "CreateLogStream")
        .map(|(_, body)| text(body, "logStreamName"))
        .collect();
    assert!(created.contains(&"log_stream_created_by_aws_to_validate_log_delivery_subscriptions"));
    let stream = created
        .iter()
        .find(|name| name.starts_with("states/m/20"))
        .unwrap();
    let puts: Vec<&Value> = said
        .iter()
        .filter(|(operation, _)| operation == "PutLogEvents")
        .map(|(_, body)| body)
        .collect();
    let mut types = Vec::new();
    for put in puts {
        assert_eq!(text(put, "logGroupName"), "/aws/vendedlogs/states/g");
        assert_eq!(text(put, "logStreamName"), *stream);
        for event in put.get("logEvents").and_then(Value::as_array).unwrap() {
            let entry: Value = json::parse(text(event, "message")).unwrap();
            let moment = event.get("timestamp").and_then(Value::as_i64).unwrap();
            assert_eq!(text(&entry, "event_timestamp"), moment.to_string());
            types.push(text(&entry, "type").to_owned());
        }
    }
    let expected = [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(types, expected);
}

#[tokio::test]
async fn what_a_group_does_not_take_is_dropped_and_counted() {
    let missing =
        r#"{"__type": "ResourceNotFoundException", "message": "The specified log group does not exist."}"#;
    let (address, said) = cloud_watch_logs(move |_, _| (400, missing)).await;
    let delivered = run(Some(&address)).await;
    let expected = Delivered {
        delivered: 0,
        dropped: 4,
    };
    assert_eq!(delivered, Some(expected));
    let said = said.lock().unwrap();
    assert!(said.iter().all(|(operation, _)| operation == "CreateLogStream"));
}

#[tokio::test]
async fn service_that_is_busy_is_asked_again() {
    let busy = r#"{"__type": "ServiceUnavailableException"}"#;
    let answer = move |operation: &str, count| match operation {
        "PutLogEvents" if count <= 3 => (503, busy),
        _ => (200, "{}"),
    };
    let (address, _) = cloud_watch_logs(answer).await;
    let delivered = run(Some(&address)).await;
    assert_eq!(delivered.map(|delivered| delivered.dropped), Some(0));
}

#[tokio::test]
async fn stream_that_is_gone_is_made_again() {
    let gone =
        r#"{"__type": "ResourceNotFoundException", "message": "The specified log stream does not exist."}"#;
    let answer = move |operation: &str, count| match operation {
        "PutLogEvents" if count == 1 => (400, gone),
        _ => (200, "{}"),
    };
    let (address, _) = cloud_watch_logs(answer).await;
    let delivered = run(Some(&address)).await;
    let expected = Delivered {
        delivered: 4,
        dropped: 0,
    };
    assert_eq!(delivered, Some(expected));
}

#[tokio::test]
async fn nothing_is_delivered_where_no_endpoint_is_configured() {
    assert_eq!(run(None).await, None);
}

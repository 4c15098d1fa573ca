//! HTTP tasks against a host of their own.

#![expect(
    clippy::unwrap_used,
    reason = "what these tests need and do not find fails them"
)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use asl::{Pattern, Target};
use engine::{BranchId, Order, TaskKey};
use functions::Functions;
use integrations::{Answer, Call, Connections, Exchange, Integrations, Routes, Web};
use json::{Payload, Value, json};
use outbound::Guard;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A host that answers requests in turn, and keeps what it was sent.
struct Host {
    url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Host {
    async fn new(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answers: Vec<_> = answers.iter().map(ToString::to_string).collect();
        let hearing = Arc::clone(&heard);
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut sent = String::new();
                while !is_whole(&sent) {
                    let mut part = [0; 4096];
                    let read = stream.read(&mut part).await.unwrap();
                    assert_ne!(read, 0, "the client went away");
                    sent.push_str(std::str::from_utf8(&part[..read]).unwrap());
                }
                hearing.lock().unwrap().push(sent);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { url, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn is_whole(sent: &str) -> bool {
    let Some((head, body)) = sent.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() == length.map_or(0, |length| length.parse().unwrap())
}

fn ok(kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn connections(host: &Host) -> Connections {
    let text = format!(
        r#"
        [Plain]
        authorization = "API_KEY"
        key_name = "X-Key"
        key_value = "k1"

        [Basic]
        authorization = "BASIC"
        username = "me"
        password = "it"
        parameters.headers = {{ header-param = "connection" }}
        parameters.query = {{ page = "connection" }}
        parameters.body = {{ BodyParam = "connection" }}

        [Token]
        authorization = "OAUTH_CLIENT_CREDENTIALS"
        endpoint = "{}/token?tenant=1"
        client_id = "id"
        client_secret = "a secret"
        token_parameters.body = {{ scope = "read" }}
        "#,
        host.url
    );
    Connections::from_toml(&text.parse().unwrap(), Path::new("")).unwrap()
}

async fn invoke(
    host: &Host,
    connection: &str,
    parameters: Value,
    reveal: bool,
) -> (Answer, Option<Exchange>) {
    let integrations = Integrations::new(Functions::new(
        [],
        functions::Settings::new("000000000000", "us-east-1"),
    ));
    let guard = Guard {
        plain: true,
        allowed: vec!["127.0.0.1".parse().unwrap()],
        ..Guard::default()
    };
    integrations.set_web(Web::new(guard, connections(host), Routes::default()));
    let mut parameters = parameters.as_object().unwrap().clone();
    let arn = format!("arn:aws:events:us-east-1:000000000000:connection/{connection}/81210c42");
    parameters.insert("InvocationConfig", json!({"ConnectionArn": arn}));
    if !parameters.contains("ApiEndpoint") {
        parameters.insert("ApiEndpoint", format!("{}/path", host.url));
    }
    let call = call(Payload::from(Value::from(parameters)));
    integrations.perform_shown(call, reveal).await
}

fn call(parameters: Payload) -> Call {
    Call {
        order: Order {
            task: TaskKey {
                branch: BranchId::ROOT,
                event: 3,
            },
            resource: "arn:aws:states:::http:invoke".into(),
            target: Target::Service {
                service: "http".into(),
                action: "invoke".into(),
                pattern: Pattern::RequestResponse,
                resource: "invoke".into(),
            },
            parameters,
            role_arn: None,
            nonce: 7,
            deadline: None,
        },
        execution: 1,
        execution_arn: "arn:aws:states:us-east-1:000000000000:execution:m:e".into(),
        machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m".into(),
        role_arn: "arn:aws:iam::000000000000:role/r".into(),
        state: "S".into(),
        token: None,
        account: "000000000000".into(),
        region: "us-east-1".into(),
        limits: asl::Limits::AWS,
    }
}

fn error(answer: &Answer) -> (String, String) {
    let Answer::Failed(ending) = answer else {
        panic!("{answer:?}")
    };
    let text = |part: &Option<json::Str>| part.as_deref().unwrap_or_default().to_owned();
    (text(&ending.error), text(&ending.cause))
}

fn lines(sent: &str) -> Vec<&str> {
    let mut lines: Vec<_> = sent.lines().filter(|line| !line.starts_with("host: ")).collect();
    lines[1..].sort_unstable();
    lines
}

#[tokio::test]
async fn what_the_connection_says_wins_over_the_definition() {
    let host = Host::new(&[&ok("application/json", r#"{"a": [1]}"#)]).await;
    let parameters = json!({
        "Method": "POST",
        "Headers": {"Request-Id": ["one", "two"], "Header-Param": "definition"},
        "QueryParameters": {"page": "definition", "limit": 5},
        "RequestBody": {"Job": "x", "BodyParam": "definition"}
    });
    let (answer, shown) = invoke(&host, "Basic", parameters.clone(), false).await;
    let Answer::Succeeded(result) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(
        &**result.text(),
        r#"{"Headers":{"Content-Length":["10"],"Content-Type":["application/json"]},"ResponseBody":{"a":[1]},"StatusCode":200,"StatusText":"OK"}"#
    );
    assert_eq!(
        lines(&host.heard()[0]),
        [
            "POST /path?limit=5&page=connection HTTP/1.1",
            "",
            "authorization: Basic bWU6aXQ=",
            "content-length: 36",
            "content-type: application/json; charset=UTF-8",
            "header-param: connection",
            "range: bytes=0-262144",
            "request-id: one",
            "request-id: two",
            "user-agent: Amazon|StepFunctions|HttpInvoke|us-east-1",
            r#"{"Job":"x","BodyParam":"connection"}"#,
        ]
    );
    let shown = shown.unwrap();
    assert_eq!(
        shown.request.url,
        format!("{}/path?page=definition&limit=5", host.url)
    );
    assert_eq!(
        shown.request.headers,
        "[Request-Id: one, Request-Id: two, Header-Param: definition, Content-Type: application/json; charset=UTF-8, \
         User-Agent: Amazon|StepFunctions|HttpInvoke|us-east-1, Range: bytes=0-262144]"
    );
    let response = shown.response.unwrap();
    assert_eq!((&*response.status_code, &*response.status_message), ("200", "OK"));
    assert_eq!(response.body.unwrap(), r#"{"a": [1]}"#);

    let host = Host::new(&[&ok("application/json", "1")]).await;
    let (_, shown) = invoke(&host, "Basic", parameters, true).await;
    let shown = shown.unwrap().request;
    assert!(
        shown.headers.contains("Authorization: Basic bWU6aXQ="),
        "{}",
        shown.headers
    );
    assert_eq!(shown.body.unwrap(), r#"{"Job":"x","BodyParam":"connection"}"#);
}

#[tokio::test]
async fn bodies_may_be_forms_or_any_json() {
    let host = Host::new(&[&ok("text/plain", "fine"), &ok("text/plain", "fine")]).await;
    let form = json!({
        "Method": "PUT",
        "RequestBody": {"a": ["x", "y"], "b": {"c": "d e"}},
        "Transform": {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": "BRACKETS"}}
    });
    let (answer, _) = invoke(&host, "Plain", form, false).await;
    let Answer::Succeeded(result) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(result.value().get("ResponseBody"), Some(&json!("fine")));
    let text = json!({"Method": "PATCH", "RequestBody": "plain", "Headers": {"content-type": "text/json"}});
    invoke(&host, "Plain", text, false).await;
    let heard = host.heard();
    assert!(
        heard[0].ends_with("\r\n\r\na%5B%5D=x&a%5B%5D=y&b%5Bc%5D=d%20e"),
        "{}",
        heard[0]
    );
    assert!(heard[0].contains("content-type: application/x-www-form-urlencoded\r\n"));
    assert!(heard[0].contains("x-key: k1\r\n"));
    assert!(heard[1].ends_with("\r\n\r\n\"plain\"") && heard[1].contains("content-type: text/json\r\n"));

    let (answer, _) = invoke(
        &host,
        "Basic",
        json!({"Method": "POST", "RequestBody": "text"}),
        false,
    )
    .await;
    assert_eq!(error(&answer).0, "States.Runtime");
}

#[tokio::test]
async fn tokens_are_asked_for_once_and_again_when_they_are_refused() {
    let token = |token: &str| {
        ok(
            "application/json",
            &format!(r#"{{"access_token":"{token}","expires_in":3600}}"#),
        )
    };
    let refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    let host = Host::new(&[&token("t1"), refused, &token("t2"), &ok("application/json", "1")]).await;
    let (answer, _) = invoke(&host, "Token", json!({"Method": "GET"}), false).await;
    assert!(matches!(answer, Answer::Succeeded(_)), "{answer:?}");
    let heard = host.heard();
    assert!(
        heard[0].starts_with("POST /token?tenant=1 HTTP/1.1\r\n"),
        "{}",
        heard[0]
    );
    assert!(
        heard[0].ends_with(
            "\r\n\r\ngrant_type=client_credentials&client_id=id&client_secret=a%20secret&scope=read"
        ),
        "{}",
        heard[0]
    );
    assert!(heard[1].contains("authorization: Bearer t1\r\n"));
    assert!(heard[3].contains("authorization: Bearer t2\r\n"));

    let host = Host::new(&[&token("t1"), refused, &token("t2"), refused]).await;
    let (answer, _) = invoke(&host, "Token", json!({"Method": "GET"}), false).await;
    assert_eq!(error(&answer).0, "States.Http.StatusCode.401");

    let host = Host::new(&["HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"]).await;
    let (answer, _) = invoke(&host, "Token", json!({"Method": "GET"}), false).await;
    assert_eq!(
        error(&answer),
        (
            "Events.ConnectionResource.InvalidConnectionState".to_owned(),
            "The connection 'Token' got no access token: the authorization endpoint answered 403 No"
                .to_owned()
        )
    );
}

#[tokio::test]
async fn answers_that_are_no_result_fail_the_task() {
    let large = ok("text/plain", &"x".repeat(262_145));
    for (answer, name, cause) in [
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 14\r\n\r\n{\"error\":\"no\"}",
            "States.Http.StatusCode.404",
            "{\"error\":\"no\"}",
        ),
        (
            "HTTP/1.1 307 Elsewhere\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
            "States.Http.StatusCode.307",
            "",
        ),
        (
            &ok("image/png", "x"),
            "States.Runtime",
            "The response can't be read as text. Its content type is 'image/png'.",
        ),
        (
            &large,
            "States.DataLimitExceeded",
            "The state/task 'http' returned a result with a size exceeding the maximum number of bytes service limit.",
        ),
    ] {
        let host = Host::new(&[answer]).await;
        let (answer, _) = invoke(&host, "Plain", json!({"Method": "GET"}), false).await;
        assert_eq!(error(&answer), (name.to_owned(), cause.to_owned()));
    }
}

#[tokio::test]
async fn hosts_that_may_not_be_reached_are_not() {
    let host = Host::new(&[]).await;
    for (url, name) in [
        ("http://169.254.169.254/latest/meta-data/", "States.Http.Socket"),
        ("http://[::1]:1/", "States.Http.Socket"),
        ("https://", "States.Runtime"),
    ] {
        let parameters = json!({"Method": "GET", "ApiEndpoint": url});
        let (answer, _) = invoke(&host, "Plain", parameters, false).await;
        assert_eq!(error(&answer).0, name, "{url}");
    }
    let (answer, _) = invoke(&host, "None", json!({"Method": "GET"}), false).await;
    assert_eq!(
        error(&answer),
        (
            "Events.ConnectionResource.ResourceNotFound".to_owned(),
            "Failed to describe the connection(s). Connection 'None' does not exist.".to_owned()
        )
    );
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_named() {
    let host = Host::new(&[]).await;
    for (parameters, fault) in [
        (json!({}), "The field 'Method' is required but was missing"),
        (
            json!({"Method": "TRACE"}),
            "The value of the field 'Method' has an invalid format",
        ),
        (
            json!({"Method": "GET", "Header": {}}),
            "The field 'Header' is not supported by Step Functions",
        ),
        (
            json!({"Method": "GET", "Headers": {"a": {}}}),
            "The value of the field 'Headers' has an invalid format",
        ),
        (
            json!({"Method": "GET", "Headers": {"HOST": "h"}}),
            "The header 'HOST' is not supported by Step Functions",
        ),
        (
            json!({"Method": "GET", "Headers": {"X-Amzn-Trace-Id": "h"}}),
            "The header 'X-Amzn-Trace-Id' is not supported by Step Functions",
        ),
        (
            json!({"Method": "GET", "Transform": {"RequestBodyEncoding": "BASE64"}}),
            "The value of the field 'Transform' has an invalid format",
        ),
    ] {
        let (answer, _) = invoke(&host, "Plain", parameters, false).await;
        let (name, cause) = error(&answer);
        assert_eq!(name, "States.Runtime");
        assert!(
            cause.ends_with(&format!("could not be used to start the Task: [{fault}]")),
            "{cause}"
        );
    }
}

#[test]
fn a_call_that_a_crash_cut_off_is_a_lost_connection() {
    let integrations = Integrations::new(Functions::new(
        [],
        functions::Settings::new("000000000000", "us-east-1"),
    ));
    let lost = integrations.lost(&call(Payload::from(json!({}))).order);
    assert_eq!(lost.error.as_deref(), Some("States.Http.Socket"));
}

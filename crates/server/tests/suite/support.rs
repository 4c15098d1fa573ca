//! A server over a memory store, on a real port, and a client that speaks raw HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use functions::Functions;
use integrations::Integrations;
use runtime::{Clock, Runtime, Settings, SystemClock};
use server::{Server, Throttling};
use store::MemoryStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server whose store forgets. Workers that poll for activity tasks wait no longer than `poll_millis`.
pub(crate) async fn server(poll_millis: i64) -> Arc<Server> {
    let settings = Settings {
        poll_millis,
        ..Settings::default()
    };
    server_with(settings, None).await
}

/// A server whose store forgets, set up in some way.
pub(crate) async fn server_with(settings: Settings, throttling: Option<Throttling>) -> Arc<Server> {
    server_at(SystemClock, settings, throttling).await
}

async fn server_at(
    clock: impl Clock + 'static,
    settings: Settings,
    throttling: Option<Throttling>,
) -> Arc<Server> {
    let functions = functions::Settings::new(::api::caller::ACCOUNT_DEFAULT, api::caller::REGION_DEFAULT);
    let integrations = Integrations::new(Functions::new([], functions));
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(clock));
    let runtime = Runtime::open(store, Arc::new(integrations.clone()), clock, settings)
        .await
        .unwrap();
    Server::throttled(runtime, &integrations, throttling)
}

/// A client of a server of its own.
pub(crate) struct Client {
    address: SocketAddr,
    /// What stands in the `Authorization` header.
    pub(crate) authorization: String,
}

impl Client {
    pub(crate) async fn new() -> Self {
        Self::of(server(200).await).await
    }

    /// A client of a server with this clock, which nobody but executions waits for.
    pub(crate) async fn with_clock(clock: impl Clock + 'static) -> Self {
        let settings = Settings {
            retention: None,
            ..Settings::default()
        };
        Self::of(server_at(clock, settings, None).await).await
    }

    /// A client of this server.
    pub(crate) async fn of(server: Arc<Server>) -> Self {
        let listener = server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(server::serve(listener, server, std::future::pending()));
        Self {
            address,
            authorization: String::new(),
        }
    }

    /// The same server, asked by somebody of another account.
    pub(crate) fn of_account(&self, account: &str) -> Self {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={account}/20261122/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0"
        );
        Self {
            address: self.address,
            authorization,
        }
    }

    /// The status and body that an operation answers.
    pub(crate) async fn ask(&self, operation: &str, body: &str) -> (u16, String) {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions.{operation}\r\n\
             Authorization: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.authorization,
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer[9..12].parse().unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        (status, body.to_owned())
    }

    /// The body that an operation answers with success, moments and ids masked.
    pub(crate) async fn done(&self, operation: &str, body: &str) -> String {
        let (status, answer) = self.ask(operation, body).await;
        assert_eq!(status, 200, "{operation} {body}: {answer}");
        masked(&answer)
    }

    /// The error that an operation answers: its code without the namespace, and its message.
    pub(crate) async fn refused(&self, operation: &str, body: &str) -> String {
        let (status, answer) = self.ask(operation, body).await;
        assert_eq!(status, 400, "{operation} {body}: {answer}");
        let answer = json::parse(&answer).unwrap();
        let text = |name| answer.get(name).and_then(json::Value::as_str).unwrap_or_default();
        let (_, code) = text("__type").split_once('#').unwrap();
        format!("{code}: {}", text("message"))
    }

    /// A member of what an operation answers.
    pub(crate) async fn member(&self, operation: &str, body: &str, member: &str) -> String {
        let (status, answer) = self.ask(operation, body).await;
        assert_eq!(status, 200, "{operation} {body}: {answer}");
        let answer = json::parse(&answer).unwrap();
        answer
            .get(member)
            .and_then(json::Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// Creates a state machine, and gives its ARN.
    pub(crate) async fn create(&self, name: &str, kind: &str, definition: &str) -> String {
        let body = json::json!({
            "name": name, "type": kind, "definition": definition, "roleArn": "arn:aws:iam::000000000000:role/r"
        });
        self.member("CreateStateMachine", &body.to_string(), "stateMachineArn")
            .await
    }

    /// Asks until an execution has ended, and gives its status.
    pub(crate) async fn ended(&self, execution_arn: &str) -> String {
        let body = json::json!({ "executionArn": execution_arn }).to_string();
        loop {
            let status = self.member("DescribeExecution", &body, "status").await;
            if status != "RUNNING" {
                return status;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// A text whose moments are `<time>` and whose UUIDs are `<uuid>`.
pub(crate) fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_uuid = rest.len() >= 36
            && rest.as_bytes()[..36]
                .iter()
                .enumerate()
                .all(|(at, byte)| match at {
                    8 | 13 | 18 | 23 => *byte == b'-',
                    _ => byte.is_ascii_hexdigit(),
                });
        let number = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
                .len();
        if is_uuid {
            masked.push_str("<uuid>");
            rest = &rest[36..];
        } else if number > 10 && rest[..number].contains('.') {
            masked.push_str("<time>");
            rest = &rest[number..];
        } else {
            masked.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    masked
}

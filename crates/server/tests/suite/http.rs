//! HTTP as clients speak it: raw bytes over a real port, with a service of one operation.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::api::{ApiError, Caller, Limits, ListActivitiesInput, ListActivitiesOutput, StepFunctions};
use server::{Bounds, Site};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

/// Lists no activities, each time with a permit; refuses callers from `eu-west-1`.
struct Service {
    permits: Semaphore,
}

impl StepFunctions for Service {
    async fn list_activities(
        &self,
        caller: &Caller,
        _: ListActivitiesInput,
    ) -> Result<ListActivitiesOutput, ApiError> {
        let _permit = self.permits.acquire().await.unwrap();
        if caller.region() == "eu-west-1" {
            return Err(ApiError::invalid_token(format!("not {}", caller.account())));
        }
        Ok(ListActivitiesOutput::default())
    }
}

struct Running {
    address: SocketAddr,
    service: Arc<Service>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

async fn start(permits: usize) -> Running {
    start_within(permits, Bounds::default()).await
}

async fn start_within(permits: usize, bounds: Bounds) -> Running {
    let listener = server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = Arc::new(Service {
        permits: Semaphore::new(permits),
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async {
        let _ = stopped.await;
    };
    let site = Site {
        bounds,
        ..Site::from(Arc::clone(&service))
    };
    let serving = tokio::spawn(server::serve(listener, site, shutdown));
    Running {
        address,
        service,
        stop,
        serving,
    }
}

fn request(target: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nHost: sync-localhost\r\nX-Amz-Target: {target}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Reads one response: its head, and as much as `Content-Length` says.
async fn response(stream: &mut TcpStream) -> (String, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await.unwrap() == 0 {
            break;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.split("\r\n").next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
    (head, String::from_utf8(body).unwrap())
}

async fn ask(address: SocketAddr, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    response(&mut stream).await
}

const LIST: &str = "AWSStepFunctions.ListActivities";

#[tokio::test]
async fn a_connection_takes_one_request_after_another() {
    let server = start(1).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..3 {
        stream.write_all(request(LIST, "{}").as_bytes()).await.unwrap();
        let (head, body) = response(&mut stream).await;
        assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
        assert!(
            head.contains("content-type: application/x-amz-json-1.0\r\n"),
            "{head}"
        );
        assert!(head.contains("\r\ndate: "), "{head}");
        assert_eq!(body, r#"{"activities":[]}"#);
        ids.push(head.split("x-amzn-requestid: ").nth(1).unwrap()[..36].to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn errors_have_their_status_and_type() {
    let server = start(1).await;
    let (head, body) = ask(server.address, &request("AWSStepFunctions.DanceExecution", "{}")).await;
    assert!(head.starts_with("http/1.1 400 "), "{head}");
    assert_eq!(
        body,
        r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#
    );
    let (head, body) = ask(server.address, &request(LIST, "{")).await;
    assert!(head.starts_with("http/1.1 400 "), "{head}");
    assert_eq!(
        body,
        r#"{"__type":"com.amazon.coral.service#SerializationException"}"#
    );
}

#[tokio::test]
async fn the_signature_names_account_and_region() {
    let server = start(1).await;
    let credential = "AWS4-HMAC-SHA256 Credential=111122223333/20261122/eu-west-1/states/aws4_request, SignedHeaders=host, Signature=00";
    let signed = request(LIST, "{}").replacen("\r\n", &format!("\r\nAuthorization: {credential}\r\n"), 1);
    let (_, body) = ask(server.address, &signed).await;
    assert!(
        body.ends_with(r#"#InvalidToken","message":"not 111122223333"}"#),
        "{body}"
    );
}

#[tokio::test]
async fn health_is_told_and_other_paths_are_not_there() {
    let server = start(1).await;
    for (line, status) in [
        ("GET /health", "200"),
        ("HEAD /health", "200"),
        ("POST /health", "405"),
        ("GET /", "405"),
        ("GET /nothing", "404"),
        ("POST /nothing", "404"),
        ("OPTIONS *", "404"),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{line}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let server = start(1).await;
    let most = Limits::AWS.request_bytes;
    let refusal = format!(
        r#"{{"__type":"com.amazon.coral.service#RequestEntityTooLargeException","message":"Request body is larger than {most} bytes"}}"#
    );
    let large = "x".repeat(most + 1);
    let (head, body) = ask(server.address, &request(LIST, &large)).await;
    assert!(head.starts_with("http/1.1 413 "), "{head}");
    assert_eq!(body, refusal);

    let chunked = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {LIST}\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n0\r\n\r\n",
        large.len()
    );
    let (head, body) = ask(server.address, &chunked).await;
    assert!(head.starts_with("http/1.1 413 "), "{head}");
    assert_eq!(body, refusal);
}

#[tokio::test]
async fn headers_are_bounded() {
    let server = start(1).await;
    let long = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n",
        "x".repeat(100 << 10)
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // The server may close while the rest is still being sent.
    let _ = stream.write_all(long.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431 "));
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let server = start(1).await;
    let many = "X-More: x\r\n".repeat(200);
    for (head, status) in [
        (format!("POST / HTTP/1.1\r\nHost: x\r\n{many}\r\n"), "431"),
        ("POST / HTTP/1.1\r\nHo st: x\r\n\r\n".to_owned(), "400"),
        ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n".to_owned(), "400"),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer:?}");
    }
}

#[tokio::test]
async fn answer_does_not_wait_for_the_next_request() {
    let server = start(1).await;
    for begun in ["\r\n", "POST / HT"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {LIST}\r\nContent-Length: 2\r\n\r\n{{}}{begun}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 15];
        let whole = stream.read_exact(&mut answer);
        tokio::time::timeout(Duration::from_secs(5), whole)
            .await
            .expect("an answer")
            .unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    }
}

#[tokio::test]
async fn http_2_is_spoken_to_who_begins_with_it() {
    let server = start(1).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "a SETTINGS frame");
}

#[tokio::test]
async fn requests_under_way_are_answered_before_the_end() {
    let server = start(0).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request(LIST, "{}").as_bytes()).await.unwrap();
    let idle = TcpStream::connect(server.address).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    second
        .write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    response(&mut second).await;
    server.stop.send(()).unwrap();
    server.service.permits.add_permits(1);
    let (head, body) = response(&mut stream).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!(body, r#"{"activities":[]}"#);
    server.serving.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    drop(idle);
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let server = start(1).await;
    let error = server::bind(server.address).await.unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("failed to listen on {}: ", server.address)),
        "{error}"
    );
    assert!(
        error.ends_with("is another server running? choose another port with --listen"),
        "{error}"
    );
}

#[tokio::test]
async fn too_many_connections_are_told_so_and_those_that_are_there_go_on() {
    let bounds = Bounds {
        connections: 2,
        ..Bounds::default()
    };
    let server = start_within(1, bounds).await;
    let mut connections = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request(LIST, "{}").as_bytes()).await.unwrap();
        assert!(response(&mut stream).await.0.starts_with("http/1.1 200 ok"));
        connections.push(stream);
    }
    let (head, body) = ask(server.address, &request(LIST, "{}")).await;
    assert!(head.starts_with("http/1.1 503 service unavailable\r\n"), "{head}");
    assert!(head.contains("connection: close\r\n"), "{head}");
    assert!(body.contains("#ServiceUnavailableException"), "{body}");
    for stream in &mut connections {
        stream.write_all(request(LIST, "{}").as_bytes()).await.unwrap();
        assert!(response(stream).await.0.starts_with("http/1.1 200 ok"));
    }
    connections.pop();
    // The server hears of that a little later.
    while !ask(server.address, &request(LIST, "{}"))
        .await
        .0
        .starts_with("http/1.1 200 ok")
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn bodies_that_are_too_much_together_are_throttled() {
    let bounds = Bounds {
        body_bytes: 8 << 10,
        ..Bounds::default()
    };
    let server = start_within(0, bounds).await;
    let large = format!("{{{}}}", " ".repeat(6 << 10));
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(request(LIST, &large).as_bytes()).await.unwrap();
    // It waits for its permit, with its body in memory; a small one has room beside it.
    let throttled = loop {
        let (head, body) = ask(server.address, &request("AWSStepFunctions.Dance", &large)).await;
        if body.contains("ThrottlingException") {
            break (head, body);
        }
        tokio::task::yield_now().await;
    };
    assert!(throttled.0.starts_with("http/1.1 400 "), "{throttled:?}");
    assert_eq!(
        throttled.1,
        r#"{"__type":"com.amazon.coral.service#ThrottlingException","message":"Rate exceeded"}"#
    );
    let (_, small) = ask(server.address, &request("AWSStepFunctions.Dance", "{}")).await;
    assert!(small.contains("UnknownOperationException"), "{small}");
    server.service.permits.add_permits(1);
    assert!(response(&mut first).await.0.starts_with("http/1.1 200 ok"));
    let (_, large) = ask(server.address, &request("AWSStepFunctions.Dance", &large)).await;
    assert!(large.contains("UnknownOperationException"), "{large}");
}

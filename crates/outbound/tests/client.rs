//! The client against hosts that behave, misbehave, or may not be reached.

#![expect(
    clippy::unwrap_used,
    reason = "what these tests need and do not find fails them"
)]

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use outbound::{Client, Failure, Guard, Limits, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const LIMITS: Limits = Limits {
    time: Duration::from_secs(20),
    body_bytes: 1000,
};

fn client() -> Client {
    Client::new(Guard {
        plain: true,
        allowed: vec!["127.0.0.1".parse().unwrap()],
        ..Guard::default()
    })
}

fn request(url: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        url: url.to_owned(),
        headers: vec![
            ("X-One".to_owned(), "1".to_owned()),
            ("content-length".to_owned(), "2".to_owned()),
        ],
        body: Bytes::from("hello"),
    }
}

/// A host that answers one request with these bytes, and tells what it was sent.
async fn host(answer: impl Into<Vec<u8>>) -> (SocketAddr, oneshot::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heard, hearing) = oneshot::channel();
    let answer = answer.into();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut sent = Vec::new();
        while !sent.ends_with(b"hello") {
            let mut part = [0; 1024];
            let read = stream.read(&mut part).await.unwrap();
            assert_ne!(read, 0, "the client went away");
            sent.extend_from_slice(&part[..read]);
        }
        let _ = heard.send(String::from_utf8(sent).unwrap());
        stream.write_all(&answer).await.unwrap();
    });
    (address, hearing)
}

async fn answered(answer: impl Into<Vec<u8>>) -> Result<Response, Failure> {
    let (address, _) = host(answer).await;
    client()
        .send(request(&format!("http://{address}/")), LIMITS)
        .await
}

#[tokio::test]
async fn a_request_goes_out_as_it_is_and_the_answer_comes_back_as_written() {
    let (address, heard) = host(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made It\r\nX-MixedCase: a\r\nx-mixedcase: b\r\nContent-Length: 2\r\n\r\nok",
    )
    .await;
    let url = format!("http://{address}/p?q=1#fragment");
    let answer = client().send(request(&url), LIMITS).await.unwrap();
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        answer,
        Response {
            status: 201,
            reason: "Made It".to_owned(),
            headers: vec![
                header("X-MixedCase", "a"),
                header("X-MixedCase", "b"),
                header("Content-Length", "2"),
            ],
            body: b"ok".to_vec(),
        }
    );
    let heard = heard.await.unwrap();
    assert!(heard.starts_with("POST /p?q=1 HTTP/1.1\r\n"), "{heard}");
    for line in [
        &format!("host: {address}\r\n"),
        "x-one: 1\r\n",
        "content-length: 5\r\n",
    ] {
        assert!(heard.contains(line), "{heard}");
    }
}

#[tokio::test]
async fn answers_may_have_hundreds_of_headers() {
    let with = |count: usize| {
        let lines: String = (0..count)
            .map(|number| format!("X-Number-{number}: {number}\r\n"))
            .collect();
        format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n")
    };
    let answer = answered(with(999)).await.unwrap();
    assert_eq!(answer.headers.len(), 1000);
    assert_eq!(answer.headers[998], ("X-Number-998".to_owned(), "998".to_owned()));
    let refused = answered(with(1000)).await;
    assert!(matches!(refused, Err(Failure::Lost(..))), "{refused:?}");
}

#[tokio::test]
async fn redirects_are_answers() {
    let answer =
        answered("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(answer.await.unwrap().status, 302);
}

#[tokio::test]
async fn answers_end_at_their_limit() {
    let body = "x".repeat(1000);
    let fits = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{body}");
    assert_eq!(answered(fits).await.unwrap().body.len(), 1000);
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{body}x");
    assert_eq!(answered(endless).await, Err(Failure::TooLarge(1000)));
}

#[tokio::test]
async fn hosts_that_talk_nonsense_are_lost() {
    for nonsense in [
        "",
        "SSH-2.0-OpenSSH\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let answer = answered(nonsense).await;
        assert!(
            matches!(answer, Err(Failure::Lost(..))),
            "{nonsense:?}: {answer:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn hosts_that_say_nothing_time_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    assert_eq!(
        client().send(request(&url), LIMITS).await,
        Err(Failure::TimedOut(20))
    );
}

#[tokio::test]
async fn what_may_not_be_reached_is_refused() {
    let guarded = Client::new(Guard {
        plain: true,
        ..Guard::default()
    });
    for (url, refusal) in [
        (
            "http://127.0.0.1:1/",
            "'127.0.0.1' is 127.0.0.1, a loopback address, which is not reached",
        ),
        ("http://localhost:1/", "a loopback address, which is not reached"),
        ("http://[::1]:1/", "'::1' is ::1, a loopback address"),
        ("http://[::ffff:127.0.0.1]:1/", "a loopback address"),
        ("http://2130706433:1/", "a loopback address"),
        ("http://0x7f.1:1/", "a loopback address"),
        (
            "http://169.254.169.254/latest/meta-data/",
            "'169.254.169.254' is 169.254.169.254, a link-local address",
        ),
        ("http://0.0.0.0:1/", "no address of a host"),
    ] {
        match guarded.send(request(url), LIMITS).await {
            Err(Failure::Refused(text)) => assert!(text.contains(refusal), "{text}"),
            // Not every resolver takes these forms.
            Err(Failure::Unreachable(text)) if url.contains("0x7f") || url.contains("2130706433") => {
                assert!(text.contains("can't be found"), "{text}");
            }
            other => panic!("{url}: {other:?}"),
        }
    }
    let tls_only = Client::new(Guard::default());
    let refused = tls_only.send(request("http://example.com/"), LIMITS).await;
    assert_eq!(
        refused,
        Err(Failure::Refused(
            "'http://example.com/' is not an HTTPS address; plain = true below [http] in stepwell.toml allows it"
                .to_owned()
        ))
    );
}

#[tokio::test]
async fn what_is_no_request_is_not_sent() {
    for url in [
        "",
        "/path",
        "ftp://h/",
        "https://",
        "https://user:password@h/",
        "https://h h/",
        "nonsense",
    ] {
        let answer = client().send(request(url), LIMITS).await;
        assert!(matches!(answer, Err(Failure::Unsendable(_))), "{url}: {answer:?}");
    }
    let answer = client().send(request("https://h h/?key=secret"), LIMITS).await;
    assert!(!format!("{answer:?}").contains("secret"), "{answer:?}");
    let mut smuggled = request("http://127.0.0.1:1/");
    smuggled
        .headers
        .push(("X-Two".to_owned(), "2\r\nHost: other".to_owned()));
    let answer = client().send(smuggled, LIMITS).await;
    assert!(matches!(answer, Err(Failure::Unsendable(_))), "{answer:?}");
}

#[tokio::test]
async fn hosts_that_the_operator_named_may_be_reached() {
    let (address, _) = host("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let trusting = Client::new(Guard {
        trusted: vec![address.to_string()],
        ..Guard::default()
    });
    let answer = trusting
        .send(request(&format!("http://{address}/")), LIMITS)
        .await;
    assert_eq!(answer.unwrap().status, 200);
    let other = trusting.send(request("http://127.0.0.1:1/"), LIMITS).await;
    assert!(matches!(other, Err(Failure::Refused(_))), "{other:?}");
}

//! The client against services that hang, lie, flood and lure.

use std::collections::BTreeMap;
use std::time::Duration;

use aws::{Caller, Client, Failure, Naming, Reply, Services, Settings};
use json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a service does with each connection, once it has been asked.
#[derive(Clone, Copy)]
enum Service {
    /// Answers this, and closes.
    Says(&'static [u8]),
    /// Begins like this and goes on with that for ever.
    Endless(&'static [u8], &'static [u8]),
    /// Begins like this and then says nothing more, without closing.
    Hangs(&'static [u8]),
}

async fn serve(service: Service) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("is bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, service));
        }
    });
    format!("http://{address}")
}

async fn answer(mut stream: TcpStream, service: Service) -> std::io::Result<()> {
    let mut asked = [0; 16 << 10];
    let _ = stream.read(&mut asked).await?;
    match service {
        Service::Says(all) => stream.write_all(all).await,
        Service::Endless(beginning, more) => {
            stream.write_all(beginning).await?;
            loop {
                stream.write_all(more).await?;
            }
        }
        Service::Hangs(beginning) => {
            stream.write_all(beginning).await?;
            std::future::pending().await
        }
    }
}

fn client(endpoint: &str) -> Client {
    let environment = BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), endpoint.to_owned())]);
    Client::new(Settings::of(environment, "", ""))
}

fn caller() -> Caller {
    Caller {
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        role_arn: None,
        session_name: "test".to_owned(),
    }
}

async fn call(client: &Client, service: &str, action: &str, given: Value) -> Result<Reply, Failure> {
    let call = Services::embedded()
        .find(service, action)
        .expect("a known action");
    client.call(&call, &given, Naming::Sdk, &caller()).await
}

/// The error and the cause that a task fails with.
async fn error(service: Service, name: &str, action: &str, given: Value) -> (String, String) {
    let address = serve(service).await;
    let failure = call(&client(&address), name, action, given)
        .await
        .expect_err("no service answered as it should");
    let model = Services::embedded().service(name).expect("a known service");
    failure.error(&model)
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_of_the_client() {
    for (service, what) in [
        (Service::Says(b""), "was lost"),
        (Service::Says(b"SSH-2.0-OpenSSH_9\r\n"), "was lost"),
        (
            Service::Says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"Q"),
            "was lost",
        ),
        (
            Service::Says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            "was lost",
        ),
        (
            Service::Endless(b"HTTP/1.1 200 OK\r\n", b"x-more: headers\r\n"),
            "was lost",
        ),
        (
            Service::Endless(b"HTTP/1.1 200 OK\r\nx-long: ", b"aaaaaaaaaaaaaaaa"),
            "was lost",
        ),
        (
            Service::Says(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\xff\xfe not JSON"),
            "Unable to unmarshall response",
        ),
        (
            Service::Says(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[[[[[[[["),
            "Unable to unmarshall response",
        ),
    ] {
        let (error, cause) = error(service, "sqs", "listQueues", json!({})).await;
        assert_eq!(error, "Sqs.SdkClientException", "{cause}");
        assert!(cause.contains(what), "{cause}");
    }
}

#[tokio::test]
async fn nothing_is_decompressed() {
    // 30 bytes that would become a million.
    let bomb = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\xff\xed\xc1\x01\r\0\0\0\xc2\xa0\xf7Om\x0e7\xa0";
    let (error, cause) = error(Service::Says(bomb), "sqs", "listQueues", json!({})).await;
    assert_eq!(error, "Sqs.SdkClientException");
    assert!(cause.contains("Unable to unmarshall response"), "{cause}");
}

#[tokio::test]
async fn floods_are_cut_off() {
    let flood = Service::Endless(b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 4096]);
    let address = serve(flood).await;
    let answer = call(
        &client(&address),
        "s3",
        "getObject",
        json!({"Bucket": "b", "Key": "k"}),
    )
    .await;
    assert!(matches!(answer, Err(Failure::TooLarge)), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn services_that_hang_are_given_up() {
    for beginning in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
    ] {
        let begun = tokio::time::Instant::now();
        let (error, cause) = error(Service::Hangs(beginning), "sqs", "sendMessage", message()).await;
        assert_eq!(error, "Sqs.SdkClientException");
        assert!(cause.contains("there was no answer within 60 seconds"), "{cause}");
        // It may have been sent, so that it is not sent again.
        assert!(cause.ends_with("(SDK Attempt Count: 1)"), "{cause}");
        assert_eq!(begun.elapsed().as_secs(), 60);
    }
}

fn message() -> Value {
    json!({"QueueUrl": "http://q/1/q", "MessageBody": "m"})
}

#[tokio::test(start_paused = true)]
async fn time_of_an_answer_is_a_setting_which_slow_operations_pass() {
    let address = serve(Service::Hangs(b"")).await;
    let environment = BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), address)]);
    let mut settings = Settings::of(environment, "", "");
    settings.answer_time = Duration::from_secs(5);
    let client = Client::new(settings);
    for (service, action, given, seconds) in [
        ("sqs", "sendMessage", message(), 5),
        ("lambda", "invoke", json!({"FunctionName": "f"}), 910),
    ] {
        let begun = tokio::time::Instant::now();
        assert!(call(&client, service, action, given).await.is_err());
        assert_eq!(begun.elapsed().as_secs(), seconds, "{service}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let lure = Service::Says(
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    let (error, cause) = error(lure, "sqs", "listQueues", json!({})).await;
    assert_eq!(error, "Sqs.SqsException");
    assert!(cause.contains("Status Code: 302"), "{cause}");
}

#[tokio::test]
async fn metadata_is_never_asked_whatever_it_is_called() {
    for host in [
        "169.254.169.254",
        "169.254.170.2",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "100.100.100.200",
        // Forms that some resolvers take for an address.
        "2852039166",
        "0xa9fea9fe",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "169.254.43518",
    ] {
        for scheme in ["http", "https"] {
            let address = format!("{scheme}://{host}/");
            let failure = call(&client(&address), "sqs", "listQueues", json!({})).await;
            let Err(Failure::Client(cause)) = failure else {
                panic!("{address}: {failure:?}");
            };
            let is_refused = ["is no endpoint", "which is not reached", "can't be found"];
            assert!(is_refused.iter().any(|what| cause.contains(what)), "{cause}");
        }
    }
}

#[tokio::test]
async fn calls_of_one_service_wait_for_room() {
    let address = serve(Service::Hangs(b"")).await;
    let environment = BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), address)]);
    let mut settings = Settings::of(environment, "", "");
    settings.concurrency_max = 2;
    let client = Client::new(settings);
    let mut under_way: Vec<_> = (0..3)
        .map(|_| Box::pin(call(&client, "sqs", "sendMessage", message())))
        .collect();
    for one in &mut under_way {
        assert!(poll_once(one).await.is_none());
    }
    assert_eq!(client.under_way("sqs"), 2);
    drop(under_way.remove(0));
    assert!(poll_once(&mut under_way[1]).await.is_none());
    assert_eq!(client.under_way("sqs"), 2);
    assert_eq!(client.under_way("sns"), 0);
}

/// What a future gives when it is asked once.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

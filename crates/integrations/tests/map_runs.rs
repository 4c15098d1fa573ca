//! Map runs read from an S3 of our own and write to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use asl::{ItemFormat, ItemReader, ResultWriter};
use aws::{BODY_BYTES_MAX, Client, Settings};
use functions::{Functions, Settings as FunctionSettings};
use integrations::{ChildResult, ChildStatus, Integrations, ItemsOrder, MapRunIo, MapRunScope, ResultsOrder};
use json::{Payload, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A bucket: what is in each object, by its path.
#[derive(Clone, Default)]
struct Bucket {
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Bucket {
    fn with(self, path: &str, body: impl Into<Vec<u8>>) -> Self {
        self.objects
            .lock()
            .expect("nobody panics")
            .insert(path.into(), body.into());
        self
    }

    fn text(&self, path: &str) -> String {
        String::from_utf8(self.objects.lock().expect("nobody panics")[path].clone())
            .expect("a request of ours")
    }

    /// Serves the bucket, and gives what reads and writes there.
    async fn serve(&self) -> Arc<dyn MapRunIo> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("a request of ours"));
        let bucket = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                bucket.answer(stream).await;
            }
        });
        let environment = BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), address)]);
        let integrations = Integrations::new(Functions::new(
            [],
            FunctionSettings::new("000000000000", "us-east-1"),
        ));
        integrations.set_aws(Client::new(Settings::of(environment, "", "")));
        integrations.map_run_io()
    }

    async fn answer(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).await.is_ok_and(|read| read > 0) {}
        let header = |name: &str| {
            let find = |line: &str| line.to_ascii_lowercase().strip_prefix(name).map(str::to_owned);
            head.lines().find_map(find)
        };
        let length =
            header("content-length: ").map_or(0, |length| length.parse().expect("a request of ours"));
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.expect("a request of ours");
        let (method, rest) = head.split_once(' ').expect("a request of ours");
        let target = rest.split(' ').next().expect("a request of ours");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let range = header("range: bytes=");
        self.asked
            .lock()
            .expect("a request of ours")
            .push(format!("{method} {target} {}", range.clone().unwrap_or_default()));
        let mut objects = self.objects.lock().expect("nobody panics").clone();
        let (status, more, answer) = match (method, objects.get(path), range) {
            ("PUT", ..) => {
                objects.insert(path.to_owned(), body);
                *self.objects.lock().expect("nobody panics") = objects;
                (200, String::new(), Vec::new())
            }
            ("GET", None, _) if query.contains("list-type=2") => (200, String::new(), self.list(path, query)),
            ("GET", Some(object), Some(range)) => {
                let (from, to) = range.split_once('-').expect("a request of ours");
                let (from, to): (usize, usize) = (
                    from.parse().expect("a request of ours"),
                    to.parse().expect("a request of ours"),
                );
                let tag = format!("\"{}\"", object.len());
                if from >= object.len() {
                    (416, String::new(), Vec::new())
                } else if header("if-match: ").is_some_and(|wanted| wanted != tag) {
                    (412, String::new(), error("PreconditionFailed"))
                } else {
                    let end = object.len().min(to + 1);
                    let range = format!("Content-Range: bytes {from}-{}/{}\r\n", end - 1, object.len());
                    (206, format!("{range}ETag: {tag}\r\n"), object[from..end].to_vec())
                }
            }
            _ => (404, String::new(), error("NoSuchKey")),
        };
        let length = answer.len();
        let head =
            format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n");
        let _ = stream.get_mut().write_all(head.as_bytes()).await;
        let _ = stream.get_mut().write_all(&answer).await;
    }

    /// Pages of two entries.
    fn list(&self, path: &str, query: &str) -> Vec<u8> {
        let bucket = format!("{}/", path.trim_end_matches('/'));
        let token = query
            .split('&')
            .find_map(|part| part.strip_prefix("continuation-token="));
        let from: usize = token.map_or(0, |token| token.parse().expect("a request of ours"));
        let objects = self.objects.lock().expect("nobody panics");
        let keys: Vec<(&str, usize)> = objects
            .iter()
            .filter_map(|(path, body)| Some((path.strip_prefix(&bucket)?, body.len())))
            .collect();
        let entry = |(key, size): &(&str, usize)| {
            format!(
                "<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;e&quot;</ETag>\
                 <Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            )
        };
        let page: String = keys.iter().skip(from).take(2).map(entry).collect();
        let more = from + 2 < keys.len();
        format!(
            "<ListBucketResult><IsTruncated>{more}</IsTruncated><NextContinuationToken>{}</NextContinuationToken>{page}\
             </ListBucketResult>",
            from + 2
        )
        .into_bytes()
    }
}

fn error(code: &str) -> Vec<u8> {
    format!("<Error><Code>{code}</Code><Message>told so</Message><RequestId>R</RequestId></Error>")
        .into_bytes()
}

fn scope() -> MapRunScope {
    MapRunScope {
        map_run_arn: "arn:aws:states:us-east-1:000000000000:mapRun:m/L:u-1".into(),
        role_arn: "arn:aws:iam::000000000000:role/r".into(),
        account: "000000000000".into(),
        region: "us-east-1".into(),
    }
}

fn reader(format: ItemFormat) -> ItemReader {
    ItemReader {
        lists: false,
        parameters: None,
        format,
        flattens: false,
        manifest: None,
        items_pointer: None,
        csv_delimiter: ',',
        csv_headers: None,
        max_items: None,
    }
}

/// All items, in pages of so many at most, or the error and the cause.
async fn read(
    io: &Arc<dyn MapRunIo>,
    reader: ItemReader,
    parameters: Value,
    most: usize,
) -> Result<Vec<(Value, String)>, String> {
    let order = ItemsOrder {
        scope: scope(),
        reader,
        parameters,
        items_max: None,
    };
    let told = |ending: engine::Ending| {
        format!(
            "{}: {}",
            ending.error.expect("a request of ours"),
            ending.cause.expect("a request of ours")
        )
    };
    let mut source = io.items(order).await.map_err(told)?;
    let mut items = Vec::new();
    loop {
        let page = source.page(most).await.map_err(told)?;
        assert!(page.len() <= most);
        if page.is_empty() {
            return Ok(items);
        }
        items.extend(page.into_iter().map(|item| (item.value, item.source.to_string())));
    }
}

#[tokio::test]
async fn large_object_is_read_in_ranges() {
    let line = |number: usize| format!("{{\"n\":{number},\"pad\":\"{}\"}}\n", "x".repeat(1000));
    let body: String = (0..9000).map(line).collect();
    assert!(body.len() > 2 * BODY_BYTES_MAX);
    let bucket = Bucket::default().with("/b/k.jsonl", body);
    let io = bucket.serve().await;
    let place = json!({"Bucket": "b", "Key": "k.jsonl"});
    let items = read(&io, reader(ItemFormat::JsonLines), place, 1000)
        .await
        .unwrap();
    assert_eq!(items.len(), 9000);
    assert!(
        items
            .iter()
            .enumerate()
            .all(|(place, (item, _))| item.get("n") == Some(&Value::from(place as u64)))
    );
    assert_eq!(items[0].1, "S3://b/k.jsonl");
    assert_eq!(
        *bucket.asked.lock().unwrap(),
        [
            "GET /b/k.jsonl 0-4194303",
            "GET /b/k.jsonl 4194304-8388607",
            "GET /b/k.jsonl 8388608-12582911",
        ]
    );
}

#[tokio::test]
async fn object_that_changes_is_not_read_on() {
    let bucket = Bucket::default().with("/b/k", "1\n".repeat(BODY_BYTES_MAX));
    let io = bucket.serve().await;
    let order = ItemsOrder {
        scope: scope(),
        reader: reader(ItemFormat::JsonLines),
        parameters: json!({"Bucket": "b", "Key": "k"}),
        items_max: None,
    };
    let mut source = io.items(order).await.unwrap();
    assert_eq!(source.page(10).await.unwrap().len(), 10);
    let _changed = bucket.clone().with("/b/k", "2\n".repeat(BODY_BYTES_MAX - 1));
    let failed = loop {
        match source.page(usize::MAX).await {
            Ok(page) => assert!(!page.is_empty()),
            Err(failed) => break failed,
        }
    };
    assert_eq!(failed.error.as_deref(), Some("States.ItemReaderFailed"));
    assert_eq!(
        failed.cause.as_deref(),
        Some("told so (Service: S3, Status Code: 412, Request ID: R)")
    );
}

#[tokio::test]
async fn listing_is_followed_page_by_page() {
    let bucket = Bucket::default()
        .with("/b/p/1.csv", "a\nx\n")
        .with("/b/p/2.csv", "")
        .with("/b/p/3.csv", "a\ny\nz\n");
    let io = bucket.serve().await;
    let place = json!({"Bucket": "b", "Prefix": "p/"});
    let listed = ItemReader {
        lists: true,
        ..reader(ItemFormat::Json)
    };
    let items = read(&io, listed, place.clone(), 2).await.unwrap();
    assert_eq!(items.len(), 3);
    assert_eq!(
        items[2].0.to_string(),
        r#"{"Etag":"\"e\"","Key":"p/3.csv","LastModified":1767323045,"Size":8,"StorageClass":"STANDARD"}"#
            .replace(":8,", ":6,")
    );
    assert_eq!(items[2].1, "S3://b");
    let flattened = ItemReader {
        lists: true,
        flattens: true,
        ..reader(ItemFormat::Csv)
    };
    let items = read(&io, flattened, place, 10).await.unwrap();
    let told: Vec<String> = items
        .iter()
        .map(|(item, source)| format!("{source} {item}"))
        .collect();
    assert_eq!(
        told,
        [
            r#"S3://b/p/1.csv {"a":"x"}"#,
            r#"S3://b/p/3.csv {"a":"y"}"#,
            r#"S3://b/p/3.csv {"a":"z"}"#
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_read_says_why() {
    let bucket = Bucket::default().with("/b/k", "7").with("/b/empty", "");
    let io = bucket.serve().await;
    for (format, parameters, failure) in [
        (
            ItemFormat::Json,
            json!({"Bucket": "b", "Key": "none"}),
            "told so (Service: S3, Status Code: 404, Request ID: R)",
        ),
        (
            ItemFormat::Json,
            json!({"Bucket": "b", "Key": "k"}),
            "Attempting to map over non-iterable node.",
        ),
        (
            ItemFormat::Json,
            json!({"Bucket": "b", "Key": "empty"}),
            "The data is not valid JSON.",
        ),
        (
            ItemFormat::Json,
            json!({"Bucket": "b"}),
            "The field 'Key' is required but was missing",
        ),
        (
            ItemFormat::Parquet,
            json!({"Bucket": "b", "Key": "k"}),
            "This version of Stepwell reads no items from PARQUET.",
        ),
    ] {
        let failed = read(&io, reader(format), parameters, 10).await;
        assert_eq!(failed, Err(format!("States.ItemReaderFailed: {failure}")));
    }
    let empty = json!({"Bucket": "b", "Key": "empty"});
    assert_eq!(
        read(&io, reader(ItemFormat::Csv), empty, 10).await,
        Ok(Vec::new())
    );
}

#[tokio::test]
async fn results_are_written_with_a_manifest() {
    let bucket = Bucket::default();
    let io = bucket.serve().await;
    let writer = ResultWriter {
        destination: None,
        transformation: Some(asl::Transformation::Compact),
        lines: false,
    };
    let order = ResultsOrder {
        scope: scope(),
        writer,
        parameters: json!({"Bucket": "b", "Prefix": "p"}),
    };
    let mut sink = io.results(order).await.unwrap();
    let result = |status, output: Option<Value>| ChildResult {
        status,
        record: json!({"Name": "n"}),
        output: output.map(Payload::from),
    };
    sink.write(vec![
        result(ChildStatus::Succeeded, Some(json!({"ü": 1}))),
        result(ChildStatus::Failed, None),
    ])
    .await
    .unwrap();
    let details = sink.finish().await.unwrap();
    assert_eq!(
        details.to_string(),
        r#"{"Bucket":"b","Key":"p/u-1/manifest.json"}"#
    );
    assert_eq!(bucket.text("/b/p/u-1/SUCCEEDED_0.json"), r#"[{"ü":1}]"#);
    assert_eq!(bucket.text("/b/p/u-1/FAILED_0.json"), r#"[{"Name":"n"}]"#);
    assert!(
        bucket
            .text("/b/p/u-1/manifest.json")
            .contains(r#""SUCCEEDED":[{"Key":"p/u-1/SUCCEEDED_0.json","Size":10}]"#)
    );
}

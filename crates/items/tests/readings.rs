//! Whole readings: listings, manifests and what they lead to, from a bucket of our own.

use std::collections::HashMap;

use items::{Columns, Fault, Format, Layout, Manifest, Next, Place, Reading};
use json::{Value, json};

/// Reads all from a bucket, in ranges of so many bytes and pages of so many entries.
fn read(
    mut reading: Reading,
    bucket: &HashMap<&str, &str>,
    range: usize,
    page: usize,
) -> Result<Vec<String>, Fault> {
    let mut items = Vec::new();
    loop {
        match reading.next_step()? {
            Next::Item(item) => items.push(format!("{} {}", item.source, item.value)),
            Next::End => return Ok(items),
            Next::Bytes(place, from) => {
                let body = bucket[&*place.key].as_bytes();
                let from = from as usize;
                let end = body.len().min(from + range);
                reading.give(&body[from..end], end == body.len());
            }
            Next::Page(token) => {
                let from: usize = token.map_or(0, |token| token.parse().expect("our own"));
                let mut keys: Vec<&&str> = bucket.keys().collect();
                keys.sort_unstable();
                let entry = |key: &&&str| {
                    json!({"Key": key, "ETag": "\"e\"", "Size": bucket[**key].len(),
                    "LastModified": "2026-01-02T03:04:05Z", "StorageClass": "STANDARD"})
                };
                let contents: Vec<Value> = keys.iter().skip(from).take(page).map(entry).collect();
                let end = from + contents.len();
                let answer = json!({"IsTruncated": end < keys.len(), "NextContinuationToken": end.to_string(),
                    "KeyCount": contents.len()});
                let Value::Object(mut answer) = answer else {
                    unreachable!()
                };
                answer.insert("Contents", Value::from(contents));
                reading.give_page(&Value::Object(answer))?;
            }
        }
    }
}

fn place(key: &str) -> Place {
    Place {
        bucket: "b".into(),
        key: key.into(),
    }
}

const JSON_LINES: Layout = Layout::Contents(Format::JsonLines);

#[test]
fn object_is_read_up_to_the_most_items() {
    let bucket = HashMap::from([("k", "1\n2\n3\n")]);
    let reading = |most| Reading::of_object(place("k"), JSON_LINES, most).unwrap();
    for range in [1, 3, 100] {
        assert_eq!(
            read(reading(0), &bucket, range, 1).unwrap(),
            ["S3://b/k 1", "S3://b/k 2", "S3://b/k 3"]
        );
        assert_eq!(
            read(reading(2), &bucket, range, 1).unwrap(),
            ["S3://b/k 1", "S3://b/k 2"]
        );
    }
}

#[test]
fn entries_of_a_listing_are_items() {
    let bucket = HashMap::from([("p/", ""), ("p/a", "x"), ("p/b", "yz")]);
    let expected = [
        r#"S3://b {"Etag":"\"e\"","Key":"p/","LastModified":1767323045,"Size":0,"StorageClass":"STANDARD"}"#,
        r#"S3://b {"Etag":"\"e\"","Key":"p/a","LastModified":1767323045,"Size":1,"StorageClass":"STANDARD"}"#,
        r#"S3://b {"Etag":"\"e\"","Key":"p/b","LastModified":1767323045,"Size":2,"StorageClass":"STANDARD"}"#,
    ];
    for page in [1, 2, 1000] {
        let reading = Reading::of_listing("b".into(), Layout::Entries, 0);
        assert_eq!(read(reading, &bucket, 1, page).unwrap(), expected);
    }
    let reading = Reading::of_listing("b".into(), Layout::Entries, 2);
    assert_eq!(read(reading, &bucket, 1, 1).unwrap(), expected[..2]);
}

#[test]
fn listing_that_never_ends_is_refused() {
    let mut reading = Reading::of_listing("b".into(), Layout::Entries, 0);
    let answer = json!({"IsTruncated": true, "NextContinuationToken": "t"});
    assert_eq!(reading.next_step(), Ok(Next::Page(None)));
    assert_eq!(reading.give_page(&answer), Ok(()));
    assert_eq!(reading.next_step(), Ok(Next::Page(Some("t".into()))));
    assert!(reading.give_page(&answer).is_err());
}

#[test]
fn objects_of_a_listing_are_flattened() {
    let bucket = HashMap::from([
        ("p/", ""),
        ("p/a", "x\n1\n2\n"),
        ("p/b", "x\n"),
        ("p/c", "y\n3\n"),
    ]);
    let format = Format::Csv {
        delimiter: b',',
        columns: Columns::FirstRow,
    };
    let reading = Reading::of_listing("b".into(), Layout::Contents(format), 0);
    assert_eq!(
        read(reading, &bucket, 2, 2).unwrap(),
        [
            r#"S3://b/p/a {"x":"1"}"#,
            r#"S3://b/p/a {"x":"2"}"#,
            r#"S3://b/p/c {"y":"3"}"#
        ]
    );
}

#[test]
fn inventory_leads_to_its_files() {
    let manifest = r#"{"sourceBucket":"s","destinationBucket":"arn:aws:s3:::d","fileFormat":"CSV",
        "fileSchema":"Bucket, Key, Size","files":[{"key":"data/1.csv","size":9},{"key":"data/2.csv","size":9}]}"#;
    let bucket = HashMap::from([
        ("m/manifest.json", manifest),
        ("data/1.csv", "\"s\",\"k 1\",\"5\"\n"),
        ("data/2.csv", "\"s\",\"k2\",\"6\"\n"),
    ]);
    let layout = Layout::Manifest(Manifest::Inventory);
    let reading = Reading::of_object(place("m/manifest.json"), layout, 0).unwrap();
    assert_eq!(
        read(reading, &bucket, 50, 1).unwrap(),
        [
            r#"S3://d/data/1.csv {"Bucket":"s","Size":"5","Key":"k 1"}"#,
            r#"S3://d/data/2.csv {"Bucket":"s","Size":"6","Key":"k2"}"#
        ]
    );
}

#[test]
fn inventory_that_cannot_be_read_says_why() {
    for (manifest, fault) in [
        (
            "x",
            "The manifest cannot be read: it is not valid JSON: expected value at line 1 column 1.",
        ),
        ("{}", "The manifest cannot be read: it has no text `fileFormat`."),
        (
            r#"{"fileFormat":"ORC"}"#,
            "The manifest cannot be read: its `fileFormat` is ORC, and only CSV is supported.",
        ),
        (
            r#"{"fileFormat":"CSV","fileSchema":"Key","destinationBucket":"arn:aws:s3:::d"}"#,
            "The manifest cannot be read: it has no array `files`.",
        ),
    ] {
        let layout = Layout::Manifest(Manifest::Inventory);
        let reading = Reading::of_object(place("k"), layout, 0).unwrap();
        let error = read(reading, &HashMap::from([("k", manifest)]), 50, 1).unwrap_err();
        assert_eq!(error.to_string(), fault);
    }
}

#[test]
fn athena_leads_to_what_it_wrote() {
    let bucket = HashMap::from([
        ("m.csv", "s3://b/o/1\n\"s3://b/o/2\"\n"),
        ("o/1", "{\"a\":1}\n"),
        ("o/2", "{\"a\":2}\n{\"a\":3}\n"),
    ]);
    let layout = Layout::Manifest(Manifest::Athena(Format::JsonLines));
    let reading = Reading::of_object(place("m.csv"), layout.clone(), 0).unwrap();
    assert_eq!(
        read(reading, &bucket, 5, 1).unwrap(),
        [
            r#"S3://b/o/1 {"a":1}"#,
            r#"S3://b/o/2 {"a":2}"#,
            r#"S3://b/o/2 {"a":3}"#
        ]
    );
    let reading = Reading::of_object(place("k"), layout, 0).unwrap();
    assert!(read(reading, &HashMap::from([("k", "http://x/y\n")]), 50, 1).is_err());
}

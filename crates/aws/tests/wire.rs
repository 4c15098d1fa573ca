//! Requests and results of frozen examples, which botocore was found to agree with.
//!
//! `tests/data/wire.json` is made by `tools/awsfacts/differential.py --freeze`.

use aws::{Answer, Naming, Services, build, parse};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use json::{Value, json};

fn examples() -> Vec<Value> {
    let examples = json::parse(include_str!("data/wire.json")).expect("is JSON");
    examples.as_array().expect("a list").to_vec()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).expect("a text")
}

fn call(example: &Value) -> aws::Call {
    let found = Services::embedded().find(text(example, "service"), text(example, "action"));
    found.expect("is known")
}

#[test]
fn requests_are_as_frozen() {
    let mut count = 0;
    for example in examples() {
        let (Some(parameters), Some(wanted)) = (example.get("parameters"), example.get("request")) else {
            continue;
        };
        let request = build(&call(&example), parameters, Naming::Api, None).unwrap();
        let found = json!({
            "method": request.method,
            "host_prefix": request.host_prefix,
            "path": request.path,
            "query": request.query,
            "headers": request.headers,
            "body": BASE64_STANDARD.encode(request.body),
        });
        assert_eq!(&found, wanted, "{}", text(&example, "action"));
        count += 1;
    }
    assert!(count > 30, "{count}");
}

#[test]
fn results_are_as_frozen() {
    let mut count = 0;
    for example in examples() {
        let (Some(given), Some(wanted)) = (example.get("answer"), example.get("result")) else {
            continue;
        };
        let headers = given.get("headers").and_then(Value::as_array).expect("a list");
        let of_pair =
            |pair: &Value, index: usize| pair.at(index).and_then(Value::as_str).expect("a text").to_owned();
        let answer = Answer {
            status: 200,
            headers: headers
                .iter()
                .map(|pair| (of_pair(pair, 0), of_pair(pair, 1)))
                .collect(),
            body: BASE64_STANDARD.decode(text(given, "body")).unwrap(),
        };
        let found = parse(&call(&example), &answer, Naming::Api).unwrap();
        assert_eq!(&found, wanted, "{}", text(&example, "action"));
        count += 1;
    }
    assert!(count > 25, "{count}");
}

//! What handlers see and what becomes of what they return and throw, in each runtime.

use crate::support::Fixture;
use functions::{Invocation, Outcome, Runtime};
use serde_json::json;

/// A `bootstrap` in plain shell and curl, which answers every event with `RESULT` sent to `PATH`.
const BOOTSTRAP: &str = r#"#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  event=$(curl -sS -D headers "$api/next") || exit 1
  id=$(tr -d '\r' < headers | sed -n 's/^lambda-runtime-aws-request-id: //Ip')
  . ./answer.sh
done
"#;

fn bootstrap(answer: &str) -> Fixture {
    Fixture::new(
        Runtime::Provided,
        &[("bootstrap", BOOTSTRAP), ("answer.sh", answer)],
    )
}

#[tokio::test]
async fn python_handler_gets_event_and_context() {
    let code = r#"
import os
def lambda_handler(event, context):
    print("hello", event["name"])
    return {
        "name": event["name"], "id": context.aws_request_id, "arn": context.invoked_function_arn,
        "function": context.function_name, "version": context.function_version,
        "memory": context.memory_limit_in_mb, "group": context.log_group_name,
        "stream": context.log_stream_name == os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        "time": 0 < context.get_remaining_time_in_millis() <= 60000,
        "custom": context.client_context.custom["k"],
        "trace": os.environ["_X_AMZN_TRACE_ID"].startswith("Root=1-"),
        "region": os.environ["AWS_REGION"], "key": os.environ["AWS_ACCESS_KEY_ID"], "mode": os.environ["MODE"],
        "endpoint": os.environ["AWS_ENDPOINT_URL"], "secret": os.environ.get("CARGO_MANIFEST_DIR"),
        "source": os.environ.get("STEPWELL_BOOTSTRAP"), "folder": os.getcwd() == os.environ["LAMBDA_TASK_ROOT"],
    }
"#;
    let files = [("lambda_function.py", code)];
    let fixture = Fixture::with(Runtime::Python, &files, |config, settings| {
        config.env.insert("MODE".into(), "test".into());
        settings.endpoint_url = Some("http://127.0.0.1:8083".into());
    });
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:f:live";
    let mut invocation = Invocation::new(arn, r#"{"name": "Zoë 🚀"}"#);
    invocation.request_id = "r-1".into();
    invocation.client_context = Some(r#"{"custom": {"k": "vé"}}"#.into());
    let Outcome::Success { payload, log_tail } = fixture.functions.invoke(invocation).await else {
        panic!()
    };
    let expected = json!({
        "name": "Zoë 🚀", "id": "r-1", "arn": arn, "function": "f", "version": "$LATEST", "memory": "128",
        "group": "/aws/lambda/f", "stream": true, "time": true, "custom": "vé", "trace": true,
        "region": "eu-west-1", "key": "123456789012", "mode": "test", "endpoint": "http://127.0.0.1:8083",
        "secret": null, "source": null, "folder": true,
    });
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&payload).unwrap(),
        expected
    );
    assert!(payload.contains("Zoë 🚀"), "text is not escaped");
    assert!(
        log_tail.starts_with("START RequestId: r-1 Version: $LATEST\nhello Zoë 🚀\nEND RequestId: r-1\n"),
        "{log_tail}"
    );
}

#[tokio::test]
async fn python_exception_is_reported_as_on_aws() {
    let code = "class Lost(Exception):\n    pass\n\ndef find(event):\n    raise Lost(event)\n\n\
                def lambda_handler(event, context):\n    find(event)\n";
    let fixture = Fixture::python(code);
    let mut invocation = Invocation::new("f", r#""key""#);
    invocation.request_id = "r-1".into();
    let Outcome::FunctionError {
        error_type,
        payload,
        log_tail,
        ..
    } = fixture.functions.invoke(invocation).await
    else {
        panic!()
    };
    assert_eq!(error_type.as_deref(), Some("Lost"));
    let expected = concat!(
        r#"{"errorMessage": "key", "errorType": "Lost", "requestId": "r-1", "stackTrace": ["#,
        r#""  File \"/var/task/lambda_function.py\", line 8, in lambda_handler\n    find(event)\n", "#,
        r#""  File \"/var/task/lambda_function.py\", line 5, in find\n    raise Lost(event)\n"]}"#
    );
    assert_eq!(payload, expected);
    assert!(
        log_tail.contains("[ERROR] Lost: key\nTraceback (most recent call last):\n  File \"/"),
        "{log_tail}"
    );
}

#[tokio::test]
async fn python_results_are_encoded_as_on_aws() {
    let code = r#"
from decimal import Decimal
def lambda_handler(event, context):
    return {"none": None, "decimal": Decimal("1.10"), "set": {1}, "bytes": b'{"a":  1}'}[event] if event else None
"#;
    let fixture = Fixture::python(code);
    let payload = async |event: &str| match fixture.call(event).await {
        Outcome::Success { payload, .. } => payload,
        other => panic!("{other:?}"),
    };
    assert_eq!(payload("null").await, "null");
    assert_eq!(payload(r#""decimal""#).await, "1.10");
    assert_eq!(payload(r#""bytes""#).await, r#"{"a":  1}"#);
    let (kind, error) = fixture.failure(r#""set""#).await;
    assert_eq!(kind, "Runtime.MarshalError");
    assert_eq!(
        error["errorMessage"],
        "Unable to marshal response: Object of type set is not JSON serializable"
    );
    let (kind, _) = fixture.failure("{").await;
    assert_eq!(kind, "Runtime.UnmarshalError");
}

#[tokio::test]
async fn python_handlers_live_in_folders() {
    for handler in ["src/app.run", "src.app.run"] {
        let files = [("src/app.py", "def run(event, context):\n    return event * 2\n")];
        let fixture = Fixture::with(Runtime::Python, &files, |config, _| {
            config.handler = Some(handler.into())
        });
        assert_eq!(fixture.result("21").await, 42, "{handler}");
    }
}

#[tokio::test]
async fn python_start_failures_have_their_names() {
    let cases = [
        (
            "import nowhere",
            "Runtime.ImportModuleError",
            "Unable to import module 'lambda_function': No module named 'nowhere'",
        ),
        (
            "def other(): pass",
            "Runtime.HandlerNotFound",
            "Handler 'lambda_handler' missing on module 'lambda_function'",
        ),
        (
            "def (",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'lambda_function': ",
        ),
        ("raise ValueError('cold')", "ValueError", "cold"),
    ];
    for (code, kind, message) in cases {
        let (found, error) = Fixture::python(code).failure("{}").await;
        assert_eq!(found, kind);
        assert!(
            error["errorMessage"].as_str().unwrap().starts_with(message),
            "{error}"
        );
    }
}

#[tokio::test]
async fn node_handler_gets_event_and_context() {
    let code = r#"
import { basename } from 'node:path';
export const handler = async (event, context) => {
  console.log('hello', event.name);
  return {
    name: event.name, id: context.awsRequestId, arn: context.invokedFunctionArn, function: context.functionName,
    memory: context.memoryLimitInMB, time: context.getRemainingTimeInMillis() > 0, base: basename('/a/b'),
    custom: context.clientContext.custom.k, source: process.env.STEPWELL_BOOTSTRAP,
  };
};
"#;
    let fixture = Fixture::node(code);
    let mut invocation = Invocation::new("f", r#"{"name": "Zoë 🚀"}"#);
    invocation.request_id = "r-1".into();
    invocation.client_context = Some(r#"{"custom": {"k": "vé"}}"#.into());
    let Outcome::Success { payload, log_tail } = fixture.functions.invoke(invocation).await else {
        panic!()
    };
    let expected = json!({
        "name": "Zoë 🚀", "id": "r-1", "arn": "arn:aws:lambda:eu-west-1:123456789012:function:f",
        "function": "f", "memory": "128", "time": true, "base": "b", "custom": "vé",
    });
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&payload).unwrap(),
        expected
    );
    assert!(log_tail.contains("\nhello Zoë 🚀\n"), "{log_tail}");
}

#[tokio::test]
async fn node_modules_of_every_kind_load() {
    let commonjs = "exports.handler = async (event) => event + 1;";
    let module = "export const handler = async (event) => event + 1;";
    let cases: [&[(&str, &str)]; 4] = [
        &[("index.js", commonjs)],
        &[("index.cjs", commonjs)],
        &[("index.mjs", module)],
        &[("index.js", module), ("package.json", r#"{"type": "module"}"#)],
    ];
    for files in cases {
        assert_eq!(
            Fixture::new(Runtime::Node, files).result("1").await,
            2,
            "{files:?}"
        );
    }
}

#[tokio::test]
async fn node_callbacks_answer_once_the_loop_is_empty() {
    let code = r#"
let late = 0;
exports.handler = (event, context, callback) => {
  if (event === 'never') return;
  if (event === 'error') return callback(new TypeError('bad'));
  if (event === 'text') return callback('plain');
  setTimeout(() => { late += 1; }, 20);
  callback(null, 'value');
};
exports.late = () => late;
"#;
    let fixture = Fixture::new(Runtime::Node, &[("index.js", code)]);
    assert_eq!(fixture.result(r#""value""#).await, "value");
    assert_eq!(fixture.result(r#""never""#).await, json!(null));
    let (kind, error) = fixture.failure(r#""error""#).await;
    assert_eq!(
        (kind.as_str(), &error["errorMessage"]),
        ("TypeError", &json!("bad"))
    );
    let (_, error) = fixture.failure(r#""text""#).await;
    assert_eq!(
        error,
        json!({"errorType": "string", "errorMessage": "plain", "trace": []})
    );
}

#[tokio::test]
async fn node_errors_are_reported_as_on_aws() {
    let code = r#"
class Lost extends Error { constructor(message) { super(message); this.name = 'Lost'; } }
export const handler = async (event) => {
  if (event === 'later') { setTimeout(() => { throw new Lost('later'); }); await new Promise(() => {}); }
  if (event === 'unheard') { Promise.reject(new Error('unheard')); await new Promise(r => setTimeout(r, 9999)); }
  if (event === 'circle') { const circle = {}; circle.self = circle; return circle; }
  throw new Lost(event);
};
"#;
    let fixture = Fixture::node(code);
    let (kind, error) = fixture.failure(r#""key""#).await;
    assert_eq!(kind, "Lost");
    let keys: Vec<_> = error.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["errorType", "errorMessage", "trace"]);
    assert_eq!(error["errorMessage"], "key");
    assert_eq!(error["trace"][0], "Lost: key");
    assert_eq!(
        error["trace"][1],
        "    at handler (file:///var/task/index.mjs:7:9)"
    );
    assert!(
        error["trace"][2]
            .as_str()
            .unwrap()
            .contains("/var/runtime/index.mjs"),
        "{error}"
    );

    let (kind, error) = fixture.failure(r#""later""#).await;
    assert_eq!((kind.as_str(), &error["errorMessage"]), ("Lost", &json!("later")));
    let (kind, error) = fixture.failure(r#""unheard""#).await;
    assert_eq!(kind, "Runtime.UnhandledPromiseRejection");
    assert_eq!(error["errorMessage"], "Error: unheard");
    let (_, error) = fixture.failure(r#""circle""#).await;
    assert_eq!(error["errorMessage"], "Unable to stringify response body");
}

#[tokio::test]
async fn node_start_failures_have_their_names() {
    let cases = [
        (
            "require('nowhere');",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'nowhere'",
        ),
        (
            "exports.other = 1;",
            "Runtime.HandlerNotFound",
            "index.handler is undefined or not exported",
        ),
        (
            "exports.handler = 1;",
            "Runtime.HandlerNotFound",
            "index.handler is not a function",
        ),
        (
            "exports.handler = (;",
            "Runtime.UserCodeSyntaxError",
            "SyntaxError: ",
        ),
        ("throw new RangeError('cold');", "RangeError", "cold"),
    ];
    for (code, kind, message) in cases {
        let (found, error) = Fixture::new(Runtime::Node, &[("index.js", code)])
            .failure("{}")
            .await;
        assert_eq!(found, kind, "{error}");
        assert!(
            error["errorMessage"].as_str().unwrap().starts_with(message),
            "{error}"
        );
    }
}

#[tokio::test]
async fn bootstrap_program_answers() {
    let fixture = bootstrap(r#"curl -sS -o /dev/null "$api/$id/response" -d "{\"got\": $event}""#);
    assert_eq!(fixture.result(r#"{"a": 1}"#).await, json!({"got": {"a": 1}}));
    assert_eq!(fixture.result("2").await, json!({"got": 2}));
    assert_eq!(*fixture.functions.worker_count().borrow(), 1);
}

#[tokio::test]
async fn bootstrap_response_may_be_chunked() {
    let answer = r#"echo '[1, 2]' | curl -sS -o /dev/null "$api/$id/response" -T - -X POST"#;
    assert_eq!(bootstrap(answer).result("{}").await, json!([1, 2]));
}

#[tokio::test]
async fn bootstrap_error_is_kept_as_it_is() {
    let answer = r#"curl -sS -o /dev/null "$api/$id/error" -d '{"errorType":  "Own.Kind", "more": 1.50}'"#;
    let Outcome::FunctionError {
        error_type, payload, ..
    } = bootstrap(answer).call("{}").await
    else {
        panic!()
    };
    assert_eq!(error_type.as_deref(), Some("Own.Kind"));
    assert_eq!(payload, r#"{"errorType":  "Own.Kind", "more": 1.50}"#);

    let answer = r#"curl -sS -o /dev/null "$api/$id/error" -d '{"reason": "none"}'"#;
    let Outcome::FunctionError { error_type, .. } = bootstrap(answer).call("{}").await else {
        panic!()
    };
    assert_eq!(error_type, None);
}

#[tokio::test]
async fn garbage_response_is_a_failure() {
    let fixture = bootstrap(r#"curl -sS -o /dev/null "$api/$id/response" -d 'Hello, world'"#);
    let (kind, error) = fixture.failure("{}").await;
    assert_eq!(kind, "Runtime.InvalidResponse");
    assert!(
        error["errorMessage"]
            .as_str()
            .unwrap()
            .starts_with("RequestId: r-1 Error: The function's response")
    );
}

#[tokio::test]
async fn response_over_the_limit_is_a_failure() {
    let code = "
import os
def lambda_handler(event, context):
    return 'x' * event if event else os.getpid()
";
    let fixture = Fixture::python(code);
    let worker = fixture.result("0").await;
    let (kind, error) = fixture.failure("6291555").await;
    assert_eq!(kind, "Function.ResponseSizeTooLarge");
    assert_eq!(
        error["errorMessage"],
        "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    );
    assert_eq!(
        fixture.result("6291554").await.as_str().map(str::len),
        Some(6_291_554)
    );
    assert_eq!(fixture.result("0").await, worker);

    let (kind, _) = fixture.failure("70000000").await;
    assert_eq!(kind, "Function.ResponseSizeTooLarge");
    assert_eq!(fixture.result("1").await, "x");
}

#[tokio::test]
async fn code_may_lie_behind_a_link() {
    let real = tempfile::tempdir().unwrap();
    let link = real.path().join("link");
    std::os::unix::fs::symlink(real.path(), &link).unwrap();
    for (runtime, file, code, trace) in [
        (
            Runtime::Python,
            "lambda_function.py",
            "def lambda_handler(e, c): e.none",
            "stackTrace",
        ),
        (
            Runtime::Node,
            "index.js",
            "exports.handler = async () => none;",
            "trace",
        ),
    ] {
        std::fs::write(real.path().join(file), code).unwrap();
        let fixture = Fixture::with(runtime, &[], |config, _| config.code = link.clone());
        let (_, error) = fixture.failure("{}").await;
        assert!(
            error[trace].to_string().contains(&format!("/var/task/{file}")),
            "{error}"
        );
        assert!(
            !error[trace].to_string().contains(real.path().to_str().unwrap()),
            "{error}"
        );
    }
}

#[tokio::test]
async fn answers_to_other_events_are_refused() {
    let answer = r#"
code=$(curl -sS -o /dev/null -w '%{http_code}' "$api/other/response" -d 1)
again=$(curl -sS -o /dev/null -w '%{http_code}' "$api/next")
curl -sS -o /dev/null "$api/$id/response" -d "[$code, $again]"
"#;
    assert_eq!(bootstrap(answer).result("{}").await, json!([400, 403]));
}

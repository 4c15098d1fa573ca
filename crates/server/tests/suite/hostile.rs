//! Whatever a request holds, the answer is an answer or one of AWS's errors, never a failure of the server.

use std::sync::LazyLock;

use ::api::{Caller, Operation, Response};
use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};

static LOOP: LazyLock<Runtime> = LazyLock::new(|| Builder::new_multi_thread().enable_all().build().unwrap());

const MEMBERS: [&str; 26] = [
    "stateMachineArn",
    "executionArn",
    "activityArn",
    "mapRunArn",
    "resourceArn",
    "name",
    "definition",
    "roleArn",
    "type",
    "loggingConfiguration",
    "tracingConfiguration",
    "encryptionConfiguration",
    "tags",
    "publish",
    "input",
    "output",
    "taskToken",
    "error",
    "cause",
    "maxResults",
    "nextToken",
    "statusFilter",
    "reverseOrder",
    "includeExecutionData",
    "workerName",
    "severity",
];

fn value() -> impl Strategy<Value = serde_json::Value> {
    let texts = prop_oneof![
        Just("arn:aws:states:us-east-1:000000000000:stateMachine:m".to_owned()),
        Just("arn:aws:states:us-east-1:000000000000:stateMachine:m:1".to_owned()),
        Just("arn:aws:states:us-east-1:000000000000:stateMachine:m/l".to_owned()),
        Just("arn:aws:states:us-east-1:000000000000:execution:m:e".to_owned()),
        Just("arn:aws:states:us-east-1:000000000000:express:m:e:u".to_owned()),
        Just("arn:aws:states:us-east-1:000000000000:activity:a".to_owned()),
        Just("arn:aws:states:us-east-1:000000000000:mapRun:m/l:u".to_owned()),
        Just("arn:aws:iam::000000000000:role/r".to_owned()),
        Just(r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#.to_owned()),
        Just(r#"{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":9,"End":true}}}"#.to_owned()),
        Just(
            ids::TaskToken {
                execution_id: u64::MAX,
                scheduled_event_id: u64::MAX,
                nonce: 0
            }
            .to_string()
        ),
        Just("AQAAAAAAAAAAAA".to_owned()),
        Just("[".repeat(100_000)),
        Just("RUNNING".to_owned()),
        Just("EXPRESS".to_owned()),
        "[a-z]{1,3}",
        "\\PC{0,100}",
        any::<String>(),
    ];
    let leaf = prop_oneof![
        8 => texts.prop_map(serde_json::Value::from),
        1 => any::<i64>().prop_map(serde_json::Value::from),
        1 => (0..1001).prop_map(serde_json::Value::from),
        1 => any::<bool>().prop_map(serde_json::Value::from),
        1 => any::<f64>().prop_map(serde_json::Value::from),
        1 => Just(serde_json::Value::Null),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::hash_map(
                prop::sample::select(vec![
                    "key",
                    "value",
                    "level",
                    "destinations",
                    "type",
                    "kmsKeyId",
                    "enabled"
                ]),
                inner,
                0..4
            )
            .prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

fn body() -> impl Strategy<Value = String> {
    let member = (prop::sample::select(MEMBERS.to_vec()), value());
    let object = prop::collection::vec(member, 0..8).prop_map(|members| {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        serde_json::Value::Object(members.collect()).to_string()
    });
    prop_oneof![
        12 => object,
        1 => value().prop_map(|value| value.to_string()),
        1 => any::<String>(),
        1 => Just("[".repeat(1000)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn no_request_makes_the_server_fail(requests in prop::collection::vec((0..37_usize, body()), 1..30)) {
        LOOP.block_on(async {
            let server = crate::support::server(1).await;
            for (operation, body) in requests {
                let operation = Operation::ALL[operation];
                let target = format!("AWSStepFunctions.{operation}");
                let answer = ::api::dispatch(&*server, &Caller::default(), &target, body.as_bytes()).await;
                let Response { status, body: answer, error } = answer;
                let text = String::from_utf8_lossy(&answer).into_owned();
                prop_assert!(json::parse(&text).is_ok(), "{} {}: {}", operation, body, text);
                prop_assert!(status < 500, "{} {}: {} {}", operation, body, status, text);
                prop_assert_eq!(error.is_some(), text.contains(r##""__type":""##));
            }
            Ok(())
        })?;
    }
}

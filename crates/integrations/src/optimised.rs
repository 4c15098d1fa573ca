//! Optimised calls of AWS services that answer at once: sqs, sns, dynamodb, events.
//!
//! They use another generation of Amazon's SDK than `aws-sdk` does, so that names, causes and results differ from it.

use asl::Pattern;
use aws::{Client, Failure, Naming, Refusal, Reply, Service, Services};
use json::{Object, Payload, Str, Value};

use crate::call::{Answer, Call};
use crate::parameters::Fields;
use crate::{metadata, sdk};

/// What is particular to a service.
pub(crate) struct Optimised {
    /// Its name in resources.
    name: &'static str,
    /// Its name in the resources of `aws-sdk`.
    sdk: &'static str,
    /// What its errors begin with.
    prefix: &'static str,
    /// Its name in causes.
    client: &'static str,
    /// The error of whatever it doesn't declare.
    exception: &'static str,
    /// The fields of its only action; services with more take what the API takes.
    fields: Option<Fields>,
}

static SERVICES: [Optimised; 4] = [
    Optimised {
        name: "sqs",
        sdk: "sqs",
        prefix: "SQS",
        client: "AmazonSQS",
        exception: "AmazonSQSException",
        fields: Some(Fields {
            required: &["MessageBody", "QueueUrl"],
            optional: &[
                "DelaySeconds",
                "MessageAttributes",
                "MessageDeduplicationId",
                "MessageGroupId",
            ],
        }),
    },
    Optimised {
        name: "sns",
        sdk: "sns",
        prefix: "SNS",
        client: "AmazonSNS",
        exception: "AmazonSNSException",
        fields: Some(Fields {
            required: &["Message"],
            optional: &[
                "MessageAttributes",
                "MessageDeduplicationId",
                "MessageGroupId",
                "MessageStructure",
                "PhoneNumber",
                "Subject",
                "TargetArn",
                "TopicArn",
            ],
        }),
    },
    Optimised {
        name: "dynamodb",
        sdk: "dynamodb",
        prefix: "DynamoDB",
        client: "AmazonDynamoDBv2",
        exception: "AmazonDynamoDBException",
        fields: None,
    },
    Optimised {
        name: "events",
        sdk: "eventbridge",
        prefix: "EventBridge",
        client: "AmazonEventBridge",
        exception: "AmazonEventBridgeException",
        fields: Some(Fields {
            required: &["Entries"],
            optional: &[],
        }),
    },
];

/// The headers whose names AWS writes otherwise than HTTP's libraries do.
const HEADER_NAMES: [(&str, &str); 6] = [
    ("connection", "Connection"),
    ("content-length", "Content-Length"),
    ("content-type", "Content-Type"),
    ("date", "Date"),
    ("server", "Server"),
    ("x-amzn-requestid", "x-amzn-RequestId"),
];

/// The service of this name in resources, if it is one of them.
pub(crate) fn find(name: &str) -> Option<&'static Optimised> {
    SERVICES.iter().find(|service| service.name == name)
}

/// AWS's reason not to start a task with these parameters.
pub(crate) fn refuse(optimised: &Optimised, action: &str, parameters: &Value) -> Option<String> {
    match &optimised.fields {
        Some(fields) => fields.refuse(parameters),
        None => sdk::refuse_named(optimised.sdk, action, parameters, Naming::Api),
    }
}

/// Calls an action. A task that waits for its token is only submitted by that.
pub(crate) async fn call(
    optimised: &'static Optimised,
    client: Option<Client>,
    call: Call,
    action: Str,
    pattern: Pattern,
) -> Answer {
    let prefix = optimised.prefix;
    let found = match Services::embedded().find(optimised.sdk, &action) {
        Ok(found) => found,
        Err(unknown) => return Answer::failed("States.TaskFailed", unknown.to_string()),
    };
    let Some(client) = client else {
        return Answer::failed(
            format!("{prefix}.SdkClientException"),
            "No AWS services can be called here.",
        );
    };
    let parameters = match optimised.name {
        "events" => with_resources(&call),
        _ => call.order.parameters.value().clone(),
    };
    let reply = client
        .call(&found, &parameters, Naming::Api, &sdk::caller(&call))
        .await;
    let result = match reply {
        Ok(reply) if optimised.name == "events" => match put(reply.value) {
            Ok(result) => result,
            Err(failed) => return failed,
        },
        Ok(reply) => with_metadata(reply),
        Err(Failure::Refused { refusal, .. }) => return refused(optimised, found.service(), &refusal),
        Err(failure) => {
            return sdk::common_failure(&failure, &call, optimised.name).unwrap_or_else(|| {
                let (_, cause) = failure.error(found.service());
                Answer::failed(format!("{prefix}.SdkClientException"), cause)
            });
        }
    };
    match pattern {
        Pattern::WaitForTaskToken => Answer::Submitted(Payload::from(result)),
        _ => Answer::Succeeded(Payload::from(result)),
    }
}

fn refused(optimised: &Optimised, service: &Service, refusal: &Refusal) -> Answer {
    let declared = service.failure(&refusal.code);
    let name = declared.map_or(optimised.exception, |declared| &*declared.name);
    let message = refusal.message.as_deref().unwrap_or("null");
    let cause = format!(
        "{message} (Service: {}; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: null)",
        optimised.client,
        refusal.status,
        refusal.code,
        refusal.request_id.as_deref().unwrap_or("null"),
    );
    Answer::failed(format!("{}.{name}", optimised.prefix), cause)
}

/// The result with what AWS tells of the answer, its members in the order of their names.
fn with_metadata(reply: Reply) -> Value {
    let mut headers: Vec<(&str, Value)> = Vec::with_capacity(reply.headers.len());
    for (name, value) in &reply.headers {
        let known = HEADER_NAMES.iter().find(|(lower, _)| lower == name);
        headers.push((
            known.map_or(name, |(_, written)| written),
            Value::from(value.as_str()),
        ));
    }
    let mut order: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    order.sort_by_key(|name| name.to_ascii_lowercase());
    let request_id = headers
        .iter()
        .find(|(name, _)| *name == "x-amzn-RequestId")
        .and_then(|(_, value)| value.as_str())
        .map_or_else(metadata::request_id, str::to_owned);
    let mut members: Vec<(Str, Value)> = reply.value.as_object().map_or_else(Vec::new, |object| {
        object
            .iter()
            .map(|(name, value)| (Str::clone(name), value.clone()))
            .collect()
    });
    members.push((
        "SdkHttpMetadata".into(),
        metadata::http(&headers, &order, reply.status),
    ));
    members.push(("SdkResponseMetadata".into(), metadata::response(&request_id)));
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    Value::object(members)
}

/// The entries of events, each with the execution and its state machine among what it is about.
fn with_resources(call: &Call) -> Value {
    let parameters = call.order.parameters.value();
    let Some(entries) = parameters.get("Entries").and_then(Value::as_array) else {
        return parameters.clone();
    };
    let entries = entries.iter().map(|entry| {
        let Some(given) = entry.as_object() else {
            return entry.clone();
        };
        let mut resources = given
            .get("Resources")
            .and_then(Value::as_array)
            .unwrap_or_default()
            .to_vec();
        resources.push(Value::String(Str::clone(&call.execution_arn)));
        resources.push(Value::String(Str::clone(&call.machine_arn)));
        let mut entry: Object = given.clone();
        entry.insert("Resources", resources);
        Value::Object(entry)
    });
    let mut object = parameters.as_object().cloned().unwrap_or_default();
    object.insert("Entries", entries.collect::<Value>());
    Value::Object(object)
}

/// A single entry that failed fails the task.
fn put(result: Value) -> Result<Value, Answer> {
    let failed = result
        .get("FailedEntryCount")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    if failed > 0 {
        return Err(Answer::failed("EventBridge.FailedEntry", result.to_string()));
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;
    use crate::call::tests::call as task;

    #[test]
    fn results_tell_of_the_answer() {
        let reply = Reply {
            value: json!({"MessageId": "1", "MD5OfMessageBody": "2"}),
            status: 200,
            headers: vec![
                ("x-amzn-requestid".to_owned(), "R".to_owned()),
                ("content-type".to_owned(), "text/xml".to_owned()),
            ],
        };
        assert_eq!(
            with_metadata(reply).to_string(),
            r#"{"MD5OfMessageBody":"2","MessageId":"1","SdkHttpMetadata":{"AllHttpHeaders":{"x-amzn-RequestId":["R"],"Content-Type":["text/xml"]},"HttpHeaders":{"Content-Type":"text/xml","x-amzn-RequestId":"R"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"R"}}"#
        );
    }

    #[test]
    fn errors_are_named_as_the_older_sdk_names_them() {
        let optimised = find("dynamodb").unwrap();
        let service = Services::embedded().service("dynamodb").unwrap();
        let refusal = |code: &str| Refusal {
            code: code.to_owned(),
            message: Some("no".to_owned()),
            status: 400,
            request_id: Some("R".to_owned()),
            extended_request_id: None,
        };
        let cause = |code: &str| {
            format!(
                "no (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: {code}; Request ID: R; Proxy: null)"
            )
        };
        for (code, name) in [
            ("ResourceNotFoundException", "DynamoDB.ResourceNotFoundException"),
            ("ValidationException", "DynamoDB.AmazonDynamoDBException"),
        ] {
            let answer = refused(optimised, &service, &refusal(code));
            assert_eq!(answer, Answer::failed(name, cause(code)));
        }
    }

    #[test]
    fn events_are_about_their_execution() {
        let parameters = json!({"Entries": [{"Source": "s", "Resources": ["a"]}, {"Source": "t"}]});
        let call = task("arn:aws:states:::events:putEvents", parameters);
        let (execution, machine) = (&*call.execution_arn, &*call.machine_arn);
        assert_eq!(
            with_resources(&call),
            json!({"Entries": [
                {"Source": "s", "Resources": ["a", execution, machine]},
                {"Source": "t", "Resources": [execution, machine]},
            ]})
        );
    }

    #[test]
    fn failed_entry_fails_the_task() {
        assert!(put(json!({"FailedEntryCount": 0, "Entries": []})).is_ok());
        let result = json!({"Entries": [{"ErrorCode": "MalformedDetail"}], "FailedEntryCount": 1});
        let text = result.to_string();
        assert_eq!(put(result), Err(Answer::failed("EventBridge.FailedEntry", text)));
    }

    #[test]
    fn parameters_that_do_not_fit_are_named() {
        let refuse = |service: &str, action: &str, parameters| {
            refuse(find(service).unwrap(), action, &parameters).unwrap_or_default()
        };
        let refused = refuse(
            "sqs",
            "sendMessage",
            json!({"QueueUrl": "q", "MessageBody": null, "X": 1}),
        );
        assert!(
            refused.ends_with("[The field 'X' is not supported by Step Functions]"),
            "{refused}"
        );
        let refused = refuse("dynamodb", "getItem", json!({"TableName": "t"}));
        assert!(
            refused.ends_with("[The field 'Key' is required but was missing]"),
            "{refused}"
        );
        assert_eq!(
            refuse(
                "dynamodb",
                "putItem",
                json!({"TableName": "t", "Item": {"a": {"BOOL": true}}})
            ),
            ""
        );
    }
}

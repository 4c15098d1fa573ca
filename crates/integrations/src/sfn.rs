//! aws-sdk:sfn: calls the API of this very server.

use std::sync::Arc;

use asl::Pattern;
use json::{Payload, Str, Value};

use crate::call::{Answer, BoxFuture, Call};
use crate::metadata;

/// Answers Step Functions' own API: the server, as `aws-sdk:sfn` sees it.
pub trait OwnApi: Send + Sync {
    /// Answers one request.
    fn answer(&self, request: OwnRequest) -> BoxFuture<'_, OwnAnswer>;
}

/// A request to this server's own API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRequest {
    /// The operation, such as `SendTaskSuccess`.
    pub operation: String,
    /// The request's JSON text.
    pub body: Vec<u8>,
    /// The account of the execution that calls.
    pub account: Str,
    /// The region of the execution that calls.
    pub region: Str,
}

/// What this server's own API answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The answer's JSON text, or that of the error.
    pub body: Vec<u8>,
}

/// Calls an operation. Members are written PascalCase in parameters and results, camelCase on the wire.
pub(crate) async fn call(
    own_api: Option<Arc<dyn OwnApi>>,
    call: Call,
    action: Str,
    pattern: Pattern,
) -> Answer {
    let Some(own_api) = own_api else {
        return Answer::failed("Sfn.SdkClientException", "No API can be called here.");
    };
    let request = OwnRequest {
        operation: with_first(&action, char::to_ascii_uppercase),
        body: rename(call.order.parameters.value(), &|name| {
            with_first(name, char::to_ascii_lowercase)
        })
        .to_string()
        .into_bytes(),
        account: call.account.clone(),
        region: call.region.clone(),
    };
    let answer = own_api.answer(request).await;
    let body = json::parse_bytes(&answer.body).unwrap_or_default();
    if answer.status != 200 {
        return failed(answer.status, &body);
    }
    let result = rename(&dates_as_text(&body), &|name| {
        with_first(name, char::to_ascii_uppercase)
    });
    let result = if result.is_null() {
        Value::empty_object()
    } else {
        result
    };
    match pattern {
        Pattern::WaitForTaskToken => Answer::Submitted(Payload::from(result)),
        _ => Answer::Succeeded(Payload::from(result)),
    }
}

fn failed(status: u16, body: &Value) -> Answer {
    let code = body
        .get("__type")
        .and_then(Value::as_str)
        .unwrap_or("SfnException");
    let code = code.rsplit_once('#').map_or(code, |(_, code)| code);
    let message = body.get("message").and_then(Value::as_str).unwrap_or("null");
    Answer::failed(
        format!("Sfn.{}", metadata::exception(code)),
        metadata::sdk_cause("Sfn", status, message),
    )
}

/// A value with its members renamed, at every depth. What this service takes and gives is shallow.
fn rename(value: &Value, rule: &dyn Fn(&str) -> String) -> Value {
    if let Some(items) = value.as_array() {
        return items.iter().map(|item| rename(item, rule)).collect();
    }
    match value.as_object() {
        Some(members) => Value::object(
            members
                .iter()
                .map(|(name, value)| (rule(name), rename(value, rule))),
        ),
        None => value.clone(),
    }
}

/// An answer whose dates, which the wire has as seconds, are ISO texts.
fn dates_as_text(value: &Value) -> Value {
    if let Some(items) = value.as_array() {
        return items.iter().map(dates_as_text).collect();
    }
    let Some(members) = value.as_object() else {
        return value.clone();
    };
    Value::object(members.iter().map(|(name, value)| {
        let is_date = name.ends_with("Date") || &**name == "timestamp";
        let seconds = value.as_f64().filter(|_| is_date);
        let value = match seconds {
            Some(seconds) => Value::from(engine::Millis((seconds * 1000.0).round() as i64).to_iso()),
            None => dates_as_text(value),
        };
        (name.clone(), value)
    }))
}

fn with_first(name: &str, change: fn(&char) -> char) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        std::iter::once(change(&first)).chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests;

    /// Answers every request with a status and a text, and the request's body where the text asks for it.
    struct Says(u16, &'static str);

    impl OwnApi for Says {
        fn answer(&self, request: OwnRequest) -> BoxFuture<'_, OwnAnswer> {
            assert_eq!(request.operation, "SendTaskSuccess");
            assert_eq!(request.body, br#"{"output":"x","taskToken":"t"}"#);
            Box::pin(std::future::ready(OwnAnswer {
                status: self.0,
                body: self.1.into(),
            }))
        }
    }

    async fn answer(says: Says) -> Answer {
        let parameters = json::json!({"Output": "x", "TaskToken": "t"});
        let call = tests::call("arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", parameters);
        super::call(
            Some(Arc::new(says)),
            call,
            "sendTaskSuccess".into(),
            Pattern::RequestResponse,
        )
        .await
    }

    #[tokio::test]
    async fn results_are_pascal_case_with_dates_as_text() {
        let answer = answer(Says(200, r#"{"taskToken":"t","startDate":1700000000.123}"#)).await;
        assert_eq!(
            answer,
            Answer::Succeeded(Payload::from(json::json!({
                "TaskToken": "t", "StartDate": "2023-11-14T22:13:20.123Z"
            })))
        );
    }

    #[tokio::test]
    async fn errors_are_those_of_the_sdk() {
        let body = r#"{"__type":"a.b#InvalidToken","message":"Invalid Token: 'Invalid token'"}"#;
        let Answer::Failed(ending) = answer(Says(400, body)).await else {
            panic!("must fail")
        };
        assert_eq!(ending.error.as_deref(), Some("Sfn.InvalidTokenException"));
        let cause = ending.cause.unwrap();
        assert!(
            cause.starts_with("Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: ")
        );
        assert!(cause.ends_with(") (SDK Attempt Count: 1)"));
    }
}

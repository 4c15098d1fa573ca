//! Lambda: runs a function, by its ARN or through `lambda:invoke`.

mod remote;

use asl::{Pattern, Target};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use functions::{EXECUTED_VERSION, Functions, Invocation, Outcome};
use json::{Object, Payload, Value};

use crate::call::{Answer, Call, ending};
use crate::metadata;
use crate::parameters::{Fields, text};

pub(crate) use remote::Remote;

/// Lambda's code for a payload that is no JSON.
const UNREADABLE: &str = "InvalidRequestContentException";

/// The parameters of `lambda:invoke`.
pub(crate) const FIELDS: Fields = Fields {
    required: &["FunctionName"],
    optional: &[
        "ClientContext",
        "InvocationType",
        "LogType",
        "Payload",
        "Qualifier",
    ],
};

/// The order in which AWS writes a function's response headers as texts.
const HEADER_ORDER: [&str; 8] = [
    "Connection",
    "Content-Length",
    "Content-Type",
    "Date",
    "X-Amz-Executed-Version",
    "x-amzn-Remapped-Content-Length",
    "x-amzn-RequestId",
    "X-Amzn-Trace-Id",
];

/// Calls a function whose ARN is the task's resource: the payload is the result. A function that is here comes before
/// one elsewhere.
pub(crate) async fn call_function(functions: Functions, remote: Option<Remote>, call: Call) -> Answer {
    if let Some(remote) = remote.filter(|_| functions.resolve(&call.order.resource).is_none()) {
        return remote.call_function(&call).await;
    }
    let mut invocation = Invocation::new(
        &*call.order.resource,
        call.order.parameters.text().as_bytes().to_vec(),
    );
    invocation.execution_arn = Some(call.execution_arn.to_string());
    match functions.invoke(invocation).await {
        Outcome::Success { payload, .. } => match Payload::parse(payload) {
            Ok(payload) => Answer::Succeeded(payload),
            Err(error) => unreadable(&error),
        },
        other => failure(other, &call.order.resource, &call).await,
    }
}

/// Calls a function as `lambda:invoke` does. A function that is here comes before one elsewhere.
pub(crate) async fn invoke(
    functions: Functions,
    remote: Option<Remote>,
    call: Call,
    pattern: Pattern,
) -> Answer {
    let parameters = call.order.parameters.value();
    let Some(mut function) = text(parameters, "FunctionName") else {
        return Answer::failed("States.TaskFailed", "FunctionName is missing");
    };
    if let Some(qualifier) = text(parameters, "Qualifier") {
        function = format!("{function}:{qualifier}");
    }
    let payload = match payload(parameters) {
        Ok(payload) => payload,
        Err(reason) => {
            let cause = metadata::cause("AWSLambda", 400, UNREADABLE, &reason, None);
            return Answer::failed(format!("Lambda.{UNREADABLE}"), cause);
        }
    };
    if let Some(remote) = remote.filter(|_| functions.resolve(&function).is_none()) {
        return match remote.invoke(&call, payload).await {
            Ok(result) if pattern == Pattern::WaitForTaskToken => Answer::Submitted(Payload::from(result)),
            Ok(result) => Answer::Succeeded(Payload::from(result)),
            Err(answer) => answer,
        };
    }
    let mut invocation = Invocation::new(function.clone(), payload.into_bytes());
    invocation.execution_arn = Some(call.execution_arn.to_string());
    invocation.client_context = text(parameters, "ClientContext").map(client_context);
    let request_id = invocation.request_id.clone();

    let reply = match text(parameters, "InvocationType").as_deref() {
        Some("Event") => {
            if functions.resolve(&function).is_none() {
                return failure(Outcome::NotFound, &function, &call).await;
            }
            tokio::spawn(async move { functions.invoke(invocation).await });
            Reply::empty(202, request_id)
        }
        Some("DryRun") => {
            if functions.resolve(&function).is_none() {
                return failure(Outcome::NotFound, &function, &call).await;
            }
            Reply::empty(204, request_id)
        }
        _ => match functions.invoke(invocation).await {
            Outcome::Success { payload, log_tail } => {
                let wants_log = text(parameters, "LogType").as_deref() == Some("Tail");
                let log = wants_log.then(|| STANDARD.encode(log_tail));
                Reply {
                    status: 200,
                    request_id,
                    payload,
                    log,
                }
            }
            other => return failure(printed_anew(other), &function, &call).await,
        },
    };
    let result = match reply.into_value() {
        Ok(value) => Payload::from(value),
        Err(error) => return unreadable(&error),
    };
    if pattern == Pattern::WaitForTaskToken {
        Answer::Submitted(result)
    } else {
        Answer::Succeeded(result)
    }
}

/// The payload as Lambda gets it: a text is sent as it is, so that it has to be JSON in turn.
fn payload(parameters: &Value) -> Result<String, String> {
    let payload = match parameters.get("Payload") {
        None | Some(Value::Null) => return Ok("{}".to_owned()),
        Some(payload) => payload,
    };
    let Some(text) = payload.as_str() else {
        return Ok(payload.to_text().to_string());
    };
    match json::parse(text) {
        _ if text.is_empty() => Ok("{}".to_owned()),
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!(
            "Could not parse request body into json: Could not parse payload into json: {}",
            as_lambda_says(text).unwrap_or_else(|| error.to_string())
        )),
    }
}

/// What Lambda says of a text that begins with a word instead of JSON.
fn as_lambda_says(text: &str) -> Option<String> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let word = &text[..text.find(|letter| !is_part(letter)).unwrap_or(text.len())];
    if word.is_empty() || word.starts_with(|letter: char| letter.is_numeric()) {
        return None;
    }
    // It has read the letter behind the word, if there is one.
    let column = word.chars().count() + 1 + usize::from(word.len() < text.len());
    Some(format!(
        "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or \
         'false')\n at [Source: (byte[])\"{text}\"; line: 1, column: {column}]"
    ))
}

/// What Lambda answered to an invocation.
struct Reply {
    status: u16,
    request_id: String,
    payload: String,
    log: Option<String>,
}

impl Reply {
    fn empty(status: u16, request_id: String) -> Self {
        Self {
            status,
            request_id,
            payload: String::new(),
            log: None,
        }
    }

    /// The result of the task, its members in AWS's order.
    fn into_value(self) -> Result<Value, json::ParseError> {
        let headers = [
            ("X-Amz-Executed-Version", Value::from(EXECUTED_VERSION)),
            ("x-amzn-Remapped-Content-Length", Value::from("0")),
            ("Connection", Value::from("keep-alive")),
            ("x-amzn-RequestId", Value::from(&*self.request_id)),
            ("Content-Length", Value::from(self.payload.len().to_string())),
            ("Date", Value::from(metadata::date())),
            ("X-Amzn-Trace-Id", Value::from(metadata::trace_id())),
            ("Content-Type", Value::from("application/json")),
        ];
        let mut result = Object::new();
        if self.status == 200 {
            result.insert("ExecutedVersion", EXECUTED_VERSION);
        }
        if let Some(log) = self.log {
            result.insert("LogResult", log);
        }
        if !self.payload.is_empty() {
            result.insert("Payload", json::parse(&self.payload)?);
        }
        result.insert(
            "SdkHttpMetadata",
            metadata::http(&headers, &HEADER_ORDER, self.status),
        );
        result.insert("SdkResponseMetadata", metadata::response(&self.request_id));
        result.insert("StatusCode", Value::from(u32::from(self.status)));
        Ok(Value::from(result))
    }
}

/// The outcome with its error printed anew, without the spaces that a runtime writes: so the client that AWS
/// calls Lambda with has it. A function called by its ARN has its error as it sent it.
fn printed_anew(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::FunctionError {
            error_type,
            payload,
            refused_bytes,
            log_tail,
        } => Outcome::FunctionError {
            error_type,
            payload: json::parse(&payload).map_or(payload, |value| value.to_string()),
            refused_bytes,
            log_tail,
        },
        other => other,
    }
}

/// What a call that brought no result means to its task.
async fn failure(outcome: Outcome, function: &str, call: &Call) -> Answer {
    let (status, code, message) = match outcome {
        // AWS looks at the size of a response before it reads it.
        Outcome::FunctionError {
            refused_bytes: Some(bytes),
            ..
        } if bytes > call.limits.payload_bytes => return too_large(call),
        Outcome::FunctionError {
            error_type, payload, ..
        } => {
            return Answer::Failed(match error_type {
                Some(error) => ending(error, payload),
                None => ending(
                    "Lambda.Unknown",
                    format!(
                        "The cause could not be determined because Lambda did not return an error type. \
                         Returned payload: {payload}"
                    ),
                ),
            });
        }
        Outcome::NotFound => (
            404,
            "ResourceNotFoundException",
            format!("Function not found: {}", function_arn(function, call)),
        ),
        Outcome::Throttled => (429, "TooManyRequestsException", "Rate Exceeded.".to_owned()),
        Outcome::ServiceFailure { message } => (500, "ServiceException", message),
        // Nobody knows how far the call came, so nothing may be said of it.
        Outcome::Closed | Outcome::Success { .. } => std::future::pending().await,
    };
    let cause = metadata::cause("AWSLambda", status, code, &message, None);
    Answer::failed(format!("Lambda.{code}"), cause)
}

/// AWS names the service of an optimised integration, and the function of a task whose resource it is.
fn too_large(call: &Call) -> Answer {
    let name = match call.order.target {
        Target::Function => &*call.order.resource,
        _ => "lambda",
    };
    Answer::failed(
        "States.DataLimitExceeded",
        format!(
            "The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
        ),
    )
}

/// The ARN that Lambda would name in an error about a function that doesn't exist.
fn function_arn(function: &str, call: &Call) -> String {
    if function.starts_with("arn:") {
        return function.to_owned();
    }
    let name = functions::end_of_name(function);
    format!("arn:aws:lambda:{}:{}:function:{name}", call.region, call.account)
}

/// Lambda takes the context in base64; JSON text is taken as it is.
fn client_context(text: String) -> String {
    let decoded = STANDARD
        .decode(&text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or(text)
}

fn unreadable(error: &json::ParseError) -> Answer {
    Answer::failed(
        "States.TaskFailed",
        format!("The function's result can't be read: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::call;

    const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:none";

    fn functions() -> Functions {
        Functions::new([], functions::Settings::new("000000000000", "us-east-1"))
    }

    #[test]
    fn result_has_its_members_in_the_order_of_aws() {
        let reply = Reply {
            status: 200,
            request_id: "r1".to_owned(),
            payload: r#"{"a":1}"#.to_owned(),
            log: None,
        };
        let value = reply.into_value().unwrap();
        let names: Vec<_> = value.as_object().unwrap().names().map(|name| &**name).collect();
        assert_eq!(
            names,
            [
                "ExecutedVersion",
                "Payload",
                "SdkHttpMetadata",
                "SdkResponseMetadata",
                "StatusCode"
            ]
        );
        let headers = value.get("SdkHttpMetadata").unwrap().get("HttpHeaders").unwrap();
        let names: Vec<_> = headers.as_object().unwrap().names().map(|name| &**name).collect();
        assert_eq!(names, HEADER_ORDER);
    }

    #[tokio::test]
    async fn function_that_does_not_exist_is_not_found() {
        for answer in [
            call_function(functions(), None, call(ARN, json::json!({}))).await,
            invoke(
                functions(),
                None,
                call(ARN, json::json!({"FunctionName": "none"})),
                Pattern::RequestResponse,
            )
            .await,
        ] {
            let Answer::Failed(ending) = answer else {
                panic!("{answer:?}")
            };
            assert_eq!(ending.error.as_deref(), Some("Lambda.ResourceNotFoundException"));
            let cause = ending.cause.unwrap();
            let start = format!(
                "Function not found: {ARN} (Service: AWSLambda; Status Code: 404; \
                 Error Code: ResourceNotFoundException; Request ID: "
            );
            assert!(
                cause.starts_with(&start) && cause.ends_with("; Proxy: null)"),
                "{cause}"
            );
        }
    }

    #[tokio::test]
    async fn error_without_a_type_is_unknown() {
        let outcome = Outcome::FunctionError {
            error_type: None,
            payload: r#"{"errorMessage":"x"}"#.to_owned(),
            refused_bytes: None,
            log_tail: String::new(),
        };
        let answer = failure(outcome, ARN, &call(ARN, json::json!({}))).await;
        assert_eq!(
            answer,
            Answer::failed(
                "Lambda.Unknown",
                "The cause could not be determined because Lambda did not return an error type. Returned payload: \
                 {\"errorMessage\":\"x\"}"
            )
        );
    }

    #[test]
    fn errors_of_invoke_are_printed_anew() {
        let outcome = |payload: &str| Outcome::FunctionError {
            error_type: None,
            payload: payload.to_owned(),
            refused_bytes: None,
            log_tail: String::new(),
        };
        assert_eq!(
            printed_anew(outcome(r#"{ "a": [1, 2] }"#)),
            outcome(r#"{"a":[1,2]}"#)
        );
    }

    #[test]
    fn client_context_may_be_base64() {
        assert_eq!(client_context("e30=".to_owned()), "{}");
        assert_eq!(client_context("{}".to_owned()), "{}");
    }
    #[test]
    fn payload_that_is_a_text_is_sent_as_it_is() {
        let sent = |value: Value| payload(&json::json!({"Payload": value}));
        assert_eq!(sent(json::json!({"a": 1})), Ok(r#"{"a":1}"#.to_owned()));
        assert_eq!(sent(json::json!("\"green tea\"")), Ok("\"green tea\"".to_owned()));
        assert_eq!(sent(json::json!("[1, 2]")), Ok("[1, 2]".to_owned()));
        assert_eq!(sent(Value::Null), Ok("{}".to_owned()));
        assert_eq!(payload(&json::json!({})), Ok("{}".to_owned()));
        assert_eq!(
            sent(json::json!("test data")).unwrap_err(),
            "Could not parse request body into json: Could not parse payload into json: Unrecognized token 'test': was \
             expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: \
             (byte[])\"test data\"; line: 1, column: 6]"
        );
        assert!(sent(json::json!("{")).is_err());
    }

    #[tokio::test]
    async fn response_that_is_no_json_is_too_large_before_it_is_unreadable() {
        let outcome = |bytes| Outcome::FunctionError {
            error_type: Some("Runtime.InvalidResponse".to_owned()),
            payload: "{}".to_owned(),
            refused_bytes: Some(bytes),
            log_tail: String::new(),
        };
        let call = call(ARN, json::json!({}));
        assert_eq!(
            failure(outcome(call.limits.payload_bytes), ARN, &call).await,
            Answer::failed("Runtime.InvalidResponse", "{}")
        );
        assert_eq!(
            failure(outcome(call.limits.payload_bytes + 1), ARN, &call).await,
            Answer::failed(
                "States.DataLimitExceeded",
                format!(
                    "The state/task '{ARN}' returned a result with a size exceeding the maximum number of bytes service \
                     limit."
                )
            )
        );
    }
}

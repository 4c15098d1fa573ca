//! Invoke: runs a function and answers with what became of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use functions::{EXECUTED_VERSION, FUNCTION_ERROR, Invocation, Outcome};
use hyper::Response;
use hyper::header::{HeaderName, HeaderValue};
use serde::de::IgnoredAny;

use crate::Lambda;
use crate::wire::{self, Refusal, Request};

/// The most bytes of a payload that is waited for, and of one that is not: AWS's figures.
const PAYLOAD_BYTES_MAX: usize = 6_291_456;
const EVENT_BYTES_MAX: usize = 1_048_576;

const EXECUTED: HeaderName = HeaderName::from_static("x-amz-executed-version");
const FAILED: HeaderName = HeaderName::from_static("x-amz-function-error");
const LOG: HeaderName = HeaderName::from_static("x-amz-log-result");

impl Lambda {
    /// A call goes on when its caller stops waiting, as on AWS.
    pub(crate) async fn invoke(&self, request: &Request<'_>, name: &str) -> Result<Response<Bytes>, Refusal> {
        let kind = request
            .header("x-amz-invocation-type")
            .unwrap_or("RequestResponse");
        let most = if kind == "Event" {
            EVENT_BYTES_MAX
        } else {
            PAYLOAD_BYTES_MAX
        };
        if request.body.len() > most {
            return Err(Refusal::new(
                413,
                "RequestTooLargeException",
                format!("Request must be smaller than {most} bytes for the InvokeFunction operation"),
            ));
        }
        let payload = if request.body.is_empty() {
            Bytes::from_static(b"{}")
        } else {
            request.body.clone()
        };
        if let Err(error) = serde_json::from_slice::<IgnoredAny>(&payload) {
            return Err(Refusal::new(
                400,
                "InvalidRequestContentException",
                format!("Could not parse request body into json: Could not parse payload into json: {error}"),
            ));
        }
        let mut function = name.to_owned();
        if let Some(qualifier) = request.parameter("Qualifier") {
            function = format!("{function}:{qualifier}");
        }
        if self.0.functions.resolve(&function).is_none() {
            return Err(Refusal::not_found(&not_found_arn(request, &function)));
        }
        let mut invocation = Invocation::new(function.clone(), payload);
        invocation.trace_id = request.header("x-amzn-trace-id").map(str::to_owned);
        invocation.client_context = request.header("x-amz-client-context").and_then(client_context);
        let functions = self.0.functions.clone();
        match kind {
            "RequestResponse" => {
                let running = tokio::spawn(async move { functions.invoke(invocation).await });
                let outcome = running
                    .await
                    .map_err(|error| Refusal::service(error.to_string()))?;
                let wants_log = request
                    .header("x-amz-log-type")
                    .is_some_and(|kind| kind == "Tail");
                answer(outcome, wants_log, || not_found_arn(request, &function))
            }
            "Event" => {
                tokio::spawn(async move { functions.invoke(invocation).await });
                Ok(wire::bytes(202, Bytes::new()))
            }
            "DryRun" => Ok(wire::bytes(204, Bytes::new())),
            other => Err(Refusal::validation(format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: Member \
                 must satisfy enum value set: [Event, RequestResponse, DryRun]"
            ))),
        }
    }
}

fn answer(
    outcome: Outcome,
    wants_log: bool,
    arn: impl FnOnce() -> String,
) -> Result<Response<Bytes>, Refusal> {
    let (payload, log_tail, failed) = match outcome {
        Outcome::Success { payload, log_tail } => (payload, log_tail, false),
        Outcome::FunctionError {
            payload, log_tail, ..
        } => (payload, log_tail, true),
        Outcome::Throttled => {
            return Err(Refusal::new(429, "TooManyRequestsException", "Rate Exceeded."));
        }
        Outcome::NotFound => return Err(Refusal::not_found(&arn())),
        Outcome::ServiceFailure { message } => return Err(Refusal::service(message)),
        Outcome::Closed => return Err(Refusal::service("The server is shutting down.")),
    };
    let mut response = wire::bytes(200, Bytes::from(payload));
    let headers = response.headers_mut();
    headers.insert(EXECUTED, HeaderValue::from_static(EXECUTED_VERSION));
    if failed {
        headers.insert(FAILED, HeaderValue::from_static(FUNCTION_ERROR));
    }
    if wants_log && let Ok(log) = HeaderValue::from_str(&STANDARD.encode(log_tail)) {
        headers.insert(LOG, log);
    }
    Ok(response)
}

fn not_found_arn(request: &Request<'_>, function: &str) -> String {
    if function.starts_with("arn:") {
        function.to_owned()
    } else {
        request.arn(function)
    }
}

/// The client's context, which is JSON in base64; what is neither is left out.
fn client_context(header: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(header).ok()?).ok()?;
    serde_json::from_str::<IgnoredAny>(&text).ok()?;
    Some(text)
}

//! Remote: calls a function that is not here, at the Lambda that the configuration names.

use aws::{Bodies, Caller, Client, Naming, Services};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use engine::Ending;
use functions::Outcome;
use json::{Object, Payload, Value};

use crate::call::{Answer, Call, ending};
use crate::lambda::{failure, printed_anew, too_large, unreadable};
use crate::metadata;
use crate::optimised::{self, Service};
use crate::parameters::text;
use crate::sdk::caller;

/// More than a function may return, so that what is too large is known to be that.
const PAYLOAD_BYTES_MAX: usize = 7 << 20;

/// Lambda as optimised integrations know it.
static LAMBDA: Service = Service {
    name: "lambda",
    id: "lambda",
    prefix: "Lambda",
    client: "AWSLambda",
    base: "AWSLambdaException",
    actions: Vec::new(),
};

/// What is given beside the payload.
const SETTINGS: [&str; 5] = [
    "FunctionName",
    "Qualifier",
    "InvocationType",
    "LogType",
    "ClientContext",
];

/// A Lambda that is not this server.
pub(crate) struct Remote {
    client: Client,
    caller: Caller,
}

impl Remote {
    /// The one that is called on behalf of a task, if there is any.
    pub(crate) fn of(elsewhere: Option<&Client>, call: &Call) -> Option<Self> {
        let caller = caller(call);
        let client = elsewhere.filter(|client| client.reaches("lambda", &caller.region))?;
        Some(Self {
            client: client.clone(),
            caller,
        })
    }

    /// Calls a function whose ARN is the task's resource: the payload is the result.
    pub(super) async fn call_function(&self, call: &Call) -> Answer {
        let mut settings = Object::new();
        settings.insert("FunctionName", call.order.resource.clone());
        let payload = call.order.parameters.text().to_string();
        match self.ask(call, settings, payload).await {
            Err(answer) => answer,
            Ok(answer) => match function_error(&answer) {
                Some(outcome) => failure(outcome, &call.order.resource, call).await,
                None => match Payload::parse(text_of(answer.body)) {
                    Ok(payload) => Answer::Succeeded(payload),
                    Err(error) => unreadable(&error),
                },
            },
        }
    }

    /// Calls a function as `lambda:invoke` does, and gives the result of the task.
    pub(super) async fn invoke(&self, call: &Call, payload: String) -> Result<Value, Answer> {
        let parameters = call.order.parameters.value();
        let given = SETTINGS
            .iter()
            .filter_map(|name| Some((*name, text(parameters, name)?)));
        let mut settings = Object::new();
        for (name, value) in given {
            settings.insert(name, value);
        }
        let answer = self.ask(call, settings, payload).await?;
        if let Some(outcome) = function_error(&answer) {
            let function = text(parameters, "FunctionName").unwrap_or_default();
            return Err(failure(printed_anew(outcome), &function, call).await);
        }
        result(answer).map_err(|error| unreadable(&error))
    }

    async fn ask(&self, call: &Call, settings: Object, payload: String) -> Result<aws::Answer, Answer> {
        let found = Services::embedded()
            .find("lambda", "invoke")
            .map_err(|unknown| Answer::failed("States.Runtime", unknown.to_string()))?;
        let bodies = Bodies {
            sent: Some(Bytes::from(payload)),
            read_bytes_max: PAYLOAD_BYTES_MAX,
        };
        let answer = self
            .client
            .fetch(&found, &Value::from(settings), Naming::Api, &self.caller, bodies)
            .await;
        answer.map_err(|failure| match failure {
            aws::Failure::TooLarge => too_large(call),
            failure => Answer::Failed(error(&found, call, failure)),
        })
    }
}

fn error(found: &aws::Call, call: &Call, failure: aws::Failure) -> Ending {
    match &failure {
        // What the SDK says of its endpoint and its network, the integration says of Lambda.
        aws::Failure::Client(message) => ending("Lambda.SdkClientException", message.clone()),
        _ => optimised::error(&LAMBDA, found.service(), call, failure),
    }
}

/// What the function failed with, if it did.
fn function_error(answer: &aws::Answer) -> Option<Outcome> {
    answer.header("X-Amz-Function-Error")?;
    let payload = String::from_utf8_lossy(&answer.body).into_owned();
    let told = json::parse(&payload).unwrap_or_default();
    let error_type = told.get("errorType").and_then(Value::as_str);
    Some(Outcome::FunctionError {
        error_type: error_type.map(str::to_owned),
        payload,
        refused_bytes: None,
        log_tail: String::new(),
    })
}

/// The result of the task, its members in AWS's order.
fn result(answer: aws::Answer) -> Result<Value, json::ParseError> {
    let header = |name: &str| answer.header(name).map(str::to_owned);
    let mut result = Object::new();
    if let Some(version) = header("X-Amz-Executed-Version") {
        result.insert("ExecutedVersion", version);
    }
    if let Some(log) = header("X-Amz-Log-Result").filter(|log| STANDARD.decode(log).is_ok()) {
        result.insert("LogResult", log);
    }
    let request_id = header("x-amzn-RequestId").unwrap_or_else(metadata::request_id);
    let metadata_of = metadata::of_reply(&answer.headers, answer.status);
    if !answer.body.is_empty() {
        result.insert("Payload", json::parse(&text_of(answer.body))?);
    }
    result.insert("SdkHttpMetadata", metadata_of);
    result.insert("SdkResponseMetadata", metadata::response(&request_id));
    result.insert("StatusCode", Value::from(u32::from(answer.status)));
    Ok(Value::from(result))
}

fn text_of(body: Vec<u8>) -> String {
    String::from_utf8(body).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)], body: &str) -> aws::Answer {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        aws::Answer {
            status: 200,
            headers: headers.iter().map(owned).collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn result_is_that_of_a_function_that_is_here() {
        let headers = [("x-amz-executed-version", "$LATEST"), ("x-amzn-requestid", "r")];
        let result = result(answer(&headers, "{\"a\":1}")).unwrap();
        assert_eq!(
            result.to_string(),
            r#"{"ExecutedVersion":"$LATEST","Payload":{"a":1},"SdkHttpMetadata":{"AllHttpHeaders":{"X-Amz-Executed-Version":["$LATEST"],"x-amzn-RequestId":["r"]},"HttpHeaders":{"X-Amz-Executed-Version":"$LATEST","x-amzn-RequestId":"r"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"r"},"StatusCode":200}"#
        );
    }

    #[test]
    fn errors_of_functions_are_told_by_a_header() {
        assert_eq!(function_error(&answer(&[], "{\"errorType\":\"E\"}")), None);
        let headers = [("x-amz-function-error", "Unhandled")];
        let Some(Outcome::FunctionError { error_type, .. }) =
            function_error(&answer(&headers, "{\"errorType\":\"E\"}"))
        else {
            panic!("the header says that it failed");
        };
        assert_eq!(error_type.as_deref(), Some("E"));
        let outcome = function_error(&answer(&headers, "no JSON"));
        assert!(matches!(
            outcome,
            Some(Outcome::FunctionError { error_type: None, .. })
        ));
    }
}

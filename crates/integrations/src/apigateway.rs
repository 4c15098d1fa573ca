//! apigateway:invoke: calls an API that API Gateway serves.

use std::time::Duration;

use asl::Pattern;
use asl::limits::PAYLOAD_BYTES_MAX;
use bytes::Bytes;
use engine::Ending;
use json::{Payload, Value};
use outbound::{Failure, Limits, Request, Response};

use crate::call::{Answer, Call, ending};
use crate::http::Web;
use crate::http::connections::with_query;
use crate::http::form;
use crate::parameters::{Fields, refusal};
use crate::web::{self, Shape};

/// The parameters of `apigateway:invoke`.
const FIELDS: Fields = Fields {
    required: &["ApiEndpoint", "Method"],
    optional: &[
        "AllowNullValues",
        "AuthType",
        "Headers",
        "Path",
        "QueryParameters",
        "RequestBody",
        "Stage",
    ],
};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

const AUTH_TYPES: [&str; 3] = ["NO_AUTH", "IAM_ROLE", "RESOURCE_POLICY"];

/// Headers that a definition may not set.
const FORBIDDEN: [&str; 14] = [
    "Authorization",
    "Connection",
    "Content-md5",
    "Expect",
    "Host",
    "Max-Forwards",
    "Proxy-Authenticate",
    "Server",
    "TE",
    "Transfer-Encoding",
    "Trailer",
    "Upgrade",
    "Via",
    "Www-Authenticate",
];

const FORBIDDEN_PREFIXES: [&str; 2] = ["x-forwarded", "x-amz"];

/// API Gateway answers within 29 seconds, or as long as its quota was raised to.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(300),
    body_bytes: PAYLOAD_BYTES_MAX,
};

/// AWS's reason not to start a task with these parameters.
pub(crate) fn refuse(parameters: &Value) -> Option<String> {
    let mut faults = FIELDS.faults(parameters);
    let mut check = |name: &str, is_right: &dyn Fn(&Value) -> bool| {
        let given = parameters.get(name).filter(|value| !value.is_null());
        if given.is_some_and(|value| !is_right(value)) {
            faults.push(format!("The value of the field '{name}' has an invalid format"));
        }
    };
    check("AllowNullValues", &|value| value.as_bool().is_some());
    check("AuthType", &|value| {
        value.as_str().is_some_and(|name| AUTH_TYPES.contains(&name))
    });
    check("Method", &|value| {
        value.as_str().is_some_and(|name| METHODS.contains(&name))
    });
    for name in ["ApiEndpoint", "Path", "Stage"] {
        check(name, &|value| value.as_str().is_some());
    }
    for name in ["Headers", "QueryParameters"] {
        check(name, &|value| web::pairs(value, Shape::Many).is_some());
    }
    let headers = parameters.get("Headers").unwrap_or(&Value::Null);
    if let Some(name) = web::forbidden(headers, &FORBIDDEN, &FORBIDDEN_PREFIXES) {
        faults.push(format!("The header '{name}' is not supported by Step Functions"));
    }
    refusal(parameters, &faults)
}

/// Calls the API. With a task token, the answer only says that the call was taken.
pub(crate) async fn invoke(web: Web, call: Call, pattern: Pattern) -> Answer {
    let parameters = call.order.parameters.value();
    if let Some(text) = refuse(parameters) {
        return Answer::failed("States.Runtime", text);
    }
    let request = match request(&web, parameters) {
        Ok(request) => request,
        Err(ending) => return Answer::Failed(ending),
    };
    let answer = match web.gateway.send(request, LIMITS).await {
        Ok(answer) => answer,
        Err(failure) => return Answer::Failed(failed(failure)),
    };
    let text = String::from_utf8_lossy(&answer.body);
    if !(200..300).contains(&answer.status) {
        return Answer::failed(format!("ApiGateway.{}", answer.status), &*text);
    }
    let result = Payload::from(result(&answer, &text));
    match pattern {
        Pattern::WaitForTaskToken => Answer::Submitted(result),
        _ => Answer::Succeeded(result),
    }
}

fn result(answer: &Response, text: &str) -> Value {
    web::result(answer, web::body(text))
}

fn request(web: &Web, parameters: &Value) -> Result<Request, Ending> {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str).unwrap_or_default();
    if matches!(text("AuthType"), "IAM_ROLE" | "RESOURCE_POLICY") {
        return Err(ending(
            "ApiGateway.SdkClientException",
            "Unable to load credentials: requests that are signed need the credentials of AWS, which are not set up here.",
        ));
    }
    let list = |name: &str| {
        parameters
            .get(name)
            .and_then(|value| web::pairs(value, Shape::Many))
            .unwrap_or_default()
    };
    let body = parameters.get("RequestBody").cloned().unwrap_or_default();
    let keeps_nulls = parameters.get("AllowNullValues").and_then(Value::as_bool) == Some(true);
    let body = match &body {
        Value::Null => Bytes::new(),
        body if keeps_nulls => Bytes::from(body.to_string()),
        body => Bytes::from(without_nulls(body).to_string()),
    };
    let mut headers = list("Headers");
    let has = |name: &str| {
        headers
            .iter()
            .any(|(known, _): &(String, String)| known.eq_ignore_ascii_case(name))
    };
    if !body.is_empty() && !has("Content-Type") {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    let (url, host) = web
        .routes
        .address(text("ApiEndpoint"), text("Stage"), text("Path"));
    headers.extend(host.map(|host| ("Host".to_owned(), host)));
    Ok(Request {
        method: text("Method").to_owned(),
        url: with_query(&url, &form::query(&list("QueryParameters"))),
        headers,
        body,
    })
}

/// A value without the members that are null, which are left out unless the definition asks for them.
fn without_nulls(value: &Value) -> Value {
    if let Some(items) = value.as_array() {
        return items.iter().map(without_nulls).collect();
    }
    match value.as_object() {
        Some(members) => Value::object(
            members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), without_nulls(value))),
        ),
        None => value.clone(),
    }
}

/// How requests find API Gateway.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    /// The endpoint that stands for AWS, as `AWS_ENDPOINT_URL` names one: requests to AWS's own host names go there.
    pub endpoint: Option<String>,
}

impl Routes {
    /// The host that stands for AWS, which the operator named.
    pub(crate) fn trusted(&self) -> Option<String> {
        let (scheme, rest) = self.endpoint.as_deref()?.split_once("://")?;
        let authority = rest.split('/').next().unwrap_or_default();
        let port = if scheme == "https" { 443 } else { 80 };
        Some(match authority.rsplit_once(':') {
            Some((_, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => authority.to_owned(),
            _ => format!("{authority}:{port}"),
        })
    }

    /// The address of an API, and the host that the request names if that is another.
    fn address(&self, endpoint: &str, stage: &str, path: &str) -> (String, Option<String>) {
        let endpoint = endpoint.trim_end_matches('/');
        let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", endpoint));
        let path = path.trim_start_matches('/');
        let join = |parts: &[&str]| {
            let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).copied().collect();
            parts.join("/")
        };
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let bare = host.split(':').next().unwrap_or_default();
        match &self.endpoint {
            Some(standing_in) if bare.ends_with(".amazonaws.com") => {
                let after_host = rest
                    .strip_prefix(host)
                    .unwrap_or_default()
                    .trim_start_matches('/');
                let base = standing_in.trim_end_matches('/');
                let url = format!("{base}/{}", join(&[after_host, stage, path]));
                (url, Some(host.to_owned()))
            }
            _ => (format!("{scheme}://{}", join(&[rest, stage, path])), None),
        }
    }
}

fn failed(failure: Failure) -> Ending {
    match failure {
        Failure::TooLarge(_) => ending(
            "States.DataLimitExceeded",
            "The state/task 'apigateway' returned a result with a size exceeding the maximum number of bytes service limit.",
        ),
        Failure::Unsendable(_) => ending("States.Runtime", failure.to_string()),
        Failure::Refused(_) | Failure::Unreachable(_) | Failure::Lost(..) | Failure::TimedOut(_) => {
            ending("ApiGateway.SdkClientException", failure.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use outbound::Guard;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::call::tests::call;
    use crate::http::connections::Connections;

    /// What a host that stands in for AWS was sent, and what came of the task.
    async fn invoked(parameters: Value, answer: &'static str, pattern: Pattern) -> (String, Answer) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let routes = Routes {
            endpoint: Some(endpoint),
        };
        let web = Web::new(Guard::default(), Connections::default(), routes);
        let heard = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut sent = vec![0; 4096];
            let read = stream.read(&mut sent).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(sent[..read].to_vec()).unwrap()
        });
        let answer = invoke(
            web,
            call("arn:aws:states:::apigateway:invoke", parameters),
            pattern,
        )
        .await;
        (heard.await.unwrap(), answer)
    }

    const OK: &str =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"a\":[1]}";

    #[tokio::test]
    async fn a_call_is_the_stage_and_path_of_its_api() {
        let parameters = json::json!({
            "ApiEndpoint": "a1.execute-api.us-east-1.amazonaws.com",
            "Method": "POST",
            "Stage": "prod",
            "Path": "/bills/add",
            "Headers": {"X-One": ["1", "2"]},
            "QueryParameters": {"q": ["a b"]},
            "RequestBody": {"bill": 1, "none": null},
            "AuthType": "NO_AUTH"
        });
        let (heard, answer) = invoked(parameters, OK, Pattern::RequestResponse).await;
        assert!(
            heard.starts_with("POST /prod/bills/add?q=a%20b HTTP/1.1\r\n"),
            "{heard}"
        );
        assert!(
            heard.contains("host: a1.execute-api.us-east-1.amazonaws.com\r\n"),
            "{heard}"
        );
        assert!(heard.contains("x-one: 1\r\nx-one: 2\r\n"), "{heard}");
        assert!(heard.ends_with("\r\n\r\n{\"bill\":1}"), "{heard}");
        let Answer::Succeeded(result) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(
            &**result.text(),
            r#"{"Headers":{"Content-Length":["9"],"Content-Type":["application/json"]},"ResponseBody":{"a":[1]},"StatusCode":200,"StatusText":"OK"}"#
        );
    }

    #[tokio::test]
    async fn bodies_are_json_and_nulls_stay_when_they_are_allowed() {
        for (body, allow, sent) in [
            (json::json!("HelloWorld"), false, "\"HelloWorld\""),
            (json::json!(""), false, "\"\""),
            (json::json!({"a": null}), true, "{\"a\":null}"),
            (json::json!({"a": [{"b": null}]}), false, "{\"a\":[{}]}"),
            (Value::Null, true, ""),
        ] {
            let parameters = json::json!({
                "ApiEndpoint": "a1.execute-api.us-east-1.amazonaws.com",
                "Method": "PUT",
                "RequestBody": body,
                "AllowNullValues": allow
            });
            let (heard, _) = invoked(parameters, OK, Pattern::RequestResponse).await;
            assert!(heard.ends_with(&format!("\r\n\r\n{sent}")), "{heard}");
        }
    }

    #[tokio::test]
    async fn refusals_of_the_api_fail_the_task() {
        let parameters =
            json::json!({"ApiEndpoint": "a1.execute-api.us-east-1.amazonaws.com", "Method": "GET"});
        let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 42\r\n\r\n{\"message\":\"Missing Authentication Token\"}";
        let (_, answer) = invoked(parameters.clone(), refusal, Pattern::RequestResponse).await;
        let cause = "{\"message\":\"Missing Authentication Token\"";
        let Answer::Failed(ending) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(ending.error.as_deref(), Some("ApiGateway.403"));
        assert!(ending.cause.unwrap().starts_with(cause));
        let (_, answer) = invoked(parameters, OK, Pattern::WaitForTaskToken).await;
        assert!(matches!(answer, Answer::Submitted(_)));
    }

    #[test]
    fn parameters_that_do_not_fit_are_named() {
        let fault = |parameters: Value| refuse(&parameters).unwrap_or_default();
        let base = |name: &str, value: Value| {
            let mut parameters = json::Object::new();
            parameters.insert("ApiEndpoint", "a");
            parameters.insert("Method", "GET");
            parameters.insert(name, value);
            Value::from(parameters)
        };
        assert_eq!(fault(base("RequestBody", Value::Null)), "");
        for (name, value, text) in [
            (
                "Headers",
                json::json!({"a": "x"}),
                "[The value of the field 'Headers' has an invalid format]",
            ),
            (
                "QueryParameters",
                json::json!({"a": 1}),
                "[The value of the field 'QueryParameters' has an invalid format]",
            ),
            (
                "AuthType",
                json::json!("IAM"),
                "[The value of the field 'AuthType' has an invalid format]",
            ),
            (
                "Headers",
                json::json!({"X-AMZ-Date": ["x"]}),
                "[The header 'X-AMZ-Date' is not supported by Step Functions]",
            ),
            (
                "Body",
                json::json!(1),
                "[The field 'Body' is not supported by Step Functions]",
            ),
        ] {
            let fault = fault(base(name, value));
            assert!(
                fault.ends_with(&format!("could not be used to start the Task: {text}")),
                "{fault}"
            );
        }
    }

    #[test]
    fn addresses_of_others_stay_as_they_are() {
        let routes = Routes {
            endpoint: Some("http://localhost:5000/".to_owned()),
        };
        let address = |endpoint: &str| routes.address(endpoint, "stage", "/p/q");
        assert_eq!(
            address("http://localhost:5000/restapis/a1"),
            ("http://localhost:5000/restapis/a1/stage/p/q".to_owned(), None)
        );
        assert_eq!(
            address("api.example.com"),
            ("https://api.example.com/stage/p/q".to_owned(), None)
        );
        assert_eq!(
            address("https://a1.execute-api.eu-west-1.amazonaws.com/"),
            (
                "http://localhost:5000/stage/p/q".to_owned(),
                Some("a1.execute-api.eu-west-1.amazonaws.com".to_owned())
            )
        );
        assert_eq!(
            Routes::default()
                .address("a1.execute-api.eu-west-1.amazonaws.com", "", "p")
                .0,
            "https://a1.execute-api.eu-west-1.amazonaws.com/p"
        );
        assert_eq!(routes.trusted().as_deref(), Some("localhost:5000"));
    }
}

//! apigateway:invoke: calls an API that API Gateway serves.

use std::time::Duration;

use asl::Pattern;
use aws::{Client, Unsigned};
use bytes::Bytes;
use engine::Ending;
use json::{Payload, Value};
use outbound::{Failure, Limits, Request, Response};

use crate::call::{Answer, Call, ending};
use crate::http::Web;
use crate::http::connections::with_query;
use crate::http::form;
use crate::parameters::{Fields, refusal};
use crate::sdk::caller;
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
const TIME: Duration = Duration::from_secs(300);

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
pub(crate) async fn invoke(web: Web, aws: Option<Client>, call: Call, pattern: Pattern) -> Answer {
    let parameters = call.order.parameters.value();
    if let Some(text) = refuse(parameters) {
        return Answer::failed("States.Runtime", text);
    }
    let mut prepared = match Prepared::of(&web, parameters) {
        Ok(prepared) => prepared,
        Err(ending) => return Answer::Failed(ending),
    };
    if prepared.is_signed
        && let Err(ending) = prepared.sign(aws, &call).await
    {
        return Answer::Failed(ending);
    }
    let request = prepared.into_request();
    let limits = Limits {
        time: TIME,
        body_bytes: call.limits.payload_bytes,
    };
    let answer = match web.gateway.send(request, limits).await {
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

/// A request before its address and query are put together.
struct Prepared {
    method: String,
    url: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Bytes,
    is_signed: bool,
}

impl Prepared {
    fn of(web: &Web, parameters: &Value) -> Result<Self, Ending> {
        let text = |name: &str| parameters.get(name).and_then(Value::as_str).unwrap_or_default();
        let list = |name: &str| {
            let lists = parameters
                .get(name)
                .and_then(|value| web::pairs(value, Shape::Many));
            lists.unwrap_or_default()
        };
        let keeps_nulls = parameters.get("AllowNullValues").and_then(Value::as_bool) == Some(true);
        let body = match parameters.get("RequestBody") {
            None | Some(Value::Null) => Bytes::new(),
            Some(body) if keeps_nulls => Bytes::from(body.to_string()),
            Some(body) => Bytes::from(without_nulls(body).to_string()),
        };
        let mut headers = list("Headers");
        let has_type = headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("Content-Type"));
        if !body.is_empty() && !has_type {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let address = web
            .routes
            .address(text("ApiEndpoint"), text("Stage"), text("Path"));
        let (url, host) = address.map_err(|closed| ending("ApiGateway.SdkClientException", closed))?;
        headers.push(("Host".to_owned(), host));
        Ok(Self {
            method: text("Method").to_owned(),
            url,
            query: list("QueryParameters"),
            headers,
            body,
            is_signed: matches!(text("AuthType"), "IAM_ROLE" | "RESOURCE_POLICY"),
        })
    }

    /// Signs for `execute-api`, as whoever the task acts for.
    async fn sign(&mut self, aws: Option<Client>, call: &Call) -> Result<(), Ending> {
        let failed = |cause: String| ending("ApiGateway.SdkClientException", cause);
        let aws =
            aws.ok_or_else(|| failed("Unable to load credentials: none are set up here.".to_owned()))?;
        let after_scheme = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let path = after_scheme.find('/').map_or("/", |start| &after_scheme[start..]);
        let unsigned = Unsigned {
            service: "execute-api",
            method: &self.method,
            path: path.split('?').next().unwrap_or_default(),
            query: &self.query,
            body: &self.body,
        };
        let signed = aws.authorize(unsigned, &mut self.headers, &caller(call)).await;
        signed.map_err(|failure| match failure {
            aws::Failure::Role { message, .. } => ending("States.TaskFailed", message),
            aws::Failure::Client(message) => failed(message),
            other => failed(format!("{other:?}")),
        })
    }

    fn into_request(self) -> Request {
        Request {
            method: self.method,
            url: with_query(&self.url, &form::query(&self.query)),
            headers: self.headers,
            body: self.body,
        }
    }
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
    /// The endpoint that stands in for AWS: requests to AWS's own host names go there.
    pub endpoint: Option<String>,
    /// Why no request goes to AWS itself; none where they may.
    pub closed: Option<String>,
}

impl Routes {
    /// The routes of a client of AWS's services: to what stands in for AWS, or to AWS where it may be called.
    pub fn of(aws: &Client) -> Self {
        match aws.stand_in("apigateway", "API Gateway") {
            Ok(endpoint) => Self {
                endpoint,
                closed: None,
            },
            Err(unreachable) => Self {
                endpoint: None,
                closed: Some(unreachable.to_string()),
            },
        }
    }

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

    /// The address of an API, and the host that the request names.
    fn address(&self, endpoint: &str, stage: &str, path: &str) -> Result<(String, String), String> {
        let endpoint = endpoint.trim_end_matches('/');
        let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", endpoint));
        let path = path.trim_start_matches('/');
        let join = |parts: &[&str]| {
            let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).copied().collect();
            parts.join("/")
        };
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let bare = host.split(':').next().unwrap_or_default();
        let url = if !bare.ends_with(".amazonaws.com") {
            format!("{scheme}://{}", join(&[rest, stage, path]))
        } else if let Some(standing_in) = &self.endpoint {
            let after_host = rest
                .strip_prefix(host)
                .unwrap_or_default()
                .trim_start_matches('/');
            let base = standing_in.trim_end_matches('/');
            format!("{base}/{}", join(&[after_host, stage, path]))
        } else if let Some(closed) = &self.closed {
            return Err(closed.clone());
        } else {
            format!("{scheme}://{}", join(&[rest, stage, path]))
        };
        Ok((url, host.to_owned()))
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
            closed: None,
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
            Some(aws()),
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

    /// A client with keys, which calls nothing by itself.
    fn aws() -> Client {
        let keys = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let keys = keys.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Client::new(aws::Settings::of(keys.into(), "", ""))
    }

    #[tokio::test]
    async fn requests_are_signed_where_the_definition_asks_for_it() {
        for auth_type in ["IAM_ROLE", "RESOURCE_POLICY"] {
            let parameters = json::json!({
                "ApiEndpoint": "a1.execute-api.us-east-1.amazonaws.com",
                "Method": "GET",
                "AuthType": auth_type
            });
            let (heard, _) = invoked(parameters, OK, Pattern::RequestResponse).await;
            assert!(
                heard.contains("authorization: AWS4-HMAC-SHA256 Credential=AKID/"),
                "{heard}"
            );
            assert!(
                heard.contains("/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date"),
                "{heard}"
            );
        }
    }

    #[test]
    fn addresses_of_others_stay_as_they_are() {
        let routes = Routes {
            endpoint: Some("http://localhost:5000/".to_owned()),
            closed: None,
        };
        let address = |endpoint: &str| routes.address(endpoint, "stage", "/p/q").unwrap().0;
        assert_eq!(
            address("http://localhost:5000/restapis/a1"),
            "http://localhost:5000/restapis/a1/stage/p/q"
        );
        assert_eq!(address("api.example.com"), "https://api.example.com/stage/p/q");
        let of_aws = "a1.execute-api.eu-west-1.amazonaws.com";
        assert_eq!(
            routes.address(&format!("https://{of_aws}/"), "stage", "p"),
            Ok(("http://localhost:5000/stage/p".to_owned(), of_aws.to_owned()))
        );
        assert_eq!(routes.trusted().as_deref(), Some("localhost:5000"));
        assert_eq!(
            Routes::default().address(of_aws, "", "p"),
            Ok((format!("https://{of_aws}/p"), of_aws.to_owned()))
        );
        let closed = Routes {
            endpoint: None,
            closed: Some("not here".to_owned()),
        };
        assert_eq!(closed.address(of_aws, "", ""), Err("not here".to_owned()));
    }
}

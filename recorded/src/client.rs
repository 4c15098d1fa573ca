//! client: speaks AWS's protocols and shows answers as AWS's SDK for Python does.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::http::request::Builder;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value, json};

/// Whom a request comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
}

/// What a call came to, in the form that recordings have.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The answer with `ResponseMetadata`.
    Answer(Map<String, Value>),
    /// `Error` with `Code` and `Message`, `ResponseMetadata`, and the error's own members.
    Refusal(Map<String, Value>),
}

/// The server under test as its clients see it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    authority: String,
    http: HttpClient<HttpConnector, Full<Bytes>>,
}

impl Client {
    pub(crate) fn new(authority: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            http: HttpClient::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// Calls an operation of Step Functions. An error means that nothing that can be read came back.
    pub(crate) async fn call(
        &self,
        caller: Caller<'_>,
        operation: &str,
        request: &Value,
    ) -> Result<Reply, String> {
        let builder = Request::post(format!("http://{}/", self.authority))
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.0")
            .header(header::AUTHORIZATION, authorization(caller, "states"))
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"));
        let (status, body) = self.send(builder, request, operation).await?;
        Ok(if status.is_success() {
            Reply::Answer(surrounded(body, status.as_u16()))
        } else {
            Reply::Refusal(refusal(body, status.as_u16()))
        })
    }

    /// Calls an operation of Lambda, which must succeed.
    pub(crate) async fn call_lambda(
        &self,
        caller: Caller<'_>,
        method: Method,
        path: &str,
        request: &Value,
    ) -> Result<Value, String> {
        let builder = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.authority))
            .header(header::AUTHORIZATION, authorization(caller, "lambda"));
        let (status, body) = self.send(builder, request, path).await?;
        if status.is_success() {
            return Ok(Value::Object(body));
        }
        Err(format!("{path}: {status}: {}", Value::Object(body)))
    }

    async fn send(
        &self,
        builder: Builder,
        request: &Value,
        named: &str,
    ) -> Result<(StatusCode, Map<String, Value>), String> {
        let unanswered = |error: &dyn std::fmt::Display| format!("{named} was not answered: {error}");
        let request = builder
            .body(Full::new(Bytes::from(request.to_string())))
            .map_err(|error| unanswered(&error))?;
        let response = self
            .http
            .request(request)
            .await
            .map_err(|error| unanswered(&error))?;
        let status = response.status();
        let body = response.into_body().collect().await;
        let body = body.map_err(|error| unanswered(&error))?.to_bytes();
        if body.is_empty() {
            return Ok((status, Map::new()));
        }
        let body = serde_json::from_slice(&body)
            .map_err(|error| format!("{named}: the answer can't be read: {error}"))?;
        Ok((status, body))
    }
}

/// Nobody checks the signature; what it is made for says whose request this is.
fn authorization(caller: Caller<'_>, service: &str) -> String {
    let Caller { account, region } = caller;
    format!(
        "AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/{service}/aws4_request, \
         SignedHeaders=host, Signature={:064}",
        0
    )
}

/// The answer with the status beside it. A member that is `null` is one that isn't there.
fn surrounded(mut body: Map<String, Value>, status: u16) -> Map<String, Value> {
    body.retain(|_, value| !value.is_null());
    body.insert("ResponseMetadata".to_owned(), json!({"HTTPStatusCode": status}));
    body
}

fn refusal(mut body: Map<String, Value>, status: u16) -> Map<String, Value> {
    let kind = body.shift_remove("__type");
    let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
    let code = kind.rsplit_once('#').map_or(kind, |(_, code)| code);
    let message = body.get("message").or(body.get("Message"));
    let message = message.and_then(Value::as_str).unwrap_or_default();
    let error = json!({"Code": code, "Message": message});
    body.insert("Error".to_owned(), error);
    surrounded(body, status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_has_the_form_that_an_sdk_gives_it() {
        let body = json!({"__type": "com.amazonaws#InvalidName", "message": "no", "reason": "short"});
        let Value::Object(body) = body else { unreachable!() };
        let expected = json!({
            "message": "no",
            "reason": "short",
            "Error": {"Code": "InvalidName", "Message": "no"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        });
        assert_eq!(Value::Object(refusal(body, 400)), expected);
    }
}

//! The wire: REST with JSON bodies, as Lambda's clients speak it.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::deployments::DeployError;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A request, read whole.
#[derive(Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path, not decoded.
    pub path: &'a str,
    /// What follows the `?`.
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The account in the ARNs of the answer.
    pub account: &'a str,
    /// The region in them.
    pub region: &'a str,
}

impl Request<'_> {
    /// The parts of the path, decoded: the name of a function may be an ARN.
    pub(crate) fn segments(&self) -> Vec<String> {
        let parts = self.path.split('/').filter(|part| !part.is_empty());
        parts.map(|part| decoded(part, false)).collect()
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.query?.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .filter(|(key, _)| decoded(key, true) == name)
            .map(|(_, value)| decoded(value, true))
            .next_back()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as what the operation takes.
    pub(crate) fn input<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let body = if self.body.is_empty() {
            b"{}"
        } else {
            &self.body[..]
        };
        serde_json::from_slice(body).map_err(|error| {
            let message = format!("Could not parse request body into json: {error}");
            Refusal::new(400, "InvalidRequestContentException", message)
        })
    }

    /// The ARN of a function in the caller's account and region.
    pub(crate) fn arn(&self, name: &str) -> String {
        format!("arn:aws:lambda:{}:{}:function:{name}", self.region, self.account)
    }
}

/// Undoes percent-encoding; in a query `+` is a space. What is no encoding stays as it is.
fn decoded(text: &str, is_query: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let encoded = digits
            .filter(|_| byte == b'%')
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match encoded {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(if is_query && byte == b'+' { b' ' } else { byte });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An error as Lambda answers it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: u16,
    kind: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameterValueException", message)
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "ResourceConflictException", message)
    }

    pub(crate) fn not_found(arn: &str) -> Self {
        Self::new(
            404,
            "ResourceNotFoundException",
            format!("Function not found: {arn}"),
        )
    }

    pub(crate) fn service(message: impl Into<String>) -> Self {
        Self::new(500, "ServiceException", message)
    }

    /// The answer. Some of Lambda's errors write `Message`, others `message`.
    pub(crate) fn into_response(self) -> Response<Bytes> {
        let message = match self.kind {
            "ResourceNotFoundException" | "ServiceException" => "Message",
            _ => "message",
        };
        let side = if self.status < 500 { "User" } else { "Service" };
        let mut body = BTreeMap::from([("Type", side), (message, &self.message)]);
        if self.kind == "TooManyRequestsException" {
            body.insert("Reason", "ReservedFunctionConcurrentInvocationLimitExceeded");
        }
        let mut response = json(self.status, &body);
        response
            .headers_mut()
            .insert(ERROR_TYPE, HeaderValue::from_static(self.kind));
        response
    }
}

impl From<DeployError> for Refusal {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Refused(reason) => Self::invalid(reason),
            DeployError::Disk(_) => Self::service(error.to_string()),
        }
    }
}

/// An answer with a JSON body.
pub(crate) fn json(status: u16, body: &impl Serialize) -> Response<Bytes> {
    match serde_json::to_vec(body) {
        Ok(text) => bytes(status, Bytes::from(text)),
        Err(error) => bytes(500, Bytes::from(error.to_string())),
    }
}

/// An answer whose body is JSON text already.
pub(crate) fn bytes(status: u16, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_once() {
        assert_eq!(decoded("arn%3Aaws%3alambda", false), "arn:aws:lambda");
        assert_eq!(decoded("a%2541+b", false), "a%41+b");
        assert_eq!(decoded("a+b%", true), "a b%");
        assert_eq!(decoded("%zz%f", false), "%zz%f");
        assert_eq!(decoded("%c3%bc%ff", false), "ü\u{fffd}");
        assert_eq!(decoded("%é9", false), "%é9");
    }

    #[test]
    fn errors_write_their_message_where_lambda_does() {
        let body =
            |refusal: Refusal| String::from_utf8(refusal.into_response().into_body().to_vec()).unwrap();
        assert_eq!(
            body(Refusal::not_found("x")),
            r#"{"Message":"Function not found: x","Type":"User"}"#
        );
        assert_eq!(body(Refusal::invalid("x")), r#"{"Type":"User","message":"x"}"#);
        assert_eq!(body(Refusal::service("x")), r#"{"Message":"x","Type":"Service"}"#);
    }
}

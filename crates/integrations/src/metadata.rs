//! What AWS adds to the results and errors of service calls: headers, request ids, wording.

use json::{Object, Str, Value};

/// The headers of a service's response, in order: name and value.
pub(crate) type Headers<'a> = [(&'a str, Value)];

/// `SdkHttpMetadata`: all headers as lists, in one order, and as texts, in another.
pub(crate) fn http(headers: &Headers<'_>, order: &[&str], status: u16) -> Value {
    let all: Object = headers
        .iter()
        .map(|(name, value)| (Str::from(*name), Value::from(vec![value.clone()])))
        .collect();
    let texts: Object = order
        .iter()
        .filter_map(|name| headers.iter().find(|(known, _)| known == name))
        .map(|(name, value)| (Str::from(*name), value.clone()))
        .collect();
    Value::object([
        ("AllHttpHeaders", Value::from(all)),
        ("HttpHeaders", Value::from(texts)),
        ("HttpStatusCode", Value::from(u32::from(status))),
    ])
}

/// The headers whose names AWS writes otherwise than HTTP's libraries do.
const HEADER_NAMES: [(&str, &str); 9] = [
    ("connection", "Connection"),
    ("content-length", "Content-Length"),
    ("content-type", "Content-Type"),
    ("date", "Date"),
    ("server", "Server"),
    ("x-amz-executed-version", "X-Amz-Executed-Version"),
    ("x-amzn-remapped-content-length", "x-amzn-Remapped-Content-Length"),
    ("x-amzn-requestid", "x-amzn-RequestId"),
    ("x-amzn-trace-id", "X-Amzn-Trace-Id"),
];

/// `SdkHttpMetadata` of an answer that came over the network: its headers as lists in the order in which they came, and
/// as texts in the order of their names.
pub(crate) fn of_reply(headers: &[(String, String)], status: u16) -> Value {
    let written = |name: &str| HEADER_NAMES.iter().find(|(lower, _)| *lower == name);
    let named: Vec<(&str, Value)> = headers
        .iter()
        .map(|(name, value)| {
            let name = written(name).map_or(name.as_str(), |(_, written)| written);
            (name, Value::from(value.as_str()))
        })
        .collect();
    let mut order: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
    order.sort_by_key(|name| name.to_ascii_lowercase());
    http(&named, &order, status)
}

/// `SdkResponseMetadata`.
pub(crate) fn response(request_id: &str) -> Value {
    Value::object([("RequestId", Value::from(request_id))])
}

/// A new request id.
pub(crate) fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The current time as the `Date` header has it.
pub(crate) fn date() -> String {
    jiff::Timestamp::now()
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

/// An X-Ray trace header for a call that is not traced.
pub(crate) fn trace_id() -> String {
    let seconds = jiff::Timestamp::now().as_second();
    let random = uuid::Uuid::new_v4().simple().to_string();
    let (root, parent) = (&random[..24], &random[16..]);
    format!("root=1-{seconds:08x}-{root};parent={parent};sampled=0")
}

/// The cause of an error that an optimised integration got from its service.
pub(crate) fn cause(
    service: &str,
    status: u16,
    code: &str,
    message: &str,
    request_id: Option<&str>,
) -> String {
    let request_id = request_id.map_or_else(self::request_id, str::to_owned);
    format!(
        "{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; Proxy: null)"
    )
}

/// The cause of an error that an AWS SDK integration got from its service.
pub(crate) fn sdk_cause(service: &str, status: u16, message: &str) -> String {
    let request_id = request_id();
    format!(
        "{message} (Service: {service}, Status Code: {status}, Request ID: {request_id}) (SDK Attempt Count: 1)"
    )
}

/// The error's name as SDKs have it: the code, ending in `Exception`.
pub(crate) fn exception(code: &str) -> String {
    if code.ends_with("Exception") {
        code.to_owned()
    } else {
        format!("{code}Exception")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_lists_and_texts() {
        let headers = [("B", Value::from("1")), ("A", Value::from("2"))];
        assert_eq!(
            http(&headers, &["A", "B", "C"], 200).to_string(),
            r#"{"AllHttpHeaders":{"B":["1"],"A":["2"]},"HttpHeaders":{"A":"2","B":"1"},"HttpStatusCode":200}"#
        );
    }

    #[test]
    fn dates_are_those_of_http() {
        let date = date();
        assert_eq!((date.len(), &date[3..5], &date[25..]), (29, ", ", " GMT"));
    }

    #[test]
    fn codes_become_exceptions_once() {
        assert_eq!(
            exception("StateMachineDoesNotExist"),
            "StateMachineDoesNotExistException"
        );
        assert_eq!(exception("ValidationException"), "ValidationException");
    }
}

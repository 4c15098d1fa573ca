//! Web: what `http:invoke` and `apigateway:invoke` have in common: headers and answers.

use json::{Object, Value};
use outbound::Response;

use crate::http::form;

/// The headers of `Headers`, a line for each value; nothing if one of them is no text.
pub(crate) fn headers(value: &Value) -> Option<Vec<(String, String)>> {
    pairs(value, Shape::OneOrMany)
}

/// Whether a name may have one value or must have a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    OneOrMany,
    Many,
}

/// The pairs of an object of names and values.
pub(crate) fn pairs(value: &Value, shape: Shape) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for (name, value) in value.as_object()?.iter() {
        match value.as_array() {
            Some(values) => {
                for value in values {
                    pairs.push((name.to_string(), form::scalar(value)?));
                }
            }
            None if shape == Shape::OneOrMany => pairs.push((name.to_string(), form::scalar(value)?)),
            None => return None,
        }
    }
    Some(pairs)
}

/// A name among the headers that a definition may not set, if there is one.
pub(crate) fn forbidden<'v>(headers: &'v Value, names: &[&str], prefixes: &[&str]) -> Option<&'v str> {
    let is_forbidden = |name: &&str| {
        let lower = name.to_ascii_lowercase();
        names.iter().any(|known| lower == known.to_ascii_lowercase())
            || prefixes.iter().any(|prefix| lower.starts_with(prefix))
    };
    let mut given = headers.as_object()?.names().map(|name| &**name);
    given.find(is_forbidden)
}

/// The answer as a task's result: names of headers in alphabetical order, as AWS has them, each with its values.
pub(crate) fn result(answer: &Response, body: Value) -> Value {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in &answer.headers {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    names.sort_by_key(|name| name.to_ascii_lowercase());
    let values = |name: &str| -> Value {
        let of_name = answer
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| Value::from(&**value)).collect()
    };
    let headers: Object = names
        .into_iter()
        .map(|name| (json::Str::from(name), values(name)))
        .collect();
    Value::object([
        ("Headers", Value::from(headers)),
        ("ResponseBody", body),
        ("StatusCode", Value::from(u32::from(answer.status))),
        ("StatusText", Value::from(&*answer.reason)),
    ])
}

/// The body as JSON if it is that, else as text.
pub(crate) fn body(text: &str) -> Value {
    json::parse(text).unwrap_or_else(|_| Value::from(text))
}

/// The value of a header of an answer.
pub(crate) fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    let found = answer
        .headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_results_with_lists_of_headers() {
        let answer = Response {
            status: 200,
            reason: "Fine".to_owned(),
            headers: [("X-b", "1"), ("Set-Cookie", "c"), ("x-B", "2"), ("a", "3")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            body: Vec::new(),
        };
        assert_eq!(
            result(&answer, body("{\"a\": [1]}")).to_string(),
            r#"{"Headers":{"a":["3"],"Set-Cookie":["c"],"X-b":["1","2"]},"ResponseBody":{"a":[1]},"StatusCode":200,"StatusText":"Fine"}"#
        );
        assert_eq!(body("no json"), Value::from("no json"));
    }

    #[test]
    fn forbidden_headers_are_found_in_any_case() {
        let headers = json::json!({"Accept": "x", "X-AMZ-Target": "y"});
        assert_eq!(forbidden(&headers, &["Host"], &["x-amz-"]), Some("X-AMZ-Target"));
        assert_eq!(forbidden(&headers, &["accept"], &[]), Some("Accept"));
        assert_eq!(forbidden(&headers, &["Host"], &[]), None);
    }

    #[test]
    fn pairs_are_texts_or_lists_of_them() {
        let value = json::json!({"a": "x", "b": [1, true]});
        assert_eq!(headers(&value).unwrap().len(), 3);
        assert_eq!(pairs(&value, Shape::Many), None);
        assert_eq!(headers(&json::json!({"a": {}})), None);
        assert_eq!(headers(&json::json!({"a": null})), None);
    }
}

//! Reasons for which an outcome may differ from jsonata-js's. Each has its section in DIFFERENCES.md.

use json::Value;

use crate::outcome::{Case, Order, Outcome, same};

/// Why the outcomes of a case differ, if that is known and meant. `answer` is what the reference wrote.
pub(crate) fn reason(case: &Case, answer: &Value, theirs: &Outcome, ours: &Outcome) -> Option<&'static str> {
    let expr = case.expr.as_str();
    if matches!(ours, Outcome::Limit(_)) {
        return Some("a limit is passed");
    }
    if answer.get("hollow").is_some() {
        return Some("an array holds undefined");
    }
    let halves = ["\u{fffd}", "\\ud8", "\\udc"];
    if halves.iter().any(|half| says(theirs, half) && !says(ours, half)) {
        return Some("half a surrogate pair");
    }
    if says(theirs, "(...params)") {
        return Some("the source of a JavaScript function");
    }
    if says(theirs, "_jsonata_") || says(theirs, "<function>") {
        return Some("a function in an error");
    }
    match (theirs, ours) {
        _ if expr.contains("(2, ?)") && (says(ours, "D3061") || says(theirs, "D3061")) => {
            Some("a builtin applied partially")
        }
        _ if says(theirs, "-Infinity") && says(ours, "Infinity") && !says(ours, "-Infinity") => {
            Some("negative zero")
        }
        (Outcome::Value(a), Outcome::Value(b)) if sorted(a) == sorted(b) && has_index_name(a) => {
            Some("names that are indexes")
        }
        (Outcome::Error(a), Outcome::Error(b)) if b.position < a.position => Some("which of several errors"),
        (_, Outcome::Error(error)) if error.code == "T2011" && error.message.ends_with(": undefined") => {
            Some("a function updates a transform")
        }
        (Outcome::Value(a), Outcome::Value(b)) if without_nulls(a) == without_nulls(b) => {
            Some("grouping an empty array")
        }
        (Outcome::Value(a), Outcome::Value(b)) if nearly(a, b) => Some("the last digit of a power"),
        _ if expr.contains("~> |**|") => Some("a transform of places within each other"),
        _ => None,
    }
}

fn says(outcome: &Outcome, text: &str) -> bool {
    match outcome {
        Outcome::Value(value) => value.to_string().contains(text),
        Outcome::Error(error) => {
            error.code == text
                || error.message.contains(text)
                || error
                    .token
                    .as_ref()
                    .is_some_and(|token| token.to_string().contains(text))
        }
        _ => false,
    }
}

/// The characters of a value's text in order: two orders of the same members have the same.
fn sorted(value: &Value) -> Vec<char> {
    let mut characters: Vec<char> = value.to_string().chars().collect();
    characters.sort_unstable();
    characters
}

fn has_index_name(value: &Value) -> bool {
    let text = value.to_string().replace('\\', "");
    text.split('"').any(|piece| piece.parse::<u32>().is_ok())
}

fn without_nulls(value: &Value) -> String {
    value.to_string().replace("[null]", "[]")
}

/// Whether two values differ by no more than the last digit of numbers.
fn nearly(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64(), b.as_f64());
            (a - b).abs() <= a.abs() * 4.0 * f64::EPSILON
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| nearly(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let member = |(name, a): (&json::Str, &Value)| b.get(name).is_some_and(|b| nearly(a, b));
            a.len() == b.len() && a.iter().all(member)
        }
        (a, b) => same(a, b, Order::Written),
    }
}

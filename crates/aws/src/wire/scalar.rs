//! Scalars: texts, numbers and bytes, from parameters and into results.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use json::{Number, Str, Value};

use crate::facts::{Kind, TimestampFormat};
use crate::wire::moment;
use crate::wire::naming::Naming;
use crate::wire::request::{BadAnswer, BadParameter};

/// The text of a parameter. Step Functions writes what isn't text as JSON.
pub(crate) fn text(value: &Value) -> Str {
    match value {
        Value::String(text) => Str::clone(text),
        _ => value.to_string().into(),
    }
}

/// The bytes of a parameter: those of its text.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    text(value).as_bytes().to_vec()
}

/// The bytes of a parameter in base64.
pub(crate) fn base64(value: &Value) -> String {
    BASE64_STANDARD.encode(text(value).as_bytes())
}

/// A parameter of a scalar kind as the JSON value of the same meaning: numbers and truths may be given as text.
pub(crate) fn scalar(kind: &Kind, value: &Value, at: &str) -> Result<Value, BadParameter> {
    let wrong = |wanted| BadParameter::kind(at, wanted, value);
    match kind {
        Kind::String { .. } => Ok(Value::String(text(value))),
        Kind::Blob => Ok(Value::from(base64(value))),
        Kind::Boolean => truth(value)
            .map(Value::Bool)
            .ok_or_else(|| wrong("true or false")),
        Kind::Integer | Kind::Long => whole(value).map(Value::Number).ok_or_else(|| wrong("an integer")),
        Kind::Float | Kind::Double => decimal(value).ok_or_else(|| wrong("a number")),
        Kind::Timestamp(format) => moment::of_parameter(value)
            .map(|moment| moment::to_value(moment, *format))
            .ok_or_else(|| wrong("a timestamp")),
        Kind::Structure(_) | Kind::List(_) | Kind::Map(_) | Kind::Document => Ok(value.clone()),
    }
}

/// A parameter of a scalar kind as the text that paths, headers, queries and XML have.
pub(crate) fn scalar_text(
    kind: &Kind,
    value: &Value,
    default: TimestampFormat,
    at: &str,
) -> Result<String, BadParameter> {
    if let Kind::Timestamp(format) = kind {
        return moment::of_parameter(value)
            .map(|moment| moment::to_text(moment, *format, default))
            .ok_or_else(|| BadParameter::kind(at, "a timestamp", value));
    }
    Ok(text(&scalar(kind, value, at)?).to_string())
}

fn truth(value: &Value) -> Option<bool> {
    match value.as_str() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => value.as_bool(),
    }
}

fn whole(value: &Value) -> Option<Number> {
    let number = match value {
        Value::Number(number) => *number,
        Value::String(text) => return text.parse().ok().map(Number::Int),
        _ => return None,
    };
    match number {
        Number::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(Number::Int(value as i64)),
        Number::Float(_) => None,
        Number::Int(_) | Number::UInt(_) => Some(number),
    }
}

fn decimal(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) if matches!(&**text, "NaN" | "Infinity" | "-Infinity") => Some(value.clone()),
        Value::String(text) => text.parse().ok().and_then(Number::from_f64).map(Value::Number),
        _ => None,
    }
}

/// What a header's or an element's text means in a result.
pub(crate) fn of_text(kind: &Kind, text: &str, naming: Naming) -> Result<Value, BadAnswer> {
    let trimmed = text.trim();
    let found = match kind {
        Kind::Boolean => Some(Value::Bool(trimmed.eq_ignore_ascii_case("true"))),
        Kind::Integer | Kind::Long => trimmed.parse().ok().map(|whole: i64| Value::from(whole)),
        Kind::Float | Kind::Double => trimmed.parse().ok().map(of_decimal),
        Kind::Timestamp(_) => moment::of_text(trimmed).map(|moment| naming.moment(moment)),
        Kind::Blob => BASE64_STANDARD.decode(trimmed).ok().map(|bytes| of_bytes(&bytes)),
        Kind::String { .. } | Kind::Document => Some(Value::from(text)),
        Kind::Structure(_) | Kind::List(_) | Kind::Map(_) => None,
    };
    found.ok_or(BadAnswer::Value)
}

/// What a JSON value of a scalar kind means in a result.
pub(crate) fn of_value(kind: &Kind, value: &Value, naming: Naming) -> Result<Value, BadAnswer> {
    match (kind, value) {
        (Kind::Timestamp(_), _) => moment::of_answer(value)
            .map(|moment| naming.moment(moment))
            .ok_or(BadAnswer::Value),
        (Kind::Blob, Value::String(text)) => of_text(kind, text, naming),
        (Kind::Integer | Kind::Long, Value::Number(Number::Float(number))) if number.fract() == 0.0 => {
            Ok(whole(value).map_or_else(|| value.clone(), Value::Number))
        }
        (Kind::Boolean | Kind::Integer | Kind::Long | Kind::Float | Kind::Double, Value::String(text)) => {
            of_text(kind, text, naming)
        }
        _ => Ok(value.clone()),
    }
}

/// Bytes in a result: as text, what isn't UTF-8 replaced.
pub(crate) fn of_bytes(bytes: &[u8]) -> Value {
    Value::from(String::from_utf8_lossy(bytes).into_owned())
}

/// A decimal in a result; what JSON cannot say is text, as Java writes it.
pub(crate) fn of_decimal(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::from("NaN"),
        None if value > 0.0 => Value::from("Infinity"),
        None => Value::from("-Infinity"),
    }
}

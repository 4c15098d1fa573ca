//! `States.StringToJson`, `States.JsonToString` and `States.JsonMerge`.

use json::{Number, Value};

use super::{Bounded, Outcome, Unfit};

/// The value that a text says. A blank text says null, and `-0` is an integer.
pub(super) fn parse(text: &str) -> Outcome {
    match text.trim() {
        "" => Ok(Value::Null),
        "-0" => Ok(Value::Number(Number::Int(0))),
        text => json::parse(text).map_err(|_| Unfit),
    }
}

pub(super) fn print(value: &Value, room: usize) -> Outcome {
    Bounded::print(value, room).map(Value::from)
}

/// The members of both objects, the second's over the first's. Only `false`, a shallow merge, is allowed.
pub(super) fn merge(left: &Value, right: &Value, deep: &Value) -> Outcome {
    let (Value::Object(left), Value::Object(right), Value::Bool(false)) = (left, right, deep) else {
        return Err(Unfit);
    };
    let mut merged = left.clone();
    for (name, value) in right.iter() {
        merged.insert(name.clone(), value.clone());
    }
    Ok(Value::Object(merged))
}

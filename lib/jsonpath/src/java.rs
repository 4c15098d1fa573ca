//! Values as Java prints them: what Jayway's messages show, and what `States.Format` inserts.

use std::fmt;

use json::{Number, Value};

/// A value printed as Java's `toString` would: `{a=1, b=[true, null]}`, text without quotes.
#[derive(Debug, Clone, Copy)]
pub struct JavaText<'a>(pub &'a Value);

impl fmt::Display for JavaText<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => out.write_str("null"),
            Value::Bool(value) => write!(out, "{value}"),
            Value::Number(Number::Float(value)) => double(*value, out),
            Value::Number(number) => write!(out, "{number}"),
            Value::String(text) => out.write_str(text),
            Value::Array(elements) => {
                out.write_str("[")?;
                for (place, element) in elements.iter().enumerate() {
                    if place > 0 {
                        out.write_str(", ")?;
                    }
                    JavaText(element).fmt(out)?;
                }
                out.write_str("]")
            }
            Value::Object(members) => {
                out.write_str("{")?;
                for (place, (name, value)) in members.iter().enumerate() {
                    if place > 0 {
                        out.write_str(", ")?;
                    }
                    write!(out, "{name}=")?;
                    JavaText(value).fmt(out)?;
                }
                out.write_str("}")
            }
        }
    }
}

/// `Double.toString`: plain from a thousandth to ten million, with an exponent elsewhere.
fn double(value: f64, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let text = value.to_string();
        let point = if text.contains('.') { "" } else { ".0" };
        return write!(out, "{text}{point}");
    }
    let text = format!("{value:E}");
    let (digits, exponent) = text.split_once('E').unwrap_or((&text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    write!(out, "{digits}{point}E{exponent}")
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;

    #[test]
    fn values_are_printed_as_in_java() {
        for (value, text) in [
            (
                json!({"a": 1, "b": [true, null, "x y"], "c": {}}),
                "{a=1, b=[true, null, x y], c={}}",
            ),
            (json!(1.5), "1.5"),
            (json!(100.0), "100.0"),
            (json!(0.001), "0.001"),
            (json!(0.0001), "1.0E-4"),
            (json!(9999999.0), "9999999.0"),
            (json!(12345678.9), "1.23456789E7"),
            (json!(1e21), "1.0E21"),
            (json!(-0.0), "-0.0"),
            (json!(-7), "-7"),
            (json!(18446744073709551615u64), "18446744073709551615"),
        ] {
            assert_eq!(JavaText(&value).to_string(), text);
        }
    }
}

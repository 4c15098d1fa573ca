//! json_text: JSON as the client of the recordings wrote it.
//!
//! Lengths and texts in answers depend on it: a space behind every comma and colon, and, unless told otherwise, nothing
//! but ASCII.

use std::fmt::Write as _;

use serde_json::Value;

/// How JSON is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    /// No spaces.
    pub(crate) compact: bool,
    /// Everything beyond ASCII is escaped.
    pub(crate) ascii: bool,
}

/// The style of a text about which nothing is said.
pub(crate) const PLAIN: Style = Style {
    compact: false,
    ascii: true,
};

/// Writes a value as text.
pub(crate) fn write(value: &Value, style: Style) -> String {
    let mut text = String::new();
    append(&mut text, value, style);
    text
}

fn append(out: &mut String, value: &Value, style: Style) {
    let (comma, colon) = if style.compact { (",", ":") } else { (", ", ": ") };
    match value {
        Value::String(text) => append_string(out, text, style.ascii),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => append_float(out, float),
            None => out.push_str(&number.to_string()),
        },
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { comma } else { "" });
                append(out, item, style);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                out.push_str(if index > 0 { comma } else { "" });
                append_string(out, name, style.ascii);
                out.push_str(colon);
                append(out, member, style);
            }
            out.push('}');
        }
        Value::Null => out.push_str("null"),
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
    }
}

/// The shortest digits that give the number back; exponents have a sign and at least two digits.
fn append_float(out: &mut String, float: f64) {
    let text = format!("{float:?}");
    match text.split_once('e') {
        None => out.push_str(&text),
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            write!(out, "{digits}e{sign}{exponent:0>2}").expect("a text takes what is written to it");
        }
    }
}

fn append_string(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            letter if letter < ' ' || (ascii && letter > '~') => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").expect("a text takes what is written to it");
                }
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_has_spaces_and_nothing_but_ascii() {
        let value = json!({"a": [1, 2.0, 1e22, 0.00001], "ü": "\u{7f}𝄞\n\u{1}", "z": null});
        assert_eq!(
            write(&value, PLAIN),
            r#"{"a": [1, 2.0, 1e+22, 1e-05], "\u00fc": "\u007f\ud834\udd1e\n\u0001", "z": null}"#
        );
    }

    #[test]
    fn compact_text_has_no_spaces_and_keeps_letters_if_told_so() {
        let style = Style {
            compact: true,
            ascii: false,
        };
        assert_eq!(write(&json!({"a": ["ü", true]}), style), r#"{"a":["ü",true]}"#);
    }
}

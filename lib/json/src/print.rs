//! Printing: JSON text, compact as `Display` and through serde, or with spaces.

use std::cell::RefCell;
use std::fmt::{self, Write};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::number::Number;
use crate::parse::DEPTH_MAX;
use crate::value::{Str, Value};

/// The room that a thread keeps for printing shared text, and how large it may have become.
const ROOM_BYTES_MAX: usize = 64 << 10;

thread_local! {
    static ROOM: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A value that has no text within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unprintable {
    /// Its text has more bytes than allowed.
    TooLong,
    /// It nests deeper than [`DEPTH_MAX`] levels.
    TooDeep,
}

impl Value {
    /// The value as compact JSON text of at most so many bytes.
    ///
    /// Values share what is in them, so a small value may have an enormous text: printing stops where the
    /// bound is passed.
    pub fn text_within(&self, bytes_max: usize) -> Result<String, Unprintable> {
        let mut out = Bounded {
            text: String::new(),
            bytes_max,
        };
        let printed = print::<false>(self, &mut out, 0);
        out.finish(printed)
    }

    /// The same as text that can be shared, which is allocated once and in its full length.
    pub fn shared_text_within(&self, bytes_max: usize) -> Result<Str, Unprintable> {
        ROOM.with_borrow_mut(|room| {
            let mut out = Bounded {
                text: std::mem::take(room),
                bytes_max,
            };
            let printed = print::<false>(self, &mut out, 0);
            let mut text = out.finish(printed)?;
            let shared = Str::from(text.as_str());
            if text.capacity() <= ROOM_BYTES_MAX {
                text.clear();
                *room = text;
            }
            Ok(shared)
        })
    }

    /// The same with a space behind each comma and colon.
    pub fn spaced_text_within(&self, bytes_max: usize) -> Result<String, Unprintable> {
        let mut out = Bounded {
            text: String::new(),
            bytes_max,
        };
        let printed = print::<true>(self, &mut out, 0);
        out.finish(printed)
    }
}

impl fmt::Display for Value {
    /// Compact JSON, without spaces.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::<false>(self, out, 0).map_err(|_| fmt::Error)
    }
}

struct Bounded {
    text: String,
    bytes_max: usize,
}

impl Bounded {
    fn finish(self, printed: Result<(), Stop>) -> Result<String, Unprintable> {
        match printed {
            Ok(()) => Ok(self.text),
            Err(Stop::Depth) => Err(Unprintable::TooDeep),
            Err(Stop::Writer) => Err(Unprintable::TooLong),
        }
    }
}

impl Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.text.len() + part.len() > self.bytes_max {
            return Err(fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

enum Stop {
    Depth,
    Writer,
}

impl From<fmt::Error> for Stop {
    fn from(_: fmt::Error) -> Self {
        Self::Writer
    }
}

fn print<const SPACED: bool>(value: &Value, out: &mut impl Write, depth: usize) -> Result<(), Stop> {
    let (comma, colon) = if SPACED { (", ", ": ") } else { (",", ":") };
    if depth == DEPTH_MAX && matches!(value, Value::Array(_) | Value::Object(_)) {
        return Err(Stop::Depth);
    }
    match value {
        Value::Null => out.write_str("null")?,
        Value::Bool(true) => out.write_str("true")?,
        Value::Bool(false) => out.write_str("false")?,
        Value::Number(number) => write!(out, "{number}")?,
        Value::String(text) => print_string(text, out)?,
        Value::Array(elements) => {
            out.write_str("[")?;
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    out.write_str(comma)?;
                }
                print::<SPACED>(element, out, depth + 1)?;
            }
            out.write_str("]")?;
        }
        Value::Object(members) => {
            out.write_str("{")?;
            for (place, (name, value)) in members.iter().enumerate() {
                if place > 0 {
                    out.write_str(comma)?;
                }
                print_string(name, out)?;
                out.write_str(colon)?;
                print::<SPACED>(value, out, depth + 1)?;
            }
            out.write_str("}")?;
        }
    }
    Ok(())
}

fn print_string(text: &str, out: &mut impl Write) -> fmt::Result {
    out.write_str("\"")?;
    let mut start = 0;
    for (place, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.write_str(&text[start..place])?;
        start = place + 1;
        match byte {
            b'"' => out.write_str("\\\"")?,
            b'\\' => out.write_str("\\\\")?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            0x08 => out.write_str("\\b")?,
            0x0c => out.write_str("\\f")?,
            other => write!(out, "\\u{other:04x}")?,
        }
    }
    out.write_str(&text[start..])?;
    out.write_str("\"")
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(Number::Int(value)) => serializer.serialize_i64(*value),
            Self::Number(Number::UInt(value)) => serializer.serialize_u64(*value),
            Self::Number(Number::Float(value)) => serializer.serialize_f64(*value),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(elements) => {
                let mut list = serializer.serialize_seq(Some(elements.len()))?;
                for element in elements.iter() {
                    list.serialize_element(element)?;
                }
                list.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members.iter() {
                    map.serialize_entry(&**name, value)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_value_with_an_enormous_text_is_not_printed() {
        let mut value = Value::from("0123456789");
        for _ in 0..40 {
            value = Value::from(vec![value.clone(), value]);
        }
        assert_eq!(value.text_within(1000), Err(Unprintable::TooLong));
        assert_eq!(Value::from("abc").text_within(5), Ok("\"abc\"".to_owned()));
        assert_eq!(Value::from("abc").text_within(4), Err(Unprintable::TooLong));
    }

    #[test]
    fn spaces_stand_behind_commas_and_colons() {
        let value = crate::parse(r#"{"a":[1,{}, ",:"],"b":[]}"#).unwrap();
        assert_eq!(
            value.spaced_text_within(1000).unwrap(),
            r#"{"a": [1, {}, ",:"], "b": []}"#
        );
        assert_eq!(value.to_string(), r#"{"a":[1,{},",:"],"b":[]}"#);
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| (0..depth).fold(Value::Null, |value, _| Value::from(vec![value]));
        assert!(nested(DEPTH_MAX).text_within(10_000).is_ok());
        assert_eq!(
            nested(DEPTH_MAX + 1).text_within(10_000),
            Err(Unprintable::TooDeep)
        );
    }
}

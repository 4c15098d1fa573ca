//! Parsing: JSON text to a value, with bounded nesting.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::number::Number;
use crate::object::Object;
use crate::value::{Str, Value};

/// How deep arrays and objects may nest: the limit of the JSON parser that AWS uses.
pub const DEPTH_MAX: usize = 1000;

/// Text that is no JSON, nests too deep, or goes on after its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in that line, from 1.
    pub column: usize,
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} at line {} column {}",
            self.message, self.line, self.column
        )
    }
}

impl std::error::Error for ParseError {}

impl From<serde_json::Error> for ParseError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let message = error.to_string();
        let place = format!(" at line {line} column {column}");
        Self {
            message: message.strip_suffix(&place).unwrap_or(&message).to_owned(),
            line,
            column,
        }
    }
}

/// Reads one JSON value from text; nothing but white space may follow it.
pub fn parse(text: &str) -> Result<Value, ParseError> {
    read(serde_json::Deserializer::from_str(text))
}

/// Reads one JSON value from UTF-8 bytes; nothing but white space may follow it.
pub fn parse_bytes(bytes: &[u8]) -> Result<Value, ParseError> {
    read(serde_json::Deserializer::from_slice(bytes))
}

fn read<'de, R: serde_json::de::Read<'de>>(
    mut deserializer: serde_json::Deserializer<R>,
) -> Result<Value, ParseError> {
    deserializer.disable_recursion_limit();
    let value = Seed { depth: 0 }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Seed { depth: 0 }.deserialize(deserializer)
    }
}

#[derive(Clone, Copy)]
struct Seed {
    depth: usize,
}

impl Seed {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_MAX {
            return Err(E::custom(format_args!(
                "nesting is deeper than {DEPTH_MAX} levels"
            )));
        }
        Ok(Self {
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(deeper)? {
            elements.push(element);
        }
        Ok(Value::Array(elements.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut members = Object::new();
        while let Some(name) = map.next_key_seed(Name)? {
            members.insert(name, map.next_value_seed(deeper)?);
        }
        Ok(Value::Object(members))
    }
}

struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Str, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Str;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the name of a member")
    }

    fn visit_str<E>(self, text: &str) -> Result<Str, E> {
        Ok(Arc::from(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_comes_back_as_it_was_written() {
        for text in [
            r#"{"b":1,"a":[1.0,-0.0,1e300,18446744073709551615,-5,"\u0000\"\\\n é"],"c":null}"#,
            "[]",
            "{}",
            "\"\"",
            "0.1",
        ] {
            let value = parse(text).unwrap();
            assert_eq!(parse(&value.to_string()).unwrap(), value);
            assert_eq!(parse(&serde_json::to_string(&value).unwrap()).unwrap(), value);
        }
        assert_eq!(
            parse(r#"{"z":1.0,"a":100}"#).unwrap().to_string(),
            r#"{"z":1.0,"a":100}"#
        );
    }

    #[test]
    fn nesting_is_bounded() {
        let nest = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nest(DEPTH_MAX)).is_ok());
        let error = parse(&nest(DEPTH_MAX + 1)).unwrap_err();
        assert!(error.message.contains("deeper than 1000 levels"), "{error}");
        assert!(parse(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn an_error_has_its_place() {
        let error = parse("{\n  \"a\": nope}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 9));
    }

    #[test]
    fn nothing_may_follow() {
        assert!(parse("1 2").is_err());
        assert!(parse("").is_err());
        assert!(parse("1e999").is_err());
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in ".{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn strings_survive(text in any::<String>()) {
            let value = Value::from(text.as_str());
            prop_assert_eq!(parse(&value.to_string()).unwrap(), value);
        }
    }
}

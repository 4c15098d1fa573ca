//! A payload: JSON text together with the value it says.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::parse::{ParseError, parse};
use crate::print::Unprintable;
use crate::value::{Str, Value};

/// JSON text and its value, shared by everyone who carries it.
///
/// Text that came from outside is kept as it was written, spaces and all, because AWS shows it so.
/// The value of text that is trusted, such as text read back from disk, is parsed when first asked for.
#[derive(Clone)]
pub struct Payload(Arc<Inner>);

struct Inner {
    text: Str,
    /// Whether we printed the text ourselves.
    printed: bool,
    value: OnceLock<Value>,
}

impl Payload {
    /// Reads a payload from JSON text and keeps the text.
    pub fn parse(text: impl Into<Str>) -> Result<Self, ParseError> {
        let text = text.into();
        let value = OnceLock::from(parse(&text)?);
        Ok(Self(Arc::new(Inner {
            text,
            printed: false,
            value,
        })))
    }

    /// Takes text that was a payload's text before; it is parsed when its value is needed.
    pub fn trusted(text: impl Into<Str>) -> Self {
        Self(Arc::new(Inner {
            text: text.into(),
            printed: false,
            value: OnceLock::new(),
        }))
    }

    /// The value; `null` when trusted text turns out to be no JSON.
    pub fn value(&self) -> &Value {
        self.0
            .value
            .get_or_init(|| parse(&self.0.text).unwrap_or_default())
    }

    /// The JSON text.
    pub fn text(&self) -> &Str {
        &self.0.text
    }

    /// How many bytes the text has: what AWS's payload limits count.
    pub fn bytes(&self) -> usize {
        self.0.text.len()
    }

    /// The payload of a value whose text has at most so many bytes.
    pub fn within(value: Value, bytes_max: usize) -> Result<Self, Unprintable> {
        let text = value.shared_text_within(bytes_max)?;
        Ok(Self(Arc::new(Inner {
            text,
            printed: true,
            value: OnceLock::from(value),
        })))
    }

    /// The same for a value that may be this payload's own, whose text is then shared. Text from outside
    /// is printed anew, without its spaces, as AWS does when a state ends.
    pub fn carry(&self, value: Value, bytes_max: usize) -> Result<Self, Unprintable> {
        if self.0.printed && self.bytes() <= bytes_max && self.value().is_same(&value) {
            return Ok(self.clone());
        }
        Self::within(value, bytes_max)
    }

    /// Whether both share the very same text.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || Arc::ptr_eq(&self.0.text, &other.0.text)
    }
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Self(Arc::new(Inner {
            text: value.to_text(),
            printed: true,
            value: OnceLock::from(value),
        }))
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.text() == other.text()
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.text())
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.text())
    }
}

impl serde::Serialize for Payload {
    /// A payload is stored as its text.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl<'de> serde::Deserialize<'de> for Payload {
    /// Stored text is trusted.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <Str as serde::Deserialize>::deserialize(deserializer).map(Self::trusted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_is_kept_until_it_is_carried_on() {
        let given = Payload::parse("[1, 2]").unwrap();
        assert_eq!(&**given.text(), "[1, 2]");
        let carried = given.carry(given.value().clone(), 100).unwrap();
        assert_eq!(&**carried.text(), "[1,2]");
        assert!(
            carried
                .carry(carried.value().clone(), 100)
                .unwrap()
                .is_same(&carried)
        );
    }

    #[test]
    fn trusted_text_is_parsed_when_asked_for() {
        let payload = Payload::trusted(r#"{"a":1}"#);
        assert_eq!(payload.value().get("a"), Some(&Value::from(1)));
        assert_eq!(Payload::trusted("no json").value(), &Value::Null);
    }
}

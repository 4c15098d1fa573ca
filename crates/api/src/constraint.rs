//! Constraint: what is wrong with a request, in AWS's words.
//!
//! Every request has two views of the same constraints, both generated from the model: [`Constrained::holds`],
//! a quick yes or no about a decoded request, and [`Constrained::SHAPE`], the description that [`violations`]
//! compares the JSON text's value with when the answer was no.

use std::fmt;

use serde_json::Value;

use crate::{ApiError, Limits};

/// The most violations that one message tells, so that no request is answered with many times its length.
const VIOLATIONS_MAX: usize = 100;

const NOT_NULL: &str = "Member must not be null";

/// A shape of requests whose constraints can be checked.
pub trait Constrained {
    /// What the model says of the shape.
    const SHAPE: &'static Structure;

    /// Whether every constraint on the values of members holds.
    ///
    /// That required members are there and enums have values of the model is certain after decoding.
    fn holds(&self, limits: &Limits) -> bool;
}

/// What the model says of a structure.
#[derive(Debug)]
pub struct Structure {
    /// Its name, which AWS prints in front of its members.
    pub name: &'static str,
    /// Its members in the model's order.
    pub members: &'static [Member],
}

/// What the model says of a member of a structure.
#[derive(Debug)]
pub struct Member {
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Whether its value is kept out of messages.
    pub sensitive: bool,
    /// What its value must be.
    pub shape: Shape,
}

/// What the model says of a value.
#[derive(Debug)]
pub enum Shape {
    /// A string; lengths count characters.
    Text(TextShape),
    /// A string of at most [`Limits::payload_bytes`].
    Payload,
    /// A string of one to [`Limits::definition_characters`].
    Definition,
    /// One of these strings, in the order in which AWS lists them.
    Enum(&'static [&'static str]),
    /// A whole number of 32 bits.
    Integer(Option<i64>, Option<i64>),
    /// A whole number of 64 bits.
    Long(Option<i64>, Option<i64>),
    /// Any number.
    Float(Option<f64>, Option<f64>),
    /// `true` or `false`.
    Boolean,
    /// A list of values of one shape, with its fewest and most items.
    List(&'static Shape, Option<usize>, Option<usize>),
    /// A structure.
    Structure(&'static Structure),
}

/// What the model says of a string.
#[derive(Debug)]
pub struct TextShape {
    /// The fewest characters.
    pub min: Option<usize>,
    /// The most characters.
    pub max: Option<usize>,
    /// What it looks like.
    pub pattern: Option<Pattern>,
}

/// A regular expression that a string must match.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// As AWS prints it.
    pub text: &'static str,
    /// Decides in its place.
    pub matches: fn(&str) -> bool,
}

impl Member {
    /// A member that must be there.
    pub const fn required(name: &'static str, shape: Shape) -> Self {
        Self {
            name,
            required: true,
            sensitive: false,
            shape,
        }
    }

    /// A member that may be left out.
    pub const fn optional(name: &'static str, shape: Shape) -> Self {
        Self {
            name,
            required: false,
            sensitive: false,
            shape,
        }
    }

    /// The same member, with its value kept out of messages.
    pub const fn sensitive(self) -> Self {
        Self {
            name: self.name,
            required: self.required,
            sensitive: true,
            shape: self.shape,
        }
    }
}

impl Shape {
    /// A string of `min` to `max` characters.
    pub const fn text(min: Option<usize>, max: Option<usize>) -> Self {
        Self::Text(TextShape {
            min,
            max,
            pattern: None,
        })
    }

    /// A string of `min` to `max` characters that match a regular expression.
    pub const fn pattern(
        min: Option<usize>,
        max: Option<usize>,
        text: &'static str,
        matches: fn(&str) -> bool,
    ) -> Self {
        Self::Text(TextShape {
            min,
            max,
            pattern: Some(Pattern { text, matches }),
        })
    }
}

/// Lists what is wrong with a request, one sentence each, in the model's order; at most a hundred.
///
/// # Errors
///
/// `SerializationException` when something is of another type than the model says.
pub fn violations(
    shape: &'static Structure,
    request: &Value,
    limits: &Limits,
) -> Result<Vec<String>, ApiError> {
    let mut found = Violations {
        limits,
        path: String::new(),
        sentences: Vec::new(),
    };
    found.structure(shape, request)?;
    Ok(found.sentences)
}

/// The walk through a request: where it is and what it has found.
struct Violations<'l> {
    limits: &'l Limits,
    path: String,
    sentences: Vec<String>,
}

impl Violations<'_> {
    fn structure(&mut self, shape: &'static Structure, value: &Value) -> Result<(), ApiError> {
        let Value::Object(members) = value else {
            return Err(unexpected(value, "map"));
        };
        for member in shape.members {
            let length = self.path.len();
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(member.name);
            let value = members.get(member.name).unwrap_or(&Value::Null);
            let shown = Shown {
                shape: &member.shape,
                value,
                sensitive: member.sensitive,
            };
            match value {
                Value::Null if member.required => self.broken(&shown, NOT_NULL),
                Value::Null => {}
                _ => self.value(&shown)?,
            }
            self.path.truncate(length);
        }
        Ok(())
    }

    fn value(&mut self, shown: &Shown<'_>) -> Result<(), ApiError> {
        let Shown { shape, value, .. } = *shown;
        for constraint in broken(shape, value, self.limits)? {
            self.broken(shown, &constraint);
        }
        match (shape, value) {
            (Shape::Structure(structure), _) => self.structure(structure, value),
            (Shape::List(item, ..), Value::Array(values)) => match item {
                Shape::Structure(structure) => self.structures(item, structure, values),
                _ => self.plain_items(item, shown, values),
            },
            _ => Ok(()),
        }
    }

    fn structures(
        &mut self,
        shape: &'static Shape,
        structure: &'static Structure,
        values: &[Value],
    ) -> Result<(), ApiError> {
        let length = self.path.len();
        for (index, value) in values.iter().enumerate() {
            self.path.push_str(&format!(".{}.member", index + 1));
            match value {
                Value::Null => self.broken(
                    &Shown {
                        shape,
                        value,
                        sensitive: false,
                    },
                    NOT_NULL,
                ),
                _ => self.structure(structure, value)?,
            }
            self.path.truncate(length);
        }
        Ok(())
    }

    /// What is wrong with plain items is said once, of the list as a whole.
    fn plain_items(
        &mut self,
        item: &'static Shape,
        list: &Shown<'_>,
        values: &[Value],
    ) -> Result<(), ApiError> {
        for value in values {
            if value.is_null() || !broken(item, value, self.limits)?.is_empty() {
                let all = all_of(item, self.limits).join(", ");
                self.broken(list, &format!("Member must satisfy constraint: [{all}]"));
                break;
            }
        }
        Ok(())
    }

    fn broken(&mut self, shown: &Shown<'_>, constraint: &str) {
        if self.sentences.len() == VIOLATIONS_MAX {
            return;
        }
        let value = match shown {
            Shown { sensitive: true, .. } => String::new(),
            Shown {
                value: Value::Null, ..
            } => " null".to_owned(),
            _ => format!(" '{shown}'"),
        };
        let path = &self.path;
        self.sentences.push(format!(
            "Value{value} at '{path}' failed to satisfy constraint: {constraint}"
        ));
    }
}

/// The constraints of `shape` that `value` itself breaks; what is inside it is not looked at.
fn broken(shape: &'static Shape, value: &Value, limits: &Limits) -> Result<Vec<String>, ApiError> {
    let mut found = Vec::new();
    match shape {
        Shape::Text(text) => {
            let value = value.as_str().ok_or_else(|| unconvertible(value, "a String"))?;
            let length = value.chars().count();
            found.extend(text.max.filter(|max| length > *max).map(length_at_most));
            found.extend(text.min.filter(|min| length < *min).map(length_at_least));
            found.extend(
                text.pattern
                    .filter(|pattern| !(pattern.matches)(value))
                    .map(|pattern| matching(pattern.text)),
            );
        }
        Shape::Payload => {
            let value = value.as_str().ok_or_else(|| unconvertible(value, "a String"))?;
            if value.len() > limits.payload_bytes {
                found.push(size_at_most(limits.payload_bytes));
            }
        }
        Shape::Definition => {
            let value = value.as_str().ok_or_else(|| unconvertible(value, "a String"))?;
            let length = value.chars().count();
            if length > limits.definition_characters {
                found.push(length_at_most(limits.definition_characters));
            }
            if length == 0 {
                found.push(length_at_least(1));
            }
        }
        Shape::Enum(values) => {
            let value = value.as_str().ok_or_else(|| unconvertible(value, "a String"))?;
            if !values.contains(&value) {
                found.push(one_of(values));
            }
        }
        Shape::Integer(min, max) | Shape::Long(min, max) => {
            let name = if matches!(shape, Shape::Integer(..)) {
                "an Integer"
            } else {
                "a Long"
            };
            let number = value
                .as_i64()
                .filter(|number| matches!(shape, Shape::Long(..)) || i32::try_from(*number).is_ok());
            let number = number.ok_or_else(|| unconvertible(value, name))?;
            found.extend(max.filter(|max| number > *max).map(|max| value_at_most(&max)));
            found.extend(min.filter(|min| number < *min).map(|min| value_at_least(&min)));
        }
        Shape::Float(min, max) => {
            let number = value.as_f64().ok_or_else(|| unconvertible(value, "a Float"))?;
            found.extend(max.filter(|max| number > *max).map(|max| value_at_most(&max)));
            found.extend(min.filter(|min| number < *min).map(|min| value_at_least(&min)));
        }
        Shape::Boolean => {
            value.as_bool().ok_or_else(|| unconvertible(value, "a Boolean"))?;
        }
        Shape::List(_, min, max) => {
            let length = value.as_array().ok_or_else(|| unexpected(value, "list"))?.len();
            found.extend(max.filter(|max| length > *max).map(length_at_most));
            found.extend(min.filter(|min| length < *min).map(length_at_least));
        }
        Shape::Structure(_) => {}
    }
    Ok(found)
}

/// All constraints of a plain shape, as AWS lists them for the items of a list.
fn all_of(shape: &'static Shape, limits: &Limits) -> Vec<String> {
    match shape {
        Shape::Text(text) => {
            let mut all = Vec::new();
            all.extend(text.max.map(length_at_most));
            all.extend(text.min.map(length_at_least));
            all.extend(text.pattern.map(|pattern| matching(pattern.text)));
            all.push(NOT_NULL.to_owned());
            all
        }
        Shape::Payload => vec![size_at_most(limits.payload_bytes), NOT_NULL.to_owned()],
        Shape::Enum(values) => vec![one_of(values), NOT_NULL.to_owned()],
        _ => vec![NOT_NULL.to_owned()],
    }
}

fn length_at_most(max: usize) -> String {
    format!("Member must have length less than or equal to {max}")
}

fn length_at_least(min: usize) -> String {
    format!("Member must have length greater than or equal to {min}")
}

fn size_at_most(max: usize) -> String {
    format!("Member must have size less than or equal to {max} bytes in UTF-8 encoding")
}

fn value_at_most(max: &dyn fmt::Display) -> String {
    format!("Member must have value less than or equal to {max}")
}

fn value_at_least(min: &dyn fmt::Display) -> String {
    format!("Member must have value greater than or equal to {min}")
}

fn matching(pattern: &str) -> String {
    format!("Member must satisfy regular expression pattern: {pattern}")
}

fn one_of(values: &[&str]) -> String {
    format!("Member must satisfy enum value set: [{}]", values.join(", "))
}

/// A plain value was wanted and something else is there.
fn unconvertible(value: &Value, wanted: &str) -> ApiError {
    let token = match value {
        Value::Object(_) | Value::Array(_) => return unexpected(value, ""),
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
    };
    ApiError::serialization_exception(format!("{token} can not be converted to {wanted}"))
}

/// A list or a structure is where it shouldn't be, or isn't where it should be.
fn unexpected(value: &Value, wanted: &str) -> ApiError {
    ApiError::serialization_exception(match value {
        Value::Object(_) => "Start of structure or map found where not expected.".to_owned(),
        Value::Array(_) => "Start of list found where not expected".to_owned(),
        _ => format!("Expected {wanted} or null"),
    })
}

/// A value as AWS prints it: as Java does, with the names of structures and without quotes.
struct Shown<'a> {
    shape: &'static Shape,
    value: &'a Value,
    sensitive: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.shape, self.value) {
            (_, Value::Null) => f.write_str("null"),
            _ if self.sensitive => f.write_str("***Sensitive Data Redacted***"),
            (_, Value::String(text)) => f.write_str(text),
            (Shape::Float(..), value) => write!(f, "{:?}", value.as_f64().unwrap_or_default()),
            (Shape::List(shape, ..), Value::Array(values)) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(
                        f,
                        "{comma}{}",
                        Shown {
                            shape,
                            value,
                            sensitive: false
                        }
                    )?;
                }
                f.write_str("]")
            }
            (Shape::Structure(structure), Value::Object(members)) => {
                write!(f, "{}(", structure.name)?;
                for (index, member) in structure.members.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    let value = members.get(member.name).unwrap_or(&Value::Null);
                    let shown = Shown {
                        shape: &member.shape,
                        value,
                        sensitive: member.sensitive,
                    };
                    write!(f, "{comma}{}={shown}", member.name)?;
                }
                f.write_str(")")
            }
            (_, value) => value.fmt(f),
        }
    }
}

/// Whether a text has at least `min` and at most `max` characters.
pub(crate) fn length_holds(text: &str, min: usize, max: usize) -> bool {
    let bytes = text.len();
    if bytes < min || bytes > max.saturating_mul(4) {
        return false;
    }
    // A character has one to four bytes, which decides for nearly every text without counting.
    (bytes <= max && bytes / 4 >= min) || (min..=max).contains(&text.chars().count())
}

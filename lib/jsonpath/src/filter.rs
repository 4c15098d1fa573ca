//! Filters: what stands in `[?(…)]`, compared by Jayway's rules.
//!
//! A number and a text are equal when one reads as the other, a path that leads nowhere equals
//! nothing, and what cannot be compared is false.

use std::cmp::Ordering;

use json::{Number, Value};
use regex_lite::Regex;

use crate::path::Path;
use crate::search::{Stop, spend};

/// A condition on a value.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// The path leads somewhere, be it to null or false.
    Exists(Operand),
    Compare(Operand, Operator, Operand),
    /// `=~`: the whole text matches.
    Matches(Operand, Regex),
}

/// One side of a comparison.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Literal(Value),
    /// `@…`; `length` asks for the length of what it finds.
    Here {
        path: Path,
        length: bool,
    },
    /// `$…`
    Root {
        path: Path,
        length: bool,
    },
}

/// How two operands are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    /// `===`: equal and of one kind.
    Identical,
    NotIdentical,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Contains,
    SubsetOf,
    AnyOf,
    NoneOf,
    All,
    Size,
    Empty,
}

impl Operator {
    /// Operators by their writing, longer ones before those that they begin with.
    pub(crate) const WRITTEN: [(&'static str, Self); 19] = [
        ("===", Self::Identical),
        ("!==", Self::NotIdentical),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<>", Self::NotEqual),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("in", Self::In),
        ("nin", Self::NotIn),
        ("contains", Self::Contains),
        ("subsetof", Self::SubsetOf),
        ("anyof", Self::AnyOf),
        ("noneof", Self::NoneOf),
        ("all", Self::All),
        ("size", Self::Size),
        ("empty", Self::Empty),
        ("=", Self::Equal),
    ];
}

impl Filter {
    /// Whether the condition holds for a value of a document.
    pub(crate) fn accepts(&self, value: &Value, root: &Value, visits: &mut usize) -> Result<bool, Stop> {
        match self {
            Self::All(filters) => {
                for filter in filters {
                    if !filter.accepts(value, root, visits)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(filters) => {
                for filter in filters {
                    if filter.accepts(value, root, visits)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(filter) => Ok(!filter.accepts(value, root, visits)?),
            Self::Exists(operand) => Ok(operand.value(value, root, visits)?.is_some()),
            Self::Compare(left, operator, right) => {
                let left = left.value(value, root, visits)?;
                let right = right.value(value, root, visits)?;
                compare(left.as_ref(), *operator, right.as_ref(), visits)
            }
            Self::Matches(operand, regex) => {
                let text = operand.value(value, root, visits)?;
                matches(text.as_ref(), regex, visits)
            }
        }
    }
}

impl Operand {
    /// The operand's value; `None` where its path leads nowhere.
    fn value(&self, here: &Value, root: &Value, visits: &mut usize) -> Result<Option<Value>, Stop> {
        let (path, start, length) = match self {
            Self::Literal(value) => return Ok(Some(value.clone())),
            Self::Here { path, length } => (path, here, *length),
            Self::Root { path, length } => (path, root, *length),
        };
        spend(visits, 1)?;
        let found = match path.seek(start, root, visits) {
            Ok(found) => found,
            Err(Stop::Refused(error)) if *visits > crate::search::VISITS_MAX => {
                return Err(Stop::Refused(error));
            }
            Err(_) => return Ok(None),
        };
        Ok(if length {
            size(&found).map(Value::from)
        } else {
            Some(found)
        })
    }
}

fn compare(
    left: Option<&Value>,
    operator: Operator,
    right: Option<&Value>,
    visits: &mut usize,
) -> Result<bool, Stop> {
    // What is missing equals nothing, so that only the negations hold.
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(matches!(operator, Operator::NotEqual | Operator::NotIdentical));
    };
    let order = |wanted: fn(Ordering) -> bool| ordering(left, right).is_some_and(wanted);
    Ok(match operator {
        Operator::Equal => equal(left, right),
        Operator::NotEqual => !equal(left, right),
        Operator::Identical => left.kind() == right.kind() && equal(left, right),
        Operator::NotIdentical => left.kind() != right.kind() || !equal(left, right),
        Operator::Less => order(Ordering::is_lt),
        Operator::LessOrEqual => order(Ordering::is_le),
        Operator::Greater => order(Ordering::is_gt),
        Operator::GreaterOrEqual => order(Ordering::is_ge),
        Operator::In => match right.as_array() {
            Some(list) => contains(list, left, visits)?,
            None => false,
        },
        Operator::NotIn => match right.as_array() {
            Some(list) => !contains(list, left, visits)?,
            None => false,
        },
        Operator::Contains => match (left, right) {
            (Value::Array(list), item) => contains(list, item, visits)?,
            (Value::String(text), Value::String(part)) => text.contains(&**part),
            _ => false,
        },
        Operator::SubsetOf => lists(left, right, visits, |there, all| there == all)?,
        Operator::AnyOf => lists(left, right, visits, |there, _| there > 0)?,
        Operator::NoneOf => lists(left, right, visits, |there, _| there == 0)?,
        Operator::All => lists(right, left, visits, |there, all| there == all)?,
        Operator::Size => size(left).is_some_and(|size| Value::from(size) == *right),
        Operator::Empty => match (left, right) {
            (Value::String(_) | Value::Array(_) | Value::Object(_), Value::Bool(empty)) => {
                (size(left) == Some(0)) == *empty
            }
            _ => false,
        },
    })
}

/// Jayway's equality: a number and a text are equal when one reads as the other.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(number), Value::String(text)) => {
            json::parse(text).is_ok_and(|parsed| parsed.as_number() == Some(*number))
        }
        (Value::String(text), Value::Number(number)) => **text == *number.to_string(),
        (left, right) => left == right,
    }
}

fn ordering(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Some(Number::compare(*left, *right)),
        (Value::String(left), Value::String(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
        _ => None,
    }
}

fn contains(list: &[Value], item: &Value, visits: &mut usize) -> Result<bool, Stop> {
    spend(visits, list.len())?;
    Ok(list.iter().any(|element| equal(element, item)))
}

/// Counts how many elements of the left list are in the right one, and asks what to make of it.
fn lists(
    left: &Value,
    right: &Value,
    visits: &mut usize,
    holds: impl Fn(usize, usize) -> bool,
) -> Result<bool, Stop> {
    let (Some(left), Some(right)) = (left.as_array(), right.as_array()) else {
        return Ok(false);
    };
    let mut there = 0;
    for item in left {
        there += usize::from(contains(right, item, visits)?);
    }
    Ok(holds(there, left.len()))
}

fn size(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.encode_utf16().count()),
        Value::Array(elements) => Some(elements.len()),
        Value::Object(members) => Some(members.len()),
        _ => None,
    }
}

fn matches(value: Option<&Value>, regex: &Regex, visits: &mut usize) -> Result<bool, Stop> {
    let mut full = |text: &str| {
        spend(visits, text.len())?;
        Ok(regex.is_match(text))
    };
    match value {
        Some(Value::String(text)) => full(text),
        Some(Value::Number(number)) => full(&number.to_string()),
        Some(Value::Bool(value)) => full(&value.to_string()),
        Some(Value::Array(elements)) => {
            for element in elements.iter() {
                if !matches(Some(element), regex, visits)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => full(""),
    }
}

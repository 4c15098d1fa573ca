//! The builtin functions: the table of them, and what all of them share.

pub(crate) mod arrays;
pub(crate) mod aws;
pub(crate) mod encoding;
pub(crate) mod evaluation;
pub(crate) mod higher_order;
pub(crate) mod matching;
pub(crate) mod numbers;
pub(crate) mod objects;
pub(crate) mod pictures;
pub(crate) mod sorting;
pub(crate) mod strings;
mod table;
mod units;

pub(crate) mod datetime;
pub(crate) mod format_base;
pub(crate) mod format_integer;
pub(crate) mod format_number;
pub(crate) mod integer_picture;
pub(crate) mod number_words;
pub(crate) mod parse_integer;
pub(crate) mod rounding;

use std::rc::Rc;

use json::Value;

use crate::budget::Meter;
use crate::error::Error;
use crate::evaluate::{Evaluator, RED_ZONE, STACK_PIECE};
use crate::signature::Signature;
use crate::value::Val;

pub(crate) use table::builtin;

/// Which functions an expression can call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Functions {
    /// JSONata's own.
    #[default]
    Standard,
    /// What Step Functions offers: without `$eval`, with `$partition`, `$range`, `$hash`, `$uuid`, `$parse` and a
    /// `$random` that takes a seed.
    StepFunctions,
}

/// What runs a builtin: its arguments, and the context of the call.
pub(crate) type Run = fn(&mut Evaluator<'_>, &[Val], &Val) -> Result<Val, Error>;

/// A builtin function.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    pub(crate) signature: Option<Signature>,
    /// How many arguments a higher-order function gives it.
    pub(crate) arity: usize,
    /// How many it has under partial application.
    pub(crate) parameters: usize,
    pub(crate) run: Run,
}

const NOTHING: Val = Val::Undefined;

/// The argument at a place, or nothing.
pub(crate) fn argument(arguments: &[Val], place: usize) -> &Val {
    arguments.get(place).unwrap_or(&NOTHING)
}

/// The number a value is. Fails with D1001 for an infinite one.
pub(crate) fn numeric(value: &Val) -> Result<Option<f64>, Error> {
    match value.as_f64() {
        Some(number) if number.is_nan() => Ok(None),
        Some(number) if number.is_infinite() => Err(Error::new("D1001").value(Value::Null)),
        number => Ok(number),
    }
}

/// Whether a value counts as true; nothing for nothing.
pub(crate) fn boolean(meter: &mut Meter<'_>, value: &Val) -> Result<Option<bool>, Error> {
    Ok(Some(match value {
        Val::Undefined => return Ok(None),
        Val::Json(Value::Null) | Val::Func(_) => false,
        Val::Json(Value::Bool(value)) => *value,
        Val::Json(Value::String(text)) => !text.is_empty(),
        Val::Json(Value::Number(_)) => numeric(value)?.is_some_and(|number| number != 0.0),
        Val::Json(Value::Object(members)) => !members.is_empty(),
        Val::Object(object) => object.len() > 0,
        array => {
            for (place, element) in array.elements().iter().enumerate() {
                // Values share what is in them, so a small one may have very many parts.
                meter.step(u64::from(place % 8 == 0))?;
                if stacker::maybe_grow(RED_ZONE, STACK_PIECE, || boolean(meter, &element))?.unwrap_or(false) {
                    return Ok(Some(true));
                }
            }
            false
        }
    }))
}

/// Whether two values are the same all through.
pub(crate) fn equal(meter: &mut Meter<'_>, a: &Val, b: &Val) -> Result<bool, Error> {
    Ok(match (a, b) {
        (Val::Json(a), Val::Json(b)) => equal_json(meter, a, b)?,
        (Val::Func(a), Val::Func(b)) => Rc::ptr_eq(a, b),
        (Val::Array(a), Val::Array(b)) if Rc::ptr_eq(a, b) => true,
        (Val::Object(a), Val::Object(b)) if Rc::ptr_eq(a, b) => true,
        (Val::Undefined, Val::Undefined) => true,
        _ if a.is_array() && b.is_array() => {
            let (a, b) = (a.elements(), b.elements());
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b.iter()) {
                meter.step(1)?;
                if !stacker::maybe_grow(RED_ZONE, STACK_PIECE, || equal(meter, &a, &b))? {
                    return Ok(false);
                }
            }
            true
        }
        _ if a.is_object() && b.is_object() => {
            if a.member_count() != b.member_count() {
                return Ok(false);
            }
            meter.step(a.member_count() as u64)?;
            for (name, value) in &a.members() {
                meter.read(name.len())?;
                let other = b.member(name);
                if other.is_undefined()
                    || !stacker::maybe_grow(RED_ZONE, STACK_PIECE, || equal(meter, value, &other))?
                {
                    return Ok(false);
                }
            }
            true
        }
        _ => false,
    })
}

fn equal_json(meter: &mut Meter<'_>, a: &Value, b: &Value) -> Result<bool, Error> {
    if a.is_same(b) {
        return Ok(true);
    }
    match (a, b) {
        // Integers compare as doubles, as everywhere in JavaScript.
        (Value::Number(a), Value::Number(b)) => Ok(a.as_f64() == b.as_f64()),
        (Value::String(a), Value::String(b)) if a.len() == b.len() => {
            meter.read(a.len())?;
            Ok(a == b)
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (place, (a, b)) in left.iter().zip(right.iter()).enumerate() {
                meter.step(u64::from(place % 8 == 0))?;
                if !equal_json(meter, a, b)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Object(left), Value::Object(right)) if left.len() == right.len() => {
            for (name, a) in left {
                meter.step(1 + name.len() as u64 / 64)?;
                let same = right.get(name).map(|b| equal_json(meter, a, b));
                if !same.transpose()?.unwrap_or(false) {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

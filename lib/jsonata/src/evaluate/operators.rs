//! Operators: arithmetic, comparison, text, ranges, logic.

use std::cmp::Ordering;
use std::rc::Rc;

use json::Value;

use super::{Evaluator, Frame};
use crate::ast::{Node, Op};
use crate::budget::Meter;
use crate::error::Error;
use crate::functions::strings::write_string;
use crate::functions::{equal, numeric};
use crate::signature::with_value;
use crate::value::Val;

/// A range has at most so many numbers.
const RANGE_MAX: f64 = 1e7;

impl Evaluator<'_> {
    pub(super) fn binary(
        &mut self,
        op: Op,
        left: &Node,
        right: &Node,
        position: usize,
        input: &Val,
        frame: &Rc<Frame>,
    ) -> Result<Val, Error> {
        let a = self.evaluate(left, input, frame)?;
        if let Op::And | Op::Or = op {
            let decided = self
                .truth(&a)
                .map_err(|error| error.at(position).token(op.text()))?;
            if decided == (op == Op::Or) {
                return Ok(Val::bool(decided));
            }
            // The right side's errors get this operator's place too, as in jsonata-js.
            let b = self.evaluate(right, input, frame);
            let truth = b.and_then(|b| self.truth(&b));
            return truth
                .map(Val::bool)
                .map_err(|error| error.at(position).token(op.text()));
        }
        let b = self.evaluate(right, input, frame)?;
        self.operate(op, a, b)
            .map_err(|error| error.at(position).token(op.text()))
    }

    fn operate(&mut self, op: Op, a: Val, b: Val) -> Result<Val, Error> {
        Ok(match op {
            Op::Add | Op::Subtract | Op::Multiply | Op::Divide | Op::Modulo => return arithmetic(op, &a, &b),
            Op::Equal => Val::bool(!a.is_undefined() && !b.is_undefined() && equal(&mut self.meter, &a, &b)?),
            Op::NotEqual => {
                Val::bool(!a.is_undefined() && !b.is_undefined() && !equal(&mut self.meter, &a, &b)?)
            }
            Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => {
                return comparison(&mut self.meter, op, &a, &b);
            }
            Op::Concat => return self.concat(&a, &b),
            Op::Range => return self.range(&a, &b),
            Op::In => Val::bool(includes(&mut self.meter, &a, &b)?),
            Op::And | Op::Or => Val::Undefined,
        })
    }

    pub(super) fn negate(&mut self, value: Val, position: usize) -> Result<Val, Error> {
        if value.is_undefined() {
            return Ok(Val::Undefined);
        }
        match numeric(&value)? {
            Some(number) => Ok(Val::number(-number)),
            None => Err(with_value(Error::new("D1002").at(position).token("-"), &value)),
        }
    }

    fn concat(&mut self, a: &Val, b: &Val) -> Result<Val, Error> {
        let mut out = String::new();
        for side in [a, b] {
            match side.as_str() {
                Some(text) => {
                    self.meter.charge(out.len() + text.len())?;
                    out.push_str(text);
                }
                None => write_string(self, side, false, &mut out)?,
            }
        }
        self.meter.charge(out.len())?;
        Ok(Val::text(out))
    }

    fn range(&mut self, a: &Val, b: &Val) -> Result<Val, Error> {
        let whole = |value: &Val| value.as_f64().filter(|number| number.fract() == 0.0);
        if !a.is_undefined() && whole(a).is_none() {
            return Err(with_value(Error::new("T2003"), a));
        }
        if !b.is_undefined() && whole(b).is_none() {
            return Err(with_value(Error::new("T2004"), b));
        }
        let (Some(first), Some(last)) = (whole(a), whole(b)) else {
            return Ok(Val::Undefined);
        };
        if first > last {
            return Ok(Val::Undefined);
        }
        let size = last - first + 1.0;
        if size > RANGE_MAX {
            return Err(Error::new("D2014").value(crate::number::to_value(size)));
        }
        self.meter.charge_elements(size as usize)?;
        Ok(Val::sequence(
            (0..size as u64)
                .map(|step| Val::number(first + step as f64))
                .collect(),
        ))
    }
}

fn arithmetic(op: Op, a: &Val, b: &Val) -> Result<Val, Error> {
    let left = numeric(a)?;
    if left.is_none() && !a.is_undefined() {
        return Err(with_value(Error::new("T2001"), a));
    }
    let right = numeric(b)?;
    if right.is_none() && !b.is_undefined() {
        return Err(with_value(Error::new("T2002"), b));
    }
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(Val::Undefined);
    };
    Ok(Val::number(match op {
        Op::Add => left + right,
        Op::Subtract => left - right,
        Op::Multiply => left * right,
        Op::Divide => left / right,
        _ => left % right,
    }))
}

fn comparison(meter: &mut Meter<'_>, op: Op, a: &Val, b: &Val) -> Result<Val, Error> {
    let comparable = |value: &Val| {
        matches!(
            value,
            Val::Undefined | Val::Json(Value::String(_) | Value::Number(_))
        )
    };
    if !comparable(a) || !comparable(b) {
        let wrong = if comparable(a) && !a.is_undefined() { b } else { a };
        return Err(with_value(Error::new("T2010"), wrong));
    }
    if a.is_undefined() || b.is_undefined() {
        return Ok(Val::Undefined);
    }
    let order = match (a.as_f64(), b.as_f64(), a.as_str(), b.as_str()) {
        (Some(a), Some(b), ..) => a.partial_cmp(&b),
        (.., Some(a), Some(b)) => {
            meter.read((a.len() + b.len()) / 4)?;
            Some(compare_text(a, b))
        }
        _ => {
            let error = with_value(Error::new("T2009"), a);
            return Err(match b.to_json() {
                Some(value) => error.value2(value),
                None => error,
            });
        }
    };
    let Some(order) = order else {
        return Ok(Val::bool(false));
    };
    Ok(Val::bool(match op {
        Op::Less => order == Ordering::Less,
        Op::LessEqual => order != Ordering::Greater,
        Op::Greater => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }))
}

/// Compares by UTF-16 units, as JavaScript does.
pub(crate) fn compare_text(a: &str, b: &str) -> Ordering {
    let order = a.cmp(b);
    // UTF-8 is in the order of characters. That differs where one is beyond 16 bits and one is just below them.
    if order == Ordering::Equal || a.len().max(b.len()) < 3 {
        return order;
    }
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let is_high = |text: &str| text.as_bytes().get(same).is_some_and(|byte| *byte >= 0xee);
    if is_high(a) && is_high(b) {
        return a[same..].encode_utf16().cmp(b[same..].encode_utf16());
    }
    order
}

fn includes(meter: &mut Meter<'_>, a: &Val, b: &Val) -> Result<bool, Error> {
    if a.is_undefined() || b.is_undefined() {
        return Ok(false);
    }
    let length = a.as_str().map_or(0, str::len);
    for (place, element) in b.elements().iter().enumerate() {
        meter.step(u64::from(place % 8 == 0))?;
        if element.as_str().is_some_and(|text| text.len() == length) {
            meter.read(length)?;
        }
        if identical(&element, a) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// JavaScript's `===`: scalars by value, the rest by identity.
fn identical(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::Json(Value::String(a)), Val::Json(Value::String(b))) => a == b,
        (Val::Json(Value::Number(a)), Val::Json(Value::Number(b))) => a.as_f64() == b.as_f64(),
        (Val::Json(a), Val::Json(b)) => a.is_same(b),
        (Val::Array(a), Val::Array(b)) => Rc::ptr_eq(a, b),
        (Val::Object(a), Val::Object(b)) => Rc::ptr_eq(a, b),
        (Val::Func(a), Val::Func(b)) => Rc::ptr_eq(a, b),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_in_the_order_of_their_utf16_units() {
        let texts = [
            "",
            "a",
            "ab",
            "b",
            "é",
            "\u{d7ff}",
            "𝒳",
            "𝒳a",
            "😀",
            "\u{10ffff}",
            "\u{e000}",
            "\u{fffd}",
        ];
        for (a, place) in texts.iter().zip(0..) {
            for (b, other) in texts.iter().zip(0..) {
                assert_eq!(compare_text(a, b), place.cmp(&other), "{a} {b}");
                let (a, b) = (format!("x{a}"), format!("x{b}"));
                assert_eq!(compare_text(&a, &b), place.cmp(&other), "{a} {b}");
            }
        }
    }
}

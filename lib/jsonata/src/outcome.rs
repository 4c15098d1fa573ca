//! Outcomes: what an evaluation comes to, as JSON.

use std::rc::Rc;

use json::{Number, Str, Value};

use crate::error::{Error, Kind as Limit};
use crate::functions::format_base::number_text;
use crate::value::{Array, Object, Val};

/// What an expression is worth.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing.
    Undefined,
    /// A value. Infinities and NaN in it are texts, as AWS has them.
    Value(Value),
    /// A function, or a value with a function in it.
    Function,
}

/// How deep what was made here may nest in a result, the JSON in it left out: that may be as deep again, and is not
/// looked through.
const DEPTH_MAX: usize = json::DEPTH_MAX;

/// What an evaluation's value is to the world outside.
///
/// Parts may be shared, and are counted as often as they would be written: more of them than `parts_max` are too
/// much memory.
pub(crate) fn settle(value: Val, parts_max: usize) -> Result<Outcome, Error> {
    if value.is_undefined() {
        return Ok(Outcome::Undefined);
    }
    let holds_function = value.holds_function();
    let mut settling = Settling {
        parts: parts_max,
        too_deep: false,
    };
    let settled = settling.settle(value, DEPTH_MAX)?;
    if holds_function {
        return Ok(Outcome::Function);
    }
    if settling.too_deep {
        return Err(Error::limit(Limit::Depth));
    }
    Ok(Outcome::Value(settled.unwrap_or_default()))
}

struct Settling {
    /// How many parts may still come.
    parts: usize,
    too_deep: bool,
}

impl Settling {
    /// The value as JSON; `None` for what JSON cannot say. `depth` is how deep it may nest.
    fn settle(&mut self, value: Val, depth: usize) -> Result<Option<Value>, Error> {
        self.count()?;
        Ok(Some(match value {
            Val::Undefined | Val::Func(_) => return Ok(None),
            Val::Json(value) => json(value),
            Val::Array(array) => self.array(array, depth)?,
            Val::Object(object) => self.object(object, depth)?,
            Val::Tuples(tuples) => {
                let items = tuples.iter().map(|tuple| tuple.item.clone()).collect();
                self.array(Rc::new(Array::plain(items)), depth)?
            }
        }))
    }

    fn count(&mut self) -> Result<(), Error> {
        match self.parts.checked_sub(1) {
            Some(parts) => self.parts = parts,
            None => return Err(Error::limit(Limit::Memory)),
        }
        Ok(())
    }

    fn array(&mut self, array: Rc<Array>, depth: usize) -> Result<Value, Error> {
        let inner = self.inner(depth);
        let is_json = |item: &Val| matches!(item, Val::Json(_));
        let items = match Rc::try_unwrap(array) {
            Ok(array) => array.items,
            Err(array) => array.items.clone(),
        };
        if items.iter().all(is_json) {
            self.parts = self
                .parts
                .checked_sub(items.len())
                .ok_or_else(|| Error::limit(Limit::Memory))?;
            // Written over the items themselves, which the compiler does for elements of one size.
            let elements: Vec<Value> = items
                .into_iter()
                .map(|item| match item {
                    Val::Json(value) if is_unknown_number(&value) => json(value),
                    Val::Json(value) => value,
                    _ => Value::Null,
                })
                .collect();
            return Ok(Value::from(elements));
        }
        let mut elements = Vec::with_capacity(items.len());
        for item in items {
            let element =
                stacker::maybe_grow(crate::evaluate::RED_ZONE, crate::evaluate::STACK_PIECE, || {
                    self.settle(item, inner)
                })?;
            elements.push(element.unwrap_or_default());
        }
        Ok(Value::from(elements))
    }

    fn object(&mut self, object: Rc<Object>, depth: usize) -> Result<Value, Error> {
        let inner = self.inner(depth);
        let list = match Rc::try_unwrap(object) {
            Ok(object) => object.into_members(),
            Err(object) => object.members().to_vec(),
        };
        let mut members: Vec<(Str, Value)> = Vec::with_capacity(list.len());
        for (name, value) in list {
            let value = stacker::maybe_grow(crate::evaluate::RED_ZONE, crate::evaluate::STACK_PIECE, || {
                self.settle(value, inner)
            })?;
            members.extend(value.map(|value| (name, value)));
        }
        Ok(Value::Object(json::Object::from_distinct(members)))
    }

    /// How deep what is in a container may nest.
    fn inner(&mut self, depth: usize) -> usize {
        self.too_deep |= depth == 0;
        depth.saturating_sub(1)
    }
}

/// What was JSON already: only a number that arose here can be one that JSON does not know.
fn json(value: Value) -> Value {
    match value {
        Value::Number(Number::Float(number)) if !number.is_finite() => Value::from(number_text(number)),
        value => value,
    }
}

fn is_unknown_number(value: &Value) -> bool {
    matches!(value, Value::Number(Number::Float(number)) if !number.is_finite())
}

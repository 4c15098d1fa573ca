//! Predicates: the items they pick, by place or by truth.

use std::rc::Rc;

use json::Value;

use super::stream::Stream;
use super::{Evaluator, Frame};
use crate::ast::{Kind, Node};
use crate::error::Error;
use crate::functions::{boolean, numeric};
use crate::value::Val;

impl Evaluator<'_> {
    /// The items a predicate picks, by their place or their truth.
    pub(super) fn filter(
        &mut self,
        predicate: &Node,
        input: Stream,
        frame: &Rc<Frame>,
    ) -> Result<Stream, Error> {
        let count = input.len();
        if let Kind::Literal(Value::Number(number)) = &predicate.kind
            && predicate.predicate.is_empty()
        {
            let Some(place) = place_of(number.as_f64(), count) else {
                return Ok(match input {
                    Stream::Tuples(_) => Stream::Tuples(Vec::new()),
                    _ => Stream::Empty,
                });
            };
            return Ok(match input {
                Stream::Tuples(mut tuples) => Stream::Tuples(vec![tuples.swap_remove(place)]),
                other => match other.get(place) {
                    array if array.is_array() => Stream::Whole(array),
                    item => Stream::One(item),
                },
            });
        }
        if let Stream::Tuples(tuples) = input {
            let mut kept = Vec::new();
            for (place, tuple) in tuples.into_iter().enumerate() {
                let inner = Frame::with(frame, tuple.bindings.clone());
                let result = self.evaluate(predicate, &tuple.item, &inner)?;
                for _ in 0..picks(self, &result, place, count)? {
                    kept.push(tuple.clone());
                }
            }
            return Ok(Stream::Tuples(kept));
        }
        if matches!(input, Stream::Empty) {
            // The predicate is evaluated all the same, and may fail.
            self.evaluate(predicate, &Val::Undefined, frame)?;
            return Ok(Stream::Empty);
        }
        let mut kept = Vec::new();
        for place in 0..count {
            let item = input.get(place);
            let result = self.evaluate(predicate, &item, frame)?;
            for _ in 0..picks(self, &result, place, count)? {
                self.meter.charge(8)?;
                kept.push(item.clone());
            }
        }
        Ok(Stream::sequence(kept))
    }
}

/// How often the result of a predicate picks the item at a place.
fn picks(evaluator: &mut Evaluator<'_>, result: &Val, place: usize, count: usize) -> Result<usize, Error> {
    if let Some(number) = numeric(result)? {
        return Ok(usize::from(place_of(number, count) == Some(place)));
    }
    if result.is_array() {
        let elements = result.elements();
        evaluator.meter.look(elements.len())?;
        if let Some(numbers) = elements.numbers() {
            if numbers.iter().any(|number| number.is_infinite()) {
                return Err(Error::new("D1001"));
            }
            return Ok(numbers
                .iter()
                .filter(|number| place_of(**number, count) == Some(place))
                .count());
        }
    }
    match result {
        Val::Func(_) => Ok(usize::from(evaluator.truth(result)?)),
        _ => Ok(usize::from(
            boolean(&mut evaluator.meter, result)?.unwrap_or(false),
        )),
    }
}

/// The place an index means; negative ones count from the end.
fn place_of(index: f64, count: usize) -> Option<usize> {
    let mut index = index.floor();
    if index < 0.0 {
        index += count as f64;
    }
    (index >= 0.0 && index < count as f64).then_some(index as usize)
}

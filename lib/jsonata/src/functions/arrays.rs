//! Arrays: counting, appending, turning round, mixing.

use std::collections::HashSet;

use json::{Str, Value};

use super::{argument, equal, numbers};
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::value::Val;

type Outcome = Result<Val, Error>;

pub(crate) fn count(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    Ok(Val::number(argument(arguments, 0).elements().len() as f64))
}

pub(crate) fn append(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let (first, second) = (argument(arguments, 0), argument(arguments, 1));
    if first.is_undefined() {
        return Ok(second.clone());
    }
    if second.is_undefined() {
        return Ok(first.clone());
    }
    let count = first.elements().len() + second.elements().len();
    evaluator.meter.charge_elements(count)?;
    let mut items = Vec::with_capacity(count);
    first.spread_into(&mut items);
    second.spread_into(&mut items);
    Ok(Val::array(items))
}

pub(crate) fn zip(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let length = |value: &Val| {
        if value.is_array() {
            value.elements().len()
        } else {
            0
        }
    };
    let count = arguments.iter().map(length).min().unwrap_or(0);
    evaluator
        .meter
        .charge_elements(count.saturating_mul(arguments.len() + 8))?;
    let rows = (0..count).map(|place| {
        Val::array(
            arguments
                .iter()
                .map(|array| array.elements().get(place))
                .collect(),
        )
    });
    Ok(Val::array(rows.collect()))
}

pub(crate) fn reverse(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let array = argument(arguments, 0);
    if array.elements().len() <= 1 {
        return Ok(array.clone());
    }
    evaluator.meter.charge_elements(array.elements().len())?;
    let mut items = array.elements().to_vec();
    items.reverse();
    Ok(Val::array(items))
}

pub(crate) fn shuffle(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let array = argument(arguments, 0);
    if array.elements().len() <= 1 {
        return Ok(array.clone());
    }
    evaluator.meter.charge_elements(array.elements().len())?;
    let mut items = array.elements().to_vec();
    evaluator.meter.look(items.len())?;
    for place in 1..items.len() {
        let other = (numbers::unit(evaluator) * (place + 1) as f64) as usize;
        items.swap(place, other.min(place));
    }
    Ok(Val::array(items))
}

pub(crate) fn distinct(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let array = argument(arguments, 0);
    let elements = array.elements();
    if !array.is_array() || elements.len() <= 1 {
        return Ok(array.clone());
    }
    evaluator.meter.charge_elements(elements.len() * 3)?;
    let mut texts: HashSet<Str> = HashSet::new();
    let mut numbers: HashSet<u64> = HashSet::new();
    let mut others: Vec<Val> = Vec::new();
    let mut items = Vec::new();
    for element in elements.iter() {
        let is_new = match &element {
            Val::Json(Value::String(text)) => {
                evaluator.meter.read(text.len())?;
                texts.insert(text.clone())
            }
            Val::Json(Value::Number(number)) => numbers.insert((number.as_f64() + 0.0).to_bits()),
            other => {
                evaluator.meter.step(others.len() as u64)?;
                let mut is_new = true;
                for known in &others {
                    is_new = is_new && !equal(&mut evaluator.meter, known, other)?;
                }
                if is_new {
                    others.push(other.clone());
                }
                is_new
            }
        };
        if is_new {
            items.push(element);
        }
    }
    Ok(if array.is_sequence() {
        Val::sequence(items)
    } else {
        Val::array(items)
    })
}

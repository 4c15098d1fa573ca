//! Functions that take functions: `$map`, `$filter`, `$reduce`, …

use smallvec::smallvec;

use super::{argument, boolean};
use crate::dialect::Dialect;
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::value::{Arguments, Members, Val};

type Outcome = Result<Val, Error>;

fn arity(func: &Val) -> usize {
    func.as_func().map_or(0, |func| func.arity())
}

/// Calls a function with as many of the three as it can take.
fn call(
    evaluator: &mut Evaluator<'_>,
    func: &Val,
    arity: usize,
    item: Val,
    place: Val,
    whole: &Val,
) -> Outcome {
    let mut arguments = Arguments::new();
    arguments.push(item);
    if arity >= 2 {
        arguments.push(place);
    }
    if arity >= 3 {
        arguments.push(whole.clone());
    }
    evaluator.apply(func, arguments, &Val::null(), None)
}

/// Whether a verdict is true. In 2.0.6 a function is, where `$boolean` of it is not.
fn holds(evaluator: &mut Evaluator<'_>, verdict: &Val) -> Result<bool, Error> {
    if evaluator.dialect() == Dialect::V2_0_6 && is_function(verdict) {
        return Ok(true);
    }
    Ok(boolean(&mut evaluator.meter, verdict)?.unwrap_or(false))
}

fn is_function(verdict: &Val) -> bool {
    match verdict {
        Val::Func(_) => true,
        Val::Array(array) => verdict.holds_function() && array.items.iter().any(is_function),
        _ => false,
    }
}

pub(crate) fn map(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let (array, func) = (argument(arguments, 0), argument(arguments, 1));
    if array.is_undefined() {
        return Ok(Val::Undefined);
    }
    let elements = array.elements();
    let arity = arity(func);
    evaluator.meter.charge_elements(elements.len())?;
    let mut out = Vec::with_capacity(elements.len());
    for (place, element) in elements.iter().enumerate() {
        let value = call(evaluator, func, arity, element, Val::number(place as f64), array)?;
        if !value.is_undefined() {
            out.push(value);
        }
    }
    Ok(Val::sequence(out))
}

pub(crate) fn filter(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let (array, func) = (argument(arguments, 0), argument(arguments, 1));
    if array.is_undefined() {
        return Ok(Val::Undefined);
    }
    let arity = arity(func);
    let mut out = Vec::new();
    for (place, element) in array.elements().iter().enumerate() {
        let verdict = call(
            evaluator,
            func,
            arity,
            element.clone(),
            Val::number(place as f64),
            array,
        )?;
        if holds(evaluator, &verdict)? {
            evaluator.meter.charge(8)?;
            out.push(element);
        }
    }
    Ok(Val::sequence(out))
}

pub(crate) fn single(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let (array, func) = (argument(arguments, 0), argument(arguments, 1));
    if array.is_undefined() {
        return Ok(Val::Undefined);
    }
    let arity = arity(func);
    let mut found = None;
    for (place, element) in array.elements().iter().enumerate() {
        let fits = if func.is_undefined() {
            true
        } else {
            let verdict = call(
                evaluator,
                func,
                arity,
                element.clone(),
                Val::number(place as f64),
                array,
            )?;
            holds(evaluator, &verdict)?
        };
        if !fits {
            continue;
        }
        if found.is_some() {
            return Err(Error::new("D3138").index(place));
        }
        found = Some(element);
    }
    found.ok_or_else(|| Error::new("D3139"))
}

pub(crate) fn reduce(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let (array, func) = (argument(arguments, 0), argument(arguments, 1));
    if array.is_undefined() {
        return Ok(Val::Undefined);
    }
    let arity = arity(func);
    if arity < 2 {
        return Err(Error::new("D3050").index(1));
    }
    let elements = array.elements();
    let mut result = argument(arguments, 2).clone();
    let mut start = 0;
    if result.is_undefined() && elements.len() > 0 {
        result = elements.get(0);
        start = 1;
    }
    for place in start..elements.len() {
        let mut values: Arguments = smallvec![result, elements.get(place)];
        if arity >= 3 {
            values.push(Val::number(place as f64));
        }
        if arity >= 4 {
            values.push(array.clone());
        }
        result = evaluator.apply(func, values, &Val::null(), None)?;
    }
    Ok(result)
}

pub(crate) fn each(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let (object, func) = (argument(arguments, 0), argument(arguments, 1));
    let arity = arity(func);
    evaluator.meter.look(object.member_count())?;
    let mut out = Vec::new();
    for (name, value) in object.members() {
        let result = call(evaluator, func, arity, value, Val::text(name), object)?;
        if !result.is_undefined() {
            evaluator.meter.charge(8)?;
            out.push(result);
        }
    }
    Ok(Val::sequence(out))
}

pub(crate) fn sift(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let (object, func) = (argument(arguments, 0), argument(arguments, 1));
    let arity = arity(func);
    evaluator.meter.look(object.member_count())?;
    let mut kept = Members::default();
    for (name, value) in object.members() {
        let verdict = call(
            evaluator,
            func,
            arity,
            value.clone(),
            Val::text(name.clone()),
            object,
        )?;
        if holds(evaluator, &verdict)? {
            evaluator.meter.charge(16 + name.len())?;
            kept.set(name, value);
        }
    }
    Ok(if kept.len() == 0 {
        Val::Undefined
    } else {
        kept.into_val()
    })
}

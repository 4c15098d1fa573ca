//! Functions that take functions: `$map`, `$filter`, `$reduce`, `$sort`, …

use super::{argument, boolean};
use crate::dialect::Dialect;
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::evaluate::sort::merge_sort;
use crate::value::{Members, Val};

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
    let mut arguments = Vec::with_capacity(arity.clamp(1, 3));
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
fn holds(evaluator: &Evaluator<'_>, verdict: &Val) -> Result<bool, Error> {
    if evaluator.dialect() == Dialect::V2_0_6 && is_function(verdict) {
        return Ok(true);
    }
    Ok(boolean(verdict)?.unwrap_or(false))
}

fn is_function(verdict: &Val) -> bool {
    match verdict {
        Val::Func(_) => true,
        Val::Array(array) => array.items.iter().any(is_function),
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
        let mut values = vec![result, elements.get(place)];
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
            evaluator.meter.charge(16)?;
            kept.set(name, value);
        }
    }
    Ok(if kept.len() == 0 {
        Val::Undefined
    } else {
        kept.into_val()
    })
}

pub(crate) fn sort(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let (array, func) = (argument(arguments, 0), argument(arguments, 1));
    let elements = array.elements();
    if array.is_undefined() || elements.len() <= 1 {
        return Ok(array.clone());
    }
    evaluator.meter.charge_elements(elements.len() * 2)?;
    let items = elements.to_vec();
    if func.is_undefined() {
        return sort_plain(evaluator, items);
    }
    let sorted = merge_sort(items, &mut |a, b| {
        let verdict = evaluator.apply(func, vec![a.clone(), b.clone()], &Val::null(), None)?;
        // jsonata-js takes what JavaScript takes for true here.
        Ok(match &verdict {
            Val::Undefined | Val::Json(json::Value::Null | json::Value::Bool(false)) => false,
            Val::Json(json::Value::Number(number)) => number.as_f64() != 0.0 && !number.as_f64().is_nan(),
            Val::Json(json::Value::String(text)) => !text.is_empty(),
            _ => true,
        })
    })?;
    Ok(Val::array(sorted))
}

fn sort_plain(evaluator: &mut Evaluator<'_>, mut items: Vec<Val>) -> Outcome {
    evaluator.meter.step(items.len() as u64)?;
    if items.iter().all(|item| item.as_f64().is_some()) {
        items.sort_by(|a, b| {
            a.as_f64()
                .partial_cmp(&b.as_f64())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    } else if items.iter().all(|item| item.as_str().is_some()) {
        items.sort_by(|a, b| {
            let text = |value: &'_ Val| value.as_str().map(str::to_owned);
            match (a.as_str(), b.as_str()) {
                (Some(a), Some(b)) => crate::evaluate::operators::compare_text(a, b),
                _ => text(a).cmp(&text(b)),
            }
        });
    } else {
        return Err(Error::new("D3070").index(1));
    }
    Ok(Val::array(items))
}

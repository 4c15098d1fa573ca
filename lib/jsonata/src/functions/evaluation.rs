//! Truth, types, errors, and expressions in texts.

use json::Value;

use super::argument;
use crate::error::{Error, Kind};
use crate::evaluate::{Evaluator, Frame};
use crate::value::{Array, Val};

type Outcome = Result<Val, Error>;

pub(crate) fn boolean(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    Ok(super::boolean(&mut evaluator.meter, argument(arguments, 0))?.map_or(Val::Undefined, Val::bool))
}

pub(crate) fn not(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    Ok(super::boolean(&mut evaluator.meter, argument(arguments, 0))?
        .map_or(Val::Undefined, |truth| Val::bool(!truth)))
}

pub(crate) fn exists(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    Ok(Val::bool(!argument(arguments, 0).is_undefined()))
}

pub(crate) fn type_of(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    Ok(Val::text(match argument(arguments, 0) {
        Val::Undefined => return Ok(Val::Undefined),
        Val::Func(_) => "function",
        Val::Array(_) | Val::Tuples(_) => "array",
        Val::Object(_) => "object",
        value @ Val::Json(json) => {
            super::numeric(value)?;
            match value.as_f64() {
                Some(number) if number.is_nan() => "object",
                _ => json.kind(),
            }
        }
    }))
}

pub(crate) fn error(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let text = argument(arguments, 0).as_str().filter(|text| !text.is_empty());
    Err(Error::new("D3137").text(text.unwrap_or("$error() function evaluated")))
}

pub(crate) fn assert(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    if matches!(argument(arguments, 0), Val::Json(Value::Bool(true))) {
        return Ok(Val::Undefined);
    }
    let text = argument(arguments, 1).as_str().filter(|text| !text.is_empty());
    Err(Error::new("D3141").text(text.unwrap_or("$assert() statement failed")))
}

pub(crate) fn clone(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    match argument(arguments, 0) {
        Val::Undefined => Ok(Val::Undefined),
        value => evaluator.deep_copy(value),
    }
}

pub(crate) fn eval(evaluator: &mut Evaluator<'_>, arguments: &[Val], context: &Val) -> Outcome {
    let Some(text) = argument(arguments, 0).as_str() else {
        return Ok(Val::Undefined);
    };
    evaluator.meter.step(text.len() as u64)?;
    let input = match argument(arguments, 1) {
        Val::Undefined => context.clone(),
        array if array.is_array() && !array.is_sequence() => {
            let mut wrapper = Array::sequence(vec![array.clone()]);
            wrapper.outer = true;
            Val::Array(wrapper.into())
        }
        other => other.clone(),
    };
    let failed = |code: &'static str, error: Error| match error.kind() {
        Kind::Coded => Error::new(code).value(error.message()),
        _ => error,
    };
    let node = evaluator
        .compile_inner(text)
        .map_err(|error| failed("D3120", error))?;
    let frame = evaluator.frame_of_eval();
    let frame = std::rc::Rc::new(Frame::inside(&frame));
    evaluator
        .evaluate(&node, &input, &frame)
        .map_err(|error| failed("D3121", error))
}

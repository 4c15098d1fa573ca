//! Numbers: sums, rounding, casts.

use super::{argument, rounding};
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::signature::with_value;
use crate::value::Val;

type Outcome = Result<Val, Error>;

fn numbers(arguments: &[Val]) -> Option<Vec<f64>> {
    match argument(arguments, 0) {
        Val::Undefined => None,
        array => Some(array.elements().numbers().unwrap_or_else(|| vec![f64::NAN])),
    }
}

pub(crate) fn sum(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    Ok(numbers(arguments).map_or(Val::Undefined, |numbers| {
        Val::number(numbers.iter().fold(0.0, |a, b| a + b))
    }))
}

pub(crate) fn average(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let numbers = numbers(arguments).filter(|numbers| !numbers.is_empty());
    Ok(numbers.map_or(Val::Undefined, |numbers| {
        Val::number(numbers.iter().fold(0.0, |a, b| a + b) / numbers.len() as f64)
    }))
}

pub(crate) fn max(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    Ok(extreme(arguments, |a, b| a > b))
}

pub(crate) fn min(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    Ok(extreme(arguments, |a, b| a < b))
}

fn extreme(arguments: &[Val], better: fn(f64, f64) -> bool) -> Val {
    let best = numbers(arguments)
        .unwrap_or_default()
        .into_iter()
        .reduce(|a, b| if a.is_nan() || better(a, b) { a } else { b });
    best.map_or(Val::Undefined, Val::number)
}

fn with_number(arguments: &[Val], change: impl FnOnce(f64) -> f64) -> Outcome {
    Ok(match argument(arguments, 0) {
        Val::Undefined => Val::Undefined,
        value => Val::number(change(value.as_f64().unwrap_or(f64::NAN))),
    })
}

pub(crate) fn floor(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    with_number(arguments, f64::floor)
}

pub(crate) fn ceil(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    with_number(arguments, f64::ceil)
}

pub(crate) fn abs(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    with_number(arguments, f64::abs)
}

pub(crate) fn round(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let places = argument(arguments, 1).as_f64().unwrap_or(0.0);
    // A place with a point or an exponent makes text that is no number in jsonata-js.
    if places.fract() != 0.0 || places.abs() >= 1e21 {
        return with_number(arguments, |_| f64::NAN);
    }
    with_number(arguments, |number| rounding::round(number, places as i64))
}

pub(crate) fn sqrt(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let value = argument(arguments, 0);
    if value.as_f64().is_some_and(|number| number < 0.0) {
        return Err(with_value(Error::new("D3060").index(1), value));
    }
    with_number(arguments, f64::sqrt)
}

pub(crate) fn power(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let value = argument(arguments, 0);
    if value.is_undefined() {
        return Ok(Val::Undefined);
    }
    let base = value.as_f64().unwrap_or(f64::NAN);
    let exponent = argument(arguments, 1).as_f64().unwrap_or(f64::NAN);
    // JavaScript has no answer where IEEE has one.
    let undecided = base.abs() == 1.0 && exponent.is_infinite();
    let result = if undecided || exponent.is_nan() {
        f64::NAN
    } else {
        base.powf(exponent)
    };
    if !result.is_finite() {
        let error = with_value(Error::new("D3061").index(1), value);
        return Err(match argument(arguments, 1).to_json() {
            Some(exponent) => error.value2(exponent),
            None => error,
        });
    }
    Ok(Val::number(result))
}

pub(crate) fn random(evaluator: &mut Evaluator<'_>, _: &[Val], _: &Val) -> Outcome {
    Ok(Val::number(unit(evaluator)))
}

/// A number from zero up to one.
pub(crate) fn unit(evaluator: &mut Evaluator<'_>) -> f64 {
    ((evaluator.random)() >> 11) as f64 / (1u64 << 53) as f64
}

pub(crate) fn number(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let value = argument(arguments, 0);
    let number = match value {
        Val::Undefined => return Ok(Val::Undefined),
        Val::Json(json::Value::Number(_)) => return Ok(value.clone()),
        Val::Json(json::Value::Bool(value)) => Some(f64::from(u8::from(*value))),
        Val::Json(json::Value::String(text)) => {
            evaluator.meter.read(text.len() * 4)?;
            parse(text)
        }
        _ => None,
    };
    number
        .map(Val::number)
        .ok_or_else(|| with_value(Error::new("D3030").index(1), value))
}

/// A decimal number, or a whole one with `0x`, `0o` or `0b`.
fn parse(text: &str) -> Option<f64> {
    if is_decimal(text) {
        return text.parse().ok().filter(|number: &f64| number.is_finite());
    }
    let base = match text.get(..2)?.to_ascii_lowercase().as_str() {
        "0x" => 16,
        "0o" => 8,
        "0b" => 2,
        _ => return None,
    };
    let digits = &text[2..];
    if digits.is_empty() {
        return None;
    }
    digits.chars().try_fold(0.0, |number, digit| {
        Some(number * f64::from(base) + f64::from(digit.to_digit(base)?))
    })
}

/// `-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let exponent_fits =
        exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)));
    exponent_fits
        && match mantissa.split_once('.') {
            Some((whole, fraction)) => digits(whole) && digits(fraction),
            None => digits(mantissa),
        }
}

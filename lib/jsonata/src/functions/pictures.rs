//! Pictures: numbers, integers and dates as text, both ways.

use super::datetime;
use super::format_number::DecimalFormat;
use super::strings::text;
use super::{
    argument, format_base as base, format_integer as integer, format_number as decimal,
    parse_integer as parse,
};
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::value::Val;

type Outcome = Result<Val, Error>;

/// The picture in the second argument; JavaScript's word for one that is missing.
fn picture(arguments: &[Val]) -> &str {
    argument(arguments, 1).as_str().unwrap_or("undefined")
}

/// Counts the reading of a picture, which is taken apart several times.
fn count_picture(evaluator: &mut Evaluator<'_>, picture: &str) -> Result<(), Error> {
    evaluator.meter.step(4 + picture.len() as u64 * 2)
}

/// Counts the digits of a number, which are as many as it needs when it is beyond what a double tells apart.
fn count_size(evaluator: &mut Evaluator<'_>, number: f64) -> Result<(), Error> {
    let bits = number.abs().max(2.0).log2().min(1100.0) as u64;
    evaluator.meter.step(2 + bits.saturating_sub(53) / 2)
}

pub(crate) fn format_number(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(number) = argument(arguments, 0).as_f64() else {
        return Ok(Val::Undefined);
    };
    let picture = picture(arguments);
    count_size(evaluator, number)?;
    count_picture(evaluator, picture)?;
    let mut format = DecimalFormat::default();
    for (name, sign) in argument(arguments, 2).members() {
        if let Some(sign) = sign.as_str() {
            format.set(&name, sign);
        }
    }
    decimal::format_number(number, picture, &format).map(Val::text)
}

pub(crate) fn format_base(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(number) = argument(arguments, 0).as_f64() else {
        return Ok(Val::Undefined);
    };
    count_size(evaluator, number)?;
    base::format_base(number, argument(arguments, 1).as_f64()).map(Val::text)
}

pub(crate) fn format_integer(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(number) = argument(arguments, 0).as_f64() else {
        return Ok(Val::Undefined);
    };
    count_size(evaluator, number)?;
    count_picture(evaluator, picture(arguments))?;
    let text = integer::format_integer(number, picture(arguments))?;
    evaluator.meter.charge(text.len())?;
    Ok(Val::text(text))
}

pub(crate) fn parse_integer(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    evaluator.meter.charge(text.len() * 8)?;
    count_picture(evaluator, picture(arguments))?;
    parse::parse_integer(text, picture(arguments)).map(Val::number)
}

pub(crate) fn to_millis(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    evaluator.meter.charge(text.len() * 8)?;
    count_picture(evaluator, argument(arguments, 1).as_str().unwrap_or_default())?;
    let now = evaluator.now_millis as f64;
    let millis = datetime::to_millis(text, argument(arguments, 1).as_str(), now, evaluator.dialect())?;
    Ok(millis.map_or(Val::Undefined, Val::number))
}

pub(crate) fn from_millis(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(millis) = argument(arguments, 0).as_f64() else {
        return Ok(Val::Undefined);
    };
    written(evaluator, millis, &arguments[1..])
}

pub(crate) fn now(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    written(evaluator, evaluator.now_millis as f64, arguments)
}

pub(crate) fn millis(evaluator: &mut Evaluator<'_>, _: &[Val], _: &Val) -> Outcome {
    Ok(Val::number(evaluator.now_millis as f64))
}

fn written(evaluator: &mut Evaluator<'_>, millis: f64, arguments: &[Val]) -> Outcome {
    let (picture, zone) = (argument(arguments, 0).as_str(), argument(arguments, 1).as_str());
    count_picture(evaluator, picture.unwrap_or_default())?;
    let text = datetime::from_millis(millis, picture, zone, evaluator.dialect())?;
    evaluator.meter.charge(text.len())?;
    Ok(Val::text(text))
}

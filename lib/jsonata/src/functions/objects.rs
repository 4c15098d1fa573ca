//! Objects: names, members, merging.

use json::Str;

use super::argument;
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::value::{Members, Val};

type Outcome = Result<Val, Error>;

pub(crate) fn keys(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let mut names = Members::default();
    gather(evaluator, argument(arguments, 0), &mut names)?;
    let names = names.into_list().into_iter().map(|(name, _)| Val::text(name));
    Ok(Val::sequence(names.collect()))
}

fn gather(evaluator: &mut Evaluator<'_>, value: &Val, names: &mut Members) -> Result<(), Error> {
    evaluator.meter.step(1)?;
    if value.is_array() {
        for element in value.elements().iter() {
            stacker::maybe_grow(64 * 1024, 1024 * 1024, || gather(evaluator, &element, names))?;
        }
        return Ok(());
    }
    for name in value.names() {
        names.set(name, Val::Undefined);
    }
    evaluator.meter.charge_elements(names.len().min(64))
}

pub(crate) fn lookup(_: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let name = argument(arguments, 1).as_str().unwrap_or("undefined");
    Ok(argument(arguments, 0).lookup(name))
}

pub(crate) fn spread(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let value = argument(arguments, 0);
    if !value.is_array() && !value.is_object() {
        return Ok(value.clone());
    }
    let mut out = Vec::new();
    spread_into(evaluator, value, &mut out)?;
    Ok(if value.elements().len() > 0 && value.is_array() {
        Val::array(out)
    } else {
        Val::sequence(out)
    })
}

fn spread_into(evaluator: &mut Evaluator<'_>, value: &Val, out: &mut Vec<Val>) -> Result<(), Error> {
    evaluator.meter.charge(8)?;
    if value.is_array() {
        for element in value.elements().iter() {
            stacker::maybe_grow(64 * 1024, 1024 * 1024, || spread_into(evaluator, &element, out))?;
        }
        return Ok(());
    }
    if !value.is_object() {
        out.push(value.clone());
        return Ok(());
    }
    let one = |(name, value): (Str, Val)| Val::object(vec![(name, value)]);
    out.extend(value.members().into_iter().map(one));
    Ok(())
}

pub(crate) fn merge(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let objects = argument(arguments, 0);
    if objects.is_undefined() {
        return Ok(Val::Undefined);
    }
    let mut merged = Members::default();
    for object in objects.elements().iter() {
        let members = object.members();
        evaluator.meter.charge_elements(members.len() * 2)?;
        for (name, value) in members {
            merged.set(name, value);
        }
    }
    Ok(merged.into_val())
}

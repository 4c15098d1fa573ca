//! Objects: names, members, merging.

use json::Str;

use super::argument;
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::value::{Members, Val};

type Outcome = Result<Val, Error>;

pub(crate) fn keys(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let value = argument(arguments, 0);
    if value.is_object() {
        evaluator.meter.charge_elements(value.member_count() * 2)?;
        let names = value.names().into_iter().map(Val::text);
        return Ok(Val::sequence(names.collect()));
    }
    let mut names = Members::default();
    gather(evaluator, value, &mut names)?;
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
    evaluator.meter.charge_elements(value.member_count())?;
    evaluator.meter.step(value.member_count() as u64 * 2)?;
    for name in value.names() {
        evaluator.meter.read(name.len())?;
        names.set(name, Val::Undefined);
    }
    Ok(())
}

pub(crate) fn lookup(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let name = argument(arguments, 1).as_str().unwrap_or("undefined");
    evaluator.meter.read(name.len())?;
    argument(arguments, 0).lookup(name, &mut evaluator.meter)
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
    evaluator.meter.charge(32)?;
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
    evaluator.meter.charge(value.member_count() * 64)?;
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
        evaluator.meter.step(members.len() as u64 * 2)?;
        for (name, value) in members {
            evaluator.meter.read(name.len())?;
            merged.set(name, value);
        }
    }
    Ok(merged.into_val())
}

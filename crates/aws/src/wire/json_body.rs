//! JSON: bodies of the json and rest-json protocols.

use json::{Object, Value};

use crate::facts::{Kind, Member, Service, ShapeId};
use crate::wire::naming::{Naming, below, entries, items};
use crate::wire::request::{BadAnswer, BadParameter};
use crate::wire::result::Members;
use crate::wire::scalar;

/// A parameter as the wire has it.
pub(crate) fn write(
    service: &Service,
    shape: ShapeId,
    value: &Value,
    naming: Naming,
    at: &str,
) -> Result<Value, BadParameter> {
    match &service.shape(shape).kind {
        Kind::Structure(structure) => {
            let members = naming.members(structure, value, at)?;
            write_members(service, &members, naming, at)
        }
        Kind::List(list) => {
            let items = items(value, at)?;
            let write = |(index, item): (usize, &Value)| match item {
                Value::Null => Ok(Value::Null),
                _ => write(service, list.item, item, naming, &format!("{at}[{index}]")),
            };
            items.iter().enumerate().map(write).collect()
        }
        Kind::Map(map) => {
            let entries = entries(value, at)?;
            let write = |(name, value): (&json::Str, &Value)| {
                let value = match value {
                    Value::Null => Value::Null,
                    _ => write(service, map.value, value, naming, &below(at, name))?,
                };
                Ok((json::Str::clone(name), value))
            };
            let entries: Result<Vec<_>, BadParameter> = entries.iter().map(write).collect();
            Ok(Value::object(entries?))
        }
        Kind::Document => Ok(value.clone()),
        kind => scalar::scalar(kind, value, at),
    }
}

/// Members as an object.
pub(crate) fn write_members(
    service: &Service,
    members: &[(&Member, &Value)],
    naming: Naming,
    at: &str,
) -> Result<Value, BadParameter> {
    let mut written = Vec::with_capacity(members.len());
    for (member, value) in members {
        let at = below(at, naming.name(member));
        let value = write(service, member.shape, value, naming, &at)?;
        written.push((json::Str::clone(&member.wire_name), value));
    }
    Ok(Value::object(written))
}

/// A value of an answer as the result has it.
pub(crate) fn read(
    service: &Service,
    shape: ShapeId,
    value: &Value,
    naming: Naming,
) -> Result<Value, BadAnswer> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    match &service.shape(shape).kind {
        Kind::Structure(structure) => {
            let object = value.as_object().ok_or(BadAnswer::Value)?;
            let mut members = Members::new(naming);
            for member in &structure.members {
                read_member(service, member, object, &mut members)?;
            }
            Ok(members.finish())
        }
        Kind::List(list) => {
            let items = value.as_array().ok_or(BadAnswer::Value)?;
            items
                .iter()
                .map(|item| read(service, list.item, item, naming))
                .collect()
        }
        Kind::Map(map) => {
            let entries = value.as_object().ok_or(BadAnswer::Value)?;
            let entries: Result<Vec<_>, BadAnswer> = entries
                .iter()
                .map(|(name, value)| Ok((json::Str::clone(name), read(service, map.value, value, naming)?)))
                .collect();
            Ok(Value::object(entries?))
        }
        kind => scalar::of_value(kind, value, naming),
    }
}

/// Adds a member of the result, unless the body leaves it out or says null.
pub(crate) fn read_member(
    service: &Service,
    member: &Member,
    body: &Object,
    members: &mut Members,
) -> Result<(), BadAnswer> {
    if let Some(value) = body.get(&member.wire_name).filter(|value| !value.is_null()) {
        members.add(member, read(service, member.shape, value, members.naming())?);
    }
    Ok(())
}

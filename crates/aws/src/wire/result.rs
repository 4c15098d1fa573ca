//! Result: what an answer means to a task.

use json::{Str, Value};

use crate::facts::{Call, Member, Protocol};
use crate::wire::naming::Naming;
use crate::wire::request::{Answer, BadAnswer};
use crate::wire::xml::Element;
use crate::wire::{cbor, json_body, rest, xml};

/// The result that a successful answer gives; an operation without output gives an empty object.
pub fn parse(call: &Call, answer: &Answer, naming: Naming) -> Result<Value, BadAnswer> {
    let (service, operation) = (call.service(), call.operation());
    let Some(output) = operation.output.and_then(|output| service.structure(output)) else {
        return Ok(Value::empty_object());
    };
    let mut members = Members::new(naming);
    match service.protocol {
        Protocol::Json => {
            let body = rest::json_of(&answer.body)?;
            let body = body.as_object().ok_or(BadAnswer::Body("JSON object"))?;
            for member in &output.members {
                json_body::read_member(service, member, body, &mut members)?;
            }
        }
        Protocol::RestJson | Protocol::RestXml => rest::read(service, output, answer, &mut members)?,
        Protocol::Query | Protocol::Ec2 => {
            let root = Element::parse(&answer.body)?;
            let start = match &operation.result_wrapper {
                Some(wrapper) => root.child(wrapper).ok_or(BadAnswer::Body("result"))?,
                None => &root,
            };
            for member in &output.members {
                xml::read_member(service, member, start, &mut members)?;
            }
        }
        Protocol::Cbor => {
            let body = cbor::Item::parse(&answer.body)?;
            for member in &output.members {
                cbor::read_member(service, member, &body, &mut members)?;
            }
        }
    }
    Ok(members.finish())
}

/// The members of a structure in a result.
pub(crate) struct Members {
    naming: Naming,
    found: Vec<(Str, Value)>,
    body: Option<(Str, Value)>,
}

impl Members {
    pub(crate) fn new(naming: Naming) -> Self {
        Self {
            naming,
            found: Vec::new(),
            body: None,
        }
    }

    pub(crate) fn naming(&self) -> Naming {
        self.naming
    }

    pub(crate) fn add(&mut self, member: &Member, value: Value) {
        let name = Str::clone(self.naming.name(member));
        if member.is_streaming {
            self.body = Some((name, value));
        } else {
            self.found.push((name, value));
        }
    }

    /// In AWS's order: by name, a streaming body last.
    pub(crate) fn finish(mut self) -> Value {
        self.found.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.found.extend(self.body);
        Value::object(self.found)
    }
}

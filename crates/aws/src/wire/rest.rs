//! REST: operations that live in method and path, with JSON or XML in the body.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use json::{Str, Value};

use crate::facts::{
    Kind, Location, Member, Operation, Protocol, Service, ShapeId, Structure, TimestampFormat,
};
use crate::wire::json_body;
use crate::wire::naming::{Naming, below, entries, items};
use crate::wire::request::{Answer, BadAnswer, BadParameter, Request};
use crate::wire::result::Members;
use crate::wire::scalar;
use crate::wire::uri;
use crate::wire::xml::{self, Element};

/// Makes a request.
pub(crate) fn build(
    service: &Service,
    operation: &Operation,
    members: &[(&Member, &Value)],
    naming: Naming,
) -> Result<Request, BadParameter> {
    let (template, query) = operation.path.split_once('?').unwrap_or((&operation.path, ""));
    let mut parts = Parts {
        service,
        naming,
        path: Vec::new(),
        request: Request::default(),
        body: Vec::new(),
    };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parts.request.query.push((name.to_owned(), value.to_owned()));
    }
    for (member, value) in members {
        parts.add(member, value)?;
    }
    let place = |name: &str| {
        let found = parts.path.iter().find(|(known, _)| **known == *name);
        found.map(|(_, text)| text.clone())
    };
    parts.request.path = uri::fill(template, true, place)
        .map_err(|wire_name| missing(service, operation, wire_name, naming))?;
    if let Some(input) = operation.input.and_then(|input| service.structure(input)) {
        parts.write_body(operation, input)?;
    }
    Ok(parts.request)
}

fn missing(service: &Service, operation: &Operation, wire_name: &str, naming: Naming) -> BadParameter {
    let input = operation.input.and_then(|input| service.structure(input));
    let members = input.map_or(&[][..], |input| &input.members);
    let member = members.iter().find(|member| *member.wire_name == *wire_name);
    BadParameter::Missing {
        name: member.map_or(wire_name, |member| naming.name(member)).to_owned(),
    }
}

/// A request on its way.
struct Parts<'a> {
    service: &'a Service,
    naming: Naming,
    path: Vec<(Str, String)>,
    request: Request,
    body: Vec<(&'a Member, &'a Value)>,
}

impl<'a> Parts<'a> {
    fn add(&mut self, member: &'a Member, value: &'a Value) -> Result<(), BadParameter> {
        let at = self.naming.name(member);
        let kind = &self.service.shape(member.shape).kind;
        match member.location {
            Location::Path => {
                let text = scalar::scalar_text(kind, value, TimestampFormat::Iso8601, at)?;
                self.path.push((Str::clone(&member.wire_name), text));
            }
            Location::Query => self.add_query(member, kind, value)?,
            Location::Header => {
                if let Some(text) = self.header(member, kind, value, at)? {
                    self.request.headers.push((member.wire_name.to_string(), text));
                }
            }
            Location::HeaderPrefix => {
                let entries = entries(value, at)?;
                for (name, value) in entries.iter() {
                    let name = format!("{}{name}", member.wire_name);
                    self.request
                        .headers
                        .push((name, header_text(&scalar::text(value))));
                }
            }
            Location::Body | Location::Status => self.body.push((member, value)),
        }
        Ok(())
    }

    fn add_query(&mut self, member: &Member, kind: &Kind, value: &Value) -> Result<(), BadParameter> {
        let at = self.naming.name(member);
        match kind {
            Kind::List(list) => self.add_query_list(&member.wire_name, list.item, value, at),
            Kind::Map(map) => {
                let entries = entries(value, at)?;
                for (name, value) in entries.iter() {
                    match &self.service.shape(map.value).kind {
                        Kind::List(list) => self.add_query_list(name, list.item, value, &below(at, name))?,
                        _ => self
                            .request
                            .query
                            .push((name.to_string(), scalar::text(value).to_string())),
                    }
                }
                Ok(())
            }
            _ => {
                let text = scalar::scalar_text(kind, value, TimestampFormat::Iso8601, at)?;
                self.request.query.push((member.wire_name.to_string(), text));
                Ok(())
            }
        }
    }

    fn add_query_list(
        &mut self,
        name: &str,
        item: ShapeId,
        value: &Value,
        at: &str,
    ) -> Result<(), BadParameter> {
        let kind = &self.service.shape(item).kind;
        let items = items(value, at)?;
        for item in items {
            let text = scalar::scalar_text(kind, item, TimestampFormat::Iso8601, at)?;
            self.request.query.push((name.to_owned(), text));
        }
        Ok(())
    }

    /// A header's text; empty lists have none.
    fn header(
        &self,
        member: &Member,
        kind: &Kind,
        value: &Value,
        at: &str,
    ) -> Result<Option<String>, BadParameter> {
        let text =
            |kind: &Kind, value: &Value| scalar::scalar_text(kind, value, TimestampFormat::HttpDate, at);
        match kind {
            Kind::List(list) => {
                let kind = &self.service.shape(list.item).kind;
                let items = items(value, at)?;
                let items: Result<Vec<String>, BadParameter> = items
                    .iter()
                    .filter(|item| !item.is_null())
                    .map(|item| text(kind, item).map(|text| quoted(kind, text)))
                    .collect();
                let items = items?;
                Ok((!items.is_empty()).then(|| header_text(&items.join(","))))
            }
            Kind::String { .. } if member.is_json_text => Ok(Some(BASE64_STANDARD.encode(value.to_string()))),
            kind => Ok(Some(header_text(&text(kind, value)?))),
        }
    }

    fn write_body(&mut self, operation: &Operation, input: &Structure) -> Result<(), BadParameter> {
        let payload = input.payload.map(|payload| &input.members[payload]);
        let given = |wanted: &Member| {
            self.body
                .iter()
                .find(|(member, _)| std::ptr::eq(*member, wanted))
                .copied()
        };
        match payload {
            Some(payload) => match &self.service.shape(payload.shape).kind {
                Kind::Blob | Kind::String { .. } => {
                    if let Some((_, value)) = given(payload) {
                        self.write_raw(payload, value);
                    }
                }
                _ => self.write_payload(payload, given(payload).map(|(_, value)| value))?,
            },
            None => self.write_members(operation, input)?,
        }
        Ok(())
    }

    /// The body as it is. AWS sends a streaming body as the JSON of its parameter: a text has its quotes.
    fn write_raw(&mut self, payload: &Member, value: &Value) {
        if !payload.is_streaming {
            self.request.body = scalar::bytes(value);
            return;
        }
        self.request.body = value.to_string().into_bytes();
        self.content_type("text/plain; charset=UTF-8");
    }

    fn write_payload(&mut self, payload: &Member, value: Option<&Value>) -> Result<(), BadParameter> {
        let at = self.naming.name(payload);
        match (self.service.protocol, value) {
            (Protocol::RestXml, None) => {}
            (Protocol::RestXml, Some(value)) => {
                let mut document = String::new();
                xml::write_member(self.service, payload, value, self.naming, at, &mut document)?;
                self.request.body = document.into_bytes();
                self.content_type("application/xml");
            }
            (_, value) => {
                let body = match value {
                    Some(value) => json_body::write(self.service, payload.shape, value, self.naming, at)?,
                    None => Value::empty_object(),
                };
                self.request.body = body.to_string().into_bytes();
                self.content_type("application/json");
            }
        }
        Ok(())
    }

    fn write_members(&mut self, operation: &Operation, input: &Structure) -> Result<(), BadParameter> {
        let has_body = input
            .members
            .iter()
            .any(|member| member.location == Location::Body);
        match self.service.protocol {
            Protocol::RestXml if !self.body.is_empty() => {
                let namespace = operation.input_namespace.as_deref();
                let root = operation.input_name.as_deref().unwrap_or(&operation.name);
                let document = xml::write_document(self.service, root, namespace, &self.body, self.naming)?;
                self.request.body = document.into_bytes();
                self.content_type("application/xml");
            }
            Protocol::RestJson if has_body => {
                let body = json_body::write_members(self.service, &self.body, self.naming, "")?;
                self.request.body = body.to_string().into_bytes();
                self.content_type("application/json");
            }
            _ => {}
        }
        Ok(())
    }

    fn content_type(&mut self, content_type: &str) {
        if self.request.header("Content-Type").is_none() {
            self.request
                .headers
                .push(("Content-Type".to_owned(), content_type.to_owned()));
        }
    }
}

/// An entry of a list in a header.
fn quoted(kind: &Kind, text: String) -> String {
    if matches!(kind, Kind::String { .. }) && text.contains(['"', ',']) {
        return format!("\"{}\"", text.replace('"', "\\\""));
    }
    text
}

/// A header's text stays on its line.
fn header_text(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// Adds what an answer gives to the members of the result.
pub(crate) fn read(
    service: &Service,
    output: &Structure,
    answer: &Answer,
    members: &mut Members,
) -> Result<(), BadAnswer> {
    for member in &output.members {
        read_outside_body(service, member, answer, members)?;
    }
    let Some(payload) = output.payload.map(|payload| &output.members[payload]) else {
        return read_body(service, output, answer, members);
    };
    let naming = members.naming();
    let value = match (&service.shape(payload.shape).kind, service.protocol) {
        (Kind::Blob | Kind::String { .. }, _) => scalar::of_bytes(&answer.body),
        (_, Protocol::RestXml) => {
            let root = Element::parse_or_empty(&answer.body)?;
            xml::read_shape(service, payload.shape, payload.is_flattened, &[&root], naming)?
        }
        _ => {
            let body = json_of(&answer.body)?;
            json_body::read(service, payload.shape, &body, naming)?
        }
    };
    members.add(payload, value);
    Ok(())
}

fn read_body(
    service: &Service,
    output: &Structure,
    answer: &Answer,
    members: &mut Members,
) -> Result<(), BadAnswer> {
    let mut in_body = output.members.iter().filter(|member| in_body(member)).peekable();
    if in_body.peek().is_none() {
        return Ok(());
    }
    if service.protocol == Protocol::RestXml {
        let root = Element::parse_or_empty(&answer.body)?;
        return in_body.try_for_each(|member| xml::read_member(service, member, &root, members));
    }
    let body = json_of(&answer.body)?;
    let body = body.as_object().ok_or(BadAnswer::Body("JSON object"))?;
    in_body.try_for_each(|member| json_body::read_member(service, member, body, members))
}

fn in_body(member: &Member) -> bool {
    !matches!(
        member.location,
        Location::Header | Location::HeaderPrefix | Location::Status
    )
}

/// The JSON of a body, of which an empty one is an empty object.
pub(crate) fn json_of(body: &[u8]) -> Result<Value, BadAnswer> {
    if body.is_empty() {
        return Ok(Value::empty_object());
    }
    json::parse_bytes(body).map_err(|_| BadAnswer::Body("JSON"))
}

fn read_outside_body(
    service: &Service,
    member: &Member,
    answer: &Answer,
    members: &mut Members,
) -> Result<(), BadAnswer> {
    let kind = &service.shape(member.shape).kind;
    match member.location {
        Location::Status => members.add(member, Value::from(u32::from(answer.status))),
        Location::HeaderPrefix => {
            let prefix = &*member.wire_name;
            let named = |(name, value): &(String, String)| {
                let (start, rest) = name.split_at_checked(prefix.len())?;
                let fits = start.eq_ignore_ascii_case(prefix);
                fits.then(|| (rest.to_owned(), Value::from(value.as_str())))
            };
            members.add(member, Value::object(answer.headers.iter().filter_map(named)));
        }
        Location::Header => {
            if let Some(text) = answer.header(&member.wire_name) {
                members.add(member, of_header(service, member, kind, text, members.naming())?);
            }
        }
        Location::Body | Location::Path | Location::Query => {}
    }
    Ok(())
}

fn of_header(
    service: &Service,
    member: &Member,
    kind: &Kind,
    text: &str,
    naming: Naming,
) -> Result<Value, BadAnswer> {
    match kind {
        Kind::List(list) => {
            let kind = &service.shape(list.item).kind;
            text.split(',')
                .map(|item| scalar::of_text(kind, item.trim(), naming))
                .collect()
        }
        Kind::String { .. } if member.is_json_text => {
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| BadAnswer::Value)?;
            json::parse_bytes(&bytes).map_err(|_| BadAnswer::Value)
        }
        kind => scalar::of_text(kind, text, naming),
    }
}

//! Request: an operation with its parameters, ready for a host and a signature.

use json::{Str, Value};
use thiserror::Error;

use crate::facts::{Call, Member, Operation, Protocol, Service};
use crate::wire::naming::Naming;
use crate::wire::query::Form;
use crate::wire::{cbor, json_body, rest, scalar, uri};

/// What is sent, without host and signature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// What comes before the host's name, its last dot included.
    pub host_prefix: Option<String>,
    /// The path, encoded.
    pub path: String,
    /// The query string's parts, not yet encoded.
    pub query: Vec<(String, String)>,
    /// The headers that belong to the operation.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name, upper or lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name, upper or lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// Why parameters make no request.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BadParameter {
    /// The operation has no such parameter.
    #[error("the field '{name}' is not supported")]
    Unknown {
        /// Its name, after the names it stands in.
        name: String,
    },
    /// The parameter is of another kind.
    #[error("the field '{name}' must be {wanted}, but {got} was given")]
    Kind {
        /// Its name, after the names it stands in; empty for the parameters as a whole.
        name: String,
        /// What it should be.
        wanted: &'static str,
        /// What it is.
        got: &'static str,
    },
    /// The request cannot be addressed without this parameter.
    #[error("the field '{name}' is missing or empty")]
    Missing {
        /// Its name.
        name: String,
    },
    /// The parameter becomes part of the host's name and has characters that cannot be.
    #[error("the field '{name}' must be made of letters, digits, hyphens and dots")]
    HostLabel {
        /// Its name.
        name: String,
    },
}

impl BadParameter {
    pub(crate) fn kind(name: &str, wanted: &'static str, got: &Value) -> Self {
        Self::Kind {
            name: name.to_owned(),
            wanted,
            got: got.kind(),
        }
    }
}

/// Why an answer gives no result.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum BadAnswer {
    /// The body isn't what the protocol has.
    #[error("the body is no {0}")]
    Body(&'static str),
    /// A value isn't of its kind.
    #[error("a value is not of the kind that the service declares")]
    Value,
}

/// Makes the request of an operation.
///
/// `token` stands in for idempotency tokens that the parameters leave out.
pub fn build(
    call: &Call,
    parameters: &Value,
    naming: Naming,
    token: Option<&str>,
) -> Result<Request, BadParameter> {
    let (service, operation) = (call.service(), call.operation());
    let token = token.map(Value::from);
    let input = operation.input.and_then(|input| service.structure(input));
    let mut members = Vec::new();
    if let Some(input) = input {
        members = naming.members(input, parameters, "")?;
        let is_given = |member: &Member| members.iter().any(|(given, _)| std::ptr::eq(*given, member));
        let left_out = |member: &&Member| member.is_idempotency_token && !is_given(member);
        let tokens = input.members.iter().filter(left_out);
        let tokens: Vec<_> = tokens.zip(token.iter().cycle()).collect();
        members.extend(tokens);
    } else if let Some((name, _)) = parameters.as_object().and_then(|object| object.iter().next()) {
        return Err(BadParameter::Unknown {
            name: name.to_string(),
        });
    }
    let mut request = match service.protocol {
        Protocol::Json => json(service, operation, &members, naming)?,
        Protocol::RestJson | Protocol::RestXml => rest::build(service, operation, &members, naming)?,
        Protocol::Query | Protocol::Ec2 => form(service, operation, &members, naming)?,
        Protocol::Cbor => cbor(service, operation, &members, naming)?,
    };
    request.method = operation.method.to_string();
    if service.is_query_compatible {
        request
            .headers
            .push(("x-amzn-query-mode".to_owned(), "true".to_owned()));
    }
    if let Some(template) = &operation.host_prefix {
        request.host_prefix = Some(host_prefix(template, &members, naming)?);
    }
    Ok(request)
}

fn host_prefix(
    template: &Str,
    members: &[(&Member, &Value)],
    naming: Naming,
) -> Result<String, BadParameter> {
    let labels: Vec<_> = members
        .iter()
        .filter(|(member, _)| member.is_host_label)
        .collect();
    let fits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
    };
    if let Some((member, _)) = labels.iter().find(|(_, value)| !fits(&scalar::text(value))) {
        return Err(BadParameter::HostLabel {
            name: naming.name(member).to_string(),
        });
    }
    let label = |name: &str| {
        let found = labels.iter().find(|(member, _)| *member.name == *name);
        found.map(|(_, value)| scalar::text(value).to_string())
    };
    uri::fill(template, false, label).map_err(|name| BadParameter::Missing {
        name: name.to_owned(),
    })
}

fn json(
    service: &Service,
    operation: &Operation,
    members: &[(&Member, &Value)],
    naming: Naming,
) -> Result<Request, BadParameter> {
    let target = format!("{}.{}", service.target_prefix, operation.name);
    let content_type = format!("application/x-amz-json-{}", service.json_version);
    let body = json_body::write_members(service, members, naming, "")?;
    Ok(Request {
        path: "/".to_owned(),
        headers: vec![
            ("X-Amz-Target".to_owned(), target),
            ("Content-Type".to_owned(), content_type),
        ],
        body: body.to_string().into_bytes(),
        ..Request::default()
    })
}

fn form(
    service: &Service,
    operation: &Operation,
    members: &[(&Member, &Value)],
    naming: Naming,
) -> Result<Request, BadParameter> {
    let mut form = Form {
        service,
        naming,
        pairs: vec![
            ("Action".to_owned(), operation.name.to_string()),
            ("Version".to_owned(), service.api_version.to_string()),
        ],
    };
    form.members(members, "", "")?;
    let content_type = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
    Ok(Request {
        path: "/".to_owned(),
        headers: vec![("Content-Type".to_owned(), content_type)],
        body: uri::encode_pairs(&form.pairs).into_bytes(),
        ..Request::default()
    })
}

fn cbor(
    service: &Service,
    operation: &Operation,
    members: &[(&Member, &Value)],
    naming: Naming,
) -> Result<Request, BadParameter> {
    let mut headers = vec![
        ("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned()),
        ("Accept".to_owned(), "application/cbor".to_owned()),
    ];
    let mut body = Vec::new();
    if operation.input.is_some() {
        cbor::write_members(service, members, naming, "", &mut body)?;
        headers.push(("Content-Type".to_owned(), "application/cbor".to_owned()));
    }
    Ok(Request {
        path: format!("/service/{}/operation/{}", service.target_prefix, operation.name),
        headers,
        body,
        ..Request::default()
    })
}

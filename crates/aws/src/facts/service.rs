//! Service: how one service is spoken to, its operations and its errors.

use json::Str;

use crate::facts::shape::{Kind, Shape, ShapeId, Structure};

/// A service of AWS.
#[derive(Debug)]
pub struct Service {
    /// Its name in a task's resource, lower case: `cloudwatchlogs`.
    pub asl_id: Str,
    /// What its errors begin with: `CloudWatchLogs`.
    pub error_prefix: Str,
    /// Its name in botocore and the AWS CLI: `logs`.
    pub botocore_name: Str,
    /// Its id, which names it in `AWS_ENDPOINT_URL_…` and in profiles: `CloudWatch Logs`.
    pub service_id: Str,
    /// Its name in signatures, unless the endpoint has another.
    pub signing_name: Str,
    /// The first label of its usual host.
    pub endpoint_prefix: Str,
    /// The protocol used with it.
    pub protocol: Protocol,
    /// How its requests are signed.
    pub signature: Signature,
    /// `1.0` or `1.1` where the protocol is [`Protocol::Json`].
    pub json_version: Str,
    /// What stands before an operation's name in `X-Amz-Target`.
    pub target_prefix: Str,
    /// The version of its API: `2014-03-28`.
    pub api_version: Str,
    /// The XML namespace of its requests; empty when there is none.
    pub xml_namespace: Str,
    /// Whether it spoke the query protocol once and still gives that protocol's error codes when asked to.
    pub is_query_compatible: bool,
    pub(crate) shapes: Vec<Shape>,
    /// In the order of their names.
    pub(crate) operations: Vec<Operation>,
    /// In the order of their codes.
    pub(crate) failures: Vec<DeclaredError>,
}

impl Service {
    /// The operation that a task's resource calls so: `putItem`.
    pub fn operation(&self, action: &str) -> Option<&Operation> {
        self.operation_place(action).map(|place| &self.operations[place])
    }

    pub(crate) fn operation_place(&self, action: &str) -> Option<usize> {
        let name = capitalised(action);
        let place = self
            .operations
            .binary_search_by(|operation| (*operation.name).cmp(&name))
            .ok()?;
        (self.operations[place].action() == action).then_some(place)
    }

    /// All operations, in the order of their names.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// A shape of this service.
    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.0 as usize]
    }

    /// All shapes, each once.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// A shape of this service, when it has members: inputs and outputs of operations always do.
    pub fn structure(&self, id: ShapeId) -> Option<&Structure> {
        match &self.shape(id).kind {
            Kind::Structure(structure) => Some(structure),
            _ => None,
        }
    }

    /// The errors that the service declares.
    pub fn failures(&self) -> &[DeclaredError] {
        &self.failures
    }

    /// The name that state machines have for an error of this code: `Sqs.QueueDoesNotExistException`.
    ///
    /// One that the service doesn't declare is called after the service: `DynamoDb.DynamoDbException`.
    pub fn error_name(&self, code: &str) -> String {
        let prefix = &self.error_prefix;
        match self.failure(code) {
            Some(failure) => format!("{prefix}.{}", failure.name),
            None => format!("{prefix}.{prefix}Exception"),
        }
    }

    /// The declared error of a code, if there is one.
    pub fn failure(&self, code: &str) -> Option<&DeclaredError> {
        let place = self.failures.partition_point(|failure| &*failure.code < code);
        self.failures.get(place).filter(|failure| &*failure.code == code)
    }
}

/// `PutItem` for `putItem`.
fn capitalised(action: &str) -> String {
    let mut characters = action.chars();
    match characters.next() {
        Some(first) => first.to_ascii_uppercase().to_string() + characters.as_str(),
        None => String::new(),
    }
}

/// An operation of a service.
#[derive(Debug)]
pub struct Operation {
    /// The model's name: `PutItem`.
    pub name: Str,
    /// The HTTP method.
    pub method: Str,
    /// The path with places for parameters, and perhaps a query string: `/{Bucket}/{Key+}?acl`.
    pub path: Str,
    /// What it takes.
    pub input: Option<ShapeId>,
    /// What it gives.
    pub output: Option<ShapeId>,
    /// The root element of an XML request.
    pub input_name: Option<Str>,
    /// The namespace of that element.
    pub input_namespace: Option<Str>,
    /// The element of a query answer that holds the result.
    pub result_wrapper: Option<Str>,
    /// What comes before the host, with places for parameters: `{AccountId}.`
    pub host_prefix: Option<Str>,
    /// The model's name of the input's member that chooses a checksum.
    pub checksum_member: Option<Str>,
    /// Whether a checksum of the body must be sent.
    pub is_checksum_required: bool,
    /// Whether the body is left out of the signature.
    pub is_payload_unsigned: bool,
    /// Whether requests aren't signed at all.
    pub is_anonymous: bool,
    /// Whether AWS advises against it.
    pub is_deprecated: bool,
    /// Whether it takes or gives a stream of events, which Step Functions doesn't support.
    pub has_event_stream: bool,
}

impl Operation {
    /// Its name in a task's resource: `putItem`.
    pub fn action(&self) -> String {
        let mut characters = self.name.chars();
        match characters.next() {
            Some(first) => first.to_ascii_lowercase().to_string() + characters.as_str(),
            None => String::new(),
        }
    }
}

/// An error that a service declares.
#[derive(Debug)]
pub struct DeclaredError {
    /// The code on the wire: `QueueDoesNotExist`.
    pub code: Str,
    /// What an error's name in a state machine ends with: `QueueDoesNotExistException`.
    pub name: Str,
}

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// JSON, the operation in a header.
    Json,
    /// JSON, the operation in method and path.
    RestJson,
    /// XML, the operation in method and path.
    RestXml,
    /// Form parameters, answered in XML.
    Query,
    /// EC2's kind of [`Protocol::Query`].
    Ec2,
    /// CBOR, the operation in the path.
    Cbor,
}

/// How a service's requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// AWS Signature Version 4.
    V4,
    /// The same as S3 has it: the path is encoded once and kept as it is.
    S3,
    /// Version 2, which isn't supported.
    V2,
    /// A bearer token, which isn't supported.
    Bearer,
}

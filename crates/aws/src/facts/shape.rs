//! Shapes: what the parameters and the results of operations are made of.

use json::{Number, Str};

/// The place of a shape among those of its service; [`Service::shape`](crate::Service::shape) gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShapeId(pub(crate) u32);

/// What a value has to be.
#[derive(Debug)]
pub struct Shape {
    /// Its kind, with what belongs to that kind alone.
    pub kind: Kind,
    /// How small and how large it may be. Known only of shapes that are part of an operation's result.
    pub limits: Limits,
}

/// The least and the most: of a number its value, of a string its characters, of a blob its bytes, of a list or a
/// map its entries.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// The least, itself allowed.
    pub least: Option<Number>,
    /// The most, itself allowed.
    pub most: Option<Number>,
}

/// The kinds of shapes.
#[derive(Debug)]
pub enum Kind {
    /// Named members.
    Structure(Structure),
    /// Any number of one shape.
    List(List),
    /// Any number of one shape, by name.
    Map(Map),
    /// Text.
    String {
        /// What it may be; empty when it may be anything. Known only of shapes that are part of a result, and
        /// a service may answer values that are newer than the model.
        values: Vec<Str>,
    },
    /// Bytes.
    Blob,
    /// `true` or `false`
    Boolean,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// A number of single precision.
    Float,
    /// A number of double precision.
    Double,
    /// A moment in time.
    Timestamp(TimestampFormat),
    /// Any JSON value.
    Document,
}

/// A shape with named members.
#[derive(Debug)]
pub struct Structure {
    /// The members, in the model's order.
    pub members: Vec<Member>,
    /// The place of the member that alone makes the body of the request or answer.
    pub payload: Option<usize>,
    /// Whether exactly one member is present.
    pub is_union: bool,
    /// Whether the members are the events of a stream.
    pub is_event_stream: bool,
}

impl Structure {
    /// The member that a task's parameters or result call so.
    pub fn member(&self, asl_name: &str) -> Option<&Member> {
        self.members.iter().find(|member| &*member.asl_name == asl_name)
    }
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// The model's name: `SSEKMSKeyId`.
    pub name: Str,
    /// The name in a task's parameters and result: `SsekmsKeyId`.
    pub asl_name: Str,
    /// The name in the parameters and the result of an optimised integration, which is the model's with a capital.
    pub api_name: Str,
    /// The name on the wire: `x-amz-server-side-encryption-aws-kms-key-id`.
    pub wire_name: Str,
    /// What its value has to be.
    pub shape: ShapeId,
    /// Whether the service always gives or wants it.
    pub is_required: bool,
    /// Where it stands in a request or an answer.
    pub location: Location,
    /// Whether a random value stands in when a request leaves it out.
    pub is_idempotency_token: bool,
    /// Whether its bytes are the body as it is.
    pub is_streaming: bool,
    /// Whether its text is JSON, base64-encoded when it travels in a header.
    pub is_json_text: bool,
    /// Whether XML writes it as an attribute.
    pub is_xml_attribute: bool,
    /// Whether it is part of the host's name.
    pub is_host_label: bool,
    /// Whether XML and query repeat its name for each entry instead of a list's own element.
    pub is_flattened: bool,
    /// Whether it is the body of an event of a stream.
    pub is_event_payload: bool,
    /// EC2's name for it, where that isn't the name on the wire with a capital.
    pub query_name: Option<Str>,
    /// The XML namespace of its element.
    pub xml_namespace: Option<XmlNamespace>,
}

/// An XML namespace: `xmlns:prefix="address"`.
#[derive(Clone, Debug)]
pub struct XmlNamespace {
    /// Empty for the default namespace.
    pub prefix: Str,
    /// The address that names it.
    pub address: Str,
}

/// Where a member stands in a request or an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the body.
    Body,
    /// In the path.
    Path,
    /// In the query string.
    Query,
    /// In a header of its own.
    Header,
    /// In all headers whose names begin with the wire name, which may be empty.
    HeaderPrefix,
    /// It is the answer's status code.
    Status,
}

/// Any number of one shape.
#[derive(Debug)]
pub struct List {
    /// What each entry has to be.
    pub item: ShapeId,
    /// The entry's name in XML and query, where it isn't `member`.
    pub item_name: Option<Str>,
    /// Whether XML and query leave out the list's own element.
    pub is_flattened: bool,
    /// Whether entries may be null.
    pub is_sparse: bool,
}

/// Any number of one shape, by name.
#[derive(Debug)]
pub struct Map {
    /// What each name has to be.
    pub key: ShapeId,
    /// The name's name in XML and query, where it isn't `key`.
    pub key_name: Option<Str>,
    /// What each entry has to be.
    pub value: ShapeId,
    /// The entry's name in XML and query, where it isn't `value`.
    pub value_name: Option<Str>,
    /// Whether XML and query leave out the map's own element.
    pub is_flattened: bool,
    /// Whether entries may be null.
    pub is_sparse: bool,
}

/// How a moment is written on the wire. In a task's parameters and result it is always ISO 8601.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampFormat {
    /// As the protocol and the place have it.
    Default,
    /// `2026-01-02T03:04:05Z`
    Iso8601,
    /// Seconds since 1970, perhaps with a fraction.
    EpochSeconds,
    /// `Fri, 02 Jan 2026 03:04:05 GMT`
    HttpDate,
}

//! Pack: the bytes of the fact file, as `tools/awsfacts/pack.py` writes them.

use std::io::Read;
use std::ops::Range;

use json::{Number, Str};
use ruzstd::decoding::StreamingDecoder;
use thiserror::Error;

use crate::facts::service::{DeclaredError, Operation, Protocol, Service, Signature};
use crate::facts::shape::{
    Kind, Limits, List, Location, Map, Member, Shape, ShapeId, Structure, TimestampFormat, XmlNamespace,
};

const MAGIC: &[u8] = b"AWSFACTS\x01";

/// The most that the facts of one service may take, far above the largest (EC2, 300 KB).
const SERVICE_BYTES_MAX: usize = 16 << 20;

/// Bytes that are no fact file, or one of another version.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("not a fact file of this version: {0}")]
pub struct BadPack(&'static str);

/// Where a service stands in the file.
pub(crate) struct Entry {
    pub(crate) asl_id: String,
    frame: Range<usize>,
    plain_bytes: usize,
}

/// botocore's version, and where each service stands, in the order of their names.
pub(crate) fn index(pack: &[u8]) -> Result<(String, Vec<Entry>), BadPack> {
    let rest = pack.strip_prefix(MAGIC).ok_or(BadPack("it begins otherwise"))?;
    let mut reader = Reader { rest };
    let version = reader.text()?.to_owned();
    let count = reader.number()?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut offset = 0_usize;
    for _ in 0..count {
        let asl_id = reader.text()?.to_owned();
        if entries.last().is_some_and(|last| last.asl_id >= asl_id) {
            return Err(BadPack("services out of order"));
        }
        let end = offset
            .checked_add(reader.number()?)
            .ok_or(BadPack("a frame too long"))?;
        let plain_bytes = reader.number()?;
        if plain_bytes > SERVICE_BYTES_MAX {
            return Err(BadPack("a service too large"));
        }
        entries.push(Entry {
            asl_id,
            frame: offset..end,
            plain_bytes,
        });
        offset = end;
    }
    let start = pack.len() - reader.rest.len();
    for entry in &mut entries {
        entry.frame = start + entry.frame.start..start + entry.frame.end;
    }
    if start + offset != pack.len() {
        return Err(BadPack("cut off"));
    }
    Ok((version, entries))
}

/// Decodes a service.
pub(crate) fn service(entry: &Entry, pack: &[u8]) -> Result<Service, BadPack> {
    let frame = pack.get(entry.frame.clone()).ok_or(BadPack("cut off"))?;
    let decoder = StreamingDecoder::new(frame).map_err(|_| BadPack("a frame that isn't zstd"))?;
    let mut plain = Vec::with_capacity(entry.plain_bytes);
    decoder
        .take(entry.plain_bytes as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| BadPack("a damaged frame"))?;
    if plain.len() != entry.plain_bytes {
        return Err(BadPack("a frame of another length"));
    }
    let mut reader = Reader { rest: &plain };
    let strings: Vec<Str> = reader.text()?.split('\n').map(Str::from).collect();
    let service = Facts { reader, strings }.service()?;
    check_references(&service)?;
    Ok(service)
}

/// Every reference stays inside, so that none has to be checked when it is followed.
fn check_references(service: &Service) -> Result<(), BadPack> {
    let inside = |id: ShapeId| (id.0 as usize) < service.shapes.len();
    let shapes_are_whole = service.shapes.iter().all(|shape| match &shape.kind {
        Kind::Structure(structure) => {
            structure.members.iter().all(|member| inside(member.shape))
                && structure
                    .payload
                    .is_none_or(|payload| payload < structure.members.len())
        }
        Kind::List(list) => inside(list.item),
        Kind::Map(map) => inside(map.key) && inside(map.value),
        _ => true,
    });
    let is_structure = |id: ShapeId| inside(id) && service.structure(id).is_some();
    let mut ends = service
        .operations
        .iter()
        .flat_map(|operation| [operation.input, operation.output]);
    if shapes_are_whole && ends.all(|end| end.is_none_or(is_structure)) {
        return Ok(());
    }
    Err(BadPack("a reference to nothing"))
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn unsigned(&mut self) -> Result<u64, BadPack> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(BadPack("cut off"))?;
            self.rest = rest;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BadPack("a number too long"))
    }

    fn number(&mut self) -> Result<usize, BadPack> {
        usize::try_from(self.unsigned()?).map_err(|_| BadPack("a number too large"))
    }

    fn signed(&mut self) -> Result<i64, BadPack> {
        let value = self.unsigned()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn text(&mut self) -> Result<&'a str, BadPack> {
        let length = self.number()?;
        let (text, rest) = self.rest.split_at_checked(length).ok_or(BadPack("cut off"))?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| BadPack("text that isn't UTF-8"))
    }
}

/// Reads the facts of one service.
struct Facts<'a> {
    reader: Reader<'a>,
    strings: Vec<Str>,
}

impl Facts<'_> {
    fn service(mut self) -> Result<Service, BadPack> {
        let asl_id = self.string()?;
        let error_prefix = self.string()?;
        let botocore_name = self.string()?;
        let service_id = self.string()?;
        let signing_name = self.string()?;
        let endpoint_prefix = self.string()?;
        let json_version = self.string()?;
        let target_prefix = self.string()?;
        let api_version = self.string()?;
        let xml_namespace = self.string()?;
        let protocol = match self.reader.number()? {
            0 => Protocol::Json,
            1 => Protocol::RestJson,
            2 => Protocol::RestXml,
            3 => Protocol::Query,
            4 => Protocol::Ec2,
            5 => Protocol::Cbor,
            _ => return Err(BadPack("an unknown protocol")),
        };
        let signature = match self.reader.number()? {
            0 => Signature::V4,
            1 => Signature::S3,
            2 => Signature::V2,
            3 => Signature::Bearer,
            _ => return Err(BadPack("an unknown signature")),
        };
        let is_query_compatible = self.reader.number()? != 0;
        let shapes = self.many(Self::shape)?;
        let operations = self.many(Self::operation)?;
        let failures = self.many(Self::failure)?;
        let names_ascend = operations.is_sorted_by(|a, b| a.name < b.name);
        let codes_ascend = failures.is_sorted_by(|a, b| a.code <= b.code);
        if !names_ascend || !codes_ascend {
            return Err(BadPack("operations or errors out of order"));
        }
        Ok(Service {
            asl_id,
            error_prefix,
            botocore_name,
            service_id,
            signing_name,
            endpoint_prefix,
            protocol,
            signature,
            json_version,
            target_prefix,
            api_version,
            xml_namespace,
            is_query_compatible,
            shapes,
            operations,
            failures,
        })
    }

    fn shape(&mut self) -> Result<Shape, BadPack> {
        let head = self.reader.number()?;
        let flag = |bit: usize| head >> bit & 1 == 1;
        let is_decimal = flag(6);
        let limits = Limits {
            least: self.limit(flag(4), is_decimal)?,
            most: self.limit(flag(5), is_decimal)?,
        };
        let (is_flattened, is_sparse, is_union, is_event_stream) = (flag(7), flag(8), flag(9), flag(10));
        let kind = match head & 0xF {
            0 => Kind::Structure(Structure {
                payload: self.reader.number()?.checked_sub(1),
                members: self.many(Self::member)?,
                is_union,
                is_event_stream,
            }),
            1 => Kind::List(List {
                item: self.shape_id()?,
                item_name: self.name()?,
                is_flattened,
                is_sparse,
            }),
            2 => Kind::Map(Map {
                key: self.shape_id()?,
                key_name: self.name()?,
                value: self.shape_id()?,
                value_name: self.name()?,
                is_flattened,
                is_sparse,
            }),
            3 => Kind::String {
                values: self.many(Self::string)?,
            },
            4 => Kind::Blob,
            5 => Kind::Boolean,
            6 => Kind::Integer,
            7 => Kind::Long,
            8 => Kind::Float,
            9 => Kind::Double,
            10 => Kind::Timestamp(match self.reader.number()? {
                0 => TimestampFormat::Default,
                1 => TimestampFormat::Iso8601,
                2 => TimestampFormat::EpochSeconds,
                3 => TimestampFormat::HttpDate,
                _ => return Err(BadPack("an unknown format of timestamps")),
            }),
            11 => Kind::Document,
            _ => return Err(BadPack("an unknown kind of shape")),
        };
        Ok(Shape { kind, limits })
    }

    fn limit(&mut self, is_present: bool, is_decimal: bool) -> Result<Option<Number>, BadPack> {
        if !is_present {
            return Ok(None);
        }
        if !is_decimal {
            return Ok(Some(Number::Int(self.reader.signed()?)));
        }
        let value = self.string()?.parse().ok().and_then(Number::from_f64);
        value.map(Some).ok_or(BadPack("a limit that is no number"))
    }

    fn member(&mut self) -> Result<Member, BadPack> {
        let head = self.reader.number()?;
        let flag = |bit: usize| head >> bit & 1 == 1;
        let name = self.string()?;
        let shape = self.shape_id()?;
        let api_name = capitalised(&name);
        let asl_name = if flag(4) {
            self.string()?
        } else {
            Str::clone(&api_name)
        };
        let wire_name = if flag(5) {
            self.string()?
        } else {
            Str::clone(&name)
        };
        let location = match head >> 1 & 7 {
            0 => Location::Body,
            1 => Location::Path,
            2 => Location::Query,
            3 => Location::Header,
            4 => Location::HeaderPrefix,
            5 => Location::Status,
            _ => return Err(BadPack("an unknown location")),
        };
        let query_name = if flag(13) { Some(self.string()?) } else { None };
        let xml_namespace = if flag(14) { Some(self.namespace()?) } else { None };
        Ok(Member {
            name,
            asl_name,
            api_name,
            wire_name,
            shape,
            is_required: flag(0),
            location,
            is_idempotency_token: flag(6),
            is_streaming: flag(7),
            is_json_text: flag(8),
            is_xml_attribute: flag(9),
            is_host_label: flag(10),
            is_flattened: flag(11),
            is_event_payload: flag(12),
            query_name,
            xml_namespace,
        })
    }

    fn namespace(&mut self) -> Result<XmlNamespace, BadPack> {
        Ok(XmlNamespace {
            prefix: self.string()?,
            address: self.string()?,
        })
    }

    fn operation(&mut self) -> Result<Operation, BadPack> {
        let head = self.reader.number()?;
        let flag = |bit: usize| head >> bit & 1 == 1;
        Ok(Operation {
            name: self.string()?,
            method: self.string()?,
            path: self.string()?,
            input: if flag(0) { Some(self.shape_id()?) } else { None },
            output: if flag(1) { Some(self.shape_id()?) } else { None },
            is_checksum_required: flag(2),
            is_payload_unsigned: flag(3),
            is_anonymous: flag(4),
            is_deprecated: flag(5),
            has_event_stream: flag(6),
            input_name: self.string_if(flag(7))?,
            input_namespace: self.string_if(flag(8))?,
            result_wrapper: self.string_if(flag(9))?,
            host_prefix: self.string_if(flag(10))?,
            checksum_member: self.string_if(flag(11))?,
        })
    }

    fn failure(&mut self) -> Result<DeclaredError, BadPack> {
        Ok(DeclaredError {
            code: self.string()?,
            name: self.string()?,
        })
    }

    fn many<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, BadPack>) -> Result<Vec<T>, BadPack> {
        let count = self.reader.number()?;
        // Each takes a byte at least, so that a false count cannot ask for much.
        if count > self.reader.rest.len() {
            return Err(BadPack("cut off"));
        }
        (0..count).map(|_| read(self)).collect()
    }

    fn shape_id(&mut self) -> Result<ShapeId, BadPack> {
        let place = u32::try_from(self.reader.number()?).map_err(|_| BadPack("a number too large"))?;
        Ok(ShapeId(place))
    }

    fn string(&mut self) -> Result<Str, BadPack> {
        let place = self.reader.number()?;
        self.strings
            .get(place)
            .cloned()
            .ok_or(BadPack("a reference to nothing"))
    }

    fn string_if(&mut self, is_present: bool) -> Result<Option<Str>, BadPack> {
        if is_present {
            self.string().map(Some)
        } else {
            Ok(None)
        }
    }

    /// A string, of which the empty one says that there is none.
    fn name(&mut self) -> Result<Option<Str>, BadPack> {
        let name = self.string()?;
        Ok((!name.is_empty()).then_some(name))
    }
}

/// The text itself when it begins with a capital, so that most names are held once.
fn capitalised(name: &Str) -> Str {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) if !first.is_uppercase() => {
            (first.to_uppercase().collect::<String>() + characters.as_str()).into()
        }
        _ => Str::clone(name),
    }
}

//! CBOR: bodies of the rpc-v2-cbor protocol.

use json::{Number, Str, Value};

use crate::facts::{Kind, Member, Service, ShapeId};
use crate::wire::moment;
use crate::wire::naming::{Naming, below, entries, items};
use crate::wire::request::{BadAnswer, BadParameter};
use crate::wire::result::Members;
use crate::wire::scalar;

/// How deep lists and maps of an answer may stand in each other.
const DEPTH_MAX: usize = 256;

const NOT_CBOR: BadAnswer = BadAnswer::Body("CBOR");

const BYTES: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const MAP: u8 = 5;
/// A tag that says that seconds since 1970 follow.
const MOMENT: u8 = 0xC1;
const FALSE: u8 = 0xF4;
const TRUE: u8 = 0xF5;
const NULL: u8 = 0xF6;
const FLOAT_32: u8 = 0xFA;
const FLOAT_64: u8 = 0xFB;
const BREAK: u8 = 0xFF;

/// Appends members as a map.
pub(crate) fn write_members(
    service: &Service,
    members: &[(&Member, &Value)],
    naming: Naming,
    at: &str,
    out: &mut Vec<u8>,
) -> Result<(), BadParameter> {
    head(MAP, members.len() as u64, out);
    for (member, value) in members {
        write_text(&member.wire_name, out);
        write(
            service,
            member.shape,
            value,
            naming,
            &below(at, naming.name(member)),
            out,
        )?;
    }
    Ok(())
}

fn write(
    service: &Service,
    shape: ShapeId,
    value: &Value,
    naming: Naming,
    at: &str,
    out: &mut Vec<u8>,
) -> Result<(), BadParameter> {
    let kind = &service.shape(shape).kind;
    match kind {
        _ if value.is_null() => out.push(NULL),
        Kind::Structure(structure) => {
            let members = naming.members(structure, value, at)?;
            write_members(service, &members, naming, at, out)?;
        }
        Kind::List(list) => {
            let items = items(value, at)?;
            head(LIST, items.len() as u64, out);
            for (index, item) in items.iter().enumerate() {
                write(service, list.item, item, naming, &format!("{at}[{index}]"), out)?;
            }
        }
        Kind::Map(map) => {
            let entries = entries(value, at)?;
            head(MAP, entries.len() as u64, out);
            for (name, value) in entries.iter() {
                write_text(name, out);
                write(service, map.value, value, naming, &below(at, name), out)?;
            }
        }
        Kind::Blob => {
            let bytes = scalar::bytes(value);
            head(BYTES, bytes.len() as u64, out);
            out.extend(bytes);
        }
        Kind::Timestamp(_) => {
            let moment =
                moment::of_parameter(value).ok_or_else(|| BadParameter::kind(at, "a timestamp", value))?;
            out.push(MOMENT);
            write_number(moment::to_seconds(moment), kind, out);
        }
        Kind::Document => write_document(value, out),
        Kind::String { .. } | Kind::Boolean | Kind::Integer | Kind::Long | Kind::Float | Kind::Double => {
            match scalar::scalar(kind, value, at)? {
                Value::Bool(value) => out.push(if value { TRUE } else { FALSE }),
                Value::Number(number) => write_number(number, kind, out),
                Value::String(text) if matches!(kind, Kind::Float | Kind::Double) => {
                    out.push(FLOAT_64);
                    out.extend(special(&text).to_be_bytes());
                }
                other => write_text(&scalar::text(&other), out),
            }
        }
    }
    Ok(())
}

fn special(text: &str) -> f64 {
    match text {
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ => f64::NAN,
    }
}

fn write_number(number: Number, kind: &Kind, out: &mut Vec<u8>) {
    match (number, kind) {
        (_, Kind::Float) => {
            out.push(FLOAT_32);
            out.extend((number.as_f64() as f32).to_be_bytes());
        }
        (_, Kind::Double) | (Number::Float(_), _) => {
            out.push(FLOAT_64);
            out.extend(number.as_f64().to_be_bytes());
        }
        (Number::Int(value), _) if value < 0 => head(1, value.unsigned_abs() - 1, out),
        (Number::Int(value), _) => head(0, value.unsigned_abs(), out),
        (Number::UInt(value), _) => head(0, value, out),
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    head(TEXT, text.len() as u64, out);
    out.extend(text.as_bytes());
}

fn write_document(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(value) => out.push(if *value { TRUE } else { FALSE }),
        Value::Number(number) => write_number(*number, &Kind::Document, out),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            head(LIST, items.len() as u64, out);
            items.iter().for_each(|item| write_document(item, out));
        }
        Value::Object(entries) => {
            head(MAP, entries.len() as u64, out);
            for (name, value) in entries.iter() {
                write_text(name, out);
                write_document(value, out);
            }
        }
    }
}

/// A kind and a count, in as few bytes as they need.
fn head(major: u8, count: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    match count {
        0..24 => out.push(major | count as u8),
        24..0x100 => out.extend([major | 24, count as u8]),
        0x100..0x1_0000 => {
            out.push(major | 25);
            out.extend((count as u16).to_be_bytes());
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 26);
            out.extend((count as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend(count.to_be_bytes());
        }
    }
}

/// A value of an answer.
#[derive(Debug)]
pub(crate) enum Item {
    Null,
    Bool(bool),
    Number(Number),
    /// A decimal that JSON cannot say.
    Special(f64),
    Text(Str),
    Bytes(Vec<u8>),
    List(Vec<Item>),
    Map(Vec<(Str, Item)>),
}

impl Item {
    /// The value that a body is; an empty body is an empty map.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, BadAnswer> {
        if bytes.is_empty() {
            return Ok(Self::Map(Vec::new()));
        }
        let mut reader = ItemReader { rest: bytes };
        let item = reader.item(0)?;
        if reader.rest.is_empty() {
            Ok(item)
        } else {
            Err(NOT_CBOR)
        }
    }

    /// An entry of a map.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(entries) = self else {
            return None;
        };
        entries
            .iter()
            .find(|(known, _)| **known == *name)
            .map(|(_, item)| item)
    }

    /// A text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The JSON of the same meaning.
    fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(*number),
            Self::Special(value) => scalar::of_decimal(*value),
            Self::Text(text) => Value::String(Str::clone(text)),
            Self::Bytes(bytes) => scalar::of_bytes(bytes),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Map(entries) => Value::object(
                entries
                    .iter()
                    .map(|(name, item)| (Str::clone(name), item.to_value())),
            ),
        }
    }
}

struct ItemReader<'a> {
    rest: &'a [u8],
}

impl<'a> ItemReader<'a> {
    fn item(&mut self, depth: usize) -> Result<Item, BadAnswer> {
        if depth > DEPTH_MAX {
            return Err(NOT_CBOR);
        }
        let first = self.byte()?;
        let (major, info) = (first >> 5, first & 0x1F);
        match major {
            0 => Ok(Item::Number(Number::from(self.count(info)?))),
            1 => {
                let below_zero = i64::try_from(self.count(info)?).map_err(|_| NOT_CBOR)?;
                Ok(Item::Number(Number::Int(-1 - below_zero)))
            }
            BYTES => self.bytes(info, BYTES).map(Item::Bytes),
            TEXT => self.text(info).map(Item::Text),
            LIST => {
                let mut items = Vec::new();
                self.each(info, |reader| {
                    items.push(reader.item(depth + 1)?);
                    Ok(())
                })?;
                Ok(Item::List(items))
            }
            MAP => {
                let mut entries = Vec::new();
                self.each(info, |reader| {
                    let first = reader.byte()?;
                    if first >> 5 != TEXT {
                        return Err(NOT_CBOR);
                    }
                    let name = reader.text(first & 0x1F)?;
                    entries.push((name, reader.item(depth + 1)?));
                    Ok(())
                })?;
                Ok(Item::Map(entries))
            }
            6 => {
                self.count(info)?;
                self.item(depth + 1)
            }
            _ => self.simple(first),
        }
    }

    fn simple(&mut self, first: u8) -> Result<Item, BadAnswer> {
        let decimal = match first {
            FALSE => return Ok(Item::Bool(false)),
            TRUE => return Ok(Item::Bool(true)),
            // The second is CBOR's undefined.
            NULL | 0xF7 => return Ok(Item::Null),
            0xF9 => half(u16::from_be_bytes(self.array()?)),
            FLOAT_32 => f64::from(f32::from_be_bytes(self.array()?)),
            FLOAT_64 => f64::from_be_bytes(self.array()?),
            _ => return Err(NOT_CBOR),
        };
        Ok(Number::from_f64(decimal).map_or(Item::Special(decimal), Item::Number))
    }

    /// Reads the entries of a list or a map, however many its head says.
    fn each(
        &mut self,
        info: u8,
        mut read: impl FnMut(&mut Self) -> Result<(), BadAnswer>,
    ) -> Result<(), BadAnswer> {
        if info != 31 {
            // Nothing is reserved for a count that may be false: entries end the loop when bytes do.
            let count = self.count(info)?;
            return (0..count).try_for_each(|_| read(self));
        }
        while self.rest.first() != Some(&BREAK) {
            read(self)?;
        }
        self.byte().map(|_| ())
    }

    fn text(&mut self, info: u8) -> Result<Str, BadAnswer> {
        let text = String::from_utf8(self.bytes(info, TEXT)?).map_err(|_| NOT_CBOR)?;
        Ok(text.into())
    }

    fn bytes(&mut self, info: u8, major: u8) -> Result<Vec<u8>, BadAnswer> {
        if info != 31 {
            let count = self.count(info)?;
            return self.take(count).map(<[u8]>::to_vec);
        }
        let mut bytes = Vec::new();
        loop {
            let first = self.byte()?;
            if first == BREAK {
                return Ok(bytes);
            }
            if first >> 5 != major {
                return Err(NOT_CBOR);
            }
            let count = self.count(first & 0x1F)?;
            bytes.extend_from_slice(self.take(count)?);
        }
    }

    fn count(&mut self, info: u8) -> Result<u64, BadAnswer> {
        match info {
            0..24 => Ok(u64::from(info)),
            24 => self.byte().map(u64::from),
            25 => self.array().map(u16::from_be_bytes).map(u64::from),
            26 => self.array().map(u32::from_be_bytes).map(u64::from),
            27 => self.array().map(u64::from_be_bytes),
            _ => Err(NOT_CBOR),
        }
    }

    fn byte(&mut self) -> Result<u8, BadAnswer> {
        self.array().map(|[byte]: [u8; 1]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadAnswer> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(NOT_CBOR)?;
        self.rest = rest;
        Ok(*array)
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], BadAnswer> {
        let count = usize::try_from(count).map_err(|_| NOT_CBOR)?;
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(NOT_CBOR)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// A decimal of half precision.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let fraction = f64::from(bits & 0x3FF);
    match bits >> 10 & 0x1F {
        0 => sign * fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        exponent => sign * (1.0 + fraction / 1024.0) * 2_f64.powi(i32::from(exponent) - 15),
    }
}

/// Adds a member of the result, unless the body leaves it out or says null.
pub(crate) fn read_member(
    service: &Service,
    member: &Member,
    body: &Item,
    members: &mut Members,
) -> Result<(), BadAnswer> {
    match body.get(&member.wire_name) {
        None | Some(Item::Null) => Ok(()),
        Some(item) => {
            let value = read(service, member.shape, item, members.naming())?;
            members.add(member, value);
            Ok(())
        }
    }
}

fn read(service: &Service, shape: ShapeId, item: &Item, naming: Naming) -> Result<Value, BadAnswer> {
    match (&service.shape(shape).kind, item) {
        (_, Item::Null) => Ok(Value::Null),
        (Kind::Structure(structure), Item::Map(_)) => {
            let mut members = Members::new(naming);
            for member in &structure.members {
                read_member(service, member, item, &mut members)?;
            }
            Ok(members.finish())
        }
        (Kind::List(list), Item::List(items)) => items
            .iter()
            .map(|item| read(service, list.item, item, naming))
            .collect(),
        (Kind::Map(map), Item::Map(entries)) => {
            let entries: Result<Vec<_>, BadAnswer> = entries
                .iter()
                .map(|(name, item)| Ok((Str::clone(name), read(service, map.value, item, naming)?)))
                .collect();
            Ok(Value::object(entries?))
        }
        (Kind::Structure(_) | Kind::List(_) | Kind::Map(_), _) => Err(BadAnswer::Value),
        (Kind::Blob, item) => Ok(item.to_value()),
        (kind, item) => scalar::of_value(kind, &item.to_value(), naming),
    }
}

//! XML: bodies of the rest-xml protocol, and answers of the query and EC2 protocols.

use json::{Str, Value};
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::facts::{Kind, List, Location, Map, Member, Service, ShapeId, Structure, TimestampFormat};
use crate::wire::naming::{Naming, below, entries, items};
use crate::wire::request::{BadAnswer, BadParameter};
use crate::wire::result::Members;
use crate::wire::scalar;

/// How deep elements of an answer may stand in each other.
const DEPTH_MAX: usize = 256;

const NOT_XML: BadAnswer = BadAnswer::Body("XML");

/// Writes a body whose root holds members.
pub(crate) fn write_document(
    service: &Service,
    root: &str,
    namespace: Option<&str>,
    members: &[(&Member, &Value)],
    naming: Naming,
) -> Result<String, BadParameter> {
    let mut writer = Writer {
        service,
        naming,
        out: String::new(),
    };
    let namespace = namespace.map(|address| ("", address));
    writer.structure(root, namespace, members, "")?;
    Ok(writer.out)
}

/// Appends a member with its element.
pub(crate) fn write_member(
    service: &Service,
    member: &Member,
    value: &Value,
    naming: Naming,
    at: &str,
    out: &mut String,
) -> Result<(), BadParameter> {
    let mut writer = Writer {
        service,
        naming,
        out: String::new(),
    };
    writer.member(member, value, at)?;
    out.push_str(&writer.out);
    Ok(())
}

struct Writer<'a> {
    service: &'a Service,
    naming: Naming,
    out: String,
}

/// A prefix, perhaps empty, and an address.
type Namespace<'a> = Option<(&'a str, &'a str)>;

impl Writer<'_> {
    fn member(&mut self, member: &Member, value: &Value, at: &str) -> Result<(), BadParameter> {
        let namespace = member.xml_namespace.as_ref();
        let namespace = namespace.map(|namespace| (&*namespace.prefix, &*namespace.address));
        self.value(
            member.shape,
            member.is_flattened,
            &member.wire_name,
            namespace,
            value,
            at,
        )
    }

    fn value(
        &mut self,
        shape: ShapeId,
        is_flattened: bool,
        name: &str,
        namespace: Namespace<'_>,
        value: &Value,
        at: &str,
    ) -> Result<(), BadParameter> {
        match &self.service.shape(shape).kind {
            Kind::Structure(structure) => {
                let members = self.naming.members(structure, value, at)?;
                self.structure(name, namespace, &members, at)
            }
            Kind::List(list) => self.list(list, is_flattened, name, namespace, value, at),
            Kind::Map(map) => self.map(map, is_flattened, name, namespace, value, at),
            kind => {
                let text = scalar::scalar_text(kind, value, TimestampFormat::Iso8601, at)?;
                self.open(name, namespace, &[]);
                self.out.push_str(&text_of(&text));
                self.close(name);
                Ok(())
            }
        }
    }

    fn structure(
        &mut self,
        name: &str,
        namespace: Namespace<'_>,
        members: &[(&Member, &Value)],
        at: &str,
    ) -> Result<(), BadParameter> {
        let (attributes, elements): (Vec<_>, Vec<_>) =
            members.iter().partition(|(member, _)| member.is_xml_attribute);
        let attributes: Vec<(&str, Str)> = attributes
            .into_iter()
            .map(|(member, value)| (&*member.wire_name, scalar::text(value)))
            .collect();
        self.open(name, namespace, &attributes);
        for (member, value) in elements {
            self.member(member, value, &below(at, self.naming.name(member)))?;
        }
        self.close(name);
        Ok(())
    }

    fn list(
        &mut self,
        list: &List,
        is_flattened: bool,
        name: &str,
        namespace: Namespace<'_>,
        value: &Value,
        at: &str,
    ) -> Result<(), BadParameter> {
        let outer = (!is_flattened && !list.is_flattened).then_some(name);
        let item_name = outer.map_or(name, |_| list.item_name.as_deref().unwrap_or("member"));
        self.within(outer, namespace, |writer| {
            for (index, item) in items(value, at)?.iter().enumerate() {
                writer.value(list.item, false, item_name, None, item, &format!("{at}[{index}]"))?;
            }
            Ok(())
        })
    }

    fn map(
        &mut self,
        map: &Map,
        is_flattened: bool,
        name: &str,
        namespace: Namespace<'_>,
        value: &Value,
        at: &str,
    ) -> Result<(), BadParameter> {
        let outer = (!is_flattened && !map.is_flattened).then_some(name);
        let entry_name = outer.map_or(name, |_| "entry");
        let key_name = map.key_name.as_deref().unwrap_or("key");
        let value_name = map.value_name.as_deref().unwrap_or("value");
        self.within(outer, namespace, |writer| {
            for (key, value) in entries(value, at)?.iter() {
                let at = below(at, key);
                writer.open(entry_name, None, &[]);
                let key = Value::String(Str::clone(key));
                writer.value(map.key, false, key_name, None, &key, &at)?;
                writer.value(map.value, false, value_name, None, value, &at)?;
                writer.close(entry_name);
            }
            Ok(())
        })
    }

    /// Writes what stands in an element, or without one where entries stand in the parent themselves.
    fn within(
        &mut self,
        outer: Option<&str>,
        namespace: Namespace<'_>,
        write: impl FnOnce(&mut Self) -> Result<(), BadParameter>,
    ) -> Result<(), BadParameter> {
        if let Some(name) = outer {
            self.open(name, namespace, &[]);
        }
        write(self)?;
        if let Some(name) = outer {
            self.close(name);
        }
        Ok(())
    }

    fn open(&mut self, name: &str, namespace: Namespace<'_>, attributes: &[(&str, Str)]) {
        self.out.push('<');
        self.out.push_str(name);
        if let Some((prefix, address)) = namespace {
            let name = if prefix.is_empty() {
                "xmlns".to_owned()
            } else {
                format!("xmlns:{prefix}")
            };
            self.attribute(&name, address);
        }
        for (name, value) in attributes {
            self.attribute(name, value);
        }
        self.out.push('>');
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        self.out.push_str(&escape(value));
        self.out.push('"');
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}

/// Text between tags. A carriage return would be read as a line feed if it weren't escaped.
fn text_of(text: &str) -> String {
    escape(text).replace('\r', "&#13;")
}

/// An element of an answer.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Its name without a prefix.
    name: String,
    /// Attributes with their prefixes.
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    /// The root of a document.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, BadAnswer> {
        let text = std::str::from_utf8(bytes).map_err(|_| NOT_XML)?;
        let mut reader = Reader::from_str(text);
        // Around the root there is an element without a name.
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().map_err(|_| NOT_XML)? {
                Event::Start(start) if open.len() <= DEPTH_MAX => open.push(Self::start(&start)?),
                Event::Start(_) => return Err(NOT_XML),
                Event::Empty(start) => innermost(&mut open)?.children.push(Self::start(&start)?),
                Event::End(_) => {
                    let closed = open.pop().ok_or(NOT_XML)?;
                    innermost(&mut open)?.children.push(closed);
                }
                Event::Text(text) => innermost(&mut open)?.text.push_str(&text.xml10_content()),
                Event::CData(text) => innermost(&mut open)?.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => innermost(&mut open)?.text.push_str(&resolved(&reference)?),
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        let [outside] = &mut open[..] else {
            return Err(NOT_XML);
        };
        outside.children.drain(..).next().ok_or(NOT_XML)
    }

    /// The same; where there is no body at all, an element without anything.
    pub(crate) fn parse_or_empty(bytes: &[u8]) -> Result<Self, BadAnswer> {
        if bytes.is_empty() {
            Ok(Self::default())
        } else {
            Self::parse(bytes)
        }
    }

    fn start(start: &BytesStart<'_>) -> Result<Self, BadAnswer> {
        let mut element = Self {
            name: start.local_name().as_ref().to_owned(),
            ..Self::default()
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| NOT_XML)?;
            let value = attribute
                .normalized_value(XmlVersion::default())
                .map_err(|_| NOT_XML)?;
            let name = attribute.key.as_ref().to_owned();
            element.attributes.push((name, value.into_owned()));
        }
        Ok(element)
    }

    /// Its name, without a prefix.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its text, that of its children left out.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

fn innermost(open: &mut [Element]) -> Result<&mut Element, BadAnswer> {
    open.last_mut().ok_or(NOT_XML)
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, BadAnswer> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| NOT_XML)? {
        return Ok(character.to_string());
    }
    let text = resolve_predefined_entity(reference).ok_or(NOT_XML)?;
    Ok(text.to_owned())
}

/// Adds a member of the result, unless it is missing from `parent`.
pub(crate) fn read_member(
    service: &Service,
    member: &Member,
    parent: &Element,
    members: &mut Members,
) -> Result<(), BadAnswer> {
    if matches!(
        member.location,
        Location::Header | Location::HeaderPrefix | Location::Status
    ) {
        return Ok(());
    }
    if member.is_xml_attribute {
        let local = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
        let wanted = local(&member.wire_name);
        let found = parent.attributes.iter().find(|(name, _)| local(name) == wanted);
        if let Some((_, value)) = found {
            members.add(member, Value::from(value.as_str()));
        }
        return Ok(());
    }
    let name = match &service.shape(member.shape).kind {
        Kind::List(list) if member.is_flattened || list.is_flattened => {
            list.item_name.as_ref().unwrap_or(&member.wire_name)
        }
        _ => &member.wire_name,
    };
    let found: Vec<&Element> = parent
        .children
        .iter()
        .filter(|child| *child.name == **name)
        .collect();
    if !found.is_empty() {
        let value = read_shape(
            service,
            member.shape,
            member.is_flattened,
            &found,
            members.naming(),
        )?;
        members.add(member, value);
    }
    Ok(())
}

/// What elements of one name, of which there is at least one, mean.
pub(crate) fn read_shape(
    service: &Service,
    shape: ShapeId,
    is_flattened: bool,
    elements: &[&Element],
    naming: Naming,
) -> Result<Value, BadAnswer> {
    let first = elements.first().ok_or(BadAnswer::Value)?;
    match &service.shape(shape).kind {
        Kind::Structure(structure) => read_structure(service, structure, first, naming),
        Kind::List(list) => {
            let read = |item: &Element| read_shape(service, list.item, false, &[item], naming);
            if is_flattened || list.is_flattened {
                elements.iter().map(|item| read(item)).collect()
            } else {
                first.children.iter().map(read).collect()
            }
        }
        Kind::Map(map) if is_flattened || map.is_flattened => read_map(service, map, elements, naming),
        Kind::Map(map) => read_map(service, map, &first.children.iter().collect::<Vec<_>>(), naming),
        kind => scalar::of_text(kind, &first.text, naming),
    }
}

fn read_structure(
    service: &Service,
    structure: &Structure,
    element: &Element,
    naming: Naming,
) -> Result<Value, BadAnswer> {
    let mut members = Members::new(naming);
    for member in &structure.members {
        read_member(service, member, element, &mut members)?;
    }
    Ok(members.finish())
}

fn read_map(service: &Service, map: &Map, entries: &[&Element], naming: Naming) -> Result<Value, BadAnswer> {
    let key_name = map.key_name.as_deref().unwrap_or("key");
    let value_name = map.value_name.as_deref().unwrap_or("value");
    let mut read = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = entry.child(key_name).ok_or(BadAnswer::Value)?;
        let value = entry.child(value_name).ok_or(BadAnswer::Value)?;
        let value = read_shape(service, map.value, false, &[value], naming)?;
        read.push((Str::from(key.text.as_str()), value));
    }
    Ok(Value::object(read))
}

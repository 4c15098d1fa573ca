//! Object: the items in one object, from its bytes as they come.

use json::{Str, Value};

use crate::csv::Csv;
use crate::document::Document;
use crate::fault::Fault;
use crate::format::Format;
use crate::lines::Lines;
use crate::manifest::{Addresses, Inventory};
use crate::text::Text;
use crate::unpack::Unpack;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What comes next of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<T> {
    /// This.
    Item(T),
    /// More bytes are needed.
    More,
    /// Nothing.
    End,
}

/// An item as it stands in an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name, when it is a member of a JSON object.
    pub key: Option<Str>,
    /// The item, or the member's value.
    pub value: Value,
}

impl Entry {
    /// The item as one value: a member as a pair of `Key` and `Value`.
    pub fn into_value(self) -> Value {
        match self.key {
            Some(key) => Value::object([("Key", Value::from(key)), ("Value", self.value)]),
            None => self.value,
        }
    }
}

impl From<Value> for Entry {
    fn from(value: Value) -> Self {
        Self { key: None, value }
    }
}

impl<T> Part<T> {
    /// The same of what is made of an item.
    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U) -> Part<U> {
        match self {
            Self::Item(item) => Part::Item(make(item)),
            Self::More => Part::More,
            Self::End => Part::End,
        }
    }
}

/// Turns the bytes of an object into its items.
///
/// What it holds at any time is bounded: the bytes that it was given and has not used yet, and one item.
pub struct Object {
    packed: Vec<u8>,
    used: usize,
    is_whole: bool,
    is_begun: bool,
    unpack: Unpack,
    text: Text,
    rows: Rows,
}

/// What the text of an object is.
pub(crate) enum Rows {
    Csv(Csv),
    Document(Document),
    Lines(Lines),
    Inventory(Inventory),
    Addresses(Addresses),
}

impl Rows {
    pub(crate) fn new(format: &Format) -> Result<Self, Fault> {
        Ok(match format {
            Format::Csv { delimiter, columns } => Self::Csv(Csv::new(*delimiter, columns)?),
            Format::Json { pointer } => Self::Document(Document::new(pointer)),
            Format::JsonLines => Self::Lines(Lines::default()),
        })
    }
}

impl Object {
    /// An object whose key says what it is packed with.
    pub fn new(key: &str, format: &Format) -> Result<Self, Fault> {
        Ok(Self::of(key, Rows::new(format)?))
    }

    pub(crate) fn of(key: &str, rows: Rows) -> Self {
        Self {
            packed: Vec::new(),
            used: 0,
            is_whole: false,
            is_begun: false,
            unpack: Unpack::of(key),
            text: Text::default(),
            rows,
        }
    }

    /// Gives it the bytes that follow, and says whether they are the last ones.
    pub fn give(&mut self, bytes: &[u8], is_whole: bool) {
        self.packed.drain(..self.used);
        self.used = 0;
        self.packed.extend_from_slice(bytes);
        self.is_whole |= is_whole;
    }

    /// The next item. After a fault there is none.
    pub fn next_part(&mut self) -> Result<Part<Entry>, Fault> {
        loop {
            let part = if self.is_begun {
                self.rows.next(&mut self.text)?
            } else {
                Part::More
            };
            if part != Part::More {
                return Ok(part);
            }
            if !self.unpack()? {
                return Ok(Part::More);
            }
            self.begin();
        }
    }

    /// How many bytes of its text were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.text.total
    }

    /// Unpacks a little more; whether anything came of that.
    fn unpack(&mut self) -> Result<bool, Fault> {
        if self.text.is_whole {
            // The text is all there, and still not enough.
            return Err(Fault::NotJson);
        }
        let out = self.text.end();
        let before = out.len();
        loop {
            let packed = &self.packed[self.used..];
            if packed.is_empty() {
                break;
            }
            let used = self.unpack.step(packed, self.is_whole, out)?;
            self.used += used;
            if out.len() > before {
                return Ok(true);
            }
            if used == 0 {
                break;
            }
        }
        if !self.is_whole {
            return Ok(false);
        }
        self.unpack.finish(out)?;
        self.text.is_whole = true;
        Ok(true)
    }

    /// Passes over a byte order mark, once it is known whether there is one.
    fn begin(&mut self) {
        let rest = self.text.rest();
        if self.is_begun || (rest.len() < BYTE_ORDER_MARK.len() && !self.text.is_whole) {
            return;
        }
        if rest.starts_with(BYTE_ORDER_MARK) {
            self.text.take(BYTE_ORDER_MARK.len());
        }
        self.is_begun = true;
    }
}

impl Rows {
    fn next(&mut self, text: &mut Text) -> Result<Part<Entry>, Fault> {
        Ok(match self {
            Self::Csv(csv) => csv.next(text)?.map(Entry::from),
            Self::Document(document) => document.next(text)?,
            Self::Lines(lines) => lines.next(text)?.map(Entry::from),
            Self::Inventory(inventory) => inventory.next(text)?.map(Entry::from),
            Self::Addresses(addresses) => addresses.next(text)?.map(Entry::from),
        })
    }
}

/// The items in a text that is there whole.
pub fn all(text: &str, format: &Format) -> Result<Vec<Entry>, Fault> {
    let mut object = Object::new("", format)?;
    object.give(text.as_bytes(), true);
    let mut items = Vec::new();
    while let Part::Item(item) = object.next_part()? {
        items.push(item);
    }
    Ok(items)
}

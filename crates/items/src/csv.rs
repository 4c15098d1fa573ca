//! CSV: rows of cells, as AWS reads them.
//!
//! Cells are texts. Quotes may enclose a cell, which may then hold delimiters and line ends, and a doubled quote stands
//! for one. A backslash makes a quote, a backslash or the delimiter mean itself, and disappears before anything else.
//! Lines with nothing on them are passed over. Short rows are filled with empty texts, and long ones cut.

use json::{Str, Value};

use crate::fault::Fault;
use crate::format::Columns;
use crate::object::Part;
use crate::text::Text;
use crate::{HEADER_BYTES_MAX, ITEM_BYTES_MAX};

/// The rows of a CSV file.
#[derive(Debug)]
pub(crate) struct Csv {
    delimiter: u8,
    header: Option<Header>,
    row: Row,
}

impl Csv {
    pub(crate) fn new(delimiter: u8, columns: &Columns) -> Result<Self, Fault> {
        let header = match columns {
            Columns::FirstRow => None,
            Columns::Given(names) => Some(Header::new(names.clone())?),
        };
        Ok(Self {
            delimiter,
            header,
            row: Row::default(),
        })
    }

    pub(crate) fn next(&mut self, text: &mut Text) -> Result<Part<Value>, Fault> {
        loop {
            let is_header = self.header.is_none();
            let (bytes_max, fault) = if is_header {
                (HEADER_BYTES_MAX, Fault::LongHeader)
            } else {
                (ITEM_BYTES_MAX, Fault::LongItem)
            };
            let cells_max = self
                .header
                .as_ref()
                .map_or(usize::MAX, |header| header.names.len());
            let ended = self.row.read(text, self.delimiter, cells_max, bytes_max);
            if self.row.bytes > bytes_max {
                return Err(fault);
            }
            if !ended {
                return Ok(if text.is_whole { Part::End } else { Part::More });
            }
            let row = std::mem::take(&mut self.row);
            if row.is_blank() {
                continue;
            }
            match &self.header {
                Some(header) => return Ok(Part::Item(header.item(&row))),
                None => self.header = Some(Header::new(row.cells().collect())?),
            }
        }
    }
}

/// The names of the columns.
#[derive(Debug)]
struct Header {
    names: Vec<Str>,
    /// The columns in the order in which an item has them.
    order: Vec<usize>,
}

impl Header {
    fn new(names: Vec<Str>) -> Result<Self, Fault> {
        let mut sorted: Vec<&Str> = names.iter().collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Fault::DuplicateHeaders);
        }
        let order = hash_order(&names);
        Ok(Self { names, order })
    }

    fn item(&self, row: &Row) -> Value {
        let cells: Vec<Str> = row.cells().collect();
        let empty = Str::from("");
        let member = |column: &usize| {
            let cell = cells.get(*column).unwrap_or(&empty);
            (self.names[*column].clone(), Value::from(cell.clone()))
        };
        Value::object(self.order.iter().map(member))
    }
}

/// Names in the order in which Java's `HashMap` gives them, which is the order that AWS shows.
fn hash_order(names: &[Str]) -> Vec<usize> {
    let mut buckets: usize = 16;
    while names.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    let bucket = |name: &str| {
        let hash = name.encode_utf16().fold(0u32, |hash, unit| {
            hash.wrapping_mul(31).wrapping_add(u32::from(unit))
        });
        (hash ^ (hash >> 16)) as usize & (buckets - 1)
    };
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_cached_key(|column| bucket(&names[*column]));
    order
}

/// A row as far as it was read.
#[derive(Debug, Default)]
struct Row {
    /// The cells, one behind the other.
    text: Vec<u8>,
    /// Where each finished cell ends.
    ends: Vec<usize>,
    /// How many cells are finished, those that are cut included.
    count: usize,
    within: Within,
    /// Whether any cell was in quotes.
    is_quoted: bool,
    /// How long the row is as it is written.
    bytes: usize,
}

/// Where in a row one is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Within {
    /// Before the first character of a cell.
    #[default]
    Start,
    Plain,
    /// Behind a quote in a cell that is not in quotes.
    PlainQuote,
    PlainBackslash,
    Quoted,
    /// Behind a quote in a cell in quotes: it ends there, or the quote is doubled.
    QuotedQuote,
    QuotedBackslash,
}

impl Row {
    /// Reads on; whether the row came to its end.
    fn read(&mut self, text: &mut Text, delimiter: u8, cells_max: usize, bytes_max: usize) -> bool {
        let bytes = text.rest();
        let bytes = &bytes[..bytes.len().min(bytes_max + 1 - self.bytes)];
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            if matches!(self.within, Within::Start | Within::Plain | Within::Quoted) {
                let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | b'\n') || *byte == delimiter;
                let rest = &bytes[at..];
                let run = rest.iter().position(is_special).unwrap_or(rest.len());
                if run > 0 {
                    if self.count < cells_max {
                        self.text.extend_from_slice(&rest[..run]);
                    }
                    if self.within == Within::Start {
                        self.within = Within::Plain;
                    }
                    at += run;
                    continue;
                }
            }
            match (self.within, byte) {
                (Within::Start, b'"') => {
                    self.within = Within::Quoted;
                    self.is_quoted = true;
                }
                (Within::Plain, b'"') => self.within = Within::PlainQuote,
                (Within::PlainQuote, b'"') => self.push(byte, Within::Plain),
                (Within::PlainQuote, _) => {
                    self.push(b'"', Within::Plain);
                    continue;
                }
                (Within::Quoted, b'"') => self.within = Within::QuotedQuote,
                (Within::QuotedQuote, b'"') => self.push(byte, Within::Quoted),
                (Within::Start | Within::Plain, b'\\') => self.within = Within::PlainBackslash,
                (Within::Quoted, b'\\') => self.within = Within::QuotedBackslash,
                (Within::PlainBackslash | Within::QuotedBackslash, _) => {
                    let back = match self.within {
                        Within::PlainBackslash => Within::Plain,
                        _ => Within::Quoted,
                    };
                    if byte != b'"' && byte != b'\\' && byte != delimiter {
                        self.within = back;
                        continue;
                    }
                    self.push(byte, back);
                }
                (Within::Start | Within::Plain | Within::QuotedQuote, b'\n') => {
                    self.end_cell(cells_max);
                    self.bytes += at;
                    text.take(at + 1);
                    return true;
                }
                (Within::Start | Within::Plain | Within::QuotedQuote, _) if byte == delimiter => {
                    self.end_cell(cells_max);
                }
                (Within::QuotedQuote, b'\r') => self.push(byte, Within::Plain),
                (Within::Start | Within::Plain | Within::QuotedQuote, _) => self.push(byte, Within::Plain),
                (Within::Quoted, _) => self.push(byte, Within::Quoted),
            }
            at += 1;
        }
        self.bytes += at;
        text.take(at);
        let is_begun = self.within != Within::Start || self.count > 0;
        if !text.is_whole || !text.rest().is_empty() || !is_begun {
            return false;
        }
        if self.within == Within::PlainQuote {
            self.push(b'"', Within::Plain);
        }
        self.end_cell(cells_max);
        true
    }

    fn push(&mut self, byte: u8, within: Within) {
        self.text.push(byte);
        self.within = within;
    }

    fn end_cell(&mut self, cells_max: usize) {
        let start = self.ends.last().copied().unwrap_or(0);
        // The first half of a line end.
        if self.within == Within::Plain && self.text.len() > start && self.text.ends_with(b"\r") {
            self.text.pop();
        }
        if self.count < cells_max {
            self.ends.push(self.text.len());
        } else {
            self.text.truncate(start);
        }
        self.count += 1;
        self.within = Within::Start;
    }

    fn is_blank(&self) -> bool {
        self.count == 1 && self.text.is_empty() && !self.is_quoted
    }

    fn cells(&self) -> impl Iterator<Item = Str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| Str::from(String::from_utf8_lossy(&self.text[start..*end])))
    }
}

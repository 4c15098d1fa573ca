//! Document: the elements of an array, or the members of an object, somewhere in a JSON text, read one at a time.
//!
//! What stands before them is passed over without being kept. Only the items themselves are parsed, so that nothing is
//! said about the form of what is passed over; and where a pointer leads into the document, what follows is not read.

use json::{DEPTH_MAX, Str, Value};

use crate::ITEM_BYTES_MAX;
use crate::fault::Fault;
use crate::object::{Entry, Part};
use crate::text::Text;

/// The items of a document.
#[derive(Debug)]
pub(crate) struct Document {
    /// The steps of the pointer that are still to be taken, the next one last.
    steps: Vec<String>,
    /// Whether the items are not the whole document.
    is_inner: bool,
    phase: Phase,
    scan: Scan,
}

#[derive(Debug)]
enum Phase {
    /// Before the value that holds the items, or leads to it.
    Value,
    /// In an object that leads on: before a name, or its end.
    Name,
    /// In an array that leads on: before the element with so many to go.
    Element(usize),
    /// Before the colon of a member that leads on, or that is passed over.
    Colon { is_wanted: bool },
    /// Before the value of a member that is passed over.
    Member,
    /// In a value that is passed over, in an array with so many elements to go, or in an object.
    Passing(Option<usize>),
    /// Behind a value that was passed over.
    Passed(Option<usize>),
    /// Before an item, or the end of the items.
    Item { is_object: bool, is_first: bool },
    /// Behind the name of an item.
    ItemColon(Str),
    /// Before the value of a named item.
    ItemValue(Str),
    /// Behind an item.
    ItemEnd { is_object: bool },
    /// Behind the items.
    End,
}

/// What came of looking for something.
enum Found<T> {
    Yes(T),
    /// More bytes are needed.
    More,
    /// The text ends.
    Nothing,
}

impl Document {
    /// The items that a JSON Pointer leads to.
    pub(crate) fn new(pointer: &str) -> Self {
        let unescaped = |step: &str| step.replace("~1", "/").replace("~0", "~");
        let mut steps: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
        steps.reverse();
        Self {
            is_inner: !steps.is_empty(),
            steps,
            phase: Phase::Value,
            scan: Scan::default(),
        }
    }

    pub(crate) fn next(&mut self, text: &mut Text) -> Result<Part<Entry>, Fault> {
        loop {
            if self.is_inner && matches!(self.phase, Phase::End) {
                return Ok(Part::End);
            }
            if let Phase::Passing(left) = self.phase {
                if !self.pass(text)? {
                    return Ok(Part::More);
                }
                self.phase = Phase::Passed(left);
            }
            let byte = match space(text) {
                Found::Yes(byte) => byte,
                Found::More => return Ok(Part::More),
                Found::Nothing if matches!(self.phase, Phase::End) => return Ok(Part::End),
                Found::Nothing => return Err(Fault::NotJson),
            };
            match std::mem::replace(&mut self.phase, Phase::End) {
                Phase::Value => self.phase = self.enter(byte, text)?,
                Phase::Name if byte == b'"' => match self.value(text)? {
                    Some(Value::String(name)) => {
                        let is_wanted = self.steps.last().is_some_and(|step| *step == *name);
                        self.phase = Phase::Colon { is_wanted };
                    }
                    Some(_) => return Err(Fault::NotJson),
                    None => {
                        self.phase = Phase::Name;
                        return Ok(Part::More);
                    }
                },
                Phase::Name if byte == b'}' => return Err(Fault::NotIterable),
                Phase::Colon { is_wanted } if byte == b':' => {
                    text.take(1);
                    self.phase = if is_wanted {
                        self.steps.pop();
                        Phase::Value
                    } else {
                        Phase::Member
                    };
                }
                Phase::Element(_) if byte == b']' => return Err(Fault::NotIterable),
                Phase::Element(0) => {
                    self.steps.pop();
                    self.phase = Phase::Value;
                }
                Phase::Member => self.phase = Phase::Passing(None),
                Phase::Element(left) => self.phase = Phase::Passing(Some(left - 1)),
                Phase::Passed(Some(left)) if byte == b',' => {
                    text.take(1);
                    self.phase = Phase::Element(left);
                }
                Phase::Passed(None) if byte == b',' => {
                    text.take(1);
                    self.phase = Phase::Name;
                }
                Phase::Passed(Some(_)) if byte == b']' => return Err(Fault::NotIterable),
                Phase::Passed(None) if byte == b'}' => return Err(Fault::NotIterable),
                Phase::Item { is_object, is_first } => {
                    let end = if is_object { b'}' } else { b']' };
                    if is_first && byte == end {
                        text.take(1);
                        continue;
                    }
                    if is_object && byte != b'"' {
                        return Err(Fault::NotJson);
                    }
                    match self.value(text)? {
                        Some(Value::String(name)) if is_object => self.phase = Phase::ItemColon(name),
                        Some(item) => {
                            self.phase = Phase::ItemEnd { is_object };
                            return Ok(Part::Item(Entry::from(item)));
                        }
                        None => {
                            self.phase = Phase::Item { is_object, is_first };
                            return Ok(Part::More);
                        }
                    }
                }
                Phase::ItemColon(name) if byte == b':' => {
                    text.take(1);
                    self.phase = Phase::ItemValue(name);
                }
                Phase::ItemValue(name) => match self.value(text)? {
                    Some(value) => {
                        self.phase = Phase::ItemEnd { is_object: true };
                        let key = Some(name);
                        return Ok(Part::Item(Entry { key, value }));
                    }
                    None => {
                        self.phase = Phase::ItemValue(name);
                        return Ok(Part::More);
                    }
                },
                Phase::ItemEnd { is_object } => {
                    text.take(1);
                    match byte {
                        b',' => {
                            self.phase = Phase::Item {
                                is_object,
                                is_first: false,
                            }
                        }
                        b'}' if is_object => {}
                        b']' if !is_object => {}
                        _ => return Err(Fault::NotJson),
                    }
                }
                _ => return Err(Fault::NotJson),
            }
        }
    }

    /// Begins with a value that holds the items, or leads to them.
    fn enter(&self, byte: u8, text: &mut Text) -> Result<Phase, Fault> {
        if byte != b'{' && byte != b'[' {
            // Of a longer text nobody knows before it is there.
            let is_wrong = text.is_whole && json::parse_bytes(text.rest()).is_err();
            return Err(if is_wrong && !self.is_inner {
                Fault::NotJson
            } else {
                Fault::NotIterable
            });
        }
        text.take(1);
        let is_object = byte == b'{';
        match self.steps.last() {
            None => Ok(Phase::Item {
                is_object,
                is_first: true,
            }),
            Some(_) if is_object => Ok(Phase::Name),
            Some(step) => step.parse().map(Phase::Element).map_err(|_| Fault::NotIterable),
        }
    }

    /// Passes over a value; whether it came to its end.
    fn pass(&mut self, text: &mut Text) -> Result<bool, Fault> {
        let rest = text.rest();
        let end = self.scan.end(rest, text.is_whole)?;
        let used = end.unwrap_or(rest.len());
        text.take(used);
        if end.is_some() {
            self.scan = Scan::default();
        } else {
            self.scan.at = 0;
        }
        Ok(end.is_some())
    }

    /// Reads a value, once it is there whole.
    fn value(&mut self, text: &mut Text) -> Result<Option<Value>, Fault> {
        let rest = text.rest();
        let end = self.scan.end(rest, text.is_whole)?;
        if end.unwrap_or(rest.len()) > ITEM_BYTES_MAX {
            return Err(Fault::LongItem);
        }
        let Some(end) = end else { return Ok(None) };
        let value = json::parse_bytes(&rest[..end]).map_err(|_| Fault::NotJson)?;
        text.take(end);
        self.scan = Scan::default();
        Ok(Some(value))
    }
}

/// The first byte that is no white space.
fn space(text: &mut Text) -> Found<u8> {
    let rest = text.rest();
    let count = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let byte = rest.get(count).copied();
    text.take(count);
    match byte {
        Some(byte) => Found::Yes(byte),
        None if text.is_whole => Found::Nothing,
        None => Found::More,
    }
}

/// How far a value was looked at, from its first byte.
#[derive(Debug, Default)]
struct Scan {
    at: usize,
    is_begun: bool,
    depth: usize,
    is_text: bool,
    is_escaped: bool,
}

impl Scan {
    /// Where the value ends, once that is known.
    fn end(&mut self, bytes: &[u8], is_whole: bool) -> Result<Option<usize>, Fault> {
        while let Some(byte) = bytes.get(self.at).copied() {
            let was_begun = std::mem::replace(&mut self.is_begun, true);
            if self.is_text {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => {
                        self.is_text = false;
                        if self.depth == 0 {
                            return Ok(Some(self.at + 1));
                        }
                    }
                    _ => {}
                }
                self.at += 1;
                continue;
            }
            match byte {
                b'"' => self.is_text = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth > DEPTH_MAX {
                        return Err(Fault::NotJson);
                    }
                }
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' if self.depth == 1 => return Ok(Some(self.at + 1)),
                b'}' | b']' | b',' if self.depth == 0 => return self.scalar(was_begun),
                byte if self.depth == 0 && byte.is_ascii_whitespace() => return self.scalar(was_begun),
                _ => {}
            }
            self.at += 1;
        }
        if !is_whole {
            return Ok(None);
        }
        if self.depth > 0 || self.is_text || !self.is_begun {
            return Err(Fault::NotJson);
        }
        Ok(Some(self.at))
    }

    /// A number or a word ends where something else begins.
    fn scalar(&self, was_begun: bool) -> Result<Option<usize>, Fault> {
        if was_begun {
            Ok(Some(self.at))
        } else {
            Err(Fault::NotJson)
        }
    }
}

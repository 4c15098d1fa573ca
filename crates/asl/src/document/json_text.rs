//! JSON text to a tree with places. Refuses what Jackson, the parser that AWS uses, refuses, in its words.

mod failure;
mod scalars;

use json::{DEPTH_MAX, Str, Value};

use crate::diagnostics::Place;
use crate::document::{Content, Malformed, Node, Object};

use failure::{Mark, VALUES, describe};
use scalars::is_identifier;

pub(crate) use scalars::parse_number;

/// Reads one JSON value; nothing but white space may follow it. `None` when there is nothing at all.
pub(crate) fn parse(text: &str) -> Result<Option<Node>, Malformed> {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        mark: Mark::default(),
        open: Vec::new(),
    };
    parser.skip_space();
    if parser.at == text.len() {
        return Ok(None);
    }
    let root = parser.document()?;
    parser.skip_space();
    match parser.peek_char() {
        None => Ok(Some(root)),
        Some(other) => {
            let message = format!(
                "Unexpected character ({}): expected nothing after the end of the definition",
                describe(other)
            );
            Err(parser.fail_after(other, message))
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    mark: Mark,
    /// The arrays and objects that are not finished, the innermost last.
    open: Vec<Open>,
}

struct Open {
    place: Place,
    /// Where its bracket stands, in bytes.
    start: usize,
    held: Held,
}

enum Held {
    Array(Vec<Node>),
    /// With the name, and its place, of the member whose value comes next.
    Object(Object, Option<(Str, Place)>),
}

impl Open {
    fn bracket(&self) -> Bracket {
        match self.held {
            Held::Array(_) => Bracket::Array,
            Held::Object(..) => Bracket::Object,
        }
    }

    fn add(&mut self, node: Node) {
        match &mut self.held {
            Held::Array(elements) => elements.push(node),
            Held::Object(object, awaited) => {
                if let Some((name, place)) = awaited.take() {
                    object.insert(name, place, node);
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Bracket {
    Array,
    Object,
}

impl Bracket {
    fn name(self) -> &'static str {
        match self {
            Self::Array => "Array",
            Self::Object => "Object",
        }
    }

    fn close(self) -> char {
        match self {
            Self::Array => ']',
            Self::Object => '}',
        }
    }
}

impl Parser<'_> {
    /// Reads a value. What is open stands on a stack of our own, so that nesting costs no stack of the thread's.
    fn document(&mut self) -> Result<Node, Malformed> {
        loop {
            let mut node = match self.value()? {
                Some(node) => node,
                None => continue,
            };
            // A finished value goes into what is open, and may be the last in it.
            loop {
                let Some(open) = self.open.last_mut() else {
                    return Ok(node);
                };
                open.add(node);
                let bracket = open.bracket();
                self.skip_space();
                if !self.closes(bracket)? {
                    self.comma(bracket)?;
                    self.name()?;
                    break;
                }
                node = self.leave();
            }
        }
    }

    /// Reads a value that holds no others, or enters one that does, up to its first value.
    fn value(&mut self) -> Result<Option<Node>, Malformed> {
        let place = self.mark.advance(self.bytes, self.at);
        let Some(first) = self.peek_char() else {
            return Err(self.end_of_input());
        };
        let value = match first {
            '{' => return self.enter(place, Held::Object(Object::default(), None)),
            '[' => return self.enter(place, Held::Array(Vec::new())),
            '"' => Value::from(self.string(false)?),
            '-' | '0'..='9' => self.number()?,
            't' => self.token("true", Value::Bool(true))?,
            'f' => self.token("false", Value::Bool(false))?,
            'n' => self.token("null", Value::Null)?,
            '}' => return Err(self.unexpected('}', "expected a value")),
            other if is_identifier(other) => return Err(self.unrecognized(self.at)),
            other => return Err(self.unexpected(other, &format!("expected a valid value {VALUES}"))),
        };
        Ok(Some(Node {
            place,
            content: Content::Scalar(value),
        }))
    }

    /// Opens an array or object; gives it at once when it is empty.
    fn enter(&mut self, place: Place, held: Held) -> Result<Option<Node>, Malformed> {
        let start = self.at;
        self.at += 1;
        if self.open.len() == DEPTH_MAX {
            let message = format!(
                "Document nesting depth ({}) exceeds the maximum allowed ({DEPTH_MAX}, from \
                 `StreamReadConstraints.getMaxNestingDepth()`)",
                DEPTH_MAX + 1
            );
            return Err(self.fail(message));
        }
        let open = Open { place, start, held };
        let bracket = open.bracket();
        self.open.push(open);
        self.skip_space();
        if self.closes(bracket)? {
            return Ok(Some(self.leave()));
        }
        self.name()?;
        Ok(None)
    }

    fn leave(&mut self) -> Node {
        self.at += 1;
        let open = self.open.pop().expect("only what is open is left");
        let content = match open.held {
            Held::Array(elements) => Content::Array(elements),
            Held::Object(object, _) => Content::Object(object),
        };
        Node {
            place: open.place,
            content,
        }
    }

    /// Reads the name of the next member and its colon, in an object.
    fn name(&mut self) -> Result<(), Malformed> {
        if self
            .open
            .last()
            .is_none_or(|open| open.bracket() == Bracket::Array)
        {
            return Ok(());
        }
        let place = self.mark.advance(self.bytes, self.at);
        match self.peek_char() {
            Some('"') => {}
            Some(other) => {
                return Err(self.unexpected(other, "was expecting double-quote to start field name"));
            }
            None => return Err(self.end_of_input()),
        }
        let name = self.string(true)?;
        self.skip_space();
        match self.peek_char() {
            Some(':') => self.at += 1,
            Some(other) => {
                return Err(self.unexpected(other, "was expecting a colon to separate field name and value"));
            }
            None => return Err(self.end_between(Bracket::Object)),
        }
        self.skip_space();
        if self.at == self.bytes.len() {
            return Err(self.end_between(Bracket::Object));
        }
        if let Some(Open {
            held: Held::Object(_, awaited),
            ..
        }) = self.open.last_mut()
        {
            *awaited = Some((name.into(), place));
        }
        Ok(())
    }

    fn comma(&mut self, bracket: Bracket) -> Result<(), Malformed> {
        match self.peek_char() {
            Some(',') => self.at += 1,
            Some(other) => {
                let expected = format!("was expecting comma to separate {} entries", bracket.name());
                return Err(self.unexpected(other, &expected));
            }
            None => return Err(self.end_of_input()),
        }
        self.skip_space();
        if self.at == self.bytes.len() {
            return Err(self.end_between(bracket));
        }
        Ok(())
    }

    /// Whether the next character closes what is open; an error when it closes something else.
    fn closes(&mut self, bracket: Bracket) -> Result<bool, Malformed> {
        let Some(next @ ('}' | ']')) = self.peek_char() else {
            return Ok(false);
        };
        if next == bracket.close() {
            return Ok(true);
        }
        let start = self.open.last().map_or(0, |open| open.start);
        let message = format!(
            "Unexpected close marker '{next}': expected '{}' (for {} starting at {})",
            bracket.close(),
            bracket.name(),
            self.source(start)
        );
        Err(self.fail_after(next, message))
    }

    fn skip_space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek_char(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().message
    }

    #[test]
    fn places_count_lines_and_characters() {
        let root = parse("{\r\n  \"ü\": [1,\n\ttrue]\r}").unwrap().unwrap();
        let Content::Object(object) = &root.content else {
            panic!("an object")
        };
        let member = object.get("ü").unwrap();
        assert_eq!(root.place, Place { line: 1, column: 1 });
        assert_eq!(member.place, Place { line: 2, column: 3 });
        assert_eq!(member.value.place, Place { line: 2, column: 8 });
        let Content::Array(elements) = &member.value.content else {
            panic!("an array")
        };
        assert_eq!(elements[1].place, Place { line: 3, column: 2 });
    }

    #[test]
    fn repeated_name_keeps_its_last_value_and_is_remembered() {
        let root = parse(r#"{"a":1,"b":2,"a":3}"#).unwrap().unwrap();
        assert_eq!(root.to_value().to_string(), r#"{"a":3,"b":2}"#);
        let Content::Object(object) = &root.content else {
            panic!("an object")
        };
        assert_eq!(object.repeated(), [("a".into(), Place { line: 1, column: 14 })]);
    }

    #[test]
    fn nesting_is_bounded_on_both_sides() {
        let nest = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nest(DEPTH_MAX)).is_ok());
        assert!(refusal(&nest(DEPTH_MAX + 1)).starts_with("Document nesting depth (1001) exceeds"));
        assert!(parse(&"[".repeat(500_000)).is_err());
    }

    #[test]
    fn blank_text_is_nothing() {
        assert!(parse("").unwrap().is_none());
        assert!(parse(" \n\t").unwrap().is_none());
    }
}

//! JSON text to a tree with places. Refuses what Jackson, the parser that AWS uses, refuses, in its words.

use std::fmt::Write as _;

use json::{DEPTH_MAX, Number, Str, Value};

use crate::diagnostics::Place;
use crate::document::{Content, Malformed, Node, Object};

/// How much of the text is repeated in a message, in UTF-16 units.
const SNIPPET_MAX: usize = 500;

const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

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

/// A place that moves forward with the parser, so that finding places costs one pass over the text.
struct Mark {
    at: usize,
    place: Place,
}

impl Default for Mark {
    fn default() -> Self {
        Self {
            at: 0,
            place: Place { line: 1, column: 1 },
        }
    }
}

impl Mark {
    fn advance(&mut self, bytes: &[u8], to: usize) -> Place {
        for at in self.at..to {
            match bytes[at] {
                b'\n' if at > 0 && bytes[at - 1] == b'\r' => {}
                b'\n' | b'\r' => {
                    self.place.line += 1;
                    self.place.column = 1;
                }
                0x80..=0xBF => {}
                _ => self.place.column += 1,
            }
        }
        self.at = self.at.max(to);
        self.place
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

    fn string(&mut self, is_name: bool) -> Result<String, Malformed> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let plain = self.at;
            while self
                .bytes
                .get(self.at)
                .is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1F))
            {
                self.at += 1;
            }
            text.push_str(&self.text[plain..self.at]);
            match self.bytes.get(self.at) {
                None if is_name => return Err(self.fail("Unexpected end-of-input in field name".into())),
                None => {
                    let message = "Unexpected end-of-input: was expecting closing quote for a string value";
                    return Err(self.fail(message.into()));
                }
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(control) => {
                    let control = char::from(*control);
                    let part = if is_name { "name" } else { "string value" };
                    let message = format!(
                        "Illegal unquoted character ({}): has to be escaped using backslash to be included \
                         in {part}",
                        describe(control)
                    );
                    return Err(self.fail_after(control, message));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        self.at += 1;
        let Some(letter) = self.peek_char() else {
            return Err(self.fail("Unexpected end-of-input in character escape sequence".into()));
        };
        let plain = match letter {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '"' | '\\' | '/' => letter,
            'u' => {
                self.at += 1;
                return self.unicode_escape();
            }
            other => {
                let message = format!("Unrecognized character escape {}", describe(other));
                return Err(self.fail_after(other, message));
            }
        };
        self.at += 1;
        Ok(plain)
    }

    /// A surrogate without its twin, which Java allows and UTF-8 cannot say, becomes U+FFFD.
    fn unicode_escape(&mut self) -> Result<char, Malformed> {
        let unit = self.hex_digits()?;
        if !(0xD800..0xDC00).contains(&unit) || !self.text[self.at..].starts_with("\\u") {
            return Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        self.at += 2;
        let low = self.hex_digits()?;
        if !(0xDC00..0xE000).contains(&low) {
            self.at = before;
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let scalar = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        Ok(char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex_digits(&mut self) -> Result<u32, Malformed> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(next) = self.peek_char() else {
                return Err(self.fail("Unexpected end-of-input in character escape sequence".into()));
            };
            let Some(digit) = next.to_digit(16) else {
                return Err(self.unexpected(next, "expected a hex-digit for character escape sequence"));
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<Value, Malformed> {
        let start = self.at;
        let mut whole = true;
        if self.bytes[self.at] == b'-' {
            self.at += 1;
            self.first_digit("expected digit (0-9) to follow minus sign, for valid numeric value")?;
        }
        if self.bytes[self.at] == b'0' && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
            return Err(self.fail_after('0', "Invalid numeric value: Leading zeroes not allowed".into()));
        }
        self.digits();
        if self.bytes.get(self.at) == Some(&b'.') {
            whole = false;
            self.at += 1;
            self.first_digit("Decimal point not followed by a digit")?;
            self.digits();
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.first_digit("Exponent indicator not followed by a digit")?;
            self.digits();
        }
        let digits = &self.text[start..self.at];
        let value = parse_number(digits, whole);
        value.map(Value::Number).ok_or_else(|| {
            let message = format!(
                "Numeric value ({}) out of range of `double`",
                &digits[..digits.len().min(80)]
            );
            self.fail(message)
        })
    }

    fn first_digit(&mut self, comment: &str) -> Result<(), Malformed> {
        match self.peek_char() {
            Some('0'..='9') => Ok(()),
            Some(other) => {
                let message = format!(
                    "Unexpected character ({}) in numeric value: {comment}",
                    describe(other)
                );
                Err(self.fail_after(other, message))
            }
            None => Err(self.fail("Unexpected end-of-input in a Number value".into())),
        }
    }

    fn digits(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    fn token(&mut self, token: &str, value: Value) -> Result<Value, Malformed> {
        let start = self.at;
        let after = start + token.len();
        let matches = self.text[start..].starts_with(token);
        if !matches || self.text[after..].starts_with(is_identifier) {
            return Err(self.unrecognized(start));
        }
        self.at = after;
        Ok(value)
    }

    fn unrecognized(&mut self, start: usize) -> Malformed {
        let rest = &self.text[start..];
        let length = rest
            .find(|letter: char| !is_identifier(letter))
            .unwrap_or(rest.len());
        self.at = start + length;
        let token: String = rest[..length].chars().take(256).collect();
        self.fail(format!("Unrecognized token '{token}': was expecting {VALUES}"))
    }

    fn unexpected(&mut self, character: char, expected: &str) -> Malformed {
        let message = format!("Unexpected character ({}): {expected}", describe(character));
        self.fail_after(character, message)
    }

    fn end_of_input(&mut self) -> Malformed {
        let message = match self.open.last() {
            Some(open) => format!(
                "Unexpected end-of-input: expected close marker for {} (start marker at {})",
                open.bracket().name(),
                self.source(open.start)
            ),
            None => "No content to map due to end-of-input".to_owned(),
        };
        self.fail(message)
    }

    fn end_between(&mut self, bracket: Bracket) -> Malformed {
        self.fail(format!(
            "Unexpected end-of-input within/between {} entries",
            bracket.name()
        ))
    }

    /// Fails behind a character that was read and found wrong, where Jackson's place is.
    fn fail_after(&mut self, character: char, message: String) -> Malformed {
        let place = self.mark.advance(self.bytes, self.at);
        self.at += character.len_utf8();
        Malformed {
            message: format!("{message}\n at {}", self.source(self.at)),
            place,
        }
    }

    fn fail(&mut self, message: String) -> Malformed {
        let place = self.mark.advance(self.bytes, self.at);
        Malformed {
            message: format!("{message}\n at {}", self.source(self.at)),
            place,
        }
    }

    /// Jackson's way to name a place: `[Source: (String)"…"; line: 1, column: 4]`, columns in UTF-16 units.
    fn source(&self, at: usize) -> String {
        let before = &self.text[..at];
        let breaks = before.replace("\r\n", "\n");
        let line = 1 + breaks.matches(['\n', '\r']).count();
        let row = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let column = 1 + before[row..].encode_utf16().count();

        let mut shown = String::from("[Source: (String)\"");
        let mut units = 0;
        let mut left_out = 0;
        for letter in self.text.chars() {
            if units + letter.len_utf16() > SNIPPET_MAX || left_out > 0 {
                left_out += letter.len_utf16();
            } else {
                units += letter.len_utf16();
                shown.push(letter);
            }
        }
        shown.push('"');
        if left_out > 0 {
            let _ = write!(shown, "[truncated {left_out} chars]");
        }
        let _ = write!(shown, "; line: {line}, column: {column}]");
        shown
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

/// The number, or `None` when it is too large for a double.
pub(crate) fn parse_number(digits: &str, whole: bool) -> Option<Number> {
    if whole {
        if let Ok(value) = digits.parse::<i64>() {
            return Some(Number::from(value));
        }
        if let Ok(value) = digits.parse::<u64>() {
            return Some(Number::from(value));
        }
    }
    digits.parse().ok().and_then(Number::from_f64)
}

/// Whether Java would take it for a part of an identifier, which is how far Jackson reads a wrong token.
fn is_identifier(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

fn describe(character: char) -> String {
    let code = u32::from(character);
    if character.is_control() {
        return format!("(CTRL-CHAR, code {code})");
    }
    if code > 255 {
        format!("'{character}' (code {code} / 0x{code:x})")
    } else {
        format!("'{character}' (code {code})")
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
    fn syntax_errors_read_as_jacksons() {
        for (text, expected) in [
            (
                "not some json",
                "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', \
                 'true' or 'false')\n at [Source: (String)\"not some json\"; line: 1, column: 4]",
            ),
            (
                "{'a': 1}",
                "Unexpected character (''' (code 39)): was expecting double-quote to start field name\n at \
                 [Source: (String)\"{'a': 1}\"; line: 1, column: 3]",
            ),
            (
                "{",
                "Unexpected end-of-input: expected close marker for Object (start marker at [Source: \
                 (String)\"{\"; line: 1, column: 1])\n at [Source: (String)\"{\"; line: 1, column: 2]",
            ),
            (
                "[1}",
                "Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)\"[1}\"; \
                 line: 1, column: 1])\n at [Source: (String)\"[1}\"; line: 1, column: 4]",
            ),
        ] {
            assert_eq!(refusal(text), expected);
        }
        for (text, start) in [
            (
                "{\"a\" 1}",
                "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and",
            ),
            (
                "{\"a\":1 \"b\"",
                "Unexpected character ('\"' (code 34)): was expecting comma to separate Object ent",
            ),
            (
                "[1 2]",
                "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
            ),
            (
                "{\"a\":1,}",
                "Unexpected character ('}' (code 125)): was expecting double-quote to start field name",
            ),
            (
                "[1,]",
                "Unexpected character (']' (code 93)): expected a valid value (JSON String, Number,",
            ),
            (
                "{\"a\":}",
                "Unexpected character ('}' (code 125)): expected a value\n",
            ),
            (
                "{\"a\":",
                "Unexpected end-of-input within/between Object entries\n",
            ),
            ("[1,", "Unexpected end-of-input within/between Array entries\n"),
            (
                "\"a",
                "Unexpected end-of-input: was expecting closing quote for a string value\n",
            ),
            ("{\"a", "Unexpected end-of-input in field name\n"),
            (
                "\"a\nb\"",
                "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash",
            ),
            ("\"\\x\"", "Unrecognized character escape 'x' (code 120)\n"),
            (
                "\"\\u12g4\"",
                "Unexpected character ('g' (code 103)): expected a hex-digit for character escape",
            ),
            ("01", "Invalid numeric value: Leading zeroes not allowed\n"),
            (
                "-a",
                "Unexpected character ('a' (code 97)) in numeric value: expected digit (0-9) to follow minus",
            ),
            ("1.", "Unexpected end-of-input in a Number value\n"),
            ("nul", "Unrecognized token 'nul': was expecting"),
            ("truex", "Unrecognized token 'truex': was expecting"),
            (
                "{} x",
                "Unexpected character ('x' (code 120)): expected nothing after the end of the definition",
            ),
            (
                "€",
                "Unexpected character ('€' (code 8364 / 0x20ac)): expected a valid value",
            ),
            ("1e999", "Numeric value (1e999) out of range of `double`"),
        ] {
            assert!(refusal(text).starts_with(start), "{text}: {}", refusal(text));
        }
    }

    #[test]
    fn long_text_is_cut_in_the_message() {
        let text = format!("{}x", " ".repeat(600));
        assert!(refusal(&text).ends_with("\"[truncated 101 chars]; line: 1, column: 602]"));
    }

    #[test]
    fn escapes_and_numbers_are_read() {
        let root = parse(r#"["\u00e9\ud834\udd1e\ud834x\n\/", -0.5e1, 18446744073709551615, 1.0]"#);
        assert_eq!(
            root.unwrap().unwrap().to_value().to_string(),
            "[\"é𝄞\u{fffd}x\\n/\",-5.0,18446744073709551615,1.0]"
        );
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

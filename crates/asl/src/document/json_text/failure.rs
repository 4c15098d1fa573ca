//! Places, and what Jackson says of a text that is no JSON.

use std::fmt::Write as _;

use crate::diagnostics::Place;
use crate::document::Malformed;
use crate::document::json_text::scalars::is_identifier;
use crate::document::json_text::{Bracket, Parser};

/// How much of the text is repeated in a message, in UTF-16 units.
const SNIPPET_MAX: usize = 500;

pub(super) const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/// A place that moves forward with the parser, so that finding places costs one pass over the text.
pub(super) struct Mark {
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
    pub(super) fn advance(&mut self, bytes: &[u8], to: usize) -> Place {
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
    pub(super) fn unrecognized(&mut self, start: usize) -> Malformed {
        let rest = &self.text[start..];
        let length = rest
            .find(|letter: char| !is_identifier(letter))
            .unwrap_or(rest.len());
        self.at = start + length;
        let token: String = rest[..length].chars().take(256).collect();
        self.fail(format!("Unrecognized token '{token}': was expecting {VALUES}"))
    }

    pub(super) fn unexpected(&mut self, character: char, expected: &str) -> Malformed {
        let message = format!("Unexpected character ({}): {expected}", describe(character));
        self.fail_after(character, message)
    }

    pub(super) fn end_of_input(&mut self) -> Malformed {
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

    pub(super) fn end_between(&mut self, bracket: Bracket) -> Malformed {
        self.fail(format!(
            "Unexpected end-of-input within/between {} entries",
            bracket.name()
        ))
    }

    /// Fails behind a character that was read and found wrong, where Jackson's place is.
    pub(super) fn fail_after(&mut self, character: char, message: String) -> Malformed {
        let place = self.mark.advance(self.bytes, self.at);
        self.at += character.len_utf8();
        Malformed {
            message: format!("{message}\n at {}", self.source(self.at)),
            place,
        }
    }

    pub(super) fn fail(&mut self, message: String) -> Malformed {
        let place = self.mark.advance(self.bytes, self.at);
        Malformed {
            message: format!("{message}\n at {}", self.source(self.at)),
            place,
        }
    }

    /// Jackson's way to name a place: `[Source: (String)"…"; line: 1, column: 4]`, columns in UTF-16 units.
    pub(super) fn source(&self, at: usize) -> String {
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
}

pub(super) fn describe(character: char) -> String {
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
    use crate::document::json_text::parse;

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().message
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
}

//! Strings, numbers and the three words of JSON.

use json::{Number, Value};

use crate::document::Malformed;
use crate::document::json_text::Parser;
use crate::document::json_text::failure::describe;

impl Parser<'_> {
    pub(super) fn string(&mut self, is_name: bool) -> Result<String, Malformed> {
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

    pub(super) fn number(&mut self) -> Result<Value, Malformed> {
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

    pub(super) fn token(&mut self, token: &str, value: Value) -> Result<Value, Malformed> {
        let start = self.at;
        let after = start + token.len();
        let matches = self.text[start..].starts_with(token);
        if !matches || self.text[after..].starts_with(is_identifier) {
            return Err(self.unrecognized(start));
        }
        self.at = after;
        Ok(value)
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
pub(super) fn is_identifier(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

#[cfg(test)]
mod tests {
    use crate::document::json_text::parse;

    #[test]
    fn escapes_and_numbers_are_read() {
        let root = parse(r#"["\u00e9\ud834\udd1e\ud834x\n\/", -0.5e1, 18446744073709551615, 1.0]"#);
        assert_eq!(
            root.unwrap().unwrap().to_value().to_string(),
            "[\"é𝄞\u{fffd}x\\n/\",-5.0,18446744073709551615,1.0]"
        );
    }
}

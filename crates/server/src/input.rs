//! Input: JSON text from clients, and what is wrong with it in the words of AWS's parser.

use api::Text;
use json::{Payload, Value};

/// A payload from a request's text.
///
/// Fails with AWS's complaint about the text.
pub(crate) fn payload(text: &Text) -> Result<Payload, String> {
    Payload::parse(text.clone().into_arc()).map_err(|_| complaint(text))
}

/// The payload of an execution that is started without input.
pub(crate) fn empty() -> Payload {
    Payload::from(Value::empty_object())
}

/// What is wrong with a text that is no JSON.
fn complaint(text: &str) -> String {
    let complaint = Scanner {
        text,
        at: 0,
        open: Vec::new(),
    }
    .complaint();
    complaint.unwrap_or_else(|| "Invalid execution input.".to_owned())
}

/// Reads JSON up to its first fault. It knows the grammar only as far as AWS has words for breaking it.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Container>,
}

#[derive(Clone, Copy, PartialEq)]
enum Container {
    Array,
    Object,
}

impl Scanner<'_> {
    fn complaint(&mut self) -> Option<String> {
        loop {
            if let Some(fault) = self.value()? {
                return Some(fault);
            }
            if let Some(fault) = self.after_value()? {
                return Some(fault);
            }
        }
    }

    /// Reads a value, or the opening of one. The outer `None` says that there are no words for the fault.
    #[expect(clippy::option_option, reason = "an end without words, no fault, a fault")]
    fn value(&mut self) -> Option<Option<String>> {
        loop {
            let Some(next) = self.next() else {
                return self.ended().map(Some);
            };
            match next {
                '{' => {
                    self.open.push(Container::Object);
                    self.at += 1;
                    if self.next() == Some('}') {
                        return Some(None);
                    }
                    if let Some(fault) = self.name()? {
                        return Some(Some(fault));
                    }
                }
                '[' => {
                    self.open.push(Container::Array);
                    self.at += 1;
                    if self.next() == Some(']') {
                        return Some(None);
                    }
                }
                '"' => return Some(self.string()),
                '-' | '0'..='9' => {
                    self.skip(|c| matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'));
                    return Some(None);
                }
                _ if is_word(next) => {
                    let word = self.skip(is_word);
                    if matches!(word, "true" | "false" | "null") {
                        return Some(None);
                    }
                    return Some(Some(format!(
                        "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token \
                         'null', 'true' or 'false')"
                    )));
                }
                _ => {
                    let expected = "expected a valid value (JSON String, Number, Array, Object or token 'null', \
                                    'true' or 'false')";
                    return Some(Some(unexpected(next, expected)));
                }
            }
        }
    }

    /// Reads a member's name and the colon after it.
    #[expect(clippy::option_option, reason = "an end without words, no fault, a fault")]
    fn name(&mut self) -> Option<Option<String>> {
        let Some(next) = self.next() else {
            return self.ended().map(Some);
        };
        if next != '"' {
            return Some(Some(unexpected(
                next,
                "was expecting double-quote to start field name",
            )));
        }
        if let Some(fault) = self.string() {
            return Some(Some(fault));
        }
        let Some(next) = self.next() else {
            return self.ended().map(Some);
        };
        if next != ':' {
            return Some(Some(unexpected(
                next,
                "was expecting a colon to separate field name and value",
            )));
        }
        self.at += 1;
        Some(None)
    }

    /// Reads what follows a value, up to where the next one begins.
    #[expect(clippy::option_option, reason = "an end without words, no fault, a fault")]
    fn after_value(&mut self) -> Option<Option<String>> {
        loop {
            let container = *self.open.last()?;
            let Some(next) = self.next() else {
                return self.ended().map(Some);
            };
            match (container, next) {
                (Container::Object, '}') | (Container::Array, ']') => {
                    self.open.pop();
                    self.at += 1;
                }
                (Container::Object, ',') => {
                    self.at += 1;
                    return self.name();
                }
                (Container::Array, ',') => {
                    self.at += 1;
                    return Some(None);
                }
                (Container::Object, _) => {
                    return Some(Some(unexpected(
                        next,
                        "was expecting comma to separate Object entries",
                    )));
                }
                (Container::Array, _) => {
                    return Some(Some(unexpected(
                        next,
                        "was expecting comma to separate Array entries",
                    )));
                }
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let Some(stop) = rest.find(['"', '\\']) else {
                self.at = self.text.len();
                return Some(
                    "Unexpected end-of-input: was expecting closing quote for a string value".to_owned(),
                );
            };
            self.at += stop + 1;
            if rest[stop..].starts_with('"') {
                return None;
            }
            self.at += self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        }
    }

    /// The complaint about a text that ends too early.
    fn ended(&self) -> Option<String> {
        let container = match self.open.last()? {
            Container::Array => "Array",
            Container::Object => "Object",
        };
        Some(format!(
            "Unexpected end-of-input: expected close marker for {container}"
        ))
    }

    fn next(&mut self) -> Option<char> {
        self.skip(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
        self.text[self.at..].chars().next()
    }

    fn skip(&mut self, wanted: fn(char) -> bool) -> &str {
        let rest = &self.text[self.at..];
        let skipped = &rest[..rest.find(|c| !wanted(c)).unwrap_or(rest.len())];
        self.at += skipped.len();
        skipped
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

fn unexpected(found: char, expected: &str) -> String {
    format!(
        "Unexpected character ('{found}' (code {})): {expected}",
        u32::from(found)
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn faults_are_named_as_aws_names_them() {
        for (text, fault) in [
            ("", "Invalid execution input."),
            (
                "not json",
                "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
            ),
            (
                "{'a': 1}",
                "Unexpected character (''' (code 39)): was expecting double-quote to start field name",
            ),
            (
                "{\"a\" 1}",
                "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value",
            ),
            (
                "{\"a\":1 2}",
                "Unexpected character ('2' (code 50)): was expecting comma to separate Object entries",
            ),
            (
                "[1 2]",
                "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
            ),
            (
                "[1,{\"a\":[]}",
                "Unexpected end-of-input: expected close marker for Array",
            ),
            (
                "{\"a\":",
                "Unexpected end-of-input: expected close marker for Object",
            ),
            (
                "[\"a",
                "Unexpected end-of-input: was expecting closing quote for a string value",
            ),
            ("1 2", "Invalid execution input."),
        ] {
            assert_eq!(payload(&Text::from(text)).unwrap_err(), fault, "{text}");
        }
    }

    #[test]
    fn text_of_the_client_is_kept() {
        assert_eq!(
            &**payload(&Text::from("{ \"a\" : 1 }")).unwrap().text(),
            "{ \"a\" : 1 }"
        );
    }

    proptest! {
        #[test]
        fn every_fault_has_some_words(text in "[\\[\\]{}\",:\\\\ a1é-]{0,40}") {
            prop_assert!(!complaint(&text).is_empty());
        }
    }
}

//! URI: percent-encoding, as signatures have it.

use std::fmt::Write;

/// Encodes all but letters, digits and `-._~`.
pub fn encode(text: &str) -> String {
    encode_except(text.as_bytes(), b"-._~")
}

/// The same, with slashes left as they are.
pub fn encode_path(text: &str) -> String {
    encode_except(text.as_bytes(), b"-._~/")
}

/// Undoes percent-encoding and does it again, so that two ways of writing the same become one. What is no encoding is
/// taken as it is.
pub(crate) fn normalised(text: &str) -> String {
    encode_except(&decode(text), b"-._~")
}

/// Undoes percent-encoding; none where the result is no UTF-8.
pub(crate) fn decoded(text: &str) -> Option<String> {
    String::from_utf8(decode(text)).ok()
}

fn encode_except(text: &[u8], plain: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for &byte in text {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes what is written");
        }
    }
    encoded
}

fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |place: usize| char::from(*after.get(place)?).to_digit(16);
        rest = match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits are a byte"));
                &after[2..]
            }
            _ => {
                bytes.push(byte);
                after
            }
        };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_unreserved_characters_are_encoded() {
        assert_eq!(encode("a-B._~1"), "a-B._~1");
        assert_eq!(encode("a b/ü+"), "a%20b%2F%C3%BC%2B");
        assert_eq!(encode_path("a/b c"), "a/b%20c");
    }

    #[test]
    fn what_is_encoded_is_encoded_in_one_way() {
        assert_eq!(normalised("%7ea%3ab%c3%bc"), "~a%3Ab%C3%BC");
        assert_eq!(normalised("a%zz%4"), "a%25zz%254");
        assert_eq!(decoded("a%2Fb").as_deref(), Some("a/b"));
        assert_eq!(decoded("%ff"), None);
    }
}

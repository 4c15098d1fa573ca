//! Signature: the key, and what is put to the text about a request.

use std::fmt::Write;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::ALGORITHM;

/// For whom and when a signature holds.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The region.
    pub region: &'a str,
    /// The name that signatures have for the service.
    pub service: &'a str,
    /// When it is made.
    pub moment: Timestamp,
}

impl Scope<'_> {
    /// The moment, as headers have it: `20150830T123600Z`.
    pub fn time(&self) -> String {
        time(self.moment)
    }

    /// What a signature is good for, as it is written in it.
    pub fn place(&self) -> String {
        let time = self.time();
        format!("{}/{}/{}/aws4_request", &time[..8], self.region, self.service)
    }
}

/// A moment as headers have it.
pub(crate) fn time(moment: Timestamp) -> String {
    moment.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The text that is signed in the end, from that about a request.
pub fn string_to_sign(canonical: &str, time: &str, place: &str) -> String {
    [ALGORITHM, time, place, &hash(canonical.as_bytes())].join("\n")
}

/// Signs a text for a place, such as `20150830/us-east-1/iam/aws4_request`.
pub fn sign(secret: &str, place: &str, text: &str) -> String {
    hex(&keyed(secret, place, text).finalize().into_bytes())
}

/// Whether a signature is that of a text. Takes as long whatever is wrong with it.
pub(crate) fn is_signature(secret: &str, place: &str, text: &str, signature: &str) -> bool {
    let Some(bytes) = unhex(signature) else {
        return false;
    };
    keyed(secret, place, text).verify_slice(&bytes).is_ok()
}

/// Whether two secrets are the same. Takes as long wherever they differ.
pub fn is_same_secret(one: &str, other: &str) -> bool {
    let of = |text: &str| mac(b"secrets", text);
    of(one).verify(&of(other).finalize().into_bytes()).is_ok()
}

fn keyed(secret: &str, place: &str, text: &str) -> Hmac<Sha256> {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in place.split('/') {
        key = mac(&key, part).finalize().into_bytes().to_vec();
    }
    mac(&key, text)
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(text.as_bytes());
    mac
}

/// SHA-256 in hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes what is written");
            text
        })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_compared_whole() {
        assert!(is_same_secret("a", "a"));
        assert!(!is_same_secret("a", "b"));
        assert!(!is_same_secret("a", "ab"));
        assert!(!is_same_secret("", "a"));
    }

    #[test]
    fn signatures_are_hexadecimal_digits() {
        let place = "20150830/us-east-1/iam/aws4_request";
        let signature = sign("secret", place, "text");
        assert!(is_signature("secret", place, "text", &signature));
        for wrong in ["", "0", "zz", "é0", &signature[2..], &format!("{signature}00")] {
            assert!(!is_signature("secret", place, "text", wrong), "{wrong}");
        }
    }
}

//! `States.Base64Encode`, `States.Base64Decode` and `States.Hash`.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Outcome, Unfit};
use crate::limits::INTRINSIC_TEXT_CHARS_MAX;

/// As Java's basic decoder: padding may be missing, and bits that are left over are ignored.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

pub(super) fn encode(text: &str) -> Outcome {
    Ok(Value::from(BASE64.encode(bounded(text)?)))
}

/// Bytes that are no UTF-8 become replacement characters, as in Java.
pub(super) fn decode(text: &str) -> Outcome {
    let bytes = BASE64.decode(bounded(text)?).map_err(|_| Unfit)?;
    Ok(Value::from(&*String::from_utf8_lossy(&bytes)))
}

/// The hash as lower-case hexadecimal digits.
pub(super) fn hash(text: &str, algorithm: &str) -> Outcome {
    let bytes = bounded(text)?.as_bytes();
    let digits = match algorithm {
        "MD5" => hexadecimal(&md5::Md5::digest(bytes)),
        "SHA-1" => hexadecimal(&Sha1::digest(bytes)),
        "SHA-256" => hexadecimal(&Sha256::digest(bytes)),
        "SHA-384" => hexadecimal(&Sha384::digest(bytes)),
        "SHA-512" => hexadecimal(&Sha512::digest(bytes)),
        _ => return Err(Unfit),
    };
    Ok(Value::from(digits))
}

fn bounded(text: &str) -> Result<&str, Unfit> {
    // Java counts UTF-16 units.
    let fits = text.encode_utf16().take(INTRINSIC_TEXT_CHARS_MAX + 1).count() <= INTRINSIC_TEXT_CHARS_MAX;
    fits.then_some(text).ok_or(Unfit)
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

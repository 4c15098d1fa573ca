//! Encodings: Base64 and URLs.

use std::fmt::Write;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::strings::text;
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::value::Val;

type Outcome = Result<Val, Error>;

/// Node's Base64: lenient about padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Each character is a byte, as in a browser's `btoa`; one above 255 loses its upper bits.
pub(crate) fn base64_encode(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    evaluator.meter.charge(text.len() / 3 * 4)?;
    if evaluator.is_step_functions() {
        return Ok(Val::text(LENIENT.encode(text.as_bytes())));
    }
    let bytes: Vec<u8> = text.encode_utf16().map(|unit| unit as u8).collect();
    Ok(Val::text(LENIENT.encode(bytes)))
}

/// Each byte becomes a character; in Step Functions the bytes are UTF-8.
pub(crate) fn base64_decode(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    evaluator.meter.charge(text.len())?;
    if evaluator.is_step_functions() {
        let bytes = LENIENT
            .decode(text.as_bytes())
            .map_err(|_| Error::new("").text("internal error"))?;
        return Ok(Val::text(String::from_utf8_lossy(&bytes).into_owned()));
    }
    let standard: String = text
        .chars()
        .take_while(|c| *c != '=')
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
        .collect();
    // A single left-over character says nothing.
    let whole = if standard.len() % 4 == 1 {
        &standard[..standard.len() - 1]
    } else {
        &standard
    };
    let bytes = LENIENT
        .decode(whole)
        .map_err(|_| Error::new("").text("internal error"))?;
    Ok(Val::text(bytes.into_iter().map(char::from).collect::<String>()))
}

/// What stays as it is in any part of a URL.
const COMPONENT: &str = "-_.!~*'()";

/// What separates the parts of a URL.
const RESERVED: &str = ";/?:@&=+$,#";

pub(crate) fn encode_url_component(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    encode(evaluator, arguments, "")
}

pub(crate) fn encode_url(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    encode(evaluator, arguments, RESERVED)
}

fn encode(evaluator: &mut Evaluator<'_>, arguments: &[Val], kept: &str) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    evaluator.meter.charge(text.len() * 3)?;
    let mut out = String::with_capacity(text.len());
    let mut buffer = [0; 4];
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || COMPONENT.contains(c) || kept.contains(c) {
            out.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut buffer).bytes() {
            write!(out, "%{byte:02X}").expect("a String takes everything");
        }
    }
    Ok(Val::text(out))
}

pub(crate) fn decode_url_component(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    decode(evaluator, arguments, "", "decodeUrlComponent")
}

pub(crate) fn decode_url(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    decode(evaluator, arguments, RESERVED, "decodeUrl")
}

/// Decodes escapes except of `kept` characters.
fn decode(evaluator: &mut Evaluator<'_>, arguments: &[Val], kept: &str, name: &'static str) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    evaluator.meter.charge(text.len())?;
    let malformed = || Error::new("D3140").text(name).value(text.clone());
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut place = 0;
    while place < bytes.len() {
        if bytes[place] != b'%' {
            out.push(bytes[place]);
            place += 1;
            continue;
        }
        let digits = text.get(place + 1..place + 3).ok_or_else(malformed)?;
        let valid = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let byte = u8::from_str_radix(digits, 16)
            .ok()
            .filter(|_| valid)
            .ok_or_else(malformed)?;
        if byte.is_ascii() && kept.contains(char::from(byte)) {
            out.extend_from_slice(&bytes[place..place + 3]);
        } else {
            out.push(byte);
        }
        place += 3;
    }
    let text = String::from_utf8(out).map_err(|_| malformed())?;
    Ok(Val::text(text))
}

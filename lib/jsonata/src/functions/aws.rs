//! The functions that Step Functions adds.

use std::fmt::Write;

use json::Value;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::strings::text;
use super::{argument, numbers};
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::signature::with_value;
use crate::value::Val;

type Outcome = Result<Val, Error>;

/// `$partition(array, size)`: the array in pieces, the last of which may be shorter.
pub(crate) fn partition(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let array = argument(arguments, 0);
    let size = argument(arguments, 1);
    if array.is_undefined() || size.is_undefined() {
        return Ok(Val::Undefined);
    }
    let size = size
        .as_f64()
        .filter(|size| *size >= 1.0)
        .ok_or_else(|| wrong(1, "partition", size))?;
    let count = array.elements().len();
    evaluator.meter.charge_elements(count * 2)?;
    evaluator
        .meter
        .charge((count as f64 / size).ceil() as usize * 64)?;
    let items = array.elements().to_vec();
    let pieces = items
        .chunks(size as usize)
        .map(|piece| Val::array(piece.to_vec()));
    Ok(Val::array(pieces.collect()))
}

/// `$range(first, last, step)`: numbers up to the last, which may be one of them.
pub(crate) fn range(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let mut numbers = [0.0; 3];
    for (place, number) in numbers.iter_mut().enumerate() {
        match argument(arguments, place) {
            Val::Undefined => return Ok(Val::Undefined),
            value => *number = value.as_f64().ok_or_else(|| wrong(place, "range", value))?,
        }
    }
    let [first, last, step] = numbers;
    if step == 0.0 || !numbers.iter().all(|number| number.is_finite()) {
        return Err(wrong(2, "range", argument(arguments, 2)));
    }
    let count = ((last - first) / step).floor() + 1.0;
    if count < 1.0 {
        return Ok(Val::Undefined);
    }
    evaluator.meter.charge_elements(count as usize)?;
    let items = (0..count as u64).map(|place| Val::number(first + place as f64 * step));
    Ok(Val::sequence(items.collect()))
}

/// `$hash(text, algorithm)`: lower-case hexadecimal digits.
pub(crate) fn hash(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    evaluator.meter.step(text.len() as u64 / 16)?;
    let algorithm = argument(arguments, 1);
    let digest = match algorithm.as_str() {
        Some("MD5") => Md5::digest(text.as_bytes()).to_vec(),
        Some("SHA-1") => Sha1::digest(text.as_bytes()).to_vec(),
        Some("SHA-256") => Sha256::digest(text.as_bytes()).to_vec(),
        Some("SHA-384") => Sha384::digest(text.as_bytes()).to_vec(),
        Some("SHA-512") => Sha512::digest(text.as_bytes()).to_vec(),
        _ => return Err(wrong(1, "hash", algorithm)),
    };
    let mut out = String::with_capacity(digest.len() * 2);
    for byte in digest {
        write!(out, "{byte:02x}").expect("a String takes everything");
    }
    Ok(Val::text(out))
}

/// `$random(seed)`: with a seed, always the same number, the first of Java's `Random`.
pub(crate) fn random(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    Ok(Val::number(match argument(arguments, 0).as_f64() {
        Some(seed) => java_random(seed as i64),
        None => numbers::unit(evaluator),
    }))
}

/// `new java.util.Random(seed).nextDouble()`
fn java_random(seed: i64) -> f64 {
    const MULTIPLIER: u64 = 0x5_deec_e66d;
    const MASK: u64 = (1 << 48) - 1;
    let mut state = (seed as u64 ^ MULTIPLIER) & MASK;
    let mut next = |bits: u32| {
        state = state.wrapping_mul(MULTIPLIER).wrapping_add(0xb) & MASK;
        state >> (48 - bits)
    };
    let (high, low) = (next(26), next(27));
    ((high << 27) + low) as f64 / (1u64 << 53) as f64
}

/// `$uuid()`: a random identifier, version 4.
pub(crate) fn uuid(evaluator: &mut Evaluator<'_>, _: &[Val], _: &Val) -> Outcome {
    let high = ((evaluator.random)() & !0xf000) | 0x4000;
    let low = ((evaluator.random)() & !(3 << 62)) | (2 << 62);
    Ok(Val::text(format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )))
}

/// `$parse(text)`: the value that a JSON text says.
pub(crate) fn parse(evaluator: &mut Evaluator<'_>, arguments: &[Val], _: &Val) -> Outcome {
    let Some(text) = text(arguments) else {
        return Ok(Val::Undefined);
    };
    evaluator.meter.charge(text.len())?;
    evaluator.meter.step(text.len() as u64 / 4)?;
    match json::parse(text) {
        Ok(Value::Number(_)) if text.trim() == "-0" => Ok(Val::number(0.0)),
        Ok(value) => Ok(Val::Json(value)),
        Err(_) => Err(wrong(0, "parse", argument(arguments, 0))),
    }
}

fn wrong(place: usize, function: &'static str, value: &Val) -> Error {
    with_value(Error::new("T0410").index(place + 1).token(function), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_give_what_java_gives() {
        assert_eq!(java_random(42), 0.7275636800328681);
        assert_eq!(java_random(0), 0.730967787376657);
    }
}

//! The functions on arrays.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use json::Value;

use super::{Outcome, Unfit};
use crate::limits::ARRAY_RANGE_MAX;

/// Pieces of that size; the last one may be shorter.
pub(super) fn partition(list: &[Value], size: i64) -> Outcome {
    if size < 1 {
        return Err(Unfit);
    }
    let size = usize::try_from(size).map_err(|_| Unfit)?;
    Ok(list
        .chunks(size)
        .map(|chunk| Value::from(chunk.to_vec()))
        .collect())
}

/// Numbers from the first to the last, which belongs to them if a step meets it.
pub(super) fn range(first: i64, last: i64, step: i64) -> Outcome {
    if step == 0 {
        return Err(Unfit);
    }
    let span = i128::from(last) - i128::from(first);
    let steps = span / i128::from(step);
    if span != 0 && (span < 0) != (step < 0) {
        return Ok(Value::from(Vec::new()));
    }
    if steps >= ARRAY_RANGE_MAX as i128 {
        return Err(Unfit);
    }
    // Every number lies between first and last, so that what wraps on the way wraps back.
    let number = |count: i64| first.wrapping_add(count.wrapping_mul(step));
    Ok((0..=steps as i64)
        .map(|count| Value::from(number(count)))
        .collect())
}

pub(super) fn item(list: &[Value], index: i64) -> Outcome {
    usize::try_from(index)
        .ok()
        .and_then(|index| list.get(index))
        .cloned()
        .ok_or(Unfit)
}

/// Each value once, where it stood first.
pub(super) fn unique(list: &[Value]) -> Value {
    let mut seen: HashMap<u64, Vec<&Value>> = HashMap::new();
    let mut kept = Vec::new();
    for value in list {
        let twins = seen.entry(fingerprint(value)).or_default();
        if !twins.contains(&value) {
            twins.push(value);
            kept.push(value.clone());
        }
    }
    Value::from(kept)
}

/// Equal values have equal fingerprints: numbers by value, objects whatever their order.
fn fingerprint(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Null => 0.hash(&mut hasher),
        Value::Bool(value) => value.hash(&mut hasher),
        Value::Number(number) => (number.as_f64() + 0.0).to_bits().hash(&mut hasher),
        Value::String(text) => text.hash(&mut hasher),
        Value::Array(elements) => elements
            .iter()
            .for_each(|element| fingerprint(element).hash(&mut hasher)),
        Value::Object(members) => {
            let of_member = |(name, value): (&json::Str, &Value)| {
                let mut hasher = DefaultHasher::new();
                (name, fingerprint(value)).hash(&mut hasher);
                hasher.finish()
            };
            members
                .iter()
                .map(of_member)
                .fold(0, u64::wrapping_add)
                .hash(&mut hasher);
        }
    }
    hasher.finish()
}

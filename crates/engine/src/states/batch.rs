//! Batch: the inputs of a Map's iterations, several for each.

use json::{Object, Value};

/// How large a batch may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How many items it may have.
    pub(crate) items_max: u64,
    /// How many bytes its JSON text may have; one item stands in a batch whatever its size.
    pub(crate) bytes_max: u64,
}

/// Puts inputs into batches, in their order, each with what all batches are given.
pub(crate) fn batches(inputs: &[Value], batch_input: Option<&Value>, bounds: Bounds) -> Vec<Value> {
    let frame = batch(&[], batch_input).to_text().len() as u64;
    let mut batches = Vec::new();
    let (mut first, mut bytes) = (0, frame);
    for (place, input) in inputs.iter().enumerate() {
        // With the comma before it.
        let size = input.to_text().len() as u64 + 1;
        let count = (place - first) as u64;
        if count > 0 && (count >= bounds.items_max || bytes + size > bounds.bytes_max) {
            batches.push(batch(&inputs[first..place], batch_input));
            (first, bytes) = (place, frame);
        }
        bytes += size;
    }
    if first < inputs.len() {
        batches.push(batch(&inputs[first..], batch_input));
    }
    batches
}

fn batch(items: &[Value], batch_input: Option<&Value>) -> Value {
    let mut batch = Object::new();
    if let Some(input) = batch_input {
        batch.insert("BatchInput", input.clone());
    }
    batch.insert("Items", Value::from(items.to_vec()));
    batch.into()
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::*;

    fn sizes(inputs: &Value, items_max: u64, bytes_max: u64) -> Vec<usize> {
        let bounds = Bounds { items_max, bytes_max };
        let inputs = inputs.as_array().unwrap();
        let batches = batches(inputs, None, bounds);
        let items = |batch: &Value| batch.get("Items").unwrap().as_array().unwrap().len();
        batches.iter().map(items).collect()
    }

    #[test]
    fn a_batch_ends_at_either_bound() {
        let inputs = json!([1, 2, 3, 4, 5]);
        assert_eq!(sizes(&inputs, 2, u64::MAX), [2, 2, 1]);
        assert_eq!(sizes(&inputs, u64::MAX, u64::MAX), [5]);
        // {"Items":[]} has 12 bytes, and each digit two with its comma.
        assert_eq!(sizes(&inputs, 4, 16), [2, 2, 1]);
        assert_eq!(sizes(&inputs, 4, 1), [1, 1, 1, 1, 1]);
        assert_eq!(sizes(&json!([]), 2, 10), [0usize; 0]);
    }

    #[test]
    fn every_batch_has_the_same_input() {
        let (inputs, common) = (json!([1, 2]), json!({"a": 1}));
        let bounds = Bounds {
            items_max: 1,
            bytes_max: u64::MAX,
        };
        assert_eq!(
            Value::from(batches(inputs.as_array().unwrap(), Some(&common), bounds)),
            json!([{"BatchInput": {"a": 1}, "Items": [1]}, {"BatchInput": {"a": 1}, "Items": [2]}])
        );
    }
}
